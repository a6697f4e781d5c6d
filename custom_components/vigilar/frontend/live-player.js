// @ts-check
/** @import { Connection, LiveBox, LiveMessage, Source } from "./vigilar" */
import { cameraOf, lastPictureOf } from "./camera-entities.js";
import { loadPlayer } from "./ha-player.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { tokens } from "./ui-styles.js";
import { css, html, nothing, repeat } from "./vendor/lit.js";

/**
 * A camera's live picture, by Home Assistant's own player, and what moves in it.
 */
export class VigilarLivePlayer extends HassElement {
  /** @override */
  static properties = {
    source: { attribute: false },
    boxed: { attribute: false },
    controls: { attribute: false },
    ratio: { attribute: false },
    _player: { state: true },
    _boxes: { state: true },
    _broken: { state: true },
    _playing: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    css`
      :host { display: grid; justify-items: center; background: #0b0d0f; }
      .picture {
        position: relative;
        inline-size: 100%;
        /* As high as the window allows, at the shape that most cameras have. */
        max-inline-size: calc(68vh * 16 / 9);
        min-block-size: 120px;
        --video-max-height: none;
      }
      /* A shape that is asked for cuts above and below what the camera shows. */
      .picture.cut { display: grid; align-content: center; min-block-size: 0; max-inline-size: none; overflow: hidden; }
      .whole { position: relative; }
      ha-camera-stream,
      img { display: block; inline-size: 100%; }
      /* Before the first picture nobody knows its shape. */
      .waiting { aspect-ratio: 16 / 9; }
      .none {
        display: grid;
        place-items: center;
        align-content: center;
        gap: 8px;
        aspect-ratio: 16 / 9;
        padding: 24px;
        box-sizing: border-box;
        text-align: center;
        color: #c9ced3;
      }
      .none svg { inline-size: 44px; block-size: 44px; fill: currentColor; opacity: 0.7; }
      .past {
        position: absolute;
        inset-block-end: 10px;
        inset-inline: 10px;
        justify-self: start;
        inline-size: fit-content;
        padding: 4px 10px;
        border-radius: 8px;
        font-size: 0.8125rem;
        color: #fff;
        background: rgba(0, 0, 0, 0.7);
      }
      .boxes { position: absolute; inset: 0; pointer-events: none; overflow: hidden; }
      .box {
        position: absolute;
        box-sizing: border-box;
        border: 2px dashed rgba(255, 255, 255, 0.75);
        border-radius: 4px;
        transition: left 150ms linear, top 150ms linear, width 150ms linear, height 150ms linear;
      }
      .box.sure { border: 2px solid #ffb35c; box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.5); }
      .box span {
        position: absolute;
        bottom: 100%;
        left: -2px;
        margin-bottom: 2px;
        padding: 0 6px;
        border-radius: 4px;
        font-size: 0.75rem;
        white-space: nowrap;
        color: #111;
        background: #ffb35c;
      }
    `,
  ];

  #key = "";

  /** @type {(() => Promise<void>) | undefined} */
  #unsubscribe;

  /** @type {Connection | undefined} The one that tells what moves. */
  #connection;

  /** Numbers the subscriptions to what moves; only the last one counts. */
  #subscription = 0;

