// @ts-check
/** @import { CardConfig, Localize, Query, Severity, Source } from "./vigilar" */
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
];

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
  checkList(config, "source_ids", localize);
  checkList(config, "types", localize, TYPES);
  checkList(config, "severities", localize, SEVERITIES);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MOST_EVENTS)) {
    fail(localize, "config.not_limit", { most: MOST_EVENTS });
  }
}

/**
 * @param {CardConfig} config
 * @returns {Query} What to ask the server for; empty lists do not restrict.
 */
export function queryOf(config) {
  /** @type {Query} */
  const query = { limit: config.limit ?? DEFAULT_LIMIT };
  if (config.source_ids?.length) query.source_ids = config.source_ids;
  if (config.types?.length) query.types = config.types;
  if (config.severities?.length) query.severities = config.severities;
  return query;
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
      { name: "types", selector: several({ options: choices("type", TYPES) }) },
      { name: "severities", selector: several({ options: choices("severity", SEVERITIES) }) },
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
 * @param {"source_ids" | "types" | "severities"} key
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
