"""What comes by MQTT is believed only after it was measured, parsed and checked."""

import json
import math
from typing import Any

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.vigilar.inbound.messages import (
    MAX_AHEAD_MS,
    MAX_BYTES,
    MAX_EVENT_AGE_MS,
    MAX_LATE_MS,
    WHY_ELSEWHERE,
    RejectedError,
    Rejection,
    Report,
    Stage,
    read_event,
    read_report,
)
from custom_components.vigilar.models import Box, EventType, Label, Severity

from .common import NOW, event, message, report


def _rejection(read: Any, payload: bytes) -> Rejection:
    """Return why a message is dropped."""
    with pytest.raises(RejectedError) as refused:
        read(payload, NOW)
    return refused.value.rejection


def test_a_whole_report() -> None:
    """Everything that can be said."""
    assert read_report(
        report(
            kind="updated",
            key="7",
            ts=NOW - 1000,
            labels=[{"label": "vehicle", "score": 0.5}, {"label": "person"}],
            score=0.4,
            box=[0, 0.5, 1, 0.25],
            zones=["Porch"],
            by="Doorbell AI",
        ),
        NOW,
    ) == Report(
        stage=Stage.UPDATED,
        key="7",
        ts=NOW - 1000,
        labels=(Label("person", 1.0), Label("vehicle", 0.5)),
        score=0.4,
        box=Box(0, 0.5, 1, 0.25),
        zones=("Porch",),
        by="Doorbell AI",
    )


def test_a_report_needs_little() -> None:
    """What kind it is; the time is now."""
    least = read_report(b'{"kind": "moment"}', NOW)
    assert (least.stage, least.ts, least.key) == (Stage.MOMENT, NOW, "")


def test_a_clock_that_is_ahead_does_not_make_events_of_the_future() -> None:
    """A little is taken for now."""
    assert read_report(report(ts=NOW + MAX_AHEAD_MS), NOW).ts == NOW


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "begun"},
        {"kind": None},
        {"ts": True},
        {"ts": 1.5},
        {"ts": -1},
        {"ts": "1700000000000"},
        {"ts": 10**30},
        {"key": "x" * 65},
        {"key": "a\nb"},
        {"key": 7},
        {"labels": "person"},
        {"labels": [{"label": "person", "score": 1.1}]},
        {"labels": [{"label": "person", "score": True}]},
        {"labels": [{"label": "person", "colour": "red"}]},
        {"labels": [{"label": "<b>"}]},
        {"labels": [{"label": "person"}] * 21},
        {"score": -0.1},
        {"score": "0.5"},
        {"box": [0, 0, 1]},
        {"box": [0, 0, 1, 2]},
        {"zones": [""]},
        {"zones": ["x" * 101]},
        {"zones": ["x"] * 21},
        {"by": "x" * 65},
        {"unheard_of": 1},
    ],
)
def test_malformed_reports(fields: dict[str, Any]) -> None:
    """Each is dropped as a whole."""
    assert _rejection(read_report, report(**fields)) is Rejection.MALFORMED


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{",
        b"[" * 60_000,
        b'{"kind":' * 8000,
        b'{"kind": "started", "score": NaN}',
        b'{"kind": "started", "score": 1e999}',
        b'{"kind": "started", "score": -Infinity}',
        b'{"kind": "started", "by": "\\ud800"}',
    ],
    ids=lambda payload: payload[:40],
)
@pytest.mark.parametrize("read", [read_report, read_event])
def test_what_is_no_object_of_json(read: Any, payload: bytes) -> None:
    """Nesting, numbers that are none, broken text."""
    assert _rejection(read, payload) is Rejection.MALFORMED


@pytest.mark.parametrize("read", [read_report, read_event])
def test_size_is_looked_at_first(read: Any) -> None:
    """One byte too many is too many, whatever it says."""
    assert _rejection(read, b" " * (MAX_BYTES + 1)) is Rejection.OVERSIZED
    assert _rejection(read, b" " * MAX_BYTES) is Rejection.MALFORMED


@pytest.mark.parametrize("off", [MAX_AHEAD_MS + 1, -MAX_LATE_MS - 1])
def test_a_report_of_another_time(off: int) -> None:
    """It is of no use now, or a clock is wrong."""
    assert _rejection(read_report, report(ts=NOW + off)) is Rejection.FAR_OFF


