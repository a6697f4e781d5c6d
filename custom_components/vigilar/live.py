"""What a camera sees, while somebody looks on: the boxes of what moves.

The camera's thread makes nothing while nobody does. What it tells is handed to
the event loop newest first: what was not sent in time is dropped, never queued.
"""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Mapping
import threading
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .access import may_read
from .commands import async_readable_camera, async_runtime
from .const import CONF_SOURCE_ID
from .coordinator import CameraCoordinator
from .events.clock import wall_ms
from .vision.observing import SHOWN_FPS, LiveObserver, Observer, Told

INTERVAL_S: Final = 1 / SHOWN_FPS


class NewestWins[Item]:
    """Hands items from a thread to the loop: seldom, the newest, never a queue."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        interval_s: float,
        deliver: Callable[[Item], None],
    ) -> None:
        """Hold nothing.

        Args:
            loop: Where the items go.
            interval_s: Least time between two of them, seconds.
            deliver: Called with them, on the loop.
        """
        self._loop = loop
        self._interval_s = interval_s
        self._deliver = deliver
        self._lock = threading.Lock()
        self._newest: Item | None = None
        self._due = 0.0
        self._timer: TimerHandle | None = None
        self._closed = False

    def put(self, item: Item) -> None:
        """Take an item, from any thread; one that still waits is dropped for it."""
        with self._lock:
            waiting, self._newest = self._newest is not None, item
        if waiting:
            return
        try:
            self._loop.call_soon_threadsafe(self._schedule)
        except RuntimeError:
            # The loop closed under us: Home Assistant has ended.
            return

    @callback
    def close(self) -> None:
        """Deliver nothing any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    @callback
    def _schedule(self) -> None:
        """Deliver what waits as soon as it is time."""
        if not self._closed:
            self._timer = self._loop.call_at(self._due, self._hand_out)

    @callback
    def _hand_out(self) -> None:
        """Deliver what waits."""
        with self._lock:
            item, self._newest = self._newest, None
        self._due = self._loop.time() + self._interval_s
        if item is not None:
            self._deliver(item)


class CameraView:
    """One subscription to what a camera sees; ends with the connection or the camera."""

    def __init__(
        self,
        camera: CameraCoordinator,
        connection: ActiveConnection,
        msg_id: int,
        may_look: Callable[[], bool],
    ) -> None:
        """Prepare a subscription.

        Args:
            camera: To look through.
            connection: Of the subscriber.
            msg_id: Of the subscription.
            may_look: Says whether the subscriber still may.
        """
        self._camera = camera
        self._connection = connection
        self._msg_id = msg_id
        self._may_look = may_look
        self._told = NewestWins[Told](camera.hass.loop, INTERVAL_S, self._async_told)
        self._closers: list[CALLBACK_TYPE] = []
        self._shown = self._state

    @property
    def _state(self) -> dict[str, bool]:
        """Return how the camera fares."""
        state = self._camera.data
        return {"online": state.online, "detecting": state.detecting}

    @callback
    def async_open(self, make: Callable[[Callable[[Told], None]], Observer]) -> None:
        """Begin to look on.

        Args:
            make: Returns who looks on, made of whom to tell.
        """
        self._connection.subscriptions[self._msg_id] = self._async_close
        self._connection.send_result(self._msg_id)
        self._closers = [
            self._camera.async_show(make(self._told.put), self._async_end),
            self._camera.async_add_listener(self._async_follow),
        ]
        self._async_fare()

    @callback
    def _async_told(self, told: Told) -> None:
        """Send what the camera's thread has told."""
        raise NotImplementedError

    @callback
    def _async_fare(self) -> None:
        """Send how the camera fares."""
        raise NotImplementedError

    @callback
    def _async_send(self, message: Mapping[str, Any]) -> None:
        """Send a message, if the subscriber may have it."""
        if self._may_look():
            self._connection.send_message(
                websocket_api.event_message(self._msg_id, message)
            )
        else:
            self._async_end()

    @callback
    def _async_follow(self) -> None:
        """Send how the camera fares, if that has changed."""
        if self._state != self._shown:
            self._shown = self._state
            self._async_fare()

    @callback
    def _async_end(self) -> None:
        """End the subscription: there is nothing more to see."""
        self._connection.subscriptions.pop(self._msg_id, None)
        self._async_close()
        self._connection.send_message(
            websocket_api.event_message(self._msg_id, {"kind": "ended"})
        )

    @callback
    def _async_close(self) -> None:
        """Look away."""
        self._told.close()
        while self._closers:
            self._closers.pop()()


class LiveView(CameraView):
    """Where something moves."""

    _told_last: Told | None = None

    @override
    @callback
    def _async_told(self, told: Told) -> None:
        """Send where something moves."""
        # What a camera told before it was lost is not so any more.
        if self._camera.data.online:
            self._told_last = told
            self._async_fare()

    @override
    @callback
    def _async_fare(self) -> None:
        """Send where something moves, as far as known, and how the camera fares."""
        if not self._camera.data.online:
            self._told_last = None
        told = self._told_last or {"ts": wall_ms(), "boxes": []}
        self._async_send({"kind": "live", **told, **self._state})


@callback
def async_register_live(hass: HomeAssistant) -> None:
    """Register the websocket command, once a process."""
    websocket_api.async_register_command(hass, ws_subscribe)


@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/live/subscribe", vol.Required(CONF_SOURCE_ID): str}
)
@callback
def ws_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send where something moves, whenever that has changed."""
    runtime = async_runtime(hass)
    source_id = msg[CONF_SOURCE_ID]
    camera = async_readable_camera(runtime, connection.user, source_id)
    view = LiveView(
        camera,
        connection,
        msg["id"],
        lambda: may_read(connection.user, runtime.async_source_info(source_id)),
    )
    view.async_open(LiveObserver)
