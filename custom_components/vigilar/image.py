"""Image platform for the Vigilar integration."""

from typing import override

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .access import asking_user, may_read
from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity
from .runtime import VigilarConfigEntry, VigilarRuntime

PARALLEL_UPDATES = 0

LAST_EVENT = ImageEntityDescription(key="last_event", translation_key="last_event")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the image of each camera's last event."""
    entry.runtime_data.async_add_per_camera(
        async_add_entities, lambda camera: [LastEventImage(camera, entry.runtime_data)]
    )


class LastEventImage(VigilarCameraEntity, ImageEntity):
    """The best look at the last event."""

    entity_description = LAST_EVENT
    _attr_content_type = "image/jpeg"

    def __init__(self, coordinator: CameraCoordinator, runtime: VigilarRuntime) -> None:
        """Initialize the entity."""
        self._runtime = runtime
        VigilarCameraEntity.__init__(self, coordinator, LAST_EVENT.key)
        # ImageEntity takes other arguments, so it cannot be in the chain of super().
        ImageEntity.__init__(self, coordinator.hass)
        self._follow_snapshot()

    @property
    @override
    def available(self) -> bool:
        """Return True: a picture stays valid when its camera goes."""
        return True

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture, or None before the first event.

        Home Assistant shows an image to whoever is logged in: who may see neither
        the entity nor the camera gets none, as if there were none.
        """
        snapshot = self.coordinator.data.snapshot
        if snapshot is None or not self._may_be_shown():
            return None
        return snapshot.jpeg

    @callback
    def _may_be_shown(self) -> bool:
        """Return whether who asks may see it; Home Assistant itself may."""
        if (user := asking_user()) is None:
            return True
        source_id = self.coordinator.camera.source_id
        return may_read(
            user, self._runtime.async_source_info(source_id)
        ) or user.permissions.check_entity(self.entity_id, POLICY_READ)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show a new picture."""
        if self._follow_snapshot():
            self.async_write_ha_state()

    def _follow_snapshot(self) -> bool:
        """Take over the time of the snapshot; return whether it is a new one."""
        snapshot = self.coordinator.data.snapshot
        taken = None if snapshot is None else snapshot.taken
        if taken == self._attr_image_last_updated:
            return False
        self._attr_image_last_updated = taken
        return True
