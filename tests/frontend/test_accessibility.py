"""What axe-core finds in the cards and the panel, in both themes."""

import pytest

from scripts.harness.accessibility import assert_accessible

from .conftest import Stage

THEMES = {"light": False, "dark": True}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("element", ["card", "panel"])
def test_events_can_be_read_and_reached_by_everyone(
    stage: Stage, element: str, theme: str
) -> None:
    """A full list, one of its rows open."""
    stage.js("fake.fillWithStories(server)")
    stage.mount(element=element, hass={"themes": {"darkMode": THEMES[theme]}})
    stage.expect_status("Live")
    stage.page.locator(".row").first.click()
    assert_accessible(stage.page)


@pytest.mark.parametrize("theme", THEMES)
def test_a_refusal_can_be_read_by_everyone(stage: Stage, theme: str) -> None:
    """What says that something is wrong is not told by colour alone."""
    stage.js("server.refusal = { code: 'unauthorized', message: '' }")
    stage.mount(element="panel", hass={"themes": {"darkMode": THEMES[theme]}})
    stage.expect_status("Not connected")
    assert_accessible(stage.page)


def test_the_audit_notices_what_is_wrong(stage: Stage) -> None:
    """A picture without words and grey on grey are found, deep in shadow roots."""
    stage.js("fake.fillWithStories(server)")
    stage.mount(element="panel")
    stage.expect_status("Live")
    stage.in_timeline(
        "root.querySelector('.type').style.color = '#ddd'; root.querySelector('.scroller').append(new Image())"
    )
    with pytest.raises(AssertionError, match=r"(?s)color-contrast.*image-alt"):
        assert_accessible(stage.page)


def test_an_empty_page_is_no_proof(stage: Stage) -> None:
    """A page that shows nothing of ours is not called accessible."""
    with pytest.raises(AssertionError, match="no element of Vigilar"):
        assert_accessible(stage.page)
