"""Test that an incident is one notification, and sounds again only for worse."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.vigilar.events.ledger import DeliveryState
from custom_components.vigilar.models import ChangeKind, Event, EventType, Severity
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..events.common import BEGAN
from .phone.common import (
    BERT,
    Bench,
    FakeApp,
    add_app,
    ended,
    make_event,
    make_recipient,
    with_media,
)


@pytest.fixture
def app(hass: HomeAssistant) -> FakeApp:
    """Return an iPhone, which says itself whether it sounds."""
    return FakeApp(hass, "iPhone")


@pytest.fixture
def recipient(hass: HomeAssistant, app: FakeApp) -> Recipient:
    """Return the recipient that the iPhone is."""
    return make_recipient(
        kind=TargetKind.DEVICE, target=add_app(hass, "iPhone", manufacturer="Apple")
    )


def incident(*events: Event) -> list[Event]:
    """Return events as those of one incident."""
    return [
        replace(event, payload=event.payload | {"incident_id": events[0].id})
        for event in events
    ]


def way(**last: Any) -> list[Event]:
    """Return the incident of somebody who goes from the drive to the porch."""
    return incident(
        make_event(source_id="driveway"),
        make_event(BEGAN + 20_000, **{"source_id": "porch", **last}),
    )


async def test_one_notification_an_incident(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """What follows is added to the first notification, without a sound."""
    await bench.begin(recipient)
    first, second = way()
    await bench.tell(first)
    await bench.tell(second)
    [one, two] = app.sent
    assert one["data"]["tag"] == two["data"]["tag"] == first.id
    assert one["title"] == "Person: Driveway"
    assert two["title"] == "Person: Driveway → Porch"
    assert app.sounds == 1
    assert (await bench.row(first)).state is DeliveryState.UPDATED
    joined = await bench.row(second)
    assert (joined.state, joined.done) == (DeliveryState.JOINED, True)
    assert joined.params == {"told_ts": bench.clock.now}


async def test_it_is_over_when_all_of_it_is(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """The text follows each of its events, and the ledger closes with the last."""
    await bench.begin(recipient)
    first, second = way()
    await bench.tell(first)
    await bench.tell(ended(first), ChangeKind.ENDED)
    assert (await bench.row(first)).done
    await bench.tell(second)
    assert not (await bench.row(first)).done
    assert app.sent[-1]["message"] == "since 14:13:20"
    await bench.tell(ended(second), ChangeKind.ENDED)
    assert (await bench.row(first)).done
    assert app.sent[-1]["message"] == "from 14:13:20 to 14:14:05"
    assert app.sounds == 1


async def test_worse_sounds_again_in_place(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """What is more severe than what was told disturbs once more, with the same tag."""
    pixel = FakeApp(hass, "Pixel")
    android = make_recipient(
        BERT, kind=TargetKind.DEVICE, target=add_app(hass, "Pixel")
    )
    await bench.begin(recipient, android)
    first, second = way(severity=Severity.CRITICAL)
    await bench.tell(first)
    await bench.tell(second)
    await bench.tell(ended(second), ChangeKind.ENDED)
    await bench.tell(ended(first), ChangeKind.ENDED)
    assert app.sounds == 2
    assert {item["data"]["tag"] for item in app.sent} == {first.id}
    # Android keeps quiet what replaces something, unless told otherwise.
    assert [item["data"]["alert_once"] for item in pixel.sent] == [
        True,
        False,
        True,
    ]
    assert (await bench.row(first)).done
    assert (await bench.row(second)).state is DeliveryState.UPDATED


async def test_what_joined_and_proves_to_be_worse_sounds(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """A movement on the porch that is a person in the end."""
    await bench.begin(recipient)
    first, second = way(severity=Severity.WARNING, event_type=EventType.MOTION)
    await bench.tell(first)
    await bench.tell(second)
    assert app.sent[-1]["title"] == "Person: Driveway → Porch (Motion)"
    assert app.sounds == 1
    risen = replace(second, type=EventType.PERSON, severity=Severity.CRITICAL)
    await bench.tell(risen, ChangeKind.UPDATED)
    assert app.sounds == 2
    assert app.sent[-1]["title"] == "Person: Driveway → Porch"


async def test_what_a_recipient_does_not_want_is_not_in_the_text(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """Neither its camera nor its end, and it neither sounds nor updates."""
    await bench.begin(replace(recipient, cameras=frozenset({"driveway"})))
    first, second = way(severity=Severity.CRITICAL)
    await bench.tell(second)
    await bench.tell(first)
    assert [item["title"] for item in app.sent] == ["Person: Driveway"]
    assert (await bench.row(second)).state is DeliveryState.NOT_SENT


async def test_the_cooldown_does_not_keep_a_stop_out_of_the_text(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """It keeps from sounds, and what joins makes none."""
    await bench.begin(replace(recipient, cooldown_s=300))
    first, second = way()
    third = incident(first, make_event(BEGAN + 30_000, source_id="driveway"))[1]
    for event in (first, second, third):
        await bench.tell(event)
    assert app.sounds == 1
    assert app.sent[-1]["title"] == "Person: Driveway → Porch → Driveway"


async def test_a_restart_within_an_incident(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """The ledger knows that it has sounded, and the store what else there was."""
    await bench.begin(recipient)
    first, second = way()
    await bench.tell(first)
    await bench.restart(after_ms=10_000)
    await bench.tell(second)
    assert app.sounds == 1
    assert app.sent[-1]["title"] == "Person: Driveway → Porch"


async def test_a_new_recipient_is_not_told_what_was_before(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """Only of what happens from then on."""
    await bench.begin()
    first, second = way()
    await bench.tell(first)
    bench.notifier.async_set_recipients([recipient])
    await bench.tell(second)
    assert [item["title"] for item in app.sent] == ["Person: Porch"]


async def test_seen_holds_for_all_that_the_notification_shows(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """And for no more of the incident than that; then it is left alone."""
    await bench.begin(replace(recipient, cameras=frozenset({"driveway", "porch"})))
    first, second = way()
    hidden = incident(first, make_event(BEGAN + 1000, source_id="cellar"))[1]
    for event in (first, hidden, second):
        await bench.tell(event)
    await bench.tap(app.action("VIGILAR_SEEN"))
    stored = await bench.store.get_all([first.id, hidden.id, second.id])
    assert {key for key, event in stored.items() if "reviews" in event.payload} == {
        first.id,
        second.id,
    }
    count = len(app.sent)
    await bench.tell(ended(second), ChangeKind.ENDED)
    assert len(app.sent) == count


async def test_what_was_put_away_is_not_brought_back(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """Unless it becomes worse."""
    await bench.begin(recipient)
    first, second = way()
    await bench.tell(first)
    row = await bench.row(first)
    await bench.notifier._async_dismiss(row)
    await bench.tell(second)
    assert len(app.sent) == 1
    worse = replace(second, severity=Severity.CRITICAL)
    await bench.tell(worse, ChangeKind.UPDATED)
    assert app.sounds == 2


async def test_what_failed_for_good_does_not_swallow_the_rest(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """Nobody was told of it, so the next event of the incident sounds."""
    await bench.begin(recipient)
    first, second = way()
    app.fails = HomeAssistantError("away")
    await bench.tell(first)
    row = await bench.row(first)
    row.done = True
    await bench.notifier.async_stop()
    await bench.notifier.ledger.put([row])
    app.fails = None
    await bench.restart()
    await bench.tell(second)
    assert [item["title"] for item in app.sent] == ["Person: Driveway → Porch"]
    assert (await bench.row(second)).state is DeliveryState.SENT


async def test_a_deleted_event_leaves_the_text(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """While somebody is still to be told of the rest."""
    await bench.begin(recipient)
    first, second = way()
    app.fails = HomeAssistantError("away")
    await bench.tell(first)
    await bench.tell(ended(second))
    app.fails = None
    for change in await bench.store.delete(
        [second.id], force=False, now=bench.clock.now
    ):
        bench.notifier.publish(change)
    await hass.async_block_till_done()
    assert [item["title"] for item in app.sent] == ["Person: Driveway"]


async def test_the_picture_is_of_what_matters_most(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """As the tap and the live view; without a picture of it another does."""
    await bench.begin(recipient)
    first, second = way(severity=Severity.CRITICAL)
    first = with_media(first, snapshot="ready")
    await bench.tell(first)
    await bench.tell(second)
    data = app.sent[-1]["data"]
    assert data["image"].endswith(f"{first.id}/snapshot")
    assert data["url"] == f"/vigilar/event/{second.id}"
    assert data["actions"][-1]["uri"] == "/vigilar/live/porch"


async def test_a_long_way_is_shortened(
    hass: HomeAssistant, bench: Bench, app: FakeApp, recipient: Recipient
) -> None:
    """To where it began and where it is now."""
    await bench.begin(recipient)
    events = incident(
        *(
            make_event(BEGAN + number, source_id=f"camera_{number}")
            for number in range(7)
        )
    )
    for event in events:
        await bench.tell(event)
    assert app.sent[-1]["title"] == (
        "Person: Camera 0 → Camera 1 → … → Camera 5 → Camera 6"
    )
