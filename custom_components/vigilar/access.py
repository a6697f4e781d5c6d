"""Who may see what; the same for the timeline, its media and whoever asks next."""

from dataclasses import replace
from hashlib import sha256
from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.http import KEY_HASS_USER, current_request
from homeassistant.components.websocket_api import current_connection
from homeassistant.core import ServiceCall, callback
from homeassistant.exceptions import Unauthorized

from .events.audit import Doer
from .models import Event, SourceInfo

_ID_LENGTH: Final = 26


def may_read(user: User, source: SourceInfo | None) -> bool:
    """Return whether a user may know of a source; one that is gone is for admins.

    Args:
        user: Who asks.
        source: The source of an event; None if it was removed.
    """
    return _may(user, source, POLICY_READ)


def may_control(user: User, source: SourceInfo | None) -> bool:
    """Return whether a user may decide for others about a source, as `may_read`."""
    return _may(user, source, POLICY_CONTROL)


def may_read_all(user: User | None) -> bool:
    """Return whether somebody may know of every source; None is an automation."""
    if user is None or user.is_admin:
        return True
    return user.permissions.access_all_entities(POLICY_READ)


def as_known(event: Event, *, whole: bool) -> Event:
    """Return an event as somebody may know it who may read its source.

    An incident has the id of its first event, of which such a user may not know:
    that there was one, and when. It is given another name, the same for all its
    events, that leads back to nothing.

    Args:
        event: Of a source that the user may read.
        whole: The user may read every source, as `may_read_all` says.
    """
    incident_id = event.payload.get("incident_id")
    if whole or incident_id is None:
        return event
    alias = sha256(incident_id.encode()).hexdigest()[:_ID_LENGTH].upper()
    return replace(event, payload={**event.payload, "incident_id": alias})


@callback
def asking_user() -> User | None:
    """Return for whom the current task runs; None for Home Assistant itself.

    Some interfaces of Home Assistant are not told who asks, but the websocket
    connection or the request in whose context they run knows.
    """
    if (connection := current_connection.get()) is not None:
        return connection.user
    request = current_request.get()
    user: User | None = None if request is None else request.get(KEY_HASS_USER)
    return user


async def async_caller(call: ServiceCall) -> User | None:
    """Return who calls an action; None for an automation, which may everything.

    Raises:
        Unauthorized: It is a user that there is not any more.
    """
    if call.context.user_id is None:
        return None
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise Unauthorized(context=call.context)
    return user


def doer_of(user: User | None) -> Doer:
    """Return a user as the audit names one; None for an automation."""
    return Doer() if user is None else Doer(user.id, user.name or "")


def _may(user: User, source: SourceInfo | None, policy: str) -> bool:
    """Return whether a policy allows a user something about a source."""
    if user.is_admin:
        return True
    if source is None or source.entity_id is None:
        return False
    return user.permissions.check_entity(source.entity_id, policy)
