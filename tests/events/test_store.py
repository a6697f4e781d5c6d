"""The store keeps what it acknowledged, in order, and finds it again."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import replace
from pathlib import Path
import re
import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, event as sqlalchemy_event

from custom_components.vigilar.events import records, schema, store as store_module
from custom_components.vigilar.events.query import EventQuery
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import (
    BlindPeriod,
    BlindReason,
    ChangeKind,
    Event,
    EventType,
    Severity,
)

from .common import BEGAN, FakeClock, make_event

NEW, UPDATED, ENDED, DELETED = (
    ChangeKind.NEW,
    ChangeKind.UPDATED,
    ChangeKind.ENDED,
    ChangeKind.DELETED,
)
DAY = 86_400_000


def ended(event: Event, end_ts: int) -> Event:
    """Return the event as ended."""
    return replace(event, payload=event.payload | {"end_ts": end_ts})


def copy_as_a_crash_leaves_it(database: Path) -> Path:
    """Copy a database that is in use, with its log; return the copy."""
    copy = database.with_name("copy.db")
    for suffix in ("", "-wal"):
        content = database.with_name(database.name + suffix).read_bytes()
        copy.with_name(copy.name + suffix).write_bytes(content)
    return copy


def rewrite(database: Path, change: Callable[[bytes], bytes]) -> bytes:
    """Change a database's bytes beside a stale log; return what it holds then."""
    content = change(database.read_bytes())
    database.write_bytes(content)
    database.with_name(f"{database.name}-wal").write_bytes(b"left")
    return content


def as_newer(database: Path) -> bytes:
    """Make a database one of a later version; return its bytes."""
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA user_version = 7")
    return content_of(database)


def content_of(database: Path) -> bytes:
    """Return a database's bytes."""
    return database.read_bytes()


async def reopen(store: EventStore, now: int) -> store_module.StoreOpening:
    """Close a store and open it again."""
    await store.close()
    return await store.open(now=now)


async def test_a_write_numbers_the_change_and_keeps_the_event(
    store: EventStore,
) -> None:
    """Sequence and phase are set by the store and the whole event comes back."""
    event = make_event()

    first = await store.write(event, NEW)
    second = await store.write(ended(event, BEGAN + 5), ENDED)

    assert (first.seq, first.kind, second.seq, second.kind) == (1, NEW, 2, ENDED)
    assert first.event.payload == event.payload | {"seq": 1, "phase": "new"}
    assert second.event.payload["phase"] == "ended"
    assert await store.get(event.id) == second.event
    assert event.payload == make_event().payload
    assert await store.get("nothing") is None


async def test_the_journal_keeps_events_as_they_stood(store: EventStore) -> None:
    """Each change holds the event of its own time, in order, from any point on."""
    event = make_event()
    changes = [
        await store.write(event, NEW),
        await store.write(
            replace(event, type=EventType.PERSON, severity=Severity.ALERT), UPDATED
        ),
        await store.write(ended(event, BEGAN + 5), ENDED),
    ]

    assert await store.changes_since(0) == changes
    assert await store.changes_since(1) == changes[1:]
    assert await store.changes_since(0, limit=2) == changes[:2]
    assert await store.changes_since(3) == []
    assert (store.oldest_seq, store.last_seq) == (1, 3)


async def test_a_new_store_has_no_numbers(store: EventStore) -> None:
    """Before the first change a cursor of 0 has missed nothing."""
    assert (store.oldest_seq, store.last_seq) == (1, 0)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
async def test_a_store_in_memory_works(url: str) -> None:
    """The same store without a file, for scripts."""
    store = EventStore(url)
    opening = await store.open(now=0)
    change = await store.write(make_event(0), NEW)

    assert opening == store_module.StoreOpening(moved_aside=None, closed=(), blind=None)
    assert await store.page() == [change.event]
    await store.close()


async def test_commits_are_durable_and_on_their_own_thread(store: EventStore) -> None:
    """WAL, synchronous FULL, and one thread by its name, which ends with the store."""

    def look(connection: Connection) -> tuple[object, ...]:
        """Return how the connection is set up and who uses it."""
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
        return (*pragmas, threading.current_thread().name)

    assert await store.run(look) == ("wal", 2, 5000, "vigilar_store")
    await store.close()
    assert "vigilar_store" not in {thread.name for thread in threading.enumerate()}


