// @ts-check
import { css } from "./vendor/lit.js";

/** On a picture, whose colours nobody knows: bright lines on dark ones. */
export const zoneEditorStyles = css`
  :host {
    --zone: #6fd3ff;
    --mask: #ffb27a;
    --wrong: #ff6b6b;
    --shade: rgba(6, 12, 20, 0.72);
    display: block;
    position: relative;
  }
  .frame {
    position: relative;
    inline-size: 100%;
    user-select: none;
    -webkit-user-select: none;
  }
  /* Rounded by itself: zones reach into the corners of the picture. */
  div.ground {
    position: absolute;
    inset: 0;
    overflow: hidden;
    border-radius: 12px;
    background: #0d1217;
  }
  ::slotted(*) {
    position: absolute;
    inset: 0;
  }
  ::slotted(.lamp) {
    inset: 10px auto auto 10px;
    z-index: 1;
    pointer-events: none;
  }
  svg.zones {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    overflow: visible;
    touch-action: pan-y pinch-zoom;
  }
  svg.zones:focus { outline: none; }
  svg.zones.drawing {
    cursor: crosshair;
    touch-action: none;
  }
  .zone { --tone: var(--zone); }
  .zone.mask { --tone: var(--mask); }
  .zone.wrong { --tone: var(--wrong); }
  polygon.ground {
    fill: color-mix(in srgb, var(--tone) 12%, transparent);
    pointer-events: none;
  }
  .mask polygon.ground { fill: rgba(6, 12, 20, 0.45); }
  .shape {
    fill: transparent;
    stroke: var(--tone);
    stroke-width: 2;
    stroke-linejoin: round;
    cursor: pointer;
    outline: none;
    transition: fill 120ms;
  }
  .mask .shape {
    fill: url(#hatch);
    stroke-dasharray: 7 4;
  }
  .casing {
    fill: none;
    stroke: var(--shade);
    stroke-width: 4;
    stroke-linejoin: round;
    pointer-events: none;
  }
  .chosen .shape {
    stroke-width: 2.5;
    cursor: move;
    touch-action: none;
  }
  .chosen:not(.mask) .shape { fill: color-mix(in srgb, var(--tone) 16%, transparent); }
  .shape:focus-visible { stroke-width: 5; }
  @media (hover: hover) {
    .zone:not(.mask) .shape:hover { fill: color-mix(in srgb, var(--tone) 22%, transparent); }
  }
  .name {
    font-size: 13px;
    font-weight: 600;
    text-anchor: middle;
    dominant-baseline: central;
    fill: #fff;
    stroke: var(--shade);
    stroke-width: 4;
    stroke-linejoin: round;
    paint-order: stroke;
    pointer-events: none;
  }
  .hatch-line {
    stroke: var(--mask);
    stroke-width: 1.5;
    opacity: 0.55;
  }
  .corner {
    cursor: move;
    outline: none;
    touch-action: none;
  }
  .corner .reach,
  .handle .reach { fill: transparent; }
  .corner .dot {
    fill: #fff;
    stroke: var(--tone);
    stroke-width: 3;
    paint-order: stroke;
    filter: drop-shadow(0 0 1.5px rgba(0, 0, 0, 0.9));
  }
  .corner.chosen-corner .dot {
    fill: var(--tone);
    stroke: #fff;
  }
  .corner:focus-visible .ring {
    fill: none;
    stroke: #fff;
    stroke-width: 2.5;
    filter: drop-shadow(0 0 2px #000);
  }
  .ring { fill: none; }
  .handle {
    cursor: copy;
    touch-action: none;
  }
  .handle .dot {
    fill: var(--shade);
    stroke: var(--tone);
    stroke-width: 1.5;
  }
  .handle path {
    stroke: #fff;
    stroke-width: 1.5;
  }
  .sketch {
    fill: color-mix(in srgb, var(--zone) 18%, transparent);
    stroke: var(--zone);
    stroke-width: 2.5;
    stroke-linejoin: round;
    filter: drop-shadow(0 0 1.5px #000);
    pointer-events: none;
  }
  .sketch.ahead {
    fill: none;
    stroke-dasharray: 3 5;
  }
  .mark {
    fill: #fff;
    stroke: var(--zone);
    stroke-width: 3;
    pointer-events: none;
    filter: drop-shadow(0 0 1.5px #000);
  }
  .mark.closing { fill: var(--zone); }
  .cursor {
    fill: none;
    stroke: #fff;
    stroke-width: 2;
    pointer-events: none;
    filter: drop-shadow(0 0 1.5px #000);
  }
  .loupe {
    position: absolute;
    inset-block-start: 10px;
    inline-size: 116px;
    block-size: 116px;
    border: 2px solid #fff;
    border-radius: 50%;
    overflow: hidden;
    background: #0d1217;
    box-shadow: 0 4px 16px rgba(0, 0, 0, 0.5);
    pointer-events: none;
  }
  .loupe .shape { stroke-width: 0.8; }
  .loupe .cross {
    stroke: #fff;
    stroke-width: 0.5;
    opacity: 0.8;
  }
  .loupe.at-left { left: 10px; }
  .loupe.at-right { right: 10px; }
  .guide {
    position: absolute;
    inset-block-end: 10px;
    inset-inline: 10px;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: 8px;
    inline-size: fit-content;
    margin-inline: auto;
    padding: 6px 6px 6px 16px;
    border-radius: 22px;
    font-size: 0.8125rem;
    color: #fff;
    background: rgba(13, 18, 23, 0.86);
    backdrop-filter: blur(6px);
  }
  .guide.aside {
    inset-block: 10px auto;
  }
  .guide .button {
    min-block-size: 36px;
    padding: 6px 14px;
    color: #fff;
    background: rgba(255, 255, 255, 0.16);
  }
  .guide .button.primary {
    color: #06222f;
    background: var(--zone);
  }
  @media (pointer: coarse) {
    .guide .button { min-block-size: 40px; }
  }
`;
