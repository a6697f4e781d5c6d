"""A user without rights for a camera gets nothing of it, whatever way he asks.

Every way in is found in Home Assistant's registries, and each has to have a row
in one of the tables below. Each row is asked by a user who may read the back
yard and by an administrator: the first must be refused or be told nothing of
the front door, and the second must be told something else.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
import json
import re
from typing import Any, Final, NamedTuple

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events import processor
from custom_components.vigilar.media.files import CONTENT_TYPES
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET_API
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.setup import async_setup_component

from .common import FakeRecorder, Workers, entity_id_of, make_jpeg, settle

TS: Final = 1_700_000_000_000
EVENT: Final = "{event_id}"
EXPORT: Final = "{export_id}"
SPAN: Final = {"start": TS - 1000, "end": TS + 3_000_000}
TUNING: Final = {"source_id": "front_door"}


class Gets(Enum):
    """What who may not see the front door gets of it."""

    REFUSED = auto()
    NOTHING = auto()


class Row(NamedTuple):
    """One way in, and what becomes of who asks there for the front door.

    Attributes:
        gets: By who may only see the back yard.
        fields: What is asked: as an administrator would ask for the front door's.
    """

    gets: Gets
    fields: Mapping[str, Any] = {}


COMMANDS: Final = {
    "vigilar/audit/page": Row(Gets.REFUSED),
    "vigilar/delivery": Row(Gets.REFUSED, {"event_id": EVENT}),
    "vigilar/event/get": Row(Gets.REFUSED, {"event_id": EVENT}),
    "vigilar/export/clip": Row(Gets.REFUSED, {"camera": "front_door", **SPAN}),
    "vigilar/export/event": Row(Gets.REFUSED, {"event_id": EVENT}),
    "vigilar/feedback": Row(Gets.REFUSED, {"event_id": EVENT, "verdict": "person"}),
    "vigilar/live/subscribe": Row(Gets.REFUSED, {"source_id": "front_door"}),
    "vigilar/note": Row(Gets.REFUSED, {"event_id": EVENT, "text": "mine"}),
    "vigilar/protect": Row(Gets.REFUSED, {"event_id": EVENT}),
    # What was marked in a span is unmarked.
    "vigilar/review/span": Row(Gets.NOTHING, SPAN),
    "vigilar/review/mark": Row(Gets.NOTHING, {"event_ids": [EVENT], "reviewed": False}),
    "vigilar/timeline/days": Row(Gets.NOTHING, SPAN),
    "vigilar/timeline/density": Row(Gets.NOTHING, {**SPAN, "bucket": 60_000}),
    "vigilar/timeline/page": Row(Gets.NOTHING, {"before_ts": TS + 1}),
    "vigilar/timeline/subscribe": Row(Gets.NOTHING),
    "vigilar/tuning/get": Row(Gets.REFUSED, TUNING),
    "vigilar/tuning/replay": Row(Gets.REFUSED, TUNING),
    "vigilar/tuning/save": Row(Gets.REFUSED, TUNING),
    "vigilar/tuning/subscribe": Row(Gets.REFUSED, TUNING),
    # The last, for then there is nothing more to ask for.
    "vigilar/event/delete": Row(Gets.REFUSED, {"event_ids": [EVENT], "force": True}),
}
ACTIONS: Final = {
    "delivery": Row(Gets.REFUSED, {"event_id": EVENT}),
    "export_clip": Row(
        Gets.REFUSED,
        {
            "camera": "front_door",
            "start": "2023-11-14T22:00:00Z",
            "end": "2023-11-14T22:30:00Z",
        },
    ),
    "export_event": Row(Gets.REFUSED, {"event_id": EVENT}),
    "protect": Row(Gets.REFUSED, {"event_id": EVENT}),
    "create_event": Row(Gets.REFUSED, {"camera": "front_door", "name": "Mine"}),
    "describe_event": Row(Gets.REFUSED, {"event_id": EVENT}),
    "get_event": Row(Gets.REFUSED, {"event_id": EVENT}),
    "mark_reviewed": Row(Gets.NOTHING, {"event_id": [EVENT], "reviewed": True}),
    "search_events": Row(Gets.NOTHING, {"end": "2023-11-14T22:30:00Z"}),
    "self_test": Row(Gets.REFUSED),
    "snooze": Row(Gets.REFUSED, {"cameras": ["front_door"], "minutes": 5}),
    "walk_test": Row(Gets.REFUSED, {"active": False}),
    # The last, for then there is nothing more to ask for.
    "delete_events": Row(Gets.REFUSED, {"event_id": [EVENT], "force": True}),
}
VIEWS: Final = {
    "/api/vigilar/events/{event_id}/{kind}": Row(Gets.REFUSED, {"kind": "clip"}),
    "/api/vigilar/events/{event_id}/{kind}/{part}": Row(
        Gets.REFUSED, {"kind": "clip", "part": "0"}
    ),
    "/api/vigilar/exports/{export_id}": Row(Gets.REFUSED),
}
FOLDERS: Final = {
    "": Row(Gets.NOTHING),
    "camera/*": Row(Gets.REFUSED, {"id": "camera/front_door"}),
    "camera/*/*": Row(Gets.REFUSED, {"id": "camera/front_door/2023-11-14"}),
}
FILES: Final = {
    f"event/*/{kind}": Row(Gets.REFUSED, {"id": f"event/{EVENT}/{kind}"})
    for kind in CONTENT_TYPES
    # No list and no player asks for what the tuner plays back.
    if kind in ("clip", "snapshot", "thumbnail", "preview")
}


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
async def ids(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, front: str
) -> dict[str, str]:
    """Return the ids of an event at the front door that is over, and of its export."""
    worker = workers.of("front_door")
    worker.see_motion("m", TS, snapshot=make_jpeg())
    await settle(hass)
    (event,) = await runtime.store.page()
    recorder = runtime.cameras[front].recorder
    assert isinstance(recorder, FakeRecorder)
    worker.see(ObservationKind.MOTION_ENDED, TS + 3000, key="m")
    await settle(hass)
    recorder.finish_part(event.id)
    assert recorder.sink is not None
    recorder.sink.recording_done(event.id, 1)
    recorder.sink.preview_done(event.id, b"webp")
    await hass.async_block_till_done()
    await settle(hass)
    over = await runtime.store.get(event.id)
    assert over is not None
    export = await runtime.exports.bundle(over)
    return {"event_id": event.id, "export_id": export.file.id}


@pytest.fixture
def reader(
    hass: HomeAssistant,
    hass_read_only_user: MockUser,
    runtime: VigilarRuntime,
    back: str,
) -> MockUser:
    """Return a user who may do everything with the back yard, and nothing else."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {allowed: True}}})
    return hass_read_only_user


