"""The page "Zones and tuning": what is tried out, saved, replayed and told."""

import json
from typing import Any

from playwright.sync_api import expect
import pytest

from .tuning import DRIVE, STREET, WALKER, TuningStage

SUBSCRIBE = "vigilar/tuning/subscribe"
SAVE = "vigilar/tuning/save"
REPLAY = "vigilar/tuning/replay"
SETTINGS = {"sensitivity": 5, "min_height": 0, "min_duration": 0.5, "quiet_time": 3}


def active(tuning: TuningStage, command: str = SUBSCRIBE) -> list[dict[str, Any]]:
    """Return what the subscriptions that are not ended have asked for."""
    asked: list[dict[str, Any]] = tuning.js(
        "return tuning.active(given).map(({ message: { type, ...rest } }) => rest)",
        command,
    )
    return asked


def slide(tuning: TuningStage, name: str, value: float) -> None:
    """Move a slider of the settings."""
    tuning.button("Sensitivity").click()
    tuning.js(
        """const slider = mounted.shadowRoot.querySelector(`#${given.name}`);
        slider.value = given.value;
        slider.dispatchEvent(new InputEvent("input", { bubbles: true }));""",
        {"name": name, "value": value},
    )


def bar(tuning: TuningStage) -> Any:
    """Return what the bar of unsaved changes says."""
    return tuning.page.locator("footer [role=status]")


def asks_before_leaving(tuning: TuningStage) -> bool:
    """Return whether the browser's tab would ask before it is closed."""
    asked: bool = tuning.js(
        """const event = new Event("beforeunload", { cancelable: true });
        window.dispatchEvent(event);
        return event.defaultPrevented;"""
    )
    return asked


# --- frames


def test_frames_show_what_counts_and_why(tuning: TuningStage) -> None:
    """Boxes, paths, heat and a word to each, and the lamp says the sum of it."""
    tuning.show()
    lamp = tuning.page.locator(".lamp")
    expect(lamp).to_have_text("No live picture")
    small = {**WALKER, "id": 2, "sure": False, "why": "too_small"}
    tuning.frame(
        tracks=[WALKER, small],
        blobs=[{"box": [0.5, 0.5, 0.1, 0.1], "area": 0.01, "counts": True}],
        hot=[[0.5, 0.5, 6, 200]],
    )
    expect(lamp).to_have_text("Would count now")
    expect(tuning.page.locator(".track.counts span")).to_have_text("Counts")
    expect(tuning.page.locator(".track:not(.counts) span")).to_have_text("Too small")
    expect(tuning.page.locator(".box.counts")).to_have_count(1)
    expect(tuning.page.locator("polyline")).to_have_count(2)
    pixel = tuning.js(
        """const canvas = mounted.shadowRoot.querySelector("vigilar-tuning-stage").shadowRoot.querySelector("canvas");
        return [...canvas.getContext("2d").getImageData(20, 11, 1, 1).data];"""
    )
    assert pixel[0] > 200
    assert 120 < pixel[3] < 220
    tuning.frame(tracks=[small])
    expect(lamp).to_have_text("Nothing would count now")


def test_a_reason_of_a_newer_server_is_still_words(tuning: TuningStage) -> None:
    """An unknown key is made readable."""
    tuning.show()
    tuning.frame(tracks=[{**WALKER, "sure": False, "why": "upside_down"}])
    expect(tuning.page.locator(".track span")).to_have_text("Why upside down")


@pytest.mark.parametrize(
    ("layer", "selector"),
    [
        ("Zones", ".zone"),
        ("Activity", "canvas:not([hidden])"),
        ("Changes", ".box"),
        ("Tracks", ".track"),
    ],
)
def test_each_layer_can_be_switched_off(
    tuning: TuningStage, layer: str, selector: str
) -> None:
    """And on again."""
    tuning.show(DRIVE)
    tuning.frame(
        tracks=[WALKER],
        blobs=[{"box": [0.5, 0.5, 0.1, 0.1], "area": 0.01, "counts": True}],
    )
    chip = tuning.page.locator(".chip").filter(has_text=layer)
    drawn = tuning.page.locator(selector)
    expect(drawn.first).to_be_attached()
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(drawn).to_have_count(0)
    chip.click()
    expect(drawn.first).to_be_attached()


