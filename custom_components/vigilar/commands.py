"""What commands of a person need: the hub, an event, a camera, an answer in words."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .access import may_read
from .const import DOMAIN
from .coordinator import CameraCoordinator
from .events.store import StoreError
from .models import Event, SourceInfo
from .runtime import VigilarRuntime

type May = Callable[[User, SourceInfo | None], bool]


async def async_event(
    runtime: VigilarRuntime, event_id: str, user: User | None, may: May
) -> Event:
    """Return an event that a user may deal with.

    Raises:
        ServiceValidationError: There is none.
        HomeAssistantError: The database fails.
    """
    event = await async_ask(runtime.store.get(event_id))
    if event is None:
        raise no_such_event()
    if user is not None and not may(user, runtime.async_sources().get(event.source_id)):
        raise no_such_event()
    return event


async def async_ask[T](asking: Awaitable[T]) -> T:
    """Return what the database says, or let the user know that it fails."""
    try:
        return await asking
    except StoreError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="database_unreadable"
        ) from err


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


@callback
def async_source(
    runtime: VigilarRuntime, named: str, user: User | None, may: May
) -> SourceInfo:
    """Return the source that somebody names, by its id or its entity.

    Args:
        runtime: The hub.
        named: The id of the source, or the entity that its events name.
        user: Who asks; None for an automation, which may everything.
        may: What the user wants to do.

    Raises:
        ServiceValidationError: There is none, for this user.
    """
    for source in runtime.async_sources().values():
        wanted = named in (source.source_id, source.entity_id)
        if wanted and (user is None or may(user, source)):
            return source
    # A user who may not know of it is told the same as if there were none.
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_such_camera"
    )


def no_such_event() -> ServiceValidationError:
    """Return what is said of an event that there is not, not for this user."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_such_event"
    )


def to_ms(when: datetime) -> int:
    """Return a time, of Home Assistant's zone if it names none, in Unix milliseconds."""
    return round(dt_util.as_utc(when).timestamp() * 1000)
