"""The panel's pages against a real Home Assistant: an event's clip, its words, its camera."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from playwright.async_api import Locator, Page, expect
import pytest

from scripts.harness.browser import (
    VIEWPORT_HEIGHT,
    VIEWPORT_WIDTH,
    logged_in_browser,
    open_page,
)
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import free_port
from scripts.harness.streams import HttpStreamServer

from .house import PATIENCE_S, console_of_ours, cut_clip, eventually, snapshot
from .media_house import VISITOR
from .test_camera_entity import add_generic_camera, watch_entity

PATIENCE_MS: Final = PATIENCE_S * 1000
SOURCE: Final = "yard"

VIDEO: Final = """(condition) => {
    const find = (root) => {
        for (const element of root?.querySelectorAll("*") ?? []) {
            if (element.localName === "vigilar-clip-player") return element.shadowRoot.querySelector("video");
            const found = element.shadowRoot && find(element.shadowRoot);
            if (found) return found;
        }
    };
    const video = find(document);
    return video && new Function("video", `return ${condition}`)(video);
}"""


@dataclass
class Yard:
    """Home Assistant with a camera in a yard through which somebody walks."""

    home_assistant: HomeAssistantProcess
    stream: HttpStreamServer
    entry_id: str = ""

    def client(self) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.home_assistant.login())

    async def whole_event(self) -> JsonObject:
        """Return the newest event with all its media."""
        async with self.client() as client:

            async def look() -> list[JsonObject]:
                return [
                    event
                    for event in await snapshot(client)
                    if event["payload"]["media"]["clip"]["state"] == "ready"
                ]

            return (await eventually(look, "an event with a clip"))[0]

    @asynccontextmanager
    async def page(
        self, path: str, *, width: int = VIEWPORT_WIDTH, height: int = VIEWPORT_HEIGHT
    ) -> AsyncIterator[Page]:
        """Open a path after a cold load; no error may be in the console."""
        tokens = await asyncio.to_thread(self.home_assistant.login)
        async with logged_in_browser(tokens, width=width, height=height) as context:
            context.set_default_timeout(PATIENCE_MS)
            complaints = console_of_ours(context)
            yield await open_page(context, tokens, path)
        assert complaints == []


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Start it all and add the camera as a user does."""
    work_dir = tmp_path_factory.mktemp("yard")
    with ExitStack() as running:
        enter = running.enter_context
        walker = cut_clip(VISITOR, work_dir / "walker.mp4")
        yard = Yard(
            enter(HomeAssistantProcess(work_dir / "config", free_port())),
            enter(HttpStreamServer(work_dir / "stream", clip=walker)),
        )
        asyncio.run(_furnish(yard))
        yield yard


async def _furnish(yard: Yard) -> None:
    """Add the camera by the address of its stream."""
    async with yard.client() as client:
        entry, flow_id = await client.add_vigilar()
        yard.entry_id = entry["entry_id"]
        await client.add_stream_camera(flow_id, "Yard", yard.stream.url)


def view_of(page: Page) -> Locator:
    """Return the view of an event."""
    return page.locator("vigilar-event-view")


async def test_a_link_to_an_event_plays_its_clip(yard: Yard) -> None:
    """From a notification on a phone: a cold load, the picture, the words, the film."""
    event = await yard.whole_event()
    clip = event["payload"]["media"]["clip"]
    path = f"/vigilar/event/{event['id']}"
    async with yard.page(path, width=390, height=844) as page:
        view = view_of(page)
        await expect(view.locator(".why")).to_have_text(
            event["payload"]["why"], timeout=PATIENCE_MS
        )
        until = partial(page.wait_for_function, VIDEO)
        await until(arg="!video.paused && video.currentTime > 0.3")
        await page.keyboard.press(" ")
        await until(arg="video.paused")
        await page.keyboard.press("Home")
        await page.keyboard.press("ArrowRight")
        await until(arg="Math.abs(video.currentTime - 5) < 0.2")
        ribbon = page.get_by_role("slider", name="Position in the clip")
        length = float(await ribbon.get_attribute("aria-valuemax") or 0)
        assert length == pytest.approx(clip["duration_ms"] / 1000, abs=1)
        await page.keyboard.press("End")
        await page.keyboard.press("ArrowLeft")
        await until(arg=f"Math.abs(video.currentTime - {length} + 5) < 1")
        await view.get_by_role("button", name="Snapshot").click()
        picture = view.get_by_role("img").first
        await expect(picture).to_be_visible()
        assert await picture.evaluate("(img) => img.naturalWidth") == 640
        await expect(
            view.get_by_text("Nobody was to be told of this event")
        ).to_be_visible()


