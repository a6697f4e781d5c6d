// @ts-check

/**
 * Go to a page of Home Assistant's frontend without loading it anew.
 *
 * @param {string} path From the root, with its query, for example `/vigilar/event/01J…`.
 * @param {{replace?: boolean}} [options] `replace` takes the place of the present page in the history.
 */
export function navigate(path, { replace = false } = {}) {
  if (replace) history.replaceState(history.state, "", path);
  else history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace } }));
}
