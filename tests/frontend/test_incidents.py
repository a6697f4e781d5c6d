"""Incidents: one row for what several cameras saw, live, and the way between its parts."""

from typing import Any

from playwright.sync_api import Locator, expect
import pytest

from .conftest import House, Stage
from .test_items import PRELUDE
from .view_house import House as ViewHouse

INCIDENT = "01DRIVEWAY0000000000000000"
PORCH = "01PORCH0000000000000000000"
DOOR = "01FRONTDOOR000000000000000"
WAY = "Person: Driveway → Porch → Front door (Motion)"

PARTS = """
const part = (id, minutes, source, more = {}) => {
    const made = event(id, minutes, { source, ...more });
    made.payload.incident_id = more.incident ?? "i";
    made.payload.name = source.toUpperCase();
    made.payload.labels = [];
    return made;
};
const localize = (key, params) => ({
    "incident.stop": `${params?.name} (${params?.type})`, "incident.way": `${params?.type}: ${params?.way}`,
})[key] ?? key;
const { leadOf, stopsOf, wayText } = await import("/frontend/incidents.js");
"""


def run(stage: Stage, script: str) -> Any:
    """Run statements beside the modules and makers of parts of incidents."""
    return stage.js(PRELUDE + PARTS + script)


def test_what_several_sources_saw_is_one_entry(stage: Stage) -> None:
    """Where its newest event is, whatever happened meanwhile, and also while it lasts."""
    assert run(
        stage,
        """return told(items([
            part("a", 1, "drive"), event("other", 2, { source: "shed" }),
            part("b", 3, "porch", { severity: "alert", phase: "new" }), event("late", 4, { source: "shed" }),
        ]));""",
    ) == ["late", "b: b a", "other"]


def test_what_one_camera_saw_stays_a_story(stage: Stage) -> None:
    """An incident of one source says no more than its events do."""
    assert run(
        stage,
        """return told(items([part("a", 1, "drive"), part("b", 2, "drive"), part("c", 3, "drive", { phase: "new" })]));""",
    ) == ["c", "b: b a"]


def test_stories_and_other_incidents_keep_apart(stage: Stage) -> None:
    """A part of an incident is in no story, and no incident is in another."""
    assert run(
        stage,
        """return told(items([
            event("x", 1, { source: "drive" }), part("a", 2, "drive"), event("y", 3, { source: "drive" }),
            part("b", 4, "porch"), event("z", 4.2, { source: "porch" }), part("c", 4.5, "hall", { incident: "j" }), part("d", 5, "attic", { incident: "j" }),
        ]));""",
    ) == ["d: d c", "z", "b: b a", "y: y x"]


def test_it_stays_itself_while_it_grows(stage: Stage) -> None:
    """Its key is the incident's, so that it stays open and is not drawn anew."""
    assert run(
        stage,
        """const parts = [part("a", 1, "drive"), part("b", 2, "porch"), part("c", 3, "hall")];
        const key = (list) => list.find(({ kind }) => kind === "fold").key;
        const two = items(parts.slice(0, 2));
        const three = items(parts, { open: [key(two)] });
        return [key(two), key(three), three.filter(({ member }) => member).map((item) => item.key)];""",
    ) == ["incident i", "incident i", ["c", "b", "a"]]


def test_the_way_names_each_stop_and_what_is_not_of_its_type(stage: Stage) -> None:
    """In the order of going; what stays is one stop; a long way is shortened."""
    assert run(
        stage,
        """const parts = [
            part("a", 1, "drive", { type: "motion" }), part("b", 2, "drive", { type: "person" }),
            part("c", 3, "porch", { type: "person", severity: "alert" }), part("d", 4, "door", { type: "door_opened" }),
            part("e", 5, "drive", { type: "person" }),
        ].reverse();
        const long = [1, 2, 3, 4, 5, 6, 7].map((minute) => part(`${minute}`, minute, `s${minute}`)).reverse();
        return [wayText(parts, localize), wayText(long, localize), stopsOf(parts).map(({ best }) => best.id), leadOf(parts).id];""",
    ) == [
        "Person: DRIVE → PORCH → DOOR (Door opened) → DRIVE",
        "Motion: S1 → S2 → … → S6 → S7",
        ["b", "c", "d", "e"],
        "c",
    ]


@pytest.fixture
def street(house: House) -> House:
    """Give a house to whose door somebody has come."""
    house.js(
        """await import("/fake-incident.js");
        window.server = new fakeTimeline.TimelineServer();
        fakeTimeline.fillWithDays(server, { days: 1 });
        fakeIncident.fillWithIncident(server);"""
    )
    return house


def entry(house: House) -> Locator:
    """Return the incident's row."""
    return house.page.locator(f"li[data-key='incident {INCIDENT}']")


def test_the_entry_tells_the_way_and_opens(street: House) -> None:
    """Route, severity, times, number and a picture of each stop; below it the events."""
    street.mount(element="panel")
    row = entry(street)
    expect(row.locator(".type")).to_contain_text(WAY)
    expect(row.locator(".severity")).to_have_text("Alert")
    expect(row.locator(".duration")).to_have_text("3 events")
    expect(row.locator(".stops img")).to_have_count(3)
    row.locator(".row").click()
    expect(street.page.locator("li.member")).to_have_count(3)
    expect(street.page.locator("li.member").first).to_contain_text("Front door")


