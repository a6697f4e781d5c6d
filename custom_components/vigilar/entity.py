"""Base entity of the Vigilar integration."""

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import CameraCoordinator
from .governor import Governor


class VigilarCameraEntity(CoordinatorEntity[CameraCoordinator]):
    """Belongs to the device of one camera."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: CameraCoordinator, key: str) -> None:
        """Initialize the entity."""
        super().__init__(coordinator)
        camera = coordinator.camera
        self._attr_unique_id = f"{camera.subentry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, camera.subentry_id)},
            name=camera.name,
            manufacturer="Vigilar",
            via_device_id=self._hub_device_id(),
        )

    @callback
    def _hub_device_id(self) -> str:
        """Return the registry id of the hub's device."""
        entry = self.coordinator.config_entry
        assert entry is not None
        return dr.async_get_device_id_by_identifier(
            self.coordinator.hass,
            (DOMAIN, entry.entry_id),
            config_entry_id=entry.entry_id,
        )


class VigilarHubEntity(CoordinatorEntity[Governor]):
    """Belongs to the device of the hub."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: Governor, key: str) -> None:
        """Initialize the entity."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        assert entry is not None
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})
