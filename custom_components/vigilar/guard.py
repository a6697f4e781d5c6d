"""Keeps the alarm inside Home Assistant: its time, its codes and its memory.

Either the alarm is Vigilar's own, or the state of another panel is followed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import logging
from typing import Any, Final, Self

from homeassistant.components import persistent_notification
from homeassistant.components.alarm_control_panel import AlarmControlPanelState
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store

from .alarm.codes import LOCKOUT_MS, Code, Throttle, Verdict, find_code
from .alarm.machine import Alarm, AlarmSettings, AlarmState
from .const import (
    ALARM_SOURCE,
    CONF_ALARM,
    CONF_ALARM_ENTITY,
    CONF_ALARM_KIND,
    CONF_CODE_TO_ARM,
    CONF_DIGEST,
    CONF_ENTRY_DELAY,
    CONF_EXIT_DELAY,
    CONF_NUMERIC,
    CONF_RING_TIME,
    DOMAIN,
    SUBENTRY_CODE,
)
from .events.clock import wall_ms
from .models import (
    ArmMode,
    Change,
    ChangeKind,
    Event,
    Observation,
    ObservationKind,
    Severity,
)
from .publish.phone.panel import Disarming

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION: Final = 1
# Longer waits are cut, so that a clock that is set does no harm.
MAX_WAIT_S: Final = 3600.0

_FOLLOWED: Final[Mapping[str, ArmMode]] = {
    AlarmControlPanelState.ARMED_HOME: ArmMode.HOME,
    AlarmControlPanelState.ARMED_AWAY: ArmMode.AWAY,
    AlarmControlPanelState.ARMED_NIGHT: ArmMode.NIGHT,
    AlarmControlPanelState.ARMED_VACATION: ArmMode.VACATION,
    AlarmControlPanelState.ARMED_CUSTOM_BYPASS: ArmMode.HOME,
    AlarmControlPanelState.DISARMED: ArmMode.DISARMED,
    AlarmControlPanelState.ARMING: ArmMode.DISARMED,
    AlarmControlPanelState.DISARMING: ArmMode.DISARMED,
}


class AlarmKind(StrEnum):
    """Whose alarm it is."""

    NONE = "none"
    OWN = "own"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What a user has said of the alarm.

    Attributes:
        kind: Whose it is.
        entity: Registry id or entity id of the panel that is followed, or None.
        alarm: How long things take.
        code_to_arm: A code is needed to arm as well, where there are codes.
    """

    kind: AlarmKind = AlarmKind.NONE
    entity: str | None = None
    alarm: AlarmSettings = field(default_factory=AlarmSettings)
    code_to_arm: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the options of the hub."""
        data = options.get(CONF_ALARM, {})
        default = AlarmSettings()
        return cls(
            kind=AlarmKind(data.get(CONF_ALARM_KIND, AlarmKind.NONE)),
            entity=data.get(CONF_ALARM_ENTITY),
            alarm=AlarmSettings(
                exit_s=float(data.get(CONF_EXIT_DELAY, default.exit_s)),
                entry_s=float(data.get(CONF_ENTRY_DELAY, default.entry_s)),
                ring_s=float(data.get(CONF_RING_TIME, default.ring_s)),
            ),
            code_to_arm=data.get(CONF_CODE_TO_ARM, False),
        )


class Guard:
    """The alarm as Home Assistant keeps it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        submit: Callable[[Observation], None],
    ) -> None:
        """Keep nothing yet.

        Args:
            hass: Home Assistant.
            entry: The hub's; its options and codes count.
            submit: Takes what the alarm reports.
        """
        self.settings = GuardSettings.from_options(entry.options)
        self.alarm = Alarm(self.settings.alarm)
        self._hass = hass
        self._entry = entry
        self._submit = submit
        self._throttle = Throttle()
        self._store: Store[dict[str, Any]] = Store(
            hass, STORAGE_VERSION, f"{DOMAIN}.alarm", private=True
        )
        self._listeners: set[Callable[[], None]] = set()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._followed = ArmMode.DISARMED
        self._incident_id: str | None = None

    @property
    def mode(self) -> ArmMode:
        """Return how the house is guarded."""
        match self.settings.kind:
            case AlarmKind.NONE:
                return ArmMode.UNUSED
            case AlarmKind.OWN:
                return self.alarm.guarding
            case AlarmKind.FOLLOW:
                return self._async_follow()

    @property
    def codes(self) -> tuple[Code, ...]:
        """Return the codes that there are."""
        return tuple(
            Code(subentry.title, subentry.data[CONF_DIGEST])
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_CODE)
        )

    @property
    def numeric(self) -> bool:
        """Return whether every code can be entered on a keypad of digits."""
        return all(
            subentry.data[CONF_NUMERIC]
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_CODE)
        )

    @property
    def disarming(self) -> Disarming | None:
        """Return what it takes to disarm now, or None if there is nothing to."""
        if (
            self.settings.kind is not AlarmKind.OWN
            or self.alarm.state is AlarmState.DISARMED
        ):
            return None
        return Disarming.CODE if self.codes else Disarming.TAP

    async def async_start(self) -> None:
        """Go on as the last run has left it."""
        if self.settings.kind is not AlarmKind.OWN:
            return
        if (saved := await self._store.async_load()) is not None:
            self.alarm = Alarm.from_dict(self.settings.alarm, saved["alarm"])
            self._throttle.restore(**saved["throttle"])
        await self._async_advance()

    @callback
    def async_stop(self) -> None:
        """Leave no timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def async_configure(self) -> None:
        """Follow the options and the codes; the kind of alarm changes with a reload alone."""
        self.settings = GuardSettings.from_options(self._entry.options)
        self.alarm.settings = self.settings.alarm
        self._async_tell()

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener whenever the alarm's state has changed."""
        self._listeners.add(listener)

        @callback
        def _remove() -> None:
            self._listeners.discard(listener)

        return _remove

    async def async_arm(self, mode: ArmMode, code: str | None, by: str | None) -> None:
        """Arm.

        Raises:
            ServiceValidationError: The code is wrong or missing, the keypad is
                locked, or the alarm rings.
        """
        if self.settings.code_to_arm:
            by = await self._async_check(code, by)
        if self.alarm.state in (AlarmState.PENDING, AlarmState.TRIGGERED):
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="alarm_rings"
            )
        if self.alarm.arm(mode, by, wall_ms()):
            await self._async_changed()
            who = f" by {by}" if by else ""
            self._report(ObservationKind.ALARM_ARMED, f"Armed for {mode.value}{who}")

    async def async_disarm(self, code: str | None, by: str | None) -> None:
        """Disarm.

        Raises:
            ServiceValidationError: The code is wrong or missing, or the keypad
                is locked.
        """
        by = await self._async_check(code, by)
        if self.alarm.disarm(by):
            await self._async_changed()
            who = f" by {by}" if by else ""
            self._report(ObservationKind.ALARM_DISARMED, f"Disarmed{who}")

    async def async_trigger(self, by: str | None) -> None:
        """Ring at once, because somebody has asked for it."""
        self._incident_id = None
        if self.alarm.trigger(by or "", wall_ms(), at_once=True):
            await self._async_changed()
            self._report(
                ObservationKind.ALARM_TRIGGERED, f"by {by}" if by else "by hand"
            )

    @callback
    def publish(self, change: Change) -> None:
        """Take note of a stored change: what is critical is what the alarm waits for."""
        event = change.event
        if (
            self.settings.kind is AlarmKind.OWN
            and event.source_id != ALARM_SOURCE
            and event.site is None
            and event.severity is Severity.CRITICAL
            and change.kind in (ChangeKind.NEW, ChangeKind.UPDATED)
            and event.payload["end_ts"] is None
            and self.alarm.trigger(_name(event), wall_ms())
        ):
            self._incident_id = event.payload.get("incident_id")
            self._entry.async_create_task(
                self._hass, self._async_triggered(), "vigilar alarm"
            )

    async def _async_triggered(self) -> None:
        """Save and tell that something has triggered the alarm."""
        await self._async_changed()
        if self.alarm.state is AlarmState.TRIGGERED:
            self._report(ObservationKind.ALARM_TRIGGERED, self.alarm.cause or "")

    async def _async_check(self, code: str | None, by: str | None) -> str | None:
        """Return who it is, by the code if there are any.

        Raises:
            ServiceValidationError: It is nobody, or the keypad is locked.
        """
        codes = self.codes
        if not codes:
            return by
        now = wall_ms()
        found = None
        if not self._throttle.locked(now):
            found = await self._hass.async_add_executor_job(
                find_code, code or "", codes
            )
        verdict = self._throttle.judge(right=found is not None, now=now)
        if verdict is Verdict.RIGHT:
            assert found is not None
            return found.name
        await self._async_save()
        if verdict is Verdict.WRONG:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="wrong_code"
            )
        if verdict is Verdict.LOCKED_NOW:
            self._async_tell_lockout()
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="locked_out",
            translation_placeholders={"minutes": str(LOCKOUT_MS // 60_000)},
        )

    @callback
    def _async_tell_lockout(self) -> None:
        """Tell of somebody who tries codes."""
        self._report(
            ObservationKind.ALARM_LOCKED_OUT,
            "Too many wrong codes: the keypad is locked for a while",
        )
        persistent_notification.async_create(
            self._hass,
            "Somebody has entered too many wrong codes at Vigilar's alarm. No code is"
            f" taken for {LOCKOUT_MS // 60_000} minutes.",
            title="Vigilar: the keypad is locked",
            notification_id=f"{DOMAIN}_locked_out",
        )

    async def _async_changed(self) -> None:
        """Save the state, wait for what is due next, and tell who listens."""
        self.async_stop()
        await self._async_save()
        if self.alarm.deadline is not None:
            wait = (self.alarm.deadline - wall_ms()) / 1000
            self._cancel_timer = async_call_later(
                self._hass, min(max(wait, 0.0), MAX_WAIT_S), self._async_wake
            )
        self._async_tell()

    @callback
    def _async_tell(self) -> None:
        """Let the panel show how things stand."""
        for listener in list(self._listeners):
            listener()

    async def _async_wake(self, _now: datetime) -> None:
        """Do what is due."""
        self._cancel_timer = None
        await self._async_advance()

    async def _async_advance(self) -> None:
        """Do all that was due by now."""
        now = wall_ms()
        while self.alarm.advance(now):
            if self.alarm.state is AlarmState.TRIGGERED:
                self._report(ObservationKind.ALARM_TRIGGERED, self.alarm.cause or "")
        await self._async_changed()

    async def _async_save(self) -> None:
        """Save at once: a crash must not disarm."""
        await self._store.async_save(
            {"alarm": self.alarm.as_dict(), "throttle": self._throttle.as_dict()}
        )

    @callback
    def _async_follow(self) -> ArmMode:
        """Return the mode of the panel that is followed; the last one while it is away."""
        assert self.settings.entity is not None
        entity_id = er.async_resolve_entity_id(
            er.async_get(self._hass), self.settings.entity
        )
        state = None if entity_id is None else self._hass.states.get(entity_id)
        if state is not None:
            # Pending and triggered leave it as it was before.
            self._followed = _FOLLOWED.get(state.state, self._followed)
        return self._followed

    @callback
    def _report(self, kind: ObservationKind, reason: str) -> None:
        """Let the timeline know."""
        rings = kind is ObservationKind.ALARM_TRIGGERED
        self._submit(
            Observation(
                kind=kind,
                source_id=ALARM_SOURCE,
                ts=wall_ms(),
                reason=reason,
                # What it rings for has been told already.
                incident_id=self._incident_id if rings else None,
            )
        )


def _name(event: Event) -> str:
    """Name an event for people."""
    return f"{event.type.value} at {event.payload['name']}"
