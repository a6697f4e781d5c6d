"""`scripts/analyze`: files through the code that watches cameras."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels, load_kernels
from custom_components.vigilar.vision.source import (
    ContainerSource,
    SourceError,
    SourceFailure,
)
from scripts.harness import analysis

from .vision.common import SomebodyEverywhere, encode_sound, still, walk, write_clip

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip in which somebody crosses between 4 s and 15 s of 20 s."""
    return write_clip(
        tmp_path_factory.mktemp("clips") / "walk.ts", walk(100, before=20)
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the printed objects."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_event_and_a_summary(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each event is a line, and the last line of a file is its summary."""
    assert analysis.main(["--no-gate", str(clip)]) == 0
    event, summary = lines(capsys)
    assert set(event) == {"file", "type", "start", "end", "labels", "zones", "score"}
    assert (event["file"], event["type"], event["labels"], event["zones"]) == (
        str(clip),
        "motion",
        [],
        [],
    )
    assert 4.0 <= event["start"] <= 5.2
    assert 13.5 <= event["end"] <= 15.0
    assert 0 < event["score"] <= 1
    assert set(summary) == {"file", "summary"}
    totals = summary["summary"]
    assert totals["duration"] == pytest.approx(19.8)
    assert totals["frames_decoded"] == 100
    assert totals["packets"] >= 100
    assert totals["cpu_s"] > 0
    spent = totals["stages_ms"]
    assert spent.pop("objects") == totals["inferences"] == 0
    assert set(spent) == {"read", "decode", "scale", "motion", "events"}
    assert all(one > 0 for one in spent.values())


def test_objects(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--objects` an event has labels, the same at each run."""
    runs = []
    with patch.object(analysis, "load_detector", SomebodyEverywhere):
        for _ in range(2):
            assert analysis.main(["--objects", str(clip)]) == 0
            event, summary = lines(capsys)
            assert event["type"] == "person"
            assert [label["label"] for label in event["labels"]] == ["person"]
            assert summary["summary"]["inferences"] > 2
            assert summary["summary"]["stages_ms"]["objects"] > 0
            runs.append((event, summary["summary"]["inferences"]))
    assert runs[0] == runs[1]


def test_a_movement_at_the_end_of_a_file_is_an_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What goes on when the file ends, ends with it."""
    path = write_clip(tmp_path / "cut.ts", walk(45, before=20))
    assert analysis.main([str(path)]) == 0
    event = lines(capsys)[0]
    assert event["end"] == pytest.approx(8.8, abs=0.3)


def test_a_still_file_has_no_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing happens: the summary alone is printed."""
    path = write_clip(tmp_path / "still.ts", still(50))
    assert analysis.main([str(path)]) == 0
    assert [set(line) for line in lines(capsys)] == [{"file", "summary"}]


def test_summary_for_people(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--summary` adds a line a file for people and takes nothing away."""
    assert analysis.main(["--summary", str(clip), str(clip)]) == 0
    out, err = capsys.readouterr()
    assert ["summary" in line for line in map(json.loads, out.splitlines())] == [
        False,
        True,
    ] * 2
    assert [line.startswith(f"{clip}: 1 events in ") for line in err.splitlines()] == [
        True,
        True,
    ]


def test_rate_and_sensitivity_reach_the_analysis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The options change what is analysed and found."""
    faint = write_clip(tmp_path / "faint.ts", walk(100, before=20, contrast=0.2))
    assert (
        analysis.main(["--no-gate", "--fps", "2.5", "--sensitivity", "1", str(faint)])
        == 0
    )
    assert [
        line.get("summary", {}).get("frames_analysed") for line in lines(capsys)
    ] == [50]
    assert analysis.main(["--sensitivity", "9", str(faint)]) == 0
    assert len(lines(capsys)) == 2


async def test_both_kernels_find_the_same(clip: Path) -> None:
    """The events do not depend on OpenCV."""
    settings = AnalyzerSettings()
    with_opencv, _ = await analysis.analyse_file(clip, settings, load_kernels())
    without, _ = await analysis.analyse_file(clip, settings, NumpyKernels())
    assert with_opencv == without
    assert len(without) == 1


def test_unreadable_files_do_not_stop_the_others(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each unreadable file is one line of complaint; the rest is analysed; the exit code tells."""
    text, sound = tmp_path / "text.mp4", tmp_path / "sound.ts"
    text.write_text("hello " * 1000)
    sound.write_bytes(encode_sound())
    files = [tmp_path / "none.mp4", text, tmp_path, sound, clip]
    assert analysis.main(["--no-opencv", *map(str, files)]) == 2
    captured = capsys.readouterr()
    complaints = captured.err.splitlines()
    assert complaints == [
        f"{files[0]}: no such file",
        f"{text}: not a readable video",
        f"{tmp_path}: is a directory",
        f"{sound}: not a readable video",
    ]
    assert len(captured.out.splitlines()) == 2


def test_a_file_without_a_decodable_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file whose packets give no picture is unreadable."""
    clip = write_clip(tmp_path / "clip.ts", still(10))
    with patch.object(ContainerSource, "decode", return_value=[]):
        assert analysis.main([str(clip)]) == 2
    assert capsys.readouterr().err == f"{clip}: its video cannot be decoded\n"


async def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    """A file that fails for another reason than its end is unreadable."""
    clip = write_clip(tmp_path / "clip.ts", still(10))
    stalled = SourceError(SourceFailure.STALLED)
    with (
        patch.object(ContainerSource, "read", side_effect=stalled),
        pytest.raises(SourceError),
    ):
        await analysis.analyse_file(clip, AnalyzerSettings(), NumpyKernels())


@pytest.mark.parametrize(
    "arguments", [["--sensitivity", "11", "a"], ["--fps", "0", "a"], []]
)
def test_bad_arguments(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Options out of range are refused with a usage message."""
    with pytest.raises(SystemExit) as caught:
        analysis.main(arguments)
    assert caught.value.code == 2
    assert "usage: analyze" in capsys.readouterr().err


def test_the_command_needs_no_home_assistant(clip: Path) -> None:
    """The entry analyses a file without importing Home Assistant, and says nothing else."""
    code = (
        "import sys; from scripts.harness.analyze import run;"
        f"sys.argv = ['analyze', {str(clip)!r}]; code = run();"
        "assert not any(name.partition('.')[0] == 'homeassistant' for name in sys.modules);"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [set(json.loads(line)) for line in done.stdout.splitlines()][-1] == {
        "file",
        "summary",
    }
    assert len(done.stdout.splitlines()) == 2
