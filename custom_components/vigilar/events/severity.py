"""How much an event matters in the situation in which it happens.

One table: the type of an event by the state of the alarm. What the user knows
of the house bends it a step: zones, nobody at home, the dark, and a light that
Home Assistant switched itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..models import SENSOR_TYPES, ArmMode, EventType, Severity

type Table = Mapping[EventType, Mapping[ArmMode, Severity]]

_INFO, _WARNING, _ALERT, _CRITICAL = Severity
_RANKS: Final = tuple(Severity)

_MODES: Final = (
    ArmMode.UNUSED,
    ArmMode.DISARMED,
    ArmMode.HOME,
    ArmMode.NIGHT,
    ArmMode.AWAY,
    ArmMode.VACATION,
)


def _row(*severities: Severity) -> dict[ArmMode, Severity]:
    """Return a row of the table, in the order of the modes."""
    return dict(zip(_MODES, severities, strict=True))


def _always(severity: Severity) -> dict[ArmMode, Severity]:
    """Return a row that does not ask for the alarm."""
    return dict.fromkeys(_MODES, severity)


DEFAULT_TABLE: Final[Table] = {
    # Without an alarm; disarmed, home, night; away, vacation.
    EventType.PERSON: _row(_ALERT, _INFO, _WARNING, _ALERT, _CRITICAL, _CRITICAL),
    EventType.VEHICLE: _row(_WARNING, _INFO, _INFO, _WARNING, _ALERT, _ALERT),
    EventType.ANIMAL: _always(_INFO),
    EventType.MOTION: _row(_INFO, _INFO, _INFO, _INFO, _WARNING, _WARNING),
    EventType.CAMERA_TAMPERED: _row(
        _ALERT, _WARNING, _ALERT, _ALERT, _CRITICAL, _CRITICAL
    ),
    EventType.CAMERA_OFFLINE: _row(
        _WARNING, _WARNING, _WARNING, _ALERT, _ALERT, _ALERT
    ),
    EventType.CAMERA_ONLINE: _always(_INFO),
    EventType.ALARM_ARMED: _always(_INFO),
    EventType.ALARM_DISARMED: _always(_INFO),
    EventType.ALARM_TRIGGERED: _always(_CRITICAL),
    EventType.ALARM_LOCKED_OUT: _always(_ALERT),
    EventType.DOOR_OPENED: _row(_INFO, _INFO, _ALERT, _CRITICAL, _CRITICAL, _CRITICAL),
    EventType.WINDOW_OPENED: _row(
        _INFO, _INFO, _ALERT, _CRITICAL, _CRITICAL, _CRITICAL
    ),
    EventType.GATE_OPENED: _row(_INFO, _INFO, _INFO, _WARNING, _ALERT, _ALERT),
    EventType.GARAGE_OPENED: _row(_INFO, _INFO, _WARNING, _ALERT, _CRITICAL, _CRITICAL),
    EventType.LOCK_UNLOCKED: _row(_INFO, _INFO, _INFO, _WARNING, _ALERT, _ALERT),
    EventType.LOCK_JAMMED: _row(_WARNING, _WARNING, _WARNING, _ALERT, _ALERT, _ALERT),
    EventType.GLASS_BROKEN: _row(
        _ALERT, _ALERT, _CRITICAL, _CRITICAL, _CRITICAL, _CRITICAL
    ),
    EventType.SMOKE: _always(_CRITICAL),
    EventType.CARBON_MONOXIDE: _always(_CRITICAL),
    EventType.GAS: _always(_CRITICAL),
    EventType.WATER_LEAK: _always(_ALERT),
    EventType.DOORBELL: _row(_WARNING, _WARNING, _WARNING, _ALERT, _WARNING, _WARNING),
    EventType.PRESENCE: _row(_INFO, _INFO, _INFO, _INFO, _CRITICAL, _CRITICAL),
    EventType.SOUND: _row(_INFO, _INFO, _INFO, _INFO, _WARNING, _WARNING),
    EventType.VIBRATION: _row(_INFO, _INFO, _WARNING, _WARNING, _ALERT, _ALERT),
    EventType.TAMPER: _row(_ALERT, _WARNING, _ALERT, _ALERT, _CRITICAL, _CRITICAL),
    EventType.PANIC: _always(_CRITICAL),
    EventType.PROBLEM: _always(_WARNING),
    EventType.SENSOR_OFFLINE: _row(_INFO, _INFO, _WARNING, _WARNING, _ALERT, _ALERT),
    EventType.MANUAL: _always(_INFO),
}

# What a user sets in the table; the alarm's own events mean what they say.
SENSORS_SET_BY_USER: Final = tuple(
    event_type for event_type in EventType if event_type in SENSOR_TYPES
)
SET_BY_USER: Final = (
    EventType.PERSON,
    EventType.VEHICLE,
    EventType.ANIMAL,
    EventType.MOTION,
    EventType.CAMERA_TAMPERED,
    EventType.CAMERA_OFFLINE,
)

# What can be in a zone, and what a light explains.
_SEEN: Final = (
    EventType.PERSON,
    EventType.VEHICLE,
    EventType.ANIMAL,
    EventType.MOTION,
)

# What somebody who walks around to try it all out sets off. Fire and the like is no test.
WALKED: Final = frozenset(
    {
        *_SEEN,
        EventType.DOOR_OPENED,
        EventType.WINDOW_OPENED,
        EventType.GATE_OPENED,
        EventType.GARAGE_OPENED,
        EventType.LOCK_UNLOCKED,
        EventType.DOORBELL,
        EventType.PRESENCE,
        EventType.SOUND,
        EventType.VIBRATION,
    }
)

_WHILE: Final = {
    ArmMode.DISARMED: "while disarmed",
    ArmMode.HOME: "while armed for home",
    ArmMode.NIGHT: "while armed for the night",
    ArmMode.AWAY: "while armed away",
    ArmMode.VACATION: "while armed for a vacation",
}


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """What a user has said of how much events matter.

    Attributes:
        table: Severities by type and mode; what is missing is as by default.
        empty_house: The mode that counts while the alarm is disarmed and
            nobody is at home; `DISARMED` changes nothing.
        dark_raises: A person or a vehicle that is only info is a warning after dark.
        important: Names of zones in which things matter a step more.
        unimportant: Names of zones in which they matter a step less.
    """

    table: Table = field(default_factory=lambda: DEFAULT_TABLE)
    empty_house: ArmMode = ArmMode.DISARMED
    dark_raises: bool = True
    important: frozenset[str] = frozenset()
    unimportant: frozenset[str] = frozenset()

    def severity(self, event_type: EventType, mode: ArmMode) -> Severity:
        """Return what the table says."""
        row = self.table.get(event_type, {})
        return row.get(mode, DEFAULT_TABLE[event_type][mode])


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the house at the moment.

    Attributes:
        mode: How the alarm is armed.
        nobody_home: Nobody is at home, as far as Home Assistant knows.
        dark: The sun is down.
        cause: What Home Assistant itself has just done in the camera's area
            and what explains a change of light, in words; empty for nothing.
        rules: What the user has said.
        neighbourhood: Names the place of the source: the same for all whose
            areas touch; None for one that is nowhere.
        test: Somebody walks around to try it all out: what that sets off is
            not to matter.
    """

    mode: ArmMode = ArmMode.UNUSED
    nobody_home: bool = False
    dark: bool = False
    cause: str = ""
    rules: SeverityRules = field(default_factory=SeverityRules)
    neighbourhood: str | None = None
    test: bool = False


