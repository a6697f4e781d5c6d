// @ts-check
/** @import { LiveBox, Source } from "./vigilar" */
/** @import { ForeignCard } from "./cards" */
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { LiveBoxes } from "./live-boxes.js";
import { nameOf } from "./localize.js";
import { entityOf } from "./sources.js";
import { tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/** What most cameras have, until the picture itself tells. */
const USUAL_RATIO = 16 / 9;

/**
 * How a picture lies that covers a frame of another shape, both centred.
 *
 * @param {number} frame Width by height.
 * @param {number} picture Width by height.
 * @returns {{left: number, top: number, width: number, height: number}} Per cent of the frame.
 */
export function cover(frame, picture) {
  const width = Math.max(100, (picture / frame) * 100);
  const height = Math.max(100, (frame / picture) * 100);
  return { left: (100 - width) / 2, top: (100 - height) / 2, width, height };
}

/**
 * @param {string | undefined} text For example "16:9", "16x9", "50%" (of the width) or "1.78".
 * @returns {number | undefined} Width by height; undefined when it is no ratio.
 */
export function parseRatio(text) {
  const [, first = "", sign = "", second = ""] = /^\s*([\d.]+)\s*(?:([:x/%])\s*([\d.]*))?\s*$/.exec(text ?? "") ?? [];
  const ratio = sign === "%" ? 100 / Number(first) : Number(first) / Number(sign ? second : 1);
  return first && Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

/**
 * The picture of a source in Home Assistant's own player, and frames around
 * what moves on it. A camera that Home Assistant has no entity of shows the
 * picture of its last event.
 */
export class VigilarLivePicture extends HassElement {
  /** @override */
  static properties = {
    ...HassElement.properties,
    source: { attribute: false },
    live: { type: Boolean },
    boxes: { type: Boolean },
    ratio: { type: Number },
    _boxes: { state: true },
    _natural: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    css`
      :host {
        display: block;
        position: relative;
        overflow: hidden;
        background: #16181b;
      }
      .frame {
        position: relative;
        inline-size: 100%;
        overflow: hidden;
      }
      .poster,
      .player > * {
        position: absolute;
        inset: 0;
        inline-size: 100%;
        block-size: 100%;
      }
      .poster { object-fit: cover; }
      .player > * {
        --ha-card-background: transparent;
        --ha-card-border-width: 0;
        --ha-card-border-radius: 0;
        --ha-card-box-shadow: none;
        display: block;
      }
      .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
      }
      .none svg {
        inline-size: 48px;
        block-size: 48px;
        fill: #fff;
        opacity: 0.4;
      }
      .boxes {
        position: absolute;
        pointer-events: none;
        /* Places in a picture do not turn round with the language. */
        direction: ltr;
      }
      .box {
        position: absolute;
        box-sizing: border-box;
        border: 2px solid #fff;
        border-radius: 6px;
        box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.55), inset 0 0 0 1px rgba(0, 0, 0, 0.35);
        transition: 200ms linear;
        transition-property: left, top, width, height;
      }
      .box:not(.sure) { border-style: dashed; }
      .box span {
        position: absolute;
        left: -2px;
        bottom: 100%;
        margin-bottom: 3px;
        padding: 1px 7px;
        border-radius: 6px;
        font-size: 0.6875rem;
        font-weight: 600;
        line-height: 1.125rem;
        white-space: nowrap;
        color: #fff;
        background: rgba(0, 0, 0, 0.72);
      }
      /* No room above: inside. */
      .box.high span {
        bottom: auto;
        top: 3px;
        left: 3px;
        margin: 0;
      }
    `,
  ];

  /** @type {ForeignCard | undefined} */
  #player;

  #playerKey = "";

  /** @type {LiveBoxes | undefined} */
  #watch;

  #watchKey = "";

  /** The entity that `_natural` is of. */
  #measured = "";

  /** @type {string | undefined} */
  #poster;

  constructor() {
    super();
    /** @type {Source | undefined} */
    this.source = undefined;
    /** @type {boolean} Whether it moves, or is a still that is fetched anew now and then. */
    this.live = false;
    /** @type {boolean} Whether what moves is framed; fires `vigilar-boxes-failed` when nobody tells. */
    this.boxes = false;
    /** @type {number | undefined} Width by height; the picture's own when undefined. */
    this.ratio = undefined;
    /** @type {LiveBox[]} */
    this._boxes = [];
    /** @type {number | undefined} Width by height, once the picture has told. */
    this._natural = undefined;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopBoxes();
    // A player that is not seen must not hold a stream.
    this.#removePlayer();
  }

  /** @override */
  watched() {
    const entity = this.#entity();
    return entity ? [entity] : [];
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const entity = this.#entity() ?? "";
    if (entity === this.#measured) return;
    this.#measured = entity;
    // Its token changes all the time; the first is good enough to begin with.
    const path = this.home.states?.[entity]?.attributes.entity_picture;
    this.#poster = path && (this.home.hassUrl?.(path) ?? path);
    this._natural = entity && !path ? USUAL_RATIO : undefined;
  }

  /** @override */
  render() {
    const { ratio, _natural: natural = ratio ?? USUAL_RATIO } = this;
    const poster = this.#poster;
    const frame = ratio ?? natural;
    const name = this.source?.name ?? "";
    const label = this.localize(this.source?.camera_entity_id ? "camera_card.picture" : "camera_card.last_picture", { name });
    return html`<div class="frame" role="img" aria-label=${label} style="aspect-ratio: ${frame}">
      ${
        poster
          ? html`<img class="poster" alt="" src=${poster} @load=${this.#measure} @error=${this.#hide} />`
          : html`<div class="none">${icon("camera_offline")}</div>`
      }
      <div class="player"></div>
      ${this.boxes ? this.#frames(frame, natural) : nothing}
    </div>`;
  }

  /** @override */
  updated() {
    this.#keepPlayer();
    this.#keepBoxes();
  }

  /** @returns {string | undefined} The entity whose picture is shown. */
  #entity() {
    const { hass, source } = this;
    if (!hass || !source) return undefined;
    return (
      source.camera_entity_id ??
      entityOf(hass, source, "image", ({ translation_key }) => translation_key === "last_event")
    );
  }

  /** @param {Event} event */
  #measure({ target }) {
    const image = /** @type {HTMLImageElement} */ (target);
    image.hidden = false;
    if (image.naturalHeight) this._natural = image.naturalWidth / image.naturalHeight;
  }

  /** @param {Event} event */
  #hide({ target }) {
    /** @type {HTMLImageElement} */ (target).hidden = true;
    this._natural ??= USUAL_RATIO;
  }

  /**
   * @param {number} frame
   * @param {number} natural
   */
  #frames(frame, natural) {
    const { left, top, width, height } = cover(frame, natural);
    return html`<div class="boxes" style="left:${left}%;top:${top}%;width:${width}%;height:${height}%">
      ${this._boxes.map(({ box: [x, y, w, h], label, sure }) => {
        const place = `left:${x * 100}%;top:${y * 100}%;width:${w * 100}%;height:${h * 100}%`;
        return html`<div class="box ${sure ? "sure" : ""} ${y < 0.08 ? "high" : ""}" style=${place}>
          ${label ? html`<span>${nameOf(this.localize, "type", label)}</span>` : nothing}
        </div>`;
      })}
    </div>`;
  }

  // --- Home Assistant's player ------------------------------------------------

  #keepPlayer() {
    const entity = this.#entity();
    const view = this.live ? "live" : "auto";
    const ratio = this._natural && (this.ratio ?? this._natural);
    const key = entity && ratio && this.isConnected ? `${entity} ${view} ${ratio}` : "";
    if (key !== this.#playerKey) {
      this.#removePlayer();
      this.#playerKey = key;
      if (entity && ratio && key) this.#addPlayer(key, entity, view, ratio);
    }
    if (this.#player && this.#player.hass !== this.hass) this.#player.hass = this.hass;
  }

  /**
   * @param {string} key
   * @param {string} entity
   * @param {"live" | "auto"} view
   * @param {number} ratio
   */
  async #addPlayer(key, entity, view, ratio) {
    const helpers = /** @type {import("./cards").CardHelpers | undefined} */ (
      /** @type {unknown} */ (await window.loadCardHelpers?.())
    );
    const place = this.renderRoot.querySelector(".player");
    if (!helpers || !place || key !== this.#playerKey) return;
    const player = helpers.createCardElement({
      type: "picture-entity",
      entity,
      camera_view: view,
      show_name: false,
      show_state: false,
      tap_action: { action: "none" },
      aspect_ratio: `${ratio}`,
    });
    player.hass = this.hass;
    // What is to be known of it is said beside it, and there is nothing to press.
    player.inert = true;
    this.#player = player;
    place.append(player);
  }

  #removePlayer() {
    this.#player?.remove();
    this.#player = undefined;
    this.#playerKey = "";
  }

  // --- what moves ---------------------------------------------------------------

  #keepBoxes() {
    const { hass, source } = this;
    const key = this.boxes && hass && source && this.isConnected ? source.source_id : "";
    if (key === this.#watchKey) return;
    this.#stopBoxes();
    if (!key || !hass) return;
    this.#watchKey = key;
    this.#watch = new LiveBoxes({
      connection: hass.connection,
      sourceId: key,
      onBoxes: (boxes) => {
        this._boxes = boxes;
      },
      onFailure: () => this.dispatchEvent(new CustomEvent("vigilar-boxes-failed")),
    });
    this.#watch.start();
  }

  #stopBoxes() {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#watchKey = "";
  }
}
