"""Test who is told of what, and what is said if not."""

from typing import Any

import pytest

from custom_components.vigilar.events.ledger import Snooze
from custom_components.vigilar.models import EventType, Severity
from custom_components.vigilar.publish.phone.rules import (
    Reason,
    Refusal,
    Situation,
    refuse_event,
    refuse_now,
)

from ...events.common import BEGAN
from .common import ANNA, make_event, make_recipient


@pytest.mark.parametrize(
    ("wants", "event", "refusal"),
    [
        ({}, {}, None),
        ({"types": frozenset({EventType.PERSON})}, {}, None),
        (
            {"types": frozenset({EventType.VEHICLE})},
            {},
            Refusal(Reason.TYPE, {"type": "person"}),
        ),
        ({"cameras": frozenset({"front_door"})}, {}, None),
        (
            {"cameras": frozenset({"back_yard"})},
            {},
            Refusal(Reason.CAMERA, {"camera": "Front door"}),
        ),
        ({"zones": frozenset({"porch", "gate"})}, {"zones": ["drive", "gate"]}, None),
        (
            {"zones": frozenset({"porch"})},
            {"zones": ["drive"]},
            Refusal(Reason.ZONE),
        ),
        (
            {"zones": frozenset({"porch"})},
            {"event_type": EventType.CAMERA_OFFLINE},
            None,
        ),
        ({"min_severity": Severity.ALERT}, {}, None),
        (
            {"min_severity": Severity.CRITICAL},
            {},
            Refusal(Reason.SEVERITY, {"severity": "alert", "minimum": "critical"}),
        ),
    ],
)
def test_what_is_wanted(
    wants: dict[str, Any], event: dict[str, Any], refusal: Refusal | None
) -> None:
    """Type, camera, zone and severity decide; what has no zone is not asked for one."""
    assert refuse_event(make_recipient(**wants), make_event(**event)) == refusal


@pytest.mark.parametrize(
    ("situation", "refusal"),
    [
        ({}, None),
        ({"off": "Night"}, Refusal(Reason.QUIET, {"entity": "Night"})),
        (
            {"off": "Night", "on_again": BEGAN + 1},
            Refusal(Reason.QUIET_UNTIL, {"entity": "Night", "until_ts": BEGAN + 1}),
        ),
        ({"home": "Bert"}, Refusal(Reason.HOME, {"person": "Bert"})),
        (
            {"snooze": Snooze(ANNA, "front_door", BEGAN + 9, "Anna")},
            Refusal(Reason.SNOOZED, {"by": "Anna", "until_ts": BEGAN + 9}),
        ),
        (
            {"last_sent": BEGAN - 18_500},
            Refusal(Reason.COOLDOWN, {"seconds": 42}),
        ),
        ({"last_sent": BEGAN - 60_000}, None),
        ({"last_sent": BEGAN + 3_600_000}, None),
    ],
    ids=[
        "free",
        "off",
        "until",
        "home",
        "snoozed",
        "cooldown",
        "over",
        "clock set back",
    ],
)
def test_what_hinders(situation: dict[str, Any], refusal: Refusal | None) -> None:
    """Conditions, presence, a snooze and the cooldown hinder, in this order."""
    recipient = make_recipient(cooldown_s=60)
    assert refuse_now(recipient, Situation(now=BEGAN, **situation)) == refusal
