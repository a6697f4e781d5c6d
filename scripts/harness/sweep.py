"""Change each constant of the algorithm a little: none may matter much."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, floor
import multiprocessing
from types import ModuleType
from typing import Any, Final

from custom_components.vigilar.vision import (
    analyzer,
    creeping,
    displacement,
    motion,
    resting,
    tracking,
    verdict,
)
from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels

from .replaying import Clip, figures, replay, total
from .truth import Score

MODULES: Final = (
    motion,
    displacement,
    tracking,
    creeping,
    resting,
    verdict,
    analyzer,
)
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


def _swept() -> Iterator[tuple[str, int | None]]:
    """Yield every constant of the algorithm and its module, None for a setting.

    A constant that others import belongs to the first of them, which defines it.
    """
    seen: set[str] = set()
    for index, module in enumerate(MODULES):
        names = [name for name in constants(module) if name not in seen]
        seen.update(names)
        yield from ((name, index) for name in names)
    yield from ((name, None) for name in SETTINGS)


def _default(name: str, module: int | None) -> float:
    """Return what a constant is."""
    owner = AnalyzerSettings() if module is None else MODULES[module]
    value: float = getattr(owner, name)
    return value


def trials() -> list[Trial]:
    """Return every constant of the algorithm, down and up, where it can be changed."""
    return [
        Trial(name, factor, module)
        for name, module in _swept()
        for factor in (1 - SWING, 1 + SWING)
        if scaled(_default(name, module), factor) is not None
    ]


def too_small() -> list[str]:
    """Return the whole constants so small that the next number lies beyond `SWING`."""
    tried = {trial.name for trial in trials()}
    return [name for name, _ in _swept() if name not in tried]


def scaled(value: float, factor: float) -> float | None:
    """Return a constant changed by a factor; a whole one by no more than that.

    Returns:
        The value; None where no other whole number lies so near.
    """
    if not isinstance(value, int):
        return value * factor
    inwards = floor if factor > 1 else ceil
    near = inwards(value * factor)
    return None if near == value else near


@contextmanager
def changed(trial: Trial) -> Iterator[tuple[float, AnalyzerSettings]]:
    """Change what a trial changes while the context lasts.

    Yields:
        The value, and the settings to analyse with.

    Raises:
        ValueError: It cannot be changed by so little.
    """
    settings = AnalyzerSettings()
    before = _default(trial.name, trial.module)
    value = scaled(before, trial.factor)
    if value is None:
        raise ValueError(f"{trial.name} cannot be changed by so little")
    if trial.module is None:
        changes: dict[str, Any] = {trial.name: value}
        yield value, replace(settings, **changes)
        return
    users = [module for module in MODULES if hasattr(module, trial.name)]
    for module in users:
        setattr(module, trial.name, value)
    try:
        yield value, settings
    finally:
        for module in users:
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
    if not quiet:
        print(f"no whole number within {SWING:.0%}: {', '.join(too_small())}")
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
