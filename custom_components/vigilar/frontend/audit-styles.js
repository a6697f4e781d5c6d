// @ts-check
import { controls, notices, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const auditStyles = [
  tokens,
  controls,
  notices,
  css`
    :host {
      display: flex;
      flex-direction: column;
      min-block-size: 0;
      max-inline-size: 1040px;
      background: var(--surface);
      container-type: inline-size;
    }
    header { flex: none; padding: 16px 16px 12px; border-block-end: 1px solid var(--line); }
    h2 { margin: 0; font-size: 1.0625rem; font-weight: 500; }
    p { margin: 2px 0 0; font-size: 0.8125rem; color: var(--quiet); }
    .filters { display: flex; align-items: center; gap: 8px; margin-block-start: 12px; }
    .choice { position: relative; display: inline-flex; min-inline-size: 0; }
    .choice svg {
      position: absolute;
      inset-inline-end: 8px;
      inset-block: 0;
      inline-size: 18px;
      block-size: 100%;
      fill: var(--quiet);
      pointer-events: none;
    }
    select.chip {
      min-inline-size: 0;
      min-block-size: 36px;
      padding-inline: 12px 32px;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    /* What drops down is the browser's own and would be as dark as the page it is on. */
    option { color: var(--text); background: var(--surface); }
    .filters .icon-button { margin-inline-start: auto; }
    .scroller {
      position: relative;
      display: flex;
      flex-direction: column;
      flex: 1;
      min-block-size: 0;
      overflow: auto;
      overscroll-behavior: contain;
      scrollbar-width: thin;
    }
    h3 {
      position: sticky;
      inset-block-start: 0;
      z-index: 1;
      margin: 0;
      padding: 12px 16px 6px;
      font-size: 0.875rem;
      font-weight: 600;
      background: var(--surface);
    }
    ol,
    ul { margin: 0; padding: 0; list-style: none; }
    ol { padding-block-end: 8px; }
    .entry {
      display: grid;
      grid-template-columns: 36px minmax(0, 1fr) auto;
      gap: 14px;
      padding: 8px 16px;
      content-visibility: auto;
      contain-intrinsic-block-size: auto 60px;
    }
    .mark {
      display: grid;
      place-items: center;
      inline-size: 36px;
      block-size: 36px;
      margin-block-start: 2px;
      border-radius: 50%;
      color: var(--quiet);
      background: color-mix(in srgb, var(--text) 7%, transparent);
    }
    .mark svg { inline-size: 19px; block-size: 19px; fill: currentColor; }
    .deleted .mark { color: var(--critical); background: color-mix(in srgb, var(--critical) 13%, transparent); }
    .exported .mark { color: var(--warning); background: color-mix(in srgb, var(--warning) 13%, transparent); }
    .deed { font-size: 0.9375rem; overflow-wrap: anywhere; }
    .deed bdi { font-weight: 500; margin-inline-end: 4px; }
    .deed span { color: var(--quiet); }
    .about {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      min-block-size: 24px;
      max-inline-size: 100%;
      font-size: 0.8125rem;
      color: var(--quiet);
      overflow-wrap: anywhere;
    }
    div.about { display: block; line-height: 24px; }
    a.about { color: var(--text); text-decoration: none; border-radius: 6px; }
    a.about span { text-decoration: underline; text-decoration-color: color-mix(in srgb, var(--text) 35%, transparent); text-underline-offset: 3px; }
    a.about svg { flex: none; inline-size: 16px; block-size: 16px; fill: var(--tone); }
    @media (hover: hover) {
      a.about:hover span { text-decoration-color: currentColor; }
    }
    .several {
      all: unset;
      box-sizing: border-box;
      display: inline-flex;
      align-items: center;
      gap: 6px;
      min-block-size: 24px;
      font-size: 0.8125rem;
      color: var(--quiet);
      border-radius: 6px;
      cursor: pointer;
    }
    .several svg { inline-size: 16px; block-size: 16px; fill: currentColor; transition: rotate 150ms; }
    .several[aria-expanded="true"] svg { rotate: 180deg; }
    :is(.several, a.about):focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
    time {
      padding-block-start: 2px;
      font-size: 0.8125rem;
      color: var(--quiet);
      font-variant-numeric: tabular-nums;
      white-space: nowrap;
    }
    @media (pointer: coarse) {
      :is(.several, a.about) { min-block-size: 40px; }
      select.chip { min-block-size: 40px; }
    }
    .tail { display: flex; justify-content: center; padding: 12px 16px 24px; color: var(--quiet); }
    .bones { display: grid; gap: 20px; padding: 20px 16px; }
    .bones i { block-size: 36px; }
    @container (max-width: 460px) {
      .entry { gap: 12px; padding-inline: 12px; }
      header { padding-inline: 12px; }
      h3 { padding-inline: 12px; }
      .filters { gap: 6px; }
      .choice { flex: 1 1 0; }
      select.chip { flex: 1; padding-inline-end: 28px; }
    }
  `,
];
