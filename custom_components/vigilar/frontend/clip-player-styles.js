// @ts-check
import { controls, tokens } from "./ui-styles.js";
import { css } from "./vendor/lit.js";

export const playerStyles = [
  tokens,
  controls,
  css`
    :host { display: block; }
    .player {
      display: flex;
      flex-direction: column;
      background: var(--surface);
    }
    .frame {
      position: relative;
      display: grid;
      aspect-ratio: 16 / 9;
      max-block-size: min(56vh, 720px);
      inline-size: 100%;
      overflow: hidden;
      border-radius: var(--picture-radius, 14px);
      background: #0b0d0f;
    }
    .player:fullscreen { block-size: 100%; padding: 12px; box-sizing: border-box; }
    .player:fullscreen .frame {
      flex: 1;
      min-block-size: 0;
      max-block-size: none;
      aspect-ratio: auto;
    }
    video {
      inline-size: 100%;
      block-size: 100%;
      min-block-size: 0;
      object-fit: contain;
      cursor: pointer;
    }
    .overlay {
      position: absolute;
      inset: 0;
      display: grid;
      place-items: center;
      align-content: center;
      gap: 8px;
      color: #fff;
      pointer-events: none;
    }
    .failed { background: rgba(0, 0, 0, 0.6); }
    .failed svg { inline-size: 36px; block-size: 36px; fill: currentColor; }
    .big {
      display: grid;
      place-items: center;
      inline-size: 68px;
      block-size: 68px;
      border-radius: 50%;
      background: rgba(0, 0, 0, 0.55);
      backdrop-filter: blur(6px);
    }
    .big svg { inline-size: 38px; block-size: 38px; fill: currentColor; }
    .spinner {
      inline-size: 36px;
      block-size: 36px;
      border: 3px solid rgba(255, 255, 255, 0.35);
      border-block-start-color: #fff;
      border-radius: 50%;
      animation: spin 0.9s linear infinite;
    }
    @keyframes spin {
      to { rotate: 1turn; }
    }
    .controls {
      display: flex;
      align-items: center;
      gap: 4px;
      padding: 4px 4px 0;
    }
    .controls .icon-button { color: var(--text); }
    .clock {
      font-size: 0.8125rem;
      font-variant-numeric: tabular-nums;
      color: var(--quiet);
      white-space: nowrap;
    }
    .clock b { font-weight: 500; color: var(--text); }
    .growing {
      margin-inline-start: 10px;
      font-size: 0.75rem;
      font-weight: 500;
      color: var(--alert);
    }
    .space { flex: 1; }
    .rate {
      all: unset;
      box-sizing: border-box;
      min-inline-size: 40px;
      block-size: 40px;
      border-radius: 20px;
      text-align: center;
      font-size: 0.8125rem;
      font-weight: 600;
      cursor: pointer;
      color: var(--text);
    }
    .rate:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
    @media (hover: hover) {
      .rate:hover { background: color-mix(in srgb, var(--text) 12%, transparent); }
    }
  `,
];
