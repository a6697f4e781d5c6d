"""What people say of events is stored, published and can be taken back."""

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest

from custom_components.vigilar.events import processor as processor_module, schema
from custom_components.vigilar.events.processor import Amend, EventProcessor
from custom_components.vigilar.events.query import EventQuery
from custom_components.vigilar.events.reviews import (
    MAX_REVIEWS,
    Reviewer,
    Verdict,
    judged,
    noted,
    seen,
    unjudged,
    unseen,
)
from custom_components.vigilar.events.store import (
    DeletionRefusedError,
    EventStore,
    Refusal,
    StoreError,
)
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    ObservationKind,
    Severity,
)

from .common import BEGAN, FRONT_DOOR, FakeClock, make_event, observe

ANNA = Reviewer("anna", "Anna", BEGAN)
BERT = Reviewer("bert", "Bert", BEGAN + 1)
ANNAS_MARK = {"user_id": "anna", "by": "Anna", "ts": BEGAN}
BERTS_MARK = {"user_id": "bert", "by": "Bert", "ts": BEGAN + 1}


@pytest.fixture
async def processor(
    store: EventStore, clock: FakeClock
) -> AsyncIterator[EventProcessor]:
    """Return a running processor."""
    processor = EventProcessor(store, lambda _source_id: FRONT_DOOR, clock=clock)
    processor.start()
    yield processor
    await processor.stop()


@pytest.fixture
def heard(processor: EventProcessor) -> list[Change]:
    """Return what the processor publishes."""
    changes: list[Change] = []
    processor.add_publisher("test", changes.append)
    return changes


@pytest.mark.parametrize(
    ("amends", "payload"),
    [
        ([seen(ANNA)], {"reviews": [ANNAS_MARK]}),
        ([seen(ANNA), seen(BERT)], {"reviews": [ANNAS_MARK, BERTS_MARK]}),
        ([seen(ANNA), seen(Reviewer("anna", "A", 9))], {"reviews": [ANNAS_MARK]}),
        ([seen(ANNA), seen(BERT), unseen("anna")], {"reviews": [BERTS_MARK]}),
        ([seen(ANNA), unseen("anna")], {}),
        ([unseen("anna")], {}),
        (
            [judged(Verdict.PERSON, ANNA)],
            {"feedback": {"verdict": "person", "by": "Anna", "ts": BEGAN}},
        ),
        (
            [judged(Verdict.PERSON, ANNA), judged(Verdict.FALSE_ALARM, BERT)],
            {
                "feedback": {"verdict": "false_alarm", "by": "Bert", "ts": BEGAN + 1},
                "reviews": [BERTS_MARK],
            },
        ),
        ([judged(Verdict.OTHER, ANNA), unjudged], {}),
        (
            [noted("a", ANNA), noted("b", BERT)],
            {"note": {"text": "b", "by": "Bert", "ts": BEGAN + 1}},
        ),
        ([noted("a", ANNA), noted("", BERT)], {}),
    ],
)
def test_amendments(amends: list[Amend], payload: dict[str, object]) -> None:
    """Each says one thing, leaves the rest alone and alters no payload in place."""
    result = {"kept": 1}
    for amend in amends:
        before = repr(result)
        amended = amend(result)
        assert repr(result) == before
        result = amended
    assert result == {"kept": 1, **payload}


def test_only_so_many_marks_are_kept() -> None:
    """An event stays small in a house with many people."""
    payload: dict[str, list[object]] = {}
    for number in range(MAX_REVIEWS + 5):
        payload = seen(Reviewer(str(number), "", 0))(payload)
    assert len(payload["reviews"]) == MAX_REVIEWS


