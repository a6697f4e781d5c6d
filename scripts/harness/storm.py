"""Everything at once: is any change lost or told twice, and does the house stay fast.

A real Home Assistant with looped streams, flapping sensors, many clients, a
broker that restarts, configuration that changes and a disk that fills up. In
the end the journal, what came over MQTT and what the clients were told are
compared by `id` and `seq`.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
import json
from pathlib import Path
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from . import cpu
from .auth import Tokens
from .broker import Mosquitto
from .client import CommandError, HomeAssistantClient, JsonObject
from .home_assistant import HomeAssistantProcess
from .loop import BUSY, CONFIGURATION, install_probe, watch
from .process import LOOPBACK, HarnessError, free_port
from .streams import HttpStreamServer

WARM_UP_S: Final = 20.0
BROKER_S: Final = 20.0
CONFIG_S: Final = 15.0
FULL_S: Final = 60.0
SETTLE_S: Final = 300.0
DISK_MB: Final = 600
OPTIONS: Final = "/api/config/config_entries/options/flow"
PHASES: Final = ("new", "updated", "ended")


class SmallDisk:
    """A file system of its own, small enough to be filled.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path, image: Path) -> None:
        """Describe it.

        Args:
            folder: An empty folder to mount it at.
            image: The file that holds it.
        """
        self.folder = folder
        self._image = image
        self._ballast = folder / "ballast"

    def __enter__(self) -> Self:
        """Make and mount it.

        Raises:
            HarnessError: This user may not.
        """
        self.folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(DISK_MB << 20)
        try:
            # No blocks kept for the one user who may write to a full disk.
            _run("mkfs.ext4", "-q", "-m", "0", str(self._image))
            _run("mount", "-o", "loop", str(self._image), str(self.folder))
        except (OSError, subprocess.CalledProcessError) as err:
            raise HarnessError("a disk to fill can only be mounted as root") from err
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Unmount it."""
        _run("umount", str(self.folder))

    def fill(self) -> None:
        """Leave no byte of it."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


def _run(*command: str) -> None:
    """Run a program of the system."""
    subprocess.run(command, check=True, capture_output=True)


class MqttLog:
    """A consumer with a session: what comes while it is away, it gets later."""

    def __init__(self, port: int) -> None:
        """Connect and stay connected, whatever becomes of the broker."""
        self.seen: Counter[tuple[str, int]] = Counter()
        self.last = 0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="storm", clean_session=False
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        """Subscribe; a session that is known goes on."""
        client.subscribe("vigilar/events/#", qos=1)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        """Note a change."""
        event = json.loads(message.payload)
        seq = event["payload"]["seq"]
        self.seen[event["id"], seq] += 1
        self.last = max(self.last, seq)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


class Watcher:
    """A client that comes again with what it knows, as a browser does.

    Attributes:
        seqs: The newest number of each event that it was told of.
        last: The newest number that it knows.
        repeated: How often it was told a change that it knew.
        gaps: How often it had to begin anew.
    """

    def __init__(self, client: HomeAssistantClient) -> None:
        """Begin knowing nothing.

        Args:
            client: Its connection.
        """
        self.seqs: dict[str, int] = {}
        self.last = 0
        self.repeated = 0
        self.gaps = -1
        self._client = client
        self._epoch: str | None = None
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Subscribe, and again whenever that is over."""
        while True:
            self._over.clear()
            known = {"since_seq": self.last, "epoch": self._epoch}
            try:
                await self._client.subscribe(
                    "vigilar/timeline/subscribe",
                    self._take,
                    **(known if self._epoch is not None else {}),
                )
            except CommandError:
                await asyncio.sleep(0.2)
                continue
            await self._over.wait()

    def _take(self, message: JsonObject) -> None:
        """Take a message."""
        if message["kind"] == "resync":
            self._over.set()
            return
        if message["kind"] == "connected":
            self._epoch = message["epoch"]
            self.gaps += not message["resumed"]
        for event in message["events"]:
            seq = event["payload"]["seq"]
            self.repeated += seq <= self.seqs.get(event["id"], 0)
            self.seqs[event["id"]] = seq
        self.last = max(self.last, message["seq"])


async def every(seconds: float, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do something again and again."""
    while True:
        await asyncio.sleep(seconds)
        await job()


async def flap(client: HomeAssistantClient, options: argparse.Namespace) -> None:
    """Let the sensors change at an even rate."""
    began, made = time.monotonic(), 0
    while True:
        due = round((time.monotonic() - began) * options.rate)
        await client.call("loop_probe/flip", count=due - made, sensors=options.sensors)
        made = due
        await asyncio.sleep(0.05)


