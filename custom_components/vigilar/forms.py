"""Fields that several forms have."""

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)


def slider(low: float, high: float, step: float, unit: str = "") -> NumberSelector:
    """Return a slider for a number."""
    config = NumberSelectorConfig(
        min=low, max=high, step=step, mode=NumberSelectorMode.SLIDER
    )
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)
