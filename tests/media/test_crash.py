"""Tests of what a killed process leaves behind."""

from pathlib import Path
import subprocess
import sys

import av
import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("part_s", "lines"), [(1000.0, 3), (4.0, 2), (4.0, 5)])
def test_what_is_left_can_be_played(tmp_path: Path, part_s: float, lines: int) -> None:
    """Every file is playable, but for the one that was being rewritten."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.media.clip_writer", str(tmp_path), str(part_s)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = [float(process.stdout.readline()) for _ in range(lines)]
        process.kill()
    clips = sorted(tmp_path.glob("*.mp4"))
    assert clips
    others = [path.name for path in tmp_path.iterdir() if path not in clips]
    assert set(others) <= {f"{path.name}.remux" for path in clips}
    for path in clips:
        with av.open(str(path)) as clip:
            frames = sum(1 for _ in clip.decode(video=0))
        assert frames >= (
            10 if path != clips[0] else (min(told[-1], part_s) - 1.1) * 10
        )
