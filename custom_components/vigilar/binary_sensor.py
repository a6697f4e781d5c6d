"""Binary sensor platform for the Vigilar integration."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import CameraCoordinator
from .entity import VigilarCameraEntity
from .events.classifier import RAISING_TYPES
from .inbound.site import RemoteSite
from .remote_sites import CONNECTED_KEY, RemoteSites
from .runtime import VigilarConfigEntry

PARALLEL_UPDATES = 0

MOTION = BinarySensorEntityDescription(
    key="motion", device_class=BinarySensorDeviceClass.MOTION
)
PRESENCES = tuple(
    BinarySensorEntityDescription(
        key=f"presence_{label.value}",
        translation_key=f"presence_{label.value}",
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        entity_registry_enabled_default=False,
    )
    for label in RAISING_TYPES
)
PROBLEM = BinarySensorEntityDescription(
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)
CONNECTED = BinarySensorEntityDescription(
    key=CONNECTED_KEY, device_class=BinarySensorDeviceClass.CONNECTIVITY
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of each camera and of each remote site."""
    entry.runtime_data.async_add_per_camera(
        async_add_entities,
        lambda camera: [
            MotionBinarySensor(camera),
            ProblemBinarySensor(camera),
            *(
                PresenceBinarySensor(camera, description, label.value)
                for description, label in zip(PRESENCES, RAISING_TYPES, strict=True)
            ),
        ],
    )
    sites = entry.runtime_data.remote_sites
    sites.async_add_per_site(
        async_add_entities, lambda site: [SiteBinarySensor(sites, site)]
    )


class MotionBinarySensor(VigilarCameraEntity, BinarySensorEntity):
    """On while an event of movement goes on: no event, no motion."""

    entity_description = MOTION

    def __init__(self, coordinator: CameraCoordinator) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, MOTION.key)

    @property
    @override
    def available(self) -> bool:
        """Return whether anybody looks."""
        return self.coordinator.data.online

    @property
    @override
    def is_on(self) -> bool:
        """Return whether something moves."""
        return bool(self.coordinator.data.open_movements)


class PresenceBinarySensor(VigilarCameraEntity, BinarySensorEntity):
    """On while something of a class moves before a camera."""

    def __init__(
        self,
        coordinator: CameraCoordinator,
        description: BinarySensorEntityDescription,
        label: str,
    ) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._label = label

    @property
    @override
    def available(self) -> bool:
        """Return whether anybody looks, and knows what it sees."""
        return self.coordinator.data.online and self.coordinator.recognizing

    @property
    @override
    def is_on(self) -> bool:
        """Return whether something of the class is there."""
        return self._label in self.coordinator.data.present


class ProblemBinarySensor(VigilarCameraEntity, BinarySensorEntity):
    """On while a camera is lost or does not see what it should."""

    entity_description = PROBLEM

    def __init__(self, coordinator: CameraCoordinator) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, PROBLEM.key)

    @property
    @override
    def available(self) -> bool:
        """Return True: that a camera is offline is the problem itself."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether somebody should look after the camera."""
        return self.coordinator.data.lost or bool(self.coordinator.data.open_tampering)


class SiteBinarySensor(BinarySensorEntity):
    """On while another house is there; unavailable while nobody can tell."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description = CONNECTED

    def __init__(self, sites: RemoteSites, site: RemoteSite) -> None:
        """Initialize the entity."""
        self._sites = sites
        self._subentry_id = site.config.subentry_id
        self._attr_unique_id = f"{self._subentry_id}_{CONNECTED.key}"
        self._attr_device_info = sites.async_device_info(site.config)

    @property
    @override
    def available(self) -> bool:
        """Return whether the house has said how it is."""
        return self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the house is there."""
        site = self._sites.sites.get(self._subentry_id)
        return None if site is None else site.online

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the site."""
        self.async_on_remove(self._sites.async_listen(self.async_write_ha_state))
