// @ts-check
import { define } from "./define.js";
import { SourcesElement } from "./sources-element.js";
import "./tuning-page.js";
import { controls, notices, tokens } from "./ui-styles.js";
import { css, html } from "./vendor/lit.js";

/** Gives the tuning page the cameras that there are. */
class VigilarTuningHost extends SourcesElement {
  /** @override */
  static properties = { sourceId: { attribute: false } };

  /** @override */
  static styles = [
    tokens,
    controls,
    notices,
    css`
      :host { display: flex; flex-direction: column; overflow: auto; }
      vigilar-tuning-page { flex: 1; }
    `,
  ];

  constructor() {
    super();
    /** @type {string} */
    this.sourceId = "";
  }

  /** @override */
  render() {
    const { sources } = this.store;
    if (!sources && this._status.state === "error") return this.problemNotice();
    return html`<vigilar-tuning-page
      .hass=${this.hass}
      .sources=${sources}
      .sourceId=${this.sourceId || undefined}
    ></vigilar-tuning-page>`;
  }
}

define("vigilar-tuning-host", VigilarTuningHost);
