"""The ribbon: what it counts, how it moves, and how it and the list follow each other."""

from playwright.sync_api import expect
import pytest

from .conftest import House, Stage

HOUR_MS = 3_600_000

COUNTED = "server.asked.some(({ type }) => type === 'vigilar/timeline/density')"

BOOK = """
const { DensityBook } = await import("/frontend/density-book.js");
const answer = (more) => ({ start: 0, end: 1000, bucket: 100, seq: 5, sources: [], blind: [], ...more });
const event = (ts, severity = "info", source_id = "a") => ({ id: `e${ts}`, ts, severity, source_id });
const all = (book) => book.sum(["a", "b"], 0, 1000);
"""

SCALE = """
const scale = await import("/frontend/ribbon-scale.js");
const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-23T12:00:00Z");
const hours = ({ start, end }) => [(start - NOW) / HOUR, (end - NOW) / HOUR].map((each) => Math.round(each * 100) / 100);
"""


def test_the_servers_counts_and_every_change_since(stage: Stage) -> None:
    """What the answer counted is not counted again; what came after it is."""
    assert stage.js(
        BOOK
        + """const book = new DensityBook();
        book.load(answer({ sources: [{ source_id: "a", buckets: [[2, 1, 0, 0, 0], [7, 0, 0, 2, 0]] }] }), 0);
        const first = all(book);
        book.take({ after: event(250), known: true, seq: 5 });
        book.take({ after: event(260, "critical", "b"), known: true, seq: 6 });
        book.take({ before: event(210), after: event(210, "warning"), known: true, seq: 7 });
        book.take({ before: event(750, "alert"), known: true, seq: 8 });
        book.take({ after: event(5000), known: true, seq: 9 });
        return [first, all(book), book.at("a", 2), book.at("b", 2), book.sum(["a"], 700, 800), book.stale];""",
    ) == [
        [1, 0, 2, 0],
        [0, 1, 1, 1],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
        False,
    ]


def test_changes_during_the_question_are_counted_once(stage: Stage) -> None:
    """Whether the answer has them or not."""
    assert stage.js(
        BOOK
        + """const book = new DensityBook();
        book.load(answer({}), 0);
        book.await();
        book.take({ after: event(100), known: true, seq: 6 });
        book.take({ after: event(200), known: true, seq: 7 });
        book.load(answer({ seq: 6, sources: [{ source_id: "a", buckets: [[1, 1, 0, 0, 0]] }] }), 0);
        const counted = all(book);
        book.await();
        book.load(answer({ seq: undefined }), 9);
        book.take({ after: event(100), known: true, seq: 9 });
        return [counted, all(book)];""",
    ) == [[2, 0, 0, 0], [0, 0, 0, 0]]


def test_what_it_cannot_count_makes_it_ask_again(stage: Stage) -> None:
    """A change of an event that nobody holds may be new or old; out of range it does not matter."""
    assert stage.js(
        BOOK
        + """const stale = (change) => {
            const book = new DensityBook();
            book.load(answer({}), 0);
            book.take({ known: false, seq: 6, ...change });
            return book.stale;
        };
        const flooded = new DensityBook();
        flooded.await();
        for (let seq = 6; seq < 5100; seq++) flooded.take({ after: event(1), known: true, seq });
        flooded.load(answer({}), 0);
        return [stale({ after: event(50) }), stale({ after: event(5000) }), stale({}), flooded.stale];""",
    ) == [True, False, True, True]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("hours(scale.spanToNow(24 * HOUR, NOW))", [-23.28, 0.72]),
        # Zooming keeps the time under the pointer where it is.
        (
            "hours(scale.zoomed({ start: NOW - 24 * HOUR, end: NOW }, 0.5, NOW - 6 * HOUR, NOW))",
            [-15, -3],
        ),
        # It goes neither beyond now nor beyond its limits.
        (
            "hours(scale.panned({ start: NOW - 24 * HOUR, end: NOW }, 50 * HOUR, NOW))",
            [-23.28, 0.72],
        ),
        (
            "hours(scale.zoomed({ start: NOW - 24 * HOUR, end: NOW }, 1e6, NOW, NOW))",
            [-336, 0],
        ),
        (
            "hours(scale.zoomed({ start: NOW - 1 * HOUR, end: NOW }, 1e-6, NOW, NOW))",
            [-0.25, 0],
        ),
        (
            "hours(scale.showing({ start: NOW - 24 * HOUR, end: NOW }, NOW - 2 * HOUR, NOW))",
            [-24, 0],
        ),
        (
            "hours(scale.showing({ start: NOW - 24 * HOUR, end: NOW }, NOW - 100 * HOUR, NOW))",
            [-112, -88],
        ),
        ("scale.bucketOf(24 * HOUR, 1000) / 60_000", 10),
        ("scale.bucketOf(HOUR, 1000) / 1000", 30),
        ("scale.bucketOf(14 * 24 * HOUR, 100) / HOUR", 4),
    ],
)
def test_the_scale(stage: Stage, expression: str, expected: object) -> None:
    """Zooming, moving and the choice of bars."""
    assert stage.js(f"{SCALE} return {expression}") == expected


