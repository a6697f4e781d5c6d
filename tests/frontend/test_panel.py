"""The panel: a page of its own that goes on to older events."""

from playwright.sync_api import expect

from .conftest import Stage


def fill(stage: Stage, count: int) -> None:
    """Let the server hold this many events, 01A0000 the oldest."""
    stage.js(
        """for (let number = 0; number < given; number++) {
            server.write({
                id: `01A${String(number).padStart(4, "0")}`, ts: 1000 + number * 600_000,
                payload: { phase: "ended", end_ts: 5000 + number * 600_000 },
            });
        }""",
        count,
    )


def newest(count: int, total: int) -> list[str]:
    """Name the newest events of a filled server."""
    return [f"01A{number:04}" for number in range(total - 1, total - 1 - count, -1)]


def scroll_to_end(stage: Stage) -> None:
    """Scroll the list down."""
    stage.in_timeline("root.querySelector('.scroller').scrollTop = 1e7")


def test_scrolling_down_loads_older_events_to_the_end(stage: Stage) -> None:
    """Each arrival at the end brings the next page, until that is all."""
    fill(stage, 120)
    stage.mount(element="panel")
    stage.expect_held(newest(50, 120))
    assert stage.js("return server.pages.length") == 0
    scroll_to_end(stage)
    stage.expect_held(newest(100, 120))
    assert stage.js("return server.pages") == [
        {"type": "vigilar/timeline/page", "limit": 50, "before": "01A0070"}
    ]
    scroll_to_end(stage)
    stage.expect_held(newest(120, 120))
    expect(stage.page.locator(".tail")).to_have_text("That is all")


def test_a_failed_page_can_be_tried_again(stage: Stage) -> None:
    """The button says so, and does it; nothing repeats by itself."""
    fill(stage, 60)
    stage.js("server.pageRefusal = { code: 'timeout' }")
    stage.mount(element="panel")
    stage.expect_held(newest(50, 60))
    scroll_to_end(stage)
    button = stage.page.locator(".tail button")
    expect(button).to_have_text("Older events could not be loaded. Try again")
    asked = stage.js("return server.pages.length")
    stage.js("server.pageRefusal = undefined")
    button.click()
    stage.expect_held(newest(60, 60))
    assert stage.js("return server.pages.length") == asked + 1


def test_a_page_that_fits_nowhere_any_more_is_dropped(stage: Stage) -> None:
    """A database that was replaced meanwhile does not mix with the old page."""
    fill(stage, 60)
    stage.mount(element="panel")
    stage.expect_held(newest(50, 60))
    stage.js(
        """const page = server.page;
        server.page = (message) => {
            server.page = page;
            const answer = server.page(message);
            server.epoch = "02EPOCH";
            server.events.clear();
            server.connection.lose();
            server.write({ id: "02A", ts: 9000, payload: { phase: "ended", end_ts: 9500 } });
            server.connection.restore();
            return answer;
        };"""
    )
    scroll_to_end(stage)
    stage.expect_held(["02A"])


def test_the_list_is_bounded(stage: Stage) -> None:
    """Beyond its capacity the list takes no more, and says so."""
    fill(stage, 300)
    stage.js(
        "window.MOST = (await import('/frontend/timeline-element.js')).MOST_EVENTS"
    )
    assert stage.js("return MOST") == 10_000
    stage.mount(element="panel")
    stage.expect_status("Live")
    # As many as it takes, at once; then it is as full as after hours of scrolling.
    stage.js(
        """const events = Array.from({ length: MOST }, (_, number) => ({
            id: `01B${String(number).padStart(5, "0")}`, ts: Date.now() + number, type: "motion", severity: "info",
            source_id: "garden", payload: { seq: 1000 + number, phase: "new", name: "Garden", end_ts: null, labels: [], zones: [], why: "" },
        }));
        server.connection.deliver({ kind: "changed", seq: 20_000, events, removed: [] });"""
    )
    stage.page.wait_for_function(
        "mounted.shadowRoot.querySelector('vigilar-timeline').events.length === MOST"
    )
    scroll_to_end(stage)
    expect(stage.page.locator(".tail")).to_have_text("Older events are not shown here")
    assert stage.js("return server.pages.length") == 0


def test_the_head_has_the_title_the_dot_and_the_menu_when_needed(stage: Stage) -> None:
    """Without a sidebar the panel opens it, as Home Assistant's own pages do."""
    stage.mount(element="panel")
    stage.expect_status("Live")
    expect(stage.page.locator("h1")).to_have_text("Vigilar")
    menu = stage.page.get_by_role("button", name="Open the sidebar")
    expect(menu).to_have_count(0)
    stage.js(
        "mounted.narrow = true; window.toggled = 0; addEventListener('hass-toggle-menu', () => { toggled += 1 })"
    )
    menu.click()
    assert stage.js("return toggled") == 1
    stage.js(
        "mounted.narrow = false; mounted.hass = { ...mounted.hass, dockedSidebar: 'always_hidden' }"
    )
    expect(menu).to_be_visible()


def test_it_fills_a_phone_without_scrolling_sideways(stage: Stage) -> None:
    """Only the list scrolls, and only down."""
    stage.page.set_viewport_size({"width": 320, "height": 600})
    stage.js("fake.fillWithStories(server)")
    stage.mount(element="panel", hass={"dockedSidebar": "always_hidden"})
    stage.page.locator(".row").first.wait_for()
    sizes = stage.js(
        "const page = document.documentElement; return [page.scrollWidth, page.scrollHeight]"
    )
    assert sizes == [320, 600]
