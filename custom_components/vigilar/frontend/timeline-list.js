// @ts-check
/** @import { Filter, Hass, ListItem, Localize, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
/** @import { ListView } from "./list-view.js" */
import { blindRow, eventRow, foldRow } from "./event-row.js";
import { icon } from "./icons.js";
import { eventsOf, isLasting } from "./list-items.js";
import { guard, html, nothing, repeat } from "./vendor/lit.js";

const SECOND_MS = 1000;

/** What the head of a day takes up until it has been seen, in pixels. */
const HEAD_PX = 40;

/**
 * @typedef {object} ListContext
 * @property {Hass} hass
 * @property {Localize} localize
 * @property {Formatter} format
 * @property {number} now Unix milliseconds.
 * @property {number} liveAt The last moment at which what is shown was known to be so.
 * @property {boolean} live
 * @property {ReadonlySet<string>} open Events whose details show.
 * @property {ReadonlySet<string>} fresh Events that arrived under the reader's eyes.
 * @property {ReadonlyMap<string, TimelineEvent> | undefined} selected
 * @property {boolean} leads
 * @property {boolean} thumbnails
 * @property {Filter["review_scope"]} scope
 * @property {boolean} reviews Whether whole days can be marked.
 * @property {(id: string) => string} nameOfSource
 */

/** @typedef {{key: string, day: ListItem & {kind: "day"}, items: ListItem[]}} Section */

/**
 * Draw what of a list is in sight, by day.
 *
 * @param {ListView} view
 * @param {ListContext} context
 */
export function timelineList(view, context) {
  const sections = sectionsOf(view);
  const headIsAbove = view.items[view.first]?.kind !== "day";
  return html`<div class="list" role="group" aria-label=${context.localize("list.label")}>
    <div class="spacer" style=${`block-size:${view.before(headIsAbove ? view.headHeight || HEAD_PX : 0)}px`}></div>
    ${repeat(
      sections,
      ({ key }) => key,
      (section) => daySection(section, view, context),
    )}
    <div class="spacer" style=${`block-size:${view.after}px`}></div>
  </div>`;
}

/**
 * @param {ListView} view
 * @returns {Section[]} The drawn rows under the head of their day, also where that is not in sight itself.
 */
function sectionsOf({ items, first, end }) {
  /** @type {Section[]} */
  const sections = [];
  for (let index = first; index < end; index += 1) {
    const item = /** @type {ListItem} */ (items[index]);
    if (item.kind === "day") sections.push({ key: item.key, day: item, items: [] });
    else {
      if (!sections.length) sections.push(dayAbove(items, index));
      /** @type {Section} */ (sections.at(-1)).items.push(item);
    }
  }
  return sections;
}

/**
 * @param {ListItem[]} items
 * @param {number} index
 * @returns {Section}
 */
function dayAbove(items, index) {
  const day = items.slice(0, index).findLast((item) => item.kind === "day");
  return { key: /** @type {ListItem} */ (day).key, day: /** @type {ListItem & {kind: "day"}} */ (day), items: [] };
}

/**
 * @param {Section} section
 * @param {ListView} view
 * @param {ListContext} context
 */
function daySection({ key, day, items }, view, context) {
  const { format, localize, now } = context;
  const name = format.dayName(day.ts, now);
  const label = localize("review.mark_day");
  return html`<section class="day" data-day=${day.day}>
    <div class="day-head" data-key=${key}>
      <h3>${name ? localize(`day.${name}`) : format.day(day.ts, now)}</h3>
      ${context.reviews
        ? html`<button class="icon-button" type="button" data-action="day" aria-label=${label} title=${label}>
            ${icon("all_reviewed")}
          </button>`
        : nothing}
    </div>
    <ol>
      ${repeat(
        items,
        (item) => item.key,
        (item) => row(item, item.key === view.tabStop, context),
      )}
    </ol>
  </section>`;
}

/**
 * @param {ListItem} item
 * @param {boolean} tabStop
 * @param {ListContext} context
 */
function row(item, tabStop, context) {
  const { localize, format, live, liveAt, selected, thumbnails, leads, scope, hass } = context;
  if (item.kind === "day") return nothing;
  if (item.kind === "hour") {
    return html`<li class="hour" data-key=${item.key}><span>${format.time(format.hourStart(item.ts))}</span></li>`;
  }
  if (item.kind === "blind") return blindRow(item, context);
  const events = eventsOf(item);
  const open = item.kind === "fold" ? item.open : context.open.has(item.key);
  const fresh = events.some(({ id }) => context.fresh.has(id));
  const chosen = selected && events.every(({ id }) => selected.has(id));
  const second = events.some(isLasting) ? Math.floor(liveAt / SECOND_MS) : 0;
  const member = item.kind === "event" && item.member;
  const given = {
    hass, localize, format, now: liveAt, live, open, tabStop, fresh, leads, thumbnails, selected: chosen, scope,
  };
  return guard(
    [...events, member, tabStop, open, fresh, live, second, chosen, localize, format, thumbnails, leads, scope],
    () => (item.kind === "fold" ? foldRow(item, given) : eventRow(item, given)),
  );
}
