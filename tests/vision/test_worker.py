"""The thread of a camera, and the pipeline in it."""

from collections.abc import Iterable, Iterator
import gc
import logging
import os
from pathlib import Path
import threading
import time
from typing import Any, override
from unittest.mock import patch

import numpy as np
import pytest

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision import (
    clock as clock_module,
    pipeline as pipeline_module,
    worker as worker_module,
)
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate, GateState
from custom_components.vigilar.vision.source import (
    Backoff,
    Packet,
    Picture,
    Source,
    SourceError,
    SourceFailure,
    open_file,
    open_stream,
)
from custom_components.vigilar.vision.worker import CameraWorker

from .common import (
    WAIT_S,
    FakeTime,
    Image,
    ScriptedSource,
    encode,
    eventually,
    finish,
    pipeline,
    running,
    still,
    stream_server,
    walk,
    write_clip,
)


class Sink:
    """Collects observations, and lets a test wait for them."""

    def __init__(self) -> None:
        """Begin empty."""
        self.all: list[Observation] = []
        self._changed = threading.Condition()

    def __call__(self, observation: Observation) -> None:
        """Take an observation."""
        with self._changed:
            self.all.append(observation)
            self._changed.notify_all()

    def of(self, kind: str) -> list[Observation]:
        """Return those of one kind."""
        return [one for one in self.all if one.kind == kind]

    def wait(self, kind: str, count: int = 1) -> list[Observation]:
        """Wait until there are so many of a kind."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.of(kind)) >= count, WAIT_S
            ), self.all
        return self.of(kind)


class Sequence:
    """Opens one source after the other, then none."""

    def __init__(self, *sources: Source | Exception) -> None:
        """Take the sources; an exception is raised instead of opened."""
        self.left = list(sources)
        self.opened = 0

    def __call__(self) -> Source:
        """Open the next."""
        self.opened += 1
        if not self.left:
            raise SourceError(SourceFailure.UNREACHABLE)
        source = self.left.pop(0)
        if isinstance(source, Exception):
            raise source
        return source


# The pipeline


@pytest.mark.parametrize(
    ("fps_in", "fps", "expected"),
    [(30, 5, 50), (12, 5, 50), (5, 5, 50), (2, 5, 20), (30, 2, 20)],
)
def test_frames_are_analysed_at_the_rate_told(
    fps_in: int, fps: float, expected: int
) -> None:
    """Ten seconds give as many analysed frames as told, or all where there are fewer."""
    pipe = pipeline(
        ScriptedSource(still(fps_in * 10), fps=fps_in, live=False, start=0), fps
    )
    finish(pipe)
    assert pipe.times.decoded == fps_in * 10
    assert abs(pipe.times.analysed - expected) <= 1


def test_a_file_is_observed_on_its_own_clock(tmp_path: Path) -> None:
    """Observations of a file are in its own milliseconds, at any speed, with none dropped."""
    source = open_file(write_clip(tmp_path / "walk.ts", walk(100, before=20)))
    pipe = pipeline(source)
    observed = finish(pipe)
    source.close()
    assert [observed[0].kind, observed[-1].kind] == ["motion_started", "motion_ended"]
    assert 4000 <= observed[0].ts <= 5200
    assert 13500 <= observed[-1].ts <= 15000
    assert pipe.times.dropped == 0
    assert pipe.duration == pytest.approx(19.8)
    assert pipe.size == (256, 144)


class SlowToDecode(ScriptedSource):
    """A live source with packets in store, whose decoding takes its time."""

    def __init__(
        self, clock: FakeTime, images: Iterable[Image], decode_s: float, **rest: Any
    ) -> None:
        """Take the cost."""
        super().__init__(images, **rest)
        self.clock = clock
        self.decode_s = decode_s
        self.decoded: list[float] = []

    @override
    def read(self) -> Packet | None:
        """Wait for a packet that is not there yet."""
        packet = super().read()
        assert packet is not None
        assert packet.ts is not None
        self.clock.now = max(self.clock.now, 900.0 + packet.ts)
        return packet

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Take time."""
        assert packet.ts is not None
        self.decoded.append(packet.ts)
        self.clock.now += self.decode_s
        return super().decode(packet)


