"""Several looks at a track to what it is."""

import pytest

from custom_components.vigilar.models import Box, Label, ObjectClass
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.votes import (
    WELL_LOOKED,
    Votes,
    belongs,
    inside,
    overlap,
)

PERSON, VEHICLE, ANIMAL = ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL


def thing(label: ObjectClass, score: float, box: Box) -> Detection:
    """Return a detection."""
    return Detection(label=label, score=score, box=box, name=label.value)


def place(step: float, width: float = 0.1) -> Box:
    """Return where something is after so many steps to the right."""
    return Box(0.1 + 0.05 * step, 0.4, width, 0.3)


def names(votes: Votes) -> list[str]:
    """Return the labels without their scores."""
    return [label.label for label in votes.labels]


def walk(votes: Votes, label: ObjectClass, *scores: float, start: int = 0) -> None:
    """Look at something that walks, with a score each."""
    for step, score in enumerate(scores, start):
        box = place(step)
        votes.look(step * 0.2, box, [thing(label, score, box)])


def test_boxes() -> None:
    """Intersections are shares of the union, or of the one."""
    left, right = Box(0, 0, 0.2, 0.2), Box(0.1, 0, 0.2, 0.2)
    assert overlap(left, right) == pytest.approx(1 / 3)
    assert inside(left, right) == pytest.approx(0.5)
    assert overlap(left, Box(0.5, 0.5, 0.1, 0.1)) == 0


@pytest.mark.parametrize(
    ("box", "own"),
    [
        (Box(0.4, 0.4, 0.1, 0.2), True),
        (Box(0.38, 0.3, 0.14, 0.3), True),
        (Box(0.42, 0.5, 0.06, 0.1), True),
        (Box(0.5, 0.4, 0.1, 0.2), False),
        (Box(0.3, 0.2, 0.5, 0.5), False),
    ],
    ids=["same", "the rest of it", "a part", "beside", "much larger"],
)
def test_what_belongs_to_a_track(box: Box, own: bool) -> None:
    """A track may be a part of a thing, or a thing with its shadow, and no more."""
    assert belongs(box, Box(0.4, 0.4, 0.1, 0.2)) is own


def test_two_looks_decide() -> None:
    """One look never does, however sure; the score is the best of all."""
    votes = Votes()
    walk(votes, PERSON, 0.99)
    assert votes.labels == ()
    walk(votes, PERSON, 0.5, start=1)
    assert votes.labels == (Label("person", 0.99),)


def test_one_picture_is_one_look() -> None:
    """A crop and the whole of the same picture are no two looks."""
    votes = Votes()
    for _ in range(3):
        votes.look(0.0, place(0), [thing(PERSON, 0.9, place(0))])
    assert votes.labels == ()


def test_faint_looks_need_company() -> None:
    """What hardly stands out of the noise takes more looks."""
    votes = Votes()
    walk(votes, VEHICLE, 0.33, 0.33)
    assert votes.labels == ()
    walk(votes, VEHICLE, 0.35, 0.35, 0.35, start=2)
    assert names(votes) == ["vehicle"]


def test_looks_without_it_count_against_it() -> None:
    """Single hits between misses are the detector's noise."""
    votes = Votes()
    for step in range(12):
        box = place(step)
        seen = [thing(ANIMAL, 0.42, box)] if step % 4 == 0 else []
        votes.look(step * 0.2, box, seen)
    assert votes.labels == ()
    assert votes.examined


def test_a_poor_look_counts_nothing() -> None:
    """Nothing found where little was to be seen does not examine anything."""
    votes = Votes()
    for step in range(WELL_LOOKED * 2):
        votes.look(step * 0.2, place(step), [], counts=False)
    assert not votes.examined


def test_a_rider_and_the_bicycle() -> None:
    """Things side by side are both kept."""
    votes = Votes()
    for step in range(3):
        x, y, w, h = box = place(step)
        rider = thing(PERSON, 0.6, Box(x, y, w, 0.6 * h))
        bicycle = thing(VEHICLE, 0.5, Box(x, y + 0.4 * h, w, 0.6 * h))
        votes.look(step * 0.2, box, [rider, bicycle])
    assert names(votes) == ["person", "vehicle"]


def test_one_box_is_one_thing() -> None:
    """Of two names for the same box the surer one counts; a person in doubt."""
    votes = Votes()
    for step in range(3):
        box = place(step)
        votes.look(step * 0.2, box, [thing(ANIMAL, 0.5, box), thing(PERSON, 0.45, box)])
    assert names(votes) == ["person"]


def test_a_label_holds() -> None:
    """A few looks that say something else do not change what is known."""
    votes = Votes()
    walk(votes, PERSON, 0.5, 0.5, 0.5, 0.5)
    walk(votes, ANIMAL, 0.6, 0.6, start=4)
    assert names(votes) == ["person"]


def test_a_wrong_label_is_overturned() -> None:
    """Much more that speaks for something else does."""
    votes = Votes()
    walk(votes, ANIMAL, 0.4, 0.4)
    assert names(votes) == ["animal"]
    walk(votes, PERSON, *[0.55] * 6, start=2)
    assert names(votes) == ["person"]


def test_what_stands_is_not_what_passes_before_it() -> None:
    """A shadow or a walker before a parked car makes no vehicle of it."""
    votes = Votes()
    car = Box(0.3, 0.4, 0.25, 0.25)
    for step in range(8):
        votes.look(
            step * 0.2,
            Box(0.2 + 0.04 * step, 0.4, 0.2, 0.25),
            [thing(VEHICLE, 0.7, car)],
        )
    assert votes.labels == ()


def test_a_small_movement_upon_something_large_is_not_its_own() -> None:
    """A reflection that crawls over a parked car does not set it in motion."""
    votes = Votes()
    car = Box(0.3, 0.4, 0.25, 0.25)
    for step in range(8):
        votes.look(
            step * 0.2,
            Box(0.4 + 0.005 * step, 0.5, 0.1, 0.11),
            [thing(VEHICLE, 0.7, car)],
        )
    assert votes.labels == ()


def test_what_fills_the_picture_needs_no_track() -> None:
    """Somebody close to the camera is known by a movement of their own."""
    votes = Votes()
    for step in range(3):
        box = Box(0.3 - 0.15 * step, 0.1, 0.5, 0.9)
        votes.look(step * 0.2, None, [thing(PERSON, 0.48, box)])
    assert names(votes) == ["person"]


@pytest.mark.parametrize("box", [Box(0.3, 0.1, 0.5, 0.9), Box(0.3, 0.1, 0.1, 0.3)])
def test_without_a_track_still_and_small_things_are_nothing(box: Box) -> None:
    """What stands is furniture, and what is small would have a track."""
    votes = Votes()
    for step in range(5):
        votes.look(step * 0.2, None, [thing(PERSON, 0.8, box)])
    assert votes.labels == ()


def test_what_is_shown() -> None:
    """Only what the newest look shows, and only of what it is."""
    votes = Votes()
    walk(votes, PERSON, 0.5, 0.6)
    assert [found.score for found in votes.shown] == [0.6]
    votes.look(9.0, place(9), [thing(VEHICLE, 0.4, place(9))])
    assert votes.shown == []
