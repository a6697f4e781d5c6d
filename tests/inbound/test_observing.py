"""What other analysers report becomes events of the cameras, or is counted."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_mqtt_message,
    async_fire_time_changed,
)

from custom_components.vigilar.const import CONF_MQTT
from custom_components.vigilar.inbound.observing import (
    MAX_RUNNING,
    SILENCE_S,
    ObserveListener,
)
from custom_components.vigilar.models import (
    Box,
    Event,
    EventType,
    Label,
    Observation,
    ObservationKind,
)
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..common import Workers, settle
from .common import NOW, report
from .test_messages import MESSAGES

TOPIC = "vigilar/observe/front_door"
PERSON = [{"label": "person", "score": 0.8}]


async def _tell(hass: HomeAssistant, payload: bytes, topic: str = TOPIC) -> None:
    """Let a message arrive, and all that follows from it."""
    async_fire_mqtt_message(hass, topic, payload)
    await settle(hass)


async def _events(house: VigilarRuntime) -> list[Event]:
    """Return what is stored, oldest first."""
    return (await house.store.page())[::-1]


async def test_a_report_begins_changes_and_ends_an_event(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """It is classified like everything else, and says who has reported it."""
    await _tell(hass, report(key="7", by="Doorbell AI"))
    (event,) = await _events(house)
    assert event.type is EventType.MOTION
    await _tell(hass, report(kind="updated", key="7", labels=PERSON, by="Doorbell AI"))
    assert house.processor.open_events("front_door")[0].type is EventType.PERSON
    await _tell(hass, report(kind="ended", key="7"))
    (event,) = await _events(house)
    assert event.payload["end_ts"] is not None
    assert event.payload["labels"] == PERSON
    assert event.payload["name"] == "Front door"
    assert event.payload["why"] == "Doorbell AI recognised a person."


async def test_a_report_raises_what_the_camera_sees_already(
    hass: HomeAssistant, house: VigilarRuntime, workers: Workers
) -> None:
    """One thing, one event; it ends when our own analysis says so."""
    worker = workers.of("front_door")
    worker.see_motion("motion-1", ts=NOW)
    await settle(hass)
    await _tell(hass, report(key="7", labels=PERSON))
    await _tell(hass, report(kind="ended", key="7"))
    (event,) = house.processor.open_events("front_door")
    assert event.type is EventType.PERSON
    worker.see(ObservationKind.MOTION_ENDED, NOW + 5000, key="motion-1")
    await settle(hass)
    (event,) = await _events(house)
    assert event.payload["end_ts"] == NOW + 5000


async def test_what_the_camera_sees_later_joins_what_was_reported(
    hass: HomeAssistant, house: VigilarRuntime, workers: Workers
) -> None:
    """The id stays; from then on our own analysis says how it goes on."""
    await _tell(hass, report(key="7", labels=PERSON))
    (begun,) = await _events(house)
    worker = workers.of("front_door")
    worker.see_motion("motion-1", ts=NOW + 1000)
    await settle(hass)
    await _tell(hass, report(kind="ended", key="7"))
    assert [event.id for event in house.processor.open_events("front_door")] == [
        begun.id
    ]
    worker.see(ObservationKind.MOTION_ENDED, begun.ts + 5000, key="motion-1")
    await settle(hass)
    (event,) = await _events(house)
    assert (event.id, event.type) == (begun.id, EventType.PERSON)
    assert event.payload["end_ts"] == begun.ts + 5000


async def test_a_moment_has_no_length(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """It begins and ends at once."""
    await _tell(hass, report(kind="moment", labels=PERSON))
    (event,) = await _events(house)
    assert event.payload["end_ts"] == event.ts
    assert house.processor.open_events("front_door") == []


async def test_an_event_lasts_as_long_as_anything_goes_on(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """Two things at one camera are one event, which the last of them ends."""
    await _tell(hass, report(key="a"))
    await _tell(hass, report(key="b"))
    await _tell(hass, report(kind="moment", key="c"))
    await _tell(hass, report(kind="ended", key="a"))
    assert len(house.processor.open_events("front_door")) == 1
    await _tell(hass, report(kind="ended", key="b"))
    assert house.processor.open_events("front_door") == []
    assert len(await _events(house)) == 1


async def test_an_update_of_what_began_in_a_restart_begins_it(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """Who was away has missed the beginning."""
    await _tell(hass, report(kind="updated", labels=PERSON))
    assert len(house.processor.open_events("front_door")) == 1


async def test_the_end_of_what_never_began_is_nothing(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """No event comes of it."""
    await _tell(hass, report(kind="ended", labels=PERSON))
    assert await _events(house) == []


async def test_who_says_no_more_is_not_waited_for(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """An analyser that crashed does not leave its event open for ever."""
    assert house.observing is not None
    await _tell(hass, report(key="a"))
    await _tell(hass, report(key="b"))
    assert house.observing.diagnostics["running"] == 2
    for timer in house.observing._running["front_door"].values():
        assert timer.when() - hass.loop.time() <= SILENCE_S
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SILENCE_S + 2))
    await settle(hass)
    assert house.observing.diagnostics["running"] == 0
    (event,) = await _events(house)
    # When it was last spoken of, not when the patience was over.
    assert event.payload["end_ts"] - event.ts < SILENCE_S * 500


@pytest.mark.parametrize(
    ("topic", "payload", "retain", "reason"),
    [
        (TOPIC, b"{", False, "malformed"),
        (TOPIC, b"x" * 70_000, False, "oversized"),
        (TOPIC, report(ts=NOW), False, "far_off"),
        (TOPIC, report(), True, "retained"),
        ("vigilar/observe/garage", report(), False, "unknown_source"),
        ("vigilar/observe/vigilar_alarm", report(), False, "unknown_source"),
    ],
    ids=["broken", "large", "old", "kept", "nobody", "alarm"],
)
async def test_what_is_dropped_is_counted_and_logged_once(
    hass: HomeAssistant,
    house: VigilarRuntime,
    caplog: pytest.LogCaptureFixture,
    topic: str,
    payload: bytes,
    retain: bool,
    reason: str,
) -> None:
    """Neither an event nor a flood in the log."""
    for _ in range(3):
        # A broker sends what it has kept once, so a retained message comes as one.
        house.observing.receive(topic, payload, retain)  # type: ignore[union-attr]
    await settle(hass)
    assert await _events(house) == []
    assert house.observing is not None
    assert house.observing.diagnostics["dropped"] == {reason: 3}
    assert caplog.text.count(f"observe: {reason}") == 1
    assert "x" * 20 not in caplog.text


async def test_retained_messages_are_told_apart(
    hass: HomeAssistant, house: VigilarRuntime
) -> None:
    """The mark comes with the message."""
    async_fire_mqtt_message(hass, TOPIC, report(), retain=True)
    await settle(hass)
    assert house.observing is not None
    assert house.observing.diagnostics["dropped"] == {"retained": 1}


async def test_a_camera_that_is_switched_off_reports_nothing(
    hass: HomeAssistant, house: VigilarRuntime, front: str
) -> None:
    """Whoever looks for it: a user does not want it watched."""
    await house.async_set_detecting(house.cameras[front], on=False)
    await _tell(hass, report(labels=PERSON))
    assert await _events(house) == []
    assert house.async_diagnostics()["observe"]["dropped"] == {"not_detecting": 1}


async def test_the_option_ends_it_and_so_does_an_unload(
    hass: HomeAssistant, house: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Nothing listens any more, and nothing is waited for."""
    await _tell(hass, report())
    hass.config_entries.async_update_entry(entry, options={CONF_MQTT: False})
    await settle(hass)
    assert house.observing is None
    assert house.async_diagnostics()["observe"] is None
    await _tell(hass, report(kind="ended"))
    assert len(house.processor.open_events("front_door")) == 1
    hass.config_entries.async_update_entry(entry, options={})
    await settle(hass)
    await _tell(hass, report(key="again"))
    assert await hass.config_entries.async_unload(entry.entry_id)
    async_fire_mqtt_message(hass, TOPIC, report())
    await hass.async_block_till_done()


