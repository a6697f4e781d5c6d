// @ts-check
/** @import { Filter, Hass, Localize, Source, StoreChange } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
/** @import { Lane } from "./ribbon-canvas.js" */
/** @import { Span } from "./ribbon-scale.js" */
import { SEVERITIES } from "./config.js";
import { DensityBook } from "./density-book.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { drawRibbon, heightOf } from "./ribbon-canvas.js";
import { ZOOMS, bucketOf, panned, showing, spanToNow, ticksOf, zoomed } from "./ribbon-scale.js";
import { ribbonStyles } from "./ribbon-styles.js";
import { fetchDensity } from "./timeline-api.js";
import { LitElement, html, nothing, repeat } from "./vendor/lit.js";

/** As many cameras have a lane each; more share one. */
const MOST_LANES = { wide: 10, narrow: 5 };
const NARROW_PX = 560;

const LANE_PX = { wide: 26, narrow: 22 };
const FEWEST_PX_A_LABEL = { wide: 72, narrow: 56 };

/** A count that cannot be kept up by itself is asked for anew, but not more often. */
const REFRESH_MS = 3000;
const RETRY_MS = 10_000;
const STEP_OF_NOW_MS = 15_000;
const WHEEL_ZOOM = 1.0015;
const KEY_ZOOM = 1.5;

/**
 * The activity of a span of time: a lane a camera, a bar a stretch, coloured
 * by severity; hatched where nobody watched.
 *
 * Fires `vigilar-scrub` with a time when the reader goes there, and
 * `vigilar-density` with each answer of the server.
 */