async def test_an_event_is_on_disk_when_write_returns(
    store: EventStore, database: Path
) -> None:
    """Another connection sees the row and its journal at once."""
    change = await store.write(make_event(), NEW)

    with contextlib.closing(sqlite3.connect(database)) as other:
        rows = other.execute(
            "SELECT e.id, e.seq, e.severity, j.kind FROM events e JOIN journal j ON j.id = e.id"
        ).fetchall()
    assert rows == [(change.event.id, 1, 0, "new")]


async def test_a_row_and_its_journal_are_written_together(store: EventStore) -> None:
    """When the journal refuses, the event's row is not kept and no number is used."""

    def refuse(connection: Connection) -> None:
        """Make the journal refuse every row."""
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )

    await store.run(refuse)
    with pytest.raises(StoreError, match="refused"):
        await store.write(make_event(), NEW)

    assert await store.page() == []
    assert store.last_seq == 0
    await store.run(
        lambda connection: connection.exec_driver_sql("DROP TRIGGER refuse")
    )
    assert (await store.write(make_event(), NEW)).seq == 1


async def test_close_leaves_one_file(store: EventStore, database: Path) -> None:
    """The write-ahead log is written back, so that a copy of the file is whole."""
    change = await store.write(make_event(), NEW)
    await store.close()

    assert [path.name for path in database.parent.iterdir()] == [database.name]
    await store.open(now=BEGAN + 1)
    assert (await store.changes_since(0))[0] == change


async def test_close_writes_back_though_another_has_the_file_open(
    store: EventStore, database: Path
) -> None:
    """A tool that looks at the database does not keep the events in the log."""
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("SELECT count(*) FROM events").fetchone()
        await store.write(make_event(), NEW)
        await store.close()

        assert content_of(database.with_name(f"{database.name}-wal")) == b""


async def test_what_is_open_at_a_crash_is_ended_at_the_last_sign_of_life(
    store: EventStore, clock: FakeClock
) -> None:
    """Open events get an end, a reason and a change; the gap is recorded."""
    early, late = make_event(BEGAN), make_event(BEGAN + 9000)
    done = make_event(BEGAN + 1)
    for event in (early, late, ended(done, BEGAN + 2)):
        await store.write(event, NEW)
    clock.now = BEGAN + 5000

    opening = await reopen(store, BEGAN + 60_000)

    assert [
        (change.seq, change.kind, change.event.id) for change in opening.closed
    ] == [
        (4, ENDED, early.id),
        (5, ENDED, late.id),
    ]
    payload = opening.closed[0].event.payload
    assert (payload["end_ts"], payload["why"]) == (BEGAN + 5000, "restart")
    assert (payload["phase"], payload["seq"]) == ("ended", 4)
    assert opening.closed[1].event.payload["end_ts"] == BEGAN + 9000
    assert await store.changes_since(3) == list(opening.closed)
    assert await store.get(early.id) == opening.closed[0].event
    gap = BlindPeriod(None, BEGAN + 5000, BEGAN + 60_000, BlindReason.RESTART)
    assert opening.blind == gap
    assert await store.blind_periods(BEGAN, BEGAN + DAY) == [gap]
    assert (await reopen(store, BEGAN + 70_000)).closed == ()


async def test_the_last_sign_of_life_is_the_last_one_marked(database: Path) -> None:
    """After a crash, which closes nothing, the mark dates the gap."""
    crashed = EventStore(f"sqlite:///{database}")
    await crashed.open(now=BEGAN)
    await crashed.mark_alive(BEGAN + 30_000)
    copy = copy_as_a_crash_leaves_it(database)
    await crashed.close()

    store = EventStore(f"sqlite:///{copy}", clock=FakeClock())
    opening = await store.open(now=BEGAN + 40_000)
    await store.close()

    assert opening.blind is not None
    assert (opening.blind.start, opening.blind.end) == (BEGAN + 30_000, BEGAN + 40_000)


async def test_a_clock_set_back_makes_no_gap(store: EventStore) -> None:
    """Nothing ends in the future when the clock was wrong before."""
    event = make_event(BEGAN - 10_000)
    await store.write(event, NEW)

    opening = await reopen(store, BEGAN - 5000)

    assert opening.blind is None
    assert opening.closed[0].event.payload["end_ts"] == BEGAN - 5000


