"""The list: what it draws of many events, how it folds, scrolls and goes back in time."""

from playwright.sync_api import Locator, expect
import pytest

from .conftest import House

COUNTED = "server.asked.some(({ type }) => type === 'vigilar/timeline/density')"

MANY = """for (let number = 0; number < given; number++) {
    server.write({
        id: `01A${String(number).padStart(5, "0")}`, ts: Date.now() - (given - number) * 600_000,
        payload: { phase: "ended", end_ts: Date.now() - (given - number) * 600_000 + 5000 },
    });
}"""


def test_the_page_holds_what_is_in_sight(house: House) -> None:
    """Ten thousand events in the store are a few dozen rows in the document, wherever one is."""
    house.js("window.server = new fakeTimeline.TimelineServer()")
    house.js(MANY, 10_000)
    house.mount(element="panel")
    house.expect_status("Live")
    house.js(
        """const timeline = mounted.shadowRoot.querySelector("vigilar-timeline");
        for (let seq = server.seq + 1, id = 0; id < 10_000; id++, seq++) {
            server.write({ id: `01B${String(id).padStart(5, "0")}`, ts: Date.now() + id * 1000, payload: { phase: "new" } });
        }"""
    )
    count = "return root.querySelectorAll('li').length"
    house.page.wait_for_function(
        """() => mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot
            .querySelector(".row")?.dataset.event === "01B09999\""""
    )
    assert 5 < house.in_timeline(count) < 80
    height = house.in_timeline("return root.querySelector('.scroller').scrollHeight")
    assert height > 10_000 * 40
    for share in (0.3, 0.8, 0.5):
        house.in_timeline(
            "const scroller = root.querySelector('.scroller'); scroller.scrollTop = given * scroller.scrollHeight",
            share,
        )
        house.page.wait_for_function(
            """() => {
                const root = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
                const scroller = root.querySelector(".scroller").getBoundingClientRect();
                const middle = scroller.top + scroller.height / 2;
                return [...root.querySelectorAll("li")].some((row) => {
                    const box = row.getBoundingClientRect();
                    return box.top <= middle && box.bottom >= middle;
                });
            }"""
        )
        assert house.in_timeline(count) < 80


def test_what_comes_on_top_moves_nothing_that_one_reads(house: House) -> None:
    """The row under the eye stays where it is; a pill tells of the news."""
    house.open()
    house.in_timeline("root.querySelector('.scroller').scrollTop = 700")
    house.page.locator(".scroller").dispatch_event("wheel")
    probe = """const rows = [...root.querySelectorAll("li.event")];
        const top = root.querySelector(".scroller").getBoundingClientRect().top;
        const row = rows.find((each) => each.getBoundingClientRect().top > top + 60);
        return [row.dataset.key, Math.round(row.getBoundingClientRect().top)];"""
    key, top = house.in_timeline(probe)
    for number in range(3):
        house.js(
            "server.write({ id: `02NEW${given}`, ts: Date.now() + 1000 * given, type: 'person' })",
            number,
        )
    pill = house.page.locator(".pill")
    expect(pill).to_have_text("3 new events")
    after = house.in_timeline(
        """const row = root.querySelector(`li[data-key="${given}"]`);
        return Math.round(row.getBoundingClientRect().top);""",
        key,
    )
    assert abs(after - top) <= 2
    pill.click()
    expect(pill).to_have_count(0)
    expect(house.page.locator("[data-event='02NEW2']")).to_be_in_viewport()


def test_at_the_top_news_shows_at_once(house: House) -> None:
    """Who looks at now sees what comes now."""
    house.open()
    house.js("server.write({ id: '02NEW', ts: Date.now(), type: 'person' })")
    expect(house.page.locator("[data-event='02NEW']")).to_be_in_viewport()
    expect(house.page.locator(".pill")).to_have_count(0)


def test_a_story_is_one_row_that_opens(house: House) -> None:
    """It says how many, from when to when; its events show below it."""
    house.open()
    fold = house.page.locator("li.fold").first
    expect(fold.locator(".type")).to_have_text("Person, Motion")
    expect(fold.locator(".duration")).to_have_text("4 events")
    expect(fold.locator(".severity")).to_have_text("Alert")
    expect(fold.locator(".count")).to_have_text("4")
    begin, end = house.js(
        """const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Amsterdam" });
        const ids = given.split(" ");
        return [format.format(server.events.get(ids.at(-1)).ts), format.format(server.events.get(ids[0]).payload.end_ts)];""",
        fold.locator(".row").get_attribute("data-events"),
    )
    expect(fold.locator(".span")).to_have_text(f"{begin}–{end}")
    row = fold.locator(".row")
    expect(row).to_have_attribute("aria-expanded", "false")
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    expect(house.page.locator("li.member")).to_have_count(4)
    row.click()
    expect(house.page.locator("li.member")).to_have_count(0)