def test_the_axis_follows_the_clock_also_over_its_change(stage: Stage) -> None:
    """On the last Sunday of October a day has 25 hours; each still begins at midnight."""
    ticks = stage.js(
        SCALE
        + """const { Formatter } = await import("/frontend/format.js");
        const format = new Formatter(fake.makeHass());
        const view = { start: Date.parse("2026-10-24T12:00:00Z"), end: Date.parse("2026-10-26T12:00:00Z") };
        return scale.ticksOf(view, 500, format, 60).map(({ label, day }) => `${label}${day ? "!" : ""}`);""",
    )
    assert ticks == [
        "18:00",
        "Sun, Oct 25!",
        "05:00",
        "11:00",
        "17:00",
        "23:00",
        "Mon, Oct 26!",
        "06:00",
        "12:00",
    ]


def test_it_draws_lanes_bars_and_now(house: House) -> None:
    """One lane a camera, and something of each colour on the canvas."""
    house.open()
    house.page.wait_for_function(COUNTED)
    names = house.ribbon(
        "return [...root.querySelectorAll('.names bdi')].map((name) => name.textContent)"
    )
    assert names == ["Front door", "Driveway", "Garden", "Garage"]
    house.page.wait_for_function(
        """() => {
            const timeline = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
            const canvas = timeline.querySelector("vigilar-ribbon").shadowRoot.querySelector("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let index = 0; index < data.length; index += 4) {
                if (data[index + 3] === 255) colours.add(`${data[index]} ${data[index + 1]} ${data[index + 2]}`);
            }
            // Alert, critical, warning and now, as the tokens name them.
            return ["163 58 7", "179 22 29", "138 90 0", "46 158 91"].every((colour) => colours.has(colour));
        }"""
    )


def test_many_cameras_share_one_lane(house: House) -> None:
    """Where there is no room for each."""
    house.open(
        before="""server.sources = Array.from({ length: 11 }, (_, index) => ({ source_id: `s${index}`, name: `Camera ${index}` }));"""
    )
    expect(house.page.locator(".names bdi")).to_have_text(["All cameras"])


def test_sensors_share_one_lane_below_the_cameras(house: House) -> None:
    """However many there are, each camera keeps its lane."""
    sensors = """server.sources.push(...Array.from({ length: 30 }, (_, index) => (
        { ...server.sources[0], kind: "sensor", source_id: `s${index}`, name: `Door ${index}` })));"""
    house.open(before=sensors)
    cameras = ["Front door", "Driveway", "Garden", "Garage"]
    names = house.page.locator(".names bdi")
    expect(names).to_have_text([*cameras, "Sensors"])
    house.js("mounted.remove()")
    house.open(before=f"{sensors} server.sources.length = 5;")
    expect(names).to_have_text([*cameras, "Door 0"])


