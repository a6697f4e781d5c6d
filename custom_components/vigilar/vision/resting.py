"""What came, stopped and is still there: a motion lasts while it lives.

Who stands sways, breathes and shifts his weight: too little from frame to frame
to stir, but pictures that lie seconds apart differ along every edge. A vehicle
that parked is rigid, and so is the trace of somebody who left.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .displacement import touch
from .kernels import Plane
from .motion import LOG_SCALE, SAMPLED, Blob, MotionResult
from .tracking import FORGET_S, STIR, Track

type Window = tuple[slice, slice]
"""A part of a plane."""

SPAN_S: Final = 3.0
"""From then to now, seconds: about half a sway."""
EACH_S: Final = 1.0
"""Time between two comparisons, seconds."""
USUAL: Final = 3
"""Pictures whose median is usual: rain, flakes and insects are in one of them only."""
LEAST_S: Final = 0.3
"""Least time between those, seconds: in so long a flake has gone."""
LIFE: Final = 0.25
"""By how much a pixel changes where something lives, as a share of the deviation
with which a pixel of a frame counts: a median holds less noise than a frame."""
NOISE: Final = 6.0
"""How many times the median change of the picture that must be as well: four sigma."""
LIVES: Final = 0.05
"""Share of its place that so changes at least: an outline that moves by a fraction
of a pixel, and not the odd pixel of a compressed picture."""
UNREST: Final = 2.0
"""Share that must change for each share of the surroundings that does: leaves and
their shadows move there, too."""
PROOF_S: Final = 5.0
"""How soon a thing must show life, seconds: the first comparisons do."""
PATIENCE_S: Final = 10.0
"""How long it may show none after that, seconds: nobody stands stiller for longer."""
MOST_S: Final = 600.0
"""How long a thing may stand in one place, seconds; then it is furniture all the same."""
THERE: Final = 0.4
"""Share of its pixels that must still differ from the background: less, and it left."""
TRACE: Final = 0.5
"""What stays where something larger was a moment ago, as a share of that, is its trace:
who parts from somebody else is about as large."""
SAME: Final = 0.5
"""Intersection over union from which two boxes are one place."""
NEAR: Final = 0.2
"""How near the parts of a thing lie, as a share of the largest that it was seen:
what looks like the background behind it is missing between them."""
MOST_RESTS: Final = 8
"""Things that rest before a camera at a time; more are a crowd, which moves."""


@dataclass(slots=True)
class _Rest:
    """Something in its place; times are media time in seconds.

    Attributes:
        track: What went there, by its track's id.
        blob: The same, as it came to rest.
        place: Its box with those of its other parts.
        since: When it came to rest.
        until: When it is furniture, unless it shows life before.
        clear: Since when nothing else has moved there.
        differs: Pixels of its place that differed from the background when it
            came to rest; 0 once that is not known any more.
    """

    track: int
    blob: Blob
    place: Blob
    since: float
    until: float
    clear: float
    differs: int


class _Recent:
    """The newest pictures, in log units: what was usual a moment ago, and what is now."""

    def __init__(self) -> None:
        """Know none."""
        self._kept: deque[tuple[float, Plane]] = deque()
        self._compared = 0.0

    def clear(self) -> None:
        """Begin anew."""
        self._kept.clear()

    def add(self, level: Plane, ts: float) -> bool:
        """Keep a picture; return whether it is time to compare then and now."""
        kept = self._kept
        if not kept:
            self._compared = ts
        if not kept or ts - kept[-1][0] >= LEAST_S:
            kept.append((ts, level.copy()))
        while len(kept) > 2 * USUAL and ts - kept[1][0] >= SPAN_S:
            kept.popleft()
        if (
            len(kept) < 2 * USUAL
            or ts - kept[0][0] < SPAN_S
            or ts - self._compared < EACH_S
        ):
            return False
        self._compared = ts
        return True

    @property
    def since(self) -> float:
        """Return the media time of the oldest."""
        return self._kept[0][0]

    def usual(self, window: Window) -> tuple[Plane, Plane]:
        """Return what was usual of a window then, and what is now."""
        levels = [level[window] for _, level in self._kept]
        return _median(*levels[:USUAL]), _median(*levels[-USUAL:])


class Resting:
    """What rests before one camera; not thread-safe."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._rests: list[_Rest] = []
        self._stirring: dict[int, Track] = {}
        self._recent = _Recent()
        self._ts = 0.0

    @property
    def places(self) -> dict[int, Blob]:
        """Return where things rest that may live, by their track.

        What they hide will show again.
        """
        return {rest.track: rest.place for rest in self._rests if self._ts < rest.until}

    def furnishes(self, blob: Blob) -> bool:
        """Return whether something is what stands like furniture in its place.

        A drop before it or a keyframe does not bring it to life.
        """
        return any(
            rest.until <= self._ts and _same_place(rest.blob, blob)
            for rest in self._rests
        )

    def clear(self) -> None:
        """Know of nothing any more."""
        self._rests.clear()
        self._stirring.clear()
        self._recent.clear()

    def update(
        self,
        movers: Sequence[Track],
        tracks: Sequence[Track],
        result: MotionResult,
        ts: float,
        threshold: float,
    ) -> bool:
        """Look at what rests.

        Args:
            movers: What has gone somewhere and stirs.
            tracks: All that was seen in this frame.
            result: What the frame shows.
            ts: Its media time in seconds, rising.
            threshold: Deviation with which a pixel of a frame counts, log units.

        Returns:
            Whether something that rests shows life.
        """
        gap, self._ts = ts - self._ts, ts
        if result.learning:
            self._stirring.clear()
            self._recent.clear()
            for rest in self._rests:
                rest.differs = 0
            return False
        self._settle(movers, tracks, result)
        self._rests = [
            rest
            for rest in self._rests
            if _differing(rest.place, result) >= THERE * rest.differs
        ]
        if not self._rests:
            self._recent.clear()
            return False
        self._wait(movers, gap)
        return self._recent.add(result.level, ts) and self._look(threshold)

    def _settle(
        self, movers: Sequence[Track], tracks: Sequence[Track], result: MotionResult
    ) -> None:
        """Note what has come to rest: it stirs no more, and is still there."""
        before = self._stirring.values()
        self._stirring = {track.id: track for track in movers}
        for mover in before:
            if mover.id in self._stirring:
                continue
            if mover.seen < self._ts:
                # What is hidden or part of something else is asked again.
                if self._ts - mover.seen <= FORGET_S:
                    self._stirring[mover.id] = mover
                continue
            if (
                len(self._rests) >= MOST_RESTS
                or any(_same_place(rest.blob, mover.blob) for rest in self._rests)
                or _differing(mover.blob, result) < THERE * mover.blob.area
            ):
                continue
            place = _joined(mover, tracks)
            differs = _differing(place, result)
            if not any(_leaves(track, place, differs) for track in (mover, *movers)):
                self._rests.append(
                    _Rest(
                        mover.id,
                        mover.blob,
                        place,
                        self._ts,
                        self._ts + PROOF_S,
                        self._ts,
                        differs,
                    )
                )

    def _wait(self, movers: Sequence[Track], gap: float) -> None:
        """Ask nothing of what something else moves before, for so many seconds."""
        for rest in self._rests:
            if any(
                touch(track.blob, rest.place) and not _same_place(track.blob, rest.blob)
                for track in movers
            ):
                rest.until += gap
                rest.clear = self._ts

    def _look(self, threshold: float) -> bool:
        """Return whether something shows life."""
        change, bright = self._change((slice(None, None, SAMPLED),) * 2)
        # Noise is the same in bright and dark, and not its share of the light.
        noise = NOISE * _middle(np.abs(change) * bright)
        lives = False
        for rest in self._rests:
            if self._recent.since < rest.clear or self._ts - rest.since >= MOST_S:
                continue
            around = _around(rest.place)
            change, bright = self._change(around)
            size = np.abs(change)
            changed = (size > LIFE * threshold) & (size * bright > noise)
            own = changed[_within(rest.place, around)]
            count = int(np.count_nonzero(own))
            others = int(np.count_nonzero(changed)) - count
            unrest = others / max(1, changed.size - own.size)
            if count > own.size * (LIVES + UNREST * unrest):
                rest.until = self._ts + PATIENCE_S
                lives = True
        return lives

    def _change(self, window: Window) -> tuple[Plane, Plane]:
        """Return by how much a window changed beside the light, and how bright it is."""
        then, now = self._recent.usual(window)
        change = now - then
        change -= _middle(change[::SAMPLED, ::SAMPLED])
        return change, np.exp(now / LOG_SCALE)


