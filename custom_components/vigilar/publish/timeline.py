"""The timeline's websocket commands that ask: live, by page, by time, one event.

A subscriber gets a snapshot, or what it has missed since the `seq` it knows,
and from then on every change.
"""

from collections.abc import Awaitable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..access import as_known, may_read, may_read_all
from ..const import DOMAIN
from ..events.clock import wall_ms
from ..events.query import EventQuery
from ..events.store import EventStore, StoreError
from ..models import Change, Event
from .filters import (
    EVENT_ID,
    FILTER_SCHEMA,
    MAX_TS,
    SPAN_SCHEMA,
    TIME,
    WHOLE_SPAN_SCHEMA,
    Filter,
    readable_ids,
)
from .rounds import Audience, News, Subscriber, readable_blind
from .subscriptions import MAX_PENDING, Timeline

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
MAX_BUCKETS: Final = 2000
MAX_DAYS: Final = 400
MS_PER_DAY: Final = 86_400_000
BLIND_DAYS: Final = 7

LIMIT_SCHEMA: Final = {
    vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
        int, vol.Range(min=1, max=MAX_LIMIT)
    ),
}
ANCHORS: Final = {
    "before": EVENT_ID,
    "before_ts": TIME,
    "after": EVENT_ID,
    "after_ts": TIME,
}


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register the websocket commands, once a process."""
    for command in (ws_subscribe, ws_page, ws_density, ws_days, ws_get):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/timeline/subscribe",
        vol.Optional("since_seq"): vol.All(int, vol.Range(min=0)),
        vol.Optional("epoch"): cv.string,
        **FILTER_SCHEMA,
        **LIMIT_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send a snapshot or what was missed, then every change."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    event_filter = Filter.of(msg, connection.user)
    subscriber = Subscriber(connection, msg["id"], event_filter)
    # Before the first await: the client may leave while the snapshot is made.
    connection.subscriptions[msg["id"]] = timeline.add(subscriber)
    # What is written from here on is pending, so nothing falls between.
    seq = timeline.store.last_seq
    try:
        missed = await _changes_since(
            timeline.store, msg.get("epoch"), msg.get("since_seq")
        )
        if missed is None:
            query = _visible(timeline, connection.user, event_filter)
            page = await timeline.store.page(query, limit=msg["limit"])
            events: list[Any] = _told(page, connection.user)
            removed: list[str] = []
        else:
            latest = {change.event.id: News(change) for change in missed}
            audience = Audience(connection.user, timeline.views(), {})
            events, removed = audience.split(latest.values(), event_filter)
            seq = max([seq, *(change.seq for change in missed)])
        now = wall_ms()
        blind = await _blind(
            timeline, connection.user, now - BLIND_DAYS * MS_PER_DAY, now + MS_PER_DAY
        )
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
            "blind": blind,
            **timeline.describe(subscriber),
        }
    )
    timeline.go_live(subscriber, seq)


@websocket_api.websocket_command(
    vol.All(
        vol.Schema(
            {
                vol.Required("type"): "vigilar/timeline/page",
                **{
                    vol.Exclusive(name, "anchor"): kind
                    for name, kind in ANCHORS.items()
                },
                **FILTER_SCHEMA,
                **SPAN_SCHEMA,
                **LIMIT_SCHEMA,
            }
        ),
        cv.has_at_least_one_key(*ANCHORS),
    )
)
@websocket_api.async_response
async def ws_page(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send the events on one side of an event or a time, nearest to it."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    query = _visible(timeline, connection.user, Filter.of(msg, connection.user))
    before: str | int | None = msg.get("before", msg.get("before_ts"))
    after: str | int | None = msg.get("after", msg.get("after_ts"))
    limit = msg["limit"]
    # One more tells whether there are more.
    page = await _ask(
        timeline.store.page(query, before=before, after=after, limit=limit + 1)
    )
    events = page[-limit:] if after is not None else page[:limit]
    connection.send_result(
        msg["id"],
        {
            "events": _told(events, connection.user),
            "more": len(page) > limit,
        },
    )


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/timeline/density",
        vol.Required("bucket"): vol.All(int, vol.Range(min=1, max=MAX_TS)),
        **FILTER_SCHEMA,
        **WHOLE_SPAN_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_density(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send how many events there were, by source, time and severity."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    start, end, bucket = msg["start"], msg["end"], msg["bucket"]
    if not 0 < end - start <= MAX_BUCKETS * bucket:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="density_span",
            translation_placeholders={"buckets": str(MAX_BUCKETS)},
        )
    query = _visible(timeline, connection.user, Filter.of(msg, connection.user))
    # Whoever counts on by itself knows from here on what is not in the answer.
    seq = timeline.store.last_seq
    counted = await _ask(timeline.store.density(query, bucket))
    blind = await _ask(_blind(timeline, connection.user, start, end))
    connection.send_result(
        msg["id"],
        {
            "start": start,
            "end": end,
            "bucket": bucket,
            "seq": seq,
            "sources": [
                {"source_id": source_id, "buckets": buckets}
                for source_id, buckets in counted.items()
            ],
            "blind": blind,
        },
    )


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/timeline/days",
        vol.Optional("time_zone"): vol.All(str, vol.Length(min=1, max=64)),
        **FILTER_SCHEMA,
        **WHOLE_SPAN_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_days(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send how many events there were on each day that had any."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    start, end = msg["start"], msg["end"]
    if not 0 < end - start <= MAX_DAYS * MS_PER_DAY:
        raise _bad_days()
    zone = await _time_zone(msg.get("time_zone", hass.config.time_zone))
    try:
        days, edges = _days(start, end, zone)
    except OverflowError, ValueError:
        raise _bad_days() from None
    query = _visible(timeline, connection.user, Filter.of(msg, connection.user))
    counts = await _ask(timeline.store.days(query, edges))
    connection.send_result(
        msg["id"],
        {
            "days": [
                {"day": day.isoformat(), "count": count, "unreviewed": unreviewed}
                for day, (count, unreviewed) in zip(days, counts, strict=True)
                if count
            ]
        },
    )


@websocket_api.websocket_command(
    {
        vol.Required("type"): "vigilar/event/get",
        vol.Required("event_id"): EVENT_ID,
        **FILTER_SCHEMA,
        **SPAN_SCHEMA,
    }
)
@websocket_api.async_response
async def ws_get(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send an event as it stands, its incident, and which come before and after it."""
    if (timeline := _timeline(hass, connection, msg)) is None:
        return
    seq = timeline.store.last_seq
    event: Event | None = await _ask(timeline.store.get(msg["event_id"]))
    if event is None or not may_read(
        connection.user, timeline.sources().get(event.source_id)
    ):
        # A user who may not know of it is told the same as if there were none.
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_such_event"
        )
    query = _visible(timeline, connection.user, Filter.of(msg, connection.user))
    newer, older = await _ask(timeline.store.neighbours(event.id, query))
    incident = await _incident(timeline, connection.user, event)
    connection.send_result(
        msg["id"],
        {
            "event": _told([event], connection.user)[0],
            "newer_id": newer,
            "older_id": older,
            "incident": _told(incident, connection.user),
            "seq": seq,
        },
    )


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


