"""What sensors of the house, and cameras that recognise by themselves, make of events."""

from dataclasses import replace

import pytest

from custom_components.vigilar.events.classifier import SENSED, Outcome, classify
from custom_components.vigilar.events.severity import Situation
from custom_components.vigilar.models import (
    ArmMode,
    Box,
    Event,
    EventType,
    Label,
    Observation,
    ObservationKind,
    Severity,
)

from .common import BEGAN, FRONT_DOOR, classified, observe

ON = ObservationKind.SENSOR_ON
OFF = ObservationKind.SENSOR_OFF
MOMENT = ObservationKind.SENSOR_MOMENT
STUCK = ObservationKind.SENSOR_STUCK
SEEN = ObservationKind.ONBOARD_SEEN
GONE = ObservationKind.ONBOARD_GONE


def sense(
    kind: ObservationKind, event_type: str = "door_opened", ts: int = BEGAN
) -> Observation:
    """Return what a sensor says."""
    return observe(kind, key=event_type, ts=ts, score=1.0)


def recognize(*labels: str, ts: int = BEGAN) -> Observation:
    """Return what a camera says that it recognises itself."""
    seen = tuple(Label(label, 1.0) for label in labels)
    return replace(observe(SEEN, key="", ts=ts, score=1.0), labels=seen)


def only(opened: dict[str, Event]) -> Event:
    """Return the one event that is open."""
    (event,) = opened.values()
    return event


@pytest.mark.parametrize("event_type", sorted(SENSED))
def test_what_a_sensor_says_lasts_until_it_ends(event_type: EventType) -> None:
    """On to off is one event with a duration, whatever the sensor says."""
    opened = classified(sense(ON, event_type))
    event = only(opened)
    assert event.type is event_type
    assert event.payload["why"].endswith(".")
    assert classify(sense(ON, event_type, BEGAN + 1), opened, FRONT_DOOR) == ()
    (ended,) = classify(sense(OFF, event_type, BEGAN + 9_000), opened, FRONT_DOOR)
    assert ended.outcome is Outcome.ENDED
    assert ended.event.id == event.id
    assert ended.event.payload["end_ts"] == BEGAN + 9_000


@pytest.mark.parametrize("event_type", ["", "person", "sensor_offline", "manual"])
def test_what_no_sensor_can_say_is_nothing(event_type: str) -> None:
    """A key that is not a type of sensors does not become an event."""
    assert classify(sense(ON, event_type), {}, FRONT_DOOR) == ()


def test_a_moment_is_over_at_once() -> None:
    """A doorbell rings; it does not last."""
    rang = replace(sense(MOMENT, "doorbell"), reason="ring")
    (decision,) = classify(rang, {}, FRONT_DOOR)
    assert decision.event.payload["end_ts"] == decision.event.ts
    assert decision.event.payload["why"] == "Somebody rang: ring."


def test_two_facts_of_one_sensor_are_apart() -> None:
    """A lock that jams while it is unlocked is not the same event."""
    opened = classified(sense(ON, "lock_jammed"), sense(ON, "tamper"))
    assert {event.type for event in opened.values()} == {
        EventType.LOCK_JAMMED,
        EventType.TAMPER,
    }


def test_a_stuck_sensor_says_so_in_its_event() -> None:
    """Its end is not taken for the end of what it noticed."""
    opened = classified(sense(ON, "presence"))
    stuck = replace(sense(STUCK, "presence"), reason="it has been on for 1 h")
    (ended,) = classify(stuck, opened, FRONT_DOOR)
    assert ended.event.payload["why"] == (
        "The sensor seems to be stuck: it has been on for 1 h."
    )


def test_a_lost_sensor_ends_what_it_said() -> None:
    """Nobody knows any more whether the door is open; its return ends the outage."""
    opened = classified(sense(ON))
    lost = sense(ObservationKind.SENSOR_OFFLINE, ts=BEGAN + 5)
    ended, outage = classify(lost, opened, FRONT_DOOR)
    assert ended.outcome is Outcome.ENDED
    assert ended.event.payload["why"] == "The sensor does not answer any more."
    assert outage.event.type is EventType.SENSOR_OFFLINE
    opened = {outage.thing: outage.event}
    assert classify(lost, opened, FRONT_DOOR) == ()
    back = sense(ObservationKind.SENSOR_ONLINE, ts=BEGAN + 99)
    (over,) = classify(back, opened, FRONT_DOOR)
    assert over.event.id == outage.event.id
    assert over.event.payload["end_ts"] == BEGAN + 99
    assert classify(back, {}, FRONT_DOOR) == ()


