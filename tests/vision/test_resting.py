"""What came, stopped and is still there: it lives, or it is furniture."""

from math import sin

import numpy as np
import pytest

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision import resting
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels, load_kernels
from custom_components.vigilar.vision.motion import Blob, MotionDetector, MotionResult
from custom_components.vigilar.vision.resting import Resting
from custom_components.vigilar.vision.tracking import Step, Track
from tests import scenes

from .common import still


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


def _scene(
    *layers: scenes.Layer, duration: float = 60.0, sigma: float = 2.0
) -> scenes.Scene:
    """Return a scene of these layers."""
    return scenes.Scene(
        "test", 1, scenes.texture(1), layers, sigma=sigma, seed=1, duration=duration
    )


def _swaying(until: float, sway_px: float = 0.5) -> scenes.Walker:
    """Return a person who comes at 5 s, stands, and goes."""
    path = [(5.0, 0.0, 110.0)]
    path += [
        (ts, 120 + sway_px * sin(ts), 110.0)
        for ts in np.arange(10, until, 0.5).tolist()
    ]
    return scenes.Walker((*path, (until + 5, 256.0, 110.0)), 40, -0.4)


def _car(leaves: float = 45.0) -> scenes.Body:
    """Return a car that parks at 8 s, and leaves."""
    path = (
        (5.0, -30.0, 110.0),
        (8.0, 120.0, 110.0),
        (leaves, 120.0, 110.0),
        (leaves + 3, 290.0, 110.0),
    )
    return scenes.Body(path, 56, 30, 0.5)


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


@pytest.mark.parametrize(
    "layer",
    [
        scenes.leaf_shadows(1, 0.4),
        scenes.rain(1, 30),
        scenes.pumping(1, 0.6),
        scenes.shake(1, 0.8),
    ],
)
def test_weather_does_not_bring_a_car_to_life(layer: scenes.Layer) -> None:
    """What moves before it and around it is not its own life."""
    arrived = spans(_scene(_car(), layer))[0]
    assert arrived[1] < 20


def test_noise_does_not_bring_a_dark_thing_to_life() -> None:
    """In the dark, noise is a large share of the light."""
    path = ((5.0, -30.0, 110.0), (8.0, 120.0, 110.0), (60.0, 120.0, 110.0))
    car = scenes.Body(path, 56, 30, -0.6)
    assert spans(_scene(car, duration=40.0, sigma=6.0))[0][1] < 14


def test_who_goes_after_a_long_time_leaves_no_trace() -> None:
    """The background that was hidden is known again at once."""
    ((_, end),) = spans(_scene(_swaying(100.0), duration=125.0))
    assert end == pytest.approx(105.0, abs=1.0)


def test_who_stands_longer_than_anybody_is_furniture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is a bound, whatever the signs of life."""
    monkeypatch.setattr(resting, "MOST_S", 20.0)
    first = spans(_scene(_swaying(80.0), duration=70.0))[0]
    assert 30 < first[1] < 45


def test_switching_the_light_does_not_end_it() -> None:
    """What is learned anew hides who stands there, but not that he lives."""
    dark = scenes.gain(lambda ts: 1.0 if ts < 25 else 0.5)
    first = spans(_scene(_swaying(50.0, 1.0), dark))[0]
    assert first[1] > 45


def test_what_passes_in_front_says_nothing() -> None:
    """A walker before a parked car does not bring it to life."""
    walker, (_, gone) = scenes.crossing(14.0, height=44, contrast=-0.5, y=118)
    first = spans(_scene(_car(), walker))[0]
    assert first[1] < gone + 1.5


def _blob(x: int, y: int, w: int, h: int, area: int, stir: float = 0.0) -> Blob:
    """Return a blob of so many pixels."""
    return Blob(x, y, w, h, area, stir, 2.0)


def _track(number: int, ts: float, *blobs: Blob) -> Track:
    """Return a track that went from place to place and was seen last at a time."""
    track = Track(number, blobs[-1], 0.0, ts, moving=True)
    track.steps.extend(Step(at, ts, blob) for at, blob in enumerate(blobs))
    return track


def _result(*blobs: Blob) -> MotionResult:
    """Return a picture in which places differ from the background, in full."""
    mask = np.zeros((144, 256), np.uint8)
    for blob in blobs:
        mask[blob.y : blob.y + blob.h, blob.x : blob.x + blob.w] = 1
    return MotionResult(blobs, mask, 0.1, learning=False, level=mask.astype(np.float32))


def test_what_is_hidden_has_not_come_to_rest() -> None:
    """Where somebody is seen no more, nobody stands; seen again, he may."""
    place = _blob(50, 50, 20, 40, 800)
    things = Resting()
    things.update([walker := _track(1, 0.0, place)], [walker], _result(place), 0.0, 24)
    things.update([], [], _result(place), 0.2, 24)
    assert not things.places
    walker.seen = 0.4
    things.update([], [walker], _result(place), 0.4, 24)
    assert things.places == {1: place}


@pytest.mark.parametrize(("area", "stands"), [(500, False), (2500, True)])
def test_a_trace_does_not_stand(area: int, *, stands: bool) -> None:
    """What little stays behind where something larger was is no thing of its own."""
    side = round(area**0.5)
    scrap = _blob(50, 50, side, side, side * side)
    larger = _track(2, 0.2, _blob(40, 30, 60, 80, 3000), _blob(120, 30, 60, 80, 3000))
    result = _result(scrap, larger.blob)
    one = _track(1, 0.0, scrap)
    things = Resting()
    things.update([one, larger], [one, larger], result, 0.0, 24)
    one.seen = 0.2
    things.update([larger], [one, larger], result, 0.2, 24)
    assert bool(things.places) is stands


def test_both_kernels_see_the_same_life() -> None:
    """A machine without OpenCV holds the same motions."""
    outcomes = []
    for kernels in (load_kernels(), NumpyKernels()):
        analyzer = Analyzer("gate", AnalyzerSettings(), kernels)
        frames = _scene(_swaying(25.0), duration=35.0).frames()
        outcomes.append(
            [
                (one.kind, one.ts)
                for image, ts in frames
                for one in analyzer.update(image, ts)
            ]
        )
    assert outcomes[0] == outcomes[1]


def test_a_held_place_is_not_learned() -> None:
    """What shows there again is known at once; elsewhere it is learned."""
    images = list(still(20))
    place = (slice(40, 70), slice(60, 90))
    shown = images[0].copy()
    shown[place] = np.clip(shown[place] * 1.6, 0, 255)
    blob = Blob(60, 40, 30, 30, 900, 0.0, 2.0)
    seen = []
    for held in ((), (blob,)):
        detector = MotionDetector(NumpyKernels())
        for number in range(20):
            detector.update(images[number], number * 0.2)
        for number in range(20, 620):
            detector.update(shown, number * 0.2, held=held)
        seen.append(len(detector.update(images[1], 124.0).blobs))
    assert seen == [1, 0]
