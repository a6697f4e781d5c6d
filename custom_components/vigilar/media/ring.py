"""The newest packets of a camera, kept in memory until an event may need them."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
import threading
from typing import Any, Final

import av

MAX_TAKEN: Final = 500
"""Packets that a reader takes at a time, so that it holds little beside the ring."""

# Longer than this between two packets the camera was away.
_PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What all packets of one kind and connection have in common; compared by identity.

    Attributes:
        codec: FFmpeg's name.
        sound: It holds sound, not pictures.
        extradata: What the decoder must know before the first packet; may be empty.
        rate: Samples of sound a second.
    """

    codec: str
    sound: bool = False
    extradata: bytes = b""
    rate: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A packet in the ring.

    Attributes:
        data: The packet as it came; its bytes are shared with who else holds it.
        track: Where it belongs.
        media: Time of decoding, seconds from anywhere; never falls.
        at: The same as Unix time, seconds.
        lead: How much later than `media` it is shown, seconds.
        keyframe: It can be decoded without those before it.
        size: Bytes.
    """

    data: av.Packet[Any] | bytes
    track: Track
    media: float
    at: float
    lead: float
    keyframe: bool
    size: int


@dataclass(slots=True)
class _Group:
    """A keyframe and what depends on it."""

    number: int
    at: float
    entries: list[Entry] = field(default_factory=list)
    size: int = 0

    def shows(self, at: float) -> bool:
        """Return whether it is what was on at a time, Unix seconds, or began later."""
        return self.entries[-1].at >= at - _PAUSE_S


@dataclass(slots=True, eq=False)
class Cursor:
    """How far a reader has come; the ring keeps what is ahead of it.

    Attributes:
        number: Of the next packet.
    """

    number: int


class PacketRing:
    """Whole groups of pictures, oldest first; thread-safe.

    It keeps as much as `keep_s` asks for, and more while a reader is behind, but
    never more than `capacity`: then the oldest groups go, whoever needs them.
    """

    def __init__(self, capacity: int, keep_s: float) -> None:
        """Create an empty ring.

        Args:
            capacity: Bytes of packets.
            keep_s: Seconds.
        """
        self._capacity = capacity
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._groups: deque[_Group] = deque()
        self._cursors: list[Cursor] = []
        self._next = 0
        self._size = 0
        self._dropping = True

    @property
    def size(self) -> int:
        """Return the bytes that are held."""
        return self._size

    def configure(self, capacity: int, keep_s: float) -> None:
        """Keep more or less from the next packet on."""
        with self._lock:
            self._capacity, self._keep_s = capacity, keep_s

    def append(self, entry: Entry) -> None:
        """Take the next packet; one that no keyframe precedes is passed over."""
        with self._lock:
            if entry.keyframe and not entry.track.sound:
                self._groups.append(_Group(self._next, entry.at))
                self._dropping = False
            elif self._dropping:
                return
            group = self._groups[-1]
            group.entries.append(entry)
            group.size += entry.size
            self._size += entry.size
            self._next += 1
            self._trim(entry.at)

    def interrupt(self) -> None:
        """Pass packets over until the next keyframe."""
        with self._lock:
            self._dropping = True

    def open(self, at: float) -> Cursor:
        """Begin to read at the keyframe before a time.

        Args:
            at: Unix seconds; the oldest keyframe if all are later.

        Returns:
            Where to read on; to be closed.
        """
        with self._lock:
            cursor = Cursor(self._number_before(at))
            self._cursors.append(cursor)
            return cursor

    def take(self, cursor: Cursor) -> tuple[list[Entry], bool]:
        """Read on.

        Returns:
            The next packets, `MAX_TAKEN` at most, and whether some before them were
            lost because the reader was too slow; then the first is a keyframe.
        """
        with self._lock:
            first = self._groups[0].number if self._groups else self._next
            missed = cursor.number < first
            number = max(first, cursor.number)
            entries = list(islice(self._since(number), MAX_TAKEN))
            cursor.number = number + len(entries)
            return entries, missed

    def close(self, cursor: Cursor) -> None:
        """End the reading."""
        with self._lock:
            self._cursors.remove(cursor)

    def between(self, start: float, end: float) -> list[Entry]:
        """Return the packets of a time, from the keyframe before its start on.

        Args:
            start: Unix seconds.
            end: Unix seconds.
        """
        with self._lock:
            entries = list(self._since(self._number_before(start)))
        return [entry for entry in entries if entry.at <= end]

    def _number_before(self, at: float) -> int:
        """Return the number of the keyframe before a time, else of the first after it."""
        number = self._next
        for group in reversed(self._groups):
            if not group.shows(at):
                break
            number = group.number
            if group.at <= at:
                break
        return number

    def _since(self, number: int) -> Iterator[Entry]:
        """Return the packets from one on."""
        parts: list[Iterable[Entry]] = []
        for group in reversed(self._groups):
            skipped = number - group.number
            parts.append(islice(group.entries, max(0, skipped), None))
            if skipped >= 0:
                break
        return chain.from_iterable(reversed(parts))

    def _trim(self, now: float) -> None:
        """Drop the groups that are too old, and those that are too many."""
        groups = self._groups
        while len(groups) > 1 and (
            self._size > self._capacity
            or (groups[1].at <= now - self._keep_s and not self._is_needed(groups[1]))
        ):
            self._size -= groups.popleft().size
        if self._size > self._capacity:
            groups.clear()
            self._size = 0
            self._dropping = True

    def _is_needed(self, following: _Group) -> bool:
        """Return whether a reader has not come to a group yet."""
        return any(cursor.number < following.number for cursor in self._cursors)
