// @ts-check
/** @import { Blind, ChangedMessage, ConnectedMessage, Page, Source, StoreChange, TimelineEvent } from "./vigilar" */
import { EventRun } from "./event-run.js";

export { newestFirst } from "./event-run.js";

/** Ids of removed events to remember, so that a late message cannot bring one back. */
const REMEMBERED_REMOVALS = 5000;

/** How much of the present is kept while the reader is in the past, in snapshots. */
const KEPT_OF_PRESENT = 4;

/**
 * The events that a timeline shows, kept right under repeated, late and
 * reordered messages. It holds an unbroken run from the newest event down to
 * the oldest loaded one; what is older than that is left to paging, so that
 * a change to an old event never makes a gap. A reader who has gone far back
 * reads another such run, until that one meets the present again.
 */
export class TimelineStore {
  /** @type {string | undefined} Which database the cursor belongs to. */
  epoch;

  /** @type {number | undefined} The last change seen. */
  seq;

  /** @type {Source[]} */
  sources = [];

  /** @type {number | undefined} Alerts that nobody has reviewed, of all that the user may see. */
  unreviewed;

  /** Grows whenever a snapshot has replaced all that was known. */
  generation = 0;

  /** @type {(change: StoreChange) => void} Hears of every change, also of events not held. */
  watcher = () => {};

  #live = new EventRun(true);

  /** @type {EventRun | undefined} */
  #past;

  /** @type {Map<number, Blind>} */
  #blind = new Map();

  /** @type {Map<string, number>} The change that removed each. */
  #removed = new Map();

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

