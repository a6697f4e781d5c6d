"""Test that the last events are kept and judged again by other settings."""

import asyncio
import dataclasses
from http import HTTPStatus
import os
from pathlib import Path
import threading
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.vigilar import luma_keeper, tuning_replay
from custom_components.vigilar.events.media import MediaFile
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.media import files
from custom_components.vigilar.media.sweep import sweep
from custom_components.vigilar.models import Box, Label, MediaKind, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.luma import LumaMemory
from custom_components.vigilar.vision.observing import Sight
from homeassistant.core import HomeAssistant

from .common import Workers, settle
from .test_live import ask, receive
from .vision.common import still, walk

UNIX = 1_700_000_000.0
HOUR_S = 3600.0
PERIOD_S = 0.2


def memory_of(workers: Workers) -> LumaMemory:
    """Return the memory of the front door's camera."""
    [memory] = [
        one for one in workers.of("front_door").observers if isinstance(one, LumaMemory)
    ]
    return memory


async def walk_past(
    hass: HomeAssistant, workers: Workers, *, at: float = UNIX, person: bool = False
) -> None:
    """Let somebody walk past the front door, as its thread would see it."""
    worker = workers.of("front_door")
    memory = memory_of(workers)
    analyzer = Analyzer("front_door", AnalyzerSettings(), NumpyKernels())
    for number, image in enumerate([*walk(70, before=20), *still(25)]):
        ts = number * PERIOD_S
        observed = analyzer.update(image, ts)
        memory.look(Sight(analyzer, image, ts, at + ts))
        for one in observed:
            labels = (Label("person", 0.8),) if person else ()
            worker.see(
                one.kind,
                round(at * 1000) + one.ts,
                key=f"{at}",
                score=0.7,
                box=Box(0.1, 0.2, 0.3, 0.4),
                labels=labels,
            )
            # The event is stored before the movement goes on.
            await settle(hass)


def path_of(file: MediaFile) -> Path:
    """Return where a file is."""
    return Path(file.root, file.path)


def exists(file: MediaFile) -> bool:
    """Return whether a file is there."""
    return path_of(file).is_file()


def damage(cut: MediaFile, gone: MediaFile) -> None:
    """Cut one file off and remove another."""
    path_of(cut).write_bytes(path_of(cut).read_bytes()[:40])
    path_of(gone).unlink()


async def kept(runtime: VigilarRuntime, count: int) -> list[MediaFile]:
    """Return what is kept of the front door, once it is so much."""
    async with asyncio.timeout(30):
        while len(found := await runtime.lumas.of("front_door")) != count:
            await asyncio.sleep(0.01)
    await runtime.library.drain()
    return found


async def replay(client: Any, **changes: Any) -> list[dict[str, Any]]:
    """Return all messages of a replay."""
    assert (await ask(client, "tuning/replay", **changes))["success"]
    messages = [await receive(client)]
    while messages[-1]["kind"] == "progress":
        messages.append(await receive(client))
    return messages


