"""The timeline in real browsers: two readers, addresses, the ribbon, bursts and memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import time
from typing import Final

from playwright.async_api import CDPSession, Locator, Page, expect
import pytest

from scripts.harness.auth import Tokens, login
from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import PASSWORD, HomeAssistantProcess
from scripts.harness.loop import CONFIGURATION, install_probe
from scripts.harness.process import free_port
from scripts.harness.timeline import READER, SOURCE_IDS, configure, fill

from .house import PATIENCE_S, console_of_ours, eventually

PATIENCE_MS: Final = PATIENCE_S * 1000
EVENTS: Final = 3000

# The two cameras that the reader may see, and one of the others.
PERMITTED: Final = SOURCE_IDS[:2]
FORBIDDEN: Final = SOURCE_IDS[5]
LANES: Final = ["Camera 00", "Camera 01"]
"""As the cameras are named."""
NAMES: Final = {"Camera 0", "Camera 1"}
"""As their events name them, be they from before or from now."""

BURST: Final = 1000
CHANGES: Final = 10_000


@dataclass
class Archive:
    """Home Assistant with twelve cameras, three months of events and two users.

    The administrator sees everything, the reader two of the cameras.
    """

    home_assistant: HomeAssistantProcess

    def tokens(self, user: str | None = None) -> Tokens:
        """Log a user in; the administrator when none is named."""
        if user is None:
            return self.home_assistant.login()
        return login(self.home_assistant.url, user, PASSWORD)

    def client(self, user: str | None = None) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.tokens(user))

    async def newest(self, **query: object) -> JsonObject:
        """Return the newest event that matches, before now or another moment."""
        asked = {"before_ts": int(time.time() * 1000), "limit": 1} | query
        async with self.client() as client:
            page = await client.call("vigilar/timeline/page", **asked)
        event: JsonObject = page["events"][0]
        return event

    @asynccontextmanager
    async def pages(self, *places: tuple[str | None, str]) -> AsyncIterator[list[Page]]:
        """Open each user's path in a browser of its own; no console complains of us."""
        async with AsyncExitStack() as stack:
            pages, consoles = [], []
            for user, path in places:
                tokens = await asyncio.to_thread(self.tokens, user)
                context = await stack.enter_async_context(logged_in_browser(tokens))
                context.set_default_timeout(PATIENCE_MS)
                consoles.append(console_of_ours(context))
                pages.append(await open_page(context, tokens, path))
            yield pages
        assert [complaint for console in consoles for complaint in console] == []


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Fill the database and start Home Assistant upon it."""
    home_assistant = HomeAssistantProcess(
        tmp_path_factory.mktemp("archive") / "config",
        free_port(),
        configuration=CONFIGURATION,
    )
    home_assistant.add_user(READER)
    install_probe(home_assistant.config_dir)
    configure(home_assistant.config_dir)
    now = int(time.time() * 1000)
    fill(home_assistant.config_dir / "vigilar.db", EVENTS, now)
    with home_assistant:
        yield Archive(home_assistant)


def row_of(page: Page, event: JsonObject) -> Locator:
    """Return the row of an event."""
    return page.locator(f"li[data-key='{event['id']}']")


def names(page: Page) -> Locator:
    """Return the names of the cameras in the rows."""
    return page.locator("li.item .name")


async def is_live(page: Page) -> None:
    """Wait until the list stands and is live."""
    await page.locator(".status.live").first.wait_for()
    await names(page).first.wait_for()


async def held_ids(page: Page) -> list[str]:
    """Return the ids of the events that the list holds, drawn or not."""
    ids: list[str] = await page.locator("vigilar-timeline").evaluate(
        "list => list.events.map(({id}) => id)"
    )
    return ids


async def rain(client: HomeAssistantClient, count: int) -> list[JsonObject]:
    """Let so many events happen at the cameras in turn; return the newest changes.

    Each is the id of an event, and the number of its newest change.
    """
    made = await client.call("loop_probe/observe", count=count)

    async def settled() -> JsonObject | None:
        answer: JsonObject = await client.call("loop_probe/journal")
        return answer if answer["settled"] else None

    answer = await eventually(settled, "the events in the database")
    assert answer is not None
    changes: list[JsonObject] = answer["changes"]
    # Others may have marked events meanwhile.
    assert len(changes) >= made
    return changes[-count:]


# --- reviews --------------------------------------------------------------------


async def test_a_review_reaches_the_other_users_browser(archive: Archive) -> None:
    """Marked by one, seen by the other without a reload; undone by one, gone in both."""
    event = await archive.newest(source_ids=[SOURCE_IDS[0]], reviewed=False)
    path = f"/vigilar?source={SOURCE_IDS[0]}&t={event['ts']}"
    async with archive.pages((None, path), (READER, path)) as (one, other):
        mine, theirs = (
            row_of(page, event).locator("button.review") for page in (one, other)
        )
        await expect(mine).to_have_attribute(
            "aria-pressed", "false", timeout=PATIENCE_MS
        )
        await expect(theirs).to_have_attribute(
            "aria-pressed", "false", timeout=PATIENCE_MS
        )
        await mine.click()
        await expect(theirs).to_have_attribute(
            "aria-pressed", "true", timeout=PATIENCE_MS
        )
        await expect(theirs).to_have_attribute("aria-label", "Reviewed by demo")
        await one.get_by_role("button", name="Undo").click()
        for button in (theirs, mine):
            await expect(button).to_have_attribute(
                "aria-pressed", "false", timeout=PATIENCE_MS
            )


# --- filters and addresses ----------------------------------------------------------


async def test_the_address_is_the_filter(archive: Archive) -> None:
    """A deep link filters; so it does after the way back from an event; clearing shows all."""
    path = f"/vigilar?source={SOURCE_IDS[1]}&severity=alert"
    async with archive.pages((None, path)) as (page,):
        await is_live(page)
        assert set(await names(page).all_text_contents()) == {"Camera 1"}
        assert await page.locator("li.item.event:not(.alert)").count() == 0
        await expect(page.locator("vigilar-ribbon .names bdi")).to_have_text(
            ["Camera 01"]
        )
        first = await page.locator("li.item.event").first.get_attribute("data-key")

        await page.locator("li.item.event .row").first.click()
        await page.wait_for_url("**/vigilar/event/*")
        assert first is not None
        assert first in page.url
        await page.go_back()
        await page.wait_for_url(f"**{path}*")
        await expect(page.locator("[popovertarget=choices-camera]")).to_have_text(
            "Camera 01"
        )
        assert set(await names(page).all_text_contents()) == {"Camera 1"}

        await page.get_by_role("button", name="Clear filters").click()
        await page.wait_for_url(lambda url: "source" not in url, wait_until="commit")
        await expect(names(page).filter(has_not_text="Camera 1").first).to_be_visible(
            timeout=PATIENCE_MS
        )
        assert "severity" not in page.url


async def test_a_choice_is_written_to_the_address_and_outlives_a_reload(
    archive: Archive,
) -> None:
    """The chip's choice can be shared by the address, and taken back."""
    async with archive.pages((None, "/vigilar")) as (page,):
        await is_live(page)
        for _ in range(2):
            await page.locator("[popovertarget=choices-camera]").click()
            await page.locator("#choices-camera label", has_text="Camera 03").click()
            await page.keyboard.press("Escape")
            if "source=camera_03" not in page.url:
                break
            await page.reload()
            await is_live(page)
            assert set(await names(page).all_text_contents()) == {"Camera 3"}
        else:
            pytest.fail("the choice cannot be taken back")


