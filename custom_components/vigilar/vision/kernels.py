"""The few image primitives that motion needs, on OpenCV or on NumPy.

Every primitive works on integers, so both implementations give bit-equal
results: a camera sees the same events on a machine without OpenCV.
"""

import importlib
from typing import Any, Final, Protocol, Self, override

import numpy as np
from numpy.typing import NDArray

type Mask = NDArray[np.uint8]
"""uint8[h, w] of 0 and 1."""
type Plane = NDArray[np.float32]
type Indices = NDArray[np.intp]
type Components = tuple[NDArray[np.int32], Indices]

_MOST_SHORT_LABELS: Final = 0xFFFF


class Kernels(Protocol):
    """The primitives; stateless, so one object may serve any number of cameras."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the same: there is nothing to copy."""
        return self

    @property
    def name(self) -> str:
        """Return the name of the implementation, for diagnostics."""
        ...

    def look_up(self, table: Plane, plane: NDArray[np.uint8], out: Plane) -> None:
        """Replace each level by its entry in a table.

        Args:
            table: float32[256].
            plane: uint8[h, w].
            out: float32[h, w], contiguous; overwritten.
        """
        ...

    def smooth(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Average the 3 x 3 window around each pixel; the edge is replicated outwards.

        Args:
            plane: uint8[h, w].

        Returns:
            uint8[h, w], rounded to the nearest; a ninth is never half way.
        """
        ...

    def box_sum(self, plane: NDArray[np.int16], radius: int) -> NDArray[np.int32]:
        """Sum the square window of side `2 * radius + 1` around each pixel.

        Args:
            plane: int16[h, w].
            radius: Pixels, 1 or more; the edge is replicated outwards.

        Returns:
            int32[h, w].
        """
        ...

    def count_neighbours(self, mask: Mask) -> NDArray[np.uint8]:
        """Count the set pixels in each 3 x 3 window; outside counts as clear.

        Args:
            mask: uint8[h, w] of 0 and 1.

        Returns:
            uint8[h, w], 0-9.
        """
        ...

    def dilate(self, mask: Mask, radius: int) -> Mask:
        """Grow the set pixels by a square of side `2 * radius + 1`.

        Args:
            mask: uint8[h, w] of 0 and 1.
            radius: Pixels, 1 or more.

        Returns:
            uint8[h, w] of 0 and 1.
        """
        ...

    def components(self, mask: Mask, pixels: Indices) -> Components:
        """Find the 8-connected components.

        Args:
            mask: uint8[h, w] of 0 and 1.
            pixels: intp[k]: pixels whose components are asked for, counted row
                by row; set in the mask.

        Returns:
            int32[n, 5] of (x, y, w, h, area) in pixels, sorted; and
            intp[k], the row of the component of each of the pixels.
        """
        ...


def _in_order(rows: NDArray[np.int32], owners: Indices) -> Components:
    """Return the rows in lexicographic order, and where those of `owners` went."""
    order = np.lexsort(rows.T[::-1])
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return rows[order], places[owners]


class OpenCVKernels(Kernels):
    """The primitives on OpenCV."""

    def __init__(self, cv2: Any) -> None:
        """Keep the module.

        Args:
            cv2: The imported `cv2` module.
        """
        self._cv2 = cv2
        self._square = np.ones((3, 3), np.uint8)
        # One camera is one thread already; OpenCV's own pool would only
        # take processor time from the other cameras.
        cv2.setNumThreads(1)

    @property
    @override
    def name(self) -> str:
        """Return the name of the implementation."""
        return "opencv"

    @override
    def look_up(self, table: Plane, plane: NDArray[np.uint8], out: Plane) -> None:
        """Replace each level by its entry in a table."""
        self._cv2.LUT(plane, table, dst=out)

    @override
    def smooth(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Average the 3 x 3 window around each pixel."""
        cv2 = self._cv2
        means: NDArray[np.uint8] = cv2.blur(
            plane, (3, 3), borderType=cv2.BORDER_REPLICATE
        )
        return means

    @override
    def box_sum(self, plane: NDArray[np.int16], radius: int) -> NDArray[np.int32]:
        """Sum the window around each pixel."""
        cv2 = self._cv2
        side = 2 * radius + 1
        sums: NDArray[np.int32] = cv2.boxFilter(
            plane,
            cv2.CV_32S,
            (side, side),
            normalize=False,
            borderType=cv2.BORDER_REPLICATE,
        )
        return sums

    @override
    def count_neighbours(self, mask: Mask) -> NDArray[np.uint8]:
        """Count the set pixels in each 3 x 3 window."""
        cv2 = self._cv2
        counts: NDArray[np.uint8] = cv2.boxFilter(
            mask, cv2.CV_8U, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        return counts

    @override
    def dilate(self, mask: Mask, radius: int) -> Mask:
        """Grow the set pixels by a square."""
        grown: Mask = self._cv2.dilate(mask, self._square, iterations=radius)
        return grown

    @override
    def components(self, mask: Mask, pixels: Indices) -> Components:
        """Find the 8-connected components."""
        cv2 = self._cv2
        x, y, w, h = cv2.boundingRect(mask)
        if not w:
            return np.empty((0, 5), np.int32), np.empty(0, np.intp)
        # Labels are what it costs: few, and short where they suffice. No two
        # components share a square of four pixels.
        short = (w + 1) // 2 * ((h + 1) // 2) < _MOST_SHORT_LABELS
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            mask[y : y + h, x : x + w],
            connectivity=8,
            ltype=cv2.CV_16U if short else cv2.CV_32S,
        )
        rows: NDArray[np.int32] = stats[1:]
        rows[:, :2] += (x, y)
        down, across = np.divmod(pixels, mask.shape[1])
        owners = labels[down - y, across - x].astype(np.intp) - 1
        return _in_order(rows, owners)


class NumpyKernels(Kernels):
    """The primitives on NumPy."""

    @property
    @override
    def name(self) -> str:
        """Return the name of the implementation."""
        return "numpy"

    @override
    def look_up(self, table: Plane, plane: NDArray[np.uint8], out: Plane) -> None:
        """Replace each level by its entry in a table."""
        # Clipping asks for no buffer, and no level lies outside.
        np.take(table, plane, out=out, mode="clip")

    @override
    def smooth(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Average the 3 x 3 window around each pixel."""
        sums = self.box_sum(plane.astype(np.int16), 1)
        sums *= 2
        sums += 9
        sums //= 18
        return sums.astype(np.uint8)

    @override
    def box_sum(self, plane: NDArray[np.int16], radius: int) -> NDArray[np.int32]:
        """Sum the window around each pixel."""
        height, width = plane.shape
        side = 2 * radius + 1
        rows = np.clip(np.arange(-radius, height + radius), 0, height - 1)
        columns = _sum_in_a_row(plane[rows].astype(np.int32), side)
        padded = np.empty((height, width + 2 * radius), np.int32)
        padded[:, radius:-radius] = columns
        padded[:, :radius] = columns[:, :1]
        padded[:, -radius:] = columns[:, -1:]
        # One long row is summed faster than many short ones; the sums across
        # the end of a row are what is cut off.
        sums = np.empty(padded.size, np.int32)
        sums[: 1 - side] = _sum_in_a_row(padded.ravel(), side)
        return sums.reshape(padded.shape)[:, :width]

    @override
    def count_neighbours(self, mask: Mask) -> NDArray[np.uint8]:
        """Count the set pixels in each 3 x 3 window."""
        rows = mask.copy()
        rows[1:] += mask[:-1]
        rows[:-1] += mask[1:]
        counts = rows.copy()
        flat, flat_rows = counts.ravel(), rows.ravel()
        flat[1:] += flat_rows[:-1]
        flat[:-1] += flat_rows[1:]
        # The ends of neighbouring rows were taken for neighbours.
        counts[1:, 0] -= rows[:-1, -1]
        counts[:-1, -1] -= rows[1:, 0]
        return counts

    @override
    def dilate(self, mask: Mask, radius: int) -> Mask:
        """Grow the set pixels by a square."""
        grown = mask.copy()
        for step in range(1, radius + 1):
            grown[step:] |= mask[:-step]
            grown[:-step] |= mask[step:]
        rows = grown.copy()
        for step in range(1, radius + 1):
            grown[:, step:] |= rows[:, :-step]
            grown[:, :-step] |= rows[:, step:]
        return grown

    @override
    def components(self, mask: Mask, pixels: Indices) -> Components:
        """Find the 8-connected components by joining the runs of each row."""
        # A clear column at the end keeps the runs of two rows apart.
        stride = mask.shape[1] + 1
        framed = np.zeros(len(mask) * stride + 1, np.uint8)
        framed[1:].reshape(-1, stride)[:, :-1] = mask
        edges = np.flatnonzero(framed[1:] != framed[:-1])
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            return np.empty((0, 5), np.int32), np.empty(0, np.intp)
        labels = _join_runs(starts, ends, stride)
        runs = np.searchsorted(starts, pixels + pixels // (stride - 1), "right") - 1
        rows = _run_boxes(labels, starts, ends, stride)
        return _in_order(rows, np.searchsorted(np.unique(labels), labels[runs]))


def _sum_in_a_row(items: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Sum each `count` consecutive items, an odd number, by doubling.

    Args:
        items: int32[n, ...], of which the first axis is summed.
        count: Odd, at most n.

    Returns:
        int32[n - count + 1, ...].
    """
    length = len(items) - count + 1
    sums = items[:length].copy()
    summed, power = 1, 1
    while 2 * power <= count:
        items = items[:-power] + items[power:]
        power *= 2
        if count & power:
            sums += items[summed : summed + length]
            summed += power
    return sums


def _join_runs(
    starts: NDArray[np.int64], ends: NDArray[np.int64], stride: int
) -> NDArray[np.int64]:
    """Label runs so that those which touch, also diagonally, share a label.

    Args:
        starts: First pixel of each run, counted row by row, rising.
        ends: The pixel after its last.
        stride: Pixels of a row; no run reaches its last.

    Returns:
        The label of each run.
    """
    count = len(starts)
    # Which runs of the row above touch a run: from `first` on, before `last`.
    first = np.searchsorted(ends + stride, starts, "left")
    last = np.searchsorted(starts + stride, ends, "right")
    alone = first >= last
    parents = np.where(alone, np.arange(count), first).tolist()

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    for run in np.flatnonzero(last - first > 1).tolist():
        for other in range(first[run] + 1, last[run]):
            parents[root(other)] = root(run)
    labels = np.array(parents)
    while (above := labels[labels]).tolist() != labels.tolist():
        labels = above
    return labels


def _run_boxes(
    labels: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    stride: int,
) -> NDArray[np.int32]:
    """Return (x, y, w, h, area) of each label, of which there is at least one."""
    order = np.argsort(labels, kind="stable")
    labels, starts, ends = labels[order], starts[order], ends[order]
    firsts = np.flatnonzero(np.diff(labels, prepend=-1))
    rows = starts // stride
    left = np.minimum.reduceat(starts % stride, firsts)
    right = np.maximum.reduceat(ends % stride, firsts)
    top = np.minimum.reduceat(rows, firsts)
    bottom = np.maximum.reduceat(rows, firsts) + 1
    area = np.add.reduceat(ends - starts, firsts)
    return np.stack((left, top, right - left, bottom - top, area), axis=1).astype(
        np.int32
    )


def load_kernels() -> Kernels:
    """Return OpenCV's kernels where it imports, else NumPy's.

    Imports in the calling thread: call it in a worker thread, never in an
    event loop. OpenCV may be installed while the process runs, so each call
    tries anew.
    """
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError:
        return NumpyKernels()
    return OpenCVKernels(cv2)
