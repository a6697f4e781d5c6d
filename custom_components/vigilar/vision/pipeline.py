"""What happens to the packets of one connection: gate → frames → analyzer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
import time
from typing import Final

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray

from ..models import Observation, ObservationKind
from .analyzer import Analyzer, AnalyzerSettings
from .clock import Grid, StreamClock
from .frames import LumaScaler
from .gate import Action, Arrived, Gate, GateCounts, GateState
from .observing import Observer, Sight
from .scene import SceneChecker
from .source import Packet, Picture, Source
from .tap import TapFeed

LATE_S: Final = 0.5
"""Pictures that are older than this when they can be looked at are skipped."""
TOO_LATE_S: Final = 2.0
"""Packets that are older than this are not even decoded."""

_SCENE_KINDS: Final = frozenset(
    {ObservationKind.SCENE_TAMPERED, ObservationKind.SCENE_RECOVERED}
)


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
        tap: TapFeed | None = None,
    ) -> None:
        """Join a source and an analyzer.

        Args:
            source: Open; closed by the caller.
            analyzer: That has seen nothing.
            fps: Frames to analyse a second.
            gate: Chooses what is decoded; one of its own by default.
            scene: Told of each analysed picture; one of its own by default.
            tap: Given every packet.
        """
        self._tap = tap
        self._scene = scene or SceneChecker()
        self._source = source
        self._analyzer = analyzer
        self._gate = gate or Gate()
        self._pictures = Grid(fps)
        self._packets = Grid(fps)
        self._scaler = LumaScaler()
        self._clock = StreamClock()
        self._to_wall = 0.0
        self._luma = np.zeros((0, 0), np.uint8)
        self._waited_s = 0.0
        self._observers: Sequence[Observer] = ()
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

    def show(self, observers: Sequence[Observer]) -> None:
        """Let these look on, and nobody else."""
        self._observers = observers
        self._gate.keep_open(on=any(observer.awake for observer in observers))

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
        self._waited_s += arrival - begin
        if self._tap is not None:
            self._tap.put(packet, arrival, self._waited_s)
        if packet.sound:
            return []
        waited_s, self._waited_s = self._waited_s, 0.0
        self.times.packets += 1
        if self._source.live:
            self._clock.arrived(packet.ts, arrival, waited_s)
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
                self._luma,
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
        luma = self._luma = self._scale(frame)
        observed = self._analyzer.update(luma, ts, frame, decode_ms)
        observed += self._scene.update(luma, ts)
        self.times.motion += self._analyzer.motion_ms / 1000
        self.times.analysed += 1
        if self._observers:
            self._let_look(luma, ts)
        return [self._timed(observation) for observation in observed]

    def _let_look(self, luma: NDArray[np.uint8], ts: float) -> None:
        """Let others look at what was just analysed."""
        at = min(time.time(), ts + self._clock.to_wall) if self._source.live else ts
        sight = Sight(self._analyzer, luma, ts, at)
        for observer in self._observers:
            observer.look(sight)

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
