// @ts-check
/** @import { Hass, Localize, Medium, TimelineEvent } from "./vigilar" */
import { icon } from "./icons.js";
import { forgetUrl, mediaOf, signedUrl } from "./media.js";
import { LitElement, css, html, nothing } from "./vendor/lit.js";

/** Rows that only fly past while one scrolls fetch nothing. */
const SETTLE_MS = 60;

/** States in which there is no picture and the reader should know why. */
const TOLD = new Set(["pending", "failed", "deleted"]);

/** An event's picture, or what became of it; its preview plays on demand. */
export class VigilarThumbnail extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    event: { attribute: false },
    localize: { attribute: false },
    _still: { state: true },
    _film: { state: true },
  };

  /** @override */
  static styles = css`
    :host {
      position: relative;
      display: grid;
      place-items: center;
      aspect-ratio: 16 / 9;
      overflow: hidden;
      border-radius: 10px;
      color: var(--tone);
      background: color-mix(in srgb, var(--tone) 14%, var(--surface));
    }
    svg {
      inline-size: 24px;
      block-size: 24px;
      fill: currentColor;
      opacity: 0.85;
    }
    img {
      position: absolute;
      inset: 0;
      inline-size: 100%;
      block-size: 100%;
      object-fit: cover;
      background: color-mix(in srgb, var(--text) 10%, var(--surface));
    }
    span {
      position: absolute;
      inset-block-end: 2px;
      inset-inline: 4px;
      overflow: hidden;
      text-align: center;
      text-overflow: ellipsis;
      white-space: nowrap;
      font-size: 0.625rem;
      line-height: 1.4;
      color: var(--quiet);
    }
    .told svg { translate: 0 -6px; }
    .told { display: contents; }
  `;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;

  /** @type {string | undefined} The path whose picture shows or is on its way. */
  #path;

  #failures = 0;

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {Localize} */
    this.localize = (key) => key;
    /** @type {string | undefined} */
    this._still = undefined;
    /** @type {string | undefined} */
    this._film = undefined;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    if (this.#path && !this._still) this.#settle(this.#path);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#settling);
    this._film = undefined;
  }

  /** Show what moved, until stopped, if there is a preview. */
  async play() {
    const film = this.#medium("preview");
    if (film?.state !== "ready" || !film.url || !this.hass) return;
    const url = await signedUrl(this.hass, film.url).catch(() => undefined);
    if (this.isConnected) this._film = url;
  }

  /** Show the still picture again. */
  stop() {
    this._film = undefined;
  }

  /** @override */
  willUpdate() {
    const still = this.#medium("thumbnail");
    const path = (still?.state === "ready" && still.url) || undefined;
    if (path === this.#path) return;
    this.#path = path;
    this.#failures = 0;
    this._still = undefined;
    if (path) this.#settle(path);
  }

  /** @override */
  render() {
    if (!this.event) return nothing;
    const { state = "none" } = this.#medium("thumbnail") ?? {};
    const told = TOLD.has(state);
    return html`<div class=${told ? "told" : ""}>${icon(this.event.type)}</div>
      ${told ? html`<span>${this.localize(`list.media_${state}`)}</span>` : nothing}
      ${this._still ? html`<img src=${this._still} alt="" decoding="async" @error=${this.#onError} />` : nothing}
      ${this._film ? html`<img class="film" src=${this._film} alt="" @error=${this.stop} />` : nothing}`;
  }

  /**
   * @param {"thumbnail" | "preview"} kind
   * @returns {Medium | undefined}
   */
  #medium(kind) {
    return this.event && mediaOf(this.event, kind);
  }

  /** @param {string} path */
  #settle(path) {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#fetch(path), SETTLE_MS);
  }

  /** @param {string} path */
  async #fetch(path) {
    if (!this.hass) return;
    const url = await signedUrl(this.hass, path).catch(() => undefined);
    if (path === this.#path) this._still = url;
  }

  /** The address may have expired; a second failure means that there is no picture. */
  #onError() {
    const path = this.#path;
    this._still = undefined;
    this.#failures += 1;
    if (!path || !this.hass || this.#failures > 1) return;
    forgetUrl(this.hass, path);
    this.#fetch(path);
  }
}
