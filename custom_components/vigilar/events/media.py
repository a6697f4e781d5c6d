"""What the event database knows of media: a row a file, and which events to keep.

Beside the events, on the store's own thread.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
import json
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    delete,
    exists,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from ..models import MediaKind, Severity
from .clock import wall_ms
from .schema import MEDIA_PENDING, MEDIA_READY, events, exports, media_files, protected
from .store import EventStore

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
_MOST_AT_ONCE: Final = 500
_KEY: Final = (media_files.c.event_id, media_files.c.kind, media_files.c.part)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file that is on disk under its final name.

    Attributes:
        event_id: Its event.
        kind: What it is.
        part: Of a clip, counted from 0.
        root: The folder that all media were kept in then.
        path: Below the root, with slashes.
        bytes: Its size.
        start_ts: What it shows first, Unix milliseconds.
        duration_ms: How long that is; 0 of a still picture.
    """

    event_id: str
    kind: MediaKind
    part: int = 0
    root: str
    path: str
    bytes: int
    start_ts: int
    duration_ms: int = 0


class MediaStore:
    """The media's tables in the event database.

    Every method may raise `StoreError`.
    """

    def __init__(
        self, store: EventStore, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        """Use an open store; `clock` gives Unix milliseconds."""
        self._store = store
        self._clock = clock

    async def add(self, files: Iterable[MediaFile]) -> None:
        """Record files that are on disk; one that was there before is replaced."""
        rows = [asdict(file) | {"kind": file.kind.value} for file in files]

        def record(connection: Connection) -> None:
            """Insert or replace every row."""
            for row in rows:
                connection.execute(
                    insert(media_files)
                    .values(row)
                    .on_conflict_do_update(
                        index_elements=[column.name for column in _KEY], set_=row
                    )
                )

        await self._store.run(record)

    async def forget(self, event_ids: Collection[str]) -> None:
        """Forget all files of events."""
        await self._store.run(
            lambda connection: connection.execute(
                delete(media_files).where(media_files.c.event_id.in_(event_ids))
            )
        )

    async def drop(self, file: MediaFile) -> None:
        """Forget one file."""
        await self._store.run(
            lambda connection: connection.execute(
                delete(media_files).where(
                    media_files.c.event_id == file.event_id,
                    media_files.c.kind == file.kind.value,
                    media_files.c.part == file.part,
                )
            )
        )

    async def get(self, event_id: str, kind: MediaKind, part: int) -> MediaFile | None:
        """Return a file of an event, or None."""
        found = await self._select(
            media_files.c.event_id == event_id,
            media_files.c.kind == kind.value,
            media_files.c.part == part,
        )
        return found[0] if found else None

    async def events_among(self, ids: Collection[str]) -> set[str]:
        """Return which of some ids are events of this database."""
        wanted = sorted(ids)

        def select_known(connection: Connection) -> set[str]:
            """Ask in batches: a statement takes only so many values."""
            return {
                event_id
                for start in range(0, len(wanted), _MOST_AT_ONCE)
                for event_id in connection.scalars(
                    select(events.c.id).where(
                        events.c.id.in_(wanted[start : start + _MOST_AT_ONCE])
                    )
                )
            }

        return await self._store.run(select_known)

    async def of(self, event_ids: Collection[str]) -> list[MediaFile]:
        """Return all files of events, a clip's parts in order."""
        return await self._select(media_files.c.event_id.in_(event_ids))

    async def all(self) -> list[MediaFile]:
        """Return every file there is a row of."""
        return await self._select()

    async def of_kind(
        self, kind: MediaKind, source_id: str | None = None
    ) -> list[MediaFile]:
        """Return the files of a kind, of one source or of all, newest event first."""
        conditions: list[Any] = [media_files.c.kind == kind.value]
        if source_id is not None:
            own = select(events.c.id).where(events.c.source_id == source_id)
            conditions.append(media_files.c.event_id.in_(own))
        return (await self._select(*conditions))[::-1]

    async def parts_between(
        self, source_id: str, start: int, end: int
    ) -> list[MediaFile]:
        """Return the parts of a source's clips that show anything of a time.

        Args:
            source_id: The source.
            start: Unix milliseconds.
            end: Unix milliseconds.
        """
        own = select(events.c.id).where(events.c.source_id == source_id)
        return await self._select(
            media_files.c.event_id.in_(own),
            media_files.c.kind == MediaKind.CLIP.value,
            media_files.c.start_ts < end,
            media_files.c.start_ts + media_files.c.duration_ms > start,
        )

    async def times(self, source_id: str) -> list[int]:
        """Return when a source's events with media began, Unix milliseconds."""
        statement = (
            select(events.c.ts)
            .where(
                events.c.source_id == source_id,
                events.c.id.in_(
                    select(media_files.c.event_id).where(
                        media_files.c.kind != MediaKind.LUMA.value
                    )
                ),
            )
            .order_by(events.c.ts)
        )
        return await self._store.run(
            lambda connection: list(connection.execute(statement).scalars())
        )

    async def knows(self, root: str) -> bool:
        """Return whether any file is in a folder."""
        statement = select(media_files.c.event_id).where(media_files.c.root == root)
        return await self._store.run(
            lambda connection: (
                connection.execute(statement.limit(1)).first() is not None
            )
        )

    async def orphans(self) -> list[MediaFile]:
        """Return the files of events that are not stored any more."""
        return await self._select(media_files.c.event_id.not_in(select(events.c.id)))

    async def pending(self) -> dict[str, dict[str, Any]]:
        """Return the media, as in the payload, of every event that waits for some."""
        statement = select(events.c.id, events.c.payload).where(MEDIA_PENDING)
        return await self._store.run(
            lambda connection: {
                row.id: json.loads(row.payload)["media"]
                for row in connection.execute(statement)
            }
        )

    async def usage(self) -> dict[MediaKind, tuple[int, int]]:
        """Return the number of files and their bytes by kind."""
        statement = select(
            media_files.c.kind, func.count(), func.sum(media_files.c.bytes)
        ).group_by(media_files.c.kind)
        return await self._store.run(
            lambda connection: {
                MediaKind(kind): (count, int(size))
                for kind, count, size in connection.execute(statement)
            }
        )

    async def size(self) -> int:
        """Return the bytes of all files, copies that were asked for among them."""
        usage = await self.usage()
        exported = select(func.coalesce(func.sum(exports.c.bytes), 0))
        return sum(size for _, size in usage.values()) + await self._store.run(
            lambda connection: int(connection.execute(exported).scalar_one())
        )

    async def expired(
        self, before_ms: Mapping[Severity, int], limit: int
    ) -> list[tuple[str, int]]:
        """Return events whose media are too old, least severe first, then oldest.

        Args:
            before_ms: By severity: when they must have ended before, Unix milliseconds.
            limit: How many at most.

        Returns:
            Their ids and the bytes of their media. Open and protected ones, and
            those without media, are not among them.
        """
        found: list[tuple[str, int]] = []
        for severity in _RANKS:
            if severity in before_ms and len(found) < limit:
                cutoff = before_ms[severity]
                found += await self._disposable(
                    limit - len(found),
                    events.c.severity == _RANKS[severity],
                    # Implied by the second, but this one the index knows; the sign
                    # keeps the second from another index, of all events.
                    events.c.ts < cutoff,
                    literal_column("+events.end_ts") < cutoff,
                )
        return found

    async def disposable(
        self, limit: int, root: str | None = None
    ) -> list[tuple[str, int]]:
        """Return events whose media may go, in the order in which to let them go.

        As `expired`, whatever their age.

        Args:
            limit: How many at most.
            root: Only what is in this folder; None for all.
        """
        if root is None:
            return await self._disposable(limit)
        own = (media_files.c.event_id == events.c.id, media_files.c.root == root)
        return await self._disposable(limit, exists().where(*own))

    async def protect(self, event_id: str, *, on: bool) -> bool:
        """Keep an event and its media whatever their age, or do not any more.

        Returns:
            Whether there is such an event.
        """
        if on:
            row = {"event_id": event_id, "at": self._clock()}
            statement: Any = insert(protected).values(row).on_conflict_do_nothing()
        else:
            statement = delete(protected).where(protected.c.event_id == event_id)

        def mark(connection: Connection) -> bool:
            """Mark an event that is there."""
            wanted = select(events.c.id).where(events.c.id == event_id)
            if connection.execute(wanted).first() is None:
                return False
            connection.execute(statement)
            return True

        return await self._store.run(mark)

    async def _disposable(self, limit: int, *conditions: Any) -> list[tuple[str, int]]:
        """Return ended, unprotected events with media that meet conditions."""
        size = (
            select(func.sum(media_files.c.bytes))
            .where(media_files.c.event_id == events.c.id)
            .scalar_subquery()
        )
        statement = (
            select(events.c.id, size)
            .where(
                MEDIA_READY,
                events.c.end_ts.is_not(None),
                # Somebody still writes those.
                not_(MEDIA_PENDING),
                events.c.id.not_in(select(protected.c.event_id)),
                # The event does not say yet that they are gone.
                exists().where(media_files.c.event_id == events.c.id),
                *conditions,
            )
            .order_by(events.c.severity, events.c.ts, events.c.id)
            .limit(limit)
        )
        return await self._store.run(
            lambda connection: [
                (event_id, int(size))
                for event_id, size in connection.execute(statement)
            ]
        )

    async def _select(self, *conditions: Any) -> list[MediaFile]:
        """Return the files that meet conditions, in the order of their keys."""
        statement = select(media_files).where(*conditions).order_by(*_KEY)
        return await self._store.run(
            lambda connection: [_file(row) for row in connection.execute(statement)]
        )


def _file(row: Row[Any]) -> MediaFile:
    """Return the file that a row tells of."""
    return MediaFile(
        **{**row._mapping, "kind": MediaKind(row.kind)}  # noqa: SLF001
    )
