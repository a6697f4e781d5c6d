"""Measure how well motion is found, on real clips with a known truth and on synthetic scenes."""

import argparse
import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
import json
from pathlib import Path
import statistics
import sys
import time
from types import ModuleType
from typing import Any, Final, override

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision import motion, tracking
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels
from custom_components.vigilar.vision.source import SourceError
from tests import scenes

from .analysis import changes_of
from .truth import Found, Score, Truth, judge, load_truth
from .yardstick import measure_file

STAGES: Final = ("decode", "scale", "motion", "events")
SEEDS: Final = (1, 2, 3)
SWEPT: Final[tuple[tuple[ModuleType, str], ...]] = (
    (motion, "SURROUND"),
    (motion, "SPREADS"),
    (motion, "BACKGROUND_S"),
    (motion, "FOREGROUND_S"),
    (motion, "SPREAD_S"),
    (motion, "FIRST_SPREAD"),
    (motion, "GLOBAL_SHARE"),
    (motion, "RELEARN_S"),
    (motion, "EDGE_REACH"),
    (motion, "SHARP"),
    (tracking, "WINDOW_S"),
    (tracking, "FORGET_S"),
    (tracking, "NET_OF_SIZE"),
    (tracking, "NET_OF_PATH"),
    (tracking, "OUTLINE"),
    (tracking, "LEFT"),
    (tracking, "REACH_PER_S"),
    (tracking, "STIR"),
    (tracking, "WEATHER_S"),
    (tracking, "CALM_PER_S"),
    (tracking, "MOST_PATIENCE"),
)
"""Constants of the algorithm, which must matter little where they are changed a little."""
SWING: Final = 0.3
"""How much a constant is changed in a sweep, as a share."""

HEIGHTS: Final = (0.02, 0.04, 0.07, 0.12, 0.2, 0.4)
CONTRASTS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.6)
HEADING: Final = (
    f"{'clip':36} found  false s/quiet s    start p50 p95  sure p50 p95 "
    f" ms: {' '.join(STAGES)}  | MOG2: found, false, s, ms"
)

type Plane = tuple[NDArray[np.uint8], float]
"""uint8[h, w] and its time in seconds."""


