"""The timeline in real browsers: reviews travel, addresses filter, the ribbon leads."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from playwright.async_api import Page, expect

from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import JsonObject

from .house import House, eventually, snapshot

PATIENCE_MS = 60_000


@asynccontextmanager
async def timelines(house: House, *paths: str) -> AsyncIterator[list[Page]]:
    """Open the panel at each path in a browser of its own; no console complains of us."""
    tokens = house.home_assistant.login()
    complaints: list[str] = []
    async with AsyncExitStack() as stack:
        pages = []
        for path in paths:
            context = await stack.enter_async_context(logged_in_browser(tokens))
            page = await open_page(context, tokens, path)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.locator(".status.live").first.wait_for(timeout=PATIENCE_MS)
            pages.append(page)
        yield pages
    assert complaints == []


async def ended(house: House, source_id: str) -> JsonObject:
    """Wait until a camera has an event that is over, and return the newest."""
    async with house.client() as client:
        await house.wait_online(client, source_id)

        async def found() -> list[JsonObject]:
            return [
                event
                for event in await snapshot(client)
                if event["source_id"] == source_id
                and event["type"] == "motion"
                and event["payload"]["phase"] == "ended"
            ]

        events: list[JsonObject] = await eventually(found, "an event that is over")
        return events[0]


async def test_a_review_reaches_the_other_browser(house: House) -> None:
    """Marked in one, seen in the other without a reload; undone in one, gone in both."""
    event = await ended(house, "back_yard")
    at = event["ts"]
    path = f"/vigilar?source=back_yard&type=motion&t={at}"
    async with timelines(house, path, path) as (one, other):
        buttons = []
        for page in (one, other):
            row = page.locator(
                f"li:has([data-event='{event['id']}'], [data-events*='{event['id']}'])"
            )
            await expect(row).to_be_visible(timeout=PATIENCE_MS)
            buttons.append(row.locator("button.review"))
        await expect(buttons[1]).to_have_attribute("aria-pressed", "false")
        await buttons[0].click()
        await expect(buttons[1]).to_have_attribute(
            "aria-pressed", "true", timeout=PATIENCE_MS
        )
        await one.get_by_role("button", name="Undo").click()
        await expect(buttons[1]).to_have_attribute(
            "aria-pressed", "false", timeout=PATIENCE_MS
        )


async def test_an_address_filters_and_the_ribbon_shows_the_same(house: House) -> None:
    """Only that camera's rows and lane; the ribbon's counts are the server's."""
    await ended(house, "back_yard")
    async with timelines(house, "/vigilar?source=back_yard") as (page,):
        await page.locator("li.event, li.fold").first.wait_for(timeout=PATIENCE_MS)
        names = await page.locator("li .name").all_text_contents()
        assert set(names) == {"Back yard"}
        await expect(page.locator("vigilar-ribbon .names bdi")).to_have_text(
            ["Back yard"]
        )
        track = page.locator("vigilar-ribbon .track")
        await track.focus()
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("vigilar-ribbon .reading")).to_contain_text("event")
        await expect(page.locator("[popovertarget=choices-camera]")).to_have_text(
            "Back yard"
        )
        await page.get_by_role("button", name="Clear filters").click()
        await page.wait_for_function("!location.search.includes('source')")
