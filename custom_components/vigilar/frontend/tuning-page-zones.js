// @ts-check
/** @import { Localize } from "./vigilar" */
/** @import { Zone, ZoneKind, ZoneProblem } from "./tuning" */
/** @import { ZoneStore } from "./zone-editor-store.js" */
import { icon } from "./icons.js";
import { html, nothing } from "./vendor/lit.js";
import { LEAST_POINTS, MOST_ZONES } from "./zone-editor-store.js";

/** @type {ZoneKind[]} */
const KINDS = ["include", "mask"];

/** How many names the example of an event has at most. */
const MOST_NAMED = 3;

/**
 * @param {object} given
 * @param {ZoneStore} given.store
 * @param {boolean} given.drawing
 * @param {() => void} given.draw
 * @param {Localize} given.localize
 */
export function zonesPanel({ store, drawing, draw, localize }) {
  const { zones, problems } = store;
  return html`<div class="row tools">
      <button class="button primary" type="button" ?disabled=${drawing || store.full} @click=${draw}>
        ${icon("add")}${localize("zones.draw")}
      </button>
      <span class="spring"></span>
      ${tool("undo", "zones.undo", store.canUndo, () => store.undo(), localize)}
      ${tool("redo", "zones.redo", store.canRedo, () => store.redo(), localize)}
    </div>
    ${store.full ? html`<p class="help">${localize("zones.full", { most: MOST_ZONES })}</p>` : nothing}
    ${zones.length
      ? html`<ul class="zone-list">
          ${zones.map((zone, index) => entry(store, zone, index, problems[index] ?? [], localize))}
        </ul>`
      : html`<div class="notice">
          ${icon("zones")}
          <strong>${localize("zones.empty")}</strong>
          <span>${localize("zones.empty_help")}</span>
        </div>`}
    ${zones.some(({ kind }) => kind === "include") ? example(zones, localize) : nothing}`;
}

/**
 * @param {string} picture
 * @param {string} key
 * @param {boolean} enabled
 * @param {() => void} press
 * @param {Localize} localize
 */
function tool(picture, key, enabled, press, localize) {
  return html`<button
    class="icon-button"
    type="button"
    title=${localize(key)}
    aria-label=${localize(key)}
    ?disabled=${!enabled}
    @click=${press}
  >
    ${icon(picture)}
  </button>`;
}

/**
 * @param {ZoneStore} store
 * @param {Zone} zone
 * @param {number} index
 * @param {ZoneProblem[]} problems
 * @param {Localize} localize
 */
function entry(store, zone, index, problems, localize) {
  const open = store.zone === index;
  return html`<li class="${zone.kind} ${open ? "open" : ""} ${problems.length ? "wrong" : ""}">
    <button
      class="zone-head"
      type="button"
      aria-expanded=${String(open)}
      @click=${() => store.choose(open ? undefined : index)}
    >
      <span class="swatch"></span>
      <span class="zone-name">${zone.name || localize("zones.problem_unnamed")}</span>
      <span class="zone-kind">${localize(`zones.kind_${zone.kind}`)}</span>
    </button>
    ${problems.map((problem) => html`<p class="wrong" role="alert">${localize(`zones.problem_${problem}`)}</p>`)}
    ${open ? details(store, zone, index, localize) : nothing}
  </li>`;
}

/**
 * @param {ZoneStore} store
 * @param {Zone} zone
 * @param {number} index
 * @param {Localize} localize
 */
function details(store, zone, index, localize) {
  const { corner } = store;
  return html`<div class="details">
    <label>
      <span>${localize("zones.name")}</span>
      <input
        class="field"
        type="text"
        maxlength="64"
        autocomplete="off"
        .value=${zone.name}
        @input=${(/** @type {InputEvent} */ { target }) =>
          store.rename(index, /** @type {HTMLInputElement} */ (target).value)}
      />
    </label>
    <div class="segments" role="group" aria-label=${localize("zones.kind")}>
      ${KINDS.map(
        (kind) => html`<button
          type="button"
          aria-pressed=${String(zone.kind === kind)}
          @click=${() => store.setKind(index, kind)}
        >
          ${localize(`zones.kind_${kind}`)}
        </button>`,
      )}
    </div>
    <p class="help">${localize(`zones.kind_${zone.kind}_help`)}</p>
    <div class="row">
      <button class="button danger" type="button" @click=${() => store.remove(index)}>
        ${icon("delete")}${localize("zones.remove")}
      </button>
      ${corner === undefined
        ? nothing
        : html`<button
            class="button"
            type="button"
            ?disabled=${zone.points.length <= LEAST_POINTS}
            @click=${() => store.removeCorner(index, corner)}
          >
            ${localize("zones.remove_corner", { number: corner + 1 })}
          </button>`}
    </div>
  </div>`;
}

/**
 * @param {readonly Zone[]} zones
 * @param {Localize} localize
 */
function example(zones, localize) {
  const names = zones.filter(({ kind }) => kind === "include").map(({ name }) => name.trim());
  const json = names.slice(0, MOST_NAMED).map((name) => JSON.stringify(name)).join(", ");
  return html`<div class="example">
    <p class="help">${localize("zones.example")}</p>
    <code dir="ltr">"zones": [${json}]</code>
  </div>`;
}
