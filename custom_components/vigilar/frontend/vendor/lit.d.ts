// The types of lit.js, for the type check: those of the packages it is built from.
export { LitElement, css, html, nothing, svg } from "lit";
export { guard } from "lit/directives/guard.js";
export { repeat } from "lit/directives/repeat.js";
