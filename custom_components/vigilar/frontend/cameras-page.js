// @ts-check
/** @import { Query, Source, Status, TimelineEvent } from "./vigilar" */
import { cameraOf, lastPictureOf } from "./camera-entities.js";
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { navigate, pathTo } from "./router.js";
import { SourcesElement } from "./sources-element.js";
import { controls, notices, tokens } from "./ui-styles.js";
import { css, html, nothing, repeat } from "./vendor/lit.js";

const LIMIT = 100;

/** @type {Query} */
const QUERY = { limit: LIMIT };

/** "5 min ago" grows old. */
const CLOCK_MS = 30_000;

/** @type {Record<string, string>} */
const STANDING_PICTURES = {
  offline: "camera_offline",
  tampered: "camera_tampered",
  detection_off: "detection_off",
  watching: "detection",
};

/** All cameras: what they see now, whether they watch, and what was last. */
export class VigilarCamerasPage extends SourcesElement {
  /** @override */
  static styles = [
    tokens,
    controls,
    notices,
    css`
      :host {
        display: flex;
        flex-direction: column;
        overflow: auto;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr));
        gap: 16px;
        inline-size: 100%;
        max-inline-size: 1600px;
        margin-inline: auto;
        padding: 16px;
        box-sizing: border-box;
      }
      .camera {
        all: unset;
        display: flex;
        flex-direction: column;
        overflow: hidden;
        border: 1px solid var(--line);
        border-radius: 16px;
        background: var(--surface);
        cursor: pointer;
        transition: box-shadow 150ms;
      }
      .camera:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
      @media (hover: hover) {
        .camera:hover { box-shadow: 0 4px 18px rgba(0, 0, 0, 0.16); }
      }
      .picture { position: relative; display: block; }
      vigilar-camera-still { inline-size: 100%; }
      .state {
        position: absolute;
        inset-block-start: 10px;
        inset-inline-start: 10px;
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 3px 10px 3px 8px;
        border-radius: 999px;
        font-size: 0.75rem;
        font-weight: 500;
        color: #fff;
        background: rgba(10, 12, 14, 0.72);
        backdrop-filter: blur(6px);
      }
      .state svg { inline-size: 16px; block-size: 16px; fill: currentColor; }
      .state.watching svg { fill: #62d48f; }
      .state.offline,
      .state.tampered { background: #a3161c; }
      .text { display: flex; flex-direction: column; gap: 2px; padding: 12px 16px 14px; }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 1rem;
        font-weight: 500;
      }
      .area { font-weight: 400; color: var(--quiet); }
      .last {
        display: flex;
        align-items: center;
        gap: 6px;
        min-block-size: 20px;
        font-size: 0.8125rem;
        color: var(--quiet);
      }
      .last svg { flex: none; inline-size: 16px; block-size: 16px; fill: var(--tone); }
      .last b { font-weight: 500; color: var(--tone); }
      .last .what { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .bone.picture { aspect-ratio: 16 / 9; border-radius: 16px; }
    `,
  ];

