"""Follows the sensors of the house and lets the timeline know what they say."""

from collections.abc import Callable, Iterable
from datetime import datetime
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, ISSUE_SENSOR_MISSING, ISSUE_SENSOR_STUCK, SUBENTRY_SENSOR
from .events.clock import wall_ms
from .events.processor import EventProcessor
from .following import EntityFollower
from .models import EventType, Observation, ObservationKind, SourceInfo, SourceKind
from .publish.source_views import SourceView
from .sensing import (
    MOMENTS,
    PASSING,
    SensorConfig,
    async_area_id,
    event_reason,
    has_just_happened,
    held,
    is_clear,
    read_sensors,
)
from .source_directory import async_area_name
from .sources import async_camera_entity_id

# A sensor that is away for less, as while its integration is reloaded, is no news.
GRACE_S: Final = 60.0

ISSUES: Final = (ISSUE_SENSOR_MISSING, ISSUE_SENSOR_STUCK)


class SensorFollower:
    """One sensor: turns its states into observations."""

    def __init__(
        self,
        hass: HomeAssistant,
        config: SensorConfig,
        *,
        submit: Callable[[Observation], None],
        report: Callable[[str, bool], None],
    ) -> None:
        """Initialize it; what the entity says first is where it begins.

        Args:
            hass: Home Assistant.
            config: What was set.
            submit: Takes the observations.
            report: Told, with the key of an issue, that it begins or is over.
        """
        self.config = config
        self.online = True
        self._hass = hass
        self._submit = submit
        self._report = report
        # What the entity says; what it said before it was away. Nothing is known yet.
        self._begun = False
        self._held: EventType | None = None
        self._last_event: str | None = None
        self._moment_at = -float("inf")
        self._timers: dict[str, CALLBACK_TYPE] = {}

    @property
    def entity_id(self) -> str | None:
        """Return the entity by what it is called now, or None if it is gone."""
        return async_camera_entity_id(self._hass, self.config.entity)

    @callback
    def async_stop(self) -> None:
        """Leave no timer and no issue."""
        for name in list(self._timers):
            self._cancel(name)
        for issue in ISSUES:
            self._report(issue, False)

    @callback
    def async_show(self, state: State | None) -> None:
        """Take what the entity says now; None when it is gone."""
        if state is None or state.state == STATE_UNAVAILABLE:
            if self.online and "away" not in self._timers:
                self._arm("away", GRACE_S, self._async_lost)
            return
        self._cancel("away")
        if not self.online:
            self.online = True
            self._report(ISSUE_SENSOR_MISSING, False)
            self._tell(ObservationKind.SENSOR_ONLINE, EventType.SENSOR_OFFLINE)
        if state.domain == "event":
            self._happened(state)
        elif state.state != STATE_UNKNOWN and is_clear(state):
            self._changed(held(state, self.config.event_type))

    def _changed(self, now: EventType | None) -> None:
        """Follow what lasts; what holds at the start is no news."""
        before, self._held = self._held, now
        news = self._begun and self._hass.state is CoreState.running
        self._begun = True
        if now == before:
            return
        if before is not None:
            self._end(before)
        if now is not None and news:
            self._begin(now)

    def _begin(self, event_type: EventType) -> None:
        """Tell what has begun, unless it has only flapped."""
        if event_type in MOMENTS:
            self._moment(event_type, "")
            return
        if f"off_{event_type}" in self._timers:
            self._cancel(f"off_{event_type}")
        else:
            self._tell(ObservationKind.SENSOR_ON, event_type)
        if event_type in PASSING and self.config.stuck_s:
            self._arm("stuck", self.config.stuck_s, self._async_stuck)

    def _end(self, event_type: EventType) -> None:
        """Tell what is over, unless it comes back at once."""
        self._cancel("stuck")
        self._report(ISSUE_SENSOR_STUCK, False)
        if event_type in MOMENTS:
            return
        ended = wall_ms()
        name = f"off_{event_type}"

        @callback
        def _async_over(_now: datetime) -> None:
            del self._timers[name]
            self._tell(ObservationKind.SENSOR_OFF, event_type, ts=ended)

        self._arm(name, self.config.debounce_s, _async_over)

    def _happened(self, state: State) -> None:
        """Tell what an event entity says has just happened."""
        before, self._last_event = self._last_event, state.state
        if has_just_happened(state, before):
            self._moment(self.config.event_type, event_reason(state))

    def _moment(self, event_type: EventType, reason: str) -> None:
        """Tell of something that happened, once for all that belongs to it."""
        now = time.monotonic()
        if now - self._moment_at >= self.config.debounce_s:
            self._moment_at = now
            self._tell(ObservationKind.SENSOR_MOMENT, event_type, reason=reason)

    @callback
    def _async_stuck(self, _now: datetime) -> None:
        """Give up on what should have been over long ago."""
        del self._timers["stuck"]
        assert self._held is not None
        hours = self.config.stuck_s / 3600
        self._tell(
            ObservationKind.SENSOR_STUCK,
            self._held,
            reason=f"it has been on for {hours:g} h",
        )
        self._report(ISSUE_SENSOR_STUCK, True)

    @callback
    def _async_lost(self, _now: datetime) -> None:
        """Tell that nobody knows any more what the sensor would say."""
        if self._hass.state is not CoreState.running:
            # Its integration may not even have been loaded yet.
            self._arm("away", GRACE_S, self._async_lost)
            return
        for name in list(self._timers):
            self._cancel(name)
        self.online = False
        registry = er.async_get(self._hass)
        entry = registry.entities.get_entry(self.config.entity)
        missing = self.entity_id is None or (entry is not None and entry.disabled)
        self._report(ISSUE_SENSOR_MISSING, missing)
        self._tell(ObservationKind.SENSOR_OFFLINE, EventType.SENSOR_OFFLINE)

    def _tell(
        self,
        kind: ObservationKind,
        event_type: EventType,
        *,
        reason: str = "",
        ts: int | None = None,
    ) -> None:
        """Hand over an observation."""
        self._submit(
            Observation(
                kind=kind,
                source_id=self.config.source_id,
                ts=wall_ms() if ts is None else ts,
                key=event_type.value,
                score=1.0,
                reason=reason,
                made_at=time.monotonic(),
            )
        )

    def _arm(self, name: str, seconds: float, job: Callable[[datetime], None]) -> None:
        """Do something later, in place of what was to be done by that name."""
        self._cancel(name)
        self._timers[name] = async_call_later(self._hass, seconds, job)

    def _cancel(self, name: str) -> None:
        """Do not do it."""
        if (cancel := self._timers.pop(name, None)) is not None:
            cancel()


