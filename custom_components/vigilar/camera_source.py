"""Open what a camera configuration points to.

Everything that knows both Home Assistant's cameras and `vision` is here. The
functions that open block, so they run in a camera's own thread or in the
executor; what they need of Home Assistant they ask of its loop, anew at each
connect, because stream addresses expire.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
import logging
from typing import Any

from homeassistant.components import camera
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .sources import async_camera_entity_id
from .vision.source import (
    ProbeResult,
    SnapshotSource,
    Source,
    SourceError,
    SourceFailure,
    check_stream_url,
    open_stream,
    probe,
)

_LOGGER = logging.getLogger(__name__)

# Longer than the time-out that the loop's side has of its own.
LOOP_ANSWER_TIMEOUT_S = 15.0
SNAPSHOT_TIMEOUT_S = 10


def source_opener(
    hass: HomeAssistant, *, camera: str | None, url: str | None
) -> Callable[[], Source]:
    """Return the blocking function that connects to a camera.

    Args:
        hass: Home Assistant, whose loop must not be the caller of the function.
        camera: Registry id or entity id of a camera entity, or None.
        url: A stream URL where there is no camera entity.

    Returns:
        A function that raises `SourceError` where it cannot connect.
    """
    if url is not None:
        return partial(_open_url, url)
    assert camera is not None
    return partial(_open_camera, hass, camera)


async def async_probe_camera(
    hass: HomeAssistant, *, camera: str | None, url: str | None
) -> ProbeResult:
    """Connect, decode one frame and disconnect.

    Raises:
        SourceError: With the failure that a user can be told.
    """
    opener = source_opener(hass, camera=camera, url=url)
    return await hass.async_add_executor_job(probe, opener)


def _open_url(url: str) -> Source:
    """Open a stream after a look at its scheme."""
    check_stream_url(url)
    return open_stream(url)


def _open_camera(hass: HomeAssistant, camera_reference: str) -> Source:
    """Open the stream of a camera entity, or poll its pictures if it has none."""
    entity_id, url = _ask_loop(hass, _async_resolve(hass, camera_reference))
    if url is not None:
        return open_stream(url)
    return SnapshotSource(partial(_fetch_snapshot, hass, entity_id))


async def _async_resolve(
    hass: HomeAssistant, camera_reference: str
) -> tuple[str, str | None]:
    """Return the entity id and the stream URL, if there is one we may open."""
    entity_id = async_camera_entity_id(hass, camera_reference)
    if entity_id is None:
        raise SourceError(SourceFailure.UNREACHABLE)
    try:
        async with asyncio.timeout(SNAPSHOT_TIMEOUT_S):
            url = await camera.async_get_stream_source(hass, entity_id)
    except (HomeAssistantError, TimeoutError) as err:
        raise SourceError(SourceFailure.UNREACHABLE) from err
    if url is None:
        return entity_id, None
    try:
        check_stream_url(url)
    except SourceError:
        _LOGGER.debug("%s has a stream of another kind; polling pictures", entity_id)
        return entity_id, None
    return entity_id, url


def _fetch_snapshot(hass: HomeAssistant, entity_id: str) -> bytes:
    """Return one encoded picture of a camera entity."""
    return _ask_loop(hass, _async_snapshot(hass, entity_id))


async def _async_snapshot(hass: HomeAssistant, entity_id: str) -> bytes:
    """Return one encoded picture of a camera entity."""
    try:
        image = await camera.async_get_image(
            hass, entity_id, timeout=SNAPSHOT_TIMEOUT_S
        )
    except HomeAssistantError as err:
        raise SourceError(SourceFailure.UNREACHABLE) from err
    return image.content


def _ask_loop[T](hass: HomeAssistant, question: Coroutine[Any, Any, T]) -> T:
    """Let the loop answer; the caller is in another thread and waits."""
    if hass.loop.is_closed():
        question.close()
        raise SourceError(SourceFailure.ENDED)
    future = asyncio.run_coroutine_threadsafe(question, hass.loop)
    try:
        return future.result(LOOP_ANSWER_TIMEOUT_S)
    except TimeoutError as err:
        future.cancel()
        raise SourceError(SourceFailure.UNREACHABLE) from err
