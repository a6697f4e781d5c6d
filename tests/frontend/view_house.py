"""The panel in a furnished house, as the tests of its pages see it."""

from playwright.sync_api import Locator, Page

from .conftest import Stage
from .view_scenes import serve

VISITOR = "01VISITOR00000000000000000"
PATH = f"/vigilar/event/{VISITOR}"


class House:
    """The panel in a furnished house."""

    def __init__(self, stage: Stage) -> None:
        """Let a visitor have come."""
        self.stage = stage
        self.page: Page = stage.page
        self.fetched = serve(stage.page.context)
        stage.js(
            """await import("/fake-view.js");
            window.server = fakeView.house();
            fakeView.fillWithVisitor(server);"""
        )

    @property
    def view(self) -> Locator:
        """Return the event view."""
        return self.page.locator("vigilar-event-view")

    def open(self, path: str = PATH, **options: object) -> None:
        """Show the panel at a path."""
        self.stage.js(
            "await fakeView.openPanel(given.path, given.options)",
            {"path": path, "options": options},
        )

    def sent(self, command: str) -> list[dict[str, object]]:
        """Return the commands of a type that the server has got."""
        sent: list[dict[str, object]] = self.stage.js(
            "return server.sentOf(given)", command
        )
        return sent

    def visitor(self, **payload: object) -> None:
        """Change the visitor's event on the server."""
        self.stage.write(VISITOR, payload=payload)

    def media(self, **media: object) -> None:
        """Change what there is to see of the visitor."""
        self.stage.js(
            """const { media } = server.events.get(given.id).payload;
            server.write({ id: given.id, payload: { media: { ...media, ...given.media } } });""",
            {"id": VISITOR, "media": media},
        )

    def video(self, script: str) -> object:
        """Evaluate an expression of `video`, the player's own."""
        player = self.page.locator("vigilar-clip-player video")
        return player.evaluate(f"(video) => {script}")

    def until_video(self, condition: str) -> None:
        """Wait until a condition of `video` holds."""
        self.page.wait_for_function(
            f"""() => {{
                const at = (root, name) => root?.querySelector(name)?.shadowRoot;
                const panel = document.querySelector("vigilar-panel").shadowRoot;
                const view = at(panel, "vigilar-event-view");
                const player = at(at(view, "vigilar-event-media"), "vigilar-clip-player");
                const video = player?.querySelector("video");
                return video && ({condition});
            }}"""
        )

    def until_path(self, path: str) -> None:
        """Wait until the address is this one."""
        self.page.wait_for_function(
            "(path) => location.pathname + location.search === path", arg=path
        )
