// @ts-check
/** @import { Point } from "./tuning" */
/** @import { ZoneEditor } from "./zone-editor.js" */
/** @import { Hit } from "./zone-editor-hits.js" */
import { nearestCorner, onPicture, shifted, snapped } from "./polygon.js";
import { hit } from "./zone-editor-hits.js";
import { LEAST_POINTS } from "./zone-editor-store.js";

/** How near a corner a mouse, and anything broader, must be, CSS pixels. */
const MOUSE_REACH = 14;
const FINGER_REACH = 24;

/** How near the edge of the picture a corner is drawn to it, CSS pixels. */
const SNAP = 8;

/** How far a pointer goes before it is a drag and no press, CSS pixels. */
const SLACK = 4;

/** Mouse, finger and pen on the editor. */
export class ZonePointer {
  #editor;

  /** Numbers the drags, so that each is one step to take back. */
  #drags = 0;

  /**
   * @type {{id: number, from: Point, far: boolean, hit?: Hit, points?: readonly Point[]} | undefined}
   *   The pointer that is down, where it went down and on what.
   */
  #held;

  /** @param {ZoneEditor} editor */
  constructor(editor) {
    this.#editor = editor;
  }

  /** @param {PointerEvent} event */
  down = (event) => {
    if (event.button !== 0 || this.#held) return;
    const from = this.#place(event);
    // What is taken hold of gets the focus below, not what happens to be drawn there.
    event.preventDefault();
    if (this.#editor.drawing) this.#sketch(event, from);
    else this.#take(event, from);
  };

  /** @param {PointerEvent} event */
  move = (event) => {
    const editor = this.#editor;
    if (this.#held && this.#held.id !== event.pointerId) return;
    if (!this.#held) {
      if (editor.drawing && event.pointerType === "mouse") editor.point(this.#snapped(this.#place(event)));
      return;
    }
    this.#drag(this.#held, event);
  };

  /** @param {PointerEvent} event */
  up = (event) => {
    if (this.#held?.id !== event.pointerId) return;
    const { hit: found, far } = this.#held;
    this.#held = undefined;
    if (found?.kind === "handle" && !far && event.type === "pointerup") this.#pull(found, found.at);
    this.#editor.point(undefined);
  };

  leave = () => {
    if (!this.#held && this.#editor.pointed) this.#editor.point(undefined);
  };

  /**
   * @param {PointerEvent} event
   * @param {Point} from
   */
  #sketch(event, from) {
    const editor = this.#editor;
    const drawn = editor.drawing ?? [];
    const reach = reachOf(event);
    editor.focusOn("svg.zones");
    const near = nearestCorner(drawn, from, editor.size);
    if (near.distance <= reach && (near.index === 0 || near.index === drawn.length - 1)) {
      if (drawn.length >= LEAST_POINTS) editor.finish();
      return;
    }
    editor.place(this.#snapped(from));
    this.#hold(event, { from });
    editor.point(this.#snapped(from), { loupe: event.pointerType !== "mouse" });
  }

  /**
   * @param {PointerEvent} event
   * @param {Point} from
   */
  #take(event, from) {
    const editor = this.#editor;
    const store = editor.held();
    if (!editor.shown) return;
    const found = hit(store.zones, store.zone, from, editor.size, reachOf(event));
    if (!found) {
      store.choose(undefined);
      return;
    }
    const mine = store.zone === found.zone;
    store.choose(found.zone, found.kind === "corner" ? found.corner : undefined);
    editor.focusOn(
      found.kind === "corner"
        ? `[data-zone="${found.zone}"][data-corner="${found.corner}"]`
        : `.shape[data-zone="${found.zone}"]`,
    );
    // A finger that is put on a zone that was not chosen may want to scroll.
    if (!mine && event.pointerType !== "mouse") return;
    this.#hold(event, { from, hit: found, points: store.zones[found.zone]?.points });
  }

  /**
   * @param {PointerEvent} event
   * @param {{from: Point, hit?: Hit, points?: readonly Point[]}} what
   */
  #hold(event, what) {
    this.#drags += 1;
    this.#held = { ...what, id: event.pointerId, far: false };
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
  }

  /**
   * @param {{far: boolean, from: Point, hit?: Hit, points?: readonly Point[]}} held
   * @param {PointerEvent} event
   */
  #drag(held, event) {
    const editor = this.#editor;
    const to = this.#place(event);
    const [width, height] = editor.size;
    const [dx, dy] = [to[0] - held.from[0], to[1] - held.from[1]];
    held.far ||= Math.hypot(dx * width, dy * height) > SLACK;
    if (!held.far) return;
    const place = this.#snapped(to);
    if (editor.drawing) {
      editor.unplace();
      editor.place(place);
    } else if (held.hit) this.#shape(held.hit, held.points ?? [], place, [dx, dy]);
    if (held.hit?.kind !== "zone") editor.point(place, { loupe: event.pointerType !== "mouse" });
  }

  /**
   * @param {Hit} found
   * @param {readonly Point[]} points Where the zone was when the drag began.
   * @param {Point} place
   * @param {Point} way
   */
  #shape(found, points, place, [dx, dy]) {
    const store = this.#editor.held();
    const gesture = `drag ${this.#drags}`;
    if (found.kind === "zone") store.reshape(found.zone, shifted(points, dx, dy), gesture);
    else if (found.kind === "corner") store.moveCorner(found.zone, found.corner, place, gesture);
    else this.#pull(found, place, gesture);
  }

  /**
   * Pull a corner out of an edge; from then on it is what is held.
   *
   * @param {Hit} found
   * @param {Point} place
   * @param {string} [gesture]
   */
  #pull(found, place, gesture) {
    const store = this.#editor.held();
    store.addCorner(found.zone, found.corner, place, gesture);
    if (store.corner === undefined) return;
    found.kind = "corner";
    found.corner = store.corner;
    this.#editor.focusOn(`[data-zone="${found.zone}"][data-corner="${found.corner}"]`);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point} Fractions of the picture.
   */
  #place(event) {
    const { left, top, width, height } = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    return onPicture([(event.clientX - left) / width, (event.clientY - top) / height]);
  }

  /** @param {Point} place */
  #snapped(place) {
    const [width, height] = this.#editor.size;
    return snapped(place, [SNAP / width, SNAP / height]);
  }
}

/** @param {PointerEvent} event */
function reachOf({ pointerType }) {
  return pointerType === "mouse" ? MOUSE_REACH : FINGER_REACH;
}
