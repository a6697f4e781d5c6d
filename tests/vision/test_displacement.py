"""What counts as going from one place to another."""

import pytest

from custom_components.vigilar.vision.displacement import (
    Way,
    displacement,
    holds,
    left,
    nearer,
    touch,
)
from custom_components.vigilar.vision.motion import Blob

WIDTH, HEIGHT = 256, 144


def box(x: int, y: int, w: int, h: int) -> Blob:
    """Return a blob that fills its box."""
    return Blob(x, y, w, h, w * h, 0.8, 2.0)


def test_a_way_is_measured_against_the_largest() -> None:
    """A thing that is half hidden at times is as large as when it was not."""
    way = Way(10.0, 1.0)
    for size in (20.0, 8.0):
        way.add(size, 1.0, 5.0)
    assert way.leads(9.1)
    assert not way.leads(8.9)
    assert not way.leads(9.1, further=1.2)


def test_a_way_must_be_straight_and_no_single_leap() -> None:
    """Of the path, more than half leads somewhere, and several steps made it."""
    winding = Way(4.0, 1.0)
    for _ in range(4):
        winding.add(4.0, 1.0, 5.0)
    assert winding.leads(12.1)
    assert not winding.leads(11.9)
    leap = Way(4.0, 1.0)
    for step in (9.0, 1.0, 0.5):
        leap.add(4.0, 1.0, step)
    assert not leap.leads(10.5)
    two = Way(4.0, 1.0)
    two.add(4.0, 1.0, 9.0)
    assert two.leads(9.0)


def test_a_way_needs_an_outline() -> None:
    """On average, what goes has an edge."""
    way = Way(4.0, 1.0)
    way.add(4.0, 0.2, 5.0)
    assert way.leads(5.0)
    way.add(4.0, 0.2, 5.0)
    assert not way.leads(10.0)


@pytest.mark.parametrize(
    ("low", "high", "way"), [(3, 5, 3), (-3, -5, -3), (-3, 5, 0), (0, 5, 0)]
)
def test_the_nearer_side_counts(low: float, high: float, way: float) -> None:
    """What grows on one side has not gone as far as that side."""
    assert nearer(low, high) == way


@pytest.mark.parametrize(
    ("before", "after", "net"),
    [
        (box(50, 50, 10, 20), box(60, 53, 10, 20), (10, 3)),
        (box(50, 50, 10, 20), box(45, 50, 20, 20), (0, 0)),
        (box(0, 50, 5, 20), box(0, 50, 15, 20), (10, 0)),
        (box(251, 50, 5, 20), box(240, 50, 16, 20), (-11, 0)),
    ],
)
def test_displacement(before: Blob, after: Blob, net: tuple[float, float]) -> None:
    """Both sides must have got as far, but for one at the edge of the image."""
    assert displacement(before, after, WIDTH, HEIGHT) == net


def test_a_place_is_left() -> None:
    """Nothing stays there, or it lies at the edge, where things enter."""
    place = box(50, 50, 10, 20)
    assert left(place, [box(56, 50, 10, 20)], WIDTH, HEIGHT)
    assert not left(place, [box(54, 50, 10, 20)], WIDTH, HEIGHT)
    assert not left(place, [box(90, 9, 5, 5), box(40, 40, 60, 60)], WIDTH, HEIGHT)
    assert left(box(0, 50, 10, 20), [box(0, 50, 10, 20)], WIDTH, HEIGHT)


def test_boxes() -> None:
    """Boxes overlap or not; one holds another, give or take a pixel."""
    whole = box(50, 50, 20, 20)
    assert touch(whole, box(69, 69, 5, 5))
    assert not touch(whole, box(70, 50, 5, 5))
    assert holds(whole, box(49, 55, 22, 10))
    assert not holds(whole, box(48, 55, 10, 10))
    assert not holds(whole, box(55, 62, 10, 10))
