"""The few image primitives that motion needs, on OpenCV or on NumPy.

Every primitive works on integers, so both implementations give bit-equal
results: a camera sees the same events on a machine without OpenCV.
"""

import importlib
from typing import Any, Final, Protocol, override

import numpy as np
from numpy.typing import NDArray

type Mask = NDArray[np.uint8]
"""uint8[h, w] of 0 and 1."""

_NEIGHBOURS: Final = 9


class Kernels(Protocol):
    """The primitives; stateless, so one object may serve any number of cameras."""

    @property
    def name(self) -> str:
        """Return the name of the implementation, for diagnostics."""
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

    def components(self, mask: Mask) -> NDArray[np.int32]:
        """Find the 8-connected components.

        Args:
            mask: uint8[h, w] of 0 and 1.

        Returns:
            int32[n, 5] of (x, y, w, h, area) in pixels, sorted.
        """
        ...


def _sorted_rows(rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the rows in lexicographic order."""
    ordered: NDArray[np.int32] = rows[np.lexsort(rows.T[::-1])]
    return ordered


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
    def components(self, mask: Mask) -> NDArray[np.int32]:
        """Find the 8-connected components."""
        stats: NDArray[np.int32] = self._cv2.connectedComponentsWithStats(
            mask, connectivity=8
        )[2]
        return _sorted_rows(stats[1:])


class NumpyKernels(Kernels):
    """The primitives on NumPy."""

    @property
    @override
    def name(self) -> str:
        """Return the name of the implementation."""
        return "numpy"

    @override
    def box_sum(self, plane: NDArray[np.int16], radius: int) -> NDArray[np.int32]:
        """Sum the window around each pixel."""
        side = 2 * radius + 1
        # Rows first: a running sum along the memory order is the cheap one.
        padded = np.pad(plane, ((0, 0), (radius + 1, radius)), mode="edge")
        padded[:, 0] = 0
        sums = np.cumsum(padded, axis=1, dtype=np.int32)
        rows = sums[:, side:] - sums[:, :-side]
        padded_rows = np.pad(rows, ((radius + 1, radius), (0, 0)), mode="edge")
        padded_rows[0] = 0
        sums = np.cumsum(padded_rows, axis=0, dtype=np.int32)
        return sums[side:] - sums[:-side]

    @override
    def count_neighbours(self, mask: Mask) -> NDArray[np.uint8]:
        """Count the set pixels in each 3 x 3 window."""
        rows = mask.copy()
        rows[1:] += mask[:-1]
        rows[:-1] += mask[1:]
        counts = rows.copy()
        counts[:, 1:] += rows[:, :-1]
        counts[:, :-1] += rows[:, 1:]
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
    def components(self, mask: Mask) -> NDArray[np.int32]:
        """Find the 8-connected components by joining the runs of each row."""
        rows, starts, ends = _runs(mask)
        labels = _join_runs(rows, starts, ends)
        return _sorted_rows(_run_boxes(labels, rows, starts, ends))


def _runs(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return row, start and end (exclusive) of each horizontal run, in raster order."""
    height, width = mask.shape
    edges = np.zeros((height, width + 2), np.int8)
    edges[:, 1:-1] = mask
    steps = np.diff(edges, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return rows, starts, ends


def _join_runs(
    rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Label runs so that those which touch, also diagonally, share a label."""
    count = len(rows)
    parent = list(range(count))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    row, start, end = rows.tolist(), starts.tolist(), ends.tolist()
    above = 0
    for run in range(count):
        while row[above] < row[run] - 1 or (
            row[above] == row[run] - 1 and end[above] < start[run]
        ):
            above += 1
        other = above
        while other < run and row[other] == row[run] - 1 and start[other] <= end[run]:
            parent[root(other)] = root(run)
            other += 1
    return np.array([root(run) for run in range(count)], np.int64)


def _run_boxes(
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Return (x, y, w, h, area) of each label."""
    names, index = np.unique(labels, return_inverse=True)
    count = len(names)
    left, top = (
        np.full(count, np.iinfo(np.int64).max),
        np.full(count, np.iinfo(np.int64).max),
    )
    right, bottom, area = (
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )
    np.minimum.at(left, index, starts)
    np.maximum.at(right, index, ends)
    np.minimum.at(top, index, rows)
    np.maximum.at(bottom, index, rows + 1)
    np.add.at(area, index, ends - starts)
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
