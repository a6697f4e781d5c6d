"""Finds out who is to be told what of an event, and notes it in rows of the ledger."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ...events.classifier import is_test
from ...events.ledger import Delivery, DeliveryState, DeviceDelivery, Ledger
from ...models import Event
from .house import Device, async_devices, async_off_condition, async_who_is_home
from .messages import Message, can_update, compose
from .recipient import Recipient
from .rules import Reason, Refusal, Situation, reaches, refuse_event, refuse_now
from .texts import Texts

# So old a first message is no news; retries that began in time are over by then.
TOO_LATE_MS: Final = 660_000


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
        changed: Rows that differ from the ledger, by recipient. Those that are
            not done wait for what becomes of them.
    """

    sendings: list[Sending] = field(default_factory=list)
    changed: dict[str, Delivery] = field(default_factory=dict)


class Planner:
    """Judges recipients and compares what their devices show with what they should."""

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        clock: Callable[[], int],
        testers: Collection[str],
    ) -> None:
        """Make a planner.

        Args:
            hass: Home Assistant.
            ledger: Knows what was sent before and what is snoozed; only read.
            clock: Unix milliseconds.
            testers: Ids of the recipients who are told of tests, at any time.
        """
        self._hass = hass
        self._ledger = ledger
        self._clock = clock
        self._testers = testers

    async def async_plan(
        self,
        event: Event,
        recipients: Iterable[Recipient],
        rows: dict[str, Delivery],
    ) -> Plan:
        """Find out who is to be told what.

        Args:
            event: As it stands.
            recipients: All of them.
            rows: The event's rows, by recipient; missing ones are added.

        Raises:
            StoreError: The ledger cannot be read.
        """
        plan = Plan()
        texts = await Texts.async_load(self._hass)
        reviewed = bool(event.payload.get("reviews"))
        for recipient in recipients:
            row = rows.get(recipient.id)
            nature = _nature(event)
            if row is None or (
                row.state is DeliveryState.NOT_SENT and row.nature != nature
            ):
                row = await self._async_judge(recipient, event, nature)
                rows[recipient.id] = plan.changed[recipient.id] = row
            elif row.state is DeliveryState.NOT_SENT or _gave_up(row):
                continue
            elif reviewed or row.dismissed or await self._async_is_snoozed(row):
                if not row.done:
                    row.done = True
                    plan.changed[recipient.id] = row
                continue
            if row.state is not DeliveryState.NOT_SENT:
                self._plan_row(plan, texts, recipient, event, row)
        return plan

    @callback
    def _plan_row(
        self,
        plan: Plan,
        texts: Texts,
        recipient: Recipient,
        event: Event,
        row: Delivery,
    ) -> None:
        """Plan what the devices of a recipient are to be told."""
        message = compose(texts, event, recipient.id, critical=row.critical)
        devices = async_devices(self._hass, recipient)
        trouble = None if devices else Reason.NO_DEVICE
        settled = row.done or not is_over(event)
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
            plan.changed[recipient.id] = row

    def _is_too_late(self, row: Delivery) -> bool:
        """Return whether what should have been sent is old by now."""
        return self._clock() - (row.sent_at or 0) > TOO_LATE_MS

    async def _async_judge(
        self, recipient: Recipient, event: Event, nature: str
    ) -> Delivery:
        """Decide whether a recipient is told of an event."""
        now = self._clock()
        refusal = await self._async_refusal(recipient, event, now)
        threshold = recipient.critical_from
        row = Delivery(
            event_id=event.id,
            recipient_id=recipient.id,
            source_id=event.source_id,
            severity=event.severity,
            recipient=recipient.name,
            nature=nature,
            state=DeliveryState.SENDING,
            at=now,
            sent_at=now,
            critical=threshold is not None and reaches(event.severity, threshold),
        )
        return row if refusal is None else _refused(row, refusal)

    async def _async_refusal(
        self, recipient: Recipient, event: Event, now: int
    ) -> Refusal | None:
        """Return why a recipient is not told of an event; of a test the testers are."""
        if is_test(event):
            return None if recipient.id in self._testers else Refusal(Reason.TEST)
        return refuse_event(recipient, event) or refuse_now(
            recipient, await self._async_situation(recipient, event, now)
        )

    async def _async_situation(
        self, recipient: Recipient, event: Event, now: int
    ) -> Situation:
        """Find out how things stand for a recipient."""
        off, on_again = async_off_condition(self._hass, recipient)
        last_sent = None
        if recipient.cooldown_s:
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


def _gave_up(row: Delivery) -> bool:
    """Return whether a row failed for too long."""
    return row.state is DeliveryState.FAILED and row.done
