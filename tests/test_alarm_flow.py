"""Test the forms of the alarm: options, what matters how much, and codes."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.alarm.codes import find_code
from custom_components.vigilar.const import CONF_DIGEST, CONF_ZONES, SUBENTRY_CODE
from custom_components.vigilar.events.severity import (
    DEFAULT_TABLE,
    SENSORS_SET_BY_USER,
    SET_BY_USER,
)
from custom_components.vigilar.models import ArmMode, EventType, Severity
from custom_components.vigilar.options_flow import MODES
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.surroundings import rules_from_options
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

OWN: dict[str, Any] = {
    "kind": "own",
    "exit_delay": 60.0,
    "entry_delay": 30.0,
    "ring_time": 600.0,
    "code_to_arm": False,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash take a moment and not a quarter of a second."""
    monkeypatch.setattr("custom_components.vigilar.alarm.codes._ROUNDS", 4)


async def open_form(
    hass: HomeAssistant, entry: VigilarConfigEntry, step: str
) -> ConfigFlowResult:
    """Open one of the forms of the options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert step in menu["menu_options"]
    return await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )


async def save(
    hass: HomeAssistant, form: ConfigFlowResult, values: dict[str, Any]
) -> ConfigFlowResult:
    """Save a form."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    return result


async def test_an_alarm_of_ones_own(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """It is saved beside the other options, and the panel is there."""
    hass.config_entries.async_update_entry(entry, options={"mqtt": False})
    await hass.async_block_till_done()
    form = await open_form(hass, entry, "alarm")
    result = await save(hass, form, OWN)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"mqtt": False, "alarm": OWN}
    assert hass.states.get("alarm_control_panel.vigilar_alarm") is not None


async def test_a_panel_to_follow_has_to_be_chosen(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """And is another one than Vigilar's."""
    ours = entity_registry.async_get_or_create(
        "alarm_control_panel", "vigilar", "ours", config_entry=entry
    )
    form = await open_form(hass, entry, "alarm")
    follow = {**OWN, "kind": "follow"}
    result = await save(hass, form, follow)
    assert result["errors"] == {"entity": "panel_missing"}
    result = await save(hass, form, {**follow, "entity": ours.entity_id})
    assert result["errors"] == {"entity": "panel_is_ours"}
    theirs = {**follow, "entity": "alarm_control_panel.alarmo"}
    result = await save(hass, form, theirs)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["alarm"] == theirs


async def test_what_matters_in_a_house_without_an_alarm(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry, front: str
) -> None:
    """One severity a type, and zones that matter more or less."""
    subentry = entry.subentries[front]
    zones = [
        {"name": "Pool", "kind": "include", "points": [[0, 0], [1, 0], [1, 1]]},
        {"name": "Tree", "kind": "mask", "points": [[0, 0], [1, 0], [1, 1]]},
    ]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_ZONES: zones}
    )
    form = await open_form(hass, entry, "severity")
    assert form["data_schema"] is not None
    shown = form["data_schema"]({})
    assert shown["person"] == "alert"
    selector = form["data_schema"].schema["important_zones"]
    assert selector.config["options"] == ["Pool"]
    values = {**shown, "person": "critical", "important_zones": ["Pool"]}
    assert (await save(hass, form, values))["type"] is FlowResultType.CREATE_ENTRY
    rules = rules_from_options(entry.options)
    assert rules.severity(EventType.PERSON, ArmMode.UNUSED) is Severity.CRITICAL
    assert rules.severity(EventType.PERSON, ArmMode.AWAY) is Severity.CRITICAL
    assert rules.important == {"Pool"}
    form = await open_form(hass, entry, "severity")
    assert form["data_schema"] is not None
    assert form["data_schema"]({})["person"] == "critical"


