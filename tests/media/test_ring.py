"""Tests of the ring."""

from hypothesis import given, strategies as st

from custom_components.vigilar.media.ring import MAX_TAKEN, Entry, PacketRing, Track

TRACK = Track("h264")
SOUND = Track("aac", sound=True)


def entry(
    at: float, *, keyframe: bool = False, size: int = 10, track: Track = TRACK
) -> Entry:
    """Return a packet."""
    return Entry(b"", track, at, at, 0.0, keyframe, size)


def fill(ring: PacketRing, count: int, group: int = 10) -> None:
    """Put in a packet a second, a keyframe every so many."""
    for number in range(count):
        ring.append(entry(number, keyframe=number % group == 0))


def times(entries: list[Entry]) -> list[int]:
    """Return when packets came."""
    return [round(each.at) for each in entries]


def test_whole_groups_of_the_last_seconds() -> None:
    """What is held begins with a keyframe that is old enough."""
    ring = PacketRing(10_000, 15.0)
    fill(ring, 58)
    assert times(ring.between(0, 100)) == list(range(40, 58))
    assert ring.size == 180


def test_what_no_keyframe_precedes_is_passed_over() -> None:
    """At the beginning and after an interruption; sound does not count."""
    ring = PacketRing(10_000, 15.0)
    ring.append(entry(0))
    ring.append(entry(1, track=SOUND, keyframe=True))
    assert ring.size == 0
    ring.append(entry(2, keyframe=True))
    ring.append(entry(3, track=SOUND, keyframe=True))
    ring.interrupt()
    ring.append(entry(4))
    ring.append(entry(5, keyframe=True))
    assert times(ring.between(0, 100)) == [2, 3, 5]


def test_readers_begin_at_a_keyframe() -> None:
    """At the one before, else the oldest; at the next where nothing was on."""
    ring = PacketRing(10_000, 100.0)
    fill(ring, 30)
    for at, first in ((15, 10), (10, 10), (9.5, 0), (-5, 0), (29.5, 20)):
        cursor = ring.open(at)
        assert times(ring.take(cursor)[0])[0] == first
        ring.close(cursor)
    late = ring.open(60)
    assert ring.take(late) == ([], False)
    ring.append(entry(60, keyframe=True))
    assert times(ring.take(late)[0]) == [60]


def test_a_pause_is_no_part_of_a_group() -> None:
    """What was on before the camera went is not what was on."""
    ring = PacketRing(10_000, 100.0)
    fill(ring, 10)
    ring.append(entry(50, keyframe=True))
    assert times(ring.between(48, 100)) == [50]
    assert times(ring.between(10, 100))[0] == 0


def test_a_reader_is_waited_for() -> None:
    """But not beyond the capacity."""
    ring = PacketRing(500, 5.0)
    fill(ring, 12)
    cursor = ring.open(0)
    for number in range(12, 40):
        ring.append(entry(number, keyframe=number % 10 == 0))
    assert times(ring.take(cursor)[0]) == list(range(40))
    cursor.number = 0
    for number in range(40, 72):
        ring.append(entry(number, keyframe=number % 10 == 0))
    assert ring.size <= 500
    entries, missed = ring.take(cursor)
    assert missed
    assert entries[0].keyframe
    assert ring.take(cursor) == ([], False)
    ring.close(cursor)
    ring.append(entry(72))
    ring.append(entry(80, keyframe=True))
    assert times(ring.between(0, 100))[0] == 70


def test_a_reader_takes_little_at_a_time() -> None:
    """And in order."""
    ring = PacketRing(1_000_000, 10_000.0)
    fill(ring, MAX_TAKEN + 20)
    cursor = ring.open(0)
    first, _ = ring.take(cursor)
    second, _ = ring.take(cursor)
    assert times(first + second) == list(range(MAX_TAKEN + 20))
    assert len(first) == MAX_TAKEN


def test_a_group_that_is_too_large_alone() -> None:
    """It goes, and with it what depends on it."""
    ring = PacketRing(100, 5.0)
    fill(ring, 11, group=100)
    assert ring.size == 0
    ring.append(entry(11))
    assert ring.between(0, 100) == []
    ring.append(entry(12, keyframe=True))
    assert times(ring.between(0, 100)) == [12]


def test_less_room_counts_at_once() -> None:
    """With the next packet."""
    ring = PacketRing(10_000, 100.0)
    fill(ring, 50)
    ring.configure(10_000, 5.0)
    ring.append(entry(50, keyframe=True))
    assert times(ring.between(0, 100)) == [*range(40, 51)]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 200), st.booleans(), st.booleans()),
        max_size=200,
    )
)
def test_a_reader_gets_every_packet_or_knows(
    steps: list[tuple[bool, int, bool, bool]],
) -> None:
    """Whatever the sizes: bounded, in order, and nothing is lost without a word."""
    ring = PacketRing(600, 20.0)
    cursor = ring.open(0)
    seen: list[int] = []
    for number, (keyframe, size, take, _) in enumerate(steps):
        ring.append(entry(number, keyframe=keyframe, size=size))
        assert ring.size <= 600
        if take:
            entries, missed = ring.take(cursor)
            got = times(entries)
            if got and seen and not missed and not entries[0].keyframe:
                assert got[0] == seen[-1] + 1
            if missed and got:
                assert entries[0].keyframe
            seen += got
    assert seen == sorted(set(seen))
