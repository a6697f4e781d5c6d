// @ts-check
/** @import { Connection, Problem, Query, Status, TimelineEvent, TimelineMessage } from "./vigilar" */
/** @import { TimelineStore } from "./timeline-store.js" */

/** @typedef {Pick<TimelineStore, "epoch" | "seq" | "apply">} Store What a subscription needs of a store. */

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Home Assistant's own code for a command cut off by a lost connection. */
const CONNECTION_LOST = 3;

/** @type {Record<string, Problem>} */
const PROBLEMS = { unknown_command: "not_loaded", not_found: "not_loaded", unauthorized: "denied" };

/**
 * Keeps one store fed from the server for as long as it runs.
 *
 * Home Assistant's connection would repeat the first subscription word for
 * word after a reconnect; this one subscribes anew with the last change seen,
 * so that nothing is missed and nothing is sent twice.
 */
export class TimelineClient {
  /** @type {Status} */
  status = { state: "connecting" };

  #connection;
  #store;
  #query;
  #onNews;
  #onStatus;
  #running = false;

  /** Numbers the subscriptions; whatever an older one still says is ignored. */
  #attempt = 0;

  /** @type {(() => Promise<void>) | undefined} */
  #unsubscribe;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;

  #retryMs = FIRST_RETRY_MS;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {Store} options.store
   * @param {Query} options.query
   * @param {(news: TimelineEvent[]) => void} options.onNews Called after every change of the store.
   * @param {(status: Status) => void} options.onStatus
   */
  constructor({ connection, store, query, onNews, onStatus }) {
    this.#connection = connection;
    this.#store = store;
    this.#query = query;
    this.#onNews = onNews;
    this.#onStatus = onStatus;
  }

  /** Subscribe, and stay subscribed until stopped. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#connection.addEventListener("ready", this.#ready);
    this.#connection.addEventListener("disconnected", this.#disconnected);
    if (this.#connection.connected === false) this.#setStatus({ state: "reconnecting" });
    else this.#subscribe();
  }

  /** Unsubscribe and forget every timer and listener; the store keeps what it has. */
  stop() {
    this.#running = false;
    this.#connection.removeEventListener("ready", this.#ready);
    this.#connection.removeEventListener("disconnected", this.#disconnected);
    this.#abandon();
    this.#setStatus({ state: "connecting" });
  }

  /** Subscribe now instead of at the next retry. */
  retry() {
    if (this.#running && this.status.state === "error") this.#subscribe();
  }

  #ready = () => {
    this.#subscribe();
  };

  #disconnected = () => {
    // The server has forgotten this subscription, and its id may be reused.
    this.#unsubscribe = undefined;
    this.#abandon();
    this.#setStatus({ state: "reconnecting" });
  };

  #subscribe() {
    this.#abandon();
    const attempt = this.#attempt;
    if (this.status.state !== "reconnecting" && this.status.state !== "error") {
      this.#setStatus({ state: "connecting" });
    }
    const { seq, epoch } = this.#store;
    const cursor = seq === undefined ? {} : { since_seq: seq, epoch };
    this.#connection
      .subscribeMessage(
        (message) => {
          if (attempt === this.#attempt) this.#receive(message);
        },
        { ...this.#query, ...cursor, type: "vigilar/timeline/subscribe" },
        { resubscribe: false },
      )
      .then(
        (unsubscribe) => this.#acknowledged(attempt, unsubscribe),
        (error) => this.#refused(attempt, error),
      );
  }

  /**
   * @param {number} attempt
   * @param {() => Promise<void>} unsubscribe
   */
  #acknowledged(attempt, unsubscribe) {
    if (attempt === this.#attempt) this.#unsubscribe = unsubscribe;
    else unsubscribe().catch(() => {});
  }

  /**
   * @param {number} attempt
   * @param {{code?: number | string}} error
   */
  #refused(attempt, error) {
    if (attempt !== this.#attempt || error.code === CONNECTION_LOST) return;
    this.#setStatus({ state: "error", problem: PROBLEMS[error.code ?? ""] ?? "failed" });
    this.#retryTimer = setTimeout(() => this.#subscribe(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  /** @param {TimelineMessage} message */
  #receive(message) {
    if (message.kind === "resync") {
      this.#subscribe();
      return;
    }
    const news = this.#store.apply(message);
    if (message.kind === "connected") {
      this.#retryMs = FIRST_RETRY_MS;
      this.#setStatus({ state: "live" });
    }
    this.#onNews(news);
  }

  /** End the present subscription, acknowledged or not. */
  #abandon() {
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    // The connection may have gone meanwhile; then there is nothing to end.
    this.#unsubscribe?.().catch(() => {});
    this.#unsubscribe = undefined;
  }

  /** @param {Status} status */
  #setStatus(status) {
    this.status = status;
    this.#onStatus(status);
  }
}
