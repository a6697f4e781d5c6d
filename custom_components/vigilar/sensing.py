"""What the entities of Home Assistant say of the house, as events name it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.components.binary_sensor import (
    DOMAIN as BINARY_SENSOR_DOMAIN,
    BinarySensorDeviceClass,
)
from homeassistant.components.cover import (
    DOMAIN as COVER_DOMAIN,
    CoverDeviceClass,
    CoverState,
)
from homeassistant.components.event import DOMAIN as EVENT_DOMAIN, EventDeviceClass
from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN, LockState
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME, STATE_ON
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import get_device_class
from homeassistant.util import dt as dt_util

from .const import (
    CONF_DEBOUNCE,
    CONF_ENTITIES,
    CONF_ENTITY,
    CONF_SOURCE_ID,
    CONF_STUCK,
    CONF_TYPE,
    SUBENTRY_CAMERA,
    SUBENTRY_SENSOR,
)
from .models import EventType

SENSOR_DOMAINS: Final = [
    BINARY_SENSOR_DOMAIN,
    LOCK_DOMAIN,
    COVER_DOMAIN,
    EVENT_DOMAIN,
]

_SECONDS_AN_HOUR: Final = 3600.0
_FRESH: Final = timedelta(minutes=1)

# What a device class means; those that are not here say nothing of security.
_TYPES: Final[Mapping[str, Mapping[str, EventType]]] = {
    BINARY_SENSOR_DOMAIN: {
        BinarySensorDeviceClass.DOOR: EventType.DOOR_OPENED,
        BinarySensorDeviceClass.OPENING: EventType.DOOR_OPENED,
        BinarySensorDeviceClass.WINDOW: EventType.WINDOW_OPENED,
        BinarySensorDeviceClass.GARAGE_DOOR: EventType.GARAGE_OPENED,
        BinarySensorDeviceClass.LOCK: EventType.LOCK_UNLOCKED,
        BinarySensorDeviceClass.MOTION: EventType.PRESENCE,
        BinarySensorDeviceClass.MOVING: EventType.MOTION,
        BinarySensorDeviceClass.OCCUPANCY: EventType.PRESENCE,
        BinarySensorDeviceClass.PRESENCE: EventType.PRESENCE,
        BinarySensorDeviceClass.SOUND: EventType.SOUND,
        BinarySensorDeviceClass.VIBRATION: EventType.VIBRATION,
        BinarySensorDeviceClass.SMOKE: EventType.SMOKE,
        BinarySensorDeviceClass.CO: EventType.CARBON_MONOXIDE,
        BinarySensorDeviceClass.GAS: EventType.GAS,
        BinarySensorDeviceClass.MOISTURE: EventType.WATER_LEAK,
        BinarySensorDeviceClass.TAMPER: EventType.TAMPER,
        BinarySensorDeviceClass.SAFETY: EventType.PROBLEM,
        BinarySensorDeviceClass.PROBLEM: EventType.PROBLEM,
    },
    COVER_DOMAIN: {
        CoverDeviceClass.DOOR: EventType.DOOR_OPENED,
        CoverDeviceClass.WINDOW: EventType.WINDOW_OPENED,
        CoverDeviceClass.GARAGE: EventType.GARAGE_OPENED,
        CoverDeviceClass.GATE: EventType.GATE_OPENED,
    },
    EVENT_DOMAIN: {
        EventDeviceClass.DOORBELL: EventType.DOORBELL,
        EventDeviceClass.MOTION: EventType.PRESENCE,
    },
}

# These happen and are over, however long the entity stays so.
MOMENTS: Final = frozenset({EventType.DOORBELL, EventType.LOCK_UNLOCKED})

# These never last for long, so a sensor that goes on saying so is stuck. A door may
# be left open, and a leak or smoke that lasts must not be said to be over.
PASSING: Final = frozenset(
    {
        EventType.GLASS_BROKEN,
        EventType.MOTION,
        EventType.PRESENCE,
        EventType.SOUND,
        EventType.VIBRATION,
    }
)

# Neither this nor that yet.
_BETWEEN: Final = frozenset({LockState.LOCKING, LockState.UNLOCKING, LockState.OPENING})


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorConfig:
    """What a user has said of one sensor.

    Attributes:
        subentry_id: The subentry that holds it, among others.
        source_id: Stable slug; does not follow a renaming.
        name: As it was called when it was added.
        entity: Registry id or entity id.
        event_type: What it says when it is on.
        debounce_s: What is off for less was on all the time, and moments
            closer together are one.
        stuck_s: What passes and yet is on for longer is stuck; 0 for never.
    """

    subentry_id: str
    source_id: str
    name: str
    entity: str
    event_type: EventType
    debounce_s: float
    stuck_s: float


def read_sensors(subentry: ConfigSubentry) -> Iterable[SensorConfig]:
    """Read the sensors of a subentry."""
    data = subentry.data
    for item in data[CONF_ENTITIES]:
        yield SensorConfig(
            subentry_id=subentry.subentry_id,
            source_id=item[CONF_SOURCE_ID],
            name=item[CONF_NAME],
            entity=item[CONF_ENTITY],
            event_type=EventType(item[CONF_TYPE]),
            debounce_s=float(data[CONF_DEBOUNCE]),
            stuck_s=data[CONF_STUCK] * _SECONDS_AN_HOUR,
        )


def taken_source_ids(entry: ConfigEntry) -> Iterable[str]:
    """Return the ids of all sources that the entry's subentries bring."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CAMERA):
        yield subentry.data[CONF_SOURCE_ID]
    for subentry in entry.get_subentries_of_type(SUBENTRY_SENSOR):
        for item in subentry.data[CONF_ENTITIES]:
            yield item[CONF_SOURCE_ID]


