"""A house that is armed in the browser, and disarmed from the phone."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from scripts.harness.auth import Tokens
from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import free_port
from scripts.harness.streams import HttpStreamServer

from .house import MOVEMENT, WALKER, cut_clip, eventually, eventually_heard, snapshot
from .phone import Phone

PANEL = "alarm_control_panel.vigilar_alarm"
CODE = "2580"
ENTRY_S = 5

# What the walker is taken for depends on the detector.
WHILE_AWAY = {kind: {"away": "critical"} for kind in sorted(MOVEMENT)}


async def _furnish(client: HomeAssistantClient, phone: Phone, url: str) -> None:
    """Set up a camera, a phone, an alarm with a code, and what matters while away."""
    await phone.register(client)
    entry, flow_id = await client.add_vigilar()
    entry_id = entry["entry_id"]
    await client.set_options(
        entry_id,
        "alarm",
        {"kind": "own", "exit_delay": 0, "entry_delay": ENTRY_S, "code_to_arm": True},
    )
    flow = await client.start_subentry_flow(entry_id, "code")
    await client.submit_subentry(flow["flow_id"], {"name": "Anna", "code": CODE})
    others: JsonObject = {"camera_tampered": {}, "camera_offline": {}}
    await client.set_options(
        entry_id, "severity_by_alarm", WHILE_AWAY | others | {"dark_raises": False}
    )
    await phone.become_recipient(
        client, entry_id, min_severity="warning", critical_from="critical"
    )
    await client.add_stream_camera(flow_id, "Front door", url)
    await client.create_dashboard(
        "alarm-panel",
        "Alarm",
        {
            "views": [
                {
                    "title": "Alarm",
                    "cards": [
                        {"type": "alarm-panel", "entity": PANEL, "states": ["arm_away"]}
                    ],
                }
            ]
        },
    )


async def _movements(client: HomeAssistantClient) -> list[JsonObject]:
    """Return the events of something that moved, newest first."""
    return [event for event in await snapshot(client) if event["type"] in MOVEMENT]


async def _arm_away(tokens: Tokens) -> None:
    """Enter the code and arm, at a keypad in the browser."""
    async with logged_in_browser(tokens) as context:
        page: Page = await open_page(context, tokens, "/alarm-panel/0")
        card = page.locator("hui-alarm-panel-card")
        for digit in CODE:
            await card.get_by_role("button", name=digit, exact=True).click()
        await card.get_by_text("Arm away").click()
        await card.get_by_text("Armed away").wait_for(timeout=60_000)


def _loud(phone: Phone) -> list[JsonObject]:
    """Return the pushes that break through silent mode."""
    return [
        push
        for push in phone.pushes
        if isinstance(sound := push["data"].get("push", {}).get("sound"), dict)
        and sound["critical"]
    ]


async def test_armed_in_the_browser_and_disarmed_from_the_phone(
    phone: Phone, tmp_path: Path
) -> None:
    """While disarmed who walks by is info and silence, while away a break-in."""
    clip = cut_clip(WALKER, tmp_path / "walker.mp4")
    process = HomeAssistantProcess(
        tmp_path / "config", free_port(), configuration="mobile_app:\n"
    )
    with HttpStreamServer(tmp_path / "front", clip=clip) as camera, process:
        tokens = process.login()
        async with HomeAssistantClient(tokens) as client:
            await _furnish(client, phone, camera.url)

            async def ended() -> Any:
                seen = await _movements(client)
                return bool(seen) and seen[-1]["payload"]["end_ts"] is not None

            await eventually(ended, "an event while disarmed")
            while_disarmed = await _movements(client)
            assert {event["severity"] for event in while_disarmed} == {"info"}
            assert phone.pushes == []

            await _arm_away(tokens)
            assert (await client.state(PANEL))["attributes"]["changed_by"] == "Anna"
            known = {event["id"] for event in await _movements(client)}

            async def intruder() -> Any:
                return [
                    event
                    for event in await _movements(client)
                    if event["severity"] == "critical"
                ]

            [critical, *_] = await eventually(intruder, "a break-in")
            assert critical["payload"]["why"].endswith("Critical while armed away.")
            assert critical["id"] not in known or critical["payload"]["seq"]

            async def triggered() -> Any:
                return (await client.state(PANEL))["state"] == "triggered"

            await eventually(triggered, "the alarm")
            [push] = await eventually_heard(lambda: _loud(phone), "a critical push")
            disarm = push["data"]["actions"][0]
            assert (disarm["title"], disarm["behavior"]) == ("Disarm", "textInput")

            await phone.tap(client, disarm["action"], reply_text="0000")
            await eventually_heard(
                lambda: phone.titled("The alarm is not disarmed"), "a refusal"
            )
            assert await triggered()
            await phone.tap(client, disarm["action"], reply_text=CODE)
            await eventually_heard(
                lambda: phone.titled("The alarm is disarmed"), "a confirmation"
            )
            panel = await client.state(PANEL)
            assert panel["state"] == "disarmed"
            assert panel["attributes"]["changed_by"] == "Anna"
            assert len(_loud(phone)) == 1
