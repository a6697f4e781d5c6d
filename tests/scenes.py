"""Synthetic scenes with known truth: a textured view, things that cross it, and nuisances.

A scene is a stack of layers. Each layer takes the picture as the ones before it
left it and the time, and returns the picture with what it adds. Everything
follows from a seed, so that a scene is the same in each run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Image = NDArray[np.uint8]
"""uint8[h, w]."""
type Plane = NDArray[Any]
"""float[h, w] of luma, 0-255."""
type Layer = Callable[[Plane, float], Plane]
"""What it adds to a picture at a time in seconds."""
type Point = tuple[float, float]
type Span = tuple[float, float]

WIDTH: Final = 256
HEIGHT: Final = 144
FPS: Final = 5.0
DURATION_S: Final = 40.0
ENTERS_S: Final = 22.0
"""When the walker of a nuisance's scene enters."""
STANDS_UNTIL_S: Final = 193.0
"""When a person who stands for three minutes goes."""

_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def _plane(picture: Any) -> Plane:
    """Return what untyped code made of a picture."""
    return np.asarray(picture, np.float32)


@dataclass(frozen=True)
class Scene:
    """A scene with known truth.

    Attributes:
        name: Of what makes it hard.
        strength: How much of that, 1-3.
        view: What stands there.
        layers: What happens, in order.
        events: When something enters, crosses or leaves, seconds.
        sigma: Of the sensor's noise, luma levels.
        seed: Of the noise.
        duration: Seconds.
    """

    name: str
    strength: int
    view: Plane
    layers: Sequence[Layer]
    events: tuple[Span, ...] = ()
    sigma: float = 2.0
    seed: int = 0
    duration: float = DURATION_S

    def frames(self, fps: float = FPS) -> Iterator[tuple[Image, float]]:
        """Yield the pictures and their times in seconds."""
        rng = np.random.default_rng(self.seed)
        for number in range(round(self.duration * fps)):
            ts = number / fps
            picture = self.view.copy()
            for layer in self.layers:
                picture = layer(picture, ts)
            noise = rng.normal(0, self.sigma, picture.shape)
            yield np.clip(picture + noise, 0, 255).astype(np.uint8), ts