def test_a_frame_that_grows_old_is_not_believed(tuning: TuningStage) -> None:
    """The picture stays to draw on; nothing is said to count."""
    tuning.show()
    tuning.frame(tracks=[WALKER])
    expect(tuning.page.locator(".lamp")).to_have_text("Would count now")
    tuning.page.clock.run_for(5000)
    expect(tuning.page.locator(".lamp")).to_have_text("No live picture")
    expect(tuning.page.locator(".track")).to_have_count(0)
    expect(tuning.page.locator("vigilar-tuning-stage img")).to_have_count(1)


def test_the_cameras_picture_is_for_drawing_and_the_analysis_for_tuning(
    tuning: TuningStage,
) -> None:
    """Unless the user chooses."""
    tuning.show()
    tuning.frame(tracks=[WALKER])
    picture = tuning.page.locator("vigilar-tuning-stage img")
    camera, live = "/api/camera_proxy/", "data:image/jpeg;base64,"

    def shows(kind: str) -> None:
        tuning.page.wait_for_function(
            """(kind) => mounted.shadowRoot.querySelector("vigilar-tuning-stage")
                .shadowRoot.querySelector("img")?.getAttribute("src").includes(kind)""",
            arg=kind,
        )

    expect(picture).to_have_count(1)
    shows(camera)
    tuning.button("Sensitivity").click()
    shows(live)
    tuning.button("Camera").click()
    shows(camera)
    tuning.button("Analysis").click()
    tuning.button("Zones").first.click()
    shows(live)


def test_the_cameras_picture_is_renewed_calmly(tuning: TuningStage) -> None:
    """Every five seconds while it is seen, and not at all in a hidden tab."""
    tuning.show()
    expect(tuning.button("Camera")).to_be_visible()
    assert tuning.pictures == 1
    tuning.page.clock.run_for(4000)
    assert tuning.pictures == 1
    tuning.page.clock.run_for(1500)
    tuning.page.wait_for_timeout(100)
    assert tuning.pictures == 2


# --- trying out


def test_a_slider_is_judged_at_once_but_not_saved(tuning: TuningStage) -> None:
    """Frames come by the draft beside those by what is saved; resting decides."""
    tuning.show(DRIVE)
    tuning.wait_asked(SUBSCRIBE, 1)
    slide(tuning, "sensitivity", 7)
    slide(tuning, "sensitivity", 8)
    tuning.page.clock.run_for(400)
    tuning.page.wait_for_function(
        f"tuning.active('{SUBSCRIBE}').at(-1).message.settings?.sensitivity === 8"
    )
    assert active(tuning) == [
        {"source_id": "front_door"},
        {
            "source_id": "front_door",
            "settings": {**SETTINGS, "sensitivity": 8},
            "zones": [DRIVE],
        },
    ]
    assert tuning.asked(SAVE) == []
    expect(bar(tuning)).to_have_text("Changes that are not saved yet")

    tuning.frame(draft=False, tracks=[WALKER])
    tuning.frame(draft=True, tracks=[{**WALKER, "sure": False, "why": "too_small"}])
    expect(tuning.page.locator(".lamp")).to_have_text("Nothing would count now")
    expect(tuning.page.locator(".track span")).to_have_text("Too small")
    tuning.frame(draft=False, tracks=[WALKER, {**WALKER, "id": 2}])
    expect(tuning.page.locator(".track span")).to_have_text(["Too small"])

    tuning.button("Back to 5").click()
    tuning.page.clock.run_for(400)
    tuning.page.wait_for_function(
        f"tuning.active('{SUBSCRIBE}').length === 1 && !tuning.active('{SUBSCRIBE}')[0].message.settings"
    )
    expect(tuning.page.locator("footer")).to_have_count(0)
    tuning.frame(tracks=[WALKER])
    expect(tuning.page.locator(".lamp")).to_have_text("Would count now")


