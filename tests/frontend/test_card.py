"""The card: what it shows, how it is reached, configured and registered."""

from playwright.sync_api import Page, expect
import pytest

from .conftest import Stage

# The page's clock starts at this moment, noon in Amsterdam, the server's zone.
NOON_MS = 1_795_431_600_000
HOUR_MS = 3_600_000


def open_details(page: Page, event_id: str) -> None:
    """Click a row."""
    page.locator(f"[data-event='{event_id}']").click()


def test_rows_are_grouped_by_day(stage: Stage) -> None:
    """Today, yesterday and dates, each over its own events."""
    for event_id, hours in (("01D", 1), ("01C", 11), ("01B", 13), ("01A", 72)):
        stage.write(event_id, ts=NOON_MS - hours * HOUR_MS)
    stage.mount()
    stage.expect_shown(["01D", "01C", "01B", "01A"])
    groups = stage.in_timeline(
        """return [...root.querySelectorAll(".day")].map((day) =>
            [day.querySelector("h3").innerText, day.querySelectorAll(".row").length])"""
    )
    assert groups == [["Today", 2], ["Yesterday", 1], ["Friday, November 20", 1]]


def test_today_becomes_yesterday_at_midnight(stage: Stage) -> None:
    """An open page follows the calendar without an event."""
    stage.write("01A", ts=NOON_MS, payload={"phase": "ended", "end_ts": NOON_MS + 5000})
    stage.mount()
    expect(stage.page.locator("h3")).to_have_text("Today")
    stage.page.clock.fast_forward(12 * HOUR_MS + 60_000)
    expect(stage.page.locator("h3")).to_have_text("Yesterday")


def test_a_row_says_what_where_when_and_how_long(stage: Stage) -> None:
    """The gist is on the row; severity is a word, not only a colour."""
    stage.write(
        "01A",
        ts=NOON_MS - HOUR_MS,
        type="person",
        severity="alert",
        payload={
            "name": "Front door",
            "zones": ["Street", "Porch"],
            "phase": "ended",
            "end_ts": NOON_MS - HOUR_MS + 65_000,
        },
    )
    stage.mount()
    row = stage.page.locator("[data-event='01A']")
    expect(row.locator(".type")).to_have_text("Person")
    expect(row.locator(".severity")).to_have_text("Alert")
    expect(row.locator(".name")).to_have_text("Front door")
    expect(row.locator(".zones bdi")).to_have_text("Street › Porch")
    expect(row.locator("time")).to_have_text("11:00")
    expect(row.locator("time")).to_have_attribute(
        "datetime", "2026-11-23T10:00:00.000Z"
    )
    expect(row.locator(".duration")).to_have_text("1 min 5 sec")
    expect(row.locator("svg").first).to_be_visible()


def test_a_moment_has_no_duration(stage: Stage) -> None:
    """An event without an extent shows its time alone."""
    stage.write(
        "01A",
        type="camera_online",
        payload={"phase": "new", "end_ts": NOON_MS},
        ts=NOON_MS,
    )
    stage.mount()
    stage.expect_shown(["01A"])
    expect(stage.page.locator(".duration")).to_have_count(0)


def test_a_lasting_event_counts_until_it_ends(stage: Stage) -> None:
    """The duration runs by the second, then stands."""
    page = stage.page
    page.clock.pause_at("2026-11-23T12:30:00+01:00")
    now = NOON_MS + HOUR_MS // 2
    stage.write("01A", ts=now - 3000)
    stage.mount()
    duration = page.locator(".duration")
    expect(duration.locator("bdi")).to_have_text("3 sec")
    expect(duration.locator(".now")).to_have_text("now")
    page.clock.run_for(2000)
    expect(duration.locator("bdi")).to_have_text("5 sec")
    stage.write("01A", payload={"phase": "ended", "end_ts": now + 3000})
    page.clock.run_for(5000)
    expect(duration).to_have_text("6 sec")


