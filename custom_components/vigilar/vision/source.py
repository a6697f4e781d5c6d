"""Where pictures come from: streams, files, and cameras that only give snapshots.

Packets and pictures are separate steps, so that whatever stands between them
may look at a packet without paying for its decoding.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
import io
from pathlib import Path
from threading import Event
import time
from typing import Any, Final, Protocol, override
from urllib.parse import urlsplit

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.subtitles.subtitle import SubtitleSet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
import numpy as np
from PIL import Image, UnidentifiedImageError

ALLOWED_SCHEMES: Final = frozenset({"rtsp", "rtsps", "http", "https"})
OPEN_TIMEOUT_S: Final = 10.0
READ_TIMEOUT_S: Final = 10.0
"""A stream from which no picture data came for so long is lost."""
SNAPSHOT_CODEC: Final = "snapshot"
"""Stands for a codec where single pictures are polled."""
SNAPSHOT_INTERVAL_S: Final = 0.5
MAX_SNAPSHOT_BYTES: Final = 32 * 1024 * 1024
MAX_SNAPSHOT_PIXELS: Final = 64_000_000

_READ_SLICE_S: Final = 1.0
_WAIT_SLICE_S: Final = 0.5
_OPTIONS: Final = {
    # Without it FFmpeg follows a playlist or a redirection into local files.
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,tcp,udp,tls,http,https,httpproxy,crypto",
    "rtsp_flags": "prefer_tcp",
    # Whatever else a camera sends is not even asked for.
    "allowed_media_types": "video+audio",
    # FFmpeg's own socket time-out, in microseconds.
    "timeout": str(round(READ_TIMEOUT_S * 1_000_000)),
    # Cameras sign their own certificates.
    "tls_verify": "0",
}
_FILE_OPTIONS: Final = {"protocol_whitelist": "file"}
# Their demuxers invent a frame rate: only the time of arrival is true.
_UNTIMED_FORMATS: Final = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe", "h264", "hevc"})


class SourceFailure(StrEnum):
    """Why a source gives no pictures."""

    UNREACHABLE = "unreachable"
    AUTH_FAILED = "auth_failed"
    NO_VIDEO = "no_video"
    UNSUPPORTED_CODEC = "unsupported_codec"
    FORBIDDEN_SCHEME = "forbidden_scheme"
    STALLED = "stalled"
    ENDED = "ended"

    @property
    def reason(self) -> str:
        """Return the failure in a few words, to show to people."""
        return _REASONS[self]


_REASONS: Final = {
    SourceFailure.UNREACHABLE: "the camera cannot be reached",
    SourceFailure.AUTH_FAILED: "the camera refused the user name or password",
    SourceFailure.NO_VIDEO: "the address gives no video",
    SourceFailure.UNSUPPORTED_CODEC: "the video cannot be decoded",
    SourceFailure.FORBIDDEN_SCHEME: "the address is of a kind that is not allowed",
    SourceFailure.STALLED: "the stream stopped sending pictures",
    SourceFailure.ENDED: "the camera ended the stream",
}


class SourceError(Exception):
    """A source gives no pictures. Its text never holds an address or credentials.

    Attributes:
        failure: Why.
    """

    def __init__(self, failure: SourceFailure) -> None:
        """Take the reason.

        Args:
            failure: Why there are no pictures.
        """
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source says of itself before the first picture; 0 where unknown.

    Attributes:
        width: Pixels.
        height: Pixels.
        codec: FFmpeg's name of the codec.
        fps: Frames a second.
    """

    width: int
    height: int
    codec: str
    fps: float


