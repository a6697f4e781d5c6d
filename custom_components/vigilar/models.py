"""The vocabulary of Vigilar: what every part says to the next one.

Imports nothing of Vigilar and nothing of Home Assistant; everyone may import it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

PAYLOAD_VERSION: Final = 1

_NO_STAGES: Final[Mapping[str, float]] = MappingProxyType({})


class Severity(StrEnum):
    """How much an event matters, least first."""

    INFO = "info"
    WARNING = "warning"
    ALERT = "alert"
    CRITICAL = "critical"


class EventType(StrEnum):
    """What an event says has happened."""

    MOTION = "motion"
    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    CAMERA_OFFLINE = "camera_offline"
    CAMERA_ONLINE = "camera_online"
    CAMERA_TAMPERED = "camera_tampered"
    ALARM_ARMED = "alarm_armed"
    ALARM_DISARMED = "alarm_disarmed"
    ALARM_TRIGGERED = "alarm_triggered"
    ALARM_LOCKED_OUT = "alarm_locked_out"
    DOOR_OPENED = "door_opened"
    WINDOW_OPENED = "window_opened"
    GATE_OPENED = "gate_opened"
    GARAGE_OPENED = "garage_opened"
    LOCK_UNLOCKED = "lock_unlocked"
    LOCK_JAMMED = "lock_jammed"
    GLASS_BROKEN = "glass_broken"
    SMOKE = "smoke"
    CARBON_MONOXIDE = "carbon_monoxide"
    GAS = "gas"
    WATER_LEAK = "water_leak"
    DOORBELL = "doorbell"
    PRESENCE = "presence"
    SOUND = "sound"
    VIBRATION = "vibration"
    TAMPER = "tamper"
    PANIC = "panic"
    PROBLEM = "problem"
    SENSOR_OFFLINE = "sensor_offline"
    MANUAL = "manual"


# What the alarm itself reports.
ALARM_TYPES: Final = frozenset(
    {
        EventType.ALARM_ARMED,
        EventType.ALARM_DISARMED,
        EventType.ALARM_TRIGGERED,
        EventType.ALARM_LOCKED_OUT,
    }
)


# What only sensors of the house report; they may report `MOTION` as well.
SENSOR_TYPES: Final = frozenset(
    {
        EventType.DOOR_OPENED,
        EventType.WINDOW_OPENED,
        EventType.GATE_OPENED,
        EventType.GARAGE_OPENED,
        EventType.LOCK_UNLOCKED,
        EventType.LOCK_JAMMED,
        EventType.GLASS_BROKEN,
        EventType.SMOKE,
        EventType.CARBON_MONOXIDE,
        EventType.GAS,
        EventType.WATER_LEAK,
        EventType.DOORBELL,
        EventType.PRESENCE,
        EventType.SOUND,
        EventType.VIBRATION,
        EventType.TAMPER,
        EventType.PANIC,
        EventType.PROBLEM,
        EventType.SENSOR_OFFLINE,
    }
)


class SourceKind(StrEnum):
    """What sort of thing reports events."""

    CAMERA = "camera"
    ALARM = "alarm"
    SENSOR = "sensor"
    REMOTE = "remote"
    """Another house."""


class ArmMode(StrEnum):
    """How the house is guarded."""

    UNUSED = "unused"
    """There is no alarm."""
    DISARMED = "disarmed"
    HOME = "home"
    NIGHT = "night"
    AWAY = "away"
    VACATION = "vacation"


class ObjectClass(StrEnum):
    """What the object detector tells apart, however finely its model does."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    PACKAGE = "package"


class Phase(StrEnum):
    """Where an event stands in its life."""

    NEW = "new"
    UPDATED = "updated"
    ENDED = "ended"


class ChangeKind(StrEnum):
    """What a change did to the event table."""

    NEW = "new"
    UPDATED = "updated"
    ENDED = "ended"
    DELETED = "deleted"


class MediaKind(StrEnum):
    """What an event may have to look at, and what it can be judged again by."""

    SNAPSHOT = "snapshot"
    THUMBNAIL = "thumbnail"
    PREVIEW = "preview"
    CLIP = "clip"
    LUMA = "luma"
    """Not for people: the event does not speak of it."""


class MediaState(StrEnum):
    """Whether there is something to look at.

    What was `READY` once stays so or becomes `DELETED`; a `FAILED` says why.
    """

    NONE = "none"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


