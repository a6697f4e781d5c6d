"""Finds events by their words: a dictionary of what is said of them, indexed by FTS5.

Many events say the same words, so each text is kept once and an event names its
number. Where SQLite has no FTS5 the dictionary itself is searched.
"""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select

from .schema import events, texts

_BATCH: Final = 500
_REMEMBERED: Final = 32


def keep_text(connection: Connection, text: str) -> int:
    """Return the number of a text, new or not."""
    known: int | None = connection.execute(
        select(texts.c.id).where(texts.c.text == text)
    ).scalar()
    if known is not None:
        return known
    # The number comes from the statement itself: a cursor may have none to tell where
    # the database was locked.
    added = insert(texts).values(text=text).returning(texts.c.id)
    number: int = connection.execute(added).scalar_one()
    return number


class TextFinder:
    """Remembers which texts have the words that were asked for last.

    Texts are added and never change, so only the new ones are searched again.
    """

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._found: OrderedDict[tuple[str, ...], NDArray[np.bool_]] = OrderedDict()

    def find(self, connection: Connection, words: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return by the number of a text whether it has words that begin with all of these.

        Args:
            connection: After `prepare_index`.
            words: As `query.words_of` returns them; at least one.
        """
        newest = connection.execute(select(func.max(texts.c.id))).scalar() or 0
        found = self._found.pop(words, np.zeros(0, np.bool_))
        if len(found) <= newest:
            known, found = found, np.zeros(newest + 1, np.bool_)
            found[: len(known)] = known
            found[_find_texts(connection, words, len(known))] = True
        self._found[words] = found
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        return found


def _find_texts(
    connection: Connection, words: Collection[str], first: int
) -> NDArray[np.int64]:
    """Return the numbers, from a first one on, of the texts with words."""
    # The driver's own cursor: there may be many.
    rows = connection.connection.cursor()
    if _indexed(connection):
        match = " ".join(f'"{word}" *' for word in words)
        rows.execute(
            "SELECT rowid FROM texts_index WHERE texts_index MATCH ? AND rowid >= ?",
            (match, first),
        )
    else:
        likes = " AND text LIKE ?" * len(words)
        rows.execute(
            f"SELECT id FROM texts WHERE id >= ?{likes}",  # noqa: S608 - only marks
            (first, *(f"% {word}%" for word in words)),
        )
    return np.array([number for (number,) in rows.fetchall()], np.int64)


def forget_texts(connection: Connection) -> None:
    """Forget the texts that no event says any more."""
    said = set(connection.scalars(select(events.c.text_id).distinct()))
    gone = [
        number
        for number in connection.scalars(select(texts.c.id))
        if number not in said
    ]
    for first in range(0, len(gone), _BATCH):
        connection.execute(
            delete(texts).where(texts.c.id.in_(gone[first : first + _BATCH]))
        )


def has_fts5(connection: Connection) -> bool:
    """Return whether this SQLite can index words."""
    modules = connection.exec_driver_sql("SELECT name FROM pragma_module_list")
    return "fts5" in set(modules.scalars())


def prepare_index(connection: Connection) -> None:
    """Make the index follow the dictionary, or not where SQLite cannot.

    A database comes and goes between machines: what the one before could not
    index is indexed now, and triggers that would fail here are taken away.
    """
    if not has_fts5(connection):
        for name in ("texts_added", "texts_gone"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        return
    if _indexed(connection):
        return
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS texts_index USING fts5("
        "text, content='texts', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0')"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN"
        " INSERT INTO texts_index(rowid, text) VALUES (NEW.id, NEW.text); END"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER texts_gone AFTER DELETE ON texts BEGIN"
        " INSERT INTO texts_index(texts_index, rowid, text)"
        " VALUES ('delete', OLD.id, OLD.text); END"
    )
    connection.exec_driver_sql(
        "INSERT INTO texts_index(texts_index) VALUES ('rebuild')"
    )


def _indexed(connection: Connection) -> bool:
    """Return whether the index follows the dictionary."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'texts_added'"
    )
    return found.first() is not None
