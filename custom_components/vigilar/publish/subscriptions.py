"""The open subscriptions of the live timeline, and the publisher behind them.

Changes that come close together are coalesced into one message; the first of
them goes out at once.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orjson import Fragment

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, Event as BusEvent, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.json import json_bytes

from ..access import may_read
from ..events.store import EventStore
from ..models import BlindPeriod, Change, ChangeKind, SourceInfo
from .filters import Filter, readable_ids
from .source_views import SourceView

# A subscriber that is more changes behind than this starts anew.
MAX_PENDING: Final = 1000
COALESCE_S: Final = 0.1

type Views = Mapping[str, SourceView]


@dataclass(slots=True, eq=False)
class News:
    """A change on its way to the subscribers; they share the text of its event."""

    change: Change
    _text: Fragment | None = None

    def text(self) -> Fragment:
        """Return the event as JSON, made once however many are told."""
        if self._text is None:
            self._text = Fragment(json_bytes(self.change.event.as_dict()))
        return self._text


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open subscription.

    Attributes:
        connection: The client's.
        msg_id: The subscription's, of the connection.
        event_filter: What the client asked for.
        pending: The newest change of each event that is not sent yet.
        blind: Blind periods that began or ended and are not sent yet.
        sources: The list that the client has; None before it has one.
        unreviewed: The number that the client has.
        seq: The last one that the client knows.
        live: The client has its snapshot.
        timer: Sends what came since the last message.
    """

    connection: ActiveConnection
    msg_id: int
    event_filter: Filter
    pending: dict[str, News] = field(default_factory=dict)
    blind: dict[int, BlindPeriod] = field(default_factory=dict)
    sources: list[dict[str, Any]] | None = None
    unreviewed: int = 0
    seq: int = 0
    live: bool = False
    timer: asyncio.TimerHandle | None = None

    def split(
        self, news: Iterable[News], views: Views
    ) -> tuple[list[Fragment], list[str]]:
        """Return the events to show, newest first, and the ids to take away."""
        sources = _infos(views)
        readable = readable_ids(self.connection.user, sources.values())
        query = self.event_filter.resolve(sources, None)
        shown: list[News] = []
        removed: list[str] = []
        for item in news:
            change, event = item.change, item.change.event
            if readable is not None and event.source_id not in readable:
                continue
            if change.kind is ChangeKind.DELETED:
                removed.append(event.id)
            elif query.matches(event):
                shown.append(item)
            elif change.kind is not ChangeKind.NEW:
                # It may have been shown as something else before.
                removed.append(event.id)
        shown.sort(
            key=lambda item: (item.change.event.ts, item.change.event.id), reverse=True
        )
        return [item.text() for item in shown], removed

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message of this subscription."""
        self.connection.send_message(
            json_bytes(websocket_api.event_message(self.msg_id, message))
        )


class Timeline:
    """Keeps the open subscriptions and tells them of every change."""

    def __init__(
        self, hass: HomeAssistant, store: EventStore, views: Callable[[], Views]
    ) -> None:
        """Initialize a timeline without subscribers.

        Args:
            hass: Home Assistant.
            store: The event database.
            views: Returns what is to be told of every source, by its id.
        """
        self.store = store
        self.views = views
        self._hass = hass
        self._seen: Views = {}
        self._subscribers: set[Subscriber] = set()
        self._stop_listening: list[CALLBACK_TYPE] = []
        store.watch_blind(self.publish_blind)

    @property
    def subscriber_count(self) -> int:
        """Return how many subscriptions are open."""
        return len(self._subscribers)

    @callback
    def async_start(self) -> None:
        """Begin to follow the names and places of the sources."""
        self._stop_listening = [
            self._hass.bus.async_listen(registry, self._async_registry_changed)
            for registry in (
                ar.EVENT_AREA_REGISTRY_UPDATED,
                dr.EVENT_DEVICE_REGISTRY_UPDATED,
                er.EVENT_ENTITY_REGISTRY_UPDATED,
            )
        ]
        self._seen = self.views()

    def sources(self) -> dict[str, SourceInfo]:
        """Return all sources by their ids."""
        return _infos(self.views())

    @callback
    def publish(self, change: Change) -> None:
        """Hand a change to every subscriber; each sends by its own clock."""
        news = News(change)
        for subscriber in list(self._subscribers):
            subscriber.pending[change.event.id] = news
            if len(subscriber.pending) > MAX_PENDING:
                self._drop(subscriber)
            else:
                self._wake(subscriber)

    @callback
    def publish_blind(self, period: BlindPeriod) -> None:
        """Hand a blind period that began or ended to every subscriber."""
        for subscriber in list(self._subscribers):
            subscriber.blind[period.id] = period
            self._wake(subscriber)

    @callback
    def async_refresh_sources(self) -> None:
        """Let the subscribers know if there is news of a source."""
        views = self.views()
        if views == self._seen:
            return
        self._seen = views
        for subscriber in list(self._subscribers):
            self._wake(subscriber)

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
        while self._stop_listening:
            self._stop_listening.pop()()
        for subscriber in list(self._subscribers):
            self._drop(subscriber)

    @callback
    def describe(self, subscriber: Subscriber) -> dict[str, Any]:
        """Return what a subscriber does not know yet of the sources, and note that it does."""
        user = subscriber.connection.user
        infos = _infos(self._seen)
        readable = readable_ids(user, infos.values())
        counts = self.store.unreviewed.items()
        unreviewed = sum(
            count
            for source_id, count in counts
            if readable is None or source_id in readable
        )
        sources = [
            view.as_dict(user)
            for view in self._seen.values()
            if may_read(user, view.info)
        ]
        news: dict[str, Any] = {}
        if subscriber.sources is None or unreviewed != subscriber.unreviewed:
            news["unreviewed"] = subscriber.unreviewed = unreviewed
        if sources != subscriber.sources:
            news["sources"] = subscriber.sources = sources
        return news

    @callback
    def _async_registry_changed(self, _event: BusEvent[Any]) -> None:
        """Look whether it was about a source."""
        self.async_refresh_sources()

    @callback
    def _drop(self, subscriber: Subscriber) -> None:
        """End a subscription; its client asks again with the seq that it knows."""
        self._subscribers.discard(subscriber)
        if subscriber.timer is not None:
            subscriber.timer.cancel()
        subscriber.pending.clear()
        subscriber.send({"kind": "resync"})

    @callback
    def _wake(self, subscriber: Subscriber) -> None:
        """Send what there is, unless that was done a moment ago."""
        if subscriber.live and subscriber.timer is None:
            self._flush(subscriber)

    @callback
    def _flush(self, subscriber: Subscriber) -> None:
        """Send what is pending as one message and wait a little with the next."""
        subscriber.timer = None
        changes = [
            item
            for item in subscriber.pending.values()
            if item.change.seq > subscriber.seq
        ]
        blind = readable_blind(
            subscriber.blind.values(), subscriber.connection.user, _infos(self._seen)
        )
        subscriber.pending.clear()
        subscriber.blind.clear()
        news = self.describe(subscriber)
        if blind:
            news["blind"] = blind
        subscriber.seq = max([subscriber.seq, *(item.change.seq for item in changes)])
        events, removed = subscriber.split(changes, self._seen)
        if not (events or removed or news):
            if changes:
                self._rest(subscriber)
            return
        subscriber.send(
            {
                "kind": "changed",
                "seq": subscriber.seq,
                "events": events,
                "removed": removed,
                **news,
            }
        )
        self._rest(subscriber)

    @callback
    def _rest(self, subscriber: Subscriber) -> None:
        """Coalesce what comes from now on."""
        subscriber.timer = self._hass.loop.call_later(
            COALESCE_S, self._flush, subscriber
        )


def readable_blind(
    periods: Iterable[BlindPeriod], user: Any, sources: Mapping[str, SourceInfo]
) -> list[dict[str, Any]]:
    """Return the blind periods that a user may know of, as published."""
    return [
        period.as_dict()
        for period in periods
        if period.source_id is None or may_read(user, sources.get(period.source_id))
    ]


def _infos(views: Views) -> dict[str, SourceInfo]:
    """Return who the sources are, by their ids."""
    return {source_id: view.info for source_id, view in views.items()}
