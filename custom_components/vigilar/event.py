"""Event platform for the Vigilar integration."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity
from .models import ALARM_TYPES, SENSOR_TYPES, Change, ChangeKind, Event, EventType
from .runtime import VigilarConfigEntry

PARALLEL_UPDATES = 0

ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[
        event_type.value
        for event_type in EventType
        if event_type not in ALARM_TYPES | SENSOR_TYPES
    ],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of each camera."""
    entry.runtime_data.async_add_per_camera(
        async_add_entities, lambda camera: [ActivityEventEntity(camera)]
    )


class ActivityEventEntity(VigilarCameraEntity, EventEntity):
    """Tells of each event of a camera, once as it begins and once as it rises."""

    entity_description = ACTIVITY

    def __init__(self, coordinator: CameraCoordinator) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, ACTIVITY.key)
        self._told: tuple[str, EventType] | None = None

    @property
    @override
    def available(self) -> bool:
        """Return True: that a camera is offline is an event, too."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the stored changes."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_subscribe_changes(self._async_handle_change)
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Ignore the camera's state; only events change this entity."""

    @callback
    def _async_handle_change(self, change: Change) -> None:
        """Tell of an event that is new or has risen to another type."""
        event = change.event
        if change.kind is not ChangeKind.NEW and not _has_risen(self._told, event):
            return
        self._told = (event.id, event.type)
        payload = event.payload
        self._trigger_event(
            event.type.value,
            {
                "event_id": event.id,
                "start_time": event.ts,
                "severity": event.severity.value,
                "zones": payload["zones"],
                "score": payload["score"],
                "why": payload["why"],
            },
        )
        self.async_write_ha_state()


def _has_risen(told: tuple[str, EventType] | None, event: Event) -> bool:
    """Return whether an event that was told is of another type now."""
    return told is not None and told[0] == event.id and told[1] is not event.type
