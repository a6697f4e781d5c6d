"""The dashboard that makes itself, in a real browser against the real process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, expect
import pytest

from scripts.harness.accessibility import async_assert_accessible
from scripts.harness.browser import logged_in_browser, open_page

from .house import House, eventually
from .test_camera_entity import add_generic_camera, watch_entity

PATIENCE_MS = 120_000
DASHBOARD = "vigilar-itself"


@asynccontextmanager
async def dashboard(
    house: House, view: str = "timeline", *, dark: bool = False
) -> AsyncIterator[Page]:
    """Open the dashboard; whatever the console complains of fails the test."""
    tokens = house.home_assistant.login()
    async with logged_in_browser(tokens, dark=dark) as context:
        page = await open_page(context, tokens, f"/{DASHBOARD}/{view}")
        page.set_default_timeout(PATIENCE_MS)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" else None
            ),
        )
        yield page
        # A camera that was just added cannot give a still yet.
        assert [
            text for text in complaints if "Failed to load resource" not in text
        ] == []


@pytest.fixture
async def strategy(house: House) -> None:
    """Have a dashboard whose whole configuration is the strategy."""
    async with house.client() as client:
        known = await client.call("lovelace/dashboards/list")
        if any(each["url_path"] == DASHBOARD for each in known):
            return
        await client.call(
            "lovelace/dashboards/create",
            url_path=DASHBOARD,
            title="Security",
            mode="storage",
        )
        await client.call(
            "lovelace/config/save",
            url_path=DASHBOARD,
            config={"strategy": {"type": "custom:vigilar"}},
        )


@pytest.mark.usefixtures("strategy")
@pytest.mark.parametrize("dark", [False, True])
async def test_the_dashboard_shows_the_timeline_and_every_camera(
    house: House, dark: bool
) -> None:
    """Made of nothing but its name, readable by everyone in both themes."""
    async with dashboard(house, dark=dark) as page:
        await page.locator("vigilar-timeline-card .status.live").wait_for()
        if dark:
            # The page is dark before Home Assistant says so.
            await page.locator("vigilar-timeline[dark]").wait_for()
        await async_assert_accessible(page)
        await page.get_by_role("tab", name="Cameras").click()
        cards = page.locator("vigilar-camera-card")
        names = cards.locator("h2")
        await expect(names).to_contain_text(
            ["Back yard", "Front door", "Quiet room"], timeout=PATIENCE_MS
        )
        await expect(cards.locator(".state").first).to_have_text("Watching")
        await async_assert_accessible(page)


@pytest.mark.usefixtures("strategy")
async def test_an_added_camera_appears_by_itself_and_plays(house: House) -> None:
    """Home Assistant's own player shows a camera entity; nobody edited anything."""
    async with dashboard(house, "cameras") as page, house.client() as client:
        names = page.locator("vigilar-camera-card h2")
        await names.first.wait_for()
        await page.evaluate("window.neverReloaded = true")
        entity_id = await add_generic_camera(client, {"stream_source": house.quiet.url})
        await watch_entity(client, house.entry_id, entity_id, "Shed")
        await expect(names.filter(has_text="Shed")).to_have_count(
            1, timeout=PATIENCE_MS
        )
        assert await page.evaluate("window.neverReloaded")
        card = page.locator("vigilar-camera-card").filter(
            has=page.locator("h2", has_text="Shed")
        )
        await card.scroll_into_view_if_needed()
        video = card.locator("video")
        await video.wait_for()

        async def plays() -> bool:
            played: bool = await video.evaluate("(video) => video.currentTime > 0")
            return played

        await eventually(plays, "the camera's live picture")
        subentries = await client.call(
            "config_entries/subentries/list", entry_id=house.entry_id
        )
        await client.call(
            "config_entries/subentries/delete",
            entry_id=house.entry_id,
            subentry_id=next(
                each["subentry_id"] for each in subentries if each["title"] == "Shed"
            ),
        )
        await expect(names.filter(has_text="Shed")).to_have_count(
            0, timeout=PATIENCE_MS
        )


@pytest.mark.usefixtures("strategy")
async def test_home_assistant_offers_the_strategy_and_the_cards(house: House) -> None:
    """In the dialogs where one adds a dashboard or a card."""
    async with dashboard(house) as page:
        await page.locator("vigilar-timeline-card .status.live").wait_for()

        async def listed() -> bool:
            found: bool = await page.evaluate(
                """customStrategies.some(({ type }) => type === "vigilar")
                && ["vigilar-timeline-card", "vigilar-camera-card"]
                    .every((card) => customCards.some(({ type }) => type === card))"""
            )
            return found

        await eventually(listed, "strategy and cards in their lists")
