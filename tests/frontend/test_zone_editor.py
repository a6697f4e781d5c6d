"""Zones are drawn and changed with mouse, finger and keyboard."""

from playwright.sync_api import expect
import pytest

from .tuning import DRIVE, STREET, TuningStage

TRIANGLE = [[0.2, 0.2], [0.4, 0.2], [0.3, 0.5]]


def draw(tuning: TuningStage, *places: tuple[float, float]) -> None:
    """Begin to draw, and set corners with the mouse."""
    tuning.button("Draw a zone").click()
    for place in places:
        tuning.click(*place)


@pytest.mark.parametrize("closing", ["first", "double", "Enter", "Done"])
def test_a_zone_is_drawn_with_the_mouse(tuning: TuningStage, closing: str) -> None:
    """The first corner, a double click, Enter and the button close it."""
    tuning.show()
    draw(tuning, (0.2, 0.2), (0.4, 0.2))
    expect(tuning.button("Done")).to_have_count(0)
    if closing == "double":
        tuning.page.mouse.dblclick(*tuning.at(0.3, 0.5))
    else:
        tuning.click(0.3, 0.5)
    match closing:
        case "first":
            tuning.click(0.2, 0.2)
        case "Enter":
            tuning.page.keyboard.press("Enter")
        case "Done":
            tuning.button("Done").click()
    expect(tuning.page.locator(".zone-name")).to_have_text("Zone 1")
    tuning.expect_points(TRIANGLE)
    assert tuning.zones()[0]["kind"] == "include"
    expect(tuning.page.locator(".sketch")).to_have_count(0)


def test_drawing_can_be_given_up_and_taken_back(tuning: TuningStage) -> None:
    """Escape leaves nothing; Ctrl+Z takes the last corner."""
    tuning.show(DRIVE)
    draw(tuning, (0.2, 0.2), (0.4, 0.2), (0.3, 0.5))
    expect(tuning.page.locator(".mark")).to_have_count(3)
    tuning.page.keyboard.press("Control+z")
    expect(tuning.page.locator(".mark")).to_have_count(2)
    tuning.page.keyboard.press("Enter")
    expect(tuning.page.locator(".mark")).to_have_count(2)
    tuning.page.keyboard.press("Escape")
    expect(tuning.page.locator(".mark")).to_have_count(0)
    assert tuning.zones() == [DRIVE]
    expect(tuning.button("Draw a zone")).to_be_enabled()


def test_drawing_over_a_zone_leaves_it_alone(tuning: TuningStage) -> None:
    """Corners are set, whatever is under the mouse."""
    tuning.show(DRIVE)
    draw(tuning, (0.55, 0.5), (0.65, 0.5), (0.6, 0.7), (0.55, 0.5))
    expect(tuning.page.locator(".zone-name")).to_have_text(["Drive", "Zone 2"])
    assert tuning.zones()[0] == DRIVE
    tuning.expect_points([[0.55, 0.5], [0.65, 0.5], [0.6, 0.7]], 1)


def test_corners_snap_to_the_edges_of_the_picture(tuning: TuningStage) -> None:
    """What is drawn along an edge lies on it."""
    tuning.show()
    draw(tuning, (0.004, 0.3), (0.5, 0.003), (0.996, 0.99))
    tuning.page.keyboard.press("Enter")
    expect(tuning.page.locator(".zone-name")).to_have_count(1)
    points = tuning.points()
    assert [points[0][0], points[1][1]] == [0, 0]
    assert points[2] == [1, 1]


