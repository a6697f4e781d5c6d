"""Test what a tap on a button does, and whose taps count."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.vigilar.models import ChangeKind, Event, Severity
from custom_components.vigilar.publish.phone.panel import Disarming
from custom_components.vigilar.publish.phone.recipient import TargetKind
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ...events.common import BEGAN
from .common import (
    ANNA,
    BERT,
    Bench,
    FakeApp,
    add_app,
    ended,
    make_event,
    make_recipient,
)


@pytest.fixture
async def told(hass: HomeAssistant, bench: Bench) -> tuple[FakeApp, Event]:
    """Return Anna's phone and the event that it was told of."""
    MockUser(id="user-anna", name="Anna A.").add_to_hass(hass)
    MockUser(id="user-bert", name="Bert").add_to_hass(hass)
    device_id = add_app(hass, "Pixel")
    app = FakeApp(hass, "Pixel")
    await bench.begin(
        make_recipient(kind=TargetKind.DEVICE, target=device_id),
        make_recipient(BERT, name="Bert", kind=TargetKind.DEVICE, target="no device"),
    )
    event = make_event()
    await bench.tell(event)
    return app, event


async def _seen(bench: Bench, event: Event) -> str | None:
    """Return who has seen an event."""
    stored = await bench.store.get(event.id)
    assert stored is not None
    return next((mark["by"] for mark in stored.payload.get("reviews", ())), None)


async def test_seen(bench: Bench, told: tuple[FakeApp, Event]) -> None:
    """It is reviewed for everybody, by who was first."""
    app, event = told
    await bench.tap(app.action("VIGILAR_SEEN"))
    assert await _seen(bench, event) == "Anna A."
    ((_, deed),) = await bench.audit.page(limit=10)
    assert (deed.action, deed.event_id, deed.name) == ("reviewed", event.id, "Anna A.")
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert len(app.sent) == 1


async def test_seen_after_a_restart(bench: Bench, told: tuple[FakeApp, Event]) -> None:
    """The button needs nothing that a restart forgets."""
    app, event = told
    await bench.restart(after_ms=7_200_000)
    await bench.tap(app.action("VIGILAR_SEEN"))
    assert await _seen(bench, event) == "Anna A."


async def test_snooze(bench: Bench, told: tuple[FakeApp, Event]) -> None:
    """This camera leaves this recipient alone for 30 minutes, over a restart."""
    app, _event = told
    await bench.tap(app.action("VIGILAR_SNOOZE"))
    await bench.restart()
    quiet = make_event(BEGAN + 1)
    await bench.tell(quiet)
    row = await bench.row(quiet)
    assert row.params == {"by": "Anna A.", "until_ts": BEGAN + 1_800_000}
    assert (await bench.row(quiet, BERT)).reason == "no_device"
    await bench.tell(make_event(BEGAN + 2, source_id="back_yard"))
    bench.clock.now += 1_800_000
    await bench.tell(make_event(BEGAN + 3))
    assert len(app.sent) == 3


def _intruder(offset: int = 5) -> Event:
    """Return an event that the alarm waits for."""
    return make_event(BEGAN + offset, severity=Severity.CRITICAL)


@pytest.mark.parametrize("code", [None, "1234"])
async def test_disarm(
    bench: Bench, told: tuple[FakeApp, Event], code: str | None
) -> None:
    """Who is told of a break-in can call it off, with the code where there is one."""
    app, _event = told
    bench.panel.code = code
    bench.panel.disarming = Disarming.TAP if code is None else Disarming.CODE
    await bench.tell(_intruder())
    button = app.sent[-1]["data"]["actions"][0]
    assert button["title"] == "Disarm"
    assert button["authenticationRequired"]
    assert button.get("behavior") == (None if code is None else "textInput")
    if code is not None:
        await bench.tap(button["action"], reply_text="4321")
        assert bench.panel.by is None
        assert app.sent[-1]["title"] == "The alarm is not disarmed"
        assert app.sent[-1]["message"] == "The code is wrong."
    await bench.tap(button["action"], reply_text=code or "")
    assert bench.panel.by == "Anna A."
    assert app.sent[-1]["title"] == "The alarm is disarmed"
    assert app.sent[-1]["message"] == "Disarmed by Anna A."


@pytest.mark.parametrize("user_id", [None, "user-bert"])
async def test_others_do_not_disarm(
    bench: Bench, told: tuple[FakeApp, Event], user_id: str | None
) -> None:
    """Nor can an event that alarms nobody be used for it."""
    app, _event = told
    bench.panel.disarming = Disarming.TAP
    await bench.tell(make_event(BEGAN + 4))
    assert {button["title"] for button in app.sent[-1]["data"]["actions"]} == {
        "Seen",
        "Snooze 30 min",
        "Live",
    }
    await bench.tell(_intruder())
    count = len(app.sent)
    await bench.tap(app.action("VIGILAR_DISARM"), user_id)
    assert bench.panel.by is None
    assert len(app.sent) == count


