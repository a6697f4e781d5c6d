"""The alarm, as far as a notification can be used to disarm it."""

from enum import StrEnum
from typing import Protocol


class Disarming(StrEnum):
    """What it takes to disarm."""

    TAP = "tap"
    CODE = "code"


class Panel(Protocol):
    """An alarm that can be disarmed from a phone; used on the event loop."""

    @property
    def disarming(self) -> Disarming | None:
        """Return what it takes to disarm now, or None if there is nothing to."""

    async def async_disarm(self, code: str | None, by: str | None) -> None:
        """Disarm.

        Raises:
            ServiceValidationError: The code is wrong or missing, or none is
                taken for a while.
        """
