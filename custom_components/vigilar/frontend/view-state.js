// @ts-check
/** @import { Filter } from "./vigilar" */
import { SEVERITIES, TYPES } from "./config.js";
import { normalFilter } from "./filters.js";

/**
 * What of the timeline's view the address holds, so that it can be shared and found again.
 *
 * @typedef {object} ViewState
 * @property {Filter} filter
 * @property {number} [at] The time the reader went to, Unix milliseconds; missing is now.
 */

/** What the server would refuse is not asked for. @type {Record<string, string[]>} */
const KNOWN = { types: TYPES, severities: SEVERITIES };

/** @type {[parameter: string, key: "source_ids" | "area_ids" | "types" | "severities" | "zones"][]} */
const LISTS = [
  ["source", "source_ids"],
  ["area", "area_ids"],
  ["type", "types"],
  ["severity", "severities"],
  ["zone", "zones"],
];

/**
 * @param {string} search A query string, with or without "?".
 * @returns {ViewState} What is not understood is left out.
 */
export function readView(search) {
  const params = new URLSearchParams(search);
  /** @type {Record<string, unknown>} */
  const given = {};
  for (const [param, key] of LISTS) {
    const known = KNOWN[key];
    given[key] = [...new Set(params.getAll(param))].filter((value) => value && (!known || known.includes(value)));
  }
  const reviewed = params.get("reviewed");
  if (reviewed === "yes" || reviewed === "no") given.reviewed = reviewed === "yes";
  given.review_scope = params.get("by") ?? undefined;
  given.text = params.get("q") ?? undefined;
  const at = Number(params.get("t"));
  const filter = normalFilter(/** @type {Filter} */ (given));
  return Number.isSafeInteger(at) && at > 0 ? { filter, at } : { filter };
}

/**
 * @param {ViewState} view
 * @returns {string} A query string with "?", or nothing.
 */
export function writeView({ filter, at }) {
  const params = new URLSearchParams();
  const normal = normalFilter(filter);
  for (const [param, key] of LISTS) for (const value of normal[key] ?? []) params.append(param, value);
  if (normal.reviewed !== undefined) params.set("reviewed", normal.reviewed ? "yes" : "no");
  if (normal.review_scope === "me") params.set("by", "me");
  if (normal.text) params.set("q", normal.text);
  if (at !== undefined) params.set("t", String(at));
  const search = params.toString();
  return search && `?${search}`;
}
