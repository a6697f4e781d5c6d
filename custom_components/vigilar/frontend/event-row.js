// @ts-check
/** @import { Localize, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { html, nothing } from "./vendor/lit.js";

/**
 * @typedef {object} RowContext
 * @property {Localize} localize
 * @property {Formatter} format
 * @property {number} now Unix milliseconds; when not live, the moment it last was.
 * @property {boolean} live Whether what is shown is known to be so now.
 * @property {boolean} open Whether the details show.
 * @property {boolean} tabStop Whether the tab key stops here.
 * @property {boolean} fresh Whether it arrived under the reader's eyes.
 * @property {() => void} toggle
 */

/**
 * @param {TimelineEvent} event
 * @returns {boolean} Whether it still goes on.
 */
export function isLasting(event) {
  return event.payload.end_ts === null && event.payload.phase !== "ended";
}

/**
 * Draw one event: a button with the gist, and its details below when open.
 *
 * @param {TimelineEvent} event
 * @param {RowContext} context
 */
export function eventRow(event, context) {
  const { localize, format, live, open, tabStop, fresh, toggle } = context;
  const { id, payload } = event;
  const lasting = isLasting(event);
  const severity = nameOf(localize, "severity", event.severity);
  const details = `details-${id}`;
  return html`<li
    class="event ${event.severity} ${lasting && live ? "lasting" : ""} ${open ? "open" : ""} ${fresh ? "fresh" : ""}"
  >
    <button
      class="row"
      type="button"
      data-event=${id}
      tabindex=${tabStop ? 0 : -1}
      aria-expanded=${open ? "true" : "false"}
      aria-controls=${open ? details : nothing}
      @click=${toggle}
    >
      <span class="mark">${icon(event.type)}</span>
      <span class="gist">
        <span class="first">
          <span class="type">${nameOf(localize, "type", event.type)}</span>
          <span class="severity ${event.severity === "info" ? "unseen" : ""}">${severity}</span>
        </span>
        <span class="second">
          <bdi class="name">${payload.name || event.source_id}</bdi>
          ${payload.zones.length ? zoneTrail(payload.zones) : nothing}
        </span>
      </span>
      <span class="when">
        <time datetime=${new Date(event.ts).toISOString()}>${format.time(event.ts)}</time>
        ${duration(event, lasting, context)}
      </span>
      <span class="chevron">${icon("open")}</span>
    </button>
    ${open ? html`<dl class="details" id=${details}>${facts(event, lasting, context)}</dl>` : nothing}
  </li>`;
}

/** @param {string[]} zones */
function zoneTrail(zones) {
  return html`<span class="zones"><i aria-hidden="true">·</i><bdi>${zones.join(" › ")}</bdi></span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {boolean} lasting
 * @param {RowContext} context
 */
function duration(event, lasting, { localize, format, now, live }) {
  if (lasting) {
    return html`<span class="duration"
      >${live ? html`<span class="now">${localize("event.now")}</span>` : nothing}<bdi
        >${format.duration(now - event.ts)}</bdi
      ></span
    >`;
  }
  const end = event.payload.end_ts;
  // An event without an extent is a moment, not a second.
  if (end === null || end <= event.ts) return nothing;
  return html`<span class="duration"><bdi>${format.duration(end - event.ts)}</bdi></span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {boolean} lasting
 * @param {RowContext} context
 */
function facts(event, lasting, { localize, format, live }) {
  const { end_ts: end, labels, why, zones } = event.payload;
  /** @param {string} key @param {string} text */
  const fact = (key, text) =>
    text ? html`<dt>${localize(`event.${key}`)}</dt><dd><bdi>${text}</bdi></dd>` : nothing;
  const recognised = labels.map(({ label, score }) =>
    localize("event.label", { label: nameOf(localize, "type", label), score: format.percent(score) }),
  );
  let ended = "";
  if (lasting && live) ended = localize("event.lasting");
  else if (end !== null && end > event.ts) ended = format.exact(end);
  return [
    fact("why", why),
    fact("labels", recognised.join(", ")),
    fact("zones", zones.join(" › ")),
    fact("severity", nameOf(localize, "severity", event.severity)),
    fact("began", format.exact(event.ts)),
    fact("ended", ended),
  ];
}
