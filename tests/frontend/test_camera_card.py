"""The camera's card: picture, state, what moves, and the last events."""

from typing import Any

from playwright.sync_api import expect
import pytest

from scripts.harness.accessibility import assert_accessible

from . import view_scenes
from .conftest import Stage

FRONT: dict[str, object] = {
    "source_id": "front_door",
    "name": "Front door",
    "area": "Garden",
}
PERSON = {
    "id": "1",
    "box": [0.25, 0.5, 0.5, 0.25],
    "label": "person",
    "score": 0.9,
    "sure": True,
}


class CameraStage(Stage):
    """A camera card on the page."""

    def furnish(self, *cameras: Any) -> None:
        """Let the server have cameras; the first time also tell what moves."""
        self.js(
            """const camera = await import("/fake-camera.js");
            window.house = camera.furnish(server, given);
            if (!server.live) camera.tellWhatMoves(server);""",
            list(cameras),
        )

    def show(self, *, hass: object = None, **config: Any) -> None:
        """Show the card."""
        self.js(
            "await fake.mount({ element: 'camera', config: given.config, hass: { ...window.house, ...given.hass } })",
            {"config": config, "hass": hass or {}},
        )

    def change(self, entity_id: str, state: str) -> None:
        """Let a state change, as Home Assistant tells of it."""
        self.js(
            """const states = { ...hass.states, [given[0]]: { ...hass.states[given[0]], state: given[1] } };
            window.hass = { ...hass, states };
            mounted.hass = window.hass;""",
            [entity_id, state],
        )

    def player(self) -> str:
        """Wait for Home Assistant's player and return whose picture it shows."""
        player = self.page.locator("ha-camera-stream")
        player.wait_for()
        self.page.wait_for_function(
            "(picture) => picture.complete && picture.naturalWidth",
            arg=player.locator("img").element_handle(),
        )
        return str(player.evaluate("(player) => player.stateObj.entity_id"))

    def bounds(self, selector: str) -> tuple[float, float, float, float]:
        """Return where an element is: left, top, width, height."""
        box = self.page.locator(selector).bounding_box()
        assert box
        return box["x"], box["y"], box["width"], box["height"]


@pytest.fixture
def camera(stage: Stage) -> CameraStage:
    """Give a page with one camera and nothing mounted."""
    camera = CameraStage(stage.page)
    view_scenes.serve(stage.page.context)
    camera.furnish(FRONT)
    return camera


def test_home_assistants_player_shows_the_camera_live(camera: CameraStage) -> None:
    """Without controls and in its own shape, with the last events below."""
    camera.write("01A", ts=1000)
    camera.write("01B", ts=2000, source_id="garden")
    camera.show(source_id="front_door")
    assert camera.player() == "camera.front_door"
    player = camera.page.locator("ha-camera-stream")
    assert player.evaluate("(player) => player.controls") is False
    _, _, width, height = camera.bounds("ha-camera-stream")
    assert width / height == pytest.approx(16 / 9, rel=0.02)
    expect(camera.page.locator("h2")).to_have_text("Front door")
    asked = camera.js(
        "return server.connection.subscriptions.map(({ message }) => message)"
    )
    assert {
        "type": "vigilar/timeline/subscribe",
        "limit": 5,
        "source_ids": ["front_door"],
    } in asked


@pytest.mark.parametrize(
    ("live", "element"),
    [
        (True, "vigilar-live-player"),
        ("always", "vigilar-live-player"),
        (False, "vigilar-camera-still"),
        ("never", "vigilar-camera-still"),
        ("auto", "vigilar-live-player"),
    ],
)
def test_one_chooses_whether_it_is_live(
    camera: CameraStage, live: object, element: str
) -> None:
    """Always, never, or while it is on the screen."""
    camera.show(source_id="front_door", live=live)
    camera.page.locator(element).wait_for()
    assert camera.page.locator("vigilar-live-player, vigilar-camera-still").count() == 1


