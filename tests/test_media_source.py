"""The media source shows each user what there is to see of their cameras."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.vigilar.events import processor
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import Label, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import (
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import FakeRecorder, Workers, entity_id_of, make_jpeg, settle

TS = 1_700_000_000_000
DAY_MS = 86_400_000
ROOT = "media-source://vigilar"


@pytest.fixture(autouse=True)
async def events(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    front: str,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """Return the ids of events: a person with a clip, a picture a day later, one without."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)
    await hass.config.async_set_time_zone("Europe/Helsinki")
    assert await async_setup_component(hass, "media_source", {})
    worker = workers.of("front_door")
    person = {"labels": (Label("person", 0.9),), "zones": ("Porch",)}
    seen: list[dict[str, Any]] = [
        {"snapshot": make_jpeg(), **person},
        {"snapshot": make_jpeg()},
        {},
    ]
    for number, fields in enumerate(seen):
        ts = TS + number * DAY_MS
        worker.see(ObservationKind.MOTION_STARTED, ts, key=str(number), **fields)
        await settle(hass)
    recorder = runtime.cameras[front].recorder
    assert isinstance(recorder, FakeRecorder)
    ids = list(recorder.path_of)
    recorder.finish_part(ids[0])
    await hass.async_block_till_done()
    await settle(hass)
    return ids


async def test_camera_day_events(hass: HomeAssistant, events: list[str]) -> None:
    """From the cameras to what can be played, by the days of the house."""
    root = await async_browse_media(hass, ROOT)
    assert root.children is not None
    assert [(item.title, item.can_expand) for item in root.children] == [
        ("Front door", True),
        ("Back yard", True),
    ]
    camera = await async_browse_media(hass, f"{ROOT}/camera/front_door")
    assert camera.children is not None
    # In Helsinki the evening in UTC is after midnight.
    assert [item.title for item in camera.children] == ["2023-11-16", "2023-11-15"]
    day = await async_browse_media(hass, f"{ROOT}/camera/front_door/2023-11-15")
    assert day.children is not None
    (item,) = day.children
    assert item.title == "00:13:20 · Person · Porch"
    assert item.media_content_id == f"{ROOT}/event/{events[0]}/clip"
    assert item.media_content_type == "video/mp4"
    assert item.thumbnail == f"/api/vigilar/events/{events[0]}/thumbnail"
    day = await async_browse_media(hass, f"{ROOT}/camera/front_door/2023-11-16")
    assert day.children is not None
    assert [item.media_content_id for item in day.children] == [
        f"{ROOT}/event/{events[1]}/snapshot"
    ]
    empty = await async_browse_media(hass, f"{ROOT}/camera/front_door/2023-11-17")
    assert empty.children == []


async def test_resolving(hass: HomeAssistant, events: list[str]) -> None:
    """An address without a query string, and the file for who reads it here."""
    media = await async_resolve_media(hass, f"{ROOT}/event/{events[0]}/clip", None)
    assert media.url == f"/api/vigilar/events/{events[0]}/clip"
    assert media.mime_type == "video/mp4"
    assert media.path is not None
    assert await hass.async_add_executor_job(media.path.read_bytes) == b"mp4"


@pytest.mark.parametrize(
    "identifier",
    [
        "event/{}/clip",
        "event/{}/secret",
        "event/../../vigilar.db/clip",
        "event/nothing/clip",
        "event/{}",
        "camera/front_door",
        "{}",
    ],
)
async def test_what_cannot_be_resolved(
    hass: HomeAssistant, events: list[str], identifier: str
) -> None:
    """What there is not, and what is no identifier."""
    with pytest.raises(Unresolvable):
        await async_resolve_media(hass, f"{ROOT}/{identifier.format(events[2])}", None)


