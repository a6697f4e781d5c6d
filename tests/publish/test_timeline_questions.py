"""Test what the timeline answers: pages, density, days, one event, blind periods."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import BlindReason, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util

from ..common import SECRET, Workers, entity_id_of, settle

TS = 1_700_000_000_000
HOUR = 3_600_000
UNKNOWN = "0" * 26


async def ask(client: MockHAClientWebSocket, command: str, **fields: Any) -> Any:
    """Return the result of a command."""
    answer = await answer_to(client, command, **fields)
    assert answer["success"], answer
    return answer["result"]


async def answer_to(
    client: MockHAClientWebSocket, command: str, **fields: Any
) -> dict[str, Any]:
    """Return the whole answer to a command."""
    await client.send_json_auto_id({"type": f"vigilar/{command}", **fields})
    answer: dict[str, Any] = await client.receive_json()
    return answer


async def subscribe(client: MockHAClientWebSocket, **fields: Any) -> dict[str, Any]:
    """Subscribe; return the first message."""
    assert (await answer_to(client, "timeline/subscribe", **fields))["success"]
    return await news(client)


async def news(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next message of a subscription."""
    message: dict[str, Any] = (await client.receive_json())["event"]
    return message


async def see(
    hass: HomeAssistant,
    workers: Workers,
    source_id: str,
    *offsets: int,
    **fields: Any,
) -> None:
    """Let a camera see one complete motion at each offset, milliseconds."""
    worker = workers.of(source_id)
    for offset in offsets:
        key = f"{source_id}-{offset}"
        worker.see(ObservationKind.MOTION_STARTED, TS + offset, key=key, **fields)
        worker.see(ObservationKind.MOTION_ENDED, TS + offset + 500, key=key, **fields)
    await settle(hass)


def times(result: dict[str, Any]) -> list[int]:
    """Return when the events of a page began, after the first time."""
    return [event["ts"] - TS for event in result["events"]]


