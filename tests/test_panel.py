"""What every page of the frontend loads."""

from pathlib import Path

from custom_components.vigilar.panel import FRONTEND_DIRECTORY
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant


async def test_every_page_loads_the_cards_and_the_strategy(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """From files that exist, below one path that carries the hash."""
    assert runtime
    urls = [
        Path(url)
        for url in hass.data[DATA_EXTRA_MODULE_URL].urls
        if url.startswith("/vigilar_static/")
    ]
    assert len({url.parent for url in urls}) == 1
    assert sorted(url.name for url in urls) == [
        "vigilar-camera-card.js",
        "vigilar-strategy.js",
        "vigilar-timeline-card.js",
    ]
    assert all((FRONTEND_DIRECTORY / url.name).is_file() for url in urls)
