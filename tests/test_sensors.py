"""Sensors of the house become events, and their trouble becomes a repair."""

from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.vigilar.const import (
    CONF_DEBOUNCE,
    CONF_ENTITIES,
    CONF_ENTITY,
    CONF_SOURCE_ID,
    CONF_STUCK,
    CONF_TYPE,
    DOMAIN,
    SUBENTRY_SENSOR,
)
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import Event, EventType, SourceKind
from custom_components.vigilar.runtime import VigilarRuntime
from custom_components.vigilar.sensors import GRACE_S
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .common import Workers, settle

DOOR = "binary_sensor.door"
HOUR = 3600

type Add = Callable[..., Any]


@pytest.fixture
def add(
    hass: HomeAssistant,
    workers: Workers,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
) -> Add:
    """Return what adds a group of sensors to the running hub."""

    async def _add(
        *entities: str,
        event_type: str = "door_opened",
        debounce: float = 0,
        stuck: float = 1,
    ) -> ConfigSubentry:
        items = [
            {
                CONF_ENTITY: entity,
                CONF_SOURCE_ID: f"source_{number}",
                CONF_NAME: f"Sensor {number}",
                CONF_TYPE: event_type,
            }
            for number, entity in enumerate(entities)
        ]
        subentry = ConfigSubentry(
            data=MappingProxyType(
                {
                    CONF_ENTITIES: items,
                    CONF_TYPE: event_type,
                    CONF_DEBOUNCE: debounce,
                    CONF_STUCK: stuck,
                }
            ),
            subentry_type=SUBENTRY_SENSOR,
            title="Sensors",
            unique_id=None,
        )
        hass.config_entries.async_add_subentry(entry, subentry)
        await settle(hass)
        return subentry

    return _add


async def say(hass: HomeAssistant, state: str, entity_id: str = DOOR) -> None:
    """Let an entity say something, and wait until it has gone all the way."""
    hass.states.async_set(entity_id, state, {"friendly_name": "Back door"})
    await settle(hass)


