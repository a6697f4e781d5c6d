"""What the settings of a camera do, and that they change between two pictures."""

from collections.abc import Iterator
import itertools
import threading
import time
from typing import Any, override

import numpy as np
import pytest

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.scene import SceneFault
from custom_components.vigilar.vision.source import (
    SNAPSHOT_CODEC,
    Packet,
    Picture,
    SourceError,
    StreamInfo,
)
from custom_components.vigilar.vision.worker import CameraWorker
from custom_components.vigilar.vision.zones import Point, Zone, ZoneKind

from .common import (
    WAIT_S,
    Image,
    ScriptedSource,
    eventually,
    grey_frame,
    running,
    still,
    texture,
    walk,
)

ALL = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))
PERIOD_S = 0.2


def analyse(
    images: Iterator[Image], *changes: tuple[int, AnalyzerSettings]
) -> list[Observation]:
    """Return what is observed; settings change at the pictures named."""
    analyzer = Analyzer("gate", changes[0][1], NumpyKernels())
    later = dict(changes[1:])
    observed: list[Observation] = []
    for number, image in enumerate(images):
        if number in later:
            analyzer.configure(later[number])
        observed += analyzer.update(image, number * PERIOD_S)
    return observed + analyzer.close()


def starts(observed: list[Observation]) -> list[Observation]:
    """Return the beginnings."""
    return [one for one in observed if one.kind == ObservationKind.MOTION_STARTED]


def test_small_things_do_not_count() -> None:
    """The figure is 28 % of the picture's height."""
    seen = analyse(walk(60, before=20), (0, AnalyzerSettings(min_height=0.2)))
    assert len(starts(seen)) == 1
    assert not analyse(walk(60, before=20), (0, AnalyzerSettings(min_height=0.4)))


def test_short_movement_does_not_count() -> None:
    """The figure is in sight for eleven seconds; the event begins when it came."""
    plain = starts(analyse(walk(100, before=20), (0, AnalyzerSettings())))
    patient = starts(
        analyse(walk(100, before=20), (0, AnalyzerSettings(min_duration_s=5.0)))
    )
    assert [one.ts for one in patient] == [one.ts for one in plain]
    assert patient[0].latency_ms["confirm"] >= 5000
    assert not analyse(walk(100, before=20), (0, AnalyzerSettings(min_duration_s=12.0)))


def test_short_movements_do_not_add_up() -> None:
    """A pause begins the wait anew."""
    crossing = list(walk(60, before=20, speed=9))
    settings = AnalyzerSettings(min_duration_s=8.0)
    assert not analyse(iter([*crossing, *crossing, *crossing]), (0, settings))


def test_settings_change_between_two_pictures() -> None:
    """What was learned of the scene is kept: nothing is missed meanwhile."""
    blind = AnalyzerSettings(zones=(Zone("All", ALL, ZoneKind.MASK),))
    seeing = AnalyzerSettings()
    assert not analyse(walk(100, before=20), (0, seeing), (10, blind))
    (start,) = starts(analyse(walk(100, before=20), (0, blind), (15, seeing)))
    assert 4000 <= start.ts <= 5200


def test_sensitivity_changes_between_two_pictures() -> None:
    """A faint figure is seen as soon as the sensitivity is high enough."""
    low, high = AnalyzerSettings(sensitivity=1), AnalyzerSettings(sensitivity=10)
    faint = list(walk(60, before=20, contrast=0.18))
    assert not analyse(iter(faint), (0, low))
    assert starts(analyse(iter(faint), (0, low), (20, high)))


