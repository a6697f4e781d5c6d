"""Test the form of sensors."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.const import (
    CONF_CAMERAS,
    CONF_DEBOUNCE,
    CONF_ENTITIES,
    CONF_ENTITY,
    CONF_SOURCE_ID,
    CONF_STUCK,
    CONF_TYPE,
    SUBENTRY_RECIPIENT,
    SUBENTRY_SENSOR,
)
from custom_components.vigilar.runtime import VigilarRuntime
from custom_components.vigilar.sensing import async_proposed_type
from custom_components.vigilar.sensor_flow import BY_DEVICE_CLASS
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er

from .common import entity_id_of, settle

DEFAULTS = {CONF_TYPE: BY_DEVICE_CLASS, CONF_DEBOUNCE: 2, CONF_STUCK: 1}


@pytest.fixture(autouse=True)
def house(hass: HomeAssistant) -> None:
    """Have some entities."""
    for entity_id, name, device_class in (
        ("binary_sensor.front", "Front", "door"),
        ("binary_sensor.kitchen", "Kitchen", "window"),
        ("binary_sensor.hall", "Hall", "occupancy"),
        ("binary_sensor.helper", "Helper", None),
        ("lock.front", "Front", None),
        ("cover.garage", "Garage", "garage"),
        ("cover.blind", "Blind", "blind"),
        ("event.bell", "Bell", "doorbell"),
    ):
        attributes = {"friendly_name": name, "device_class": device_class}
        hass.states.async_set(entity_id, "off", attributes)


async def _submit(
    hass: HomeAssistant, entry: MockConfigEntry, *entities: str, **rest: Any
) -> dict[str, Any]:
    """Fill in the form of a new group."""
    manager = hass.config_entries.subentries
    flow = await manager.async_init(
        (entry.entry_id, SUBENTRY_SENSOR), context={"source": SOURCE_USER}
    )
    assert flow["type"] is FlowResultType.FORM
    user_input = {**DEFAULTS, CONF_ENTITIES: list(entities), **rest}
    result = await manager.async_configure(flow["flow_id"], user_input)
    await settle(hass)
    return dict(result)


def _groups(entry: MockConfigEntry) -> list[ConfigSubentry]:
    """Return the groups of sensors that are stored."""
    return list(entry.get_subentries_of_type(SUBENTRY_SENSOR))


async def test_a_house_full_of_sensors_at_once(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Each becomes a source of its own, with what its device class says."""
    result = await _submit(
        hass,
        entry,
        "binary_sensor.front",
        "binary_sensor.kitchen",
        "lock.front",
        "cover.garage",
        "event.bell",
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (group,) = _groups(entry)
    assert group.title == "Front, Kitchen, Front +2"
    assert [
        (item[CONF_SOURCE_ID], item[CONF_TYPE]) for item in group.data[CONF_ENTITIES]
    ] == [
        ("front", "door_opened"),
        ("kitchen", "window_opened"),
        ("front_2", "lock_unlocked"),
        ("garage", "garage_opened"),
        ("bell", "doorbell"),
    ]
    assert {"front", "kitchen", "front_2", "garage", "bell"} <= set(
        runtime.sources.async_views()
    )


async def test_a_source_id_is_no_cameras(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Sensors and cameras share their ids."""
    hass.states.async_set(
        "binary_sensor.front",
        "off",
        {"friendly_name": "Front door", "device_class": "door"},
    )
    await _submit(hass, entry, "binary_sensor.front")
    (group,) = _groups(entry)
    assert group.title == "Front door"
    assert group.data[CONF_ENTITIES][0][CONF_SOURCE_ID] == "front_door_2"


@pytest.mark.parametrize(
    ("entities", "field", "error", "named"),
    [
        ([], CONF_ENTITIES, "entity_missing", ""),
        (["binary_sensor.kitchen"], CONF_ENTITIES, "entity_taken", "Kitchen"),
        (
            ["binary_sensor.hall", "binary_sensor.helper", "cover.blind"],
            CONF_TYPE,
            "type_unclear",
            "Helper, Blind",
        ),
        (["binary_sensor.unheard_of"], CONF_TYPE, "type_unclear", "unheard_of"),
    ],
)
async def test_what_cannot_be_added_is_named(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    entities: list[str],
    field: str,
    error: str,
    named: str,
) -> None:
    """The form says which of many it is, and goes on."""
    await _submit(hass, entry, "binary_sensor.kitchen")
    result = await _submit(hass, entry, *entities)
    assert result["errors"] == {field: error}
    assert result["description_placeholders"]["entities"].endswith(named)
    result = dict(
        await hass.config_entries.subentries.async_configure(
            result["flow_id"],
            {
                **DEFAULTS,
                CONF_ENTITIES: ["binary_sensor.helper"],
                CONF_TYPE: "gate_opened",
                CONF_NAME: " The gate ",
            },
        )
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    group = _groups(entry)[1]
    assert group.title == "The gate"
    assert group.data[CONF_ENTITIES][0][CONF_TYPE] == "gate_opened"


async def test_our_own_entities_are_refused(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    front: str,
) -> None:
    """A camera's movement is an event already."""
    motion = entity_id_of(hass, "binary_sensor", front, "motion")
    manager = hass.config_entries.subentries
    flow = await manager.async_init(
        (entry.entry_id, SUBENTRY_SENSOR), context={"source": SOURCE_USER}
    )
    schema = flow["data_schema"]
    assert schema is not None
    assert motion in schema.schema[CONF_ENTITIES].config["exclude_entities"]
    with pytest.raises(InvalidData):
        await manager.async_configure(
            flow["flow_id"], {**DEFAULTS, CONF_ENTITIES: [motion]}
        )


async def test_a_group_is_changed(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """What stays keeps its id, whatever it is called by now; what is gone is left out."""
    hall, lost = (
        entity_registry.async_get_or_create("binary_sensor", "test", name)
        for name in ("hall", "lost")
    )
    for entity in (hall, lost):
        hass.states.async_set(entity.entity_id, "off", {"friendly_name": "Passage"})
    await _submit(hass, entry, hall.entity_id, lost.entity_id, type="presence")
    (group,) = _groups(entry)
    assert group.data[CONF_ENTITIES][0][CONF_ENTITY] == hall.id
    entity_registry.async_remove(lost.entity_id)
    hass.states.async_remove(hall.entity_id)
    entity_registry.async_update_entity(
        hall.entity_id, new_entity_id="binary_sensor.passage"
    )
    hass.states.async_set("binary_sensor.passage", "off", {"friendly_name": "Hall"})
    flow = await entry.start_subentry_reconfigure_flow(hass, group.subentry_id)
    assert flow["step_id"] == "reconfigure"
    schema = flow["data_schema"]
    assert schema is not None
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in schema.schema
    }
    assert suggested[CONF_ENTITIES] == ["binary_sensor.passage"]
    assert suggested[CONF_TYPE] == "presence"
    result = await hass.config_entries.subentries.async_configure(
        flow["flow_id"],
        {
            CONF_ENTITIES: ["binary_sensor.passage", "binary_sensor.kitchen"],
            CONF_TYPE: "vibration",
            CONF_NAME: "Alarms",
            CONF_DEBOUNCE: 3,
            CONF_STUCK: 0,
        },
    )
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    (group,) = _groups(entry)
    assert group.title == "Alarms"
    assert [
        (item[CONF_SOURCE_ID], item[CONF_NAME], item[CONF_TYPE])
        for item in group.data[CONF_ENTITIES]
    ] == [("passage", "Hall", "vibration"), ("kitchen", "Kitchen", "vibration")]
    assert (group.data[CONF_DEBOUNCE], group.data[CONF_STUCK]) == (3.0, 0.0)


async def test_what_an_entity_says_goes_by_its_device_class(
    hass: HomeAssistant,
) -> None:
    """The rest is for the user to say."""
    said = {
        entity_id: async_proposed_type(hass, entity_id)
        for entity_id in ("binary_sensor.hall", "cover.blind", "binary_sensor.helper")
    }
    assert said == {
        "binary_sensor.hall": "presence",
        "cover.blind": None,
        "binary_sensor.helper": None,
    }


async def test_a_recipient_may_want_to_hear_of_some_sensors(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """They are offered beside the cameras."""
    await _submit(hass, entry, "binary_sensor.kitchen")
    manager = hass.config_entries.subentries
    menu = await manager.async_init(
        (entry.entry_id, SUBENTRY_RECIPIENT), context={"source": SOURCE_USER}
    )
    form = await manager.async_configure(menu["flow_id"], {"next_step_id": "entity"})
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema[CONF_CAMERAS].config["options"] == [
        {"value": "front_door", "label": "Front door"},
        {"value": "back_yard", "label": "Back yard"},
        {"value": "kitchen", "label": "Kitchen"},
    ]
