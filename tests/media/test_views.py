"""Media over HTTP: for whoever may see the camera, and for nobody else."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from ulid_transform import ulid_now

from custom_components.vigilar.events import processor
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import MediaKind, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant

from ..common import FakeRecorder, Workers, entity_id_of, make_jpeg, settle

PICTURE = make_jpeg()
CLIP = bytes(range(256)) * 40
TS = 1_700_000_000_000


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
async def recorder(
    hass: HomeAssistant, runtime: VigilarRuntime, front: str
) -> FakeRecorder:
    """Return the recorder of the front door's camera."""
    recorder = runtime.cameras[front].recorder
    assert isinstance(recorder, FakeRecorder)
    return recorder


@pytest.fixture
async def event_id(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    recorder: FakeRecorder,
) -> str:
    """Return the id of an open event that has a snapshot and is being recorded."""
    workers.of("front_door").see_motion("m", TS, snapshot=PICTURE)
    await settle(hass)
    (event,) = await runtime.store.page()
    return event.id


async def _end(hass: HomeAssistant, workers: Workers, recorder: FakeRecorder) -> None:
    """End the event, and complete its clip and preview."""
    assert recorder.sink is not None
    workers.of("front_door").see(ObservationKind.MOTION_ENDED, TS + 3000, key="m")
    await settle(hass)
    (event_id,) = recorder.path_of
    recorder.finish_part(event_id, 0, CLIP)
    recorder.finish_part(event_id, 1, b"part two")
    recorder.sink.preview_done(event_id, b"webp")
    recorder.sink.recording_done(event_id, 2)
    await hass.async_block_till_done()
    await settle(hass)


