"""The background model."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from custom_components.vigilar.vision.displacement import OUTLINE
from custom_components.vigilar.vision.kernels import NumpyKernels, OpenCVKernels
from custom_components.vigilar.vision.motion import (
    MAX_BLOBS,
    MAX_GAP_S,
    SPREAD_STEPS,
    Blob,
    MotionDetector,
    MotionResult,
)

from .common import Image, still, texture, walk

PERIOD_S = 0.2


def run(
    detector: MotionDetector, images: Iterable[Image], start: float = 0.0
) -> list[MotionResult]:
    """Feed images at five a second."""
    return [
        detector.update(image, start + number * PERIOD_S)
        for number, image in enumerate(images)
    ]


@pytest.fixture
def detector() -> MotionDetector:
    """Return a detector that knows nothing."""
    return MotionDetector(NumpyKernels())


def test_a_still_scene_has_no_blobs(detector: MotionDetector) -> None:
    """Sensor noise is no change."""
    results = run(detector, still(60, sigma=4.0))
    assert not any(result.blobs for result in results)
    assert not results[-1].learning


def test_a_figure_is_where_it_is(detector: MotionDetector) -> None:
    """The largest blob of each frame lies on the figure."""
    results = run(detector, walk(50, before=15, speed=5))
    for number in range(22, 50):
        blob = results[number].blobs[0]
        left = (number - 15) * 5 - 14
        assert abs(blob.x + blob.w / 2 - (left + 8)) < 6
        assert 66 <= blob.y <= 74
        assert 36 <= blob.h <= 44
        assert blob.stir > 0.2
        assert blob.strength > 1
        assert results[number].score == results[number].mask.mean() or number < 49


def test_the_first_second_is_for_learning(detector: MotionDetector) -> None:
    """Nothing is said of a scene that is not known."""
    results = run(detector, walk(20, before=0))
    assert [result.learning for result in results[:5]] == [True] * 5
    assert not any(result.blobs for result in results[:5])
    assert results[6].blobs


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_change_of_light_is_no_change_of_scene(
    detector: MotionDetector, factor: float
) -> None:
    """A step of the exposure gives no blob, then or later."""
    results = run(
        detector,
        walk(60, before=1000, gain=lambda number: factor if number >= 25 else 1.0),
    )
    assert not any(result.blobs for result in results)


def test_a_figure_is_found_while_the_light_changes(detector: MotionDetector) -> None:
    """A ramp of the light does not hide what moves."""
    results = run(detector, walk(50, before=15, gain=lambda number: 1 - number * 0.01))
    assert all(results[number].blobs for number in range(22, 50))


def test_a_change_of_the_whole_view_is_learned_anew(detector: MotionDetector) -> None:
    """Another scene is not one huge blob, and is quiet again soon."""
    run(detector, still(20))
    rng = np.random.default_rng(5)
    other = (texture(seed=9)[::-1] * rng.uniform(0.3, 1.0, (144, 256))).astype(np.uint8)
    results = run(detector, [other] * 20, start=4.0)
    assert results[0].score > 0.3
    assert results[0].learning
    assert not any(result.blobs for result in results)
    assert not results[-1].learning


def test_what_stays_becomes_background(detector: MotionDetector) -> None:
    """A parked thing is a blob at first, and none in the end."""
    run(detector, still(20))
    parked = [image.copy() for image in still(1500, seed=8)]
    for image in parked:
        image[60:90, 100:140] = np.minimum(255, image[60:90, 100:140] * 1.8)
    results = run(detector, parked, start=4.0)
    assert results[5].blobs
    assert not results[-1].blobs


def test_a_pixel_that_flickers_needs_more(detector: MotionDetector) -> None:
    """A region that swings to and fro falls silent once its spread is known."""

    def swaying() -> Iterable[Image]:
        for number, image in enumerate(still(200)):
            if number % 2:
                image[40:80, 40:90] = np.minimum(255, image[40:80, 40:90] * 2.5)
            yield image

    results = run(detector, swaying())
    assert any(result.blobs for result in results[5:15])
    assert not any(result.blobs for result in results[150:])


def test_another_size_starts_anew(detector: MotionDetector) -> None:
    """A stream that changes its resolution is learned again."""
    run(detector, still(20))
    result = detector.update(np.full((100, 120), 90, np.uint8), 4.0)
    assert result.learning
    assert result.mask.shape == (100, 120)


@pytest.mark.parametrize("ts", [3.0, 3.8 + MAX_GAP_S + 0.1])
def test_a_gap_in_time_starts_anew(detector: MotionDetector, ts: float) -> None:
    """After a long gap, or a step back, the scene is not known."""
    results = run(detector, still(20))
    assert not results[-1].learning
    assert detector.update(next(iter(still(1))), ts).learning


def test_hidden_pixels_are_not_looked_at() -> None:
    """Change outside the watched pixels is none."""
    watched = np.ones((144, 256), np.uint8)
    watched[:, 100:] = 0
    detector = MotionDetector(
        NumpyKernels(), watched=lambda width, height: watched[:height, :width]
    )
    results = run(detector, walk(60))
    assert results[25].blobs
    for result in results:
        assert all(blob.x + blob.w <= 102 for blob in result.blobs)
    assert not any(result.blobs for result in results[40:])


def test_small_blobs_are_left_out() -> None:
    """The least area is a share of the image."""
    small = MotionDetector(NumpyKernels(), min_area=0.0004)
    large = MotionDetector(NumpyKernels(), min_area=0.05)
    assert any(result.blobs for result in run(small, walk(40)))
    assert not any(result.blobs for result in run(large, walk(40)))


def test_a_lower_threshold_sees_fainter_things() -> None:
    """The least deviation decides on contrast."""

    def seen(threshold: float, contrast: float) -> bool:
        detector = MotionDetector(NumpyKernels(), threshold=threshold)
        return any(
            result.blobs for result in run(detector, walk(40, contrast=contrast))
        )

    assert seen(12.0, 0.3)
    assert not seen(60.0, 0.3)
    assert seen(60.0, 0.9)


def test_weather_has_bounded_cost(detector: MotionDetector) -> None:
    """A frame full of specks gives no more than the largest of them."""
    images = list(still(21))
    for y in range(4, 140, 12):
        for x in range(4, 250, 12):
            images[20][y : y + 4, x : x + 4] = 255
    result = run(detector, images)[-1]
    assert not result.learning
    assert len(result.blobs) == MAX_BLOBS


def test_blobs_are_sorted_by_size(detector: MotionDetector) -> None:
    """The largest comes first."""
    images = list(still(21))
    images[20][20:30, 20:30] = 255
    images[20][60:100, 60:100] = 255
    areas = [blob.area for blob in run(detector, images)[-1].blobs]
    assert len(areas) == 2
    assert areas == sorted(areas, reverse=True)


def test_what_stands_does_not_stir(detector: MotionDetector) -> None:
    """A thing that has stopped differs from the background, not from the last frame."""
    images = list(still(30))
    for image in images[20:]:
        image[60:90, 100:140] = np.minimum(255, image[60:90, 100:140] * 2.0)
    results = run(detector, images)
    assert results[20].blobs[0].stir > 0.9
    assert results[24].blobs[0].stir < 0.1


def test_a_flash_does_not_make_a_thing_stir(detector: MotionDetector) -> None:
    """Light that changes everywhere is no movement of what stands."""
    images = list(still(30))
    for number, image in enumerate(images[20:]):
        image[60:90, 100:140] = np.minimum(255, image[60:90, 100:140] * 2.0)
        image[:] = image * (1.0 if number < 4 else 0.75)
    assert run(detector, images)[24].blobs[0].stir < 0.1


@pytest.mark.parametrize(("x", "y"), [(100, 60), (0, 60), (216, 0), (100, 114)])
def test_outlines_are_sharp_or_not(x: int, y: int) -> None:
    """A solid thing shows its outline, also at the edges; a soft beam hardly any."""
    solid, soft = list(still(21)), list(still(21))
    solid[20][y : y + 30, x : x + 40] = np.minimum(
        255, solid[20][y : y + 30, x : x + 40] * 1.8
    )
    rows, columns = np.mgrid[:144, :256]
    beam = np.exp(-((rows - y - 15) ** 2 + (columns - x - 20) ** 2) / 2 / 14**2)
    soft[20] = np.minimum(255, soft[20] * (1 + 0.8 * beam)).astype(np.uint8)
    outlines = [
        run(MotionDetector(NumpyKernels()), images)[-1].blobs[0].outline
        for images in (solid, soft)
    ]
    assert outlines[0] > 0.9
    assert outlines[1] < 0.4


@pytest.mark.parametrize(("x", "y"), [(0, 60), (255, 60), (120, 0), (120, 143)])
def test_the_edge_of_the_picture_is_no_outline(
    detector: MotionDetector, x: int, y: int
) -> None:
    """What is soft stays so where the picture ends in its middle."""
    images = list(still(21))
    rows, columns = np.mgrid[:144, :256]
    beam = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 2 / 14**2)
    images[20] = np.minimum(255, images[20] * (1 + 0.8 * beam)).astype(np.uint8)
    assert run(detector, images)[-1].blobs[0].outline < 0.2


def test_strength_is_counted_in_thresholds() -> None:
    """A thing of twice the contrast is about twice as strong.

    A little more: what one pixel takes from its surroundings is bounded.
    """

    def strength(contrast: float) -> float:
        detector = MotionDetector(NumpyKernels())
        images = [np.full((144, 256), 60, np.uint8) for _ in range(21)]
        images[20][60:80, 100:120] = round(72 * np.exp(contrast) - 12)
        return run(detector, images)[-1].blobs[0].strength

    assert strength(1.2) == pytest.approx(2 * strength(0.6), rel=0.15)


def test_both_kernels_see_the_same() -> None:
    """Masks and blobs are equal to the bit, with and without OpenCV."""
    first, second = MotionDetector(OpenCVKernels(cv2)), MotionDetector(NumpyKernels())
    for number, image in enumerate(
        walk(60, gain=lambda number: 1 + 0.1 * np.sin(number))
    ):
        expected = first.update(image, number * PERIOD_S)
        found = second.update(image, number * PERIOD_S)
        np.testing.assert_array_equal(expected.mask, found.mask)
        assert expected.blobs == found.blobs


def test_no_time_may_pass(detector: MotionDetector) -> None:
    """Two frames of the same time are no error."""
    image = next(iter(still(1)))
    for _ in range(3):
        result = detector.update(image, 1.0)
    assert not np.isnan(result.score)


def test_a_blur_has_no_outline(detector: MotionDetector) -> None:
    """A bright spot out of focus is soft, and a thing of its size is not."""
    y, x = np.mgrid[:144, :256]
    soft = np.exp(-((x - 60) ** 2 + (y - 70) ** 2) / 12**2)
    images = [image.copy() for image in still(21)]
    blurred = images[20] + soft * (240.0 - images[20])
    blurred[50:90, 180:200] = 240
    images[20] = blurred.astype(np.uint8)
    blobs = sorted(run(detector, images)[-1].blobs, key=lambda blob: blob.x)
    assert len(blobs) == 2
    assert blobs[0].outline < 0.7 * OUTLINE
    assert blobs[1].outline > 0.9


def test_a_beam_that_saturates_has_no_outline(detector: MotionDetector) -> None:
    """In a beam that leaves nothing but white, the edges are those of the wall."""
    y, x = np.mgrid[:144, :256]
    beam = np.exp(-((x - 128) ** 2 / 45**2 + (y - 70) ** 2 / 30**2))
    images = [image.copy() for image in still(21)]
    images[20] = np.minimum(255, images[20] * (1 + 8 * beam)).astype(np.uint8)
    largest = run(detector, images)[-1].blobs[0]
    assert largest.area > 2000
    assert largest.outline < OUTLINE


def test_noise_is_averaged() -> None:
    """A faint thing is seen in the noise of a sensor in the dark."""
    rng = np.random.default_rng(7)
    detector = MotionDetector(NumpyKernels())
    results = []
    for number in range(60):
        scene = np.full((144, 256), 40.0)
        if number >= 40:
            scene[60:90, 5 * number - 150 : 5 * number - 138] *= 1.8
        noisy = np.clip(scene + rng.normal(0, 12, scene.shape), 0, 255)
        results.append(detector.update(noisy.astype(np.uint8), number * PERIOD_S))
    assert not any(result.blobs for result in results[20:40])
    assert all(result.blobs for result in results[42:])


def test_who_fidgets_in_place_stays_a_thing() -> None:
    """Where a thing is known to stand, its unrest is no flicker of the scene."""

    def seen(*, known: bool) -> int:
        detector = MotionDetector(NumpyKernels())
        run(detector, still(20))
        things: tuple[Blob, ...] = ()
        area = 0
        for number, image in enumerate(still(200, seed=8)):
            person = image.copy()
            left = 100 + 3 * (number % 2)
            body = person[50:90, left : left + 12]
            person[50:90, left : left + 12] = np.minimum(255, body * 1.6)
            blobs = detector.update(person, 4.0 + number * PERIOD_S, things).blobs
            things = blobs if known and blobs else things
            area += sum(blob.area for blob in blobs)
        return area

    assert seen(known=True) > 1.15 * seen(known=False) > 0


def test_a_calm_scene_is_known_soon() -> None:
    """The first guess of a pixel's spread is soon forgotten: faint things are seen."""
    images = [np.full((144, 256), 80, np.uint8) for _ in range(16)]
    images[15][60:70, 100:110] = round(92 * np.exp(50 / 256) - 12)
    assert run(MotionDetector(NumpyKernels()), images)[-1].blobs


