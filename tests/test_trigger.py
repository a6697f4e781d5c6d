"""Test the triggers and conditions of automations."""

from datetime import timedelta
from typing import Any

import pytest
import voluptuous as vol

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.query import EventQuery
from custom_components.vigilar.events.reviews import Reviewer, seen
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import Label, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    condition,
    config_validation as cv,
    device_registry as dr,
    trigger,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .common import Workers, settle

STARTED, UPDATED, ENDED = (
    ObservationKind.MOTION_STARTED,
    ObservationKind.MOTION_UPDATED,
    ObservationKind.MOTION_ENDED,
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let updates not wait for each other."""
    monkeypatch.setattr(
        "custom_components.vigilar.events.processor.UPDATE_INTERVAL_MS", 0
    )


@pytest.fixture
def ran() -> list[dict[str, Any]]:
    """Return the events with which an automation has run."""
    return []


async def automate(
    hass: HomeAssistant,
    ran: list[dict[str, Any]],
    kind: str,
    options: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
) -> None:
    """Set up an automation that notes what has triggered it."""

    async def take(call: ServiceCall) -> None:
        ran.append(call.data["event"])

    hass.services.async_register("test", "take", take)
    config: dict[str, Any] = {"trigger": f"vigilar.{kind}"}
    if options is not None:
        config["options"] = options
    if target is not None:
        config["target"] = target
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": [config],
                "mode": "parallel",
                "actions": {
                    "action": "test.take",
                    "data": {"event": "{{ trigger.event }}"},
                },
            }
        },
    )
    await hass.async_block_till_done()


def see(
    workers: Workers,
    kind: ObservationKind,
    key: str = "a",
    ts: int | None = None,
    **fields: Any,
) -> None:
    """Let the front door's camera report."""
    workers.of("front_door").see(
        kind, wall_ms() if ts is None else ts, key=key, score=0.4, **fields
    )


async def test_an_automation_hears_of_what_begins(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """It runs once, with the event, and not again for its updates and its end."""
    await automate(hass, ran, "event_began")
    see(workers, STARTED)
    see(workers, UPDATED, labels=(Label("person", 0.9),))
    see(workers, ENDED)
    await settle(hass)
    assert [event["type"] for event in ran] == ["motion"]
    assert set(ran[0]) == {"id", "ts", "type", "severity", "source_id", "payload"}


async def test_an_automation_hears_of_what_is_recognised_later(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """A movement that proves to be a person counts then, and once."""
    await automate(hass, ran, "event_recognized", {"types": "person"})
    see(workers, STARTED)
    await settle(hass)
    assert ran == []
    see(workers, UPDATED, labels=(Label("person", 0.9),))
    see(workers, UPDATED, labels=(Label("person", 0.9),), zones=("Porch",))
    await settle(hass)
    await runtime.processor.end_open("front_door", "", wall_ms())
    await settle(hass)
    assert [event["type"] for event in ran] == ["person"]


async def test_an_automation_hears_of_the_end(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """With the time at which it was over."""
    await automate(hass, ran, "event_ended")
    see(workers, STARTED)
    await settle(hass)
    assert ran == []
    see(workers, ENDED)
    await settle(hass)
    assert len(ran) == 1
    assert ran[0]["payload"]["end_ts"] is not None


@pytest.mark.parametrize("kind", ["camera_offline", "camera_online"])
async def test_an_automation_hears_of_a_camera_that_is_lost_or_back(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    kind: str,
) -> None:
    """And of nothing else of it."""
    await automate(hass, ran, kind)
    see(workers, STARTED)
    workers.of("front_door").see(ObservationKind.CAMERA_OFFLINE, wall_ms())
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE, wall_ms())
    await settle(hass)
    assert [event["type"] for event in ran] == [kind]


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, True),
        ({"types": ["person", "vehicle"]}, True),
        ({"types": ["animal"]}, False),
        ({"min_severity": "alert"}, True),
        ({"min_severity": "critical"}, False),
        ({"zones": ["Porch", "Drive"]}, True),
        ({"zones": ["Drive"]}, False),
        ({"min_score": 90}, True),
        ({"min_score": 91}, False),
    ],
)
async def test_what_does_not_match_does_not_trigger(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    options: dict[str, Any],
    runs: bool,
) -> None:
    """Types, severity, zones and certainty each keep out what was not asked for."""
    await automate(hass, ran, "event_began", options)
    see(workers, STARTED, labels=(Label("person", 0.9),), zones=("Porch",))
    await settle(hass)
    assert bool(ran) is runs


