"""What several tests share."""

from collections.abc import Callable, Sequence
import io
from pathlib import Path
import threading
from typing import Any

from PIL import Image

from custom_components.vigilar.const import (
    CONF_ALWAYS_CONNECTED,
    CONF_ANALYSIS,
    CONF_FPS,
    CONF_MEMORY,
    CONF_MIN_DURATION,
    CONF_MIN_HEIGHT,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_QUIET_TIME,
    CONF_SENSITIVITY,
    CONF_SOURCE_ID,
    DOMAIN,
    SUBENTRY_CAMERA,
)
from custom_components.vigilar.media.recorder import (
    ClipInfo,
    MediaSink,
    MediaWriter,
    RecorderSettings,
)
from custom_components.vigilar.models import Box, Observation, ObservationKind
from custom_components.vigilar.sources import stream_unique_id
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.inference import Inference
from custom_components.vigilar.vision.observing import Observer
from custom_components.vigilar.vision.source import Source
from custom_components.vigilar.vision.tap import PacketTap
from custom_components.vigilar.vision.worker import WorkerStats
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

ANALYSIS = {
    CONF_SENSITIVITY: 5,
    CONF_FPS: 5,
    CONF_MIN_HEIGHT: 0,
    CONF_MIN_DURATION: 0,
    CONF_QUIET_TIME: 3,
}
RECORDING = {
    CONF_PRE_ROLL: 5,
    CONF_POST_ROLL: 5,
    CONF_MEMORY: 32,
    CONF_ALWAYS_CONNECTED: False,
}
SECRET = "hunter2"
FRONT_URL = f"rtsp://admin:{SECRET}@192.0.2.1:554/front?token={SECRET}"
BACK_URL = f"rtsp://admin:{SECRET}@192.0.2.2:554/back"


def stream_subentry(name: str, source_id: str, url: str) -> ConfigSubentryData:
    """Return a camera subentry with a stream URL."""
    return ConfigSubentryData(
        data={CONF_URL: url, CONF_ANALYSIS: ANALYSIS, CONF_SOURCE_ID: source_id},
        subentry_type=SUBENTRY_CAMERA,
        title=name,
        unique_id=stream_unique_id(url),
    )


def make_jpeg(width: int = 640, height: int = 360, level: int = 90) -> bytes:
    """Return a picture."""
    output = io.BytesIO()
    Image.new("RGB", (width, height), (level, 120, 60)).save(output, "JPEG")
    return output.getvalue()


def entity_id_of(hass: HomeAssistant, platform: str, subentry_id: str, key: str) -> str:
    """Return the entity id of one of a camera's entities."""
    entity_id = er.async_get(hass).async_get_entity_id(
        platform, DOMAIN, f"{subentry_id}_{key}"
    )
    assert entity_id is not None
    return entity_id


async def settle(hass: HomeAssistant) -> None:
    """Wait until everything that was seen has gone all the way."""
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        # This waits behind all that is queued.
        await entry.runtime_data.processor.end_open("nobody", "", 0)
        await entry.runtime_data.library.drain()
        await entry.runtime_data.processor.end_open("nobody", "", 0)
    await hass.async_block_till_done()


class FakeWorker:
    """Stands in for a camera's thread; a test says what it sees."""

    stats = WorkerStats()

    def __init__(
        self,
        source_id: str,
        open_source: Callable[[], Source],
        settings: AnalyzerSettings,
        sink: Callable[[Observation], None],
        inference: Inference,
        *,
        tap: PacketTap | None = None,
    ) -> None:
        """Take what the real one takes."""
        self.inference = inference
        self.tap = tap
        self.source_id = source_id
        self.open_source = open_source
        self.settings = settings
        self.running = False
        self.rate = 1.0
        self.cpu_s = 0.0
        self.observers: Sequence[Observer] = ()
        self._sink = sink

    def configure(self, settings: AnalyzerSettings) -> None:
        """Take other settings."""
        self.settings = settings

    def limit(self, rate: float) -> None:
        """Take another rate."""
        self.rate = rate

    def show(self, observers: Sequence[Observer]) -> None:
        """Let these look on."""
        self.observers = observers

    def start(self) -> None:
        """Begin."""
        self.running = True

    def request_stop(self) -> None:
        """End."""
        self.running = False

    def join(self, timeout: float) -> bool:
        """Return at once."""
        return True

    def see(self, kind: str, ts: int = 1_700_000_000_000, **fields: Any) -> None:
        """Report an observation, as the thread would."""
        self._sink(Observation(kind=kind, source_id=self.source_id, ts=ts, **fields))

    def see_motion(
        self, key: str, ts: int = 1_700_000_000_000, snapshot: bytes | None = None
    ) -> None:
        """Report that something begins to move."""
        self.see(
            ObservationKind.MOTION_STARTED,
            ts,
            key=key,
            score=0.7,
            box=Box(0.1, 0.2, 0.3, 0.4),
            snapshot=snapshot,
            latency_ms={"confirm": 400.0, "decode": 2.0, "motion": 0.5},
        )


def clip_info(path: Path, start_ts: int = 1_699_999_995_000) -> ClipInfo:
    """Return what a recorder says of a part that it has written."""
    return ClipInfo(start_ts, 10.0, 640, 360, "h264", path.stat().st_size)


class FakeRecorder:
    """Stands in for a camera's recorder; a test says what it makes."""

    def __init__(
        self,
        source_id: str = "",
        settings: RecorderSettings | None = None,
        sink: MediaSink | None = None,
        writer: MediaWriter | None = None,
    ) -> None:
        """Begin with nothing asked for."""
        self.path_of: dict[str, Callable[[int], Path]] = {}
        self.ended: dict[str, int] = {}
        self.settings = settings
        self.sink = sink
        self.second: Any = object()
        self.needed = threading.Event()
        self.closed = False
        self.ring: tuple[int, bytes] | None = None

    def begin(self, event_id: str, ts_ms: int, path_of: Callable[[int], Path]) -> None:
        """Note that an event is to be recorded."""
        self.path_of[event_id] = path_of

    def end(self, event_id: str, ts_ms: int) -> None:
        """Note that an event is over."""
        self.ended[event_id] = ts_ms

    def finish_part(self, event_id: str, part: int = 0, data: bytes = b"mp4") -> None:
        """Complete a part, as the writer's thread would."""
        assert self.sink is not None
        path = self.path_of[event_id](part)
        path.write_bytes(data)
        self.sink.clip_done(event_id, part, clip_info(path))

    def copy(self, start_ms: int, end_ms: int, path: Path) -> ClipInfo | None:
        """Write what a test has put into the ring, whatever the time."""
        if self.ring is None:
            return None
        start_ts, data = self.ring
        path.write_bytes(data)
        return clip_info(path, start_ts)

    def configure(self, settings: RecorderSettings) -> None:
        """Take other settings."""
        self.settings = settings

    def close(self) -> None:
        """End."""
        self.closed = True


class Workers(list[FakeWorker]):
    """Every worker that was made, in order."""

    def __call__(self, *args: Any, **options: Any) -> FakeWorker:
        """Make one."""
        self.append(FakeWorker(*args, **options))
        return self[-1]

    def of(self, source_id: str) -> FakeWorker:
        """Return the newest worker of a source."""
        return [worker for worker in self if worker.source_id == source_id][-1]
