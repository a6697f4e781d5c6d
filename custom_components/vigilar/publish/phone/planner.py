"""Finds out who is to be told what of an event, and notes it in rows of the ledger."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ...events.classifier import is_test
from ...events.ledger import Delivery, DeliveryState, DeviceDelivery, Ledger
from ...models import Event, Severity
from .house import Device, async_devices, async_off_condition, async_who_is_home
from .messages import Message, can_update, compose
from .panel import Panel
from .recipient import Recipient
from .rules import Reason, Refusal, Situation, reaches, refuse_event, refuse_now
from .texts import Texts

# So old a first message is no news; retries that began in time are over by then.
TOO_LATE_MS: Final = 660_000

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


# By event and recipient.
type Rows = dict[tuple[str, str], Delivery]


@dataclass(frozen=True, slots=True)
class Sending:
    """One message to one device.

    Attributes:
        row: The row of its recipient.
        device: Where to.
        state: What the row says of the device.
        message: What it is to show.
        quiet: It may have been disturbed already.
    """

    row: Delivery
    device: Device
    state: DeviceDelivery
    message: Message
    quiet: bool


@dataclass(slots=True)
class Plan:
    """What is to be done for an event now.

    Attributes:
        sendings: What is to be sent.
        changed: Rows that differ from the ledger. Those that are not done wait
            for what becomes of them.
        going_on: The keys of those of which more is to come.
    """

    sendings: list[Sending] = field(default_factory=list)
    changed: Rows = field(default_factory=dict)
    going_on: set[tuple[str, str]] = field(default_factory=set)


class Planner:
    """Judges recipients and compares what their devices show with what they should."""

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        clock: Callable[[], int],
        panel: Panel,
        testers: Collection[str],
    ) -> None:
        """Make a planner.

        Args:
            hass: Home Assistant.
            ledger: Knows what was sent before and what is snoozed; only read.
            clock: Unix milliseconds.
            panel: The alarm.
            testers: Ids of the recipients who are told of tests, at any time.
        """
        self._hass = hass
        self._ledger = ledger
        self._clock = clock
        self._panel = panel
        self._testers = testers

    async def async_plan(
        self,
        events: Sequence[Event],
        judged: Collection[str],
        recipients: Iterable[Recipient],
        rows: Rows,
    ) -> Plan:
        """Find out who is to be told what.

        Args:
            events: Those of an incident, or the only one, as they stand.
            judged: The ids of those that recipients are judged for; of the
                others is shown what was shown before.
            recipients: All of them.
            rows: The events' rows; missing ones are added.

        Raises:
            StoreError: The ledger cannot be read.
        """
        plan = Plan()
        texts = await Texts.async_load(self._hass)
        for recipient in recipients:
            mine = {
                event.id: row
                for event in events
                if (row := rows.get((event.id, recipient.id))) is not None
            }
            for event in events:
                if event.id in judged and _is_to_judge(mine.get(event.id), event):
                    row = await self._async_judge(recipient, event, _lead(mine))
                    mine[event.id] = row
                    rows[row.key] = plan.changed[row.key] = row
            lead = _lead(mine)
            if lead is None:
                continue
            _retire(plan, mine, lead)
            shown = [
                event
                for event in events
                if event.id in mine
                and mine[event.id].state is not DeliveryState.NOT_SENT
            ]
            if lead.key in plan.changed or not await self._async_is_left_alone(
                lead, shown
            ):
                self._plan_row(plan, texts, recipient, shown, lead)
            elif not lead.done:
                lead.done = True
                plan.changed[lead.key] = lead
        return plan

    async def _async_is_left_alone(self, lead: Delivery, shown: list[Event]) -> bool:
        """Return whether a recipient wants no more updates of a notification."""
        event = next(event for event in shown if event.id == lead.event_id)
        return (
            bool(event.payload.get("reviews"))
            or lead.dismissed
            or await self._async_is_snoozed(lead)
        )

    @callback
    def _plan_row(
        self,
        plan: Plan,
        texts: Texts,
        recipient: Recipient,
        shown: Sequence[Event],
        row: Delivery,
    ) -> None:
        """Plan what the devices of a recipient are to be told."""
        message = compose(
            texts,
            next(event for event in shown if event.id == row.event_id),
            recipient.id,
            others=[event for event in shown if event.id != row.event_id],
            critical=row.critical,
            again=row.again,
            disarming=self._panel.disarming,
        )
        over = all(is_over(event) for event in shown)
        if not over:
            plan.going_on.add(row.key)
        devices = async_devices(self._hass, recipient)
        trouble = None if devices else Reason.NO_DEVICE
        settled = row.done or not over
        present = {device.key for device in devices}
        for key, state in row.devices.items():
            # A device that is gone fails no more, if another is left.
            if devices and key not in present and state.error is not None:
                state.error = None
                settled = False
        for device in devices:
            state = row.devices.setdefault(device.key, DeviceDelivery(device.name))
            if state.told == message.digest:
                settled = settled and state.error is None
                state.error = None
            elif not state.rang and self._is_too_late(row):
                if not row.told:
                    trouble = Reason.TOO_LATE
            elif not state.rang or can_update(device.platform, critical=row.critical):
                plan.sendings.append(
                    Sending(row, device, state, message, quiet=state.rang)
                )
                state.rang = True
                settled = False
        row.reason = None if trouble is None else trouble.value
        if trouble is not None or not settled:
            row.done = False
            plan.changed[row.key] = row

    def _is_too_late(self, row: Delivery) -> bool:
        """Return whether what should have been sent is old by now."""
        return self._clock() - (row.sent_at or 0) > TOO_LATE_MS

    async def _async_judge(
        self, recipient: Recipient, event: Event, lead: Delivery | None
    ) -> Delivery:
        """Decide whether a recipient is told of an event.

        Args:
            recipient: Who.
            event: Of what.
            lead: The row of the event of the same incident that has sounded, if
                one has. What matters no more than that joins it silently.
        """
        now = self._clock()
        joins = lead is not None and reaches(lead.severity, event.severity)
        refusal = await self._async_refusal(recipient, event, now, silent=joins)
        threshold = recipient.critical_from
        row = Delivery(
            event_id=event.id,
            recipient_id=recipient.id,
            source_id=event.source_id,
            severity=event.severity,
            recipient=recipient.name,
            nature=_nature(event),
            state=DeliveryState.SENDING,
            at=now,
            sent_at=now,
            critical=threshold is not None and reaches(event.severity, threshold),
            again=lead is not None,
        )
        if refusal is not None:
            return _refused(row, refusal)
        return row if lead is None or not joins else _joined(row, lead)

    async def _async_refusal(
        self, recipient: Recipient, event: Event, now: int, *, silent: bool
    ) -> Refusal | None:
        """Return why a recipient is not told of an event; of a test the testers are."""
        if is_test(event):
            return None if recipient.id in self._testers else Refusal(Reason.TEST)
        return refuse_event(recipient, event) or refuse_now(
            recipient,
            await self._async_situation(recipient, event, now, silent=silent),
        )

    async def _async_situation(
        self, recipient: Recipient, event: Event, now: int, *, silent: bool
    ) -> Situation:
        """Find out how things stand for a recipient."""
        off, on_again = async_off_condition(self._hass, recipient)
        last_sent = None
        if recipient.cooldown_s and not silent:
            last_sent = await self._ledger.last_sent(
                recipient.id, event.source_id, at_least=event.severity
            )
        return Situation(
            now=now,
            off=off,
            on_again=on_again,
            home=async_who_is_home(self._hass, recipient),
            snooze=await self._ledger.snoozed(recipient.id, event.source_id, now),
            last_sent=last_sent,
        )

    async def _async_is_snoozed(self, row: Delivery) -> bool:
        """Return whether a recipient has asked to be left alone since it was told."""
        snooze = await self._ledger.snoozed(
            row.recipient_id, row.source_id, self._clock()
        )
        return snooze is not None


def is_over(event: Event) -> bool:
    """Return whether nothing more of an event is to come."""
    return event.payload["end_ts"] is not None and not any(
        medium["state"] == "pending" for medium in event.payload["media"].values()
    )


def _nature(event: Event) -> str:
    """Return what decides of an event whether a recipient wants it."""
    return "/".join((event.type, event.severity, *event.payload["zones"]))


def _refused(row: Delivery, refusal: Refusal) -> Delivery:
    """Turn a row into one that says why nothing is sent."""
    row.state = DeliveryState.NOT_SENT
    row.reason = refusal.reason.value
    row.params = refusal.params
    row.sent_at = None
    row.critical = False
    row.done = True
    return row


def _joined(row: Delivery, lead: Delivery) -> Delivery:
    """Turn a row into one that is shown by the notification of another."""
    row.state = DeliveryState.JOINED
    row.params = {"told_ts": lead.sent_at}
    row.sent_at = None
    row.critical = row.again = False
    row.done = True
    return row


def _is_to_judge(row: Delivery | None, event: Event) -> bool:
    """Return whether it is open if a recipient is told of an event."""
    if row is None:
        return True
    silent = row.state in (DeliveryState.NOT_SENT, DeliveryState.JOINED)
    return silent and row.nature != _nature(event)


def _lead(mine: Mapping[str, Delivery]) -> Delivery | None:
    """Return the row of a recipient that an incident has sounded for last, if any.

    Each sounds only for what is more severe than all before.
    """
    rang = (
        row for row in mine.values() if row.sent_at is not None and not _gave_up(row)
    )
    return max(rang, key=lambda row: _RANKS[row.severity], default=None)


def _retire(plan: Plan, mine: Mapping[str, Delivery], lead: Delivery) -> None:
    """Let what another row's notification has replaced rest."""
    for row in mine.values():
        if row is not lead and not row.done:
            row.done = True
            plan.changed[row.key] = row


def _gave_up(row: Delivery) -> bool:
    """Return whether a row failed for too long."""
    return row.state is DeliveryState.FAILED and row.done
