"""The rules by which found events are scored."""

import json
from pathlib import Path

import pytest

from scripts.harness.truth import Found, Score, Truth, judge, load_truth


def test_truth_is_read(tmp_path: Path) -> None:
    """Events, spans and a zone that are ignored come from the file."""
    content = {
        "_note": "for people",
        "a.mp4": {
            "events": [[3, 5, "person"]],
            "ignore": [[7, 8]],
            "ignore_zone": [0, 0, 1, 0.1],
        },
    }
    (tmp_path / "ground_truth.json").write_text(json.dumps(content))
    assert load_truth(tmp_path) == {
        "a.mp4": Truth(((3, 5),), ((7, 8),), (0, 0, 1, 0.1), (frozenset({"person"}),))
    }


def test_a_found_event_and_its_delay() -> None:
    """A detection that overlaps finds the event; it is late by how much later it starts."""
    score = judge(Truth(((10, 14),)), [Found(10.5, 14, 11.25)], 30)
    assert (score.found, score.events, score.false_events, score.false_s) == (
        1,
        1,
        0,
        0,
    )
    assert score.start_delays == [0.5]
    assert score.confirm_delays == [1.25]
    # 2 s at the start and the event with its slack are not quiet.
    assert score.quiet_s == 30 - 2 - 6


def test_slack() -> None:
    """A detection within a second of the event belongs to it."""
    truth = Truth(((10, 14),))
    assert judge(truth, [Found(14.9, 14.95, 15)], 30).found == 1
    off = judge(truth, [Found(15.5, 17.5, 16)], 30)
    assert (off.found, off.false_events, off.false_s) == (0, 1, 2.0)
    assert off.start_delays == []


def test_the_first_seconds_count_for_nothing() -> None:
    """What ends within them is no false event, and delays count from their end."""
    assert judge(Truth(), [Found(0.5, 1.9, 1)], 10).false_events == 0
    late = judge(Truth(), [Found(0.5, 3, 1)], 10)
    assert (late.false_events, late.false_s) == (1, 1.0)
    assert judge(Truth(((0, 9),)), [Found(2.5, 9, 3)], 10).start_delays == [0.5]


def test_ignored_spans() -> None:
    """A detection there is neither required nor wrong."""
    score = judge(Truth(ignore=((5, 8),)), [Found(6, 7, 6)], 20)
    assert (score.false_events, score.false_s, score.quiet_s) == (0, 0, 13)


@pytest.mark.parametrize(
    ("box", "false_events"),
    [((0.4, 0.0, 0.6, 0.1), 0), ((0.4, 0.0, 0.6, 0.5), 1), (None, 1)],
)
def test_an_ignored_zone(
    box: tuple[float, float, float, float] | None, false_events: int
) -> None:
    """A detection that lies in the zone for the most part does not count."""
    truth = Truth(ignore_zone=(0, 0, 1, 0.09))
    score = judge(truth, [Found(5, 8, 6, box)], 20)
    assert score.false_events == false_events
    assert score.false_s == 3 * false_events


def test_overlapping_detections_count_once() -> None:
    """A second is falsely active or not."""
    assert judge(Truth(), [Found(5, 8, 5), Found(6, 9, 6)], 20).false_s == 4


def test_labels() -> None:
    """Right, wrong and false labels, and the delay to the first one."""
    truth = Truth(
        events=((10, 20), (30, 40), (50, 60)),
        ignore=((70, 75),),
        classes=(frozenset({"person", "vehicle"}), frozenset({"person"}), frozenset()),
    )
    found = [
        Found(11, 19, 11.5, labels=frozenset({"vehicle"}), classify_s=0.4),
        Found(31, 39, 31.5, labels=frozenset({"animal"}), classify_s=0.6),
        Found(51, 59, 51.5),
        Found(71, 74, 71.5, labels=frozenset({"person"})),
        Found(80, 84, 81.0, labels=frozenset({"person"})),
        Found(90, 94, 91.0),
    ]
    score = judge(truth, found, 100)
    assert (score.labelled, score.labellable) == (1, 2)
    assert (score.wrong_labels, score.false_labels) == (1, 1)
    assert score.classify_delays == [0.4, 0.6]
    twice = Score()
    for _ in range(2):
        twice.add(score)
    assert (twice.labelled, twice.labellable) == (2, 4)
    assert (twice.wrong_labels, twice.false_labels) == (2, 2)
    assert len(twice.classify_delays) == 4
