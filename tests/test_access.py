"""What a user who may see one camera gets by ways that are not told who asks."""

from http import HTTPStatus
import json
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events import processor
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.components.media_source import async_resolve_media
from homeassistant.core import (
    Context,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.setup import async_setup_component

from .common import Workers, entity_id_of, make_jpeg, settle

TS: Final = 1_700_000_000_000
IMAGES: Final = "/api/image_proxy/image"


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update of an event go out at once."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)


@pytest.fixture
def reader(
    hass: HomeAssistant,
    hass_read_only_user: MockUser,
    runtime: VigilarRuntime,
    back: str,
) -> MockUser:
    """Return a user who may see the back yard, and nothing else."""
    allow(hass_read_only_user, entity_id_of(hass, "event", back, "activity"))
    return hass_read_only_user


def allow(user: MockUser, entity_id: str) -> None:
    """Let a user do everything with one entity, and nothing else."""
    user.mock_policy({"entities": {"entity_ids": {entity_id: True}}})


# --- incidents ------------------------------------------------------------------


@pytest.fixture
async def incident(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> tuple[str, list[str]]:
    """Return the ids of an event of the front door, and of what followed behind."""
    workers.of("front_door").see_motion("a", TS)
    await settle(hass)
    (first,) = await runtime.store.page()
    for number in (1, 2):
        seen_behind(workers, first.id, number)
    await settle(hass)
    page = await runtime.store.page()
    return first.id, [event.id for event in page if event.source_id == "back_yard"]


def seen_behind(workers: Workers, incident_id: str, number: int) -> None:
    """Let the back yard see somebody of an incident."""
    worker, key, ts = workers.of("back_yard"), f"b{number}", TS + number * 1000
    started, ended = ObservationKind.MOTION_STARTED, ObservationKind.MOTION_ENDED
    worker.see(started, ts, key=key, incident_id=incident_id)
    worker.see(ended, ts + 500, key=key)


def names_of(events: list[dict[str, Any]]) -> set[str]:
    """Return by which names the incidents of the back yard's events go."""
    return {
        event["payload"]["incident_id"]
        for event in events
        if event["source_id"] == "back_yard"
    }


async def told(client: MockHAClientWebSocket, command: str, **fields: Any) -> Any:
    """Return the answer to a command."""
    await client.send_json_auto_id({"type": f"vigilar/{command}", **fields})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def test_the_hidden_beginning_of_an_incident_has_another_name(
    hass: HomeAssistant,
    workers: Workers,
    incident: tuple[str, list[str]],
    reader: MockUser,
    hass_admin_user: MockUser,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """One name for all its events, live and asked for, that is the id of none."""
    first, behind = incident
    few, everything = (
        await hass_ws_client(hass, hass_read_only_access_token),
        await hass_ws_client(hass),
    )
    for client, known in ((few, False), (everything, True)):
        user = hass_admin_user if known else reader
        page = await told(client, "timeline/page", before_ts=TS + 60_000)
        (name,) = names_of(page["events"])
        assert (name == first) is known
        assert known or name not in behind

        got = await told(client, "event/get", event_id=behind[0])
        assert names_of([got["event"], *got["incident"]]) == {name}
        assert len(got["incident"]) == (3 if known else 2)

        await told(client, "timeline/subscribe")
        connected = (await client.receive_json())["event"]
        assert names_of(connected["events"]) == {name}

        for action, data in (
            ("search_events", {}),
            ("get_event", {"event_id": behind[0]}),
        ):
            answer: Any = await hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                return_response=True,
                context=Context(user_id=user.id),
            )
            events = answer.get("events") or [answer["event"]]
            assert names_of(events) == {name}

    seen_behind(workers, first, 3)
    await settle(hass)
    for client, known in ((few, False), (everything, True)):
        changed = (await client.receive_json())["event"]
        assert changed["kind"] == "changed"
        (now,) = names_of(changed["events"])
        assert (now == first) is known
        page = await told(client, "timeline/page", before_ts=TS + 60_000)
        assert names_of(page["events"]) == {now}


async def test_who_may_read_everything_knows_the_incident(
    hass: HomeAssistant,
    incident: tuple[str, list[str]],
    hass_read_only_user: MockUser,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """As automations know it, without being an administrator."""
    hass_read_only_user.mock_policy({"entities": True})
    client = await hass_ws_client(hass, hass_read_only_access_token)
    page = await told(client, "timeline/page", before_ts=TS + 60_000)
    assert names_of(page["events"]) == {incident[0]}


async def test_an_export_does_not_name_the_hidden_beginning(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    incident: tuple[str, list[str]],
    reader: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """A bundle says of its event what the one who asks may know."""
    first, behind = incident
    for user, known in ((reader, False), (hass_admin_user, True)):
        exported = await hass.services.async_call(
            DOMAIN,
            "export_event",
            {"event_id": behind[0]},
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id),
        )
        assert exported is not None
        export = await runtime.exports.find(str(exported["url"]).rpartition("/")[2])
        assert export is not None
        path = Path(export.root, export.path)
        (event,) = await hass.async_add_executor_job(_events_in, path)
        assert (event["payload"]["incident_id"] == first) is known


def _events_in(path: Path) -> list[dict[str, Any]]:
    """Return the events that a bundle tells of."""
    with ZipFile(path) as bundle:
        return [
            json.loads(bundle.read(name))
            for name in bundle.namelist()
            if name.endswith(".json")
        ]


# --- ways that are not told who asks --------------------------------------------


async def test_an_image_is_shown_to_who_may_see_it(
    hass: HomeAssistant,
    workers: Workers,
    reader: MockUser,
    front: str,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """By a right to the camera, to the image, or by the token of the image's state."""
    for source_id in ("front_door", "back_yard"):
        workers.of(source_id).see_motion("a", TS, snapshot=make_jpeg())
    await settle(hass)
    client = await hass_client(hass_read_only_access_token)
    url = f"{IMAGES}.front_door_last_event"

    async def shown(address: str = url) -> bool:
        answer = await client.get(address)
        return bool(answer.status == HTTPStatus.OK)

    assert await shown(f"{IMAGES}.back_yard_last_event")
    assert not await shown()
    allow(reader, "image.front_door_last_event")
    assert await shown()
    allow(reader, entity_id_of(hass, "event", front, "activity"))
    assert await shown()

    state = hass.states.get("image.front_door_last_event")
    assert state is not None
    stranger = await hass_client_no_auth()
    answer = await stranger.get(state.attributes["entity_picture"])
    assert answer.status == HTTPStatus.OK


async def test_a_medium_is_resolved_for_who_asks_over_http(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    reader: MockUser,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """An action that plays media sees no more than who calls it; an automation all."""
    await async_setup_component(hass, "media_source", {})
    for source_id in ("front_door", "back_yard"):
        workers.of(source_id).see_motion("a", TS, snapshot=make_jpeg())
    await settle(hass)
    ids = {event.source_id: event.id for event in await runtime.store.page()}

    async def play(call: ServiceCall) -> ServiceResponse:
        """Resolve what is to be played, as a media player does."""
        found = await async_resolve_media(
            hass,
            f"media-source://{DOMAIN}/event/{ids[call.data['of']]}/snapshot",
            None,
        )
        return {"url": found.url}

    hass.services.async_register(
        "test", "play", play, supports_response=SupportsResponse.ONLY
    )
    clients = {
        False: await hass_client(hass_read_only_access_token),
        True: await hass_client(),
    }
    for source_id, admin, plays in (
        ("front_door", False, False),
        ("back_yard", False, True),
        ("front_door", True, True),
    ):
        answer = await clients[admin].post(
            "/api/services/test/play?return_response", json={"of": source_id}
        )
        assert (answer.status == HTTPStatus.OK) is plays
    await hass.services.async_call(
        "test", "play", {"of": "front_door"}, blocking=True, return_response=True
    )
