// @ts-check

/** @type {[parameter: string, key: string][]} */
const LISTS = [
  ["source", "source_ids"],
  ["area", "area_ids"],
  ["type", "types"],
  ["severity", "severities"],
  ["zone", "zones"],
];

/**
 * @param {string} search A query string, with or without "?".
 * @returns {{filter: Record<string, unknown>, at?: number}} What is not understood is left out.
 */
export function readView(search) {
  const params = new URLSearchParams(search);
  /** @type {Record<string, unknown>} */
  const filter = {};
  for (const [param, key] of LISTS) {
    const values = params.getAll(param).filter(Boolean);
    if (values.length) filter[key] = values;
  }
  const reviewed = params.get("reviewed");
  if (reviewed === "yes" || reviewed === "no") filter.reviewed = reviewed === "yes";
  if (params.get("by") === "me") filter.review_scope = "me";
  if (params.get("q")) filter.text = params.get("q");
  return { filter };
}
