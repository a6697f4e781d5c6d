"""Sentences of the logbook for Vigilar's events."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_VIGILAR
from .models import EventType

_SAID: Final = {
    EventType.MOTION: "saw motion",
    EventType.PERSON: "saw a person",
    EventType.VEHICLE: "saw a vehicle",
    EventType.ANIMAL: "saw an animal",
    EventType.CAMERA_OFFLINE: "went offline",
    EventType.CAMERA_ONLINE: "came back online",
    EventType.CAMERA_TAMPERED: "does not see what it should",
    EventType.ALARM_ARMED: "was armed",
    EventType.ALARM_DISARMED: "was disarmed",
    EventType.ALARM_TRIGGERED: "goes off",
    EventType.ALARM_LOCKED_OUT: "takes no more codes for a while",
    EventType.DOOR_OPENED: "was opened",
    EventType.WINDOW_OPENED: "was opened",
    EventType.GATE_OPENED: "was opened",
    EventType.GARAGE_OPENED: "was opened",
    EventType.LOCK_UNLOCKED: "was unlocked",
    EventType.LOCK_JAMMED: "is jammed",
    EventType.GLASS_BROKEN: "heard glass break",
    EventType.SMOKE: "noticed smoke",
    EventType.CARBON_MONOXIDE: "noticed carbon monoxide",
    EventType.GAS: "noticed gas",
    EventType.WATER_LEAK: "noticed water",
    EventType.DOORBELL: "rang",
    EventType.PRESENCE: "noticed somebody",
    EventType.SOUND: "heard a sound",
    EventType.VIBRATION: "felt a vibration",
    EventType.TAMPER: "was tampered with",
    EventType.PANIC: "calls for help",
    EventType.PROBLEM: "reports a problem",
    EventType.SENSOR_OFFLINE: "went offline",
    EventType.MANUAL: "has a note of somebody",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[Event[dict[str, Any]]], dict[str, Any]]], None
    ],
) -> None:
    """Describe what begins; updates and ends would only repeat it."""
    async_describe_event(DOMAIN, EVENT_VIGILAR, _async_describe)


@callback
def _async_describe(event: Event[dict[str, Any]]) -> dict[str, Any]:
    """Return one sentence about an event."""
    payload = event.data["payload"]
    message = _SAID.get(event.data["type"], event.data["type"].replace("_", " "))
    if payload["zones"]:
        message += f" in {', '.join(payload['zones'])}"
    described = {
        LOGBOOK_ENTRY_NAME: payload["name"],
        LOGBOOK_ENTRY_MESSAGE: message,
    }
    if payload["entity_id"] is not None:
        described[LOGBOOK_ENTRY_ENTITY_ID] = payload["entity_id"]
    return described