  get #shown() {
    return this.#past ?? this.#live;
  }

  /** @returns {readonly TimelineEvent[]} What the reader reads, newest first, at most the capacity. */
  get events() {
    return this.#shown.events;
  }

  /** Differs whenever `events` or `blind` do. */
  get version() {
    return `${this.#past ? "past" : "live"} ${this.#shown.version} ${this.#blindVersion}`;
  }

  #blindVersion = 0;

  /** True when no older event exists than those held. */
  get complete() {
    return this.#shown.complete;
  }

  /** True when the store takes no further page. */
  get full() {
    return !this.#past && this.events.length >= this.#capacity;
  }

  /** True when the reader reads a run that does not reach to now. */
  get inPast() {
    return this.#past !== undefined;
  }

  /** @returns {Blind[]} In no order. */
  get blind() {
    return [...this.#blind.values()];
  }

  /**
   * @param {string} id
   * @returns {TimelineEvent | undefined}
   */
  get(id) {
    return this.#past?.get(id) ?? this.#live.get(id);
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {boolean} Whether what is shown tells what there was at this time.
   */
  reaches(ts) {
    const run = this.#shown;
    const [newest] = run.events;
    if (!run.live && (!newest || ts > newest.ts)) return false;
    return run.complete || ts >= (run.events.at(-1)?.ts ?? Infinity);
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {boolean} Whether the present run reaches back to this time.
   */
  presentReaches(ts) {
    return this.#live.complete || ts >= (this.#live.events.at(-1)?.ts ?? Infinity);
  }

  /**
   * Take a message of the subscription.
   *
   * @param {ConnectedMessage | ChangedMessage} message
   * @returns {TimelineEvent[]} What is news to the reader: events that began
   *   or became another type since the last message.
   */
  apply(message) {
    this.#takeFacts(message);
    if (message.kind === "connected" && (!message.resumed || message.epoch !== this.epoch)) {
      this.#replace(message);
      return [];
    }
    this.seq = Math.max(this.seq ?? 0, message.seq);
    for (const id of message.removed) this.#remove(id, message.seq);
    const news = message.events.filter((event) => this.#change(event));
    this.#live.trim(this.#past ? KEPT_OF_PRESENT * this.#limit : this.#capacity, "oldest");
    return news;
  }

  /**
   * Take the page that follows the oldest event shown.
   *
   * @param {TimelineEvent[]} events
   * @param {boolean} [more] Whether there are older ones; by the page's length when missing.
   */
  addPage(events, more = events.length >= this.#limit) {
    const run = this.#shown;
    for (const event of events) if (this.#acceptable(run, event)) run.put(event);
    run.complete = !more;
    run.trim(this.#capacity, run.live ? "oldest" : "newest");
  }

  /**
   * Take the page that precedes the newest event shown. Where it meets the present, the two become one.
   *
   * @param {Page} page
   */
  addNewer({ events, more }) {
    const past = this.#past;
    if (!past) return;
    for (const event of events) if (this.#acceptable(past, event)) past.put(event);
    const present = this.#live.events.at(-1);
    const newest = past.events[0];
    const meets = !more || (present !== undefined && newest !== undefined && newest.ts >= present.ts);
    if (meets) this.#join(past);
    else past.trim(this.#capacity, "oldest");
  }

  /**
   * Read a run in the past instead of the present one.
   *
   * @param {Page} page The events at and before a time.
   */
  openPast({ events, more }) {
    this.#past = new EventRun(false);
    for (const event of events) if (this.#acceptable(this.#past, event)) this.#past.put(event);
    this.#past.complete = !more;
    this.#live.trim(KEPT_OF_PRESENT * this.#limit, "oldest");
  }

  /** Read the present again. */
  closePast() {
    this.#past = undefined;
  }

  /**
   * Show an event otherwise than the server has it, until the server's next change of it.
   *
   * @param {string} id
   * @param {(event: TimelineEvent) => TimelineEvent} amend
   * @returns {() => void} Shows it as it was, unless a change has come meanwhile.
   */
  amend(id, amend) {
    const before = this.get(id);
    if (!before) return () => {};
    const after = amend(before);
    this.#swap(before, after);
    return () => this.#swap(after, before);
  }

  /** @param {Blind[]} periods */
  addBlind(periods) {
    for (const period of periods) this.#blind.set(period.id, period);
    if (periods.length) this.#blindVersion += 1;
  }

  /** @param {ConnectedMessage | ChangedMessage} message */
  #takeFacts(message) {
    if (message.kind === "connected") this.#blind.clear();
    this.addBlind(message.blind ?? []);
    this.sources = message.sources ?? this.sources;
    this.unreviewed = message.unreviewed ?? this.unreviewed;
  }

  /** @param {ConnectedMessage} message */
  #replace(message) {
    this.epoch = message.epoch;
    this.seq = message.seq;
    this.#live = new EventRun(true);
    this.#past = undefined;
    this.#removed.clear();
    this.generation += 1;
    this.#blindVersion += 1;
    this.addPage(message.events);
  }

  /**
   * @param {TimelineEvent} after
   * @returns {boolean} Whether it is new or became another type.
   */
  #change(after) {
    const before = this.get(after.id);
    if (this.#outdated(before, after)) return false;
    const inLive = this.#live.covers(after);
    const inPast = this.#past?.covers(after) ?? false;
    if (inLive) this.#live.put(after);
    if (inPast) this.#past?.put(after);
    this.watcher({ before, after, known: inLive || inPast, seq: after.payload.seq });
    return inLive && before?.type !== after.type;
  }

  /**
   * @param {EventRun} run
   * @param {TimelineEvent} event
   */
  #acceptable(run, event) {
    return !this.#outdated(run.get(event.id), event);
  }

  /**
   * @param {TimelineEvent | undefined} known
   * @param {TimelineEvent} event
   */
  #outdated(known, event) {
    const { seq } = event.payload;
    return (known !== undefined && known.payload.seq >= seq) || (this.#removed.get(event.id) ?? -1) >= seq;
  }

  /**
   * @param {string} id
   * @param {number} seq
   */
  #remove(id, seq) {
    const before = this.get(id);
    if (before && before.payload.seq > seq) return;
    this.#removed.delete(id);
    this.#removed.set(id, seq);
    if (this.#removed.size > REMEMBERED_REMOVALS) {
      const [first] = this.#removed.keys();
      this.#removed.delete(/** @type {string} */ (first));
    }
    this.#live.remove(id);
    this.#past?.remove(id);
    this.watcher({ before, known: before !== undefined, seq });
  }

  /** @param {EventRun} past */
  #join(past) {
    for (const event of past.events) if (this.#acceptable(this.#live, event)) this.#live.put(event);
    this.#live.complete = past.complete;
    this.#live.trim(this.#capacity, "oldest");
    this.#past = undefined;
  }

  /**
   * @param {TimelineEvent} from
   * @param {TimelineEvent} to
   */
  #swap(from, to) {
    for (const run of [this.#live, this.#past]) if (run?.get(from.id) === from) run.put(to);
  }
}
