// @ts-check
/** @import { Filter, TimelineEvent } from "./vigilar" */
/** @import { VigilarEventMedia } from "./event-media.js" */
import { autoReview, setAutoReview } from "./auto-review.js";
import { EventDeeds } from "./event-deeds.js";
import { factList, labelMeters, latencyList, saidOf, whenOf } from "./event-facts.js";
import { EventFollower } from "./event-follower.js";
import { incidentSection, incidentStyles } from "./event-incident.js";
import { viewsOf } from "./event-media.js";
import { eventMenu } from "./event-menu.js";
import { plainStage, plainStyles } from "./event-plain.js";
import { eventViewStyles } from "./event-view-styles.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { goBack, navigate, pathTo } from "./router.js";
import { html, nothing } from "./vendor/lit.js";

const AUTO_REVIEW_MS = 2000;

/**
 * One event: what there is to see of it, why it is one, who was told, and what
 * people say of it. It follows its event as it changes.
 *
 * Fires `vigilar-status` as the timeline does.
 */
export class VigilarEventView extends HassElement {
  /** @override */
  static properties = {
    eventId: { attribute: false },
    filter: { attribute: false },
    search: { attribute: false },
    beside: { type: Boolean, reflect: true },
    _asking: { state: true },
  };

  /** @override */
  static styles = [...eventViewStyles, incidentStyles, plainStyles];

  /** @type {EventFollower | undefined} */
  #follower;

  #deeds = new EventDeeds(this);
  #key = "";

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reviewTimer;