@pytest.mark.parametrize("wrong", [{"min_height": 1.0}, {"min_duration_s": -1.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    """Nonsense is an error at once."""
    with pytest.raises(ValueError, match="range"):
        AnalyzerSettings(**wrong)


def test_a_change_of_the_rate_holds_from_the_next_picture_on() -> None:
    """The share of the rate multiplies what is set."""
    settings = AnalyzerSettings(fps=10)
    pipe = Pipeline(
        ScriptedSource(still(400), fps=20, live=False, start=0),
        Analyzer("gate", settings, NumpyKernels()),
        settings.fps,
        Gate(longest_group_s=0),
    )
    analysed = []
    for rate in (1.0, 0.5, 1.0):
        pipe.configure(settings, rate)
        before = pipe.times.analysed
        for _ in range(100):
            pipe.step()
        analysed.append(pipe.times.analysed - before)
    assert analysed[0] == pytest.approx(50, abs=2)
    assert analysed[1] == pytest.approx(25, abs=2)
    assert analysed[2] == pytest.approx(50, abs=2)


class Endless(ScriptedSource):
    """A live source that plays the same pictures as fast as they are read."""

    def __init__(self, images: list[Image], fps: float = 5.0) -> None:
        """Take the pictures."""
        super().__init__(itertools.cycle(images), fps=fps)
        self.opened = 0

    def __call__(self) -> Endless:
        """Open it."""
        self.opened += 1
        return self

    @override
    def read(self) -> Packet | None:
        """Let other threads have a turn."""
        time.sleep(0)
        return super().read()


def test_a_running_worker_takes_other_settings() -> None:
    """No new connection is made, and nobody waits."""
    observed: list[Observation] = []
    blind = AnalyzerSettings(zones=(Zone("All", ALL, ZoneKind.MASK),))
    source = Endless(list(walk(100, before=20, speed=8)))
    with running(source, observed.append) as worker:
        worker.configure(blind)
        eventually(lambda: worker._wanted[0] is blind and worker.cpu_s > 0.05)
        silent = len(starts(observed))
        worker.configure(AnalyzerSettings())
        worker.limit(0.5)
        assert worker._wanted == (AnalyzerSettings(), 0.5)
        worker.limit(1.0)
        eventually(lambda: len(starts(observed)) > silent)
    assert source.opened == 1


def test_a_worker_tells_what_it_uses() -> None:
    """Its CPU time grows while it works, and is its own and nobody else's."""
    source = Endless(list(still(20)))
    with running(source, lambda _observation: None) as worker:
        eventually(lambda: worker.cpu_s > 0.02)
        before = worker.cpu_s
        eventually(lambda: worker.cpu_s > before)
    assert worker.cpu_s <= time.process_time()
    assert (
        CameraWorker(
            "idle", source, AnalyzerSettings(), lambda _observation: None
        ).cpu_s
        == 0.0
    )


def test_a_covered_lens_comes_out_on_wall_time() -> None:
    """The path from pictures to the fault, with the time of the day."""
    covered = np.full((144, 256), 90, np.uint8)
    images = [*still(300), *([covered] * 200), *still(100)]
    observed: list[Observation] = []
    done = threading.Event()

    def sink(observation: Observation) -> None:
        observed.append(observation)
        if observation.kind == ObservationKind.SCENE_RECOVERED:
            done.set()

    before = time.time()
    with running(Endless(images), sink):
        assert done.wait(WAIT_S)
    tampered, recovered = (one for one in observed if one.key == "scene")
    assert tampered.kind == ObservationKind.SCENE_TAMPERED
    assert tampered.reason == SceneFault.COVERED.value
    assert tampered.source_id == "gate"
    # The pictures of minutes are played in seconds, so that only the order is real.
    assert before - 600 <= tampered.ts / 1000 <= recovered.ts / 1000 <= time.time()


class Stuck(ScriptedSource):
    """A camera that gives the same picture for minutes."""

    codec = "h264"

    @property
    @override
    def info(self) -> StreamInfo:
        """Return what the test told."""
        return StreamInfo(256, 144, self.codec, 5.0)

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Return the same picture again."""
        return [Picture(grey_frame(texture().astype(np.uint8)), packet.ts)]


@pytest.mark.parametrize(
    ("codec", "faults"), [("h264", ["scene_tampered"]), (SNAPSHOT_CODEC, [])]
)
def test_a_camera_that_is_polled_is_not_frozen(codec: str, faults: list[str]) -> None:
    """It may have nothing newer; a stream always has."""
    source = Stuck(still(500))
    source.codec = codec
    observed: list[Observation] = []
    worker = CameraWorker("gate", lambda: source, AnalyzerSettings(), observed.append)
    worker._kernels = NumpyKernels()
    with pytest.raises(SourceError):
        worker._watch(source)
    assert [one.kind for one in observed if one.key == "scene"] == faults
