"""A loopback web server, a real browser, and a page with a small Home Assistant."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import threading
from typing import Any, override

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)
import pytest

from scripts.harness.browser import CHROMIUM_FLAGS, chromium

from .tuning import TuningStage

HERE = Path(__file__).parent
FRONTEND = HERE.parents[1] / "custom_components" / "vigilar" / "frontend"

# Playwright's own time-out decides; generous, because machines differ.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

TOP_TIME = """() => {
    const root = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
    const scroller = root.querySelector(".scroller").getBoundingClientRect();
    const head = root.querySelector(".day-head").getBoundingClientRect().height;
    const rows = [...root.querySelectorAll("li.event, li.fold")];
    const first = rows.find((row) => row.getBoundingClientRect().top >= scroller.top + head - 2);
    const { event, events } = first.querySelector(".row").dataset;
    return server.events.get((event ?? events).split(" ")[0]).ts;
}"""


class _Handler(SimpleHTTPRequestHandler):
    """Serves the test page at / and the integration's frontend at /frontend/."""

    @override
    def translate_path(self, path: str) -> str:
        """Map an address to a file."""
        if path.startswith("/frontend/"):
            self.directory = str(FRONTEND)
            return super().translate_path(path.removeprefix("/frontend"))
        return super().translate_path(path)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Serve the page and the frontend on loopback."""
    handler = partial(_Handler, directory=str(HERE / "page"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=list(CHROMIUM_FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """Open the test page; whatever the console complains of fails the test."""
    context = browser.new_context(
        viewport={"width": 520, "height": 800},
        timezone_id="America/New_York",
        reduced_motion="no-preference",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.clock.install(time="2026-11-23T12:00:00+01:00")
    page.goto(base_url)
    page.wait_for_function("window.fake")
    yield page
    context.close()
    assert complaints == []


class Stage:
    """The card or the panel on the page, and the small Home Assistant behind it."""

    def __init__(self, page: Page) -> None:
        """Begin with an empty server."""
        self.page = page
        self.js("window.server = new fake.FakeServer()")

    def js(self, script: str, argument: object = None) -> Any:
        """Run statements in the page; `argument` is at hand as `given`."""
        return self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    def mount(self, **options: object) -> None:
        """Show the card, or with `element="panel"` the panel."""
        self.js("await fake.mount(given)", options)

    def in_timeline(self, script: str, argument: object = None) -> Any:
        """Run statements with the timeline's shadow root at hand as `root`."""
        root = "const root = mounted.shadowRoot.querySelector('vigilar-timeline').shadowRoot;"
        return self.js(root + script, argument)

    def write(self, event_id: str, **event: object) -> None:
        """Let the server write a change."""
        self.js("server.write(given)", {"id": event_id, **event})

    def shown(self) -> list[str]:
        """Give the ids of the rows from top to bottom."""
        return list(
            self.in_timeline(
                "return [...root.querySelectorAll('.row')].map((row) => row.dataset.event)"
            )
        )

    def expect_shown(self, event_ids: list[str]) -> None:
        """Wait until these rows are there, in this order and once each."""
        self.page.wait_for_function(
            """(ids) => {
                const root = mounted.shadowRoot.querySelector("vigilar-timeline")?.shadowRoot;
                const rows = [...(root?.querySelectorAll(".row") ?? [])].map((row) => row.dataset.event);
                return JSON.stringify(rows) === JSON.stringify(ids);
            }""",
            arg=event_ids,
        )

    def expect_held(self, event_ids: list[str]) -> None:
        """Wait until the list holds these events, in this order, drawn or not."""
        self.page.wait_for_function(
            """(ids) => {
                const held = mounted.shadowRoot.querySelector("vigilar-timeline")?.events ?? [];
                return JSON.stringify(held.map(({ id }) => id)) === JSON.stringify(ids);
            }""",
            arg=event_ids,
        )

    def expect_status(self, text: str) -> None:
        """Wait until the live dot says this."""
        expect(self.page.locator(".status")).to_have_text(text)


@pytest.fixture
def stage(page: Page) -> Stage:
    """Give a page with an empty server and nothing mounted."""
    return Stage(page)


@pytest.fixture
def tuning(page: Page) -> TuningStage:
    """Give a page with a camera to tune and nothing mounted."""
    return TuningStage(page)


class House(Stage):
    """The panel or the card before a server that knows the timeline's commands."""

    def open(self, *, days: int = 4, before: str = "", **options: object) -> None:
        """Fill the server and mount the panel, or what the options say."""
        self.js(
            f"""window.server = new fakeTimeline.TimelineServer();
            fakeTimeline.fillWithDays(server, {{ days: {days} }});
            {before}"""
        )
        self.mount(**{"element": "panel", **options})
        self.expect_status("Live")

    def ribbon(self, script: str) -> Any:
        """Run statements with the ribbon's shadow root at hand as `root`."""
        return self.in_timeline(
            f"""const ribbon = root.querySelector("vigilar-ribbon");
            await ribbon.updateComplete;
            {{ const root = ribbon.shadowRoot; {script} }}"""
        )

    def asked(self, kind: str) -> list[dict[str, Any]]:
        """Give the commands of a kind that the server has heard."""
        return list(
            self.js(
                "return server.asked.filter(({ type }) => type === given)",
                f"vigilar/{kind}",
            )
        )

    def newest(self) -> list[str]:
        """Give the ids of all of the server's events, newest first."""
        return list(self.js("return server.newest().map(({ id }) => id)"))

    def expect_top(self, ts: int) -> None:
        """Wait until the row at the upper edge of the list is of this time."""
        self.page.wait_for_function(f"(ts) => ({TOP_TIME})() === ts", arg=ts)

    def top_time(self) -> int:
        """Give the time of the row at the upper edge of the list."""
        return int(self.js(f"return ({TOP_TIME})()"))


@pytest.fixture
def house(page: Page) -> House:
    """Give a page with nothing mounted, for a house with days of events."""
    return House(page)
