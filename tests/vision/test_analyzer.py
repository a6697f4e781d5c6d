"""One camera's state machine."""

from collections.abc import Callable, Iterable, Sequence
import io
import itertools
from math import sin
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image as PillowImage
import pytest

from custom_components.vigilar.models import (
    Label,
    ObjectClass,
    Observation,
    ObservationKind,
)
from custom_components.vigilar.vision import analyzer as analyzer_module
from custom_components.vigilar.vision.analyzer import (
    HOLD_BACK_S,
    Analyzer,
    AnalyzerSettings,
)
from custom_components.vigilar.vision.inference import Request
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.objects import Detection
from custom_components.vigilar.vision.recognition import (
    ClassSettings,
    ObjectSettings,
    Recognizer,
)
from custom_components.vigilar.vision.resting import PROOF_S
from custom_components.vigilar.vision.zones import Point, Zone, ZoneKind
from tests import scenes

from .common import FakeInference, Image, grey_frame, still, walk

PERIOD_S = 0.2
PERSON, VEHICLE = ObjectClass.PERSON, ObjectClass.VEHICLE
LEFT = Zone("Left", (Point(0, 0), Point(0.3, 0), Point(0.3, 1), Point(0, 1)))
MIDDLE = Zone("Middle", (Point(0.4, 0), Point(0.6, 0), Point(0.6, 1), Point(0.4, 1)))
RIGHT = Zone("Right", (Point(0.7, 0), Point(1, 0), Point(1, 1), Point(0.7, 1)))
NOWHERE = Zone("Sky", (Point(0, 0), Point(1, 0), Point(1, 0.2), Point(0, 0.2)))
YARD = Zone("Yard", (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)))
ALL = Zone("All", (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)), ZoneKind.MASK)


def analyse(
    images: Iterable[Image],
    analyzer: Analyzer | None = None,
    *,
    frames: bool = False,
    **settings: Any,
) -> list[Observation]:
    """Return what is observed at five frames a second."""
    analyzer = analyzer or Analyzer(
        "gate", AnalyzerSettings(**settings), NumpyKernels()
    )
    observed: list[Observation] = []
    for number, image in enumerate(images):
        frame = grey_frame(image) if frames else None
        observed += analyzer.update(image, number * PERIOD_S, frame, decode_ms=1.5)
    return observed + analyzer.close()


def kinds(observed: Sequence[Observation]) -> list[str]:
    """Return the kinds without the updates."""
    return [one.kind for one in observed if one.kind != ObservationKind.MOTION_UPDATED]


def test_a_still_scene_is_silent() -> None:
    """Nothing is observed where nothing happens."""
    assert analyse(still(150)) == []


def test_one_crossing_is_one_motion() -> None:
    """A motion begins and ends once, at the times at which it did."""
    observed = analyse(walk(100, before=20, speed=5))
    assert kinds(observed) == ["motion_started", "motion_ended"]
    started, ended = observed[0], observed[-1]
    # It enters in frame 20, and is gone 54 frames later.
    assert 4000 <= started.ts <= 5200
    assert 13800 <= ended.ts <= 15000
    assert {one.key for one in observed} == {started.key}
    assert {one.source_id for one in observed} == {"gate"}
    assert all(0 < one.score <= 1 for one in observed)
    assert started.labels == ()
    assert started.made_at is not None


def test_the_box_is_where_the_best_look_was() -> None:
    """The box lies on the figure, in fractions."""
    box = analyse(walk(100, before=20, speed=5))[-1].box
    assert box is not None
    assert box.y == pytest.approx(70 / 144, abs=0.04)
    assert box.h == pytest.approx(40 / 144, abs=0.06)
    assert 0 <= box.x <= box.x + box.w <= 1


def test_latency_tells_the_stages() -> None:
    """The first observation says how long it took to be sure."""
    latency = analyse(walk(60, before=20))[0].latency_ms
    assert 600 <= latency["confirm"] <= 1400
    assert latency["decode"] == 1.5
    assert latency["motion"] > 0


def test_it_takes_as_many_frames_as_told() -> None:
    """More frames to begin mean a later confirmation."""
    quick = analyse(walk(70, before=20), begin_frames=3, begin_window=4)[0].latency_ms[
        "confirm"
    ]
    slow = analyse(walk(70, before=20), begin_frames=9, begin_window=10)[0].latency_ms[
        "confirm"
    ]
    assert slow - quick >= 400


def waited_s(images: Iterable[Image], quiet_s: float) -> float:
    """Return how long after the last movement a motion ended, seconds."""
    analyzer = Analyzer("gate", AnalyzerSettings(quiet_s=quiet_s), NumpyKernels())
    waits = [
        number * PERIOD_S - one.ts / 1000
        for number, image in enumerate(images)
        for one in analyzer.update(image, number * PERIOD_S)
        if one.kind == ObservationKind.MOTION_ENDED
    ]
    assert len(waits) == 1
    return waits[0]


