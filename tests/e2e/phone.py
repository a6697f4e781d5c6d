"""A phone with Home Assistant's own mobile app: it takes what is pushed, and taps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.process import LOOPBACK, free_port


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

    async def tap(self, client: HomeAssistantClient, action: str, **more: str) -> None:
        """Tap a button on the lock screen."""
        event = {
            "event_type": "mobile_app_notification_action",
            "event_data": {"action": action, **more},
        }
        await client.rest(
            "POST",
            f"/api/webhook/{self.webhook_id}",
            {"type": "fire_event", "data": event},
        )

    def titled(self, title: str) -> list[JsonObject]:
        """Return what was pushed with this title, in order."""
        return [push for push in self.pushes if push["title"] == title]

    def of(self, tag: str) -> list[JsonObject]:
        """Return what was pushed of an event, in order."""
        return [push for push in self.pushes if push["data"]["tag"] == tag]

    def sounds(self, tag: str) -> int:
        """Return how often an event made a sound."""
        return sum(push["data"]["push"]["sound"] != "none" for push in self.of(tag))

    async def become_recipient(
        self, client: HomeAssistantClient, entry_id: str, **settings: Any
    ) -> None:
        """Add it through the form, from which other settings may differ."""
        devices = await client.call("config/device_registry/list")
        device_id = next(
            device["id"] for device in devices if device["name"] == "Anna's iPhone"
        )
        flow = await client.start_subentry_flow(entry_id, "recipient")
        await client.submit_subentry(flow["flow_id"], {"next_step_id": "device"})
        step = await client.submit_subentry(
            flow["flow_id"], {"target": device_id, **settings}
        )
        assert (step["type"], step["title"]) == ("create_entry", "Anna's iPhone")


@asynccontextmanager
async def running_phone() -> AsyncIterator[Phone]:
    """Yield a phone that can be reached."""
    phone = Phone()
    app = web.Application()
    app.router.add_post("/push", phone.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, phone.port).start()
    try:
        yield phone
    finally:
        await runner.cleanup()
