"""What tells that something begins."""

from collections.abc import Iterator
import itertools

import numpy as np
import pytest

from custom_components.vigilar.vision.cues import KeyframeWatch, SizeModel

from .common import Image, texture

# Sizes


def test_tiny_packets_say_nothing() -> None:
    """Packets that hold hardly more than headers may double."""
    model = SizeModel()
    for number in range(200):
        assert not model.surprising(1 + number % 4, 30)
    assert not any(model.surprising(1 + number % 4, 60) for number in range(3))


def test_a_place_keeps_its_own_size() -> None:
    """Pictures that are large in every group surprise nobody."""
    model = SizeModel()
    sizes = [20000, 3000, 3000, 9000, 3000]
    assert not any(
        model.surprising(place, size)
        for _ in range(50)
        for place, size in enumerate(sizes, 1)
    )


def test_gusts_become_usual() -> None:
    """Runs of large packets that are known for nothing surprise no more; larger ones do."""

    def gust(factor: float) -> bool:
        model.restart()
        return any(
            model.surprising(place, round(5000 * (factor if place > 10 else 1)))
            for place in range(1, 16)
        )

    model = SizeModel()
    for _ in range(20):
        gust(1.0)
    assert gust(1.25)
    for number in range(60):
        gust(1.0 + 0.25 * (number % 3 == 0))
        model.settle()
    assert not gust(1.25)
    assert gust(4.0)


# Keyframes


def noisy(gain: float = 1.0, sigma: float = 1.5) -> Iterator[Image]:
    """Yield pictures of a still scene."""
    rng = np.random.default_rng(5)
    while True:
        scene = texture() * gain + rng.normal(0, sigma, (144, 256))
        yield np.clip(scene, 0, 255).astype(np.uint8)


def test_noise_is_no_change() -> None:
    """Keyframes of a still scene look alike."""
    watch = KeyframeWatch()
    assert not any(watch.changed(image) for image in itertools.islice(noisy(), 200))


def test_light_is_no_change() -> None:
    """A change of exposure is the same everywhere."""
    watch = KeyframeWatch()
    images = noisy()
    for _ in range(10):
        watch.changed(next(images))
    assert not watch.changed(next(noisy(0.8)))


@pytest.mark.parametrize(
    ("size", "contrast"), [((8, 4), 0.3), ((20, 8), 0.1), ((60, 30), -0.1)]
)
def test_something_new_is_a_change(size: tuple[int, int], contrast: float) -> None:
    """A thing as small and faint as the analysis can see is noticed."""
    watch = KeyframeWatch()
    images = noisy()
    for _ in range(10):
        watch.changed(next(images))
    image = next(images).astype(np.float64)
    image[50 : 50 + size[0], 90 : 90 + size[1]] *= 1 + contrast
    assert watch.changed(image.astype(np.uint8))


def test_what_flickers_needs_more() -> None:
    """Leaves that differ in every keyframe become usual."""
    watch = KeyframeWatch()
    rng = np.random.default_rng(8)
    said = []
    for image in itertools.islice(noisy(), 80):
        leaves = image.copy()
        leaves[20:60, 20:60] = rng.integers(60, 160, (40, 40))
        said.append(watch.changed(leaves))
    assert any(said[:5])
    assert sum(said[40:]) < 10


def hedge(image: Image, rng: np.random.Generator, leaves: int) -> Image:
    """Return a picture with so many leaves that show their bright side."""
    turned = image.copy()
    for _ in range(leaves):
        top, left = rng.integers(0, 50), rng.integers(0, 240)
        turned[top : top + 3, left : left + 3] = 250
    return turned


def test_what_turns_up_anywhere_becomes_usual() -> None:
    """As many cells as usual that differ are no news; many times as many are."""
    watch = KeyframeWatch()
    rng = np.random.default_rng(8)
    images = noisy()
    assert not watch.changed(next(images))
    assert watch.changed(hedge(next(images), rng, 1))
    for _ in range(20):
        watch.settle(hedge(next(images), rng, 1))
    said = [watch.changed(hedge(next(images), rng, 1)) for _ in range(20)]
    assert sum(said) <= 1
    assert watch.changed(hedge(next(images), rng, 9))
    for _ in range(60):
        watch.settle(next(images))
    assert watch.changed(hedge(next(images), rng, 1))


def test_another_size_is_a_change() -> None:
    """A camera that changes its resolution is looked at anew."""
    watch = KeyframeWatch()
    assert not watch.changed(np.full((144, 256), 99, np.uint8))
    assert watch.changed(np.full((192, 256), 99, np.uint8))
    assert not watch.changed(np.full((192, 256), 99, np.uint8))
    watch.restart()
    assert not watch.changed(np.full((192, 256), 11, np.uint8))


def test_pictures_smaller_than_a_cell() -> None:
    """A tiny picture is one cell."""
    watch = KeyframeWatch()
    for _ in range(3):
        assert not watch.changed(np.full((2, 2), 50, np.uint8))
