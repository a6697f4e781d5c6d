"""The thread that watches one camera: source → gate → frames → analyzer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
import logging
from pathlib import Path
import threading
import time
import traceback
from typing import Final

from ..models import Observation, ObservationKind
from .analyzer import Analyzer, AnalyzerSettings
from .gate import GateCounts, GateState
from .inference import Inference
from .kernels import Kernels, load_kernels
from .observing import Observer
from .pipeline import Pipeline, StageTimes
from .recognition import Recognizer
from .scene import SceneChecker
from .source import (
    READ_TIMEOUT_S,
    SNAPSHOT_CODEC,
    Backoff,
    Source,
    SourceError,
    SourceFailure,
)
from .tap import PacketTap, TapFeed

_LOGGER = logging.getLogger(__name__)

OFFLINE_AFTER_S: Final = 5.0
"""A stream that is back sooner was never gone."""
HEARTBEAT_S: Final = 10.0

_RATE_WINDOW_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """How a worker fares; a snapshot.

    Attributes:
        fps_in: Packets a second that arrive.
        fps_decoded: Frames a second that are decoded.
        fps_analysed: Frames a second that are analysed.
        decode_ms: Milliseconds to decode a frame.
        motion_ms: Milliseconds to analyse a frame.
        frames_dropped: Packets and frames skipped because they were late, since the start.
        reconnects: Connections made after the first.
        gate: How much is decoded.
        wakes: Quiet scenes that were decoded in full again, since the start.
        false_wakes: Wakes after which nothing moved, since the start.
        keyframe_finds: What keyframes showed and the sizes of packets had not told, since the start.
        online: Pictures come.
        failure: Why they do not; None while they come and before the first attempt.
        width: Pixels of the frames, 0 before the first.
        height: Pixels of the frames, 0 before the first.
        codec: FFmpeg's name of the codec, empty before the first connection.
    """

    fps_in: float = 0.0
    fps_decoded: float = 0.0
    fps_analysed: float = 0.0
    decode_ms: float = 0.0
    motion_ms: float = 0.0
    frames_dropped: int = 0
    reconnects: int = 0
    gate: GateState = GateState.OPEN
    wakes: int = 0
    false_wakes: int = 0
    keyframe_finds: int = 0
    online: bool = False
    failure: SourceFailure | None = None
    width: int = 0
    height: int = 0
    codec: str = ""


class _Gauge:
    """Turns the running totals of a pipeline into rates."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._begin = time.monotonic()
        self._before = StageTimes()
        self._counted = GateCounts()

    def ready(self, now: float) -> bool:
        """Return whether enough time has passed to say anything."""
        return now - self._begin >= _RATE_WINDOW_S

    def measure(
        self, stats: WorkerStats, pipeline: Pipeline, now: float
    ) -> WorkerStats:
        """Return the statistics with the rates since the last measurement."""
        times = pipeline.times
        before, self._before = self._before, replace(times)
        elapsed, self._begin = now - self._begin, now
        decoded, analysed = (
            times.decoded - before.decoded,
            times.analysed - before.analysed,
        )
        return replace(
            self._count(stats, pipeline),
            fps_in=round((times.packets - before.packets) / elapsed, 2),
            fps_decoded=round(decoded / elapsed, 2),
            fps_analysed=round(analysed / elapsed, 2),
            decode_ms=round((times.decode - before.decode) * 1000 / max(1, decoded), 3),
            motion_ms=round(
                (times.motion - before.motion) * 1000 / max(1, analysed), 3
            ),
            frames_dropped=stats.frames_dropped + times.dropped - before.dropped,
        )

    def _count(self, stats: WorkerStats, pipeline: Pipeline) -> WorkerStats:
        """Return the statistics with what the gate has done since."""
        counts = pipeline.gate_counts
        before, self._counted = self._counted, replace(counts)
        return replace(
            stats,
            gate=pipeline.gate,
            wakes=stats.wakes + counts.wakes - before.wakes,
            false_wakes=stats.false_wakes + counts.false_wakes - before.false_wakes,
            keyframe_finds=stats.keyframe_finds
            + counts.keyframe_finds
            - before.keyframe_finds,
        )


