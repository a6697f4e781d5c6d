"""Tests of the clips of events, from encoded packets to files."""

import errno
import io
from pathlib import Path
import threading
import time
from typing import Any
from unittest.mock import Mock, patch

import av
import pytest

from custom_components.vigilar.media import recording
from custom_components.vigilar.media.clip import ClipError, RemuxedPart
from custom_components.vigilar.media.recorder import (
    ClipInfo,
    MediaWriter,
    Recorder,
    RecorderSettings,
)
from custom_components.vigilar.media.recording import Recording
from custom_components.vigilar.vision.source import Packet
from custom_components.vigilar.vision.tap import TapFeed

from ..vision.common import eventually
from .common import (
    EVENT,
    FPS,
    GROUP_S,
    Sink,
    Studio,
    Wire,
    check_clip,
    duration_of,
    square_at,
    video,
)

CODECS = [
    ("libx264", 0, "mpegts"),
    ("libx264", 2, "mpegts"),
    ("libx264", 0, "mp4"),
    ("libx265", 0, "mpegts"),
    ("libx265", 2, "mp4"),
]


@pytest.mark.parametrize(("codec", "b_frames", "container"), CODECS)
@pytest.mark.parametrize("pre_roll", [0.0, 5.0])
def test_a_clip_frames_its_event(
    tmp_path: Path, codec: str, b_frames: int, container: str, pre_roll: float
) -> None:
    """It begins at the keyframe before the pre-roll and ends after the post-roll."""
    studio = Studio(tmp_path, pre_roll_s=pre_roll, post_roll_s=2.0)
    wire = Wire(video(codec=codec, b_frames=b_frames, container=container))
    studio.play(wire, 10.0)
    studio.begin(9.3)
    studio.play(wire, 12.0, begin=10.0)
    studio.end(11.0)
    studio.play(wire, 13.5, begin=12.0)
    assert studio.sink.over == [1]
    info = studio.sink.done[0]
    begin = (9.3 - pre_roll) // GROUP_S * GROUP_S
    assert info.start_ts / 1000 - studio.start == pytest.approx(begin, abs=0.01)
    assert info.duration_s == pytest.approx(13.0 - begin, abs=0.2)
    assert (info.width, info.height) == (160, 96)
    assert info.codec == {"libx264": "h264", "libx265": "hevc"}[codec]
    path = studio.path_of(0)
    assert info.bytes == path.stat().st_size
    assert duration_of(path) == pytest.approx(info.duration_s, abs=0.11)
    frames = check_clip(path)
    assert [square_at(frame) for frame in frames[::FPS]] == [
        pytest.approx(begin * FPS + number * FPS, abs=1 + b_frames)
        for number in range(len(frames[::FPS]))
    ]
    with av.open(str(path)) as clip:
        tag = clip.streams.video[0].codec_context.codec_tag
    assert tag == {"libx264": "avc1", "libx265": "hvc1"}[codec]


@pytest.mark.parametrize("container", ["mpegts", "mp4"])
def test_sound_comes_along(tmp_path: Path, container: str) -> None:
    """AAC is kept, in time with the pictures."""
    studio = Studio(tmp_path, pre_roll_s=3.0, post_roll_s=1.0)
    wire = Wire(video(sound=True, container=container))
    studio.play(wire, 8.0)
    studio.begin(7.0)
    studio.end(9.0)
    studio.play(wire, 11.0, begin=8.0)
    check_clip(studio.path_of(0))
    with av.open(str(studio.path_of(0))) as clip:
        sound = clip.streams.audio[0]
        assert sound.codec_context.name == "aac"
        assert sound.codec_context.sample_rate == 16_000
        heard = [packet for packet in clip.demux(audio=0) if packet.size]
        assert heard[-1].pts
        spoken = float(heard[-1].pts * sound.time_base)
        assert spoken == pytest.approx(studio.sink.done[0].duration_s, abs=0.3)
    with av.open(str(studio.path_of(0))) as clip:
        assert sum(frame.samples for frame in clip.decode(audio=0)) > 5 * 16_000


