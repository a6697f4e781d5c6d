"""The one path: classify, store, then publish. Nothing skips a step.

An observation that classifies to nothing ends here. A change that is not on
disk is not published. One event loop owns everything in this module.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, replace
from functools import partial
import itertools
import logging
import time
from typing import Any, Final, Protocol

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
from .adoption import Adoptions
from .classifier import Decision, Outcome, classify, end_event, thing_of
from .clock import wall_ms
from .incidents import Incidents
from .records import BATCH
from .severity import Situation
from .store import EventStore, StoreError

UPDATE_INTERVAL_MS: Final = 1000

_LOGGER = logging.getLogger(__name__)

type Publish = Callable[[Change], None]
type Amend = Callable[[dict[str, Any]], dict[str, Any]]
type _Job = Callable[[], Awaitable[object]]


class MediaKeeper(Protocol):
    """Who keeps what there is to see of events; called on the event loop."""

    def expect(self, event: Event, observation: Observation) -> dict[str, Any]:
        """Return `payload["media"]` of an event that is about to be stored."""

    def look(self, event: Event, jpeg: bytes) -> None:
        """Take the best look at a stored event so far; must not block."""


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
        untold: No update of it was stored yet.
        timer: Stores the news when the interval is over.
    """

    event: Event
    stored_at: int
    pending: bool = False
    untold: bool = True
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
        self.incidents = Incidents()
        self.media: MediaKeeper | None = None
        self.situation_of: Callable[[SourceInfo], Situation] = lambda _: Situation()
        self._store = store
        self._sources = sources
        self._clock = clock
        self._publishers: list[_Publisher] = []
        self._open: dict[str, dict[str, _Open]] = {}
        # Ended less than an interval ago, by their ids: their next update has to wait, too.
        self._late: dict[str, _Open] = {}
        self._adoptions = Adoptions()
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
            events = {thing: entry.event for thing, entry in opened.items()}
            situation = self.situation_of(source)
            decisions = classify(_with_handoff(observation), events, source, situation)
            change = None
            for decision in decisions:
                planned = self._prepare(decision, observation, situation)
                change = await self._carry_out(planned) or change
                events[planned.thing] = planned.event
            self._show(observation, events.get(thing_of(observation)))
            return change

    def submit_adoption(self, event: Event) -> None:
        """Queue an event of another house; see `adopt`. On the event loop's thread only."""
        self._queue.put_nowait(partial(self.adopt, event))

    async def adopt(self, event: Event) -> Change | None:
        """Take in an event that another house has classified, or news of it.

        The one way into the store past the classifier. It keeps its id, and
        `payload["site_seq"]` tells news from repetitions, so messages may come
        twice and in any order. Whoever publishes to where it came from must
        leave out what has a `site`.

        Args:
            event: Whole, its `source_id` one that no source of this house can
                have; its payload has `site` (the name of the house) and
                `site_seq` (the house's number of the change).

        Returns:
            The change made; None when it is no news.

        Raises:
            StoreError: The store fails and the processor is being stopped.
        """
        async with self._lock:
            entry = self._entry(event.id)
            known = (
                await self._persist(partial(self._store.get, event.id))
                if entry is None
                else entry.event
            )
            running = entry is not None and entry.event.payload["end_ts"] is None
            decision = self._adoptions.decide(known, event, running=running)
            if decision is None:
                return None
            if known is None or running:
                return await self._carry_out(decision)
            ended = entry or _Open(decision.event, 0)
            ended.event, ended.pending = decision.event, True
            return await self._update(ended, at_once=True)

    def submit_amendment(self, event_id: str, amend: Amend) -> None:
        """Queue an amendment of an event; see `amend`. On the event loop's thread only."""
        self._queue.put_nowait(partial(self.amend, event_id, amend))

    async def amend(self, event_id: str, amend: Amend) -> None:
        """Change the payload of an event, open or not, and publish that as an update.

        The first update of an event goes out at once, the next ones are spaced;
        none is lost. Nothing happens if nothing changes or the event is gone.

        Args:
            event_id: The event.
            amend: Returns the payload as it is to be; must not alter the one it gets.

        Raises:
            StoreError: The store fails and the processor is being stopped.
        """
        async with self._lock:
            entry = self._entry(event_id)
            if entry is None:
                event = await self._persist(partial(self._store.get, event_id))
                if event is None:
                    return
                entry = _Open(event, 0)
            payload = amend(entry.event.payload)
            if payload == entry.event.payload:
                return
            entry.event = replace(entry.event, payload=payload)
            entry.pending = True
            await self._update(entry, at_once=entry.untold)

    async def revise(self, event_ids: Collection[str], amend: Amend) -> int:
        """Change the payloads of events as a person asked, and publish that at once.

        Unlike `amend` it neither waits nor insists: who asked is told.

        Args:
            event_ids: The events; those that are gone are passed over.
            amend: As for `amend`.

        Returns:
            How many events changed.

        Raises:
            StoreError: The store fails; what was stored before stays so.
        """
        total = 0
        for batch in itertools.batched(event_ids, BATCH, strict=False):
            async with self._lock:
                total += await self._revise_batch(batch, amend)
        return total

    async def _revise_batch(self, event_ids: Collection[str], amend: Amend) -> int:
        """Revise events in one transaction, each as it is known."""
        stored = await self._store.get_all(event_ids)
        entries = {event_id: self._entry(event_id) for event_id in stored}
        revised = []
        for event_id, event in stored.items():
            entry = entries[event_id]
            known = event if entry is None else entry.event
            payload = amend(known.payload)
            if payload != known.payload:
                revised.append(replace(known, payload=payload))
        changes = await self._store.write_all(revised, ChangeKind.UPDATED)
        for change in changes:
            if (entry := entries[change.event.id]) is not None:
                self._note_update(entry, change)
            self._publish(change)
        return len(changes)

    async def delete(self, event_ids: Collection[str], *, force: bool, now: int) -> int:
        """Delete events and publish that; all of them or none.

        Args:
            event_ids: At most `BATCH`; those that are gone are passed over.
            force: Also those that are protected.
            now: Unix milliseconds.

        Returns:
            How many were deleted.

        Raises:
            DeletionRefusedError: One is open, or protected.
            StoreError: None was deleted.
        """
        async with self._lock:
            changes = await self._store.delete(event_ids, force=force, now=now)
            self._let_go(changes)
            return len(changes)

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
            self._let_go(changes)
            return len(changes)

    def _let_go(self, deletions: Iterable[Change]) -> None:
        """Publish deletions; an update of what is gone would bring it back."""
        for change in deletions:
            if (entry := self._late.pop(change.event.id, None)) is not None:
                _cancel_timer(entry)
            self._adoptions.note_deletion(change.event.id)
            self._publish(change)

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
                entry = _Open(change.event, self._clock())
                if event.payload["end_ts"] is None:
                    entries[decision.thing] = entry
                else:
                    self._settle(entry)
                return change
            case Outcome.ENDED:
                await self._end_blind(event)
                self.incidents.follow(event)
                change = await self._store_and_publish(event, ChangeKind.ENDED)
                entry = entries.pop(decision.thing)
                entry.event, entry.pending = change.event, False
                self._settle(entry)
                return change
            case Outcome.CHANGED | Outcome.IMPROVED:
                if decision.was is not None:
                    entries[decision.thing] = entries.pop(decision.was)
                entry = entries[decision.thing]
                entry.event = event
                entry.pending |= decision.outcome is Outcome.CHANGED
                return await self._update(entry)

    def _prepare(
        self, decision: Decision, observation: Observation, situation: Situation
    ) -> Decision:
        """Return the decision with the incident and the media of its new event."""
        if decision.outcome is not Outcome.OPENED:
            return decision
        event = decision.event
        more: dict[str, Any] = {}
        incident_id = observation.incident_id or self.incidents.join(
            event, situation.neighbourhood
        )
        if incident_id is not None:
            more["incident_id"] = incident_id
        if self.media is not None:
            more["media"] = self.media.expect(event, observation)
        return replace(decision, event=replace(event, payload=event.payload | more))

    def _show(self, observation: Observation, event: Event | None) -> None:
        """Hand a new look at an event to who keeps it."""
        if (
            self.media is not None
            and event is not None
            and observation.snapshot is not None
        ):
            self.media.look(event, observation.snapshot)

    def _entry(self, event_id: str) -> _Open | None:
        """Return what is known of an event that is open or ended just now."""
        if (entry := self._late.get(event_id)) is not None:
            return entry
        for entries in self._open.values():
            for entry in entries.values():
                if entry.event.id == event_id:
                    return entry
        return None

    def _settle(self, entry: _Open) -> None:
        """Remember an ended event for as long as its next update has to wait."""
        _cancel_timer(entry)
        if self._consumer is not None:
            self._late[entry.event.id] = entry
            self._arm(entry, UPDATE_INTERVAL_MS)

    def _arm(self, entry: _Open, delay_ms: int) -> None:
        """Come back to an event after a while."""
        entry.timer = asyncio.get_running_loop().call_later(
            delay_ms / 1000, self._queue.put_nowait, partial(self._flush, entry)
        )

    async def _update(self, entry: _Open, *, at_once: bool = False) -> Change | None:
        """Store news now if the last are old enough, else when they are."""
        if not entry.pending:
            return None
        elapsed = self._clock() - entry.stored_at
        # A clock set back counts as due: nothing must wait for the time to come round again.
        if at_once or not 0 <= elapsed < UPDATE_INTERVAL_MS:
            return await self._store_update(entry)
        if entry.timer is None and self._consumer is not None:
            self._arm(entry, UPDATE_INTERVAL_MS - elapsed)
        return None

    async def _flush(self, entry: _Open) -> None:
        """Store an event's news, if it still has any; else let go of an ended one."""
        async with self._lock:
            _cancel_timer(entry)
            if entry.pending:
                await self._store_update(entry)
            else:
                self._late.pop(entry.event.id, None)

    async def _flush_all(self) -> None:
        """Store all news there are, and leave no timer."""
        opened = [entry for things in self._open.values() for entry in things.values()]
        for entry in (*opened, *self._late.values()):
            async with self._lock:
                if entry.pending:
                    await self._store_update(entry)
                _cancel_timer(entry)
        self._late.clear()

    async def _store_update(self, entry: _Open) -> Change:
        """Store and publish an event's news."""
        _cancel_timer(entry)
        change = await self._store_and_publish(entry.event, ChangeKind.UPDATED)
        self._note_update(entry, change)
        return change

    def _note_update(self, entry: _Open, change: Change) -> None:
        """Take note that all that is known of an event was stored and told."""
        _cancel_timer(entry)
        entry.event = change.event
        entry.stored_at = self._clock()
        entry.pending = entry.untold = False
        if entry.event.payload["end_ts"] is not None:
            self._settle(entry)

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