def test_what_is_late_is_dropped_and_never_queued() -> None:
    """A decoder at half the speed of the stream stays within seconds of it."""
    clock = FakeTime()
    source = SlowToDecode(clock, still(600), 0.4, fps=5)
    with patch.object(pipeline_module, "time", clock):
        pipe = pipeline(source)
        behind = []
        for _ in range(600):
            pipe.step()
            behind.append(clock.now - 900.0 - (100.0 + pipe.times.packets / 5))
    assert max(behind) < pipeline_module.TOO_LATE_S + 1.0
    assert pipe.times.dropped > 200
    # After packets were left out, decoding goes on at a keyframe: one in ten.
    resumed = [
        after
        for before, after in zip(source.decoded, source.decoded[1:], strict=False)
        if after - before > 0.3
    ]
    assert len(resumed) >= 10
    assert all(round((ts - 100) * 5) % 10 == 0 for ts in resumed)


def test_pictures_that_are_a_little_late_are_not_analysed() -> None:
    """A short fall behind costs frames of the analysis, and no decoding."""
    clock = FakeTime()
    source = SlowToDecode(clock, still(40), 0.0, fps=5)
    with patch.object(pipeline_module, "time", clock):
        pipe = pipeline(source)
        for _ in range(20):
            pipe.step()
        clock.now += 1.0
        for _ in range(20):
            pipe.step()
    assert pipe.times.decoded == 40
    assert 2 <= pipe.times.dropped <= 5
    assert pipe.times.analysed + pipe.times.dropped == 40


def test_a_stream_in_segments_keeps_its_pace() -> None:
    """Durations of what comes in bursts of six seconds are those of the scene."""

    class Segments(ScriptedSource):
        """Packets that arrive six seconds at a time."""

        @override
        def read(self) -> Packet | None:
            """Wait for the segment."""
            packet = super().read()
            assert packet is not None
            assert packet.ts is not None
            clock.now = 900.0 + (packet.ts - 100) // 6 * 6
            return packet

    clock = FakeTime()
    pipe = pipeline(Segments(walk(160, before=60, speed=8), fps=5))
    observed: list[Observation] = []
    with (
        patch.object(pipeline_module, "time", clock),
        patch.object(clock_module, "time", clock),
    ):
        for _ in range(160):
            observed += pipe.step()
    started = next(
        one for one in observed if one.kind == ObservationKind.MOTION_STARTED
    )
    ended = next(one for one in observed if one.kind == ObservationKind.MOTION_ENDED)
    # The figure is in sight for 34 frames.
    assert 5000 <= ended.ts - started.ts <= 7500


def test_packets_too_late_open_the_gate() -> None:
    """What the gate held back is not decoded after packets were left out."""
    clock = FakeTime()
    source = SlowToDecode(clock, still(400), 0.0, fps=5)
    with patch.object(pipeline_module, "time", clock):
        pipe = pipeline(source, gate=Gate())
        while pipe.gate is not GateState.QUIET:
            pipe.step()
        for _ in range(4):
            pipe.step()
        clock.now += 5.0
        before = len(source.decoded)
        while pipe.catching_up or not pipe.times.dropped:
            pipe.step()
    late = source.decoded[before:]
    assert all(round((ts - 100) * 5) % 10 == 0 for ts in late[:1])
    assert pipe.times.dropped > 1


# The worker


