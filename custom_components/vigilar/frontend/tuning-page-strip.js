// @ts-check
/** @import { Formatter } from "./format.js" */
/** @import { Localize } from "./vigilar" */
/** @import { CountHistory } from "./tuning-page-history.js" */
import { html, nothing } from "./vendor/lit.js";

/**
 * Draw what counted in the last minute, by what is saved and by what is tried out.
 *
 * @param {object} given
 * @param {CountHistory} given.saved
 * @param {CountHistory | undefined} given.draft Undefined where nothing is tried out.
 * @param {number} given.now Unix milliseconds.
 * @param {Localize} given.localize
 * @param {Formatter} given.format
 */
export function strip({ saved, draft, now, localize, format }) {
  /**
   * @param {string} key
   * @param {CountHistory} history
   * @param {string} tone
   */
  const row = (key, history, tone) => {
    const counted = history.counted(now);
    const name = localize(key);
    const text = counted
      ? localize("tuning.strip_counted", { name, duration: format.duration(counted) })
      : localize("tuning.strip_never", { name });
    return html`<div class="strip-row">
      <span aria-hidden="true">${name}</span>
      <div class="strip ${tone}" role="img" aria-label=${text}>
        ${history.stretches(now).map(
          ({ from, to, counts }) =>
            html`<i
              class=${counts ? "counts" : ""}
              style="inset-inline-start: ${100 * from}%; inline-size: ${100 * (to - from)}%"
            ></i>`,
        )}
      </div>
    </div>`;
  };
  return html`<div class="strips">
    ${row("tuning.strip_saved", saved, "saved")}
    ${draft ? row("tuning.strip_draft", draft, "draft") : nothing}
    <div class="strip-row scale" aria-hidden="true">
      <span></span>
      <div><span>${localize("tuning.strip_ago")}</span><span>${localize("tuning.strip_now")}</span></div>
    </div>
  </div>`;
}
