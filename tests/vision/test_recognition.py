"""What moves before one camera: where to look next, and what the looks came to."""

from collections.abc import Callable, Sequence

from av.video.frame import VideoFrame
import numpy as np
import pytest

from custom_components.vigilar.models import Box, Label, ObjectClass
from custom_components.vigilar.vision.crops import whole
from custom_components.vigilar.vision.inference import Request
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.recognition import (
    AGAIN_S,
    REMEMBER_S,
    WHOLE_S,
    ClassSettings,
    Mover,
    ObjectSettings,
    Recognizer,
)

from .common import FakeInference

WIDTH, HEIGHT = 640, 360
PERIOD_S = 0.2
PERSON, VEHICLE = ObjectClass.PERSON, ObjectClass.VEHICLE


def thing(label: ObjectClass, box: Box, score: float = 0.6) -> Detection:
    """Return a detection."""
    return Detection(label, score, box, label.value)


def all_of(label: ObjectClass) -> Callable[[Request], list[Detection]]:
    """Return a rule: whatever moves is of one class."""
    return lambda request: [thing(label, box) for box in request.boxes.values()]


def frame() -> VideoFrame:
    """Return a picture."""
    return VideoFrame.from_ndarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8), "rgb24")


def mover(step: float, track: int = 1, zones: tuple[str, ...] = ()) -> Mover:
    """Return something that has walked so many steps to the right."""
    return Mover(track, Box(0.01 * step, 0.3, 0.1, 0.4), zones)


def run(
    recognizer: Recognizer,
    steps: int,
    *,
    first: int = 0,
    tracks: Sequence[int] = (1,),
    zones: tuple[str, ...] = (),
) -> None:
    """Show so many pictures in which tracks walk side by side."""
    for step in range(first, first + steps):
        movers = [mover(step + 10 * track, track, zones) for track in tracks]
        recognizer.update(movers, frame(), step * PERIOD_S)


def test_two_pictures_tell_what_it_is() -> None:
    """The first look asks for the crop of the track at once."""
    inference = FakeInference(all_of(PERSON))
    recognizer = Recognizer(inference)
    run(recognizer, 1)
    assert inference.asked[0].mover == 1
    assert inference.asked[0].urgent
    assert inference.asked[0].crop.w < WIDTH
    assert recognizer.labels == ()
    run(recognizer, 1, first=1)
    assert recognizer.labels == (Label("person", 0.6),)
    assert recognizer.took_ms == 12.0
    assert not recognizer.examined


def test_answers_may_come_late() -> None:
    """From another thread they come with the next picture, for the boxes of their own."""
    inference = FakeInference(all_of(PERSON), late=True)
    recognizer = Recognizer(inference)
    run(recognizer, 1)
    assert recognizer.took_ms == 0
    run(recognizer, 2, first=1)
    assert recognizer.labels == (Label("person", 0.6),)


def test_what_is_known_is_seldom_looked_at() -> None:
    """A known thing costs a look now and then, and the whole picture is looked at, too."""
    inference = FakeInference(all_of(PERSON))
    run(Recognizer(inference), 100)
    wholes = [one for one in inference.asked if one.mover is None]
    assert [one.crop for one in wholes] == [whole(WIDTH, HEIGHT)] * len(wholes)
    assert len(wholes) == (20 - PERIOD_S) // WHOLE_S
    assert len(inference.asked) - len(wholes) <= 2 + 20 / AGAIN_S


def test_what_nothing_is_found_in_is_left_alone() -> None:
    """It was looked at well: that is known, too, and looks become rare."""
    inference = FakeInference(lambda _request: [])
    recognizer = Recognizer(inference)
    run(recognizer, 100)
    assert recognizer.examined
    assert recognizer.labels == ()
    assert len(inference.asked) <= 5 + 20 / AGAIN_S + 20 / WHOLE_S


def test_unknown_tracks_take_turns() -> None:
    """One look a picture, each track in turn; the known one waits."""
    inference = FakeInference(all_of(PERSON))
    recognizer = Recognizer(inference)
    run(recognizer, 3)
    inference.asked.clear()
    inference.see = lambda _request: []
    run(recognizer, 4, first=3, tracks=(1, 2, 3))
    assert [one.mover for one in inference.asked] == [2, 3, 2, 3]


def test_a_crop_shows_neighbours() -> None:
    """Whoever stands in the crop of another is seen as well."""
    inference = FakeInference(all_of(PERSON))
    recognizer = Recognizer(inference)
    for step in range(2):
        movers = [
            Mover(track, Box(0.02 * step + 0.05 * track, 0.3, 0.05, 0.3), ())
            for track in (1, 2)
        ]
        recognizer.update(movers, frame(), step * PERIOD_S)
    assert [one.mover for one in inference.asked] == [1, 2]
    assert recognizer.present(0.0) == ("person",)
    recognizer.configure(ObjectSettings(person=ClassSettings(reported=False)))
    assert not recognizer.counts(1)
    assert not recognizer.counts(2)


