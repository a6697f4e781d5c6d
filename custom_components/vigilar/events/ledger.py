"""The delivery ledger: who was told of which event, and why not.

One row an event and recipient. It is written before anything is sent, so that
after a crash nobody is disturbed twice for the same event.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from enum import StrEnum
import json
from typing import Any, Final

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from ..models import Severity
from .schema import deliveries, snoozes, withdrawals
from .store import EventStore

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
_COLUMNS: Final = ("event_id", "recipient_id", "source_id", "sent_at")


class DeliveryState(StrEnum):
    """What became of an event on its way to a recipient."""

    SENDING = "sending"
    SENT = "sent"
    UPDATED = "updated"
    FAILED = "failed"
    NOT_SENT = "not_sent"
    JOINED = "joined"
    """Shown, without a sound, by the notification of its incident."""


@dataclass(slots=True)
class DeviceDelivery:
    """What one device of a recipient knows of an event.

    Attributes:
        name: For people.
        rang: It was disturbed already, or may have been.
        told: Digest of what it shows; None if that is not known to be anything.
        error: Why the last attempt failed, or None.
    """

    name: str
    rang: bool = False
    told: str | None = None
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """The ledger's row of an event and a recipient.

    Attributes:
        event_id: The event.
        recipient_id: The recipient.
        source_id: The source of the event.
        severity: Of the event when it was judged.
        recipient: Name of the recipient, for people.
        nature: What the event was when it was judged; another nature is judged anew.
        state: What became of it.
        reason: Code of why it was not sent, or None.
        params: What the words of `reason` need; JSON types.
        at: When this row last changed, Unix milliseconds.
        sent_at: When it was decided to send, Unix milliseconds, or None.
        critical: It breaks through silent mode.
        again: A notification of its incident has sounded before it.
        dismissed: The recipient has put it away.
        done: Nothing is left to do, even after a restart.
        failing_since: Since when every attempt fails, Unix milliseconds, or None.
        attempts: How many failed in a row.
        updates: How often it was updated in place.
        devices: What each device knows, by its key.
    """

    event_id: str
    recipient_id: str
    source_id: str
    severity: Severity
    recipient: str
    nature: str
    state: DeliveryState
    at: int
    reason: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    sent_at: int | None = None
    critical: bool = False
    again: bool = False
    dismissed: bool = False
    done: bool = False
    failing_since: int | None = None
    attempts: int = 0
    updates: int = 0
    devices: dict[str, DeviceDelivery] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is found by: event and recipient."""
        return self.event_id, self.recipient_id

    @property
    def told(self) -> bool:
        """Return whether any device shows something of the event."""
        return any(device.told for device in self.devices.values())


