"""The wall clock in the unit that events are kept in."""

import time


def wall_ms() -> int:
    """Return the time now, Unix milliseconds."""
    return time.time_ns() // 1_000_000
