"""Keeps the analysis within its budget, so that Home Assistant never suffers from it."""

from asyncio import AbstractEventLoop, TimerHandle
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import CONF_CPU_BUDGET, DEFAULT_CPU_BUDGET
from .coordinator import CameraCoordinator
from .vision.governor import RateGovernor, Rates

_LOGGER = logging.getLogger(__name__)

MEASURE_INTERVAL: Final = timedelta(seconds=5)
TICK_S: Final = 0.2
LAG_SAMPLES: Final = 150
"""Half a minute: a single late tick is no lag."""
MIN_LAG_SAMPLES: Final = 50
SHARED: Final = "shared"
"""Stands beside the ids of the cameras for what they share."""
SHOWN_LOADS: Final = 12
"""Measurements that are averaged for people: a minute, which changes seldom."""


@dataclass(frozen=True, slots=True)
class AnalysisLoad:
    """What the governor measures and does.

    Attributes:
        load: Percent of one core, over the last minute.
        budget: Percent of one core that may be used.
        rates: What it does.
        limited: Cameras of which fewer pictures are analysed than set.
    """

    load: int = 0
    budget: int = DEFAULT_CPU_BUDGET
    rates: Rates = field(default_factory=Rates)
    limited: int = 0


class LoopLag:
    """Measures how late the event loop calls what is due."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Measure nothing yet."""
        self._loop = loop
        self._samples: deque[float] = deque(maxlen=LAG_SAMPLES)
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._schedule()

    def stop(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def add(self, lag_ms: float) -> None:
        """Take a measurement in milliseconds."""
        self._samples.append(lag_ms)

    def reset(self) -> None:
        """Forget what led to a decision, so that it can show its effect."""
        self._samples.clear()

    @property
    def p99_ms(self) -> float:
        """Return the 99th percentile in milliseconds; 0 while it is not known."""
        if len(self._samples) < MIN_LAG_SAMPLES:
            return 0.0
        return sorted(self._samples)[int(len(self._samples) * 0.99)]

    def _schedule(self) -> None:
        """Be called again."""
        due = self._loop.time() + TICK_S
        self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        """Note how late this call is."""
        self.add(max(0.0, self._loop.time() - due) * 1000)
        self._schedule()


class Governor(DataUpdateCoordinator[AnalysisLoad]):
    """Measures all cameras together and sets their rates."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        cameras: Callable[[], Collection[CameraCoordinator]],
        shared_cpu_s: Callable[[], float],
    ) -> None:
        """Initialize a governor that measures nothing yet.

        Args:
            hass: Home Assistant.
            entry: The hub's; its options hold the budget.
            cameras: Returns the cameras there are.
            shared_cpu_s: Returns the CPU seconds so far of what they share.
        """
        super().__init__(
            hass, _LOGGER, config_entry=entry, name="governor", update_interval=None
        )
        self.data = AnalysisLoad()
        self.lag = LoopLag(hass.loop)
        self._entry = entry
        self._cameras = cameras
        self._shared_cpu_s = shared_cpu_s
        self._decisions = RateGovernor()
        self._loads: deque[float] = deque(maxlen=SHOWN_LOADS)
        self._measured = hass.loop.time()
        self._cpu_s: dict[str, float] = {}
        self._stop_timer: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Begin to measure."""
        self.lag.start()
        self._measured = self.hass.loop.time()
        self._stop_timer = async_track_time_interval(
            self.hass, self._async_measure, MEASURE_INTERVAL
        )

    @callback
    def async_stop(self) -> None:
        """Leave no timer behind."""
        self.lag.stop()
        if self._stop_timer is not None:
            self._stop_timer()
            self._stop_timer = None

    @callback
    def _async_measure(self, _now: datetime) -> None:
        """Govern by the time that has passed."""
        now = self.hass.loop.time()
        elapsed, self._measured = now - self._measured, now
        self.async_govern(elapsed)

    @callback
    def async_govern(self, elapsed: float) -> None:
        """Set the rates by what was used in the last `elapsed` seconds."""
        load = self._async_used() / max(elapsed, 0.001)
        self._loads.append(load)
        budget = self._entry.options.get(CONF_CPU_BUDGET, DEFAULT_CPU_BUDGET)
        rates = self._decisions.decide(load, budget / 100, self.lag.p99_ms)
        if rates != self.data.rates:
            _LOGGER.debug("Analysis rates are %s now", rates)
            self.lag.reset()
        limited = 0
        for camera in self._cameras():
            rate = rates.busy if camera.data.open_movements else rates.quiet
            camera.async_limit(rate)
            limited += rate < 1
        self.async_set_updated_data(
            AnalysisLoad(
                load=round(100 * sum(self._loads) / len(self._loads)),
                budget=budget,
                rates=rates,
                limited=limited,
            )
        )

    @callback
    def _async_used(self) -> float:
        """Return the CPU seconds that the analysis used since the last call."""
        before = self._cpu_s
        self._cpu_s = {
            camera.camera.subentry_id: camera.cpu_s for camera in self._cameras()
        }
        self._cpu_s[SHARED] = self._shared_cpu_s()
        return sum(
            max(0.0, cpu_s - before.get(subentry_id, 0.0))
            for subentry_id, cpu_s in self._cpu_s.items()
        )
