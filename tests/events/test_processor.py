"""The one path: classified, stored, then published; and nothing stops it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
import itertools
import logging
import time
from typing import Any, override
from unittest.mock import Mock

import pytest

from custom_components.vigilar.events import (
    commits,
    processor as processor_module,
    records,
)
from custom_components.vigilar.events.commits import retry_delays
from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import (
    BlindPeriod,
    BlindReason,
    Change,
    ChangeKind,
    Event,
    EventType,
    ObservationKind,
    SourceInfo,
)

from .common import BEGAN, FRONT_DOOR, FakeClock, make_event, observe

UPDATED = ObservationKind.MOTION_UPDATED
ENDED = ObservationKind.MOTION_ENDED
OFFLINE = ObservationKind.CAMERA_OFFLINE
ONLINE = ObservationKind.CAMERA_ONLINE
LOGGER = "custom_components.vigilar.events.commits"


class FlakyStore(EventStore):
    """A store that fails as often as told, and counts how often it was asked."""

    failures = 0
    asked = 0

    @override
    async def write_all(
        self, changed: Collection[tuple[Event, ChangeKind]]
    ) -> list[Change]:
        """Fail, or write."""
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise StoreError("disk full")
        return await super().write_all(changed)


class Listener:
    """A publisher that remembers."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.changes: list[Change] = []

    def __call__(self, change: Change) -> None:
        """Hear of a change."""
        self.changes.append(change)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What was heard, as (kind, type)."""
        return [(change.kind.value, change.event.type.value) for change in self.changes]


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until a condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def flaky() -> AsyncIterator[FlakyStore]:
    """Return an open store that fails when told to."""
    store = FlakyStore("sqlite://")
    await store.open(now=BEGAN)
    yield store
    await store.close()


def find_source(source_id: str) -> SourceInfo | None:
    """Know the front door and the back yard."""
    if source_id == "front_door":
        return FRONT_DOOR
    return (
        SourceInfo(source_id="back_yard", name="Back")
        if source_id == "back_yard"
        else None
    )


@pytest.fixture
async def processor(
    flaky: FlakyStore, clock: FakeClock
) -> AsyncIterator[EventProcessor]:
    """Return a processor that is not started."""
    processor = EventProcessor(flaky, find_source, clock=clock)
    yield processor
    await processor.stop()


@pytest.fixture
def heard(processor: EventProcessor) -> Listener:
    """Return a publisher of the processor."""
    listener = Listener()
    processor.add_publisher("listener", listener)
    return listener


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry the store at once."""
    monkeypatch.setattr(commits, "retry_delays", lambda: itertools.repeat(0.001))


async def test_a_life_is_stored_and_published(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener, clock: FakeClock
) -> None:
    """New, updated and ended go out once each, as stored, under one id."""
    new = await processor.handle(observe())
    clock.now += 1000
    updated = await processor.handle(observe(UPDATED, labels=["person"]))
    ended = await processor.handle(observe(ENDED, ts=BEGAN + 9000))

    assert heard.changes == [new, updated, ended]
    assert heard.kinds == [
        ("new", "motion"),
        ("updated", "person"),
        ("ended", "person"),
    ]
    assert await flaky.changes_since(0) == heard.changes
    assert len({change.event.id for change in heard.changes}) == 1
    assert [change.event.payload["seq"] for change in heard.changes] == [1, 2, 3]
    assert heard.changes[-1].event.payload["end_ts"] == BEGAN + 9000
    assert processor.open_events("front_door") == []


async def test_what_does_not_classify_is_neither_stored_nor_published(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener
) -> None:
    """Heartbeats and unknown kinds end at the classifier, an event being open or not."""
    await processor.handle(observe())
    for kind in (ObservationKind.HEARTBEAT, "door_opened", "", ONLINE):
        assert await processor.handle(observe(kind, labels=["person"])) is None
        assert await processor.handle(observe(kind, source_id="back_yard")) is None

    assert heard.kinds == [("new", "motion")]
    assert len(await flaky.changes_since(0)) == len(await flaky.page()) == 1
    assert flaky.asked == 1