@pytest.fixture
def area(hass: HomeAssistant, entry: VigilarConfigEntry, back: str) -> str:
    """Put the back yard's camera into an area."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        ("vigilar", back), entry.entry_id
    )
    assert device is not None
    area = ar.async_get(hass).async_create("Garden")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    return area.id


async def test_pages_in_both_directions(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """From an event or a time, back and forth, newest first, and whether there are more."""
    await see(hass, workers, "front_door", *range(0, 5000, 1000))
    client = await hass_ws_client()
    ids = [event.id for event in (await runtime.store.page())[::-1]]
    for anchor, wanted, more in (
        ({"before": ids[4]}, [3000, 2000], True),
        ({"before": ids[2]}, [1000, 0], False),
        ({"before_ts": TS + 3000}, [2000, 1000], True),
        ({"before_ts": TS + 3001}, [3000, 2000], True),
        ({"before_ts": 0}, [], False),
        ({"after": ids[0]}, [2000, 1000], True),
        ({"after": ids[2]}, [4000, 3000], False),
        ({"after_ts": TS + 1000}, [2000, 1000], True),
        ({"after_ts": TS + 1001}, [3000, 2000], True),
        ({"after_ts": TS + 4000}, [4000], False),
    ):
        page = await ask(client, "timeline/page", limit=2, **anchor)
        assert (times(page), page["more"]) == (wanted, more), anchor
    for wrong in ({}, {"before": ids[0], "after": ids[1]}, {"before_ts": -1}):
        answer = await answer_to(client, "timeline/page", **wrong)
        assert answer["error"]["code"] == "invalid_format"


async def test_every_filter(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    area: str,
) -> None:
    """Each holds for pages, counts, the snapshot and live."""
    await see(hass, workers, "front_door", 0)
    await see(hass, workers, "back_yard", 1000, zones=("Drive",))
    await see(hass, workers, "back_yard", 2000, labels=(("person", 0.9),))
    client = await hass_ws_client()
    newest = (await runtime.store.page())[0]
    await ask(client, "review/mark", event_ids=[newest.id])
    for wanted, fields in (
        ([2000, 1000, 0], {}),
        ([2000, 1000], {"source_ids": ["back_yard"]}),
        ([2000, 1000], {"area_ids": [area]}),
        ([], {"area_ids": [area], "source_ids": ["front_door"]}),
        ([], {"area_ids": ["no such area"]}),
        ([2000], {"types": ["person"]}),
        ([2000], {"severities": ["alert", "critical"]}),
        ([1000], {"zones": ["Drive", "Porch"]}),
        ([1000, 0], {"reviewed": False}),
        ([2000], {"reviewed": True, "review_scope": "me"}),
        ([2000, 1000], {"text": "back"}),
        ([2000], {"text": "Yard, PERS"}),
        ([], {"text": "porch"}),
        ([1000], {"start": TS + 1, "end": TS + 2000}),
        ([1000], {"area_ids": [area], "reviewed": False, "text": "drive"}),
    ):
        page = await ask(client, "timeline/page", before_ts=TS * 2, **fields)
        assert times(page) == wanted, fields
        span = {"start": TS, "end": TS + HOUR} | fields
        density = await ask(client, "timeline/density", **span, bucket=HOUR)
        counts = [
            sum(row[1:]) for source in density["sources"] for row in source["buckets"]
        ]
        assert sum(counts) == len(wanted), fields
        days = await ask(client, "timeline/days", **span)
        assert sum(day["count"] for day in days["days"]) == len(wanted), fields
        if "start" not in fields:
            other = await hass_ws_client()
            assert times(await subscribe(other, **fields)) == wanted, fields
            await other.close()


async def test_density(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """By source, bucket and severity; empty ones are left out."""
    await see(hass, workers, "front_door", 0, 1, HOUR)
    await see(hass, workers, "back_yard", HOUR + 1, labels=(("person", 0.9),))
    await runtime.store.begin_blind("front_door", BlindReason.OFFLINE, TS + 5)
    client = await hass_ws_client()
    density = await ask(
        client, "timeline/density", start=TS, end=TS + 3 * HOUR, bucket=HOUR
    )
    (blind,) = density.pop("blind")
    assert density == {
        "start": TS,
        "end": TS + 3 * HOUR,
        "bucket": HOUR,
        "seq": runtime.store.last_seq,
        "sources": [
            {"source_id": "back_yard", "buckets": [[1, 0, 0, 1, 0]]},
            {
                "source_id": "front_door",
                "buckets": [[0, 2, 0, 0, 0], [1, 1, 0, 0, 0]],
            },
        ],
    }
    assert (blind["source_id"], blind["start"], blind["end"], blind["reason"]) == (
        *("front_door", TS + 5, None),
        "offline",
    )
    for start, end, bucket in ((TS, TS, 1), (TS, TS - 1, 1), (TS, TS + 2001, 1)):
        answer = await answer_to(
            client, "timeline/density", start=start, end=end, bucket=bucket
        )
        assert answer["error"]["translation_key"] == "density_span"
    answer = await answer_to(client, "timeline/density", start=0, end=1, bucket=0)
    assert answer["error"]["code"] == "invalid_format"


async def test_days_are_those_of_a_zone(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """An event belongs to the day of who looks, also where the clocks change."""
    # 22:13 in London, 23:13 in Amsterdam, 07:13 of the next day in Tokyo.
    await see(hass, workers, "front_door", 0, 2 * HOUR)
    client = await hass_ws_client()
    newest = (await runtime.store.page())[0]
    await ask(client, "review/mark", event_ids=[newest.id])
    span = {"start": TS - 24 * HOUR, "end": TS + 24 * HOUR}

    def day(name: str, count: int, unreviewed: int) -> dict[str, Any]:
        """Return what is said of a day."""
        return {"day": name, "count": count, "unreviewed": unreviewed}

    for zone, wanted in (
        ("Europe/London", [day("2023-11-14", 1, 1), day("2023-11-15", 1, 0)]),
        ("Asia/Tokyo", [day("2023-11-15", 2, 1)]),
    ):
        days = await ask(client, "timeline/days", **span, time_zone=zone)
        assert days["days"] == wanted
    await hass.config.async_set_time_zone("Asia/Tokyo")
    assert (await ask(client, "timeline/days", **span))["days"][0]["count"] == 2
    for odd in ("Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe"):
        answer = await answer_to(client, "timeline/days", **span, time_zone=odd)
        assert answer["error"]["translation_key"] == "no_such_time_zone"
    for start, end in (
        (TS, TS),
        (0, 401 * 24 * HOUR),
        (253402300799998, 253402300799999),
    ):
        answer = await answer_to(client, "timeline/days", start=start, end=end)
        assert answer["error"]["translation_key"] == "days_span"
    long = {"start": TS - 200 * 24 * HOUR, "end": TS + 200 * 24 * HOUR}
    summer = await ask(client, "timeline/days", **long, time_zone="Europe/London")
    assert [item["count"] for item in summer["days"]] == [1, 1]


async def test_one_event_and_its_neighbours(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Whole, with the next ones within the filter, as far as there are any."""
    await see(hass, workers, "front_door", 0, 2000)
    await see(hass, workers, "back_yard", 1000, 3000)
    client = await hass_ws_client()
    newest, next_one, middle, oldest = [e.id for e in await runtime.store.page()]
    got = await ask(client, "event/get", event_id=middle)
    assert got["event"]["payload"]["phase"] == "ended"
    assert (got["newer_id"], got["older_id"]) == (next_one, oldest)
    assert got["seq"] == runtime.store.last_seq
    got = await ask(client, "event/get", event_id=middle, source_ids=["back_yard"])
    assert (got["newer_id"], got["older_id"]) == (newest, None)
    got = await ask(client, "event/get", event_id=newest)
    assert (got["newer_id"], got["older_id"]) == (None, next_one)
    answer = await answer_to(client, "event/get", event_id=UNKNOWN)
    assert answer["error"]["translation_key"] == "no_such_event"


