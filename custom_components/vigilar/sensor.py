"""Sensor platform for the Vigilar integration."""

from datetime import datetime
import logging
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity, VigilarHubEntity
from .events.query import EventQuery
from .events.store import EventStore, StoreError
from .governor import Governor
from .models import Change, ChangeKind
from .runtime import VigilarConfigEntry, VigilarRuntime

PARALLEL_UPDATES = 0

_LOGGER = logging.getLogger(__name__)

# No event begins after it.
TIME_LIMIT_MS: Final = 1 << 48

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

EVENTS_TODAY = SensorEntityDescription(
    key="events_today",
    translation_key="events_today",
    entity_registry_enabled_default=False,
    state_class=SensorStateClass.TOTAL,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of the hub and of every camera."""
    runtime = entry.runtime_data
    async_add_entities(
        [AnalysisLoadSensor(runtime.governor), UnreviewedSensor(runtime)]
    )
    runtime.async_add_per_camera(
        async_add_entities,
        lambda camera: [EventsTodaySensor(camera, runtime.store)],
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


class EventsTodaySensor(VigilarCameraEntity, SensorEntity):
    """How many events a camera has had since midnight; makes statistics of a day."""

    entity_description = EVENTS_TODAY

    def __init__(self, coordinator: CameraCoordinator, store: EventStore) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, EVENTS_TODAY.key)
        self._store = store

    @property
    @override
    def available(self) -> bool:
        """Return True: what has happened does not go away with the camera."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Count, from then on with every event and anew every day."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_subscribe_changes(self._follow))
        self.async_on_remove(
            async_track_time_change(
                self.hass, self._recount, hour=0, minute=0, second=0
            )
        )
        await self._count()

    @callback
    def _follow(self, change: Change) -> None:
        """Count anew when there is an event more or less."""
        if change.kind in (ChangeKind.NEW, ChangeKind.DELETED):
            self.hass.async_create_task(self._recount(), eager_start=True)

    async def _recount(self, _now: datetime | None = None) -> None:
        """Count anew and say so."""
        await self._count()
        self.async_write_ha_state()

    async def _count(self) -> None:
        """Ask the store for the events of today."""
        midnight = dt_util.start_of_local_day()
        self._attr_last_reset = midnight
        edges = [round(midnight.timestamp() * 1000), TIME_LIMIT_MS]
        query = EventQuery(source_ids=frozenset({self.coordinator.camera.source_id}))
        try:
            [(self._attr_native_value, _)] = await self._store.days(query, edges)
        except StoreError as err:
            _LOGGER.debug("Could not count events: %s", err)
