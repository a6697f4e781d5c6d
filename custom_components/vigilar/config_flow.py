"""Config flow for the Vigilar integration."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_URL, UnitOfInformation, UnitOfTime
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    Selector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .alarm_flow import CodeSubentryFlow
from .camera_source import async_probe_camera
from .const import (
    CONF_ALWAYS_CONNECTED,
    CONF_ANALYSIS,
    CONF_CAMERA,
    CONF_MEMORY,
    CONF_OBJECTS,
    CONF_ONBOARD,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_RECORDING,
    CONF_SOURCE_ID,
    CONF_ZONES,
    DEFAULT_MEMORY,
    DEFAULT_POST_ROLL,
    DEFAULT_PRE_ROLL,
    DOMAIN,
    SUBENTRY_CAMERA,
    SUBENTRY_CODE,
    SUBENTRY_RECIPIENT,
    SUBENTRY_REMOTE_SITE,
    SUBENTRY_SENSOR,
)
from .forms import ANALYSIS_DEFAULTS, ANALYSIS_SELECTORS, slider
from .object_flow import ObjectSteps
from .onboard_flow import OnboardSteps
from .options_flow import VigilarOptionsFlow
from .recipient_flow import RecipientSubentryFlow
from .sensing import taken_source_ids
from .sensor_flow import SensorSubentryFlow
from .site_flow import RemoteSiteSubentryFlow
from .sources import async_camera_reference, stream_unique_id, unused_source_id
from .vision.source import ProbeResult, SourceError, check_stream_url
from .zone_flow import ZoneSteps

CONF_ADD_ANYWAY = "add_anyway"


ANALYSIS_SECTION = section(
    vol.Schema(
        {
            vol.Required(key, default=ANALYSIS_DEFAULTS[key]): selector
            for key, selector in ANALYSIS_SELECTORS.items()
        }
    ),
    {"collapsed": True},
)

CAMERA_SELECTOR = EntitySelector(EntitySelectorConfig(domain=CAMERA_DOMAIN))
URL_SELECTOR = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

RECORDING_DEFAULTS = {
    CONF_PRE_ROLL: DEFAULT_PRE_ROLL,
    CONF_POST_ROLL: DEFAULT_POST_ROLL,
    CONF_MEMORY: DEFAULT_MEMORY,
    CONF_ALWAYS_CONNECTED: False,
}


def _recording_section(second: str, selector: Selector[Any]) -> section:
    """Return the fields of a camera's recording.

    Args:
        second: Key of the second stream.
        selector: Its field.
    """
    numbers = {
        CONF_PRE_ROLL: slider(0, 60, 1, UnitOfTime.SECONDS),
        CONF_POST_ROLL: slider(0, 60, 1, UnitOfTime.SECONDS),
        CONF_MEMORY: slider(8, 256, 8, UnitOfInformation.MEGABYTES),
    }
    fields: dict[vol.Marker, Selector[Any]] = {
        vol.Required(key, default=RECORDING_DEFAULTS[key]): number
        for key, number in numbers.items()
    }
    fields[vol.Optional(second)] = selector
    fields[vol.Required(CONF_ALWAYS_CONNECTED, default=False)] = BooleanSelector()
    return section(vol.Schema(fields), {"collapsed": True})


ENTITY_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_CAMERA): CAMERA_SELECTOR,
        vol.Optional(CONF_NAME): TextSelector(),
        vol.Optional(CONF_ANALYSIS, default=ANALYSIS_DEFAULTS): ANALYSIS_SECTION,
        vol.Optional(CONF_RECORDING, default=RECORDING_DEFAULTS): _recording_section(
            CONF_CAMERA, CAMERA_SELECTOR
        ),
    }
)
STREAM_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_URL): URL_SELECTOR,
        vol.Optional(CONF_ANALYSIS, default=ANALYSIS_DEFAULTS): ANALYSIS_SECTION,
        vol.Optional(CONF_RECORDING, default=RECORDING_DEFAULTS): _recording_section(
            CONF_URL, URL_SELECTOR
        ),
    }
)
ADD_ANYWAY_SCHEMA = {vol.Optional(CONF_ADD_ANYWAY, default=False): BooleanSelector()}


class VigilarConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up the hub, then go straight on to the first camera."""

    VERSION = 1
    MINOR_VERSION = 1

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what a user can add: sources, and who is to be told."""
        return {
            SUBENTRY_CAMERA: CameraSubentryFlow,
            SUBENTRY_CODE: CodeSubentryFlow,
            SUBENTRY_RECIPIENT: RecipientSubentryFlow,
            SUBENTRY_REMOTE_SITE: RemoteSiteSubentryFlow,
            SUBENTRY_SENSOR: SensorSubentryFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> VigilarOptionsFlow:
        """Return the options flow."""
        return VigilarOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm; the hub itself needs no input."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title="Vigilar", data={})

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Open the form of the first camera."""
        subentry_flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_CAMERA),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        result["next_flow"] = (
            FlowType.CONFIG_SUBENTRIES_FLOW,
            subentry_flow["flow_id"],
        )
        return result


