"""Test the subscription to what a camera sees."""

import asyncio
from collections.abc import Sequence
import itertools
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.live import NewestWins
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.luma import LumaMemory
from custom_components.vigilar.vision.observing import Observer, Sight
from homeassistant.core import HomeAssistant

from .common import SECRET, FakeWorker, Workers, entity_id_of
from .vision.common import Image, walk

PERIOD_S = 0.2


def lookers(worker: FakeWorker) -> list[Observer]:
    """Return who looks on beside the camera's own memory."""
    return [one for one in worker.observers if not isinstance(one, LumaMemory)]


def show(worker: FakeWorker, images: Sequence[Image]) -> None:
    """Analyse pictures as a camera's thread would, with those who look on."""
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    for number, image in enumerate(images):
        ts = number * PERIOD_S
        analyzer.update(image, ts)
        for observer in worker.observers:
            observer.look(Sight(analyzer, image, ts, 1_700_000_000 + ts))


async def subscribe(client: MockHAClientWebSocket, command: str, **fields: Any) -> int:
    """Subscribe; return the id of the subscription."""
    await client.send_json_auto_id(
        {"type": f"vigilar/{command}/subscribe", "source_id": "front_door", **fields}
    )
    result = await client.receive_json()
    assert result["success"], result
    msg_id: int = result["id"]
    return msg_id


async def receive(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next message of a subscription."""
    message = await client.receive_json()
    assert message["type"] == "event"
    event: dict[str, Any] = message["event"]
    assert SECRET not in str(event)
    return event


async def ask(client: MockHAClientWebSocket, command: str, **fields: Any) -> Any:
    """Return the answer to a command about the front door."""
    await client.send_json_auto_id(
        {"type": f"vigilar/{command}", "source_id": "front_door", **fields}
    )
    return await client.receive_json()


async def test_boxes_of_what_moves(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """First how the camera fares, then the newest boxes; other cameras know nothing."""
    client = await hass_ws_client()
    worker = workers.of("front_door")
    assert not lookers(worker)
    worker.see(ObservationKind.CAMERA_ONLINE)
    await hass.async_block_till_done()
    await subscribe(client, "live")
    first = await receive(client)
    assert first.items() >= {"kind": "live", "boxes": [], "online": True}.items()
    assert first["detecting"] is True
    await asyncio.to_thread(show, worker, list(walk(60, before=20)))
    while not (boxes := (await receive(client))["boxes"]) or not boxes[0]["sure"]:
        assert len(boxes) <= 1
    assert not lookers(workers.of("back_yard"))


async def test_how_the_camera_fares(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    front: str,
) -> None:
    """A camera that is lost shows no boxes; one that is switched off says so."""
    client = await hass_ws_client()
    worker = workers.of("front_door")
    worker.see(ObservationKind.CAMERA_ONLINE)
    await hass.async_block_till_done()
    await subscribe(client, "live")
    await receive(client)
    await asyncio.to_thread(show, worker, list(walk(60, before=20)))
    assert (await receive(client))["boxes"]
    worker.see(ObservationKind.CAMERA_OFFLINE)
    await hass.async_block_till_done()
    while (lost := await receive(client))["online"]:
        assert lost["boxes"]
    assert lost["boxes"] == []
    await runtime.async_set_detecting(runtime.cameras[front], False)
    off = await receive(client)
    assert (off["online"], off["detecting"]) == (False, False)
    await runtime.async_set_detecting(runtime.cameras[front], True)
    assert (await receive(client))["detecting"] is True
    assert len(lookers(workers.of("front_door"))) == 1
    assert workers.of("front_door") is not worker


@pytest.mark.parametrize("leave", ["unsubscribe", "disconnect"])
async def test_who_leaves_is_forgotten(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    leave: str,
) -> None:
    """With the last who looks on the camera has nothing to tell."""
    client = await hass_ws_client()
    worker = workers.of("front_door")
    msg_id = await subscribe(client, "live")
    await receive(client)
    assert len(lookers(worker)) == 1
    observer = lookers(worker)[0]
    if leave == "unsubscribe":
        await client.send_json_auto_id(
            {"type": "unsubscribe_events", "subscription": msg_id}
        )
        assert (await client.receive_json())["success"]
    else:
        await client.close()
        await hass.async_block_till_done()
    assert not lookers(worker)
    # What a thread is about to tell goes nowhere.
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    for number, image in enumerate(walk(40, before=20)):
        analyzer.update(image, number * PERIOD_S)
        observer.look(Sight(analyzer, image, number * PERIOD_S, 0.0))
    await hass.async_block_till_done()


async def test_only_who_may_read_looks_on(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    front: str,
) -> None:
    """A camera that one may not see is as one that there is not, at any time."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    hass_read_only_user.mock_policy({})
    hidden = await ask(client, "live/subscribe")
    unknown = await ask(client, "live/subscribe", source_id="nowhere")
    assert hidden["error"] == unknown["error"]
    assert hidden["error"]["translation_key"] == "no_such_camera"
    entity_id = entity_id_of(hass, "event", front, "activity")
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {entity_id: True}}})
    await subscribe(client, "live")
    assert (await receive(client))["boxes"] == []
    hass_read_only_user.mock_policy({})
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    await hass.async_block_till_done()
    assert await receive(client) == {"kind": "ended"}
    assert not lookers(workers.of("front_door"))


async def test_the_end_of_a_camera_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    entry: VigilarConfigEntry,
    front: str,
) -> None:
    """A removed camera and an unloaded hub end the subscriptions."""
    client = await hass_ws_client()
    await subscribe(client, "live")
    await receive(client)
    hass.config_entries.async_remove_subentry(entry, front)
    await hass.async_block_till_done()
    assert await receive(client) == {"kind": "ended"}
    await subscribe(client, "live", source_id="back_yard")
    await receive(client)
    assert await hass.config_entries.async_unload(entry.entry_id)
    while (message := await receive(client)) != {"kind": "ended"}:
        assert message["kind"] == "live"
    refused = await ask(client, "live/subscribe")
    assert refused["error"]["translation_key"] == "not_running"


async def test_the_newest_wins(hass: HomeAssistant) -> None:
    """What comes too fast is dropped, and the last is never lost."""
    got: list[tuple[int, float]] = []
    loop = hass.loop
    done = asyncio.Event()

    def deliver(item: int) -> None:
        got.append((item, loop.time()))
        if item == 999:
            done.set()

    newest = NewestWins[int](loop, 0.05, deliver)

    def flood() -> None:
        for item in range(1000):
            newest.put(item)

    await asyncio.to_thread(flood)
    await done.wait()
    assert len(got) < 100
    assert all(
        after - before > 0.045 for (_, before), (_, after) in itertools.pairwise(got)
    )
    newest.put(1000)
    newest.close()
    await asyncio.sleep(0)
    await hass.async_block_till_done()
    assert got[-1][0] == 999


async def test_a_thread_may_outlive_the_loop() -> None:
    """Handing something to a loop that is closed does no harm."""
    loop = asyncio.new_event_loop()
    loop.close()
    newest = NewestWins[int](loop, 0.0, lambda _item: None)
    thread = threading.Thread(target=newest.put, args=(1,))
    thread.start()
    thread.join()
