// @ts-check
/** @import { TimelineEvent } from "./vigilar" */

/** The events that the reader has picked out of the list, while picking. */
export class Selection {
  /** @type {Map<string, TimelineEvent> | undefined} */
  #events;

  #changed;

  /** @param {() => void} changed Called when it must be drawn anew. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @returns {ReadonlyMap<string, TimelineEvent> | undefined} By id; undefined while nothing is being picked. */
  get events() {
    return this.#events;
  }

  begin() {
    this.#events = new Map();
    this.#changed();
  }

  end() {
    this.#events = undefined;
    this.#changed();
  }

  /** @param {readonly TimelineEvent[]} events Picked together; put back when all of them are picked. */
  toggle(events) {
    const next = new Map(this.#events);
    const all = events.every(({ id }) => next.has(id));
    for (const event of events) {
      if (all) next.delete(event.id);
      else next.set(event.id, event);
    }
    this.#events = next;
    this.#changed();
  }
}
