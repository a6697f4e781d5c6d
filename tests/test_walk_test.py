"""Who walks around to try it all out disturbs nobody."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.vigilar.const import (
    CONF_ALARM,
    CONF_ALARM_KIND,
    CONF_ENTRY_DELAY,
    CONF_EXIT_DELAY,
    DOMAIN,
)
from custom_components.vigilar.events import processor
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import (
    ArmMode,
    Event,
    Label,
    ObservationKind,
    Severity,
)
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.persistent_notification import (
    _async_get_or_create_notifications as notices,
)
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError, Unauthorized

from .common import Workers, settle


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
def notified(hass: HomeAssistant, runtime: VigilarRuntime) -> list[ServiceCall]:
    """Give the hub two recipients; return what they are sent."""
    for name in ("ann", "bob"):
        hass.states.async_set(f"notify.{name}", "unknown")
    runtime.phones.async_set_recipients(
        Recipient(
            id=f"{name:0>26}",
            name=name.capitalize(),
            kind=TargetKind.ENTITY,
            target=f"notify.{name}",
            min_severity=Severity.INFO,
        )
        for name in ("ann", "bob")
    )
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "send_message")
    return calls


async def walk(
    hass: HomeAssistant, user: MockUser | None = None, **data: Any
) -> dict[str, Any]:
    """Begin or end a walk test."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "walk_test",
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=None if user is None else user.id),
    )
    return dict(answer)


async def pass_by(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, key: str = "a"
) -> Event:
    """Let a person pass the front door; return the event."""
    worker = workers.of("front_door")
    worker.see_motion(key, wall_ms())
    worker.see(
        ObservationKind.MOTION_UPDATED,
        wall_ms(),
        key=key,
        labels=(Label("person", 0.9),),
    )
    worker.see(ObservationKind.MOTION_ENDED, wall_ms(), key=key)
    await settle(hass)
    (event, *_) = await runtime.store.page()
    return event


async def test_the_tester_alone_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    notified: list[ServiceCall],
) -> None:
    """The event says that it is a test, and how much it would matter."""
    await walk(hass, recipient="Ann")
    event = await pass_by(hass, runtime, workers)
    assert (event.type, event.severity) == ("person", Severity.INFO)
    assert event.payload["test"] is True
    assert "A test, else alert." in event.payload["why"]
    assert {call.data["entity_id"] for call in notified} == {"notify.ann"}
    assert runtime.store.unreviewed == {}
    rows = {
        row.recipient: row for row in await runtime.phones.ledger.of_event(event.id)
    }
    assert rows["Bob"].reason == "test"

    assert await walk(hass, active=False) == {"until": None}
    assert runtime.phones.testers == set()
    event = await pass_by(hass, runtime, workers, "b")
    assert "test" not in event.payload
    assert event.severity is Severity.ALERT
    assert {call.data["entity_id"] for call in notified} == {"notify.ann", "notify.bob"}


async def test_it_ends_by_itself(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whoever has begun another one starts the time anew; a notice says that it goes on."""
    until = (await walk(hass, minutes=5))["until"]
    (notice,) = notices(hass).values()
    assert "rings no alarm" in notice["message"]
    freezer.tick(timedelta(minutes=4))
    async_fire_time_changed(hass)
    assert (await walk(hass, minutes=5))["until"] > until
    freezer.tick(timedelta(minutes=4))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert len(notices(hass)) == 1
    freezer.tick(timedelta(minutes=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert runtime.walk.until is None
    assert not notices(hass)


async def test_no_alarm_rings(
    hass: HomeAssistant,
    workers: Workers,
    entry: VigilarConfigEntry,
) -> None:
    """Though it is armed; without the walk it would."""
    alarm = {CONF_ALARM_KIND: "own", CONF_EXIT_DELAY: 0, CONF_ENTRY_DELAY: 0}
    hass.config_entries.async_update_entry(entry, options={CONF_ALARM: alarm})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    runtime: VigilarRuntime = entry.runtime_data
    await runtime.guard.async_arm(ArmMode.AWAY, None, "Ann")
    await walk(hass)
    event = await pass_by(hass, runtime, workers)
    assert "A test, else critical." in event.payload["why"]
    assert [state.state for state in hass.states.async_all("alarm_control_panel")] == [
        "armed_away"
    ]
    await walk(hass, active=False)
    await pass_by(hass, runtime, workers, "b")
    assert [state.state for state in hass.states.async_all("alarm_control_panel")] == [
        "triggered"
    ]


async def test_who_may_and_who_is_told(
    hass: HomeAssistant, runtime: VigilarRuntime, hass_read_only_user: MockUser
) -> None:
    """It silences the alarm, so it is for administrators; a tester must be known."""
    with pytest.raises(Unauthorized):
        await walk(hass, hass_read_only_user)
    with pytest.raises(ServiceValidationError, match="no recipient Zoe"):
        await walk(hass, recipient="Zoe")
    assert runtime.walk.until is None


async def test_it_does_not_outlive_the_hub(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """After a restart everything is taken seriously."""
    await walk(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.runtime_data.walk.until is None
    assert not notices(hass)
