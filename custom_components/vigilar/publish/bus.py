"""Fires a Home Assistant event for each stored change."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import EVENT_VIGILAR, EVENT_VIGILAR_ENDED, EVENT_VIGILAR_UPDATED
from ..models import Change, ChangeKind

EVENT_TYPES: Final = {
    ChangeKind.NEW: EVENT_VIGILAR,
    ChangeKind.UPDATED: EVENT_VIGILAR_UPDATED,
    ChangeKind.ENDED: EVENT_VIGILAR_ENDED,
}


class BusPublisher:
    """The event bus, for automations and the logbook."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize the publisher."""
        self._hass = hass

    @callback
    def publish(self, change: Change) -> None:
        """Fire the event of this change; a deletion is nobody's trigger."""
        if (event_type := EVENT_TYPES.get(change.kind)) is not None:
            self._hass.bus.async_fire(event_type, change.event.as_dict())
