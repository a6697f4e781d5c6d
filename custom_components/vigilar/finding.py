"""Actions that find events: for automations, scripts and assistants."""

from typing import Any, Final

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv

from .access import as_known, async_caller, may_read, may_read_all
from .commands import async_ask, async_event, async_runtime, async_source, to_ms
from .const import DOMAIN
from .events.query import MAX_TEXT
from .models import EventType, Severity
from .publish.filters import EVENT_ID, Filter, readable_ids
from .publish.timeline import DEFAULT_LIMIT, MAX_LIMIT

ACTION_GET_EVENT: Final = "get_event"
ACTION_SEARCH_EVENTS: Final = "search_events"

ATTR_AREAS: Final = "areas"
ATTR_CAMERAS: Final = "cameras"
ATTR_END: Final = "end"
ATTR_EVENT_ID: Final = "event_id"
ATTR_LIMIT: Final = "limit"
ATTR_REVIEWED: Final = "reviewed"
ATTR_SEVERITIES: Final = "severities"
ATTR_START: Final = "start"
ATTR_TEXT: Final = "text"
ATTR_TYPES: Final = "types"
ATTR_ZONES: Final = "zones"

_NAMES: Final = vol.All(cv.ensure_list, [cv.string])

SEARCH_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_CAMERAS): _NAMES,
        vol.Optional(ATTR_AREAS): _NAMES,
        vol.Optional(ATTR_TYPES): vol.All(
            cv.ensure_list, [vol.In([kind.value for kind in EventType])]
        ),
        vol.Optional(ATTR_SEVERITIES): vol.All(
            cv.ensure_list, [vol.In([severity.value for severity in Severity])]
        ),
        vol.Optional(ATTR_ZONES): _NAMES,
        vol.Optional(ATTR_REVIEWED): cv.boolean,
        vol.Optional(ATTR_TEXT): vol.All(cv.string, vol.Length(max=MAX_TEXT)),
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT)
        ),
    }
)


@callback
def async_register_finding(hass: HomeAssistant) -> None:
    """Register the actions, once a process."""
    for name, handle, schema in (
        (ACTION_SEARCH_EVENTS, _async_handle_search, SEARCH_SCHEMA),
        (
            ACTION_GET_EVENT,
            _async_handle_get,
            vol.Schema({vol.Required(ATTR_EVENT_ID): EVENT_ID}),
        ),
    ):
        hass.services.async_register(
            DOMAIN, name, handle, schema, supports_response=SupportsResponse.ONLY
        )


async def _async_handle_search(call: ServiceCall) -> ServiceResponse:
    """Return the newest events that pass all that is given, and whether there are more.

    Raises:
        ServiceValidationError: A camera is none that the caller may know of.
        HomeAssistantError: The database fails.
    """
    runtime = async_runtime(call.hass)
    user = await async_caller(call)
    asked: dict[str, Any] = {**call.data, "review_scope": "anyone"}
    if (cameras := asked.pop(ATTR_CAMERAS, None)) is not None:
        asked["source_ids"] = [
            async_source(runtime, camera, user, may_read).source_id
            for camera in cameras
        ]
    if (areas := asked.pop(ATTR_AREAS, None)) is not None:
        asked["area_ids"] = areas
    for key in (ATTR_START, ATTR_END):
        if key in asked:
            asked[key] = to_ms(asked[key])
    sources = runtime.async_sources()
    query = Filter.of(asked, user).resolve(
        sources, readable_ids(user, sources.values())
    )
    limit = asked[ATTR_LIMIT]
    # One more than is wanted says whether there are more.
    page = await async_ask(runtime.store.page(query, limit=limit + 1))
    whole = may_read_all(user)
    return {
        "events": [as_known(event, whole=whole).as_dict() for event in page[:limit]],
        "more": len(page) > limit,
    }


async def _async_handle_get(call: ServiceCall) -> ServiceResponse:
    """Return an event as it stands.

    Raises:
        ServiceValidationError: There is none that the caller may know of.
        HomeAssistantError: The database fails.
    """
    user = await async_caller(call)
    event = await async_event(
        async_runtime(call.hass), call.data[ATTR_EVENT_ID], user, may_read
    )
    return {"event": as_known(event, whole=may_read_all(user)).as_dict()}
