"""What is told to those who look on, and that it is what decides."""

import base64
from collections.abc import Iterable, Iterator
import io
import itertools
import time
from typing import Any

import numpy as np
from PIL import Image as PillowImage
import pytest

from custom_components.vigilar.models import ObjectClass
from custom_components.vigilar.vision import pipeline as pipeline_module
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate, GateState
from custom_components.vigilar.vision.kernels import NumpyKernels, load_kernels
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.observing import (
    CELL,
    HeatMap,
    LiveObserver,
    Observer,
    Sight,
    Told,
    TuningObserver,
)
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.recognition import (
    ClassSettings,
    ObjectSettings,
    Recognizer,
)
from custom_components.vigilar.vision.verdict import MOST_STEPS, Verdict
from custom_components.vigilar.vision.zones import Point, Zone, ZoneKind

from .common import (
    FakeInference,
    Image,
    ScriptedSource,
    eventually,
    finish,
    grey_frame,
    running,
    still,
    walk,
)

PERIOD_S = 0.2
ALL = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))
TOP = (Point(0, 0), Point(1, 0), Point(1, 0.05), Point(0, 0.05))


def look(
    images: Iterable[Image],
    observer: Observer,
    settings: AnalyzerSettings | None = None,
) -> Iterator[Analyzer]:
    """Analyse pictures while somebody looks on."""
    analyzer = Analyzer("gate", settings or AnalyzerSettings(), NumpyKernels())
    for number, image in enumerate(images):
        ts = number * PERIOD_S
        analyzer.update(image, ts)
        observer.look(Sight(analyzer, image, ts, 1000 + ts))
        yield analyzer


def tell_tuning(
    images: Iterable[Image],
    draft: AnalyzerSettings | None = None,
    settings: AnalyzerSettings | None = None,
) -> list[Told]:
    """Return all that a tuning observer tells."""
    told: list[Told] = []
    for _ in look(images, TuningObserver(told.append, draft), settings):
        pass
    return told


def reasons(told: list[Told]) -> set[str]:
    """Return every reason that was told."""
    return {track["why"] for frame in told for track in frame["tracks"]}


def test_boxes_are_told_when_they_change() -> None:
    """Nothing is told of an empty scene; of a walker all, and that he is gone."""
    told: list[Told] = []
    for _ in look(still(20), LiveObserver(told.append)):
        pass
    assert told == []
    images = [*walk(60, before=20), *still(20)]
    for _ in look(images, LiveObserver(told.append)):
        pass
    sure = [box for message in told for box in message["boxes"] if box["sure"]]
    assert len(sure) > 20
    assert all(0 < box["score"] <= 1 and box["label"] is None for box in sure)
    assert sure[0]["box"][0] < sure[-1]["box"][0]
    assert all(one["boxes"] != two["boxes"] for one, two in itertools.pairwise(told))
    assert told[-1]["boxes"] == []
    assert told[-1]["ts"] > told[0]["ts"] > 1_000_000


def test_boxes_tell_the_zones_that_are_entered() -> None:
    """Of each that something stands in, while it does."""
    left = Zone("left", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))
    told: list[Told] = []
    settings = AnalyzerSettings(zones=(left, Zone("all", ALL)))
    for _ in look(
        [*walk(60, before=20), *still(20)], LiveObserver(told.append), settings
    ):
        pass
    entered = [box["zones"] for one in told for box in one["boxes"] if box["sure"]]
    assert entered[0] == ["left", "all"]
    assert entered[-1] == ["all"]


