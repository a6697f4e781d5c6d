"""Who may see what; the same for the timeline, its media and whoever asks next."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import ServiceCall
from homeassistant.exceptions import Unauthorized

from .events.audit import Doer
from .models import SourceInfo


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
