"""Two cameras and a door of one house floor: one incident, on the phone and in the browser."""

from pathlib import Path
import re
from typing import Any

from playwright.async_api import expect

from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.demo import DASHBOARD, dashboard
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import free_port
from scripts.harness.streams import HttpStreamServer

from .house import MOVEMENT, WALKER, cut_clip, eventually, eventually_heard, snapshot
from .phone import Phone
from .test_sensor import CONFIGURATION, DOOR, LATCH, turn

CAMERAS = ("Driveway", "Porch")
SOURCES = {"driveway", "porch", "back_door"}


async def _place(client: HomeAssistantClient) -> None:
    """Put each camera and the door into an area of its own, all on one floor."""
    floor = await client.call("config/floor_registry/create", name="Outside")
    devices = await client.call("config/device_registry/list")
    for name in (*CAMERAS, "Entrance"):
        area = await client.call(
            "config/area_registry/create",
            name=f"{name} side",
            floor_id=floor["floor_id"],
        )
        place = {"area_id": area["area_id"]}
        for device in devices:
            if device["name"] == name:
                await client.call(
                    "config/device_registry/update", device_id=device["id"], **place
                )
    await client.call("config/entity_registry/update", entity_id=DOOR, **place)


async def _furnish(
    client: HomeAssistantClient, phone: Phone, cameras: list[HttpStreamServer]
) -> None:
    """Set up the cameras, the door and the phone; all that moves matters as much."""
    await phone.register(client)
    entry, flow_id = await client.add_vigilar()
    entry_id = entry["entry_id"]
    others = {"camera_tampered": "info", "camera_offline": "info"}
    await client.set_options(
        entry_id, "severity", dict.fromkeys(sorted(MOVEMENT), "alert") | others
    )
    for name, camera in zip(CAMERAS, cameras, strict=True):
        await client.add_stream_camera(flow_id, name, camera.url)
        flow_id = (await client.start_subentry_flow(entry_id, "camera"))["flow_id"]
    flow = await client.start_subentry_flow(entry_id, "sensor")
    await client.submit_subentry(
        flow["flow_id"],
        {"entities": [DOOR], "type": "by_device_class", "debounce": 0.5, "stuck": 1},
    )
    await _place(client)
    await phone.become_recipient(client, entry_id, min_severity="info")
    await client.create_dashboard(DASHBOARD, "Security", dashboard())


async def test_two_cameras_and_a_door_are_one_incident(
    phone: Phone, tmp_path: Path
) -> None:
    """One id on all of them, one row, and one notification that sounds once."""
    clip = cut_clip(WALKER, tmp_path / "walker.mp4")
    process = HomeAssistantProcess(
        tmp_path / "config",
        free_port(),
        configuration=f"mobile_app:\n{CONFIGURATION}",
    )
    with (
        HttpStreamServer(tmp_path / "driveway", clip=clip) as driveway,
        HttpStreamServer(tmp_path / "porch", clip=clip) as porch,
        process,
    ):
        tokens = process.login()
        async with (
            HomeAssistantClient(tokens) as client,
            logged_in_browser(tokens) as context,
        ):
            await _furnish(client, phone, [driveway, porch])

            async def incident(wanted: set[str]) -> list[JsonObject]:
                """Return the events of an incident that all of these saw."""
                events = await snapshot(client)
                ids = {event["payload"].get("incident_id") for event in events}
                for incident_id in ids - {None}:
                    parts = [
                        event
                        for event in events
                        if event["payload"].get("incident_id") == incident_id
                    ]
                    if {part["source_id"] for part in parts} >= wanted:
                        return parts
                return []

            async def seen_twice() -> Any:
                return await incident({"driveway", "porch"})

            await eventually(seen_twice, "an incident that both cameras saw")
            await turn(client, LATCH, on=True)

            async def whole() -> Any:
                return await incident(SOURCES)

            parts = await eventually(whole, "the door in the incident")
            tag = parts[0]["payload"]["incident_id"]
            assert tag == min(part["id"] for part in parts)

            page = await open_page(context, tokens, f"/{DASHBOARD}/timeline")
            row = page.locator(".item.incident").first
            await expect(row).to_contain_text("→", timeout=60_000)
            await expect(row).to_contain_text(
                re.compile("Driveway.*Porch|Porch.*Driveway")
            )
            await expect(row).to_contain_text("Back door")

            await eventually_heard(
                lambda: [
                    push for push in phone.of(tag) if "Back door" in push["title"]
                ],
                "the door in the notification",
            )
            assert phone.sounds(tag) == 1
