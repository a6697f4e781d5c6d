// @ts-check
/** @import { DensityAnswer, Filter, Hass, Problem, Query, Source, Status, TimelineEvent } from "./vigilar" */
/** @import { Outcome } from "./review-desk.js" */
import { Announcer } from "./announcer.js";
import { VigilarCalendar } from "./calendar.js";
import { define } from "./define.js";
import { VigilarFilterBar } from "./filter-bar.js";
import { normalFilter, sameFilter, sourcesOf } from "./filters.js";
import { Formatter } from "./format.js";
import { eventsOf, isLasting, listItems } from "./list-items.js";
import { ListEnds } from "./list-ends.js";
import {
  emptyNotice,
  firstRunNotice,
  nothingFoundNotice,
  nowPill,
  problemBanner,
  problemNotice,
  selectionBar,
  skeleton,
} from "./list-states.js";
import { ListView } from "./list-view.js";
import { loadTexts, localizer, nameOf } from "./localize.js";
import { PreviewPlayer } from "./preview-player.js";
import { ReviewDesk } from "./review-desk.js";
import { VigilarRibbon } from "./ribbon.js";
import { navigate } from "./router.js";
import { VigilarThumbnail } from "./thumbnail.js";
import { Selection } from "./selection.js";
import { filterOf } from "./timeline-api.js";
import { TimelineClient } from "./timeline-client.js";
import { timelineList } from "./timeline-list.js";
import { TimelinePager } from "./timeline-pager.js";
import { TimelineStore } from "./timeline-store.js";
import { timelineStyles } from "./timeline-styles.js";
import { Toaster } from "./toaster.js";
import { LitElement, html, nothing } from "./vendor/lit.js";
import { readView, writeView } from "./view-state.js";