def test_settings_have_their_limits_units_and_words(tuning: TuningStage) -> None:
    """As the server gives them."""
    tuning.show()
    tuning.button("Sensitivity").click()
    sliders = tuning.page.get_by_role("slider")
    expect(sliders).to_have_count(4)
    height = tuning.page.get_by_label("Smallest height")
    assert height.evaluate("({min, max, step, value}) => [min, max, step, value]") == [
        "0",
        "50",
        "0.5",
        "0",
    ]
    slide(tuning, "min_height", 2.5)
    expect(height).to_have_attribute("aria-valuetext", "2.5 %")
    expect(tuning.page.locator("output").nth(1)).to_have_text("2.5 %")
    expect(tuning.button("Back to 0 %")).to_be_visible()


def test_the_last_minute_compares_what_is_saved_with_what_is_tried_out(
    tuning: TuningStage,
) -> None:
    """Each has its row; what nobody knows is neither."""
    tuning.show()
    slide(tuning, "sensitivity", 2)
    tuning.page.clock.run_for(400)
    tuning.wait_asked(SUBSCRIBE, 2)
    for _ in range(5):
        tuning.frame(draft=False, counts=True)
        tuning.frame(draft=True, counts=False)
        tuning.page.clock.run_for(2000)
    expect(
        tuning.page.get_by_role("img", name="Saved: something counted for 1")
    ).to_be_visible()
    expect(
        tuning.page.get_by_role("img", name="Your changes: nothing counted")
    ).to_be_visible()


def test_the_history_of_a_minute(tuning: TuningStage) -> None:
    """Stretches are shares of a minute; a sample is believed for a while; old ones go."""
    answer = tuning.js(
        """const { CountHistory } = await import("/frontend/tuning-page-history.js");
        const history = new CountHistory(3000);
        const add = (s, counts) => history.add(1000 * s, counts);
        for (let s = 0; s < 6; s++) add(s, true);
        add(6, false);
        add(30, true);
        add(33, undefined);
        const first = [history.stretches(60_000), history.counted(60_000)];
        const second = history.stretches(63_000);
        for (let s = 60; s < 2000; s++) add(s, s % 2 > 0);
        return [...first, second, history.size];"""
    )
    stretches, counted, later, size = answer
    assert [(one["counts"], one["from"], one["to"]) for one in stretches] == [
        (True, 0, pytest.approx(0.1)),
        (False, pytest.approx(0.1), pytest.approx(0.15)),
        (True, pytest.approx(0.5), pytest.approx(0.55)),
    ]
    assert counted == pytest.approx(9000)
    assert later[0]["to"] == pytest.approx(0.05)
    assert size < 70


