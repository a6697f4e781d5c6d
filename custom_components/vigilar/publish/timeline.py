"""The live timeline: websocket commands, and the publisher behind them.

A subscriber gets a snapshot, or what it has missed since the `seq` it knows,
and from then on every change. Changes that come close together are coalesced
into one message; the first of them goes out at once.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..access import may_read
from ..const import DOMAIN
from ..events.store import EventStore, StoreError
from ..models import Change, ChangeKind, Event, EventType, Severity, SourceInfo

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
# A subscriber that is more changes behind than this starts anew.
MAX_PENDING: Final = 1000
COALESCE_S: Final = 0.1

ULID: Final = r"^[0-9A-HJKMNP-TV-Z]{26}$"

FILTER_SCHEMA: Final = {
    vol.Optional("source_ids"): [cv.string],
    vol.Optional("types"): [vol.In([event_type.value for event_type in EventType])],
    vol.Optional("severities"): [vol.In([severity.value for severity in Severity])],
    vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
        int, vol.Range(min=1, max=MAX_LIMIT)
    ),
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a client wants to see, and may.

    Attributes:
        source_ids: Only these sources, or None for all.
        types: Only these types, or None for all.
        severities: Only these severities, or None for all.
    """

    source_ids: frozenset[str] | None
    types: frozenset[str] | None
    severities: frozenset[str] | None

    def matches(self, event: Event) -> bool:
        """Return whether the event passes."""
        return (
            (self.source_ids is None or event.source_id in self.source_ids)
            and (self.types is None or event.type in self.types)
            and (self.severities is None or event.severity in self.severities)
        )


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open subscription."""

    connection: ActiveConnection
    msg_id: int
    event_filter: EventFilter
    may_read: Callable[[Event], bool]
    pending: dict[str, Change] = field(default_factory=dict)
    seq: int = 0
    live: bool = False
    timer: asyncio.TimerHandle | None = None

    def split(
        self, changes: Iterable[Change]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the events to show, newest first, and the ids to take away."""
        shown: list[Event] = []
        removed: list[str] = []
        for change in changes:
            if not self.may_read(change.event):
                continue
            if change.kind is ChangeKind.DELETED:
                removed.append(change.event.id)
            elif self.event_filter.matches(change.event):
                shown.append(change.event)
            elif change.kind is not ChangeKind.NEW:
                # It may have been shown as something else before.
                removed.append(change.event.id)
        shown.sort(key=lambda event: (event.ts, event.id), reverse=True)
        return [event.as_dict() for event in shown], removed

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message of this subscription."""
        self.connection.send_message(websocket_api.event_message(self.msg_id, message))


class Timeline:
    """Keeps the open subscriptions and tells them of every change."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: EventStore,
        sources: Callable[[], dict[str, SourceInfo]],
    ) -> None:
        """Initialize a timeline without subscribers."""
        self.store = store
        self.sources = sources
        self._hass = hass
        self._subscribers: set[Subscriber] = set()

    @property
    def subscriber_count(self) -> int:
        """Return how many subscriptions are open."""
        return len(self._subscribers)

    @callback
    def publish(self, change: Change) -> None:
        """Hand a change to every subscriber; each sends by its own clock."""
        for subscriber in list(self._subscribers):
            subscriber.pending[change.event.id] = change
            if len(subscriber.pending) > MAX_PENDING:
                self._drop(subscriber)
            elif subscriber.live and subscriber.timer is None:
                self._flush(subscriber)

    @callback
    def add(self, subscriber: Subscriber) -> Callable[[], None]:
        """Keep changes for a subscriber from now on, to be sent once it is live."""
        self._subscribers.add(subscriber)

        @callback
        def _remove() -> None:
            self._subscribers.discard(subscriber)
            if subscriber.timer is not None:
                subscriber.timer.cancel()

        return _remove

    @callback
    def go_live(self, subscriber: Subscriber, seq: int) -> None:
        """Send what came while the snapshot was made, then everything."""
        subscriber.seq = seq
        subscriber.live = True
        self._flush(subscriber)

    @callback
    def close(self) -> None:
        """Tell the subscribers to come back later, and forget them."""
        for subscriber in list(self._subscribers):
            self._drop(subscriber)

    @callback
    def _drop(self, subscriber: Subscriber) -> None:
        """End a subscription; its client asks again with the seq that it knows."""
        self._subscribers.discard(subscriber)
        if subscriber.timer is not None:
            subscriber.timer.cancel()
        subscriber.pending.clear()
        subscriber.send({"kind": "resync"})

    @callback
    def _flush(self, subscriber: Subscriber) -> None:
        """Send what is pending as one message and wait a little with the next."""
        subscriber.timer = None
        changes = [
            change
            for change in subscriber.pending.values()
            if change.seq > subscriber.seq
        ]
        subscriber.pending.clear()
        if not changes:
            return
        subscriber.seq = max(change.seq for change in changes)
        events, removed = subscriber.split(changes)
        if events or removed:
            subscriber.send(
                {
                    "kind": "changed",
                    "seq": subscriber.seq,
                    "events": events,
                    "removed": removed,
                }
            )
        subscriber.timer = self._hass.loop.call_later(
            COALESCE_S, self._flush, subscriber
        )


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register the websocket commands, once a process."""
    websocket_api.async_register_command(hass, ws_subscribe)
    websocket_api.async_register_command(hass, ws_page)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/timeline/subscribe",
        vol.Optional("since_seq"): vol.All(int, vol.Range(min=0)),
        vol.Optional("epoch"): cv.string,
        **FILTER_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send a snapshot or what was missed, then every change."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    event_filter = _filter(msg)
    subscriber = Subscriber(
        connection,
        msg["id"],
        event_filter,
        lambda event: may_read(
            connection.user, timeline.sources().get(event.source_id)
        ),
    )
    # Before the first await: the client may leave while the snapshot is made.
    connection.subscriptions[msg["id"]] = timeline.add(subscriber)
    # What is written from here on is pending, so nothing falls between.
    seq = timeline.store.last_seq
    try:
        missed = await _changes_since(
            timeline.store, msg.get("epoch"), msg.get("since_seq")
        )
        if missed is None:
            page = await _visible_page(timeline, connection.user, event_filter, msg)
            events: list[dict[str, Any]] = [event.as_dict() for event in page]
            removed: list[str] = []
        else:
            latest = {change.event.id: change for change in missed}
            events, removed = subscriber.split(latest.values())
            seq = max([seq, *(change.seq for change in missed)])
    except StoreError as err:
        if (unsubscribe := connection.subscriptions.pop(msg["id"], None)) is not None:
            unsubscribe()
        raise _unreadable() from err
    if msg["id"] not in connection.subscriptions:
        return
    connection.send_result(msg["id"])
    subscriber.send(
        {
            "kind": "connected",
            "epoch": timeline.store.epoch,
            "seq": seq,
            "resumed": missed is not None,
            "events": events,
            "removed": removed,
            "sources": _visible_sources(timeline, connection.user),
        }
    )
    timeline.go_live(subscriber, seq)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/timeline/page",
        vol.Required("before"): vol.Match(ULID),
        **FILTER_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_page(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send the events that come before one that the client has."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    try:
        page = await _visible_page(timeline, connection.user, _filter(msg), msg)
    except StoreError as err:
        raise _unreadable() from err
    connection.send_result(msg["id"], {"events": [event.as_dict() for event in page]})


def _timeline(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> Timeline | None:
    """Return the running timeline, or tell the client that there is none."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        timeline: Timeline = entry.runtime_data.timeline
        return timeline
    connection.send_error(
        msg["id"], websocket_api.ERR_NOT_FOUND, "Vigilar is not set up or loading"
    )
    return None


