// @ts-check
import { controls, notices, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const panelStyles = [
  tokens,
  controls,
  notices,
  css`
    :host {
      display: flex;
      flex-direction: column;
      block-size: 100vh;
      block-size: 100dvh;
      box-sizing: border-box;
      background: var(--primary-background-color, #fafafa);
    }
    header {
      --status-text: currentColor;
      display: flex;
      align-items: center;
      gap: 12px;
      flex: none;
      box-sizing: content-box;
      block-size: var(--header-height, 56px);
      padding-block-start: var(--safe-area-inset-top, env(safe-area-inset-top, 0));
      padding-inline: 16px;
      color: var(--app-header-text-color, var(--text-primary-color, #fff));
      background: var(--app-header-background-color, var(--primary-color, #0277bd));
      border-block-end: var(--app-header-border-bottom, none);
    }
    .live .dot { box-shadow: 0 0 0 2px currentColor; }
    .live .dot::after { content: none; }
    h1 {
      margin: 0;
      font-size: 1.25rem;
      font-weight: 400;
    }
    .space { flex: 1; }
    .menu {
      all: unset;
      display: grid;
      place-items: center;
      inline-size: 48px;
      block-size: 48px;
      margin-inline-start: -12px;
      border-radius: 50%;
      cursor: pointer;
    }
    .menu:focus-visible { outline: 2px solid currentColor; outline-offset: -4px; }
    .menu svg { inline-size: 24px; block-size: 24px; fill: currentColor; }
    nav { display: flex; }
    nav a {
      position: relative;
      display: flex;
      align-items: center;
      gap: 8px;
      color: inherit;
      text-decoration: none;
      -webkit-tap-highlight-color: transparent;
    }
    nav svg { inline-size: 20px; block-size: 20px; fill: currentColor; }
    nav a:focus-visible { outline: 2px solid currentColor; outline-offset: -3px; border-radius: 10px; }
    .count {
      padding-inline: 6px;
      border-radius: 999px;
      font-size: 0.6875rem;
      font-weight: 600;
      line-height: 18px;
      font-variant-numeric: tabular-nums;
      color: #fff;
      background: #a33a07;
    }
    header nav {
      flex: 1;
      align-self: stretch;
      margin-inline-start: 16px;
      overflow-x: auto;
      scrollbar-width: none;
    }
    header nav a {
      padding-inline: 14px;
      font-size: 0.875rem;
      font-weight: 500;
      white-space: nowrap;
      opacity: 0.78;
    }
    header nav a[aria-current] { opacity: 1; }
    header nav a[aria-current]::after {
      content: "";
      position: absolute;
      inset-block-end: 0;
      inset-inline: 14px;
      block-size: 3px;
      border-radius: 3px 3px 0 0;
      background: currentColor;
    }
    main {
      position: relative;
      display: flex;
      justify-content: center;
      flex: 1;
      min-block-size: 0;
      overflow: hidden;
    }
    main > * { min-inline-size: 0; }
    vigilar-timeline {
      flex: 1;
      max-inline-size: 1040px;
      background: var(--surface);
    }
    .away {
      position: absolute;
      inset: 0;
      visibility: hidden;
      margin-inline: auto;
    }
    .page { flex: 1; min-block-size: 0; }
    .beside vigilar-timeline {
      flex: 0 0 clamp(360px, 32%, 460px);
      border-inline-end: 1px solid var(--line);
    }
    .loading { display: grid; place-items: center; color: var(--quiet); }
    :host > nav {
      flex: none;
      justify-content: space-around;
      padding-block-end: var(--safe-area-inset-bottom, env(safe-area-inset-bottom, 0));
      border-block-start: 1px solid var(--line);
      background: var(--surface);
    }
    :host > nav a {
      flex: 1;
      flex-direction: column;
      justify-content: center;
      gap: 2px;
      min-block-size: 56px;
      padding-inline: 4px;
      text-align: center;
      font-size: 0.75rem;
      font-weight: 500;
      color: var(--quiet);
    }
    :host > nav a svg { box-sizing: content-box; padding: 3px 18px; border-radius: 999px; }
    :host > nav a[aria-current] { color: var(--text); }
    :host > nav a[aria-current] svg { background: color-mix(in srgb, var(--accent) 18%, transparent); }
    :host > nav .count { position: absolute; inset-block-start: 4px; inset-inline-start: calc(50% + 8px); }
    :host([headless]) main {
      --detail-inset: var(--safe-area-inset-top, env(safe-area-inset-top, 0px));
      padding-block-end: var(--safe-area-inset-bottom, env(safe-area-inset-bottom, 0));
    }
  `,
];
