"""What Vigilar tells on Home Assistant's system information page."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .events.store import StoreError
from .runtime import VigilarRuntime


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what is told."""
    register.async_register_info(
        _async_info, "/config/integrations/integration/vigilar"
    )


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the state of the running hub in a few figures."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        return await _async_describe(entry.runtime_data)
    return {}


async def _async_describe(runtime: VigilarRuntime) -> dict[str, Any]:
    """Return the state of a running hub in a few figures."""
    cameras = runtime.cameras.values()
    watching = sum(camera.data.online for camera in cameras)
    return {
        "cameras_watching": f"{watching}/{len(cameras)}",
        "database": await _async_probe(runtime),
        "media_folder": runtime.library.trouble or "ok",
        "object_recognition": "ok" if runtime.inference.ready else "off",
        "analysis_load": f"{runtime.governor.data.load} %",
        "mqtt": _mqtt_state(runtime),
    }


async def _async_probe(runtime: VigilarRuntime) -> str | dict[str, str]:
    """Return whether the event database answers."""
    try:
        await runtime.store.page(limit=1)
    except StoreError:
        return {"type": "failed", "error": "unreadable"}
    return "ok"


def _mqtt_state(runtime: VigilarRuntime) -> str:
    """Return whether a broker hears of the events."""
    if runtime.mqtt is None:
        return "off"
    return "connected" if runtime.mqtt.diagnostics["connected"] else "not connected"
