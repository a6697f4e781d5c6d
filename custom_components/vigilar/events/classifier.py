"""From facts to events: the only place that decides type, severity and why.

Pure: no clock, no store, no memory. What is open is handed in, what should
happen is handed back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
import re
from typing import Any, Final

from ulid_transform import ulid_at_time

from ..models import (
    PAYLOAD_VERSION,
    SENSOR_TYPES,
    Box,
    Event,
    EventType,
    Label,
    MediaKind,
    MediaState,
    Observation,
    ObservationKind,
    Phase,
    SourceInfo,
)
from .severity import WALKED, Judgement, Situation, judge, judge_test, strongest

# What an observation's labels can raise motion to, strongest first.
RAISING_TYPES: Final = (EventType.PERSON, EventType.VEHICLE, EventType.ANIMAL)

# What the alarm reports and what it is; each is a moment.
_OF_THE_ALARM: Final[Mapping[str, EventType]] = {
    ObservationKind.ALARM_ARMED: EventType.ALARM_ARMED,
    ObservationKind.ALARM_DISARMED: EventType.ALARM_DISARMED,
    ObservationKind.ALARM_LOCKED_OUT: EventType.ALARM_LOCKED_OUT,
}

_CAMERA_THING: Final = "camera"
_SCENE_THING: Final = "scene"
_ALARM_THING: Final = "alarm"
_SENSOR_THING: Final = "sensor"
_ONBOARD_THING: Final = "motion/onboard"

# What a sensor can say of the house.
SENSED: Final = (SENSOR_TYPES | {EventType.MOTION}) - {EventType.SENSOR_OFFLINE}

# How an event of a sensor is told, where "It reports …" would read badly.
_SENSED_AS: Final[Mapping[EventType, str]] = {
    EventType.DOOR_OPENED: "The door was opened",
    EventType.WINDOW_OPENED: "The window was opened",
    EventType.GATE_OPENED: "The gate was opened",
    EventType.GARAGE_OPENED: "The garage was opened",
    EventType.LOCK_UNLOCKED: "The lock was unlocked",
    EventType.LOCK_JAMMED: "The lock is jammed",
    EventType.GLASS_BROKEN: "The sensor heard glass break",
    EventType.DOORBELL: "Somebody rang",
    EventType.PRESENCE: "The sensor noticed somebody",
    EventType.TAMPER: "The sensor was tampered with",
    EventType.PANIC: "Somebody calls for help",
}

# A reason comes from outside and may quote the address that failed, which may hold a password.
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


class Outcome(StrEnum):
    """What an observation does to an event."""

    OPENED = "opened"
    CHANGED = "changed"
    IMPROVED = "improved"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to one event.

    Attributes:
        thing: Names the thing observed, unique within its source; keys
            what is open.
        outcome: `IMPROVED` is no news: it is kept and goes out with the next
            change. `OPENED` with an `end_ts` is a point in time and never
            stays open.
        event: The event as it is to be from now on.
        was: Under which other thing the event was open until now, if it
            goes on as this one.
    """

    thing: str
    outcome: Outcome
    event: Event
    was: str | None = None


