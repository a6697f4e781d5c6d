// What of Lit the frontend uses, and nothing else: scripts/vendor-lit bundles it.
export { LitElement, css, html, nothing, svg } from "lit";
export { guard } from "lit/directives/guard.js";
export { repeat } from "lit/directives/repeat.js";
