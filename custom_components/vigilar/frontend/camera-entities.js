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
 * @returns {EntityState | undefined} The picture of the last event.
 */
export function lastPictureOf(hass, source) {
  return own(hass, source, "image", "last_event");
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
 * @param {string} domain
 * @param {string} key
 */
function own(hass, source, domain, key) {
  const ids = source.device_id ? (entitiesByDevice(hass).get(source.device_id) ?? []) : [];
  const found = ids.find((id) => {
    const { platform, translation_key: name } = hass.entities[id] ?? {};
    return platform === "vigilar" && name === key && id.startsWith(`${domain}.`);
  });
  return found ? hass.states?.[found] : undefined;
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
