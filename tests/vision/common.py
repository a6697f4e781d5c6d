"""Scenes with known truth, clips and streams made of them, and a scripted source."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import io
from pathlib import Path
import threading
import time
from typing import Any, override

import av
from av.video.frame import PictureType, VideoFrame
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.models import Box, ObjectClass, Observation
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate
from custom_components.vigilar.vision.inference import Answer, Request
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.source import (
    Backoff,
    Packet,
    Picture,
    Source,
    SourceError,
    SourceFailure,
    StreamInfo,
)
from custom_components.vigilar.vision.worker import CameraWorker

type Image = NDArray[np.uint8]

WAIT_S = 30.0
"""Generous time-out of everything that is waited for."""


def texture(height: int = 144, width: int = 256, seed: int = 1) -> NDArray[np.float64]:
    """Return a soft random texture, float64[h, w], 60-160."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 160, (height // 8 + 2, width // 8 + 2))
    return np.kron(coarse, np.ones((8, 8)))[:height, :width].astype(np.float64)


def still(count: int, *, sigma: float = 2.0, seed: int = 2) -> Iterator[Image]:
    """Yield frames in which nothing happens but sensor noise."""
    rng = np.random.default_rng(seed)
    background = texture()
    for _ in range(count):
        yield _noisy(background, rng, sigma)


def walk(
    count: int,
    *,
    before: int = 15,
    contrast: float = 0.5,
    speed: float = 5.0,
    gain: Callable[[int], float] = lambda _frame: 1.0,
) -> Iterator[Image]:
    """Yield frames in which a figure crosses from left to right.

    Args:
        count: Frames in all.
        before: Frames before it enters.
        contrast: Of its brightness to what is behind it, 0-1.
        speed: Pixels a frame.
        gain: Of the light in each frame.
    """
    rng = np.random.default_rng(3)
    background = texture()
    for number in range(count):
        scene = background.copy()
        if number >= before:
            left = round((number - before) * speed) - 14
            scene[70:110, max(0, left) : max(0, left + 16)] *= 1 + contrast
        yield _noisy(scene * gain(number), rng, 2.0)


def _noisy(scene: NDArray[np.float64], rng: np.random.Generator, sigma: float) -> Image:
    """Add sensor noise."""
    noisy: Image = np.clip(scene + rng.normal(0, sigma, scene.shape), 0, 255).astype(
        np.uint8
    )
    return noisy


class FakeInference:
    """Answers by a rule of the test; late answers come at the next picture."""

    def __init__(
        self, see: Callable[[Request], Sequence[Detection]], *, late: bool = False
    ) -> None:
        """Keep the rule."""
        self.ready = True
        self.asked: list[Request] = []
        self.see = see
        self._late = late
        self._made: list[Answer] = []
        self._found: list[Answer] = []

    def ask(self, request: Request) -> None:
        """Note a question and its answer."""
        self.asked.append(request)
        self._made.append(Answer(request, tuple(self.see(request)), 12.0))

    def answers(self) -> Sequence[Answer]:
        """Return what was found; what is late comes one call later."""
        made, self._made = self._made, []
        if not self._late:
            return made
        found, self._found = self._found, made
        return found


class SomebodyEverywhere:
    """A detector that takes the bright figure of `walk` for a person."""

    name = "test"
    input_size = (96, 96)

    def detect(self, rgb: NDArray[np.uint8]) -> Sequence[Detection]:
        """Find the brightest columns and rows."""
        bright = rgb.mean(axis=2) > 0.8 * float(rgb.max())
        ys, xs = np.nonzero(bright)
        if not len(ys):
            return []
        (top, bottom), (left, right) = (
            np.percentile(values, (10, 90)) / 96 for values in (ys, xs)
        )
        box = Box(left, top, max(0.01, right - left), max(0.01, bottom - top))
        return [Detection(ObjectClass.PERSON, 0.6, box, "Person")]


def grey_frame(image: Image) -> VideoFrame:
    """Return an image as a decoder would give it."""
    rgb = np.repeat(image[:, :, None], 3, axis=2)
    return VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="yuv420p")


def encode(
    images: Iterable[Image],
    *,
    fps: int = 5,
    container_format: str = "mpegts",
    codec: str = "mpeg4",
    options: dict[str, str] | None = None,
    keyframes: Container[int] = (),
) -> bytes:
    """Return images as an encoded video, with a keyframe at these numbers, too."""
    out = io.BytesIO()
    with av.open(out, "w", format=container_format) as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options or {})
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 2_000_000
        stream.gop_size = fps * 2
        if options is None:
            stream.max_b_frames = 0
        for number, image in enumerate(images):
            if number == 0:
                stream.height, stream.width = image.shape
            frame = grey_frame(image)
            frame.pts = number
            frame.time_base = Fraction(1, fps)
            if number in keyframes:
                frame.pict_type = PictureType.I
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def encode_sound() -> bytes:
    """Return a second of sound without a picture."""
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as container:
        stream: Any = container.add_stream("mp2", rate=44100)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 44100), np.int16), format="s16", layout="mono"
        )
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def write_clip(path: Path, images: Iterable[Image], *, fps: int = 5) -> Path:
    """Write images as a video file."""
    path.write_bytes(encode(images, fps=fps, container_format="mpegts"))
    return path


