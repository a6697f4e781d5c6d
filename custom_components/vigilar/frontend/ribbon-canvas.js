// @ts-check
/** @import { Blind } from "./vigilar" */
/** @import { DensityBook } from "./density-book.js" */
/** @import { Span } from "./ribbon-scale.js" */
import { SEVERITIES } from "./config.js";

export const AXIS_PX = 20;
const LANE_GAP_PX = 4;

/** @typedef {{name: string, sourceIds: string[]}} Lane */

/**
 * @typedef {object} Picture
 * @property {Span} view
 * @property {Lane[]} lanes
 * @property {number} laneHeight Pixels.
 * @property {DensityBook} book
 * @property {readonly Blind[]} blind
 * @property {{ts: number, label: string, day: boolean}[]} ticks
 * @property {number} now Unix milliseconds.
 * @property {number | undefined} cursor Unix milliseconds.
 * @property {boolean} mirrored Whether time runs from right to left.
 */

/**
 * Draw the ribbon on a canvas, as large as it is laid out.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function drawRibbon(canvas, picture) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context || !width) return;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim() || style.color;
  const { start, end } = picture.view;
  /** @param {number} ts */
  const along = (ts) => ((ts - start) / (end - start)) * width;
  const x = picture.mirrored ? (/** @type {number} */ ts) => width - along(ts) : along;
  const brush = { context, width, height, x, colour, font: style.fontFamily };
  picture.lanes.forEach((lane, index) => {
    const top = index * (picture.laneHeight + LANE_GAP_PX);
    drawLane(brush, picture, lane, top);
  });
  drawAxis(brush, picture);
  drawTimes(brush, picture);
}

/**
 * @param {number} lanes
 * @param {number} laneHeight
 * @returns {number} Pixels that the canvas needs.
 */
export function heightOf(lanes, laneHeight) {
  return lanes * (laneHeight + LANE_GAP_PX) + AXIS_PX;
}

/**
 * @typedef {object} Brush
 * @property {CanvasRenderingContext2D} context
 * @property {number} width
 * @property {number} height
 * @property {(ts: number) => number} x
 * @property {(name: string) => string} colour
 * @property {string} font
 */

/**
 * @param {Brush} brush
 * @param {Picture} picture
 * @param {Lane} lane
 * @param {number} top
 */
function drawLane(brush, picture, lane, top) {
  const { context, x, colour } = brush;
  const { laneHeight: height, now } = picture;
  const [left, right] = [x(picture.view.start), x(Math.min(now, picture.view.end))].sort((a, b) => a - b);
  const [from, to] = [/** @type {number} */ (left), /** @type {number} */ (right)];
  context.save();
  context.beginPath();
  context.roundRect(from, top, Math.max(0, to - from), height, 5);
  context.clip();
  context.globalAlpha = 0.07;
  context.fillStyle = colour("text");
  context.fillRect(from, top, to - from, height);
  context.globalAlpha = 1;
  for (const period of picture.blind) {
    // A lane of all cameras is blind only where all of them are.
    const whole = period.source_id === null || (lane.sourceIds.length === 1 && lane.sourceIds[0] === period.source_id);
    if (whole) hatch(brush, x(period.start), x(period.end ?? now), top, height);
  }
  drawBars(brush, picture, lane, top);
  context.restore();
}

/**
 * @param {Brush} brush
 * @param {Picture} picture
 * @param {Lane} lane
 * @param {number} top
 */
function drawBars({ context, x, colour }, { book, view, laneHeight }, lane, top) {
  const first = Math.max(0, Math.floor((view.start - book.start) / book.bucket));
  const last = Math.ceil((Math.min(view.end, book.end) - book.start) / book.bucket);
  const colours = SEVERITIES.map(colour);
  for (let index = first; index < last; index += 1) {
    const counts = SEVERITIES.map((_, place) =>
      lane.sourceIds.reduce((sum, id) => sum + (book.at(id, index)?.[place] ?? 0), 0),
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (!total) continue;
    const ts = book.start + index * book.bucket;
    const [a, b] = [x(ts), x(ts + book.bucket)];
    const left = Math.min(a, b) + 0.5;
    const width = Math.max(2, Math.abs(b - a) - 1);
    // Ten events are a lot for one bar; one is enough to be seen.
    const tall = laneHeight * Math.min(1, 0.5 + 0.5 * (Math.log2(total) / Math.log2(10)));
    let bottom = top + laneHeight;
    counts.forEach((count, place) => {
      if (!count) return;
      const height = Math.max(3, (tall * count) / total);
      context.fillStyle = /** @type {string} */ (colours[place]);
      context.globalAlpha = place ? 1 : 0.75;
      context.fillRect(left, bottom - height, width, height);
      bottom -= height;
    });
    context.globalAlpha = 1;
  }
}

/**
 * @param {Brush} brush
 * @param {number} from
 * @param {number} to
 * @param {number} top
 * @param {number} height
 */
function hatch({ context, width, colour }, from, to, top, height) {
  const left = Math.max(0, Math.min(from, to));
  const right = Math.min(width, Math.max(left + 2, Math.max(from, to)));
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, height);
  context.clip();
  context.strokeStyle = colour("quiet");
  context.globalAlpha = 0.55;
  context.lineWidth = 1.2;
  context.beginPath();
  // From a fixed origin, so that the stripes of two periods are one pattern.
  for (let x = Math.floor((left - height) / 6) * 6; x < right; x += 6) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

/**
 * @param {Brush} brush
 * @param {Picture} picture
 */
function drawAxis({ context, width, height, x, colour, font }, { ticks }) {
  context.font = `11px ${font}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  let free = -Infinity;
  for (const { ts, label, day } of [...ticks].sort((a, b) => x(a.ts) - x(b.ts))) {
    const at = x(ts);
    context.globalAlpha = day ? 0.5 : 0.16;
    context.fillStyle = colour("quiet");
    context.fillRect(Math.round(at), 0, 1, height - AXIS_PX + 3);
    const half = context.measureText(label).width / 2;
    const middle = Math.min(Math.max(at, half), width - half);
    if (middle - half < free) continue;
    free = middle + half + 8;
    context.globalAlpha = 1;
    context.fillText(label, middle, height - 4);
  }
  context.globalAlpha = 1;
}

/**
 * @param {Brush} brush
 * @param {Picture} picture
 */
function drawTimes({ context, height, x, colour }, { now, cursor, view }) {
  const bottom = height - AXIS_PX;
  /** @param {number} ts @param {string} name @param {number} width */
  const line = (ts, name, width) => {
    context.fillStyle = colour(name);
    context.fillRect(x(ts) - width / 2, 0, width, bottom);
  };
  if (now <= view.end) line(now, "good", 2);
  if (cursor === undefined || cursor < view.start || cursor > view.end) return;
  line(cursor, "accent", 2);
  context.beginPath();
  context.arc(x(cursor), bottom, 5, 0, 2 * Math.PI);
  context.fill();
}
