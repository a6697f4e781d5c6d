"""A house for the end-to-end tests of media: a camera for each way to record."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
import os
from pathlib import Path
import shutil
import sqlite3
import subprocess
import threading
import time
from typing import Any, Final, Self

from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.home_assistant import HomeAssistantProcess
from scripts.harness.process import free_port
from scripts.harness.streams import HttpStreamServer, RtspServer

from .house import PATIENCE_S, cut_clip, eventually_heard

# A stretch of the demo's clip: somebody passes for eight of its seconds.
VISITOR: Final = (26.5, 43.0)

KINDS: Final = ("snapshot", "thumbnail", "preview", "clip")
PRE_ROLL_S: Final = 5
POST_ROLL_S: Final = 5
# The keyframes of the cameras are so far apart.
GROUP_S: Final = 2.0

DISK_BYTES: Final = 16 << 20

# What a small disk is where nothing may be mounted: it tells of its files what a
# real one would. FFmpeg's and Python's writes go through, so that only what
# is asked before writing is tested by it, and not the failure in the middle.
_PRETENDED: Final = """\
from pathlib import Path
import shutil

disk_usage = shutil.disk_usage


def pretend(path):
    if not Path(path).is_relative_to({path!r}):
        return disk_usage(path)
    used = 0
    for file in Path({path!r}).rglob("*"):
        try:
            used += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue
    return type(disk_usage("/"))({size}, used, max({size} - used, 0))


shutil.disk_usage = pretend
"""


class SmallDisk:
    """A disk of 16 MB, mounted where that is allowed and pretended elsewhere.

    Attributes:
        path: Where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        """Describe the disk."""
        self.path = path
        self._ballast = path / "ballast"
        self._pretending = False

    @contextmanager
    def mounted(self, work_dir: Path) -> Iterator[Self]:
        """Have it for the processes that are started meanwhile.

        Args:
            work_dir: Receives what it takes to pretend.
        """
        self.path.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "vigilar"]
        mounted = subprocess.run([*mount, str(self.path)], check=False).returncode == 0
        before = os.environ.get("PYTHONPATH", "")
        if not mounted:
            self._pretending = True
            code = _PRETENDED.format(path=str(self.path), size=DISK_BYTES)
            (work_dir / "sitecustomize.py").write_text(code)
            os.environ["PYTHONPATH"] = f"{work_dir}:{before}"
        try:
            yield self
        finally:
            os.environ["PYTHONPATH"] = before
            if mounted:
                subprocess.run(["umount", "--lazy", str(self.path)], check=True)

    @property
    def free(self) -> int:
        """Return the bytes that are free."""
        if not self._pretending:
            return shutil.disk_usage(self.path).free
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return DISK_BYTES - sum(path.stat().st_size for path in files)

    def fill(self, leave: int) -> None:
        """Let something else take all room but so many bytes."""
        room = self.free - leave
        try:
            with self._ballast.open("ab") as ballast:
                ballast.write(bytes(max(room, 0)))
        except OSError:
            # A clip has grown meanwhile: full is full.
            return

    def empty(self) -> None:
        """Take away what else is there."""
        self._ballast.unlink()


@dataclass
class Story:
    """What was heard of one event.

    Attributes:
        event: As it was told last.
        told: When what was told first: `new`, `end` and the kinds of media.
    """

    event: JsonObject
    told: dict[str, datetime] = field(default_factory=dict)

    @property
    def media(self) -> dict[str, JsonObject]:
        """Return what the event says of its media."""
        media: dict[str, JsonObject] = self.event["payload"]["media"]
        return media

    @property
    def end_ts(self) -> int:
        """Return when the event ended, Unix milliseconds."""
        end_ts: int = self.event["payload"]["end_ts"]
        return end_ts

    @property
    def settled(self) -> bool:
        """Return whether nothing more is to come."""
        waits = any(entry["state"] == "pending" for entry in self.media.values())
        return "end" in self.told and not waits

    @property
    def complete(self) -> bool:
        """Return whether all media are there."""
        return {"new", "end", *KINDS} <= set(self.told)

    def failed_for(self, kind: str, reason: str) -> bool:
        """Return whether a kind of media could not be kept for that reason."""
        entry = self.media[kind]
        return (entry["state"], entry.get("reason")) == ("failed", reason)


