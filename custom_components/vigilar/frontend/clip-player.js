// @ts-check
/** @import { TimelineEvent } from "./vigilar" */
import { ClipParts, clock } from "./clip-parts.js";
import { playerStyles } from "./clip-player-styles.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { forgetUrl, mediaOf, signedUrl } from "./media.js";
import { html, nothing } from "./vendor/lit.js";

export const STEP_MS = 5000;

/** How long to wait for more of a clip that still grows. */
const GROWTH_MS = 2000;

const RATES = [1, 2, 4, 0.5];

/**
 * Plays the clip of an event: all its parts as one film, and what there is of
 * one that still grows.
 */
export class VigilarClipPlayer extends HassElement {
  /** @override */
  static properties = {
    event: { attribute: false },
    _at: { state: true },
    _playing: { state: true },
    _waiting: { state: true },
    _muted: { state: true },
    _rate: { state: true },
    _failed: { state: true },
    _poster: { state: true },
    _source: { state: true },
  };

  /** @override */
  static styles = playerStyles;

  #parts = new ClipParts(1, 0);
  #part = 0;

  /** What is loaded: the clip's path, and what else makes it another film. */
  #key = "";

  /** Numbers the addresses asked for; only the last one counts. */
  #load = 0;

  /** Where to go, and whether to play, once the next part is open. */
  #next = { offset: 0, play: false };

  #retried = false;

  /** Whether the film on the screen is about to give way to another. */
  #opening = false;

  /** Whose clip is loaded. */
  #eventId = "";

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #growth;

  constructor() {
    super();
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {number} Milliseconds from the beginning of the whole. */
    this._at = 0;
    this._playing = false;
    this._waiting = false;
    // Browsers start only silent films by themselves.
    this._muted = true;
    this._rate = 1;
    this._failed = false;
    /** @type {string | undefined} */
    this._poster = undefined;
    /** @type {string | undefined} */
    this._source = undefined;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#growth);
    this.#load += 1;
    this.#key = this.#eventId = "";
    this._source = undefined;
    // Without this the browser goes on loading what nobody sees.
    this.#video?.removeAttribute("src");
    this.#video?.load();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  get #video() {
    return this.renderRoot?.querySelector("video") ?? undefined;
  }