def test_sound_that_an_mp4_cannot_hold_is_left_out(tmp_path: Path) -> None:
    """The pictures are kept without it."""
    studio = Studio(tmp_path)
    wire = Wire(video(sound=True, sound_codec="mp2"))
    studio.play(wire, 4.0)
    studio.begin(3.0)
    studio.end(3.0)
    studio.play(wire, 10.0, begin=4.0)
    check_clip(studio.path_of(0))
    with av.open(str(studio.path_of(0))) as clip:
        assert not clip.streams.audio


def test_a_clip_can_be_played_while_it_grows(tmp_path: Path) -> None:
    """What was announced can be decoded from a copy of the file."""
    studio = Studio(tmp_path, pre_roll_s=2.0)
    wire = Wire(video(sound=True))
    studio.play(wire, 6.0)
    studio.begin(6.0)
    copies = []
    for now in range(7, 12):
        studio.play(wire, now, begin=now - 1.0)
        part, info = studio.sink.progress[-1]
        assert part == 0
        copies.append((studio.path_of(0).read_bytes(), info))
    assert not studio.sink.done
    for data, info in copies:
        assert len(data) >= info.bytes
        with av.open(io.BytesIO(data), "r", format="mp4") as clip:
            frames = sum(1 for _ in clip.decode(video=0))
        assert frames >= (info.duration_s - 1.1) * FPS
    durations = [info.duration_s for _, info in copies]
    assert durations == sorted(durations)
    assert durations[-1] >= durations[0] + 3.0
    assert len(studio.sink.progress) <= 10


def test_a_long_event_comes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each begins where the one before ended, with a keyframe."""
    monkeypatch.setattr(recording, "PART_S", 3.9)
    studio = Studio(tmp_path, pre_roll_s=0.0, post_roll_s=0.5)
    wire = Wire(video())
    studio.play(wire, 2.5)
    studio.begin(2.05)
    studio.end(11.05)
    studio.play(wire, 13.0, begin=2.5)
    assert studio.sink.over == [3]
    seen = []
    for part, info in studio.sink.done.items():
        frames = check_clip(studio.path_of(part))
        seen += [square_at(frame) for frame in frames]
        assert info.duration_s <= 4.2
    assert seen == list(range(20, 116))


def test_two_events_at_a_time(tmp_path: Path) -> None:
    """Each has a clip of its own; the packets are not disturbed by the other's."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    other = tmp_path / "other.mp4"
    wire = Wire(video())
    studio.play(wire, 5.0)
    studio.begin(5.0)
    studio.play(wire, 7.0, begin=5.0)
    studio.recorder.begin("other", round((studio.start + 7) * 1000), lambda _: other)
    studio.end(8.05)
    studio.end(9.05, "other")
    studio.play(wire, 12.0, begin=7.0)
    assert studio.sink.over == [1, 1]
    assert [square_at(frame) for frame in check_clip(studio.path_of(0))] == list(
        range(20, 91)
    )
    assert [square_at(frame) for frame in check_clip(other)] == list(range(40, 101))


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_time_stamps_that_jump(tmp_path: Path, jump: float) -> None:
    """The clip goes on as if they had not."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    wire = Wire(video())
    feed = TapFeed(studio.recorder)

    def play(until: float, shift: float) -> None:
        """Hand on packets whose own times are shifted."""

        def put(data: Any, *, media: float, keyframe: bool, **_: Any) -> None:
            arrival = 1000.0 + media
            feed.put(Packet(media + shift, keyframe, data.size, data), arrival, 0.05)

        wire.play(put, until=until, at=0.0)

    play(6.3, 0.0)
    offset = time.time() - time.monotonic() + 1000.0
    studio.start = offset
    studio.begin(5.0)
    studio.step(6.3)
    play(9.0, jump)
    studio.end(7.5)
    studio.step(9.0)
    assert studio.sink.over == [1]
    assert studio.sink.done[0].duration_s == pytest.approx(6.5, abs=0.25)
    assert duration_of(studio.path_of(0)) == pytest.approx(6.5, abs=0.25)
    assert len(check_clip(studio.path_of(0))) == pytest.approx(65, abs=2)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_parameters_that_change(tmp_path: Path, codec: str) -> None:
    """What comes after goes into another part; both play."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    small, large = video(6.0, codec=codec), video(6.0, codec=codec, size=(320, 192))
    # As from a camera that does not say so: the same connection, other packets.
    first, second = Wire(small), Wire(large)
    stream = first.source.streams.video[0]
    track = {"stream": stream}

    def feed(data: Any, **about: Any) -> None:
        """Hand on a packet of the second as one of the first."""
        packet = av.Packet(bytes(data))
        packet.stream = track["stream"]
        packet.time_base = data.time_base
        packet.dts, packet.pts = data.dts, data.pts
        studio.recorder.packet(packet, **about)

    studio.play(first, 6.0)
    studio.begin(5.0)
    studio.end(9.0)
    studio.play(second, 11.0, begin=6.0, offset=6.0, feed=feed, shift=6.0)
    assert studio.sink.over == [2]
    sizes = [(info.width, info.height) for info in studio.sink.done.values()]
    assert sizes == [(160, 96), (320, 192)]
    durations = [info.duration_s for info in studio.sink.done.values()]
    assert durations == pytest.approx([4.0, 4.0], abs=0.15)
    for part, size in enumerate(sizes):
        frames = check_clip(studio.path_of(part))
        assert {(frame.width, frame.height) for frame in frames} == {size}


