"""Many subscribers in one round: told alike where they are alike, and only there."""

from collections.abc import Iterable
import json
from typing import Any
from unittest.mock import Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.vigilar.events.query import EVERYTHING, EventQuery
from custom_components.vigilar.models import (
    BlindPeriod,
    BlindReason,
    Change,
    ChangeKind,
    EventType,
    SourceInfo,
    SourceKind,
)
from custom_components.vigilar.publish import rounds, subscriptions
from custom_components.vigilar.publish.filters import Filter
from custom_components.vigilar.publish.rounds import Subscriber
from custom_components.vigilar.publish.source_views import SourceView
from custom_components.vigilar.publish.subscriptions import Timeline
from homeassistant.core import HomeAssistant

from ..events.common import BEGAN, make_event

ALL = Filter(EVERYTHING, None)


def _view(source_id: str) -> SourceView:
    """Return a source as clients see it."""
    return SourceView(
        info=SourceInfo(
            source_id=source_id, name=source_id, entity_id=f"event.{source_id}"
        ),
        kind=SourceKind.CAMERA,
    )


VIEWS = {source_id: _view(source_id) for source_id in ("front_door", "back_yard")}


@pytest.fixture
def timeline(hass: HomeAssistant) -> Iterable[Timeline]:
    """Return a timeline of two cameras, each with an event that nobody looked at."""
    store = Mock(unreviewed={"front_door": 1, "back_yard": 1})
    timeline = Timeline(hass, store, lambda: VIEWS)
    timeline.async_start()
    yield timeline
    timeline.close()


class Client:
    """A subscriber whose messages are kept."""

    def __init__(
        self, timeline: Timeline, user: MockUser, event_filter: Filter = ALL
    ) -> None:
        """Subscribe, with a snapshot of nothing."""
        self.messages: list[dict[str, Any]] = []
        connection = Mock(user=user)
        connection.send_message = lambda text: self.messages.append(json.loads(text))
        self.subscriber = Subscriber(connection, id(self) % 1000 + 1, event_filter)
        self.leave = timeline.add(self.subscriber)
        timeline.go_live(self.subscriber, 0)
        self.messages.clear()

    @property
    def told(self) -> list[tuple[int, str]]:
        """The numbers and sources of what it was told."""
        return [
            (event["payload"]["seq"], event["source_id"])
            for message in self.messages
            for event in message["event"].get("events", ())
        ]


def _change(seq: int, source_id: str = "front_door", **more: Any) -> Change:
    """Return a change of a new event."""
    event = make_event(BEGAN + seq, source_id=source_id, **more)
    event.payload["seq"] = seq
    return Change(seq, ChangeKind.NEW, event)


@pytest.fixture
def reader(hass_read_only_user: MockUser) -> MockUser:
    """Return a user who may see the back yard only."""
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {"event.back_yard": {"read": True}}}}
    )
    return hass_read_only_user


async def test_each_is_told_what_it_may_know_and_asked_for(
    hass: HomeAssistant,
    timeline: Timeline,
    hass_admin_user: MockUser,
    reader: MockUser,
) -> None:
    """In one round, whoever comes first; with the number of its own subscription."""
    people = Filter(EventQuery(types=frozenset({"person"})), None)
    clients = [
        Client(timeline, user, event_filter)
        for event_filter in (ALL, people)
        for user in (hass_admin_user, reader, hass_admin_user, reader)
    ]
    with patch.object(timeline, "_resting", Mock()):
        timeline.publish(_change(1))
        timeline.publish(_change(2, "back_yard"))
        timeline.publish(_change(3, "back_yard", event_type=EventType.PERSON))
    assert all(client.told == [] for client in clients)
    timeline._tell_all()

    front, yard, person = (1, "front_door"), (2, "back_yard"), (3, "back_yard")
    everything, few = [person, yard, front], [person, yard]
    expected = [everything, few, everything, few, [person], [person]] + [[person]] * 2
    assert [client.told for client in clients] == expected
    for client in clients:
        assert client.messages[0]["id"] == client.subscriber.msg_id
        assert client.messages[0]["event"]["seq"] == 3


async def test_what_is_alike_is_made_once(
    hass: HomeAssistant, timeline: Timeline, hass_admin_user: MockUser, reader: MockUser
) -> None:
    """However many clients there are of a user and a filter."""
    clients = [
        Client(timeline, user) for user in (hass_admin_user, reader) for _ in range(30)
    ]
    with patch.object(rounds.Audience, "split", autospec=True) as split:
        split.return_value = ([], ["gone"])
        timeline.publish(_change(1))
        while any(client.subscriber.waiting for client in clients):
            await hass.async_block_till_done()
    assert split.call_count == 2
    assert all(len(client.messages) == 1 for client in clients)


async def test_one_who_came_later_is_told_nothing_twice(
    timeline: Timeline, hass_admin_user: MockUser
) -> None:
    """What its snapshot had it is not told again with the others."""
    early = Client(timeline, hass_admin_user)
    late = Client(timeline, hass_admin_user)
    late.subscriber.seq = 1
    with patch.object(timeline, "_resting", Mock()):
        timeline.publish(_change(1))
        timeline.publish(_change(2))
    timeline._tell_all()
    assert early.told == [(2, "front_door"), (1, "front_door")]
    assert late.told == [(2, "front_door")]


async def test_many_are_told_in_slices(
    hass: HomeAssistant,
    timeline: Timeline,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others have a turn between; who leaves meanwhile is told nothing."""
    monkeypatch.setattr(subscriptions, "SLICE", 2)
    clients = [Client(timeline, hass_admin_user) for _ in range(5)]
    timeline.publish(_change(1))
    told = [client for client in clients if client.messages]
    assert len(told) == 2
    leaves = next(client for client in clients if not client.messages)
    leaves.leave()
    while any(each.subscriber.waiting for each in clients if each is not leaves):
        await hass.async_block_till_done()
    assert [len(client.messages) for client in clients] == [
        0 if client is leaves else 1 for client in clients
    ]


async def test_blind_periods_are_for_who_may_know(
    timeline: Timeline, hass_admin_user: MockUser, reader: MockUser
) -> None:
    """Of the front door only the administrator hears."""
    admin, other = Client(timeline, hass_admin_user), Client(timeline, reader)
    timeline.publish_blind(
        BlindPeriod("front_door", BEGAN, None, BlindReason.OFFLINE, id=7)
    )
    assert [len(m["event"]["blind"]) for m in admin.messages] == [1]
    assert other.messages == []
