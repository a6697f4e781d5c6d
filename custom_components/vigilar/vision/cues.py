"""What tells that something begins without decoding all: sizes, and keyframes.

Each cue knows how much unrest is usual in its place. Gusts and leaves that turn
are told apart from news by that.
"""

from math import log2, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES: Final = 256
"""Packets of about this size hold headers and no picture: their ratios say nothing."""
MEMORY_GROUPS: Final = 16
"""Groups of pictures after which a size is forgotten."""
LEAST_SPREAD: Final = 0.06
"""Spread of a size that no encoder stays below, in powers of two (4 %)."""
FIRST_SPREAD: Final = 0.15
USUAL: Final = 1.0
"""Standard deviations by which a size may exceed its mean at no account."""
MOST_SURPRISE: Final = 4.0
"""What a single size adds at most: a burnt-in clock ticks in single pictures."""
ENOUGH_SURPRISE: Final = 5.0
"""Standard deviations in excess, summed over a run of packets, that are no chance."""
UNUSUAL: Final = 2.0
"""How many times as much as is usual in a restless place says something."""
MOST_SURPRISE_NEEDED: Final = 3 * ENOUGH_SURPRISE
"""Excess that says something however restless a place is."""
LEAST_THING: Final = 0.005
"""Share of the picture's cells that differ when somebody of a sixth of its height
comes: that says something however restless a place is."""

CELL: Final = 4
"""Side of the cells in which keyframes are compared, pixels of the luma plane: the
smallest thing that the analysis looks for fills about one."""
LEAST_CHANGE: Final = 0.04
"""Change of a cell's brightness that no encoder makes between keyframes."""
SPREADS: Final = 4.0
"""How many spreads a cell must leave its mean to count."""
DARK_OFFSET: Final = 12
"""Luma levels of sensor noise: below it, ratios say nothing."""

_CHANGE_RATE: Final = 0.25
# What is rare but belongs to a place must not be forgotten before it comes again.
_RISE: Final = 0.5
_FALL: Final = 0.05
# The mean absolute deviation of a normal distribution is 0.8 standard deviations.
_TO_SIGMA: Final = 1.25


class _Usual:
    """A level that is usual in a place; it rises fast and falls slowly.

    Attributes:
        level: What is usual, as learned so far.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.level = 0.0
        self._kept = 0.0

    def follow(self, now: float) -> None:
        """Learn a measurement."""
        self.level += (_RISE if now > self.level else _FALL) * (now - self.level)

    def keep(self) -> None:
        """Trust what was learned: nothing went anywhere meanwhile."""
        self._kept = self.level

    def revert(self) -> None:
        """Forget what was learned since it was last kept: it was no unrest."""
        self.level = self._kept


class SizeModel:
    """How large packets are while nothing happens, by their place in the group.

    Sizes are compared as logarithms, against the running mean of their place and
    a spread common to all places. What exceeds the mean adds up over a run of
    packets (E. S. Page, "Continuous inspection schemes", 1954), so that a small
    excess that lasts counts as much as a large one that does not.

    Attributes:
        usual: The excess of a restless place.
    """

    def __init__(self) -> None:
        """Create a model that has seen nothing."""
        self._means: list[float] = []
        self._counts: list[int] = []
        self._spread = FIRST_SPREAD
        self._excess = 0.0
        self._peak = 0.0
        self.usual = _Usual()

    def restart(self) -> None:
        """Begin a new run."""
        self._excess = 0.0

    def settle(self) -> None:
        """Take the excess since the last time as that of the place's own unrest."""
        self.usual.follow(self._peak)
        self._peak = 0.0

    def forget(self) -> None:
        """Let the next groups count much: what is known no longer fits."""
        self._counts = [min(count, 1) for count in self._counts]

    def surprising(self, place: int, size: int) -> bool:
        """Take the next size of a run, and learn from it with caution.

        Args:
            place: In the group of pictures, 1 for the first after the keyframe.
            size: Bytes.

        Returns:
            Whether the run no longer looks like chance.
        """
        deviation = self._deviation(place, size)
        if deviation is None:
            self._learn(place, log2(size + HEADER_BYTES))
            return False
        sigma = max(LEAST_SPREAD, self._spread * _TO_SIGMA)
        score = deviation / (sigma * sqrt(1 + 1 / self._counts[place]))
        self._excess = max(0.0, self._excess + min(score, MOST_SURPRISE) - USUAL)
        bounded = max(-3 * sigma, min(3 * sigma, deviation))
        self._learn(place, self._means[place] + bounded)
        self._peak = max(self._peak, self._excess)
        needed = max(ENOUGH_SURPRISE, UNUSUAL * self.usual.level)
        return self._excess >= min(needed, MOST_SURPRISE_NEEDED)

    def learn(self, place: int, size: int) -> None:
        """Learn a size of which is known that nothing happened.

        Args:
            place: As for `surprising`.
            size: Bytes.
        """
        self._learn(place, log2(size + HEADER_BYTES))

    def _deviation(self, place: int, size: int) -> float | None:
        """Return by how much a size exceeds its mean; None for an unknown place."""
        if place >= len(self._means) or not self._counts[place]:
            return None
        return log2(size + HEADER_BYTES) - self._means[place]

    def _learn(self, place: int, level: float) -> None:
        """Move mean and spread towards a size."""
        while len(self._means) <= place:
            self._means.append(level)
            self._counts.append(0)
        count = self._counts[place]
        deviation = level - self._means[place]
        if count:
            places = MEMORY_GROUPS * len(self._means)
            self._spread += (abs(deviation) - self._spread) / places
            self._means[place] += deviation / min(count + 1, MEMORY_GROUPS)
        else:
            self._means[place] = level
        self._counts[place] = min(count + 1, MEMORY_GROUPS)


