// @ts-check
import { controls, notices, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const timelineStyles = [tokens, controls, notices, css`
  :host {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    container-type: inline-size;
  }
  .scroller {
    flex: 1;
    min-block-size: 0;
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    padding-block-end: 8px;
  }
  .severity.unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .day h3 {
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    margin: 0;
    padding: 10px 16px 6px;
    font-size: 0.75rem;
    font-weight: 600;
    letter-spacing: 0.03em;
    color: var(--quiet);
    background: var(--surface);
  }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
  }

  .event {
    position: relative;
    content-visibility: auto;
    contain-intrinsic-block-size: auto 60px;
  }
  .event::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 35px;
    inline-size: 2px;
    background: var(--line);
  }
  .event:first-child::before { inset-block-start: 30px; }
  .event:last-child:not(.open)::before { inset-block-end: 30px; }

  .row {
    all: unset;
    box-sizing: border-box;
    position: relative;
    display: grid;
    grid-template-columns: 40px minmax(0, 1fr) auto 20px;
    align-items: center;
    gap: 12px;
    inline-size: 100%;
    min-block-size: 60px;
    padding-block: 8px;
    padding-inline: 16px 12px;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  @media (hover: hover) {
    .row:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
  }
  .row:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: -3px;
    border-radius: 10px;
  }

  .mark {
    position: relative;
    display: grid;
    place-items: center;
    inline-size: 40px;
    block-size: 40px;
    border-radius: 50%;
    color: var(--tone);
    background:
      linear-gradient(color-mix(in srgb, var(--tone) 15%, transparent) 0 100%),
      var(--surface);
  }
  .mark svg {
    inline-size: 22px;
    block-size: 22px;
    fill: currentColor;
  }
  .alert .mark { box-shadow: inset 0 0 0 1.5px var(--tone); }
  .critical .mark {
    color: var(--surface);
    background: var(--tone);
  }
  .lasting .mark::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: 50%;
    border: 2px solid var(--tone);
    animation: pulse 2s ease-out infinite;
  }

  .gist,
  .when {
    display: flex;
    flex-direction: column;
    gap: 2px;
    min-inline-size: 0;
  }
  .first,
  .second {
    display: flex;
    align-items: center;
    gap: 8px;
    min-inline-size: 0;
  }
  .type {
    font-size: 0.9375rem;
    font-weight: 500;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .severity {
    flex: none;
    padding: 0 7px;
    border-radius: 999px;
    font-size: 0.6875rem;
    font-weight: 600;
    line-height: 1.125rem;
    color: var(--tone);
    background: color-mix(in srgb, var(--tone) 13%, transparent);
  }
  .critical .severity {
    color: var(--surface);
    background: var(--tone);
  }
  .second {
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .name,
  .zones {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .name {
    flex: none;
    max-inline-size: 100%;
  }
  .zones i {
    margin-inline-end: 8px;
    font-style: normal;
  }

  .when {
    align-items: flex-end;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  time { font-size: 0.875rem; }
  .duration {
    font-size: 0.75rem;
    color: var(--quiet);
  }
  .now {
    margin-inline-end: 4px;
    font-weight: 600;
    color: var(--tone);
  }
  .chevron {
    display: grid;
    color: var(--quiet);
    transition: rotate 150ms;
  }
  .chevron svg {
    inline-size: 20px;
    block-size: 20px;
    fill: currentColor;
  }
  .open .chevron { rotate: 180deg; }

  .details {
    position: relative;
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 6px 16px;
    margin-block: 0 12px;
    margin-inline: 68px 16px;
    padding: 12px 14px;
    border-radius: 12px;
    font-size: 0.8125rem;
    background:
      linear-gradient(color-mix(in srgb, var(--text) 5%, transparent) 0 100%),
      var(--surface);
  }
  dt { color: var(--quiet); }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }

  .fresh .row { animation: arrive 2.5s ease-out; }
  @keyframes arrive {
    from { background: color-mix(in srgb, var(--tone) 22%, transparent); }
  }
  @keyframes pulse {
    from { opacity: 0.9; scale: 1; }
    70%, to { opacity: 0; scale: 1.35; }
  }

  .tail {
    display: flex;
    justify-content: center;
    padding: 12px 16px 16px;
    color: var(--quiet);
  }

  .skeleton {
    display: grid;
    grid-template-columns: 40px 1fr 44px;
    gap: 12px;
    align-items: center;
    padding: 10px 16px;
  }
  .skeleton i {
    block-size: 12px;
    border-radius: 6px;
    background: color-mix(in srgb, var(--text) 9%, transparent);
    animation: breathe 1.6s ease-in-out infinite alternate;
  }
  .skeleton i:first-child {
    block-size: 40px;
    border-radius: 50%;
  }
  .skeleton i:nth-child(2) { inline-size: min(60%, 220px); }
  @container (max-width: 340px) {
    .row {
      grid-template-columns: 36px minmax(0, 1fr) auto;
      gap: 10px;
      padding-inline: 12px;
    }
    .mark {
      inline-size: 36px;
      block-size: 36px;
    }
    .event::before { inset-inline-start: 29px; }
    .chevron { display: none; }
    .details {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
      margin-inline: 56px 12px;
    }
    dd:not(:last-child) { margin-block-end: 8px; }
    .second {
      flex-direction: column;
      align-items: flex-start;
      gap: 0;
    }
    .zones { max-inline-size: 100%; }
    .zones i { display: none; }
    .day h3 { padding-inline: 14px; }
  }
`];
