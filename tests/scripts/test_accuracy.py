"""`scripts/bench accuracy`."""

import argparse
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.vigilar.vision import tracking
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels, load_kernels
from scripts.harness import accuracy
from scripts.harness.truth import Truth
from tests import scenes
from tests.vision.common import still, walk, write_clip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a clip in which somebody crosses, and a still one."""
    write_clip(tmp_path / "walk.ts", walk(90, before=20))
    write_clip(tmp_path / "still.ts", still(40))
    truth = {
        "walk.ts": {"events": [[4, 14.8, "person"]]},
        "still.ts": {"events": []},
    }
    (tmp_path / "ground_truth.json").write_text(json.dumps(truth))
    return tmp_path


def measure(folder: Path | None, **options: Any) -> int:
    """Run the command."""
    defaults = {"synthetic": False, "sweep": False, "no_opencv": False, "json": False}
    return accuracy.run(argparse.Namespace(folder=folder, **defaults | options))


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each clip and the total have events, delays, costs and the yardstick's."""
    assert measure(folder, json=True) == 0
    content = json.loads(capsys.readouterr().out)
    clip = content["clips"]["walk.ts"]
    assert (clip["found"], clip["events"], clip["false_events"]) == (1, 1, 0)
    assert 0 <= clip["start_delay_p50"] <= clip["confirm_delay_p50"] <= 1.5
    assert set(clip["stages_ms"]) == {"decode", "scale", "motion", "events"}
    assert all(spent > 0 for spent in clip["stages_ms"].values())
    assert clip["mog2"]["found"] == 1
    assert clip["mog2"]["ms"] > 0
    total = content["total"]
    assert (total["found"], total["events"]) == (1, 1)
    assert total["quiet_s"] == pytest.approx(
        clip["quiet_s"] + content["clips"]["still.ts"]["quiet_s"], abs=0.2
    )


def test_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People get a line a clip, a total, and each constant both ways."""
    swept = ((tracking, "WINDOW_S"), (tracking, "MOST_PATIENCE"))
    with patch.object(accuracy, "SWEPT", swept):
        assert measure(folder, sweep=True, no_opencv=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "clip",
        "walk.ts",
        "still.ts",
        "all",
        *["WINDOW_S"] * 2,
        *["MOST_PATIENCE"] * 2,
        *["min_area"] * 2,
    ]


def test_a_sweep_leaves_the_constants_as_they_were() -> None:
    """A constant is changed for as long as it is measured."""
    before = tracking.WINDOW_S
    with accuracy.changed(tracking, "WINDOW_S", 0.7) as value:
        assert tracking.WINDOW_S == value == before * 0.7
    assert before == tracking.WINDOW_S


def test_every_swept_constant_exists() -> None:
    """A constant that is renamed is renamed in the sweep, too."""
    assert all(hasattr(module, name) for module, name in accuracy.SWEPT)


def test_synthetic(capsys: pytest.CaptureFixture[str]) -> None:
    """Each nuisance is measured at three strengths, walkers by size and contrast."""
    with (
        patch.object(scenes, "NUISANCES", {"clock": scenes.NUISANCES["clock"]}),
        patch.object(scenes, "SPECIAL", {}),
        patch.multiple(accuracy, SEEDS=(1,), HEIGHTS=(0.4,), CONTRASTS=(0.6,)),
    ):
        assert measure(None, synthetic=True, json=True) == 0
        content = json.loads(capsys.readouterr().out)
        assert measure(None, synthetic=True) == 0
    assert [row["found"] for row in content["nuisances"]["clock"]] == [1, 1, 1]
    assert content["walkers"] == {"40%": {"60%": 1.0}}
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_bad_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a folder nor scenes, or a folder without a truth, is an error."""
    assert measure(None) == 2
    assert measure(tmp_path) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("name", sorted({*scenes.NUISANCES, *scenes.SPECIAL}))
def test_both_kernels_find_the_same(name: str) -> None:
    """A machine without OpenCV sees the same events, whatever the weather."""
    scene = scenes.scene(name, 2, 1)
    frames = [frame for frame in scene.frames() if frame[1] < 12]
    clip = accuracy.Clip(frames, Truth(), 12.0)
    assert accuracy.replay(clip, AnalyzerSettings(), load_kernels()) == accuracy.replay(
        clip, AnalyzerSettings(), NumpyKernels()
    )


@pytest.mark.parametrize(
    "name",
    [
        "clouds",
        "light steps",
        "light ramps",
        "headlights",
        "noise",
        "dark street",
        "clock",
        "pumping",
        "infra-red switch",
    ],
)
def test_nuisances_are_silent_and_hide_nobody(name: str) -> None:
    """At the middle strength: no false event, and the walker is found."""
    score = accuracy.measure_scene(name, 2, (1,), load_kernels())
    assert (score.found, score.false_events) == (1, 0)


def test_cattle_that_graze_are_found() -> None:
    """What moves six pixels a second is an event."""
    score = accuracy.measure_scene("slow cattle", 1, (1,), load_kernels())
    assert (score.found, score.false_events) == (1, 0)
