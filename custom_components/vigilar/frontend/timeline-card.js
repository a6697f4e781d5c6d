// @ts-check
/** @import { CardConfig, Hass, Localize, Query, Status } from "./vigilar" */
import { checkConfig, configForm, queryOf } from "./config.js";
import { localizer } from "./localize.js";
import { pageHass } from "./registration.js";
import { statusBadge, statusStyles } from "./status.js";
import { knownSources } from "./timeline-element.js";
import { controls, tokens } from "./ui-styles.js";
import { LitElement, css, html, nothing } from "./vendor/lit.js";

/** Home Assistant counts a card's size in steps of 50 pixels. */
const CARD_SIZE = 8;

/** The timeline as a dashboard card. */
export class VigilarTimelineCard extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    layout: { type: String, reflect: true },
    _config: { state: true },
    _status: { state: true },
    _unreviewed: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    statusStyles,
    css`
      :host { display: block; block-size: 100%; }
      ha-card {
        display: flex;
        flex-direction: column;
        block-size: 100%;
        box-sizing: border-box;
        overflow: hidden;
        background: var(--ha-card-background, var(--card-background-color, #fff));
        border-radius: var(--ha-card-border-radius, 12px);
        color: var(--primary-text-color, #1b1b1f);
      }
      header {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 14px 16px 6px;
      }
      h2 {
        flex: 1;
        min-inline-size: 0;
        margin: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 1.125rem;
        font-weight: 500;
      }
      vigilar-timeline { flex: 1; }
      /* A masonry column has no height of its own to fill. */
      :host(:not([layout])) vigilar-timeline,
      :host(.unbounded) vigilar-timeline { max-block-size: 32rem; min-block-size: 14rem; }
      :host([layout="panel"]) { block-size: calc(100vh - var(--header-height, 56px)); }
    `,
  ];

  /** @returns What Home Assistant needs to edit the card with a form. */
  static getConfigForm() {
    return configForm(localizer(pageHass()?.language ?? "en"), knownSources());
  }

  /** @returns {Partial<CardConfig>} */
  static getStubConfig() {
    return {};
  }

  /** @type {Query | undefined} */
  #query;

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {string | undefined} Where Home Assistant has put the card: "grid", "panel" or a column. */
    this.layout = undefined;
    /** @type {CardConfig | undefined} */
    this._config = undefined;
    /** @type {Status} */
    this._status = { state: "connecting" };
    /** @type {number | undefined} */
    this._unreviewed = undefined;
  }

  /**
   * @param {CardConfig} config
   * @throws {Error} Says what is wrong with it.
   */
  setConfig(config) {
    checkConfig(config, localizer((this.hass ?? pageHass())?.language ?? "en"));
    this._config = config;
    this.#query = queryOf(config);
    this.classList.toggle("unbounded", config.grid_options?.rows === "auto");
  }

  /** @returns {number} */
  getCardSize() {
    return CARD_SIZE;
  }

  /** @returns The room the card wants in a section. */
  getGridOptions() {
    return { columns: 12, rows: 8, min_columns: 6, min_rows: 3 };
  }

  /** @override */
  willUpdate() {
    this.toggleAttribute("dark", Boolean(this.hass?.themes?.darkMode));
  }

  /** @override */
  render() {
    if (!this.hass || !this._config) return nothing;
    const localize = localizer(this.hass.language);
    const title = this._config.title ?? localize("card.title");
    return html`<ha-card>
      <header>
        <h2>${title}</h2>
        ${this._unreviewed ? this.#badge(this._unreviewed, localize) : nothing} ${statusBadge(this._status, localize)}
      </header>
      <vigilar-timeline
        .hass=${this.hass}
        .query=${this.#query}
        .view=${this._config.view ?? "list"}
        .density=${this._config.density ?? "comfortable"}
        .thumbnails=${this._config.show_thumbnails ?? true}
        ?filters=${this._config.show_filters}
        @vigilar-status=${this.#onStatus}
        @vigilar-unreviewed=${this.#onUnreviewed}
      ></vigilar-timeline>
    </ha-card>`;
  }

  /**
   * @param {number} count
   * @param {Localize} localize
   */
  #badge(count, localize) {
    const text = localize(count === 1 ? "review.unreviewed_one" : "review.unreviewed_many", { count });
    return html`<span class="badge" title=${text} aria-label=${text} role="img">${count > 99 ? "99+" : count}</span>`;
  }

  /** @param {CustomEvent<number | undefined>} event */
  #onUnreviewed(event) {
    this._unreviewed = event.detail;
  }

  /** @param {CustomEvent<Status>} event */
  #onStatus(event) {
    this._status = event.detail;
  }
}
