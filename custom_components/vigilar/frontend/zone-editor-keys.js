// @ts-check
/** @import { Point, Zone } from "./tuning" */
/** @import { ZoneEditor } from "./zone-editor.js" */
import { onPicture } from "./polygon.js";
import { LEAST_POINTS, MOST_POINTS } from "./zone-editor-store.js";

const STEP = 0.01;
const LEAP = 0.05;

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The keyboard on the editor: everything that a pointer can do. */
export class ZoneKeys {
  #editor;

  /** @param {ZoneEditor} editor */
  constructor(editor) {
    this.#editor = editor;
  }

  /** @param {KeyboardEvent} event */
  down = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const done = this.#editor.drawing ? this.#draw(event) : this.#change(event);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  };

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} Whether the key meant something.
   */
  #draw({ key, shiftKey }) {
    const editor = this.#editor;
    const way = wayOf(key, shiftKey);
    if (way) {
      const [x, y] = editor.pointed ?? [0.5, 0.5];
      const place = onPicture([x + way[0], y + way[1]]);
      editor.point(place, { keyboard: true });
      editor.say(editor.whereabouts(place));
    } else if (key === " ") {
      if (editor.pointed) editor.place(editor.pointed);
    } else if (key === "Enter") editor.finish();
    else if (isDelete(key)) editor.unplace();
    else if (key === "Escape") editor.cancel();
    else return false;
    return true;
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} Whether the key meant something.
   */
  #change(event) {
    const { dataset } = /** @type {SVGElement} */ (event.target);
    if (dataset.zone === undefined) return false;
    const zone = Number(dataset.zone);
    if (dataset.corner === undefined) return this.#zone(event, zone);
    return this.#corner(event, zone, Number(dataset.corner));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} zone
   */
  #zone({ key, shiftKey }, zone) {
    const editor = this.#editor;
    const store = editor.held();
    const way = wayOf(key, shiftKey);
    if (way) {
      store.shift(zone, ...way, `arrow ${zone}`);
      editor.say(editor.whereabouts(/** @type {Point} */ (this.#points(zone)[0])));
    } else if (key === "Enter" || key === " ") store.choose(zone);
    else if (key === "Escape") store.choose(undefined);
    else if (isDelete(key)) {
      store.remove(zone);
      editor.focusOn("svg.zones");
      editor.say(editor.localize("zones.removed"));
    } else return false;
    return true;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} zone
   * @param {number} corner
   */
  #corner({ key, shiftKey }, zone, corner) {
    const editor = this.#editor;
    const store = editor.held();
    const points = this.#points(zone);
    const [x, y] = /** @type {Point} */ (points[corner]);
    const way = wayOf(key, shiftKey);
    if (way) {
      const place = onPicture([x + way[0], y + way[1]]);
      store.moveCorner(zone, corner, place, `arrow ${zone} ${corner}`);
      editor.say(editor.whereabouts(place));
    } else if (key === "Insert" && points.length < MOST_POINTS) {
      const [nextX, nextY] = /** @type {Point} */ (points[(corner + 1) % points.length]);
      store.addCorner(zone, corner, [(x + nextX) / 2, (y + nextY) / 2]);
      editor.focusOn(cornerOf(zone, corner + 1));
    } else if (isDelete(key) && points.length > LEAST_POINTS) {
      store.removeCorner(zone, corner);
      editor.focusOn(cornerOf(zone, Math.max(0, corner - 1)));
    } else if (key === "Escape") editor.focusOn(`.shape[data-zone="${zone}"]`);
    else if (isDelete(key)) editor.say(editor.localize("zones.fewest"));
    else return false;
    return true;
  }

  /** @param {number} zone */
  #points(zone) {
    return /** @type {Zone} */ (this.#editor.held().zones[zone]).points;
  }
}

/** @param {string} key Some keyboards have only the one that deletes backwards. */
function isDelete(key) {
  return key === "Delete" || key === "Backspace";
}

/**
 * @param {number} zone
 * @param {number} corner
 */
function cornerOf(zone, corner) {
  return `[data-zone="${zone}"][data-corner="${corner}"]`;
}

/**
 * @param {string} key
 * @param {boolean} far
 * @returns {Point | undefined}
 */
function wayOf(key, far) {
  const way = ARROWS[key];
  const step = far ? LEAP : STEP;
  return way && [way[0] * step, way[1] * step];
}