class Witness:
    """Listens on Home Assistant's bus from a thread of its own."""

    def __init__(self, home_assistant: HomeAssistantProcess) -> None:
        """Listen until the connection ends."""
        self.stories: dict[str, Story] = {}
        self._home_assistant = home_assistant
        self._listening = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._listen()), daemon=True
        )
        self._thread.start()
        assert self._listening.wait(PATIENCE_S)

    async def _listen(self) -> None:
        """Subscribe and note."""
        async with HomeAssistantClient(self._home_assistant.login()) as client:
            for suffix in ("", "_updated", "_ended"):
                await client.subscribe_events(f"vigilar_event{suffix}", self._note)
            self._listening.set()
            await client.closed.wait()

    def _note(self, message: JsonObject) -> None:
        """Note what is told of an event that began before one's ears."""
        event, at = message["data"], datetime.fromisoformat(message["time_fired"])
        if message["event_type"] == "vigilar_event":
            self.stories[event["id"]] = Story(event, {"new": at})
        if (story := self.stories.get(event["id"])) is None:
            return
        story.event = event
        if message["event_type"] == "vigilar_event_ended":
            story.told["end"] = at
        for kind, entry in story.media.items():
            if entry["state"] == "ready":
                story.told.setdefault(kind, at)

    def of(self, source_id: str, since: int = 0) -> list[Story]:
        """Return the stories of a camera's movements, oldest first.

        Args:
            source_id: The camera.
            since: When they must have begun, Unix milliseconds.
        """
        return [
            story
            for story in list(self.stories.values())
            if story.event["source_id"] == source_id
            and story.event["ts"] >= since
            and not story.event["type"].startswith("camera_")
        ]


@dataclass
class MediaHouse:
    """Home Assistant with five cameras in which somebody walks by again and again.

    The yard is an H.264 stream; the gate an H.265 one; the porch shows what the
    yard shows, without a pre-roll; the hall is an RTSP stream with a second
    one of twice its size, connected when needed; the shed will be unplugged.
    """

    home_assistant: HomeAssistantProcess
    disk: SmallDisk
    yard: HttpStreamServer
    gate: HttpStreamServer
    hall: RtspServer
    hall_large: RtspServer
    shed: HttpStreamServer
    witness: Witness
    entry_id: str = ""
    ready_ms: int = 0

    @classmethod
    def build(cls, work_dir: Path, running: ExitStack) -> Self:
        """Start every process and set everything up."""
        enter = running.enter_context
        walker = cut_clip(VISITOR, work_dir / "walker.mp4")
        large = cut_clip(
            VISITOR, work_dir / "large.mp4", *("-vf", "scale=2*iw:2*ih", "-crf", "30")
        )
        hevc = cut_clip(
            VISITOR,
            work_dir / "hevc.mp4",
            *("-c:v", "libx265", "-x265-params", "bframes=0:keyint=20:log-level=error"),
        )
        disk = enter(SmallDisk(work_dir / "disk").mounted(work_dir))
        home_assistant = enter(
            HomeAssistantProcess(
                work_dir / "config", free_port(), configuration="repairs:\n"
            )
        )
        house = cls(
            home_assistant,
            disk,
            enter(HttpStreamServer(work_dir / "yard", clip=walker)),
            enter(HttpStreamServer(work_dir / "gate", clip=hevc)),
            enter(RtspServer(work_dir / "hall", clip=walker)),
            enter(RtspServer(work_dir / "hall_large", clip=large)),
            enter(HttpStreamServer(work_dir / "shed", clip=walker)),
            Witness(home_assistant),
        )
        asyncio.run(house._furnish())
        house.ready_ms = round(time.time() * 1000)
        return house

    async def _furnish(self) -> None:
        """Add the cameras as a user does."""
        cameras: list[tuple[str, str, JsonObject]] = [
            ("Yard", self.yard.url, {}),
            ("Gate", self.gate.url, {}),
            ("Porch", f"{self.yard.url}?porch", {"pre_roll": 0}),
            ("Hall", self.hall.url, {"url": self.hall_large.url}),
            ("Shed", self.shed.url, {}),
        ]
        async with self.client() as client:
            entry, flow_id = await client.add_vigilar()
            self.entry_id = entry["entry_id"]
            flow_ids = [flow_id]
            while len(flow_ids) < len(cameras):
                flow = await client.start_subentry_flow(self.entry_id, "camera")
                flow_ids.append(flow["flow_id"])
            await asyncio.gather(
                *(
                    client.add_stream_camera(flow_id, name, url, recording=recording)
                    for flow_id, (name, url, recording) in zip(
                        flow_ids, cameras, strict=True
                    )
                )
            )

    def client(self) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.home_assistant.login())

    async def complete(self, source_id: str) -> Story:
        """Return the first whole story of a camera with a whole pre-roll before it."""
        since = self.ready_ms + (PRE_ROLL_S + 1) * 1000
        stories = await eventually_heard(
            lambda: [s for s in self.witness.of(source_id, since) if s.complete],
            f"an event of {source_id} with all media",
        )
        return stories[0]

    def rows(self, root: Path) -> set[str]:
        """Return the files below a folder of which the database knows."""
        database = self.home_assistant.config_dir / "vigilar.db"
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            found: list[tuple[Any, ...]] = connection.execute(
                "SELECT path FROM media_files WHERE root = ?", (str(root),)
            ).fetchall()
        return {path for (path,) in found}


def files_of(root: Path) -> set[str]:
    """Return the media below a folder, finished or not."""
    return {
        path.relative_to(root).as_posix()
        for path in root.glob("*/*/*")
        if path.is_file()
    }
