// @ts-check
/** @import { Query, Source } from "./vigilar" */
import { cameraOf, detectionOf, lastPictureOf } from "./camera-entities.js";
import { icon } from "./icons.js";
import { goBack, navigate, pathTo } from "./router.js";
import { SourcesElement } from "./sources-element.js";
import { controls, notices, tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

const LIMIT = 20;

/** One camera: its live picture, what moves in it on request, and its last events. */
export class VigilarLivePage extends SourcesElement {
  /** @override */
  static properties = {
    sourceId: { attribute: false },
    _boxed: { state: true },
    _note: { state: true },
    _entered: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    notices,
    css`
      :host {
        display: flex;
        flex-direction: column;
        overflow: auto;
        background: var(--surface);
        container: live / inline-size;
      }
      header {
        display: flex;
        align-items: center;
        gap: 4px;
        flex: none;
        padding: calc(8px + var(--detail-inset, 0px)) 12px 8px;
      }
      h2 {
        flex: 1;
        min-inline-size: 0;
        margin: 0 4px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 1.125rem;
        font-weight: 500;
      }
      h2 span { font-weight: 400; color: var(--quiet); }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 4px 12px 4px 8px;
        border-radius: 999px;
        font-size: 0.8125rem;
        font-weight: 500;
        white-space: nowrap;
        background: color-mix(in srgb, var(--text) 8%, transparent);
      }
      .state svg { inline-size: 18px; block-size: 18px; fill: currentColor; }
      .state.watching svg { fill: var(--good); }
      .state.offline,
      .state.tampered { color: var(--critical); background: color-mix(in srgb, var(--critical) 12%, transparent); }
      .tools {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding: 12px 16px;
      }
      .zones {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 0;
        padding: 12px 16px 0;
        list-style: none;
      }
      .zones li {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        max-inline-size: 100%;
        padding: 4px 12px 4px 10px;
        border-radius: 999px;
        font-size: 0.8125rem;
        overflow-wrap: anywhere;
        color: var(--quiet);
        background: color-mix(in srgb, var(--text) 6%, transparent);
        transition: background-color 120ms, color 120ms;
      }
      .zones li::before {
        content: "";
        flex: none;
        inline-size: 8px;
        block-size: 8px;
        border: 2px solid currentColor;
        border-radius: 50%;
      }
      .zones li.entered {
        color: var(--text);
        font-weight: 500;
        background: color-mix(in srgb, var(--accent) 22%, transparent);
      }
      .zones li.entered::before { background: var(--accent); border-color: var(--accent); }
      @media (prefers-reduced-motion: reduce) { .zones li { transition: none; } }
      .hint { font-size: 0.8125rem; color: var(--quiet); }
      .columns { display: grid; flex: 1; align-content: start; }
      h3 {
        margin: 0;
        padding: 8px 16px 0;
        font-size: 0.8125rem;
        font-weight: 500;
        color: var(--quiet);
      }
      vigilar-timeline { min-block-size: 240px; }
      @container live (min-width: 1000px) {
        .tools { padding-inline: 0; }
        h3 { padding-inline: 12px; }
        .columns { grid-template-columns: minmax(0, 1fr) 380px; gap: 8px; padding-inline: 16px; align-content: stretch; }
        vigilar-live-player { border-radius: 16px; overflow: hidden; }
        .events { display: flex; flex-direction: column; min-block-size: 0; max-block-size: calc(100vh - 140px); }
        vigilar-timeline { flex: 1; min-block-size: 0; }
      }
      :host(:dir(rtl)) .back svg { scale: -1 1; }
    `,
  ];

  /** @type {Query} The same object as long as it says the same. */
  #query = { limit: LIMIT };

  constructor() {
    super();
    /** @type {string} */
    this.sourceId = "";
    this._boxed = false;
    /** @type {string} */
    this._note = "";
    /** @type {readonly string[]} Zones that something moves in now. */
    this._entered = [];
  }

  /** @override */
  get query() {
    return this.#query;
  }

  /** @override */
  watched() {
    const { hass } = this;
    const source = this.#source;
    if (!hass || !source) return [];
    const shown = [cameraOf(hass, source), detectionOf(hass, source), lastPictureOf(hass, source)];
    return shown.flatMap((state) => state?.entity_id ?? []);
  }

  get #source() {
    return this.store.sources?.find(({ source_id: id }) => id === this.sourceId);
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    if (changed.has("sourceId")) {
      this._boxed = false;
      this._note = "";
      this._entered = [];
      this.#query = { limit: LIMIT, source_ids: [this.sourceId] };
    }
    super.willUpdate(changed);
  }

  /** @override */
  render() {
    const source = this.#source;
    return html`${this.#head(source)} ${source ? this.#content(source) : this.#absent()}`;
  }

  /** @param {Source | undefined} source */
  #head(source) {
    const { localize } = this;
    const standing = source && source.online !== undefined && this.store.standingOf(source);
    return html`<header>
      <button
        class="icon-button back"
        type="button"
        aria-label=${localize("view.back")}
        title=${localize("view.back")}
        @click=${() => goBack(pathTo("cameras"))}
      >
        ${icon("back")}
      </button>
      <h2><bdi>${source?.name ?? ""}</bdi>${source?.area ? html` <span>· <bdi>${source.area}</bdi></span>` : nothing}</h2>
      ${standing
        ? html`<span class="state ${standing}"
            >${icon(standing === "watching" ? "detection" : standing === "detection_off" ? "detection_off" : `camera_${standing}`)}${localize(`cameras.${standing}`)}</span
          >`
        : nothing}
    </header>`;
  }

  /** @param {Source} source */
  #content(source) {
    const { localize } = this;
    return html`<div class="columns">
      <div>
        <vigilar-live-player
          .hass=${this.hass}
          .source=${source}
          .boxed=${this._boxed}
          @vigilar-boxes-failed=${this.#onBoxesFailed}
          @vigilar-zones=${this.#onZones}
        ></vigilar-live-player>
        ${this._boxed ? this.#zones(source) : nothing}
        ${this.#tools(source)}
      </div>
      <div class="events">
        <h3>${localize("cameras.last_events")}</h3>
        <vigilar-timeline .hass=${this.hass} .query=${this.#query}></vigilar-timeline>
      </div>
    </div>`;
  }

  /** @param {Source} source */
  #zones({ zones = [] }) {
    if (!zones.length) return nothing;
    return html`<ul class="zones" aria-label=${this.localize("cameras.zones")}>
      ${zones.map((name) => {
        const entered = this._entered.includes(name);
        return html`<li class=${entered ? "entered" : nothing} aria-current=${entered ? "true" : nothing}><bdi>${name}</bdi></li>`;
      })}
    </ul>`;
  }

  /** @param {CustomEvent<{entered: string[]}>} news */
  #onZones(news) {
    this._entered = news.detail.entered;
  }

  /** @param {Source} source */
  #tools(source) {
    const { localize } = this;
    const detection = detectionOf(this.home, source);
    const detecting = detection?.state === "on";
    const hint = this._note || (this._boxed ? localize("cameras.boxes_hint") : "");
    return html`<div class="tools">
      <button class="chip" type="button" aria-pressed=${String(this._boxed)} @click=${this.#turnBoxes}>
        ${icon("box")}${localize("cameras.boxes")}
      </button>
      ${detection && source.can_control !== false
        ? html`<button
            class="chip ${detecting ? "active" : ""}"
            type="button"
            role="switch"
            aria-checked=${String(detecting)}
            @click=${() => this.#turnDetection(detection.entity_id, !detecting)}
          >
            ${icon(detecting ? "detection" : "detection_off")}${localize("cameras.detection")}
          </button>`
        : nothing}
      ${this.home.user?.is_admin
        ? html`<button class="chip" type="button" @click=${() => navigate(pathTo("tuning", source.source_id))}>
            ${icon("tune")}${localize("panel.tuning")}
          </button>`
        : nothing}
      ${hint ? html`<span class="hint" role="status">${hint}</span>` : nothing}
    </div>`;
  }

  #absent() {
    const { localize } = this;
    if (this.store.sources) {
      return html`<div class="notice">
        ${icon("camera_offline")}<strong>${localize("cameras.unknown")}</strong>
        <span>${localize("cameras.unknown_help")}</span>
        <button class="button" type="button" @click=${() => navigate(pathTo("cameras"))}>${localize("cameras.all")}</button>
      </div>`;
    }
    if (this._status.state !== "error") return html`<div class="notice" role="status"><span>${localize("cameras.loading")}</span></div>`;
    return this.problemNotice();
  }

  #turnBoxes() {
    this._boxed = !this._boxed;
    this._note = "";
  }

  #onBoxesFailed() {
    this._boxed = false;
    this._note = this.localize("cameras.boxes_failed");
  }

  /**
   * @param {string} entityId
   * @param {boolean} on
   */
  async #turnDetection(entityId, on) {
    this._note = "";
    try {
      await this.home.callService?.("switch", on ? "turn_on" : "turn_off", {}, { entity_id: entityId });
    } catch (error) {
      this._note = /** @type {{message?: string}} */ (error).message || this.localize("view.not_done");
    }
  }
}
