"""A few seconds of an event as a small animated picture."""

from collections.abc import Iterable, Sequence
import io
import time
from typing import Final

from av.video.frame import VideoFrame
from PIL import Image

from .pictures import PictureDecoder
from .ring import Entry

PREVIEW_S: Final = 4.0
LEAST_PREVIEW_S: Final = 3.0
"""Fewer seconds of pictures are shown more slowly."""
MAX_BYTES: Final = 400_000

_WIDTH: Final = 320
_FPS: Final = 5.0
_QUALITIES: Final = (60, 40, 20)
# Beyond so much processor time only keyframes are decoded.
_MAX_DECODE_S: Final = 1.0


def make_preview(entries: Sequence[Entry], start: float, end: float) -> bytes | None:
    """Make an animated WebP of a time.

    Args:
        entries: Packets from a keyframe on, in order; only those of the track with
            the most pictures count.
        start: Unix seconds; what is before is only decoded.
        end: Unix seconds.

    Returns:
        A file of at most `MAX_BYTES`, 320 pixels wide; None where nothing could be
        decoded, or it is too large at the worst quality.
    """
    chosen = _main_track(entries)
    if not chosen:
        return None
    to_wall = chosen[0].at - chosen[0].media
    images = _sample(chosen, start - to_wall, end - to_wall)
    if not images:
        return None
    seconds = min(PREVIEW_S, max(LEAST_PREVIEW_S, len(images) / _FPS))
    pause_ms = round(seconds * 1000 / len(images))
    for quality in _QUALITIES:
        webp = _encode(images, pause_ms, quality)
        if len(webp) <= MAX_BYTES:
            return webp
    return None


def _main_track(entries: Iterable[Entry]) -> list[Entry]:
    """Return the packets of the track that has most of the pictures, from a keyframe on."""
    tracks: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.track.sound:
            continue
        of_track = tracks.setdefault(id(entry.track), [])
        if of_track or entry.keyframe:
            of_track.append(entry)
    return max(tracks.values(), key=len, default=[])


def _sample(entries: Iterable[Entry], start: float, end: float) -> list[Image.Image]:
    """Decode, and keep a few pictures a second between two media times."""
    entries = list(entries)
    decoder = PictureDecoder(entries[0].track)
    begin = time.thread_time()
    images: list[Image.Image] = []
    due = start

    def keep(pictures: list[tuple[float, VideoFrame]]) -> None:
        """Keep those whose turn it is."""
        nonlocal due
        for media, frame in pictures:
            if due <= media <= end:
                images.append(_shrink(frame, images[0].size if images else None))
                due = max(due + 1 / _FPS, media + 0.5 / _FPS)

    for entry in entries:
        keep(decoder.decode(entry))
        if time.thread_time() - begin > _MAX_DECODE_S:
            decoder.keyframes_only()
    keep(decoder.flush())
    return images


def _shrink(frame: VideoFrame, size: tuple[int, int] | None) -> Image.Image:
    """Return a frame in a size, by default that of the preview."""
    if size is None:
        width = min(_WIDTH, frame.width)
        size = width, max(2, round(frame.height * width / frame.width))
    return Image.fromarray(frame.reformat(*size, "rgb24", threads=1).to_ndarray())


def _encode(images: list[Image.Image], pause_ms: int, quality: int) -> bytes:
    """Encode an animation that never ends."""
    out = io.BytesIO()
    images[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=pause_ms,
        loop=0,
        quality=quality,
        method=1,
    )
    return out.getvalue()
