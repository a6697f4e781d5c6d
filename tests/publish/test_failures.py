"""Test that no publisher stands in another's way."""

from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.vigilar.coordinator import CameraCoordinator
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.publish.bus import BusPublisher
from custom_components.vigilar.publish.mqtt import MqttPublisher
from custom_components.vigilar.publish.notify import PhoneNotifier
from custom_components.vigilar.publish.subscriptions import Timeline
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant

from ..common import Workers, settle

TS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("broken", "method", "name"),
    [
        (BusPublisher, "publish", "bus"),
        (Timeline, "publish", "timeline"),
        (CameraCoordinator, "async_handle_change", "entities"),
        (MqttPublisher, "publish", "mqtt"),
        (PhoneNotifier, "publish", "phones"),
    ],
)
async def test_a_failing_publisher_is_logged_once_and_stops_nobody(
    hass: HomeAssistant,
    workers: Workers,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    broken: type,
    method: str,
    name: str,
) -> None:
    """Whoever fails, the event is stored and all the others tell of it."""
    fired = async_capture_events(hass, "vigilar_event")
    with patch.object(broken, method, side_effect=RuntimeError("broken")):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        runtime: VigilarRuntime = entry.runtime_data
        client = await hass_ws_client()
        await client.send_json_auto_id({"type": "vigilar/timeline/subscribe"})
        await client.receive_json()
        await client.receive_json()
        for number in range(3):
            worker = workers.of("front_door")
            worker.see_motion(f"m{number}", ts=TS + number * 1000)
            worker.see(
                ObservationKind.MOTION_ENDED, TS + number * 1000 + 1, key=f"m{number}"
            )
        await settle(hass)

    assert len(await runtime.store.page()) == 3
    assert caplog.text.count(f"Publisher {name} failed") == 1
    assert len(fired) == (0 if name == "bus" else 3)
    activity = hass.states.get("event.front_door_activity")
    assert activity is not None
    assert (activity.state == "unknown") is (name == "entities")
    if name != "timeline":
        assert (await client.receive_json())["event"]["kind"] == "changed"