export class VigilarRibbon extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    filter: { attribute: false },
    sources: { attribute: false },
    localize: { attribute: false },
    format: { attribute: false },
    cursor: { attribute: false },
    generation: { attribute: false },
    seq: { attribute: false },
    _width: { state: true },
  };

  /** @override */
  static styles = ribbonStyles;

  #book = new DensityBook();

  /** @type {Span} */
  #view = spanToNow(ZOOMS.day, Date.now());

  /** Whether the view moves on with the time. */
  #following = true;

  #askedFor = "";
  #loaded = false;
  #attempt = 0;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refresh;

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  /** @type {number | undefined} */
  #frame;

  /** @type {number | undefined} The time under the pointer. */
  #hover;

  /** @type {Map<number, number>} Where the fingers are, by pointer. */
  #fingers = new Map();

  /** @type {{gap: number, view: Span, middle: number} | undefined} */
  #pinch;

  #size = new ResizeObserver(([entry]) => {
    if (entry) this._width = Math.round(entry.contentRect.width);
  });

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {Filter} */
    this.filter = {};
    /** @type {Source[]} Those to have lanes. */
    this.sources = [];
    /** @type {Localize} */
    this.localize = (key) => key;
    /** @type {Formatter | undefined} */
    this.format = undefined;
    /** @type {number | undefined} Where the list is, Unix milliseconds; undefined is now. */
    this.cursor = undefined;
    /** @type {number} Grows when all that was known is void. */
    this.generation = 0;
    /** @type {number | undefined} The last change that the list has heard of. */
    this.seq = undefined;
    /** @type {number} */
    this._width = 0;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#size.observe(this);
    this.#clock = setInterval(() => this.#goOn(), STEP_OF_NOW_MS);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#size.disconnect();
    clearInterval(this.#clock);
    clearTimeout(this.#refresh);
    this.#refresh = undefined;
    this.#fingers.clear();
    // What changes meanwhile is not heard; it is asked for when the ribbon is back.
    this.#askedFor = "";
  }

  /**
   * Count a change of the timeline.
   *
   * @param {StoreChange} change
   */
  take(change) {
    this.#book.take(change);
    if (this.#book.stale) this.#refreshIn(REFRESH_MS);
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    this.toggleAttribute("narrow", this.#narrow);
    if (changed.has("cursor") && this.cursor !== undefined && !this.#fingers.size) {
      this.#move(showing(this.#view, this.cursor, Date.now()));
    } else if (changed.has("cursor") && this.cursor === undefined && changed.get("cursor") !== undefined) {
      this.#following = true;
      this.#move(spanToNow(this.#view.end - this.#view.start, Date.now()));
    }
  }

  /** @override */
  render() {
    const { format, localize } = this;
    if (!format) return nothing;
    const lanes = this.#lanes();
    const span = this.#view.end - this.#view.start;
    const at = this.cursor ?? Date.now();
    return html`
      <div class="bar">
        <span class="reading" aria-hidden="true">${this.#reading(this.#hover ?? this.cursor)}</span>
        <span class="steps">
          ${this.#button("previous", () => this.#pan(-0.8))} ${this.#button("next", () => this.#pan(0.8))}
        </span>
        <span class="segments" role="group" aria-label=${localize("ribbon.zoom")}>
          ${Object.entries(ZOOMS).map(
            ([name, length]) =>
              html`<button type="button" aria-pressed=${String(Math.abs(span - length) < 1000)} @click=${() => this.#zoomTo(length)}>
                ${localize(`ribbon.${name}`)}
              </button>`,
          )}
        </span>
      </div>
      <div class="lanes">
        <div class="names" aria-hidden="true">
          ${repeat(
            lanes,
            ({ sourceIds }) => sourceIds.join(),
            ({ name }) => html`<bdi style=${`block-size:${this.#laneHeight}px`}>${name}</bdi>`,
          )}
        </div>
        <div
          class="track"
          role="slider"
          tabindex="0"
          aria-label=${localize("ribbon.label")}
          aria-valuemin=${Math.round(this.#view.start)}
          aria-valuemax=${Math.round(this.#view.end)}
          aria-valuenow=${Math.round(Math.min(Math.max(at, this.#view.start), this.#view.end))}
          aria-valuetext=${this.cursor === undefined ? localize("ribbon.now") : this.#reading(this.cursor)}
          @keydown=${this.#onKey}
          @wheel=${this.#onWheel}
          @pointerdown=${this.#onDown}
          @pointermove=${this.#onMove}
          @pointerup=${this.#onUp}
          @pointercancel=${this.#onUp}
          @pointerleave=${this.#onLeave}
        >
          <canvas style=${`block-size:${heightOf(lanes.length, this.#laneHeight)}px`}></canvas>
        </div>
      </div>
    `;
  }

  /** @override */
  updated() {
    this.#ask();
    this.#draw();
  }

  // --- what is drawn ----------------------------------------------------------

  get #narrow() {
    return this._width < NARROW_PX;
  }

  get #form() {
    return this.#narrow ? /** @type {const} */ ("narrow") : /** @type {const} */ ("wide");
  }

  get #laneHeight() {
    return LANE_PX[this.#form];
  }

  /** @returns {Lane[]} */
  #lanes() {
    const { sources } = this;
    // A house has far more sensors than cameras: together they have one lane.
    const sensors = sources.filter(({ kind }) => kind === "sensor");
    const alone = sensors.length > 1 ? sources.filter(({ kind }) => kind !== "sensor") : sources;
    const lanes = alone.map(({ name, source_id }) => ({ name, sourceIds: [source_id] }));
    if (sensors.length > 1) {
      lanes.push({ name: this.localize("ribbon.sensors"), sourceIds: sensors.map(({ source_id }) => source_id) });
    }
    if (lanes.length && lanes.length <= MOST_LANES[this.#form]) return lanes;
    return [{ name: this.localize("ribbon.all"), sourceIds: sources.map(({ source_id }) => source_id) }];
  }

  #draw() {
    const canvas = this.renderRoot.querySelector("canvas");
    if (!canvas || !this.format) return;
    drawRibbon(canvas, {
      view: this.#view,
      lanes: this.#lanes(),
      laneHeight: this.#laneHeight,
      book: this.#book,
      blind: this.#book.blind,
      ticks: ticksOf(this.#view, canvas.clientWidth, this.format, FEWEST_PX_A_LABEL[this.#form]),
      now: Date.now(),
      cursor: this.cursor,
      mirrored: this.#mirrored,
    });
  }

  get #mirrored() {
    return getComputedStyle(this).direction === "rtl";
  }

  /**
   * @param {number | undefined} ts
   * @returns {string} The time and what happened around it, in words.
   */
  #reading(ts) {
    const { format, localize } = this;
    if (!format) return "";
    if (ts === undefined) {
      const { start } = this.#view;
      return localize("ribbon.span", { start: this.#moment(start), end: this.#following ? localize("ribbon.now") : this.#moment(this.#view.end) });
    }
    const { bucket } = this.#book;
    const from = this.#book.start + Math.floor((ts - this.#book.start) / bucket) * bucket;
    const counts = this.#book.sum(this.sources.map(({ source_id }) => source_id), from, from + bucket);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const worst = SEVERITIES.findLast((_, place) => counts[place]);
    const unwatched = this.#book.blind.some(
      ({ source_id, start, end }) => source_id === null && start <= ts && (end ?? Infinity) >= ts,
    );
    let text = localize(unwatched ? "ribbon.unwatched" : "ribbon.none");
    if (total) {
      text = localize(total === 1 ? "ribbon.one" : "ribbon.many", {
        count: total,
        severity: nameOf(localize, "severity", worst ?? "info"),
      });
    }
    return localize("ribbon.reading", { time: this.#moment(ts), text });
  }

  /** @param {number} ts */
  #moment(ts) {
    const format = /** @type {Formatter} */ (this.format);
    const today = format.dayKey(ts) === format.dayKey(Date.now());
    return today ? format.time(ts) : `${format.shortDay(ts)}, ${format.time(ts)}`;
  }

  /**
   * @param {string} name
   * @param {() => void} press
   */
  #button(name, press) {
    const label = this.localize(`ribbon.${name}`);
    return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${press}>
      ${icon(name)}
    </button>`;
  }

  // --- what is known ------------------------------------------------------------

  /** Ask the server for what is in sight, and as much on either side, unless that is held. */
  #ask() {
    if (!this.hass || !this._width) return;
    const { start, end } = this.#view;
    const span = end - start;
    const bucket = bucketOf(span, this._width);
    const key = JSON.stringify([this.filter, this.generation, bucket]);
    const held = this.#loaded && this.#book.start <= start && this.#book.end >= Math.min(end, Date.now());
    if (key === this.#askedFor && held) return;
    const from = Math.floor((start - span / 2) / bucket) * bucket;
    const to = Math.ceil((end + span / 2) / bucket) * bucket;
    if (key === this.#askedFor && this.#range?.start === from && this.#range.end === to) return;
    this.#askedFor = key;
    this.#range = { start: from, end: to };
    this.#load({ start: from, end: to, bucket });
  }

  /** @type {Span | undefined} What was asked for last. */
  #range;

  /** @param {Span & {bucket: number}} range */
  async #load(range) {
    const attempt = ++this.#attempt;
    this.#book.await();
    try {
      const answer = await fetchDensity(/** @type {Hass} */ (this.hass).connection, this.filter, range);
      if (attempt !== this.#attempt) return;
      this.#book.load(answer, this.seq ?? 0);
      this.#loaded = true;
      this.dispatchEvent(new CustomEvent("vigilar-density", { detail: answer }));
      this.requestUpdate();
    } catch {
      if (attempt === this.#attempt) this.#refreshIn(RETRY_MS);
    }
  }

  /** @param {number} ms */
  #refreshIn(ms) {
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      this.#askedFor = "";
      this.#range = undefined;
      this.requestUpdate();
    }, ms);
  }

  #goOn() {
    if (document.hidden) return;
    if (this.#following) this.#move(spanToNow(this.#view.end - this.#view.start, Date.now()));
    this.requestUpdate();
  }

  // --- moving about ---------------------------------------------------------------

  /** @param {Span} view */
  #move(view) {
    this.#view = view;
    this.#following = view.end >= Date.now();
    this.requestUpdate();
  }

  /** @param {number} share Of what is in sight. */
  #pan(share) {
    this.#move(panned(this.#view, share * (this.#view.end - this.#view.start), Date.now()));
  }

  /** @param {number} length Milliseconds. */
  #zoomTo(length) {
    const around = this.cursor ?? (this.#following ? undefined : (this.#view.start + this.#view.end) / 2);
    const now = Date.now();
    if (around === undefined) this.#move(spanToNow(length, now));
    else this.#move(zoomed(this.#view, length / (this.#view.end - this.#view.start), around, now));
  }

  /** @param {number} ts */
  #scrub(ts) {
    const now = Date.now();
    const bounded = Math.round(Math.min(Math.max(ts, this.#view.start), now));
    this.dispatchEvent(new CustomEvent("vigilar-scrub", { detail: bounded }));
  }

  /**
   * @param {number} clientX
   * @returns {number} Unix milliseconds.
   */
  #timeAt(clientX) {
    const box = /** @type {Element} */ (this.renderRoot.querySelector("canvas")).getBoundingClientRect();
    const share = (clientX - box.left) / box.width;
    const { start, end } = this.#view;
    return start + (this.#mirrored ? 1 - share : share) * (end - start);
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    if (press.altKey || press.ctrlKey || press.metaKey) return;
    const { bucket } = this.#book;
    const at = this.cursor ?? Date.now();
    const later = this.#mirrored ? "ArrowLeft" : "ArrowRight";
    const earlier = this.#mirrored ? "ArrowRight" : "ArrowLeft";
    const span = this.#view.end - this.#view.start;
    /** @type {Record<string, () => void>} */
    const keys = {
      [later]: () => this.#scrub(at + bucket),
      [earlier]: () => this.#step(at - bucket),
      ArrowUp: () => this.#scrub(at + bucket),
      ArrowDown: () => this.#step(at - bucket),
      PageUp: () => this.#scrub(at + span / 4),
      PageDown: () => this.#step(at - span / 4),
      Home: () => this.#scrub(this.#view.start),
      End: () => this.#scrub(Math.min(this.#view.end, Date.now())),
      "+": () => this.#move(zoomed(this.#view, 1 / KEY_ZOOM, at, Date.now())),
      "-": () => this.#move(zoomed(this.#view, KEY_ZOOM, at, Date.now())),
    };
    const action = keys[press.key];
    if (!action) return;
    press.preventDefault();
    action();
  }

  /** @param {number} ts To where the keyboard goes, also beyond the left edge. */
  #step(ts) {
    this.#move(showing(this.#view, ts, Date.now()));
    this.#scrub(ts);
  }

  /** @param {WheelEvent} turn */
  #onWheel(turn) {
    const before = this.#view;
    const span = before.end - before.start;
    const sideways = turn.shiftKey ? turn.deltaX || turn.deltaY : turn.deltaX;
    if (Math.abs(sideways) > Math.abs(turn.deltaY) || turn.shiftKey) {
      const by = (sideways / Math.max(1, this._width)) * span;
      this.#move(panned(before, this.#mirrored ? -by : by, Date.now()));
    } else {
      this.#move(zoomed(before, WHEEL_ZOOM ** turn.deltaY, this.#timeAt(turn.clientX), Date.now()));
    }
    // At the end of its range the wheel turns the page.
    if (Math.abs(this.#view.start - before.start) > 1 || Math.abs(this.#view.end - before.end) > 1) turn.preventDefault();
  }

  /** @param {PointerEvent} touch */
  #onDown(touch) {
    if (touch.button > 0) return;
    const track = /** @type {HTMLElement} */ (touch.currentTarget);
    track.setPointerCapture(touch.pointerId);
    this.#fingers.set(touch.pointerId, touch.clientX);
    if (this.#fingers.size === 2) this.#beginPinch();
    else if (this.#fingers.size === 1) this.#scrub(this.#timeAt(touch.clientX));
  }

  /** @param {PointerEvent} touch */
  #onMove(touch) {
    this.#hover = touch.pointerType === "mouse" ? this.#timeAt(touch.clientX) : undefined;
    if (this.#fingers.has(touch.pointerId)) {
      this.#fingers.set(touch.pointerId, touch.clientX);
      if (this.#pinch) this.#goOnPinching(this.#pinch);
      else this.#scrub(this.#timeAt(touch.clientX));
    }
    this.requestUpdate();
  }

  /** @param {PointerEvent} touch */
  #onUp(touch) {
    this.#fingers.delete(touch.pointerId);
    if (!this.#fingers.size) this.#pinch = undefined;
  }

  #onLeave() {
    this.#hover = undefined;
    this.requestUpdate();
  }

  #beginPinch() {
    const [a = 0, b = 0] = this.#fingers.values();
    this.#pinch = { gap: Math.max(20, Math.abs(a - b)), view: this.#view, middle: this.#timeAt((a + b) / 2) };
  }

  /** @param {{gap: number, view: Span, middle: number}} pinch */
  #goOnPinching({ gap, view, middle }) {
    if (this.#fingers.size < 2) return;
    const [a = 0, b = 0] = this.#fingers.values();
    this.#move(zoomed(view, gap / Math.max(20, Math.abs(a - b)), middle, Date.now()));
  }
}