class Configurer:
    """Changes a camera, then the options, then reloads it all, in turns.

    Attributes:
        counts: How often each was done.
        reloads: Whether the hub may be reloaded now.
    """

    def __init__(self, client: HomeAssistantClient, entry_id: str) -> None:
        """Begin with nothing changed."""
        self.counts: Counter[str] = Counter()
        self.reloads = True
        self._client = client
        self._entry_id = entry_id

    async def turn(self) -> None:
        """Do the next thing; what is refused just then is done another time."""
        jobs = {
            "camera": self._camera,
            "options": self._options,
            "reload": self._reload,
        }
        name = list(jobs)[self.counts.total() % len(jobs)]
        self.counts[name] += 1
        if name != "reload" or self.reloads:
            await jobs[name]()

    async def _camera(self) -> None:
        """Give the first camera another sensitivity."""
        camera = {"source_id": "busy_0"}
        tuned = await self._client.call("vigilar/tuning/get", **camera)
        settings = tuned["settings"]
        settings["sensitivity"] = 5 if settings["sensitivity"] == 4 else 4
        await self._client.call("vigilar/tuning/save", **camera, settings=settings)

    async def _options(self) -> None:
        """Keep events for another number of days."""
        rest = self._client.rest
        step = await rest("POST", OPTIONS, {"handler": self._entry_id})
        flow = f"{OPTIONS}/{step['flow_id']}"
        step = await rest("POST", flow, {"next_step_id": "general"})
        fields = filled(step["data_schema"])
        fields["retention_days"] = 90 + self.counts["options"] % 2
        await rest("POST", flow, fields)

    async def _reload(self) -> None:
        """Reload the hub."""
        entry = f"/api/config/config_entries/entry/{self._entry_id}"
        await self._client.rest("POST", f"{entry}/reload", {})


def filled(form: list[JsonObject]) -> JsonObject:
    """Return what a form holds before anybody has changed it."""
    fields: JsonObject = {}
    for field in form:
        suggested = field.get("description", {}).get("suggested_value")
        value = field.get("default", suggested)
        if field.get("type") == "expandable":
            value = filled(field["schema"])
        if value is not None:
            fields[field["name"]] = value
    return fields


@asynccontextmanager
async def watchers(tokens: Tokens, count: int) -> AsyncIterator[list[Watcher]]:
    """Subscribe so many clients, and let them go in the end."""
    async with AsyncExitStack() as running:
        made = [
            Watcher(await running.enter_async_context(HomeAssistantClient(tokens)))
            for _ in range(count)
        ]
        tasks = [asyncio.create_task(watcher.run()) for watcher in made]
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()


async def _settle(
    client: HomeAssistantClient, log: MqttLog, told: list[Watcher]
) -> JsonObject:
    """Wait until all that happened has arrived everywhere, or long enough.

    Who is not done by then is late: what it lacks counts as lost.
    """
    state: JsonObject = {}
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            while True:
                before = state.get("seq")
                state = await client.call("loop_probe/flip", count=0, sensors=1)
                seq = state["seq"]
                arrived = min([log.last, *(watcher.last for watcher in told)])
                if seq == before and arrived >= seq:
                    break
                await asyncio.sleep(2)
    return state | {
        "settled_in_s": round(time.monotonic() - began),
        "mqtt_seq": log.last,
    }


def journal(database: Path, last: int) -> tuple[set[tuple[str, int]], int]:
    """Return what was published up to a number, and how many sensors' events began.

    The cameras go on while everybody leaves: nobody was there for what came later.
    """
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT id, seq, kind, payload FROM journal"
        ).fetchall()
    connection.close()
    published = {
        (row[0], row[1]) for row in rows if row[2] in PHASES and row[1] <= last
    }
    began = sum(row[2] == "new" and '"zones":["Storm"]' in row[3] for row in rows)
    return published, began


def compare(
    published: set[tuple[str, int]], log: MqttLog, told: list[Watcher]
) -> dict[str, Any]:
    """Return what was lost and what was told twice, by who was told.

    Args:
        published: Every change in the journal.
        log: What came over MQTT.
        told: The clients; each is told the last state of an event only.
    """
    newest = dict(sorted(published, key=lambda change: change[1]))
    last = max(newest.values(), default=0)
    came = {change for change in log.seen if change[1] <= last}

    def missing(watcher: Watcher) -> int:
        """Return of how many events a client does not know the newest state."""
        return sum(watcher.seqs.get(each, 0) < seq for each, seq in newest.items())

    return {
        "changes": len(published),
        "mqtt_lost": len(published - came),
        "mqtt_unknown": len(came - published),
        "mqtt_delivered_twice": sum(count > 1 for count in log.seen.values()),
        "client_lost": missing(told[0]),
        "clients_complete": sum(missing(watcher) == 0 for watcher in told),
        "clients_told_twice": sum(watcher.repeated for watcher in told),
        "clients_begun_anew": sum(watcher.gaps for watcher in told),
    }


def complaints(written: str) -> dict[str, int]:
    """Return how often a log of Home Assistant has a traceback, and one of Vigilar."""
    records = re.split(r"^(?=\d{4}-\d\d-\d\d )", written, flags=re.MULTILINE)
    tracebacks = [record for record in records if "Traceback (most" in record]
    return {
        "tracebacks": len(tracebacks),
        "tracebacks_vigilar": sum(
            bool(re.search(r"custom_components[./]vigilar", record))
            for record in tracebacks
        ),
    }


