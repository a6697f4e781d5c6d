"""A whole house for the end-to-end tests, and what its tests ask of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
import json
from pathlib import Path
import subprocess
import threading
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import BrowserContext, Page

from scripts.harness.broker import Mosquitto
from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.demo import DASHBOARD, dashboard
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import LOOPBACK, free_port
from scripts.harness.streams import CLIP, HttpStreamServer, RtspServer

# Stretches of the demo's clip, in seconds.
QUIET = (42.0, 51.0)
WALKER = (25.0, 47.0)

# What the walker is taken for depends on the detector.
MOVEMENT = frozenset({"motion", "person", "vehicle", "animal"})

FRONT = "Front door"
BACK = "Back yard"
QUIET_CAMERA = "Quiet room"

# Home Assistant's own modules complain of what is none of ours.
OURS = "/vigilar_static/"

# Nobody is measured here: a slow machine must still get there.
PATIENCE_S = 120.0


async def eventually[T](look: Callable[[], Awaitable[T]], what: str) -> T:
    """Look until there is something true to see, and return it."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (seen := await look()):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"in vain: {what}") from None
    return seen


async def eventually_heard[T](look: Callable[[], T], what: str) -> T:
    """Look at what was received until something true is there, and return it."""

    async def listen() -> T:
        return look()

    return await eventually(listen, what)


def cut_clip(stretch: tuple[float, float], target: Path, *options: str) -> Path:
    """Cut a stretch out of the demo's clip, to be played in a loop.

    Args:
        stretch: Its begin and end, seconds.
        target: The file to write.
        options: Of FFmpeg, where it is not to be H.264 in its own size.
    """
    start, end = stretch
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", str(CLIP)),
            *("-ss", str(start), "-t", str(end - start), "-an", "-c:v", "libx264"),
            *("-bf", "0", "-g", "20", "-preset", "veryfast"),
            *(*options, str(target)),
        ],
        check=True,
    )
    return target


def connections(pid: int, port: int) -> int:
    """Count a process's connections to a port that are established."""
    inodes = {
        handle.readlink().name
        for handle in Path(f"/proc/{pid}/fd").iterdir()
        if str(handle.readlink()).startswith("socket:")
    }
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(
        f"socket:[{fields[9]}]" in inodes
        and fields[2].endswith(f":{port:04X}")
        and fields[3] == "01"
        for fields in (line.split() for line in lines)
    )


