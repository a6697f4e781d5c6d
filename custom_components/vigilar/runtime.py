"""The parts of one config entry and their life cycle."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store

from . import object_model, panel, runtime_extras
from .broker_watch import BrokerWatch
from .const import (
    CONF_INCIDENT_WINDOW,
    CONF_INCIDENTS,
    CONF_MQTT,
    CONF_MQTT_PREFIX,
    CONF_PANEL,
    CONF_RETENTION_DAYS,
    CONF_SENSITIVITY,
    DATABASE_FILE,
    DEFAULT_INCIDENT_WINDOW,
    DEFAULT_MQTT_PREFIX,
    DEFAULT_RETENTION_DAYS,
    DOMAIN,
    ISSUE_DATABASE_MOVED_ASIDE,
    SUBENTRY_CAMERA,
    SUBENTRY_RECIPIENT,
)
from .coordinator import JOIN_TIMEOUT_S, CameraCoordinator
from .events.audit import AuditLog
from .events.clock import wall_ms
from .events.incidents import MAX_LENGTH_MS
from .events.processor import EventProcessor
from .events.query import EventQuery
from .events.severity import Situation
from .events.store import EventStore, StoreError
from .foul_weather import Weather
from .governor import Governor
from .guard import Guard, GuardSettings
from .inbound.observing import ObserveListener
from .last_looks import LastLooks
from .luma_keeper import LumaKeeper
from .media.exports import Exports
from .media.library import MediaLibrary, Trouble
from .media.recorder import MediaWriter, Recorder
from .media.sink import LibrarySink
from .media.sweep import sweep
from .media_options import event_cutoffs, media_policy, media_root
from .models import Change, SourceInfo
from .onboard import Onboard
from .publish.bus import BusPublisher
from .publish.mqtt import MqttPublisher
from .publish.notify import PhoneNotifier
from .publish.phone.recipient import Recipient
from .publish.subscriptions import Timeline
from .remote_sites import RemoteSites
from .sensors import Sensors
from .source_directory import AlarmSource, CameraSources, HouseSource, SourceDirectory
from .sources import CameraConfig, tuned
from .surroundings import Surroundings
from .tuning_replay import Replays
from .vision.inference import InferenceThread
from .vision.luma import LumaMemory
from .vision.objects import load_detector
from .vision.zones import Zone
from .walking import WalkTest

_LOGGER = logging.getLogger(__name__)

ALIVE_INTERVAL = timedelta(seconds=10)
MEDIA_INTERVAL = timedelta(minutes=1)
HOUSEKEEPING_INTERVAL = timedelta(hours=1)
# A client or a broker that was away for longer starts anew.
JOURNAL_DAYS = 7
MS_PER_DAY = 86_400_000
# So many of the newest events a start looks at for incidents that still run.
RESUMED = 200

type VigilarConfigEntry = ConfigEntry[VigilarRuntime]


@dataclass(slots=True)
class DetectionSwitches:
    """Which cameras a user has switched off; survives a restart."""

    _store: Store[dict[str, list[str]]]
    _off: set[str] = field(default_factory=set)

    async def async_load(self) -> None:
        """Read what was saved."""
        if (saved := await self._store.async_load()) is not None:
            self._off = set(saved["off"])

    def is_on(self, subentry_id: str) -> bool:
        """Return whether a camera is to be watched."""
        return subentry_id not in self._off

    async def async_set(self, subentry_id: str, on: bool) -> None:
        """Save a change at once: a crash must not switch a camera back on."""
        if on:
            self._off.discard(subentry_id)
        else:
            self._off.add(subentry_id)
        await self._store.async_save({"off": sorted(self._off)})


class VigilarRuntime:
    """Builds the one path for a config entry, starts it and stops it."""

    def __init__(self, hass: HomeAssistant, entry: VigilarConfigEntry) -> None:
        """Build the parts; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.cameras: dict[str, CameraCoordinator] = {}
        self.store = EventStore(f"sqlite:///{hass.config.path(DATABASE_FILE)}")
        self.sources = SourceDirectory()
        self.processor = EventProcessor(self.store, self.sources.async_info)
        self.audit = AuditLog(self.store)
        self.timeline = Timeline(hass, self.store, self.sources.async_views)
        self.guard = Guard(hass, entry, self.processor.submit)
        self.phones = PhoneNotifier(
            hass,
            self.store,
            revise=self.processor.revise,
            panel=self.guard,
            audit=self.audit,
        )
        self._model_folder = object_model.model_folder(hass, entry.options)
        self.inference = InferenceThread(lambda: load_detector(self._model_folder))
        self.library = MediaLibrary(
            self.store,
            self.processor,
            recorder_of=self._async_recorder_of,
            report=self._async_report_media,
        )
        self.processor.media = self.library
        self.looks = LastLooks(hass, entry, self.library, self.cameras)
        self.exports = Exports(self.store, self.library, self._async_recorder_of)
        self.lumas = LumaKeeper(
            self.library,
            self._async_memory_of,
            partial(entry.async_create_background_task, hass),
        )
        self.replays = Replays(self.store, self.lumas)
        self._writer = MediaWriter()
        self._sink = LibrarySink(self.library, hass.loop)
        self.governor = Governor(
            hass,
            entry,
            self.cameras.values,
            lambda: self.inference.cpu_s + self._writer.cpu_s,
        )
        self.sources.async_add(CameraSources(hass, entry, self.cameras))
        self.sources.async_add(AlarmSource(hass, entry, self.guard))
        self.sources.async_add(HouseSource(entry))
        self.sensors = Sensors(hass, entry, self.processor, self._async_refresh)
        self.sources.async_add(self.sensors)
        self.surroundings = Surroundings(
            hass, lambda: self.guard.mode, lambda: entry.options
        )
        self.weather = Weather(hass, lambda: entry.options, self._async_calm)
        self.walk = WalkTest(hass, self.phones)
        self.processor.situation_of = self._async_situation
        self.mqtt: MqttPublisher | None = None
        self.observing: ObserveListener | None = None
        self.remote_sites = RemoteSites(
            hass, entry, self.processor, self.timeline.async_refresh_sources
        )
        self.sources.async_add(self.remote_sites)
        self._broker = BrokerWatch(hass, self.remote_sites.async_set_connected)
        self._switches = DetectionSwitches(Store(hass, 1, f"{DOMAIN}.detection"))
        self.onboard = Onboard(hass, entry, self.processor.submit, self._switches.is_on)
        self._camera_listeners: list[Callable[[CameraCoordinator], None]] = []
        self._reconciling = asyncio.Lock()
        self._stop_timers: list[CALLBACK_TYPE] = []
        self._remove_mqtt: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Open the store, connect the publishers and create the cameras.

        Raises:
            StoreError: The event database cannot be used.
        """
        self._writer.start()
        await self._switches.async_load()
        opening = await self.store.open(now=wall_ms())
        if opening.moved_aside is not None:
            self._async_report_moved_aside(str(opening.moved_aside))
        self.library.retention.policy = media_policy(self.entry.options)
        await self.library.open(media_root(self.hass, self.entry.options))
        await self.exports.open()
        for publisher, publish in (
            ("bus", BusPublisher(self.hass).publish),
            ("media", self.library.publish),
            ("luma", self.lumas.publish),
            ("timeline", self.timeline.publish),
            ("phones", self.phones.publish),
            ("entities", self._async_publish_to_entities),
            ("alarm", self.guard.publish),
            ("looks", self.looks.publish),
        ):
            self.processor.add_publisher(publisher, publish)
        self._async_apply_incidents()
        self.processor.start()
        self.surroundings.async_start()
        await self.guard.async_start()
        for subentry in self.entry.get_subentries_of_type(SUBENTRY_CAMERA):
            camera = self._async_create_camera(CameraConfig.from_subentry(subentry))
            await camera.async_recall()
        await self.looks.async_recall()
        await self._async_resume_incidents()
        for change in opening.closed:
            BusPublisher(self.hass).publish(change)
        self._async_apply_recipients()
        await self.phones.async_start()
        self._broker.async_start()
        await self.remote_sites.async_start()
        await self._async_apply_options()
        self.timeline.async_start()

    async def async_start_watching(self) -> None:
        """Start the cameras and the housekeeping; the entities exist by now."""
        await asyncio.gather(
            *(camera.async_start() for camera in self.cameras.values())
        )
        await self.sensors.async_reconcile()
        self.onboard.async_reconcile()
        self.governor.async_start()
        self._stop_timers = [
            async_track_time_interval(
                self.hass, self._async_mark_alive, ALIVE_INTERVAL
            ),
            async_track_time_interval(
                self.hass, self._async_keep_house, HOUSEKEEPING_INTERVAL
            ),
            async_track_time_interval(
                self.hass, self._async_tidy_media, MEDIA_INTERVAL
            ),
        ]
        self.entry.async_create_background_task(
            self.hass, self._async_install_extras(), "vigilar extras"
        )
        self.entry.async_create_background_task(
            self.hass, self._async_keep_house(), "vigilar housekeeping"
        )
        self.entry.async_create_background_task(
            self.hass, self._async_sweep_media(), "vigilar media sweep"
        )

    async def async_stop(self) -> None:
        """Stop everything; nothing of it is left when this returns."""
        self.governor.async_stop()
        self.surroundings.async_stop()
        self.sensors.async_stop()
        self.onboard.async_stop()
        self.weather.async_stop()
        self.walk.async_end()
        self.guard.async_stop()
        self._broker.async_stop()
        self._async_stop_observing()
        await self.remote_sites.async_stop()
        while self._stop_timers:
            self._stop_timers.pop()()
        for camera in self.cameras.values():
            camera.async_dismiss()
        await self.replays.async_stop()
        await asyncio.gather(*(camera.async_stop() for camera in self.cameras.values()))
        self.inference.request_stop()
        await self.hass.async_add_executor_job(self.inference.join, JOIN_TIMEOUT_S)
        await self._async_stop_recording()
        await self.processor.stop()
        self.timeline.close()
        await self.phones.async_stop()
        await self._async_stop_mqtt()
        await self.audit.close()
        await self.store.close()

    async def _async_stop_recording(self) -> None:
        """Complete the clips as they are, and keep them."""
        await self.exports.close()
        for camera in self.cameras.values():
            camera.recorder.close()
        await self.hass.async_add_executor_job(self._writer.close)
        await self.library.close()

    @callback
    def async_add_per_camera(
        self,
        async_add_entities: AddConfigEntryEntitiesCallback,
        create: Callable[[CameraCoordinator], list[Entity]],
    ) -> None:
        """Add entities for every camera there is and every one to come."""

        @callback
        def _async_add(camera: CameraCoordinator) -> None:
            async_add_entities(
                create(camera), config_subentry_id=camera.camera.subentry_id
            )

        self._camera_listeners.append(_async_add)
        for camera in self.cameras.values():
            _async_add(camera)

    async def async_set_detecting(self, camera: CameraCoordinator, on: bool) -> None:
        """Switch one camera's detection and remember it."""
        await self._switches.async_set(camera.camera.subentry_id, on)
        await camera.async_set_detecting(on)
        self._async_refresh()

    async def async_set_sensitivity(
        self, camera: CameraCoordinator, sensitivity: int
    ) -> None:
        """Change one camera's sensitivity where its form keeps it."""
        await self.async_tune(camera, {CONF_SENSITIVITY: sensitivity})

    async def async_tune(
        self,
        camera: CameraCoordinator,
        analysis: Mapping[str, float],
        zones: Sequence[Zone] | None = None,
    ) -> None:
        """Change how one camera is analysed where its forms keep it.

        Args:
            camera: It goes on with the change at once, the others as they are.
            analysis: What is to be changed of its settings.
            zones: All its zones from now on; None leaves them.
        """
        subentry = self.entry.subentries[camera.camera.subentry_id]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data=tuned(subentry.data, analysis, zones)
        )
        await self.async_reconcile()

    async def async_reconcile(self) -> None:
        """Follow a change of the entry: touch only what has changed."""
        async with self._reconciling:
            wanted = {
                subentry.subentry_id: CameraConfig.from_subentry(subentry)
                for subentry in self.entry.get_subentries_of_type(SUBENTRY_CAMERA)
            }
            for subentry_id in self.cameras.keys() - wanted.keys():
                await self.cameras.pop(subentry_id).async_remove()
                await self._switches.async_set(subentry_id, on=True)
            for subentry_id, config in wanted.items():
                camera = self.cameras.get(subentry_id)
                if camera is None:
                    camera = self._async_create_camera(config)
                    for listener in self._camera_listeners:
                        listener(camera)
                    await camera.async_start()
                elif camera.camera != config:
                    await camera.async_reconfigure(config)
            await self.sensors.async_reconcile()
            self.onboard.async_reconcile()
            self._async_apply_recipients()
            await self.remote_sites.async_reconcile()
            await self._async_apply_options()
            self._async_refresh()

    @callback
    def async_source_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of their source, or None if it is gone."""
        return self.sources.async_info(source_id)

    @callback
    def _async_situation(self, source: SourceInfo) -> Situation:
        """Return what bears on an event of a source, a walk test among it."""
        situation = self.surroundings.async_situation(source)
        return replace(situation, test=self.walk.until is not None)

    @callback
    def async_sources(self) -> dict[str, SourceInfo]:
        """Return all sources by their ids."""
        return {
            source_id: view.info
            for source_id, view in self.sources.async_views().items()
        }

    @callback
    def async_diagnostics(self) -> dict[str, Any]:
        """Return the state of the parts that have no entity."""
        return {
            "store": {"last_seq": self.store.last_seq},
            "analysis": {
                **asdict(self.governor.data),
                "loop_lag_p99_ms": round(self.governor.lag.p99_ms, 1),
                "recognizing": self.inference.ready,
                "inferences": self.inference.count,
            },
            "weather": {"steps": self.weather.steps, "causes": self.weather.causes},
            "timeline_subscribers": self.timeline.subscriber_count,
            "phones": self.phones.diagnostics,
            "sensors": {
                source_id: follower.online
                for source_id, follower in self.sensors.followers.items()
            },
            "mqtt": None if self.mqtt is None else self.mqtt.diagnostics,
            "observe": None if self.observing is None else self.observing.diagnostics,
            "remote_sites": self.remote_sites.diagnostics,
        }

    @callback
    def _async_create_camera(self, config: CameraConfig) -> CameraCoordinator:
        """Create the coordinator of a camera."""
        camera = CameraCoordinator(
            self.hass,
            self.entry,
            config,
            processor=self.processor,
            store=self.store,
            inference=self.inference,
            recorder=Recorder(
                config.source_id, config.recording, self._sink, self._writer
            ),
            detecting=self._switches.is_on(config.subentry_id),
        )
        camera.async_calm(self.weather.steps)
        self.cameras[config.subentry_id] = camera
        camera.async_add_listener(self._async_refresh)
        return camera

    @callback
    def _async_calm(self, steps: int) -> None:
        """Let every camera follow the weather."""
        for camera in self.cameras.values():
            camera.async_calm(steps)

    @callback
    def _async_publish_to_entities(self, change: Change) -> None:
        """Hand a change to the camera that it is about."""
        for camera in self.cameras.values():
            if camera.camera.source_id == change.event.source_id:
                camera.async_handle_change(change)

    @callback
    def _async_apply_recipients(self) -> None:
        """Make the notifier follow the configuration."""
        self.phones.async_set_recipients(
            Recipient.from_subentry(subentry)
            for subentry in self.entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        )

    async def _async_apply_options(self) -> None:
        """Make the publishers, the media and the panel follow the options."""
        options = self.entry.options
        kind = GuardSettings.from_options(options).kind
        if (
            object_model.model_folder(self.hass, options) != self._model_folder
            or kind is not self.guard.settings.kind
        ):
            self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
            return
        self.guard.async_configure()
        self.surroundings.async_configure()
        self.weather.async_configure()
        self._async_apply_incidents()
        self.library.retention.policy = media_policy(options)
        root = media_root(self.hass, options)
        # Choosing a folder again is how a user says that it may be made anew.
        if root != self.library.root or self.library.trouble is Trouble.NO_FOLDER:
            await self.library.use_root(root)
        prefix = options.get(CONF_MQTT_PREFIX, DEFAULT_MQTT_PREFIX)
        wanted = prefix if options.get(CONF_MQTT, True) else None
        if wanted != (None if self.mqtt is None else self.mqtt.prefix):
            await self._async_stop_mqtt()
            if wanted is not None:
                self.mqtt = MqttPublisher(
                    self.hass, self.store, wanted, self._async_camera_states
                )
                self._remove_mqtt = self.processor.add_publisher(
                    "mqtt", self.mqtt.publish
                )
                self.mqtt.async_start()
                self.observing = ObserveListener(
                    self.hass, wanted, self.processor.submit, self._async_detects
                )
                self.observing.async_start()
        self._broker.async_want(wanted is not None)
        if options.get(CONF_PANEL, True):
            await panel.async_register_panel(self.hass)
        else:
            panel.async_remove_panel(self.hass)

    @callback
    def _async_apply_incidents(self) -> None:
        """Make the incidents follow the options."""
        options = self.entry.options
        window_s = options.get(CONF_INCIDENT_WINDOW, DEFAULT_INCIDENT_WINDOW)
        self.processor.incidents.configure(
            window_s * 1000 if options.get(CONF_INCIDENTS, True) else None
        )

    async def _async_resume_incidents(self) -> None:
        """Go on with the incidents that ran at the last stop."""

        def neighbourhood_of(source_id: str) -> str | None:
            source = self.async_source_info(source_id)
            if source is None:
                return None
            return self.surroundings.async_situation(source).neighbourhood

        recent = await self.store.page(
            EventQuery(start=wall_ms() - MAX_LENGTH_MS), limit=RESUMED
        )
        self.processor.incidents.resume(recent, neighbourhood_of)

    @callback
    def _async_stop_observing(self) -> None:
        """Listen to other analysers no more."""
        if self.observing is not None:
            self.observing.async_stop()
            self.observing = None

    async def _async_stop_mqtt(self) -> None:
        """Take MQTT off the path."""
        self._async_stop_observing()
        if self._remove_mqtt is not None:
            self._remove_mqtt()
            self._remove_mqtt = None
        if self.mqtt is not None:
            await self.mqtt.async_stop()
            self.mqtt = None

    @callback
    def _async_refresh(self) -> None:
        """Let the timeline, and MQTT's retained topics, follow the cameras."""
        self.timeline.async_refresh_sources()
        if self.mqtt is not None:
            self.mqtt.async_refresh()

    @callback
    def _async_detects(self, source_id: str) -> bool | None:
        """Return whether a camera is to be watched; None if there is none."""
        for camera in self.cameras.values():
            if camera.camera.source_id == source_id:
                return camera.data.detecting
        return None

    @callback
    def _async_camera_states(self) -> dict[str, str]:
        """Return the retained topics below the prefix and what they should say."""
        states = {}
        for camera in self.cameras.values():
            topic = f"cameras/{camera.camera.source_id}"
            online = camera.data.online
            states[f"{topic}/availability"] = "online" if online else "offline"
            states[f"{topic}/motion"] = "ON" if camera.data.open_movements else "OFF"
        return states

    async def _async_install_extras(self) -> None:
        """Install the accelerators; cameras that run already change over."""
        added = await runtime_extras.async_install_extras(self.hass)
        await object_model.async_review_model(self.hass, self.entry.options)
        if runtime_extras.OPENCV in added:
            async with self._reconciling:
                for camera in list(self.cameras.values()):
                    await camera.async_restart()
        await self._async_load_detector()

    async def _async_load_detector(self) -> None:
        """Begin to recognise objects, where the detector can be had."""
        self.inference.start()
        if await self.hass.async_add_executor_job(self.inference.wait_loaded):
            for camera in self.cameras.values():
                camera.async_update_listeners()
        else:
            _LOGGER.info("Objects are not recognised: %s", self.inference.failure)

    async def _async_mark_alive(self, _now: datetime | None = None) -> None:
        """Record that somebody was watching, for the start after a crash."""
        try:
            await self.store.mark_alive(wall_ms())
        except StoreError:
            _LOGGER.debug("Could not record the time", exc_info=True)

    async def _async_keep_house(self, _now: datetime | None = None) -> None:
        """Delete what is older than the user wants to keep."""
        now = wall_ms()
        days = self.entry.options.get(CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS)
        try:
            cutoffs = event_cutoffs(self.entry.options, days, now)
            await self.processor.prune(before_ms=cutoffs, now=now)
            await self.audit.prune(before_ms=now - days * MS_PER_DAY)
            await self.store.trim_journal(
                before_ms=now - JOURNAL_DAYS * MS_PER_DAY,
                up_to_seq=self.store.last_seq,
            )
        except StoreError as err:
            _LOGGER.warning("Old events could not be deleted: %s", err)

    async def _async_tidy_media(self, _now: datetime | None = None) -> None:
        """Delete media that are too old or too many, and see whether new ones fit."""
        try:
            await self.exports.tidy()
            await self.library.retention.tidy(self.library.root, wall_ms())
        except StoreError as err:
            _LOGGER.warning("Old media could not be deleted: %s", err)
        await self.library.check()

    async def _async_sweep_media(self) -> None:
        """Make files and database agree after the last life."""
        try:
            await sweep(self.library)
        except StoreError as err:
            _LOGGER.warning("The media folder could not be swept: %s", err)

    @callback
    def _async_memory_of(self, source_id: str) -> LumaMemory | None:
        """Return the newest planes of a source, or None if it is gone."""
        for camera in self.cameras.values():
            if camera.camera.source_id == source_id:
                return camera.memory
        return None

    @callback
    def _async_recorder_of(self, source_id: str) -> Recorder | None:
        """Return the recorder of a source, or None if it has none."""
        for camera in self.cameras.values():
            if camera.camera.source_id == source_id:
                return camera.recorder
        return None

    @callback
    def _async_report_media(self, trouble: Trouble | None) -> None:
        """Tell the user what keeps media from being kept, and when it is over."""
        for issue in Trouble:
            if issue is not trouble:
                ir.async_delete_issue(self.hass, DOMAIN, issue)
        if trouble is not None:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                trouble,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=trouble,
                translation_placeholders={"path": str(self.library.root)},
            )

    @callback
    def _async_report_moved_aside(self, path: str) -> None:
        """Tell the user that the database was damaged and where it is now."""
        _LOGGER.error("The event database was damaged and is now %s", path)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            ISSUE_DATABASE_MOVED_ASIDE,
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=ISSUE_DATABASE_MOVED_ASIDE,
            translation_placeholders={"path": path},
        )
