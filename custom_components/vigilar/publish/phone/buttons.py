"""What happens when a button of a notification is tapped.

The action's id carries the event and the recipient, so a tap works after any
restart. It counts only from a user whose device was sent that event.
"""

from collections.abc import Callable
import logging
import re
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant

from ...events.ledger import Ledger, Snooze
from ...events.reviews import Review, Reviews
from .house import async_devices
from .messages import SEEN, SNOOZE, SNOOZE_MINUTES
from .recipient import Recipient

_LOGGER = logging.getLogger(__name__)

EVENT_ACTION: Final = "mobile_app_notification_action"

_ULID: Final = "[0-9A-HJKMNP-TV-Z]{26}"
_ACTION: Final = re.compile(f"({SEEN}|{SNOOZE})_({_ULID})_({_ULID})")


class Buttons:
    """Listens to the buttons of notifications."""

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        reviews: Reviews,
        recipient: Callable[[str], Recipient | None],
        clock: Callable[[], int],
    ) -> None:
        """Make a listener that does not listen yet.

        Args:
            hass: Home Assistant.
            ledger: Knows who was sent what, and keeps the snoozes.
            reviews: Keeps what was seen.
            recipient: Looks a recipient up by its id.
            clock: Unix milliseconds.
        """
        self._hass = hass
        self._ledger = ledger
        self._reviews = reviews
        self._recipient = recipient
        self._clock = clock
        self._remove: CALLBACK_TYPE | None = None

    def async_start(self) -> None:
        """Begin to listen."""
        self._remove = self._hass.bus.async_listen(EVENT_ACTION, self._async_tapped)

    def async_stop(self) -> None:
        """Stop listening."""
        if self._remove is not None:
            self._remove()
            self._remove = None

    async def _async_tapped(self, tap: Event[dict[str, Any]]) -> None:
        """Do what a button says, if it was sent to who tapped it."""
        match = _ACTION.fullmatch(str(tap.data.get("action")))
        if match is None:
            return
        verb, event_id, recipient_id = match.groups()
        recipient = self._recipient(recipient_id)
        row = next(
            (
                row
                for row in await self._ledger.of_event(event_id)
                if row.recipient_id == recipient_id and row.sent_at is not None
            ),
            None,
        )
        if recipient is None or row is None:
            _LOGGER.debug("Ignored a button of a notification that was never sent")
            return
        user_id = tap.context.user_id
        owners = {device.user_id for device in async_devices(self._hass, recipient)}
        if user_id is None or user_id not in owners:
            _LOGGER.debug("Ignored a button that somebody else tapped")
            return
        user = await self._hass.auth.async_get_user(user_id)
        by = recipient.name if user is None or user.name is None else user.name
        now = self._clock()
        if verb == SEEN:
            await self._reviews.mark(Review(event_id, by, now))
        else:
            until = now + SNOOZE_MINUTES * 60_000
            await self._ledger.snooze(Snooze(recipient_id, row.source_id, until, by))
