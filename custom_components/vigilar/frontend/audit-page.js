// @ts-check
/** @import { AuditFilter, Status } from "./vigilar" */
/** @import { Entry } from "./audit-log.js" */
import { auditEntry, nameOfDoer } from "./audit-entry.js";
import { AuditLog } from "./audit-log.js";
import { auditStyles } from "./audit-styles.js";
import { icon } from "./icons.js";
import { ListEnds } from "./list-ends.js";
import { nameOf } from "./localize.js";
import { SourcesElement } from "./sources-element.js";
import { html, repeat } from "./vendor/lit.js";

const ACTIONS = ["viewed", "exported", "deleted", "reviewed", "unreviewed", "judged", "noted", "protected", "unprotected"];

/** Who looked at, took, judged or deleted what; for administrators. */
export class VigilarAuditPage extends SourcesElement {
  /** @override */
  static properties = { _failed: { state: true } };

  /** @override */
  static styles = auditStyles;

  /** @type {AuditFilter} */
  #filter = {};

  /** @type {AuditLog | undefined} What shows. */
  #log;

  /** @type {AuditLog | undefined} What was asked for last. */
  #asked;

  /** @type {Set<string>} Keys of the entries whose events show. */
  #open = new Set();

  #ends = new ListEnds(this, () => this.#older());

  constructor() {
    super();
    this._failed = false;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#ends.stop();
  }

  /**
   * @override
   * @param {Status} status
   */
  onStatus(status) {
    const before = this._status.state;
    super.onStatus(status);
    if (status.state === "live" && before !== "live") this.#reload();
  }

  /** What was there shows until there is something newer. */
  async #reload() {
    const log = new AuditLog(this.home.connection, this.#filter);
    this.#asked = log;
    const failed = await log.load().then(
      () => false,
      () => true,
    );
    if (log !== this.#asked) return;
    if (!failed) this.#log = log;
    this._failed = failed;
    this.requestUpdate();
  }

  async #older() {
    await this.#log?.load();
  }

  /** @override */
  updated() {
    this.#ends.watch();
  }

  // --- drawing ----------------------------------------------------------------

  /** @override */
  render() {
    const { localize } = this;
    if (this._status.state === "error") return this.problemNotice();
    return html`<header>
        <h2>${localize("audit.title")}</h2>
        <p>${localize("audit.help")}</p>
        <div class="filters">${this.#people()} ${this.#actions()} ${this.#refresh()}</div>
      </header>
      <div class="scroller" tabindex="-1">${this.#body()}</div>`;
  }