def test_the_mass_of_a_blob() -> None:
    """What is heavier on one side leans to it."""
    images = [np.full((144, 256), 80, np.uint8) for _ in range(21)]
    images[20][60:80, 100:110] = 160
    images[20][75:80, 110:130] = 160
    (found,) = run(MotionDetector(NumpyKernels()), images)[-1].blobs
    across, along = found.lean
    assert across == pytest.approx(-5.0, abs=1)
    assert along == pytest.approx(2.5, abs=1)


def test_what_creeps_in_does_not_blind_its_place() -> None:
    """What deviates and stays is no flicker, be it too faint to count; what swings is."""

    def spread(levels: Iterable[float]) -> float:
        """Return the spread of a place that goes through changes of light, log units."""
        detector = MotionDetector(NumpyKernels(), threshold=60.0)
        images = []
        for level in levels:
            image = np.full((144, 256), 80, np.uint8)
            image[60:80, 100:120] = round(92 * np.exp(level / 256) - 12)
            images.append(image)
        run(detector, images)
        known = detector.checkpoint()
        assert known is not None
        return float(known.spread[70, 110]) / SPREAD_STEPS

    calm = [0.0] * 50
    stays = [*calm, *[90.0] * 20]
    swings = [*calm, *(90 * np.sin(np.arange(20) * 0.74)).tolist()]
    assert spread(stays) < 0.5 * spread(swings)