def test_a_corner_is_dragged_as_one_step(tuning: TuningStage) -> None:
    """One drag is taken back by one undo, and only that corner moves."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    tuning.drag((0.7, 0.4), (0.9, 0.3))
    tuning.expect_points([[0.5, 0.4], [0.9, 0.3], [0.8, 0.8], [0.4, 0.8]])
    tuning.button("Undo").click()
    assert tuning.points() == DRIVE["points"]
    expect(tuning.button("Undo")).to_be_disabled()
    tuning.page.keyboard.press("Control+Shift+Z")
    tuning.expect_points([[0.5, 0.4], [0.9, 0.3], [0.8, 0.8], [0.4, 0.8]])


def test_a_zone_is_dragged_and_stays_on_the_picture(tuning: TuningStage) -> None:
    """It keeps its shape at the edge."""
    tuning.show(DRIVE)
    tuning.drag((0.6, 0.6), (0.5, 0.5))
    tuning.expect_points([[0.4, 0.3], [0.6, 0.3], [0.7, 0.7], [0.3, 0.7]])
    tuning.drag((0.5, 0.5), (0.98, 0.5))
    tuning.expect_points([[0.7, 0.3], [0.9, 0.3], [1, 0.7], [0.6, 0.7]])


def test_a_press_only_chooses(tuning: TuningStage) -> None:
    """Nothing moves; a press beside all zones chooses none."""
    tuning.show(DRIVE, STREET)
    tuning.click(0.5, 0.9)
    expect(tuning.page.locator(".zone.chosen .name")).to_have_text("Street")
    expect(tuning.page.locator(".zone-list .open .zone-name")).to_have_text("Street")
    tuning.click(0.1, 0.1)
    expect(tuning.page.locator(".zone.chosen")).to_have_count(0)
    assert tuning.zones() == [DRIVE, STREET]
    expect(tuning.button("Undo")).to_be_disabled()


def test_a_corner_is_pulled_out_of_an_edge(tuning: TuningStage) -> None:
    """By its handle, anywhere along the edge, and by a press on the handle."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    expect(tuning.page.locator(".handle")).to_have_count(4)
    tuning.drag((0.6, 0.4), (0.6, 0.25))
    tuning.expect_points([[0.5, 0.4], [0.6, 0.25], [0.7, 0.4], [0.8, 0.8], [0.4, 0.8]])
    tuning.drag((0.725, 0.5), (0.9, 0.5))
    tuning.expect_points(
        [[0.5, 0.4], [0.6, 0.25], [0.7, 0.4], [0.9, 0.5], [0.8, 0.8], [0.4, 0.8]]
    )
    tuning.button("Undo").click()
    tuning.button("Undo").click()
    assert tuning.points() == DRIVE["points"]
    tuning.click(0.6, 0.8)
    tuning.expect_points([[0.5, 0.4], [0.7, 0.4], [0.8, 0.8], [0.6, 0.8], [0.4, 0.8]])


