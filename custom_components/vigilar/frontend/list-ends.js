// @ts-check
/** @import { Localize } from "./vigilar" */
import { html } from "./vendor/lit.js";

/** @typedef {"older" | "newer"} End */

/**
 * The two ends of a list of which more can be loaded: by itself when one
 * comes near, by a button when that has failed.
 */
export class ListEnds {
  #host;
  #load;

  /** @type {Record<End, "idle" | "loading" | "failed">} */
  #states = { older: "idle", newer: "idle" };

  #near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const end = /** @type {End} */ (/** @type {HTMLElement} */ (target).dataset.end);
      if (isIntersecting && this.#states[end] === "idle") this.#begin(end);
    }
  });

  /** @type {Element[]} */
  #observed = [];

  /**
   * @param {import("./vendor/lit.js").LitElement} host
   * @param {(end: End) => Promise<void> | undefined} load Rejects when it fails.
   */
  constructor(host, load) {
    this.#host = host;
    this.#load = load;
  }

  /**
   * @param {End} end
   * @param {Localize} localize
   * @param {(state: string) => string} [textOf] What it says; of events when missing.
   */
  button(end, localize, textOf = (state) => localize(`list.${end}_${state}`)) {
    return html`<div class=${end === "newer" ? "head" : "tail"}>
      <button class="button" type="button" data-end=${end} @click=${() => this.#begin(end)}>
        ${textOf(this.#states[end])}
      </button>
    </div>`;
  }

  /** To be called after a drawing. */
  watch() {
    const ends = [...this.#host.renderRoot.querySelectorAll("button[data-end]")];
    if (ends.length === this.#observed.length && ends.every((end, index) => end === this.#observed[index])) return;
    this.stop();
    for (const end of ends) this.#near.observe(end);
    this.#observed = ends;
  }

  /** Load nothing by itself any more, until the next drawing. */
  stop() {
    this.#near.disconnect();
    this.#observed = [];
  }

  /** @param {End} end */
  async #begin(end) {
    this.#states[end] = "loading";
    this.#host.requestUpdate();
    try {
      await this.#load(end);
      this.#states[end] = "idle";
    } catch {
      this.#states[end] = "failed";
    }
    // Forget the ends, so that it loads more when the page did not fill the view.
    this.stop();
    this.#host.requestUpdate();
  }
}
