// @ts-check
/** @import { Point, Zone } from "./tuning" */
import { contains, edges, nearestCorner, nearestEdge } from "./polygon.js";

/** An edge shorter than this on the screen shows no handle in its middle, CSS pixels. */
const LEAST_EDGE = 64;

/** An edge is as near as this to be taken hold of, CSS pixels. */
const EDGE_REACH = 8;

/**
 * @typedef {{kind: "corner" | "handle" | "edge" | "zone", zone: number, corner: number, at: Point}} Hit
 *   `corner`: which one, or after which one the edge begins; -1 for a zone.
 */

/**
 * Tell what lies under a pointer: corners and edges of the chosen zone first,
 * then it itself, then the others, the last drawn first.
 *
 * @param {readonly Zone[]} zones
 * @param {number | undefined} chosen
 * @param {Point} place Fractions of the picture.
 * @param {Point} size Of the picture, CSS pixels.
 * @param {number} reach How near a corner must be, CSS pixels.
 * @returns {Hit | undefined}
 */
export function hit(zones, chosen, place, size, reach) {
  const zone = chosen === undefined ? undefined : zones[chosen];
  if (chosen !== undefined && zone) {
    const corner = nearestCorner(zone.points, place, size);
    if (corner.distance <= reach) return { kind: "corner", zone: chosen, corner: corner.index, at: place };
    const shown = handles(zone.points, size);
    const handle = nearestCorner(shown.map(({ at }) => at), place, size);
    const held = handle.distance <= reach ? shown[handle.index] : undefined;
    if (held) return { kind: "handle", zone: chosen, corner: held.after, at: held.at };
    const edge = nearestEdge(zone.points, place, size);
    if (edge.distance <= EDGE_REACH) return { kind: "edge", zone: chosen, corner: edge.index, at: edge.at };
    if (contains(zone.points, place)) return { kind: "zone", zone: chosen, corner: -1, at: place };
  }
  const other = zones.findLastIndex(({ points }) => contains(points, place));
  return other < 0 ? undefined : { kind: "zone", zone: other, corner: -1, at: place };
}

/**
 * @param {readonly Point[]} points
 * @param {Point} size Of the picture, CSS pixels.
 * @returns {{after: number, at: Point}[]} Where a corner can be pulled out of an edge.
 */
export function handles(points, [width, height]) {
  return edges(points).flatMap(([[x1, y1], [x2, y2]], after) => {
    if (Math.hypot((x2 - x1) * width, (y2 - y1) * height) < LEAST_EDGE) return [];
    return [{ after, at: /** @type {Point} */ ([(x1 + x2) / 2, (y1 + y2) / 2]) }];
  });
}
