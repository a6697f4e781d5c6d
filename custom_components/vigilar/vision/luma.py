"""What the analysis saw of an event, kept so that it can be judged again.

A `LumaMemory` a camera holds the newest luma planes, by reference: that costs
memory and no time. Once an event is known, its planes are taken out from a
little before it on, together with what was known of the scene at that time.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
import json
import struct
import threading
from typing import Any, Final
import zlib

import numpy as np
from numpy.typing import NDArray

from .motion import Checkpoint
from .observing import Sight

HELD_S: Final = 16.0
"""So long planes are held: an event may become known late."""
MAX_HELD: Final = 100
LEAD_S: Final = 2.0
"""So long before an event it is judged again from."""
CHECKPOINT_S: Final = 2.0
"""Time between two notes of what is known of the scene."""
MAX_S: Final = 60.0
MAX_PLANES: Final = 300
"""What is kept of one event at most."""

DEADBAND: Final = 2
"""Levels by which a pixel may differ from what is kept of it: less is noise."""

_MAGIC: Final = b"VLUM1"
_LENGTH: Final = struct.Struct("<I")
_LEVEL: Final = 6
_KNOWN_BYTES: Final = 3
_MOST_PIXELS: Final = 512 * 512


@dataclass(frozen=True, slots=True)
class LumaPlane:
    """A picture as it was analysed.

    Attributes:
        ts: Media time, seconds.
        at: Unix time, seconds.
        luma: uint8[h, w].
    """

    ts: float
    at: float
    luma: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LumaClip:
    """The pictures of an event as they were analysed.

    Attributes:
        planes: In order, all of one size; one or more.
        known: What the scene looked like at the first; None where unknown.
    """

    planes: list[LumaPlane]
    known: Checkpoint | None


class LumaError(ValueError):
    """What was kept of an event cannot be read."""


@dataclass(slots=True)
class _Held:
    """A plane, and what was known of the scene with it."""

    plane: LumaPlane
    known: Checkpoint | None = None


@dataclass(slots=True)
class _Taking:
    """An event whose planes are taken out."""

    held: list[_Held] = field(default_factory=list)

    def add(self, held: _Held) -> None:
        """Take a plane, unless it is one too many."""
        if not self.full and (not self.held or self.fits(held)):
            self.held.append(held)

    def fits(self, held: _Held) -> bool:
        """Return whether a plane goes on where the last one ended."""
        last = self.held[-1].plane
        return last.luma.shape == held.plane.luma.shape and last.ts < held.plane.ts

    @property
    def full(self) -> bool:
        """Return whether no more is kept of it."""
        return len(self.held) >= MAX_PLANES or (
            bool(self.held) and self.held[-1].plane.ts - self.held[0].plane.ts >= MAX_S
        )


class LumaMemory:
    """The newest planes of one camera; looks on, on the camera's thread."""

    awake = False

    def __init__(self) -> None:
        """Hold nothing."""
        self._lock = threading.Lock()
        self._held: deque[_Held] = deque(maxlen=MAX_HELD)
        self._taking: dict[str, _Taking] = {}
        self._noted = 0.0

    def look(self, sight: Sight) -> None:
        """Hold the newest plane."""
        held = _Held(LumaPlane(sight.ts, sight.at, sight.luma))
        if not 0 <= sight.ts - self._noted < CHECKPOINT_S:
            self._noted = sight.ts
            held.known = sight.analyzer.checkpoint()
        with self._lock:
            if self._held and not sight.ts - self._held[-1].plane.ts > 0:
                self._held.clear()
            while self._held and sight.ts - self._held[0].plane.ts > HELD_S:
                self._held.popleft()
            self._held.append(held)
            for taking in self._taking.values():
                taking.add(held)

    def begin(self, event_id: str, at: float) -> None:
        """Take out the planes of an event from now on, and those before.

        Args:
            event_id: Names it.
            at: When it began, Unix seconds.
        """
        with self._lock:
            held = list(self._held)
            taking = _Taking()
            for one in held[_first(held, at - LEAD_S) :]:
                taking.add(one)
            self._taking[event_id] = taking

    def is_full(self, event_id: str) -> bool:
        """Return whether no more will be taken of an event."""
        with self._lock:
            taking = self._taking.get(event_id)
            return taking is not None and taking.full

    def end(self, event_id: str) -> LumaClip | None:
        """Return what was taken out of an event; None where it is nothing."""
        with self._lock:
            taking = self._taking.pop(event_id, None)
        if taking is None or not taking.held:
            return None
        return LumaClip([one.plane for one in taking.held], taking.held[0].known)


