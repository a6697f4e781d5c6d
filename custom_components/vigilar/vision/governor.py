"""How many pictures may be analysed: pure decisions from load and lag."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STEPS: Final = (1.0, 0.71, 0.5, 0.35, 0.25)
"""Shares of the frames a second that are set; each is about √½ of the one before."""
RECOVER_LOAD: Final = 0.7
"""Share of the budget below which a step back cannot exceed it: a step back
raises the load by √2 at the most."""
MAX_LAG_MS: Final = 50.0
"""Lag of the event loop from which on people notice that it waits."""
RECOVER_LAG_MS: Final = 25.0
"""Lag below which the loop has room again."""
CALM: Final = 3
"""Measurements in a row that must leave room before a step back."""


class Limit(StrEnum):
    """Why rates are lower than set."""

    NONE = "none"
    BUDGET = "budget"
    LOOP_LAG = "loop_lag"


@dataclass(frozen=True, slots=True)
class Rates:
    """What is decided.

    Attributes:
        quiet: Share (0-1) of the frames a second for a camera where nothing moves.
        busy: The same for one where something does; never below `quiet`.
        limit: Why they are below 1.
    """

    quiet: float = 1.0
    busy: float = 1.0
    limit: Limit = Limit.NONE


class RateGovernor:
    """Lowers rates step by step, quiet cameras first, and raises them busy ones first."""

    def __init__(self) -> None:
        """Begin without a limit."""
        self._quiet = 0
        self._busy = 0
        self._calm = 0
        self._limit = Limit.NONE

    def decide(self, load: float, budget: float, lag_ms: float) -> Rates:
        """Follow one measurement.

        Args:
            load: CPU seconds a second used since the last measurement.
            budget: CPU seconds a second that may be used, above 0.
            lag_ms: 99th percentile of the event loop's lag.

        Returns:
            The rates from now on.
        """
        if load > budget or lag_ms > MAX_LAG_MS:
            self._calm = 0
            self._limit = Limit.BUDGET if load > budget else Limit.LOOP_LAG
            self._lower()
        elif load < RECOVER_LOAD * budget and lag_ms < RECOVER_LAG_MS:
            self._calm += 1
            if self._calm >= CALM:
                self._calm = 0
                self._raise()
        else:
            self._calm = 0
        return Rates(STEPS[self._quiet], STEPS[self._busy], self._limit)

    def _lower(self) -> None:
        """Take a step where it is missed least."""
        last = len(STEPS) - 1
        if self._quiet < last:
            self._quiet += 1
        elif self._busy < last:
            self._busy += 1

    def _raise(self) -> None:
        """Take a step back where it is missed most."""
        if self._busy:
            self._busy -= 1
        elif self._quiet:
            self._quiet -= 1
        if not self._quiet:
            self._limit = Limit.NONE