async def test_numbers_and_the_epoch_survive_a_restart(store: EventStore) -> None:
    """A cursor stays good for as long as the database is the same one."""
    epoch = store.epoch
    await store.write(ended(make_event(), BEGAN), NEW)
    await store.write(ended(make_event(BEGAN + 1), BEGAN), NEW)

    await reopen(store, BEGAN)

    assert (store.epoch, store.oldest_seq, store.last_seq) == (epoch, 1, 2)
    assert len(epoch) == 26
    assert (await store.write(make_event(BEGAN + 2), NEW)).seq == 3


async def test_cursors_are_kept(store: EventStore) -> None:
    """Each consumer has a cursor of its own, across restarts."""
    assert await store.cursor("mqtt") is None
    await store.set_cursor("mqtt", 4)
    await store.set_cursor("mqtt", 7)
    await store.set_cursor("other", 1)
    await reopen(store, BEGAN)

    assert await store.cursor("mqtt") == 7
    assert await store.cursor("other") == 1


@pytest.fixture
async def history(store: EventStore) -> list[Event]:
    """Return 40 stored events of all kinds, newest first; pairs begin together."""
    stored = []
    for n in range(40):
        event = make_event(
            BEGAN + n // 2,
            event_type=list(EventType)[n % 4],
            severity=list(Severity)[n % 3],
            source_id=f"camera_{n % 5}",
            end_ts=BEGAN + 100,
        )
        stored.append((await store.write(event, NEW)).event)
    return sorted(stored, key=lambda event: (event.ts, event.id), reverse=True)


async def test_pages_are_newest_first_and_follow_each_other(
    store: EventStore, history: list[Event]
) -> None:
    """Walking page by page meets every event once, in order."""
    walked: list[Event] = []
    before = None
    while page := await store.page(before=before, limit=7):
        walked += page
        before = page[-1].id

    assert walked == history


async def test_a_page_goes_on_where_its_cursor_was_deleted(
    store: EventStore, history: list[Event]
) -> None:
    """The cursor's id says when it began, stored or not."""
    cursor = history[5]
    await store.delete([cursor.id], force=False, now=BEGAN)

    assert await store.page(before=cursor.id, limit=3) == history[6:9]
    with pytest.raises(StoreError, match="cursor"):
        await store.page(before="yesterday")


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"source_ids": ["camera_1"]}, lambda e: e.source_id == "camera_1"),
        (
            {"source_ids": ["camera_1", "camera_3"]},
            lambda e: e.source_id in {"camera_1", "camera_3"},
        ),
        ({"types": ["person", "person"]}, lambda e: e.type == "person"),
        (
            {"types": [EventType.PERSON, EventType.MOTION]},
            lambda e: e.type in {"person", "motion"},
        ),
        ({"severities": ["alert", "unheard-of"]}, lambda e: e.severity == "alert"),
        (
            {"start": BEGAN + 4, "end": BEGAN + 9},
            lambda e: BEGAN + 4 <= e.ts < BEGAN + 9,
        ),
        (
            {
                "source_ids": ["camera_0", "camera_2"],
                "types": ["motion"],
                "severities": ["info", "alert"],
            },
            lambda e: (
                e.source_id in {"camera_0", "camera_2"}
                and e.type == "motion"
                and e.severity in {"info", "alert"}
            ),
        ),
        ({"source_ids": []}, lambda _: False),
        ({"types": [], "source_ids": ["camera_1"]}, lambda _: False),
        ({"severities": []}, lambda _: False),
    ],
)
async def test_pages_can_be_filtered(
    store: EventStore,
    history: list[Event],
    filters: dict[str, Any],
    wanted: Callable[[Event], bool],
) -> None:
    """Filters go together, and one that allows nothing gives nothing."""
    expected = [event for event in history if wanted(event)]
    wanted_of: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value
        for key, value in filters.items()
    }
    query = EventQuery(**wanted_of)

    assert await store.page(query) == expected[:50]
    assert await store.page(query, limit=2) == expected[:2]
    assert await store.page(query, limit=-1) == []


