"""How fast the timeline answers with a million events, and whether any are lost.

A database of events is made in a temporary folder; a real Home Assistant opens
it, and clients ask over real websockets. `loop_probe` hands observations to the
integration, so that the whole path behind the cameras is measured, too.
"""

import argparse
import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from typing import Any, Final

from .auth import Tokens, login
from .client import HomeAssistantClient, JsonObject
from .figures import percentile
from .home_assistant import PASSWORD, USER, HomeAssistantProcess
from .loop import CONFIGURATION, install_probe, machine_s, processor_s, resident_mb
from .paint import first_paint_ms
from .process import free_port

CAMERAS: Final = 12
DAYS: Final = 90
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
REVIEWED: Final = 0.97
"""The oldest part of the events, which somebody has looked at."""
RARE: Final = 100_000
"""One event of so many has a note with the rare word."""
READER: Final = "reader"
SETTLE_S: Final = 60
PAINTS: Final = 7
"""How often the list is opened in a browser."""
SOURCE_IDS: Final = [f"camera_{number:02}" for number in range(CAMERAS)]
KINDS: Final = (
    ("motion", 0, 60),
    ("person", 2, 20),
    ("vehicle", 1, 15),
    ("animal", 0, 5),
)
ZONES: Final[tuple[list[str], ...]] = ([], ["Drive"], ["Drive", "Porch"], ["Garden"])
SHAPES: Final = 4000
"""So many different events there are; time, id and number are each one's own."""

_FILL: Final = """
import asyncio, sys
from custom_components.vigilar.events.store import EventStore
async def make():
    store = EventStore("sqlite:///" + sys.argv[1])
    await store.open(now=int(sys.argv[2]))
    await store.close()
asyncio.run(make())
"""


def shape(dice: random.Random) -> tuple[str, int, str, list[str], JsonObject]:
    """Return type, severity, source, zones and payload of an event like many."""
    event_type, severity, _ = dice.choices(KINDS, [kind[2] for kind in KINDS])[0]
    number = dice.randrange(CAMERAS)
    zones = dice.choice(ZONES)
    payload = {
        "version": 1,
        "name": f"Camera {number}",
        "entity_id": f"event.camera_{number:02}_activity",
        "device_id": "0" * 32,
        "area_id": None,
        "labels": [{"label": event_type, "score": 0.8}],
        "zones": zones,
        "box": [0.1, 0.2, 0.3, 0.4],
        "score": 0.8,
        "why": f"The detector is {dice.randrange(40, 99)} % sure of a {event_type}",
        "media": {
            kind: {"state": "deleted", "url": None}
            for kind in ("snapshot", "thumbnail", "preview", "clip")
        },
        "latency_ms": {"confirm": 400.0, "decode": 2.0, "motion": 0.5},
        "phase": "ended",
    }
    return event_type, severity, SOURCE_IDS[number], zones, payload


