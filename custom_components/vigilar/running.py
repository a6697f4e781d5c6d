"""What commands and actions need first: what runs, and what the database says."""

from collections.abc import Awaitable

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .access import may_read
from .const import DOMAIN
from .coordinator import CameraCoordinator
from .events.store import StoreError
from .runtime import VigilarRuntime


@callback
def async_runtime(hass: HomeAssistant) -> VigilarRuntime:
    """Return the running hub.

    Raises:
        ServiceValidationError: There is none.
    """
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        runtime: VigilarRuntime = entry.runtime_data
        return runtime
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="not_running"
    )


@callback
def async_readable_camera(
    runtime: VigilarRuntime, user: User, source_id: str
) -> CameraCoordinator:
    """Return a camera that a user may look through.

    Raises:
        ServiceValidationError: There is none, for this user.
    """
    if may_read(user, runtime.async_source_info(source_id)):
        for camera in runtime.cameras.values():
            if camera.camera.source_id == source_id:
                return camera
    # A user who may not know of it is told the same as if there were none.
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_such_camera"
    )


async def async_ask[T](asking: Awaitable[T]) -> T:
    """Return what the database says, or let the user know that it fails.

    Raises:
        HomeAssistantError: It does.
    """
    try:
        return await asking
    except StoreError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="database_unreadable"
        ) from err
