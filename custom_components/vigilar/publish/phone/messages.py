"""What a phone shows of an event, and the payload that makes it show that.

The rules are those of Home Assistant's companion apps:
https://companion.home-assistant.io/docs/notifications/notifications-basic
"""

from dataclasses import asdict, dataclass
import hashlib
import json
from typing import Any, Final

from ...events.classifier import is_test
from ...models import Event, Severity
from .house import Platform
from .rules import reaches
from .texts import Texts

SNOOZE_MINUTES: Final = 30

# What the apps show. Neither shows WebP, so a preview is nothing for them.
MAX_IMAGE_BYTES: Final = 10_000_000
MAX_VIDEO_BYTES: Final = 50_000_000

CHANNEL: Final = "Vigilar"
# A name that makes Android's app play through the alarm's volume, even when silent.
ALARM_CHANNEL: Final = "alarm_stream"

SEEN: Final = "VIGILAR_SEEN"
SNOOZE: Final = "VIGILAR_SNOOZE"


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a notification.

    Attributes:
        action: What comes back when it is tapped; with `uri` nothing does.
        title: Its words.
        uri: What it opens instead, or None.
    """

    action: str
    title: str
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a phone is to show of an event.

    Attributes:
        tag: The same for all messages of an event, so that one replaces the other.
        group: The same for all events of a camera.
        title: First line.
        text: Second line.
        uri: What a tap opens.
        image: Path of a JPEG, or None.
        video: Path of an MP4, or None.
        buttons: At most three, for Android shows no more.
        urgent: It may break through a focus.
        critical: It breaks through silent mode.
    """

    tag: str
    group: str
    title: str
    text: str
    uri: str
    image: str | None
    video: str | None
    buttons: tuple[Button, ...]
    urgent: bool
    critical: bool

    @property
    def digest(self) -> str:
        """Return the same for messages that look the same."""
        shown = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def compose(
    texts: Texts, event: Event, recipient_id: str, *, critical: bool
) -> Message:
    """Return what a recipient's phone is to show of an event as it stands."""
    payload = event.payload
    video = _ready(payload["media"], "clip", MAX_VIDEO_BYTES)
    image = _ready(payload["media"], "snapshot", MAX_IMAGE_BYTES) or _ready(
        payload["media"], "thumbnail", MAX_IMAGE_BYTES
    )
    return Message(
        tag=event.id,
        group=f"vigilar_{event.source_id}",
        title=texts.text(
            "notification_title_test" if is_test(event) else "notification_title",
            {"type": event.type.value, "name": payload["name"]},
        ),
        text=_text(texts, event),
        uri=f"/vigilar/event/{event.id}",
        # An app that is given both shows the video; if it cannot, it shows nothing.
        image=image if video is None else None,
        video=video,
        buttons=_buttons(texts, event, recipient_id),
        urgent=reaches(event.severity, Severity.ALERT),
        critical=critical,
    )


def can_update(platform: Platform, *, critical: bool) -> bool:
    """Return whether a device can replace what it shows; iOS keeps critical alerts."""
    return platform is Platform.ANDROID or (platform is Platform.APPLE and not critical)


def service_data(
    message: Message, platform: Platform, *, quiet: bool
) -> dict[str, Any]:
    """Return what the action of a device is to be called with.

    Args:
        message: What it is to show.
        platform: What it understands.
        quiet: It was disturbed already and must not be again.
    """
    data: dict[str, Any] = {"title": message.title, "message": message.text}
    if platform is Platform.PLAIN:
        return data
    specific = (
        _apple(message, quiet=quiet)
        if platform is Platform.APPLE
        else _android(message)
    )
    shared: dict[str, Any] = {
        "tag": message.tag,
        "group": message.group,
        "actions": [_action(button) for button in message.buttons],
    }
    if message.video is not None:
        shared["video"] = message.video
    if message.image is not None:
        shared["image"] = message.image
    return data | {"data": shared | specific}


def _apple(message: Message, *, quiet: bool) -> dict[str, Any]:
    """Return what iOS and macOS understand."""
    push: dict[str, Any]
    if quiet:
        push = {"sound": "none", "interruption-level": "passive"}
    elif message.critical:
        sound = {"name": "default", "critical": 1, "volume": 1.0}
        push = {"sound": sound, "interruption-level": "critical"}
    else:
        level = "time-sensitive" if message.urgent else "active"
        push = {"sound": "default", "interruption-level": level}
    return {"url": message.uri, "push": push}


def _android(message: Message) -> dict[str, Any]:
    """Return what Android understands."""
    return {
        "clickAction": message.uri,
        # One of an event sounds; the app itself keeps its updates quiet.
        "alert_once": True,
        "channel": ALARM_CHANNEL if message.critical else CHANNEL,
        "importance": "high",
        # Else a phone that sleeps is told when it wakes.
        "priority": "high",
        "ttl": 0,
        "notification_icon": "mdi:cctv",
    }


def _action(button: Button) -> dict[str, Any]:
    """Return a button as both apps understand it."""
    action = {"action": button.action, "title": button.title}
    if button.uri is not None:
        return action | {"uri": button.uri}
    # From the lock screen, without opening the app.
    return action | {"activationMode": "background", "authenticationRequired": False}


def _text(texts: Texts, event: Event) -> str:
    """Return where and when."""
    end_ts = event.payload["end_ts"]
    times = {"start_ts": event.ts}
    if end_ts is None:
        when = texts.text("notification_going_on", times)
    elif end_ts == event.ts:
        when = texts.text("notification_moment", times)
    else:
        when = texts.text("notification_over", times | {"end_ts": end_ts})
    return " · ".join((*event.payload["zones"], when))


def _buttons(texts: Texts, event: Event, recipient_id: str) -> tuple[Button, ...]:
    """Return the buttons; their ids carry all that a tap needs."""
    ids = f"{event.id}_{recipient_id}"
    return (
        Button(f"{SEEN}_{ids}", texts.text("action_seen")),
        Button(
            f"{SNOOZE}_{ids}",
            texts.text("action_snooze", {"minutes": SNOOZE_MINUTES}),
        ),
        Button("URI", texts.text("action_live"), f"/vigilar/live/{event.source_id}"),
    )


def _ready(media: dict[str, Any], kind: str, most: int) -> str | None:
    """Return the path of a medium that is ready and that an app would show."""
    medium = media.get(kind, {})
    if medium.get("state") != "ready" or medium.get("size", 0) > most:
        return None
    url: str = medium["url"]
    return url
