"""How soon an event that was published is painted in an open browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from playwright.async_api import Locator

from .auth import Tokens
from .browser import logged_in_browser, open_page
from .client import HomeAssistantClient, JsonObject

TARGET_MS: Final = 250
SETTLE_S: Final = 2
OPENING_MS: Final = 60_000

# A row that is in the document is painted once the second frame from then begins.
_WATCH: Final = """(list) => {
    const painted = (window.vigilarPainted = {});
    const note = () => {
        for (const row of list.renderRoot.querySelectorAll("[data-event]")) {
            const id = row.dataset.event;
            if (id in painted) continue;
            painted[id] = null;
            requestAnimationFrame(() => requestAnimationFrame(() => (painted[id] = Date.now())));
        }
    };
    note();
    new MutationObserver(note).observe(list.renderRoot, {childList: true, subtree: true, attributes: true});
}"""

# From the press of the tab: the list is made, asks the server, draws and is painted.
_OPEN: Final = """(panel) => new Promise((resolve) => {
    const row = (root) => {
        const list = root.querySelector("vigilar-timeline");
        return list?.shadowRoot?.querySelector("[data-event]");
    };
    const began = performance.now();
    const look = () => {
        if (!row(panel.shadowRoot)) requestAnimationFrame(look);
        else requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
    };
    panel.shadowRoot.querySelector("nav a[href^='/vigilar/timeline']").click();
    look();
})"""


class Painting:
    """Notes when events are published, and asks a browser when it painted them."""

    def __init__(self, timeline: Locator) -> None:
        """Watch an open timeline.

        Args:
            timeline: The element of the list.
        """
        self._timeline = timeline
        self._published: dict[str, float] = {}

    def published(self, fired: JsonObject) -> None:
        """Take a `vigilar_event` of the event bus; the first of each event counts."""
        moment = datetime.fromisoformat(fired["time_fired"]).timestamp() * 1000
        self._published.setdefault(fired["data"]["id"], moment)

    async def latencies(self) -> list[float]:
        """Return the milliseconds from publication to paint, of all that was painted.

        Server and browser read the same machine's clock, the browser in whole
        milliseconds.
        """
        await asyncio.sleep(SETTLE_S)
        painted = await self._timeline.evaluate("() => window.vigilarPainted")
        return [
            painted[event_id] - moment
            for event_id, moment in self._published.items()
            if painted.get(event_id) is not None
        ]


async def first_paint_ms(tokens: Tokens, times: int) -> list[float]:
    """Return how long the list takes from its opening to the paint of its rows.

    The browser has loaded the panel already and shows another of its pages.

    Args:
        tokens: Who looks.
        times: How often it is opened.
    """
    waits = []
    async with logged_in_browser(tokens) as context:
        page = await open_page(context, tokens, "/vigilar/cameras")
        panel = page.locator("vigilar-panel")
        for _ in range(times):
            await page.locator("vigilar-cameras-page").wait_for(timeout=OPENING_MS)
            waits.append(await panel.evaluate(_OPEN))
            await panel.locator("nav a[href='/vigilar/cameras']").first.click()
    return waits


@asynccontextmanager
async def painting(
    tokens: Tokens, client: HomeAssistantClient
) -> AsyncIterator[Painting]:
    """Open the timeline in a browser and watch what is painted from now on."""
    async with logged_in_browser(tokens) as context:
        page = await open_page(context, tokens, "/vigilar")
        await page.locator(".status.live").first.wait_for(timeout=OPENING_MS)
        timeline = page.locator("vigilar-timeline")
        await timeline.evaluate(_WATCH)
        watched = Painting(timeline)
        await client.subscribe_events("vigilar_event", watched.published)
        yield watched
