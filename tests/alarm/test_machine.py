"""The alarm's states: time and people, and nothing else, move it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.alarm.machine import Alarm, AlarmSettings, AlarmState
from custom_components.vigilar.models import ArmMode

NOW = 1_700_000_000_000
SETTINGS = AlarmSettings(exit_s=60, entry_s=30, ring_s=600)
MODES = [mode for mode in ArmMode if mode not in (ArmMode.UNUSED, ArmMode.DISARMED)]


def state_of(alarm: Alarm) -> AlarmState:
    """Return where an alarm stands."""
    return alarm.state


def armed(settings: AlarmSettings = SETTINGS) -> Alarm:
    """Return an alarm that is armed for the night."""
    alarm = Alarm(settings)
    assert alarm.arm(ArmMode.NIGHT, "Anna", NOW)
    return alarm


@pytest.mark.parametrize("mode", [ArmMode.AWAY, ArmMode.VACATION])
def test_who_leaves_has_the_time_to(mode: ArmMode) -> None:
    """Nothing is guarded until the time to leave is over."""
    alarm = Alarm(SETTINGS)
    assert alarm.arm(mode, "Anna", NOW)
    assert (alarm.state, alarm.guarding) == (AlarmState.ARMING, ArmMode.DISARMED)
    assert not alarm.trigger("event", NOW + 1)
    assert not alarm.advance(NOW + 59_999)
    assert alarm.advance(NOW + 60_000)
    assert (alarm.state, alarm.guarding) == (AlarmState.ARMED, mode)
    assert alarm.deadline is None
    assert alarm.changed_by == "Anna"


@pytest.mark.parametrize("mode", [ArmMode.HOME, ArmMode.NIGHT])
def test_who_stays_arms_at_once(mode: ArmMode) -> None:
    """Nobody has to leave."""
    alarm = Alarm(SETTINGS)
    assert alarm.arm(mode, None, NOW)
    assert (alarm.state, alarm.guarding) == (AlarmState.ARMED, mode)


def test_an_alarm_leaves_the_time_to_disarm_and_then_rings() -> None:
    """It rings for a while and is then armed again."""
    alarm = armed()
    assert alarm.trigger("event", NOW)
    assert state_of(alarm) is AlarmState.PENDING
    assert alarm.cause == "event"
    assert not alarm.trigger("another", NOW + 1)
    assert not alarm.advance(NOW + 29_999)
    assert alarm.advance(NOW + 30_000)
    assert state_of(alarm) is AlarmState.TRIGGERED
    assert alarm.guarding is ArmMode.NIGHT
    assert alarm.advance(NOW + 630_000)
    assert state_of(alarm) is AlarmState.ARMED
    assert alarm.mode is ArmMode.NIGHT


def test_disarming_in_time_keeps_it_quiet() -> None:
    """And it cannot be armed in another way as long as it waits."""
    alarm = armed()
    alarm.trigger("event", NOW)
    assert not alarm.arm(ArmMode.HOME, "Bert", NOW)
    assert alarm.disarm("Anna")
    assert not alarm.disarm("Anna")
    assert alarm.deadline is None
    assert not alarm.advance(NOW + 10_000_000)
    assert state_of(alarm) is AlarmState.DISARMED


def test_without_delays_everything_is_at_once_and_rings_for_ever() -> None:
    """Zero seconds mean none, and for the alarm that nobody resets it."""
    alarm = Alarm(AlarmSettings(exit_s=0, entry_s=0, ring_s=0))
    alarm.arm(ArmMode.AWAY, None, NOW)
    assert state_of(alarm) is AlarmState.ARMED
    assert alarm.trigger("event", NOW)
    assert state_of(alarm) is AlarmState.TRIGGERED
    assert alarm.deadline is None


def test_who_asks_for_the_alarm_gets_it() -> None:
    """Even while disarmed, and it is disarmed again afterwards."""
    alarm = Alarm(SETTINGS)
    assert not alarm.trigger("event", NOW)
    assert alarm.trigger("Anna", NOW, at_once=True)
    assert state_of(alarm) is AlarmState.TRIGGERED
    assert not alarm.trigger("Anna", NOW, at_once=True)
    assert alarm.advance(NOW + 600_000)
    assert state_of(alarm) is AlarmState.DISARMED


def test_a_restart_goes_on_where_it_was() -> None:
    """What was due meanwhile is done, each step at its own time."""
    alarm = armed()
    alarm.trigger("event", NOW)
    again = Alarm.from_dict(SETTINGS, alarm.as_dict())
    assert again.as_dict() == alarm.as_dict()
    later = NOW + 31_000
    assert again.advance(later)
    assert state_of(again) is AlarmState.TRIGGERED
    assert again.deadline == NOW + 630_000
    assert not again.advance(later)


STEP = st.sampled_from(["arm", "disarm", "trigger", "advance"])


@given(st.lists(st.tuples(STEP, st.sampled_from(MODES), st.integers(0, 700_000))))
def test_it_never_rings_while_disarmed_and_never_waits_for_ever(
    steps: list[tuple[str, ArmMode, int]],
) -> None:
    """Whatever people do and whenever, the state makes sense."""
    alarm, now = Alarm(SETTINGS), NOW
    for step, mode, wait in steps:
        now += wait
        before = alarm.as_dict()
        match step:
            case "arm":
                changed = alarm.arm(mode, None, now)
            case "disarm":
                changed = alarm.disarm(None)
            case "trigger":
                changed = alarm.trigger("event", now)
            case _:
                changed = alarm.advance(now)
        assert changed is (alarm.as_dict() != before)
        disarmed = alarm.state is AlarmState.DISARMED
        assert disarmed is (alarm.mode is ArmMode.DISARMED)
        passing = alarm.state not in (AlarmState.DISARMED, AlarmState.ARMED)
        assert passing is (alarm.deadline is not None)
