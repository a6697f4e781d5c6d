// @ts-check
/** @import { Source } from "./vigilar" */
/** @import { CommandError, Tuning, TuningFrame, TuningState } from "./tuning" */
import { define } from "./define.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { navigate } from "./router.js";
import { VigilarThumbnail } from "./thumbnail.js";
import { TuningClient } from "./tuning-client.js";
import { Drafts } from "./tuning-page-drafts.js";
import { CountHistory } from "./tuning-page-history.js";
import { CameraPicture, lastPictureAddress, pictureAddress } from "./tuning-page-picture.js";
import { Replay, replayPanel } from "./tuning-page-replay.js";
import { settingsPanel } from "./tuning-page-settings.js";
import { LAYERS, TuningStage } from "./tuning-page-stage.js";
import { TuningStore } from "./tuning-page-store.js";
import { strip } from "./tuning-page-strip.js";
import { tuningPageStyles } from "./tuning-page-styles.js";
import { zonesPanel } from "./tuning-page-zones.js";
import { controls, notices, overlays, tokens } from "./ui-styles.js";
import { html, nothing } from "./vendor/lit.js";
import { ZoneEditor } from "./zone-editor.js";

/** @typedef {"zones" | "settings" | "replay"} Tab */

/** @type {Tab[]} */
const TABS = ["zones", "settings", "replay"];

/** A frame is believed for as long as this. */
const FRAME_MS = 3000;

const TICK_MS = 1000;

/** Of a camera that nobody has seen a picture of. */
const USUAL_ASPECT = 16 / 9;

/** Shared by all pages of this browser's tab. */
const drafts = new Drafts();

/** Where an administrator draws zones, tries settings out, and sees at once what would count. */
export class TuningPage extends HassElement {
  /** @override */
  static properties = {
    ...HassElement.properties,
    sourceId: { attribute: false },
    sources: { attribute: false },
    _tab: { state: true },
    _fares: { state: true },
    _layers: { state: true },
    _view: { state: true },
    _error: { state: true },
    _saving: { state: true },
    _refused: { state: true },
  };

  /** @override */
  static styles = [tokens, controls, notices, overlays, tuningPageStyles];

  #store = new TuningStore(() => this.#onChange());
  #replay = new Replay(() => this.requestUpdate());
  #picture = new CameraPicture(() => this.requestUpdate());

  /** @type {{saved: CountHistory, draft: CountHistory}} */
  #counts = { saved: new CountHistory(FRAME_MS), draft: new CountHistory(FRAME_MS) };

  /** @type {TuningClient | undefined} */
  #client;

  /** @type {string | undefined} The camera that is connected to, */
  #connected;

  /** @type {unknown} and by which connection. */
  #connection;

  /** @type {TuningFrame | undefined} */
  #frame;

  /** When the newest frame came, Unix milliseconds. */
  #frameAt = 0;

  /** @type {string | undefined} What the last draft was that frames are judged by. */
  #judged;

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  constructor() {
    super();
    /** @type {string | undefined} The camera to tune; the first one where it is not said. */
    this.sourceId = undefined;
    /** @type {Source[] | undefined} All that the user may see; undefined until they are known. */
    this.sources = undefined;
    /** @type {Tab} */
    this._tab = "zones";
    /** @type {ReadonlySet<string>} */
    this._layers = new Set(LAYERS);
    /** @type {"camera" | "live" | undefined} The picture that the user chose to see. */
    this._view = undefined;
    /** @type {CommandError | undefined} */
    this._error = undefined;
    /** @type {TuningState | undefined} How the camera fares, once it has told. */
    this._fares = undefined;
    this._saving = false;
    /** @type {string | undefined} Why the server did not save. */
    this._refused = undefined;
    define("vigilar-zone-editor", ZoneEditor);
    define("vigilar-tuning-stage", TuningStage);
    define("vigilar-thumbnail", VigilarThumbnail);
  }

  // --- life -------------------------------------------------------------------

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#onVisibility);
    window.addEventListener("keydown", this.#onKey);
    this.#onVisibility();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#onVisibility);
    window.removeEventListener("keydown", this.#onKey);
    this.#rest();
    this.#replay.stop();
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const id = this.#allowed ? this.#source?.source_id : undefined;
    if (id !== this.#connected || (id && this.home.connection !== this.#connection)) this.#connect(id);
  }

  /** @override */
  watched() {
    return [this.#source?.camera_entity_id ?? ""];
  }

  get #allowed() {
    return this.home.user?.is_admin !== false;
  }

  /** @returns {Source | undefined} */
  get #source() {
    const { sources, sourceId } = this;
    return sourceId ? sources?.find(({ source_id }) => source_id === sourceId) : sources?.[0];
  }

  #onVisibility = () => {
    if (document.hidden) this.#rest();
    else this.#wake();
  };

