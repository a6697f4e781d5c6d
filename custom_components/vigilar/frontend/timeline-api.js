// @ts-check
/** @import { Connection, DayCount, DensityAnswer, Filter, Page, Query } from "./vigilar" */

/** How many events one command marks at most. */
export const MARKED_AT_ONCE = 500;

/**
 * @param {Query | Filter} query
 * @returns {Filter} Without the limit.
 */
export function filterOf(query) {
  const { limit: _, ...filter } = /** @type {Query} */ (query);
  return filter;
}

/**
 * @param {Connection} connection
 * @param {Query} query
 * @param {{before: string} | {before_ts: number} | {after: string} | {after_ts: number}} anchor
 * @returns {Promise<Page>} The events nearest to the anchor, newest first.
 */
export function fetchPage(connection, query, anchor) {
  return connection.sendMessagePromise({ ...query, type: "vigilar/timeline/page", ...anchor });
}

/**
 * @param {Connection} connection
 * @param {Filter} filter
 * @param {{start: number, end: number, bucket: number}} range Unix milliseconds.
 * @returns {Promise<DensityAnswer>}
 */
export function fetchDensity(connection, filter, range) {
  return connection.sendMessagePromise({ ...filter, ...range, type: "vigilar/timeline/density" });
}

/**
 * @param {Connection} connection
 * @param {Filter} filter
 * @param {{start: number, end: number, time_zone?: string}} range Unix milliseconds.
 * @returns {Promise<{days: DayCount[]}>}
 */
export function fetchDays(connection, filter, range) {
  return connection.sendMessagePromise({ ...filter, ...range, type: "vigilar/timeline/days" });
}

/**
 * @param {Connection} connection
 * @param {string[]} eventIds
 * @param {boolean} reviewed
 * @returns {Promise<void>}
 */
export async function markReviewed(connection, eventIds, reviewed) {
  for (let index = 0; index < eventIds.length; index += MARKED_AT_ONCE) {
    await connection.sendMessagePromise({
      type: "vigilar/review/mark",
      event_ids: eventIds.slice(index, index + MARKED_AT_ONCE),
      reviewed,
    });
  }
}

/**
 * @param {Connection} connection
 * @param {Filter} filter
 * @param {{start: number, end: number}} span Unix milliseconds.
 * @returns {Promise<{count: number}>}
 */
export function markSpanReviewed(connection, filter, span) {
  return connection.sendMessagePromise({ ...filter, ...span, type: "vigilar/review/span" });
}
