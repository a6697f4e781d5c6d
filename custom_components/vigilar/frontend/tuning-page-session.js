// @ts-check
/** @import { Connection } from "./vigilar" */
/** @import { CommandError, TuningFrame, TuningState } from "./tuning" */
/** @import { Drafts } from "./tuning-page-drafts.js" */
import { TuningClient } from "./tuning-client.js";
import { CountHistory } from "./tuning-page-history.js";
import { Replay } from "./tuning-page-replay.js";
import { TuningStore } from "./tuning-page-store.js";

/** A frame is believed for as long as this. */
const FRAME_MS = 3000;

/** Everything about the one camera that is being tuned. */
export class TuningSession {
  store = new TuningStore(() => this.#onStore());
  replay;

  /** What counted, by what is saved and by the draft. */
  counts = { saved: new CountHistory(FRAME_MS), draft: new CountHistory(FRAME_MS) };

  /** @type {TuningFrame | undefined} The newest one, judged by the draft where there is one. */
  frame;

  /** @type {TuningState | undefined} How the camera fares, once it has told. */
  fares;

  /** @type {CommandError | undefined} Why there is nothing to show. */
  error;

  /** @type {CommandError | undefined} Why the server did not save. */
  refused;

  saving = false;

  #client;
  #connection;
  #drafts;
  #onChange;

  /** When the newest frame came, Unix milliseconds. */
  #frameAt = 0;

  /** @type {string | undefined} The draft that frames are judged by, where there is one. */
  #judged;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {string} options.sourceId
   * @param {Drafts} options.drafts
   * @param {() => void} options.onChange Called after every change of anything.
   */
  constructor({ connection, sourceId, drafts, onChange }) {
    this.sourceId = sourceId;
    this.#connection = connection;
    this.#drafts = drafts;
    this.#onChange = onChange;
    this.replay = new Replay(onChange);
    this.#client = new TuningClient({
      connection,
      sourceId,
      onFrame: (frame, draft) => this.#onFrame(frame, draft),
      onState: (state) => {
        this.fares = state;
        onChange();
      },
      onReady: () => {
        this.replay.lose();
        this.load();
      },
      onError: (error) => {
        this.error = error;
        onChange();
      },
    });
    this.load();
  }

  /**
   * @param {string} sourceId
   * @param {Connection} connection
   * @returns {boolean} Whether this is about that camera, by that connection.
   */
  isOf(sourceId, connection) {
    return sourceId === this.sourceId && connection === this.#connection;
  }

  /** @returns {boolean} Whether the newest frame is of now. */
  get fresh() {
    return this.frame !== undefined && Date.now() - this.#frameAt < FRAME_MS;
  }

  /** @returns {boolean} Whether frames are judged by a draft. */
  get trying() {
    return this.#judged !== undefined;
  }

  /** Look on. */
  start() {
    this.#client.start();
  }

  /** Look away; what is known stays. */
  stop() {
    this.#client.stop();
  }

  /** End all that runs. */
  close() {
    this.stop();
    this.replay.stop();
  }

  /** Ask what is saved. */
  async load() {
    try {
      this.store.load(await this.#client.load(), this.#drafts.of(this.sourceId));
      this.error = undefined;
    } catch (error) {
      this.error = /** @type {CommandError} */ (error);
    }
    this.#onChange();
  }

  /** Save what was changed; a refusal changes nothing. */
  async save() {
    const { changes } = this.store;
    this.saving = true;
    this.refused = undefined;
    this.#onChange();
    try {
      this.store.keep(changes, await this.#client.save(changes));
    } catch (error) {
      this.refused = /** @type {CommandError} */ (error);
    }
    this.saving = false;
    this.#onChange();
  }

  /** Go back to what is saved. */
  discard() {
    this.refused = undefined;
    this.store.discard();
  }

  /** Run the draft against what is stored of the last events. */
  run() {
    this.replay.start(this.#client, this.store.draft, () => {
      // The list reads without pictures, too.
      this.replay.findEvents(this.#connection, this.sourceId).catch(() => {});
    });
  }

  /**
   * @param {TuningFrame} frame
   * @param {boolean} draft
   */
  #onFrame(frame, draft) {
    const now = Date.now();
    this.counts[draft ? "draft" : "saved"].add(now, frame.would_count);
    if (draft !== this.trying) return;
    this.frame = frame;
    this.#frameAt = now;
    this.#onChange();
  }

  #onStore() {
    const { store } = this;
    this.#drafts.keep(this.sourceId, store.changed ? store.changes : undefined);
    // A shape that is no polygon yet is not tried out; what was before it is.
    if (store.valid) this.#judge(store.changed ? JSON.stringify(store.draft) : undefined);
    this.#onChange();
  }

  /** @param {string | undefined} key */
  #judge(key) {
    if (key === this.#judged) return;
    if (key === undefined) this.counts.draft = new CountHistory(FRAME_MS);
    this.#judged = key;
    this.#client.judge(key === undefined ? undefined : this.store.draft);
  }
}
