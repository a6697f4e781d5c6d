"""Test the diagnostics."""

from typing import Any

from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .common import SECRET, Workers, make_jpeg, settle


async def test_diagnostics_hold_nothing_secret(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """They say how the cameras are, and no address, name or password."""
    await runtime.async_set_detecting(runtime.cameras[front], False)
    workers.of("back_yard").see_motion("a", snapshot=make_jpeg())
    workers.of("back_yard").see(ObservationKind.HEARTBEAT)
    await settle(hass)
    assert await async_setup_component(hass, "diagnostics", {})
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert SECRET not in str(result)
    assert "192.0.2" not in str(result)
    # The event, and that its snapshot is there.
    assert result["store"] == {"last_seq": 2}
    kept = result["media"].pop("kept")
    assert kept["snapshot"] == {"files": 1, "bytes": len(make_jpeg())}
    assert kept["thumbnail"]["files"] == 1
    assert result["media"]["disk_free_bytes"] > 0
    assert result["media"]["trouble"] is None
    assert result["timeline_subscribers"] == 0
    assert result["mqtt"]["connected"] is False
    assert result["cameras"]["front_door"]["detecting"] is False
    assert result["cameras"]["front_door"]["worker"] is None
    assert result["cameras"]["back_yard"]["open_movements"] == 1
    assert result["cameras"]["back_yard"]["heartbeats"] == 1
    assert result["cameras"]["back_yard"]["has_snapshot"] is True
    assert result["cameras"]["back_yard"]["worker"]["frames_dropped"] == 0
    subentries = result["entry"]["subentries"]
    assert {subentry["data"]["url"] for subentry in subentries} == {REDACTED}


async def test_diagnostics_of_a_device(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
) -> None:
    """A camera tells of itself alone, the hub of everything, and neither a secret."""
    assert await async_setup_component(hass, "diagnostics", {})

    async def ask(identifier: str) -> dict[str, Any]:
        device = device_registry.async_get_device_by_identifier(
            (DOMAIN, identifier), entry.entry_id
        )
        assert device is not None
        return dict(await get_diagnostics_for_device(hass, hass_client, entry, device))

    camera = await ask(front)
    assert set(camera) == {"settings", "camera"}
    assert camera["settings"]["source_id"] == "front_door"
    assert camera["settings"]["url"] == REDACTED
    assert camera["camera"]["detecting"] is True
    assert SECRET not in str(camera)
    hub = await ask(entry.entry_id)
    assert set(hub["cameras"]) == {"front_door", "back_yard"}