def classify(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation = Situation(),
) -> tuple[Decision, ...]:
    """Decide what an observation means.

    Args:
        observation: The fact.
        open_events: The open events of its source by `Decision.thing`.
        source: Where it comes from.
        situation: What is known of the house, and what the user has said of
            how much events matter.

    Returns:
        The decisions in the order to carry them out; empty when the
        observation classifies to nothing.

    Raises:
        OverflowError: `observation.ts` is negative or beyond 48 bits.
    """
    match observation.kind:
        case ObservationKind.MOTION_STARTED | ObservationKind.MOTION_UPDATED:
            return _seen(observation, open_events, source, situation)
        case ObservationKind.MOTION_ENDED:
            return _gone(observation, open_events, situation)
        case ObservationKind.CAMERA_OFFLINE:
            return _lost(observation, open_events, source, situation)
        case ObservationKind.CAMERA_ONLINE:
            return _back(observation, open_events, source, situation)
        case ObservationKind.SCENE_TAMPERED:
            return _tampered(observation, open_events, source, situation)
        case ObservationKind.SCENE_RECOVERED:
            return _over(_SCENE_THING, observation, open_events)
        case ObservationKind.ALARM_TRIGGERED:
            return _alarmed(observation, open_events, source, situation)
        case (
            ObservationKind.ALARM_ARMED
            | ObservationKind.ALARM_DISARMED
            | ObservationKind.ALARM_LOCKED_OUT
        ):
            return _alarm_changed(observation, open_events, source, situation)
        case (
            ObservationKind.SENSOR_ON
            | ObservationKind.SENSOR_OFF
            | ObservationKind.SENSOR_MOMENT
            | ObservationKind.SENSOR_STUCK
        ):
            return _sensed(observation, open_events, source, situation)
        case ObservationKind.SENSOR_OFFLINE:
            return _sensor_lost(observation, open_events, source, situation)
        case ObservationKind.SENSOR_ONLINE:
            return _over(_SENSOR_THING, observation, open_events)
        case ObservationKind.ONBOARD_SEEN:
            return _seen_onboard(observation, open_events, source, situation)
        case ObservationKind.ONBOARD_GONE:
            return _over(_ONBOARD_THING, observation, open_events)
        case ObservationKind.REPORTED:
            return _reported(observation, source, situation)
    return ()


def thing_of(observation: Observation) -> str:
    """Name the thing observed, as `Decision.thing` does."""
    match observation.kind:
        case ObservationKind.CAMERA_OFFLINE | ObservationKind.CAMERA_ONLINE:
            return _CAMERA_THING
        case ObservationKind.SCENE_TAMPERED | ObservationKind.SCENE_RECOVERED:
            return _SCENE_THING
        case ObservationKind.REPORTED:
            return f"report/{observation.key}"
    # Apart from the camera's own condition.
    return f"motion/{observation.key}"


def end_event(event: Event, ts: int, why: str | None = None) -> Event:
    """Return the event as ended.

    Args:
        event: An open event.
        ts: When it ended, Unix milliseconds; never taken as before its start.
        why: Replaces the rule that decided, when something else than the
            end of the thing itself ended the event.
    """
    payload = event.payload | {"end_ts": max(ts, event.ts)}
    if why is not None:
        payload["why"] = why
    return replace(event, payload=payload)


