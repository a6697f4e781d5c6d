"""A house in which people have lived for some days, for whoever looks at it.

Three streams play cuts of the demo's clip. What the cameras see of them is
copied into the days before, so that nobody has to wait for a week to pass.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import random
import sqlite3
import subprocess
import time
from typing import Any, Final, Self

from homeassistant.util import slugify

from .client import HomeAssistantClient, JsonObject
from .home_assistant import HomeAssistantProcess
from .process import HarnessError, free_port
from .streams import CLIP, HttpStreamServer
from .timeline import ulid_time

DAYS: Final = 5
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
PATIENCE_S: Final = 240
STRATEGY: Final = "vigilar-itself"
CARDS: Final = "vigilar-cards"


@dataclass(frozen=True)
class Lens:
    """A camera's cut of the demo's clip.

    Attributes:
        name: Of the camera.
        area: Where it hangs.
        begin: Where its loop starts, seconds.
        seconds: How long its loop is.
        look: FFmpeg's filters.
        known: Whether Home Assistant has it as a camera already.
    """

    name: str
    area: str
    begin: float
    seconds: float
    look: str
    known: bool = False

    @property
    def source_id(self) -> str:
        """Return its id in Vigilar."""
        return slugify(self.name)


LENSES: Final = (
    Lens(
        "Front door", "Entrance", 25, 22, "crop=640:360:0:70,scale=960:540", known=True
    ),
    Lens("Driveway", "Garden", 0, 26, "hflip,crop=560:315:0:95,scale=960:540"),
    Lens(
        "Garage",
        "Garage",
        44,
        30,
        "crop=560:315:40:100,hue=s=0.1,eq=brightness=-0.1:contrast=1.15,scale=960:540",
    ),
)
ZONED: Final = LENSES[1]
OFFLINE: Final = LENSES[2]
UNRECOGNISED: Final = "Something moved and was not recognised"
ZONE: Final = {
    "name": "Path",
    "kind": "include",
    "points": [[0.03, 0.3], [0.62, 0.22], [0.97, 0.34], [0.97, 0.97], [0.03, 0.97]],
}


@dataclass
class LivedIn:
    """Home Assistant, and the streams that its cameras show."""

    home_assistant: HomeAssistantProcess
    streams: dict[str, HttpStreamServer]
    entry_id: str = ""

    @classmethod
    def build(cls, work_dir: Path, running: ExitStack) -> Self:
        """Start every process; nothing is set up yet."""
        enter = running.enter_context
        streams = {
            lens.source_id: enter(
                HttpStreamServer(work_dir / lens.source_id, clip=_cut(lens, work_dir))
            )
            for lens in LENSES
        }
        config = work_dir / "config"
        return cls(enter(HomeAssistantProcess(config, free_port())), streams)

    def client(self) -> HomeAssistantClient:
        """Return a client that is not connected yet."""
        return HomeAssistantClient(self.home_assistant.login())

    async def move_in(self) -> str:
        """Set up Vigilar without a camera; return the id of the flow that asks for one."""
        async with self.client() as client:
            entry, flow_id = await client.add_vigilar()
            self.entry_id = entry["entry_id"]
            await client.create_dashboard(
                STRATEGY, "Security", {"strategy": {"type": "custom:vigilar"}}
            )
            await client.create_dashboard(CARDS, "Home", _cards())
            return flow_id

    async def furnish(self) -> None:
        """Add the cameras, their areas and a zone, and wait for events of each."""
        async with self.client() as client:
            for lens in LENSES:
                await self._add(client, lens)
            await _place(client, self.entry_id)
            await client.call(
                "vigilar/tuning/save", source_id=ZONED.source_id, zones=[ZONE]
            )
            async with asyncio.timeout(PATIENCE_S):
                while {each["source_id"] for each in await _whole(client)} != set(
                    self.streams
                ):
                    await asyncio.sleep(1)

    async def _add(self, client: HomeAssistantClient, lens: Lens) -> None:
        """Walk the flow that adds a camera."""
        url = self.streams[lens.source_id].url
        flow = await client.start_subentry_flow(self.entry_id, "camera")
        if not lens.known:
            await client.add_stream_camera(flow["flow_id"], lens.name, url)
            return
        entity_id = await _add_generic_camera(client, url)
        await client.submit_subentry(flow["flow_id"], {"next_step_id": "entity"})
        await client.submit_subentry(
            flow["flow_id"], {"camera": entity_id, "name": lens.name}
        )

    def age(self) -> None:
        """Let days go by, while Home Assistant is not running."""
        self.home_assistant.stop()
        database = self.home_assistant.config_dir / "vigilar.db"
        connection = sqlite3.connect(database)
        connection.row_factory = sqlite3.Row
        with connection:
            _fill(connection, round(time.time() * 1000))
        connection.close()
        self.streams[OFFLINE.source_id].stop()
        self.home_assistant.start()

    async def live_on(self) -> JsonObject:
        """Review, note and protect some events; return the newest that is whole.

        Raises:
            HarnessError: There is no such event.
        """
        async with self.client() as client:
            whole = await _whole(client)
            if not whole:
                raise HarnessError("no event has all its media")
            ids = [event["id"] for event in whole]
            await client.call("vigilar/review/mark", event_ids=ids[4:9])
            text = "The neighbour brought the parcel back."
            await client.call("vigilar/note", event_id=ids[1], text=text)
            await client.call("vigilar/protect", event_id=ids[2])
            await client.call(
                "vigilar/feedback", event_id=ids[5], verdict="false_alarm"
            )
            return next(e for e in whole if e["source_id"] == ZONED.source_id)


def _cut(lens: Lens, work_dir: Path) -> Path:
    """Write a camera's loop and return its path."""
    target = work_dir / f"{lens.source_id}.mp4"
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-y"),
            *("-ss", str(lens.begin), "-t", str(lens.seconds), "-i", str(CLIP)),
            *("-vf", lens.look, "-an", "-c:v", "libx264", "-bf", "0", "-g", "20"),
            *("-preset", "veryfast", "-crf", "20", str(target)),
        ],
        check=True,
    )
    return target


