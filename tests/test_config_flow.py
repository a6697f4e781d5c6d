"""Test the config, options and camera flows."""

import asyncio
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.const import (
    CONF_ALWAYS_CONNECTED,
    CONF_ANALYSIS,
    CONF_CAMERA,
    CONF_CPU_BUDGET,
    CONF_FPS,
    CONF_INCIDENT_WINDOW,
    CONF_INCIDENTS,
    CONF_KIND,
    CONF_MEDIA,
    CONF_MEDIA_FOLDER,
    CONF_MEDIA_MAX_GB,
    CONF_MEMORY,
    CONF_MIN_DURATION,
    CONF_MIN_HEIGHT,
    CONF_MODEL_FOLDER,
    CONF_MQTT,
    CONF_MQTT_PREFIX,
    CONF_PANEL,
    CONF_POINTS,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_QUIET_TIME,
    CONF_RECORDING,
    CONF_RETENTION_DAYS,
    CONF_SENSITIVITY,
    CONF_SOURCE_ID,
    CONF_ZONE,
    CONF_ZONES,
    DOMAIN,
    ISSUE_MODEL_UNUSABLE,
    SUBENTRY_CAMERA,
)
from custom_components.vigilar.media.recorder import RecorderSettings
from custom_components.vigilar.models import Severity
from custom_components.vigilar.sources import CameraConfig, SecondStream
from custom_components.vigilar.vision.recognition import ClassSettings, ObjectSettings
from custom_components.vigilar.vision.source import SourceError, SourceFailure
from custom_components.vigilar.zone_flow import MAX_ZONES
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .common import (
    ANALYSIS,
    BACK_URL,
    FRONT_URL,
    RECORDING,
    SECRET,
    Workers,
    settle,
    stream_subentry,
)
from .vision.networks import write_model


@pytest.fixture
def probe(workers: Workers) -> Generator[AsyncMock]:
    """Replace the look through the camera; it sees something."""
    with patch("custom_components.vigilar.config_flow.async_probe_camera") as probe:
        yield probe


@pytest.fixture
async def hub(hass: HomeAssistant, workers: Workers) -> MockConfigEntry:
    """Return a hub with one camera, running."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Vigilar",
        subentries_data=[stream_subentry("Front door", "front_door", FRONT_URL)],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def _start(hass: HomeAssistant, hub: MockConfigEntry, kind: str) -> str:
    """Open the form of a kind of camera; return the id of its flow."""
    manager = hass.config_entries.subentries
    result = await manager.async_init(
        (hub.entry_id, SUBENTRY_CAMERA), context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["entity", "stream"]
    return await _choose(hass, result["flow_id"], kind)


async def _start_reconfigure(
    hass: HomeAssistant, hub: MockConfigEntry, kind: str
) -> str:
    """Open the form that changes the hub's first camera."""
    subentry_id = next(iter(hub.subentries))
    result = await hub.start_subentry_reconfigure_flow(hass, subentry_id)
    assert result["type"] is FlowResultType.MENU
    assert result["description_placeholders"] == {CONF_NAME: "Front door"}
    return await _choose(hass, result["flow_id"], kind)


