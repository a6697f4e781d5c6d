// @ts-check
// Geometry of polygons on a picture. Corners are fractions (0-1) of the
// picture's width and height, origin at the top left; the last is joined to
// the first. Everything is pure: nothing that is given is changed.
/** @import { Point } from "./tuning" */

/** Digits of a fraction that are kept: a hundredth of a per cent of the picture. */
const DIGITS = 4;

/** Share of the picture that two sides must span, as the server asks of a zone. */
const LEAST_AREA = 1e-4;

/**
 * @param {Point} point
 * @returns {Point} The nearest place on the picture, rounded as it is stored.
 */
export function onPicture([x, y]) {
  return [rounded(Math.min(1, Math.max(0, x))), rounded(Math.min(1, Math.max(0, y)))];
}

/**
 * Draw a point to the edges of the picture that are near.
 *
 * @param {Point} point
 * @param {Point} reach How near an edge must be, as shares of width and height.
 * @returns {Point}
 */
export function snapped(point, reach) {
  const [x, y] = onPicture(point);
  return [toEdge(x, reach[0]), toEdge(y, reach[1])];
}

/**
 * Move all corners alike, as far as the picture allows.
 *
 * @param {readonly Point[]} points
 * @param {number} dx
 * @param {number} dy
 * @returns {Point[]}
 */
export function shifted(points, dx, dy) {
  const x = allowed(points.map((point) => point[0]), dx);
  const y = allowed(points.map((point) => point[1]), dy);
  return points.map((point) => onPicture([point[0] + x, point[1] + y]));
}

/**
 * @param {readonly Point[]} points
 * @param {Point} place
 * @returns {boolean} Whether a place lies inside, by the even-odd rule, as the server sees it.
 */
export function contains(points, [x, y]) {
  let inside = false;
  for (const [[x1, y1], [x2, y2]] of edges(points)) {
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside;
}

/**
 * @param {readonly Point[]} points
 * @returns {boolean} Whether two edges meet elsewhere than in the corner they share.
 */
export function crossesItself(points) {
  const sides = edges(points);
  return sides.some((one, i) =>
    sides.some((other, j) => {
      if (j <= i) return false;
      if (j === i + 1) return foldsBack(one[0], one[1], other[1]);
      if (i === 0 && j === sides.length - 1) return foldsBack(other[0], other[1], one[1]);
      return meet(one, other);
    }),
  );
}

/**
 * @param {readonly Point[]} points One or more.
 * @returns {boolean} Whether all corners lie on one line, or next to it.
 */
export function isFlat(points) {
  const [first] = /** @type {[Point]} */ (points);
  const reach = (/** @type {Point} */ point) => Math.abs(point[0] - first[0]) + Math.abs(point[1] - first[1]);
  const far = points.reduce((best, point) => (reach(point) > reach(best) ? point : best));
  return points.every((point) => Math.abs(turn(first, far, point)) < LEAST_AREA);
}

/**
 * @param {readonly Point[]} points
 * @returns {number} How many different corners there are.
 */
export function distinct(points) {
  return new Set(points.map(([x, y]) => `${x},${y}`)).size;
}

/**
 * Find a place for a label: the middle of the widest stretch inside, halfway down.
 *
 * The mean of the corners may lie outside of a bent shape, this never does.
 *
 * @param {readonly Point[]} points Three or more.
 * @returns {Point}
 */
export function middle(points) {
  const heights = points.map(([, y]) => y);
  const y = (Math.min(...heights) + Math.max(...heights)) / 2;
  const crossings = edges(points)
    .filter(([[, y1], [, y2]]) => y1 > y !== y2 > y)
    .map(([[x1, y1], [x2, y2]]) => x1 + ((y - y1) * (x2 - x1)) / (y2 - y1))
    .sort((a, b) => a - b);
  let widest = /** @type {Point} */ (points[0]);
  let width = -1;
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const [from, to] = [/** @type {number} */ (crossings[i]), /** @type {number} */ (crossings[i + 1])];
    if (to - from > width) {
      width = to - from;
      widest = [(from + to) / 2, y];
    }
  }
  return widest;
}

/**
 * @param {readonly Point[]} points
 * @param {Point} place
 * @param {Point} size Width and height of the picture, in the unit of the distance.
 * @returns {{index: number, distance: number}} The nearest corner; -1 where there is none.
 */
