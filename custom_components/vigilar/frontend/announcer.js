// @ts-check
/** @import { TimelineEvent } from "./vigilar" */

/** The least time between two announcements, so that a screen reader can finish one. */
const PAUSE_MS = 5000;

/** Gathers events and tells of them, the first at once and the rest at a pace. */
export class Announcer {
  #say;

  /** @type {TimelineEvent[]} */
  #waiting = [];

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;

  /** @param {(news: TimelineEvent[]) => void} say Gets the events of one announcement, never none. */
  constructor(say) {
    this.#say = say;
  }

  /** @param {TimelineEvent[]} news */
  add(news) {
    this.#waiting.push(...news);
    if (!this.#pause) this.#speak();
  }

  /** Forget what waits. */
  stop() {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#waiting = [];
  }

  #speak() {
    this.#pause = undefined;
    if (!this.#waiting.length) return;
    const news = this.#waiting;
    this.#waiting = [];
    this.#pause = setTimeout(() => this.#speak(), PAUSE_MS);
    this.#say(news);
  }
}