def test_drawing_changes_what_frames_are_judged_by(tuning: TuningStage) -> None:
    """A shape that is no polygon is not tried out; the one before it is."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    tuning.drag((0.7, 0.4), (0.9, 0.3))
    tuning.page.clock.run_for(400)
    tuning.page.wait_for_function(
        """([type, zones]) => JSON.stringify(tuning.active(type).at(-1).message.zones) === zones""",
        arg=[SUBSCRIBE, json.dumps(tuning.zones(), separators=(",", ":"))],
    )
    tuning.drag((0.9, 0.3), (0.5, 0.95))
    tuning.page.clock.run_for(400)
    expect(bar(tuning)).to_have_text("A zone must be put right first")
    expect(tuning.button("Apply")).to_be_disabled()
    crossing = tuning.zones()
    assert all(asked.get("zones") != crossing for asked in tuning.asked(SUBSCRIBE))


# --- saving


def test_what_has_changed_is_saved_and_no_more(tuning: TuningStage) -> None:
    """Zones without settings, and settings without zones."""
    tuning.show(DRIVE, STREET)
    tuning.page.locator(".zone-head").first.click()
    tuning.page.get_by_label("Name").fill(" Drive way ")
    tuning.button("Apply").click()
    expect(tuning.page.locator("footer")).to_have_count(0)
    slide(tuning, "quiet_time", 9)
    tuning.button("Apply").click()
    expect(tuning.page.locator("footer")).to_have_count(0)
    assert tuning.asked(SAVE) == [
        {
            "source_id": "front_door",
            "zones": [{**DRIVE, "name": "Drive way"}, STREET],
        },
        {"source_id": "front_door", "settings": {**SETTINGS, "quiet_time": 9}},
    ]
    tuning.page.clock.run_for(400)
    assert active(tuning) == [{"source_id": "front_door"}]


def test_a_refused_save_loses_nothing(tuning: TuningStage) -> None:
    """The server's words are shown, the changes stay, and another try saves them."""
    tuning.show(DRIVE)
    slide(tuning, "sensitivity", 9)
    tuning.js(
        "tuning.refusals['vigilar/tuning/save'] = { code: 'invalid', message: 'Sensitivity: too much' }"
    )
    tuning.button("Apply").click()
    expect(bar(tuning)).to_have_text("Sensitivity: too much")
    expect(tuning.page.locator("output").first).to_have_text("9")
    tuning.js("tuning.refusals = {}")
    tuning.button("Apply").click()
    expect(tuning.page.locator("footer")).to_have_count(0)
    assert tuning.js("return tuning.saved.front_door.settings.sensitivity") == 9


def test_discarding_goes_back_to_what_is_saved(tuning: TuningStage) -> None:
    """Zones and settings alike."""
    tuning.show(DRIVE)
    tuning.drag((0.6, 0.6), (0.5, 0.5))
    slide(tuning, "sensitivity", 9)
    tuning.button("Discard").click()
    assert tuning.zones() == [DRIVE]
    expect(tuning.page.locator("output").first).to_have_text("5")
    expect(tuning.page.locator("footer")).to_have_count(0)
    assert tuning.asked(SAVE) == []


def test_zones_that_were_wrong_before_hinder_no_slider(tuning: TuningStage) -> None:
    """What the server once took is not sent again."""
    bow = {**DRIVE, "points": [[0.2, 0.2], [0.6, 0.6], [0.6, 0.2], [0.2, 0.6]]}
    tuning.show(bow)
    slide(tuning, "sensitivity", 9)
    expect(tuning.button("Apply")).to_be_enabled()
    tuning.button("Apply").click()
    tuning.wait_asked(SAVE, 1)
    assert "zones" not in tuning.asked(SAVE)[0]


def test_leaving_is_guarded_while_there_are_changes(tuning: TuningStage) -> None:
    """The browser asks; the page itself keeps them until one comes back."""
    tuning.show(DRIVE)
    assert not asks_before_leaving(tuning)
    tuning.drag((0.6, 0.6), (0.5, 0.5))
    assert asks_before_leaving(tuning)
    moved = tuning.zones()
    tuning.page.get_by_label("Camera").select_option("garden")
    expect(tuning.page.locator(".zone")).to_have_count(0)
    assert asks_before_leaving(tuning)
    tuning.js("mounted.remove()")
    assert asks_before_leaving(tuning)
    tuning.js("await fakes.mountTuning({ sourceId: 'front_door' })")
    expect(bar(tuning)).to_have_text("Changes that are not saved yet")
    assert tuning.zones() == moved
    tuning.button("Discard").click()
    assert not asks_before_leaving(tuning)


# --- replay


def event(number: int, **more: object) -> dict[str, Any]:
    """Describe an event that was replayed."""
    return {
        "event_id": f"E{number}",
        "ts": 1_795_000_000_000 + number * 60_000,
        "type": "motion",
        "verdict": None,
        "counts_before": True,
        "counts_after": True,
        **more,
    }


def replay(tuning: TuningStage) -> None:
    """Begin a replay."""
    tuning.button("Replay").first.click()
    tuning.page.locator(".panel .button.primary").click()


