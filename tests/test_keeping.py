"""What people do to keep events, as actions and over the websocket."""

import asyncio
from datetime import UTC, datetime, timedelta
import hashlib
from http import HTTPStatus
import io
from typing import Any
from unittest.mock import patch
import zipfile

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)
from ulid_transform import ulid_now
import voluptuous as vol

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events import processor
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.media import files
from custom_components.vigilar.media.exports import FOLDER, Exports
from custom_components.vigilar.media.retention import Policy
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.util import dt as dt_util

from .common import FakeRecorder, Workers, entity_id_of, make_jpeg, settle
from .media.common import check_clip, video

PICTURE = make_jpeg()
TS = 1_700_000_000_000
BEGIN, END = TS - 2000, TS + 2000
UNKNOWN = "0" * 26
ODD = [
    "..",
    "../../secrets.yaml",
    "%2e%2e%2fvigilar.db",
    "/etc/passwd",
    "é" * 26,
    "０" * 26,
    "0" * 5000,
    "' OR 1=1 --",
    "*",
    "I" * 26,
    "",
]


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
async def event_id(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, front: str
) -> str:
    """Return the id of an event that is over, with a snapshot and a clip."""
    worker = workers.of("front_door")
    worker.see_motion("m", TS, snapshot=PICTURE)
    await settle(hass)
    (event,) = await runtime.store.page()
    recorder = runtime.cameras[front].recorder
    assert isinstance(recorder, FakeRecorder)
    worker.see(ObservationKind.MOTION_ENDED, TS + 3000, key="m")
    await settle(hass)
    recorder.finish_part(event.id, 0, video(10.0, container="mp4"))
    assert recorder.sink is not None
    recorder.sink.recording_done(event.id, 1)
    await hass.async_block_till_done()
    await settle(hass)
    return event.id


