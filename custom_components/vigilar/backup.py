"""What Home Assistant's backup asks of Vigilar before and after it copies files."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .events.store import StoreError


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Let the event database be copied while events go on being stored.

    Raises:
        HomeAssistantError: The database fails.
    """
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        try:
            await entry.runtime_data.store.begin_copy()
        except StoreError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the event database tidy itself again.

    Raises:
        HomeAssistantError: The database fails.
    """
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        try:
            await entry.runtime_data.store.end_copy()
        except StoreError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err
