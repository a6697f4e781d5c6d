"""Test setting up, changing and taking down the hub."""

import asyncio
from pathlib import Path
import threading
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.vigilar import async_remove_config_entry_device
from custom_components.vigilar.const import (
    CONF_ANALYSIS,
    CONF_MODEL_FOLDER,
    CONF_PANEL,
    CONF_RETENTION_DAYS,
    CONF_SOURCE_ID,
    DATABASE_FILE,
    DOMAIN,
    SUBENTRY_CAMERA,
)
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.media import files
from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.runtime import (
    ALIVE_INTERVAL,
    HOUSEKEEPING_INTERVAL,
    MEDIA_INTERVAL,
    VigilarConfigEntry,
    VigilarRuntime,
)
from custom_components.vigilar.runtime_extras import OPENCV
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.objects import (
    SHIPPED_MODEL,
    DetectorUnavailableError,
)
from custom_components.vigilar.vision.zones import Point, Zone, ZoneKind
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_URL, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util

from .common import BACK_URL, Workers, make_jpeg, settle
from .vision.common import SomebodyEverywhere

TS = 1_700_000_000_000


def _change(
    hass: HomeAssistant, entry: VigilarConfigEntry, subentry_id: str, **fields: Any
) -> None:
    """Change a camera, as its reconfigure form does."""
    subentry = entry.subentries[subentry_id]
    hass.config_entries.async_update_subentry(
        entry,
        subentry,
        title=fields.pop("title", subentry.title),
        data={**subentry.data, **fields},
    )


async def test_devices_and_entities(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """A camera is a device below the hub, with five entities and no more that are enabled."""
    hub = device_registry.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert hub is not None
    assert hub.entry_type is dr.DeviceEntryType.SERVICE
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, front), entry.entry_id
    )
    assert device is not None
    assert device.name == "Front door"
    assert device.via_device_id == hub.id
    entities = er.async_entries_for_device(entity_registry, device.id)
    enabled = [entity for entity in entities if entity.disabled_by is None]
    assert sorted(entity.entity_id for entity in enabled) == [
        "binary_sensor.front_door_motion",
        "binary_sensor.front_door_problem",
        "event.front_door_activity",
        "image.front_door_last_event",
        "switch.front_door_detection",
    ]
    assert {entity.config_subentry_id for entity in entities} == {front}


