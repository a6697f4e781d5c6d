// @ts-check
/** @import { Hass } from "./vigilar" */

/** Home Assistant's own player, with WebRTC and HLS. */
const PLAYER = "ha-camera-stream";

/** It comes with other code that may have to be fetched first. */
const PATIENCE_MS = 8000;

/**
 * Have Home Assistant load its own player of cameras.
 *
 * A panel cannot import the frontend's modules. A dashboard's helpers load
 * them by name; after a deep link no dashboard was there yet, so its panel's
 * code is asked for first. All of that is Home Assistant's own business, and
 * may be gone in its next version; then there is a simpler picture.
 *
 * @param {Hass} hass
 * @returns {Promise<boolean>} Whether it can be used.
 */
export async function loadPlayer(hass) {
  if (customElements.get(PLAYER)) return true;
  try {
    if (!window.loadCardHelpers) await loadDashboards(hass);
    const helpers = await window.loadCardHelpers?.();
    if (!helpers) return false;
    helpers.importMoreInfoControl("camera");
    await Promise.race([
      customElements.whenDefined(PLAYER),
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
  } catch {
    return false;
  }
  return Boolean(customElements.get(PLAYER));
}

/** @param {Hass} hass */
async function loadDashboards(hass) {
  const dashboard = Object.values(hass.panels ?? {}).find(({ component_name: name }) => name === "lovelace");
  /** @type {any} */
  const root = document.querySelector("home-assistant");
  const main = root?.shadowRoot?.querySelector("home-assistant-main");
  const resolver = main?.shadowRoot?.querySelector("partial-panel-resolver");
  await resolver?.routerOptions?.routes?.[dashboard?.url_path ?? ""]?.load?.();
}
