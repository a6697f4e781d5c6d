// @ts-check

/** So much of the past the strip shows. */
export const SPAN_MS = 60_000;

/** @typedef {{ts: number, counts: boolean | undefined}} Sample Undefined where nobody knows. */

/** Whether something counted, in the last minute. */
export class CountHistory {
  #holdMs;

  /** @type {Sample[]} */
  #samples = [];

  /** @param {number} holdMs So long a sample is believed when none follows. */
  constructor(holdMs) {
    this.#holdMs = holdMs;
  }

  /**
   * @param {number} ts Unix milliseconds, not before the last.
   * @param {boolean | undefined} counts
   */
  add(ts, counts) {
    const last = this.#samples.at(-1);
    // Only turns are kept, and now and then that it goes on.
    if (last && last.counts === counts && ts - last.ts < this.#holdMs / 2) return;
    this.#samples.push({ ts, counts });
    const first = this.#samples.findIndex((sample) => sample.ts >= ts - SPAN_MS);
    if (first > 1) this.#samples.splice(0, first - 1);
  }

  /**
   * @param {number} now Unix milliseconds.
   * @returns {{from: number, to: number, counts: boolean}[]} The stretches of the
   *   last minute in which it is known whether something counted, as shares (0-1) of
   *   it, oldest first.
   */
  stretches(now) {
    /** @type {{from: number, to: number, counts: boolean}[]} */
    const stretches = [];
    this.#samples.forEach(({ ts, counts }, index) => {
      const next = this.#samples[index + 1]?.ts ?? now;
      const [from, to] = [share(ts, now), share(Math.min(next, ts + this.#holdMs), now)];
      if (counts === undefined || to <= from) return;
      const last = stretches.at(-1);
      if (last && last.counts === counts && last.to === from) last.to = to;
      else stretches.push({ from, to, counts });
    });
    return stretches;
  }

  /**
   * @param {number} now Unix milliseconds.
   * @returns {number} For how many milliseconds of the last minute it counted.
   */
  counted(now) {
    const shares = this.stretches(now).map(({ from, to, counts }) => (counts ? to - from : 0));
    return shares.reduce((sum, each) => sum + each, 0) * SPAN_MS;
  }

  /** @returns {number} How many samples are kept. */
  get size() {
    return this.#samples.length;
  }
}

/**
 * @param {number} ts
 * @param {number} now
 */
function share(ts, now) {
  return Math.min(1, Math.max(0, 1 - (now - ts) / SPAN_MS));
}
