"""Fields that several forms have."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import PERCENTAGE, UnitOfTime
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from .const import (
    CONF_FPS,
    CONF_MIN_DURATION,
    CONF_MIN_HEIGHT,
    CONF_QUIET_TIME,
    CONF_SENSITIVITY,
    DEFAULT_FPS,
    DEFAULT_MIN_DURATION,
    DEFAULT_MIN_HEIGHT,
    DEFAULT_QUIET_TIME,
    DEFAULT_SENSITIVITY,
    MAX_SENSITIVITY,
    MIN_SENSITIVITY,
)


def slider(low: float, high: float, step: float, unit: str = "") -> NumberSelector:
    """Return a slider for a number."""
    config = NumberSelectorConfig(
        min=low, max=high, step=step, mode=NumberSelectorMode.SLIDER
    )
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


ANALYSIS_DEFAULTS: Final = {
    CONF_SENSITIVITY: DEFAULT_SENSITIVITY,
    CONF_FPS: DEFAULT_FPS,
    CONF_MIN_HEIGHT: DEFAULT_MIN_HEIGHT,
    CONF_MIN_DURATION: DEFAULT_MIN_DURATION,
    CONF_QUIET_TIME: DEFAULT_QUIET_TIME,
}
ANALYSIS_SELECTORS: Final = {
    CONF_SENSITIVITY: slider(MIN_SENSITIVITY, MAX_SENSITIVITY, 1),
    CONF_FPS: slider(1, 15, 1),
    CONF_MIN_HEIGHT: slider(0, 50, 0.5, PERCENTAGE),
    CONF_MIN_DURATION: slider(0, 10, 0.5, UnitOfTime.SECONDS),
    CONF_QUIET_TIME: slider(1, 60, 1, UnitOfTime.SECONDS),
}


class FieldError(ValueError):
    """A value that a field of a form refuses; `field` names it."""

    def __init__(self, field: str) -> None:
        """Name the field."""
        super().__init__(field)
        self.field = field


def check_analysis(values: Mapping[str, Any]) -> dict[str, float]:
    """Return settings of the analysis as their form would.

    Args:
        values: By the keys of `ANALYSIS_SELECTORS`.

    Raises:
        FieldError: The form would refuse one.
    """
    checked: dict[str, float] = {}
    for key, value in values.items():
        try:
            checked[key] = ANALYSIS_SELECTORS[key](value)
        except vol.Invalid as err:
            raise FieldError(key) from err
    return checked
