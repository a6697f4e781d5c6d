"""A door sensor of Home Assistant, from the form to the timeline in a browser."""

from pathlib import Path
from typing import Any

from playwright.async_api import expect

from scripts.harness.broker import Mosquitto
from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.demo import DASHBOARD, dashboard
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import LOOPBACK, free_port

from .house import MqttListener, console_of_ours, eventually, eventually_heard, snapshot

DOOR = "binary_sensor.back_door"
LATCH = "input_boolean.latch"
BATTERY = "input_boolean.battery"

CONFIGURATION = f"""\
input_boolean:
  latch:
  battery:
    initial: true
template:
  - binary_sensor:
      - name: Back door
        unique_id: back_door
        device_class: door
        state: "{{{{ is_state('{LATCH}', 'on') }}}}"
        availability: "{{{{ is_state('{BATTERY}', 'on') }}}}"
"""


async def turn(client: HomeAssistantClient, entity_id: str, *, on: bool) -> None:
    """Open or close the latch, take out or put in the battery."""
    service = "turn_on" if on else "turn_off"
    await client.call(
        "call_service",
        domain="input_boolean",
        service=service,
        service_data={"entity_id": entity_id},
    )


async def _furnish(client: HomeAssistantClient, port: int) -> None:
    """Put the door into an area and add it through the flow."""
    await client.add_mqtt(LOOPBACK, port)
    entry, _ = await client.add_vigilar()
    area = await client.call("config/area_registry/create", name="Garden side")
    await client.call(
        "config/entity_registry/update", entity_id=DOOR, area_id=area["area_id"]
    )
    flow = await client.start_subentry_flow(entry["entry_id"], "sensor")
    step = await client.submit_subentry(
        flow["flow_id"],
        {
            "entities": [DOOR],
            "type": "by_device_class",
            "debounce": 0.5,
            "stuck": 1,
        },
    )
    assert (step["type"], step["title"]) == ("create_entry", "Back door")
    await client.create_dashboard(DASHBOARD, "Security", dashboard())


async def test_a_door_on_the_timeline(tmp_path: Path) -> None:
    """Opened, closed, offline and back: in the database, on MQTT and in the browser."""
    process = HomeAssistantProcess(
        tmp_path / "config", free_port(), configuration=CONFIGURATION
    )
    with Mosquitto(free_port(), tmp_path / "broker") as broker, process:
        tokens = process.login()
        listener = MqttListener(broker.port)
        async with (
            HomeAssistantClient(tokens) as client,
            logged_in_browser(tokens) as context,
        ):
            await _furnish(client, broker.port)
            complaints = console_of_ours(context)
            page = await open_page(context, tokens, f"/{DASHBOARD}/timeline")
            await page.locator(".status.live").first.wait_for(timeout=60_000)
            assert await snapshot(client) == []

            await turn(client, LATCH, on=True)
            row = page.locator("[data-event]").filter(has_text="Door opened")
            await expect(row).to_contain_text("Back door", timeout=60_000)
            await turn(client, LATCH, on=False)

            def closed() -> list[JsonObject]:
                return listener.events("ended", "back_door")

            [event] = await eventually_heard(closed, "the end on MQTT")
            [published] = listener.events("published", "back_door")
            assert published["id"] == event["id"]
            assert event["type"] == "door_opened"
            assert event["payload"]["area_id"] == "garden_side"
            assert event["payload"]["entity_id"] == DOOR
            [stored] = await snapshot(client)
            assert stored["payload"]["end_ts"] == event["payload"]["end_ts"]

            await turn(client, BATTERY, on=False)

            async def offline() -> Any:
                newest = (await snapshot(client))[0]
                return newest if newest["type"] == "sensor_offline" else None

            outage = await eventually(offline, "the outage")
            assert outage["payload"]["end_ts"] is None
            row = page.locator("[data-event]").filter(has_text="Sensor offline")
            await expect(row).to_contain_text("Back door", timeout=60_000)
            await turn(client, BATTERY, on=True)

            async def back() -> Any:
                return (await snapshot(client))[0]["payload"]["end_ts"] is not None

            await eventually(back, "the end of the outage")
            assert [event["type"] for event in await snapshot(client)] == [
                "sensor_offline",
                "door_opened",
            ]
            await page.screenshot(path=tmp_path / "timeline.png")
            assert complaints == []
        listener.close()
