"""Tells phones of events: an incident once with a sound, from then on quietly in place.

Everything is written to the delivery ledger before it is sent. After a restart
the ledger says what is left to do; a device that may have been disturbed just
before a crash is told again without a sound.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..events.audit import AuditLog
from ..events.clock import wall_ms
from ..events.ledger import Delivery, DeliveryState, Ledger, Snooze
from ..events.processor import Amend
from ..events.query import EventQuery
from ..events.store import EventStore, StoreError
from ..models import Change, ChangeKind, Event
from .phone.buttons import Buttons
from .phone.house import async_send, error_text
from .phone.messages import service_data
from .phone.panel import Panel
from .phone.planner import Planner, Rows, Sending, is_over
from .phone.recipient import Recipient
from .phone.texts import Texts
from .phone.withdrawal import Withdrawals

_LOGGER = logging.getLogger(__name__)

# The first message waits so long for its picture.
SNAPSHOT_WAIT_S: Final = 0.4
RETRY_FIRST_S: Final = 5.0
RETRY_MOST_S: Final = 60.0
RETRY_WINDOW_MS: Final = 600_000
# How many events of the last minutes a start looks at.
RECOVERED: Final = 200
# Of so many events of an incident the text can speak.
REMEMBERED: Final = 100


@dataclass(slots=True, eq=False)
class _Job:
    """An incident on its way, or an event that belongs to none.

    Attributes:
        key: The id of the incident or event.
        events: As they stand, by their ids.
        heard: The ids of those that have changed, and not only are shown with these.
        rows: What the ledger says; None if it was not asked yet.
        running: A task is at it.
        news: Something has changed while it was.
        awaits_picture: The first message waits for the snapshot.
        timer: Goes on with it later.
    """

    key: str
    events: dict[str, Event] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    rows: Rows | None = None
    running: bool = False
    news: bool = False
    awaits_picture: bool = False
    timer: CALLBACK_TYPE | None = None

    def hear(self, event: Event) -> None:
        """Take an event as it stands now."""
        self.events[event.id] = event
        self.heard.add(event.id)

    def forget(self, event_id: str) -> None:
        """Let go of an event that was deleted, as the ledger does."""
        del self.events[event_id]
        self.heard.discard(event_id)
        for key in [key for key in self.rows or {} if key[0] == event_id]:
            del (self.rows or {})[key]

    def cancel_timer(self) -> None:
        """Forget what was to happen later."""
        if self.timer is not None:
            self.timer()
            self.timer = None


class PhoneNotifier:
    """Takes stored changes to the phones of the recipients."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: EventStore,
        *,
        revise: Callable[[Collection[str], Amend], Awaitable[object]],
        panel: Panel,
        audit: AuditLog,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        """Make a notifier without recipients.

        Args:
            hass: Home Assistant.
            store: The event database, open when this is started.
            revise: Changes events as a person asked.
            panel: The alarm.
            audit: Records what people do with the buttons.
            clock: Unix milliseconds.
        """
        self.ledger = Ledger(store)
        self.store = store
        self._hass = hass
        self._clock = clock
        self._recipients: dict[str, Recipient] = {}
        self.testers: set[str] = set()
        self._planner = Planner(hass, self.ledger, clock, panel, self.testers)
        self._buttons = Buttons(
            hass,
            self.ledger,
            revise=revise,
            recipient=self._recipients.get,
            dismiss=self._async_dismiss,
            panel=panel,
            audit=audit,
            clock=clock,
        )
        self._withdrawals = Withdrawals(
            hass,
            self.ledger,
            recipient=self._recipients.get,
            settled=self.async_settle,
        )
        self._jobs: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Two events of a camera must not both find that the cooldown is over.
        self._judging = asyncio.Lock()

    @property
    def diagnostics(self) -> dict[str, Any]:
        """Return how many there are to tell, and of how much."""
        return {"recipients": len(self._recipients), "under_way": len(self._jobs)}

    @callback
    def async_set_recipients(self, recipients: Iterable[Recipient]) -> None:
        """Follow the configuration; holds from the next change on."""
        self._recipients.clear()
        self._recipients.update({recipient.id: recipient for recipient in recipients})

    @property
    def recipients(self) -> Mapping[str, Recipient]:
        """Return who is told of events, by their ids."""
        return self._recipients

    async def async_settle(self) -> None:
        """Wait until what is being done now is done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def async_snooze(
        self,
        recipients: Iterable[Recipient],
        source_ids: Collection[str],
        until: int,
        by: str,
    ) -> None:
        """Let sources leave recipients alone for a while.

        Args:
            recipients: Whom.
            source_ids: Which.
            until: Unix milliseconds; what is past ends a snooze.
            by: Who asks for it, a name for people.

        Raises:
            StoreError: The ledger cannot be written.
        """
        for recipient in recipients:
            for source_id in source_ids:
                await self.ledger.snooze(Snooze(recipient.id, source_id, until, by))

    async def async_start(self) -> None:
        """Listen to the buttons and take up what the last run left.

        Raises:
            StoreError: The ledger cannot be read.
        """
        self._buttons.async_start()
        self._withdrawals.wake()
        if not self._recipients:
            return
        recent = await self.store.page(
            EventQuery(start=self._clock() - RETRY_WINDOW_MS), limit=RECOVERED
        )
        events = {event.id: event for event in recent if event.site is None}
        for event_id in await self.ledger.unfinished():
            event = events.get(event_id) or await self.store.get(event_id)
            if event is not None:
                events[event_id] = event
        for event in events.values():
            self._job(event).hear(event)
        for job in list(self._jobs.values()):
            self._wake(job)

    async def async_stop(self) -> None:
        """Stop; what is under way is taken up at the next start."""
        self._buttons.async_stop()
        await self._withdrawals.async_stop()
        for job in self._jobs.values():
            job.cancel_timer()
        self._jobs.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @callback
    def publish(self, change: Change) -> None:
        """Take note of a change; whoever is to be told is told soon."""
        event = change.event
        if change.kind is ChangeKind.DELETED:
            self._forget(event.id)
            self._withdrawals.wake()
            return
        if (
            not self._recipients
            or event.site is not None
            or self._is_afterthought(change)
        ):
            return
        job = self._job(event)
        job.hear(event)
        comes = _snapshot_comes(event)
        if change.kind is ChangeKind.NEW and comes:
            job.awaits_picture = True
            self._wake_later(job, SNAPSHOT_WAIT_S)
        elif not (job.awaits_picture and comes):
            self._wake(job)

    @callback
    def _job(self, event: Event) -> _Job:
        """Return the job that an event belongs to."""
        key = _key(event)
        return self._jobs.setdefault(key, _Job(key))

    @callback
    def _forget(self, event_id: str) -> None:
        """Tell nobody any more of an event that was deleted."""
        for job in list(self._jobs.values()):
            if event_id not in job.events:
                continue
            job.forget(event_id)
            if job.events:
                self._wake(job)
            else:
                job.cancel_timer()
                del self._jobs[job.key]

    @callback
    def _is_afterthought(self, change: Change) -> bool:
        """Return whether people say something of what was over long ago.

        Without a job nobody is to be told any more; who was no recipient then
        must not be told now.
        """
        event = change.event
        return (
            change.kind is ChangeKind.UPDATED
            and _key(event) not in self._jobs
            and is_over(event)
            and self._clock() - event.payload["end_ts"] > RETRY_WINDOW_MS
        )

    @callback
    def _wake_later(self, job: _Job, delay_s: float) -> None:
        """Go on with a job after a while."""
        job.cancel_timer()
        job.timer = async_call_later(
            self._hass, delay_s, callback(lambda _now: self._wake(job))
        )

    @callback
    def _wake(self, job: _Job) -> None:
        """Go on with a job now, or once more if somebody is at it."""
        job.cancel_timer()
        job.awaits_picture = False
        job.news = True
        if job.running:
            return
        job.running = True
        task = self._hass.async_create_task(self._async_run(job), "vigilar notify")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _async_run(self, job: _Job) -> None:
        """Do what can be done for an incident at present."""
        delay: float | None = None
        while job.news:
            job.news = False
            try:
                delay = await self._async_step(job)
            except StoreError as err:
                _LOGGER.warning("The delivery ledger failed: %s", err)
                # What was not written must not count, as if a phone had rung.
                job.rows = None
                delay = RETRY_FIRST_S
            except Exception:
                _LOGGER.exception("Gave up an event on its way to the phones")
                delay = None
        job.running = False
        if self._jobs.get(job.key) is not job:
            return
        if delay is None:
            del self._jobs[job.key]
        else:
            self._wake_later(job, delay)

    async def _async_step(self, job: _Job) -> float | None:
        """Judge, send and keep the books; return when to try again, in seconds."""
        if job.rows is None:
            job.rows = await self._async_recall(job)
        events = sorted(job.events.values(), key=lambda event: (event.ts, event.id))
        async with self._judging:
            plan = await self._planner.async_plan(
                events, frozenset(job.heard), self._recipients.values(), job.rows
            )
            await self.ledger.put(plan.changed.values())
        if not plan.changed:
            return None
        await asyncio.gather(*(self._async_deliver(item) for item in plan.sendings))
        now = self._clock()
        for row in plan.changed.values():
            if not row.done:
                await self._async_settle(row, now, over=row.key not in plan.going_on)
        # An event may have been deleted meanwhile, and its row with it.
        await self.ledger.put(
            [row for row in plan.changed.values() if row.key in job.rows]
        )
        delays = (_retry_delay(row) for row in job.rows.values())
        return min((delay for delay in delays if delay is not None), default=None)

    async def _async_recall(self, job: _Job) -> Rows:
        """Find out what else the incident consists of, and who was told of it."""
        if any("incident_id" in event.payload for event in job.events.values()):
            for event in await self.store.incident(job.key, REMEMBERED):
                job.events.setdefault(event.id, event)
        rows = await self.ledger.of_events(list(job.events))
        return {row.key: row for row in rows}

    async def _async_dismiss(self, row: Delivery) -> None:
        """Note that a recipient has put a notification away."""
        for job in self._jobs.values():
            # Else the job would write over it.
            row = (job.rows or {}).get(row.key, row)
        row.dismissed = True
        await self.ledger.put([row])

    async def _async_deliver(self, item: Sending) -> None:
        """Send one message and note what became of it."""
        data = service_data(item.message, item.device.platform, quiet=item.quiet)
        try:
            await async_send(self._hass, item.device, data, Context())
        except Exception as err:  # noqa: BLE001 - whoever takes it may raise anything
            item.state.error = error_text(err)
            # What timed out may have arrived.
            if not isinstance(err, TimeoutError):
                item.state.rang = item.quiet
            _LOGGER.debug("Could not notify %s: %s", item.device.name, item.state.error)
            return
        item.state.error = None
        item.state.told = item.message.digest
        if item.quiet:
            item.row.updates += 1

    async def _async_settle(self, row: Delivery, now: int, *, over: bool) -> None:
        """Say in a row what became of its devices."""
        row.at = now
        errors = [state.error for state in row.devices.values() if state.error]
        if not errors and row.reason is None:
            row.failing_since, row.attempts = None, 0
            row.state = DeliveryState.UPDATED if row.updates else DeliveryState.SENT
            row.done = over
            return
        row.state = DeliveryState.FAILED
        if row.failing_since is None:
            row.failing_since = now if row.told else row.sent_at or now
        row.attempts += 1
        if now - row.failing_since >= RETRY_WINDOW_MS:
            row.done = True
            await self._async_report(row, *errors)

    async def _async_report(self, row: Delivery, *errors: str) -> None:
        """Tell the administrators that a recipient could not be told."""
        texts = await Texts.async_load(self._hass)
        error = errors[0] if errors else texts.text(f"reason_{row.reason}")
        _LOGGER.warning("Gave up notifying %s: %s", row.recipient, error)
        persistent_notification.async_create(
            self._hass,
            texts.text(
                "delivery_gave_up", {"recipient": row.recipient, "error": error}
            ),
            texts.text("delivery_gave_up_title"),
            f"vigilar_delivery_{row.recipient_id}",
        )


def _key(event: Event) -> str:
    """Return what all that is told of at once has in common."""
    key: str = event.payload.get("incident_id", event.id)
    return key


def _snapshot_comes(event: Event) -> bool:
    """Return whether the snapshot of an event is being made."""
    state: str = event.payload["media"]["snapshot"]["state"]
    return state == "pending"


def _retry_delay(row: Delivery) -> float | None:
    """Return after how many seconds to try a row again, or None if it is well."""
    if row.state is not DeliveryState.FAILED or row.done:
        return None
    return min(RETRY_FIRST_S * 2.0 ** (row.attempts - 1), RETRY_MOST_S)
