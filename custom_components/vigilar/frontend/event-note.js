// @ts-check
/** @import { TimelineEvent } from "./vigilar" */
import { HassElement } from "./hass-element.js";
import { icon } from "./icons.js";
import { controls, overlays, tokens } from "./ui-styles.js";
import { css, html, nothing } from "./vendor/lit.js";

const MOST_CHARACTERS = 2000;

/** What somebody has written about an event. */
export class VigilarEventNote extends HassElement {
  /** @override */
  static properties = {
    event: { attribute: false },
    write: { attribute: false },
    _writing: { state: true },
  };

  /** @override */
  static styles = [
    tokens,
    controls,
    overlays,
    css`
      :host { display: block; }
      h3 {
        margin: 0 0 6px;
        font-size: 0.8125rem;
        font-weight: 500;
        color: var(--quiet);
      }
      p { margin: 0 0 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
      .quiet { font-size: 0.8125rem; color: var(--quiet); }
      .chip { margin-block-start: 6px; }
      textarea.field { min-block-size: 84px; resize: vertical; }
      .row { display: flex; justify-content: flex-end; gap: 8px; margin-block-start: 8px; }
    `,
  ];

  #eventId = "";

  constructor() {
    super();
    /** @type {TimelineEvent | undefined} */
    this.event = undefined;
    /** @type {(text: string) => Promise<boolean>} Keeps a note; an empty one removes it. */
    this.write = async () => false;
    this._writing = false;
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  willUpdate(changed) {
    super.willUpdate(changed);
    if (this.event?.id === this.#eventId) return;
    this.#eventId = this.event?.id ?? "";
    this._writing = false;
  }

  /** @override */
  render() {
    const { localize } = this;
    return html`<h3>${localize("view.note")}</h3>
      ${this._writing ? this.#form() : this.#text()}`;
  }

  #text() {
    const { localize } = this;
    const note = this.event?.payload.note;
    return html`${note
      ? html`<p><bdi>${note.text}</bdi></p>
          <div class="quiet">${localize("view.note_by", { by: note.by, at: this.format.exact(note.ts) })}</div>`
      : nothing}
      <button class="chip" type="button" @click=${this.#begin}>
        ${icon("note")}${localize(note ? "view.edit_note" : "view.add_note")}
      </button>`;
  }

  #form() {
    const { localize } = this;
    return html`<textarea
        class="field"
        maxlength=${MOST_CHARACTERS}
        aria-label=${localize("view.note")}
        .value=${this.event?.payload.note?.text ?? ""}
        @keydown=${this.#onKey}
      ></textarea>
      <div class="row">
        <button class="button" type="button" @click=${() => (this._writing = false)}>${localize("view.cancel")}</button>
        <button class="button primary" type="button" @click=${this.#save}>${localize("view.save")}</button>
      </div>`;
  }

  get #field() {
    return this.renderRoot.querySelector("textarea");
  }

  async #begin() {
    this._writing = true;
    await this.updateComplete;
    this.#field?.focus();
  }

  async #save() {
    if (await this.write(this.#field?.value.trim() ?? "")) this._writing = false;
  }

  /** @param {KeyboardEvent} press */
  #onKey(press) {
    if (press.key === "Escape") this._writing = false;
    else if (press.key === "Enter" && (press.ctrlKey || press.metaKey)) this.#save();
  }
}
