// @ts-check
/** @import { Localize } from "./vigilar" */
/** @import { Limits, Settings, Tuning } from "./tuning" */
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { html, nothing } from "./vendor/lit.js";

/**
 * @param {object} given
 * @param {Tuning} given.saved
 * @param {Settings} given.settings What is being tried out.
 * @param {(name: string, value: number) => void} given.set
 * @param {string} given.language
 * @param {Localize} given.localize
 */
export function settingsPanel({ saved, settings, set, language, localize }) {
  const numbers = new Intl.NumberFormat(language);
  return html`<p class="help">${localize("tuning.settings_intro")}</p>
    ${Object.entries(saved.limits).map(([name, limits]) => {
      const before = saved.settings[name] ?? limits.default;
      const value = settings[name] ?? before;
      return setting({ name, limits, value, before, set: (now) => set(name, now), numbers, localize });
    })}`;
}

/**
 * @param {object} given
 * @param {string} given.name
 * @param {Limits} given.limits
 * @param {number} given.value
 * @param {number} given.before What is saved.
 * @param {(value: number) => void} given.set
 * @param {Intl.NumberFormat} given.numbers
 * @param {Localize} given.localize
 */
function setting({ name, limits, value, before, set, numbers, localize }) {
  const { min, max, step, unit } = limits;
  const written = (/** @type {number} */ number) =>
    unit ? localize("tuning.value", { value: numbers.format(number), unit }) : numbers.format(number);
  const help = `tuning.setting_${name}_help`;
  const explained = localize(help);
  return html`<div class="setting">
    <div class="setting-head">
      <label for=${name}>${nameOf(localize, "tuning", `setting_${name}`)}</label>
      <output for=${name}>${written(value)}</output>
    </div>
    <input
      type="range"
      id=${name}
      min=${min}
      max=${max}
      step=${step}
      .value=${String(value)}
      aria-valuetext=${written(value)}
      aria-describedby=${`${name}-help`}
      style="--done: ${(value - min) / (max - min)}"
      @input=${(/** @type {InputEvent} */ { target }) =>
        set(/** @type {HTMLInputElement} */ (target).valueAsNumber)}
    />
    <p class="help" id=${`${name}-help`}>${explained === help ? nothing : explained}</p>
    ${value === before
      ? nothing
      : html`<button class="chip" type="button" @click=${() => set(before)}>
          ${icon("restore")}${localize("tuning.back_to", { value: written(before) })}
        </button>`}
  </div>`;
}
