"""One coordinator a camera: owns its worker, holds its state."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .camera_source import source_opener
from .const import (
    DOMAIN,
    ISSUE_AUTH_FAILED,
    ISSUE_CAMERA_MISSING,
    ISSUE_CAMERA_UNREACHABLE,
    MIN_SENSITIVITY,
)
from .events.clock import wall_ms
from .events.processor import EventProcessor
from .events.query import EventQuery
from .events.store import EventStore
from .media.recorder import Recorder
from .models import (
    BlindReason,
    Change,
    ChangeKind,
    EventType,
    Observation,
    ObservationKind,
)
from .sources import CameraConfig, async_camera_entity_id
from .vision.analyzer import AnalyzerSettings
from .vision.inference import InferenceThread
from .vision.luma import LumaMemory
from .vision.observing import Observer
from .vision.reader import StreamReader
from .vision.source import SourceFailure
from .vision.worker import CameraWorker, WorkerStats

_LOGGER = logging.getLogger(__name__)

JOIN_TIMEOUT_S = 5.0
# A camera that restarts or is moved is back before; then somebody has to look after it.
UNREACHABLE_AFTER_S = 1800.0

CAMERA_ISSUES = (ISSUE_AUTH_FAILED, ISSUE_CAMERA_MISSING, ISSUE_CAMERA_UNREACHABLE)

MOVEMENT_TYPES = frozenset(
    {EventType.MOTION, EventType.PERSON, EventType.VEHICLE, EventType.ANIMAL}
)


MOTION_KINDS = frozenset(
    {
        ObservationKind.MOTION_STARTED,
        ObservationKind.MOTION_UPDATED,
        ObservationKind.MOTION_ENDED,
    }
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The best look at the last event.

    Attributes:
        jpeg: Encoded picture in full resolution.
        taken: When it reached us; of one of before the start, when its event began.
        event_id: The event.
    """

    jpeg: bytes
    taken: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class CameraState:
    """What the entities of a camera show.

    Attributes:
        online: Frames arrive.
        detecting: A user wants this camera watched.
        lost: The stream is gone for longer than a hiccup.
        open_movements: Ids of the events of movement that are going on.
        open_tampering: Ids of the events of a camera that does not see what it should.
        present: Labels of what moves there now.
        last_movement: When something moved last, as far as stored, Unix
            milliseconds; None if nothing ever did.
        snapshot: The best look at the last event, or None before the first.
    """

    online: bool = False
    detecting: bool = True
    lost: bool = False
    open_movements: frozenset[str] = frozenset()
    open_tampering: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    last_movement: int | None = None
    snapshot: Snapshot | None = None


def _follow(open_events: frozenset[str], change: Change) -> frozenset[str]:
    """Return the ids of the open events of a kind after a change of one."""
    # An event that is over may still get an update: its clip is ready.
    if change.kind is not ChangeKind.DELETED and change.event.payload["end_ts"] is None:
        return open_events | {change.event.id}
    return open_events - {change.event.id}


