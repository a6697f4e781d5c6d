"""The one path: classify, store, then publish. Nothing skips a step.

An observation that classifies to nothing ends here. A change that is not on
disk is not published. One event loop owns everything in this module.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, replace
from functools import partial
import logging
import time
from typing import Final

from ..models import (
    BlindReason,
    Change,
    ChangeKind,
    Event,
    EventType,
    Observation,
    Severity,
    SourceInfo,
)
from .classifier import Decision, Outcome, classify, end_event
from .clock import wall_ms
from .store import EventStore, StoreError

UPDATE_INTERVAL_MS: Final = 1000

_LOGGER = logging.getLogger(__name__)

type Publish = Callable[[Change], None]
type _Job = Callable[[], Awaitable[object]]


def retry_delays() -> Iterator[float]:
    """Yield how long to wait before each retry of the store: 1, 2, 4 … 30 s."""
    delay = 1.0
    while True:
        yield delay
        delay = min(delay * 2, 30.0)


@dataclass(slots=True)
class _Open:
    """An open event as it is known, stored or not.

    Attributes:
        event: With all that has improved since it was stored.
        stored_at: By the processor's clock, Unix milliseconds.
        pending: It has news that are not stored yet.
        timer: Stores them when the interval is over.
    """

    event: Event
    stored_at: int
    pending: bool = False
    timer: asyncio.TimerHandle | None = None


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


class EventProcessor:
    """Takes observations in, keeps what is open, hands stored changes out."""

    def __init__(
        self,
        store: EventStore,
        sources: Callable[[str], SourceInfo | None],
        *,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        """Make a processor that does not run yet.

        Args:
            store: An open store.
            sources: Looks a source up by its slug; None if there is none.
            clock: Unix milliseconds; spaces the updates of an event.
        """
        self._store = store
        self._sources = sources
        self._clock = clock
        self._publishers: list[_Publisher] = []
        self._open: dict[str, dict[str, _Open]] = {}
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._lock = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._consumer: asyncio.Task[None] | None = None
        self._store_failing = False

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

    def open_events(self, source_id: str) -> list[Event]:
        """Return a source's open events with all that has improved since they were stored."""
        return [entry.event for entry in self._open.get(source_id, {}).values()]

    def start(self) -> None:
        """Begin to work through what is submitted; once in a processor's life."""
        self._consumer = asyncio.get_running_loop().create_task(
            self._consume(), name="vigilar_events"
        )

    async def stop(self) -> None:
        """Work through what is queued and what waits to be told, then stop.

        What a failing store cannot take now is lost; the log says how much.
        """
        self._stopping.set()
        if self._consumer is None:
            return
        consumer, self._consumer = self._consumer, None
        self._queue.put_nowait(self._flush_all)
        self._queue.put_nowait(None)
        await consumer

    def submit(self, observation: Observation) -> None:
        """Queue an observation; on the event loop's thread only."""
        self._queue.put_nowait(partial(self.handle, observation))

    async def handle(self, observation: Observation) -> Change | None:
        """Take one observation all the way: classify, store, publish.

        Waits for as long as the store fails.

        Returns:
            The last change made; None when the observation is no news.

        Raises:
            StoreError: The store fails and the processor is being stopped.
            OverflowError: `observation.ts` is negative or beyond 48 bits.
        """
        async with self._lock:
            source = self._sources(observation.source_id)
            if source is None:
                _LOGGER.debug(
                    "Dropped an observation of unknown source %s", observation.source_id
                )
                return None
            opened = self._open.get(source.source_id, {})
            decisions = classify(
                _with_handoff(observation),
                {thing: entry.event for thing, entry in opened.items()},
                source,
            )
            change = None
            for decision in decisions:
                change = await self._carry_out(decision) or change
            return change

    async def end_open(self, source_id: str, why: str, ts: int) -> None:
        """End all that is open of a source that nobody watches any more.

        While the processor runs this waits behind what is queued, so that
        nothing submitted before can open an event after it.

        Args:
            source_id: The source.
            why: One sentence for the events.
            ts: When, Unix milliseconds.
        """
        job = partial(self._end_open, source_id, why, ts)
        if self._consumer is None:
            await job()
            return
        done = asyncio.get_running_loop().create_future()

        async def end() -> None:
            """Do it and tell who waits."""
            try:
                await job()
            finally:
                if not done.done():
                    done.set_result(None)

        self._queue.put_nowait(end)
        await done

    async def prune(self, *, before_ms: Mapping[Severity, int] | int, now: int) -> int:
        """Delete and publish the deletion of old events, between other changes.

        Args:
            before_ms: As for `EventStore.prune`, which would not publish.
            now: Unix milliseconds.

        Returns:
            How many events were deleted.

        Raises:
            StoreError: The store fails; what was deleted before stays so.
        """
        total = 0
        while count := await self._prune_batch(before_ms, now):
            total += count
        return total

    async def _prune_batch(
        self, before_ms: Mapping[Severity, int] | int, now: int
    ) -> int:
        """Delete one batch; the lock keeps the deletions in the order of `seq`."""
        async with self._lock:
            changes = await self._store.prune_batch(before_ms=before_ms, now=now)
            for change in changes:
                self._publish(change)
            return len(changes)

    async def _end_open(self, source_id: str, why: str, ts: int) -> None:
        """End every open event of a source."""
        async with self._lock:
            for thing, entry in list(self._open.get(source_id, {}).items()):
                ended = end_event(entry.event, ts, why)
                await self._carry_out(Decision(thing, Outcome.ENDED, ended))

    async def _carry_out(self, decision: Decision) -> Change | None:
        """Do what was decided; return the change that is now stored and published."""
        event = decision.event
        entries = self._open.setdefault(event.source_id, {})
        match decision.outcome:
            case Outcome.OPENED:
                await self._begin_blind(event)
                change = await self._store_and_publish(event, ChangeKind.NEW)
                if event.payload["end_ts"] is None:
                    entries[decision.thing] = _Open(change.event, self._clock())
                return change
            case Outcome.ENDED:
                await self._end_blind(event)
                change = await self._store_and_publish(event, ChangeKind.ENDED)
                _cancel_timer(entries.pop(decision.thing))
                return change
            case Outcome.CHANGED | Outcome.IMPROVED:
                entry = entries[decision.thing]
                entry.event = event
                entry.pending |= decision.outcome is Outcome.CHANGED
                return await self._update(decision.thing, entry)

    async def _update(self, thing: str, entry: _Open) -> Change | None:
        """Store news now if the last are old enough, else when they are."""
        if not entry.pending:
            return None
        elapsed = self._clock() - entry.stored_at
        # A clock set back counts as due: nothing must wait for the time to come round again.
        if not 0 <= elapsed < UPDATE_INTERVAL_MS:
            return await self._store_update(entry)
        if entry.timer is None and self._consumer is not None:
            flush = partial(self._flush, entry.event.source_id, thing)
            entry.timer = asyncio.get_running_loop().call_later(
                (UPDATE_INTERVAL_MS - elapsed) / 1000, self._queue.put_nowait, flush
            )
        return None

    async def _flush(self, source_id: str, thing: str) -> None:
        """Store an open event's news, if it still has any."""
        async with self._lock:
            entry = self._open.get(source_id, {}).get(thing)
            if entry is not None and entry.pending:
                await self._store_update(entry)

    async def _flush_all(self) -> None:
        """Store the news of every open event."""
        for source_id, entries in self._open.items():
            for thing in entries:
                await self._flush(source_id, thing)

    async def _store_update(self, entry: _Open) -> Change:
        """Store and publish an open event's news."""
        _cancel_timer(entry)
        change = await self._store_and_publish(entry.event, ChangeKind.UPDATED)
        entry.event = change.event
        entry.stored_at = self._clock()
        entry.pending = False
        return change

    async def _store_and_publish(self, event: Event, kind: ChangeKind) -> Change:
        """Store a change; only then let everyone hear of it."""
        change = await self._persist(partial(self._store.write, event, kind))
        self._publish(change)
        return change

    async def _begin_blind(self, event: Event) -> None:
        """Record that a camera that was lost does not watch."""
        if event.type is EventType.CAMERA_OFFLINE:
            await self._persist(
                partial(
                    self._store.begin_blind,
                    event.source_id,
                    BlindReason.OFFLINE,
                    event.ts,
                )
            )

    async def _end_blind(self, event: Event) -> None:
        """Record that a camera that was lost is not blind for that reason any more."""
        if event.type is EventType.CAMERA_OFFLINE:
            end_ts: int = event.payload["end_ts"]
            await self._persist(
                partial(
                    self._store.end_blind, event.source_id, BlindReason.OFFLINE, end_ts
                )
            )

    async def _persist[T](self, job: Callable[[], Awaitable[T]]) -> T:
        """Do a job of the store, again and again until it succeeds.

        Raises:
            StoreError: It fails and the processor is being stopped.
        """
        delays = retry_delays()
        while True:
            try:
                result = await job()
            except StoreError as err:
                if not self._store_failing:
                    _LOGGER.error("Events cannot be stored and wait: %s", err)
                self._store_failing = True
                if self._stopping.is_set():
                    raise
            else:
                if self._store_failing:
                    _LOGGER.info("Events can be stored again")
                self._store_failing = False
                return result
            await self._pause(next(delays))

    def _publish(self, change: Change) -> None:
        """Let every publisher hear of a stored change."""
        for publisher in tuple(self._publishers):
            publisher(change)

    async def _consume(self) -> None:
        """Work through the queue in order until told to stop."""
        lost = 0
        while (job := await self._queue.get()) is not None:
            try:
                await job()
            except StoreError:
                lost += 1
            except Exception:
                _LOGGER.exception("Dropped an observation that could not be handled")
        if lost:
            _LOGGER.warning(
                "Stopped while the event database failed: %d changes are lost", lost
            )

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until told to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _with_handoff(observation: Observation) -> Observation:
    """Return the observation with the time from its making until now as a stage."""
    if observation.made_at is None:
        return observation
    handoff = (time.monotonic() - observation.made_at) * 1000
    return replace(
        observation, latency_ms={**observation.latency_ms, "handoff": handoff}
    )


def _cancel_timer(entry: _Open) -> None:
    """Forget the timer that would store an event's news."""
    if entry.timer is not None:
        entry.timer.cancel()
        entry.timer = None
