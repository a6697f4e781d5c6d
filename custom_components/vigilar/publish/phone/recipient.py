"""A recipient subentry, as the rest wants to read it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from homeassistant.config_entries import ConfigSubentry

from ...const import (
    CONF_CAMERAS,
    CONF_CONDITIONS,
    CONF_COOLDOWN,
    CONF_CRITICAL_FROM,
    CONF_KIND,
    CONF_MIN_SEVERITY,
    CONF_PRESENCE,
    CONF_TARGET,
    CONF_TYPES,
    CONF_ZONES,
    NEVER,
)
from ...models import EventType, Severity


class TargetKind(StrEnum):
    """What a recipient stands for."""

    PERSON = "person"
    DEVICE = "device"
    ENTITY = "entity"


class Presence(StrEnum):
    """Whose being at home keeps a recipient from being told."""

    ALWAYS = "always"
    NOBODY_HOME = "nobody_home"
    PERSON_AWAY = "person_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is to be told, and of what.

    Attributes:
        id: The subentry that holds it.
        name: As shown to people.
        kind: What `target` is.
        target: Registry id or entity id of a person or of a notify entity, or
            the id of a device of the companion app.
        min_severity: What matters less is not sent.
        cameras: Only these sources; empty for all.
        types: Only these types; empty for all.
        zones: Of what moves only what was in one of these; empty for all.
        conditions: Entities that must all be on.
        presence: Whose being at home keeps it from being sent.
        cooldown_s: So long after an event of a camera its next one is not
            sent, unless it is more severe. 0 for none.
        critical_from: From this severity on silent mode is broken through;
            None for never.
    """

    id: str
    name: str
    kind: TargetKind
    target: str
    min_severity: Severity = Severity.WARNING
    cameras: frozenset[str] = frozenset()
    types: frozenset[EventType] = frozenset()
    zones: frozenset[str] = frozenset()
    conditions: tuple[str, ...] = ()
    presence: Presence = Presence.ALWAYS
    cooldown_s: int = 0
    critical_from: Severity | None = None

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a recipient subentry."""
        data = subentry.data
        critical_from = data[CONF_CRITICAL_FROM]
        return cls(
            id=subentry.subentry_id,
            name=subentry.title,
            kind=TargetKind(data[CONF_KIND]),
            target=data[CONF_TARGET],
            min_severity=Severity(data[CONF_MIN_SEVERITY]),
            cameras=frozenset(data[CONF_CAMERAS]),
            types=frozenset(EventType(item) for item in data[CONF_TYPES]),
            zones=frozenset(data[CONF_ZONES]),
            conditions=tuple(data[CONF_CONDITIONS]),
            presence=Presence(data[CONF_PRESENCE]),
            cooldown_s=int(data[CONF_COOLDOWN]),
            critical_from=None if critical_from == NEVER else Severity(critical_from),
        )
