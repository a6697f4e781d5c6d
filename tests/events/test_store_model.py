"""Whatever is done to the store, it behaves as a sorted list would."""

import asyncio
from pathlib import Path
import tempfile
from typing import override

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
import pytest

from custom_components.vigilar.events import store as store_module
from custom_components.vigilar.events.query import EventQuery
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    Severity,
)

from .common import BEGAN, FakeClock, make_event

TIMES = st.integers(0, 40)
SOURCES = ["a", "b", "c"]


class StoreMachine(RuleBasedStateMachine):
    """Drives a store and a model of it with the same steps."""

    def __init__(self) -> None:
        """Make a loop and a folder for this run."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.model: dict[str, Event] = {}
        self.journal: list[Change] = []
        self.seq = 0

    @initialize()
    def open(self) -> None:
        """Open the store for the first time."""
        path = Path(self.folder.name) / "vigilar.db"
        self.store = EventStore(f"sqlite:///{path}", clock=self.clock)
        self.runner.run(self.store.open(now=self.clock()))

    def accept(self, changes: list[Change]) -> None:
        """Take changes into the model; each has the next number."""
        for change in changes:
            self.seq += 1
            assert change.seq == self.seq
            self.journal.append(change)
            if change.kind is ChangeKind.DELETED:
                del self.model[change.event.id]
            else:
                self.model[change.event.id] = change.event

    @rule(
        ts=TIMES,
        end=st.none() | TIMES,
        kind=st.sampled_from([EventType.MOTION, EventType.PERSON]),
        severity=st.sampled_from(Severity),
        source_id=st.sampled_from(SOURCES),
    )
    def begin(
        self,
        ts: int,
        end: int | None,
        kind: EventType,
        severity: Severity,
        source_id: str,
    ) -> None:
        """Store a new event, open or ended."""
        event = make_event(
            BEGAN + ts,
            end_ts=None if end is None else BEGAN + ts + end,
            event_type=kind,
            severity=severity,
            source_id=source_id,
        )
        self.accept([self.runner.run(self.store.write(event, ChangeKind.NEW))])

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """Store a change of an event that is there."""
        event = self.model[data.draw(st.sampled_from(sorted(self.model)))]
        risen = make_event(
            event.ts,
            event_id=event.id,
            event_type=EventType.PERSON,
            severity=data.draw(st.sampled_from(Severity)),
            source_id=event.source_id,
            end_ts=event.payload["end_ts"],
        )
        self.accept([self.runner.run(self.store.write(risen, ChangeKind.UPDATED))])

    @rule(
        before=TIMES,
        severities=st.sets(st.sampled_from(Severity)),
        batch=st.integers(1, 3),
    )
    def prune(self, before: int, severities: set[Severity], batch: int) -> None:
        """Delete old events of some severities in batches of some size."""
        cutoff = BEGAN + before
        old = {
            event.id
            for event in self.model.values()
            if event.severity in severities
            and event.payload["end_ts"] is not None
            and event.payload["end_ts"] < cutoff
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store_module, "BATCH", batch)
            deleted = self.runner.run(
                self.store.prune(before_ms=dict.fromkeys(severities, cutoff), now=BEGAN)
            )
        assert {change.event.id for change in deleted} == old
        self.accept(deleted)

    @rule(up_to=st.integers(0, 60))
    def trim(self, up_to: int) -> None:
        """Forget some of the journal, but never the newest change."""
        last = min(up_to, self.seq - 1)
        keep = [change for change in self.journal if change.seq > last]
        forgotten = self.runner.run(
            self.store.trim_journal(before_ms=BEGAN * 2, up_to_seq=up_to)
        )
        assert forgotten == len(self.journal) - len(keep)
        self.journal = keep

    @rule()
    def restart(self) -> None:
        """Close and open again; what was open is ended."""
        open_ids = {e.id for e in self.model.values() if e.payload["end_ts"] is None}
        self.runner.run(self.store.close())
        opening = self.runner.run(self.store.open(now=self.clock() + 5))
        assert {change.event.id for change in opening.closed} == open_ids
        self.accept(list(opening.closed))

    @rule(
        source_ids=st.none() | st.sets(st.sampled_from(SOURCES)),
        types=st.none()
        | st.sets(st.sampled_from([EventType.MOTION, EventType.PERSON])),
        severities=st.none() | st.sets(st.sampled_from(Severity)),
        span=st.none() | st.tuples(TIMES, TIMES),
        limit=st.integers(1, 4),
    )
    def walk(
        self,
        source_ids: set[str] | None,
        types: set[EventType] | None,
        severities: set[Severity] | None,
        span: tuple[int, int] | None,
        limit: int,
    ) -> None:
        """Walk all pages of some filters and compare with the model."""
        query = EventQuery(
            source_ids=None if source_ids is None else frozenset(source_ids),
            types=None if types is None else frozenset(types),
            severities=None if severities is None else frozenset(severities),
            start=None if span is None else BEGAN + span[0],
            end=None if span is None else BEGAN + span[1],
        )
        expected = [
            event
            for event in sorted(
                self.model.values(), key=lambda e: (e.ts, e.id), reverse=True
            )
            if (source_ids is None or event.source_id in source_ids)
            and (types is None or event.type in types)
            and (severities is None or event.severity in severities)
            and (span is None or span[0] <= event.ts - BEGAN < span[1])
        ]
        walked: list[Event] = []
        before = None
        while page := self.runner.run(
            self.store.page(query, before=before, limit=limit)
        ):
            assert len(page) <= limit
            walked += page
            before = page[-1].id
        assert walked == expected

    @rule(since=st.integers(0, 60))
    def catch_up(self, since: int) -> None:
        """Read the journal from any point and compare with the model."""
        changes = self.runner.run(self.store.changes_since(since))
        assert changes == [change for change in self.journal if change.seq > since]
        assert self.store.last_seq == self.seq
        assert self.store.oldest_seq == (self.journal[0].seq if self.journal else 1)

    @override
    def teardown(self) -> None:
        """Close the store and remove its folder."""
        self.runner.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()


StoreMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStoreModel = StoreMachine.TestCase
