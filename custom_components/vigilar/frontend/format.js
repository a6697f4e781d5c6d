// @ts-check
/** @import { Hass } from "./vigilar" */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every time zone's days and hours begin at a multiple of this. */
const QUARTER = 15 * MINUTE;
const REMEMBERED_QUARTERS = 10_000;

/**
 * Dates, times, durations and shares as the user has set them in Home
 * Assistant: language, 12 or 24 hours, and the browser's or the server's zone.
 */
export class Formatter {
  #language;
  #timeZone;
  #time;
  #clock;
  #exact;
  #day;
  #dayOfOtherYear;
  #dayKey;
  #shortDay;
  #month;
  #weekday;
  #hourOf;
  #percent;

  /** @type {Map<number, {day: string, hour: string}>} */
  #quarters = new Map();

  /** @type {Map<string, Intl.NumberFormat>} */
  #units = new Map();

  /** @param {Pick<Hass, "locale" | "config">} hass */
  constructor({ locale, config }) {
    this.#language = locale.language;
    this.#timeZone = locale.time_zone === "server" ? config.time_zone : undefined;
    /** @type {Intl.DateTimeFormatOptions} */
    const time = { hour: "numeric", minute: "2-digit" };
    if (locale.time_format === "12") time.hourCycle = "h12";
    if (locale.time_format === "24") time.hourCycle = "h23";
    const clock = locale.time_format === "system" ? undefined : locale.language;
    this.#time = this.#dates(time, clock);
    this.#clock = this.#dates({ ...time, second: "2-digit" }, clock);
    this.#exact = this.#dates(
      { ...time, second: "2-digit", day: "numeric", month: "long", year: "numeric" },
      clock,
    );
    /** @type {Intl.DateTimeFormatOptions} */
    const day = { weekday: "long", day: "numeric", month: "long" };
    this.#day = this.#dates(day, locale.language);
    this.#dayOfOtherYear = this.#dates({ ...day, year: "numeric" }, locale.language);
    // Swedish dates are ISO dates: they sort, and their first four are the year.
    this.#dayKey = this.#dates({ year: "numeric", month: "2-digit", day: "2-digit" }, "sv");
    this.#shortDay = this.#dates({ weekday: "short", day: "numeric", month: "short" }, locale.language);
    this.#hourOf = this.#dates({ hour: "2-digit", hourCycle: "h23" }, "sv");
    // Calendars count in days without a zone.
    this.#month = new Intl.DateTimeFormat(locale.language, { month: "long", year: "numeric", timeZone: "UTC" });
    this.#weekday = new Intl.DateTimeFormat(locale.language, { weekday: "narrow", timeZone: "UTC" });
    this.#percent = new Intl.NumberFormat(this.#language, { style: "percent" });
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} Hour and minute.
   */
  time(ts) {
    return this.#time.format(ts);
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} Hour, minute and second.
   */
  clock(ts) {
    return this.#clock.format(ts);
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} Date and time to the second.
   */
  exact(ts) {
    return this.#exact.format(ts);
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} The same for all moments of a calendar day.
   */
  dayKey(ts) {
    return this.#quarter(ts).day;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} The same for all moments of an hour by the clock, "2026-11-23 14".
   */
  hourKey(ts) {
    const { day, hour } = this.#quarter(ts);
    return `${day} ${hour}`;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {number} When the hour around it began by the clock.
   */
  hourStart(ts) {
    const key = this.hourKey(ts);
    let start = Math.floor(ts / QUARTER) * QUARTER;
    while (this.hourKey(start - QUARTER) === key) start -= QUARTER;
    return start;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {{start: number, end: number}} The calendar day around it; 23 or 25 hours long at times.
   */
  dayBounds(ts) {
    const key = this.dayKey(ts);
    let start = Math.floor(ts / QUARTER) * QUARTER;
    while (this.dayKey(start - QUARTER) === key) start -= QUARTER;
    let end = Math.floor(ts / QUARTER) * QUARTER + QUARTER;
    while (this.dayKey(end) === key) end += QUARTER;
    return { start, end };
  }

  /**
   * @param {string} key A day, "2026-11-23".
   * @returns {number} The moment at which it begins, Unix milliseconds.
   */
  dayStart(key) {
    const noon = Date.parse(`${key}T12:00Z`);
    // No zone is further from UTC than 14 hours.
    const within = [noon, noon - 12 * HOUR, noon + 12 * HOUR].find((ts) => this.dayKey(ts) === key) ?? noon;
    return this.dayBounds(within).start;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @returns {string} Short weekday and date, without a year.
   */
  shortDay(ts) {
    return this.#shortDay.format(ts);
  }

  /**
   * @param {number} utc The first of a month, midnight UTC, Unix milliseconds.
   * @returns {string} Month and year.
   */
  month(utc) {
    return this.#month.format(utc);
  }

  /**
   * @param {number} utc Midnight UTC, Unix milliseconds.
   * @returns {string} The narrowest name of the weekday.
   */
  weekday(utc) {
    return this.#weekday.format(utc);
  }

  /** @returns {number} The weekday on which a week begins, 0 = Sunday. */
  get firstWeekday() {
    /** @type {Intl.Locale & {getWeekInfo?: () => {firstDay: number}, weekInfo?: {firstDay: number}}} */
    const locale = new Intl.Locale(this.#language);
    const info = locale.getWeekInfo?.() ?? locale.weekInfo;
    return (info?.firstDay ?? 1) % 7;
  }

  /** @returns {string | undefined} The zone's IANA name; the browser's own when undefined. */
  get timeZone() {
    return this.#timeZone;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @param {number} now Unix milliseconds.
   * @returns {"today" | "yesterday" | undefined} How the day is called, when it has a name.
   */
  dayName(ts, now) {
    const key = this.dayKey(ts);
    if (key === this.dayKey(now)) return "today";
    // Noon of yesterday, so that a day of 23 or 25 hours is not skipped or repeated.
    const noon = Date.parse(`${this.dayKey(now)}T12:00Z`) - DAY;
    return key === new Date(noon).toISOString().slice(0, 10) ? "yesterday" : undefined;
  }

  /**
   * @param {number} ts Unix milliseconds.
   * @param {number} now Unix milliseconds.
   * @returns {string} Weekday and date, with the year when it is not this one.
   */
  day(ts, now) {
    const sameYear = this.dayKey(ts).slice(0, 4) === this.dayKey(now).slice(0, 4);
    return (sameYear ? this.#day : this.#dayOfOtherYear).format(ts);
  }

  /**
   * @param {number} ms Milliseconds; a negative span counts as none.
   * @returns {string} The two largest units, "1 hr 5 min"; at least one second.
   */
  duration(ms) {
    const span = Math.max(SECOND, Math.round(ms / SECOND) * SECOND);
    if (span < MINUTE) return this.#unit(span / SECOND, "second");
    if (span < HOUR) return this.#pair(span, MINUTE, "minute", SECOND, "second");
    if (span < DAY) return this.#pair(span, HOUR, "hour", MINUTE, "minute");
    return this.#pair(span, DAY, "day", HOUR, "hour");
  }

  /**
   * @param {number} ms Milliseconds.
   * @returns {string} The largest unit alone, "5 min"; at least one second.
   */
  rough(ms) {
    const units = /** @type {[number, string][]} */ ([[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"]]);
    const [size, unit] = units.find(([each]) => ms >= each) ?? [SECOND, "second"];
    return this.#unit(Math.max(1, Math.floor(ms / size)), unit);
  }

  /**
   * @param {number} ms Milliseconds, to be told apart below a second, too.
   * @returns {string} "85 ms", "1.4 sec".
   */
  brief(ms) {
    if (ms < SECOND) return this.#unit(Math.round(ms), "millisecond");
    return this.#unit(Math.round(ms / 100) / 10, "second");
  }

  /**
   * @param {number} share 0-1.
   * @returns {string} Whole per cent.
   */
  percent(share) {
    return this.#percent.format(share);
  }

  /** @param {number} ts */
  #quarter(ts) {
    const index = Math.floor(ts / QUARTER);
    let quarter = this.#quarters.get(index);
    if (!quarter) {
      if (this.#quarters.size >= REMEMBERED_QUARTERS) this.#quarters.clear();
      quarter = { day: this.#dayKey.format(ts), hour: this.#hourOf.format(ts) };
      this.#quarters.set(index, quarter);
    }
    return quarter;
  }

  /**
   * @param {Intl.DateTimeFormatOptions} options
   * @param {string | undefined} language The browser's own when undefined.
   */
  #dates(options, language) {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: this.#timeZone });
  }

  /**
   * @param {number} span
   * @param {number} large
   * @param {string} largeUnit
   * @param {number} small
   * @param {string} smallUnit
   */
  #pair(span, large, largeUnit, small, smallUnit) {
    const rest = Math.floor((span % large) / small);
    const first = this.#unit(Math.floor(span / large), largeUnit);
    return rest ? `${first} ${this.#unit(rest, smallUnit)}` : first;
  }

  /**
   * @param {number} value
   * @param {string} unit
   */
  #unit(value, unit) {
    let format = this.#units.get(unit);
    if (!format) {
      format = new Intl.NumberFormat(this.#language, { style: "unit", unit, unitDisplay: "short" });
      this.#units.set(unit, format);
    }
    return format.format(value);
  }
}
