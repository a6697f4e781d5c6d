"""Listens to topics through Home Assistant's MQTT integration, whenever it is there."""

from collections.abc import Callable, Mapping
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.setup import async_when_setup

if TYPE_CHECKING:
    from homeassistant.components.mqtt import ReceiveMessage

_LOGGER = logging.getLogger(__name__)

MQTT_DOMAIN: Final = "mqtt"

type Listener = Callable[[str, bytes, bool], None]


class MqttSubscriptions:
    """Topics that are listened to from start to stop, over every reconnection."""

    def __init__(self, hass: HomeAssistant, listeners: Mapping[str, Listener]) -> None:
        """Initialize without listening.

        Args:
            hass: Home Assistant.
            listeners: By topic, with wildcards, who gets its messages: the
                topic, the payload, and whether the broker had kept it.
        """
        self._hass = hass
        self._listeners = listeners
        self._subscribed: list[CALLBACK_TYPE] = []
        self._following: CALLBACK_TYPE | None = None
        self._wanted = False

    @callback
    def async_start(self) -> None:
        """Listen from now on, or from when there is a client."""
        self._wanted = True
        async_when_setup(self._hass, MQTT_DOMAIN, self._async_mqtt_ready)

    @callback
    def async_stop(self) -> None:
        """Listen no more."""
        self._wanted = False
        if self._following is not None:
            self._following()
            self._following = None
        self._async_unsubscribe()

    async def _async_mqtt_ready(self, hass: HomeAssistant, component: str) -> None:
        """Follow the client, now that the integration is there."""
        if not self._wanted:
            return
        self._following = async_dispatcher_connect(
            hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
        )
        await self._async_subscribe()

    @callback
    def _async_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        """Let go of a client that ends, and take the next one."""
        if entry.domain != MQTT_DOMAIN:
            return
        if entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            # What is still subscribed then would be taken over by the next
            # client, and could not be ended any more.
            self._async_unsubscribe()
        elif entry.state is ConfigEntryState.LOADED:
            self._hass.async_create_task(self._async_subscribe(), "vigilar subscribe")

    async def _async_subscribe(self) -> None:
        """Subscribe, unless that is done."""
        # Imported where it is set up, because only there are its requirements.
        from homeassistant.components import mqtt

        if self._subscribed or not self._wanted:
            return
        try:
            for topic, listener in self._listeners.items():
                self._subscribed.append(
                    await mqtt.async_subscribe(
                        self._hass, topic, _adapted(listener), qos=1, encoding=None
                    )
                )
        except HomeAssistantError as err:
            _LOGGER.debug("There is no MQTT client to listen with: %s", err)

    @callback
    def _async_unsubscribe(self) -> None:
        """End the subscriptions of the client that there is."""
        while self._subscribed:
            self._subscribed.pop()()


def _adapted(listener: Listener) -> Callable[[ReceiveMessage], None]:
    """Return a listener as Home Assistant's client calls it."""

    @callback
    def _receive(message: ReceiveMessage) -> None:
        payload = message.payload
        # Without an encoding it is always bytes.
        assert not isinstance(payload, str)
        listener(message.topic, bytes(payload), message.retain)

    return _receive
