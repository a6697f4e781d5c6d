"""Who viewed, took, judged or deleted what, as an administrator reads it."""

from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock, Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events import processor
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant

from .common import FakeRecorder, Workers, make_jpeg, settle

TS = 1_700_000_000_000


@pytest.fixture
async def event_id(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    front: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Return the id of an event that is over, with a snapshot and a clip."""
    monkeypatch.setattr(processor, "UPDATE_INTERVAL_MS", 0)
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
    await hass.async_block_till_done()
    await settle(hass)
    return event.id


async def _ask(client: MockHAClientWebSocket, command: str, **fields: Any) -> Any:
    """Return what a command answers."""
    await client.send_json_auto_id({"type": f"vigilar/{command}", **fields})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def _rows(client: MockHAClientWebSocket) -> list[tuple[Any, ...]]:
    """Return action, event, source and detail of what was done, oldest first."""
    page = await _ask(client, "audit/page")
    return [
        (row["action"], row["event_id"], row["source_id"], row["detail"])
        for row in page["rows"][::-1]
    ]


async def test_what_people_do_is_recorded(
    hass: HomeAssistant,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    """Each deed with its event, by whom; a refused one is none."""
    client = await hass_ws_client()
    await _ask(client, "review/mark", event_ids=[event_id])
    await _ask(client, "review/mark", event_ids=[event_id], reviewed=False)
    span = {"start": TS - 1, "end": TS + 1}
    await _ask(client, "review/span", **span)
    await _ask(client, "review/span", start=0, end=1)
    await _ask(client, "feedback", event_id=event_id, verdict="animal")
    await _ask(client, "note", event_id=event_id, text="the neighbour's cat")
    export = await _ask(client, "export/event", event_id=event_id)
    browser = await hass_client()
    for url in (export["url"], f"/api/vigilar/events/{event_id}/clip"):
        assert (await browser.get(url)).status == HTTPStatus.OK
        assert (await browser.get(url)).status == HTTPStatus.OK
    thumbnail = f"/api/vigilar/events/{event_id}/thumbnail"
    assert (await browser.get(thumbnail)).status == HTTPStatus.OK
    await _ask(client, "protect", event_id=event_id)
    await client.send_json_auto_id(
        {"type": "vigilar/event/delete", "event_ids": [event_id]}
    )
    assert not (await client.receive_json())["success"]
    await _ask(client, "protect", event_id=event_id, protected=False)
    await _ask(client, "event/delete", event_ids=[event_id])

    front = "front_door"
    assert await _rows(client) == [
        ("reviewed", event_id, None, ""),
        ("unreviewed", event_id, None, ""),
        ("reviewed", None, None, "1"),
        ("judged", event_id, front, "animal"),
        ("noted", event_id, front, ""),
        ("exported", event_id, front, export["name"]),
        ("viewed", None, front, export["name"]),
        ("viewed", event_id, front, "clip"),
        ("protected", event_id, front, ""),
        ("unprotected", event_id, front, ""),
        ("deleted", event_id, None, ""),
    ]
    page = await _ask(client, "audit/page", limit=1)
    assert page["more"] is True
    (row,) = page["rows"]
    assert (row["user_id"], row["name"]) == (hass_admin_user.id, hass_admin_user.name)
    older = await _ask(client, "audit/page", before=row["id"], limit=500)
    assert older["more"] is False
    assert len(older["rows"]) == 10


async def test_a_page_tells_what_there_is_still(
    hass: HomeAssistant,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
) -> None:
    """Filtered on request; an event that was deleted has only its id."""
    client = await hass_ws_client()
    await _ask(client, "note", event_id=event_id, text="seen")
    await hass.services.async_call(
        DOMAIN, "protect", {"event_id": event_id}, blocking=True
    )
    page = await _ask(client, "audit/page")
    assert page["events"] == {
        event_id: {"ts": TS, "type": "motion", "severity": "info", "name": "Front door"}
    }
    assert page["doers"] == [
        {"user_id": "", "name": ""},
        {"user_id": hass_admin_user.id, "name": hass_admin_user.name},
    ]
    mine = await _ask(client, "audit/page", user_id=hass_admin_user.id)
    assert [row["action"] for row in mine["rows"]] == ["noted"]
    protected = await _ask(client, "audit/page", action="protected", before=2**53)
    assert [row["user_id"] for row in protected["rows"]] == [""]
    assert "doers" not in protected
    await _ask(client, "event/delete", event_ids=[event_id], force=True)
    page = await _ask(client, "audit/page")
    assert page["events"] == {}
    assert {row["event_id"] for row in page["rows"]} == {event_id}


async def test_an_automation_is_nobody(
    hass: HomeAssistant, event_id: str, hass_ws_client: WebSocketGenerator
) -> None:
    """What an action does without a user is recorded, too."""
    await hass.services.async_call(
        DOMAIN, "protect", {"event_id": event_id}, blocking=True
    )
    (row,) = (await _ask(await hass_ws_client(), "audit/page"))["rows"]
    assert (row["action"], row["user_id"], row["name"]) == ("protected", "", "")


async def test_an_audit_that_fails_holds_nothing_up(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The note is kept; who asks for the audit is told that it cannot be read."""
    client = await hass_ws_client()
    broken = Mock(run=AsyncMock(side_effect=StoreError("full")))
    with patch.object(runtime.audit, "_store", broken):
        await _ask(client, "note", event_id=event_id, text="kept")
        await client.send_json_auto_id({"type": "vigilar/audit/page"})
        answer = await client.receive_json()
    assert answer["error"]["translation_key"] == "database_unreadable"
    event = await runtime.store.get(event_id)
    assert event is not None
    assert event.payload["note"]["text"] == "kept"
    # The row was not lost.
    assert [row[0] for row in await _rows(client)] == ["noted"]


async def test_diagnostics_only_count(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    """Nobody is named."""
    client = await hass_ws_client()
    await _ask(client, "protect", event_id=event_id)
    await runtime.audit.close()
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["audit"] == {"protected": 1}
    assert hass_admin_user.id not in str(told["audit"])
    with patch.object(runtime.audit, "counts", side_effect=StoreError("locked")):
        told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["audit"] is None


async def test_the_audit_is_forgotten_with_the_events(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    event_id: str,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """By the same number of days."""
    client = await hass_ws_client()
    with patch.object(runtime.audit, "_clock", return_value=TS):
        await _ask(client, "protect", event_id=event_id)
    await _ask(client, "protect", event_id=event_id, protected=False)
    assert [row[0] for row in await _rows(client)] == ["protected", "unprotected"]
    await runtime._async_keep_house()
    assert [row[0] for row in await _rows(client)] == ["unprotected"]
