// @ts-check
/** @import { EntityState, Hass, Source } from "./vigilar" */

/** @type {WeakMap<object, Map<string, string[]>>} */
const byDevice = new WeakMap();

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {EntityState | undefined} Home Assistant's camera behind a source; there may be none.
 */
export function cameraOf(hass, source) {
  const id = source.camera_entity_id ?? source.entity_id ?? "";
  return id.startsWith("camera.") ? hass.states?.[id] : undefined;
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {EntityState | undefined} The picture of the last event, once there was one.
 */
export function lastPictureOf(hass, source) {
  const picture = own(hass, source, "image", "last_event");
  return picture && ["unknown", "unavailable"].includes(picture.state) ? undefined : picture;
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {EntityState | undefined} The switch by which one watches or does not.
 */
export function detectionOf(hass, source) {
  return own(hass, source, "switch", "detection");
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @returns {EntityState | undefined} The sensor that tells of a camera that is lost or cannot see.
 */
export function problemOf(hass, source) {
  return ownStates(hass, source, "binary_sensor").find(({ attributes }) => attributes.device_class === "problem");
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @param {string} domain
 * @param {string} key
 */
function own(hass, source, domain, key) {
  return ownStates(hass, source, domain).find((state) => hass.entities[state.entity_id]?.translation_key === key);
}

/**
 * @param {Hass} hass
 * @param {Source} source
 * @param {string} domain
 * @returns {EntityState[]} Those of Vigilar's own entities of a source that have a state.
 */
function ownStates(hass, source, domain) {
  const ids = source.device_id ? (entitiesByDevice(hass).get(source.device_id) ?? []) : [];
  return ids
    .filter((id) => hass.entities[id]?.platform === "vigilar" && id.startsWith(`${domain}.`))
    .flatMap((id) => hass.states?.[id] ?? []);
}

/**
 * A house has thousands of entities and asks for a few with every picture.
 *
 * @param {Hass} hass
 */
function entitiesByDevice({ entities }) {
  let known = byDevice.get(entities);
  if (!known) {
    known = new Map();
    for (const [id, { device_id: device }] of Object.entries(entities)) {
      if (device) known.set(device, [...(known.get(device) ?? []), id]);
    }
    byDevice.set(entities, known);
  }
  return known;
}