def test_a_stream_that_drops(tmp_path: Path) -> None:
    """The part so far is complete at once; the next connection is another part."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    studio.play(Wire(video()), 6.3)
    studio.begin(5.0)
    studio.step(6.3)
    studio.recorder.lost()
    studio.step(6.4)
    assert studio.sink.done[0].duration_s == pytest.approx(4.3, abs=0.15)
    assert not studio.sink.over
    check_clip(studio.path_of(0))
    studio.end(11.0)
    studio.play(Wire(video()), 12.5, begin=9.0, offset=9.0, shift=500.0)
    assert studio.sink.over == [2]
    assert studio.sink.done[1].start_ts == round((studio.start + 9.0) * 1000)
    check_clip(studio.path_of(1))


def test_a_stream_that_stays_away(tmp_path: Path) -> None:
    """The recording ends with the post-roll all the same."""
    studio = Studio(tmp_path, post_roll_s=2.0)
    studio.play(Wire(video()), 6.0)
    studio.begin(5.0)
    studio.end(8.0)
    studio.recorder.lost()
    studio.step(9.9)
    assert not studio.sink.over
    studio.step(10.1)
    assert studio.sink.over == [1]


def test_a_stream_that_stalls(tmp_path: Path) -> None:
    """It is not waited for endlessly."""
    studio = Studio(tmp_path, post_roll_s=2.0)
    studio.play(Wire(video()), 6.0)
    studio.begin(5.0)
    studio.end(5.5)
    studio.step(17.4)
    assert not studio.sink.over
    studio.step(17.6)
    assert studio.sink.over == [1]
    check_clip(studio.path_of(0))


def test_what_was_long_ago_is_no_pre_roll(tmp_path: Path) -> None:
    """A ring that stood still for long does not begin a clip."""
    studio = Studio(tmp_path, pre_roll_s=5.0, post_roll_s=1.0)
    studio.play(Wire(video()), 6.0)
    studio.recorder.lost()
    studio.play(Wire(video()), 64.0, begin=60.0, offset=60.0, shift=60.0)
    studio.begin(62.5)
    studio.end(62.5)
    studio.step(75.0)
    assert studio.sink.over == [1]
    assert studio.sink.done[0].start_ts == round((studio.start + 60.0) * 1000)


def test_without_a_stream_there_is_no_clip(tmp_path: Path) -> None:
    """The recording ends with nothing."""
    studio = Studio(tmp_path)
    studio.begin(5.0)
    studio.end(6.0)
    studio.step(12.0)
    assert studio.sink.over == [0]
    assert not studio.sink.done
    assert not studio.sink.failed
    assert not studio.sink.previews
    assert not list(tmp_path.iterdir())


def test_unknown_and_repeated_events(tmp_path: Path) -> None:
    """They are passed over."""
    studio = Studio(tmp_path)
    studio.play(Wire(video()), 4.0)
    studio.end(3.0, "unknown")
    studio.begin(3.0)
    studio.begin(3.0)
    assert studio.recorder.needed.is_set()
    studio.recorder.close()
    studio.step(4.0)
    assert studio.sink.over == [1]
    assert not studio.recorder.needed.is_set()
    studio.begin(3.0, "late")
    studio.step(4.0)
    assert studio.sink.over == [1]


def test_a_recorder_that_closes_keeps_what_it_has(tmp_path: Path) -> None:
    """All that came until then is in the clip; more packets are passed over."""
    studio = Studio(tmp_path, pre_roll_s=1.0)
    wire = Wire(video())
    studio.play(wire, 6.0)
    studio.begin(5.0)
    wire.play(studio.recorder.packet, until=8.0, at=studio.start)
    studio.recorder.close()
    wire.play(studio.recorder.packet, until=9.0, at=studio.start)
    studio.step(9.0)
    assert studio.sink.over == [1]
    assert square_at(check_clip(studio.path_of(0))[-1]) == 79


def test_a_full_disk_ends_the_clip_and_nothing_else(tmp_path: Path) -> None:
    """The reason is told, no file stays, and the preview still comes."""
    studio = Studio(tmp_path)
    wire = Wire(video())
    studio.play(wire, 6.0)

    def full(_part: int) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    ts = round((studio.start + 5) * 1000)
    studio.recorder.begin(EVENT, ts, full)
    studio.play(wire, 8.0, begin=6.0)
    assert studio.sink.failed == {0: "disk full"}
    assert studio.sink.over == [0]
    assert len(studio.sink.previews) == 1
    studio.begin(8.0, "next")
    studio.end(8.0, "next")
    studio.play(wire, 14.0, begin=8.0)
    assert studio.sink.over == [0, 1]


def test_a_device_without_room(tmp_path: Path) -> None:
    """The error comes from FFmpeg, while it writes."""
    studio = Studio(tmp_path)
    wire = Wire(video())
    studio.play(wire, 6.0)
    link = tmp_path / "full.mp4"
    link.symlink_to("/dev/full")
    ts = round((studio.start + 5) * 1000)
    studio.recorder.begin(EVENT, ts, lambda _part: link)
    studio.end(6.0)
    studio.play(wire, 13.0, begin=6.0)
    assert studio.sink.failed == {0: "disk full"}
    assert studio.sink.over == [0]
    assert not link.is_symlink()


def test_what_cannot_be_written_is_tried_a_few_times(tmp_path: Path) -> None:
    """A folder that is missing does not fill the log."""
    studio = Studio(tmp_path / "missing")
    wire = Wire(video())
    studio.play(wire, 6.0)
    studio.begin(5.0)
    studio.play(wire, 16.0, begin=6.0)
    assert studio.sink.failed == dict.fromkeys(range(3), "could not be written")
    assert studio.sink.over == [0]


def test_a_reader_that_is_too_slow_loses_the_middle(tmp_path: Path) -> None:
    """Memory stays bounded; what is written plays."""
    studio = Studio(tmp_path, pre_roll_s=1.0, post_roll_s=1.0, memory_mb=1)
    wire = Wire(video(size=(320, 192), noise=True))
    studio.play(wire, 4.0)
    studio.begin(4.0)
    studio.step(4.0)
    wire.play(studio.recorder.packet, until=17.0, at=studio.start)
    assert studio.recorder.held_bytes <= 1_000_000
    studio.end(15.0)
    studio.step(17.0)
    assert studio.sink.over == [2]
    for part in range(2):
        check_clip(studio.path_of(part))
    gap = studio.sink.done[1].start_ts - studio.sink.done[0].start_ts
    assert gap / 1000 > studio.sink.done[0].duration_s + 1


def test_a_sink_that_raises(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It harms nobody."""
    studio = Studio(tmp_path, post_roll_s=1.0)
    wire = Wire(video())
    studio.sink.clip_progress = Mock(side_effect=RuntimeError)  # type: ignore[method-assign]
    studio.play(wire, 4.0)
    studio.begin(3.0)
    studio.end(4.0)
    studio.play(wire, 6.0, begin=4.0)
    assert studio.sink.over == [1]
    assert "could not be handed on" in caplog.text


