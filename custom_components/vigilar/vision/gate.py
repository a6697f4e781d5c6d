"""Which packets are worth decoding.

Decoding is what a camera costs. The pictures between two keyframes are coded as
differences, so while nothing happens their packets are small and regular, and
the sizes alone, which cost nothing to read, tell when something begins. While a
scene is quiet only its keyframes are decoded. When the sizes jump, or a keyframe
looks different, the whole group of pictures is decoded from its keyframe on, so
that the beginning of a movement is not lost.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from math import log2, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .source import Packet

LONGEST_GROUP_S: Final = 4.5
"""Keyframes further apart than this leave a scene unwatched for too long."""
LOOK_S: Final = 1.5
"""Keyframes that come sooner after one that was looked at are passed over."""
CALM_S: Final = 2.0
"""How long the analysis must find nothing at all before decoding stops."""
MAX_HELD_BYTES: Final = 8 * 1024 * 1024
"""Most that is held back of one camera: a group of the longest duration at 14 Mbit/s."""
MAX_HELD_PACKETS: Final = 600

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

CELL: Final = 4
"""Side of the cells in which keyframes are compared, pixels of the luma plane: the
smallest thing that the analysis looks for fills about one."""
LEAST_CHANGE: Final = 0.04
"""Change of a cell's brightness that no encoder makes between keyframes."""
SPREADS: Final = 4.0
"""How many spreads a cell must leave its mean to count."""
DARK_OFFSET: Final = 12
"""Luma levels of sensor noise: below it, ratios say nothing."""

_READY_GROUPS: Final = 2
_INTRA_GROUPS: Final = 3
_MOST_POSITIONS: Final = 300
_CHANGE_RATE: Final = 0.25
# The mean absolute deviation of a normal distribution is 0.8 standard deviations.
_TO_SIGMA: Final = 1.25


class Action(Enum):
    """What to do with a packet."""

    DECODE = "decode"
    LOOK = "look"
    """A keyframe of a quiet scene: decode it by itself, then ask `Gate.looks_quiet`."""
    REPLAY = "replay"
    """Decode what `Gate.release` gives; this packet is the last of it."""
    PASS = "pass"
    """Leave it."""


class GateState(StrEnum):
    """How much is decoded."""

    OPEN = "open"
    """All, because something goes on or may go on, or the stream is not known yet."""
    QUIET = "quiet"
    """Keyframes only, and of those that come often only some."""
    INTRA = "intra"
    """Every packet is a keyframe: as many as are analysed."""
    UNSUITED = "unsuited"
    """All, because keyframes are too far apart, or there are none."""


@dataclass(slots=True)
class GateCounts:
    """What a gate has done.

    Attributes:
        wakes: Quiet scenes that were decoded in full again.
        false_wakes: Wakes after which nothing moved.
        keyframe_finds: Wakes because of a keyframe; the sizes had told nothing.
    """

    wakes: int = 0
    false_wakes: int = 0
    keyframe_finds: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """A packet and its time of arrival, `time.monotonic()`."""

    packet: Packet
    at: float

    @property
    def ts(self) -> float:
        """Return its media time, or its arrival where it has none, in seconds."""
        return self.at if self.packet.ts is None else self.packet.ts


