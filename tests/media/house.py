"""A library with all that it needs, and no Home Assistant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.media.library import MediaLibrary, Trouble
from custom_components.vigilar.media.recorder import Recorder
from custom_components.vigilar.media.sink import LibrarySink
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    MediaKind,
    Observation,
    ObservationKind,
)
from tests.common import FakeRecorder
from tests.events.common import BEGAN, FRONT_DOOR

STARTED = ObservationKind.MOTION_STARTED
UPDATED = ObservationKind.MOTION_UPDATED
ENDED = ObservationKind.MOTION_ENDED


@dataclass
class House:
    """One camera, from its observations to the files.

    Attributes:
        root: Where media are kept.
        recorder: The camera's.
        changes: All that was published.
        troubles: All that was reported.
    """

    root: Path
    store: EventStore
    processor: EventProcessor
    library: MediaLibrary
    recorder: FakeRecorder
    changes: list[Change] = field(default_factory=list)
    troubles: list[Trouble | None] = field(default_factory=list)

    async def settle(self) -> None:
        """Wait until all that was seen is published and kept."""
        for _ in range(3):
            await self.library.drain()
            await self.processor.end_open("nobody", "", 0)

    async def see(
        self, kind: str = STARTED, ts: int = BEGAN, key: str = "walk", **fields: Any
    ) -> Event:
        """Observe something, and return the event as it was stored."""
        await self.processor.handle(
            Observation(kind=kind, source_id="front_door", ts=ts, key=key, **fields)
        )
        await self.settle()
        return await self.event(self.changes[-1].event.id)

    async def event(self, event_id: str) -> Event:
        """Return an event as it stands."""
        event = await self.store.get(event_id)
        assert event is not None
        return event

    async def media(self, event_id: str) -> dict[str, dict[str, Any]]:
        """Return what an event says of its media."""
        media: dict[str, dict[str, Any]] = (await self.event(event_id)).payload["media"]
        return media

    async def keep_ended(
        self, ts: int, picture: bytes, *, key: str = "walk", **fields: Any
    ) -> Event:
        """Return an event that is over and has pictures."""
        event = await self.see(STARTED, ts, key, snapshot=picture, **fields)
        await self.see(ENDED, ts + 1000, key)
        self.finish(event.id)
        await self.settle()
        return await self.event(event.id)

    def finish(self, event_id: str) -> None:
        """Let the recorder be done with an event."""
        assert self.recorder.sink is not None
        self.recorder.sink.recording_done(event_id, 0)

    def states(self, kind: MediaKind) -> list[str]:
        """Return the states that were published of a kind, in order."""
        return [
            change.event.payload["media"][kind.value]["state"]
            for change in self.changes
            if change.kind is not ChangeKind.DELETED
        ]


@asynccontextmanager
async def open_house(root: Path, database: Path) -> AsyncIterator[House]:
    """Run a house, with what an earlier one has left in the folders."""
    store = EventStore(f"sqlite:///{database}")
    await store.open(now=BEGAN)
    # By this clock every update is due at once.
    processor = EventProcessor(store, {"front_door": FRONT_DOOR}.get, clock=Ticking())
    recorder = FakeRecorder()
    troubles: list[Trouble | None] = []
    library = MediaLibrary(
        store,
        processor,
        recorder_of=lambda source_id: cast(Recorder, recorder),
        report=troubles.append,
    )
    recorder.sink = LibrarySink(library, library._loop)
    house = House(root, store, processor, library, recorder, troubles=troubles)
    processor.media = library
    processor.add_publisher("media", library.publish)
    processor.add_publisher("test", house.changes.append)
    await library.open(root)
    processor.start()
    try:
        yield house
    finally:
        await library.close()
        await processor.stop()
        await store.close()


class Ticking:
    """A clock that goes on by more than an interval whenever it is read."""

    now = BEGAN

    def __call__(self) -> int:
        """Return the time, Unix milliseconds."""
        self.now += 5000
        return self.now