def test_a_replay_tells_what_would_have_been_different(tuning: TuningStage) -> None:
    """With what would be missed first, pictures, and a link to each event."""
    tuning.show(DRIVE)
    tuning.js(
        """const media = { thumbnail: { state: "ready", url: "/api/vigilar/events/E1/thumbnail" } };
        const event = { type: "motion", severity: "info" };
        tuning.events = [{ ...event, id: "E1", payload: { media } }, { ...event, id: "E2", payload: {} }];"""
    )
    slide(tuning, "sensitivity", 3)
    replay(tuning)
    tuning.wait_asked(REPLAY, 1)
    assert active(tuning, REPLAY) == [
        {
            "source_id": "front_door",
            "settings": {**SETTINGS, "sensitivity": 3},
            "zones": [DRIVE],
        }
    ]
    tuning.js("tuning.replay({ kind: 'progress', done: 3, total: 12 })")
    expect(tuning.page.locator(".progress")).to_have_text("3 of 12")
    dropped = {"counts_after": False}
    tuning.js(
        "tuning.replay({ kind: 'result', before: 12, after: 3, lost_confirmed: 1, events: given })",
        [
            event(1),
            event(2, **dropped),
            event(3, type="person", **dropped),
            event(4, verdict="false_alarm", type="person", **dropped),
            event(5, counts_before=False),
        ],
    )
    summary = tuning.page.locator(".summary")
    expect(summary.locator("strong")).to_have_text("12 → 3 events")
    expect(summary).to_contain_text("Lost among those that you confirmed: 1")
    links = tuning.page.locator(".replayed a")
    assert [link.get_attribute("href") for link in links.all()] == [
        f"/vigilar/event/E{number}" for number in (3, 5, 4, 2, 1)
    ]
    expect(links.locator(".outcome")).to_have_text(
        [
            "No longer counts",
            "Would count",
            "No longer counts",
            "No longer counts",
            "Counts",
        ]
    )
    expect(tuning.page.locator(".loss")).to_have_count(1)
    expect(links.nth(2)).to_contain_text("Marked as a false alarm")
    expect(links.nth(4).locator("img")).to_have_attribute(
        "src", "/api/vigilar/events/E1/thumbnail?authSig=signed"
    )
    assert active(tuning, REPLAY) == []

    slide(tuning, "sensitivity", 4)
    tuning.button("Replay").first.click()
    expect(summary).to_contain_text("You have changed something since")
    links.first.click()
    assert tuning.js("return location.pathname") == "/vigilar/event/E3"


def test_nothing_lost_is_said_too(tuning: TuningStage) -> None:
    """In the words one hopes for."""
    tuning.show()
    replay(tuning)
    tuning.js(
        "tuning.replay({ kind: 'result', before: 12, after: 3, lost_confirmed: 0, unclear: 2, events: [] })"
    )
    expect(tuning.page.locator(".summary")).to_contain_text(
        "they can no longer be judged: 2"
    )
    expect(tuning.page.locator(".summary")).to_contain_text(
        "None that you confirmed lost"
    )
    expect(tuning.page.locator(".summary")).not_to_contain_text("since")


def test_a_replay_can_be_stopped_and_ends_with_the_page(tuning: TuningStage) -> None:
    """The server hears of it, and what still comes is ignored."""
    tuning.show()
    replay(tuning)
    tuning.button("Stop").click()
    assert active(tuning, REPLAY) == []
    tuning.js(
        "tuning.subscriptions.at(-1).callback({ kind: 'progress', done: 1, total: 2 })"
    )
    expect(tuning.page.locator(".progress")).to_have_count(0)
    replay(tuning)
    tuning.wait_asked(REPLAY, 2)
    tuning.js("mounted.remove()")
    assert active(tuning, REPLAY) == []