/** How many events one list holds at most, however far one scrolls. */
export const MOST_EVENTS = 10_000;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

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

  #selection = new Selection(() => this.requestUpdate());
  #toaster = new Toaster(() => this.requestUpdate());
  #ends = new ListEnds(this, (end) => (end === "older" ? this.#pager?.loadOlder() : this.#pager?.loadNewer()));
  #now = Date.now();

  /** The last moment at which what is shown was known to be so. */
  #liveAt = this.#now;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clock;

  /** @type {number | undefined} */
  #frame;

  /** @type {number | undefined} The time that the reader went to by the ribbon, the calendar or the address. */
  #at;

  /** @type {number | undefined} */
  #cursor;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /** Whether the list moves by the reader's hand, and not by the ribbon's. */
  #byHand = true;

  #inPast = false;

  /** Whether the list has begun where the address wants it to. */
  #begun = false;

  /** The page on which it is, whose address it may write. */
  #path = "";

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
    this.#path = location.pathname;
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
    for (const clock of [this.#clock, this.#rest]) clearTimeout(clock);
    this.#clock = undefined;
    this.#toaster.hide();
    this.#ends.stop();
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
      this.hasAttribute("dark") !== Boolean(this.hass.themes?.darkMode) ||
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
    const inhabited = epoch !== undefined && sources.some(({ kind }) => kind !== "alarm");
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
            .selecting=${this.#selection.events !== undefined}
            @vigilar-filter=${(/** @type {CustomEvent<Filter>} */ change) => this.#setFilter(change.detail)}
            @vigilar-time=${(/** @type {CustomEvent<number | null>} */ choice) => this.goTo(choice.detail ?? undefined)}
            @vigilar-select=${() => (this.#selection.events ? this.#selection.end() : this.#selection.begin())}
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
      ${this.#selection.events
        ? selectionBar(localize, {
            count: this.#selection.events.size,
            mark: (reviewed) => this.#markSelected(reviewed),
            done: () => this.#selection.end(),
          })
        : nothing}
      ${this.view !== "ribbon" || !inhabited || this.#status.state === "error" ? this.#listFrame() : nothing}
    `;
  }

  /** @override */
  updated() {
    this.#list.settle();
    this.#ends.watch();
    this.#windClock();
    this.#followList();
    const { unreviewed } = this.#held();
    if (unreviewed === this.#toldUnreviewed) return;
    this.#toldUnreviewed = unreviewed;
    this.dispatchEvent(new CustomEvent("vigilar-unreviewed", { detail: unreviewed }));
  }

  /** @returns {readonly TimelineEvent[]} Those that the list holds, newest first, drawn or not. */
  get events() {
    return this.#store?.events ?? [];
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
      this.#toaster.show(this.#localize("list.jump_failed"));
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
    this.#selection.end();
    this.#unseen = 0;
    this.#inPast = false;
    this.#begun = false;
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
    if (status.state === "live" && !this.#begun) {
      this.#begun = true;
      if (this.#at !== undefined) this.goTo(this.#at);
    }
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
    if (!this.address || location.pathname !== this.#path) return;
    const base = normalFilter(filterOf(this.#given().query));
    const search = writeView({ filter: sameFilter(base, this.#filter) ? {} : this.#filter, ...(this.#at && { at: this.#at }) });
    if (search !== location.search) navigate(location.pathname + search, { replace: true });
  }

  #onAddress = () => {
    if (!this.address || location.pathname !== this.#path) return;
    const before = this.#at;
    this.#filter = { ...normalFilter(filterOf(this.#given().query)), ...this.#readAddress() };
    if (this.#at !== before) this.goTo(this.#at);
    this.requestUpdate();
  };

  /** @param {Filter} filter */
  #setFilter(filter) {
    this.#filter = normalFilter(filter);
    this.#writeAddress();
    this.requestUpdate();
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
    const store = this.#held();
    const localize = this.#localize;
    const error = this.#status.state === "error";
    // Whoever has gone back in time is in the past, also where that is loaded.
    const inPast = store.inPast || this.#at !== undefined;
    return html`<div class="frame">
      ${error && store.events.length ? problemBanner(localize, this.#problem(), this.#retry) : nothing}
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
        ${store.events.length ? [this.#head(), this.#rows(), this.#tail()] : this.#placeholder(error)}
      </div>
      <div class="floating">
        ${nowPill(localize, { inPast, unseen: this.#unseen, go: () => void this.goTo(undefined) })}
        ${this.#toaster.render(localize)}
      </div>
    </div>`;
  }

  #head() {
    return this.#held().inPast ? this.#ends.button("newer", this.#localize) : nothing;
  }

  #tail() {
    const localize = this.#localize;
    const { complete, full, inPast } = this.#held();
    if (!this.paging && !inPast) return complete || !this.hass?.panels?.vigilar ? nothing : this.#linkToAll();
    if (complete) return html`<div class="tail">${localize("list.end")}</div>`;
    if (full) return html`<div class="tail">${localize("list.full")}</div>`;
    return this.#ends.button("older", localize);
  }

  #linkToAll() {
    const path = `/vigilar${writeView({ filter: this.#filter })}`;
    const follow = (/** @type {MouseEvent} */ press) => {
      press.preventDefault();
      navigate(path);
    };
    return html`<div class="tail">
      <a class="button" href=${path} @click=${follow}>${this.#localize("list.all_in_panel")}</a>
    </div>`;
  }

  /** @param {boolean} error */
  #placeholder(error) {
    const { epoch, sources } = this.#held();
    const localize = this.#localize;
    if (error) return problemNotice(localize, this.#problem(), this.#retry);
    if (epoch === undefined) return skeleton(localize);
    if (!sources.length) {
      return firstRunNotice(localize, this.hass?.user?.is_admin ? () => navigate(ADD_CAMERA) : undefined);
    }
    if (sameFilter(this.#filter, {})) return emptyNotice(localize);
    return nothingFoundNotice(localize, this.filters ? () => this.#setFilter({}) : undefined);
  }

  /** @returns {Problem} */
  #problem() {
    const problem = this.#status.problem ?? "failed";
    const starting = problem === "not_loaded" && this.hass?.config?.state !== "RUNNING";
    return starting ? "starting" : problem;
  }

  #retry = () => this.#client?.retry();

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
      selected: this.#selection.events,
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
    else if (press.key === "Escape" && this.#selection.events) this.#selection.end();
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
      else if (action === "select" || (this.#selection.events && action !== "details")) this.#toggleSelected(key);
      else if (action === "view") this.#leadTo(key);
      else this.#toggle(action === "fold" ? this.#openFolds : this.#open, key);
    }
    this.requestUpdate();
  }

  /**
   * Go to an event's own page; the way back leads to where the list is now.
   *
   * @param {string} key
   */
  #leadTo(key) {
    this.#at = this.#cursor;
    this.#writeAddress();
    navigate(`/vigilar/event/${key}${this.address ? location.search : ""}`);
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

  /** @param {string} key */
  #toggleSelected(key) {
    const item = this.#list.item(key);
    this.#selection.toggle(item ? eventsOf(item) : []);
  }

  /** @param {boolean} reviewed */
  #markSelected(reviewed) {
    const store = this.#held();
    const events = [...(this.#selection.events?.values() ?? [])];
    this.#desk.mark(events.map((event) => store.get(event.id) ?? event), reviewed);
    this.#selection.end();
  }

  /** @param {Outcome} outcome */
  #onReviewed({ key, count, undo }) {
    this.#itemsKey = "";
    const form = count === 1 ? `${key}_one` : `${key}_many`;
    this.#toaster.show(count ? this.#localize(form, { count }) : this.#localize(key), undo);
  }

  // --- the clock --------------------------------------------------------------

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
}