@dataclass(frozen=True, slots=True)
class Snooze:
    """That a camera is to leave a recipient alone for a while.

    Attributes:
        recipient_id: The recipient.
        source_id: The camera.
        until: Unix milliseconds.
        by: Who asked for it, a name for people.
    """

    recipient_id: str
    source_id: str
    until: int
    by: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That events were deleted of which a recipient's phone may still speak.

    Attributes:
        tag: Of the notification: the incident of the events, or the only one.
        recipient_id: The recipient.
    """

    tag: str
    recipient_id: str


class Ledger:
    """Deliveries, withdrawals and snoozes, in the event database.

    Every method raises `StoreError` when the database fails.
    """

    def __init__(self, store: EventStore) -> None:
        """Keep the ledger in an event store."""
        self._store = store

    async def put(self, rows: Collection[Delivery]) -> None:
        """Write rows in one transaction, in the place of those of before."""
        if not rows:
            return
        values = [_values(row) for row in rows]
        upsert = insert(deliveries)
        upsert = upsert.on_conflict_do_update(
            index_elements=["event_id", "recipient_id"],
            set_={
                column.name: column
                for column in upsert.excluded
                if column.name not in ("event_id", "recipient_id")
            },
        )
        await self._store.run(lambda connection: connection.execute(upsert, values))

    async def of_event(self, event_id: str) -> list[Delivery]:
        """Return an event's rows, in the order of their recipients' ids."""
        return await self.of_events([event_id])

    async def of_events(self, event_ids: Collection[str]) -> list[Delivery]:
        """Return the rows of some events, as `of_event` does."""
        statement = (
            select(deliveries)
            .where(deliveries.c.event_id.in_(event_ids))
            .order_by(deliveries.c.event_id, deliveries.c.recipient_id)
        )
        return await self._store.run(
            lambda connection: [_delivery(row) for row in connection.execute(statement)]
        )

    async def shown_with(self, row: Delivery) -> list[str]:
        """Return the ids of the events that the notification of a row shows."""
        event = await self._store.get(row.event_id)
        incident_id = None if event is None else event.payload.get("incident_id")
        if incident_id is None:
            return [row.event_id]
        events = await self._store.incident(incident_id)
        return [
            other.event_id
            for other in await self.of_events([event.id for event in events])
            if other.recipient_id == row.recipient_id
            and other.state is not DeliveryState.NOT_SENT
        ]

    async def unfinished(self) -> list[str]:
        """Return the ids of the events of which somebody is still to be told something."""
        statement = (
            select(deliveries.c.event_id).where(deliveries.c.done == 0).distinct()
        )
        return await self._store.run(
            lambda connection: list(connection.execute(statement).scalars())
        )

    async def last_sent(
        self, recipient_id: str, source_id: str, *, at_least: Severity
    ) -> int | None:
        """Return when a recipient was last told of a source, Unix milliseconds.

        Args:
            recipient_id: The recipient.
            source_id: The source.
            at_least: Only events of this severity and above count.
        """
        statement = select(func.max(deliveries.c.sent_at)).where(
            deliveries.c.recipient_id == recipient_id,
            deliveries.c.source_id == source_id,
            deliveries.c.severity >= _RANKS[at_least],
            deliveries.c.state != DeliveryState.FAILED.value,
        )
        return await self._store.run(
            lambda connection: connection.execute(statement).scalar()
        )

    async def withdrawals(self) -> list[Withdrawal]:
        """Return what is to be taken back from phones; deleting events leaves it."""
        return await self._store.run(
            lambda connection: [
                Withdrawal(*row) for row in connection.execute(select(withdrawals))
            ]
        )

    async def is_shown(self, withdrawal: Withdrawal) -> bool:
        """Return whether a notification speaks of an event that is still there."""
        events = await self._store.incident(withdrawal.tag)
        return any(
            row.recipient_id == withdrawal.recipient_id
            and row.state is not DeliveryState.NOT_SENT
            for row in await self.of_events([event.id for event in events])
        )

    async def put_withdrawn(self, withdrawal: Withdrawal) -> None:
        """Note that nothing is left to be taken back."""
        statement = delete(withdrawals).where(
            withdrawals.c.tag == withdrawal.tag,
            withdrawals.c.recipient_id == withdrawal.recipient_id,
        )
        await self._store.run(lambda connection: connection.execute(statement))

    async def snooze(self, snooze: Snooze) -> None:
        """Keep a snooze, in the place of one of before."""
        values = asdict(snooze)
        upsert = insert(snoozes).values(values)
        upsert = upsert.on_conflict_do_update(
            index_elements=["recipient_id", "source_id"], set_=values
        )
        await self._store.run(lambda connection: connection.execute(upsert))

    async def snoozed(
        self, recipient_id: str, source_id: str, now: int
    ) -> Snooze | None:
        """Return the snooze that holds at `now`, Unix milliseconds, or None."""
        statement = select(snoozes).where(
            snoozes.c.recipient_id == recipient_id,
            snoozes.c.source_id == source_id,
            snoozes.c.until > now,
        )
        row = await self._store.run(
            lambda connection: connection.execute(statement).one_or_none()
        )
        return None if row is None else Snooze(*row)


def _values(row: Delivery) -> dict[str, Any]:
    """Return the columns of a row: those to find it by, the rest as JSON."""
    detail = asdict(row)
    columns = {key: detail.pop(key) for key in _COLUMNS}
    return columns | {
        "severity": _RANKS[detail.pop("severity")],
        "state": detail.pop("state").value,
        "done": int(detail.pop("done")),
        "detail": json.dumps(detail, separators=(",", ":")),
    }


def _delivery(row: Row[Any]) -> Delivery:
    """Return the delivery that a row holds."""
    detail = json.loads(row.detail)
    devices = {
        key: DeviceDelivery(**device) for key, device in detail.pop("devices").items()
    }
    return Delivery(
        **{key: getattr(row, key) for key in _COLUMNS},
        **detail,
        severity=tuple(Severity)[row.severity],
        state=DeliveryState(row.state),
        done=bool(row.done),
        devices=devices,
    )
