"""Events are found by their words, in new databases and in those of before."""

import contextlib
from dataclasses import replace
import json
from pathlib import Path
import sqlite3
from typing import Any

import pytest
from sqlalchemy import Connection

from custom_components.vigilar.events import texts as texts_module
from custom_components.vigilar.events.query import EventQuery, words_of
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import ChangeKind, Event, EventType, Severity

from .common import BEGAN, FakeClock, make_event

# As the released version 1 makes it: no search, and one review an event.
VERSION_1 = """
CREATE TABLE events (id TEXT NOT NULL, ts BIGINT NOT NULL, end_ts BIGINT,
  type TEXT NOT NULL, severity INTEGER NOT NULL, source_id TEXT NOT NULL,
  seq BIGINT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_events_type ON events (type, ts, id);
CREATE INDEX ix_events_ts ON events (ts, id);
CREATE INDEX ix_events_severity ON events (severity, ts, id);
CREATE INDEX ix_events_source ON events (source_id, ts, id);
CREATE TABLE journal (seq INTEGER NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
  id TEXT NOT NULL, ts BIGINT NOT NULL, type TEXT NOT NULL,
  severity INTEGER NOT NULL, source_id TEXT NOT NULL, payload TEXT NOT NULL,
  PRIMARY KEY (seq));
CREATE TABLE blind_periods (id INTEGER NOT NULL, source_id TEXT,
  start BIGINT NOT NULL, "end" BIGINT, reason TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE protected (event_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (event_id));
CREATE TABLE cursors (name TEXT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (name));
CREATE TABLE meta ("key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
INSERT INTO meta VALUES ('epoch', '01J00000000000000000000000'), ('alive', '{alive}');
PRAGMA user_version = 1;
"""
REVIEWS = """
CREATE TABLE reviews (event_id TEXT NOT NULL, "by" TEXT NOT NULL,
  ts BIGINT NOT NULL, PRIMARY KEY (event_id));
CREATE TRIGGER reviews_follow_events AFTER DELETE ON events
  BEGIN DELETE FROM reviews WHERE event_id = OLD.id; END;
"""


def told(event: Event, **payload: Any) -> Event:
    """Return the event with more in its payload."""
    return replace(event, payload=event.payload | payload)


async def found(store: EventStore, text: str) -> list[str]:
    """Return the ids of the events with words."""
    return [event.id for event in await store.page(EventQuery(words=words_of(text)))]


