// @ts-check
/** @import { Filter, Status } from "./vigilar" */
/** @import { Place } from "./router.js" */
import { DEFAULT_LIMIT } from "./config.js";
import { define } from "./define.js";
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { loadTexts } from "./localize.js";
import { panelStyles } from "./panel-styles.js";
import { BASE, navigate, parsePath, pathTo } from "./router.js";
import { statusBadge, statusStyles } from "./status.js";
import { VigilarTimeline } from "./timeline-element.js";
import { html, nothing } from "./vendor/lit.js";
import { readView } from "./view-state.js";

const QUERY = { limit: DEFAULT_LIMIT };

/** From this width of its own on, an event is shown beside the list. */
const BESIDE_PX = 960;

/**
 * What a page needs is fetched when it is first gone to, so that the list is
 * there at once.
 *
 * @type {Partial<Record<Place["page"], () => Promise<unknown>>>}
 */
const PAGES = {
  event: () => import("./page-event.js"),
  cameras: () => import("./page-cameras.js"),
  live: () => import("./page-live.js"),
  tuning: () => import("./page-tuning.js"),
  audit: () => import("./page-audit.js"),
};

/** @type {{page: "timeline" | "cameras" | "tuning" | "audit", picture: string, admin?: boolean, brief?: string}[]} `brief`: the key of a word for a phone. */
const TABS = [
  { page: "timeline", picture: "timeline" },
  { page: "cameras", picture: "camera" },
  { page: "tuning", picture: "tune", admin: true, brief: "tuning.tab_zones" },
  { page: "audit", picture: "audit", admin: true },
];

/** @type {Partial<Record<Place["page"], string>>} The tab that a page belongs to. */
const TAB_OF = { event: "timeline", live: "cameras" };

/** Vigilar's page in the sidebar. */
export class VigilarPanel extends HassElement {
  /** @override */
  static properties = {
    narrow: { type: Boolean, reflect: true },
    route: { attribute: false },
    _told: { state: true },
    _wide: { state: true },
    _place: { state: true },
    _search: { state: true },
    _loaded: { state: true },
    _unreviewed: { state: true },
  };

  /** @override */
  static styles = [statusStyles, ...panelStyles];

  /** Whether the list is drawn; once it was, it stays, with where one was in it. */
  #listed = false;

  /** The query of the address at which the list was last seen. */
  #listSearch = "";

  /** @type {{search: string, filter: Filter}} The same as long as the address is. */
  #filter = { search: "", filter: {} };