@dataclass(slots=True)
class Report:
    """What a clip, or all of them, came to.

    Attributes:
        score: Agreement with the truth.
        stages_s: Seconds by stage.
        frames: Analysed.
        yardstick: Agreement of the background subtractor.
        yardstick_s: Seconds spent in it.
        yardstick_frames: That it looked at.
    """

    score: Score = field(default_factory=Score)
    stages_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    frames: int = 0
    yardstick: Score = field(default_factory=Score)
    yardstick_s: float = 0.0
    yardstick_frames: int = 0

    def add(self, other: Report) -> None:
        """Add what another clip came to."""
        self.score.add(other.score)
        for name, spent in other.stages_s.items():
            self.stages_s[name] += spent
        self.frames += other.frames
        self.yardstick.add(other.yardstick)
        self.yardstick_s += other.yardstick_s
        self.yardstick_frames += other.yardstick_frames

    def as_dict(self) -> dict[str, Any]:
        """Return what is printed as JSON; milliseconds an analysed frame."""
        frames = max(1, self.frames)
        mog2_ms = 1000 * self.yardstick_s / max(1, self.yardstick_frames)
        return {
            **figures(self.score),
            "stages_ms": {
                name: round(1000 * spent / frames, 3)
                for name, spent in self.stages_s.items()
            },
            "mog2": {**figures(self.yardstick), "ms": round(mog2_ms, 3)},
        }


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile by linear interpolation; 0 where there is nothing.

    Args:
        values: In any order.
        percent: 1-99.
    """
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def figures(score: Score) -> dict[str, Any]:
    """Return a score with its delays summed up."""
    content = asdict(score)
    for name in ("start_delays", "confirm_delays"):
        delays = content.pop(name)
        stem = name.removesuffix("s")
        content[f"{stem}_p50"] = round(percentile(delays, 50), 2)
        content[f"{stem}_p95"] = round(percentile(delays, 95), 2)
    content["quiet_s"] = round(score.quiet_s, 1)
    content["false_s"] = round(score.false_s, 1)
    return content


def found_in(observed: Sequence[Observation]) -> list[Found]:
    """Return the motions that an analyzer reported.

    Args:
        observed: In order, by media time.
    """
    starts = {
        one.key: one for one in observed if one.kind is ObservationKind.MOTION_STARTED
    }
    return [
        _found(starts[end.key], end)
        for end in observed
        if end.kind is ObservationKind.MOTION_ENDED
    ]


def _found(start: Observation, end: Observation) -> Found:
    """Join the start and the end of a motion."""
    begin = start.ts / 1000
    box = end.box
    return Found(
        start=begin,
        end=end.ts / 1000,
        confirmed=begin + start.latency_ms["confirm"] / 1000,
        box=box and (box.x, box.y, box.x + box.w, box.y + box.h),
    )


class _Recorder(Analyzer):
    """An analyzer that keeps what it was shown and what it said.

    Attributes:
        planes: What it was shown, with the times in seconds.
        observed: What it said.
        seconds: Of the processor, as the yardstick's are counted.
    """

    def __init__(self, settings: AnalyzerSettings, kernels: Kernels) -> None:
        """Create one that has seen nothing."""
        super().__init__("bench", settings, kernels)
        self.planes: list[Plane] = []
        self.observed: list[Observation] = []
        self.seconds = 0.0

    @override
    def update(
        self,
        luma: NDArray[np.uint8],
        ts: float,
        frame: VideoFrame | None = None,
        decode_ms: float = 0.0,
    ) -> list[Observation]:
        """Look at one picture."""
        self.planes.append((luma.copy(), ts))
        begin = time.thread_time()
        observed = super().update(luma, ts, None, decode_ms)
        self.seconds += time.thread_time() - begin
        # The end of a motion is kept where it is made, in `close`.
        self.observed += [
            one for one in observed if one.kind is not ObservationKind.MOTION_ENDED
        ]
        return observed

    @override
    def close(self) -> list[Observation]:
        """End the motion that goes on."""
        observed = super().close()
        self.observed += observed
        return observed


@dataclass(frozen=True, slots=True)
class Clip:
    """A decoded clip: what the analysis sees, and the truth.

    Attributes:
        planes: Luma planes with their times in seconds.
        truth: Of the clip.
        duration: Seconds.
    """

    planes: Sequence[Plane]
    truth: Truth
    duration: float


def measure_clip(
    path: Path, truth: Truth, settings: AnalyzerSettings, kernels: Kernels
) -> tuple[Report, Clip]:
    """Analyse a clip, and run the yardstick over it.

    Args:
        path: The clip.
        truth: Of it.
        settings: How to analyse.
        kernels: The image primitives.

    Raises:
        SourceError: It cannot be read.
    """
    recorder = _Recorder(settings, kernels)
    _, totals = asyncio.run(changes_of(path, recorder, settings.fps))
    times = totals.times
    spent = (times.decode, times.scale, recorder.seconds, totals.events_s)
    seen, yardstick = measure_file(path, settings.fps)
    report = Report(
        score=judge(truth, found_in(recorder.observed), totals.duration),
        stages_s=dict(zip(STAGES, spent, strict=True)),
        frames=times.analysed,
        yardstick=judge(truth, seen, totals.duration),
        yardstick_s=yardstick.seconds,
        yardstick_frames=yardstick.frames,
    )
    return report, Clip(recorder.planes, truth, totals.duration)


def replay(clip: Clip, settings: AnalyzerSettings, kernels: Kernels) -> Score:
    """Analyse planes that are decoded already."""
    recorder = _Recorder(settings, kernels)
    for luma, ts in clip.planes:
        recorder.update(luma, ts)
    recorder.close()
    return judge(clip.truth, found_in(recorder.observed), clip.duration)


def total(scores: Iterable[Score]) -> Score:
    """Add scores up."""
    sum_of = Score()
    for score in scores:
        sum_of.add(score)
    return sum_of


@contextmanager
def changed(module: ModuleType, name: str, factor: float) -> Iterator[float]:
    """Multiply a constant of the algorithm while the context lasts.

    Yields:
        Its value.
    """
    before = getattr(module, name)
    value = before * factor
    if isinstance(before, int):
        value = max(1, round(value))
    setattr(module, name, value)
    try:
        yield value
    finally:
        setattr(module, name, before)


def sweep(clips: Sequence[Clip], kernels: Kernels) -> Iterator[dict[str, Any]]:
    """Change each constant of the algorithm by `SWING`, down and up.

    Args:
        clips: Decoded already.
        kernels: The image primitives.

    Yields:
        What all clips came to with a value.
    """
    defaults = AnalyzerSettings()
    for module, name in SWEPT:
        for factor in (1 - SWING, 1 + SWING):
            with changed(module, name, factor) as value:
                score = total(replay(clip, defaults, kernels) for clip in clips)
            yield {"constant": name, "value": value, **figures(score)}
    for factor in (1 - SWING, 1 + SWING):
        settings = replace(defaults, min_area=defaults.min_area * factor)
        score = total(replay(clip, settings, kernels) for clip in clips)
        yield {"constant": "min_area", "value": settings.min_area, **figures(score)}


def measure_scene(
    name: str, strength: int, seeds: Sequence[int], kernels: Kernels
) -> Score:
    """Analyse a synthetic scene with several seeds.

    Args:
        name: Of the scene.
        strength: 1-3.
        seeds: One scene each.
        kernels: The image primitives.
    """
    return total(
        replay(
            _clip_of(scenes.scene(name, strength, seed)), AnalyzerSettings(), kernels
        )
        for seed in seeds
    )


def measure_walkers(
    height: float, contrast: float, seeds: Sequence[int], kernels: Kernels
) -> Score:
    """Analyse walkers of one size and contrast before several views."""
    return total(
        replay(
            _clip_of(scenes.walker_of(height, contrast, seed)),
            AnalyzerSettings(),
            kernels,
        )
        for seed in seeds
    )


def _clip_of(scene: scenes.Scene) -> Clip:
    """Draw a scene."""
    return Clip(list(scene.frames()), Truth(events=scene.events), scene.duration)


def run(options: argparse.Namespace) -> int:
    """Measure what the command line asks for; return the exit code."""
    if options.folder is None and not options.synthetic:
        print("bench: name a folder of clips, or ask for --synthetic", file=sys.stderr)
        return 2
    kernels = NumpyKernels() if options.no_opencv else load_kernels()
    content: dict[str, Any] = {"kernels": kernels.name}
    if options.folder is not None:
        try:
            content |= _measure_folder(options, kernels)
        except (OSError, ValueError, SourceError) as err:
            print(f"bench: {options.folder}: {type(err).__name__}", file=sys.stderr)
            return 2
    if options.synthetic:
        content |= _measure_synthetic(kernels, quiet=options.json)
    if options.json:
        print(json.dumps(content))
    return 0


def _measure_folder(options: argparse.Namespace, kernels: Kernels) -> dict[str, Any]:
    """Measure the clips of a folder, and print a line each."""
    everything = Report()
    clips = []
    lines: dict[str, Any] = {}
    if not options.json:
        print(HEADING)
    for name, truth in load_truth(options.folder).items():
        report, clip = measure_clip(
            options.folder / name, truth, AnalyzerSettings(), kernels
        )
        clips.append(clip)
        everything.add(report)
        lines[name] = report.as_dict()
        if not options.json:
            print(line_of(name, lines[name]), flush=True)
    content: dict[str, Any] = {"clips": lines, "total": everything.as_dict()}
    if not options.json:
        print(line_of("all", content["total"]))
    if options.sweep:
        content["sweep"] = []
        for row in sweep(clips, kernels):
            content["sweep"].append(row)
            if not options.json:
                print(
                    f"{row['constant']:>14} {row['value']:<10.4g}"
                    f" {row['found']}/{row['events']}"
                    f"  false {row['false_events']}, {row['false_s']} s"
                    f"  start {row['start_delay_p50']} / {row['start_delay_p95']} s",
                    flush=True,
                )
    return content


def _measure_synthetic(kernels: Kernels, *, quiet: bool) -> dict[str, Any]:
    """Measure the synthetic scenes, and print a line each."""
    nuisances: dict[str, Any] = {}
    for name in (*scenes.NUISANCES, *scenes.SPECIAL):
        rows = [
            figures(measure_scene(name, strength, SEEDS, kernels))
            for strength in (1, 2, 3)
        ]
        nuisances[name] = rows
        if not quiet:
            cells = (
                f"{row['found']}/{row['events']} {row['false_s']:5.1f} of {row['quiet_s']:5.1f} s"
                for row in rows
            )
            print(f"{name:>20} | " + " | ".join(cells), flush=True)
    walkers: dict[str, Any] = {}
    for height in HEIGHTS:
        scores = [
            measure_walkers(height, contrast, SEEDS, kernels) for contrast in CONTRASTS
        ]
        walkers[f"{height:.0%}"] = {
            f"{contrast:.0%}": score.found / score.events
            for contrast, score in zip(CONTRASTS, scores, strict=True)
        }
        if not quiet:
            cells = (f"{score.found}/{score.events}" for score in scores)
            print(f"walker {height:>13.0%} | " + " | ".join(cells), flush=True)
    return {"nuisances": nuisances, "walkers": walkers}


def line_of(name: str, report: dict[str, Any]) -> str:
    """Return a clip's line of the table.

    Args:
        name: Of the clip.
        report: As printed as JSON.
    """
    stages = report["stages_ms"]
    mog2 = report["mog2"]
    return (
        f"{name[:36]:36} {report['found']:>2}/{report['events']:<2}"
        f" {report['false_events']:>3} {report['false_s']:>6}/{report['quiet_s']:<6}"
        f" {report['start_delay_p50']:>5} {report['start_delay_p95']:>5}"
        f" {report['confirm_delay_p50']:>5} {report['confirm_delay_p95']:>5}  "
        + " ".join(f"{stages[stage]:>6.2f}" for stage in STAGES)
        + f"  | {mog2['found']:>2}/{mog2['events']:<2} {mog2['false_events']:>3}"
        f" {mog2['false_s']:>6} {mog2['ms']:>6.2f}"
    )
