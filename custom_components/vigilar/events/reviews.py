"""Which events somebody has looked at; what one has seen is seen for everybody."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from .schema import reviews
from .store import EventStore


@dataclass(frozen=True, slots=True)
class Review:
    """That an event was looked at.

    Attributes:
        event_id: The event.
        by: Who said so first, a name for people.
        ts: When, Unix milliseconds.
    """

    event_id: str
    by: str
    ts: int


class Reviews:
    """The reviewed flag of events, kept as long as they are."""

    def __init__(self, store: EventStore) -> None:
        """Keep the flags in an event store."""
        self._store = store

    async def mark(self, review: Review) -> None:
        """Mark an event as reviewed; the first to do so stays.

        Raises:
            StoreError: It was not stored.
        """
        statement = (
            insert(reviews)
            .values(event_id=review.event_id, by=review.by, ts=review.ts)
            .on_conflict_do_nothing()
        )
        await self._store.run(lambda connection: connection.execute(statement))

    async def of(self, event_ids: Collection[str]) -> dict[str, Review]:
        """Return the reviews of those of these events that have one, by event id.

        Raises:
            StoreError: They cannot be read.
        """
        statement = select(reviews).where(reviews.c.event_id.in_(event_ids))
        return await self._store.run(
            lambda connection: {
                row.event_id: Review(row.event_id, row.by, row.ts)
                for row in connection.execute(statement)
            }
        )