def test_the_keyboard_goes_through_time_and_the_list_follows(house: House) -> None:
    """Arrows step bars, Home and End go to the edges; a far time is loaded by itself."""
    house.open()
    house.page.wait_for_function(COUNTED)
    track = house.page.locator(".track")
    expect(track).to_have_attribute("role", "slider")
    expect(track).to_have_attribute("aria-valuetext", "now")
    track.focus()
    house.page.keyboard.press("Home")
    house.page.wait_for_function(
        "server.asked.some(({ before_ts }) => before_ts) || mounted.shadowRoot.querySelector('vigilar-timeline').shadowRoot.querySelector('.pill')"
    )
    pill = house.page.locator(".pill")
    expect(pill).to_have_text("Back to live")
    begin = int(track.get_attribute("aria-valuenow") or 0)
    assert house.top_time() <= begin
    house.page.keyboard.press("ArrowRight")
    expect(track).not_to_have_attribute("aria-valuenow", str(begin))
    bucket = house.asked("timeline/density")[0]["bucket"]
    assert int(track.get_attribute("aria-valuenow") or 0) == begin + bucket
    house.page.keyboard.press("PageDown")
    expect(track).to_have_attribute("aria-valuenow", str(begin + bucket - 6 * HOUR_MS))
    house.page.keyboard.press("End")
    expect(track).not_to_have_attribute("aria-valuetext", "now")
    pill.click()
    expect(track).to_have_attribute("aria-valuetext", "now")
    expect(pill).to_have_count(0)


def test_dragging_scrubs_and_the_list_shows_that_time(house: House) -> None:
    """The row at the top is the newest one not later than the finger."""
    house.open()
    house.page.wait_for_function(COUNTED)
    box = house.page.locator(".track canvas").bounding_box()
    assert box
    mouse = house.page.mouse
    mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    mouse.up()
    expect(house.page.locator(".pill")).to_be_visible()
    at = int(house.page.locator(".track").get_attribute("aria-valuenow") or 0)
    times = house.js("return [...server.events.values()].map(({ ts }) => ts)")
    house.expect_top(max(ts for ts in times if ts <= at))


def test_scrolling_the_list_moves_the_cursor(house: House) -> None:
    """The ribbon shows where the list is."""
    house.open()
    house.page.wait_for_function(COUNTED)
    track = house.page.locator(".track")
    expect(track).to_have_attribute("aria-valuetext", "now")
    house.page.locator(".scroller").hover()
    house.page.mouse.wheel(0, 1500)
    expect(track).not_to_have_attribute("aria-valuetext", "now")
    house.page.wait_for_function(
        """(ms) => {
            const timeline = mounted.shadowRoot.querySelector("vigilar-timeline").shadowRoot;
            const track = timeline.querySelector("vigilar-ribbon").shadowRoot.querySelector(".track");
            return Date.now() - Number(track.getAttribute("aria-valuenow")) > ms;
        }""",
        arg=HOUR_MS,
    )


