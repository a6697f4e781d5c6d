// @ts-check
/** @import { AuditRow, AuditedEvent, Localize } from "./vigilar" */
/** @import { Entry } from "./audit-log.js" */
/** @import { Formatter } from "./format.js" */
import { whenOf } from "./event-facts.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { navigate, pathTo } from "./router.js";
import { html, nothing } from "./vendor/lit.js";

/** @type {Record<string, string>} */
const PICTURES = {
  viewed: "play",
  exported: "bundle",
  deleted: "delete",
  reviewed: "reviewed",
  unreviewed: "review",
  judged: "verdict",
  noted: "note",
  protected: "protected",
  unprotected: "unprotected",
};

/**
 * @typedef {object} EntryContext
 * @property {Localize} localize
 * @property {Formatter} format
 * @property {number} now Unix milliseconds.
 * @property {ReadonlyMap<string, AuditedEvent>} events Those that are still there.
 * @property {(sourceId: string) => string} nameOfSource
 * @property {boolean} open Whether the events of several show.
 * @property {() => void} onToggle
 */

/**
 * @param {{user_id: string, name: string}} doer
 * @param {Localize} localize
 * @returns {string} Who did it, as people call them.
 */
export function nameOfDoer({ user_id: id, name }, localize) {
  return name || localize(id ? "audit.unnamed" : "audit.automation");
}

/**
 * @param {Entry} entry
 * @param {Localize} localize
 * @returns {string} What was done.
 */
export function deedOf({ row, rows }, localize) {
  const { action, detail, event_id: event } = row;
  const done = nameOf(localize, "audit", `action_${action}`);
  switch (action) {
    case "viewed":
      return localize(event ? `audit.viewed_${detail}` : "audit.downloaded");
    case "judged":
      return detail ? localize("audit.judged", { verdict: localize(`view.was_${detail}`) }) : localize("audit.unjudged");
    default: {
      const count = rows.length > 1 ? rows.length : Number(event ? 1 : detail);
      return count > 1 ? localize(`audit.many_${action}`, { count }) : done;
    }
  }
}

/**
 * Draw what one person did at once.
 *
 * @param {Entry} entry
 * @param {EntryContext} context
 */
export function auditEntry(entry, context) {
  const { row, rows } = entry;
  const { localize, format, open } = context;
  const list = `events-${row.id}`;
  return html`<li class="entry ${row.action}">
    <span class="mark">${icon(row.action === "viewed" ? viewedPicture(row) : (PICTURES[row.action] ?? "other"))}</span>
    <div class="text">
      <div class="deed"><bdi>${nameOfDoer(row, localize)}</bdi> <span>${deedOf(entry, localize)}</span></div>
      ${rows.length > 1
        ? html`<button class="several" type="button" aria-expanded=${String(open)} aria-controls=${list} @click=${context.onToggle}>
              ${icon("open")}${localize("list.details")}
            </button>
            <ul id=${list} ?hidden=${!open}>
              ${open ? rows.map((each) => html`<li>${about(each, context)}</li>`) : nothing}
            </ul>`
        : about(row, context)}
    </div>
    <time datetime=${new Date(row.ts).toISOString()} title=${format.exact(row.ts)}>${format.time(row.ts)}</time>
  </li>`;
}

/** @param {AuditRow} row */
function viewedPicture({ event_id: event, detail }) {
  if (!event) return "download";
  return detail === "snapshot" ? "picture" : "play";
}

/**
 * To what it was done: the event, while there is one, leads to it.
 *
 * @param {AuditRow} row
 * @param {EntryContext} context
 */
function about(row, context) {
  const { localize, nameOfSource } = context;
  const event = row.event_id ? context.events.get(row.event_id) : undefined;
  if (event) return eventLink(/** @type {string} */ (row.event_id), event, context);
  const source = row.source_id ? nameOfSource(row.source_id) : "";
  const file = row.action === "exported" || (row.action === "viewed" && !row.event_id) ? row.detail : "";
  const told = [source, file, row.event_id ? localize("audit.event_gone") : ""].filter(Boolean);
  if (!told.length) return nothing;
  return html`<div class="about">${told.map((each, index) => html`${index ? " · " : nothing}<bdi>${each}</bdi>`)}</div>`;
}

/**
 * @param {string} id
 * @param {AuditedEvent} event
 * @param {EntryContext} context
 */
function eventLink(id, event, context) {
  const { localize } = context;
  const path = pathTo("event", id);
  const go = (/** @type {MouseEvent} */ press) => {
    if (press.ctrlKey || press.metaKey || press.shiftKey) return;
    press.preventDefault();
    navigate(path);
  };
  return html`<a class="about ${event.severity}" href=${path} @click=${go}
    >${icon(event.type)}<span
      >${nameOf(localize, "type", event.type)} · <bdi>${event.name}</bdi> · ${whenOf(event, context)}</span
    ></a
  >`;
}
