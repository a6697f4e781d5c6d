"""The event database: what was stored is what happened.

SQLAlchemy Core on SQLite, on one thread of its own. Every method that touches
the database awaits that thread; when it returns, its transaction is on disk.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, delete, func, make_url, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from ulid_transform import ulid_to_timestamp

from ..models import BlindPeriod, BlindReason, Change, ChangeKind, Event, Severity
from . import blindness, records
from .catalog import Catalog, Place
from .classifier import end_event
from .clock import wall_ms
from .database import CHECKPOINT_PAGES, connect, disconnect, set_checkpoints
from .incidents import MAX_LENGTH_MS
from .query import EVERYTHING, EventQuery
from .records import BATCH, RANKS, Stored
from .schema import (
    META_ALIVE,
    META_EPOCH,
    NewerSchemaError,
    blind,
    cursors,
    events,
    journal,
    meta,
    prepare,
    protected,
)
from .texts import TextFinder, forget_texts, prepare_index

WHY_RESTART: Final = "restart"


class StoreError(Exception):
    """The event database could not do what was asked."""


class Refusal(StrEnum):
    """Why an event is not deleted."""

    OPEN = "open"
    PROTECTED = "protected"


class DeletionRefusedError(Exception):
    """Events are not deleted, because one of them must stay."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep why."""
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOpening:
    """What was found when the store was opened.

    Attributes:
        moved_aside: Where a corrupt database was moved to, or None.
        closed: The changes that ended what was open when the last run ended.
        blind: From the last sign of life to now; None at the first start.
    """

    moved_aside: Path | None
    closed: tuple[Change, ...]
    blind: BlindPeriod | None


