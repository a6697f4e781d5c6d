"""The tables of the event database and the way from one version of them to the next."""

from collections.abc import Callable
import json
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    func,
    literal_column,
)
from ulid_transform import ulid_now

from .query import searchable

type Migration = Callable[[Connection], None]

_BATCH: Final = 500


def _add_search(connection: Connection) -> None:
    """Go from version 1 to 2: what events are searched by, and reviews with them."""
    for column in (
        "zones TEXT NOT NULL DEFAULT '[]'",
        "reviewers TEXT NOT NULL DEFAULT '[]'",
        "text_id INTEGER NOT NULL DEFAULT 0",
    ):
        connection.exec_driver_sql(f"ALTER TABLE events ADD COLUMN {column}")
    connection.exec_driver_sql(
        "CREATE TABLE texts (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL UNIQUE)"
    )
    for index in ("ix_events_type", "ix_events_severity"):
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {index}")
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS reviews_follow_events")
    # The phones' part of the database came later than version 1 did.
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS reviews"
        " (event_id TEXT PRIMARY KEY, by TEXT NOT NULL, ts BIGINT NOT NULL)"
    )
    last = 0
    while rows := connection.exec_driver_sql(
        "SELECT e.rowid, e.type, e.payload, r.by, r.ts FROM events e"
        " LEFT JOIN reviews r ON r.event_id = e.id"
        " WHERE e.rowid > ? ORDER BY e.rowid LIMIT ?",
        (last, _BATCH),
    ).all():
        last = rows[-1][0]
        for row in rows:
            _fill_search(connection, *row)
    connection.exec_driver_sql("DROP TABLE reviews")


def _fill_search(
    connection: Connection,
    rowid: int,
    event_type: str,
    stored: str,
    by: str | None,
    ts: int | None,
) -> None:
    """Note what an event of version 1 is searched by, and who looked at it."""
    payload: dict[str, Any] = json.loads(stored)
    if by is not None:
        # Nobody wrote down which user that was.
        payload["reviews"] = [{"user_id": "", "by": by, "ts": ts}]
    text = searchable(event_type, payload)
    connection.exec_driver_sql("INSERT OR IGNORE INTO texts (text) VALUES (?)", (text,))
    connection.exec_driver_sql(
        "UPDATE events SET payload = ?, zones = ?, reviewers = ?,"
        " text_id = (SELECT id FROM texts WHERE text = ?) WHERE rowid = ?",
        (
            json.dumps(payload, allow_nan=False, separators=(",", ":")),
            json.dumps(payload.get("zones", [])),
            json.dumps([""] if by is not None else []),
            text,
            rowid,
        ),
    )


# Step n brings a database from version n + 1 to n + 2. A step spells out its own statements:
# the tables below are those of today, not those that the step knew.
MIGRATIONS: tuple[Migration, ...] = (_add_search,)

META_EPOCH: Final = "epoch"
META_ALIVE: Final = "alive"

metadata: Final = MetaData()

events: Final = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ts", BigInteger, nullable=False),
    Column("end_ts", BigInteger),
    Column("type", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    # What it is searched by, repeated from the payload, which is slow to read.
    Column("zones", Text, nullable=False, server_default="[]"),
    Column("reviewers", Text, nullable=False, server_default="[]"),
    Column("text_id", Integer, nullable=False, server_default="0"),
)
Index("ix_events_ts", events.c.ts, events.c.id)
Index("ix_events_source", events.c.source_id, events.c.ts, events.c.id)
Index("ix_events_age", events.c.severity, events.c.end_ts)
Index("ix_events_open", events.c.ts, sqlite_where=events.c.end_ts.is_(None))


def _says(state: str) -> ColumnElement[bool]:
    """Return whether any of an event's media is in a state.

    In so many words and not as parameters, or the indexes would not know the question.
    """
    words: ColumnElement[str] = literal_column(f'\'"state":"{state}"\'')
    return func.instr(events.c.payload, words) > literal_column("0")


# Has media that somebody still works at: after a crash nobody does.
MEDIA_PENDING: Final = _says("pending")
Index("ix_events_media_pending", events.c.ts, sqlite_where=MEDIA_PENDING)

