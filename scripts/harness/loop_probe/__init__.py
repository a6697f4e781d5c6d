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


class Flapping:
    """Many sensors that go on and off, one after the other, at every source in turn."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with all of them off."""
        self.began = 0
        self.seq = 0
        self._hass = hass
        self._flips = 0

    def flip(self, count: int, sensors: int) -> None:
        """Let so many of the sensors change, as the integration's own would.

        While the integration is being reloaded nobody watches them.
        """
        for entry in self._hass.config_entries.async_loaded_entries("vigilar"):
            runtime: Any = entry.runtime_data
            self.seq = runtime.store.last_seq
            sources = sorted(runtime.async_sources())
            for _ in range(count):
                self._flip(runtime.processor, sources, sensors)

    def _flip(self, processor: Any, sources: list[str], sensors: int) -> None:
        """Let the next sensor change."""
        # Of the running integration: this is another component, in its process.
        models = sys.modules["custom_components.vigilar.models"]
        turn, sensor = divmod(self._flips, sensors)
        self._flips += 1
        begins = turn % 2 == 0
        self.began += begins
        kinds = models.ObservationKind
        processor.submit(
            models.Observation(
                kind=kinds.MOTION_STARTED if begins else kinds.MOTION_ENDED,
                source_id=sources[sensor % len(sources)],
                ts=time.time_ns() // 1_000_000,
                key=f"sensor {sensor} {turn // 2}",
                score=0.5,
                zones=("Storm",),
            )
        )


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

    flapping = Flapping(hass)

    @callback
    @websocket_api.websocket_command(
        {
            vol.Required("type"): "loop_probe/flip",
            vol.Required("count"): int,
            vol.Required("sensors"): int,
        }
    )
    def flip(
        hass: HomeAssistant,
        connection: websocket_api.ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        """Let sensors change; send how often one began, and the newest number."""
        flapping.flip(message["count"], message["sensors"])
        connection.send_result(
            message["id"], {"began": flapping.began, "seq": flapping.seq}
        )

    for command in (take, observe, journal, flip):
        websocket_api.async_register_command(hass, command)
    return True