def rows(count: int, now: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of so many events, spread over the last days."""
    dice = random.Random(1)
    shapes = [shape(dice) for _ in range(SHAPES)]
    ready = [
        (*given[:3], json.dumps(given[3]), json.dumps(given[4])[:-1])
        for given in shapes
    ]
    reviews = json.dumps([{"user_id": "somebody", "by": "Anna", "ts": now}])
    note = json.dumps({"text": "Zebra crossing", "by": "Anna", "ts": now})
    start = now - DAYS * DAY_MS
    for number in range(count):
        index = dice.randrange(SHAPES)
        event_type, severity, source_id, zones, payload = ready[index]
        ts = start + (now - start) * number // count
        seen = number < count * REVIEWED
        rare = number % RARE == RARE // 2
        more = f', "end_ts": {ts + 4000}, "seq": {number + 1}'
        more += f', "reviews": {reviews}' if seen else ""
        more += f', "note": {note}' if rare else ""
        yield (
            f"{ulid_time(ts)}{number:016}",
            *(ts, ts + 4000, event_type, severity, source_id, number + 1),
            f"{payload}{more}}}",
            zones,
            '["somebody"]' if seen else "[]",
            2 * index + rare + 1,
        )


def ulid_time(ts: int) -> str:
    """Return the part of a ULID that says when."""
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(signs[ts >> 5 * place & 31] for place in reversed(range(10)))


def texts() -> Iterator[tuple[int, str]]:
    """Yield the texts of all shapes, with and without the note."""
    dice = random.Random(1)
    for index in range(SHAPES):
        event_type, _, _, zones, payload = shape(dice)
        said = [payload["name"], event_type, event_type, *zones, payload["why"]]
        words = " ".join(said).replace("%", "").lower().split()
        # Each text is stored once: the last word tells them apart.
        text = "".join(f" {word}" for word in [*words, f"shape{index}"])
        yield 2 * index + 1, text
        yield 2 * index + 2, f"{text} zebra crossing"


def fill(database: Path, count: int, now: int) -> None:
    """Make a database of so many events that ended by now.

    Args:
        database: Where it is to be.
        count: How many events.
        now: Unix milliseconds.
    """
    subprocess.run(
        [sys.executable, "-c", _FILL, database, str(now - DAYS * DAY_MS)], check=True
    )
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master"
        " WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL"
    ).fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.executemany(
        "INSERT INTO events (id, ts, end_ts, type, severity, source_id, seq, payload,"
        " zones, reviewers, text_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows(count, now),
    )
    connection.executemany("INSERT INTO texts (id, text) VALUES (?, ?)", texts())
    connection.execute(
        "INSERT INTO journal SELECT seq, ts, 'ended', id, ts, type, severity, source_id,"
        " payload FROM events ORDER BY seq DESC LIMIT 1"
    )
    connection.execute("UPDATE meta SET value = ? WHERE key = 'alive'", (str(now),))
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()


def configure(config_dir: Path) -> None:
    """Let a prepared folder have the hub, its cameras and a user who sees two of them."""
    storage = config_dir / ".storage"
    cameras = [
        {
            "data": {
                "url": f"rtsp://127.0.0.1:9/{source_id}",
                "source_id": source_id,
                "analysis": {},
            },
            "subentry_id": f"{number:026}",
            "subentry_type": "camera",
            "title": source_id.replace("_", " ").capitalize(),
            "unique_id": source_id,
        }
        for number, source_id in enumerate(SOURCE_IDS)
    ]
    moment = "2026-01-01T00:00:00+00:00"
    entry = {
        "created_at": moment,
        "modified_at": moment,
        "data": {},
        "disabled_by": None,
        "discovery_keys": {},
        "domain": "vigilar",
        "entry_id": "1" * 26,
        "minor_version": 1,
        "options": {"retention_days": 365, "mqtt": False},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": cameras,
        "title": "Vigilar",
        "unique_id": None,
        "version": 1,
    }
    _store(storage / "core.config_entries", 1, 5, {"entries": [entry]})
    # What comes is told by the probe, and not by streams that there are not.
    off = {"off": [camera["subentry_id"] for camera in cameras]}
    _store(storage / "vigilar.detection", 1, 1, off)
    _add_users(storage, [f"event.{name}_activity" for name in SOURCE_IDS[:2]])


def _add_users(storage: Path, readable: list[str]) -> None:
    """Let the one user be an administrator, and the other read some entities."""
    entity_ids = {entity_id: {"read": True} for entity_id in readable}
    few = {
        "id": "few",
        "name": "Few",
        "policy": {"entities": {"entity_ids": entity_ids}},
    }
    users = [
        {
            "id": name,
            "name": name,
            "group_ids": [group],
            "is_owner": group != few["id"],
            "is_active": True,
            "local_only": False,
            "system_generated": False,
        }
        for name, group in ((USER, "system-admin"), (READER, few["id"]))
    ]
    credentials = [
        {
            "id": f"login-{user['id']}",
            "user_id": user["id"],
            "auth_provider_type": "homeassistant",
            "auth_provider_id": None,
            "data": {"username": user["id"]},
        }
        for user in users
    ]
    content = {
        "users": users,
        "groups": [{"id": "system-admin", "name": "Administrators"}, few],
        "credentials": credentials,
        "refresh_tokens": [],
    }
    _store(storage / "auth", 1, 1, content)


def _store(path: Path, version: int, minor: int, data: JsonObject) -> None:
    """Write a file of Home Assistant's storage."""
    content = {"version": version, "minor_version": minor, "key": path.name}
    path.write_text(json.dumps(content | {"data": data}))


def questions() -> dict[str, JsonObject]:
    """Return the filters to ask with, by a name for the table."""
    return {
        "no filter": {},
        "one camera": {"source_ids": SOURCE_IDS[:1]},
        "three cameras": {"source_ids": SOURCE_IDS[:3]},
        "persons": {"types": ["person"]},
        "alerts": {"severities": ["alert", "critical"]},
        "one zone": {"zones": ["Porch"]},
        "unreviewed": {"reviewed": False},
        "unreviewed by me": {"reviewed": False, "review_scope": "me"},
        "a rare word": {"text": "zebra"},
        "a common word": {"text": "camera"},
        "two words": {"text": "sure pers"},
        "no such word": {"text": "giraffe"},
        "nothing matches": {"types": ["person"], "severities": ["info"]},
        "all at once": {
            "source_ids": SOURCE_IDS[:2],
            "types": ["person"],
            "zones": ["Drive"],
            "reviewed": False,
            "text": "drive",
        },
    }


async def ask(client: HomeAssistantClient, now: int, times: int) -> dict[str, Any]:
    """Return the percentiles of every question, milliseconds, as a client waits."""
    dice = random.Random(2)
    figures: dict[str, Any] = {}
    for name, fields in questions().items():
        waits: dict[str, list[float]] = {"page": [], "density": []}
        for number in range(times):
            far = now - dice.randrange(DAYS * DAY_MS)
            anchor = (
                {"before_ts": now},
                {"before_ts": far},
                {"after_ts": far},
            )[number % 3]
            span = (
                {"start": now - 7 * DAY_MS, "end": now, "bucket": HOUR_MS},
                {"start": now - DAY_MS, "end": now, "bucket": HOUR_MS // 12},
                {"start": far, "end": far + HOUR_MS, "bucket": 10_000},
            )[number % 3]
            for command, more in (("page", anchor), ("density", span)):
                began = time.perf_counter()
                await client.call(f"vigilar/timeline/{command}", **more, **fields)
                waits[command].append((time.perf_counter() - began) * 1000)
        figures[name] = {
            f"{command}_p{percent}_ms": round(percentile(values, percent), 2)
            for command, values in waits.items()
            for percent in (50, 95)
        }
    return figures


class Listener:
    """Keeps what a subscriber was told."""

    def __init__(self, known: int) -> None:
        """Begin after a change that is known."""
        self.last = known
        self.in_order = True
        self.seqs: dict[str, int] = {}

    def __call__(self, message: JsonObject) -> None:
        """Take a message."""
        if message["kind"] == "resync":
            self.in_order = False
            return
        if message["kind"] == "connected":
            return
        self.in_order &= message["seq"] >= self.last
        self.last = message["seq"]
        for event in message["events"]:
            self.seqs[event["id"]] = event["payload"]["seq"]


async def load(
    tokens: Tokens, pid: int, clients: int, rate: int, seconds: float
) -> dict[str, Any]:
    """Subscribe many clients, let events happen, and look what each was told."""
    async with HomeAssistantClient(tokens) as director:
        opened = [HomeAssistantClient(tokens) for _ in range(clients)]
        listeners = []
        try:
            for client in opened:
                await client.__aenter__()
                listener = Listener(0)
                listeners.append(listener)
                await client.subscribe("vigilar/timeline/subscribe", listener, limit=50)
            await director.call("loop_probe/take")
            used, busy = processor_s(pid), machine_s()[0]
            began = time.monotonic()
            made = 0
            while (elapsed := time.monotonic() - began) < seconds:
                due = round(elapsed * rate) - made
                made = await director.call("loop_probe/observe", count=due)
                await asyncio.sleep(0.02)
            handed = time.monotonic() - began
            journal = await _journal(director, listeners)
            stored = time.monotonic() - began
            used = processor_s(pid) - used
            busy = machine_s()[0] - busy
            lags = await director.call("loop_probe/take")
        finally:
            for client in opened[: len(listeners)]:
                await client.__aexit__(None, None, None)
    wanted = dict(journal)
    complete = sum(
        listener.in_order and listener.seqs == wanted for listener in listeners
    )
    return {
        "clients": clients,
        "events": len(wanted),
        "events_per_s": round(len(wanted) / handed, 1),
        "changes_stored_in_s": round(stored, 1),
        "clients_complete": complete,
        "loop_lag_p50_ms": round(percentile(lags, 50), 2),
        "loop_lag_p99_ms": round(percentile(lags, 99), 2),
        "cpu_cores": round(used / stored, 2),
        "other_cores": round((busy - used) / stored, 2),
    }


async def _journal(
    director: HomeAssistantClient, listeners: list[Listener]
) -> list[list[Any]]:
    """Return the newest `seq` of each event of the run, once all is stored and sent.

    Who was not told all in time has lost the rest.
    """
    try:
        async with asyncio.timeout(SETTLE_S + 60):
            while not (answer := await director.call("loop_probe/journal"))["settled"]:
                await asyncio.sleep(0.2)
            while any(listener.last < answer["seq"] for listener in listeners):
                await asyncio.sleep(0.1)
    except TimeoutError:
        late = sum(listener.last < answer["seq"] for listener in listeners)
        print(f"timeline: {late} clients were not told all in time", file=sys.stderr)
    changes: list[list[Any]] = answer["changes"]
    return changes


async def measure(
    home_assistant: HomeAssistantProcess, options: argparse.Namespace, now: int
) -> dict[str, Any]:
    """Ask as an administrator and as a user with few cameras; then let it rain."""
    figures: dict[str, Any] = {"events": options.events}
    for name, user in (("administrator", None), ("few_cameras", READER)):
        tokens = (
            home_assistant.login()
            if user is None
            else login(home_assistant.url, user, PASSWORD)
        )
        async with HomeAssistantClient(tokens) as client:
            await ask(client, now, 3)
            figures[name] = await ask(client, now, options.times)
    paints = await first_paint_ms(home_assistant.login(), PAINTS)
    figures["first_paint_p50_ms"] = round(percentile(paints, 50))
    figures["first_paint_max_ms"] = round(max(paints))
    figures["rss_mb"] = round(resident_mb(home_assistant.pid))
    figures["load"] = await load(
        home_assistant.login(),
        home_assistant.pid,
        options.clients,
        options.rate,
        options.seconds,
    )
    return figures


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure as the command line says."""
    now = int(time.time() * 1000)
    with tempfile.TemporaryDirectory() as folder:
        home_assistant = HomeAssistantProcess(
            Path(folder) / "config", free_port(), configuration=CONFIGURATION
        )
        home_assistant.add_user(READER)
        install_probe(home_assistant.config_dir)
        configure(home_assistant.config_dir)
        began = time.monotonic()
        fill(home_assistant.config_dir / "vigilar.db", options.events, now)
        filled = time.monotonic()
        with home_assistant:
            started = time.monotonic()
            figures = asyncio.run(measure(home_assistant, options, now))
    return figures | {
        "fill_s": round(filled - began, 1),
        "start_s": round(started - filled, 1),
    }


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    lines = []
    for user in ("administrator", "few_cameras"):
        lines.append(f"{user:>20}  page p50    p95   density p50    p95")
        for name, row in figures[user].items():
            values = [
                row[f"{c}_p{p}_ms"] for c in ("page", "density") for p in (50, 95)
            ]
            lines.append(
                f"{name:>20}  {values[0]:8} {values[1]:6} {values[2]:13} {values[3]:6}"
            )
    rest = {key: value for key, value in figures.items() if not isinstance(value, dict)}
    lines += [f"{key:>20}  {value}" for key, value in (rest | figures["load"]).items()]
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    for name, default, text in (
        ("--events", 1_000_000, "how many are in the database"),
        ("--times", 40, "how often each question is asked"),
        ("--clients", 100, "how many are subscribed at once"),
        ("--rate", 200, "how many events happen in a second"),
        ("--seconds", 30, "for how long"),
    ):
        parser.add_argument(
            name, type=int, default=default, help=f"{text} (%(default)s)"
        )
