"""One camera's state machine: pictures in, Observations out."""

from collections.abc import Sequence
import copy
from dataclasses import dataclass, field
import itertools
from math import inf, sqrt
import time
from typing import Final

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray

from ..models import Box, Label, Observation, ObservationKind
from .displacement import at_edge
from .frames import encode_jpeg
from .kernels import Kernels
from .motion import Checkpoint, MotionDetector, MotionResult
from .recognition import Mover, ObjectSettings, Recognizer
from .resting import Resting
from .tracking import Track, Tracker
from .verdict import ALIVE_S, Thing, Verdict, box_of, foot, judge, path_of
from .zones import Zone, ZoneMap

MIDDLE_THRESHOLD: Final = 24.0
"""Deviation in log units that counts at sensitivity 5: 10 % of the brightness."""
STEPS_TO_DOUBLE: Final = 3.0
"""Steps of sensitivity that halve the deviation needed."""
GONE: Final = 0.5
"""Share of the quiet time that is waited where all that moved has gone out of the
picture: who stands may go on, who left does not."""
UPDATE_S: Final = 1.0
"""Least time between two observations of the same motion."""
HOLD_BACK_S: Final = 2.0
"""How long an event may wait for it to be known what moves."""
BETTER: Final = 1.1
"""How much better a look must be to replace the best so far."""

FULL_STRENGTH: Final = 4.0
"""Strength, in thresholds, from which a look is as clear as can be."""
FULL_SIDE: Final = 0.25
"""Side of a thing, as a share of the image's, from which it is as large as can be."""
EDGE_SCORE: Final = 0.8
"""What a look is worth where the edge of the image may cut the thing off."""
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzerSettings:
    """How one camera is analysed.

    Attributes:
        fps: Frames analysed a second, above 0.
        sensitivity: 1-10; each three steps halve the contrast that a thing
            needs to be seen. A higher value never sees less.
        begin_frames: Frames in which a thing must be seen to count, 2 or more.
        begin_window: Out of how many frames in a row.
        quiet_s: Seconds without movement that end a motion.
        min_area: Least size of a thing as a share (0-1) of the image.
        min_height: Least height of a thing as a share (0-1) of the image's.
        min_duration_s: Seconds that movement must go on to count.
        zones: Where things count; none means everywhere.
        objects: What is done with what moves, once it is known.
    """

    fps: float = 5.0
    sensitivity: int = 5
    begin_frames: int = 3
    begin_window: int = 4
    quiet_s: float = 3.0
    min_area: float = 0.0004
    min_height: float = 0.0
    min_duration_s: float = 0.0
    zones: tuple[Zone, ...] = ()
    objects: ObjectSettings = field(default_factory=ObjectSettings)

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ValueError: A value lies outside its range.
        """
        if not (
            self.fps > 0
            and 1 <= self.sensitivity <= 10
            and self.quiet_s > 0
            and 0 <= self.min_area < 1
            and 0 <= self.min_height < 1
            and self.min_duration_s >= 0
        ):
            raise ValueError("a setting of the analysis lies outside its range")
        if not 2 <= self.begin_frames <= self.begin_window:
            raise ValueError(
                "motion must begin with at least two frames, out of as many or more"
            )

    @property
    def threshold(self) -> float:
        """Return the least deviation of a pixel that counts, in log units."""
        return float(MIDDLE_THRESHOLD * 2 ** ((5 - self.sensitivity) / STEPS_TO_DOUBLE))


@dataclass(frozen=True, slots=True)
class Look:
    """How well a frame shows what moves.

    Attributes:
        score: 0-1.
        box: Fractions (0-1) of the image.
    """

    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a scene.

    Attributes:
        detector: Knows what it looks like while nothing happens.
        tracker: Knows what is followed in it.
    """

    detector: MotionDetector
    tracker: Tracker


@dataclass(slots=True)
class _Motion:
    """A motion that goes on; `frame` is the best look while nobody has been shown it.

    It is `at_edge` while all that moves touches the edge of the image, `told` once it
    was reported at all, and `recognized` once its look is one at which it was known
    what moves.
    """

    key: str
    began: float
    confirmed: float
    last_moved: float
    look: Look
    frame: VideoFrame | None
    zones: list[str] = field(default_factory=list)
    at_edge: bool = False
    told: bool = False
    recognized: bool = False
    labels: tuple[Label, ...] = ()
    present: tuple[str, ...] = ()
    stages: dict[str, float] = field(default_factory=dict)
    reported: float = 0.0
    news: bool = False


