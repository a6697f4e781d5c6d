// @ts-check
/** @import { Draft, Settings, Tuning } from "./tuning" */
import { ZoneStore } from "./zone-editor-store.js";

/** What is saved of one camera, and what is being tried out. */
export class TuningStore {
  /** @type {Tuning | undefined} What is saved; undefined until it has come. */
  saved;

  /** @type {Settings} */
  settings = {};

  zones;

  #onChange;

  /** @param {() => void} onChange Called after every change, also of what is chosen. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.zones = new ZoneStore(onChange);
  }

  /** @returns {boolean} */
  get settingsChanged() {
    return !!this.saved && !alike(this.settings, this.saved.settings);
  }

  /** @returns {boolean} */
  get zonesChanged() {
    return !!this.saved && !alike(this.zones.tidy, this.saved.zones);
  }

  /** @returns {boolean} */
  get changed() {
    return this.settingsChanged || this.zonesChanged;
  }

  /** @returns {boolean} Whether a server would take it. What is saved already, it has taken. */
  get valid() {
    return !this.zonesChanged || this.zones.problems.every(({ length }) => !length);
  }

  /** @returns {Draft} */
  get draft() {
    return { settings: this.settings, zones: this.zones.tidy };
  }

  /** @returns {Partial<Draft>} What is to be saved. */
  get changes() {
    const { settings, zones } = this.draft;
    return { ...(this.settingsChanged && { settings }), ...(this.zonesChanged && { zones }) };
  }

  /**
   * Take over what is saved; what was changed meanwhile stays changed.
   *
   * @param {Tuning} saved
   * @param {Partial<Draft>} [draft] What was changed when the page was left.
   */
  load(saved, draft) {
    const [settingsChanged, zonesChanged] = [this.settingsChanged, this.zonesChanged];
    this.saved = saved;
    if (!settingsChanged) this.settings = { ...saved.settings, ...draft?.settings };
    if (!zonesChanged && !alike(this.zones.zones, draft?.zones ?? saved.zones)) {
      this.zones.reset(draft?.zones ?? saved.zones);
    }
    this.#onChange();
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  set(name, value) {
    this.settings = { ...this.settings, [name]: value };
    this.#onChange();
  }

  /**
   * @param {Partial<Draft>} sent What was to be saved.
   * @param {Draft} kept What the server has made of it.
   */
  keep(sent, { settings, zones }) {
    if (!this.saved) return;
    this.saved = { ...this.saved, settings, zones: [...zones] };
    // What was changed while it was on its way stays changed.
    if (alike(this.settings, sent.settings)) this.settings = { ...settings };
    if (alike(this.zones.tidy, sent.zones) && this.zonesChanged) this.zones.reset(zones);
    this.#onChange();
  }

  /** Go back to what is saved. */
  discard() {
    if (!this.saved) return;
    this.settings = { ...this.saved.settings };
    this.zones.reset(this.saved.zones);
    this.#onChange();
  }
}

/**
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean} Whether two values are equal, whatever the order of their keys.
 */
export function alike(one, other) {
  return canonical(one) === canonical(other);
}

/** @param {unknown} value @returns {string} */
function canonical(value) {
  return JSON.stringify(value, (_, each) =>
    each && typeof each === "object" && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort()) : each,
  );
}
