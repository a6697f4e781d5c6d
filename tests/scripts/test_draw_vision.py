"""The pictures of the vision page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.harness import draw_vision
from tests import scenes


def test_a_walker_is_drawn_where_it_walks() -> None:
    """Its track goes somewhere, and each panel shows it at its place."""
    walker, (begin, end) = scenes.crossing(10.0, height=40, contrast=0.8)
    scene = scenes.Scene(
        "walker", 1, scenes.texture(1), [walker], ((begin, end),), duration=15.0
    )
    moment = draw_vision.at(scene, 14.0)
    place = walker.place(moment.ts)
    assert place is not None
    (trail,) = (one for one in moment.trails if one.moving)
    assert trail.places[-1][0] == pytest.approx(place[0], abs=8)
    assert trail.places[0][0] < 40
    column = int(place[0])
    for plane in (moment.mask, moment.deviation):
        sums = plane.sum(axis=0)
        assert int(np.argmax(sums)) == pytest.approx(column, abs=12)
    drawn = np.asarray(draw_vision.strip(moment))
    assert (drawn == draw_vision.GOES).all(axis=2).any()
    without = np.asarray(draw_vision.strip(replace(moment, trails=())))
    assert not (without == draw_vision.GOES).all(axis=2).any()


def test_the_page_shows_what_is_drawn() -> None:
    """Every picture is in the repository, on its page, and light to load."""
    root = Path(draw_vision.__file__).parents[2]
    page = (root / "docs" / "architecture" / "vision.md").read_text(encoding="utf-8")
    pictures = sorted((root / "docs" / "images").glob("vision-*.png"))
    assert [path.stem for path in pictures] == [
        f"vision-{name}" for name in sorted(draw_vision.SCENES)
    ]
    for path in pictures:
        assert f"../images/{path.name}" in page
        assert path.stat().st_size < 150_000
