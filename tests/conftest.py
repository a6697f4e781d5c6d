"""Fixtures for the tests that run inside a Home Assistant in memory."""

# The first import: Home Assistant mounts a custom_components package of its own.
import custom_components.vigilar  # noqa: F401, I001

from collections.abc import AsyncGenerator, Generator
import logging
from pathlib import Path
from unittest.mock import patch

from homeassistant.components.mqtt.models import DATA_MQTT
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from custom_components.vigilar.vision.objects import DetectorUnavailableError

from .common import BACK_URL, FRONT_URL, FakeRecorder, Workers, stream_subentry

# The test plugin turns it on, and every statement would be written out.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Use a configuration folder of the test's own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass(hass: HomeAssistant, tmp_path: Path) -> HomeAssistant:
    """Keep media in a folder of the test's own."""
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    return hass


@pytest.fixture
def platform_ready(enable_custom_integrations: None) -> Generator[None]:
    """Let Home Assistant find the integration, and install nothing for it."""
    with (
        patch(
            "custom_components.vigilar.runtime_extras._import_error", return_value=None
        ),
        patch(
            "custom_components.vigilar.runtime.load_detector",
            side_effect=DetectorUnavailableError("not in this test"),
        ),
    ):
        yield


@pytest.fixture
def workers(platform_ready: None) -> Generator[Workers]:
    """Replace the camera threads and their recorders; returns those that were made."""
    made = Workers()
    with (
        patch("custom_components.vigilar.coordinator.CameraWorker", made),
        patch("custom_components.vigilar.runtime.Recorder", FakeRecorder),
    ):
        yield made


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return a hub with two cameras, not set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Vigilar",
        subentries_data=[
            stream_subentry("Front door", "front_door", FRONT_URL),
            stream_subentry("Back yard", "back_yard", BACK_URL),
        ],
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def runtime(
    hass: HomeAssistant, workers: Workers, entry: VigilarConfigEntry
) -> VigilarRuntime:
    """Return the running parts of the hub."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry.runtime_data


@pytest.fixture
async def house(
    hass: HomeAssistant, mqtt_mock: MqttMockHAClient, runtime: VigilarRuntime
) -> AsyncGenerator[VigilarRuntime]:
    """Return the running parts of a hub that is connected to a broker."""
    yield runtime
    # The client that stands in for the real one never closes its connection.
    if (timer := hass.data[DATA_MQTT].client._misc_timer) is not None:
        timer.cancel()


@pytest.fixture
def front(runtime: VigilarRuntime, entry: VigilarConfigEntry) -> str:
    """Return the subentry id of the front door's camera."""
    return _subentry_id(entry, "Front door")


@pytest.fixture
def back(runtime: VigilarRuntime, entry: VigilarConfigEntry) -> str:
    """Return the subentry id of the back yard's camera."""
    return _subentry_id(entry, "Back yard")


def _subentry_id(entry: VigilarConfigEntry, title: str) -> str:
    """Return the id of a subentry by its title."""
    return next(
        subentry.subentry_id
        for subentry in entry.subentries.values()
        if subentry.title == title
    )
