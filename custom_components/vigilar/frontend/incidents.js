// @ts-check
/** @import { Localize, Severity, TimelineEvent } from "./vigilar" */
import { SEVERITIES } from "./config.js";
import { nameOf } from "./localize.js";

/** So many stops of a way a title has room for. */
const MOST_STOPS = 5;

/** @typedef {{id: string, events: TimelineEvent[], best: TimelineEvent}} Stop */

/**
 * Find the incidents that several sources have seen; what one camera sees by itself is a story.
 *
 * @param {readonly TimelineEvent[]} events
 * @returns {Map<string, TimelineEvent[]>} By the incident's id, in the order given.
 */
export function incidentsOf(events) {
  /** @type {Map<string, TimelineEvent[]>} */
  const found = new Map();
  for (const event of events) {
    const id = event.payload.incident_id;
    if (id === undefined) continue;
    const parts = found.get(id);
    if (parts) parts.push(event);
    else found.set(id, [event]);
  }
  for (const [id, parts] of found) {
    if (parts.every(({ source_id: source }) => source === parts[0]?.source_id)) found.delete(id);
  }
  return found;
}

/**
 * @param {readonly TimelineEvent[]} events
 * @returns {TimelineEvent} What says most: the most severe, then what was
 *   recognised, then what has a picture, then the first one given.
 */
export function leadOf(events) {
  /** @param {TimelineEvent} event */
  const weight = ({ severity, type, payload }) =>
    4 * SEVERITIES.indexOf(/** @type {Severity} */ (severity)) +
    (type === "motion" ? 0 : 2) +
    (payload.media?.thumbnail?.state === "ready" ? 1 : 0);
  return events.reduce((lead, event) => (weight(event) > weight(lead) ? event : lead));
}

/**
 * @param {readonly TimelineEvent[]} events Newest first.
 * @returns {Stop[]} Where it went, in the order of going; what stays at a source is one stop.
 */
export function stopsOf(events) {
  /** @type {{id: string, events: TimelineEvent[]}[]} */
  const stops = [];
  for (const event of [...events].reverse()) {
    const last = stops.at(-1);
    if (last?.events[0]?.source_id === event.source_id) last.events.push(event);
    else stops.push({ id: event.id, events: [event] });
  }
  return stops.map((stop) => ({ ...stop, best: leadOf(stop.events) }));
}

/**
 * Say what happened where: "Person: Driveway → Porch → Front door (Door opened)".
 *
 * @param {readonly TimelineEvent[]} events Newest first.
 * @param {Localize} localize
 */
export function wayText(events, localize) {
  const { type } = leadOf(events);
  const names = stopsOf(events).map(({ best }) => {
    const name = best.payload.name || best.source_id;
    return best.type === type ? name : localize("incident.stop", { name, type: nameOf(localize, "type", best.type) });
  });
  const half = Math.floor(MOST_STOPS / 2);
  const shown = names.length > MOST_STOPS ? [...names.slice(0, half), "…", ...names.slice(-half)] : names;
  return localize("incident.way", { type: nameOf(localize, "type", type), way: shown.join(" → ") });
}
