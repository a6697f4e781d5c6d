// @ts-check
/** @import { DensityAnswer, Filter, Hass, Problem, Query, Source, Status, TimelineEvent } from "./vigilar" */
/** @import { Outcome } from "./review-desk.js" */
import { Announcer } from "./announcer.js";
import { VigilarCalendar } from "./calendar.js";
import { define } from "./define.js";
import { VigilarFilterBar } from "./filter-bar.js";
import { normalFilter, sameFilter, sourcesOf } from "./filters.js";
import { Formatter } from "./format.js";
import { icon } from "./icons.js";
import { eventsOf, isLasting, listItems } from "./list-items.js";
import { ListView } from "./list-view.js";
import { loadTexts, localizer, nameOf } from "./localize.js";
import { PreviewPlayer } from "./preview-player.js";
import { ReviewDesk } from "./review-desk.js";
import { VigilarRibbon } from "./ribbon.js";
import { navigate } from "./router.js";
import { VigilarThumbnail } from "./thumbnail.js";
import { filterOf } from "./timeline-api.js";
import { TimelineClient } from "./timeline-client.js";
import { timelineList } from "./timeline-list.js";
import { TimelinePager } from "./timeline-pager.js";
import { TimelineStore } from "./timeline-store.js";
import { timelineStyles } from "./timeline-styles.js";
import { LitElement, html, nothing } from "./vendor/lit.js";
import { readView, writeView } from "./view-state.js";

/** How many events one list holds at most, however far one scrolls. */
export const MOST_EVENTS = 10_000;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const TOAST_MS = 8000;

/** A hand that scrubs asks for many times; the one at which it rests is loaded. */
const REST_MS = 120;

const ADD_CAMERA = "/config/integrations/integration/vigilar";

// Whoever imports this has waited for Home Assistant's element registry.
define("vigilar-calendar", VigilarCalendar);
define("vigilar-filter-bar", VigilarFilterBar);
define("vigilar-ribbon", VigilarRibbon);
define("vigilar-thumbnail", VigilarThumbnail);

/** @type {Source[]} */
let lastSources = [];

/** @returns {Source[]} The sources that any timeline of this page was last told of. */
export function knownSources() {
  return lastSources;
}

/** @typedef {{text: string, undo?: (() => void) | undefined}} Toast */

/**
 * The list of events and the ribbon of their times, live. The card and the
 * panel put a frame around it.
 *
 * Fires `vigilar-status` with a `Status` whenever the connection's state
 * changes, and `vigilar-unreviewed` with the number of alerts not reviewed.
 */
