"""Test the form of a recipient."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.vigilar.const import (
    CONF_CAMERAS,
    CONF_CONDITIONS,
    CONF_COOLDOWN,
    CONF_CRITICAL_FROM,
    CONF_KIND,
    CONF_MIN_SEVERITY,
    CONF_POINTS,
    CONF_PRESENCE,
    CONF_TARGET,
    CONF_TYPES,
    CONF_ZONES,
    NEVER,
    SUBENTRY_RECIPIENT,
)
from custom_components.vigilar.models import EventType, Severity
from custom_components.vigilar.publish.phone.recipient import (
    Presence,
    Recipient,
    TargetKind,
)
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from .common import settle
from .publish.phone.common import add_app

DEFAULTS: dict[str, Any] = {
    CONF_MIN_SEVERITY: "warning",
    CONF_CAMERAS: [],
    CONF_TYPES: [],
    CONF_CONDITIONS: [],
    CONF_PRESENCE: "always",
    CONF_COOLDOWN: 0,
    CONF_CRITICAL_FROM: NEVER,
}


async def _start(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> str:
    """Choose a kind of recipient; return the id of the flow."""
    manager = hass.config_entries.subentries
    result = await manager.async_init(
        (entry.entry_id, SUBENTRY_RECIPIENT), context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["person", "device", "entity"]
    result = await manager.async_configure(result["flow_id"], {"next_step_id": kind})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == kind
    return str(result["flow_id"])


async def _submit(
    hass: HomeAssistant, flow_id: str, user_input: dict[str, Any]
) -> dict[str, Any]:
    """Fill in the form."""
    result = await hass.config_entries.subentries.async_configure(flow_id, user_input)
    await settle(hass)
    return dict(result)


def _recipients(entry: MockConfigEntry) -> list[ConfigSubentry]:
    """Return the recipients that are stored."""
    return list(entry.get_subentries_of_type(SUBENTRY_RECIPIENT))


async def test_a_person_with_the_defaults(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Only who it is must be said; a renaming is followed."""
    person = er.async_get(hass).async_get_or_create(
        "person", "person", "1", suggested_object_id="anna"
    )
    hass.states.async_set("person.anna", "home", {"friendly_name": "Anna"})
    flow_id = await _start(hass, entry, "person")
    result = await _submit(hass, flow_id, {CONF_TARGET: "person.anna"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [subentry] = _recipients(entry)
    assert subentry.title == "Anna"
    assert subentry.data == {
        **DEFAULTS,
        CONF_KIND: "person",
        CONF_TARGET: person.id,
        CONF_ZONES: [],
    }
    assert Recipient.from_subentry(subentry) == Recipient(
        id=subentry.subentry_id,
        name="Anna",
        kind=TargetKind.PERSON,
        target=person.id,
    )
    assert runtime.phones.diagnostics["recipients"] == 1


async def test_everything_that_can_be_said(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry, front: str
) -> None:
    """Each field arrives where the rules read it."""
    zone = {CONF_KIND: "include", CONF_POINTS: [[0, 0], [1, 0], [1, 1]]}
    camera = entry.subentries[front]
    hass.config_entries.async_update_subentry(
        entry,
        camera,
        data={
            **camera.data,
            CONF_ZONES: [
                {**zone, CONF_NAME: "Porch"},
                {**zone, CONF_NAME: "Road", CONF_KIND: "mask"},
            ],
        },
    )
    schedule = er.async_get(hass).async_get_or_create(
        "schedule", "schedule", "1", suggested_object_id="day"
    )
    device_id = add_app(hass, "Pixel")
    flow_id = await _start(hass, entry, "device")
    user_input = {
        CONF_TARGET: device_id,
        CONF_MIN_SEVERITY: "alert",
        CONF_CAMERAS: ["front_door"],
        CONF_TYPES: ["person", "camera_tampered"],
        CONF_ZONES: ["Porch"],
        CONF_CONDITIONS: ["schedule.day", "switch.alerts"],
        CONF_PRESENCE: "nobody_home",
        CONF_COOLDOWN: 60.0,
        CONF_CRITICAL_FROM: "critical",
    }
    result = await _submit(hass, flow_id, user_input)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [subentry] = _recipients(entry)
    assert Recipient.from_subentry(subentry) == Recipient(
        id=subentry.subentry_id,
        name="Pixel",
        kind=TargetKind.DEVICE,
        target=device_id,
        min_severity=Severity.ALERT,
        cameras=frozenset({"front_door"}),
        types=frozenset({EventType.PERSON, EventType.CAMERA_TAMPERED}),
        zones=frozenset({"Porch"}),
        conditions=(schedule.id, "switch.alerts"),
        presence=Presence.NOBODY_HOME,
        cooldown_s=60,
        critical_from=Severity.CRITICAL,
    )
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    schema = flow["data_schema"]
    assert schema is not None
    assert _suggested(schema) == user_input | {CONF_COOLDOWN: 60}

    hass.config_entries.async_remove_subentry(entry, front)
    await settle(hass)
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    schema = flow["data_schema"]
    assert schema is not None
    assert _suggested(schema)[CONF_CAMERAS] == []
    assert CONF_ZONES not in _suggested(schema)


def _suggested(schema: vol.Schema) -> dict[str, Any]:
    """Return what a form starts with."""
    return {
        str(marker): marker.description["suggested_value"] for marker in schema.schema
    }


async def test_masks_are_no_zones(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Without a zone the form does not ask for one."""
    flow_id = await _start(hass, entry, "entity")
    with pytest.raises(vol.Invalid):
        await _submit(hass, flow_id, {CONF_TARGET: "notify.mail", CONF_ZONES: []})


async def test_an_entity_cannot_be_away(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Only a person can be the one who is not at home; then it works without."""
    flow_id = await _start(hass, entry, "entity")
    with pytest.raises(vol.Invalid):
        await _submit(
            hass, flow_id, {CONF_TARGET: "notify.mail", CONF_PRESENCE: "person_away"}
        )
    result = await _submit(hass, flow_id, {CONF_TARGET: "notify.mail"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [subentry] = _recipients(entry)
    assert subentry.title == "notify.mail"


async def test_one_target_is_one_recipient(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Twice the same would ring twice."""
    device_id = add_app(hass, "Pixel")
    for expected in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT):
        flow_id = await _start(hass, entry, "device")
        result = await _submit(hass, flow_id, {CONF_TARGET: device_id})
        assert result["type"] is expected
    assert result["reason"] == "already_configured"


async def test_reconfigure(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """It can be changed, kept the same, and not made another's double."""
    for target in ("notify.mail", "notify.tv"):
        flow_id = await _start(hass, entry, "entity")
        await _submit(hass, flow_id, {CONF_TARGET: target})
    mail = _recipients(entry)[0]
    for target, reason in (
        ("notify.mail", "reconfigure_successful"),
        ("notify.tv", "already_configured"),
        ("notify.radio", "reconfigure_successful"),
    ):
        flow = await entry.start_subentry_reconfigure_flow(hass, mail.subentry_id)
        assert flow["step_id"] == "entity"
        result = await _submit(
            hass,
            flow["flow_id"],
            {**DEFAULTS, CONF_TARGET: target, CONF_MIN_SEVERITY: "critical"},
        )
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == reason
    mail = entry.subentries[mail.subentry_id]
    assert mail.title == "notify.radio"
    assert mail.data[CONF_MIN_SEVERITY] == "critical"


async def test_a_device_that_is_gone(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Its id stands in for its name."""
    flow_id = await _start(hass, entry, "device")
    await _submit(hass, flow_id, {CONF_TARGET: "gone"})
    assert _recipients(entry)[0].title == "gone"