def test_a_replay_that_fails_says_why(tuning: TuningStage) -> None:
    """Refused by the server, or cut off with the connection."""
    tuning.show()
    tuning.js(
        "tuning.refusals[given] = { code: 'busy', message: 'One at a time' }", REPLAY
    )
    replay(tuning)
    banner = tuning.page.locator(".panel .banner")
    expect(banner).to_contain_text("One at a time")
    tuning.js("tuning.refusals = {}")
    tuning.page.locator(".panel .button.primary").click()
    expect(tuning.page.locator(".progress")).to_have_count(1)
    tuning.js("tuning.lose(); tuning.restore()")
    expect(banner).to_contain_text("The replay did not finish")
    tuning.page.locator(".panel .button.primary").click()
    expect(tuning.page.locator(".progress")).to_have_count(1)
    tuning.js("tuning.replay({ kind: 'failed' })")
    expect(banner).to_contain_text("The replay did not finish")
    assert active(tuning, REPLAY) == []


def test_without_stored_events_it_says_that_they_come(tuning: TuningStage) -> None:
    """Instead of a button that does nothing."""
    tuning.js("tuning.stored = 0")
    tuning.show()
    tuning.button("Replay").click()
    expect(tuning.page.get_by_text("Nothing to replay yet")).to_be_visible()


# --- states and the connection


def test_only_administrators_tune(tuning: TuningStage) -> None:
    """Nothing is even asked for."""
    tuning.mount(hass={"user": {"id": "2", "name": "Ben", "is_admin": False}})
    expect(
        tuning.page.get_by_text("Only administrators can tune cameras")
    ).to_be_visible()
    assert tuning.js("return tuning.asked") == []


def test_without_cameras_it_leads_to_adding_one(tuning: TuningStage) -> None:
    """To Vigilar's page in the settings."""
    tuning.mount(sources=[])
    expect(tuning.page.get_by_role("link", name="Add a camera")).to_have_attribute(
        "href", "/config/integrations/integration/vigilar"
    )


def test_a_camera_that_is_gone_is_said_to_be(tuning: TuningStage) -> None:
    """The others can be chosen."""
    tuning.mount(sourceId="attic")
    expect(tuning.page.get_by_text("This camera is gone")).to_be_visible()
    tuning.page.get_by_label("Camera").select_option("garden")
    expect(tuning.canvas).to_be_visible()
    assert tuning.js("return location.pathname") == "/vigilar/tuning/garden"
    assert tuning.asked("vigilar/tuning/get") == [{"source_id": "garden"}]


def test_until_cameras_are_known_it_waits(tuning: TuningStage) -> None:
    """Then it takes the first one."""
    tuning.mount(sources=None, sourceId=None)
    expect(tuning.page.locator(".bone").first).to_be_visible()
    tuning.js("mounted.sources = fakes.SOURCES")
    expect(tuning.canvas).to_be_visible()
    assert tuning.asked("vigilar/tuning/get") == [{"source_id": "front_door"}]


def test_what_cannot_be_loaded_can_be_tried_again(tuning: TuningStage) -> None:
    """The button asks anew."""
    tuning.js("tuning.refusals['vigilar/tuning/get'] = { code: 'unknown_error' }")
    tuning.mount()
    expect(
        tuning.page.get_by_text("The camera's settings cannot be loaded")
    ).to_be_visible()
    tuning.js("tuning.refusals = {}")
    tuning.button("Try again").click()
    expect(tuning.canvas).to_be_visible()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"online": False}, "Offline"),
        ({"detecting": False}, "Detection is off"),
        ({"online": False, "detecting": False}, "Offline"),
    ],
)
def test_what_keeps_a_camera_from_counting_is_said(
    tuning: TuningStage, source: dict[str, bool], text: str
) -> None:
    """And it can be drawn on all the same."""
    tuning.show()
    expect(tuning.page.locator(".state")).to_have_count(0)
    tuning.js(
        "mounted.sources = [{ ...fakes.SOURCES[0], ...given }, fakes.SOURCES[1]]",
        source,
    )
    expect(tuning.page.locator(".state strong")).to_have_text(text)
    expect(tuning.button("Draw a zone")).to_be_enabled()