  /** @type {Set<string>} Sources whose last event was asked for, and "" when those of covered cameras were. */
  #asked = new Set();

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  /** @override */
  get query() {
    return QUERY;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), CLOCK_MS);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  /** @override */
  watched() {
    const { hass, store } = this;
    if (!hass) return [];
    const shown = (store.sources ?? []).flatMap((source) => [cameraOf(hass, source), lastPictureOf(hass, source)]);
    return shown.flatMap((state) => state?.entity_id ?? []);
  }

  /** @override */
  onNews() {
    for (const id of this.store.unheard) this.#askFor(id);
    if (!this.#asked.has("")) this.#askForTampered();
    super.onNews();
  }

  /**
   * @override
   * @param {Status} status
   */
  onStatus(status) {
    if (status.state !== "live") this.#asked.clear();
    super.onStatus(status);
  }

  /** @param {string} sourceId One whose last event is older than those that came. */
  #askFor(sourceId) {
    if (this.#asked.has(sourceId)) return;
    this.#asked.add(sourceId);
    this.#ask({ source_ids: [sourceId], limit: 1 }).then((found) => {
      // A source without events is not asked for again, one whose last event goes is.
      if (!found) return;
      this.#asked.delete(sourceId);
      if (this.store.unheard.includes(sourceId)) this.#askFor(sourceId);
    });
  }

  /** A camera may have been covered long ago. */
  #askForTampered() {
    this.#asked.add("");
    this.#ask({ types: ["camera_tampered"], limit: LIMIT });
  }

  /**
   * @param {Record<string, unknown>} query
   * @returns {Promise<number>} How many events the answer has.
   */
  async #ask(query) {
    const store = this.store;
    try {
      /** @type {{events: TimelineEvent[]}} */
      const page = await this.home.connection.sendMessagePromise({
        ...query,
        type: "vigilar/timeline/page",
        before_ts: Date.now() + CLOCK_MS,
      });
      store.add(page.events);
      this.requestUpdate();
      return page.events.length;
    } catch {
      // What is not known is not shown; the next connection asks again.
      return 0;
    }
  }

  /** @override */
  render() {
    const { sources } = this.store;
    if (!sources) return this._status.state === "error" ? this.problemNotice() : this.#skeleton();
    if (!sources.length) return this.#empty();
    return html`<div class="grid">
      ${repeat(
        sources,
        ({ source_id: id }) => id,
        (source) => this.#camera(source),
      )}
    </div>`;
  }

  /** @param {Source} source */
  #camera(source) {
    const standing = this.store.standingOf(source);
    return html`<a
      class="camera"
      href=${pathTo("live", source.source_id)}
      data-source=${source.source_id}
      @click=${(/** @type {MouseEvent} */ press) => this.#open(press, source)}
    >
      <span class="picture">
        <vigilar-camera-still
          .hass=${this.hass}
          .source=${source}
          .stale=${standing === "offline"}
        ></vigilar-camera-still>
        ${source.online === undefined
          ? nothing
          : html`<span class="state ${standing}"
              >${icon(STANDING_PICTURES[standing] ?? "camera")}${this.localize(`cameras.${standing}`)}</span
            >`}
      </span>
      <span class="text">
        <span class="name"
          ><bdi>${source.name}</bdi>${source.area
            ? html` <span class="area">· <bdi>${source.area}</bdi></span>`
            : nothing}</span
        >
        ${this.#last(this.store.lastOf(source.source_id))}
      </span>
    </a>`;
  }

  /** @param {TimelineEvent | undefined} event */
  #last(event) {
    if (!event) return html`<span class="last">${this.localize("cameras.no_event")}</span>`;
    const when = this.localize("cameras.ago", { duration: this.format.rough(Date.now() - event.ts) });
    return html`<span class="last ${event.severity}">
      ${icon(event.type)}<span class="what"><b>${nameOf(this.localize, "type", event.type)}</b> · ${when}</span>
    </span>`;
  }

  #skeleton() {
    return html`<span class="unseen-text" role="status">${this.localize("cameras.loading")}</span>
      <div class="grid">${[1, 2, 3].map(() => html`<i class="bone picture"></i>`)}</div>`;
  }

  #empty() {
    const { localize } = this;
    return html`<div class="notice">
      ${icon("camera")}<strong>${localize("list.no_sources")}</strong><span>${localize("list.no_sources_help")}</span>
      ${this.home.user?.is_admin
        ? html`<button class="button primary" type="button" @click=${() => navigate("/config/integrations/integration/vigilar")}>
            ${localize("cameras.add")}
          </button>`
        : nothing}
    </div>`;
  }

  /**
   * @param {MouseEvent} press
   * @param {Source} source
   */
  #open(press, source) {
    // A link may be opened in another tab.
    if (press.ctrlKey || press.metaKey || press.shiftKey) return;
    press.preventDefault();
    navigate(pathTo("live", source.source_id));
  }
}