def test_a_lasting_event_stands_still_while_nothing_is_heard(stage: Stage) -> None:
    """Without a connection nobody knows that it goes on, so the row does not say it."""
    page = stage.page
    page.clock.pause_at("2026-11-23T12:30:00+01:00")
    stage.write("01A", ts=NOON_MS + HOUR_MS // 2 - 3000)
    stage.mount()
    expect(page.locator(".now")).to_be_visible()
    stage.js("server.connection.lose()")
    page.clock.run_for(10_000)
    expect(page.locator(".duration")).to_have_text("3 sec")
    stage.js("server.connection.restore()")
    page.clock.run_for(1000)
    expect(page.locator(".now")).to_be_visible()


def test_a_hidden_tab_rests_and_catches_up_when_it_shows(stage: Stage) -> None:
    """No clock runs where nobody looks; the first look is right."""
    page = stage.page
    page.clock.pause_at("2026-11-23T12:30:00+01:00")
    stage.write("01A", ts=NOON_MS + HOUR_MS // 2 - 3000)
    stage.mount()
    duration = page.locator(".duration bdi")
    expect(duration).to_have_text("3 sec")
    show = """Object.defineProperty(document, "hidden", { configurable: true, value: given });
        document.dispatchEvent(new Event("visibilitychange"));"""
    stage.js(show, True)
    page.clock.run_for(20_000)
    expect(duration).to_have_text("3 sec")
    stage.js(show, False)
    expect(duration).to_have_text("23 sec")


def test_details_open_and_close(stage: Stage) -> None:
    """A row opens to why, what was recognised and the whole times."""
    stage.write(
        "01A",
        ts=NOON_MS - 60_000,
        payload={
            "why": "Motion lasted for 1.2 s",
            "labels": [
                {"label": "person", "score": 0.94},
                {"label": "back_pack", "score": 0.5},
            ],
            "zones": ["Porch"],
            "phase": "ended",
            "end_ts": NOON_MS,
        },
    )
    stage.mount()
    row = stage.page.locator("[data-event='01A']")
    expect(row).to_have_attribute("aria-expanded", "false")
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    facts = stage.in_timeline(
        """const texts = (name) => [...root.querySelectorAll(name)].map((each) => each.innerText);
        const names = texts("dt");
        const values = texts("dd");
        return names.map((name, index) => [name, values[index]]);"""
    )
    assert facts == [
        ["Why", "Motion lasted for 1.2 s"],
        ["Recognised", "Person 94%, Back pack 50%"],
        ["Zones", "Porch"],
        ["Severity", "Info"],
        ["Began", "November 23, 2026 at 11:59:00"],
        ["Ended", "November 23, 2026 at 12:00:00"],
    ]
    assert row.get_attribute("aria-controls") == stage.in_timeline(
        "return root.querySelector('dl').id"
    )
    row.click()
    expect(stage.page.locator("dl")).to_have_count(0)


def test_open_details_stay_open_under_arrivals(stage: Stage) -> None:
    """A new event above does not close or move what one reads."""
    stage.write("01A", ts=1000)
    stage.mount()
    open_details(stage.page, "01A")
    stage.write("01B", ts=2000)
    stage.expect_shown(["01B", "01A"])
    expect(stage.page.locator("[data-event='01A']")).to_have_attribute(
        "aria-expanded", "true"
    )
    assert stage.in_timeline("return root.activeElement?.dataset.event") == "01A"


def test_everything_is_reached_by_keyboard(stage: Stage) -> None:
    """One tab stop for the list; arrows, Home and End move; Enter opens."""
    for number in range(4):
        stage.write(f"01A{number}", ts=1000 + number)
    stage.mount()
    stage.expect_shown(["01A3", "01A2", "01A1", "01A0"])
    page = stage.page
    focused = "return root.activeElement?.dataset.event"

    page.keyboard.press("Tab")
    assert stage.in_timeline(focused) == "01A3"
    for key, expected in [
        ("ArrowUp", "01A3"),
        ("ArrowDown", "01A2"),
        ("End", "01A0"),
        ("ArrowDown", "01A0"),
        ("ArrowUp", "01A1"),
        ("Home", "01A3"),
        ("ArrowDown", "01A2"),
        ("Control+End", "01A2"),
    ]:
        page.keyboard.press(key)
        assert stage.in_timeline(focused) == expected, key
    page.keyboard.press("Enter")
    expect(page.locator("dl")).to_be_visible()
    stops = "return [...root.querySelectorAll('.row')].filter((row) => row.tabIndex === 0).map((row) => row.dataset.event)"
    assert stage.in_timeline(stops) == ["01A2"]


def test_focus_survives_the_removal_of_its_row(stage: Stage) -> None:
    """The keyboard does not fall out of the list when an event is deleted."""
    stage.write("01A", ts=1000)
    stage.write("01B", ts=2000)
    stage.mount()
    stage.expect_shown(["01B", "01A"])
    stage.page.locator("[data-event='01A']").focus()
    stage.js("server.remove('01A')")
    stage.expect_shown(["01B"])
    assert stage.in_timeline("return root.activeElement?.dataset.event") == "01B"


def test_new_events_are_announced_at_a_pace(stage: Stage) -> None:
    """The first at once, those within five seconds together; the snapshot not at all."""
    page = stage.page
    page.clock.pause_at("2026-11-23T12:30:00+01:00")
    stage.write("01A", ts=NOON_MS)
    stage.mount()
    live = page.locator("[aria-live=polite]")
    expect(page.locator("[data-event='01A']")).to_be_visible()
    expect(live).to_have_text("")
    stage.write("01B", ts=NOON_MS + 60_000)
    expect(live).to_have_text("Motion, Front door, 12:01")
    stage.write("01C", ts=NOON_MS + 120_000, payload={"name": "Garden"})
    stage.write("01B", type="person")
    stage.write("01B", payload={"zones": ["Porch"]})
    page.clock.run_for(4900)
    expect(live).to_have_text("Motion, Front door, 12:01")
    page.clock.run_for(200)
    expect(live).to_have_text("2 new events, the latest: Motion, Garden, 12:02")


@pytest.mark.parametrize(
    ("sources", "text"),
    [("server.sources", "Nothing has happened yet"), ("[]", "No cameras yet")],
)
def test_an_empty_timeline_says_so(stage: Stage, sources: str, text: str) -> None:
    """No events, or no cameras to have any: a different next step."""
    stage.js(f"server.sources = {sources}")
    stage.mount()
    stage.expect_status("Live")
    expect(stage.page.locator(".notice strong")).to_have_text(text)


def test_names_are_never_markup(stage: Stage) -> None:
    """What cameras and zones are called is text, whatever it looks like."""
    evil = '<img src=x onerror="window.hacked = true"><b>'
    stage.write(
        "01A",
        source_id=evil,
        payload={
            "name": evil,
            "zones": [evil],
            "why": evil,
            "labels": [{"label": evil, "score": 1}],
        },
    )
    stage.mount(config={"title": evil})
    open_details(stage.page, "01A")
    expect(stage.page.locator(".name")).to_have_text(evil)
    expect(stage.page.locator("h2")).to_have_text(evil)
    expect(stage.page.locator("dd").first).to_have_text(evil)
    assert stage.js(
        "return [mounted.shadowRoot.querySelector('img'), window.hacked]"
    ) == [None, None]
    assert stage.in_timeline("return root.querySelector('img, b')") is None


def test_dark_and_light_differ_and_follow_the_theme(stage: Stage) -> None:
    """The severity colours suit the background, also after a change of theme."""
    stage.write("01A", type="person", severity="alert")
    stage.mount()
    stage.expect_shown(["01A"])
    colour = "return getComputedStyle(root.querySelector('vigilar-thumbnail')).color"
    light = stage.in_timeline(colour)
    stage.js("mounted.hass = { ...mounted.hass, themes: { darkMode: true } }")
    stage.page.wait_for_function(
        "mounted.shadowRoot.querySelector('vigilar-timeline').hasAttribute('dark')"
    )
    dark = stage.in_timeline(colour)
    assert (light, dark) == ("rgb(163, 58, 7)", "rgb(255, 155, 102)")


def test_a_theme_that_changes_within_the_same_object_is_seen(stage: Stage) -> None:
    """Home Assistant hands over the themes of before, with another content."""
    stage.write("01A", type="person", severity="alert")
    stage.mount(hass={"themes": {"darkMode": False}})
    stage.expect_shown(["01A"])
    assert stage.in_timeline(
        """const timeline = root.host;
        timeline.hass.themes.darkMode = true;
        timeline.hass = { ...timeline.hass };
        await timeline.updateComplete;
        return timeline.hasAttribute("dark");"""
    )


def test_a_theme_can_set_the_colours(stage: Stage) -> None:
    """CSS variables of the page win over ours."""
    stage.write("01A", severity="critical")
    stage.js(
        "document.documentElement.style.setProperty('--vigilar-critical-color', 'rgb(1, 2, 3)')"
    )
    stage.mount()
    stage.expect_shown(["01A"])
    assert (
        stage.in_timeline(
            "return getComputedStyle(root.querySelector('.severity')).backgroundColor"
        )
        == "rgb(1, 2, 3)"
    )


def test_no_motion_for_those_who_want_none(stage: Stage) -> None:
    """Nothing pulses or fades when the system asks for calm."""
    stage.page.emulate_media(reduced_motion="reduce")
    stage.write("01A")
    stage.mount()
    stage.expect_shown(["01A"])
    stage.write("01B")
    stage.page.locator("[data-event='01B']").wait_for()
    assert stage.in_timeline("return root.getAnimations().length") == 0
    assert stage.js("return mounted.shadowRoot.getAnimations().length") == 0


@pytest.mark.parametrize("width", [320, 520, 1280])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_it_fits_every_width(stage: Stage, width: int, direction: str) -> None:
    """Nothing sticks out sideways, in either direction of writing."""
    stage.page.set_viewport_size({"width": width, "height": 700})
    stage.js(
        "document.documentElement.dir = given; fake.fillWithStories(server)", direction
    )
    stage.mount()
    stage.page.locator(".row").nth(3).wait_for(state="attached")
    stage.page.locator(".row").first.click()
    assert stage.in_timeline(
        """const scroller = root.querySelector(".scroller");
        return [scroller, document.documentElement].map((box) => box.scrollWidth - box.clientWidth)"""
    ) == [0, 0]
    small = stage.in_timeline(
        "return [...root.querySelectorAll('.row')].filter((row) => row.offsetHeight < 48).length"
    )
    assert small == 0


def test_other_states_of_the_house_draw_nothing_anew(stage: Stage) -> None:
    """Home Assistant hands over a new hass several times a second."""
    stage.write("01A", ts=1000, payload={"phase": "ended", "end_ts": 2000})
    stage.mount()
    stage.expect_shown(["01A"])
    drawings = stage.js(
        """const timeline = mounted.shadowRoot.querySelector("vigilar-timeline");
        const render = timeline.render;
        let drawings = 0;
        timeline.render = function () { drawings += 1; return render.call(this); };
        for (let number = 0; number < 20; number++) {
            mounted.hass = { ...mounted.hass, states: {} };
            await mounted.updateComplete;
            await timeline.updateComplete;
        }
        const quiet = drawings;
        mounted.hass = { ...mounted.hass, locale: { ...mounted.hass.locale, time_format: "12" } };
        await mounted.updateComplete;
        await timeline.updateComplete;
        return [quiet, drawings];"""
    )
    assert drawings == [0, 1]
    expect(stage.page.locator("time")).to_contain_text("AM")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"title": 5}, "title must be a text"),
        ({"source_ids": "garden"}, "source_ids must be a list of texts"),
        ({"source_ids": [1]}, "source_ids must be a list of texts"),
        ({"types": [""]}, "types must be a list of texts"),
        ({"types": ["persn"]}, "types knows only motion, person,"),
        (
            {"severities": ["high"]},
            'severities knows only info, warning, alert, critical; not "high"',
        ),
        ({"zones": "Porch"}, "zones must be a list of texts"),
        ({"area_ids": [""]}, "area_ids must be a list of texts"),
        ({"view": "grid"}, 'view knows only list, ribbon, both; not "grid"'),
        ({"density": "airy"}, "density knows only comfortable, compact"),
        ({"review_scope": "you"}, "review_scope knows only anyone, me"),
        ({"reviewed": "no"}, "reviewed must be true or false"),
        ({"show_thumbnails": 1}, "show_thumbnails must be true or false"),
        ({"show_filters": "yes"}, "show_filters must be true or false"),
        ({"text": "x" * 201}, "text must be a text"),
        ({"limit": 0}, "limit must be a whole number from 1 to 200"),
        ({"limit": 201}, "limit must be a whole number from 1 to 200"),
        ({"limit": 2.5}, "limit must be a whole number from 1 to 200"),
        ({"limit": "10"}, "limit must be a whole number from 1 to 200"),
    ],
)
def test_a_wrong_configuration_is_refused_in_words(
    stage: Stage, config: dict[str, object], message: str
) -> None:
    """The card and its editor say which key is wrong, and how."""
    stage.mount()
    errors = stage.js(
        """const thrown = (action) => { try { action(); } catch (error) { return error.message; } };
        const form = customElements.get("vigilar-timeline-card").getConfigForm();
        return [thrown(() => mounted.setConfig(given)), thrown(() => form.assertConfig(given))];""",
        {"type": "custom:vigilar-timeline-card", **config},
    )
    assert message in errors[0]
    assert errors[0] == errors[1]


