// @ts-check
/** @import { Medium, MediaKind, TimelineEvent } from "./vigilar" */
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { forgetUrl, mediaOf, signedUrl } from "./media.js";
import { nameOf } from "./localize.js";
import { controls, tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/** @typedef {"clip" | "snapshot" | "preview"} View */

/** @type {View[]} What is best to look at first. */
const VIEWS = ["clip", "preview", "snapshot"];

/**
 * @param {Medium | undefined} medium
 * @returns {boolean} Whether there is something to look at now.
 */
export function canShow(medium) {
  return medium?.state === "ready" || Boolean(medium?.live_url);
}

/**
 * @param {TimelineEvent} event
 * @returns {View[]} What there is, was or should be to see; a preview only stands in for a clip.
 */
export function viewsOf(event) {
  return VIEWS.filter((view) => {
    const medium = mediaOf(event, view);
    if (view === "preview") return canShow(medium) && !canShow(mediaOf(event, "clip"));
    return medium !== undefined && medium.state !== "none";
  });
}

/** What there is to see of an event: clip, preview or snapshot, or why there is nothing. */
export class VigilarEventMedia extends HassElement {
  /** @override */
  static properties = {
    event: { attribute: false },
    _chosen: { state: true },
    _boxed: { state: true },
    _pictures: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    css`
      :host { display: block; }
      .still {
        position: relative;
        display: grid;
        place-items: center;
        aspect-ratio: 16 / 9;
        max-block-size: min(56vh, 720px);
        inline-size: 100%;
        overflow: hidden;
        border-radius: var(--picture-radius, 14px);
        background: #0b0d0f;
      }
      .fit {
        position: relative;
        display: grid;
        max-inline-size: 100%;
        max-block-size: 100%;
        min-block-size: 0;
      }
      img {
        display: block;
        min-inline-size: 0;
        min-block-size: 0;
        max-inline-size: 100%;
        max-block-size: min(56vh, 720px);
        object-fit: contain;
      }
      .box {
        position: absolute;
        box-sizing: border-box;
        border: 2px solid #fff;
        border-radius: 4px;
        box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6), inset 0 0 0 1px rgba(0, 0, 0, 0.4);
      }
      .box span {
        position: absolute;
        inset-block-end: 100%;
        left: -2px;
        margin-block-end: 3px;
        padding: 1px 7px;
        border-radius: 4px;
        font-size: 0.75rem;
        font-weight: 500;
        white-space: nowrap;
        color: #fff;
        background: rgba(0, 0, 0, 0.75);
      }
      .box.low span { inset-block: 100% auto; margin-block: 3px 0; }
      .none {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 6px;
        padding: 24px;
        text-align: center;
        color: #c9ced3;
      }
      .none svg { inline-size: 40px; block-size: 40px; fill: currentColor; opacity: 0.8; }
      .none strong { font-size: 1rem; font-weight: 500; color: #fff; }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        padding-block: 10px 0;
      }
      .note {
        display: flex;
        align-items: center;
        gap: 8px;
        padding-block-start: 8px;
        font-size: 0.8125rem;
        color: var(--quiet);
      }
      .note svg { flex: none; inline-size: 18px; block-size: 18px; fill: currentColor; }
    `,
  ];

  #eventId = "";

  constructor() {
    super();
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {View | undefined} */
    this._chosen = undefined;
    this._boxed = true;
    /** @type {Record<string, {path: string, size: number | undefined, url: string | undefined}>} */
    this._pictures = {};
  }

  /**
   * @param {string} key Of the keyboard.
   * @returns {boolean} Whether it was one for the player.
   */
  handleKey(key) {
    /** @type {import("./clip-player.js").VigilarClipPlayer | null} */
    const player = this.renderRoot.querySelector("vigilar-clip-player");
    return player?.handleKey(key) ?? false;
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const { event } = this;
    if (!event) return;
    if (event.id !== this.#eventId) {
      this.#eventId = event.id;
      this._chosen = undefined;
      this._pictures = {};
    }
    for (const kind of /** @type {MediaKind[]} */ (["snapshot", "preview"])) this.#fetch(kind);
  }

  /** @param {MediaKind} kind */
  #fetch(kind) {
    const medium = mediaOf(/** @type {TimelineEvent} */ (this.event), kind);
    const known = this._pictures[kind];
    // A better snapshot has the same address and another size.
    if (!medium?.url || (known?.path === medium.url && known.size === medium.size)) return;
    this.#sign(kind, medium.url, medium.size);
  }

  /**
   * @param {MediaKind} kind
   * @param {string} path
   * @param {number | undefined} size
   */
  async #sign(kind, path, size) {
    if (this._pictures[kind]) forgetUrl(this.home, path);
    const picture = { path, size, url: this._pictures[kind]?.url };
    this._pictures[kind] = picture;
    picture.url = await signedUrl(this.home, path).catch(() => undefined);
    this.requestUpdate();
  }

  /** @override */
  render() {
    const { event } = this;
    if (!event) return nothing;
    const views = viewsOf(event);
    const view = this.#view(event, views);
    if (!view) return nothing;
    return html`${view === "clip" && canShow(mediaOf(event, "clip"))
      ? html`<vigilar-clip-player .hass=${this.hass} .event=${event}></vigilar-clip-player>`
      : this.#still(event, view)}
    ${this.#bar(event, views, view)} ${this.#note(event, view)}`;
  }

  /**
   * @param {TimelineEvent} event
   * @param {View[]} views
   */
  #view(event, views) {
    if (this._chosen && views.includes(this._chosen)) return this._chosen;
    return views.find((view) => canShow(mediaOf(event, view))) ?? views[0];
  }

  /**
   * @param {TimelineEvent} event
   * @param {View} view
   */
  #still(event, view) {
    const medium = mediaOf(event, view);
    if (!canShow(medium)) {
      return html`<div class="still"><div class="none">
        ${icon(medium?.state === "pending" ? "film" : "no_picture")}
        <strong>${this.#told(view, medium)}</strong>
      </div></div>`;
    }
    const url = this._pictures[view]?.url;
    const box = view === "snapshot" && this._boxed ? event.payload.box : undefined;
    const alt = `${nameOf(this.localize, "type", event.type)}, ${event.payload.name}`;
    return html`<div class="still">
      ${url
        ? html`<div class="fit">
            <img src=${url} alt=${alt} @error=${() => this.#onBroken(view)} />
            ${box ? this.#box(event, box) : nothing}
          </div>`
        : nothing}
    </div>`;
  }

  /**
   * @param {TimelineEvent} event
   * @param {[number, number, number, number]} box
   */
  #box(event, [x, y, w, h]) {
    const [label] = event.payload.labels;
    const style = `left:${100 * x}%;top:${100 * y}%;width:${100 * w}%;height:${100 * h}%`;
    return html`<div class="box ${y < 0.08 ? "low" : ""}" style=${style}>
      ${label
        ? html`<span
            >${this.localize("event.label", {
              label: nameOf(this.localize, "type", label.label),
              score: this.format.percent(label.score),
            })}</span
          >`
        : nothing}
    </div>`;
  }

  /**
   * @param {TimelineEvent} event
   * @param {View[]} views
   * @param {View} view
   */
  #bar(event, views, view) {
    const boxable = view === "snapshot" && event.payload.box && canShow(mediaOf(event, "snapshot"));
    if (views.length < 2 && !boxable) return nothing;
    return html`<div class="bar">
      ${views.length < 2
        ? html`<span></span>`
        : html`<div class="segments" role="group" aria-label=${this.localize("view.show")}>
            ${views.map(
              (each) =>
                html`<button type="button" aria-pressed=${String(each === view)} @click=${() => (this._chosen = each)}>
                  ${this.localize(`view.${each}`)}
                </button>`,
            )}
          </div>`}
      ${boxable
        ? html`<button
            class="chip"
            type="button"
            aria-pressed=${String(this._boxed)}
            @click=${() => (this._boxed = !this._boxed)}
          >
            ${icon("box")}${this.localize("view.box")}
          </button>`
        : nothing}
    </div>`;
  }

  /**
   * Tell what became of the clip where something else is shown instead.
   *
   * @param {TimelineEvent} event
   * @param {View} view
   */
  #note(event, view) {
    const clip = mediaOf(event, "clip");
    if (view === "clip" || canShow(clip)) return nothing;
    return html`<div class="note">${icon("film")}<span>${this.#told("clip", clip)}</span></div>`;
  }

  /**
   * @param {View} view
   * @param {Medium | undefined} medium
   */
  #told(view, medium) {
    const state = medium?.state ?? "none";
    const text = this.localize(`view.${view}_${state}`);
    if (state !== "failed" || !medium?.reason) return text;
    const key = `view.reason_${medium.reason.replaceAll(/\W+/g, "_")}`;
    const reason = this.localize(key);
    return this.localize("view.with_reason", { text, reason: reason === key ? medium.reason : reason });
  }

  /** @param {View} view */
  #onBroken(view) {
    const picture = this._pictures[view];
    // Once: the address may be that of a Home Assistant that was restarted.
    if (!picture || /** @type {any} */ (picture).again) return;
    /** @type {any} */ (picture).again = true;
    forgetUrl(this.home, picture.path);
    signedUrl(this.home, picture.path).then(
      (url) => {
        picture.url = url;
        this.requestUpdate();
      },
      () => {},
    );
  }
}