@callback
def async_proposed_type(hass: HomeAssistant, entity_id: str) -> EventType | None:
    """Return what an entity says, by its device class; None if that is not clear."""
    domain = entity_id.partition(".")[0]
    if domain == LOCK_DOMAIN:
        return EventType.LOCK_UNLOCKED
    try:
        device_class = get_device_class(hass, entity_id)
    except HomeAssistantError:
        return None
    return _TYPES.get(domain, {}).get(device_class or "")


@callback
def async_area_id(hass: HomeAssistant, entry: er.RegistryEntry) -> str | None:
    """Return the area of an entity: its own, else that of its device."""
    if entry.area_id is not None or entry.device_id is None:
        return entry.area_id
    device = dr.async_get(hass).async_get(entry.device_id)
    return None if device is None else device.area_id


def held(state: State, event_type: EventType) -> EventType | None:
    """Return what holds while an entity is in a state, or None.

    Args:
        state: Of a binary sensor, lock or cover; `is_clear` holds.
        event_type: What the entity says when it is on.
    """
    match state.domain:
        case "lock":
            if state.state == LockState.JAMMED:
                return EventType.LOCK_JAMMED
            on = state.state in (LockState.UNLOCKED, LockState.OPEN)
        case "cover":
            on = state.state != CoverState.CLOSED
        case _:
            on = state.state == STATE_ON
    return event_type if on else None


def is_clear(state: State) -> bool:
    """Return whether a state that is known says something."""
    return state.domain != LOCK_DOMAIN or state.state not in _BETWEEN


def has_just_happened(state: State, before: str | None) -> bool:
    """Return whether an event entity tells of now, and does not only remember.

    Args:
        state: What it says.
        before: The state that it had before; None if that is not known.
    """
    happened = dt_util.parse_datetime(state.state)
    return (
        happened is not None
        and before is not None
        and state.state != before
        and dt_util.utcnow() - happened < _FRESH
    )


def event_reason(state: State) -> str:
    """Return what an event entity says happened, in its own words."""
    attributes: Mapping[str, Any] = state.attributes
    return str(attributes.get("event_type") or "").replace("_", " ")