def test_how_the_camera_fares_is_told_live(tuning: TuningStage) -> None:
    """By the subscription itself, whatever was known before."""
    tuning.show()
    tuning.wait_asked(SUBSCRIBE, 1)
    state = tuning.page.locator(".state strong")
    tuning.js("tuning.tell({ kind: 'state', online: false, detecting: true })")
    expect(state).to_have_text("Offline")
    tuning.js("tuning.tell({ kind: 'state', online: true, detecting: false })")
    expect(state).to_have_text("Detection is off")
    tuning.js("tuning.tell({ kind: 'state', online: true, detecting: true })")
    expect(state).to_have_count(0)


def test_a_camera_that_is_set_up_anew_is_looked_at_again(tuning: TuningStage) -> None:
    """The server ends the subscription; another takes its place."""
    tuning.show()
    tuning.wait_asked(SUBSCRIBE, 1)
    tuning.js(
        "tuning.tell({ kind: 'ended' }); for (const each of tuning.subscriptions) each.active = false;"
    )
    tuning.page.clock.run_for(2100)
    tuning.wait_asked(SUBSCRIBE, 2)
    tuning.frame(tracks=[WALKER])
    expect(tuning.page.locator(".lamp")).to_have_text("Would count now")


def test_the_shape_of_the_picture_comes_with_it(tuning: TuningStage) -> None:
    """Where the camera has not shown one before."""
    tuning.js("tuning.aspect = null")
    tuning.show()
    frame = tuning.page.locator("vigilar-zone-editor .frame")
    assert frame.evaluate("frame => getComputedStyle(frame).aspectRatio") == (
        "1.77778 / 1"
    )
    tuning.js(
        "tuning.frame({ ...fakes.makeFrame({ luma: '' }), width: 320, height: 240 })"
    )
    tuning.page.wait_for_function(
        "mounted.shadowRoot.querySelector('vigilar-zone-editor').aspect === 4 / 3"
    )


def test_what_the_server_made_of_it_is_what_is_saved(tuning: TuningStage) -> None:
    """A rounded value leaves no change behind that nobody made."""
    tuning.show(DRIVE)
    tuning.js(
        """const send = tuning.sendMessagePromise.bind(tuning);
        tuning.sendMessagePromise = async (message) => {
            const answer = await send(message);
            if (message.type.endsWith("save")) answer.settings.min_height = 2;
            return answer;
        };"""
    )
    slide(tuning, "min_height", 2.5)
    tuning.button("Apply").click()
    expect(tuning.page.locator("footer")).to_have_count(0)
    expect(tuning.page.locator("output").nth(1)).to_have_text("2 %")


def test_a_camera_that_is_offline_is_drawn_on_its_last_picture(
    tuning: TuningStage,
) -> None:
    """That of its last event, where there is no other."""
    picture = "/api/vigilar/events/E1/snapshot?token=1"
    tuning.show(
        sources=[
            {
                "source_id": "front_door",
                "name": "Front door",
                "online": False,
                "device_id": "D",
            }
        ],
        hass={
            "entities": {
                "image.last": {
                    "platform": "vigilar",
                    "device_id": "D",
                    "translation_key": "last_event",
                }
            },
            "states": {
                "image.last": {
                    "entity_id": "image.last",
                    "state": "2026-11-23T10:00:00+00:00",
                    "attributes": {"entity_picture": picture},
                }
            },
        },
    )
    expect(tuning.page.locator("vigilar-tuning-stage img")).to_have_attribute(
        "src", picture
    )
    expect(tuning.button("Camera")).to_have_count(0)


def test_without_any_picture_it_says_so(tuning: TuningStage) -> None:
    """On the dark ground, where zones can be drawn."""
    tuning.show(
        sources=[{"source_id": "front_door", "name": "Front door", "online": False}]
    )
    expect(tuning.page.locator(".dark")).to_have_text(
        "The camera is offline, and there is no picture of it yet"
    )


