"""The websocket command by which administrators read who did what."""

from dataclasses import asdict
from typing import Any, Final

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback

from .commands import async_ask, async_runtime
from .events.audit import Deed

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 500
# So many people can be chosen from.
MAX_DOERS: Final = 100


@callback
def async_register_auditing(hass: HomeAssistant) -> None:
    """Register the websocket command, once a process."""
    websocket_api.async_register_command(hass, ws_page)


@websocket_api.require_admin
@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/audit/page",
        vol.Optional("before"): vol.All(int, vol.Range(min=1, max=2**53)),
        vol.Optional("user_id"): vol.All(str, vol.Length(max=64)),
        vol.Optional("action"): vol.In([deed.value for deed in Deed]),
        vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
            int, vol.Range(min=1, max=MAX_LIMIT)
        ),
    }
)
@websocket_api.async_response
async def ws_page(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send what was done, newest first, and which of the events there are still."""
    runtime, limit = async_runtime(hass), msg["limit"]
    audit, before, action = runtime.audit, msg.get("before"), msg.get("action")
    # One more tells whether there are more.
    page = await async_ask(
        audit.page(
            before=before,
            user_id=msg.get("user_id"),
            action=None if action is None else Deed(action),
            limit=limit + 1,
        )
    )
    rows = page[:limit]
    ids = {row.event_id for _, row in rows if row.event_id is not None}
    events = await async_ask(runtime.store.get_all(ids))
    answer: dict[str, Any] = {
        "rows": [{"id": number, **asdict(row)} for number, row in rows],
        "events": {
            event.id: {
                "ts": event.ts,
                "type": event.type.value,
                "severity": event.severity.value,
                "name": event.payload["name"],
            }
            for event in events.values()
        },
        "more": len(page) > limit,
    }
    if before is None:
        doers = await async_ask(audit.doers(limit=MAX_DOERS))
        answer["doers"] = [asdict(doer) for doer in doers]
    connection.send_result(msg["id"], answer)