  #people() {
    const { localize } = this;
    const doers = this.#log?.doers ?? [];
    const choices = doers.map((doer) => ({
      value: doer.user_id,
      label: doer.user_id ? nameOfDoer(doer, localize) : localize("audit.no_user"),
    }));
    return this.#choice("person", "everybody", choices, this.#filter.user_id, (user_id) => {
      this.#narrow({ action: this.#filter.action, user_id });
    });
  }

  #actions() {
    const choices = ACTIONS.map((value) => ({ value, label: nameOf(this.localize, "audit", `action_${value}`) }));
    return this.#choice("action", "everything", choices, this.#filter.action, (action) => {
      this.#narrow({ user_id: this.#filter.user_id, action });
    });
  }

  /**
   * @param {string} name
   * @param {string} all The key of what stands for no choice.
   * @param {{value: string, label: string}[]} choices
   * @param {string | undefined} chosen
   * @param {(value: string | undefined) => void} onChoice
   */
  #choice(name, all, choices, chosen, onChoice) {
    const { localize } = this;
    // The first stands for no choice; a person's id may be empty.
    const onChange = (/** @type {Event} */ { target }) => {
      const { selectedIndex } = /** @type {HTMLSelectElement} */ (target);
      onChoice(choices[selectedIndex - 1]?.value);
    };
    return html`<span class="choice">
      <select class="chip ${chosen === undefined ? "" : "active"}" name=${name} aria-label=${localize(`audit.${name}`)} @change=${onChange}>
        <option .selected=${chosen === undefined}>${localize(`audit.${all}`)}</option>
        ${choices.map(({ value, label }) => html`<option .selected=${value === chosen}>${label}</option>`)}
      </select>
      ${icon("open")}
    </span>`;
  }

  #refresh() {
    const label = this.localize("audit.refresh");
    return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${() => this.#reload()}>
      ${icon("refresh")}
    </button>`;
  }

  #body() {
    const { localize } = this;
    const log = this.#log;
    if (this._failed) {
      return html`<div class="notice" role="status">
        ${icon("problem")}<strong>${localize("audit.failed")}</strong><span>${localize("problem.failed_help")}</span>
        <button class="button" type="button" @click=${() => this.#reload()}>${localize("problem.retry")}</button>
      </div>`;
    }
    if (!log?.rows) {
      return html`<span class="unseen-text" role="status">${localize("audit.loading")}</span>
        <div class="bones">${[1, 2, 3, 4].map(() => html`<i class="bone"></i>`)}</div>`;
    }
    if (!log.rows.length) return this.#nothing();
    return [this.#days(log), this.#tail(log)];
  }

  /** @param {AuditLog} log */
  #days(log) {
    const { format, localize } = this;
    const now = Date.now();
    /** @type {Map<string, Entry[]>} */
    const days = new Map();
    for (const entry of log.entries) {
      const day = format.dayKey(entry.row.ts);
      const entries = days.get(day);
      if (entries) entries.push(entry);
      else days.set(day, [entry]);
    }
    return repeat(
      days,
      ([day]) => day,
      ([, entries]) => {
        const { ts } = /** @type {Entry} */ (entries[0]).row;
        const name = format.dayName(ts, now);
        return html`<section>
          <h3>${name ? localize(`day.${name}`) : format.day(ts, now)}</h3>
          <ol>
            ${repeat(
              entries,
              ({ key }) => key,
              (entry) => this.#entry(entry, log, now),
            )}
          </ol>
        </section>`;
      },
    );
  }

  /**
   * @param {Entry} entry
   * @param {AuditLog} log
   * @param {number} now
   */
  #entry(entry, log, now) {
    return auditEntry(entry, {
      localize: this.localize,
      format: this.format,
      now,
      events: log.events,
      nameOfSource: (id) => this.store.sources?.find(({ source_id }) => source_id === id)?.name ?? id,
      open: this.#open.has(entry.key),
      onToggle: () => {
        if (!this.#open.delete(entry.key)) this.#open.add(entry.key);
        this.requestUpdate();
      },
    });
  }

  /** @param {AuditLog} log */
  #tail(log) {
    const { localize } = this;
    if (!log.more) return html`<div class="tail">${localize("list.end")}</div>`;
    if (log.full) return html`<div class="tail">${localize("audit.full")}</div>`;
    return this.#ends.button("older", localize, (state) => localize(`audit.older_${state}`));
  }

  #nothing() {
    const { localize } = this;
    const { user_id: person, action } = this.#filter;
    if (person === undefined && action === undefined) {
      return html`<div class="notice" role="status">
        ${icon("audit")}<strong>${localize("audit.empty")}</strong><span>${localize("audit.empty_help")}</span>
      </div>`;
    }
    return html`<div class="notice" role="status">
      ${icon("audit")}<strong>${localize("audit.nothing_found")}</strong>
      <button class="button" type="button" @click=${() => this.#narrow({})}>${localize("filter.clear")}</button>
    </div>`;
  }

  /** @param {{user_id?: string | undefined, action?: string | undefined}} filter */
  #narrow({ user_id, action }) {
    this.#filter = { ...(user_id !== undefined && { user_id }), ...(action !== undefined && { action }) };
    this.#open.clear();
    this.#reload();
    this.requestUpdate();
  }
}
