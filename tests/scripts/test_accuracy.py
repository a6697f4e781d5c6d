"""`scripts/bench accuracy`."""

import argparse
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels, load_kernels
from scripts.harness import accuracy, sweep, synthetic
from scripts.harness.replaying import Clip, replay
from scripts.harness.truth import Score, Truth
from tests import scenes
from tests.vision.common import SomebodyEverywhere, still, walk, write_clip

from .test_sweep import in_this_process


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
    defaults = {
        "synthetic": False,
        "compressed": False,
        "seeds": (1,),
        "sweep": False,
        "objects": False,
        "no_opencv": False,
        "json": False,
    }
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


def test_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--objects` a line tells what was recognised."""
    with patch.object(accuracy, "load_detector", SomebodyEverywhere):
        assert measure(folder, objects=True) == 0
    line = next(
        line for line in capsys.readouterr().out.splitlines() if "walk.ts" in line
    )
    assert "labels 1/1 wrong 0 false 0 after 0." in line


def test_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People get a line a clip, a total, and each constant both ways."""
    trials = [sweep.Trial("WINDOW_S", 0.7, 2), sweep.Trial("quiet_s", 1.3)]
    with patch.multiple(
        sweep, trials=lambda: trials, ProcessPoolExecutor=in_this_process
    ):
        assert measure(folder, sweep=True, no_opencv=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "clip",
        "walk.ts",
        "still.ts",
        "all",
        "|",
        "|",
        "no",
    ]


def test_synthetic(capsys: pytest.CaptureFixture[str]) -> None:
    """Each nuisance is measured at three strengths, walkers by size and contrast."""
    with (
        patch.object(scenes, "NUISANCES", {"clock": scenes.NUISANCES["clock"]}),
        patch.object(scenes, "SPECIAL", {}),
        patch.multiple(synthetic, HEIGHTS=(0.4,), CONTRASTS=(0.6,)),
    ):
        assert measure(None, synthetic=True, json=True) == 0
        content = json.loads(capsys.readouterr().out)
        assert measure(None, synthetic=True) == 0
    assert [row["found"] for row in content["nuisances"]["clock"]] == [1, 1, 1]
    assert content["walkers"] == {"40%": {"60%": 1.0}}
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_compressed(capsys: pytest.CaptureFixture[str]) -> None:
    """A scene goes through the codec, the gate and the decoder."""
    with (
        patch.object(scenes, "NUISANCES", {"clock": scenes.NUISANCES["clock"]}),
        patch.object(scenes, "SPECIAL", {}),
        patch.object(synthetic, "measure_scene", one_strength(synthetic.measure_scene)),
    ):
        assert measure(None, synthetic=True, compressed=True, json=True) == 0
    content = json.loads(capsys.readouterr().out)
    assert [row["found"] for row in content["nuisances"]["clock"]] == [1, 0, 0]
    assert "walkers" not in content


def one_strength(measure_scene: Callable[..., Score]) -> Callable[..., Score]:
    """Return a measurement that looks at the weakest strength alone."""

    def measured(name: str, strength: int, *rest: Any, **options: Any) -> Score:
        """Measure, or not."""
        if strength > 1:
            return Score()
        return measure_scene(name, strength, *rest, **options)

    return measured


@pytest.mark.parametrize(
    ("text", "seeds"), [("1-3", [1, 2, 3]), ("101-101", [101]), ("7", [7])]
)
def test_seeds(text: str, seeds: list[int]) -> None:
    """Seeds are a range with both its ends, or one."""
    assert list(synthetic.seeds_of(text)) == seeds


@pytest.mark.parametrize("text", ["", "3-1", "a-b", "1-2-3"])
def test_bad_seeds(text: str) -> None:
    """What names no seed is refused."""
    with pytest.raises(ValueError, match=r"."):
        synthetic.seeds_of(text)


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
    clip = Clip(frames, Truth(), 12.0)
    assert replay(clip, AnalyzerSettings(), load_kernels()) == replay(
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
    score = synthetic.measure_scene(name, 2, (1,), load_kernels())
    assert (score.found, score.false_events) == (1, 0)


def test_cattle_that_graze_are_found() -> None:
    """What moves six pixels a second is an event."""
    score = synthetic.measure_scene("slow cattle", 1, (1,), load_kernels())
    assert (score.found, score.false_events) == (1, 0)
