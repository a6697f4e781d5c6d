"""Which events are one happening: near each other in place and in time.

The rule: an event joins the incident that runs at its place, if something of
that incident goes on or was over no longer than the window ago, and if the
incident began no longer than ten minutes ago. Else it begins one.

Pure: no clock, no store. What it remembers is one incident a place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from ulid_transform import ulid_to_timestamp

from ..models import Event, EventType, Severity

# For so long an incident takes up events; a street that never rests is not one for ever.
MAX_LENGTH_MS: Final = 600_000

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}

# What the system says of itself happens nowhere.
APART: Final = frozenset(
    {
        EventType.CAMERA_OFFLINE,
        EventType.CAMERA_ONLINE,
        EventType.SENSOR_OFFLINE,
        EventType.ALARM_ARMED,
        EventType.ALARM_DISARMED,
    }
)


@dataclass(slots=True)
class _Running:
    """The newest incident of a place.

    Attributes:
        id: That of its first event.
        began: Unix milliseconds.
        active: When something of it last went on, Unix milliseconds.
        open: The ids of its events that still go on.
    """

    id: str
    began: int
    active: int
    open: set[str] = field(default_factory=set)

    def takes(self, ts: int, window_ms: int) -> bool:
        """Return whether what begins at a time belongs to it."""
        if not self.began - window_ms <= ts <= self.began + MAX_LENGTH_MS:
            return False
        return bool(self.open) or ts - self.active <= window_ms

    def touch(self, event: Event) -> None:
        """Follow one of its events."""
        end_ts = event.payload["end_ts"]
        if end_ts is None:
            self.open.add(event.id)
        else:
            self.open.discard(event.id)
        self.active = max(self.active, event.ts if end_ts is None else end_ts)


class Incidents:
    """Says of each event which incident it belongs to."""

    def __init__(self) -> None:
        """Know of none, and make none until told to."""
        self._window_ms: int | None = None
        self._running: dict[str, _Running] = {}

    def configure(self, window_ms: int | None) -> None:
        """Follow the options.

        Args:
            window_ms: So long after the last activity an event still belongs
                to an incident, milliseconds; None for no incidents at all.
        """
        self._window_ms = window_ms
        if window_ms is None:
            self._running.clear()

    def join(self, event: Event, neighbourhood: str | None) -> str | None:
        """Take an event that begins into the incident of its place.

        Args:
            event: Is not over, or a point in time.
            neighbourhood: Names the place; the same for all sources whose
                areas touch. None for a source that is nowhere, which is a
                place of its own.

        Returns:
            The id of the incident, which is the id of its first event; None
            for what belongs to no incident.
        """
        if self._window_ms is None or event.type in APART:
            return None
        place = _place(event.source_id, neighbourhood)
        running = self._running.get(place)
        if running is None or not running.takes(event.ts, self._window_ms):
            running = self._running[place] = _Running(event.id, event.ts, event.ts)
        running.touch(event)
        return running.id

    def follow(self, event: Event) -> None:
        """Take note that an event is over."""
        incident_id = event.payload.get("incident_id")
        for running in self._running.values():
            if running.id == incident_id:
                running.touch(event)

    def resume(
        self, events: Iterable[Event], neighbourhood_of: Callable[[str], str | None]
    ) -> None:
        """Go on with what ran when Home Assistant stopped.

        Args:
            events: The newest of the store, in any order.
            neighbourhood_of: Returns the place of a source, as for `join`.
        """
        if self._window_ms is None:
            return
        for event in sorted(events, key=lambda event: (event.ts, event.id)):
            incident_id = event.payload.get("incident_id")
            if incident_id is None:
                continue
            place = _place(event.source_id, neighbourhood_of(event.source_id))
            running = self._running.get(place)
            if running is None or running.id < incident_id:
                began = ulid_to_timestamp(incident_id)
                running = self._running[place] = _Running(incident_id, began, began)
            if running.id == incident_id:
                running.touch(event)


@dataclass(frozen=True, slots=True)
class Step:
    """A stop on the way that an incident took.

    Attributes:
        name: Of the source.
        type: The strongest of what happened there before it went on.
    """

    name: str
    type: EventType


def telling(event: Event) -> tuple[int, bool]:
    """Return how much an event says of its incident, to compare it with another."""
    return _RANKS[event.severity], event.type is not EventType.MOTION


def route(events: Sequence[Event]) -> list[Step]:
    """Return the stops of an incident, in the order in which they were reached.

    Args:
        events: In the order of their beginnings.
    """
    return [
        Step(best.payload["name"], best.type)
        for _, visit in groupby(events, key=lambda event: event.source_id)
        for best in (max(visit, key=telling),)
    ]


def _place(source_id: str, neighbourhood: str | None) -> str:
    """Return what an incident is kept by."""
    return f"source/{source_id}" if neighbourhood is None else neighbourhood
