// @ts-check
/** @import { Point, Zone, ZoneKind, ZoneProblem } from "./tuning" */
import { crossesItself, distinct, isFlat, onPicture, shifted } from "./polygon.js";

/** The server takes no more zones than this, */
export const MOST_ZONES = 16;

/** and no more corners of one. */
export const MOST_POINTS = 64;

/** The fewest corners that enclose something. */
export const LEAST_POINTS = 3;

const MOST_STEPS = 100;

/**
 * The zones of one camera while they are changed, with every step that can be
 * taken back, and which zone and corner are chosen.
 */
export class ZoneStore {
  /** @type {readonly Zone[]} */
  zones = [];

  /** @type {number | undefined} */
  zone;

  /** @type {number | undefined} Of the chosen zone. */
  corner;

  /** @type {(readonly Zone[])[]} */
  #past = [];

  /** @type {(readonly Zone[])[]} */
  #future = [];

  /** @type {string | undefined} What the last step was about, for those that go on. */
  #gesture;

  #onChange;

  /** @param {() => void} onChange Called after every change, also of what is chosen. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** @returns {Zone | undefined} */
  get chosen() {
    return this.zone === undefined ? undefined : this.zones[this.zone];
  }

  get full() {
    return this.zones.length >= MOST_ZONES;
  }

  /** @returns {ZoneProblem[][]} What is wrong with each zone; empty where nothing is. */
  get problems() {
    const names = this.zones.map(({ name }) => name.trim());
    return this.zones.map(({ points }, index) => {
      const name = names[index];
      /** @type {ZoneProblem[]} */
      const problems = [];
      if (!name) problems.push("unnamed");
      else if (names.indexOf(name) !== index) problems.push("name_taken");
      const shape = shapeProblem(points);
      if (shape) problems.push(shape);
      return problems;
    });
  }

  /** @returns {Zone[]} The zones as they are saved. */
  get tidy() {
    return this.zones.map((zone) => ({ ...zone, name: zone.name.trim() }));
  }

  /** @param {readonly Zone[]} zones What to begin anew with; no step leads back beyond it. */
  reset(zones) {
    this.zones = zones;
    this.#past = [];
    this.#future = [];
    this.#gesture = undefined;
    this.choose(undefined);
  }

  /**
   * @param {number | undefined} zone
   * @param {number} [corner]
   */
  choose(zone, corner) {
    this.zone = zone;
    this.corner = zone === undefined ? undefined : corner;
    this.#onChange();
  }

  /**
   * @param {readonly Point[]} points
   * @param {string} name How to call it; a number makes it unlike the others.
   */
  add(points, name) {
    if (this.full) return;
    const names = new Set(this.zones.map((zone) => zone.name));
    let number = this.zones.length + 1;
    while (names.has(`${name} ${number}`)) number += 1;
    /** @type {Zone} */
    const zone = { name: `${name} ${number}`, kind: "include", points: points.map(onPicture) };
    this.#step([...this.zones, zone]);
    this.choose(this.zones.length - 1);
  }

  /** @param {number} zone */
  remove(zone) {
    this.#step(this.zones.filter((_, index) => index !== zone));
    this.choose(undefined);
  }

  /**
   * @param {number} zone
   * @param {string} name
   */
  rename(zone, name) {
    this.#replace(zone, { name }, `name ${zone}`);
  }

  /**
   * @param {number} zone
   * @param {ZoneKind} kind
   */
  setKind(zone, kind) {
    if (this.zones[zone]?.kind !== kind) this.#replace(zone, { kind });
  }

  /**
   * @param {number} zone
   * @param {number} dx
   * @param {number} dy
   * @param {string} gesture Steps of one gesture are taken back together.
   */
  shift(zone, dx, dy, gesture) {
    this.reshape(zone, shifted(this.#points(zone), dx, dy), gesture);
  }

  /**
   * @param {number} zone
   * @param {readonly Point[]} points
   * @param {string} gesture Steps of one gesture are taken back together.
   */
  reshape(zone, points, gesture) {
    this.#replace(zone, { points }, gesture);
  }

  /**
   * @param {number} zone
   * @param {number} corner
   * @param {Point} place
   * @param {string} gesture Steps of one gesture are taken back together.
   */
  moveCorner(zone, corner, place, gesture) {
    this.#replace(zone, { points: this.#points(zone).with(corner, onPicture(place)) }, gesture);
  }

  /**
   * Add a corner after another, and choose it.
   *
   * @param {number} zone
   * @param {number} after
   * @param {Point} place
   * @param {string} [gesture] Steps of one gesture are taken back together.
   */
  addCorner(zone, after, place, gesture) {
    const points = this.#points(zone);
    if (points.length >= MOST_POINTS) return;
    this.#replace(zone, { points: points.toSpliced(after + 1, 0, onPicture(place)) }, gesture);
    this.choose(zone, after + 1);
  }

  /**
   * Remove a corner, unless the zone needs it, and choose the one before.
   *
   * @param {number} zone
   * @param {number} corner
   */
  removeCorner(zone, corner) {
    const points = this.#points(zone);
    if (points.length <= LEAST_POINTS) return;
    this.#replace(zone, { points: points.toSpliced(corner, 1) });
    this.choose(zone, Math.max(0, corner - 1));
  }

  undo() {
    this.#travel(this.#past, this.#future);
  }

  redo() {
    this.#travel(this.#future, this.#past);
  }

  /** @param {number} zone */
  #points(zone) {
    return [.../** @type {Zone} */ (this.zones[zone]).points];
  }

  /**
   * @param {number} zone
   * @param {Partial<Zone>} change
   * @param {string} [gesture]
   */
  #replace(zone, change, gesture) {
    const before = /** @type {Zone} */ (this.zones[zone]);
    const after = { ...before, ...change };
    if (JSON.stringify(after) !== JSON.stringify(before)) this.#step(this.zones.with(zone, after), gesture);
  }

  /**
   * @param {readonly Zone[]} zones
   * @param {string} [gesture]
   */
  #step(zones, gesture) {
    if (gesture === undefined || gesture !== this.#gesture) {
      this.#past.push(this.zones);
      if (this.#past.length > MOST_STEPS) this.#past.shift();
    }
    this.#gesture = gesture;
    this.#future = [];
    this.zones = zones;
    this.#onChange();
  }

  /**
   * @param {(readonly Zone[])[]} from
   * @param {(readonly Zone[])[]} to
   */
  #travel(from, to) {
    const zones = from.pop();
    if (!zones) return;
    to.push(this.zones);
    this.zones = zones;
    this.#gesture = undefined;
    const chosen = this.zone !== undefined && this.zone < zones.length ? this.zone : undefined;
    const corners = chosen === undefined ? 0 : this.#points(chosen).length;
    this.choose(chosen, this.corner !== undefined && this.corner < corners ? this.corner : undefined);
  }
}

/**
 * @param {readonly Point[]} points
 * @returns {ZoneProblem | undefined} What is wrong with a shape.
 */
export function shapeProblem(points) {
  if (distinct(points) < LEAST_POINTS) return "few_points";
  if (points.length > MOST_POINTS) return "many_points";
  if (isFlat(points)) return "flat";
  return crossesItself(points) ? "crossing" : undefined;
}
