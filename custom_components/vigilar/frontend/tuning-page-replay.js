// @ts-check
/** @import { Formatter } from "./format.js" */
/** @import { Connection, Hass, Localize, TimelineEvent } from "./vigilar" */
/** @import { CommandError, Draft, ReplayMessage, ReplayResult, ReplayedEvent } from "./tuning" */
/** @import { TuningClient } from "./tuning-client.js" */
import { icon } from "./icons.js";
import { nameOf } from "./localize.js";
import { navigate } from "./router.js";
import { alike } from "./tuning-page-store.js";
import { html, nothing } from "./vendor/lit.js";

/** How many events of a camera are asked for, to find the pictures of what is stored. */
const MOST_EVENTS = 200;

/** One run of a draft against what is stored of the last events. */
export class Replay {
  /** @type {"idle" | "running" | "done" | "failed"} */
  state = "idle";
  done = 0;
  total = 0;

  /** @type {ReplayResult | undefined} */
  result;

  /** @type {Draft | undefined} What was run. */
  draft;

  /** @type {string | undefined} What the server said when it failed. */
  reason;

  /** @type {Map<string, TimelineEvent>} Those that were replayed, as far as they are known. */
  events = new Map();

  #onChange;

  /** Numbers the runs; whatever an older one still says is ignored. */
  #run = 0;

  /** @type {(() => Promise<void>) | undefined} */
  #end;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * @param {TuningClient} client
   * @param {Draft} draft
   * @param {() => void} onResult
   */
  start(client, draft, onResult) {
    this.stop();
    const run = this.#run;
    Object.assign(this, { state: "running", done: 0, total: 0, result: undefined, draft });
    client
      .replay(draft, (message) => {
        if (run === this.#run) this.#receive(message, onResult);
      })
      .then(
        (end) => {
          if (run === this.#run && this.state === "running") this.#end = end;
          else end().catch(() => {});
        },
        (/** @type {CommandError} */ error) => {
          if (run === this.#run) this.#fail(error);
        },
      );
    this.#onChange();
  }

  /** Give up what runs, and forget what ran. */
  stop() {
    this.#run += 1;
    this.#close();
    this.state = "idle";
    this.#onChange();
  }

  /** The connection is gone, and what ran with it. */
  lose() {
    if (this.state !== "running") return;
    this.#run += 1;
    this.#end = undefined;
    this.#fail({});
  }

  /**
   * @param {Connection} connection
   * @param {string} sourceId
   */
  async findEvents(connection, sourceId) {
    /** @type {{events: TimelineEvent[]}} */
    const page = await connection.sendMessagePromise({
      type: "vigilar/timeline/page",
      source_ids: [sourceId],
      limit: MOST_EVENTS,
    });
    this.events = new Map(page.events.map((event) => [event.id, event]));
    this.#onChange();
  }

  /**
   * @param {ReplayMessage} message
   * @param {() => void} onResult
   */
  #receive(message, onResult) {
    if (message.kind === "progress") {
      this.done = message.done;
      this.total = message.total;
    } else if (message.kind === "failed") this.#fail({});
    else {
      this.state = "done";
      this.result = message;
      this.#close();
      onResult();
    }
    this.#onChange();
  }

  /** @param {CommandError} error */
  #fail({ message }) {
    this.#close();
    this.state = "failed";
    this.reason = message;
    this.#onChange();
  }

  #close() {
    // The connection may have gone meanwhile; then there is nothing to end.
    this.#end?.().catch(() => {});
    this.#end = undefined;
  }
}

/**
 * @param {object} given
 * @param {Replay} given.replay
 * @param {Draft} given.draft
 * @param {number} given.stored How many events there are to run.
 * @param {boolean} given.valid Whether the draft can be run.
 * @param {() => void} given.run
 * @param {Hass} given.hass
 * @param {Localize} given.localize
 * @param {Formatter} given.format
 */
