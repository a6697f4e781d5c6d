// @ts-check
/** @import { Connection, Hass, Source, Status } from "./vigilar" */
/** @import { CameraState } from "./cards" */
import { problemOf } from "./camera-entities.js";
import { camerasOf } from "./filters.js";
import { TimelineClient } from "./timeline-client.js";
import { TimelineStore } from "./timeline-store.js";

/** No event is wanted, but the server counts from one. */
const QUERY = { limit: 1 };

/** @typedef {(sources: Source[], status: Status) => void} Listener */

/** One subscription for all who want to know the cameras of a connection. */
class SourceWatch {
  /** @type {Set<Listener>} */
  #listeners = new Set();

  #store = new TimelineStore(QUERY.limit, QUERY.limit);
  #client;

  /** @type {Status} */
  #status = { state: "connecting" };

  /** @param {Connection} connection */
  constructor(connection) {
    this.#client = new TimelineClient({
      connection,
      store: this.#store,
      query: QUERY,
      onNews: () => this.#tell(),
      onStatus: (status) => {
        this.#status = status;
        this.#tell();
      },
    });
  }

  /**
   * @param {Listener} listener
   * @returns {() => void} Stops it.
   */
  listen(listener) {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#client.start();
    else this.#tellOne(listener);
    return () => {
      if (this.#listeners.delete(listener) && !this.#listeners.size) this.#client.stop();
    };
  }

  #tell() {
    for (const listener of [...this.#listeners]) this.#tellOne(listener);
  }

  /** @param {Listener} listener */
  #tellOne(listener) {
    listener(camerasOf(this.#store.sources), this.#status);
  }
}

/** @type {WeakMap<Connection, SourceWatch>} */
const watches = new WeakMap();

/**
 * Follow the cameras that the user may see, and whether Vigilar answers.
 *
 * @param {Connection} connection
 * @param {Listener} listener Hears of them at every change; until the first answer there are none.
 * @returns {() => void} Stops it.
 */
export function watchSources(connection, listener) {
  let watch = watches.get(connection);
  if (!watch) {
    watch = new SourceWatch(connection);
    watches.set(connection, watch);
  }
  return watch.listen(listener);
}

/**
 * Ask once for the cameras that the user may see.
 *
 * @param {Connection} connection
 * @returns {Promise<Source[] | undefined>} Undefined when Vigilar does not answer that.
 */
export function fetchSources(connection) {
  return new Promise((resolve) => {
    const stop = watchSources(connection, (sources, { state }) => {
      if (state !== "live" && state !== "error") return;
      // The first answer may come before there is anything to stop.
      queueMicrotask(() => stop());
      resolve(state === "live" ? sources : undefined);
    });
  });
}

/**
 * @param {Source[]} sources
 * @param {{source_id?: string, camera?: string}} config The source, or a camera entity that it watches.
 * @returns {Source | undefined}
 */
export function sourceOf(sources, { source_id, camera }) {
  return sources.find((source) =>
    source_id ? source.source_id === source_id : [source.camera_entity_id, source.entity_id].includes(camera ?? null),
  );
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {CameraState} What one should know of a camera before anything else.
 */
export function stateOf(hass, source) {
  if (source.online === false) return "offline";
  if (problemOf(hass, source)?.state === "on") return "tampered";
  return source.detecting === false ? "detection_off" : "watching";
}
