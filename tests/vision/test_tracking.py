"""Blobs to tracks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.motion import Blob, MotionDetector
from custom_components.vigilar.vision.tracking import FORGET_S, Track, Tracker
from tests import scenes

WIDTH = 256
HEIGHT = 144
PERIOD_S = 0.2


def blob(x: float, y: float = 60, w: int = 16, h: int = 30, stir: float = 0.8) -> Blob:
    """Return a blob centred at a place."""
    return Blob(round(x - w / 2), round(y - h / 2), w, h, w * h, stir, 2.0)


def follow(
    frames: int, blobs: Callable[[int], Sequence[Blob]], tracker: Tracker | None = None
) -> tuple[Tracker, list[Track]]:
    """Feed frames; return the tracker, and each track that ever moved."""
    tracker = tracker or Tracker()
    moved: dict[int, Track] = {}
    for number in range(frames):
        for track in tracker.update(blobs(number), number * PERIOD_S, WIDTH, HEIGHT):
            if track.moving:
                moved[track.id] = track
    return tracker, list(moved.values())


def test_a_walker_moves() -> None:
    """What goes steadily somewhere is one moving track."""
    tracker, moved = follow(30, lambda number: [blob(20 + 5 * number)])
    assert [track.id for track in moved] == [1]
    assert len(tracker.tracks) == 1
    assert moved[0].born == 0.0


def test_a_movement_begins_when_it_begins() -> None:
    """What stood for long before it left is dated by its leaving."""
    _, moved = follow(60, lambda number: [blob(50 + max(0, number - 40) * 6)])
    assert 40 * PERIOD_S - 0.6 <= moved[0].since <= 42 * PERIOD_S
    assert moved[0].born == 0.0


def test_what_stands_does_not_move() -> None:
    """A blob in its place is no movement, however long."""
    assert not follow(100, lambda _number: [blob(100)])[1]


def test_what_sways_does_not_move() -> None:
    """To and fro leads nowhere."""
    assert not follow(
        100, lambda number: [blob(100 + (0, 4, 5, 4, 0, -4, -5, -4)[number % 8])]
    )[1]


def test_a_long_way_for_little_is_no_movement() -> None:
    """Jitter wider than half the size leads nowhere: the path is much longer."""
    assert not follow(60, lambda number: [blob(100 + 8 * (number % 2), w=10, h=10)])[1]


def test_what_flashes_here_and_there_does_not_move() -> None:
    """Streaks of rain that are seen in every second frame make no track that moves."""
    _, moved = follow(
        60, lambda number: [blob(20 + 4 * number, w=4, h=12)] if number % 2 else []
    )
    assert not moved


def test_the_begin_needs_as_many_frames_as_told() -> None:
    """A tracker that needs more frames says so later."""

    def confirmed(seen: int) -> int:
        tracker = Tracker(seen=seen, of=seen)
        for number in range(30):
            for track in tracker.update(
                [blob(20 + 14 * number)], number * PERIOD_S, WIDTH, HEIGHT
            ):
                if track.moving:
                    return number
        return -1

    assert [confirmed(seen) for seen in (2, 4, 7)] == [1, 3, 6]


def test_two_walkers_are_two_tracks() -> None:
    """Walkers side by side keep their tracks."""
    tracker, moved = follow(
        30, lambda number: [blob(20 + 5 * number, 30), blob(230 - 5 * number, 110)]
    )
    assert len(moved) == 2
    assert len(tracker.tracks) == 2


def test_a_short_gap_does_not_end_a_track() -> None:
    """A walker behind a post is the same walker."""
    _, moved = follow(
        40, lambda number: [] if 15 <= number < 19 else [blob(20 + 4 * number)]
    )
    assert len(moved) == 1


def test_a_long_gap_ends_a_track() -> None:
    """Who comes back later is another."""
    gap = round(FORGET_S / PERIOD_S) + 2
    tracker, _ = follow(
        20 + gap,
        lambda number: [] if 10 <= number < 10 + gap else [blob(20 + 0.5 * number)],
    )
    assert [track.id for track in tracker.tracks] == [2]


def test_a_leap_is_another_thing() -> None:
    """No track crosses the image between two frames, or changes its size eightfold."""
    tracker = Tracker()
    tracker.update([blob(30)], 0.0, WIDTH, HEIGHT)
    tracker.update([blob(220)], 0.2, WIDTH, HEIGHT)
    assert len(tracker.tracks) == 2
    tracker.clear()
    assert not tracker.tracks
    tracker.update([blob(100, w=8, h=8)], 0.4, WIDTH, HEIGHT)
    tracker.update([blob(100, w=60, h=60)], 0.6, WIDTH, HEIGHT)
    assert len(tracker.tracks) == 2


def test_the_nearest_blob_continues_a_track() -> None:
    """Of two blobs the nearer one is the same thing."""
    tracker = Tracker()
    first = tracker.update([blob(50)], 0.0, WIDTH, HEIGHT)[0]
    seen = tracker.update([blob(66), blob(53)], 0.2, WIDTH, HEIGHT)
    assert next(track for track in seen if track.id == first.id).blob == blob(53)


def test_only_what_changes_is_stirred() -> None:
    """A blob that does not differ from the frame before leaves no stir."""
    tracker = Tracker()
    tracker.update([blob(50)], 1.0, WIDTH, HEIGHT)
    track = tracker.update([blob(52)], 1.2, WIDTH, HEIGHT)[0]
    assert track.stirred == 1.2
    tracker.update([blob(52, stir=0.0)], 1.4, WIDTH, HEIGHT)
    assert track.stirred == 1.2
    assert track.seen == 1.4


blobs = st.builds(
    blob,
    st.integers(0, 255),
    st.integers(0, 143),
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(0, 1),
)


@given(st.lists(st.lists(blobs, max_size=6), max_size=20))
def test_each_blob_belongs_to_one_track(frames: list[list[Blob]]) -> None:
    """Every blob of a frame is seen in exactly one track, whatever comes."""
    tracker = Tracker()
    for number, found in enumerate(frames):
        seen = tracker.update(found, number * PERIOD_S, WIDTH, HEIGHT)
        assert sorted(map(repr, (track.blob for track in seen))) == sorted(
            map(repr, found)
        )
        assert len({track.id for track in tracker.tracks}) == len(tracker.tracks)


def test_what_only_grows_does_not_move() -> None:
    """A gust takes hold of a bush from one end to the other: one side stays."""
    assert not follow(20, lambda number: [blob(60 + 2 * number, w=10 + 4 * number)])[1]


def test_what_enters_at_the_edge_moves() -> None:
    """The side at the edge of the image is not the thing's own."""
    _, moved = follow(
        8, lambda number: [Blob(0, 50, 6 + 5 * number, 20, 100, 0.8, 2.0)]
    )
    assert moved
    _, moved = follow(
        8, lambda number: [Blob(250 - 5 * number, 50, 6 + 5 * number, 20, 99, 0.8, 2.0)]
    )
    assert moved


