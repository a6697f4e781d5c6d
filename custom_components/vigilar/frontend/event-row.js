// @ts-check
/** @import { Blind, Filter, Hass, ListItem, Localize, Severity, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { icon } from "./icons.js";
import { stopsOf, wayText } from "./incidents.js";
import { isLasting } from "./list-items.js";
import { nameOf } from "./localize.js";
import { mediaOf } from "./media.js";
import { html, nothing, repeat } from "./vendor/lit.js";

/** So many of the last stops of an incident are shown as pictures. */
const MOST_PICTURES = 4;

/**
 * @typedef {object} RowContext
 * @property {Hass} hass
 * @property {Localize} localize
 * @property {Formatter} format
 * @property {number} now Unix milliseconds; when not live, the moment it last was.
 * @property {boolean} live Whether what is shown is known to be so now.
 * @property {boolean} open Whether the details show.
 * @property {boolean} tabStop Whether the tab key stops here.
 * @property {boolean} fresh Whether it arrived under the reader's eyes.
 * @property {boolean} leads Whether pressing it leads to the event's own page.
 * @property {boolean} thumbnails
 * @property {boolean | undefined} selected Undefined while nothing is being selected.
 * @property {Filter["review_scope"]} scope Whose review counts.
 */

/**
 * @param {TimelineEvent} event
 * @param {Filter["review_scope"]} scope
 * @param {string | undefined} userId
 * @returns {boolean} Whether somebody who counts has looked at it.
 */
export function isReviewed({ payload }, scope, userId) {
  const reviews = payload.reviews ?? [];
  return scope === "me" ? reviews.some(({ user_id }) => user_id === userId) : reviews.length > 0;
}

/**
 * Draw one event: a button with the gist, what can be done, and its details below when open.
 *
 * What is pressed says so with `data-action`; the list hears it.
 *
 * @param {Extract<ListItem, {kind: "event"}>} item
 * @param {RowContext} context
 */
export function eventRow({ key, event, member }, context) {
  const { localize, live, open, fresh, leads } = context;
  const reviewed = isReviewed(event, context.scope, context.hass.user?.id);
  const lasting = isLasting(event) && live;
  const details = `details-${event.id}`;
  /** @param {string} name @param {boolean} yes */
  const when = (name, yes) => (yes ? name : "");
  return html`<li
    class="item event ${event.severity} ${when("lasting", lasting)} ${when("open", open)} ${when("fresh", fresh)} ${when("member", member)} ${when("reviewed", reviewed)}"
    data-key=${key}
  >
    <div class="line">
      ${checkbox(context)}
      <button
        class="row"
        type="button"
        data-event=${event.id}
        data-action=${leads ? "view" : "details"}
        tabindex=${context.tabStop ? 0 : -1}
        aria-expanded=${leads ? nothing : String(open)}
        aria-controls=${open && !leads ? details : nothing}
      >
        ${picture(event, context)} ${gist(event, reviewed, context)}
        <span class="when">
          <time datetime=${new Date(event.ts).toISOString()}>${context.format.time(event.ts)}</time>
          ${duration(event, context)}
        </span>
      </button>
      ${reviewButton(reviewed, event, context)}
      <button
        class="icon-button chevron"
        type="button"
        data-action="details"
        tabindex=${context.tabStop ? 0 : -1}
        aria-expanded=${String(open)}
        aria-controls=${open ? details : nothing}
        aria-label=${localize("list.details")}
      >
        ${icon("open")}
      </button>
    </div>
    ${open ? html`<dl class="details" id=${details}>${facts(event, context)}</dl>` : nothing}
  </li>`;
}

/**
 * Draw several events as one row, which opens to show them: a camera's story, or an incident.
 *
 * @param {Extract<ListItem, {kind: "fold"}>} item
 * @param {RowContext} context
 */
export function foldRow({ key, lead, events, open, incident }, context) {
  const { localize } = context;
  const reviewed = events.every((event) => isReviewed(event, context.scope, context.hass.user?.id));
  const lasting = context.live && events.some(isLasting);
  /** @param {string} name @param {boolean} yes */
  const when = (name, yes) => (yes ? name : "");
  return html`<li
    class="item fold ${lead.severity} ${when("incident", incident)} ${when("lasting", lasting)} ${when("open", open)} ${when("fresh", context.fresh)} ${when("reviewed", reviewed)}"
    data-key=${key}
  >
    <div class="line">
      ${checkbox(context)}
      <button
        class="row"
        type="button"
        data-events=${events.map(({ id }) => id).join(" ")}
        data-action="fold"
        tabindex=${context.tabStop ? 0 : -1}
        aria-expanded=${String(open)}
      >
        ${picture(lead, context, events.length)}
        ${incident ? incidentGist(lead, events, reviewed, context) : gist(lead, reviewed, context, mixOf(lead, events, localize))}
        <span class="when">${spanOf(events, lasting, context)}</span>
      </button>
      ${reviewButton(reviewed, lead, context)}
      <span class="icon-button chevron" aria-hidden="true">${icon("open")}</span>
    </div>
  </li>`;
}

