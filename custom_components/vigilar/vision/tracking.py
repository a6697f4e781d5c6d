"""Blobs to tracks: what goes somewhere, as opposed to what only changes.

Leaves, flames, reflections and webs move to and fro; a person, a vehicle or
an animal gets from one place to another. A track counts as moving once its
net displacement stands out against its own size and against the path that it
took to get there. What is quick is judged frame by frame; what creeps, as cattle
that graze, by its average places over a longer time.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import dist, exp, hypot, sqrt
from typing import Final

from .motion import Blob

WINDOW_S: Final = 4.0
"""How far back a displacement is measured, seconds."""
FORGET_S: Final = 1.5
"""How long a track outlives its last blob, seconds."""
NET_OF_SIZE: Final = 0.5
"""Net displacement needed, as a share of the track's own size: less is posture."""
NET_OF_PATH: Final = 0.6
"""Net displacement needed, as a share of the path travelled: less is swaying."""
OUTLINE: Final = 0.55
"""Sharp outline that a track shows on average (0-1): light and blur have none."""
LEFT: Final = 0.45
"""Share of its earlier place that may still be taken: what goes, leaves its place."""
REACH_PER_S: Final = 0.6
"""How far a track may go in a second, as a share of the image's width, where it
does not overlap its place before: what is near the camera is large and quick."""
STIR: Final = 0.1
"""Share of a blob that must change between frames for it to be alive."""
WEATHER_S: Final = 5.0
"""Time constant in seconds with which the rate of new tracks is learned."""
CALM_PER_S: Final = 2.0
"""Tracks a second that begin in calm weather; each as many ask for a frame more."""
MOST_PATIENCE: Final = 5
"""Frames more that a thing must be followed in the worst of weather."""
CLEAR: Final = 1.5
"""Strength of a clear thing, in thresholds; what is fainter must go further."""
AVERAGE_S: Final = 1.0
"""Time over which a place is averaged, seconds: about a stride."""
LONG_S: Final = 40.0
"""How far back the displacement of a creeping thing is measured, seconds."""
CREEP_PLACES: Final = 5
"""Average places over which a creeping thing must be followed."""
STEADY: Final = 0.1
"""What a thing that stands or creeps gets from frame to frame at most, as a share
of its diagonal: leaves and flakes jump further."""
MOST_THINGS: Final = 3
"""So many things may appear in one frame; more are traces of another light."""
CREEP: Final = 0.7
"""Pixels from one average place to the next by which a live thing creeps at least."""
CREEP_OF_SIZE: Final = 0.1
"""The same at most, as a share of its size: what is quicker is judged by its stir."""


@dataclass(slots=True)
class Step:
    """Where a track was at one time; pixels of the luma plane."""

    frame: int
    ts: float
    blob: Blob

    @property
    def size(self) -> float:
        """Return the side of a square with the diagonal of the box."""
        return hypot(self.blob.w, self.blob.h) / sqrt(2)


@dataclass(slots=True)
class Place:
    """Where a track was on average over some frames; pixels of the luma plane.

    Attributes:
        ts: Media time of the first frame.
        blob: Of that frame.
        left: Mean left side.
        top: Mean upper side.
        right: Mean right side.
        bottom: Mean lower side.
        outline: Mean outline (0-1).
        jitter: Mean way from frame to frame, as a share of the diagonal.
        frames: How many.
    """

    ts: float
    blob: Blob
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    outline: float = 0.0
    jitter: float = 0.0
    frames: int = 0

    @property
    def centre(self) -> tuple[float, float]:
        """Return the centre of the mean box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """Return the side of a square with the diagonal of the mean box."""
        return hypot(self.right - self.left, self.bottom - self.top) / sqrt(2)

    def add(self, blob: Blob, way: float) -> None:
        """Average a frame in, `way` pixels after the one before."""
        self.frames += 1
        share = 1 / self.frames
        self.left += share * (blob.x - self.left)
        self.top += share * (blob.y - self.top)
        self.right += share * (blob.x + blob.w - self.right)
        self.bottom += share * (blob.y + blob.h - self.bottom)
        self.outline += share * (blob.outline - self.outline)
        self.jitter += share * (way / hypot(blob.w, blob.h) - self.jitter)


@dataclass(slots=True)
class Track:
    """One thing followed through time.

    Attributes:
        id: Unique within its tracker.
        blob: Its newest blob.
        born: Media time of its first blob.
        seen: Media time of its newest blob.
        trace: It appeared together with many, as what another light leaves does.
        moving: It has gone somewhere, at some time of its life.
        since: Media time at which that displacement began.
        stirred: Media time at which it last changed from one frame to the next.
        steps: Where it was in the newest frames, oldest first.
        places: Where it was on average, oldest first; the last is not complete.
    """

    id: int
    blob: Blob
    born: float
    seen: float
    trace: bool = False
    moving: bool = False
    since: float = 0.0
    stirred: float = 0.0
    steps: deque[Step] = field(default_factory=deque)
    places: deque[Place] = field(default_factory=deque)

    @property
    def steady(self) -> bool:
        """Return whether it has stood or crept for two average places."""
        return len(self.places) > 2 and all(
            self.places[index].jitter < STEADY for index in (-2, -3)
        )


def _centre(blob: Blob) -> tuple[float, float]:
    """Return the centre of a blob's box."""
    return blob.x + blob.w / 2, blob.y + blob.h / 2


