"""The options of the hub: what holds for all, the alarm, what matters, descriptions."""

from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol

from homeassistant.components.alarm_control_panel import DOMAIN as PANEL_DOMAIN
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.components.weather import DOMAIN as WEATHER_DOMAIN
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME, PERCENTAGE, UnitOfInformation, UnitOfTime
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .alarm.machine import AlarmSettings
from .const import (
    CONF_ALARM,
    CONF_ALARM_ENTITY,
    CONF_ALARM_KIND,
    CONF_CODE_TO_ARM,
    CONF_CPU_BUDGET,
    CONF_DARK_RAISES,
    CONF_DESCRIBE,
    CONF_DESCRIBE_BUDGET,
    CONF_DESCRIBE_ENTITY,
    CONF_EMPTY_HOUSE,
    CONF_ENTRY_DELAY,
    CONF_EXIT_DELAY,
    CONF_IMPORTANT_ZONES,
    CONF_INCIDENT_WINDOW,
    CONF_INCIDENTS,
    CONF_KIND,
    CONF_LOW_SUN,
    CONF_MEDIA,
    CONF_MEDIA_DAYS,
    CONF_MEDIA_FOLDER,
    CONF_MEDIA_MAX_GB,
    CONF_MODEL_FOLDER,
    CONF_MQTT,
    CONF_MQTT_PREFIX,
    CONF_PANEL,
    CONF_RAIN,
    CONF_RETENTION_DAYS,
    CONF_RING_TIME,
    CONF_SEVERITY,
    CONF_STEPS,
    CONF_UNIMPORTANT_ZONES,
    CONF_WEATHER,
    CONF_WIND,
    CONF_WIND_ABOVE,
    CONF_ZONES,
    DEFAULT_CPU_BUDGET,
    DEFAULT_DESCRIBE_BUDGET,
    DEFAULT_INCIDENT_WINDOW,
    DEFAULT_MEDIA_MAX_GB,
    DEFAULT_MQTT_PREFIX,
    DEFAULT_RETENTION_DAYS,
    DEFAULT_STEPS,
    DEFAULT_WIND_ABOVE,
    DOMAIN,
    MAX_CPU_BUDGET,
    MAX_INCIDENT_WINDOW,
    MIN_CPU_BUDGET,
    MIN_INCIDENT_WINDOW,
    SUBENTRY_CAMERA,
    SUBENTRY_REMOTE_SITE,
)
from .events.severity import SENSORS_SET_BY_USER, SET_BY_USER, SeverityRules
from .forms import slider
from .guard import AlarmKind, GuardSettings
from .media.retention import DEFAULT_DAYS
from .media_options import async_prepare_folder, media_root
from .models import ArmMode, EventType, Severity
from .object_model import async_check_model, async_report_model
from .surroundings import rules_from_options
from .topics import is_prefix, overlap
from .vision.objects import ModelError
from .vision.zones import ZoneKind


def _days() -> NumberSelector:
    """Return a field for a number of days."""
    return NumberSelector(
        NumberSelectorConfig(
            min=1,
            max=3650,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfTime.DAYS,
        )
    )


MEDIA_NUMBERS = (*CONF_MEDIA_DAYS.values(), CONF_MEDIA_MAX_GB)
MEDIA_SECTION = section(
    vol.Schema(
        {
            vol.Optional(CONF_MEDIA_FOLDER): TextSelector(),
            **{
                vol.Required(CONF_MEDIA_DAYS[severity], default=days): _days()
                for severity, days in DEFAULT_DAYS.items()
            },
            vol.Required(
                CONF_MEDIA_MAX_GB, default=DEFAULT_MEDIA_MAX_GB
            ): NumberSelector(
                NumberSelectorConfig(
                    min=0,
                    max=100_000,
                    step=1,
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=UnitOfInformation.GIGABYTES,
                )
            ),
        }
    ),
    {"collapsed": True},
)
MEDIA_DEFAULTS = {
    **{CONF_MEDIA_DAYS[severity]: days for severity, days in DEFAULT_DAYS.items()},
    CONF_MEDIA_MAX_GB: DEFAULT_MEDIA_MAX_GB,
}

OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_MQTT, default=True): BooleanSelector(),
        vol.Required(CONF_MQTT_PREFIX, default=DEFAULT_MQTT_PREFIX): TextSelector(),
        vol.Required(CONF_RETENTION_DAYS, default=DEFAULT_RETENTION_DAYS): _days(),
        vol.Optional(CONF_MEDIA, default=MEDIA_DEFAULTS): MEDIA_SECTION,
        vol.Required(CONF_CPU_BUDGET, default=DEFAULT_CPU_BUDGET): slider(
            MIN_CPU_BUDGET, MAX_CPU_BUDGET, 10, PERCENTAGE
        ),
        vol.Required(CONF_INCIDENTS, default=True): BooleanSelector(),
        vol.Required(CONF_INCIDENT_WINDOW, default=DEFAULT_INCIDENT_WINDOW): slider(
            MIN_INCIDENT_WINDOW, MAX_INCIDENT_WINDOW, 10, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_PANEL, default=True): BooleanSelector(),
        vol.Optional(CONF_MODEL_FOLDER): TextSelector(),
    }
)

_DELAYS = AlarmSettings()
ALARM_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_ALARM_KIND, default=AlarmKind.NONE.value): SelectSelector(
            SelectSelectorConfig(
                options=[kind.value for kind in AlarmKind],
                mode=SelectSelectorMode.LIST,
                translation_key="alarm_kind",
            )
        ),
        vol.Optional(CONF_ALARM_ENTITY): EntitySelector(
            EntitySelectorConfig(domain=PANEL_DOMAIN)
        ),
        vol.Required(CONF_EXIT_DELAY, default=_DELAYS.exit_s): slider(
            0, 300, 5, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_ENTRY_DELAY, default=_DELAYS.entry_s): slider(
            0, 300, 5, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_RING_TIME, default=_DELAYS.ring_s): slider(
            0, 3600, 30, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_CODE_TO_ARM, default=False): BooleanSelector(),
    }
)

WEATHER_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_WIND): EntitySelector(
            EntitySelectorConfig(
                filter=[
                    {
                        "domain": SENSOR_DOMAIN,
                        "device_class": SensorDeviceClass.WIND_SPEED,
                    },
                    {"domain": WEATHER_DOMAIN},
                ]
            )
        ),
        vol.Required(CONF_WIND_ABOVE, default=DEFAULT_WIND_ABOVE): NumberSelector(
            NumberSelectorConfig(
                min=0, max=200, step="any", mode=NumberSelectorMode.BOX
            )
        ),
        vol.Optional(CONF_RAIN): EntitySelector(
            EntitySelectorConfig(
                filter=[
                    {"domain": BINARY_SENSOR_DOMAIN},
                    {
                        "domain": SENSOR_DOMAIN,
                        "device_class": SensorDeviceClass.PRECIPITATION_INTENSITY,
                    },
                    {"domain": WEATHER_DOMAIN},
                ]
            )
        ),
        vol.Required(CONF_LOW_SUN, default=False): BooleanSelector(),
        vol.Required(CONF_STEPS, default=DEFAULT_STEPS): slider(1, 5, 1),
    }
)

DESCRIBE_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_DESCRIBE_ENTITY): EntitySelector(
            EntitySelectorConfig(domain="ai_task")
        ),
        vol.Required(
            CONF_DESCRIBE_BUDGET, default=DEFAULT_DESCRIBE_BUDGET
        ): NumberSelector(
            NumberSelectorConfig(min=1, max=1000, step=1, mode=NumberSelectorMode.BOX)
        ),
    }
)

MODES = tuple(mode for mode in ArmMode if mode is not ArmMode.UNUSED)
SEVERITY_SELECTOR = SelectSelector(
    SelectSelectorConfig(
        options=[severity.value for severity in Severity],
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="severity",
    )
)


