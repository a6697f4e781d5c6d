"""Several looks at a track to what it is: a single picture never decides."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from math import hypot, inf, sqrt
from typing import Final

from ..models import Box, Label
from .objects import Detection, ObjectClass

FLOOR: Final = 0.25
"""Score at which a detection begins to say anything; the model's noise lies below."""
FADE: Final = 0.7
"""What is left of the evidence of the looks before at each look."""
ENOUGH: Final = 0.2
"""Sum of what scores exceed the floor by, the older ones faded, with which a label is believed."""
AMONG: Final = 3
"""Two pictures must agree, whatever their scores, among so many in a row."""
OVERTURN: Final = 1.5
"""How much more must speak for another label, in all, for it to take the place of a known one."""
TOGETHER: Final = 2
"""Pictures that must show two labels side by side for both to be kept."""
SAME: Final = 0.6
"""Intersection over union from which two boxes of one picture are one thing with one name."""
DOUBT: Final = 1.2
"""What a person's score counts for where the same box may be something else: from behind and
above the model takes people for dogs, and a person missed is worse than a dog too many."""
WELL_LOOKED: Final = 5
"""Looks at a thing large enough, after which nothing is expected of more."""
LARGE_ENOUGH: Final = 0.2
"""Longer side of what moves as a share of the crop's: smaller, and the crop hit its least size."""
OVERLAP: Final = 0.2
"""Intersection over union from which a box is the track's own."""
INSIDE: Final = 0.6
"""Share of the smaller box within the larger one that is enough as well, ..."""
MOST_LARGER: Final = 6.0
"""... unless one is so many times as large: only a part of a thing may have moved, or its shadow."""
OWN: Final = 0.5
"""Intersection over union, on average, with which a thing is the track's own before both went far."""
FOLLOWS: Final = 0.4
"""Share of the track's way that a thing must have gone along to be what moves."""
FAR: Final = 0.15
"""Way of the track, in sides of the thing, from which that is asked."""

FILLS: Final = 0.1
"""Share of the picture of a thing that counts without a track: so near that all of it changes."""
ALONE: Final = 0.2
"""Way of such a thing, in its own sides, from which it moves."""

_REMEMBERED: Final = 6


def overlap(one: Box, other: Box) -> float:
    """Return the intersection of two boxes over their union (0-1)."""
    common = _common(one, other)
    return common / max(one.w * one.h + other.w * other.h - common, 1e-9)


def belongs(thing: Box, track: Box) -> bool:
    """Return whether a detection may be what a track follows.

    Args:
        thing: Box of the detection, in fractions of the picture.
        track: Box of what moves, in the same.
    """
    if overlap(thing, track) >= OVERLAP:
        return True
    small, large = sorted((thing, track), key=lambda box: box.w * box.h)
    return (
        inside(small, large) >= INSIDE
        and large.w * large.h <= MOST_LARGER * small.w * small.h
    )


def inside(one: Box, other: Box) -> float:
    """Return the share of a box (0-1) that lies in another."""
    return _common(one, other) / max(one.w * one.h, 1e-9)


