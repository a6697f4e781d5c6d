"""Test what a camera's coordinator does beside its entities."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.const import (
    CONF_ANALYSIS,
    CONF_CAMERA,
    CONF_SOURCE_ID,
    DOMAIN,
    SUBENTRY_CAMERA,
)
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .common import FakeWorker, Workers, settle


async def test_a_thread_that_does_not_end_in_time_is_left_to_itself(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    front: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stopping goes on; the thread ends when its stream's time-out is over."""
    caplog.set_level("DEBUG", "custom_components.vigilar")
    with patch.object(FakeWorker, "join", return_value=False):
        await runtime.cameras[front].async_stop()
    assert "front_door is still waiting for a stream" in caplog.text
    assert not workers.of("front_door").running


async def test_a_thread_that_outlives_the_loop_is_harmless(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it still sees goes nowhere, without an exception."""
    caplog.set_level("DEBUG", "custom_components.vigilar")
    call_soon = hass.loop.call_soon_threadsafe

    def closed(callback: Callable[..., Any], *args: Any) -> Any:
        """Refuse what the camera sees; others work in the background."""
        if getattr(callback, "__name__", "") == "_async_receive":
            raise RuntimeError
        return call_soon(callback, *args)

    with patch.object(hass.loop, "call_soon_threadsafe", closed):
        workers.of("front_door").see_motion("late")
    assert "front_door outlived the event loop" in caplog.text


async def test_observations_come_from_another_thread(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """What a thread says is handled in the loop."""
    worker = workers.of("front_door")
    await asyncio.to_thread(worker.see_motion, "from a thread")
    await settle(hass)
    assert len(await runtime.store.page()) == 1


async def test_a_deleted_camera_entity_opens_an_issue(
    hass: HomeAssistant,
    workers: Workers,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A camera whose entity is gone needs its user; changing it closes the issue."""
    camera = entity_registry.async_get_or_create("camera", "test", "1")
    entry = MockConfigEntry(
        domain=DOMAIN,
        subentries_data=[
            {
                "data": {
                    CONF_CAMERA: camera.id,
                    CONF_ANALYSIS: {},
                    CONF_SOURCE_ID: "drive",
                },
                "subentry_type": SUBENTRY_CAMERA,
                "title": "Drive",
                "unique_id": camera.id,
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    worker = workers.of("drive")
    worker.see_motion("m")
    await settle(hass)
    event = (await entry.runtime_data.store.page())[0]
    assert event.payload["entity_id"] == camera.entity_id

    entity_registry.async_remove(camera.entity_id)
    worker.see(ObservationKind.CAMERA_OFFLINE, reason="gone")
    await settle(hass)
    subentry_id = next(iter(entry.subentries))
    issue_id = f"camera_missing_{subentry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await settle(hass)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