class VigilarOptionsFlow(OptionsFlow):
    """Change what holds for all sources."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer what there is to change."""
        unused = self._guard_settings().kind is AlarmKind.NONE
        severities = (
            ["severity", "sensor_severity"]
            if unused
            else ["severity_by_alarm", "sensor_severity_by_alarm"]
        )
        return self.async_show_menu(
            step_id="init",
            menu_options=["general", "alarm", *severities, "weather", "describe"],
        )

    async def async_step_general(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save what holds for all cameras."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            errors, placeholders = await self._async_check(user_input)
            if not errors:
                async_report_model(self.hass, None)
                for key in (
                    CONF_RETENTION_DAYS,
                    CONF_CPU_BUDGET,
                    CONF_INCIDENT_WINDOW,
                ):
                    user_input[key] = int(user_input[key])
                media = user_input[CONF_MEDIA]
                user_input[CONF_MEDIA] = media | {
                    key: int(media[key]) for key in MEDIA_NUMBERS
                }
                return self._save(user_input, OPTIONS_SCHEMA)
        return self.async_show_form(
            step_id="general",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, user_input or self.config_entry.options
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_alarm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save whose alarm it is, and how it behaves."""
        errors: dict[str, str] = {}
        if user_input is not None:
            follows = user_input[CONF_ALARM_KIND] == AlarmKind.FOLLOW
            if follows and CONF_ALARM_ENTITY not in user_input:
                errors[CONF_ALARM_ENTITY] = "panel_missing"
            elif follows and self._is_ours(user_input[CONF_ALARM_ENTITY]):
                errors[CONF_ALARM_ENTITY] = "panel_is_ours"
            else:
                return self._save({CONF_ALARM: user_input})
        return self.async_show_form(
            step_id="alarm",
            data_schema=self.add_suggested_values_to_schema(
                ALARM_SCHEMA,
                user_input or self.config_entry.options.get(CONF_ALARM, {}),
            ),
            errors=errors,
        )

    async def async_step_severity(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save how much each type matters, in a house without an alarm."""
        if user_input is not None:
            return self._save_severity(SET_BY_USER, user_input)
        rules = rules_from_options(self.config_entry.options)
        fields = _severity_fields(SET_BY_USER, rules) | self._zone_fields(rules)
        return self.async_show_form(step_id="severity", data_schema=vol.Schema(fields))

    async def async_step_sensor_severity(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save it for what sensors say."""
        if user_input is not None:
            return self._save_severity(SENSORS_SET_BY_USER, user_input)
        rules = rules_from_options(self.config_entry.options)
        return self.async_show_form(
            step_id="sensor_severity",
            data_schema=vol.Schema(_severity_fields(SENSORS_SET_BY_USER, rules)),
        )

    async def async_step_sensor_severity_by_alarm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save it for what sensors say, in each state of the alarm."""
        if user_input is not None:
            return self._save_severity(SENSORS_SET_BY_USER, user_input)
        rules = rules_from_options(self.config_entry.options)
        fields = _severity_by_alarm_fields(SENSORS_SET_BY_USER, rules)
        return self.async_show_form(
            step_id="sensor_severity_by_alarm", data_schema=vol.Schema(fields)
        )

    async def async_step_severity_by_alarm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save how much each type matters in each state of the alarm."""
        if user_input is not None:
            return self._save_severity(SET_BY_USER, user_input)
        rules = rules_from_options(self.config_entry.options)
        fields = _severity_by_alarm_fields(SET_BY_USER, rules)
        fields[vol.Required(CONF_EMPTY_HOUSE, default=rules.empty_house)] = (
            SelectSelector(
                SelectSelectorConfig(
                    options=[mode.value for mode in MODES],
                    mode=SelectSelectorMode.DROPDOWN,
                    translation_key="arm_mode",
                )
            )
        )
        fields[vol.Required(CONF_DARK_RAISES, default=rules.dark_raises)] = (
            BooleanSelector()
        )
        return self.async_show_form(
            step_id="severity_by_alarm",
            data_schema=vol.Schema(fields | self._zone_fields(rules)),
        )

    async def async_step_weather(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save in what weather cameras are less sensitive."""
        if user_input is not None:
            user_input[CONF_STEPS] = int(user_input[CONF_STEPS])
            return self._save({CONF_WEATHER: user_input})
        return self.async_show_form(
            step_id="weather",
            data_schema=self.add_suggested_values_to_schema(
                WEATHER_SCHEMA, self.config_entry.options.get(CONF_WEATHER, {})
            ),
        )

    async def async_step_describe(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show or save who describes what a picture shows, and how often a day."""
        if user_input is not None:
            budget = int(user_input[CONF_DESCRIBE_BUDGET])
            return self._save(
                {CONF_DESCRIBE: {**user_input, CONF_DESCRIBE_BUDGET: budget}}
            )
        return self.async_show_form(
            step_id="describe",
            data_schema=self.add_suggested_values_to_schema(
                DESCRIBE_SCHEMA, self.config_entry.options.get(CONF_DESCRIBE, {})
            ),
        )

    @callback
    def _zone_fields(self, rules: SeverityRules) -> dict[vol.Marker, Any]:
        """Return the fields for zones that matter more or less than the rest."""
        names = {
            zone[CONF_NAME]
            for subentry in self.config_entry.get_subentries_of_type(SUBENTRY_CAMERA)
            for zone in subentry.data.get(CONF_ZONES, ())
            if zone[CONF_KIND] == ZoneKind.INCLUDE
        }
        fields: dict[vol.Marker, Any] = {}
        for key, chosen in (
            (CONF_IMPORTANT_ZONES, rules.important),
            (CONF_UNIMPORTANT_ZONES, rules.unimportant),
        ):
            fields[vol.Optional(key, default=sorted(chosen))] = SelectSelector(
                SelectSelectorConfig(
                    options=sorted(names | chosen),
                    multiple=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            )
        return fields

    @callback
    def _save_severity(
        self, types: Sequence[EventType], user_input: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Save what was set, beside what the other forms have set.

        Args:
            types: The types in the form, each with its severity without an
                alarm, or those by the states of the alarm.
            user_input: What was set.
        """
        before = self.config_entry.options.get(CONF_SEVERITY, {})
        rows: dict[str, Any] = {}
        for key in types:
            said = user_input[key]
            row = said if isinstance(said, Mapping) else {ArmMode.UNUSED.value: said}
            rows[key.value] = {**before.get(key, {}), **row}
        return self._save({CONF_SEVERITY: {**before, **user_input, **rows}})

    @callback
    def _save(
        self, changes: Mapping[str, Any], replaces: vol.Schema | None = None
    ) -> ConfigFlowResult:
        """Save what one form has set, and keep what the others have.

        Args:
            changes: What was set.
            replaces: The form's fields; one that was emptied goes.
        """
        fields = set() if replaces is None else {str(key) for key in replaces.schema}
        kept = {
            key: value
            for key, value in self.config_entry.options.items()
            if key not in fields
        }
        return self.async_create_entry(data={**kept, **changes})

    @callback
    def _guard_settings(self) -> GuardSettings:
        """Return what is set of the alarm."""
        return GuardSettings.from_options(self.config_entry.options)

    @callback
    def _is_ours(self, reference: str) -> bool:
        """Return whether a panel is the one of this integration."""
        entry = er.async_get(self.hass).async_get(reference)
        return entry is not None and entry.platform == DOMAIN

    async def _async_check(
        self, user_input: dict[str, Any]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return what is wrong with the options, and the details of it."""
        errors: dict[str, str] = {}
        details: dict[str, str] = {}
        prefix = user_input[CONF_MQTT_PREFIX]
        if not is_prefix(prefix):
            errors[CONF_MQTT_PREFIX] = "invalid_prefix"
        elif any(
            overlap(prefix, site.data[CONF_MQTT_PREFIX])
            for site in self.config_entry.get_subentries_of_type(SUBENTRY_REMOTE_SITE)
        ):
            errors[CONF_MQTT_PREFIX] = "prefix_of_site"
        try:
            await async_check_model(self.hass, user_input)
        except ModelError as err:
            errors[CONF_MODEL_FOLDER] = err.problem.value
            details = err.details
        root = media_root(self.hass, user_input)
        error = await async_prepare_folder(self.hass, root)
        if error is not None and CONF_MEDIA_FOLDER in user_input[CONF_MEDIA]:
            # A field of a section cannot be marked.
            errors["base"] = error
        return errors, details


def _severity_fields(
    types: Sequence[EventType], rules: SeverityRules
) -> dict[vol.Marker, Any]:
    """Return a field for each type, in a house without an alarm."""
    return {
        vol.Required(
            event_type.value, default=rules.severity(event_type, ArmMode.UNUSED)
        ): SEVERITY_SELECTOR
        for event_type in types
    }


def _severity_by_alarm_fields(
    types: Sequence[EventType], rules: SeverityRules
) -> dict[vol.Marker, Any]:
    """Return a section for each type, with a field for each state of the alarm."""
    return {
        vol.Required(event_type.value): section(
            vol.Schema(
                {
                    vol.Required(
                        mode.value, default=rules.severity(event_type, mode)
                    ): SEVERITY_SELECTOR
                    for mode in MODES
                }
            ),
            {"collapsed": event_type is not EventType.PERSON},
        )
        for event_type in types
    }