def test_a_card_out_of_sight_holds_no_stream(camera: CameraStage) -> None:
    """Scrolled away it is a still of the same shape, and comes back live."""
    camera.furnish({**FRONT, "shape": "4 / 3"})
    camera.show(source_id="front_door")
    camera.player()
    before = camera.bounds(".stage")
    camera.js(
        """document.body.style.paddingTop = '3000px';
        document.body.style.paddingBottom = '3000px';"""
    )
    camera.page.locator("vigilar-camera-still").wait_for(state="attached")
    expect(camera.page.locator("ha-camera-stream")).to_have_count(0)
    assert camera.bounds(".stage")[3] == pytest.approx(before[3], abs=1)
    camera.js("mounted.scrollIntoView()")
    camera.player()
    camera.js("mounted.remove()")
    assert (
        camera.js(
            "return server.connection.subscriptions.filter(({ active }) => active).length"
        )
        == 0
    )


def test_a_camera_of_an_address_shows_its_last_event(camera: CameraStage) -> None:
    """Home Assistant has no entity of it, but a picture; nothing moves on that."""
    camera.furnish({**FRONT, "entity": None})
    camera.show(source_id="front_door", live=True, boxes=True)
    expect(camera.page.locator("vigilar-camera-still .past")).to_have_text("Last event")
    expect(camera.page.get_by_role("button", name="Show what moves")).to_have_count(0)
    assert camera.js("return server.live.subscriptions.length") == 0


def test_a_camera_that_gives_no_picture_shows_its_last_event(
    camera: CameraStage,
) -> None:
    """What was there is better than nothing, as long as it says so."""
    camera.page.route("**/camera_proxy/**", lambda route: route.fulfill(body=""))
    camera.show(source_id="front_door", live="never")
    still = camera.page.locator("vigilar-camera-still")
    expect(still.locator(".past")).to_have_text("Last event")
    expect(still.locator("img")).to_be_visible()


def test_a_picture_that_there_never_was_is_not_asked_for(camera: CameraStage) -> None:
    """Before the first event Home Assistant would answer with an error."""
    camera.furnish({**FRONT, "entity": None, "unseen": True})
    asked: list[str] = []
    camera.page.on("request", lambda request: asked.append(request.url))
    camera.show(source_id="front_door")
    camera.page.locator("vigilar-camera-still svg").wait_for()
    assert [url for url in asked if "/api/" in url] == []


def test_the_camera_entity_names_the_source_as_well(camera: CameraStage) -> None:
    """One may give the camera that Home Assistant knows."""
    camera.show(camera="camera.front_door", title="Porch")
    assert camera.player() == "camera.front_door"
    expect(camera.page.locator("h2")).to_have_text("Porch")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Watching"),
        ({"online": False, "tampered": True}, "Offline"),
        ({"detecting": False}, "Detection off"),
        ({"tampered": True}, "Tampered with"),
    ],
)
def test_the_state_is_told_in_words(
    camera: CameraStage, more: dict[str, object], words: str
) -> None:
    """What one must know before one trusts the picture."""
    camera.furnish({**FRONT, **more})
    camera.show(source_id="front_door")
    expect(camera.page.locator(".state")).to_have_text(words)


def test_the_state_follows(camera: CameraStage) -> None:
    """The sensor's state and the server's word reach the card."""
    camera.show(source_id="front_door")
    state = camera.page.locator(".state")
    expect(state).to_have_text("Watching")
    camera.change("binary_sensor.front_door_problem", "on")
    expect(state).to_have_text("Tampered with")
    camera.change("binary_sensor.front_door_problem", "off")
    expect(state).to_have_text("Watching")


def test_what_moves_is_framed_on_request(camera: CameraStage) -> None:
    """One subscription, only while the button is pressed."""
    camera.show(source_id="front_door")
    camera.player()
    assert camera.js("return server.live.subscriptions.length") == 0
    button = camera.page.get_by_role("button", name="Show what moves")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    camera.page.wait_for_function("server.live.subscriptions.length === 1")
    assert camera.js("return server.live.subscriptions[0].message") == {
        "type": "vigilar/live/subscribe",
        "source_id": "front_door",
    }
    camera.js("server.live.tell([given])", PERSON)
    box = camera.page.locator(".box")
    expect(box).to_contain_text("Person")
    left, top, width, height = camera.bounds("ha-camera-stream")
    drawn = camera.bounds(".box")
    assert drawn == pytest.approx(
        (left + width / 4, top + height / 2, width / 2, height / 4), abs=2
    )
    button.click()
    expect(box).to_have_count(0)
    camera.page.wait_for_function("!server.live.subscriptions[0].active")


