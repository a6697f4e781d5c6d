// @ts-check
/** @import { Localize, Problem } from "./vigilar" */
import { icon } from "./icons.js";
import { html, nothing } from "./vendor/lit.js";

/**
 * @param {Localize} localize
 * @param {() => void} retry
 */
function retryButton(localize, retry) {
  return html`<button class="button" type="button" @click=${retry}>${localize("problem.retry")}</button>`;
}

/**
 * Say above the list what is wrong while the list stands still.
 *
 * @param {Localize} localize
 * @param {Problem} problem
 * @param {() => void} retry
 */
export function problemBanner(localize, problem, retry) {
  return html`<div class="banner">
    ${icon("problem")}
    <div>
      <strong>${localize(`problem.${problem}`)}</strong>
      <span>${localize(`problem.${problem}_help`)}</span>
    </div>
    ${retryButton(localize, retry)}
  </div>`;
}

/**
 * Say in place of the list what is wrong.
 *
 * @param {Localize} localize
 * @param {Problem} problem
 * @param {() => void} retry
 */
export function problemNotice(localize, problem, retry) {
  return notice(localize, "problem", `problem.${problem}`, retryButton(localize, retry));
}

/** @param {Localize} localize */
export function emptyNotice(localize) {
  return notice(localize, "timeline", "list.empty");
}

/**
 * @param {Localize} localize
 * @param {(() => void) | undefined} addCamera For those who may.
 */
export function firstRunNotice(localize, addCamera) {
  return notice(
    localize,
    "camera",
    "list.no_sources",
    addCamera &&
      html`<button class="button primary" type="button" @click=${addCamera}>${localize("list.add_camera")}</button>`,
  );
}

/**
 * @param {Localize} localize
 * @param {(() => void) | undefined} clear Where the filter can be cleared.
 */
export function nothingFoundNotice(localize, clear) {
  return notice(
    localize,
    "search",
    "list.nothing_found",
    clear && html`<button class="button" type="button" @click=${clear}>${localize("filter.clear")}</button>`,
  );
}

/** @param {Localize} localize */
export function skeleton(localize) {
  const row = html`<div class="skeleton"><i class="bone"></i><i class="bone"></i><i class="bone"></i></div>`;
  return html`<span class="unseen-text">${localize("list.loading")}</span>${[row, row, row, row, row]}`;
}

/**
 * The way back to now, and what has come meanwhile.
 *
 * @param {Localize} localize
 * @param {{inPast: boolean, unseen: number, go: () => void}} given
 */
export function nowPill(localize, { inPast, unseen, go }) {
  if (!inPast && !unseen) return nothing;
  const news = localize(unseen === 1 ? "list.news_one" : "list.news_many", { count: unseen });
  return html`<button class="button primary pill" type="button" @click=${go}>
    ${icon("up")}<span>${inPast ? localize("list.to_live") : news}</span>
    ${inPast && unseen ? html`<span class="badge">${unseen}</span>` : nothing}
  </button>`;
}

/**
 * What can be done with what is selected.
 *
 * @param {Localize} localize
 * @param {{count: number, mark: (reviewed: boolean) => void, done: () => void}} given
 */
export function selectionBar(localize, { count, mark, done }) {
  return html`<div class="selection" role="toolbar" aria-label=${localize("review.select")}>
    <span aria-live="polite">${localize("review.selected", { count })}</span>
    <button class="button primary" type="button" ?disabled=${!count} @click=${() => mark(true)}>
      ${localize("review.mark_selected")}
    </button>
    <button class="button" type="button" ?disabled=${!count} @click=${() => mark(false)}>
      ${localize("review.unmark_selected")}
    </button>
    <button class="button" type="button" @click=${done}>${localize("review.done")}</button>
  </div>`;
}

/**
 * @param {Localize} localize
 * @param {string} picture
 * @param {string} key
 * @param {unknown} [action]
 */
function notice(localize, picture, key, action) {
  return html`<div class="notice">
    ${icon(picture)}
    <strong>${localize(key)}</strong>
    <span>${localize(`${key}_help`)}</span>
    ${action ?? nothing}
  </div>`;
}
