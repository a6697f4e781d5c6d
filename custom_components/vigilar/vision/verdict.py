"""Why what moves counts, or does not.

The analysis decides by these, and whoever tunes a camera is told the same.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..models import Box, Label
from .motion import Blob
from .tracking import Track
from .zones import ZoneMap

ALIVE_S: Final = 1.0
"""A thing that has not changed for so long stands like furniture."""

MOST_STEPS: Final = 50
"""Places of a thing that are shown at most."""


class Verdict(StrEnum):
    """Whether a thing counts, and if not, for which reason."""

    COUNTS = "counts"
    NOT_MOVING_ON = "not_moving_on"
    """It moves to and fro, or has not been followed for long enough."""
    STOPPED = "stopped"
    """It went somewhere, and stands."""
    TOO_SMALL = "too_small"
    OUTSIDE_ZONES = "outside_zones"
    MASKED = "masked"
    """It is not looked at."""
    TOO_SHORT = "too_short"
    """It counts once it goes on for longer."""
    IGNORED = "ignored"
    """It is known what it is, and that makes no events."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is followed, as the newest picture shows it.

    Attributes:
        id: Of its track, unique within a connection.
        blob: Where it is, pixels of the luma plane.
        verdict: Whether it counts.
        path: Where its centre was in the last seconds, fractions (0-1) of the
            image, oldest first.
        label: What it is most likely; None where that is not known.
        score: How well it can be seen, 0-1.
        zones: Names of the zones that it stands in.
    """

    id: int
    blob: Blob
    verdict: Verdict
    path: tuple[tuple[float, float], ...]
    label: Label | None
    score: float
    zones: tuple[str, ...]


def judge(
    track: Track,
    ts: float,
    width: int,
    height: int,
    *,
    min_height: float,
    zones: ZoneMap,
) -> Verdict:
    """Say whether a thing goes somewhere, where things count.

    Args:
        track: Seen in the newest picture.
        ts: Media time of that, seconds.
        width: Of the luma plane, pixels.
        height: Of the luma plane, pixels.
        min_height: Least height as a share (0-1) of the image's.
        zones: Of the camera.

    Returns:
        `COUNTS`, or the first reason why not.
    """
    if not track.moving:
        return Verdict.NOT_MOVING_ON
    if ts - track.stirred > ALIVE_S:
        return Verdict.STOPPED
    if track.blob.h < min_height * height:
        return Verdict.TOO_SMALL
    if zones.everywhere or zones.at(*foot(track.blob, width, height)):
        return Verdict.COUNTS
    return Verdict.OUTSIDE_ZONES


def foot(blob: Blob, width: int, height: int) -> tuple[float, float]:
    """Return where a thing stands: the middle of its lower edge, in fractions."""
    return (blob.x + blob.w / 2) / width, (blob.y + blob.h) / height


def box_of(blob: Blob, width: int, height: int) -> Box:
    """Return where a thing is, in fractions."""
    return Box(blob.x / width, blob.y / height, blob.w / width, blob.h / height)


def path_of(track: Track, width: int, height: int) -> tuple[tuple[float, float], ...]:
    """Return where the centre of a thing was in its newest frames, in fractions."""
    steps = list(track.steps)[-MOST_STEPS:]
    return tuple(
        (
            (step.blob.x + step.blob.w / 2) / width,
            (step.blob.y + step.blob.h / 2) / height,
        )
        for step in steps
    )