# --- the ribbon -----------------------------------------------------------------------


async def stands_at(archive: Archive, page: Page) -> JsonObject:
    """Wait until the list stands where the ribbon's cursor is; return the event there."""
    track = page.locator("vigilar-ribbon .track")
    uppermost = """() => {
        const find = (root, name) => {
            for (const element of root.querySelectorAll("*")) {
                const found = element.localName === name ? element
                    : element.shadowRoot && find(element.shadowRoot, name);
                if (found) return found;
            }
        };
        const root = find(document, "vigilar-timeline").shadowRoot;
        const edge = root.querySelector(".scroller").getBoundingClientRect().top;
        const head = root.querySelector(".day-head")?.offsetHeight ?? 0;
        const rows = [...root.querySelectorAll("li.item")];
        return rows.find((row) => row.getBoundingClientRect().bottom > edge + head + 4)?.dataset.key;
    }"""

    async def arrived() -> JsonObject | None:
        at = int(await track.get_attribute("aria-valuenow") or 0)
        event = await archive.newest(before_ts=at + 1)
        return event if await page.evaluate(uppermost) == event["id"] else None

    event = await eventually(arrived, "the list where the cursor is")
    assert event is not None
    return event


async def test_the_keyboard_leads_through_time(archive: Archive) -> None:
    """The ribbon's keys go back beyond what is loaded; one press is back at now."""
    async with archive.pages((None, "/vigilar")) as (page,):
        await is_live(page)
        newest = (await held_ids(page))[0]
        track = page.locator("vigilar-ribbon .track")
        before = int(await track.get_attribute("aria-valuenow") or 0)
        await page.get_by_role("button", name="Week", exact=True).click()
        await track.focus()
        await page.keyboard.press("Home")
        event = await stands_at(archive, page)
        assert before - event["ts"] > 6 * 24 * 3_600_000
        assert newest not in await held_ids(page)
        assert "t=" in page.url

        await page.get_by_role("button", name="Back to live").click()
        await expect(page.get_by_role("button", name="Back to live")).to_have_count(0)
        await expect(page.locator("li.item").first).to_be_in_viewport(
            timeout=PATIENCE_MS
        )
        assert (await held_ids(page))[0] == newest
        assert "t=" not in page.url


