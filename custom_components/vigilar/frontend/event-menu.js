// @ts-check
/** @import { Localize, TimelineEvent, Verdict } from "./vigilar" */
/** @import { MenuItem } from "./menu.js" */
import { fileName } from "./event-actions.js";
import { mediaOf } from "./media.js";

/** @type {Verdict[]} */
const KINDS = ["person", "vehicle", "animal", "package", "other"];

/** A longer film is fetched as a bundle. */
const MOST_PARTS = 10;

/**
 * @typedef {object} MenuContext
 * @property {Localize} localize
 * @property {boolean} mayDelete
 * @property {boolean} autoReview
 * @property {(verdict: Verdict | null) => void} judge
 * @property {(path: string, name: string) => void} save
 * @property {() => void} exportBundle
 * @property {() => void} watchLive
 * @property {() => void} turnAutoReview
 * @property {() => void} askToDelete
 */

/**
 * @param {TimelineEvent} event
 * @param {MenuContext} context
 * @returns {MenuItem[]} What can be done with an event beside what its buttons do.
 */
export function eventMenu(event, context) {
  const { localize, mayDelete, autoReview } = context;
  return [
    ...verdicts(event, context),
    ...apart(downloads(event, context)),
    ...apart([
      { label: localize("view.live"), picture: "live", action: context.watchLive },
      { label: localize("view.auto_review"), picture: "check", checked: autoReview, action: context.turnAutoReview },
    ]),
    ...(mayDelete
      ? apart([{ label: localize("view.delete"), picture: "delete", danger: true, action: context.askToDelete }])
      : []),
  ];
}

/**
 * @param {TimelineEvent} event
 * @param {MenuContext} context
 * @returns {MenuItem[]}
 */
function verdicts(event, { localize, judge }) {
  const given = event.payload.feedback?.verdict;
  return KINDS.map((kind) => ({
    label: localize(`view.was_${kind}`),
    picture: kind,
    checked: given === kind,
    action: () => judge(given === kind ? null : kind),
  }));
}

/**
 * @param {TimelineEvent} event
 * @param {MenuContext} context
 * @returns {MenuItem[]}
 */
function downloads(event, { localize, save, exportBundle }) {
  const clip = mediaOf(event, "clip")?.url;
  const snapshot = mediaOf(event, "snapshot")?.url;
  const parts = clip ? Math.min(mediaOf(event, "clip")?.parts ?? 1, MOST_PARTS) : 0;
  /** @param {string} label @param {string} path @param {string} name */
  const file = (label, path, name) => ({ label, picture: "download", action: () => save(path, name) });
  const films = Array.from({ length: parts }, (_, part) =>
    file(
      parts > 1 ? localize("view.download_part", { part: part + 1 }) : localize("view.download_clip"),
      part ? `${clip}/${part}` : `${clip}`,
      fileName(event, "mp4", parts > 1 ? part : undefined),
    ),
  );
  const picture = snapshot ? [file(localize("view.download_snapshot"), snapshot, fileName(event, "jpg"))] : [];
  return [...films, ...picture, { label: localize("view.export"), picture: "bundle", action: exportBundle }];
}

/**
 * @param {MenuItem[]} items
 * @returns {MenuItem[]} The same, with a line above the first.
 */
function apart([first, ...rest]) {
  return first ? [{ ...first, apart: true }, ...rest] : [];
}
