"""Test what a phone is made to show."""

from typing import Any

import pytest

from custom_components.vigilar.models import Event, EventType, Severity
from custom_components.vigilar.publish.phone.house import Platform
from custom_components.vigilar.publish.phone.messages import (
    MAX_IMAGE_BYTES,
    MAX_VIDEO_BYTES,
    Message,
    can_update,
    compose,
    service_data,
)
from custom_components.vigilar.publish.phone.texts import Texts
from homeassistant.core import HomeAssistant

from ...events.common import BEGAN
from .common import ANNA, ended, make_event


@pytest.fixture
async def texts(hass: HomeAssistant, enable_custom_integrations: None) -> Texts:
    """Return the English words; the house is in Berlin."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    return await Texts.async_load(hass)


def _compose(texts: Texts, event: Event, *, critical: bool = False) -> Message:
    """Return what Anna's phone is to show."""
    return compose(texts, event, ANNA, critical=critical)


@pytest.mark.parametrize(
    ("event", "title", "text"),
    [
        (make_event(), "Person: Front door", "since 23:13:20"),
        (
            make_event(zones=["Drive", "Porch"]),
            "Person: Front door",
            "Drive · Porch · since 23:13:20",
        ),
        (ended(make_event()), "Person: Front door", "from 23:13:20 to 23:14:05"),
        (
            make_event(event_type=EventType.CAMERA_ONLINE, end_ts=BEGAN),
            "Camera back online: Front door",
            "at 23:13:20",
        ),
    ],
)
def test_words(texts: Texts, event: Event, title: str, text: str) -> None:
    """What, where and when, at home's time."""
    message = _compose(texts, event)
    assert (message.title, message.text) == (title, text)


def test_android(texts: Texts) -> None:
    """One tag, one sound, no delay, three buttons and the event behind a tap."""
    event = make_event(snapshot="ready")
    data = service_data(_compose(texts, event), Platform.ANDROID, quiet=False)
    assert data == {
        "title": "Person: Front door",
        "message": "since 23:13:20",
        "data": {
            "tag": event.id,
            "group": "vigilar_front_door",
            "image": f"/api/vigilar/events/{event.id}/snapshot",
            "clickAction": f"/vigilar/event/{event.id}",
            "alert_once": True,
            "channel": "Vigilar",
            "importance": "high",
            "priority": "high",
            "ttl": 0,
            "notification_icon": "mdi:cctv",
            "actions": [
                {
                    "action": f"VIGILAR_SEEN_{event.id}_{ANNA}",
                    "title": "Seen",
                    "activationMode": "background",
                    "authenticationRequired": False,
                },
                {
                    "action": f"VIGILAR_SNOOZE_{event.id}_{ANNA}",
                    "title": "Snooze 30 min",
                    "activationMode": "background",
                    "authenticationRequired": False,
                },
                {"action": "URI", "title": "Live", "uri": "/vigilar/live/front_door"},
            ],
        },
    }


def test_android_critical(texts: Texts) -> None:
    """The alarm's channel sounds on a silent phone; updates stay in it."""
    message = _compose(texts, make_event(), critical=True)
    for quiet in (False, True):
        data = service_data(message, Platform.ANDROID, quiet=quiet)["data"]
        assert data["channel"] == "alarm_stream"
        assert data["alert_once"] is True
        assert (data["ttl"], data["priority"]) == (0, "high")


@pytest.mark.parametrize(
    ("severity", "critical", "quiet", "push"),
    [
        (
            Severity.WARNING,
            False,
            False,
            {"sound": "default", "interruption-level": "active"},
        ),
        (
            Severity.ALERT,
            False,
            False,
            {"sound": "default", "interruption-level": "time-sensitive"},
        ),
        (
            Severity.ALERT,
            True,
            False,
            {
                "sound": {"name": "default", "critical": 1, "volume": 1.0},
                "interruption-level": "critical",
            },
        ),
        (
            Severity.ALERT,
            False,
            True,
            {"sound": "none", "interruption-level": "passive"},
        ),
    ],
)
def test_apple(
    texts: Texts,
    severity: Severity,
    critical: bool,
    quiet: bool,
    push: dict[str, Any],
) -> None:
    """The interruption follows the severity; an update interrupts nobody."""
    event = make_event(severity=severity)
    message = _compose(texts, event, critical=critical)
    data = service_data(message, Platform.APPLE, quiet=quiet)["data"]
    assert data["push"] == push
    assert data["url"] == f"/vigilar/event/{event.id}"
    assert data["tag"] == event.id
    assert "channel" not in data


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        ({}, None),
        ({"snapshot": "pending"}, None),
        ({"snapshot": "failed"}, None),
        ({"snapshot": "ready"}, ("image", "snapshot")),
        ({"snapshot": "ready", "preview": "ready"}, ("image", "snapshot")),
        ({"snapshot": "pending", "thumbnail": "ready"}, ("image", "thumbnail")),
        ({"snapshot": "ready", "clip": "ready"}, ("video", "clip")),
        (
            {
                "snapshot": "ready",
                "clip": {"state": "ready", "url": "/clip", "size": MAX_VIDEO_BYTES + 1},
            },
            ("image", "snapshot"),
        ),
        (
            {
                "snapshot": {
                    "state": "ready",
                    "url": "/snapshot",
                    "size": MAX_IMAGE_BYTES + 1,
                },
                "thumbnail": "ready",
            },
            ("image", "thumbnail"),
        ),
    ],
)
def test_attachment(
    texts: Texts, media: dict[str, Any], shown: tuple[str, str] | None
) -> None:
    """The best that is ready and that the apps can show, and only that."""
    event = make_event(**media)
    data = service_data(_compose(texts, event), Platform.ANDROID, quiet=False)["data"]
    attached = {key: data[key] for key in ("image", "video") if key in data}
    expected = {}
    if shown is not None:
        expected[shown[0]] = f"/api/vigilar/events/{event.id}/{shown[1]}"
    assert attached == expected


def test_plain(texts: Texts) -> None:
    """What is no companion app gets words only."""
    data = service_data(_compose(texts, make_event()), Platform.PLAIN, quiet=False)
    assert data == {"title": "Person: Front door", "message": "since 23:13:20"}


def test_who_can_be_updated() -> None:
    """IOS does not replace critical alerts, and plain text stays as it is."""
    able = {
        (platform, critical)
        for platform in Platform
        for critical in (False, True)
        if can_update(platform, critical=critical)
    }
    assert able == {
        (Platform.ANDROID, False),
        (Platform.ANDROID, True),
        (Platform.APPLE, False),
    }


def test_digest_follows_what_is_shown(texts: Texts) -> None:
    """What looks the same has the same digest, and only that."""
    first = _compose(texts, make_event(end_ts=None))
    event = make_event()
    assert _compose(texts, event).digest == _compose(texts, event).digest
    assert _compose(texts, ended(event)).digest != _compose(texts, event).digest
    assert first.tag != ""