def test_boxes_are_told_five_times_a_second_at_most() -> None:
    """A camera of 15 pictures a second does not tell of each."""
    told: list[Told] = []
    observer = LiveObserver(told.append)
    analyzer = Analyzer("gate", AnalyzerSettings(fps=15), NumpyKernels())
    images = list(walk(60, before=20))
    for number in range(3 * len(images)):
        image, ts = images[number // 3], number / 15
        analyzer.update(image, ts)
        observer.look(Sight(analyzer, image, ts, ts))
    times = [message["ts"] for message in told]
    assert len(times) > 20
    assert all(after - before > 190 for before, after in itertools.pairwise(times))


def test_a_frame_tells_all() -> None:
    """The plane, its heat, the regions of change and the tracks with their paths."""
    told = tell_tuning([*walk(60, before=20)])
    frame = next(frame for frame in told if frame["would_count"])
    assert (frame["width"], frame["height"]) == (256, 144)
    with PillowImage.open(io.BytesIO(base64.b64decode(frame["luma"]))) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "L", (256, 144))
    heat = frame["heat"]
    cells = np.frombuffer(base64.b64decode(heat["data"]), np.uint8)
    assert (heat["columns"], heat["rows"]) == (256 // CELL, 144 // CELL)
    assert len(cells) == heat["columns"] * heat["rows"]
    track = next(track for track in frame["tracks"] if track["sure"])
    assert track["why"] == "counts"
    assert 2 <= len(track["path"]) <= MOST_STEPS
    assert track["path"][0][0] < track["path"][-1][0]
    x, y, w, h = track["box"]
    hot = cells.reshape(heat["rows"], -1)[
        int((y + h / 2) * heat["rows"]), int((x + w / 2) * heat["columns"])
    ]
    assert hot > 128
    blob = next(blob for blob in frame["blobs"] if blob["counts"])
    assert blob["box"] == track["box"]
    assert 0 < blob["area"] <= w * h + 1e-3


def test_heat_is_lost_slowly() -> None:
    """What changed is hot at once, and colder the longer it is ago."""
    heat = HeatMap()
    mask = np.zeros((20, 30), np.uint8)
    mask[:CELL, :CELL] = 1
    heat.add(mask, 1.0)
    levels = []
    for ts in (1.0, 3.0, 60.0):
        heat.add(np.zeros((20, 30), np.uint8), ts)
        described = heat.describe()
        assert (described["columns"], described["rows"]) == (4, 3)
        levels.append(base64.b64decode(described["data"])[0])
    assert levels[0] == 255 > levels[1] > 128 > levels[2]
    heat.add(np.ones((8, 8), np.uint8), 61.0)
    assert heat.describe()["columns"] == 1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (AnalyzerSettings(min_height=0.4), Verdict.TOO_SMALL),
        (AnalyzerSettings(zones=(Zone("top", TOP),)), Verdict.OUTSIDE_ZONES),
        (AnalyzerSettings(min_duration_s=30), Verdict.TOO_SHORT),
    ],
)
@pytest.mark.parametrize("draft", [False, True])
def test_the_reason_is_told_and_it_decides(
    settings: AnalyzerSettings, reason: Verdict, draft: bool
) -> None:
    """What does not count says why, by the camera's settings as by a draft."""
    images = list(walk(60, before=20))
    told = (
        tell_tuning(images, settings) if draft else tell_tuning(images, None, settings)
    )
    assert reason in reasons(told)
    assert Verdict.COUNTS not in reasons(told)
    assert not any(frame["would_count"] for frame in told)
    assert not any(track["sure"] for frame in told for track in frame["tracks"])
    plain = tell_tuning(images)
    assert reasons(plain) >= {Verdict.COUNTS, Verdict.NOT_MOVING_ON}
    assert any(frame["would_count"] for frame in plain)


def test_what_stopped_says_so() -> None:
    """The walker stands still: still a thing, but none that moves."""
    images = list(walk(40, before=20))
    told = tell_tuning([*images, *[images[-1]] * 10])
    assert Verdict.STOPPED in reasons(told)


@pytest.mark.parametrize("draft", [False, True])
def test_what_a_mask_hides_is_shown_as_masked(draft: bool) -> None:
    """Regions of change are shown where nothing is looked at, and do not count."""
    masked = AnalyzerSettings(zones=(Zone("all", ALL, ZoneKind.MASK),))
    images = list(walk(60, before=20))
    told = tell_tuning(images, masked) if draft else tell_tuning(images, None, masked)
    blobs = [blob for frame in told for blob in frame["blobs"]]
    hidden = [blob for blob in blobs if blob.get("why") == Verdict.MASKED]
    assert len(hidden) > 20
    assert not any(blob["counts"] for blob in blobs)
    assert hidden[0]["box"][0] < hidden[-1]["box"][0]
    assert not any(
        blob.get("why") for frame in tell_tuning(images) for blob in frame["blobs"]
    )


def test_a_draft_changes_nothing_of_the_camera() -> None:
    """The running analysis tells the same whether a draft is judged beside it or not."""

    def observed(observers: list[Observer]) -> list[Any]:
        pipe = Pipeline(
            ScriptedSource(walk(60, before=20), live=False),
            Analyzer("gate", AnalyzerSettings(), NumpyKernels()),
            5.0,
            Gate(longest_group_s=0.0),
        )
        pipe.show(observers)
        return [
            (one.kind, one.ts, one.score, one.box, one.zones) for one in finish(pipe)
        ]

    told: list[Told] = []
    draft = TuningObserver(told.append, AnalyzerSettings(min_height=0.4))
    assert observed([draft]) == observed([])
    assert told
    assert not any(frame["would_count"] for frame in told)


