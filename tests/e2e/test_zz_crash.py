"""Home Assistant dies in the middle of an event. Runs last: it ends the process."""

import asyncio

from .house import (
    House,
    MqttListener,
    eventually,
    eventually_heard,
    shown_ids,
    snapshot,
)


async def test_an_event_survives_a_crash_and_the_browser_catches_up(
    house: House, listener: MqttListener
) -> None:
    """After SIGKILL the event is there, ended; the page shows it without a reload."""
    async with house.dashboard() as page:
        await page.evaluate("window.neverReloaded = true")
        async with house.client() as client:
            await house.wait_online(client, "back_yard")
            known = {event["id"] for event in await snapshot(client)}

            async def open_events() -> list[str]:
                return [
                    event["id"]
                    for event in await snapshot(client)
                    if event["id"] not in known
                    and event["source_id"] == "back_yard"
                    and event["payload"]["phase"] != "ended"
                ]

            event_id = (await eventually(open_events, "an event that goes on"))[0]
            house.home_assistant.kill()

        await page.locator(".status.reconnecting").first.wait_for(timeout=60_000)
        await asyncio.to_thread(house.home_assistant.start)
        await page.locator(".status.live").first.wait_for(timeout=60_000)

        async with house.client() as client:
            events = {event["id"]: event for event in await snapshot(client)}
            event = events[event_id]
            # Media may have been amended since; the end stays.
            assert event["payload"]["end_ts"] is not None
            assert event["payload"]["why"] == "restart"
            assert event["payload"]["end_ts"] >= event["ts"]
            await eventually_heard(
                lambda: any(
                    one["id"] == event_id
                    for one in listener.events("ended", "back_yard")
                ),
                "the end of the event on MQTT",
            )

            # What happens after the crash arrives in the page that saw it all.
            async def newer() -> list[str]:
                return [
                    one["id"]
                    for one in await snapshot(client)
                    if one["id"] not in events
                ]

            new_id = (await eventually(newer, "an event after the crash"))[-1]

            async def caught_up() -> bool:
                ids = await shown_ids(page)
                return new_id in ids and event_id in ids

            await eventually(caught_up, "the browser to catch up")
            ids = await shown_ids(page)
            assert len(ids) == len(set(ids))
            expected = [one["id"] for one in await snapshot(client, limit=len(ids))]
            assert set(ids) <= set(expected) | {new_id}
        assert await page.evaluate("window.neverReloaded") is True
