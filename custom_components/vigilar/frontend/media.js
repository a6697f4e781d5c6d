// @ts-check
/** @import { Connection, Hass, Medium, MediaKind, TimelineEvent } from "./vigilar" */

const LIFE_S = 3600;

/** A film that is being watched must not lose its address half way. */
const EARLY_MS = 10 * 60_000;

const MOST_ADDRESSES = 500;

/** @typedef {{url: Promise<string>, until: number}} Address */

/** @type {WeakMap<Connection, Map<string, Address>>} */
const addresses = new WeakMap();

/**
 * @param {TimelineEvent} event
 * @param {MediaKind} kind
 * @returns {Medium | undefined} What the event says of it; events of old servers know of none.
 */
export function mediaOf(event, kind) {
  return event.payload.media?.[kind];
}

/**
 * Give a path an address that an `<img>` or `<video>` can load, which send no token.
 *
 * @param {Hass} hass
 * @param {string} path Of Home Assistant, without a query.
 * @returns {Promise<string>} Rejects with the connection's error.
 */
export function signedUrl(hass, path) {
  const known = addressesOf(hass.connection);
  const address = known.get(path);
  if (address && address.until > Date.now()) return address.url;
  known.delete(path);
  const url = sign(hass, path);
  known.set(path, { url, until: Date.now() + LIFE_S * 1000 - EARLY_MS });
  url.catch(() => known.delete(path));
  if (known.size > MOST_ADDRESSES) known.delete(/** @type {string} */ (known.keys().next().value));
  return url;
}

/**
 * Have the path signed anew the next time: what is behind it was refused, or has grown.
 *
 * @param {Hass} hass
 * @param {string} path
 */
export function forgetUrl(hass, path) {
  addressesOf(hass.connection).delete(path);
}

/** @param {Connection} connection */
function addressesOf(connection) {
  let known = addresses.get(connection);
  if (!known) {
    const fresh = /** @type {Map<string, Address>} */ (new Map());
    // A restarted Home Assistant signs with another secret.
    connection.addEventListener("ready", () => fresh.clear());
    addresses.set(connection, fresh);
    known = fresh;
  }
  return known;
}

/**
 * @param {Hass} hass
 * @param {string} path
 */
async function sign(hass, path) {
  /** @type {{path: string}} */
  const signed = await hass.connection.sendMessagePromise({ type: "auth/sign_path", path, expires: LIFE_S });
  return hass.hassUrl?.(signed.path) ?? signed.path;
}
