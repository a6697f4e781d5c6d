"""Tests of the benchmarks' own arithmetic."""

import os
from pathlib import Path
import time

import pytest

from scripts.harness import cpu, loop, media
from scripts.harness.figures import percentile
from scripts.harness.home_assistant import REPOSITORY

from ..media.common import video


def test_percentiles_are_interpolated() -> None:
    """Between two values, and of a single one."""
    assert percentile([5.0], 99) == 5.0
    assert percentile([0.0, 10.0], 50) == 5.0
    assert percentile([float(number) for number in range(101)], 99) == 99.0


def test_memory_that_grows_has_a_slope() -> None:
    """Megabytes an hour, of the second half: what fills at the start is no growth."""
    flat = [(5.0 * number, 100.0) for number in range(20)]
    assert loop.growth_mb_per_h(flat) == 0.0
    filled = [(ts, size - max(0.0, 45 - ts)) for ts, size in flat]
    assert loop.growth_mb_per_h(filled) == pytest.approx(0.0)
    rising = [(ts, size + ts / 3600 * 12) for ts, size in flat]
    assert loop.growth_mb_per_h(rising) == pytest.approx(12.0)
    assert loop.growth_mb_per_h(flat[:1]) == 0.0


def test_lags_are_counted_in_bins() -> None:
    """Percentiles are right to a twentieth, whatever the number of lags."""
    lags = loop.LagHistogram()
    assert lags.percentile(99) == 0.0
    for _ in range(100):
        lags.add(number / 10 for number in range(1, 1001))
    assert lags.percentile(50) == pytest.approx(50.0, rel=0.05)
    assert lags.percentile(99) == pytest.approx(99.0, rel=0.05)
    assert lags.longest == 100.0
    lags.add([-0.1, 0.0])
    assert lags.percentile(50) == pytest.approx(50.0, rel=0.05)


def test_the_machine_is_never_busier_than_it_can_be() -> None:
    """What was busy and what there was both rise."""
    first = loop.machine_s()
    deadline = time.process_time() + 0.1
    while time.process_time() < deadline:
        pass
    second = loop.machine_s()
    busy, whole = second[0] - first[0], second[1] - first[1]
    assert 0 < busy <= whole + 0.02


def test_figures_of_a_process() -> None:
    """The kernel's figures are those of this process."""
    before = loop.processor_s(os.getpid())
    deadline = time.process_time() + 0.1
    while time.process_time() < deadline:
        pass
    assert loop.processor_s(os.getpid()) > before
    assert 10 < loop.resident_mb(os.getpid()) < 100_000


def test_the_probe_stands_beside_the_integration(tmp_path: Path) -> None:
    """The link to all components gives way to one for each."""
    (tmp_path / "custom_components").symlink_to(REPOSITORY / "custom_components")
    loop.install_probe(tmp_path)
    components = tmp_path / "custom_components"
    assert {entry.name for entry in components.iterdir()} == {"vigilar", "loop_probe"}
    assert (components / "vigilar" / "manifest.json").exists()
    assert (components / "loop_probe" / "manifest.json").exists()


def test_each_camera_is_told_of() -> None:
    """One that does not run has no figures."""
    worker = {"fps_in": 15.0, "fps_decoded": 0.5, "gate": "quiet", "codec": "h264"}
    cameras = {"front": {"worker": worker}, "back": {"worker": None}}
    front, back = loop.worker_figures({"data": {"cameras": cameras}})
    assert (front["camera"], front["fps_decoded"], front["gate"]) == (
        "front",
        0.5,
        "quiet",
    )
    assert "codec" not in front
    assert (back["camera"], back["fps_in"]) == ("back", None)
    figures = {"lag_p99_ms": 1.5, "other_cores": 0.1, "cameras": [front, back]}
    shown = loop.table(figures)
    assert "theirs" not in shown
    assert "theirs, too" in loop.table(figures | {"other_cores": 1.4})
    assert "lag_p99_ms  1.5" in shown
    assert "camera front" in shown


def test_costs_are_shown_a_scene() -> None:
    """Shares of a core, and their ratio."""
    row = {
        "scene": "quiet",
        "seconds": 178.0,
        "kbit_s": 2000,
        "decoded": 0.05,
        "vigilar": 0.0123,
        "yardstick": 0.2,
        "ratio": 0.062,
    }
    assert cpu.table([row]).splitlines()[1].split() == [
        *("quiet", "178.0", "2000", "5.0%", "0.0123", "0.2000", "0.062")
    ]


def test_the_busy_scene_may_come_from_elsewhere(tmp_path: Path) -> None:
    """The quiet one is the same either way."""
    own, other = cpu.scenes(None), cpu.scenes(tmp_path)
    assert own[0] == other[0]
    assert str(tmp_path / cpu.CAMPUS) in other[1].source
    assert str(tmp_path) not in str(own)


def test_recording_is_measured(tmp_path: Path) -> None:
    """Figures of a short clip are in the range of the possible."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(video(4.0, container="mp4"))
    ring = media._ring(clip, 6.0)
    assert 0 < ring["reading_core_percent"] < 100
    assert ring["ring_mb"] >= 0
    written = media._writing(clip, 6.0, tmp_path)
    assert written["clip_s"] == pytest.approx(6.0, abs=0.2)
    assert written["writing_core_percent"] > 0
    assert written["preview_kb"] > 0
    snapshots = media._snapshots(clip, tmp_path)
    assert 0 < snapshots["jpeg_p50_ms"] <= snapshots["jpeg_p95_ms"]
    assert 0 < snapshots["snapshot_p50_ms"] <= snapshots["snapshot_p95_ms"]
    assert len(list((tmp_path / "media").glob("bench/*/*.thumb.jpg"))) == (
        media.SNAPSHOTS
    )
