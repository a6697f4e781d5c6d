"""Events and their changes as rows of the database, on the store's thread."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
import json
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from ..models import Change, ChangeKind, Event, EventType, Phase, Severity
from .catalog import Entry, Kind
from .query import reviewers_of, searchable
from .schema import events, journal, protected
from .texts import keep_text

# So many rows go in one transaction: a write never waits behind more than one such.
BATCH: Final = 500

_CATALOG_BATCH: Final = 20_000

SEVERITIES: Final = tuple(Severity)
RANKS: Final[dict[str, int]] = {
    severity: rank for rank, severity in enumerate(SEVERITIES)
}


_NEW: Final = insert(events)
_UPSERT: Final = _NEW.on_conflict_do_update(
    index_elements=["id"],
    set_={column.name: _NEW.excluded[column.name] for column in events.columns},
)


class Stored(NamedTuple):
    """A change that is written, and the number of the text that its event is found by."""

    change: Change
    text_id: int

    def entry(self) -> Entry:
        """Return what the catalog is to know of the event."""
        event = self.change.event
        return Entry(
            event.id,
            event.ts,
            Kind(
                event.source_id,
                event.type.value,
                RANKS[event.severity],
                tuple(event.payload.get("zones", ())),
            ),
            self.text_id,
            tuple(reviewers_of(event.payload)),
        )


def store_events(
    connection: Connection, changed: Iterable[tuple[Event, ChangeKind]], at: int
) -> list[Stored]:
    """Number changes, write the events' rows and append to the journal.

    Args:
        connection: In a transaction.
        changed: In order; each event whole, its payload's `seq` and `phase` are
            set here. One that changes more than once comes as often.
        at: Dates the changes, Unix milliseconds.

    Raises:
        ValueError: A kind is `DELETED`, or a payload is not JSON.
    """
    written: list[Stored] = []
    rows: list[dict[str, Any]] = []
    for seq, (event, kind) in enumerate(changed, journal_ends(connection)[1] + 1):
        numbered = {"phase": Phase(kind.value).value, "seq": seq}
        stored = replace(event, payload=event.payload | numbered)
        text_id = keep_text(connection, searchable(stored.type, stored.payload))
        written.append(Stored(Change(seq, kind, stored), text_id))
        rows.append(_row(stored))
    if not written:
        return []
    connection.execute(
        _UPSERT,
        [row | _search_row(each) for row, each in zip(rows, written, strict=True)],
    )
    _append(connection, [each.change for each in written], rows, at)
    return written


def delete_events(
    connection: Connection, gone: Iterable[Event], now: int
) -> list[Stored]:
    """Delete events, protected or not, and append that to the journal.

    Args:
        connection: In a transaction.
        gone: Events that are stored; at most `BATCH`.
        now: Dates the deletions, Unix milliseconds.

    Returns:
        One `DELETED` change an event, its payload empty.
    """
    first = journal_ends(connection)[1] + 1
    changes = [
        Change(seq, ChangeKind.DELETED, replace(event, payload={}))
        for seq, event in enumerate(gone, first)
    ]
    if not changes:
        return []
    ids = [change.event.id for change in changes]
    connection.execute(delete(events).where(events.c.id.in_(ids)))
    connection.execute(delete(protected).where(protected.c.event_id.in_(ids)))
    _append(connection, changes, [_row(change.event) for change in changes], now)
    return [Stored(change, 0) for change in changes]


def event_of(row: Row[Any]) -> Event:
    """Return the event that a row of events or journal holds."""
    return Event(
        id=row.id,
        ts=row.ts,
        type=EventType(row.type),
        severity=SEVERITIES[row.severity],
        source_id=row.source_id,
        payload=json.loads(row.payload),
    )


def events_by_id(connection: Connection, ids: Collection[str]) -> dict[str, Event]:
    """Return those of some events that are stored, by their ids."""
    wanted = list(ids)
    return {
        row.id: event_of(row)
        for first in range(0, len(wanted), BATCH)
        for row in connection.execute(
            select(events).where(events.c.id.in_(wanted[first : first + BATCH]))
        )
    }


def entries(connection: Connection) -> Iterator[list[Entry]]:
    """Yield what the catalog is to know of all events, in its order, in batches."""
    # The driver's own cursor: there may be a million.
    rows = connection.connection.cursor()
    rows.execute(
        "SELECT id, ts, text_id, reviewers, source_id, type, severity, zones"
        " FROM events ORDER BY ts, id"
    )
    kinds: dict[tuple[Any, ...], Kind] = {}
    while batch := rows.fetchmany(_CATALOG_BATCH):
        known = []
        for event_id, ts, text_id, reviewers, *common in batch:
            kind = kinds.get(key := tuple(common))
            if kind is None:
                source_id, event_type, severity, zones = key
                kind = kinds[key] = Kind(source_id, event_type, severity, _names(zones))
            known.append(Entry(event_id, ts, kind, text_id, _names(reviewers)))
        yield known


def journal_ends(connection: Connection) -> tuple[int, int]:
    """Return the oldest and the newest `seq`; (1, 0) when nothing has happened yet."""
    # Two lookups: asked for both at once SQLite would walk the whole journal.
    oldest = connection.execute(select(func.min(journal.c.seq))).scalar()
    newest = connection.execute(select(func.max(journal.c.seq))).scalar()
    return oldest or 1, newest or 0


def trim_journal(connection: Connection, before_ms: int, up_to_seq: int) -> int:
    """Forget one batch of the journal's oldest rows, never the newest one."""
    newest = journal_ends(connection)[1]
    forgotten = (
        select(journal.c.seq)
        .where(journal.c.seq <= min(up_to_seq, newest - 1), journal.c.at < before_ms)
        .order_by(journal.c.seq)
        .limit(BATCH)
    )
    return connection.execute(
        delete(journal).where(journal.c.seq.in_(forgotten))
    ).rowcount


def _search_row(stored: Stored) -> dict[str, Any]:
    """Return the columns that only events have."""
    payload = stored.change.event.payload
    return {
        "seq": stored.change.seq,
        "end_ts": payload["end_ts"],
        "zones": json.dumps(payload.get("zones", [])),
        "reviewers": json.dumps(reviewers_of(payload)),
        "text_id": stored.text_id,
    }


def _append(
    connection: Connection,
    changes: Iterable[Change],
    rows: Iterable[dict[str, Any]],
    at: int,
) -> None:
    """Append numbered changes to the journal, each with the row of its event."""
    numbered = [
        row | {"seq": change.seq, "kind": change.kind.value, "at": at}
        for change, row in zip(changes, rows, strict=True)
    ]
    connection.execute(insert(journal), numbered)


def _row(event: Event) -> dict[str, Any]:
    """Return the columns that events and their journal share."""
    return {
        "id": event.id,
        "ts": event.ts,
        "type": event.type.value,
        "severity": RANKS[event.severity],
        "source_id": event.source_id,
        "payload": json.dumps(event.payload, allow_nan=False, separators=(",", ":")),
    }


@lru_cache(maxsize=1024)
def _names(stored: str) -> tuple[str, ...]:
    """Return the names in a column that holds a list of them."""
    return tuple(json.loads(stored))
