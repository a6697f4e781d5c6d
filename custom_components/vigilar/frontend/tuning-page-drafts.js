// @ts-check
/** @import { Draft } from "./tuning" */

/**
 * What was changed of each camera and not saved. It outlives the page, so that
 * a look at the timeline costs nothing; leaving the browser's tab is asked about.
 */
export class Drafts {
  /** @type {Map<string, Partial<Draft>>} */
  #drafts = new Map();

  /**
   * @param {string} sourceId
   * @param {Partial<Draft> | undefined} draft Undefined where nothing is changed.
   */
  keep(sourceId, draft) {
    if (draft) this.#drafts.set(sourceId, draft);
    else this.#drafts.delete(sourceId);
    if (this.#drafts.size) window.addEventListener("beforeunload", ask);
    else window.removeEventListener("beforeunload", ask);
  }

  /**
   * @param {string} sourceId
   * @returns {Partial<Draft> | undefined}
   */
  of(sourceId) {
    return this.#drafts.get(sourceId);
  }
}

/** @param {BeforeUnloadEvent} event */
function ask(event) {
  event.preventDefault();
}
