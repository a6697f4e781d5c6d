"""Which packets are decoded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
import itertools

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.vigilar.vision import gate as gate_module
from custom_components.vigilar.vision.gate import Action, Arrived, Gate, GateState
from custom_components.vigilar.vision.source import Packet

from .common import Image, still

FPS = 15
GROUP = 30


@dataclass
class Stream:
    """Packets of a camera whose sizes vary by a few per cent."""

    group: int = GROUP
    fps: float = FPS
    timed: bool = True
    number: int = 0
    place: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def packet(self, factor: float = 1.0, keyframe: bool | None = None) -> Arrived:
        """Return the next packet, so many times as large as usual."""
        if keyframe is None:
            keyframe = self.number == 0 or self.place + 1 >= self.group
        self.place = 0 if keyframe else self.place + 1
        # The first after a keyframe is larger in every group.
        usual = 60000 if keyframe else 9000 if self.place == 1 else 5000
        size = round(usual * factor * float(np.exp(self.rng.normal(0, 0.04))))
        at = self.number / self.fps
        self.number += 1
        return Arrived(
            Packet(at if self.timed else None, keyframe, size, b""), 1000.0 + at
        )

    def packets(self, seconds: float, factor: float = 1.0) -> Iterator[Arrived]:
        """Yield packets for so long."""
        for _ in range(round(seconds * self.fps)):
            yield self.packet(factor)


@dataclass
class Watcher:
    """Does as a gate says, and tells it what the analysis would.

    Attributes:
        decoded: Numbers of the packets decoded, in order.
        actions: What was said of each packet.
    """

    gate: Gate
    moving: bool = False
    unsettled: bool = False
    image: Image | None = field(default_factory=lambda: next(still(1)))
    decoded: list[float] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def watch(self, packets: Iterable[Arrived]) -> list[Action]:
        """Take packets; return what the gate said of them."""
        before = len(self.actions)
        for arrived in packets:
            self._take(arrived)
        return self.actions[before:]

    def _take(self, arrived: Arrived) -> None:
        action = self.gate.judge(arrived)
        self.actions.append(action)
        if action is Action.PASS:
            return
        if action is Action.LOOK and self.gate.looks_quiet(self.image):
            action = Action.DECODE
        due = [arrived] if action is Action.DECODE else self.gate.release()
        self.decoded += [one.ts for one in due]
        self.gate.note(
            arrived.ts, self.seen(), moving=self.moving, unsettled=self.unsettled
        )

    def seen(self) -> Image:
        """Return what the analysis was shown."""
        return np.full((144, 256), 99, np.uint8) if self.image is None else self.image


@pytest.fixture
def stream() -> Stream:
    """Return a usual stream."""
    return Stream()


@pytest.fixture
def watcher() -> Watcher:
    """Return a gate and who obeys it."""
    return Watcher(Gate())


@pytest.fixture
def asleep(watcher: Watcher, stream: Stream) -> Watcher:
    """Return a gate that has watched a quiet scene for a while."""
    watcher.watch(stream.packets(30))
    assert watcher.gate.state is GateState.QUIET
    return watcher


def test_only_keyframes_of_a_quiet_scene_are_decoded(
    asleep: Watcher, stream: Stream
) -> None:
    """For ten minutes, with the sizes of a real encoder."""
    said = asleep.watch(stream.packets(600))
    assert said.count(Action.LOOK) == 600 // 2
    assert said.count(Action.PASS) == len(said) - 300
    assert asleep.gate.counts == gate_module.GateCounts()


def test_frequent_keyframes_are_passed_over(watcher: Watcher) -> None:
    """A camera with a keyframe each half second is looked at every 1.5 s.

    What was passed over is looked at when something begins.
    """
    stream = Stream(group=8)
    watcher.watch(stream.packets(30))
    said = watcher.watch(stream.packets(160))
    assert said.count(Action.LOOK) == pytest.approx(100, abs=2)
    while said[-1] is not Action.LOOK:
        said = watcher.watch([stream.packet()])
    looked = (stream.number - 1) / FPS
    watcher.watch(stream.packets(1))
    before = len(watcher.decoded)
    watcher.watch(stream.packets(0.4, 3.0))
    assert watcher.decoded[before] == pytest.approx(looked)
    replayed = [round(ts * FPS) for ts in watcher.decoded[before:]]
    assert replayed == list(range(replayed[0], stream.number))


def test_a_stream_is_known_before_it_is_slept_through(
    watcher: Watcher, stream: Stream
) -> None:
    """Two groups of pictures are decoded in full, whatever the analysis says."""
    said = watcher.watch(stream.packets(4))
    assert set(said) == {Action.DECODE}
    assert watcher.watch(stream.packets(1 / FPS)) == [Action.LOOK]


@pytest.mark.parametrize(("factor", "within"), [(1.2, 15), (1.5, 4), (4.0, 4)])
def test_larger_packets_wake_it(
    asleep: Watcher, stream: Stream, factor: float, within: int
) -> None:
    """The more they exceed the usual, the sooner; it goes back to the keyframe."""
    while stream.place != 8:
        asleep.watch([stream.packet()])
    keyframe = (stream.number - 1 - 8) / FPS
    before = len(asleep.decoded)
    said = asleep.watch(stream.packets(1, factor))
    assert said.index(Action.REPLAY) < within
    replayed = asleep.decoded[before:]
    assert replayed == [
        pytest.approx(keyframe + number / FPS) for number in range(len(replayed))
    ]
    assert replayed[-1] == pytest.approx((stream.number - 1) / FPS)
    assert (asleep.gate.counts.wakes, asleep.gate.counts.keyframe_finds) == (1, 0)


def test_a_single_large_packet_does_not_wake_it(
    asleep: Watcher, stream: Stream
) -> None:
    """A burnt-in clock that ticks out of step with the keyframes is no movement."""
    for _ in range(200):
        asleep.watch(stream.packets(16 / FPS))
        asleep.watch([stream.packet(2.0)])
    assert asleep.gate.counts.wakes == 0


def test_smaller_packets_do_not_wake_it(asleep: Watcher, stream: Stream) -> None:
    """Less change than usual is no movement."""
    said = asleep.watch(stream.packets(60, 0.3))
    assert Action.REPLAY not in said


def test_it_stays_open_while_something_goes_on(asleep: Watcher, stream: Stream) -> None:
    """It closes at the first keyframe after two calm seconds, and not before."""
    asleep.watch(stream.packets(1, 3.0))
    asleep.moving = True
    assert set(asleep.watch(stream.packets(20))) == {Action.DECODE}
    asleep.moving, asleep.unsettled = False, True
    assert set(asleep.watch(stream.packets(20))) == {Action.DECODE}
    asleep.unsettled = False
    said = asleep.watch(stream.packets(5))
    assert 2 * FPS <= said.index(Action.LOOK) <= 2 * FPS + GROUP
    assert asleep.gate.counts.false_wakes == 0


# Places that never rest


@pytest.fixture
def restless(watcher: Watcher, stream: Stream) -> Watcher:
    """Return a gate that sleeps although the analysis always finds something."""
    watcher.unsettled = True
    watcher.watch(stream.packets(70))
    assert watcher.gate.state is GateState.QUIET
    return watcher


def test_unrest_that_goes_nowhere_becomes_usual(
    watcher: Watcher, stream: Stream
) -> None:
    """After a minute without a motion it closes, and what is found is no news."""
    watcher.unsettled = True
    said = watcher.watch(stream.packets(600))
    assert 60 * FPS <= said.index(Action.LOOK) <= 62 * FPS + 1
    assert Action.REPLAY not in said
    assert watcher.gate.counts == gate_module.GateCounts()


def test_a_place_where_things_go_somewhere_is_watched(
    watcher: Watcher, stream: Stream
) -> None:
    """The minute begins anew with each motion."""
    watcher.unsettled = True
    for _ in range(5):
        watcher.moving = True
        assert set(watcher.watch(stream.packets(5))) == {Action.DECODE}
        watcher.moving = False
        assert set(watcher.watch(stream.packets(55))) == {Action.DECODE}


def test_a_motion_wakes_it_in_a_restless_place(
    restless: Watcher, stream: Stream
) -> None:
    """What goes somewhere is news everywhere."""
    restless.moving = True
    said = restless.watch(stream.packets(4))
    assert Action.REPLAY in said
    assert restless.gate.counts.keyframe_finds == 1


def test_a_restless_place_is_left_sooner_again(
    restless: Watcher, stream: Stream
) -> None:
    """Larger packets wake it; where nothing goes anywhere then, seconds are enough."""
    said = restless.watch(stream.packets(1, 3.0))
    assert Action.REPLAY in said
    said = restless.watch(stream.packets(20))
    assert 10 * FPS <= said.index(Action.LOOK) <= 15 * FPS
    assert restless.gate.counts.false_wakes == 1


def test_the_beginning_of_a_motion_is_no_unrest(
    asleep: Watcher, stream: Stream
) -> None:
    """What comes after somebody wakes it as easily as they did."""
    assert asleep.image is not None
    empty = asleep.image
    small = empty.copy()
    small[70:78, 100:104] //= 2
    for _ in range(5):
        while stream.place != GROUP - 1:
            asleep.watch([stream.packet()])
        asleep.image, asleep.unsettled = small, True
        assert asleep.watch([stream.packet()]) == [Action.LOOK]
        assert asleep.gate.state.value == "open"
        asleep.image = small.copy()
        asleep.image[40:110, 60:200] //= 2
        asleep.watch(stream.packets(3, 3.0))
        asleep.moving = True
        asleep.watch(stream.packets(2, 3.0))
        asleep.image, asleep.moving, asleep.unsettled = empty, False, False
        asleep.watch(stream.packets(8))
        assert asleep.gate.state.value == "quiet"
    assert asleep.gate.counts.keyframe_finds == 5


def test_a_place_that_came_to_rest_is_restless_no_more(
    restless: Watcher, stream: Stream
) -> None:
    """Once it was calm, what the analysis finds in a keyframe wakes it again."""
    restless.unsettled = False
    restless.watch(stream.packets(1, 3.0))
    restless.watch(stream.packets(10))
    assert restless.gate.state is GateState.QUIET
    restless.unsettled = True
    assert Action.REPLAY in restless.watch(stream.packets(5))


def test_sizes_that_stay_larger_become_usual(asleep: Watcher, stream: Stream) -> None:
    """Rain that the analysis makes nothing of keeps it awake for a short while."""
    asleep.watch(stream.packets(60, 1.6))
    assert asleep.gate.counts.false_wakes >= 1
    wakes = asleep.gate.counts.wakes
    assert wakes <= 5
    said = asleep.watch(stream.packets(120, 1.6))
    assert asleep.gate.counts.wakes == wakes
    assert said.count(Action.DECODE) == 0


def test_a_keyframe_that_differs_wakes_it(asleep: Watcher, stream: Stream) -> None:
    """What hides in small packets is found, and the group before is looked at."""
    while stream.place != GROUP - 1:
        asleep.watch([stream.packet()])
    before = len(asleep.decoded)
    assert asleep.image is not None
    asleep.image = asleep.image.copy()
    asleep.image[70:90, 100:110] //= 2
    assert asleep.watch([stream.packet()]) == [Action.LOOK]
    assert len(asleep.decoded) - before == GROUP + 1
    assert asleep.gate.state is GateState.OPEN
    assert (asleep.gate.counts.wakes, asleep.gate.counts.keyframe_finds) == (1, 1)


def test_a_keyframe_that_cannot_be_decoded_wakes_it(
    asleep: Watcher, stream: Stream
) -> None:
    """A damaged keyframe or a change of the codec is not slept through."""
    asleep.image = None
    while stream.place:
        asleep.watch([stream.packet()])
    assert set(asleep.watch(stream.packets(1.9))) == {Action.DECODE}
    assert asleep.gate.counts.keyframe_finds == 1


def test_what_the_analysis_finds_in_a_keyframe_wakes_it(
    asleep: Watcher, stream: Stream
) -> None:
    """The packet after such a keyframe is decoded, and the keyframe before it."""
    while stream.place != GROUP - 1:
        asleep.watch([stream.packet()])
    asleep.unsettled = True
    before = len(asleep.decoded)
    assert asleep.watch([stream.packet(), stream.packet(), stream.packet()]) == [
        Action.LOOK,
        Action.REPLAY,
        Action.DECODE,
    ]
    keyframe = (stream.number - 3) / FPS
    assert asleep.decoded[before:] == [
        pytest.approx(keyframe + number / FPS) for number in (0, 0, 1, 2)
    ]
    assert (asleep.gate.counts.wakes, asleep.gate.counts.keyframe_finds) == (1, 1)


def test_a_keyframe_in_doubt_is_followed_by_a_keyframe(
    asleep: Watcher, stream: Stream
) -> None:
    """Even then nothing is left out."""
    while stream.place != GROUP - 1:
        asleep.watch([stream.packet()])
    asleep.unsettled = True
    keyframes = [stream.packet(), stream.packet(keyframe=True)]
    assert asleep.watch(keyframes) == [Action.LOOK, Action.REPLAY]


@pytest.mark.parametrize("group", [6 * FPS, 60 * FPS])
def test_keyframes_far_apart(watcher: Watcher, group: int) -> None:
    """A stream that could not be looked at often enough is decoded in full."""
    said = watcher.watch(Stream(group).packets(200))
    assert set(said) == {Action.DECODE}
    assert watcher.gate.state is GateState.UNSUITED


def test_no_keyframes(watcher: Watcher, stream: Stream) -> None:
    """A stream refreshed row by row has none, and is decoded in full."""
    packets = (stream.packet(keyframe=False) for _ in range(300))
    assert set(watcher.watch(packets)) == {Action.DECODE}
    assert watcher.gate.state is GateState.UNSUITED


def test_a_gate_that_never_closes(stream: Stream) -> None:
    """With no time allowed between keyframes everything is decoded, MJPEG too."""
    for packets in (stream.packets(60), Stream(group=1).packets(60)):
        watcher = Watcher(Gate(longest_group_s=0.0))
        assert set(watcher.watch(packets)) == {Action.DECODE}
        assert watcher.gate.state is not GateState.INTRA


def test_irregular_groups(watcher: Watcher, stream: Stream) -> None:
    """Keyframes at every change of scene do no harm while they are frequent enough."""
    lengths = itertools.cycle([10, 31, 45, 3, 22])
    for _ in range(100):
        stream.group = next(lengths)
        watcher.watch([stream.packet(keyframe=True)])
        watcher.watch(stream.packet() for _ in range(stream.group - 1))
    assert watcher.gate.state is GateState.QUIET
    assert watcher.gate.counts.wakes <= 2
    assert len(watcher.decoded) < 0.3 * stream.number


def test_a_group_that_does_not_end(asleep: Watcher, stream: Stream) -> None:
    """Keyframes that stay away are not waited for longer than usual."""
    stream.group = 10**6
    while stream.place:
        asleep.watch([stream.packet(keyframe=True)])
    said = asleep.watch(stream.packets(20))
    assert said.index(Action.REPLAY) == pytest.approx(4.5 * FPS, abs=2)
    assert said[-1] is Action.DECODE
    assert asleep.gate.state is GateState.UNSUITED
    stream.group = GROUP
    assert Action.PASS in asleep.watch(stream.packets(30))


def test_a_clock_that_jumps(asleep: Watcher, stream: Stream) -> None:
    """A source that loops is looked at anew, and slept through again."""
    while stream.place != 10:
        asleep.watch([stream.packet()])
    stream.number = 1
    assert asleep.watch([stream.packet()]) == [Action.REPLAY]
    asleep.watch(stream.packets(30))
    assert asleep.gate.state is GateState.QUIET


def test_packets_without_times(watcher: Watcher) -> None:
    """Their arrival stands in."""
    watcher.watch(Stream(timed=False).packets(30))
    assert watcher.gate.state is GateState.QUIET


def test_every_packet_a_keyframe(watcher: Watcher) -> None:
    """MJPEG is sampled: nothing is held, and there is no group to sleep through."""
    jpegs = Stream(group=1)
    said = watcher.watch(jpegs.packets(60))
    assert set(said) == {Action.DECODE}
    assert watcher.gate.state is GateState.INTRA
    jpegs.group = GROUP
    said = watcher.watch(jpegs.packets(30))
    assert said[0] is Action.REPLAY
    assert Action.PASS in said
    assert watcher.gate.counts.wakes == 0


def test_what_is_held_is_bounded(
    asleep: Watcher, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group too large to be held is decoded, in bytes and in packets."""
    monkeypatch.setattr(gate_module, "MAX_HELD_BYTES", 100_000)
    assert Action.REPLAY in asleep.watch(stream.packets(2))
    monkeypatch.undo()
    asleep.watch(stream.packets(30))
    assert asleep.gate.state is GateState.QUIET
    monkeypatch.setattr(gate_module, "MAX_HELD_PACKETS", 10)
    assert Action.REPLAY in asleep.watch(stream.packets(2))