async def _ask[T](asking: Awaitable[T]) -> T:
    """Return what the database says, or let the client know that it fails."""
    try:
        return await asking
    except StoreError as err:
        raise _unreadable() from err


def _unreadable() -> HomeAssistantError:
    """Return what a client is told when the database cannot be read."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="database_unreadable"
    )


def _bad_days() -> ServiceValidationError:
    """Return what a client is told that asks for no day or too many."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="days_span",
        translation_placeholders={"days": str(MAX_DAYS)},
    )


def _visible(timeline: Timeline, user: User, event_filter: Filter) -> EventQuery:
    """Return the query for what a user wants and may see."""
    sources = timeline.sources()
    return event_filter.resolve(sources, readable_ids(user, sources.values()))


def _told(events: Iterable[Event], user: User) -> list[dict[str, Any]]:
    """Return events that a user may know of, as the user is told."""
    whole = may_read_all(user)
    return [as_known(event, whole=whole).as_dict() for event in events]


async def _incident(timeline: Timeline, user: User, event: Event) -> list[Event]:
    """Return what a user may know of an event's incident, in the order it began."""
    incident_id = event.payload.get("incident_id")
    if incident_id is None:
        return []
    parts = await _ask(timeline.store.incident(incident_id, MAX_LIMIT))
    sources = timeline.sources()
    readable = readable_ids(user, sources.values())
    return [part for part in parts if readable is None or part.source_id in readable]


async def _blind(
    timeline: Timeline, user: User, start: int, end: int
) -> list[dict[str, Any]]:
    """Return the blind periods of a time that a user may know of."""
    periods = await timeline.store.blind_periods(start, end)
    return readable_blind(periods, user, timeline.sources())


async def _time_zone(name: str) -> tzinfo:
    """Return a time zone by its name.

    Raises:
        ServiceValidationError: There is none.
    """
    try:
        zone = await dt_util.async_get_time_zone(name)
    except OSError, ValueError:
        # What is no name at all is looked for as a file.
        zone = None
    if zone is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_such_time_zone"
        )
    return zone


def _days(start: int, end: int, zone: tzinfo) -> tuple[list[date], list[int]]:
    """Return the days of a zone that a time touches, and when they begin and end.

    Raises:
        OverflowError: The calendar ends before.
    """
    first = datetime.fromtimestamp(start / 1000, zone).date()
    last = datetime.fromtimestamp((end - 1) / 1000, zone).date()
    count = (last - first).days + 1
    days = [first + timedelta(days=number) for number in range(count + 1)]
    edges = [
        round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
        for day in days
    ]
    # Only what is asked for counts on the first and the last day.
    edges[0], edges[-1] = max(edges[0], start), min(edges[-1], end)
    return days[:-1], edges


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