async def test_what_people_say_is_kept_and_reaches_the_other_browser(
    yard: Yard,
) -> None:
    """Review, judgement, note and protection come back as changes of the event."""
    event = await yard.whole_event()
    path = f"/vigilar/event/{event['id']}"
    async with (
        yard.page(path) as page,
        yard.page(path, width=390, height=844) as phone,
    ):
        view, other = view_of(page), view_of(phone)
        await expect(other.locator(".why")).to_be_visible(timeout=PATIENCE_MS)
        await view.get_by_role("button", name="Mark as reviewed").click()
        await expect(other.get_by_text("Reviewed by")).to_be_visible()
        await view.get_by_role("button", name="False alarm").click()
        await expect(other.get_by_text("This was a false alarm")).to_be_visible()
        await view.get_by_role("button", name="Protect").click()
        await expect(other.get_by_role("button", name="Protected")).to_be_visible()
        await view.get_by_role("button", name="Add a note").click()
        await view.get_by_role("textbox", name="Note").fill("The postman")
        await view.get_by_role("button", name="Save").click()
        await expect(other.get_by_text("The postman")).to_be_visible()
        await view.get_by_role("button", name="More").click()
        async with page.expect_download() as download:
            await view.get_by_role("menuitem", name="Download the clip").click()
        assert (await download.value).suggested_filename.startswith(SOURCE)
        await view.get_by_role("button", name="More").click()
        async with page.expect_download() as download:
            await view.get_by_role("menuitem", name="Export everything").click()
        assert (await download.value).suggested_filename.endswith(".zip")


async def test_a_deleted_event_leaves_both_browsers(yard: Yard) -> None:
    """Deletion asks first; who has it open elsewhere is told."""
    event = await yard.whole_event()
    path = f"/vigilar/event/{event['id']}"
    async with (
        yard.page(path) as page,
        yard.page(path, width=390, height=844) as phone,
    ):
        view = view_of(page)
        await expect(view_of(phone).locator(".why")).to_be_visible(timeout=PATIENCE_MS)
        await view.get_by_role("button", name="More").click()
        await view.get_by_role("menuitem", name="Delete").click()
        await view.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(
            view_of(phone).get_by_text("This event was deleted")
        ).to_be_visible()
        await page.wait_for_function("(path) => location.pathname !== path", arg=path)
        await page.goto(f"{yard.home_assistant.url}{path}")
        await expect(page.get_by_text("There is no such event")).to_be_visible()


async def test_a_camera_without_an_entity_shows_its_last_event(yard: Yard) -> None:
    """The grid tells that it watches; its page says what the picture is, and switches detection."""
    await yard.whole_event()
    async with yard.page("/vigilar/cameras") as page:
        camera = page.locator(f"[data-source={SOURCE}]")
        await expect(camera).to_contain_text("Watching", timeout=PATIENCE_MS)
        await expect(camera.locator("img")).to_be_visible()
        await camera.click()
        await expect(
            page.get_by_text("This camera has no live picture in Home Assistant")
        ).to_be_visible()
        await expect(page.locator("vigilar-timeline .row").first).to_be_visible()
        await page.get_by_role("switch", name="Detection").click()
        await expect(page.locator("header .state")).to_have_text(
            "Detection off", timeout=PATIENCE_MS
        )
        await page.get_by_role("switch", name="Detection").click()
        await expect(page.locator("header .state")).to_have_text(
            "Watching", timeout=PATIENCE_MS
        )


async def test_home_assistants_own_player_shows_a_camera_entity(yard: Yard) -> None:
    """Also after a cold load, when no dashboard has loaded it."""
    async with yard.client() as client:
        entity_id = await add_generic_camera(client, {"stream_source": yard.stream.url})
        await watch_entity(client, yard.entry_id, entity_id, "Gate")
    async with yard.page("/vigilar/live/gate") as page:
        player = page.locator("vigilar-live-player ha-camera-stream")
        await expect(player).to_be_visible(timeout=PATIENCE_MS)
        video = player.locator("video")
        await expect(video).to_be_visible(timeout=PATIENCE_MS)