def test_a_time_within_a_story_leads_to_its_row(house: House) -> None:
    """The row that holds what was at that time, not the next one below it."""
    house.open()
    ids = str(
        house.page.locator("li.fold .row").first.get_attribute("data-events")
    ).split()
    newest, second = (
        house.js("return server.events.get(given).ts", event_id)
        for event_id in (ids[0], ids[1])
    )
    house.js(
        "await mounted.shadowRoot.querySelector('vigilar-timeline').goTo(given)", second
    )
    house.expect_top(newest)


def test_blind_periods_stand_between_the_events(house: House) -> None:
    """Who was not watched, when and why; nothing happened reads otherwise."""
    house.open()
    expect(house.page.locator("li.blind").first).to_contain_text(
        "Nobody watched 11:41 – 11:45: Home Assistant was restarting"
    )
    house.js(
        """server.connection.deliver({ kind: "changed", seq: ++server.seq, events: [], removed: [], blind: [
            { id: 9, source_id: "front_door", start: Date.now() - 60_000, end: null, reason: "detection_off" },
        ] });"""
    )
    expect(house.page.locator("li.blind").first).to_have_text(
        "Front door was not watched since 11:59: detection was off"
    )


def test_a_blind_period_within_a_minute_says_one_time(house: House) -> None:
    """From 11:59 until 11:59 would be no news."""
    house.open()
    house.page.locator("li.blind").first.wait_for()
    house.js(
        """const start = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
        server.connection.deliver({ kind: "changed", seq: ++server.seq, events: [], removed: [], blind: [
            { id: 9, source_id: null, start, end: start + 9_000, reason: "restart" },
        ] });"""
    )
    expect(house.page.locator("li.blind").first).to_have_text(
        "Nobody watched 11:59: Home Assistant was restarting"
    )


def test_blind_periods_of_other_cameras_are_not_shown(house: House) -> None:
    """Filtered to one camera, what the others missed does not matter."""
    house.open(element="card", config={"source_ids": ["garage"]})
    house.page.locator("li.event").first.wait_for()
    assert house.in_timeline(
        "return [...root.querySelectorAll('.blind')].map((row) => row.dataset.key)"
    ) in (["blind 1"], ["blind 1", "blind 3"])


def test_a_time_far_back_is_loaded_and_read_on_both_ways(house: House) -> None:
    """The list jumps there; scrolling up and down loads what follows, until it is now again."""
    house.js("window.server = new fakeTimeline.TimelineServer()")
    house.js(MANY, 600)
    house.mount(element="panel")
    house.expect_status("Live")
    target = house.js("return Date.now() - 300 * 600_000 + 1000")
    house.js(
        "await mounted.shadowRoot.querySelector('vigilar-timeline').goTo(given)", target
    )
    row = house.page.locator("[data-event='01A00300']")
    expect(row).to_be_in_viewport()
    assert house.asked("timeline/page")[0] == {
        "type": "vigilar/timeline/page",
        "limit": 50,
        "before_ts": target + 1,
    }
    expect(house.page.locator(".pill")).to_have_text("Back to live")
    # A change to a shown event applies there, and one that is not shown does not push in.
    house.js(
        "server.write({ id: '01A00300', type: 'person' }); server.write({ id: '02NEW', ts: Date.now() })"
    )
    expect(row.locator(".type")).to_have_text("Person")
    expect(house.page.locator(".pill .badge")).to_have_text("1")
    for _ in range(20):
        if not house.in_timeline("return root.querySelector('.head')"):
            break
        house.in_timeline("root.querySelector('.scroller').scrollTop = 0")
        # A page came, and pushed what was at the top down; or it was the last one.
        house.page.wait_for_function(
            """() => {
                const root = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
                return !root.querySelector(".head") || root.querySelector(".scroller").scrollTop > 0;
            }"""
        )
    house.page.wait_for_function(
        """() => !mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot.querySelector(".head")"""
    )
    house.in_timeline("root.querySelector('.scroller').scrollTop = 0")
    expect(house.page.locator("[data-event='02NEW']")).to_be_in_viewport()