def test_what_goes_leaves_its_place() -> None:
    """A blob that moves within a larger one that stays is a part of it."""
    bush = Blob(40, 30, 120, 60, 4000, 0.8, 2.0)
    assert not follow(20, lambda number: [bush, blob(60 + 4 * number)])[1]


def test_light_does_not_move() -> None:
    """What has no sharp outline is light, however far it goes."""
    _, moved = follow(
        20,
        lambda number: [Blob(20 + 8 * number, 40, 30, 30, 900, 0.8, 2.0, outline=0.2)],
    )
    assert not moved


def test_a_ghost_does_not_move() -> None:
    """What does not change from frame to frame is a trace that fades."""
    assert not follow(20, lambda number: [blob(20 + 5 * number, stir=0.0)])[1]


def test_weather_asks_for_patience() -> None:
    """In a flurry of specks a thing must be followed for longer, and is found."""

    def confirmed(flurry: int) -> int:
        rng = random.Random(4)
        tracker = Tracker()
        for number in range(40):
            specks = [
                blob(rng.randrange(256), rng.randrange(144), 3, 3)
                for _ in range(flurry)
            ]
            walker = [blob(-20 + 5 * number)] if number >= 10 else []
            tracks = tracker.update(walker + specks, number * PERIOD_S, WIDTH, HEIGHT)
            if any(track.moving and track.blob.h == 30 for track in tracks):
                return number
        return -1

    assert 10 < confirmed(0) < confirmed(12)


def creeping(number: int, speed: float = 2.0) -> Blob:
    """Return a grazing animal that changes too little from frame to frame to stir."""
    return blob(60 + speed * number * PERIOD_S, w=40, h=28, stir=0.0)


def test_what_creeps_moves() -> None:
    """An animal that grazes needs longer, and counts as alive while it goes on."""
    tracker, moved = follow(150, lambda number: [creeping(number)])
    assert [track.id for track in moved] == [1]
    assert 149 * PERIOD_S - tracker.tracks[0].stirred <= 2.0


