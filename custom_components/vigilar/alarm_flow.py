"""The form of a person's code for the alarm."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_CODE, CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .alarm.codes import Code, find_code, hash_code
from .const import CONF_DIGEST, CONF_NUMERIC, SUBENTRY_CODE

CODE_FIELD = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)
NEW_SCHEMA = vol.Schema(
    {vol.Required(CONF_NAME): TextSelector(), vol.Required(CONF_CODE): CODE_FIELD}
)
RESET_SCHEMA = vol.Schema({vol.Required(CONF_CODE): CODE_FIELD})


class CodeSubentryFlow(ConfigSubentryFlow):
    """Add a person's code, or set another; nobody can read one."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a person's code."""
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            unique_id = f"{SUBENTRY_CODE}_{name.casefold()}"
            if not name:
                errors[CONF_NAME] = "name_missing"
            elif self._is_taken(unique_id):
                errors[CONF_NAME] = "name_taken"
            else:
                data, error = await self._async_hash(user_input[CONF_CODE], None)
                if data is not None:
                    return self.async_create_entry(
                        title=name, data=data, unique_id=unique_id
                    )
                errors[CONF_CODE] = error
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                NEW_SCHEMA, {CONF_NAME: (user_input or {}).get(CONF_NAME, "")}
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Set another code for a person who has forgotten it."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data, error = await self._async_hash(
                user_input[CONF_CODE], subentry.subentry_id
            )
            if data is not None:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=data
                )
            errors[CONF_CODE] = error
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=RESET_SCHEMA,
            errors=errors,
            description_placeholders={CONF_NAME: subentry.title},
        )

    @callback
    def _is_taken(self, unique_id: str) -> bool:
        """Return whether somebody of this name has a code."""
        return any(
            subentry.unique_id == unique_id
            for subentry in self._get_entry().subentries.values()
        )

    async def _async_hash(
        self, code: str, subentry_id: str | None
    ) -> tuple[dict[str, Any] | None, str]:
        """Return what is stored of a code, or what is wrong with it."""
        others = [
            Code(subentry.title, subentry.data[CONF_DIGEST])
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_CODE)
            if subentry.subentry_id != subentry_id
        ]
        try:
            digest = await self.hass.async_add_executor_job(hash_code, code)
        except ValueError:
            return None, "code_length"
        # Whose it is must be clear.
        if await self.hass.async_add_executor_job(find_code, code, others):
            return None, "code_taken"
        return {CONF_DIGEST: digest, CONF_NUMERIC: code.isdecimal()}, ""