@pytest.mark.parametrize("alarm", [False, True])
async def test_what_matters_of_the_sensors(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry, alarm: bool
) -> None:
    """A form of their own, which leaves alone what was set of the cameras."""
    hass.config_entries.async_update_entry(
        entry,
        options={
            "severity": {"person": {"away": "info"}, "smoke": {"home": "info"}},
            **({"alarm": OWN} if alarm else {}),
        },
    )
    await hass.async_block_till_done()
    step = "sensor_severity_by_alarm" if alarm else "sensor_severity"
    form = await open_form(hass, entry, step)
    schema = form["data_schema"]
    assert schema is not None
    assert {str(key) for key in schema.schema} == set(SENSORS_SET_BY_USER)
    values: dict[str, Any] = {
        event_type: schema.schema[event_type].schema({}) if alarm else "alert"
        for event_type in SENSORS_SET_BY_USER
    }
    if alarm:
        assert values["smoke"]["home"] == "info"
        values["smoke"]["away"] = "warning"
    else:
        assert schema({})["door_opened"] == "info"
        values["smoke"] = "warning"
    assert (await save(hass, form, values))["type"] is FlowResultType.CREATE_ENTRY
    rules = rules_from_options(entry.options)
    mode = ArmMode.AWAY if alarm else ArmMode.UNUSED
    assert rules.severity(EventType.SMOKE, mode) is Severity.WARNING
    assert rules.severity(EventType.SMOKE, ArmMode.HOME) is Severity.INFO
    assert rules.severity(EventType.PERSON, ArmMode.AWAY) is Severity.INFO


async def test_what_matters_by_the_alarm(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry, front: str
) -> None:
    """A severity a type and state; what was set for no alarm stays."""
    subentry = entry.subentries[front]
    zone = {"name": "Street", "kind": "include", "points": [[0, 0], [1, 0], [1, 1]]}
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_ZONES: [zone]}
    )
    options = {"alarm": OWN, "severity": {"person": {"unused": "info"}}}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    form = await open_form(hass, entry, "severity_by_alarm")
    rows = {
        event_type.value: {
            mode.value: DEFAULT_TABLE[event_type][mode].value for mode in MODES
        }
        for event_type in SET_BY_USER
    }
    rows["person"]["disarmed"] = "alert"
    values = {
        **rows,
        "empty_house": "away",
        "dark_raises": False,
        "unimportant_zones": ["Street"],
    }
    assert (await save(hass, form, values))["type"] is FlowResultType.CREATE_ENTRY
    rules = rules_from_options(entry.options)
    assert rules.severity(EventType.PERSON, ArmMode.DISARMED) is Severity.ALERT
    assert rules.severity(EventType.PERSON, ArmMode.UNUSED) is Severity.INFO
    assert rules.empty_house is ArmMode.AWAY
    assert not rules.dark_raises
    assert rules.unimportant == {"Street"}
    form = await open_form(hass, entry, "severity_by_alarm")
    assert form["data_schema"] is not None
    section = form["data_schema"].schema["person"]
    assert section.schema({})["disarmed"] == "alert"


async def add_code(
    hass: HomeAssistant, entry: VigilarConfigEntry, name: str, code: str
) -> Any:
    """Fill in the form of a new code."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_CODE), context={"source": SOURCE_USER}
    )
    assert form["step_id"] == "user"
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": name, "code": code}
    )
    await hass.async_block_till_done()
    return result


async def test_a_code_is_added_and_replaced(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Only its hash is kept, and the old one is void at once."""
    result = await add_code(hass, entry, " Anna ", "1234")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = entry.get_subentries_of_type(SUBENTRY_CODE)
    assert subentry.title == "Anna"
    assert "1234" not in str(subentry.as_dict())
    assert runtime.guard.numeric
    assert find_code("1234", runtime.guard.codes)
    form = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert form["description_placeholders"] == {"name": "Anna"}
    flow = hass.config_entries.subentries
    result = await flow.async_configure(form["flow_id"], {"code": "abc"})
    assert result["errors"] == {"code": "code_length"}
    result = await flow.async_configure(form["flow_id"], {"code": "abcde"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert find_code("abcde", runtime.guard.codes)
    assert not find_code("1234", runtime.guard.codes)
    assert not runtime.guard.numeric


@pytest.mark.parametrize(
    ("name", "code", "errors"),
    [
        (" ", "5678", {"name": "name_missing"}),
        ("anna", "5678", {"name": "name_taken"}),
        ("Bert", "567", {"code": "code_length"}),
        ("Bert", "1234", {"code": "code_taken"}),
    ],
)
async def test_a_code_that_is_no_good(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    name: str,
    code: str,
    errors: dict[str, str],
) -> None:
    """The form says why, and takes a better one."""
    await add_code(hass, entry, "Anna", "1234")
    result = await add_code(hass, entry, name, code)
    assert result["errors"] == errors
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], {"name": "Carl", "code": "5678"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (anna, carl) = entry.get_subentries_of_type(SUBENTRY_CODE)
    assert anna.data[CONF_DIGEST] != carl.data[CONF_DIGEST]