def test_back_to_live_shows_now(house: House) -> None:
    """One press, and what came meanwhile is there."""
    house.js("window.server = new fakeTimeline.TimelineServer()")
    house.js(MANY, 200)
    house.mount(element="panel")
    house.expect_status("Live")
    house.js(
        "await mounted.shadowRoot.querySelector('vigilar-timeline').goTo(Date.now() - 150 * 600_000)"
    )
    expect(house.page.locator("[data-event='01A00050']")).to_be_in_viewport()
    house.js("server.write({ id: '02NEW', ts: Date.now() })")
    house.page.locator(".pill").click()
    expect(house.page.locator("[data-event='02NEW']")).to_be_in_viewport()
    expect(house.page.locator(".pill")).to_have_count(0)
    assert house.js("return location.search") == ""


def test_a_snapshot_does_not_throw_the_reader_out_of_the_past(house: House) -> None:
    """Another database, or too much missed: the same time is loaded again."""
    house.js("window.server = new fakeTimeline.TimelineServer()")
    house.js(MANY, 200)
    house.mount(element="panel")
    house.expect_status("Live")
    house.js(
        "await mounted.shadowRoot.querySelector('vigilar-timeline').goTo(Date.now() - 150 * 600_000)"
    )
    expect(house.page.locator("[data-event='01A00050']")).to_be_in_viewport()
    house.js(
        "server.epoch = '02EPOCH'; server.connection.lose(); server.connection.restore()"
    )
    house.expect_status("Live")
    house.page.wait_for_function(
        "server.asked.filter(({ before_ts }) => before_ts).length === 2"
    )
    expect(house.page.locator("[data-event='01A00050']")).to_be_in_viewport()


def test_a_time_that_cannot_be_loaded_says_so(house: House) -> None:
    """And the list stays where it was."""
    house.js("window.server = new fakeTimeline.TimelineServer()")
    house.js(MANY, 200)
    house.mount(element="panel")
    house.expect_status("Live")
    house.js(
        """server.pageRefusal = { code: "timeout" };
        await mounted.shadowRoot.querySelector('vigilar-timeline').goTo(Date.now() - 150 * 600_000)"""
    )
    expect(house.page.locator(".toast")).to_have_text("That time could not be loaded")
    expect(house.page.locator("[data-event='01A00199']")).to_be_in_viewport()


def test_pictures_are_signed_when_they_are_seen(house: House) -> None:
    """Only what is near the eye is asked for; what has none says why."""
    house.open()
    house.page.locator("vigilar-thumbnail img").first.wait_for()
    states = {}
    for state in ("On its way", "No picture"):
        states[state] = house.page.locator("vigilar-thumbnail", has_text=state).count()
    assert states == {"On its way": 1, "No picture": 1}
    house.js(
        """const newest = server.newest().find(({ payload }) => payload.media.thumbnail.state === "ready");
        const media = { ...newest.payload.media, thumbnail: { state: "deleted", url: null } };
        server.write({ id: newest.id, payload: { media } });"""
    )
    expect(
        house.page.locator("vigilar-thumbnail", has_text="Deleted").first
    ).to_be_visible()
    assert house.page.locator("vigilar-thumbnail").count() < 40


def test_a_picture_that_does_not_load_is_tried_once_more(house: House) -> None:
    """Addresses expire; after a second failure the type stands in for it."""
    house.open(
        before="""window.signed = 0;
        server.commands["auth/sign_path"] = () => { signed += 1; return { path: "data:image/png;base64,AAAA" }; };
        server.events = new Map([...server.events].slice(-1).map(([id, event]) => [id, event]));"""
    )
    house.page.wait_for_function("signed === 2")
    expect(house.page.locator("vigilar-thumbnail img")).to_have_count(0)
    expect(house.page.locator("vigilar-thumbnail svg").first).to_be_visible()


@pytest.mark.parametrize("way", ["pointer", "keyboard"])
def test_the_preview_plays_where_one_rests(house: House, way: str) -> None:
    """After a moment, one at a time, and stops when one goes on."""
    house.open()
    rows = house.page.locator("li:not(.fold):has(vigilar-thumbnail img) .row")
    first, second = rows.nth(0), rows.nth(1)
    first.wait_for()
    films = house.page.locator("img.film")

    def rest_on(row: Locator) -> None:
        if way == "pointer":
            row.hover()
        else:
            row.focus()

    rest_on(first)
    expect(films).to_have_count(1)
    rest_on(second)
    house.page.clock.run_for(400)
    expect(films).to_have_count(1)
    house.page.mouse.move(2, 2)
    house.in_timeline("root.activeElement?.blur()")
    expect(films).to_have_count(0)


