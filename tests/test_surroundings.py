"""Test what Home Assistant knows of the house that bears on an event."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.severity import (
    DEFAULT_TABLE,
    SENSORS_SET_BY_USER,
    SET_BY_USER,
    SeverityRules,
)
from custom_components.vigilar.models import ArmMode, EventType, Severity, SourceInfo
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.surroundings import rules_from_options, rules_to_options
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from .common import Workers, settle


@pytest.fixture
def light(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> str:
    """Return a light in the area of the front door's camera, off."""
    area = area_registry.async_create("Porch")
    camera = device_registry.async_get_device_by_identifier(
        (DOMAIN, front), entry.entry_id
    )
    assert camera is not None
    device_registry.async_update_device(camera.id, area_id=area.id)
    other = MockConfigEntry()
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("hue", "1")}
    )
    device_registry.async_update_device(device.id, area_id=area.id)
    entity = entity_registry.async_get_or_create(
        "light", "hue", "1", suggested_object_id="porch", device_id=device.id
    )
    hass.states.async_set(entity.entity_id, "off", {"friendly_name": "Porch light"})
    return entity.entity_id


async def look(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, key: str
) -> Any:
    """Let something move at the front door; return the event."""
    workers.of("front_door").see_motion(key, wall_ms())
    await settle(hass)
    return (await runtime.store.page(limit=1))[0]


async def test_a_light_that_was_switched_explains_what_moves(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    light: str,
    freezer: FrozenDateTimeFactory,
) -> None:
    """For some seconds, in its own area."""
    hass.states.async_set(light, "on", {"friendly_name": "Porch light"})
    await hass.async_block_till_done()
    freezer.tick(3)
    event = await look(hass, runtime, workers, "a")
    assert event.payload["why"].endswith(
        "Info because Porch light was switched 3 s before."
    )
    freezer.tick(8)
    event = await look(hass, runtime, workers, "b")
    assert "because" not in event.payload["why"]


async def test_what_is_not_switched_explains_nothing(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, light: str
) -> None:
    """Another brightness, another area, another kind of thing, or a start."""
    hass.states.async_set(light, "off", {"brightness": 3})
    for entity_id in ("light.elsewhere", "switch.porch"):
        hass.states.async_set(entity_id, "off")
        hass.states.async_set(entity_id, "on")
    hass.states.async_set("light.new", "on")
    hass.states.async_remove("light.new")
    await hass.async_block_till_done()
    event = await look(hass, runtime, workers, "a")
    assert "because" not in event.payload["why"]


def test_the_sun_and_who_is_at_home(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """They count only where Home Assistant knows them."""
    source = SourceInfo(source_id="front_door", name="Front door")
    situation = runtime.surroundings.async_situation(source)
    assert (situation.mode, situation.dark, situation.nobody_home) == (
        ArmMode.UNUSED,
        False,
        False,
    )
    hass.states.async_set("sun.sun", "below_horizon")
    hass.states.async_set("zone.home", "0")
    situation = runtime.surroundings.async_situation(source)
    assert (situation.dark, situation.nobody_home) == (True, True)
    hass.states.async_set("sun.sun", "above_horizon")
    hass.states.async_set("zone.home", "2")
    situation = runtime.surroundings.async_situation(source)
    assert (situation.dark, situation.nobody_home) == (False, False)


async def test_the_options_count_at_once(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """Whatever is set of a type, from the next event on."""
    table = {EventType.MOTION: {ArmMode.UNUSED: Severity.ALERT}}
    hass.config_entries.async_update_entry(
        entry, options={"severity": rules_to_options(table)}
    )
    await hass.async_block_till_done()
    assert (await look(hass, runtime, workers, "a")).severity is Severity.ALERT


def test_rules_survive_storage() -> None:
    """What was stored reads the same; nothing stored means the defaults."""
    rows = {
        event_type: dict(row)
        for event_type, row in DEFAULT_TABLE.items()
        if event_type in (*SET_BY_USER, *SENSORS_SET_BY_USER)
    }
    stored = rules_to_options(rows)
    assert rules_from_options({"severity": stored}) == SeverityRules(table=rows)
    empty = rules_from_options({})
    assert empty.severity(EventType.PERSON, ArmMode.AWAY) is Severity.CRITICAL
