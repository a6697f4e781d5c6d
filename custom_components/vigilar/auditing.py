"""The websocket command by which administrators read who did what."""

from dataclasses import asdict
from typing import Any, Final

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback

from .commands import async_ask, async_runtime

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 500


@callback
def async_register_auditing(hass: HomeAssistant) -> None:
    """Register the websocket command, once a process."""
    websocket_api.async_register_command(hass, ws_page)


@websocket_api.require_admin
@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/audit/page",
        vol.Optional("before"): vol.All(int, vol.Range(min=1, max=2**53)),
        vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
            int, vol.Range(min=1, max=MAX_LIMIT)
        ),
    }
)
@websocket_api.async_response
async def ws_page(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send what was done, newest first."""
    audit, limit = async_runtime(hass).audit, msg["limit"]
    # One more tells whether there are more.
    page = await async_ask(audit.page(before=msg.get("before"), limit=limit + 1))
    connection.send_result(
        msg["id"],
        {
            "rows": [{"id": number, **asdict(row)} for number, row in page[:limit]],
            "more": len(page) > limit,
        },
    )
