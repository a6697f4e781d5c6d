"""The stream goes away and comes back."""

import asyncio
from collections import Counter
from pathlib import Path

from scripts.harness.client import HomeAssistantClient

from .house import House, MqttListener, connections, eventually_heard, snapshot


def _threads(pid: int) -> Counter[str]:
    """Count Vigilar's threads of a process by name."""
    names = (
        (task / "comm").read_text().strip()
        for task in Path(f"/proc/{pid}/task").iterdir()
    )
    return Counter(name for name in names if name.startswith("vigilar"))


async def _camera_events(client: HomeAssistantClient, source_id: str) -> list[str]:
    """Return the types of a camera's losses and returns, oldest first."""
    return [
        event["type"]
        for event in reversed(await snapshot(client))
        if event["source_id"] == source_id and event["type"].startswith("camera_")
    ]


async def test_loss_and_return_are_one_event_each_and_leak_nothing(
    house: House, listener: MqttListener
) -> None:
    """Offline once, online once; no thread and no connection is left behind."""
    pid = house.home_assistant.pid
    async with house.client() as client:
        await house.wait_online(client, "front_door")
        before = await _camera_events(client, "front_door")
        threads = await asyncio.to_thread(_threads, pid)
        house.front.kill()
        await eventually_heard(
            lambda: any(
                event["type"] == "camera_offline"
                for event in listener.events("published", "front_door")
            ),
            "camera_offline on MQTT",
        )
        state = await client.state("binary_sensor.front_door_motion")
        assert state["state"] == "unavailable"
        assert listener.last("cameras/front_door/availability") == "offline"

        await asyncio.to_thread(house.front.start)
        await eventually_heard(
            lambda: any(
                event["type"] == "camera_online"
                for event in listener.events("published", "front_door")
            ),
            "camera_online on MQTT",
        )
        await house.wait_online(client, "front_door")
        after = await _camera_events(client, "front_door")
        assert after[len(before) :] == ["camera_offline", "camera_online"]
        offline = next(
            event
            for event in listener.events("ended", "front_door")
            if event["type"] == "camera_offline"
        )
        assert offline["payload"]["end_ts"] > offline["ts"]

        assert await asyncio.to_thread(_threads, pid) == threads
        assert await asyncio.to_thread(connections, pid, house.front.port) == 1