# Has media that can go, in the order in which they do.
MEDIA_READY: Final = _says("ready")
Index(
    "ix_events_media_ready",
    events.c.severity,
    events.c.ts,
    events.c.id,
    sqlite_where=MEDIA_READY,
)

# Every change of the table above, whole, so that who was away can be told all in order.
journal: Final = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("payload", Text, nullable=False),
)

blind: Final = Table(
    "blind_periods",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Text),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("reason", Text, nullable=False),
    Index("ix_blind_start", "start"),
)

# One row a file that is on disk under its final name; a clip may have several parts.
media_files: Final = Table(
    "media_files",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("root", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("start_ts", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
)
Index("ix_media_files_bytes", media_files.c.kind, media_files.c.bytes)

# One row a copy that somebody has asked for and may fetch for a while.
exports: Final = Table(
    "exports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

# Events that a user wants kept whatever their age.
protected: Final = Table(
    "protected",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

cursors: Final = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# One row an event and recipient: whether the phone was told, and if not, why.
deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("sent_at", BigInteger),
    Column("detail", Text, nullable=False),
)
Index(
    "ix_deliveries_sent",
    deliveries.c.recipient_id,
    deliveries.c.source_id,
    deliveries.c.sent_at,
)
Index(
    "ix_deliveries_unfinished",
    deliveries.c.event_id,
    sqlite_where=deliveries.c.done == 0,
)

# What was deleted while a phone may show it: by the tag of the notification and recipient.
withdrawals: Final = Table(
    "withdrawals",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
)

# Which camera is to leave which recipient alone, and until when.
snoozes: Final = Table(
    "snoozes",
    metadata,
    Column("recipient_id", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)

# One row a deed of a person: who looked at, took, judged or deleted what.
audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ts", BigInteger, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("event_id", Text),
    Column("source_id", Text),
    Column("detail", Text, nullable=False),
    Index("ix_audit_ts", "ts"),
)

# Each text that events are found by, once; see `texts`.
texts: Final = Table(
    "texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)

meta: Final = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


@event.listens_for(metadata, "after_create")
def _create_triggers(_metadata: MetaData, connection: Connection, **_: object) -> None:
    """What is kept with an event goes with it, whoever deletes it.

    Who may have been told of it is remembered until the phone forgets it, too. A
    test is told to who holds the phone, and deleted at once by who made it.
    """
    # A database of before has one that does less.
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS deliveries_follow_events")
    connection.exec_driver_sql(
        "CREATE TRIGGER deliveries_follow_events AFTER DELETE ON events BEGIN"
        " INSERT OR IGNORE INTO withdrawals (tag, recipient_id)"
        " SELECT coalesce(json_extract(OLD.payload, '$.incident_id'), OLD.id),"
        " recipient_id FROM deliveries"
        " WHERE event_id = OLD.id AND state != 'not_sent'"
        " AND json_extract(OLD.payload, '$.test') IS NULL;"
        " DELETE FROM deliveries WHERE event_id = OLD.id; END"
    )


class NewerSchemaError(Exception):
    """The database was written by a newer Vigilar than this one."""


def prepare(connection: Connection) -> None:
    """Bring a database to the version of today, within the caller's transaction.

    Args:
        connection: A new, an older or a current database.

    Raises:
        NewerSchemaError: It is newer than this code.
    """
    latest = 1 + len(MIGRATIONS)
    version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > latest:
        raise NewerSchemaError(
            f"The event database has schema version {version}, but this Vigilar knows only up to"
            f" {latest}: update Vigilar, or move the database away"
        )
    if version == 0:
        metadata.create_all(connection)
        connection.execute(meta.insert().values(key=META_EPOCH, value=ulid_now()))
    else:
        for migrate in MIGRATIONS[version - 1 :]:
            migrate(connection)
        _add_new(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {latest}")


def _add_new(connection: Connection) -> None:
    """Add the whole tables and indexes that a database of before has not."""
    metadata.create_all(connection)
    for table in metadata.tables.values():
        for index in table.indexes:
            index.create(connection, checkfirst=True)