  constructor() {
    super();
    /** @type {string} */
    this.eventId = "";
    /** @type {Filter} What the neighbours are to match. */
    this.filter = {};
    /** @type {string} The same as the query of the address. */
    this.search = "";
    /** @type {boolean} Whether the list is beside it. */
    this.beside = false;
    /** @type {boolean} Whether the deletion is to be confirmed. */
    this._asking = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
    document.addEventListener("visibilitychange", this.#awaitReview);
    this.#follower?.start();
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
    document.removeEventListener("visibilitychange", this.#awaitReview);
    this.#follower?.stop();
    this.#deeds.stop();
    clearTimeout(this.#reviewTimer);
  }

  /**
   * How the sensor of an event stands now is shown.
   *
   * @override
   */
  watched() {
    const entity = this.#follower?.source?.kind === "sensor" && this.#event?.payload.entity_id;
    return entity ? [entity] : [];
  }

  get #event() {
    return this.#follower?.event;
  }

  /** @returns {Pick<import("./event-facts.js").FactContext, "localize" | "format" | "now">} */
  get #context() {
    return { localize: this.localize, format: this.format, now: Date.now() };
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const key = JSON.stringify([this.eventId, this.filter]);
    if (key === this.#key && !changed.has("hass")) return;
    const before = /** @type {import("./vigilar").Hass | undefined} */ (changed.get("hass"));
    if (key === this.#key && before?.connection === this.home.connection) return;
    this.#key = key;
    this.#connect();
  }

  #connect() {
    this.#follower?.stop();
    clearTimeout(this.#reviewTimer);
    this._asking = false;
    this.#follower = new EventFollower({
      connection: this.home.connection,
      id: this.eventId,
      filter: this.filter,
      onChange: () => {
        this.requestUpdate();
        this.#awaitReview();
      },
      onStatus: (status) => this.dispatchEvent(new CustomEvent("vigilar-status", { detail: status })),
    });
    if (this.isConnected) this.#follower.start();
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const standing = this.#follower?.standing ?? "loading";
    const event = this.#event;
    if (standing === "missing" || standing === "deleted" || standing === "failed") return this.#absent(standing);
    return html`${this.#head(event)}
      <div class="body">
        <div class="columns">${event ? this.#content(event) : this.#skeleton()}</div>
      </div>
      ${this.#deeds.message ? html`<div class="toast" role="status">${this.#deeds.message}<span></span></div>` : nothing}
      ${event && this._asking ? this.#confirmation(event) : nothing}`;
  }

  /** @override */
  updated() {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  /** @param {TimelineEvent | undefined} event */
  #head(event) {
    const { localize } = this;
    const severity = event?.severity ?? "info";
    return html`<header class=${severity}>
      ${this.beside ? nothing : this.#iconButton("back", "view.back", this.#leave)}
      ${event ? html`<span class="mark">${icon(event.type)}</span>` : nothing}
      <div class="title">
        ${event
          ? html`<h2>
                ${nameOf(localize, "type", event.type)}
                ${severity === "info"
                  ? nothing
                  : html`<span class="severity-pill">${nameOf(localize, "severity", severity)}</span>`}
                ${event.payload.test ? html`<span class="severity-pill">${localize("list.test")}</span>` : nothing}
              </h2>
              <span class="subtitle"
                ><bdi>${event.payload.name || event.source_id}</bdi> · ${whenOf(event, this.#context)}</span
              >`
          : html`<span class="unseen-text" role="status">${localize("view.loading")}</span>`}
      </div>
      ${event
        ? html`${this.#neighbour("newer", this.#follower?.newerId)} ${this.#neighbour("older", this.#follower?.olderId)}
            <vigilar-menu .items=${this.#menu(event)} .label=${localize("view.more")} ?dark=${this.hasAttribute("dark")}></vigilar-menu>`
        : nothing}
      ${this.beside ? this.#iconButton("close", "view.close", this.#leave) : nothing}
    </header>`;
  }

  /** @param {TimelineEvent} event */
  #content(event) {
    const { localize } = this;
    const { description, labels, latency_ms: latency, why } = event.payload;
    return html`<div class="main">
        ${this.#stage(event)} ${this.#actions(event)}
        <section>
          <h3>${localize("event.why")}</h3>
          <p class="why"><bdi>${why}</bdi></p>
          ${saidOf(event, this.#context)}
        </section>
        ${incidentSection(event, this.#follower?.incident ?? [], {
          hass: this.hass,
          localize,
          format: this.format,
          goTo: (id) => this.#goTo(id),
        })}
        ${description
          ? html`<section>
              <h3>${localize("view.description")}</h3>
              <p class="why"><bdi>${description.text}</bdi></p>
              <div class="said">
                ${localize("view.note_by", { by: description.by, at: this.#context.format.exact(description.ts) })}
              </div>
            </section>`
          : nothing}
        ${labels.length
          ? html`<section>
              <h3>${localize("event.labels")}</h3>
              ${labelMeters(labels, this.#context)}
            </section>`
          : nothing}
      </div>
      <div class="aside">
        <section>
          <h3>${localize("view.facts")}</h3>
          ${factList(event, this.#context)}
        </section>
        <section>
          <h3>${localize("ledger.title")}</h3>
          <vigilar-ledger .hass=${this.hass} .event=${event}></vigilar-ledger>
        </section>
        <section>
          <vigilar-event-note
            .hass=${this.hass}
            .event=${event}
            .write=${(/** @type {string} */ text) => this.#deeds.note(event, text)}
          ></vigilar-event-note>
        </section>
        ${Object.keys(latency ?? {}).length
          ? html`<section>
              <details>
                <summary>${localize("view.latency")}</summary>
                ${latencyList(/** @type {Record<string, number>} */ (latency), this.#context)}
              </details>
            </section>`
          : nothing}
      </div>`;
  }

  /** @param {TimelineEvent} event */
  #stage(event) {
    if (viewsOf(event).length) return html`<vigilar-event-media .hass=${this.hass} .event=${event}></vigilar-event-media>`;
    return plainStage(event, this.#follower?.incident ?? [], {
      ...this.#context,
      hass: this.home,
      source: this.#follower?.source,
      goTo: (id) => this.#goTo(id),
    });
  }

  /** @param {TimelineEvent} event */
  #actions(event) {
    const { localize } = this;
    const reviewed = this.#mine(event);
    const isFalse = event.payload.feedback?.verdict === "false_alarm";
    return html`<div class="deeds">
      <button
        class="button grow ${reviewed ? "on" : "primary"}"
        type="button"
        aria-pressed=${String(reviewed)}
        ?disabled=${this.#deeds.busy}
        @click=${() => this.#deeds.review(event, !reviewed)}
      >
        ${icon(reviewed ? "reviewed" : "check")}${localize(reviewed ? "view.reviewed" : "view.review")}
      </button>
      ${this.#action("false_alarm", "view.false_alarm", isFalse, () =>
        this.#deeds.judge(event, isFalse ? null : "false_alarm"),
      )}
      ${this.#mayControl
        ? this.#action(
            event.payload.protected ? "protected" : "unprotected",
            event.payload.protected ? "view.protected" : "view.protect",
            Boolean(event.payload.protected),
            () => this.#deeds.turnProtection(event),
          )
        : nothing}
      ${this.#action("share", "view.share", undefined, () => this.#deeds.share(event))}
    </div>`;
  }

  /**
   * @param {string} picture
   * @param {string} key
   * @param {boolean | undefined} pressed
   * @param {() => void} action
   */
  #action(picture, key, pressed, action) {
    return html`<button
      class="button ${pressed ? "on" : ""}"
      type="button"
      title=${this.localize(key)}
      aria-pressed=${pressed === undefined ? nothing : String(pressed)}
      ?disabled=${this.#deeds.busy}
      @click=${action}
    >
      ${icon(picture)}<span>${this.localize(key)}</span>
    </button>`;
  }

  #skeleton() {
    return html`<div class="main"><i class="bone picture-bone"></i></div>
      <div class="aside"><i class="bone line-bone"></i><i class="bone line-bone"></i><i class="bone line-bone"></i></div>`;
  }

  /** @param {"missing" | "deleted" | "failed"} standing */
  #absent(standing) {
    const { localize } = this;
    return html`${this.#head(undefined)}
      <div class="notice" role="status">
        ${icon(standing === "failed" ? "problem" : "timeline")}
        <strong>${localize(`view.${standing}`)}</strong>
        <span>${localize(`view.${standing}_help`)}</span>
        ${standing === "failed"
          ? html`<button class="button" type="button" @click=${() => this.#follower?.reload()}>
              ${localize("problem.retry")}
            </button>`
          : html`<button class="button" type="button" @click=${() => navigate(pathTo("timeline", "", this.search))}>
              ${localize("view.to_timeline")}
            </button>`}
      </div>`;
  }

  /** @param {TimelineEvent} event */
  #confirmation(event) {
    const { localize } = this;
    return html`<dialog aria-labelledby="ask" @close=${() => (this._asking = false)}>
      <h2 id="ask">${localize("view.delete_title")}</h2>
      <p>${localize(event.payload.protected ? "view.delete_protected" : "view.delete_text")}</p>
      <div class="actions">
        <button class="button" type="button" @click=${() => (this._asking = false)}>${localize("view.cancel")}</button>
        <button class="button danger" type="button" @click=${() => this.#delete(event)}>${localize("view.delete")}</button>
      </div>
    </dialog>`;
  }

  /**
   * @param {"newer" | "older"} name
   * @param {string | null | undefined} id
   */
  #neighbour(name, id) {
    return this.#iconButton(name, `view.${name}`, () => this.#goTo(id), !id);
  }

  /**
   * @param {string} picture
   * @param {string} key
   * @param {() => void} action
   * @param {boolean} [disabled]
   */
  #iconButton(picture, key, action, disabled = false) {
    const label = this.localize(key);
    return html`<button
      class="icon-button ${picture}"
      type="button"
      aria-label=${label}
      title=${label}
      ?disabled=${disabled}
      @click=${action}
    >
      ${icon(picture)}
    </button>`;
  }

  // --- what can be done ---------------------------------------------------------

  /** @param {TimelineEvent} event */
  #menu(event) {
    return eventMenu(event, {
      localize: this.localize,
      mayDelete: Boolean(this.home.user?.is_admin),
      autoReview: autoReview(),
      judge: (verdict) => this.#deeds.judge(event, verdict),
      save: (path, name) => this.#deeds.save(path, name),
      exportBundle: () => this.#deeds.export(event),
      watchLive: () => navigate(pathTo("live", event.source_id)),
      turnAutoReview: () => {
        setAutoReview(!autoReview());
        this.requestUpdate();
        this.#awaitReview();
      },
      askToDelete: () => (this._asking = true),
    });
  }

  get #mayControl() {
    return this.#follower?.source?.can_control ?? Boolean(this.home.user?.is_admin);
  }

  /** @param {TimelineEvent} event */
  #mine(event) {
    return (event.payload.reviews ?? []).some(({ user_id }) => user_id === this.home.user?.id);
  }

  /** @param {TimelineEvent} event */
  async #delete(event) {
    const next = this.#follower?.olderId ?? this.#follower?.newerId;
    this._asking = false;
    if (!(await this.#deeds.delete(event))) return;
    if (next) this.#goTo(next);
    else navigate(pathTo("timeline", "", this.search), { replace: true });
  }

  /** @param {string | null | undefined} id */
  #goTo(id) {
    if (id) navigate(pathTo("event", id, this.search), { replace: true });
  }

  #leave() {
    if (this.beside) navigate(pathTo("timeline", "", this.search));
    else goBack(pathTo("timeline", "", this.search));
  }

  /** Who wants it so has looked at an event once it was in sight for two seconds. */
  #awaitReview = () => {
    clearTimeout(this.#reviewTimer);
    const event = this.#event;
    if (!event || document.hidden || !autoReview() || this.#mine(event)) return;
    this.#reviewTimer = setTimeout(() => this.#deeds.review(event, true), AUTO_REVIEW_MS);
  };

  /** @param {KeyboardEvent} press */
  #onKey = (press) => {
    if (press.defaultPrevented || press.altKey || press.ctrlKey || press.metaKey || this._asking) return;
    const [target] = press.composedPath();
    const element = target instanceof Element ? target : document.body;
    // Keys belong first to what has the focus: a text, a button, the list beside.
    if (element !== document.body && !press.composedPath().includes(this)) return;
    if (element.matches("input, textarea, select, [contenteditable], summary")) return;
    if (press.key === " " && element.matches("button, a")) return;
    /** @type {Record<string, string | null | undefined>} */
    const neighbours = {
      "]": this.#follower?.newerId,
      ArrowUp: this.#follower?.newerId,
      "[": this.#follower?.olderId,
      ArrowDown: this.#follower?.olderId,
    };
    if (press.key in neighbours) this.#goTo(neighbours[press.key]);
    else if (!this.#media?.handleKey(press.key)) return;
    press.preventDefault();
  };

  get #media() {
    /** @type {VigilarEventMedia | null} */
    const media = this.renderRoot.querySelector("vigilar-event-media");
    return media;
  }
}