def _unreadable() -> HomeAssistantError:
    """Return what a client is told when the database cannot be read."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="database_unreadable"
    )


def _filter(msg: dict[str, Any]) -> EventFilter:
    """Return the filter that a message asks for."""
    return EventFilter(
        *(
            frozenset(msg[key]) if key in msg else None
            for key in ("source_ids", "types", "severities")
        )
    )


def _visible_sources(timeline: Timeline, user: User) -> list[dict[str, Any]]:
    """Return the sources that a user may know of."""
    return [
        {
            "source_id": source.source_id,
            "name": source.name,
            "entity_id": source.entity_id,
        }
        for source in timeline.sources().values()
        if may_read(user, source)
    ]


async def _changes_since(
    store: EventStore, epoch: str | None, since_seq: int | None
) -> list[Change] | None:
    """Return what a client has missed, or None if that cannot be told."""
    if since_seq is None or epoch != store.epoch or since_seq > store.last_seq:
        return None
    if since_seq + 1 < store.oldest_seq:
        return None
    missed = await store.changes_since(since_seq, MAX_PENDING + 1)
    return None if len(missed) > MAX_PENDING else missed


async def _visible_page(
    timeline: Timeline, user: User, event_filter: EventFilter, msg: dict[str, Any]
) -> list[Event]:
    """Return a page of events, newest first, that a user wants and may see."""
    source_ids = event_filter.source_ids
    if not user.is_admin:
        readable = {
            source_id
            for source_id, source in timeline.sources().items()
            if may_read(user, source)
        }
        source_ids = frozenset(
            readable if source_ids is None else readable & source_ids
        )
    return await timeline.store.page(
        before=msg.get("before"),
        limit=msg["limit"],
        source_ids=source_ids,
        types=event_filter.types,
        severities=event_filter.severities,
    )
