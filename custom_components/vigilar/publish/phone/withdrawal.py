"""Takes back from phones what speaks of nothing but deleted events."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ...events.ledger import Ledger, Withdrawal
from ...events.store import StoreError
from .house import Platform, async_devices, async_send, error_text
from .recipient import Recipient

_LOGGER = logging.getLogger(__name__)

RETRY_S: Final = 60.0
# A phone that cannot be reached for so long shows what it shows.
MAX_FAILURES: Final = 10

# Both companion apps take it for a command, which counts towards no limit:
# https://companion.home-assistant.io/docs/notifications/notification-commands
_CLEAR: Final = "clear_notification"


class Withdrawals:
    """Works through what the ledger says is to be taken back."""

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        *,
        recipient: Callable[[str], Recipient | None],
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        """Initialize idle.

        Args:
            hass: Home Assistant.
            ledger: Keeps what is to be taken back until that is done.
            recipient: Looks a recipient up by its id.
            settled: Waits until what is being sent now has been.
        """
        self._hass = hass
        self._ledger = ledger
        self._recipient = recipient
        self._settled = settled
        self._failures: Counter[Withdrawal] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._news = False
        self._cancel_retry: CALLBACK_TYPE | None = None

    @callback
    def wake(self) -> None:
        """Look soon whether there is anything to take back."""
        self._news = True
        if self._task is None or self._task.done():
            self._async_forget_retry()
            self._task = self._hass.async_create_task(
                self._async_run(), "vigilar withdraw"
            )

    async def async_stop(self) -> None:
        """Stop; what is left is taken up at the next start."""
        self._async_forget_retry()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _async_run(self) -> None:
        """Work until there is nothing new, and come back to what has failed."""
        while self._news:
            self._news = False
            # What is on its way to a phone would come after it was taken back.
            await self._settled()
            try:
                left = await self._async_work()
            except StoreError as err:
                _LOGGER.warning("The delivery ledger failed: %s", err)
                left = True
        if left:
            self._cancel_retry = async_call_later(
                self._hass, RETRY_S, callback(lambda _now: self.wake())
            )

    async def _async_work(self) -> bool:
        """Take back what there is; return whether something is left to try again."""
        left = False
        for withdrawal in await self._ledger.withdrawals():
            shown = await self._ledger.is_shown(withdrawal)
            if shown or await self._async_withdraw(withdrawal):
                self._failures.pop(withdrawal, None)
                await self._ledger.put_withdrawn(withdrawal)
            else:
                left = True
        return left

    async def _async_withdraw(self, withdrawal: Withdrawal) -> bool:
        """Clear a notification everywhere; return whether nothing is left to do."""
        recipient = self._recipient(withdrawal.recipient_id)
        if recipient is None:
            return True
        devices = async_devices(self._hass, recipient)
        data = {"message": _CLEAR, "data": {"tag": withdrawal.tag}}
        # No device is a failure, too: an app may register late.
        cleared = bool(devices)
        for device in devices:
            if device.platform is Platform.PLAIN:
                continue
            try:
                await async_send(self._hass, device, data, Context())
            except Exception as err:  # noqa: BLE001 - whoever takes it may raise anything
                cleared = False
                _LOGGER.debug("Could not clear %s: %s", device.name, error_text(err))
        if cleared:
            return True
        self._failures[withdrawal] += 1
        return self._failures[withdrawal] >= MAX_FAILURES

    @callback
    def _async_forget_retry(self) -> None:
        """Do not come back by oneself."""
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None
