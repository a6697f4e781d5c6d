"""What is said of an event: seen, what it was, a note, a description.

Amendments of its payload.

`EventProcessor.revise` carries them out, so that they are stored, numbered and
published as every other change is.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from .processor import Amend

MAX_REVIEWS: Final = 50
MAX_NOTE: Final = 2000


class Verdict(StrEnum):
    """What an event was, as somebody says who knows."""

    FALSE_ALARM = "false_alarm"
    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    PACKAGE = "package"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who says it, and when.

    Attributes:
        user_id: The user; empty if nobody knows which.
        by: A name for people.
        ts: Unix milliseconds.
    """

    user_id: str
    by: str
    ts: int


def seen(reviewer: Reviewer) -> Amend:
    """Return the amendment that somebody has looked at an event.

    The first time counts, and only so many people are kept.
    """
    return partial(_seen, reviewer)


def unseen(user_id: str) -> Amend:
    """Return the amendment that a user takes his own mark back."""
    return partial(_unseen, user_id)


def judged(verdict: Verdict, reviewer: Reviewer) -> Amend:
    """Return the amendment by what somebody says that an event was.

    Who calls it a false alarm has looked at it.
    """
    return partial(_judged, verdict, reviewer)


def unjudged(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload of which nobody has said what it was."""
    return _without(payload, "feedback")


def noted(text: str, reviewer: Reviewer) -> Amend:
    """Return the amendment by a note; an empty one takes it away."""
    return partial(_noted, text, reviewer)


def described(text: str, describer: Reviewer) -> Amend:
    """Return the amendment by what can be seen in an event's picture, in words.

    Args:
        text: The words; no more of them are kept than of a note.
        describer: Who says so.
    """
    description = {
        "text": text[:MAX_NOTE],
        "by": describer.by,
        "ts": describer.ts,
    }
    return lambda payload: payload | {"description": description}


def _seen(reviewer: Reviewer, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with a mark more."""
    marks = payload.get("reviews", [])
    known = any(mark["user_id"] == reviewer.user_id for mark in marks)
    if known or len(marks) >= MAX_REVIEWS:
        return payload
    return payload | {"reviews": [*marks, asdict(reviewer)]}


def _unseen(user_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload without the marks of a user."""
    marks = [mark for mark in payload.get("reviews", ()) if mark["user_id"] != user_id]
    return payload | {"reviews": marks} if marks else _without(payload, "reviews")


def _judged(
    verdict: Verdict, reviewer: Reviewer, payload: dict[str, Any]
) -> dict[str, Any]:
    """Return the payload with a verdict."""
    if verdict is Verdict.FALSE_ALARM:
        payload = _seen(reviewer, payload)
    feedback = {"verdict": verdict.value, "by": reviewer.by, "ts": reviewer.ts}
    return payload | {"feedback": feedback}


def _noted(text: str, reviewer: Reviewer, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with a note, or without one."""
    if not text:
        return _without(payload, "note")
    return payload | {"note": {"text": text, "by": reviewer.by, "ts": reviewer.ts}}


def _without(payload: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the payload without a key."""
    return {name: value for name, value in payload.items() if name != key}
