"""What creeps, as cattle that graze: its average places over a long time.

From one frame to the next it changes less than noise and compression do, so that
neither its stir nor its path say anything; averages over a stride do.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import dist, hypot, sqrt
from typing import Final

from .displacement import Way, left, nearer
from .motion import Blob

AVERAGE_S: Final = 1.0
"""Time over which a place is averaged, seconds: about a stride."""
LONG_S: Final = 40.0
"""How far back the displacement of a creeping thing is measured, seconds."""
CREEP_PLACES: Final = 5
"""Average places over which a creeping thing must be followed."""
STEADY: Final = 0.1
"""What a thing that stands or creeps gets from frame to frame at most, as a share
of its diagonal: leaves and flakes jump further."""
CREEP: Final = 0.7
"""Pixels from one average place to the next by which a live thing creeps at least."""
CREEP_OF_SIZE: Final = 0.1
"""The same at most, as a share of its size: what is quicker is judged by its stir."""


@dataclass(slots=True)
class Place:
    """Where a thing was on average over some frames; pixels of the luma plane.

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

    def add(self, blob: Blob, distance: float) -> None:
        """Average a frame in, `distance` pixels after the one before."""
        self.frames += 1
        share = 1 / self.frames
        self.left += share * (blob.x - self.left)
        self.top += share * (blob.y - self.top)
        self.right += share * (blob.x + blob.w - self.right)
        self.bottom += share * (blob.y + blob.h - self.bottom)
        self.outline += share * (blob.outline - self.outline)
        self.jitter += share * (distance / hypot(blob.w, blob.h) - self.jitter)


@dataclass(slots=True)
class Places:
    """Where a thing was on average, oldest first; the last is not complete."""

    _kept: deque[Place] = field(default_factory=deque)

    @property
    def complete(self) -> bool:
        """Return whether a place was completed by the newest frame."""
        return len(self._kept) > 1 and self._kept[-1].frames == 1

    @property
    def steady(self) -> bool:
        """Return whether the thing has stood or crept for two places."""
        kept = self._kept
        return len(kept) > 2 and all(kept[at].jitter < STEADY for at in (-2, -3))

    @property
    def creeps(self) -> bool:
        """Return whether it gets on too slowly to differ from frame to frame.

        It has stood or crept for `CREEP_PLACES`: what somebody who went leaves
        behind may shrink for a moment.
        """
        kept = self._kept
        if not self.complete or len(kept) <= CREEP_PLACES:
            return False
        if any(kept[at].jitter >= STEADY for at in range(-2, -CREEP_PLACES - 2, -1)):
            return False
        crept = _drift(kept[-4], kept[-2]) / 2
        return CREEP < crept < CREEP_OF_SIZE * kept[-2].size

    def add(self, blob: Blob, ts: float, distance: float) -> None:
        """Add a frame.

        Args:
            blob: Of the thing.
            ts: Media time in seconds.
            distance: From the frame before, pixels.
        """
        kept = self._kept
        if not kept or ts - kept[-1].ts >= AVERAGE_S:
            while kept and ts - kept[0].ts > LONG_S:
                kept.popleft()
            kept.append(Place(ts, blob))
        kept[-1].add(blob, distance)

    def crept_since(
        self, blobs: Sequence[Blob], width: int, height: int
    ) -> float | None:
        """Return since when the thing has crept somewhere; None if it has not.

        Here a side at the edge of the image is its own: what fades there, as the
        trace of another light, has one that does not move.

        Args:
            blobs: Of the newest frame; not empty.
            width: Of the luma plane, pixels.
            height: Of the luma plane, pixels.
        """
        places = list(self._kept)[:-1]
        # What stands now was judged while it crept.
        if len(places) < CREEP_PLACES or _drift(places[-2], places[-1]) <= CREEP:
            return None
        last = later = places[-1]
        way = Way(last.size, last.outline)
        jitter = last.jitter
        for place in reversed(places[:-1]):
            way.add(place.size, place.outline, dist(later.centre, place.centre))
            jitter += place.jitter
            later = place
            if (
                way.count >= CREEP_PLACES
                and jitter < STEADY * way.count
                and way.leads(_drift(place, last))
                and left(place.blob, blobs, width, height)
            ):
                return place.ts
        return None


def _drift(before: Place, after: Place) -> float:
    """Return how far a thing got: as far as both of its sides did."""
    return hypot(
        nearer(after.left - before.left, after.right - before.right),
        nearer(after.top - before.top, after.bottom - before.bottom),
    )
