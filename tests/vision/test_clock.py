"""Media time, wall time and lag."""

import time

from hypothesis import given, strategies as st
import pytest

from custom_components.vigilar.vision.clock import Grid, StreamClock


def test_a_grid_keeps_its_rate() -> None:
    """As many frames as told are chosen, of any rate above, and all of one below."""
    for fps, expected in ((30, 50), (12, 50), (7, 50), (5, 50), (2, 20)):
        grid = Grid(5.0)
        chosen = sum(grid.takes(100 + number / fps) for number in range(fps * 10))
        assert abs(chosen - expected) <= 1


def test_a_pause_does_not_shift_a_grid() -> None:
    """What is chosen after it is what would have been chosen without it."""
    times = [round(number / 10, 1) for number in range(100)]
    whole, paused = Grid(5.0), Grid(5.0)
    chosen = [ts for ts in times if whole.takes(ts)]
    # While a gate is shut only some keyframes come, at times between two that are due.
    seen = [ts for ts in times if not 3.0 < ts < 6.0 or ts in (3.9, 5.1)]
    after = [ts for ts in seen if paused.takes(ts) and ts >= 6.0]
    assert after == [ts for ts in chosen if ts >= 6.0]


def test_a_grid_begins_anew_where_time_falls() -> None:
    """A source whose clock is set back is not waited for."""
    grid = Grid(5.0)
    assert grid.takes(1000.0)
    assert not grid.takes(999.9)
    assert grid.takes(3.0)
    assert not grid.takes(3.1)


def test_a_read_that_waited_is_not_late() -> None:
    """A packet that the network delayed is not our lag."""
    clock = StreamClock()
    clock.arrived(0.0, 100.0, 0.1)
    clock.arrived(0.2, 103.2, 3.0)
    assert clock.lag == 0


def test_packets_that_queue_up_are_late() -> None:
    """Packets read without waiting, and older each time, show that we fall behind."""
    clock = StreamClock()
    clock.arrived(0.0, 100.0, 0.1)
    for number in range(1, 11):
        clock.arrived(number * 0.1, 100.0 + number * 0.4, 0.0)
    assert clock.lag == pytest.approx(3.0)
    clock.arrived(4.2, 104.2, 0.1)
    assert clock.lag == 0


def test_a_burst_is_not_late() -> None:
    """Packets that come all at once, as at a connection's start, are not late."""
    clock = StreamClock()
    for number in range(50):
        clock.arrived(number * 0.1, 100.0 + number * 1e-4, 0.0)
        assert clock.lag == 0


def test_a_loop_goes_on() -> None:
    """A source that jumps back to its start neither falls nor is late."""
    clock = StreamClock()
    clock.arrived(99.8, 10.0, 0.1)
    assert clock.media(99.8, 10.0) == 99.8
    clock.arrived(0.0, 10.2, 0.0)
    assert clock.lag == 0
    assert clock.media(0.0, 10.2) == pytest.approx(99.8)
    clock.arrived(0.2, 10.4, 0.0)
    assert clock.media(0.2, 10.4) == pytest.approx(100.0)


def test_a_late_picture_from_before_a_jump_does_not_move_the_clock_far() -> None:
    """The decoder may give out pictures of before the jump after it."""
    clock = StreamClock()
    clock.arrived(50.0, 10.0, 0.1)
    clock.media(50.0, 10.0)
    clock.arrived(0.0, 10.2, 0.1)
    assert clock.media(50.2, 10.2) == pytest.approx(50.2)


def test_times_that_are_missing_come_from_the_arrival() -> None:
    """A camera without time stamps goes by arrival."""
    clock = StreamClock()
    clock.arrived(None, 10.0, 0.1)
    first = clock.media(None, 10.0)
    clock.arrived(None, 10.5, 0.1)
    assert clock.media(None, 10.5) - first == pytest.approx(0.5)
    assert clock.lag == 0


def test_wall_time() -> None:
    """A picture that was just read is of now."""
    clock = StreamClock()
    arrival = time.monotonic()
    clock.media(500.0, arrival)
    assert 500.0 + clock.to_wall == pytest.approx(time.time(), abs=5)
    assert 498.0 + clock.to_wall == pytest.approx(time.time() - 2, abs=5)


def offsets(pictures: list[tuple[float, float]]) -> list[float]:
    """Return the offset after each picture (time stamp, arrival), less the first."""
    clock = StreamClock()
    found = []
    for ts, arrival in pictures:
        clock.media(ts, arrival)
        found.append(clock.to_wall)
    return [offset - found[0] for offset in found]


def test_bursts_do_not_move_the_wall() -> None:
    """Pictures that come in segments of six seconds keep the pace of the source."""
    bursts = [(number * 0.2, 1000.0 + number // 30 * 6) for number in range(300)]
    settled = offsets(bursts)[30:]
    assert max(settled) - min(settled) < 0.15


def test_a_delay_that_lasts_is_believed() -> None:
    """A network that became slower is followed slowly, a break at once."""
    slower = [(n * 1.0, 1000.0 + n + (2.0 if n >= 100 else 0.0)) for n in range(400)]
    found = offsets(slower)
    assert found[110] == pytest.approx(0.2, abs=0.1)
    assert found[-1] == pytest.approx(2.0, abs=0.1)
    broken = [(0.0, 1000.0), (1.0, 1001.0), (2.0, 1060.0), (3.0, 1061.0)]
    assert offsets(broken)[-1] == pytest.approx(58.0, abs=0.1)


@given(
    st.lists(
        st.tuples(st.none() | st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(0, 1)),
        max_size=30,
    )
)
def test_media_time_never_falls(
    packets: list[tuple[float | None, float, float]],
) -> None:
    """Whatever a source says, time does not fall and lag is not negative."""
    clock = StreamClock()
    arrival = 1000.0
    last = None
    for ts, wait, read_s in packets:
        arrival += wait
        clock.arrived(ts, arrival, read_s)
        assert clock.lag >= 0
        media = clock.media(ts, arrival)
        assert last is None or media >= last
        last = media
