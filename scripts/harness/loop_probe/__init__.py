"""A custom component that measures how late Home Assistant's event loop is.

It can also let events happen, for who measures what becomes of them.

A timer asks to be called every 20 ms, and notes by how much later it was: that
is what any other callback would have had to wait at that moment.
"""

import sys
import time
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


class Rain:
    """Lets events happen, one after the other, at every source in turn."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self.made = 0
        self._hass = hass
        self._seqs: dict[str, int] = {}
        self._runtime: Any = None

    def observe(self, count: int) -> None:
        """Hand so many beginnings to the integration, as its cameras would."""
        if self._runtime is None:
            entry = self._hass.config_entries.async_loaded_entries("vigilar")[0]
            self._runtime = entry.runtime_data
            self._runtime.processor.add_publisher("rain", self._note)
        # Of the running integration: this is another component, in its process.
        models = sys.modules["custom_components.vigilar.models"]
        sources = sorted(self._runtime.async_sources())
        for number in range(self.made, self.made + count):
            self._runtime.processor.submit(
                models.Observation(
                    kind=models.ObservationKind.MOTION_STARTED,
                    source_id=sources[number % len(sources)],
                    ts=time.time_ns() // 1_000_000,
                    key=f"rain {number}",
                    score=0.5,
                    labels=(models.Label("person", 0.9),),
                )
            )
        self.made += count

    async def journal(self) -> dict[str, Any]:
        """Return the newest number of each event, and whether that is all."""
        store = self._runtime.store
        first = min(self._seqs.values(), default=1)
        changes = await store.changes_since(first - 1, 1_000_000)
        seqs = {change.event.id: change.seq for change in changes}
        return {
            "settled": len(seqs) >= self.made,
            "seq": store.last_seq,
            "changes": list(seqs.items()),
        }

    def _note(self, change: Any) -> None:
        """Take note of the first change of each event."""
        self._seqs.setdefault(change.event.id, change.seq)


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

    rain = Rain(hass)

    @callback
    @websocket_api.websocket_command(
        {vol.Required("type"): "loop_probe/observe", vol.Required("count"): int}
    )
    def observe(
        hass: HomeAssistant,
        connection: websocket_api.ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        """Let events happen; send how many there were so far."""
        rain.observe(message["count"])
        connection.send_result(message["id"], rain.made)

    @websocket_api.websocket_command({vol.Required("type"): "loop_probe/journal"})
    @websocket_api.async_response
    async def journal(
        hass: HomeAssistant,
        connection: websocket_api.ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        """Send what the journal says of those events."""
        connection.send_result(message["id"], await rain.journal())

    for command in (take, observe, journal):
        websocket_api.async_register_command(hass, command)
    return True
