"""From the bytes of a message to what they say, or to why they are dropped.

Pure. Whoever may publish to the broker may send anything, so nothing is
believed before it was measured, parsed and checked.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import voluptuous as vol

from homeassistant.util.json import json_loads

from ..models import (
    PAYLOAD_VERSION,
    Box,
    Event,
    EventType,
    Label,
    MediaKind,
    MediaState,
    Severity,
)

# Looked at before it is parsed. A whole event with fifty reviews is a tenth of it.
MAX_BYTES: Final = 65_536
# Clocks differ, and a message may wait in a queue.
MAX_AHEAD_MS: Final = 300_000
MAX_LATE_MS: Final = 300_000
# So far back reaches the journal of the house that makes up for a broker's absence.
MAX_EVENT_AGE_MS: Final = 7 * 86_400_000

# What `payload.media` says of an event whose pictures stay in another house.
WHY_ELSEWHERE: Final = "kept at the other site"

SOURCE_ID: Final = r"^[a-z0-9_]{1,100}\Z"
_ULID: Final = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\Z"
# The last day that a date can name.
_MAX_TS: Final = 253_402_300_799_999


class Rejection(StrEnum):
    """Why a message is dropped."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    RETAINED = "retained"
    """It may be of any age; only states are retained."""
    FAR_OFF = "far_off"
    """Its time is not now."""
    UNKNOWN_SOURCE = "unknown_source"
    NOT_DETECTING = "not_detecting"
    """A user has switched the detection of that camera off."""
    TOO_MANY = "too_many"
    RELAYED = "relayed"
    """The other site has it from a third one."""


class RejectedError(Exception):
    """A message is not what it should be."""

    def __init__(self, rejection: Rejection) -> None:
        """Keep why."""
        super().__init__(rejection.value)
        self.rejection = rejection


