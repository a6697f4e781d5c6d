"""Who looked at, took, judged or deleted what: a row a deed, for administrators.

What is recorded is never held up: rows wait in memory and are written by a task
of their own, several in one transaction.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
import logging
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from .clock import wall_ms
from .records import BATCH
from .schema import audit
from .store import EventStore, StoreError

# While the database fails so many are kept; then the oldest are lost.
MAX_WAITING: Final = 1000
# A player asks for a clip piece by piece: that is one look.
LOOK_MS: Final = 300_000
MAX_LOOKS: Final = 1000

_LOGGER: Final = logging.getLogger(__name__)


class Deed(StrEnum):
    """What somebody did."""

    VIEWED = "viewed"
    EXPORTED = "exported"
    DELETED = "deleted"
    REVIEWED = "reviewed"
    UNREVIEWED = "unreviewed"
    JUDGED = "judged"
    NOTED = "noted"
    PROTECTED = "protected"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did it.

    Attributes:
        user_id: The user; empty for an automation.
        name: For people; empty if unknown.
    """

    user_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One deed.

    Attributes:
        ts: When, Unix milliseconds.
        user_id: The user; empty for an automation.
        name: What the user was called then; empty if unknown.
        action: What was done.
        event_id: To which event, or None.
        source_id: To what of which source, or None.
        detail: What else there is to know, for people; may be empty.
    """

    ts: int
    user_id: str
    name: str
    action: Deed
    event_id: str | None
    source_id: str | None
    detail: str


class AuditLog:
    """The audit's table in the event database, and what waits to be written there."""

    def __init__(
        self, store: EventStore, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        """Begin with nothing to write.

        Args:
            store: Open before anything is noted.
            clock: Dates the rows, Unix milliseconds.
        """
        self._store = store
        self._clock = clock
        self._waiting: deque[AuditRow] = deque(maxlen=MAX_WAITING)
        self._looks: dict[tuple[str, str, str], int] = {}
        self._writer: asyncio.Task[None] | None = None
        self._failing = False

    def note(
        self,
        doer: Doer,
        action: Deed,
        *,
        event_ids: Iterable[str | None] = (None,),
        source_id: str | None = None,
        detail: str = "",
    ) -> None:
        """Let a deed be written, a row an event; on the event loop, never fails.

        Args:
            doer: Who did it.
            action: What was done.
            event_ids: To which events; None for none.
            source_id: To what of which source.
            detail: For people.
        """
        now = self._clock()
        self._waiting.extend(
            AuditRow(
                ts=now,
                user_id=doer.user_id,
                name=doer.name,
                action=action,
                event_id=event_id,
                source_id=source_id,
                detail=detail,
            )
            for event_id in event_ids
        )
        self._begin_writing()

    def note_look(
        self, doer: Doer, *, event_id: str | None, source_id: str, detail: str
    ) -> None:
        """Let it be written that somebody looks at something; once in a while is enough."""
        now = self._clock()
        look = doer.user_id, event_id or source_id, detail
        last = self._looks.pop(look, None)
        self._looks[look] = now
        while len(self._looks) > MAX_LOOKS:
            del self._looks[next(iter(self._looks))]
        if last is None or not 0 <= now - last < LOOK_MS:
            self.note(
                doer,
                Deed.VIEWED,
                event_ids=[event_id],
                source_id=source_id,
                detail=detail,
            )

    async def close(self) -> None:
        """Write what waits; what a failing database does not take is lost."""
        self._begin_writing()
        if self._writer is not None:
            await self._writer

    async def page(
        self,
        *,
        before: int | None = None,
        user_id: str | None = None,
        action: Deed | None = None,
        limit: int,
    ) -> list[tuple[int, AuditRow]]:
        """Return rows with their numbers, newest first.

        Args:
            before: Only those with a lower number.
            user_id: Only what this user did; empty for those without a user.
            action: Only this.
            limit: How many at most.

        Raises:
            StoreError: The database fails.
        """
        await self.close()
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.id < before)
        if user_id is not None:
            statement = statement.where(audit.c.user_id == user_id)
        if action is not None:
            statement = statement.where(audit.c.action == action)

        def read(connection: Connection) -> list[tuple[int, AuditRow]]:
            """Read the rows."""
            rows = []
            for found in connection.execute(statement).mappings():
                columns = dict(found)
                number = columns.pop("id")
                action = Deed(columns.pop("action"))
                rows.append((number, AuditRow(**columns, action=action)))
            return rows

        return await self._store.run(read)

    async def doers(self, *, limit: int) -> list[Doer]:
        """Return who did anything, by the last name of each; who did so last is first.

        Args:
            limit: How many at most.

        Raises:
            StoreError: The database fails.
        """
        last = func.max(audit.c.id)
        # SQLite alone would give the name of the row with the highest number.
        latest = select(last).group_by(audit.c.user_id).order_by(last.desc())
        statement = (
            select(audit.c.user_id, audit.c.name)
            .where(audit.c.id.in_(latest.limit(limit)))
            .order_by(audit.c.id.desc())
        )
        return await self._store.run(
            lambda connection: [Doer(*row) for row in connection.execute(statement)]
        )

    async def counts(self) -> dict[str, int]:
        """Return how many rows there are of each action.

        Raises:
            StoreError: The database fails.
        """
        statement = select(audit.c.action, func.count()).group_by(audit.c.action)

        def count(connection: Connection) -> dict[str, int]:
            """Count the rows."""
            return {row[0]: row[1] for row in connection.execute(statement)}

        return await self._store.run(count)

    async def prune(self, *, before_ms: int) -> int:
        """Forget rows of before a time, Unix milliseconds; return how many.

        Raises:
            StoreError: The database fails; what was forgotten before stays so.
        """
        old = (
            select(audit.c.id)
            .where(audit.c.ts < before_ms)
            .order_by(audit.c.id)
            .limit(BATCH)
        )
        statement = delete(audit).where(audit.c.id.in_(old))
        total = 0
        while count := await self._store.run(
            lambda connection: connection.execute(statement).rowcount
        ):
            total += count
        return total

    def _begin_writing(self) -> None:
        """Let what waits be written, unless that is under way."""
        if self._waiting and (self._writer is None or self._writer.done()):
            self._writer = asyncio.get_running_loop().create_task(
                self._write(), name="vigilar_audit"
            )

    async def _write(self) -> None:
        """Write what waits, until nothing does or the database fails."""
        while self._waiting:
            rows = [
                self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))
            ]
            try:
                await self._store.run(partial(_insert, rows))
            except StoreError as err:
                # They are tried again with the next one.
                room = MAX_WAITING - len(self._waiting)
                self._waiting.extendleft(reversed(rows[max(len(rows) - room, 0) :]))
                if not self._failing:
                    _LOGGER.warning("The audit cannot be written: %s", err)
                self._failing = True
                return
            self._failing = False


def _insert(rows: Collection[AuditRow], connection: Connection) -> None:
    """Write rows."""
    connection.execute(insert(audit), [asdict(row) for row in rows])
