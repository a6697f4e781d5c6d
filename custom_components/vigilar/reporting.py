"""The action that puts an event of one's own on the timeline.

It takes the one path as what a camera sees does: classified, stored, published.
"""

import asyncio
from typing import Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import camera
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util.ulid import ulid_now

from .access import as_known, async_caller, may_control, may_read_all
from .commands import async_runtime, async_source
from .const import DOMAIN, HOUSE_SOURCE
from .events.clock import wall_ms
from .events.reviews import MAX_NOTE
from .models import (
    ALARM_TYPES,
    Event,
    EventType,
    Observation,
    ObservationKind,
    Report,
    Severity,
)
from .publish.filters import MAX_NAME
from .reviewing import async_reviewer
from .runtime import VigilarRuntime

ACTION_CREATE_EVENT: Final = "create_event"

ATTR_CAMERA: Final = "camera"
ATTR_NAME: Final = "name"
ATTR_NOTE: Final = "note"
ATTR_SEVERITY: Final = "severity"
ATTR_SNAPSHOT: Final = "snapshot"
ATTR_TYPE: Final = "type"

STORE_TIMEOUT_S: Final = 10.0
SNAPSHOT_TIMEOUT_S: Final = 10

# What the alarm and the connections say of themselves nobody says for them.
TYPES: Final = tuple(
    event_type
    for event_type in EventType
    if event_type
    not in {
        *ALARM_TYPES,
        EventType.CAMERA_OFFLINE,
        EventType.CAMERA_ONLINE,
        EventType.SENSOR_OFFLINE,
    }
)

SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_CAMERA): cv.string,
        vol.Optional(ATTR_TYPE, default=EventType.MANUAL.value): vol.All(
            vol.In([event_type.value for event_type in TYPES]), vol.Coerce(EventType)
        ),
        vol.Optional(ATTR_NAME, default=""): vol.All(
            cv.string, vol.Strip, vol.Length(max=MAX_NAME)
        ),
        vol.Optional(ATTR_SEVERITY): vol.Coerce(Severity),
        vol.Optional(ATTR_NOTE, default=""): vol.All(
            cv.string, vol.Strip, vol.Length(max=MAX_NOTE)
        ),
        vol.Optional(ATTR_SNAPSHOT): cv.entity_domain(camera.DOMAIN),
    }
)


@callback
def async_register_reporting(hass: HomeAssistant) -> None:
    """Register the action, once a process."""
    hass.services.async_register(
        DOMAIN,
        ACTION_CREATE_EVENT,
        _async_handle,
        SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_handle(call: ServiceCall) -> ServiceResponse:
    """Make an event, and return it.

    Raises:
        ServiceValidationError: There is no such camera for the caller.
        Unauthorized: Only administrators speak for the house itself; or the
            caller must not look through the camera that is to take a picture.
        HomeAssistantError: The camera gives no picture, or the database fails.
    """
    runtime = async_runtime(call.hass)
    user = await async_caller(call)
    source_id = _source_id(runtime, call, user)
    reviewer = await async_reviewer(call.hass, user)
    observation = Observation(
        kind=ObservationKind.REPORTED,
        source_id=source_id,
        ts=wall_ms(),
        key=ulid_now(),
        score=1.0,
        snapshot=await _async_snapshot(call, user),
        report=Report(
            type=call.data[ATTR_TYPE],
            by=reviewer.by,
            name=call.data[ATTR_NAME],
            severity=call.data.get(ATTR_SEVERITY),
            note=call.data[ATTR_NOTE],
        ),
    )
    event = await async_submit(runtime, observation)
    return {"event": as_known(event, whole=may_read_all(user)).as_dict()}


async def async_submit(runtime: VigilarRuntime, observation: Observation) -> Event:
    """Take an observation all the way; return its event as it is stored then.

    Raises:
        HomeAssistantError: The database did not take it in time; it goes on to try.
    """
    handling = runtime.hass.async_create_task(
        runtime.processor.handle(observation), "vigilar report"
    )
    try:
        # What was begun must not be cut short: it may be stored already.
        async with asyncio.timeout(STORE_TIMEOUT_S):
            change = await asyncio.shield(handling)
    except TimeoutError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="database_unreadable"
        ) from err
    assert change is not None
    return change.event


@callback
def _source_id(runtime: VigilarRuntime, call: ServiceCall, user: User | None) -> str:
    """Return of which source the event is to be."""
    if (named := call.data.get(ATTR_CAMERA)) is not None:
        return async_source(runtime, named, user, may_control).source_id
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)
    return HOUSE_SOURCE


async def _async_snapshot(call: ServiceCall, user: User | None) -> bytes | None:
    """Return a picture of the camera that is to take one."""
    entity_id = call.data.get(ATTR_SNAPSHOT)
    if entity_id is None:
        return None
    if user is not None and not user.permissions.check_entity(entity_id, POLICY_READ):
        raise Unauthorized(context=call.context, entity_id=entity_id)
    try:
        image = await camera.async_get_image(
            call.hass, entity_id, timeout=SNAPSHOT_TIMEOUT_S
        )
    except HomeAssistantError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_snapshot",
            translation_placeholders={"camera": entity_id},
        ) from err
    if image.content_type != "image/jpeg":
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_snapshot",
            translation_placeholders={"camera": entity_id},
        )
    return image.content