class CameraCoordinator(DataUpdateCoordinator[CameraState]):
    """Runs one camera's worker and hands what it sees to the processor."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        camera: CameraConfig,
        *,
        processor: EventProcessor,
        store: EventStore,
        inference: InferenceThread,
        recorder: Recorder,
        detecting: bool,
    ) -> None:
        """Initialize a camera that does not run yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=camera.source_id,
            update_interval=None,
        )
        self.data = CameraState(detecting=detecting)
        self.camera = camera
        self.heartbeats = 0
        self.recorder = recorder
        self._processor = processor
        self._store = store
        self._inference = inference
        self._worker: CameraWorker | None = None
        self._second_reader: StreamReader | None = None
        self._change_listeners: set[Callable[[Change], None]] = set()
        self.memory = LumaMemory()
        self._observers: dict[Observer, Callable[[], None]] = {
            self.memory: lambda: None
        }
        self._loss_logged = False
        self._cancel_unreachable: CALLBACK_TYPE | None = None
        self._rate = 1.0
        self._calm = 0
        self._spent_cpu_s = 0.0

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds that all workers of this camera have used so far."""
        running = 0.0 if self._worker is None else self._worker.cpu_s
        return self._spent_cpu_s + running

    @property
    def recognizing(self) -> bool:
        """Return whether anybody finds out what moves."""
        return self._inference.ready

    @property
    def rate(self) -> float:
        """Return the share (0-1) of the frames a second that are analysed."""
        return self._rate

    @property
    def settings(self) -> AnalyzerSettings:
        """Return how the camera is analysed now: as it is set, or less sensitively."""
        settings = self.camera.settings
        sensitivity = max(MIN_SENSITIVITY, settings.sensitivity - self._calm)
        return replace(settings, sensitivity=sensitivity)

    @property
    def stats(self) -> WorkerStats | None:
        """Return the worker's own figures, or None while it does not run."""
        return None if self._worker is None else self._worker.stats

    async def async_start(self) -> None:
        """Start to watch, unless detection is switched off."""
        if not self.data.detecting:
            await self._async_begin_blind()
            return
        self._worker = CameraWorker(
            self.camera.source_id,
            source_opener(self.hass, camera=self.camera.camera, url=self.camera.url),
            self.settings,
            self._receive,
            self._inference.desk(self.camera.source_id),
            tap=self.recorder,
        )
        self._worker.limit(self._rate)
        self._worker.show(tuple(self._observers))
        self._worker.start()
        if (second := self.camera.second) is not None:
            self._second_reader = StreamReader(
                self.camera.source_id,
                source_opener(self.hass, camera=second.camera, url=second.url),
                self.recorder.second,
                None if second.always else self.recorder.needed,
            )
            self._second_reader.start()

    async def async_stop(self) -> None:
        """Stop to watch; the thread is gone or ending when this returns."""
        self._async_withdraw_notice()
        worker, self._worker = self._worker, None
        if worker is None:
            return
        second, self._second_reader = self._second_reader, None
        threads: list[CameraWorker | StreamReader] = [worker]
        if second is not None:
            threads.append(second)
        for thread in threads:
            thread.request_stop()
        for thread in threads:
            if not await self.hass.async_add_executor_job(thread.join, JOIN_TIMEOUT_S):
                _LOGGER.debug("%s is still waiting for a stream", self.camera.source_id)
        self._spent_cpu_s += worker.cpu_s
        self.async_set_updated_data(
            replace(self.data, online=False, lost=False, present=frozenset())
        )

    async def async_reconfigure(self, camera: CameraConfig) -> None:
        """Go on with other settings.

        Only another source of pictures interrupts the camera; how they are
        analysed changes between two of them.
        """
        same_pictures = self.camera.same_pictures(camera)
        if not same_pictures:
            await self._async_stop_watching("the settings were changed")
        self.camera = camera
        self.recorder.configure(camera.recording)
        self._async_rename_device()
        if not same_pictures:
            self.async_clear_issues()
            await self.async_start()
        elif self._worker is not None:
            self._worker.configure(self.settings)
        self.async_update_listeners()

    async def async_restart(self) -> None:
        """Begin anew with the same settings."""
        await self._async_stop_watching("the analysis was restarted")
        await self.async_start()

    @callback
    def async_limit(self, rate: float) -> None:
        """Analyse a share (above 0, at most 1) of the frames a second that are set."""
        if rate == self._rate:
            return
        self._rate = rate
        if self._worker is not None:
            self._worker.limit(rate)

    @callback
    def async_calm(self, steps: int) -> None:
        """Be so many steps less sensitive than is set, from now on."""
        self._calm = steps
        if self._worker is not None:
            self._worker.configure(self.settings)

    @callback
    def async_show(
        self, observer: Observer, on_end: Callable[[], None]
    ) -> CALLBACK_TYPE:
        """Let somebody look on while this camera is analysed.

        Args:
            observer: Looks on, on the camera's thread.
            on_end: Called when there will be nothing to see any more.

        Returns:
            Ends it; harmless when called again.
        """
        self._observers[observer] = on_end
        self._async_show_observers()

        @callback
        def _look_away() -> None:
            if self._observers.pop(observer, None) is not None:
                self._async_show_observers()

        return _look_away

    @callback
    def _async_show_observers(self) -> None:
        """Let the worker know who looks on."""
        if self._worker is not None:
            self._worker.show(tuple(self._observers))

    @callback
    def async_dismiss(self) -> None:
        """Tell those who look on that there is nothing to see any more."""
        for on_end in list(self._observers.values()):
            on_end()

    async def async_set_detecting(self, detecting: bool) -> None:
        """Switch detection on or off."""
        if detecting == self.data.detecting:
            return
        self.data = replace(self.data, detecting=detecting)
        if detecting:
            await self._store.end_blind(
                self.camera.source_id, BlindReason.DETECTION_OFF, wall_ms()
            )
            await self.async_start()
        else:
            await self._async_stop_watching("detection was switched off")
            await self._async_begin_blind()
        self.async_update_listeners()

    async def async_remove(self) -> None:
        """Stop for good: the camera is being removed."""
        self.async_dismiss()
        await self._async_stop_watching("the camera was removed")
        self.recorder.close()
        self.async_clear_issues()
        await self.async_shutdown()

    @callback
    def _async_rename_device(self) -> None:
        """Let the device carry the camera's name; entities only name a new one."""
        assert self.config_entry is not None
        registry = dr.async_get(self.hass)
        device = registry.async_get_device_by_identifier(
            (DOMAIN, self.camera.subentry_id), self.config_entry.entry_id
        )
        if device is not None:
            registry.async_update_device(device.id, name=self.camera.name)

    async def _async_stop_watching(self, why: str) -> None:
        """Stop the worker and end what was going on."""
        await self.async_stop()
        await self._processor.end_open(self.camera.source_id, why, wall_ms())

    async def _async_begin_blind(self) -> None:
        """Record that from now on nobody watches this camera."""
        await self._store.begin_blind(
            self.camera.source_id, BlindReason.DETECTION_OFF, wall_ms()
        )

    def _receive(self, observation: Observation) -> None:
        """Carry an observation from the camera's thread into the loop."""
        try:
            self.hass.loop.call_soon_threadsafe(self._async_receive, observation)
        except RuntimeError:
            # The loop closed under us: Home Assistant has ended.
            _LOGGER.debug("%s outlived the event loop", self.camera.source_id)

    @callback
    def _async_receive(self, observation: Observation) -> None:
        """Take over what can be seen at once and pass the rest on."""
        if self._worker is None:
            return
        state = self.data
        if observation.kind == ObservationKind.CAMERA_ONLINE:
            self._async_note_return()
            state = replace(state, online=True, lost=False)
        elif observation.kind == ObservationKind.CAMERA_OFFLINE:
            self._async_note_loss(observation.reason)
            state = replace(state, online=False, lost=True)
        elif observation.kind == ObservationKind.HEARTBEAT:
            self.heartbeats += 1
        elif observation.kind in MOTION_KINDS:
            present = frozenset(observation.present)
            if present != state.present:
                state = replace(state, present=present)
        if state is not self.data:
            self.async_set_updated_data(state)
        self._processor.submit(observation)

    @callback
    def async_show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Show the best look at the last event, or none any more."""
        self.async_set_updated_data(replace(self.data, snapshot=snapshot))

    @callback
    def async_handle_change(self, change: Change) -> None:
        """Follow a stored change of one of this camera's events."""
        state = self.data
        if change.event.type in MOVEMENT_TYPES:
            state = replace(
                state,
                open_movements=_follow(state.open_movements, change),
                last_movement=max(
                    state.last_movement or 0,
                    change.event.payload.get("end_ts") or change.event.ts,
                ),
            )
        elif change.event.type is EventType.CAMERA_TAMPERED:
            state = replace(state, open_tampering=_follow(state.open_tampering, change))
        if state != self.data:
            self.async_set_updated_data(state)
        for listener in list(self._change_listeners):
            listener(change)

    async def async_recall(self) -> None:
        """Read from the store when something moved last.

        Raises:
            StoreError: It cannot be read.
        """
        for event in await self._store.page(
            EventQuery(
                source_ids=frozenset({self.camera.source_id}), types=MOVEMENT_TYPES
            ),
            limit=1,
        ):
            ended = event.payload["end_ts"] or event.ts
            self.data = replace(self.data, last_movement=ended)

    @callback
    def async_subscribe_changes(
        self, listener: Callable[[Change], None]
    ) -> CALLBACK_TYPE:
        """Call the listener with every stored change of this camera's events."""
        self._change_listeners.add(listener)

        @callback
        def _unsubscribe() -> None:
            self._change_listeners.discard(listener)

        return _unsubscribe

    @callback
    def _async_note_loss(self, reason: str) -> None:
        """Log a loss once and tell the user what only a user can mend."""
        if not self._loss_logged:
            self._loss_logged = True
            _LOGGER.warning("Camera %s is offline: %s", self.camera.name, reason)
        stats = self.stats
        if stats is not None and stats.failure is SourceFailure.AUTH_FAILED:
            self._async_create_issue(ISSUE_AUTH_FAILED)
        elif self.camera.camera is not None and (
            async_camera_entity_id(self.hass, self.camera.camera) is None
        ):
            self._async_create_issue(ISSUE_CAMERA_MISSING)
        elif self._cancel_unreachable is None:
            self._cancel_unreachable = async_call_later(
                self.hass, UNREACHABLE_AFTER_S, self._async_give_notice
            )

    @callback
    def _async_withdraw_notice(self) -> None:
        """Do not wait any more to tell the user that it is away."""
        if self._cancel_unreachable is not None:
            self._cancel_unreachable()
            self._cancel_unreachable = None

    @callback
    def _async_give_notice(self, _now: datetime) -> None:
        """Tell the user of a camera that has not come back by itself."""
        self._cancel_unreachable = None
        self._async_create_issue(ISSUE_CAMERA_UNREACHABLE)

    @callback
    def _async_note_return(self) -> None:
        """Log a return once and withdraw what it has mended."""
        if self._loss_logged:
            self._loss_logged = False
            _LOGGER.info("Camera %s is back", self.camera.name)
        self.async_clear_issues()

    @callback
    def _async_create_issue(self, issue: str) -> None:
        """Open a repair issue about this camera."""
        assert self.config_entry is not None
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{issue}_{self.camera.subentry_id}",
            data={
                "entry_id": self.config_entry.entry_id,
                "subentry_id": self.camera.subentry_id,
            },
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=issue,
            translation_placeholders={"name": self.camera.name},
        )

    @callback
    def async_clear_issues(self) -> None:
        """Withdraw the repair issues about this camera, and the one to come."""
        self._async_withdraw_notice()
        for issue in CAMERA_ISSUES:
            ir.async_delete_issue(
                self.hass, DOMAIN, f"{issue}_{self.camera.subentry_id}"
            )