async def test_what_is_ready_can_be_fetched(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    recorder: FakeRecorder,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """By the addresses that the event gives, with types and caching that fit."""
    client = await hass_client()
    answer = await client.get(f"/api/vigilar/events/{event_id}/snapshot")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    etag = answer.headers["ETag"]
    again = await client.get(
        f"/api/vigilar/events/{event_id}/snapshot", headers={"If-None-Match": etag}
    )
    assert again.status == HTTPStatus.NOT_MODIFIED

    await _end(hass, workers, recorder)
    event = await runtime.store.get(event_id)
    assert event is not None
    media = event.payload["media"]
    expected = {
        "snapshot": ("image/jpeg", PICTURE),
        "thumbnail": ("image/jpeg", None),
        "preview": ("image/webp", b"webp"),
        "clip": ("video/mp4", CLIP),
    }
    assert set(media) == set(expected)
    for kind, (content_type, content) in expected.items():
        assert media[kind]["state"] == "ready"
        answer = await client.get(media[kind]["url"])
        assert answer.status == HTTPStatus.OK
        assert answer.content_type == content_type
        assert content is None or await answer.read() == content
        cached = answer.headers["Cache-Control"]
        assert cached == "private, max-age=31536000, immutable"
    assert media["clip"]["parts"] == 2
    part = await client.get(media["clip"]["url"] + "/1")
    assert await part.read() == b"part two"


async def test_ranges(
    hass: HomeAssistant,
    workers: Workers,
    recorder: FakeRecorder,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """A player seeks, and iOS plays nothing without them."""
    await _end(hass, workers, recorder)
    client = await hass_client()
    url = f"/api/vigilar/events/{event_id}/clip"
    for asked, start, end in (
        ("bytes=0-1", 0, 2),
        ("bytes=100-", 100, len(CLIP)),
        ("bytes=-7", len(CLIP) - 7, len(CLIP)),
    ):
        answer = await client.get(url, headers={"Range": asked})
        assert answer.status == HTTPStatus.PARTIAL_CONTENT
        total = len(CLIP)
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{total}"
        assert await answer.read() == CLIP[start:end]
    answer = await client.get(url, headers={"Range": f"bytes={len(CLIP)}-"})
    assert answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


async def test_a_clip_can_be_played_while_it_grows(
    recorder: FakeRecorder, event_id: str, hass_client: ClientSessionGenerator
) -> None:
    """What is written so far is sent, and not kept by the browser."""
    client = await hass_client()
    url = f"/api/vigilar/events/{event_id}/clip"
    assert (await client.get(url)).status == HTTPStatus.NOT_FOUND
    recorder.path_of[event_id](0).write_bytes(b"half")
    answer = await client.get(url)
    assert await answer.read() == b"half"
    assert answer.headers["Cache-Control"] == "private, no-cache"


async def test_nothing_without_authentication(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_client_no_auth: ClientSessionGenerator,
    hass_access_token: str,
) -> None:
    """A token or a signed path, which is good for its own path alone."""
    client = await hass_client_no_auth()
    url = f"/api/vigilar/events/{event_id}/snapshot"
    assert (await client.get(url)).status == HTTPStatus.UNAUTHORIZED
    token = hass.auth.async_validate_access_token(hass_access_token)
    assert token is not None
    signed = async_sign_path(hass, url, timedelta(minutes=1), refresh_token_id=token.id)
    answer = await client.get(signed)
    assert await answer.read() == PICTURE
    other = signed.replace("/snapshot", "/thumbnail")
    assert (await client.get(other)).status == HTTPStatus.UNAUTHORIZED


async def test_who_may_not_see_the_camera_sees_none_of_it(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    front: str,
    back: str,
    entry: VigilarConfigEntry,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """The permission is that of the source's entity; what is gone is for admins."""
    client = await hass_client(hass_read_only_access_token)
    url = f"/api/vigilar/events/{event_id}/snapshot"
    for subentry_id, status in (
        (back, HTTPStatus.NOT_FOUND),
        (front, HTTPStatus.OK),
    ):
        allowed = entity_id_of(hass, "event", subentry_id, "activity")
        hass_read_only_user.mock_policy(
            {"entities": {"entity_ids": {allowed: {"read": True}}}}
        )
        assert (await client.get(url)).status == status
    hass.config_entries.async_remove_subentry(entry, front)
    await hass.async_block_till_done()
    assert (await client.get(url)).status == HTTPStatus.NOT_FOUND
    admin = await hass_client()
    assert (await admin.get(url)).status == HTTPStatus.OK


async def test_what_was_ready_is_never_not_found(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    recorder: FakeRecorder,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """Gone, as long as the event is there; also where the file was taken away."""
    await _end(hass, workers, recorder)
    client = await hass_client()
    url = f"/api/vigilar/events/{event_id}"
    found = await runtime.library.find(event_id, MediaKind.PREVIEW)
    assert found is not None
    assert found.path is not None
    with patch.object(Path, "is_file", return_value=True):
        found.path.unlink()
        assert (await client.get(f"{url}/preview")).status == HTTPStatus.GONE
    assert (await client.get(f"{url}/preview")).status == HTTPStatus.GONE
    await runtime.library.dispose([event_id])
    for kind in ("snapshot", "thumbnail", "preview", "clip"):
        # At once, and when the event says so.
        assert (await client.get(f"{url}/{kind}")).status == HTTPStatus.GONE
    await settle(hass)
    answer = await client.get(f"{url}/clip")
    assert (answer.status, await answer.text()) == (HTTPStatus.GONE, "deleted")


async def test_what_never_was_is_not_found(
    hass: HomeAssistant,
    workers: Workers,
    runtime: VigilarRuntime,
    hass_client: ClientSessionGenerator,
) -> None:
    """No event, or none with such media."""
    workers.of("back_yard").see_motion("m", TS)
    await settle(hass)
    (event,) = await runtime.store.page()
    client = await hass_client()
    for known in (event.id, ulid_now()):
        answer = await client.get(f"/api/vigilar/events/{known}/snapshot")
        assert answer.status == HTTPStatus.NOT_FOUND


async def test_nothing_but_an_id_leads_to_a_file(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """Traversal, unicode, length and types lead nowhere and do no harm."""
    client = await hass_client()
    odd = [
        "..",
        "../../secrets.yaml",
        "..%2f..%2fsecrets.yaml",
        "%2e%2e%2f%2e%2e%2fvigilar.db",
        "/etc/passwd",
        event_id.lower(),
        event_id[:-1],
        event_id + "A",
        event_id + "\n",
        event_id + "\0",
        f"{event_id}.jpg",
        "é" * 26,
        "０" * 26,
        "💥",
        "0" * 5000,
        "-1",
        "1e9",
        "None",
        "true",
        "[]",
        "{}",
        "' OR 1=1 --",
        "%00",
        "*",
        "I" * 26,
    ]
    for text in odd:
        for path in (
            f"{quote(text, safe='%')}/snapshot",
            f"{event_id}/{quote(text, safe='%')}",
            f"{event_id}/snapshot/{quote(text, safe='%')}",
            f"{event_id}/clip/{quote(text, safe='%')}",
        ):
            answer = await client.get(
                f"/api/vigilar/events/{path}", allow_redirects=False
            )
            assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST), path
            assert b"vigilar" not in (await answer.read()).lower()
    answer = await client.get(f"/api/vigilar/events/{event_id}/snapshot/999999")
    assert answer.status != HTTPStatus.OK
    for method in ("post", "put", "delete"):
        answer = await client.request(
            method, f"/api/vigilar/events/{event_id}/snapshot"
        )
        assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED


async def test_a_database_that_fails_is_no_proof_of_absence(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """Come back later, also while Vigilar does not run."""
    client = await hass_client()
    url = f"/api/vigilar/events/{event_id}/snapshot"
    with patch.object(runtime.store, "get", side_effect=StoreError("locked")):
        answer = await client.get(url)
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.get(url)).status == HTTPStatus.SERVICE_UNAVAILABLE
