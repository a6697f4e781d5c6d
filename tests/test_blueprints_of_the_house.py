"""Test the blueprints of lights and speakers by running them in Home Assistant."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import Label, ObservationKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from .common import Workers

BLUEPRINTS = Path(__file__).parent.parent / "blueprints" / "automation" / "vigilar"
FRONT = {"entity_id": ["event.front_door_activity"]}


@pytest.fixture
async def use(hass: HomeAssistant, runtime: VigilarRuntime) -> Callable[..., Any]:
    """Return what makes an automation of a blueprint."""
    target = Path(hass.config.config_dir) / "blueprints" / "automation" / "vigilar"
    await hass.async_add_executor_job(shutil.copytree, BLUEPRINTS, target)

    async def make(name: str, **inputs: Any) -> None:
        blueprint = {"path": f"vigilar/{name}.yaml", "input": inputs}
        assert await async_setup_component(
            hass, "automation", {"automation": {"use_blueprint": blueprint}}
        )
        await hass.async_block_till_done()
        (automation,) = hass.states.async_all("automation")
        assert automation.state == "on"

    return make


async def calm(hass: HomeAssistant) -> None:
    """Let all happen that can at this time; an automation that waits is not waited for."""
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    for _ in range(10):
        await entry.runtime_data.processor.end_open("nobody", "", 0)
        await entry.runtime_data.library.drain()
        for _ in range(10):
            await asyncio.sleep(0)


async def see(
    hass: HomeAssistant,
    workers: Workers,
    key: str = "a",
    source_id: str = "front_door",
    label: str = "person",
) -> None:
    """Let a camera see somebody pass."""
    worker = workers.of(source_id)
    worker.see(
        ObservationKind.MOTION_STARTED,
        wall_ms(),
        key=key,
        score=0.8,
        labels=(Label(label, 0.9),),
    )
    worker.see(ObservationKind.MOTION_ENDED, wall_ms(), key=key)
    await calm(hass)


class Lights(list[str]):
    """What the lights were told, in order."""

    def note(self, hass: HomeAssistant) -> None:
        """Take the calls."""

        async def take(call: ServiceCall) -> None:
            self.append(call.service)
            assert call.data["entity_id"] == ["light.porch"]

        for service in ("turn_on", "turn_off"):
            hass.services.async_register("light", service, take)


@pytest.fixture
def lights(hass: HomeAssistant) -> Lights:
    """Return what the lights are told."""
    lights = Lights()
    lights.note(hass)
    return lights


async def after(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int
) -> None:
    """Let time pass, in steps."""
    for _ in range(seconds // 5):
        freezer.tick(timedelta(seconds=5))
        async_fire_time_changed(hass)
        await calm(hass)


async def test_lights_go_on_and_off_again(
    hass: HomeAssistant,
    use: Callable[..., Any],
    workers: Workers,
    lights: Lights,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After dark, where somebody comes; who comes again keeps them on."""
    hass.states.async_set("sun.sun", "below_horizon")
    await use(
        "lights_at_night",
        cameras=FRONT,
        lights={"entity_id": ["light.porch"]},
        quiet={"minutes": 1},
    )
    await see(hass, workers, "elsewhere", source_id="back_yard")
    await see(hass, workers, "cat", label="animal")
    assert lights == []
    await see(hass, workers, "a")
    assert lights == ["turn_on"]
    await after(hass, freezer, 45)
    await see(hass, workers, "b")
    assert lights == ["turn_on", "turn_on"]
    await after(hass, freezer, 45)
    assert lights == ["turn_on", "turn_on"]
    await after(hass, freezer, 30)
    assert lights == ["turn_on", "turn_on", "turn_off"]


@pytest.mark.parametrize("reason", ["day", "condition", "test"])
async def test_lights_stay_off(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    use: Callable[..., Any],
    workers: Workers,
    lights: Lights,
    reason: str,
) -> None:
    """By day, against a condition of one's own, and for a test."""
    hass.states.async_set(
        "sun.sun", "above_horizon" if reason == "day" else "below_horizon"
    )
    holds = "{{ false }}" if reason == "condition" else "{{ true }}"
    await use(
        "lights_at_night",
        cameras=FRONT,
        lights={"entity_id": ["light.porch"]},
        only_if=[{"condition": "template", "value_template": holds}],
    )
    if reason == "test":
        await runtime.walk.async_begin(1, None)
    await see(hass, workers)
    runtime.walk.async_end()
    assert lights == []


@pytest.fixture
def spoken(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what the speakers were told to say."""
    calls: list[ServiceCall] = async_mock_service(hass, "tts", "speak")
    return calls


VOICE = {"speakers": ["media_player.hall"], "voice": "tts.home"}


async def test_who_comes_is_announced(
    hass: HomeAssistant,
    use: Callable[..., Any],
    workers: Workers,
    spoken: list[ServiceCall],
    freezer: FrozenDateTimeFactory,
) -> None:
    """With the place; and nothing more during the pause."""
    freezer.move_to("2026-11-23 20:00:00+00:00")
    await hass.config.async_set_time_zone("UTC")
    await use("announcement", cameras=FRONT, pause={"minutes": 1}, **VOICE)
    await see(hass, workers, "a")
    await see(hass, workers, "b")
    (call,) = spoken
    assert call.data["message"] == "Person at Front door"
    assert call.data["media_player_entity_id"] == ["media_player.hall"]
    assert call.data["entity_id"] == ["tts.home"]
    await after(hass, freezer, 65)
    await see(hass, workers, "c")
    assert len(spoken) == 2


@pytest.mark.parametrize(
    ("inputs", "time", "count"),
    [
        ({}, "21:59", 1),
        ({}, "22:01", 0),
        ({}, "06:59", 0),
        ({}, "07:01", 1),
        ({"min_severity": "critical"}, "12:00", 0),
        ({"types": ["vehicle"]}, "12:00", 0),
        ({"message": "Hello {{ event.type }}"}, "12:00", 1),
    ],
)
async def test_what_is_not_announced(
    hass: HomeAssistant,
    use: Callable[..., Any],
    workers: Workers,
    spoken: list[ServiceCall],
    freezer: FrozenDateTimeFactory,
    inputs: dict[str, Any],
    time: str,
    count: int,
) -> None:
    """While people sleep, of no weight, of another kind."""
    freezer.move_to(f"2026-11-23 {time}:00+00:00")
    await hass.config.async_set_time_zone("UTC")
    await use("announcement", cameras=FRONT, **VOICE, **inputs)
    await see(hass, workers)
    assert len(spoken) == count
    if "message" in inputs:
        assert spoken[0].data["message"] == "Hello person"
