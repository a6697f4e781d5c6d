"""Filters: in chips, in the address and in the card's configuration."""

import random
import string

from playwright.sync_api import expect
import pytest

from .conftest import House, Stage

LISTS = ("source_ids", "area_ids", "types", "severities", "zones")


def query(house: House) -> dict[str, object]:
    """Give what the last subscription asked for, without its limit."""
    message = dict(house.js("return server.connection.subscriptions.at(-1).message"))
    for key in ("type", "limit", "since_seq", "epoch"):
        message.pop(key, None)
    return message


def chip(house: House, name: str) -> None:
    """Open a chip's choices."""
    house.page.locator(f"[popovertarget='choices-{name}']").click()


def choose(house: House, name: str, value: str) -> None:
    """Press one of a chip's choices, and leave them."""
    chip(house, name)
    house.page.locator(f"#choices-{name} label", has_text=value).first.click()
    house.page.keyboard.press("Escape")


def random_view(seed: int) -> dict[str, object]:
    """Make up a filter and a time, with all that an address must survive."""
    source = random.Random(seed)
    letters = string.ascii_letters + " &=?#%+/,;é東🚗\"'<>"

    def text() -> str:
        drawn = "".join(source.choices(letters, k=source.randint(1, 12)))
        return drawn.strip() or "x"

    known = {"types": ["person", "motion", "vehicle"], "severities": ["info", "alert"]}
    wanted: dict[str, object] = {
        key: source.sample(known[key], 2)
        if key in known
        else sorted({text() for _ in range(source.randint(1, 3))})
        for key in LISTS
        if source.random() < 0.5
    }
    if source.random() < 0.5:
        wanted["reviewed"] = source.random() < 0.5
    if source.random() < 0.5:
        wanted["review_scope"] = "me"
    if source.random() < 0.5:
        wanted["text"] = text()
    view: dict[str, object] = {"filter": wanted}
    if source.random() < 0.5:
        view["at"] = source.randint(1, 2**42)
    return view


def test_the_address_gives_back_what_was_put_in(stage: Stage) -> None:
    """Any filter, any time, whatever letters the names have."""
    views = [random_view(seed) for seed in range(300)]
    read = stage.js(
        """const { readView, writeView } = await import("/frontend/view-state.js");
        return given.map((view) => readView(writeView(view)));""",
        views,
    )
    assert read == views


@pytest.mark.parametrize(
    ("search", "view"),
    [
        ("", {"filter": {}}),
        (
            "?source=front_door&severity=alert&t=1732370000000",
            {
                "filter": {"source_ids": ["front_door"], "severities": ["alert"]},
                "at": 1732370000000,
            },
        ),
        (
            "?source=a&source=a&source=&reviewed=maybe&by=you&q=+&t=-5&x=y&type=ufo&severity=",
            {"filter": {"source_ids": ["a"]}},
        ),
        ("?t=soon", {"filter": {}}),
        ("?reviewed=no&by=me", {"filter": {"reviewed": False, "review_scope": "me"}}),
    ],
)
def test_an_address_is_read_as_far_as_it_can_be(
    stage: Stage, search: str, view: dict[str, object]
) -> None:
    """What is not understood is left out."""
    assert (
        stage.js(
            "return (await import('/frontend/view-state.js')).readView(given)", search
        )
        == view
    )


def test_each_chip_narrows_the_list(house: House) -> None:
    """One subscription for each choice, with all that is chosen; the address follows."""
    house.open()
    choose(house, "camera", "Garden")
    assert query(house) == {"source_ids": ["garden"]}
    choose(house, "camera", "Garage")
    choose(house, "type", "Motion")
    choose(house, "severity", "Info")
    assert query(house) == {
        "source_ids": ["garden", "garage"],
        "types": ["motion"],
        "severities": ["info"],
    }
    expect(house.page.locator("[popovertarget='choices-camera']")).to_have_text(
        "Garden +1"
    )
    expect(house.page.locator("[popovertarget='choices-camera']")).to_have_attribute(
        "aria-label", "Camera: Garden +1"
    )
    choose(house, "camera", "Garden")
    assert house.js("return location.search") == (
        "?source=garage&type=motion&severity=info"
    )
    house.page.get_by_role("button", name="Clear filters").click()
    assert query(house) == {}
    assert house.js("return location.search") == ""


