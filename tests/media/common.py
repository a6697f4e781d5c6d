"""Encoded streams, a player that feeds them to a recorder, and a patient sink."""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from functools import cache
import io
from pathlib import Path
import time
from typing import Any, override
from unittest.mock import patch

import av
import numpy as np

from custom_components.vigilar.media.recorder import (
    ClipInfo,
    MediaWriter,
    Recorder,
    RecorderSettings,
)
from custom_components.vigilar.media.recording import Recording

FPS = 10
GROUP_S = 2.0
SOUND_RATE = 16_000
EVENT = "01JDX0000000000000000000AB"


@cache
def video(
    seconds: float = 20.0,
    *,
    codec: str = "libx264",
    b_frames: int = 0,
    size: tuple[int, int] = (160, 96),
    sound: bool = False,
    sound_codec: str = "aac",
    noise: bool = False,
    container: str = "mpegts",
) -> bytes:
    """Return a stream: a bright square that moves a pixel a frame.

    Args:
        seconds: How long it is.
        codec: Of the pictures; keyframes are `GROUP_S` apart where it has any others.
        b_frames: Most in a row.
        size: Width and height, pixels.
        sound: With a tone.
        sound_codec: Of the tone.
        noise: With noise, for many bytes.
        container: FFmpeg's name of the format.
    """
    options = {"g": str(round(FPS * GROUP_S)), "bf": str(b_frames)}
    if codec == "libx264":
        options |= {"preset": "ultrafast", "sc_threshold": "0"}
    if codec == "libx265":
        options["x265-params"] = (
            f"log-level=none:keyint={FPS * GROUP_S:.0f}:bframes={b_frames}"
            ":scenecut=0:open-gop=0"
        )
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        tone: Any = target.add_stream(sound_codec, rate=SOUND_RATE) if sound else None
        if sound:
            tone.layout = "mono"
        for number in range(round(seconds * FPS)):
            frame = picture(number, size, noise=noise)
            frame.pts = number
            frame.time_base = Fraction(1, FPS)
            target.mux(stream.encode(frame))
            if sound:
                target.mux(tone.encode(_tone(number)))
        target.mux(stream.encode())
        if sound:
            target.mux(tone.encode())
    return out.getvalue()


