"""Test the delivery ledger, snoozes and reviews."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from custom_components.vigilar.events.ledger import (
    Delivery,
    DeliveryState,
    DeviceDelivery,
    Ledger,
    Snooze,
)
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import ChangeKind, Severity

from .common import BEGAN, FakeClock, make_event


def make_row(
    event_id: str = "e1", recipient_id: str = "anna", **fields: object
) -> Delivery:
    """Return a row that says that something was sent."""
    row = Delivery(
        event_id=event_id,
        recipient_id=recipient_id,
        source_id="front_door",
        severity=Severity.ALERT,
        recipient="Anna",
        nature="person/alert",
        state=DeliveryState.SENT,
        at=BEGAN,
        sent_at=BEGAN,
        done=True,
    )
    return replace(row, **fields)  # type: ignore[arg-type]


async def test_a_row_is_read_as_it_was_written(store: EventStore) -> None:
    """All of it, and the newer in the place of the older."""
    ledger = Ledger(store)
    await ledger.put([])
    await ledger.put([make_row(), make_row("e2")])
    full = make_row(
        state=DeliveryState.FAILED,
        reason="cooldown",
        params={"seconds": 41},
        critical=True,
        dismissed=True,
        done=False,
        failing_since=BEGAN + 1,
        attempts=3,
        updates=2,
        devices={"d": DeviceDelivery("Pixel", rang=True, told="x", error="no route")},
    )
    await ledger.put([full, make_row(recipient_id="bert")])
    assert await ledger.of_event("e1") == [full, make_row(recipient_id="bert")]
    assert await ledger.of_event("e3") == []


async def test_what_is_unfinished(store: EventStore) -> None:
    """Each event once, however many recipients wait."""
    ledger = Ledger(store)
    await ledger.put(
        [
            make_row("e1"),
            make_row("e2", done=False),
            make_row("e2", "bert", done=False),
            make_row("e3", "bert", done=False),
        ]
    )
    assert sorted(await ledger.unfinished()) == ["e2", "e3"]


async def test_last_sent(store: EventStore) -> None:
    """The newest of this recipient and source that mattered as much and did not fail."""
    ledger = Ledger(store)
    assert await ledger.last_sent("anna", "front_door", at_least=Severity.INFO) is None
    await ledger.put(
        [
            make_row("e1", sent_at=BEGAN),
            make_row("e2", sent_at=BEGAN + 1, severity=Severity.WARNING),
            make_row("e3", sent_at=BEGAN + 2, state=DeliveryState.FAILED),
            make_row("e4", sent_at=None, state=DeliveryState.NOT_SENT),
            make_row("e5", "bert", sent_at=BEGAN + 5),
            make_row("e6", sent_at=BEGAN + 6, source_id="back_yard"),
        ]
    )
    found = {
        severity: await ledger.last_sent("anna", "front_door", at_least=severity)
        for severity in Severity
    }
    assert found == {
        Severity.INFO: BEGAN + 1,
        Severity.WARNING: BEGAN + 1,
        Severity.ALERT: BEGAN,
        Severity.CRITICAL: None,
    }


async def test_snoozes(store: EventStore) -> None:
    """One a recipient and source, until its time."""
    ledger = Ledger(store)
    await ledger.snooze(Snooze("anna", "front_door", BEGAN + 10, "Anna"))
    snooze = Snooze("anna", "front_door", BEGAN + 20, "Bert")
    await ledger.snooze(snooze)
    assert await ledger.snoozed("anna", "front_door", BEGAN + 19) == snooze
    assert await ledger.snoozed("anna", "front_door", BEGAN + 20) is None
    assert await ledger.snoozed("anna", "back_yard", BEGAN) is None
    assert await ledger.snoozed("bert", "front_door", BEGAN) is None


async def test_all_goes_with_its_event(store: EventStore) -> None:
    """When an event is deleted, what is kept with it is, and nothing else."""
    old = make_event(end_ts=BEGAN + 1)
    kept = make_event(BEGAN + 5)
    ledger = Ledger(store)
    for event in (old, kept):
        await store.write(event, ChangeKind.NEW)
        await ledger.put([make_row(event.id)])
    await store.prune(before_ms=BEGAN + 2, now=BEGAN + 10)
    assert await ledger.of_event(old.id) == []
    assert await ledger.of_event(kept.id) == [make_row(kept.id)]


async def test_an_older_database_gets_the_tables(
    database: Path, clock: FakeClock
) -> None:
    """A database of before the ledger keeps its events and gets the rest."""
    store = EventStore(f"sqlite:///{database}", clock=clock)
    await store.open(now=BEGAN)
    event = make_event(end_ts=BEGAN + 1)
    await store.write(event, ChangeKind.NEW)
    await store.run(_drop_the_ledger)
    await store.close()

    store = EventStore(f"sqlite:///{database}", clock=clock)
    await store.open(now=BEGAN)
    ledger = Ledger(store)
    await ledger.put([make_row(event.id, done=False)])
    assert await ledger.unfinished() == [event.id]
    await store.prune(before_ms=BEGAN + 2, now=BEGAN + 10)
    assert await ledger.of_event(event.id) == []
    await store.close()


def _drop_the_ledger(connection: Connection) -> None:
    """Leave what there was before the ledger."""
    connection.exec_driver_sql("DROP TRIGGER deliveries_follow_events")
    for table in ("deliveries", "snoozes"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
