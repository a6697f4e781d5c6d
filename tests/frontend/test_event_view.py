"""The view of one event: what it shows, what can be done with it, and that it follows."""

import json
import re

from playwright.sync_api import expect
import pytest

from .conftest import Stage
from .view_house import PATH, VISITOR, House


@pytest.fixture
def house(stage: Stage) -> House:
    """Give a house with nothing mounted."""
    return House(stage)


def test_it_tells_what_why_when_where_and_who_was_told(house: House) -> None:
    """All that is known of an event is in the words of people."""
    house.open()
    view = house.view
    expect(view.get_by_role("heading", level=2)).to_contain_text("Person")
    for text in (
        "A person was recognised, 94 % sure",
        "Package",
        "41%",
        "Street › Porch",
        "11 sec",
        "Not sent: snoozed by Ben until 14:30",
        "Tablet: the service did not answer",
    ):
        expect(view.get_by_text(text).first).to_be_visible()
    told = r"Told at 11:4\d:\d\d on Anna's phone, last updated at 11:4\d:\d\d"
    expect(view.get_by_text(re.compile(told))).to_be_visible()
    view.get_by_text("How fast it was").click()
    expect(view.locator(".stages dt")).to_have_text(
        [
            "Decoding the picture",
            "Looking for movement",
            "Until it was sure that something moves",
            "Recognising, each look",
            "Until it was sure what it is",
            "Handing it over",
        ]
    )
    expect(view.locator(".stages dd").first).to_have_text("3 ms")


def test_the_clip_plays_and_is_sought_by_keys_and_ribbon(house: House) -> None:
    """Arrow keys step five seconds, space stops, the ribbon goes anywhere."""
    house.open()
    house.until_video("!video.paused && video.currentTime > 0")
    house.page.keyboard.press(" ")
    house.until_video("video.paused")
    # The address moves only by keys that have no place here.
    house.view.evaluate("(view) => view.blur?.()")
    house.page.keyboard.press("Home")
    house.until_video("video.currentTime === 0")
    house.page.keyboard.press("ArrowRight")
    house.until_video("Math.abs(video.currentTime - 5) < 0.1")
    ribbon = house.page.get_by_role("slider", name="Position in the clip")
    expect(ribbon).to_have_attribute("aria-valuenow", "5")
    box = ribbon.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    house.page.mouse.move(box["x"] + box["width"] / 2, middle)
    house.page.mouse.down()
    house.until_video("Math.abs(video.currentTime - 10) < 0.3")
    house.page.mouse.move(box["x"] + box["width"] * 0.75, middle)
    house.page.mouse.up()
    house.until_video("Math.abs(video.currentTime - 15) < 0.3")
    ribbon.press("ArrowLeft")
    house.until_video("Math.abs(video.currentTime - 10) < 0.3")
    # It began five seconds into twenty, and lasted eleven.
    style = ribbon.locator(".span").get_attribute("style")
    assert style == "left:25.00%;right:20.00%"


def test_parts_play_after_each_other_as_one(house: House) -> None:
    """Whoever seeks beyond a part gets the next one, and the end of one begins the other."""
    house.media(
        clip={
            "state": "ready",
            "url": f"/api/vigilar/events/{VISITOR}/clip",
            "start_ts": 0,
            "duration_ms": 40_000,
            "parts": 2,
        }
    )
    house.open()
    ribbon = house.page.get_by_role("slider", name="Position in the clip")
    expect(ribbon).to_have_attribute("aria-valuemax", "40")
    house.until_video("!video.paused")
    house.page.keyboard.press(" ")
    house.page.keyboard.press("End")
    house.until_video("video.src.includes('/clip/1?') && video.currentTime > 19")
    house.page.keyboard.press("Home")
    house.until_video("!video.src.includes('/clip/1?') && video.currentTime === 0")
    for _ in range(3):
        house.page.keyboard.press("ArrowRight")
    house.until_video("Math.abs(video.currentTime - 15) < 0.1")
    house.video("(video.currentTime = 19.5, video.play(), 0)")
    house.until_video("video.src.includes('/clip/1?') && !video.paused")
    assert float(ribbon.get_attribute("aria-valuenow") or 0) >= 20