class Taken:
    """Takes observations, for cameras that do not exist."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing taken."""
        self.observations: list[Observation] = []
        self.listener = ObserveListener(
            hass,
            "vigilar",
            self.observations.append,
            {"front_door": True}.get,
            clock=lambda: NOW,
        )


async def test_too_much_at_once_is_refused(hass: HomeAssistant) -> None:
    """A memory that anybody could fill is bounded; what goes on may go on."""
    taken = Taken(hass)
    for number in range(MAX_RUNNING + 5):
        taken.listener.receive(TOPIC, report(key=str(number)), False)
    taken.listener.receive(TOPIC, report(kind="updated", key="1"), False)
    assert taken.listener.diagnostics == {
        "taken": MAX_RUNNING + 1,
        "dropped": {"too_many": 5},
        "running": MAX_RUNNING,
    }
    assert len(taken.observations) == MAX_RUNNING + 1
    taken.listener.async_stop()


async def test_the_observation_says_what_the_report_did(hass: HomeAssistant) -> None:
    """Fields are carried over, the best score counts."""
    taken = Taken(hass)
    said: dict[str, Any] = {"box": [0, 0.1, 0.2, 0.3], "zones": ["Porch"], "score": 0.1}
    taken.listener.receive(TOPIC, report(labels=PERSON, **said), False)
    (observation,) = taken.observations
    assert observation == Observation(
        kind=ObservationKind.ONBOARD_SEEN,
        source_id="front_door",
        ts=NOW,
        score=0.8,
        box=Box(0, 0.1, 0.2, 0.3),
        labels=(Label("person", 0.8),),
        zones=("Porch",),
        reason="Another analyser",
    )
    taken.listener.async_stop()


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(payload=MESSAGES)
async def test_nothing_that_comes_raises(hass: HomeAssistant, payload: bytes) -> None:
    """Every message is taken or counted; only what is taken is handed on."""
    taken = Taken(hass)
    taken.listener.receive(TOPIC, payload, False)
    counted = taken.listener.diagnostics
    assert counted["taken"] + sum(counted["dropped"].values()) == 1
    assert bool(taken.observations) <= counted["taken"]
    taken.listener.async_stop()
