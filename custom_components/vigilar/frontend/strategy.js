// @ts-check
/** @import { Hass, Localize, Source } from "./vigilar" */
/** @import { StrategyConfig, ViewStrategyConfig } from "./cards" */
import { problemOf } from "./camera-entities.js";
import { loadTexts, localizer } from "./localize.js";
import { fetchSources } from "./sources.js";

const VIEWS = ["timeline", "cameras"];

/** Rows of Home Assistant's grid that fill a screen of a tablet. */
const TIMELINE_ROWS = 11;

/**
 * Make a whole dashboard of what Vigilar watches.
 *
 * @param {StrategyConfig} config
 * @param {Hass} hass
 * @returns {Promise<object>} A dashboard's configuration.
 * @throws {Error} Says which key of the configuration is wrong.
 */
export async function dashboardConfig(config, hass) {
  const localize = await textsOf(hass);
  checkStrategy(config, localize);
  const sources = await shownSources(config, hass);
  /** @type {object[]} */
  const views = [timelineView(hass, sources, localize)];
  if (sources.length) views.push(camerasView(hass, sources, localize));
  return { title: localize("strategy.title"), views };
}

/**
 * Make one of the dashboard's views.
 *
 * @param {ViewStrategyConfig} config
 * @param {Hass} hass
 * @returns {Promise<object>} A view's configuration.
 * @throws {Error} Says which key of the configuration is wrong.
 */
export async function viewConfig(config, hass) {
  const localize = await textsOf(hass);
  checkStrategy(config, localize);
  const { view = "cameras" } = config;
  if (!VIEWS.includes(view)) {
    throw new Error(localize("config.not_choice", { key: "view", value: view, choices: VIEWS.join(", ") }));
  }
  const sources = await shownSources(config, hass);
  // Without a camera it is the timeline that leads to the first one.
  return view === "cameras" && sources.length
    ? camerasView(hass, sources, localize)
    : timelineView(hass, sources, localize);
}

/**
 * @param {Hass} hass
 * @returns {Promise<{title: string, icon: string}>} What to call a new dashboard.
 */
export async function suggestion(hass) {
  const localize = await textsOf(hass);
  return { title: localize("strategy.title"), icon: "mdi:cctv" };
}

/** @param {Hass} hass */
async function textsOf(hass) {
  await loadTexts(hass.language).catch(() => {});
  return localizer(hass.language);
}

/**
 * @param {StrategyConfig} config
 * @param {Localize} localize
 */
function checkStrategy({ cameras = {} }, localize) {
  for (const key of /** @type {const} */ (["order", "hidden"])) {
    /** @type {unknown} */
    const list = cameras?.[key];
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.some((id) => typeof id !== "string")) {
      throw new Error(localize("config.not_list", { key: `cameras.${key}` }));
    }
  }
}

/**
 * @param {StrategyConfig} config
 * @param {Hass} hass
 * @returns {Promise<Source[]>} Those that are not hidden: first those with a
 *   place of their own, the others by area and name, those without area last.
 */
async function shownSources({ cameras }, hass) {
  const sources = (await fetchSources(hass.connection)) ?? [];
  const { order = [], hidden = [] } = cameras ?? {};
  const { compare } = new Intl.Collator(hass.language);
  /** @param {Source} source */
  const place = ({ source_id }) => (order.includes(source_id) ? order.indexOf(source_id) : order.length);
  return sources
    .filter(({ source_id }) => !hidden.includes(source_id))
    .sort(
      (a, b) =>
        place(a) - place(b) ||
        Number(!a.area) - Number(!b.area) ||
        compare(a.area ?? "", b.area ?? "") ||
        compare(a.name, b.name),
    );
}

/**
 * @param {Hass} hass
 * @param {Source[]} sources
 * @param {Localize} localize
 */
function timelineView(hass, sources, localize) {
  const card = {
    type: "custom:vigilar-timeline-card",
    ...(sources.length ? { view: "both" } : {}),
    grid_options: { columns: "full", rows: TIMELINE_ROWS },
  };
  return {
    title: localize("strategy.timeline"),
    path: "timeline",
    icon: "mdi:timeline-clock-outline",
    type: "sections",
    max_columns: 2,
    badges: badges(hass, sources),
    sections: [{ type: "grid", column_span: 2, cards: [card] }],
  };
}

/**
 * @param {Hass} hass
 * @param {Source[]} sources
 * @param {Localize} localize
 */
function camerasView(hass, sources, localize) {
  const areas = sources.some(({ area }) => area);
  return {
    title: localize("strategy.cameras"),
    path: "cameras",
    icon: "mdi:cctv",
    type: "sections",
    max_columns: 4,
    dense_section_placement: true,
    badges: badges(hass, sources),
    sections: sources.map(({ source_id, area }) => {
      const card = { type: "custom:vigilar-camera-card", source_id };
      const heading = {
        type: "heading",
        heading: area ?? localize("strategy.no_area"),
        heading_style: "subtitle",
      };
      return { type: "grid", cards: areas ? [heading, card] : [card] };
    }),
  };
}

/**
 * What is unreviewed, and every camera that needs somebody, while it does.
 *
 * @param {Hass} hass
 * @param {Source[]} sources
 */
function badges(hass, sources) {
  const unreviewed = Object.keys(hass.entities).filter(
    (id) => hass.entities[id]?.platform === "vigilar" && hass.entities[id]?.translation_key === "unreviewed",
  );
  const problems = sources.flatMap((source) => problemOf(hass, source)?.entity_id ?? []);
  return [
    ...unreviewed.map((entity) => ({ type: "entity", entity, show_name: true })),
    ...problems.map((entity) => ({
      type: "entity",
      entity,
      show_name: true,
      color: "red",
      visibility: [{ condition: "state", entity, state: "on" }],
    })),
  ];
}