async def _fill_disk(disk: SmallDisk, configurer: Configurer, seconds: float) -> None:
    """Let the disk be full for a while, in the middle of the storm."""
    await asyncio.sleep(seconds * 0.4)
    # What waits to be stored lives in memory: a reload now is known to lose it.
    configurer.reloads = False
    await asyncio.to_thread(disk.fill)
    await asyncio.sleep(min(FULL_S, seconds / 4))
    await asyncio.to_thread(disk.free)
    await asyncio.sleep(seconds * 0.1)
    configurer.reloads = True


async def _add_cameras(
    client: HomeAssistantClient, count: int, streams: dict[str, HttpStreamServer]
) -> str:
    """Set Vigilar up with so many cameras; return the id of its entry."""
    entry, flow_id = await client.add_vigilar()
    for number in range(count):
        name = "busy" if number < BUSY else "quiet"
        if number:
            flow = await client.start_subentry_flow(entry["entry_id"], "camera")
            flow_id = flow["flow_id"]
        # The same address twice would be the same camera.
        await client.add_stream_camera(
            flow_id, f"{name} {number}", f"{streams[name].url}?{number}"
        )
    entry_id: str = entry["entry_id"]
    return entry_id


async def _rage(
    home_assistant: HomeAssistantProcess,
    broker: Mosquitto,
    streams: dict[str, HttpStreamServer],
    disk: SmallDisk,
    options: argparse.Namespace,
) -> tuple[dict[str, Any], MqttLog, list[Watcher]]:
    """Let it storm; return the figures and who was told what."""
    seconds = options.minutes * 60
    tokens = home_assistant.login()
    async with (
        HomeAssistantClient(tokens) as client,
        watchers(tokens, options.clients) as told,
    ):
        await client.add_mqtt(LOOPBACK, broker.port)
        log = MqttLog(broker.port)
        entry_id = await _add_cameras(client, options.cameras, streams)
        await asyncio.sleep(WARM_UP_S)
        configurer = Configurer(client, entry_id)
        jobs = [
            asyncio.create_task(job)
            for job in (
                flap(client, options),
                every(BROKER_S, lambda: asyncio.to_thread(broker.restart)),
                every(CONFIG_S, configurer.turn),
                _fill_disk(disk, configurer, seconds),
            )
        ]
        figures = await watch(client, home_assistant.pid, seconds)
        for job in jobs:
            job.cancel()
        for failed in await asyncio.gather(*jobs, return_exceptions=True):
            if isinstance(failed, Exception):
                print(f"storm: {failed!r}", file=sys.stderr)
        state = await _settle(client, log, told)
        log.close()
    return figures | {"config": dict(configurer.counts), **state}, log, told


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure as the command line says."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        work_dir = Path(folder)
        clips = {
            scene.name: cpu.make_clip(scene, work_dir)
            for scene in cpu.scenes(footage=None)
        }
        streams = {
            name: running.enter_context(HttpStreamServer(work_dir / name, clip=clip))
            for name, clip in clips.items()
        }
        broker = running.enter_context(
            Mosquitto(free_port(), work_dir / "broker", persistence=True)
        )
        disk = running.enter_context(
            SmallDisk(work_dir / "disk", work_dir / "disk.img")
        )
        home_assistant = HomeAssistantProcess(
            work_dir / "config", free_port(), configuration=CONFIGURATION
        )
        install_probe(home_assistant.config_dir)
        # What Vigilar writes is on the small disk, and what Home Assistant writes is not.
        database = disk.folder / "vigilar.db"
        (home_assistant.config_dir / "vigilar.db").symlink_to(database)
        (home_assistant.config_dir / "media").rmdir()
        (disk.folder / "media").mkdir()
        (home_assistant.config_dir / "media").symlink_to(disk.folder / "media")
        with home_assistant:
            figures, log, told = asyncio.run(
                _rage(home_assistant, broker, streams, disk, options)
            )
        written = home_assistant.home_assistant_log.read_text(errors="replace")
        if options.keep_log is not None:
            shutil.copyfile(home_assistant.home_assistant_log, options.keep_log)
        published, began = journal(database, figures["seq"])
        return {
            **figures,
            "sensors_began": figures["began"],
            "sensors_stored": began,
            **compare(published, log, told),
            **complaints(written),
        }


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    return "\n".join(f"{name:>22}  {value}" for name, value in figures.items())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--minutes", type=float, default=10, help="for how long (%(default)s)"
    )
    for name, default, text in (
        ("--cameras", 8, "how many; two of them busy"),
        ("--sensors", 50, "how many flap"),
        ("--rate", 50, "how often one of them changes in a second"),
        ("--clients", 100, "how many are subscribed at once"),
    ):
        parser.add_argument(
            name, type=int, default=default, help=f"{text} (%(default)s)"
        )
    parser.add_argument(
        "--keep-log", type=Path, metavar="FILE", help="copy Home Assistant's log there"
    )
