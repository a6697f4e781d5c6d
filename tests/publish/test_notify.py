"""Test the way to the phone: once with a sound, then quietly, and never twice."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.vigilar.events.ledger import (
    Delivery,
    DeliveryState,
    Ledger,
    Snooze,
)
from custom_components.vigilar.events.reviews import Reviewer, seen
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    Severity,
)
from custom_components.vigilar.publish import notify
from custom_components.vigilar.publish.phone import house, planner
from custom_components.vigilar.publish.phone.recipient import (
    Presence,
    Recipient,
    TargetKind,
)
from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..events.common import BEGAN
from .phone.common import (
    ANNA,
    BERT,
    Bench,
    FakeApp,
    add_app,
    ended,
    make_event,
    make_recipient,
    with_media,
)


def _phone(hass: HomeAssistant, **fields: Any) -> tuple[FakeApp, Recipient]:
    """Return Anna's Android phone and the recipient that it is."""
    device_id = add_app(hass, "Pixel")
    recipient = make_recipient(kind=TargetKind.DEVICE, target=device_id, **fields)
    return FakeApp(hass, "Pixel"), recipient


def _iphone(hass: HomeAssistant, **fields: Any) -> tuple[FakeApp, Recipient]:
    """Return Anna's iPhone and the recipient that it is."""
    device_id = add_app(hass, "iPhone", manufacturer="Apple")
    recipient = make_recipient(kind=TargetKind.DEVICE, target=device_id, **fields)
    return FakeApp(hass, "iPhone"), recipient