@pytest.mark.parametrize(
    "identifier",
    [
        "camera",
        "camera/nobody",
        "camera/front_door/yesterday",
        "camera/front_door/2023-11-15/more",
        "camera/../2023-11-15",
        "event/x",
    ],
)
async def test_what_cannot_be_browsed(hass: HomeAssistant, identifier: str) -> None:
    """What there is not, and what is no identifier."""
    with pytest.raises(BrowseError):
        await async_browse_media(hass, f"{ROOT}/{identifier}")


async def _ask(client: Any, command: str, **fields: Any) -> dict[str, Any]:
    """Send a command of the media source and return the answer."""
    await client.send_json_auto_id({"type": f"media_source/{command}", **fields})
    answer: dict[str, Any] = await client.receive_json()
    return answer


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("person", [0]),
        ("PORCH front", [0]),
        ("motion", [1]),
        ("2023-11-16", [1]),
        ("front door", [1, 0]),
        ("vehicle", []),
    ],
)
async def test_search(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    events: list[str],
    words: str,
    found: list[int],
) -> None:
    """Every word counts; newest first; only what can be played."""
    client = await hass_ws_client(hass)
    for place in (ROOT, f"{ROOT}/camera/front_door"):
        answer = await _ask(
            client, "search_media", media_content_id=place, search_query=words
        )
        ids = [
            item["media_content_id"].split("/")[-2]
            for item in answer["result"]["result"]
        ]
        assert ids == [events[number] for number in found]


async def test_search_for_a_kind(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, events: list[str]
) -> None:
    """Only pictures, where pictures are asked for."""
    client = await hass_ws_client(hass)
    answer = await _ask(
        client,
        "search_media",
        media_content_id=ROOT,
        search_query="front",
        media_filter_classes=["image"],
    )
    (item,) = answer["result"]["result"]
    assert events[1] in item["media_content_id"]
    assert item["title"] == "2023-11-16 00:13:20 · Front door · Motion"


async def test_a_user_sees_what_the_user_may_see(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    back: str,
    events: list[str],
) -> None:
    """Browsing, resolving and searching know who asks."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {allowed: {"read": True}}}}
    )
    client = await hass_ws_client(hass, hass_read_only_access_token)
    answer = await _ask(client, "browse_media", media_content_id=ROOT)
    assert [item["title"] for item in answer["result"]["children"]] == ["Back yard"]
    answer = await _ask(
        client, "browse_media", media_content_id=f"{ROOT}/camera/front_door"
    )
    assert not answer["success"]
    answer = await _ask(
        client, "search_media", media_content_id=ROOT, search_query="front"
    )
    assert answer["result"]["result"] == []
    place = f"{ROOT}/event/{events[0]}/clip"
    answer = await _ask(client, "resolve_media", media_content_id=place)
    assert not answer["success"]
    admin = await hass_ws_client(hass)
    answer = await _ask(admin, "resolve_media", media_content_id=place)
    assert "authSig" in answer["result"]["url"]


async def test_a_database_that_fails(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
    events: list[str],
) -> None:
    """It is said so, and nothing else breaks."""
    client = await hass_ws_client(hass)
    error = StoreError("locked")
    with patch.object(runtime.store, "run", side_effect=error):
        with pytest.raises(BrowseError):
            await async_browse_media(hass, f"{ROOT}/camera/front_door")
        with pytest.raises(Unresolvable):
            await async_resolve_media(hass, f"{ROOT}/event/{events[0]}/clip", None)
        answer = await _ask(
            client, "search_media", media_content_id=ROOT, search_query="x"
        )
        assert not answer["success"]


async def test_nothing_while_vigilar_does_not_run(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
    events: list[str],
) -> None:
    """The media browser of the others goes on."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(BrowseError):
        await async_browse_media(hass, ROOT)
    with pytest.raises(Unresolvable):
        await async_resolve_media(hass, f"{ROOT}/event/{events[0]}/clip", None)
    client = await hass_ws_client(hass)
    answer = await _ask(client, "search_media", media_content_id=ROOT, search_query="x")
    assert not answer["success"]