export function nearestCorner(points, place, size) {
  let [index, distance] = [-1, Infinity];
  points.forEach((point, i) => {
    const there = apart(point, place, size);
    if (there < distance) [index, distance] = [i, there];
  });
  return { index, distance };
}

/**
 * @param {readonly Point[]} points Two or more.
 * @param {Point} place
 * @param {Point} size Width and height of the picture, in the unit of the distance.
 * @returns {{index: number, distance: number, at: Point}} The nearest edge, by the
 *   corner it begins at, and its point next to the place.
 */
export function nearestEdge(points, place, size) {
  let best = { index: -1, distance: Infinity, at: place };
  edges(points).forEach(([from, to], index) => {
    const along = projection(from, to, place, size);
    /** @type {Point} */
    const at = onPicture([from[0] + along * (to[0] - from[0]), from[1] + along * (to[1] - from[1])]);
    const distance = apart(at, place, size);
    if (distance < best.distance) best = { index, distance, at };
  });
  return best;
}

/**
 * @param {readonly Point[]} points
 * @returns {[Point, Point][]} Every edge, from each corner to the one after it.
 */
export function edges(points) {
  return points.map((point, i) => [point, /** @type {Point} */ (points[(i + 1) % points.length])]);
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {Point} place
 * @param {Point} size
 * @returns {number} 0 at `from`, 1 at `to`.
 */
function projection(from, to, place, [width, height]) {
  const [dx, dy] = [(to[0] - from[0]) * width, (to[1] - from[1]) * height];
  const length = dx * dx + dy * dy;
  if (!length) return 0;
  const along = (place[0] - from[0]) * width * dx + (place[1] - from[1]) * height * dy;
  return Math.min(1, Math.max(0, along / length));
}

/**
 * @param {Point} one
 * @param {Point} other
 * @param {Point} size
 */
function apart(one, other, [width, height]) {
  return Math.hypot((one[0] - other[0]) * width, (one[1] - other[1]) * height);
}

/**
 * @param {[Point, Point]} one
 * @param {[Point, Point]} other
 * @returns {boolean} Whether two edges have a point in common.
 */
function meet([a, b], [c, d]) {
  const [ca, cb] = [Math.sign(turn(a, b, c)), Math.sign(turn(a, b, d))];
  const [ac, ad] = [Math.sign(turn(c, d, a)), Math.sign(turn(c, d, b))];
  if (ca !== cb && ac !== ad) return true;
  return (
    (ca === 0 && between(a, b, c)) ||
    (cb === 0 && between(a, b, d)) ||
    (ac === 0 && between(c, d, a)) ||
    (ad === 0 && between(c, d, b))
  );
}

/**
 * @param {Point} from
 * @param {Point} corner
 * @param {Point} to
 * @returns {boolean} Whether the way from a corner leads back along the way to it.
 */
function foldsBack(from, corner, to) {
  const ahead = (corner[0] - from[0]) * (to[0] - corner[0]) + (corner[1] - from[1]) * (to[1] - corner[1]);
  return turn(from, corner, to) === 0 && ahead <= 0;
}

/**
 * @param {Point} a
 * @param {Point} b
 * @param {Point} c
 * @returns {number} Twice the signed area of the triangle; 0 where they lie on one line.
 */
function turn(a, b, c) {
  const doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  // Stored fractions have four digits: what is smaller than their product is a rounding error.
  return Math.abs(doubled) < 1e-12 ? 0 : doubled;
}

/**
 * @param {Point} a
 * @param {Point} b
 * @param {Point} c On the line through both.
 */
function between(a, b, c) {
  return (
    Math.min(a[0], b[0]) <= c[0] &&
    c[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= c[1] &&
    c[1] <= Math.max(a[1], b[1])
  );
}

/**
 * @param {number[]} places
 * @param {number} step
 * @returns {number} As much of the step as leaves all places on the picture.
 */
function allowed(places, step) {
  return Math.min(1 - Math.max(...places), Math.max(-Math.min(...places), step));
}

/**
 * @param {number} value 0-1.
 * @param {number} reach
 */
function toEdge(value, reach) {
  if (value <= reach) return 0;
  return value >= 1 - reach ? 1 : value;
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toFixed(DIGITS));
}
