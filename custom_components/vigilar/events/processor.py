"""The one path: classify, store, then publish. Nothing skips a step.

An observation that classifies to nothing ends here. A change that is not on
disk is not published. What waits is planned against what is known and stored
together; see `GroupCommit`. One event loop owns everything in this module.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
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
from .classifier import Decision, Outcome, classify, end_event, is_test, thing_of
from .clock import wall_ms
from .commits import GroupCommit, Publish, Turns, Write
from .incidents import Incidents
from .records import BATCH
from .severity import Situation
from .store import EventStore, StoreError

UPDATE_INTERVAL_MS: Final = 1000
# What waits longer than for so many jobs is not worth a later answer to who asks the store.
GROUP: Final = 64

_LOGGER = logging.getLogger(__name__)

type Amend = Callable[[dict[str, Any]], dict[str, Any]]
type _Plan = Callable[[], Awaitable[object]]


class MediaKeeper(Protocol):
    """Who keeps what there is to see of events; called on the event loop."""

    def expect(self, event: Event, observation: Observation) -> dict[str, Any]:
        """Return `payload["media"]` of an event that is about to be stored."""

    def look(self, event: Event, jpeg: bytes) -> None:
        """Take the best look at a stored event so far; must not block."""


@dataclass(slots=True)
class _Job:
    """What waits in the queue.

    Attributes:
        plan: Plans it; called with the lock held.
        done: Resolved once it is stored and published, or has failed.
    """

    plan: _Plan
    done: asyncio.Future[None] | None = None


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
        self._commits = GroupCommit(store)
        self._open: dict[str, dict[str, _Open]] = {}
        # Ended less than an interval ago, by their ids: their next update has to wait, too.
        self._late: dict[str, _Open] = {}
        self._adoptions = Adoptions()
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._lock = asyncio.Lock()
        self._consumer: asyncio.Task[None] | None = None

    def add_publisher(self, name: str, publish: Publish) -> Callable[[], None]:
        """Add one who hears of every change; see `GroupCommit.add_publisher`."""
        return self._commits.add_publisher(name, publish)

    def open_events(self, source_id: str) -> list[Event]:
        """Return a source's open events as they are known, stored or not."""
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
        self._commits.stop_insisting()
        if self._consumer is None:
            return
        consumer, self._consumer = self._consumer, None
        self._queue.put_nowait(_Job(self._flush_all))
        self._queue.put_nowait(None)
        await consumer

    def submit(self, observation: Observation) -> None:
        """Queue an observation; on the event loop's thread only."""
        self._queue.put_nowait(_Job(partial(self._plan_observation, observation)))

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
            write = await self._plan_observation(observation)
            await self._commits.commit()
            return None if write is None else write.change

    async def _plan_observation(self, observation: Observation) -> Write | None:
        """Classify an observation and plan what follows; return the last change of it."""
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
        write = None
        for decision in decisions:
            planned = self._prepare(decision, observation, situation)
            write = await self._carry_out(planned) or write
            events[planned.thing] = planned.event
        self._show(observation, events.get(thing_of(observation)))
        return write

    def submit_adoption(self, event: Event) -> None:
        """Queue an event of another house; see `adopt`. On the event loop's thread only."""
        self._queue.put_nowait(_Job(partial(self._plan_adoption, event)))

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
            write = await self._plan_adoption(event)
            await self._commits.commit()
            return None if write is None else write.change

    async def _plan_adoption(self, event: Event) -> Write | None:
        """Plan what news of an event of another house mean; see `adopt`."""
        entry = self._entry(event.id)
        known = (
            await self._commits.persist(partial(self._store.get, event.id))
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
        return self._update(ended, at_once=True)

    def submit_amendment(self, event_id: str, amend: Amend) -> None:
        """Queue an amendment of an event; see `amend`. On the event loop's thread only."""
        self._queue.put_nowait(_Job(partial(self._plan_amendment, event_id, amend)))

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
            await self._plan_amendment(event_id, amend)
            await self._commits.commit()

    async def _plan_amendment(self, event_id: str, amend: Amend) -> None:
        """Plan a change of an event's payload; see `amend`."""
        entry = self._entry(event_id)
        if entry is None:
            event = await self._commits.persist(partial(self._store.get, event_id))
            if event is None:
                return
            entry = _Open(event, 0)
        payload = amend(entry.event.payload)
        if payload == entry.event.payload:
            return
        entry.event = replace(entry.event, payload=payload)
        entry.pending = True
        self._update(entry, at_once=entry.untold)

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
        changes = await self._store.write_all(
            [(event, ChangeKind.UPDATED) for event in revised]
        )
        for change in changes:
            if (entry := entries[change.event.id]) is not None:
                entry.event = change.event
                self._note_update(entry)
            self._commits.publish(change)
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
        plan = partial(self._plan_end, source_id, why, ts)
        if self._consumer is None:
            await self._work([_Job(plan)])
            return
        done = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Job(plan, done))
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
            self._commits.publish(change)

    async def _plan_end(self, source_id: str, why: str, ts: int) -> None:
        """Plan the end of every open event of a source."""
        for thing, entry in list(self._open.get(source_id, {}).items()):
            ended = end_event(entry.event, ts, why)
            await self._carry_out(Decision(thing, Outcome.ENDED, ended))

    async def _carry_out(self, decision: Decision) -> Write | None:
        """Plan what was decided; from here on it is known to be so."""
        event, thing = decision.event, decision.thing
        entries = self._open.setdefault(event.source_id, {})
        match decision.outcome:
            case Outcome.OPENED:
                await self._begin_blind(event)
                entry = _Open(event, self._clock())
                if event.payload["end_ts"] is None:
                    entries[thing] = entry
                else:
                    self._settle(entry)
                return self._plan(entry, ChangeKind.NEW, partial(self._unopen, entry))
            case Outcome.ENDED:
                await self._end_blind(event)
                self.incidents.follow(event)
                entry = entries.pop(thing)
                before, entry.event = entry.event, event
                entry.pending = False
                self._settle(entry)
                return self._plan(
                    entry, ChangeKind.ENDED, partial(self._unend, thing, entry, before)
                )
            case Outcome.CHANGED | Outcome.IMPROVED:
                if decision.was is not None:
                    entries[thing] = entries.pop(decision.was)
                entry = entries[thing]
                entry.event = event
                entry.pending |= decision.outcome is Outcome.CHANGED
                return self._update(entry)

    def _plan(
        self, entry: _Open, kind: ChangeKind, refused: Callable[[], None]
    ) -> Write:
        """Plan that an event is stored as it is known now."""
        event = entry.event

        def stored(change: Change) -> None:
            """Count the time to the next update from now."""
            entry.stored_at = self._clock()
            if entry.event is event:
                entry.event = change.event

        return self._commits.plan(Write(event, kind, stored, refused))

    def _unopen(self, entry: _Open) -> None:
        """Forget an event whose beginning could not be stored."""
        _cancel_timer(entry)
        self._late.pop(entry.event.id, None)
        entries = self._open[entry.event.source_id]
        for thing in [thing for thing, known in entries.items() if known is entry]:
            del entries[thing]

    def _unend(self, thing: str, entry: _Open, before: Event) -> None:
        """Keep an event open whose end could not be stored, unless it is followed."""
        _cancel_timer(entry)
        self._late.pop(entry.event.id, None)
        entry.event = before
        self._open[before.source_id].setdefault(thing, entry)

    def _prepare(
        self, decision: Decision, observation: Observation, situation: Situation
    ) -> Decision:
        """Return the decision with the incident and the media of its new event."""
        if decision.outcome is not Outcome.OPENED:
            return decision
        event = decision.event
        more: dict[str, Any] = {}
        # A test is part of nothing that has really happened.
        if not is_test(event):
            incident_id = observation.incident_id or self.incidents.join(
                event, situation.neighbourhood
            )
            if incident_id is not None:
                more["incident_id"] = incident_id
        if self.media is not None:
            more["media"] = self.media.expect(event, observation)
        return replace(decision, event=replace(event, payload=event.payload | more))

    def _show(self, observation: Observation, event: Event | None) -> None:
        """Hand a new look at an event to who keeps it, once the event is stored."""
        if (
            self.media is not None
            and event is not None
            and observation.snapshot is not None
        ):
            self._commits.afterwards(
                event.id, partial(self.media.look, event, observation.snapshot)
            )

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
            delay_ms / 1000, self._queue.put_nowait, _Job(partial(self._flush, entry))
        )

    def _update(self, entry: _Open, *, at_once: bool = False) -> Write | None:
        """Plan to store news now if the last are old enough, else when they are."""
        if not entry.pending:
            return None
        elapsed = self._clock() - entry.stored_at
        # A clock set back counts as due: nothing must wait for the time to come round again.
        if at_once or not 0 <= elapsed < UPDATE_INTERVAL_MS:
            return self._plan_update(entry)
        if entry.timer is None and self._consumer is not None:
            self._arm(entry, UPDATE_INTERVAL_MS - elapsed)
        return None

    async def _flush(self, entry: _Open) -> None:
        """Plan to store an event's news, if it still has any; else let go of an ended one."""
        _cancel_timer(entry)
        if entry.pending:
            self._plan_update(entry)
        else:
            self._late.pop(entry.event.id, None)

    async def _flush_all(self) -> None:
        """Plan to store all news there are, and leave no timer."""
        opened = [entry for things in self._open.values() for entry in things.values()]
        for entry in (*opened, *self._late.values()):
            if entry.pending:
                self._plan_update(entry)
            _cancel_timer(entry)
        self._late.clear()

    def _plan_update(self, entry: _Open) -> Write:
        """Plan to store an event's news."""
        self._note_update(entry)
        return self._plan(entry, ChangeKind.UPDATED, partial(_cancel_timer, entry))

    def _note_update(self, entry: _Open) -> None:
        """Take note that all that is known of an event is being told."""
        _cancel_timer(entry)
        entry.stored_at = self._clock()
        entry.pending = entry.untold = False
        if entry.event.payload["end_ts"] is not None:
            self._settle(entry)

    async def _begin_blind(self, event: Event) -> None:
        """Record that a camera that was lost does not watch."""
        if event.type is EventType.CAMERA_OFFLINE:
            await self._commits.persist(
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
            await self._commits.persist(
                partial(
                    self._store.end_blind, event.source_id, BlindReason.OFFLINE, end_ts
                )
            )

    async def _consume(self) -> None:
        """Work through the queue in order, what waits at a time as a group."""
        while jobs := await self._next_jobs():
            await self._work(jobs)
        if self._commits.lost:
            _LOGGER.warning(
                "Stopped while the event database failed: %d changes are lost",
                self._commits.lost,
            )

    async def _next_jobs(self) -> list[_Job]:
        """Return what waits, in order; nothing once told to stop."""
        jobs: list[_Job] = []
        while not jobs or (len(jobs) < GROUP and not self._queue.empty()):
            if (job := await self._queue.get()) is None:
                # Told again when these are done.
                if jobs:
                    self._queue.put_nowait(None)
                break
            jobs.append(job)
        return jobs

    async def _work(self, jobs: Sequence[_Job]) -> None:
        """Plan jobs in order, then store and publish all that follows."""
        async with self._lock:
            turns = Turns()
            for job in jobs:
                await self._plan_job(job)
                await turns.rest()
            with contextlib.suppress(StoreError):
                await self._commits.commit()
        for job in jobs:
            if job.done is not None and not job.done.done():
                job.done.set_result(None)

    async def _plan_job(self, job: _Job) -> None:
        """Plan one job; if it fails it fails alone."""
        try:
            await job.plan()
        except StoreError:
            self._commits.lost += 1
        except Exception:
            _LOGGER.exception("Dropped an observation that could not be handled")


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
