"""One part of a clip: an MP4 file that can be played while it grows.

While it grows it consists of fragments of a second. Once complete it is copied into
an ordinary MP4 with its index in front, so that players can seek at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import errno
from fractions import Fraction
import io
import os
from pathlib import Path
from typing import Any, Final, override

import av
from av.video.frame import VideoFrame

from . import bitstream
from .pictures import TICKS, TIME_BASE, PictureDecoder
from .ring import Entry, Track

REMUXED: Final = frozenset({bitstream.H264, bitstream.HEVC})
"""Codecs that go into the file as they are; others are encoded anew."""
ENCODED_FPS: Final = 5.0

_FRAGMENTS: Final = {
    # The index waits for the first fragment: by then all is known that it says.
    "movflags": "delay_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
    # Sound that stops must not hold pictures back.
    "max_interleave_delta": "1000000",
}
# Not every build of FFmpeg has every encoder; browsers play the first two.
_ENCODERS: Final = (
    ("libx264", {"preset": "veryfast", "tune": "zerolatency", "crf": "26"}),
    (
        "libvpx-vp9",
        {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "crf": "36",
            "b": "0",
        },
    ),
    ("mpeg4", {"qscale": "6"}),
)
# MPEG-4 knows no finer one than 1/65535.
_ENCODER_TIME_BASE: Final = Fraction(1, 1000)
# The clock of a file may be coarser than ours.
_LEAST_STEP: Final = TICKS // 1000
_MAX_SIDE: Final = 1920
_KEYFRAME_S: Final = 2.0
_FIRST_INTERVAL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A part of a clip, as far as it is written.

    Attributes:
        start_ts: Of its first picture, Unix milliseconds.
        duration_s: Seconds.
        width: Pixels.
        height: Pixels.
        codec: FFmpeg's name of the video codec.
        bytes: Of the file.
    """

    start_ts: int
    duration_s: float
    width: int
    height: int
    codec: str
    bytes: int


class ClipError(Exception):
    """A part cannot be written. Its text is for people and names no path.

    Attributes:
        disk_full: There is no room for it.
    """

    def __init__(self, cause: Exception) -> None:
        """Say why, in words for people."""
        self.disk_full = isinstance(cause, OSError) and cause.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
        )
        super().__init__("disk full" if self.disk_full else "could not be written")


@contextmanager
def failing() -> Iterator[None]:
    """Let FFmpeg's and the system's errors become `ClipError`."""
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as err:
        raise ClipError(err) from err


