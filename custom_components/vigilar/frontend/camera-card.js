// @ts-check
/** @import { Hass, Query, Source, Status } from "./vigilar" */
/** @import { CameraCardConfig } from "./cards" */
import { DEFAULT_EVENTS, cameraConfigForm, checkCameraConfig, parseRatio } from "./camera-config.js";
import { cameraOf, problemOf } from "./camera-entities.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { localizer } from "./localize.js";
import { pageHass } from "./registration.js";
import { navigate } from "./router.js";
import { fetchSources, sourceOf, stateOf, watchSources } from "./sources.js";
import { controls, notices, tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/** Home Assistant counts a card's size in steps of 50 pixels. */
const PICTURE_SIZE = 5;

/** Rows of Home Assistant's grid with the events below the picture. */
const ROWS = 8;

/** One camera: its picture, whether it is watched, and its last events. */
export class VigilarCameraCard extends HassElement {
  /** @override */
  static properties = {
    ...HassElement.properties,
    layout: { type: String, reflect: true },
    _config: { state: true },
    _sources: { state: true },
    _status: { state: true },
    _boxes: { state: true },
    _mute: { state: true },
    _visible: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    notices,
    css`
      :host { display: block; block-size: 100%; }
      ha-card {
        display: flex;
        flex-direction: column;
        block-size: 100%;
        box-sizing: border-box;
        overflow: hidden;
        background: var(--surface);
        border-radius: var(--ha-card-border-radius, 12px);
        color: var(--text);
      }
      .stage {
        position: relative;
        flex: none;
        overflow: hidden;
        background: #16181b;
      }
      .stage.alone { flex: 1; }
      vigilar-live-player { inline-size: 100%; }
      .top,
      .bottom {
        position: absolute;
        inset-inline: 10px;
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        pointer-events: none;
      }
      .top { inset-block-start: 10px; }
      .bottom { inset-block-end: 10px; justify-content: flex-end; }
      .on-picture {
        box-sizing: border-box;
        display: inline-flex;
        align-items: center;
        gap: 7px;
        min-inline-size: 0;
        min-block-size: 28px;
        margin: 0;
        padding: 3px 12px;
        border-radius: 999px;
        color: #fff;
        /* Whatever the picture is like behind it, white stays readable. */
        background: rgba(14, 16, 19, 0.72);
      }
      h2 {
        font-size: 0.875rem;
        font-weight: 500;
      }
      h2 bdi {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .state {
        flex: none;
        font-size: 0.75rem;
        font-weight: 500;
      }
      .dot {
        flex: none;
        inline-size: 8px;
        block-size: 8px;
        border-radius: 50%;
        background: #54c985;
      }
      .detection_off .dot { background: none; box-shadow: inset 0 0 0 2px #cfd2d6; }
      .offline .dot { background: #f2bd5b; border-radius: 2px; }
      .tampered .dot { background: #ff8a85; border-radius: 2px; rotate: 45deg; }
      .on-picture.icon-button {
        justify-content: center;
        inline-size: 40px;
        block-size: 40px;
        padding: 0;
        color: #fff;
        pointer-events: auto;
      }
      .on-picture.icon-button:hover { background: rgba(14, 16, 19, 0.88); }
      .on-picture.icon-button[aria-pressed="true"] { color: #16181b; background: #fff; }
      .on-picture.icon-button:focus-visible { outline-color: #fff; }
      .said {
        pointer-events: auto;
        margin-inline-end: auto;
        font-size: 0.75rem;
      }
      vigilar-timeline { flex: 1; min-block-size: 0; }
      /* A masonry column has no height of its own to fill. */
      :host(:not([layout])) vigilar-timeline,
      :host(.unbounded) vigilar-timeline { max-block-size: 22rem; }
      .notice { min-block-size: 9rem; }
    `,
  ];

  /** @returns What Home Assistant needs to edit the card with a form. */
  static async getConfigForm() {
    const hass = pageHass();
    const sources = hass && (await fetchSources(hass.connection));
    return cameraConfigForm(localizer(hass?.language ?? "en"), sources ?? []);
  }

  /**
   * @param {Hass} hass
   * @returns {Promise<Partial<CameraCardConfig>>}
   */
  static async getStubConfig(hass) {
    const [source] = (await fetchSources(hass.connection)) ?? [];
    return source ? { source_id: source.source_id } : {};
  }

  /** @type {Query | undefined} */
  #query;

  #queryKey = "";

  /** @type {number | undefined} Width by height of the live picture, once it has been seen. */
  #liveRatio;

  /** @type {(() => void) | undefined} */
  #stopWatch;

  /** @type {Hass["connection"] | undefined} */
  #connection;

  #sight = new IntersectionObserver((entries) => {
    this._visible = Boolean(entries.at(-1)?.isIntersecting);
  });

  constructor() {
    super();
    /** @type {string | undefined} Where Home Assistant has put the card: "grid", "panel" or a column. */
    this.layout = undefined;
    /** @type {CameraCardConfig | undefined} */
    this._config = undefined;
    /** @type {Source[]} */
    this._sources = [];
    /** @type {Status} */
    this._status = { state: "connecting" };
    /** @type {boolean} Whether what moves is framed. */
    this._boxes = false;
    /** @type {boolean} Whether the server does not tell what moves. */
    this._mute = false;
    /** @type {boolean} Whether the card is on the screen. */
    this._visible = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#sight.observe(this);
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight.disconnect();
    this._visible = false;
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#stopWatch?.();
    this.#stopWatch = undefined;
    this.#connection = undefined;
  }

  /**
   * @param {CameraCardConfig} config
   * @throws {Error} Says what is wrong with it.
   */
  setConfig(config) {
    checkCameraConfig(config, localizer((this.hass ?? pageHass())?.language ?? "en"));
    if (config.boxes !== this._config?.boxes) this._boxes = config.boxes ?? false;
    this._config = config;
    this.classList.toggle("unbounded", config.grid_options?.rows === "auto");
  }

  /** @returns {number} */
  getCardSize() {
    return PICTURE_SIZE + Math.ceil(this.#events() * 1.2);
  }

  /** @returns The room the card wants in a section. */
  getGridOptions() {
    return { columns: 12, rows: this.#events() ? ROWS : "auto", min_columns: 6, min_rows: 3 };
  }

  /** @override */
  watched() {
    const source = this.#source();
    if (!source) return [];
    return [cameraOf(this.home, source), problemOf(this.home, source)].flatMap((state) => state?.entity_id ?? []);
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const { connection } = this.home;
    if (!this.isConnected || connection === this.#connection) return;
    this.#connection = connection;
    this.#stopWatch?.();
    this.#stopWatch = watchSources(connection, (sources, status) => {
      this._sources = sources;
      this._status = status;
    });
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  update(changed) {
    const { offsetWidth = 0, offsetHeight = 0 } =
      /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("vigilar-live-player")) ?? {};
    if (offsetHeight) this.#liveRatio = offsetWidth / offsetHeight;
    super.update(changed);
  }

  /** @override */
  render() {
    if (!this.hass || !this._config) return nothing;
    const source = this.#source();
    return html`<ha-card>${source ? this.#camera(this.hass, source) : this.#notice()}</ha-card>`;
  }

  #events() {
    return this._config?.events ?? DEFAULT_EVENTS;
  }

  #source() {
    const { source_id, camera } = this._config ?? {};
    return source_id || camera ? sourceOf(this._sources, { source_id, camera }) : undefined;
  }

  /**
   * @param {Hass} hass
   * @param {Source} source
   */
  #camera(hass, source) {
    const { title = source.name, aspect_ratio } = /** @type {CameraCardConfig} */ (this._config);
    const events = this.#events();
    const state = stateOf(hass, source);
    const ratio = parseRatio(aspect_ratio);
    return html`<div class="stage ${state} ${events ? "" : "alone"}">
        ${this.#isLive(source) ? this.#player(source, ratio) : this.#still(source, ratio)}
        <div class="top">
          ${title ? html`<h2 class="on-picture"><bdi>${title}</bdi></h2>` : html`<span></span>`}
          <span class="on-picture state ${state}" role="status"
            ><span class="dot"></span>${this.localize(`cameras.${state}`)}</span
          >
        </div>
        <div class="bottom">${this.#buttons(hass, source, title || source.name)}</div>
      </div>
      ${events ? this.#list(hass, source, events) : nothing}`;
  }

  /**
   * @param {Source} source
   * @param {number | undefined} ratio
   */
  #player(source, ratio) {
    return html`<vigilar-live-player
      .hass=${this.hass}
      .source=${source}
      .boxed=${this._boxes}
      .controls=${false}
      .ratio=${ratio}
      @vigilar-boxes-failed=${this.#onBoxesFailed}
    ></vigilar-live-player>`;
  }

  /**
   * Of the shape that the live picture had, so that nothing jumps.
   *
   * @param {Source} source
   * @param {number | undefined} [ratio]
   */
  #still(source, ratio) {
    const shape = ratio ?? this.#liveRatio;
    return html`<vigilar-camera-still
      style=${shape ? `aspect-ratio:${shape}` : nothing}
      .hass=${this.hass}
      .source=${source}
    ></vigilar-camera-still>`;
  }

  /**
   * @param {Hass} hass
   * @param {Source} source
   * @param {string} name
   */
  #buttons(hass, source, name) {
    const { localize } = this;
    return [
      this._mute ? html`<span class="on-picture said" role="status">${localize("cameras.boxes_failed")}</span>` : nothing,
      cameraOf(hass, source)
        ? html`<button
            class="on-picture icon-button"
            type="button"
            aria-pressed=${this._boxes ? "true" : "false"}
            aria-label=${localize("cameras.boxes")}
            title=${localize("cameras.boxes")}
            @click=${this.#toggleBoxes}
          >
            ${icon("box")}
          </button>`
        : nothing,
      hass.panels?.vigilar
        ? html`<button
            class="on-picture icon-button"
            type="button"
            aria-label=${localize("camera_card.open", { name })}
            title=${localize("camera_card.open", { name })}
            @click=${() => navigate(`/vigilar/live/${source.source_id}`)}
          >
            ${icon("fullscreen")}
          </button>`
        : nothing,
    ];
  }

  /**
   * @param {Hass} hass
   * @param {Source} source
   * @param {number} limit
   */
  #list(hass, { source_id }, limit) {
    const key = `${source_id} ${limit}`;
    if (key !== this.#queryKey) {
      this.#queryKey = key;
      this.#query = { limit, source_ids: [source_id] };
    }
    return html`<vigilar-timeline density="compact" .hass=${hass} .query=${this.#query}></vigilar-timeline>`;
  }

  #notice() {
    const { state, problem } = this._status;
    const { source_id, camera } = /** @type {CameraCardConfig} */ (this._config);
    if (state === "connecting") {
      return html`<div class="notice" role="status"><span>${this.localize("cameras.loading")}</span></div>`;
    }
    let key = source_id || camera ? "cameras.unknown" : "camera_card.choose";
    if (state === "error") key = `problem.${problem ?? "failed"}`;
    else if (!this._sources.length) key = "list.no_sources";
    return html`<div class="notice">
      ${icon(state === "error" ? "problem" : "camera_offline")}
      <strong>${this.localize(key)}</strong>
      <span>${this.localize(`${key}_help`)}</span>
      ${key === "list.no_sources" && this.home.user?.is_admin ? this.#addButton() : nothing}
    </div>`;
  }

  #addButton() {
    return html`<button class="button primary" type="button" @click=${() => navigate("/config/integrations/integration/vigilar")}>
      ${this.localize("list.add_camera")}
    </button>`;
  }

  /** @param {Source} source */
  #isLive(source) {
    const { live = "auto" } = /** @type {CameraCardConfig} */ (this._config);
    if (source.online === false || !cameraOf(this.home, source)) return false;
    if (live === true || live === "always") return true;
    // What moves now has no place in a picture of a while ago.
    if (this._boxes && this._visible) return true;
    if (live === false || live === "never") return false;
    const { saveData } = /** @type {{connection?: {saveData?: boolean}}} */ (navigator).connection ?? {};
    return this._visible && !document.hidden && !saveData;
  }

  #toggleBoxes() {
    this._boxes = !this._boxes;
    this._mute = false;
  }

  #onBoxesFailed() {
    this._boxes = false;
    this._mute = true;
  }

  #onVisibility = () => this.requestUpdate();
}
