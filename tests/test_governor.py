"""Test that the analysis stays within its budget."""

import asyncio
from datetime import timedelta
from unittest.mock import PropertyMock, patch

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.vigilar.const import CONF_CPU_BUDGET
from custom_components.vigilar.governor import (
    LAG_SAMPLES,
    MEASURE_INTERVAL,
    MIN_LAG_SAMPLES,
    LoopLag,
)
from custom_components.vigilar.media.recorder import MediaWriter
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.governor import STEPS
from custom_components.vigilar.vision.inference import InferenceThread
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import Workers, settle

LOAD = "sensor.vigilar_analysis_load"


def _govern(runtime: VigilarRuntime, workers: Workers, cpu_s: float) -> None:
    """Let five seconds pass in which the front door's thread uses CPU."""
    workers.of("front_door").cpu_s += cpu_s
    runtime.governor.async_govern(5.0)


async def test_load_is_shown(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """The sensor shows percent of a core and that nothing is limited."""
    workers.of("back_yard").cpu_s += 0.5
    _govern(runtime, workers, 1.0)
    state = hass.states.get(LOAD)
    assert state is not None
    assert state.state == "30"
    assert state.attributes["unit_of_measurement"] == "%"
    assert state.attributes["budget"] == 50
    assert state.attributes["rate"] == 1.0
    assert state.attributes["busy_rate"] == 1.0
    assert state.attributes["limited_cameras"] == 0
    assert state.attributes["reason"] == "none"


async def test_what_the_cameras_share_counts(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """The object detector and the writer work for all, within the same budget."""
    with (
        patch.object(
            InferenceThread, "cpu_s", new_callable=PropertyMock, return_value=1.25
        ),
        patch.object(
            MediaWriter, "cpu_s", new_callable=PropertyMock, return_value=0.75
        ),
    ):
        _govern(runtime, workers, 0.5)
    state = hass.states.get(LOAD)
    assert state is not None
    assert state.state == "50"


async def test_over_the_budget_quiet_cameras_are_limited_and_recover(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """The busy camera goes on at its full rate; what recovers is told, too."""
    front, back = workers.of("front_door"), workers.of("back_yard")
    front.see_motion("m")
    await settle(hass)
    _govern(runtime, workers, 3.0)
    assert (front.rate, back.rate) == (1.0, STEPS[1])
    state = hass.states.get(LOAD)
    assert state is not None
    assert state.attributes["limited_cameras"] == 1
    assert state.attributes["reason"] == "budget"
    front.see(ObservationKind.MOTION_ENDED, 1_700_000_009_000, key="m")
    await settle(hass)
    for _ in range(3):
        assert back.rate == STEPS[1]
        _govern(runtime, workers, 0.1)
    assert (front.rate, back.rate) == (1.0, 1.0)


async def test_the_budget_is_an_option(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """Another budget holds from the next measurement on."""
    hass.config_entries.async_update_entry(entry, options={CONF_CPU_BUDGET: 100})
    _govern(runtime, workers, 4.9)
    assert workers.of("back_yard").rate == 1.0
    hass.config_entries.async_update_entry(entry, options={CONF_CPU_BUDGET: 10})
    _govern(runtime, workers, 0.6)
    assert workers.of("back_yard").rate == STEPS[1]
    await settle(hass)


async def test_a_new_worker_keeps_the_rate_and_what_was_used(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, front: str
) -> None:
    """A restart of a camera is no way around the budget, and no negative load."""
    _govern(runtime, workers, 3.0)
    await runtime.cameras[front].async_restart()
    assert workers.of("front_door").cpu_s == 0.0
    assert workers.of("front_door").rate == STEPS[1]
    assert runtime.cameras[front].cpu_s == 3.0
    _govern(runtime, workers, 3.0)
    assert runtime.governor.data.load == 60


async def test_lag_limits_once_until_it_is_measured_anew(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """One bad half minute is one step, not one every five seconds."""
    for _ in range(MIN_LAG_SAMPLES):
        runtime.governor.lag.add(80.0)
    for _ in range(4):
        _govern(runtime, workers, 2.0)
    assert workers.of("back_yard").rate == STEPS[1]
    state = hass.states.get(LOAD)
    assert state is not None
    assert state.attributes["reason"] == "loop_lag"


async def test_it_measures_by_itself(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Every few seconds, by the time that has passed."""
    workers.of("front_door").cpu_s += 1000.0
    async_fire_time_changed(
        hass, dt_util.utcnow() + MEASURE_INTERVAL + timedelta(seconds=1)
    )
    await settle(hass)
    assert workers.of("back_yard").rate == STEPS[1]


async def test_the_lag_of_the_loop() -> None:
    """The 99th percentile ignores one late tick and is unknown before there are some."""
    lag = LoopLag(asyncio.get_running_loop())
    for _ in range(MIN_LAG_SAMPLES - 1):
        lag.add(60.0)
    assert lag.p99_ms == 0.0
    for _ in range(LAG_SAMPLES - 1):
        lag.add(2.0)
    lag.add(500.0)
    assert lag.p99_ms == pytest.approx(2.0)
    for _ in range(3):
        lag.add(90.0)
    assert lag.p99_ms == pytest.approx(90.0)
    lag.reset()
    assert lag.p99_ms == 0.0


async def test_a_blocked_loop_is_measured() -> None:
    """What holds the loop up is seen by the tick that comes late."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    times = iter([now, now + 0.5, now + 0.5])
    lag = LoopLag(loop)
    for _ in range(MIN_LAG_SAMPLES):
        lag.add(0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "time", lambda: next(times))
        lag.start()
        lag.stop()
        lag._tick(now + 0.2)
    lag.stop()
    assert max(lag._samples) == pytest.approx(300.0)
