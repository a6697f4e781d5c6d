// @ts-check
/** @import { CustomCard } from "./vigilar" */

const TYPE = "vigilar-timeline-card";

/**
 * Register the card. Home Assistant replaces the browser's element registry,
 * and `HTMLElement` with it, while it starts: what was defined or derived
 * earlier is lost. So nothing that derives from it is even loaded before.
 */
async function register() {
  await customElements.whenDefined("home-assistant");
  const [{ define }, { VigilarTimelineCard }, { VigilarTimeline, knownSources }, { loadTexts, localizer }] =
    await Promise.all([
      import("./define.js"),
      import("./timeline-card.js"),
      import("./timeline-element.js"),
      import("./localize.js"),
    ]);
  const language = document.documentElement.lang || "en";
  // Keys in place of texts are better than no card.
  await loadTexts(language).catch(() => {});
  define("vigilar-timeline", VigilarTimeline);
  define(TYPE, VigilarTimelineCard);

  const cards = (window.customCards ??= []);
  if (cards.some(({ type }) => type === TYPE)) return;
  const localize = localizer(language);
  /** @type {CustomCard} */
  const card = {
    type: TYPE,
    name: localize("card.name"),
    description: localize("card.description"),
    preview: true,
    documentationURL: "https://github.com/alee/vigilar",
    getEntitySuggestion(hass, entityId) {
      if (hass.entities[entityId]?.platform !== "vigilar") return null;
      const source = knownSources().find(({ entity_id }) => entity_id === entityId);
      const filter = source ? { source_ids: [source.source_id] } : {};
      return { config: { type: `custom:${TYPE}`, ...filter } };
    },
  };
  cards.push(card);
}

register();
