"""Who runs the object detector, and when: one thread for all cameras, or at once for files."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
import logging
import threading
import time
from typing import Final, Protocol

from av.video.frame import VideoFrame

from ..models import Box
from .crops import Crop, Cropper
from .objects import Detection, ObjectDetector

_LOGGER = logging.getLogger(__name__)

MOST_ANSWERS: Final = 4
"""Answers kept for a camera that does not fetch them; it is stuck or gone."""


@dataclass(frozen=True, slots=True)
class Request:
    """A place to look at.

    Attributes:
        frame: In full resolution.
        ts: Media time of the frame in seconds.
        crop: Where in the frame.
        boxes: What moves in the frame, by track; fractions (0-1) of it.
        mover: The track that it is for; None for whoever is in sight.
        urgent: Nobody knows yet what it is.
    """

    frame: VideoFrame
    ts: float
    crop: Crop
    boxes: Mapping[int, Box]
    mover: int | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the detector found.

    Attributes:
        request: What was asked.
        things: Surest first; boxes are fractions (0-1) of the whole frame.
        took_ms: Milliseconds for crop and detection.
    """

    request: Request
    things: tuple[Detection, ...]
    took_ms: float


class Inference(Protocol):
    """How one camera reaches the object detector; belongs to the camera's thread."""

    @property
    def ready(self) -> bool:
        """Return whether anybody answers."""
        ...

    def ask(self, request: Request) -> None:
        """Ask; a question that nobody has taken up yet is replaced."""
        ...

    def answers(self) -> Sequence[Answer]:
        """Return what was answered since the last call, in order."""
        ...


class _Looker:
    """A detector and what it takes to show it something; belongs to one thread."""

    def __init__(self, detector: ObjectDetector) -> None:
        """Join the two."""
        self._detector = detector
        self._cropper = Cropper()

    def look(self, request: Request) -> Answer:
        """Crop, detect, and return the boxes to the frame."""
        begin = time.perf_counter()
        frame, crop = request.frame, request.crop
        found = self._detector.detect(
            self._cropper.cut(frame, crop, self._detector.input_size)
        )
        things = tuple(
            replace(thing, box=crop.to_picture(thing.box, frame.width, frame.height))
            for thing in found
        )
        return Answer(request, things, (time.perf_counter() - begin) * 1000)


class DirectInference:
    """Answers at once in the thread that asks: for files, so that each run is the same.

    Attributes:
        count: Detections so far.
        cpu_s: Processor seconds of the thread spent on them.
    """

    def __init__(self, detector: ObjectDetector) -> None:
        """Use a detector that belongs to the thread that will ask."""
        self._looker = _Looker(detector)
        self._answers: list[Answer] = []
        self.count = 0
        self.cpu_s = 0.0

    @property
    def ready(self) -> bool:
        """Return True."""
        return True

    def ask(self, request: Request) -> None:
        """Look at once."""
        begin = time.thread_time()
        self._answers.append(self._looker.look(request))
        self.cpu_s += time.thread_time() - begin
        self.count += 1

    def answers(self) -> Sequence[Answer]:
        """Return what was answered since the last call."""
        answers, self._answers = self._answers, []
        return answers


class _Desk:
    """Where one camera leaves its newest question and finds its answers."""

    def __init__(self, source_id: str, service: InferenceThread) -> None:
        """Create an empty desk."""
        self.source_id = source_id
        self.request: Request | None = None
        self.served = 0
        self.found: deque[Answer] = deque(maxlen=MOST_ANSWERS)
        self._service = service

    @property
    def ready(self) -> bool:
        """Return whether the thread has a detector."""
        return self._service.ready

    def ask(self, request: Request) -> None:
        """Leave a question in the place of the last one."""
        self._service.leave(self, request)

    def answers(self) -> Sequence[Answer]:
        """Return what was answered since the last call."""
        answers = []
        # The other thread may append meanwhile; each call of a deque is atomic.
        while self.found:
            answers.append(self.found.popleft())
        return answers


