"""Test the sentences of the logbook."""

from typing import Any

import pytest

from custom_components.vigilar.const import DOMAIN, EVENT_VIGILAR
from custom_components.vigilar.logbook import _SAID, async_describe_events
from custom_components.vigilar.models import EventType
from homeassistant.core import Event, HomeAssistant

PAYLOAD = {"name": "Front door", "zones": [], "entity_id": "camera.front_door"}


def describe(hass: HomeAssistant, event_type: str, **payload: Any) -> dict[str, Any]:
    """Return what the logbook shows of an event."""
    shown: list[dict[str, Any]] = []

    def take(domain: str, event_name: str, describe_one: Any) -> None:
        assert (domain, event_name) == (DOMAIN, EVENT_VIGILAR)
        data = {"type": event_type, "payload": PAYLOAD | payload}
        shown.append(describe_one(Event(EVENT_VIGILAR, data)))

    async_describe_events(hass, take)
    return shown[0]


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_has_a_sentence(hass: HomeAssistant, event_type: EventType) -> None:
    """No type of an event reads like a name of the code."""
    assert event_type in _SAID
    assert describe(hass, event_type)["message"] == _SAID[event_type]


def test_a_sentence_names_the_zones_and_the_entity(hass: HomeAssistant) -> None:
    """Who looks at the camera's entity finds it there."""
    assert describe(hass, "person", zones=["Drive", "Porch"]) == {
        "name": "Front door",
        "message": "saw a person in Drive, Porch",
        "entity_id": "camera.front_door",
    }


def test_what_is_not_known_is_still_readable(hass: HomeAssistant) -> None:
    """An event of a newer kind, of a source without an entity."""
    assert describe(hass, "earthquake_felt", entity_id=None) == {
        "name": "Front door",
        "message": "earthquake felt",
    }
