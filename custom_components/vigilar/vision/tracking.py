"""Blobs to tracks: what goes somewhere, as opposed to what only changes.

Leaves, flames, reflections and webs move to and fro; a person, a vehicle or
an animal gets from one place to another. A track counts as moving once its
net displacement stands out against its own size and against the path that it
took to get there.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot, sqrt
from typing import Final

from .motion import Blob

WINDOW_S: Final = 4.0
"""How far back a displacement is measured, seconds."""
FORGET_S: Final = 1.5
"""How long a track outlives its last blob, seconds."""
NET_OF_SIZE: Final = 0.5
"""Net displacement needed, as a share of the track's own size."""
NET_OF_PATH: Final = 0.6
"""Net displacement needed, as a share of the path travelled."""
REACH_PER_S: Final = 0.6
"""How far a track may go in a second, as a share of the image's width."""
STIR: Final = 0.1
"""Share of a blob that must change between frames for it to be alive."""


@dataclass(slots=True)
class Step:
    """Where a track was at one time; pixels of the luma plane."""

    frame: int
    ts: float
    x: float
    y: float
    size: float


@dataclass(slots=True)
class Track:
    """One thing followed through time.

    Attributes:
        id: Unique within its tracker.
        blob: Its newest blob.
        born: Media time of its first blob.
        seen: Media time of its newest blob.
        moving: It has gone somewhere, at some time of its life.
        since: Media time at which that displacement began.
        stirred: Media time at which it last changed from one frame to the next.
        steps: Its newest places, oldest first.
    """

    id: int
    blob: Blob
    born: float
    seen: float
    moving: bool = False
    since: float = 0.0
    stirred: float = 0.0
    steps: deque[Step] = field(default_factory=deque)


def _size(blob: Blob) -> float:
    """Return the side of a square with the diagonal of a blob's box."""
    return hypot(blob.w, blob.h) / sqrt(2)


def _centre(blob: Blob) -> tuple[float, float]:
    """Return the centre of a blob's box."""
    return blob.x + blob.w / 2, blob.y + blob.h / 2


class Tracker:
    """Follows blobs from frame to frame; not thread-safe."""

    def __init__(self, *, seen: int = 4, of: int = 5) -> None:
        """Create a tracker that follows nothing yet.

        Args:
            seen: Frames in which a track must be seen to count as moving, 2 or more.
            of: Out of how many frames in a row, `seen` or more; over a longer
                displacement the same share holds.
        """
        self._seen = seen
        self._share = seen / of
        self._tracks: list[Track] = []
        self._next_id = 1
        self._frame = 0

    @property
    def tracks(self) -> Sequence[Track]:
        """Return what is followed now."""
        return self._tracks

    def clear(self) -> None:
        """Follow nothing any more."""
        self._tracks.clear()

    def update(self, blobs: Sequence[Blob], ts: float, width: int) -> Sequence[Track]:
        """Give each blob to the track that it continues, or to a new one.

        Args:
            blobs: Of one frame, largest first.
            ts: Its media time in seconds.
            width: Of the luma plane, pixels.

        Returns:
            The tracks that were seen in this frame.
        """
        self._frame += 1
        self._tracks = [track for track in self._tracks if ts - track.seen <= FORGET_S]
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
        for j, blob in enumerate(blobs):
            if j not in taken_blobs:
                self._add(blob, ts)
        return [track for track in self._tracks if track.seen == ts]

    def _add(self, blob: Blob, ts: float) -> None:
        """Begin a track."""
        track = Track(self._next_id, blob, ts, ts)
        self._next_id += 1
        track.steps.append(Step(self._frame, ts, *_centre(blob), _size(blob)))
        self._tracks.append(track)

    def _extend(self, track: Track, blob: Blob, ts: float) -> None:
        """Continue a track, and see whether it has gone somewhere."""
        track.blob = blob
        track.seen = ts
        track.steps.append(Step(self._frame, ts, *_centre(blob), _size(blob)))
        while ts - track.steps[0].ts > WINDOW_S:
            track.steps.popleft()
        if blob.stir > STIR:
            track.stirred = ts
        if not track.moving and len(track.steps) >= self._seen:
            self._judge(track)

    def _judge(self, track: Track) -> None:
        """Mark a track that has gone somewhere."""
        steps = list(track.steps)
        last = steps[-1]
        path = 0.0
        sizes = last.size
        later = last
        for count, step in enumerate(reversed(steps[:-1]), start=2):
            path += hypot(later.x - step.x, later.y - step.y)
            sizes += step.size
            later = step
            net = hypot(last.x - step.x, last.y - step.y)
            if (
                count >= self._seen
                and count >= self._share * (last.frame - step.frame + 1)
                and net > NET_OF_SIZE * sizes / count
                and net > NET_OF_PATH * path
            ):
                track.moving = True
                track.since = step.ts
                return


def _cost(track: Track, blob: Blob, ts: float, width: int) -> float | None:
    """Return how badly a blob continues a track, None where it cannot."""
    x, y = _centre(blob)
    tx, ty = _centre(track.blob)
    distance = hypot(x - tx, y - ty)
    reach = REACH_PER_S * width * max(0.1, ts - track.seen)
    size = max(hypot(blob.w, blob.h), hypot(track.blob.w, track.blob.h))
    if distance > min(reach, size):
        return None
    ratio = max(blob.area, track.blob.area) / min(blob.area, track.blob.area)
    if ratio > 8:
        return None
    return distance / size + 0.1 * ratio
