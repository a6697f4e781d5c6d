"""Test what goes to MQTT, and what happens when the broker does not listen.

The broker here is Home Assistant's own MQTT API with its documented manners,
so that connections can break at any point; a real broker has its turn in the
end-to-end tests.
"""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_component

from custom_components.vigilar.const import CONF_MQTT, CONF_MQTT_PREFIX
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.publish.mqtt import is_connected
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component

from ..common import SECRET, Workers, settle

TS = 1_700_000_000_000


@dataclass
class Broker:
    """What a broker has got, and how it behaves."""

    hass: HomeAssistant
    connected: bool = True
    got: list[tuple[str, str, int, bool]] = field(default_factory=list)
    refuse: int = 0
    on_publish: Any = None

    async def publish(
        self, hass: HomeAssistant, topic: str, payload: str, qos: int, retain: bool
    ) -> None:
        """Take a message, as `mqtt.async_publish` does."""
        if self.on_publish is not None:
            await self.on_publish(topic)
        if self.refuse:
            self.refuse -= 1
            raise HomeAssistantError("mqtt_broker_error")
        self.got.append((topic, payload, qos, retain))

    def set_connected(self, connected: bool) -> None:
        """Connect or break the connection, and say so."""
        self.connected = connected
        async_dispatcher_send(self.hass, MQTT_CONNECTION_STATE, connected)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the messages about events: last level and payload."""
        return [
            (topic.rsplit("/", 1)[1], json.loads(payload))
            for topic, payload, _, _ in self.got
            if "/events/" in topic
        ]

    def retained(self) -> dict[str, str]:
        """Return what is retained."""
        return {topic: payload for topic, payload, _, retain in self.got if retain}


@pytest.fixture
def broker(hass: HomeAssistant) -> Generator[Broker]:
    """Set MQTT up, connected to a broker."""
    broker = Broker(hass)
    mock_component(hass, "mqtt")
    with (
        patch("homeassistant.components.mqtt.async_publish", broker.publish),
        patch(
            "homeassistant.components.mqtt.is_connected",
            lambda hass: broker.connected,
        ),
    ):
        yield broker


async def _settle(hass: HomeAssistant, runtime: VigilarRuntime) -> None:
    """Wait until the publisher has nothing left to do."""
    await settle(hass)
    mqtt = runtime.mqtt
    assert mqtt is not None
    async with asyncio.timeout(60):
        while mqtt._wake.is_set() or (
            is_connected(hass) and mqtt._handed_over != runtime.store.last_seq
        ):
            await asyncio.sleep(0)
    await settle(hass)


async def _see_motion(hass: HomeAssistant, workers: Workers, key: str, ts: int) -> None:
    """Let the front door see one complete motion."""
    worker = workers.of("front_door")
    worker.see_motion(key, ts=ts)
    worker.see(ObservationKind.MOTION_ENDED, ts + 500, key=key)
    await settle(hass)


async def test_an_event_is_published_once(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """One message with the six keys, QoS 1, not retained; then its end."""
    await _see_motion(hass, workers, "a", TS)
    await _settle(hass, runtime)
    assert [kind for kind, _ in broker.events()] == ["published", "ended"]
    _, published = broker.events()[0]
    assert set(published) == {"id", "ts", "type", "severity", "source_id", "payload"}
    topics = [message for message in broker.got if "/events/" in message[0]]
    assert topics[0][0] == "vigilar/events/published"
    assert all(qos == 1 for _, _, qos, _ in broker.got)
    assert not any(retain for _, _, _, retain in topics)
    assert SECRET not in str(broker.got)


async def test_retained_states(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Availability and motion of each camera are retained and follow it."""
    await _settle(hass, runtime)
    assert broker.retained() == {
        "vigilar/status": "online",
        "vigilar/cameras/front_door/availability": "offline",
        "vigilar/cameras/front_door/motion": "OFF",
        "vigilar/cameras/back_yard/availability": "offline",
        "vigilar/cameras/back_yard/motion": "OFF",
    }
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    workers.of("front_door").see_motion("a", ts=TS)
    await _settle(hass, runtime)
    assert broker.retained()["vigilar/cameras/front_door/availability"] == "online"
    assert broker.retained()["vigilar/cameras/front_door/motion"] == "ON"
    workers.of("front_door").see(ObservationKind.MOTION_ENDED, TS + 9, key="a")
    await _settle(hass, runtime)
    assert broker.retained()["vigilar/cameras/front_door/motion"] == "OFF"


async def test_topics_of_a_removed_camera_are_cleared(
    hass: HomeAssistant,
    broker: Broker,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
) -> None:
    """Nothing of a camera stays retained when it is gone."""
    await _settle(hass, runtime)
    hass.config_entries.async_remove_subentry(entry, front)
    await _settle(hass, runtime)
    assert broker.retained()["vigilar/cameras/front_door/availability"] == ""
    assert broker.retained()["vigilar/cameras/front_door/motion"] == ""
    assert broker.retained()["vigilar/cameras/back_yard/motion"] == "OFF"


