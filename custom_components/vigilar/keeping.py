"""What people do to keep events: protect them, and take copies away.

The actions and the websocket commands do the same.
"""

from collections.abc import Awaitable
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
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .access import as_known, async_caller, doer_of, may_control, may_read, may_read_all
from .commands import (
    async_ask,
    async_event,
    async_runtime,
    async_source,
    no_such_event,
    to_ms,
)
from .const import DOMAIN
from .events.audit import Deed
from .media.exports import Export, ExportError, ExportProblem
from .publish.filters import EVENT_ID, MAX_TS

ACTION_EXPORT_CLIP: Final = "export_clip"
ACTION_EXPORT_EVENT: Final = "export_event"
ACTION_PROTECT: Final = "protect"

ATTR_CAMERA: Final = "camera"
ATTR_END: Final = "end"
ATTR_EVENT_ID: Final = "event_id"
ATTR_PROTECTED: Final = "protected"
ATTR_START: Final = "start"

MAX_SPAN_MS: Final = 3_600_000

EVENT_SCHEMA: Final = {vol.Required(ATTR_EVENT_ID): EVENT_ID}
PROTECT_SCHEMA: Final = {
    **EVENT_SCHEMA,
    vol.Optional(ATTR_PROTECTED, default=True): cv.boolean,
}


@callback
def async_register_keeping(hass: HomeAssistant) -> None:
    """Register the actions and the websocket commands, once a process."""
    for command in (ws_export_clip, ws_export_event, ws_protect):
        websocket_api.async_register_command(hass, command)
    time = {vol.Required(key): cv.datetime for key in (ATTR_START, ATTR_END)}
    for name, handle, schema, response in (
        (
            ACTION_EXPORT_CLIP,
            _async_handle_export_clip,
            {vol.Required(ATTR_CAMERA): cv.string, **time},
            SupportsResponse.ONLY,
        ),
        (
            ACTION_EXPORT_EVENT,
            _async_handle_export_event,
            EVENT_SCHEMA,
            SupportsResponse.ONLY,
        ),
        (
            ACTION_PROTECT,
            _async_handle_protect,
            PROTECT_SCHEMA,
            SupportsResponse.NONE,
        ),
    ):
        hass.services.async_register(
            DOMAIN, name, handle, vol.Schema(schema), supports_response=response
        )


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/export/clip",
        vol.Required(ATTR_CAMERA): cv.string,
        vol.Required(ATTR_START): vol.All(int, vol.Range(min=0, max=MAX_TS)),
        vol.Required(ATTR_END): vol.All(int, vol.Range(min=0, max=MAX_TS)),
    }
)
@websocket_api.async_response
async def ws_export_clip(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Make a clip of a time, Unix milliseconds, and say where it can be fetched."""
    exported = await _async_export_clip(
        hass, msg[ATTR_CAMERA], msg[ATTR_START], msg[ATTR_END], connection.user
    )
    connection.send_result(msg["id"], exported)


@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/export/event", **EVENT_SCHEMA}
)
@websocket_api.async_response
async def ws_export_event(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Make a bundle of an event, and say where it can be fetched."""
    exported = await _async_export_event(hass, msg[ATTR_EVENT_ID], connection.user)
    connection.send_result(msg["id"], exported)


@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/protect", **PROTECT_SCHEMA}
)
@websocket_api.async_response
async def ws_protect(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Protect an event, or do not any more."""
    await _async_protect(
        hass, msg[ATTR_EVENT_ID], connection.user, on=msg[ATTR_PROTECTED]
    )
    connection.send_result(msg["id"])


async def _async_handle_export_clip(call: ServiceCall) -> ServiceResponse:
    """Make a clip of a time, and say where it can be fetched."""
    return await _async_export_clip(
        call.hass,
        call.data[ATTR_CAMERA],
        to_ms(call.data[ATTR_START]),
        to_ms(call.data[ATTR_END]),
        await async_caller(call),
    )


async def _async_handle_export_event(call: ServiceCall) -> ServiceResponse:
    """Make a bundle of an event, and say where it can be fetched."""
    user = await async_caller(call)
    return await _async_export_event(call.hass, call.data[ATTR_EVENT_ID], user)


async def _async_handle_protect(call: ServiceCall) -> None:
    """Protect an event, or do not any more."""
    user = await async_caller(call)
    await _async_protect(
        call.hass, call.data[ATTR_EVENT_ID], user, on=call.data[ATTR_PROTECTED]
    )


async def _async_export_clip(
    hass: HomeAssistant, camera: str, start: int, end: int, user: User | None
) -> dict[str, Any]:
    """Make a clip of a time of a camera.

    Args:
        hass: Home Assistant.
        camera: The id of the source, or the entity that its events name.
        start: Unix milliseconds.
        end: Unix milliseconds.
        user: Who asks; None for an automation, which may see everything.

    Raises:
        ServiceValidationError: There is no such camera for this user, or
            nothing of that time.
        HomeAssistantError: It cannot be made now.
    """
    if not 0 < end - start <= MAX_SPAN_MS:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="export_span"
        )
    runtime = async_runtime(hass)
    source = async_source(runtime, camera, user, may_read)
    exported = await _async_tell(runtime.exports.clip(source.source_id, start, end))
    runtime.audit.note(
        doer_of(user),
        Deed.EXPORTED,
        source_id=source.source_id,
        detail=exported["name"],
    )
    return exported


async def _async_export_event(
    hass: HomeAssistant, event_id: str, user: User | None
) -> dict[str, Any]:
    """Make a bundle of an event; raises as `_async_export_clip`."""
    runtime = async_runtime(hass)
    event = await async_event(runtime, event_id, user, may_read)
    known = as_known(event, whole=may_read_all(user))
    exported = await _async_tell(runtime.exports.bundle(known))
    runtime.audit.note(
        doer_of(user),
        Deed.EXPORTED,
        event_ids=[event.id],
        source_id=event.source_id,
        detail=exported["name"],
    )
    return exported


async def _async_protect(
    hass: HomeAssistant, event_id: str, user: User | None, *, on: bool
) -> None:
    """Protect an event, or do not any more.

    Raises:
        ServiceValidationError: There is no such event that this user may
            decide about.
        HomeAssistantError: The database fails.
    """
    runtime = async_runtime(hass)
    event = await async_event(runtime, event_id, user, may_control)
    if not await async_ask(runtime.library.protect(event_id, on=on)):
        raise no_such_event()
    runtime.audit.note(
        doer_of(user),
        Deed.PROTECTED if on else Deed.UNPROTECTED,
        event_ids=[event_id],
        source_id=event.source_id,
    )


async def _async_tell(making: Awaitable[Export]) -> dict[str, Any]:
    """Return what is told of an export once it is made, or why it is not."""
    try:
        export = await async_ask(making)
    except ExportError as err:
        if err.problem is ExportProblem.NOTHING:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="export_nothing"
            ) from err
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_failed",
            translation_placeholders={"reason": err.problem.value},
        ) from err
    return export.as_dict()