class Tracker:
    """Follows blobs from frame to frame; not thread-safe."""

    def __init__(self, *, seen: int = 3, of: int = 4) -> None:
        """Create a tracker that follows nothing yet.

        Args:
            seen: Frames in which a track must be seen to count as moving, 2 or
                more; up to `MOST_PATIENCE` more in bad weather.
            of: Out of how many frames in a row, `seen` or more; over a longer
                displacement the same share holds.
        """
        self._seen = seen
        self._share = seen / of
        self._tracks: list[Track] = []
        self._next_id = 1
        self._frame = 0
        self._ts = 0.0
        # Tracks that begin a second: rain and snow are many specks.
        self._weather = 0.0

    @property
    def tracks(self) -> Sequence[Track]:
        """Return what is followed now."""
        return self._tracks

    @property
    def things(self) -> list[Blob]:
        """Return where something stands or creeps, and is no part of the scene."""
        return [
            track.blob for track in self._tracks if track.steady and not track.trace
        ]

    def clear(self) -> None:
        """Follow nothing any more."""
        self._tracks.clear()

    def update(
        self, blobs: Sequence[Blob], ts: float, width: int, height: int
    ) -> Sequence[Track]:
        """Give each blob to the track that it continues, or to a new one.

        Args:
            blobs: Of one frame, largest first.
            ts: Its media time in seconds.
            width: Of the luma plane, pixels.
            height: Of the luma plane, pixels.

        Returns:
            The tracks that were seen in this frame.
        """
        self._frame += 1
        self._forget(ts)
        pairs = sorted(
            (
                (cost, i, j)
                for i, track in enumerate(self._tracks)
                for j, blob in enumerate(blobs)
                if (cost := _cost(track, blob, ts, width)) is not None
            ),
        )
        taken_tracks: set[int] = set()
        taken_blobs: set[int] = set()
        for _, i, j in pairs:
            if i not in taken_tracks and j not in taken_blobs:
                taken_tracks.add(i)
                taken_blobs.add(j)
                self._extend(self._tracks[i], blobs[j], ts)
        new = [blob for j, blob in enumerate(blobs) if j not in taken_blobs]
        for blob in new:
            self._add(blob, ts, trace=len(new) > MOST_THINGS)
        seen = [track for track in self._tracks if track.seen == ts]
        patience = self._seen + min(MOST_PATIENCE, int(self._weather / CALM_PER_S))
        for track in seen:
            if not track.moving and len(track.steps) >= patience:
                self._judge(track, blobs, patience, width, height)
            if not track.moving and track.places[-1].frames == 1:
                self._judge_creeping(track, blobs, width, height)
        return seen

    def _forget(self, ts: float) -> None:
        """Drop what is gone, and let the weather clear up."""
        gap, self._ts = max(0.0, ts - self._ts), ts
        self._weather *= exp(-gap / WEATHER_S)
        self._tracks = [track for track in self._tracks if ts - track.seen <= FORGET_S]

    def _add(self, blob: Blob, ts: float, *, trace: bool) -> None:
        """Begin a track."""
        self._weather += 1 / WEATHER_S
        track = Track(self._next_id, blob, ts, ts, trace=trace)
        self._next_id += 1
        track.steps.append(Step(self._frame, ts, blob))
        track.places.append(Place(ts, blob))
        track.places[-1].add(blob, 0.0)
        self._tracks.append(track)

    def _extend(self, track: Track, blob: Blob, ts: float) -> None:
        """Continue a track."""
        way = dist(_centre(blob), _centre(track.blob))
        track.blob = blob
        track.seen = ts
        track.steps.append(Step(self._frame, ts, blob))
        while ts - track.steps[0].ts > WINDOW_S:
            track.steps.popleft()
        if blob.stir > STIR:
            track.stirred = ts
        if ts - track.places[-1].ts >= AVERAGE_S:
            self._begin_place(track, blob, ts)
        track.places[-1].add(blob, way)

    def _begin_place(self, track: Track, blob: Blob, ts: float) -> None:
        """Complete a track's average place, and begin the next."""
        places = track.places
        while ts - places[0].ts > LONG_S:
            places.popleft()
        places.append(Place(ts, blob))
        if len(places) > 2:
            crept = hypot(*_drift(places[-3], places[-2]))
            # Too slow to differ from frame to frame, but no piece of furniture.
            if CREEP < crept < CREEP_OF_SIZE * places[-2].size:
                track.stirred = ts

    def _judge(
        self,
        track: Track,
        blobs: Sequence[Blob],
        patience: int,
        width: int,
        height: int,
    ) -> None:
        """Mark a track that has gone somewhere."""
        steps = list(track.steps)
        last = steps[-1]
        path = 0.0
        sizes = last.size
        outline = last.blob.outline
        alive = int(last.blob.stir > STIR)
        strength = last.blob.strength
        later = last
        for count, step in enumerate(reversed(steps[:-1]), start=2):
            path += dist(_centre(later.blob), _centre(step.blob))
            strength += step.blob.strength
            sizes += step.size
            outline += step.blob.outline
            alive += int(step.blob.stir > STIR)
            later = step
            net = hypot(*_displacement(step.blob, last.blob, width, height))
            faint = max(0.0, (CLEAR - strength / count) / (CLEAR - 1))
            if (
                count >= patience
                and count >= self._share * (last.frame - step.frame + 1)
                and net > NET_OF_SIZE * (1 + faint) * sizes / count
                and net > NET_OF_PATH * path
                and outline > OUTLINE * count
                and 2 * alive > count
                and (
                    _at_edge(step.blob, width, height)
                    or _taken(step.blob, blobs) < LEFT
                )
            ):
                track.moving = True
                track.since = step.ts
                return

    def _judge_creeping(
        self, track: Track, blobs: Sequence[Blob], width: int, height: int
    ) -> None:
        """Mark a track that has gone somewhere slowly.

        Here a side at the edge of the image is its own: what fades there, as the
        trace of another light, has one that does not move.
        """
        places = list(track.places)[:-1]
        if track.trace or len(places) < CREEP_PLACES:
            return
        last = later = places[-1]
        path, sizes, outline, jitter = 0.0, last.size, last.outline, last.jitter
        for count, place in enumerate(reversed(places[:-1]), start=2):
            path += dist(later.centre, place.centre)
            sizes += place.size
            outline += place.outline
            jitter += place.jitter
            later = place
            net = hypot(*_drift(place, last))
            if (
                count >= CREEP_PLACES
                and jitter < STEADY * count
                and net > NET_OF_SIZE * sizes / count
                and net > NET_OF_PATH * path
                and outline > OUTLINE * count
                and (
                    _at_edge(place.blob, width, height)
                    or _taken(place.blob, blobs) < LEFT
                )
            ):
                track.moving = True
                track.since = place.ts
                track.stirred = track.seen
                return


