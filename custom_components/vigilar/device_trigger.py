"""Triggers of a camera's device: those of the timeline, aimed at that camera."""

from typing import Any, Final

import voluptuous as vol

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.const import (
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_OPTIONS,
    CONF_PLATFORM,
    CONF_TARGET,
    CONF_TYPE,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.trigger import TriggerActionType, TriggerConfig, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, SUBENTRY_CAMERA
from .trigger import TRIGGERS

PLATFORM: Final = "device"

TRIGGER_SCHEMA: Final = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In(TRIGGERS)}
)


async def async_get_triggers(
    hass: HomeAssistant, device_id: str
) -> list[dict[str, Any]]:
    """Return the triggers of a device: all of them, if it is a camera."""
    device = dr.async_get(hass).async_get(device_id)
    if not isinstance(device, dr.DeviceEntry) or not _is_camera(hass, device):
        return []
    return [
        {
            CONF_PLATFORM: PLATFORM,
            CONF_DEVICE_ID: device_id,
            CONF_DOMAIN: DOMAIN,
            CONF_TYPE: key,
        }
        for key in TRIGGERS
    ]


async def async_attach_trigger(
    hass: HomeAssistant,
    config: ConfigType,
    action: TriggerActionType,
    trigger_info: TriggerInfo,
) -> CALLBACK_TYPE:
    """Let the timeline's trigger of that kind run the action."""
    trigger_class = TRIGGERS[config[CONF_TYPE]]
    checked = await trigger_class.async_validate_config(
        hass, {CONF_TARGET: {CONF_DEVICE_ID: [config[CONF_DEVICE_ID]]}}
    )
    trigger = trigger_class(
        hass,
        TriggerConfig(
            f"{DOMAIN}.{config[CONF_TYPE]}", checked[CONF_TARGET], checked[CONF_OPTIONS]
        ),
    )

    def _variables(
        extra_trigger_payload: dict[str, Any], description: str
    ) -> dict[str, Any]:
        """Return what the automation finds in `trigger`."""
        return {
            "trigger": {
                **trigger_info["trigger_data"],
                CONF_PLATFORM: PLATFORM,
                "description": description,
                **extra_trigger_payload,
            }
        }

    return await trigger.async_attach_action(action, _variables)


def _is_camera(hass: HomeAssistant, device: dr.DeviceEntry) -> bool:
    """Return whether a device is one of our cameras."""
    cameras = {
        subentry.subentry_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_CAMERA)
    }
    return any(
        domain == DOMAIN and key in cameras for domain, key in device.identifiers
    )
