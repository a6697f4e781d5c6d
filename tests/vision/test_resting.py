"""What came, stopped and is still there: it lives, or it is furniture."""

import pytest

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import load_kernels
from tests import scenes


def spans(scene: scenes.Scene) -> list[tuple[float, float]]:
    """Return when motions began and ended, seconds."""
    analyzer = Analyzer("gate", AnalyzerSettings(), load_kernels())
    observed: list[Observation] = []
    for image, ts in scene.frames():
        observed += analyzer.update(image, ts)
    observed += analyzer.close()
    starts = [one for one in observed if one.kind is ObservationKind.MOTION_STARTED]
    ends = [one for one in observed if one.kind is ObservationKind.MOTION_ENDED]
    return [
        (start.ts / 1000, end.ts / 1000)
        for start, end in zip(starts, ends, strict=True)
    ]


@pytest.mark.parametrize("strength", [1, 3])
def test_who_stands_for_minutes_is_one_motion(strength: int) -> None:
    """It lasts from coming to going, and ends promptly then."""
    scene = scenes.scene("standing", strength, 1)
    ((begin, end),) = spans(scene)
    assert begin == pytest.approx(8.0, abs=1.0)
    assert end == pytest.approx(scenes.STANDS_UNTIL_S + 5, abs=1.0)


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_who_stands_while_the_light_dims_is_one_motion(strength: int) -> None:
    """The change of light neither ends it nor begins another."""
    assert len(spans(scenes.scene("dimming", strength, 1))) == 1


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_a_car_that_parks_and_leaves_is_two_motions(strength: int) -> None:
    """Each ends when it stands or is gone, and not when nobody believes in it any more."""
    arrived, left = spans(scenes.scene("parking", strength, 1))
    assert arrived[1] < 13
    assert left[0] == pytest.approx(30, abs=1.0)
    assert left[1] < 34
