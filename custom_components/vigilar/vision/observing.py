"""Who looks on while a camera is analysed; nothing is made where nobody does."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
import io
from math import exp
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .analyzer import Analyzer, AnalyzerSettings
from .clock import Grid
from .kernels import Mask, Plane
from .verdict import Thing, Verdict, box_of

SHOWN_FPS: Final = 5.0
"""Pictures a second of which anything is told at most."""
MAX_THINGS: Final = 20
CELL: Final = 8
"""Side of a cell of the heat map, pixels of the luma plane."""
HEAT_S: Final = 8.0
"""Time constant in seconds with which heat is lost."""
JPEG_QUALITY: Final = 70

_DIGITS: Final = 4

type Told = dict[str, Any]
"""What is told, in JSON types."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture that was just analysed.

    Attributes:
        analyzer: That has seen it; valid until it sees the next one.
        luma: uint8[h, w], never changed.
        ts: Its media time in seconds.
        at: The same as Unix time, of a live source; else as `ts`.
    """

    analyzer: Analyzer
    luma: NDArray[np.uint8]
    ts: float
    at: float


class Observer(Protocol):
    """Looks on; on the camera's thread, so it must not block."""

    @property
    def awake(self) -> bool:
        """Return whether all is to be decoded for it, even while nothing happens."""

    def look(self, sight: Sight) -> None:
        """Look at the newest picture."""


class LiveObserver:
    """Tells where things move, when that has changed."""

    awake = False

    def __init__(self, tell: Callable[[Told], None]) -> None:
        """Have told nothing.

        Args:
            tell: Called on the camera's thread; must not block.
        """
        self._tell = tell
        self._turns = Grid(SHOWN_FPS)
        self._boxes: list[Told] = []

    def look(self, sight: Sight) -> None:
        """Tell where things move, if it is its turn and there is news."""
        if not self._turns.takes(sight.ts):
            return
        height, width = sight.luma.shape
        boxes = [
            {
                "id": thing.id,
                "box": _round(box_of(thing.blob, width, height)),
                "label": None if thing.label is None else thing.label.label,
                "score": round(_score(thing), 2),
                "sure": thing.verdict is Verdict.COUNTS,
                "zones": list(thing.zones),
            }
            for thing in sight.analyzer.things()[:MAX_THINGS]
        ]
        if boxes != self._boxes:
            self._boxes = boxes
            self._tell({"ts": round(sight.at * 1000), "boxes": boxes})


class TuningObserver:
    """Tells all that the analysis sees, by its own settings or by others.

    With others, a second analyzer looks at the same pictures. It begins with what
    the first one knows of the scene, and goes its own way from there.
    """

    awake = True

    def __init__(
        self,
        tell: Callable[[Told], None],
        settings: AnalyzerSettings | None = None,
    ) -> None:
        """Have told nothing.

        Args:
            tell: Called on the camera's thread; must not block.
            settings: To judge by; None for those of the camera.
        """
        self._tell = tell
        self._settings = settings
        self._turns = Grid(SHOWN_FPS)
        self._heat = HeatMap()
        self._first: Analyzer | None = None
        self._shadow: Analyzer | None = None

    def look(self, sight: Sight) -> None:
        """Judge every picture, and tell of it if it is its turn."""
        analyzer = self._judge(sight)
        if analyzer is None or (result := analyzer.result) is None:
            return
        self._heat.add(result.mask, sight.ts)
        if self._turns.takes(sight.ts):
            self._tell(self._describe(analyzer, sight))

    def _judge(self, sight: Sight) -> Analyzer | None:
        """Return the analyzer that has judged this picture by the wanted settings."""
        if self._settings is None:
            return sight.analyzer
        if sight.analyzer is not self._first or self._shadow is None:
            # This picture is among what it knows: it judges from the next one on.
            self._first = sight.analyzer
            self._shadow = sight.analyzer.fork(self._settings)
            return None
        self._shadow.update(sight.luma, sight.ts)
        return self._shadow

    def _describe(self, analyzer: Analyzer, sight: Sight) -> Told:
        """Return all that an analyzer makes of a picture."""
        height, width = sight.luma.shape
        things = analyzer.things()[:MAX_THINGS]
        return {
            "ts": round(sight.at * 1000),
            "width": width,
            "height": height,
            "luma": _text(encode_luma(sight.luma)),
            "heat": self._heat.describe(),
            "blobs": _blobs(analyzer, things, width, height),
            "tracks": [
                {
                    "id": thing.id,
                    "box": _round(box_of(thing.blob, width, height)),
                    "path": [_round(place) for place in thing.path],
                    "sure": thing.verdict is Verdict.COUNTS,
                    "why": thing.verdict.value,
                }
                for thing in things
            ],
            "would_count": analyzer.moving,
        }


class HeatMap:
    """Where something changed lately: hot at once, and slowly cold again."""

    def __init__(self) -> None:
        """Begin cold."""
        self._cells: Plane = np.zeros((0, 0), np.float32)
        self._ts = 0.0

    def add(self, mask: Mask, ts: float) -> None:
        """Add a picture.

        Args:
            mask: uint8[h, w] of 0 and 1: what changed.
            ts: Media time in seconds.
        """
        rows, columns = (-(-side // CELL) for side in mask.shape)
        if self._cells.shape != (rows, columns):
            self._cells = np.zeros((rows, columns), np.float32)
        padded = np.zeros((rows * CELL, columns * CELL), np.uint8)
        padded[: mask.shape[0], : mask.shape[1]] = mask
        shares = padded.reshape(rows, CELL, columns, CELL).mean(
            axis=(1, 3), dtype=np.float32
        )
        self._cells *= exp(-max(0.0, ts - self._ts) / HEAT_S)
        np.maximum(self._cells, shares, out=self._cells)
        self._ts = ts

    def describe(self) -> Told:
        """Return the map: bytes of 0-255 row by row, in base 64."""
        rows, columns = self._cells.shape
        levels = np.rint(self._cells * 255).astype(np.uint8)
        return {"columns": columns, "rows": rows, "data": _text(levels.tobytes())}


def encode_luma(luma: NDArray[np.uint8]) -> bytes:
    """Return a luma plane, uint8[h, w], as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(luma).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _blobs(
    analyzer: Analyzer, things: tuple[Thing, ...], width: int, height: int
) -> list[Told]:
    """Return the regions of change, those that masks hide among them."""
    result = analyzer.result
    assert result is not None
    counting = {id(thing.blob) for thing in things if thing.verdict is Verdict.COUNTS}
    shown = [
        {
            "box": _round(box_of(blob, width, height)),
            "area": round(blob.area / (width * height), 5),
            "counts": id(blob) in counting,
        }
        for blob in result.blobs
    ]
    if result.learning:
        return shown
    return shown + [
        {
            "box": _round(box),
            "area": round(box.w * box.h, 5),
            "counts": False,
            "why": Verdict.MASKED.value,
        }
        for box in analyzer.masked()
    ]


def _score(thing: Thing) -> float:
    """Return how sure it is what a thing is, or that there is one."""
    return thing.score if thing.label is None else thing.label.score


def _round(numbers: tuple[float, ...]) -> list[float]:
    """Return fractions with as many digits as a screen has pixels."""
    return [round(number, _DIGITS) for number in numbers]


def _text(data: bytes) -> str:
    """Return bytes in base 64."""
    return base64.b64encode(data).decode()