async def later(hass: HomeAssistant, seconds: float) -> None:
    """Let time go by."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await settle(hass)


async def told(runtime: VigilarRuntime) -> list[Event]:
    """Return all events, the oldest first."""
    return list(reversed(await runtime.store.page()))


async def types(runtime: VigilarRuntime) -> list[tuple[str, bool]]:
    """Return the types of all events, and whether they are over."""
    return [
        (event.type.value, event.payload["end_ts"] is not None)
        for event in await told(runtime)
    ]


async def test_a_door_that_opens_and_closes(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """One event, from its opening to its closing, with what the entity is called."""
    await say(hass, "off")
    await add(DOOR)
    await say(hass, "on")
    assert await types(runtime) == [("door_opened", False)]
    before = wall_ms()
    await say(hass, "off")
    after = wall_ms()
    await later(hass, 1)
    (event,) = await told(runtime)
    assert event.type is EventType.DOOR_OPENED
    assert event.source_id == "source_0"
    assert event.payload["name"] == "Back door"
    assert event.payload["entity_id"] == DOOR
    assert before <= event.payload["end_ts"] <= after
    assert event.payload["media"]["clip"]["state"] == "none"


async def test_an_open_door_at_the_start_is_no_news(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """Not until it has been closed; nor what is heard while the house starts."""
    await say(hass, "unavailable")
    await add(DOOR)
    await say(hass, "unknown")
    await say(hass, "on")
    await say(hass, "on")
    assert await types(runtime) == []
    await say(hass, "off")
    hass.set_state(CoreState.starting)
    await say(hass, "on")
    assert await types(runtime) == []
    hass.set_state(CoreState.running)
    await say(hass, "off")
    await say(hass, "on")
    assert await types(runtime) == [("door_opened", False)]


async def test_a_contact_that_flutters_is_one_event(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """What is closed for less than the debounce was open all the time."""
    await say(hass, "off")
    await add(DOOR, debounce=5)
    for _ in range(20):
        await say(hass, "on")
        await say(hass, "off")
    await say(hass, "on")
    await later(hass, 6)
    assert await types(runtime) == [("door_opened", False)]
    await say(hass, "off")
    await later(hass, 6)
    assert await types(runtime) == [("door_opened", True)]
    await say(hass, "on")
    assert len(await types(runtime)) == 2


async def test_a_sensor_that_is_away_for_a_moment_is_no_news(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """Neither its absence nor what it says again; what has changed since is."""
    await say(hass, "off")
    await add(DOOR)
    await say(hass, "on")
    await say(hass, "unavailable")
    await later(hass, GRACE_S - 5)
    await say(hass, "on")
    await later(hass, GRACE_S + 5)
    assert await types(runtime) == [("door_opened", False)]
    await say(hass, "unavailable")
    await say(hass, "off")
    await later(hass, 1)
    assert await types(runtime) == [("door_opened", True)]
    await say(hass, "unavailable")
    await say(hass, "on")
    assert len(await types(runtime)) == 2


async def test_a_sensor_that_stays_away_is_offline(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """Its event ends with the outage, and the outage with its return."""
    await say(hass, "off")
    await add(DOOR, debounce=5)
    await say(hass, "on")
    await say(hass, "off")
    await say(hass, "unavailable")
    await say(hass, "unavailable")
    await later(hass, GRACE_S + 1)
    assert await types(runtime) == [("door_opened", True), ("sensor_offline", False)]
    assert not runtime.sources.async_views()["source_0"].online
    await say(hass, "off")
    assert await types(runtime) == [("door_opened", True), ("sensor_offline", True)]
    assert runtime.sources.async_views()["source_0"].online


async def test_a_sensor_whose_integration_starts_late_is_not_offline(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """While Home Assistant starts nobody is missed."""
    await add(DOOR)
    hass.set_state(CoreState.starting)
    await later(hass, GRACE_S + 1)
    assert await types(runtime) == []
    hass.set_state(CoreState.running)
    assert runtime.async_diagnostics()["sensors"] == {"source_0": True}
    await later(hass, 2 * GRACE_S + 2)
    assert await types(runtime) == [("sensor_offline", False)]
    assert runtime.async_diagnostics()["sensors"] == {"source_0": False}


async def test_a_deleted_entity_needs_its_user(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    add: Add,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """It is offline and a repair says why, until the sensor is taken out."""
    entity = entity_registry.async_get_or_create(
        "binary_sensor", "test", "1", suggested_object_id="door"
    )
    await say(hass, "off", entity.entity_id)
    subentry = await add(entity.id)
    entity_registry.async_remove(entity.entity_id)
    await settle(hass)
    await later(hass, GRACE_S + 1)
    issue = issue_registry.async_get_issue(DOMAIN, "sensor_missing_source_0")
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Sensor 0"}
    assert runtime.sources.async_views()["source_0"].info.name == "Sensor 0"
    assert await types(runtime) == [("sensor_offline", False)]
    hass.config_entries.async_remove_subentry(runtime.entry, subentry.subentry_id)
    await settle(hass)
    assert issue_registry.async_get_issue(DOMAIN, "sensor_missing_source_0") is None
    assert await types(runtime) == [("sensor_offline", True)]
    assert runtime.sources.async_info("source_0") is None


async def test_a_disabled_entity_needs_its_user(
    hass: HomeAssistant,
    add: Add,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A repair says so, until it is enabled again."""
    entity = entity_registry.async_get_or_create("binary_sensor", "test", "1")
    await say(hass, "off", entity.entity_id)
    await add(entity.id)
    entity_registry.async_update_entity(
        entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER
    )
    hass.states.async_remove(entity.entity_id)
    await later(hass, GRACE_S + 1)
    issue_id = "sensor_missing_source_0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    entity_registry.async_update_entity(entity.entity_id, disabled_by=None)
    await say(hass, "off", entity.entity_id)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_a_sensor_that_does_not_answer_is_not_missing(
    hass: HomeAssistant, add: Add, issue_registry: ir.IssueRegistry
) -> None:
    """There is nothing to repair in Vigilar."""
    await say(hass, "unavailable")
    await add(DOOR)
    await later(hass, GRACE_S + 1)
    assert not issue_registry.issues


