// @ts-check
import { icon } from "./icons.js";
import { controls, overlays, tokens } from "./ui-styles.js";
import { LitElement, css, html, nothing } from "./vendor/lit.js";

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} picture The name of an icon.
 * @property {() => void} action
 * @property {boolean} [checked] For what can be on and off.
 * @property {boolean} [danger]
 * @property {boolean} [apart] Whether a line parts it from what is above.
 */

const MARGIN = 8;

/** A button that opens a menu below it. */
export class VigilarMenu extends LitElement {
  /** @override */
  static properties = {
    items: { attribute: false },
    label: { type: String },
    picture: { type: String },
    text: { type: Boolean },
    dark: { type: Boolean, reflect: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    overlays,
    css`
      :host { display: inline-flex; }
      [popover] {
        position: fixed;
        inset: auto;
        margin: 0;
        border: 1px solid var(--line);
      }
      .menu .danger { color: var(--critical); }
      .menu .danger svg { fill: currentColor; }
      .menu .apart {
        margin-block-start: 9px;
        position: relative;
      }
      .menu .apart::before {
        content: "";
        position: absolute;
        inset-inline: 8px;
        inset-block-start: -5px;
        border-block-start: 1px solid var(--line);
      }
      .check { margin-inline-start: auto; padding-inline-start: 12px; }
      .icon-button { color: var(--text); }
    `,
  ];

  constructor() {
    super();
    /** @type {MenuItem[]} */
    this.items = [];
    /** @type {string} */
    this.label = "";
    /** @type {string} The name of the button's icon. */
    this.picture = "more";
    /** @type {boolean} Whether the button shows its label. */
    this.text = false;
    /** @type {boolean} */
    this.dark = false;
  }

  /** @override */
  render() {
    return html`<button
        class=${this.text ? "button" : "icon-button"}
        type="button"
        popovertarget="menu"
        aria-haspopup="menu"
        aria-label=${this.text ? nothing : this.label}
        title=${this.text ? nothing : this.label}
      >
        ${icon(this.picture)}${this.text ? this.label : nothing}
      </button>
      <div id="menu" class="menu" popover role="menu" aria-label=${this.label} @toggle=${this.#onToggle} @keydown=${this.#onKey}>
        ${this.items.map((item) => this.#item(item))}
      </div>`;
  }

  /** @param {MenuItem} item */
  #item({ label, picture, action, checked, danger, apart }) {
    const run = () => {
      this.#menu.hidePopover();
      action();
    };
    return html`<button
      class="${danger ? "danger" : ""} ${apart ? "apart" : ""}"
      type="button"
      role=${checked === undefined ? "menuitem" : "menuitemcheckbox"}
      aria-checked=${checked === undefined ? nothing : String(checked)}
      @click=${run}
    >
      ${icon(picture)}<span>${label}</span>${checked ? html`<span class="check">${icon("check")}</span>` : nothing}
    </button>`;
  }

  get #menu() {
    return /** @type {HTMLElement} */ (this.renderRoot.querySelector("#menu"));
  }

  /** @returns {HTMLElement[]} */
  get #entries() {
    return [...this.#menu.querySelectorAll("button")];
  }

  /** @param {ToggleEvent} toggle */
  #onToggle(toggle) {
    if (toggle.newState !== "open") return;
    const button = /** @type {HTMLElement} */ (this.renderRoot.querySelector("button")).getBoundingClientRect();
    const menu = this.#menu;
    const { offsetWidth: width, offsetHeight: height } = menu;
    const left = getComputedStyle(this).direction === "rtl" ? button.left : button.right - width;
    const below = button.bottom + 4;
    const fits = below + height + MARGIN <= innerHeight;
    menu.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
    menu.style.top = `${fits ? below : Math.max(MARGIN, button.top - height - 4)}px`;
    this.#entries[0]?.focus();
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    // The keys of the page below must not be pressed through the menu.
    press.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[press.key];
    if (!step) return;
    press.preventDefault();
    const entries = this.#entries;
    const index = entries.findIndex((entry) => entry === /** @type {ShadowRoot} */ (this.renderRoot).activeElement);
    entries[(index + step + entries.length) % entries.length]?.focus();
  }
}
