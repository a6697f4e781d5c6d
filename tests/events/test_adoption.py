"""Events of other houses enter the store once, whatever order they come in."""

from collections.abc import AsyncIterator
from dataclasses import replace
import itertools

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.vigilar.events.adoption import REMEMBERED, Adoptions
from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    Severity,
)

from .common import BEGAN, FRONT_DOOR, FakeClock, make_event, observe

SOURCE = "cabin.front_door"
ID = make_event(BEGAN).id


def told(
    seq: int,
    *,
    end_ts: int | None = None,
    event_type: EventType = EventType.MOTION,
    source_id: str = SOURCE,
    event_id: str = ID,
) -> Event:
    """Return an event as another house says it is after its change `seq`."""
    event = make_event(
        event_type=event_type, source_id=source_id, end_ts=end_ts, event_id=event_id
    )
    payload = {
        "name": "Cabin: Front door",
        "zones": [],
        "labels": [],
        "site": "Cabin",
        "site_seq": seq,
        "media": {},
    }
    return replace(event, severity=Severity.ALERT, payload=event.payload | payload)


@pytest.fixture
async def changes() -> list[Change]:
    """Return what was published."""
    return []


@pytest.fixture
async def processor(
    store: EventStore, clock: FakeClock, changes: list[Change]
) -> AsyncIterator[EventProcessor]:
    """Return a processor of a house of its own, running."""
    processor = EventProcessor(store, lambda _: FRONT_DOOR, clock=clock)
    processor.add_publisher("test", changes.append)
    processor.start()
    yield processor
    await processor.stop()


async def test_an_event_lives_as_the_other_house_says(
    processor: EventProcessor,
    store: EventStore,
    clock: FakeClock,
    changes: list[Change],
) -> None:
    """It is not classified again, keeps its id and gets numbers of our own."""
    await processor.adopt(told(7))
    clock.now += 2000
    await processor.adopt(told(8, event_type=EventType.PERSON))
    await processor.adopt(told(9, event_type=EventType.PERSON, end_ts=BEGAN + 5000))
    assert [change.kind for change in changes] == [
        ChangeKind.NEW,
        ChangeKind.UPDATED,
        ChangeKind.ENDED,
    ]
    event = await store.get(ID)
    assert event is not None
    assert (event.type, event.severity) == (EventType.PERSON, Severity.ALERT)
    assert event.payload["seq"] == 3
    assert event.payload["site_seq"] == 9
    assert event.payload["end_ts"] == BEGAN + 5000
    assert event.payload["phase"] == "ended"
    assert processor.open_events(SOURCE) == []


async def test_what_was_over_when_it_is_heard_of_is_told_once(
    processor: EventProcessor, changes: list[Change]
) -> None:
    """The beginning was missed."""
    await processor.adopt(told(9, end_ts=BEGAN + 5000))
    assert [change.kind for change in changes] == [ChangeKind.NEW]
    assert processor.open_events(SOURCE) == []


async def test_updates_are_spaced(
    processor: EventProcessor, changes: list[Change]
) -> None:
    """A house that talks without end does not wear out the disk of this one."""
    await processor.adopt(told(1))
    for seq in range(2, 20):
        await processor.adopt(told(seq, event_type=EventType.PERSON))
    assert len(changes) == 1
    await processor.adopt(told(20, event_type=EventType.PERSON, end_ts=BEGAN + 1))
    assert len(changes) == 2
    assert changes[-1].event.payload["site_seq"] == 20


HISTORY = (
    told(1),
    told(2, event_type=EventType.PERSON),
    told(5, event_type=EventType.PERSON, end_ts=BEGAN + 4000),
    told(6, event_type=EventType.PERSON, end_ts=BEGAN + 4000),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    order=st.lists(st.sampled_from(HISTORY), max_size=8).map(
        lambda extra: [*extra, *HISTORY]
    ),
    shuffle=st.randoms(use_true_random=False),
)
async def test_any_order_and_any_repetition_end_the_same(
    order: list[Event], shuffle: object
) -> None:
    """QoS 1 delivers at least once; the last state wins, and one event is left."""
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    store, clock = EventStore("sqlite://"), FakeClock()
    await store.open(now=BEGAN)
    processor = EventProcessor(store, lambda _: None, clock=clock)
    changes: list[Change] = []
    processor.add_publisher("test", changes.append)
    for event in order:
        clock.now += 2000
        await processor.adopt(event)
    (left,) = await store.page()
    assert left.payload["site_seq"] == 6
    assert left.payload["end_ts"] == BEGAN + 4000
    assert left.type is EventType.PERSON
    kinds = [change.kind for change in changes]
    assert kinds.count(ChangeKind.NEW) == 1
    assert kinds.count(ChangeKind.ENDED) <= 1
    assert processor.open_events(SOURCE) == []
    numbers = [change.event.payload["site_seq"] for change in changes]
    assert numbers == sorted(set(numbers))
    await store.close()


