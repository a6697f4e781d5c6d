"""A client of Home Assistant's websocket and REST interfaces."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import itertools
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from .auth import Tokens
from .process import HarnessError

PROGRESS_POLL_SECONDS: Final = 0.2
FLOWS: Final = "/api/config/config_entries/flow"
OPTIONS_FLOWS: Final = "/api/config/config_entries/options/flow"
SUBENTRY_FLOWS: Final = "/api/config/config_entries/subentries/flow"

type JsonObject = dict[str, Any]


class CommandError(HarnessError):
    """Home Assistant refused a websocket command."""

    def __init__(self, command: str, error: JsonObject) -> None:
        """Keep what Home Assistant said."""
        super().__init__(f"{command}: {error.get('code')}: {error.get('message')}")
        self.code = error.get("code")


class HomeAssistantClient:
    """One authenticated websocket connection and the REST calls beside it.

    Use as an asynchronous context manager.

    Attributes:
        closed: Set when the connection is gone, for whatever reason.
    """

    def __init__(self, tokens: Tokens) -> None:
        """Remember who connects, and where to."""
        self.closed = asyncio.Event()
        self._tokens = tokens
        self._ids = itertools.count(1)
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._subscribers: dict[int, Callable[[JsonObject], None]] = {}
        self._session: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse
        self._reader: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        """Connect and authenticate."""
        self._session = aiohttp.ClientSession(
            base_url=self._tokens.url,
            headers={"Authorization": f"Bearer {self._tokens.access_token}"},
            timeout=aiohttp.ClientTimeout(total=60),
        )
        try:
            await self._authenticate()
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()
        await self._session.close()

    async def call(self, command: str, **arguments: Any) -> Any:
        """Send a command and return its result.

        Raises:
            CommandError: Home Assistant refused it.
            HarnessError: The connection was lost.
        """
        return await self._call(next(self._ids), command, arguments)

    async def subscribe(
        self, command: str, callback: Callable[[JsonObject], None], **arguments: Any
    ) -> Callable[[], Any]:
        """Subscribe; return a coroutine function that ends the subscription.

        Args:
            command: The subscribing command.
            callback: Receives the content of every message of the subscription.
            arguments: The command's other keys.

        Raises:
            CommandError: Home Assistant refused it.
        """
        number = next(self._ids)
        self._subscribers[number] = callback
        try:
            await self._call(number, command, arguments)
        except BaseException:
            del self._subscribers[number]
            raise

        async def unsubscribe() -> None:
            self._subscribers.pop(number, None)
            await self.call("unsubscribe_events", subscription=number)

        return unsubscribe

    async def subscribe_events(
        self, event_type: str, callback: Callable[[JsonObject], None]
    ) -> Callable[[], Any]:
        """Subscribe to an event of the bus; the callback receives the event."""
        return await self.subscribe("subscribe_events", callback, event_type=event_type)

    async def rest(self, method: str, path: str, body: JsonObject | None = None) -> Any:
        """Make a REST call and return the JSON of the answer.

        Raises:
            HarnessError: Home Assistant answered with an error.
        """
        async with self._session.request(method, path, json=body) as answer:
            if answer.status >= 400:
                raise HarnessError(
                    f"{method} {path}: {answer.status} {(await answer.text())[:500]}"
                )
            return await answer.json()

    async def state(self, entity_id: str) -> JsonObject:
        """Return the state object of an entity.

        Raises:
            HarnessError: There is no such entity.
        """
        state: JsonObject = await self.rest("GET", f"/api/states/{entity_id}")
        return state

    async def long_lived_token(self, name: str, days: int = 1) -> str:
        """Create and return a long-lived access token."""
        token: str = await self.call(
            "auth/long_lived_access_token", client_name=name, lifespan=days
        )
        return token

    # --- flows

    async def start_flow(self, handler: str) -> JsonObject:
        """Start a config flow; return its first step."""
        step: JsonObject = await self.rest("POST", FLOWS, {"handler": handler})
        return step

    async def submit(self, flow_id: str, user_input: JsonObject) -> JsonObject:
        """Submit a step of a config flow; return the next one."""
        step: JsonObject = await self.rest("POST", f"{FLOWS}/{flow_id}", user_input)
        return await self._after_progress(FLOWS, step)

    async def start_subentry_flow(
        self, entry_id: str, subentry_type: str, *, subentry_id: str | None = None
    ) -> JsonObject:
        """Start a subentry flow, to add one or to change the named one."""
        body: JsonObject = {"handler": [entry_id, subentry_type]}
        if subentry_id is not None:
            body["subentry_id"] = subentry_id
        step: JsonObject = await self.rest("POST", SUBENTRY_FLOWS, body)
        return step

    async def submit_subentry(self, flow_id: str, user_input: JsonObject) -> JsonObject:
        """Submit a step of a subentry flow; return the next one after any progress."""
        step: JsonObject = await self.rest(
            "POST", f"{SUBENTRY_FLOWS}/{flow_id}", user_input
        )
        return await self._after_progress(SUBENTRY_FLOWS, step)

    async def set_options(
        self, entry_id: str, form: str, user_input: JsonObject
    ) -> None:
        """Fill in one of the forms behind the menu of a config entry's options.

        Raises:
            HarnessError: The form did not accept it.
        """
        menu = await self.rest("POST", OPTIONS_FLOWS, {"handler": entry_id})
        address = f"{OPTIONS_FLOWS}/{menu['flow_id']}"
        await self.rest("POST", address, {"next_step_id": form})
        _created_step(await self.rest("POST", address, user_input), form)

    async def _after_progress(self, flows: str, step: JsonObject) -> JsonObject:
        """Wait until a flow is no longer busy."""
        while step["type"] in ("progress", "progress_done"):
            await asyncio.sleep(PROGRESS_POLL_SECONDS)
            step = await self.rest("GET", f"{flows}/{step['flow_id']}")
        return step

    async def add_mqtt(self, host: str, port: int) -> JsonObject:
        """Set up Home Assistant's MQTT integration; return its config entry.

        Raises:
            HarnessError: The broker cannot be reached.
        """
        step = await self.start_flow("mqtt")
        broker = {
            "broker": host,
            "port": port,
            "other_settings": {"set_client_cert": False, "set_ca_cert": "off"},
        }
        step = _created_step(await self.submit(step["flow_id"], broker), "mqtt")
        entry: JsonObject = step["result"]
        return entry

    async def add_vigilar(self) -> tuple[JsonObject, str]:
        """Set up Vigilar; return its config entry and the id of the camera flow."""
        step = await self.start_flow("vigilar")
        result = _created_step(await self.submit(step["flow_id"], {}), "vigilar")
        _, flow_id = result["next_flow"]
        return result["result"], flow_id

    async def add_stream_camera(
        self, flow_id: str, name: str, url: str, **more: Any
    ) -> JsonObject:
        """Walk a camera flow to its end with a stream address.

        Args:
            flow_id: A subentry flow at its first step.
            name: The camera's name.
            url: The stream's address.
            more: Other fields of the form.

        Returns:
            The flow's last step, of type `create_entry`.

        Raises:
            HarnessError: The flow did not accept the camera.
        """
        await self.submit_subentry(flow_id, {"next_step_id": "stream"})
        step = await self.submit_subentry(flow_id, {"name": name, "url": url, **more})
        return _created_step(step, name)

    async def create_dashboard(self, path: str, title: str, config: JsonObject) -> None:
        """Create a dashboard and let Home Assistant open with it.

        Args:
            path: Its address below the root; contains a hyphen.
            title: Its name in the sidebar.
            config: Its views.
        """
        await self.call(
            "lovelace/dashboards/create", url_path=path, title=title, mode="storage"
        )
        await self.call("lovelace/config/save", url_path=path, config=config)
        await self.call(
            "frontend/set_system_data", key="core", value={"default_panel": path}
        )

    # --- the connection

    async def _authenticate(self) -> None:
        """Open the websocket and log in."""
        self._socket = await self._session.ws_connect("/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        token = self._tokens.access_token
        await self._socket.send_json({"type": "auth", "access_token": token})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise HarnessError(f"websocket: {answer.get('message')}")

    async def _call(self, number: int, command: str, arguments: JsonObject) -> Any:
        """Send a numbered command and wait for its result."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._results[number] = future
        try:
            if self.closed.is_set():
                raise HarnessError("websocket: closed")
            await self._socket.send_json({"id": number, "type": command, **arguments})
            answer = await future
        finally:
            del self._results[number]
        if not answer["success"]:
            raise CommandError(command, answer["error"])
        return answer["result"]

    async def _read(self) -> None:
        """Hand every message to whom it belongs, until the connection ends."""
        try:
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                content: JsonObject = message.json()
                if content["type"] == "result":
                    if waiting := self._results.get(content["id"]):
                        waiting.set_result(content)
                elif subscriber := self._subscribers.get(content["id"]):
                    subscriber(content["event"])
        finally:
            self.closed.set()
            for future in self._results.values():
                if not future.done():
                    future.set_exception(HarnessError("websocket: closed"))


def _created_step(step: JsonObject, what: str) -> JsonObject:
    """Return the step, which must have created an entry."""
    if step["type"] != "create_entry":
        reason = step.get("errors") or step.get("reason") or step.get("step_id")
        raise HarnessError(f"{what} could not be set up: {reason}")
    return step