@dataclass(frozen=True, slots=True)
class Packet:
    """Encoded picture data as it arrived.

    Attributes:
        ts: Media time in seconds, None where the source has none.
        keyframe: It can be decoded without those before it.
        size: Bytes.
        data: The source's own, for `Source.decode`.
        sound: It holds sound, and cannot be decoded here.
    """

    ts: float | None
    keyframe: bool
    size: int
    data: av.Packet[VideoStream] | bytes
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        frame: Full resolution, in the decoder's own pixel format.
        ts: Media time in seconds, None where the source has none.
    """

    frame: VideoFrame
    ts: float | None


class Source(Protocol):
    """An open connection; used by one thread at a time."""

    @property
    def live(self) -> bool:
        """Return whether it comes as it happens, and cannot be waited for."""
        ...

    @property
    def info(self) -> StreamInfo:
        """Return what the source says of itself."""
        ...

    def read(self) -> Packet | None:
        """Wait for the next packet.

        Returns:
            The packet; None where none came for a moment, so that the caller
            may look up from waiting.

        Raises:
            SourceError: The source is lost or at its end.
        """
        ...

    def decode(self, packet: Packet) -> list[Picture]:
        """Decode a packet of this source.

        Args:
            packet: From `read`, in the order read; gaps only before keyframes.

        Returns:
            The pictures that are complete now; none where it is damaged.
        """
        ...

    def drain(self) -> list[Picture]:
        """Give out the pictures that the decoder still holds.

        It forgets all it knows: the next packet to decode must be a keyframe.

        Returns:
            The pictures; none from a decoder that reorders nothing.
        """
        ...

    def close(self) -> None:
        """Free the connection."""
        ...


def check_stream_url(url: str) -> None:
    """Refuse an address that is not a network stream.

    Args:
        url: As the user or another integration gave it.

    Raises:
        SourceError: `FORBIDDEN_SCHEME`, for any scheme but `ALLOWED_SCHEMES`, for
            paths, for FFmpeg's protocol chains, for an address without a host,
            and for white space or control characters anywhere.
    """
    if not url.isprintable() or any(letter.isspace() for letter in url):
        raise SourceError(SourceFailure.FORBIDDEN_SCHEME)
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    # `urlsplit` forgives what FFmpeg would read differently, hence the literal prefix.
    if not host or not url.lower().startswith(
        tuple(f"{scheme}://" for scheme in ALLOWED_SCHEMES)
    ):
        raise SourceError(SourceFailure.FORBIDDEN_SCHEME)


def open_stream(url: str) -> Source:
    """Connect to a network stream: RTSP, or MPEG-TS, HLS and MJPEG over HTTP.

    Args:
        url: With one of `ALLOWED_SCHEMES`; may hold credentials.

    Returns:
        The open stream.

    Raises:
        SourceError: It cannot be opened within `OPEN_TIMEOUT_S`, or may not be.
    """
    check_stream_url(url)
    # An interrupted RTSP read can be taken up again, an HTTP read cannot.
    sliced = urlsplit(url).scheme.lower() in {"rtsp", "rtsps"}
    container = _open(url, _OPTIONS, _READ_SLICE_S if sliced else READ_TIMEOUT_S)
    return ContainerSource(container, live=True, sliced=sliced)


def open_file(path: Path) -> Source:
    """Open a video file, for scripts and tests; its clock is the file's own.

    Args:
        path: Of a file that FFmpeg can read.

    Returns:
        The open file.

    Raises:
        SourceError: It does not exist or holds no video.
    """
    container = _open(f"file:{path}", _FILE_OPTIONS, READ_TIMEOUT_S)
    return ContainerSource(container, live=False, sliced=False)


def _open(name: str, options: dict[str, str], read_timeout_s: float) -> InputContainer:
    """Open a container; FFmpeg's errors hold the address and go no further."""
    try:
        return av.open(
            name, "r", options=dict(options), timeout=(OPEN_TIMEOUT_S, read_timeout_s)
        )
    except av.error.FFmpegError as err:
        failure = _open_failure(err)
    raise SourceError(failure)


def _open_failure(err: av.error.FFmpegError) -> SourceFailure:
    """Say what an error at opening means."""
    match err:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return SourceFailure.AUTH_FAILED
        case av.error.InvalidDataError() | av.error.DemuxerNotFoundError():
            return SourceFailure.NO_VIDEO
        case av.error.DecoderNotFoundError():
            return SourceFailure.UNSUPPORTED_CODEC
        case _:
            return SourceFailure.UNREACHABLE


def _read_failure(err: av.error.FFmpegError) -> SourceFailure:
    """Say what an error in the middle of a stream means."""
    match err:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return SourceFailure.AUTH_FAILED
        case av.error.ExitError() | av.error.TimeoutError():
            return SourceFailure.STALLED
        case _:
            return SourceFailure.ENDED


