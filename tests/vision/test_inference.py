"""Who runs the object detector, and when."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
import threading
from typing import Any

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray
import pytest

from custom_components.vigilar.models import Box, ObjectClass
from custom_components.vigilar.vision.crops import Crop
from custom_components.vigilar.vision.inference import (
    MOST_ANSWERS,
    DirectInference,
    Inference,
    InferenceThread,
    Request,
)
from custom_components.vigilar.vision.objects import Detection

from .common import WAIT_S, eventually

CROP = Crop(100, 50, 100, 100)


class Detector:
    """A detector that sees a person in the middle; a test may hold it up."""

    name = "test"
    input_size = (320, 240)

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.threads: set[int] = set()
        self.seen: list[int] = []
        self.free = threading.Event()
        self.free.set()
        self.fails = 0

    def detect(self, rgb: NDArray[np.uint8]) -> Sequence[Detection]:
        """Note what is shown."""
        assert rgb.shape == (240, 320, 3)
        self.threads.add(threading.get_ident())
        self.seen.append(round(float(rgb.mean())))
        assert self.free.wait(WAIT_S)
        if self.fails:
            self.fails -= 1
            raise ValueError("no picture")
        return [Detection(ObjectClass.PERSON, 0.6, Box(0.5, 0.5, 0.2, 0.4), "Person")]


def request(ts: float = 0.0, *, shade: int = 0, urgent: bool = False) -> Request:
    """Return a question about a grey picture."""
    rgb = np.full((200, 400, 3), shade, np.uint8)
    frame = VideoFrame.from_ndarray(rgb, "rgb24")
    return Request(frame, ts, CROP, {1: Box(0.3, 0.3, 0.1, 0.1)}, 1, urgent)


@pytest.fixture
def detector() -> Detector:
    """Return a detector."""
    return Detector()


@pytest.fixture
def start(detector: Detector) -> Iterator[Callable[..., InferenceThread]]:
    """Return what starts a thread, which is stopped after the test."""
    started: list[InferenceThread] = []

    def _start(load: Callable[[], Any] = lambda: detector) -> InferenceThread:
        thread = InferenceThread(load)
        thread.start()
        thread.wait_loaded()
        started.append(thread)
        return thread

    yield _start
    detector.free.set()
    for thread in started:
        thread.request_stop()
        assert thread.join(WAIT_S)


def _counts(thread: InferenceThread, count: int) -> bool:
    """Return whether so many detections were made."""
    return thread.count == count


def answered(desk: Inference) -> list[Any]:
    """Wait for the next answers."""
    found: list[Any] = []

    def _fetch() -> bool:
        found.extend(desk.answers())
        return bool(found)

    eventually(_fetch)
    return found


def test_at_once(detector: Detector) -> None:
    """A file's question is answered in the same thread, before anything else happens."""
    inference = DirectInference(detector)
    assert inference.ready
    asked = request()
    inference.ask(asked)
    (answer,) = inference.answers()
    assert answer.request is asked
    assert answer.things[0].box == pytest.approx(Box(0.375, 0.5, 0.05, 0.2))
    assert answer.took_ms > 0
    assert inference.answers() == []
    assert inference.count == 1
    assert inference.cpu_s > 0
    assert detector.threads == {threading.get_ident()}


def test_one_thread_for_all(
    detector: Detector, start: Callable[..., InferenceThread]
) -> None:
    """Cameras share a thread that is none of theirs, and get their own answers."""
    thread = start()
    assert thread.ready
    desks = [thread.desk(name) for name in ("front", "back")]
    assert thread.desk("front") is desks[0]
    asked = [request(1.0), request(2.0)]
    for desk, one in zip(desks, asked, strict=True):
        desk.ask(one)
    for desk, one in zip(desks, asked, strict=True):
        assert [answer.request for answer in answered(desk)] == [one]
    assert len(detector.threads) == 1
    assert detector.threads != {threading.get_ident()}
    eventually(lambda: thread.count == 2)
    assert thread.cpu_s > 0


def test_it_sleeps_while_nobody_asks(start: Callable[..., InferenceThread]) -> None:
    """No question, no detection, no processor time."""
    thread = start()
    thread.desk("front")
    assert thread.count == 0
    assert thread.cpu_s == 0


def test_the_newest_question_takes_the_place_of_the_last(
    detector: Detector, start: Callable[..., InferenceThread]
) -> None:
    """Nothing is queued: what was not taken up in time is never answered."""
    thread = start()
    busy, desk = thread.desk("busy"), thread.desk("front")
    detector.free.clear()
    busy.ask(request(shade=200))
    eventually(lambda: bool(detector.seen))
    for ts in (1.0, 2.0, 3.0):
        desk.ask(request(ts))
    detector.free.set()
    assert [answer.request.ts for answer in answered(desk)] == [3.0]
    assert thread.desk("front").answers() == []


def test_whose_turn_it_is(
    detector: Detector, start: Callable[..., InferenceThread]
) -> None:
    """Preferred cameras first, then unknown things, then who has waited longest."""
    thread = start()
    thread.prefer({"armed"})
    names = ["busy", "known", "unknown", "armed"]
    desks = {name: thread.desk(name) for name in names}
    shades = {"known": 40, "unknown": 80, "armed": 120, "busy": 200}
    detector.free.clear()
    desks["busy"].ask(request(shade=200))
    eventually(lambda: bool(detector.seen))
    for name in names:
        desks[name].ask(request(shade=shades[name], urgent=name == "unknown"))
    detector.free.set()
    eventually(lambda: len(detector.seen) == 5)
    order = [shades["armed"], shades["unknown"], shades["known"], shades["busy"]]
    assert detector.seen[1:] == pytest.approx(order, abs=2)


def test_a_failing_picture_is_survived(
    detector: Detector,
    start: Callable[..., InferenceThread],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged once, and the next one is looked at."""
    thread = start()
    desk = thread.desk("front")
    detector.fails = 2
    for count in (1, 2):
        desk.ask(request())
        eventually(partial(_counts, thread, count))
    desk.ask(request(7.0))
    assert [answer.request.ts for answer in answered(desk)] == [7.0]
    assert caplog.text.count("could not be looked at") == 1


def test_without_a_detector(start: Callable[..., InferenceThread]) -> None:
    """The reason is kept, and questions are dropped."""
    failure = RuntimeError("no model")

    def load() -> Any:
        raise failure

    thread = start(load)
    assert not thread.ready
    assert not thread.wait_loaded()
    assert thread.failure is failure
    desk = thread.desk("front")
    assert not desk.ready
    desk.ask(request())
    assert desk.answers() == []


def test_stopped_before_it_began() -> None:
    """Then it never begins, and nobody waits for it."""
    thread = InferenceThread(Detector)
    thread.request_stop()
    thread.start()
    assert not thread.wait_loaded()
    assert thread.join(0)


def test_unfetched_answers_are_few(
    detector: Detector, start: Callable[..., InferenceThread]
) -> None:
    """A camera that does not come for its answers keeps only the newest."""
    thread = start()
    desk = thread.desk("front")
    for count in range(1, MOST_ANSWERS + 4):
        desk.ask(request(float(count)))
        eventually(partial(_counts, thread, count))
    stamps = [answer.request.ts for answer in desk.answers()]
    assert stamps == [float(count) for count in range(4, MOST_ANSWERS + 4)]
