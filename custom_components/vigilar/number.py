"""Number platform for the Vigilar integration."""

from typing import override

from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import MAX_SENSITIVITY, MIN_SENSITIVITY
from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity
from .runtime import VigilarConfigEntry, VigilarRuntime

PARALLEL_UPDATES = 1

SENSITIVITY = NumberEntityDescription(
    key="sensitivity",
    translation_key="sensitivity",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
    native_min_value=MIN_SENSITIVITY,
    native_max_value=MAX_SENSITIVITY,
    native_step=1,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensitivity of each camera."""
    runtime = entry.runtime_data
    runtime.async_add_per_camera(
        async_add_entities, lambda camera: [SensitivityNumber(runtime, camera)]
    )


class SensitivityNumber(VigilarCameraEntity, NumberEntity):
    """How little movement a camera reports; the same as in its form."""

    entity_description = SENSITIVITY

    def __init__(self, runtime: VigilarRuntime, coordinator: CameraCoordinator) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, SENSITIVITY.key)
        self._runtime = runtime

    @property
    @override
    def available(self) -> bool:
        """Return True: a camera that is offline can be set, too."""
        return True

    @property
    @override
    def native_value(self) -> float:
        """Return the sensitivity that is set."""
        return self.coordinator.camera.settings.sensitivity

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change it without a new connection."""
        await self._runtime.async_set_sensitivity(self.coordinator, round(value))