def test_frames_vanish_with_the_connection(camera: CameraStage) -> None:
    """A frame that stands still would be a lie."""
    camera.show(source_id="front_door", boxes=True)
    camera.page.wait_for_function("server.live.subscriptions.length === 1")
    camera.js("server.live.tell([given])", PERSON)
    expect(camera.page.locator(".box")).to_have_count(1)
    camera.js("server.connection.lose()")
    expect(camera.page.locator(".box")).to_have_count(0)


def test_a_server_that_does_not_tell_is_said(camera: CameraStage) -> None:
    """The button comes back up, and words say why."""
    camera.js("server.live.refusal = { code: 'unknown_command' }")
    camera.show(source_id="front_door")
    button = camera.page.get_by_role("button", name="Show what moves")
    button.click()
    expect(camera.page.get_by_text("What moves cannot be shown now")).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_shape_that_is_asked_for_cuts_above_and_below(camera: CameraStage) -> None:
    """The middle of the picture shows, and frames stay where they belong."""
    camera.show(source_id="front_door", boxes=True, aspect_ratio="3:1")
    camera.player()
    camera.page.wait_for_function("server.live.subscriptions.length === 1")
    camera.js("server.live.tell([given])", PERSON)
    left, top, width, height = camera.bounds("ha-camera-stream")
    assert height == pytest.approx(width * 9 / 16, abs=2)
    stage = camera.bounds(".stage")
    assert stage[3] == pytest.approx(width / 3, abs=1)
    assert top + height / 2 == pytest.approx(stage[1] + stage[3] / 2, abs=1)
    assert camera.bounds(".box")[:2] == pytest.approx(
        (left + width / 4, top + height / 2), abs=2
    )


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("16:9", 16 / 9),
        ("4x3", 4 / 3),
        ("50%", 2.0),
        ("1.5", 1.5),
        ("21/9", 21 / 9),
        ("0", None),
        ("16:", None),
        ("16:0", None),
        ("wide", None),
        ("", None),
    ],
)
def test_ratios_are_understood(stage: Stage, text: str, ratio: float | None) -> None:
    """As Home Assistant's own cards understand them."""
    parsed = stage.js(
        "return (await import('/frontend/camera-config.js')).parseRatio(given) ?? null",
        text,
    )
    assert parsed == (ratio and pytest.approx(ratio))


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"source_id": 3}, "source_id must be a text"),
        (
            {"source_id": "a", "camera": "camera.a"},
            "Give either source_id or camera, not both",
        ),
        ({"events": 21}, "events must be a whole number from 0 to 20"),
        ({"events": -1}, "events must be a whole number from 0 to 20"),
        ({"boxes": "yes"}, "boxes must be true or false"),
        (
            {"live": "now"},
            'live knows only auto, always, never, true, false; not "now"',
        ),
        ({"aspect_ratio": "wide"}, "aspect_ratio must be a ratio such as 16:9"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(
    camera: CameraStage, config: dict[str, object], complaint: str
) -> None:
    """The text says which key, and how."""
    camera.show(source_id="front_door")
    told = camera.js(
        """try { mounted.setConfig({ type: "x", ...given }); } catch ({ message }) { return message; }""",
        config,
    )
    assert told == complaint


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "Choose a camera"),
        ({"source_id": "attic"}, "There is no such camera"),
    ],
)
def test_a_card_without_camera_says_so(
    camera: CameraStage, config: dict[str, object], words: str
) -> None:
    """Neither blank nor an error."""
    camera.show(**config)
    expect(camera.page.locator(".notice")).to_contain_text(words)


def test_a_house_without_camera_leads_to_the_first(camera: CameraStage) -> None:
    """The same words as the timeline's; an administrator is led there."""
    camera.furnish()
    camera.show(hass={"user": {"id": "a", "name": "Anna", "is_admin": True}})
    expect(camera.page.locator(".notice strong")).to_have_text("No cameras yet")
    camera.page.get_by_role("button", name="Add a camera").click()
    assert (
        camera.js("return location.pathname")
        == "/config/integrations/integration/vigilar"
    )


def test_only_an_administrator_is_led_to_the_first_camera(camera: CameraStage) -> None:
    """Others could not add one."""
    camera.furnish()
    camera.show(hass={"user": {"id": "b", "name": "Ben", "is_admin": False}})
    expect(camera.page.locator(".notice strong")).to_have_text("No cameras yet")
    expect(camera.page.get_by_role("button")).to_have_count(0)


