"""The action that lets cameras leave phones alone for a while.

It does what the button of a notification does, for several at once.
"""

from collections.abc import Collection, Iterable
from typing import Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from .access import async_caller, may_control
from .commands import async_ask, async_runtime, async_source
from .const import DOMAIN
from .events.clock import wall_ms
from .models import SourceInfo
from .publish.phone.messages import SNOOZE_MINUTES
from .publish.phone.recipient import Recipient
from .reviewing import async_reviewer
from .runtime import VigilarRuntime

ACTION_SNOOZE: Final = "snooze"

ATTR_CAMERAS: Final = "cameras"
ATTR_MINUTES: Final = "minutes"
ATTR_RECIPIENTS: Final = "recipients"

MAX_MINUTES: Final = 10_080
MS_PER_MINUTE: Final = 60_000

SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_RECIPIENTS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_CAMERAS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_MINUTES, default=SNOOZE_MINUTES): vol.All(
            vol.Coerce(int), vol.Range(min=0, max=MAX_MINUTES)
        ),
    }
)


@callback
def async_register_snoozing(hass: HomeAssistant) -> None:
    """Register the action, once a process."""
    hass.services.async_register(
        DOMAIN,
        ACTION_SNOOZE,
        _async_handle,
        SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_handle(call: ServiceCall) -> ServiceResponse:
    """Snooze, and say until when, for whom and of what.

    Raises:
        ServiceValidationError: A recipient or a camera is none of ours, or none
            about which the caller may decide.
        HomeAssistantError: The database fails.
    """
    runtime = async_runtime(call.hass)
    user = await async_caller(call)
    sources = _sources(runtime, call.data.get(ATTR_CAMERAS), user)
    recipients = [
        async_recipient(runtime, name)
        for name in call.data.get(ATTR_RECIPIENTS, runtime.phones.recipients)
    ]
    reviewer = await async_reviewer(call.hass, user)
    until = wall_ms() + call.data[ATTR_MINUTES] * MS_PER_MINUTE
    await async_ask(
        runtime.phones.async_snooze(
            recipients, [source.source_id for source in sources], until, reviewer.by
        )
    )
    return {
        "until": dt_util.utc_from_timestamp(until / 1000).isoformat(),
        ATTR_RECIPIENTS: [recipient.name for recipient in recipients],
        ATTR_CAMERAS: [source.name for source in sources],
    }


@callback
def async_recipient(runtime: VigilarRuntime, named: str) -> Recipient:
    """Return a recipient by its name or its id.

    Raises:
        ServiceValidationError: There is none.
    """
    for recipient in runtime.phones.recipients.values():
        if named in (recipient.id, recipient.name):
            return recipient
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_such_recipient",
        translation_placeholders={"name": named},
    )


@callback
def _sources(
    runtime: VigilarRuntime, named: Iterable[str] | None, user: User | None
) -> Collection[SourceInfo]:
    """Return the sources that are named; all about which a user may decide without."""
    if named is not None:
        return [async_source(runtime, name, user, may_control) for name in named]
    return [
        source
        for source in runtime.async_sources().values()
        if user is None or may_control(user, source)
    ]
