"""What people say of events, and the deletion of events.

The actions and the websocket commands do the same.

To look at an event is to be allowed to say something of it; to delete one is for
administrators.
"""

from collections.abc import Collection
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from .access import async_caller, doer_of, may_read
from .commands import async_ask, async_event, async_runtime
from .const import DOMAIN
from .events.audit import Deed
from .events.clock import wall_ms
from .events.records import BATCH
from .events.reviews import (
    MAX_NOTE,
    Reviewer,
    Verdict,
    judged,
    noted,
    seen,
    unjudged,
    unseen,
)
from .events.store import DeletionRefusedError, Refusal
from .publish.filters import (
    EVENT_ID,
    FILTER_SCHEMA,
    WHOLE_SPAN_SCHEMA,
    Filter,
    readable_ids,
)
from .publish.phone.texts import Texts
from .runtime import VigilarRuntime

ACTION_DELETE_EVENTS: Final = "delete_events"
ACTION_MARK_REVIEWED: Final = "mark_reviewed"

ATTR_EVENT_ID: Final = "event_id"
ATTR_FORCE: Final = "force"
ATTR_REVIEWED: Final = "reviewed"

EVENT_IDS: Final = vol.All([EVENT_ID], vol.Length(min=1, max=BATCH))
# What a search has found may be nothing.
_FOUND_IDS: Final = vol.All(cv.ensure_list, [EVENT_ID], vol.Length(max=BATCH))


