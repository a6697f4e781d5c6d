"""What an observation means is decided by these rules and no other."""

from dataclasses import replace
import json
import math
from typing import Any

from hypothesis import given, strategies as st
import pytest
from ulid_transform import ulid_to_timestamp

from custom_components.vigilar.events.classifier import (
    Decision,
    Outcome,
    classify,
    end_event,
    is_test,
    thing_of,
)
from custom_components.vigilar.events.severity import Situation
from custom_components.vigilar.models import (
    ArmMode,
    Box,
    EventType,
    Label,
    Observation,
    ObservationKind,
    Report,
    Severity,
)

from .common import BEGAN, FRONT_DOOR, classified, observe

UPDATED = ObservationKind.MOTION_UPDATED
ENDED = ObservationKind.MOTION_ENDED
OFFLINE = ObservationKind.CAMERA_OFFLINE
ONLINE = ObservationKind.CAMERA_ONLINE


def only(decisions: tuple[Decision, ...]) -> Decision:
    """Return the one decision there is."""
    (decision,) = decisions
    return decision


def test_motion_opens_an_event_with_the_whole_schema() -> None:
    """A new event has the six keys and every key of the payload."""
    observation = Observation(
        kind=ObservationKind.MOTION_STARTED,
        source_id="front_door",
        ts=BEGAN,
        key="walk",
        score=0.712345,
        box=Box(0.1, 0.2, 0.3, 0.4),
        zones=("Drive", "Porch", "Drive"),
        reason="moved 12 % of the width",
        latency_ms={"confirm": 400.123},
    )

    decision = only(classify(observation, {}, FRONT_DOOR))

    assert decision.outcome is Outcome.OPENED
    assert ulid_to_timestamp(decision.event.id) == BEGAN
    expected = {
        "id": decision.event.id,
        "ts": BEGAN,
        "type": "motion",
        "severity": "info",
        "source_id": "front_door",
        "payload": {
            "version": 1,
            "phase": "new",
            "seq": 0,
            "name": "Front door",
            "entity_id": "camera.front_door",
            "device_id": "device-1",
            "area_id": "porch",
            "end_ts": None,
            "labels": [],
            "zones": ["Drive", "Porch"],
            "box": [0.1, 0.2, 0.3, 0.4],
            "score": 0.7123,
            "why": "Something moved and was not recognised: moved 12 % of the width.",
            "media": {
                "snapshot": {"state": "none", "url": None},
                "thumbnail": {"state": "none", "url": None},
                "preview": {"state": "none", "url": None},
                "clip": {"state": "none", "url": None},
            },
            "latency_ms": {"confirm": 400.12},
        },
    }
    assert decision.event.as_dict() == expected
    assert json.loads(json.dumps(decision.event.as_dict())) == expected


@pytest.mark.parametrize(
    ("labels", "event_type", "severity", "why"),
    [
        (
            (),
            EventType.MOTION,
            Severity.INFO,
            "Something moved and was not recognised.",
        ),
        (
            ("kite",),
            EventType.MOTION,
            Severity.INFO,
            "Something moved and was not recognised.",
        ),
        (
            ("animal",),
            EventType.ANIMAL,
            Severity.INFO,
            "An animal was recognised, 90% sure.",
        ),
        (
            ("animal", "vehicle"),
            EventType.VEHICLE,
            Severity.WARNING,
            "A vehicle was recognised, 90% sure.",
        ),
        (
            ("vehicle", "animal", "person"),
            EventType.PERSON,
            Severity.ALERT,
            "A person was recognised, 90% sure.",
        ),
    ],
)
def test_labels_raise_the_type(
    labels: tuple[str, ...], event_type: EventType, severity: Severity, why: str
) -> None:
    """A person outranks a vehicle outranks an animal outranks motion."""
    event = only(classify(observe(labels=labels), {}, FRONT_DOOR)).event

    assert (event.type, event.severity, event.payload["why"]) == (
        event_type,
        severity,
        why,
    )