class CameraWorker:
    """Watches one camera in its own thread, and connects again when it is lost."""

    def __init__(
        self,
        source_id: str,
        open_source: Callable[[], Source],
        settings: AnalyzerSettings,
        sink: Callable[[Observation], None],
        inference: Inference | None = None,
        *,
        backoff: Backoff | None = None,
        tap: PacketTap | None = None,
    ) -> None:
        """Prepare a worker; nothing happens before `start`.

        Args:
            source_id: Names the camera in Observations and in the thread's name.
            open_source: Called anew for each connection, in the worker's
                thread; may block; raises `SourceError`.
            settings: How to analyse.
            sink: Called in the worker's thread with each Observation; must not block.
            inference: Recognises objects; without it there is motion only.
            backoff: How long to wait between attempts.
            tap: Given every packet, in the worker's thread.
        """
        self._tap = tap
        self._source_id = source_id
        self._open_source = open_source
        self._wanted = (settings, 1.0)
        self._observers: Sequence[Observer] = ()
        self._scene = SceneChecker(source_id)
        self._recognizer = None if inference is None else Recognizer(inference)
        self._cpu_s = 0.0
        self._sink = sink
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"vigilar_{source_id}", daemon=True
        )
        self._stats = WorkerStats()
        self._kernels: Kernels
        self._connections = 0
        self._lost_at = (0.0, 0.0)
        self._announced: bool | None = None
        self._crashed = False

    @property
    def stats(self) -> WorkerStats:
        """Return how the worker fares; callable from any thread."""
        return self._stats

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds of the thread so far; callable from any thread."""
        return self._cpu_s

    def configure(self, settings: AnalyzerSettings) -> None:
        """Go on with other settings from the next packet on, without a new connection.

        Callable from any thread, but from one at a time, as `limit` is.
        """
        self._wanted = (settings, self._wanted[1])

    def limit(self, rate: float) -> None:
        """Analyse a share (above 0, at most 1) of the frames a second that are set."""
        self._wanted = (self._wanted[0], rate)

    def show(self, observers: Sequence[Observer]) -> None:
        """Let these look on from the next packet on, and nobody else.

        Callable from any thread.
        """
        self._observers = observers

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end.

        A read that is waiting for an HTTP stream, and a connection that is
        being made, cannot be interrupted: they end by their own time-outs.

        Args:
            timeout: Seconds.

        Returns:
            Whether it has ended.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """Watch until asked to stop."""
        self._kernels = load_kernels()
        self._lose(time.time())
        while not self._stop.is_set():
            failure = self._connect()
            if self._stop.is_set():
                break
            self._stats = replace(
                self._stats, online=False, failure=failure, fps_in=0.0, fps_analysed=0.0
            )
            self._wait(self._backoff.next(), failure)

    def _connect(self) -> SourceFailure:
        """Watch one connection; return why it ended."""
        try:
            source = self._open_source()
            try:
                self._watch(source)
            finally:
                source.close()
        except SourceError as err:
            return err.failure
        except Exception as err:  # noqa: BLE001 - a camera must not fall silent because of one bad picture
            self._log_crash(err)
        return SourceFailure.ENDED

    def _log_crash(self, err: Exception) -> None:
        """Log an error of the analysis once, without its text, which may hold an address."""
        if self._crashed:
            return
        self._crashed = True
        where = ", ".join(
            f"{Path(step.filename).name}:{step.lineno} {step.name}"
            for step in traceback.extract_tb(err.__traceback__)
        )
        _LOGGER.error(
            "Analysis of %s failed with %s at %s; it goes on",
            self._source_id,
            type(err).__name__,
            where,
        )

    def _watch(self, source: Source) -> None:
        """Watch an open source until it is lost or the worker stops."""
        self._connections += 1
        self._stats = replace(
            self._stats,
            reconnects=self._connections - 1,
            codec=source.info.codec,
            decode_ms=0.0,
            motion_ms=0.0,
        )
        settings, rate = applied = self._wanted
        self._scene.connected(polled=source.info.codec == SNAPSHOT_CODEC)
        tap = None if self._tap is None else TapFeed(self._tap)
        pipeline = Pipeline(
            source,
            Analyzer(self._source_id, settings, self._kernels, self._recognizer),
            settings.fps * rate,
            scene=self._scene,
            tap=tap,
        )
        observers: Sequence[Observer] = ()
        gauge = _Gauge()
        decoded = 0
        pictured = heartbeat = time.monotonic()
        try:
            while not self._stop.is_set():
                if self._wanted is not applied:
                    applied = self._wanted
                    pipeline.configure(*applied)
                if self._observers is not observers:
                    observers = self._observers
                    pipeline.show(observers)
                observed = pipeline.step()
                self._cpu_s = time.thread_time()
                now = time.monotonic()
                if pipeline.times.decoded > decoded:
                    if not decoded:
                        self._online(source, pipeline)
                    decoded = pipeline.times.decoded
                    pictured = now
                    if now - heartbeat >= HEARTBEAT_S:
                        heartbeat = now
                        self._report(ObservationKind.HEARTBEAT, time.time())
                elif pipeline.catching_up:
                    pictured = now
                elif now - pictured >= READ_TIMEOUT_S:
                    raise SourceError(SourceFailure.STALLED)
                self._send(observed)
                if gauge.ready(now):
                    self._stats = gauge.measure(self._stats, pipeline, now)
        finally:
            if tap is not None:
                tap.lost()
            if decoded:
                self._lose(time.time() - (time.monotonic() - pictured))
            self._send(pipeline.finish())

    def _online(self, source: Source, pipeline: Pipeline) -> None:
        """Note that pictures come."""
        width, height = pipeline.size or (0, 0)
        self._backoff.reset()
        self._stats = replace(
            self._stats,
            online=True,
            failure=None,
            width=width,
            height=height,
            codec=source.info.codec,
        )
        if self._announced is not True:
            self._announced = True
            self._report(ObservationKind.CAMERA_ONLINE, time.time())

    def _lose(self, ts: float) -> None:
        """Note that pictures stopped coming, at a Unix time in seconds."""
        self._lost_at = (ts, time.monotonic() - (time.time() - ts))

    def _wait(self, seconds: float, failure: SourceFailure) -> None:
        """Wait before the next attempt, and say so once the camera is gone for long."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set():
            now = time.monotonic()
            until = deadline
            if self._announced is not False:
                ts, lost = self._lost_at
                if now - lost >= OFFLINE_AFTER_S:
                    self._announced = False
                    self._report(ObservationKind.CAMERA_OFFLINE, ts, failure.reason)
                else:
                    until = min(deadline, lost + OFFLINE_AFTER_S)
            if now >= deadline:
                return
            self._stop.wait(max(0.0, until - now))

    def _report(self, kind: ObservationKind, ts: float, reason: str = "") -> None:
        """Report something that is no motion."""
        self._send(
            [
                Observation(
                    kind=kind,
                    source_id=self._source_id,
                    ts=round(ts * 1000),
                    reason=reason,
                    made_at=time.monotonic(),
                )
            ]
        )

    def _send(self, observations: Iterable[Observation]) -> None:
        """Hand observations over; who takes them must not end the watch."""
        for observation in observations:
            try:
                self._sink(observation)
            except Exception as err:  # noqa: BLE001 - whatever it is, the camera is still there
                self._log_crash(err)