async def test_an_event_is_kept_beside_its_clip(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The event does not speak of it, nobody can fetch it, and it goes with the event."""
    await walk_past(hass, workers)
    [file] = await kept(runtime, 1)
    assert exists(file)
    assert path_of(file).is_relative_to(runtime.library.root)
    event = await runtime.store.get(file.event_id)
    assert event is not None
    assert "luma" not in str(event.payload)
    client = await hass_ws_client()
    assert (await ask(client, "tuning/get"))["result"]["stored_events"] == 1
    http = await hass_client()
    answer = await http.get(f"/api/vigilar/events/{file.event_id}/luma")
    assert answer.status == HTTPStatus.NOT_FOUND
    await sweep(runtime.library)
    assert exists(file)
    await runtime.processor.prune(
        before_ms=dict.fromkeys(runtime.library.retention.policy.days, 2**45),
        now=2**45,
    )
    await settle(hass)
    await runtime.library.drain()
    assert not exists(file)
    assert await runtime.lumas.of("front_door") == []


async def test_it_goes_with_the_media(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """What is deleted of an event is deleted whole; strays are swept."""
    await walk_past(hass, workers)
    [file] = await kept(runtime, 1)
    stray = dataclasses.replace(file, path=file.path.replace(".luma", ".2.luma"))
    files.write(path_of(stray), b"of a crash")
    runtime.library.fresh = set()
    await sweep(runtime.library)
    assert not exists(stray)
    assert exists(file)
    await runtime.library.dispose([file.event_id])
    await settle(hass)
    assert not exists(file)
    event = await runtime.store.get(file.event_id)
    assert event is not None
    assert "luma" not in str(event.payload)


@pytest.mark.parametrize("bound", ["MAX_EVENTS", "MAX_BYTES"])
async def test_only_the_last_are_kept(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, bound: str
) -> None:
    """So many events of a camera, and so many bytes of all."""
    for number in range(3):
        await walk_past(hass, workers, at=UNIX + number * HOUR_S)
        found = await kept(runtime, number + 1)
    most = 2 if bound == "MAX_EVENTS" else sum(file.bytes for file in found[:2])
    with patch.object(luma_keeper, bound, most):
        await walk_past(hass, workers, at=UNIX + 3 * HOUR_S)
        left = await kept(runtime, 2)
    assert left[0].start_ts > left[1].start_ts == found[0].start_ts
    assert all(map(exists, left))
    assert not any(map(exists, found[1:]))


async def test_a_long_event_is_kept_before_it_ends(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """What is complete does not wait in memory."""
    memory = memory_of(workers)
    worker = workers.of("front_door")
    worker.see_motion("long", round(UNIX * 1000))
    await settle(hass)
    analyzer = Analyzer("front_door", AnalyzerSettings(), NumpyKernels())
    image = next(still(1))
    for number in range(70):
        analyzer.update(image, number)
        memory.look(Sight(analyzer, image, number, UNIX + number))
    with patch("custom_components.vigilar.events.processor.UPDATE_INTERVAL_MS", 0):
        worker.see(
            ObservationKind.MOTION_UPDATED,
            round(UNIX * 1000) + 70_000,
            key="long",
            score=0.9,
            zones=("Drive",),
        )
        await kept(runtime, 1)
    worker.see(ObservationKind.MOTION_ENDED, round(UNIX * 1000) + 80_000, key="long")
    await settle(hass)
    await kept(runtime, 1)


async def test_what_cannot_be_kept_is_not(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A full disk and an event that is gone cost nothing but the replay."""
    with patch.object(files, "check", side_effect=files.DiskFullError):
        await walk_past(hass, workers)
        await settle(hass)
        await runtime.library.drain()
    assert await kept(runtime, 0) == []
    with patch.object(EventStore, "get", return_value=None):
        event = (await runtime.store.page(limit=1))[0]
        await runtime.library.keep_aside(event, MediaKind.LUMA, b"late")
    assert await kept(runtime, 0) == []


async def test_other_settings_are_tried_on_the_last_events(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    entry: VigilarConfigEntry,
    front: str,
) -> None:
    """So many before, so many after; what was confirmed and would be lost is counted."""
    client = await hass_ws_client()
    [nothing] = (await replay(client))[1:]
    assert (nothing["before"], nothing["after"], nothing["events"]) == (0, 0, [])
    await walk_past(hass, workers)
    await walk_past(hass, workers, at=UNIX + HOUR_S, person=True)
    await kept(runtime, 2)
    saved = entry.subentries[front].data

    messages = await replay(client, settings={"min_height": 20}, zones=[])
    assert [message.get("done") for message in messages] == [0, 1, 2, None]
    result = messages[-1]
    assert (result["kind"], result["before"], result["after"]) == ("result", 2, 2)
    assert (result["lost_confirmed"], result["unclear"]) == (0, 0)

    result = (await replay(client, settings={"min_height": 40}))[-1]
    assert (result["before"], result["after"]) == (2, 0)
    assert [one["type"] for one in result["events"]] == ["person", "motion"]
    assert all(
        (one["counts_before"], one["counts_after"], one["verdict"])
        == (True, False, None)
        for one in result["events"]
    )
    assert result["lost_confirmed"] == 1
    assert entry.subentries[front].data == saved
    assert workers.of("front_door").settings.min_height == 0


@pytest.mark.parametrize(
    ("verdict", "person", "lost"),
    [
        ("false_alarm", False, 0),
        ("false_alarm", True, 0),
        ("package", False, 1),
        ("person", False, 1),
    ],
)
async def test_what_people_have_said_confirms(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    verdict: str,
    person: bool,
    lost: int,
) -> None:
    """A person's word goes before the detector's."""
    await walk_past(hass, workers, person=person)
    [file] = await kept(runtime, 1)
    feedback = {"verdict": verdict, "by": "Anna", "ts": 1}
    runtime.processor.submit_amendment(
        file.event_id, lambda payload: payload | {"feedback": feedback}
    )
    await settle(hass)
    client = await hass_ws_client()
    result = (await replay(client, settings={"min_height": 40}))[-1]
    assert result["lost_confirmed"] == lost
    assert result["events"][0]["verdict"] == verdict


async def test_what_cannot_be_judged_is_left_out(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A damaged or missing file, and what the settings of now do not find either."""
    client = await hass_ws_client()
    for number in range(3):
        await walk_past(hass, workers, at=UNIX + number * HOUR_S)
    found = await kept(runtime, 3)
    damage(found[0], found[1])
    result = (await replay(client, settings={"min_height": 20}))[-1]
    assert (result["before"], result["after"], result["unclear"]) == (1, 1, 2)
    assert (await ask(client, "tuning/save", settings={"min_height": 40}))["success"]
    result = (await replay(client, settings={"min_height": 45}))[-1]
    assert (result["before"], result["after"], result["unclear"]) == (0, 0, 3)
    result = (await replay(client, settings={"min_height": 10}))[-1]
    assert (result["before"], result["after"], result["unclear"]) == (1, 1, 2)


async def test_a_database_that_fails_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The client learns that there will be no result."""
    client = await hass_ws_client()
    with patch.object(luma_keeper.LumaKeeper, "of", side_effect=StoreError("no")):
        assert await replay(client) == [{"kind": "failed"}]
        error = (await ask(client, "tuning/get"))["error"]
        assert error["translation_key"] == "database_unreadable"


class Brake:
    """Holds a replay's thread before a picture until it is told to go on."""

    def __init__(self) -> None:
        """Hold it."""
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.priority = 0

    def sleep(self, _seconds: float) -> None:
        """Stand in for the rest that the thread takes."""
        self.priority = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        self.reached.set()
        assert self.go_on.wait(30)


@pytest.mark.parametrize("end", ["unsubscribe", "unload"])
async def test_a_replay_ends_with_whoever_asked(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    entry: VigilarConfigEntry,
    end: str,
) -> None:
    """It runs behind all else, one at a time, and no picture longer than wanted."""
    await walk_past(hass, workers)
    await kept(runtime, 1)
    client, other = await hass_ws_client(), await hass_ws_client()
    brake = Brake()
    with (
        patch.object(tuning_replay, "time", brake),
        patch.object(tuning_replay, "load_kernels", NumpyKernels),
    ):
        started = await ask(client, "tuning/replay", settings={"min_height": 40})
        assert (await receive(client))["kind"] == "progress"
        assert await asyncio.to_thread(brake.reached.wait, 30)
        assert brake.priority == tuning_replay.NICENESS
        assert (await ask(other, "tuning/replay"))["success"]
        if end == "unsubscribe":
            await client.send_json_auto_id(
                {"type": "unsubscribe_events", "subscription": started["id"]}
            )
            assert (await client.receive_json())["success"]
            brake.go_on.set()
            # Its turn has come: the first was given up.
            assert (await receive(other))["kind"] == "progress"
        else:
            unloading = hass.async_create_task(
                hass.config_entries.async_unload(entry.entry_id)
            )
            async with asyncio.timeout(30):
                while not all(run.stopping.is_set() for run in runtime.replays._known):
                    await asyncio.sleep(0.01)
            brake.go_on.set()
            assert await unloading
            threads = {thread.name for thread in threading.enumerate()}
            assert not any(name.startswith("vigilar_replay") for name in threads)
