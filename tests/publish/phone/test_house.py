"""Test what is known of a recipient: devices, who is at home, what is on."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.vigilar.publish.phone.house import (
    Device,
    Platform,
    async_devices,
    async_off_condition,
    async_send,
    async_who_is_home,
    error_text,
)
from custom_components.vigilar.publish.phone.recipient import Presence, TargetKind
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .common import FakeApp, add_app, make_recipient


def _person(hass: HomeAssistant, **attributes: Any) -> None:
    """Make Anna, not at home."""
    hass.states.async_set(
        "person.anna", "not_home", {"friendly_name": "Anna", **attributes}
    )


def _names(hass: HomeAssistant, kind: TargetKind, target: str) -> list[str]:
    """Return the names of a recipient's devices."""
    recipient = make_recipient(kind=kind, target=target)
    return [device.name for device in async_devices(hass, recipient)]


async def test_a_device(hass: HomeAssistant) -> None:
    """A device is found by its id, named as people named it, and told by its action."""
    device_id = add_app(hass, "Anna's Pixel 9")
    FakeApp(hass, "Anna's Pixel 9")
    add_app(hass, "iPad", manufacturer="Apple")
    FakeApp(hass, "iPad")
    recipient = make_recipient(kind=TargetKind.DEVICE, target=device_id)
    assert async_devices(hass, recipient) == [
        Device(
            device_id,
            "Anna's Pixel 9",
            Platform.ANDROID,
            "mobile_app_anna_s_pixel_9",
            "user-anna",
        )
    ]
    dr.async_get(hass).async_update_device(device_id, name_by_user="My phone")
    assert async_devices(hass, recipient)[0].name == "My phone"


async def test_a_device_that_takes_no_notifications(hass: HomeAssistant) -> None:
    """Without an action, for example a watch, there is no way to it."""
    device_id = add_app(hass, "Watch")
    assert _names(hass, TargetKind.DEVICE, device_id) == []


async def test_the_devices_of_a_person(hass: HomeAssistant) -> None:
    """Those of the person's user, and those that track the person."""
    add_app(hass, "Pixel")
    ipad = add_app(hass, "iPad", user_id="family")
    add_app(hass, "Other", user_id="bert")
    for name in ("Pixel", "iPad", "Other"):
        FakeApp(hass, name)
    assert _names(hass, TargetKind.PERSON, "person.anna") == []
    _person(hass)
    assert _names(hass, TargetKind.PERSON, "person.anna") == []
    _person(hass, user_id="user-anna")
    assert _names(hass, TargetKind.PERSON, "person.anna") == ["Pixel"]
    er.async_get(hass).async_get_or_create(
        "device_tracker",
        "mobile_app",
        "ipad",
        suggested_object_id="ipad",
        device_id=ipad,
    )
    _person(
        hass,
        user_id="user-anna",
        device_trackers=["device_tracker.ipad", "device_tracker.router"],
    )
    assert _names(hass, TargetKind.PERSON, "person.anna") == ["Pixel", "iPad"]


async def test_a_person_by_registry_id(hass: HomeAssistant) -> None:
    """A renaming is followed, and what is gone is nobody."""
    add_app(hass, "Pixel")
    FakeApp(hass, "Pixel")
    registry = er.async_get(hass)
    entry = registry.async_get_or_create(
        "person", "person", "1", suggested_object_id="anna"
    )
    _person(hass, user_id="user-anna")
    assert _names(hass, TargetKind.PERSON, entry.id) == ["Pixel"]
    registry.async_remove(entry.entity_id)
    assert _names(hass, TargetKind.PERSON, entry.id) == []


async def test_a_notify_entity(hass: HomeAssistant) -> None:
    """It is told through the action of all notify entities."""
    assert _names(hass, TargetKind.ENTITY, "notify.mail") == []
    hass.states.async_set("notify.mail", "unknown", {"friendly_name": "Mail"})
    recipient = make_recipient(target="notify.mail")
    [device] = async_devices(hass, recipient)
    calls = async_mock_service(hass, "notify", "send_message")
    await async_send(hass, device, {"title": "Person", "message": "now"}, Context())
    assert [call.data for call in calls] == [
        {"title": "Person", "message": "now", "entity_id": "notify.mail"}
    ]


@pytest.mark.parametrize(
    ("states", "off"),
    [
        ({"schedule.day": "on", "switch.alerts": "on"}, (None, None)),
        ({"schedule.day": "on", "switch.alerts": "off"}, ("switch.alerts", None)),
        ({"schedule.day": "unavailable"}, (None, None)),
        ({"schedule.day": "off"}, ("schedule.day", 1_700_000_000_000)),
    ],
)
async def test_conditions(
    hass: HomeAssistant, states: dict[str, str], off: tuple[str | None, int | None]
) -> None:
    """All must be on; what is not there keeps nobody from being told."""
    for entity_id, state in states.items():
        hass.states.async_set(
            entity_id,
            state,
            {
                "friendly_name": entity_id,
                "next_event": "2023-11-14T22:13:20+00:00"
                if entity_id.startswith("schedule")
                else None,
            },
        )
    recipient = make_recipient(conditions=("schedule.day", "switch.alerts", "gone"))
    assert async_off_condition(hass, recipient) == off


@pytest.mark.parametrize(
    ("presence", "anna", "bert", "home"),
    [
        (Presence.ALWAYS, "home", "home", None),
        (Presence.NOBODY_HOME, "not_home", "home", "Bert"),
        (Presence.NOBODY_HOME, "not_home", "work", None),
        (Presence.NOBODY_HOME, "unknown", "unavailable", None),
        (Presence.PERSON_AWAY, "home", "not_home", "Anna"),
        (Presence.PERSON_AWAY, "not_home", "home", None),
    ],
)
async def test_presence(
    hass: HomeAssistant, presence: Presence, anna: str, bert: str, home: str | None
) -> None:
    """Somebody, or this person, must be at home for certain to count."""
    hass.states.async_set("person.anna", anna, {"friendly_name": "Anna"})
    hass.states.async_set("person.bert", bert, {"friendly_name": "Bert"})
    recipient = make_recipient(
        kind=TargetKind.PERSON, target="person.anna", presence=presence
    )
    assert async_who_is_home(hass, recipient) == home


async def test_nobody_is_not_at_home(hass: HomeAssistant) -> None:
    """A person that was deleted is nowhere."""
    recipient = make_recipient(
        kind=TargetKind.PERSON, target="person.anna", presence=Presence.PERSON_AWAY
    )
    assert async_who_is_home(hass, recipient) is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (HomeAssistantError("Device is away"), "Device is away"),
        (HomeAssistantError(), "HomeAssistantError"),
        (HomeAssistantError(f"No {'0a' * 32} at https://x.y/z?t=1"), "No … at …"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("token hunter2"), "ValueError"),
    ],
)
def test_errors_tell_no_secrets(error: Exception, text: str) -> None:
    """Only Home Assistant's own words are kept, without addresses and ids."""
    assert error_text(error) == text