class MqttListener:
    """An independent client that keeps every message it gets."""

    def __init__(self, port: int, topic: str = "vigilar/#") -> None:
        """Connect and stay connected, whatever becomes of the broker."""
        self._topic = topic
        self.messages: list[tuple[str, str]] = []
        self.subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        assert self.subscribed.wait(PATIENCE_S)

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        """Subscribe, also after a reconnection."""
        self.subscribed.clear()
        client.subscribe(self._topic, qos=1)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        """Keep a message."""
        self.messages.append((message.topic, message.payload.decode()))

    def events(self, topic: str, source_id: str) -> list[JsonObject]:
        """Return the events of a source that came on `vigilar/events/<topic>`."""
        return [
            event
            for event in self.changes(source_id)
            if event["payload"]["phase"] == {"published": "new"}.get(topic, topic)
        ]

    def changes(self, source_id: str) -> list[JsonObject]:
        """Return every message about events of a source, in order of arrival."""
        events = [
            json.loads(payload)
            for topic, payload in list(self.messages)
            if topic.startswith("vigilar/events/")
        ]
        return [event for event in events if event["source_id"] == source_id]

    def last(self, topic: str) -> str | None:
        """Return the newest payload of a topic below the prefix."""
        payloads = [p for t, p in list(self.messages) if t == f"vigilar/{topic}"]
        return payloads[-1] if payloads else None

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class House:
    """Home Assistant with Vigilar, its cameras, a broker and a listener.

    The front door is an RTSP stream of the demo's clip, the back yard an HTTP
    stream in which somebody walks by every 22 seconds, the quiet room one in
    which nothing happens.
    """

    work_dir: Path
    home_assistant: HomeAssistantProcess
    broker: Mosquitto
    front: RtspServer
    back: HttpStreamServer
    quiet: HttpStreamServer
    entry_id: str = ""
    steps: list[JsonObject] = field(default_factory=list)

    @classmethod
    def build(cls, work_dir: Path, running: ExitStack) -> Self:
        """Start every process."""
        enter = running.enter_context
        clips = work_dir / "clips"
        clips.mkdir()
        return cls(
            work_dir,
            enter(
                HomeAssistantProcess(
                    work_dir / "config", free_port(), configuration="diagnostics:\n"
                )
            ),
            enter(Mosquitto(free_port(), work_dir / "broker")),
            enter(RtspServer(work_dir / "front")),
            enter(
                HttpStreamServer(
                    work_dir / "back", clip=cut_clip(WALKER, clips / "walker.mp4")
                )
            ),
            enter(
                HttpStreamServer(
                    work_dir / "quiet", clip=cut_clip(QUIET, clips / "quiet.mp4")
                )
            ),
        )

    async def furnish(self) -> None:
        """Set everything up through the flows that a user walks through."""
        async with self.client() as client:
            await client.add_mqtt(LOOPBACK, self.broker.port)
            entry, flow_id = await client.add_vigilar()
            self.entry_id = entry["entry_id"]
            self.steps.append(
                await client.add_stream_camera(flow_id, FRONT, self.front.url)
            )
            for name, server in ((BACK, self.back), (QUIET_CAMERA, self.quiet)):
                flow = await client.start_subentry_flow(self.entry_id, "camera")
                self.steps.append(
                    await client.add_stream_camera(flow["flow_id"], name, server.url)
                )
            await client.create_dashboard(DASHBOARD, "Security", dashboard())
        # Home Assistant saves it with a delay, and a test kills Home Assistant.
        await eventually_heard(self._has_saved_dashboard, "the dashboard on disk")

    def _has_saved_dashboard(self) -> bool:
        """Return whether the dashboard would survive a crash."""
        saved = self.work_dir / "config" / ".storage" / "lovelace_dashboards"
        return saved.exists() and DASHBOARD in saved.read_text()

    def client(self) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.home_assistant.login())

    def listener(self) -> MqttListener:
        """Return a listener of MQTT of its own."""
        return MqttListener(self.broker.port)

    @asynccontextmanager
    async def dashboard(self) -> AsyncIterator[Page]:
        """Open the dashboard with the timeline in a browser."""
        tokens = self.home_assistant.login()
        async with logged_in_browser(tokens) as context:
            page = await open_page(context, tokens, f"/{DASHBOARD}/timeline")
            await page.locator(".status.live").first.wait_for(timeout=60_000)
            yield page

    async def diagnostics(self, client: HomeAssistantClient) -> JsonObject:
        """Return Vigilar's diagnostics."""
        answer = await client.rest(
            "GET", f"/api/diagnostics/config_entry/{self.entry_id}"
        )
        data: JsonObject = answer["data"]
        return data

    async def wait_online(self, client: HomeAssistantClient, source_id: str) -> None:
        """Wait until a camera's stream flows."""

        async def online() -> bool:
            diagnostics = await self.diagnostics(client)
            return bool(diagnostics["cameras"][source_id]["online"])

        await eventually(online, f"{source_id} online")


def console_of_ours(context: BrowserContext) -> list[str]:
    """Return a list that fills with the errors of our modules in a browser."""
    complaints: list[str] = []
    context.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and OURS in message.location["url"]
            else None
        ),
    )
    context.on(
        "weberror",
        lambda error: (
            complaints.append(str(error.error))
            if OURS in (error.error.stack or "")
            else None
        ),
    )
    return complaints


async def shown_ids(page: Page) -> list[str]:
    """Return the ids of the events in the open timeline, as drawn, folded ones too."""
    ids: list[str] = await page.locator("[data-event], [data-events]").evaluate_all(
        "rows => rows.flatMap(row => (row.dataset.event ?? row.dataset.events).split(' '))"
    )
    return ids


async def snapshot(client: HomeAssistantClient, limit: int = 500) -> list[JsonObject]:
    """Return the newest events, as a fresh subscription gets them."""
    first: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()

    def take(message: JsonObject) -> None:
        if not first.done():
            first.set_result(message)

    unsubscribe = await client.subscribe(
        "vigilar/timeline/subscribe", take, limit=limit
    )
    events: list[JsonObject] = (await first)["events"]
    await unsubscribe()
    return events