class ContainerSource(Source):
    """A stream or file that FFmpeg reads."""

    def __init__(self, container: InputContainer, *, live: bool, sliced: bool) -> None:
        """Take over an open container.

        Args:
            container: Closed by this object from now on.
            live: It is a stream.
            sliced: Its reads time out early, and can be taken up again.

        Raises:
            SourceError: It holds no video that can be decoded.
        """
        self._container = container
        self._live = live
        self._sliced = sliced
        try:
            self._stream = _video_stream(container)
        except SourceError:
            container.close()
            raise
        self._untimed = live and container.format.name in _UNTIMED_FORMATS
        base = self._stream.time_base
        self._base = float(base) if base else 0.0
        self._start = 0 if live else (self._stream.start_time or 0)
        self._packets = self._demux()
        self._heard = time.monotonic()

    @property
    @override
    def live(self) -> bool:
        """Return whether it is a stream."""
        return self._live

    @property
    @override
    def info(self) -> StreamInfo:
        """Return what the container says."""
        context = self._stream.codec_context
        rate = self._stream.average_rate or self._stream.guessed_rate
        return StreamInfo(
            context.width, context.height, context.name, float(rate) if rate else 0.0
        )

    @override
    def read(self) -> Packet | None:
        """Wait for the next packet."""
        failure = SourceFailure.ENDED
        try:
            packet = next(self._packets, None)
        except av.error.FFmpegError as err:
            failure = _read_failure(err)
            packet = None
        now = time.monotonic()
        overdue = now - self._heard >= READ_TIMEOUT_S
        if packet is None:
            if self._sliced and failure is SourceFailure.STALLED and not overdue:
                self._packets = self._demux()
                return None
            raise SourceError(failure)
        if packet.stream.index != self._stream.index:
            # Sound must not keep a stream alive whose picture is gone.
            if self._live and overdue:
                raise SourceError(SourceFailure.STALLED)
            return self._sound(packet)
        self._heard = now
        ts = packet.dts if packet.dts is not None else packet.pts
        return Packet(self._seconds(ts), packet.is_keyframe, packet.size, packet)

    def _sound(self, packet: av.Packet[Any]) -> Packet | None:
        """Return a packet of sound that may be heard; None for all others."""
        stream = packet.stream
        if not self._live or not isinstance(stream, AudioStream):
            return None
        if stream.codec_context is None or packet.pts is None or self._untimed:
            return None
        ts = float(packet.pts * stream.time_base) if stream.time_base else None
        return Packet(ts, packet.is_keyframe, packet.size, packet, sound=True)

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Decode a packet of this stream."""
        data = packet.data
        assert not isinstance(data, bytes)
        return self._pictures(data.decode)

    @override
    def drain(self) -> list[Picture]:
        """Empty the decoder, so that it begins anew."""
        context = self._stream.codec_context
        pictures = self._pictures(context.decode)
        context.flush_buffers()
        return pictures

    @override
    def close(self) -> None:
        """Close the container."""
        self._packets = iter(())
        self._container.close()

    def _pictures(
        self, decode: Callable[[], Sequence[VideoFrame | SubtitleSet]]
    ) -> list[Picture]:
        """Return what a call of the decoder gives."""
        try:
            frames = decode()
        except av.error.FFmpegError:
            # Streams begin between keyframes and lose packets on the way.
            return []
        return [
            Picture(frame, self._seconds(frame.pts))
            for frame in frames
            if isinstance(frame, VideoFrame)
        ]

    def _demux(self) -> Iterator[av.Packet[VideoStream]]:
        """Return the packets from here on."""
        return iter(self._container.demux())  # type: ignore[arg-type]

    def _seconds(self, ticks: int | None) -> float | None:
        """Return a time stamp in seconds."""
        if ticks is None or self._untimed:
            return None
        return (ticks - self._start) * self._base


def _video_stream(container: InputContainer) -> VideoStream:
    """Return the first video stream, ready to decode."""
    stream = next(iter(container.streams.video), None)
    if stream is None:
        raise SourceError(SourceFailure.NO_VIDEO)
    context = stream.codec_context
    if context is None:
        raise SourceError(SourceFailure.UNSUPPORTED_CODEC)
    # One thread a camera: more would delay pictures and cost the neighbours.
    context.thread_count = 1
    return stream


class SnapshotSource(Source):
    """A camera that gives single pictures on request."""

    def __init__(
        self, fetch: Callable[[], bytes], interval_s: float = SNAPSHOT_INTERVAL_S
    ) -> None:
        """Poll a camera.

        Args:
            fetch: Returns a JPEG or PNG; blocks; raises `SourceError` or `OSError`.
            interval_s: Seconds between two requests.
        """
        self._fetch = fetch
        self._interval_s = interval_s
        self._due = time.monotonic()
        self._idle = Event()
        self._info = StreamInfo(0, 0, SNAPSHOT_CODEC, 1 / interval_s)

    @property
    @override
    def live(self) -> bool:
        """Return that it comes as it happens."""
        return True

    @property
    @override
    def info(self) -> StreamInfo:
        """Return the size of the newest picture."""
        return self._info

    @override
    def read(self) -> Packet | None:
        """Wait until the next picture is due, and fetch it."""
        pause = self._due - time.monotonic()
        if pause > 0:
            self._idle.wait(min(pause, _WAIT_SLICE_S))
            return None
        self._due = time.monotonic() + self._interval_s
        try:
            data = self._fetch()
        except OSError:
            data = b""
        if not data:
            raise SourceError(SourceFailure.UNREACHABLE)
        return Packet(None, keyframe=True, size=len(data), data=data)

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Decode a picture.

        Raises:
            SourceError: It is no picture, or too large to be one.
        """
        data = packet.data
        assert isinstance(data, bytes)
        frame = _decode_image(data)
        self._info = StreamInfo(
            frame.width, frame.height, SNAPSHOT_CODEC, self._info.fps
        )
        return [Picture(frame, None)]

    @override
    def drain(self) -> list[Picture]:
        """Return nothing: every picture stands for itself."""
        return []

    @override
    def close(self) -> None:
        """Do nothing: nothing stays open between two pictures."""


