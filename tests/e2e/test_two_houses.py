"""Two real Home Assistants on one broker show each other's events live."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
import pytest

from scripts.harness.broker import Mosquitto
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import LOOPBACK, free_port

from .house import MqttListener, eventually, eventually_heard

CAMERA = "Front door"
# Nobody answers there: what happens is reported over MQTT.
NO_STREAM = f"http://{LOOPBACK}:9/nothing"


@dataclass
class Place:
    """One of the houses, with the prefix it publishes at and how it calls the other."""

    home_assistant: HomeAssistantProcess
    prefix: str
    other: str
    other_prefix: str
    entry_id: str = ""
    told: list[JsonObject] = field(default_factory=list)

    @property
    def theirs(self) -> str:
        """Return the id that the other's camera has here."""
        return f"{self.other.lower()}.front_door"

    def client(self) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.home_assistant.login())

    async def furnish(self, broker: Mosquitto) -> None:
        """Set everything up through the flows that a user walks through."""
        async with self.client() as client:
            await client.add_mqtt(LOOPBACK, broker.port)
            entry, flow_id = await client.add_vigilar()
            self.entry_id = entry["entry_id"]
            await client.submit_subentry(flow_id, {"next_step_id": "stream"})
            form = {"name": CAMERA, "url": NO_STREAM}
            refused = await client.submit_subentry(flow_id, form)
            assert refused["errors"], refused
            added = await client.submit_subentry(flow_id, form | {"add_anyway": True})
            assert added["type"] == "create_entry", added
            await self._choose_prefix(client)
            flow = await client.start_subentry_flow(self.entry_id, "remote_site")
            site = {"name": self.other, "mqtt_prefix": self.prefix}
            refused = await client.submit_subentry(flow["flow_id"], site)
            assert refused["errors"] == {"mqtt_prefix": "own_prefix"}
            site["mqtt_prefix"] = self.other_prefix
            added = await client.submit_subentry(flow["flow_id"], site)
            assert added["type"] == "create_entry", added

    async def _choose_prefix(self, client: HomeAssistantClient) -> None:
        """Set the prefix in the options."""
        flows = "/api/config/config_entries/options/flow"
        menu = await client.rest("POST", flows, {"handler": self.entry_id})
        form = f"{flows}/{menu['flow_id']}"
        await client.rest("POST", form, {"next_step_id": "general"})
        saved = await client.rest("POST", form, {"mqtt_prefix": self.prefix})
        assert saved["type"] == "create_entry", saved

    async def follow(self, client: HomeAssistantClient) -> None:
        """Keep what a live timeline is told."""
        await client.subscribe("vigilar/timeline/subscribe", self.told.append, limit=50)
        await eventually_heard(lambda: self.told, "a snapshot")

    def shown(self, source_id: str, event_type: str) -> list[JsonObject]:
        """Return what the live timeline was told of events, in order."""
        return [
            event
            for message in self.told
            for event in message["events"]
            if (event["source_id"], event["type"]) == (source_id, event_type)
        ]

    async def is_there(self, client: HomeAssistantClient) -> str:
        """Return the state of the entity that stands for the other house."""
        state = await client.state(f"binary_sensor.{self.other.lower()}_connectivity")
        word: str = state["state"]
        return word


@dataclass
class Neighbours:
    """Two houses, their broker, and somebody who overhears everything."""

    home: Place
    cabin: Place
    broker: Mosquitto
    listener: MqttListener


def report(port: int, prefix: str, **message: Any) -> None:
    """Let a camera's own AI say something over MQTT."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(LOOPBACK, port)
    client.loop_start()
    sent = client.publish(f"{prefix}/observe/front_door", json.dumps(message), qos=1)
    sent.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Build two houses and one broker; tear them down at the end."""
    folder: Path = tmp_path_factory.mktemp("neighbours")
    with ExitStack() as running:
        broker = running.enter_context(Mosquitto(free_port(), folder / "broker"))
        home, cabin = (
            Place(
                running.enter_context(
                    HomeAssistantProcess(
                        folder / prefix, free_port(), configuration="diagnostics:\n"
                    )
                ),
                prefix,
                other,
                other_prefix,
            )
            for prefix, other, other_prefix in (
                ("home", "Cabin", "cabin"),
                ("cabin", "Home", "home"),
            )
        )

        async def furnish() -> None:
            await home.furnish(broker)
            await cabin.furnish(broker)

        asyncio.run(furnish())
        listener = MqttListener(broker.port, "#")
        running.callback(listener.close)
        yield Neighbours(home, cabin, broker, listener)