class Judgement(NamedTuple):
    """How much an event matters.

    Attributes:
        severity: The verdict.
        why: One sentence; empty when the situation played no part.
    """

    severity: Severity
    why: str


def judge(
    event_type: EventType, zones: Iterable[str], situation: Situation
) -> Judgement:
    """Decide how much an event matters.

    Args:
        event_type: What happened.
        zones: Where, by the names of zones.
        situation: In which situation.
    """
    rules = situation.rules
    if event_type is EventType.MOTION and situation.cause:
        return Judgement(_INFO, _sentence(_INFO, f"because {situation.cause}"))
    mode = situation.mode
    reasons = []
    empty = (
        mode is ArmMode.DISARMED
        and situation.nobody_home
        and rules.empty_house is not ArmMode.DISARMED
    )
    if empty:
        mode = rules.empty_house
    severity = rules.severity(event_type, mode)
    if event_type in _SEEN:
        severity, place = _by_zone(severity, zones, rules)
        reasons += place
        if situation.dark and _dark_counts(event_type, severity, mode, rules):
            severity = _WARNING
            reasons.append("after dark")
    if empty:
        reasons.append("while nobody is at home")
    elif mode is not ArmMode.UNUSED:
        reasons.append(_WHILE[mode])
    return Judgement(severity, _sentence(severity, " ".join(reasons)))


def judge_test(
    event_type: EventType, zones: Iterable[str], situation: Situation
) -> Judgement:
    """Say of a test how much it would matter; it does not. Arguments as of `judge`."""
    severity, why = judge(event_type, zones, situation)
    told = f"A test, else {severity.value}."
    return Judgement(_INFO, f"{told} {why}" if why else told)


def _by_zone(
    severity: Severity, zones: Iterable[str], rules: SeverityRules
) -> tuple[Severity, list[str]]:
    """Return the severity by the zone that matters most, and which it was."""
    zones = list(zones)
    for name in zones:
        if name in rules.important:
            return _step(severity, 1), [f"in zone {name}"]
    # One place that does not matter less is enough to matter.
    if zones and all(name in rules.unimportant for name in zones):
        return _step(severity, -1), [f"in zone {zones[0]}"]
    return severity, []


def _dark_counts(
    event_type: EventType, severity: Severity, mode: ArmMode, rules: SeverityRules
) -> bool:
    """Return whether the dark makes more of it."""
    return (
        rules.dark_raises
        and severity is _INFO
        and mode is not ArmMode.UNUSED
        and event_type in (EventType.PERSON, EventType.VEHICLE)
    )


def _step(severity: Severity, steps: int) -> Severity:
    """Return the severity so many steps higher, within the scale."""
    rank = _RANKS.index(severity) + steps
    return _RANKS[min(max(rank, 0), len(_RANKS) - 1)]


def _sentence(severity: Severity, reason: str) -> str:
    """Say what the verdict is and why; nothing when there is no reason."""
    return f"{severity.value.capitalize()} {reason}." if reason else ""


def strongest(severities: Collection[Severity]) -> Severity:
    """Return the highest of some severities."""
    return max(severities, key=_RANKS.index)