  #size = new ResizeObserver(([entry]) => {
    this._wide = (entry?.contentRect.width ?? 0) >= BESIDE_PX;
  });

  constructor() {
    super();
    /** @type {boolean} Whether the sidebar is hidden for want of room. */
    this.narrow = false;
    /** @type {{prefix: string, path: string} | undefined} */
    this.route = undefined;
    /** @type {{list?: Status, page?: Status}} What the list and the page say of their connections. */
    this._told = {};
    this._wide = false;
    /** @type {Place} */
    this._place = { page: "timeline", id: "" };
    this._search = "";
    /** @type {Map<string, "loading" | "ready" | "failed">} */
    this._loaded = new Map();
    this._unreviewed = 0;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#size.observe(this);
    window.addEventListener("location-changed", this.#onLocation);
    window.addEventListener("popstate", this.#onLocation);
    this.#onLocation();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#size.disconnect();
    window.removeEventListener("location-changed", this.#onLocation);
    window.removeEventListener("popstate", this.#onLocation);
  }

  #onLocation = () => {
    const { pathname, search } = location;
    // On its way to another panel this one is still there for a moment.
    if (pathname !== BASE && !pathname.startsWith(`${BASE}/`)) return;
    const place = parsePath(pathname.slice(BASE.length));
    if (place.page !== this._place.page || place.id !== this._place.id) this._place = place;
    this._search = search;
  };

  /**
   * The pages decide themselves which states of the house matter to them.
   *
   * @override
   */
  shouldUpdate() {
    return Boolean(this.hass);
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (changed.has("route")) this.#onLocation();
    const { page } = this._place;
    if (changed.has("_place")) {
      this.#load(page);
      const before = /** @type {Place | undefined} */ (changed.get("_place"));
      if (before?.page !== page) delete this._told.page;
    }
    if (page === "timeline" || (page === "event" && this._wide)) this.#listed = true;
    if (page === "timeline" || page === "event") this.#listSearch = this._search;
    if (this._search !== this.#filter.search) {
      this.#filter = { search: this._search, filter: readView(this._search).filter };
    }
  }

  /** @param {Place["page"]} page */
  #load(page) {
    const load = PAGES[page];
    const state = this._loaded.get(page);
    if (!load || state === "ready" || state === "loading") return;
    /** @param {"loading" | "ready" | "failed"} now */
    const set = (now) => {
      this._loaded = new Map(this._loaded).set(page, now);
    };
    set("loading");
    load().then(
      () => set("ready"),
      () => set("failed"),
    );
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const { page } = this._place;
    const beside = page === "event" && this._wide;
    const detail = page === "event" || page === "live";
    const alone = page === "timeline";
    const status = alone || beside ? this._told.list : this._told.page;
    const lost = status?.state === "reconnecting" || status?.state === "error";
    // A phone has no room for two heads, unless this one has something to say.
    const headless = this.narrow && detail && !lost;
    this.toggleAttribute("headless", headless);
    return html`${headless ? nothing : this.#head(status)}
      <main class=${beside ? "beside" : ""}>
        ${this.#listed ? this.#list(alone || beside) : nothing} ${alone ? nothing : this.#page(beside)}
      </main>
      ${this.narrow && !detail ? this.#tabs() : nothing}`;
  }

  /** @param {Status | undefined} status */
  #head(status) {
    const { home, localize } = this;
    return html`<header>
      ${this.narrow || home.dockedSidebar === "always_hidden"
        ? html`<button class="menu" type="button" aria-label=${localize("panel.menu")} @click=${this.#toggleMenu}>
            ${icon("menu")}
          </button>`
        : nothing}
      <h1>${localize("panel.title")}</h1>
      ${this.narrow ? html`<span class="space"></span>` : this.#tabs()}
      ${status ? statusBadge(status, localize) : nothing}
    </header>`;
  }

  #tabs() {
    const current = TAB_OF[this._place.page] ?? this._place.page;
    const admin = Boolean(this.home.user?.is_admin);
    return html`<nav aria-label=${this.localize("panel.pages")}>
      ${TABS.filter((tab) => admin || !tab.admin).map(
        ({ page, picture, brief }) => html`<a
          href=${pathTo(page, "", page === "timeline" ? this.#listSearch : "")}
          aria-current=${page === current ? "page" : nothing}
          @click=${this.#onTab}
        >
          ${icon(picture)}<span>${this.localize(brief && this.narrow ? brief : `panel.${page}`)}</span>
          ${page === "timeline" && this._unreviewed
            ? html`<span class="count" title=${this.localize("panel.unreviewed", { count: this._unreviewed })}
                >${this._unreviewed > 99 ? "99+" : this._unreviewed}</span
              >`
            : nothing}
        </a>`,
      )}
    </nav>`;
  }

  /** @param {boolean} shown */
  #list(shown) {
    // Out of sight it keeps its place; `display: none` would lose it.
    return html`<vigilar-timeline
      class=${shown ? "" : "away"}
      paging
      filters
      address
      view="both"
      ?inert=${!shown}
      .hass=${this.hass}
      .query=${QUERY}
      @vigilar-status=${(/** @type {CustomEvent<Status>} */ { detail }) => this.#onStatus({ list: detail })}
      @vigilar-unreviewed=${(/** @type {CustomEvent<number>} */ { detail }) => (this._unreviewed = detail)}
    ></vigilar-timeline>`;
  }

  /** @param {boolean} beside */
  #page(beside) {
    const { page, id } = this._place;
    const state = this._loaded.get(page);
    const forAdmin = TABS.some((tab) => tab.admin && tab.page === page);
    if (page === "unknown" || (forAdmin && !this.home.user?.is_admin)) return this.#unknown();
    if (state === "failed") return this.#failed();
    if (state !== "ready") return html`<div class="page loading" role="status">${this.localize("panel.loading")}</div>`;
    const { hass } = this;
    const onStatus = (/** @type {CustomEvent<Status>} */ { detail }) => this.#onStatus({ page: detail });
    switch (page) {
      case "event":
        return html`<vigilar-event-view
          class="page"
          ?beside=${beside}
          .hass=${hass}
          .eventId=${id}
          .filter=${this.#filter.filter}
          .search=${this._search}
          @vigilar-status=${onStatus}
        ></vigilar-event-view>`;
      case "cameras":
        return html`<vigilar-cameras-page class="page" .hass=${hass} @vigilar-status=${onStatus}></vigilar-cameras-page>`;
      case "live":
        return html`<vigilar-live-page
          class="page"
          .hass=${hass}
          .sourceId=${id}
          @vigilar-status=${onStatus}
        ></vigilar-live-page>`;
      case "audit":
        return html`<vigilar-audit-page class="page" .hass=${hass} @vigilar-status=${onStatus}></vigilar-audit-page>`;
      default:
        return html`<vigilar-tuning-host
          class="page"
          .hass=${hass}
          .sourceId=${id}
          @vigilar-status=${onStatus}
        ></vigilar-tuning-host>`;
    }
  }

  #unknown() {
    const { localize } = this;
    return html`<div class="page notice">
      ${icon("timeline")}<strong>${localize("panel.unknown")}</strong><span>${localize("panel.unknown_help")}</span>
      <button class="button" type="button" @click=${() => navigate(pathTo("timeline"))}>
        ${localize("view.to_timeline")}
      </button>
    </div>`;
  }

  #failed() {
    const { localize } = this;
    return html`<div class="page notice">
      ${icon("problem")}<strong>${localize("panel.failed")}</strong><span>${localize("panel.failed_help")}</span>
      <button class="button" type="button" @click=${() => location.reload()}>${localize("problem.retry")}</button>
    </div>`;
  }

  // --- hands ------------------------------------------------------------------

  #toggleMenu() {
    this.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }));
  }

  /** @param {MouseEvent} press */
  #onTab(press) {
    if (press.ctrlKey || press.metaKey || press.shiftKey) return;
    press.preventDefault();
    const { pathname, search } = /** @type {HTMLAnchorElement} */ (press.currentTarget);
    navigate(pathname + search);
  }

  /** @param {{list?: Status, page?: Status}} told */
  #onStatus(told) {
    this._told = { ...this._told, ...told };
  }
}

// Keys in place of texts are better than no panel.
await loadTexts(document.documentElement.lang || "en").catch(() => {});
define("vigilar-timeline", VigilarTimeline);
define("vigilar-panel", VigilarPanel);