/**
 * @param {TimelineEvent[]} events Newest first.
 * @param {boolean} lasting
 * @param {RowContext} context
 */
function spanOf(events, lasting, { localize, format }) {
  const newest = /** @type {TimelineEvent} */ (events[0]);
  const oldest = /** @type {TimelineEvent} */ (events.at(-1));
  const end = Math.max(newest.ts, ...events.map(({ payload }) => payload.end_ts ?? 0));
  const [from, to] = [format.time(oldest.ts), format.time(end)];
  const count = localize("list.fold_count", { count: events.length });
  return html`<span class="span"><bdi>${from}</bdi>${from === to || lasting ? nothing : html`–<bdi>${to}</bdi>`}</span>
    <span class="duration"
      >${lasting ? html`<span class="now">${localize("event.now")}</span>` : nothing}<bdi>${count}</bdi></span
    >`;
}

/**
 * What happened where, and a picture of each stop.
 *
 * @param {TimelineEvent} lead
 * @param {TimelineEvent[]} events Newest first.
 * @param {boolean} reviewed
 * @param {RowContext} context
 */
function incidentGist(lead, events, reviewed, { hass, localize, thumbnails }) {
  const stops = thumbnails ? stopsOf(events).slice(-MOST_PICTURES) : [];
  return html`<span class="gist">
    <span class="first">
      <bdi class="type way">${reviewed ? nothing : unreviewedDot(localize)}${wayText(events, localize)}</bdi>
      ${severityPill(lead, localize)}
    </span>
    ${stops.length
      ? html`<span class="stops" aria-hidden="true"
          >${repeat(
            stops,
            ({ id }) => id,
            ({ best }) =>
              html`<vigilar-thumbnail class=${best.severity} .hass=${hass} .event=${best} .localize=${localize}></vigilar-thumbnail>`,
          )}</span
        >`
      : nothing}
  </span>`;
}

/**
 * Say that nobody watched, so that it does not read as "nothing happened".
 *
 * @param {Extract<ListItem, {kind: "blind"}>} item
 * @param {{localize: Localize, format: Formatter, nameOfSource: (id: string) => string}} context
 */
export function blindRow({ key, blind }, context) {
  return html`<li class="item blind" data-key=${key}>
    <span class="hatch" aria-hidden="true"></span>
    <span>${blindText(blind, context)}</span>
  </li>`;
}

/**
 * @param {Blind} blind
 * @param {{localize: Localize, format: Formatter, nameOfSource: (id: string) => string}} context
 * @returns {string} Who was not watched, when, and why.
 */
export function blindText(blind, { localize, format, nameOfSource }) {
  const { start, end, source_id: source } = blind;
  const otherDay = end !== null && format.dayKey(start) !== format.dayKey(end);
  /** @param {number} ts */
  const moment = (ts) => (otherDay ? `${format.shortDay(ts)} ${format.time(ts)}` : format.time(ts));
  const since = moment(start);
  const until = end === null ? undefined : moment(end);
  const time =
    until === undefined
      ? localize("list.since", { start: since })
      : since === until
        ? since
        : localize("list.span", { start: since, end: until });
  const reason = nameOf(localize, "list.blind_reason", blind.reason);
  return source === null
    ? localize("list.blind_all", { time, reason })
    : localize("list.blind_one", { name: nameOfSource(source), time, reason });
}

/** @param {RowContext} context */
function checkbox({ selected, localize }) {
  if (selected === undefined) return nothing;
  return html`<label class="check"
    ><input type="checkbox" data-action="select" .checked=${selected} aria-label=${localize("review.select_one")}
  /></label>`;
}

/**
 * @param {TimelineEvent} event
 * @param {RowContext} context
 * @param {number} [count] Of how many events it is the picture.
 */
