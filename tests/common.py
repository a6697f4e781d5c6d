"""What several tests share."""

from collections.abc import Callable
from typing import Any

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
from custom_components.vigilar.models import Box, Observation, ObservationKind
from custom_components.vigilar.sources import stream_unique_id
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.source import Source
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
    ) -> None:
        """Take what the real one takes."""
        self.source_id = source_id
        self.open_source = open_source
        self.settings = settings
        self.running = False
        self.rate = 1.0
        self.cpu_s = 0.0
        self._sink = sink

    def configure(self, settings: AnalyzerSettings) -> None:
        """Take other settings."""
        self.settings = settings

    def limit(self, rate: float) -> None:
        """Take another rate."""
        self.rate = rate

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

    def see_motion(self, key: str, ts: int = 1_700_000_000_000) -> None:
        """Report that something begins to move."""
        self.see(
            ObservationKind.MOTION_STARTED,
            ts,
            key=key,
            score=0.7,
            box=Box(0.1, 0.2, 0.3, 0.4),
            snapshot=b"jpeg of " + key.encode(),
            latency_ms={"confirm": 400.0, "decode": 2.0, "motion": 0.5},
        )


class Workers(list[FakeWorker]):
    """Every worker that was made, in order."""

    def __call__(self, *args: Any) -> FakeWorker:
        """Make one."""
        self.append(FakeWorker(*args))
        return self[-1]

    def of(self, source_id: str) -> FakeWorker:
        """Return the newest worker of a source."""
        return [worker for worker in self if worker.source_id == source_id][-1]