async def test_a_renamed_entity_is_followed(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    add: Add,
    entity_registry: er.EntityRegistry,
) -> None:
    """The source stays the same; its events name the new entity."""
    entity = entity_registry.async_get_or_create("binary_sensor", "test", "1")
    await say(hass, "off", entity.entity_id)
    await add(entity.id)
    hass.states.async_remove(entity.entity_id)
    entity_registry.async_update_entity(
        entity.entity_id, new_entity_id="binary_sensor.renamed"
    )
    await settle(hass)
    await say(hass, "off", "binary_sensor.renamed")
    await say(hass, "on", "binary_sensor.renamed")
    await later(hass, GRACE_S + 1)
    (event,) = await told(runtime)
    assert event.payload["entity_id"] == "binary_sensor.renamed"


async def test_a_stuck_sensor_is_ended_and_repaired(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    add: Add,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Somebody who has been there for an hour is a broken sensor, until it goes off."""
    await say(hass, "off")
    await add(DOOR, event_type="presence", stuck=1)
    await say(hass, "on")
    await later(hass, HOUR - 60)
    assert await types(runtime) == [("presence", False)]
    await later(hass, HOUR + 1)
    (event,) = await told(runtime)
    assert event.payload["end_ts"] is not None
    assert event.payload["why"] == (
        "The sensor seems to be stuck: it has been on for 1 h."
    )
    issue_id = "sensor_stuck_source_0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    await say(hass, "off")
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    await say(hass, "on")
    assert len(await types(runtime)) == 2


@pytest.mark.parametrize(
    ("event_type", "stuck"),
    [("door_opened", 1), ("smoke", 1), ("water_leak", 1), ("presence", 0)],
)
async def test_what_may_last_is_never_stuck(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    add: Add,
    event_type: str,
    stuck: float,
) -> None:
    """A door may be left open, and a leak that lasts is not over."""
    await say(hass, "off")
    await add(DOOR, event_type=event_type, stuck=stuck)
    await say(hass, "on")
    await later(hass, 30 * HOUR)
    assert await types(runtime) == [(event_type, False)]


async def test_a_lock_tells_that_it_opens_and_that_it_jams(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """To be unlocked is a moment, to be jammed lasts; in between is nothing."""
    lock = "lock.front"
    await say(hass, "locked", lock)
    await add(lock, event_type="lock_unlocked")
    await say(hass, "unlocking", lock)
    assert await types(runtime) == []
    await say(hass, "unlocked", lock)
    assert await types(runtime) == [("lock_unlocked", True)]
    await say(hass, "locking", lock)
    await say(hass, "unlocked", lock)
    assert await types(runtime) == [("lock_unlocked", True)]
    await say(hass, "locking", lock)
    await say(hass, "jammed", lock)
    await later(hass, 1)
    assert (await types(runtime))[1:] == [("lock_jammed", False)]
    await say(hass, "locked", lock)
    await later(hass, 1)
    assert (await types(runtime))[1:] == [("lock_jammed", True)]


async def test_a_garage_is_open_until_it_is_closed(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """From the first movement of its door to the last."""
    garage = "cover.garage"
    await say(hass, "closed", garage)
    await add(garage, event_type="garage_opened")
    await say(hass, "opening", garage)
    assert await types(runtime) == [("garage_opened", False)]
    await say(hass, "open", garage)
    await say(hass, "closing", garage)
    await later(hass, 1)
    assert await types(runtime) == [("garage_opened", False)]
    await say(hass, "closed", garage)
    await later(hass, 1)
    assert await types(runtime) == [("garage_opened", True)]


async def test_a_doorbell_rings(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add
) -> None:
    """Each ring is a moment, told once; an old one that is remembered is none."""
    bell = "event.doorbell"
    old = dt_util.utcnow() - timedelta(minutes=2)
    await say(hass, old.isoformat(), bell)
    await add(bell, event_type="doorbell", debounce=30)
    await say(hass, "unavailable", bell)
    await say(hass, old.isoformat(), bell)
    await say(hass, "unknown", bell)
    assert await types(runtime) == []
    rang = dt_util.utcnow()
    for ago in (2, 1, 1):
        hass.states.async_set(
            bell,
            (rang - timedelta(seconds=ago)).isoformat(),
            {"event_type": "double_press"},
        )
        await settle(hass)
    (event,) = await told(runtime)
    assert event.type is EventType.DOORBELL
    assert event.payload["why"] == "Somebody rang: double press."
    assert event.payload["end_ts"] == event.ts


async def test_a_sensor_is_where_its_device_is(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    add: Add,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """Its area comes from the entity, else from the device."""
    hall, porch = (area_registry.async_create(name) for name in ("Hall", "Porch"))
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "1")}
    )
    device_registry.async_update_device(device.id, area_id=hall.id)
    first, second, third = (
        entity_registry.async_get_or_create(
            "binary_sensor",
            "test",
            name,
            device_id=device_id,
            original_name=f"Sensor {name}",
        )
        for name, device_id in (("1", device.id), ("2", device.id), ("3", None))
    )
    entity_registry.async_update_entity(second.entity_id, area_id=porch.id)
    await add(first.id, second.id, third.id)
    views = runtime.sources.async_views()
    areas = [views[f"source_{number}"].area for number in range(3)]
    assert areas == ["Hall", "Porch", None]
    assert views["source_0"].kind is SourceKind.SENSOR
    assert views["source_0"].info.device_id == device.id
    assert views["source_0"].info.entity_id == first.entity_id


async def test_a_change_of_one_sensor_leaves_the_others_alone(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add, entry: MockConfigEntry
) -> None:
    """What is open of the others stays open; what was heard meanwhile is not lost."""
    window = "binary_sensor.window"
    await say(hass, "off")
    await say(hass, "off", window)
    subentry = await add(DOOR, window)
    await say(hass, "on")
    await say(hass, "on", window)
    items = [dict(item) for item in subentry.data[CONF_ENTITIES]]
    items[1][CONF_TYPE] = "window_opened"
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_ENTITIES: items}
    )
    await settle(hass)
    assert await types(runtime) == [("door_opened", False), ("door_opened", True)]
    await say(hass, "off", window)
    await say(hass, "on", window)
    assert (await types(runtime))[2:] == [("window_opened", False)]


async def test_nothing_is_left_when_the_hub_unloads(
    hass: HomeAssistant, runtime: VigilarRuntime, add: Add, entry: MockConfigEntry
) -> None:
    """No timer goes off and no issue stays."""
    await say(hass, "off")
    await add(DOOR, event_type="presence", debounce=5)
    await say(hass, "on")
    await say(hass, "unavailable")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    await say(hass, "off")


async def test_a_repair_leads_to_the_form(
    hass: HomeAssistant,
    add: Add,
    hass_client: Any,
) -> None:
    """The form of the group of a stuck sensor opens from the repairs page."""
    assert await async_setup_component(hass, "repairs", {})
    await say(hass, "off")
    subentry = await add(DOOR, event_type="presence")
    await say(hass, "on")
    await later(hass, HOUR + 1)
    client = await hass_client()
    response = await client.post(
        "/api/repairs/issues/fix",
        json={"handler": DOMAIN, "issue_id": "sensor_stuck_source_0"},
    )
    flow = await response.json()
    assert flow["description_placeholders"] == {"name": "Sensor 0"}
    response = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})
    done = await response.json()
    assert done["type"] == "create_entry"
    (opened,) = hass.config_entries.subentries.async_progress()
    assert opened["step_id"] == "reconfigure"
    assert opened["context"]["subentry_id"] == subentry.subentry_id
