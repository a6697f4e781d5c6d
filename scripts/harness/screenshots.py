"""Take pictures of every view of the real thing, in both themes, wide and narrow."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
import sys
import tempfile
from typing import Final

from playwright.async_api import Error, Page

from .browser import logged_in_browser, open_page
from .client import JsonObject
from .demo import say
from .home_assistant import HomeAssistantProcess
from .lived_in import CARDS, LENSES, STRATEGY, LivedIn
from .process import HarnessError

SIZES: Final = {"wide": (1280, 800), "narrow": (390, 844)}
PATIENCE_MS: Final = 20_000
# Pictures, players and transitions come to rest within.
REST_MS: Final = 1500


@dataclass(frozen=True)
class View:
    """Something to take a picture of.

    Attributes:
        name: Of the picture's file.
        path: In the frontend.
        ready: CSS selector of what is there when it can be looked at.
        then: What to do before, if anything.
    """

    name: str
    path: str
    ready: str
    then: Callable[[Page], Awaitable[None]] | None = None


async def _open_filters(page: Page) -> None:
    """Open the choice of cameras."""
    await page.locator("vigilar-filter-bar button[popovertarget]").first.click()


async def _open_first(page: Page) -> None:
    """Open the newest event that has a picture."""
    await page.locator("[data-action=view]:has(img)").first.click()
    await page.locator("vigilar-event-view .why").wait_for()


async def _watch(page: Page) -> None:
    """Hold the clip in the midst of what happened."""
    for key in ("Space", "Home", "ArrowRight", "ArrowRight"):
        await page.keyboard.press(key)


EMPTY: Final = (View("first-run", "/vigilar/timeline", "vigilar-timeline"),)


def views(event: JsonObject) -> tuple[View, ...]:
    """Return what there is to see in a house.

    Args:
        event: One that is whole.
    """
    entity_camera, stream_camera, offline = (lens.source_id for lens in LENSES)
    rows = "vigilar-timeline .row img"
    return (
        View("timeline", "/vigilar/timeline", rows),
        View("filters", "/vigilar/timeline", rows, _open_filters),
        View("event-beside", "/vigilar/timeline", rows, _open_first),
        View(
            "event", f"/vigilar/event/{event['id']}", "vigilar-event-view video", _watch
        ),
        View("cameras", "/vigilar/cameras", "[data-source] img"),
        View("live", f"/vigilar/live/{entity_camera}", "vigilar-live-player"),
        View("live-still", f"/vigilar/live/{stream_camera}", rows),
        View("live-offline", f"/vigilar/live/{offline}", rows),
        View("tuning", f"/vigilar/tuning/{stream_camera}", "svg.zones"),
        View("strategy-timeline", f"/{STRATEGY}/timeline", rows),
        View("strategy-cameras", f"/{STRATEGY}/cameras", "vigilar-camera-card img"),
        View("cards", f"/{CARDS}/home", rows),
    )


async def photograph(
    home_assistant: HomeAssistantProcess, shown: tuple[View, ...], folder: Path
) -> None:
    """Visit views in both themes, wide and narrow, and write what they look like.

    Args:
        home_assistant: Where they are.
        shown: The views.
        folder: Receives `NAME-SIZE-THEME.png`.
    """
    tokens = await asyncio.to_thread(home_assistant.login)
    for size, (width, height) in SIZES.items():
        for theme in ("light", "dark"):
            async with logged_in_browser(
                tokens, width=width, height=height, dark=theme == "dark"
            ) as context:
                context.set_default_timeout(PATIENCE_MS)
                for view in shown:
                    target = folder / f"{view.name}-{size}-{theme}.png"
                    page = await open_page(context, tokens, view.path)
                    try:
                        await page.locator(view.ready).first.wait_for()
                        if view.then:
                            await view.then(page)
                    except Error as err:
                        say(
                            f"screenshots: {target.name}: {err.message.splitlines()[0]}"
                        )
                    await page.wait_for_timeout(REST_MS)
                    await page.screenshot(path=target)
                    await page.close()


async def take(house: LivedIn, folder: Path) -> None:
    """Set a house up and take pictures of it before and after."""
    await house.move_in()
    await photograph(house.home_assistant, EMPTY, folder)
    say("screenshots: waiting for events")
    await house.furnish()
    await asyncio.to_thread(house.age)
    event = await house.live_on()
    await photograph(house.home_assistant, views(event), folder)


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, help="receives the pictures")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as work_dir, ExitStack() as running:
            asyncio.run(take(LivedIn.build(Path(work_dir), running), folder))
    except HarnessError as err:
        print(f"screenshots: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