function picture(event, { hass, localize, thumbnails }, count = 1) {
  const stack = count > 1 ? html`<span class="count" aria-hidden="true">${count}</span>` : nothing;
  if (!thumbnails) return html`<span class="mark">${icon(event.type)}${stack}</span>`;
  // Without a picture the thumbnail shows the type itself.
  const mark = mediaOf(event, "thumbnail")?.state === "ready" ? html`<span class="mark">${icon(event.type)}</span>` : nothing;
  return html`<span class="picture ${count > 1 ? "stack" : ""}">
    <vigilar-thumbnail .hass=${hass} .event=${event} .localize=${localize}></vigilar-thumbnail>
    ${mark}${stack}
  </span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {boolean} reviewed
 * @param {RowContext} context
 * @param {string} [title]
 */
function gist(event, reviewed, { localize, format }, title) {
  const { payload } = event;
  const score = payload.labels.find(({ label }) => label === event.type)?.score;
  const others = payload.labels.filter(({ label }) => label !== event.type);
  return html`<span class="gist">
    <span class="first">
      ${reviewed ? nothing : unreviewedDot(localize)}
      <span class="type">${title ?? nameOf(localize, "type", event.type)}</span>
      ${score === undefined || title ? nothing : html`<span class="score">${format.percent(score)}</span>`}
      ${severityPill(event, localize)}
      ${marks(event, localize)}
    </span>
    <span class="second">
      <bdi class="name">${payload.name || event.source_id}</bdi>
      ${payload.zones.length ? zoneTrail(payload.zones) : nothing}
      ${others.slice(0, 3).map(({ label, score: sure }) => html`<span class="label">${labelText(label, sure, localize, format)}</span>`)}
    </span>
  </span>`;
}

/** @param {Localize} localize */
function unreviewedDot(localize) {
  return html`<span class="unreviewed"><span class="unseen-text">${localize("review.open")}</span></span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {Localize} localize
 */
function severityPill({ severity }, localize) {
  return html`<span class="severity ${severity === "info" ? "unseen" : ""}">${nameOf(localize, "severity", severity)}</span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {Localize} localize
 */
function marks({ payload }, localize) {
  /** @param {string} name @param {string} text */
  const mark = (name, text) => html`<span class="tag" title=${text}>${icon(name)}<span class="unseen-text">${text}</span></span>`;
  return [
    payload.test ? html`<span class="label">${localize("list.test")}</span>` : nothing,
    payload.protected ? mark("protected", localize("list.protected")) : nothing,
    payload.note ? mark("note", localize("list.note")) : nothing,
    payload.feedback?.verdict === "false_alarm" ? mark("false_alarm", localize("list.false_alarm")) : nothing,
  ];
}

/**
 * @param {boolean} reviewed
 * @param {TimelineEvent} event
 * @param {RowContext} context
 */
function reviewButton(reviewed, event, { localize, tabStop }) {
  const by = event.payload.reviews?.map((review) => review.by).join(", ");
  const text = reviewed ? localize("review.by", { names: by ?? "" }) : localize("review.mark");
  return html`<button
    class="icon-button review"
    type="button"
    data-action="review"
    tabindex=${tabStop ? 0 : -1}
    aria-pressed=${String(reviewed)}
    aria-label=${text}
    title=${text}
  >
    ${icon(reviewed ? "reviewed" : "review")}
  </button>`;
}

/** @param {string[]} zones */
function zoneTrail(zones) {
  return html`<span class="zones"><i aria-hidden="true">·</i><bdi>${zones.join(" › ")}</bdi></span>`;
}

/**
 * @param {TimelineEvent} event
 * @param {RowContext} context
 */
function duration(event, { localize, format, now, live }) {
  if (isLasting(event)) {
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
 * @param {TimelineEvent} lead
 * @param {TimelineEvent[]} events
 * @param {Localize} localize
 * @returns {string} The types among them, each once, that of the lead first.
 */
function mixOf(lead, events, localize) {
  const types = new Set([lead, ...events].map(({ type }) => type));
  return [...types].map((type) => nameOf(localize, "type", type)).join(", ");
}

/**
 * @param {string} label
 * @param {number} score
 * @param {Localize} localize
 * @param {Formatter} format
 */
function labelText(label, score, localize, format) {
  return localize("event.label", { label: nameOf(localize, "type", label), score: format.percent(score) });
}

/**
 * @param {TimelineEvent} event
 * @param {RowContext} context
 */
function facts(event, { localize, format, live }) {
  const { end_ts: end, labels, why, zones, note, reviews = [] } = event.payload;
  /** @param {string} key @param {string} text */
  const fact = (key, text) =>
    text ? html`<dt>${localize(`event.${key}`)}</dt><dd><bdi>${text}</bdi></dd>` : nothing;
  const recognised = labels.map(({ label, score }) => labelText(label, score, localize, format));
  let ended = "";
  if (isLasting(event) && live) ended = localize("event.lasting");
  else if (end !== null && end > event.ts) ended = format.exact(end);
  return [
    fact("why", why),
    fact("labels", recognised.join(", ")),
    fact("zones", zones.join(" › ")),
    fact("severity", nameOf(localize, "severity", /** @type {Severity} */ (event.severity))),
    fact("began", format.exact(event.ts)),
    fact("ended", ended),
    fact("note", note?.text ?? ""),
    fact("reviewed", reviews.map(({ by }) => by).join(", ")),
  ];
}
