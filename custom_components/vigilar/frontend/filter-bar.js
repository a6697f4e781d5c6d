// @ts-check
/** @import { Filter, Hass, Localize, Source } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
/** @import { ListKey } from "./filters.js" */
import { SEVERITIES, TYPES } from "./config.js";
import { filterBarStyles } from "./filter-styles.js";
import { MOST_TEXT, areasOf, normalFilter, sameFilter, toggled, zonesOf } from "./filters.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { LitElement, html, nothing } from "./vendor/lit.js";

/** Who types is waited for, so that each letter is not a question to the server. */
const TYPING_MS = 300;

/** Room between a popover and the edge of the window, in pixels. */
const EDGE_PX = 12;

/** @typedef {{value: string, label: string}} Choice */

/**
 * What the reader wants to see: a chip for each part of the filter.
 *
 * Fires `vigilar-filter` with the whole new filter, `vigilar-time` with a
 * time to go to (null: now), and `vigilar-select` when rows are to be selected.
 */
export class VigilarFilterBar extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    filter: { attribute: false },
    sources: { attribute: false },
    localize: { attribute: false },
    format: { attribute: false },
    at: { attribute: false },
    selecting: { type: Boolean },
    _opened: { state: true },
  };

  /** @override */
  static styles = filterBarStyles;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {Filter} */
    this.filter = {};
    /** @type {Source[]} Those to choose from. */
    this.sources = [];
    /** @type {Localize} */
    this.localize = (key) => key;
    /** @type {Formatter | undefined} */
    this.format = undefined;
    /** @type {number | undefined} The time that is shown, Unix milliseconds; undefined is now. */
    this.at = undefined;
    /** @type {boolean} */
    this.selecting = false;
    /** @type {string | undefined} The part whose choices show. */
    this._opened = undefined;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
  }

  /** @override */
  render() {
    const { localize, filter, sources } = this;
    const text = filter.text ?? "";
    return html`
      <label class="search">
        ${icon("search")}
        <input
          type="search"
          maxlength=${MOST_TEXT}
          placeholder=${localize("filter.text")}
          aria-label=${localize("filter.text")}
          .value=${text}
          @input=${this.#onType}
          @keydown=${this.#onSearchKey}
        />
      </label>
      <div class="chips" role="group" aria-label=${localize("filter.label")}>
        ${this.#timeChip()}
        ${this.#listChip("camera", "source_ids", sources.map(({ source_id, name }) => ({ value: source_id, label: name })))}
        ${this.#listChip("area", "area_ids", areasOf(sources))}
        ${this.#listChip("type", "types", TYPES.map((value) => ({ value, label: nameOf(localize, "type", value) })))}
        ${this.#listChip("severity", "severities", SEVERITIES.map((value) => ({ value, label: nameOf(localize, "severity", value) })))}
        ${this.#listChip("zone", "zones", zonesOf(sources))} ${this.#reviewChip()}
        ${sameFilter(filter, {})
          ? nothing
          : html`<button class="chip clear" type="button" @click=${() => this.#change({})}>
              ${icon("close")}${localize("filter.clear")}
            </button>`}
      </div>
      <button
        class="icon-button"
        type="button"
        aria-pressed=${String(this.selecting)}
        aria-label=${localize("review.select")}
        title=${localize("review.select")}
        @click=${() => this.dispatchEvent(new CustomEvent("vigilar-select"))}
      >
        ${icon("select")}
      </button>
    `;
  }

  // --- chips --------------------------------------------------------------------

  /**
   * @param {string} name
   * @param {string | undefined} value What is chosen, in words.
   * @param {() => unknown} content Of the popover.
   */
  #chip(name, value, content) {
    const mixed = name === "camera" && this.sources.some(({ kind }) => kind === "sensor" || kind === "remote");
    const title = this.localize(mixed ? "filter.source" : `filter.${name}`);
    return html`<button
        class="chip ${value === undefined ? "" : "active"}"
        type="button"
        popovertarget=${`choices-${name}`}
        aria-haspopup="dialog"
        aria-label=${value === undefined ? title : this.localize("filter.chosen", { part: title, value })}
      >
        ${icon(name)}<bdi>${value ?? title}</bdi>
      </button>
      <div
        id=${`choices-${name}`}
        popover
        role="dialog"
        aria-label=${title}
        @beforetoggle=${this.#onBeforeToggle}
        @toggle=${(/** @type {ToggleEvent} */ event) => this.#onToggle(event, name)}
      >
        ${this._opened === name ? content() : nothing}
      </div>`;
  }

  /**
   * @param {string} name
   * @param {ListKey} key
   * @param {Choice[]} choices
   */
  #listChip(name, key, choices) {
    const chosen = /** @type {string[]} */ (this.filter[key] ?? []);
    // What is chosen can be taken back, also when there is no such thing any more.
    const strangers = chosen.filter((value) => choices.every((choice) => choice.value !== value));
    const all = [...choices, ...strangers.map((value) => ({ value, label: value }))];
    if (!all.length) return nothing;
    const labels = all.filter(({ value }) => chosen.includes(value)).map(({ label }) => label);
    const [first] = labels;
    const value =
      labels.length > 1 ? this.localize("filter.more", { first: String(first), count: labels.length - 1 }) : first;
    return this.#chip(
      name,
      value,
      () =>
        html`<div class="menu">
          ${all.map(
            (choice) =>
              html`<label class=${name === "severity" ? choice.value : ""}>
                <input
                  type="checkbox"
                  .checked=${chosen.includes(choice.value)}
                  @change=${() => this.#change(toggled(this.filter, key, choice.value))}
                />
                ${name === "type" ? icon(choice.value) : nothing}
                ${name === "severity" ? html`<i class="swatch"></i>` : nothing}
                <bdi>${choice.label}</bdi>
              </label>`,
          )}
        </div>`,
    );
  }

  #reviewChip() {
    const { localize, filter } = this;
    const { reviewed, review_scope: scope = "anyone" } = filter;
    /** @param {boolean | undefined} value @param {string} key */
    const choice = (value, key) =>
      html`<label>
        <input
          type="radio"
          name="reviewed"
          .checked=${reviewed === value}
          @change=${() => this.#change({ ...filter, reviewed: /** @type {boolean} */ (value) })}
        />
        ${localize(`filter.${key}`)}
      </label>`;
    /** @param {"anyone" | "me"} value */
    const by = (value) =>
      html`<button type="button" aria-pressed=${String(scope === value)} @click=${() => this.#change({ ...filter, review_scope: value })}>
        ${localize(`filter.by_${value}`)}
      </button>`;
    let value;
    if (reviewed !== undefined) value = localize(reviewed ? "filter.reviewed_yes" : "filter.reviewed_no");
    return this.#chip(
      "review",
      value,
      () =>
        html`<div class="menu" role="radiogroup" aria-label=${localize("filter.review")}>
            ${choice(undefined, "reviewed_all")} ${choice(false, "reviewed_no")} ${choice(true, "reviewed_yes")}
          </div>
          <div class="foot"><div class="segments" role="group" aria-label=${localize("filter.by")}>${by("anyone")} ${by("me")}</div></div>`,
    );
  }

  #timeChip() {
    const { format, at } = this;
    const value = at === undefined || !format ? undefined : format.shortDay(at);
    return this.#chip(
      "calendar",
      value,
      () =>
        html`<vigilar-calendar
          ?dark=${this.hasAttribute("dark")}
          .hass=${this.hass}
          .filter=${this.filter}
          .format=${this.format}
          .localize=${this.localize}
          .at=${at}
          @vigilar-day=${this.#onDay}
        ></vigilar-calendar>`,
    );
  }

  // --- events ---------------------------------------------------------------------

  /** @param {Filter} filter */
  #change(filter) {
    clearTimeout(this.#typing);
    this.dispatchEvent(new CustomEvent("vigilar-filter", { detail: normalFilter(filter) }));
  }

  /** @param {InputEvent} event */
  #onType(event) {
    const text = /** @type {HTMLInputElement} */ (event.target).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#change({ ...this.filter, text }), TYPING_MS);
  }

  /** @param {KeyboardEvent} press */
  #onSearchKey(press) {
    if (press.key === "Enter") this.#change({ ...this.filter, text: /** @type {HTMLInputElement} */ (press.target).value });
  }

  /** @param {CustomEvent<{start: number, end: number}>} choice */
  #onDay(choice) {
    const { end } = choice.detail;
    for (const open of this.renderRoot.querySelectorAll("[popover]")) /** @type {HTMLElement} */ (open).hidePopover();
    this.dispatchEvent(new CustomEvent("vigilar-time", { detail: end > Date.now() ? null : end - 1 }));
  }

  /** @param {ToggleEvent} event */
  #onBeforeToggle(event) {
    if (event.newState !== "open") return;
    const popover = /** @type {HTMLElement} */ (event.target);
    const chip = /** @type {Element} */ (popover.previousElementSibling).getBoundingClientRect();
    const width = Math.min(320, window.innerWidth - 2 * EDGE_PX);
    const rtl = getComputedStyle(this).direction === "rtl";
    const wanted = rtl ? chip.right - width : chip.left;
    const left = Math.max(EDGE_PX, Math.min(wanted, window.innerWidth - width - EDGE_PX));
    popover.style.setProperty("--left", `${left}px`);
    popover.style.setProperty("--top", `${chip.bottom + 6}px`);
    popover.style.setProperty("--room", `${Math.max(160, window.innerHeight - chip.bottom - 6 - EDGE_PX)}px`);
  }

  /**
   * @param {ToggleEvent} event
   * @param {string} name
   */
  #onToggle(event, name) {
    if (event.newState === "open") {
      this._opened = name;
      return;
    }
    if (this._opened === name) this._opened = undefined;
    const root = /** @type {ShadowRoot | Document} */ (this.getRootNode());
    if (root.activeElement && root.activeElement !== this) return;
    // The keyboard goes back to where it came from.
    const popover = /** @type {HTMLElement} */ (event.target);
    /** @type {HTMLElement} */ (popover.previousElementSibling).focus();
  }
}