class ClipPart(ABC):
    """A file that is being written; not thread-safe."""

    def __init__(self, path: Path, first: Entry) -> None:
        """Begin a file.

        Args:
            path: Where; its folder exists.
            first: The keyframe with which it begins.
        """
        self._path = path
        self._track = first.track
        self._start = first
        self._began = first.at
        self._last = first.media
        self._interval = _FIRST_INTERVAL_S
        self._codec = first.track.codec
        self._size = (0, 0)
        self._container = av.open(str(path), "w", format="mp4", options=_FRAGMENTS)

    @property
    def info(self) -> ClipInfo:
        """Return what is written so far."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            size = 0
        return ClipInfo(
            start_ts=round(self._began * 1000),
            duration_s=round(self.duration_s, 3),
            width=self._size[0],
            height=self._size[1],
            codec=self._codec,
            bytes=size,
        )

    @property
    def duration_s(self) -> float:
        """Return the seconds that it lasts so far."""
        return self._last - self._start.media + self._interval

    def fits(self, entry: Entry) -> bool:
        """Return whether a packet can be part of the same file."""
        return entry.track.sound or entry.track is self._track

    def add(self, entry: Entry) -> None:
        """Write a packet that fits.

        Raises:
            ClipError: It cannot be written; `finish` may still work.
        """
        with failing():
            if not entry.track.sound:
                if entry.media > self._last:
                    self._interval = entry.media - self._last
                self._last = entry.media
                # Packets that FFmpeg held back while it looked at a new connection
                # were dated by when they were read; those that follow know better.
                since = entry.media - self._start.media
                self._began = min(self._began, entry.at - since)
            self._write(entry)

    def finish(self) -> ClipInfo:
        """Complete the file, its index in front, synced to disk.

        Raises:
            ClipError: It cannot be completed, and is gone.
        """
        try:
            with failing():
                self._complete()
                self._container.close()
                _put_index_in_front(self._path)
        except ClipError:
            self.abandon()
            raise
        return self.info

    def abandon(self) -> None:
        """Remove the file."""
        with suppress(av.error.FFmpegError, OSError):
            self._container.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    @abstractmethod
    def _write(self, entry: Entry) -> None:
        """Write a packet."""

    @abstractmethod
    def _complete(self) -> None:
        """Write what is still held back."""

    def _ticks(self, media: float) -> int:
        """Return a media time on the clock of the file."""
        return round((media - self._start.media) * TICKS)


class RemuxedPart(ClipPart):
    """The camera's own packets in another container."""

    def __init__(self, path: Path, first: Entry, sound: Entry | None) -> None:
        """Begin a file.

        Args:
            path: Where; its folder exists.
            first: The keyframe with which it begins.
            sound: A packet of the sound that belongs to it, if there is any.

        Raises:
            ClipError: It cannot be created.
        """
        with failing():
            super().__init__(path, first)
        try:
            with failing():
                self._sets = self._parameter_sets(first)
                self._video = self._add_video(first)
                self._sound = None if sound is None else self._add_sound(sound)
        except ClipError:
            self.abandon()
            raise
        self._sound_track = None if sound is None else sound.track
        self._least_ticks: dict[int, int] = {}

    @override
    def fits(self, entry: Entry) -> bool:
        """Return whether a packet needs the same decoder, set up in the same way."""
        if not super().fits(entry):
            return False
        if entry.track.sound or not entry.keyframe:
            return True
        return self._parameter_sets(entry) == self._sets

    @override
    def _write(self, entry: Entry) -> None:
        """Put a packet into the container."""
        if entry.track.sound:
            if self._sound is not None and entry.track is self._sound_track:
                self._mux(self._sound, bitstream.without_adts(bytes(entry.data)), entry)
        else:
            self._mux(self._video, self._annex_b(entry), entry)

    @override
    def _complete(self) -> None:
        """Do nothing: every packet was written as it came."""

    def _mux(self, stream: Any, data: bytes, entry: Entry) -> None:
        """Write a packet of a stream; its time rises."""
        dts = self._ticks(entry.media)
        least = self._least_ticks.get(stream.index, 0)
        if dts < least:
            # Sound is dated by the pictures, and overlaps itself where they jump.
            if entry.track.sound:
                return
            dts = least
        self._least_ticks[stream.index] = dts + _LEAST_STEP
        packet: Any = av.Packet(data)
        packet.stream = stream
        packet.time_base = TIME_BASE
        packet.dts = dts
        packet.pts = dts + round(entry.lead * TICKS)
        packet.is_keyframe = entry.keyframe
        self._container.mux(packet)

    def _annex_b(self, entry: Entry) -> bytes:
        """Return a packet of pictures with start codes."""
        return bitstream.to_annex_b(
            self._codec, bytes(entry.data), self._track.extradata
        )

    def _parameter_sets(self, entry: Entry) -> bytes:
        """Return how the decoder of a keyframe is to be set up."""
        found = bitstream.parameter_sets(self._codec, self._annex_b(entry))
        return found or bitstream.stored_sets(self._codec, self._track.extradata)

    def _add_video(self, first: Entry) -> Any:
        """Describe the pictures, as they describe themselves."""
        data = io.BytesIO(self._sets + self._annex_b(first))
        with av.open(data, "r", format=self._codec) as described:
            template = described.streams.video[0]
            context = template.codec_context
            self._size = (context.width, context.height)
            stream: Any = self._container.add_stream_from_template(
                template, opaque=True
            )
        stream.time_base = TIME_BASE
        if self._codec == bitstream.HEVC:
            _tag_hevc(stream)
        return stream

    def _add_sound(self, sound: Entry) -> Any:
        """Describe the sound; None where an MP4 cannot hold it."""
        frame = bytes(sound.data)
        config = bitstream.sound_config(frame, sound.track.extradata)
        if config is None:
            return None
        data = bitstream.with_adts(bitstream.without_adts(frame), config)
        with av.open(io.BytesIO(data * 4), "r", format="aac") as described:
            stream: Any = self._container.add_stream_from_template(
                described.streams.audio[0], opaque=True
            )
        stream.codec_context.extradata = config
        stream.time_base = TIME_BASE
        return stream


