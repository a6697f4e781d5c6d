"""Test what tuning needs: what the analysis sees, and what is saved."""

import asyncio
import base64
from collections.abc import Callable, Generator
import io
import itertools
import time
from typing import Any, override
from unittest.mock import patch

from PIL import Image as PillowImage
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.vigilar.const import CONF_ANALYSIS, CONF_FPS, CONF_ZONES
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.source import Packet
from custom_components.vigilar.vision.zones import MAX_POINTS
from custom_components.vigilar.zone_flow import MAX_ZONES
from homeassistant.core import HomeAssistant

from .common import SECRET, Workers, settle
from .test_live import ask, lookers, receive, show, subscribe
from .vision.common import Image, ScriptedSource, walk

SETTINGS = {"sensitivity": 5, "min_height": 0, "min_duration": 0, "quiet_time": 3}
LEFT = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]
TOP = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.05], [0.0, 0.05]]


def zone(
    name: str = "Left", points: list[list[float]] | None = None, kind: str = "include"
) -> dict[str, Any]:
    """Return a zone as a client sends it."""
    return {"name": name, "kind": kind, "points": points or LEFT}


class PacedSource(ScriptedSource):
    """A camera of fifty pictures a second in real time, five in its own."""

    @override
    def read(self) -> Packet | None:
        """Return the next packet when it is due."""
        # The pace of the source, not a wait for a result: else the thread would never rest.
        time.sleep(0.02)
        return super().read()


@pytest.fixture
def pictures(platform_ready: None) -> Generator[list[Callable[[], PacedSource]]]:
    """Let the real threads watch somebody who walks past again and again."""

    def source() -> PacedSource:
        images: list[Image] = list(walk(60, before=10))
        return PacedSource(itertools.cycle(images))

    with patch(
        "custom_components.vigilar.coordinator.source_opener",
        lambda *_args, **_named: source,
    ):
        yield [source]