def test_a_motion_comes_out_on_wall_time() -> None:
    """The path from packets to observations, in a thread of its own, in today's time."""
    sink = Sink()
    source = ScriptedSource(walk(100, before=20), failure=None)
    with running(Sequence(source), sink) as worker:
        online = sink.wait("camera_online")[0]
        ended = sink.wait("motion_ended")[0]
        started = sink.of("motion_started")[0]
        names = {thread.name for thread in threading.enumerate() if thread.daemon}
        assert "vigilar_gate" in names
        stats = worker.stats
    assert abs(online.ts / 1000 - time.time()) < 60
    assert online.made_at is not None
    # The scene of 20 s was read in an instant: nothing may seem to be of later than now.
    assert started.ts <= ended.ts <= time.time() * 1000
    assert abs(started.ts / 1000 - time.time()) < 60
    assert started.snapshot is not None
    assert (stats.online, stats.failure) == (True, None)
    assert (stats.width, stats.height, stats.codec) == (256, 144, "scripted")
    assert source.closed


def test_losing_the_stream_ends_the_motion() -> None:
    """A motion does not outlive the connection in which it was seen."""
    sink = Sink()
    with running(Sequence(ScriptedSource(walk(45, before=20))), sink):
        started = sink.wait("motion_started")[0]
        assert sink.wait("motion_ended")[0].key == started.key


def test_stopping_ends_the_motion() -> None:
    """A worker that is stopped leaves nothing open."""
    sink = Sink()
    with running(Sequence(ScriptedSource(walk(45, before=20), failure=None)), sink):
        sink.wait("motion_started")
        assert not sink.of("motion_ended")
    assert len(sink.of("motion_ended")) == 1


def test_a_short_loss_is_no_event() -> None:
    """A stream that is back in time was never offline."""
    sink = Sink()
    with running(
        Sequence(
            *(ScriptedSource(still(5)) for _ in range(5)),
            ScriptedSource(still(5), failure=None),
        ),
        sink,
    ) as worker:
        eventually(lambda: worker.stats.reconnects == 5 and worker.stats.online)
    assert [one.kind for one in sink.all] == ["camera_online"]


def test_a_long_loss_is_told_once_each_way() -> None:
    """Offline once, dated at the loss, with its reason; online once when it is back."""
    sink = Sink()
    opened = threading.Event()
    back = threading.Event()
    first = ScriptedSource(still(5), failure=SourceFailure.STALLED)

    def open_source() -> Source:
        if not opened.is_set():
            opened.set()
            return first
        if not back.is_set():
            raise SourceError(SourceFailure.AUTH_FAILED)
        return ScriptedSource(still(5), failure=None)

    with (
        patch.object(worker_module, "OFFLINE_AFTER_S", 0.3),
        running(open_source, sink) as worker,
    ):
        sink.wait("camera_online")
        lost = time.time()
        offline = sink.wait("camera_offline")[0]
        assert time.time() - offline.ts / 1000 >= 0.29
        assert abs(offline.ts / 1000 - lost) < 5
        assert offline.reason == SourceFailure.AUTH_FAILED.reason
        assert (worker.stats.online, worker.stats.failure) == (
            False,
            SourceFailure.AUTH_FAILED,
        )
        reconnects = threading.active_count()
        back.set()
        sink.wait("camera_online", 2)
        assert worker.stats.failure is None
        assert threading.active_count() == reconnects
    assert [one.kind for one in sink.all] == [
        "camera_online",
        "camera_offline",
        "camera_online",
    ]


def test_a_camera_that_never_answers_is_offline() -> None:
    """A start without a stream is told too, once, and there is no end of attempts."""
    sink = Sink()
    sequence = Sequence()
    with patch.object(worker_module, "OFFLINE_AFTER_S", 0.1), running(sequence, sink):
        offline = sink.wait("camera_offline")[0]
        opened = sequence.opened
        eventually(lambda: sequence.opened > opened + 3)
    assert offline.reason == SourceFailure.UNREACHABLE.reason
    assert [one.kind for one in sink.all] == ["camera_offline"]


def test_offline_is_told_in_the_middle_of_a_wait() -> None:
    """A long wait before the next attempt does not delay the news."""
    sink = Sink()
    worker = CameraWorker(
        "gate", Sequence(), AnalyzerSettings(), sink, backoff=Backoff(3600, 3600)
    )
    with patch.object(worker_module, "OFFLINE_AFTER_S", 0.1):
        worker.start()
        sink.wait("camera_offline")
        worker.request_stop()
        assert worker.join(WAIT_S)