@pytest.mark.parametrize(
    ("event_type", "mode", "severity"),
    [
        ("door_opened", ArmMode.DISARMED, Severity.INFO),
        ("door_opened", ArmMode.AWAY, Severity.CRITICAL),
        ("smoke", ArmMode.DISARMED, Severity.CRITICAL),
        ("doorbell", ArmMode.DISARMED, Severity.WARNING),
        ("presence", ArmMode.NIGHT, Severity.INFO),
        ("presence", ArmMode.AWAY, Severity.CRITICAL),
    ],
)
def test_how_much_it_matters_goes_by_the_alarm(
    event_type: str, mode: ArmMode, severity: Severity
) -> None:
    """The table knows sensors as it knows cameras."""
    (decision,) = classify(
        sense(ON, event_type), {}, FRONT_DOOR, Situation(mode=mode, dark=True)
    )
    assert decision.event.severity is severity


def test_a_camera_that_recognises_by_itself_opens_an_event() -> None:
    """It needs no pixels, and ends when the camera sees nothing any more."""
    opened = classified(recognize("person"))
    event = only(opened)
    assert event.type is EventType.PERSON
    assert event.payload["labels"] == [{"label": "person", "score": 1.0}]
    assert event.payload["why"] == "The camera itself recognised a person."
    (ended,) = classify(observe(GONE, ts=BEGAN + 7), opened, FRONT_DOOR)
    assert ended.outcome is Outcome.ENDED
    assert ended.event.payload["why"] == event.payload["why"]


@pytest.mark.parametrize(
    ("labels", "event_type", "why"),
    [
        ((), "motion", "The camera itself recognised movement."),
        (("package",), "motion", "The camera itself recognised a package."),
        (("animal",), "animal", "The camera itself recognised an animal."),
        (("package", "vehicle"), "vehicle", "The camera itself recognised a vehicle."),
    ],
)
def test_it_says_what_it_recognised(
    labels: tuple[str, ...], event_type: str, why: str
) -> None:
    """Movement alone, and what has no type of its own, is motion."""
    event = only(classified(recognize(*labels)))
    assert (event.type, event.payload["why"]) == (event_type, why)


def test_what_it_recognises_joins_what_already_moves() -> None:
    """No second event: the one that runs rises and keeps its picture's box."""
    moved = replace(observe(score=0.4), box=Box(0.1, 0.1, 0.2, 0.2))
    opened = classified(moved)
    (decision,) = classify(recognize("person", ts=BEGAN + 9), opened, FRONT_DOOR)
    event = decision.event
    assert decision.outcome is Outcome.CHANGED
    assert decision.thing in opened
    assert event.id == only(opened).id
    assert event.type is EventType.PERSON
    assert event.payload["why"] == "The camera itself recognised a person."
    assert event.payload["score"] == 0.4
    assert event.payload["box"] == [0.1, 0.1, 0.2, 0.2]
    opened = {decision.thing: event}
    assert classify(observe(GONE), opened, FRONT_DOOR) == ()
    assert classify(recognize("person"), opened, FRONT_DOOR) == ()
    (again,) = classify(recognize("vehicle"), opened, FRONT_DOOR)
    assert again.outcome is Outcome.IMPROVED
    assert again.event.type is EventType.PERSON


def test_it_joins_the_newest_of_what_moves() -> None:
    """Where two things are open, the one that has just begun is meant."""
    opened = classified(observe(key="old"), observe(key="new", ts=BEGAN + 10))
    (decision,) = classify(recognize("person"), opened, FRONT_DOOR)
    assert decision.thing == "motion/new"


@pytest.mark.parametrize(
    "kind", [ObservationKind.MOTION_STARTED, ObservationKind.MOTION_UPDATED]
)
def test_pixels_go_on_with_the_cameras_own_event(kind: ObservationKind) -> None:
    """The same event under the pixels' key, with their score and box from then on."""
    opened = classified(recognize("person"))
    moved = replace(observe(kind, score=0.6), box=Box(0.1, 0.1, 0.2, 0.2))
    (decision,) = classify(moved, opened, FRONT_DOOR)
    assert decision.outcome is Outcome.CHANGED
    assert decision.was in opened
    assert decision.thing == "motion/walk"
    assert decision.event.id == only(opened).id
    assert decision.event.payload["score"] == 0.6
    assert decision.event.payload["box"] == [0.1, 0.1, 0.2, 0.2]
    assert decision.event.type is EventType.PERSON
    assert decision.event.payload["why"] == "The camera itself recognised a person."
