// @ts-check
/** @import { Source } from "./vigilar" */
import { cameraOf, lastPictureOf } from "./camera-entities.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/** Some cameras are asked for each picture anew, and wake up for it. */
const REFRESH_MS = 10_000;

/**
 * @typedef {object} Picture
 * @property {string} path Where it is.
 * @property {boolean} past Whether it is that of the last event.
 */

/** A camera's picture of now, taken anew now and then while somebody can see it. */
export class VigilarCameraStill extends HassElement {
  /** @override */
  static properties = {
    source: { attribute: false },
    stale: { type: Boolean, reflect: true },
    _shown: { state: true },
    _past: { state: true },
    _failed: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    css`
      :host {
        position: relative;
        display: grid;
        place-items: center;
        aspect-ratio: 16 / 9;
        overflow: hidden;
        color: #aeb4ba;
        background: #14171a;
      }
      img {
        position: absolute;
        inset: 0;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
        animation: appear 200ms;
      }
      :host([stale]) img { filter: grayscale(1) brightness(0.6); }
      svg { inline-size: 44px; block-size: 44px; fill: currentColor; opacity: 0.6; }
      .past {
        position: absolute;
        inset-block-end: 8px;
        inset-inline-start: 8px;
        padding: 2px 8px;
        border-radius: 6px;
        font-size: 0.75rem;
        color: #fff;
        background: rgba(0, 0, 0, 0.65);
      }
      @keyframes appear {
        from { opacity: 0; }
      }
    `,
  ];

  #seen = false;
  /** @type {Picture[]} Those of now before those of the past. */
  #pictures = [];

  /** Numbers the pictures asked for; one that comes late is dropped. */
  #asked = 0;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  #sight = new IntersectionObserver((entries) => {
    this.#seen = entries.at(-1)?.isIntersecting ?? false;
    this.#refresh();
  });

  constructor() {
    super();
    /** @type {Source | undefined} */
    this.source = undefined;
    /** @type {boolean} Whether the picture is not of now. */
    this.stale = false;
    /** @type {string | undefined} */
    this._shown = undefined;
    this._past = false;
    this._failed = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#sight.observe(this);
    document.addEventListener("visibilitychange", this.#refresh);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight.disconnect();
    document.removeEventListener("visibilitychange", this.#refresh);
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  /** @override */
  watched() {
    const { source, hass } = this;
    if (!source || !hass) return [];
    return [cameraOf(hass, source), lastPictureOf(hass, source)].flatMap((state) => state?.entity_id ?? []);
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const pictures = this.#given();
    if (pictures.map(({ path }) => path).join() === this.#pictures.map(({ path }) => path).join()) return;
    this.#pictures = pictures;
    this.#refresh();
  }

  /** @returns {Picture[]} What there is to show, the best first. */
  #given() {
    const { source } = this;
    if (!source) return [];
    const now = cameraOf(this.home, source)?.attributes.entity_picture;
    const last = lastPictureOf(this.home, source)?.attributes.entity_picture;
    return [...(now ? [{ path: now, past: false }] : []), ...(last ? [{ path: last, past: true }] : [])];
  }

  #refresh = () => {
    clearTimeout(this.#timer);
    if (!this.#seen || document.hidden || !this.#pictures.length) return;
    this.#fetch(this.#pictures, ++this.#asked);
  };

  /**
   * @param {Picture[]} pictures To be tried one after the other.
   * @param {number} asked
   */
  #fetch([given, ...others], asked) {
    if (asked !== this.#asked) return;
    if (!given) {
      this._failed = true;
      this.#timer = setTimeout(this.#refresh, REFRESH_MS);
      return;
    }
    const address = new URL(this.hass?.hassUrl?.(given.path) ?? given.path, location.href);
    address.searchParams.set("at", String(Date.now()));
    // The old picture stays until the new one is whole.
    const picture = new Image();
    picture.onload = () => {
      if (asked !== this.#asked) return;
      this._shown = picture.src;
      this._past = given.past;
      this._failed = false;
      this.#timer = setTimeout(this.#refresh, REFRESH_MS);
    };
    picture.onerror = () => this.#fetch(others, asked);
    picture.src = address.href;
  }

  /** @override */
  render() {
    const past = this._shown && this._past;
    return html`${this._shown ? html`<img src=${this._shown} alt="" />` : icon(this._failed ? "camera_offline" : "camera")}
    ${past ? html`<span class="past">${this.localize("cameras.last_picture")}</span>` : nothing}`;
  }
}
