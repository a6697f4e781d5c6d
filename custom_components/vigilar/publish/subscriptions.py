"""The open subscriptions of the live timeline, and the publisher behind them.

Changes that come close together are coalesced into one message; the first of
them goes out at once. All subscribers are told in the same round.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, Event as BusEvent, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from ..events.store import EventStore
from ..models import BlindPeriod, Change, SourceInfo
from .rounds import News, Round, Subscriber, Views, infos_of

# A subscriber that is more changes behind than this starts anew.
MAX_PENDING: Final = 1000
COALESCE_S: Final = 0.1
# So many are told before everybody else has a turn on the event loop.
SLICE: Final = 20


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
        # Runs from a round until the next one may begin.
        self._resting: asyncio.TimerHandle | None = None
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
        return infos_of(self.views())

    @callback
    def publish(self, change: Change) -> None:
        """Hand a change to every subscriber; each sends by its own clock."""
        news = News(change)
        for subscriber in list(self._subscribers):
            subscriber.pending[change.event.id] = news
            if len(subscriber.pending) > MAX_PENDING:
                self._drop(subscriber)
        self._wake()

    @callback
    def publish_blind(self, period: BlindPeriod) -> None:
        """Hand a blind period that began or ended to every subscriber."""
        for subscriber in self._subscribers:
            subscriber.blind[period.id] = period
        self._wake()

    @callback
    def async_refresh_sources(self) -> None:
        """Let the subscribers know if there is news of a source."""
        views = self.views()
        if views == self._seen:
            return
        self._seen = views
        self._wake()

    @callback
    def add(self, subscriber: Subscriber) -> Callable[[], None]:
        """Keep changes for a subscriber from now on, to be sent once it is live."""
        self._subscribers.add(subscriber)

        @callback
        def _remove() -> None:
            self._subscribers.discard(subscriber)

        return _remove

    @callback
    def go_live(self, subscriber: Subscriber, seq: int) -> None:
        """Send what came while the snapshot was made, then everything."""
        subscriber.seq = seq
        subscriber.live = True
        self._round().tell(subscriber)

    @callback
    def close(self) -> None:
        """Tell the subscribers to come back later, and forget them."""
        while self._stop_listening:
            self._stop_listening.pop()()
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        for subscriber in list(self._subscribers):
            self._drop(subscriber)

    @callback
    def describe(self, subscriber: Subscriber) -> dict[str, Any]:
        """Return what a subscriber does not know yet of the sources, and note that it does."""
        return self._round().describe(subscriber)

    @callback
    def _async_registry_changed(self, _event: BusEvent[Any]) -> None:
        """Look whether it was about a source."""
        self.async_refresh_sources()

    @callback
    def _drop(self, subscriber: Subscriber) -> None:
        """End a subscription; its client asks again with the seq that it knows."""
        self._subscribers.discard(subscriber)
        subscriber.pending.clear()
        subscriber.send({"kind": "resync"})

    @callback
    def _round(self) -> Round:
        """Return a round as things stand."""
        return Round(self._seen, self.store.unreviewed)

    @callback
    def _wake(self) -> None:
        """Tell all what there is, unless that was done a moment ago."""
        for subscriber in self._subscribers:
            subscriber.waiting = True
        if self._resting is None:
            self._tell_all()

    @callback
    def _tell_all(self) -> None:
        """Begin a round with whom there may be news for, and wait a little with the next."""
        self._resting = None
        waiting = [each for each in self._subscribers if each.live and each.waiting]
        if waiting:
            self._resting = self._hass.loop.call_later(COALESCE_S, self._tell_all)
            self._tell_slice(self._round(), waiting)

    @callback
    def _tell_slice(self, one_round: Round, waiting: Sequence[Subscriber]) -> None:
        """Tell some subscribers now, and the others when everybody else had a turn."""
        for subscriber in waiting[:SLICE]:
            if subscriber in self._subscribers:
                one_round.tell(subscriber)
        if later := waiting[SLICE:]:
            self._hass.loop.call_soon(self._tell_slice, one_round, later)