@pytest.mark.parametrize("make", [NumpyKernels, load_kernels])
def test_a_draft_knows_the_scene_at_once(make: Any) -> None:
    """A draft that begins while somebody walks judges by the background there is."""
    images = list(walk(60, before=20))
    told: list[Told] = []
    analyzer = Analyzer("gate", AnalyzerSettings(), make())
    draft = TuningObserver(told.append, AnalyzerSettings(sensitivity=6))
    for number, image in enumerate(images):
        ts = number * PERIOD_S
        analyzer.update(image, ts)
        if number >= 40:
            draft.look(Sight(analyzer, image, ts, ts))
    assert any(frame["would_count"] for frame in told[:8])
    assert all(track["id"] for frame in told for track in frame["tracks"])


def test_a_draft_begins_anew_with_another_connection() -> None:
    """Tracks and background of a connection that was lost are not taken further."""
    told: list[Told] = []
    observer = TuningObserver(told.append, AnalyzerSettings(sensitivity=6))
    for _ in look(walk(60, before=20), observer):
        pass
    told.clear()
    for _ in look(still(30), observer):
        pass
    assert told
    assert not any(frame["tracks"] or frame["would_count"] for frame in told)


def test_the_label_is_told_and_what_it_means() -> None:
    """What is recognised has its label; a class that makes no events is ignored."""
    told: list[Told] = []
    frames: list[Told] = []
    observers: list[Observer] = [
        LiveObserver(told.append),
        TuningObserver(frames.append),
    ]
    objects = ObjectSettings(person=ClassSettings(reported=False))
    inference = FakeInference(
        lambda request: [
            Detection(ObjectClass.PERSON, 0.6, box, "Person")
            for box in request.boxes.values()
        ]
    )
    inference.ready = True
    analyzer = Analyzer(
        "gate",
        AnalyzerSettings(objects=objects),
        NumpyKernels(),
        Recognizer(inference),
    )
    for number, image in enumerate(walk(60, before=20)):
        ts = number * PERIOD_S
        analyzer.update(image, ts, grey_frame(image))
        for observer in observers:
            observer.look(Sight(analyzer, image, ts, ts))
    known = [box for one in told for box in one["boxes"] if box["label"] == "person"]
    assert known
    assert {(box["score"], box["sure"]) for box in known} == {(0.6, False)}
    assert Verdict.IGNORED in reasons(frames)


def gated(count: int = 200) -> Pipeline:
    """Return a pipeline of a still scene that its gate passes over before long."""
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    return Pipeline(ScriptedSource(still(count), live=False), analyzer, 5.0)


def test_who_tunes_keeps_the_gate_open_and_who_only_looks_does_not() -> None:
    """Tuning wants every picture; boxes are where something moves, which opens it."""
    decoded = []
    for observers in ([], [LiveObserver(lambda _told: None)]):
        pipe = gated()
        pipe.show(observers)
        finish(pipe)
        decoded.append(pipe.times.decoded)
    assert decoded[0] == decoded[1] < 120
    told: list[Told] = []
    pipe = gated()
    pipe.show([TuningObserver(told.append)])
    finish(pipe)
    assert pipe.times.decoded == pipe.times.analysed == len(told) == 200


def test_a_gate_that_sleeps_is_woken_and_may_sleep_again() -> None:
    """Who begins to tune a quiet camera sees the next picture."""
    pipe = gated(400)
    while pipe.gate is not GateState.QUIET:
        pipe.step()
    told: list[Told] = []
    pipe.show([TuningObserver(told.append)])
    for _ in range(100):
        pipe.step()
    assert len(told) >= 100
    pipe.show([])
    told.clear()
    finish(pipe)
    assert pipe.gate is GateState.QUIET
    assert told == []


def test_nothing_is_made_while_nobody_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No description, no picture, no copy: a camera pays nothing for what may be."""

    def never(*_args: Any) -> None:
        pytest.fail("something was made for nobody")

    for name in ("things", "masked", "fork"):
        monkeypatch.setattr(Analyzer, name, never)
    monkeypatch.setattr(pipeline_module, "Sight", never)
    pipe = gated()
    assert not finish(pipe)
    assert pipe.times.analysed


def test_a_worker_lets_others_look_on() -> None:
    """Who comes and goes while a camera runs sees what it sees; wall time is told."""
    told: list[Told] = []

    def source() -> ScriptedSource:
        return ScriptedSource(itertools.cycle(walk(60, before=20)))

    with running(source, lambda _observation: None) as worker:
        worker.show([TuningObserver(told.append)])
        eventually(lambda: any(frame["would_count"] for frame in told))
        worker.show([])
        eventually(lambda: worker.stats.online)
    assert all(abs(frame["ts"] / 1000 - time.time()) < 3600 for frame in told)
