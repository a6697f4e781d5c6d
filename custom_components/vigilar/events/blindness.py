"""The spans in which nobody watched, on the store's thread."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from ..models import BlindPeriod, BlindReason
from .schema import blind


def begin(
    connection: Connection, source_id: str | None, reason: BlindReason, ts: int
) -> BlindPeriod | None:
    """Begin a blind period; None if one of its kind lasts already."""
    lasting = select(blind.c.id).where(
        blind.c.source_id == source_id,
        blind.c.reason == reason.value,
        blind.c.end.is_(None),
    )
    if connection.execute(lasting).first() is not None:
        return None
    return record(connection, source_id, reason, ts, None)


def record(
    connection: Connection,
    source_id: str | None,
    reason: BlindReason,
    start: int,
    end: int | None,
) -> BlindPeriod:
    """Write a blind period down."""
    statement = insert(blind).values(
        source_id=source_id, start=start, end=end, reason=reason.value
    )
    number = connection.execute(statement.returning(blind.c.id)).scalar_one()
    return BlindPeriod(source_id, start, end, reason, number)


def end(
    connection: Connection, source_id: str, reason: BlindReason, ts: int
) -> list[BlindPeriod]:
    """End what lasts of a source for a reason, none before its start."""
    return _end(
        connection, ts, blind.c.source_id == source_id, blind.c.reason == reason.value
    )


def end_all(connection: Connection, ts: int) -> None:
    """End all that lasts, none before its start."""
    _end(connection, ts)


def _end(connection: Connection, ts: int, *conditions: Any) -> list[BlindPeriod]:
    """End those that last and meet conditions."""
    statement = (
        update(blind)
        .where(blind.c.end.is_(None), *conditions)
        .values(end=func.max(blind.c.start, ts))
        .returning(blind)
    )
    return [_period(row) for row in connection.execute(statement)]


def between(
    connection: Connection, start: int, end: int, source_ids: Collection[str] | None
) -> list[BlindPeriod]:
    """Return those that touch a span, in the order they began.

    Args:
        connection: In a transaction.
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
    return [_period(row) for row in connection.execute(statement)]


def _period(row: Row[Any]) -> BlindPeriod:
    """Return the period that a row holds."""
    return BlindPeriod(
        row.source_id, row.start, row.end, BlindReason(row.reason), row.id
    )
