// @ts-check
/** @import { Delivery, Localize, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

/** After a change of its event the ledger follows; it is asked once for several. */
const SETTLE_MS = 1500;

/**
 * Say in one sentence what became of an event on its way to somebody.
 *
 * @param {Delivery} row
 * @param {Localize} localize
 * @param {Formatter} format
 * @returns {string} The server's words where only it knows the reason.
 */
export function deliverySentence(row, localize, format) {
  const devices = row.devices.filter(({ told }) => told).map(({ name }) => name);
  const at = format.clock(row.sent_at ?? row.at);
  if (row.state === "sending") return localize("ledger.sending", { at });
  if (row.state !== "sent" && row.state !== "updated") return row.text;
  const told = devices.length
    ? localize("ledger.told_on", { devices: devices.join(", "), at })
    : localize("ledger.told", { at });
  if (row.state === "sent") return told;
  return localize("ledger.updated", { told, at: format.clock(row.at) });
}

/** Who was told of an event, and who was not and why. */
export class VigilarLedger extends HassElement {
  /** @override */
  static properties = { event: { attribute: false }, _rows: { state: true }, _failed: { state: true } };

  /** @override */
  static styles = [
    tokens,
    css`
      :host { display: block; }
      ul { margin: 0; padding: 0; list-style: none; }
      li {
        display: flex;
        gap: 12px;
        padding-block: 8px;
      }
      li + li { border-block-start: 1px solid var(--line); }
      svg { flex: none; inline-size: 20px; block-size: 20px; margin-block-start: 1px; fill: var(--quiet); }
      .sent svg, .updated svg { fill: var(--good); }
      .failed svg { fill: var(--critical); }
      div { min-inline-size: 0; }
      strong { display: block; font-weight: 500; }
      span { color: var(--quiet); overflow-wrap: anywhere; }
      .error { display: block; color: var(--critical); }
      p { margin: 0; color: var(--quiet); }
    `,
  ];

  #asked = "";

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    super();
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {Delivery[] | undefined} */
    this._rows = undefined;
    this._failed = false;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asked = "";
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    const { event } = this;
    if (!event) return;
    const asked = `${event.id} ${event.payload.seq}`;
    if (asked === this.#asked) return;
    const another = !this.#asked.startsWith(event.id);
    this.#asked = asked;
    clearTimeout(this.#timer);
    if (another) {
      this._rows = undefined;
      this.#load(event.id);
    } else this.#timer = setTimeout(() => this.#load(event.id), SETTLE_MS);
  }

  /** @param {string} id */
  async #load(id) {
    try {
      /** @type {{deliveries: Delivery[]}} */
      const report = await this.home.connection.sendMessagePromise({ type: "vigilar/delivery", event_id: id });
      if (this.event?.id !== id) return;
      this._rows = report.deliveries;
      this._failed = false;
    } catch {
      if (this.event?.id === id) this._failed = true;
    }
  }

  /** @override */
  render() {
    if (this._failed && !this._rows) return html`<p>${this.localize("ledger.unknown")}</p>`;
    if (!this._rows) return nothing;
    if (!this._rows.length) return html`<p>${this.localize("ledger.nobody")}</p>`;
    return html`<ul>
      ${this._rows.map((row) => this.#row(row))}
    </ul>`;
  }

  /** @param {Delivery} row */
  #row(row) {
    const picture = { failed: "failed", not_sent: "not_told" }[/** @type {string} */ (row.state)] ?? "told";
    return html`<li class=${row.state}>
      ${icon(picture)}
      <div>
        <strong><bdi>${row.recipient}</bdi></strong>
        <span>${deliverySentence(row, this.localize, this.format)}</span>
        ${row.devices.map(({ name, error }) =>
          error ? html`<span class="error"><bdi>${name}</bdi>: ${error}</span>` : nothing,
        )}
      </div>
    </li>`;
  }
}
