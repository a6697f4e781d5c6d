// @ts-check
/** @import { ListItem } from "./vigilar" */
import { VirtualWindow } from "./virtual-window.js";

/** How far down one must have scrolled for the list to hold still when something comes on top. */
const AT_TOP_PX = 4;

/** Rows drawn beyond what is in sight, in heights of the list. */
const MARGIN = 0.75;

/** Before anything has been laid out the browser knows no height. */
const FIRST_HEIGHT_PX = 800;

/** @type {Record<string, (index: number, last: number) => number>} */
const MOVES = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  PageDown: (index, last) => Math.min(index + 8, last),
  PageUp: (index) => Math.max(index - 8, 0),
  Home: () => 0,
  End: (_, last) => last,
};

/** @param {ListItem} item */
const isRow = ({ kind }) => kind === "event" || kind === "fold";

/** @param {ListItem} item @returns {number} When what it tells of began, Unix milliseconds. */
const oldestOf = (item) => (item.kind === "fold" ? (item.events.at(-1)?.ts ?? item.ts) : item.ts);

/**
 * Where a long list of rows stands: what of it is drawn, what it is scrolled
 * to, and which row has the keyboard. Its host draws.
 */
export class ListView {
  /** @type {ListItem[]} */
  items = [];

  /** @type {string | undefined} The row at which the tab key stops, when there is one. */
  current;

  /** The rows to draw, `end` excluded. */
  first = 0;
  end = 0;

  #host;
  #virtual = new VirtualWindow();

  /** @type {ListItem[]} Those that the keyboard stops at. */
  #rows = [];

  /** @type {{key: string, offset: number}[]} What was where before something changed. */
  #anchors = [];

  /** @type {string | undefined} The row to bring to the top at the next drawing. */
  #target;

  #focusWanted = false;
  #focusInside = false;

  /** @param {import("./vendor/lit.js").LitElement} host */
  constructor(host) {
    this.#host = host;
  }

  get #scroller() {
    return /** @type {HTMLElement | null} */ (this.#host.renderRoot.querySelector(".scroller"));
  }

  get #list() {
    return /** @type {HTMLElement | null} */ (this.#host.renderRoot.querySelector(".list"));
  }

  /** Pixels of the list above the upper edge of what is in sight. */
  get #top() {
    return (this.#scroller?.scrollTop ?? 0) - (this.#list?.offsetTop ?? 0);
  }

