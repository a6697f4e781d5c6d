"""A broker that stays away is a matter for the user."""

from collections.abc import Generator
from datetime import timedelta
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    mock_component,
)

from custom_components.vigilar.broker_watch import AWAY_AFTER_S, BrokerWatch
from custom_components.vigilar.const import CONF_MQTT, DOMAIN, ISSUE_BROKER_AWAY
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util


class Connection:
    """A connection that a test makes and breaks."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without one."""
        self._hass = hass
        self.connected = False

    def set(self, connected: bool) -> None:
        """Connect or break the connection, and say so."""
        self.connected = connected
        async_dispatcher_send(self._hass, MQTT_CONNECTION_STATE, connected)


@pytest.fixture
def mqtt_entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the entry of the MQTT integration."""
    entry = MockConfigEntry(domain="mqtt", state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def connection(hass: HomeAssistant) -> Generator[Connection]:
    """Return the broker, away."""
    connection = Connection(hass)
    mock_component(hass, "mqtt")

    async def publish(*_args: object, **_options: object) -> None:
        """Take a message."""

    async def subscribe(*_args: object, **_options: object) -> object:
        """Deliver nothing."""
        return lambda: None

    with (
        patch("homeassistant.components.mqtt.async_publish", publish),
        patch("homeassistant.components.mqtt.async_subscribe", subscribe),
        patch(
            "homeassistant.components.mqtt.is_connected",
            lambda _hass: connection.connected,
        ),
    ):
        yield connection


async def _wait(hass: HomeAssistant, seconds: float) -> None:
    """Let time pass."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    """Return the issue, if there is one."""
    return ir.async_get(hass).async_get_issue(DOMAIN, ISSUE_BROKER_AWAY)


async def test_a_broker_that_stays_away(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    connection: Connection,
    runtime: VigilarRuntime,
) -> None:
    """There is an issue after a quarter of an hour, and none when it is back."""
    await _wait(hass, AWAY_AFTER_S - 60)
    assert _issue(hass) is None
    await _wait(hass, AWAY_AFTER_S + 1)
    issue = _issue(hass)
    assert issue is not None
    assert issue.translation_placeholders == {"minutes": "15"}
    connection.set(True)
    await hass.async_block_till_done()
    assert _issue(hass) is None


async def test_a_short_absence_is_none(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    connection: Connection,
    runtime: VigilarRuntime,
) -> None:
    """Each absence counts by itself."""
    connection.set(True)
    connection.set(False)
    connection.set(True)
    await _wait(hass, 2 * AWAY_AFTER_S)
    assert _issue(hass) is None


async def test_without_mqtt_nothing_is_missed(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """It is optional."""
    await _wait(hass, 2 * AWAY_AFTER_S)
    assert _issue(hass) is None


async def test_who_does_not_want_mqtt_misses_nothing(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    connection: Connection,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
) -> None:
    """The option takes the issue away, too."""
    await _wait(hass, AWAY_AFTER_S + 1)
    assert _issue(hass) is not None
    hass.config_entries.async_update_entry(entry, options={CONF_MQTT: False})
    await hass.async_block_till_done()
    assert _issue(hass) is None
    await _wait(hass, 3 * AWAY_AFTER_S)
    assert _issue(hass) is None


async def test_an_integration_that_is_disabled_is_not_missed(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    connection: Connection,
    runtime: VigilarRuntime,
) -> None:
    """The user has said so."""
    await _wait(hass, AWAY_AFTER_S + 1)
    assert _issue(hass) is not None
    # As Home Assistant does it: the mark first, then it is unloaded.
    mqtt_entry.disabled_by = ConfigEntryDisabler.USER
    mqtt_entry.mock_state(hass, ConfigEntryState.NOT_LOADED)
    await hass.async_block_till_done()
    assert _issue(hass) is None


async def test_an_unload_ends_the_watch(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    connection: Connection,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
) -> None:
    """Nothing is left that would open an issue."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await _wait(hass, 2 * AWAY_AFTER_S)
    assert _issue(hass) is None


async def test_mqtt_that_comes_after_the_end_is_left_alone(hass: HomeAssistant) -> None:
    """A watch that was stopped does not come back to life."""
    told: list[bool] = []
    watch = BrokerWatch(hass, told.append)
    watch.async_start()
    watch.async_stop()
    mock_component(hass, "mqtt")
    hass.bus.async_fire("component_loaded", {"component": "mqtt"})
    await hass.async_block_till_done()
    with patch("homeassistant.components.mqtt.is_connected", lambda _hass: True):
        async_dispatcher_send(hass, MQTT_CONNECTION_STATE, True)
    assert told == []
