// @ts-check
/** @import { Source } from "./vigilar" */
/** @import { Tuning, TuningFrame } from "./tuning" */
import { define } from "./define.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { navigate } from "./router.js";
import { VigilarThumbnail } from "./thumbnail.js";
import { Drafts } from "./tuning-page-drafts.js";
import { CameraPicture, lastPictureAddress, pictureAddress } from "./tuning-page-picture.js";
import { replayPanel } from "./tuning-page-replay.js";
import { TuningSession } from "./tuning-page-session.js";
import { settingsPanel } from "./tuning-page-settings.js";
import { LAYERS, TuningStage } from "./tuning-page-stage.js";
import { strip } from "./tuning-page-strip.js";
import { tuningPageStyles } from "./tuning-page-styles.js";
import { zonesPanel } from "./tuning-page-zones.js";
import { controls, notices, overlays, tokens } from "./ui-styles.js";
import { html, nothing } from "./vendor/lit.js";
import { ZoneEditor } from "./zone-editor.js";

/** @typedef {"zones" | "settings" | "replay"} Tab */

/** @type {Tab[]} */
const TABS = ["zones", "settings", "replay"];

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
    _layers: { state: true },
    _view: { state: true },
  };

  /** @override */
  static styles = [tokens, controls, notices, overlays, tuningPageStyles];

  #picture = new CameraPicture(() => this.requestUpdate());

  /** @type {TuningSession | undefined} Of the camera that is shown. */
  #session;

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
    this.#session?.close();
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const id = this.#allowed ? this.#source?.source_id : undefined;
    if (id ? !this.#session?.isOf(id, this.home.connection) : this.#session) this.#connect(id);
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
    if (!this.#session || !this.isConnected) return;
    this.#session.start();
    this.#picture.start(() => pictureAddress(this.home, this.#source));
    this.#clock ??= setInterval(() => this.requestUpdate(), TICK_MS);
  }

  /** Nobody looks: ask for nothing. */
  #rest() {
    this.#session?.stop();
    this.#picture.stop();
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** @param {string | undefined} sourceId */
  #connect(sourceId) {
    this.#rest();
    this.#session?.close();
    this.#picture.clear();
    this.#session =
      sourceId === undefined
        ? undefined
        : new TuningSession({
            connection: this.home.connection,
            sourceId,
            drafts,
            onChange: () => this.requestUpdate(),
          });
    if (!document.hidden) this.#wake();
  }

  // --- what happens -----------------------------------------------------------

  #draw() {
    this._layers = new Set([...this._layers, "zones"]);
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
    const zones = this.#session?.store.zones;
    if (!undo || !zones || event.composedPath().some(isTyped)) return;
    event.preventDefault();
    const editor = this.#editor;
    if (editor?.drawing) editor.unplace();
    else if (event.shiftKey) zones.redo();
    else zones.undo();
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
      ${this.#source && this.#session ? this.#camera(this.#source, this.#session) : this.#notice("no_picture", "tuning.unknown")}`;
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
    const { online, detecting } = this.#session?.fares ?? this.#source ?? {};
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

  /**
   * @param {Source} source
   * @param {TuningSession} session
   */
  #camera(source, session) {
    const { saved } = session.store;
    if (!saved) {
      if (!session.error) return this.#loading();
      const retry = html`<button class="button" type="button" @click=${() => session.load()}>
        ${this.localize("problem.retry")}
      </button>`;
      return this.#notice("problem", session.error.code === "unauthorized" ? "tuning.denied" : "tuning.failed", retry);
    }
    return html`<main>
        <section class="viewer" aria-label=${source.name}>
          ${this.#stage(session, saved)} ${this.#now(session)}
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
          <div class="panel">${this.#panel(session, saved)}</div>
        </section>
      </main>
      ${this.#bar(session)}`;
  }

  /**
   * @param {TuningSession} session
   * @param {Tuning} saved
   */
  #stage(session, saved) {
    const { localize } = this;
    const { zones } = session.store;
    const view = this.#shownView;
    const picture = this.#pictureFor(view, session.frame);
    const aspect = saved.aspect ?? (session.frame ? session.frame.width / session.frame.height : USUAL_ASPECT);
    const offline = (session.fares ?? this.#source)?.online === false;
    const absence = offline ? "tuning.no_picture" : "tuning.waiting";
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
          .frame=${session.fresh ? session.frame : undefined}
          .picture=${picture}
          .layers=${this._layers}
          .localize=${localize}
        ></vigilar-tuning-stage>
        ${picture ? nothing : html`<div class="dark"><span>${localize(absence)}</span></div>`}
        ${this.#lamp(session)}
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

  /**
   * @param {"camera" | "live"} view
   * @param {TuningFrame | undefined} frame
   */
  #pictureFor(view, frame) {
    const live = frame && `data:image/jpeg;base64,${frame.luma}`;
    return (view === "camera" ? this.#picture.src : live) ?? live ?? lastPictureAddress(this.home, this.#source);
  }

  /** @param {TuningSession} session */
  #lamp({ fresh, frame }) {
    const state = !fresh ? "unknown" : frame?.would_count ? "counts" : "quiet";
    return html`<div class="lamp ${state}"><i></i>${this.localize(`tuning.now_${state}`)}</div>`;
  }

  /** @param {TuningSession} session */
  #now({ counts, trying }) {
    const { localize } = this;
    return html`<div class="now">
      ${strip({
        saved: counts.saved,
        draft: trying ? counts.draft : undefined,
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

  /**
   * @param {TuningSession} session
   * @param {Tuning} saved
   */
  #panel(session, saved) {
    const { localize, format } = this;
    const { store, replay } = session;
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
      replay,
      draft: store.draft,
      stored: saved.stored_events,
      valid: store.valid,
      run: () => session.run(),
      hass: this.home,
      localize,
      format,
    });
  }

  /** @param {TuningSession} session */
  #bar(session) {
    const { store, saving, refused } = session;
    if (!store.changed) return nothing;
    const { localize } = this;
    const why = refused && (refused.message ?? localize("tuning.save_failed"));
    const says = why ?? localize(store.valid ? "tuning.unsaved" : "tuning.invalid");
    return html`<footer>
      <span role="status" class=${why || !store.valid ? "wrong" : ""}>${says}</span>
      <button class="button" type="button" ?disabled=${saving} @click=${() => session.discard()}>
        ${localize("tuning.discard")}
      </button>
      <button
        class="button primary"
        type="button"
        ?disabled=${saving || !store.valid}
        @click=${() => session.save()}
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

/** @param {EventTarget} target Where the keys undo typing. */
function isTyped(target) {
  return target instanceof Element && target.matches("input:not([type=range]), textarea, [contenteditable]");
}

define("vigilar-tuning-page", TuningPage);
