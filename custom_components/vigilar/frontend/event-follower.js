// @ts-check
/** @import { ChangedMessage, ConnectedMessage, Connection, EventAnswer, Filter, Source, Status, TimelineEvent } from "./vigilar" */
import { TimelineClient } from "./timeline-client.js";

const CONNECTION_LOST = 3;

/** Vigilar may still be starting. */
const RETRY_MS = 5000;

/** @typedef {"loading" | "ready" | "missing" | "deleted" | "failed"} Standing */

/**
 * One event and its neighbours, kept as they are on the server.
 *
 * It is the store of a subscription to all sources, which it takes only its own
 * event and incident from: the timeline's store holds the newest events, and this
 * one may be old.
 */
export class EventFollower {
  /** @type {TimelineEvent | undefined} */
  event;

  /** @type {string | null} The event after it within the filter. */
  newerId = null;

  /** @type {string | null} The event before it within the filter. */
  olderId = null;

  /** @type {readonly TimelineEvent[]} All of its incident, in no order; none when it belongs to none. */
  incident = [];

  /** @type {Standing} */
  standing = "loading";

  /** @type {Source | undefined} Where it comes from, unless it was removed. */
  source;

  /** @type {string | undefined} */
  epoch;

  /** @type {number | undefined} */
  seq;

  #connection;
  #id;
  #filter;
  #onChange;
  #onStatus;

  /** @type {TimelineClient | undefined} */
  #client;

  #running = false;

  /** Numbers the questions; only the answer to the last one counts. */
  #question = 0;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** The number of the last change when the server answered. */
  #answered = -1;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {string} options.id The event.
   * @param {Filter} options.filter What its neighbours are to match.
   * @param {() => void} options.onChange
   * @param {(status: Status) => void} options.onStatus
   */
  constructor({ connection, id, filter, onChange, onStatus }) {
    this.#connection = connection;
    this.#id = id;
    this.#filter = filter;
    this.#onChange = onChange;
    this.#onStatus = onStatus;
  }

  /** Load the event and follow it until stopped. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#connection.addEventListener("ready", this.reload);
    this.#client?.start();
    this.reload();
  }

  stop() {
    this.#running = false;
    this.#question += 1;
    clearTimeout(this.#retry);
    this.#connection.removeEventListener("ready", this.reload);
    this.#client?.stop();
  }

  /** Ask for the event and its neighbours again. */
  reload = async () => {
    const question = ++this.#question;
    clearTimeout(this.#retry);
    try {
      /** @type {EventAnswer} */
      const answer = await this.#connection.sendMessagePromise({
        ...this.#filter,
        type: "vigilar/event/get",
        event_id: this.#id,
      });
      if (question === this.#question) this.#loaded(answer);
    } catch (error) {
      if (question === this.#question) this.#refused(/** @type {{code?: unknown, translation_key?: string}} */ (error));
    }
  };

  /**
   * Take a message of the subscription.
   *
   * @param {ConnectedMessage | ChangedMessage} message
   * @returns {TimelineEvent[]} Nothing of it is news to the reader.
   */
  apply(message) {
    const gap = message.kind === "connected" && (!message.resumed || message.epoch !== this.epoch);
    if (message.kind === "connected") this.epoch = message.epoch;
    if (message.sources) this.source = message.sources.find(({ source_id }) => source_id === this.event?.source_id);
    this.seq = message.seq;
    if (message.removed.includes(this.#id)) this.standing = "deleted";
    const mine = message.events.find(({ id }) => id === this.#id);
    if (mine) this.#take(mine);
    const neighboursGone = message.removed.some((id) => id === this.newerId || id === this.olderId);
    this.#takeParts(message);
    const successor =
      this.newerId === null &&
      message.events.some(({ id, source_id: source }) => id > this.#id && source === this.event?.source_id);
    if ((gap && message.seq !== this.#answered) || neighboursGone || successor) this.reload();
    return [];
  }

  /** @param {EventAnswer} answer */
  #loaded(answer) {
    this.newerId = answer.newer_id;
    this.olderId = answer.older_id;
    this.#answered = answer.seq;
    this.incident = answer.incident ?? [];
    if (this.standing !== "deleted") this.standing = "ready";
    this.#take(answer.event);
    this.#follow();
    this.#onChange();
  }

  /** @param {{code?: unknown, translation_key?: string}} error */
  #refused(error) {
    if (error.code === CONNECTION_LOST) return;
    // What is no id at all names no event either.
    const missing = error.translation_key === "no_such_event" || error.code === "invalid_format";
    if (missing) this.standing = this.event ? "deleted" : "missing";
    else if (!this.event) {
      this.standing = "failed";
      this.#retry = setTimeout(this.reload, RETRY_MS);
    }
    this.#onChange();
  }

  /** @param {TimelineEvent} event */
  #take(event) {
    if (this.event && this.event.payload.seq >= event.payload.seq) return;
    this.event = event;
  }

  /** @param {ConnectedMessage | ChangedMessage} message */
  #takeParts({ events, removed }) {
    const id = this.event?.payload.incident_id;
    const parts = id === undefined ? [] : events.filter(({ payload }) => payload.incident_id === id);
    if (!parts.length && !this.incident.some((part) => removed.includes(part.id))) return;
    const known = new Map(this.incident.map((part) => [part.id, part]));
    for (const part of parts) {
      if ((known.get(part.id)?.payload.seq ?? -1) < part.payload.seq) known.set(part.id, part);
    }
    for (const gone of removed) known.delete(gone);
    this.incident = [...known.values()];
  }

  #follow() {
    if (this.#client || !this.#running) return;
    this.#client = new TimelineClient({
      connection: this.#connection,
      store: this,
      query: { limit: 1 },
      onNews: () => this.#onChange(),
      onStatus: this.#onStatus,
    });
    this.#client.start();
  }
}
