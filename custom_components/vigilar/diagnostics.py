"""Diagnostics of the Vigilar integration."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import CONF_MEDIA_FOLDER, DOMAIN
from .coordinator import CameraCoordinator
from .events.audit import AuditLog
from .events.store import StoreError
from .runtime import VigilarConfigEntry

# A folder may carry the name of a person or of a network share.
TO_REDACT = {CONF_MEDIA_FOLDER, CONF_URL, "title", "unique_id"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: VigilarConfigEntry
) -> dict[str, Any]:
    """Return what helps to find a fault, without anything secret."""
    runtime = entry.runtime_data
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "cameras": {
            camera.camera.source_id: _describe(camera)
            for camera in runtime.cameras.values()
        },
        "media": await runtime.library.diagnostics(),
        "audit": await _count_deeds(runtime.audit),
        **runtime.async_diagnostics(),
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: VigilarConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the state of one camera, or of everything for the hub's own device."""
    for subentry_id, camera in entry.runtime_data.cameras.items():
        if (DOMAIN, subentry_id) in device.identifiers:
            subentry = entry.subentries[subentry_id]
            return {
                "settings": async_redact_data(dict(subentry.data), TO_REDACT),
                "camera": _describe(camera),
            }
    return await async_get_config_entry_diagnostics(hass, entry)


async def _count_deeds(audit: AuditLog) -> dict[str, int] | None:
    """Return how many deeds are recorded, and of nobody; None if it cannot be told."""
    try:
        return await audit.counts()
    except StoreError:
        return None


def _describe(camera: CameraCoordinator) -> dict[str, Any]:
    """Return the state of one camera; its settings are in its subentry."""
    state, stats = camera.data, camera.stats
    return {
        "online": state.online,
        "detecting": state.detecting,
        "heartbeats": camera.heartbeats,
        "open_movements": len(state.open_movements),
        "open_tampering": len(state.open_tampering),
        "rate": camera.rate,
        "cpu_s": round(camera.cpu_s, 1),
        "has_snapshot": state.snapshot is not None,
        "worker": None if stats is None else asdict(stats),
    }
