// @ts-check

/** Where the panel is. */
export const BASE = "/vigilar";

/** Pages that have an id behind their name, and whether they need it. */
const PAGES = /** @type {Map<string, "never" | "always" | "optional">} */ (
  new Map([
    ["timeline", "never"],
    ["event", "always"],
    ["cameras", "never"],
    ["live", "always"],
    ["tuning", "optional"],
    ["audit", "never"],
  ])
);

/**
 * @typedef {object} Place
 * @property {"timeline" | "event" | "cameras" | "live" | "tuning" | "audit" | "unknown"} page
 * @property {string} id Of the event or the source; empty where the page has none.
 */

/**
 * Go to a page of Home Assistant's frontend without loading it anew.
 *
 * @param {string} path From the root, with its query, for example `/vigilar/event/01J…`.
 * @param {{replace?: boolean}} [options] `replace` takes the place of the present page in the history.
 */
export function navigate(path, { replace = false } = {}) {
  if (replace) history.replaceState(history.state, "", path);
  // The mark tells that the page before this one is ours, also after a reload.
  else history.pushState({ vigilar: true }, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace } }));
}

/**
 * Go back to where one came from; after a deep link there is nothing to go back to.
 *
 * @param {string} fallback Where to go then.
 */
export function goBack(fallback) {
  if (history.state?.vigilar) history.back();
  else navigate(fallback, { replace: true });
}

/**
 * @param {string} path Below the panel's own, for example `/event/01J…`.
 * @returns {Place} What it names.
 */
export function parsePath(path) {
  const [page = "", ...rest] = path.split("/").filter(Boolean);
  const id = decoded(rest.join("/"));
  if (!page) return { page: "timeline", id: "" };
  const wanted = PAGES.get(page);
  const fits = wanted === "optional" || (wanted && (wanted === "always") === Boolean(id));
  if (!fits || rest.length > 1 || id === undefined) return { page: "unknown", id: "" };
  return { page: /** @type {Place["page"]} */ (page), id };
}

/**
 * @param {Place["page"]} page
 * @param {string} [id]
 * @param {string} [search] The query with its question mark.
 * @returns {string} The path that leads there.
 */
export function pathTo(page, id, search = "") {
  return `${BASE}/${page}${id ? `/${encodeURIComponent(id)}` : ""}${search}`;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
