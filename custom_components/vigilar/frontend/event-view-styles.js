// @ts-check
import { controls, notices, overlays, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const eventViewStyles = [
  tokens,
  controls,
  notices,
  overlays,
  css`
    :host {
      position: relative;
      display: flex;
      flex-direction: column;
      min-block-size: 0;
      container: view / inline-size;
      background: var(--surface);
    }
    header {
      display: flex;
      align-items: center;
      gap: 4px;
      flex: none;
      padding: calc(8px + var(--detail-inset, 0px)) 8px 8px 12px;
      border-block-end: 1px solid var(--line);
    }
    .mark {
      display: grid;
      place-items: center;
      flex: none;
      inline-size: 40px;
      block-size: 40px;
      margin-inline: 4px 8px;
      border-radius: 12px;
      color: var(--tone);
      background: color-mix(in srgb, var(--tone) 13%, transparent);
    }
    .mark svg { inline-size: 22px; block-size: 22px; fill: currentColor; }
    .title { flex: 1; min-inline-size: 0; }
    h2 {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px 8px;
      margin: 0;
      font-size: 1.0625rem;
      font-weight: 500;
      line-height: 1.35;
    }
    .subtitle {
      display: block;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      font-size: 0.8125rem;
      color: var(--quiet);
    }
    .body {
      flex: 1;
      min-block-size: 0;
      overflow: auto;
      overscroll-behavior: contain;
      padding: 12px 12px 32px;
    }
    .columns {
      display: grid;
      gap: 18px 28px;
      max-inline-size: 1400px;
      margin-inline: auto;
    }
    .main,
    .aside { min-inline-size: 0; }
    .aside {
      padding-block-start: 16px;
      border-block-start: 1px solid var(--line);
    }
    @container view (min-width: 940px) {
      .body { padding: 20px 24px 40px; }
      .columns { grid-template-columns: minmax(0, 1fr) minmax(300px, 360px); align-items: start; }
      .aside { padding-block-start: 0; border: none; }
    }
    .deeds {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px;
      margin-block-start: 12px;
    }
    .deeds .button.on {
      color: var(--accent);
      background: color-mix(in srgb, var(--accent) 14%, transparent);
    }
    @container view (max-width: 480px) {
      .subtitle { white-space: normal; overflow-wrap: anywhere; }
      .deeds .button:not(.grow) {
        inline-size: 44px;
        min-block-size: 44px;
        padding: 0;
      }
      .deeds .button:not(.grow) span {
        position: absolute;
        inline-size: 1px;
        block-size: 1px;
        overflow: hidden;
        clip-path: inset(50%);
      }
      .deeds .grow { flex: 1; }
    }
    .deeds + section { margin-block-start: 18px; }
    section + section {
      margin-block-start: 18px;
      padding-block-start: 16px;
      border-block-start: 1px solid var(--line);
    }
    h3 {
      margin: 0 0 6px;
      font-size: 0.8125rem;
      font-weight: 500;
      color: var(--quiet);
    }
    .why { margin: 0; font-size: 1rem; line-height: 1.45; overflow-wrap: anywhere; }
    .said {
      display: flex;
      align-items: center;
      gap: 10px;
      margin-block-start: 10px;
      font-size: 0.8125rem;
      color: var(--quiet);
    }
    .said svg { flex: none; inline-size: 18px; block-size: 18px; fill: currentColor; }
    .said.good svg { fill: var(--good); }
    dl {
      display: grid;
      grid-template-columns: minmax(88px, auto) minmax(0, 1fr);
      gap: 6px 16px;
      margin: 0;
    }
    dt { color: var(--quiet); }
    dd { margin: 0; overflow-wrap: anywhere; }
    .stages { grid-template-columns: minmax(0, 1fr) auto; }
    .stages dd { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .labels { margin: 0; padding: 0; list-style: none; }
    .labels li {
      display: grid;
      grid-template-columns: minmax(72px, auto) 1fr 44px;
      align-items: center;
      gap: 12px;
      min-block-size: 26px;
    }
    .meter { block-size: 6px; border-radius: 3px; overflow: hidden; background: color-mix(in srgb, var(--text) 9%, transparent); }
    .meter i { display: block; block-size: 100%; border-radius: 3px; background: var(--accent); }
    .figure { text-align: end; font-variant-numeric: tabular-nums; color: var(--quiet); }
    details summary {
      min-block-size: 32px;
      display: flex;
      align-items: center;
      cursor: pointer;
      font-size: 0.8125rem;
      font-weight: 500;
      color: var(--quiet);
      border-radius: 8px;
    }
    details summary:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
    summary::before {
      content: "";
      inline-size: 7px;
      block-size: 7px;
      margin-inline: 2px 12px;
      border: solid currentColor;
      border-width: 0 2px 2px 0;
      rotate: -45deg;
      transition: rotate 120ms;
    }
    :host(:dir(rtl)) summary::before { rotate: 135deg; }
    details[open] summary::before { rotate: 45deg; }
    .picture-bone { aspect-ratio: 16 / 9; border-radius: 14px; max-block-size: 56vh; inline-size: 100%; }
    .line-bone { block-size: 16px; margin-block-start: 16px; inline-size: 60%; }
    :host(:dir(rtl)) .back svg { scale: -1 1; }
  `,
];
