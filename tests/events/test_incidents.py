"""Which events are one incident: near in place and in time, and never for ever."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.events.incidents import (
    APART,
    MAX_LENGTH_MS,
    Incidents,
    route,
)
from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.severity import Situation
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    ObservationKind,
    Severity,
    SourceInfo,
)

from .common import BEGAN, make_event, observe

WINDOW = 60_000


class Happening(NamedTuple):
    """What a test lets happen: where, when after the beginning, and for how long."""

    place: str
    at: int
    lasts: int = 0

    @property
    def event(self) -> Event:
        """Return it as an event that is over."""
        ts = BEGAN + self.at
        return make_event(ts, source_id=f"camera_{self.place}", end_ts=ts + self.lasts)


def incidents(window_ms: int | None = WINDOW) -> Incidents:
    """Return incidents that are switched on."""
    made = Incidents()
    made.configure(window_ms)
    return made


def joined(made: Incidents, happenings: Iterable[Happening]) -> list[str | None]:
    """Return the incident of each."""
    return [made.join(item.event, item.place) for item in happenings]


PLACES = st.sampled_from(["garden", "house", "attic"])
HAPPENINGS = st.lists(
    st.builds(
        Happening, PLACES, st.integers(0, 2 * MAX_LENGTH_MS), st.integers(0, 90_000)
    ),
    max_size=40,
).map(lambda items: sorted(items, key=lambda item: item.at))


def test_neighbours_join_within_the_window() -> None:
    """What follows within the window at the same place is one incident."""
    made = incidents()
    first, second, third = joined(
        made,
        [
            Happening("garden", 0),
            Happening("garden", WINDOW),
            Happening("garden", 2 * WINDOW + 1),
        ],
    )
    assert first == second
    assert third != first


def test_an_incident_is_named_after_its_first_event() -> None:
    """The id is that of the event that began it."""
    event = Happening("garden", 0).event
    assert incidents().join(event, "garden") == event.id


def test_what_goes_on_keeps_its_incident_open() -> None:
    """An open event is activity until it ends, and the window counts from its end."""
    made = incidents()
    lasting = make_event(BEGAN, source_id="porch")
    first = made.join(lasting, "house")
    assert made.join(Happening("house", 3 * WINDOW).event, "house") == first
    ended = make_event(
        BEGAN, source_id="porch", end_ts=BEGAN + 4 * WINDOW, event_id=lasting.id
    )
    ended.payload["incident_id"] = first
    made.follow(ended)
    assert made.join(Happening("house", 5 * WINDOW).event, "house") == first
    assert made.join(Happening("house", 6 * WINDOW + 1).event, "house") != first


def test_what_never_rests_is_not_one_incident_for_ever() -> None:
    """After ten minutes another one begins, whatever still goes on."""
    made = incidents()
    first = made.join(make_event(BEGAN, source_id="street"), "garden")
    assert made.join(Happening("garden", MAX_LENGTH_MS).event, "garden") == first
    later = Happening("garden", MAX_LENGTH_MS + 1).event
    assert made.join(later, "garden") == later.id


def test_what_is_nowhere_joins_only_its_own_source() -> None:
    """Two sources without an area have nothing to do with each other."""
    made = incidents()
    one, other, again = (
        make_event(BEGAN + second, source_id=source_id, end_ts=BEGAN + second)
        for second, source_id in enumerate(("shed", "barn", "shed"))
    )
    first = made.join(one, None)
    assert made.join(other, None) == other.id
    assert made.join(again, None) == first


@pytest.mark.parametrize("event_type", sorted(APART))
def test_what_the_system_says_of_itself_is_in_no_incident(
    event_type: EventType,
) -> None:
    """Lost cameras and arming belong to no incident and keep none open."""
    made = incidents()
    first = made.join(Happening("house", 0).event, "house")
    outage = make_event(BEGAN + 1, event_type=event_type)
    assert made.join(outage, "house") is None
    assert made.join(Happening("house", 2 * WINDOW).event, "house") != first


def test_it_can_be_switched_off() -> None:
    """Without a window there are no incidents, and what ran is forgotten."""
    made = incidents(None)
    assert joined(made, [Happening("garden", 0)]) == [None]
    made.configure(WINDOW)
    first = made.join(Happening("garden", 1).event, "garden")
    made.configure(None)
    made.configure(WINDOW)
    assert made.join(Happening("garden", 2).event, "garden") != first


def test_a_clock_set_back_begins_anew() -> None:
    """What began long before an incident is none of it."""
    made = incidents()
    first = made.join(Happening("garden", 5 * WINDOW).event, "garden")
    # Seen a little earlier, told a little later.
    assert made.join(Happening("garden", 5 * WINDOW - 3000).event, "garden") == first
    assert made.join(Happening("garden", 0).event, "garden") != first


@given(HAPPENINGS)
def test_an_incident_is_at_one_place_and_of_bounded_length(
    happenings: list[Happening],
) -> None:
    """No incident reaches to another place or lasts longer than it may."""
    ids = joined(incidents(), happenings)
    pairs = sorted(zip(ids, happenings, strict=True), key=lambda pair: str(pair[0]))
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        items = [item for _, item in group]
        assert len({item.place for item in items}) == 1
        assert max(item.at for item in items) - min(item.at for item in items) <= (
            MAX_LENGTH_MS
        )


@given(HAPPENINGS)
def test_what_is_close_is_together_and_what_is_apart_is_not(
    happenings: list[Happening],
) -> None:
    """Within an incident nothing is further than the window from all before it."""
    made = incidents()
    last: dict[str, tuple[str | None, int, int]] = {}
    for item in happenings:
        incident_id = made.join(item.event, item.place)
        before, began, active = last.get(item.place, (None, 0, -WINDOW - 1))
        follows = item.at - active <= WINDOW and item.at - began <= MAX_LENGTH_MS
        assert (incident_id == before) is follows
        if not follows:
            began, active = item.at, 0
        last[item.place] = (incident_id, began, max(active, item.at + item.lasts))


@given(HAPPENINGS)
def test_places_do_not_depend_on_each_other(happenings: list[Happening]) -> None:
    """The incidents of a place are the same whatever happens elsewhere."""

    def pattern(ids: list[str | None]) -> list[int]:
        return [ids.index(incident_id) for incident_id in ids]

    together = joined(incidents(), happenings)
    for place in {item.place for item in happenings}:
        alone = joined(
            incidents(), (item for item in happenings if item.place == place)
        )
        among = [
            incident_id
            for incident_id, item in zip(together, happenings, strict=True)
            if item.place == place
        ]
        assert pattern(among) == pattern(alone)


@given(st.permutations(range(0, WINDOW, 7000)))
def test_order_within_the_window_does_not_matter(times: list[int]) -> None:
    """What is told in another order than it happened is one incident all the same."""
    ids = joined(incidents(), (Happening("garden", at) for at in times))
    assert len(set(ids)) == 1


@given(HAPPENINGS, HAPPENINGS)
def test_a_restart_changes_nothing(
    before: list[Happening], after: list[Happening]
) -> None:
    """What is read again from the store goes on as if nothing had been."""
    lasting, stored = incidents(), []
    for item in before:
        event = item.event
        event.payload["incident_id"] = lasting.join(event, item.place)
        stored.append(event)
    restarted = incidents()
    restarted.resume(reversed(stored), lambda source_id: source_id[len("camera_") :])
    stop = before[-1].at if before else 0
    later = [item._replace(at=stop + item.at) for item in after]
    events = [(item.event, item.place) for item in later]
    assert [lasting.join(*pair) for pair in events] == [
        restarted.join(*pair) for pair in events
    ]


def test_switched_off_nothing_is_resumed() -> None:
    """Old incidents do not come back while there are to be none."""
    made = incidents(None)
    event = Happening("garden", 0).event
    event.payload["incident_id"] = event.id
    made.resume([event], lambda _: "garden")
    made.configure(WINDOW)
    assert made.join(Happening("garden", 1).event, "garden") != event.id


def test_memory_is_one_incident_a_place() -> None:
    """However much happens, little is remembered."""
    made = incidents()
    for number in range(1000):
        made.join(Happening("garden", number * 2 * WINDOW).event, "garden")
    assert len(made._running) == 1
    assert not made._running["garden"].open


def test_the_route_tells_each_stop_once_and_by_what_says_most() -> None:
    """A stop is its strongest event; what is recognised says more than motion."""
    events = [
        make_event(BEGAN, source_id="drive"),
        make_event(BEGAN + 1, source_id="drive", event_type=EventType.PERSON),
        make_event(BEGAN + 2, source_id="porch", severity=Severity.WARNING),
        make_event(BEGAN + 3, source_id="porch", event_type=EventType.ANIMAL),
        make_event(BEGAN + 4, source_id="drive", event_type=EventType.PERSON),
    ]
    for event in events:
        event.payload["name"] = event.source_id.title()
    assert [(step.name, step.type.value) for step in route(events)] == [
        ("Drive", "person"),
        ("Porch", "motion"),
        ("Drive", "person"),
    ]


async def two_cameras(store: EventStore) -> tuple[EventProcessor, list[Change]]:
    """Return a processor with two cameras of one floor and one of another."""

    def source(source_id: str) -> SourceInfo:
        return SourceInfo(source_id=source_id, name=source_id, area_id=source_id)

    def situation(info: SourceInfo) -> Situation:
        floor = "floor/up" if info.source_id == "attic" else "floor/ground"
        return Situation(neighbourhood=floor)

    processor = EventProcessor(store, source)
    processor.situation_of = situation
    processor.incidents.configure(WINDOW)
    heard: list[Change] = []
    processor.add_publisher("test", heard.append)
    return processor, heard


@pytest.fixture
async def incident_store(store: EventStore) -> EventStore:
    """Return an open store with an incident of two cameras, and another beside it."""
    processor, _ = await two_cameras(store)
    for number, source_id in enumerate(("drive", "attic", "porch")):
        await processor.handle(observe(source_id=source_id, ts=BEGAN + number))
    return store


async def test_the_incident_is_in_the_event_before_it_is_stored(
    store: EventStore,
) -> None:
    """Every consumer has it at once, and it stays to the end."""
    processor, heard = await two_cameras(store)
    await processor.handle(observe(source_id="drive"))
    await processor.handle(observe(source_id="porch", ts=BEGAN + 30_000))
    await processor.handle(
        observe(ObservationKind.MOTION_ENDED, source_id="drive", ts=BEGAN + 40_000)
    )
    first = heard[0].event.id
    assert [change.event.payload["incident_id"] for change in heard] == [first] * 3
    assert heard[-1].kind is ChangeKind.ENDED
    stored = await store.page()
    assert {event.payload["incident_id"] for event in stored} == {first}


async def test_the_end_of_an_event_starts_the_window(store: EventStore) -> None:
    """The processor tells the incidents what is over."""
    processor, heard = await two_cameras(store)
    await processor.handle(observe(source_id="drive"))
    await processor.handle(
        observe(ObservationKind.MOTION_ENDED, source_id="drive", ts=BEGAN + 1000)
    )
    await processor.handle(observe(source_id="porch", ts=BEGAN + 1001 + WINDOW))
    assert (
        heard[-1].event.payload["incident_id"] != heard[0].event.payload["incident_id"]
    )


async def test_the_store_finds_the_events_of_an_incident(
    incident_store: EventStore,
) -> None:
    """In the order of their beginnings, also when its first event is gone."""
    page = await incident_store.page()
    incident_id = page[-1].id
    found = await incident_store.incident(incident_id)
    assert [event.source_id for event in found] == ["drive", "porch"]
    assert len(await incident_store.incident(incident_id, limit=1)) == 1
    with pytest.raises(StoreError):
        await incident_store.incident("nothing")
