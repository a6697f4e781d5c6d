"""What every command of a person needs: the hub, an event, an answer in words."""

from collections.abc import Awaitable, Callable

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
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


def no_such_event() -> ServiceValidationError:
    """Return what is said of an event that there is not, not for this user."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_such_event"
    )
