"""Makers of the things that the tests of the way to the phone speak of."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
)
from ulid_transform import ulid_at_time

from custom_components.vigilar.events.audit import AuditLog
from custom_components.vigilar.events.ledger import Delivery
from custom_components.vigilar.events.processor import Amend
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import ChangeKind, Event, EventType, Severity
from custom_components.vigilar.publish.notify import PhoneNotifier
from custom_components.vigilar.publish.phone.panel import Disarming
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import slugify

from ...events.common import BEGAN, FakeClock

ANNA = "01JDZ3NDEKTSV4RRFFQ69G5FAA"
BERT = "01JDZ3NDEKTSV4RRFFQ69G5FAB"


def make_event(
    ts: int = BEGAN,
    *,
    event_type: EventType = EventType.PERSON,
    severity: Severity = Severity.ALERT,
    source_id: str = "front_door",
    zones: Iterable[str] = (),
    end_ts: int | None = None,
    **media: Any,
) -> Event:
    """Return an event; media as states, or whole."""
    event_id = ulid_at_time((ts + 0.5) / 1000)
    kinds = dict.fromkeys(("snapshot", "preview", "clip"), "none") | media
    return Event(
        id=event_id,
        ts=ts,
        type=event_type,
        severity=severity,
        source_id=source_id,
        payload={
            "end_ts": end_ts,
            "name": source_id.replace("_", " ").capitalize(),
            "zones": list(zones),
            "media": {
                kind: medium
                if isinstance(medium, dict)
                else _medium(event_id, kind, medium)
                for kind, medium in kinds.items()
            },
        },
    )


def with_media(event: Event, **media: str) -> Event:
    """Return an event with other states of its media."""
    changed = {kind: _medium(event.id, kind, state) for kind, state in media.items()}
    payload = event.payload | {"media": event.payload["media"] | changed}
    return replace(event, payload=payload)


def ended(event: Event, end_ts: int = BEGAN + 45_000) -> Event:
    """Return an event that is over."""
    return replace(event, payload=event.payload | {"end_ts": end_ts})


def make_recipient(recipient_id: str = ANNA, **fields: Any) -> Recipient:
    """Return a recipient, a notify entity unless told otherwise."""
    return Recipient(
        **{
            "id": recipient_id,
            "name": "Anna",
            "kind": TargetKind.ENTITY,
            "target": "notify.anna",
            **fields,
        }
    )


def add_app(
    hass: HomeAssistant,
    name: str,
    *,
    manufacturer: str = "Google",
    user_id: str = "user-anna",
) -> str:
    """Register a device of the companion app; return its id."""
    mock_integration(
        hass,
        MockModule("mobile_app", async_unload_entry=AsyncMock(return_value=True)),
    )
    entry = MockConfigEntry(
        domain="mobile_app",
        title=name,
        data={"device_name": name, "manufacturer": manufacturer, "user_id": user_id},
    )
    entry.add_to_hass(hass)
    entry.mock_state(hass, ConfigEntryState.LOADED)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", name)},
        name=name,
        manufacturer=manufacturer,
    )
    return device.id


class FakeApp:
    """The notify action of a device of the companion app; records what it is sent."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """Register the action."""
        self.service = slugify(f"mobile_app_{name}")
        self.sent: list[dict[str, Any]] = []
        self.fails: Exception | None = None
        hass.services.async_register("notify", self.service, self._async_handle)

    @callback
    def _async_handle(self, call: ServiceCall) -> None:
        """Take a notification, or refuse it."""
        if self.fails is not None:
            raise self.fails
        self.sent.append(dict(call.data))

    @property
    def sounds(self) -> int:
        """Return how many of them made a sound; an iOS device tells by itself."""
        return sum(
            item["data"].get("push", {}).get("sound") != "none" for item in self.sent
        )

    def action(self, prefix: str) -> str:
        """Return the id of a button of the newest notification."""
        return next(
            str(button["action"])
            for button in self.sent[-1]["data"]["actions"]
            if button["action"].startswith(prefix)
        )


class FakePanel:
    """An alarm with at most one code; not armed at first."""

    def __init__(self) -> None:
        """Initialize a disarmed alarm."""
        self.disarming: Disarming | None = None
        self.code: str | None = None
        self.by: str | None = None

    async def async_disarm(self, code: str | None, by: str | None) -> None:
        """Disarm."""
        if self.code not in (None, code):
            raise ServiceValidationError("The code is wrong.")
        self.disarming, self.by = None, by


class Bench:
    """A notifier with its store, and events to tell it of."""

    def __init__(
        self, hass: HomeAssistant, store: EventStore, clock: FakeClock
    ) -> None:
        """Make the notifier; it is not started."""
        self.hass = hass
        self.store = store
        self.clock = clock
        self.panel = FakePanel()
        self.audit = AuditLog(store, clock=clock)
        self.notifier = self._make_notifier()

    def _make_notifier(self) -> PhoneNotifier:
        """Make a notifier that is not started."""
        return PhoneNotifier(
            self.hass,
            self.store,
            revise=self.revise,
            panel=self.panel,
            audit=self.audit,
            clock=self.clock,
        )

    async def revise(self, event_ids: Collection[str], amend: Amend) -> None:
        """Change events as the processor would, and publish that."""
        for event in (await self.store.get_all(event_ids)).values():
            revised = replace(event, payload=amend(event.payload))
            await self.tell(revised, ChangeKind.UPDATED)

    async def begin(self, *recipients: Recipient) -> None:
        """Start with recipients."""
        self.notifier.async_set_recipients(recipients)
        await self.notifier.async_start()
        await self.hass.async_block_till_done()

    async def restart(self, *, after_ms: int = 0) -> None:
        """Stop, and start anew with the same recipients and database."""
        await self.notifier.async_stop()
        recipients = list(self.notifier._recipients.values())
        self.clock.now += after_ms
        self.notifier = self._make_notifier()
        await self.begin(*recipients)

    async def tell(self, event: Event, kind: ChangeKind = ChangeKind.NEW) -> None:
        """Store a change and publish it; who has seen the event before still has."""
        stored = await self.store.get(event.id)
        if stored is not None and "reviews" in stored.payload:
            reviews = {"reviews": stored.payload["reviews"]}
            event = replace(event, payload=reviews | event.payload)
        self.notifier.publish(await self.store.write(event, kind))
        await self.hass.async_block_till_done()

    async def row(self, event: Event, recipient_id: str = ANNA) -> Delivery:
        """Return what the ledger says."""
        return next(
            row
            for row in await self.notifier.ledger.of_event(event.id)
            if row.recipient_id == recipient_id
        )

    async def tap(
        self, action: str, user_id: str | None = "user-anna", **more: str
    ) -> None:
        """Tap a button."""
        self.hass.bus.async_fire(
            "mobile_app_notification_action",
            {"action": action, **more},
            context=Context(user_id=user_id),
        )
        await self.hass.async_block_till_done()


def _medium(event_id: str, kind: str, state: str) -> dict[str, Any]:
    """Return a medium in a state."""
    url = f"/api/vigilar/events/{event_id}/{kind}" if state == "ready" else None
    return {"state": state, "url": url}
