"""Decides whether a recipient is told of an event, and says why not. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ...events.ledger import Snooze
from ...models import Event, EventType, Severity
from .recipient import Recipient

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
# Only what moves is anywhere; a camera that fails is in no zone.
_MOVING: Final = frozenset(
    {EventType.MOTION, EventType.PERSON, EventType.VEHICLE, EventType.ANIMAL}
)


class Reason(StrEnum):
    """Why a recipient was not told; the words are in the translations."""

    TYPE = "type"
    CAMERA = "camera"
    ZONE = "zone"
    SEVERITY = "severity"
    QUIET = "quiet"
    QUIET_UNTIL = "quiet_until"
    HOME = "home"
    SNOOZED = "snoozed"
    COOLDOWN = "cooldown"
    NO_DEVICE = "no_device"
    TOO_LATE = "too_late"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a recipient is not told.

    Attributes:
        reason: The rule that decided.
        params: What its words need. Of keys that end in `_ts` the value is a
            time in Unix milliseconds, of `severity` and `minimum` a severity,
            of `type` an event type.
    """

    reason: Reason
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand for a recipient when an event happens.

    Attributes:
        now: Unix milliseconds.
        off: Name of a condition that is off, or None if all hold.
        on_again: When that is on again, Unix milliseconds, or None if unknown.
        home: Name of someone whose being at home counts, or None.
        snooze: The camera's snooze that holds, or None.
        last_sent: When the recipient was last told of an event of this camera
            that mattered as much, Unix milliseconds, or None.
    """

    now: int
    off: str | None = None
    on_again: int | None = None
    home: str | None = None
    snooze: Snooze | None = None
    last_sent: int | None = None


def refuse_event(recipient: Recipient, event: Event) -> Refusal | None:
    """Return why an event is none that a recipient wants, whatever the situation."""
    if recipient.types and event.type not in recipient.types:
        return Refusal(Reason.TYPE, {"type": event.type.value})
    if recipient.cameras and event.source_id not in recipient.cameras:
        return Refusal(Reason.CAMERA, {"camera": event.payload["name"]})
    if (
        recipient.zones
        and event.type in _MOVING
        and recipient.zones.isdisjoint(event.payload["zones"])
    ):
        return Refusal(Reason.ZONE)
    if not reaches(event.severity, recipient.min_severity):
        return Refusal(
            Reason.SEVERITY,
            {
                "severity": event.severity.value,
                "minimum": recipient.min_severity.value,
            },
        )
    return None


def refuse_now(recipient: Recipient, situation: Situation) -> Refusal | None:
    """Return why a recipient is not to be told of anything of a camera now."""
    if situation.off is not None:
        params = {"entity": situation.off}
        if situation.on_again is None:
            return Refusal(Reason.QUIET, params)
        return Refusal(Reason.QUIET_UNTIL, params | {"until_ts": situation.on_again})
    if situation.home is not None:
        return Refusal(Reason.HOME, {"person": situation.home})
    if (snooze := situation.snooze) is not None:
        return Refusal(Reason.SNOOZED, {"by": snooze.by, "until_ts": snooze.until})
    if situation.last_sent is not None:
        left = situation.last_sent + recipient.cooldown_s * 1000 - situation.now
        # More than the whole cooldown is left only if the clock was set back.
        if 0 < left <= recipient.cooldown_s * 1000:
            return Refusal(Reason.COOLDOWN, {"seconds": -(-left // 1000)})
    return None


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Return whether a severity is as high as another."""
    return _RANKS[severity] >= _RANKS[threshold]