def test_a_clip_that_grows_can_be_watched_and_becomes_whole(house: House) -> None:
    """What there is plays at once; the whole takes its place where one is."""
    url = f"/api/vigilar/events/{VISITOR}/clip"
    house.media(clip={"state": "pending", "url": None, "live_url": url})
    house.open()
    expect(house.view.get_by_text("Still recording")).to_be_visible()
    house.until_video("video.currentTime > 0.2")
    first = house.video("video.src")
    house.page.keyboard.press(" ")
    house.page.keyboard.press("ArrowRight")
    house.until_video("video.currentTime > 5")
    house.media(
        clip={
            "state": "ready",
            "url": url,
            "start_ts": 0,
            "duration_ms": 20_000,
            "parts": 1,
        }
    )
    expect(house.view.get_by_text("Still recording")).to_have_count(0)
    house.until_video(
        f"video.src !== {json.dumps(first)} && video.currentTime > 5 && video.paused"
    )


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        ({"state": "pending", "url": None}, "The clip is being made"),
        (
            {"state": "failed", "url": None, "reason": "disk full"},
            "There is no clip: the disk was full",
        ),
        (
            {"state": "failed", "url": None, "reason": "some new reason"},
            "There is no clip: some new reason",
        ),
        (
            {"state": "deleted", "url": None},
            "The clip was there and has been deleted",
        ),
        ({"state": "none", "url": None}, "No clip was recorded"),
    ],
)
def test_where_there_is_no_clip_it_says_why_and_shows_the_preview(
    house: House, clip: dict[str, object], words: str
) -> None:
    """Nothing to play is never a blank."""
    house.media(clip=clip)
    house.open()
    expect(house.view.get_by_text(words)).to_be_visible()
    expect(house.view.get_by_role("button", name="Preview")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(house.view.get_by_role("img", name="Person, Front door")).to_be_visible()


def test_the_snapshot_shows_where_if_asked(house: House) -> None:
    """The box lies over the picture, at its fractions, and can be taken away."""
    house.open()
    house.view.get_by_role("button", name="Snapshot").click()
    picture = house.view.get_by_role("img", name="Person, Front door")
    box = house.view.locator(".box")
    expect(box).to_have_text("Person 94%")
    outer, inner = picture.bounding_box(), box.bounding_box()
    assert outer is not None
    assert inner is not None
    assert inner["x"] - outer["x"] == pytest.approx(0.42 * outer["width"], abs=2)
    assert inner["height"] == pytest.approx(0.27 * outer["height"], abs=2)
    house.view.get_by_role("button", name="Show where").click()
    expect(box).to_have_count(0)


def test_an_event_without_media_says_so(house: House) -> None:
    """A camera that went offline has nothing to look at."""
    house.stage.write("01A", type="camera_offline", severity="warning", ts=1000)
    house.open("/vigilar/event/01A")
    expect(house.view.get_by_text("Nothing was recorded of this event")).to_be_visible()
    expect(house.view.locator("vigilar-event-media")).to_have_count(0)


SENSOR = "01DOOR00000000000000000000"


def door(house: House, **payload: object) -> None:
    """Let a door have been opened a minute ago."""
    house.stage.js(
        """const { sources } = server;
        server.sources = [...sources, { source_id: "hall_door", kind: "sensor", name: "Hall door",
            entity_id: "binary_sensor.hall_door", area: "Hall", can_control: true }];
        server.write({ id: given.id, ts: Date.now() - 60_000, type: "door_opened", severity: "critical",
            source_id: "hall_door", payload: { name: "Hall door", entity_id: "binary_sensor.hall_door", ...given.payload } });""",
        {"id": SENSOR, "payload": payload},
    )


def test_a_sensors_event_needs_no_stage(house: House) -> None:
    """Where, for how long, and how it stands now, in Home Assistant's words and live."""
    door(house)
    state = {"entity_id": "binary_sensor.hall_door", "state": "on", "attributes": {}}
    house.open(
        f"/vigilar/event/{SENSOR}",
        hass={"states": {"binary_sensor.hall_door": state}},
    )
    plain = house.view.locator(".plain")
    expect(plain.locator("dt")).to_have_text(["Area", "Going on for", "Now"])
    expect(plain.locator("dd").first).to_have_text("Hall")
    expect(plain.locator("dd").last).to_have_text("on")
    house.stage.js(
        """mounted.hass = { ...mounted.hass, formatEntityState: ({ state }) => state === "on" ? "Open" : "Closed",
            states: { "binary_sensor.hall_door": { ...given, state: "off" } } };""",
        state,
    )
    expect(plain.locator("dd").last).to_have_text("Closed")
    house.stage.write(SENSOR, payload={"phase": "ended", "end_ts": 1})
    expect(plain.locator("dt")).to_have_text(["Area", "Now"])
    expect(house.view.get_by_text("Nothing was recorded")).to_have_count(0)


def test_a_sensors_event_shows_what_cameras_saw(house: House) -> None:
    """The pictures of its incident, in the order in which they were; each leads to its event."""
    door(house, incident_id="01DRIVEWAY0000000000000000")
    house.stage.js(
        "await import('/fake-incident.js'); fakeIncident.fillWithIncident(server)"
    )
    house.open(f"/vigilar/event/{SENSOR}")
    shots = house.view.locator(".shot")
    expect(shots.locator("bdi")).to_have_text(
        ["Person · Driveway", "Person · Porch", "Motion · Front door"]
    )
    expect(shots.locator("img")).to_have_count(3)
    shots.nth(1).click()
    house.until_path("/vigilar/event/01PORCH0000000000000000000")
    expect(shots).to_have_count(0)


def test_pictures_that_come_late_take_the_stage(house: House) -> None:
    """An event is plain only as long as there is nothing to see."""
    house.stage.write("01A", type="person", severity="alert", ts=1000)
    house.open("/vigilar/event/01A")
    expect(house.view.locator(".plain")).to_be_visible()
    house.stage.write(
        "01A", payload={"media": {"snapshot": {"state": "pending", "url": None}}}
    )
    expect(house.view.get_by_text("The snapshot is being made")).to_be_visible()
    expect(house.view.locator(".plain")).to_have_count(0)


def test_a_description_is_shown_with_who_gave_it(house: House) -> None:
    """As text, whatever the assistant has made of it."""
    house.visitor(
        description={"text": "A courier with <i>a box</i>", "by": "Helper", "ts": 0}
    )
    house.open()
    expect(house.view.get_by_text("A courier with <i>a box</i>")).to_be_visible()
    expect(house.view.get_by_text("Helper, ")).to_be_visible()


def test_a_test_says_that_it_is_one(house: House) -> None:
    """Nobody is to be frightened by it."""
    house.visitor(test=True)
    house.open()
    expect(house.view.get_by_text("Test", exact=True)).to_be_visible()


def test_it_follows_its_event(house: House) -> None:
    """What changes on the server changes here, without a question."""
    house.media(snapshot={"state": "pending", "url": None})
    house.open()
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    asked = len(house.sent("vigilar/event/get"))
    house.visitor(why="Seen again", note={"text": "<b>Hi</b>", "by": "Ben", "ts": 0})
    expect(house.view.get_by_text("Seen again")).to_be_visible()
    expect(house.view.get_by_text("<b>Hi</b>")).to_be_visible()
    house.media(
        snapshot={"state": "ready", "url": "/api/vigilar/events/x/snapshot", "size": 1}
    )
    house.view.get_by_role("button", name="Snapshot").click()
    expect(house.view.get_by_role("img", name="Person, Front door")).to_be_visible()
    assert len(house.sent("vigilar/event/get")) == asked


def test_nothing_is_missed_while_the_connection_was_lost(house: House) -> None:
    """After a reconnection it is asked again."""
    house.open()
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    house.stage.js("server.connection.lose()")
    house.visitor(why="Changed meanwhile")
    house.stage.js("server.connection.restore()")
    expect(house.view.get_by_text("Changed meanwhile")).to_be_visible()


def test_a_deletion_elsewhere_is_told(house: House) -> None:
    """The view does not pretend."""
    house.open()
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    house.stage.js("server.remove(given)", VISITOR)
    expect(house.view.get_by_text("This event was deleted")).to_be_visible()


@pytest.mark.parametrize("event_id", ["01NOBODY", "not%20an%20id"])
def test_an_unknown_event_leads_back(house: House, event_id: str) -> None:
    """An old link ends at a page that says what to do."""
    house.open(f"/vigilar/event/{event_id}?severity=alert")
    expect(house.view.get_by_text("There is no such event")).to_be_visible()
    house.view.get_by_role("button", name="To the timeline").click()
    house.until_path("/vigilar/timeline?severity=alert")


def test_a_server_that_is_not_ready_is_asked_again(house: House) -> None:
    """Vigilar may still be starting when a notification is opened."""
    house.stage.js(
        "server.refusals['vigilar/event/get'] = { code: 'not_found', message: 'Loading' }"
    )
    house.open()
    expect(house.view.get_by_text("The event cannot be loaded")).to_be_visible()
    house.stage.js("server.refusals = {}")
    expect(house.view.get_by_text("11 sec")).to_be_visible()


def test_neighbours_are_those_of_the_filter(house: House) -> None:
    """Keys and buttons go on within what the list shows; going back leaves the view."""
    house.stage.js("history.replaceState(null, '', '/vigilar/timeline?severity=alert')")
    house.open("/vigilar/timeline?severity=alert")
    house.stage.js(
        """const { navigate } = await import("/frontend/router.js");
        navigate(given);""",
        f"{PATH}?severity=alert",
    )
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    expect(house.view.get_by_role("button", name="Older event")).to_be_disabled()
    newest = house.sent("vigilar/event/get")[-1]
    assert newest["severities"] == ["alert"]
    house.page.keyboard.press("]")
    house.page.wait_for_function("(path) => location.pathname !== path", arg=PATH)
    expect(house.view.get_by_role("button", name="Newer event")).to_be_disabled()
    house.page.keyboard.press("ArrowDown")
    house.until_path(f"{PATH}?severity=alert")
    house.view.get_by_role("button", name="Back", exact=True).click()
    house.until_path("/vigilar/timeline?severity=alert")


def test_review_feedback_protection_and_note_reach_the_server(house: House) -> None:
    """What people say is sent, and shown as the server tells it."""
    house.open()
    view = house.view
    view.get_by_role("button", name="Mark as reviewed").click()
    expect(view.get_by_text("Reviewed by Anna")).to_be_visible()
    view.get_by_role("button", name="Reviewed", exact=True).click()
    expect(view.get_by_text("Reviewed by Anna")).to_have_count(0)
    assert [each["reviewed"] for each in house.sent("vigilar/review/mark")] == [
        True,
        False,
    ]
    view.get_by_role("button", name="False alarm").click()
    expect(view.get_by_text('Anna: "This was a false alarm"')).to_be_visible()
    view.get_by_role("button", name="More").click()
    view.get_by_role("menuitemcheckbox", name="This was a vehicle").click()
    expect(view.get_by_text('Anna: "This was a vehicle"')).to_be_visible()
    view.get_by_role("button", name="More").click()
    view.get_by_role("menuitemcheckbox", name="This was a vehicle").click()
    expect(view.get_by_text("Anna:")).to_have_count(0)
    assert [each["verdict"] for each in house.sent("vigilar/feedback")] == [
        "false_alarm",
        "vehicle",
        None,
    ]
    view.get_by_role("button", name="Protect").click()
    expect(view.get_by_role("button", name="Protected")).to_be_visible()
    view.get_by_role("button", name="Add a note").click()
    view.get_by_role("textbox", name="Note").fill("The postman")
    view.get_by_role("button", name="Save").click()
    expect(view.get_by_text("The postman")).to_be_visible()


def test_keys_in_the_note_are_letters(house: House) -> None:
    """Writing does not page through the events or stop the clip."""
    house.open()
    house.until_video("!video.paused")
    house.view.get_by_role("button", name="Add a note").click()
    house.view.get_by_role("textbox", name="Note").press_sequentially("k [m] ")
    house.page.keyboard.press("ArrowUp")
    house.until_path(PATH)
    assert not house.video("video.paused")
    house.page.keyboard.press("Escape")
    expect(house.view.get_by_role("textbox", name="Note")).to_have_count(0)


def test_opening_reviews_only_for_who_wants_it(house: House) -> None:
    """By itself nothing is marked; as an option it is, after two seconds in sight."""
    house.open()
    expect(house.view.get_by_text("11 sec")).to_be_visible()
    house.page.clock.run_for(5000)
    assert house.sent("vigilar/review/mark") == []
    house.view.get_by_role("button", name="More").click()
    house.view.get_by_role(
        "menuitemcheckbox", name="Opening an event marks it reviewed"
    ).click()
    expect(house.view.get_by_text("Reviewed by Anna")).to_be_visible()


def test_deleting_asks_first_and_goes_on(house: House) -> None:
    """Cancelling deletes nothing; deleting a protected one is forced, and told so before."""
    house.visitor(protected=True)
    house.open()
    view = house.view
    for button in ("Cancel", "Delete"):
        view.get_by_role("button", name="More").click()
        view.get_by_role("menuitem", name="Delete").click()
        dialog = view.get_by_role("dialog")
        expect(dialog).to_contain_text("It is protected")
        dialog.get_by_role("button", name=button).click()
        expect(dialog).to_have_count(0)
        if button == "Cancel":
            assert house.sent("vigilar/event/delete") == []
    house.page.wait_for_function("(path) => location.pathname !== path", arg=PATH)
    assert house.sent("vigilar/event/delete") == [
        {"type": "vigilar/event/delete", "event_ids": [VISITOR], "force": True}
    ]
    expect(view.get_by_role("heading", level=2)).to_contain_text("Vehicle")


def test_who_may_not_control_is_offered_only_what_works(house: House) -> None:
    """Everybody may review and judge; protecting and deleting are for others."""
    house.stage.js(
        "server.sources = server.sources.map((source) => ({ ...source, can_control: false }))"
    )
    house.open(admin=False)
    expect(house.view.get_by_role("button", name="False alarm")).to_be_visible()
    expect(house.view.get_by_role("button", name="Protect")).to_have_count(0)
    house.view.get_by_role("button", name="More").click()
    expect(house.view.get_by_role("menuitem", name="Delete")).to_have_count(0)


def test_what_the_server_refuses_is_told(house: House) -> None:
    """A refusal is read, not guessed."""
    house.stage.js(
        "server.refusals['vigilar/protect'] = { code: 'home_assistant_error', message: 'The database cannot be read' }"
    )
    house.open()
    house.view.get_by_role("button", name="Protect").click()
    expect(house.view.get_by_text("The database cannot be read")).to_be_visible()


def test_files_are_saved_under_telling_names(house: House) -> None:
    """Clip, snapshot and bundle come from signed addresses."""
    house.open()
    for name, expected in (
        ("Download the clip", "front_door_2026-11-23T10-45"),
        ("Download the snapshot", "front_door_2026-11-23T10-45"),
        ("Export everything as a bundle", ""),
    ):
        house.view.get_by_role("button", name="More").click()
        with house.page.expect_download() as download:
            house.view.get_by_role("menuitem", name=name).click()
        assert "authSig=" in download.value.url
        assert download.value.suggested_filename.startswith(expected)


def test_the_link_is_copied_without_the_filter(house: House) -> None:
    """Also without TLS, where there is no clipboard to write to."""
    house.open(f"{PATH}?severity=alert")
    house.stage.js(
        """Object.defineProperty(navigator, "clipboard", { value: undefined });
        document.execCommand = () => { window.copied = getSelection().toString(); return true; };"""
    )
    house.view.get_by_role("button", name="Share").click()
    expect(house.view.get_by_text("The link is copied")).to_be_visible()
    assert str(house.stage.js("return copied")).endswith(PATH)


def test_addresses_are_signed_once_and_anew_after_a_restart(house: House) -> None:
    """A restarted Home Assistant signs with another secret."""
    signed = house.stage.js(
        """const { signedUrl, forgetUrl } = await import("/frontend/media.js");
        const hass = fake.makeHass(server.connection, { hassUrl: (path) => `http://far${path}` });
        const sign = () => signedUrl(hass, "/api/x");
        const urls = [await sign(), await sign()];
        forgetUrl(hass, "/api/x");
        urls.push(await sign());
        server.connection.lose();
        server.connection.restore();
        urls.push(await sign());
        return urls;"""
    )
    assert signed == [f"http://far/api/x?authSig={number}" for number in (1, 1, 2, 3)]


def test_a_refused_signature_is_tried_again(house: House) -> None:
    """One failure is not kept."""
    assert house.stage.js(
        """const { signedUrl } = await import("/frontend/media.js");
            const hass = fake.makeHass(server.connection);
            server.refusals["auth/sign_path"] = { code: "timeout" };
            const failed = await signedUrl(hass, "/api/x").catch(({ code }) => code);
            server.refusals = {};
            return [failed, await signedUrl(hass, "/api/x")];"""
    ) == ["timeout", "/api/x?authSig=1"]


def test_a_phone_does_not_scroll_sideways(house: House) -> None:
    """All of it fits 320 pixels."""
    house.page.set_viewport_size({"width": 320, "height": 640})
    house.open(narrow=True)
    expect(house.view.get_by_text("Who was told")).to_be_attached()
    assert house.stage.js("return document.documentElement.scrollWidth") == 320
    body = house.view.locator(".body")
    assert body.evaluate("(body) => body.scrollWidth - body.clientWidth") == 0


PARTS = """const { ClipParts, clock, eventSpan } = await import("/frontend/clip-parts.js");"""


def test_the_lengths_of_parts_are_learned(stage: Stage) -> None:
    """Unknown parts share what is left; a wrong length of the whole does no harm."""
    assert stage.js(
        PARTS
        + """const parts = new ClipParts(3, 90_000);
        const guess = [parts.begin(2), parts.locate(45_000)];
        parts.learn(0, 10_000);
        parts.learn(1, Infinity);
        const better = [parts.begin(1), parts.begin(2), parts.unknown, parts.total];
        parts.learn(1, 20_000);
        parts.learn(2, 30_000);
        return [guess, better, parts.total, parts.unknown ?? null, parts.locate(29_999), parts.locate(30_000), parts.locate(1e9)];"""
    ) == [
        [60_000, {"part": 1, "offset": 15_000}],
        [10_000, 50_000, 1, 90_000],
        60_000,
        None,
        {"part": 1, "offset": 19_999},
        {"part": 2, "offset": 0},
        {"part": 2, "offset": 30_000},
    ]


def test_the_event_lies_within_its_clip(stage: Stage) -> None:
    """Clocks disagree; what sticks out is cut, what is unknown is not drawn."""
    assert stage.js(
        PARTS
        + """return [
            eventSpan({ start: 1000, total: 10_000, from: 2000, to: 6000 }),
            eventSpan({ start: 1000, total: 10_000, from: 0, to: null }),
            eventSpan({ start: undefined, total: 10_000, from: 0, to: 1 }) ?? null,
            clock(5_000), clock(65_000), clock(3_723_000),
        ];"""
    ) == [
        {"from": 0.1, "to": 0.5},
        {"from": 0, "to": 1},
        None,
        "0:05",
        "1:05",
        "1:02:03",
    ]
