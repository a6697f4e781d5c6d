"""Polygons on the picture: where movement counts, and where it never does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .kernels import Mask

MAX_POINTS: Final = 64
"""Corners of a zone at most."""

_LEAST_AREA: Final = 1e-4
"""Share of the image that two sides of a zone must span: 1 % times 1 %."""


class ZoneKind(StrEnum):
    """What a zone is for."""

    INCLUDE = "include"
    """Things count when they stand in it."""
    MASK = "mask"
    """Nothing in it is looked at."""


class Point(NamedTuple):
    """A place as fractions (0-1) of the image, origin at the top left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon.

    Attributes:
        name: As the user calls it.
        points: Three corners or more, fractions (0-1) of the image; the last
            is joined to the first. Where edges cross, the even-odd rule holds.
        kind: What it is for.
    """

    name: str
    points: tuple[Point, ...]
    kind: ZoneKind = ZoneKind.INCLUDE

    def __post_init__(self) -> None:
        """Refuse what is no polygon of the image.

        Raises:
            ValueError: Fewer than three corners, or one outside the image.
        """
        if len(self.points) < 3:
            raise ValueError("a zone needs three corners")
        if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in self.points):
            raise ValueError("a corner of a zone lies outside the image")


class PolygonError(ValueError):
    """What is no polygon; `key` names what is wrong with it."""

    def __init__(self, key: str) -> None:
        """Name what is wrong: `points_format`, `_range`, `_few`, `_many` or `_flat`."""
        super().__init__(key)
        self.key = key


def parse_points(text: str) -> tuple[Point, ...]:
    """Read the corners of a polygon as a person writes them.

    Args:
        text: `x,y x,y …` in percent (0-100) of the image's width and height,
            origin at the top left.

    Returns:
        Three corners or more, as fractions rounded to a hundredth of a percent.

    Raises:
        PolygonError: It is no polygon of the image.
    """
    pairs = [pair.split(",") for pair in text.split()]
    try:
        return check_points([(float(x) / 100, float(y) / 100) for x, y in pairs])
    except PolygonError:
        raise
    except ValueError:
        raise PolygonError("points_format") from None


def check_points(places: Iterable[tuple[float, float]]) -> tuple[Point, ...]:
    """Return the corners of a polygon as they are kept.

    Args:
        places: Fractions of the image's width and height, origin at the top left.

    Returns:
        Three corners or more, rounded to a hundredth of a percent.

    Raises:
        PolygonError: It is no polygon of the image, or one with too many corners.
    """
    points = tuple(Point(round(x, 4), round(y, 4)) for x, y in places)
    if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points):
        raise PolygonError("points_range")
    if len(set(points)) < 3:
        raise PolygonError("points_few")
    if len(points) > MAX_POINTS:
        raise PolygonError("points_many")
    if _in_line(points):
        raise PolygonError("points_flat")
    return points


def _in_line(points: Sequence[Point]) -> bool:
    """Return whether all points lie on one line, or next to it."""
    first = points[0]
    far = max(points, key=lambda one: abs(one.x - first.x) + abs(one.y - first.y))
    return all(
        abs(
            (far.x - first.x) * (one.y - first.y)
            - (far.y - first.y) * (one.x - first.x)
        )
        < _LEAST_AREA
        for one in points
    )


def format_points(points: Sequence[Point]) -> str:
    """Write corners as `parse_points` reads them."""
    return " ".join(f"{x * 100:.4g},{y * 100:.4g}" for x, y in points)


def contains(points: Sequence[Point], x: float, y: float) -> bool:
    """Return whether a place lies inside a polygon, by the even-odd rule.

    Args:
        points: The corners.
        x: Of the place, in the units of the corners.
        y: Of the place.
    """
    inside = False
    for (x1, y1), (x2, y2) in zip(points, (*points[1:], points[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def rasterise(points: Sequence[Point], width: int, height: int) -> Mask:
    """Set the pixels whose centre lies inside a polygon, by the even-odd rule.

    Args:
        points: The corners as fractions (0-1) of the image.
        width: Pixels.
        height: Pixels.

    Returns:
        uint8[height, width] of 0 and 1.
    """
    x = (np.arange(width) + 0.5) / width
    y = (np.arange(height)[:, None] + 0.5) / height
    inside: NDArray[np.bool_] = np.zeros((height, width), np.bool_)
    for (x1, y1), (x2, y2) in zip(points, (*points[1:], points[0]), strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (
                x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            )
    return inside.astype(np.uint8)


class ZoneMap:
    """The zones of one camera."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        """Sort the zones by what they are for.

        Args:
            zones: In any order; none means that the whole image counts.
        """
        self._include = tuple(zone for zone in zones if zone.kind is ZoneKind.INCLUDE)
        self._masks = tuple(zone for zone in zones if zone.kind is ZoneKind.MASK)

    @property
    def everywhere(self) -> bool:
        """Return whether things count wherever they stand."""
        return not self._include

    def watched(self, width: int, height: int) -> Mask | None:
        """Return the pixels that are looked at.

        Args:
            width: Pixels.
            height: Pixels.

        Returns:
            uint8[height, width] of 0 and 1; None where all are.
        """
        if not self._masks:
            return None
        hidden = np.zeros((height, width), np.uint8)
        for zone in self._masks:
            hidden |= rasterise(zone.points, width, height)
        return 1 - hidden

    def at(self, x: float, y: float) -> tuple[str, ...]:
        """Return the names of the zones in which things count at a place.

        Args:
            x: Fraction (0-1) of the image's width.
            y: Fraction (0-1) of its height.
        """
        return tuple(zone.name for zone in self._include if contains(zone.points, x, y))
