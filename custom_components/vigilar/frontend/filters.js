// @ts-check
/** @import { CardConfig, Filter, Source } from "./vigilar" */

/** The parts of a filter that are lists. */
export const LIST_KEYS = /** @type {const} */ (["source_ids", "area_ids", "types", "severities", "zones"]);

export const MOST_TEXT = 200;

/** @typedef {typeof LIST_KEYS[number]} ListKey */

/**
 * @param {Filter | CardConfig} given May hold more, and empty parts.
 * @returns {Filter} Only what restricts.
 */
export function normalFilter(given) {
  /** @type {Filter} */
  const filter = {};
  for (const key of LIST_KEYS) {
    const list = given[key];
    if (list?.length) Object.assign(filter, { [key]: [...list] });
  }
  if (typeof given.reviewed === "boolean") {
    filter.reviewed = given.reviewed;
  }
  if (given.review_scope === "me") filter.review_scope = "me";
  const text = given.text?.trim().slice(0, MOST_TEXT);
  if (text) filter.text = text;
  return filter;
}

/**
 * @param {Filter} a
 * @param {Filter} b
 * @returns {boolean} Whether both ask for the same.
 */
export function sameFilter(a, b) {
  /** @param {Filter} filter */
  const text = (filter) => JSON.stringify(Object.entries(normalFilter(filter)).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
}

/**
 * @param {Filter} filter
 * @param {ListKey} key
 * @param {string} value
 * @returns {Filter} With the value if it was without, else without.
 */
export function toggled(filter, key, value) {
  const list = /** @type {string[]} */ (filter[key] ?? []);
  const next = list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
  return normalFilter({ ...filter, [key]: next });
}

/**
 * @param {readonly Source[]} sources
 * @param {Filter} filter
 * @returns {Source[]} Those whose events can match.
 */
export function sourcesOf(sources, filter) {
  return sources.filter(
    ({ source_id, area_id }) =>
      (!filter.source_ids?.length || filter.source_ids.includes(source_id)) &&
      (!filter.area_ids?.length || filter.area_ids.includes(area_id ?? "")),
  );
}

/**
 * @param {readonly Source[]} sources
 * @returns {Source[]} Those that one can look through.
 */
export function camerasOf(sources) {
  return sources.filter(({ kind }) => kind === "camera");
}

/**
 * @param {readonly Source[]} sources
 * @returns {{value: string, label: string}[]} Each area once, by name.
 */
export function areasOf(sources) {
  const areas = new Map(sources.filter(({ area_id }) => area_id).map(({ area_id, area }) => [area_id, area ?? area_id]));
  return byLabel([...areas].map(([value, label]) => ({ value: String(value), label: String(label) })));
}

/**
 * @param {readonly Source[]} sources
 * @returns {{value: string, label: string}[]} Each zone's name once.
 */
export function zonesOf(sources) {
  const zones = new Set(sources.flatMap((source) => source.zones ?? []));
  return byLabel([...zones].map((zone) => ({ value: zone, label: zone })));
}

/** @param {{value: string, label: string}[]} choices */
function byLabel(choices) {
  return choices.sort((a, b) => a.label.localeCompare(b.label));
}
