// @ts-check
/** @import { VigilarThumbnail } from "./thumbnail.js" */

/** Who only passes over a row does not want to see it move. */
const PAUSE_MS = 300;

/** Plays the preview of the row under the pointer or the keyboard, one at a time. */
export class PreviewPlayer {
  /** @type {Element | undefined} */
  #row;

  /** @type {VigilarThumbnail | undefined} */
  #playing;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;

  #calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Event} event Of the pointer or the focus coming to something in the list. */
  enter = (event) => {
    const row = /** @type {Element} */ (event.target).closest("li") ?? undefined;
    if (row === this.#row) return;
    this.stop();
    this.#row = row;
    if (row && !this.#calm.matches) this.#pause = setTimeout(() => this.#play(row), PAUSE_MS);
  };

  /** Show still pictures only. */
  stop = () => {
    clearTimeout(this.#pause);
    this.#row = undefined;
    this.#playing?.stop();
    this.#playing = undefined;
  };

  /** @param {Element} row */
  #play(row) {
    const thumbnail = /** @type {VigilarThumbnail | null} */ (row.querySelector("vigilar-thumbnail"));
    this.#playing = thumbnail ?? undefined;
    thumbnail?.play();
  }
}
