"""Non-maximum suppression: one box a thing."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .decoders import Floats

MAX_OVERLAP: Final = 0.5
"""Intersection over union from which two boxes are one thing."""
MAX_CANDIDATES: Final = 200
"""More than that is no picture of things but a broken model."""


def suppress(boxes: Floats, scores: Floats) -> NDArray[np.intp]:
    """Choose the best of the boxes that overlap each other.

    Args:
        boxes: float32[n, 4] of left, top, right, bottom.
        scores: float32[n].

    Returns:
        The rows to keep, highest score first.
    """
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    kept: list[np.intp] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(best)
        order = order[_overlaps(boxes[best], boxes[order]) < MAX_OVERLAP]
    return np.array(kept, np.intp)


def _overlaps(box: Floats, others: Floats) -> Floats:
    """Return the intersection over union of one box with each of the others."""
    corner = np.maximum(box[:2], others[:, :2])
    size = np.clip(np.minimum(box[2:], others[:, 2:]) - corner, 0, None)
    shared = size.prod(axis=1)
    union = _area(box[None]) + _area(others) - shared
    # Boxes without an area overlap nothing.
    ratios: Floats = shared / np.maximum(union, np.finfo(np.float32).tiny)
    return ratios


def _area(boxes: Floats) -> Floats:
    """Return the area of each box."""
    areas: Floats = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return areas