async def _add_generic_camera(client: HomeAssistantClient, url: str) -> str:
    """Set up Home Assistant's own generic camera; return its entity's id."""
    step = await client.start_flow("generic")
    advanced = {"framerate": 2, "verify_ssl": False, "authentication": "basic"}
    await client.submit(step["flow_id"], {"stream_source": url, "advanced": advanced})
    await client.submit(step["flow_id"], {"confirmed_ok": True})
    states: list[JsonObject] = await client.call("get_states")
    return next(
        str(state["entity_id"])
        for state in states
        if state["entity_id"].startswith("camera.")
    )


async def _place(client: HomeAssistantClient, entry_id: str) -> None:
    """Put the cameras' devices into their areas."""
    areas = {lens.name: lens.area for lens in LENSES}
    for device in await client.call("config/device_registry/list"):
        if entry_id in device["config_entries"] and device["name"] in areas:
            area = await client.call(
                "config/area_registry/create", name=areas[device["name"]]
            )
            await client.call(
                "config/device_registry/update",
                device_id=device["id"],
                area_id=area["area_id"],
            )


async def _whole(client: HomeAssistantClient) -> list[JsonObject]:
    """Return the newest events that have a clip."""
    first: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()

    def take(message: JsonObject) -> None:
        if not first.done():
            first.set_result(message)

    end = await client.subscribe("vigilar/timeline/subscribe", take, limit=60)
    events: list[JsonObject] = (await first)["events"]
    await end()
    return [
        event
        for event in events
        if event["payload"].get("media", {}).get("clip", {}).get("state") == "ready"
    ]


