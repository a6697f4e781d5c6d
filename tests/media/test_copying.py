"""Cutting and packing: what was asked for, all that there is of it, and nothing twice."""

import hashlib
from pathlib import Path
import zipfile

import pytest

from custom_components.vigilar.media.clip import ClipError
from custom_components.vigilar.media.copying import Member, Piece, cover, cut, pack

from .common import check_clip, duration_of, square_at, video

START = 1_700_000_000_000


def _go() -> None:
    """Let the work go on."""


def _piece(start_s: float, end_s: float) -> Piece:
    """Return a film of a time."""
    start = START + round(start_s * 1000)
    return Piece(Path(f"{start_s}.mp4"), start, START + round(end_s * 1000) - start)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], []),
        ([(0, 30)], [(0, 10, 20)]),
        ([(12, 14)], [(12, 12, 14)]),
        ([(0, 5), (25, 30)], []),
        # The longest of those that go on, and only what it adds.
        ([(5, 12), (8, 16), (9, 15), (14, 30)], [(8, 10, 16), (14, 16, 20)]),
        # A gap is passed over.
        ([(18, 19), (5, 12)], [(5, 10, 12), (18, 18, 19)]),
        # A sliver is worth no file of its own.
        ([(5, 15), (6, 15.3)], [(6, 10, 15.3)]),
        ([(5, 15), (15, 15.3), (15.3, 30)], [(5, 10, 15), (15.3, 15.3, 20)]),
        ([(5, 19.7), (19.7, 30)], [(5, 10, 19.7)]),
    ],
)
def test_what_is_chosen(
    pieces: list[tuple[float, float]], expected: list[tuple[float, float, float]]
) -> None:
    """Of ten seconds from the tenth on."""
    films = [_piece(*times) for times in pieces]
    found = [
        (
            (piece.start_ts - START) / 1000,
            (begin - START) / 1000,
            (until - START) / 1000,
        )
        for piece, begin, until in cover(films, START + 10_000, START + 20_000)
    ]
    assert found == expected


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_cut(tmp_path: Path, codec: str, b_frames: int) -> None:
    """From the keyframe before the start to the end, playable, and dated."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(
        video(10.0, codec=codec, b_frames=b_frames, sound=True, container="mp4")
    )
    piece = Piece(path, START, 10_000)
    made = cut(piece, START + 5000, START + 7500, tmp_path / "cut.mp4", _go)
    frames = check_clip(made.path)
    assert square_at(frames[0]) == 40
    # The order of decoding decides, which is a few pictures ahead of that of showing.
    assert 73 <= square_at(frames[-1]) <= 79
    assert made.start_ts == pytest.approx(START + 4000, abs=250)
    assert made.duration_ms == pytest.approx(3500, abs=250)
    assert duration_of(made.path) == pytest.approx(3.5, abs=0.25)

    whole = cut(piece, START - 5000, START + 99_000, tmp_path / "whole.mp4", _go)
    assert square_at(check_clip(whole.path)[-1]) == 99
    assert whole.duration_ms == pytest.approx(10_000, abs=250)


def test_what_cannot_be_cut(tmp_path: Path) -> None:
    """A clip that is gone, damaged or without pictures, or when it is time to stop."""
    path = tmp_path / "clip.mp4"
    piece = Piece(path, START, 10_000)

    def make() -> Piece:
        """Cut something of it."""
        return cut(piece, START, START + 1000, tmp_path / "cut.mp4", _go)

    with pytest.raises(ClipError):
        make()
    path.write_bytes(b"no clip")
    with pytest.raises(ClipError):
        make()

    def stop() -> None:
        """End the work."""
        raise InterruptedError

    path.write_bytes(video(2.0, container="mp4"))
    with pytest.raises(ClipError):
        cut(piece, START, START + 1000, tmp_path / "cut.mp4", stop)


def test_a_bundle(tmp_path: Path) -> None:
    """The sums are right, and what is gone is left out."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 10_000)
    members = [
        Member("event.json", b"{}", START),
        Member("gone.mp4", tmp_path / "gone.mp4", START),
        Member("clip.mp4", path, START, 10_000),
    ]
    calls: list[None] = []
    target = tmp_path / "bundle.zip"
    packed = pack(members, target, lambda: calls.append(None))
    assert [member.name for member in packed] == ["event.json", "clip.mp4"]
    # Once a megabyte, so that it can be stopped.
    assert len(calls) == 4
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["event.json", "clip.mp4", "SHA256SUMS"]
        assert archive.read("clip.mp4") == path.read_bytes()
        sums = archive.read("SHA256SUMS").decode()
        for line in sums.splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert len(sums.splitlines()) == 2
