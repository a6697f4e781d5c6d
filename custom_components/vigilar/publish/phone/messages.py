"""What a phone shows of an event, and the payload that makes it show that.

The rules are those of Home Assistant's companion apps:
https://companion.home-assistant.io/docs/notifications/notifications-basic
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
import hashlib
import json
from typing import Any, Final

from ...events.classifier import is_test
from ...events.incidents import route, telling
from ...models import Event, EventType, Severity
from .house import Platform
from .panel import Disarming
from .rules import reaches
from .texts import Texts

SNOOZE_MINUTES: Final = 30

# What the apps show. Neither shows WebP, so a preview is nothing for them.
MAX_IMAGE_BYTES: Final = 10_000_000
MAX_VIDEO_BYTES: Final = 50_000_000

CHANNEL: Final = "Vigilar"
# A name that makes Android's app play through the alarm's volume, even when silent.
ALARM_CHANNEL: Final = "alarm_stream"

# So many stops of a way a title has room for.
MAX_STEPS: Final = 5

SEEN: Final = "VIGILAR_SEEN"
SNOOZE: Final = "VIGILAR_SNOOZE"
DISARM: Final = "VIGILAR_DISARM"


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a notification.

    Attributes:
        action: What comes back when it is tapped; with `uri` nothing does.
        title: Its words.
        uri: What it opens instead, or None.
        locked: It asks who holds the phone to unlock it first, where it can.
        asks: It asks for a text, which comes back with it.
    """

    action: str
    title: str
    uri: str | None = None
    locked: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a phone is to show of an event or an incident.

    Attributes:
        tag: The same for all messages of an incident, so that one replaces the other.
        group: The same for all events of a camera.
        title: First line.
        text: Second line.
        uri: What a tap opens.
        image: Path of a JPEG, or None.
        video: Path of an MP4, or None.
        buttons: At most three, for Android shows no more.
        urgent: It may break through a focus.
        critical: It breaks through silent mode.
        again: It is to sound although its tag is shown already.
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
    again: bool

    @property
    def digest(self) -> str:
        """Return the same for messages that look the same."""
        shown = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def compose(
    texts: Texts,
    event: Event,
    recipient_id: str,
    *,
    others: Collection[Event] = (),
    critical: bool,
    again: bool = False,
    disarming: Disarming | None = None,
) -> Message:
    """Return what a recipient's phone is to show of an event or incident as it stands.

    Args:
        texts: The words.
        event: The event that it sounds for.
        recipient_id: Whose phone it is.
        others: What else of its incident the recipient may see.
        critical: It breaks through silent mode.
        again: It is to sound although a notification of the incident is shown.
        disarming: What it takes to disarm the house, or None if it is not armed.
    """
    events = sorted((event, *others), key=lambda each: (each.ts, each.id))
    ranked = sorted(events, key=lambda each: (telling(each), each.ts), reverse=True)
    face = ranked[0]
    video = _ready(face, "clip", MAX_VIDEO_BYTES)
    images = (
        _ready(each, kind, MAX_IMAGE_BYTES)
        for each in ranked
        for kind in ("snapshot", "thumbnail")
    )
    return Message(
        tag=event.payload.get("incident_id", event.id),
        group=f"vigilar_{event.source_id}",
        title=texts.text(
            "notification_title_test" if is_test(event) else "notification_title",
            {"type": face.type.value, "name": _way(texts, events, face.type)},
        ),
        text=_text(texts, events),
        uri=f"/vigilar/event/{face.id}",
        # An app that is given both shows the video; if it cannot, it shows nothing.
        image=next(filter(None, images), None) if video is None else None,
        video=video,
        buttons=_buttons(texts, f"{event.id}_{recipient_id}", face, disarming),
        urgent=reaches(face.severity, Severity.ALERT),
        critical=critical,
        again=again,
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
        else _android(message, quiet=quiet)
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


def _android(message: Message, *, quiet: bool) -> dict[str, Any]:
    """Return what Android understands."""
    return {
        "clickAction": message.uri,
        # The app itself keeps quiet what replaces something.
        "alert_once": quiet or not message.again,
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
    if button.asks:
        action["behavior"] = "textInput"
    # From the lock screen, without opening the app.
    return action | {
        "activationMode": "background",
        "authenticationRequired": button.locked,
    }


def _way(texts: Texts, events: Sequence[Event], event_type: EventType) -> str:
    """Return where it was; of what is not of the type in the title, what it was."""
    steps = [
        step.name
        if step.type is event_type
        else texts.text("incident_step", {"name": step.name, "type": step.type.value})
        for step in route(events)
    ]
    if len(steps) > MAX_STEPS:
        half = MAX_STEPS // 2
        steps = [*steps[:half], "…", *steps[-half:]]
    return " → ".join(steps)


def _text(texts: Texts, events: Sequence[Event]) -> str:
    """Return where in the picture of the only camera, and when."""
    ends = [event.payload["end_ts"] for event in events]
    start_ts, end_ts = events[0].ts, None if None in ends else max(ends)
    times = {"start_ts": start_ts}
    if end_ts is None:
        when = texts.text("notification_going_on", times)
    elif end_ts == start_ts:
        when = texts.text("notification_moment", times)
    else:
        when = texts.text("notification_over", times | {"end_ts": end_ts})
    zones = events[0].payload["zones"] if len(events) == 1 else ()
    return " · ".join((*zones, when))


def _buttons(
    texts: Texts, ids: str, face: Event, disarming: Disarming | None
) -> tuple[Button, ...]:
    """Return the buttons; their ids carry all that a tap needs."""
    seen = Button(f"{SEEN}_{ids}", texts.text("action_seen"))
    live = Button("URI", texts.text("action_live"), f"/vigilar/live/{face.source_id}")
    if disarming is not None and face.severity is Severity.CRITICAL:
        disarm = Button(
            f"{DISARM}_{ids}",
            texts.text("action_disarm"),
            locked=True,
            asks=disarming is Disarming.CODE,
        )
        return disarm, seen, live
    snooze = texts.text("action_snooze", {"minutes": SNOOZE_MINUTES})
    return seen, Button(f"{SNOOZE}_{ids}", snooze), live


def _ready(event: Event, kind: str, most: int) -> str | None:
    """Return the path of a medium that is ready and that an app would show."""
    medium = event.payload["media"].get(kind, {})
    if medium.get("state") != "ready" or medium.get("size", 0) > most:
        return None
    url: str = medium["url"]
    return url
