"""The alarm's states and how time and people move it from one to the next.

Pure: it has no clock and no timers. Whoever keeps it asks for `deadline` and
calls `advance` when it has come, also after a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ..models import ArmMode

# Who arms for these is still in the house and has to leave it; for the others
# everybody is where they will be.
_LEAVING: Final = (ArmMode.AWAY, ArmMode.VACATION)


class AlarmState(StrEnum):
    """Where the alarm stands."""

    DISARMED = "disarmed"
    ARMING = "arming"
    """Armed as soon as everybody has had the time to leave."""
    ARMED = "armed"
    PENDING = "pending"
    """Somebody was seen, who still has the time to disarm."""
    TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """How long things take.

    Attributes:
        exit_s: From arming away or for a vacation until it counts, seconds.
        entry_s: From the first critical event until the alarm, seconds.
        ring_s: From the alarm until it is armed again by itself, seconds; 0
            for until somebody disarms it.
    """

    exit_s: float = 60.0
    entry_s: float = 30.0
    ring_s: float = 600.0


class Alarm:
    """One alarm; every method returns whether its state has changed."""

    def __init__(self, settings: AlarmSettings) -> None:
        """Begin disarmed."""
        self.settings = settings
        self.state = AlarmState.DISARMED
        self.mode = ArmMode.DISARMED
        self.deadline: int | None = None
        self.changed_by: str | None = None
        self.cause: str | None = None

    @property
    def guarding(self) -> ArmMode:
        """How much is to be made of what is seen: nothing while people leave."""
        leaving = self.state is AlarmState.ARMING
        return ArmMode.DISARMED if leaving else self.mode

    def arm(self, mode: ArmMode, by: str | None, now: int) -> bool:
        """Arm, or change how it is armed; an alarm that rings has to be disarmed first.

        Args:
            mode: How; not `DISARMED` and not `UNUSED`.
            by: Who, a name for people, or None.
            now: Unix milliseconds.
        """
        if self.state in (AlarmState.PENDING, AlarmState.TRIGGERED):
            return False
        if self.mode is mode:
            return False
        self.mode, self.changed_by, self.cause = mode, by, None
        if mode in _LEAVING and self.settings.exit_s > 0:
            self._enter(AlarmState.ARMING, now, self.settings.exit_s)
        else:
            self._enter(AlarmState.ARMED)
        return True

    def disarm(self, by: str | None) -> bool:
        """Disarm.

        Args:
            by: Who, a name for people, or None.
        """
        if self.state is AlarmState.DISARMED:
            return False
        self.mode, self.changed_by, self.cause = ArmMode.DISARMED, by, None
        self._enter(AlarmState.DISARMED)
        return True

    def trigger(self, cause: str, now: int, *, at_once: bool = False) -> bool:
        """Take note of what should not be; it counts only while armed.

        Args:
            cause: The id of the event, or what else triggered it.
            now: Unix milliseconds.
            at_once: Without the time to disarm, and even while disarmed:
                somebody has asked for the alarm.
        """
        wanted = at_once or self.state is AlarmState.ARMED
        if not wanted or self.state is AlarmState.TRIGGERED:
            return False
        self.cause = cause
        if at_once or self.settings.entry_s <= 0:
            self._ring(now)
        else:
            self._enter(AlarmState.PENDING, now, self.settings.entry_s)
        return True

    def advance(self, now: int) -> bool:
        """Do what was due by now, one step; call it until it returns False.

        Args:
            now: Unix milliseconds.
        """
        if self.deadline is None or now < self.deadline:
            return False
        due = self.deadline
        if self.state is AlarmState.PENDING:
            self._ring(due)
        elif self.mode is ArmMode.DISARMED:
            # It was rung by hand while nothing was guarded.
            self._enter(AlarmState.DISARMED)
        else:
            self._enter(AlarmState.ARMED)
        return True

    def as_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {
            "state": self.state.value,
            "mode": self.mode.value,
            "deadline": self.deadline,
            "changed_by": self.changed_by,
            "cause": self.cause,
        }

    @classmethod
    def from_dict(cls, settings: AlarmSettings, data: Mapping[str, Any]) -> Self:
        """Return an alarm as it was left."""
        alarm = cls(settings)
        alarm.state = AlarmState(data["state"])
        alarm.mode = ArmMode(data["mode"])
        alarm.deadline = data["deadline"]
        alarm.changed_by = data["changed_by"]
        alarm.cause = data["cause"]
        return alarm

    def _ring(self, now: int) -> None:
        """Begin to ring."""
        self._enter(AlarmState.TRIGGERED, now, self.settings.ring_s)

    def _enter(self, state: AlarmState, now: int = 0, seconds: float = 0) -> None:
        """Enter a state, for a while or for as long as nobody changes it."""
        self.state = state
        self.deadline = now + round(1000 * seconds) if seconds > 0 else None
