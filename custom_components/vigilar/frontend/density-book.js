// @ts-check
/** @import { Blind, DensityAnswer, Severity, StoreChange, TimelineEvent } from "./vigilar" */
import { SEVERITIES } from "./config.js";

/** @typedef {[info: number, warning: number, alert: number, critical: number]} Counts */

/** Changes kept while an answer is on its way; beyond that the answer is asked for again. */
const MOST_WAITING = 5000;

/** @returns {Counts} */
const none = () => [0, 0, 0, 0];

/**
 * How many events of each severity there were in each stretch of time, a
 * source each: what the server counted, and every change since.
 */
export class DensityBook {
  start = 0;
  end = 0;
  bucket = 1;

  /** @type {Blind[]} */
  blind = [];

  /** True when it does not know how to count a change, and should be asked for anew. */
  stale = false;

  /** @type {Map<string, Map<number, Counts>>} */
  #sources = new Map();

  #seq = -1;

  /** @type {StoreChange[] | undefined} What came while an answer is on its way. */
  #waiting;

  /** An answer has been asked for: what comes from now on may be in it, or not. */
  await() {
    this.#waiting = [];
  }

  /**
   * @param {DensityAnswer} answer
   * @param {number} seq The last change heard of, for servers that do not say which they counted.
   */
  load(answer, seq) {
    ({ start: this.start, end: this.end, bucket: this.bucket, blind: this.blind } = answer);
    this.#seq = answer.seq ?? seq;
    this.#sources = new Map(
      answer.sources.map(({ source_id, buckets }) => [
        source_id,
        new Map(buckets.map(([index, ...counts]) => [index, /** @type {Counts} */ (counts)])),
      ]),
    );
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.stale = waiting.length > MOST_WAITING;
    for (const change of waiting) this.take(change);
  }

  /** @param {StoreChange} change */
  take(change) {
    if (this.#waiting && this.#waiting.length <= MOST_WAITING) this.#waiting.push(change);
    if (change.seq <= this.#seq) return;
    if (!change.known) {
      // An event that is not held may be new, or may have been counted long ago.
      const ts = change.after?.ts;
      if (ts === undefined || (ts >= this.start && ts < this.end)) this.stale = true;
      return;
    }
    if (change.before) this.#count(change.before, -1);
    if (change.after) this.#count(change.after, 1);
  }

  /**
   * @param {string} sourceId
   * @param {number} index
   * @returns {Counts | undefined}
   */
  at(sourceId, index) {
    return this.#sources.get(sourceId)?.get(index);
  }

  /**
   * @param {readonly string[]} sourceIds
   * @param {number} start
   * @param {number} end
   * @returns {Counts} Of all stretches that begin within a span.
   */
  sum(sourceIds, start, end) {
    const total = none();
    const first = Math.ceil((start - this.start) / this.bucket);
    const last = Math.ceil((end - this.start) / this.bucket);
    for (const id of sourceIds) {
      const buckets = this.#sources.get(id);
      if (!buckets) continue;
      for (let index = first; index < last; index += 1) {
        buckets.get(index)?.forEach((count, severity) => (total[severity] = /** @type {number} */ (total[severity]) + count));
      }
    }
    return total;
  }

  /**
   * @param {TimelineEvent} event
   * @param {number} by
   */
  #count({ ts, source_id: id, severity }, by) {
    if (ts < this.start || ts >= this.end) return;
    const index = Math.floor((ts - this.start) / this.bucket);
    const buckets = this.#sources.get(id) ?? new Map();
    this.#sources.set(id, buckets);
    const counts = buckets.get(index) ?? none();
    buckets.set(index, counts);
    const place = SEVERITIES.indexOf(/** @type {Severity} */ (severity));
    if (place >= 0) counts[place] = Math.max(0, counts[place] + by);
  }
}
