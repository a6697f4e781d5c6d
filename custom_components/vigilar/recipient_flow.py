"""The form of a recipient: who is to be told, and of what."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import (
    DeviceSelector,
    DeviceSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import (
    CONF_CAMERAS,
    CONF_CONDITIONS,
    CONF_COOLDOWN,
    CONF_CRITICAL_FROM,
    CONF_KIND,
    CONF_MIN_SEVERITY,
    CONF_PRESENCE,
    CONF_SOURCE_ID,
    CONF_TARGET,
    CONF_TYPES,
    CONF_ZONES,
    NEVER,
    SUBENTRY_CAMERA,
    SUBENTRY_SENSOR,
)
from .models import EventType, Severity
from .publish.phone.house import MOBILE_APP, NOTIFY_DOMAIN, PERSON_DOMAIN
from .publish.phone.recipient import Presence, TargetKind
from .sensing import read_sensors
from .sources import async_camera_entity_id, async_camera_reference
from .vision.zones import ZoneKind

CONDITION_DOMAINS = ["schedule", "input_boolean", "binary_sensor", "switch", "calendar"]
MAX_COOLDOWN_S = 3600

TARGET_SELECTORS: dict[TargetKind, Selector[Any]] = {
    TargetKind.PERSON: EntitySelector(EntitySelectorConfig(domain=PERSON_DOMAIN)),
    TargetKind.DEVICE: DeviceSelector(DeviceSelectorConfig(integration=MOBILE_APP)),
    TargetKind.ENTITY: EntitySelector(EntitySelectorConfig(domain=NOTIFY_DOMAIN)),
}


class RecipientSubentryFlow(ConfigSubentryFlow):
    """Add or change a recipient of notifications."""

    _kind: TargetKind

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what kind of recipient it is."""
        return self.async_show_menu(
            step_id="user", menu_options=[kind.value for kind in TargetKind]
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the form as it was filled in."""
        self._kind = TargetKind(self._get_reconfigure_subentry().data[CONF_KIND])
        return await self._async_handle_form(None)

    async def async_step_person(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell a person, on all of the person's phones."""
        self._kind = TargetKind.PERSON
        return await self._async_handle_form(user_input)

    async def async_step_device(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell one phone."""
        self._kind = TargetKind.DEVICE
        return await self._async_handle_form(user_input)

    async def async_step_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell anything else that takes notifications."""
        self._kind = TargetKind.ENTITY
        return await self._async_handle_form(user_input)

    async def _async_handle_form(
        self, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Show the form, or save the recipient."""
        if user_input is None:
            return self.async_show_form(
                step_id=self._kind.value,
                data_schema=self.add_suggested_values_to_schema(
                    self._schema(), self._current_values()
                ),
            )
        title = self._target_name(user_input[CONF_TARGET])
        data = self._to_data(user_input)
        unique_id = f"{self._kind.value}_{data[CONF_TARGET]}"
        subentry = self._reconfigured()
        if any(
            other.unique_id == unique_id
            for other in self._get_entry().subentries.values()
            if subentry is None or other.subentry_id != subentry.subentry_id
        ):
            return self.async_abort(reason="already_configured")
        if subentry is None:
            return self.async_create_entry(title=title, data=data, unique_id=unique_id)
        return self.async_update_and_abort(
            self._get_entry(), subentry, title=title, data=data, unique_id=unique_id
        )

    @callback
    def _reconfigured(self) -> ConfigSubentry | None:
        """Return the subentry being changed, or None while adding one."""
        if self.source == SOURCE_USER:
            return None
        return self._get_reconfigure_subentry()

    @callback
    def _current_values(self) -> dict[str, Any]:
        """Return what the form starts with."""
        if (subentry := self._reconfigured()) is None:
            return {}
        values = dict(subentry.data)
        if self._kind is not TargetKind.DEVICE:
            values[CONF_TARGET] = async_camera_entity_id(self.hass, values[CONF_TARGET])
        values[CONF_CONDITIONS] = [
            entity_id
            for reference in values[CONF_CONDITIONS]
            if (entity_id := async_camera_entity_id(self.hass, reference)) is not None
        ]
        # What was deleted since is no choice any more.
        for key, choices in (
            (CONF_CAMERAS, self._source_names()),
            (CONF_ZONES, self._zone_names()),
        ):
            values[key] = [value for value in values[key] if value in choices]
        return values

    @callback
    def _to_data(self, user_input: dict[str, Any]) -> dict[str, Any]:
        """Return what is stored: entities so that a renaming is followed."""
        target = user_input[CONF_TARGET]
        if self._kind is not TargetKind.DEVICE:
            target = async_camera_reference(self.hass, target)
        return user_input | {
            CONF_KIND: self._kind.value,
            CONF_TARGET: target,
            CONF_ZONES: user_input.get(CONF_ZONES, []),
            CONF_CONDITIONS: [
                async_camera_reference(self.hass, entity_id)
                for entity_id in user_input[CONF_CONDITIONS]
            ],
            CONF_COOLDOWN: int(user_input[CONF_COOLDOWN]),
        }

    @callback
    def _target_name(self, target: str) -> str:
        """Return what people call a target."""
        if self._kind is TargetKind.DEVICE:
            device = dr.async_get(self.hass).async_get(target)
            name = None if device is None else device.name_by_user or device.name
            return name or target
        state = self.hass.states.get(target)
        return target if state is None else state.name

    @callback
    def _source_names(self) -> dict[str, str]:
        """Return the names of the cameras, then of the sensors, by their source ids."""
        entry = self._get_entry()
        cameras = {
            camera.data[CONF_SOURCE_ID]: camera.title
            for camera in entry.get_subentries_of_type(SUBENTRY_CAMERA)
        }
        sensors = {
            sensor.source_id: sensor.name
            for subentry in entry.get_subentries_of_type(SUBENTRY_SENSOR)
            for sensor in read_sensors(subentry)
        }
        return cameras | sensors

    @callback
    def _zone_names(self) -> list[str]:
        """Return the names of the zones of all cameras that are not masks."""
        names = dict.fromkeys(
            zone[CONF_NAME]
            for camera in self._get_entry().get_subentries_of_type(SUBENTRY_CAMERA)
            for zone in camera.data.get(CONF_ZONES, ())
            if zone[CONF_KIND] == ZoneKind.INCLUDE
        )
        return list(names)

    @callback
    def _schema(self) -> vol.Schema:
        """Return the form for the kind of recipient and the cameras there are."""
        presence = [
            item
            for item in Presence
            if item is not Presence.PERSON_AWAY or self._kind is TargetKind.PERSON
        ]
        source_options = [
            SelectOptionDict(value=source_id, label=name)
            for source_id, name in self._source_names().items()
        ]
        zones = self._zone_names()
        fields: dict[vol.Marker, Selector[Any]] = {
            vol.Required(CONF_TARGET): TARGET_SELECTORS[self._kind],
            vol.Required(CONF_MIN_SEVERITY, default=Severity.WARNING.value): _choice(
                "severity", list(Severity)
            ),
            vol.Optional(CONF_CAMERAS, default=list): SelectSelector(
                SelectSelectorConfig(options=source_options, multiple=True)
            ),
            vol.Optional(CONF_TYPES, default=list): _choice(
                "event_type", list(EventType), multiple=True
            ),
        }
        if zones:
            fields[vol.Optional(CONF_ZONES, default=list)] = SelectSelector(
                SelectSelectorConfig(options=zones, multiple=True)
            )
        fields |= {
            vol.Optional(CONF_CONDITIONS, default=list): EntitySelector(
                EntitySelectorConfig(domain=CONDITION_DOMAINS, multiple=True)
            ),
            vol.Required(CONF_PRESENCE, default=Presence.ALWAYS.value): _choice(
                "presence", presence
            ),
            vol.Required(CONF_COOLDOWN, default=0): NumberSelector(
                NumberSelectorConfig(
                    min=0,
                    max=MAX_COOLDOWN_S,
                    step=1,
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=UnitOfTime.SECONDS,
                )
            ),
            vol.Required(CONF_CRITICAL_FROM, default=NEVER): _choice(
                "critical_from", [NEVER, *Severity]
            ),
        }
        return vol.Schema(fields)


def _choice(key: str, options: list[Any], *, multiple: bool = False) -> SelectSelector:
    """Return a choice whose words are in the translations."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(option) for option in options],
            multiple=multiple,
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=key,
        )
    )