def test_motion_rises_to_a_person_and_never_falls() -> None:
    """The event keeps its id as it rises, and its type when the label is not seen again."""
    open_events = classified(observe())
    before = open_events["motion/walk"]

    risen = only(classify(observe(UPDATED, labels=["person"]), open_events, FRONT_DOOR))

    assert risen.outcome is Outcome.CHANGED
    assert risen.event.id == before.id
    assert (risen.event.type, risen.event.severity) == (
        EventType.PERSON,
        Severity.ALERT,
    )
    assert risen.event.payload["why"] == "A person was recognised, 90% sure."
    later = classify(
        observe(UPDATED, labels=["animal"]), {"motion/walk": risen.event}, FRONT_DOOR
    )
    assert only(later).outcome is Outcome.IMPROVED
    assert only(later).event.type is EventType.PERSON
    assert only(later).event.payload["why"] == "A person was recognised, 90% sure."


def test_a_new_zone_is_news() -> None:
    """Zones are kept in the order entered, and a new one is told."""
    open_events = classified(observe(zones=("Street",)))

    decision = only(
        classify(observe(UPDATED, zones=("Drive", "Street")), open_events, FRONT_DOOR)
    )

    assert decision.outcome is Outcome.CHANGED
    assert decision.event.payload["zones"] == ["Street", "Drive"]


def test_news_carries_its_own_latency_and_an_improvement_does_not() -> None:
    """Latency is that of the observation that was worth telling."""
    open_events = classified(replace(observe(), latency_ms={"motion": 1.0}))
    improved = replace(observe(UPDATED, score=0.8), latency_ms={"motion": 2.0})
    risen = replace(observe(UPDATED, labels=["person"]), latency_ms={"motion": 3.0})

    kept = only(classify(improved, open_events, FRONT_DOOR)).event
    told = only(classify(risen, open_events, FRONT_DOOR)).event

    assert kept.payload["latency_ms"] == {"motion": 1.0}
    assert told.payload["latency_ms"] == {"motion": 3.0}


def test_a_better_look_improves_silently() -> None:
    """Score, box and labels of the best look are kept without being news."""
    start = replace(
        observe(score=0.5), box=Box(0, 0, 0.1, 0.1), labels=(Label("hat", 0.4),)
    )
    open_events = classified(start)
    better = replace(
        observe(UPDATED, score=0.8),
        box=Box(0.5, 0.5, 0.2, 0.2),
        labels=(Label("hat", 0.3), Label("bag", 0.6)),
    )

    decision = only(classify(better, open_events, FRONT_DOOR))

    assert decision.outcome is Outcome.IMPROVED
    assert decision.event.payload["score"] == 0.8
    assert decision.event.payload["box"] == [0.5, 0.5, 0.2, 0.2]
    assert decision.event.payload["labels"] == [
        {"label": "bag", "score": 0.6},
        {"label": "hat", "score": 0.4},
    ]


def test_a_worse_look_changes_nothing() -> None:
    """A lower score brings no box, and what is the same is no decision."""
    open_events = classified(replace(observe(score=0.5), box=Box(0, 0, 0.1, 0.1)))

    worse = replace(observe(UPDATED, score=0.2), box=Box(0.5, 0.5, 0.2, 0.2))

    assert classify(worse, open_events, FRONT_DOOR) == ()


def test_the_box_belongs_to_the_newest_best_look() -> None:
    """A source whose best look is no surer than before knows it better all the same."""
    open_events = classified(replace(observe(score=0.5), box=Box(0, 0, 0.1, 0.1)))
    portrait = replace(observe(UPDATED, score=0.5), box=Box(0.5, 0.5, 0.2, 0.2))

    decision = only(classify(portrait, open_events, FRONT_DOOR))

    assert decision.event.payload["box"] == [0.5, 0.5, 0.2, 0.2]


