// @ts-check
/** @import { Hass, Status } from "./vigilar" */
import { DEFAULT_LIMIT } from "./config.js";
import { define } from "./define.js";
import { icon } from "./icons.js";
import { loadTexts, localizer } from "./localize.js";
import { statusBadge, statusStyles } from "./status.js";
import { VigilarTimeline } from "./timeline-element.js";
import { LitElement, css, html, nothing } from "./vendor/lit.js";

const QUERY = { limit: DEFAULT_LIMIT };

/** The timeline as a page of its own. */
export class VigilarPanel extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    narrow: { type: Boolean },
    _status: { state: true },
  };

  /** @override */
  static styles = [
    statusStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        block-size: 100vh;
        block-size: 100dvh;
        box-sizing: border-box;
        padding-block-end: var(--safe-area-inset-bottom, env(safe-area-inset-bottom, 0));
        background: var(--primary-background-color, #fafafa);
        font-family: var(--ha-font-family-body, Roboto, sans-serif);
      }
      header {
        --status-text: currentColor;
        display: flex;
        align-items: center;
        gap: 12px;
        flex: none;
        box-sizing: content-box;
        block-size: var(--header-height, 56px);
        padding-block-start: var(--safe-area-inset-top, env(safe-area-inset-top, 0));
        padding-inline: 16px;
        color: var(--app-header-text-color, var(--text-primary-color, #fff));
        background: var(--app-header-background-color, var(--primary-color, #0277bd));
        border-block-end: var(--app-header-border-bottom, none);
      }
      .live .dot { box-shadow: 0 0 0 2px currentColor; }
      .live .dot::after { content: none; }
      h1 {
        flex: 1;
        margin: 0;
        font-size: 1.25rem;
        font-weight: 400;
      }
      button {
        all: unset;
        display: grid;
        place-items: center;
        inline-size: 48px;
        block-size: 48px;
        margin-inline-start: -12px;
        border-radius: 50%;
        cursor: pointer;
      }
      button:focus-visible { outline: 2px solid currentColor; outline-offset: -4px; }
      button svg { inline-size: 24px; block-size: 24px; fill: currentColor; }
      main {
        display: flex;
        justify-content: center;
        flex: 1;
        min-block-size: 0;
      }
      vigilar-timeline {
        flex: 1;
        max-inline-size: 900px;
        background: var(--ha-card-background, var(--card-background-color, #fff));
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {boolean} Whether the sidebar is hidden for want of room. */
    this.narrow = false;
    /** @type {Status} */
    this._status = { state: "connecting" };
  }

  /** @override */
  render() {
    const { hass } = this;
    if (!hass) return nothing;
    const localize = localizer(hass.language);
    return html`<header>
        ${this.narrow || hass.dockedSidebar === "always_hidden" ? this.#menuButton(localize("panel.menu")) : nothing}
        <h1>${localize("panel.title")}</h1>
        ${statusBadge(this._status, localize)}
      </header>
      <main>
        <vigilar-timeline
          paging
          filters
          address
          view="both"
          .hass=${hass}
          .query=${QUERY}
          @vigilar-status=${this.#onStatus}
        ></vigilar-timeline>
      </main>`;
  }

  /** @param {string} label */
  #menuButton(label) {
    return html`<button type="button" aria-label=${label} @click=${this.#toggleMenu}>${icon("menu")}</button>`;
  }

  #toggleMenu() {
    this.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }));
  }

  /** @param {CustomEvent<Status>} event */
  #onStatus(event) {
    this._status = event.detail;
  }
}

// Keys in place of texts are better than no panel.
await loadTexts(document.documentElement.lang || "en").catch(() => {});
define("vigilar-timeline", VigilarTimeline);
define("vigilar-panel", VigilarPanel);
