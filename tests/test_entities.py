"""Test what the entities of a camera show."""

from datetime import timedelta
from http import HTTPStatus
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.models import BlindReason, Label, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.source import SourceFailure
from custom_components.vigilar.vision.worker import WorkerStats
from homeassistant.const import (
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    EntityCategory,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util

from .common import ANALYSIS, SECRET, FakeWorker, Workers, settle
from .vision.common import SomebodyEverywhere

TS = 1_700_000_000_000
MOTION = "binary_sensor.front_door_motion"
ACTIVITY = "event.front_door_activity"
IMAGE = "image.front_door_last_event"
DETECTION = "switch.front_door_detection"
PROBLEM = "binary_sensor.front_door_problem"
SENSITIVITY = "number.front_door_sensitivity"
TODAY = "sensor.front_door_events_today"


@pytest.fixture
async def worker(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> FakeWorker:
    """Return the front door's worker, with a stream that flows."""
    worker = workers.of("front_door")
    worker.see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    return worker


def _state(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that must be there."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def test_motion(hass: HomeAssistant, worker: FakeWorker) -> None:
    """Motion is on while an event of movement is open, and only then."""
    assert _state(hass, MOTION).state == STATE_OFF
    worker.see_motion("a")
    await settle(hass)
    assert _state(hass, MOTION).state == STATE_ON
    worker.see(ObservationKind.MOTION_ENDED, TS + 1000, key="a")
    await settle(hass)
    assert _state(hass, MOTION).state == STATE_OFF
    assert _state(hass, "binary_sensor.back_yard_motion").state == STATE_UNAVAILABLE


async def test_motion_is_unavailable_before_the_first_frame(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """Nothing seen yet is not the same as nothing moving."""
    assert _state(hass, MOTION).state == STATE_UNAVAILABLE


async def test_activity(hass: HomeAssistant, worker: FakeWorker) -> None:
    """The event entity tells of a new event with its id and reason."""
    assert _state(hass, ACTIVITY).state == STATE_UNKNOWN
    worker.see_motion("a")
    await settle(hass)
    state = _state(hass, ACTIVITY)
    assert state.attributes["event_type"] == "motion"
    assert state.attributes["severity"] == "info"
    assert state.attributes["start_time"] == TS
    assert len(state.attributes["event_id"]) == 26
    assert state.attributes["why"]
    assert SECRET not in str(state.attributes)

    worker.see(ObservationKind.MOTION_ENDED, TS + 1000, key="a")
    await settle(hass)
    assert _state(hass, ACTIVITY).state == state.state


async def test_activity_tells_of_a_rise_once(
    hass: HomeAssistant, worker: FakeWorker
) -> None:
    """A motion that becomes a person is told again, with the same id."""
    worker.see_motion("a")
    await settle(hass)
    first = _state(hass, ACTIVITY)
    labels = (Label("person", 0.9),)
    worker.see(ObservationKind.MOTION_UPDATED, TS + 1000, key="a", labels=labels)
    await settle(hass)
    worker.see(ObservationKind.MOTION_ENDED, TS + 2000, key="a", labels=labels)
    await settle(hass)
    risen = _state(hass, ACTIVITY)
    if risen.attributes["event_type"] == "motion":
        pytest.fail("the rise was not told")
    assert risen.attributes["event_type"] == "person"
    assert risen.attributes["event_id"] == first.attributes["event_id"]


async def test_image(
    hass: HomeAssistant,
    worker: FakeWorker,
    hass_client: ClientSessionGenerator,
) -> None:
    """The image is the best look at the last event, and stays when the camera goes."""
    client = await hass_client()
    assert (await client.get(f"/api/image_proxy/{IMAGE}")).status == (
        HTTPStatus.INTERNAL_SERVER_ERROR
    )
    worker.see_motion("a", snapshot=b"jpeg of a")
    await settle(hass)
    first = _state(hass, IMAGE).state
    answer = await client.get(f"/api/image_proxy/{IMAGE}")
    assert answer.status == HTTPStatus.OK
    assert answer.content_type == "image/jpeg"
    assert await answer.read() == b"jpeg of a"

    worker.see(ObservationKind.MOTION_UPDATED, TS + 1000, key="a", snapshot=b"better")
    await settle(hass)
    assert _state(hass, IMAGE).state != first
    worker.see(ObservationKind.CAMERA_OFFLINE, TS + 2000, reason="no answer")
    await settle(hass)
    answer = await client.get(f"/api/image_proxy/{IMAGE}")
    assert await answer.read() == b"better"


async def test_loss_and_return(
    hass: HomeAssistant, worker: FakeWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """Loss and return are logged once each, and each is an event."""
    worker.see(ObservationKind.CAMERA_OFFLINE, TS, reason="the stream stalled")
    worker.see(ObservationKind.CAMERA_OFFLINE, TS + 1, reason="the stream stalled")
    await settle(hass)
    assert _state(hass, MOTION).state == STATE_UNAVAILABLE
    assert _state(hass, ACTIVITY).attributes["event_type"] == "camera_offline"
    worker.see(ObservationKind.CAMERA_ONLINE, TS + 5000)
    await settle(hass)
    assert _state(hass, MOTION).state == STATE_OFF
    assert _state(hass, ACTIVITY).attributes["event_type"] == "camera_online"
    assert caplog.text.count("Camera Front door is offline") == 1
    assert caplog.text.count("Camera Front door is back") == 1
    assert SECRET not in caplog.text


async def test_a_refused_password_opens_an_issue_until_the_camera_is_back(
    hass: HomeAssistant,
    worker: FakeWorker,
    front: str,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Only the user can mend a wrong password, so the user is told."""
    issue_id = f"auth_failed_{front}"
    worker.stats = WorkerStats(failure=SourceFailure.AUTH_FAILED)
    worker.see(ObservationKind.CAMERA_OFFLINE, reason="refused")
    await settle(hass)
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Front door"}
    worker.see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_detection_switch(
    hass: HomeAssistant, runtime: VigilarRuntime, worker: FakeWorker, workers: Workers
) -> None:
    """Switched off, nobody watches, what was open ends, and the gap is recorded."""
    assert _state(hass, DETECTION).state == STATE_ON
    worker.see_motion("a")
    await settle(hass)
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": DETECTION}, blocking=True
    )
    await settle(hass)
    assert not worker.running
    assert _state(hass, DETECTION).state == STATE_OFF
    assert _state(hass, MOTION).state == STATE_UNAVAILABLE
    event = (await runtime.store.page())[0]
    assert event.payload["phase"] == "ended"
    assert workers.of("back_yard").running

    for _ in range(2):
        await hass.services.async_call(
            "switch", "turn_on", {"entity_id": DETECTION}, blocking=True
        )
    assert workers.of("front_door") is not worker
    assert workers.of("front_door").running
    assert _state(hass, DETECTION).state == STATE_ON
    blind = await runtime.store.blind_periods(0, 2**52, ["front_door"])
    assert [period.reason for period in blind] == [BlindReason.DETECTION_OFF]
    assert blind[0].end is not None


async def test_problem(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
) -> None:
    """A camera has a problem while it is lost, and while it does not see what it should."""
    worker = workers.of("front_door")
    assert _state(hass, PROBLEM).state == STATE_OFF
    worker.see(ObservationKind.CAMERA_OFFLINE, TS, reason="the stream stalled")
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_ON
    worker.see(ObservationKind.CAMERA_ONLINE, TS + 1000)
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_OFF

    worker.see(ObservationKind.SCENE_TAMPERED, TS + 2000, reason="the lens is covered")
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_ON
    activity = _state(hass, ACTIVITY)
    assert activity.attributes["event_type"] == "camera_tampered"
    assert activity.attributes["severity"] == "alert"
    assert "the lens is covered" in activity.attributes["why"]
    assert _state(hass, MOTION).state == STATE_OFF
    worker.see(ObservationKind.SCENE_RECOVERED, TS + 9000)
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_OFF
    event = (await runtime.store.page())[0]
    assert event.payload["end_ts"] == TS + 9000


async def test_a_problem_ends_when_nobody_watches(
    hass: HomeAssistant, runtime: VigilarRuntime, worker: FakeWorker, front: str
) -> None:
    """A camera that was switched off is no problem, covered or lost."""
    worker.see(ObservationKind.SCENE_TAMPERED, reason="the lens is covered")
    worker.see(ObservationKind.CAMERA_OFFLINE, TS + 1000)
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_ON
    await runtime.async_set_detecting(runtime.cameras[front], False)
    await settle(hass)
    assert _state(hass, PROBLEM).state == STATE_OFF


async def test_sensitivity(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """It changes at once, without a new connection, and the form shows it."""
    entity_registry.async_update_entity(SENSITIVITY, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    worker = workers.of("front_door")
    worker.see_motion("a")
    await settle(hass)
    assert _state(hass, SENSITIVITY).state == "5"
    await hass.services.async_call(
        "number", "set_value", {"entity_id": SENSITIVITY, "value": 8}, blocking=True
    )
    assert worker.settings.sensitivity == 8
    assert _state(hass, SENSITIVITY).state == "8"
    await settle(hass)
    assert workers.of("front_door") is worker
    assert worker.running
    assert workers.of("back_yard").settings.sensitivity == 5
    assert runtime.entry.subentries[front].data["analysis"] == {
        **ANALYSIS,
        "sensitivity": 8,
    }
    assert (await runtime.store.page())[0].payload["phase"] == "new"


async def test_events_today(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    workers: Workers,
    front: str,
    entity_registry: er.EntityRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Every event counts until midnight, unless it is deleted; for statistics."""
    registered = entity_registry.async_get(TODAY)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    entity_registry.async_update_entity(TODAY, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    worker = workers.of("front_door")
    assert _state(hass, TODAY).state == "0"
    now = wall_ms()
    worker.see_motion("yesterday", ts=now - 86_400_000)
    for key in ("a", "b"):
        worker.see_motion(key, ts=now)
        worker.see(ObservationKind.MOTION_ENDED, now, key=key)
    await settle(hass)
    state = _state(hass, TODAY)
    assert state.state == "2"
    assert state.attributes["state_class"] == "total"
    assert state.attributes["last_reset"] == dt_util.start_of_local_day().isoformat()
    [newest, *_] = await runtime.store.page()
    await runtime.processor.delete([newest.id], force=False, now=now)
    await settle(hass)
    assert _state(hass, TODAY).state == "1"
    with patch.object(runtime.store, "days", side_effect=StoreError("away")):
        worker.see_motion("c", ts=now)
        await settle(hass)
    assert _state(hass, TODAY).state == "1"
    freezer.move_to(dt_util.start_of_local_day() + timedelta(days=1, seconds=1))
    async_fire_time_changed(hass)
    await settle(hass)
    assert _state(hass, TODAY).state == "0"


async def test_sensitivity_is_disabled_by_default(
    hass: HomeAssistant, runtime: VigilarRuntime, entity_registry: er.EntityRegistry
) -> None:
    """Few entities by default."""
    registered = entity_registry.async_get(SENSITIVITY)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert registered.entity_category is EntityCategory.CONFIG


async def _async_show_presence(hass: HomeAssistant, entry: VigilarConfigEntry) -> None:
    """Enable the sensors of presence, and set the hub up again."""
    registry = er.async_get(hass)
    for item in list(registry.entities.values()):
        if "_presence_" in item.unique_id:
            registry.async_update_entity(item.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)


async def test_presence(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """A sensor a label, off by default, on while something of it is in sight."""
    registry = er.async_get(hass)
    assert hass.states.get("binary_sensor.front_door_person") is None
    hidden = registry.async_get("binary_sensor.front_door_person")
    assert hidden is not None
    assert hidden.disabled_by is er.RegistryEntryDisabler.INTEGRATION

    detector = SomebodyEverywhere()
    with patch(
        "custom_components.vigilar.runtime.load_detector", return_value=detector
    ):
        await _async_show_presence(hass, entry)
        await hass.async_add_executor_job(entry.runtime_data.inference.wait_loaded)
    await settle(hass)
    worker = workers.of("front_door")
    worker.see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    names = ("person", "vehicle", "animal")
    sensors = [f"binary_sensor.front_door_{name}" for name in names]

    def states() -> list[str]:
        return [_state(hass, sensor).state for sensor in sensors]

    assert states() == [STATE_OFF] * 3
    worker.see(
        ObservationKind.MOTION_STARTED,
        key="a",
        labels=(Label("person", 0.6), Label("vehicle", 0.5)),
        present=("person", "vehicle"),
    )
    await settle(hass)
    assert states() == [STATE_ON, STATE_ON, STATE_OFF]
    worker.see(ObservationKind.MOTION_UPDATED, TS + 1, key="a", present=("vehicle",))
    await settle(hass)
    assert states() == [STATE_OFF, STATE_ON, STATE_OFF]
    worker.see(ObservationKind.MOTION_ENDED, TS + 2, key="a")
    await settle(hass)
    assert states() == [STATE_OFF] * 3
    worker.see(ObservationKind.MOTION_STARTED, TS + 3, key="b", present=("person",))
    await settle(hass)
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": DETECTION}, blocking=True
    )
    assert states() == [STATE_UNAVAILABLE] * 3
    assert entry.runtime_data.cameras[_front(entry)].data.present == frozenset()


async def test_presence_where_nothing_is_recognised(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """Not to know is not the same as nobody there."""
    await _async_show_presence(hass, entry)
    workers.of("front_door").see(ObservationKind.CAMERA_ONLINE)
    await settle(hass)
    state = _state(hass, "binary_sensor.front_door_person")
    assert state.state == STATE_UNAVAILABLE


def _front(entry: VigilarConfigEntry) -> str:
    """Return the subentry id of the front door's camera."""
    return next(
        subentry.subentry_id
        for subentry in entry.subentries.values()
        if subentry.title == "Front door"
    )
