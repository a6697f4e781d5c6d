"""Background model: luma planes in, blobs of change out.

The model compares logarithms of luma, so that a change of light is an offset
that can be removed, and an object is a local deviation from its surroundings.
Each pixel keeps a mean and a spread; a pixel that always flickers needs more
to count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .kernels import Indices, Kernels, Mask, Plane

LOG_SCALE: Final = 256.0
"""Units of an e-fold of luma: one unit is a change of 0.4 %."""
DARK_OFFSET: Final = 12.0
"""Luma levels of sensor noise: below it, ratios say nothing."""
SURROUND: Final = 1 / 16
"""Radius of the surroundings whose mean change is light, as a share of the width."""
SPREADS: Final = 4.0
"""How many spreads a pixel must leave its mean to count."""
BACKGROUND_S: Final = 8.0
"""Time constant in seconds with which quiet pixels are learned."""
FOREGROUND_S: Final = 60.0
"""Time constant in seconds with which a lasting change becomes background."""
SPREAD_S: Final = 6.0
"""Time constant in seconds with which a pixel's spread is learned, at first as long
as the scene is known."""
FIRST_SPREAD: Final = 11.0
"""Spread in log units that a pixel has before it is known (4 %)."""
FLICKERS: Final = 0.25
"""Least change between two frames of what flickers, as a share of its deviation: at
five frames a second what swings within three seconds changes more on average. What
deviates and changes less is a thing that creeps in, and must not blind its place."""
DEVIATES: Final = 0.5
"""Deviation in thresholds from which that is asked: below it there is noise."""
GLOBAL_SHARE: Final = 0.4
"""Share of the image that changes at once only when the light or the view does."""
RELEARN_S: Final = 1.0
"""How long after a global change the background is learned anew."""
SAMPLED: Final = 4
"""One pixel in so many, across and down, tells how much the light changed."""
MOST_NEIGHBOURS: Final = 5
"""More than half of a pixel and its eight neighbours."""
EDGE_REACH: Final = 3
"""Half-width in pixels of what a thing's outline spans once it is scaled down."""
SHARP: Final = 0.5
"""Bend of an edge as a share of the deviation; a hard edge has all of it."""
MAX_BLOBS: Final = 40
"""A frame with more regions than this is weather; only the largest are kept."""
MAX_GAP_S: Final = 12.0
"""After a longer gap the scene counts as unknown; keyframes alone come sooner."""

WHITE: Final = 7
"""Levels below the brightest where a beam of light leaves nothing of what it falls on."""
MOST_PULL: Final = 2.0
"""What one pixel adds to the change of its surroundings at most, in thresholds."""
MOST_LEARNED: Final = 0.5
"""Share of a change that one frame teaches at most, however long ago the last was."""

MEAN_STEPS: Final = 2
"""Steps of a log unit in which a mean is kept."""
SPREAD_STEPS: Final = 4
"""Steps of a log unit in which a spread is kept."""


