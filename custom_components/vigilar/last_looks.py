"""Keeps with each camera the picture of its last event, over restarts and deletions."""

from collections.abc import Mapping
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .coordinator import CameraCoordinator, Snapshot
from .events.classifier import is_test
from .events.store import StoreError
from .media.library import MediaLibrary
from .models import Change, ChangeKind, Event

_LOGGER = logging.getLogger(__name__)


class LastLooks:
    """Shows the cameras what is kept of their events."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        library: MediaLibrary,
        cameras: Mapping[str, CameraCoordinator],
    ) -> None:
        """Follow the library's looks from now on.

        Args:
            hass: Home Assistant.
            entry: Its tasks end with it.
            library: Keeps the pictures.
            cameras: Those that there are, whenever it is asked.
        """
        self._hass = hass
        self._entry = entry
        self._library = library
        self._cameras = cameras
        library.on_look = self._async_show

    async def async_recall(self) -> None:
        """Show every camera what the last life has kept.

        Raises:
            StoreError: The event database fails.
        """
        for camera in self._cameras.values():
            await self._async_recall(camera)

    @callback
    def publish(self, change: Change) -> None:
        """Let go of the picture of an event that was deleted."""
        if change.kind is not ChangeKind.DELETED:
            return
        for camera in self._cameras.values():
            shown = camera.data.snapshot
            if shown is not None and shown.event_id == change.event.id:
                self._entry.async_create_task(
                    self._hass, self._async_replace(camera), "vigilar last look"
                )

    async def _async_replace(self, camera: CameraCoordinator) -> None:
        """Show the picture of the event before."""
        camera.async_show_snapshot(None)
        try:
            await self._async_recall(camera)
        except StoreError as err:
            _LOGGER.warning("The picture of the last event could not be read: %s", err)

    async def _async_recall(self, camera: CameraCoordinator) -> None:
        """Show a camera the newest picture that is kept of it, unless there is a newer."""
        found = await self._library.newest_snapshot(camera.camera.source_id)
        if found is not None and camera.data.snapshot is None:
            event, jpeg = found
            taken = dt_util.utc_from_timestamp(event.ts / 1000)
            camera.async_show_snapshot(Snapshot(jpeg, taken, event.id))

    @callback
    def _async_show(self, event: Event, jpeg: bytes) -> None:
        """Show the best look so far; nobody looks at what was made up."""
        if is_test(event):
            return
        for camera in self._cameras.values():
            if camera.camera.source_id == event.source_id:
                camera.async_show_snapshot(Snapshot(jpeg, dt_util.utcnow(), event.id))