def test_areas_zones_and_review_are_offered_where_there_are_any(house: House) -> None:
    """By name; the list shows what matches."""
    house.open()
    choose(house, "area", "Entrance")
    choose(house, "zone", "Porch")
    choose(house, "review", "Not reviewed")
    assert query(house) == {
        "area_ids": ["entrance"],
        "zones": ["Porch"],
        "reviewed": False,
    }
    house.js("mounted.remove()")
    house.open(
        before="""server.sources = server.sources.map(({ source_id, name }) => ({ source_id, name }));
        history.replaceState(null, "", "/");"""
    )
    for name in ("area", "zone"):
        expect(house.page.locator(f"[popovertarget='choices-{name}']")).to_have_count(0)


def test_sensors_are_sources_to_choose_from(house: House) -> None:
    """Beside the cameras, where there are any; then the choice is not of cameras alone."""
    chosen = house.page.locator("[popovertarget='choices-camera']")
    house.open()
    expect(chosen).to_have_text("Camera")
    house.js("mounted.remove()")
    house.open(
        before="""server.sources.push({ ...server.sources[0], kind: "sensor", source_id: "cellar",
            name: "Cellar window", area_id: "cellar", area: "Cellar" });"""
    )
    expect(chosen).to_have_text("Source")
    choose(house, "camera", "Cellar window")
    choose(house, "area", "Cellar")
    choose(house, "type", "Window opened")
    assert query(house) == {
        "source_ids": ["cellar"],
        "area_ids": ["cellar"],
        "types": ["window_opened"],
    }


def test_text_is_asked_for_when_the_typing_rests(house: House) -> None:
    """Not with every letter; Enter does not wait."""
    house.open()
    house.page.clock.pause_at("2026-11-23T14:00:00+01:00")
    before = house.js("return server.connection.subscriptions.length")
    search = house.page.get_by_role("searchbox")
    search.press_sequentially("red c")
    house.page.clock.run_for(200)
    search.press_sequentially("ar")
    assert house.js("return server.connection.subscriptions.length") == before
    house.page.clock.run_for(400)
    assert query(house) == {"text": "red car"}
    assert house.js("return server.connection.subscriptions.length") == before + 1
    search.press_sequentially("s")
    search.press("Enter")
    house.page.clock.run_for(50)
    assert query(house) == {"text": "red cars"}


def test_a_filter_that_matches_nothing_has_a_way_out(house: House) -> None:
    """The list says so, and one press shows all again."""
    house.open()
    choose(house, "camera", "Garden")
    choose(house, "type", "Vehicle")
    expect(house.page.locator(".notice strong")).to_have_text("No event matches")
    house.page.locator(".notice button").click()
    house.page.locator("li.event").first.wait_for()
    assert query(house) == {}


def test_an_address_opens_the_timeline_as_it_was(house: House) -> None:
    """Filter and time are there from the start; going back brings what was before."""
    house.open()
    target = house.js(
        """const alone = ({ ts }) => server.newest().filter((other) => Math.abs(other.ts - ts) < 600_000).length === 1;
        return server.newest().find((event) => event.ts < Date.now() - 50 * 3_600_000 && alone(event)).ts + 120_000;"""
    )
    house.js("mounted.remove()")
    house.open(
        before=f'history.replaceState(null, "", "/?severity=info&severity=warning&severity=alert&t={target}");'
    )
    assert query(house) == {"severities": ["info", "warning", "alert"]}
    expect(house.page.locator(".pill")).to_have_text("Back to live")
    times = house.js("return [...server.events.values()].map(({ ts }) => ts)")
    house.expect_top(max(ts for ts in times if ts <= target))
    house.js(
        """history.pushState(null, "", "/?type=person");
        dispatchEvent(new PopStateEvent("popstate"));"""
    )
    house.page.wait_for_function(
        "server.connection.subscriptions.at(-1).message.types?.[0] === 'person'"
    )
    assert query(house) == {"types": ["person"]}
    expect(house.page.locator(".pill")).to_have_count(0)


def test_the_cards_filter_is_where_it_begins(house: House) -> None:
    """Its configuration filters; the reader can go on from there, and the address stays."""
    house.open(
        element="card",
        config={
            "show_filters": True,
            "source_ids": ["garden"],
            "reviewed": False,
            "zones": [],
        },
    )
    assert query(house) == {"source_ids": ["garden"], "reviewed": False}
    choose(house, "type", "Animal")
    assert query(house) == {
        "source_ids": ["garden"],
        "reviewed": False,
        "types": ["animal"],
    }
    assert house.js("return location.search") == ""


