"""Focus: a blur is told on scenes of little texture, and nothing else is called one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
import io
from itertools import chain

import av
import cv2
import numpy as np
import pytest

from custom_components.vigilar.models import Observation
from custom_components.vigilar.vision.focus import Focus, detail
from custom_components.vigilar.vision.scene import SceneChecker, SceneFault

from ..scenes import (
    HEIGHT,
    WIDTH,
    Image,
    Layer,
    Plane,
    gain,
    rain,
    shake,
    snow,
    sway,
    texture,
)
from .common import encode

FPS = 5
MINUTE = 60 * FPS
BLURRED = [("scene_tampered", SceneFault.DEFOCUSED.value), ("scene_recovered", "")]


def blurred(view: Plane, sigma: float) -> Plane:
    """Return a view out of focus by so many pixels."""
    return np.asarray(cv2.GaussianBlur(view, (0, 0), sigma), np.float32)


def film(
    view: Plane, frames: int, layers: Sequence[Layer] = (), sigma: float = 1.5
) -> Iterator[Image]:
    """Yield pictures with noise of this sigma, levels."""
    rng = np.random.default_rng(5)
    for number in range(frames):
        picture = view
        for layer in layers:
            picture = layer(picture, number / FPS)
        noisy = picture + rng.normal(0, sigma, picture.shape)
        yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def check(*films: Iterable[Image], fps: float = FPS) -> list[Observation]:
    """Return what is observed."""
    checker = SceneChecker("yard")
    return [
        one
        for number, image in enumerate(chain(*films))
        for one in checker.update(image, number / fps)
    ]


def told(observed: list[Observation]) -> list[tuple[str, str]]:
    """Return kinds and reasons."""
    return [(str(one.kind), one.reason) for one in observed]


SHARP = texture(3)
MEDIUM = blurred(SHARP, 1.0)
SOFT = 100 + 0.5 * (blurred(SHARP, 2.0) - 100)
FAINT = 100 + 0.12 * (SHARP - 100)
"""A wall: four levels of contrast."""


@pytest.mark.parametrize(
    ("view", "sigma"),
    [(SHARP, 2.0), (SHARP, 6.0), (MEDIUM, 2.5), (SOFT, 4.0), (FAINT, 3.0)],
    ids=["sharp", "sharp, far out", "medium", "soft", "faint"],
)
def test_a_lens_out_of_focus_is_told_and_ended(view: Plane, sigma: float) -> None:
    """However little texture there is; within half a minute, dated at its beginning."""
    observed = check(
        film(view, MINUTE),
        film(blurred(view, sigma), MINUTE // 2),
        film(view, MINUTE // 3),
    )
    assert told(observed) == BLURRED
    assert 55_000 <= observed[0].ts <= 65_000


def test_keyframes_are_enough() -> None:
    """A quiet stream is looked at every other second."""
    view = film(MEDIUM, 40), film(blurred(MEDIUM, 3.0), 20), film(MEDIUM, 10)
    assert told(check(*view, fps=0.5)) == BLURRED


def test_a_smeared_lens_is_told() -> None:
    """Grease takes the detail of most of the view and some of its contrast."""
    smear = 0.7 * blurred(SHARP, 3.0) + 40
    smear[:, : WIDTH // 4] = SHARP[:, : WIDTH // 4]
    observed = check(film(SHARP, MINUTE), film(smear, MINUTE // 2))
    assert told(observed) == BLURRED[:1]


def test_night_ends_no_blur() -> None:
    """What nobody can tell is not over."""
    dim = blurred(SHARP, 3.0) * 0.1
    observed = check(
        film(SHARP, MINUTE), film(blurred(SHARP, 3.0), MINUTE // 2), film(dim, MINUTE)
    )
    assert told(observed) == BLURRED[:1]


def fog(share: float, over: float) -> Layer:
    """Return a layer of fog that takes this share of the contrast within seconds."""

    def layer(picture: Plane, ts: float) -> Plane:
        return picture + (190 - picture) * share * min(1.0, ts / over)

    return layer


def lamp(picture: Plane, ts: float) -> Plane:
    """Switch to infra-red after a second of black: a bright spot, dark around it."""
    if ts < 1:
        return 0 * picture
    y, x = np.linspace(-1, 1, HEIGHT)[:, None], np.linspace(-1, 1, WIDTH)
    return np.asarray(picture * (1.3 - 0.8 * np.hypot(x, y)), np.float32)


CHANGES: dict[str, Callable[[], Layer]] = {
    "night": lambda: gain(lambda ts: max(0.03, 1 - ts / 40)),
    "slow fog": lambda: fog(0.9, 60.0),
    "fast fog": lambda: fog(0.8, 5.0),
    "infra-red": lambda: lamp,
    "gain steps": lambda: gain(lambda ts: 0.4 if ts % 30 < 15 else 1.1),
    "light switched off": lambda: gain(lambda _ts: 0.06),
    "rain": lambda: rain(1, 200),
    "snow": lambda: snow(1, 200),
    "gusts": lambda: sway(2, 5.0, 0.9),
    "shake": lambda: shake(1, 1.5),
}


@pytest.mark.parametrize(
    "view", [SHARP, MEDIUM, FAINT], ids=["sharp", "medium", "faint"]
)
@pytest.mark.parametrize("name", CHANGES)
def test_weather_and_light_are_no_loss_of_focus(name: str, view: Plane) -> None:
    """The view is as sharp as ever."""
    assert not check(
        film(view, 45 * FPS),
        film(view, MINUTE, [CHANGES[name]()]),
        film(view, MINUTE // 3),
    )


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_an_empty_dark_room_is_no_loss_of_focus(sigma: float) -> None:
    """Neither is noise that comes and goes where there is nothing to see."""
    room = 8 + 0.02 * SHARP
    assert not check(
        film(room, MINUTE, sigma=4.0),
        film(room, MINUTE, sigma=sigma),
        film(room, MINUTE, sigma=4.0),
    )


def recoded(images: Iterable[Image], crf: int) -> Iterator[Image]:
    """Yield pictures as a stream of twice the plane's width shows them."""
    large = (cv2.resize(image, (2 * WIDTH, 2 * HEIGHT)) for image in images)
    options = {"bf": "0", "preset": "veryfast", "crf": str(crf)}
    data = encode(
        (np.asarray(image, np.uint8) for image in large),
        codec="libx264",
        options=options,
    )
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            small = cv2.resize(
                frame.to_ndarray(format="gray"),
                (WIDTH, HEIGHT),
                interpolation=cv2.INTER_AREA,
            )
            yield np.asarray(small, np.uint8)


