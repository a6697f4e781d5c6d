"""Who did what: written without holding anybody up, read by pages, forgotten in time."""

import logging
from pathlib import Path
import sqlite3
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.vigilar.events import audit
from custom_components.vigilar.events.audit import AuditLog, Deed, Doer
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import ChangeKind

from .common import BEGAN, FakeClock, make_event

ANNA = Doer("user-1", "Anna")


@pytest.fixture
def log(store: EventStore, clock: FakeClock) -> AuditLog:
    """Return an audit in an open store."""
    return AuditLog(store, clock=clock)


async def _actions(log: AuditLog) -> list[tuple[str, str | None]]:
    """Return what was done to what, oldest first."""
    page = await log.page(limit=1000)
    return [(row.action, row.event_id) for _, row in reversed(page)]


async def test_a_deed_is_a_row(log: AuditLog, clock: FakeClock) -> None:
    """Who, what, when, to which event."""
    log.note(ANNA, Deed.NOTED, event_ids=["e1"], source_id="front_door", detail="x")
    clock.now += 5
    log.note(Doer(), Deed.EXPORTED)

    (second, automation), (first, row) = await log.page(limit=10)
    assert (first, second) == (1, 2)
    assert (row.ts, row.user_id, row.name) == (BEGAN, "user-1", "Anna")
    assert (row.action, row.event_id, row.source_id, row.detail) == (
        Deed.NOTED,
        "e1",
        "front_door",
        "x",
    )
    assert (automation.ts, automation.user_id, automation.event_id) == (
        BEGAN + 5,
        "",
        None,
    )


async def test_pages_go_back(log: AuditLog) -> None:
    """Newest first, each page from the last row of the one before."""
    log.note(ANNA, Deed.REVIEWED, event_ids=[f"e{number}" for number in range(5)])

    page = await log.page(limit=3)
    assert [row.event_id for _, row in page] == ["e4", "e3", "e2"]
    rest = await log.page(before=page[-1][0], limit=3)
    assert [row.event_id for _, row in rest] == ["e1", "e0"]
    assert await log.counts() == {"reviewed": 5}


async def test_a_page_can_be_of_one_person_or_one_action(log: AuditLog) -> None:
    """Both together as well; an automation is nobody, and can be asked for."""
    log.note(ANNA, Deed.REVIEWED, event_ids=["e1"])
    log.note(ANNA, Deed.DELETED, event_ids=["e2"])
    log.note(Doer(), Deed.DELETED, event_ids=["e3"])

    async def found(**which: Any) -> list[str | None]:
        """Return the events of a page."""
        return [row.event_id for _, row in await log.page(limit=10, **which)]

    assert await found(user_id="user-1") == ["e2", "e1"]
    assert await found(user_id="") == ["e3"]
    assert await found(action=Deed.DELETED) == ["e3", "e2"]
    assert await found(action=Deed.DELETED, user_id="user-1") == ["e2"]
    assert await found(action=Deed.DELETED, before=3) == ["e2"]


async def test_who_did_anything_is_known_by_the_last_name(log: AuditLog) -> None:
    """Each once, whoever did something last first, and no more than were asked for."""
    log.note(ANNA, Deed.NOTED)
    log.note(Doer("user-2", "Ben"), Deed.NOTED)
    log.note(Doer("user-1", "Anna Maria"), Deed.NOTED)
    log.note(Doer(), Deed.NOTED)
    await log.close()
    assert await log.doers(limit=10) == [
        Doer(),
        Doer("user-1", "Anna Maria"),
        Doer("user-2", "Ben"),
    ]
    assert await log.doers(limit=1) == [Doer()]


async def test_a_look_is_written_once_in_a_while(
    log: AuditLog, clock: FakeClock
) -> None:
    """A player that asks piece by piece looks once; a day later it is another look."""

    def look(doer: Doer, event_id: str, kind: str) -> None:
        """Ask for a piece."""
        log.note_look(doer, event_id=event_id, source_id="front_door", detail=kind)

    for _ in range(10):
        look(ANNA, "e1", "clip")
        clock.now += audit.LOOK_MS // 2
    look(ANNA, "e1", "snapshot")
    look(Doer("user-2"), "e1", "clip")
    look(ANNA, "e2", "clip")
    assert await _actions(log) == [
        ("viewed", each) for each in ("e1", "e1", "e1", "e2")
    ]

    clock.now += audit.LOOK_MS
    look(ANNA, "e1", "clip")
    assert len(await _actions(log)) == 5


async def test_what_is_remembered_of_looks_is_bounded(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many events the oldest is forgotten, and written again."""
    monkeypatch.setattr(audit, "MAX_LOOKS", 2)
    for event_id in ("e1", "e2", "e3", "e1"):
        log.note_look(ANNA, event_id=event_id, source_id="s", detail="clip")
    assert len(await _actions(log)) == 4
    assert len(log._looks) == 2


async def test_a_database_that_fails_holds_nobody_up(
    log: AuditLog,
    store: EventStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What could not be written is tried again, in order; too much is lost, oldest first."""
    monkeypatch.setattr(audit, "MAX_WAITING", 3)
    caplog.set_level(logging.WARNING)
    log = AuditLog(store)
    with patch.object(store, "run", side_effect=StoreError("disk full")):
        for number in range(5):
            log.note(ANNA, Deed.DELETED, event_ids=[f"e{number}"])
            await log.close()
    assert caplog.text.count("The audit cannot be written: disk full") == 1

    assert await _actions(log) == [("deleted", each) for each in ("e2", "e3", "e4")]


async def test_what_comes_while_the_database_fails_is_kept(
    log: AuditLog, store: EventStore
) -> None:
    """Rows that come during the attempt stand behind those that it was about."""

    async def fail(_job: object) -> None:
        """Take something in, and fail."""
        log.note(ANNA, Deed.NOTED, event_ids=["later"])
        raise StoreError("disk full")

    with patch.object(store, "run", fail):
        log.note(ANNA, Deed.NOTED, event_ids=["first"])
        await log.close()

    assert await _actions(log) == [("noted", "first"), ("noted", "later")]


async def test_old_rows_are_forgotten(
    log: AuditLog, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches; numbers go on."""
    monkeypatch.setattr(audit, "BATCH", 2)
    log.note(ANNA, Deed.VIEWED, event_ids=["a", "b", "c", "d", "e"])
    clock.now += 1000
    log.note(ANNA, Deed.VIEWED, event_ids=["f"])
    await log.close()

    assert await log.prune(before_ms=BEGAN + 1) == 5
    assert await _actions(log) == [("viewed", "f")]


async def test_a_database_without_an_audit_gets_one(
    store: EventStore, database: Path, clock: FakeClock
) -> None:
    """What a Vigilar of before has left keeps its events, and its version."""
    event = make_event(end_ts=BEGAN)
    await store.write(event, ChangeKind.NEW)
    await store.close()
    with sqlite3.connect(database) as before:
        before.execute("DROP TABLE audit")
        version: Any = before.execute("PRAGMA user_version").fetchone()
    before.close()

    await store.open(now=BEGAN)
    log = AuditLog(store, clock=clock)
    log.note(ANNA, Deed.VIEWED, event_ids=[event.id])
    assert await _actions(log) == [("viewed", event.id)]
    assert await store.get(event.id) is not None
    with sqlite3.connect(database) as after:
        assert after.execute("PRAGMA user_version").fetchone() == version
        indexes = {name for _, name, *_ in after.execute("PRAGMA index_list(audit)")}
    after.close()
    assert indexes == {"ix_audit_ts"}
