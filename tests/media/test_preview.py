"""Tests of the preview."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
import pytest

from custom_components.vigilar.media import preview, recording

from .common import Studio, Wire, video


def shown(webp: bytes) -> tuple[list[Image.Image], float]:
    """Return the pictures of an animation, and the seconds that it lasts."""
    with Image.open(io.BytesIO(webp)) as image:
        assert image.format == "WEBP"
        assert image.info["loop"] == 0
        images, seconds = [], 0.0
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            images.append(image.convert("RGB"))
            seconds += image.info["duration"] / 1000
    return images, seconds


def square(image: Image.Image, width: int = 160) -> float:
    """Return the left edge of the square, in pixels of a source of a width."""
    row = np.asarray(image.convert("L"))[image.height // 3 + 2]
    return float(np.argmax(row > 150)) * width / image.width


@pytest.mark.parametrize(("codec", "b_frames"), [("libx264", 2), ("libx265", 0)])
def test_a_preview_shows_the_event(tmp_path: Path, codec: str, b_frames: int) -> None:
    """Four seconds round its beginning, as soon as they have come."""
    studio = Studio(tmp_path)
    wire = Wire(video(codec=codec, b_frames=b_frames, size=(640, 384)))
    studio.play(wire, 6.0)
    studio.begin(4.5)
    studio.play(wire, 7.0, begin=6.0)
    assert not studio.sink.previews
    studio.play(wire, 9.0, begin=7.0)
    images, seconds = shown(studio.sink.previews[0])
    assert len(studio.sink.previews) == 1
    assert images[0].size == (320, 192)
    assert len(images) == pytest.approx(20, abs=1)
    assert 3.0 <= seconds <= 5.0
    edges = [square(image, 640) for image in images]
    assert edges == sorted(edges)
    assert len(set(edges)) >= len(edges) - 2
    assert edges[0] == pytest.approx(35, abs=4)
    assert edges[-1] == pytest.approx(74, abs=4)


def test_a_preview_of_an_event_that_is_over(tmp_path: Path) -> None:
    """It does not come later than the clip."""
    studio = Studio(tmp_path, post_roll_s=0.0)
    wire = Wire(video())
    studio.play(wire, 6.0)
    studio.begin(5.5)
    studio.end(5.6)
    studio.step(6.0)
    assert studio.sink.over == [1]
    assert len(studio.sink.previews) == 1


def test_few_pictures_are_shown_slowly(tmp_path: Path) -> None:
    """Less than three seconds would be a flicker."""
    studio = Studio(tmp_path, post_roll_s=0.0)
    studio.play(Wire(video()), 1.0)
    studio.begin(0.5)
    studio.end(0.6)
    studio.step(1.1)
    images, seconds = shown(studio.sink.previews[0])
    assert len(images) in {5, 6}
    assert seconds == pytest.approx(3.0, abs=0.05)


def test_a_preview_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quality gives way; what is too large at the worst is no preview."""
    studio = Studio(tmp_path)
    studio.play(Wire(video(size=(320, 192), noise=True)), 6.0)
    entries = studio.recorder._ring.between(studio.start + 1, studio.start + 5)
    span = studio.start + 1, studio.start + 5

    def make() -> bytes:
        webp = preview.make_preview(entries, *span)
        assert webp is not None
        return webp

    size = len(make())
    monkeypatch.setattr(preview, "MAX_BYTES", size - 1)
    smaller = make()
    assert len(smaller) < size
    monkeypatch.setattr(preview, "MAX_BYTES", 1000)
    assert preview.make_preview(entries, *span) is None


def test_a_slow_machine_decodes_keyframes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preview comes in time, with fewer pictures."""
    monkeypatch.setattr(preview, "_MAX_DECODE_S", 0.0)
    studio = Studio(tmp_path)
    studio.play(Wire(video()), 6.0)
    entries = studio.recorder._ring.between(studio.start, studio.start + 6)
    webp = preview.make_preview(entries, studio.start, studio.start + 6)
    assert webp is not None
    images, _ = shown(webp)
    assert [square(image) for image in images] == [0, 20, 40]


def test_a_preview_of_the_track_with_most_pictures(tmp_path: Path) -> None:
    """A connection that began anew does not mix with the one before."""
    studio = Studio(tmp_path)
    studio.play(Wire(video(sound=True)), 2.5)
    studio.recorder.lost()
    studio.play(Wire(video(size=(320, 192))), 6.0, begin=2.5, offset=2.5, shift=2.5)
    entries = studio.recorder._ring.between(studio.start, studio.start + 6)
    webp = preview.make_preview(entries, studio.start + 2, studio.start + 6)
    assert webp is not None
    images, _ = shown(webp)
    assert square(images[0], 320) == pytest.approx(0, abs=2)


def test_a_failing_preview_leaves_the_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is, the clip is completed."""
    monkeypatch.setattr(recording, "make_preview", _fail)
    studio = Studio(tmp_path, post_roll_s=0.0)
    studio.play(Wire(video()), 6.0)
    studio.begin(5.0)
    studio.end(5.2)
    studio.step(6.0)
    assert studio.sink.over == [1]
    assert not studio.sink.previews


def _fail(*_: object) -> None:
    raise RuntimeError("encoding error 4")
