"""Alarm control panel platform for the Vigilar integration."""

from typing import Final, override

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityDescription,
    AlarmControlPanelEntityFeature as Feature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm.machine import AlarmState
from .const import DOMAIN
from .guard import AlarmKind, Guard
from .models import ArmMode
from .runtime import VigilarConfigEntry

PARALLEL_UPDATES = 1

ALARM = AlarmControlPanelEntityDescription(key="alarm", translation_key="alarm")

_ARMED: Final = {
    ArmMode.HOME: AlarmControlPanelState.ARMED_HOME,
    ArmMode.NIGHT: AlarmControlPanelState.ARMED_NIGHT,
    ArmMode.AWAY: AlarmControlPanelState.ARMED_AWAY,
    ArmMode.VACATION: AlarmControlPanelState.ARMED_VACATION,
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the panel, if the alarm is Vigilar's own."""
    guard = entry.runtime_data.guard
    if guard.settings.kind is AlarmKind.OWN:
        async_add_entities([AlarmPanel(guard, entry.entry_id)])


class AlarmPanel(AlarmControlPanelEntity):
    """Arms and disarms the house."""

    entity_description = ALARM
    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_supported_features = (
        Feature.ARM_HOME
        | Feature.ARM_AWAY
        | Feature.ARM_NIGHT
        | Feature.ARM_VACATION
        | Feature.TRIGGER
    )

    def __init__(self, guard: Guard, entry_id: str) -> None:
        """Initialize the entity."""
        self._guard = guard
        self._attr_unique_id = f"{entry_id}_{ALARM.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the alarm."""
        self.async_on_remove(self._guard.async_add_listener(self.async_write_ha_state))

    # The state is the alarm's at the moment of the question.
    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState:
        """Return the state of the alarm."""
        alarm = self._guard.alarm
        match alarm.state:
            case AlarmState.DISARMED:
                return AlarmControlPanelState.DISARMED
            case AlarmState.ARMING:
                return AlarmControlPanelState.ARMING
            case AlarmState.PENDING:
                return AlarmControlPanelState.PENDING
            case AlarmState.TRIGGERED:
                return AlarmControlPanelState.TRIGGERED
            case AlarmState.ARMED:
                return _ARMED[alarm.mode]

    @property
    @override
    def code_format(self) -> CodeFormat | None:
        """Return how a code is entered, or None while there are none."""
        if not self._guard.codes:
            return None
        return CodeFormat.NUMBER if self._guard.numeric else CodeFormat.TEXT

    @property
    @override
    def code_arm_required(self) -> bool:
        """Return whether a code is needed to arm as well."""
        return bool(self._guard.codes) and self._guard.settings.code_to_arm

    @property
    @override
    def changed_by(self) -> str | None:
        """Return who changed it last."""
        return self._guard.alarm.changed_by

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        """Disarm."""
        await self._guard.async_disarm(code, await self._async_who())

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        """Arm while people are at home."""
        await self._guard.async_arm(ArmMode.HOME, code, await self._async_who())

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        """Arm while nobody is at home."""
        await self._guard.async_arm(ArmMode.AWAY, code, await self._async_who())

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        """Arm while people sleep."""
        await self._guard.async_arm(ArmMode.NIGHT, code, await self._async_who())

    @override
    async def async_alarm_arm_vacation(self, code: str | None = None) -> None:
        """Arm while nobody comes home for days."""
        await self._guard.async_arm(ArmMode.VACATION, code, await self._async_who())

    @override
    async def async_alarm_trigger(self, code: str | None = None) -> None:
        """Ring at once."""
        await self._guard.async_trigger(await self._async_who())

    async def _async_who(self) -> str | None:
        """Return the name of who acts, or None for an automation."""
        if self._context is None or self._context.user_id is None:
            return None
        user = await self.hass.auth.async_get_user(self._context.user_id)
        return None if user is None else user.name
