"""Zones that are drawn with the mouse change what counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import ConsoleMessage, Page

from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject

from .house import House, eventually, snapshot

CAMERA = "back_yard"

# All of the picture, and a corner of it in which nobody walks.
EVERYWHERE = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))


@asynccontextmanager
async def tuning_page(house: House) -> AsyncIterator[Page]:
    """Open the page of the back yard; whatever the console complains of fails the test."""
    tokens = house.home_assistant.login()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    async with logged_in_browser(tokens) as context:
        context.on("console", listen)
        page = await open_page(context, tokens, f"/vigilar/tuning/{CAMERA}")
        await page.locator("svg.zones").wait_for(timeout=60_000)
        yield page
    assert complaints == []


async def draw(page: Page, *corners: tuple[float, float]) -> None:
    """Draw a zone with the mouse, and close it at its first corner."""
    await page.get_by_role("button", name="Draw a zone").click()
    box = await page.locator("svg.zones").bounding_box()
    assert box
    for x, y in (*corners, corners[0]):
        await page.mouse.click(
            box["x"] + x * box["width"], box["y"] + y * box["height"]
        )
    await page.locator(".zone-list .open").wait_for()


async def apply(page: Page) -> None:
    """Save what was changed, and wait until it is."""
    await page.get_by_role("button", name="Apply").click()
    await page.locator("footer").wait_for(state="detached")


async def events(client: HomeAssistantClient) -> list[str]:
    """Return the ids of the back yard's events, newest first."""
    return [
        event["id"] for event in await snapshot(client) if event["source_id"] == CAMERA
    ]


async def outages(client: HomeAssistantClient) -> list[str]:
    """Return the ids of all events of cameras that were lost, newest first."""
    return [
        event["id"]
        for event in await snapshot(client)
        if event["type"] == "camera_offline"
    ]


async def settled(client: HomeAssistantClient) -> bool:
    """Return whether no event of the back yard lasts."""
    return all(
        event["payload"]["end_ts"] is not None
        for event in await snapshot(client)
        if event["source_id"] == CAMERA
    )


async def walkers(page: Page, word: str) -> None:
    """Wait until the picture shows somebody of whom this word is said."""
    await page.locator(".track span", has_text=word).first.wait_for(timeout=120_000)


async def saved(client: HomeAssistantClient) -> JsonObject:
    """Return what is set of the back yard."""
    tuning: JsonObject = await client.call("vigilar/tuning/get", source_id=CAMERA)
    return tuning


async def test_zones_drawn_with_the_mouse_change_what_counts(house: House) -> None:
    """A draft is judged at once, saved zones count from then on, other cameras go on."""
    async with house.client() as client, tuning_page(house) as page:
        await house.wait_online(client, CAMERA)
        before = await house.diagnostics(client)
        lost = await outages(client)
        await walkers(page, "Counts")

        # Nobody walks through a corner: by the draft nothing counts any more.
        await draw(page, (0.01, 0.01), (0.12, 0.01), (0.12, 0.12), (0.01, 0.12))
        await page.get_by_label("Name").fill("Corner")
        await walkers(page, "Outside the zones")
        assert (await saved(client))["zones"] == []
        await apply(page)
        [zone] = (await saved(client))["zones"]
        assert (zone["name"], zone["kind"]) == ("Corner", "include")
        assert zone["points"][0] == [0, 0] or max(zone["points"][0]) < 0.02

        # Somebody came by twice, and there is no event of it.
        await eventually(lambda: settled(client), "the last event ended")
        known = await events(client)
        for _ in range(2):
            await walkers(page, "Outside the zones")
            await page.locator(".track").first.wait_for(
                state="detached", timeout=120_000
            )
        assert await events(client) == known

        # A zone of the whole picture brings events back, and names itself in them.
        await draw(page, *EVERYWHERE)
        await page.get_by_label("Name").fill("Yard")
        await apply(page)

        async def named() -> bool:
            newest = [e for e in await snapshot(client) if e["source_id"] == CAMERA]
            return newest[0]["id"] not in known and newest[0]["payload"]["zones"] == [
                "Yard"
            ]

        await eventually(named, "an event in the yard")
        after = await house.diagnostics(client)
        for camera in ("front_door", "quiet_room"):
            assert after["cameras"][camera]["online"]
            assert before["cameras"][camera]["online"]
        assert await outages(client) == lost

        for name in ("Corner", "Yard"):
            await page.locator(".zone-head", has_text=name).click()
            await page.get_by_role("button", name="Delete zone").click()
        await apply(page)
        assert (await saved(client))["zones"] == []


async def test_replay_judges_what_was_stored(house: House) -> None:
    """Everything is masked: no event would be left, and that is said before it is saved."""
    async with house.client() as client, tuning_page(house) as page:

        async def stored() -> bool:
            return bool((await saved(client))["stored_events"])

        await eventually(stored, "an event that can be replayed")
        before = (await saved(client))["zones"]
        await page.reload()
        await draw(page, *EVERYWHERE)
        await page.locator(".details").get_by_role("button", name="Mask").click()
        await page.get_by_role("button", name="Replay").click()
        await page.locator(".panel .button.primary").click()
        result = page.locator(".summary strong")
        await result.wait_for(timeout=120_000)
        assert (await result.inner_text()).endswith("→ 0 events")
        assert await page.locator(".replayed a").count() > 0
        await page.get_by_role("button", name="Discard").click()
        assert (await saved(client))["zones"] == before
