"""Carries stored changes to MQTT, in order and each once.

The journal of the store is the outbox: this publisher keeps nothing but the
number of the last change that the broker has acknowledged. Two properties of
Home Assistant's client shape it. Publishing with QoS 1 returns after ten
seconds without an acknowledgement as if all were well, and a message handed
over while the connection breaks stays in the client's own queue and is sent
after the reconnection. So a message whose connection broke is left to the
client and not sent again; only if that client is replaced is the journal read
again from the last acknowledged change. Consumers that must be sure deduplicate
by `id` and `seq`.
"""

import asyncio
from collections.abc import Callable, Sequence
import itertools
import logging
from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_when_setup

from ..events.store import EventStore, StoreError
from ..models import Change, ChangeKind

_LOGGER = logging.getLogger(__name__)

CURSOR: Final = "mqtt"
BATCH: Final = 100
# So many messages wait for their acknowledgements together; what the client itself allows.
IN_FLIGHT: Final = 20
RETRY_S: Final = 5.0
# Home Assistant's client gives up its own wait for an acknowledgement before.
PUBLISH_TIMEOUT_S: Final = 15.0
MQTT_DOMAIN: Final = "mqtt"

EVENT_TOPICS: Final = {
    ChangeKind.NEW: "events/published",
    ChangeKind.UPDATED: "events/updated",
    ChangeKind.ENDED: "events/ended",
}


@callback
def is_connected(hass: HomeAssistant) -> bool:
    """Return whether a broker listens."""
    # Imported where it is set up, because only there are its requirements.
    if MQTT_DOMAIN not in hass.config.components:
        return False
    from homeassistant.components import mqtt

    try:
        return mqtt.is_connected(hass)
    except KeyError:
        return False


