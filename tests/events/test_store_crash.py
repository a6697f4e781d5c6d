"""What was acknowledged survives a kill in the middle of writing."""

from pathlib import Path
import subprocess
import sys

from custom_components.vigilar.events.store import EventStore

from .common import BEGAN

ACKNOWLEDGED_BEFORE_THE_KILL = 60
WRITER = Path(__file__).with_name("crash_writer.py")


def write_until_killed(database: Path) -> dict[str, str]:
    """Let another process write, kill it, return the id by the seq of what it acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(database)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL)]
        writer.kill()
        lines += writer.stdout.readlines()
    return dict(line.split() for line in lines if line.endswith("\n"))


async def test_all_that_was_acknowledged_is_there_after_a_kill(database: Path) -> None:
    """Every acknowledged event is stored, nothing is corrupt, nothing is left open."""
    acknowledged = write_until_killed(database)

    store = EventStore(f"sqlite:///{database}")
    opening = await store.open(now=BEGAN + 60_000)
    stored = {event.id: event for event in await store.page(limit=1_000_000)}
    journal = await store.changes_since(0, limit=1_000_000)
    await store.close()

    assert len(acknowledged) >= ACKNOWLEDGED_BEFORE_THE_KILL
    assert opening.moved_aside is None
    assert set(acknowledged.values()) <= set(stored)
    by_seq = {str(change.seq): change.event.id for change in journal}
    assert all(by_seq[seq] == event_id for seq, event_id in acknowledged.items())
    assert [change.seq for change in journal] == list(range(1, len(journal) + 1))
    assert len(opening.closed) == len(stored) // 2
    assert all(event.payload["end_ts"] is not None for event in stored.values())
    assert opening.blind is not None
    assert (opening.blind.start, opening.blind.end) == (BEGAN + 1000, BEGAN + 60_000)
