"""Who reports events: every part that brings sources says here which there are."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from .const import ALARM_SOURCE, DOMAIN, HOUSE_SOURCE
from .coordinator import CameraCoordinator
from .guard import AlarmKind, Guard
from .models import SourceInfo, SourceKind
from .publish.source_views import SourceView
from .sources import async_camera_entity_id
from .vision.zones import ZoneKind


class SourceProvider(Protocol):
    """A part of the integration that brings sources; asked on the event loop."""

    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of one of its sources, or None if it is not its own."""

    def async_views(self) -> Iterable[SourceView]:
        """Return what clients are told of its sources."""


class SourceDirectory:
    """All sources, whoever brings them; their ids are unique."""

    def __init__(self) -> None:
        """Initialize an empty directory."""
        self._providers: list[SourceProvider] = []

    @callback
    def async_add(self, provider: SourceProvider) -> None:
        """Add one who brings sources, which may come and go."""
        self._providers.append(provider)

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of their source, or None if it is gone."""
        for provider in self._providers:
            if (info := provider.async_info(source_id)) is not None:
                return info
        return None

    @callback
    def async_views(self) -> dict[str, SourceView]:
        """Return what clients are told of all sources, by their ids."""
        return {
            view.info.source_id: view
            for provider in self._providers
            for view in provider.async_views()
        }


class CameraSources:
    """The cameras."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        cameras: Mapping[str, CameraCoordinator],
    ) -> None:
        """Initialize with the cameras there are at any time, by their subentries."""
        self._hass = hass
        self._entry = entry
        self._cameras = cameras

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of a camera."""
        for camera in self._cameras.values():
            if camera.camera.source_id == source_id:
                return self._async_describe(camera)
        return None

    @callback
    def async_views(self) -> Iterable[SourceView]:
        """Return what clients are told of the cameras."""
        for camera in self._cameras.values():
            info = self._async_describe(camera)
            config = camera.camera
            yield SourceView(
                info=info,
                kind=SourceKind.CAMERA,
                area=async_area_name(self._hass, info.area_id),
                zones=tuple(
                    zone.name
                    for zone in config.settings.zones
                    if zone.kind is ZoneKind.INCLUDE
                ),
                online=camera.data.online,
                detecting=camera.data.detecting,
                camera_entity_id=None if config.camera is None else info.entity_id,
            )

    @callback
    def _async_describe(self, camera: CameraCoordinator) -> SourceInfo:
        """Return what events carry of a camera."""
        config = camera.camera
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, config.subentry_id), self._entry.entry_id
        )
        if config.camera is not None:
            entity_id = async_camera_entity_id(self._hass, config.camera)
        else:
            entity_id = er.async_get(self._hass).async_get_entity_id(
                "event", DOMAIN, f"{config.subentry_id}_activity"
            )
        return SourceInfo(
            source_id=config.source_id,
            name=config.name,
            entity_id=entity_id,
            device_id=None if device is None else device.id,
            area_id=None if device is None else device.area_id,
        )


class HouseSource:
    """The house itself: of what no camera saw. Only administrators know of it."""

    def __init__(self, entry: ConfigEntry) -> None:
        """Initialize with the hub's entry, whose title it has."""
        self._entry = entry

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of the house."""
        if source_id != HOUSE_SOURCE:
            return None
        return SourceInfo(source_id=HOUSE_SOURCE, name=self._entry.title)

    @callback
    def async_views(self) -> Iterable[SourceView]:
        """Return nothing: there is nothing of it to choose."""
        return ()


class AlarmSource:
    """The alarm, where it is our own."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, guard: Guard) -> None:
        """Initialize with the alarm, which may be another's at any time."""
        self._hass = hass
        self._entry = entry
        self._guard = guard

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of the alarm."""
        if source_id != ALARM_SOURCE:
            return None
        hub = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, self._entry.entry_id), self._entry.entry_id
        )
        entity_id = er.async_get(self._hass).async_get_entity_id(
            "alarm_control_panel", DOMAIN, f"{self._entry.entry_id}_alarm"
        )
        return SourceInfo(
            source_id=ALARM_SOURCE,
            name="Alarm",
            entity_id=entity_id,
            device_id=None if hub is None else hub.id,
            area_id=None if hub is None else hub.area_id,
        )

    @callback
    def async_views(self) -> Iterable[SourceView]:
        """Return what clients are told of the alarm."""
        info = self.async_info(ALARM_SOURCE)
        if info is not None and self._guard.settings.kind is AlarmKind.OWN:
            area = async_area_name(self._hass, info.area_id)
            yield SourceView(info=info, kind=SourceKind.ALARM, area=area)


@callback
def async_area_name(hass: HomeAssistant, area_id: str | None) -> str | None:
    """Return the name of an area, or None if there is none."""
    area = None if area_id is None else ar.async_get(hass).async_get_area(area_id)
    return None if area is None else area.name
