"""Who may see what; the same for the timeline, its media and whoever asks next."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ

from .models import SourceInfo


def may_read(user: User, source: SourceInfo | None) -> bool:
    """Return whether a user may know of a source; one that is gone is for admins.

    Args:
        user: Who asks.
        source: The source of an event; None if it was removed.
    """
    if user.is_admin:
        return True
    if source is None or source.entity_id is None:
        return False
    return user.permissions.check_entity(source.entity_id, POLICY_READ)