def test_stopping_interrupts_the_wait() -> None:
    """A worker that waits to connect ends at once."""
    sequence = Sequence()
    worker = CameraWorker(
        "gate", sequence, AnalyzerSettings(), Sink(), backoff=Backoff(3600, 3600)
    )
    worker.start()
    eventually(lambda: worker.stats.failure is SourceFailure.UNREACHABLE)
    assert not worker.join(0.01)
    worker.request_stop()
    assert worker.join(WAIT_S)
    assert sequence.opened == 1


def test_stopping_while_connecting() -> None:
    """A stop during an attempt announces nothing and ends after it."""
    sink = Sink()
    connecting, go_on = threading.Event(), threading.Event()

    def open_source() -> Source:
        connecting.set()
        assert go_on.wait(WAIT_S)
        raise SourceError(SourceFailure.UNREACHABLE)

    with running(open_source, sink) as worker:
        assert connecting.wait(WAIT_S)
        worker.request_stop()
        go_on.set()
        assert worker.join(WAIT_S)
    assert sink.all == []


def test_heartbeats_while_frames_flow() -> None:
    """A heartbeat comes from time to time, and none without frames."""
    sink = Sink()

    def endless() -> Iterator[Image]:
        image = next(still(1))
        while True:
            time.sleep(0.002)
            yield image

    with patch.object(worker_module, "HEARTBEAT_S", 0.05):
        with running(Sequence(ScriptedSource(endless(), fps=500)), sink):
            beats = sink.wait("heartbeat", 3)
        assert all(abs(one.ts / 1000 - time.time()) < 60 for one in beats)
        silent = Sink()
        with running(
            Sequence(ScriptedSource(still(3), failure=None)), silent
        ) as worker:
            eventually(lambda: worker.stats.online)
            assert threading.Event().wait(0.2) is False
        assert not silent.of("heartbeat")


def test_rates_are_measured() -> None:
    """The statistics tell rates and costs, and add up over connections."""
    sink = Sink()

    def paced() -> Iterator[Image]:
        image = next(still(1))
        while True:
            time.sleep(0.01)
            yield image

    with (
        patch.object(worker_module, "_RATE_WINDOW_S", 0.3),
        running(Sequence(ScriptedSource(paced(), fps=100)), sink, fps=10.0) as worker,
    ):
        eventually(lambda: worker.stats.fps_in > 0)
        stats = worker.stats
    assert 5 < stats.fps_in <= 110
    assert 0 < stats.fps_analysed < stats.fps_in
    assert stats.decode_ms > 0
    assert stats.motion_ms > 0
    assert stats.frames_dropped == 0


def test_the_gate_is_told_of() -> None:
    """The statistics tell that a quiet camera is decoded in part, and what woke it."""
    sink = Sink()

    def fast() -> Iterator[Image]:
        images = [*still(400), *walk(100, before=0)]
        for image in images:
            time.sleep(0.001)
            yield image

    with (
        patch.object(worker_module, "_RATE_WINDOW_S", 0.05),
        running(Sequence(ScriptedSource(fast(), failure=None)), sink) as worker,
    ):
        eventually(lambda: worker.stats.gate is GateState.QUIET)
        eventually(lambda: 0 < worker.stats.fps_decoded < worker.stats.fps_in / 2)
        sink.wait("motion_started")
        eventually(lambda: worker.stats.wakes >= 1)
        assert worker.stats.keyframe_finds >= 1
        assert worker.stats.false_wakes <= worker.stats.wakes


