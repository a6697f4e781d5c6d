"""The action that begins and ends a walk test."""

from typing import Final

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util

from .commands import async_runtime
from .const import DOMAIN
from .snoozing import async_recipient

ACTION_WALK_TEST: Final = "walk_test"

ATTR_ACTIVE: Final = "active"
ATTR_MINUTES: Final = "minutes"
ATTR_RECIPIENT: Final = "recipient"

DEFAULT_MINUTES: Final = 10
MAX_MINUTES: Final = 60

SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_ACTIVE, default=True): cv.boolean,
        vol.Optional(ATTR_MINUTES, default=DEFAULT_MINUTES): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=MAX_MINUTES)
        ),
        vol.Optional(ATTR_RECIPIENT): cv.string,
    }
)


@callback
def async_register_walk_test(hass: HomeAssistant) -> None:
    """Register the action, once a process; it silences the alarm, so not for everybody."""
    async_register_admin_service(
        hass,
        DOMAIN,
        ACTION_WALK_TEST,
        _async_handle,
        SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_handle(call: ServiceCall) -> ServiceResponse:
    """Begin or end a walk test; return until when it goes on.

    Raises:
        ServiceValidationError: There is no such recipient.
    """
    runtime = async_runtime(call.hass)
    if not call.data[ATTR_ACTIVE]:
        runtime.walk.async_end()
        return {"until": None}
    named = call.data.get(ATTR_RECIPIENT)
    tester = None if named is None else async_recipient(runtime, named).id
    until = await runtime.walk.async_begin(call.data[ATTR_MINUTES], tester)
    return {"until": dt_util.utc_from_timestamp(until / 1000).isoformat()}