def _logarithms() -> Plane:
    """Return the logarithm of each level of luma, float32[256]."""
    table: Plane = np.log(np.arange(256) + DARK_OFFSET) * LOG_SCALE
    return table.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Blob:
    """A connected region that differs from the background.

    Attributes:
        x: Left edge, pixels of the luma plane.
        y: Top edge.
        w: Width.
        h: Height.
        area: Set pixels.
        stir: Share (0-1) of the set pixels that also differ from the previous frame.
        strength: Mean deviation over the set pixels in thresholds, 1 or more.
        outline: How much of a sharp outline it shows (0-1): solid things all of
            it, shadows, beams of light and what is out of focus almost none.
        lean: How far the centre of its mass lies from that of its box in x and y,
            pixels: the box jumps by whole pixels, the mass does not.
    """

    x: int
    y: int
    w: int
    h: int
    area: int
    stir: float
    strength: float
    outline: float = 1.0
    lean: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a scene looks like while nothing happens, as it is kept.

    Attributes:
        mean: int16[h, w] in halves of a log unit.
        spread: uint8[h, w] in quarters of a log unit, saturated.
    """

    mean: NDArray[np.int16]
    spread: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class MotionResult:
    """What one frame shows.

    Attributes:
        blobs: Regions of change, largest first; empty while learning.
        mask: uint8[h, w] of 0 and 1; the detector's own, valid until the next update.
        score: Share (0-1) of the image that changed.
        learning: The background is not known yet, or anew after a global change.
        level: float32[h, w]: the picture in log units; the detector's own as well.
    """

    blobs: tuple[Blob, ...]
    mask: Mask
    score: float
    learning: bool
    level: Plane


class MotionDetector:
    """Finds change in the pictures of one camera; not thread-safe."""

    def __init__(
        self,
        kernels: Kernels,
        *,
        threshold: float = 24.0,
        min_area: float = 0.0004,
        watched: Callable[[int, int], Mask | None] = lambda _width, _height: None,
    ) -> None:
        """Create a detector that knows no scene yet.

        Args:
            kernels: The image primitives.
            threshold: Least deviation of a pixel that counts, in log units
                (1 is 0.4 % of its brightness), above zero.
            min_area: Least size of a blob as a share (0-1) of the image.
            watched: Returns, for a width and height, which pixels are looked
                at: uint8[h, w] of 0 and 1, or None for all.
        """
        self._kernels = kernels
        self._threshold = threshold
        self._min_area = min_area
        self._watched = watched
        self._background: _Background | None = None
        self._ts = 0.0
        self._began = 0.0
        self._learn_until = 0.0

    def configure(
        self,
        *,
        threshold: float,
        min_area: float,
        watched: Callable[[int, int], Mask | None],
    ) -> None:
        """Go on with other settings, with the meaning of the constructor's."""
        self._threshold = threshold
        self._min_area = min_area
        self._watched = watched
        if self._background is not None:
            height, width = self._background.mask.shape
            self._background.configure(threshold, watched(width, height))

    def update(
        self,
        luma: NDArray[np.uint8],
        ts: float,
        things: Sequence[Blob] = (),
        held: Sequence[Blob] = (),
    ) -> MotionResult:
        """Compare a frame with the background, and learn from it.

        Args:
            luma: uint8[h, w]; another size than before starts anew.
            ts: Media time in seconds, rising.
            things: Where things stood in the frame before; what little shows
                of them is not learned as if it were the scene.
            held: Where nothing is learned, since what is hidden will show again.

        Returns:
            What changed.
        """
        gap, self._ts = ts - self._ts, ts
        background = self._background
        if (
            background is None
            or background.mask.shape != luma.shape
            or not 0 <= gap <= MAX_GAP_S
        ):
            return self._begin(luma)
        score = background.compare(luma)
        if score > GLOBAL_SHARE:
            self._learn_until = ts + RELEARN_S
        learning = ts < self._learn_until
        if learning:
            background.relearn()
        else:
            background.learn(gap, ts - self._began, things, held)
        blobs = () if learning else background.blobs(self._min_area)
        return MotionResult(
            blobs=blobs,
            mask=background.mask,
            score=score,
            learning=learning,
            level=background.level,
        )

    def checkpoint(self) -> Checkpoint | None:
        """Return what is known of the scene; None while that is too little."""
        if self._background is None or self._ts < self._learn_until:
            return None
        return self._background.checkpoint()

    def resume(self, luma: NDArray[np.uint8], ts: float, known: Checkpoint) -> None:
        """Go on from what was known of a scene.

        Args:
            luma: uint8[h, w], the frame of that time.
            ts: Its media time in seconds.
            known: Of the same size.
        """
        self._ts = ts
        self._begin(luma)
        assert self._background is not None
        self._background.resume(known)
        self._learn_until = ts

    def masked(self) -> list[tuple[int, int, int, int]]:
        """Return where the newest frame deviates and is not looked at.

        Returns:
            (x, y, w, h) in pixels, of regions that are large enough to count.
        """
        if self._background is None:
            return []
        return self._background.masked(self._min_area)

    def _begin(self, luma: NDArray[np.uint8]) -> MotionResult:
        """Take a frame as the background."""
        height, width = luma.shape
        self._background = _Background(
            luma, self._kernels, self._threshold, self._watched(width, height)
        )
        self._began = self._ts
        self._learn_until = self._ts + RELEARN_S
        return MotionResult(
            blobs=(),
            mask=self._background.mask,
            score=0.0,
            learning=True,
            level=self._background.level,
        )


