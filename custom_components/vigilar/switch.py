"""Switch platform for the Vigilar integration."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity
from .runtime import VigilarConfigEntry, VigilarRuntime

PARALLEL_UPDATES = 1

DETECTION = SwitchEntityDescription(
    key="detection",
    translation_key="detection",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the detection switch of each camera."""
    runtime = entry.runtime_data
    runtime.async_add_per_camera(
        async_add_entities, lambda camera: [DetectionSwitch(runtime, camera)]
    )


class DetectionSwitch(VigilarCameraEntity, SwitchEntity):
    """Whether a camera is watched."""

    entity_description = DETECTION

    def __init__(self, runtime: VigilarRuntime, coordinator: CameraCoordinator) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, DETECTION.key)
        self._runtime = runtime

    @property
    @override
    def available(self) -> bool:
        """Return True: a camera that is offline can be switched, too."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the camera is watched."""
        return self.coordinator.data.detecting

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Begin to watch."""
        await self._runtime.async_set_detecting(self.coordinator, True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop to watch."""
        await self._runtime.async_set_detecting(self.coordinator, False)
