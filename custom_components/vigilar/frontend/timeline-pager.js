// @ts-check
/** @import { Connection, Query } from "./vigilar" */
/** @import { TimelineStore } from "./timeline-store.js" */
import { fetchPage } from "./timeline-api.js";

/** Loads what of a timeline's past the reader asks for into its store. */
export class TimelinePager {
  #connection;
  #store;
  #query;
  #onChange;

  /** Numbers the jumps; only the last one counts. */
  #jump = 0;

  /** @type {number | undefined} */
  #jumpedTo;

  /**
   * @param {object} options
   * @param {Connection} options.connection
   * @param {TimelineStore} options.store
   * @param {Query} options.query
   * @param {() => void} options.onChange Called after every change of the store.
   */
  constructor({ connection, store, query, onChange }) {
    this.#connection = connection;
    this.#store = store;
    this.#query = query;
    this.#onChange = onChange;
  }

  /**
   * Load the page that follows the oldest event shown.
   *
   * @returns {Promise<void>} Rejects with the server's or the connection's error.
   */
  async loadOlder() {
    const before = this.#store.events.at(-1)?.id;
    if (before === undefined) return;
    const page = await fetchPage(this.#connection, this.#query, { before });
    // The page fits nowhere when the list has got another end meanwhile.
    if (before === this.#store.events.at(-1)?.id) this.#store.addPage(page.events, page.more);
    this.#onChange();
  }

  /**
   * Load the page that precedes the newest event shown, when that is in the past.
   *
   * @returns {Promise<void>} Rejects with the server's or the connection's error.
   */
  async loadNewer() {
    const after = this.#store.events[0]?.id;
    if (after === undefined || !this.#store.inPast) return;
    const page = await fetchPage(this.#connection, this.#query, { after });
    if (after === this.#store.events[0]?.id) this.#store.addNewer(page);
    this.#onChange();
  }

  /**
   * Show the events at and before a time, loading them unless they are held.
   *
   * @param {number} ts Unix milliseconds.
   * @returns {Promise<boolean>} False when another jump was begun meanwhile.
   *   Rejects with the server's or the connection's error.
   */
  async jump(ts) {
    this.#jump += 1;
    const jump = this.#jump;
    this.#jumpedTo = ts;
    if (this.#store.reaches(ts)) return true;
    if (this.#store.presentReaches(ts)) {
      this.toPresent();
      return true;
    }
    let page = await fetchPage(this.#connection, this.#query, { before_ts: ts + 1 });
    // Before everything: the first events there are.
    if (!page.events.length) {
      page = await fetchPage(this.#connection, this.#query, { after_ts: ts });
      page.more = false;
    }
    if (jump !== this.#jump) return false;
    this.#store.openPast(page);
    this.#onChange();
    return true;
  }

  /** Show the present again. */
  toPresent() {
    this.#jump += 1;
    this.#jumpedTo = undefined;
    this.#store.closePast();
    this.#onChange();
  }

  /** Go back to where the reader was, when a snapshot has replaced everything. */
  restore() {
    if (this.#jumpedTo === undefined || this.#store.reaches(this.#jumpedTo)) return;
    this.jump(this.#jumpedTo).catch(() => this.toPresent());
  }
}
