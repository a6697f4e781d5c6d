"""Sensor platform for the Vigilar integration."""

from typing import Any, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import VigilarHubEntity
from .governor import Governor
from .runtime import VigilarConfigEntry

PARALLEL_UPDATES = 0

ANALYSIS_LOAD = SensorEntityDescription(
    key="analysis_load",
    translation_key="analysis_load",
    entity_category=EntityCategory.DIAGNOSTIC,
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=PERCENTAGE,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensor of the hub."""
    async_add_entities([AnalysisLoadSensor(entry.runtime_data.governor)])


class AnalysisLoadSensor(VigilarHubEntity, SensorEntity):
    """What the analysis of all cameras costs, in percent of one core, and what is done about it."""

    entity_description = ANALYSIS_LOAD

    def __init__(self, governor: Governor) -> None:
        """Initialize the entity."""
        super().__init__(governor, ANALYSIS_LOAD.key)

    @property
    @override
    def native_value(self) -> int:
        """Return the load of the last minute."""
        return self.coordinator.data.load

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what the governor does; nothing here changes by itself all the time."""
        load = self.coordinator.data
        return {
            "budget": load.budget,
            "rate": load.rates.quiet,
            "busy_rate": load.rates.busy,
            "limited_cameras": load.limited,
            "reason": load.rates.limit.value,
        }
