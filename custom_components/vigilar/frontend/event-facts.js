// @ts-check
/** @import { Localize, Payload, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { icon } from "./icons.js";
import { isLasting } from "./list-items.js";
import { nameOf } from "./localize.js";
import { html, nothing } from "./vendor/lit.js";

/** In the order in which they happen; what newer servers invent comes behind. */
const STAGES = ["decode", "motion", "confirm", "inference", "classify", "held", "handoff"];

/** A stage that took less than this is not worth a line. */
const WORTH_MS = 0.05;

/**
 * @typedef {object} FactContext
 * @property {Localize} localize
 * @property {Formatter} format
 * @property {number} now Unix milliseconds.
 */

/**
 * When, where and what: the facts of an event in a list.
 *
 * @param {TimelineEvent} event
 * @param {FactContext} context
 */
export function factList(event, { localize, format, now }) {
  const { end_ts: end, zones } = event.payload;
  /** @param {string} key @param {unknown} value */
  const fact = (key, value) => (value ? html`<dt>${localize(`event.${key}`)}</dt><dd>${value}</dd>` : nothing);
  const lasting = isLasting(event);
  const ended = lasting ? localize("event.lasting") : end !== null && end > event.ts && format.exact(end);
  const duration = (lasting || (end !== null && end > event.ts)) && format.duration((end ?? now) - event.ts);
  return html`<dl>
    ${fact("began", format.exact(event.ts))} ${fact("ended", ended)}
    ${duration ? html`<dt>${localize("view.duration")}</dt><dd>${duration}</dd>` : nothing}
    ${fact("zones", zones.length ? html`<bdi>${zones.join(" › ")}</bdi>` : "")}
    ${fact("severity", nameOf(localize, "severity", event.severity))}
  </dl>`;
}

/**
 * What was recognised, and how surely.
 *
 * @param {Payload["labels"]} labels
 * @param {FactContext} context
 */
export function labelMeters(labels, { localize, format }) {
  return html`<ul class="labels">
    ${labels.map(
      ({ label, score }) => html`<li>
        <bdi>${nameOf(localize, "type", label)}</bdi>
        <span class="meter"><i style="inline-size:${Math.round(100 * score)}%"></i></span>
        <span class="figure">${format.percent(score)}</span>
      </li>`,
    )}
  </ul>`;
}

/**
 * What people have said of it: that they have seen it, and what it really was.
 *
 * @param {TimelineEvent} event
 * @param {FactContext} context
 */
export function saidOf(event, { localize, format }) {
  const { feedback, reviews = [] } = event.payload;
  const last = reviews.at(-1);
  return [
    last
      ? html`<div class="said good">
          ${icon("reviewed")}<span title=${format.exact(last.ts)}
            >${localize("view.reviewed_by", { by: reviews.map(({ by }) => by).join(", ") })}</span
          >
        </div>`
      : nothing,
    feedback
      ? html`<div class="said">
          ${icon(feedback.verdict === "false_alarm" ? "false_alarm" : "verdict")}<span
            >${localize("view.said", { by: feedback.by, verdict: localize(`view.was_${feedback.verdict}`) })}</span
          >
        </div>`
      : nothing,
  ];
}

/**
 * How long each stage took, in words.
 *
 * @param {Record<string, number>} latency Milliseconds.
 * @param {FactContext} context
 */
export function latencyList(latency, { localize, format }) {
  const rank = (/** @type {string} */ stage) => (STAGES.indexOf(stage) + STAGES.length + 1) % (STAGES.length + 1);
  const stages = Object.entries(latency)
    .filter(([, ms]) => ms >= WORTH_MS)
    .sort(([a], [b]) => rank(a) - rank(b));
  return html`<dl class="stages">
    ${stages.map(
      ([stage, ms]) => html`<dt>${nameOf(localize, "view", `stage_${stage}`)}</dt><dd>${format.brief(ms)}</dd>`,
    )}
  </dl>`;
}

/**
 * @param {Pick<TimelineEvent, "ts">} event
 * @param {FactContext} context
 * @returns {string} The day and time at which it began.
 */
export function whenOf({ ts }, { localize, format, now }) {
  const name = format.dayName(ts, now);
  return `${name ? localize(`day.${name}`) : format.day(ts, now)}, ${format.time(ts)}`;
}