async def test_our_own_event_that_comes_back_is_left_alone(
    processor: EventProcessor, store: EventStore, changes: list[Change]
) -> None:
    """Two houses with one prefix by mistake do not get into each other's events."""
    change = await processor.handle(observe())
    assert change is not None
    ours = change.event
    assert await processor.adopt(told(99, event_id=ours.id)) is None
    assert await store.get(ours.id) == ours
    assert len(changes) == 1


async def test_one_site_cannot_change_the_event_of_another(
    processor: EventProcessor, store: EventStore
) -> None:
    """An id that is known belongs to who has told it first."""
    await processor.adopt(told(1))
    assert await processor.adopt(told(9, source_id="boat.front_door")) is None
    event = await store.get(ID)
    assert event is not None
    assert event.source_id == SOURCE


async def test_what_people_say_here_stays(
    processor: EventProcessor, store: EventStore, clock: FakeClock
) -> None:
    """A note of this house is not the other house's to take away."""
    await processor.adopt(told(1))
    await processor.revise([ID], lambda payload: payload | {"note": {"text": "Tom"}})
    clock.now += 2000
    await processor.adopt(told(2, event_type=EventType.PERSON))
    await processor.adopt(told(3, end_ts=BEGAN + 9, event_type=EventType.PERSON))
    event = await store.get(ID)
    assert event is not None
    assert event.payload["note"] == {"text": "Tom"}
    assert event.type is EventType.PERSON


async def test_what_was_closed_here_gets_its_true_end_and_does_not_go_on(
    processor: EventProcessor, store: EventStore, changes: list[Change]
) -> None:
    """A house that was gone for long and comes back says how it ended."""
    await processor.adopt(told(1))
    await processor.end_open(SOURCE, "Cabin has not been heard of.", BEGAN + 60_000)
    await processor.adopt(told(2, event_type=EventType.PERSON))
    event = await store.get(ID)
    assert event is not None
    assert event.payload["end_ts"] == BEGAN + 60_000
    assert processor.open_events(SOURCE) == []
    await processor.adopt(told(3, end_ts=BEGAN + 9000))
    event = await store.get(ID)
    assert event is not None
    assert event.payload["end_ts"] == BEGAN + 9000
    assert [change.kind for change in changes].count(ChangeKind.ENDED) == 1


async def test_what_was_open_at_a_crash_goes_on_to_be_known(
    store: EventStore, clock: FakeClock
) -> None:
    """The store has closed it at the start; later news still find it."""
    first = EventProcessor(store, lambda _: None, clock=clock)
    await first.adopt(told(1))
    second = EventProcessor(store, lambda _: None, clock=clock)
    assert await second.adopt(told(1)) is None
    change = await second.adopt(told(2, end_ts=BEGAN + 9))
    assert change is not None
    assert change.kind is ChangeKind.UPDATED
    assert change.event.payload["end_ts"] == BEGAN + 9


async def test_late_news_do_not_bring_back_what_was_deleted(
    processor: EventProcessor, store: EventStore
) -> None:
    """The other house tells of a clip that is ready; a person here has deleted it."""
    await processor.adopt(told(1, end_ts=BEGAN + 9))
    await processor.delete([ID], force=False, now=BEGAN)
    assert await processor.adopt(told(2, end_ts=BEGAN + 9)) is None
    assert await store.get(ID) is None


def test_deletions_are_forgotten_one_day() -> None:
    """The memory of them is bounded."""
    adoptions = Adoptions()
    for number in itertools.islice(itertools.count(), REMEMBERED + 1):
        adoptions.note_deletion(str(number))
    gone = replace(told(1), id=str(REMEMBERED))
    assert adoptions.decide(None, gone, running=False) is None
    forgotten = replace(told(1), id="0")
    assert adoptions.decide(None, forgotten, running=False) is not None


async def test_submitted_adoptions_keep_their_order(
    processor: EventProcessor, changes: list[Change]
) -> None:
    """They wait in the same queue as everything else."""
    processor.submit_adoption(told(1))
    processor.submit_adoption(told(2, end_ts=BEGAN + 9))
    await processor.end_open("nobody", "", BEGAN)
    assert [change.kind for change in changes] == [ChangeKind.NEW, ChangeKind.ENDED]