class ObservationKind(StrEnum):
    """The facts that sources report."""

    MOTION_STARTED = "motion_started"
    MOTION_UPDATED = "motion_updated"
    MOTION_ENDED = "motion_ended"
    CAMERA_ONLINE = "camera_online"
    CAMERA_OFFLINE = "camera_offline"
    SCENE_TAMPERED = "scene_tampered"
    SCENE_RECOVERED = "scene_recovered"
    ALARM_ARMED = "alarm_armed"
    ALARM_DISARMED = "alarm_disarmed"
    ALARM_TRIGGERED = "alarm_triggered"
    ALARM_LOCKED_OUT = "alarm_locked_out"
    SENSOR_ON = "sensor_on"
    """Of these four, `Observation.key` is the type of the event."""
    SENSOR_OFF = "sensor_off"
    SENSOR_MOMENT = "sensor_moment"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_OFFLINE = "sensor_offline"
    SENSOR_ONLINE = "sensor_online"
    ONBOARD_SEEN = "onboard_seen"
    """The camera's own analysis sees something; `labels` are all it sees now.

    So does another program's, which `Observation.reason` then names.
    """
    ONBOARD_GONE = "onboard_gone"
    REPORTED = "reported"
    """Somebody says so."""
    HEARTBEAT = "heartbeat"


class BlindReason(StrEnum):
    """Why nobody was watching."""

    RESTART = "restart"
    OFFLINE = "offline"
    DETECTION_OFF = "detection_off"


class Box(NamedTuple):
    """A rectangle as fractions (0-1) of the image, origin at the top left."""

    x: float
    y: float
    w: float
    h: float


class Label(NamedTuple):
    """A class name and how sure its classifier is (0-1)."""

    label: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody says that has happened.

    Attributes:
        type: What it was.
        by: Who says so, a name for people.
        name: What it is to be called; empty for the name of its source.
        severity: How much it matters; None for as much as its type does.
        note: More words to it; may be empty.
    """

    type: EventType
    by: str
    name: str = ""
    severity: Severity | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A fact that a source reports. It says nothing of severity or people.

    Attributes:
        kind: An `ObservationKind`, or a string that no rule knows.
        source_id: The stable slug of the source.
        ts: When it began to be true, Unix milliseconds (for files:
            milliseconds from the start of the file).
        key: Names the thing observed, unique within its source; the same on
            every observation of that thing's life.
        score: How sure the source is, 0-1.
        box: Where, at the moment of the highest score.
        labels: Classes seen so far, best first.
        present: Those of them that are in sight now.
        examined: What moves was looked at well, and nothing was recognised.
        zones: Names of the zones, in the order entered.
        reason: Why, in a few words, for `why` of the event.
        incident_id: The incident it is known to belong to, wherever it is.
        latency_ms: Milliseconds spent in each stage so far.
        made_at: `time.monotonic()` at the making, to time the hand-off.
        snapshot: JPEG of the best look so far; None when it did not improve.
        report: What somebody says, of a `REPORTED`.
        test: It is made up: its event matters to nobody but the tester.
    """

    kind: str
    source_id: str
    ts: int
    key: str = ""
    score: float = 0.0
    box: Box | None = None
    labels: tuple[Label, ...] = ()
    present: tuple[str, ...] = ()
    examined: bool = False
    zones: tuple[str, ...] = ()
    reason: str = ""
    incident_id: str | None = None
    latency_ms: Mapping[str, float] = field(default_factory=lambda: _NO_STAGES)
    made_at: float | None = None
    snapshot: bytes | None = field(default=None, repr=False, compare=False)
    report: Report | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What events need to know of the source that they come from."""

    source_id: str
    name: str
    entity_id: str | None = None
    device_id: str | None = None
    area_id: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A classified event: the six keys, the same everywhere.

    Attributes:
        id: ULID, one for the whole life of the event.
        ts: When it began, Unix milliseconds.
        type: What happened.
        severity: How much it matters.
        source_id: The stable slug of its source.
        payload: What varies; JSON types only.
    """

    id: str
    ts: int
    type: EventType
    severity: Severity
    source_id: str
    payload: dict[str, Any]

    @property
    def site(self) -> str | None:
        """The name of the other house that it happened at; None for this one."""
        return self.payload.get("site")

    def as_dict(self) -> dict[str, Any]:
        """Return the six keys as published."""
        return {
            "id": self.id,
            "ts": self.ts,
            "type": self.type.value,
            "severity": self.severity.value,
            "source_id": self.source_id,
            "payload": self.payload,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One numbered change of the event table, as stored.

    Attributes:
        seq: Store-wide, monotonic, without repeats.
        kind: What happened to the event.
        event: The event as it stood right after this change.
    """

    seq: int
    kind: ChangeKind
    event: Event


@dataclass(frozen=True, slots=True)
class BlindPeriod:
    """A span in which nobody watched.

    Attributes:
        source_id: The source, or None for all of them.
        start: Unix milliseconds.
        end: Unix milliseconds, or None while it lasts.
        reason: Why.
        id: Stays the same when it ends; 0 of one that is not stored.
    """

    source_id: str | None
    start: int
    end: int | None
    reason: BlindReason
    id: int = field(default=0, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return it as published."""
        return {
            "id": self.id,
            "source_id": self.source_id,
            "start": self.start,
            "end": self.end,
            "reason": self.reason.value,
        }