def test_a_new_part_joins_in_place(street: House) -> None:
    """The row grows and says that it goes on; what is open stays open, nothing jumps."""
    street.mount(element="panel")
    row = entry(street)
    row.locator(".row").click()
    expect(street.page.locator("li.member")).to_have_count(3)
    street.page.locator(".scroller").evaluate(
        "(scroller) => { scroller.scrollTop = 900; }"
    )
    street.page.locator(".scroller").dispatch_event("wheel")
    # What came into view is drawn with the next frame or the one after.
    probe = """return new Promise((resolve) => {
        const look = () => {
            const top = root.querySelector(".scroller").getBoundingClientRect().top;
            const rows = [...root.querySelectorAll("li.event")];
            const row = given ? rows.find(({ dataset }) => dataset.key === given)
                : rows.find((each) => each.getBoundingClientRect().top > top + 60);
            if (row) resolve([row.dataset.key, Math.round(row.getBoundingClientRect().top)]);
            else requestAnimationFrame(look);
        };
        look();
    });"""
    key, top = street.in_timeline(probe)
    street.js(
        """fakeIncident.writePart(server, "02GARAGE000000000000000000", "garage", "Garage", 0,
            { severity: "critical", payload: { phase: "new", end_ts: null } })"""
    )
    expect(street.page.locator(".pill")).to_have_text("1 new event")
    assert abs(street.in_timeline(probe, key)[1] - top) <= 2
    street.page.locator(".pill").click()
    expect(row.locator(".type")).to_contain_text(f"{WAY} → Garage")
    expect(row.locator(".severity")).to_have_text("Critical")
    expect(row.locator(".now")).to_be_visible()
    expect(street.page.locator("li.member")).to_have_count(4)


def test_it_is_reviewed_as_a_whole(street: House) -> None:
    """One press marks all of it, and nothing else."""
    street.mount(element="panel")
    entry(street).locator(".review").click()
    expect(entry(street).locator(".review")).to_have_attribute("aria-pressed", "true")
    [marked] = street.asked("review/mark")
    assert set(marked["event_ids"]) == {INCIDENT, PORCH, DOOR}


def test_names_are_only_text(street: House) -> None:
    """What somebody calls a camera is never markup."""
    street.js(
        """fakeIncident.writePart(server, "02EVIL00000000000000000000", "evil", "<img src=x onerror=alert(1)>", 0)"""
    )
    street.mount(element="panel")
    expect(entry(street).locator(".type")).to_contain_text("<img src=x")
    assert entry(street).locator(".type img").count() == 0


@pytest.fixture
def visited(stage: Stage) -> ViewHouse:
    """Give a house with the incident and nothing mounted."""
    house = ViewHouse(stage)
    stage.js("await import('/fake-incident.js'); fakeIncident.fillWithIncident(server)")
    return house


@pytest.fixture
def view(visited: ViewHouse) -> ViewHouse:
    """Give the panel on the event of the porch."""
    visited.open(f"/vigilar/event/{PORCH}")
    return visited


def test_the_view_leads_to_the_other_parts(view: ViewHouse) -> None:
    """In the order in which they were; the one that is shown says so."""
    section = view.view.locator(".incident")
    expect(section.get_by_role("heading")).to_have_text("Part of an incident")
    expect(section.locator(":scope > bdi")).to_have_text(WAY)
    parts = section.locator(".part")
    expect(parts).to_have_count(3)
    expect(parts.nth(1)).to_have_attribute("aria-current", "true")
    parts.nth(1).click()
    parts.nth(0).click()
    view.until_path(f"/vigilar/event/{INCIDENT}")
    expect(section.locator(".part").nth(0)).to_have_attribute("aria-current", "true")


def test_the_view_follows_its_incident(view: ViewHouse) -> None:
    """A part that comes, changes or is deleted does so here, and other events do not."""
    parts = view.view.locator(".incident .part")
    expect(parts).to_have_count(3)
    view.stage.js(
        """fakeIncident.writePart(server, "02GARAGE000000000000000000", "garage", "Garage", 0);
        fakeIncident.writePart(server, "02OTHER0000000000000000000", "garage", "Garage", 0,
            { payload: { incident_id: "02OTHER0000000000000000000" } });"""
    )
    expect(parts).to_have_count(4)
    view.stage.js("server.write({ id: given, type: 'vehicle' })", DOOR)
    expect(parts.nth(2).locator("strong")).to_have_text("Vehicle")
    view.stage.js("server.remove(given)", DOOR)
    expect(parts).to_have_count(3)


def test_an_event_by_itself_is_part_of_nothing(visited: ViewHouse) -> None:
    """Where there is nothing to lead to, nothing is said."""
    visited.open("/vigilar/event/01GARDENCAT000000000000000")
    heading = visited.view.get_by_role("heading", level=2)
    expect(heading).to_contain_text("Animal")
    expect(visited.view.locator(".incident")).to_have_count(0)