class Undecodable(ScriptedSource):
    """Packets that never become pictures."""

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Return nothing."""
        return []


def test_packets_without_pictures_are_a_stall() -> None:
    """A stream that cannot be decoded does not pass for one that works."""

    def endless() -> Iterator[Image]:
        while True:
            time.sleep(0.001)
            yield np.zeros((144, 256), np.uint8)

    sink = Sink()
    with (
        patch.object(worker_module, "READ_TIMEOUT_S", 0.1),
        running(Sequence(Undecodable(endless())), sink) as worker,
    ):
        eventually(lambda: worker.stats.failure is not None)
        assert worker.stats.reconnects == 0
    assert not sink.of("camera_online")


class Broken(ScriptedSource):
    """A source whose decoding raises what nobody expects."""

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Fail."""
        raise RuntimeError("rtsp://user:secret@camera/")


def test_an_error_of_the_analysis_is_logged_once_and_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One bad connection is dropped; the next one works; the log tells no address."""
    sink = Sink()
    broken = [
        Broken(still(3)),
        Broken(still(3)),
        ScriptedSource(still(3), failure=None),
    ]
    with caplog.at_level(logging.ERROR), running(Sequence(*broken), sink):
        sink.wait("camera_online")
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "RuntimeError" in errors[0].getMessage()
    assert "decode" in errors[0].getMessage()
    assert "secret" not in caplog.text
    assert all(source.closed for source in broken)


def test_who_takes_the_observations_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    """A sink that raises does not end the watch, nor the connection."""
    taken: list[str] = []

    def sink(observation: Observation) -> None:
        taken.append(observation.kind)
        raise RuntimeError("the loop is closed")

    with running(
        Sequence(ScriptedSource(walk(100, before=20), failure=None)), sink
    ) as worker:
        eventually(lambda: ObservationKind.MOTION_ENDED in taken)
        assert worker.stats.reconnects == 0
    assert caplog.text.count("failed with RuntimeError") == 1


def test_the_stream_is_asked_for_anew_at_each_connection() -> None:
    """Addresses expire: each attempt asks again, whatever became of the last."""
    sequence = Sequence(
        SourceError(SourceFailure.STALLED),
        ScriptedSource(still(3)),
        ScriptedSource(still(3), failure=None),
    )
    with running(sequence, Sink()) as worker:
        eventually(lambda: worker.stats.reconnects == 1 and worker.stats.online)
    assert sequence.opened == 3


def test_waits_begin_anew_after_a_picture() -> None:
    """The back-off grows with each failure, and not across a connection that worked."""

    class Recorded(Backoff):
        """A back-off that remembers its waits."""

        def __init__(self) -> None:
            """Begin with next to nothing."""
            super().__init__(0.001, 1.0)
            self.waits: list[float] = []

        @override
        def next(self) -> float:
            """Note the wait."""
            self.waits.append(super().next())
            return self.waits[-1]

    backoff = Recorded()
    gone = SourceError(SourceFailure.UNREACHABLE)
    sequence = Sequence(gone, gone, gone, ScriptedSource(still(3)), gone, gone)
    worker = CameraWorker("gate", sequence, AnalyzerSettings(), Sink(), backoff=backoff)
    worker.start()
    eventually(lambda: len(backoff.waits) >= 6)
    worker.request_stop()
    assert worker.join(WAIT_S)
    assert backoff.waits[:6] == [0.001, 0.002, 0.004, 0.001, 0.002, 0.004]


def file_handles() -> int:
    """Return how many file handles this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counting, not walking


@pytest.mark.usefixtures("socket_enabled")
def test_nothing_leaks_over_a_hundred_connections() -> None:
    """Connections that end leave no file handle and no thread."""
    with stream_server() as server:
        url = server.add_bytes("/ts", encode(still(6)))
        sink = Sink()
        with running(lambda: open_stream(url), sink) as worker:
            eventually(lambda: worker.stats.reconnects >= 10)
            gc.collect()
            handles = file_handles()
            threads = threading.active_count()
            eventually(lambda: worker.stats.reconnects >= 110)
            gc.collect()
            assert file_handles() <= handles + 3
            assert threading.active_count() <= threads + 2
        assert [one.kind for one in sink.all] == ["camera_online"]
