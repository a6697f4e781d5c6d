// @ts-check
/** @import { Hass, Localize } from "./vigilar" */
import { Formatter } from "./format.js";
import { loadTexts, localizer } from "./localize.js";
import { LitElement } from "./vendor/lit.js";

/**
 * What every page does with `hass`: its language and settings, its theme, and
 * drawing anew only when something of it matters.
 */
export class HassElement extends LitElement {
  /**
   * @override
   * @type {Record<string, object>}
   */
  static properties = { hass: { attribute: false } };

  /** @type {Localize} */
  localize = localizer("en");

  /** @type {Hass["locale"] | undefined} */
  #locale;

  /** @type {Formatter | undefined} */
  #format;

  constructor() {
    super();
    /** @type {Hass | undefined} */
    this.hass = undefined;
  }

  /** @returns {Formatter} */
  get format() {
    return /** @type {Formatter} */ (this.#format);
  }

  /** @returns {Hass} What is there whenever something is drawn. */
  get home() {
    return /** @type {Hass} */ (this.hass);
  }

  /** @returns {string[]} The entities whose states are shown. */
  watched() {
    return [];
  }

  /**
   * Home Assistant sets `hass` at every state change of the house.
   *
   * @override
   * @param {Map<PropertyKey, unknown>} changed
   */
  shouldUpdate(changed) {
    const { hass } = this;
    if (!hass) return false;
    const before = /** @type {Hass | undefined} */ (changed.get("hass"));
    return (
      changed.size !== 1 ||
      !before ||
      before.locale !== hass.locale ||
      before.language !== hass.language ||
      this.hasAttribute("dark") !== Boolean(hass.themes?.darkMode) ||
      before.connection !== hass.connection ||
      before.config?.state !== hass.config?.state ||
      before.user !== hass.user ||
      before.panels !== hass.panels ||
      this.watched().some((id) => before.states?.[id] !== hass.states?.[id])
    );
  }

  /**
   * @override
   * @param {Map<PropertyKey, unknown>} _changed
   */
  willUpdate(_changed) {
    const hass = this.home;
    this.toggleAttribute("dark", Boolean(hass.themes?.darkMode));
    if (hass.locale === this.#locale) return;
    this.#locale = hass.locale;
    this.#format = new Formatter(hass);
    this.localize = localizer(hass.language);
    loadTexts(hass.language).then(
      () => {
        this.localize = localizer(hass.language);
        this.requestUpdate();
      },
      () => {},
    );
  }
}