def picture(
    number: int, size: tuple[int, int] = (160, 96), *, noise: bool = False
) -> av.VideoFrame:
    """Return a frame whose square says which one it is."""
    width, height = size
    image = np.full((height, width, 3), 60, np.uint8)
    if noise:
        rng = np.random.default_rng(number)
        image += rng.integers(0, 60, image.shape, np.uint8)
    left = number % (width - 16)
    image[height // 3 : height // 3 + 16, left : left + 16] = 230
    return av.VideoFrame.from_ndarray(image, "rgb24")


def square_at(frame: av.VideoFrame) -> int:
    """Return the left edge of the square in a decoded frame."""
    luma = frame.to_ndarray(format="gray8")
    row = luma[luma.shape[0] // 3 + 8].astype(int)
    return int(np.argmax(row > 150))


def _tone(number: int) -> av.AudioFrame:
    """Return the sound of a frame."""
    count = SOUND_RATE // FPS
    wave = np.sin(np.arange(count) * 0.1, dtype=np.float32)[None, :]
    frame = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
    frame.rate = SOUND_RATE
    frame.pts = number * count
    return frame


class Wire:
    """A stream that is open, and whose packets come when a test says so."""

    def __init__(self, data: bytes, container: str | None = None) -> None:
        """Open a stream."""
        self.source = av.open(io.BytesIO(data), "r", format=container)
        self._packets = deque(packet for packet in self.source.demux() if packet.size)
        self._start = min(
            _seconds(packet)
            for packet in self._packets
            if packet.stream.type == "video"
        )

    def play(
        self,
        feed: Callable[..., None],
        *,
        until: float,
        at: float,
        shift: float = 0.0,
    ) -> None:
        """Hand on the packets up to a media time.

        Args:
            feed: `Recorder.packet`, or that of a feed.
            until: Media time, seconds.
            at: Unix time of media time 0.
            shift: Added to the media times, not to `at`.
        """
        while self._packets and _seconds(self._packets[0]) - self._start < until:
            packet = self._packets.popleft()
            ts = _seconds(packet) - self._start
            feed(
                packet,
                media=ts + shift,
                at=at + ts,
                keyframe=packet.is_keyframe,
                sound=packet.stream.type == "audio",
            )


def _seconds(packet: Any) -> float:
    """Return the time of decoding of a packet."""
    return float(packet.dts * packet.time_base)


class ManualWriter(MediaWriter):
    """Writes when a test says so."""

    @override
    def add(self, recording: Recording, on_done: Callable[[], None]) -> None:
        """Take a recording."""
        self._recordings.append((recording, on_done))

    def step(self, now: float) -> None:
        """Step them all."""
        for each in list(self._recordings):
            if each[0].step(now):
                self._recordings.remove(each)
                each[1]()


class Sink:
    """Remembers all that it is told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.progress: list[tuple[int, ClipInfo]] = []
        self.done: dict[int, ClipInfo] = {}
        self.failed: dict[int, str] = {}
        self.previews: list[bytes] = []
        self.over: list[int] = []

    def clip_progress(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Remember."""
        self.progress.append((part, info))

    def clip_done(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Remember."""
        self.done[part] = info

    def clip_failed(self, event_id: str, part: int, reason: str) -> None:
        """Remember."""
        self.failed[part] = reason

    def preview_done(self, event_id: str, webp: bytes) -> None:
        """Remember."""
        self.previews.append(webp)

    def recording_done(self, event_id: str, parts: int) -> None:
        """Remember."""
        self.over.append(parts)


class Studio:
    """A recorder whose time is the test's.

    Attributes:
        start: Unix time of media time 0.
        now: Media time.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        """Set up a recorder that writes into a folder."""
        self.folder = folder
        self.sink = Sink()
        self.writer = ManualWriter()
        # A whole second: event times are rounded to milliseconds.
        self.start = float(int(time.time()) - 6)
        self.now = 0.0
        self.recorder = Recorder(
            "gate", RecorderSettings(**settings), self.sink, self.writer
        )

    def path_of(self, part: int) -> Path:
        """Return where a part goes."""
        return self.folder / f"{EVENT}.{part}.mp4"

    def begin(self, at: float, event_id: str = EVENT) -> None:
        """Let an event begin at a media time."""
        now = self.start + self.now
        with patch("custom_components.vigilar.media.recording.time.time", lambda: now):
            self.recorder.begin(event_id, round((self.start + at) * 1000), self.path_of)

    def end(self, at: float, event_id: str = EVENT) -> None:
        """Let an event end at a media time."""
        self.recorder.end(event_id, round((self.start + at) * 1000))

    def step(self, at: float) -> None:
        """Let the writer work at a media time, until it has caught up."""
        self.now = at
        for _ in range(10):
            self.writer.step(self.start + at)

    def play(self, wire: Wire, until: float, **where: Any) -> None:
        """Let packets come, and be written twice a second."""
        now = where.pop("begin", 0.0)
        feed = where.pop("feed", self.recorder.packet)
        offset = where.pop("offset", 0.0)
        while now < until:
            now = min(now + 0.5, until)
            wire.play(feed, until=now - offset, at=self.start + offset, **where)
            self.step(now)


def check_clip(path: Path) -> list[av.VideoFrame]:
    """Decode a finished clip; return its frames.

    Its index is in front, it begins with a keyframe, times of decoding rise, and
    nothing in it is damaged.
    """
    data = path.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert b"moof" not in data[: data.find(b"mdat")]
    with av.open(str(path), options={"err_detect": "explode"}) as clip:
        packets = [packet for packet in clip.demux(video=0) if packet.size]
        assert packets[0].is_keyframe
        times = [packet.dts for packet in packets]
        assert times == sorted(set(times))  # type: ignore[type-var]
    with av.open(str(path), options={"err_detect": "explode"}) as clip:
        frames = list(clip.decode(video=0))
        # FFmpeg's decoder of VP9 keeps one.
        held_back = int(clip.streams.video[0].codec_context.name == "vp9")
    assert len(packets) - held_back <= len(frames) <= len(packets)
    return frames


def duration_of(path: Path) -> float:
    """Return the seconds of pictures of a file, as players show them."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        assert stream.duration
        assert stream.time_base
        return float(stream.duration * stream.time_base)