def _drift(before: Place, after: Place) -> tuple[float, float]:
    """Return how far a thing got in x and y: as far as both of its sides did."""
    return (
        _nearer(after.left - before.left, after.right - before.right),
        _nearer(after.top - before.top, after.bottom - before.bottom),
    )


def _nearer(low: float, high: float) -> float:
    """Return the lesser of two ways of the same direction; 0 if they part."""
    return min(low, high, key=abs) if low * high > 0 else 0.0


def _displacement(
    before: Blob, after: Blob, width: int, height: int
) -> tuple[float, float]:
    """Return how far a thing got in x and y: as far as both of its sides did.

    What only grows or shrinks, as a gust that takes hold of a bush, stays where
    it is. A side at the edge of the image is not the thing's own.
    """
    return (
        _shift(before.x, before.x + before.w, after.x, after.x + after.w, width),
        _shift(before.y, before.y + before.h, after.y, after.y + after.h, height),
    )


def _shift(low0: int, high0: int, low1: int, high1: int, size: int) -> float:
    """Return how far the nearer of two sides got, signed; 0 if they part."""
    low, high = low1 - low0, high1 - high0
    if min(low0, low1) <= 1:
        low = high
    elif max(high0, high1) >= size - 1:
        high = low
    return _nearer(low, high)


def _at_edge(blob: Blob, width: int, height: int) -> bool:
    """Return whether a blob touches the edge of the image, where things enter."""
    return (
        blob.x <= 1
        or blob.y <= 1
        or blob.x + blob.w >= width - 1
        or blob.y + blob.h >= height - 1
    )


def _touch(one: Blob, other: Blob) -> bool:
    """Return whether the boxes of two blobs overlap."""
    return (
        one.x < other.x + other.w
        and other.x < one.x + one.w
        and one.y < other.y + other.h
        and other.y < one.y + one.h
    )


def _taken(place: Blob, blobs: Sequence[Blob]) -> float:
    """Return the largest share of a place (0-1) that one of the blobs takes."""
    return max(
        max(0, min(place.x + place.w, blob.x + blob.w) - max(place.x, blob.x))
        * max(0, min(place.y + place.h, blob.y + blob.h) - max(place.y, blob.y))
        for blob in blobs
    ) / (place.w * place.h)


def _cost(track: Track, blob: Blob, ts: float, width: int) -> float | None:
    """Return how badly a blob continues a track, None where it cannot."""
    distance = dist(_centre(blob), _centre(track.blob))
    gap = max(0.1, ts - track.seen)
    reach = REACH_PER_S * width * gap
    size = max(hypot(blob.w, blob.h), hypot(track.blob.w, track.blob.h))
    if distance > size or (distance > reach and not _touch(track.blob, blob)):
        return None
    ratio = max(blob.area, track.blob.area) / min(blob.area, track.blob.area)
    if ratio > 8:
        return None
    return distance / size + 0.1 * ratio