def test_the_editor_offers_what_there_is(stage: Stage) -> None:
    """Every option has its field and words, the sources by name."""
    stage.mount()
    stage.expect_status("Live")
    form = stage.js(
        """const form = customElements.get("vigilar-timeline-card").getConfigForm();
        return form.schema.map((field) => ({
            ...field, label: form.computeLabel(field), helper: form.computeHelper(field) ?? null
        }));"""
    )
    assert [field["label"] for field in form] == [
        "Title",
        "Sources",
        "Areas",
        "Event types",
        "Severities",
        "Zones",
        "Only events not reviewed",
        "Whose review counts",
        "View",
        "Density",
        "Show pictures",
        "Show filters",
        "Number of events",
    ]
    helped = [field["name"] for field in form if field["helper"]]
    assert helped == ["source_ids", "area_ids", "types", "severities", "zones"]
    assert form[1]["selector"]["select"]["options"] == [
        {"value": "front_door", "label": "Front door"},
        {"value": "garden", "label": "Garden"},
    ]
    assert {"value": "camera_offline", "label": "Camera offline"} in form[3][
        "selector"
    ]["select"]["options"]


def test_the_card_shows_at_most_its_limit(stage: Stage) -> None:
    """The limit holds for the snapshot and for what comes after."""
    for number in range(5):
        stage.write(f"01A{number}", ts=1000 + number)
    stage.mount(config={"limit": 2})
    stage.expect_shown(["01A4", "01A3"])
    stage.write("01B", ts=2000)
    stage.expect_shown(["01B", "01A4"])


