"""The page "Zones and tuning" on a stage of its own."""

from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from .scenes import jpeg, luma, scene

DRIVE = {
    "name": "Drive",
    "kind": "include",
    "points": [[0.5, 0.4], [0.7, 0.4], [0.8, 0.8], [0.4, 0.8]],
}
STREET = {
    "name": "Street",
    "kind": "mask",
    "points": [[0, 0.85], [1, 0.85], [1, 0.95], [0, 0.95]],
}
WALKER = {
    "id": 1,
    "box": [0.55, 0.4, 0.08, 0.25],
    "path": [[0.7, 0.5], [0.65, 0.5], [0.59, 0.52]],
    "sure": True,
    "why": "counts",
}


class TuningStage:
    """The page, and the small server that it talks to."""

    def __init__(self, page: Page) -> None:
        """Begin with a camera that has no zones."""
        self.page = page
        self.pictures = 0
        page.route("**/api/camera_proxy/**", self._give_picture)
        page.route("**/api/vigilar/events/**", self._give_picture)
        self.js(
            """window.fakes = await import("/fake-tuning.js");
            window.tuning = new fakes.FakeTuning();"""
        )

    def _give_picture(self, route: Route) -> None:
        """Answer as a camera does."""
        self.pictures += 1
        route.fulfill(body=jpeg(scene(320)), content_type="image/jpeg")

    def js(self, script: str, argument: object = None) -> Any:
        """Run statements in the page; `argument` is at hand as `given`."""
        return self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    def mount(self, *zones: dict[str, Any], **options: object) -> None:
        """Show the page of the front door, which has these zones."""
        self.js(
            """tuning.saved.front_door.zones = given.zones;
            await fakes.mountTuning({ sourceId: "front_door", ...given.options });""",
            {"zones": zones, "options": options},
        )

    def show(self, *zones: dict[str, Any], **options: object) -> None:
        """Mount, and wait until zones can be drawn."""
        self.mount(*zones, **options)
        expect(self.canvas).to_be_visible()

    @property
    def canvas(self) -> Locator:
        """Return what zones are drawn on."""
        return self.page.locator("svg.zones")

    def button(self, name: str) -> Locator:
        """Return a button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the picture is on the screen."""
        box = self.canvas.bounding_box()
        assert box
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def rest(self) -> None:
        """Wait until the picture stands still: a touch may have scrolled the page."""
        before = None
        while before != (before := self.canvas.bounding_box()):
            self.page.evaluate(
                "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"
            )

    def click(self, x: float, y: float) -> None:
        """Click a place of the picture."""
        self.page.mouse.click(*self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse from one place of the picture to another."""
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=5)
        self.page.mouse.up()

    def zones(self) -> list[dict[str, Any]]:
        """Return the zones as they are drawn."""
        zones: list[dict[str, Any]] = self.js(
            "return mounted.shadowRoot.querySelector('vigilar-zone-editor').store.zones"
        )
        return zones

    def points(self, zone: int = 0) -> list[list[float]]:
        """Return the corners of a zone."""
        points: list[list[float]] = self.zones()[zone]["points"]
        return points

    def expect_points(self, points: list[list[float]], zone: int = 0) -> None:
        """Hold the corners of a zone against others, a pixel more or less."""
        drawn = self.points(zone)
        assert len(drawn) == len(points), drawn
        for one, other in zip(drawn, points, strict=True):
            assert abs(one[0] - other[0]) < 0.006, drawn
            assert abs(one[1] - other[1]) < 0.008, drawn

    def frame(self, *, draft: bool | None = None, **frame: object) -> None:
        """Let the server send a frame."""
        self.js(
            "tuning.frame(fakes.makeFrame(given.frame), given.draft ?? undefined)",
            {"frame": {"luma": luma(), **frame}, "draft": draft},
        )

    def asked(self, command: str) -> list[dict[str, Any]]:
        """Return every command of a kind, without its type."""
        asked: list[dict[str, Any]] = self.js(
            """return tuning.asked.filter(({ type }) => type === given)
                .map(({ type, ...rest }) => rest)""",
            command,
        )
        return asked

    def wait_asked(self, command: str, count: int) -> None:
        """Wait until a command was sent so often."""
        self.page.wait_for_function(
            """([command, count]) =>
                tuning.asked.filter(({ type }) => type === command).length === count""",
            arg=[command, count],
        )

    def focused(self) -> str | None:
        """Return the name of what has the focus on the picture."""
        name: str | None = self.js(
            """const editor = mounted.shadowRoot.querySelector("vigilar-zone-editor");
            await editor.updateComplete;
            return editor.shadowRoot.activeElement?.getAttribute("aria-label");"""
        )
        return name
