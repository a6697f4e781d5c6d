"""What subscribers of the live timeline are told, and what of it is alike for several.

Many clients are often the same user with the same filter. What such clients are
told in one round is worked out and written as JSON once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orjson import Fragment

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.helpers.json import json_bytes

from ..access import as_known, may_read, may_read_all
from ..events.query import EventQuery
from ..models import BlindPeriod, Change, ChangeKind, SourceInfo
from .filters import Filter, readable_ids
from .source_views import SourceView

type Views = Mapping[str, SourceView]


@dataclass(slots=True, eq=False)
class News:
    """A change on its way to the subscribers; they share the text of its event."""

    change: Change
    _texts: dict[bool, Fragment] = field(default_factory=dict)

    def text(self, *, whole: bool) -> Fragment:
        """Return the event as JSON, made once however many are told.

        Args:
            whole: They may read every source.
        """
        if whole not in self._texts:
            known = as_known(self.change.event, whole=whole)
            self._texts[whole] = Fragment(json_bytes(known.as_dict()))
        return self._texts[whole]


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
        waiting: There may be news for it.
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
    waiting: bool = False

    def send(self, message: Mapping[str, Any] | Fragment) -> None:
        """Send one message of this subscription."""
        content = {"id": self.msg_id, "type": "event", "event": message}
        self.connection.send_message(json_bytes(content))


class Audience:
    """One user among the subscribers, at one moment.

    Attributes:
        sources: What the user is told of the sources.
        unreviewed: How many events matter that the user may know of and nobody looked at.
    """

    def __init__(self, user: User, views: Views, unreviewed: Mapping[str, int]) -> None:
        """Work out what holds for the user, whatever the filter.

        Args:
            user: Who subscribes.
            views: All sources.
            unreviewed: By source, how many matter and nobody looked at.
        """
        self._infos = infos_of(views)
        self._readable = readable_ids(user, self._infos.values())
        self._whole = may_read_all(user)
        self.sources = [
            view.as_dict(user) for view in views.values() if may_read(user, view.info)
        ]
        self.unreviewed = sum(
            count
            for source_id, count in unreviewed.items()
            if self._readable is None or source_id in self._readable
        )
        self._queries: dict[Filter, EventQuery] = {}

    def split(
        self, news: Iterable[News], event_filter: Filter
    ) -> tuple[list[Fragment], list[str]]:
        """Return the events to show, newest first, and the ids to take away."""
        query = self._query(event_filter)
        shown: list[News] = []
        removed: list[str] = []
        for item in news:
            change, event = item.change, item.change.event
            if self._readable is not None and event.source_id not in self._readable:
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
        return [item.text(whole=self._whole) for item in shown], removed

    def _query(self, event_filter: Filter) -> EventQuery:
        """Return what a filter asks for in the house as it is."""
        if (query := self._queries.get(event_filter)) is None:
            query = event_filter.resolve(self._infos, None)
            self._queries[event_filter] = query
        return query


class Round:
    """Tells subscribers what there is, at one moment."""

    def __init__(self, views: Views, unreviewed: Mapping[str, int]) -> None:
        """Begin a round.

        Args:
            views: All sources.
            unreviewed: By source, how many matter and nobody looked at.
        """
        self._views = views
        self._unreviewed = unreviewed
        self._audiences: dict[str, Audience] = {}
        self._messages: dict[tuple[Any, ...], Fragment | None] = {}

    def audience(self, user: User) -> Audience:
        """Return what holds for a user."""
        if (audience := self._audiences.get(user.id)) is None:
            audience = Audience(user, self._views, self._unreviewed)
            self._audiences[user.id] = audience
        return audience

    def describe(self, subscriber: Subscriber) -> dict[str, Any]:
        """Return what a subscriber does not know yet of the sources, and note that it does."""
        audience = self.audience(subscriber.connection.user)
        news: dict[str, Any] = {}
        if subscriber.sources is None or audience.unreviewed != subscriber.unreviewed:
            news["unreviewed"] = subscriber.unreviewed = audience.unreviewed
        if audience.sources != subscriber.sources:
            news["sources"] = subscriber.sources = audience.sources
        return news

    def tell(self, subscriber: Subscriber) -> None:
        """Send what is pending as one message, if there is anything to say."""
        changes = [
            item
            for item in subscriber.pending.values()
            if item.change.seq > subscriber.seq
        ]
        blind = tuple(subscriber.blind.items())
        subscriber.pending.clear()
        subscriber.blind.clear()
        subscriber.waiting = False
        news = self.describe(subscriber)
        subscriber.seq = max([subscriber.seq, *(item.change.seq for item in changes)])
        user = subscriber.connection.user
        alike = (
            *(user.id, subscriber.event_filter, subscriber.seq),
            *(tuple(item.change.seq for item in changes), blind, tuple(news)),
        )
        if alike not in self._messages:
            self._messages[alike] = self._message(subscriber, changes, blind, news)
        if (message := self._messages[alike]) is not None:
            subscriber.send(message)

    def _message(
        self,
        subscriber: Subscriber,
        changes: Iterable[News],
        blind: Iterable[tuple[int, BlindPeriod]],
        news: dict[str, Any],
    ) -> Fragment | None:
        """Return what a subscriber and all that are like it are told, if anything."""
        user = subscriber.connection.user
        begun_or_over = [period for _, period in blind]
        if told := readable_blind(begun_or_over, user, infos_of(self._views)):
            news["blind"] = told
        events, removed = self.audience(user).split(changes, subscriber.event_filter)
        if not (events or removed or news):
            return None
        content = {
            "kind": "changed",
            "seq": subscriber.seq,
            "events": events,
            "removed": removed,
            **news,
        }
        return Fragment(json_bytes(content))


def readable_blind(
    periods: Iterable[BlindPeriod], user: User, sources: Mapping[str, SourceInfo]
) -> list[dict[str, Any]]:
    """Return the blind periods that a user may know of, as published."""
    return [
        period.as_dict()
        for period in periods
        if period.source_id is None or may_read(user, sources.get(period.source_id))
    ]


def infos_of(views: Views) -> dict[str, SourceInfo]:
    """Return who the sources are, by their ids."""
    return {source_id: view.info for source_id, view in views.items()}
