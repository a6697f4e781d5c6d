"""Sensor platform for the Vigilar integration."""

from typing import Any, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import VigilarHubEntity
from .governor import Governor
from .models import Change
from .runtime import VigilarConfigEntry, VigilarRuntime

PARALLEL_UPDATES = 0

ANALYSIS_LOAD = SensorEntityDescription(
    key="analysis_load",
    translation_key="analysis_load",
    entity_category=EntityCategory.DIAGNOSTIC,
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=PERCENTAGE,
)

UNREVIEWED = SensorEntityDescription(
    key="unreviewed",
    translation_key="unreviewed",
    state_class=SensorStateClass.MEASUREMENT,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of the hub."""
    runtime = entry.runtime_data
    async_add_entities(
        [AnalysisLoadSensor(runtime.governor), UnreviewedSensor(runtime)]
    )


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


class UnreviewedSensor(SensorEntity):
    """How many events that matter nobody has looked at."""

    entity_description = UNREVIEWED
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, runtime: VigilarRuntime) -> None:
        """Initialize the entity."""
        entry_id = runtime.entry.entry_id
        self._runtime = runtime
        self._attr_unique_id = f"{entry_id}_{UNREVIEWED.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})
        self._attr_native_value = self._count()

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every change of an event."""
        self.async_on_remove(
            self._runtime.processor.add_publisher("unreviewed", self._publish)
        )
        self._attr_native_value = self._count()

    @callback
    def _publish(self, _change: Change) -> None:
        """Say so if the number is another one."""
        count = self._count()
        if count != self._attr_native_value:
            self._attr_native_value = count
            self.async_write_ha_state()

    def _count(self) -> int:
        """Return the number of all sources, those that are gone among them."""
        return sum(self._runtime.store.unreviewed.values())
