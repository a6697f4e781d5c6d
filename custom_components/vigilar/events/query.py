"""What somebody asks for among the events, and which words an event is found by.

The same question is asked of stored events and of one that has just changed, so
both look at the same words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
import unicodedata

from ..models import Event

MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events are wanted: those that pass everything that is given.

    Attributes:
        source_ids: Only of these; None for all, empty for none.
        types: Only of these `EventType`s; None for all, empty for none.
        severities: Only of these `Severity`s; None for all, empty for none.
        zones: Only those that touched one of these; None for all.
        reviewed: Only those that were looked at, or that were not; None for all.
        reviewer: The id of the user whose marks count for `reviewed`; None for
            anybody's.
        words: Each must begin a word of the event; see `words_of`.
        start: Only those that began at or after it, Unix milliseconds.
        end: Only those that began before it, Unix milliseconds.
    """

    source_ids: frozenset[str] | None = None
    types: frozenset[str] | None = None
    severities: frozenset[str] | None = None
    zones: frozenset[str] | None = None
    reviewed: bool | None = None
    reviewer: str | None = None
    words: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None

    def matches(self, event: Event) -> bool:
        """Return whether an event passes, as it stands."""
        return (
            (self.source_ids is None or event.source_id in self.source_ids)
            and (self.types is None or event.type in self.types)
            and (self.severities is None or event.severity in self.severities)
            and (self.start is None or event.ts >= self.start)
            and (self.end is None or event.ts < self.end)
            and self._passes_zones(event)
            and self._passes_review(event)
            and self._passes_words(event)
        )

    def _passes_zones(self, event: Event) -> bool:
        """Return whether it touched a zone that is asked for."""
        return self.zones is None or not self.zones.isdisjoint(
            event.payload.get("zones", ())
        )

    def _passes_review(self, event: Event) -> bool:
        """Return whether it was looked at by whom, or by nobody, as is asked for."""
        if self.reviewed is None:
            return True
        users = reviewers_of(event.payload)
        seen = bool(users) if self.reviewer is None else self.reviewer in users
        return seen is self.reviewed

    def _passes_words(self, event: Event) -> bool:
        """Return whether every word begins one of the event's."""
        if not self.words:
            return True
        text = searchable(event.type, event.payload)
        return all(f" {word}" in text for word in self.words)


EVERYTHING: Final = EventQuery()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, accents and signs.

    Args:
        text: What somebody wrote, or what is said of an event.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return tuple(
        "".join(sign if sign.isalnum() else " " for sign in bare.casefold()).split()
    )


def searchable(event_type: str, payload: Mapping[str, Any]) -> str:
    """Return all words that an event is found by, each after a space.

    They are those of its name, labels, type, zones, reason, note and description.

    Args:
        event_type: Its `EventType`.
        payload: Its payload.
    """
    texts: Iterable[str] = (
        payload.get("name") or "",
        *(label["label"] for label in payload.get("labels", ())),
        event_type,
        *payload.get("zones", ()),
        payload.get("why") or "",
        payload.get("note", {}).get("text", ""),
        payload.get("description", {}).get("text", ""),
    )
    return "".join(f" {word}" for text in texts for word in words_of(text))


def reviewers_of(payload: Mapping[str, Any]) -> list[str]:
    """Return the ids of the users who looked at an event, by its payload."""
    return [review["user_id"] for review in payload.get("reviews", ())]
