// @ts-check
import { controls, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const ribbonStyles = [tokens, controls, css`
  :host {
    display: block;
    flex: none;
    padding: 4px 16px 6px;
    border-block-end: 1px solid var(--line);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 4px 8px;
    min-block-size: 40px;
  }
  .reading {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: 0.8125rem;
    color: var(--quiet);
    font-variant-numeric: tabular-nums;
  }
  .segments { flex: none; }
  .steps { display: flex; }
  .steps .icon-button { inline-size: 36px; block-size: 36px; }
  :host(:dir(rtl)) .steps svg { scale: -1 1; }
  .segments button { min-block-size: 28px; padding: 3px 12px; }
  .lanes {
    display: grid;
    grid-template-columns: minmax(0, 112px) minmax(0, 1fr);
    gap: 10px;
  }
  .names {
    display: flex;
    flex-direction: column;
    gap: 4px;
  }
  .names bdi {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: 0.75rem;
    line-height: 26px;
    color: var(--quiet);
  }
  :host([narrow]) .lanes {
    grid-template-columns: minmax(0, 72px) minmax(0, 1fr);
    gap: 8px;
  }
  :host([narrow]) .names bdi { line-height: 22px; font-size: 0.6875rem; }
  :host([narrow]) .bar { flex-wrap: wrap; }
  :host([narrow]) .reading {
    order: 1;
    flex-basis: 100%;
    min-block-size: 24px;
    font-size: 0.75rem;
  }
  :host([narrow]) .segments { order: -1; }
  :host([narrow]) .steps { margin-inline-start: auto; }
  .track {
    position: relative;
    cursor: col-resize;
    touch-action: pan-y;
    border-radius: 6px;
    outline: none;
  }
  .track:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 3px;
  }
  canvas {
    display: block;
    inline-size: 100%;
  }
  @media (pointer: coarse) {
    .segments button { min-block-size: 40px; }
    .steps .icon-button { inline-size: 40px; block-size: 40px; }
  }
`];