def _cards() -> JsonObject:
    """Return a dashboard with one card of each kind."""
    cards = [
        {"type": "custom:vigilar-camera-card", "source_id": LENSES[0].source_id},
        {
            "type": "custom:vigilar-timeline-card",
            "title": "Today",
            "show_filters": True,
            "grid_options": {"columns": 12, "rows": 9},
        },
    ]
    view = {
        "title": "Home",
        "path": "home",
        "type": "sections",
        "max_columns": 2,
        "sections": [{"type": "grid", "cards": [card]} for card in cards],
    }
    return {"title": "Home", "views": [view]}


def _moments(now: int, dice: random.Random) -> Iterator[int]:
    """Yield when something happened: more by day than by night, much at noon and six."""
    for day in range(DAYS):
        for hour, events in (
            (7, 3),
            (8, 6),
            (12, 4),
            (15, 3),
            (17, 6),
            (18, 5),
            (22, 2),
        ):
            midnight = now - now % DAY_MS - day * DAY_MS
            for _ in range(dice.randrange(events + 1)):
                ts = midnight + hour * 60 * MINUTE_MS + dice.randrange(60 * MINUTE_MS)
                if ts < now - 40 * MINUTE_MS:
                    yield ts


def _fill(connection: sqlite3.Connection, now: int) -> None:
    """Copy what was seen into the days before."""
    dice = random.Random(7)
    seen = connection.execute(
        'SELECT * FROM events WHERE instr(payload, \'"clip":{"state":"ready"\')'
    ).fetchall()
    if not seen:
        raise HarnessError("nothing was seen that could be copied")
    seq: int = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    for number, ts in enumerate(sorted(_moments(now, dice)), 1):
        _copy(connection, dice.choice(seen), ts, seq + number, ts < now - 2 * DAY_MS)
    begin = now - now % DAY_MS - DAY_MS + 9 * 60 * MINUTE_MS
    connection.execute(
        'INSERT INTO blind_periods (source_id, start, "end", reason)'
        " VALUES (?, ?, ?, 'offline')",
        (LENSES[1].source_id, begin, begin + 70 * MINUTE_MS),
    )


def _copy(
    connection: sqlite3.Connection, row: sqlite3.Row, ts: int, seq: int, reviewed: bool
) -> None:
    """Let an event have happened at another time, too, with the same media."""
    new_id = ulid_time(ts) + f"{seq:016}"
    later = ts - row["ts"]
    payload = _shifted(json.loads(row["payload"].replace(row["id"], new_id)), later)
    payload["seq"] = seq
    changed = {}
    if seq % 3 == 0:
        changed = {"type": "motion", "severity": 0}
        payload |= {"labels": [], "score": 0, "why": UNRECOGNISED}
    reviewers = []
    if reviewed:
        reviewers = ["somebody"]
        payload["reviews"] = [{"user_id": "somebody", "by": "Anna", "ts": ts + 60_000}]
    _insert(
        connection,
        "events",
        dict(row)
        | changed
        | {
            "id": new_id,
            "ts": ts,
            "end_ts": row["end_ts"] + later,
            "seq": seq,
            "payload": json.dumps(payload, separators=(",", ":")),
            "reviewers": json.dumps(reviewers),
        },
    )
    files = connection.execute(
        "SELECT * FROM media_files WHERE event_id = ?", (row["id"],)
    ).fetchall()
    for file in files:
        moved = {"event_id": new_id, "start_ts": file["start_ts"] + later}
        _insert(connection, "media_files", dict(file) | moved)


def _insert(connection: sqlite3.Connection, table: str, row: JsonObject) -> None:
    """Insert a row."""
    columns, places = ", ".join(row), ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
    connection.execute(statement, tuple(row.values()))


def _shifted(value: Any, later: int) -> Any:
    """Return a payload in which every point in time is later."""
    match value:
        case dict():
            return {
                key: each + later
                if key.endswith("ts") and isinstance(each, int)
                else _shifted(each, later)
                for key, each in value.items()
            }
        case list():
            return [_shifted(each, later) for each in value]
    return value
