// @ts-check
import { DOCUMENTATION, homeAssistant, listCard, pageTexts } from "./registration.js";

const TYPE = "vigilar-camera-card";

/** Register the card, once Home Assistant is there. */
async function register() {
  await homeAssistant();
  const [
    { define },
    { VigilarCameraCard },
    { VigilarCameraStill },
    { VigilarLivePlayer },
    { VigilarTimeline, knownSources },
    { sourceOf },
    { camerasOf },
    localize,
  ] = await Promise.all([
    import("./define.js"),
    import("./camera-card.js"),
    import("./camera-still.js"),
    import("./live-player.js"),
    import("./timeline-element.js"),
    import("./sources.js"),
    import("./filters.js"),
    pageTexts(),
  ]);
  define("vigilar-timeline", VigilarTimeline);
  define("vigilar-camera-still", VigilarCameraStill);
  define("vigilar-live-player", VigilarLivePlayer);
  define(TYPE, VigilarCameraCard);

  listCard({
    type: TYPE,
    name: localize("camera_card.name"),
    description: localize("camera_card.description"),
    preview: true,
    documentationURL: DOCUMENTATION,
    getEntitySuggestion(hass, entityId) {
      const device = hass.entities[entityId]?.platform === "vigilar" && hass.entities[entityId]?.device_id;
      const sources = camerasOf(knownSources());
      const source =
        sourceOf(sources, { camera: entityId }) ?? sources.find(({ device_id }) => device && device_id === device);
      return source ? { config: { type: `custom:${TYPE}`, source_id: source.source_id } } : null;
    },
  });
}

register();
