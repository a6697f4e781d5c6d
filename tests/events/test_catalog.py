"""The catalog answers as looking at every event would."""

from collections import Counter
from dataclasses import replace
import itertools

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.vigilar.events.catalog import Catalog, Entry, Kind, Place
from custom_components.vigilar.events.query import EventQuery, words_of
from custom_components.vigilar.events.records import SEVERITIES, Stored
from custom_components.vigilar.models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    Severity,
)

from .common import BEGAN

SOURCES = ("a", "b", "c")
ZONES = ("Drive", "Porch")
USERS = ("anna", "bert")
NO_TEXTS = np.zeros(0, np.bool_)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Return events in the order in which they are stored, some of them twice."""
    made = [
        Event(
            id=f"{draw(st.integers(0, 9))}{number:025}",
            ts=BEGAN + draw(st.integers(0, 30)),
            type=draw(st.sampled_from([EventType.MOTION, EventType.PERSON])),
            severity=draw(st.sampled_from(Severity)),
            source_id=draw(st.sampled_from(SOURCES)),
            payload={
                "zones": draw(st.lists(st.sampled_from(ZONES), unique=True)),
                "reviews": [
                    {"user_id": user}
                    for user in draw(st.lists(st.sampled_from(USERS), unique=True))
                ],
            },
        )
        for number in range(draw(st.integers(0, 25)))
    ]
    again = [
        replace(event, severity=draw(st.sampled_from(Severity)))
        for event in draw(
            st.lists(st.sampled_from(made), max_size=5) if made else st.just([])
        )
    ]
    return made + again


def names(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str] | None]:
    """Return a filter by names, or none."""
    return st.none() | st.frozensets(st.sampled_from(values))


QUERIES = st.builds(
    EventQuery,
    source_ids=names((*SOURCES, "gone")),
    types=names(("motion", "person")),
    severities=names(tuple(Severity)),
    zones=names(ZONES),
    reviewed=st.none() | st.booleans(),
    reviewer=st.none() | st.sampled_from((*USERS, "nobody")),
    start=st.none() | st.integers(BEGAN, BEGAN + 30),
    end=st.none() | st.integers(BEGAN, BEGAN + 30),
)


def entry_of(event: Event) -> Entry:
    """Return what the catalog is to know of an event."""
    return Stored(Change(0, ChangeKind.NEW, event), 0).entry()


def filled(stored: list[Event], *, at_start: bool) -> tuple[Catalog, list[Event]]:
    """Return a catalog of events and what is in it, in order."""
    known = {event.id: event for event in stored}
    inside = sorted(known.values(), key=lambda event: (event.ts, event.id))
    catalog = Catalog()
    if at_start:
        entries = [entry_of(event) for event in inside]
        catalog.load(entries[n : n + 7] for n in range(0, len(entries), 7))
    else:
        for event in stored:
            catalog.put(entry_of(event))
    return catalog, inside


@given(events(), QUERIES, st.booleans(), st.integers(0, 31), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_pages_are_those_of_a_list(
    stored: list[Event], query: EventQuery, at_start: bool, ts: int, limit: int
) -> None:
    """In both directions, from the newest, from a time and from an event."""
    catalog, inside = filled(stored, at_start=at_start)
    passing = [event for event in inside if query.matches(event)]
    places = [Place(BEGAN + ts), *(Place(e.ts, e.id) for e in inside[:3])]
    newest = [event.id for event in passing[::-1][:limit]]
    assert catalog.older(query, NO_TEXTS, None, limit) == newest
    for place in places:
        before = [e.id for e in passing if (e.ts, e.id) < place]
        assert catalog.older(query, NO_TEXTS, place, limit) == before[::-1][:limit]
        since = [e.id for e in passing if (e.ts, e.id) >= place]
        assert catalog.newer(query, NO_TEXTS, place, limit) == since[:limit]


@given(events(), QUERIES, st.booleans(), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_a_list(
    stored: list[Event], query: EventQuery, at_start: bool, bucket: int
) -> None:
    """Density and days count each event once, where it belongs."""
    catalog, inside = filled(stored, at_start=at_start)
    query = replace(query, start=BEGAN + 2, end=BEGAN + 29)
    passing = [event for event in inside if query.matches(event)]
    wanted = Counter(
        (e.source_id, (e.ts - BEGAN - 2) // bucket, SEVERITIES.index(e.severity))
        for e in passing
    )
    density = catalog.density(query, NO_TEXTS, bucket)
    assert wanted == {
        (source_id, row[0], rank): count
        for source_id, rows in density.items()
        for row in rows
        for rank, count in enumerate(row[1:])
        if count
    }
    for rows in density.values():
        assert rows == sorted(rows)
        assert all(any(row[1:]) for row in rows)
    edges = [BEGAN + 2, BEGAN + 10, BEGAN + 29]
    unseen = replace(query, reviewed=False)
    assert catalog.days(query, NO_TEXTS, edges) == [
        (
            sum(low <= e.ts < high for e in passing),
            sum(low <= e.ts < high and unseen.matches(e) for e in passing),
        )
        for low, high in itertools.pairwise(edges)
    ]


@given(events(), st.booleans(), st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_gone_is_gone(
    stored: list[Event], at_start: bool, data: st.DataObject
) -> None:
    """Of any part that is removed nothing is found or counted any more."""
    catalog, inside = filled(stored, at_start=at_start)
    gone = data.draw(
        st.lists(st.sampled_from(inside), unique_by=id) if inside else st.just([])
    )
    catalog.remove([Place(event.ts, event.id) for event in gone])
    catalog.remove([Place(BEGAN, "no such event")])
    left = [event for event in inside if event not in gone]
    assert len(catalog) == len(left)
    found = catalog.newer(EventQuery(), NO_TEXTS, Place(0), 99)
    assert found == [event.id for event in left]
    assert catalog.unreviewed() == Counter(
        event.source_id
        for event in left
        if SEVERITIES.index(event.severity) >= 2 and not event.payload["reviews"]
    )
    for event in left:
        seen = EventQuery(reviewed=True, reviewer="anna")
        assert (event.id in catalog.older(seen, NO_TEXTS, None, 99)) == seen.matches(
            event
        )


def test_it_grows_and_finds_far_back() -> None:
    """What lies further back than the first look is found, too, in both directions."""
    catalog = Catalog()
    kinds = [Kind("a", "motion", 0, ()), Kind("b", "person", 2, ())]
    entries = [
        Entry(f"{n:026}", BEGAN + n, kinds[n in (5, 49_995)], 0, ())
        for n in range(50_000)
    ]
    catalog.load([entries[:30_000], entries[30_000:]])
    catalog.put(Entry("x", BEGAN + 50_000, kinds[0], 0, ("anna",)))
    query = EventQuery(source_ids=frozenset("b"))
    ids = [f"{n:026}" for n in (5, 49_995)]
    assert catalog.newer(query, NO_TEXTS, Place(0), 9) == ids
    assert catalog.older(query, NO_TEXTS, None, 9) == ids[::-1]
    assert catalog.older(query, NO_TEXTS, None, 1) == ids[1:]
    assert catalog.unreviewed() == {"b": 2}
    seen = EventQuery(reviewed=True, reviewer="anna")
    assert catalog.older(seen, NO_TEXTS, None, 9) == ["x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Front  Door", ("front", "door")),
        ("Müllers Garage-Tür!", ("mullers", "garage", "tur")),
        ("STRASSE Straße", ("strasse", "strasse")),
        ('87 % *" OR 1=1; --', ("87", "or", "1", "1")),
        ("玄関 カメラ", ("玄関", "カメラ")),
        (" \n\t ", ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    """Words have neither case, accents nor signs."""
    assert words_of(text) == words
