// @ts-check
/** @import { TimelineEvent } from "./vigilar" */
import { clock, eventSpan } from "./clip-parts.js";
import { HassElement } from "./hass-element.js";
import { tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/**
 * Where one is in a clip, and where in it the event lies.
 *
 * Fires `vigilar-seek` with the milliseconds to go to.
 */
export class VigilarClipRibbon extends HassElement {
  /** @override */
  static properties = {
    event: { attribute: false },
    start: { attribute: false },
    total: { attribute: false },
    at: { attribute: false },
    seams: { attribute: false, hasChanged: (/** @type {unknown} */ a, /** @type {unknown} */ b) => String(a) !== String(b) },
  };

  /** @override */
  static styles = [
    tokens,
    css`
      :host { display: block; }
      .ribbon {
        position: relative;
        display: flex;
        align-items: center;
        block-size: 40px;
        margin-inline: 10px;
        cursor: pointer;
        touch-action: none;
        user-select: none;
      }
      .ribbon:focus-visible {
        outline: 2px solid var(--focus);
        outline-offset: -6px;
        border-radius: 12px;
      }
      .track {
        position: relative;
        flex: 1;
        block-size: 14px;
        overflow: hidden;
        border-radius: 5px;
        /* Before and after the event: there, but not what it is about. */
        background: repeating-linear-gradient(
          -45deg,
          color-mix(in srgb, var(--text) 8%, transparent) 0 4px,
          color-mix(in srgb, var(--text) 16%, transparent) 4px 8px
        );
      }
      .span {
        position: absolute;
        inset-block: 0;
        background: color-mix(in srgb, var(--tone) 62%, var(--surface));
      }
      .seam {
        position: absolute;
        inset-block: 0;
        inline-size: 2px;
        margin-inline-start: -1px;
        background: var(--surface);
      }
      .gone {
        position: absolute;
        inset-block-end: 0;
        left: 0;
        block-size: 3px;
        background: var(--text);
        opacity: 0.75;
      }
      .head {
        position: absolute;
        inline-size: 4px;
        block-size: 26px;
        margin-left: -2px;
        border-radius: 2px;
        background: var(--text);
        box-shadow: 0 0 0 2px var(--surface);
      }
      .scale {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        margin: -6px 10px 0;
        font-size: 0.75rem;
        font-variant-numeric: tabular-nums;
        color: var(--quiet);
      }
      .told { color: var(--tone); font-weight: 500; text-align: center; }
    `,
  ];

  constructor() {
    super();
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {number | undefined} When the clip begins, Unix milliseconds. */
    this.start = undefined;
    /** @type {number} Milliseconds. */
    this.total = 0;
    /** @type {number} Milliseconds. */
    this.at = 0;
    /** @type {number[]} Where one part follows the other, milliseconds. */
    this.seams = [];
  }

  /** @override */
  render() {
    const { event, total } = this;
    if (!event) return nothing;
    const span = eventSpan({ start: this.start, total, from: event.ts, to: event.payload.end_ts });
    const at = share(total ? Math.min(1, this.at / total) : 0);
    return html`<div
        class="ribbon ${event.severity}"
        role="slider"
        tabindex="0"
        aria-label=${this.localize("view.position")}
        aria-valuemin="0"
        aria-valuemax=${Math.round(total / 1000)}
        aria-valuenow=${Math.round(this.at / 1000)}
        aria-valuetext=${this.localize("view.position_of", { at: clock(this.at), total: clock(total) })}
        @pointerdown=${this.#onGrab}
        @pointermove=${this.#onDrag}
      >
        <div class="track">
          ${span
            ? html`<span class="span" style="left:${share(span.from)};right:${share(1 - span.to)}"></span>`
            : nothing}
          ${total ? this.seams.map((seam) => html`<i class="seam" style="left:${share(seam / total)}"></i>`) : nothing}
          <span class="gone" style="inline-size:${at}"></span>
        </div>
        <span class="head" style="left:${at}"></span>
      </div>
      ${span ? this.#scale(event) : nothing}`;
  }

  /** @param {TimelineEvent} event */
  #scale(event) {
    const { format, localize } = this;
    const start = /** @type {number} */ (this.start);
    const { end_ts: end } = event.payload;
    const began = format.clock(event.ts);
    const told =
      end === null ? localize("view.span_lasting", { began }) : localize("view.span", { began, ended: format.clock(end) });
    return html`<div class="scale ${event.severity}">
      <span>${format.clock(start)}</span>
      <span class="told">${told}</span>
      <span>${format.clock(start + this.total)}</span>
    </div>`;
  }

  /** @param {PointerEvent} press */
  #onGrab(press) {
    if (press.button !== 0) return;
    /** @type {HTMLElement} */ (press.currentTarget).setPointerCapture(press.pointerId);
    this.#seekTo(press);
  }

  /** @param {PointerEvent} move */
  #onDrag(move) {
    if (/** @type {HTMLElement} */ (move.currentTarget).hasPointerCapture(move.pointerId)) this.#seekTo(move);
  }

  /** @param {PointerEvent} pointer */
  #seekTo(pointer) {
    const { left, width } = /** @type {HTMLElement} */ (pointer.currentTarget).getBoundingClientRect();
    const at = ((pointer.clientX - left) / width) * this.total;
    this.dispatchEvent(new CustomEvent("vigilar-seek", { detail: at }));
  }
}

/** @param {number} fraction */
function share(fraction) {
  return `${(100 * fraction).toFixed(2)}%`;
}