def test_what_was_looked_at_well_is_only_motion() -> None:
    """It says so, at the start or later, and matters as little as motion does."""
    start = only(classify(replace(observe(), examined=True), {}, FRONT_DOOR)).event
    assert (start.type, start.severity) == (EventType.MOTION, Severity.INFO)
    assert start.payload["why"] == (
        "Something moved, was looked at well, and is nothing that is known."
    )

    later = replace(observe(UPDATED), examined=True)
    decision = only(classify(later, classified(observe()), FRONT_DOOR))

    assert decision.outcome is Outcome.IMPROVED
    assert decision.event.payload["why"] == start.payload["why"]


def test_a_second_start_of_the_same_thing_is_an_update() -> None:
    """One thing has one event for the whole of its life."""
    open_events = classified(observe())

    decision = only(classify(observe(labels=["vehicle"]), open_events, FRONT_DOOR))

    assert decision.outcome is Outcome.CHANGED
    assert decision.event.id == open_events["motion/walk"].id


def test_motion_ends_with_all_that_was_seen_last() -> None:
    """The end carries the last improvement and the reason that opened the event."""
    open_events = classified(observe())

    decision = only(
        classify(
            observe(ENDED, ts=BEGAN + 9000, labels=["person"]), open_events, FRONT_DOOR
        )
    )

    assert decision.outcome is Outcome.ENDED
    assert decision.event.payload["end_ts"] == BEGAN + 9000
    assert decision.event.type is EventType.PERSON


def test_an_end_is_never_before_its_start() -> None:
    """A source whose clock went back cannot make an event of negative length."""
    event = classified(observe())["motion/walk"]

    assert end_event(event, BEGAN - 5000).payload["end_ts"] == BEGAN


@pytest.mark.parametrize(
    "kind", [UPDATED, ENDED, ONLINE, ObservationKind.HEARTBEAT, "door_opened", ""]
)
def test_what_no_rule_knows_classifies_to_nothing(kind: str) -> None:
    """Heartbeats, unknown kinds and news of unknown things are nothing."""
    other = classified(observe(key="other"))

    assert classify(observe(kind, labels=["person"]), other, FRONT_DOOR) == ()


def test_a_lost_camera_ends_what_it_watched_and_opens_its_outage() -> None:
    """Nothing stays open that nobody can see the end of."""
    open_events = classified(observe(key="a"), observe(key="b"))
    lost = replace(observe(OFFLINE, ts=BEGAN + 4000), reason="no packet for 10 s")

    decisions = classify(lost, open_events, FRONT_DOOR)

    assert [decision.outcome for decision in decisions] == [
        Outcome.ENDED,
        Outcome.ENDED,
        Outcome.OPENED,
    ]
    why = "The camera's stream was lost: no packet for 10 s."
    assert {decision.event.payload["why"] for decision in decisions} == {why}
    assert {decision.event.payload["end_ts"] for decision in decisions[:2]} == {
        BEGAN + 4000
    }
    outage = decisions[-1].event
    assert (outage.type, outage.severity) == (
        EventType.CAMERA_OFFLINE,
        Severity.WARNING,
    )
    assert outage.payload["end_ts"] is None


def test_a_camera_that_is_lost_already_is_no_news() -> None:
    """An outage is one event however often it is reported."""
    open_events = classified(observe(OFFLINE))

    assert classify(observe(OFFLINE, ts=BEGAN + 1), open_events, FRONT_DOOR) == ()


def test_a_camera_that_comes_back_ends_its_outage_and_says_so() -> None:
    """The outage ends first; the return is a point in time."""
    open_events = classified(observe(OFFLINE))

    ended, returned = classify(
        observe(ONLINE, ts=BEGAN + 12_000), open_events, FRONT_DOOR
    )

    assert ended.outcome is Outcome.ENDED
    assert ended.event.id == open_events["camera"].id
    assert ended.event.payload["end_ts"] == BEGAN + 12_000
    assert returned.outcome is Outcome.OPENED
    assert (returned.event.type, returned.event.severity) == (
        EventType.CAMERA_ONLINE,
        Severity.INFO,
    )
    assert returned.event.ts == returned.event.payload["end_ts"] == BEGAN + 12_000
    assert returned.event.payload["why"] == "The camera's stream came back after 12 s."
    assert classified(observe(OFFLINE), observe(ONLINE)) == {}