async def test_a_user_is_told_of_his_cameras_only(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    back: str,
    area: str,
) -> None:
    """In no answer and no message there is a word of another one."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {allowed: {"read": True}}}}
    )
    person = {"labels": (("person", 0.9),)}
    await see(hass, workers, "front_door", 0, 2000, **person)
    await see(hass, workers, "back_yard", 1000, **person)
    for source_id in ("front_door", "back_yard"):
        await runtime.store.begin_blind(source_id, BlindReason.OFFLINE, wall_ms())
    client = await hass_ws_client(hass, hass_read_only_access_token)
    span = {"start": TS, "end": wall_ms() + HOUR}
    (source,) = (await ask(client, "timeline/density", **span, bucket=HOUR * 100))[
        "sources"
    ]
    assert source["source_id"] == "back_yard"
    days = await ask(client, "timeline/days", start=TS, end=TS + HOUR)
    assert [day["count"] for day in days["days"]] == [1]
    events = await runtime.store.page()
    got = await ask(client, "event/get", event_id=events[1].id)
    assert (got["newer_id"], got["older_id"]) == (None, None)
    answer = await answer_to(client, "event/get", event_id=events[0].id)
    assert answer["error"]["translation_key"] == "no_such_event"
    density = await ask(client, "timeline/density", **span, bucket=HOUR * 100)
    assert {period["source_id"] for period in density["blind"]} <= {"back_yard", None}
    page = await ask(
        client, "timeline/page", after_ts=0, source_ids=["front_door", "back_yard"]
    )
    assert times(page) == [1000]

    connected = await subscribe(client)
    assert connected["unreviewed"] == 1
    assert {blind["source_id"] for blind in connected["blind"]} <= {"back_yard", None}
    (source,) = connected["sources"]
    assert source | {"device_id": "x", "entity_id": "y"} == {
        "source_id": "back_yard",
        "kind": "camera",
        "name": "Back yard",
        "entity_id": "y",
        "device_id": "x",
        "area_id": area,
        "area": "Garden",
        "zones": [],
        "online": False,
        "detecting": True,
        "can_control": False,
        "camera_entity_id": None,
    }
    # Of the first two there is nothing to say; the third one is his.
    await runtime.store.end_blind("front_door", BlindReason.OFFLINE, wall_ms())
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    await runtime.store.end_blind("back_yard", BlindReason.OFFLINE, wall_ms())
    changed = await news(client)
    assert [blind["source_id"] for blind in changed["blind"]] == ["back_yard"]


async def test_news_of_sources_and_blind_periods(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
    front: str,
    area: str,
) -> None:
    """Whoever looks learns at once that nobody watches, and what is called what."""
    client = await hass_ws_client()
    connected = await subscribe(client, source_ids=["back_yard"])
    assert SECRET not in str(connected)
    assert [source["online"] for source in connected["sources"]] == [False, False]

    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    changed = await news(client)
    assert [source["online"] for source in changed["sources"]] == [True, False]
    assert "blind" not in changed
    assert "unreviewed" not in changed

    await runtime.async_set_detecting(runtime.cameras[front], False)
    await settle(hass)
    told: dict[str, Any] = {}
    while "blind" not in told or told["sources"][0]["detecting"]:
        told |= await news(client)
    (began,) = told["blind"]
    assert (began["source_id"], began["end"]) == ("front_door", None)
    assert began["reason"] == "detection_off"
    await runtime.async_set_detecting(runtime.cameras[front], True)
    while told["blind"][0]["end"] is None:
        told |= await news(client)
    (ended,) = told["blind"]
    assert (ended["id"], ended["start"]) == (began["id"], began["start"])
    assert ended["end"] >= began["start"]

    ar.async_get(hass).async_update(area, name="Lawn")
    while told["sources"][1]["area"] != "Lawn":
        told |= await news(client)
    hass.config_entries.async_remove_subentry(entry, front)
    while len(told["sources"]) > 1:
        told |= await news(client)
    assert told["sources"][0]["source_id"] == "back_yard"


async def test_blind_periods_of_the_last_days_come_with_the_snapshot(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """What lasts, and what ended within a week."""
    now = dt_util.utcnow()

    def ms(**ago: int) -> int:
        """Return a time some time ago."""
        return round((now - timedelta(**ago)).timestamp() * 1000)

    store: EventStore = runtime.store
    for start, end in ((ms(days=9), ms(days=8)), (ms(days=6), ms(days=5))):
        await store.begin_blind("front_door", BlindReason.OFFLINE, start)
        await store.end_blind("front_door", BlindReason.OFFLINE, end)
    await store.begin_blind("back_yard", BlindReason.OFFLINE, ms(days=30))
    connected = await subscribe(await hass_ws_client())
    blind = [
        (period["source_id"], period["start"], period["end"])
        for period in connected["blind"]
    ]
    assert blind == [
        ("back_yard", ms(days=30), None),
        ("front_door", ms(days=6), ms(days=5)),
    ]


async def test_the_unreviewed_are_counted_live(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Whatever the filter: the number is that of the badge."""
    client = await hass_ws_client()
    assert (await subscribe(client, types=["animal"]))["unreviewed"] == 0
    await see(hass, workers, "front_door", 0, labels=(("person", 0.9),))
    assert (await news(client))["unreviewed"] == 1
    other = await hass_ws_client()
    newest = (await runtime.store.page())[0]
    await ask(other, "review/mark", event_ids=[newest.id])
    changed = await news(client)
    while "unreviewed" not in changed:
        changed = await news(client)
    assert changed["unreviewed"] == 0
    assert changed["events"] == []


async def test_a_database_that_cannot_be_read(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Every question is answered with a clear error."""
    client = await hass_ws_client()

    async def fail(*_: Any, **__: Any) -> None:
        """Fail as a database does."""
        raise StoreError("locked")

    monkeypatch.setattr(EventStore, "run", fail)
    for command, fields in (
        ("timeline/page", {"before_ts": 1}),
        ("timeline/density", {"start": 0, "end": 9, "bucket": 1}),
        ("timeline/days", {"start": 0, "end": 9}),
        ("event/get", {"event_id": UNKNOWN}),
    ):
        answer = await answer_to(client, command, **fields)
        assert answer["error"]["translation_key"] == "database_unreadable"


async def test_not_loaded(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Until the hub is back there is a clear error."""
    client = await hass_ws_client()
    await hass.config_entries.async_unload(entry.entry_id)
    for command, fields in (
        ("timeline/density", {"start": 0, "end": 9, "bucket": 1}),
        ("timeline/days", {"start": 0, "end": 9}),
        ("event/get", {"event_id": UNKNOWN}),
    ):
        answer = await answer_to(client, command, **fields)
        assert answer["error"]["code"] == "not_found"