class Sensors:
    """All sensors of the house, as sources of events."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        processor: EventProcessor,
        changed: Callable[[], None],
    ) -> None:
        """Follow nothing yet.

        Args:
            hass: Home Assistant.
            entry: The hub's; its sensor subentries count.
            processor: Takes the observations.
            changed: Called when there are others, or one comes or goes.
        """
        self.followers: dict[str, SensorFollower] = {}
        self._hass = hass
        self._entry = entry
        self._processor = processor
        self._changed = changed
        self._entities: EntityFollower | None = None

    async def async_reconcile(self) -> None:
        """Follow the sensors that are configured; leave alone what has not changed."""
        wanted = {
            config.source_id: config
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_SENSOR)
            for config in read_sensors(subentry)
        }
        self._async_unfollow()
        for source_id, follower in list(self.followers.items()):
            if wanted.get(source_id) != follower.config:
                del self.followers[source_id]
                follower.async_stop()
                await self._processor.end_open(
                    source_id, "The sensor was changed or removed.", wall_ms()
                )
        for source_id, config in wanted.items():
            if source_id not in self.followers:
                self.followers[source_id] = self._async_create(config)
        by_entity = {
            follower.config.entity: follower for follower in self.followers.values()
        }
        self._entities = EntityFollower(
            self._hass,
            by_entity,
            lambda entity, state: by_entity[entity].async_show(state),
        )
        self._entities.async_start()
        self._changed()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._async_unfollow()
        for follower in self.followers.values():
            follower.async_stop()

    @callback
    def async_info(self, source_id: str) -> SourceInfo | None:
        """Return what events carry of a sensor."""
        follower = self.followers.get(source_id)
        return None if follower is None else self._async_describe(follower)

    @callback
    def async_views(self) -> Iterable[SourceView]:
        """Return what clients are told of the sensors."""
        for follower in self.followers.values():
            info = self._async_describe(follower)
            yield SourceView(
                info=info,
                kind=SourceKind.SENSOR,
                area=async_area_name(self._hass, info.area_id),
                online=follower.online,
            )

    @callback
    def _async_create(self, config: SensorConfig) -> SensorFollower:
        """Begin to follow a sensor."""

        @callback
        def _async_submit(observation: Observation) -> None:
            self._processor.submit(observation)
            if observation.key == EventType.SENSOR_OFFLINE:
                self._changed()

        @callback
        def _async_report(issue: str, on: bool) -> None:
            self._async_report(config, issue, on=on)

        return SensorFollower(
            self._hass,
            config,
            submit=_async_submit,
            report=_async_report,
        )

    @callback
    def _async_describe(self, follower: SensorFollower) -> SourceInfo:
        """Return what events carry of a sensor: its entity's device and area."""
        entity_id = follower.entity_id
        state = None if entity_id is None else self._hass.states.get(entity_id)
        entry = (
            None if entity_id is None else er.async_get(self._hass).async_get(entity_id)
        )
        return SourceInfo(
            source_id=follower.config.source_id,
            name=follower.config.name if state is None else state.name,
            entity_id=entity_id,
            device_id=None if entry is None else entry.device_id,
            area_id=None if entry is None else async_area_id(self._hass, entry),
        )

    @callback
    def _async_unfollow(self) -> None:
        """Do not listen for a while; what is missed is told at the next start."""
        if self._entities is not None:
            self._entities.async_stop()

    @callback
    def _async_report(self, config: SensorConfig, issue: str, *, on: bool) -> None:
        """Open or withdraw a repair issue about a sensor."""
        issue_id = f"{issue}_{config.source_id}"
        if not on:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        data: dict[str, Any] = {
            "entry_id": self._entry.entry_id,
            "subentry_id": config.subentry_id,
        }
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data=data,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders={"name": config.name},
        )
