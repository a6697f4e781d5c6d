"""What happens when a button of a notification is tapped, or the notification put away.

The action's id carries the event and the recipient, so a tap works after any
restart. It counts only from a user whose device was sent that event.
"""

from collections.abc import Awaitable, Callable, Collection
import logging
import re
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ...events.audit import AuditLog, Deed, Doer
from ...events.ledger import Delivery, Ledger, Snooze
from ...events.processor import Amend
from ...events.reviews import Reviewer, seen
from .house import Device, async_devices, async_send, error_text
from .messages import DISARM, SEEN, SNOOZE, SNOOZE_MINUTES
from .panel import Panel
from .recipient import Recipient
from .texts import Texts

_LOGGER = logging.getLogger(__name__)

EVENT_ACTION: Final = "mobile_app_notification_action"
# Android tells when a notification is swiped away, with all that was in it.
EVENT_CLEARED: Final = "mobile_app_notification_cleared"

_ULID: Final = "[0-9A-HJKMNP-TV-Z]{26}"
_ACTION: Final = re.compile(f"({SEEN}|{SNOOZE}|{DISARM})_({_ULID})_({_ULID})")


class Buttons:
    """Listens to the buttons of notifications."""

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        *,
        revise: Callable[[Collection[str], Amend], Awaitable[object]],
        recipient: Callable[[str], Recipient | None],
        dismiss: Callable[[Delivery], Awaitable[None]],
        panel: Panel,
        audit: AuditLog,
        clock: Callable[[], int],
    ) -> None:
        """Make a listener that does not listen yet.

        Args:
            hass: Home Assistant.
            ledger: Knows who was sent what, and keeps the snoozes.
            revise: Changes events as a person asked.
            recipient: Looks a recipient up by its id.
            dismiss: Notes that a notification was put away.
            panel: The alarm.
            audit: Records who has seen what.
            clock: Unix milliseconds.
        """
        self._hass = hass
        self._ledger = ledger
        self._revise = revise
        self._recipient = recipient
        self._dismiss = dismiss
        self._panel = panel
        self._audit = audit
        self._clock = clock
        self._remove: list[CALLBACK_TYPE] = []

    def async_start(self) -> None:
        """Begin to listen."""
        listen = self._hass.bus.async_listen
        self._remove = [
            listen(EVENT_ACTION, self._async_tapped),
            listen(EVENT_CLEARED, self._async_cleared),
        ]

    def async_stop(self) -> None:
        """Stop listening."""
        while self._remove:
            self._remove.pop()()

    async def _async_tapped(self, tap: Event[dict[str, Any]]) -> None:
        """Do what a button says, if it was sent to who tapped it."""
        match = _ACTION.fullmatch(str(tap.data.get("action")))
        if match is None:
            return
        row = await self._async_row(match, tap.context.user_id)
        if row is None:
            return
        by = await self._async_name(tap.context.user_id) or row.recipient
        now = self._clock()
        if match[1] == SEEN:
            reviewer = Reviewer(tap.context.user_id or "", by, now)
            shown = await self._ledger.shown_with(row)
            await self._revise(shown, seen(reviewer))
            self._audit.note(
                Doer(reviewer.user_id, by),
                Deed.REVIEWED,
                event_ids=shown,
                source_id=row.source_id,
            )
        elif match[1] == SNOOZE:
            until = now + SNOOZE_MINUTES * 60_000
            await self._ledger.snooze(
                Snooze(row.recipient_id, row.source_id, until, by)
            )
        else:
            await self._async_disarm(row, tap, by)

    async def _async_disarm(
        self, row: Delivery, tap: Event[dict[str, Any]], by: str
    ) -> None:
        """Disarm the house, and say whether that was done where it was asked for."""
        texts = await Texts.async_load(self._hass)
        code = str(tap.data.get("reply_text") or "") or None
        try:
            await self._panel.async_disarm(code, by)
        except ServiceValidationError as err:
            title, text = texts.text("disarm_failed"), str(err)
        else:
            title, text = texts.text("disarmed"), texts.text("disarmed_by", {"by": by})
        data = {"title": title, "message": text, "data": {"tag": "vigilar_alarm"}}
        for device in self._async_devices_of(row.recipient_id, tap.context.user_id):
            try:
                await async_send(self._hass, device, data, Context())
            except (HomeAssistantError, TimeoutError) as err:
                _LOGGER.debug("Could not answer %s: %s", device.name, error_text(err))

    async def _async_cleared(self, cleared: Event[dict[str, Any]]) -> None:
        """Update no more what was put away: as a new notification it would sound."""
        for value in cleared.data.values():
            if (match := _ACTION.fullmatch(str(value))) is None:
                continue
            row = await self._async_row(match, cleared.context.user_id)
            if row is not None:
                await self._dismiss(row)
            return

    async def _async_row(
        self, match: re.Match[str], user_id: str | None
    ) -> Delivery | None:
        """Return the row that a button belongs to, if it was this user's to tap."""
        _, event_id, recipient_id = match.groups()
        row = next(
            (
                row
                for row in await self._ledger.of_event(event_id)
                if row.recipient_id == recipient_id and row.sent_at is not None
            ),
            None,
        )
        if row is None or self._recipient(recipient_id) is None:
            _LOGGER.debug("Ignored a button of a notification that was never sent")
            return None
        if not self._async_devices_of(recipient_id, user_id):
            _LOGGER.debug("Ignored a button that somebody else tapped")
            return None
        return row

    @callback
    def _async_devices_of(self, recipient_id: str, user_id: str | None) -> list[Device]:
        """Return those devices of a recipient that are a user's."""
        recipient = self._recipient(recipient_id)
        if recipient is None or user_id is None:
            return []
        devices = async_devices(self._hass, recipient)
        return [device for device in devices if device.user_id == user_id]

    async def _async_name(self, user_id: str | None) -> str | None:
        """Return what a user is called, or None."""
        user = (
            None if user_id is None else await self._hass.auth.async_get_user(user_id)
        )
        return None if user is None else user.name