def test_packets_left_out(asleep: Watcher, stream: Stream) -> None:
    """After an interruption nothing of before is decoded, and all in between."""
    asleep.watch(stream.packets(0.5))
    asleep.gate.interrupt()
    assert asleep.gate.release() == []
    asleep.unsettled = True
    before = len(asleep.decoded)
    said = asleep.watch([stream.packet(keyframe=True), *stream.packets(10)])
    assert said[:2] == [Action.LOOK, Action.REPLAY]
    assert set(said[2:]) == {Action.DECODE}
    assert min(asleep.decoded[before:]) == pytest.approx(
        (stream.number - 1 - 10 * FPS) / FPS
    )


def test_the_end_of_a_file(asleep: Watcher) -> None:
    """The decoder is asked for what it holds only where it may hold something."""
    end = Arrived(Packet(None, keyframe=False, size=0, data=b""), 0.0)
    assert asleep.gate.judge(end) is Action.PASS
    assert Gate().judge(end) is Action.DECODE


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 45),
            st.sampled_from([0.5, 1.0, 1.0, 1.0, 3.0]),
            st.booleans(),
            st.sampled_from([False, False, True]),
        ),
        min_size=8,
        max_size=40,
    )
)
def test_nothing_is_decoded_without_what_it_builds_on(
    groups: list[tuple[int, float, bool, bool]],
) -> None:
    """Whatever comes, a picture is decoded after all of its group before it."""
    stream = Stream()
    watcher = Watcher(Gate())
    for length, factor, unsettled, different in groups:
        watcher.unsettled = unsettled
        if different:
            watcher.image = next(still(1, seed=stream.number))
        watcher.watch([stream.packet(factor, keyframe=True)])
        watcher.watch(stream.packet(factor, keyframe=False) for _ in range(length - 1))
    starts = set(itertools.accumulate((length for length, *_ in groups), initial=0))
    numbers = [round(ts * FPS) for ts in watcher.decoded]
    for before, number in itertools.pairwise(numbers):
        assert number in starts or number == before + 1
