// @ts-check
/** @import { Localize } from "./vigilar" */
import { html, nothing } from "./vendor/lit.js";

const TOAST_MS = 8000;

/** One short message at a time that goes by itself, and a way to take back what it tells of. */
export class Toaster {
  #changed;
  #text = "";

  /** @type {(() => void) | undefined} */
  #undo;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clock;

  /** @param {() => void} changed Called when it must be drawn anew. */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * @param {string} text
   * @param {() => void} [undo]
   */
  show(text, undo) {
    clearTimeout(this.#clock);
    this.#text = text;
    this.#undo = undo;
    this.#clock = setTimeout(() => this.hide(), TOAST_MS);
    this.#changed();
  }

  hide() {
    clearTimeout(this.#clock);
    this.#text = "";
    this.#changed();
  }

  /** @param {Localize} localize */
  render(localize) {
    if (!this.#text) return nothing;
    const undo = this.#undo;
    const press = () => {
      this.hide();
      undo?.();
    };
    return html`<div class="toast" role="status">
      <span>${this.#text}</span>
      ${undo ? html`<button class="button" type="button" @click=${press}>${localize("review.undo")}</button>` : nothing}
    </div>`;
  }
}