async def _see_somebody(place: Place, there: Place, port: int) -> None:
    """Let somebody come and go at one house, and wait until the other shows it."""

    def shown() -> list[JsonObject]:
        return there.shown(there.theirs, "person")

    def over() -> list[JsonObject]:
        return [event for event in shown() if event["payload"]["end_ts"]]

    seen = {"key": "1", "labels": [{"label": "person", "score": 0.9}]}
    report(port, place.prefix, kind="started", by="The doorbell", **seen)
    await eventually_heard(shown, f"a person of {place.prefix} at {there.prefix}")
    report(port, place.prefix, kind="ended", key="1")
    ended = await eventually_heard(over, "the end of it")
    (ours,) = {event["id"] for event in place.shown("front_door", "person")}
    assert {event["id"] for event in ended} == {ours}
    assert ended[-1]["payload"]["site"] == there.other
    assert ended[-1]["payload"]["name"] == f"{there.other}: {CAMERA}"
    assert ended[-1]["payload"]["why"] == "The doorbell recognised a person."


async def test_each_shows_the_others_events_and_neither_publishes_them(
    neighbours: Neighbours,
) -> None:
    """One event at each house: one id, told live at both, published where it happened."""
    home, cabin, port = neighbours.home, neighbours.cabin, neighbours.broker.port
    async with home.client() as at_home, cabin.client() as at_cabin:
        for place, client in ((home, at_home), (cabin, at_cabin)):
            await place.follow(client)

            async def connected(place: Place = place, client: Any = client) -> bool:
                return await place.is_there(client) == "on"

            await eventually(connected, f"{place.other} to be there")
        for place, there in ((home, cabin), (cabin, home)):
            await _see_somebody(place, there, port)
        sources = {
            source["source_id"]: source
            for message in home.told
            for source in message.get("sources", ())
        }
        assert sources[home.theirs]["kind"] == "remote"
        for place, client in ((home, at_home), (cabin, at_cabin)):
            answer = await client.rest(
                "GET", f"/api/diagnostics/config_entry/{place.entry_id}"
            )
            assert answer["data"]["observe"]["dropped"] == {}
            assert answer["data"]["remote_sites"][place.other.lower()]["dropped"] == {}
    published = [
        (topic.split("/")[0], json.loads(payload))
        for topic, payload in neighbours.listener.messages
        if "/events/" in topic
    ]
    keys = [(event["id"], event["payload"]["seq"]) for _, event in published]
    assert len(keys) == len(set(keys))
    assert not any("site" in event["payload"] for _, event in published)
    places: dict[str, set[str]] = {}
    for prefix, event in published:
        places.setdefault(event["id"], set()).add(prefix)
    assert all(len(prefixes) == 1 for prefixes in places.values())


async def test_a_house_that_is_shut_down_is_told(neighbours: Neighbours) -> None:
    """Its sources are offline at the other; they are back with it."""
    home, cabin = neighbours.home, neighbours.cabin
    async with home.client() as client:
        cabin.home_assistant.stop()

        async def gone() -> bool:
            return await home.is_there(client) == "off"

        await eventually(gone, "the cabin to be gone")
        await home.follow(client)
        cabin.home_assistant.start()

        async def back() -> bool:
            return await home.is_there(client) == "on"

        await eventually(back, "the cabin to be back")
    for place in (home, cabin):
        log = place.home_assistant.home_assistant_log.read_text()
        assert "custom_components/vigilar" not in log, "an error of ours"
