"""The step of a camera's flow about what the camera itself recognises."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from .const import CONF_CAMERA, CONF_ONBOARD
from .onboard import ONBOARD_DOMAINS, ONBOARD_LABELS, async_proposals
from .sources import async_camera_entity_id, async_camera_reference

ONBOARD_SCHEMA = vol.Schema(
    {
        vol.Optional(label, default=list): EntitySelector(
            EntitySelectorConfig(domain=ONBOARD_DOMAINS, multiple=True)
        )
        for label in ONBOARD_LABELS
    }
)


class OnboardSteps(ConfigSubentryFlow):
    """Asks which entities say what a camera recognises by itself."""

    async def async_step_onboard(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Propose what is on the camera's device; once saved, show what was saved."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            chosen = {
                label: [
                    async_camera_reference(self.hass, entity_id)
                    for entity_id in entity_ids
                ]
                for label, entity_ids in user_input.items()
                if entity_ids
            }
            return self.async_update_and_abort(
                self._get_entry(), subentry, data_updates={CONF_ONBOARD: chosen}
            )
        return self.async_show_form(
            step_id="onboard",
            data_schema=self.add_suggested_values_to_schema(
                ONBOARD_SCHEMA, self._async_shown()
            ),
            description_placeholders={CONF_NAME: subentry.title},
        )

    @callback
    def _async_shown(self) -> dict[str, list[str]]:
        """Return what the form starts with; entities that are gone are left out."""
        data = self._get_reconfigure_subentry().data
        if CONF_ONBOARD not in data:
            camera = data.get(CONF_CAMERA)
            return {} if camera is None else async_proposals(self.hass, camera)
        return {
            label: [
                entity_id
                for reference in references
                if (entity_id := async_camera_entity_id(self.hass, reference))
                is not None
            ]
            for label, references in data[CONF_ONBOARD].items()
        }