class MqttPublisher:
    """The MQTT broker, through Home Assistant's own integration."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: EventStore,
        prefix: str,
        camera_states: Callable[[], dict[str, str]],
    ) -> None:
        """Initialize the publisher.

        Args:
            hass: Home Assistant.
            store: Whose journal is the outbox.
            prefix: First levels of every topic.
            camera_states: Returns the retained topics below the prefix with
                what they should say now.
        """
        self.prefix = prefix
        self._hass = hass
        self._store = store
        self._camera_states = camera_states
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._retained: dict[str, str] = {}
        # The last change handed to the client, or None to ask the store.
        self._handed_over: int | None = None
        # The last change that was sent, and who waits for the next.
        self._sent = 0
        self._progress = asyncio.Event()
        self._connections = 0
        self._published = 0
        self._failing = False
        self._retry: asyncio.TimerHandle | None = None

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return how far the broker has come."""
        return {
            "connected": is_connected(self._hass),
            "handed_over": self._handed_over,
            "published": self._published,
            "failing": self._failing,
        }

    @property
    def available(self) -> bool:
        """Return whether Home Assistant has an MQTT integration to go through."""
        return MQTT_DOMAIN in self._hass.config.components

    async def async_sent(self, seq: int) -> None:
        """Wait until a change was sent; for as long as there is no broker."""
        while self._sent < seq:
            await self._progress.wait()

    @callback
    def async_start(self) -> None:
        """Begin to carry changes whenever a broker is there."""
        self._task = self._hass.async_create_background_task(
            self._async_run(), "vigilar mqtt"
        )
        async_when_setup(self._hass, MQTT_DOMAIN, self._async_mqtt_ready)

    async def _async_mqtt_ready(self, hass: HomeAssistant, component: str) -> None:
        """Follow the connection, now that the integration is there."""
        if self._task is None:
            return
        from homeassistant.components import mqtt

        self._unsubscribe = [
            mqtt.async_subscribe_connection_status(
                hass, self._async_connection_changed
            ),
            async_dispatcher_connect(
                hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            ),
        ]
        self._wake.set()

    async def async_stop(self) -> None:
        """Say goodbye where a broker listens, and end."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        if self._retry is not None:
            self._retry.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if is_connected(self._hass):
            try:
                async with asyncio.timeout(1):
                    await self._async_send("status", "offline", retain=True)
            except (HomeAssistantError, TimeoutError) as err:
                _LOGGER.debug("Could not say goodbye: %s", err)

    @callback
    def publish(self, change: Change) -> None:
        """Note that the journal has grown."""
        self._wake.set()

    @callback
    def async_refresh(self) -> None:
        """Note that the state of a camera may have changed."""
        self._wake.set()

    @callback
    def _async_connection_changed(self, connected: bool) -> None:
        """Start anew with every connection; retained topics may be lost."""
        self._connections += 1
        self._retained.clear()
        if connected:
            self._wake.set()

    @callback
    def _async_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        """Read the journal again once a new client takes the place of the old."""
        if entry.domain == MQTT_DOMAIN and entry.state is ConfigEntryState.NOT_LOADED:
            self._handed_over = None

    async def _async_run(self) -> None:
        """Carry what there is, whenever there is something and a broker."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not is_connected(self._hass):
                continue
            try:
                await self._async_carry_states()
                await self._async_carry_journal()
            except (HomeAssistantError, StoreError, TimeoutError) as err:
                if not self._failing:
                    _LOGGER.warning("Publishing to MQTT failed: %s", err)
                self._failing = True
                self._retry = self._hass.loop.call_later(RETRY_S, self._wake.set)
            else:
                if self._failing:
                    _LOGGER.info("Publishing to MQTT works again")
                self._failing = False

    async def _async_carry_states(self) -> None:
        """Publish the retained topics that do not say what they should."""
        wanted = {"status": "online", **self._camera_states()}
        for topic in self._retained.keys() - wanted.keys():
            await self._async_send(topic, "", retain=True)
            self._retained.pop(topic, None)
        for topic, payload in wanted.items():
            if self._retained.get(topic) != payload:
                await self._async_send(topic, payload, retain=True)
                self._retained[topic] = payload

    async def _async_carry_journal(self) -> None:
        """Publish the changes that follow the last one handed over."""
        position = await self._async_position()
        while is_connected(self._hass):
            changes = await self._store.changes_since(position, BATCH)
            if not changes:
                return
            for group in itertools.batched(changes, IN_FLIGHT, strict=False):
                if not is_connected(self._hass):
                    return
                connection = self._connections
                await self._async_hand_over(group)
                position = self._sent = group[-1].seq
                self._progress.set()
                self._progress = asyncio.Event()
                if connection == self._connections:
                    await self._store.set_cursor(CURSOR, position)

    async def _async_position(self) -> int:
        """Return the number of the last change that need not be sent."""
        if self._handed_over is None:
            self._handed_over = await self._store.cursor(CURSOR)
        if self._handed_over is None:
            # A broker that is new to us is told nothing of the past.
            self._handed_over = self._store.last_seq
            await self._store.set_cursor(CURSOR, self._handed_over)
        return self._handed_over

    async def _async_hand_over(self, changes: Sequence[Change]) -> None:
        """Give changes to the client, which has them from then on, in their order.

        Waiting for the broker's word on each before the next would let a busy
        house fall behind.

        Raises:
            HomeAssistantError: The client refused one; it has the others.
            TimeoutError: The broker does not answer.
        """
        self._handed_over = changes[-1].seq
        answers = await asyncio.gather(
            *(self._async_publish_change(change) for change in changes),
            return_exceptions=True,
        )
        for answer in answers:
            if answer is not None:
                raise answer

    async def _async_publish_change(self, change: Change) -> None:
        """Publish one change, unless it happened at another house.

        That is the other house's to tell: two houses that show each other's
        events would else send them round for ever.
        """
        topic = EVENT_TOPICS.get(change.kind)
        if topic is None or change.event.site is not None:
            return
        await self._async_send(topic, json_dumps(change.event.as_dict()), retain=False)
        self._published += 1

    async def _async_send(self, topic: str, payload: str, *, retain: bool) -> None:
        """Publish one message with QoS 1."""
        from homeassistant.components import mqtt

        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            await mqtt.async_publish(
                self._hass, f"{self.prefix}/{topic}", payload, qos=1, retain=retain
            )
