"""What a network's numbers mean: from its outputs to boxes and scores.

Each decoder knows its outputs by their shapes, because converters name and
order them as they like.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .description import DecoderKind, ModelError, ModelProblem

type Floats = NDArray[np.float32]

_STRIDES: Final = (8, 16, 32, 64)

# TensorFlow's object_detection: box coder `faster_rcnn_box_coder` and
# `ssd_anchor_generator` with `reduce_boxes_in_lowest_layer`, as MobileNet SSD has them.
_SSD_CENTER_SCALE: Final = np.float32(10)
_SSD_SIZE_SCALE: Final = np.float32(5)
_SSD_STRIDES: Final = (16, 32, 64, 128, 256, 512)
_SSD_MIN_SCALE: Final = 0.2
_SSD_MAX_SCALE: Final = 0.95
_SSD_RATIOS: Final = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)
_SSD_LOWEST: Final = ((0.1, 1.0), (_SSD_MIN_SCALE, 2.0), (_SSD_MIN_SCALE, 1 / 2))

# Beyond it a size is nonsense anyway, and its exponential overflows.
_MAX_LOG_SIZE: Final = np.float32(20)


class Layout(NamedTuple):
    """What a decoder must know of its model.

    Attributes:
        width: Of the network's picture, pixels.
        height: Of the network's picture, pixels.
        class_count: How many labels there are, background not among them.
        columns: Numbers of the labels that are wanted.
        min_score: What scores less is not returned (0-1).
    """

    width: int
    height: int
    class_count: int
    columns: tuple[int, ...]
    min_score: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be something, overlapping still.

    Attributes:
        boxes: float32[n, 4] of left, top, right, bottom as fractions of the
            picture; may reach beyond it.
        scores: float32[n, columns], 0-1; the best of a row is `min_score` or more.
    """

    boxes: Floats
    scores: Floats


def decode(kind: DecoderKind, outputs: Sequence[Floats], layout: Layout) -> Candidates:
    """Read a network's outputs.

    Args:
        kind: Which decoder.
        outputs: In any order.
        layout: Of the model.

    Raises:
        ModelError: The outputs are not those that this decoder reads.
    """
    return _DECODERS[kind](outputs, layout)


def _ssd(outputs: Sequence[Floats], layout: Layout) -> Candidates:
    """Read an SSD: n x 4 offsets (y, x, h, w) and n x (1 + classes) logits."""
    anchors = ssd_anchors(layout.width, layout.height)
    rows = len(anchors)
    offsets, logits = _match(outputs, (rows, 4), (rows, 1 + layout.class_count))
    scores = _sigmoid(logits[:, [1 + column for column in layout.columns]])
    keep = _promising(scores, layout)
    anchors, offsets = anchors[keep], offsets[keep]
    center = offsets[:, :2] / _SSD_CENTER_SCALE * anchors[:, 2:] + anchors[:, :2]
    size = _exp(offsets[:, 2:] / _SSD_SIZE_SCALE) * anchors[:, 2:]
    return Candidates(_corners(center[:, ::-1], size[:, ::-1]), scores[keep])


@lru_cache(maxsize=2)
def ssd_anchors(width: int, height: int) -> Floats:
    """Return the anchors of a MobileNet SSD.

    Args:
        width: Of the network's picture, pixels.
        height: Of the network's picture, pixels.

    Returns:
        float32[n, 4] of centre y, centre x, height, width, as fractions; 1917
        of them for 300 x 300.
    """
    layers = len(_SSD_STRIDES)
    step = (_SSD_MAX_SCALE - _SSD_MIN_SCALE) / (layers - 1)
    scales = [_SSD_MIN_SCALE + step * layer for layer in range(layers)] + [1.0]
    anchors = []
    for layer, stride in enumerate(_SSD_STRIDES):
        shapes: Iterable[tuple[float, float]] = _SSD_LOWEST
        if layer:
            between = sqrt(scales[layer] * scales[layer + 1])
            shapes = [
                *((scales[layer], ratio) for ratio in _SSD_RATIOS),
                (between, 1.0),
            ]
        sizes = [(scale / sqrt(ratio), scale * sqrt(ratio)) for scale, ratio in shapes]
        rows, columns = ceil(height / stride), ceil(width / stride)
        anchors += [
            ((row + 0.5) / rows, (column + 0.5) / columns, *size)
            for row in range(rows)
            for column in range(columns)
            for size in sizes
        ]
    return np.array(anchors, np.float32)


