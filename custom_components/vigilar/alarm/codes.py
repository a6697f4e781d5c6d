"""Codes, a code a person: only hashes are kept, and guessing takes years."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import bcrypt

MIN_LENGTH: Final = 4
# bcrypt itself looks at no more.
MAX_BYTES: Final = 72

MAX_FAILURES: Final = 5
FAILURE_WINDOW_MS: Final = 300_000
LOCKOUT_MS: Final = 900_000

# Twelve rounds double eleven's work: a quarter of a second on a small machine.
_ROUNDS: Final = 11


@dataclass(frozen=True, slots=True)
class Code:
    """A person's code.

    Attributes:
        name: The person's.
        digest: bcrypt's hash of the code.
    """

    name: str
    digest: str


class Verdict(StrEnum):
    """What was made of an attempt."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    """Nobody's code is looked at for a while."""
    LOCKED_NOW = "locked_now"
    """It was wrong, and one too many."""


def hash_code(code: str) -> str:
    """Return a code's hash; takes a quarter of a second and belongs in a thread.

    Raises:
        ValueError: It is too short or too long.
    """
    data = code.encode()
    if len(code) < MIN_LENGTH or len(data) > MAX_BYTES:
        raise ValueError("a code has 4 characters at least and 72 bytes at most")
    return bcrypt.hashpw(data, bcrypt.gensalt(_ROUNDS)).decode()


def find_code(code: str, codes: Iterable[Code]) -> Code | None:
    """Return whose code it is, or None; takes as long for a wrong as for a right one.

    Every hash is compared, in constant time each, so that the time tells
    nothing. Belongs in a thread.
    """
    data = code.encode()[:MAX_BYTES]
    found = None
    for candidate in codes:
        if bcrypt.checkpw(data, candidate.digest.encode()):
            found = candidate
    return found


class Throttle:
    """Locks the keypad for a while after too many wrong codes."""

    def __init__(self) -> None:
        """Begin with none."""
        self._failures: deque[int] = deque(maxlen=MAX_FAILURES)
        self._locked_until = 0

    def locked(self, now: int) -> bool:
        """Return whether no code is looked at, `now` in Unix milliseconds."""
        return now < self._locked_until

    def judge(self, *, right: bool, now: int) -> Verdict:
        """Take note of an attempt.

        Args:
            right: Whether the code was somebody's.
            now: Unix milliseconds.
        """
        if self.locked(now):
            return Verdict.LOCKED
        if right:
            self._failures.clear()
            return Verdict.RIGHT
        self._failures.append(now)
        recent = [at for at in self._failures if now - at < FAILURE_WINDOW_MS]
        if len(recent) < MAX_FAILURES:
            return Verdict.WRONG
        self._failures.clear()
        self._locked_until = now + LOCKOUT_MS
        return Verdict.LOCKED_NOW

    def as_dict(self) -> dict[str, object]:
        """Return what has to survive a restart, as JSON."""
        return {
            "failures": list(self._failures),
            "locked_until": self._locked_until,
        }

    def restore(self, failures: Iterable[int], locked_until: int) -> None:
        """Go on as it was left: a restart must not be a way around the lock."""
        self._failures.extend(failures)
        self._locked_until = locked_until