def test_somebody_too_close_to_be_tracked() -> None:
    """While a motion goes on without a track the whole picture is looked at."""
    inference = FakeInference(
        lambda request: [thing(PERSON, Box(0.5 - request.ts / 2, 0.1, 0.4, 0.9))]
    )
    recognizer = Recognizer(inference)
    run(recognizer, 5, tracks=())
    assert recognizer.labels == (Label("person", 0.6),)
    assert {one.crop for one in inference.asked} == {whole(WIDTH, HEIGHT)}
    count = len(inference.asked)
    run(recognizer, 5, first=5, tracks=())
    assert len(inference.asked) == count


def test_a_new_connection_begins_anew() -> None:
    """Its tracks have the same numbers and are others; late answers are of the past."""
    inference = FakeInference(all_of(PERSON), late=True)
    recognizer = Recognizer(inference)
    run(recognizer, 1)
    recognizer.connected()
    inference.see = lambda _request: []
    run(recognizer, 3)
    assert recognizer.labels == ()
    assert recognizer.present(0.0) == ()


def test_who_is_present() -> None:
    """The labels of what was seen lately; the motion keeps all of them."""
    inference = FakeInference(all_of(PERSON))
    recognizer = Recognizer(inference)
    run(recognizer, 2)
    inference.see = all_of(VEHICLE)
    run(recognizer, 8, first=2, tracks=(2,))
    assert recognizer.present(0.0) == ("person", "vehicle")
    assert recognizer.present(1.0) == ("vehicle",)
    run(recognizer, 2, first=20 + int(REMEMBER_S / PERIOD_S), tracks=(2,))
    assert recognizer.present(0.0) == ("vehicle",)
    assert {label.label for label in recognizer.labels} == {"person", "vehicle"}
    recognizer.forget()
    assert recognizer.labels == ()


def test_a_class_that_makes_no_events() -> None:
    """It is recognised and does not count; what is unknown does."""
    recognizer = Recognizer(FakeInference(all_of(VEHICLE)))
    recognizer.configure(ObjectSettings(vehicle=ClassSettings(reported=False)))
    run(recognizer, 1)
    assert recognizer.counts(1)
    run(recognizer, 2, first=1)
    assert not recognizer.counts(1)
    assert recognizer.counts(2)
    assert recognizer.ignored
    assert recognizer.labels == ()
    assert recognizer.present(0.0) == ()
    assert recognizer.take_portrait() is None


def test_zones_of_a_class() -> None:
    """It counts from when it has been in one of them."""
    recognizer = Recognizer(FakeInference(all_of(PERSON)))
    recognizer.configure(ObjectSettings(person=ClassSettings(zones=("Drive",))))
    run(recognizer, 5, zones=("Street",))
    assert not recognizer.counts(1)
    run(recognizer, 1, first=5, zones=("Drive",))
    assert recognizer.counts(1)
    run(recognizer, 15, first=6, zones=("Street",))
    assert recognizer.labels == (Label("person", 0.6),)


@pytest.mark.parametrize(
    "wanted", [ClassSettings(min_score=0.7), ClassSettings(min_height=0.5)]
)
def test_unsure_or_small_things_are_not_recognised(wanted: ClassSettings) -> None:
    """Least score and height of a class."""
    recognizer = Recognizer(FakeInference(all_of(PERSON)))
    recognizer.configure(ObjectSettings(person=wanted, vehicle=wanted, animal=wanted))
    run(recognizer, 6)
    assert recognizer.labels == ()
    assert recognizer.counts(1)


def test_packages_do_not_walk() -> None:
    """A class that is carried names nothing that moves."""
    recognizer = Recognizer(FakeInference(all_of(ObjectClass.PACKAGE)))
    run(recognizer, 6)
    assert recognizer.labels == ()


def test_a_parked_car_is_no_event() -> None:
    """It is known from the whole pictures, whatever passes before it later."""
    car = Box(0.5, 0.3, 0.2, 0.4)
    inference = FakeInference(
        lambda request: [
            thing(VEHICLE, car, 0.7),
            *(thing(PERSON, box) for box in request.boxes.values()),
        ]
    )
    recognizer = Recognizer(inference)
    run(recognizer, 80, tracks=(1,))
    recognizer.forget()
    inference.see = lambda _request: [thing(VEHICLE, car, 0.7)]
    # A shadow that lies exactly upon the car.
    for step in range(400, 415):
        recognizer.update([Mover(9, car, ())], frame(), step * PERIOD_S)
    assert recognizer.labels == ()


def test_the_portrait_is_large_and_sure() -> None:
    """A better one replaces it, a little better one does not; it is given once."""
    size = [0.21]
    inference = FakeInference(
        lambda request: [
            thing(PERSON, box._replace(h=size[0])) for box in request.boxes.values()
        ]
    )
    recognizer = Recognizer(inference)
    run(recognizer, 2)
    assert recognizer.take_portrait() is not None
    size[0] = 0.3
    run(recognizer, 20, first=2)
    portrait = recognizer.take_portrait()
    assert portrait is not None
    assert portrait.score == 0.6
    assert portrait.box.h == 0.3
    assert portrait.frame in [one.frame for one in inference.asked[2:]]
    assert recognizer.take_portrait() is None
    size[0] = 0.33
    run(recognizer, 20, first=22)
    assert recognizer.take_portrait() is None
    size[0] = 0.4
    run(recognizer, 20, first=42)
    better = recognizer.take_portrait()
    assert better is not None
    assert better.box.h == 0.4