def _first(held: list[_Held], at: float) -> int:
    """Return where to begin: the newest with a note before a time, or the oldest."""
    noted = [
        number
        for number, one in enumerate(held)
        if one.known is not None and one.plane.at <= at
    ]
    return noted[-1] if noted else 0


def encode_clip(clip: LumaClip) -> bytes:
    """Return a clip in as few bytes as it needs; blocks.

    A pixel is written anew where it differs by more than `DEADBAND` from what is
    known of it, so that what remains of still parts is nothing.
    """
    height, width = clip.planes[0].luma.shape
    header = {
        "width": width,
        "height": height,
        "ts": [round(plane.ts, 4) for plane in clip.planes],
        "at": round(clip.planes[0].at, 3),
        "known": clip.known is not None,
    }
    packer = zlib.compressobj(_LEVEL)
    packed = [packer.compress(block) for block in _blocks(clip)]
    text = json.dumps(header).encode()
    return b"".join((_MAGIC, _LENGTH.pack(len(text)), text, *packed, packer.flush()))


def _blocks(clip: LumaClip) -> Iterable[bytes]:
    """Yield what is known of the scene, and each plane as what is new in it."""
    if clip.known is not None:
        yield _sloped(clip.known.mean).tobytes()
        yield _sloped(clip.known.spread).tobytes()
    shown = np.zeros_like(clip.planes[0].luma)
    for number, plane in enumerate(clip.planes):
        if not number:
            yield _sloped(plane.luma).tobytes()
            shown = plane.luma.copy()
            continue
        change = plane.luma.astype(np.int16) - shown
        change[np.abs(change) <= DEADBAND] = 0
        news = change.astype(np.uint8)
        shown += news
        yield news.tobytes()


def decode_clip(data: bytes) -> LumaClip:
    """Return what `encode_clip` has written; blocks.

    Raises:
        LumaError: It is something else, or damaged.
    """
    start = len(_MAGIC) + _LENGTH.size
    try:
        if not data.startswith(_MAGIC):
            raise LumaError("it is no luma clip")
        (length,) = _LENGTH.unpack_from(data, len(_MAGIC))
        header = json.loads(data[start : start + length])
        return _decode(header, data[start + length :])
    except (struct.error, zlib.error, KeyError, TypeError, ValueError) as err:
        raise LumaError("it is damaged") from err


def _decode(header: dict[str, Any], packed: bytes) -> LumaClip:
    """Return the clip that a header tells of."""
    shape = height, width = header["height"], header["width"]
    times = header["ts"]
    if not (0 < height * width <= _MOST_PIXELS and 0 < len(times) <= MAX_PLANES):
        raise LumaError("it is too large")
    size = height * width
    total = size * (len(times) + (_KNOWN_BYTES if header["known"] else 0))
    blocks = zlib.decompressobj().decompress(packed, total)
    if len(blocks) != total:
        raise LumaError("it is cut off")
    known, begin = None, 0
    if header["known"]:
        begin = size * _KNOWN_BYTES
        mean = np.frombuffer(blocks, np.int16, size).reshape(shape)
        spread = np.frombuffer(blocks, np.uint8, size, 2 * size).reshape(shape)
        known = Checkpoint(_filled(mean), _filled(spread))
    news = np.frombuffer(blocks, np.uint8, offset=begin).reshape(-1, *shape)
    shown = _filled(news[0])
    planes = []
    for number, ts in enumerate(times):
        if number:
            shown = shown + news[number]
        planes.append(LumaPlane(ts, header["at"] + ts - times[0], shown))
    return LumaClip(planes, known)


def _sloped[Item: np.integer](plane: NDArray[Item]) -> NDArray[Item]:
    """Return by how much each pixel differs from the one to its left, modulo."""
    return np.diff(plane, axis=1, prepend=plane.dtype.type(0))


def _filled[Item: np.integer](slopes: NDArray[Item]) -> NDArray[Item]:
    """Return the plane whose slopes these are."""
    plane: NDArray[Item] = np.cumsum(slopes, axis=1, dtype=slopes.dtype)
    return plane
