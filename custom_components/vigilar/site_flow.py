"""The form of a remote site: another house whose events are shown here."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import TextSelector

from .const import (
    CONF_MQTT_PREFIX,
    CONF_SITE_ID,
    DEFAULT_MQTT_PREFIX,
    DEFAULT_SITE_PREFIX,
    SUBENTRY_REMOTE_SITE,
)
from .sources import unused_source_id
from .topics import is_prefix, overlap

SITE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_MQTT_PREFIX, default=DEFAULT_SITE_PREFIX): TextSelector(),
    }
)


class RemoteSiteSubentryFlow(ConfigSubentryFlow):
    """Add or change another house."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add another house."""
        return self._handle("user", user_input, None)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change what is known of it."""
        return self._handle("reconfigure", user_input, self._get_reconfigure_subentry())

    @callback
    def _handle(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        subentry: ConfigSubentry | None,
    ) -> SubentryFlowResult:
        """Show the form, or save what it says."""
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            prefix = user_input[CONF_MQTT_PREFIX].strip()
            errors = self._check(name, prefix, subentry)
            if not errors:
                return self._save(name, prefix, subentry)
        elif subentry is not None:
            user_input = {**subentry.data, CONF_NAME: subentry.title}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(SITE_SCHEMA, user_input),
            errors=errors,
            description_placeholders={
                "own_prefix": self._own_prefix(),
                CONF_NAME: "" if subentry is None else subentry.title,
            },
        )

    @callback
    def _check(
        self, name: str, prefix: str, subentry: ConfigSubentry | None
    ) -> dict[str, str]:
        """Return what is wrong with the form, by its fields."""
        others = self._others(subentry)
        errors = {}
        if not name:
            errors[CONF_NAME] = "name_missing"
        elif any(other.title.casefold() == name.casefold() for other in others):
            errors[CONF_NAME] = "name_taken"
        if not is_prefix(prefix):
            errors[CONF_MQTT_PREFIX] = "invalid_prefix"
        elif overlap(prefix, self._own_prefix()):
            errors[CONF_MQTT_PREFIX] = "own_prefix"
        elif any(overlap(prefix, other.data[CONF_MQTT_PREFIX]) for other in others):
            errors[CONF_MQTT_PREFIX] = "prefix_taken"
        return errors

    @callback
    def _save(
        self, name: str, prefix: str, subentry: ConfigSubentry | None
    ) -> SubentryFlowResult:
        """Save the house; what its sources are called stays as it is."""
        unique_id = f"{SUBENTRY_REMOTE_SITE}_{prefix}"
        if subentry is None:
            taken = (other.data[CONF_SITE_ID] for other in self._others(None))
            data = {
                CONF_SITE_ID: unused_source_id(name, taken),
                CONF_MQTT_PREFIX: prefix,
            }
            return self.async_create_entry(title=name, data=data, unique_id=unique_id)
        return self.async_update_and_abort(
            self._get_entry(),
            subentry,
            title=name,
            data={**subentry.data, CONF_MQTT_PREFIX: prefix},
            unique_id=unique_id,
        )

    @callback
    def _own_prefix(self) -> str:
        """Return where this house publishes, or would."""
        prefix: str = self._get_entry().options.get(
            CONF_MQTT_PREFIX, DEFAULT_MQTT_PREFIX
        )
        return prefix

    @callback
    def _others(self, subentry: ConfigSubentry | None) -> list[ConfigSubentry]:
        """Return the sites but for one."""
        return [
            other
            for other in self._get_entry().get_subentries_of_type(SUBENTRY_REMOTE_SITE)
            if subentry is None or other.subentry_id != subentry.subentry_id
        ]
