"""Blobs to tracks: what goes somewhere, as opposed to what only changes.

Leaves, flames, reflections and webs move to and fro; a person, a vehicle or
an animal gets from one place to another. A track counts as moving once its
net displacement stands out against its own size and against the path that it
took to get there. What is quick is judged here, frame by frame; what creeps, by
its average places over a longer time.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import dist, exp, hypot, inf, sqrt
from typing import Final

from .creeping import Places
from .displacement import Way, at_edge, displacement, holds, left, touch
from .motion import Blob

WINDOW_S: Final = 4.0
"""How far back a displacement is measured, seconds."""
FORGET_S: Final = 1.5
"""How long a track outlives its last blob, seconds."""
REACH_PER_S: Final = 0.6
"""How far a track may go in a second, as a share of the image's width, where it
does not overlap its place before: what is near the camera is large and quick."""
MOST_GROWTH: Final = 8.0
"""How many times as large or as small a thing may be in the next frame, unless it
was cut off by the edge and comes in."""
GROWTH_COST: Final = 0.1
"""What a change to twice the area weighs, in sizes of distance."""
STIR: Final = 0.1
"""Share of a blob that must change between frames for it to be alive."""
WEATHER_S: Final = 5.0
"""Time constant in seconds with which the rate of new tracks is learned."""
CALM_PER_S: Final = 2.0
"""Tracks a second that begin in calm weather; each as many ask for a frame more."""
MOST_PATIENCE: Final = 5
"""Frames more that a thing must be followed in the worst of weather."""
APART: Final = 0.5
"""Share of its steps in which a thing may leap out of its own place in bad weather:
what falls or flies before the lens is quick for its size, who walks is not."""
CLEAR: Final = 1.5
"""Strength of a clear thing, in thresholds; what is fainter must go further."""
MOST_THINGS: Final = 3
"""So many things may appear in one frame; more are traces of another light."""


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
        places: Where it was on average.
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
    places: Places = field(default_factory=Places)


def _centre(blob: Blob) -> tuple[float, float]:
    """Return the centre of a blob's box."""
    return blob.x + blob.w / 2, blob.y + blob.h / 2


def _mass(blob: Blob) -> tuple[float, float]:
    """Return the centre of a blob's mass."""
    x, y = _centre(blob)
    return x + blob.lean[0], y + blob.lean[1]


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
            track.blob
            for track in self._tracks
            if track.places.steady and not track.trace
        ]

    def clear(self, until: float = inf) -> None:
        """Follow nothing any more that began until a media time in seconds."""
        self._tracks = [track for track in self._tracks if track.born > until]

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
                if (cost := _cost(track, blob, ts, width, height)) is not None
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
            if not track.moving and track.places.complete and not track.trace:
                _judge_creeping(track, blobs, width, height)
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
        track.places.add(blob, ts, 0.0)
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
        track.places.add(blob, ts, way)
        if track.places.creeps:
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
        last = later = steps[-1]
        way = Way(last.size, last.blob.outline)
        alive = int(last.blob.stir > STIR)
        strength = last.blob.strength
        apart = 0
        # What was as large as its first and its last place only grew and shrank.
        wholes: list[Blob] = []
        most_apart = max(APART, 1 - (patience - self._seen) / MOST_PATIENCE)
        for step in reversed(steps[:-1]):
            distance = dist(_mass(later.blob), _mass(step.blob))
            way.add(step.size, step.blob.outline, distance)
            alive += int(step.blob.stir > STIR)
            strength += step.blob.strength
            apart += not touch(step.blob, later.blob)
            later = step
            grown = any(holds(whole, step.blob) for whole in wholes)
            if holds(step.blob, last.blob):
                wholes.append(step.blob)
            net = hypot(*displacement(step.blob, last.blob, width, height))
            faint = max(0.0, (CLEAR - strength / way.count) / (CLEAR - 1))
            if (
                way.count >= patience
                and way.count >= self._share * (last.frame - step.frame + 1)
                and way.leads(net, 1 + faint)
                and 2 * alive > way.count
                and not grown
                and apart <= most_apart * (way.count - 1)
                and left(step.blob, blobs, width, height)
            ):
                track.moving = True
                track.since = step.ts
                return


def _judge_creeping(
    track: Track, blobs: Sequence[Blob], width: int, height: int
) -> None:
    """Mark a track that has gone somewhere slowly."""
    since = track.places.crept_since(blobs, width, height)
    if since is not None:
        track.moving = True
        track.since = since
        track.stirred = track.seen


def _cost(track: Track, blob: Blob, ts: float, width: int, height: int) -> float | None:
    """Return how badly a blob continues a track, None where it cannot."""
    distance = dist(_centre(blob), _centre(track.blob))
    reach = REACH_PER_S * width * (ts - track.seen)
    size = max(hypot(blob.w, blob.h), hypot(track.blob.w, track.blob.h))
    if distance > size or (distance > reach and not touch(track.blob, blob)):
        return None
    growth = max(blob.area, track.blob.area) / min(blob.area, track.blob.area)
    enters = blob.area > track.blob.area and at_edge(track.blob, width, height)
    if growth > MOST_GROWTH and not enters:
        return None
    return distance / size + GROWTH_COST * growth