  constructor() {
    super();
    /** @type {Source | undefined} */
    this.source = undefined;
    /** @type {boolean} Whether to show what moves. */
    this.boxed = false;
    /** @type {boolean} Whether Home Assistant's player shows its controls. */
    this.controls = true;
    /** @type {number | undefined} Width by height; the camera's own when undefined. */
    this.ratio = undefined;
    /** @type {boolean | undefined} Whether Home Assistant's player can be used; undefined until that is known. */
    this._player = undefined;
    /** @type {LiveBox[]} */
    this._boxes = [];
    this._broken = false;
    /** @type {boolean} Whether the player has had a picture. */
    this._playing = false;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#endBoxes();
    this.#key = "";
    // A stream of pictures that nobody sees would go on.
    this.renderRoot.querySelector("img")?.removeAttribute("src");
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
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
    if (!this.source || !this.isConnected) return;
    if (changed.has("source")) this._broken = false;
    if (this._player === undefined && cameraOf(this.home, this.source)) {
      loadPlayer(this.home).then((loaded) => (this._player = loaded));
    }
    const key = this.boxed ? this.source.source_id : "";
    if (key === this.#key) return;
    this.#key = key;
    this.#endBoxes();
    if (key) this.#followBoxes(key);
  }

  /** @param {string} sourceId */
  async #followBoxes(sourceId) {
    const subscription = this.#subscription;
    this.#connection = this.home.connection;
    this.#connection.addEventListener("disconnected", this.#clearBoxes);
    try {
      const unsubscribe = await this.home.connection.subscribeMessage(
        (/** @type {LiveMessage} */ message) => {
          if (subscription === this.#subscription) this.#show(message.boxes);
        },
        { type: "vigilar/live/subscribe", source_id: sourceId },
      );
      if (subscription === this.#subscription) this.#unsubscribe = unsubscribe;
      else await unsubscribe();
    } catch {
      if (subscription === this.#subscription) this.dispatchEvent(new CustomEvent("vigilar-boxes-failed"));
    }
  }

  #endBoxes() {
    this.#subscription += 1;
    this.#unsubscribe?.().catch(() => {});
    this.#unsubscribe = undefined;
    this.#connection?.removeEventListener("disconnected", this.#clearBoxes);
    this.#clearBoxes();
  }

  // A frame that nobody moves any more would be a lie.
  #clearBoxes = () => {
    this.#show([]);
  };

  /** @param {LiveBox[]} boxes */
  #show(boxes) {
    if (!boxes.length && !this._boxes.length) return;
    this._boxes = boxes;
    const entered = boxes.flatMap(({ sure, zones }) => (sure && zones) || []);
    this.dispatchEvent(new CustomEvent("vigilar-zones", { detail: { entered } }));
  }

  /** @override */
  render() {
    const { source } = this;
    if (!source) return nothing;
    const { ratio } = this;
    return html`<div class="picture ${ratio ? "cut" : ""}" style=${ratio ? `aspect-ratio:${ratio}` : nothing}>
      <div class="whole">
        ${this.#picture(source)}
        <div class="boxes">
          ${repeat(
            this._boxes,
            ({ id }) => id,
            (box) => this.#box(box),
          )}
        </div>
      </div>
    </div>`;
  }

  /** @param {Source} source */
  #picture(source) {
    const { localize } = this;
    const camera = cameraOf(this.home, source);
    if (!camera) return this.#lastPicture(source);
    const lost = source.online === false && source.detecting !== false;
    if (lost || camera.state === "unavailable" || this._broken) {
      return html`<div class="none">${icon("camera_offline")}<span>${localize("cameras.no_picture")}</span></div>`;
    }
    if (this._player === undefined) return html`<div class="none" role="status">${localize("cameras.connecting")}</div>`;
    if (this._player) {
      return html`<ha-camera-stream
        class=${this._playing ? nothing : "waiting"}
        .hass=${this.hass}
        .stateObj=${camera}
        .controls=${this.controls}
        .muted=${true}
        muted
        ?controls=${this.controls}
        allow-exoplayer
        @load=${() => (this._playing = true)}
      ></ha-camera-stream>`;
    }
    const stream = `/api/camera_proxy_stream/${camera.entity_id}?token=${camera.attributes.access_token}`;
    return html`<img
      src=${this.home.hassUrl?.(stream) ?? stream}
      alt=${source.name}
      @error=${() => (this._broken = true)}
    />`;
  }

  /**
   * A camera that only Vigilar knows has no player; its last event has a picture.
   *
   * @param {Source} source
   */
  #lastPicture(source) {
    const { localize } = this;
    const path = lastPictureOf(this.home, source)?.attributes.entity_picture;
    if (!path || this._broken) {
      return html`<div class="none">${icon("camera")}<span>${localize("cameras.no_picture")}</span></div>`;
    }
    return html`<img src=${this.home.hassUrl?.(path) ?? path} alt=${source.name} @error=${() => (this._broken = true)} />
      <span class="past">${localize("cameras.no_player")}</span>`;
  }

  /** @param {LiveBox} box */
  #box({ box: [x, y, w, h], label, score, sure }) {
    const style = `left:${100 * x}%;top:${100 * y}%;width:${100 * w}%;height:${100 * h}%`;
    const text = label
      ? this.localize("event.label", {
          label: nameOf(this.localize, "type", label),
          score: this.format.percent(score),
        })
      : "";
    return html`<div class="box ${sure ? "sure" : ""}" style=${style}>${text ? html`<span>${text}</span>` : nothing}</div>`;
  }
}
