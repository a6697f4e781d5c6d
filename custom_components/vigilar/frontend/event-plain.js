// @ts-check
/** @import { Hass, Localize, Source, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { newestFirst } from "./event-run.js";
import { icon } from "./icons.js";
import { isLasting } from "./list-items.js";
import { nameOf } from "./localize.js";
import { mediaOf } from "./media.js";
import { css, html, nothing, repeat } from "./vendor/lit.js";

/** So many pictures of its incident an event without its own shows. */
const MOST_PICTURES = 6;

export const plainStyles = css`
  .plain {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 12px 16px;
    padding: 14px 16px;
    border-radius: 14px;
    background: color-mix(in srgb, var(--tone) 9%, var(--surface));
  }
  .plain > svg { flex: none; inline-size: 36px; block-size: 36px; fill: var(--tone); }
  .plain dl { display: flex; flex-wrap: wrap; gap: 8px 32px; flex: 1; min-inline-size: 0; }
  .plain dt { font-size: 0.8125rem; }
  .plain dd { font-size: 1rem; font-weight: 500; }
  .plain p { flex-basis: 100%; margin: 0; font-size: 0.8125rem; color: var(--quiet); }
  .shots {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(200px, 44%), 1fr));
    gap: 12px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .plain + section { margin-block-start: 16px; }
  section + .deeds { margin-block-start: 18px; }
  .shot { all: unset; display: block; box-sizing: border-box; inline-size: 100%; border-radius: 12px; cursor: pointer; }
  .shot:focus-visible { outline: 2px solid var(--focus); outline-offset: 3px; }
  .shot vigilar-thumbnail { inline-size: 100%; border-radius: 12px; }
  .shot span { display: flex; justify-content: space-between; gap: 8px; padding: 4px 2px 0; font-size: 0.8125rem; }
  .shot bdi { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .shot time { flex: none; color: var(--quiet); font-variant-numeric: tabular-nums; }
`;

/**
 * Draw what there is in place of a picture: where and how long it was, how its sensor
 * stands now, and what cameras have seen of the same incident.
 *
 * @param {TimelineEvent} event One without media.
 * @param {readonly TimelineEvent[]} incident All of its incident, in any order.
 * @param {object} context
 * @param {Hass} context.hass
 * @param {Source | undefined} context.source
 * @param {Localize} context.localize
 * @param {Formatter} context.format
 * @param {number} context.now Unix milliseconds.
 * @param {(id: string) => void} context.goTo
 */
export function plainStage(event, incident, { hass, source, localize, format, now, goTo }) {
  const { end_ts: end } = event.payload;
  const lasting = isLasting(event);
  const duration = lasting || (end !== null && end > event.ts) ? format.duration((end ?? now) - event.ts) : "";
  /** @param {string} key @param {string | null | undefined} value */
  const fact = (key, value) => (value ? html`<div><dt>${localize(key)}</dt><dd><bdi>${value}</bdi></dd></div>` : nothing);
  const facts = [
    fact("filter.area", source?.area),
    fact(lasting ? "view.lasting_for" : "view.duration", duration),
    source?.kind === "sensor" ? fact("view.state_now", stateNow(hass, event)) : nothing,
  ].filter((each) => each !== nothing);
  return html`<div class="plain ${event.severity}">
      ${icon(event.type)}
      ${facts.length ? html`<dl>${facts}</dl>` : nothing}
      ${source?.kind === "sensor" ? nothing : html`<p>${localize("view.nothing_to_see")}</p>`}
    </div>
    ${shots(event, incident, { hass, localize, format, goTo })}`;
}

/**
 * @param {Hass} hass
 * @param {TimelineEvent} event
 * @returns {string | undefined} How the sensor stands, in Home Assistant's words.
 */
function stateNow(hass, { payload }) {
  const state = payload.entity_id ? hass.states?.[payload.entity_id] : undefined;
  return state && (hass.formatEntityState?.(state) ?? state.state);
}

/**
 * @param {TimelineEvent} event
 * @param {readonly TimelineEvent[]} incident
 * @param {{hass: Hass, localize: Localize, format: Formatter, goTo: (id: string) => void}} context
 */
function shots(event, incident, { hass, localize, format, goTo }) {
  const seen = incident.filter((each) => each.id !== event.id && mediaOf(each, "thumbnail")?.state === "ready");
  if (!seen.length) return nothing;
  const shown = seen.sort(newestFirst).slice(0, MOST_PICTURES).reverse();
  return html`<section>
    <h3>${localize("view.seen_meanwhile")}</h3>
    <ul class="shots">
      ${repeat(
        shown,
        ({ id }) => id,
        (each) => html`<li>
          <button class="shot ${each.severity}" type="button" @click=${() => goTo(each.id)}>
            <vigilar-thumbnail .hass=${hass} .event=${each} .localize=${localize}></vigilar-thumbnail>
            <span
              ><bdi>${nameOf(localize, "type", each.type)} · ${each.payload.name || each.source_id}</bdi
              ><time datetime=${new Date(each.ts).toISOString()}>${format.time(each.ts)}</time></span
            >
          </button>
        </li>`,
      )}
    </ul>
  </section>`;
}
