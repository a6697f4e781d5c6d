"""Polygons."""

from contextlib import suppress

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.vigilar.vision.zones import (
    Point,
    PolygonError,
    Zone,
    ZoneKind,
    ZoneMap,
    contains,
    format_points,
    parse_points,
    rasterise,
)

fractions = st.floats(0, 1, width=32)
polygons = st.lists(st.builds(Point, fractions, fractions), min_size=3, max_size=9).map(
    tuple
)

LEFT = Zone("Left", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))
UPPER = Zone("Upper", (Point(0, 0), Point(1, 0), Point(1, 0.5), Point(0, 0.5)))
SKY = Zone("Sky", UPPER.points, ZoneKind.MASK)


@given(polygons)
def test_raster_agrees_with_containment(points: tuple[Point, ...]) -> None:
    """A pixel is set exactly where its centre is contained."""
    mask = rasterise(points, 16, 9)
    expected = [
        [contains(points, (x + 0.5) / 16, (y + 0.5) / 9) for x in range(16)]
        for y in range(9)
    ]
    np.testing.assert_array_equal(mask, np.array(expected, np.uint8))


@given(polygons, fractions, fractions, st.integers(0, 8))
def test_where_a_polygon_begins_does_not_matter(
    points: tuple[Point, ...], x: float, y: float, turn: int
) -> None:
    """Rotated corners are the same polygon."""
    turn %= len(points)
    assert contains(points, x, y) == contains(points[turn:] + points[:turn], x, y)


@given(fractions, fractions, fractions, fractions, fractions, fractions)
def test_rectangles(
    x1: float, y1: float, x2: float, y2: float, x: float, y: float
) -> None:
    """A rectangle contains what lies between its edges."""
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    corners = (
        Point(left, top),
        Point(right, top),
        Point(right, bottom),
        Point(left, bottom),
    )
    assert contains(corners, x, y) == (left <= x < right and top <= y < bottom)


@given(polygons)
def test_outside_the_box_is_outside(points: tuple[Point, ...]) -> None:
    """Nothing beyond a polygon's box is contained."""
    assert not contains(points, 1.5, 0.5)
    assert not contains(points, -0.5, 0.5)


def test_area_of_a_triangle() -> None:
    """A triangle covers half of its square."""
    mask = rasterise((Point(0, 0), Point(1, 0), Point(0, 1)), 100, 100)
    assert mask.mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "points",
    [
        (Point(0, 0), Point(1, 1)),
        (Point(0, 0), Point(1, 0), Point(1, 1.2)),
        (Point(-0.1, 0), Point(1, 0), Point(1, 1)),
    ],
)
def test_bad_polygons_are_refused(points: tuple[Point, ...]) -> None:
    """Too few corners, and corners outside the image, are errors."""
    with pytest.raises(ValueError, match="zone"):
        Zone("bad", points)


def test_without_zones_everything_counts() -> None:
    """No zones: nothing is hidden and nothing is named."""
    zones = ZoneMap(())
    assert zones.everywhere
    assert zones.watched(8, 4) is None
    assert zones.at(0.5, 0.5) == ()


def test_include_zones_name_places() -> None:
    """A place lies in each zone that contains it."""
    zones = ZoneMap((LEFT, UPPER))
    assert not zones.everywhere
    assert zones.at(0.2, 0.2) == ("Left", "Upper")
    assert zones.at(0.8, 0.2) == ("Upper",)
    assert zones.at(0.8, 0.8) == ()
    assert zones.watched(8, 4) is None


def test_mask_zones_hide_pixels() -> None:
    """What lies in a mask is not watched, and is no place of its own."""
    zones = ZoneMap((SKY,))
    assert zones.everywhere
    watched = zones.watched(4, 4)
    assert watched is not None
    np.testing.assert_array_equal(watched, [[0] * 4, [0] * 4, [1] * 4, [1] * 4])
    assert zones.at(0.5, 0.2) == ()


@given(polygons)
def test_what_is_written_is_read(points: tuple[Point, ...]) -> None:
    """Corners survive the form to a hundredth of a percent."""
    read: tuple[Point, ...] = points
    with suppress(PolygonError):
        read = parse_points(format_points(points))
    np.testing.assert_allclose(read, points, atol=0.001)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1 2 3", "points_format"),
        ("1,2,3 4,5,6 7,8,9", "points_format"),
        ("a,b c,d e,f", "points_format"),
        ("1, 2", "points_format"),
        ("0,0 10,0 nan,10", "points_range"),
        ("0,0 10,0 inf,10", "points_range"),
        ("0,0 10,0 -1,10", "points_range"),
        ("", "points_few"),
        ("0,0 10,0 10,0 0,0", "points_few"),
        ("0,0 40,40 80,80", "points_flat"),
    ],
)
def test_what_is_no_polygon_is_named(text: str, key: str) -> None:
    """Each mistake has its own words."""
    with pytest.raises(PolygonError) as err:
        parse_points(text)
    assert err.value.key == key
