"""Packets of the ring to decoded pictures, for what cannot be made without decoding."""

from fractions import Fraction
import io
from typing import Any, Final

import av
from av.codec import CodecContext
from av.video.frame import VideoFrame
import numpy as np
from PIL import Image

from .ring import Entry, Track

STILL: Final = "still"
"""Stands for a codec where every packet is a JPEG or PNG file."""
TICKS: Final = 90_000
"""A second, in the time base of everything that is decoded or written."""
TIME_BASE: Final = Fraction(1, TICKS)


class PictureDecoder:
    """Decodes the packets of one track; not thread-safe."""

    def __init__(self, track: Track) -> None:
        """Prepare to decode from a keyframe on."""
        self._context: Any = None
        if track.codec != STILL:
            self._context = CodecContext.create(track.codec, "r")
            self._context.thread_count = 1
            if track.extradata:
                self._context.extradata = track.extradata

    def keyframes_only(self) -> None:
        """Skip what depends on others from the next packet on."""
        if self._context is not None:
            self._context.skip_frame = "NONKEY"

    def decode(self, entry: Entry) -> list[tuple[float, VideoFrame]]:
        """Return the pictures that are complete now, each with its time.

        Args:
            entry: The next in order.

        Returns:
            Times are on the axis of `Entry.media`, seconds; none where it is damaged.
        """
        if self._context is None:
            assert isinstance(entry.data, bytes)
            frame = _read_still(entry.data)
            return [] if frame is None else [(entry.media, frame)]
        packet: Any = av.Packet(bytes(entry.data))
        packet.time_base = TIME_BASE
        packet.dts = round(entry.media * TICKS)
        packet.pts = round((entry.media + entry.lead) * TICKS)
        return self._frames(packet)

    def flush(self) -> list[tuple[float, VideoFrame]]:
        """Return the pictures that the decoder still holds."""
        return [] if self._context is None else self._frames(None)

    def _frames(self, packet: Any) -> list[tuple[float, VideoFrame]]:
        """Decode a packet, or the end of all."""
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            return []
        return [(frame.pts / TICKS, frame) for frame in frames if frame.pts is not None]


def _read_still(data: bytes) -> VideoFrame | None:
    """Decode a JPEG or PNG file; None where it is damaged."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            return VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), "rgb24")
    except OSError, ValueError, SyntaxError, Image.DecompressionBombError:
        return None
