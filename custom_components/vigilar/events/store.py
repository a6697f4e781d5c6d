"""The event database: what was stored is what happened.

SQLAlchemy Core on SQLite, on one thread of its own. Every method that touches
the database awaits that thread; when it returns, its transaction is on disk.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
import json
from pathlib import Path
import threading
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Update,
    delete,
    func,
    literal,
    make_url,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from ulid_transform import ulid_to_timestamp

from ..models import (
    BlindPeriod,
    BlindReason,
    Change,
    ChangeKind,
    Event,
    EventType,
    Phase,
    Severity,
)
from .classifier import end_event
from .clock import wall_ms
from .database import CHECKPOINT_PAGES, connect, disconnect, set_checkpoints
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

# So many rows go in one transaction: a write never waits behind more than one such.
BATCH: Final = 500

WHY_RESTART: Final = "restart"

_SEVERITIES: Final = tuple(Severity)
_RANKS: Final[Mapping[str, int]] = {
    severity: rank for rank, severity in enumerate(_SEVERITIES)
}


class StoreError(Exception):
    """The event database could not do what was asked."""


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
        self._epoch = ""
        self._oldest_seq = 1
        self._last_seq = 0

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
        phase = Phase(kind.value)
        at = self._clock()
        return await self._alter(
            lambda connection: _store(connection, event, kind, phase, at)
        )

    async def get(self, event_id: str) -> Event | None:
        """Return an event as it stands, or None."""
        return await self.run(lambda connection: _get(connection, event_id))

    async def page(
        self,
        *,
        before: str | None = None,
        limit: int = 50,
        source_ids: Collection[str] | None = None,
        types: Collection[str] | None = None,
        severities: Collection[str] | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Event]:
        """Return events, newest first by `ts`, then `id`.

        Args:
            before: The id of the last event of the page before, still stored
                or not.
            limit: How many at most.
            source_ids: Only of these; None for all, empty for none.
            types: Only of these `EventType`s; None for all, empty for none.
            severities: Only of these `Severity`s; None for all, empty for none.
            start: Only those that began at or after it, Unix milliseconds.
            end: Only those that began before it, Unix milliseconds.

        Raises:
            StoreError: `before` is not an id.
        """
        ranks = (
            None
            if severities is None
            else [_RANKS[item] for item in severities if item in _RANKS]
        )
        filters = [
            (events.c.source_id, source_ids),
            (events.c.type, types),
            (events.c.severity, ranks),
        ]
        statement = (
            select(events)
            .order_by(events.c.ts.desc(), events.c.id.desc())
            .limit(max(limit, 0))
        )
        if start is not None:
            statement = statement.where(events.c.ts >= start)
        if end is not None:
            statement = statement.where(events.c.ts < end)
        return await self.run(
            lambda connection: _page(connection, statement, filters, before, limit)
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
                Change(row.seq, ChangeKind(row.kind), _event(row))
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
        while count := await self._alter(
            lambda connection: _trim(connection, before_ms, up_to_seq)
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
        await self.run(
            lambda connection: _begin_blind(connection, source_id, reason, ts)
        )

    async def end_blind(self, source_id: str, reason: BlindReason, ts: int) -> None:
        """Record that a source watches again; nothing if it did.

        Args:
            source_id: The source.
            reason: Why it did not.
            ts: Since when, Unix milliseconds.
        """
        statement = _end_of_blind(ts).where(
            blind.c.source_id == source_id, blind.c.reason == reason.value
        )
        await self.run(lambda connection: connection.execute(statement))

    async def blind_periods(
        self, start: int, end: int, source_ids: Collection[str] | None = None
    ) -> list[BlindPeriod]:
        """Return the blind periods that touch a span, in the order they began.

        Args:
            start: Unix milliseconds, inclusive.
            end: Unix milliseconds, exclusive.
            source_ids: Only of these, and those of all sources; None for all.
        """
        statement = (
            select(blind)
            .where(blind.c.start < end, or_(blind.c.end.is_(None), blind.c.end > start))
            .order_by(blind.c.start, blind.c.id)
        )
        if source_ids is not None:
            statement = statement.where(
                or_(blind.c.source_id.is_(None), blind.c.source_id.in_(source_ids))
            )
        return await self.run(
            lambda connection: [
                BlindPeriod(row.source_id, row.start, row.end, BlindReason(row.reason))
                for row in connection.execute(statement)
            ]
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

    async def _alter[T](self, job: Callable[[Connection], T]) -> T:
        """Run a job that changes the journal, and note what is in it then."""
        return await self._call(lambda: self._transact_journal(job))

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
            lambda connection: (job(connection), _journal_ends(connection))
        )
        self._oldest_seq, self._last_seq = ends
        return result

    def _open(self, now: int) -> StoreOpening:
        """Connect, prepare the tables and settle what the last run left."""
        self._engine, moved_aside = connect(self._url, now)
        try:
            closed, gap = self._transact_journal(
                lambda connection: self._begin_life(connection, now)
            )
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
        connection.execute(_end_of_blind(last_seen))
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


def _store(
    connection: Connection, event: Event, kind: ChangeKind, phase: Phase, at: int
) -> Change:
    """Number a change, write the event's row and append to the journal."""
    seq = _journal_ends(connection)[1] + 1
    stored = replace(event, payload=event.payload | {"phase": phase.value, "seq": seq})
    change = Change(seq, kind, stored)
    row = _row(stored) | {"seq": seq, "end_ts": stored.payload["end_ts"]}
    upsert = insert(events).values(row)
    connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=row))
    _append(connection, [change], at)
    return change