async def test_a_real_camera_is_tuned(
    hass: HomeAssistant,
    pictures: None,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The whole way, from a camera's thread to a client, by its settings and a draft."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    client = await hass_ws_client()
    await subscribe(client, "tuning")
    frames: list[dict[str, Any]] = []
    while not any(frame["would_count"] for frame in frames):
        if (message := await receive(client))["kind"] == "frame":
            frames.append(message)
        else:
            assert message.keys() == {"kind", "online", "detecting"}
    frame = frames[-1]
    jpeg = base64.b64decode(frame["luma"])
    with PillowImage.open(io.BytesIO(jpeg)) as image:
        assert image.size == (frame["width"], frame["height"])
    assert {track["why"] for one in frames for track in one["tracks"]} >= {"counts"}

    client = await hass_ws_client()
    await subscribe(client, "tuning", zones=[zone(points=TOP)])
    reasons: set[str] = set()
    while "outside_zones" not in reasons:
        if (message := await receive(client))["kind"] == "frame":
            assert not message["would_count"]
            reasons |= {track["why"] for track in message["tracks"]}
    assert "counts" not in reasons
    assert not entry.runtime_data.cameras[
        next(iter(entry.runtime_data.cameras))
    ].camera.settings.zones
    await settle(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_what_is_set(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Settings as they are stored, with the limits of the camera's form."""
    client = await hass_ws_client()
    got = (await ask(client, "tuning/get"))["result"]
    assert got["settings"] == SETTINGS
    assert got["zones"] == []
    assert got["limits"]["min_height"] == {
        "min": 0,
        "max": 50,
        "step": 0.5,
        "default": 0,
        "unit": "%",
    }
    assert got["limits"]["sensitivity"]["unit"] is None
    assert got["limits"].keys() == SETTINGS.keys()
    assert got["aspect"] is None
    assert got["detecting"] is True
    assert got["stored_events"] == 0
    assert SECRET not in str(got)


async def test_saving_changes_one_camera_while_it_runs(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    entry: VigilarConfigEntry,
    front: str,
) -> None:
    """The camera goes on with the same thread and event; the other is not touched."""
    client = await hass_ws_client()
    worker, other = workers.of("front_door"), workers.of("back_yard")
    before = other.settings
    worker.see_motion("a")
    await settle(hass)
    changed = {"sensitivity": 8, "min_height": 12.5, "min_duration": 2}
    answer = await ask(client, "tuning/save", settings=changed, zones=[zone(" Left ")])
    assert answer["result"]["settings"] == {**SETTINGS, **changed}
    assert answer["result"]["zones"] == [zone()]
    assert workers.of("front_door") is worker
    assert len(workers) == 2
    assert (worker.settings.sensitivity, worker.settings.min_height) == (8, 0.125)
    assert [one.name for one in worker.settings.zones] == ["Left"]
    assert other.settings is before
    assert runtime.cameras[front].data.open_movements
    data = entry.subentries[front].data
    assert data[CONF_ANALYSIS][CONF_FPS] == 5
    assert data[CONF_ZONES] == [zone()]
    assert (await ask(client, "tuning/save", settings={"quiet_time": 9}))["success"]
    got = (await ask(client, "tuning/get"))["result"]
    assert got["settings"] == {**SETTINGS, **changed, "quiet_time": 9}
    assert got["zones"] == [zone()]
    assert (await ask(client, "tuning/save", zones=[]))["result"]["zones"] == []
    assert worker.settings.zones == ()


@pytest.mark.parametrize("command", ["tuning/save", "tuning/subscribe"])
@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"settings": {"sensitivity": 11}}, "sensitivity", None),
        ({"settings": {"min_height": -1}}, "min_height", None),
        ({"settings": {"quiet_time": 0}}, "quiet_time", None),
        ({"zones": [zone(), zone("  ")]}, "zones.1.name", "zone_unnamed"),
        ({"zones": [zone(), zone()]}, "zones.1.name", "zone_exists"),
        ({"zones": [zone(points=LEFT[:2])]}, "zones.0.points", "points_few"),
        (
            {"zones": [zone(points=[[0, 0], [0.5, 0.5], [1, 1]])]},
            "zones.0.points",
            "points_flat",
        ),
        ({"zones": [zone(points=[*LEFT, [1.1, 0]])]}, "zones.0.points", "points_range"),
        (
            {"zones": [zone(points=LEFT * (MAX_POINTS // 4 + 1))]},
            "zones.0.points",
            "points_many",
        ),
        (
            {"zones": [zone(str(number)) for number in range(MAX_ZONES + 1)]},
            f"zones.{MAX_ZONES}.zones",
            "zones_many",
        ),
    ],
)
async def test_what_the_form_refuses_is_refused(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    entry: VigilarConfigEntry,
    front: str,
    command: str,
    changes: dict[str, Any],
    field: str,
    problem: str | None,
) -> None:
    """The error names the field; nothing is saved and nobody looks on."""
    client = await hass_ws_client()
    before = entry.subentries[front].data
    error = (await ask(client, command, **changes))["error"]
    placeholders = error["translation_placeholders"]
    assert placeholders["field"] == field
    assert placeholders.get("problem") == problem
    assert error["translation_key"] == (
        "setting_refused" if problem is None else "zone_refused"
    )
    assert entry.subentries[front].data == before
    assert not lookers(workers.of("front_door"))


@pytest.mark.parametrize(
    "command", ["tuning/get", "tuning/save", "tuning/subscribe", "tuning/replay"]
)
async def test_tuning_is_for_admins(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    command: str,
) -> None:
    """Whoever may only look may not tune."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    assert (await ask(client, command))["error"]["code"] == "unauthorized"
    admin = await hass_ws_client()
    refused = await ask(admin, command, source_id="nowhere")
    assert refused["error"]["translation_key"] == "no_such_camera"


async def test_who_tunes_learns_how_the_camera_fares(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """At once and whenever it changes."""
    client = await hass_ws_client()
    await subscribe(client, "tuning")
    state = {"kind": "state", "online": False, "detecting": True}
    assert await receive(client) == state
    worker = workers.of("front_door")
    worker.see(ObservationKind.CAMERA_ONLINE)
    assert await receive(client) == {**state, "online": True}
    await asyncio.to_thread(show, worker, list(walk(30, before=20)))
    assert (await receive(client))["kind"] == "frame"
