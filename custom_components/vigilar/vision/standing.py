"""What stands before a camera all the time, such as parked cars: no event is made of it.

Only vehicles are remembered: they stay for hours, and shadows, people and rain
pass over them. Where a person stood a moment ago, the next one may walk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..models import Box
from .objects import Detection, ObjectClass
from .votes import inside, overlap

STANDS_S: Final = 8.0
"""A thing that was seen in one place for so long stands there."""
STANDS_LOOKS: Final = 3
"""Looks that must have shown it there."""
PLACE: Final = 0.6
"""Intersection over union from which two boxes are one thing in one place."""
GONE_LOOKS: Final = 4
"""Looks in a row at a place that show nothing there any more."""
SEEN: Final = 0.95
"""Share of a box that a look must show for its emptiness to count."""
MOST: Final = 64
"""Things remembered a camera; the one not seen for longest goes first."""

_FOLLOW: Final = 0.2


@dataclass(slots=True)
class _Stander:
    """A vehicle in one place; the box follows the detector's slow wandering."""

    box: Box
    since: float
    seen: float
    looks: int = 1
    missed: int = 0
    stands: bool = False


class Standing:
    """The things of one camera that stand; outlives its connections; not thread-safe."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._things: list[_Stander] = []

    def __len__(self) -> int:
        """Return how many places are remembered."""
        return len(self._things)

    def reset(self) -> None:
        """Begin to count time anew; what stands is still believed to."""
        self._things = [thing for thing in self._things if thing.stands]

    def holds(self, found: Detection) -> bool:
        """Return whether a detection is something that stands where it stood."""
        return any(
            thing.stands
            and found.label is ObjectClass.VEHICLE
            and overlap(thing.box, found.box) >= PLACE
            for thing in self._things
        )

    def note(
        self, ts: float, found: Iterable[Detection], seen: Box, moving: Iterable[Box]
    ) -> None:
        """Compare what was found with what is known.

        Args:
            ts: Media time of the picture in seconds.
            found: Boxes are fractions (0-1) of the picture.
            seen: The part of the picture that was looked at.
            moving: What moved in it, and may hide what stands.
        """
        new = [
            one
            for one in found
            if one.label is ObjectClass.VEHICLE and not self._recall(ts, one)
        ]
        hidden = tuple(moving)
        for thing in self._things:
            if (
                thing.seen != ts
                and inside(thing.box, seen) >= SEEN
                and not any(inside(thing.box, box) > 0 for box in hidden)
            ):
                thing.missed += 1
        self._things = [thing for thing in self._things if thing.missed < GONE_LOOKS]
        self._things += [_Stander(one.box, ts, ts) for one in new]
        if len(self._things) > MOST:
            self._things.sort(key=lambda thing: (thing.stands, thing.seen))
            del self._things[: len(self._things) - MOST]

    def _recall(self, ts: float, found: Detection) -> bool:
        """Note a thing that is where it was; return whether there is one."""
        for thing in self._things:
            if overlap(thing.box, found.box) >= PLACE:
                if thing.seen != ts:
                    thing.looks += 1
                thing.seen = ts
                thing.missed = 0
                thing.box = Box(
                    *(
                        old + _FOLLOW * (new - old)
                        for old, new in zip(thing.box, found.box, strict=True)
                    )
                )
                thing.stands |= (
                    thing.looks >= STANDS_LOOKS and ts - thing.since >= STANDS_S
                )
                return True
        return False