  #wake() {
    if (!this.#client || !this.isConnected) return;
    this.#client.start();
    this.#picture.start(() => pictureAddress(this.home, this.#source));
    this.#clock ??= setInterval(() => this.requestUpdate(), TICK_MS);
  }

  /** Nobody looks: ask for nothing. */
  #rest() {
    this.#client?.stop();
    this.#picture.stop();
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** @param {string | undefined} sourceId */
  #connect(sourceId) {
    this.#rest();
    this.#replay.stop();
    this.#picture.clear();
    this.#connected = sourceId;
    this.#connection = this.home.connection;
    this.#client = undefined;
    this.#frame = undefined;
    this.#judged = undefined;
    this.#counts = { saved: new CountHistory(FRAME_MS), draft: new CountHistory(FRAME_MS) };
    this.#store = new TuningStore(() => this.#onChange());
    this._error = undefined;
    this._fares = undefined;
    this._refused = undefined;
    if (!sourceId) return;
    this.#client = new TuningClient({
      connection: this.home.connection,
      sourceId,
      onFrame: (frame, draft) => this.#onFrame(frame, draft),
      onState: (state) => {
        this._fares = state;
      },
      onReady: () => {
        this.#replay.lose();
        this.#load();
      },
      onError: (error) => {
        this._error = error;
      },
    });
    this.#load();
    if (!document.hidden) this.#wake();
  }

  async #load() {
    const [client, id] = [this.#client, this.#connected];
    if (!client || !id) return;
    try {
      const saved = await client.load();
      if (client !== this.#client) return;
      this.#store.load(saved, drafts.of(id));
      this._error = undefined;
    } catch (error) {
      if (client === this.#client) this._error = /** @type {CommandError} */ (error);
    }
  }

  // --- what happens -----------------------------------------------------------

  /**
   * @param {TuningFrame} frame
   * @param {boolean} draft
   */
  #onFrame(frame, draft) {
    const now = Date.now();
    this.#counts[draft ? "draft" : "saved"].add(now, frame.would_count);
    if (draft !== this.#trying) return;
    this.#frame = frame;
    this.#frameAt = now;
    this.requestUpdate();
  }

  /** @returns {boolean} Whether frames are to be judged by a draft. */
  get #trying() {
    return this.#judged !== undefined;
  }

  #onChange() {
    const store = this.#store;
    if (this.#connected) drafts.keep(this.#connected, store.changed ? store.changes : undefined);
    // A shape that is no polygon yet is not tried out; what was before it is.
    if (store.valid) this.#judge(store.changed ? JSON.stringify(store.draft) : undefined);
    this.requestUpdate();
  }

  /** @param {string | undefined} key */
  #judge(key) {
    if (key === this.#judged) return;
    if (key === undefined) this.#counts.draft = new CountHistory(FRAME_MS);
    this.#judged = key;
    this.#client?.judge(key === undefined ? undefined : this.#store.draft);
  }

  async #save() {
    const [client, store, changes] = [this.#client, this.#store, this.#store.changes];
    if (!client || this._saving) return;
    this._saving = true;
    this._refused = undefined;
    try {
      store.keep(changes, await client.save(changes));
    } catch (error) {
      this._refused = /** @type {CommandError} */ (error).message ?? this.localize("tuning.save_failed");
    } finally {
      this._saving = false;
    }
  }

  #discard() {
    this._refused = undefined;
    this.#store.discard();
  }

  #run() {
    const [client, id] = [this.#client, this.#connected];
    if (!client || !id) return;
    this.#replay.start(client, this.#store.draft, () => {
      // The list reads without pictures, too.
      this.#replay.findEvents(this.home, id).catch(() => {});
    });
  }

  #draw() {
    this._tab = "zones";
    this.#editor?.draw();
    this.requestUpdate();
  }

  /** @returns {ZoneEditor | null} */
  get #editor() {
    return /** @type {ZoneEditor | null} */ (this.renderRoot.querySelector("vigilar-zone-editor"));
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.altKey;
    // In a text field the keys undo typing.
    if (!undo || event.composedPath().some((target) => target instanceof HTMLInputElement && target.type === "text")) {
      return;
    }
    event.preventDefault();
    const editor = this.#editor;
    if (editor?.drawing) editor.unplace();
    else if (event.shiftKey) this.#store.zones.redo();
    else this.#store.zones.undo();
  };

  /** @param {Event} event */
  #choose(event) {
    navigate(`/vigilar/tuning/${/** @type {HTMLSelectElement} */ (event.target).value}`);
  }

  /** @param {string} layer */
  #toggle(layer) {
    const layers = new Set(this._layers);
    if (!layers.delete(layer)) layers.add(layer);
    this._layers = layers;
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const { localize, sources } = this;
    if (!this.#allowed) return this.#notice("lock", "tuning.denied");
    if (!sources) return this.#loading();
    if (!sources.length) {
      return this.#notice(
        "cameras",
        "tuning.no_cameras",
        html`<a class="button primary" href="/config/integrations/integration/vigilar">
          ${icon("add")}${localize("tuning.add_camera")}
        </a>`,
      );
    }
    return html`<header>${this.#chooser(sources)} ${this.#state()}</header>
      ${this.#source ? this.#camera(this.#source) : this.#notice("no_picture", "tuning.unknown")}`;
  }

  /** @param {Source[]} sources */
  #chooser(sources) {
    const chosen = this.#source?.source_id;
    return html`<label class="camera">
      <span class="unseen-text">${this.localize("tuning.camera")}</span>
      ${icon("cameras")}
      <select @change=${this.#choose} .value=${chosen ?? ""}>
        ${chosen ? nothing : html`<option value="" selected disabled>${this.localize("tuning.choose")}</option>`}
        ${sources.map(
          ({ source_id: id, name }) => html`<option value=${id} ?selected=${id === chosen}>${name}</option>`,
        )}
      </select>
      ${icon("open")}
    </label>`;
  }

  /** Say what keeps the camera from counting. */
  #state() {
    const { online, detecting } = this._fares ?? this.#source ?? {};
    const key = online === false ? "offline" : detecting === false ? "detection_off" : undefined;
    if (!key) return nothing;
    return html`<div class="state">
      ${icon(key === "offline" ? "camera_offline" : "detection_off")}
      <span>
        <strong>${this.localize(`tuning.state_${key}`)}</strong>
        ${this.localize(`tuning.state_${key}_help`)}
      </span>
    </div>`;
  }

  /** @param {Source} source */
  #camera(source) {
    const { saved } = this.#store;
    if (!saved) {
      if (!this._error) return this.#loading();
      const retry = html`<button class="button" type="button" @click=${this.#load}>
        ${this.localize("problem.retry")}
      </button>`;
      return this.#notice("problem", this._error.code === "unauthorized" ? "tuning.denied" : "tuning.failed", retry);
    }
    return html`<main>
        <section class="viewer" aria-label=${source.name}>
          ${this.#stage(this.#aspectOf(saved))} ${this.#now()}
        </section>
        <section class="side">
          <div class="segments" role="group" aria-label=${this.localize("tuning.title")}>
            ${TABS.map(
              (tab) => html`<button
                type="button"
                aria-pressed=${String(this._tab === tab)}
                @click=${() => (this._tab = tab)}
              >
                ${this.localize(`tuning.tab_${tab}`)}
              </button>`,
            )}
          </div>
          <div class="panel">${this.#panel()}</div>
        </section>
      </main>
      ${this.#bar()}`;
  }

  /** @param {Tuning} saved */
  #aspectOf({ aspect }) {
    return aspect ?? (this.#frame ? this.#frame.width / this.#frame.height : USUAL_ASPECT);
  }

  /** @param {number} aspect */
  #stage(aspect) {
    const { localize } = this;
    const zones = this.#store.zones;
    const view = this.#shownView;
    const picture = this.#pictureFor(view);
    const frame = this.#fresh ? this.#frame : undefined;
    return html`<vigilar-zone-editor
        .store=${zones}
        .zones=${zones.zones}
        .zone=${zones.zone}
        .corner=${zones.corner}
        .aspect=${aspect}
        .picture=${picture}
        .shown=${this._layers.has("zones")}
        .localize=${localize}
        .format=${this.format}
        @drawing-ended=${() => this.requestUpdate()}
      >
        <vigilar-tuning-stage
          .frame=${frame}
          .picture=${picture}
          .layers=${this._layers}
          .localize=${localize}
        ></vigilar-tuning-stage>
        ${picture ? nothing : html`<div class="dark"><span>${localize(this.#absence)}</span></div>`}
        ${this.#lamp()}
      </vigilar-zone-editor>
      <div class="row under">
        ${this.#picture.src
          ? html`<div class="segments" role="group" aria-label=${localize("tuning.picture")}>
              ${/** @type {const} */ (["camera", "live"]).map(
                (each) => html`<button
                  type="button"
                  aria-pressed=${String(each === view)}
                  @click=${() => (this._view = each)}
                >
                  ${localize(`tuning.picture_${each}`)}
                </button>`,
              )}
            </div>`
          : nothing}
        <div class="layers" role="group" aria-label=${localize("tuning.layers")}>
          ${LAYERS.map(
            (layer) => html`<button
              class="chip"
              type="button"
              aria-pressed=${String(this._layers.has(layer))}
              @click=${() => this.#toggle(layer)}
            >
              <i class="key ${layer}"></i>${localize(`tuning.layer_${layer}`)}
            </button>`,
          )}
        </div>
      </div>`;
  }

  /** Something that moves is seen where it is; what is drawn, on the sharper picture. */
  get #shownView() {
    if (!this.#picture.src) return "live";
    return this._view ?? (this._tab === "zones" ? "camera" : "live");
  }

  /** @param {"camera" | "live"} view */
  #pictureFor(view) {
    const live = this.#frame && `data:image/jpeg;base64,${this.#frame.luma}`;
    return (view === "camera" ? this.#picture.src : live) ?? live ?? lastPictureAddress(this.home, this.#source);
  }

  get #fresh() {
    return this.#frame !== undefined && Date.now() - this.#frameAt < FRAME_MS;
  }

  get #absence() {
    return (this._fares ?? this.#source)?.online === false ? "tuning.no_picture" : "tuning.waiting";
  }

  #lamp() {
    const state = !this.#fresh ? "unknown" : this.#frame?.would_count ? "counts" : "quiet";
    return html`<div class="lamp ${state}"><i></i>${this.localize(`tuning.now_${state}`)}</div>`;
  }

  #now() {
    const { localize } = this;
    return html`<div class="now">
      ${strip({
        saved: this.#counts.saved,
        draft: this.#trying ? this.#counts.draft : undefined,
        now: Date.now(),
        localize,
        format: this.format,
      })}
      <div class="legend">
        <span><i class="line counts"></i>${localize("tuning.why_counts")}</span>
        <span><i class="line"></i>${localize("tuning.legend_not")}</span>
      </div>
    </div>`;
  }

  #panel() {
    const { localize, format } = this;
    const store = this.#store;
    const saved = /** @type {Tuning} */ (store.saved);
    if (this._tab === "zones") {
      const drawing = Boolean(this.#editor?.drawing);
      return zonesPanel({ store: store.zones, drawing, draw: () => this.#draw(), localize });
    }
    if (this._tab === "settings") {
      return settingsPanel({
        saved,
        settings: store.settings,
        set: (name, value) => store.set(name, value),
        language: this.home.locale.language,
        localize,
      });
    }
    return replayPanel({
      replay: this.#replay,
      draft: store.draft,
      stored: saved.stored_events,
      valid: store.valid,
      run: () => this.#run(),
      hass: this.home,
      localize,
      format,
    });
  }

  #bar() {
    const store = this.#store;
    if (!store.changed) return nothing;
    const { localize } = this;
    const says = this._refused ?? localize(store.valid ? "tuning.unsaved" : "tuning.invalid");
    return html`<footer>
      <span role="status" class=${this._refused || !store.valid ? "wrong" : ""}>${says}</span>
      <button class="button" type="button" ?disabled=${this._saving} @click=${this.#discard}>
        ${localize("tuning.discard")}
      </button>
      <button
        class="button primary"
        type="button"
        ?disabled=${this._saving || !store.valid}
        @click=${this.#save}
      >
        ${localize("tuning.apply")}
      </button>
    </footer>`;
  }

  /**
   * @param {string} picture
   * @param {string} key
   * @param {unknown} [action]
   */
  #notice(picture, key, action = nothing) {
    return html`<div class="notice">
      ${icon(picture)}
      <strong>${this.localize(key)}</strong>
      <span>${this.localize(`${key}_help`)}</span>
      ${action}
    </div>`;
  }

  #loading() {
    return html`<span class="unseen-text" role="status">${this.localize("tuning.loading")}</span>
      <main aria-hidden="true">
        <section class="viewer"><i class="bone whole"></i></section>
        <section class="side"><i class="bone"></i><i class="bone"></i><i class="bone"></i></section>
      </main>`;
  }
}

define("vigilar-tuning-page", TuningPage);