async def test_housekeeping_reads_indexes(
    store: EventStore, history: list[Event]
) -> None:
    """Numbers, open events, old events and old changes are looked up, not searched for."""
    await store.prune(before_ms=BEGAN + 1, now=BEGAN)

    async def housekeeping() -> None:
        """Do all that walks no page."""
        await store.write(make_event(), NEW)
        await store.changes_since(3)
        await store.prune_batch(before_ms=BEGAN, now=BEGAN)
        await store.run(
            lambda connection: store_module._close_open(connection, BEGAN, BEGAN)
        )

    plans = await explain(store, housekeeping)

    assert any("(severity=? AND end_ts<?)" in step for step in plans)

    scans = [
        step
        for step in plans
        if step.startswith("SCAN") and "ix_events_open" not in step
    ]
    assert not scans
    assert not [step for step in plans if "TEMP B-TREE" in step]


async def explain(store: EventStore, job: Callable[[], Awaitable[object]]) -> list[str]:
    """Return the steps of SQLite's plans for the queries of large tables that a job makes."""
    asked: list[tuple[str, Any]] = []

    def note(
        _c: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        """Keep a statement and its parameters."""
        if statement.startswith(("SELECT", "DELETE")):
            asked.append((statement, parameters))

    sqlalchemy_event.listen(store._engine, "before_cursor_execute", note)
    await job()
    sqlalchemy_event.remove(store._engine, "before_cursor_execute", note)

    def plans(connection: Connection) -> list[str]:
        """Ask for the plan of each."""
        return [
            row.detail
            for statement, parameters in asked
            if re.search("FROM (events|journal|media_files)", statement)
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
        ]

    found = await store.run(plans)
    assert found
    return found


async def test_prune_deletes_what_ended_long_ago(store: EventStore) -> None:
    """Old ended events go with a number and no payload; open and fresh ones stay."""
    old = await store.write(make_event(BEGAN, end_ts=BEGAN + 10), NEW)
    open_event = await store.write(make_event(BEGAN), NEW)
    long = await store.write(make_event(BEGAN, end_ts=BEGAN + DAY), NEW)

    (change,) = await store.prune(before_ms=BEGAN + 100, now=BEGAN + DAY)

    assert (change.seq, change.kind) == (4, DELETED)
    assert change.event == replace(old.event, payload={})
    assert await store.get(old.event.id) is None
    assert await store.changes_since(3) == [change]
    assert store.last_seq == 4
    kept = {event.id for event in await store.page()}
    assert kept == {open_event.event.id, long.event.id}


async def test_prune_keeps_each_severity_for_its_own_time(store: EventStore) -> None:
    """Only the severities given are deleted, each by its own cutoff."""
    for n, severity in enumerate(Severity):
        await store.write(
            make_event(BEGAN + n, severity=severity, end_ts=BEGAN + n), NEW
        )

    deleted = await store.prune(
        before_ms={Severity.INFO: BEGAN + DAY, Severity.WARNING: BEGAN + 1},
        now=BEGAN + DAY,
    )

    assert [change.event.severity for change in deleted] == [Severity.INFO]
    assert await store.prune(before_ms={}, now=BEGAN + DAY) == []


async def test_prune_goes_in_batches_and_lets_writes_between(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction deletes more than a batch, and a write need not wait for the last."""
    monkeypatch.setattr(store_module, "BATCH", 3)
    for n in range(8):
        await store.write(make_event(BEGAN + n, end_ts=BEGAN + n), NEW)

    prune = asyncio.create_task(store.prune(before_ms=BEGAN + DAY, now=BEGAN))
    await asyncio.sleep(0)
    write = await store.write(make_event(BEGAN + DAY), NEW)
    deleted = await prune

    assert write.seq == 12
    assert [change.seq for change in deleted] == [9, 10, 11, 13, 14, 15, 16, 17]
    assert [change.seq for change in await store.changes_since(8)] == list(range(9, 18))


async def test_numbers_never_repeat_after_all_is_deleted(store: EventStore) -> None:
    """An empty table after a restart does not begin to count anew."""
    await store.write(make_event(end_ts=BEGAN), NEW)
    await store.prune(before_ms=BEGAN + DAY, now=BEGAN + DAY)
    forgotten = await store.trim_journal(before_ms=BEGAN + 9 * DAY, up_to_seq=99)

    await reopen(store, BEGAN + DAY)

    assert forgotten == 1
    assert (store.oldest_seq, store.last_seq) == (2, 2)
    assert (await store.write(make_event(), NEW)).seq == 3


async def test_the_journal_is_trimmed_by_age_and_need(
    store: EventStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change goes only when it is old and everyone has it."""
    monkeypatch.setattr(records, "BATCH", 2)
    for n in range(9):
        clock.now = BEGAN + n * DAY
        await store.write(make_event(BEGAN + n), NEW)

    assert await store.trim_journal(before_ms=BEGAN + 2 * DAY, up_to_seq=8) == 2
    assert store.oldest_seq == 3
    assert await store.trim_journal(before_ms=BEGAN + 99 * DAY, up_to_seq=7) == 5
    assert [change.seq for change in await store.changes_since(0)] == [8, 9]


async def test_blind_periods_begin_once_and_end(store: EventStore) -> None:
    """A source is blind for a reason from the first report to the end of that reason."""
    await store.begin_blind("a", BlindReason.OFFLINE, BEGAN)
    await store.begin_blind("a", BlindReason.OFFLINE, BEGAN + 5)
    await store.begin_blind("a", BlindReason.DETECTION_OFF, BEGAN + 6)
    await store.begin_blind("b", BlindReason.OFFLINE, BEGAN + 7)
    await store.end_blind("a", BlindReason.OFFLINE, BEGAN + 10)
    await store.end_blind("a", BlindReason.OFFLINE, BEGAN + 20)
    await store.end_blind("b", BlindReason.OFFLINE, BEGAN - 50)

    off = BlindPeriod("a", BEGAN, BEGAN + 10, BlindReason.OFFLINE)
    lasting = BlindPeriod("a", BEGAN + 6, None, BlindReason.DETECTION_OFF)
    other = BlindPeriod("b", BEGAN + 7, BEGAN + 7, BlindReason.OFFLINE)
    assert await store.blind_periods(0, BEGAN + DAY) == [off, lasting, other]
    assert await store.blind_periods(0, BEGAN + DAY, ["b"]) == [other]
    assert await store.blind_periods(0, BEGAN) == []
    assert await store.blind_periods(BEGAN + 10, BEGAN + DAY) == [lasting]


async def test_a_restart_ends_blind_periods_and_is_one_of_all_sources(
    store: EventStore, clock: FakeClock
) -> None:
    """What lasts beyond a restart is told anew by its source."""
    await store.begin_blind("a", BlindReason.OFFLINE, BEGAN)
    clock.now = BEGAN + 10

    await reopen(store, BEGAN + 20)

    assert await store.blind_periods(0, BEGAN + DAY, ["a"]) == [
        BlindPeriod("a", BEGAN, BEGAN + 10, BlindReason.OFFLINE),
        BlindPeriod(None, BEGAN + 10, BEGAN + 20, BlindReason.RESTART),
    ]


async def test_old_blind_periods_go_with_the_events(store: EventStore) -> None:
    """A blind period goes when nothing as old is kept; one that lasts stays."""
    await store.begin_blind("a", BlindReason.OFFLINE, BEGAN)
    await store.end_blind("a", BlindReason.OFFLINE, BEGAN + 10)
    await store.begin_blind("b", BlindReason.OFFLINE, BEGAN)

    await store.prune(
        before_ms={Severity.INFO: BEGAN + 10, Severity.ALERT: BEGAN + DAY}, now=BEGAN
    )
    assert len(await store.blind_periods(0, BEGAN + DAY)) == 2
    await store.prune(before_ms=BEGAN + 11, now=BEGAN)

    (kept,) = await store.blind_periods(0, BEGAN + DAY)
    assert kept.source_id == "b"


@pytest.mark.parametrize("url", ["postgresql://x/y", "not a url"])
async def test_only_sqlite_is_taken(url: str) -> None:
    """Another database is refused before anything is opened."""
    with pytest.raises(StoreError):
        EventStore(url)


async def test_a_store_that_is_not_open_says_so(database: Path) -> None:
    """Every use before open or after close is a store error; closing twice is not."""
    store = EventStore(f"sqlite:///{database}")
    with pytest.raises(StoreError, match="not open"):
        await store.page()
    await store.open(now=BEGAN)
    with pytest.raises(StoreError, match="open already"):
        await store.open(now=BEGAN)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.write(make_event(), NEW)


async def test_a_folder_that_is_missing_is_a_store_error(tmp_path: Path) -> None:
    """What cannot be opened is not taken for corrupt, and leaves no thread."""
    store = EventStore(f"sqlite:///{tmp_path}/missing/vigilar.db")

    with pytest.raises(StoreError, match="unable to open"):
        await store.open(now=BEGAN)

    assert "vigilar_store" not in {thread.name for thread in threading.enumerate()}


async def test_what_is_asked_of_a_store_that_does_not_open_is_a_store_error(
    tmp_path: Path,
) -> None:
    """A question that waits behind an opening that fails does not hang or crash."""
    store = EventStore(f"sqlite:///{tmp_path}/missing/vigilar.db")

    results = await asyncio.gather(
        store.open(now=BEGAN), store.page(), return_exceptions=True
    )

    assert [type(result) for result in results] == [StoreError, StoreError]


async def test_a_locked_database_is_a_store_error_and_no_more(
    store: EventStore, database: Path
) -> None:
    """A write that meets a lock fails, and succeeds once the lock is gone."""
    await store.run(
        lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    )
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError):
        await store.write(make_event(), NEW)
    other.execute("ROLLBACK")
    other.close()

    assert (await store.write(make_event(), NEW)).seq == 1


async def test_what_is_not_json_is_refused_for_good(store: EventStore) -> None:
    """A payload that can never be stored is no failure of the store."""
    event = make_event()

    with pytest.raises(ValueError, match="JSON"):
        await store.write(
            replace(event, payload=event.payload | {"score": float("nan")}), NEW
        )
    with pytest.raises(ValueError, match="deleted"):
        await store.write(event, DELETED)
    assert await store.page() == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"This is no database at all. " * 400,
        lambda content: content[: len(content) // 2],
        lambda content: content[:4096] + b"\x55" * (len(content) - 4096),
    ],
    ids=["garbage", "truncated", "overwritten"],
)
async def test_a_corrupt_database_is_moved_aside_and_a_new_one_begins(
    store: EventStore, database: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Nothing is thrown away, the date shows, and events are stored again."""
    for n in range(50):
        await store.write(make_event(BEGAN + n), NEW)
    epoch = store.epoch
    await store.close()
    damaged = rewrite(database, damage)

    opening = await store.open(now=BEGAN)

    aside = database.with_name("vigilar.db.corrupt-20231114T221320Z")
    assert opening == store_module.StoreOpening(
        moved_aside=aside, closed=(), blind=None
    )
    assert aside.read_bytes() == damaged
    assert store.epoch != epoch
    assert (await store.write(make_event(), NEW)).seq == 1


async def test_an_older_database_is_migrated(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each missing step is taken once, what was stored is kept, what fails is undone."""
    event = (await store.write(make_event(end_ts=BEGAN), NEW)).event
    await store.close()

    def add_a_column(connection: Connection) -> None:
        """Go from version 2 to 3."""
        connection.exec_driver_sql(
            "ALTER TABLE events ADD COLUMN note TEXT DEFAULT 'old'"
        )

    def fail(connection: Connection) -> None:
        """Break half way from version 3 to 4."""
        connection.exec_driver_sql("DROP TABLE cursors")
        connection.exec_driver_sql("SELECT * FROM missing")

    known = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, add_a_column, fail))
    with pytest.raises(StoreError, match="missing"):
        await store.open(now=BEGAN)
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, add_a_column))
    for _ in range(2):
        await store.open(now=BEGAN)

        def look(connection: Connection) -> tuple[object, object]:
            """Return the version and what the step added."""
            version = connection.exec_driver_sql("PRAGMA user_version").scalar()
            return version, connection.exec_driver_sql(
                "SELECT note FROM events"
            ).scalar()

        assert await store.run(look) == (3, "old")
        assert await store.get(event.id) == event
        assert await store.cursor("mqtt") is None
        await store.close()


async def test_a_newer_database_is_refused_and_left_alone(
    store: EventStore, database: Path, clock: FakeClock
) -> None:
    """A downgrade must not write into what it does not understand."""
    await store.close()
    content = as_newer(database)
    clock.now += 1

    with pytest.raises(StoreError, match=r"schema version 7.*only up to 2"):
        await store.open(now=BEGAN)

    assert content_of(database) == content
