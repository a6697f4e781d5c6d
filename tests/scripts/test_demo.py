"""Tests of the demo's own decisions."""

from pathlib import Path

import av
import pytest

from scripts.harness.demo import line, servable, without_credentials
from scripts.harness.process import HarnessError
from scripts.harness.streams import CLIP


def test_an_event_is_one_line_with_what_matters() -> None:
    """Severity, type, camera and labels are in it."""
    event = {
        "data": {
            "ts": 0,
            "severity": "warning",
            "type": "person",
            "source_id": "front_door",
            "payload": {
                "name": "Front door",
                "labels": [{"label": "person", "score": 0.9}],
            },
        }
    }
    assert line(event).split("  ")[1:] == [
        "warning",
        "person",
        "Front door",
        "(person)",
    ]


@pytest.mark.parametrize(
    "url",
    ["rtsp://user:secret@camera:554/1", "rtsp://camera:554/1?password=secret"],
)
def test_an_address_is_shown_without_credentials(url: str) -> None:
    """Neither user information nor the query is shown."""
    assert without_credentials(url) == "rtsp://camera:554/1"


def test_the_bundled_clip_is_served_as_it_is(tmp_path: Path) -> None:
    """Nothing is converted."""
    assert servable(CLIP, tmp_path) == CLIP


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    """The message names the file."""
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(HarnessError, match=r"no video in .*notes\.mp4"):
        servable(text, tmp_path)
    with pytest.raises(HarnessError, match="no such clip"):
        servable(tmp_path / "missing.mp4", tmp_path)


def test_the_bundled_clip_is_what_a_camera_sends() -> None:
    """Between 60 and 90 s, at most 2 MB, H.264, a keyframe every 2 s, no B-frames."""
    assert CLIP.stat().st_size <= 2_000_000
    with av.open(str(CLIP)) as container:
        stream = container.streams.video[0]
        packets = [
            packet for packet in container.demux(stream) if packet.pts is not None
        ]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
    assert 60 <= len(packets) / 10 <= 90
    assert all(packet.pts == packet.dts for packet in packets)
    keyframes = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keyframes == list(range(0, len(packets), 20))