async def _call(
    hass: HomeAssistant, action: str, user: MockUser | None = None, **data: Any
) -> Any:
    """Call an action."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=action != "protect",
        context=Context(user_id=None if user is None else user.id),
    )


def _time(ts: int) -> str:
    """Return a time as an automation gives it."""
    return datetime.fromtimestamp(ts / 1000, UTC).isoformat()


def _allow(
    hass: HomeAssistant, user: MockUser, subentry_id: str, *policies: str
) -> None:
    """Let a user do something to one camera, and nothing else."""
    entity_id = entity_id_of(hass, "event", subentry_id, "activity")
    allowed = dict.fromkeys(policies, True)
    user.mock_policy({"entities": {"entity_ids": {entity_id: allowed}}})


async def test_an_event_is_exported_and_fetched(
    hass: HomeAssistant,
    event_id: str,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The address leads to a zip file whose sums are right, and to it alone."""
    told = await _call(hass, "export_event", event_id=event_id)
    names = [file["name"] for file in told["files"]]
    assert names == ["event.json", "clip_01.mp4", "snapshot.jpg"]
    client = await hass_client()
    answer = await client.get(told["url"])
    assert answer.status == HTTPStatus.OK
    assert answer.content_type == "application/zip"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="{told["name"]}"'
    content = await answer.read()
    assert len(content) == told["size"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("snapshot.jpg") == PICTURE
        for line in archive.read("SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
            names.remove(name)
    assert names == []
    part = await client.get(told["url"], headers={"Range": "bytes=10-19"})
    assert part.status == HTTPStatus.PARTIAL_CONTENT
    assert await part.read() == content[10:20]
    stranger = await hass_client_no_auth()
    answer = await stranger.get(told["url"])
    assert answer.status == HTTPStatus.UNAUTHORIZED


async def test_a_clip_is_exported(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    front: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """By the id of the source or by its entity, in the zone of the house."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    entity_id = entity_id_of(hass, "event", front, "activity")
    local = dt_util.as_local(dt_util.utc_from_timestamp(BEGIN / 1000))
    client = await hass_client()
    for camera, start in (
        ("front_door", _time(BEGIN)),
        (entity_id, local.strftime("%Y-%m-%d %H:%M:%S")),
    ):
        told = await _call(
            hass, "export_clip", camera=camera, start=start, end=_time(END)
        )
        answer = await client.get(told["url"])
        assert answer.content_type == "video/mp4"
        path = runtime.library.root / FOLDER / f"{told['export_id']}.mp4"
        assert await answer.read() == path.read_bytes()
        # Of the keyframe at 2 s, to 7 s.
        assert len(check_clip(path)) == 50
        assert told["files"] == [
            {"name": "clip.mp4", "start_ts": TS - 3000, "duration_ms": 5000}
        ]


async def test_the_websocket_does_the_same(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Exports have the same answers, and times are milliseconds."""
    client = await hass_ws_client()

    async def send(kind: str, **fields: Any) -> Any:
        """Send a command and return the answer."""
        await client.send_json_auto_id({"type": f"vigilar/{kind}", **fields})
        return await client.receive_json()

    event = (await send("export/event", event_id=event_id))["result"]
    action = await _call(hass, "export_event", event_id=event_id)
    assert event["files"] == action["files"]
    clip = await send("export/clip", camera="front_door", start=BEGIN, end=END)
    for told in (event, clip["result"]):
        assert await runtime.exports.find(told["export_id"]) is not None
    for on in (True, False):
        assert (await send("protect", event_id=event_id, protected=on))["success"]
        await settle(hass)
        (stored,) = await runtime.store.page()
        assert stored.payload.get("protected", False) is on
    odd: list[Any] = [*ODD, UNKNOWN, 7, None, [], {}]
    for wrong in odd:
        for kind in ("export/event", "protect"):
            assert not (await send(kind, event_id=wrong))["success"]
        answer = await send("export/clip", camera=wrong, start=BEGIN, end=END)
        assert not answer["success"]
    for start, end in (
        (END, BEGIN),
        (BEGIN, BEGIN),
        (BEGIN, BEGIN + 3_600_001),
        (-1, 5),
        ("now", END),
        (0, 10**30),
    ):
        answer = await send("export/clip", camera="front_door", start=start, end=end)
        assert not answer["success"]


async def test_protection_is_published_and_lasts(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The timeline hears of it, and retention leaves the event alone."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "vigilar/timeline/subscribe"})
    await client.receive_json()
    assert "protected" not in (await client.receive_json())["event"]["events"][0]

    await _call(hass, "protect", event_id=event_id)
    await settle(hass)
    (told,) = (await client.receive_json())["event"]["events"]
    assert (told["id"], told["payload"]["protected"]) == (event_id, True)
    assert told["payload"]["phase"] == "updated"
    runtime.library.retention.policy = Policy(max_bytes=0)
    await runtime.library.retention.tidy(runtime.library.root, TS * 2)
    await runtime.processor.prune(before_ms=TS * 2, now=TS * 2)
    await settle(hass)
    event = await runtime.store.get(event_id)
    assert event is not None
    assert event.payload["media"]["clip"]["state"] == "ready"

    await _call(hass, "protect", event_id=event_id, protected=False)
    await runtime.processor.prune(before_ms=TS * 2, now=TS * 2)
    assert await runtime.store.get(event_id) is None
    with pytest.raises(ServiceValidationError):
        await _call(hass, "protect", event_id=event_id)


async def test_only_who_may(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    front: str,
    back: str,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """Who may see a camera may export it; who may control it may protect its events."""
    user = hass_read_only_user
    client = await hass_client(hass_read_only_access_token)
    event = {"event_id": event_id}
    clip = {"camera": "front_door", "start": _time(BEGIN), "end": _time(END)}
    url = (await _call(hass, "export_event", **event))["url"]
    for subentry_id, policies, status in (
        (back, ("read", "control"), HTTPStatus.NOT_FOUND),
        (front, ("read",), HTTPStatus.OK),
    ):
        _allow(hass, user, subentry_id, *policies)
        assert (await client.get(url)).status == status
        for action, data in (("export_event", event), ("export_clip", clip)):
            if status == HTTPStatus.OK:
                assert (await _call(hass, action, user, **data))["url"]
            else:
                with pytest.raises(ServiceValidationError, match="There is no such"):
                    await _call(hass, action, user, **data)
        with pytest.raises(ServiceValidationError, match="There is no such"):
            await _call(hass, "protect", user, **event)
    _allow(hass, user, front, "read", "control")
    await _call(hass, "protect", user, **event)
    await settle(hass)
    (stored,) = await runtime.store.page()
    assert stored.payload["protected"] is True
    for action, data in (
        ("export_event", event),
        ("export_clip", clip),
        ("protect", event),
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                return_response=action != "protect",
                context=Context(user_id="nobody"),
            )


async def test_what_a_camera_that_is_gone_has_left_is_for_admins(
    hass: HomeAssistant,
    event_id: str,
    front: str,
    entry: VigilarConfigEntry,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """Nobody else can be told by what it may be seen."""
    hass.config_entries.async_remove_subentry(entry, front)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError):
        await _call(hass, "export_event", hass_read_only_user, event_id=event_id)
    assert await _call(hass, "export_event", hass_admin_user, event_id=event_id)


async def test_nothing_but_an_id_leads_to_an_export(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """Nor does anything lead out of the folder."""
    told = await _call(hass, "export_event", event_id=event_id)
    client = await hass_client()
    for text in (*ODD[:-1], ulid_now(), UNKNOWN, f"{told['export_id']}.zip"):
        answer = await client.get(f"/api/vigilar/exports/{text}")
        assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST), text
    for action in ("export_event", "protect"):
        for text in ODD:
            with pytest.raises(vol.Invalid):
                await _call(hass, action, event_id=text)
    for text in ODD:
        with pytest.raises(ServiceValidationError):
            await _call(
                hass, "export_clip", camera=text, start=_time(BEGIN), end=_time(END)
            )
    folder = runtime.library.root / FOLDER
    assert [path.name for path in folder.iterdir()] == [f"{told['export_id']}.zip"]
    (folder / f"{told['export_id']}.zip").unlink()
    assert (await client.get(told["url"])).status == HTTPStatus.GONE


async def test_exports_go_by_themselves(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """After a day, without anybody asking."""
    told = await _call(hass, "export_event", event_id=event_id)
    path = runtime.library.root / FOLDER / f"{told['export_id']}.zip"
    assert path.is_file()
    with patch.object(runtime.exports, "_clock", lambda: told["expires"]):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
        async with asyncio.timeout(30):
            while path.exists():
                await asyncio.sleep(0.01)
        await settle(hass)
    client = await hass_client()
    assert (await client.get(told["url"])).status == HTTPStatus.NOT_FOUND


async def test_what_goes_wrong_is_said(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    event_id: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """In words that lead on."""
    told = await _call(hass, "export_event", event_id=event_id)
    nothing = {"start": _time(TS + 50_000), "end": _time(TS + 60_000)}
    with pytest.raises(ServiceValidationError, match="Nothing was recorded"):
        await _call(hass, "export_clip", camera="front_door", **nothing)
    with (
        patch.object(files, "measure", return_value=files.Space(1000, 0)),
        pytest.raises(HomeAssistantError, match="disk full"),
    ):
        await _call(hass, "export_event", event_id=event_id)
    client = await hass_client()
    with patch.object(EventStore, "get", side_effect=StoreError("gone")):
        for action in ("export_event", "protect"):
            with pytest.raises(HomeAssistantError, match="cannot be read"):
                await _call(hass, action, event_id=event_id)
    with patch.object(Exports, "find", side_effect=StoreError("gone")):
        answer = await client.get(told["url"])
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    with pytest.raises(ServiceValidationError):
        await _call(hass, "protect", event_id=UNKNOWN)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError, match="not set up"):
        await _call(hass, "export_event", event_id=event_id)
    answer = await client.get(told["url"])
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