@pytest.mark.parametrize(
    ("chosen", "runs"),
    [("area", True), ("device", True), ("entity", True), ("other", False)],
)
async def test_only_the_cameras_of_the_target_trigger(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    entry: VigilarConfigEntry,
    front: str,
    back: str,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
    chosen: str,
    runs: bool,
) -> None:
    """An area, a device or an entity stands for its camera."""

    def device_of(subentry_id: str) -> str:
        device = device_registry.async_get_device_by_identifier(
            (DOMAIN, subentry_id), entry.entry_id
        )
        assert device is not None
        return device.id

    area = area_registry.async_create("Porch")
    device_registry.async_update_device(device_of(front), area_id=area.id)
    targets = {
        "area": {"area_id": area.id},
        "device": {"device_id": device_of(front)},
        "entity": {"entity_id": "event.front_door_activity"},
        "other": {"device_id": device_of(back)},
    }
    await automate(hass, ran, "event_began", target=targets[chosen])
    see(workers, STARTED)
    await settle(hass)
    assert bool(ran) is runs


async def test_a_test_triggers_nothing(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """Who walks around to try it all out sets off no automation."""
    await automate(hass, ran, "event_recognized")
    await runtime.walk.async_begin(1, None)
    see(workers, STARTED)
    await settle(hass)
    runtime.walk.async_end()
    see(workers, UPDATED, zones=("Porch",))
    see(workers, STARTED, "b")
    await settle(hass)
    assert [event["payload"].get("test") for event in ran] == [None]


async def test_only_the_first_of_a_day(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """What was yesterday or of another kind does not count, what was today does."""
    midnight = round(dt_util.start_of_local_day().timestamp() * 1000)
    see(
        workers, STARTED, "yesterday", midnight - 60_000, labels=(Label("person", 0.9),)
    )
    see(workers, STARTED, "other", midnight + 1_000)
    await settle(hass)
    await automate(hass, ran, "event_began", {"types": ["person"], "first_today": True})
    for key, seconds in (("first", 2), ("second", 3)):
        see(
            workers,
            STARTED,
            key,
            midnight + 1000 * seconds,
            labels=(Label("person", 0.9),),
        )
        await settle(hass)
    assert [event["ts"] - midnight for event in ran] == [2000]


async def test_a_failing_database_does_not_silence_the_first(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twice is better than never."""
    await automate(hass, ran, "event_began", {"first_today": True})

    async def fail(*_: object, **__: object) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(runtime.store, "page", fail)
    see(workers, STARTED)
    await settle(hass)
    assert len(ran) == 1


async def test_a_trigger_forgets_the_oldest(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does not grow with the years."""
    monkeypatch.setattr("custom_components.vigilar.trigger.REMEMBERED", 1)
    await automate(hass, ran, "event_recognized")
    see(workers, STARTED, "a")
    await settle(hass)
    see(workers, STARTED, "b")
    await settle(hass)
    see(workers, UPDATED, "a", labels=(Label("person", 0.9),))
    await settle(hass)
    assert len(ran) == 3


async def test_a_bad_trigger_is_refused(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """A type that does not exist is named."""
    config = {"trigger": "vigilar.event_began", "options": {"types": ["unicorn"]}}
    with pytest.raises(vol.Invalid, match="types"):
        await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))


async def test_what_is_recognised_at_the_very_end_counts(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    ran: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its update never goes out by itself, for the end comes before."""
    monkeypatch.setattr(
        "custom_components.vigilar.events.processor.UPDATE_INTERVAL_MS", 60_000
    )
    await automate(hass, ran, "event_recognized", {"types": ["person"]})
    see(workers, STARTED)
    see(workers, UPDATED)
    see(workers, UPDATED, zones=("Porch",))
    see(workers, UPDATED, labels=(Label("person", 0.9),))
    see(workers, ENDED)
    await settle(hass)
    assert [event["type"] for event in ran] == ["person"]


async def holds(hass: HomeAssistant, kind: str, **config: Any) -> bool:
    """Return whether a condition holds."""
    checked = await condition.async_validate_condition_config(
        hass, {"condition": f"vigilar.{kind}", **config}
    )
    checker = await condition.async_from_config(hass, checked)
    try:
        return bool(checker(hass, {}))
    finally:
        checker.async_unload()


async def test_a_camera_sees_now(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A person counts while in sight; anything else only where it is asked for."""
    assert not await holds(hass, "is_seeing")
    see(workers, STARTED)
    await settle(hass)
    assert not await holds(hass, "is_seeing")
    assert await holds(hass, "is_seeing", options={"seen": "anything"})
    see(workers, UPDATED, labels=(Label("person", 0.9),), present=("person",))
    await settle(hass)
    assert await holds(hass, "is_seeing")
    target = {"entity_id": "event.back_yard_activity"}
    assert not await holds(hass, "is_seeing", target=target)
    see(workers, ENDED)
    await settle(hass)
    assert not await holds(hass, "is_seeing", options={"seen": "anything"})


async def test_nothing_was_seen_for_a_while(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
) -> None:
    """What goes on or was just now breaks the quiet, over a reload as well."""

    async def quiet(minutes: int) -> bool:
        duration = timedelta(minutes=minutes)
        return await holds(hass, "is_quiet", options={"duration": duration})

    assert await quiet(1)
    see(workers, STARTED, ts=wall_ms() - 300_000)
    await settle(hass)
    assert not await quiet(1)
    see(workers, ENDED, ts=wall_ms() - 240_000)
    await settle(hass)
    assert await quiet(3)
    assert not await quiet(5)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert await quiet(3)
    assert not await quiet(5)
    await hass.config_entries.async_unload(entry.entry_id)
    assert not await quiet(3)


async def test_somebody_should_look(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """What matters counts until it was looked at, where it happened."""
    see(workers, STARTED)
    await settle(hass)
    assert not await holds(hass, "has_unreviewed")
    see(workers, STARTED, "b", labels=(Label("person", 0.9),))
    await settle(hass)
    there = {"entity_id": "event.front_door_activity"}
    elsewhere = {"entity_id": "event.back_yard_activity"}
    assert await holds(hass, "has_unreviewed")
    assert await holds(hass, "has_unreviewed", target=there)
    assert not await holds(hass, "has_unreviewed", target=elsewhere)
    (event,) = await runtime.store.page(EventQuery(types=frozenset({"person"})))
    await runtime.processor.revise([event.id], seen(Reviewer("u", "Ann", 1)))
    assert not await holds(hass, "has_unreviewed")


async def test_an_automation_that_is_off_hears_nothing(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, ran: list[Any]
) -> None:
    """Nobody listens any more."""
    await automate(hass, ran, "event_began")
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )
    see(workers, STARTED)
    await settle(hass)
    assert ran == []


async def test_the_editor_finds_what_there_is(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """Home Assistant reads the layout of every trigger and condition."""
    assert await async_setup_component(hass, "automation", {})
    triggers = await trigger.async_get_all_descriptions(hass)
    conditions = await condition.async_get_all_descriptions(hass)
    ours = {
        key: description
        for key, description in {**triggers, **conditions}.items()
        if key.startswith("vigilar.")
    }
    assert set(ours) == {
        "vigilar.camera_offline",
        "vigilar.camera_online",
        "vigilar.event_began",
        "vigilar.event_ended",
        "vigilar.event_recognized",
        "vigilar.incident_began",
        "vigilar.has_unreviewed",
        "vigilar.is_quiet",
        "vigilar.is_seeing",
    }
    assert all(description and "target" in description for description in ours.values())
