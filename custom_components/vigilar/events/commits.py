"""Group commit: what is planned together is stored in one transaction, then published.

A commit waits for the disk, and one that holds many changes waits no longer
than one that holds a single change. One event loop owns everything here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import contextlib
from dataclasses import dataclass
from functools import partial
import logging
import time
from typing import Final

from ..models import Change, ChangeKind, Event
from .store import EventStore, StoreError

_LOGGER: Final = logging.getLogger(__name__)

# So long a group may keep the loop before everybody else has a turn.
TURN_S: Final = 0.005

type Publish = Callable[[Change], None]


def retry_delays() -> Iterator[float]:
    """Yield how long to wait before each retry of the store: 1, 2, 4 … 30 s."""
    delay = 1.0
    while True:
        yield delay
        delay = min(delay * 2, 30.0)


class Turns:
    """Lets everybody else use the event loop from time to time.

    Not after each step: on a loop that has much to do every turn is a long wait.
    """

    def __init__(self) -> None:
        """Begin a turn."""
        self._until = time.thread_time() + TURN_S

    async def rest(self) -> None:
        """Give way if the turn is over; then a new one begins."""
        if time.thread_time() >= self._until:
            await asyncio.sleep(0)
            self._until = time.thread_time() + TURN_S


@dataclass(slots=True, eq=False)
class Write:
    """A change that is planned, and what becomes of it.

    Attributes:
        event: Whole, as it is to be stored.
        kind: What is done to it.
        stored: Takes note that it is on disk; called before anyone hears of it.
        refused: Takes note that it never will be.
        change: As it is stored; None until it is.
    """

    event: Event
    kind: ChangeKind
    stored: Callable[[Change], None]
    refused: Callable[[], None]
    change: Change | None = None


@dataclass(slots=True, eq=False)
class _Publisher:
    """One way outwards and whether it fails at present."""

    name: str
    publish: Publish
    failing: bool = False

    def __call__(self, change: Change) -> None:
        """Publish a change; a failure is logged when it begins and when it ends."""
        try:
            self.publish(change)
        except Exception:
            if not self.failing:
                _LOGGER.exception(
                    "Publisher %s failed; it gets the next changes all the same",
                    self.name,
                )
            self.failing = True
            return
        if self.failing:
            _LOGGER.info("Publisher %s works again", self.name)
        self.failing = False


class GroupCommit:
    """Stores what is planned, insists until it is stored, and publishes it.

    Whoever plans holds a lock from the first plan to the end of `commit`, so
    that everyone hears of changes in the order of `seq`.

    Attributes:
        lost: How many changes could not be stored before the stop.
    """

    def __init__(self, store: EventStore) -> None:
        """Begin with nothing planned.

        Args:
            store: An open store.
        """
        self.lost = 0
        self._store = store
        self._publishers: list[_Publisher] = []
        self._planned: list[Write] = []
        self._looks: list[tuple[str, Callable[[], None]]] = []
        self._stopping = asyncio.Event()
        self._failing = False

    def add_publisher(self, name: str, publish: Publish) -> Callable[[], None]:
        """Add one who hears of every change once it is stored, in the order of `seq`.

        Args:
            name: For the log.
            publish: Called on the event loop; must not block.

        Returns:
            Removes it; harmless when called again.
        """
        publisher = _Publisher(name, publish)
        self._publishers.append(publisher)

        def remove() -> None:
            """Stop publishing to it."""
            with contextlib.suppress(ValueError):
                self._publishers.remove(publisher)

        return remove

    def publish(self, change: Change) -> None:
        """Let every publisher hear of a stored change."""
        for publisher in tuple(self._publishers):
            publisher(change)

    def stop_insisting(self) -> None:
        """Try only once more what cannot be stored."""
        self._stopping.set()

    def plan(self, write: Write) -> Write:
        """Let a change be stored with the next commit."""
        self._planned.append(write)
        return write

    def afterwards(self, event_id: str, call: Callable[[], None]) -> None:
        """Call something after the next commit, unless the event is not stored then."""
        self._looks.append((event_id, call))

    async def commit(self) -> None:
        """Store what is planned, in order and all at once, and publish it.

        A change that cannot be stored whatever the state of the database is
        dropped and logged, and the others of its group are not.

        Raises:
            StoreError: The store fails and is not insisted on; none is stored.
        """
        planned, self._planned = self._planned, []
        looks, self._looks = self._looks, []
        refused: list[Write] = []
        try:
            if planned:
                await self._commit(planned, refused)
        except StoreError:
            self.lost += sum(write.change is None for write in planned)
            raise
        # The last first: an event that never began has not ended either.
        for write in reversed(refused):
            write.refused()
        missing = {write.event.id for write in refused}
        for event_id, call in looks:
            if event_id not in missing:
                call()

    async def _commit(self, group: list[Write], refused: list[Write]) -> None:
        """Store a group in one transaction; if one of it is impossible, each alone."""
        rows = [(write.event, write.kind) for write in group]
        try:
            changes = await self.persist(partial(self._store.write_all, rows))
        except StoreError:
            raise
        except Exception:
            if len(group) == 1:
                _LOGGER.exception("Dropped a change that cannot be stored")
                refused.append(group[0])
                return
        else:
            await self._tell(group, changes)
            return
        for write in group:
            unborn = {each.event.id for each in refused if each.kind is ChangeKind.NEW}
            if write.event.id in unborn:
                refused.append(write)
            else:
                await self._commit([write], refused)

    async def _tell(self, group: list[Write], changes: list[Change]) -> None:
        """Let who planned a group know that it is on disk, then everyone."""
        for write, change in zip(group, changes, strict=True):
            write.change = change
            write.stored(change)
        turns = Turns()
        for change in changes:
            self.publish(change)
            await turns.rest()

    async def persist[T](self, job: Callable[[], Awaitable[T]]) -> T:
        """Do a job of the store, again and again until it succeeds.

        Raises:
            StoreError: It fails and is not insisted on.
        """
        delays = retry_delays()
        while True:
            try:
                result = await job()
            except StoreError as err:
                if not self._failing:
                    _LOGGER.error("Events cannot be stored and wait: %s", err)
                self._failing = True
                if self._stopping.is_set():
                    raise
            else:
                if self._failing:
                    _LOGGER.info("Events can be stored again")
                self._failing = False
                return result
            await self._pause(next(delays))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until nobody insists any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