class EncodedPart(ClipPart):
    """Pictures that are encoded anew, few a second; without sound."""

    def __init__(self, path: Path, first: Entry) -> None:
        """Begin a file.

        Args:
            path: Where; its folder exists.
            first: The keyframe with which it begins.

        Raises:
            ClipError: It cannot be created.
        """
        with failing():
            super().__init__(path, first)
            self._decoder = PictureDecoder(first.track)
        self._video: Any = None
        self._due = first.media
        self._last_ticks = -1

    @override
    def _write(self, entry: Entry) -> None:
        """Decode a packet, and encode what comes of it if it is its turn."""
        if not entry.track.sound:
            self._encode(self._decoder.decode(entry))

    @override
    def _complete(self) -> None:
        """Encode what the decoder and the encoder still hold."""
        self._encode(self._decoder.flush())
        if self._video is None:
            raise ValueError("no picture")
        self._container.mux(self._video.encode())

    def _encode(self, pictures: Sequence[tuple[float, VideoFrame]]) -> None:
        """Encode those pictures whose turn it is."""
        for media, frame in pictures:
            ticks = self._ticks(media)
            if media < self._due or ticks <= self._last_ticks:
                continue
            self._due = max(self._due + 1 / ENCODED_FPS, media + 0.5 / ENCODED_FPS)
            if self._video is None:
                self._video = self._add_video(frame)
            picture = frame.reformat(*self._size, "yuv420p", threads=1)
            picture.pts = self._last_ticks = ticks
            picture.time_base = TIME_BASE
            self._container.mux(self._video.encode(picture))

    def _add_video(self, frame: VideoFrame) -> Any:
        """Set up an encoder for pictures of a size."""
        scale = min(1.0, _MAX_SIDE / max(frame.width, frame.height))
        width, height = (
            max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height)
        )
        name, options = _encoder()
        stream: Any = self._container.add_stream(
            name,
            rate=round(ENCODED_FPS),
            options=options,
            width=width,
            height=height,
            time_base=_ENCODER_TIME_BASE,
        )
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = round(_KEYFRAME_S * ENCODED_FPS)
        self._size = (width, height)
        self._codec = stream.codec_context.codec.canonical_name
        return stream


def begin_part(path: Path, first: Entry, sound: Entry | None) -> ClipPart:
    """Begin a file in the way that its codec asks for.

    Args:
        path: Where; its folder exists.
        first: The keyframe with which it begins; still to be added.
        sound: A packet of the sound that belongs to it, if there is any.

    Raises:
        ClipError: It cannot be created.
    """
    if first.track.codec in REMUXED:
        return RemuxedPart(path, first, sound)
    return EncodedPart(path, first)


def is_usable_sound(track: Track) -> bool:
    """Return whether an MP4 that browsers play can hold a sound."""
    return track.codec == bitstream.AAC


def remux_path(path: Path) -> Path:
    """Return where the ordinary MP4 grows before it takes its place."""
    return path.with_name(f"{path.name}.remux")


def _encoder() -> tuple[str, dict[str, str]]:
    """Return the best encoder that FFmpeg has, and its options."""
    for name, options in _ENCODERS:
        with suppress(ValueError):
            av.codec.Codec(name, "w")
            return name, options
    raise ValueError("no encoder")


def _tag_hevc(stream: Any) -> None:
    """Name H.265 as Apple's players know it."""
    stream.codec_context.codec_tag = "hvc1"


def _put_index_in_front(path: Path) -> None:
    """Make an ordinary MP4 of fragments, and sync it to disk."""
    target = remux_path(path)
    try:
        with (
            av.open(str(path), "r", format="mp4") as source,
            av.open(
                str(target), "w", format="mp4", options={"movflags": "faststart"}
            ) as out,
        ):
            streams = {
                stream.index: copy_stream(out, stream) for stream in source.streams
            }
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
        with target.open("rb") as written:
            os.fsync(written.fileno())
        target.replace(path)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def copy_stream(out: Any, stream: Any) -> Any:
    """Add a stream like another to a container."""
    copied = out.add_stream_from_template(stream, opaque=True)
    if stream.codec_context.name == bitstream.HEVC:
        _tag_hevc(copied)
    return copied