@dataclass(slots=True)
class _Pending:
    """Movement that has not lasted long enough to count; media times in seconds."""

    began: float
    seen: float


class Analyzer:
    """Turns the pictures of one connection into Observations; not thread-safe.

    All times are the media time of the pictures.
    """

    def __init__(
        self,
        source_id: str,
        settings: AnalyzerSettings,
        kernels: Kernels,
        recognizer: Recognizer | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        """Create an analyzer.

        Args:
            source_id: Named in each Observation.
            settings: How to analyse.
            kernels: The image primitives.
            recognizer: Finds out what moves; without one there is motion only.
            knowledge: What is known of the scene, its own from now on; nothing
                by default.
        """
        self._source_id = source_id
        self._settings = settings
        self._kernels = kernels
        self._recognizer = recognizer
        if recognizer is not None:
            recognizer.connected()
            recognizer.configure(settings.objects)
        self._zones = ZoneMap(settings.zones)
        knowledge = knowledge or Knowledge(
            MotionDetector(kernels),
            Tracker(seen=settings.begin_frames, of=settings.begin_window),
        )
        self._detector = knowledge.detector
        self._tracker = knowledge.tracker
        self._configure_detector()
        self._result: MotionResult | None = None
        self._resting = Resting()
        self._motion: _Motion | None = None
        self._pending: _Pending | None = None
        self._ts = 0.0
        self._motion_ms = 0.0
        self._decode_ms = 0.0
        self._unsettled = True

    @property
    def moving(self) -> bool:
        """Return whether a motion goes on."""
        return self._motion is not None

    @property
    def unsettled(self) -> bool:
        """Return whether the newest picture differs from a background that is known."""
        return self._unsettled

    def configure(self, settings: AnalyzerSettings) -> None:
        """Go on with other settings; what is known of the scene is kept.

        `begin_frames` and `begin_window` stay what they were at the start.
        """
        self._settings = settings
        if self._recognizer is not None:
            self._recognizer.configure(settings.objects)
        self._zones = ZoneMap(settings.zones)
        self._configure_detector()

    def _configure_detector(self) -> None:
        """Let the detector go by the settings."""
        self._detector.configure(
            threshold=self._settings.threshold,
            min_area=self._settings.min_area,
            watched=self._zones.watched,
        )

    def checkpoint(self) -> Checkpoint | None:
        """Return what the scene looks like; None while that is not known."""
        return self._detector.checkpoint()

    def resume(self, luma: NDArray[np.uint8], ts: float, known: Checkpoint) -> None:
        """Go on from what a scene looked like, as `MotionDetector.resume`."""
        self._detector.resume(luma, ts, known)

    def fork(self, settings: AnalyzerSettings) -> Analyzer:
        """Return another that knows as much of the scene, and recognises nothing."""
        knowledge = copy.deepcopy(Knowledge(self._detector, self._tracker))
        return Analyzer(self._source_id, settings, self._kernels, knowledge=knowledge)

    @property
    def result(self) -> MotionResult | None:
        """Return what the newest picture shows; None before the first.

        Valid until the next update.
        """
        return self._result

    def masked(self) -> tuple[Box, ...]:
        """Return where the newest picture shows change that masks hide."""
        if self._result is None:
            return ()
        height, width = self._result.mask.shape
        return tuple(
            Box(x / width, y / height, w / width, h / height)
            for x, y, w, h in self._detector.masked()
        )

    def things(self) -> tuple[Thing, ...]:
        """Return what is followed in the newest picture, and why it counts or not."""
        if self._result is None:
            return ()
        height, width = self._result.mask.shape
        return tuple(
            Thing(
                track.id,
                track.blob,
                self._decide(track, width, height),
                path_of(track, width, height),
                None if self._recognizer is None else self._recognizer.label(track.id),
                _look(track, width, height).score,
                self._zones.at(*foot(track.blob, width, height)),
            )
            for track in self._tracker.tracks
            if track.seen == self._ts
        )

    def _decide(self, track: Track, width: int, height: int) -> Verdict:
        """Say whether a thing makes an event, or goes on in one."""
        verdict = self._judge(track, width, height)
        if verdict is not Verdict.COUNTS:
            return verdict
        if self._recognizer is not None and not self._recognizer.counts(track.id):
            return Verdict.IGNORED
        return Verdict.TOO_SHORT if self._motion is None else Verdict.COUNTS

    @property
    def motion_ms(self) -> float:
        """Return the milliseconds that the newest picture took."""
        return self._motion_ms

    def update(
        self,
        luma: NDArray[np.uint8],
        ts: float,
        frame: VideoFrame | None = None,
        decode_ms: float = 0.0,
    ) -> list[Observation]:
        """Look at one picture.

        Args:
            luma: uint8[h, w].
            ts: Media time in seconds, rising.
            frame: The same picture in full resolution, for snapshots; kept
                while it is the best look at a motion.
            decode_ms: Milliseconds that it took to decode.

        Returns:
            What is new; `ts` in milliseconds of media time.
        """
        begin = time.perf_counter()
        self._ts = ts
        self._decode_ms = decode_ms
        result = self._result = self._detector.update(
            luma, ts, self._tracker.things, list(self._resting.places.values())
        )
        self._unsettled = result.learning or bool(result.blobs)
        height, width = luma.shape
        if result.learning:
            self._tracker.clear()
            tracks: Sequence[Track] = ()
        else:
            tracks = self._tracker.update(result.blobs, ts, width, height)
        alive = self._alive(tracks, width, height)
        self._motion_ms = (time.perf_counter() - begin) * 1000
        if frame is not None:
            alive = self._recognize(alive, width, height, frame)
        if alive:
            self._moved(alive, width, height, frame)
        if (motion := self._motion) is not None and self._resting.update(
            alive, tracks, result, ts, self._settings.threshold
        ):
            motion.last_moved = ts
        return self._news()

    def close(self) -> list[Observation]:
        """End the motion that goes on, if one does.

        Returns:
            Its end.
        """
        motion, self._motion = self._motion, None
        if motion is None:
            return []
        self._pending = None
        self._resting.clear()
        if not motion.told and not self._may_tell(motion, inf):
            return []
        # What came since is not part of what ends.
        self._tracker.clear(until=motion.last_moved)
        observed = [] if motion.told else [self._start(motion)]
        if self._recognizer is not None:
            self._recognizer.forget()
        motion.present = ()
        return [
            *observed,
            self._observe(motion, ObservationKind.MOTION_ENDED, motion.last_moved),
        ]

    def _alive(self, tracks: Sequence[Track], width: int, height: int) -> list[Track]:
        """Return the tracks of things that go somewhere, where things count."""
        return [
            track
            for track in tracks
            if self._judge(track, width, height) is Verdict.COUNTS
        ]

    def _judge(self, track: Track, width: int, height: int) -> Verdict:
        """Say whether a thing goes somewhere, where things count."""
        if self._resting.furnishes(track.blob):
            return Verdict.STOPPED
        return judge(
            track,
            self._ts,
            width,
            height,
            min_height=self._settings.min_height,
            zones=self._zones,
        )

    def _moved(
        self, tracks: Sequence[Track], width: int, height: int, frame: VideoFrame | None
    ) -> None:
        """Begin or continue the motion."""
        look = max(
            (_look(track, width, height) for track in tracks),
            key=lambda look: look.score,
        )
        motion = self._motion
        if motion is None:
            began = self._began(min(track.since for track in tracks))
            if self._ts - began < self._settings.min_duration_s:
                return
            motion = self._motion = _Motion(
                f"motion-{next(_keys)}", began, self._ts, self._ts, look, frame
            )
        motion.last_moved = self._ts
        motion.at_edge = all(at_edge(track.blob, width, height) for track in tracks)
        if not motion.recognized and look.score > motion.look.score * BETTER:
            motion.look, motion.frame, motion.news = look, frame, True
        self._enter(motion, tracks, width, height)

    def _recognize(
        self, tracks: list[Track], width: int, height: int, frame: VideoFrame
    ) -> list[Track]:
        """Find out what moves; return the tracks of what may make an event."""
        recognizer, motion = self._recognizer, self._motion
        if recognizer is None or not recognizer.ready or not (tracks or motion):
            return tracks
        # Who stands is still what he was, and is looked at like who walks.
        places = self._resting.places | {track.id: track.blob for track in tracks}
        movers = [
            Mover(
                track_id,
                box_of(blob, width, height),
                self._zones.at(*foot(blob, width, height)),
            )
            for track_id, blob in places.items()
        ]
        recognizer.update(movers, frame, self._ts)
        if motion is not None:
            self._learn(motion, recognizer)
        return [track for track in tracks if recognizer.counts(track.id)]

    def _learn(self, motion: _Motion, recognizer: Recognizer) -> None:
        """Take over what is known of what moves."""
        motion.stages["inference"] = round(recognizer.took_ms, 2)
        if {label.label for label in recognizer.labels} - {
            label.label for label in motion.labels
        }:
            motion.stages.setdefault(
                "classify", round((self._ts - motion.confirmed) * 1000, 1)
            )
            # What is known now is worth an update at once.
            motion.reported = -inf
            motion.news = True
        motion.labels = recognizer.labels
        present = recognizer.present(self._ts - ALIVE_S)
        if present != motion.present:
            motion.present, motion.news = present, True
        if (portrait := recognizer.take_portrait()) is not None:
            # A score never falls: whoever keeps the best look must take this one.
            score = max(motion.look.score, portrait.score)
            motion.look = Look(score, portrait.box)
            motion.frame, motion.recognized, motion.news = portrait.frame, True, True

    def _news(self) -> list[Observation]:
        """Tell what is new of the motion."""
        motion = self._motion
        if motion is None:
            return []
        quiet_s = self._settings.quiet_s * (GONE if self._gone(motion) else 1.0)
        if self._ts - motion.last_moved >= quiet_s and not self._resting.places:
            return self.close()
        if not motion.told:
            waited = self._ts - motion.confirmed
            return [self._start(motion)] if self._may_tell(motion, waited) else []
        if motion.news and self._ts - motion.reported >= UPDATE_S:
            return [self._observe(motion, ObservationKind.MOTION_UPDATED, self._ts)]
        return []

    def _gone(self, motion: _Motion) -> bool:
        """Return whether all that moved lately was last seen at the edge, and is away."""
        return motion.at_edge and not any(
            track.moving
            and track.seen == self._ts
            and self._ts - track.stirred < self._settings.quiet_s
            for track in self._tracker.tracks
        )

    def _may_tell(self, motion: _Motion, waited: float) -> bool:
        """Return whether a motion may be reported after so many seconds."""
        recognizer, wanted = self._recognizer, self._settings.objects
        if recognizer is None or not recognizer.ready or motion.labels:
            return True
        return (wanted.motion and not recognizer.ignored) and (
            not wanted.hold_back or recognizer.examined or waited >= HOLD_BACK_S
        )

    def _start(self, motion: _Motion) -> Observation:
        """Report a motion for the first time."""
        motion.told = True
        if self._ts > motion.confirmed:
            motion.stages["held"] = round((self._ts - motion.confirmed) * 1000, 1)
        return self._observe(motion, ObservationKind.MOTION_STARTED, motion.began)

    def _began(self, since: float) -> float:
        """Return when the movement began that no motion counts yet."""
        pending = self._pending
        if pending is None or self._ts - pending.seen > ALIVE_S:
            self._pending = pending = _Pending(since, self._ts)
        pending.seen = self._ts
        return pending.began

    def _enter(
        self, motion: _Motion, tracks: Sequence[Track], width: int, height: int
    ) -> None:
        """Note the zones in which the tracks stand."""
        for track in tracks:
            for name in self._zones.at(*foot(track.blob, width, height)):
                if name not in motion.zones:
                    motion.zones.append(name)
                    motion.news = True

    def _observe(
        self, motion: _Motion, kind: ObservationKind, ts: float
    ) -> Observation:
        """Report the motion as it stands."""
        recognizer = self._recognizer
        snapshot = None
        if motion.frame is not None:
            drawn = motion.recognized and self._settings.objects.draw_box
            snapshot = encode_jpeg(
                motion.frame, outline=motion.look.box if drawn else None
            )
        motion.frame = None
        motion.news = False
        motion.reported = self._ts
        return Observation(
            kind=kind,
            source_id=self._source_id,
            ts=round(ts * 1000),
            key=motion.key,
            score=round(motion.look.score, 3),
            box=motion.look.box,
            labels=motion.labels,
            present=motion.present,
            examined=recognizer is not None and recognizer.examined,
            zones=tuple(motion.zones),
            latency_ms={
                "confirm": round((motion.confirmed - motion.began) * 1000, 1),
                "decode": round(self._decode_ms, 2),
                "motion": round(self._motion_ms, 2),
                **motion.stages,
            },
            made_at=time.monotonic(),
            snapshot=snapshot,
        )


def _look(track: Track, width: int, height: int) -> Look:
    """Say how well a thing can be seen: clear, large, and whole."""
    blob = track.blob
    clear = min(1.0, blob.strength / FULL_STRENGTH)
    large = min(1.0, sqrt(blob.w * blob.h / (width * height)) / FULL_SIDE)
    score = (clear + large) / 2
    if at_edge(blob, width, height):
        score *= EDGE_SCORE
    return Look(score, box_of(track.blob, width, height))