def _append(connection: Connection, changes: Iterable[Change], at: int) -> None:
    """Append numbered changes to the journal."""
    rows = [
        _row(change.event) | {"seq": change.seq, "kind": change.kind.value, "at": at}
        for change in changes
    ]
    connection.execute(insert(journal), rows)


def _row(event: Event) -> dict[str, Any]:
    """Return the columns that events and their journal share."""
    return {
        "id": event.id,
        "ts": event.ts,
        "type": event.type.value,
        "severity": _RANKS[event.severity],
        "source_id": event.source_id,
        "payload": json.dumps(event.payload, allow_nan=False, separators=(",", ":")),
    }


def _event(row: Row[Any]) -> Event:
    """Return the event that a row of events or journal holds."""
    return Event(
        id=row.id,
        ts=row.ts,
        type=EventType(row.type),
        severity=_SEVERITIES[row.severity],
        source_id=row.source_id,
        payload=json.loads(row.payload),
    )


def _journal_ends(connection: Connection) -> tuple[int, int]:
    """Return the oldest and the newest `seq`; (1, 0) when nothing has happened yet."""
    # Two lookups: asked for both at once SQLite would walk the whole journal.
    oldest = connection.execute(select(func.min(journal.c.seq))).scalar()
    newest = connection.execute(select(func.max(journal.c.seq))).scalar()
    return oldest or 1, newest or 0


def _get(connection: Connection, event_id: str) -> Event | None:
    """Return an event by its id."""
    row = connection.execute(
        select(events).where(events.c.id == event_id)
    ).one_or_none()
    return None if row is None else _event(row)


def _page(
    connection: Connection,
    statement: Select[Any],
    filters: Iterable[tuple[ColumnElement[Any], Collection[Any] | None]],
    before: str | None,
    limit: int,
) -> list[Event]:
    """Return one page, its order read from an index and never sorted.

    The first filter is asked for value by value, for only then does its
    index give the rows in the order of the page.
    """
    if before is not None:
        statement = statement.where(
            tuple_(events.c.ts, events.c.id)
            < tuple_(literal(_began(connection, before)), literal(before))
        )
    given = [
        (column, list(dict.fromkeys(values)))
        for column, values in filters
        if values is not None
    ]
    for column, values in given[1:]:
        statement = statement.where(column.in_(values))
    leads = [
        statement.where(column == value)
        for column, values in given[:1]
        for value in values
    ]
    rows = [
        row
        for lead in (leads if given else [statement])
        for row in connection.execute(lead)
    ]
    rows.sort(key=lambda row: (row.ts, row.id), reverse=True)
    return [_event(row) for row in rows[:limit]]


