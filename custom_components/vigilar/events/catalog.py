"""Every event in a few numbers, in memory, in the order of the timeline.

Whatever is asked (a camera, a zone and a word, the unreviewed ones of a week) is
answered by comparing columns of numbers, so the time it takes depends neither on
what is asked nor on how much is found. The database keeps the truth: the catalog
is read from it at the start and follows what is committed.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..models import Severity
from .query import EventQuery

type Numbers = NDArray[np.int64]
type Flags = NDArray[np.bool_]

_SEVERITIES: Final = tuple(Severity)
_MATTERS: Final = _SEVERITIES.index(Severity.ALERT)
_COLUMNS: Final[Mapping[str, DTypeLike]] = {
    "ts": np.int64,
    "id": "S26",
    "kind": np.int32,
    "text": np.int32,
    "seen": np.bool_,
}
_FIRST_ROOM: Final = 1024
# A page is mostly found near where it is looked for.
_FIRST_LOOK: Final = 8192


class Kind(NamedTuple):
    """What many events have in common."""

    source_id: str
    type: str
    severity: int
    zones: tuple[str, ...]


class Entry(NamedTuple):
    """What the catalog knows of an event.

    Attributes:
        id: At most 26 ASCII characters.
        ts: When it began, Unix milliseconds.
        kind: Its source, type, severity and zones.
        text: The number of its text.
        reviewers: The ids of the users who looked at it.
    """

    id: str
    ts: int
    kind: Kind
    text: int
    reviewers: tuple[str, ...]


class Place(NamedTuple):
    """A place between two events: before the first one that is not less."""

    ts: int
    id: str = ""


class Catalog:
    """All events by `ts`, then `id`.

    Not safe for threads: it lives on the store's.
    """

    def __init__(self) -> None:
        """Begin without events."""
        self._size = 0
        self._columns: dict[str, NDArray[Any]] = {
            name: np.zeros(_FIRST_ROOM, dtype) for name, dtype in _COLUMNS.items()
        }
        # By user, as long as the columns.
        self._seen_by: dict[str, Flags] = {}
        self._kinds: list[Kind] = []
        self._codes: dict[Kind, int] = {}
        self._unreviewed: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return the number of events."""
        return self._size

    def unreviewed(self) -> dict[str, int]:
        """Return by source how many that matter, alert and above, nobody looked at."""
        return dict(+self._unreviewed)

    def load(self, batches: Iterable[Sequence[Entry]]) -> None:
        """Take all events, in order and in batches; the catalog must be empty."""
        for batch in batches:
            first, self._size = self._size, self._size + len(batch)
            self._make_room()
            part = slice(first, self._size)
            ids, times, kinds, texts, reviewers = zip(*batch, strict=True)
            values = (times, ids, [self._code(kind) for kind in kinds], texts)
            for name, column in zip(_COLUMNS, values, strict=False):
                self._columns[name][part] = column
            self._columns["seen"][part] = [bool(users) for users in reviewers]
            for user in {user for users in reviewers for user in users}:
                seen = [user in users for users in reviewers]
                self._column_of(user)[part] = seen
        unseen = self._column("kind")[~self._column("seen")]
        counts = np.bincount(unseen, minlength=len(self._kinds)).tolist()
        for kind, count in zip(self._kinds, counts, strict=True):
            if kind.severity >= _MATTERS:
                self._unreviewed[kind.source_id] += count

    def put(self, entry: Entry) -> None:
        """Take an event as it stands now."""
        place, known = self._find(entry)
        if known:
            self._count(place, -1)
        else:
            self._size += 1
            self._make_room()
            for column in self._all():
                column[place + 1 : self._size] = column[place : self._size - 1]
        values = (entry.ts, entry.id, self._code(entry.kind), entry.text)
        for name, value in zip(_COLUMNS, values, strict=False):
            self._columns[name][place] = value
        self._columns["seen"][place] = bool(entry.reviewers)
        for user in {*self._seen_by, *entry.reviewers}:
            self._column_of(user)[place] = user in entry.reviewers
        self._count(place, 1)

    def remove(self, places: Iterable[Place]) -> None:
        """Forget events, those of them that are there."""
        found = [self._find(place) for place in places]
        gone = [place for place, known in found if known]
        if not gone:
            return
        for place in gone:
            self._count(place, -1)
        first, size = min(gone), self._size - len(gone)
        stays = np.ones(self._size - first, np.bool_)
        stays[np.array(gone) - first] = False
        for column in self._all():
            column[first:size] = column[first : self._size][stays]
        self._size = size

    def older(
        self, query: EventQuery, texts: Flags, end: Place | None, limit: int
    ) -> list[str]:
        """Return the ids of the events before a place that pass, newest first.

        Args:
            query: What is asked.
            texts: By the number of a text whether it has the words that are asked
                for; unused without words.
            end: Where to begin to look back; None for the newest.
            limit: How many at most.
        """
        low, high = self._span(query)
        if end is not None:
            high = min(high, self._find(end)[0])
        passes = self._passer(query, texts)
        found: list[str] = []
        look = _FIRST_LOOK
        while low < high and len(found) < limit:
            first = max(low, high - look)
            places = np.flatnonzero(passes(slice(first, high)))[::-1]
            found += self._ids(places[: limit - len(found)] + first)
            high, look = first, look * 4
        return found

    def newer(
        self, query: EventQuery, texts: Flags, start: Place, limit: int
    ) -> list[str]:
        """Return the ids of the events from a place on that pass, nearest first."""
        low, high = self._span(query)
        low = max(low, self._find(start)[0])
        passes = self._passer(query, texts)
        found: list[str] = []
        look = _FIRST_LOOK
        while low < high and len(found) < limit:
            last = min(high, low + look)
            places = np.flatnonzero(passes(slice(low, last)))
            found += self._ids(places[: limit - len(found)] + low)
            low, look = last, look * 4
        return found

    def density(
        self, query: EventQuery, texts: Flags, bucket: int
    ) -> dict[str, list[list[int]]]:
        """Count the events that pass by source, time and severity.

        Args:
            query: What is asked; with `start` and `end`.
            texts: As for `older`.
            bucket: So many milliseconds are counted together, from `start` on.

        Returns:
            By source rows of the number of the bucket and one count a severity,
            least first; in order, and none that counts nothing.
        """
        assert query.start is not None
        assert query.end is not None
        if not self._kinds:
            return {}
        span = slice(*self._span(query))
        passed = self._passer(query, texts)(span)
        buckets = -(-(query.end - query.start) // bucket)
        kinds = self._columns["kind"][span][passed]
        numbers = (self._columns["ts"][span][passed] - query.start) // bucket
        names = sorted({kind.source_id for kind in self._kinds})
        order = {name: number for number, name in enumerate(names)}
        row_of = np.array([order[kind.source_id] for kind in self._kinds]) * buckets
        severity_of = np.array([kind.severity for kind in self._kinds])
        keys = (row_of[kinds] + numbers) * len(_SEVERITIES) + severity_of[kinds]
        counts = np.bincount(keys, minlength=len(names) * buckets * len(_SEVERITIES))
        table = counts.reshape(len(names), buckets, len(_SEVERITIES))
        counted: dict[str, list[list[int]]] = {}
        for name, rows in zip(names, table, strict=True):
            filled = np.flatnonzero(rows.any(axis=1))
            if filled.size:
                counted[name] = np.column_stack((filled, rows[filled])).tolist()
        return counted

    def days(
        self, query: EventQuery, texts: Flags, edges: Collection[int]
    ) -> list[tuple[int, int]]:
        """Count the events that pass between times.

        Args:
            query: What is asked.
            texts: As for `older`.
            edges: Unix milliseconds, ascending.

        Returns:
            For each pair of neighbouring edges how many events there are, and
            how many of them `query.reviewer`, or anybody, has not looked at.
        """
        limits = np.fromiter(edges, np.int64)
        low, high = np.searchsorted(self._column("ts"), limits[[0, -1]])
        span = slice(int(low), int(high))
        passed = self._passer(query, texts)(span)
        times = self._columns["ts"][span][passed]
        seen = self._seen(query.reviewer, span)[passed]
        numbers = np.searchsorted(limits, times, side="right") - 1
        size = len(limits) - 1
        counts = np.bincount(numbers, minlength=size)
        unseen = np.bincount(numbers[~seen], minlength=size)
        return list(zip(counts.tolist(), unseen.tolist(), strict=True))

    def _column(self, name: str) -> NDArray[Any]:
        """Return the part of a column that is in use."""
        return self._columns[name][: self._size]

    def _find(self, place: Entry | Place) -> tuple[int, bool]:
        """Return where an event is or would be, and whether it is there."""
        times = self._column("ts")
        first = int(np.searchsorted(times, place.ts))
        last = int(np.searchsorted(times, place.ts, side="right"))
        ids = self._columns["id"][first:last]
        wanted = place.id.encode()
        found = first + int(np.searchsorted(ids, np.bytes_(wanted)))
        return found, found < last and self._columns["id"][found] == wanted

    def _all(self) -> Iterator[NDArray[Any]]:
        """Yield every column, those of the users among them."""
        yield from self._columns.values()
        yield from self._seen_by.values()

    def _code(self, kind: Kind) -> int:
        """Return the number of a kind, new or not."""
        code = self._codes.setdefault(kind, len(self._kinds))
        if code == len(self._kinds):
            self._kinds.append(kind)
        return code

    def _column_of(self, user: str) -> Flags:
        """Return the column of what a user looked at, new or not."""
        if user not in self._seen_by:
            self._seen_by[user] = np.zeros(len(self._columns["ts"]), np.bool_)
        return self._seen_by[user]

    def _count(self, place: int, by: int) -> None:
        """Follow how many that matter nobody looked at."""
        kind = self._kinds[self._columns["kind"][place]]
        if kind.severity >= _MATTERS and not self._columns["seen"][place]:
            self._unreviewed[kind.source_id] += by

    def _make_room(self) -> None:
        """Make sure that as many fit as there are."""
        room = len(self._columns["ts"])
        if self._size <= room:
            return
        more = max(self._size, room * 5 // 4) - room
        for columns in (self._columns, self._seen_by):
            for name, column in columns.items():
                columns[name] = np.concatenate((column, np.zeros(more, column.dtype)))

    def _ids(self, places: Numbers) -> Iterator[str]:
        """Yield the ids at some places."""
        return (event_id.decode() for event_id in self._columns["id"][places].tolist())

    def _span(self, query: EventQuery) -> tuple[int, int]:
        """Return the first place in a query's time, and the first after it."""
        times = self._column("ts")
        low = 0 if query.start is None else int(np.searchsorted(times, query.start))
        high = (
            self._size if query.end is None else int(np.searchsorted(times, query.end))
        )
        return low, max(low, high)

    def _passer(self, query: EventQuery, texts: Flags) -> Callable[[slice], Flags]:
        """Return what tells which events of a part pass, whenever they began."""
        kinds = np.array([_passes(query, kind) for kind in self._kinds], np.bool_)

        def passes(part: slice) -> Flags:
            """Compare the columns of a part."""
            flags: Flags = (
                np.ones(part.stop - part.start, np.bool_)
                if kinds.all()
                else kinds[self._columns["kind"][part]]
            )
            if query.words:
                flags &= texts[self._columns["text"][part]]
            if query.reviewed is not None:
                flags &= self._seen(query.reviewer, part) == query.reviewed
            return flags

        return passes

    def _seen(self, reviewer: str | None, part: slice) -> Flags:
        """Return which events of a part somebody, or a certain user, looked at."""
        if reviewer is None:
            return self._columns["seen"][part]
        column = self._seen_by.get(reviewer)
        if column is None:
            return np.zeros(part.stop - part.start, np.bool_)
        return column[part]


def _passes(query: EventQuery, kind: Kind) -> bool:
    """Return whether events of a kind can pass."""
    return (
        (query.source_ids is None or kind.source_id in query.source_ids)
        and (query.types is None or kind.type in query.types)
        and (query.severities is None or _SEVERITIES[kind.severity] in query.severities)
        and (query.zones is None or not query.zones.isdisjoint(kind.zones))
    )
