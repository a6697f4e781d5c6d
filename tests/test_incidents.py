"""Test the incidents of a running house: floors, options, restart, automations."""

from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.models import Label, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    floor_registry as fr,
)
from homeassistant.setup import async_setup_component

from .common import Workers, settle

STARTED, UPDATED, ENDED = (
    ObservationKind.MOTION_STARTED,
    ObservationKind.MOTION_UPDATED,
    ObservationKind.MOTION_ENDED,
)

type Place = Callable[[str, str | None], None]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let updates not wait for each other."""
    monkeypatch.setattr(
        "custom_components.vigilar.events.processor.UPDATE_INTERVAL_MS", 0
    )


@pytest.fixture
def place(
    entry: VigilarConfigEntry,
    front: str,
    back: str,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    floor_registry: fr.FloorRegistry,
) -> Place:
    """Return what puts a camera into an area of its own, on a floor or none."""
    cameras = {"front_door": front, "back_yard": back}

    def put(source_id: str, floor: str | None) -> None:
        floor_id = None
        if floor is not None:
            known = floor_registry.async_get_floor_by_name(floor)
            floor_id = (known or floor_registry.async_create(floor)).floor_id
        area = area_registry.async_create(source_id, floor_id=floor_id)
        device = device_registry.async_get_device_by_identifier(
            (DOMAIN, cameras[source_id]), entry.entry_id
        )
        assert device is not None
        device_registry.async_update_device(device.id, area_id=area.id)

    return put


def see(
    workers: Workers,
    source_id: str,
    kind: ObservationKind = STARTED,
    *labels: str,
    key: str = "a",
) -> None:
    """Let a camera report."""
    workers.of(source_id).see(
        kind,
        wall_ms(),
        key=key,
        score=0.4,
        labels=tuple(Label(label, 0.9) for label in labels),
    )


async def incidents_of(runtime: VigilarRuntime) -> dict[str, str | None]:
    """Return the incident of the newest event of each camera."""
    events = reversed(await runtime.store.page())
    return {event.source_id: event.payload.get("incident_id") for event in events}


@pytest.mark.parametrize(
    ("front_floor", "back_floor", "together"),
    [("Ground", "Ground", True), ("Ground", "Upper", False), (None, None, False)],
)
async def test_areas_of_a_floor_are_neighbours(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    place: Place,
    front_floor: str | None,
    back_floor: str | None,
    together: bool,
) -> None:
    """Other areas are not, whether on another floor or on none."""
    place("front_door", front_floor)
    place("back_yard", back_floor)
    see(workers, "front_door")
    see(workers, "back_yard")
    await settle(hass)
    found = await incidents_of(runtime)
    assert None not in found.values()
    assert (found["front_door"] == found["back_yard"]) is together


async def test_cameras_without_an_area_are_not_neighbours(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Nothing is known of where they are."""
    see(workers, "front_door")
    see(workers, "back_yard")
    await settle(hass)
    found = await incidents_of(runtime)
    assert found["front_door"] != found["back_yard"]


async def test_a_lost_camera_is_in_no_incident(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """What the system says of itself happens nowhere."""
    see(workers, "front_door", ObservationKind.CAMERA_OFFLINE)
    await settle(hass)
    assert await incidents_of(runtime) == {"front_door": None}


async def test_the_options_hold_at_once(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    place: Place,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The window is what was set, and without incidents there is no id."""
    place("front_door", "Ground")
    place("back_yard", "Ground")
    hass.config_entries.async_update_entry(entry, options={"incident_window": 10})
    await settle(hass)
    see(workers, "front_door")
    see(workers, "front_door", ENDED)
    await settle(hass)
    freezer.tick(11)
    see(workers, "back_yard")
    await settle(hass)
    found = await incidents_of(runtime)
    assert found["front_door"] != found["back_yard"]
    hass.config_entries.async_update_entry(entry, options={"incidents": False})
    await settle(hass)
    # Of two events of one moment none is the newer one.
    freezer.tick(1)
    see(workers, "back_yard", key="b")
    await settle(hass)
    assert (await incidents_of(runtime))["back_yard"] is None


async def test_an_incident_goes_on_after_a_restart(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    place: Place,
) -> None:
    """Whoever was at the one door before is at the other after it."""
    place("front_door", "Ground")
    place("back_yard", "Ground")
    see(workers, "front_door")
    await settle(hass)
    before = await incidents_of(runtime)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    see(workers, "back_yard")
    await settle(hass)
    after = await incidents_of(entry.runtime_data)
    assert after["back_yard"] == before["front_door"]


@pytest.fixture
async def ran(hass: HomeAssistant, runtime: VigilarRuntime) -> list[dict[str, Any]]:
    """Return the events with which automations run for persons, once an incident."""
    taken: list[dict[str, Any]] = []

    async def take(call: ServiceCall) -> None:
        taken.append(call.data["event"])

    hass.services.async_register("test", "take", take)
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": [
                    {
                        "trigger": "vigilar.incident_began",
                        "options": {"types": ["person"], "first_today": True},
                    }
                ],
                "mode": "parallel",
                "actions": {
                    "action": "test.take",
                    "data": {"event": "{{ trigger.event }}"},
                },
            }
        },
    )
    return taken


async def test_an_automation_runs_once_an_incident(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    place: Place,
    ran: list[Any],
) -> None:
    """As soon as something of it is as asked for, whatever came before or comes."""
    place("front_door", "Ground")
    place("back_yard", "Ground")
    see(workers, "front_door")
    await settle(hass)
    assert ran == []
    see(workers, "back_yard", STARTED, "person")
    await settle(hass)
    see(workers, "front_door", UPDATED, "person")
    see(workers, "front_door", ENDED, "person")
    await settle(hass)
    assert [event["source_id"] for event in ran] == ["back_yard"]


async def test_an_automation_runs_for_the_first_incident_of_a_day(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """Cameras that are nowhere make two incidents; only the first one counts."""
    see(workers, "front_door", STARTED, "person")
    await settle(hass)
    see(workers, "back_yard", STARTED, "person")
    await settle(hass)
    assert [event["source_id"] for event in ran] == ["front_door"]


async def test_an_automation_ignores_what_belongs_to_no_incident(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    ran: list[Any],
) -> None:
    """Switched off, nothing begins; and a note on an old event begins nothing."""
    hass.config_entries.async_update_entry(entry, options={"incidents": False})
    await settle(hass)
    see(workers, "front_door", STARTED, "person")
    see(workers, "front_door", ENDED, "person")
    await settle(hass)
    [event] = await runtime.store.page()

    def amend(payload: dict[str, Any]) -> dict[str, Any]:
        return payload | {"incident_id": event.id}

    await runtime.processor.revise([event.id], amend)
    await settle(hass)
    assert ran == []
