"""What stands before a camera all the time."""

from custom_components.vigilar.models import Box, ObjectClass
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.standing import GONE_LOOKS, MOST, Standing

ALL = Box(0, 0, 1, 1)
CAR = Detection(ObjectClass.VEHICLE, 0.6, Box(0.2, 0.4, 0.2, 0.2), "Car")
ELSEWHERE = Detection(ObjectClass.VEHICLE, 0.6, Box(0.35, 0.4, 0.2, 0.2), "Car")
MAN = Detection(ObjectClass.PERSON, 0.6, Box(0.2, 0.4, 0.2, 0.2), "Person")


def parked(*, until: float = 8.0) -> Standing:
    """Return a memory that has seen a car in one place for some seconds."""
    standing = Standing()
    ts = 0.0
    while ts <= until:
        standing.note(ts, [CAR], ALL, [])
        ts += 2.0
    return standing


def test_a_vehicle_that_stays_stands() -> None:
    """It takes its time, and holds for its place alone."""
    assert not parked(until=6.0).holds(CAR)
    standing = parked()
    assert standing.holds(CAR)
    assert not standing.holds(ELSEWHERE)
    assert not standing.holds(MAN)


def test_a_few_looks_are_not_enough() -> None:
    """Two looks far apart may have shown two cars."""
    standing = Standing()
    for ts in (0.0, 20.0, 20.0):
        standing.note(ts, [CAR], ALL, [])
    assert not standing.holds(CAR)


def test_people_do_not_stand() -> None:
    """Where a person stood, the next one may walk."""
    standing = Standing()
    for ts in range(20):
        standing.note(float(ts), [MAN], ALL, [])
    assert not standing.holds(MAN)


def test_it_survives_a_new_connection() -> None:
    """What stands is still believed to; what was counted begins anew."""
    standing = parked()
    standing.note(10.0, [ELSEWHERE], ALL, [])
    standing.reset()
    assert standing.holds(CAR)
    for ts in (500.0, 500.2, 500.4, 500.6):
        standing.note(ts, [ELSEWHERE], ALL, [])
    assert not standing.holds(ELSEWHERE)


def test_a_place_seen_empty_is_free_again() -> None:
    """Several looks that show nothing there, and nothing before it, are needed."""
    standing = parked()
    for ts in range(10, 10 + GONE_LOOKS - 1):
        standing.note(float(ts), [], ALL, [])
    assert standing.holds(CAR)
    standing.note(20.0, [], ALL, [])
    assert not standing.holds(CAR)


def test_what_is_hidden_or_not_looked_at_is_not_gone() -> None:
    """Somebody stands before it, or the look went elsewhere."""
    standing = parked()
    for ts in range(10, 30):
        standing.note(float(ts), [], ALL, [Box(0.3, 0.3, 0.1, 0.4)])
        standing.note(ts + 0.5, [], Box(0.3, 0.3, 0.3, 0.3), [])
    assert standing.holds(CAR)


def test_the_memory_is_small() -> None:
    """What was not seen for longest is forgotten, and what stands last of all."""
    standing = parked()
    for number in range(2 * MOST):
        place = Box((number % 16) / 16, 0.7 + (number // 16) / 64, 0.05, 0.01)
        one = Detection(ObjectClass.VEHICLE, 0.5, place, "Car")
        standing.note(10.0 + number, [one], place, [])
    assert standing.holds(CAR)
    assert len(standing) == MOST
