"""Change each constant of the algorithm a little: none may matter much."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
import multiprocessing
from types import ModuleType
from typing import Any, Final

from custom_components.vigilar.vision import (
    analyzer,
    creeping,
    displacement,
    motion,
    tracking,
)
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels

from .replaying import Clip, figures, replay, total
from .truth import Score

MODULES: Final = (motion, displacement, tracking, creeping, analyzer)
"""What the algorithm is made of."""
SETTINGS: Final = ("begin_frames", "begin_window", "min_area", "quiet_s")
"""Settings whose defaults are constants of the algorithm as well."""
SWING: Final = 0.3
"""How much a constant is changed, as a share."""
WORKERS: Final = 2

FOUND: Final = 1.0
MOST_FALSE_EVENTS: Final = 1
MOST_FALSE_S: Final = 3.0
MOST_START_P50: Final = 0.4
MOST_SURE_P95: Final = 1.5


@dataclass(frozen=True, slots=True)
class Trial:
    """A constant that is changed.

    Attributes:
        name: Of the constant or the setting.
        factor: By which it is multiplied.
        module: Index of its module in `MODULES`; None for a setting.
    """

    name: str
    factor: float
    module: int | None = None


def constants(module: ModuleType) -> list[str]:
    """Return the names of a module's numeric constants, in their order."""
    return [
        name
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | float)
    ]


def trials() -> list[Trial]:
    """Return every constant of the algorithm, down and up."""
    swept: list[tuple[str, int | None]] = [
        (name, index)
        for index, module in enumerate(MODULES)
        for name in constants(module)
    ]
    swept += [(name, None) for name in SETTINGS]
    return [
        Trial(name, factor, module)
        for name, module in swept
        for factor in (1 - SWING, 1 + SWING)
    ]


def scaled(value: float, factor: float) -> float:
    """Return a constant changed; one that is whole moves by 1 at least."""
    if not isinstance(value, int):
        return value * factor
    step = max(1, round(abs(value * (factor - 1))))
    return max(1, value + (step if factor > 1 else -step))


@contextmanager
def changed(trial: Trial) -> Iterator[tuple[float, AnalyzerSettings]]:
    """Change what a trial changes while the context lasts.

    Yields:
        The value, and the settings to analyse with.
    """
    settings = AnalyzerSettings()
    if trial.module is None:
        value = scaled(getattr(settings, trial.name), trial.factor)
        changes: dict[str, Any] = {trial.name: value}
        # As many frames out of fewer is no setting.
        if trial.name == "begin_frames":
            changes["begin_window"] = max(settings.begin_window, int(value))
        yield value, replace(settings, **changes)
        return
    module = MODULES[trial.module]
    before = getattr(module, trial.name)
    value = scaled(before, trial.factor)
    setattr(module, trial.name, value)
    try:
        yield value, settings
    finally:
        setattr(module, trial.name, before)


def broken(score: Score) -> list[str]:
    """Return which targets a score misses, by name."""
    content = figures(score)
    met = {
        "found": score.found >= FOUND * score.events,
        "false events": score.false_events <= MOST_FALSE_EVENTS,
        "false s": content["false_s"] <= MOST_FALSE_S,
        "start p50": content["start_delay_p50"] <= MOST_START_P50,
        "sure p95": content["confirm_delay_p95"] <= MOST_SURE_P95,
    }
    return [name for name, is_met in met.items() if not is_met]


class _Bench:
    """What a worker process analyses."""

    clips: Sequence[Clip] = ()
    kernels: Kernels

    @classmethod
    def begin(cls, clips: Sequence[Clip], *, numpy: bool) -> None:
        """Keep the clips: they are sent once a process, and not once a trial."""
        cls.clips = clips
        cls.kernels = NumpyKernels() if numpy else load_kernels()

    @classmethod
    def measure(cls, trial: Trial) -> dict[str, Any]:
        """Return what all clips came to with a constant changed."""
        with changed(trial) as (value, settings):
            score = total(replay(clip, settings, cls.kernels) for clip in cls.clips)
        return {
            "constant": trial.name,
            "value": value,
            **figures(score),
            "breaks": broken(score),
        }


def sweep(clips: Sequence[Clip], kernels: Kernels) -> Iterator[dict[str, Any]]:
    """Change each constant of the algorithm by `SWING`, down and up.

    Args:
        clips: Decoded already.
        kernels: The image primitives.

    Yields:
        What all clips came to with a value, and which targets that misses.
    """
    begin = partial(_Bench.begin, clips, numpy=isinstance(kernels, NumpyKernels))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, spawn, begin) as pool:
        yield from pool.map(_Bench.measure, trials())


def print_sweep(
    clips: Sequence[Clip], kernels: Kernels, *, quiet: bool
) -> list[dict[str, Any]]:
    """Return the rows of a sweep, and print a line each unless told not to."""
    rows = []
    for row in sweep(clips, kernels):
        rows.append(row)
        if not quiet:
            print(line_of(row), flush=True)
    return rows


def line_of(row: dict[str, Any]) -> str:
    """Return a row of a sweep as a line of the table in the documentation."""
    breaks = ", ".join(row["breaks"])
    return (
        f"| `{row['constant']}` | {row['value']:.4g} | {row['found']}"
        f" | {row['false_events']} | {row['false_s']}"
        f" | {row['start_delay_p50']} / {row['start_delay_p95']}"
        f" | {row['confirm_delay_p50']} / {row['confirm_delay_p95']} | {breaks} |"
    )
