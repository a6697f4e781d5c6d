"""Answers "why did my phone not ring?": the delivery ledger, in words.

A websocket command for the timeline and an action for automations say the same.
"""

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

from ..access import async_caller, may_read
from ..const import DOMAIN
from ..events.ledger import Delivery, DeliveryState
from ..events.store import StoreError
from .filters import EVENT_ID
from .notify import PhoneNotifier
from .phone.texts import Texts
from .subscriptions import Timeline

ACTION_DELIVERY: Final = "delivery"
ATTR_EVENT_ID: Final = "event_id"

SCHEMA: Final = {vol.Required(ATTR_EVENT_ID): EVENT_ID}


@callback
def async_register_delivery(hass: HomeAssistant) -> None:
    """Register the websocket command and the action, once a process."""
    websocket_api.async_register_command(hass, ws_delivery)
    hass.services.async_register(
        DOMAIN,
        ACTION_DELIVERY,
        _async_handle_action,
        schema=vol.Schema(SCHEMA),
        supports_response=SupportsResponse.ONLY,
    )


@websocket_api.websocket_command({vol.Required("type"): "vigilar/delivery", **SCHEMA})
@websocket_api.async_response
async def ws_delivery(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send what the ledger says of an event."""
    report = await _async_report(hass, msg[ATTR_EVENT_ID], connection.user)
    connection.send_result(msg["id"], report)


async def _async_handle_action(call: ServiceCall) -> ServiceResponse:
    """Return what the ledger says of an event."""
    user = await async_caller(call)
    return await _async_report(call.hass, call.data[ATTR_EVENT_ID], user)


async def _async_report(
    hass: HomeAssistant, event_id: str, user: User | None
) -> dict[str, Any]:
    """Return the ledger's rows of an event, in words and as they are.

    Args:
        hass: Home Assistant.
        event_id: The event.
        user: Who asks; None for an automation, which may know everything.

    Raises:
        ServiceValidationError: There is no such event for this user.
        HomeAssistantError: The database fails.
    """
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        phones: PhoneNotifier = entry.runtime_data.phones
        timeline: Timeline = entry.runtime_data.timeline
        try:
            event = await phones.store.get(event_id)
            rows = await phones.ledger.of_event(event_id)
        except StoreError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="database_unreadable"
            ) from err
        if event is None:
            break
        if user is not None and not may_read(
            user, timeline.sources().get(event.source_id)
        ):
            break
        texts = await Texts.async_load(hass)
        review = next(iter(event.payload.get("reviews", ())), None)
        return {
            ATTR_EVENT_ID: event_id,
            "reviewed": review and {"by": review["by"], "ts": review["ts"]},
            "deliveries": [_describe(texts, row) for row in rows],
        }
    # A user who may not know of it is told the same as if there were none.
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_such_event"
    )


def _describe(texts: Texts, row: Delivery) -> dict[str, Any]:
    """Return a row of the ledger as people and programs read it."""
    return {
        "recipient_id": row.recipient_id,
        "recipient": row.recipient,
        "state": row.state.value,
        "text": _in_words(texts, row),
        "reason": row.reason,
        "params": row.params,
        "at": row.at,
        "sent_at": row.sent_at,
        "critical": row.critical,
        "dismissed": row.dismissed,
        "updates": row.updates,
        "devices": [
            {
                "name": device.name,
                "told": device.told is not None,
                "error": device.error,
            }
            for device in row.devices.values()
        ],
    }


def _in_words(texts: Texts, row: Delivery) -> str:
    """Return one sentence about a row."""
    match row.state:
        case DeliveryState.NOT_SENT:
            return texts.text(f"reason_{row.reason}", row.params)
        case DeliveryState.JOINED:
            return texts.text("delivery_joined", row.params)
        case DeliveryState.FAILED:
            key = "delivery_failed" if row.done else "delivery_retried"
            error = next(
                (device.error for device in row.devices.values() if device.error), None
            )
            if error is None:
                error = texts.text(f"reason_{row.reason}")
            return texts.text(key, {"error": error})
        case _:
            return texts.text(
                f"delivery_{row.state.value}",
                {"sent_ts": row.sent_at, "at_ts": row.at, "updates": row.updates},
            )
