// @ts-check
/** @import { Hass, Problem, Query, Source, Status, TimelineEvent } from "./vigilar" */
import { Announcer } from "./announcer.js";
import { eventRow, isLasting } from "./event-row.js";
import { Formatter } from "./format.js";
import { icon } from "./icons.js";
import { loadTexts, localizer, nameOf } from "./localize.js";
import { TimelineClient } from "./timeline-client.js";
import { TimelineStore } from "./timeline-store.js";
import { timelineStyles } from "./timeline-styles.js";
import { LitElement, guard, html, nothing, repeat } from "./vendor/lit.js";

/** How many events one list holds at most, however far one scrolls. */
export const MOST_EVENTS = 1000;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** @type {Record<string, (index: number, last: number) => number>} */
const KEY_MOVES = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

/** @type {Source[]} */
let lastSources = [];

/** @returns {Source[]} The sources that any timeline of this page was last told of. */
export function knownSources() {
  return lastSources;
}

/**
 * The list of events, live. The card and the panel put a frame around it.
 *
 * Fires `vigilar-status` with a `Status` whenever the connection's state changes.
 */
export class VigilarTimeline extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    query: { attribute: false },
    paging: { type: Boolean },
  };

  /** @override */
  static styles = timelineStyles;

  /** @type {Status} */
  #status = { state: "connecting" };

  /** @type {TimelineStore | undefined} */
  #store;

  /** @type {TimelineClient | undefined} */
  #client;

  /** @type {Hass["connection"] | undefined} */
  #connection;

  #queryKey = "";
  #announcer = new Announcer((news) => this.#announce(news));
  #announcement = "";

  /** @type {Set<string>} */
  #open = new Set();

  /** @type {Set<string>} */
  #fresh = new Set();

  /** @type {string | undefined} */
  #current;

  #focusInside = false;
  #now = Date.now();

  /** The last moment at which what is shown was known to be so. */
  #liveAt = this.#now;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clock;

  /** @type {number | undefined} */
  #frame;

  /** @type {"idle" | "loading" | "failed"} */
  #older = "idle";

  #nearEnd = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && this.#older === "idle") this.#loadOlder();
  });

  /** @type {Element | undefined} */
  #observed;

  /** @type {Formatter | undefined} */
  #format;

  /** @type {Hass["locale"] | undefined} */
  #locale;

  #localize = localizer("en");

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {Query | undefined} */
    this.query = undefined;
    /** @type {boolean} Whether the reader can go on to older events. */
    this.paging = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#tick);
    this.#client?.start();
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#tick);
    this.#client?.stop();
    this.#announcer.stop();
    clearTimeout(this.#clock);
    this.#nearEnd.disconnect();
    this.#observed = undefined;
    this.#fresh.clear();
  }

  /**
   * Home Assistant sets `hass` at every state change of the house; only what
   * the timeline shows is worth drawing again.
   *
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  shouldUpdate(changed) {
    if (!this.hass || !this.query) return false;
    const before = /** @type {Hass | undefined} */ (changed.get("hass"));
    return (
      changed.size !== 1 ||
      !before ||
      before.locale !== this.hass.locale ||
      before.language !== this.hass.language ||
      before.themes?.darkMode !== this.hass.themes?.darkMode ||
      before.connection !== this.hass.connection ||
      before.config?.state !== this.hass.config?.state
    );
  }

  /** @override */
  willUpdate() {
    const { hass, query } = this.#given();
    this.toggleAttribute("dark", Boolean(hass.themes?.darkMode));
    if (hass.locale !== this.#locale) {
      this.#locale = hass.locale;
      this.#format = new Formatter(hass);
      this.#localize = localizer(hass.language);
      loadTexts(hass.language).then(
        () => {
          this.#localize = localizer(hass.language);
          this.requestUpdate();
        },
        () => {},
      );
    }
    const queryKey = JSON.stringify(query);
    if (hass.connection !== this.#connection || queryKey !== this.#queryKey) {
      this.#connection = hass.connection;
      this.#queryKey = queryKey;
      this.#connect();
    }
    this.#now = Date.now();
    if (this.#status.state === "live") this.#liveAt = this.#now;
    this.#focusInside = Boolean(this.shadowRoot?.activeElement?.hasAttribute("data-event"));
  }

  /** @override */
  render() {
    const { events } = this.#held();
    const error = this.#status.state === "error";
    return html`
      <div class="unseen-text" aria-live="polite">${this.#announcement}</div>
      ${error && events.length ? this.#banner() : nothing}
      <div class="scroller" tabindex="-1" @keydown=${this.#onKey}>
        ${events.length ? [this.#days(events), this.#tail()] : this.#placeholder(error)}
      </div>
    `;
  }

  /** @override */
  updated() {
    this.#keepFocus();
    this.#watchEnd();
    this.#windClock();
  }

  #given() {
    return { hass: /** @type {Hass} */ (this.hass), query: /** @type {Query} */ (this.query) };
  }

  #held() {
    return /** @type {TimelineStore} */ (this.#store);
  }

  // --- connection -----------------------------------------------------------

  #connect() {
    const { hass, query } = this.#given();
    this.#client?.stop();
    this.#announcer.stop();
    this.#open.clear();
    this.#fresh.clear();
    const store = new TimelineStore(query.limit, this.paging ? MOST_EVENTS : query.limit);
    this.#store = store;
    this.#client = new TimelineClient({
      connection: hass.connection,
      store,
      query,
      onNews: (news) => this.#onNews(news),
      onStatus: (status) => this.#onStatus(status),
    });
    if (this.isConnected) this.#client.start();
  }

  /** @param {TimelineEvent[]} news */
  #onNews(news) {
    lastSources = this.#held().sources;
    if (news.length) {
      this.#fresh = new Set(news.map(({ id }) => id));
      this.#announcer.add(news);
    }
    // One drawing a frame, however many messages come; none in a hidden tab.
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.requestUpdate();
    });
  }

  /** @param {Status} status */
  #onStatus(status) {
    this.#status = status;
    this.dispatchEvent(new CustomEvent("vigilar-status", { detail: status }));
    this.requestUpdate();
  }

  /** @param {TimelineEvent[]} news */
  #announce(news) {
    const event = news.reduce((latest, each) => (each.ts >= latest.ts ? each : latest));
    const localize = this.#localize;
    this.#announcement = localize(news.length === 1 ? "announce.one" : "announce.many", {
      count: news.length,
      type: nameOf(localize, "type", event.type),
      name: event.payload.name || event.source_id,
      time: this.#format?.time(event.ts) ?? "",
    });
    this.requestUpdate();
  }

  // --- list -----------------------------------------------------------------

  /** @param {readonly TimelineEvent[]} events */
  #days(events) {
    const format = /** @type {Formatter} */ (this.#format);
    const tabStop = events.some(({ id }) => id === this.#current) ? this.#current : events[0]?.id;
    /** @type {Map<string, TimelineEvent[]>} */
    const days = new Map();
    for (const event of events) {
      const key = format.dayKey(event.ts);
      const ofDay = days.get(key);
      if (ofDay) ofDay.push(event);
      else days.set(key, [event]);
    }
    return html`<div role="group" aria-label=${this.#localize("list.label")}>
      ${repeat(
        days,
        ([key]) => key,
        ([key, ofDay]) => this.#day(key, ofDay, tabStop),
      )}
    </div>`;
  }

  /**
   * @param {string} key
   * @param {TimelineEvent[]} events
   * @param {string | undefined} tabStop
   */
  #day(key, events, tabStop) {
    const format = /** @type {Formatter} */ (this.#format);
    const ts = /** @type {TimelineEvent} */ (events[0]).ts;
    const name = format.dayName(ts, this.#now);
    return html`<section class="day" data-day=${key}>
      <h3>${name ? this.#localize(`day.${name}`) : format.day(ts, this.#now)}</h3>
      <ol>
        ${repeat(
          events,
          ({ id }) => id,
          (event) => this.#row(event, event.id === tabStop),
        )}
      </ol>
    </section>`;
  }

  /**
   * @param {TimelineEvent} event
   * @param {boolean} tabStop
   */
  #row(event, tabStop) {
    const open = this.#open.has(event.id);
    const fresh = this.#fresh.has(event.id);
    const live = this.#status.state === "live";
    const second = isLasting(event) ? Math.floor(this.#liveAt / SECOND_MS) : 0;
    const localize = this.#localize;
    const format = /** @type {Formatter} */ (this.#format);
    return guard([event, tabStop, open, fresh, live, second, localize, format], () =>
      eventRow(event, {
        localize,
        format,
        now: this.#liveAt,
        live,
        open,
        tabStop,
        fresh,
        toggle: () => this.#toggle(event.id),
      }),
    );
  }

  /** @param {string} id */
  #toggle(id) {
    if (!this.#open.delete(id)) this.#open.add(id);
    this.#current = id;
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    const move = KEY_MOVES[press.key];
    const rows = this.#rows();
    const index = rows.findIndex((row) => row === this.shadowRoot?.activeElement);
    if (!move || index < 0 || press.altKey || press.ctrlKey || press.metaKey) return;
    press.preventDefault();
    const row = /** @type {HTMLElement} */ (rows[move(index, rows.length - 1)]);
    this.#current = row.dataset.event;
    row.focus();
    this.requestUpdate();
  }

  /** @returns {HTMLElement[]} */
  #rows() {
    return [...this.renderRoot.querySelectorAll(/** @type {"button"} */ (".row"))];
  }

  /** A row that leaves while it is focused hands the focus to the list's tab stop. */
  #keepFocus() {
    if (!this.#focusInside || this.shadowRoot?.activeElement) return;
    this.#rows().find((row) => row.tabIndex === 0)?.focus();
  }

  // --- time -----------------------------------------------------------------

  #tick = () => {
    clearTimeout(this.#clock);
    this.#clock = undefined;
    if (!document.hidden) this.requestUpdate();
  };

  /** Draw again when a shown duration or the name of a day may have changed. */
  #windClock() {
    if (this.#clock !== undefined || document.hidden || !this.isConnected) return;
    const step = this.#held().events.some(isLasting) ? SECOND_MS : MINUTE_MS;
    this.#clock = setTimeout(this.#tick, step - (Date.now() % step));
  }

  // --- older events -----------------------------------------------------------

  async #loadOlder() {
    this.#older = "loading";
    this.requestUpdate();
    try {
      await this.#client?.loadOlder();
      this.#older = "idle";
    } catch {
      this.#older = "failed";
    }
    // Forget the end, so that it loads more when the page did not fill the view.
    this.#nearEnd.disconnect();
    this.#observed = undefined;
    this.requestUpdate();
  }

  #watchEnd() {
    const end = this.renderRoot.querySelector(".tail button") ?? undefined;
    if (end === this.#observed) return;
    this.#nearEnd.disconnect();
    if (end) this.#nearEnd.observe(end);
    this.#observed = end;
  }

  #tail() {
    if (!this.paging) return nothing;
    const localize = this.#localize;
    const { complete, full } = this.#held();
    if (complete) return html`<div class="tail">${localize("list.end")}</div>`;
    if (full) return html`<div class="tail">${localize("list.full")}</div>`;
    return html`<div class="tail">
      <button class="button" type="button" @click=${this.#loadOlder}>${localize(`list.older_${this.#older}`)}</button>
    </div>`;
  }

  // --- nothing to list --------------------------------------------------------

  /** @returns {Problem} */
  #problem() {
    const problem = this.#status.problem ?? "failed";
    const starting = problem === "not_loaded" && this.hass?.config?.state !== "RUNNING";
    return starting ? "starting" : problem;
  }

  #banner() {
    const problem = this.#problem();
    return html`<div class="banner">
      ${icon("problem")}
      <div>
        <strong>${this.#localize(`problem.${problem}`)}</strong>
        <span>${this.#localize(`problem.${problem}_help`)}</span>
      </div>
      ${this.#retryButton()}
    </div>`;
  }

  /** @param {boolean} error */
  #placeholder(error) {
    const { epoch, sources } = this.#held();
    if (error) {
      const problem = this.#problem();
      return this.#notice("problem", `problem.${problem}`, this.#retryButton());
    }
    if (epoch === undefined) return this.#skeleton();
    return this.#notice("timeline", sources.length ? "list.empty" : "list.no_sources");
  }

  /**
   * @param {string} picture
   * @param {string} key
   * @param {unknown} [action]
   */
  #notice(picture, key, action = nothing) {
    return html`<div class="notice">
      ${icon(picture)}
      <strong>${this.#localize(key)}</strong>
      <span>${this.#localize(`${key}_help`)}</span>
      ${action}
    </div>`;
  }

  #retryButton() {
    return html`<button class="button" type="button" @click=${() => this.#client?.retry()}>
      ${this.#localize("problem.retry")}
    </button>`;
  }

  #skeleton() {
    const row = html`<div class="skeleton"><i></i><i></i><i></i></div>`;
    return html`<span class="unseen-text">${this.#localize("list.loading")}</span>${[row, row, row, row]}`;
  }
}