TAMPERED = ObservationKind.SCENE_TAMPERED
RECOVERED = ObservationKind.SCENE_RECOVERED


def test_a_camera_that_does_not_see_is_an_alert_until_it_does() -> None:
    """One event with its reason, open until the camera sees again."""
    blind = replace(observe(TAMPERED), reason="the lens is covered")
    opened = only(classify(blind, {}, FRONT_DOOR))
    assert opened.outcome is Outcome.OPENED
    assert opened.event.type is EventType.CAMERA_TAMPERED
    assert opened.event.severity is Severity.ALERT
    assert opened.event.payload["why"] == (
        "The camera does not see what it should: the lens is covered."
    )
    open_events = classified(blind)
    assert classify(blind, open_events, FRONT_DOOR) == ()

    ended = only(classify(observe(RECOVERED, ts=BEGAN + 9), open_events, FRONT_DOOR))
    assert ended.outcome is Outcome.ENDED
    assert ended.event.id == open_events["scene"].id
    assert ended.event.payload["end_ts"] == BEGAN + 9
    assert classify(observe(RECOVERED), {}, FRONT_DOOR) == ()


def test_another_reason_of_the_same_fault_is_news() -> None:
    """The event keeps its id and tells the new reason."""
    open_events = classified(replace(observe(TAMPERED), reason="the lens is covered"))
    black = replace(observe(TAMPERED, ts=BEGAN + 5), reason="the picture is black")
    changed = only(classify(black, open_events, FRONT_DOOR))
    assert changed.outcome is Outcome.CHANGED
    assert changed.event.id == open_events["scene"].id
    assert changed.event.payload["why"].endswith("the picture is black.")


def test_a_covered_camera_that_is_lost_is_only_lost() -> None:
    """Nobody can say whether a lost camera is still covered."""
    open_events = classified(observe(TAMPERED), observe(OFFLINE, ts=BEGAN + 5))
    assert set(open_events) == {"camera"}


def test_a_moving_thing_cannot_pass_for_the_camera() -> None:
    """A key from outside never collides with the camera's own condition."""
    open_events = classified(observe(key="camera"))

    assert classify(observe(ONLINE), open_events, FRONT_DOOR) == ()


def test_an_address_in_a_reason_never_reaches_an_event() -> None:
    """A reason may quote the stream's URL, which may hold a password."""
    lost = replace(observe(OFFLINE), reason="cannot open rtsp://bob:secret@cam/1 now")

    why = only(classify(lost, {}, FRONT_DOOR)).event.payload["why"]

    assert why == "The camera's stream was lost: cannot open (address) now."