def test_a_refusal_is_told(camera: CameraStage) -> None:
    """What the timeline would say, the card says."""
    camera.js("server.refusal = { code: 'unauthorized', message: '' }")
    camera.show(source_id="front_door")
    expect(camera.page.locator(".notice strong")).to_have_text(
        "You may not see this timeline"
    )


def test_cards_share_one_watch_of_the_sources(camera: CameraStage) -> None:
    """However many cameras a dashboard shows, their states come once."""
    camera.show(source_id="front_door", events=0)
    camera.js(
        """const second = document.createElement("vigilar-camera-card");
        second.setConfig({ type: "x", source_id: "front_door", events: 0 });
        second.hass = hass;
        document.body.append(second);"""
    )
    expect(camera.page.locator(".state")).to_have_count(2)
    assert camera.js("return server.connection.subscriptions.length") == 1
    assert camera.page.locator("vigilar-timeline").count() == 0


def test_the_enlarged_picture_is_a_page_of_the_panel(camera: CameraStage) -> None:
    """Where there is a panel; else there is no button."""
    camera.show(source_id="front_door")
    camera.page.get_by_role("button", name="Open Front door large").click()
    assert camera.js("return location.pathname") == "/vigilar/live/front_door"
    camera.js("mounted.hass = { ...hass, panels: {} }")
    expect(camera.page.get_by_role("button", name="Open")).to_have_count(0)


def test_the_picker_offers_and_edits_it(camera: CameraStage) -> None:
    """Stub, form, size and the suggestion for an entity of a camera."""
    camera.show(source_id="front_door")
    camera.page.wait_for_function("window.customCards?.length === 1")
    expect(camera.page.locator("vigilar-timeline .notice")).to_be_visible()
    stub, schema, labels, refused, sizes, suggestions = camera.js(
        """const card = customElements.get("vigilar-camera-card");
        const form = await card.getConfigForm();
        let refused;
        try { form.assertConfig({ events: 99 }); } catch ({ message }) { refused = message; }
        const sizes = [mounted.getGridOptions(), mounted.getCardSize()];
        mounted.setConfig({ type: "x", source_id: "front_door", events: 0 });
        sizes.push(mounted.getGridOptions(), mounted.getCardSize());
        const [entry] = customCards;
        const entities = { ...hass.entities, "light.lamp": { platform: "hue", device_id: "device_front_door" } };
        return [
            await card.getStubConfig(hass), form.schema,
            form.schema.map((field) => [form.computeLabel(field), form.computeHelper(field)]),
            refused, sizes,
            ["camera.front_door", "binary_sensor.front_door_motion", "sensor.vigilar_unreviewed", "light.lamp"]
                .map((id) => entry.getEntitySuggestion({ entities }, id)),
        ];"""
    )
    assert stub == {"source_id": "front_door"}
    assert [field["name"] for field in schema] == [
        "source_id",
        "title",
        "events",
        "live",
        "boxes",
        "aspect_ratio",
    ]
    assert schema[0]["selector"]["select"]["options"] == [
        {"value": "front_door", "label": "Front door"}
    ]
    assert all(label and not label.startswith("editor.") for label, _ in labels)
    assert refused == "events must be a whole number from 0 to 20"
    assert sizes == [
        {"columns": 12, "rows": 8, "min_columns": 6, "min_rows": 3},
        11,
        {"columns": 12, "rows": "auto", "min_columns": 6, "min_rows": 3},
        5,
    ]
    found = {
        "config": {"type": "custom:vigilar-camera-card", "source_id": "front_door"}
    }
    assert suggestions == [found, found, None, None]


@pytest.mark.parametrize("dark", [False, True])
def test_everyone_can_use_it(camera: CameraStage, dark: bool) -> None:
    """Axe finds nothing serious, with frames and events."""
    camera.js("fake.fillWithStories(server)")
    camera.show(source_id="front_door", boxes=True, hass={"themes": {"darkMode": dark}})
    camera.page.wait_for_function("server.live.subscriptions.length === 1")
    camera.js("server.live.tell([given])", PERSON)
    expect(camera.page.locator(".box")).to_have_count(1)
    assert_accessible(camera.page)