async def _pass(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let time pass."""
    bench.clock.now += int(seconds * 1000)
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_one_notification_updated_in_place(
    hass: HomeAssistant, bench: Bench
) -> None:
    """Text and snapshot, then the clip, then the end: one tag and one sound."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event(snapshot="ready")
    await bench.tell(event)
    assert (await bench.row(event)).state is DeliveryState.SENT

    event = with_media(event, preview="ready", clip="pending")
    await bench.tell(event, ChangeKind.UPDATED)
    assert len(app.sent) == 1
    event = ended(event)
    await bench.tell(event, ChangeKind.ENDED)
    assert not (await bench.row(event)).done
    await bench.tell(with_media(event, clip="ready"), ChangeKind.UPDATED)

    assert {item["data"]["tag"] for item in app.sent} == {event.id}
    assert [
        item["data"].get("image", item["data"].get("video")) for item in app.sent
    ] == [
        f"/api/vigilar/events/{event.id}/snapshot",
        f"/api/vigilar/events/{event.id}/snapshot",
        f"/api/vigilar/events/{event.id}/clip",
    ]
    assert app.sounds == 1
    row = await bench.row(event)
    assert (row.state, row.updates, row.done) == (DeliveryState.UPDATED, 2, True)


async def test_nothing_new_is_not_sent_again(hass: HomeAssistant, bench: Bench) -> None:
    """An update that changes nothing on the phone is no message."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    for _ in range(3):
        await bench.tell(event, ChangeKind.UPDATED)
    assert len(app.sent) == 1


async def test_waits_for_the_snapshot(hass: HomeAssistant, bench: Bench) -> None:
    """A snapshot that is ready in time is part of the first message."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event(snapshot="pending")
    await bench.tell(event)
    await bench.tell(with_media(event, preview="pending"), ChangeKind.UPDATED)
    assert app.sent == []
    await bench.tell(with_media(event, snapshot="ready"), ChangeKind.UPDATED)
    assert [item["data"]["image"] for item in app.sent] == [
        f"/api/vigilar/events/{event.id}/snapshot"
    ]


async def test_does_not_wait_long_for_the_snapshot(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """After a while the words go alone, and the picture follows."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event(snapshot="pending")
    # Whole seconds, for the tests' time knows no less.
    with patch.object(notify, "SNAPSHOT_WAIT_S", 4):
        await bench.tell(event)
    await _pass(hass, bench, freezer, 3)
    assert app.sent == []
    await _pass(hass, bench, freezer, 2)
    assert "image" not in app.sent[0]["data"]
    await bench.tell(with_media(event, snapshot="ready"), ChangeKind.UPDATED)
    assert "image" in app.sent[1]["data"]


async def test_ios_keeps_a_critical_alert(hass: HomeAssistant, bench: Bench) -> None:
    """IOS cannot replace it, so it is never followed by another."""
    app, recipient = _iphone(hass, critical_from=Severity.ALERT)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert [item["data"]["push"]["interruption-level"] for item in app.sent] == [
        "critical"
    ]
    row = await bench.row(event)
    assert (row.state, row.critical, row.done) == (DeliveryState.SENT, True, True)


async def test_critical_only_from_the_chosen_severity(
    hass: HomeAssistant, bench: Bench
) -> None:
    """What matters less does not break through; a rise does not ring again."""
    app, recipient = _phone(hass, critical_from=Severity.CRITICAL)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    await bench.tell(replace(event, severity=Severity.CRITICAL), ChangeKind.UPDATED)
    assert {item["data"]["channel"] for item in app.sent} == {"Vigilar"}


async def test_what_rises_is_judged_anew(hass: HomeAssistant, bench: Bench) -> None:
    """A motion that proves to be a person is sent; its end alone would not be."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    motion = make_event(event_type=EventType.MOTION, severity=Severity.INFO)
    await bench.tell(motion)
    row = await bench.row(motion)
    assert (row.state, row.reason, row.sent_at) == (
        DeliveryState.NOT_SENT,
        "severity",
        None,
    )
    person = replace(motion, type=EventType.PERSON, severity=Severity.ALERT)
    await bench.tell(person, ChangeKind.UPDATED)
    assert [item["title"] for item in app.sent] == ["Person: Front door"]
    assert (await bench.row(motion)).state is DeliveryState.SENT


async def test_what_is_not_sent_stays_so(hass: HomeAssistant, bench: Bench) -> None:
    """When quiet time ends, an update of what happened in it is not sent."""
    hass.states.async_set("schedule.day", "off", {"friendly_name": "Day"})
    app, recipient = _phone(hass, conditions=("schedule.day",))
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    hass.states.async_set("schedule.day", "on")
    await bench.tell(with_media(event, clip="ready"), ChangeKind.UPDATED)
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert app.sent == []
    row = await bench.row(event)
    assert (row.reason, row.params, row.done) == ("quiet", {"entity": "Day"}, True)


async def test_cooldown(hass: HomeAssistant, bench: Bench) -> None:
    """Of a camera, the next one that matters no more is not sent for a while."""
    app, recipient = _phone(hass, cooldown_s=60)
    await bench.begin(recipient)
    vehicle: dict[str, Any] = {
        "event_type": EventType.VEHICLE,
        "severity": Severity.WARNING,
    }
    await bench.tell(make_event(**vehicle))
    bench.clock.now += 19_000
    again = make_event(BEGAN + 1, **vehicle)
    await bench.tell(again)
    row = await bench.row(again)
    assert (row.reason, row.params) == ("cooldown", {"seconds": 41})
    await bench.tell(make_event(BEGAN + 2, source_id="back_yard", **vehicle))
    await bench.tell(make_event(BEGAN + 3))
    bench.clock.now += 60_000
    await bench.tell(make_event(BEGAN + 4, **vehicle))
    assert [item["title"] for item in app.sent] == [
        "Vehicle: Front door",
        "Vehicle: Back yard",
        "Person: Front door",
        "Vehicle: Front door",
    ]


async def test_cooldown_holds_between_events_of_the_same_moment(
    hass: HomeAssistant, bench: Bench
) -> None:
    """Two events that are judged at once do not both find that it is over."""
    app, recipient = _phone(hass, cooldown_s=60)
    await bench.begin(recipient)
    changes = [
        await bench.store.write(make_event(BEGAN + n), ChangeKind.NEW) for n in range(5)
    ]
    for change in changes:
        bench.notifier.publish(change)
    await hass.async_block_till_done()
    assert len(app.sent) == 1


async def test_nobody_home(hass: HomeAssistant, bench: Bench) -> None:
    """Who is at home needs no phone."""
    hass.states.async_set("person.bert", "home", {"friendly_name": "Bert"})
    app, recipient = _phone(hass, presence=Presence.NOBODY_HOME)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    assert (await bench.row(event)).params == {"person": "Bert"}
    hass.states.async_set("person.bert", "not_home")
    await bench.tell(make_event(BEGAN + 1))
    assert len(app.sent) == 1


async def test_everybody_gets_a_row(hass: HomeAssistant, bench: Bench) -> None:
    """One recipient's failure or refusal is not another's."""
    app, anna = _phone(hass)
    bert = make_recipient(BERT, name="Bert", types=frozenset({EventType.ANIMAL}))
    carl = make_recipient("C", name="Carl")
    await bench.begin(anna, bert, carl)
    event = make_event()
    await bench.tell(event)
    states = {
        row.recipient: (row.state, row.reason)
        for row in await bench.notifier.ledger.of_event(event.id)
    }
    assert states == {
        "Anna": (DeliveryState.SENT, None),
        "Bert": (DeliveryState.NOT_SENT, "type"),
        "Carl": (DeliveryState.FAILED, "no_device"),
    }
    assert len(app.sent) == 1


async def test_a_person_has_several_devices(hass: HomeAssistant, bench: Bench) -> None:
    """All are told, and only those that failed are told again."""
    add_app(hass, "Pixel")
    add_app(hass, "iPad", manufacturer="Apple")
    pixel, ipad = FakeApp(hass, "Pixel"), FakeApp(hass, "iPad")
    hass.states.async_set("person.anna", "not_home", {"user_id": "user-anna"})
    recipient = make_recipient(kind=TargetKind.PERSON, target="person.anna")
    ipad.fails = HomeAssistantError("offline")
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    row = await bench.row(event)
    assert row.state is DeliveryState.FAILED
    errors = {device.name: device.error for device in row.devices.values()}
    assert errors == {"Pixel": None, "iPad": "offline"}
    ipad.fails = None
    await bench.tell(event, ChangeKind.UPDATED)
    assert (len(pixel.sent), len(ipad.sent)) == (1, 1)
    assert ipad.sounds == 1
    assert (await bench.row(event)).state is DeliveryState.SENT


async def test_a_device_that_fails_and_goes(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """Nobody is waited for that is not there any more."""
    add_app(hass, "Pixel")
    add_app(hass, "iPad", manufacturer="Apple")
    pixel, ipad = FakeApp(hass, "Pixel"), FakeApp(hass, "iPad")
    hass.states.async_set("person.anna", "not_home", {"user_id": "user-anna"})
    ipad.fails = HomeAssistantError("offline")
    await bench.begin(make_recipient(kind=TargetKind.PERSON, target="person.anna"))
    event = make_event()
    await bench.tell(event)
    assert (await bench.row(event)).state is DeliveryState.FAILED
    hass.services.async_remove("notify", ipad.service)
    await _pass(hass, bench, freezer, 5)
    row = await bench.row(event)
    assert (row.state, row.attempts) == (DeliveryState.SENT, 0)
    assert len(pixel.sent) == 1


async def test_a_failed_send_is_retried(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """After 5, 10, 20 s it is tried again, and it rings once when it succeeds."""
    app, recipient = _iphone(hass)
    app.fails = HomeAssistantError("no route")
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    for attempts, wait in enumerate((5, 10, 20), 1):
        row = await bench.row(event)
        assert (row.state, row.attempts) == (DeliveryState.FAILED, attempts)
        await _pass(hass, bench, freezer, wait - 1)
        assert (await bench.row(event)).attempts == attempts
        await _pass(hass, bench, freezer, 1)
    app.fails = None
    await _pass(hass, bench, freezer, 40)
    assert (len(app.sent), app.sounds) == (1, 1)
    row = await bench.row(event)
    assert (row.state, row.attempts, row.failing_since) == (DeliveryState.SENT, 0, None)


async def test_gives_up_after_ten_minutes(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """Then the administrators are told, once, without any secret."""
    app, recipient = _phone(hass)
    app.fails = HomeAssistantError(f"webhook {'f' * 64} at https://push.example/x")
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    for _ in range(9):
        await _pass(hass, bench, freezer, 60)
    assert not (await bench.row(event)).done
    for _ in range(2):
        await _pass(hass, bench, freezer, 60)
    row = await bench.row(event)
    assert (row.state, row.done) == (DeliveryState.FAILED, True)
    told = persistent_notification._async_get_or_create_notifications(hass)
    assert [item["message"] for item in told.values()] == [
        "Anna could not be notified for ten minutes: webhook … at …"
    ]
    app.fails = None
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert app.sent == []


async def test_an_update_that_fails_late_has_ten_minutes_of_its_own(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """They count from the first failure, not from the first message."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    bench.clock.now += 1_800_000
    app.fails = HomeAssistantError("no route")
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert not (await bench.row(event)).done
    app.fails = None
    await _pass(hass, bench, freezer, 5)
    assert (len(app.sent), app.sounds) == (2, 1)


async def test_a_recipient_without_a_device(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """It is a failure: an app that registers late is still told."""
    device_id = add_app(hass, "Pixel")
    recipient = make_recipient(kind=TargetKind.DEVICE, target=device_id)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    row = await bench.row(event)
    assert (row.state, row.reason) == (DeliveryState.FAILED, "no_device")
    app = FakeApp(hass, "Pixel")
    await _pass(hass, bench, freezer, 5)
    assert len(app.sent) == 1
    row = await bench.row(event)
    assert (row.state, row.reason) == (DeliveryState.SENT, None)


async def test_a_service_that_hangs(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """It counts as failed; as it may have arrived, the next try is quiet."""
    app, recipient = _iphone(hass)

    await _hang(hass, app)
    await bench.begin(recipient)
    event = make_event()
    with patch.object(house, "SEND_TIMEOUT_S", 0):
        await bench.tell(event)
    row = await bench.row(event)
    assert [device.error for device in row.devices.values()] == ["TimeoutError"]
    app = FakeApp(hass, "iPhone")
    await _pass(hass, bench, freezer, 5)
    assert (len(app.sent), app.sounds) == (1, 0)


async def test_a_restart_sends_nothing_twice(hass: HomeAssistant, bench: Bench) -> None:
    """What the ledger knows is not told again; the end that was missed is."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    await bench.restart()
    assert len(app.sent) == 1
    await bench.store.write(ended(event), ChangeKind.ENDED)
    await bench.restart(after_ms=3_600_000)
    assert (len(app.sent), app.sounds) == (2, 1)
    await bench.restart()
    assert len(app.sent) == 2
    assert await bench.notifier.ledger.unfinished() == []


async def test_a_crash_while_sending_does_not_ring_twice(
    hass: HomeAssistant, bench: Bench
) -> None:
    """Nobody knows whether it arrived: the phone is told again without a sound."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    put = Ledger.put
    writes = 0

    async def _put_then_die(ledger: Ledger, rows: Collection[Delivery]) -> None:
        """Write the intention, and not what became of it."""
        nonlocal writes
        writes += 1
        if writes > 1:
            raise StoreError("killed")
        await put(ledger, rows)

    with patch.object(Ledger, "put", _put_then_die):
        await bench.tell(event)
    assert (await bench.row(event)).state is DeliveryState.SENDING
    assert (len(app.sent), app.sounds) == (1, 1)
    await bench.restart()
    assert (len(app.sent), app.sounds) == (2, 1)
    assert (await bench.row(event)).state is DeliveryState.UPDATED


async def test_a_crash_before_the_ledger_is_made_up_for(
    hass: HomeAssistant, bench: Bench
) -> None:
    """An event that nobody was told of is told at the next start, if it is recent."""
    app, recipient = _phone(hass)
    old = make_event(BEGAN - 700_000)
    await bench.store.write(old, ChangeKind.NEW)
    event = make_event(BEGAN - 60_000)
    await bench.store.write(event, ChangeKind.NEW)
    await bench.begin(recipient)
    assert [item["data"]["tag"] for item in app.sent] == [event.id]


async def test_a_retry_survives_a_restart(hass: HomeAssistant, bench: Bench) -> None:
    """Within ten minutes it goes on; later it is given up and said."""
    app, recipient = _phone(hass)
    app.fails = HomeAssistantError("no route")
    await bench.begin(recipient)
    first, second = make_event(), make_event(BEGAN + 1)
    await bench.tell(first)
    app.fails = None
    await bench.restart(after_ms=300_000)
    assert (len(app.sent), (await bench.row(first)).state) == (1, DeliveryState.SENT)

    app.fails = HomeAssistantError("no route")
    await bench.tell(second)
    app.fails = None
    await bench.restart(after_ms=3_600_000)
    row = await bench.row(second)
    assert (row.state, row.reason, row.done) == (DeliveryState.FAILED, "too_late", True)
    assert len(app.sent) == 1
    told = persistent_notification._async_get_or_create_notifications(hass)
    assert len(told) == 1


async def test_a_ledger_that_fails_is_tried_again(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing is sent that was not written before; then it rings."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    with patch.object(Ledger, "put", side_effect=StoreError("disk full")):
        await bench.tell(event)
    assert app.sent == []
    await _pass(hass, bench, freezer, 5)
    assert (len(app.sent), app.sounds) == (1, 1)


async def test_seen_ends_the_updates(hass: HomeAssistant, bench: Bench) -> None:
    """What somebody has seen does not come back to any phone."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    await bench.revise([event.id], seen(Reviewer("user-bert", "Bert", BEGAN)))
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert len(app.sent) == 1
    row = await bench.row(event)
    assert (row.state, row.done) == (DeliveryState.SENT, True)


async def test_an_afterthought_rings_no_phone(
    hass: HomeAssistant, bench: Bench
) -> None:
    """A note to an event of last week is no news for who came since."""
    app, recipient = _phone(hass)
    await bench.begin()
    event = ended(make_event(), BEGAN + 45_000)
    await bench.tell(event)
    bench.notifier.async_set_recipients([recipient])
    bench.clock.now = BEGAN + 7 * 86_400_000
    await bench.revise([event.id], seen(Reviewer("user-bert", "Bert", BEGAN)))
    assert app.sent == []
    assert await bench.notifier.ledger.of_event(event.id) == []


async def test_a_snooze_holds_for_a_camera_and_a_recipient(
    hass: HomeAssistant, bench: Bench
) -> None:
    """It ends the updates and keeps the next event away, until it is over."""
    app, anna = _phone(hass)
    await bench.begin(anna)
    event = make_event()
    await bench.tell(event)
    until = BEGAN + 1_800_000
    await bench.notifier.ledger.snooze(Snooze(ANNA, "front_door", until, "Anna"))
    await bench.tell(ended(event), ChangeKind.ENDED)
    quiet = make_event(BEGAN + 1)
    await bench.tell(quiet)
    assert len(app.sent) == 1
    row = await bench.row(quiet)
    assert (row.reason, row.params) == ("snoozed", {"by": "Anna", "until_ts": until})
    await bench.tell(make_event(BEGAN + 2, source_id="back_yard"))
    bench.clock.now = until
    await bench.tell(make_event(BEGAN + 3))
    assert len(app.sent) == 3


async def test_a_deleted_event_is_forgotten(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """Its rows go with it, and nothing more is sent of it."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event(snapshot="pending")
    await bench.tell(event)
    await bench.store.write(ended(event), ChangeKind.ENDED)
    later = BEGAN + 86_400_000
    for change in await bench.store.prune(before_ms=later, now=later):
        bench.notifier.publish(change)
        bench.notifier.publish(change)
    await _pass(hass, bench, freezer, 1)
    assert app.sent == []
    assert await bench.notifier.ledger.of_event(event.id) == []
    assert bench.notifier.diagnostics == {"recipients": 1, "under_way": 0}


async def test_without_recipients_nothing_is_written(
    hass: HomeAssistant, bench: Bench
) -> None:
    """The ledger stays empty, and so does memory."""
    await bench.begin()
    event = make_event()
    await bench.tell(event)
    assert await bench.notifier.ledger.of_event(event.id) == []
    assert bench.notifier.diagnostics == {"recipients": 0, "under_way": 0}


async def test_recipients_change_while_running(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """A recipient that is gone is told nothing more, not even what failed."""
    app, recipient = _phone(hass)
    app.fails = HomeAssistantError("no route")
    await bench.begin(recipient)
    await bench.tell(make_event())
    bench.notifier.async_set_recipients([])
    app.fails = None
    await _pass(hass, bench, freezer, 5)
    assert app.sent == []
    assert bench.notifier.diagnostics["under_way"] == 0


async def test_a_new_phone_in_a_long_event(hass: HomeAssistant, bench: Bench) -> None:
    """What began long ago is no news for it, and no failure."""
    add_app(hass, "Pixel")
    pixel = FakeApp(hass, "Pixel")
    hass.states.async_set("person.anna", "not_home", {"user_id": "user-anna"})
    recipient = make_recipient(kind=TargetKind.PERSON, target="person.anna")
    await bench.begin(recipient)
    event = make_event()
    await bench.tell(event)
    add_app(hass, "iPad", manufacturer="Apple")
    ipad = FakeApp(hass, "iPad")
    bench.clock.now += 3_600_000
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert (len(pixel.sent), len(ipad.sent)) == (2, 0)
    assert (await bench.row(event)).state is DeliveryState.UPDATED


@pytest.mark.parametrize("kind", [ChangeKind.NEW, ChangeKind.ENDED])
async def test_changes_while_sending(
    hass: HomeAssistant, bench: Bench, kind: ChangeKind
) -> None:
    """What happens while a message is under way is told after it."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    first = await bench.store.write(event, ChangeKind.NEW)
    second = await bench.store.write(ended(event), ChangeKind.ENDED)
    bench.notifier.publish(first)
    while not app.sent:
        await asyncio.sleep(0)
    bench.notifier.publish(second if kind is ChangeKind.ENDED else first)
    await hass.async_block_till_done()
    assert app.sounds == 1
    assert len(app.sent) == (2 if kind is ChangeKind.ENDED else 1)
    assert (await bench.row(event)).done is (kind is ChangeKind.ENDED)


async def test_what_goes_wrong_stays_with_its_event(
    hass: HomeAssistant, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault in one event is logged; the next one is sent."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    with patch.object(planner, "compose", side_effect=RuntimeError("fault")):
        await bench.tell(make_event())
    assert "Gave up an event" in caplog.text
    assert bench.notifier.diagnostics["under_way"] == 0
    await bench.tell(make_event(BEGAN + 1))
    assert len(app.sent) == 1


async def _hang(hass: HomeAssistant, app: FakeApp) -> asyncio.Event:
    """Let an app's action hang until the event that is returned is set."""
    released = asyncio.Event()

    async def _wait(_call: object) -> None:
        await released.wait()

    hass.services.async_register("notify", app.service, _wait)
    return released


async def _publish(bench: Bench, app: FakeApp, event: Event) -> asyncio.Event:
    """Publish an event until its message is under way; return what releases it."""
    released = await _hang(bench.hass, app)
    bench.notifier.publish(await bench.store.write(event, ChangeKind.NEW))
    while not await bench.notifier.ledger.of_event(event.id):
        await asyncio.sleep(0)
    return released


async def test_a_stop_while_sending(hass: HomeAssistant, bench: Bench) -> None:
    """Nothing is waited for; the next start goes on without a second sound."""
    app, recipient = _iphone(hass)
    await bench.begin(recipient)
    event = make_event()
    await _publish(bench, app, event)
    await bench.notifier.async_stop()
    assert (await bench.row(event)).state is DeliveryState.SENDING
    app = FakeApp(hass, "iPhone")
    await bench.restart()
    assert (len(app.sent), app.sounds) == (1, 0)


async def test_a_deletion_while_sending(hass: HomeAssistant, bench: Bench) -> None:
    """What is under way ends, and nothing follows."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event()
    released = await _publish(bench, app, event)
    bench.notifier.publish(Change(9, ChangeKind.DELETED, replace(event, payload={})))
    released.set()
    await hass.async_block_till_done()
    assert bench.notifier.diagnostics["under_way"] == 0


async def test_a_deletion_while_sending_leaves_no_row(
    hass: HomeAssistant, bench: Bench
) -> None:
    """The row went with its event, and the result does not bring it back."""
    app, recipient = _phone(hass)
    await bench.begin(recipient)
    event = make_event(end_ts=BEGAN + 1)
    released = await _publish(bench, app, event)
    for change in await bench.store.delete([event.id], force=False, now=BEGAN + 2):
        bench.notifier.publish(change)
    released.set()
    await hass.async_block_till_done()
    assert await bench.notifier.ledger.of_event(event.id) == []


async def test_a_stop_while_waiting(
    hass: HomeAssistant, bench: Bench, freezer: FrozenDateTimeFactory
) -> None:
    """No timer outlives it."""
    app, recipient = _phone(hass)
    app.fails = HomeAssistantError("no route")
    await bench.begin(recipient)
    await bench.tell(make_event())
    await bench.notifier.async_stop()
    app.fails = None
    await _pass(hass, bench, freezer, 60)
    assert app.sent == []
