"""How much an event matters: the table, and what bends it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.events.classifier import classify
from custom_components.vigilar.events.severity import (
    DEFAULT_TABLE,
    SET_BY_USER,
    SeverityRules,
    Situation,
    judge,
)
from custom_components.vigilar.models import (
    ArmMode,
    EventType,
    ObservationKind,
    Severity,
)

from .common import BEGAN, FRONT_DOOR, observe

PERSON, MOTION = EventType.PERSON, EventType.MOTION


def test_the_table_is_complete() -> None:
    """Every type has its severity in every state of the alarm."""
    assert set(DEFAULT_TABLE) == set(EventType)
    assert all(set(row) == set(ArmMode) for row in DEFAULT_TABLE.values())


@pytest.mark.parametrize(
    ("mode", "severity", "why"),
    [
        (ArmMode.UNUSED, Severity.ALERT, ""),
        (ArmMode.DISARMED, Severity.INFO, "Info while disarmed."),
        (ArmMode.AWAY, Severity.CRITICAL, "Critical while armed away."),
    ],
)
def test_a_person_matters_by_the_alarm(
    mode: ArmMode, severity: Severity, why: str
) -> None:
    """By day while disarmed it is information, while away it is critical."""
    assert judge(PERSON, (), Situation(mode=mode)) == (severity, why)


def test_a_row_that_the_user_has_set_counts_and_the_rest_stays() -> None:
    """What is not set is as by default."""
    rules = SeverityRules(table={PERSON: {ArmMode.HOME: Severity.CRITICAL}})
    assert rules.severity(PERSON, ArmMode.HOME) is Severity.CRITICAL
    assert rules.severity(PERSON, ArmMode.AWAY) is Severity.CRITICAL
    assert rules.severity(PERSON, ArmMode.DISARMED) is Severity.INFO


def test_zones_matter_more_or_less() -> None:
    """One important zone is enough; unimportant ones count only among themselves."""
    rules = SeverityRules(
        important=frozenset({"Pool"}), unimportant=frozenset({"Street"})
    )

    def verdict(*zones: str) -> tuple[Severity, str]:
        return judge(PERSON, zones, Situation(mode=ArmMode.HOME, rules=rules))

    assert verdict() == (Severity.WARNING, "Warning while armed for home.")
    assert verdict("Street", "Pool") == (
        Severity.ALERT,
        "Alert in zone Pool while armed for home.",
    )
    assert verdict("Street") == (
        Severity.INFO,
        "Info in zone Street while armed for home.",
    )
    assert verdict("Street", "Porch")[0] is Severity.WARNING


def test_an_empty_house_counts_as_the_user_has_said() -> None:
    """Only while the alarm is disarmed, and only if it was asked for."""
    rules = SeverityRules(empty_house=ArmMode.AWAY)
    situation = Situation(mode=ArmMode.DISARMED, nobody_home=True, rules=rules)
    assert judge(PERSON, (), situation) == (
        Severity.CRITICAL,
        "Critical while nobody is at home.",
    )
    for other in (
        Situation(mode=ArmMode.DISARMED, nobody_home=True),
        Situation(mode=ArmMode.DISARMED, rules=rules),
    ):
        assert judge(PERSON, (), other).severity is Severity.INFO
    home = Situation(mode=ArmMode.HOME, nobody_home=True, rules=rules)
    assert judge(PERSON, (), home).severity is Severity.WARNING


def test_the_dark_makes_a_warning_of_what_was_information() -> None:
    """Of people and vehicles, in a house with an alarm, and unless switched off."""
    dark = Situation(mode=ArmMode.DISARMED, dark=True)
    assert judge(PERSON, (), dark) == (
        Severity.WARNING,
        "Warning after dark while disarmed.",
    )
    assert judge(EventType.ANIMAL, (), dark).severity is Severity.INFO
    assert judge(MOTION, (), dark).severity is Severity.INFO
    assert judge(EventType.VEHICLE, (), Situation(dark=True)) == (Severity.WARNING, "")
    off = Situation(
        mode=ArmMode.DISARMED, dark=True, rules=SeverityRules(dark_raises=False)
    )
    assert judge(PERSON, (), off).severity is Severity.INFO


def test_a_light_that_was_switched_explains_motion_and_no_person() -> None:
    """What Home Assistant has done itself is no reason to worry."""
    situation = Situation(
        mode=ArmMode.AWAY, cause="Garden light was switched 2 s before"
    )
    assert judge(MOTION, (), situation) == (
        Severity.INFO,
        "Info because Garden light was switched 2 s before.",
    )
    assert judge(PERSON, (), situation).severity is Severity.CRITICAL


@given(
    st.sampled_from(EventType),
    st.sampled_from(ArmMode),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "c"])),
)
def test_whatever_the_situation_there_is_a_verdict(
    event_type: EventType, mode: ArmMode, nobody: bool, dark: bool, zones: list[str]
) -> None:
    """And the sentence names it."""
    rules = SeverityRules(
        empty_house=ArmMode.VACATION,
        important=frozenset("a"),
        unimportant=frozenset("b"),
    )
    severity, why = judge(event_type, zones, Situation(mode, nobody, dark, "", rules))
    assert why == "" or why.startswith(severity.value.capitalize())
    assert why == "" or why.endswith(".")


def test_the_event_says_why() -> None:
    """After what was seen comes what it means in this situation."""
    away = Situation(mode=ArmMode.AWAY)
    (decision,) = classify(observe(labels=["person"]), {}, FRONT_DOOR, away)
    assert decision.event.severity is Severity.CRITICAL
    assert decision.event.payload["why"] == (
        "A person was recognised, 90% sure. Critical while armed away."
    )


def test_what_mattered_goes_on_to_matter() -> None:
    """Who disarms while somebody is seen does not make a trifle of it."""
    away, disarmed = Situation(mode=ArmMode.AWAY), Situation(mode=ArmMode.DISARMED)
    (began,) = classify(observe(labels=["person"]), {}, FRONT_DOOR, away)
    later = observe(ObservationKind.MOTION_UPDATED, zones=("Porch",))
    (changed,) = classify(later, {began.thing: began.event}, FRONT_DOOR, disarmed)
    assert changed.event.severity is Severity.CRITICAL
    # And the other way round: arming makes more of what is still there.
    (began,) = classify(observe(labels=["person"]), {}, FRONT_DOOR, disarmed)
    (changed,) = classify(later, {began.thing: began.event}, FRONT_DOOR, away)
    assert changed.event.severity is Severity.CRITICAL
    assert changed.event.payload["why"].endswith("Critical while armed away.")


def test_another_type_is_judged_anew() -> None:
    """A motion that proves to be an animal does not stay a warning."""
    away = Situation(mode=ArmMode.AWAY)
    (began,) = classify(observe(), {}, FRONT_DOOR, away)
    assert began.event.severity is Severity.WARNING
    later = observe(ObservationKind.MOTION_UPDATED, labels=["animal"])
    (changed,) = classify(later, {began.thing: began.event}, FRONT_DOOR, away)
    assert changed.event.severity is Severity.INFO


def test_the_alarm_tells_of_itself() -> None:
    """An alarm lasts until it is disarmed; everything else is a moment."""
    rang = observe(ObservationKind.ALARM_TRIGGERED)
    (alarm,) = classify(rang, {}, FRONT_DOOR)
    assert alarm.event.type is EventType.ALARM_TRIGGERED
    assert alarm.event.severity is Severity.CRITICAL
    assert alarm.event.payload["end_ts"] is None
    opened = {alarm.thing: alarm.event}
    assert classify(rang, opened, FRONT_DOOR) == ()
    (locked,) = classify(observe(ObservationKind.ALARM_LOCKED_OUT), opened, FRONT_DOOR)
    assert locked.event.payload["end_ts"] == locked.event.ts
    disarmed = observe(ObservationKind.ALARM_DISARMED, ts=BEGAN + 5_000)
    ended, told = classify(disarmed, opened, FRONT_DOOR)
    assert ended.event.id == alarm.event.id
    assert ended.event.payload["end_ts"] == BEGAN + 5_000
    assert told.event.type is EventType.ALARM_DISARMED
    assert SET_BY_USER.count(EventType.ALARM_TRIGGERED) == 0