def _complete(fields: Any, ids: Mapping[str, str]) -> Any:
    """Return fields with the ids that they stand for."""
    text = json.dumps(fields)
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return json.loads(text)


def _check_complete(
    found: set[str], table: Mapping[str, Row], name: str, asked: str
) -> None:
    """Let every way in have a row, and every row a way in."""
    missing = sorted(found - table.keys())
    assert not missing, (
        f"{missing} can be asked, but nothing says what a user gets who may not see the"
        f" camera. Add a row to {name} in {__name__}: Row(Gets.REFUSED, fields) if such"
        f" a user gets an error, Row(Gets.NOTHING, fields) if an answer without the"
        f" camera. The fields are {asked}, for the camera front_door; EVENT and EXPORT"
        " stand for the ids of its event and export."
    )
    assert sorted(table.keys() - found) == [], f"{name} has rows of what is gone"


async def _check(
    name: str,
    row: Row,
    ids: Mapping[str, str],
    ask: Callable[[bool], Awaitable[tuple[bool, Any]]],
) -> None:
    """Ask as who may not see the front door and as an administrator.

    Args:
        name: What is asked.
        row: What is expected.
        ids: Of the front door's event and export.
        ask: Told whether to ask as the administrator, returns whether there was an
            answer, and it.
    """
    answered, answer = await ask(False)
    assert answered is (row.gets is Gets.NOTHING), f"{name} says {answer}"
    for secret in ("front_door", "Front door", *ids.values()):
        asked = row.gets is Gets.REFUSED and secret in str(row.fields)
        assert asked or secret not in str(answer), f"{name} tells of the front door"
    assert await ask(True) != (answered, answer), (
        f"{name} says the same to an administrator: the row asks for nothing"
    )