  /** @returns {boolean} Whether the newest row is in sight. */
  get atTop() {
    return (this.#scroller?.scrollTop ?? 0) <= AT_TOP_PX;
  }

  /** @returns {ListItem | undefined} The uppermost row in sight that has a time of its own. */
  get uppermost() {
    const index = this.#virtual.indexAt(Math.max(0, this.#top) + 1);
    return this.items.slice(index).find(({ kind }) => kind !== "day" && kind !== "hour");
  }

  /** The rows' heights are others than before. */
  forgetHeights() {
    this.#virtual.forget();
  }

  /**
   * To be called before a drawing.
   *
   * @param {ListItem[]} items From top to bottom; the same array when nothing changed.
   * @param {boolean} holdAtTop Whether to hold still also when the first row is in sight.
   */
  prepare(items, holdAtTop) {
    this.#focusInside = Boolean(this.#host.shadowRoot?.activeElement?.closest(".list"));
    if (items !== this.items) {
      if (holdAtTop || !this.atTop) this.#rememberAnchors();
      this.items = items;
      this.#rows = items.filter(isRow);
      this.#virtual.setItems(items);
      if (!this.#rows.some(({ key }) => key === this.current)) this.current = undefined;
    }
    const target = this.#target === undefined ? undefined : this.#virtual.indexOf(this.#target);
    const top = target === undefined ? this.#anchoredTop() : this.#virtual.offset(target);
    const height = this.#scroller?.clientHeight || FIRST_HEIGHT_PX;
    const range = this.#virtual.range(top, height, MARGIN * height);
    this.first = range.first;
    this.end = range.end;
  }

  /** @returns {string | undefined} The key of the row at which the tab key stops. */
  get tabStop() {
    return this.current ?? this.#rows[0]?.key;
  }

  /**
   * @param {number} headHeight What of the space above is taken by the day's head, in pixels.
   * @returns {number} Pixels of undrawn rows above those drawn.
   */
  before(headHeight) {
    return Math.max(0, this.#virtual.offset(this.first) - headHeight);
  }

  /** @returns {number} Pixels of undrawn rows below those drawn. */
  get after() {
    return this.#virtual.total - this.#virtual.offset(this.end);
  }

  /** To be called after a drawing. */
  settle() {
    // Rows above that turn out higher than they were taken for push nothing down.
    if (!this.#anchors.length && this.#target === undefined && !this.atTop) this.#rememberAnchors();
    const differs = this.#virtual.measure(this.#heights());
    this.#scrollBack();
    // While heights are still being seen, the list may be too short to scroll there.
    if (differs) this.#host.requestUpdate();
    else this.#target = undefined;
    this.#settleFocus();
  }

  /** @returns {boolean} Whether rows must be drawn that are not, now that one has scrolled. */
  get outOfSight() {
    const scroller = this.#scroller;
    if (!scroller) return false;
    const { first, end } = this.#virtual.range(this.#top, scroller.clientHeight, 0.25 * scroller.clientHeight);
    return first < this.first || end > this.end;
  }

  /** Scroll to the newest row. */
  toTop() {
    this.#anchors = [];
    this.#scroller?.scrollTo({ top: 0 });
  }

  /**
   * Bring the row of a time to the upper edge at the next drawing.
   *
   * @param {number} ts Unix milliseconds.
   */
  toTime(ts) {
    const row = this.items.find((item) => item.kind !== "day" && item.kind !== "hour" && oldestOf(item) <= ts);
    this.#target = (row ?? this.items.at(-1))?.key;
    this.#host.requestUpdate();
  }

  /**
   * Move by the keyboard.
   *
   * @param {KeyboardEvent} press
   * @returns {boolean} Whether the key was one of those.
   */
  move(press) {
    const move = MOVES[press.key];
    if (!move || !this.#rows.length || press.altKey || press.ctrlKey || press.metaKey) return false;
    const index = this.#rows.findIndex(({ key }) => key === this.tabStop);
    this.focus(/** @type {ListItem} */ (this.#rows[move(index, this.#rows.length - 1)]).key);
    return true;
  }

  /**
   * @param {string} key The row to give the keyboard to.
   */
  focus(key) {
    this.current = key;
    this.#focusWanted = true;
    this.#reveal(key);
    this.#host.requestUpdate();
  }

  /**
   * @param {string} key
   * @returns {ListItem | undefined}
   */
  item(key) {
    const index = this.#virtual.indexOf(key);
    return index === undefined ? undefined : this.items[index];
  }

  #rememberAnchors() {
    const top = this.#top;
    const index = this.#virtual.indexAt(Math.max(0, top));
    // Several, for the first may be the one that leaves.
    this.#anchors = this.items
      .slice(index, index + 8)
      .filter(({ kind }) => kind !== "day" && kind !== "hour")
      .map(({ key }) => ({ key, offset: this.#virtual.offset(this.#virtual.indexOf(key) ?? 0) - top }));
  }

  /** @returns {number} What must be at the upper edge for the anchor to stay where it was. */
  #anchoredTop() {
    for (const { key, offset } of this.#anchors) {
      const index = this.#virtual.indexOf(key);
      if (index !== undefined) return this.#virtual.offset(index) - offset;
    }
    return this.#top;
  }

  #scrollBack() {
    const scroller = this.#scroller;
    const list = this.#list;
    if (!scroller || !list) return;
    const target = this.#target === undefined ? undefined : this.#virtual.indexOf(this.#target);
    if (target !== undefined) {
      // Below the day's head, which covers the upper edge.
      scroller.scrollTop = list.offsetTop + this.#virtual.offset(target) - this.headHeight;
    } else if (this.#anchors.length) {
      const top = this.#anchoredTop() + list.offsetTop;
      if (Math.abs(top - scroller.scrollTop) >= 1) scroller.scrollTop = top;
    }
    this.#anchors = [];
  }

  /** @returns {number} Pixels that the head of a day takes up, 0 until one has been drawn. */
  get headHeight() {
    return /** @type {HTMLElement | null | undefined} */ (this.#list?.querySelector(".day-head"))?.offsetHeight ?? 0;
  }

  /** @param {string} key */
  #reveal(key) {
    const scroller = this.#scroller;
    const list = this.#list;
    const index = this.#virtual.indexOf(key);
    if (!scroller || !list || index === undefined) return;
    const top = list.offsetTop + this.#virtual.offset(index);
    const bottom = list.offsetTop + this.#virtual.offset(index + 1);
    const head = this.headHeight;
    if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
    else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
  }

  /** @returns {[string, number][]} */
  #heights() {
    const drawn = /** @type {NodeListOf<HTMLElement>} */ (this.#host.renderRoot.querySelectorAll("[data-key]"));
    return [...drawn].map((row) => [/** @type {string} */ (row.dataset.key), row.getBoundingClientRect().height]);
  }

  /** The keyboard neither falls out of the list with a row that leaves, nor scrolls what is read. */
  #settleFocus() {
    const lost = this.#focusInside && !this.#host.shadowRoot?.activeElement;
    if (!this.#focusWanted && !lost) return;
    const row = this.#rowElement(this.tabStop);
    (row ?? this.#scroller)?.focus({ preventScroll: true });
    this.#focusWanted = false;
  }

  /**
   * @param {string | undefined} key
   * @returns {HTMLElement | undefined}
   */
  #rowElement(key) {
    const drawn = /** @type {NodeListOf<HTMLElement>} */ (this.#host.renderRoot.querySelectorAll("li[data-key]"));
    const item = [...drawn].find((each) => each.dataset.key === key);
    return item?.querySelector(/** @type {"button"} */ (".row")) ?? undefined;
  }
}
