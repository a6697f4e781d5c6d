// @ts-check
/** @import { ChangedMessage, ConnectedMessage, Source, TimelineEvent } from "./vigilar" */
import { camerasOf } from "./filters.js";
import { isLasting } from "./list-items.js";
import { newestFirst } from "./timeline-store.js";

const TAMPERED = "camera_tampered";

/** Ids of removed events to remember, so that a late answer cannot bring one back. */
const REMEMBERED_REMOVALS = 1000;

/**
 * The cameras and what was last heard of each: the store of a subscription
 * that keeps no list, only the newest event of every source.
 */
export class CameraStore {
  /** @type {string | undefined} */
  epoch;

  /** @type {number | undefined} */
  seq;

  /** @type {Source[] | undefined} Undefined until the first message. */
  sources;

  /** @type {Map<string, TimelineEvent>} */
  #last = new Map();

  /** @type {Map<string, TimelineEvent>} Of each source, that its camera cannot see. */
  #tampered = new Map();

  /** @type {Set<string>} */
  #removed = new Set();

  /**
   * @param {ConnectedMessage | ChangedMessage} message
   * @returns {TimelineEvent[]} Nothing of it is announced.
   */
  apply(message) {
    if (message.kind === "connected") {
      if (!message.resumed || message.epoch !== this.epoch) this.#clear();
      this.epoch = message.epoch;
    }
    this.seq = message.seq;
    this.sources = message.sources ? camerasOf(message.sources) : this.sources;
    for (const id of message.removed) this.#remove(id);
    this.add(message.events);
    return [];
  }

  /** @param {TimelineEvent[]} events From anywhere; only the newest of a source counts. */
  add(events) {
    for (const event of events) {
      if (this.#removed.has(event.id)) continue;
      keepNewest(this.#last, event);
      if (event.type === TAMPERED) keepNewest(this.#tampered, event);
    }
  }

  /**
   * @param {string} sourceId
   * @returns {TimelineEvent | undefined} The last event, where one is known.
   */
  lastOf(sourceId) {
    return this.#last.get(sourceId);
  }

  /**
   * @param {Source} source
   * @returns {"offline" | "tampered" | "detection_off" | "watching"} What matters most of how it stands.
   */
  standingOf({ source_id: id, online, detecting }) {
    // Nobody asks a camera that is not to be watched whether it is there.
    if (detecting === false) return "detection_off";
    if (online === false) return "offline";
    const tampered = this.#tampered.get(id);
    return tampered && isLasting(tampered) ? "tampered" : "watching";
  }

  /** @returns {string[]} The sources of which no event is known. */
  get unheard() {
    return (this.sources ?? []).map(({ source_id: id }) => id).filter((id) => !this.#last.has(id));
  }

  #clear() {
    this.#last.clear();
    this.#tampered.clear();
  }

  /** @param {string} id */
  #remove(id) {
    this.#removed.add(id);
    if (this.#removed.size > REMEMBERED_REMOVALS) {
      const [first] = this.#removed;
      this.#removed.delete(/** @type {string} */ (first));
    }
    for (const kept of [this.#last, this.#tampered]) {
      for (const [source, event] of kept) if (event.id === id) kept.delete(source);
    }
  }
}

/**
 * @param {Map<string, TimelineEvent>} kept
 * @param {TimelineEvent} event
 */
function keepNewest(kept, event) {
  const known = kept.get(event.source_id);
  const same = known?.id === event.id;
  if (same && known.payload.seq >= event.payload.seq) return;
  if (!known || same || newestFirst(event, known) < 0) kept.set(event.source_id, event);
}