@given(st.integers(0, 2**47))
def test_an_id_begins_when_its_event_does(ts: int) -> None:
    """The time in the id is the event's to the millisecond."""
    event = only(classify(observe(ts=ts), {}, FRONT_DOOR)).event

    assert ulid_to_timestamp(event.id) == event.ts == ts


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
OBSERVATIONS = st.builds(
    Observation,
    kind=st.sampled_from(ObservationKind),
    source_id=st.just("front_door"),
    ts=st.integers(0, 2**47),
    key=st.sampled_from(["a", "b"]),
    score=NUMBERS,
    box=st.none() | st.builds(Box, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    labels=st.lists(
        st.builds(Label, st.sampled_from(["person", "animal", "x"]), NUMBERS),
        max_size=4,
    ).map(tuple),
    zones=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    reason=st.text(max_size=20),
)


@given(st.lists(OBSERVATIONS, max_size=12))
def test_whatever_is_observed_the_event_is_sound(
    observations: list[Observation],
) -> None:
    """Any run of observations gives strict JSON, fractions, and one sentence of why."""
    events: list[dict[str, Any]] = []
    open_events: dict[str, Any] = {}
    for observation in observations:
        for decision in classify(observation, open_events, FRONT_DOOR):
            events.append(decision.event.as_dict())
            if decision.event.payload["end_ts"] is None:
                open_events[decision.thing] = decision.event
            else:
                open_events.pop(decision.thing, None)

    for event in events:
        payload = event["payload"]
        assert json.loads(json.dumps(event, allow_nan=False)) == event
        fractions = [
            payload["score"],
            *(payload["box"] or []),
            *(la["score"] for la in payload["labels"]),
        ]
        assert all(0 <= value <= 1 and not math.isnan(value) for value in fractions)
        scores = [label["score"] for label in payload["labels"]]
        assert scores == sorted(scores, reverse=True)
        assert len(set(payload["zones"])) == len(payload["zones"])
        assert payload["why"].endswith(".")
        assert "\n" not in payload["why"]
        assert payload["end_ts"] is None or payload["end_ts"] >= event["ts"]


def test_what_somebody_reports_is_a_moment() -> None:
    """It begins and ends at once, with his words, and matters as he says."""
    report = Report(
        type=EventType.DOOR_OPENED,
        by="Ann",
        name="Shed",
        severity=Severity.ALERT,
        note="It was me",
    )
    said = replace(observe(ObservationKind.REPORTED), report=report)
    opened, ended = classify(said, {}, FRONT_DOOR)
    assert (opened.outcome, ended.outcome) == (Outcome.OPENED, Outcome.ENDED)
    assert opened.thing == ended.thing == thing_of(said)
    event = ended.event
    assert (event.type, event.severity) == (EventType.DOOR_OPENED, Severity.ALERT)
    assert event.payload["name"] == "Shed"
    assert event.payload["end_ts"] == BEGAN
    assert event.payload["note"] == {"text": "It was me", "by": "Ann", "ts": BEGAN}
    assert event.payload["why"] == "Reported by Ann."
    bare = replace(said, report=Report(type=EventType.SMOKE, by="Ann"))
    event = classify(bare, {}, FRONT_DOOR)[0].event
    assert (event.severity, event.payload["name"]) == (Severity.CRITICAL, "Front door")
    assert "note" not in event.payload
    assert classify(observe(ObservationKind.REPORTED), {}, FRONT_DOOR) == ()


def test_a_test_matters_to_nobody() -> None:
    """It says so and how much it would matter, also when it is recognised later."""
    away = Situation(mode=ArmMode.AWAY)
    made_up = replace(observe(), test=True)
    (opened,) = classify(made_up, {}, FRONT_DOOR, away)
    assert opened.event.payload["test"] is True
    assert opened.event.severity is Severity.INFO
    seen = observe(ObservationKind.MOTION_UPDATED, labels=("person",))
    (raised,) = classify(seen, {opened.thing: opened.event}, FRONT_DOOR, away)
    assert raised.event.type is EventType.PERSON
    assert raised.event.severity is Severity.INFO
    assert (
        "A test, else critical. Critical while armed away."
        in (raised.event.payload["why"])
    )
    assert "test" not in classify(observe(), {}, FRONT_DOOR, away)[0].event.payload
    report = Report(type=EventType.PANIC, by="Ann", severity=Severity.CRITICAL)
    said = replace(observe(ObservationKind.REPORTED), report=report, test=True)
    assert classify(said, {}, FRONT_DOOR)[0].event.severity is Severity.INFO


def test_who_walks_around_sets_off_no_fire() -> None:
    """While somebody tries it all out, what moves is a test, and a lost camera is none."""
    walk = Situation(test=True)
    assert is_test(classify(observe(), {}, FRONT_DOOR, walk)[0].event)
    for kind, report in (
        (ObservationKind.CAMERA_OFFLINE, None),
        (ObservationKind.SCENE_TAMPERED, None),
        (ObservationKind.REPORTED, Report(type=EventType.SMOKE, by="Ann")),
    ):
        said = replace(observe(kind), report=report)
        assert not is_test(classify(said, {}, FRONT_DOOR, walk)[0].event)
