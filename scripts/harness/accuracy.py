"""Measure how well motion is found, on real clips with a known truth and on synthetic scenes."""

import argparse
import asyncio
from dataclasses import dataclass, field
import json
from pathlib import Path
import sys
from typing import Any, Final

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.inference import DirectInference, Inference
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels
from custom_components.vigilar.vision.objects import load_detector
from custom_components.vigilar.vision.recognition import Recognizer
from custom_components.vigilar.vision.source import SourceError

from .analysis import changes_of
from .replaying import Clip, Recorder, figures, found_in
from .sweep import print_sweep
from .synthetic import measure_synthetic
from .truth import Score, Truth, judge, load_truth
from .yardstick import measure_file

STAGES: Final = ("decode", "scale", "motion", "events")
HEADING: Final = (
    f"{'clip':36} found pieces false s/quiet s    start p50 p95  sure p50 p95 "
    f" ms: {' '.join(STAGES)}  | MOG2: found, false, s, ms"
)


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


def measure_clip(
    path: Path,
    truth: Truth,
    settings: AnalyzerSettings,
    kernels: Kernels,
    inference: Inference | None = None,
) -> tuple[Report, Clip]:
    """Analyse a clip, and run the yardstick over it.

    Args:
        path: The clip.
        truth: Of it.
        settings: How to analyse.
        kernels: The image primitives.
        inference: Recognises objects; without it there is motion only.

    Raises:
        SourceError: It cannot be read.
    """
    recognizer = None if inference is None else Recognizer(inference)
    recorder = Recorder(settings, kernels, recognizer)
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
        content |= measure_synthetic(options, kernels)
    if options.json:
        print(json.dumps(content))
    return 0


def _measure_folder(options: argparse.Namespace, kernels: Kernels) -> dict[str, Any]:
    """Measure the clips of a folder, and print a line each."""
    everything = Report()
    clips = []
    lines: dict[str, Any] = {}
    inference = DirectInference(load_detector()) if options.objects else None
    if not options.json:
        print(HEADING)
    for name, truth in load_truth(options.folder).items():
        report, clip = measure_clip(
            options.folder / name, truth, AnalyzerSettings(), kernels, inference
        )
        clips.append(clip)
        everything.add(report)
        lines[name] = report.as_dict()
        if not options.json:
            print(line_of(name, lines[name], labels=options.objects), flush=True)
    content: dict[str, Any] = {"clips": lines, "total": everything.as_dict()}
    if not options.json:
        print(line_of("all", content["total"], labels=options.objects))
    if options.sweep:
        content["sweep"] = print_sweep(clips, kernels, quiet=options.json)
    return content


def line_of(name: str, report: dict[str, Any], *, labels: bool = False) -> str:
    """Return a clip's line of the table.

    Args:
        name: Of the clip.
        report: As printed as JSON.
        labels: With what was recognised.
    """
    stages = report["stages_ms"]
    mog2 = report["mog2"]
    return (
        f"{name[:36]:36} {report['found']:>2}/{report['events']:<2}"
        f" {report['pieces']:>4}   {report['false_events']:>3} {report['false_s']:>6}/{report['quiet_s']:<6}"
        f" {report['start_delay_p50']:>5} {report['start_delay_p95']:>5}"
        f" {report['confirm_delay_p50']:>5} {report['confirm_delay_p95']:>5}  "
        + " ".join(f"{stages[stage]:>6.2f}" for stage in STAGES)
        + f"  | {mog2['found']:>2}/{mog2['events']:<2} {mog2['false_events']:>3}"
        f" {mog2['false_s']:>6} {mog2['ms']:>6.2f}"
        + (_labels_of(report) if labels else "")
    )


def _labels_of(report: dict[str, Any]) -> str:
    """Return the part of a line that tells what was recognised."""
    return (
        f"  | labels {report['labelled']}/{report['labellable']}"
        f" wrong {report['wrong_labels']} false {report['false_labels']}"
        f" after {report['classify_delay_p50']} {report['classify_delay_p95']} s"
    )
