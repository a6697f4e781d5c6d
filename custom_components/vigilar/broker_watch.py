"""Watches whether the MQTT broker is there, and says so when it stays away."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.setup import async_when_setup

from .const import DOMAIN, ISSUE_BROKER_AWAY
from .publish.mqtt import MQTT_DOMAIN, is_connected

# A restart or an update of the broker is over before.
AWAY_AFTER_S: Final = 900.0


class BrokerWatch:
    """Tells of the connection, and opens an issue that a user may have to act on."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[bool], None]) -> None:
        """Initialize without watching.

        Args:
            hass: Home Assistant.
            changed: Told whether a broker listens, when that changes.
        """
        self._hass = hass
        self._changed = changed
        self._connected = False
        self._wanted = False
        self._running = False
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._cancel_away: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Watch from now on."""
        self._running = True
        self._unsubscribe.append(
            async_dispatcher_connect(
                self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            )
        )
        async_when_setup(self._hass, MQTT_DOMAIN, self._async_mqtt_ready)
        self._async_review()

    @callback
    def async_stop(self) -> None:
        """Watch no more; the issue stands until the next start."""
        self._running = False
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self._async_cancel()

    @callback
    def async_want(self, wanted: bool) -> None:
        """Say whether the user wants MQTT: else no broker is missed."""
        self._wanted = wanted
        self._async_review()

    async def _async_mqtt_ready(self, hass: HomeAssistant, component: str) -> None:
        """Follow the connection, now that the integration is there."""
        if not self._running:
            return
        from homeassistant.components import mqtt

        self._unsubscribe.append(
            mqtt.async_subscribe_connection_status(hass, self._async_connection_changed)
        )
        self._async_review()

    @callback
    def _async_connection_changed(self, connected: bool) -> None:
        """Look again: the connection came or went."""
        self._async_review()

    @callback
    def _async_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        """Look again: MQTT may have been set up, disabled or removed."""
        if entry.domain == MQTT_DOMAIN:
            self._async_review()

    @callback
    def _async_review(self) -> None:
        """Tell what is new, and begin or end to wait for the broker."""
        connected = is_connected(self._hass)
        if connected != self._connected:
            self._connected = connected
            self._changed(connected)
        set_up = self._hass.config_entries.async_has_entries(
            MQTT_DOMAIN, include_disabled=False, include_ignore=False
        )
        if connected or not self._wanted or not set_up:
            self._async_cancel()
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_BROKER_AWAY)
        elif self._cancel_away is None:
            self._cancel_away = async_call_later(
                self._hass, AWAY_AFTER_S, self._async_report
            )

    @callback
    def _async_cancel(self) -> None:
        """Wait for the broker no more."""
        if self._cancel_away is not None:
            self._cancel_away()
            self._cancel_away = None

    @callback
    def _async_report(self, _now: datetime) -> None:
        """Tell the user that the broker stays away."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE_BROKER_AWAY,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_BROKER_AWAY,
            translation_placeholders={"minutes": f"{AWAY_AFTER_S / 60:.0f}"},
        )
