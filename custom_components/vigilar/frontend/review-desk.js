// @ts-check
/** @import { Filter, Hass, Page, TimelineEvent } from "./vigilar" */
/** @import { TimelineStore } from "./timeline-store.js" */
import { fetchPage, markReviewed, markSpanReviewed } from "./timeline-api.js";

/** Pages of a day that are looked through, so that its marks can be taken back one by one. */
const MOST_PAGES = 5;
const PAGE = 200;

/**
 * @typedef {object} Outcome
 * @property {string} key Of the text that tells it: `${key}_one` or `${key}_many` by the count.
 * @property {number} count
 * @property {(() => void)} [undo]
 */

/** Marks events as reviewed: shown at once, taken back when the server refuses. */
export class ReviewDesk {
  #of;
  #tell;

  /**
   * @param {() => {hass: Hass, store: TimelineStore, filter: Filter}} of What there is now.
   * @param {(outcome: Outcome) => void} tell
   */
  constructor(of, tell) {
    this.#of = of;
    this.#tell = tell;
  }

  /**
   * @param {TimelineEvent} event
   * @returns {boolean} Whether this user has marked it.
   */
  isMine({ payload }) {
    const { user } = this.#of().hass;
    return (payload.reviews ?? []).some(({ user_id }) => user_id === user?.id);
  }

  /**
   * Mark events, or take one's own marks back.
   *
   * @param {readonly TimelineEvent[]} events
   * @param {boolean} reviewed
   */
  async mark(events, reviewed) {
    const changing = events.filter((event) => this.isMine(event) !== reviewed);
    await this.#change(changing.map(({ id }) => id), reviewed, true);
  }

  /**
   * Mark all events of a span of time that match the filter, shown or not.
   *
   * @param {{start: number, end: number}} span Unix milliseconds.
   */
  async markSpan(span) {
    const { hass, filter } = this.#of();
    try {
      const ids = await this.#openIds(span);
      if (ids) {
        await this.#change(ids, true, true);
        return;
      }
      const { count } = await markSpanReviewed(hass.connection, filter, span);
      this.#tell({ key: "review.marked", count });
    } catch {
      this.#tell({ key: "review.failed", count: 0 });
    }
  }

  /**
   * @param {{start: number, end: number}} span
   * @returns {Promise<string[] | undefined>} What this user has not marked; undefined when that is too much.
   */
  async #openIds({ start, end }) {
    const { hass, filter } = this.#of();
    /** @type {string[]} */
    const ids = [];
    /** @type {{before_ts: number} | {before: string}} */
    let anchor = { before_ts: end };
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const query = { ...filter, start, end, reviewed: false, review_scope: /** @type {const} */ ("me"), limit: PAGE };
      /** @type {Page} */
      const page = await fetchPage(hass.connection, query, anchor);
      ids.push(...page.events.map(({ id }) => id));
      const last = page.events.at(-1);
      if (!page.more || !last) return ids;
      anchor = { before: last.id };
    }
    return undefined;
  }

  /**
   * @param {string[]} ids
   * @param {boolean} reviewed
   * @param {boolean} undoable
   */
  async #change(ids, reviewed, undoable) {
    if (!ids.length) {
      if (undoable) this.#tell({ key: "review.none", count: 0 });
      return;
    }
    const { hass, store } = this.#of();
    const rollbacks = ids.map((id) => store.amend(id, (event) => this.#amended(event, reviewed)));
    this.#tell({
      key: reviewed ? "review.marked" : "review.unmarked",
      count: ids.length,
      ...(undoable && { undo: () => void this.#change(ids, !reviewed, false) }),
    });
    try {
      await markReviewed(hass.connection, ids, reviewed);
    } catch {
      for (const rollback of rollbacks) rollback();
      this.#tell({ key: "review.failed", count: 0 });
    }
  }

  /**
   * @param {TimelineEvent} event
   * @param {boolean} reviewed
   * @returns {TimelineEvent}
   */
  #amended(event, reviewed) {
    const { id: user_id = "", name: by = "" } = this.#of().hass.user ?? {};
    const others = (event.payload.reviews ?? []).filter((review) => review.user_id !== user_id);
    const reviews = reviewed ? [...others, { user_id, by, ts: Date.now() }] : others;
    return { ...event, payload: { ...event.payload, reviews } };
  }
}
