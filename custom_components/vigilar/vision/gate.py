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
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .cues import KeyframeWatch, SizeModel
from .source import Packet

LONGEST_GROUP_S: Final = 4.5
"""Keyframes further apart than this leave a scene unwatched for too long."""
LOOK_S: Final = 1.5
"""Keyframes that come sooner after one that was looked at are passed over."""
CALM_S: Final = 2.0
"""How long the analysis must find nothing at all before decoding stops."""
BUSY_S: Final = 60.0
"""How long something must differ without going anywhere to be the place's own unrest:
longer than the background model takes to learn a thing that stopped."""
WAKE_S: Final = 12.0
"""How long it must be watched after a wake before it may be passed over again:
several times as long as the tracker takes to tell what goes somewhere."""
MAX_HELD_BYTES: Final = 8 * 1024 * 1024
"""Most that is held back of one camera: a group of the longest duration at 14 Mbit/s."""
MAX_HELD_PACKETS: Final = 600

_READY_GROUPS: Final = 2
_INTRA_GROUPS: Final = 3
_MOST_POSITIONS: Final = 300


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
        self._moved: float | None = None
        self._woke: float | None = None
        self._settled: float | None = None
        self._calm = False
        self._moving = False
        self._busy = False
        self._woken = False
        self._fruitful = False
        self._doubt = False
        self._kept_open = False
        self.counts = GateCounts()

    @property
    def state(self) -> GateState:
        """Return how much is decoded."""
        return self._state

    def keep_open(self, *, on: bool) -> None:
        """Decode all from the next packet on because somebody looks on, or as before."""
        self._kept_open = on
        if on and self._state is GateState.QUIET:
            self._doubt = True

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
        if self._group_began is not None:
            self._learn_size(arrived.packet.size)
        return Action.DECODE

    def looks_quiet(self, luma: NDArray[np.uint8] | None) -> bool:
        """Say whether a keyframe of a quiet scene looks as those before.

        Args:
            luma: uint8[h, w], None where it could not be decoded.

        Returns:
            Whether it does; else decode what `release` gives.
        """
        if luma is not None and not self._watch.changed(luma):
            self._sizes.settle()
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

    def note(
        self, ts: float, luma: NDArray[np.uint8], *, moving: bool, unsettled: bool
    ) -> None:
        """Take what the analysis makes of the newest picture.

        Args:
            ts: Of its packet, as of `Arrived.ts`, seconds.
            luma: uint8[h, w], the picture.
            moving: A motion goes on.
            unsettled: Something differs from the background, or it is not known.
        """
        self._fruitful |= moving
        if moving and not self._moving:
            # What was taken for unrest was its beginning.
            self._sizes.usual.revert()
            self._watch.revert()
        self._moving = moving
        self._calm = not (moving or unsettled)
        if moving or self._moved is None or ts < self._moved:
            self._moved = ts
        if self._state is GateState.OPEN:
            self._settle(ts, luma)
        if self._calm:
            return
        self._unsettled = ts
        if (
            self._state is GateState.QUIET
            and not self._doubt
            and (moving or not self._busy)
        ):
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

    def _learn_size(self, size: int) -> None:
        """Learn a size of an open scene in which nothing goes anywhere."""
        if self._calm:
            self._sizes.learn(self._place, size)
        elif not self._moving:
            self._sizes.surprising(self._place, size)

    def _settle(self, ts: float, luma: NDArray[np.uint8]) -> None:
        """Learn what unrest an open scene has while nothing goes anywhere."""
        if self._moving:
            self._watch.restart()
        elif self._settled is None or not 0 <= ts - self._settled < LOOK_S:
            self._settled = ts
            self._watch.settle(luma)
            self._sizes.settle()

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
            self._sleep(arrived.ts)
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
        if self._kept_open or self._regular < _READY_GROUPS or self._moving:
            return False
        if self._at_rest(ts):
            return True
        return (
            self._moved is not None
            and ts - self._moved >= BUSY_S
            and (self._woke is None or not 0 <= ts - self._woke < WAKE_S)
            and self._watch.tells
        )

    def _at_rest(self, ts: float) -> bool:
        """Return whether the analysis has found nothing at all for long enough."""
        return self._calm and (
            self._unsettled is None or abs(ts - self._unsettled) >= CALM_S
        )

    def _sleep(self, ts: float) -> None:
        """Decode keyframes only from now on."""
        self._busy = not self._at_rest(ts)
        self._sizes.usual.keep()
        self._watch.keep()
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
        self._unsettled = self._woke = ts
        self._calm = self._doubt = self._fruitful = False
        self._woken = True
