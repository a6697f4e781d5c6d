"""Test that what was deleted leaves the phones, and nothing else does."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.vigilar.events.ledger import Ledger
from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import ChangeKind, Event, Severity
from custom_components.vigilar.publish.phone import withdrawal
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError

from ...events.common import BEGAN
from .common import BERT, Bench, FakeApp, add_app, make_event, make_recipient

DELETED = BEGAN + 100_000


@pytest.fixture
def app(hass: HomeAssistant) -> FakeApp:
    """Return an Android phone."""
    return FakeApp(hass, "Pixel")


@pytest.fixture
def recipient(hass: HomeAssistant, app: FakeApp) -> Recipient:
    """Return the recipient that the phone is."""
    return make_recipient(kind=TargetKind.DEVICE, target=add_app(hass, "Pixel"))


@pytest.fixture
def processor(bench: Bench) -> EventProcessor:
    """Return who deletes events, for all who want some gone."""
    processor = EventProcessor(bench.store, lambda _: None, clock=bench.clock)
    processor.add_publisher("phones", bench.notifier.publish)
    return processor


def over(ts: int = BEGAN, **fields: Any) -> Event:
    """Return an event that may be deleted."""
    return make_event(ts, end_ts=ts + 1, **fields)


def incident(*events: Event) -> list[Event]:
    """Return events as those of one incident."""
    return [
        replace(event, payload=event.payload | {"incident_id": events[0].id})
        for event in events
    ]


def cleared(app: FakeApp) -> list[str]:
    """Return the tags that a phone was told to clear, in order."""
    return [
        item["data"]["tag"]
        for item in app.sent
        if item["message"] == "clear_notification"
    ]


async def delete(
    hass: HomeAssistant, processor: EventProcessor, *events: Event
) -> None:
    """Delete events, as the action and the command do."""
    ids = [event.id for event in events]
    assert await processor.delete(ids, force=True, now=DELETED) == len(events)
    await hass.async_block_till_done()


async def tick(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the time come to try again."""
    freezer.tick(timedelta(seconds=withdrawal.RETRY_S + 1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_a_deleted_event_leaves_the_phone(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """Its notification is cleared by its tag, once; that of another event stays."""
    await bench.begin(recipient)
    event, other = over(), over(BEGAN + 5, source_id="porch")
    await bench.tell(event)
    await bench.tell(other)
    await delete(hass, processor, event)
    assert app.sent[-1] == {
        "message": "clear_notification",
        "data": {"tag": event.id},
    }
    assert cleared(app) == [event.id]
    assert await bench.notifier.ledger.withdrawals() == []
    await bench.restart()
    assert cleared(app) == [event.id]


async def test_retention_clears_as_well(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """What was deleted because of its age is cleared, all of a batch."""
    await bench.begin(recipient)
    events = [over(BEGAN + index, source_id=f"door_{index}") for index in range(3)]
    for event in events:
        await bench.tell(event)
    await processor.prune(before_ms=DELETED, now=DELETED)
    await hass.async_block_till_done()
    assert sorted(cleared(app)) == sorted(event.id for event in events)


async def test_an_incident_stays_until_its_last_event_is_gone(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """Also when the one that it sounded for goes first."""
    await bench.begin(recipient)
    first, second = incident(over(source_id="drive"), over(BEGAN + 9, source_id="door"))
    await bench.tell(first)
    await bench.tell(second)
    await delete(hass, processor, first)
    assert cleared(app) == []
    assert await bench.notifier.ledger.withdrawals() == []
    await delete(hass, processor, second)
    assert cleared(app) == [first.id]


async def test_what_a_recipient_was_not_told_keeps_nothing_on_the_phone(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """The rest of the incident was kept from this phone, but not from the other."""
    pixel = FakeApp(hass, "Other")
    bert = make_recipient(
        BERT,
        kind=TargetKind.DEVICE,
        target=add_app(hass, "Other"),
        min_severity=Severity.INFO,
    )
    await bench.begin(recipient, bert)
    told, kept = incident(
        over(source_id="drive"),
        over(BEGAN + 9, source_id="door", severity=Severity.INFO),
    )
    await bench.tell(told)
    await bench.tell(kept)
    await delete(hass, processor, told)
    assert (cleared(app), cleared(pixel)) == ([told.id], [])
    await delete(hass, processor, kept)
    assert (cleared(app), cleared(pixel)) == ([told.id], [told.id])


async def test_what_was_never_told_is_not_cleared(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """Nothing is sent to a phone that shows nothing."""
    await bench.begin(recipient)
    event = over(severity=Severity.INFO)
    await bench.tell(event)
    await delete(hass, processor, event)
    assert app.sent == []


async def test_a_test_stays_on_the_phone(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """Who tests deletes the event before anybody has looked at the phone."""
    await bench.begin(recipient)
    bench.notifier.testers.add(recipient.id)
    event = over()
    event = replace(event, payload=event.payload | {"test": True})
    await bench.tell(event)
    await delete(hass, processor, event)
    assert len(app.sent) == 1
    assert cleared(app) == []


async def test_plain_text_cannot_be_cleared(
    hass: HomeAssistant, bench: Bench, processor: EventProcessor
) -> None:
    """A notify entity would send the command as words."""
    calls: list[ServiceCall] = []
    hass.services.async_register("notify", "send_message", calls.append)
    hass.states.async_set("notify.anna", "unknown")
    await bench.begin(make_recipient())
    event = over()
    await bench.tell(event)
    assert len(calls) == 1
    await delete(hass, processor, event)
    assert len(calls) == 1
    assert await bench.notifier.ledger.withdrawals() == []


async def test_tried_again_and_given_up(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A phone that is away is cleared when it is back, unless that takes for ever."""
    await bench.begin(recipient)
    events = [over(), over(BEGAN + 5, source_id="porch")]
    for event in events:
        await bench.tell(event)
    app.fails = HomeAssistantError("away")
    await delete(hass, processor, events[0])
    app.fails = None
    await tick(hass, freezer)
    assert cleared(app) == [events[0].id]

    app.fails = HomeAssistantError("away")
    await delete(hass, processor, events[1])
    for _ in range(withdrawal.MAX_FAILURES - 1):
        assert len(await bench.notifier.ledger.withdrawals()) == 1
        await tick(hass, freezer)
    assert await bench.notifier.ledger.withdrawals() == []


async def test_a_restart_takes_up_what_is_left(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Also an app that registers late; a recipient that is gone is let go."""
    await bench.begin(recipient)
    event = over()
    await bench.tell(event)
    await bench.notifier.async_stop()
    await bench.store.delete([event.id], force=False, now=DELETED)
    hass.services.async_remove("notify", app.service)
    await bench.restart()
    app = FakeApp(hass, "Pixel")
    await tick(hass, freezer)
    assert cleared(app) == [event.id]


async def test_a_recipient_that_is_gone(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
) -> None:
    """Nobody knows any more where to clear it."""
    await bench.begin(recipient)
    event = over()
    await bench.tell(event)
    bench.notifier.async_set_recipients([])
    await delete(hass, processor, event)
    assert cleared(app) == []
    assert await bench.notifier.ledger.withdrawals() == []


async def test_what_is_being_sent_is_cleared_after_it(
    hass: HomeAssistant, bench: Bench, processor: EventProcessor, recipient: Recipient
) -> None:
    """Else the notification would come after the command that is to remove it."""
    released, begun = asyncio.Event(), asyncio.Event()
    sent: list[str] = []

    async def slow(call: ServiceCall) -> None:
        """Take the first message only when told to."""
        if call.data["message"] != "clear_notification":
            begun.set()
            await released.wait()
        sent.append(call.data["message"])

    hass.services.async_register("notify", "mobile_app_pixel", slow)
    await bench.begin(recipient)
    event = over()
    change = await bench.store.write(event, ChangeKind.NEW)
    bench.notifier.publish(change)
    await begun.wait()
    assert await processor.delete([event.id], force=True, now=DELETED) == 1
    released.set()
    await hass.async_block_till_done()
    assert sent[1:] == ["clear_notification"]


async def test_a_ledger_that_fails(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is asked again."""
    await bench.begin(recipient)
    event = over()
    await bench.tell(event)
    with patch.object(Ledger, "withdrawals", side_effect=StoreError("disk")):
        await delete(hass, processor, event)
    assert "The delivery ledger failed: disk" in caplog.text
    await tick(hass, freezer)
    assert cleared(app) == [event.id]


async def test_a_stop_leaves_no_timer(
    hass: HomeAssistant,
    bench: Bench,
    processor: EventProcessor,
    app: FakeApp,
    recipient: Recipient,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What failed is for the next start."""
    await bench.begin(recipient)
    event = over()
    await bench.tell(event)
    app.fails = HomeAssistantError("away")
    await delete(hass, processor, event)
    await bench.notifier.async_stop()
    app.fails = None
    await tick(hass, freezer)
    assert cleared(app) == []
    await bench.restart()
    assert cleared(app) == [event.id]