class SizeModel:
    """How large packets are while nothing happens, by their place in the group.

    Sizes are compared as logarithms, against the running mean of their place and
    a spread common to all places. What exceeds the mean adds up over a run of
    packets (E. S. Page, "Continuous inspection schemes", 1954), so that a small
    excess that lasts counts as much as a large one that does not.
    """

    def __init__(self) -> None:
        """Create a model that has seen nothing."""
        self._means: list[float] = []
        self._counts: list[int] = []
        self._spread = FIRST_SPREAD
        self._excess = 0.0

    def restart(self) -> None:
        """Begin a new run."""
        self._excess = 0.0

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
        return self._excess >= ENOUGH_SURPRISE

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
    """

    def __init__(self) -> None:
        """Create a watch that has seen nothing."""
        self._mean: NDArray[np.float32] | None = None
        self._spread: NDArray[np.float32] | None = None

    def restart(self) -> None:
        """Take the next keyframe as it is; how much cells flicker stays known."""
        self._mean = None

    def changed(self, luma: NDArray[np.uint8]) -> bool:
        """Compare a keyframe with those before, and learn from it.

        Args:
            luma: uint8[h, w]; another size than before counts as a change.

        Returns:
            Whether anything in it differs.
        """
        level = _cells(luma)
        mean, spread = self._mean, self._spread
        if spread is None or spread.shape != level.shape:
            spread = self._spread = np.full(
                level.shape, LEAST_CHANGE / SPREADS, np.float32
            )
        if mean is None or mean.shape != level.shape:
            self._mean = level
            return mean is not None
        deviation = level - mean
        deviation -= np.median(deviation)
        size = np.abs(deviation)
        changed = bool(np.any(size > LEAST_CHANGE + SPREADS * spread))
        mean += _CHANGE_RATE * (level - mean)
        spread += _CHANGE_RATE / 2 * (size - spread)
        return changed


def _cells(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logarithm of the mean of each cell, float32[h / CELL, w / CELL]."""
    side = min(CELL, *luma.shape)
    rows, columns = luma.shape[0] // side, luma.shape[1] // side
    cells = luma[: rows * side, : columns * side].reshape(rows, side, columns, side)
    means: NDArray[np.float32] = cells.mean(axis=(1, 3), dtype=np.float32)
    means += DARK_OFFSET
    return np.log(means, out=means)


