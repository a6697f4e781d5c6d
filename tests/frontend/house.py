"""A house with days of events, for the tests of list, filters and review."""

from typing import Any

from playwright.sync_api import Page
import pytest

from .conftest import Stage

TOP_TIME = """() => {
    const root = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
    const scroller = root.querySelector(".scroller").getBoundingClientRect();
    const head = root.querySelector(".day-head").getBoundingClientRect().height;
    const rows = [...root.querySelectorAll("li.event, li.fold")];
    const first = rows.find((row) => row.getBoundingClientRect().top >= scroller.top + head - 2);
    const { event, events } = first.querySelector(".row").dataset;
    return server.events.get((event ?? events).split(" ")[0]).ts;
}"""


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
    """Give a page with nothing mounted."""
    return House(page)
