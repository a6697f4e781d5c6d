"""Geometry of zones: held against plain arithmetic on random shapes."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
import math
import random
from typing import Any

import pytest

from .conftest import Stage

type Point = tuple[float, float]

ROUNDS = 400


def shapes(least: int = 3, *, grid: int = 10_000) -> list[list[Point]]:
    """Make random polygons; a coarse grid makes many edges that touch or lie on each other."""
    rng = random.Random(grid + least)
    return [
        [
            (rng.randrange(grid + 1) / grid, rng.randrange(grid + 1) / grid)
            for _ in range(rng.randrange(least, 8))
        ]
        for _ in range(ROUNDS)
    ]


def star(corners: int, rng: random.Random) -> list[Point]:
    """Make a polygon that never crosses itself: corners around a middle, in order."""
    turns = sorted(2 * math.pi * rng.random() for _ in range(corners))
    reaches = [rng.uniform(0.1, 0.45) for _ in turns]
    return [
        (
            round(0.5 + reach * math.cos(turn), 4),
            round(0.5 + reach * math.sin(turn), 4),
        )
        for reach, turn in zip(reaches, turns, strict=True)
    ]


def ask(stage: Stage, expression: str, given: list[Any]) -> list[Any]:
    """Evaluate an expression of `polygon` for each `one` of what is given."""
    answers: list[Any] = stage.js(
        f"""const polygon = await import("/frontend/polygon.js");
        return given.map((one) => ({expression}));""",
        given,
    )
    return answers


def sides(points: list[Point]) -> list[tuple[Point, Point]]:
    """Return the edges."""
    return list(zip(points, points[1:] + points[:1], strict=True))


def exact(point: Point) -> tuple[Fraction, Fraction]:
    """Return a place without rounding errors."""
    return Fraction(str(point[0])), Fraction(str(point[1]))


def turn(a: Point, b: Point, c: Point) -> Fraction:
    """Return twice the signed area of a triangle."""
    (ax, ay), (bx, by), (cx, cy) = exact(a), exact(b), exact(c)
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def on_side(a: Point, b: Point, c: Point) -> bool:
    """Return whether a place lies on an edge."""
    return (
        turn(a, b, c) == 0
        and min(a[0], b[0]) <= c[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
    )


def crosses(points: list[Point]) -> bool:
    """Return whether a polygon meets itself elsewhere than in the corners of its edges."""
    edges = sides(points)
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(edges), 2):
        neighbours = j == i + 1 or (i == 0 and j == len(edges) - 1)
        if neighbours:
            shared, one, other = (b, a, d) if j == i + 1 else (a, b, c)
            if on_side(shared, one, other) or on_side(shared, other, one):
                return True
            continue
        sign = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)]
        if sign[0] * sign[1] < 0 and sign[2] * sign[3] < 0:
            return True
        if on_side(a, b, c) or on_side(a, b, d) or on_side(c, d, a) or on_side(c, d, b):
            return True
    return False


def inside(points: list[Point], place: Point) -> bool:
    """Return whether a place lies inside, by the even-odd rule, as the server reckons."""
    x, y = place
    found = False
    for (x1, y1), (x2, y2) in sides(points):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            found = not found
    return found


@pytest.mark.parametrize("grid", [10_000, 8])
def test_crossing_is_what_exact_arithmetic_says(stage: Stage, grid: int) -> None:
    """No crossing is missed and none is invented, also where edges only touch."""
    given = shapes(grid=grid)
    expected = [crosses(points) for points in given]
    assert {True, False} == set(expected)
    assert ask(stage, "polygon.crossesItself(one)", given) == expected


def test_what_goes_round_a_middle_does_not_cross(stage: Stage) -> None:
    """Shapes as people draw them are fine."""
    rng = random.Random(1)
    given = [star(rng.randrange(8, 30), rng) for _ in range(ROUNDS)]
    answers = ask(stage, "polygon.crossesItself(one)", given)
    assert answers == [crosses(points) for points in given]
    assert answers.count(False) > ROUNDS / 2


def test_inside_is_where_the_server_says(stage: Stage) -> None:
    """The even-odd rule, also for shapes that cross themselves."""
    rng = random.Random(2)
    given = [(points, (rng.random(), rng.random())) for points in shapes(grid=20) * 3]
    expected = [inside(points, place) for points, place in given]
    assert {True, False} == set(expected)
    assert ask(stage, "polygon.contains(one[0], one[1])", given) == expected


def test_a_label_stands_inside_its_shape(stage: Stage) -> None:
    """However bent the shape is."""
    rng = random.Random(3)
    given = [star(rng.randrange(8, 20), rng) for _ in range(ROUNDS)]
    places = ask(stage, "polygon.middle(one)", given)
    assert all(
        inside(points, tuple(place))
        for points, place in zip(given, places, strict=True)
    )


def test_shifting_keeps_the_shape_and_the_picture(stage: Stage) -> None:
    """All corners go the same way, and none leaves the picture."""
    rng = random.Random(4)
    given = [(points, (rng.uniform(-1, 1), rng.uniform(-1, 1))) for points in shapes()]
    for (before, way), after in zip(
        given, ask(stage, "polygon.shifted(one[0], ...one[1])", given), strict=True
    ):
        for axis in (0, 1):
            steps = [b[axis] - a[axis] for a, b in zip(before, after, strict=True)]
            assert max(steps) - min(steps) < 3e-4
            low = -min(point[axis] for point in before)
            high = 1 - max(point[axis] for point in before)
            assert steps[0] == pytest.approx(min(high, max(low, way[axis])), abs=2e-4)
            assert all(0 <= point[axis] <= 1 for point in after)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ([0.004, 0.5], [0, 0.5]),
        ([0.5, 0.996], [0.5, 1]),
        ([-0.2, 1.3], [0, 1]),
        ([0.011, 0.979], [0.011, 0.979]),
        ([0.123456, 0.5], [0.1235, 0.5]),
    ],
)
def test_corners_near_the_edge_of_the_picture_go_there(
    stage: Stage, place: list[float], expected: list[float]
) -> None:
    """And only those; each side has its own reach."""
    assert ask(stage, "polygon.snapped(one, [0.01, 0.02])", [place]) == [expected]


def test_the_nearest_edge_and_corner_are_the_nearest(stage: Stage) -> None:
    """Distances are of the screen, where a picture is wider than high."""
    rng = random.Random(5)
    width, height = 800, 450

    def apart(one: Point, other: Point) -> float:
        return math.hypot((one[0] - other[0]) * width, (one[1] - other[1]) * height)

    given = [(points, (rng.random(), rng.random())) for points in shapes()]
    edges = ask(stage, f"polygon.nearestEdge(...one, [{width}, {height}])", given)
    corners = ask(stage, f"polygon.nearestCorner(...one, [{width}, {height}])", given)
    for (points, place), edge, corner in zip(given, edges, corners, strict=True):
        away = [apart(point, place) for point in points]
        assert corner["distance"] == pytest.approx(min(away))
        assert corner["index"] == away.index(min(away))
        best = min(
            apart((x1 + t / 200 * (x2 - x1), y1 + t / 200 * (y2 - y1)), place)
            for (x1, y1), (x2, y2) in sides(points)
            for t in range(201)
        )
        assert edge["distance"] == pytest.approx(best, abs=2.5)
        assert edge["distance"] <= best + 0.1
        assert apart(tuple(edge["at"]), place) == pytest.approx(edge["distance"])


def flat(points: list[Point]) -> bool:
    """Return whether the server would say that corners lie on one line."""
    x0, y0 = points[0]
    far = max(points, key=lambda one: abs(one[0] - x0) + abs(one[1] - y0))
    return all(
        abs((far[0] - x0) * (y - y0) - (far[1] - y0) * (x - x0)) < 1e-4
        for x, y in points
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("polygon.isFlat(one)", flat),
        ("polygon.distinct(one)", lambda points: len(set(points))),
    ],
)
def test_shapes_that_the_server_refuses_are_known(
    stage: Stage, expression: str, expected: Callable[[list[Point]], object]
) -> None:
    """Flat ones, and those with too few different corners."""
    given = [*shapes(1, grid=4), *shapes(grid=120), [(0, 0), (0.5, 0.5001), (1, 1)]]
    assert ask(stage, expression, given) == [expected(points) for points in given]


def test_nothing_that_is_given_is_changed(stage: Stage) -> None:
    """Functions are pure: a zone under way is a new list each time."""
    assert stage.js(
        """const polygon = await import("/frontend/polygon.js");
        const points = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]].map(Object.freeze);
        Object.freeze(points);
        polygon.shifted(points, 0.05, 0.05);
        polygon.snapped(points[0], [0.2, 0.2]);
        polygon.crossesItself(points);
        polygon.nearestEdge(points, [0.5, 0.5], [100, 100]);
        return polygon.middle(points);"""
    ) == pytest.approx([0.5, 0.5])
