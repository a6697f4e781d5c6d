"""Test the diagnostics."""

from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
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