async def test_a_phone_that_cannot_be_answered(
    bench: Bench, told: tuple[FakeApp, Event]
) -> None:
    """The house is disarmed all the same."""
    app, _event = told
    bench.panel.disarming = Disarming.TAP
    await bench.tell(_intruder())
    app.fails = HomeAssistantError("Push failed")
    await bench.tap(app.action("VIGILAR_DISARM"))
    assert bench.panel.by == "Anna A."


@pytest.mark.parametrize("user_id", [None, "user-bert"])
async def test_only_who_was_told_can_tap(
    bench: Bench, told: tuple[FakeApp, Event], user_id: str | None
) -> None:
    """Another user's app, or no user's, changes nothing."""
    app, event = told
    await bench.tap(app.action("VIGILAR_SEEN"), user_id)
    await bench.tap(app.action("VIGILAR_SNOOZE"), user_id)
    assert await _seen(bench, event) is None
    assert await bench.notifier.ledger.snoozed(ANNA, "front_door", BEGAN) is None


async def test_made_up_actions(bench: Bench, told: tuple[FakeApp, Event]) -> None:
    """Only the id of an event that this recipient was sent counts."""
    _app, event = told
    refused = make_event(BEGAN + 9, severity=Severity.INFO)
    await bench.store.write(refused, ChangeKind.NEW)
    await bench.tell(refused, ChangeKind.UPDATED)
    for action in (
        f"VIGILAR_SEEN_{refused.id}_{ANNA}",
        f"VIGILAR_SEEN_{'0' * 26}_{ANNA}",
        f"VIGILAR_SEEN_{event.id}_{'0' * 26}",
        f"VIGILAR_SEEN_{event.id}_{ANNA}X",
        f"VIGILAR_OPEN_{event.id}_{ANNA}",
        "URI",
    ):
        await bench.tap(action)
    for item in (event, refused):
        assert await _seen(bench, item) is None


async def test_a_recipient_that_is_gone(
    bench: Bench, told: tuple[FakeApp, Event]
) -> None:
    """Its buttons do nothing any more."""
    app, event = told
    bench.notifier.async_set_recipients([])
    await bench.tap(app.action("VIGILAR_SEEN"))
    assert await _seen(bench, event) is None


async def test_a_user_without_a_name(
    hass: HomeAssistant, bench: Bench, told: tuple[FakeApp, Event]
) -> None:
    """Then the recipient's name is told."""
    app, event = told
    user = await hass.auth.async_get_user("user-anna")
    assert user is not None
    user.name = None
    await bench.tap(app.action("VIGILAR_SEEN"))
    assert await _seen(bench, event) == "Anna"


async def _clear(
    hass: HomeAssistant, bench: Bench, app: FakeApp, user_id: str = "user-anna"
) -> None:
    """Swipe the newest notification away, as Android tells it."""
    actions = app.sent[-1]["data"]["actions"]
    keys = {
        f"action_{number}_key": button["action"]
        for number, button in enumerate(actions, 1)
    }
    hass.bus.async_fire(
        "mobile_app_notification_cleared",
        {
            "message": app.sent[-1]["message"],
            "tag": app.sent[-1]["data"]["tag"],
            **keys,
        },
        context=Context(user_id=user_id),
    )
    await hass.async_block_till_done()


@pytest.mark.parametrize("restart", [False, True])
async def test_what_was_swiped_away_does_not_come_back(
    hass: HomeAssistant, bench: Bench, told: tuple[FakeApp, Event], restart: bool
) -> None:
    """Android would take the update for a new notification, and sound."""
    app, event = told
    await _clear(hass, bench, app)
    if restart:
        await bench.restart()
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert len(app.sent) == 1
    assert (await bench.row(event)).done


async def test_what_others_swipe_away_stays(
    hass: HomeAssistant, bench: Bench, told: tuple[FakeApp, Event]
) -> None:
    """Only who was sent it can put it away, and only what is ours."""
    app, event = told
    await _clear(hass, bench, app, "user-bert")
    hass.bus.async_fire("mobile_app_notification_cleared", {"message": "Laundry"})
    await bench.tell(ended(event), ChangeKind.ENDED)
    assert len(app.sent) == 2


async def test_swiped_away_while_it_is_tried_again(
    hass: HomeAssistant, bench: Bench, told: tuple[FakeApp, Event]
) -> None:
    """The work that is under way does not forget it."""
    app, event = told
    app.fails = HomeAssistantError("no route")
    await bench.tell(ended(event), ChangeKind.ENDED)
    await _clear(hass, bench, app)
    app.fails = None
    await bench.tell(ended(event, BEGAN + 9), ChangeKind.UPDATED)
    assert len(app.sent) == 1
