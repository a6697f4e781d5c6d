"""Tests of the forms that encoded data travels in."""

import io

import av
import pytest

from custom_components.vigilar.media import bitstream

from .common import SOUND_RATE, video


@pytest.mark.parametrize(
    ("encoder", "codec"),
    [("libx264", bitstream.H264), ("libx265", bitstream.HEVC)],
)
def test_both_forms_say_the_same(encoder: str, codec: str) -> None:
    """What an MP4 holds is what a transport stream holds."""
    found = []
    for container in ("mp4", "mpegts"):
        data = io.BytesIO(video(4.0, codec=encoder, container=container))
        with av.open(data, "r") as file:
            extradata = file.streams.video[0].codec_context.extradata or b""
            packets = [bytes(packet) for packet in file.demux(video=0) if packet.size]
        first, second = (
            bitstream.to_annex_b(codec, packet, extradata) for packet in packets[:2]
        )
        sets = bitstream.stored_sets(codec, extradata)
        in_band = bitstream.parameter_sets(codec, first)
        assert bool(in_band) == (container == "mpegts")
        assert not bitstream.parameter_sets(codec, second)
        assert in_band in {b"", sets}
        found.append((sets, second))
    (mp4_sets, mp4_second), (ts_sets, ts_second) = found
    assert mp4_sets == ts_sets
    assert mp4_sets
    # Transport streams add delimiters.
    assert mp4_second in ts_second


def test_nothing_to_say() -> None:
    """Without data there is nothing, and no error."""
    assert bitstream.stored_sets(bitstream.H264, b"") == b""
    assert bitstream.to_annex_b(bitstream.H264, b"\x00\x00\x00\x01\x65", b"").endswith(
        b"\x65"
    )
    assert bitstream.parameter_sets(bitstream.H264, b"") == b""
    assert bitstream.parameter_sets(bitstream.HEVC, b"garbage") == b""


def test_a_record_that_is_cut_off() -> None:
    """What is damaged says less, and raises nothing."""
    with av.open(io.BytesIO(video(2.0, container="mp4"))) as file:
        record = file.streams.video[0].codec_context.extradata
    assert record
    for length in range(len(record)):
        bitstream.stored_sets(bitstream.H264, record[:length])
        bitstream.stored_sets(bitstream.HEVC, record[:length])
        bitstream.to_annex_b(bitstream.H264, record[:length], record)


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_sound_with_and_without_headers(container: str) -> None:
    """Frames come out bare, and what describes them is the same."""
    data = video(2.0, sound=True, container=container)
    with av.open(io.BytesIO(data), "r") as file:
        extradata = file.streams.audio[0].codec_context.extradata or b""
        frames = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
    config = bitstream.sound_config(frames[0], extradata)
    assert config is not None
    # AAC-LC, 16 kHz, one channel.
    assert config[:2] == (2 << 11 | 8 << 7 | 1 << 3).to_bytes(2)
    bare = bitstream.without_adts(frames[1])
    assert (bare != frames[1]) == (container == "mpegts")
    dressed = bitstream.with_adts(bare, config)
    assert bitstream.without_adts(dressed) == bare
    with av.open(io.BytesIO(dressed * 4), format="aac") as file:
        assert file.streams.audio[0].codec_context.sample_rate == SOUND_RATE


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"\x12",
        (5 << 11 | 8 << 7 | 1 << 3).to_bytes(2),
        (2 << 11 | 15 << 7 | 1 << 3).to_bytes(2),
        (2 << 11 | 8 << 7).to_bytes(2),
    ],
)
def test_sound_that_cannot_be_described(config: bytes) -> None:
    """Unknown, of another kind, at an odd rate, or with odd channels."""
    assert bitstream.sound_config(b"frame of sound", config) is None


def test_a_checksum_is_part_of_the_header() -> None:
    """It is taken off, too."""
    header = bytearray(bitstream.with_adts(b"frame", b"\x14\x08")[:7])
    header[1] &= 0xFE
    assert bitstream.without_adts(bytes(header) + b"\xab\xcd" + b"frame") == b"frame"
