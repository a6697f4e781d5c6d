"""The SQLite file below the event store: opened, checked, moved aside when corrupt.

Everything here blocks and belongs on the store's own thread.
"""

from datetime import UTC, datetime
from pathlib import Path
import sqlite3
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import DatabaseError

BUSY_TIMEOUT_S: Final = 5.0
# What SQLite itself takes.
CHECKPOINT_PAGES: Final = 1000

_SIDE_FILES: Final = ("", "-wal", "-shm")
_CORRUPT_CODES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def connect(url: URL, now: int) -> tuple[Engine, Path | None]:
    """Open a database that is known to be sound.

    Args:
        url: `sqlite:///path`, or `sqlite://` for one in memory.
        now: Unix milliseconds, for the name of what is moved aside.

    Returns:
        The engine, with one connection that belongs to the calling thread,
        and where a corrupt file was moved to, or None.

    Raises:
        SQLAlchemyError: It cannot be opened.
        OSError: It is corrupt and cannot be moved.
    """
    engine = _make_engine(url)
    if _is_sound(engine):
        return engine, None
    engine.dispose()
    moved_aside = _move_aside(Path(str(url.database)), now)
    return _make_engine(url), moved_aside


def disconnect(engine: Engine) -> None:
    """Write the log ahead back into the database and close it."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
        engine.dispose()


def set_checkpoints(engine: Engine, pages: int) -> None:
    """Set after how many pages in the log ahead a commit writes them back.

    Args:
        engine: Of an open database.
        pages: 0 for never.
    """
    raw = engine.raw_connection()
    try:
        raw.cursor().execute(f"PRAGMA wal_autocheckpoint = {pages:d}")
    finally:
        raw.close()


def _make_engine(url: URL) -> Engine:
    """Make an engine of one connection with explicit transactions."""
    engine = create_engine(
        url,
        poolclass=StaticPool,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection for durable commits."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Connection) -> None:
    """Begin every transaction in so many words."""
    # Left to itself the driver begins none for reads and changes of tables.
    connection.exec_driver_sql("BEGIN")


def _is_sound(engine: Engine) -> bool:
    """Return whether SQLite finds nothing wrong with the file.

    Raises:
        SQLAlchemyError: It cannot be looked at, which says nothing about it.
    """
    try:
        with engine.connect() as connection:
            found: str = connection.exec_driver_sql(
                "PRAGMA quick_check(1)"
            ).scalar_one()
    except DatabaseError as err:
        engine.dispose()
        # Extended codes keep the primary one in their lowest byte.
        if getattr(err.orig, "sqlite_errorcode", 0) & 0xFF in _CORRUPT_CODES:
            return False
        raise
    return found == "ok"


def _move_aside(path: Path, now: int) -> Path:
    """Rename a database and its side files so that the date shows."""
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(target.with_name(target.name + suffix))
    return target