def test_an_event_says_what_it_may() -> None:
    """The other house's entities, media and reviews are not ours."""
    read = read_event(message(7), NOW)
    assert (read.type, read.severity) == (EventType.PERSON, Severity.ALERT)
    assert set(read.payload) == {
        *("version", "seq", "name", "end_ts", "labels", "zones"),
        *("box", "score", "why", "media", "latency_ms"),
    }
    assert read.payload["media"]["clip"] == {
        "state": "none",
        "url": None,
        "reason": WHY_ELSEWHERE,
    }
    assert set(read.payload["media"]) == {"snapshot", "thumbnail", "preview", "clip"}


@pytest.mark.parametrize(
    "fields",
    [
        {"event_id": "8" * 26},
        {"event_id": "short"},
        {"type": "earthquake"},
        {"severity": "dreadful"},
        {"source_id": "cabin.front_door"},
        {"source_id": "../../etc"},
        {"source_id": ""},
        {"payload": {"version": 2}},
        {"payload": {"version": True}},
        {"payload": {"seq": 0}},
        {"payload": {"seq": 2**54}},
        {"payload": {"name": "a\x00b"}},
        {"payload": {"end_ts": NOW - 1}},
        {"payload": {"why": "x" * 1001}},
        {"more": 1},
    ],
)
def test_malformed_events(fields: dict[str, Any]) -> None:
    """Each is dropped as a whole."""
    assert _rejection(read_event, message(**fields)) is Rejection.MALFORMED


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_an_event_without_a_payload(payload: Any) -> None:
    """It is an object, or nothing."""
    whole = json.dumps(event() | {"payload": payload}).encode()
    assert _rejection(read_event, whole) is Rejection.MALFORMED


def test_an_event_that_has_come_round() -> None:
    """What the other house has from a third is that one's to tell."""
    relayed = message(payload={"site": "Boat"})
    assert _rejection(read_event, relayed) is Rejection.RELAYED


@pytest.mark.parametrize(
    "fields",
    [
        {"ts": NOW + MAX_AHEAD_MS + 1},
        {"ts": NOW - MAX_EVENT_AGE_MS - 1},
        {"payload": {"end_ts": NOW + MAX_AHEAD_MS + 1}},
    ],
)
def test_an_event_of_another_time(fields: dict[str, Any]) -> None:
    """A clock is wrong, or it is older than any journal."""
    assert _rejection(read_event, message(**fields)) is Rejection.FAR_OFF


def test_what_waited_in_a_journal_is_welcome() -> None:
    """The broker may have been away from the other house for days."""
    ts = NOW - MAX_EVENT_AGE_MS
    assert read_event(message(ts=ts, payload={"end_ts": ts + 1}), NOW).ts == ts


WORDS = st.sampled_from(
    [
        *("kind", "started", "moment", "key", "ts", "labels", "label", "score", "box"),
        *("zones", "by", "id", "type", "person", "severity", "alert", "source_id"),
        *("payload", "version", "seq", "name", "end_ts", "why", "site", "\ud800", "\0"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.just(NOW)
    | WORDS
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=8)
    ),
    max_leaves=30,
)


def _damaged(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return messages that are right but for a few keys."""
    return st.dictionaries(
        st.sampled_from(sorted(whole)) | WORDS, JSON, max_size=3
    ).map(lambda damage: whole | damage)


WHOLE_REPORT = {
    "kind": "started",
    "key": "a",
    "ts": NOW,
    "labels": [{"label": "person"}],
    "score": 0.5,
    "box": [0, 0, 1, 1],
    "zones": ["Porch"],
    "by": "AI",
}
WHOLE_EVENT = event()
MESSAGES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | _damaged(WHOLE_REPORT).map(lambda value: json.dumps(value).encode())
    | _damaged(WHOLE_EVENT).map(lambda value: json.dumps(value).encode())
    | _damaged(WHOLE_EVENT["payload"]).map(
        lambda value: json.dumps(WHOLE_EVENT | {"payload": value}).encode()
    )
)


@settings(max_examples=400, deadline=None)
@given(payload=MESSAGES)
@example(payload=b'{"kind":"started","labels":[{"label":"person","score":1e-400}]}')
def test_whatever_comes_is_sound_or_refused(payload: bytes) -> None:
    """No other error, and nothing in what is taken that could not be stored."""
    try:
        taken = read_report(payload, NOW)
    except RejectedError:
        pass
    else:
        assert abs(taken.ts - NOW) <= max(MAX_AHEAD_MS, MAX_LATE_MS)
        assert math.isfinite(taken.score)
        json.dumps((*taken.zones, taken.by, taken.key), ensure_ascii=False).encode()
    try:
        read = read_event(payload, NOW)
    except RejectedError:
        pass
    else:
        text = json.dumps(read.as_dict(), allow_nan=False, ensure_ascii=False)
        assert len(text.encode()) < 2 * MAX_BYTES
