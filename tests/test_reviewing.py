"""What people say of events over the websocket, and who may."""

from typing import Any
from unittest.mock import AsyncMock

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant

from .common import Workers, entity_id_of, settle
from .publish.test_timeline_questions import (
    TS,
    UNKNOWN,
    answer_to,
    ask,
    news,
    see,
    subscribe,
)

PERSON = {"labels": (("person", 0.9),)}


@pytest.fixture
async def ids(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> list[str]:
    """Return the ids of events at the front, the back and the front, oldest first."""
    for source_id, offset in (("front_door", 0), ("back_yard", 1), ("front_door", 2)):
        await see(hass, workers, source_id, offset, **PERSON)
    return [event.id for event in (await runtime.store.page())[::-1]]


@pytest.fixture
def reader(
    hass: HomeAssistant,
    hass_read_only_user: MockUser,
    runtime: VigilarRuntime,
    back: str,
) -> MockUser:
    """Return a user who may look at the back yard, and no more."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {allowed: {"read": True}}}}
    )
    return hass_read_only_user


async def payload_of(runtime: VigilarRuntime, event_id: str) -> dict[str, Any]:
    """Return the payload of an event as it is stored."""
    event = await runtime.store.get(event_id)
    assert event is not None
    return event.payload


async def test_a_mark_reaches_the_other_browser(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: list[str],
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
) -> None:
    """As an ordinary change with a number, and on the bus; so does taking it back."""
    fired = async_capture_events(hass, "vigilar_event_updated")
    client, other = await hass_ws_client(), await hass_ws_client()
    await subscribe(other)
    assert await ask(client, "review/mark", event_ids=ids[:1]) == {"count": 1}
    (event,) = (await news(other))["events"]
    (mark,) = event["payload"]["reviews"]
    assert event["id"] == ids[0]
    assert (mark["user_id"], mark["by"]) == (hass_admin_user.id, hass_admin_user.name)
    assert mark["ts"] > TS
    assert event["payload"]["phase"] == "updated"
    assert event["payload"]["seq"] == runtime.store.last_seq
    assert fired[-1].data["payload"]["reviews"] == [mark]

    assert await ask(client, "review/mark", event_ids=ids[:1]) == {"count": 0}
    undone = await ask(client, "review/mark", event_ids=ids[:1], reviewed=False)
    assert undone == {"count": 1}
    (event,) = (await news(other))["events"]
    assert "reviews" not in event["payload"]


async def test_marks_are_each_users_own(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: list[str],
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    reader: MockUser,
) -> None:
    """One takes back his own and nobody else's, of the events that he may see."""
    admin = await hass_ws_client()
    client = await hass_ws_client(hass, hass_read_only_access_token)
    assert await ask(admin, "review/mark", event_ids=ids) == {"count": 3}
    assert await ask(client, "review/mark", event_ids=[*ids, UNKNOWN]) == {"count": 1}
    assert len((await payload_of(runtime, ids[1]))["reviews"]) == 2
    assert len((await payload_of(runtime, ids[0]))["reviews"]) == 1
    undone = await ask(client, "review/mark", event_ids=ids, reviewed=False)
    assert undone == {"count": 1}
    (mark,) = (await payload_of(runtime, ids[1]))["reviews"]
    assert mark["user_id"] != reader.id
    mine = {"reviewed": False, "before_ts": TS * 2}
    for scope, count in (("me", 1), ("anyone", 0)):
        page = await ask(client, "timeline/page", **mine, review_scope=scope)
        assert len(page["events"]) == count


async def test_all_of_a_time_are_marked(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: list[str],
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    reader: MockUser,
) -> None:
    """Those that pass the filter and that the user may see, batch by batch."""
    monkeypatch.setattr("custom_components.vigilar.reviewing.BATCH", 1)
    span = {"start": TS, "end": TS + 2}
    client = await hass_ws_client(hass, hass_read_only_access_token)
    assert await ask(client, "review/span", start=TS, end=TS + 9) == {"count": 1}
    admin = await hass_ws_client()
    for fields, count in (
        (span | {"types": ["animal"]}, 0),
        (span | {"reviewed": False}, 1),
        (span, 1),
        (span, 0),
        ({"start": 0, "end": TS * 2}, 1),
        ({"start": 9, "end": 3}, 0),
    ):
        assert await ask(admin, "review/span", **fields) == {"count": count}
    answer = await answer_to(admin, "review/span", start=TS)
    assert answer["error"]["code"] == "invalid_format"
    assert runtime.store.unreviewed == {}


async def test_feedback_and_note(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    ids: list[str],
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    reader: MockUser,
) -> None:
    """Kept with the event, found by their words, and taken back by nothing."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    own = ids[1]
    await ask(client, "feedback", event_id=own, verdict="animal")
    payload = await payload_of(runtime, own)
    assert payload["feedback"] | {"ts": 0} == {
        "verdict": "animal",
        "by": reader.name,
        "ts": 0,
    }
    assert "reviews" not in payload
    await ask(client, "feedback", event_id=own, verdict="false_alarm")
    assert len((await payload_of(runtime, own))["reviews"]) == 1
    await ask(client, "feedback", event_id=own, verdict=None)
    assert "feedback" not in await payload_of(runtime, own)

    await ask(client, "note", event_id=own, text="  The neighbour's cat  ")
    note = (await payload_of(runtime, own))["note"]
    assert (note["text"], note["by"]) == ("The neighbour's cat", reader.name)
    page = await ask(client, "timeline/page", before_ts=TS * 2, text="cat neigh")
    assert [event["id"] for event in page["events"]] == [own]
    await ask(client, "note", event_id=own, text=" ")
    assert "note" not in await payload_of(runtime, own)

    for event_id in (ids[0], UNKNOWN):
        for command, fields in (
            ("feedback", {"verdict": None}),
            ("note", {"text": ""}),
        ):
            answer = await answer_to(client, command, event_id=event_id, **fields)
            assert answer["error"]["translation_key"] == "no_such_event"
    for command, fields in (
        ("feedback", {"verdict": "burglar"}),
        ("feedback", {}),
        ("note", {"text": "x" * 2001}),
    ):
        answer = await answer_to(client, command, event_id=own, **fields)
        assert answer["error"]["code"] == "invalid_format"


async def test_deletion_is_for_administrators(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ids: list[str],
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    reader: MockUser,
) -> None:
    """Protected events need force, open ones stay, and every browser is told."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    answer = await answer_to(client, "event/delete", event_ids=[ids[1]])
    assert answer["error"]["code"] == "unauthorized"
    await subscribe(client)

    admin = await hass_ws_client()
    await ask(admin, "protect", event_id=ids[1])
    await settle(hass)
    answer = await answer_to(admin, "event/delete", event_ids=ids)
    assert answer["error"]["translation_key"] == "event_protected"
    assert len(await runtime.store.page()) == 3
    workers.of("front_door").see_motion("open", TS + 99)
    await settle(hass)
    lasting = (await runtime.store.page())[0].id
    answer = await answer_to(admin, "event/delete", event_ids=[lasting], force=True)
    assert answer["error"]["translation_key"] == "event_open"
    told = {"count": 3}
    assert await ask(admin, "event/delete", event_ids=ids, force=True) == told
    assert [event.id for event in await runtime.store.page()] == [lasting]
    heard: dict[str, Any] = {"removed": []}
    while not heard["removed"]:
        heard |= await news(client)
    assert heard["removed"] == [ids[1]]
    assert heard["unreviewed"] == 0


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("review/mark", {"event_ids": [UNKNOWN]}),
        ("review/span", {"start": 0, "end": 9}),
        ("feedback", {"event_id": UNKNOWN, "verdict": None}),
        ("note", {"event_id": UNKNOWN, "text": ""}),
        ("event/delete", {"event_ids": [UNKNOWN]}),
    ],
)
async def test_trouble_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: WebSocketGenerator,
    command: str,
    fields: dict[str, Any],
) -> None:
    """A database that fails, and a hub that does not run."""

    async def fail(*_: Any, **__: Any) -> None:
        """Fail as a database does."""
        raise StoreError("locked")

    client = await hass_ws_client()
    with monkeypatch.context() as patched:
        patched.setattr(EventStore, "run", fail)
        patched.setattr(EventStore, "_alter", fail)
        answer = await answer_to(client, command, **fields)
        assert answer["error"]["translation_key"] == "database_unreadable"
    await hass.config_entries.async_unload(entry.entry_id)
    answer = await answer_to(client, command, **fields)
    assert answer["error"]["translation_key"] == "not_running"


async def test_the_sensor_follows(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    ids: list[str],
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """It counts what matters, without a question, and knows it after a restart."""

    def shown() -> str:
        """Return the state."""
        state = hass.states.get("sensor.vigilar_unreviewed_events")
        assert state is not None
        return state.state

    assert shown() == "3"
    client = await hass_ws_client()
    await ask(client, "review/mark", event_ids=ids[:1])
    assert shown() == "2"
    # The events are old, and would go.
    monkeypatch.setattr(VigilarRuntime, "_async_keep_house", AsyncMock())
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown() == "2"
    runtime = entry.runtime_data
    await runtime.processor.delete(ids[1:2], force=False, now=TS)
    assert shown() == "1"