class Gate:
    """Decides what is decoded of one connection; not thread-safe.

    Ask `judge` for each packet and do as it says; tell `note` what the analysis
    makes of the pictures.

    Attributes:
        counts: What it has done.
    """

    def __init__(self, longest_group_s: float = LONGEST_GROUP_S) -> None:
        """Create a gate that is open.

        Args:
            longest_group_s: Keyframes may be so many seconds apart; with 0
                everything is decoded.
        """
        self._longest_s = longest_group_s
        self._sizes = SizeModel()
        self._watch = KeyframeWatch()
        self._state = GateState.OPEN
        self._held: list[Arrived] = []
        self._held_bytes = 0
        self._group_began: float | None = None
        self._place = 0
        self._regular = 0
        self._singles = 0
        self._unsettled: float | None = None
        self._calm = False
        self._woken = False
        self._fruitful = False
        self._doubt = False
        self.counts = GateCounts()

    @property
    def state(self) -> GateState:
        """Return how much is decoded."""
        return self._state

    def judge(self, arrived: Arrived) -> Action:
        """Decide about the next packet.

        Args:
            arrived: In the order read; none may be left out but after `interrupt`.

        Returns:
            What to do with it.
        """
        if not arrived.packet.size:
            # The end of a file: the decoder gives out what it still holds.
            return Action.PASS if self._asleep else Action.DECODE
        if arrived.packet.keyframe:
            return self._begin_group(arrived)
        self._place = min(self._place + 1, _MOST_POSITIONS)
        if self._overdue(arrived):
            self._regular = 0
            if not self._asleep:
                self._state = GateState.UNSUITED
                return Action.DECODE
        if self._asleep:
            return self._wait(arrived)
        if self._calm and self._group_began is not None:
            self._sizes.learn(self._place, arrived.packet.size)
        return Action.DECODE

    def looks_quiet(self, luma: NDArray[np.uint8] | None) -> bool:
        """Say whether a keyframe of a quiet scene looks as those before.

        Args:
            luma: uint8[h, w], None where it could not be decoded.

        Returns:
            Whether it does; else decode what `release` gives.
        """
        if luma is not None and not self._watch.changed(luma):
            self._hold_only(self._held[-1])
            return True
        self.counts.keyframe_finds += 1
        self._wake(self._held[-1].ts)
        return False

    def release(self) -> list[Arrived]:
        """Give out what was held back, in order, from a keyframe on."""
        held, self._held = self._held, []
        self._held_bytes = 0
        return held

    def note(self, ts: float, *, moving: bool, unsettled: bool) -> None:
        """Take what the analysis makes of the newest picture.

        Args:
            ts: Of its packet, as of `Arrived.ts`, seconds.
            moving: A motion goes on.
            unsettled: Something differs from the background, or it is not known.
        """
        self._fruitful |= moving
        self._calm = not (moving or unsettled)
        if self._calm:
            return
        self._unsettled = ts
        if self._state is GateState.QUIET and not self._doubt:
            self._doubt = True
            self.counts.keyframe_finds += 1

    def interrupt(self) -> None:
        """Begin anew at the next keyframe: packets are being left out."""
        self.release()
        self._group_began = None
        self._state = GateState.OPEN
        self._woken = False

    @property
    def _asleep(self) -> bool:
        """Return whether packets are held back."""
        return self._state in (GateState.QUIET, GateState.INTRA)

    def _overdue(self, arrived: Arrived) -> bool:
        """Return whether the group has become too long to be slept through."""
        began = self._group_began
        return began is None or not 0 <= arrived.ts - began <= self._longest_s

    def _begin_group(self, arrived: Arrived) -> Action:
        """Take a keyframe."""
        if self._group_began is not None:
            fits = self._place > 0 and not self._overdue(arrived)
            self._regular = self._regular + 1 if fits else 0
            self._singles = 0 if self._place else self._singles + 1
        self._group_began = arrived.ts
        self._place = 0
        self._sizes.restart()
        if self._singles >= _INTRA_GROUPS and self._longest_s:
            self._state = GateState.INTRA
            self._hold_only(arrived)
            return Action.DECODE
        if self._state is GateState.QUIET:
            return self._look_or_wake(arrived)
        if self._may_sleep(arrived.ts):
            self._sleep()
            self._hold_only(arrived)
            return Action.LOOK
        if self._regular:
            self._state = GateState.OPEN
        return Action.DECODE

    def _look_or_wake(self, arrived: Arrived) -> Action:
        """Take a keyframe of a quiet scene."""
        self._hold(arrived)
        if self._doubt or not self._regular:
            self._wake(arrived.ts)
            return Action.REPLAY
        if 0 <= arrived.ts - self._held[0].ts < LOOK_S:
            return Action.PASS
        return Action.LOOK

    def _may_sleep(self, ts: float) -> bool:
        """Return whether nothing has happened for long enough, in a stream that suits."""
        return (
            self._regular >= _READY_GROUPS
            and self._calm
            and (self._unsettled is None or abs(ts - self._unsettled) >= CALM_S)
        )

    def _sleep(self) -> None:
        """Decode keyframes only from now on."""
        if self._woken and not self._fruitful:
            self.counts.false_wakes += 1
            self._sizes.forget()
        self._state = GateState.QUIET
        self._woken = self._doubt = False
        self._watch.restart()

    def _wait(self, arrived: Arrived) -> Action:
        """Hold a packet back, unless it is one too many."""
        self._hold(arrived)
        if self._state is GateState.INTRA:
            self._state = GateState.OPEN
            return Action.REPLAY
        full = self._held_bytes > MAX_HELD_BYTES or len(self._held) > MAX_HELD_PACKETS
        surprising = self._sizes.surprising(self._place, arrived.packet.size)
        if self._doubt or full or surprising or not self._regular:
            self._wake(arrived.ts)
            return Action.REPLAY
        return Action.PASS

    def _hold(self, arrived: Arrived) -> None:
        """Keep a packet for a replay."""
        self._held.append(arrived)
        self._held_bytes += arrived.packet.size

    def _hold_only(self, keyframe: Arrived) -> None:
        """Keep a keyframe, and nothing of the group before it."""
        self._held = [keyframe]
        self._held_bytes = keyframe.packet.size

    def _wake(self, ts: float) -> None:
        """Decode all from now on."""
        self.counts.wakes += 1
        self._state = GateState.OPEN
        self._unsettled = ts
        self._calm = self._doubt = self._fruitful = False
        self._woken = True