def _common(one: Box, other: Box) -> float:
    """Return the area that two boxes have in common."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return width * height if min(width, height) > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Hit:
    """A look that showed a label: where the thing was, and where the track, if there was one."""

    number: int
    thing: Box
    track: Box | None


@dataclass(slots=True)
class _Tally:
    """What speaks for a label.

    Attributes:
        evidence: What scores exceed the floor by, older ones faded.
        total: The same, unfaded.
        score: The best.
        hits: The newest looks that showed it.
    """

    evidence: float = 0.0
    total: float = 0.0
    score: float = 0.0
    hits: deque[_Hit] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def hit(self, number: int, thing: Detection, track: Box | None) -> None:
        """Count a look that shows it."""
        self.evidence += thing.score - FLOOR
        self.total += thing.score - FLOOR
        self.score = max(self.score, thing.score)
        self.hits.append(_Hit(number, thing.box, track))

    @property
    def agreed(self) -> bool:
        """Return whether the two newest of its looks were close to each other."""
        return (
            len(self.hits) > 1 and self.hits[-1].number - self.hits[-2].number < AMONG
        )

    def moves(self) -> bool:
        """Return whether the thing goes where the track goes, as far as one can tell."""
        first, last = self.hits[0], self.hits[-1]
        gone = _way(first.thing, last.thing)
        side = sqrt(last.thing.w * last.thing.h)
        if first.track is None or last.track is None:
            return hypot(*gone) >= ALONE * side
        way = _way(first.track, last.track)
        if hypot(*way) < FAR * side:
            own = sum(overlap(hit.thing, hit.track or hit.thing) for hit in self.hits)
            return own >= OWN * len(self.hits)
        return way[0] * gone[0] + way[1] * gone[1] >= FOLLOWS * hypot(*way) ** 2


def _way(before: Box, after: Box) -> tuple[float, float]:
    """Return how far the centre of a box went."""
    return (
        after.x + after.w / 2 - before.x - before.w / 2,
        after.y + after.h / 2 - before.y - before.h / 2,
    )


class Votes:
    """What one track is, as far as it is known; not thread-safe."""

    def __init__(self) -> None:
        """Know nothing."""
        self._tallies: dict[ObjectClass, _Tally] = {}
        self._decided: list[ObjectClass] = []
        self._together: Counter[frozenset[ObjectClass]] = Counter()
        self._shown: list[Detection] = []
        self._looks = 0
        self._ts = -inf

    @property
    def labels(self) -> tuple[Label, ...]:
        """Return what it is, with the best score of each, best first.

        More than one where they were seen side by side, as a rider and the bicycle.
        """
        ranked = sorted(
            (Label(label.value, self._tallies[label].score) for label in self._decided),
            key=lambda label: -label.score,
        )
        return tuple(ranked)

    @property
    def examined(self) -> bool:
        """Return whether it was looked at well, whatever came of it."""
        return self._looks >= WELL_LOOKED

    @property
    def shown(self) -> list[Detection]:
        """Return what of its labels the newest look shows."""
        return [thing for thing in self._shown if thing.label in self._decided]

    def look(
        self,
        ts: float,
        track: Box | None,
        things: Iterable[Detection],
        *,
        counts: bool = True,
    ) -> None:
        """Take a look into account; a second one at the same picture is none.

        Args:
            ts: Media time of the picture in seconds.
            track: Where the track was, fractions (0-1) of the picture; None
                where the tracker has nothing: then only what fills a part of
                the picture counts, and goes somewhere.
            things: What was found, of any place.
            counts: Finding nothing says something: the look was a good one.
        """
        self._shown = _best_of(track, things)
        if ts == self._ts or not (self._shown or counts):
            return
        self._ts = ts
        self._looks += 1
        for tally in self._tallies.values():
            tally.evidence *= FADE
        for thing in self._shown:
            self._tallies.setdefault(thing.label, _Tally()).hit(
                self._looks, thing, track
            )
        seen = [thing.label for thing in self._shown]
        self._together.update(frozenset(pair) for pair in combinations(seen, 2))
        for label in seen:
            self._decide(label)

    def _decide(self, label: ObjectClass) -> None:
        """Believe a label that enough speaks for, and what is known does not speak against."""
        tally = self._tallies[label]
        if (
            label in self._decided
            or not tally.agreed
            or tally.evidence < ENOUGH
            or not tally.moves()
        ):
            return
        rivals = [
            other
            for other in self._tallies
            if other is not label
            and self._together[frozenset((label, other))] < TOGETHER
        ]
        if all(
            tally.total
            > self._tallies[other].total * (OVERTURN if other in self._decided else 1.0)
            for other in rivals
        ):
            self._decided = [
                other for other in self._decided if other not in rivals
            ] + [label]


def _best_of(track: Box | None, things: Iterable[Detection]) -> list[Detection]:
    """Return what the track may be: the surest thing of each class, each at a place of its own."""
    best: list[Detection] = []
    for thing in sorted(things, key=_weight, reverse=True):
        if (
            thing.score > FLOOR
            and (
                belongs(thing.box, track)
                if track is not None
                else thing.box.w * thing.box.h >= FILLS
            )
            and all(
                thing.label is not other.label and overlap(thing.box, other.box) < SAME
                for other in best
            )
        ):
            best.append(thing)
    return best


def _weight(thing: Detection) -> float:
    """Return how much a detection counts against others of the same box."""
    return thing.score * (DOUBT if thing.label is ObjectClass.PERSON else 1.0)
