"""Test that a camera shows the picture of its last event, whatever happens to it."""

from http import HTTPStatus
from pathlib import Path
from unittest.mock import patch

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.media.library import MediaLibrary
from custom_components.vigilar.models import MediaKind, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import FakeWorker, Workers, make_jpeg, settle

FIRST, SECOND = make_jpeg(level=10), make_jpeg(level=200)
FRONT = "image.front_door_last_event"
BACK = "image.back_yard_last_event"


async def _see(
    hass: HomeAssistant, worker: FakeWorker, key: str, ts: int, picture: bytes
) -> None:
    """Let something be seen that is over soon."""
    worker.see_motion(key, ts, snapshot=picture)
    worker.see(ObservationKind.MOTION_ENDED, ts + 1000, key=key)
    await settle(hass)


async def _shown(hass_client: ClientSessionGenerator, entity_id: str) -> bytes | None:
    """Return the picture that a browser gets."""
    client = await hass_client()
    answer = await client.get(f"/api/image_proxy/{entity_id}")
    return await answer.read() if answer.status == HTTPStatus.OK else None


def _state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity that must be there."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def _reload(hass: HomeAssistant, entry: VigilarConfigEntry) -> VigilarRuntime:
    """Begin anew, with what is on disk."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    return entry.runtime_data


async def test_a_restart_shows_the_last_picture_again(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The newest that is kept of this camera, with the time of its event."""
    ts = wall_ms() - 60_000
    await _see(hass, workers.of("front_door"), "a", ts, FIRST)
    await _see(hass, workers.of("front_door"), "b", ts + 9000, SECOND)
    await _reload(hass, entry)
    assert await _shown(hass_client, FRONT) == SECOND
    taken = dt_util.parse_datetime(_state(hass, FRONT))
    assert taken is not None
    assert round(taken.timestamp() * 1000) == ts + 9000
    assert _state(hass, BACK) == STATE_UNKNOWN
    assert await _shown(hass_client, BACK) is None


async def test_an_event_without_a_picture_hides_none(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The picture is that of the last event that has one, on disk."""
    ts = wall_ms() - 60_000
    worker = workers.of("front_door")
    await _see(hass, worker, "a", ts, FIRST)
    await _see(hass, worker, "b", ts + 5000, SECOND)
    worker.see(ObservationKind.CAMERA_OFFLINE, ts + 9000)
    await settle(hass)
    newest = (await runtime.store.page())[1]
    found = await runtime.library.find(newest.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None
    await hass.async_add_executor_job(found.path.unlink)
    await _reload(hass, entry)
    assert await _shown(hass_client, FRONT) == FIRST


async def test_a_file_that_cannot_be_read(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The start goes on without it."""
    await _see(hass, workers.of("front_door"), "a", wall_ms() - 60_000, FIRST)
    with patch.object(Path, "read_bytes", side_effect=OSError("disk")):
        await _reload(hass, entry)
    assert _state(hass, FRONT) == STATE_UNKNOWN


async def test_a_deleted_event_takes_its_picture_with_it(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The one before is shown, and without one none."""
    ts = wall_ms() - 60_000
    worker = workers.of("front_door")
    await _see(hass, worker, "a", ts, FIRST)
    await _see(hass, worker, "b", ts + 5000, SECOND)
    assert await _shown(hass_client, FRONT) == SECOND
    second, first = [event.id for event in await runtime.store.page()]
    await runtime.processor.delete([second], force=True, now=wall_ms())
    await settle(hass)
    assert await _shown(hass_client, FRONT) == FIRST
    await runtime.processor.delete([first], force=True, now=wall_ms())
    await settle(hass)
    assert await _shown(hass_client, FRONT) is None
    assert _state(hass, FRONT) == STATE_UNKNOWN


async def test_a_deletion_of_another_event_changes_nothing(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The picture and its time stay."""
    ts = wall_ms() - 60_000
    worker = workers.of("front_door")
    await _see(hass, worker, "a", ts, FIRST)
    await _see(hass, worker, "b", ts + 5000, SECOND)
    before = _state(hass, FRONT)
    _, first = [event.id for event in await runtime.store.page()]
    await runtime.processor.delete([first], force=True, now=wall_ms())
    await settle(hass)
    assert _state(hass, FRONT) == before
    assert await _shown(hass_client, FRONT) == SECOND


async def test_the_database_fails_after_a_deletion(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """The deleted picture goes all the same."""
    ts = wall_ms() - 60_000
    await _see(hass, workers.of("front_door"), "a", ts, FIRST)
    (event,) = await runtime.store.page()
    with patch.object(MediaLibrary, "newest_snapshot", side_effect=StoreError("x")):
        await runtime.processor.delete([event.id], force=True, now=wall_ms())
        await settle(hass)
    assert await _shown(hass_client, FRONT) is None


async def test_a_picture_that_was_made_up_is_not_shown(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    hass_client: ClientSessionGenerator,
) -> None:
    """Neither at once nor after a restart."""
    ts = wall_ms() - 60_000
    worker = workers.of("front_door")
    await _see(hass, worker, "a", ts, FIRST)
    worker.see(
        ObservationKind.MOTION_STARTED, ts + 5000, key="t", snapshot=SECOND, test=True
    )
    worker.see(ObservationKind.MOTION_ENDED, ts + 6000, key="t")
    await settle(hass)
    assert await _shown(hass_client, FRONT) == FIRST
    await _reload(hass, entry)
    assert await _shown(hass_client, FRONT) == FIRST
