// @ts-check
/** @import { Localize } from "./vigilar" */
/** @import { Box, Point, Track, TuningFrame } from "./tuning" */
import { nameOf } from "./localize.js";
import { LitElement, css, html, nothing, svg } from "./vendor/lit.js";

/** What can be drawn over the picture, in the order in which it is offered. */
export const LAYERS = /** @type {const} */ (["zones", "heat", "blobs", "tracks"]);

/** Colour of heat: red, green, blue. */
const HEAT = [255, 122, 24];

/** The picture of a camera, and over it what the analysis makes of it. */
export class TuningStage extends LitElement {
  /** @override */
  static properties = {
    frame: { attribute: false },
    picture: { attribute: false },
    layers: { attribute: false },
    localize: { attribute: false },
  };

  /** @override */
  static styles = css`
    :host {
      --counts: #63e6a0;
      --not: #ffd166;
      display: block;
      color: #fff;
    }
    img,
    canvas,
    svg {
      position: absolute;
      inset: 0;
      inline-size: 100%;
      block-size: 100%;
    }
    img { object-fit: fill; }
    canvas { opacity: 0.75; }
    .box {
      position: absolute;
      box-sizing: border-box;
      border: 1px dotted rgba(255, 255, 255, 0.85);
      box-shadow: 0 0 0 1px rgba(6, 12, 20, 0.4);
    }
    .box.counts { border-style: solid; }
    .track {
      position: absolute;
      box-sizing: border-box;
      border: 2px dashed var(--not);
      border-radius: 4px;
      box-shadow: 0 0 0 1px rgba(6, 12, 20, 0.55);
    }
    .track.counts { border: 2.5px solid var(--counts); }
    .track span {
      position: absolute;
      left: -2px;
      bottom: calc(100% + 3px);
      padding: 1px 7px;
      border-radius: 6px;
      font-size: 0.75rem;
      font-weight: 500;
      line-height: 1.35;
      white-space: nowrap;
      color: #14181c;
      background: var(--not);
    }
    .track.counts span { background: var(--counts); }
    .track.low span { bottom: auto; top: calc(100% + 3px); }
    .track.late span { left: auto; right: -2px; }
    polyline {
      fill: none;
      stroke: var(--not);
      stroke-width: 2;
      stroke-dasharray: 2 4;
      vector-effect: non-scaling-stroke;
      filter: drop-shadow(0 0 1px rgba(0, 0, 0, 0.9));
    }
    polyline.counts {
      stroke: var(--counts);
      stroke-dasharray: none;
    }
  `;

  constructor() {
    super();
    /** @type {TuningFrame | undefined} */
    this.frame = undefined;
    /** @type {string | undefined} Address of the picture; none leaves the ground dark. */
    this.picture = undefined;
    /** @type {ReadonlySet<string>} */
    this.layers = new Set(LAYERS);
    /** @type {Localize} */
    this.localize = (key) => key;
  }

  /** @override */
  render() {
    const { frame, layers } = this;
    return html`${this.picture ? html`<img src=${this.picture} alt="" draggable="false" />` : nothing}
      <canvas ?hidden=${!frame || !layers.has("heat")}></canvas>
      ${frame && layers.has("blobs") ? frame.blobs.map(blob) : nothing}
      ${frame && layers.has("tracks") ? this.#tracks(frame.tracks) : nothing}`;
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  updated(changed) {
    const canvas = this.renderRoot.querySelector("canvas");
    if (canvas && this.frame && !canvas.hidden && (changed.has("frame") || changed.has("layers"))) {
      drawHeat(canvas, this.frame.heat);
    }
  }

  /** @param {Track[]} tracks */
  #tracks(tracks) {
    return html`<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        ${tracks.map(({ path, sure }) => svg`<polyline class=${sure ? "counts" : ""} points=${line(path)}></polyline>`)}
      </svg>
      ${tracks.map((track) => this.#track(track))}`;
  }

  /** @param {Track} track */
  #track({ box, sure, why }) {
    const [x, y] = box;
    const place = `${sure ? "counts" : ""} ${y < 0.1 ? "low" : ""} ${x > 0.6 ? "late" : ""}`;
    return html`<div class="track ${place}" style=${where(box)}>
      <span>${nameOf(this.localize, "tuning", `why_${why}`)}</span>
    </div>`;
  }
}

/** @param {TuningFrame["blobs"][number]} blob */
function blob({ box, counts }) {
  return html`<div class="box ${counts ? "counts" : ""}" style=${where(box)}></div>`;
}

/** @param {Box} box */
function where([x, y, width, height]) {
  return `left: ${100 * x}%; top: ${100 * y}%; width: ${100 * width}%; height: ${100 * height}%`;
}

/** @param {Point[]} path */
function line(path) {
  return path.map(([x, y]) => `${x},${y}`).join(" ");
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {TuningFrame["heat"]} heat
 */
function drawHeat(canvas, { columns, rows, data }) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context || !columns || !rows) return;
  const picture = context.createImageData(columns, rows);
  const cells = atob(data);
  for (let i = 0; i < columns * rows; i++) {
    picture.data.set([...HEAT, cells.charCodeAt(i) || 0], 4 * i);
  }
  context.putImageData(picture, 0, 0);
}
