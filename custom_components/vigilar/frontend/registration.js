// @ts-check
/** @import { CustomCard, Hass, Localize } from "./vigilar" */
import { loadTexts, localizer } from "./localize.js";

export const DOCUMENTATION = "https://github.com/alee/vigilar";

/**
 * Home Assistant replaces the browser's element registry, and `HTMLElement`
 * with it, while it starts: what was defined or derived earlier is lost. So
 * nothing that derives from it may even be loaded before this.
 *
 * @returns {Promise<unknown>}
 */
export function homeAssistant() {
  return customElements.whenDefined("home-assistant");
}

/** @returns {Hass | undefined} What Home Assistant's own root element holds. */
export function pageHass() {
  return /** @type {{hass?: Hass} | null} */ (document.querySelector("home-assistant"))?.hass;
}

/** @returns {Promise<Localize>} The texts in the page's language. */
export async function pageTexts() {
  const language = document.documentElement.lang || "en";
  // Keys in place of texts are better than nothing.
  await loadTexts(language).catch(() => {});
  return localizer(language);
}

/** @param {CustomCard} card To be listed in the card picker, unless another load of this module has. */
export function listCard(card) {
  const cards = (window.customCards ??= []);
  if (!cards.some(({ type }) => type === card.type)) cards.push(card);
}
