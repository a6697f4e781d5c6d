// @ts-check
/** @import { Formatter } from "./format.js" */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @typedef {{start: number, end: number}} Span Unix milliseconds. */

/** The spans that have a button. */
export const ZOOMS = /** @type {const} */ ({ hour: HOUR, day: DAY, week: 7 * DAY });

export const LEAST_SPAN = 15 * MINUTE;
export const MOST_SPAN = 14 * DAY;

/** How far before now the ribbon can go, as far as the server keeps anything. */
const OLDEST = 10 * 365 * DAY;

/** A little of the future, so that now is not at the very edge. */
export const LEAD = 0.03;

const BUCKETS = [10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
const TICKS = [MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

/**
 * @param {number} span Milliseconds in sight.
 * @param {number} width Pixels.
 * @returns {number} How much time one bar stands for, milliseconds.
 */
export function bucketOf(span, width) {
  const least = span / Math.max(24, width / 5);
  return BUCKETS.find((bucket) => bucket >= least) ?? /** @type {number} */ (BUCKETS.at(-1));
}

/**
 * @param {number} span Milliseconds.
 * @param {number} now Unix milliseconds.
 * @returns {Span} One that ends a little after now.
 */
export function spanToNow(span, now) {
  const end = now + LEAD * span;
  return { start: end - span, end };
}

/**
 * @param {Span} view
 * @param {number} factor Above 1 shows more.
 * @param {number} around The time that stays where it is, Unix milliseconds.
 * @param {number} now Unix milliseconds.
 * @returns {Span}
 */
export function zoomed(view, factor, around, now) {
  const before = view.end - view.start;
  const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, before * factor));
  const share = (around - view.start) / before;
  return bounded({ start: around - share * span, end: around + (1 - share) * span }, now);
}

/**
 * @param {Span} view
 * @param {number} by Milliseconds, negative into the past.
 * @param {number} now Unix milliseconds.
 * @returns {Span}
 */
export function panned(view, by, now) {
  return bounded({ start: view.start + by, end: view.end + by }, now);
}

/**
 * @param {Span} view
 * @param {number} ts Unix milliseconds.
 * @param {number} now Unix milliseconds.
 * @returns {Span} The same, or moved so that it shows the time.
 */
export function showing(view, ts, now) {
  const span = view.end - view.start;
  if (ts >= view.start && ts <= view.end) return view;
  return bounded({ start: ts - span / 2, end: ts + span / 2 }, now);
}

/**
 * @param {Span} view
 * @param {number} now
 * @returns {Span} Not beyond now, nor before everything.
 */
function bounded(view, now) {
  const span = view.end - view.start;
  const latest = now + LEAD * span;
  const end = Math.max(Math.min(view.end, latest), now - OLDEST);
  return { start: end - span, end };
}

/**
 * @param {Span} view
 * @param {number} width Pixels.
 * @param {Pick<Formatter, "dayBounds" | "time" | "shortDay">} format
 * @param {number} least Pixels between two labels.
 * @returns {{ts: number, label: string, day: boolean}[]} The marks of the axis, from left to right.
 */
export function ticksOf(view, width, format, least) {
  const span = view.end - view.start;
  const step = TICKS.find((each) => (each / span) * width >= least) ?? 7 * DAY;
  const days = Math.max(1, step / DAY);
  /** @type {{ts: number, label: string, day: boolean}[]} */
  const ticks = [];
  let day = format.dayBounds(view.start);
  for (let count = 0; day.start < view.end; day = format.dayBounds(day.end), count += 1) {
    if (count % days) continue;
    for (let ts = day.start; ts < day.end && ts < view.end; ts += Math.min(step, day.end - day.start)) {
      if (ts < view.start) continue;
      const first = ts === day.start;
      ticks.push({ ts, label: first ? format.shortDay(ts) : format.time(ts), day: first });
    }
  }
  return ticks;
}
