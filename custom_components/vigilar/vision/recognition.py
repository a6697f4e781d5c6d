"""What moves before one camera: where to look next, and what the looks came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import Final, NamedTuple

from av.video.frame import VideoFrame

from ..models import Box, Label
from .crops import around, whole
from .inference import Answer, Inference, Request
from .objects import Detection, ObjectClass
from .standing import Standing
from .votes import LARGE_ENOUGH, Votes, inside

AGAIN_S: Final = 3.0
"""Time between two looks at a thing that is known, or that nothing was found in."""
WHOLE_S: Final = 4.0
"""Time between two looks at the whole picture while something moves."""
BETTER: Final = 1.1
"""How much better a portrait must be to replace the best so far."""

MOVING: Final = frozenset({ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL})
"""What moves by itself; a package is carried."""
SEEN: Final = 0.9
"""Share of what moves that a look must show to say anything of it."""
REMEMBER_S: Final = 10.0
"""What was seen last so long ago does not come back as the same track."""

_NO_TRACK: Final = 0
"""Stands for what moves where the tracker has nothing: it fills the picture."""
_ALL: Final = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSettings:
    """What must hold for a thing of one class to make an event.

    Attributes:
        reported: It makes events at all.
        min_score: Least score, 0-1.
        min_height: Least height as a share (0-1) of the picture's.
        zones: Names of the zones of which it must stand in one; none means everywhere.
    """

    reported: bool = True
    min_score: float = 0.0
    min_height: float = 0.0
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSettings:
    """What is done with what moves, once it is known.

    Attributes:
        hold_back: Wait with an event until it is known what moves, or for 2 s.
        motion: What is not recognised makes events, too.
        draw_box: Draw a box into the picture of an event.
        person: What must hold for a person.
        vehicle: What must hold for a vehicle.
        animal: What must hold for an animal.
    """

    hold_back: bool = True
    motion: bool = True
    draw_box: bool = False
    person: ClassSettings = field(default_factory=ClassSettings)
    vehicle: ClassSettings = field(default_factory=ClassSettings)
    animal: ClassSettings = field(default_factory=ClassSettings)

    def of(self, label: str) -> ClassSettings:
        """Return what must hold for a class of `MOVING`."""
        return {
            ObjectClass.PERSON: self.person,
            ObjectClass.VEHICLE: self.vehicle,
            ObjectClass.ANIMAL: self.animal,
        }[ObjectClass(label)]


class Mover(NamedTuple):
    """Something that moves.

    Attributes:
        id: Of its track, 1 or more; unique within a connection.
        box: Where it is, fractions (0-1) of the picture.
        zones: Names of the zones in which it stands.
    """

    id: int
    box: Box
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture that shows well what moves.

    Attributes:
        frame: In full resolution.
        box: Where the thing is in it, fractions (0-1).
        score: How sure the detector was, 0-1.
    """

    frame: VideoFrame
    box: Box
    score: float


@dataclass(slots=True)
class _Known:
    """What is known of one track; times are media time in seconds."""

    votes: Votes = field(default_factory=Votes)
    zones: set[str] = field(default_factory=set)
    looked: float = -inf
    seen: float = -inf

    @property
    def urgent(self) -> bool:
        """Return whether more looks may tell what it is."""
        return not self.votes.labels and not self.votes.examined