def test_what_stands_and_does_not_stir_is_not_alive() -> None:
    """What was parked keeps its track, and lives no longer."""
    tracker, moved = follow(
        200, lambda number: [blob(20 + 6 * min(number, 20), stir=0.8 * (number < 20))]
    )
    assert len(moved) == 1
    assert tracker.tracks[0].stirred <= 20 * PERIOD_S


def test_what_fades_does_not_creep() -> None:
    """The trace of another light shrinks from one side, also at the image's edge."""
    assert not follow(
        150,
        lambda number: [Blob(0, 40, max(8, 60 - number // 3), 30, 300, 0.0, 1.4)],
    )[1]


def test_what_jumps_to_and_fro_does_not_creep() -> None:
    """A gusty bush whose place wanders is no animal."""
    rng = random.Random(3)
    assert not follow(
        150,
        lambda number: [
            blob(60 + 0.3 * number + rng.uniform(-20, 20), w=40, h=28, stir=0.0)
        ],
    )[1]


def test_what_appears_with_many_does_not_creep() -> None:
    """Another light leaves traces all over the image."""

    def traces(number: int) -> list[Blob]:
        return [creeping(number), *(blob(200, 15 + 28 * row) for row in range(4))]

    tracker, moved = follow(150, traces)
    assert not moved
    assert not tracker.things


def test_what_stands_is_a_thing() -> None:
    """A thing is known once it has stood for two seconds, and leaves do not count."""
    assert follow(20, lambda _number: [blob(100)])[0].things == [blob(100)]
    assert not follow(8, lambda _number: [blob(100)])[0].things
    assert not follow(60, lambda number: [blob(100 + 9 * (number % 2))])[0].things


def test_what_is_faint_must_go_further() -> None:
    """A deviation that hardly counts may be flicker."""

    def confirmed(strength: float) -> int:
        tracker = Tracker()
        for number in range(40):
            thing = Blob(40 + 2 * number, 50, 20, 30, 600, 0.8, strength)
            if tracker.update([thing], number * PERIOD_S, WIDTH, HEIGHT)[0].moving:
                return number
        return -1

    assert confirmed(3.0) == confirmed(1.5) < confirmed(1.25) < confirmed(1.0)


def test_what_is_near_may_be_quick() -> None:
    """A thing that overlaps its place before is the same, however fast it grows."""
    tracker = Tracker()
    tracker.update([Blob(200, 10, 56, 120, 5000, 0.9, 3.0)], 0.0, WIDTH, HEIGHT)
    tracker.update([Blob(60, 10, 170, 120, 9000, 0.9, 3.0)], 0.2, WIDTH, HEIGHT)
    assert len(tracker.tracks) == 1


def test_what_leaps_once_does_not_move() -> None:
    """Who left, and the trace of where he stood, are two things."""
    assert not follow(20, lambda number: [blob(60 if number < 6 else 74)])[1]


def test_what_grows_and_shrinks_does_not_move() -> None:
    """A gust shakes a bush from its top to its foot: first a part, all, then another."""

    def gust(number: int) -> list[Blob]:
        top, height = ((40, 20), (40, 35), (40, 60), (50, 50), (70, 30))[
            min(number // 2, 4)
        ]
        return [Blob(100, top, 24, height, 24 * height, 0.8, 2.0)]

    assert not follow(10, gust)[1]


def test_what_is_cut_off_is_as_large_as_it_was_seen() -> None:
    """Feet that show at the edge of the image and are gone have gone nowhere."""
    feet = [
        *((246, 11, 6, 7), (245, 1, 10, 17), (244, 0, 12, 20)),
        *((244, 2, 12, 19), (245, 7, 11, 15), (250, 15, 6, 7)),
    ]
    assert not follow(
        6, lambda number: [Blob(*feet[number], feet[number][3] * 6, 0.8, 2.0)]
    )[1]


def test_what_falls_does_not_move_in_bad_weather() -> None:
    """A flake leaps out of its own place from frame to frame; who walks does not."""

    def confirmed(flurry: int, thing: Callable[[int], Blob]) -> bool:
        rng = random.Random(6)
        tracker = Tracker()
        for number in range(26):
            specks = [
                blob(rng.randrange(256), rng.randrange(144), 3, 3)
                for _ in range(flurry)
            ]
            things = [thing(number - 12)] if number >= 12 else []
            tracks = tracker.update(things + specks, number * PERIOD_S, WIDTH, HEIGHT)
            if any(track.moving and track.blob.area > 60 for track in tracks):
                return True
        return False

    def flake(number: int) -> Blob:
        return blob(100 + number, 10 + 9 * number, w=9, h=8)

    def walker(number: int) -> Blob:
        return blob(100 + 4 * number, w=9, h=20)

    assert confirmed(0, flake)
    assert not confirmed(12, flake)
    assert confirmed(12, walker)


def test_two_who_cross_remain_two() -> None:
    """Walkers who pass each other keep their ways: they merge, and part again."""

    def crossing(number: int) -> list[Blob]:
        left, right = 40 + 5 * number, 190 - 5 * number
        if abs(left - right) < 14:
            middle = (left + right) / 2
            return [blob(middle, 63, w=16 + abs(left - right), h=36)]
        return [blob(left, 60), blob(right, 66)]

    tracker, moved = follow(29, crossing)
    assert len(moved) == 2
    assert len([track for track in tracker.tracks if track.seen == 28 * PERIOD_S]) == 2


def test_what_stands_does_not_creep() -> None:
    """What came unnoticed and stands is no movement any more, and none of long ago."""

    def car(number: int) -> list[Blob]:
        at = 30 + 6 * min(number, 20)
        outline = 0.1 if number < 20 else 1.0
        return [Blob(at, 60, 30, 24, 700, 0.8 * (number < 20), 2.0, outline)]

    assert not follow(150, car)[1]


def test_a_box_that_jumps_by_whole_pixels_takes_no_longer_path() -> None:
    """Of a small thing far away the box flickers; its mass goes steadily."""

    def flickering(number: int, lean: float) -> list[Blob]:
        jump = (2, -2)[number % 2]
        one = blob(60 + number + jump, w=8, h=14)
        return [replace(one, lean=(lean * jump, 0.0))]

    assert not follow(20, lambda number: flickering(number, 0.0))[1]
    assert follow(20, lambda number: flickering(number, -1.0))[1]


def test_who_comes_in_may_grow_much() -> None:
    """Of who enters near the camera only a little is seen at first."""
    enters = [blob(40, 141, 20, 6), blob(50, 124, 50, 40), blob(62, 114, 60, 60)]
    assert enters[1].area > 10 * enters[0].area

    def born(blobs: Sequence[Blob]) -> list[float]:
        tracker, _ = follow(len(blobs), lambda number: [blobs[number]])
        return [track.born for track in tracker.tracks if track.seen > 0.3]

    assert born(enters) == [0.0]
    inside = [replace(one, y=one.y - 20) for one in enters]
    assert born(inside) == [PERIOD_S]
    # What is left of somebody at the edge is not that person.
    assert born([enters[2], enters[1], enters[0]]) == [2 * PERIOD_S]


def test_what_began_since_is_followed_further() -> None:
    """Only what began until then is forgotten."""

    def appearing(number: int) -> list[Blob]:
        return [blob(40), blob(150)][: 1 + (number > 5)]

    tracker, _ = follow(8, appearing)
    tracker.clear(until=5 * PERIOD_S)
    assert [track.blob.x for track in tracker.tracks] == [blob(150).x]
    tracker.clear()
    assert not tracker.tracks


def _followed(
    scene: scenes.Scene, *walkers: scenes.Walker
) -> list[tuple[float, list[int]]]:
    """Return by which tracks walkers are followed, where each has one of its own."""
    detector, tracker = MotionDetector(NumpyKernels()), Tracker()
    followed = []
    for image, ts in scene.frames():
        result = detector.update(image, ts, tracker.things)
        if result.learning:
            continue
        tracks = tracker.update(result.blobs, ts, scenes.WIDTH, scenes.HEIGHT)
        moving = [track for track in tracks if track.moving]
        own = []
        for walker in walkers:
            x, y = walker.place(ts) or (inf, inf)
            own += [
                track.id
                for track in moving
                if track.blob.x <= x < track.blob.x + track.blob.w
                and abs(track.blob.y + track.blob.h - y) < walker.height / 4
            ]
        if len(set(own)) == len(own) == len(walkers):
            followed.append((ts, own))
    return followed


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("apart", [0.0, 18.0])
def test_two_people_who_cross_are_two(apart: float, seed: int) -> None:
    """Each is followed before they meet and after it, at 10 s; side by side as before."""
    followed = _followed(*scenes.two_who_cross(seed, apart))
    before = [own for ts, own in followed if ts < 9.4]
    after = [own for ts, own in followed if ts > 11.4]
    assert len(before) >= 15
    assert len(after) >= 15
    assert all(own == before[0] for own in before)
    assert all(own == after[0] for own in after)
    if apart:
        assert before[0] == after[0]
