"""Test the triggers of a camera's device."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_get_device_automations

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.trigger import TRIGGERS
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .common import Workers, settle


def device_of(hass: HomeAssistant, entry: VigilarConfigEntry, key: str) -> str:
    """Return the id of the device of a subentry, or of the hub."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, key), entry.entry_id
    )
    assert device is not None
    return device.id


async def automate(hass: HomeAssistant, trigger: dict[str, Any]) -> list[Any]:
    """Set up an automation; return what it finds in `trigger` as it runs."""
    ran: list[Any] = []

    async def take(call: ServiceCall) -> None:
        ran.append(call.data["trigger"])

    hass.services.async_register("test", "take", take)
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": [trigger],
                "actions": {
                    "action": "test.take",
                    "data": {
                        "trigger": "{{ dict(platform=trigger.platform,"
                        " id=trigger.id, event=trigger.event) }}"
                    },
                },
            }
        },
    )
    await hass.async_block_till_done()
    return ran


async def test_a_camera_offers_them_all_and_the_hub_none(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
) -> None:
    """Each with the device and its kind."""
    camera, hub = (device_of(hass, entry, key) for key in (front, entry.entry_id))
    offered = await async_get_device_automations(
        hass, DeviceAutomationType.TRIGGER, camera
    )
    ours = [trigger for trigger in offered if trigger["domain"] == DOMAIN]
    assert {trigger["type"] for trigger in ours} == set(TRIGGERS)
    assert {trigger["device_id"] for trigger in ours} == {camera}
    assert [
        trigger
        for trigger in await async_get_device_automations(
            hass, DeviceAutomationType.TRIGGER, hub
        )
        if trigger["domain"] == DOMAIN
    ] == []


@pytest.mark.parametrize(
    ("kind", "where", "types"),
    [
        ("event_began", "front", ["motion"]),
        ("event_began", "back", []),
        ("event_ended", "front", ["motion", "camera_offline"]),
        ("camera_offline", "front", ["camera_offline"]),
        ("camera_online", "front", ["camera_online"]),
    ],
)
async def test_it_runs_for_its_own_camera(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    front: str,
    back: str,
    kind: str,
    where: str,
    types: list[str],
) -> None:
    """As the timeline's trigger of that name does."""
    trigger = {
        "platform": "device",
        "domain": DOMAIN,
        "device_id": device_of(hass, entry, {"front": front, "back": back}[where]),
        "type": kind,
        "id": "mine",
    }
    ran = await automate(hass, trigger)
    worker = workers.of("front_door")
    worker.see_motion("a", wall_ms())
    await settle(hass)
    for seen in (ObservationKind.CAMERA_OFFLINE, ObservationKind.CAMERA_ONLINE):
        worker.see(seen, wall_ms())
        await settle(hass)
    assert [run["event"]["type"] for run in ran][: len(types)] == types
    assert {(run["platform"], run["id"]) for run in ran} == (
        {("device", "mine")} if types else set()
    )