export class VigilarTimeline extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    query: { attribute: false },
    paging: { type: Boolean },
    filters: { type: Boolean },
    address: { type: Boolean },
    view: { type: String },
    density: { type: String, reflect: true },
    thumbnails: { attribute: false },
  };

  /** @override */
  static styles = timelineStyles;

  /** @type {Status} */
  #status = { state: "connecting" };

  /** @type {TimelineStore | undefined} */
  #store;

  /** @type {TimelineClient | undefined} */
  #client;

  /** @type {TimelinePager | undefined} */
  #pager;

  /** @type {Hass["connection"] | undefined} */
  #connection;

  /** @type {Filter} What the reader has narrowed the query to. */
  #filter = {};

  #givenKey = "";
  #queryKey = "";
  #announcer = new Announcer((news) => this.#announce(news));
  #announcement = "";
  #list = new ListView(this);
  #preview = new PreviewPlayer();
  #desk = new ReviewDesk(
    () => ({ hass: this.#given().hass, store: this.#held(), filter: this.#filter }),
    (outcome) => this.#onReviewed(outcome),
  );

  #itemsKey = "";

  /** @type {Set<string>} */
  #open = new Set();

  /** @type {Set<string>} */
  #openFolds = new Set();

  /** @type {Set<string>} */
  #fresh = new Set();

  /** How many events came while the reader read further down. */
  #unseen = 0;

  /** @type {Map<string, TimelineEvent> | undefined} What is selected, while selecting. */
  #selected;

  /** @type {Toast | undefined} */
  #toast;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #toastClock;

  #now = Date.now();

  /** The last moment at which what is shown was known to be so. */
  #liveAt = this.#now;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clock;

  /** @type {number | undefined} */
  #frame;

  /** @type {Record<"older" | "newer", "idle" | "loading" | "failed">} */
  #pages = { older: "idle", newer: "idle" };

  #nearEnd = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const end = target.closest(".head") ? "newer" : "older";
      if (isIntersecting && this.#pages[end] === "idle") this.#loadPage(end);
    }
  });

  /** @type {Element[]} */
  #observed = [];

  /** @type {number | undefined} The time that the reader went to by the ribbon, the calendar or the address. */
  #at;

  /** @type {number | undefined} */
  #cursor;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /** Whether the list moves by the reader's hand, and not by the ribbon's. */
  #byHand = true;

  #inPast = false;

  /** @type {number | undefined} */
  #toldUnreviewed;

  /** @type {Formatter | undefined} */
  #format;

  /** @type {Hass["locale"] | undefined} */
  #locale;

  #localize = localizer("en");

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {Query | undefined} What to begin with; the reader may narrow it by `filters`. */
    this.query = undefined;
    /** @type {boolean} Whether the reader can go on to older events. */
    this.paging = false;
    /** @type {boolean} Whether the reader can filter. */
    this.filters = false;
    /** @type {boolean} Whether filter and time live in the page's address. */
    this.address = false;
    /** @type {"list" | "ribbon" | "both"} */
    this.view = "list";
    /** @type {"comfortable" | "compact"} */
    this.density = "comfortable";
    /** @type {boolean} */
    this.thumbnails = true;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#tick);
    window.addEventListener("popstate", this.#onAddress);
    this.#client?.start();
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#tick);
    window.removeEventListener("popstate", this.#onAddress);
    this.#client?.stop();
    this.#announcer.stop();
    this.#preview.stop();
    for (const clock of [this.#clock, this.#rest, this.#toastClock]) clearTimeout(clock);
    this.#clock = undefined;
    this.#toast = undefined;
    this.#nearEnd.disconnect();
    this.#observed = [];
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

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    const { hass, query } = this.#given();
    this.toggleAttribute("dark", Boolean(hass.themes?.darkMode));
    if (hass.locale !== this.#locale) this.#readLocale(hass);
    if (changed.has("density") || changed.has("thumbnails")) this.#list.forgetHeights();
    const givenKey = JSON.stringify(query);
    if (givenKey !== this.#givenKey) {
      this.#givenKey = givenKey;
      this.#filter = { ...normalFilter(filterOf(query)), ...(this.address && this.#readAddress()) };
    }
    const queryKey = JSON.stringify([query.limit, this.#filter]);
    if (hass.connection !== this.#connection || queryKey !== this.#queryKey) {
      this.#connection = hass.connection;
      this.#queryKey = queryKey;
      this.#connect();
    }
    this.#now = Date.now();
    if (this.#status.state === "live") this.#liveAt = this.#now;
    this.#setItems();
  }

  /** @override */
  render() {
    const { epoch, sources } = this.#held();
    const format = /** @type {Formatter} */ (this.#format);
    const { hass } = this.#given();
    const localize = this.#localize;
    const dark = Boolean(hass.themes?.darkMode);
    // Before there is a camera there is nothing to sift through.
    const inhabited = epoch !== undefined && sources.length > 0;
    return html`
      <div class="unseen-text" aria-live="polite">${this.#announcement}</div>
      ${this.filters && (inhabited || epoch === undefined)
        ? html`<vigilar-filter-bar
            ?dark=${dark}
            .hass=${hass}
            .filter=${this.#filter}
            .sources=${sources}
            .localize=${localize}
            .format=${format}
            .at=${this.#at}
            .selecting=${this.#selected !== undefined}
            @vigilar-filter=${this.#onFilter}
            @vigilar-time=${this.#onTime}
            @vigilar-select=${() => this.#select(this.#selected === undefined)}
          ></vigilar-filter-bar>`
        : nothing}
      ${this.view !== "list" && inhabited
        ? html`<vigilar-ribbon
            ?dark=${dark}
            .hass=${hass}
            .filter=${this.#filter}
            .sources=${sourcesOf(sources, this.#filter)}
            .localize=${localize}
            .format=${format}
            .cursor=${this.#cursor}
            .generation=${this.#held().generation}
            .seq=${this.#held().seq}
            @vigilar-scrub=${this.#onScrub}
            @vigilar-density=${this.#onDensity}
          ></vigilar-ribbon>`
        : nothing}
      ${this.#selected ? this.#selectionBar(this.#selected) : nothing}
      ${this.view !== "ribbon" || !inhabited || this.#status.state === "error" ? this.#listFrame() : nothing}
    `;
  }

  /** @override */
  updated() {
    this.#list.settle();
    this.#watchEnds();
    this.#windClock();
    this.#followList();
    const { unreviewed } = this.#held();
    if (unreviewed === this.#toldUnreviewed) return;
    this.#toldUnreviewed = unreviewed;
    this.dispatchEvent(new CustomEvent("vigilar-unreviewed", { detail: unreviewed }));
  }

  /**
   * Show the events at and before a time.
   *
   * @param {number | undefined} ts Unix milliseconds; now when undefined.
   * @returns {Promise<void>}
   */
  async goTo(ts) {
    clearTimeout(this.#rest);
    this.#at = ts;
    this.#writeAddress();
    if (ts === undefined) {
      this.#cursor = undefined;
      this.#unseen = 0;
      this.#pager?.toPresent();
      this.#setItems();
      this.#list.toTop();
      return;
    }
    this.#cursor = ts;
    this.#byHand = false;
    try {
      if (!(await this.#pager?.jump(ts))) return;
      this.#setItems();
      this.#list.toTime(ts);
    } catch {
      this.#showToast({ text: this.#localize("list.jump_failed") });
    }
  }

  #given() {
    return { hass: /** @type {Hass} */ (this.hass), query: /** @type {Query} */ (this.query) };
  }

  #held() {
    return /** @type {TimelineStore} */ (this.#store);
  }

  /** @param {Hass} hass */
  #readLocale(hass) {
    this.#locale = hass.locale;
    this.#format = new Formatter(hass);
    this.#itemsKey = "";
    this.#localize = localizer(hass.language);
    loadTexts(hass.language).then(
      () => {
        this.#localize = localizer(hass.language);
        this.requestUpdate();
      },
      () => {},
    );
  }

  // --- connection -----------------------------------------------------------

  #connect() {
    const { hass, query } = this.#given();
    this.#client?.stop();
    this.#announcer.stop();
    this.#open.clear();
    this.#openFolds.clear();
    this.#fresh.clear();
    this.#selected = undefined;
    this.#unseen = 0;
    this.#inPast = false;
    const asked = { ...this.#filter, limit: query.limit };
    const store = new TimelineStore(query.limit, this.paging ? MOST_EVENTS : query.limit);
    const { connection } = hass;
    this.#store = store;
    store.watcher = (change) => this.#ribbon?.take(change);
    this.#pager = new TimelinePager({ connection, store, query: asked, onChange: () => this.#onChange() });
    this.#client = new TimelineClient({
      connection,
      store,
      query: asked,
      onNews: (news) => this.#onNews(news),
      onStatus: (status) => this.#onStatus(status),
    });
    if (this.isConnected) this.#client.start();
  }

  get #ribbon() {
    return /** @type {VigilarRibbon | null} */ (this.renderRoot?.querySelector("vigilar-ribbon"));
  }

  /** @param {TimelineEvent[]} news */
  #onNews(news) {
    const store = this.#held();
    lastSources = store.sources;
    if (this.#inPast && !store.inPast) this.#pager?.restore();
    if (news.length) {
      this.#fresh = new Set(news.map(({ id }) => id));
      this.#announcer.add(news);
      if (store.inPast || !this.#list.atTop) this.#unseen += news.length;
    }
    this.#onChange();
  }

  /** One drawing a frame, however many messages come; none in a hidden tab. */
  #onChange() {
    this.#inPast = this.#held().inPast;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.requestUpdate();
    });
  }

  /** @param {Status} status */
  #onStatus(status) {
    this.#status = status;
    this.dispatchEvent(new CustomEvent("vigilar-status", { detail: status }));
    if (status.state === "live" && this.#at !== undefined && !this.#inPast) this.goTo(this.#at);
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

  // --- filter, address, time --------------------------------------------------

  #readAddress() {
    const { filter, at } = readView(location.search);
    this.#at = at;
    this.#cursor = at;
    return filter;
  }

  #writeAddress() {
    if (!this.address) return;
    const base = normalFilter(filterOf(this.#given().query));
    const search = writeView({ filter: sameFilter(base, this.#filter) ? {} : this.#filter, ...(this.#at && { at: this.#at }) });
    if (search !== location.search) navigate(location.pathname + search, { replace: true });
  }

  #onAddress = () => {
    if (!this.address) return;
    const before = this.#at;
    this.#filter = { ...normalFilter(filterOf(this.#given().query)), ...this.#readAddress() };
    if (this.#at !== before) this.goTo(this.#at);
    this.requestUpdate();
  };

  /** @param {CustomEvent<Filter>} change */
  #onFilter(change) {
    this.#filter = normalFilter(change.detail);
    this.#writeAddress();
    this.requestUpdate();
  }

  #clearFilter() {
    this.#filter = {};
    this.#writeAddress();
    this.requestUpdate();
  }

  /** @param {CustomEvent<number | undefined>} choice */
  #onTime(choice) {
    this.goTo(choice.detail);
  }

  /** @param {CustomEvent<number>} scrub */
  #onScrub(scrub) {
    const ts = scrub.detail;
    if (ts >= Date.now()) {
      this.goTo(undefined);
      return;
    }
    this.#cursor = ts;
    this.#byHand = false;
    clearTimeout(this.#rest);
    if (this.#held().reaches(ts)) this.#list.toTime(ts);
    this.#rest = setTimeout(() => this.goTo(ts), REST_MS);
    this.requestUpdate();
  }

  /** @param {CustomEvent<DensityAnswer>} answer */
  #onDensity(answer) {
    this.#held().addBlind(answer.detail.blind);
    this.#onChange();
  }

  /** The ribbon shows where the list is. */
  #followList() {
    if (this.view !== "both" || !this.#byHand) return;
    const atNow = this.#list.atTop && !this.#held().inPast;
    const cursor = atNow ? undefined : this.#list.uppermost?.ts;
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.requestUpdate();
  }

  // --- list -----------------------------------------------------------------

  #setItems() {
    const store = this.#held();
    const format = /** @type {Formatter} */ (this.#format);
    const key = `${store.version} ${this.#queryKey} ${[...this.#openFolds].join()}`;
    if (key !== this.#itemsKey) {
      this.#itemsKey = key;
      const blind = this.#shownBlind(store);
      const items = listItems({ events: store.events, blind, openFolds: this.#openFolds, format });
      this.#list.prepare(items, store.inPast);
    } else this.#list.prepare(this.#list.items, store.inPast);
  }

  /** @param {TimelineStore} store */
  #shownBlind(store) {
    const { text, zones, types } = this.#filter;
    // Who looks for one thing does not ask when nobody looked.
    if (!store.events.length || text || zones || types) return [];
    const ids = new Set(sourcesOf(store.sources, this.#filter).map(({ source_id }) => source_id));
    return store.blind.filter(
      ({ source_id, start }) => (source_id === null || ids.has(source_id)) && store.reaches(start),
    );
  }

  #listFrame() {
    const { events } = this.#held();
    const error = this.#status.state === "error";
    return html`<div class="frame">
      ${error && events.length ? this.#banner() : nothing}
      <div
        class="scroller"
        tabindex="-1"
        @keydown=${this.#onKey}
        @scroll=${this.#onScroll}
        @wheel=${this.#onHand}
        @touchmove=${this.#onHand}
        @pointerdown=${this.#onHand}
        @click=${this.#onPress}
        @pointerover=${this.#preview.enter}
        @pointerleave=${this.#preview.stop}
        @focusin=${this.#preview.enter}
        @focusout=${this.#preview.stop}
      >
        ${events.length ? [this.#pageButton("newer"), this.#rows(), this.#tail()] : this.#placeholder(error)}
      </div>
      <div class="floating">${this.#pill()} ${this.#toast ? this.#toastTemplate(this.#toast) : nothing}</div>
    </div>`;
  }

  #rows() {
    const { hass } = this.#given();
    return timelineList(this.#list, {
      hass,
      localize: this.#localize,
      format: /** @type {Formatter} */ (this.#format),
      now: this.#now,
      liveAt: this.#liveAt,
      live: this.#status.state === "live",
      open: this.#open,
      fresh: this.#fresh,
      selected: this.#selected,
      leads: Boolean(hass.panels?.vigilar),
      thumbnails: this.thumbnails,
      scope: this.#filter.review_scope,
      reviews: this.filters,
      nameOfSource: (id) => this.#held().sources.find(({ source_id }) => source_id === id)?.name ?? id,
    });
  }

  #onHand = () => {
    this.#byHand = true;
  };

  #onScroll = () => {
    if (this.#byHand && this.#list.atTop && !this.#held().inPast) this.#arriveAtNow();
    if (this.#list.outOfSight) this.requestUpdate();
    this.#followList();
  };

  #arriveAtNow() {
    if (!this.#unseen && this.#at === undefined) return;
    this.#unseen = 0;
    this.#at = undefined;
    this.#writeAddress();
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    if (/** @type {Element} */ (press.target).closest("input")) return;
    this.#byHand = true;
    if (this.#list.move(press)) {
      press.preventDefault();
      return;
    }
    if (press.altKey || press.ctrlKey || press.metaKey) return;
    const key = this.#list.tabStop;
    if (press.key === "r" && key) this.#review(key);
    else if (press.key === "x" && key) this.#toggleSelected(key);
    else if (press.key === "Escape" && this.#selected) this.#select(false);
  }

  /** @param {MouseEvent} press */
  #onPress(press) {
    const pressed = /** @type {HTMLElement} */ (press.target).closest(/** @type {"button"} */ ("[data-action]"));
    const key = pressed?.closest(/** @type {"li"} */ ("[data-key]"))?.dataset.key;
    if (!pressed || !key) return;
    const { action } = pressed.dataset;
    if (action === "day") this.#markDay(key);
    else {
      this.#list.current = key;
      if (action === "review") this.#review(key);
      else if (action === "select" || (this.#selected && action !== "details")) this.#toggleSelected(key);
      else if (action === "view") navigate(`/vigilar/event/${key}${this.address ? location.search : ""}`);
      else this.#toggle(action === "fold" ? this.#openFolds : this.#open, key);
    }
    this.requestUpdate();
  }

  /**
   * @param {Set<string>} open
   * @param {string} key
   */
  #toggle(open, key) {
    if (!open.delete(key)) open.add(key);
  }

  // --- review -----------------------------------------------------------------

  /** @param {string} key */
  #review(key) {
    const item = this.#list.item(key);
    const events = item ? eventsOf(item) : [];
    this.#desk.mark(events, !events.every((event) => this.#desk.isMine(event)));
  }

  /** @param {string} key */
  #markDay(key) {
    const day = this.#list.item(key);
    if (day) this.#desk.markSpan(/** @type {Formatter} */ (this.#format).dayBounds(day.ts));
  }

  /** @param {boolean} selecting */
  #select(selecting) {
    this.#selected = selecting ? new Map() : undefined;
    this.requestUpdate();
  }

  /** @param {string} key */
  #toggleSelected(key) {
    const selected = (this.#selected ??= new Map());
    const item = this.#list.item(key);
    const events = item ? eventsOf(item) : [];
    const all = events.every(({ id }) => selected.has(id));
    for (const event of events) {
      if (all) selected.delete(event.id);
      else selected.set(event.id, event);
    }
    // Rows compare what they show by identity.
    this.#selected = new Map(selected);
    this.requestUpdate();
  }

  /** @param {Map<string, TimelineEvent>} selected */
  #selectionBar(selected) {
    const localize = this.#localize;
    /** @param {boolean} reviewed */
    const mark = (reviewed) => () => {
      const store = this.#held();
      this.#desk.mark([...selected.values()].map((event) => store.get(event.id) ?? event), reviewed);
      this.#select(false);
    };
    return html`<div class="selection" role="toolbar" aria-label=${localize("review.select")}>
      <span aria-live="polite">${localize("review.selected", { count: selected.size })}</span>
      <button class="button primary" type="button" ?disabled=${!selected.size} @click=${mark(true)}>
        ${localize("review.mark_selected")}
      </button>
      <button class="button" type="button" ?disabled=${!selected.size} @click=${mark(false)}>
        ${localize("review.unmark_selected")}
      </button>
      <button class="button" type="button" @click=${() => this.#select(false)}>${localize("review.done")}</button>
    </div>`;
  }

  /** @param {Outcome} outcome */
  #onReviewed({ key, count, undo }) {
    this.#itemsKey = "";
    const form = count === 1 ? `${key}_one` : `${key}_many`;
    this.#showToast({ text: count ? this.#localize(form, { count }) : this.#localize(key), undo });
  }

  /** @param {Toast} toast */
  #showToast(toast) {
    clearTimeout(this.#toastClock);
    this.#toast = toast;
    this.#toastClock = setTimeout(() => this.#hideToast(), TOAST_MS);
    this.requestUpdate();
  }

  #hideToast() {
    this.#toast = undefined;
    this.requestUpdate();
  }

  /** @param {Toast} toast */
  #toastTemplate({ text, undo }) {
    const press = () => {
      this.#hideToast();
      undo?.();
    };
    return html`<div class="toast" role="status">
      <span>${text}</span>
      ${undo ? html`<button class="button" type="button" @click=${press}>${this.#localize("review.undo")}</button>` : nothing}
    </div>`;
  }

  /** The way back to now, and what is there. */
  #pill() {
    // Whoever has gone back in time is in the past, also where that is loaded.
    const inPast = this.#held().inPast || this.#at !== undefined;
    if (!inPast && !this.#unseen) return nothing;
    const count = this.#unseen;
    const news = this.#localize(count === 1 ? "list.news_one" : "list.news_many", { count });
    const text = inPast ? this.#localize("list.to_live") : news;
    return html`<button class="button primary pill" type="button" @click=${() => this.goTo(undefined)}>
      ${icon("up")}<span>${text}</span>${inPast && count ? html`<span class="badge">${count}</span>` : nothing}
    </button>`;
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

  // --- older and newer events ---------------------------------------------------

  /** @param {"older" | "newer"} end */
  async #loadPage(end) {
    this.#pages[end] = "loading";
    this.requestUpdate();
    try {
      await (end === "older" ? this.#pager?.loadOlder() : this.#pager?.loadNewer());
      this.#pages[end] = "idle";
    } catch {
      this.#pages[end] = "failed";
    }
    // Forget the ends, so that it loads more when the page did not fill the view.
    this.#nearEnd.disconnect();
    this.#observed = [];
    this.requestUpdate();
  }

  #watchEnds() {
    const ends = [...this.renderRoot.querySelectorAll(":is(.head, .tail) button")];
    if (ends.length === this.#observed.length && ends.every((end, index) => end === this.#observed[index])) return;
    this.#nearEnd.disconnect();
    for (const end of ends) this.#nearEnd.observe(end);
    this.#observed = ends;
  }

  /** @param {"older" | "newer"} end */
  #pageButton(end) {
    if (end === "newer" && !this.#held().inPast) return nothing;
    return html`<div class=${end === "newer" ? "head" : "tail"}>
      <button class="button" type="button" @click=${() => this.#loadPage(end)}>
        ${this.#localize(`list.${end}_${this.#pages[end]}`)}
      </button>
    </div>`;
  }

  #tail() {
    const localize = this.#localize;
    const { complete, full, inPast } = this.#held();
    if (!this.paging && !inPast) {
      if (complete || !this.hass?.panels?.vigilar) return nothing;
      const all = () => navigate(`/vigilar${writeView({ filter: this.#filter })}`);
      return html`<div class="tail">
        <a class="button" href="/vigilar" @click=${(/** @type {MouseEvent} */ press) => { press.preventDefault(); all(); }}
          >${localize("list.all_in_panel")}</a
        >
      </div>`;
    }
    if (complete) return html`<div class="tail">${localize("list.end")}</div>`;
    if (full) return html`<div class="tail">${localize("list.full")}</div>`;
    return this.#pageButton("older");
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
    if (!sources.length) return this.#notice("camera", "list.no_sources", this.#addCameraButton());
    if (sameFilter(this.#filter, {})) return this.#notice("timeline", "list.empty");
    return this.#notice(
      "search",
      "list.nothing_found",
      this.filters
        ? html`<button class="button" type="button" @click=${this.#clearFilter}>${this.#localize("filter.clear")}</button>`
        : nothing,
    );
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

  #addCameraButton() {
    if (!this.hass?.user?.is_admin) return nothing;
    return html`<button class="button primary" type="button" @click=${() => navigate(ADD_CAMERA)}>
      ${this.#localize("list.add_camera")}
    </button>`;
  }

  #retryButton() {
    return html`<button class="button" type="button" @click=${() => this.#client?.retry()}>
      ${this.#localize("problem.retry")}
    </button>`;
  }

  #skeleton() {
    const row = html`<div class="skeleton"><i class="bone"></i><i class="bone"></i><i class="bone"></i></div>`;
    return html`<span class="unseen-text">${this.#localize("list.loading")}</span>${[row, row, row, row, row]}`;
  }
}
