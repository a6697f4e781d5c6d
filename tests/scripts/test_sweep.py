"""The sweep over the constants of the algorithm."""

import ast
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from custom_components.vigilar.vision import analyzer, displacement, motion, tracking
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels
from scripts.harness import sweep
from scripts.harness.replaying import Clip, replay
from scripts.harness.truth import Score, Truth
from tests.vision.common import walk

CONSTANTS = {
    "motion": {
        "LOG_SCALE",
        "DARK_OFFSET",
        "SURROUND",
        "SPREADS",
        "BACKGROUND_S",
        "FOREGROUND_S",
        "SPREAD_S",
        "FIRST_SPREAD",
        "FLICKERS",
        "DEVIATES",
        "GLOBAL_SHARE",
        "RELEARN_S",
        "SAMPLED",
        "MOST_NEIGHBOURS",
        "EDGE_REACH",
        "SHARP",
        "MAX_BLOBS",
        "MAX_GAP_S",
        "WHITE",
        "MOST_PULL",
        "MOST_LEARNED",
        "MEAN_STEPS",
        "SPREAD_STEPS",
    },
    "displacement": {"NET_OF_SIZE", "NET_OF_PATH", "LEAP", "OUTLINE", "LEFT"},
    "tracking": {
        "WINDOW_S",
        "FORGET_S",
        "REACH_PER_S",
        "MOST_GROWTH",
        "GROWTH_COST",
        "STIR",
        "WEATHER_S",
        "CALM_PER_S",
        "MOST_PATIENCE",
        "APART",
        "CLEAR",
        "MOST_THINGS",
    },
    "creeping": {
        "AVERAGE_S",
        "LONG_S",
        "CREEP_PLACES",
        "STEADY",
        "CREEP",
        "CREEP_OF_SIZE",
    },
    "resting": {
        "SPAN_S",
        "EACH_S",
        "USUAL",
        "LEAST_S",
        "LIFE",
        "NOISE",
        "LIVES",
        "UNREST",
        "PROOF_S",
        "PATIENCE_S",
        "MOST_S",
        "THERE",
        "TRACE",
        "SAME",
        "NEAR",
        "MOST_RESTS",
    },
    "verdict": {"ALIVE_S", "MOST_STEPS"},
    "analyzer": {
        "MIDDLE_THRESHOLD",
        "STEPS_TO_DOUBLE",
        "GONE",
        "UPDATE_S",
        "HOLD_BACK_S",
        "BETTER",
        "FULL_STRENGTH",
        "FULL_SIDE",
        "EDGE_SCORE",
    },
}
HARMLESS = {0, 1, 2, -1, -2, -3, 3, 4, 5, 10, 255, 256, 1000}
"""Indices, units, halves: numbers that stand for themselves."""


def clip() -> Clip:
    """Return a figure that crosses."""
    planes = [(image, number / 5) for number, image in enumerate(walk(90, before=20))]
    return Clip(planes, Truth(events=((4.0, 14.8),)), 18.0)


def in_this_process(
    _workers: int, _context: Any, begin: Callable[[], None]
) -> ThreadPoolExecutor:
    """Return a pool that costs no start of Python."""
    return ThreadPoolExecutor(1, initializer=begin)


def test_no_constant_is_missed() -> None:
    """Each module's constants are those that are known here, and all are swept."""
    found: dict[str, set[str]] = {}
    known: set[str] = set()
    for module in sweep.MODULES:
        own = set(sweep.constants(module)) - known
        found[module.__name__.rpartition(".")[2]] = own
        known |= own
    assert found == CONSTANTS
    swept = [trial.name for trial in sweep.trials()]
    assert sorted(swept + 2 * sweep.too_small()) == sorted(
        2 * [name for names in CONSTANTS.values() for name in names]
        + 2 * list(sweep.SETTINGS)
    )


@pytest.mark.parametrize(
    ("value", "down", "up"),
    [(2.0, 1.4, 2.6), (3, None, None), (4, 3, 5), (5, 4, 6), (7, 5, 9), (40, 28, 52)],
)
def test_no_constant_is_changed_by_more(
    value: float, down: float | None, up: float | None
) -> None:
    """A whole number stays within the share, or it is not changed and that is said."""
    assert sweep.scaled(value, 0.7) == pytest.approx(down)
    assert sweep.scaled(value, 1.3) == pytest.approx(up)