async def test_what_was_missed_arrives_in_order_each_once(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """While the broker is away changes wait in the journal."""
    await _see_motion(hass, workers, "a", TS)
    await _settle(hass, runtime)
    broker.set_connected(False)
    await _see_motion(hass, workers, "b", TS + 1000)
    await _see_motion(hass, workers, "c", TS + 2000)
    await _settle(hass, runtime)
    assert len(broker.events()) == 2
    broker.set_connected(True)
    await _settle(hass, runtime)
    seqs = [event["payload"]["seq"] for _, event in broker.events()]
    assert seqs == [1, 2, 3, 4, 5, 6]
    # A broker may have forgotten what it retained.
    assert [topic for topic, *_ in broker.got].count("vigilar/status") == 2


async def test_what_was_missed_before_a_restart_arrives(
    hass: HomeAssistant,
    broker: Broker,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
) -> None:
    """How far the broker has come survives a restart."""
    await _see_motion(hass, workers, "a", TS)
    await _settle(hass, runtime)
    broker.set_connected(False)
    await _see_motion(hass, workers, "b", TS + 1000)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    broker.set_connected(True)
    await _settle(hass, entry.runtime_data)
    # Behind the two events of before come those without the clips that broke off.
    seqs = [event["payload"]["seq"] for _, event in broker.events()]
    assert seqs[:4] == [1, 2, 3, 4]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_new_broker_is_told_nothing_of_the_past(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
) -> None:
    """MQTT that is set up a year later does not get a year of events."""
    await _see_motion(hass, workers, "a", TS)
    broker = Broker(hass)
    with (
        patch("homeassistant.components.mqtt.async_publish", broker.publish),
        patch("homeassistant.components.mqtt.is_connected", lambda hass: True),
    ):
        mock_component(hass, "mqtt")
        hass.bus.async_fire("component_loaded", {"component": "mqtt"})
        await _settle(hass, runtime)
        assert broker.events() == []
        await _see_motion(hass, workers, "b", TS + 1000)
        await _settle(hass, runtime)
        assert [event["ts"] for _, event in broker.events()] == [TS + 1000] * 2
        await hass.config_entries.async_unload(runtime.entry.entry_id)


async def test_messages_do_not_wait_for_each_others_acknowledgement(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A busy house does not fall behind; their order and their numbers stay."""
    await _settle(hass, runtime)
    waiting = 0
    acknowledged = asyncio.Event()

    async def _wait(topic: str) -> None:
        nonlocal waiting
        waiting += "/events/" in topic
        if waiting == 6:
            acknowledged.set()
            # After those that have waited.
            await asyncio.sleep(0)
        elif waiting:
            await acknowledged.wait()

    broker.set_connected(False)
    for number in range(3):
        await _see_motion(hass, workers, str(number), TS + number * 1000)
    broker.on_publish = _wait
    broker.set_connected(True)
    async with asyncio.timeout(60):
        await acknowledged.wait()
    await _settle(hass, runtime)
    numbers = [event["payload"]["seq"] for _, event in broker.events()]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert await runtime.store.cursor("mqtt") == 6


async def test_a_message_that_is_refused_does_not_take_others_along(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """The client has what it did not refuse; nothing is sent twice."""
    await _settle(hass, runtime)
    broker.set_connected(False)
    await _see_motion(hass, workers, "a", TS)
    await _see_motion(hass, workers, "b", TS + 1000)

    async def _refuse(topic: str) -> None:
        if topic.endswith("events/ended"):
            broker.on_publish = None
            raise HomeAssistantError("mqtt_broker_error")

    broker.on_publish = _refuse
    with patch("custom_components.vigilar.publish.mqtt.RETRY_S", 0):
        broker.set_connected(True)
        await _settle(hass, runtime)
    assert [event["payload"]["seq"] for _, event in broker.events()] == [1, 3, 4]


async def test_a_message_in_flight_when_the_connection_breaks_is_not_sent_twice(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """The client keeps such a message and sends it itself, so we do not."""
    await _settle(hass, runtime)

    async def _break(topic: str) -> None:
        if topic.endswith("events/published"):
            broker.on_publish = None
            broker.set_connected(False)

    broker.on_publish = _break
    await _see_motion(hass, workers, "a", TS)
    await settle(hass)
    assert await runtime.store.cursor("mqtt") == 0
    broker.set_connected(True)
    await _settle(hass, runtime)
    assert [event["payload"]["seq"] for _, event in broker.events()] == [1, 2]
    # Nobody knows whether they have arrived before the next ones have.
    await _see_motion(hass, workers, "b", TS + 1000)
    await _settle(hass, runtime)
    assert [event["payload"]["seq"] for _, event in broker.events()] == [1, 2, 3, 4]
    assert await runtime.store.cursor("mqtt") == 4


async def test_a_replaced_client_gets_what_the_old_one_may_have_kept(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Reloading the MQTT integration loses the client's queue; we make up for it."""
    mqtt_entry = MockConfigEntry(domain="mqtt", state=ConfigEntryState.LOADED)
    mqtt_entry.add_to_hass(hass)
    await _settle(hass, runtime)

    broken = asyncio.Event()

    async def _break(topic: str) -> None:
        if topic.endswith("events/published"):
            broken.set()
            broker.on_publish = None
            broker.set_connected(False)
            broker.refuse = 1

    broker.on_publish = _break
    await _see_motion(hass, workers, "a", TS)
    async with asyncio.timeout(10):
        await broken.wait()
    await settle(hass)
    # What the old client had is gone with it.
    broker.got.clear()
    mqtt_entry.mock_state(hass, ConfigEntryState.NOT_LOADED)
    broker.refuse = 0
    broker.set_connected(True)
    async with asyncio.timeout(10):
        while len(broker.events()) < 2:
            await asyncio.sleep(0)
    await _settle(hass, runtime)
    assert [event["payload"]["seq"] for _, event in broker.events()] == [1, 2]


async def test_failures_are_logged_once_and_retried(
    hass: HomeAssistant,
    broker: Broker,
    runtime: VigilarRuntime,
    workers: Workers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A broker that refuses is tried again, and the log is not flooded."""
    await _settle(hass, runtime)
    with patch("custom_components.vigilar.publish.mqtt.RETRY_S", 0):
        broker.refuse = 3
        workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
        async with asyncio.timeout(60):
            while "works again" not in caplog.text:
                await asyncio.sleep(0)
    assert caplog.text.count("Publishing to MQTT failed") == 1
    assert broker.retained()["vigilar/cameras/front_door/availability"] == "online"


async def test_options_switch_mqtt_and_its_prefix(
    hass: HomeAssistant,
    broker: Broker,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
) -> None:
    """A change of the options changes the topics; off means silent."""
    await _settle(hass, runtime)
    hass.config_entries.async_update_entry(
        entry, options={CONF_MQTT: True, CONF_MQTT_PREFIX: "house"}
    )
    await _settle(hass, runtime)
    assert broker.retained()["vigilar/status"] == "offline"
    assert broker.retained()["house/status"] == "online"
    hass.config_entries.async_update_entry(entry, options={CONF_MQTT: False})
    await settle(hass)
    assert broker.retained()["house/status"] == "offline"
    broker.got.clear()
    await _see_motion(hass, workers, "a", TS)
    assert broker.got == []
    assert runtime.mqtt is None


async def test_goodbye_that_fails_does_not_keep_anybody(
    hass: HomeAssistant,
    broker: Broker,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
) -> None:
    """Unloading goes on when the broker refuses the last message."""
    await _settle(hass, runtime)
    broker.refuse = 1
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_without_mqtt_everything_else_works(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """No MQTT integration, no error."""
    await _see_motion(hass, workers, "a", TS)
    assert len(await runtime.store.page()) == 1
    assert runtime.mqtt is not None
    assert runtime.mqtt.diagnostics["connected"] is False


async def test_mqtt_set_up_without_a_client_counts_as_away(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """An MQTT integration without an entry has no client to ask."""
    assert await async_setup_component(hass, "homeassistant", {})
    mock_component(hass, "mqtt")
    assert runtime.mqtt is not None
    assert runtime.mqtt.diagnostics["connected"] is False


async def test_mqtt_that_comes_after_us_has_gone_is_left_alone(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
) -> None:
    """A publisher that was stopped does not come back to life."""
    mqtt = runtime.mqtt
    assert mqtt is not None
    await hass.config_entries.async_unload(entry.entry_id)
    mock_component(hass, "mqtt")
    hass.bus.async_fire("component_loaded", {"component": "mqtt"})
    await settle(hass)
    assert mqtt._unsubscribe == []


async def test_somebody_waits_until_a_change_was_sent(
    hass: HomeAssistant, broker: Broker, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Not while the broker is away, and for as long as it takes."""
    await _settle(hass, runtime)
    broker.connected = False
    await _see_motion(hass, workers, "a", TS)
    assert runtime.mqtt is not None
    assert runtime.mqtt.available
    waiting = hass.async_create_task(
        runtime.mqtt.async_sent(runtime.store.last_seq), eager_start=True
    )
    await asyncio.sleep(0)
    assert not waiting.done()
    broker.connected = True
    runtime.mqtt.async_refresh()
    await waiting
    assert [kind for kind, _ in broker.events()] == ["published", "ended"]
