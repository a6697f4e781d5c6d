// @ts-check
/** @import { Connection, Query, Status } from "./vigilar" */
import { CameraStore } from "./camera-store.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { TimelineClient } from "./timeline-client.js";
import { html } from "./vendor/lit.js";

/**
 * A page that shows cameras, and follows how they stand.
 *
 * Fires `vigilar-status` as the timeline does.
 */
export class SourcesElement extends HassElement {
  /**
   * @override
   * @type {Record<string, object>}
   */
  static properties = { _status: { state: true } };

  /** What is known of the cameras. */
  store = new CameraStore();

  /** @type {TimelineClient | undefined} */
  #client;

  /** @type {Connection | undefined} */
  #connection;

  #key = "";

  /** @type {number | undefined} */
  #frame;

  constructor() {
    super();
    /** @type {Status} */
    this._status = { state: "connecting" };
  }

  /** @returns {Query} What to subscribe to. */
  get query() {
    return { limit: 1 };
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#client?.start();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#client?.stop();
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const { connection } = this.home;
    const key = JSON.stringify(this.query);
    if (key === this.#key && connection === this.#connection) return;
    this.#key = key;
    this.#connection = connection;
    this.#client?.stop();
    this.store = new CameraStore();
    this.#client = new TimelineClient({
      connection,
      store: this.store,
      query: this.query,
      onNews: () => this.onNews(),
      onStatus: (status) => this.onStatus(status),
    });
    this.#client.start();
  }

  /** The store has changed; it is drawn once a frame. */
  onNews() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.requestUpdate();
    });
  }

  /** @param {Status} status */
  onStatus(status) {
    this._status = status;
    this.dispatchEvent(new CustomEvent("vigilar-status", { detail: status }));
  }

  /** @returns What is shown where nothing could be loaded. */
  problemNotice() {
    const { localize } = this;
    const starting = this._status.problem === "not_loaded" && this.home.config.state !== "RUNNING";
    const problem = starting ? "starting" : (this._status.problem ?? "failed");
    return html`<div class="notice">
      ${icon("problem")}<strong>${localize(`problem.${problem}`)}</strong>
      <span>${localize(`problem.${problem}_help`)}</span>
      <button class="button" type="button" @click=${() => this.#client?.retry()}>${localize("problem.retry")}</button>
    </div>`;
  }
}