def test_what_cannot_be_changed_by_so_little() -> None:
    """Three is no other number within a third of it."""
    assert sweep.too_small() == [
        "EDGE_REACH",
        "MEAN_STEPS",
        "MOST_THINGS",
        "USUAL",
        "begin_frames",
    ]
    with pytest.raises(ValueError, match="begin_frames"):
        sweep.changed(sweep.Trial("begin_frames", 1.3)).__enter__()


def _numbers(module: ModuleType) -> Iterator[float]:
    """Yield the numbers in a module's functions, docstrings and defaults apart."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text())
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in (node for line in function.body for node in ast.walk(line)):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                yield node.value


@pytest.mark.parametrize("module", sweep.MODULES)
def test_no_constant_has_no_name(module: ModuleType) -> None:
    """A number in a function that decides something is not swept."""
    assert set(_numbers(module)) <= HARMLESS


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_every_constant_is_changed_and_put_back(factor: float) -> None:
    """A constant is another for as long as it is measured."""
    for trial in sweep.trials():
        if trial.module is None or trial.factor != pytest.approx(factor):
            continue
        module = sweep.MODULES[trial.module]
        before = getattr(module, trial.name)
        with sweep.changed(trial) as (value, settings):
            assert getattr(module, trial.name) == value != before
            assert settings == AnalyzerSettings()
        assert getattr(module, trial.name) == before


def test_settings_are_changed() -> None:
    """A setting's default is a constant as well, and stays a valid one."""
    values: dict[str, list[float]] = {}
    for trial in sweep.trials():
        if trial.module is None:
            with sweep.changed(trial) as (value, settings):
                assert getattr(settings, trial.name) == value
                values.setdefault(trial.name, []).append(value)
    assert values["begin_window"] == [3, 5]
    assert values["quiet_s"] == pytest.approx([2.1, 3.9])


def test_a_constant_decides() -> None:
    """What is changed is what the analysis uses, in all modules."""
    changes = {
        (motion, "DARK_OFFSET"): 1e6,
        (displacement, "NET_OF_SIZE"): 99.0,
        (tracking, "FORGET_S"): -1.0,
        (analyzer, "MIDDLE_THRESHOLD"): 1e6,
    }
    assert replay(clip(), AnalyzerSettings(), NumpyKernels()).found == 1
    for (module, name), value in changes.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, name, value)
            score = replay(clip(), AnalyzerSettings(), NumpyKernels())
        assert score.found == 0, name


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row names the value, what it came to, and the targets that it misses."""
    trials = [
        sweep.Trial("NET_OF_SIZE", 99.0, sweep.MODULES.index(displacement)),
        sweep.Trial("quiet_s", 1.3),
    ]
    monkeypatch.setattr(sweep, "trials", lambda: trials)
    monkeypatch.setattr(sweep, "ProcessPoolExecutor", in_this_process)
    rows = list(sweep.sweep([clip()], NumpyKernels()))
    assert [row["found"] for row in rows] == [0, 1]
    assert [row["breaks"] for row in rows] == [["found"], []]
    assert sweep.line_of(rows[0]).startswith("| `NET_OF_SIZE` | 44.55 | 0 | 0 | 0")
    assert sweep.line_of(rows[0]).endswith("| found |")


@pytest.mark.parametrize(
    ("score", "missed"),
    [
        (Score(events=2, found=2, start_delays=[0.4], confirm_delays=[1.5]), []),
        (Score(events=2, found=1), ["found"]),
        (Score(false_events=1, false_s=3.0), []),
        (Score(false_events=2, false_s=3.1), ["false events", "false s"]),
        (Score(start_delays=[0.5], confirm_delays=[1.6]), ["start p50", "sure p95"]),
    ],
)
def test_targets(score: Score, missed: list[str]) -> None:
    """A target that is just met is met."""
    assert sweep.broken(score) == missed
