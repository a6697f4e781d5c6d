"""Writes events without end and acknowledges each on stdout, to be killed."""

import asyncio
from pathlib import Path
import sys

sys.path.insert(0, str(Path.cwd()))

from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import ChangeKind
from tests.events.common import BEGAN, make_event


async def write_forever(database: str) -> None:
    """Write open and ended events until killed."""
    store = EventStore(f"sqlite:///{database}")
    await store.open(now=BEGAN)
    await store.mark_alive(BEGAN + 1000)
    for n in range(sys.maxsize):
        event = make_event(BEGAN + n, end_ts=None if n % 2 else BEGAN + n)
        change = await store.write(event, ChangeKind.NEW)
        sys.stdout.write(f"{change.seq} {change.event.id}\n")
        sys.stdout.flush()


asyncio.run(write_forever(sys.argv[1]))
