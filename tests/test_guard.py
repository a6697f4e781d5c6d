"""Test the alarm in Home Assistant: the panel, codes, time and what it hears."""

from datetime import timedelta
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.vigilar.alarm.codes import MAX_FAILURES, hash_code
from custom_components.vigilar.const import (
    ALARM_SOURCE,
    CONF_ALARM,
    CONF_ALARM_ENTITY,
    CONF_ALARM_KIND,
    CONF_CODE_TO_ARM,
    CONF_DIGEST,
    CONF_ENTRY_DELAY,
    CONF_EXIT_DELAY,
    CONF_NUMERIC,
    CONF_RING_TIME,
    DOMAIN,
    SUBENTRY_CODE,
)
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.query import EventQuery
from custom_components.vigilar.models import (
    ArmMode,
    Event,
    EventType,
    Label,
    ObservationKind,
    Severity,
    SourceKind,
)
from custom_components.vigilar.publish.phone.panel import Disarming
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from .common import FRONT_URL, Workers, settle, stream_subentry

PANEL = "alarm_control_panel.vigilar_alarm"
OTHER = "alarm_control_panel.alarmo"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash take a moment and not a quarter of a second."""
    monkeypatch.setattr("custom_components.vigilar.alarm.codes._ROUNDS", 4)


def code(name: str, digits: str) -> ConfigSubentryData:
    """Return the subentry of a person's code."""
    return ConfigSubentryData(
        data={CONF_DIGEST: hash_code(digits), CONF_NUMERIC: digits.isdecimal()},
        subentry_type=SUBENTRY_CODE,
        title=name,
        unique_id=f"code_{name}",
    )


@pytest.fixture
def alarm_options() -> dict[str, Any]:
    """Return the options of the alarm."""
    return {
        CONF_ALARM_KIND: "own",
        CONF_EXIT_DELAY: 60,
        CONF_ENTRY_DELAY: 30,
        CONF_RING_TIME: 600,
        CONF_CODE_TO_ARM: False,
    }


@pytest.fixture
def codes() -> list[ConfigSubentryData]:
    """Return the codes there are."""
    return []


@pytest.fixture
def entry(
    hass: HomeAssistant,
    alarm_options: dict[str, Any],
    codes: list[ConfigSubentryData],
) -> MockConfigEntry:
    """Return a hub with an alarm and a camera, not set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Vigilar",
        options={CONF_ALARM: alarm_options},
        subentries_data=[
            stream_subentry("Front door", "front_door", FRONT_URL),
            *codes,
        ],
    )
    entry.add_to_hass(hass)
    return entry


async def call(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Press a button of the panel."""
    context = data.pop("context", None)
    await hass.services.async_call(
        "alarm_control_panel",
        action,
        {ATTR_ENTITY_ID: PANEL, **data},
        blocking=True,
        context=context,
    )
    await settle(hass)


def state(hass: HomeAssistant) -> str:
    """Return what the panel shows."""
    found = hass.states.get(PANEL)
    assert found is not None
    return found.state


async def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let time pass."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await settle(hass)


async def see_person(hass: HomeAssistant, workers: Workers, key: str = "a") -> None:
    """Let the camera see a person."""
    workers.of("front_door").see(
        ObservationKind.MOTION_STARTED,
        wall_ms(),
        key=key,
        labels=(Label("person", 0.9),),
    )
    await settle(hass)


async def told(runtime: VigilarRuntime, *types: EventType) -> list[Event]:
    """Return the events of some types, oldest first."""
    return (await runtime.store.page(EventQuery(types=frozenset(types))))[::-1]


