"""What Home Assistant knows of a recipient: devices, who is at home, what is on."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, STATE_HOME, STATE_OFF
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util, slugify

from .recipient import Presence, Recipient, TargetKind

# A service that hangs counts as failed after it.
SEND_TIMEOUT_S: Final = 15.0

MOBILE_APP: Final = "mobile_app"
NOTIFY_DOMAIN: Final = "notify"
PERSON_DOMAIN: Final = "person"

# An error may quote an address or the id of a webhook, which are as good as passwords.
_SECRETS: Final = re.compile(r"\S*://\S+|[\w-]{32,}")


class Platform(StrEnum):
    """What a device understands."""

    ANDROID = "android"
    APPLE = "apple"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Device:
    """One way to reach a recipient.

    Attributes:
        key: Tells it from the others: its registry id, or an entity id.
        name: As shown to people.
        platform: What it understands.
        service: The action of the `notify` domain that sends to it.
        user_id: Whose it is, or None.
    """

    key: str
    name: str
    platform: Platform
    service: str
    user_id: str | None = None


@callback
def async_devices(hass: HomeAssistant, recipient: Recipient) -> list[Device]:
    """Return the ways to reach a recipient that work at present."""
    match recipient.kind:
        case TargetKind.ENTITY:
            return _async_notify_entity(hass, recipient.target)
        case TargetKind.DEVICE:
            wanted = {recipient.target}
        case TargetKind.PERSON:
            wanted = _async_devices_of_person(hass, recipient.target)
    apps = (
        _async_app(hass, entry)
        for entry in hass.config_entries.async_loaded_entries(MOBILE_APP)
    )
    return [app for app in apps if app is not None and app.key in wanted]


async def async_send(
    hass: HomeAssistant, device: Device, data: dict[str, Any], context: Context
) -> None:
    """Send to a device.

    Args:
        hass: Home Assistant.
        device: The device.
        data: As its action takes it.
        context: Of the call.

    Raises:
        HomeAssistantError: It was not sent.
        TimeoutError: It may have been sent.
        vol.Invalid: The action does not take the data.
    """
    if device.platform is Platform.PLAIN:
        data = data | {ATTR_ENTITY_ID: device.key}
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await hass.services.async_call(
            NOTIFY_DOMAIN, device.service, data, blocking=True, context=context
        )


def error_text(err: Exception) -> str:
    """Return what went wrong in words, without addresses and ids."""
    text = str(err) if isinstance(err, HomeAssistantError) else ""
    return _SECRETS.sub("…", text) or type(err).__name__


@callback
def async_off_condition(
    hass: HomeAssistant, recipient: Recipient
) -> tuple[str | None, int | None]:
    """Return the name of a condition that is off, and when it is on again if known.

    What is gone or unavailable does not keep anybody from being told.
    """
    for reference in recipient.conditions:
        state = _async_state(hass, reference)
        if state is None or state.state != STATE_OFF:
            continue
        # A schedule says so.
        next_event = dt_util.parse_datetime(str(state.attributes.get("next_event")))
        on_again = None if next_event is None else next_event.timestamp()
        return state.name, None if on_again is None else int(on_again * 1000)
    return None, None


@callback
def async_who_is_home(hass: HomeAssistant, recipient: Recipient) -> str | None:
    """Return the name of someone whose being at home counts, or None."""
    match recipient.presence:
        case Presence.ALWAYS:
            return None
        case Presence.NOBODY_HOME:
            people = hass.states.async_all(PERSON_DOMAIN)
        case Presence.PERSON_AWAY:
            person = _async_state(hass, recipient.target)
            people = [] if person is None else [person]
    return next((person.name for person in people if person.state == STATE_HOME), None)


@callback
def _async_state(hass: HomeAssistant, reference: str) -> Any:
    """Return the state of an entity by its registry id or entity id, or None."""
    entity_id = er.async_resolve_entity_id(er.async_get(hass), reference)
    return None if entity_id is None else hass.states.get(entity_id)


@callback
def _async_devices_of_person(hass: HomeAssistant, reference: str) -> set[str]:
    """Return the ids of the devices of the companion app that are a person's.

    Those that the person's user has logged in with, and those whose trackers
    follow the person.
    """
    if (person := _async_state(hass, reference)) is None:
        return set()
    registry = er.async_get(hass)
    trackers = {
        entity.device_id
        for entity_id in person.attributes.get("device_trackers", ())
        if (entity := registry.async_get(entity_id)) is not None
    }
    user_id = person.attributes.get("user_id")
    return {
        app.key
        for entry in hass.config_entries.async_loaded_entries(MOBILE_APP)
        if (app := _async_app(hass, entry)) is not None
        and (app.key in trackers or (user_id is not None and app.user_id == user_id))
    }


@callback
def _async_app(hass: HomeAssistant, entry: ConfigEntry) -> Device | None:
    """Return the device of a registration of the companion app, or None."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    # Named as the notify domain names it.
    service = slugify(f"{MOBILE_APP}_{entry.data['device_name']}")
    if not devices or not hass.services.has_service(NOTIFY_DOMAIN, service):
        return None
    apple = entry.data.get("manufacturer") == "Apple"
    return Device(
        key=devices[0].id,
        name=devices[0].name_by_user or entry.title,
        platform=Platform.APPLE if apple else Platform.ANDROID,
        service=service,
        user_id=entry.data.get("user_id"),
    )


@callback
def _async_notify_entity(hass: HomeAssistant, reference: str) -> list[Device]:
    """Return a notify entity as a device, if it is there."""
    if (state := _async_state(hass, reference)) is None:
        return []
    return [Device(state.entity_id, state.name, Platform.PLAIN, "send_message")]
