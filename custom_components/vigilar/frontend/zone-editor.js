// @ts-check
/** @import { Formatter } from "./format.js" */
/** @import { Localize } from "./vigilar" */
/** @import { Point, Zone } from "./tuning" */
/** @import { ZoneStore } from "./zone-editor-store.js" */
import { middle } from "./polygon.js";
import { controls, tokens } from "./ui-styles.js";
import { LitElement, html, nothing, svg } from "./vendor/lit.js";
import { handles } from "./zone-editor-hits.js";
import { ZoneKeys } from "./zone-editor-keys.js";
import { ZonePointer } from "./zone-editor-pointer.js";
import { LEAST_POINTS } from "./zone-editor-store.js";
import { zoneEditorStyles } from "./zone-editor-styles.js";

/** How much of the picture's width the loupe shows: its whole by this. */
const MAGNIFIED = 7;

/** Radius of what a finger or a mouse takes hold of, CSS pixels. */
const GRIP = 14;

/**
 * Draws zones over whatever is slotted into it, and lets them be changed.
 *
 * It holds only what is under way: a polygon that is being drawn, a pointer
 * that is down. The zones are the store's.
 */
export class ZoneEditor extends LitElement {
  /** @override */
  static properties = {
    store: { attribute: false },
    zones: { attribute: false },
    zone: { attribute: false },
    corner: { attribute: false },
    aspect: { attribute: false },
    picture: { attribute: false },
    shown: { attribute: false },
    localize: { attribute: false },
    format: { attribute: false },
    drawing: { state: true },
    _pointer: { state: true },
    _said: { state: true },
    _size: { state: true },
  };

  /** @override */
  static styles = [tokens, controls, zoneEditorStyles];