async def test_from_arming_to_the_alarm_and_back(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Away counts once everybody has left; a person then rings after the delay."""
    assert state(hass) == "disarmed"
    await see_person(hass, workers)
    assert (await told(runtime, EventType.PERSON))[0].severity is Severity.INFO
    await call(hass, "alarm_arm_away")
    assert state(hass) == "arming"
    assert runtime.guard.mode is ArmMode.DISARMED
    await pass_time(hass, freezer, 60)
    assert state(hass) == "armed_away"
    await see_person(hass, workers, "b")
    assert (await told(runtime, EventType.PERSON))[1].severity is Severity.CRITICAL
    assert state(hass) == "pending"
    await pass_time(hass, freezer, 29)
    assert state(hass) == "pending"
    await pass_time(hass, freezer, 1)
    assert state(hass) == "triggered"
    (alarm,) = await told(runtime, EventType.ALARM_TRIGGERED)
    assert alarm.payload["why"] == (
        "The alarm was triggered: person at Front door. Critical while armed away."
    )
    assert alarm.payload["entity_id"] == PANEL
    assert alarm.payload["end_ts"] is None
    view = runtime.sources.async_views()[ALARM_SOURCE]
    assert (view.kind, view.info.entity_id) == (SourceKind.ALARM, PANEL)
    with pytest.raises(ServiceValidationError, match="disarm it first"):
        await call(hass, "alarm_arm_home")
    await call(hass, "alarm_disarm")
    assert state(hass) == "disarmed"
    (alarm,) = await told(runtime, EventType.ALARM_TRIGGERED)
    assert alarm.payload["end_ts"] is not None
    assert len(await told(runtime, EventType.ALARM_ARMED)) == 1
    assert len(await told(runtime, EventType.ALARM_DISARMED)) == 1
    assert {
        event.source_id for event in await told(runtime, EventType.ALARM_ARMED)
    } == {ALARM_SOURCE}


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("alarm_arm_home", "armed_home"),
        ("alarm_arm_night", "armed_night"),
        ("alarm_arm_vacation", "arming"),
        ("alarm_trigger", "triggered"),
    ],
)
async def test_every_button(
    hass: HomeAssistant, runtime: VigilarRuntime, action: str, shown: str
) -> None:
    """Each way to arm, and the panic button, that works while disarmed."""
    await call(hass, action)
    assert state(hass) == shown
    assert runtime.guard.disarming is Disarming.TAP
    await call(hass, action)
    assert state(hass) == shown


async def test_an_alarm_stops_by_itself_and_is_armed_again(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After its time, with nobody there to disarm it."""
    await call(hass, "alarm_arm_night")
    await see_person(hass, workers)
    # A person at night is an alert and not critical.
    assert state(hass) == "armed_night"
    await call(hass, "alarm_trigger")
    await pass_time(hass, freezer, 600)
    assert state(hass) == "armed_night"


async def test_a_reload_keeps_the_alarm_and_does_what_was_due(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody disarms a house by restarting Home Assistant."""
    await call(hass, "alarm_arm_away")
    await pass_time(hass, freezer, 60)
    await see_person(hass, workers)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(31)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert state(hass) == "triggered"
    assert len(await told(entry.runtime_data, EventType.ALARM_TRIGGERED)) == 1


@pytest.mark.parametrize("codes", [[code("Anna", "1234"), code("Bert", "5678")]])
async def test_a_code_a_person(
    hass: HomeAssistant, runtime: VigilarRuntime, hass_admin_user: MockUser
) -> None:
    """Arming needs none, disarming does, and the panel says whose it was."""
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.attributes["code_format"] == "number"
    assert panel.attributes["code_arm_required"] is False
    await call(hass, "alarm_arm_home", context=Context(user_id=hass_admin_user.id))
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.attributes["changed_by"] == hass_admin_user.name
    assert runtime.guard.disarming is Disarming.CODE
    for wrong in ({}, {"code": "0000"}):
        with pytest.raises(ServiceValidationError, match="code is wrong"):
            await call(hass, "alarm_disarm", **wrong)
    assert state(hass) == "armed_home"
    await call(hass, "alarm_disarm", code="5678")
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.state == "disarmed"
    assert panel.attributes["changed_by"] == "Bert"
    (event,) = await told(runtime, EventType.ALARM_DISARMED)
    assert event.payload["why"] == "Disarmed by Bert. Info while disarmed."


@pytest.mark.parametrize("codes", [[code("Anna", "letters")]])
@pytest.mark.parametrize(
    "alarm_options", [{CONF_ALARM_KIND: "own", CONF_CODE_TO_ARM: True}]
)
async def test_a_code_to_arm(hass: HomeAssistant, runtime: VigilarRuntime) -> None:
    """Where it was asked for."""
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.attributes["code_format"] == "text"
    assert panel.attributes["code_arm_required"] is True
    with pytest.raises(ServiceValidationError, match="code is wrong"):
        await call(hass, "alarm_arm_home", code="wrong")
    await call(hass, "alarm_arm_home", code="letters")
    assert state(hass) == "armed_home"


@pytest.mark.parametrize(
    "alarm_options", [{CONF_ALARM_KIND: "own", CONF_CODE_TO_ARM: True}]
)
async def test_the_panel_asks_for_a_code_from_the_first_one_on(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """Also when it was added while the house was watched."""
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.attributes["code_format"] is None
    data = code("Anna", "1234")
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(dict(data["data"])),
            subentry_type=data["subentry_type"],
            title=data["title"],
            unique_id=data["unique_id"],
        ),
    )
    await settle(hass)
    panel = hass.states.get(PANEL)
    assert panel is not None
    assert panel.attributes["code_format"] == "number"
    assert panel.attributes["code_arm_required"] is True


@pytest.mark.parametrize("codes", [[code("Anna", "1234")]])
async def test_who_guesses_is_locked_out(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """For a while, over a restart, with an event and a notification."""
    await call(hass, "alarm_arm_home")
    for attempt in range(MAX_FAILURES):
        last = attempt == MAX_FAILURES - 1
        with pytest.raises(
            ServiceValidationError, match="Too many" if last else "code is wrong"
        ):
            await call(hass, "alarm_disarm", code="6666")
    await settle(hass)
    (event,) = await told(runtime, EventType.ALARM_LOCKED_OUT)
    assert event.severity is Severity.ALERT
    notices = persistent_notification._async_get_or_create_notifications(hass)
    assert "vigilar_locked_out" in notices
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    with pytest.raises(ServiceValidationError, match="15 minutes"):
        await call(hass, "alarm_disarm", code="1234")
    await pass_time(hass, freezer, 900)
    await call(hass, "alarm_disarm", code="1234")
    assert state(hass) == "disarmed"
    assert len(await told(entry.runtime_data, EventType.ALARM_LOCKED_OUT)) == 1
    assert "1234" not in caplog.text
    assert "6666" not in caplog.text


@pytest.mark.parametrize(
    "alarm_options", [{CONF_ALARM_KIND: "follow", CONF_ALARM_ENTITY: OTHER}]
)
@pytest.mark.parametrize(
    ("followed", "mode"),
    [
        ("disarmed", ArmMode.DISARMED),
        ("arming", ArmMode.DISARMED),
        ("armed_home", ArmMode.HOME),
        ("armed_away", ArmMode.AWAY),
        ("armed_night", ArmMode.NIGHT),
        ("armed_vacation", ArmMode.VACATION),
        ("armed_custom_bypass", ArmMode.HOME),
    ],
)
async def test_another_panel_is_followed(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    followed: str,
    mode: ArmMode,
) -> None:
    """Its state counts, and what rings or is away leaves it as it was."""
    hass.states.async_set(OTHER, followed)
    assert runtime.guard.mode is mode
    for passing in ("pending", "triggered", "unavailable"):
        hass.states.async_set(OTHER, passing)
        assert runtime.guard.mode is mode
    hass.states.async_remove(OTHER)
    assert runtime.guard.mode is mode
    assert hass.states.get(PANEL) is None
    assert ALARM_SOURCE not in runtime.async_sources()
    assert runtime.guard.disarming is None
    await see_person(hass, workers)
    assert len(await told(runtime, EventType.PERSON)) == 1
    assert await told(runtime, EventType.ALARM_TRIGGERED) == []


async def test_choosing_another_kind_takes_the_panel_away(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """And changed delays count from then on, without a reload."""
    before = entry.runtime_data
    options = {
        **entry.options,
        CONF_ALARM: {CONF_ALARM_KIND: "own", CONF_EXIT_DELAY: 0},
    }
    hass.config_entries.async_update_entry(entry, options=options)
    await settle(hass)
    assert entry.runtime_data is before
    await call(hass, "alarm_arm_away")
    assert state(hass) == "armed_away"
    hass.config_entries.async_update_entry(
        entry, options={CONF_ALARM: {CONF_ALARM_KIND: "none"}}
    )
    await settle(hass)
    assert entry.runtime_data is not before
    assert entry.runtime_data.guard.mode is ArmMode.UNUSED
    panel = hass.states.get(PANEL)
    assert panel is None or panel.state == "unavailable"