@callback
def async_register_reviewing(hass: HomeAssistant) -> None:
    """Register the actions and the websocket commands, once a process."""
    for command in (ws_mark, ws_mark_span, ws_feedback, ws_note, ws_delete):
        websocket_api.async_register_command(hass, command)
    hass.services.async_register(
        DOMAIN,
        ACTION_MARK_REVIEWED,
        _async_handle_mark,
        vol.Schema(
            {
                vol.Required(ATTR_EVENT_ID): _FOUND_IDS,
                vol.Optional(ATTR_REVIEWED, default=True): cv.boolean,
            }
        ),
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        ACTION_DELETE_EVENTS,
        _async_handle_delete,
        vol.Schema(
            {
                vol.Required(ATTR_EVENT_ID): _FOUND_IDS,
                vol.Optional(ATTR_FORCE, default=False): cv.boolean,
            }
        ),
        supports_response=SupportsResponse.OPTIONAL,
    )


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/review/mark",
        vol.Required("event_ids"): EVENT_IDS,
        vol.Optional("reviewed", default=True): bool,
    }
)
@websocket_api.async_response
async def ws_mark(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Mark events as seen by the user, or take that back."""
    count = await _async_mark(
        hass,
        msg["event_ids"],
        connection.user,
        _reviewer(connection.user),
        on=msg["reviewed"],
    )
    connection.send_result(msg["id"], {"count": count})


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/review/span",
        **FILTER_SCHEMA,
        **WHOLE_SPAN_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_mark_span(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Mark all events of a time that pass a filter as seen by the user."""
    runtime = async_runtime(hass)
    user = connection.user
    sources = runtime.async_sources()
    query = Filter.of(msg, user).resolve(sources, readable_ids(user, sources.values()))
    reviewer = _reviewer(user)
    count, last = 0, None
    # Newest first, and from there on: what is marked may not pass any more.
    while ids := await async_ask(runtime.store.ids(query, before=last, limit=BATCH)):
        last = ids[-1]
        count += await async_ask(runtime.processor.revise(ids, seen(reviewer)))
    runtime.audit.note(
        doer_of(user), Deed.REVIEWED, event_ids=[None] * bool(count), detail=str(count)
    )
    connection.send_result(msg["id"], {"count": count})


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/feedback",
        vol.Required("event_id"): EVENT_ID,
        vol.Required("verdict"): vol.Any(
            None, vol.In([verdict.value for verdict in Verdict])
        ),
    }
)
@websocket_api.async_response
async def ws_feedback(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Keep what the user says that an event was, or take it back."""
    runtime = async_runtime(hass)
    event = await async_event(runtime, msg["event_id"], connection.user, may_read)
    verdict = msg["verdict"]
    amend = (
        unjudged
        if verdict is None
        else judged(Verdict(verdict), _reviewer(connection.user))
    )
    await async_ask(runtime.processor.revise([event.id], amend))
    runtime.audit.note(
        doer_of(connection.user),
        Deed.JUDGED,
        event_ids=[event.id],
        source_id=event.source_id,
        detail=verdict or "",
    )
    connection.send_result(msg["id"])


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/note",
        vol.Required("event_id"): EVENT_ID,
        vol.Required("text"): vol.All(str, vol.Length(max=MAX_NOTE)),
    }
)
@websocket_api.async_response
async def ws_note(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Keep the user's note to an event, or take the note away."""
    runtime = async_runtime(hass)
    event = await async_event(runtime, msg["event_id"], connection.user, may_read)
    amend = noted(msg["text"].strip(), _reviewer(connection.user))
    await async_ask(runtime.processor.revise([event.id], amend))
    runtime.audit.note(
        doer_of(connection.user),
        Deed.NOTED,
        event_ids=[event.id],
        source_id=event.source_id,
    )
    connection.send_result(msg["id"])


@websocket_api.require_admin
@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/event/delete",
        vol.Required("event_ids"): EVENT_IDS,
        vol.Optional("force", default=False): bool,
    }
)
@websocket_api.async_response
async def ws_delete(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Delete events, all of them or none."""
    count = await _async_delete(
        hass, msg["event_ids"], connection.user, force=msg["force"]
    )
    connection.send_result(msg["id"], {"count": count})


async def _async_handle_mark(call: ServiceCall) -> ServiceResponse:
    """Mark events as seen by the caller, or take that back."""
    user = await async_caller(call)
    reviewer = await async_reviewer(call.hass, user)
    count = await _async_mark(
        call.hass, call.data[ATTR_EVENT_ID], user, reviewer, on=call.data[ATTR_REVIEWED]
    )
    return {"count": count}


async def _async_handle_delete(call: ServiceCall) -> ServiceResponse:
    """Delete events, all of them or none."""
    count = await _async_delete(
        call.hass,
        call.data[ATTR_EVENT_ID],
        await async_caller(call),
        force=call.data[ATTR_FORCE],
    )
    return {"count": count}


async def _async_mark(
    hass: HomeAssistant,
    event_ids: Collection[str],
    user: User | None,
    reviewer: Reviewer,
    *,
    on: bool,
) -> int:
    """Mark events as seen, or take that back; return of how many that was news.

    Args:
        hass: Home Assistant.
        event_ids: Those that the user may not know of are passed over.
        user: Who asks; None for an automation, which may know of all.
        reviewer: As whom.
        on: They were seen.

    Raises:
        HomeAssistantError: The database fails.
    """
    runtime = async_runtime(hass)
    ids = await _async_readable(runtime, user, event_ids)
    amend = seen(reviewer) if on else unseen(reviewer.user_id)
    count = await async_ask(runtime.processor.revise(ids, amend))
    deed = Deed.REVIEWED if on else Deed.UNREVIEWED
    runtime.audit.note(doer_of(user), deed, event_ids=ids)
    return count


async def _async_delete(
    hass: HomeAssistant, event_ids: Collection[str], user: User | None, *, force: bool
) -> int:
    """Delete events, all of them or none; return how many.

    Raises:
        ServiceValidationError: One is going on, or protected.
        HomeAssistantError: The database fails.
    """
    runtime = async_runtime(hass)
    try:
        count = await async_ask(
            runtime.processor.delete(event_ids, force=force, now=wall_ms())
        )
    except DeletionRefusedError as err:
        if err.refusal is Refusal.OPEN:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="event_open"
            ) from err
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="event_protected"
        ) from err
    runtime.audit.note(doer_of(user), Deed.DELETED, event_ids=event_ids)
    return count


async def async_reviewer(hass: HomeAssistant, user: User | None) -> Reviewer:
    """Return who says something now: a user, or None for an automation."""
    if user is not None:
        return _reviewer(user)
    texts = await Texts.async_load(hass)
    return Reviewer("", texts.text("by_automation"), wall_ms())


async def _async_readable(
    runtime: VigilarRuntime, user: User | None, event_ids: Collection[str]
) -> list[str]:
    """Return the ids of those of some events that a user may know of."""
    sources = runtime.async_sources()
    stored = await async_ask(runtime.store.get_all(event_ids))
    return [
        event.id
        for event in stored.values()
        if user is None or may_read(user, sources.get(event.source_id))
    ]


def _reviewer(user: User) -> Reviewer:
    """Return a user as one who says something now."""
    return Reviewer(user.id, user.name or "", wall_ms())
