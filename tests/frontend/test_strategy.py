"""The dashboard that makes itself."""

from typing import Any

import pytest

from .conftest import Stage

CAMERAS: list[dict[str, Any]] = [
    {"source_id": "garage", "name": "Garage", "area": "Yard"},
    {"source_id": "loft", "name": "Loft"},
    {"source_id": "porch", "name": "Porch", "area": "Entrance", "tampered": True},
    {"source_id": "barn", "name": "Barn", "area": "Yard"},
]


class StrategyStage(Stage):
    """Home Assistant's side of a strategy."""

    def furnish(self, cameras: list[dict[str, Any]]) -> None:
        """Let the server have cameras."""
        self.js(
            """const { furnish } = await import("/fake-camera.js");
            window.hass = fake.makeHass(server.connection, furnish(server, given));
            fake.defineHomeAssistant(hass);
            await import("/frontend/vigilar-strategy.js");""",
            cameras,
        )

    def generate(self, kind: str = "dashboard", **config: object) -> Any:
        """Ask as Home Assistant asks; errors come as their texts."""
        return self.js(
            """const strategy = await customElements.whenDefined(`ll-strategy-${given[0]}-vigilar`);
            return strategy.generate({ type: "custom:vigilar", ...given[1] }, hass).catch(({ message }) => message);""",
            [kind, config],
        )


@pytest.fixture
def house(stage: Stage) -> StrategyStage:
    """Give a house with four cameras."""
    house = StrategyStage(stage.page)
    house.furnish(CAMERAS)
    return house