def test_a_copy_of_the_ring(tmp_path: Path) -> None:
    """A time range is written at once; an unknown one is not."""
    studio = Studio(tmp_path, pre_roll_s=10.0)
    studio.play(Wire(video(sound=True)), 12.0)
    path = tmp_path / "copy.mp4"

    def copy(start: float, end: float) -> ClipInfo | None:
        return studio.recorder.copy(
            round((studio.start + start) * 1000),
            round((studio.start + end) * 1000),
            path,
        )

    info = copy(5.0, 8.0)
    assert info is not None
    assert info.start_ts == round((studio.start + 4.0) * 1000)
    assert info.duration_s == pytest.approx(4.1, abs=0.15)
    frames = check_clip(path)
    assert square_at(frames[0]) == 40
    assert copy(30.0, 40.0) is None
    assert copy(-30.0, -20.0) is None
    path.unlink()
    studio.recorder.lost()
    studio.play(Wire(video(size=(320, 192))), 16.0, begin=12.0, offset=12.0, shift=12.0)
    info = copy(5.0, 16.0)
    assert info is not None
    assert info.duration_s == pytest.approx(8.0, abs=0.15)
    with pytest.raises(ClipError, match="could not be written"):
        studio.recorder.copy(
            round((studio.start + 5) * 1000),
            round((studio.start + 8) * 1000),
            tmp_path / "missing" / "copy.mp4",
        )


