"""`scripts/bench cost`."""

import argparse
import json
from pathlib import Path
import sys
from unittest.mock import patch

import pytest

from scripts.harness import cost
from scripts.harness.process import HarnessError
from scripts.harness.yardstick import Yardstick
from tests.vision.common import still, walk, write_clip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a clip in which somebody crosses, and a still one."""
    write_clip(tmp_path / "walk.ts", walk(60, before=20))
    write_clip(tmp_path / "still.ts", still(10))
    truth = {"walk.ts": {"events": [[4, 12, "person"]]}, "still.ts": {"events": []}}
    (tmp_path / "ground_truth.json").write_text(json.dumps(truth))
    return tmp_path


def test_costs_are_measured_a_frame(folder: Path) -> None:
    """Each clip, and all together, have times, ratios and an agreement."""
    figures = cost.run(argparse.Namespace(folder=folder))
    total = figures["total"]
    assert list(figures["clips"]) == ["walk.ts", "still.ts"]
    assert total["frames"] == sum(row["frames"] for row in figures["clips"].values())
    for row in (total, *figures["clips"].values()):
        assert row["frames"] > 0
        assert row["scale_ms"] > 0
        assert row["motion_of_mog2"] == pytest.approx(
            row["motion_ms"] / row["mog2_ms"], rel=0.05
        )
        assert row["with_scale_of_mog2"] > row["motion_of_mog2"]
        assert row["same_events"]
    lines = cost.table(figures).splitlines()
    assert [line.split()[0] for line in lines] == ["clip", "walk.ts", "still.ts", "all"]
    assert all(line.endswith("same") for line in lines[1:])


def test_pictures_are_of_1080_lines(folder: Path) -> None:
    """MOG2 is shown what a camera sends, whatever the clip was."""
    shapes = set()
    with (
        patch.object(
            cost, "luma_of", lambda frame: shapes.add((frame.width, frame.height))
        ),
        patch.object(Yardstick, "sees"),
    ):
        cost.measure_clip(folder / "still.ts")
    assert shapes == {(1920, 1080)}


def test_kernels_that_differ_are_told(folder: Path) -> None:
    """A clip in which they find other events stands out, and so does the total."""
    with patch.object(cost._Watcher, "found", side_effect=[[1], [2], [1], [1]]):
        figures = cost.run(argparse.Namespace(folder=folder))
    assert not figures["clips"]["walk.ts"]["same_events"]
    assert figures["clips"]["still.ts"]["same_events"]
    assert not figures["total"]["same_events"]
    assert "DIFFER" in cost.table(figures).splitlines()[-1]


def test_nothing_to_measure(tmp_path: Path) -> None:
    """A folder without a truth, or a machine without OpenCV, is an error."""
    options = argparse.Namespace(folder=tmp_path)
    with pytest.raises(HarnessError, match="FileNotFoundError"):
        cost.run(options)
    with (
        patch.dict(sys.modules, {"cv2": None}),
        pytest.raises(HarnessError, match="OpenCV"),
    ):
        cost.run(options)
