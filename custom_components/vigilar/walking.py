"""The walk test: somebody walks around the house to see what the cameras see.

While it goes on, what a walk sets off is marked as a test: it matters to nobody,
rings no alarm, and is told to the tester alone. It ends by itself.
"""

from datetime import datetime

from homeassistant.components import persistent_notification
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN
from .events.clock import wall_ms
from .publish.notify import PhoneNotifier
from .publish.phone.texts import Texts

_NOTICE = f"{DOMAIN}_walk_test"


class WalkTest:
    """Whether somebody walks around now, who it is, and until when."""

    def __init__(self, hass: HomeAssistant, phones: PhoneNotifier) -> None:
        """Begin without anybody.

        Args:
            hass: Home Assistant.
            phones: Tells the tester of what is seen.
        """
        self._hass = hass
        self._phones = phones
        self._tester: str | None = None
        self._until: int | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @property
    def until(self) -> int | None:
        """Return when it ends by itself, Unix milliseconds; None while nobody walks."""
        return self._until

    async def async_begin(self, minutes: int, tester: str | None) -> int:
        """Let somebody walk, in the place of who walked before.

        Args:
            minutes: For how long at most.
            tester: The id of the recipient who is told; None for nobody.

        Returns:
            When it ends by itself, Unix milliseconds.
        """
        texts = await Texts.async_load(self._hass)
        self.async_end()
        until = self._until = wall_ms() + minutes * 60_000
        self._tester = tester
        if tester is not None:
            self._phones.testers.add(tester)
        self._cancel = async_call_later(self._hass, minutes * 60, self._async_over)
        persistent_notification.async_create(
            self._hass,
            texts.text("walk_test", {"until_ts": until}),
            texts.text("walk_test_title"),
            _NOTICE,
        )
        return until

    @callback
    def async_end(self) -> None:
        """Take everything seriously again; harmless while nobody walks."""
        if self._cancel is None:
            return
        self._cancel()
        self._cancel = self._until = None
        if self._tester is not None:
            self._phones.testers.discard(self._tester)
            self._tester = None
        persistent_notification.async_dismiss(self._hass, _NOTICE)

    @callback
    def _async_over(self, _now: datetime) -> None:
        """End it: its time is over."""
        self.async_end()
