"""Whether something went from one place to another, or only changed where it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .motion import Blob

NET_OF_SIZE: Final = 0.45
"""Net displacement needed, as a share of the largest that the thing was seen, since
what is cut off or hidden is larger than it looks: less is posture."""
NET_OF_PATH: Final = 0.6
"""Net displacement needed, as a share of the path travelled: less is swaying."""
LEAP: Final = 0.8
"""Share of the net displacement that one step may have: what leaps once and stands
is two things, such as a person who left and the trace of where he stood."""
OUTLINE: Final = 0.55
"""Sharp outline that a thing shows on average (0-1): light and blur have none."""
LEFT: Final = 0.45
"""Share of its earlier place that may still be taken: what goes, leaves its place."""


@dataclass(slots=True)
class Way:
    """Places of a thing, summed up from the newest backwards.

    Attributes:
        largest: Of its sizes, pixels.
        outlines: Sum of its outlines (0-1 each).
        path: Way from place to place, pixels.
        longest: The longest of the steps it consists of, pixels.
        count: How many places.
    """

    largest: float
    outlines: float
    path: float = 0.0
    longest: float = 0.0
    count: int = 1

    def add(self, size: float, outline: float, distance: float) -> None:
        """Add the place before, `distance` pixels from the one after it."""
        self.largest = max(self.largest, size)
        self.outlines += outline
        self.path += distance
        self.longest = max(self.longest, distance)
        self.count += 1

    def leads(self, net: float, further: float = 1.0) -> bool:
        """Return whether a solid thing got somewhere.

        Args:
            net: Displacement from the first place to the last, pixels.
            further: How many times as far as usual it must have got, 1 or more.
        """
        return (
            net > NET_OF_SIZE * further * self.largest
            and net > NET_OF_PATH * self.path
            and (self.count == 2 or self.longest < LEAP * net)
            and self.outlines > OUTLINE * self.count
        )


def nearer(low: float, high: float) -> float:
    """Return the lesser of two ways of the same direction; 0 if they part."""
    return min(low, high, key=abs) if low * high > 0 else 0.0


def displacement(
    before: Blob, after: Blob, width: int, height: int
) -> tuple[float, float]:
    """Return how far a thing got in x and y: as far as both of its sides did.

    What only grows or shrinks, as a gust that takes hold of a bush, stays where
    it is. A side at the edge of the image is not the thing's own.

    Args:
        before: Where it was.
        after: Where it is.
        width: Of the luma plane, pixels.
        height: Of the luma plane, pixels.

    Returns:
        Pixels, signed.
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
    return nearer(low, high)


def left(place: Blob, blobs: Sequence[Blob], width: int, height: int) -> bool:
    """Return whether nothing stays where something was, or it was about to enter.

    Args:
        place: Where it was.
        blobs: What is there now; not empty.
        width: Of the luma plane, pixels.
        height: Of the luma plane, pixels.
    """
    return at_edge(place, width, height) or _taken(place, blobs) < LEFT


def at_edge(blob: Blob, width: int, height: int) -> bool:
    """Return whether a blob touches the edge of the image, where things enter."""
    return (
        blob.x <= 1
        or blob.y <= 1
        or blob.x + blob.w >= width - 1
        or blob.y + blob.h >= height - 1
    )


def touch(one: Blob, other: Blob) -> bool:
    """Return whether the boxes of two blobs overlap."""
    return (
        one.x < other.x + other.w
        and other.x < one.x + one.w
        and one.y < other.y + other.h
        and other.y < one.y + one.h
    )


def holds(whole: Blob, part: Blob) -> bool:
    """Return whether a blob's box holds another's, give or take a pixel."""
    return (
        whole.x <= part.x + 1
        and whole.y <= part.y + 1
        and whole.x + whole.w >= part.x + part.w - 1
        and whole.y + whole.h >= part.y + part.h - 1
    )


def _taken(place: Blob, blobs: Sequence[Blob]) -> float:
    """Return the largest share of a place (0-1) that one of the blobs takes."""
    return max(
        max(0, min(place.x + place.w, blob.x + blob.w) - max(place.x, blob.x))
        * max(0, min(place.y + place.h, blob.y + blob.h) - max(place.y, blob.y))
        for blob in blobs
    ) / (place.w * place.h)
