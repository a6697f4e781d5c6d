"""The thread that watches one camera: source → gate → frames → analyzer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
import logging
from pathlib import Path
import threading
import time
import traceback
from typing import Final

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray

from ..models import Observation, ObservationKind
from .analyzer import Analyzer, AnalyzerSettings
from .clock import Grid, StreamClock
from .frames import LumaScaler
from .gate import Action, Arrived, Gate, GateCounts, GateState
from .kernels import Kernels, load_kernels
from .scene import SceneChecker
from .source import (
    READ_TIMEOUT_S,
    SNAPSHOT_CODEC,
    Backoff,
    Packet,
    Picture,
    Source,
    SourceError,
    SourceFailure,
)

_LOGGER = logging.getLogger(__name__)

OFFLINE_AFTER_S: Final = 5.0
"""A stream that is back sooner was never gone."""
HEARTBEAT_S: Final = 10.0
LATE_S: Final = 0.5
"""Pictures that are older than this when they can be looked at are skipped."""
TOO_LATE_S: Final = 2.0
"""Packets that are older than this are not even decoded."""

_RATE_WINDOW_S: Final = 5.0
_SCENE_KINDS: Final = frozenset(
    {ObservationKind.SCENE_TAMPERED, ObservationKind.SCENE_RECOVERED}
)


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


@dataclass(slots=True)
class StageTimes:
    """Seconds spent in the stages of the analysis, and what passed through.

    Attributes:
        read: Seconds waiting for packets.
        decode: Seconds decoding.
        scale: Seconds scaling.
        motion: Seconds in the background model and the tracker.
        packets: Packets read.
        decoded: Frames decoded.
        analysed: Frames analysed.
        dropped: Packets and frames skipped because they were late.
    """

    read: float = 0.0
    decode: float = 0.0
    scale: float = 0.0
    motion: float = 0.0
    packets: int = 0
    decoded: int = 0
    analysed: int = 0
    dropped: int = 0


class Pipeline:
    """What happens to the packets of one connection; not thread-safe.

    Attributes:
        times: What it cost so far.
        size: Width and height of the newest frame, pixels; None before the first.
        duration: Media time of the newest frame, seconds.
        catching_up: Packets come too late to be decoded.
    """

    def __init__(
        self,
        source: Source,
        analyzer: Analyzer,
        fps: float,
        gate: Gate | None = None,
        scene: SceneChecker | None = None,
    ) -> None:
        """Join a source and an analyzer.

        Args:
            source: Open; closed by the caller.
            analyzer: That has seen nothing.
            fps: Frames to analyse a second.
            gate: Chooses what is decoded; one of its own by default.
            scene: Told of each analysed picture; one of its own by default.
        """
        self._scene = scene or SceneChecker()
        self._source = source
        self._analyzer = analyzer
        self._gate = gate or Gate()
        self._pictures = Grid(fps)
        self._packets = Grid(fps)
        self._scaler = LumaScaler()
        self._clock = StreamClock()
        self._to_wall = 0.0
        self.catching_up = False
        self.times = StageTimes()
        self.size: tuple[int, int] | None = None
        self.duration = 0.0

    @property
    def gate(self) -> GateState:
        """Return how much is decoded."""
        return self._gate.state

    @property
    def gate_counts(self) -> GateCounts:
        """Return what the gate has done so far."""
        return self._gate.counts

    def configure(self, settings: AnalyzerSettings, rate: float) -> None:
        """Go on with other settings, at a share of their frames a second."""
        self._analyzer.configure(settings)
        for grid in (self._pictures, self._packets):
            grid.pace(settings.fps * rate)

    def step(self) -> list[Observation]:
        """Read one packet and do all that follows from it.

        Returns:
            What was observed; `ts` is Unix time for a live source, else media time.

        Raises:
            SourceError: The source is lost or at its end.
        """
        begin = time.monotonic()
        packet = self._source.read()
        arrival = time.monotonic()
        self.times.read += arrival - begin
        if packet is None:
            return []
        self.times.packets += 1
        if self._source.live:
            self._clock.arrived(packet.ts, arrival, arrival - begin)
            if self._skips(packet):
                self.times.dropped += 1
                self._gate.interrupt()
                return []
        return self._admit(Arrived(packet, arrival))

    def finish(self) -> list[Observation]:
        """End the motion that goes on.

        Returns:
            What was observed.
        """
        return [self._timed(observation) for observation in self._analyzer.close()]

    def _skips(self, packet: Packet) -> bool:
        """Return whether a packet comes too late to be decoded."""
        if self._clock.lag > TOO_LATE_S:
            self.catching_up = True
        elif self._clock.lag <= LATE_S and packet.keyframe:
            self.catching_up = False
        return self.catching_up

    def _admit(self, arrived: Arrived) -> list[Observation]:
        """Do with a packet as the gate says."""
        match self._gate.judge(arrived):
            case Action.PASS:
                return []
            case Action.LOOK:
                return self._peek(arrived)
            case Action.REPLAY:
                return self._replay()
        if self._gate.state is GateState.INTRA and not self._packets.takes(arrived.ts):
            return []
        return self._analyse(arrived)

    def _analyse(self, arrived: Arrived) -> list[Observation]:
        """Decode a packet and look at what comes of it."""
        pictures, decode_ms = self._decode(arrived.packet)
        return self._look_at(pictures, arrived, decode_ms)

    def _replay(self) -> list[Observation]:
        """Decode what the gate held back."""
        observed: list[Observation] = []
        for held in self._gate.release():
            observed += self._analyse(held)
        return observed

    def _peek(self, arrived: Arrived) -> list[Observation]:
        """Decode a keyframe by itself; go back where it shows that something began."""
        observed = self._look_at(self._source.drain(), arrived, 0.0)
        pictures, decode_ms = self._decode(arrived.packet)
        pictures += self._source.drain()
        luma = self._scale(pictures[-1].frame) if pictures else None
        if not self._gate.looks_quiet(luma):
            return observed + self._replay()
        return observed + self._look_at(pictures, arrived, decode_ms)

    def _decode(self, packet: Packet) -> tuple[list[Picture], float]:
        """Return the pictures of a packet, and the milliseconds they took."""
        begin = time.perf_counter()
        pictures = self._source.decode(packet)
        spent = time.perf_counter() - begin
        self.times.decode += spent
        return pictures, spent * 1000

    def _scale(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the brightness of a frame."""
        begin = time.perf_counter()
        luma = self._scaler.scale(frame)
        self.times.scale += time.perf_counter() - begin
        return luma

    def _look_at(
        self, pictures: Iterable[Picture], arrived: Arrived, decode_ms: float
    ) -> list[Observation]:
        """Analyse those pictures whose turn it is, and let the gate know."""
        observed: list[Observation] = []
        analysed = self.times.analysed
        for picture in pictures:
            observed += self._look(picture, arrived.at, decode_ms)
        if self.times.analysed > analysed:
            self._gate.note(
                arrived.ts,
                moving=self._analyzer.moving,
                unsettled=self._analyzer.unsettled,
            )
        return observed

    def _look(
        self, picture: Picture, arrival: float, decode_ms: float
    ) -> list[Observation]:
        """Analyse a picture if it is its turn."""
        self.times.decoded += 1
        frame = picture.frame
        self.size = (frame.width, frame.height)
        ts = (
            self._clock.media(picture.ts, arrival)
            if self._source.live
            else (picture.ts or 0.0)
        )
        self.duration = max(self.duration, ts)
        if not self._pictures.takes(ts):
            return []
        if self._clock.lag > LATE_S:
            self.times.dropped += 1
            return []
        luma = self._scale(frame)
        observed = self._analyzer.update(luma, ts, frame, decode_ms)
        observed += self._scene.update(luma, ts)
        self.times.motion += self._analyzer.motion_ms / 1000
        self.times.analysed += 1
        return [self._timed(observation) for observation in observed]

    def _timed(self, observation: Observation) -> Observation:
        """Put an observation of a live source on wall time."""
        if not self._source.live:
            return observation
        # One offset a motion, so that its end never comes before its start.
        if observation.kind == ObservationKind.MOTION_STARTED:
            self._to_wall = self._clock.to_wall
        to_wall = (
            self._clock.to_wall if observation.kind in _SCENE_KINDS else self._to_wall
        )
        ts = min(time.time(), observation.ts / 1000 + to_wall)
        return replace(observation, ts=round(ts * 1000))


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
        *,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare a worker; nothing happens before `start`.

        Args:
            source_id: Names the camera in Observations and in the thread's name.
            open_source: Called anew for each connection, in the worker's
                thread; may block; raises `SourceError`.
            settings: How to analyse.
            sink: Called in the worker's thread with each Observation; must not block.
            backoff: How long to wait between attempts.
        """
        self._source_id = source_id
        self._open_source = open_source
        self._wanted = (settings, 1.0)
        self._scene = SceneChecker(source_id)
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
        pipeline = Pipeline(
            source,
            Analyzer(self._source_id, settings, self._kernels),
            settings.fps * rate,
            scene=self._scene,
        )
        gauge = _Gauge()
        decoded = 0
        pictured = heartbeat = time.monotonic()
        try:
            while not self._stop.is_set():
                if self._wanted is not applied:
                    applied = self._wanted
                    pipeline.configure(*applied)
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