class Recognizer:
    """Finds out what the tracks of one camera are; not thread-safe.

    Belongs to the camera's thread and outlives its connections. It asks for
    one look a picture at the most, and for none while nothing moves.
    """

    def __init__(self, inference: Inference) -> None:
        """Know of nothing.

        Args:
            inference: Answers.
        """
        self._inference = inference
        self._settings = ObjectSettings()
        self._standing = Standing()
        self._known: dict[int, _Known] = {}
        self._labels: dict[str, float] = {}
        self._asked: list[Request] = []
        self._whole_at = 0.0
        self._portrait: Portrait | None = None
        self._quality = 0.0
        self._took_ms = 0.0

    @property
    def ready(self) -> bool:
        """Return whether somebody recognises anything."""
        return self._inference.ready

    @property
    def took_ms(self) -> float:
        """Return the milliseconds of the newest look; 0 before the first."""
        return self._took_ms

    def configure(self, settings: ObjectSettings) -> None:
        """Go on with other settings."""
        self._settings = settings

    def connected(self) -> None:
        """Take note of a new connection, whose clock and tracks are others."""
        self.forget()
        self._standing.reset()

    def forget(self) -> None:
        """Forget what moved: it does no more."""
        self._known.clear()
        self._asked.clear()
        self._labels.clear()
        self._portrait = None
        self._quality = 0.0

    def update(self, movers: Sequence[Mover], frame: VideoFrame, ts: float) -> None:
        """Take in what was answered, and ask for the next look.

        Args:
            movers: What moves in this picture; nothing where a motion goes on
                that the tracker cannot follow.
            frame: The picture in full resolution.
            ts: Its media time in seconds.
        """
        if not self._known:
            self._whole_at = ts
        for mover in movers or (Mover(_NO_TRACK, _ALL, ()),):
            known = self._known.setdefault(mover.id, _Known())
            known.seen = ts
            known.zones.update(mover.zones)
        self._take()
        boxes = {mover.id: mover.box for mover in movers}
        if (request := self._next(boxes, frame, ts)) is not None:
            # The one before may be at work still.
            self._asked = [*self._asked[-1:], request]
            self._inference.ask(request)
            self._take()
        self._known = {
            mover_id: known
            for mover_id, known in self._known.items()
            if ts - known.seen <= REMEMBER_S
        }

    @property
    def labels(self) -> tuple[Label, ...]:
        """Return what moves or moved in this motion and counts, best first."""
        return _ranked(self._labels)

    @property
    def examined(self) -> bool:
        """Return whether all that moves was looked at well, and nothing was found."""
        tracks = self._tracks()
        return bool(tracks) and all(
            known.votes.examined and not known.votes.labels for known in tracks
        )

    @property
    def ignored(self) -> bool:
        """Return whether all that moves is known, and none of it may make an event."""
        tracks = self._tracks()
        return bool(tracks) and all(
            known.votes.labels and not self._counting(known) for known in tracks
        )

    def present(self, since: float) -> tuple[str, ...]:
        """Return the labels that count of what was seen since a media time."""
        labels = {
            label.label
            for known in self._known.values()
            if known.seen >= since
            for label in self._counting(known)
        }
        return tuple(sorted(labels))

    def counts(self, mover_id: int) -> bool:
        """Return whether a track may make an event, as far as it is known."""
        known = self._known.get(mover_id)
        if known is None or not known.votes.labels:
            return True
        return bool(self._counting(known))

    def label(self, mover_id: int) -> Label | None:
        """Return what a track is most likely; None where that is not known."""
        known = self._known.get(mover_id)
        labels = () if known is None else known.votes.labels
        return labels[0] if labels else None

    def take_portrait(self) -> Portrait | None:
        """Return the best picture if it is better than the one returned before."""
        portrait, self._portrait = self._portrait, None
        return portrait

    def _tracks(self) -> list[_Known]:
        """Return what is known of tracks; of the whole picture where there never was one."""
        tracks = [known for track, known in self._known.items() if track != _NO_TRACK]
        return tracks or list(self._known.values())

    def _counting(self, known: _Known) -> list[Label]:
        """Return the labels of a track that make events where it was."""
        return [
            label
            for label in known.votes.labels
            if (wanted := self._settings.of(label.label)).reported
            and (not wanted.zones or not known.zones.isdisjoint(wanted.zones))
        ]

    def _next(
        self, boxes: Mapping[int, Box], frame: VideoFrame, ts: float
    ) -> Request | None:
        """Choose where to look in this picture."""
        everything = whole(frame.width, frame.height)
        if not boxes:
            known = self._known[_NO_TRACK]
            if self._labels or not known.urgent:
                return None
            return Request(frame, ts, everything, {_NO_TRACK: _ALL}, urgent=True)
        if ts - self._whole_at >= WHOLE_S:
            self._whole_at = ts
            return Request(frame, ts, everything, boxes)
        due = [
            (not known.urgent, known.looked, mover_id)
            for mover_id in boxes
            if (known := self._known[mover_id]).urgent or ts - known.looked >= AGAIN_S
        ]
        if not due:
            return None
        settled, _, mover_id = min(due)
        self._known[mover_id].looked = ts
        crop = around(boxes[mover_id], frame.width, frame.height)
        return Request(frame, ts, crop, boxes, mover=mover_id, urgent=not settled)

    def _take(self) -> None:
        """Take in what was answered to questions of this motion."""
        for answer in self._inference.answers():
            if any(answer.request is request for request in self._asked):
                self._took_ms = answer.took_ms
                self._count(answer)

    def _count(self, answer: Answer) -> None:
        """Let a look vote on each track that it shows."""
        request = answer.request
        seen = request.crop.box(request.frame.width, request.frame.height)
        fresh = [
            thing
            for thing in answer.things
            if self._is_good(thing) and not self._standing.holds(thing)
        ]
        for mover_id, box in request.boxes.items():
            known = self._known.get(mover_id)
            if known is None or inside(box, seen) < SEEN:
                continue
            fills = max(box.w / seen.w, box.h / seen.h) >= LARGE_ENOUGH
            known.votes.look(
                request.ts,
                None if mover_id == _NO_TRACK else box,
                fresh,
                counts=fills and mover_id in (request.mover, _NO_TRACK),
            )
            self._note(request, known)
        self._standing.note(request.ts, answer.things, seen, request.boxes.values())

    def _is_good(self, thing: Detection) -> bool:
        """Return whether a detection is sure and large enough for its class."""
        if thing.label not in MOVING:
            return False
        wanted = self._settings.of(thing.label)
        return thing.score >= wanted.min_score and thing.box.h >= wanted.min_height

    def _note(self, request: Request, known: _Known) -> None:
        """Keep what counts, and the picture if it is the best of anything that does."""
        counting = self._counting(known)
        for label, score in counting:
            self._labels[label] = max(score, self._labels.get(label, 0.0))
        for thing in known.votes.shown:
            quality = thing.score * sqrt(thing.box.w * thing.box.h)
            if quality > self._quality * BETTER and any(
                label.label == thing.label for label in counting
            ):
                self._quality = quality
                self._portrait = Portrait(request.frame, thing.box, thing.score)


def _ranked(labels: Mapping[str, float]) -> tuple[Label, ...]:
    """Return labels, best first."""
    return tuple(
        Label(*item) for item in sorted(labels.items(), key=lambda item: -item[1])
    )
