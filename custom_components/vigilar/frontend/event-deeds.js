// @ts-check
/** @import { TimelineEvent, Verdict } from "./vigilar" */
/** @import { HassElement } from "./hass-element.js" */
import { deleteEvent, exportBundle, giveFeedback, markReviewed, protect, save, share, writeNote } from "./event-actions.js";
import { nameOf } from "./localize.js";
import { pathTo } from "./router.js";

const MESSAGE_MS = 4000;

/** What people do with an event: one thing at a time, and it is said when it fails. */
export class EventDeeds {
  /** Whether something is being done. */
  busy = false;

  /** What is to be said now. */
  message = "";

  #host;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HassElement} host Is drawn anew when something changes here. */
  constructor(host) {
    this.#host = host;
  }

  /** Say nothing more. */
  stop() {
    clearTimeout(this.#timer);
    this.message = "";
  }

  /**
   * @param {TimelineEvent} event
   * @param {boolean} reviewed
   */
  review(event, reviewed) {
    return this.#do(() => markReviewed(this.#hass, event.id, reviewed));
  }

  /**
   * @param {TimelineEvent} event
   * @param {Verdict | null} verdict Null takes it back.
   */
  async judge(event, verdict) {
    if (await this.#do(() => giveFeedback(this.#hass, event.id, verdict))) this.#say(this.#host.localize("view.thanks"));
  }

  /**
   * @param {TimelineEvent} event
   * @param {string} text
   */
  note(event, text) {
    return this.#do(() => writeNote(this.#hass, event.id, text));
  }

  /** @param {TimelineEvent} event */
  turnProtection(event) {
    return this.#do(() => protect(this.#hass, event.id, !event.payload.protected));
  }

  /**
   * @param {string} path
   * @param {string} name
   */
  save(path, name) {
    return this.#do(() => save(this.#hass, path, name));
  }

  /** @param {TimelineEvent} event */
  async export(event) {
    const { localize } = this.#host;
    this.#say(localize("view.exporting"));
    if (await this.#do(() => exportBundle(this.#hass, event.id))) this.#say(localize("view.exported"));
  }

  /** @param {TimelineEvent} event */
  delete(event) {
    return this.#do(() => deleteEvent(this.#hass, event));
  }

  /** @param {TimelineEvent} event */
  async share(event) {
    const { localize } = this.#host;
    const title = `${nameOf(localize, "type", event.type)}, ${event.payload.name}`;
    // Without the filter: whoever gets the link looks at this event.
    const outcome = await share(title, `${location.origin}${pathTo("event", event.id)}`);
    if (outcome !== "shared") this.#say(localize(`view.link_${outcome}`));
  }

  get #hass() {
    return this.#host.home;
  }

  /**
   * @param {() => Promise<unknown>} action
   * @returns {Promise<boolean>} Whether it was done.
   */
  async #do(action) {
    if (this.busy) return false;
    this.busy = true;
    this.#host.requestUpdate();
    try {
      await action();
      return true;
    } catch (error) {
      const { message } = /** @type {{message?: string}} */ (error);
      this.#say(message || this.#host.localize("view.not_done"));
      return false;
    } finally {
      this.busy = false;
      this.#host.requestUpdate();
    }
  }

  /** @param {string} text */
  #say(text) {
    clearTimeout(this.#timer);
    this.message = text;
    this.#host.requestUpdate();
    this.#timer = setTimeout(() => {
      this.message = "";
      this.#host.requestUpdate();
    }, MESSAGE_MS);
  }
}