def _seen(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Open an event for what moves, or merge into the open one."""
    thing = thing_of(observation)
    if (before := open_events.get(thing)) is not None:
        return _merged(thing, before, observation, situation)
    if (onboard := open_events.get(_ONBOARD_THING)) is not None:
        return _taken_over(thing, onboard, observation, situation)
    if observation.kind != ObservationKind.MOTION_STARTED:
        return ()
    opened = _open_motion(observation, source, situation)
    return (Decision(thing, Outcome.OPENED, opened),)


def _merged(
    thing: str, before: Event, observation: Observation, situation: Situation
) -> tuple[Decision, ...]:
    """Let an open event know what the observation knows better."""
    after = _merge(before, observation, situation)
    if _news(after) != _news(before):
        payload = after.payload | {"latency_ms": _latency(observation)}
        return (Decision(thing, Outcome.CHANGED, replace(after, payload=payload)),)
    if after != before:
        return (Decision(thing, Outcome.IMPROVED, after),)
    return ()


def _taken_over(
    thing: str, onboard: Event, observation: Observation, situation: Situation
) -> tuple[Decision, ...]:
    """Go on with the event that the camera's own analysis began; its score ends there."""
    begun = replace(onboard, payload=onboard.payload | {"score": 0.0})
    after = _merge(begun, observation, situation)
    return (Decision(thing, Outcome.CHANGED, after, was=_ONBOARD_THING),)


def _gone(
    observation: Observation, open_events: Mapping[str, Event], situation: Situation
) -> tuple[Decision, ...]:
    """End the open event of what moved."""
    thing = thing_of(observation)
    before = open_events.get(thing)
    if before is None:
        return ()
    after = end_event(_merge(before, observation, situation), observation.ts)
    return (Decision(thing, Outcome.ENDED, after),)


def _lost(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """End all that a lost camera cannot see the end of, and open its outage."""
    if _CAMERA_THING in open_events:
        return ()
    why = _with_reason("The camera's stream was lost", observation.reason)
    ended = tuple(
        Decision(thing, Outcome.ENDED, end_event(event, observation.ts, why))
        for thing, event in open_events.items()
    )
    outage = _new_event(EventType.CAMERA_OFFLINE, observation, source, why, situation)
    return (*ended, Decision(_CAMERA_THING, Outcome.OPENED, outage))


def _back(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """End a camera's outage; a camera that was never lost is no news."""
    outage = open_events.get(_CAMERA_THING)
    if outage is None:
        return ()
    ended = end_event(outage, observation.ts)
    seconds = (ended.payload["end_ts"] - ended.ts) / 1000
    why = f"The camera's stream came back after {seconds:.0f} s."
    returned = _new_event(EventType.CAMERA_ONLINE, observation, source, why, situation)
    return (
        Decision(_CAMERA_THING, Outcome.ENDED, ended),
        Decision(_CAMERA_THING, Outcome.OPENED, end_event(returned, returned.ts)),
    )


def _tampered(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Open the event of a camera that cannot see, or tell its new reason."""
    why = _with_reason("The camera does not see what it should", observation.reason)
    before = open_events.get(_SCENE_THING)
    if before is None:
        event = _new_event(
            EventType.CAMERA_TAMPERED, observation, source, why, situation
        )
        return (Decision(_SCENE_THING, Outcome.OPENED, event),)
    because = _judge(EventType.CAMERA_TAMPERED, (), situation, test=is_test(before)).why
    why = _sentences(why, because)
    if why == before.payload["why"]:
        return ()
    after = replace(before, payload=before.payload | {"why": why})
    return (Decision(_SCENE_THING, Outcome.CHANGED, after),)


def _over(
    thing: str,
    observation: Observation,
    open_events: Mapping[str, Event],
    why: str | None = None,
) -> tuple[Decision, ...]:
    """End the event of a thing, if there is one."""
    before = open_events.get(thing)
    if before is None:
        return ()
    ended = end_event(before, observation.ts, why)
    return (Decision(thing, Outcome.ENDED, ended),)


def _alarmed(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Open the event of an alarm that rings."""
    if _ALARM_THING in open_events:
        return ()
    why = _with_reason("The alarm was triggered", observation.reason)
    event = _new_event(EventType.ALARM_TRIGGERED, observation, source, why, situation)
    return (Decision(_ALARM_THING, Outcome.OPENED, event),)


def _alarm_changed(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Tell of a change of the alarm; what is neither armed nor rings ends its alarm."""
    event_type = _OF_THE_ALARM[observation.kind]
    event = _new_event(
        event_type,
        observation,
        source,
        _with_reason(_in_line(observation.reason), ""),
        situation,
    )
    decisions = [
        Decision(
            f"{_ALARM_THING}/{event_type}", Outcome.OPENED, end_event(event, event.ts)
        )
    ]
    before = open_events.get(_ALARM_THING)
    if before is not None and event_type is not EventType.ALARM_LOCKED_OUT:
        ended = end_event(before, observation.ts)
        decisions.insert(0, Decision(_ALARM_THING, Outcome.ENDED, ended))
    return tuple(decisions)


def _sensed(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Follow what a sensor of the house says; what no sensor can say is nothing."""
    if observation.key not in SENSED:
        return ()
    thing = f"{_SENSOR_THING}/{observation.key}"
    if observation.kind == ObservationKind.SENSOR_OFF:
        return _over(thing, observation, open_events)
    if observation.kind == ObservationKind.SENSOR_STUCK:
        why = _with_reason("The sensor seems to be stuck", observation.reason)
        return _over(thing, observation, open_events, why)
    if thing in open_events:
        return ()
    event_type = EventType(observation.key)
    words = event_type.value.replace("_", " ")
    rule = _SENSED_AS.get(event_type, f"The sensor noticed {words}")
    why = _with_reason(rule, observation.reason)
    event = _new_event(event_type, observation, source, why, situation)
    if observation.kind == ObservationKind.SENSOR_MOMENT:
        event = end_event(event, event.ts)
    return (Decision(thing, Outcome.OPENED, event),)


def _sensor_lost(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """End what a lost sensor cannot tell the end of, and open its outage."""
    if _SENSOR_THING in open_events:
        return ()
    why = _with_reason("The sensor does not answer any more", observation.reason)
    ended = tuple(
        Decision(thing, Outcome.ENDED, end_event(event, observation.ts, why))
        for thing, event in open_events.items()
    )
    outage = _new_event(EventType.SENSOR_OFFLINE, observation, source, why, situation)
    return (*ended, Decision(_SENSOR_THING, Outcome.OPENED, outage))


def _seen_onboard(
    observation: Observation,
    open_events: Mapping[str, Event],
    source: SourceInfo,
    situation: Situation,
) -> tuple[Decision, ...]:
    """Let what is open of a movement know what the camera itself says, or open it."""
    moving = [thing for thing in open_events if thing.startswith("motion/")]
    if not moving:
        event = _open_motion(observation, source, situation)
        return (Decision(_ONBOARD_THING, Outcome.OPENED, event),)
    # The picture has its own score, and a box that belongs to it.
    known = replace(observation, score=0.0)
    thing = max(moving, key=lambda each: open_events[each].ts)
    return _merged(thing, open_events[thing], known, situation)


def _reported(
    observation: Observation, source: SourceInfo, situation: Situation
) -> tuple[Decision, ...]:
    """Open and end the event of what somebody says, so that it is recorded as any other."""
    report = observation.report
    if report is None:
        return ()
    why = _with_reason(f"Reported by {report.by}", "")
    event = _new_event(report.type, observation, source, why, situation)
    payload = event.payload | {"name": report.name or source.name}
    if report.note:
        note = {"text": report.note, "by": report.by, "ts": observation.ts}
        payload["note"] = note
    given = None if is_test(event) else report.severity
    event = replace(event, severity=given or event.severity, payload=payload)
    thing = thing_of(observation)
    return (
        Decision(thing, Outcome.OPENED, event),
        Decision(thing, Outcome.ENDED, end_event(event, observation.ts)),
    )


def _open_motion(
    observation: Observation, source: SourceInfo, situation: Situation
) -> Event:
    """Make the event of something that moves."""
    labels = _merge_labels([], observation.labels)
    event_type = _type_of(labels)
    return _new_event(
        event_type,
        observation,
        source,
        _why_motion(event_type, labels, observation),
        situation,
    )


def _new_event(
    event_type: EventType,
    observation: Observation,
    source: SourceInfo,
    why: str,
    situation: Situation,
) -> Event:
    """Make an open event in the schema that is the same everywhere."""
    test = observation.test or (situation.test and event_type in WALKED)
    severity, because = _judge(event_type, observation.zones, situation, test=test)
    return Event(
        # Half a millisecond more: seconds as a float would else round down to the one before.
        id=ulid_at_time((observation.ts + 0.5) / 1000),
        ts=observation.ts,
        type=event_type,
        severity=severity,
        source_id=source.source_id,
        payload={
            "version": PAYLOAD_VERSION,
            "phase": Phase.NEW.value,
            "seq": 0,
            "name": source.name,
            "entity_id": source.entity_id,
            "device_id": source.device_id,
            "area_id": source.area_id,
            "end_ts": None,
            "labels": _merge_labels([], observation.labels),
            "zones": list(dict.fromkeys(observation.zones)),
            "box": _box(observation.box),
            "score": _fraction(observation.score),
            "why": _sentences(why, because),
            "media": {
                kind.value: {"state": MediaState.NONE.value, "url": None}
                for kind in MediaKind
                if kind is not MediaKind.LUMA
            },
            "latency_ms": _latency(observation),
            **({"test": True} if test else {}),
        },
    )


def is_test(event: Event) -> bool:
    """Return whether an event is made up, or was made by somebody who tries it all out."""
    return bool(event.payload.get("test"))


def _judge(
    event_type: EventType, zones: Iterable[str], situation: Situation, *, test: bool
) -> Judgement:
    """Decide how much an event matters; a test does not."""
    return (judge_test if test else judge)(event_type, zones, situation)


def _merge(event: Event, observation: Observation, situation: Situation) -> Event:
    """Return the event with all that the observation knows better.

    What has mattered once goes on to matter: disarming while somebody is seen
    does not make a break-in a trifle. Only another type is judged anew.
    """
    old = event.payload
    labels = _merge_labels(old["labels"], observation.labels)
    score = _fraction(observation.score)
    better = score >= old["score"] or old["box"] is None
    payload = old | {
        "labels": labels,
        "zones": list(dict.fromkeys((*old["zones"], *observation.zones))),
        "box": (_box(observation.box) or old["box"]) if better else old["box"],
        "score": max(score, old["score"]),
    }
    event_type = _type_of(labels)
    severity, because = _judge(
        event_type, payload["zones"], situation, test=is_test(event)
    )
    if event_type is event.type:
        severity = strongest((severity, event.severity))
    if (
        event_type is not event.type
        or severity is not event.severity
        or (event_type is EventType.MOTION and observation.examined)
    ):
        why = _why_motion(event_type, labels, observation)
        payload["why"] = _sentences(why, because)
    return replace(event, type=event_type, severity=severity, payload=payload)


def _news(event: Event) -> tuple[Any, ...]:
    """Return the part of an event whose change is worth telling."""
    return event.type, event.severity, event.payload["zones"], event.payload["media"]


def _type_of(labels: Iterable[Mapping[str, Any]]) -> EventType:
    """Return the strongest type that any label raises motion to."""
    names = {label["label"] for label in labels}
    return next(
        (raised for raised in RAISING_TYPES if raised.value in names), EventType.MOTION
    )


def _why_motion(
    event_type: EventType, labels: Iterable[Mapping[str, Any]], observation: Observation
) -> str:
    """Say which rule decided the type of what moves."""
    if observation.kind == ObservationKind.ONBOARD_SEEN:
        seen = [label for label, _ in observation.labels]
        best = event_type.value if event_type in seen else next(iter(seen), "")
        named = f"{_article(best)} {best}" if best else "movement"
        who = _in_line(observation.reason) or "The camera itself"
        return f"{who} recognised {named}."
    if event_type is EventType.MOTION:
        rule = (
            "Something moved, was looked at well, and is nothing that is known"
            if observation.examined
            else "Something moved and was not recognised"
        )
        return _with_reason(rule, observation.reason)
    score = next(
        label["score"] for label in labels if label["label"] == event_type.value
    )
    article = _article(event_type).capitalize()
    return _with_reason(
        f"{article} {event_type.value} was recognised, {score:.0%} sure",
        observation.reason,
    )


def _article(label: str) -> str:
    """Return the article of one of the classes."""
    return "an" if label == EventType.ANIMAL else "a"


def _sentences(*parts: str) -> str:
    """Join what there is to say."""
    return " ".join(part for part in parts if part)


def _with_reason(rule: str, reason: str) -> str:
    """Make one sentence of a rule and what the source gave as the reason."""
    detail = _in_line(reason)
    return f"{rule}: {detail}." if detail else f"{rule}."


def _in_line(reason: str) -> str:
    """Return what a source gave as a reason, fit to stand in a sentence."""
    return _ADDRESS.sub("(address)", " ".join(reason.split())).rstrip(". ")


def _merge_labels(
    known: Iterable[Mapping[str, Any]], seen: Iterable[Label]
) -> list[dict[str, Any]]:
    """Return the labels of both, each with its highest score, best first."""
    best: dict[str, float] = {label["label"]: label["score"] for label in known}
    for label, score in seen:
        best[label] = max(_fraction(score), best.get(label, 0.0))
    ranked = sorted(best.items(), key=lambda item: -item[1])
    return [{"label": label, "score": score} for label, score in ranked]


def _latency(observation: Observation) -> dict[str, float]:
    """Return the milliseconds of each stage as JSON numbers."""
    return {stage: round(float(ms), 2) for stage, ms in observation.latency_ms.items()}


def _box(box: Box | None) -> list[float] | None:
    """Return a box as a JSON list of fractions."""
    return None if box is None else [_fraction(value) for value in box]


def _fraction(value: float) -> float:
    """Return a number within 0-1; what is no number counts as 0."""
    # A comparison with NaN is false, and NaN is not JSON.
    return round(min(float(value), 1.0), 4) if value > 0 else 0.0