class EventStore:
    """Events, the journal of their changes, consumers' cursors and blind periods."""

    def __init__(self, url: str, *, clock: Callable[[], int] = wall_ms) -> None:
        """Make a store that is not open yet.

        Args:
            url: `sqlite:///path`, or `sqlite://` for one in memory.
            clock: Dates the rows of the journal, Unix milliseconds.

        Raises:
            StoreError: The URL is not one of SQLite.
        """
        try:
            self._url = make_url(url)
        except SQLAlchemyError as err:
            raise StoreError("The event database's URL cannot be read") from err
        if self._url.get_backend_name() != "sqlite":
            raise StoreError("The event database must be SQLite")
        self._clock = clock
        self._executor: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._catalog = Catalog()
        self._finder = TextFinder()
        self._blind_listener: Callable[[BlindPeriod], None] | None = None
        self._epoch = ""
        self._oldest_seq = 1
        self._last_seq = 0
        self._unreviewed: Mapping[str, int] = {}

    @property
    def epoch(self) -> str:
        """The ULID of this database: a `seq` of another epoch means nothing here."""
        return self._epoch

    @property
    def oldest_seq(self) -> int:
        """The first `seq` in the journal: a cursor of one less has missed nothing."""
        return self._oldest_seq

    @property
    def last_seq(self) -> int:
        """The newest `seq` given; 0 when nothing has happened yet."""
        return self._last_seq

    @property
    def unreviewed(self) -> Mapping[str, int]:
        """By source, how many events of severity alert and above nobody looked at."""
        return self._unreviewed

    def watch_blind(self, listener: Callable[[BlindPeriod], None]) -> None:
        """Let somebody hear, on the event loop, of blind periods that begin or end."""
        self._blind_listener = listener

    async def open(self, *, now: int) -> StoreOpening:
        """Open the database, close what a crash left open, begin a new stretch of life.

        Args:
            now: Unix milliseconds.

        Raises:
            StoreError: It cannot be opened or is newer than this code, or the
                store is open already.
        """
        if self._executor is not None:
            raise StoreError("The event database is open already")
        self._executor = ThreadPoolExecutor(max_workers=1, initializer=_name_thread)
        try:
            return await self._call(lambda: self._open(now))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what is under way, leave a last sign of life, end the thread."""
        if self._executor is None:
            return
        executor, self._executor = self._executor, None
        try:
            await asyncio.get_running_loop().run_in_executor(
                executor, _translate, self._close
            )
        finally:
            executor.shutdown()

    async def begin_copy(self) -> None:
        """Let the files be copied while they are in use, until `end_copy`.

        Nothing is moved from the log into the database meanwhile: the database
        file stands still, and whatever part of the growing log is copied with
        it makes a sound database.

        Raises:
            StoreError: It failed.
        """
        await self._call(lambda: self._set_checkpoints(0))

    async def end_copy(self) -> None:
        """Move the log into the database again from time to time.

        Raises:
            StoreError: It failed.
        """
        await self._call(lambda: self._set_checkpoints(CHECKPOINT_PAGES))

    async def write(self, event: Event, kind: ChangeKind) -> Change:
        """Store an event as it stands now, with a number for the change.

        Args:
            event: Whole; its payload's `seq` and `phase` are set here.
            kind: `NEW`, `UPDATED` or `ENDED`.

        Returns:
            The change, committed.

        Raises:
            ValueError: `kind` is `DELETED`, or the payload is not JSON.
            StoreError: It was not stored.
        """
        return (await self.write_all([(event, kind)]))[0]

    async def write_all(
        self, changed: Collection[tuple[Event, ChangeKind]]
    ) -> list[Change]:
        """Store events in one transaction, all or none; as `write`, in the order given.

        Args:
            changed: At most `BATCH`, or other writes wait for long.
        """
        at = self._clock()
        return await self._alter(
            lambda connection: records.store_events(connection, changed, at)
        )

    async def delete(
        self, ids: Collection[str], *, force: bool, now: int
    ) -> list[Change]:
        """Delete events, all of them or none; ids of no event are passed over.

        Args:
            ids: At most `BATCH`.
            force: Also those that are protected.
            now: Unix milliseconds, dates the deletions.

        Returns:
            One `DELETED` change an event, its payload empty.

        Raises:
            DeletionRefusedError: One is open, or protected.
            StoreError: None was deleted.
        """
        return await self._alter(
            lambda connection: _delete(connection, ids, force, now)
        )

    async def get(self, event_id: str) -> Event | None:
        """Return an event as it stands, or None."""
        return (await self.get_all([event_id])).get(event_id)

    async def get_all(self, ids: Collection[str]) -> dict[str, Event]:
        """Return those of some events that are stored, as they stand, by their ids."""
        return await self.run(lambda connection: records.events_by_id(connection, ids))

    async def incident(self, incident_id: str, limit: int = BATCH) -> list[Event]:
        """Return the events of an incident, in the order of their beginnings.

        Args:
            incident_id: The incident.
            limit: How many at most.

        Raises:
            StoreError: It is not an id.
        """

        def read(connection: Connection) -> list[Event]:
            """Look only where they can be."""
            began = _began(connection, incident_id)
            statement = (
                select(events)
                .where(
                    # Who saw it a moment earlier may have said so a moment later.
                    events.c.ts.between(began - MAX_LENGTH_MS, began + MAX_LENGTH_MS),
                    func.json_extract(events.c.payload, "$.incident_id") == incident_id,
                )
                .order_by(events.c.ts, events.c.id)
                .limit(limit)
            )
            return [records.event_of(row) for row in connection.execute(statement)]

        return await self.run(read)

    async def page(
        self,
        query: EventQuery = EVERYTHING,
        *,
        before: str | int | None = None,
        after: str | int | None = None,
        limit: int = 50,
    ) -> list[Event]:
        """Return events that pass a query, newest first by `ts`, then `id`.

        Without `before` and `after` the newest, else those nearest to it.

        Args:
            query: What is asked.
            before: Only those older than the event with this id, stored or not,
                or than this time, Unix milliseconds.
            after: Only those newer than the event with this id, stored or not,
                or from this time on.
            limit: How many at most.

        Raises:
            StoreError: `before` or `after` is not an id.
        """

        def read(connection: Connection) -> list[Event]:
            """Look the ids up in the catalog, and the events in the database."""
            texts = self._texts(connection, query)
            most = max(limit, 0)
            if after is not None:
                start = _place(connection, after, after=True)
                ids = self._catalog.newer(query, texts, start, most)[::-1]
            else:
                end = None if before is None else _place(connection, before)
                ids = self._catalog.older(query, texts, end, most)
            found = records.events_by_id(connection, ids)
            return [found[event_id] for event_id in ids]

        return await self.run(read)

    async def ids(
        self, query: EventQuery, *, before: str | None = None, limit: int
    ) -> list[str]:
        """Return the ids of events that pass a query, as `page` does the events."""

        def look(connection: Connection) -> list[str]:
            """Look in the catalog only."""
            end = None if before is None else _place(connection, before)
            return self._catalog.older(
                query, self._texts(connection, query), end, limit
            )

        return await self.run(look)

    async def neighbours(
        self, event_id: str, query: EventQuery
    ) -> tuple[str | None, str | None]:
        """Return the ids of the next newer and the next older event that pass.

        Raises:
            StoreError: `event_id` is not an id.
        """

        def look(connection: Connection) -> tuple[str | None, str | None]:
            """Look once in each direction."""
            texts = self._texts(connection, query)
            newer = self._catalog.newer(
                query, texts, _place(connection, event_id, after=True), 1
            )
            older = self._catalog.older(query, texts, _place(connection, event_id), 1)
            return (*newer, None)[0], (*older, None)[0]

        return await self.run(look)

    async def density(
        self, query: EventQuery, bucket: int
    ) -> dict[str, list[list[int]]]:
        """Count events by source, time and severity; see `Catalog.density`.

        Args:
            query: What is asked; with `start` and `end`.
            bucket: So many milliseconds are counted together.
        """
        return await self.run(
            lambda connection: self._catalog.density(
                query, self._texts(connection, query), bucket
            )
        )

    async def days(
        self, query: EventQuery, edges: Collection[int]
    ) -> list[tuple[int, int]]:
        """Count events between times, and the unreviewed; see `Catalog.days`."""
        return await self.run(
            lambda connection: self._catalog.days(
                query, self._texts(connection, query), edges
            )
        )

    async def changes_since(self, seq: int, limit: int = BATCH) -> list[Change]:
        """Return the changes after `seq` in order, each event as it stood then.

        Args:
            seq: The last one known; below `oldest_seq` - 1 some are forgotten.
            limit: How many at most.
        """
        statement = (
            select(journal)
            .where(journal.c.seq > seq)
            .order_by(journal.c.seq)
            .limit(max(limit, 0))
        )
        return await self.run(
            lambda connection: [
                Change(row.seq, ChangeKind(row.kind), records.event_of(row))
                for row in connection.execute(statement)
            ]
        )

    async def cursor(self, name: str) -> int | None:
        """Return how far a consumer of the journal has come, or None if it is new."""
        statement = select(cursors.c.seq).where(cursors.c.name == name)
        return await self.run(lambda connection: connection.execute(statement).scalar())

    async def set_cursor(self, name: str, seq: int) -> None:
        """Keep how far a consumer of the journal has come."""
        upsert = insert(cursors).values(name=name, seq=seq)
        upsert = upsert.on_conflict_do_update(
            index_elements=["name"], set_={"seq": seq}
        )
        await self.run(lambda connection: connection.execute(upsert))

    async def prune(
        self, *, before_ms: Mapping[Severity, int] | int, now: int
    ) -> list[Change]:
        """Delete all old events, batch by batch; see `prune_batch`."""
        deleted: list[Change] = []
        while batch := await self.prune_batch(before_ms=before_ms, now=now):
            deleted += batch
        return deleted

    async def prune_batch(
        self, *, before_ms: Mapping[Severity, int] | int, now: int
    ) -> list[Change]:
        """Delete some old events, and the blind periods older than all that is kept.

        Args:
            before_ms: Events that ended before it, Unix milliseconds, go; open
                ones stay. With a mapping only its severities are deleted.
            now: Unix milliseconds, dates the deletions.

        Returns:
            One `DELETED` change an event, its payload empty; at most `BATCH`,
            none when nothing is left to delete.
        """
        cutoffs = (
            before_ms
            if isinstance(before_ms, Mapping)
            else dict.fromkeys(Severity, before_ms)
        )
        return await self._alter(lambda connection: _prune(connection, cutoffs, now))

    async def trim_journal(self, *, before_ms: int, up_to_seq: int) -> int:
        """Forget changes that are both old and not needed any more.

        The newest change is always kept: it is what no later `seq` may repeat.

        Args:
            before_ms: Only those written before it, Unix milliseconds.
            up_to_seq: Only those up to it, for example the slowest cursor.

        Returns:
            How many were forgotten.
        """
        total = 0
        while count := await self._call(
            lambda: self._transact_journal(
                lambda connection: records.trim_journal(
                    connection, before_ms, up_to_seq
                )
            )
        ):
            total += count
        return total

    async def begin_blind(self, source_id: str, reason: BlindReason, ts: int) -> None:
        """Record that a source stopped watching; nothing if it has already.

        Args:
            source_id: The source.
            reason: Why.
            ts: Since when, Unix milliseconds.
        """
        begun = await self.run(
            lambda connection: blindness.begin(connection, source_id, reason, ts)
        )
        if begun is not None:
            self._tell_blind(begun)

    async def end_blind(self, source_id: str, reason: BlindReason, ts: int) -> None:
        """Record that a source watches again; nothing if it did.

        Args:
            source_id: The source.
            reason: Why it did not.
            ts: Since when, Unix milliseconds.
        """
        for ended in await self.run(
            lambda connection: blindness.end(connection, source_id, reason, ts)
        ):
            self._tell_blind(ended)

    async def blind_periods(
        self, start: int, end: int, source_ids: Collection[str] | None = None
    ) -> list[BlindPeriod]:
        """Return the blind periods that touch a span, in the order they began.

        Args:
            start: Unix milliseconds, inclusive.
            end: Unix milliseconds, exclusive.
            source_ids: Only of these, and those of all sources; None for all.
        """
        return await self.run(
            lambda connection: blindness.between(connection, start, end, source_ids)
        )

    async def mark_alive(self, ts: int) -> None:
        """Record that someone watches at `ts`, Unix milliseconds."""
        await self.run(lambda connection: _set_alive(connection, ts))

    async def _call[T](self, job: Callable[[], T]) -> T:
        """Run a job on the store's thread, its errors translated."""
        if self._executor is None:
            raise StoreError("The event database is not open")
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, _translate, job
        )

    async def run[T](self, job: Callable[[Connection], T]) -> T:
        """Run a job on the store's thread in a transaction of its own.

        For what keeps tables beside the events; it must not touch the journal.

        Raises:
            StoreError: It was not done.
        """
        return await self._call(lambda: self._transact(job))

    async def _alter(self, job: Callable[[Connection], list[Stored]]) -> list[Change]:
        """Run a job that changes events; the catalog follows once it is on disk."""
        return await self._call(lambda: self._transact_events(job))

    def _tell_blind(self, period: BlindPeriod) -> None:
        """Let who watches hear of a blind period."""
        if self._blind_listener is not None:
            self._blind_listener(period)

    def _transact[T](self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction; it is on disk when this returns."""
        if self._engine is None:
            raise StoreError("The event database is not open")
        with self._engine.begin() as connection:
            return job(connection)

    def _set_checkpoints(self, pages: int) -> None:
        """Set after how many pages in the log a commit moves them; 0 for never."""
        if self._engine is None:
            raise StoreError("The event database is not open")
        set_checkpoints(self._engine, pages)

    def _transact_journal[T](self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction and note the journal's ends once it is on disk."""
        result, ends = self._transact(
            lambda connection: (job(connection), records.journal_ends(connection))
        )
        self._oldest_seq, self._last_seq = ends
        return result

    def _transact_events(
        self, job: Callable[[Connection], list[Stored]]
    ) -> list[Change]:
        """Run a job in a transaction and let the catalog follow once it is on disk."""
        written = self._transact_journal(job)
        gone = []
        for stored in written:
            event = stored.change.event
            if stored.change.kind is ChangeKind.DELETED:
                gone.append(Place(event.ts, event.id))
            else:
                self._catalog.put(stored.entry())
        self._catalog.remove(gone)
        self._unreviewed = self._catalog.unreviewed()
        return [stored.change for stored in written]

    def _texts(self, connection: Connection, query: EventQuery) -> NDArray[np.bool_]:
        """Return which texts have a query's words."""
        if not query.words:
            return np.zeros(0, np.bool_)
        return self._finder.find(connection, query.words)

    def _read_catalog(self) -> None:
        """Read what the catalog is to know, and let go of what no event says."""
        self._catalog, self._finder = Catalog(), TextFinder()

        def read(connection: Connection) -> None:
            """Read it in one view of the database."""
            prepare_index(connection)
            forget_texts(connection)
            self._catalog.load(records.entries(connection))

        self._transact(read)
        self._unreviewed = self._catalog.unreviewed()

    def _open(self, now: int) -> StoreOpening:
        """Connect, prepare the tables and settle what the last run left."""
        self._engine, moved_aside = connect(self._url, now)
        try:
            closed, gap = self._transact_journal(
                lambda connection: self._begin_life(connection, now)
            )
            self._read_catalog()
        except BaseException:
            self._engine.dispose()
            self._engine = None
            raise
        return StoreOpening(moved_aside=moved_aside, closed=closed, blind=gap)

    def _begin_life(
        self, connection: Connection, now: int
    ) -> tuple[tuple[Change, ...], BlindPeriod | None]:
        """Prepare the tables, then end at the last sign of life what was open."""
        prepare(connection)
        self._epoch = _get_meta(connection, META_EPOCH) or ""
        alive = _get_meta(connection, META_ALIVE)
        _set_alive(connection, now)
        if alive is None:
            return (), None
        # A clock that was set back must not end things after now.
        last_seen = min(int(alive), now)
        blindness.end_all(connection, last_seen)
        return _close_open(connection, last_seen, now), _record_gap(
            connection, last_seen, now
        )

    def _close(self) -> None:
        """Leave a last sign of life and disconnect, if there is a connection."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        try:
            with engine.begin() as connection:
                _set_alive(connection, self._clock())
        finally:
            disconnect(engine)


def _name_thread() -> None:
    """Give the worker the name that it is known by."""
    threading.current_thread().name = "vigilar_store"


def _translate[T](job: Callable[[], T]) -> T:
    """Run a job so that only `StoreError` tells of the database's failures."""
    try:
        return job()
    except NewerSchemaError as err:
        raise StoreError(str(err)) from err
    except (SQLAlchemyError, OSError) as err:
        raise StoreError(
            f"The event database failed: {getattr(err, 'orig', None) or err}"
        ) from err


def _place(connection: Connection, anchor: str | int, *, after: bool = False) -> Place:
    """Return the place of a time, or right before or after an event."""
    if isinstance(anchor, int):
        return Place(anchor)
    # Any sign will do: ids that begin alike come first, and none is that long.
    return Place(_began(connection, anchor), f"{anchor}~" if after else anchor)


def _began(connection: Connection, event_id: str) -> int:
    """Return when an event began, from its id if it is not stored any more."""
    ts = connection.execute(select(events.c.ts).where(events.c.id == event_id)).scalar()
    if ts is not None:
        return int(ts)
    try:
        return ulid_to_timestamp(event_id)
    except ValueError as err:
        raise StoreError("The page's cursor is not the id of an event") from err


def _delete(
    connection: Connection, ids: Collection[str], force: bool, now: int
) -> list[Stored]:
    """Delete events that are over and, unless forced, not protected."""
    found = records.events_by_id(connection, ids)
    if any(event.payload["end_ts"] is None for event in found.values()):
        raise DeletionRefusedError(Refusal.OPEN)
    kept = select(protected.c.event_id).where(protected.c.event_id.in_(found))
    if not force and connection.execute(kept).first() is not None:
        raise DeletionRefusedError(Refusal.PROTECTED)
    return records.delete_events(connection, found.values(), now)


def _prune(
    connection: Connection, cutoffs: Mapping[Severity, int], now: int
) -> list[Stored]:
    """Delete one batch of events that ended before their severity's cutoff."""
    old: list[Event] = []
    for severity, cutoff in cutoffs.items():
        statement = (
            select(events)
            .where(
                events.c.severity == RANKS[severity],
                events.c.end_ts < cutoff,
                events.c.id.not_in(select(protected.c.event_id)),
            )
            .order_by(events.c.end_ts)
            .limit(BATCH - len(old))
        )
        old += [records.event_of(row) for row in connection.execute(statement)]
    if cutoffs:
        connection.execute(delete(blind).where(blind.c.end < min(cutoffs.values())))
    return records.delete_events(connection, old, now)


def _close_open(connection: Connection, last_seen: int, now: int) -> tuple[Change, ...]:
    """End every open event at the last sign of life."""
    statement = select(events).where(events.c.end_ts.is_(None)).order_by(events.c.ts)
    ended = [
        (end_event(records.event_of(row), last_seen, WHY_RESTART), ChangeKind.ENDED)
        for row in connection.execute(statement)
    ]
    stored = records.store_events(connection, ended, now)
    return tuple(each.change for each in stored)


def _record_gap(connection: Connection, last_seen: int, now: int) -> BlindPeriod | None:
    """Record that nobody watched from the last sign of life until now."""
    if last_seen >= now:
        return None
    return blindness.record(connection, None, BlindReason.RESTART, last_seen, now)


def _get_meta(connection: Connection, key: str) -> str | None:
    """Return what the database knows of itself."""
    value: str | None = connection.execute(
        select(meta.c.value).where(meta.c.key == key)
    ).scalar()
    return value


def _set_alive(connection: Connection, ts: int) -> None:
    """Keep the last sign of life."""
    upsert = insert(meta).values(key=META_ALIVE, value=str(ts))
    connection.execute(
        upsert.on_conflict_do_update(index_elements=["key"], set_={"value": str(ts)})
    )