def test_a_corner_is_deleted_but_never_the_third_last(tuning: TuningStage) -> None:
    """A button says which one."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    tuning.click(0.7, 0.4)
    tuning.button("Delete point 2").click()
    assert tuning.points() == [[0.5, 0.4], [0.8, 0.8], [0.4, 0.8]]
    expect(tuning.button("Delete point 1")).to_be_disabled()


class Finger:
    """A finger on the screen."""

    def __init__(self, tuning: TuningStage) -> None:
        """Hold it above the picture."""
        self._tuning = tuning
        self._session = tuning.page.context.new_cdp_session(tuning.page)

    def _send(self, kind: str, *place: float) -> None:
        """Tell the browser where the finger is."""
        points = []
        if place:
            x, y = self._tuning.at(*place)
            points = [{"x": x, "y": y}]
        self._session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    def down(self, x: float, y: float) -> None:
        """Put it on a place of the picture."""
        self._tuning.rest()
        self._send("touchStart", x, y)

    def move(self, x: float, y: float) -> None:
        """Move it."""
        self._send("touchMove", x, y)

    def up(self) -> None:
        """Lift it."""
        self._send("touchEnd")

    def tap(self, x: float, y: float) -> None:
        """Touch a place."""
        self.down(x, y)
        self.up()


def test_a_zone_is_drawn_with_the_finger(tuning: TuningStage) -> None:
    """While a corner is under the finger, a loupe shows it elsewhere."""
    tuning.show()
    tuning.frame()
    finger = Finger(tuning)
    tuning.button("Draw a zone").click()
    loupe = tuning.page.locator(".loupe")
    finger.down(0.3, 0.3)
    expect(loupe).to_have_class("loupe at-right")
    finger.move(0.2, 0.2)
    finger.up()
    expect(loupe).to_have_count(0)
    finger.down(0.8, 0.2)
    expect(loupe).to_have_class("loupe at-left")
    expect(loupe.locator("image")).to_have_count(1)
    finger.up()
    finger.tap(0.5, 0.6)
    # Not on the spot, but near enough for a finger.
    finger.tap(0.22, 0.23)
    expect(tuning.page.locator(".zone-name")).to_have_text("Zone 1")
    tuning.expect_points([[0.2, 0.2], [0.8, 0.2], [0.5, 0.6]])


def test_a_finger_chooses_before_it_moves(tuning: TuningStage) -> None:
    """The first touch may mean to scroll; the second one drags."""
    tuning.show(DRIVE)
    finger = Finger(tuning)
    finger.down(0.6, 0.6)
    finger.move(0.6, 0.5)
    finger.up()
    assert tuning.zones() == [DRIVE]
    expect(tuning.page.locator(".zone.chosen")).to_have_count(1)
    finger.down(0.6, 0.6)
    finger.move(0.5, 0.5)
    finger.up()
    tuning.expect_points([[0.4, 0.3], [0.6, 0.3], [0.7, 0.7], [0.3, 0.7]])
    finger.down(0.62, 0.33)
    finger.move(0.7, 0.2)
    finger.up()
    tuning.expect_points([[0.4, 0.3], [0.7, 0.2], [0.7, 0.7], [0.3, 0.7]])


def test_grips_are_large_enough(tuning: TuningStage) -> None:
    """At least 24 pixels in each direction."""
    tuning.show(DRIVE)
    tuning.click(0.6, 0.6)
    for grip in tuning.page.locator(".corner .reach, .handle .reach").all():
        box = grip.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24


def test_a_zone_is_drawn_with_the_keyboard(tuning: TuningStage) -> None:
    """Arrow keys move a cross, Space sets a corner, Enter closes."""
    tuning.show()
    tuning.button("Draw a zone").focus()
    press = tuning.page.keyboard.press
    press("Enter")
    expect(tuning.page.locator(".cursor")).to_have_count(1)
    assert tuning.focused() == "Zones on the picture"
    press(" ")
    press("Shift+ArrowRight")
    press("ArrowRight")
    press(" ")
    press("Shift+ArrowDown")
    press(" ")
    press("ArrowDown")
    press(" ")
    press("Backspace")
    expect(tuning.page.locator(".mark")).to_have_count(3)
    press("Enter")
    expect(tuning.page.locator(".zone-name")).to_have_text("Zone 1")
    assert tuning.points() == [[0.5, 0.5], [0.56, 0.5], [0.56, 0.55]]
    assert tuning.focused() == "Zone 1, Counts here, points: 3"


def test_zones_and_corners_are_reached_and_moved_with_keys(tuning: TuningStage) -> None:
    """Tab goes through zones and the corners of the chosen one; each says where it is."""
    tuning.show(DRIVE, STREET)
    press = tuning.page.keyboard.press
    tuning.js(
        "mounted.shadowRoot.querySelector('vigilar-zone-editor').shadowRoot.querySelector('.shape').focus()"
    )
    assert tuning.focused() == "Drive, Counts here, points: 4"
    press("ArrowRight")
    press("Shift+ArrowUp")
    assert tuning.points()[0] == [0.51, 0.35]
    press("Tab")
    assert tuning.focused() == "Point 1 of 4, 51% from the left, 35% from the top"
    press("Tab")
    press("Shift+ArrowLeft")
    press("ArrowDown")
    press("ArrowDown")
    assert tuning.focused() == "Point 2 of 4, 66% from the left, 37% from the top"
    assert tuning.points()[1] == [0.66, 0.37]
    said = tuning.page.locator("vigilar-zone-editor [aria-live]")
    expect(said).to_have_text("66% from the left, 37% from the top")

    press("Insert")
    assert tuning.focused() == "Point 3 of 5, 74% from the left, 56% from the top"
    press("Delete")
    assert tuning.focused() == "Point 2 of 4, 66% from the left, 37% from the top"
    press("Escape")
    assert tuning.focused() == "Drive, Counts here, points: 4"
    for _ in range(5):
        press("Tab")
    assert tuning.focused() == "Street, Mask, points: 4"
    press("Delete")
    assert [zone["name"] for zone in tuning.zones()] == ["Drive"]
    expect(said).to_have_text("Zone deleted")


def test_steps_with_the_arrow_keys_are_taken_back_together(tuning: TuningStage) -> None:
    """But not those of another corner."""
    tuning.show(DRIVE)
    press = tuning.page.keyboard.press
    tuning.click(0.6, 0.6)
    tuning.click(0.5, 0.4)
    for _ in range(7):
        press("ArrowLeft")
    press("Tab")
    press("ArrowUp")
    assert tuning.points()[:2] == [[0.43, 0.4], [0.7, 0.39]]
    press("Control+z")
    assert tuning.points()[:2] == [[0.43, 0.4], [0.7, 0.4]]
    press("Control+z")
    assert tuning.points() == DRIVE["points"]
    press("Control+z")
    assert tuning.points() == DRIVE["points"]


def test_the_third_last_corner_says_why_it_stays(tuning: TuningStage) -> None:
    """The key does nothing, and does not do it silently."""
    tuning.show({**DRIVE, "points": TRIANGLE})
    tuning.click(0.3, 0.3)
    tuning.click(0.2, 0.2)
    tuning.page.keyboard.press("Delete")
    assert tuning.points() == TRIANGLE
    expect(tuning.page.locator("vigilar-zone-editor [aria-live]")).to_have_text(
        "A zone needs three points"
    )


@pytest.mark.parametrize(
    ("zones", "text"),
    [
        (
            [{**DRIVE, "points": [[0.2, 0.2], [0.6, 0.6], [0.6, 0.2], [0.2, 0.6]]}],
            "The edges cross: drag a point until they do not",
        ),
        (
            [{**DRIVE, "points": [[0.2, 0.2], [0.2, 0.2], [0.6, 0.2]]}],
            "A zone needs three different points",
        ),
        (
            [{**DRIVE, "points": [[0.2, 0.2], [0.4, 0.2], [0.6, 0.2]]}],
            "The points lie on one line",
        ),
        (
            [{**DRIVE, "points": [[n / 100, n * n / 1e4] for n in range(65)]}],
            "A zone has at most 64 points",
        ),
        ([DRIVE, {**STREET, "name": " Drive "}], "Another zone has this name"),
        ([{**DRIVE, "name": "  "}], "Give the zone a name"),
    ],
)
def test_what_is_wrong_with_a_zone_is_said(
    tuning: TuningStage, zones: list[dict[str, object]], text: str
) -> None:
    """In words, and on the picture."""
    tuning.show(*zones)
    expect(tuning.page.locator("p.wrong")).to_have_text(text)
    expect(tuning.page.locator("svg .zone.wrong")).to_have_count(1)


def test_more_than_sixteen_zones_cannot_be_drawn(tuning: TuningStage) -> None:
    """The button is off and says why; deleting one turns it on."""
    tuning.show(*({**DRIVE, "name": f"Zone {n}"} for n in range(16)))
    expect(tuning.button("Draw a zone")).to_be_disabled()
    expect(tuning.page.get_by_text("A camera has at most 16 zones")).to_be_visible()
    tuning.page.locator(".zone-head").first.click()
    tuning.button("Delete zone").click()
    expect(tuning.button("Draw a zone")).to_be_enabled()


def test_a_zone_is_named_and_changed_in_the_list(tuning: TuningStage) -> None:
    """Typing is one step; in the field Ctrl+Z undoes typing, outside of it the step."""
    tuning.show(DRIVE, STREET)
    tuning.page.locator(".zone-head").first.click()
    field = tuning.page.get_by_label("Name")
    field.fill("")
    field.press_sequentially("Lawn")
    tuning.page.locator(".details").get_by_role("button", name="Mask").click()
    assert tuning.zones()[0] == {**DRIVE, "name": "Lawn", "kind": "mask"}
    expect(tuning.page.locator("code")).to_have_count(0)
    tuning.page.keyboard.press("Control+z")
    expect(tuning.page.locator("code")).to_have_text('"zones": ["Lawn"]')
    tuning.page.keyboard.press("Control+z")
    assert tuning.zones() == [DRIVE, STREET]


def test_names_are_only_ever_text(tuning: TuningStage) -> None:
    """Whatever a zone is called."""
    name = "<img src=x onerror=alert(1)>"
    tuning.show({**DRIVE, "name": name})
    expect(tuning.page.locator("svg .name")).to_have_text(name)
    expect(tuning.page.locator(".zone-name")).to_have_text(name)


def test_history_is_bounded(tuning: TuningStage) -> None:
    """A hundred steps can be taken back, and a new one forgets those taken back."""
    assert tuning.js(
        """const { ZoneStore } = await import("/frontend/zone-editor-store.js");
        const store = new ZoneStore(() => {});
        store.reset([given]);
        for (let n = 0; n < 130; n++) store.rename(0, "n".repeat(n + 1)), store.setKind(0, n % 2 ? "include" : "mask");
        let steps = 0;
        while (store.canUndo) store.undo(), steps++;
        const name = store.zones[0].name.length;
        store.redo();
        store.rename(0, "new");
        return [steps, name, store.canRedo];""",
        DRIVE,
    ) == [100, 80, False]
