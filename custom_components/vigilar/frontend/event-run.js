// @ts-check
/** @import { TimelineEvent } from "./vigilar" */

/**
 * Order two events newest first; the id decides between equal times.
 *
 * @param {{ts: number, id: string}} a
 * @param {{ts: number, id: string}} b
 * @returns {number}
 */
export function newestFirst(a, b) {
  if (a.ts !== b.ts) return b.ts - a.ts;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

/**
 * An unbroken run of events, newest first: whatever exists between its two ends is in it.
 */
export class EventRun {
  /** Grows with every change. */
  version = 0;

  /** True when no older event exists than those held. */
  complete = false;

  /** @type {TimelineEvent[]} */
  #sorted = [];

  /** @type {Map<string, TimelineEvent>} */
  #byId = new Map();

  /** @param {boolean} live Whether it reaches to now, and takes what is new. */
  constructor(live) {
    this.live = live;
  }

  /** @returns {readonly TimelineEvent[]} Newest first; the same array at every call. */
  get events() {
    return this.#sorted;
  }

  /** @param {string} id */
  get(id) {
    return this.#byId.get(id);
  }

  /**
   * @param {TimelineEvent} event
   * @returns {boolean} Whether its time lies between the run's ends.
   */
  covers(event) {
    const newest = this.#sorted[0];
    const oldest = this.#sorted.at(-1);
    if (!this.live && (!newest || newestFirst(event, newest) < 0)) return false;
    return this.complete || !oldest || newestFirst(event, oldest) <= 0;
  }

  /**
   * Hold an event as it now is. The caller knows that it belongs here.
   *
   * @param {TimelineEvent} event
   */
  put(event) {
    const known = this.#byId.get(event.id);
    if (known && known.ts !== event.ts) this.remove(event.id);
    const index = this.#indexOf(event);
    const replaced = this.#sorted[index]?.id === event.id ? 1 : 0;
    this.#sorted.splice(index, replaced, event);
    this.#byId.set(event.id, event);
    this.version += 1;
  }

  /**
   * @param {string} id
   * @returns {TimelineEvent | undefined} What was held.
   */
  remove(id) {
    const known = this.#byId.get(id);
    if (!known) return undefined;
    this.#sorted.splice(this.#indexOf(known), 1);
    this.#byId.delete(id);
    this.version += 1;
    return known;
  }

  /**
   * Let go of the events beyond a number, at one end.
   *
   * @param {number} capacity
   * @param {"newest" | "oldest"} end
   */
  trim(capacity, end) {
    const surplus = this.#sorted.length - capacity;
    if (surplus <= 0) return;
    const dropped = end === "oldest" ? this.#sorted.splice(capacity) : this.#sorted.splice(0, surplus);
    for (const { id } of dropped) this.#byId.delete(id);
    if (end === "oldest") this.complete = false;
    this.version += 1;
  }

  /**
   * @param {{ts: number, id: string}} event
   * @returns {number} Where it is, or belongs.
   */
  #indexOf(event) {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (newestFirst(/** @type {TimelineEvent} */ (this.#sorted[middle]), event) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
