// @ts-check
/** @import { AuditFilter, AuditPage, AuditRow, AuditedEvent, Connection, Doer } from "./vigilar" */

const PAGE = 100;

/** So many rows are kept, however far one scrolls. */
export const MOST_ROWS = 2000;

/** What is often done to many events at once, and then told as one. */
const TOGETHER = new Set(["reviewed", "unreviewed", "deleted"]);

/** @typedef {{key: string, row: AuditRow, rows: AuditRow[]}} Entry What one person did at once; `row` is the first of it. */

/** Who did what: the rows that were loaded so far, newest first. */
export class AuditLog {
  /** @type {AuditRow[] | undefined} Undefined until the first page came. */
  rows;

  /** @type {Map<string, AuditedEvent>} Those that are still there, by their ids. */
  events = new Map();

  /** @type {Doer[]} Whoever did anything; empty until the first page came. */
  doers = [];

  /** Whether there are older rows. */
  more = false;

  #connection;
  #filter;

  /**
   * @param {Connection} connection
   * @param {AuditFilter} filter
   */
  constructor(connection, filter) {
    this.#connection = connection;
    this.#filter = filter;
  }

  /** @returns {boolean} Whether no more rows are taken. */
  get full() {
    return (this.rows?.length ?? 0) >= MOST_ROWS;
  }

  /**
   * Load the newest rows, or those behind the ones that are there.
   *
   * @returns {Promise<void>} Rejects when they cannot be loaded.
   */
  async load() {
    const last = this.rows?.at(-1);
    /** @type {AuditPage} */
    const page = await this.#connection.sendMessagePromise({
      type: "vigilar/audit/page",
      limit: PAGE,
      ...this.#filter,
      ...(last && { before: last.id }),
    });
    this.rows = [...(this.rows ?? []), ...page.rows];
    this.doers = page.doers ?? this.doers;
    this.more = page.more;
    for (const [id, event] of Object.entries(page.events)) this.events.set(id, event);
  }

  /** @returns {Entry[]} What was done, with what was done at once as one. */
  get entries() {
    /** @type {Entry[]} */
    const entries = [];
    for (const row of this.rows ?? []) {
      const last = entries.at(-1);
      if (last && atOnce(last.row, row)) last.rows.push(row);
      else entries.push({ key: `${row.ts} ${row.user_id} ${row.action} ${row.id}`, row, rows: [row] });
    }
    return entries;
  }
}

/**
 * @param {AuditRow} one
 * @param {AuditRow} other
 */
function atOnce(one, other) {
  return (
    TOGETHER.has(one.action) &&
    one.event_id !== null &&
    other.event_id !== null &&
    one.action === other.action &&
    one.ts === other.ts &&
    one.user_id === other.user_id &&
    one.name === other.name
  );
}
