// @ts-check
/** @import { DayCount, Filter, Hass, Localize } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { calendarStyles } from "./filter-styles.js";
import { icon } from "./icons.js";
import { fetchDays } from "./timeline-api.js";
import { LitElement, html, nothing } from "./vendor/lit.js";

const DAY_MS = 86_400_000;
const WEEK = 7;

/** @type {Record<string, number>} */
const MOVES = { ArrowUp: -WEEK, ArrowDown: WEEK };

/**
 * A month to choose a day from, with a dot where something happened.
 *
 * Days are told by their keys ("2026-11-23") and reckoned with at midnight
 * UTC, so that no clock change gets in the way. Fires `vigilar-day` with the
 * span of the chosen day.
 */
export class VigilarCalendar extends LitElement {
  /** @override */
  static properties = {
    hass: { attribute: false },
    filter: { attribute: false },
    format: { attribute: false },
    localize: { attribute: false },
    at: { attribute: false },
    _focused: { state: true },
    _counts: { state: true },
  };

  /** @override */
  static styles = calendarStyles;

  #asked = "";
  #focusWanted = false;

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
    /** @type {Filter} */
    this.filter = {};
    /** @type {Formatter | undefined} */
    this.format = undefined;
    /** @type {Localize} */
    this.localize = (key) => key;
    /** @type {number | undefined} */
    this.at = undefined;
    /** @type {number | undefined} The day with the keyboard, midnight UTC. */
    this._focused = undefined;
    /** @type {Map<string, DayCount>} */
    this._counts = new Map();
  }

  /** @override */
  render() {
    const { format, localize } = this;
    if (!format) return nothing;
    const today = Date.parse(format.dayKey(Date.now()));
    const chosen = Date.parse(format.dayKey(this.at ?? Date.now()));
    const focused = this._focused ?? chosen;
    const month = startOfMonth(focused, 0);
    const days = daysOf(month, format.firstWeekday);
    const weeks = Array.from({ length: days.length / WEEK }, (_, week) => days.slice(week * WEEK, (week + 1) * WEEK));
    const next = startOfMonth(focused, 1);
    return html`
      <div class="head">
        ${this.#turn("previous", startOfMonth(focused, -1), false)}
        <strong aria-live="polite">${format.month(month)}</strong>
        ${this.#turn("next", next, next > today)}
      </div>
      <table role="grid" @keydown=${this.#onKey}>
        <thead>
          <tr>
            ${days.slice(0, WEEK).map((day) => html`<th scope="col" aria-hidden="true">${format.weekday(day)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${weeks.map((week) => html`<tr>${week.map((day) => this.#day(day, { month, today, chosen, focused }))}</tr>`)}
        </tbody>
      </table>
      <button class="button" type="button" @click=${() => this.#choose(today)}>${localize("filter.now")}</button>
    `;
  }

  /** @override */
  updated() {
    this.#ask();
    if (!this.#focusWanted) return;
    this.#focusWanted = false;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("td button[tabindex='0']"))?.focus();
  }

  /**
   * @param {number} day
   * @param {{month: number, today: number, chosen: number, focused: number}} given
   */
  #day(day, { month, today, chosen, focused }) {
    const count = this._counts.get(keyOf(day));
    const date = new Date(day).getUTCDate();
    if (new Date(day).getUTCMonth() !== new Date(month).getUTCMonth()) return html`<td></td>`;
    const format = /** @type {Formatter} */ (this.format);
    const name = format.day(format.dayStart(keyOf(day)), Date.now());
    const label = this.localize(count?.count === 1 ? "filter.day_one" : "filter.day_many", { day: name, count: count?.count ?? 0 });
    let dot = "";
    if (count?.count) dot = count.unreviewed ? "open" : "seen";
    return html`<td>
      <button
        type="button"
        class=${day === today ? "today" : ""}
        tabindex=${day === focused ? 0 : -1}
        aria-label=${label}
        aria-pressed=${String(day === chosen)}
        ?disabled=${day > today}
        @click=${() => this.#choose(day)}
      >
        ${date}<i class=${dot}></i>
      </button>
    </td>`;
  }

  /**
   * @param {string} name
   * @param {number} month
   * @param {boolean} disabled
   */
  #turn(name, month, disabled) {
    return html`<button
      class="icon-button"
      type="button"
      aria-label=${this.localize(`filter.${name}_month`)}
      ?disabled=${disabled}
      @click=${() => (this._focused = month)}
    >
      ${icon(name)}
    </button>`;
  }

  /** @param {number} day */
  #choose(day) {
    const format = /** @type {Formatter} */ (this.format);
    const detail = format.dayBounds(format.dayStart(keyOf(day)));
    this.dispatchEvent(new CustomEvent("vigilar-day", { detail }));
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    const format = /** @type {Formatter} */ (this.format);
    const today = Date.parse(format.dayKey(Date.now()));
    const focused = this._focused ?? Date.parse(format.dayKey(this.at ?? Date.now()));
    const rtl = getComputedStyle(this).direction === "rtl";
    const sideways = { ArrowLeft: rtl ? 1 : -1, ArrowRight: rtl ? -1 : 1 };
    const by = { ...MOVES, ...sideways }[press.key];
    let day;
    if (by !== undefined) day = focused + by * DAY_MS;
    else if (press.key === "PageUp") day = startOfMonth(focused, -1);
    else if (press.key === "PageDown") day = startOfMonth(focused, 1);
    if (day === undefined) return;
    press.preventDefault();
    this._focused = Math.min(day, today);
    this.#focusWanted = true;
  }

  /** Ask for the counts of the month in sight, once. */
  async #ask() {
    const { format, hass } = this;
    if (!format || !hass) return;
    const month = startOfMonth(this._focused ?? Date.parse(format.dayKey(this.at ?? Date.now())), 0);
    const { reviewed: _, ...filter } = this.filter;
    const key = JSON.stringify([month, filter]);
    if (key === this.#asked) return;
    this.#asked = key;
    const range = { start: format.dayStart(keyOf(month)), end: format.dayStart(keyOf(startOfMonth(month, 1))) };
    const zone = format.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    try {
      const { days } = await fetchDays(hass.connection, filter, { ...range, time_zone: zone });
      if (key === this.#asked) this._counts = new Map(days.map((day) => [day.day, day]));
    } catch {
      // A calendar without dots is still one to choose from.
    }
  }
}

/**
 * @param {number} day Midnight UTC.
 * @returns {string} "2026-11-23".
 */
function keyOf(day) {
  return new Date(day).toISOString().slice(0, 10);
}

/**
 * @param {number} day Midnight UTC.
 * @param {number} by Months.
 * @returns {number} The first of that month, midnight UTC.
 */
function startOfMonth(day, by) {
  const date = new Date(day);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, 1);
}

/**
 * @param {number} month Its first, midnight UTC.
 * @param {number} firstWeekday 0 = Sunday.
 * @returns {number[]} Whole weeks that hold the month, midnight UTC each.
 */
function daysOf(month, firstWeekday) {
  const before = (new Date(month).getUTCDay() - firstWeekday + WEEK) % WEEK;
  const length = new Date(startOfMonth(month, 1) - DAY_MS).getUTCDate();
  const weeks = Math.ceil((before + length) / WEEK);
  return Array.from({ length: weeks * WEEK }, (_, index) => month + (index - before) * DAY_MS);
}
