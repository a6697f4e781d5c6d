"""What a camera recognises by itself joins its events."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.vigilar.const import CONF_CAMERA, CONF_ONBOARD
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import Event, EventType, ObservationKind
from custom_components.vigilar.onboard import (
    LINGER_S,
    MOMENT_S,
    ONBOARD_LABELS,
    async_proposals,
)
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .common import Workers, make_jpeg, settle

PERSON = "binary_sensor.door_person"
VEHICLE = "binary_sensor.door_vehicle"
MOVEMENT = "binary_sensor.door_motion"
PACKAGE = "event.door_package"

CHOSEN = {
    "person": [PERSON],
    "vehicle": [VEHICLE],
    "package": [PACKAGE],
    "motion": [MOVEMENT],
}


async def say(hass: HomeAssistant, entity_id: str, state: str) -> None:
    """Let an entity say something, and wait until it has gone all the way."""
    hass.states.async_set(entity_id, state)
    await settle(hass)


async def later(hass: HomeAssistant, seconds: float) -> None:
    """Let time go by."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await settle(hass)


def choose(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, chosen: Any
) -> None:
    """Choose what a camera recognises by itself."""
    subentry = entry.subentries[subentry_id]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_ONBOARD: chosen}
    )


@pytest.fixture
async def house(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry, front: str
) -> VigilarRuntime:
    """Let the front door's camera recognise things; nothing is there."""
    for entity_id in (PERSON, VEHICLE, MOVEMENT):
        hass.states.async_set(entity_id, "off")
    hass.states.async_set(PACKAGE, "unknown")
    choose(hass, entry, front, CHOSEN)
    await settle(hass)
    return runtime


async def events(runtime: VigilarRuntime) -> list[Event]:
    """Return all events, the oldest first."""
    return list(reversed(await runtime.store.page()))


async def test_a_person_that_the_camera_alone_recognises(
    hass: HomeAssistant, house: VigilarRuntime, front: str
) -> None:
    """An event of that camera, until a moment after the last of it."""
    await say(hass, PERSON, "on")
    (event,) = await events(house)
    assert event.type is EventType.PERSON
    assert event.source_id == "front_door"
    assert event.payload["labels"] == [{"label": "person", "score": 1.0}]
    assert house.cameras[front].data.open_movements == {event.id}
    await say(hass, VEHICLE, "on")
    await say(hass, PERSON, "off")
    await later(hass, LINGER_S + 1)
    await say(hass, VEHICLE, "off")
    await say(hass, VEHICLE, "on")
    await later(hass, LINGER_S + 1)
    (event,) = await events(house)
    assert event.payload["end_ts"] is None
    await say(hass, VEHICLE, "unavailable")
    await later(hass, LINGER_S + 1)
    (event,) = await events(house)
    assert event.payload["end_ts"] is not None
    assert {label["label"] for label in event.payload["labels"]} == {
        "person",
        "vehicle",
    }


async def test_pixels_and_camera_make_one_event(
    hass: HomeAssistant, house: VigilarRuntime, workers: Workers
) -> None:
    """Whoever is first; it ends with the pixels, and keeps their picture."""
    worker = workers.of("front_door")
    for camera_first in (True, False):
        if camera_first:
            await say(hass, PERSON, "on")
        worker.see_motion("walk", wall_ms(), make_jpeg())
        await settle(hass)
        if not camera_first:
            await say(hass, PERSON, "on")
        await say(hass, PERSON, "off")
        await later(hass, LINGER_S + 1)
        event = (await events(house))[-1]
        assert event.type is EventType.PERSON
        assert event.payload["end_ts"] is None
        worker.see(ObservationKind.MOTION_ENDED, wall_ms(), key="walk")
        await settle(hass)
        event = (await events(house))[-1]
        assert event.payload["end_ts"] is not None
        assert event.payload["why"] == "The camera itself recognised a person."
        assert event.payload["media"]["snapshot"]["state"] == "ready"
    assert len(await events(house)) == 2


