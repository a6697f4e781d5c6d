"""Test what goes to the event bus."""

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import HomeAssistant

from ..common import SECRET, Workers, settle


async def test_one_event_fires_as_new_and_as_ended(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A motion fires once as it begins and once as it ends, with one id."""
    new = async_capture_events(hass, "vigilar_event")
    updated = async_capture_events(hass, "vigilar_event_updated")
    ended = async_capture_events(hass, "vigilar_event_ended")
    worker = workers.of("front_door")
    worker.see_motion("m1", ts=1_700_000_000_000)
    await settle(hass)
    assert [len(new), len(updated), len(ended)] == [1, 0, 0]
    data = new[0].data
    assert set(data) == {"id", "ts", "type", "severity", "source_id", "payload"}
    assert data["ts"] == 1_700_000_000_000
    assert data["type"] == "motion"
    assert data["source_id"] == "front_door"
    assert data["payload"]["phase"] == "new"
    assert data["payload"]["name"] == "Front door"
    assert SECRET not in str(data)

    worker.see(ObservationKind.MOTION_ENDED, 1_700_000_004_000, key="m1")
    await settle(hass)
    assert [len(new), len(updated), len(ended)] == [1, 0, 1]
    assert ended[0].data["id"] == data["id"]
    assert ended[0].data["payload"]["end_ts"] == 1_700_000_004_000


async def test_what_does_not_classify_is_neither_stored_nor_fired(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A heartbeat and an unknown kind leave no trace."""
    fired = async_capture_events(hass, "vigilar_event")
    worker = workers.of("front_door")
    worker.see(ObservationKind.HEARTBEAT)
    worker.see("gibberish")
    await settle(hass)
    assert fired == []
    assert await runtime.store.page() == []
    assert runtime.store.last_seq == 0
