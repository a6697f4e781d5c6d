"""Test that cameras are less sensitive in weather that makes them see things."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.vigilar.foul_weather import OVER_S
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .common import Workers, settle

WIND = "sensor.wind"
RAIN = "binary_sensor.rain"


async def _choose(
    hass: HomeAssistant, entry: VigilarConfigEntry, **fields: Any
) -> None:
    """Fill in the form."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "weather"}
    )
    assert form["type"] is FlowResultType.FORM
    result = await hass.config_entries.options.async_configure(form["flow_id"], fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)


def _sensitivity(workers: Workers) -> int:
    """Return how sensitive the front door is; it is set to 5."""
    return workers.of("front_door").settings.sensitivity


async def _pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let time pass."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await settle(hass)


@pytest.mark.parametrize(
    ("fields", "entity_id", "fine", "foul"),
    [
        ({"wind": WIND}, WIND, ("10", {}), ("10.5", {})),
        (
            {"wind": "weather.home", "wind_above": 30},
            "weather.home",
            ("sunny", {"wind_speed": 30}),
            ("sunny", {"wind_speed": 31}),
        ),
        ({"rain": RAIN}, RAIN, ("off", {}), ("on", {})),
        ({"rain": "sensor.rain"}, "sensor.rain", ("0.0", {}), ("0.2", {})),
        (
            {"rain": "weather.home"},
            "weather.home",
            ("cloudy", {"wind_speed": 99}),
            ("pouring", {}),
        ),
        (
            {"low_sun": True},
            "sun.sun",
            ("above_horizon", {"elevation": 10.0}),
            ("above_horizon", {"elevation": 9.9}),
        ),
    ],
)
async def test_foul_weather(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    freezer: FrozenDateTimeFactory,
    fields: dict[str, Any],
    entity_id: str,
    fine: tuple[str, dict[str, Any]],
    foul: tuple[str, dict[str, Any]],
) -> None:
    """Every camera follows at once, and is as before when it was over for long."""
    hass.states.async_set(entity_id, *fine)
    await _choose(hass, entry, **fields)
    assert _sensitivity(workers) == 5
    hass.states.async_set(entity_id, *foul)
    await settle(hass)
    assert _sensitivity(workers) == 3
    assert workers.of("back_yard").settings.sensitivity == 3
    [cause] = runtime.async_diagnostics()["weather"]["causes"]
    assert cause in fields
    hass.states.async_set(entity_id, *fine)
    await _pass_time(hass, freezer, OVER_S - 1)
    assert _sensitivity(workers) == 3
    await _pass_time(hass, freezer, 1)
    assert _sensitivity(workers) == 5


async def test_gusts_are_one_storm(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What comes again begins its ten minutes anew."""
    await _choose(hass, entry, wind=WIND, steps=4)
    hass.states.async_set(WIND, "20")
    hass.states.async_set(WIND, "5")
    await _pass_time(hass, freezer, OVER_S - 10)
    hass.states.async_set(WIND, "20")
    await _pass_time(hass, freezer, 20)
    hass.states.async_set(WIND, "unavailable")
    await _pass_time(hass, freezer, OVER_S - 10)
    assert _sensitivity(workers) == 1
    await _pass_time(hass, freezer, 10)
    assert _sensitivity(workers) == 5


async def test_a_camera_that_is_set_anew_stays_calm(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
) -> None:
    """What is set counts, less what the weather takes; never below the least."""
    hass.states.async_set(RAIN, "on")
    await _choose(hass, entry, rain=RAIN, steps=3)
    assert _sensitivity(workers) == 2
    camera = runtime.cameras[front]
    await runtime.async_set_sensitivity(camera, 9)
    assert _sensitivity(workers) == 6
    assert camera.camera.settings.sensitivity == 9
    await runtime.async_set_sensitivity(camera, 2)
    assert _sensitivity(workers) == 1
    await runtime.async_set_detecting(camera, False)
    await runtime.async_set_sensitivity(camera, 8)
    await runtime.async_set_detecting(camera, True)
    assert _sensitivity(workers) == 5
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert _sensitivity(workers) == 5


async def test_nobody_asked(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """By default the weather changes nothing, and what is taken back neither."""
    hass.states.async_set(RAIN, "on")
    hass.states.async_set("sun.sun", "above_horizon", {"elevation": 5})
    await settle(hass)
    assert _sensitivity(workers) == 5
    await _choose(hass, entry, rain=RAIN)
    assert _sensitivity(workers) == 3
    await _choose(hass, entry)
    assert _sensitivity(workers) == 5
    assert runtime.async_diagnostics()["weather"] == {"steps": 0, "causes": []}
