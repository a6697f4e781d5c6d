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
  .frame {
    position: relative;
    display: flex;
    flex-direction: column;
    flex: 1;
    min-block-size: 0;
  }
  .scroller {
    position: relative;
    display: flex;
    flex-direction: column;
    flex: 1;
    min-block-size: 0;
    overflow: auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    padding-block-end: 8px;
    outline: none;
  }
  .list { flex: none; }
  .severity.unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .day-head {
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    display: flex;
    align-items: center;
    justify-content: space-between;
    min-block-size: 40px;
    padding-inline: 16px 12px;
    background: var(--surface);
  }
  .day-head h3 {
    margin: 0;
    font-size: 0.875rem;
    font-weight: 600;
  }
  .day-head .icon-button { inline-size: 36px; block-size: 36px; }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .hour {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 6px 16px 2px;
    font-size: 0.6875rem;
    font-weight: 500;
    letter-spacing: 0.02em;
    color: var(--quiet);
    font-variant-numeric: tabular-nums;
  }
  .hour::after {
    content: "";
    flex: 1;
    block-size: 1px;
    background: var(--line);
  }

  .item { position: relative; }
  .line {
    display: flex;
    align-items: center;
    padding-inline-end: 8px;
  }
  .row {
    all: unset;
    box-sizing: border-box;
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 14px;
    flex: 1;
    min-inline-size: 0;
    min-block-size: 72px;
    padding-block: 6px;
    padding-inline: 16px 8px;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  @media (hover: hover) {
    .line:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
  }
  .row:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: -3px;
    border-radius: 12px;
  }
  .check {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 44px;
    block-size: 44px;
    margin-inline-end: -12px;
    cursor: pointer;
  }
  .check input {
    inline-size: 18px;
    block-size: 18px;
    margin: 0;
    accent-color: var(--accent);
  }

  .picture {
    position: relative;
    display: block;
    inline-size: 104px;
  }
  .picture .mark {
    position: absolute;
    inset-block-end: -3px;
    inset-inline-end: -5px;
    inline-size: 24px;
    block-size: 24px;
    border: 2px solid var(--surface);
    box-sizing: content-box;
  }
  .picture .mark svg { inline-size: 15px; block-size: 15px; }
  .stack::before {
    content: "";
    position: absolute;
    inset: -4px 6px auto;
    block-size: 12px;
    border-radius: 8px 8px 0 0;
    background: color-mix(in srgb, var(--tone) 28%, var(--surface));
  }
  .count {
    position: absolute;
    inset-block-start: 4px;
    inset-inline-start: 4px;
    min-inline-size: 18px;
    padding-inline: 5px;
    box-sizing: border-box;
    border-radius: 999px;
    font-size: 0.6875rem;
    font-weight: 600;
    line-height: 18px;
    text-align: center;
    color: #fff;
    background: rgba(0, 0, 0, 0.68);
  }
  .mark > .count { inset-block-start: -4px; inset-inline-start: auto; inset-inline-end: -4px; }
  .type.way {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    white-space: normal;
    line-height: 1.35;
  }
  .way .unreviewed {
    display: inline-block;
    margin-inline-end: 8px;
    vertical-align: 0.1em;
  }
  /* What has no room for a whole picture wraps out of sight. */
  .stops {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    block-size: 27px;
    margin-block-start: 3px;
    overflow: hidden;
  }
  .stops vigilar-thumbnail {
    inline-size: 48px;
    border-radius: 6px;
  }
  .member { padding-inline-start: 28px; }
  .member::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 24px;
    inline-size: 2px;
    background: var(--line);
  }

  .mark {
    position: relative;
    display: grid;
    place-items: center;
    flex: none;
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
  /* A word that is cut off says less than a badge that goes below it. */
  .first { flex-wrap: wrap; row-gap: 2px; }
  .type {
    font-size: 0.9375rem;
    font-weight: 500;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .score {
    flex: none;
    font-size: 0.8125rem;
    color: var(--quiet);
    font-variant-numeric: tabular-nums;
  }
  .reviewed .type { font-weight: 400; }
  .unreviewed {
    flex: none;
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--accent);
  }
  .tag {
    display: grid;
    flex: none;
    color: var(--quiet);
  }
  .tag svg {
    inline-size: 15px;
    block-size: 15px;
    fill: currentColor;
  }
  .label {
    flex: none;
    padding-inline: 6px;
    border-radius: 6px;
    font-size: 0.75rem;
    background: color-mix(in srgb, var(--text) 7%, transparent);
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
  .review { margin-inline-start: 2px; }
  .review[aria-pressed="true"] { color: var(--good); }
  .chevron { transition: rotate 150ms; }
  .chevron[aria-hidden] { pointer-events: none; }
  .open .chevron { rotate: 180deg; }

  .blind {
    display: flex;
    align-items: center;
    gap: 14px;
    min-block-size: 40px;
    padding-inline: 16px;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .hatch {
    flex: none;
    inline-size: 104px;
    block-size: 16px;
    border-radius: 5px;
    opacity: 0.55;
    background: repeating-linear-gradient(
      -45deg,
      var(--quiet) 0 1.5px,
      transparent 1.5px 6px
    );
  }

  .details {
    position: relative;
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 6px 16px;
    margin-block: 0 12px;
    margin-inline: 134px 16px;
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

  .fresh .line { animation: arrive 2.5s ease-out; }
  @keyframes arrive {
    from { background: color-mix(in srgb, var(--tone) 6%, transparent); }
  }
  @keyframes pulse {
    from { opacity: 0.9; scale: 1; }
    70%, to { opacity: 0; scale: 1.35; }
  }

  .head,
  .tail {
    display: flex;
    justify-content: center;
    padding: 12px 16px 16px;
    color: var(--quiet);
  }
  .tail a { text-decoration: none; }

  .floating {
    position: absolute;
    inset-block-end: 16px;
    inset-inline: 16px;
    z-index: 5;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    pointer-events: none;
  }
  .floating > * { pointer-events: auto; }
  .floating .toast { position: static; }
  .pill {
    padding-inline: 12px 18px;
    box-shadow: 0 4px 14px rgba(0, 0, 0, 0.3);
  }
  .selection {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 8px 16px;
    border-block-end: 1px solid var(--line);
    background: color-mix(in srgb, var(--accent) 10%, var(--surface));
  }
  .selection span { flex: 1; font-weight: 500; }

  .skeleton {
    display: grid;
    grid-template-columns: 104px 1fr 44px;
    gap: 14px;
    align-items: center;
    padding: 8px 16px;
  }
  .skeleton i { block-size: 12px; }
  .skeleton i:first-child {
    block-size: 58px;
    border-radius: 10px;
  }
  .skeleton i:nth-child(2) { inline-size: min(60%, 220px); }

  :host([density="compact"]) .row {
    min-block-size: 48px;
    padding-block: 3px;
  }
  :host([density="compact"]) .picture { inline-size: 68px; }
  :host([density="compact"]) .picture .mark { display: none; }
  :host([density="compact"]) .hatch { inline-size: 68px; }
  :host([density="compact"]) .stops { display: none; }
  :host([density="compact"]) :is(.gist, .when) { gap: 0; }
  :host([density="compact"]) .details { margin-inline-start: 98px; }
  @media (pointer: coarse) {
    :host([density="compact"]) .row { min-block-size: 56px; }
  }
  @container (max-width: 460px) {
    .row {
      gap: 12px;
      padding-inline: 12px 4px;
    }
    .line { padding-inline-end: 2px; }
    .picture,
    .hatch { inline-size: 80px; }
    .chevron { display: none; }
    .open .chevron,
    .fold .chevron { display: inline-flex; inline-size: 24px; }
    .label,
    .score { display: none; }
    .first,
    .second { gap: 6px; }
    .span { font-size: 0.8125rem; }
    /* The way needs the width; its times go below it. */
    .incident .row {
      grid-template-columns: auto minmax(0, 1fr);
      row-gap: 4px;
    }
    .incident :is(.picture, .row > .mark) { grid-row: span 2; }
    .incident .when {
      grid-column: 2;
      flex-direction: row;
      align-items: baseline;
      gap: 8px;
    }
    .icon-button.review { inline-size: 36px; }
    .fold .review { margin-inline-end: -6px; }
    .hour, .blind { padding-inline: 12px; }
    .day-head { padding-inline: 12px 6px; }
    .details { margin-inline: 12px; }
    .skeleton { grid-template-columns: 80px 1fr 40px; gap: 12px; padding-inline: 12px; }
    .skeleton i:first-child { block-size: 45px; }
  }
  @container (max-width: 340px) {
    .second {
      flex-direction: column;
      align-items: flex-start;
      gap: 0;
    }
    .zones { max-inline-size: 100%; }
    .zones i { display: none; }
    .picture, .hatch { inline-size: 64px; }
    .details {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    dd:not(:last-child) { margin-block-end: 8px; }
  }
`];