def test_refused_frames_are_asked_for_again(tuning: TuningStage) -> None:
    """After a while that doubles."""
    tuning.js("tuning.refusals[given] = { code: 'not_ready' }", SUBSCRIBE)
    tuning.show()
    tuning.wait_asked(SUBSCRIBE, 1)
    tuning.page.clock.run_for(2100)
    tuning.wait_asked(SUBSCRIBE, 2)
    tuning.page.clock.run_for(2100)
    assert len(tuning.asked(SUBSCRIBE)) == 2
    tuning.js("tuning.refusals = {}")
    tuning.page.clock.run_for(2100)
    tuning.wait_asked(SUBSCRIBE, 3)
    tuning.frame(tracks=[WALKER])
    expect(tuning.page.locator(".lamp")).to_have_text("Would count now")


def test_after_a_lost_connection_it_goes_on_and_keeps_the_changes(
    tuning: TuningStage,
) -> None:
    """What others saved meanwhile is taken over where nothing was changed."""
    tuning.show(DRIVE)
    slide(tuning, "sensitivity", 9)
    tuning.page.clock.run_for(400)
    tuning.wait_asked(SUBSCRIBE, 2)
    tuning.js("tuning.lose(); tuning.saved.front_door.zones = [given];", STREET)
    tuning.js("tuning.restore()")
    expect(tuning.page.locator("svg .name")).to_have_text("Street")
    tuning.button("Sensitivity").click()
    expect(tuning.page.locator("output").first).to_have_text("9")
    tuning.wait_asked(SUBSCRIBE, 5)
    assert active(tuning) == [
        {"source_id": "front_door"},
        {
            "source_id": "front_door",
            "settings": {**SETTINGS, "sensitivity": 9},
            "zones": [STREET],
        },
    ]


def test_a_hidden_tab_asks_for_nothing(tuning: TuningStage) -> None:
    """And goes on when it is seen again."""
    tuning.show()
    tuning.wait_asked(SUBSCRIBE, 1)
    hide = "Object.defineProperty(document, 'hidden', { configurable: true, value: given });"
    seen = "document.dispatchEvent(new Event('visibilitychange'));"
    tuning.js(hide + seen, True)
    assert active(tuning) == []
    pictures = tuning.pictures
    tuning.page.clock.run_for(12_000)
    assert tuning.pictures == pictures
    tuning.js(hide + seen, False)
    tuning.wait_asked(SUBSCRIBE, 2)
    assert len(active(tuning)) == 1
    # What an ended subscription still says is not of now.
    tuning.js(
        "tuning.subscriptions[0].callback(fakes.makeFrame({ luma: '' })); await mounted.updateComplete"
    )
    expect(tuning.page.locator(".lamp")).to_have_text("No live picture")


def test_the_page_leaves_nothing_behind(tuning: TuningStage) -> None:
    """No subscription, no listener, no timer that asks."""
    tuning.show()
    slide(tuning, "sensitivity", 9)
    tuning.page.clock.run_for(400)
    tuning.wait_asked(SUBSCRIBE, 2)
    tuning.button("Discard").click()
    tuning.js("mounted.remove()")
    tuning.page.clock.run_for(400)
    assert active(tuning) == []
    assert tuning.js("return tuning.listeners") == 0
    asked = len(tuning.js("return tuning.asked"))
    tuning.page.clock.run_for(60_000)
    assert len(tuning.js("return tuning.asked")) == asked


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(tuning: TuningStage, width: int) -> None:
    """From a small phone to a desktop, with every tab open."""
    tuning.page.set_viewport_size({"width": width, "height": 800})
    tuning.show(
        {**DRIVE, "name": "A zone with quite a long name that does not end soon"}
    )
    tuning.frame(tracks=[WALKER])
    tuning.click(0.6, 0.6)
    for tab in ("Zones", "Sensitivity", "Replay"):
        tuning.page.locator(".side > .segments button").filter(has_text=tab).click()
        assert tuning.js("return [mounted.scrollWidth, mounted.clientWidth]") == [
            width,
            width,
        ]


def test_fingers_find_large_targets(tuning: TuningStage) -> None:
    """Nothing that is pressed is lower than 24 pixels."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    targets = tuning.page.locator(
        "vigilar-tuning-page button, vigilar-tuning-page select"
    )
    for target in targets.all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 24, target.inner_text()
