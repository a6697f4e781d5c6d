// @ts-check
/** @import { CardConfig, Localize, Query, Severity, Source } from "./vigilar" */
import { LIST_KEYS, MOST_TEXT, areasOf, normalFilter, zonesOf } from "./filters.js";
import { nameOf } from "./localize.js";

export const DEFAULT_LIMIT = 50;
const MOST_EVENTS = 200;

/** @type {Severity[]} */
export const SEVERITIES = ["info", "warning", "alert", "critical"];

export const TYPES = [
  "motion",
  "person",
  "vehicle",
  "animal",
  "camera_offline",
  "camera_online",
  "camera_tampered",
  "alarm_armed",
  "alarm_disarmed",
  "alarm_triggered",
  "alarm_locked_out",
  "door_opened",
  "window_opened",
  "gate_opened",
  "garage_opened",
  "lock_unlocked",
  "lock_jammed",
  "glass_broken",
  "smoke",
  "carbon_monoxide",
  "gas",
  "water_leak",
  "doorbell",
  "presence",
  "sound",
  "vibration",
  "tamper",
  "panic",
  "problem",
  "sensor_offline",
  "manual",
];

export const VIEWS = ["list", "ribbon", "both"];
export const DENSITIES = ["comfortable", "compact"];
export const SCOPES = ["anyone", "me"];

/**
 * Refuse a card's configuration that cannot be meant.
 *
 * @param {CardConfig} config
 * @param {Localize} localize
 * @throws {Error} Says which key is wrong, and how.
 */
export function checkConfig(config, localize) {
  const { title, limit } = config;
  if (title !== undefined && typeof title !== "string") fail(localize, "config.not_text", { key: "title" });
  /** @type {Partial<Record<import("./filters.js").ListKey, string[]>>} */
  const known = { types: TYPES, severities: SEVERITIES };
  for (const key of LIST_KEYS) checkList(config, key, localize, known[key]);
  checkChoice(config, "view", VIEWS, localize);
  checkChoice(config, "density", DENSITIES, localize);
  checkChoice(config, "review_scope", SCOPES, localize);
  for (const key of /** @type {const} */ (["reviewed", "unreviewed", "show_thumbnails", "show_filters"])) {
    if (config[key] !== undefined && typeof config[key] !== "boolean") fail(localize, "config.not_boolean", { key });
  }
  if (config.text !== undefined && (typeof config.text !== "string" || config.text.length > MOST_TEXT)) {
    fail(localize, "config.not_text", { key: "text" });
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MOST_EVENTS)) {
    fail(localize, "config.not_limit", { most: MOST_EVENTS });
  }
}

/**
 * @param {CardConfig} config
 * @returns {Query} What to ask the server for; empty lists do not restrict.
 */
export function queryOf(config) {
  const filter = config.unreviewed ? { ...config, reviewed: false } : config;
  return { ...normalFilter(filter), limit: config.limit ?? DEFAULT_LIMIT };
}

/**
 * @param {Localize} localize
 * @param {Source[]} sources Those to offer by name; others can be typed in.
 * @returns The form in which Home Assistant edits the card.
 */
export function configForm(localize, sources) {
  /** @param {string} group @param {string[]} values */
  const choices = (group, values) =>
    values.map((value) => ({ value, label: nameOf(localize, group, value) }));
  /** @param {object} select */
  const several = (select) => ({ select: { multiple: true, ...select } });
  /** @param {string} group @param {string[]} values */
  const one = (group, values) => ({ select: { mode: "dropdown", options: choices(`config.${group}`, values) } });
  return {
    schema: [
      { name: "title", selector: { text: {} } },
      {
        name: "source_ids",
        selector: several({
          custom_value: true,
          options: sources.map(({ source_id, name }) => ({ value: source_id, label: name })),
        }),
      },
      {
        name: "area_ids",
        selector: several({ custom_value: true, options: areasOf(sources) }),
      },
      { name: "types", selector: several({ options: choices("type", TYPES) }) },
      { name: "severities", selector: several({ options: choices("severity", SEVERITIES) }) },
      {
        name: "zones",
        selector: several({ custom_value: true, options: zonesOf(sources) }),
      },
      { name: "unreviewed", default: false, selector: { boolean: {} } },
      { name: "review_scope", default: "anyone", selector: one("review_scope", SCOPES) },
      { name: "view", default: "list", selector: one("view", VIEWS) },
      { name: "density", default: "comfortable", selector: one("density", DENSITIES) },
      { name: "show_thumbnails", default: true, selector: { boolean: {} } },
      { name: "show_filters", default: false, selector: { boolean: {} } },
      {
        name: "limit",
        default: DEFAULT_LIMIT,
        selector: { number: { min: 1, max: MOST_EVENTS, mode: "box" } },
      },
    ],
    /** @param {{name: string}} field */
    computeLabel: ({ name }) => localize(`config.${name}`),
    /** @param {{name: string}} field */
    computeHelper: ({ name }) => {
      const key = `config.${name}_help`;
      const text = localize(key);
      return text === key ? undefined : text;
    },
    /** @param {CardConfig} config */
    assertConfig: (config) => checkConfig(config, localize),
  };
}

/**
 * @param {CardConfig} config
 * @param {"view" | "density" | "review_scope"} key
 * @param {string[]} choices
 * @param {Localize} localize
 */
function checkChoice(config, key, choices, localize) {
  const value = config[key];
  if (value === undefined || choices.includes(value)) return;
  fail(localize, "config.not_choice", { key, value: String(value), choices: choices.join(", ") });
}

/**
 * @param {CardConfig} config
 * @param {import("./filters.js").ListKey} key
 * @param {Localize} localize
 * @param {string[]} [choices] The values allowed; any text when missing.
 */
function checkList(config, key, localize, choices) {
  /** @type {unknown} */
  const list = config[key];
  if (list === undefined) return;
  if (!Array.isArray(list) || list.some((value) => typeof value !== "string" || !value)) {
    fail(localize, "config.not_list", { key });
  }
  const stranger = choices && list.find((value) => !choices.includes(value));
  if (stranger) fail(localize, "config.not_choice", { key, value: stranger, choices: choices.join(", ") });
}

/**
 * @param {Localize} localize
 * @param {string} key
 * @param {Record<string, string | number>} values
 * @returns {never}
 */
function fail(localize, key, values) {
  throw new Error(localize(key, values));
}