@pytest.mark.parametrize("view", [SHARP, MEDIUM], ids=["sharp", "medium"])
def test_a_lower_bit_rate_is_no_loss_of_focus(view: Plane) -> None:
    """An encoder takes the finest detail first, and a lens takes more."""
    assert not check(
        recoded(film(view, 45 * FPS), 20), recoded(film(view, MINUTE // 2), 42)
    )


def test_sharpness_is_the_share_that_is_left() -> None:
    """It falls with the blur, stays with the contrast, and is unknown without any."""

    def measure(view: Plane) -> float | None:
        return focus.sharpness(detail(view, view, np.rint(view).astype(np.uint8)))

    focus = Focus(detail(SHARP, SHARP, SHARP.astype(np.uint8)))
    shares = [measure(blurred(SHARP, sigma)) for sigma in (0.1, 1.0, 1.5, 2.0, 3.0)]
    known = [share for share in shares if share is not None]
    assert len(known) == 5
    assert known == sorted(known, reverse=True)
    assert known[2] == pytest.approx(0.2, abs=0.06)
    assert measure(0.5 * SHARP) == pytest.approx(1.0, abs=0.05)
    assert measure(0.05 * SHARP) is None


def test_what_shakes_is_sharp() -> None:
    """The mean of its pictures is blurred, and they are not."""
    picture = SHARP.astype(np.uint8)
    mean = blurred(SHARP, 2.5)
    focus = Focus(detail(SHARP, SHARP, picture))
    assert focus.sharpness(detail(mean, mean, picture)) == pytest.approx(1.0)
