"""Figures of measured values."""

import statistics


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile by linear interpolation.

    Args:
        values: At least one.
        percent: 1-99.
    """
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
