// @ts-check
/** @import { Connection, EntityEntry, Hass, Source, Status } from "./vigilar" */
/** @import { CameraState } from "./cards" */
import { TimelineClient } from "./timeline-client.js";
import { TimelineStore } from "./timeline-store.js";

/** No event is wanted, but the server counts from one. */
const QUERY = { limit: 1 };

/** @typedef {(sources: Source[], status: Status) => void} Listener */

/** One subscription for all who want to know the sources of a connection. */
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
    else listener(this.#store.sources, this.#status);
    return () => {
      if (this.#listeners.delete(listener) && !this.#listeners.size) this.#client.stop();
    };
  }

  #tell() {
    for (const listener of [...this.#listeners]) listener(this.#store.sources, this.#status);
  }
}

/** @type {WeakMap<Connection, SourceWatch>} */
const watches = new WeakMap();

/**
 * Follow the sources that the user may see, and whether Vigilar answers.
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
 * Ask once for the sources that the user may see.
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
 * Find an entity of ours that belongs to a source.
 *
 * @param {Hass} hass
 * @param {Source} source
 * @param {string} domain For example "binary_sensor".
 * @param {(entity: EntityEntry, entityId: string) => boolean} fits
 * @returns {string | undefined} Its entity id.
 */
export function entityOf(hass, source, domain, fits) {
  if (!source.device_id) return undefined;
  return Object.keys(hass.entities).find((id) => {
    const entity = /** @type {EntityEntry} */ (hass.entities[id]);
    return (
      id.startsWith(`${domain}.`) &&
      entity.platform === "vigilar" &&
      entity.device_id === source.device_id &&
      fits(entity, id)
    );
  });
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {string | undefined} The sensor that tells of a camera that sees nothing or not enough.
 */
export function problemEntity(hass, source) {
  return entityOf(
    hass,
    source,
    "binary_sensor",
    (_, id) => hass.states?.[id]?.attributes.device_class === "problem",
  );
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {CameraState} What one should know of a camera before anything else.
 */
export function stateOf(hass, source) {
  if (source.online === false) return "offline";
  if (source.detecting === false) return "off";
  const problem = problemEntity(hass, source);
  return problem && hass.states?.[problem]?.state === "on" ? "tampered" : "watching";
}