def test_the_card_knows_its_place(stage: Stage) -> None:
    """It fills a section's cell, and keeps its own bounds in a column."""
    stage.js("fake.fillWithStories(server)")
    stage.js("document.body.style.height = '400px'")
    stage.mount(layout="grid")
    stage.page.locator(".row").first.wait_for()
    assert stage.js("return mounted.getBoundingClientRect().height") <= 400
    stage.js("mounted.layout = undefined; await mounted.updateComplete")
    assert stage.in_timeline("return root.host.getBoundingClientRect().height") <= 512
    options = stage.js(
        "return [mounted.getGridOptions(), mounted.getCardSize(), mounted.constructor.getStubConfig()]"
    )
    assert options == [
        {"columns": 12, "rows": 8, "min_columns": 6, "min_rows": 3},
        8,
        {},
    ]


def test_rows_as_high_as_they_need_are_bounded_too(stage: Stage) -> None:
    """In a section without fixed rows the list scrolls instead of growing without end."""
    stage.js("fake.fillWithStories(server)")
    stage.mount(layout="grid", config={"grid_options": {"rows": "auto"}})
    stage.page.locator(".row").first.wait_for()
    assert stage.in_timeline("return root.host.getBoundingClientRect().height") == 512


def test_a_card_waits_for_what_home_assistant_hands_it(stage: Stage) -> None:
    """Before it has a configuration and hass it draws nothing, and does not fail."""
    stage.mount()
    stage.js(
        """window.early = document.createElement("vigilar-timeline-card");
        document.body.append(early);
        await early.updateComplete;"""
    )
    assert stage.js("return early.shadowRoot.childElementCount") == 0
    stage.js(
        "early.setConfig({ type: 'x', title: 'Early' }); early.hass = window.hass; await early.updateComplete"
    )
    assert (
        stage.js("return early.shadowRoot.querySelector('h2').textContent") == "Early"
    )