async def _choose(hass: HomeAssistant, flow_id: str, kind: str) -> str:
    """Take an option of the menu."""
    result = await hass.config_entries.subentries.async_configure(
        flow_id, {"next_step_id": kind}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == kind
    assert not result["errors"]
    return flow_id


async def _submit(
    hass: HomeAssistant, flow_id: str, user_input: dict[str, Any]
) -> dict[str, Any]:
    """Fill in the form; the look through the camera is over at once."""
    result = await hass.config_entries.subentries.async_configure(flow_id, user_input)
    await settle(hass)
    return dict(result)


async def test_hub_goes_on_to_the_first_camera(
    hass: HomeAssistant, probe: AsyncMock
) -> None:
    """The hub needs no input and opens the camera's form, which then works."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Vigilar"
    assert result["data"] == {}
    _, flow_id = result["next_flow"]
    await hass.async_block_till_done()
    await _choose(hass, flow_id, "stream")
    camera = await _submit(
        hass, flow_id, {CONF_NAME: "Front door", CONF_URL: FRONT_URL}
    )
    assert camera["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_only_one_hub(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    """A second hub is refused."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


async def test_stream(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, workers: Workers
) -> None:
    """A stream is tested, saved and watched at once."""
    flow_id = await _start(hass, hub, "stream")
    result = await _submit(
        hass, flow_id, {CONF_NAME: " Back yard ", CONF_URL: f" {BACK_URL} "}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Back yard"
    assert result["data"] == {
        CONF_URL: BACK_URL,
        CONF_ANALYSIS: ANALYSIS,
        CONF_RECORDING: RECORDING,
        CONF_SOURCE_ID: "back_yard",
    }
    assert SECRET not in result["unique_id"]
    assert probe.call_args.kwargs == {"camera": None, "url": BACK_URL}
    await hass.async_block_till_done()
    assert workers.of("back_yard").running


async def test_progress_is_shown_while_the_camera_is_tested(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """The form tells that it waits, and goes on by itself."""
    seen = asyncio.Event()

    async def _look(*args: Any, **kwargs: Any) -> None:
        await seen.wait()

    probe.side_effect = _look
    flow_id = await _start(hass, hub, "stream")
    manager = hass.config_entries.subentries
    user_input = {CONF_NAME: "Yard", CONF_URL: BACK_URL}
    result = await manager.async_configure(flow_id, user_input)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "test"
    result = await manager.async_configure(flow_id)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    seen.set()
    await hass.async_block_till_done()
    result = await manager.async_configure(flow_id)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [subentry.title for subentry in hub.subentries.values()] == [
        "Front door",
        "Yard",
    ]
    await settle(hass)


@pytest.mark.parametrize(
    "url",
    [
        "rtmp://192.0.2.1/live",
        "file:///etc/passwd",
        "/etc/passwd",
        "concat:/etc/passwd|/etc/shadow",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "http://",
        "rtsp://192.0.2.1:port/",
    ],
)
async def test_forbidden_addresses_are_refused_without_a_look(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, url: str
) -> None:
    """Only stream addresses are opened; the form keeps what was typed."""
    flow_id = await _start(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "Bad", CONF_URL: url})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_URL: "forbidden_scheme"}
    probe.assert_not_called()
    result = await _submit(hass, flow_id, {CONF_NAME: "Good", CONF_URL: BACK_URL})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "failure",
    [
        SourceFailure.UNREACHABLE,
        SourceFailure.AUTH_FAILED,
        SourceFailure.NO_VIDEO,
        SourceFailure.UNSUPPORTED_CODEC,
        SourceFailure.STALLED,
        SourceFailure.ENDED,
    ],
)
async def test_a_failed_look_is_explained_and_can_be_repeated(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    probe: AsyncMock,
    failure: SourceFailure,
) -> None:
    """Each way to fail has its own words; the form comes back, filled in."""
    flow_id = await _start(hass, hub, "stream")
    probe.side_effect = SourceError(failure)
    result = await _submit(hass, flow_id, {CONF_NAME: "Yard", CONF_URL: BACK_URL})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "stream"
    assert result["errors"] == {"base": failure.value}
    assert "add_anyway" in {str(key) for key in result["data_schema"].schema}
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in result["data_schema"].schema
    }
    assert suggested[CONF_URL] == BACK_URL

    probe.side_effect = None
    result = await _submit(hass, flow_id, {CONF_NAME: "Yard", CONF_URL: BACK_URL})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_add_anyway(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, workers: Workers
) -> None:
    """A camera that is off now can be saved without a look."""
    flow_id = await _start(hass, hub, "stream")
    probe.side_effect = SourceError(SourceFailure.UNREACHABLE)
    user_input = {CONF_NAME: "Yard", CONF_URL: BACK_URL}
    await _submit(hass, flow_id, user_input)
    probe.reset_mock()
    result = await _submit(hass, flow_id, {**user_input, "add_anyway": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "add_anyway" not in result["data"]
    probe.assert_not_called()
    await hass.async_block_till_done()
    assert workers.of("yard").running


async def test_a_fault_of_ours_is_not_taken_for_the_cameras(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """An unexpected exception surfaces instead of being called unreachable."""
    flow_id = await _start(hass, hub, "stream")
    probe.side_effect = RuntimeError("bug")
    with pytest.raises(RuntimeError, match="bug"):
        await _submit(hass, flow_id, {CONF_NAME: "Yard", CONF_URL: BACK_URL})


async def test_a_look_that_is_over_is_repeated_on_the_next_submission(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """Nothing is taken from an older look."""
    flow_id = await _start(hass, hub, "stream")
    probe.side_effect = SourceError(SourceFailure.UNREACHABLE)
    user_input = {CONF_NAME: "Yard", CONF_URL: BACK_URL}
    await _submit(hass, flow_id, user_input)
    await _submit(hass, flow_id, user_input)
    assert probe.call_count == 2


async def test_duplicate_streams_are_refused(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """The same stream is a duplicate whatever the name and the password."""
    flow_id = await _start(hass, hub, "stream")
    result = await _submit(
        hass,
        flow_id,
        {CONF_NAME: "Again", CONF_URL: FRONT_URL.replace("admin", "other")},
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    probe.assert_not_called()


async def test_names_may_repeat_but_slugs_do_not(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """Two cameras with one name get two source ids."""
    flow_id = await _start(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "Front door", CONF_URL: BACK_URL})
    assert result["data"][CONF_SOURCE_ID] == "front_door_2"


async def test_a_stream_without_a_name(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """A name of blanks does not make a nameless camera."""
    flow_id = await _start(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "  ", CONF_URL: BACK_URL})
    assert result["title"] == "Camera"


async def test_entity(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    probe: AsyncMock,
    entity_registry: er.EntityRegistry,
) -> None:
    """A camera entity is stored by its registry id and lends its name."""
    registered = entity_registry.async_get_or_create(
        "camera", "test", "1", suggested_object_id="drive", original_name="Drive"
    )
    hass.states.async_set(
        registered.entity_id, "idle", {"friendly_name": "Drive camera"}
    )
    flow_id = await _start(hass, hub, "entity")
    result = await _submit(hass, flow_id, {CONF_CAMERA: registered.entity_id})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Drive camera"
    assert result["data"][CONF_CAMERA] == registered.id
    assert result["unique_id"] == registered.id

    flow_id = await _start(hass, hub, "entity")
    result = await _submit(
        hass, flow_id, {CONF_CAMERA: registered.entity_id, CONF_NAME: "Again"}
    )
    assert result["type"] is FlowResultType.ABORT


async def test_entity_that_is_not_registered(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """A camera from YAML, without a registry entry or a state, works by its id."""
    flow_id = await _start(hass, hub, "entity")
    result = await _submit(hass, flow_id, {CONF_CAMERA: "camera.yaml"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "camera.yaml"
    assert result["data"][CONF_CAMERA] == "camera.yaml"


async def test_reconfigure(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, workers: Workers
) -> None:
    """Everything can be changed; the source id, on which history hangs, stays."""
    flow_id = await _start_reconfigure(hass, hub, "stream")
    analysis = {
        CONF_SENSITIVITY: 8,
        CONF_FPS: 3,
        CONF_MIN_HEIGHT: 5.5,
        CONF_MIN_DURATION: 1.5,
        CONF_QUIET_TIME: 10,
    }
    result = await _submit(
        hass,
        flow_id,
        {CONF_NAME: "Porch", CONF_URL: BACK_URL, CONF_ANALYSIS: analysis},
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    subentry = next(iter(hub.subentries.values()))
    assert subentry.title == "Porch"
    assert subentry.data == {
        CONF_URL: BACK_URL,
        CONF_ANALYSIS: analysis,
        CONF_RECORDING: RECORDING,
        CONF_SOURCE_ID: "front_door",
    }
    await hass.async_block_till_done()
    assert workers.of("front_door").settings.sensitivity == 8
    assert workers.of("front_door").settings.fps == 3


@pytest.fixture
def readers() -> Generator[Mock]:
    """Replace the threads that read second streams."""
    with patch("custom_components.vigilar.coordinator.StreamReader") as readers:
        readers.return_value.join.return_value = True
        yield readers


async def test_recording_of_a_stream(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, readers: Mock
) -> None:
    """How a stream is recorded, and a second address, which is checked, too."""
    flow_id = await _start_reconfigure(hass, hub, "stream")
    recording: dict[str, Any] = {
        CONF_PRE_ROLL: 20,
        CONF_POST_ROLL: 0,
        CONF_MEMORY: 64,
        CONF_ALWAYS_CONNECTED: True,
    }
    form = {CONF_NAME: "Porch", CONF_URL: FRONT_URL}
    result = await _submit(
        hass, flow_id, {**form, CONF_RECORDING: {**recording, CONF_URL: "file:///x"}}
    )
    assert result["errors"] == {CONF_RECORDING: "forbidden_scheme"}
    recording[CONF_URL] = f" {BACK_URL} "
    result = await _submit(hass, flow_id, {**form, CONF_RECORDING: recording})
    assert result["reason"] == "reconfigure_successful"
    subentry = next(iter(hub.subentries.values()))
    assert subentry.data[CONF_RECORDING] == {**recording, CONF_URL: BACK_URL}
    config = CameraConfig.from_subentry(subentry)
    assert config.recording == RecorderSettings(20.0, 0.0, 64, 10.0)
    assert config.second == SecondStream(None, BACK_URL, always=True)
    await settle(hass)
    recorder = next(iter(hub.runtime_data.cameras.values())).recorder
    assert recorder.settings == config.recording
    name, _open, feed, wanted = readers.call_args.args
    assert (name, feed, wanted) == ("front_door", recorder.second, None)
    readers.return_value.start.assert_called_once_with()
    assert await hass.config_entries.async_unload(hub.entry_id)
    readers.return_value.request_stop.assert_called_once_with()
    readers.return_value.join.assert_called_once()


async def test_recording_of_a_camera(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, readers: Mock
) -> None:
    """The second camera is remembered by an id that a renaming does not change."""
    main = er.async_get(hass).async_get_or_create("camera", "demo", "main")
    sub = er.async_get(hass).async_get_or_create("camera", "demo", "sub")
    flow_id = await _start(hass, hub, "entity")
    result = await _submit(
        hass,
        flow_id,
        {
            CONF_CAMERA: sub.entity_id,
            CONF_ANALYSIS: {**ANALYSIS, CONF_MIN_DURATION: 2},
            CONF_RECORDING: {**RECORDING, CONF_CAMERA: main.entity_id},
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_CAMERA] == sub.id
    assert result["data"][CONF_RECORDING][CONF_CAMERA] == main.id
    subentry = list(hub.subentries.values())[-1]
    config = CameraConfig.from_subentry(subentry)
    assert config.second == SecondStream(main.id, None, always=False)
    assert config.recording == RecorderSettings(notice_s=12.0)
    assert not config.same_pictures(replace(config, second=None))
    await settle(hass)
    recorder = list(hub.runtime_data.cameras.values())[-1].recorder
    assert readers.call_args.args[3] is recorder.needed


def test_a_camera_of_before_is_recorded(entry: MockConfigEntry) -> None:
    """Without the settings the defaults hold."""
    config = CameraConfig.from_subentry(next(iter(entry.subentries.values())))
    assert config.recording == RecorderSettings()
    assert config.second is None


DRIVE = {CONF_NAME: "Drive", CONF_KIND: "include", CONF_POINTS: "0,50 100,50 100,100"}
SKY = {CONF_NAME: "Sky", CONF_KIND: "mask", CONF_POINTS: "0,0 100,0 100,12.5 0,12.5"}


async def _start_zones(
    hass: HomeAssistant, hub: MockConfigEntry, options: list[str]
) -> str:
    """Open the list of zones; return the id of its flow."""
    subentry_id = next(iter(hub.subentries))
    result = await hub.start_subentry_reconfigure_flow(hass, subentry_id)
    result = await _take(hass, result["flow_id"], "zones")
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == options
    return str(result["flow_id"])


async def _take(hass: HomeAssistant, flow_id: str, option: str) -> dict[str, Any]:
    """Take an option of a menu."""
    return await _submit(hass, flow_id, {"next_step_id": option})


async def _add_zone(
    hass: HomeAssistant, flow_id: str, zone: dict[str, str]
) -> dict[str, Any]:
    """Add a zone; return the list after it."""
    result = await _take(hass, flow_id, "add_zone")
    assert result["type"] is FlowResultType.FORM
    result = await _submit(hass, flow_id, zone)
    assert result["type"] is FlowResultType.MENU
    return result


async def test_zones(
    hass: HomeAssistant, hub: MockConfigEntry, workers: Workers
) -> None:
    """Zones are added, listed, saved as fractions and used without a new connection."""
    worker = workers.of("front_door")
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    result = await _add_zone(hass, flow_id, SKY)
    assert result["menu_options"] == [
        "add_zone",
        "choose_zone",
        "remove_zones",
        "save_zones",
    ]
    assert result["description_placeholders"] == {
        CONF_NAME: "Front door",
        CONF_ZONES: "+ Drive: 0,50 100,50 100,100\n− Sky: 0,0 100,0 100,12.5 0,12.5",
    }
    result = await _take(hass, flow_id, "save_zones")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    data = next(iter(hub.subentries.values())).data
    assert data[CONF_URL] == FRONT_URL
    assert data[CONF_ZONES] == [
        {
            CONF_NAME: "Drive",
            CONF_KIND: "include",
            CONF_POINTS: [[0, 0.5], [1, 0.5], [1, 1]],
        },
        {
            CONF_NAME: "Sky",
            CONF_KIND: "mask",
            CONF_POINTS: [[0, 0], [1, 0], [1, 0.125], [0, 0.125]],
        },
    ]
    assert workers.of("front_door") is worker
    assert [zone.name for zone in worker.settings.zones] == ["Drive", "Sky"]


async def test_objects(
    hass: HomeAssistant, hub: MockConfigEntry, workers: Workers
) -> None:
    """What makes events is chosen class by class, and used without a new connection."""
    worker = workers.of("front_door")
    before = worker.settings.objects
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    await _add_zone(hass, flow_id, SKY)
    await _take(hass, flow_id, "save_zones")
    subentry_id = next(iter(hub.subentries))
    result = await hub.start_subentry_reconfigure_flow(hass, subentry_id)
    result = await _take(hass, result["flow_id"], "objects")
    assert result["type"] is FlowResultType.FORM
    assert result["description_placeholders"] == {CONF_NAME: "Front door"}
    anything = {"reported": True, "min_score": 0, "min_height": 0, CONF_ZONES: []}
    chosen = {
        "hold_back": False,
        "unknown": False,
        "draw_box": True,
        "person": {**anything, "min_score": 40, CONF_ZONES: ["Drive"]},
        "vehicle": {**anything, "reported": False},
        "animal": {**anything, "min_height": 12.5},
    }
    result = await _submit(hass, result["flow_id"], chosen)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert before == ObjectSettings()
    assert workers.of("front_door") is worker
    assert worker.settings.objects == ObjectSettings(
        hold_back=False,
        motion=False,
        draw_box=True,
        person=ClassSettings(min_score=0.4, zones=("Drive",)),
        vehicle=ClassSettings(reported=False),
        animal=ClassSettings(min_height=0.125),
    )

    flow_id = await _start_zones(
        hass, hub, ["add_zone", "choose_zone", "remove_zones", "save_zones"]
    )
    await _take(hass, flow_id, "remove_zones")
    await _submit(hass, flow_id, {CONF_ZONES: ["Drive", "Sky"]})
    await _take(hass, flow_id, "save_zones")
    await hass.async_block_till_done()
    assert worker.settings.objects.person == ClassSettings(min_score=0.4)
    result = await hub.start_subentry_reconfigure_flow(hass, subentry_id)
    result = await _take(hass, result["flow_id"], "objects")
    fields = {str(key): value for key, value in result["data_schema"].schema.items()}
    shown = {str(key): key for key in fields["person"].schema.schema}
    assert shown["min_score"].description == {"suggested_value": 40}
    assert CONF_ZONES not in shown


async def test_zones_are_removed(
    hass: HomeAssistant, hub: MockConfigEntry, workers: Workers
) -> None:
    """What is chosen goes; nothing changes before it is saved."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    await _add_zone(hass, flow_id, SKY)
    await _take(hass, flow_id, "save_zones")
    flow_id = await _start_zones(
        hass, hub, ["add_zone", "choose_zone", "remove_zones", "save_zones"]
    )
    result = await _take(hass, flow_id, "remove_zones")
    assert result["type"] is FlowResultType.FORM
    await _submit(hass, flow_id, {CONF_ZONES: ["Drive"]})
    worker = workers.of("front_door")
    assert [zone.name for zone in worker.settings.zones] == ["Drive", "Sky"]
    result = await _take(hass, flow_id, "save_zones")
    assert result["reason"] == "reconfigure_successful"
    assert [zone.name for zone in worker.settings.zones] == ["Sky"]


async def _change_zone(
    hass: HomeAssistant, flow_id: str, name: str, zone: dict[str, str]
) -> dict[str, Any]:
    """Choose a zone and send its form; return what comes of it."""
    result = await _take(hass, flow_id, "choose_zone")
    assert result["step_id"] == "choose_zone"
    result = await _submit(hass, flow_id, {CONF_ZONE: name})
    assert result["step_id"] == "change_zone"
    return await _submit(hass, flow_id, zone)


async def test_a_zone_is_changed_where_it_stands(
    hass: HomeAssistant, hub: MockConfigEntry, workers: Workers
) -> None:
    """Name, kind and corners change; its place among the others does not."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    for zone in (DRIVE, SKY, {**DRIVE, CONF_NAME: "Porch"}):
        await _add_zone(hass, flow_id, zone)
    tree = {CONF_NAME: "Tree ", CONF_KIND: "mask", CONF_POINTS: "0,0 50,0 50,50"}
    result = await _change_zone(hass, flow_id, "Drive", tree)
    assert result["type"] is FlowResultType.MENU
    assert result["description_placeholders"][CONF_ZONES].splitlines() == [
        "− Tree: 0,0 50,0 50,50",
        "− Sky: 0,0 100,0 100,12.5 0,12.5",
        "+ Porch: 0,50 100,50 100,100",
    ]
    # The list is the form's own until it is saved.
    assert not workers.of("front_door").settings.zones
    await _take(hass, flow_id, "save_zones")
    zones = workers.of("front_door").settings.zones
    assert [(zone.name, zone.kind.value) for zone in zones] == [
        ("Tree", "mask"),
        ("Sky", "mask"),
        ("Porch", "include"),
    ]


async def test_the_form_of_a_zone_shows_what_it_is(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    """Sent back as it came, it changes nothing: its own name is not taken."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    listed = await _add_zone(hass, flow_id, SKY)
    await _take(hass, flow_id, "choose_zone")
    result = await _submit(hass, flow_id, {CONF_ZONE: "Sky"})
    shown = {
        key.schema: key.description["suggested_value"]
        for key in result["data_schema"].schema
    }
    assert shown == SKY
    result = await _submit(hass, flow_id, shown)
    assert result["description_placeholders"] == listed["description_placeholders"]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({CONF_NAME: ""}, {CONF_NAME: "zone_unnamed"}),
        ({CONF_NAME: "Drive"}, {CONF_NAME: "zone_exists"}),
        ({CONF_POINTS: "0,0 50,50 100,100"}, {CONF_POINTS: "points_flat"}),
    ],
)
async def test_a_wrong_change_of_a_zone_is_explained(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, str],
    errors: dict[str, str],
) -> None:
    """The form keeps what was typed, the zone stays, and a right change is taken."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    await _add_zone(hass, flow_id, SKY)
    result = await _change_zone(hass, flow_id, "Sky", {**SKY, **wrong})
    assert result["step_id"] == "change_zone"
    assert result["errors"] == errors
    typed = {
        key.schema: key.description["suggested_value"]
        for key in result["data_schema"].schema
    }
    assert typed == {**SKY, **wrong}
    result = await _submit(hass, flow_id, {**SKY, CONF_NAME: "Roof"})
    listed = result["description_placeholders"][CONF_ZONES]
    assert listed.splitlines()[1].startswith("− Roof: ")


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({CONF_NAME: " "}, {CONF_NAME: "zone_unnamed"}),
        ({CONF_NAME: " Drive "}, {CONF_NAME: "zone_exists"}),
        ({CONF_POINTS: "0;0 1;1 2;2"}, {CONF_POINTS: "points_format"}),
        ({CONF_POINTS: "0,0 101,0 50,50"}, {CONF_POINTS: "points_range"}),
        ({CONF_POINTS: "0,0 50,50"}, {CONF_POINTS: "points_few"}),
        ({CONF_POINTS: "0,0 50,50 100,100"}, {CONF_POINTS: "points_flat"}),
        (
            {CONF_NAME: "", CONF_POINTS: ""},
            {CONF_NAME: "zone_unnamed", CONF_POINTS: "points_few"},
        ),
    ],
)
async def test_a_wrong_zone_is_explained(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    workers: Workers,
    wrong: dict[str, str],
    errors: dict[str, str],
) -> None:
    """The form comes back with what was typed, and takes a right zone then."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    await _take(hass, flow_id, "add_zone")
    result = await _submit(hass, flow_id, {**SKY, **wrong})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    await _submit(hass, flow_id, SKY)
    result = await _take(hass, flow_id, "save_zones")
    assert result["reason"] == "reconfigure_successful"
    zones = workers.of("front_door").settings.zones
    assert [zone.name for zone in zones] == ["Drive", "Sky"]


async def test_the_number_of_zones_is_bounded(
    hass: HomeAssistant, hub: MockConfigEntry, workers: Workers
) -> None:
    """With as many as there can be, no more are offered."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    for number in range(MAX_ZONES):
        result = await _add_zone(hass, flow_id, {**DRIVE, CONF_NAME: str(number)})
    assert result["menu_options"] == ["choose_zone", "remove_zones", "save_zones"]
    result = await _take(hass, flow_id, "save_zones")
    assert result["reason"] == "reconfigure_successful"


async def test_zones_survive_another_change(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock, workers: Workers
) -> None:
    """The form of the camera does not know the zones, and does not lose them."""
    flow_id = await _start_zones(hass, hub, ["add_zone", "save_zones"])
    await _add_zone(hass, flow_id, DRIVE)
    await _take(hass, flow_id, "save_zones")
    flow_id = await _start_reconfigure(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "Porch", CONF_URL: BACK_URL})
    assert result["reason"] == "reconfigure_successful"
    zones = workers.of("front_door").settings.zones
    assert [zone.name for zone in zones] == ["Drive"]


async def test_reconfigure_from_stream_to_entity(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """A camera that Home Assistant has learned to know takes the stream's place."""
    flow_id = await _start_reconfigure(hass, hub, "entity")
    result = await _submit(
        hass, flow_id, {CONF_CAMERA: "camera.front", CONF_NAME: "Front door"}
    )
    assert result["reason"] == "reconfigure_successful"
    subentry = next(iter(hub.subentries.values()))
    assert CONF_URL not in subentry.data
    assert subentry.data[CONF_CAMERA] == "camera.front"


async def test_reconfigure_to_another_cameras_stream_is_refused(
    hass: HomeAssistant, hub: MockConfigEntry, probe: AsyncMock
) -> None:
    """One camera cannot become another; to keep its own stream is fine."""
    flow_id = await _start(hass, hub, "stream")
    await _submit(hass, flow_id, {CONF_NAME: "Back yard", CONF_URL: BACK_URL})
    flow_id = await _start_reconfigure(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "X", CONF_URL: BACK_URL})
    assert result["reason"] == "already_configured"
    flow_id = await _start_reconfigure(hass, hub, "stream")
    result = await _submit(hass, flow_id, {CONF_NAME: "X", CONF_URL: FRONT_URL})
    assert result["reason"] == "reconfigure_successful"


def _claimed(folder: Path) -> list[Path]:
    """Return the marks of the folders that were made ours."""
    return list(folder.glob("**/.vigilar"))


async def _open_options(
    hass: HomeAssistant, hub: MockConfigEntry, step: str
) -> ConfigFlowResult:
    """Open one of the forms of the options."""
    result = await hass.config_entries.options.async_init(hub.entry_id)
    assert result["type"] is FlowResultType.MENU
    assert step in result["menu_options"]
    return await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": step}
    )


async def test_options(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Options are checked, saved and followed."""
    nvr = tmp_path_factory.mktemp("disk") / "nvr"
    result = await _open_options(hass, hub, "general")
    assert result["type"] is FlowResultType.FORM
    options: dict[str, Any] = {
        CONF_MQTT: True,
        CONF_MQTT_PREFIX: "house/one",
        CONF_RETENTION_DAYS: 30,
        CONF_CPU_BUDGET: 120,
        CONF_INCIDENTS: False,
        CONF_INCIDENT_WINDOW: 90,
        CONF_PANEL: False,
        CONF_MEDIA: {
            CONF_MEDIA_FOLDER: str(nvr),
            "days_info": 1,
            "days_warning": 2,
            "days_alert": 3,
            "days_critical": 4,
            CONF_MEDIA_MAX_GB: 0,
        },
    }
    config = Path(hass.config.config_dir)
    a_file = nvr.with_name("file")
    a_file.touch()
    hass.config.media_dirs["in_config"] = str(config / "media")
    for folder, error in (
        ("nvr", "folder_relative"),
        (str(config), "folder_is_config"),
        (str(config / "www" / "nvr"), "folder_is_config"),
        (str(config.parent), "folder_is_config"),
        (str(config / "media" / ".." / ".storage"), "folder_is_config"),
        (str(a_file), "folder_unusable"),
        (f"{nvr}\0", "folder_unusable"),
    ):
        media = {**options[CONF_MEDIA], CONF_MEDIA_FOLDER: folder}
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {**options, CONF_MEDIA: media}
        )
        assert result["errors"] == {"base": error}, folder
    assert _claimed(config) == [config / "media/vigilar/.vigilar"]
    for bad in ("a/#", "+", "/a", "a//b", "$SYS", "with space", ""):
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {**options, CONF_MQTT_PREFIX: bad}
        )
        assert result["errors"] == {CONF_MQTT_PREFIX: "invalid_prefix"}, bad
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], options
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options == options
    assert isinstance(hub.options[CONF_RETENTION_DAYS], int)
    assert isinstance(hub.options[CONF_CPU_BUDGET], int)
    assert isinstance(hub.options[CONF_INCIDENT_WINDOW], int)
    assert isinstance(hub.options[CONF_MEDIA][CONF_MEDIA_MAX_GB], int)
    await hass.async_block_till_done()
    library = hub.runtime_data.library
    assert library.root == nvr
    assert library.retention.policy.days[Severity.CRITICAL] == 4
    assert library.retention.policy.max_bytes is None


async def test_options_with_a_media_folder_that_is_shared(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    """Where Home Assistant itself keeps media below its configuration, so may we."""
    shared = Path(hass.config.config_dir, "media")
    hass.config.media_dirs = {"local": str(shared)}
    result = await _open_options(hass, hub, "general")
    schema = result["data_schema"]
    assert schema is not None
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], schema({})
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert hub.runtime_data.library.root == shared / "vigilar"


async def test_a_model_of_ones_own(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    """A model is looked at before it is saved, and the form says what does not fit."""
    options = {
        CONF_MQTT: True,
        CONF_MQTT_PREFIX: "vigilar",
        CONF_RETENTION_DAYS: 30,
        CONF_CPU_BUDGET: 120,
        CONF_PANEL: False,
        CONF_MODEL_FOLDER: "models/tiny",
    }
    flow = hass.config_entries.options
    flow_id = (await _open_options(hass, hub, "general"))["flow_id"]
    result = await flow.async_configure(flow_id, options)
    assert result["errors"] == {CONF_MODEL_FOLDER: "model_folder_missing"}
    assert result["description_placeholders"] == {"folder": "tiny"}
    folder = write_model(Path(hass.config.path("models/tiny")), mean=[1, 2])
    result = await flow.async_configure(flow_id, {**options, CONF_MQTT_PREFIX: "#"})
    assert result["errors"] == {
        CONF_MQTT_PREFIX: "invalid_prefix",
        CONF_MODEL_FOLDER: "model_key_invalid",
    }
    assert result["description_placeholders"] == {
        "key": "mean",
        "expected": "three numbers",
    }
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_MODEL_UNUSABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_MODEL_UNUSABLE,
        translation_placeholders={"reason": "it did not fit"},
    )
    write_model(folder)
    result = await flow.async_configure(flow_id, options)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    # Another model means another hub.
    await hass.async_block_till_done()
    assert options.items() <= hub.options.items()
    assert not ir.async_get(hass).issues


def test_supported_subentries(entry: MockConfigEntry) -> None:
    """The hub offers cameras, codes, recipients, sensors and other houses."""
    from custom_components.vigilar.config_flow import VigilarConfigFlow

    types = VigilarConfigFlow.async_get_supported_subentry_types(entry)
    assert set(types) == {"camera", "code", "recipient", "remote_site", "sensor"}
    assert all(issubclass(flow, ConfigSubentryFlow) for flow in types.values())