# --- permissions ----------------------------------------------------------------------


async def test_who_may_see_two_cameras_sees_nothing_of_the_others(
    archive: Archive,
) -> None:
    """Rows, lanes, choices and pages tell of the permitted cameras only, also live."""
    foreign = await archive.newest(source_ids=[FORBIDDEN])
    own = await archive.newest(source_ids=[PERMITTED[1]])
    async with (
        archive.client() as client,
        archive.pages((None, "/vigilar"), (READER, "/vigilar")) as (all_of_it, few),
    ):
        for page in (all_of_it, few):
            await is_live(page)
        before = set(await held_ids(few))
        told = await rain(client, len(SOURCE_IDS))
        newest = {event_id for event_id, _ in told}

        async def arrived() -> bool:
            return newest <= set(await held_ids(all_of_it))

        await eventually(arrived, "the events in the administrator's browser")

        async def arrived_here() -> bool:
            return len(set(await held_ids(few)) - before) >= len(PERMITTED)

        await eventually(arrived_here, "the events in the reader's browser")
        sources = await few.locator("vigilar-timeline").evaluate(
            "list => list.events.map((event) => event.source_id)"
        )
        assert set(sources) == set(PERMITTED)
        shown = set(await names(few).all_text_contents())
        assert shown <= NAMES | set(LANES)
        assert shown

        await expect(few.locator("vigilar-ribbon .names bdi")).to_have_text(LANES)
        for page, choices in ((few, len(PERMITTED)), (all_of_it, len(SOURCE_IDS))):
            await page.locator("[popovertarget=choices-camera]").click()
            await expect(page.locator("#choices-camera label")).to_have_count(choices)
            await page.keyboard.press("Escape")
        await expect(few.get_by_role("link", name="Zones and tuning")).to_have_count(0)
        await expect(
            all_of_it.get_by_role("link", name="Zones and tuning")
        ).to_have_count(1)

        await few.get_by_role("link", name="Cameras").click()
        await expect(few.locator("a.camera .name")).to_have_text(
            LANES, timeout=PATIENCE_MS
        )

        url = archive.home_assistant.url
        await few.goto(f"{url}/vigilar/event/{foreign['id']}")
        await few.get_by_text("There is no such event").wait_for()
        await few.goto(f"{url}/vigilar/event/{own['id']}")
        await few.locator("vigilar-event-view").get_by_text("Details").first.wait_for()
        await few.goto(f"{url}/vigilar/tuning/{PERMITTED[0]}")
        await few.get_by_text("There is no such page").wait_for()


# --- bursts and memory ------------------------------------------------------------------


async def test_a_burst_is_complete_and_the_page_answers(archive: Archive) -> None:
    """A thousand events at once: all are held, few are drawn, and keys still work."""
    async with (
        archive.client() as client,
        archive.pages((None, "/vigilar")) as (page,),
    ):
        await is_live(page)
        burst = {event_id for event_id, _ in await rain(client, BURST)}
        assert len(burst) == BURST

        async def arrived() -> bool:
            return burst <= set(await held_ids(page))

        await eventually(arrived, "all events in the browser")
        ids = await held_ids(page)
        assert len(ids) == len(set(ids))
        drawn = page.locator("li.item")
        assert 0 < await drawn.count() < 60

        await page.locator("li.item .row").first.focus()
        await page.keyboard.press("End")
        await expect(row_of(page, {"id": ids[-1]})).to_be_in_viewport(
            timeout=PATIENCE_MS
        )
        assert await drawn.count() < 60
        await page.keyboard.press("Home")
        await expect(row_of(page, {"id": ids[0]})).to_be_in_viewport(
            timeout=PATIENCE_MS
        )


async def heap_bytes(devtools: CDPSession) -> float:
    """Return what the tab's JavaScript holds after its garbage has been collected."""
    await devtools.send("HeapProfiler.collectGarbage")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    held: float = next(
        metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize"
    )
    return held


async def test_memory_stays_what_it_was_over_ten_thousand_changes(
    archive: Archive,
) -> None:
    """As much is held after the last five thousand changes as after the first."""
    async with (
        archive.client() as client,
        archive.pages((None, "/vigilar")) as (page,),
    ):
        await is_live(page)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        ids = (await held_ids(page))[:50]
        newest = row_of(page, {"id": ids[0]}).locator("button.review")
        held = []
        for round_number in range(CHANGES // len(ids)):
            reviewed = round_number % 2 == 0
            answer = await client.call(
                "vigilar/review/mark", event_ids=ids, reviewed=reviewed
            )
            assert answer["count"] == len(ids)
            if round_number % 20 == 19:
                await expect(newest).to_have_attribute(
                    "aria-pressed", str(reviewed).lower(), timeout=PATIENCE_MS
                )
            if (round_number + 1) * len(ids) % (CHANGES // 2) == 0:
                held.append(await heap_bytes(devtools))
        assert held[1] < 1.15 * held[0]
