"""What a client of the timeline asks for, and what of it the user may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User

from ..access import may_read
from ..events.query import MAX_TEXT, EventQuery, words_of
from ..models import EventType, Severity, SourceInfo

MAX_NAMES: Final = 500
MAX_NAME: Final = 255
# The last day that a date can name.
MAX_TS: Final = 253_402_300_799_999

ULID: Final = r"^[0-9A-HJKMNP-TV-Z]{26}\Z"

EVENT_ID: Final = vol.All(str, vol.Match(ULID))
TIME: Final = vol.All(int, vol.Range(min=0, max=MAX_TS))
NAMES: Final = vol.All(
    [vol.All(str, vol.Length(max=MAX_NAME))], vol.Length(max=MAX_NAMES)
)

FILTER_SCHEMA: Final = {
    vol.Optional("source_ids"): NAMES,
    vol.Optional("area_ids"): NAMES,
    vol.Optional("types"): [vol.In([event_type.value for event_type in EventType])],
    vol.Optional("severities"): [vol.In([severity.value for severity in Severity])],
    vol.Optional("zones"): NAMES,
    vol.Optional("reviewed"): bool,
    vol.Optional("review_scope", default="anyone"): vol.In(["anyone", "me"]),
    vol.Optional("text"): vol.All(str, vol.Length(max=MAX_TEXT)),
}
SPAN_SCHEMA: Final = {vol.Optional("start"): TIME, vol.Optional("end"): TIME}
WHOLE_SPAN_SCHEMA: Final = {vol.Required("start"): TIME, vol.Required("end"): TIME}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a client wants to see.

    Attributes:
        query: Whatever the house is like.
        area_ids: Only what is in these areas now; None for all.
    """

    query: EventQuery
    area_ids: frozenset[str] | None

    @classmethod
    def of(cls, msg: Mapping[str, Any], user: User | None) -> Filter:
        """Read the filter of a message.

        Args:
            msg: Has passed `FILTER_SCHEMA`, and maybe `SPAN_SCHEMA`.
            user: Who asks; None for an automation, which has marked nothing.
        """
        mine = user if msg["review_scope"] == "me" else None
        query = EventQuery(
            source_ids=_names(msg, "source_ids"),
            types=_names(msg, "types"),
            severities=_names(msg, "severities"),
            zones=_names(msg, "zones"),
            reviewed=msg.get("reviewed"),
            reviewer=None if mine is None else mine.id,
            words=words_of(msg.get("text", "")),
            start=msg.get("start"),
            end=msg.get("end"),
        )
        return cls(query, _names(msg, "area_ids"))

    def resolve(
        self, sources: Mapping[str, SourceInfo], readable: frozenset[str] | None
    ) -> EventQuery:
        """Return the query for the house as it is.

        Args:
            sources: All of them.
            readable: The ids of those that the user may know of; None for all,
                also those that are gone.
        """
        allowed = [ids for ids in (self.query.source_ids, readable) if ids is not None]
        if self.area_ids is not None:
            allowed.append(
                frozenset(
                    source.source_id
                    for source in sources.values()
                    if source.area_id in self.area_ids
                )
            )
        if not allowed:
            return self.query
        return replace(self.query, source_ids=frozenset.intersection(*allowed))


def readable_ids(
    user: User | None, sources: Iterable[SourceInfo]
) -> frozenset[str] | None:
    """Return the ids of the sources that a user may know of; None for all.

    Args:
        user: Who asks; None for an automation, which may know everything.
        sources: All of them.
    """
    if user is None or user.is_admin:
        return None
    return frozenset(source.source_id for source in sources if may_read(user, source))


def _names(msg: Mapping[str, Any], key: str) -> frozenset[str] | None:
    """Return a set of names that a message has, or None if it has not."""
    return frozenset(msg[key]) if key in msg else None