def test_choices_can_be_made_by_keyboard_alone(house: House) -> None:
    """Tab to a chip, open it, choose, leave."""
    house.open()
    target = house.page.locator("[popovertarget='choices-type']")
    target.focus()
    house.page.keyboard.press("Enter")
    first = house.page.locator("#choices-type input").first
    expect(first).to_be_visible()
    house.page.keyboard.press("Tab")
    house.page.keyboard.press("Space")
    house.page.keyboard.press("Escape")
    expect(first).to_have_count(0)
    expect(target).to_be_focused()
    assert query(house) == {"types": ["motion"]}


def test_the_choices_stay_on_a_phone(house: House) -> None:
    """A sheet at the bottom, wide and whole."""
    house.page.set_viewport_size({"width": 390, "height": 844})
    house.open()
    chip(house, "camera")
    box = house.page.locator("#choices-camera").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] + box["height"] == 844
    assert house.js("return document.documentElement.scrollWidth") == 390


def test_the_calendar_has_dots_and_leads_to_a_day(house: House) -> None:
    """The counts of the month in sight, asked for once; a day shows from its end."""
    house.open()
    chip(house, "calendar")
    calendar = house.page.locator("vigilar-calendar")
    expect(calendar.locator("strong")).to_have_text("November 2026")
    expect(calendar.locator("i.open, i.seen")).not_to_have_count(0)
    (days,) = house.asked("timeline/days")
    assert days["time_zone"] == "Europe/Amsterdam"
    assert house.js(
        "return [given[0], given[1]].map((ts) => new Date(ts).toISOString())",
        [days["start"], days["end"]],
    ) == [
        "2026-10-31T23:00:00.000Z",
        "2026-11-30T23:00:00.000Z",
    ]
    expect(calendar.get_by_role("button", name="Next month")).to_be_disabled()
    expect(calendar.get_by_role("button", name="Tuesday, November 24")).to_be_disabled()
    calendar.get_by_role("button", name="Saturday, November 21").click()
    expect(calendar).to_have_count(0)
    expect(house.page.locator("[popovertarget='choices-calendar']")).to_have_text(
        "Sat, Nov 21"
    )
    end = house.js("return Date.parse('2026-11-21T23:00:00Z')")
    times = house.js("return [...server.events.values()].map(({ ts }) => ts)")
    expect(house.page.locator(".pill")).to_be_visible()
    house.expect_top(max(ts for ts in times if ts < end))
    chip(house, "calendar")
    calendar.get_by_role("button", name="Now").click()
    expect(house.page.locator(".pill")).to_have_count(0)


def test_the_calendar_by_keyboard(house: House) -> None:
    """Arrows move by days and weeks, Page Up by months, never beyond today."""
    house.open()
    chip(house, "calendar")
    calendar = house.page.locator("vigilar-calendar")
    day = calendar.locator("td button[tabindex='0']")
    day.focus()
    for key, name in (
        ("ArrowLeft", "Sunday, November 22"),
        ("ArrowUp", "Sunday, November 15"),
        ("ArrowRight", "Monday, November 16"),
        ("ArrowDown", "Today"),
        ("ArrowDown", "Today"),
        ("PageUp", "Thursday, October 1"),
        ("PageDown", "Sunday, November 1"),
    ):
        house.page.keyboard.press(key)
        label = "Monday, November 23" if name == "Today" else name
        expect(day).to_have_attribute(
            "aria-label",
            f"{label}, " + str(day.get_attribute("aria-label")).rpartition(", ")[2],
        )
    expect(calendar.locator("strong")).to_have_text("November 2026")
    house.page.keyboard.press("Enter")
    expect(calendar).to_have_count(0)
    expect(house.page.locator("[popovertarget='choices-calendar']")).to_have_text(
        "Sun, Nov 1"
    )


def test_a_calendar_without_counts_still_leads_to_days(house: House) -> None:
    """The dots are a help, not a condition."""
    house.open(
        before="server.commands['vigilar/timeline/days'] = () => { throw { code: 'timeout' }; };"
    )
    chip(house, "calendar")
    calendar = house.page.locator("vigilar-calendar")
    expect(calendar.locator("i.open, i.seen")).to_have_count(0)
    expect(calendar.get_by_role("button", name="Saturday, November 21")).to_be_enabled()


def test_stale_choices_can_be_taken_back(house: House) -> None:
    """A camera that is gone stays in the filter, and can be pressed out of it."""
    house.open(before='history.replaceState(null, "", "/?source=gone");')
    expect(house.page.locator("[popovertarget='choices-camera']")).to_have_text("gone")
    choose(house, "camera", "gone")
    assert query(house) == {}