async def test_unload_and_reload(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """Unloading stops the cameras and closes the store; loading begins anew."""
    before = list(workers)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert not any(worker.running for worker in before)
    assert not any(
        thread.name.startswith("vigilar") for thread in threading.enumerate()
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert workers.of("front_door") not in before
    assert workers.of("front_door").running


async def test_the_detector_is_shared_and_ends_with_the_hub(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """One thread for all cameras; a reload tries anew what could not be loaded."""
    assert not await hass.async_add_executor_job(runtime.inference.wait_loaded)
    assert isinstance(runtime.inference.failure, DetectorUnavailableError)
    with patch(
        "custom_components.vigilar.runtime.load_detector",
        return_value=SomebodyEverywhere(),
    ) as load:
        assert await hass.config_entries.async_reload(entry.entry_id)
        inference = entry.runtime_data.inference
        assert await hass.async_add_executor_job(inference.wait_loaded)
    load.assert_called_once_with(SHIPPED_MODEL)
    assert inference is not runtime.inference
    for source_id in ("front_door", "back_yard"):
        assert workers.of(source_id).inference is inference.desk(source_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert inference.join(0)


async def test_another_model_is_loaded_at_once(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """The hub is set up again with the model that the options choose."""
    await hass.async_add_executor_job(runtime.inference.wait_loaded)
    folder = Path(hass.config.path("nets"))
    with (
        patch("custom_components.vigilar.object_model.async_review_model"),
        patch(
            "custom_components.vigilar.runtime.load_detector",
            return_value=SomebodyEverywhere(),
        ) as load,
    ):
        hass.config_entries.async_update_entry(
            entry, options={CONF_MODEL_FOLDER: "nets"}
        )
        await hass.async_block_till_done()
        inference = entry.runtime_data.inference
        assert await hass.async_add_executor_job(inference.wait_loaded)
    load.assert_called_once_with(folder)


async def test_stopping_home_assistant_stops_the_cameras(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Home Assistant does not unload entries when it stops, so we listen."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert not any(worker.running for worker in workers)
    with pytest.raises(StoreError):
        await runtime.store.page()


async def test_changing_one_camera_restarts_that_camera(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The other camera goes on; an open event of the changed one is ended."""
    ended = async_capture_events(hass, "vigilar_event_ended")
    url = "rtsp://192.0.2.9/porch"
    other, old = workers.of("back_yard"), workers.of("front_door")
    old.see_motion("m")
    await settle(hass)
    _change(
        hass,
        entry,
        front,
        title="Porch",
        **{CONF_URL: url, CONF_ANALYSIS: {"sensitivity": 9, "fps": 2}},
    )
    await settle(hass)
    assert not old.running
    assert workers.of("front_door").settings.sensitivity == 9
    assert workers.of("back_yard") is other
    assert other.running
    assert len(ended) == 1
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, front), entry.entry_id
    )
    assert device is not None
    assert device.name == "Porch"
    workers.of("front_door").see_motion("n", ts=TS + 60_000)
    await settle(hass)
    newest = (await runtime.store.page())[0]
    assert newest.source_id == "front_door"
    assert newest.payload["name"] == "Porch"


async def test_changing_the_analysis_interrupts_nothing(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
) -> None:
    """A running worker takes other settings; what goes on goes on."""
    worker = workers.of("front_door")
    worker.see_motion("m")
    await settle(hass)
    zone = {
        "name": "Drive",
        "kind": "mask",
        "points": [[0, 0], [1, 0], [1, 0.25]],
    }
    analysis = {
        "sensitivity": 9,
        "fps": 2,
        "min_height": 12.5,
        "min_duration": 1.5,
        "quiet_time": 20,
    }
    _change(
        hass, entry, front, title="Porch", **{CONF_ANALYSIS: analysis, "zones": [zone]}
    )
    await settle(hass)
    assert workers.of("front_door") is worker
    assert worker.running
    assert worker.settings == AnalyzerSettings(
        fps=2.0,
        sensitivity=9,
        min_height=0.125,
        min_duration_s=1.5,
        quiet_s=20.0,
        zones=(
            Zone("Drive", (Point(0, 0), Point(1, 0), Point(1, 0.25)), ZoneKind.MASK),
        ),
    )
    event = (await runtime.store.page())[0]
    assert event.payload["phase"] == "new"


async def test_settings_that_change_while_detection_is_off(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
) -> None:
    """They hold when it is switched on again, and do not switch it on."""
    camera = runtime.cameras[front]
    await runtime.async_set_detecting(camera, False)
    old = workers.of("front_door")
    _change(hass, entry, front, **{CONF_ANALYSIS: {"sensitivity": 2}})
    await settle(hass)
    assert workers.of("front_door") is old
    await runtime.async_set_detecting(camera, True)
    assert workers.of("front_door").settings.sensitivity == 2


async def test_what_an_old_worker_still_says_is_not_heard(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers, front: str
) -> None:
    """A thread that has not noticed yet that it is over changes nothing."""
    camera = runtime.cameras[front]
    old = workers.of("front_door")
    await camera.async_stop()
    old.see_motion("m")
    await settle(hass)
    assert await runtime.store.page() == []


async def test_adding_and_removing_a_camera(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """Cameras come and go without a restart of anything else."""
    other = workers.of("back_yard")
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(
                {
                    CONF_URL: "rtsp://192.0.2.3/drive",
                    CONF_ANALYSIS: {},
                    CONF_SOURCE_ID: "drive",
                }
            ),
            subentry_type=SUBENTRY_CAMERA,
            title="Drive",
            unique_id="drive",
        ),
    )
    await settle(hass)
    assert workers.of("drive").running
    assert hass.states.get("switch.drive_detection") is not None

    removed = workers.of("front_door")
    removed.see_motion("m")
    await settle(hass)
    hass.config_entries.async_remove_subentry(entry, front)
    await settle(hass)
    assert not removed.running
    assert entity_registry.async_get("switch.front_door_detection") is None
    assert workers.of("back_yard") is other
    assert other.running
    event = (await runtime.store.page())[0]
    assert event.payload["phase"] == "ended"


async def test_detection_that_is_off_survives_a_restart(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
) -> None:
    """A camera that was switched off is not started by a restart."""
    await runtime.async_set_detecting(runtime.cameras[front], False)
    workers.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    assert [worker.source_id for worker in workers] == ["back_yard"]
    camera = entry.runtime_data.cameras[front]
    assert camera.stats is None
    await entry.runtime_data.async_set_detecting(camera, True)
    assert workers.of("front_door").running


async def test_what_was_open_in_a_crash_is_ended_at_the_next_start(
    hass: HomeAssistant, workers: Workers, entry: VigilarConfigEntry
) -> None:
    """The event of before is ended with a reason, and everyone hears of it."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    workers.of("front_door").see_motion("m")
    await settle(hass)
    await hass.config_entries.async_unload(entry.entry_id)

    ended = async_capture_events(hass, "vigilar_event_ended")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert [event.data["payload"]["why"] for event in ended] == ["restart"]
    assert hass.states.get("binary_sensor.front_door_motion") is not None


async def test_damaged_database(
    hass: HomeAssistant,
    workers: Workers,
    entry: VigilarConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A damaged database is kept, a new one begun, and the user told."""
    path = Path(hass.config.path(DATABASE_FILE))
    await hass.async_add_executor_job(path.write_bytes, b"not a database" * 1000)
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue = issue_registry.async_get_issue(DOMAIN, "database_moved_aside")
    assert issue is not None
    assert issue.translation_placeholders is not None
    kept = Path(issue.translation_placeholders["path"])
    assert (await hass.async_add_executor_job(kept.read_bytes)).startswith(b"not a")
    workers.of("front_door").see_motion("m")
    await settle(hass)
    assert len(await entry.runtime_data.store.page()) == 1


async def test_unusable_database(
    hass: HomeAssistant, workers: Workers, entry: MockConfigEntry
) -> None:
    """A database that is too new or out of reach stops the set-up with a reason."""
    with patch.object(EventStore, "open", side_effect=StoreError("too new")):
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "database_unusable"
    assert workers == []


async def test_retention(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Events older than the option says are deleted, every hour."""
    workers.of("front_door").see_motion("m", ts=TS)
    workers.of("front_door").see(ObservationKind.MOTION_ENDED, TS + 1000, key="m")
    await settle(hass)
    assert len(await runtime.store.page()) == 1
    hass.config_entries.async_update_entry(
        runtime.entry, options={CONF_RETENTION_DAYS: 1}
    )
    async_fire_time_changed(
        hass, fire_all=True, datetime_=_later(HOUSEKEEPING_INTERVAL)
    )
    await settle(hass)
    assert await runtime.store.page() == []


async def test_a_failing_store_does_not_stop_the_housekeeping(
    hass: HomeAssistant, runtime: VigilarRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is logged; the next round tries again."""
    with (
        patch.object(runtime.processor, "prune", side_effect=StoreError("disk full")),
        patch.object(runtime.store, "mark_alive", side_effect=StoreError("disk full")),
    ):
        async_fire_time_changed(hass, _later(HOUSEKEEPING_INTERVAL))
        async_fire_time_changed(hass, _later(ALIVE_INTERVAL))
        await settle(hass)
    assert "Old events could not be deleted: disk full" in caplog.text


async def test_the_time_is_recorded_while_somebody_watches(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """The start after a crash knows since when nobody watched."""
    with patch.object(runtime.store, "mark_alive") as mark_alive:
        async_fire_time_changed(hass, _later(ALIVE_INTERVAL))
        await settle(hass)
    mark_alive.assert_called()


async def test_panel_follows_its_option(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """The panel comes and goes with the option, and goes with the hub."""
    panel = hass.data[DATA_PANELS]["vigilar"]
    assert panel.config is not None
    module = panel.config["_panel_custom"]["module_url"]
    assert module.startswith("/vigilar_static/")
    hass.config_entries.async_update_entry(entry, options={CONF_PANEL: False})
    await settle(hass)
    assert "vigilar" not in hass.data[DATA_PANELS]
    hass.config_entries.async_update_entry(entry, options={CONF_PANEL: True})
    await settle(hass)
    assert "vigilar" in hass.data[DATA_PANELS]
    await hass.config_entries.async_unload(entry.entry_id)
    assert "vigilar" not in hass.data[DATA_PANELS]


async def test_extras_are_installed_once_and_running_cameras_change_over(
    hass: HomeAssistant, workers: Workers, entry: VigilarConfigEntry
) -> None:
    """When OpenCV has been installed the cameras begin to use it."""
    with patch(
        "custom_components.vigilar.runtime_extras.async_install_extras",
        return_value=[OPENCV],
    ):
        assert await hass.config_entries.async_setup(entry.entry_id)
        async with asyncio.timeout(60):
            while len(workers) < 4:
                await asyncio.sleep(0)
    await settle(hass)
    assert [worker.source_id for worker in workers].count("front_door") == 2
    assert workers.of("front_door").running


async def test_each_worker_opens_its_own_camera(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """Each worker opens its own camera."""
    with patch("custom_components.vigilar.camera_source.open_stream") as open_stream:
        await hass.async_add_executor_job(workers.of("back_yard").open_source)
    open_stream.assert_called_once_with(BACK_URL)


def _later(interval: Any) -> Any:
    """Return a time at which a timer of this interval is due."""
    from homeassistant.util import dt as dt_util

    return dt_util.utcnow() + interval + interval


async def test_a_full_disk_is_the_users_to_know(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> None:
    """A repair issue opens when there is no room for media, and closes by itself."""
    issues = ir.async_get(hass)
    with patch.object(files, "measure", return_value=files.Space(1000, 0)):
        workers.of("front_door").see_motion("m", snapshot=make_jpeg())
        await settle(hass)
        issue = issues.async_get_issue(DOMAIN, "media_disk_full")
        assert issue is not None
        assert issue.translation_placeholders == {"path": str(runtime.library.root)}
    (event,) = await runtime.store.page()
    assert event.payload["media"]["snapshot"]["reason"] == "disk full"
    async_fire_time_changed(hass, dt_util.utcnow() + 2 * MEDIA_INTERVAL)
    async with asyncio.timeout(30):
        while issues.async_get_issue(DOMAIN, "media_disk_full") is not None:
            await asyncio.sleep(0.01)


async def test_a_failing_store_does_not_stop_the_care_of_media(
    hass: HomeAssistant, runtime: VigilarRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and tried again the next time."""
    error = StoreError("locked")
    with (
        patch.object(runtime.library.store, "orphans", side_effect=error),
        patch.object(runtime.library.store, "expired", side_effect=error),
    ):
        await runtime._async_sweep_media()
        await runtime._async_tidy_media()
    assert "The media folder could not be swept: locked" in caplog.text
    assert "Old media could not be deleted: locked" in caplog.text


async def test_clips_are_completed_at_the_stop(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """Every recorder ends, and the camera that is removed takes its own along."""
    recorders = {
        camera.camera.source_id: camera.recorder for camera in runtime.cameras.values()
    }
    removed = next(iter(entry.subentries))
    hass.config_entries.async_remove_subentry(entry, removed)
    await settle(hass)
    assert [recorder.closed for recorder in recorders.values()] == [True, False]  # type: ignore[attr-defined]
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert all(recorder.closed for recorder in recorders.values())  # type: ignore[attr-defined]


async def test_only_a_device_that_nobody_needs_can_be_deleted(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    front: str,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The hub and its cameras stay; what an older version left may go."""
    stale = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "long_gone")}
    )
    assert await async_remove_config_entry_device(hass, entry, stale)
    for identifier in (entry.entry_id, front):
        device = device_registry.async_get_device_by_identifier(
            (DOMAIN, identifier), entry.entry_id
        )
        assert device is not None
        assert not await async_remove_config_entry_device(hass, entry, device)
