"""Test how a camera's configuration becomes an open source."""

import asyncio
from collections.abc import Callable, Generator
from io import BytesIO
from unittest.mock import Mock, patch

from PIL import Image as PillowImage
import pytest

from custom_components.vigilar import camera_source
from custom_components.vigilar.camera_source import async_probe_camera, source_opener
from custom_components.vigilar.vision.source import (
    SnapshotSource,
    Source,
    SourceError,
    SourceFailure,
)
from homeassistant.components.camera import Image
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from .common import FRONT_URL

CAMERA = "camera.front"


@pytest.fixture
def stream_source() -> Generator[Mock]:
    """Replace what the camera entity says its stream is."""
    with patch("homeassistant.components.camera.async_get_stream_source") as source:
        source.return_value = FRONT_URL
        yield source


@pytest.fixture
def open_stream() -> Generator[Mock]:
    """Replace the opening of streams."""
    with patch("custom_components.vigilar.camera_source.open_stream") as opened:
        yield opened


@pytest.fixture
def snapshot() -> Generator[Mock]:
    """Replace the camera entity's pictures."""
    buffer = BytesIO()
    PillowImage.new("RGB", (64, 48), "gray").save(buffer, "JPEG")
    with patch("homeassistant.components.camera.async_get_image") as image:
        image.return_value = Image("image/jpeg", buffer.getvalue())
        yield image


async def _open(hass: HomeAssistant, opener: Callable[[], Source]) -> Source:
    """Open as a camera's thread does: not in the loop."""
    return await hass.async_add_executor_job(opener)


async def test_url(hass: HomeAssistant, open_stream: Mock) -> None:
    """A stream URL is opened as it is, after a look at its scheme."""
    await _open(hass, source_opener(hass, camera=None, url=FRONT_URL))
    open_stream.assert_called_once_with(FRONT_URL)
    with pytest.raises(SourceError) as error:
        await _open(hass, source_opener(hass, camera=None, url="file:///etc/passwd"))
    assert error.value.failure is SourceFailure.FORBIDDEN_SCHEME
    assert open_stream.call_count == 1


async def test_entity_with_a_stream(
    hass: HomeAssistant, stream_source: Mock, open_stream: Mock
) -> None:
    """The address is fetched anew at each connect: some expire."""
    opener = source_opener(hass, camera=CAMERA, url=None)
    await _open(hass, opener)
    stream_source.return_value = "rtsp://192.0.2.1/another"
    await _open(hass, opener)
    assert [call.args[0] for call in open_stream.call_args_list] == [
        FRONT_URL,
        "rtsp://192.0.2.1/another",
    ]


async def test_entity_is_followed_by_its_registry_id(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    stream_source: Mock,
    open_stream: Mock,
) -> None:
    """A camera that was renamed is still found, one that was deleted is not."""
    registered = entity_registry.async_get_or_create("camera", "test", "1")
    opener = source_opener(hass, camera=registered.id, url=None)
    entity_registry.async_update_entity(
        registered.entity_id, new_entity_id="camera.renamed"
    )
    await _open(hass, opener)
    assert stream_source.call_args.args[1] == "camera.renamed"
    entity_registry.async_remove("camera.renamed")
    with pytest.raises(SourceError) as error:
        await _open(hass, opener)
    assert error.value.failure is SourceFailure.UNREACHABLE


@pytest.mark.parametrize("url", [None, "rtmp://192.0.2.1/live", "/dev/video0"])
async def test_entity_without_a_stream_we_open_is_polled(
    hass: HomeAssistant,
    stream_source: Mock,
    open_stream: Mock,
    snapshot: Mock,
    url: str | None,
) -> None:
    """Its pictures are looked at instead."""
    stream_source.return_value = url
    source = await _open(hass, source_opener(hass, camera=CAMERA, url=None))
    assert isinstance(source, SnapshotSource)
    open_stream.assert_not_called()
    result = await async_probe_camera(hass, camera=CAMERA, url=None)
    assert (result.width, result.height) == (64, 48)
    assert snapshot.call_args.args[1] == CAMERA


@pytest.mark.parametrize("error", [HomeAssistantError("Camera is off"), TimeoutError])
async def test_entity_that_cannot_be_asked(
    hass: HomeAssistant, stream_source: Mock, error: Exception
) -> None:
    """A camera that is off or still loading is unreachable, not a fault of ours."""
    stream_source.side_effect = error
    with pytest.raises(SourceError) as raised:
        await _open(hass, source_opener(hass, camera=CAMERA, url=None))
    assert raised.value.failure is SourceFailure.UNREACHABLE


async def test_entity_whose_picture_cannot_be_had(
    hass: HomeAssistant, stream_source: Mock, snapshot: Mock
) -> None:
    """A failing snapshot is unreachable."""
    stream_source.return_value = None
    snapshot.side_effect = HomeAssistantError("Unable to get image")
    with pytest.raises(SourceError) as raised:
        await async_probe_camera(hass, camera=CAMERA, url=None)
    assert raised.value.failure is SourceFailure.UNREACHABLE


async def test_loop_that_does_not_answer(
    hass: HomeAssistant, stream_source: Mock
) -> None:
    """A thread does not wait for the loop without end."""

    async def _never(*args: object) -> None:
        await asyncio.Event().wait()

    stream_source.side_effect = _never
    with (
        patch.object(camera_source, "LOOP_ANSWER_TIMEOUT_S", 0.01),
        pytest.raises(SourceError) as raised,
    ):
        await _open(hass, source_opener(hass, camera=CAMERA, url=None))
    assert raised.value.failure is SourceFailure.UNREACHABLE
    await hass.async_block_till_done()


async def test_loop_that_is_closed(hass: HomeAssistant, stream_source: Mock) -> None:
    """A thread that outlives Home Assistant ends."""
    with (
        patch.object(hass.loop, "is_closed", return_value=True),
        pytest.raises(SourceError) as raised,
    ):
        source_opener(hass, camera=CAMERA, url=None)()
    assert raised.value.failure is SourceFailure.ENDED