def test_a_clip_from_the_beginning_of_a_connection(tmp_path: Path) -> None:
    """What was read late was not sent late: the clip began when its pictures did."""
    studio = Studio(tmp_path, pre_roll_s=10.0)
    opened = studio.start + 1.5

    def read(packet: Any, *, at: float, **more: Any) -> None:
        studio.recorder.packet(packet, at=max(at, opened), **more)

    Wire(video()).play(read, until=6.0, at=studio.start)
    info = studio.recorder.copy(
        round(studio.start * 1000), round(studio.start * 1000) + 5000, tmp_path / "clip"
    )
    assert info is not None
    assert info.start_ts / 1000 == pytest.approx(studio.start, abs=0.002)
    assert info.duration_s == pytest.approx(5.0, abs=0.15)


def test_the_second_stream_takes_over(tmp_path: Path) -> None:
    """While it gives pictures it is the one that is recorded."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    low, high = Wire(video()), Wire(video(size=(320, 192)))
    studio.play(low, 6.0)
    studio.begin(5.0)
    studio.play(low, 7.0, begin=6.0)
    for now in (7.5, 8.0, 8.5, 9.0):
        high.play(
            studio.recorder.second.packet,
            until=now - 7.0,
            at=studio.start + 7.0,
            shift=7.0,
        )
        studio.play(low, now, begin=now - 0.5)
    studio.recorder.second.lost()
    studio.play(low, 11.0, begin=9.0)
    studio.end(11.5)
    studio.play(low, 13.5, begin=11.0)
    assert studio.sink.over == [3]
    infos = studio.sink.done.values()
    assert [info.width for info in infos] == [160, 320, 160]
    durations = [info.duration_s for info in infos]
    assert durations == pytest.approx([5.0, 2.0, 2.5], abs=0.15)
    for part in range(3):
        check_clip(studio.path_of(part))
    # A connection that is lost while the other is recorded changes nothing.
    studio.recorder.second.lost()
    assert studio.recorder.held_bytes


def test_settings_follow(tmp_path: Path) -> None:
    """A longer pre-roll holds more from the next packet on."""
    studio = Studio(tmp_path, pre_roll_s=0.0, notice_s=1.0)
    wire = Wire(video())
    studio.play(wire, 10.0)
    held = studio.recorder.held_bytes
    studio.recorder.configure(RecorderSettings(pre_roll_s=8.0, notice_s=1.0))
    studio.play(wire, 18.0, begin=10.0)
    assert studio.recorder.held_bytes > 2 * held


class TestWriter:
    """The real thread."""

    def test_it_writes_and_ends(self, tmp_path: Path) -> None:
        """What is still open is completed when it closes; no thread stays."""
        sink = Sink()
        writer = MediaWriter()
        writer.start()
        recorder = Recorder("gate", RecorderSettings(post_roll_s=0.0), sink, writer)
        wire = Wire(video())
        start = time.time() - 6.0
        wire.play(recorder.packet, until=6.0, at=start)
        recorder.begin("a", round((start + 4) * 1000), lambda _: tmp_path / "a.mp4")
        recorder.begin("b", round((start + 4) * 1000), lambda _: tmp_path / "b.mp4")
        recorder.end("a", round((start + 5) * 1000))
        eventually(lambda: sink.over == [1])
        assert recorder.needed.is_set()
        wire.play(recorder.packet, until=7.0, at=start)
        writer.close()
        assert sink.over == [1, 1]
        assert not recorder.needed.is_set()
        assert len(check_clip(tmp_path / "b.mp4")) == 70
        assert not any(
            thread.name == "vigilar_media" for thread in threading.enumerate()
        )

    def test_a_recording_that_raises_harms_no_other(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is logged and dropped."""
        sink = Sink()
        writer = MediaWriter()
        writer.start()
        recorder = Recorder("gate", RecorderSettings(post_roll_s=0.0), sink, writer)
        start = time.time() - 6.0
        Wire(video()).play(recorder.packet, until=6.0, at=start)
        with patch.object(Recording, "step", side_effect=KeyError):
            recorder.begin("a", 0, lambda _: tmp_path / "a.mp4")
            eventually(lambda: not recorder.needed.is_set())
        assert "A clip could not be written" in caplog.text
        recorder.begin("b", round((start + 4) * 1000), lambda _: tmp_path / "b.mp4")
        recorder.end("b", round((start + 5) * 1000))
        eventually(lambda: sink.over == [1])
        writer.close()


