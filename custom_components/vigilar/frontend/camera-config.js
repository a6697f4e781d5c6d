// @ts-check
/** @import { Localize, Source } from "./vigilar" */
/** @import { CameraCardConfig } from "./cards" */

export const DEFAULT_EVENTS = 5;
const MOST_EVENTS = 20;

/** In a form choices are texts; `true` and `false` mean the same as the last two. */
const LIVE = ["auto", "always", "never"];

/**
 * @param {string | undefined} text For example "16:9", "16x9", "50%" (of the width) or "1.78".
 * @returns {number | undefined} Width by height; undefined when it is no ratio.
 */
export function parseRatio(text) {
  const [, first = "", sign = "", second = ""] = /^\s*([\d.]+)\s*(?:([:x/%])\s*([\d.]*))?\s*$/.exec(text ?? "") ?? [];
  const ratio = sign === "%" ? 100 / Number(first) : Number(first) / Number(sign ? second : 1);
  return first && Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

/**
 * Refuse a card's configuration that cannot be meant.
 *
 * @param {CameraCardConfig} config
 * @param {Localize} localize
 * @throws {Error} Says which key is wrong, and how.
 */
export function checkCameraConfig(config, localize) {
  /** @param {string} key @param {Record<string, string | number>} values */
  const fail = (key, values) => {
    throw new Error(localize(key, values));
  };
  const texts = /** @type {const} */ (["source_id", "camera", "title", "aspect_ratio"]);
  for (const key of texts) {
    if (config[key] !== undefined && typeof config[key] !== "string") fail("config.not_text", { key });
  }
  const { source_id, camera, events, boxes, live, aspect_ratio } = config;
  if (source_id && camera) fail("camera_card.not_both", {});
  if (events !== undefined && !(Number.isInteger(events) && events >= 0 && events <= MOST_EVENTS)) {
    fail("camera_card.not_events", { most: MOST_EVENTS });
  }
  if (boxes !== undefined && typeof boxes !== "boolean") fail("camera_card.not_boolean", { key: "boxes" });
  if (live !== undefined && typeof live !== "boolean" && !LIVE.includes(live)) {
    fail("config.not_choice", { key: "live", value: live, choices: [...LIVE, true, false].join(", ") });
  }
  if (aspect_ratio && !parseRatio(aspect_ratio)) fail("camera_card.not_ratio", {});
}

/**
 * @param {Localize} localize
 * @param {Source[]} sources Those to offer by name; others can be typed in.
 * @returns The form in which Home Assistant edits the card.
 */
export function cameraConfigForm(localize, sources) {
  const options = sources.map(({ source_id, name }) => ({ value: source_id, label: name }));
  const live = LIVE.map((value) => ({ value, label: localize(`editor.live_${value}`) }));
  return {
    schema: [
      { name: "source_id", selector: { select: { custom_value: true, mode: "dropdown", options } } },
      { name: "title", selector: { text: {} } },
      {
        name: "events",
        default: DEFAULT_EVENTS,
        selector: { number: { min: 0, max: MOST_EVENTS, mode: "slider" } },
      },
      { name: "live", default: "auto", selector: { select: { mode: "dropdown", options: live } } },
      { name: "boxes", selector: { boolean: {} } },
      { name: "aspect_ratio", selector: { text: {} } },
    ],
    /** @param {{name: string}} field */
    computeLabel: ({ name }) => localize(`editor.${name}`),
    /** @param {{name: string}} field */
    computeHelper: ({ name }) => {
      const key = `editor.${name}_help`;
      const text = localize(key);
      return text === key ? undefined : text;
    },
    /** @param {CameraCardConfig} config */
    assertConfig: (config) => checkCameraConfig(config, localize),
  };
}