async def test_an_event_is_on_disk_before_anyone_hears_of_it(
    flaky: FlakyStore, processor: EventProcessor
) -> None:
    """The committed number is at least that of the change when it is published."""
    committed: list[tuple[int, int]] = []
    processor.add_publisher(
        "probe", lambda change: committed.append((change.seq, flaky.last_seq))
    )

    await processor.handle(observe())

    assert committed == [(1, 1)]


async def test_an_unknown_source_is_nothing(
    processor: EventProcessor, heard: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes of a camera that was removed is dropped, in the debug log only."""
    caplog.set_level(logging.DEBUG, processor_module.__name__)

    assert await processor.handle(observe(source_id="gone")) is None

    assert heard.changes == []
    assert [
        (r.levelname, r.getMessage())
        for r in caplog.records
        if r.name == processor_module.__name__
    ] == [("DEBUG", "Dropped an observation of unknown source gone")]


async def test_the_hand_off_is_timed(processor: EventProcessor) -> None:
    """Latency has the time from the making of the observation to its handling."""
    made = replace(
        observe(), made_at=time.monotonic() - 0.25, latency_ms={"motion": 2.0}
    )

    change = await processor.handle(made)
    timeless = await processor.handle(observe(key="other"))

    assert change is not None
    assert change.event.payload["latency_ms"]["motion"] == 2.0
    assert change.event.payload["latency_ms"]["handoff"] >= 250
    assert timeless is not None
    assert timeless.event.payload["latency_ms"] == {}


async def test_submitted_observations_are_handled_in_order(
    processor: EventProcessor, heard: Listener
) -> None:
    """One consumer keeps the order of many sources, also of what came before the start."""
    for n in range(20):
        source_id = "front_door" if n % 2 else "back_yard"
        processor.submit(observe(key=f"{n}", ts=BEGAN + n, source_id=source_id))
    processor.start()
    processor.submit(observe(ENDED, key="1", ts=BEGAN + 50))
    await processor.stop()

    assert [change.event.ts - BEGAN for change in heard.changes] == [*range(20), 1]


async def test_improvements_wait_for_the_next_change(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """A better score is known at once but told with the next news."""
    await processor.handle(observe(score=0.5))
    clock.now += 5000

    assert await processor.handle(observe(UPDATED, score=0.9)) is None
    (known,) = processor.open_events("front_door")
    ended = await processor.handle(observe(ENDED))

    assert known.payload["score"] == 0.9
    assert heard.kinds == [("new", "motion"), ("ended", "motion")]
    assert ended is not None
    assert ended.event.payload["score"] == 0.9


async def test_updates_are_a_second_apart(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """News within a second of the last wait; the newest of them goes out after it."""
    await processor.handle(observe())
    clock.now += 999
    assert await processor.handle(observe(UPDATED, zones=("Drive",))) is None
    assert await processor.handle(observe(UPDATED, zones=("Porch",))) is None
    clock.now += 1
    change = await processor.handle(observe(UPDATED, score=0.9))

    assert heard.kinds == [("new", "motion"), ("updated", "motion")]
    assert change is not None
    assert change.event.payload["zones"] == ["Drive", "Porch"]
    clock.now += 5000
    assert await processor.handle(observe(UPDATED, score=0.95)) is None


async def test_news_that_wait_go_out_when_the_second_is_over(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """Nothing more needs to be observed for it."""
    processor.start()
    processor.submit(observe())
    await until(lambda: len(heard.changes) == 1)
    clock.now += 950
    processor.submit(observe(UPDATED, zones=("Drive",)))
    processor.submit(observe(UPDATED, labels=["person"]))

    await until(lambda: len(heard.changes) == 2)

    assert heard.kinds[1] == ("updated", "person")
    assert heard.changes[1].event.payload["zones"] == ["Drive"]
    clock.now += 950
    processor.submit(observe(UPDATED, zones=("Porch",)))
    await until(lambda: len(heard.changes) == 3)
    assert heard.changes[2].event.payload["zones"] == ["Drive", "Porch"]


async def test_news_that_wait_go_out_with_the_end(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """An event that ends within the second tells all at once, and only once."""
    processor.start()
    processor.submit(observe())
    processor.submit(observe(UPDATED, labels=["person"]))
    processor.submit(observe(ENDED))
    await until(lambda: len(heard.changes) == 2)
    await processor.stop()

    assert heard.kinds == [("new", "motion"), ("ended", "person")]


async def test_a_clock_set_back_delays_nothing(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """News go out though the clock says that they are before the last."""
    await processor.handle(observe())
    clock.now -= 3_600_000

    await processor.handle(observe(UPDATED, labels=["person"]))

    assert heard.kinds == [("new", "motion"), ("updated", "person")]


async def test_stop_drains_the_queue_and_tells_what_waits(
    processor: EventProcessor, heard: Listener
) -> None:
    """What was submitted before the stop is stored and published; open events stay open."""
    processor.start()
    processor.submit(observe())
    processor.submit(observe(UPDATED, labels=["person"]))
    await processor.stop()
    await processor.stop()

    assert heard.kinds == [("new", "motion"), ("updated", "person")]
    assert len(processor.open_events("front_door")) == 1
    assert not [
        task for task in asyncio.all_tasks() if task.get_name() == "vigilar_events"
    ]


async def test_an_outage_is_a_blind_period(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener
) -> None:
    """Offline opens one, online ends it; each is told once."""
    await processor.handle(observe())
    await processor.handle(observe(OFFLINE, ts=BEGAN + 1000))
    await processor.handle(observe(OFFLINE, ts=BEGAN + 2000))
    assert await flaky.blind_periods(0, BEGAN * 2) == [
        BlindPeriod("front_door", BEGAN + 1000, None, BlindReason.OFFLINE)
    ]
    last = await processor.handle(observe(ONLINE, ts=BEGAN + 9000))

    assert heard.kinds == [
        ("new", "motion"),
        ("ended", "motion"),
        ("new", "camera_offline"),
        ("ended", "camera_offline"),
        ("new", "camera_online"),
    ]
    assert last == heard.changes[-1]
    assert last.event.payload["end_ts"] == last.event.ts == BEGAN + 9000
    assert processor.open_events("front_door") == []
    assert await flaky.blind_periods(0, BEGAN * 2) == [
        BlindPeriod("front_door", BEGAN + 1000, BEGAN + 9000, BlindReason.OFFLINE)
    ]


@pytest.mark.parametrize("running", [False, True])
async def test_all_that_is_open_of_a_source_can_be_ended(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener, running: bool
) -> None:
    """Behind what is queued, with its reason, and only of that source."""
    if running:
        processor.start()
    for observation in (observe(), observe(key="b"), observe(source_id="back_yard")):
        if running:
            processor.submit(observation)
        else:
            await processor.handle(observation)

    await processor.end_open("front_door", "Detection was switched off.", BEGAN + 7)
    await processor.end_open("nobody", "Nothing.", BEGAN)

    assert [change.kind.value for change in heard.changes] == ["new"] * 3 + [
        "ended"
    ] * 2
    assert {
        (change.event.payload["why"], change.event.payload["end_ts"])
        for change in heard.changes[3:]
    } == {("Detection was switched off.", BEGAN + 7)}
    assert processor.open_events("front_door") == []
    assert len(processor.open_events("back_yard")) == 1


async def test_ending_an_outage_ends_its_blind_period(
    processor: EventProcessor, flaky: FlakyStore
) -> None:
    """A camera removed while it is offline is not blind for ever."""
    await processor.handle(observe(OFFLINE))

    await processor.end_open("front_door", "The camera was removed.", BEGAN + 7)

    (period,) = await flaky.blind_periods(0, BEGAN * 2)
    assert period.end == BEGAN + 7


@pytest.mark.parametrize("broken", [0, 1, 2])
async def test_a_publisher_that_fails_does_not_stop_the_others(
    processor: EventProcessor, broken: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever fails: the rest hear all, and the log says once that it failed and recovered."""
    listeners = [Listener() for _ in range(3)]
    fails = True

    def publish(index: int, change: Change) -> None:
        """Publish to one, or fail."""
        if index == broken and fails:
            raise RuntimeError("no way out")
        listeners[index](change)

    for index in range(3):
        processor.add_publisher(f"number {index}", partial(publish, index))
    caplog.set_level(logging.INFO, LOGGER)

    for key in ("a", "b"):
        await processor.handle(observe(key=key))
    fails = False
    for key in ("c", "d"):
        await processor.handle(observe(key=key))

    heard = [len(listener.changes) for listener in listeners]
    assert heard == [2 if index == broken else 4 for index in range(3)]
    records = [record for record in caplog.records if record.name == LOGGER]
    assert [(record.levelname, bool(record.exc_info)) for record in records] == [
        ("ERROR", True),
        ("INFO", False),
    ]
    assert all(f"number {broken}" in record.getMessage() for record in records)


async def test_a_publisher_can_be_removed(
    processor: EventProcessor, heard: Listener
) -> None:
    """One that was removed hears nothing more, even when it removes itself."""

    def once(change: Change) -> None:
        """Hear of one change."""
        gone(change)
        remove()

    gone = Listener()
    remove = processor.add_publisher("once", once)
    await processor.handle(observe(key="a"))
    await processor.handle(observe(key="b"))
    remove()

    assert len(gone.changes) == 1
    assert len(heard.changes) == 2


@pytest.mark.usefixtures("fast_retries")
async def test_a_store_that_fails_delays_but_loses_nothing(
    processor: EventProcessor,
    flaky: FlakyStore,
    heard: Listener,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same observation is retried, the rest waits in order, the log says it once."""
    caplog.set_level(logging.INFO, LOGGER)
    flaky.failures = 1_000_000
    processor.start()
    processor.submit(observe(key="a"))
    processor.submit(observe(key="b", ts=BEGAN + 1))
    await until(lambda: flaky.asked >= 3)
    assert heard.changes == []

    flaky.failures = 0
    await until(lambda: len(heard.changes) == 2)

    assert [change.event.ts for change in heard.changes] == [BEGAN, BEGAN + 1]
    assert [change.seq for change in heard.changes] == [1, 2]
    messages = [
        (r.levelname, r.getMessage()) for r in caplog.records if r.name == LOGGER
    ]
    assert messages == [
        ("ERROR", "Events cannot be stored and wait: disk full"),
        ("INFO", "Events can be stored again"),
    ]


async def test_a_store_that_fails_does_not_hold_up_the_stop(
    processor: EventProcessor,
    flaky: FlakyStore,
    heard: Listener,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stop ends the wait for the next retry; what was not stored is counted, not published."""
    monkeypatch.setattr(commits, "retry_delays", lambda: itertools.repeat(3600.0))
    flaky.failures = 1_000_000
    processor.start()
    processor.submit(observe(key="a"))
    processor.submit(observe(key="b"))
    await until(lambda: flaky.asked == 1)

    async with asyncio.timeout(30):
        await processor.stop()

    assert heard.changes == []
    # Once before the stop, and all together once more.
    assert flaky.asked == 2
    assert "2 changes are lost" in caplog.text
    with pytest.raises(StoreError):
        await processor.handle(observe(key="c"))


def test_retries_are_spaced_up_to_half_a_minute() -> None:
    """1, 2, 4 … 30 s, then every 30 s."""
    delays: Iterator[float] = retry_delays()

    assert list(itertools.islice(delays, 8)) == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_an_observation_that_cannot_be_handled_is_dropped(
    processor: EventProcessor, heard: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """A time beyond all calendars is logged and the next observation is handled."""
    processor.start()
    processor.submit(observe(ts=2**63))
    processor.submit(observe())
    await processor.stop()

    assert heard.kinds == [("new", "motion")]
    assert "Dropped an observation that could not be handled" in caplog.text


async def test_nothing_newer_overtakes_a_deletion(
    processor: EventProcessor,
    flaky: FlakyStore,
    heard: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An observation waits for a deletion that is stored but not yet published."""
    await flaky.write(make_event(end_ts=BEGAN), ChangeKind.NEW)
    stored, release = asyncio.Event(), asyncio.Event()
    prune_batch = flaky.prune_batch

    async def slow(*, before_ms: int, now: int) -> list[Change]:
        """Delete, then take a while to return."""
        changes = await prune_batch(before_ms=before_ms, now=now)
        stored.set()
        await release.wait()
        return changes

    monkeypatch.setattr(flaky, "prune_batch", slow)
    prune = asyncio.create_task(processor.prune(before_ms=BEGAN + 1, now=BEGAN))
    await stored.wait()
    handle = asyncio.create_task(processor.handle(observe()))
    await asyncio.wait({handle}, timeout=0.2)
    release.set()
    await asyncio.gather(prune, handle)

    assert heard.kinds == [("deleted", "motion"), ("new", "motion")]


async def test_deletions_are_published_in_the_order_of_their_numbers(
    processor: EventProcessor,
    flaky: FlakyStore,
    heard: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event that comes between two batches is heard between them."""
    monkeypatch.setattr("custom_components.vigilar.events.store.BATCH", 2)
    for n in range(5):
        await flaky.write(make_event(BEGAN + n, end_ts=BEGAN + n), ChangeKind.NEW)

    pruned, change = await asyncio.gather(
        processor.prune(before_ms=BEGAN + 100, now=BEGAN + 100),
        processor.handle(observe(ts=BEGAN + 200)),
    )

    assert pruned == 5
    assert [heard.seq for heard in heard.changes] == list(range(6, 12))
    assert heard.kinds.index(("new", "motion")) == 2
    assert change is not None
    assert change.event.type is EventType.MOTION
    assert await flaky.page() == [change.event]


def _noted(payload: dict[str, Any]) -> dict[str, Any]:
    """Amend a payload by a note."""
    return payload | {"mark": 1 + payload.get("mark", 0)}


def _kinds_and_notes(heard: Listener) -> list[tuple[str, int]]:
    """What was heard, as (kind, note)."""
    return [
        (change.kind.value, change.event.payload.get("mark", 0))
        for change in heard.changes
    ]


async def test_amendments_are_updates_a_second_apart(
    processor: EventProcessor, heard: Listener, clock: FakeClock
) -> None:
    """The first goes out at once, the others wait for the second; none is lost."""
    processor.start()
    change = await processor.handle(observe())
    assert change is not None
    for _ in range(3):
        await processor.amend(change.event.id, _noted)
    assert _kinds_and_notes(heard) == [("new", 0), ("updated", 1)]
    clock.now += 1000
    await processor.amend(change.event.id, _noted)
    assert _kinds_and_notes(heard) == [("new", 0), ("updated", 1), ("updated", 4)]
    await processor.amend(change.event.id, dict)
    assert len(heard.changes) == 3


async def test_amendments_of_an_ended_event_are_spaced_too(
    processor: EventProcessor,
    flaky: FlakyStore,
    heard: Listener,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are updates after the end, and what waits goes out by itself."""
    monkeypatch.setattr(processor_module, "UPDATE_INTERVAL_MS", 50)
    processor.start()
    change = await processor.handle(observe())
    assert change is not None
    await processor.handle(observe(ENDED, ts=BEGAN + 9000))
    for _ in range(3):
        processor.submit_amendment(change.event.id, _noted)
    await until(lambda: len(heard.changes) == 4)
    assert _kinds_and_notes(heard) == [
        ("new", 0),
        ("ended", 0),
        ("updated", 1),
        ("updated", 3),
    ]
    last = heard.changes[-1].event.payload
    assert (last["phase"], last["end_ts"]) == ("updated", BEGAN + 9000)
    assert await flaky.get(change.event.id) == heard.changes[-1].event
    # Nothing more to come: the event is let go.
    await until(lambda: not processor._late)


async def test_an_amendment_that_waits_goes_out_with_the_stop(
    processor: EventProcessor, heard: Listener
) -> None:
    """Of open events and of ended ones."""
    processor.start()
    over = await processor.handle(observe(key="over"))
    assert over is not None
    await processor.handle(observe(ENDED, ts=BEGAN + 1, key="over"))
    still = await processor.handle(observe(key="still"))
    assert still is not None
    for _ in range(2):
        await processor.amend(over.event.id, _noted)
        await processor.amend(still.event.id, _noted)
    assert len(heard.changes) == 5
    await processor.stop()
    assert [change.event.payload["mark"] for change in heard.changes[5:]] == [2, 2]


async def test_an_event_of_long_ago_can_be_amended(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener
) -> None:
    """It is read from the store; one that is gone stays gone."""
    old = make_event(end_ts=BEGAN + 1)
    await flaky.write(old, ChangeKind.NEW)
    gone = make_event(BEGAN + 5)
    await processor.amend(old.id, _noted)
    await processor.amend(gone.id, _noted)
    assert _kinds_and_notes(heard) == [("updated", 1)]
    assert await flaky.get(gone.id) is None


async def test_an_amendment_does_not_bring_back_what_is_deleted(
    processor: EventProcessor, flaky: FlakyStore, heard: Listener
) -> None:
    """Not even one that waited when the event was deleted."""
    processor.start()
    change = await processor.handle(observe())
    assert change is not None
    await processor.handle(observe(ENDED, ts=BEGAN + 1))
    for _ in range(2):
        await processor.amend(change.event.id, _noted)
    await processor.prune(before_ms=BEGAN + 10, now=BEGAN)
    await processor.amend(change.event.id, _noted)
    await processor.stop()
    assert await flaky.get(change.event.id) is None
    assert [kind for kind, _ in heard.kinds] == ["new", "ended", "updated", "deleted"]


class Groups(FlakyStore):
    """A store that notes what is stored together, and has things it cannot store."""

    def __init__(self) -> None:
        """Begin with nothing stored."""
        super().__init__("sqlite://")
        self.groups: list[list[str]] = []
        self.impossible: set[tuple[int, str]] = set()

    @override
    async def write_all(
        self, changed: Collection[tuple[Event, ChangeKind]]
    ) -> list[Change]:
        """Write, unless something of it cannot be."""
        kinds = [(event.ts, kind.value) for event, kind in changed]
        if not self.impossible.isdisjoint(kinds):
            raise ValueError("no JSON")
        changes = await super().write_all(changed)
        self.groups.append([kind for _, kind in kinds])
        return changes


@pytest.fixture
async def groups() -> AsyncIterator[Groups]:
    """Return an open store that notes its transactions."""
    store = Groups()
    await store.open(now=BEGAN)
    yield store
    await store.close()


@pytest.fixture
async def grouping(
    groups: Groups, clock: FakeClock
) -> AsyncIterator[tuple[EventProcessor, Listener]]:
    """Return a processor on it, and a publisher."""
    processor = EventProcessor(groups, find_source, clock=clock)
    listener = Listener()
    processor.add_publisher("listener", listener)
    yield processor, listener
    await processor.stop()


async def test_what_waits_is_stored_together_and_in_order(
    grouping: tuple[EventProcessor, Listener],
    groups: Groups,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beginnings and ends of many, a bounded group a transaction, then published."""
    processor, heard = grouping
    monkeypatch.setattr(processor_module, "GROUP", 4)
    for number in range(3):
        processor.submit(observe(key=str(number), ts=BEGAN + number))
        processor.submit(observe(ENDED, key=str(number), ts=BEGAN + number + 100))
    processor.start()
    await until(lambda: len(heard.changes) == 6)

    assert groups.groups == [["new", "ended", "new", "ended"], ["new", "ended"]]
    assert [change.seq for change in heard.changes] == [1, 2, 3, 4, 5, 6]
    assert [change.event.payload["phase"] for change in heard.changes] == [
        "new",
        "ended",
    ] * 3
    assert await groups.changes_since(0) == heard.changes
    assert processor.open_events("front_door") == []


async def test_nobody_hears_of_a_group_before_it_is_stored(
    grouping: tuple[EventProcessor, Listener], groups: Groups
) -> None:
    """Each change that is heard is in the journal by then."""
    processor, _ = grouping
    known: list[bool] = []
    processor.add_publisher(
        "asks", lambda change: known.append(change.seq <= groups.last_seq == 8)
    )
    for number in range(8):
        processor.submit(observe(key=str(number)))
    processor.start()
    await until(lambda: len(known) == 8)

    assert all(known)


async def test_a_long_group_leaves_the_loop_to_others(
    grouping: tuple[EventProcessor, Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever its turn is over everybody else has one."""
    processor, heard = grouping
    monkeypatch.setattr(commits, "TURN_S", 0)
    turns: list[int] = []

    async def look() -> None:
        """Take every turn there is."""
        while len(heard.changes) < 20:
            turns.append(len(heard.changes))
            await asyncio.sleep(0)

    for number in range(20):
        processor.submit(observe(key=str(number)))
    processor.start()
    await look()

    assert set(turns) >= set(range(1, 20))


async def test_one_that_cannot_be_stored_fails_alone(
    grouping: tuple[EventProcessor, Listener],
    groups: Groups,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What follows from it is not stored either; the others of its group are, once."""
    processor, heard = grouping
    groups.impossible = {(BEGAN + 1, "new")}
    for number in range(3):
        processor.submit(observe(key=str(number), ts=BEGAN + number))
        processor.submit(observe(ENDED, key=str(number), ts=BEGAN + number + 100))
    processor.start()
    await until(lambda: len(heard.changes) == 4)
    await processor.stop()

    assert [(change.event.ts, change.kind.value) for change in heard.changes] == [
        (BEGAN, "new"),
        (BEGAN, "ended"),
        (BEGAN + 2, "new"),
        (BEGAN + 2, "ended"),
    ]
    assert [change.seq for change in heard.changes] == [1, 2, 3, 4]
    assert await groups.changes_since(0) == heard.changes
    assert processor.open_events("front_door") == []
    assert caplog.text.count("Dropped a change that cannot be stored") == 1


async def test_an_end_that_cannot_be_stored_leaves_the_event_open(
    grouping: tuple[EventProcessor, Listener], groups: Groups
) -> None:
    """The next end of it is stored."""
    processor, heard = grouping
    groups.impossible = {(BEGAN, "ended")}
    processor.start()
    await processor.handle(observe())
    assert await processor.handle(observe(ENDED, ts=BEGAN + 100)) is None
    (known,) = processor.open_events("front_door")
    assert known.payload["end_ts"] is None

    groups.impossible.clear()
    assert await processor.handle(observe(ENDED, ts=BEGAN + 200)) is not None
    assert [kind for kind, _ in heard.kinds] == ["new", "ended"]
    assert heard.changes[-1].event.payload["end_ts"] == BEGAN + 200


@pytest.mark.usefixtures("fast_retries")
async def test_a_group_survives_a_disk_that_is_full_in_the_middle(
    grouping: tuple[EventProcessor, Listener],
    groups: Groups,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half of a group is never stored; in the end each is there once and in order."""
    processor, heard = grouping
    append, failures = records._append, iter([True, True, False])

    def full(*args: Any) -> None:
        """Fail when the events are written and the journal is not."""
        if next(failures, False):
            raise OSError("no space left")
        append(*args)

    monkeypatch.setattr(records, "_append", full)
    for number in range(5):
        processor.submit(observe(key=str(number), ts=BEGAN + number))
    processor.start()
    await until(lambda: len(heard.changes) == 5)

    assert [change.seq for change in heard.changes] == [1, 2, 3, 4, 5]
    assert await groups.changes_since(0) == heard.changes
    assert len(await groups.page()) == 5


async def test_a_look_waits_until_its_event_is_stored(
    grouping: tuple[EventProcessor, Listener], groups: Groups
) -> None:
    """Of an event that cannot be stored there is nothing to keep."""
    processor, _ = grouping
    keeper = Mock(expect=Mock(return_value={}))
    keeper.look.side_effect = lambda event, _: seen.append((event.ts, groups.last_seq))
    seen: list[tuple[int, int]] = []
    processor.media = keeper
    groups.impossible = {(BEGAN + 1, "new")}
    for number in range(3):
        seeing = observe(key=str(number), ts=BEGAN + number)
        processor.submit(replace(seeing, snapshot=b"jpeg"))
    processor.start()
    await until(lambda: len(seen) == 2)
    await processor.stop()

    assert seen == [(BEGAN, 2), (BEGAN + 2, 2)]
