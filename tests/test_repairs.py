"""Test what a user can do about a problem from the repairs page."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.vigilar.const import DOMAIN, ISSUE_DATABASE_MOVED_ASIDE
from custom_components.vigilar.coordinator import UNREACHABLE_AFTER_S
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .common import Workers, settle

LATER = timedelta(seconds=UNREACHABLE_AFTER_S + 1)


@pytest.fixture
async def unreachable(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, front: str
) -> str:
    """Return the id of the issue about a camera that has been away for long."""
    assert await async_setup_component(hass, "repairs", {})
    workers.of("front_door").see(ObservationKind.CAMERA_OFFLINE, reason="no answer")
    await settle(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + LATER)
    await settle(hass)
    return f"camera_unreachable_{front}"


async def test_a_camera_that_stays_away_opens_an_issue(
    hass: HomeAssistant,
    unreachable: str,
    workers: Workers,
    issue_registry: ir.IssueRegistry,
) -> None:
    """It names the camera, and goes away when the camera is back."""
    issue = issue_registry.async_get_issue(DOMAIN, unreachable)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Front door"}
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    assert issue_registry.async_get_issue(DOMAIN, unreachable) is None


@pytest.mark.parametrize("end", ["back", "off", "unload"])
async def test_a_camera_that_is_back_in_time_opens_none(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    front: str,
    issue_registry: ir.IssueRegistry,
    end: str,
) -> None:
    """A hiccup, or a camera that nobody waits for, is nobody's business."""
    workers.of("front_door").see(ObservationKind.CAMERA_OFFLINE, reason="no answer")
    await settle(hass)
    if end == "back":
        workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    elif end == "off":
        await runtime.async_set_detecting(runtime.cameras[front], False)
    else:
        await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + LATER)
    await settle(hass)
    assert not issue_registry.issues


async def test_the_fix_leads_to_the_cameras_form(
    hass: HomeAssistant,
    unreachable: str,
    front: str,
    entry: VigilarConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Who continues gets the form in which the address stands."""
    client = await hass_client()
    begun = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": unreachable}
    )
    assert begun.status == HTTPStatus.OK
    form = await begun.json()
    assert form["step_id"] == "reconfigure"
    assert form["description_placeholders"] == {"name": "Front door"}
    done = await (
        await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    ).json()
    assert done["type"] == FlowResultType.CREATE_ENTRY
    kind, flow_id = done["next_flow"]
    assert kind == "config_subentries_flow"
    flow = hass.config_entries.subentries.async_get(flow_id)
    assert flow["handler"] == (entry.entry_id, "camera")
    assert flow["context"]["subentry_id"] == front
    assert flow["step_id"] == "reconfigure"
    assert issue_registry.async_get_issue(DOMAIN, unreachable) is None


async def test_the_fix_of_a_deleted_camera_ends(
    hass: HomeAssistant, unreachable: str, front: str, entry: VigilarConfigEntry
) -> None:
    """A camera that is deleted while the page is open has no form."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(DOMAIN, context={"issue_id": unreachable})
    hass.config_entries.async_remove_subentry(entry, front)
    done = await manager.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "camera_gone"


async def test_a_damaged_database_is_told_until_it_was_read(
    hass: HomeAssistant, runtime: VigilarRuntime, issue_registry: ir.IssueRegistry
) -> None:
    """The message shows where the database is, and goes when it was confirmed."""
    assert await async_setup_component(hass, "repairs", {})
    runtime._async_report_moved_aside("/config/vigilar.db.corrupt")
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(
        DOMAIN, context={"issue_id": ISSUE_DATABASE_MOVED_ASIDE}
    )
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {"path": "/config/vigilar.db.corrupt"}
    await manager.async_configure(form["flow_id"], {})
    assert issue_registry.async_get_issue(DOMAIN, ISSUE_DATABASE_MOVED_ASIDE) is None
