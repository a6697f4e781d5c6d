"""Test the live timeline's websocket commands."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.publish import subscriptions, timeline
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..common import SECRET, Workers, entity_id_of, settle

TS = 1_700_000_000_000


async def _subscribe(
    client: MockHAClientWebSocket, **fields: Any
) -> tuple[int, dict[str, Any]]:
    """Subscribe; return the subscription's id and its first message."""
    await client.send_json_auto_id({"type": "vigilar/timeline/subscribe", **fields})
    result = await client.receive_json()
    assert result["success"], result
    return result["id"], await _receive(client)


async def _receive(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next message of a subscription."""
    message = await client.receive_json()
    assert message["type"] == "event"
    event: dict[str, Any] = message["event"]
    return event


async def _see_motions(
    hass: HomeAssistant, workers: Workers, source_id: str, *keys: str
) -> None:
    """Let a camera see one complete motion for each key, a second apart."""
    for offset, key in enumerate(keys):
        worker = workers.of(source_id)
        worker.see_motion(key, ts=TS + offset * 1000)
        worker.see(ObservationKind.MOTION_ENDED, TS + offset * 1000 + 500, key=key)
    await settle(hass)


async def test_snapshot_then_changes(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A subscriber gets what there is and then what happens, newest first."""
    await _see_motions(hass, workers, "front_door", "a", "b")
    client = await hass_ws_client()
    _, connected = await _subscribe(client)
    assert connected["kind"] == "connected"
    assert connected["resumed"] is False
    assert connected["epoch"] == runtime.store.epoch
    assert connected["seq"] == runtime.store.last_seq
    assert [event["ts"] for event in connected["events"]] == [TS + 1000, TS]
    assert {source["source_id"] for source in connected["sources"]} == {
        "front_door",
        "back_yard",
    }
    assert SECRET not in str(connected)

    workers.of("back_yard").see_motion("c", ts=TS + 5000)
    changed = await _receive(client)
    assert changed["kind"] == "changed"
    assert [event["source_id"] for event in changed["events"]] == ["back_yard"]
    assert changed["events"][0]["payload"]["phase"] == "new"
    assert changed["seq"] == changed["events"][0]["payload"]["seq"]


async def test_changes_close_together_are_coalesced(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The first change of a burst goes out at once, the rest as one message."""
    client = await hass_ws_client()
    await _subscribe(client)
    with patch.object(subscriptions, "COALESCE_S", 60):
        await _see_motions(hass, workers, "front_door", *"abcdefgh")
    first = await _receive(client)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    rest = await _receive(client)
    assert len(first["events"]) == 1
    ids = {event["id"] for event in (*first["events"], *rest["events"])}
    assert len(ids) == 8
    assert rest["seq"] == runtime.store.last_seq
    assert all(event["payload"]["phase"] == "ended" for event in rest["events"])


async def test_resume_sends_only_what_was_missed(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """With the seq that it knows a client misses nothing and sees nothing twice."""
    await _see_motions(hass, workers, "front_door", "a")
    seq, epoch = runtime.store.last_seq, runtime.store.epoch
    await _see_motions(hass, workers, "back_yard", "b")
    client = await hass_ws_client()
    _, connected = await _subscribe(client, since_seq=seq, epoch=epoch)
    assert connected["resumed"] is True
    assert [event["source_id"] for event in connected["events"]] == ["back_yard"]
    assert connected["events"][0]["payload"]["phase"] == "ended"


@pytest.mark.parametrize(
    "known",
    [
        {"since_seq": 1},
        {"since_seq": 1, "epoch": "another database"},
        {"since_seq": 10_000, "epoch": None},
    ],
)
async def test_no_resume_where_the_gap_is_unknown(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    known: dict[str, Any],
) -> None:
    """A cursor that says nothing here gets the whole snapshot."""
    await _see_motions(hass, workers, "front_door", "a", "b")
    if "epoch" in known and known["epoch"] is None:
        known = {**known, "epoch": runtime.store.epoch}
    client = await hass_ws_client()
    _, connected = await _subscribe(client, **known)
    assert connected["resumed"] is False
    assert len(connected["events"]) == 2


async def test_no_resume_from_before_the_journal(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A client that was away for longer than the journal reaches starts anew."""
    await _see_motions(hass, workers, "front_door", "a", "b", "c")
    await runtime.store.trim_journal(
        before_ms=2**53, up_to_seq=runtime.store.last_seq - 1
    )
    client = await hass_ws_client()
    _, connected = await _subscribe(client, since_seq=1, epoch=runtime.store.epoch)
    assert connected["resumed"] is False
    assert len(connected["events"]) == 3


async def test_too_much_missed_starts_anew(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Nobody is sent a whole day change by change."""
    await _see_motions(hass, workers, "front_door", "a", "b", "c")
    client = await hass_ws_client()
    with patch.object(timeline, "MAX_PENDING", 4):
        _, connected = await _subscribe(client, since_seq=0, epoch=runtime.store.epoch)
    assert connected["resumed"] is False


async def test_overflow_asks_the_client_to_come_again(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A subscriber too far behind is dropped with a word, not left in the dark."""
    client = await hass_ws_client()
    with (
        patch.object(subscriptions, "MAX_PENDING", 2),
        # However slow the machine is, they come within one message's time.
        patch.object(subscriptions, "COALESCE_S", 3600),
    ):
        await _subscribe(client)
        await _see_motions(hass, workers, "front_door", *"abcdef")
    messages = [await _receive(client)]
    while messages[-1]["kind"] != "resync":
        messages.append(await _receive(client))
    assert runtime.timeline.subscriber_count == 0


async def test_changes_during_the_snapshot_are_not_lost(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What is stored while the snapshot is being made comes right after it."""
    client = await hass_ws_client()
    page = runtime.store.page

    async def _slow_page(*args: Any, **kwargs: Any) -> Any:
        events = await page(*args, **kwargs)
        workers.of("front_door").see_motion("meanwhile")
        await settle(hass)
        return events

    with patch.object(runtime.store, "page", _slow_page):
        _, connected = await _subscribe(client)
        assert connected["events"] == []
        changed = await _receive(client)
    assert [event["ts"] for event in changed["events"]] == [TS]


async def test_filters(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Filters hold for the snapshot, for pages and live."""
    await _see_motions(hass, workers, "front_door", "a")
    await _see_motions(hass, workers, "back_yard", "b")
    client = await hass_ws_client()
    _, connected = await _subscribe(client, source_ids=["back_yard"])
    assert [event["source_id"] for event in connected["events"]] == ["back_yard"]

    workers.of("front_door").see_motion("not for this one", ts=TS + 9000)
    workers.of("back_yard").see_motion("for this one", ts=TS + 9000)
    changed = await _receive(client)
    assert [event["source_id"] for event in changed["events"]] == ["back_yard"]

    other = await hass_ws_client()
    _, connected = await _subscribe(other, types=["person"])
    assert connected["events"] == []
    _, connected = await _subscribe(other, severities=["critical"])
    assert connected["events"] == []


async def test_an_event_that_leaves_the_filter_is_taken_away(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A motion that turns out to be a person leaves a list of motions."""
    client = await hass_ws_client()
    await _subscribe(client, types=["motion"])
    worker = workers.of("front_door")
    worker.see_motion("a")
    event_id = (await _receive(client))["events"][0]["id"]
    worker.see(
        ObservationKind.MOTION_UPDATED, TS + 2000, key="a", labels=(("person", 0.9),)
    )
    worker.see(ObservationKind.MOTION_ENDED, TS + 3000, key="a")
    changed = await _receive(client)
    assert changed["events"] == []
    assert changed["removed"] == [event_id]


async def test_deleted_events_are_taken_away(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What retention deletes leaves the open browsers, and a resumed one, too."""
    await _see_motions(hass, workers, "front_door", "a")
    seq = runtime.store.last_seq
    client = await hass_ws_client()
    _, connected = await _subscribe(client)
    event_id = connected["events"][0]["id"]
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=2))
    await settle(hass)
    changed = await _receive(client)
    assert changed["removed"] == [event_id]
    _, connected = await _subscribe(client, since_seq=seq, epoch=runtime.store.epoch)
    assert connected["removed"] == [event_id]


async def test_page(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Pages go back in time without a gap."""
    await _see_motions(hass, workers, "front_door", *"abcde")
    client = await hass_ws_client()
    _, connected = await _subscribe(client, limit=2)
    seen = [event["ts"] for event in connected["events"]]
    before = connected["events"][-1]["id"]
    while True:
        await client.send_json_auto_id(
            {"type": "vigilar/timeline/page", "before": before, "limit": 2}
        )
        events = (await client.receive_json())["result"]["events"]
        if not events:
            break
        seen += [event["ts"] for event in events]
        before = events[-1]["id"]
    assert seen == [TS + offset * 1000 for offset in (4, 3, 2, 1, 0)]


async def test_a_user_sees_only_what_he_may(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    back: str,
) -> None:
    """Permissions hold for sources, snapshot, pages, resumption and live."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {allowed: {"read": True}}}}
    )
    await _see_motions(hass, workers, "front_door", "a")
    await _see_motions(hass, workers, "back_yard", "b")
    client = await hass_ws_client(hass, hass_read_only_access_token)
    _, connected = await _subscribe(client)
    assert [source["source_id"] for source in connected["sources"]] == ["back_yard"]
    assert [event["source_id"] for event in connected["events"]] == ["back_yard"]

    workers.of("front_door").see_motion("secret", ts=TS + 9000)
    workers.of("back_yard").see_motion("open", ts=TS + 9000)
    changed = await _receive(client)
    assert [event["source_id"] for event in changed["events"]] == ["back_yard"]
    assert changed["removed"] == []

    other = await hass_ws_client(hass, hass_read_only_access_token)
    _, connected = await _subscribe(other, since_seq=0, epoch=runtime.store.epoch)
    assert {event["source_id"] for event in connected["events"]} == {"back_yard"}
    assert connected["removed"] == []
    _, connected = await _subscribe(other, source_ids=["front_door"])
    assert connected["events"] == []
    await other.send_json_auto_id(
        {"type": "vigilar/timeline/page", "before": connected["epoch"]}
    )
    assert {
        event["source_id"] for event in (await other.receive_json())["result"]["events"]
    } <= {"back_yard"}


async def test_events_of_a_removed_camera_are_for_admins(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    front: str,
) -> None:
    """Nobody can tell any more who may see them, so only admins do."""
    hass_read_only_user.mock_policy({"entities": True})
    await _see_motions(hass, workers, "front_door", "a")
    hass.config_entries.async_remove_subentry(entry, front)
    await settle(hass)
    _, connected = await _subscribe(await hass_ws_client())
    assert len(connected["events"]) == 1
    reader = await hass_ws_client(hass, hass_read_only_access_token)
    for known in ({}, {"since_seq": 0, "epoch": runtime.store.epoch}):
        _, connected = await _subscribe(reader, **known)
        assert connected["events"] == []


async def test_leaving_ends_the_subscription(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Unsubscribing and closing the connection leave no subscriber."""
    client = await hass_ws_client()
    subscription, _ = await _subscribe(client)
    await _subscribe(client)
    workers.of("front_door").see_motion("a")
    await _receive(client)
    await _receive(client)
    assert runtime.timeline.subscriber_count == 2
    await client.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": subscription}
    )
    await client.receive_json()
    assert runtime.timeline.subscriber_count == 1
    await client.close()
    await settle(hass)
    assert runtime.timeline.subscriber_count == 0


async def test_a_client_that_leaves_during_the_snapshot(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Nothing is sent to a subscription that ended while its snapshot was made."""
    client = await hass_ws_client()
    page = runtime.store.page
    left = asyncio.Event()

    async def _leave(*args: Any, **kwargs: Any) -> Any:
        connection = next(iter(runtime.timeline._subscribers)).connection
        connection.async_handle_close()
        events = await page(*args, **kwargs)
        left.set()
        return events

    with (
        patch.object(runtime.store, "page", _leave),
        patch.object(ActiveConnection, "send_result") as send_result,
    ):
        await client.send_json_auto_id({"type": "vigilar/timeline/subscribe"})
        await left.wait()
        await settle(hass)
    assert runtime.timeline.subscriber_count == 0
    send_result.assert_not_called()


async def test_a_database_that_cannot_be_read(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The client is told so, and no subscription is left behind."""
    client = await hass_ws_client()
    with patch.object(runtime.store, "page", side_effect=StoreError("locked")):
        for command in (
            {"type": "vigilar/timeline/subscribe"},
            {"type": "vigilar/timeline/page", "before": runtime.store.epoch},
        ):
            await client.send_json_auto_id(command)
            answer = await client.receive_json()
            assert answer["error"]["translation_key"] == "database_unreadable"
    assert runtime.timeline.subscriber_count == 0


async def test_not_loaded(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Unloading sends the clients away; until it is back they get a clear error."""
    client = await hass_ws_client()
    await _subscribe(client)
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await _receive(client))["kind"] == "resync"
    for command in ("subscribe", "page"):
        await client.send_json_auto_id(
            {"type": f"vigilar/timeline/{command}"}
            | ({"before": runtime.store.epoch} if command == "page" else {})
        )
        answer = await client.receive_json()
        assert answer["error"]["code"] == "not_found"


async def test_a_page_before_something_that_is_no_id(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Only an id can be asked for."""
    client = await hass_ws_client()
    for before in ("", "x", "../../etc/passwd", "0" * 27, 1, None):
        await client.send_json_auto_id(
            {"type": "vigilar/timeline/page", "before": before}
        )
        answer = await client.receive_json()
        assert answer["error"]["code"] == "invalid_format"


@pytest.mark.parametrize(
    "fields",
    [{"limit": 0}, {"limit": 501}, {"types": ["burglar"]}, {"since_seq": -1}],
)
async def test_bad_requests_are_refused(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
    fields: dict[str, Any],
) -> None:
    """A request that makes no sense is refused as such."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "vigilar/timeline/subscribe", **fields})
    answer = await client.receive_json()
    assert answer["error"]["code"] == "invalid_format"