def test_nothing_is_defined_or_loaded_before_home_assistant(stage: Stage) -> None:
    """Elements made before Home Assistant has replaced the registry would be lost."""
    requests: list[str] = []
    stage.page.on(
        "request", lambda request: requests.append(request.url.rpartition("/")[2])
    )
    stage.js("await import('/frontend/vigilar-timeline-card.js')")
    # A request of our own: whatever the module asks for by itself comes before it.
    stage.js("await (await fetch('/frontend/define.js?after')).text()")
    assert requests == ["vigilar-timeline-card.js", "define.js?after"]
    assert (
        stage.js("return customElements.get('vigilar-timeline-card') ?? null") is None
    )
    derived = stage.js(
        """const Native = window.HTMLElement;
        window.HTMLElement = class extends Native {};
        fake.defineHomeAssistant({ language: "en" });
        const card = await customElements.whenDefined("vigilar-timeline-card");
        return card.prototype instanceof window.HTMLElement;"""
    )
    assert derived is True
    stage.page.wait_for_function("window.customCards?.length === 1")


def test_the_card_picker_lists_it_once(stage: Stage) -> None:
    """A second load, after an update, neither fails nor doubles."""
    stage.js(
        """const cards = [{ type: "someone-elses" }];
        window.looks = 0;
        cards.some = (test) => { looks += 1; return Array.prototype.some.call(cards, test); };
        window.customCards = cards;"""
    )
    stage.mount()
    stage.js("await import('/frontend/vigilar-timeline-card.js?again')")
    stage.page.wait_for_function("looks === 2")
    cards = stage.js(
        "return window.customCards.map(({ type, name, preview }) => [type, name, preview])"
    )
    assert cards == [
        ["someone-elses", None, None],
        ["vigilar-timeline-card", "Vigilar timeline", True],
    ]


