"""The one path, from a real stream to everyone who listens."""

import asyncio

from scripts.harness.client import JsonObject

from .house import (
    MOVEMENT,
    House,
    MqttListener,
    eventually,
    eventually_heard,
    shown_ids,
    snapshot,
)

SIX_KEYS = {"id", "ts", "type", "severity", "source_id", "payload"}


async def test_flows_tested_each_camera_and_kept_its_address_to_themselves(
    house: House,
) -> None:
    """Three cameras came in through the real flow; no title shows an address."""
    async with house.client() as client:
        subentries = await client.call(
            "config_entries/subentries/list", entry_id=house.entry_id
        )
    assert [subentry["title"] for subentry in subentries[:3]] == [
        "Front door",
        "Back yard",
        "Quiet room",
    ]
    assert "://" not in str(subentries)


async def test_one_event_reaches_everyone_with_one_id(
    house: House, listener: MqttListener
) -> None:
    """A person enters: MQTT, browser, event bus and entity tell of the same event."""
    async with house.client() as client, house.dashboard() as page:
        await house.wait_online(client, "front_door")
        await page.evaluate("window.neverReloaded = true")
        fired: list[JsonObject] = []
        await client.subscribe_events(
            "vigilar_event", lambda event: fired.append(event["data"])
        )
        known = {event["id"] for event in await snapshot(client)}

        def motion() -> list[JsonObject]:
            return [
                event
                for event in listener.events("published", "front_door")
                if event["type"] in MOVEMENT and event["id"] not in known
            ]

        event = (await eventually_heard(motion, "motion at the front door on MQTT"))[0]
        assert set(event) == SIX_KEYS
        assert event["payload"]["version"] == 1
        assert event["payload"]["phase"] == "new"
        assert event["payload"]["name"] == "Front door"

        async def drawn() -> bool:
            return event["id"] in await shown_ids(page)

        await eventually(drawn, "the event in the open browser")
        assert await page.evaluate("window.neverReloaded") is True

        await eventually_heard(
            lambda: [one for one in fired if one["id"] == event["id"]],
            "vigilar_event with the id",
        )
        assert next(one for one in fired if one["id"] == event["id"]) == event
        state = await client.state("event.front_door_activity")
        assert state["attributes"]["event_id"] == event["id"]
        assert state["attributes"]["event_type"] in MOVEMENT

        image = await client.state("image.front_door_last_event")
        assert image["state"] != "unknown"

        await eventually_heard(
            lambda: [
                one
                for one in listener.events("ended", "front_door")
                if one["id"] == event["id"]
            ],
            "the end of the event",
        )
        published = [one["id"] for one in listener.events("published", "front_door")]
        assert published.count(event["id"]) == 1
        assert listener.last("cameras/front_door/availability") == "online"
        assert listener.last("status") == "online"


async def test_nothing_is_published_while_nothing_moves(
    house: House, listener: MqttListener
) -> None:
    """A quiet camera is watched, its heart beats, and nobody hears of it."""
    async with house.client() as client:
        await house.wait_online(client, "quiet_room")
        before = (await house.diagnostics(client))["cameras"]["quiet_room"]

        async def beaten() -> bool:
            now = (await house.diagnostics(client))["cameras"]["quiet_room"]
            beats: int = now["heartbeats"] - before["heartbeats"]
            return beats >= 2

        await eventually(beaten, "two heartbeats of the quiet room")
        events = await snapshot(client)
    assert [event for event in events if event["source_id"] == "quiet_room"] == []
    assert listener.changes("quiet_room") == []


async def test_no_address_in_any_log(house: House) -> None:
    """Stream addresses stay out of the log, with or without credentials."""
    log = await asyncio.to_thread(house.home_assistant.home_assistant_log.read_text)
    for server in (house.front, house.back, house.quiet):
        assert f":{server.port}" not in log