class InferenceThread:
    """One thread and one detector for all cameras. It sleeps while nothing moves.

    Each camera has one question at a time, its newest; nothing is queued.
    Preferred cameras come first, then unknown things, then whoever has waited
    longest.
    """

    def __init__(self, load: Callable[[], ObjectDetector]) -> None:
        """Prepare a thread that does not run.

        Args:
            load: Returns the detector; called once, in the thread. What it
                raises is kept in `failure`.
        """
        self._load = load
        self._desks: list[_Desk] = []
        self._preferred: frozenset[str] = frozenset()
        self._wake = threading.Condition()
        self._stopping = False
        self._ready = False
        self._loaded = threading.Event()
        self._failure: Exception | None = None
        self._turns = 0
        self._count = 0
        self._cpu_s = 0.0
        self._crashed = False
        self._thread = threading.Thread(
            target=self._run, name="vigilar_inference", daemon=True
        )

    @property
    def ready(self) -> bool:
        """Return whether there is a detector that answers; callable from any thread."""
        return self._ready

    @property
    def failure(self) -> Exception | None:
        """Return why there is no detector, if it could not be loaded."""
        return self._failure

    @property
    def count(self) -> int:
        """Return the detections so far; callable from any thread."""
        return self._count

    @property
    def cpu_s(self) -> float:
        """Return the processor seconds of the thread so far; callable from any thread."""
        return self._cpu_s

    def start(self) -> None:
        """Load the detector and begin to answer, unless asked to stop already."""
        if self._stopping:
            self._loaded.set()
        else:
            self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end; returns at once."""
        with self._wake:
            self._stopping = True
            self._ready = False
            self._wake.notify()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end.

        Args:
            timeout: Seconds.

        Returns:
            Whether it has ended, or never began.
        """
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wait_loaded(self) -> bool:
        """Wait until the detector was loaded or could not be.

        Returns:
            Whether there is one.
        """
        self._loaded.wait()
        return self._ready

    def desk(self, source_id: str) -> Inference:
        """Return the place of a camera, the same for each call with its id."""
        with self._wake:
            for desk in self._desks:
                if desk.source_id == source_id:
                    return desk
            desk = _Desk(source_id, self)
            self._desks.append(desk)
            return desk

    def prefer(self, source_ids: Collection[str]) -> None:
        """Let these cameras come first, such as armed ones; no others any more."""
        with self._wake:
            self._preferred = frozenset(source_ids)

    def leave(self, desk: _Desk, request: Request) -> None:
        """Take a camera's newest question; without a detector nobody wants it."""
        if not self._ready:
            return
        with self._wake:
            desk.request = request
            self._wake.notify()

    def _run(self) -> None:
        """Answer until asked to stop."""
        try:
            looker = _Looker(self._load())
        except Exception as err:  # noqa: BLE001 - whatever fails in a model, there is motion without it
            self._failure = err
            self._loaded.set()
            return
        with self._wake:
            self._ready = not self._stopping
        self._loaded.set()
        while (taken := self._next()) is not None:
            desk, request = taken
            try:
                desk.found.append(looker.look(request))
            except Exception:
                if not self._crashed:
                    _LOGGER.exception("A picture could not be looked at; it goes on")
                self._crashed = True
            self._count += 1
            self._cpu_s = time.thread_time()

    def _next(self) -> tuple[_Desk, Request] | None:
        """Wait for the question whose turn it is; None when asked to stop."""
        with self._wake:
            while not self._stopping:
                waiting = [desk for desk in self._desks if desk.request is not None]
                if waiting:
                    desk = min(waiting, key=self._turn)
                    request, desk.request = desk.request, None
                    assert request is not None
                    self._turns += 1
                    desk.served = self._turns
                    return desk, request
                self._wake.wait()
        return None

    def _turn(self, desk: _Desk) -> tuple[bool, bool, int]:
        """Return a camera's place in the order, lowest first."""
        assert desk.request is not None
        return (
            desk.source_id not in self._preferred,
            not desk.request.urgent,
            desk.served,
        )
