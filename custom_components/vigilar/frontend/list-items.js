// @ts-check
/** @import { Blind, ListItem, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { incidentsOf, leadOf } from "./incidents.js";

/** Events of one camera with no more than this between them are one story. */
export const FOLD_GAP_MS = 2 * 60_000;

/** @typedef {Extract<ListItem, {kind: "fold"}>} Fold */

/**
 * @param {TimelineEvent} event
 * @returns {boolean} Whether it still goes on.
 */
export function isLasting(event) {
  return event.payload.end_ts === null && event.payload.phase !== "ended";
}

/**
 * Set events and blind periods out as the rows of a list.
 *
 * @param {object} given
 * @param {readonly TimelineEvent[]} given.events Newest first.
 * @param {readonly Blind[]} given.blind Of the time that the events cover.
 * @param {ReadonlySet<string>} given.openFolds Keys of the folds that show their events.
 * @param {Pick<Formatter, "dayKey" | "hourKey">} given.format
 * @returns {ListItem[]} From top to bottom.
 */
export function listItems({ events, blind, openFolds, format }) {
  const periods = [...blind].sort((a, b) => b.start - a.start);
  /** @type {ListItem[]} */
  const items = [];
  let day = "";
  let hour = "";
  /** @param {number} ts */
  const head = (ts) => {
    const ofDay = format.dayKey(ts);
    const ofHour = format.hourKey(ts);
    if (ofDay !== day) items.push({ kind: "day", key: `day ${ofDay}`, ts, day: ofDay });
    if (ofHour !== hour) items.push({ kind: "hour", key: `hour ${ofHour}`, ts });
    day = ofDay;
    hour = ofHour;
  };
  let next = 0;
  /** @param {number} ts */
  const blindDownTo = (ts) => {
    for (let period = periods[next]; period && period.start > ts; period = periods[++next]) {
      head(period.start);
      items.push({ kind: "blind", key: `blind ${period.id}`, ts: period.start, blind: period });
    }
  };
  const incidents = incidentsOf(events);
  // An incident stands where its newest event does, whatever else happened meanwhile.
  const heads = events.filter((event) => (partsOf(incidents, event) ?? [event])[0] === event);
  for (let index = 0; index < heads.length; ) {
    const first = /** @type {TimelineEvent} */ (heads[index]);
    blindDownTo(first.ts);
    head(first.ts);
    const parts = partsOf(incidents, first);
    const end = parts ? index + 1 : foldEnd(heads, index, periods[next], format, incidents);
    pushStory(items, parts ?? heads.slice(index, end), openFolds, Boolean(parts));
    index = end;
  }
  blindDownTo(-Infinity);
  return items;
}

/**
 * @param {ListItem} item
 * @returns {readonly TimelineEvent[]} The events that the row stands for.
 */
export function eventsOf(item) {
  if (item.kind === "event") return [item.event];
  return item.kind === "fold" ? item.events : [];
}

/**
 * @param {ReadonlyMap<string, TimelineEvent[]>} incidents
 * @param {TimelineEvent} event
 * @returns {TimelineEvent[] | undefined} All of its incident, if it is one.
 */
function partsOf(incidents, { payload }) {
  return payload.incident_id === undefined ? undefined : incidents.get(payload.incident_id);
}

/**
 * @param {ListItem[]} items
 * @param {TimelineEvent[]} events
 * @param {ReadonlySet<string>} openFolds
 * @param {boolean} incident
 */
function pushStory(items, events, openFolds, incident) {
  const [newest] = /** @type {[TimelineEvent, ...TimelineEvent[]]} */ (events);
  let member = false;
  if (events.length > 1) {
    // Named after its first event, so that it stays itself while it grows.
    const key = incident ? `incident ${newest.payload.incident_id}` : `fold ${events.at(-1)?.id}`;
    const open = openFolds.has(key);
    items.push({ kind: "fold", key, ts: newest.ts, lead: leadOf(events), events, open, incident });
    if (!open) return;
    member = true;
  }
  for (const event of events) items.push({ kind: "event", key: event.id, ts: event.ts, event, member });
}

/**
 * @param {readonly TimelineEvent[]} events
 * @param {number} start
 * @param {Blind | undefined} period The next blind one further down.
 * @param {Pick<Formatter, "hourKey">} format
 * @param {ReadonlyMap<string, TimelineEvent[]>} incidents
 * @returns {number} The index after the last event of the story that begins there.
 */
function foldEnd(events, start, period, format, incidents) {
  const first = /** @type {TimelineEvent} */ (events[start]);
  let end = start + 1;
  if (!foldable(first)) return end;
  for (let newer = first; ; end += 1) {
    const older = events[end];
    const together =
      older &&
      foldable(older) &&
      !partsOf(incidents, older) &&
      older.source_id === first.source_id &&
      newer.ts - (older.payload.end_ts ?? older.ts) <= FOLD_GAP_MS &&
      format.hourKey(older.ts) === format.hourKey(first.ts) &&
      !(period && period.start > older.ts);
    if (!together) return end;
    newer = older;
  }
}

/**
 * What a camera says of itself, and what goes on now, is told by itself.
 *
 * @param {TimelineEvent} event
 */
function foldable(event) {
  return !event.type.startsWith("camera_") && !isLasting(event);
}