export function replayPanel({ replay, draft, stored, valid, run, hass, localize, format }) {
  const running = replay.state === "running";
  if (!stored && !replay.result) {
    return html`<div class="notice">
      ${icon("replay")}
      <strong>${localize("tuning.replay_empty")}</strong>
      <span>${localize("tuning.replay_empty_help")}</span>
    </div>`;
  }
  return html`<p class="help">${localize("tuning.replay_intro", { count: stored })}</p>
    <div class="row">
      ${running
        ? html`<button class="button" type="button" @click=${() => replay.stop()}>
            ${icon("close")}${localize("tuning.replay_cancel")}
          </button>`
        : html`<button class="button primary" type="button" ?disabled=${!valid} @click=${run}>
            ${icon("replay")}${localize("tuning.replay_run")}
          </button>`}
    </div>
    <div aria-live="polite">
      ${running ? progress(replay, localize) : nothing}
      ${replay.state === "failed"
        ? html`<div class="banner">
            ${icon("problem")}
            <div><strong>${localize("tuning.replay_failed")}</strong><span>${replay.reason ?? nothing}</span></div>
          </div>`
        : nothing}
      ${replay.state === "done" && replay.result ? summary(replay, replay.result, draft, localize) : nothing}
    </div>
    ${replay.state === "done" && replay.result
      ? html`<ul class="replayed">
          ${ordered(replay.result.events).map((event) => replayed(event, replay.events.get(event.event_id), hass, localize, format))}
        </ul>`
      : nothing}`;
}

/**
 * @param {Replay} replay
 * @param {Localize} localize
 */
function progress({ done, total }, localize) {
  return html`<div class="progress">
    <progress max=${total || 1} value=${done} aria-label=${localize("tuning.replay_running")}></progress>
    <span>${localize("tuning.replay_progress", { done, total })}</span>
  </div>`;
}

/**
 * @param {Replay} replay
 * @param {ReplayResult} result
 * @param {Draft} draft What is tried out by now.
 * @param {Localize} localize
 */
function summary(replay, { before, after, lost_confirmed: lost, unclear = 0 }, draft, localize) {
  return html`<div class="summary ${lost ? "lost" : ""}">
    <strong>${localize("tuning.replay_result", { before, after })}</strong>
    <span>${lost ? localize("tuning.replay_lost", { count: lost }) : localize("tuning.replay_none_lost")}</span>
    ${unclear ? html`<em>${localize("tuning.replay_unclear", { count: unclear })}</em>` : nothing}
    ${alike(replay.draft, draft) ? nothing : html`<em>${localize("tuning.replay_outdated")}</em>`}
  </div>`;
}

/**
 * @param {ReplayedEvent} event
 * @returns {boolean} Whether something that is known to be real would be missed.
 */
function isLoss({ verdict, type, counts_before, counts_after }) {
  const real = verdict ? verdict !== "false_alarm" : type !== "motion";
  return real && counts_before && !counts_after;
}

/**
 * @param {ReplayedEvent[]} events
 * @returns {ReplayedEvent[]} What would be missed first, then what else changes, each newest first.
 */
function ordered(events) {
  const rank = (/** @type {ReplayedEvent} */ event) =>
    isLoss(event) ? 0 : event.counts_before === event.counts_after ? 2 : 1;
  return events.toSorted((a, b) => rank(a) - rank(b) || b.ts - a.ts);
}

/**
 * @param {ReplayedEvent} event
 * @param {TimelineEvent | undefined} known
 * @param {Hass} hass
 * @param {Localize} localize
 * @param {Formatter} format
 */
function replayed(event, known, hass, localize, format) {
  const { event_id: id, ts, type, verdict, counts_before: before, counts_after: after } = event;
  const outcome = before === after ? (after ? "kept" : "quiet") : after ? "gained" : "dropped";
  const path = `/vigilar/event/${id}`;
  return html`<li>
    <a
      href=${path}
      class="${outcome} ${isLoss(event) ? "loss" : ""}"
      @click=${(/** @type {MouseEvent} */ click) => follow(click, path)}
    >
      ${known
        ? html`<vigilar-thumbnail
            class=${known.severity}
            .hass=${hass}
            .event=${known}
            .localize=${localize}
          ></vigilar-thumbnail>`
        : html`<span class="picture">${icon(type)}</span>`}
      <span class="what">
        <strong>${nameOf(localize, "type", type)}</strong>
        <span>${when(ts, localize, format)}</span>
        ${verdict ? html`<span class="verdict">${nameOf(localize, "tuning", `verdict_${verdict}`)}</span>` : nothing}
      </span>
      <span class="outcome">${icon(after ? "check" : "close")}${localize(`tuning.outcome_${outcome}`)}</span>
    </a>
  </li>`;
}

/**
 * @param {number} ts
 * @param {Localize} localize
 * @param {Formatter} format
 */
function when(ts, localize, format) {
  const now = Date.now();
  const name = format.dayName(ts, now);
  const day = name ? localize(`day.${name}`) : format.day(ts, now);
  return localize("tuning.when", { day, time: format.time(ts) });
}

/**
 * @param {MouseEvent} click
 * @param {string} path
 */
function follow(click, path) {
  if (click.ctrlKey || click.metaKey || click.shiftKey || click.button !== 0) return;
  click.preventDefault();
  navigate(path);
}