@pytest.fixture(params=[True, False], ids=["fts5", "like"])
async def fts5(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let SQLite have FTS5, or not."""
    has: bool = request.param
    monkeypatch.setattr(texts_module, "has_fts5", lambda _connection: has)
    return has


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("porch", True),
        ("POR", True),
        ("door porch", True),
        ("porch door cafe", True),
        ("orch", False),
        ("porch garden", False),
        ("dog", True),
        ("per", True),
        ("lädy", True),
        ("100%", True),
        ('"porch', True),
        ("porch*", True),
        ("-porch", True),
        ("NEAR(porch)", False),
        ("_orch", False),
    ],
)
async def test_an_event_is_found_by_its_words(
    fts5: bool, store: EventStore, text: str, finds: bool
) -> None:
    """By the beginning of any word of name, labels, type, zones, reason and note."""
    event = told(
        make_event(event_type=EventType.PERSON),
        name="Front door",
        labels=[{"label": "dog", "score": 0.9}],
        zones=["Pörch"],
        why="100 % sure",
        note={"text": "The lady from the Café"},
    )
    await store.write(make_event(BEGAN + 1), ChangeKind.NEW)
    stored = (await store.write(event, ChangeKind.NEW)).event

    assert await found(store, text) == ([stored.id] if finds else [])
    assert EventQuery(words=words_of(text)).matches(stored) is finds


async def test_the_index_is_used(fts5: bool, store: EventStore) -> None:
    """Where SQLite has it, and only there."""

    def has_index(connection: Connection) -> bool:
        """Look for it."""
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master")
        return "texts_index" in set(tables.scalars())

    await store.close()
    await store.open(now=BEGAN)
    assert await store.run(has_index) is fts5


async def test_words_follow_the_event(fts5: bool, store: EventStore) -> None:
    """A word that it has no more does not find it, nor one that it gets too late."""
    event = told(make_event(end_ts=BEGAN), note={"text": "postman"})
    await store.write(event, ChangeKind.NEW)
    assert await found(store, "postman") == [event.id]
    assert await found(store, "neighbour") == []
    await store.write(told(event, note={"text": "neighbour"}), ChangeKind.UPDATED)
    assert await found(store, "postman") == []
    assert await found(store, "neighbour") == [event.id]
    await store.delete([event.id], force=False, now=BEGAN)
    assert await found(store, "neighbour") == []


async def test_a_database_comes_from_a_machine_without_index(
    database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written there is found here, and the other way round."""
    here = texts_module.has_fts5
    wanted: list[str] = []
    for number, has in enumerate((here, lambda _: False, here, lambda _: False)):
        monkeypatch.setattr(texts_module, "has_fts5", has)
        store = EventStore(f"sqlite:///{database}", clock=clock)
        await store.open(now=BEGAN)
        event = told(make_event(BEGAN + number), name=f"gate {number}")
        await store.write(event, ChangeKind.NEW)
        wanted.insert(0, event.id)
        assert await found(store, "gate") == wanted
        await store.close()


async def test_texts_that_nobody_says_are_forgotten(store: EventStore) -> None:
    """At the next start, and only those."""
    event = make_event(end_ts=BEGAN)
    await store.write(told(event, name="Old gate"), ChangeKind.NEW)
    await store.write(told(event, name="New gate"), ChangeKind.UPDATED)

    def texts(connection: Connection) -> list[str]:
        """Return all of them."""
        rows = connection.exec_driver_sql("SELECT text FROM texts ORDER BY id")
        return list(rows.scalars())

    assert len(await store.run(texts)) == 2
    await store.close()
    await store.open(now=BEGAN)
    (text,) = await store.run(texts)
    assert text.startswith(" new gate")
    assert await found(store, "old") == []
    assert await found(store, "gate") == [event.id]


def make_version_1(database: Path, *, reviews: bool) -> list[Event]:
    """Make a database of version 1; return its events, oldest first."""
    stored = [
        told(
            make_event(
                BEGAN + number,
                end_ts=BEGAN + 10,
                event_type=EventType.PERSON,
                severity=Severity.ALERT,
            ),
            name="Front door",
            zones=["Drive"] if number % 2 else [],
            seq=number + 1,
            phase="ended",
        )
        for number in range(1203)
    ]
    script = VERSION_1.replace("{alive}", str(BEGAN)) + (REVIEWS if reviews else "")
    with contextlib.closing(sqlite3.connect(database)) as other, other:
        other.executescript(script)
        for event in stored:
            payload = json.dumps(event.payload)
            row = (event.ts, "person", 2, event.source_id, payload)
            other.execute(
                "INSERT INTO events (id, ts, type, severity, source_id, payload,"
                " seq, end_ts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (event.id, *row, event.payload["seq"], BEGAN + 10),
            )
            other.execute(
                "INSERT INTO journal (seq, at, kind, id, ts, type, severity,"
                " source_id, payload) VALUES (?, ?, 'new', ?, ?, ?, ?, ?, ?)",
                (event.payload["seq"], BEGAN, event.id, *row),
            )
        if reviews:
            other.execute(
                "INSERT INTO reviews VALUES (?, 'Anna', ?)", (stored[0].id, BEGAN + 5)
            )
    return stored


@pytest.mark.parametrize("reviews", [True, False])
async def test_the_first_version_is_migrated(
    fts5: bool, database: Path, clock: FakeClock, reviews: bool
) -> None:
    """Its events are all there, are found by word and zone, and stay reviewed."""
    stored = make_version_1(database, reviews=reviews)
    store = EventStore(f"sqlite:///{database}", clock=clock)
    for _ in range(2):
        await store.open(now=BEGAN + 20)
        assert store.epoch == "01J00000000000000000000000"
        assert store.last_seq == len(stored)
        assert (await store.page(limit=2000))[::-1][1:] == stored[1:]
        zoned = EventQuery(zones=frozenset({"Drive"}), words=("front", "person"))
        ids = await store.ids(zoned, limit=2000)
        assert ids == [event.id for event in stored[1::2]][::-1]
        seen = await store.page(EventQuery(reviewed=True))
        marks = [{"user_id": "", "by": "Anna", "ts": BEGAN + 5}]
        assert seen == ([told(stored[0], reviews=marks)] if reviews else [])
        assert store.unreviewed == {"front_door": len(stored) - reviews}
        await store.close()
    await store.open(now=BEGAN + 20)
    await store.delete([stored[0].id, stored[1].id], force=False, now=BEGAN + 20)
    new = make_event(BEGAN + 5000)
    await store.write(new, ChangeKind.NEW)
    assert (await store.page(limit=1))[0].id == new.id
    await store.close()


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        (EventQuery(words=("porch",)), [False, True]),
        (EventQuery(zones=frozenset({"Porch"})), [False, True]),
        (EventQuery(start=BEGAN + 6), [False, True]),
        (EventQuery(end=BEGAN + 6), [True, False]),
        (EventQuery(reviewed=True), [False, True]),
        (EventQuery(reviewed=False), [True, False]),
        (EventQuery(reviewed=False, reviewer="anna"), [True, True]),
        (EventQuery(reviewed=True, reviewer="bert"), [False, True]),
    ],
)
def test_a_query_and_an_event(query: EventQuery, passes: list[bool]) -> None:
    """Each condition lets through what it says."""
    plain = make_event(BEGAN + 1)
    other = told(make_event(BEGAN + 6), zones=["Porch"], reviews=[{"user_id": "bert"}])
    assert [query.matches(event) for event in (plain, other)] == passes