def _median(one: Plane, two: Plane, three: Plane) -> Plane:
    """Return the median of each pixel of three pictures."""
    median: Plane = np.maximum(
        np.minimum(one, two), np.minimum(np.maximum(one, two), three)
    )
    return median


def _middle(values: Plane) -> float:
    """Return about the median of all values; sorting is quicker than selecting."""
    return float(np.sort(values, axis=None)[values.size // 2])


def _differing(place: Blob, result: MotionResult) -> int:
    """Return how many pixels of a place differ from the background."""
    window = result.mask[place.y : place.y + place.h, place.x : place.x + place.w]
    return int(np.count_nonzero(window))


def _around(place: Blob) -> Window:
    """Return a place with its surroundings; a plane may end before them."""
    reach = max(place.w, place.h) // 2
    return (
        slice(max(0, place.y - reach), place.y + place.h + reach),
        slice(max(0, place.x - reach), place.x + place.w + reach),
    )


def _within(place: Blob, around: Window) -> Window:
    """Return a place as a part of its surroundings."""
    top, left = place.y - around[0].start, place.x - around[1].start
    return slice(top, top + place.h), slice(left, left + place.w)


def _same_place(one: Blob, other: Blob) -> bool:
    """Return whether two blobs take mostly the same place."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    common = max(0, width) * max(0, height)
    return common >= SAME * (one.w * one.h + other.w * other.h - common)


def _leaves(mover: Track, place: Blob, differs: int) -> bool:
    """Return whether what is in a place is the trace of something that moves on."""
    return any(
        touch(step.blob, place) and differs < TRACE * step.blob.area
        for step in mover.steps
    )


def _joined(mover: Track, tracks: Iterable[Track]) -> Blob:
    """Return the box of a thing and of what rests so near that it belongs to it."""
    reach = round(NEAR * max(step.size for step in mover.steps))
    box = mover.blob
    left = [track.blob for track in tracks if track.blob.stir <= STIR]
    while near := [part for part in left if touch(_grown(box, reach), part)]:
        left = [part for part in left if part not in near]
        for part in near:
            box = _union(box, part)
    return box


def _grown(blob: Blob, reach: int) -> Blob:
    """Return a blob with a wider box."""
    return replace(
        blob,
        x=blob.x - reach,
        y=blob.y - reach,
        w=blob.w + 2 * reach,
        h=blob.h + 2 * reach,
    )


def _union(one: Blob, other: Blob) -> Blob:
    """Return a blob with the box of two."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.w, other.x + other.w)
    bottom = max(one.y + one.h, other.y + other.h)
    return replace(one, x=x, y=y, w=right - x, h=bottom - y)