def test_sound_that_overlaps_itself(tmp_path: Path) -> None:
    """Where its times fall back it is left out, and the pictures are unharmed."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    wire = Wire(video(sound=True))

    def feed(data: Any, *, media: float, sound: bool, **about: Any) -> None:
        """Let sound fall back by a second in the middle, then stand still."""
        if sound and media > 6.0:
            media = max(6.0, media - 1.0) if media < 8.0 else 8.0
        studio.recorder.packet(data, media=media, sound=sound, **about)

    studio.play(wire, 6.0, feed=feed)
    studio.begin(5.0)
    studio.end(9.0)
    studio.play(wire, 11.0, begin=6.0, feed=feed)
    assert studio.sink.over == [1]
    assert not studio.sink.failed
    assert studio.sink.done[0].duration_s == pytest.approx(8.0, abs=0.15)
    check_clip(studio.path_of(0))


def test_a_failure_in_the_middle_keeps_the_part_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next keyframe begins another."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    wire = Wire(video())
    studio.play(wire, 6.0)
    studio.begin(5.0)
    studio.play(wire, 7.0, begin=6.0)
    with monkeypatch.context() as patched:
        patched.setattr(RemuxedPart, "_write", Mock(side_effect=ValueError))
        studio.play(wire, 7.5, begin=7.0)
    studio.end(10.0)
    studio.play(wire, 12.0, begin=7.5)
    assert studio.sink.over == [2]
    assert not studio.sink.failed
    assert len(check_clip(studio.path_of(0))) == pytest.approx(50, abs=1)
    assert square_at(check_clip(studio.path_of(1))[0]) == 80