class KeyframeWatch:
    """What the keyframes of a quiet scene look like, in cells.

    Cells keep the mean and the spread of the logarithm of their brightness; the
    median deviation of all is light, and is taken off.

    Attributes:
        usual: The share (0-1) of cells that differ in a restless place.
    """

    def __init__(self) -> None:
        """Create a watch that has seen nothing."""
        self._mean: NDArray[np.float32] | None = None
        self._spread: NDArray[np.float32] | None = None
        self._kept_spread: NDArray[np.float32] | None = None
        self.usual = _Usual()

    def restart(self) -> None:
        """Take the next keyframe as it is; how much cells flicker stays known."""
        self._mean = None

    def keep(self) -> None:
        """Trust what was learned of the place's unrest: nothing went anywhere."""
        self.usual.keep()
        self._kept_spread = None if self._spread is None else self._spread.copy()

    def revert(self) -> None:
        """Forget the unrest learned since it was last kept: it was none."""
        self.usual.revert()
        self._spread = None if self._kept_spread is None else self._kept_spread.copy()

    def changed(self, luma: NDArray[np.uint8]) -> bool:
        """Compare a keyframe with those before, and learn from it.

        Args:
            luma: uint8[h, w]; another size than before counts as a change.

        Returns:
            Whether anything in it differs, in a restless place more than is usual.
        """
        share = self._compare(luma)
        changed = share > min(UNUSUAL * self.usual.level, LEAST_THING)
        if not changed:
            self.usual.follow(share)
        return changed

    @property
    def tells(self) -> bool:
        """Return whether somebody who comes stands out of the place's own unrest."""
        return UNUSUAL * self.usual.level < LEAST_THING

    def settle(self, luma: NDArray[np.uint8]) -> None:
        """Take what differs in a picture as the place's own unrest.

        Args:
            luma: As for `changed`.
        """
        self.usual.follow(self._compare(luma))

    def _compare(self, luma: NDArray[np.uint8]) -> float:
        """Return the share of cells that differ from those before; learn from them."""
        level = _cells(luma)
        mean, spread = self._mean, self._spread
        if spread is None or spread.shape != level.shape:
            spread = self._spread = np.full(
                level.shape, LEAST_CHANGE / SPREADS, np.float32
            )
        if mean is None or mean.shape != level.shape:
            self._mean = level
            return 0.0 if mean is None else 1.0
        deviation = level - mean
        deviation -= np.median(deviation)
        size = np.abs(deviation)
        changed = np.count_nonzero(size > LEAST_CHANGE + SPREADS * spread)
        mean += _CHANGE_RATE * (level - mean)
        spread += _CHANGE_RATE / 2 * (size - spread)
        return float(changed / size.size)


def _cells(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logarithm of the mean of each cell, float32[h / CELL, w / CELL]."""
    side = min(CELL, *luma.shape)
    rows, columns = luma.shape[0] // side, luma.shape[1] // side
    cells = luma[: rows * side, : columns * side].reshape(rows, side, columns, side)
    means: NDArray[np.float32] = cells.mean(axis=(1, 3), dtype=np.float32)
    means += DARK_OFFSET
    return np.log(means, out=means)