  get #clip() {
    return this.event && mediaOf(this.event, "clip");
  }

  /** Play, or stay where one is. */
  toggle() {
    const video = this.#video;
    if (!video) return;
    if (!video.paused) video.pause();
    else if (video.ended || this._at >= this.#parts.total) this.seek(0, true);
    else this.#play();
  }

  /** @param {number} ms Forward, or back when negative. */
  seekBy(ms) {
    this.seek(this._at + ms);
  }

  /**
   * @param {number} at Milliseconds from the beginning of the whole.
   * @param {boolean} [play] Whether to play from there; as before when missing.
   */
  seek(at, play = this._playing) {
    this._at = Math.min(Math.max(0, at), this.#parts.total);
    const { part, offset } = this.#parts.locate(this._at);
    const video = this.#video;
    if (part !== this.#part || !video || video.readyState < HTMLMediaElement.HAVE_METADATA) {
      this.#next = { offset, play };
      if (part !== this.#part) this.#open(part);
      return;
    }
    video.currentTime = offset / 1000;
    if (play) this.#play();
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const { event } = this;
    const clip = this.#clip;
    if (!event || !clip || !this.isConnected) return;
    const path = clip.url ?? clip.live_url;
    const key = JSON.stringify([event.id, clip.state, path, clip.parts]);
    if (!path || key === this.#key) return;
    const sameEvent = this.#eventId === event.id;
    this.#eventId = event.id;
    // What was cut off while it grew is whole now, under the same address.
    if (sameEvent) forgetUrl(this.home, path);
    this.#key = key;
    this.#parts = new ClipParts(clip.parts ?? 1, clip.duration_ms ?? 0);
    this.#retried = false;
    const next = sameEvent ? this.#parts.locate(this._at) : { part: 0, offset: 0 };
    if (!sameEvent) this._at = 0;
    this.#next = { offset: next.offset, play: sameEvent ? this._playing : !calm() };
    this.#showPoster(event);
    this.#open(next.part);
  }

  /** @override */
  updated() {
    const video = this.#video;
    if (video && video.playbackRate !== this._rate) video.playbackRate = this._rate;
  }

  // --- loading ----------------------------------------------------------------

  /** @param {TimelineEvent} event */
  async #showPoster(event) {
    this._poster = undefined;
    const path = mediaOf(event, "snapshot")?.url;
    if (!path) return;
    const poster = await signedUrl(this.home, path).catch(() => undefined);
    if (this.event?.id === event.id) this._poster = poster;
  }

  /** @param {number} part */
  async #open(part) {
    clearTimeout(this.#growth);
    this.#part = part;
    this.#opening = true;
    this._failed = false;
    this._waiting = true;
    const load = ++this.#load;
    const source = await signedUrl(this.home, this.#path(part)).catch(() => undefined);
    if (load !== this.#load) return;
    this._source = source;
    this._failed = source === undefined;
  }

  /** @param {number} part */
  #path(part) {
    const clip = this.#clip;
    const path = clip?.url ?? clip?.live_url ?? "";
    return part ? `${path}/${part}` : path;
  }

  #onMetadata() {
    const video = /** @type {HTMLVideoElement} */ (this.#video);
    this.#measure();
    const { offset, play } = this.#next;
    this.#next = { offset: 0, play: this._playing };
    this.#opening = false;
    this._waiting = false;
    this.#retried = false;
    if (offset) video.currentTime = offset / 1000;
    if (play) this.#play();
    this.#probe();
  }

  #measure() {
    const video = /** @type {HTMLVideoElement} */ (this.#video);
    this.#parts.learn(this.#part, video.duration * 1000);
    this.requestUpdate();
  }

  /** Open the other parts one after the other, only to learn how long they are. */
  async #probe() {
    const part = this.#parts.unknown;
    if (part === undefined) return;
    const load = this.#load;
    const source = await signedUrl(this.home, this.#path(part)).catch(() => undefined);
    if (load !== this.#load || !source) return;
    const probe = document.createElement("video");
    probe.preload = "metadata";
    probe.addEventListener("loadedmetadata", () => {
      this.#parts.learn(part, probe.duration * 1000);
      probe.removeAttribute("src");
      this.requestUpdate();
      if (load === this.#load) this.#probe();
    });
    probe.src = source;
  }

  #onError() {
    if (!this._source) return;
    // The address may have become old, or Home Assistant another one.
    if (!this.#retried) {
      this.#retried = true;
      forgetUrl(this.home, this.#path(this.#part));
      this.#next = { offset: this.#parts.locate(this._at).offset, play: this._playing };
      this.#open(this.#part);
      return;
    }
    this._failed = true;
    this._waiting = false;
    this._playing = false;
  }

  #onEnded() {
    if (this.#part + 1 < this.#parts.count) {
      this.#next = { offset: 0, play: true };
      this.#open(this.#part + 1);
      return;
    }
    if (this.#clip?.state !== "pending") {
      this._playing = false;
      return;
    }
    this._waiting = true;
    this.#growth = setTimeout(() => {
      forgetUrl(this.home, this.#path(this.#part));
      this.#next = { offset: this._at, play: true };
      this.#open(this.#part);
    }, GROWTH_MS);
  }

  #onTime() {
    const video = /** @type {HTMLVideoElement} */ (this.#video);
    // A part that is only being opened is at its beginning, and not where one wants to go in it.
    if (video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    this._at = this.#parts.begin(this.#part) + video.currentTime * 1000;
  }

  #play() {
    // Refused where a film with sound may not start by itself, or cut short by another one.
    this.#video?.play().catch(() => {});
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const { localize } = this;
    return html`<div class="player" dir="ltr" @keydown=${this.#onKey}>
      <div class="frame">
        <video
          playsinline
          preload="metadata"
          poster=${this._poster ?? nothing}
          src=${this._source ?? nothing}
          aria-label=${localize("view.clip")}
          .muted=${this._muted}
          @click=${this.toggle}
          @loadedmetadata=${this.#onMetadata}
          @durationchange=${this.#measure}
          @timeupdate=${this.#onTime}
          @seeked=${this.#onTime}
          @ended=${this.#onEnded}
          @error=${this.#onError}
          @play=${() => (this._playing = true)}
          @pause=${this.#onPause}
          @waiting=${() => (this._waiting = true)}
          @playing=${() => (this._waiting = false)}
        ></video>
        ${this.#overlay()}
      </div>
      ${this.#ribbon()}
      <div class="controls">
        ${this.#button(this._playing ? "pause" : "play", this._playing ? "view.pause" : "view.play", this.toggle)}
        <span class="clock"><b>${clock(this._at)}</b> / ${clock(this.#parts.total)}</span>
        ${this.#clip?.state === "pending" ? html`<span class="growing">${localize("view.growing")}</span>` : nothing}
        <span class="space"></span>
        <button class="rate" type="button" aria-label=${localize("view.rate", { rate: this._rate })} @click=${this.#turnRate}>
          ${this._rate}×
        </button>
        ${this.#button(
          this._muted ? "muted" : "sound",
          this._muted ? "view.unmute" : "view.mute",
          () => (this._muted = !this._muted),
        )}
        ${this.#button("fullscreen", "view.fullscreen", this.#enlarge)}
      </div>
    </div>`;
  }

  #overlay() {
    if (this._failed) {
      return html`<div class="overlay failed" role="alert">
        ${icon("problem")}<span>${this.localize("view.clip_unplayable")}</span>
      </div>`;
    }
    if (this._waiting) return html`<div class="overlay"><span class="spinner"></span></div>`;
    if (this._playing) return nothing;
    // The picture itself is the button; this one is for the eye.
    return html`<div class="overlay"><span class="big">${icon("play")}</span></div>`;
  }

  #ribbon() {
    const event = /** @type {TimelineEvent} */ (this.event);
    const seams = Array.from({ length: this.#parts.count - 1 }, (_, part) => this.#parts.begin(part + 1));
    return html`<vigilar-clip-ribbon
      .hass=${this.hass}
      .event=${event}
      .start=${this.#clip?.start_ts}
      .total=${this.#parts.total}
      .at=${this._at}
      .seams=${seams}
      @vigilar-seek=${(/** @type {CustomEvent<number>} */ { detail }) => this.seek(detail)}
    ></vigilar-clip-ribbon>`;
  }

  /**
   * @param {string} name
   * @param {string} key
   * @param {() => void} action
   */
  #button(name, key, action) {
    const label = this.localize(key);
    return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${action}>
      ${icon(name)}
    </button>`;
  }

  // --- hands ------------------------------------------------------------------

  #onPause() {
    const video = /** @type {HTMLVideoElement} */ (this.#video);
    // A part that ends or gives way to the next one pauses, too.
    if (!video.ended && !this.#opening) this._playing = false;
  }

  #turnRate() {
    this._rate = /** @type {number} */ (RATES[(RATES.indexOf(this._rate) + 1) % RATES.length]);
  }

  #enlarge() {
    const player = this.renderRoot.querySelector(".player");
    if (document.fullscreenElement) document.exitFullscreen();
    else if (player?.requestFullscreen) player.requestFullscreen();
    // iPhones enlarge nothing but a film.
    else /** @type {any} */ (this.#video)?.webkitEnterFullscreen?.();
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    if (press.altKey || press.ctrlKey || press.metaKey) return;
    const onButton = press.target instanceof HTMLButtonElement;
    if (!this.handleKey(onButton && press.key === " " ? "" : press.key)) return;
    press.preventDefault();
    press.stopPropagation();
  }

  /**
   * @param {string} key
   * @returns {boolean} Whether it is one of the player's.
   */
  handleKey(key) {
    /** @type {Record<string, () => void>} */
    const moves = {
      " ": () => this.toggle(),
      k: () => this.toggle(),
      ArrowLeft: () => this.seekBy(-STEP_MS),
      ArrowRight: () => this.seekBy(STEP_MS),
      Home: () => this.seek(0),
      End: () => this.seek(this.#parts.total),
      m: () => (this._muted = !this._muted),
      f: () => this.#enlarge(),
    };
    const move = moves[key];
    move?.();
    return Boolean(move);
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
