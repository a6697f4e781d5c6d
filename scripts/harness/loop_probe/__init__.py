"""A custom component that measures how late Home Assistant's event loop is.

A timer asks to be called every 20 ms, and notes by how much later it was: that
is what any other callback would have had to wait at that moment.
"""

from typing import Any, Final

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "loop_probe"
PERIOD_S: Final = 0.02
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


class LoopProbe:
    """Notes the lags of the event loop it runs in."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start the timer."""
        self._loop = hass.loop
        self._lags: list[float] = []
        self._due = 0.0
        self._wait()

    def take(self) -> list[float]:
        """Return the lags since the last call, milliseconds."""
        lags, self._lags = self._lags, []
        return lags

    def _wait(self) -> None:
        """Ask to be called."""
        self._due = self._loop.time() + PERIOD_S
        self._loop.call_at(self._due, self._called)

    def _called(self) -> None:
        """Note the lag."""
        self._lags.append(round((self._loop.time() - self._due) * 1000, 3))
        self._wait()


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Measure from now on, and answer `loop_probe/take`."""
    probe = LoopProbe(hass)

    @callback
    @websocket_api.websocket_command({vol.Required("type"): "loop_probe/take"})
    def take(
        hass: HomeAssistant,
        connection: websocket_api.ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        """Send the lags since the last call."""
        connection.send_result(message["id"], probe.take())

    websocket_api.async_register_command(hass, take)
    return True