def _nanodet(outputs: Sequence[Floats], layout: Layout) -> Candidates:
    """Read a NanoDet: at each stride n x classes scores and n x (4 x bins) distances.

    A distance is the expectation of its bins' softmax, in strides ("Generalized
    Focal Loss", arXiv:2006.04388); the sides come as left, top, right, bottom.
    """
    grids = {stride: _grid(stride, layout) for stride in _STRIDES}
    parts = [
        _nanodet_stride(group, grid + np.float32(0.5), stride, layout)
        for stride, grid in grids.items()
        if (group := [output for output in outputs if len(output) == len(grid)])
    ]
    if 2 * len(parts) != len(outputs) or not parts:
        raise _wrong(outputs, f"pairs with {len(grids[8])}, {len(grids[16])}, … rows")
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _nanodet_stride(
    outputs: Sequence[Floats], points: Floats, stride: int, layout: Layout
) -> Candidates:
    """Read the outputs of one stride; `points` are its cells' centres in strides."""
    rows, classes = len(points), layout.class_count
    sides_width = next(
        (output.shape[-1] for output in outputs if output.shape[-1] != classes), classes
    )
    if sides_width % 4:
        raise _wrong(outputs, f"{rows} x (4 x bins)")
    scores, sides = _match(outputs, (rows, classes), (rows, sides_width))
    scores = scores[:, layout.columns]
    keep = _promising(scores, layout)
    bins = sides[keep].reshape(-1, 4, sides_width // 4)
    powers = np.exp(bins - bins.max(axis=2, keepdims=True))
    steps = np.arange(powers.shape[2], dtype=np.float32)
    reach = (powers @ steps) / powers.sum(axis=2)
    center = points[keep]
    corners = np.hstack((center - reach[:, :2], center + reach[:, 2:]))
    return Candidates(corners * np.float32(stride) / _extent(layout), scores[keep])


def _yolox(outputs: Sequence[Floats], layout: Layout) -> Candidates:
    """Read a YOLOX: n x (x, y, w, h, objectness, classes), strides 8, 16, 32.

    As its ncnn export gives it: the sigmoids are done, the boxes are not
    (arXiv:2107.08430).
    """
    grids = [(_grid(stride, layout), stride) for stride in _STRIDES[:3]]
    cells = np.concatenate([grid for grid, _ in grids])
    strides = np.concatenate(
        [np.full((len(grid), 1), stride, np.float32) for grid, stride in grids]
    )
    (rows,) = _match(outputs, (len(cells), 5 + layout.class_count))
    columns = [5 + column for column in layout.columns]
    scores = rows[:, 4:5] * rows[:, columns]
    keep = _promising(scores, layout)
    center = (rows[keep, :2] + cells[keep]) * strides[keep]
    size = _exp(rows[keep, 2:4]) * strides[keep]
    return Candidates(_corners(center, size) / _extent(layout), scores[keep])


def _centernet(outputs: Sequence[Floats], layout: Layout) -> Candidates:
    """Read a CenterNet: classes x h x w scores and 4 x h x w distances in pixels.

    A thing is where a score is the highest of its 3 x 3 neighbours ("Objects as
    Points", arXiv:1904.07850); the sides come as left, top, right, bottom.
    """
    rows, columns = layout.height // 4, layout.width // 4
    heat, sides = _match(
        outputs, (layout.class_count, rows, columns), (4, rows, columns)
    )
    heat = heat[list(layout.columns)]
    score = heat.max(axis=0)
    ys, xs = np.nonzero((score >= layout.min_score) & (score >= _neighbourhood(score)))
    center = np.float32(4) * np.stack((xs, ys), axis=1).astype(np.float32)
    reach = sides[:, ys, xs].T
    corners: Floats = np.hstack((center - reach[:, :2], center + reach[:, 2:]))
    return Candidates(corners / _extent(layout), heat[:, ys, xs].T)


_DECODERS: Final[
    dict[DecoderKind, Callable[[Sequence[Floats], Layout], Candidates]]
] = {
    DecoderKind.SSD: _ssd,
    DecoderKind.NANODET: _nanodet,
    DecoderKind.YOLOX: _yolox,
    DecoderKind.CENTERNET: _centernet,
}


def _match(outputs: Sequence[Floats], *shapes: tuple[int, ...]) -> list[Floats]:
    """Return the outputs of these shapes; all must be there and no other.

    Where two shapes are equal, the outputs' own order decides.
    """
    left = list(outputs)
    matched = []
    for shape in shapes:
        index = next((i for i, out in enumerate(left) if out.shape == shape), None)
        if index is None:
            break
        matched.append(left.pop(index))
    if left or len(matched) < len(shapes):
        raise _wrong(outputs, ", ".join(_words(shape) for shape in shapes))
    return matched


def _wrong(outputs: Sequence[Floats], expected: str) -> ModelError:
    """Return the error for outputs that this decoder does not read."""
    found = ", ".join(_words(output.shape) for output in outputs)
    return ModelError(ModelProblem.WRONG_OUTPUT, expected=expected, found=found)


def _words(shape: tuple[int, ...]) -> str:
    """Write a shape for people."""
    return " x ".join(str(side) for side in shape)


def _promising(scores: Floats, layout: Layout) -> NDArray[np.intp]:
    """Return the rows with a score that counts."""
    return np.flatnonzero(scores.max(axis=1) >= layout.min_score)


def _grid(stride: int, layout: Layout) -> Floats:
    """Return float32[n, 2] of the cells' x and y at a stride, row by row."""
    rows, columns = ceil(layout.height / stride), ceil(layout.width / stride)
    ys, xs = np.divmod(np.arange(rows * columns), columns)
    return np.stack((xs, ys), axis=1).astype(np.float32)


def _extent(layout: Layout) -> Floats:
    """Return what pixels of left, top, right, bottom are divided by."""
    return np.array([layout.width, layout.height] * 2, np.float32)


def _corners(center: Floats, size: Floats) -> Floats:
    """Turn centres and sizes (x, y) into left, top, right, bottom."""
    half = size / np.float32(2)
    return np.hstack((center - half, center + half))


def _neighbourhood(score: Floats) -> Floats:
    """Return the highest of the 3 x 3 values around each."""
    padded = np.pad(score, 1, constant_values=-1)
    across = np.maximum(np.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    highest: Floats = np.maximum(np.maximum(across[:-2], across[1:-1]), across[2:])
    return highest


def _sigmoid(logits: Floats) -> Floats:
    """Turn logits into probabilities; an exponential that overflows is a 0."""
    with np.errstate(over="ignore"):
        probabilities: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return probabilities


def _exp(values: Floats) -> Floats:
    """Return the exponential of a size's logarithm."""
    sizes: Floats = np.exp(np.minimum(values, _MAX_LOG_SIZE))
    return sizes
