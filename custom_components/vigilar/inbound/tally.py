"""Counts what is taken and what is dropped, and says so once."""

from collections import Counter
import logging
from typing import Any

from .messages import Rejection

_LOGGER = logging.getLogger(__name__)


class Tally:
    """The messages of one listener."""

    def __init__(self, listener: str) -> None:
        """Begin at nothing.

        Args:
            listener: Who counts, for the log.
        """
        self._listener = listener
        self._taken = 0
        self._dropped: Counter[Rejection] = Counter()

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return how many were taken, and how many dropped for each reason."""
        return {
            "taken": self._taken,
            "dropped": {reason.value: count for reason, count in self._dropped.items()},
        }

    def take(self) -> None:
        """Count a message that was taken."""
        self._taken += 1

    def drop(self, rejection: Rejection) -> None:
        """Count a message that was dropped; the first of each reason is logged.

        What it said is not: it may be anything.
        """
        self._dropped[rejection] += 1
        if self._dropped[rejection] == 1:
            _LOGGER.warning(
                "Dropped an MQTT message to %s: %s; more of these are only counted",
                self._listener,
                rejection.value,
            )