def test_a_quiet_time_ends_a_motion() -> None:
    """The end comes after the quiet time, dated when movement was last seen."""
    images = list(walk(90, before=20, speed=5))
    vanished = images[:45] + [images[0]] * 45
    assert waited_s(vanished, 2.0) == pytest.approx(2.0, abs=0.21)


def test_what_stopped_is_looked_at_before_it_is_furniture() -> None:
    """It may live: it has the time to show so, and the end is dated all the same."""
    images = list(walk(90, before=20, speed=5))
    stopped = images[:45] + [images[45]] * 45
    assert waited_s(stopped, 2.0) == pytest.approx(PROOF_S, abs=0.41)
    assert waited_s(stopped, 7.0) == pytest.approx(7.0, abs=0.41)


def test_who_left_is_not_waited_for() -> None:
    """Where all that moved went out over the edge, half the time is enough."""
    images = list(walk(120, before=20, speed=5))
    assert waited_s(images, 2.0) == pytest.approx(1.0, abs=0.21)
    assert waited_s(images, 4.0) == pytest.approx(2.0, abs=0.21)


def test_who_stays_is_waited_for() -> None:
    """One leaves while another stands: the quiet time of the other runs on."""
    images = []
    for number, image in enumerate(walk(120, before=20, speed=5)):
        if number >= 40:
            left = (min(number, 62) - 40) * 5
            image[112:140, left : left + 16] //= 2
        images.append(image)
    # The first is gone eleven frames after the second stopped.
    assert waited_s(images, 6.0) == pytest.approx(6.0 - 11 * PERIOD_S, abs=0.41)


def test_two_crossings_with_a_pause_are_two_motions() -> None:
    """Each motion has its own key."""
    first = list(walk(100, before=20, speed=5))
    observed = analyse([*first, *first])
    assert kinds(observed) == ["motion_started", "motion_ended"] * 2
    assert len({one.key for one in observed}) == 2


def test_a_short_pause_does_not_end_a_motion() -> None:
    """Who stops for less than the quiet time is the same motion."""
    images = list(walk(100, before=20, speed=5))
    stopped = [*images[:45], *[images[45]] * 8, *images[45:]]
    assert kinds(analyse(stopped, quiet_s=4.0)) == ["motion_started", "motion_ended"]


def test_losing_the_stream_ends_the_motion() -> None:
    """A motion does not outlive its stream, and is not ended twice."""
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    observed = [
        one
        for number, image in enumerate(walk(45, before=20))
        for one in analyzer.update(image, number * PERIOD_S)
    ]
    assert kinds(observed) == ["motion_started"]
    ends = analyzer.close()
    assert kinds(ends) == ["motion_ended"]
    assert ends[0].key == observed[0].key
    assert analyzer.close() == []


def growing() -> list[Image]:
    """Return frames in which something comes nearer."""
    images = list(still(20))
    rng = np.random.default_rng(4)
    for number in range(50):
        image = images[number % 20].copy()
        side, left = 14 + number, 10 + 4 * number
        patch = image[10 : 10 + side, left : left + side]
        patch[:] = np.clip(patch * 1.8 + rng.normal(0, 3, patch.shape), 0, 255)
        images.append(image)
    return images


def test_updates_come_at_most_once_a_second() -> None:
    """A look that gets better with each frame is not reported with each."""
    with patch.object(analyzer_module, "BETTER", 1.0):
        observed = analyse(growing())
    updates = [one for one in observed if one.kind == ObservationKind.MOTION_UPDATED]
    assert len(updates) >= 3
    times = [one.ts for one in updates]
    assert all(after - before >= 990 for before, after in itertools.pairwise(times))
    scores = [one.score for one in updates]
    assert scores == sorted(scores)


def test_what_stands_like_furniture_is_no_motion() -> None:
    """A thing that stops and does not stir ends the motion, though it is still there."""
    images = list(walk(46, before=20))
    observed = analyse([*images, *[images[-1]] * 100])
    assert kinds(observed) == ["motion_started", "motion_ended"]
    assert 8800 <= observed[-1].ts <= 10400


def test_the_best_look_is_shown_in_full_resolution() -> None:
    """The first observation has a picture; later ones only when it improved."""
    observed = analyse(growing(), frames=True)
    snapshot = observed[0].snapshot
    assert snapshot is not None
    with PillowImage.open(io.BytesIO(snapshot)) as image:
        assert image.size == (256, 144)
    scores: list[float] = []
    for one in observed:
        if one.snapshot is not None:
            assert not scores or one.score > scores[-1]
            scores.append(one.score)
    assert len(scores) >= 2
    assert analyse(walk(60, before=20))[0].snapshot is None