class CameraSubentryFlow(ZoneSteps, ObjectSteps, OnboardSteps):
    """Add or change a camera, after one look through it."""

    _kind: str
    _form: dict[str, Any]
    _probe: asyncio.Task[ProbeResult] | None = None

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where the pictures come from."""
        return self.async_show_menu(step_id="user", menu_options=["entity", "stream"])

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Offer everything that was set, for a change."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["entity", "stream", "zones", "objects", "onboard"],
            description_placeholders={
                CONF_NAME: self._get_reconfigure_subentry().title
            },
        )

    async def async_step_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a camera that Home Assistant knows already."""
        self._kind = "entity"
        return await self._async_handle_form(user_input)

    async def async_step_stream(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a stream by its address."""
        self._kind = "stream"
        return await self._async_handle_form(user_input)

    async def _async_handle_form(
        self, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Check what can be checked at once, then look through the camera."""
        if user_input is None:
            return self._show_form({}, self._current_values())
        self._form = user_input
        errors: dict[str, str] = {}
        # A field of a section cannot be marked, so the section is.
        for fields, mark in (
            (user_input, CONF_URL),
            (user_input[CONF_RECORDING], CONF_RECORDING),
        ):
            if CONF_URL in fields:
                fields[CONF_URL] = fields[CONF_URL].strip()
                try:
                    check_stream_url(fields[CONF_URL])
                except SourceError as err:
                    errors[mark] = err.failure.value
        if not errors and self._is_duplicate(self._unique_id()):
            return self.async_abort(reason="already_configured")
        if errors:
            return self._show_form(errors, user_input)
        if user_input.pop(CONF_ADD_ANYWAY, False):
            return self._finish()
        return await self.async_step_test()

    async def async_step_test(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show progress while one frame is fetched."""
        if self._probe is None:
            self._probe = self.hass.async_create_task(
                async_probe_camera(
                    self.hass,
                    camera=self._form.get(CONF_CAMERA),
                    url=self._form.get(CONF_URL),
                )
            )
        if not self._probe.done():
            return self.async_show_progress(
                step_id="test", progress_action="test", progress_task=self._probe
            )
        return self.async_show_progress_done(next_step_id="tested")

    async def async_step_tested(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Save the camera, or say what is wrong with it."""
        probe, self._probe = self._probe, None
        assert probe is not None
        error = probe.exception()
        if error is None:
            return self._finish()
        if not isinstance(error, SourceError):
            raise error
        return self._show_form({"base": error.failure.value}, self._form)

    @callback
    def _show_form(
        self, errors: dict[str, str], values: Mapping[str, Any]
    ) -> SubentryFlowResult:
        """Show the form; after a failed look also offer to go on without one."""
        schema = ENTITY_SCHEMA if self._kind == "entity" else STREAM_SCHEMA
        if "base" in errors:
            schema = schema.extend(ADD_ANYWAY_SCHEMA)
        return self.async_show_form(
            step_id=self._kind,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
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
        return {**subentry.data, CONF_NAME: subentry.title}

    @callback
    def _unique_id(self) -> str:
        """Return what tells this camera from the others."""
        if CONF_URL in self._form:
            return stream_unique_id(self._form[CONF_URL])
        return async_camera_reference(self.hass, self._form[CONF_CAMERA])

    @callback
    def _is_duplicate(self, unique_id: str) -> bool:
        """Return whether another subentry has this camera."""
        own = self._reconfigured()
        return any(
            subentry.unique_id == unique_id
            for subentry in self._get_entry().subentries.values()
            if own is None or subentry.subentry_id != own.subentry_id
        )

    @callback
    def _finish(self) -> SubentryFlowResult:
        """Save the camera."""
        entry, subentry = self._get_entry(), self._reconfigured()
        title = self._title()
        data: dict[str, Any] = {
            CONF_ANALYSIS: self._form[CONF_ANALYSIS],
            CONF_RECORDING: self._recording(),
        }
        if CONF_URL in self._form:
            data[CONF_URL] = self._form[CONF_URL]
        else:
            data[CONF_CAMERA] = self._unique_id()
        if subentry is None:
            data[CONF_SOURCE_ID] = unused_source_id(title, taken_source_ids(entry))
            return self.async_create_entry(
                title=title, data=data, unique_id=self._unique_id()
            )
        data[CONF_SOURCE_ID] = subentry.data[CONF_SOURCE_ID]
        for key in (CONF_ZONES, CONF_OBJECTS, CONF_ONBOARD):
            if key in subentry.data:
                data[key] = subentry.data[key]
        return self.async_update_and_abort(
            entry, subentry, title=title, data=data, unique_id=self._unique_id()
        )

    @callback
    def _recording(self) -> dict[str, Any]:
        """Return how the camera is recorded, with a camera that can be renamed."""
        recording = dict(self._form[CONF_RECORDING])
        if CONF_CAMERA in recording:
            recording[CONF_CAMERA] = async_camera_reference(
                self.hass, recording[CONF_CAMERA]
            )
        return recording

    @callback
    def _title(self) -> str:
        """Return the name the user gave, else the camera's own."""
        if name := self._form.get(CONF_NAME, "").strip():
            return str(name)
        if CONF_URL in self._form:
            return "Camera"
        entity_id: str = self._form[CONF_CAMERA]
        state = self.hass.states.get(entity_id)
        return entity_id if state is None else state.name