def jpeg(image: Image) -> bytes:
    """Return an image as a JPEG."""
    from custom_components.vigilar.vision.frames import encode_jpeg

    return encode_jpeg(grey_frame(image))


type Route = Callable[[BaseHTTPRequestHandler], None]


class StreamServer:
    """An HTTP server on loopback whose answers are functions."""

    def __init__(self) -> None:
        """Listen on a free port."""
        routes: dict[str, Route] = {}
        self.routes = routes
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            """Answers by the route of the path."""

            @override
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """Answer."""
                try:
                    routes[self.path](self)
                except OSError:
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, path: str, credentials: str = "") -> str:
        """Return the address of a path."""
        return f"http://{credentials}127.0.0.1:{self._server.server_port}{path}"

    def add_bytes(
        self, path: str, data: bytes, content_type: str = "video/mp2t"
    ) -> str:
        """Answer with data; return the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            begin_answer(handler, content_type)
            handler.wfile.write(data)

        self.routes[path] = answer
        return self.url(path)

    def add_stalling(self, path: str, data: bytes) -> str:
        """Answer with data, then with nothing more; return the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            begin_answer(handler, "video/mp2t")
            handler.wfile.write(data)
            handler.wfile.flush()
            self.closing.wait(WAIT_S)

        self.routes[path] = answer
        return self.url(path)

    def add_status(self, path: str, status: int) -> str:
        """Answer with an error; return the address."""
        self.routes[path] = lambda handler: handler.send_error(status)
        return self.url(path)

    def add_mjpeg(self, path: str, pictures: list[bytes]) -> str:
        """Answer with one JPEG after another, endlessly; return the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            begin_answer(handler, "multipart/x-mixed-replace; boundary=frame")
            number = 0
            while not self.closing.wait(0.01):
                data = pictures[number % len(pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                handler.wfile.write(head.encode() + data + b"\r\n")
                number += 1

        self.routes[path] = answer
        return self.url(path)

    def close(self) -> None:
        """Stop, and wait for every thread."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def begin_answer(handler: BaseHTTPRequestHandler, content_type: str) -> None:
    """Send the head of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Type", content_type)
    handler.end_headers()


@contextmanager
def stream_server() -> Iterator[StreamServer]:
    """Run a server."""
    server = StreamServer()
    try:
        yield server
    finally:
        server.close()


class ScriptedSource(Source):
    """A source whose pictures are given, and which then fails as told."""

    def __init__(
        self,
        images: Iterable[Image],
        *,
        fps: float = 5.0,
        failure: SourceFailure | None = SourceFailure.ENDED,
        live: bool = True,
        start: float = 100.0,
    ) -> None:
        """Take the script.

        Args:
            images: One a packet.
            fps: Of their time stamps.
            failure: What happens after the last; None to stay silent.
            live: It is a stream.
            start: Time stamp of the first, seconds.
        """
        self._images = iter(images)
        self._fps = fps
        self._failure = failure
        self._live = live
        self._start = start
        self._number = 0
        self.closed = False

    @property
    @override
    def live(self) -> bool:
        """Return what was told."""
        return self._live

    @property
    @override
    def info(self) -> StreamInfo:
        """Return what fits the scenes."""
        return StreamInfo(256, 144, "scripted", self._fps)

    @override
    def read(self) -> Packet | None:
        """Return the next packet, and fail after the last."""
        image = next(self._images, None)
        if image is None:
            if self._failure is None:
                time.sleep(0.01)
                return None
            raise SourceError(self._failure)
        ts = self._start + self._number / self._fps
        self._number += 1
        self._image = image
        return Packet(ts, keyframe=self._number % 10 == 1, size=1000, data=b"")

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Return the packet's picture."""
        return [Picture(grey_frame(self._image), packet.ts)]

    @override
    def drain(self) -> list[Picture]:
        """Return nothing."""
        return []

    @override
    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


@contextmanager
def running(
    open_source: Callable[[], Source],
    sink: Callable[[Observation], None],
    **settings: Any,
) -> Iterator[CameraWorker]:
    """Run a worker that waits next to nothing before it connects again."""
    worker = CameraWorker(
        "gate",
        open_source,
        AnalyzerSettings(**settings),
        sink,
        backoff=Backoff(0.01, 0.02),
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.request_stop()
        assert worker.join(WAIT_S)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def pipeline(source: Source, fps: float = 5.0, gate: Gate | None = None) -> Pipeline:
    """Return a pipeline on NumPy, which decodes all unless told otherwise."""
    analyzer = Analyzer("gate", AnalyzerSettings(fps=fps), NumpyKernels())
    return Pipeline(source, analyzer, fps, gate or Gate(longest_group_s=0.0))


def finish(pipe: Pipeline) -> list[Observation]:
    """Run a pipeline to its end."""
    observed: list[Observation] = []
    while True:
        try:
            observed += pipe.step()
        except SourceError:
            return observed + pipe.finish()


class FakeTime:
    """A clock that moves when told."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    perf_counter = monotonic
    time = monotonic