class _Background:
    """What a scene of one size looks like when nothing happens, updated in place."""

    def __init__(
        self,
        luma: NDArray[np.uint8],
        kernels: Kernels,
        threshold: float,
        watched: Mask | None,
    ) -> None:
        """Take a frame as the first guess."""
        shape = luma.shape
        self._kernels = kernels
        self._threshold = threshold
        self._watched = watched
        self._radius = max(1, round(max(shape) * SURROUND))
        self._logarithms = _logarithms()
        self._level: Plane = self._logarithms[kernels.smooth(luma)]
        self._previous: Plane = self._level.copy()
        self._mean: Plane = self._level.copy()
        self._spread: Plane = np.full(shape, FIRST_SPREAD, np.float32)
        self._deviation: Plane = np.zeros(shape, np.float32)
        self._size: Plane = np.zeros(shape, np.float32)
        self._limit: Plane = np.zeros(shape, np.float32)
        self._scratch: Plane = np.zeros(shape, np.float32)
        self._fixed: NDArray[np.int16] = np.zeros(shape, np.int16)
        self.mask: Mask = np.zeros(shape, np.uint8)
        # What only set pixels are asked for, in the order of `_set`: they are few.
        self._set: Indices = np.zeros(0, np.intp)
        self._stirred: NDArray[np.bool_] = np.zeros(0, np.bool_)
        # By how much most of the newest picture is brighter than the mean, and by
        # how much more than the one before.
        self._light = 0.0
        self._brightened = 0.0

    @property
    def level(self) -> Plane:
        """Return the newest picture in log units."""
        return self._level

    def configure(self, threshold: float, watched: Mask | None) -> None:
        """Compare by another threshold and another mask from now on."""
        self._threshold = threshold
        self._watched = watched

    def checkpoint(self) -> Checkpoint:
        """Return mean and spread as they are kept."""
        spread = np.rint(self._spread * SPREAD_STEPS)
        return Checkpoint(
            np.rint(self._mean * MEAN_STEPS).astype(np.int16),
            np.minimum(spread, 255).astype(np.uint8),
        )

    def resume(self, known: Checkpoint) -> None:
        """Go on from a mean and a spread that were kept."""
        np.divide(known.mean, MEAN_STEPS, out=self._mean)
        np.divide(known.spread, SPREAD_STEPS, out=self._spread)

    def compare(self, luma: NDArray[np.uint8]) -> float:
        """Set `mask` where a frame deviates; return its share (0-1) of the image."""
        self._level, self._previous = self._previous, self._level
        self._kernels.look_up(self._logarithms, self._kernels.smooth(luma), self._level)
        before, self._light = self._light, _light_between(self._level, self._mean)
        self._remove_light()
        np.abs(self._deviation, out=self._size)
        np.multiply(self._spread, SPREADS, out=self._limit)
        self._limit += self._threshold
        np.greater(self._size, self._limit, out=self.mask.view(np.bool_))
        if self._watched is not None:
            self.mask &= self._watched
        self._drop_noise(self.mask)
        self._set = np.flatnonzero(self.mask.view(np.bool_))
        self._brightened = self._light - before
        self._stirred = np.abs(self._change_at(self._set)) > self._threshold
        return len(self._set) / self.mask.size

    def masked(self, min_area: float) -> list[tuple[int, int, int, int]]:
        """Return the boxes of what deviates where nothing is looked at."""
        if self._watched is None:
            return []
        hidden = (self._size > self._limit) & (self._watched == 0)
        mask = hidden.astype(np.uint8)
        self._drop_noise(mask)
        rows, _ = self._kernels.components(
            self._kernels.dilate(mask, 1), np.zeros(0, np.intp)
        )
        rows = rows[rows[:, 4] >= min_area * mask.size]
        return [(x, y, w, h) for x, y, w, h, _ in rows[:MAX_BLOBS].tolist()]

    def _drop_noise(self, mask: Mask) -> None:
        """Leave set where most of the neighbourhood is: noise is not."""
        counts = self._kernels.count_neighbours(mask)
        np.greater_equal(counts, MOST_NEIGHBOURS, out=mask.view(np.bool_))

    def _change_at(self, pixels: Indices) -> Plane:
        """Return by how much pixels changed since the frame before, beside the light."""
        change = self._level.ravel()[pixels] - self._previous.ravel()[pixels]
        change -= self._brightened
        return change

    def _remove_light(self) -> None:
        """Leave in `_deviation` what a pixel does not share with its surroundings."""
        deviation = self._deviation
        np.subtract(self._level, self._mean, out=deviation)
        deviation -= self._light
        # An object must not pull its surroundings along: what it adds to
        # their mean is bounded.
        bound = MOST_PULL * self._threshold
        np.clip(deviation, -bound, bound, out=self._scratch)
        np.rint(self._scratch, out=self._scratch)
        np.copyto(self._fixed, self._scratch, casting="unsafe")
        sums = self._kernels.box_sum(self._fixed, self._radius)
        np.copyto(self._scratch, sums, casting="unsafe")
        self._scratch *= 1 / (2 * self._radius + 1) ** 2
        deviation -= self._scratch

    def relearn(self) -> None:
        """Move the mean to the frame at once: the scene is not known."""
        np.subtract(self._level, self._mean, out=self._scratch)
        self._scratch *= MOST_LEARNED
        self._mean += self._scratch
        self._light *= 1 - MOST_LEARNED

    def learn(
        self, gap: float, age: float, things: Sequence[Blob], held: Sequence[Blob]
    ) -> None:
        """Move mean and spread towards the frame.

        Args:
            gap: Seconds since the last.
            age: Seconds since the first: a guess counts no more than what was seen.
            things: As for `MotionDetector.update`.
            held: As for `MotionDetector.update`.
        """
        np.subtract(self._level, self._mean, out=self._scratch)
        share = min(MOST_LEARNED, gap / BACKGROUND_S)
        self._scratch *= share
        self._light *= 1 - share
        places = [_window(thing) for thing in (*things, *held)]
        changed = self._set
        if places:
            slow = self.mask.copy()
            for place in places:
                slow[place] = 1
            changed = np.flatnonzero(slow)
        self._scratch.ravel()[changed] *= BACKGROUND_S / FOREGROUND_S
        for thing in held:
            self._scratch[_window(thing)] = 0
        self._mean += self._scratch
        np.subtract(self._size, self._spread, out=self._scratch)
        self._scratch *= min(MOST_LEARNED, gap / min(SPREAD_S, age))
        # What stands still is a thing, not a flicker: it must not blind its place.
        self._scratch.ravel()[self._set[~self._stirred]] = 0
        self._scratch.ravel()[self._find_lasting()] = 0
        for place in places:
            self._scratch[place] = 0
        self._spread += self._scratch

    def _find_lasting(self) -> Indices:
        """Return which pixels deviate as they did a frame ago: that is no flicker."""
        pixels = np.flatnonzero(self._size > DEVIATES * self._threshold)
        change = np.abs(self._change_at(pixels))
        lasting: Indices = pixels[change < FLICKERS * self._size.ravel()[pixels]]
        return lasting

    def blobs(self, min_area: float) -> tuple[Blob, ...]:
        """Join what is near in `mask`, and keep what is large enough."""
        least = min_area * self.mask.size
        if len(self._set) < least:
            return ()
        rows, owners = self._kernels.components(
            self._kernels.dilate(self.mask, 1), self._set
        )
        places = np.divmod(self._set, self.mask.shape[1])
        size = self._size.ravel()[self._set]
        areas = np.bincount(owners, minlength=len(rows))

        def mean(values: NDArray[Any]) -> NDArray[np.float64]:
            """Return the mean over the set pixels of each component."""
            return np.bincount(owners, values, len(rows)) / areas

        stirs = mean(self._stirred)
        strengths = mean(size / self._limit.ravel()[self._set])
        # Against the whole thing: even a blur is steep where it is bright.
        sharp = self._find_bends(size, *places) > SHARP * mean(size)[owners]
        edges = np.bincount(owners[sharp], minlength=len(rows))
        downs, acrosses = mean(places[0]), mean(places[1])
        largest = np.argsort(-areas, kind="stable")[:MAX_BLOBS]
        found = []
        for row in largest[areas[largest] >= least].tolist():
            x, y, w, h, _ = rows[row].tolist()
            area = int(areas[row])
            found.append(
                Blob(
                    *(x, y, w, h, area, float(stirs[row]), float(strengths[row])),
                    outline=min(1.0, int(edges[row]) / min(area, 2 * (w + h))),
                    lean=(
                        float(acrosses[row]) - x - (w - 1) / 2,
                        float(downs[row]) - y - (h - 1) / 2,
                    ),
                )
            )
        return tuple(found)

    def _find_bends(self, size: Plane, y: Indices, x: Indices) -> Plane:
        """Return by how much the deviation bends at each set pixel.

        A slope has no second difference, however steep; an edge has its height.
        0 where it is small beside the deviation, or only the background's.

        Args:
            size: Of the deviation of each set pixel.
            y: Its row.
            x: Its column.
        """
        height, width = self.mask.shape
        row = self._set - x
        flat = self._deviation.ravel()
        double = 2 * flat[self._set]
        left, right = (
            np.maximum(x - EDGE_REACH, 0),
            np.minimum(x + EDGE_REACH, width - 1),
        )
        across = np.abs(double - flat[row + left] - flat[row + right])
        above, below = (
            np.maximum(y - EDGE_REACH, 0),
            np.minimum(y + EDGE_REACH, height - 1),
        )
        along = np.abs(double - flat[above * width + x] - flat[below * width + x])
        bends = np.maximum(across, along)
        # Where the picture is saturated, the edges are those of the background.
        bends[self._level.ravel()[self._set] >= self._logarithms[255 - WHITE]] = 0
        bends[bends <= SHARP * size] = 0
        found: Plane = bends
        return found


def _window(place: Blob) -> tuple[slice, slice]:
    """Return the box of a blob as an index of a plane."""
    return slice(place.y, place.y + place.h), slice(place.x, place.x + place.w)


def _light_between(level: Plane, before: Plane) -> float:
    """Return by how much most of a picture got brighter: about the median change."""
    change = level[::SAMPLED, ::SAMPLED] - before[::SAMPLED, ::SAMPLED]
    # Sorting is vectorised; selecting is not, and is slow where values repeat.
    ordered = np.sort(change, axis=None)
    return float(ordered[ordered.size // 2])
