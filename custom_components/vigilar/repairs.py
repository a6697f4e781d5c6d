"""What a user can do about a problem from the repairs page itself."""

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    FlowType,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class SourceRepairFlow(RepairsFlow):
    """Explains what is wrong with a camera or sensor and opens its form."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin with what is wrong."""
        return await self.async_step_reconfigure()

    async def async_step_reconfigure(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Say what is wrong, and lead to the form where it was set."""
        assert self.data is not None
        entry_id = str(self.data["entry_id"])
        subentry_id = str(self.data["subentry_id"])
        entry = self.hass.config_entries.async_get_entry(entry_id)
        if entry is None or subentry_id not in entry.subentries:
            return self.async_abort(reason="camera_gone")
        subentry = entry.subentries[subentry_id]
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
            named = None if issue is None else issue.translation_placeholders
            return self.async_show_form(
                step_id="reconfigure",
                description_placeholders=named or {"name": subentry.title},
            )
        flow = await self.hass.config_entries.subentries.async_init(
            (entry_id, subentry.subentry_type),
            context=SubentryFlowContext(
                source=SOURCE_RECONFIGURE, subentry_id=subentry_id
            ),
        )
        return self.async_create_entry(
            data={}, next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue: those about a source name it in their data."""
    return ConfirmRepairFlow() if data is None else SourceRepairFlow()
