"""Tests of the clips of cameras whose pictures must be encoded anew."""

import io
from pathlib import Path

import av
from PIL import Image
import pytest

from custom_components.vigilar.media import clip
from custom_components.vigilar.vision.frames import encode_jpeg

from .common import Studio, Wire, check_clip, duration_of, picture, square_at, video


def snapshots(
    studio: Studio, begin: float, until: float, size: tuple[int, int]
) -> None:
    """Let a polled camera give two pictures a second."""
    now = begin
    while now < until:
        data = encode_jpeg(picture(round(now * 10), size))
        studio.recorder.packet(
            data, media=now, at=studio.start + now, keyframe=True, sound=False
        )
        studio.step(now)
        now += 0.5


def test_snapshots_become_a_clip(tmp_path: Path) -> None:
    """As many pictures as came, at their times; another size changes nothing."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    snapshots(studio, 0.0, 6.0, (160, 96))
    studio.begin(6.0)
    snapshots(studio, 6.0, 8.0, (160, 96))
    studio.recorder.packet(
        b"no picture", media=8.0, at=studio.start + 8, keyframe=True, sound=False
    )
    studio.end(9.2)
    snapshots(studio, 8.5, 11.0, (320, 192))
    assert studio.sink.over == [1]
    info = studio.sink.done[0]
    assert info.codec == "h264"
    assert (info.width, info.height) == (160, 96)
    assert info.start_ts == round((studio.start + 4.0) * 1000)
    assert info.duration_s == pytest.approx(6.5, abs=0.1)
    assert duration_of(studio.path_of(0)) == pytest.approx(6.2, abs=0.5)
    frames = check_clip(studio.path_of(0))
    assert len(frames) == 12
    assert [square_at(frame) for frame in frames[:8]] == list(range(40, 80, 5))
    assert len(studio.sink.previews) == 1


@pytest.mark.parametrize(
    ("codec", "container"), [("mjpeg", "avi"), ("mpeg4", "mpegts")]
)
def test_codecs_that_browsers_do_not_play(
    tmp_path: Path, codec: str, container: str
) -> None:
    """They are encoded anew, at few pictures a second."""
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    wire = Wire(video(codec=codec, container=container), container)
    studio.play(wire, 6.0)
    studio.begin(5.0)
    studio.end(8.0)
    studio.play(wire, 11.0, begin=6.0)
    assert studio.sink.over == [1]
    info = studio.sink.done[0]
    assert info.codec == "h264"
    frames = check_clip(studio.path_of(0))
    assert len(frames) == pytest.approx(info.duration_s * clip.ENCODED_FPS, abs=2)
    assert square_at(frames[-1]) == pytest.approx(90, abs=2)
    assert duration_of(studio.path_of(0)) == pytest.approx(info.duration_s, abs=0.3)


@pytest.mark.parametrize("encoder", ["libvpx-vp9", "mpeg4"])
def test_another_encoder_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str
) -> None:
    """FFmpeg is not built with all of them everywhere."""
    known = [each for each in clip._ENCODERS if each[0] == encoder]
    monkeypatch.setattr(clip, "_ENCODERS", (("no_such_encoder", {}), *known))
    studio = Studio(tmp_path, pre_roll_s=2.0, post_roll_s=1.0)
    snapshots(studio, 0.0, 6.0, (160, 96))
    studio.begin(5.0)
    studio.end(6.0)
    snapshots(studio, 6.0, 8.0, (160, 96))
    assert studio.sink.done[0].codec == {"libvpx-vp9": "vp9"}.get(encoder, encoder)
    assert len(check_clip(studio.path_of(0))) >= 7


def test_without_an_encoder_there_is_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and no file stays."""
    monkeypatch.setattr(clip, "_ENCODERS", ())
    studio = Studio(tmp_path)
    snapshots(studio, 0.0, 6.0, (160, 96))
    studio.begin(5.0)
    snapshots(studio, 6.0, 9.0, (160, 96))
    assert studio.sink.failed[0] == "could not be written"
    assert studio.sink.over == [0]
    assert not list(tmp_path.iterdir())


def test_pictures_that_cannot_be_decoded(tmp_path: Path) -> None:
    """There is nothing to show, and that is said."""
    studio = Studio(tmp_path, post_roll_s=1.0)
    for now in range(6):
        studio.recorder.packet(
            b"garbage", media=now, at=studio.start + now, keyframe=True, sound=False
        )
    studio.begin(3.0)
    studio.end(3.0)
    studio.step(6.0)
    assert studio.sink.failed == {0: "could not be written"}
    assert studio.sink.over == [0]
    assert not studio.sink.previews


def test_large_pictures_are_scaled_down(tmp_path: Path) -> None:
    """To what an encoder does in time, with even sides."""
    studio = Studio(tmp_path, post_roll_s=0.0)
    data = io.BytesIO()
    Image.new("RGB", (2501, 1001)).save(data, "PNG")
    for now in range(3):
        studio.recorder.packet(
            data.getvalue(),
            media=now,
            at=studio.start + now,
            keyframe=True,
            sound=False,
        )
    studio.begin(1.0)
    studio.end(1.5)
    studio.step(3.0)
    info = studio.sink.done[0]
    assert (info.width, info.height) == (1920, 768)
    with av.open(str(studio.path_of(0))) as written:
        assert written.streams.video[0].codec_context.width == 1920