def test_no_preview_for_those_who_want_calm(house: House) -> None:
    """Nothing moves by itself when the system asks for less motion."""
    house.page.emulate_media(reduced_motion="reduce")
    house.open()
    row = house.page.locator("li:not(.fold):has(vigilar-thumbnail img) .row").first
    row.hover()
    house.page.clock.run_for(2000)
    expect(house.page.locator("img.film")).to_have_count(0)


def test_a_row_leads_to_the_events_own_page_where_there_is_one(house: House) -> None:
    """Its details are a press on the chevron away."""
    house.page.set_viewport_size({"width": 900, "height": 700})
    house.open(hass={"panels": {"vigilar": {}}})
    row = house.page.locator("li.event .row").first
    event_id = row.get_attribute("data-event")
    line = house.page.locator("li.event .line").first
    line.get_by_role("button", name="Details").click()
    expect(house.page.locator("dl")).to_be_visible()
    house.js(
        "window.moved = 0; addEventListener('location-changed', () => { moved += 1 })"
    )
    row.click()
    assert house.js("return [location.pathname, moved]") == [
        f"/vigilar/event/{event_id}",
        1,
    ]


def test_the_card_leads_to_the_whole_timeline(house: House) -> None:
    """With its own filter, where it does not show all."""
    house.open(
        element="card",
        config={"limit": 3, "source_ids": ["garden"]},
        hass={"panels": {"vigilar": {}}},
    )
    house.page.get_by_role("link", name="Show all events").click()
    assert house.js("return location.pathname + location.search") == (
        "/vigilar?source=garden"
    )


def test_the_first_run_leads_to_adding_a_camera(house: House) -> None:
    """Administrators get a button, others are told; there is nothing to filter."""
    empty = "server.sources = []; server.events.clear(); server.blind = [];"
    house.open(before=empty)
    expect(house.page.locator(".notice strong")).to_have_text("No cameras yet")
    expect(house.page.locator("vigilar-ribbon, vigilar-filter-bar")).to_have_count(0)
    house.page.get_by_role("button", name="Add a camera").click()
    assert (
        house.js("return location.pathname")
        == "/config/integrations/integration/vigilar"
    )
    house.js("mounted.remove()")
    house.open(
        before=empty, hass={"user": {"id": "ben", "name": "Ben", "is_admin": False}}
    )
    expect(house.page.locator(".notice strong")).to_have_text("No cameras yet")
    expect(house.page.get_by_role("button", name="Add a camera")).to_have_count(0)


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        ({}, [True, False]),
        ({"view": "list"}, [True, False]),
        ({"view": "ribbon"}, [False, True]),
        ({"view": "both"}, [True, True]),
    ],
)
def test_the_card_shows_list_ribbon_or_both(
    house: House, config: dict[str, object], parts: list[bool]
) -> None:
    """As configured."""
    house.open(element="card", config=config)
    house.page.wait_for_function(
        "mounted.shadowRoot.querySelector('vigilar-timeline').shadowRoot.querySelector('.row, vigilar-ribbon')"
    )
    assert (
        house.in_timeline(
            "return ['.row', 'vigilar-ribbon'].map((part) => Boolean(root.querySelector(part)))"
        )
        == parts
    )


def test_compact_rows_are_lower_and_pictures_can_be_left_out(house: House) -> None:
    """For a wall full of cards."""
    house.open(element="card", config={"density": "compact"})
    compact = house.page.locator("li.event").first.bounding_box()
    house.js("mounted.setConfig({ type: 'x', show_thumbnails: false })")
    expect(house.page.locator("vigilar-thumbnail")).to_have_count(0)
    comfortable = house.page.locator("li.event").first.bounding_box()
    assert compact
    assert comfortable
    assert compact["height"] < 60 < comfortable["height"]


@pytest.mark.parametrize(
    "size", [(300, 160), (390, 844), (520, 300), (900, 600), (1280, 800), (1920, 1080)]
)
@pytest.mark.parametrize("view", ["both", "ribbon"])
def test_the_card_fits_every_cell(
    house: House, size: tuple[int, int], view: str
) -> None:
    """Nothing sticks out of a section's cell, however small it is."""
    width, height = size
    house.page.set_viewport_size({"width": width, "height": height})
    house.js(
        """document.body.style.blockSize = "100vh";
        const style = document.createElement("style");
        style.textContent = "#card { max-inline-size: none !important; block-size: 100%; }";
        document.head.append(style);"""
    )
    house.open(
        element="card", layout="grid", config={"view": view, "show_filters": True}
    )
    house.page.wait_for_function(COUNTED)
    assert house.js(
        "const { scrollWidth, scrollHeight } = document.documentElement; return [scrollWidth <= given[0], scrollHeight <= given[1]]",
        [width, height],
    ) == [True, True]
