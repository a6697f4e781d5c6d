// @ts-check
/** @import { ConnectedMessage, ChangedMessage, Source, TimelineEvent } from "./vigilar" */

/** Ids of deleted events to remember, so that a late message cannot bring one back. */
const REMEMBERED_REMOVALS = 5000;

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
 * The events that a timeline shows, kept right under repeated, late and
 * reordered messages. It holds an unbroken run from the newest event down to
 * the oldest loaded one; what is older than that is left to paging, so that
 * a change to an old event never makes a gap.
 */
export class TimelineStore {
  /** @type {string | undefined} Which database the cursor belongs to. */
  epoch;

  /** @type {number | undefined} The last change seen. */
  seq;

  /** @type {Source[]} */
  sources = [];

  /** True when no older event exists than those held. */
  complete = false;

  /** @type {Map<string, TimelineEvent>} */
  #events = new Map();

  /** @type {TimelineEvent[] | undefined} */
  #sorted;

  /** @type {Set<string>} */
  #removed = new Set();

  #limit;
  #capacity;

  /**
   * @param {number} limit How many events a full snapshot or page holds.
   * @param {number} capacity How many events to hold at most.
   */
  constructor(limit, capacity) {
    this.#limit = limit;
    this.#capacity = capacity;
  }

  /** @returns {readonly TimelineEvent[]} Newest first, at most the capacity. */
  get events() {
    if (!this.#sorted) {
      this.#sorted = [...this.#events.values()].sort(newestFirst);
      this.#trim(this.#sorted);
    }
    return this.#sorted;
  }

  /** True when the store takes no further page. */
  get full() {
    return this.events.length >= this.#capacity;
  }

  /**
   * Take a message of the subscription.
   *
   * @param {ConnectedMessage | ChangedMessage} message
   * @returns {TimelineEvent[]} What is news to the reader: events that began
   *   or became another type since the last message.
   */
  apply(message) {
    if (message.kind === "connected") {
      this.sources = message.sources;
      if (!message.resumed || message.epoch !== this.epoch) {
        this.#replace(message);
        return [];
      }
    }
    this.seq = Math.max(this.seq ?? 0, message.seq);
    for (const id of message.removed) this.#remove(id);
    const oldest = this.complete ? undefined : this.events.at(-1);
    return message.events.filter(
      (event) => (!oldest || newestFirst(event, oldest) <= 0) && this.#put(event),
    );
  }

  /**
   * Take the page that follows the oldest event held.
   *
   * @param {TimelineEvent[]} events
   */
  addPage(events) {
    for (const event of events) this.#put(event);
    this.complete = events.length < this.#limit;
  }

  /** @param {ConnectedMessage} message */
  #replace(message) {
    this.epoch = message.epoch;
    this.seq = message.seq;
    this.#events.clear();
    this.#removed.clear();
    this.addPage(message.events);
    this.#sorted = undefined;
  }

  /**
   * @param {TimelineEvent} event
   * @returns {boolean} Whether it is new or became another type.
   */
  #put(event) {
    const known = this.#events.get(event.id);
    if (this.#removed.has(event.id) || (known && known.payload.seq >= event.payload.seq)) return false;
    this.#events.set(event.id, event);
    this.#sorted = undefined;
    return known?.type !== event.type;
  }

  /** @param {string} id */
  #remove(id) {
    this.#removed.add(id);
    if (this.#removed.size > REMEMBERED_REMOVALS) {
      const [first] = this.#removed;
      this.#removed.delete(/** @type {string} */ (first));
    }
    if (this.#events.delete(id)) this.#sorted = undefined;
  }

  /** @param {TimelineEvent[]} sorted */
  #trim(sorted) {
    const dropped = sorted.splice(this.#capacity);
    for (const event of dropped) this.#events.delete(event.id);
    if (dropped.length) this.complete = false;
  }
}