def _began(connection: Connection, event_id: str) -> int:
    """Return when an event began, from its id if it is not stored any more."""
    ts = connection.execute(select(events.c.ts).where(events.c.id == event_id)).scalar()
    if ts is not None:
        return int(ts)
    try:
        return ulid_to_timestamp(event_id)
    except ValueError as err:
        raise StoreError("The page's cursor is not the id of an event") from err


def _prune(
    connection: Connection, cutoffs: Mapping[Severity, int], now: int
) -> list[Change]:
    """Delete one batch of events that ended before their severity's cutoff."""
    old: list[Event] = []
    for severity, cutoff in cutoffs.items():
        statement = (
            select(events)
            .where(
                events.c.severity == _RANKS[severity],
                # Implied by the second, but this one the index knows.
                events.c.ts < cutoff,
                events.c.end_ts < cutoff,
                events.c.id.not_in(select(protected.c.event_id)),
            )
            .order_by(events.c.ts)
            .limit(BATCH - len(old))
        )
        old += [_event(row) for row in connection.execute(statement)]
    if cutoffs:
        connection.execute(delete(blind).where(blind.c.end < min(cutoffs.values())))
    if not old:
        return []
    first = _journal_ends(connection)[1] + 1
    changes = [
        Change(seq, ChangeKind.DELETED, replace(event, payload={}))
        for seq, event in enumerate(old, first)
    ]
    connection.execute(
        delete(events).where(events.c.id.in_([event.id for event in old]))
    )
    _append(connection, changes, now)
    return changes


def _trim(connection: Connection, before_ms: int, up_to_seq: int) -> int:
    """Forget one batch of the journal's oldest rows."""
    newest = _journal_ends(connection)[1]
    forgotten = (
        select(journal.c.seq)
        .where(journal.c.seq <= min(up_to_seq, newest - 1), journal.c.at < before_ms)
        .order_by(journal.c.seq)
        .limit(BATCH)
    )
    return connection.execute(
        delete(journal).where(journal.c.seq.in_(forgotten))
    ).rowcount


def _close_open(connection: Connection, last_seen: int, now: int) -> tuple[Change, ...]:
    """End every open event at the last sign of life."""
    statement = select(events).where(events.c.end_ts.is_(None)).order_by(events.c.ts)
    return tuple(
        _store(
            connection,
            end_event(_event(row), last_seen, WHY_RESTART),
            ChangeKind.ENDED,
            Phase.ENDED,
            now,
        )
        for row in connection.execute(statement).all()
    )


def _record_gap(connection: Connection, last_seen: int, now: int) -> BlindPeriod | None:
    """Record that nobody watched from the last sign of life until now."""
    if last_seen >= now:
        return None
    gap = BlindPeriod(None, last_seen, now, BlindReason.RESTART)
    connection.execute(
        insert(blind).values(
            source_id=None, start=last_seen, end=now, reason=gap.reason.value
        )
    )
    return gap


def _begin_blind(
    connection: Connection, source_id: str, reason: BlindReason, ts: int
) -> None:
    """Begin a blind period unless one of its kind lasts."""
    lasting = select(blind.c.id).where(
        blind.c.source_id == source_id,
        blind.c.reason == reason.value,
        blind.c.end.is_(None),
    )
    if connection.execute(lasting).first() is None:
        connection.execute(
            insert(blind).values(source_id=source_id, start=ts, reason=reason.value)
        )


def _end_of_blind(ts: int) -> Update:
    """Return the statement that ends lasting blind periods, none before its start."""
    return (
        update(blind)
        .where(blind.c.end.is_(None))
        .values(end=func.max(blind.c.start, ts))
    )


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