def test_zones_are_named_in_the_order_entered() -> None:
    """A walker from left to right enters the zones one after the other."""
    observed = analyse(walk(100, before=20, speed=5), zones=(RIGHT, MIDDLE, LEFT))
    assert observed[0].zones == ("Left",)
    assert observed[-1].zones == ("Left", "Middle", "Right")
    # Entering a zone is news.
    assert ("Left", "Middle") in {one.zones for one in observed}


def test_only_what_stands_in_a_zone_counts() -> None:
    """A motion begins when a zone is entered, and is silent where there is none."""
    observed = analyse(walk(100, before=20, speed=5), zones=(RIGHT,))
    assert kinds(observed) == ["motion_started", "motion_ended"]
    assert observed[0].zones == ("Right",)
    assert analyse(walk(100, before=20, speed=5), zones=(NOWHERE,)) == []


def test_a_mask_hides() -> None:
    """What is masked is not seen."""
    assert analyse(walk(100, before=20), zones=(ALL,)) == []


def test_sensitivity_is_monotonic() -> None:
    """A higher sensitivity finds all that a lower one finds, and more."""
    contrasts = (0.08, 0.15, 0.3, 0.6, 1.0)
    found = [
        {
            contrast
            for contrast in contrasts
            if analyse(walk(70, before=20, contrast=contrast), sensitivity=level)
        }
        for level in (1, 4, 7, 10)
    ]
    assert all(less <= more for less, more in itertools.pairwise(found))
    assert len(found[0]) < len(found[-1])
    thresholds = [
        AnalyzerSettings(sensitivity=level).threshold for level in range(1, 11)
    ]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == 10


@pytest.mark.parametrize(
    "settings",
    [
        {"fps": 0},
        {"sensitivity": 0},
        {"sensitivity": 11},
        {"quiet_s": 0},
        {"min_area": 1.0},
        {"begin_frames": 1},
        {"begin_frames": 6, "begin_window": 5},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    """Nonsense is an error where it is made."""
    with pytest.raises(ValueError, match=r"must|range"):
        AnalyzerSettings(**settings)


def test_a_change_of_light_does_not_end_a_motion() -> None:
    """A flash in the middle of a crossing interrupts nothing."""
    observed = analyse(
        walk(
            100,
            before=20,
            speed=5,
            gain=lambda number: 1.7 if 45 <= number <= 47 else 1.0,
        )
    )
    assert kinds(observed) == ["motion_started", "motion_ended"]


def _known(
    label: ObjectClass, *, after: int = 0
) -> Callable[[Request], list[Detection]]:
    """Return a rule: whatever moves is of one class, from so many looks on."""
    looks = itertools.count()

    def _see(request: Request) -> list[Detection]:
        if next(looks) < after:
            return []
        return [
            Detection(label, 0.6, box, label.value) for box in request.boxes.values()
        ]

    return _see


def recognise(
    see: Callable[[Request], Sequence[Detection]],
    images: Iterable[Image] | None = None,
    *,
    ready: bool = True,
    objects: ObjectSettings | None = None,
    **settings: Any,
) -> list[Observation]:
    """Return what is observed of a walker where somebody looks at what moves."""
    inference = FakeInference(see)
    inference.ready = ready
    wanted = AnalyzerSettings(objects=objects or ObjectSettings(), **settings)
    analyzer = Analyzer("gate", wanted, NumpyKernels(), Recognizer(inference))
    return analyse(images or walk(100, before=20), analyzer, frames=True)


def test_an_event_waits_for_its_label() -> None:
    """It is told once, as what it is, and dated when it began."""
    plain = analyse(walk(100, before=20), frames=True)[0]
    observed = recognise(_known(PERSON))
    started = observed[0]
    assert started.kind == ObservationKind.MOTION_STARTED
    assert started.labels == (Label("person", 0.6),)
    assert started.ts == plain.ts
    assert started.latency_ms["confirm"] == plain.latency_ms["confirm"]
    assert started.latency_ms["classify"] == pytest.approx(200)
    assert started.latency_ms["held"] == started.latency_ms["classify"]
    assert started.latency_ms["inference"] > 0
    assert kinds(observed) == ["motion_started", "motion_ended"]


def test_an_event_does_not_wait_for_long() -> None:
    """After two seconds it is told as motion, and rises at once when it is known."""
    observed = recognise(_known(PERSON, after=12), walk(140, before=20, speed=2.5))
    assert observed[0].labels == ()
    risen = next(one for one in observed if one.labels)
    assert risen.kind == ObservationKind.MOTION_UPDATED
    assert risen.key == observed[0].key


def test_what_is_examined_does_not_wait() -> None:
    """Where nothing is found in several looks, nothing more is waited for."""
    analyzer = Analyzer(
        "gate", AnalyzerSettings(), NumpyKernels(), Recognizer(FakeInference(_nothing))
    )
    for number, image in enumerate(walk(100, before=20)):
        observed = analyzer.update(image, number * PERIOD_S, grey_frame(image))
        if observed:
            break
    (started,) = observed
    waited = number * PERIOD_S - (started.ts + started.latency_ms["confirm"]) / 1000
    assert 0.5 <= waited < HOLD_BACK_S
    assert started.examined


def _nothing(_request: Request) -> list[Detection]:
    """Find nothing."""
    return []


@pytest.mark.parametrize("ready", [True, False])
def test_an_event_that_does_not_wait(ready: bool) -> None:
    """By choice, or where nobody looks, motion is told at once."""
    observed = recognise(
        _known(PERSON), ready=ready, objects=ObjectSettings(hold_back=not ready)
    )
    assert observed[0].labels == ()
    assert not {"classify", "held"} & observed[0].latency_ms.keys()
    assert bool(observed[1].labels) is ready
    if ready:
        assert observed[1].kind == ObservationKind.MOTION_UPDATED


def test_what_is_over_before_it_is_known_is_told() -> None:
    """A motion that ends while it waits has a start and an end."""
    images = list(walk(32, before=20, speed=10))
    late = recognise(_nothing, [*images, *still(20)], quiet_s=1.0)
    assert kinds(late) == ["motion_started", "motion_ended"]
    assert late[0].labels == ()


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        (ObjectSettings(), 1),
        (ObjectSettings(vehicle=ClassSettings(reported=False)), 0),
        (ObjectSettings(motion=False), 1),
        (ObjectSettings(vehicle=ClassSettings(zones=("Left",))), 1),
        (ObjectSettings(vehicle=ClassSettings(zones=("Nowhere",))), 0),
    ],
)
def test_which_classes_make_events(objects: ObjectSettings, count: int) -> None:
    """What is not wanted makes no event, and no motion either."""
    observed = recognise(_known(VEHICLE), objects=objects, zones=(LEFT, YARD))
    assert kinds(observed) == ["motion_started", "motion_ended"] * count


