"""The way to the phone, with Home Assistant's own mobile app integration.

The test is the phone: it registers as the companion app does, takes what is
pushed, and taps a button.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
import pytest

from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import LOOPBACK, free_port
from scripts.harness.streams import HttpStreamServer

from .house import WALKER, cut_clip, eventually, eventually_heard


class Phone:
    """An iPhone whose pushes arrive here."""

    def __init__(self) -> None:
        """Have received nothing so far."""
        self.pushes: list[JsonObject] = []
        self.port = free_port()
        self.webhook_id = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Take a push, as the push service does."""
        self.pushes.append(await request.json())
        return web.json_response({}, status=201)

    async def register(self, client: HomeAssistantClient) -> None:
        """Register with Home Assistant, as the app does when it is first opened."""
        answer = await client.rest(
            "POST",
            "/api/mobile_app/registrations",
            {
                "app_id": "io.robbie.HomeAssistant",
                "app_name": "Home Assistant",
                "app_version": "2026.10.0",
                "device_id": "phone-1",
                "device_name": "Anna's iPhone",
                "manufacturer": "Apple",
                "model": "iPhone",
                "os_name": "iOS",
                "os_version": "27.0",
                "supports_encryption": False,
                "app_data": {
                    "push_token": "token",
                    "push_url": f"http://{LOOPBACK}:{self.port}/push",
                },
            },
        )
        self.webhook_id = answer["webhook_id"]

    async def tap(self, client: HomeAssistantClient, action: str) -> None:
        """Tap a button on the lock screen."""
        event = {
            "event_type": "mobile_app_notification_action",
            "event_data": {"action": action},
        }
        await client.rest(
            "POST",
            f"/api/webhook/{self.webhook_id}",
            {"type": "fire_event", "data": event},
        )

    def of(self, tag: str) -> list[JsonObject]:
        """Return what was pushed of an event, in order."""
        return [push for push in self.pushes if push["data"]["tag"] == tag]

    def sounds(self, tag: str) -> int:
        """Return how often an event made a sound."""
        return sum(push["data"]["push"]["sound"] != "none" for push in self.of(tag))


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """Return a phone that can be reached."""
    phone = Phone()
    app = web.Application()
    app.router.add_post("/push", phone.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, phone.port).start()
    yield phone
    await runner.cleanup()


async def _add_recipient(client: HomeAssistantClient, entry_id: str) -> None:
    """Add the phone through the form."""
    devices = await client.call("config/device_registry/list")
    device_id = next(
        device["id"] for device in devices if device["name"] == "Anna's iPhone"
    )
    flow = await client.start_subentry_flow(entry_id, "recipient")
    await client.submit_subentry(flow["flow_id"], {"next_step_id": "device"})
    step = await client.submit_subentry(
        flow["flow_id"], {"target": device_id, "min_severity": "info"}
    )
    assert (step["type"], step["title"]) == ("create_entry", "Anna's iPhone")


async def _check_picture(process: HomeAssistantProcess, push: JsonObject) -> None:
    """Fetch a push's picture as the app does, with its user's token; and without."""
    url = push["data"]["image"]
    tokens = await asyncio.to_thread(process.login)
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    async with ClientSession(tokens.url) as session:
        answer = await session.get(url, headers=bearer)
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
        assert (await answer.read()).startswith(b"\xff\xd8")
        assert (await session.get(url)).status == 401


async def _report(client: HomeAssistantClient, event_id: str) -> Any:
    """Ask the ledger."""
    return await client.call("vigilar/delivery", event_id=event_id)


async def test_from_a_stream_to_the_phone_and_back(
    phone: Phone, tmp_path: Path
) -> None:
    """Who walks by is one notification, over a restart and with its button."""
    clip = cut_clip(WALKER, tmp_path / "walker.mp4")
    process = HomeAssistantProcess(
        tmp_path / "config", free_port(), configuration="mobile_app:\n"
    )
    with HttpStreamServer(tmp_path / "back", clip=clip) as camera:
        with process:
            async with HomeAssistantClient(process.login()) as client:
                await phone.register(client)
                entry, flow_id = await client.add_vigilar()
                await client.add_stream_camera(flow_id, "Back yard", camera.url)
                await _add_recipient(client, entry["entry_id"])
                first = await eventually_heard(
                    lambda: phone.pushes[:1], "a notification"
                )
                tag = first[0]["data"]["tag"]
                pictured = await eventually_heard(
                    lambda: [push for push in phone.of(tag) if "image" in push["data"]],
                    "a picture",
                )
                await _check_picture(process, pictured[0])
                assert first[0]["title"].endswith(": Back yard")
                assert first[0]["data"]["url"] == f"/vigilar/event/{tag}"
                await eventually_heard(
                    lambda: (
                        phone.of(tag)[-1]["message"].startswith("from ")
                        and "video" in phone.of(tag)[-1]["data"]
                    ),
                    "the end of the event, with its clip",
                )
                [row] = (await _report(client, tag))["deliveries"]
                assert (row["state"], row["recipient"]) == ("updated", "Anna's iPhone")
        told = len(phone.of(tag))
        with process:
            async with HomeAssistantClient(process.login()) as client:
                seen = first[0]["data"]["actions"][0]["action"]

                async def reviewed() -> Any:
                    await phone.tap(client, seen)
                    return (await _report(client, tag))["reviewed"]

                assert (await eventually(reviewed, "the button"))["by"] == "demo"
                await eventually_heard(
                    lambda: [
                        push for push in phone.pushes if push["data"]["tag"] > tag
                    ],
                    "another notification",
                )
    assert len(phone.of(tag)) == told
    for event_id in {push["data"]["tag"] for push in phone.pushes}:
        assert phone.sounds(event_id) == 1