def test_buttons_wheel_and_keys_zoom(house: House) -> None:
    """Hour, day and week by button; anything between by wheel and plus and minus."""
    house.open()
    house.page.wait_for_function(COUNTED)
    track = house.page.locator(".track")

    def span() -> float:
        low, high = (
            int(track.get_attribute(f"aria-value{end}") or 0) for end in ("min", "max")
        )
        return (high - low) / HOUR_MS

    assert span() == 24
    house.page.get_by_role("button", name="Week").click()
    expect(house.page.get_by_role("button", name="Week")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert span() == 168
    house.page.get_by_role("button", name="Hour").click()
    assert span() == pytest.approx(1, abs=0.01)
    track.focus()
    house.page.keyboard.press("-")
    assert span() == pytest.approx(1.5, abs=0.01)
    track.hover()
    house.page.mouse.wheel(0, 400)
    expect(house.page.get_by_role("button", name="Hour")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert span() > 1.6
    before = int(track.get_attribute("aria-valuemin") or 0)
    house.page.get_by_role("button", name="Earlier").click()
    assert int(track.get_attribute("aria-valuemin") or 0) < before


def test_two_fingers_zoom(house: House) -> None:
    """Spreading them shows less time, in more detail."""
    house.open()
    house.page.wait_for_function(COUNTED)
    spans = house.ribbon(
        """const track = root.querySelector(".track");
        const box = track.getBoundingClientRect();
        track.setPointerCapture = () => {};
        const touch = (type, pointerId, share) => track.dispatchEvent(new PointerEvent(type, {
            pointerId, pointerType: "touch", clientX: box.left + share * box.width, clientY: box.top + 9, bubbles: true,
        }));
        const span = async () => {
            await ribbon.updateComplete;
            return (track.getAttribute("aria-valuemax") - track.getAttribute("aria-valuemin")) / 3_600_000;
        };
        const before = await span();
        touch("pointerdown", 1, 0.4);
        touch("pointerdown", 2, 0.6);
        touch("pointermove", 2, 0.8);
        const spread = await span();
        touch("pointerup", 1, 0.4);
        touch("pointermove", 2, 0.9);
        touch("pointerup", 2, 0.9);
        return [before, spread, await span()];"""
    )
    assert spans[0] == 24
    assert spans[1] == pytest.approx(12, abs=0.1)
    assert spans[2] == spans[1]


def test_live_changes_are_counted_without_asking(house: House) -> None:
    """An event that arrives is a bar at once; the server is not asked again."""
    house.open()
    house.page.wait_for_function(COUNTED)
    house.page.clock.pause_at("2026-11-23T13:00:00+01:00")
    asked = len(house.asked("timeline/density"))
    house.ribbon("root.querySelector('.track').focus()")
    house.js(
        "server.write({ id: '02NEW', ts: Date.now() - 1000, severity: 'critical', payload: { phase: 'ended', end_ts: Date.now() } })"
    )
    house.page.keyboard.press("ArrowLeft")
    house.page.keyboard.press("ArrowRight")
    expect(house.page.locator(".reading")).to_contain_text("Critical")
    assert len(house.asked("timeline/density")) == asked


def test_what_it_does_not_hold_is_asked_for_again_once(house: House) -> None:
    """A hundred changes to old events are one question."""
    house.open()
    house.page.wait_for_function(COUNTED)
    house.in_timeline(
        """const ribbon = root.querySelector("vigilar-ribbon");
        for (let seq = 1e6; seq < 1e6 + 100; seq++) {
            ribbon.take({ after: { id: "x", ts: Date.now() - 3_600_000, severity: "info", source_id: "garden" }, known: false, seq });
        }"""
    )
    asked = len(house.asked("timeline/density"))
    house.page.clock.run_for(2500)
    assert len(house.asked("timeline/density")) == asked
    house.page.clock.run_for(1000)
    assert len(house.asked("timeline/density")) == asked + 1
    house.page.clock.run_for(10_000)
    assert len(house.asked("timeline/density")) == asked + 1


def test_a_refused_density_is_asked_for_again(house: House) -> None:
    """The ribbon comes as soon as the server can."""
    house.open(
        before="""const { density } = server;
        server.density = () => { throw { code: "timeout" }; };
        window.heal = () => { server.density = density; };"""
    )
    house.page.wait_for_function("server.asked.length > 0")
    house.js("heal()")
    house.page.clock.run_for(11_000)
    house.page.wait_for_function(
        "server.asked.filter(({ type }) => type.endsWith('density')).length === 2"
    )


def test_it_reads_from_right_to_left(house: House) -> None:
    """Time runs as the writing does, and so do the arrow keys."""
    house.js("document.documentElement.dir = 'rtl'")
    house.open()
    house.page.wait_for_function(COUNTED)
    track = house.page.locator(".track")
    box = track.bounding_box()
    assert box
    house.page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 10)
    expect(track).not_to_have_attribute("aria-valuetext", "now")
    at = int(track.get_attribute("aria-valuenow") or 0)
    low, high = (
        int(track.get_attribute(f"aria-value{end}") or 0) for end in ("min", "max")
    )
    assert (at - low) / (high - low) == pytest.approx(0.25, abs=0.02)
    track.focus()
    house.page.keyboard.press("ArrowRight")
    expect(track).not_to_have_attribute("aria-valuenow", str(at))
    assert int(track.get_attribute("aria-valuenow") or 0) < at
