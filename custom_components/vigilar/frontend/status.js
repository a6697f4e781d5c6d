// @ts-check
/** @import { Localize, Status } from "./vigilar" */
import { css, html } from "./vendor/lit.js";

/**
 * Draw the dot that says whether what one sees is live; the word says it too.
 *
 * @param {Status} status
 * @param {Localize} localize
 */
export function statusBadge(status, localize) {
  return html`<span class="status ${status.state}" role="status"
    ><span class="dot"></span>${localize(`status.${status.state}`)}</span
  >`;
}

export const statusStyles = css`
  .status {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    flex: none;
    font-size: 0.8125rem;
    font-weight: 500;
    color: var(--status-text, var(--secondary-text-color, #5f6368));
    white-space: nowrap;
  }
  .dot {
    position: relative;
    inline-size: 10px;
    block-size: 10px;
    border-radius: 50%;
    box-sizing: border-box;
    border: 2px solid currentColor;
  }
  .live .dot {
    background: var(--vigilar-live-color, #2e9e5b);
    border-color: var(--vigilar-live-color, #2e9e5b);
  }
  .live .dot::after {
    content: "";
    position: absolute;
    inset: -2px;
    border-radius: 50%;
    background: var(--vigilar-live-color, #2e9e5b);
    animation: ripple 2.4s ease-out infinite;
  }
  .reconnecting .dot,
  .connecting .dot {
    border-block-start-color: transparent;
    animation: turn 1s linear infinite;
  }
  .error .dot {
    border-radius: 2px;
    rotate: 45deg;
    background: var(--vigilar-critical-color, #c62828);
    border-color: var(--vigilar-critical-color, #c62828);
  }
  @keyframes ripple {
    from { opacity: 0.6; scale: 1; }
    60%, to { opacity: 0; scale: 2.4; }
  }
  @keyframes turn {
    to { rotate: 1turn; }
  }
  @media (prefers-reduced-motion: reduce) {
    .dot, .dot::after { animation: none !important; }
    .live .dot::after { content: none; }
  }
`;