  #observer = new ResizeObserver(([entry]) => {
    const { width, height } = /** @type {ResizeObserverEntry} */ (entry).contentRect;
    if (width && height) this._size = /** @type {Point} */ ([width, height]);
  });

  /** @type {string | undefined} What gets the focus once it is drawn. */
  #focusNext;

  #tool = new ZonePointer(this);
  #keys = new ZoneKeys(this);

  constructor() {
    super();
    /** @type {ZoneStore | undefined} */
    this.store = undefined;
    /** @type {readonly Zone[]} The store's zones, so that a change is drawn. */
    this.zones = [];
    /** @type {number | undefined} The store's choice, */
    this.zone = undefined;
    /** @type {number | undefined} and corner. */
    this.corner = undefined;
    /** @type {number} Width of the picture by its height. */
    this.aspect = 16 / 9;
    /** @type {string | undefined} What the loupe magnifies. */
    this.picture = undefined;
    /** @type {boolean} Whether the zones are drawn. */
    this.shown = true;
    /** @type {Localize} */
    this.localize = (key) => key;
    /** @type {Formatter | undefined} */
    this.format = undefined;
    /** @type {Point[] | undefined} Corners of a zone that is being drawn. */
    this.drawing = undefined;
    /** @type {{at: Point, loupe: boolean, keyboard: boolean} | undefined} */
    this._pointer = undefined;
    this._said = "";
    /** @type {Point} Of the picture, CSS pixels; a guess until it is measured. */
    this._size = [1000, 1000];
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    if (this.hasUpdated) this.#observer.observe(this.#canvas());
  }

  /** @override */
  firstUpdated() {
    this.#observer.observe(this.#canvas());
  }

  /** @override */
  updated() {
    if (this.#focusNext === undefined) return;
    const target = /** @type {SVGElement | null} */ (this.renderRoot.querySelector(this.#focusNext));
    // A new zone is drawn only when it has come back from the store.
    if (!target) return;
    this.#focusNext = undefined;
    target.focus();
  }

  // --- what is under way ------------------------------------------------------

  /** Begin to draw a zone. */
  draw() {
    this.held().choose(undefined);
    this.drawing = [];
    this.point([0.5, 0.5], { keyboard: true });
    this.focusOn("svg.zones");
    this.say(this.localize("zones.drawing_keys"));
  }

  /** Make a zone of what is drawn, once it has corners enough. */
  finish() {
    if (!this.drawing || this.drawing.length < LEAST_POINTS) return;
    const points = this.drawing;
    this.cancel();
    this.held().add(points, this.localize("zones.zone"));
    this.focusOn(`.shape[data-zone="${this.held().zone}"]`);
  }

  /** Give up what is being drawn. */
  cancel() {
    this.drawing = undefined;
    this._pointer = undefined;
    this.dispatchEvent(new CustomEvent("drawing-ended"));
  }

  /** @param {Point} place Add a corner to what is being drawn. */
  place(place) {
    this.drawing = [...(this.drawing ?? []), place];
    this.requestUpdate();
  }

  /** Take back the last corner of what is being drawn. */
  unplace() {
    this.drawing = this.drawing?.slice(0, -1);
  }

  /**
   * @param {Point | undefined} at Where the pointer is; undefined when it is gone.
   * @param {{loupe?: boolean, keyboard?: boolean}} [how]
   */
  point(at, { loupe = false, keyboard = false } = {}) {
    this._pointer = at && { at, loupe, keyboard };
  }

  /** @returns {Point | undefined} */
  get pointed() {
    return this._pointer?.at;
  }

  /** @returns {Point} Of the picture, CSS pixels. */
  get size() {
    return this._size;
  }

  /** @returns {ZoneStore} */
  held() {
    return /** @type {ZoneStore} */ (this.store);
  }

  /** @param {string} selector What gets the focus once it is drawn. */
  focusOn(selector) {
    this.#focusNext = selector;
    this.requestUpdate();
  }

  /** @param {string} text What a screen reader is to tell. */
  say(text) {
    this._said = text;
  }

  /**
   * @param {Point} point
   * @returns {string} Where it is, in words.
   */
  whereabouts([x, y]) {
    const percent = (/** @type {number} */ share) => this.format?.percent(share) ?? "";
    return this.localize("zones.place", { x: percent(x), y: percent(y) });
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const [width, height] = this._size;
    const { localize } = this;
    return html`<div class="frame" style="aspect-ratio: ${this.aspect}">
        <div class="ground"><slot></slot></div>
        <svg
          class="zones ${this.drawing ? "drawing" : ""}"
          viewBox="0 0 ${width} ${height}"
          role="application"
          tabindex=${this.drawing ? "0" : "-1"}
          aria-label=${localize("zones.canvas")}
          aria-describedby="keys"
          @pointerdown=${this.#tool.down}
          @pointermove=${this.#tool.move}
          @pointerup=${this.#tool.up}
          @pointercancel=${this.#tool.up}
          @pointerleave=${this.#tool.leave}
          @keydown=${this.#keys.down}
        >
          <defs>
            <pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <line class="hatch-line" x1="0" y1="0" x2="0" y2="9"></line>
            </pattern>
          </defs>
          ${this.shown || this.drawing
            ? [this.zones.map((zone) => this.#ground(zone)), this.zones.map((zone, index) => this.#zone(zone, index))]
            : nothing}
          ${this.drawing ? this.#sketch(this.drawing) : nothing}
        </svg>
        ${this._pointer?.loupe ? this.#loupe(this._pointer.at) : nothing}
        ${this.drawing ? this.#guide(this.drawing) : nothing}
      </div>
      <span id="keys" class="unseen-text">${localize(this.drawing ? "zones.drawing_keys" : "zones.keys")}</span>
      <span class="unseen-text" aria-live="polite">${this._said}</span>`;
  }

  #canvas() {
    return /** @type {SVGElement} */ (this.renderRoot.querySelector("svg.zones"));
  }

  /** @param {readonly Point[]} points */
  #outline(points) {
    const [width, height] = this._size;
    return points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
  }

  /** @param {Point} point @returns {Point} CSS pixels. */
  #pixels([x, y]) {
    return [x * this._size[0], y * this._size[1]];
  }

  /** @param {Zone} zone What no zone's outline is to lie under. */
  #ground({ kind, points }) {
    const outline = this.#outline(points);
    return svg`<g class="zone ${kind}">
      <polygon class="ground" points=${outline}></polygon>
      <polygon class="casing" points=${outline}></polygon>
    </g>`;
  }

  /**
   * @param {Zone} zone
   * @param {number} index
   */
  #zone(zone, index) {
    const chosen = index === this.zone && !this.drawing;
    const wrong = Boolean(this.held().problems[index]?.length);
    const outline = this.#outline(zone.points);
    const [x, y] = this.#pixels(middle(zone.points));
    const label = this.localize("zones.named", {
      name: zone.name,
      kind: this.localize(`zones.kind_${zone.kind}`),
      count: zone.points.length,
    });
    return svg`<g class="zone ${zone.kind} ${chosen ? "chosen" : ""} ${wrong ? "wrong" : ""}">
      <polygon
        class="shape"
        points=${outline}
        data-zone=${index}
        role="button"
        tabindex=${this.drawing ? "-1" : "0"}
        aria-label=${label}
        aria-pressed=${String(chosen)}
        @focus=${() => this.held().choose(index)}
      ></polygon>
      <text class="name" x=${x} y=${y} aria-hidden="true">${zone.name}</text>
      ${chosen ? [this.#handles(zone), zone.points.map((_, corner) => this.#corner(zone, index, corner))] : nothing}
    </g>`;
  }

  /** @param {Zone} zone */
  #handles({ points }) {
    return handles(points, this._size).map(({ at }) => {
      const [x, y] = this.#pixels(at);
      return svg`<g class="handle" aria-hidden="true" transform="translate(${x} ${y})">
        <circle class="reach" r=${GRIP}></circle>
        <circle class="dot" r="6.5"></circle>
        <path d="M-3,0H3M0,-3V3"></path>
      </g>`;
    });
  }

  /**
   * @param {Zone} zone
   * @param {number} index
   * @param {number} corner
   */
  #corner({ points }, index, corner) {
    const point = /** @type {Point} */ (points[corner]);
    const [x, y] = this.#pixels(point);
    const label = this.localize("zones.corner", {
      number: corner + 1,
      count: points.length,
      place: this.whereabouts(point),
    });
    return svg`<g
      class="corner ${corner === this.corner ? "chosen-corner" : ""}"
      transform="translate(${x} ${y})"
      data-zone=${index}
      data-corner=${corner}
      role="button"
      tabindex="0"
      aria-label=${label}
      @focus=${() => this.held().choose(index, corner)}
    >
      <circle class="reach" r=${GRIP}></circle>
      <circle class="ring" r="12"></circle>
      <circle class="dot" r="6"></circle>
    </g>`;
  }

  /** @param {Point[]} points */
  #sketch(points) {
    const pointer = this._pointer;
    const last = points.at(-1);
    const ahead = pointer && last ? [last, pointer.at] : [];
    const closing = points.length >= LEAST_POINTS;
    return svg`
      <polyline class="sketch" points=${this.#outline(points)}></polyline>
      ${ahead.length ? svg`<polyline class="sketch ahead" points=${this.#outline(ahead)}></polyline>` : nothing}
      ${points.map((point, index) => {
        const [x, y] = this.#pixels(point);
        const first = index === 0 && closing;
        return svg`<circle class="mark ${first ? "closing" : ""}" cx=${x} cy=${y} r=${first ? 9 : 5}></circle>`;
      })}
      ${pointer?.keyboard ? this.#cursor(pointer.at) : nothing}`;
  }

  /** @param {Point} place */
  #cursor(place) {
    const [x, y] = this.#pixels(place);
    return svg`<path class="cursor" transform="translate(${x} ${y})"
      d="M-16,0H-5M5,0H16M0,-16V-5M0,5V16M-5,0A5,5 0 0,0 5,0A5,5 0 0,0 -5,0"></path>`;
  }

  /** @param {Point} at */
  #loupe(at) {
    const [width, height] = this._size;
    const [x, y] = this.#pixels(at);
    const side = width / MAGNIFIED;
    const shapes = this.drawing ? [this.drawing] : this.zones.map(({ points }) => points);
    return html`<div class="loupe ${at[0] < 0.5 ? "at-right" : "at-left"}" aria-hidden="true">
      <svg viewBox="${x - side / 2} ${y - side / 2} ${side} ${side}">
        ${this.picture
          ? svg`<image href=${this.picture} width=${width} height=${height} preserveAspectRatio="none"></image>`
          : nothing}
        ${shapes.map(
          (points) => svg`<g class="zone"><polygon class="shape" points=${this.#outline(points)}></polygon></g>`,
        )}
        <path class="cross" d="M${x - side / 2},${y}h${side}M${x},${y - side / 2}v${side}"></path>
      </svg>
    </div>`;
  }

  /** @param {Point[]} points */
  #guide(points) {
    const { localize } = this;
    const enough = points.length >= LEAST_POINTS;
    // Never over the place that is pointed at.
    const aside = (this._pointer?.at[1] ?? 0) > 0.75;
    return html`<div class="guide ${aside ? "aside" : ""}">
      <span>${localize(enough ? "zones.close_hint" : "zones.draw_hint")}</span>
      <button class="button" type="button" @click=${this.cancel}>${localize("zones.cancel")}</button>
      ${enough
        ? html`<button class="button primary" type="button" @click=${this.finish}>${localize("zones.finish")}</button>`
        : nothing}
    </div>`;
  }
}
