// @ts-check
/** @import { Connection } from "./vigilar" */
/** @import { CommandError, Draft, ReplayMessage, Tuning, TuningFrame, TuningMessage, TuningState } from "./tuning" */

/** So long a draft must rest before the server judges by it. */
const REST_MS = 300;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30_000;

/** Home Assistant's own code for a command cut off by a lost connection. */
const CONNECTION_LOST = 3;

const SUBSCRIBE = "vigilar/tuning/subscribe";

/**
 * Talks to the server about one camera: what it sees, judged by what is saved
 * and by a draft; what is stored, and what a draft would have made of it.
 *
 * Subscribed only between `start` and `stop`, and anew after a lost connection.
 */
export class TuningClient {
  #connection;
  #sourceId;
  #onReady;
  #running = false;

  /** @type {Draft | undefined} */
  #draft;

  #bySaved;
  #byDraft;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {string} options.sourceId
   * @param {(frame: TuningFrame, draft: boolean) => void} options.onFrame Gets every frame, and
   *   whether it is judged by the draft.
   * @param {(state: TuningState) => void} options.onState Gets how the camera fares.
   * @param {() => void} options.onReady Called when the connection is back: what is stored may be another.
   * @param {(error: CommandError | undefined) => void} options.onError Called with what the server
   *   said when it refuses frames, and without when they come.
   */
  constructor({ connection, sourceId, onFrame, onState, onReady, onError }) {
    this.#connection = connection;
    this.#sourceId = sourceId;
    this.#onReady = onReady;
    const subscription = (/** @type {boolean} */ draft) =>
      new Subscription({
        connection,
        onFrame: (frame) => {
          onError(undefined);
          onFrame(frame, draft);
        },
        onState,
        onError,
      });
    this.#bySaved = subscription(false);
    this.#byDraft = subscription(true);
  }

  /** Subscribe, and stay subscribed until stopped. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#connection.addEventListener("ready", this.#ready);
    this.#connection.addEventListener("disconnected", this.#disconnected);
    if (this.#connection.connected !== false) this.#subscribe();
  }

  /** Unsubscribe and forget every timer and listener. */
  stop() {
    this.#running = false;
    clearTimeout(this.#rest);
    this.#connection.removeEventListener("ready", this.#ready);
    this.#connection.removeEventListener("disconnected", this.#disconnected);
    this.#bySaved.end();
    this.#byDraft.end();
  }

  /**
   * Let the next frames be judged by a draft, as soon as it rests.
   *
   * @param {Draft | undefined} draft Undefined: by what is saved.
   */
  judge(draft) {
    this.#draft = draft;
    clearTimeout(this.#rest);
    if (this.#running) this.#rest = setTimeout(() => this.#judge(), REST_MS);
  }

  /** @returns {Promise<Tuning>} Rejects with the server's or the connection's error. */
  load() {
    return this.#send("vigilar/tuning/get");
  }

  /**
   * @param {Partial<Draft>} draft What has changed.
   * @returns {Promise<Draft>} What is saved now; rejects with the server's or the connection's error.
   */
  save(draft) {
    return this.#send("vigilar/tuning/save", { ...draft });
  }

  /**
   * Run a draft against what is stored of the last events.
   *
   * @param {Draft} draft
   * @param {(message: ReplayMessage) => void} onMessage
   * @returns {Promise<() => Promise<void>>} Ends it; rejects with the server's error.
   */
  replay(draft, onMessage) {
    return this.#connection.subscribeMessage(
      onMessage,
      { type: "vigilar/tuning/replay", source_id: this.#sourceId, ...draft },
      { resubscribe: false },
    );
  }

  /**
   * @param {string} type
   * @param {Record<string, unknown>} [more]
   * @returns {Promise<any>}
   */
  #send(type, more = {}) {
    return this.#connection.sendMessagePromise({ type, source_id: this.#sourceId, ...more });
  }

  #ready = () => {
    this.#subscribe();
    this.#onReady();
  };

  #disconnected = () => {
    this.#bySaved.forget();
    this.#byDraft.forget();
  };

  #subscribe() {
    this.#bySaved.begin({ type: SUBSCRIBE, source_id: this.#sourceId });
    this.#judge();
  }

  #judge() {
    clearTimeout(this.#rest);
    if (this.#draft) this.#byDraft.begin({ type: SUBSCRIBE, source_id: this.#sourceId, ...this.#draft });
    else this.#byDraft.end();
  }
}

/** One subscription that another takes the place of, and that tries again when refused. */
class Subscription {
  #connection;
  #onFrame;
  #onState;
  #onError;

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
   * @param {(frame: TuningFrame) => void} options.onFrame
   * @param {(state: TuningState) => void} options.onState
   * @param {(error: CommandError) => void} options.onError
   */
  constructor({ connection, onFrame, onState, onError }) {
    this.#connection = connection;
    this.#onFrame = onFrame;
    this.#onState = onState;
    this.#onError = onError;
  }

  /** @param {Record<string, unknown>} message */
  begin(message) {
    this.end();
    const attempt = this.#attempt;
    this.#connection
      .subscribeMessage(
        (/** @type {TuningMessage} */ news) => {
          if (attempt !== this.#attempt) return;
          if (news.kind === "ended") this.#retry(message);
          else if (news.kind === "state") this.#onState(news);
          else {
            this.#retryMs = FIRST_RETRY_MS;
            this.#onFrame(news);
          }
        },
        message,
        { resubscribe: false },
      )
      .then(
        (unsubscribe) => {
          if (attempt === this.#attempt) this.#unsubscribe = unsubscribe;
          else unsubscribe().catch(() => {});
        },
        (/** @type {CommandError} */ error) => {
          if (attempt !== this.#attempt || error.code === CONNECTION_LOST) return;
          this.#onError(error);
          this.#retry(message);
        },
      );
  }

  /** @param {Record<string, unknown>} message */
  #retry(message) {
    this.forget();
    this.#retryTimer = setTimeout(() => this.begin(message), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  /** End it, acknowledged or not. */
  end() {
    const unsubscribe = this.#unsubscribe;
    this.forget();
    // The connection may have gone meanwhile; then there is nothing to end.
    unsubscribe?.().catch(() => {});
  }

  /** The server has forgotten it: there is nothing to end. */
  forget() {
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    this.#unsubscribe = undefined;
  }
}