async def test_an_event_entity_tells_of_moments(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """What it remembers is not news; what it tells now lasts for a moment."""
    old = dt_util.utcnow() - timedelta(minutes=5)
    await say(hass, PACKAGE, old.isoformat())
    assert await events(house) == []
    await say(hass, PACKAGE, dt_util.utcnow().isoformat())
    (event,) = await events(house)
    assert event.type is EventType.MOTION
    assert event.payload["why"] == "The camera itself recognised a package."
    await later(hass, MOMENT_S + 1)
    await later(hass, LINGER_S + 1)
    (event,) = await events(house)
    assert event.payload["end_ts"] is not None


async def test_its_movement_has_no_label(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """It is motion, and says who noticed it."""
    await say(hass, MOVEMENT, "on")
    (event,) = await events(house)
    assert event.type is EventType.MOTION
    assert event.payload["labels"] == []


async def test_what_holds_at_the_start_is_no_news(
    hass: HomeAssistant, house: VigilarRuntime, entry: MockConfigEntry, front: str
) -> None:
    """Nor what is said while the house starts, or detection is off."""
    hass.set_state(CoreState.starting)
    await say(hass, PERSON, "on")
    hass.set_state(CoreState.running)
    choose(hass, entry, front, {"person": [PERSON]})
    await settle(hass)
    await say(hass, PERSON, "on")
    await say(hass, PERSON, "off")
    await house.async_set_detecting(house.cameras[front], on=False)
    await say(hass, PERSON, "on")
    assert await events(house) == []


@pytest.mark.parametrize("end", ["chosen otherwise", "unloaded"])
async def test_nothing_stays_open_when_it_is_not_followed_any_more(
    hass: HomeAssistant,
    house: VigilarRuntime,
    entry: MockConfigEntry,
    front: str,
    end: str,
) -> None:
    """The event ends, and no timer is left."""
    await say(hass, PACKAGE, dt_util.utcnow().isoformat())
    await say(hass, PERSON, "on")
    if end == "unloaded":
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert await hass.config_entries.async_setup(entry.entry_id)
        house = entry.runtime_data
    else:
        choose(hass, entry, front, {})
    await settle(hass)
    (event,) = await events(house)
    assert event.payload["end_ts"] is not None


@pytest.fixture
def camera(
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> er.RegistryEntry:
    """Return a camera with sensors on its device."""
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "1")}
    )
    for domain, name in (
        ("binary_sensor", "Person detected"),
        ("binary_sensor", "Car occupancy"),
        ("binary_sensor", "Pet"),
        ("event", "Package"),
        ("binary_sensor", "Motion"),
        ("switch", "Detections: person"),
        ("binary_sensor", "Carbon filter"),
    ):
        entity_registry.async_get_or_create(
            domain,
            "test",
            name,
            device_id=device.id,
            original_name=name,
            suggested_object_id=f"yard_{name}",
        )
    return entity_registry.async_get_or_create(
        "camera", "test", "camera", device_id=device.id
    )


def test_what_seems_to_fit_is_proposed(
    hass: HomeAssistant, camera: er.RegistryEntry
) -> None:
    """By whole words, of the same device, and nothing for movement."""
    assert async_proposals(hass, camera.id) == {
        "person": ["binary_sensor.yard_person_detected"],
        "vehicle": ["binary_sensor.yard_car_occupancy"],
        "animal": ["binary_sensor.yard_pet"],
        "package": ["event.yard_package"],
    }
    assert async_proposals(hass, "camera.unknown") == {}


async def test_the_form_proposes_and_remembers(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    front: str,
    camera: er.RegistryEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Once it was saved it shows what was saved, whatever it is called now."""

    async def _shown() -> tuple[str, dict[str, Any]]:
        flow = await entry.start_subentry_reconfigure_flow(hass, front)
        assert "onboard" in flow["menu_options"]
        form = await hass.config_entries.subentries.async_configure(
            flow["flow_id"], {"next_step_id": "onboard"}
        )
        assert form["type"] is FlowResultType.FORM
        schema = form["data_schema"]
        assert schema is not None
        assert {str(key) for key in schema.schema} == set(ONBOARD_LABELS)
        return form["flow_id"], {
            str(key): key.description["suggested_value"]
            for key in schema.schema
            if key.description
        }

    assert (await _shown())[1] == {}
    subentry = entry.subentries[front]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_CAMERA: camera.id}
    )
    await settle(hass)
    flow_id, shown = await _shown()
    assert shown["person"] == ["binary_sensor.yard_person_detected"]
    result = await hass.config_entries.subentries.async_configure(
        flow_id, {"person": shown["person"], "animal": shown["animal"]}
    )
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    entity_registry.async_update_entity(
        shown["person"][0], new_entity_id="binary_sensor.somebody"
    )
    entity_registry.async_remove(shown["animal"][0])
    await settle(hass)
    assert (await _shown())[1] == {"person": ["binary_sensor.somebody"], "animal": []}