def shown(view: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the heading and the camera of each section."""
    return [
        (section["cards"][0]["heading"], section["cards"][1]["source_id"])
        for section in view["sections"]
    ]


def test_the_dashboard_has_the_timeline_and_every_camera(house: StrategyStage) -> None:
    """Cameras by area, those without one last."""
    dashboard = house.generate()
    timeline, cameras = dashboard["views"]
    assert dashboard["title"] == "Security"
    assert [view["title"] for view in dashboard["views"]] == ["Timeline", "Cameras"]
    (section,) = timeline["sections"]
    (card,) = section["cards"]
    assert card["type"] == "custom:vigilar-timeline-card"
    assert shown(cameras) == [
        ("Entrance", "porch"),
        ("Yard", "barn"),
        ("Yard", "garage"),
        ("No area", "loft"),
    ]
    assert {each["cards"][1]["type"] for each in cameras["sections"]} == {
        "custom:vigilar-camera-card"
    }


def test_badges_tell_what_is_unreviewed_and_which_camera_needs_somebody(
    house: StrategyStage,
) -> None:
    """A problem shows only while there is one."""
    for view in house.generate()["views"]:
        unreviewed, *problems = view["badges"]
        assert unreviewed["entity"] == "sensor.vigilar_unreviewed"
        assert "visibility" not in unreviewed
        assert [badge["visibility"] for badge in problems] == [
            [
                {
                    "condition": "state",
                    "entity": f"binary_sensor.{source_id}_problem",
                    "state": "on",
                }
            ]
            for source_id in ("porch", "barn", "garage", "loft")
        ]


def test_a_house_without_areas_has_no_headings(house: StrategyStage) -> None:
    """Nothing is said where there is nothing to tell apart."""
    house.furnish([CAMERAS[1]])
    (section,) = house.generate("view")["sections"]
    assert section["cards"] == [
        {"type": "custom:vigilar-camera-card", "source_id": "loft"}
    ]


def test_cameras_can_be_ordered_and_hidden(house: StrategyStage) -> None:
    """Those with a place of their own come first; a camera that is gone is no error."""
    views = house.generate(
        cameras={"order": ["loft", "gone", "garage"], "hidden": ["porch"]}
    )["views"]
    assert [source_id for _, source_id in shown(views[1])] == ["loft", "garage", "barn"]


@pytest.mark.parametrize("key", ["order", "hidden"])
@pytest.mark.parametrize("kind", ["dashboard", "view"])
def test_a_list_that_is_none_is_refused(
    house: StrategyStage, kind: str, key: str
) -> None:
    """The text says which key."""
    for value in ("porch", [3]):
        told = house.generate(kind, cameras={key: value})
        assert told == f"cameras.{key} must be a list of texts"


def test_a_house_without_camera_gets_the_timeline_that_leads_to_one(
    house: StrategyStage,
) -> None:
    """One view, no errors, nothing empty."""
    house.furnish([])
    dashboard = house.generate()
    assert [view["path"] for view in dashboard["views"]] == ["timeline"]
    assert house.generate("view", view="cameras") == dashboard["views"][0]


def test_a_server_that_does_not_answer_still_gets_a_dashboard(
    house: StrategyStage,
) -> None:
    """The timeline itself says what is wrong."""
    house.js("server.refusal = { code: 'not_loaded', message: '' }")
    assert [view["path"] for view in house.generate()["views"]] == ["timeline"]


def test_a_view_can_be_had_alone(house: StrategyStage) -> None:
    """In somebody's own dashboard; the cameras, unless the timeline is asked for."""
    timeline, cameras = house.generate()["views"]
    assert house.generate("view") == cameras
    assert house.generate("view", view="timeline") == timeline
    assert (
        house.generate("view", view="attic")
        == 'view knows only timeline, cameras; not "attic"'
    )


def test_asking_for_the_sources_leaves_no_subscription(house: StrategyStage) -> None:
    """A dashboard is made often; nothing stays behind."""
    house.generate()
    house.generate()
    house.page.wait_for_function(
        "server.connection.subscriptions.every(({ active }) => !active)"
    )
    assert house.js("return server.connection.listeners()") == 0


def test_it_follows_the_registries(house: StrategyStage) -> None:
    """Home Assistant makes it anew when a camera comes or moves."""
    for kind in ("dashboard", "view"):
        assert house.js(
            "return (await customElements.whenDefined(`ll-strategy-${given}-vigilar`)).registryDependencies",
            kind,
        ) == ["entities", "devices", "areas"]


def test_it_is_offered_among_new_dashboards_once(house: StrategyStage) -> None:
    """With a name, and with a title and an icon for the sidebar."""
    house.page.wait_for_function("window.customStrategies?.length === 1")
    house.js(
        """window.looks = 0;
        const real = customStrategies.some;
        customStrategies.some = (test) => { looks += 1; return real.call(customStrategies, test); };
        await import("/frontend/vigilar-strategy.js?again");"""
    )
    house.page.wait_for_function("looks === 1")
    strategies, suggestion = house.js(
        """const strategy = customElements.get("ll-strategy-dashboard-vigilar");
        return [customStrategies.map(({ type, strategyType, name }) => [type, strategyType, name]),
            await strategy.getCreateSuggestions(hass)];"""
    )
    assert strategies == [["vigilar", "dashboard", "Vigilar"]]
    assert suggestion == {"title": "Security", "icon": "mdi:cctv"}


def test_nothing_is_defined_before_home_assistant(stage: Stage) -> None:
    """Classes made before Home Assistant has replaced the registry would be lost."""
    for module in ("vigilar-strategy", "vigilar-camera-card"):
        stage.js("await import(`/frontend/${given}.js`)", module)
    names = ["ll-strategy-dashboard-vigilar", "vigilar-camera-card"]
    assert stage.js(
        "return given.map((name) => customElements.get(name) ?? null)", names
    ) == [None, None]
    derived = stage.js(
        """const Native = window.HTMLElement;
        window.HTMLElement = class extends Native {};
        fake.defineHomeAssistant(fake.makeHass(server.connection));
        const found = await Promise.all(given.map((name) => customElements.whenDefined(name)));
        return found.map((element) => element.prototype instanceof window.HTMLElement);""",
        names,
    )
    assert derived == [True, True]
