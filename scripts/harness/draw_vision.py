"""Draw what the vision code makes of a scene, for its page of documentation.

The scenes are synthetic and the same in each run. Foreground and tracks are
those of the detector and the tracker. Background, spread and deviation are
worked out here as the page describes them, so that the pictures show the idea
and not the arrays that happen to hold it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import dist
from pathlib import Path
import sys
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import load_kernels
from custom_components.vigilar.vision.motion import (
    BACKGROUND_S,
    DARK_OFFSET,
    SPREAD_S,
    MotionDetector,
)
from custom_components.vigilar.vision.tracking import Tracker
from tests import scenes

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
SETTLED_S: Final = 8.0
"""Before it the background is still being learned."""
SEEN_STEPS: Final = 3
"""A track that was seen less often is a fleck, and is not drawn."""
GONE_S: Final = 2.0
"""Tracks that ended so long ago are still drawn."""

SCALE: Final = 1.25
GAP: Final = 10
CAPTION: Final = 24
PAPER: Final = (250, 250, 248)
INK: Final = (40, 44, 52)
GOES: Final = (64, 200, 120)
STAYS: Final = (255, 176, 46)

type Pixels = np.typing.NDArray[Any]
type Box = tuple[int, int, int, int]


@dataclass
class Trail:
    """Where a track was.

    Attributes:
        places: Centres of its blobs, pixels of the luma plane.
        box: Of the newest: left, top, width, height.
        seen: When, seconds.
        moving: It went somewhere.
    """

    places: list[tuple[float, float]] = field(default_factory=list)
    box: Box = (0, 0, 0, 0)
    seen: float = 0.0
    moving: bool = False


@dataclass(frozen=True)
class Moment:
    """What there is to show of one frame.

    Attributes:
        ts: Seconds.
        luma: uint8[h, w], the frame.
        mean: float[h, w], the usual brightness in luma levels.
        spread: float[h, w], how much a pixel flickers, as a share of its brightness.
        deviation: float[h, w], from the mean, as a share.
        mask: uint8[h, w] of 0 and 1, the foreground.
        trails: Of the tracks.
    """

    ts: float
    luma: Pixels
    mean: Pixels
    spread: Pixels
    deviation: Pixels
    mask: Pixels
    trails: tuple[Trail, ...]


class Background:
    """Mean and spread of the logarithm of brightness, as the page describes them."""

    def __init__(self, luma: Pixels) -> None:
        """Take the first frame as it is."""
        self.mean = _level(luma)
        self.spread = np.full(luma.shape, 0.02)

    def follow(self, luma: Pixels, gap: float) -> Pixels:
        """Take a frame, `gap` seconds after the last; return its deviation."""
        difference = _level(luma) - self.mean
        difference -= np.median(difference)
        difference -= cv2.blur(np.clip(difference, -0.2, 0.2), (33, 33))
        size: Pixels = np.abs(difference)
        self.mean += (_level(luma) - self.mean) * gap / BACKGROUND_S
        self.spread += (size - self.spread) * gap / SPREAD_S
        return size


def _level(luma: Pixels) -> Pixels:
    """Return the logarithm of brightness."""
    level: Pixels = np.log(luma.astype(np.float64) + DARK_OFFSET)
    return level


def moments(scene: scenes.Scene) -> Iterator[Moment]:
    """Yield what there is to show of each frame of a scene that is settled."""
    settings = AnalyzerSettings()
    detector = MotionDetector(
        load_kernels(), threshold=settings.threshold, min_area=settings.min_area
    )
    tracker = Tracker(seen=settings.begin_frames, of=settings.begin_window)
    background: Background | None = None
    trails: dict[int, Trail] = {}
    for luma, ts in scene.frames():
        result = detector.update(luma, ts)
        height, width = luma.shape
        background = background or Background(luma)
        deviation = background.follow(luma, 1 / scenes.FPS)
        for track in tracker.update(result.blobs, ts, width, height):
            blob = track.blob
            trail = trails.setdefault(track.id, Trail())
            trail.places.append((blob.x + blob.w / 2, blob.y + blob.h / 2))
            trail.box = (blob.x, blob.y, blob.w, blob.h)
            trail.seen, trail.moving = ts, track.moving
        trails = {key: one for key, one in trails.items() if ts - one.seen <= GONE_S}
        if ts >= SETTLED_S and not result.learning:
            shown = tuple(
                replace(one, places=list(one.places))
                for one in trails.values()
                if len(one.places) >= SEEN_STEPS
            )
            mean = np.exp(background.mean) - DARK_OFFSET
            spread = background.spread.copy()
            yield Moment(ts, luma, mean, spread, deviation, result.mask.copy(), shown)


def _grey(luma: Pixels) -> Image.Image:
    """Return brightness as a picture."""
    return Image.fromarray(np.clip(luma, 0, 255).astype(np.uint8)).convert("RGB")


def _heat(share: Pixels, full: float) -> Image.Image:
    """Return shares as colours, the brightest at `full`."""
    levels = np.clip(share / full * 255, 0, 255).astype(np.uint8)
    coloured = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return Image.fromarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB))


def _tracks(moment: Moment) -> Image.Image:
    """Return the frame, dimmed, with its tracks and how far they got."""
    size = (round(scenes.WIDTH * SCALE), round(scenes.HEIGHT * SCALE))
    picture = _grey(moment.luma * 0.45).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for trail in moment.trails:
        colour = GOES if trail.moving else STAYS
        x, y, w, h = (round(value * SCALE) for value in trail.box)
        draw.rectangle((x, y, x + w, y + h), outline=colour)
        places = [(px * SCALE, py * SCALE) for px, py in trail.places]
        draw.line(places, fill=colour, width=2, joint="curve")
    longest = max(moment.trails, key=lambda one: len(one.places), default=None)
    if longest is not None:
        net = dist(longest.places[0], longest.places[-1])
        steps = zip(longest.places, longest.places[1:], strict=False)
        path = sum(dist(*pair) for pair in steps)
        text = f"{net:.0f} px away after {path:.0f} px"
        colour = GOES if longest.moving else STAYS
        draw.text((8, 6), text, fill=colour, font=ImageFont.load_default(14))
    return picture


PANELS: Final[tuple[tuple[str, Callable[[Moment], Image.Image]], ...]] = (
    ("frame", lambda moment: _grey(moment.luma)),
    ("usual brightness", lambda moment: _grey(moment.mean)),
    ("usual flicker (0-20 %)", lambda moment: _heat(moment.spread, 0.2)),
    ("deviation (0-60 %)", lambda moment: _heat(moment.deviation, 0.6)),
    ("foreground", lambda moment: _grey(moment.mask * 255)),
    ("tracks: green goes somewhere", _tracks),
)


def strip(moment: Moment) -> Image.Image:
    """Return all panels of a moment, three in a row."""
    width, height = round(scenes.WIDTH * SCALE), round(scenes.HEIGHT * SCALE)
    step = (width + GAP, height + CAPTION + GAP)
    sheet = Image.new("RGB", (3 * step[0] + GAP, 2 * step[1] + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(15)
    for number, (caption, paint) in enumerate(PANELS):
        left = GAP + number % 3 * step[0]
        top = GAP + number // 3 * step[1]
        draw.text((left, top), caption, fill=INK, font=font)
        panel = paint(moment).resize((width, height), Image.Resampling.BICUBIC)
        sheet.paste(panel, (left, top + CAPTION))
    return sheet


def most(scene: scenes.Scene, measure: Callable[[Moment], float]) -> Moment:
    """Return the moment before the walker enters that has most of something."""
    early = (one for one in moments(scene) if one.ts < scenes.ENTERS_S)
    return max(early, key=measure)


def unrest(moment: Moment) -> float:
    """Return how much of the frame is foreground, pixels."""
    return float(moment.mask.sum())


def light(moment: Moment) -> float:
    """Return how much brighter the frame is than usual, luma levels."""
    return float((moment.luma - moment.mean).mean())


def at(scene: scenes.Scene, ts: float) -> Moment:
    """Return the first moment from a time on."""
    return next(one for one in moments(scene) if one.ts >= ts)


SCENES: Final[dict[str, Callable[[], Moment]]] = {
    "swaying": lambda: most(scenes.scene("sway", 3, 1), unrest),
    "headlights": lambda: most(scenes.scene("headlights", 1, 1), light),
    "walker": lambda: at(scenes.scene("sway", 1, 1), scenes.ENTERS_S + 7),
}
"""What is drawn, and which moment of it."""


def few_colours() -> Image.Image:
    """Return a picture of the colours in use, which keep the files small."""
    greys = [(level, level, level) for level in range(0, 256, 6)]
    heat = _heat(np.linspace(0, 1, 24)[None], 1.0)
    hot = [heat.getpixel((number, 0)) for number in range(heat.width)]
    colours = np.array([*greys, *hot, PAPER, INK, GOES, STAYS], np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    return palette


def draw_all(folder: Path) -> list[Path]:
    """Draw the pictures into a folder; return their files."""
    palette = few_colours()
    drawn = []
    for name, choose in SCENES.items():
        moment = choose()
        path = folder / f"vision-{name}.png"
        few = strip(moment).quantize(palette=palette, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        drawn.append(path)
    return drawn


def main() -> int:
    """Draw; return the exit code."""
    for path in draw_all(IMAGES):
        print(f"{path.name}: {path.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