async def test_every_command_has_a_row(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """The websocket commands."""
    registered = {name for name in hass.data[WEBSOCKET_API] if "vigilar" in name}
    _check_complete(registered, COMMANDS, "COMMANDS", "those of the message")


async def test_every_action_has_a_row(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """The actions."""
    registered = set(hass.services.async_services()[DOMAIN])
    _check_complete(registered, ACTIONS, "ACTIONS", "those of the call")


async def test_every_view_has_a_row(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """The addresses."""
    addresses = {each.canonical for each in hass.http.app.router.resources()}
    served = {address for address in addresses if address.startswith("/api/vigilar")}
    _check_complete(served, VIEWS, "VIEWS", "the parts of the address")


async def test_every_medium_has_a_row(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: dict[str, str],
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What can be reached from the root of the media source."""
    await async_setup_component(hass, "media_source", {})
    client = await hass_ws_client()
    folders, files, waiting = set(), set(), [""]
    while waiting:
        where = waiting.pop()
        folders.add(re.sub(r"(?<=/)[^/]+", "*", where))
        _, found = await _media(client, "browse", where)
        for child in found["children"]:
            identifier = child["media_content_id"].removeprefix(f"{_MEDIA}/")
            if child["can_expand"]:
                waiting.append(identifier)
            else:
                files.add(re.sub(r"/[^/]+/", "/*/", identifier))
    _check_complete(folders, FOLDERS, "FOLDERS", "the identifier")
    assert files <= FILES.keys(), f"{files - FILES.keys()} need a row in FILES"


async def test_commands(
    runtime: VigilarRuntime,
    ids: dict[str, str],
    reader: MockUser,
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Nothing of the front door is told, nor anything changed."""
    clients = {
        False: await hass_ws_client(hass, hass_read_only_access_token),
        True: await hass_ws_client(hass),
    }
    for name, row in COMMANDS.items():

        async def ask(
            admin: bool, name: str = name, row: Row = row
        ) -> tuple[bool, Any]:
            """Send the command; return the first that it sends if it subscribes."""
            # What the administrator did before this is done by now.
            await settle(hass)
            before = await runtime.store.get(ids["event_id"])
            client = clients[admin]
            fields = _complete(row.fields, ids)
            await client.send_json_auto_id({"type": name, **fields})
            answer = await client.receive_json()
            while answer["type"] != "result":
                answer = await client.receive_json()
            if not admin:
                assert await runtime.store.get(ids["event_id"]) == before, name
            if not answer["success"]:
                error = answer["error"]
                return False, (error["code"], error.get("translation_key"))
            if name == "vigilar/timeline/subscribe":
                answer = await client.receive_json()
                return True, answer["event"]
            return True, answer["result"]

        await _check(name, row, ids, ask)


async def test_actions(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: dict[str, str],
    reader: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """Nothing of the front door is told, nor anything changed."""
    for name, row in ACTIONS.items():

        async def ask(
            admin: bool, name: str = name, row: Row = row
        ) -> tuple[bool, Any]:
            """Call the action."""
            # What the administrator did before this is done by now.
            await settle(hass)
            before = await runtime.store.get(ids["event_id"])
            responds = hass.services.supports_response(DOMAIN, name)
            try:
                answer = await hass.services.async_call(
                    DOMAIN,
                    name,
                    _complete(row.fields, ids),
                    blocking=True,
                    return_response=responds is not SupportsResponse.NONE,
                    context=Context(user_id=hass_admin_user.id if admin else reader.id),
                )
            except Unauthorized:
                return False, "unauthorized"
            except HomeAssistantError as err:
                return False, err.translation_key
            finally:
                await settle(hass)
                if not admin:
                    assert await runtime.store.get(ids["event_id"]) == before, name
            return True, answer

        await _check(name, row, ids, ask)


async def test_views(
    runtime: VigilarRuntime,
    ids: dict[str, str],
    reader: MockUser,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_access_token: str,
    hass_read_only_access_token: str,
) -> None:
    """No file of the front door is sent; to nobody without a login either."""
    clients = {
        False: await hass_client(hass_read_only_access_token),
        True: await hass_client(hass_access_token),
    }
    stranger = await hass_client_no_auth()

    for address, row in VIEWS.items():
        url = address.format(**ids, **row.fields)
        assert (await stranger.get(url)).status == 401

        async def ask(admin: bool, url: str = url) -> tuple[bool, Any]:
            """Fetch it."""
            answer = await clients[admin].get(url)
            return answer.status == 200, answer.status

        await _check(address, row, ids, ask)


@pytest.mark.parametrize(("action", "table"), [("browse", FOLDERS), ("resolve", FILES)])
async def test_media_source(
    hass: HomeAssistant,
    ids: dict[str, str],
    reader: MockUser,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    action: str,
    table: dict[str, Row],
) -> None:
    """Neither the folders nor what is in them."""
    await async_setup_component(hass, "media_source", {})
    clients = {
        False: await hass_ws_client(hass, hass_read_only_access_token),
        True: await hass_ws_client(hass),
    }
    for name, row in table.items():
        identifier = _complete(row.fields.get("id", ""), ids)

        async def ask(admin: bool, identifier: str = identifier) -> tuple[bool, Any]:
            """Browse or resolve it."""
            return await _media(clients[admin], action, identifier)

        await _check(name, row, ids, ask)


_MEDIA: Final = "media-source://vigilar"


async def _media(
    client: MockHAClientWebSocket, action: str, identifier: str
) -> tuple[bool, Any]:
    """Browse or resolve an identifier; return what there is, or why there is not."""
    where = f"{_MEDIA}/{identifier}" if identifier else _MEDIA
    await client.send_json_auto_id(
        {"type": f"media_source/{action}_media", "media_content_id": where}
    )
    answer = await client.receive_json()
    if not answer["success"]:
        return False, answer["error"]["code"]
    return True, answer["result"]
