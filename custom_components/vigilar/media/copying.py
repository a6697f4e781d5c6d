"""Copies of media for people to take away: cut from clips, and packed together.

Everything here blocks and belongs on a thread.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import hashlib
import io
from pathlib import Path
import time
from typing import IO, Any, Final
import zipfile

import av

from .clip import copy_stream, failing

SUMS: Final = "SHA256SUMS"

# What is shorter is not worth a file of its own.
SLIVER_MS: Final = 500
_CHUNK: Final = 1_048_576

type Go = Callable[[], None]
"""Called again and again; raises what is to end the work."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A film of a part of the time that is asked for.

    Attributes:
        path: An MP4 file.
        start_ts: Of its first picture, Unix milliseconds.
        duration_ms: How long it is.
    """

    path: Path
    start_ts: int
    duration_ms: int

    @property
    def end_ts(self) -> int:
        """When its last picture ends, Unix milliseconds."""
        return self.start_ts + self.duration_ms


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a bundle.

    Attributes:
        name: Its name in there.
        content: The bytes, or the file that holds them.
        start_ts: What it shows first, Unix milliseconds.
        duration_ms: How long that is; 0 of what is no film.
    """

    name: str
    content: Path | bytes
    start_ts: int
    duration_ms: int = 0


def cover(
    pieces: Iterable[Piece], start: int, end: int
) -> list[tuple[Piece, int, int]]:
    """Choose pieces that show as much as there is of a time, and nothing twice.

    Args:
        pieces: In any order; they may overlap.
        start: Unix milliseconds.
        end: Unix milliseconds.

    Returns:
        Each piece and what to take of it, from when to when, in order.
    """
    pieces = list(pieces)
    chosen: list[tuple[Piece, int, int]] = []
    at = start
    while end - at >= SLIVER_MS:
        going = [p for p in pieces if p.start_ts <= at <= p.end_ts - SLIVER_MS]
        if going:
            longest = max(going, key=lambda piece: piece.end_ts)
            chosen.append((longest, at, min(longest.end_ts, end)))
            at = longest.end_ts
            continue
        later = [
            piece.start_ts
            for piece in pieces
            if piece.start_ts > at and piece.duration_ms >= SLIVER_MS
        ]
        if not later:
            break
        at = min(later)
    return chosen


def cut(piece: Piece, start: int, end: int, target: Path, go: Go) -> Piece:
    """Copy what a film shows of a time, without encoding it anew.

    Args:
        piece: The film.
        start: Unix milliseconds; the copy begins at the keyframe before.
        end: Unix milliseconds.
        target: Where to write an MP4 with its index in front.
        go: Called for each packet.

    Returns:
        What was written.

    Raises:
        ClipError: It cannot be read or written, or there is nothing in it.
    """
    first_s, last_s = ((at - piece.start_ts) / 1000 for at in (start, end))
    with (
        failing(),
        av.open(str(piece.path), "r", format="mp4") as source,
        av.open(
            str(target), "w", format="mp4", options={"movflags": "faststart"}
        ) as out,
    ):
        copier = _Copier(source, out)
        source.seek(round(max(first_s, 0.0) * av.time_base))
        for packet in source.demux():
            go()
            if not copier.copy(packet, last_s):
                break
        return Piece(
            target,
            piece.start_ts + round(copier.begin_s * 1000),
            round((copier.end_s - copier.begin_s) * 1000),
        )


class _Copier:
    """Copies packets to another container, whose time begins with the first picture."""

    def __init__(self, source: Any, out: Any) -> None:
        """Describe the streams of one container to the other."""
        self._out = out
        if not source.streams.video:
            raise ValueError("The clip has no pictures")
        self._video = source.streams.video[0]
        self._streams = {each.index: copy_stream(out, each) for each in source.streams}
        self._begun = False
        self.begin_s = self.end_s = 0.0

    def copy(self, packet: Any, last_s: float) -> bool:
        """Copy a packet if its turn has come; return whether more may follow."""
        if packet.dts is None:
            return True
        at = float(packet.dts * packet.time_base)
        is_video = packet.stream.index == self._video.index
        if not self._begun:
            # The pictures are read from a keyframe on, the sound from where it may.
            if not is_video:
                return True
            self._begun = True
            self.begin_s = at
        if at >= last_s and is_video:
            return False
        if at < self.begin_s:
            return True
        if is_video:
            self.end_s = at + float((packet.duration or 0) * packet.time_base)
        shift = round(self.begin_s / packet.time_base)
        packet.dts -= shift
        packet.pts -= shift
        packet.stream = self._streams[packet.stream.index]
        self._out.mux(packet)
        return True


def pack(members: Iterable[Member], target: Path, go: Go) -> list[Member]:
    """Write a zip file with the sums of all that is in it.

    Pictures and films do not shrink, so they are stored as they are.

    Args:
        members: What to put in; a file that is gone meanwhile is left out.
        target: Where to write it.
        go: Called for each megabyte.

    Returns:
        What is in it, the sums excepted.

    Raises:
        OSError: It cannot be written.
    """
    packed: list[Member] = []
    sums = ""
    with zipfile.ZipFile(target, "w") as archive:
        for member in members:
            try:
                source = _open(member.content)
            except FileNotFoundError:
                continue
            with source, archive.open(_entry(member.name), "w", force_zip64=True) as to:
                sums += f"{_copy(source, to, go)}  {member.name}\n"
            packed.append(member)
        archive.writestr(_entry(SUMS), sums)
    return packed


def _entry(name: str) -> zipfile.ZipInfo:
    """Return the head of a file in a zip, dated now."""
    return zipfile.ZipInfo(name, time.gmtime()[:6])


def _open(content: Path | bytes) -> IO[bytes]:
    """Open what is to be copied."""
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _copy(source: IO[bytes], target: IO[bytes], go: Go) -> str:
    """Copy a file, and return its SHA-256 sum in hexadecimal digits."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        go()
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()
