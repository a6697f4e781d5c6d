// @ts-check
import { css } from "./vendor/lit.js";

export const tuningPageStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
    flex: 1;
    min-block-size: 0;
    block-size: 100%;
    box-sizing: border-box;
    overflow-y: auto;
    container-type: inline-size;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 12px;
    padding: 12px 24px 0;
  }
  .camera {
    display: inline-flex;
    align-items: center;
    position: relative;
    min-inline-size: 0;
    max-inline-size: 100%;
    border-radius: 12px;
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .camera svg {
    position: absolute;
    inset-inline-start: 12px;
    inline-size: 20px;
    block-size: 20px;
    fill: var(--quiet);
    pointer-events: none;
  }
  .camera svg:last-child {
    inset-inline: auto 10px;
  }
  .camera select {
    appearance: none;
    box-sizing: border-box;
    min-block-size: 44px;
    max-inline-size: 100%;
    padding-inline: 42px 38px;
    border: none;
    border-radius: 12px;
    font: inherit;
    font-size: 1rem;
    font-weight: 500;
    text-overflow: ellipsis;
    color: var(--text);
    background: transparent;
    cursor: pointer;
  }
  .camera option { color: var(--text); background: var(--surface); }
  .camera select:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
  .state {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 8px 14px;
    border-radius: 12px;
    font-size: 0.8125rem;
    background: color-mix(in srgb, var(--warning) 12%, transparent);
  }
  .state svg {
    flex: none;
    inline-size: 20px;
    block-size: 20px;
    fill: var(--warning);
  }
  .state strong {
    font-weight: 500;
    color: var(--warning);
  }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 372px;
    align-items: start;
    gap: 20px;
    padding: 16px 24px 24px;
  }
  .viewer {
    position: sticky;
    inset-block-start: 16px;
    z-index: 1;
  }
  vigilar-zone-editor {
    /* As high as fits beside what is under it. */
    max-inline-size: 1100px;
    margin-inline: auto;
  }
  .dark {
    display: grid;
    place-items: center;
    color: #b7c0c8;
    pointer-events: none;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .spring { flex: 1; }
  .under {
    gap: 8px 16px;
    padding-block: 12px;
  }
  .layers {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .layers .chip { padding-inline: 10px 12px; }
  .key {
    flex: none;
    box-sizing: border-box;
    inline-size: 14px;
    block-size: 14px;
    border-radius: 4px;
  }
  .key.zones { border: 2px solid #2d9fd0; background: rgba(45, 159, 208, 0.2); }
  .key.heat { background: radial-gradient(#ff7a18 10%, rgba(255, 122, 24, 0.15) 90%); }
  .key.blobs { border: 1.5px dotted var(--quiet); border-radius: 1px; }
  .key.tracks {
    border: none;
    background: linear-gradient(135deg, transparent 42%, #2e9e5b 42% 58%, transparent 58%);
  }
  .chip[aria-pressed="false"] { color: var(--quiet); }
  .chip[aria-pressed="false"] .key { opacity: 0.45; }
  .now {
    padding: 14px 16px;
    border-radius: 14px;
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .lamp {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    inline-size: fit-content;
    block-size: fit-content;
    padding: 5px 12px 5px 10px;
    border-radius: 999px;
    font-size: 0.8125rem;
    font-weight: 500;
    color: #fff;
    background: rgba(13, 18, 23, 0.78);
  }
  .lamp i {
    box-sizing: border-box;
    inline-size: 12px;
    block-size: 12px;
    border: 2px solid #b7c0c8;
    border-radius: 50%;
  }
  .lamp.counts {
    color: #06260f;
    background: #63e6a0;
  }
  .lamp.counts i {
    border-color: #06260f;
    background: #06260f;
  }
  .lamp.unknown i { border-style: dotted; }
  .legend {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 4px 14px;
    margin-block-start: 8px;
    font-size: 0.75rem;
    color: var(--quiet);
  }
  .legend span {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .line {
    inline-size: 20px;
    border-block-start: 2.5px dashed var(--warning);
  }
  .line.counts { border-block-start: 3px solid var(--good); }
  .strips {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 6px 12px;
    align-items: center;
    font-size: 0.75rem;
    color: var(--quiet);
  }
  .strip-row { display: contents; }
  .strip {
    position: relative;
    block-size: 14px;
    border-radius: 4px;
    overflow: hidden;
    background: repeating-linear-gradient(
      -45deg,
      color-mix(in srgb, var(--text) 9%, transparent) 0 3px,
      transparent 3px 7px
    );
  }
  .strip i {
    position: absolute;
    inset-block: 0;
    background: color-mix(in srgb, var(--text) 12%, var(--surface));
  }
  .strip i.counts { background: var(--quiet); }
  .strip.draft i.counts { background: var(--good); }
  .scale div {
    display: flex;
    justify-content: space-between;
    font-size: 0.6875rem;
  }
  .side {
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
    border-radius: 16px;
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .side > .segments {
    display: flex;
    margin: 12px 12px 0;
  }
  .side > .segments button,
  .details .segments button {
    flex: 1;
    text-align: center;
  }
  .panel {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 16px;
  }
  .help {
    margin: 0;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .notice { padding-block: 28px; }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .zone-list {
    display: flex;
    flex-direction: column;
    gap: 6px;
  }
  .zone-list li {
    --tone: #2d9fd0;
    border-radius: 12px;
    background: var(--raised);
  }
  .zone-list li.mask { --tone: #c9762f; }
  .zone-list li.open { box-shadow: inset 0 0 0 2px var(--tone); }
  .zone-head {
    all: unset;
    box-sizing: border-box;
    display: flex;
    align-items: center;
    gap: 12px;
    inline-size: 100%;
    min-block-size: 48px;
    padding: 8px 14px;
    border-radius: 12px;
    cursor: pointer;
  }
  .zone-head:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  .swatch {
    flex: none;
    box-sizing: border-box;
    inline-size: 18px;
    block-size: 18px;
    border: 2px solid var(--tone);
    border-radius: 5px;
    background: color-mix(in srgb, var(--tone) 25%, transparent);
  }
  .mask .swatch {
    border-style: dashed;
    background: repeating-linear-gradient(
      -45deg,
      color-mix(in srgb, var(--tone) 55%, transparent) 0 2px,
      transparent 2px 5px
    );
  }
  .zone-name {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    font-weight: 500;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .zone-kind {
    flex: none;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  p.wrong {
    margin: 0;
    padding: 0 14px 10px 44px;
    font-size: 0.8125rem;
  }
  .wrong:is(p, span) { color: var(--critical); }
  .details {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 4px 14px 14px;
  }
  .details label span {
    display: block;
    margin-block-end: 4px;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .details .field { background: var(--surface); }
  .details .segments { display: flex; }
  .example {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding-block-start: 4px;
  }
  code {
    padding: 8px 12px;
    border-radius: 8px;
    overflow-wrap: anywhere;
    font-family: var(--ha-font-family-code, ui-monospace, monospace);
    font-size: 0.75rem;
    background: var(--raised);
  }
  .setting {
    display: flex;
    flex-direction: column;
    align-items: start;
    gap: 6px;
    padding-block: 10px 14px;
    border-block-end: 1px solid var(--line);
  }
  .setting:last-child { border: none; }
  .setting-head {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    gap: 12px;
    inline-size: 100%;
  }
  .setting-head label { font-weight: 500; }
  output {
    font-size: 1rem;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  input[type="range"] {
    inline-size: 100%;
    block-size: 28px;
    margin: 0;
    accent-color: var(--accent);
    cursor: pointer;
  }
  @media (pointer: coarse) {
    input[type="range"] { block-size: 40px; }
  }
  input[type="range"]:focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
    border-radius: 8px;
  }
  .progress {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding-block: 4px;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  progress {
    inline-size: 100%;
    block-size: 8px;
    accent-color: var(--accent);
  }
  .panel .banner { margin: 0; }
  .summary {
    display: flex;
    flex-direction: column;
    gap: 2px;
    padding: 14px 16px;
    border-radius: 14px;
    background: color-mix(in srgb, var(--good) 12%, transparent);
  }
  .summary.lost { background: color-mix(in srgb, var(--critical) 12%, transparent); }
  .summary strong {
    font-size: 1.25rem;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  .summary.lost span { color: var(--critical); font-weight: 500; }
  .summary em {
    font-style: normal;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .replayed {
    display: flex;
    flex-direction: column;
    margin-inline: -8px;
  }
  .replayed a {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 8px;
    border-radius: 12px;
    color: inherit;
    text-decoration: none;
  }
  .replayed a:hover { background: color-mix(in srgb, var(--text) 6%, transparent); }
  .replayed a:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
  vigilar-thumbnail,
  .picture {
    flex: none;
    inline-size: 80px;
  }
  .picture {
    display: grid;
    place-items: center;
    aspect-ratio: 16 / 9;
    border-radius: 10px;
    background: color-mix(in srgb, var(--text) 8%, transparent);
  }
  .picture svg {
    inline-size: 22px;
    block-size: 22px;
    fill: var(--quiet);
  }
  .dropped vigilar-thumbnail { filter: grayscale(1) opacity(0.6); }
  .what {
    display: flex;
    flex-direction: column;
    flex: 1;
    min-inline-size: 0;
  }
  .what strong { font-weight: 500; }
  .what span {
    font-size: 0.75rem;
    color: var(--quiet);
  }
  .outcome {
    flex: none;
    display: inline-flex;
    align-items: center;
    gap: 6px;
    font-size: 0.75rem;
    color: var(--quiet);
  }
  .outcome svg {
    inline-size: 16px;
    block-size: 16px;
    fill: currentColor;
  }
  .gained .outcome,
  .dropped .outcome {
    font-weight: 500;
    color: var(--text);
  }
  .loss .outcome { color: var(--critical); }
  footer {
    position: sticky;
    inset-block-end: 0;
    z-index: 2;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 8px 12px;
    margin-block-start: auto;
    padding: 12px 24px;
    border-block-start: 1px solid var(--line);
    background: var(--surface);
  }
  footer span {
    flex: 1;
    min-inline-size: 180px;
  }
  i.bone {
    block-size: 48px;
    margin: 12px;
  }
  i.bone.whole {
    inline-size: auto;
    aspect-ratio: 16 / 9;
    block-size: auto;
    margin: 0;
    border-radius: 14px;
  }
  @container (max-width: 820px) {
    header { padding: 8px 12px 0; }
    main {
      grid-template-columns: minmax(0, 1fr);
      gap: 12px;
      padding: 8px 12px 16px;
    }
    .viewer { position: static; display: contents; }
    vigilar-zone-editor {
      position: sticky;
      inset-block-start: 8px;
      z-index: 1;
      inline-size: 100%;
    }
    .under {
      flex-wrap: nowrap;
      gap: 10px;
      margin-inline: -12px;
      padding: 0 12px;
      overflow-x: auto;
      scrollbar-width: none;
    }
    .under > *,
    .layers { flex-wrap: nowrap; flex: none; }
    .now { padding: 10px 14px; }
    footer { padding: 10px 12px; }
    footer .button { flex: 1; }
    footer span { flex-basis: 100%; }
  }
`;
