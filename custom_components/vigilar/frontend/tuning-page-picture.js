// @ts-check
/** @import { Hass, Source } from "./vigilar" */
import { cameraOf, lastPictureOf } from "./camera-entities.js";

/** How often the camera is asked for a picture. */
const PACE_MS = 5000;

/** Keeps a colour picture of a camera, renewed at a calm pace while somebody looks. */
export class CameraPicture {
  /** @type {string | undefined} Address of the newest picture that could be loaded. */
  src;

  /** @type {boolean} Whether the camera did not give one when it was asked last. */
  failed = false;

  #onChange;

  /** @type {(() => string | undefined) | undefined} */
  #address;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Begin to ask, at once.
   *
   * @param {() => string | undefined} address Gives the address of a new picture each time.
   */
  start(address) {
    this.stop();
    this.#address = address;
    this.#ask();
  }

  /** Ask no more; the last picture stays. */
  stop() {
    clearTimeout(this.#timer);
    this.#address = undefined;
  }

  /** Forget the last picture. */
  clear() {
    this.stop();
    this.src = undefined;
    this.failed = false;
  }

  #ask() {
    const asked = this.#address;
    const src = asked?.();
    if (!src) return;
    const image = new Image();
    /** @param {boolean} failed */
    const settle = (failed) => {
      if (asked !== this.#address) return;
      this.failed = failed;
      if (!failed) this.src = src;
      this.#timer = setTimeout(() => this.#ask(), PACE_MS);
      this.#onChange();
    };
    image.onload = () => settle(false);
    image.onerror = () => settle(true);
    image.src = src;
  }
}

/**
 * @param {Hass} hass
 * @param {Source | undefined} source
 * @returns {string | undefined} Where Home Assistant gives the camera's picture of this moment.
 */
export function pictureAddress(hass, source) {
  const entity = source && cameraOf(hass, source);
  const path = entity?.state === "unavailable" ? undefined : entity?.attributes.entity_picture;
  if (!path) return undefined;
  const address = new URL(hass.hassUrl?.(path) ?? path, location.href);
  address.searchParams.set("at", String(Date.now()));
  return address.href;
}

/**
 * @param {Hass} hass
 * @param {Source | undefined} source
 * @returns {string | undefined} Where the picture of the camera's last event is.
 */
export function lastPictureAddress(hass, source) {
  const path = source && lastPictureOf(hass, source)?.attributes.entity_picture;
  return path && (hass.hassUrl?.(path) ?? path);
}