class Stage(StrEnum):
    """Where the thing that an analyser reports stands."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"
    MOMENT = "moment"
    """It has no duration, or nobody will say when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What another analyser says of a camera.

    Attributes:
        stage: Where the thing stands.
        key: Names the thing, unique within the camera.
        ts: When, Unix milliseconds.
        labels: Classes, each with a score of 0-1.
        score: How sure the analyser is, 0-1.
        box: Where, or None.
        zones: In which zones.
        by: Who says so; may be empty.
    """

    stage: Stage
    key: str
    ts: int
    labels: tuple[Label, ...]
    score: float
    box: Box | None
    zones: tuple[str, ...]
    by: str


def _name(most: int) -> vol.All:
    """Return the check of a text for people: no control characters."""
    return vol.All(str, vol.Match(rf"^[^\x00-\x1f\x7f-\x9f]{{1,{most}}}\Z"))


def _no_bool(value: object) -> object:
    """Refuse what Python takes for a number and JSON does not.

    Raises:
        vol.Invalid: It is a truth value.
    """
    if isinstance(value, bool):
        raise vol.Invalid("not a number")
    return value


_TIME: Final = vol.All(_no_bool, int, vol.Range(min=0, max=_MAX_TS))
_FRACTION: Final = vol.All(
    _no_bool, vol.Any(int, float), vol.Range(min=0, max=1), vol.Coerce(float)
)
_BOX: Final = vol.All([_FRACTION], vol.Length(min=4, max=4))
_LABELS: Final = vol.All(
    [
        {
            vol.Required("label"): vol.All(str, vol.Match(r"^[a-z0-9_ -]{1,40}\Z")),
            vol.Optional("score", default=1.0): _FRACTION,
        }
    ],
    vol.Length(max=20),
)
_ZONES: Final = vol.All([_name(100)], vol.Length(max=20))

_REPORT: Final = vol.Schema(
    {
        vol.Required("kind"): vol.All(str, vol.Coerce(Stage)),
        vol.Optional("key", default=""): vol.Any("", _name(64)),
        vol.Optional("ts"): _TIME,
        vol.Optional("labels", default=list): _LABELS,
        vol.Optional("score", default=0.0): _FRACTION,
        vol.Optional("box", default=None): vol.Any(None, _BOX),
        vol.Optional("zones", default=list): _ZONES,
        vol.Optional("by", default=""): vol.Any("", _name(64)),
    }
)

_EVENT: Final = vol.Schema(
    {
        vol.Required("id"): vol.All(str, vol.Match(_ULID)),
        vol.Required("ts"): _TIME,
        vol.Required("type"): vol.All(str, vol.Coerce(EventType)),
        vol.Required("severity"): vol.All(str, vol.Coerce(Severity)),
        vol.Required("source_id"): vol.All(str, vol.Match(SOURCE_ID)),
        vol.Required("payload"): vol.Schema(
            {
                vol.Required("version"): vol.All(_no_bool, PAYLOAD_VERSION),
                vol.Required("seq"): vol.All(
                    _no_bool, int, vol.Range(min=1, max=2**53)
                ),
                vol.Required("name"): _name(255),
                vol.Required("end_ts"): vol.Any(None, _TIME),
                vol.Required("labels"): _LABELS,
                vol.Required("zones"): _ZONES,
                vol.Required("box"): vol.Any(None, _BOX),
                vol.Required("score"): _FRACTION,
                vol.Required("why"): vol.Any("", _name(1000)),
                vol.Remove(str): object,
            }
        ),
    }
)


def read_report(payload: bytes, now: int) -> Report:
    """Read what another analyser says.

    Args:
        payload: The message.
        now: Unix milliseconds.

    Raises:
        RejectedError: It is none, or not of now.
    """
    data = _checked(_REPORT, _parsed(payload))
    ts: int = data.get("ts", now)
    if not now - MAX_LATE_MS <= ts <= now + MAX_AHEAD_MS:
        raise RejectedError(Rejection.FAR_OFF)
    labels = tuple(Label(label["label"], label["score"]) for label in data["labels"])
    return Report(
        stage=data["kind"],
        key=data["key"],
        # An event must not begin after what the camera itself sees next.
        ts=min(ts, now),
        labels=tuple(sorted(labels, key=lambda label: -label.score)),
        score=data["score"],
        box=None if data["box"] is None else Box(*data["box"]),
        zones=tuple(data["zones"]),
        by=data["by"],
    )


def read_event(payload: bytes, now: int) -> Event:
    """Read an event that another Vigilar has published.

    Args:
        payload: The message.
        now: Unix milliseconds.

    Returns:
        The event with those keys of its payload that another house may say; its
        `seq` is the other house's.

    Raises:
        RejectedError: It is none, or far from now, or the other house has it
            from a third one.
    """
    parsed = _parsed(payload)
    told = parsed.get("payload")
    if isinstance(told, dict) and "site" in told:
        raise RejectedError(Rejection.RELAYED)
    data = _checked(_EVENT, parsed)
    ts, end_ts = data["ts"], data["payload"]["end_ts"]
    if end_ts is not None and end_ts < ts:
        raise RejectedError(Rejection.MALFORMED)
    if not now - MAX_EVENT_AGE_MS <= ts <= (end_ts or ts) <= now + MAX_AHEAD_MS:
        raise RejectedError(Rejection.FAR_OFF)
    elsewhere = {
        "state": MediaState.NONE.value,
        "url": None,
        "reason": WHY_ELSEWHERE,
    }
    return Event(
        data["id"],
        ts,
        data["type"],
        data["severity"],
        data["source_id"],
        data["payload"]
        | {
            "media": {
                kind.value: elsewhere
                for kind in MediaKind
                if kind is not MediaKind.LUMA
            },
            "latency_ms": {},
        },
    )


def _parsed(payload: bytes) -> dict[str, Any]:
    """Return the JSON object that a message holds.

    Raises:
        RejectedError: It is too large, or holds none.
    """
    if len(payload) > MAX_BYTES:
        raise RejectedError(Rejection.OVERSIZED)
    try:
        data = json_loads(payload)
    except ValueError as err:
        raise RejectedError(Rejection.MALFORMED) from err
    if not isinstance(data, dict):
        raise RejectedError(Rejection.MALFORMED)
    return data


def _checked(schema: vol.Schema, data: dict[str, Any]) -> dict[str, Any]:
    """Return what a message says, checked.

    Raises:
        RejectedError: It is not what the schema describes.
    """
    try:
        checked: dict[str, Any] = schema(data)
    except vol.Invalid as err:
        raise RejectedError(Rejection.MALFORMED) from err
    return checked