def texture(seed: int, low: float = 40, high: float = 180) -> Plane:
    """Return a view of patches, gradients and grain.

    Args:
        seed: Of the view.
        low: Darkest, luma levels.
        high: Brightest.
    """
    rng = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH), np.float32)
    for cells, weight in ((3, 1.0), (9, 0.8), (30, 0.5), (72, 0.35)):
        coarse = rng.uniform(0, 1, (cells, cells * 16 // 9)).astype(np.float32)
        how = cv2.INTER_NEAREST if cells == 9 else cv2.INTER_CUBIC
        picture += weight * cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=how)
    picture -= picture.min()
    return _plane((low + picture * (high - low) / picture.max()).astype(np.float32))


def _smooth(seed: int, scale: float) -> Plane:
    """Return a smooth random field of about 0-1, with features of `scale` pixels."""
    rng = np.random.default_rng(seed)
    shape = (max(2, round(HEIGHT / scale)), max(2, round(WIDTH / scale)))
    coarse = rng.uniform(0, 1, shape).astype(np.float32)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def _spot(
    x: float, y: float, radius_x: float, radius_y: float, power: int = 2
) -> Plane:
    """Return a spot with soft edges, 0-1; a higher power makes them harder."""
    reach = ((_X - x) / radius_x) ** 2 + ((_Y - y) / radius_y) ** 2
    return _plane(np.exp(-(reach ** (power / 2))).astype(np.float32))


@dataclass(frozen=True)
class Walker:
    """A figure with a head, a body and legs that stride.

    Attributes:
        path: Times in seconds and places of its feet in pixels, in order; it
            walks straight from one to the next and is absent outside.
        height: Pixels.
        contrast: Of its brightness to what is behind it; below zero is darker.
        grain: Of its clothes, as a share of its brightness.
    """

    path: tuple[tuple[float, float, float], ...]
    height: float
    contrast: float
    grain: float = 0.08

    def place(self, ts: float) -> Point | None:
        """Return where its feet are, or None where it is absent."""
        if not self.path[0][0] <= ts <= self.path[-1][0]:
            return None
        times = [step[0] for step in self.path]
        x = float(np.interp(ts, times, [step[1] for step in self.path]))
        y = float(np.interp(ts, times, [step[2] for step in self.path]))
        return x, y

    def __call__(self, picture: Plane, ts: float) -> Plane:
        """Add it to a picture."""
        place = self.place(ts)
        if place is None:
            return picture
        x, y = place
        tall = self.height
        stride = 0.14 * tall * sin(x / max(1.0, tall) * 2 * pi)
        shape = np.maximum.reduce(
            [
                _spot(x, y - 0.9 * tall, 0.09 * tall, 0.1 * tall, 6),
                _spot(x, y - 0.6 * tall, 0.15 * tall, 0.24 * tall, 6),
                _spot(x + stride, y - 0.18 * tall, 0.08 * tall, 0.22 * tall, 6),
                _spot(x - stride, y - 0.18 * tall, 0.08 * tall, 0.22 * tall, 6),
            ]
        )
        clothes = 1 + self.grain * np.sin(0.9 * (_X - x)) * np.cos(0.7 * (_Y - y))
        behind = float(np.average(picture, weights=shape + 1e-6))
        # Half its brightness is its own: it does not show the wall's texture.
        own = (0.5 * behind + 0.5 * picture) * (1 + self.contrast) * clothes
        return _plane((picture + shape * (own - picture)).astype(np.float32))


@dataclass(frozen=True)
class Body:
    """A vehicle or an animal: a long shape that keeps its form.

    Attributes:
        path: As of a walker.
        width: Pixels.
        height: Pixels.
        contrast: Of its brightness to what is behind it.
    """

    path: tuple[tuple[float, float, float], ...]
    width: float
    height: float
    contrast: float

    def __call__(self, picture: Plane, ts: float) -> Plane:
        """Add it to a picture."""
        place = Walker(self.path, self.height, self.contrast).place(ts)
        if place is None:
            return picture
        x, y = place
        shape = _spot(x, y - self.height / 2, self.width / 2, self.height / 2, 8)
        windows = 1 + 0.15 * np.sin(8 * (_X - x) / self.width)
        behind = float(np.average(picture, weights=shape + 1e-6))
        own = behind * (1 + self.contrast) * windows
        return _plane((picture + shape * (own - picture)).astype(np.float32))


def crossing(
    begin: float,
    *,
    height: float = 30,
    contrast: float = 0.4,
    speed: float = 25,
    y: float = 110,
    leftwards: bool = False,
) -> tuple[Walker, Span]:
    """Return a walker who crosses the whole picture, and when.

    Args:
        begin: When it enters, seconds.
        height: Pixels.
        contrast: Of its brightness to what is behind it.
        speed: Pixels a second.
        y: Of its feet.
        leftwards: It comes from the right.
    """
    end = begin + WIDTH / speed
    left, right = (WIDTH, 0) if leftwards else (0, WIDTH)
    path = ((begin, float(left), y), (end, float(right), y))
    return Walker(path, height, contrast), (begin, end)


def two_who_cross(seed: int, apart: float) -> tuple[Scene, Walker, Walker]:
    """Return two people who walk towards and past each other, and who they are.

    Args:
        seed: Of the view.
        apart: How much lower in the picture the feet of the second are, pixels.
    """
    one, span = crossing(5.0, height=36, contrast=-0.45, y=100)
    other, _ = crossing(5.0, height=44, contrast=0.6, y=100 + apart, leftwards=True)
    scene_ = Scene(
        "two people", 1, texture(seed), [one, other], (span,), seed=seed, duration=20.0
    )
    return scene_, one, other


def sway(seed: int, amplitude: float, share: float = 0.6) -> Layer:
    """Return a layer that moves foliage to and fro in gusts.

    Args:
        seed: Of where it grows.
        amplitude: Pixels.
        share: Of the picture's width that it covers, from the right.
    """
    phase = 2 * pi * _smooth(seed, 24)
    where = 1 / (1 + np.exp((WIDTH * (1 - share) - _X) / 4))

    def layer(picture: Plane, ts: float) -> Plane:
        gust = 0.4 + 0.6 * sin(2 * pi * ts / 11 + seed) ** 2
        swing = amplitude * gust * where
        dx = swing * np.sin(2 * pi * ts / 1.7 + phase)
        dy = 0.5 * swing * np.sin(2 * pi * ts / 1.1 + 2 * phase)
        return cv2.remap(
            picture,
            (_X + dx).astype(np.float32),
            (_Y + dy).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    return layer


def shake(seed: int, sigma: float) -> Layer:
    """Return a layer that moves the whole picture at random.

    Args:
        seed: Of the movement.
        sigma: Pixels of the luma plane.
    """
    rng = np.random.default_rng(seed)
    place = np.zeros(2)

    def layer(picture: Plane, _ts: float) -> Plane:
        place[:] = 0.6 * place + 0.8 * rng.normal(0, sigma, 2)
        matrix = np.array([[1, 0, place[0]], [0, 1, place[1]]], np.float32)
        return cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )

    return layer


def rain(seed: int, count: int) -> Layer:
    """Return a layer of streaks that are elsewhere in each picture.

    Args:
        seed: Of their places.
        count: Streaks a picture.
    """
    rng = np.random.default_rng(seed)

    def layer(picture: Plane, _ts: float) -> Plane:
        drops = np.zeros_like(picture)
        for _ in range(count):
            x, y = rng.uniform(0, WIDTH), rng.uniform(-20, HEIGHT)
            length = rng.uniform(6, 30)
            end = (round(x + 0.15 * length), round(y + length))
            width = 2 if rng.random() < 0.15 else 1
            cv2.line(drops, (round(x), round(y)), end, rng.uniform(15, 60), width)
        return picture + cv2.GaussianBlur(drops, (3, 3), 0.7)

    return layer


def snow(seed: int, count: int, radius: float = 1.2) -> Layer:
    """Return a layer of flakes that fall.

    Args:
        seed: Of their places.
        count: Flakes a picture.
        radius: Of most, pixels; a few near the lens are four times as large.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, WIDTH, count), rng.uniform(0, HEIGHT, count)
    near = rng.random(count) < 0.04
    size = np.where(near, 4 * radius, radius * rng.uniform(0.6, 1.4, count))
    fall = rng.uniform(40, 110, count) * np.where(near, 2, 1)
    drift = rng.normal(0, 20, count)

    def layer(picture: Plane, ts: float) -> Plane:
        flakes = np.zeros_like(picture)
        for index in range(count):
            place = (
                round((x[index] + drift[index] * ts) % WIDTH),
                round((y[index] + fall[index] * ts) % HEIGHT),
            )
            cv2.circle(flakes, place, max(1, round(size[index])), 1.0, -1)
        flakes = cv2.GaussianBlur(flakes, (0, 0), 0.9)
        return _plane(picture + 0.6 * flakes * (230 - picture))

    return layer


def insects(seed: int, rate: float) -> Layer:
    """Return a layer of insects lit by infra-red: bright, blurred, fast and erratic.

    Args:
        seed: Of their flight.
        rate: Of them a second.
    """
    rng = np.random.default_rng(seed)
    flights: list[tuple[float, float, float, NDArray[np.float64]]] = []
    ts = 3.0
    while ts < DURATION_S:
        ts += rng.exponential(1 / rate)
        lasts = rng.uniform(0.4, 2.5)
        legs = rng.normal(0, 45, (4, 2)).cumsum(axis=0)
        path = np.array([rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)]) + legs
        flights.append((ts, lasts, rng.uniform(3, 13), path))

    def layer(picture: Plane, ts: float) -> Plane:
        for begin, lasts, radius, path in flights:
            if not begin <= ts <= begin + lasts:
                continue
            at = (ts - begin) / lasts * (len(path) - 1)
            x = float(np.interp(at, range(len(path)), path[:, 0]))
            y = float(np.interp(at, range(len(path)), path[:, 1]))
            picture = picture + 0.7 * _spot(x, y, radius, radius) * (240 - picture)
        return picture

    return layer


def web(strength: float) -> Layer:
    """Return a layer of a thread before the lens that swings in the wind.

    Args:
        strength: Amplitude of its swing, pixels.
    """

    def layer(picture: Plane, ts: float) -> Plane:
        swing = strength * (sin(2 * pi * ts / 2.3) + 0.5 * sin(2 * pi * ts / 0.9))
        distance = np.abs(_X - 180 - 0.3 * _Y - swing * np.sin(pi * _Y / HEIGHT))
        return _plane(
            picture + 0.5 * np.exp(-((distance / 2.5) ** 2)) * (220 - picture)
        )

    return layer


def clouds(seed: int, depth: float) -> Layer:
    """Return a layer of shadows with soft edges that drift over the ground.

    Args:
        seed: Of their form.
        depth: Share of the light that they take.
    """
    field = _smooth(seed, 60)
    wide = np.concatenate((field, field[:, ::-1]), axis=1)

    def layer(picture: Plane, ts: float) -> Plane:
        shift = round(18 * ts) % wide.shape[1]
        shade = np.roll(wide, shift, axis=1)[:, :WIDTH]
        return picture * (1 - depth * np.clip(shade * 2 - 0.5, 0, 1))

    return layer


def leaf_shadows(seed: int, depth: float) -> Layer:
    """Return a layer of dappled shadows of a tree that stands out of view.

    Args:
        seed: Of their form.
        depth: Share of the light that they take.
    """
    field = np.clip(_smooth(seed, 12) * 3 - 1, 0, 1) * (_Y > HEIGHT / 2)
    swing = sway(seed + 1, 4.0, 0.9)

    def layer(picture: Plane, ts: float) -> Plane:
        return picture * (1 - depth * swing(field.astype(np.float32), ts))

    return layer


def headlights(power: float) -> Layer:
    """Return a layer of a beam that sweeps over the view every ten seconds.

    Args:
        power: Brightness that it adds in its middle, as a share.
    """

    def layer(picture: Plane, ts: float) -> Plane:
        at = ts % 10 - 5
        if not 0 <= at <= 3:
            return picture
        x = -60 + (WIDTH + 120) * at / 3
        beam = _spot(x, 90, 45, 30) + 0.3 * _spot(x, 70, 140, 90)
        return picture * (1 + power * beam)

    return layer


def gain(curve: Callable[[float], float]) -> Layer:
    """Return a layer that changes the light.

    Args:
        curve: Factor at a time in seconds.
    """
    return lambda picture, ts: picture * np.float32(curve(ts))


def infrared_cut(seed: int, at: Sequence[float], depth: float) -> Layer:
    """Return a layer in which the camera switches to infra-red and back.

    Args:
        seed: Of how materials look by infra-red.
        at: When it switches, seconds.
        depth: How much they differ, 0-1.
    """
    remap = np.exp(depth * 2 * (_smooth(seed, 14) - 0.5)).astype(np.float32)

    def layer(picture: Plane, ts: float) -> Plane:
        done = [moment for moment in at if moment <= ts]
        if len(done) % 2:
            picture = (60 + 0.6 * picture) * remap
        # The filter takes a moment, and exposure settles after it.
        since = ts - done[-1] if done else 99.0
        return picture * np.float32(0.15 if since < 0.3 else 1 + 0.8 * np.exp(-since))

    return layer


def pumping(seed: int, depth: float, period: float = 4.0) -> Layer:
    """Return a layer of coarse compression that a keyframe sharpens at once.

    Args:
        seed: Of the blocks' errors.
        depth: Share of the detail that is lost, 0-1.
        period: Between keyframes, seconds.
    """
    blocks = (HEIGHT // 8, WIDTH // 8)

    def layer(picture: Plane, ts: float) -> Plane:
        since = ts % period / period
        coarse = cv2.resize(picture, blocks[::-1], interpolation=cv2.INTER_AREA)
        rng = np.random.default_rng(seed + int(ts // 0.6))
        coarse = coarse + rng.normal(0, 4 * depth, blocks)
        blocky = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        weight = np.float32(depth * (0.3 + 0.7 * since))
        return _plane(picture + weight * (blocky - picture))

    return layer


def clock(height: int) -> Layer:
    """Return a layer of a burnt-in clock that counts seconds.

    Args:
        height: Of its digits, pixels.
    """

    def layer(picture: Plane, ts: float) -> Plane:
        scale = height / 22
        text = f"2026-07-{10 + int(ts) // 3600} 12:{int(ts) // 60:02}:{int(ts) % 60:02}"
        drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.putText(drawn, text, (4, height + 3), cv2.FONT_HERSHEY_SIMPLEX, scale, 255)
        return np.maximum(picture, drawn)

    return layer


def pendulum(amplitude: float) -> Layer:
    """Return a layer of a balloon that swings by more than its own width.

    Args:
        amplitude: Of its swing, pixels.
    """

    def layer(picture: Plane, ts: float) -> Plane:
        swing = amplitude * sin(2 * pi * ts / 2.9) * (0.6 + 0.4 * sin(2 * pi * ts / 13))
        shape = _spot(60 + swing, 50, 8, 10, 6)
        return _plane(picture + 0.8 * shape * (210 - picture))

    return layer


def _slow_cattle(strength: int, seed: int) -> Scene:
    """Return a cow that grazes its way through the view; weaker is slower."""
    speed = (6.0, 3.0, 1.5)[strength - 1]
    path = [(4.0, 60.0, 120.0)]
    rng = np.random.default_rng(seed)
    while path[-1][0] < DURATION_S:
        ts, x, y = path[-1]
        path += [
            (ts + 6, x + 6 * speed, y),
            (ts + 6 + rng.uniform(1, 3), x + 6 * speed, y),
        ]
    cow = Body(tuple(path), 46, 28, -0.4)
    return Scene(
        "slow cattle", strength, texture(seed), [cow], ((4.0, DURATION_S),), seed=seed
    )


def _dark_street(strength: int, seed: int) -> Scene:
    """Return three people far away in a dark street."""
    tall = (14.0, 10.0, 7.0)[strength - 1]
    walkers, spans = zip(
        *(
            crossing(begin, height=tall, contrast=0.9, speed=14, y=70 + 6 * number)
            for number, begin in enumerate((15.0, 16.0, 17.5))
        ),
        strict=True,
    )
    end = max(span[1] for span in spans)
    return Scene(
        "dark street",
        strength,
        texture(seed, 6, 30),
        list(walkers),
        ((15.0, min(end, DURATION_S)),),
        sigma=2.0,
        seed=seed,
    )


def _dimming(strength: int, seed: int) -> Scene:
    """Return a person who comes, stands while the light dims, and goes."""
    left = (0.6, 0.35, 0.2)[strength - 1]
    path = (
        (8.0, 0.0, 110.0),
        (13.0, 120.0, 110.0),
        (29.0, 126.0, 110.0),
        (34.0, 256.0, 110.0),
    )
    dim = gain(lambda ts: float(np.interp(ts, (14, 26), (1, left))))
    return Scene(
        "dimming",
        strength,
        texture(seed),
        [Walker(path, 40, -0.4), dim],
        ((8.0, 34.0),),
        seed=seed,
    )


def _standing(strength: int, seed: int) -> Scene:
    """Return a person who comes, stands for three minutes and goes; weaker sways less."""
    tall = (60.0, 45.0, 30.0)[strength - 1]
    sway_px = 0.012 * tall
    rng = np.random.default_rng(seed)
    slow, quick = rng.uniform(0, 2 * pi, 2)
    path = [(8.0, 0.0, 110.0)]
    for ts in np.arange(13, STANDS_UNTIL_S, 0.5).tolist():
        lean = sin(2 * pi * ts / 6.3 + slow) + 0.5 * sin(2 * pi * ts / 2.4 + quick)
        path.append((ts, 120 + sway_px * lean, 110.0))
    path.append((STANDS_UNTIL_S + 5, 256.0, 110.0))
    return Scene(
        "standing",
        strength,
        texture(seed),
        [Walker(tuple(path), tall, -0.4)],
        ((8.0, STANDS_UNTIL_S + 5),),
        seed=seed,
        duration=STANDS_UNTIL_S + 20,
    )


def _parking(strength: int, seed: int) -> Scene:
    """Return a car that parks, stands, and leaves; weaker contrast is harder."""
    contrast = (0.8, 0.5, 0.3)[strength - 1]
    path = (
        (8.0, -30.0, 110.0),
        (11.0, 120.0, 110.0),
        (30.0, 120.0, 110.0),
        (33.0, 290.0, 110.0),
    )
    return Scene(
        "parking",
        strength,
        texture(seed),
        [Body(path, 56, 30, contrast)],
        ((8.0, 11.0), (30.0, 33.0)),
        seed=seed,
    )


def _infrared_walker(strength: int, seed: int) -> Scene:
    """Return a person by infra-red among insects."""
    walker, span = crossing(ENTERS_S, height=44, contrast=1.2, speed=30)
    layers: list[Layer] = [walker, insects(seed, (0.2, 0.6, 1.5)[strength - 1])]
    return Scene(
        "insects", strength, texture(seed, 10, 60), layers, (span,), sigma=3, seed=seed
    )


def _step(level: float) -> Layer:
    """Return steps of the light to a level and back."""
    return gain(lambda ts: level if int(ts) % 12 in {6, 7, 8} else 1.0)


def _ramp(level: float) -> Layer:
    """Return ramps of the light to a level and back within a few seconds."""
    return gain(lambda ts: float(np.interp(ts % 14, (0, 4, 7, 10), (1, 1, level, 1))))


NUISANCES: Final[dict[str, Callable[[int, int], Sequence[Layer]]]] = {
    "sway": lambda strength, seed: [sway(seed, (1.0, 2.5, 5.0)[strength])],
    "shadows of leaves": lambda strength, seed: [
        leaf_shadows(seed, (0.2, 0.4, 0.6)[strength])
    ],
    "clouds": lambda strength, seed: [clouds(seed, (0.2, 0.4, 0.6)[strength])],
    "light steps": lambda strength, _seed: [_step((0.75, 0.5, 0.3)[strength])],
    "light ramps": lambda strength, _seed: [_ramp((0.75, 0.5, 0.3)[strength])],
    "headlights": lambda strength, _seed: [headlights((0.4, 1.0, 2.0)[strength])],
    "rain": lambda strength, seed: [rain(seed, (30, 100, 300)[strength])],
    "snow": lambda strength, seed: [snow(seed, (40, 120, 300)[strength])],
    "web": lambda strength, _seed: [web((2.0, 5.0, 10.0)[strength])],
    "pendulum": lambda strength, _seed: [pendulum((3.0, 8.0, 16.0)[strength])],
    "clock": lambda strength, _seed: [clock((6, 9, 14)[strength])],
    "pumping": lambda strength, seed: [pumping(seed, (0.3, 0.6, 0.9)[strength])],
    "shake": lambda strength, seed: [shake(seed, (0.3, 0.8, 2.0)[strength])],
    "infra-red switch": lambda strength, seed: [
        infrared_cut(seed, (10.0, 16.0), (0.4, 0.8, 1.2)[strength])
    ],
}
"""What a camera should keep silent about, by strength 0-2 and seed."""

_BEHIND: Final = {"sway", "shadows of leaves"}
"""What happens to the view, not before the lens: the walker stands before it."""


def nuisance(name: str, strength: int, seed: int) -> Scene:
    """Return a scene with a nuisance all the time, and one walker.

    Args:
        name: Of `NUISANCES`.
        strength: 1-3.
        seed: Of everything.
    """
    walker, span = crossing(
        ENTERS_S,
        height=(24, 34, 48)[seed % 3],
        contrast=(0.5, -0.45, 0.35)[seed % 3],
        leftwards=bool(seed % 2),
    )
    layers: Sequence[Layer] = NUISANCES[name](strength - 1, seed)
    ordered: list[Layer] = [*layers, walker] if name in _BEHIND else [walker, *layers]
    return Scene(name, strength, texture(seed), ordered, (span,), seed=seed)


def _noise(strength: int, seed: int) -> Scene:
    """Return a dark view with a noisy sensor, and one walker."""
    walker, span = crossing(ENTERS_S, height=34, contrast=0.8)
    return Scene(
        "noise",
        strength,
        texture(seed, 20, 90),
        [walker],
        (span,),
        sigma=(4.0, 8.0, 14.0)[strength - 1],
        seed=seed,
    )


SPECIAL: Final[dict[str, Callable[[int, int], Scene]]] = {
    "insects": _infrared_walker,
    "noise": _noise,
    "dimming": _dimming,
    "standing": _standing,
    "parking": _parking,
    "slow cattle": _slow_cattle,
    "dark street": _dark_street,
}
"""Scenes that are more than a nuisance, by strength 1-3 and seed."""


def scene(name: str, strength: int, seed: int) -> Scene:
    """Return a scene by its name.

    Args:
        name: Of `NUISANCES` or `SPECIAL`.
        strength: 1-3.
        seed: Of everything.
    """
    if name in SPECIAL:
        return SPECIAL[name](strength, seed)
    return nuisance(name, strength, seed)


def walker_of(height: float, contrast: float, seed: int) -> Scene:
    """Return a quiet view that a walker crosses.

    Args:
        height: Share of the picture's height, 0-1.
        contrast: Of its brightness to what is behind it.
        seed: Of the view.
    """
    tall = height * HEIGHT
    # What is far away is small and slow.
    walker, span = crossing(
        10.0, height=tall, contrast=contrast, speed=max(10.0, 0.9 * tall)
    )
    end = min(span[1], DURATION_S)
    return Scene(
        "walker", 1, texture(seed), [walker], ((span[0], end),), sigma=1.5, seed=seed
    )
