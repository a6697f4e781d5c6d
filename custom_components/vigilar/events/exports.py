"""What the event database knows of exports: copies that can be fetched for a while."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from .schema import exports
from .store import EventStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A copy that is on disk under its final name.

    Attributes:
        id: ULID.
        source_id: Whose pictures are in it.
        root: The folder that all media were kept in then.
        path: Below the root, with slashes.
        name: What to call it where it is saved.
        bytes: Its size.
        expires: Until when it can be fetched, Unix milliseconds.
    """

    id: str
    source_id: str
    root: str
    path: str
    name: str
    bytes: int
    expires: int


class ExportStore:
    """The exports' table in the event database.

    Every method may raise `StoreError`.
    """

    def __init__(self, store: EventStore) -> None:
        """Use an open store."""
        self._store = store

    async def add(self, export: ExportFile) -> None:
        """Record an export that is on disk."""
        statement = insert(exports).values(asdict(export))
        await self._store.run(lambda connection: connection.execute(statement))

    async def get(self, export_id: str) -> ExportFile | None:
        """Return an export, expired or not; None if there is none."""
        return next((each for each in await self.all() if each.id == export_id), None)

    async def all(self) -> list[ExportFile]:
        """Return every export, oldest first."""
        statement = select(exports).order_by(exports.c.id)
        return await self._store.run(
            lambda connection: [
                ExportFile(**row) for row in connection.execute(statement).mappings()
            ]
        )

    async def forget(self, export_ids: Collection[str]) -> None:
        """Forget exports whose files are gone."""
        statement = delete(exports).where(exports.c.id.in_(export_ids))
        await self._store.run(lambda connection: connection.execute(statement))
