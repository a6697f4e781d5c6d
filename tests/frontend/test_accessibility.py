"""What axe-core finds in the cards and in the panel's pages, in both themes."""

from playwright.sync_api import expect
import pytest

from scripts.harness.accessibility import assert_accessible

from . import tuning, view_house, view_scenes
from .conftest import House, Stage

THEMES = pytest.mark.parametrize("dark", [False, True])


def theme(dark: bool) -> dict[str, object]:
    """Return what `hass` knows of a theme."""
    return {"themes": {"darkMode": dark}}


@THEMES
@pytest.mark.parametrize("element", ["card", "panel"])
def test_the_timeline(stage: Stage, element: str, dark: bool) -> None:
    """Ribbon, filters and a list whose first row is under the pointer."""
    view_scenes.serve(stage.page.context)
    house = House(stage.page)
    house.open(
        element=element,
        hass=theme(dark),
        config={"view": "both", "show_filters": True} if element == "card" else {},
    )
    house.page.locator("li.event .row").first.hover()
    assert_accessible(house.page)


@THEMES
@pytest.mark.parametrize(
    ("path", "landmark"),
    [
        (view_house.PATH, "vigilar-event-view vigilar-clip-player video"),
        ("/vigilar/cameras", "vigilar-camera-still img"),
        ("/vigilar/live/front_door", "vigilar-live-page vigilar-live-player"),
    ],
)
def test_the_panels_pages(stage: Stage, path: str, landmark: str, dark: bool) -> None:
    """An event with everything, the cameras, and one of them live."""
    house = view_house.House(stage)
    house.open(path, hass=theme(dark))
    house.page.locator(landmark).first.wait_for(state="attached")
    assert_accessible(house.page)


@THEMES
def test_who_did_what(stage: Stage, dark: bool) -> None:
    """Filters, entries, and one that is open."""
    house = view_house.House(stage)
    stage.js("await import('/fake-audit.js'); fakeAudit.fillAudit(server);")
    house.open("/vigilar/audit", hass=theme(dark))
    house.page.get_by_role("button", name="Details").first.click()
    assert_accessible(house.page)


@THEMES
def test_zones_and_tuning(stage: Stage, dark: bool) -> None:
    """A camera with an include zone and a mask."""
    page = tuning.TuningStage(stage.page)
    page.show(tuning.DRIVE, tuning.STREET, hass=theme(dark))
    assert_accessible(page.page)


@THEMES
def test_a_refusal(stage: Stage, dark: bool) -> None:
    """What says that something is wrong is not told by colour alone."""
    stage.js("server.refusal = { code: 'unauthorized', message: '' }")
    stage.mount(element="panel", hass=theme(dark))
    stage.expect_status("Not connected")
    assert_accessible(stage.page)


def test_the_audit_notices_what_is_wrong(stage: Stage) -> None:
    """A picture without words and grey on grey are found, deep in shadow roots."""
    view_scenes.serve(stage.page.context)
    house = House(stage.page)
    house.open()
    expect(house.page.locator(".row .type").first).to_be_visible()
    house.in_timeline(
        "root.querySelector('.row .type').style.color = '#ddd'; root.querySelector('.scroller').append(new Image())"
    )
    with pytest.raises(AssertionError, match=r"(?s)color-contrast.*image-alt"):
        assert_accessible(house.page)


def test_an_empty_page_is_no_proof(stage: Stage) -> None:
    """A page that shows nothing of ours is not called accessible."""
    with pytest.raises(AssertionError, match="no element of Vigilar"):
        assert_accessible(stage.page)
