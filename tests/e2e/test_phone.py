"""The way to the phone, with Home Assistant's own mobile app integration.

The test is the phone: it registers as the companion app does, takes what is
pushed, and taps a button.
"""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import free_port
from scripts.harness.streams import HttpStreamServer

from .house import WALKER, cut_clip, eventually, eventually_heard
from .phone import Phone


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
                # Who walks by again is to be told of again.
                await client.set_options(
                    entry["entry_id"], "general", {"incidents": False}
                )
                await client.add_stream_camera(flow_id, "Back yard", camera.url)
                await phone.become_recipient(
                    client, entry["entry_id"], min_severity="info"
                )
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
