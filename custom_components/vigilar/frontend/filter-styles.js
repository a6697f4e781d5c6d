// @ts-check
import { controls, overlays, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const filterBarStyles = [tokens, controls, overlays, css`
  :host {
    display: flex;
    align-items: center;
    gap: 8px;
    flex: none;
    padding: 8px 16px;
    container-type: inline-size;
  }
  .search {
    display: flex;
    align-items: center;
    gap: 6px;
    flex: 0 1 180px;
    min-inline-size: 120px;
    box-sizing: border-box;
    min-block-size: 36px;
    padding-inline: 10px;
    border: 1px solid var(--line);
    border-radius: 10px;
  }
  .search svg {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    fill: var(--quiet);
  }
  .search input {
    all: unset;
    flex: 1;
    min-inline-size: 0;
    font-size: 0.8125rem;
  }
  .search input::placeholder { color: var(--quiet); }
  .search:focus-within {
    outline: 2px solid var(--focus);
    outline-offset: -1px;
  }
  .chips {
    display: flex;
    gap: 8px;
    flex: 1;
    min-inline-size: 0;
    padding: 4px;
    margin: -4px;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .chip {
    flex: none;
    min-block-size: 36px;
    gap: 6px;
  }
  .chip bdi {
    max-inline-size: 16ch;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .chip:not(.clear) svg { display: none; }
  .chip svg { fill: var(--quiet); }
  .chip.active svg { fill: currentColor; }
  .chip.clear { border-color: transparent; color: var(--quiet); }
  .icon-button[aria-pressed="true"] {
    color: var(--text);
    background: color-mix(in srgb, var(--accent) 16%, transparent);
  }
  [popover] {
    position: fixed;
    inset: var(--top) auto auto var(--left);
    margin: 0;
    inline-size: max-content;
    min-inline-size: 220px;
    max-inline-size: min(320px, calc(100vw - 24px));
    max-block-size: var(--room);
  }
  .menu input {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    margin: 0;
    accent-color: var(--accent);
  }
  .menu bdi { overflow-wrap: anywhere; }
  .swatch {
    flex: none;
    inline-size: 12px;
    block-size: 12px;
    border-radius: 4px;
    background: var(--tone);
  }
  .foot { padding: 8px 8px 4px; }
  @container (min-width: 1000px) {
    .chip:not(.clear) svg { display: block; }
  }
  @container (max-width: 620px) {
    .search { flex: 0 0 40px; min-inline-size: 0; transition: flex-basis 150ms; }
    .search:focus-within,
    .search:has(input:not(:placeholder-shown)) { flex-basis: 160px; }
  }
  @media (max-width: 500px) {
    :host { padding-inline: 12px; gap: 6px; }
    [popover] {
      inset: auto 0 0 0;
      inline-size: 100%;
      max-inline-size: none;
      max-block-size: 75vh;
      padding: 12px 12px calc(12px + env(safe-area-inset-bottom, 0px));
      border-radius: 20px 20px 0 0;
    }
    [popover]::backdrop { background: rgba(0, 0, 0, 0.4); }
    .menu :is(button, label) { min-block-size: 48px; }
  }
`];

export const calendarStyles = [tokens, controls, css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 4px;
    padding: 4px;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
  }
  .head strong { font-weight: 500; }
  :host(:dir(rtl)) .head svg { scale: -1 1; }
  table {
    border-collapse: collapse;
    margin-inline: auto;
  }
  th {
    block-size: 28px;
    font-size: 0.75rem;
    font-weight: 500;
    color: var(--quiet);
  }
  td { padding: 0; }
  td button {
    all: unset;
    position: relative;
    box-sizing: border-box;
    display: grid;
    place-items: center;
    inline-size: 40px;
    block-size: 40px;
    border-radius: 50%;
    cursor: pointer;
    font-variant-numeric: tabular-nums;
  }
  td button:hover:not(:disabled) { background: color-mix(in srgb, var(--text) 8%, transparent); }
  td button:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
  td button:disabled { opacity: 0.4; cursor: default; }
  td button.today { font-weight: 700; }
  td button[aria-pressed="true"] {
    color: var(--on-accent);
    background: var(--accent);
  }
  td i {
    position: absolute;
    inset-block-end: 4px;
    inline-size: 5px;
    block-size: 5px;
    border-radius: 50%;
  }
  i.seen { background: color-mix(in srgb, var(--quiet) 60%, transparent); }
  i.open { background: var(--accent); }
  [aria-pressed="true"] i.open { background: currentColor; }
  .button { align-self: stretch; margin-block-start: 4px; }
`];
