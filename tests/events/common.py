"""Makers of the things that the tests of events speak of."""

from collections.abc import Iterable

from ulid_transform import ulid_at_time

from custom_components.vigilar.events.classifier import classify
from custom_components.vigilar.models import (
    Event,
    EventType,
    Label,
    Observation,
    ObservationKind,
    Severity,
    SourceInfo,
)

FRONT_DOOR = SourceInfo(
    source_id="front_door",
    name="Front door",
    entity_id="camera.front_door",
    device_id="device-1",
    area_id="porch",
)

BEGAN = 1_700_000_000_000


def observe(
    kind: str = ObservationKind.MOTION_STARTED,
    *,
    source_id: str = "front_door",
    ts: int = BEGAN,
    key: str = "walk",
    labels: Iterable[str] = (),
    zones: tuple[str, ...] = (),
    score: float = 0.5,
) -> Observation:
    """Return an observation of the front door's camera."""
    return Observation(
        kind=kind,
        source_id=source_id,
        ts=ts,
        key=key,
        score=score,
        labels=tuple(Label(name, 0.9) for name in labels),
        zones=zones,
    )


def make_event(
    ts: int = BEGAN,
    *,
    event_type: EventType = EventType.MOTION,
    severity: Severity = Severity.INFO,
    source_id: str = "front_door",
    end_ts: int | None = None,
    event_id: str | None = None,
) -> Event:
    """Return an event with just enough payload to be stored."""
    return Event(
        id=event_id or ulid_at_time((ts + 0.5) / 1000),
        ts=ts,
        type=event_type,
        severity=severity,
        source_id=source_id,
        payload={"end_ts": end_ts, "why": "Something moved."},
    )


def classified(*observations: Observation) -> dict[str, Event]:
    """Return what is open after the observations, by thing."""
    open_events: dict[str, Event] = {}
    for observation in observations:
        for decision in classify(observation, open_events, FRONT_DOOR):
            if decision.event.payload["end_ts"] is None:
                open_events[decision.thing] = decision.event
            else:
                open_events.pop(decision.thing, None)
    return open_events


class FakeClock:
    """A clock that only moves when told to."""

    def __init__(self, now: int = BEGAN) -> None:
        """Start at a time, Unix milliseconds."""
        self.now = now

    def __call__(self) -> int:
        """Return the time, Unix milliseconds."""
        return self.now
