"""Test the system information page."""

from unittest.mock import patch

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.vigilar.const import CONF_MQTT, DOMAIN
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Workers, settle


async def health(hass: HomeAssistant) -> dict[str, object]:
    """Return what the page shows."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info: dict[str, object] = await get_system_health_info(hass, DOMAIN)
    assert info.pop("manage_url", None) in (
        None,
        "/config/integrations/integration/vigilar",
    )
    return info


async def test_health_of_a_running_hub(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """It tells of the cameras, the database, media, objects and the broker."""
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    assert await health(hass) == {
        "cameras_watching": "1/2",
        "database": "ok",
        "media_folder": "ok",
        "object_recognition": "off",
        "analysis_load": "0 %",
        "mqtt": "not connected",
    }


async def test_health_of_a_hub_in_trouble(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """A database that does not answer is told, and MQTT that nobody wants."""
    hass.config_entries.async_update_entry(entry, options={CONF_MQTT: False})
    await hass.async_block_till_done()
    with patch.object(runtime.store, "page", side_effect=StoreError("gone")):
        info = await health(hass)
    assert info["database"] == {"type": "failed", "error": "unreadable"}
    assert info["mqtt"] == "off"


async def test_health_without_a_hub(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
) -> None:
    """A hub that is not loaded has nothing to tell."""
    await hass.config_entries.async_unload(entry.entry_id)
    assert await health(hass) == {}
