"""The little that must be known of H.264, H.265 and AAC to put them into an MP4.

Everything is brought into the form in which it travels alone: start codes before
each unit (ITU-T H.264 annex B, H.265 annex B), an ADTS header before each frame of
sound (ISO/IEC 13818-7). FFmpeg can then tell size and kind from the data itself, so
that no connection has to be open any more.
"""

from collections.abc import Iterator
from typing import Final

H264: Final = "h264"
HEVC: Final = "hevc"
AAC: Final = "aac"

_START: Final = b"\x00\x00\x00\x01"
_H264_SETS: Final = frozenset({7, 8})
_HEVC_SETS: Final = frozenset({32, 33, 34})
# The object type below which ADTS can name it, and the rate that is written out.
_MOST_ADTS_TYPE: Final = 4
_EXPLICIT_RATE: Final = 15
_ADTS_BYTES: Final = 7


def to_annex_b(codec: str, data: bytes, extradata: bytes) -> bytes:
    """Return a packet with start codes before its units.

    Args:
        codec: `H264` or `HEVC`.
        data: A packet.
        extradata: Of its stream; tells whether it counts its units' bytes instead.
    """
    if not _is_length_prefixed(extradata):
        return data
    size = (extradata[4 if codec == H264 else 21] & 3) + 1
    out = bytearray()
    at = 0
    while at + size <= len(data):
        length = int.from_bytes(data[at : at + size])
        out += _START
        out += data[at + size : at + size + length]
        at += size + length
    return bytes(out)


def stored_sets(codec: str, extradata: bytes) -> bytes:
    """Return the parameter sets that a stream tells before its first packet.

    Args:
        codec: `H264` or `HEVC`.
        extradata: Of the stream, in either form; may be empty.

    Returns:
        Units with start codes; empty where it tells none.
    """
    if _is_length_prefixed(extradata):
        units = _avcc_units if codec == H264 else _hvcc_units
        extradata = b"".join(_START + unit for unit in units(extradata))
    return parameter_sets(codec, extradata)


def parameter_sets(codec: str, data: bytes) -> bytes:
    """Return the parameter sets at the head of a packet.

    Args:
        codec: `H264` or `HEVC`.
        data: With start codes.

    Returns:
        Units with start codes; empty where there are none before the picture.
    """
    found = b""
    for unit in _units(data):
        kind = _kind(codec, unit)
        if kind in (_H264_SETS if codec == H264 else _HEVC_SETS):
            found += _START + unit
        elif kind <= (5 if codec == H264 else 31):
            break
    return found


def sound_config(frame: bytes, extradata: bytes) -> bytes | None:
    """Return what describes the frames of a stream of AAC.

    Args:
        frame: The first one, with or without an ADTS header.
        extradata: Of the stream; may be empty.

    Returns:
        An AudioSpecificConfig (ISO/IEC 14496-3); None where it is of a kind that an
        ADTS header cannot describe, or unknown.
    """
    config = extradata
    if _has_adts(frame):
        kind, rate = frame[2] >> 6, frame[2] >> 2 & 15
        channels = (frame[2] & 1) << 2 | frame[3] >> 6
        config = ((kind + 1) << 11 | rate << 7 | channels << 3).to_bytes(2)
    if len(config) < 2:
        return None
    kind, rate, channels = _described(config)
    fits = 1 <= kind <= _MOST_ADTS_TYPE and rate != _EXPLICIT_RATE and channels
    return config if fits else None


def with_adts(frame: bytes, config: bytes) -> bytes:
    """Return a frame of AAC with an ADTS header.

    Args:
        frame: Without one.
        config: From `sound_config`.
    """
    kind, rate, channels = _described(config)
    header = 0xFFF1 << 40 | (kind - 1) << 38 | rate << 34 | channels << 30
    header |= (len(frame) + _ADTS_BYTES) << 13 | 0x7FF << 2
    return header.to_bytes(_ADTS_BYTES) + frame


def without_adts(frame: bytes) -> bytes:
    """Return a frame of AAC without its ADTS header, if it has one."""
    if not _has_adts(frame):
        return frame
    # A checksum follows where the lowest bit of the second byte is not set.
    return frame[_ADTS_BYTES if frame[1] & 1 else _ADTS_BYTES + 2 :]


def _has_adts(frame: bytes) -> bool:
    """Return whether a frame begins with an ADTS header."""
    return len(frame) > _ADTS_BYTES and frame[0] == 0xFF and frame[1] & 0xF6 == 0xF0


def _described(config: bytes) -> tuple[int, int, int]:
    """Return object type, index of the sampling rate and channels."""
    bits = int.from_bytes(config[:2])
    return bits >> 11, bits >> 7 & 15, bits >> 3 & 15


def _is_length_prefixed(extradata: bytes) -> bool:
    """Return whether it is a configuration record, not units with start codes."""
    return len(extradata) > 22 and extradata[0] == 1


def _avcc_units(record: bytes) -> Iterator[bytes]:
    """Yield the units of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15)."""
    at = 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask if at < len(record) else 0
        at += 1
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2])
            yield record[at + 2 : at + 2 + length]
            at += 2 + length


def _hvcc_units(record: bytes) -> Iterator[bytes]:
    """Yield the units of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15)."""
    at = 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3])
        at += 3
        for _ in range(count):
            length = int.from_bytes(record[at : at + 2])
            yield record[at + 2 : at + 2 + length]
            at += 2 + length


def _units(data: bytes) -> Iterator[bytes]:
    """Yield the units between start codes."""
    mark = data.find(b"\x00\x00\x01")
    while mark >= 0:
        following = data.find(b"\x00\x00\x01", mark + 3)
        unit = data[mark + 3 : following] if following >= 0 else data[mark + 3 :]
        unit = unit.rstrip(b"\x00")
        if unit:
            yield unit
        mark = following


def _kind(codec: str, unit: bytes) -> int:
    """Return the type of a unit."""
    return unit[0] & 0x1F if codec == H264 else unit[0] >> 1 & 0x3F
