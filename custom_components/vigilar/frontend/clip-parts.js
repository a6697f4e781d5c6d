// @ts-check

/**
 * The parts of a clip as one film. How long it is in all is known from the
 * event, how long a part is only once the browser has opened it; until then
 * the unknown parts share what is left equally.
 */
export class ClipParts {
  /** @type {(number | undefined)[]} Milliseconds. */
  #known;

  #total;

  /**
   * @param {number} count How many parts, at least one.
   * @param {number} total How long they are together, in milliseconds.
   */
  constructor(count, total) {
    this.#known = Array.from({ length: Math.max(1, count) });
    this.#total = Math.max(0, total);
  }

  get count() {
    return this.#known.length;
  }

  /** @returns {number} Milliseconds. */
  get total() {
    return this.#lengths().reduce((sum, length) => sum + length, 0);
  }

  /**
   * @param {number} part From 0 on.
   * @param {number} length Milliseconds, as the browser measured it.
   */
  learn(part, length) {
    if (Number.isFinite(length) && length > 0) this.#known[part] = length;
  }

  /** @returns {number | undefined} The first part whose length is not known yet. */
  get unknown() {
    const part = this.#known.indexOf(undefined);
    return part < 0 ? undefined : part;
  }

  /**
   * @param {number} part
   * @returns {number} Where it begins in the whole, in milliseconds.
   */
  begin(part) {
    return this.#lengths()
      .slice(0, part)
      .reduce((sum, length) => sum + length, 0);
  }

  /**
   * @param {number} at Milliseconds from the beginning of the whole.
   * @returns {{part: number, offset: number}} The part that shows it, and where in it.
   */
  locate(at) {
    let offset = Math.max(0, at);
    const lengths = this.#lengths();
    const last = lengths.length - 1;
    let part = 0;
    while (part < last && offset >= /** @type {number} */ (lengths[part])) {
      offset -= /** @type {number} */ (lengths[part]);
      part += 1;
    }
    return { part, offset: Math.min(offset, /** @type {number} */ (lengths[part])) };
  }

  #lengths() {
    const sum = this.#known.reduce((/** @type {number} */ whole, length) => whole + (length ?? 0), 0);
    const unknown = this.#known.filter((length) => length === undefined).length;
    const share = unknown ? Math.max(0, this.#total - sum) / unknown : 0;
    return this.#known.map((length) => length ?? share);
  }
}

/**
 * Where an event lies in its clip, as fractions of it.
 *
 * @param {{start?: number, total: number, from: number, to: number | null}} span
 *   When the clip starts and how long it is; when the event began and ended; milliseconds.
 * @returns {{from: number, to: number} | undefined} Undefined where that is not known.
 */
export function eventSpan({ start, total, from, to }) {
  if (start === undefined || total <= 0) return undefined;
  const fraction = (/** @type {number} */ ts) => Math.min(1, Math.max(0, (ts - start) / total));
  return { from: fraction(from), to: to === null ? 1 : fraction(to) };
}

/**
 * @param {number} ms
 * @returns {string} As players write it: "1:05", "1:02:03".
 */
export function clock(ms) {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const [first, ...rest] = hours ? [hours, ...parts] : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
