"""What a clip truly shows, and how well the found events agree with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Final

SLACK_S: Final = 1.0
"""How far off the times of the truth may be, seconds."""
WARM_UP_S: Final = 2.0
"""The first seconds of a clip count for nothing: the scene is not known yet."""
INSIDE: Final = 0.5
"""Share of a box that must lie in a zone that is ignored for it to be ignored."""

LABELS: Final = frozenset({"person", "vehicle", "animal"})
"""What is told apart; events of any other class count for no label."""

type Span = tuple[float, float]
"""Begin and end, seconds from the start of the clip."""
type Corners = tuple[float, float, float, float]
"""Left, top, right and bottom as fractions (0-1) of the image."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a clip truly shows.

    Attributes:
        events: When something happens.
        ignore: When a detection is neither required nor wrong.
        ignore_zone: Where it is neither, or None.
        classes: What it is, for each event; any of several is right, and none
            means that it is not said.
    """

    events: tuple[Span, ...] = ()
    ignore: tuple[Span, ...] = ()
    ignore_zone: Corners | None = None
    classes: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A detected event.

    Attributes:
        start: When it began, seconds from the start of the clip.
        end: When it ended.
        confirmed: When the analysis was sure of it.
        box: Of the best look, or None where it is not known.
        labels: What was recognised.
        classify_s: Seconds from `confirmed` to the first label, or None.
    """

    start: float
    end: float
    confirmed: float
    box: Corners | None = None
    labels: frozenset[str] = frozenset()
    classify_s: float | None = None


@dataclass(slots=True)
class Score:
    """How well found events agree with the truth.

    Attributes:
        events: True events.
        found: Of them, those that a detection touches.
        pieces: Detections that touch them, counted for each.
        false_events: Detections that touch neither an event nor what is ignored.
        quiet_s: Seconds in which nothing happens.
        false_s: Of them, seconds with a detection.
        start_delays: Seconds from the begin of each event that was found to
            the start of its detection, 0 where it is not later.
        confirm_delays: Seconds from there to when the analysis was sure.
        labelled: Of those found whose class is said, those with a right label.
        labellable: All of those.
        wrong_labels: Labels of detections that fit none of the events they touch.
        false_labels: Detections with a label that touch neither an event nor
            what is ignored.
        classify_delays: Seconds from being sure of a motion to its first label.
    """

    events: int = 0
    found: int = 0
    pieces: int = 0
    false_events: int = 0
    quiet_s: float = 0.0
    false_s: float = 0.0
    start_delays: list[float] = field(default_factory=list)
    confirm_delays: list[float] = field(default_factory=list)
    labelled: int = 0
    labellable: int = 0
    wrong_labels: int = 0
    false_labels: int = 0
    classify_delays: list[float] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add what another clip came to."""
        self.events += other.events
        self.found += other.found
        self.pieces += other.pieces
        self.false_events += other.false_events
        self.quiet_s += other.quiet_s
        self.false_s += other.false_s
        self.start_delays += other.start_delays
        self.confirm_delays += other.confirm_delays
        self.labelled += other.labelled
        self.labellable += other.labellable
        self.wrong_labels += other.wrong_labels
        self.false_labels += other.false_labels
        self.classify_delays += other.classify_delays


def load_truth(folder: Path) -> dict[str, Truth]:
    """Read a folder's `ground_truth.json`.

    Args:
        folder: That holds it and the clips it names.

    Returns:
        The truth of each clip, by file name.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not as expected.
    """
    content = json.loads((folder / "ground_truth.json").read_text())
    return {
        name: Truth(
            events=tuple((begin, end) for begin, end, _ in clip["events"]),
            classes=tuple(
                frozenset(classes.split("|")) & LABELS for *_, classes in clip["events"]
            ),
            ignore=tuple((begin, end) for begin, end in clip.get("ignore", ())),
            ignore_zone=tuple(clip["ignore_zone"]) if "ignore_zone" in clip else None,
        )
        for name, clip in content.items()
        if not name.startswith("_")
    }


def judge(truth: Truth, found: Sequence[Found], duration: float) -> Score:
    """Compare detections with the truth.

    Args:
        truth: Of the clip.
        found: What was detected.
        duration: Of the clip, seconds.

    Returns:
        The agreement.
    """
    counted = [one for one in found if not _lies_in(one.box, truth.ignore_zone)]
    excused = [*truth.events, *truth.ignore]
    score = Score(events=len(truth.events))
    for begin, end in truth.events:
        touching = [one for one in found if _touches(one, begin, end)]
        if not touching:
            continue
        score.found += 1
        score.pieces += len(touching)
        begin = max(begin, WARM_UP_S)
        score.start_delays.append(max(0.0, min(one.start for one in touching) - begin))
        score.confirm_delays.append(
            max(0.0, min(one.confirmed for one in touching) - begin)
        )
    score.false_events = sum(
        one.end > WARM_UP_S
        and not any(_touches(one, begin, end) for begin, end in excused)
        for one in counted
    )
    quiet = _complement(
        [(0.0, WARM_UP_S)]
        + [(begin - SLACK_S, end + SLACK_S) for begin, end in excused],
        duration,
    )
    active = _complement(
        _complement([(one.start, one.end) for one in counted], duration), duration
    )
    _judge_labels(score, truth, found)
    score.quiet_s = sum(end - begin for begin, end in quiet)
    score.false_s = sum(
        max(0.0, min(end, active_end) - max(begin, active_begin))
        for begin, end in quiet
        for active_begin, active_end in active
    )
    return score


def _judge_labels(score: Score, truth: Truth, found: Sequence[Found]) -> None:
    """Compare what was recognised with what it is."""
    spans = list(zip(truth.events, truth.classes, strict=False))
    for span, classes in spans:
        touching = [one for one in found if _touches(one, *span)]
        if touching and classes:
            score.labellable += 1
            score.labelled += any(one.labels & classes for one in touching)
    for one in found:
        if one.classify_s is not None:
            score.classify_delays.append(one.classify_s)
        right = [classes for span, classes in spans if _touches(one, *span)]
        if right:
            score.wrong_labels += len(one.labels - frozenset().union(*right))
        elif one.end > WARM_UP_S and not any(
            _touches(one, *span) for span in truth.ignore
        ):
            score.false_labels += bool(one.labels)


def _touches(one: Found, begin: float, end: float) -> bool:
    """Return whether a detection overlaps a span, give or take the slack."""
    return one.start <= end + SLACK_S and one.end >= begin - SLACK_S


def _lies_in(box: Corners | None, zone: Corners | None) -> bool:
    """Return whether most of a box lies in a zone."""
    if box is None or zone is None:
        return False
    width = min(box[2], zone[2]) - max(box[0], zone[0])
    height = min(box[3], zone[3]) - max(box[1], zone[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return min(width, height) > 0 and width * height >= INSIDE * area


def _complement(spans: Iterable[Span], duration: float) -> list[Span]:
    """Return what of a clip lies in none of the spans, in order."""
    free: list[Span] = []
    at = 0.0
    for begin, end in sorted(spans):
        if begin > at:
            free.append((at, min(begin, duration)))
        at = max(at, end)
    if at < duration:
        free.append((at, duration))
    return free