async def test_revisions_are_stored_in_batches_and_published(
    store: EventStore,
    processor: EventProcessor,
    heard: list[Change],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each event changes once, with a number, and says so; those that are gone do not."""
    monkeypatch.setattr(processor_module, "BATCH", 2)
    stored = [make_event(BEGAN + n, end_ts=BEGAN + n) for n in range(5)]
    for event in stored:
        await store.write(event, ChangeKind.NEW)
    ids = [event.id for event in stored]

    assert await processor.revise([*ids, "0" * 26], seen(ANNA)) == 5
    assert await processor.revise(ids, seen(ANNA)) == 0

    assert [change.seq for change in heard] == [6, 7, 8, 9, 10]
    assert {change.kind for change in heard} == {ChangeKind.UPDATED}
    assert await store.changes_since(5) == heard
    reviewed = await store.page(EventQuery(reviewed=True, reviewer="anna"))
    assert [event.id for event in reviewed] == ids[::-1]
    assert reviewed[0].payload["reviews"] == [ANNAS_MARK]


async def test_an_event_that_goes_on_keeps_what_was_said(
    store: EventStore, processor: EventProcessor, clock: FakeClock
) -> None:
    """Its next observation does not write over a review, nor a review over its news."""
    new = await processor.handle(observe())
    assert new is not None
    event_id = new.event.id
    await processor.handle(
        observe(ObservationKind.MOTION_UPDATED, score=0.9, ts=BEGAN + 1)
    )
    assert await processor.revise([event_id], seen(ANNA)) == 1
    stored = await store.get(event_id)
    assert stored is not None
    assert stored.payload["score"] == 0.9
    clock.now += 5000
    await processor.handle(observe(ObservationKind.MOTION_ENDED, ts=BEGAN + 4000))
    assert await processor.revise([event_id], noted("late", ANNA)) == 1
    ended = await store.get(event_id)
    assert ended is not None
    assert ended.payload["reviews"] == [ANNAS_MARK]
    assert ended.payload["note"]["text"] == "late"
    assert ended.payload["end_ts"] == BEGAN + 4000


async def test_a_revision_that_cannot_be_stored_is_told(
    store: EventStore, processor: EventProcessor, heard: list[Change]
) -> None:
    """Who asked hears of it at once, and nothing is published or kept."""
    change = await processor.handle(observe())
    assert change is not None
    heard.clear()
    with (
        patch.object(store, "write_all", side_effect=StoreError("full")),
        pytest.raises(StoreError),
    ):
        await processor.revise([change.event.id], seen(ANNA))
    assert heard == []
    await processor.handle(observe(ObservationKind.MOTION_ENDED, ts=BEGAN + 1))
    stored = await store.get(change.event.id)
    assert stored is not None
    assert "reviews" not in stored.payload


async def test_deletion(
    store: EventStore, processor: EventProcessor, heard: list[Change]
) -> None:
    """Each is told, the numbers go on, and what was asked twice is asked once."""
    stored = [make_event(BEGAN + n, end_ts=BEGAN + n) for n in range(3)]
    for event in stored:
        await store.write(event, ChangeKind.NEW)
    ids = [event.id for event in stored[:2]]
    assert await processor.delete([*ids, ids[0]], force=False, now=BEGAN) == 2
    assert await processor.delete(ids, force=False, now=BEGAN) == 0
    assert [(change.seq, change.kind) for change in heard] == [
        (4, ChangeKind.DELETED),
        (5, ChangeKind.DELETED),
    ]
    assert {change.event.id for change in heard} == set(ids)
    assert [event.id for event in await store.page()] == [stored[2].id]


async def test_a_deleted_event_does_not_come_back(
    store: EventStore, processor: EventProcessor
) -> None:
    """What waits to be said of it is not said."""
    change = await processor.handle(observe())
    assert change is not None
    await processor.handle(observe(ObservationKind.MOTION_ENDED, ts=BEGAN + 1))
    for _ in range(2):
        await processor.amend(change.event.id, lambda p: p | {"n": p.get("n", 0) + 1})
    assert await processor.delete([change.event.id], force=False, now=BEGAN) == 1
    await processor.stop()
    assert await store.page() == []


async def test_what_must_stay_is_not_deleted(
    store: EventStore, processor: EventProcessor
) -> None:
    """Open events never, protected ones only by force, and then all of them or none."""
    free, kept = (make_event(BEGAN + n, end_ts=BEGAN + n) for n in range(2))
    lasting = make_event(BEGAN + 5)
    for event in (free, kept, lasting):
        await store.write(event, ChangeKind.NEW)
    await store.run(
        lambda connection: connection.execute(
            schema.protected.insert().values(event_id=kept.id, at=0)
        )
    )
    for ids, force, refusal in (
        ([free.id, kept.id], False, Refusal.PROTECTED),
        ([free.id, lasting.id], True, Refusal.OPEN),
    ):
        with pytest.raises(DeletionRefusedError) as refused:
            await processor.delete(ids, force=force, now=BEGAN)
        assert refused.value.refusal is refusal
    assert len(await store.page()) == 3
    assert await processor.delete([free.id, kept.id], force=True, now=BEGAN) == 2
    left = await store.run(
        lambda connection: connection.execute(schema.protected.select()).all()
    )
    assert left == []


async def test_unreviewed_are_counted(
    store: EventStore, processor: EventProcessor
) -> None:
    """Those of severity alert and above, by source, also after a restart."""
    stored = [
        make_event(BEGAN + n, severity=severity, end_ts=BEGAN + n, source_id=source)
        for n, (severity, source) in enumerate(
            (severity, source) for severity in Severity for source in "ab"
        )
    ]
    for event in stored:
        await store.write(event, ChangeKind.NEW)
    assert store.unreviewed == {"a": 2, "b": 2}
    alerts = [event.id for event in stored if event.severity is Severity.ALERT]
    await processor.revise(alerts[:1], seen(ANNA))
    assert store.unreviewed == {"a": 1, "b": 2}
    await processor.revise(alerts[:1], seen(BERT))
    await store.close()
    await store.open(now=BEGAN)
    assert store.unreviewed == {"a": 1, "b": 2}
    for user, count in (("anna", 1), ("bert", 2)):
        await processor.revise(alerts[:1], unseen(user))
        assert store.unreviewed["a"] == count
    await processor.delete(alerts, force=False, now=BEGAN)
    assert store.unreviewed == {"a": 1, "b": 1}
