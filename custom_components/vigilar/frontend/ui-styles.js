// @ts-check
import { css } from "./vendor/lit.js";

/**
 * The colours that every part of Vigilar's frontend speaks in. A host sets the
 * attribute `dark` in a dark theme.
 */
export const tokens = css`
  :host {
    --info: var(--vigilar-info-color, #42677f);
    --warning: var(--vigilar-warning-color, #8a5a00);
    --alert: var(--vigilar-alert-color, #a33a07);
    --critical: var(--vigilar-critical-color, #b3161d);
    --surface: var(--ha-card-background, var(--card-background-color, #fff));
    --raised: color-mix(in srgb, var(--text) 5%, var(--surface));
    --text: var(--primary-text-color, #1b1b1f);
    --quiet: var(--secondary-text-color, #5f6368);
    --line: var(--divider-color, rgba(0, 0, 0, 0.12));
    --focus: var(--primary-color, #0277bd);
    --accent: var(--primary-color, #0277bd);
    --on-accent: var(--text-primary-color, #fff);
    --good: var(--vigilar-live-color, #2e9e5b);
    color: var(--text);
    font-family: var(--ha-font-family-body, var(--paper-font-common-base_-_font-family, Roboto, sans-serif));
    font-size: 0.875rem;
    line-height: 1.4;
  }
  :host([dark]) {
    --info: var(--vigilar-info-color, #9dc1d8);
    --warning: var(--vigilar-warning-color, #f2bd5b);
    --alert: var(--vigilar-alert-color, #ff9b66);
    --critical: var(--vigilar-critical-color, #ff8a85);
    --surface: var(--ha-card-background, var(--card-background-color, #1c1c1e));
    --text: var(--primary-text-color, #e5e5e7);
    --quiet: var(--secondary-text-color, #a0a0a6);
    --line: var(--divider-color, rgba(255, 255, 255, 0.14));
  }
  .unseen-text {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .warning { --tone: var(--warning); }
  .alert { --tone: var(--alert); }
  .critical { --tone: var(--critical); }
  .info { --tone: var(--info); }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

/** Buttons, chips and choices; pressed and chosen is told by `aria-pressed` or `aria-selected`. */
export const controls = css`
  .button,
  .icon-button,
  .chip {
    all: unset;
    box-sizing: border-box;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    cursor: pointer;
    color: var(--text);
    -webkit-tap-highlight-color: transparent;
    transition: background 120ms;
  }
  .button {
    min-block-size: 40px;
    padding: 8px 18px;
    border-radius: 999px;
    font-weight: 500;
    text-align: center;
    background: color-mix(in srgb, var(--text) 9%, transparent);
  }
  .button.primary {
    color: var(--on-accent);
    /* Home Assistant's own primary colour is too light for a text of this size. */
    background: color-mix(in srgb, var(--accent) 80%, #000);
  }
  .button.danger { color: var(--critical); }
  .button svg,
  .icon-button svg,
  .chip svg {
    flex: none;
    inline-size: 20px;
    block-size: 20px;
    fill: currentColor;
  }
  .icon-button {
    inline-size: 40px;
    block-size: 40px;
    border-radius: 50%;
    color: var(--quiet);
  }
  .chip {
    min-block-size: 32px;
    padding-inline: 12px;
    border: 1px solid var(--line);
    border-radius: 10px;
    font-size: 0.8125rem;
    white-space: nowrap;
  }
  .chip svg {
    inline-size: 18px;
    block-size: 18px;
  }
  .chip[aria-pressed="true"],
  .chip.active {
    border-color: transparent;
    font-weight: 500;
    background: color-mix(in srgb, var(--accent) 16%, transparent);
  }
  .segments {
    display: inline-flex;
    padding: 3px;
    border-radius: 999px;
    background: color-mix(in srgb, var(--text) 8%, transparent);
  }
  .segments button {
    all: unset;
    box-sizing: border-box;
    min-block-size: 32px;
    padding: 5px 14px;
    border-radius: 999px;
    font-size: 0.8125rem;
    font-weight: 500;
    cursor: pointer;
    color: var(--quiet);
  }
  .segments button:is([aria-pressed="true"], [aria-selected="true"], [aria-checked="true"]) {
    color: var(--text);
    background: var(--surface);
    box-shadow: 0 1px 3px rgba(0, 0, 0, 0.18);
  }
  @media (hover: hover) {
    .button:not(.primary):hover,
    .icon-button:hover { background: color-mix(in srgb, var(--text) 12%, transparent); }
    .chip:not(.active):not([aria-pressed="true"]):hover { background: color-mix(in srgb, var(--text) 6%, transparent); }
  }
  @media (pointer: coarse) {
    .chip { min-block-size: 40px; }
    .segments button { min-block-size: 40px; }
  }
  :is(.button, .icon-button, .chip, .segments button):focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  :is(.button, .icon-button, .chip, .segments button):disabled {
    opacity: 0.45;
    cursor: default;
  }
  .badge {
    display: inline-grid;
    place-items: center;
    min-inline-size: 20px;
    padding-inline: 6px;
    box-sizing: border-box;
    border-radius: 999px;
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 20px;
    font-variant-numeric: tabular-nums;
    color: var(--surface);
    background: var(--alert);
  }
  .severity-pill {
    flex: none;
    padding-inline: 7px;
    border-radius: 999px;
    font-size: 0.6875rem;
    font-weight: 600;
    line-height: 1.125rem;
    color: var(--tone);
    background: color-mix(in srgb, var(--tone) 13%, transparent);
  }
  .critical .severity-pill,
  .critical.severity-pill {
    color: var(--surface);
    background: var(--tone);
  }
`;

/** What is shown where there is nothing to show yet, or something went wrong. */
export const notices = css`
  .notice {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 4px;
    flex: 1;
    padding: 32px 24px;
    text-align: center;
  }
  .notice > svg {
    inline-size: 44px;
    block-size: 44px;
    margin-block-end: 8px;
    fill: var(--quiet);
    opacity: 0.7;
  }
  .notice strong {
    font-size: 1rem;
    font-weight: 500;
  }
  .notice span { color: var(--quiet); }
  .notice .button { margin-block-start: 16px; }
  .banner {
    display: flex;
    align-items: center;
    gap: 12px;
    margin: 4px 12px 8px;
    padding: 10px 14px;
    border-radius: 12px;
    background: color-mix(in srgb, var(--critical) 12%, transparent);
  }
  .banner > svg {
    flex: none;
    inline-size: 22px;
    block-size: 22px;
    fill: var(--critical);
  }
  .banner div {
    flex: 1;
    display: flex;
    flex-direction: column;
  }
  .banner strong { font-weight: 500; }
  .banner span {
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .toast {
    position: absolute;
    inset-block-end: 16px;
    inset-inline: 16px;
    z-index: 10;
    display: flex;
    align-items: center;
    gap: 12px;
    inline-size: fit-content;
    max-inline-size: min(440px, 100% - 32px);
    margin-inline: auto;
    padding: 6px 8px 6px 16px;
    box-sizing: border-box;
    border-radius: 12px;
    color: var(--surface);
    background: color-mix(in srgb, var(--text) 92%, var(--surface));
    box-shadow: 0 6px 20px rgba(0, 0, 0, 0.3);
  }
  .toast .button {
    color: inherit;
    background: color-mix(in srgb, var(--surface) 18%, transparent);
  }
  .bone {
    display: block;
    border-radius: 6px;
    background: color-mix(in srgb, var(--text) 9%, transparent);
    animation: breathe 1.6s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to { opacity: 0.45; }
  }
`;

/** A native `<dialog>`, a popover (`[popover]`) and their menus. */
export const overlays = css`
  dialog,
  [popover] {
    box-sizing: border-box;
    max-inline-size: min(480px, calc(100vw - 32px));
    max-block-size: min(80vh, 640px);
    padding: 20px;
    border: none;
    border-radius: 20px;
    overflow: auto;
    color: var(--text);
    background: var(--surface);
    box-shadow: 0 12px 40px rgba(0, 0, 0, 0.35);
  }
  [popover] {
    padding: 8px;
    border-radius: 14px;
  }
  [popover]:not(:popover-open) { display: none; }
  dialog::backdrop { background: rgba(0, 0, 0, 0.5); }
  dialog h2 {
    margin: 0 0 8px;
    font-size: 1.125rem;
    font-weight: 500;
  }
  dialog .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 8px;
    margin-block-start: 20px;
  }
  .menu {
    display: flex;
    flex-direction: column;
    min-inline-size: 200px;
  }
  .menu button,
  .menu label,
  .menu a {
    all: unset;
    box-sizing: border-box;
    display: flex;
    align-items: center;
    gap: 12px;
    min-block-size: 40px;
    padding: 8px 12px;
    border-radius: 10px;
    cursor: pointer;
  }
  .menu :is(button, label, a):hover { background: color-mix(in srgb, var(--text) 7%, transparent); }
  .menu :is(button, a):focus-visible,
  .menu label:focus-within {
    outline: 2px solid var(--focus);
    outline-offset: -2px;
  }
  .menu svg {
    inline-size: 20px;
    block-size: 20px;
    fill: var(--quiet);
  }
  .field {
    box-sizing: border-box;
    inline-size: 100%;
    min-block-size: 40px;
    padding: 8px 12px;
    border: 1px solid var(--line);
    border-radius: 10px;
    font: inherit;
    color: var(--text);
    background: transparent;
  }
  .field:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: -1px;
  }
`;
