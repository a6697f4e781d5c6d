"""Give the browser its modules, and the sidebar its panel."""

import hashlib
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import (
    add_extra_js_url,
    async_panel_exists,
    async_remove_panel as async_remove_frontend_panel,
)
from homeassistant.components.http import StaticPathConfig
from homeassistant.components.panel_custom import (
    async_register_panel as async_register_custom_panel,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

FRONTEND_DIRECTORY: Final = Path(__file__).parent / "frontend"
# Loaded into every page; each registers what it is named after.
ENTRY_MODULES: Final = (
    "vigilar-timeline-card.js",
    "vigilar-camera-card.js",
    "vigilar-strategy.js",
)
URL_BASE: HassKey[str] = HassKey(f"{DOMAIN}_frontend_url")


async def async_serve_frontend(hass: HomeAssistant) -> None:
    """Serve the modules and load the cards into every page, once a process.

    The path holds a hash of the content: browsers keep static files for a
    month, and relative imports carry the path along.
    """
    digest = await hass.async_add_executor_job(_content_hash)
    base = f"/vigilar_static/{digest}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(base, str(FRONTEND_DIRECTORY), cache_headers=True)]
    )
    for module in ENTRY_MODULES:
        add_extra_js_url(hass, f"{base}/{module}")
    hass.data[URL_BASE] = base


async def async_register_panel(hass: HomeAssistant) -> None:
    """Show the timeline in the sidebar, if it is not there yet."""
    if async_panel_exists(hass, DOMAIN):
        return
    await async_register_custom_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name="vigilar-panel",
        sidebar_title="Vigilar",
        sidebar_icon="mdi:cctv",
        module_url=f"{hass.data[URL_BASE]}/vigilar-panel.js",
        config_panel_domain=DOMAIN,
    )


@callback
def async_remove_panel(hass: HomeAssistant) -> None:
    """Take the timeline out of the sidebar, if it is there."""
    async_remove_frontend_panel(hass, DOMAIN, warn_if_unknown=False)


def _content_hash() -> str:
    """Return a short hash over all files of the frontend."""
    digest = hashlib.sha256()
    for path in sorted(FRONTEND_DIRECTORY.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FRONTEND_DIRECTORY).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