def _decode_image(data: bytes) -> VideoFrame:
    """Decode a JPEG or PNG."""
    if len(data) <= MAX_SNAPSHOT_BYTES:
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                if 0 < image.width * image.height <= MAX_SNAPSHOT_PIXELS:
                    return VideoFrame.from_ndarray(
                        np.asarray(image.convert("RGB")), "rgb24"
                    )
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            Image.DecompressionBombError,
        ):
            pass
    raise SourceError(SourceFailure.NO_VIDEO)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a source proved to give.

    Attributes:
        width: Pixels of the decoded picture.
        height: Pixels of the decoded picture.
        codec: FFmpeg's name of the codec.
        fps: Frames a second, 0 where unknown.
        jpeg: The picture in full resolution.
    """

    width: int
    height: int
    codec: str
    fps: float
    jpeg: bytes


def probe(
    open_source: Callable[[], Source], *, timeout_s: float = READ_TIMEOUT_S
) -> ProbeResult:
    """Connect, decode one picture, disconnect; blocks.

    Args:
        open_source: Opens the source; may raise `SourceError`.
        timeout_s: How long to wait for a picture once connected.

    Returns:
        What the source gives.

    Raises:
        SourceError: Why it gives no picture.
    """
    from .frames import encode_jpeg

    source = open_source()
    try:
        deadline = time.monotonic() + timeout_s
        failure = SourceFailure.STALLED
        while time.monotonic() < deadline:
            packet = source.read()
            if packet is None or packet.sound:
                continue
            for picture in source.decode(packet):
                frame, info = picture.frame, source.info
                return ProbeResult(
                    frame.width, frame.height, info.codec, info.fps, encode_jpeg(frame)
                )
            failure = SourceFailure.UNSUPPORTED_CODEC
        raise SourceError(failure)
    finally:
        source.close()


class Backoff:
    """How long to wait before the next attempt: 1, 2, 4 … 60 s."""

    def __init__(self, first_s: float = 1.0, limit_s: float = 60.0) -> None:
        """Begin with the shortest wait.

        Args:
            first_s: Seconds of the first wait.
            limit_s: Seconds that no wait exceeds.
        """
        self._first_s = first_s
        self._limit_s = limit_s
        self._next_s = first_s

    def next(self) -> float:
        """Return the seconds to wait now, and double the wait after."""
        wait_s = self._next_s
        self._next_s = min(self._limit_s, wait_s * 2)
        return wait_s

    def reset(self) -> None:
        """Begin anew, after a healthy connection."""
        self._next_s = self._first_s
