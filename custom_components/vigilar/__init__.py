"""The Vigilar integration: one security timeline inside Home Assistant."""

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import (
    DeviceEntry,
    DeviceEntryType,
    async_get as async_get_device_registry,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.loader import async_get_integration

from .auditing import async_register_auditing
from .const import DOMAIN, PLATFORMS
from .describing import async_register_describing
from .events.store import StoreError
from .finding import async_register_finding
from .keeping import async_register_keeping
from .live import async_register_live
from .media.views import async_register_views
from .panel import async_remove_panel, async_serve_frontend
from .publish.delivery import async_register_delivery
from .publish.timeline import async_register_commands
from .reporting import async_register_reporting
from .reviewing import async_register_reviewing
from .runtime import VigilarConfigEntry, VigilarRuntime
from .self_test import async_register_self_test
from .snoozing import async_register_snoozing
from .tuning import async_register_tuning
from .walk_test import async_register_walk_test

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what there is once a process: the browser's side and the actions."""
    await async_serve_frontend(hass)
    async_register_auditing(hass)
    async_register_commands(hass)
    async_register_delivery(hass)
    async_register_describing(hass)
    async_register_finding(hass)
    async_register_keeping(hass)
    async_register_live(hass)
    async_register_reporting(hass)
    async_register_reviewing(hass)
    async_register_self_test(hass)
    async_register_snoozing(hass)
    async_register_tuning(hass)
    async_register_views(hass)
    async_register_walk_test(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: VigilarConfigEntry) -> bool:
    """Set up the hub and its cameras."""
    integration = await async_get_integration(hass, DOMAIN)
    async_get_device_registry(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        name=entry.title,
        manufacturer="Vigilar",
        sw_version=str(integration.version),
        configuration_url="homeassistant://vigilar",
    )
    runtime = VigilarRuntime(hass, entry)
    try:
        await runtime.async_start()
    except StoreError as err:
        await runtime.async_stop()
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="database_unusable",
            translation_placeholders={"reason": str(err)},
        ) from err
    entry.runtime_data = runtime
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await runtime.async_start_watching()

    async def _async_stop(_event: Event) -> None:
        await runtime.async_stop()

    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, _async_stop)
    )
    entry.async_on_unload(entry.add_update_listener(_async_update_listener))
    return True


async def _async_update_listener(
    hass: HomeAssistant, entry: VigilarConfigEntry
) -> None:
    """Follow a change of options or of a subentry."""
    await entry.runtime_data.async_reconcile()


async def async_unload_entry(hass: HomeAssistant, entry: VigilarConfigEntry) -> bool:
    """Stop the cameras and take the platforms down."""
    await entry.runtime_data.async_stop()
    async_remove_panel(hass)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: VigilarConfigEntry, device: DeviceEntry
) -> bool:
    """Let a device be deleted whose camera is no longer there."""
    known = {entry.entry_id, *entry.subentries}
    return not any(
        identifier in known
        for domain, identifier in device.identifiers
        if domain == DOMAIN
    )