def test_it_is_suggested_for_our_entities_only(stage: Stage) -> None:
    """The picker offers the card, filtered to the source when that is known."""
    stage.mount()
    stage.expect_status("Live")
    suggestions = stage.js(
        """const hass = { entities: {
            "camera.garden": { platform: "vigilar" },
            "event.hub": { platform: "vigilar" },
            "light.lamp": { platform: "hue" },
        } };
        const [card] = window.customCards;
        return [...Object.keys(hass.entities), "light.gone"].map((id) => card.getEntitySuggestion(hass, id));"""
    )
    assert suggestions == [
        {"config": {"type": "custom:vigilar-timeline-card", "source_ids": ["garden"]}},
        {"config": {"type": "custom:vigilar-timeline-card"}},
        None,
        None,
    ]


def test_another_language_without_texts_reads_english(stage: Stage) -> None:
    """A missing translation costs the language, not the card."""
    stage.write("01A", ts=NOON_MS - 72 * HOUR_MS)
    stage.mount(
        hass={
            "language": "fi",
            "locale": {"language": "fi", "time_format": "24", "time_zone": "server"},
        }
    )
    stage.expect_shown(["01A"])
    expect(stage.page.locator("h2")).to_have_text("Security timeline")
    expect(stage.page.locator("h3")).to_have_text("perjantai 20. marraskuuta")
