"""Camera health: what takes a camera's sight is found, and what only changes the light is not."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray
import pytest

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision.scene import FROZEN_S, SceneChecker, SceneFault

from .common import Image

FPS = 5
MINUTE = 60 * FPS
HEIGHT, WIDTH = 144, 256

type Scene = NDArray[np.float64]
type Change = Callable[[Scene, float], Scene]


def blur(scene: Scene, sigma: float) -> Scene:
    """Return a scene out of focus by so many pixels."""
    y = np.fft.fftfreq(scene.shape[0])[:, None]
    x = np.fft.fftfreq(scene.shape[1])
    kernel = np.exp(-2 * (np.pi * sigma) ** 2 * (x**2 + y**2))
    blurred: Scene = np.fft.ifft2(np.fft.fft2(scene) * kernel).real
    return blurred


def street(seed: int = 1) -> Scene:
    """Return a view with large and small detail, luma 40-200."""
    rng = np.random.default_rng(seed)
    scene = np.full((HEIGHT, WIDTH), 110.0)
    for size, strength in ((48, 40), (16, 30), (5, 20), (2, 10)):
        coarse = rng.uniform(-1, 1, (HEIGHT // size + 2, WIDTH // size + 2))
        scene += strength * np.kron(coarse, np.ones((size, size)))[:HEIGHT, :WIDTH]
    return np.clip(scene, 40, 200)


STREET = street()


def film(
    scene: Scene, frames: int, *, change: Change | None = None, sigma: float = 2.0
) -> Iterator[Image]:
    """Yield frames with noise; `change` gets the share (0-1) of the frames gone by."""
    rng = np.random.default_rng(7)
    for number in range(frames):
        seen = scene if change is None else change(scene, number / frames)
        noisy = seen + rng.normal(0, sigma, seen.shape)
        yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def usual(sigma: float = 2.0) -> Iterator[Image]:
    """Yield a minute of the usual view."""
    return film(STREET, MINUTE, sigma=sigma)


def check(
    *films: Iterable[Image], checker: SceneChecker | None = None, fps: float = FPS
) -> list[Observation]:
    """Return what is observed."""
    checker = checker or SceneChecker("gate")
    observed: list[Observation] = []
    for number, image in enumerate(chain(*films)):
        observed += checker.update(image, number / fps)
    return observed


def told(observed: list[Observation]) -> list[tuple[str, str]]:
    """Return kinds and reasons."""
    return [(str(one.kind), one.reason) for one in observed]


def one_fault(fault: SceneFault) -> list[tuple[str, str]]:
    """Return what one fault that ends is told as."""
    return [("scene_tampered", fault.value), ("scene_recovered", "")]


def clock(scene: Scene) -> Scene:
    """Return a scene with text burnt in at the top left."""
    with_text = scene.copy()
    with_text[6:14, 8:90] = 16
    with_text[6:14, 8:90:4] = 235
    return with_text


HAND = np.full((HEIGHT, WIDTH), 60.0) + np.linspace(0, 40, WIDTH)
FAULTS: list[tuple[SceneFault, Scene]] = [
    (SceneFault.BLACK, np.zeros((HEIGHT, WIDTH))),
    (SceneFault.BLACK, np.full((HEIGHT, WIDTH), 16.0)),
    (SceneFault.BLACK, clock(np.full((HEIGHT, WIDTH), 5.0))),
    (SceneFault.WHITE, np.full((HEIGHT, WIDTH), 252.0)),
    (SceneFault.COVERED, HAND),
    (SceneFault.COVERED, clock(HAND)),
    (SceneFault.DEFOCUSED, blur(STREET, 3.0)),
    (SceneFault.DEFOCUSED, clock(blur(STREET, 2.5))),
    (SceneFault.MOVED, street(2)),
    (SceneFault.MOVED, np.roll(STREET, 40, axis=1)),
    (SceneFault.MOVED, np.roll(STREET, 15, axis=0)),
]


@pytest.mark.parametrize(("fault", "scene"), FAULTS)
def test_a_fault_is_told_with_its_reason_and_ended(
    fault: SceneFault, scene: Scene
) -> None:
    """Each fault opens once, in time, dated at its beginning, and ends when it is over."""
    before = clock(STREET)
    observed = check(
        film(before, MINUTE), film(scene, MINUTE // 2), film(before, MINUTE // 2)
    )
    assert told(observed) == one_fault(fault)
    tampered, recovered = observed
    assert tampered.source_id == "gate"
    assert 55_000 <= tampered.ts <= 65_000
    assert 85_000 <= recovered.ts <= 95_000


@pytest.mark.parametrize(("fault", "scene"), FAULTS)
def test_what_is_over_within_ten_seconds_is_no_fault(
    fault: SceneFault, scene: Scene
) -> None:
    """A van that fills the view, a hand that wipes the lens, an infra-red filter that switches."""
    assert not check(usual(), film(scene, 9 * FPS), usual()), fault


def dusk(scene: Scene, share: float) -> Scene:
    """Let the light go to two hundredths."""
    dim: Scene = scene * (1 - share * 0.98)
    return dim


def fog(scene: Scene, share: float) -> Scene:
    """Let fog come up until a tenth of the contrast is left."""
    return scene + (190 - scene) * min(1.0, 2 * share) * 0.9


def infra_red(scene: Scene, share: float) -> Scene:
    """Switch to infra-red: a second of black, then a spot, foliage bright, far away dark."""
    if share < 0.02:
        return scene * 0
    y, x = np.linspace(-1, 1, HEIGHT)[:, None], np.linspace(-1, 1, WIDTH)
    lit: Scene = scene * (1.3 - 0.9 * np.hypot(x, y))
    lit[100:, :120] = 220 - lit[100:, :120]
    lit[:40] *= 0.1
    return lit


def crowd(scene: Scene, share: float) -> Scene:
    """Let people walk through all the time."""
    busy = scene.copy()
    for number in range(6):
        left = int((share * 40 + number / 6) % 1 * (WIDTH - 24))
        busy[40:140, left : left + 24] = 30 + 30 * number
    return busy


def shaken(scene: Scene, share: float) -> Scene:
    """Let the mast sway."""
    y, x = (round(2 * np.sin(share * speed)) for speed in (1700, 2300))
    return np.roll(scene, (y, x), (0, 1))


def parked(scene: Scene, _share: float) -> Scene:
    """Let a lorry take half of the view."""
    blocked = scene.copy()
    blocked[30:, :130] = 90
    return blocked


@pytest.mark.parametrize(
    "change",
    [dusk, fog, infra_red, crowd, shaken, parked, lambda scene, _share: scene * 0.04],
    ids=["dusk", "fog", "infra-red", "crowd", "shake", "lorry", "light switched off"],
)
@pytest.mark.parametrize("sigma", [0.7, 3.0], ids=["clean", "noisy"])
def test_a_change_of_light_or_life_is_no_fault(change: Change, sigma: float) -> None:
    """The view is still there, however it is lit and whoever stands in it."""
    assert not check(
        usual(sigma),
        film(STREET, 2 * MINUTE, change=change, sigma=sigma),
        usual(sigma),
    )


@pytest.mark.parametrize("level", [0.0, 3.0, 16.0])
@pytest.mark.parametrize("sigma", [0.0, 1.0, 4.0])
def test_a_room_that_was_always_dark_is_no_fault(level: float, sigma: float) -> None:
    """Where nothing was ever seen, nothing is missed; nor is darkness a frozen picture."""
    dark = np.full((HEIGHT, WIDTH), level)
    assert not check(film(dark, 3 * MINUTE, sigma=sigma))


def test_noise_that_goes_is_no_loss_of_focus() -> None:
    """Gain noise is fine detail of no view."""
    assert not check(
        film(STREET * 0.5, 2 * MINUTE, sigma=8.0), film(STREET * 0.5, MINUTE, sigma=0.5)
    )


def test_a_night_too_dark_to_see_is_no_fault() -> None:
    """A view that goes within minutes is not missed."""

    def nightfall(scene: Scene, share: float) -> Scene:
        return scene * 2 ** (-10 * share)

    night = film(STREET * 0, 2 * MINUTE)
    assert not check(
        usual(), film(STREET, 10 * MINUTE, change=nightfall), night, usual()
    )


def test_a_frozen_picture_is_told_and_ended() -> None:
    """The same picture again and again, while pictures come, is no live picture."""
    (stuck,) = film(STREET, 1)
    observed = check(usual(), [stuck] * int((FROZEN_S + 40) * FPS), usual())
    assert told(observed) == one_fault(SceneFault.FROZEN)


def test_a_still_view_is_not_frozen() -> None:
    """One level in one pixel is life enough."""
    (still,) = film(STREET, 1)
    alive = still.copy()
    alive[3, 4] += 1
    assert not check(([still] * 100 + [alive]) * 10)


def test_a_picture_that_is_asked_for_may_repeat() -> None:
    """A camera that renews its still every few minutes is not frozen."""
    checker = SceneChecker("gate")
    checker.connected(polled=True)
    (still,) = film(STREET, 1)
    assert not check([still] * 3 * MINUTE, checker=checker)


def test_a_fault_that_becomes_another_is_told_with_the_new_reason() -> None:
    """A covered lens that goes dark is one fault with two reasons."""
    observed = check(usual(), film(HAND, MINUTE), film(HAND * 0, MINUTE // 2), usual())
    assert told(observed) == [
        ("scene_tampered", SceneFault.COVERED.value),
        ("scene_tampered", SceneFault.BLACK.value),
        ("scene_recovered", ""),
    ]


def test_keyframes_are_enough() -> None:
    """A quiet stream is looked at every other second."""
    observed = check(film(STREET, 40), film(HAND, 20), film(STREET, 20), fps=0.5)
    assert told(observed) == one_fault(SceneFault.COVERED)


def test_a_new_connection_remembers_the_view() -> None:
    """A camera turned away while it was unplugged is told, and told again after each outage."""
    checker = SceneChecker("gate")
    assert not check(usual(), checker=checker)
    for _ in range(2):
        checker.connected()
        observed = check(film(street(2), MINUTE // 2), checker=checker)
        assert told(observed) == [("scene_tampered", SceneFault.MOVED.value)]
    checker.connected()
    assert told(check(usual(), checker=checker)) == [("scene_recovered", "")]


def test_another_size_starts_anew() -> None:
    """A stream of another resolution is another picture."""
    observed = check(usual(), (image[::2, ::2] for image in film(HAND, MINUTE)))
    assert not observed


def test_tiny_pictures_are_not_judged() -> None:
    """Nothing can be told of a few pixels."""
    assert not check([np.zeros((8, 8), np.uint8)] * 3 * MINUTE)


def test_observations_are_of_the_scene() -> None:
    """They carry the key that no motion has."""
    observed = check(usual(), film(HAND, MINUTE))
    assert [(one.kind, one.key) for one in observed] == [
        (ObservationKind.SCENE_TAMPERED, "scene")
    ]