def test_what_is_unknown_may_make_no_events() -> None:
    """Only what is recognised is told, if so chosen."""
    objects = ObjectSettings(motion=False)
    assert recognise(_nothing, objects=objects) == []
    assert recognise(_nothing, objects=objects, ready=False) != []


def test_who_is_present() -> None:
    """The label is there while the thing is, and gone with it."""
    observed = recognise(_known(PERSON))
    assert observed[0].present == ("person",)
    assert observed[-1].present == ()
    gone = [one for one in observed if one.kind == ObservationKind.MOTION_UPDATED][-1]
    assert gone.present == ()
    assert observed[-1].labels == (Label("person", 0.6),)


def test_who_stands_is_present() -> None:
    """The label stays while somebody stands, and is gone with him."""
    sways = [(ts, 120 + sin(ts), 110.0) for ts in range(10, 26)]
    walker = scenes.Walker(((5.0, 0.0, 110.0), *sways, (30.0, 256.0, 110.0)), 40, 0.6)
    scene = scenes.Scene("", 1, scenes.texture(1, 40, 90), [walker], duration=40.0)
    seen = [image for image, _ in scene.frames()]
    analyzer = Analyzer(
        "gate",
        AnalyzerSettings(),
        NumpyKernels(),
        Recognizer(FakeInference(_known(PERSON))),
    )
    observed = analyse(seen, analyzer, frames=True)
    assert kinds(observed) == ["motion_started", "motion_ended"]
    assert observed[0].present == ("person",)
    fades = [one.ts / 1000 for one in observed if not one.present]
    assert min(fades) > 28


@pytest.mark.parametrize("draw_box", [True, False])
def test_the_picture_shows_what_was_recognised(draw_box: bool) -> None:
    """The box is that of the picture, and drawn into it if so chosen."""
    observed = recognise(_known(PERSON), objects=ObjectSettings(draw_box=draw_box))
    started = observed[0]
    assert started.snapshot is not None
    assert started.box is not None
    with PillowImage.open(io.BytesIO(started.snapshot)) as image:
        picture = image.convert("RGB")
    x = round(started.box.x * picture.width)
    y = round((started.box.y + started.box.h / 2) * picture.height)
    red, _, blue = picture.getpixel((x, y))  # type: ignore[misc]
    assert (red - blue > 60) is draw_box
    scores = [one.score for one in observed]
    assert scores == sorted(scores)


def test_nothing_is_looked_at_while_nothing_moves() -> None:
    """A quiet scene costs not one inference."""
    inference = FakeInference(_known(PERSON))
    analyzer = Analyzer(
        "gate", AnalyzerSettings(), NumpyKernels(), Recognizer(inference)
    )
    assert analyse(still(150), analyzer, frames=True) == []
    assert inference.asked == []
