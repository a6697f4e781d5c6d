// @ts-check
/** @import { Hass, Localize, TimelineEvent } from "./vigilar" */
/** @import { Formatter } from "./format.js" */
import { newestFirst } from "./event-run.js";
import { wayText } from "./incidents.js";
import { nameOf } from "./localize.js";
import { css, html, nothing, repeat } from "./vendor/lit.js";

export const incidentStyles = css`
  .parts { margin: 8px 0 0; padding: 0; list-style: none; }
  .part {
    all: unset;
    box-sizing: border-box;
    display: grid;
    grid-template-columns: 64px minmax(0, 1fr) auto;
    align-items: center;
    gap: 12px;
    inline-size: 100%;
    min-block-size: 48px;
    padding: 4px 8px 4px 4px;
    border-radius: 10px;
    cursor: pointer;
  }
  .part[aria-current] {
    cursor: default;
    background: color-mix(in srgb, var(--accent) 12%, transparent);
  }
  @media (hover: hover) {
    .part:not([aria-current]):hover { background: color-mix(in srgb, var(--text) 6%, transparent); }
  }
  .part:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
  .part vigilar-thumbnail { border-radius: 7px; }
  .part span { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .part strong { display: block; font-weight: 500; overflow: hidden; text-overflow: ellipsis; }
  .part small { font-size: 0.8125rem; color: var(--quiet); }
  .part time { font-size: 0.8125rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
`;

/**
 * The incident that an event is part of, and the ways to its other parts.
 *
 * @param {TimelineEvent} current
 * @param {readonly TimelineEvent[]} incident All of it, in any order.
 * @param {object} context
 * @param {Hass | undefined} context.hass
 * @param {Localize} context.localize
 * @param {Formatter} context.format
 * @param {(id: string) => void} context.goTo
 */
export function incidentSection(current, incident, { hass, localize, format, goTo }) {
  if (incident.length < 2) return nothing;
  const events = [...incident].sort(newestFirst);
  return html`<section class="incident">
    <h3>${localize("incident.title")}</h3>
    <bdi>${wayText(events, localize)}</bdi>
    <ol class="parts">
      ${repeat(
        events.reverse(),
        ({ id }) => id,
        (event) => html`<li>
          <button
            class="part ${event.severity}"
            type="button"
            data-event=${event.id}
            aria-current=${event.id === current.id ? "true" : nothing}
            @click=${() => event.id === current.id || goTo(event.id)}
          >
            <vigilar-thumbnail .hass=${hass} .event=${event} .localize=${localize}></vigilar-thumbnail>
            <span
              ><strong>${nameOf(localize, "type", event.type)}</strong
              ><small><bdi>${event.payload.name || event.source_id}</bdi></small></span
            >
            <time datetime=${new Date(event.ts).toISOString()}>${format.clock(event.ts)}</time>
          </button>
        </li>`,
      )}
    </ol>
  </section>`;
}
