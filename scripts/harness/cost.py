"""Measure what motion costs at 1080p beside MOG2, and NumPy's kernels beside OpenCV's.

Each picture of a clip is scaled up to 1080 lines and shown to MOG2, to the
analysis on OpenCV and to that on NumPy, one after the other, in turns, so that
the caches treat all alike. What is counted is the processor time of the thread.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import time
from typing import Any, Final

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.models import Observation
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.frames import LumaScaler
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels
from custom_components.vigilar.vision.source import SourceError

from .process import HarnessError
from .replaying import found_in
from .truth import load_truth
from .yardstick import Yardstick, luma_of, pictures_of

LINES: Final = 1080
HEADING: Final = (
    f"{'clip':36} frames    MOG2   scale  motion   NumPy"
    "  motion/MOG2  with scale  NumPy/OpenCV  events"
)


@dataclass(slots=True)
class Costs:
    """What the pictures of a clip, or of all, took.

    Attributes:
        frames: Pictures.
        mog2_s: Processor seconds of MOG2, with its scaling.
        scale_s: Of our scaling.
        opencv_s: Of motion and tracking on OpenCV.
        numpy_s: The same on NumPy.
        differing: Clips in which the kernels do not find the same events.
    """

    frames: int = 0
    mog2_s: float = 0.0
    scale_s: float = 0.0
    opencv_s: float = 0.0
    numpy_s: float = 0.0
    differing: int = 0

    def add(self, other: Costs) -> None:
        """Add what another clip took."""
        self.frames += other.frames
        self.mog2_s += other.mog2_s
        self.scale_s += other.scale_s
        self.opencv_s += other.opencv_s
        self.numpy_s += other.numpy_s
        self.differing += other.differing

    def as_dict(self) -> dict[str, Any]:
        """Return what is printed as JSON; milliseconds a frame, and ratios."""
        each = 1000 / max(1, self.frames)
        mog2, opencv = max(self.mog2_s, 1e-9), max(self.opencv_s, 1e-9)
        return {
            "frames": self.frames,
            "mog2_ms": round(self.mog2_s * each, 3),
            "scale_ms": round(self.scale_s * each, 3),
            "motion_ms": round(self.opencv_s * each, 3),
            "numpy_ms": round(self.numpy_s * each, 3),
            "motion_of_mog2": round(self.opencv_s / mog2, 3),
            "with_scale_of_mog2": round((self.scale_s + self.opencv_s) / mog2, 3),
            "numpy_of_opencv": round(self.numpy_s / opencv, 3),
            "same_events": not self.differing,
        }


class _Watcher:
    """An analysis whose costs are counted.

    Attributes:
        seconds: Of the processor, so far.
    """

    def __init__(self, kernels: Kernels) -> None:
        """Create one that has seen nothing."""
        self._analyzer = Analyzer("bench", AnalyzerSettings(), kernels)
        self._observed: list[Observation] = []
        self.seconds = 0.0

    def look(self, luma: NDArray[np.uint8], ts: float) -> None:
        """Look at a picture."""
        begin = time.thread_time()
        observed = self._analyzer.update(luma, ts)
        self.seconds += time.thread_time() - begin
        self._observed += observed

    def found(self) -> list[Any]:
        """End what goes on, and return the events."""
        self._observed += self._analyzer.close()
        return list(found_in(self._observed))


@dataclass(slots=True)
class _Trial:
    """All that look at one clip."""

    mog2: Yardstick = field(default_factory=Yardstick)
    scaler: LumaScaler = field(default_factory=LumaScaler)
    opencv: _Watcher = field(default_factory=lambda: _Watcher(load_kernels()))
    numpy: _Watcher = field(default_factory=lambda: _Watcher(NumpyKernels()))
    scale_s: float = 0.0

    def show(self, frame: VideoFrame, ts: float, number: int) -> None:
        """Show a picture to all, another one first each time."""
        turns: list[Callable[[], None]] = [
            lambda: self._ours(frame, ts, self.opencv, self.numpy),
            lambda: self._theirs(frame),
            lambda: self._ours(frame, ts, self.numpy, self.opencv),
            lambda: self._theirs(frame),
        ]
        first = number % 4
        for turn in (first, (first + 1) % 4):
            turns[turn]()

    def _theirs(self, frame: VideoFrame) -> None:
        """Show a picture to MOG2."""
        self.mog2.sees(luma_of(frame))

    def _ours(self, frame: VideoFrame, ts: float, *watchers: _Watcher) -> None:
        """Show a picture to both of ours."""
        begin = time.thread_time()
        luma = self.scaler.scale(frame)
        self.scale_s += time.thread_time() - begin
        for watcher in watchers:
            watcher.look(luma, ts)


def measure_clip(path: Path) -> Costs:
    """Measure a clip.

    Args:
        path: The clip.

    Raises:
        SourceError: It cannot be read.
    """
    trial = _Trial()
    enlarger = VideoReformatter()
    frames = 0
    for frame, ts in pictures_of(path, AnalyzerSettings().fps):
        trial.show(_enlarged(frame, enlarger), ts, frames)
        frames += 1
    return Costs(
        frames=frames,
        mog2_s=trial.mog2.seconds,
        scale_s=trial.scale_s,
        opencv_s=trial.opencv.seconds,
        numpy_s=trial.numpy.seconds,
        differing=int(trial.opencv.found() != trial.numpy.found()),
    )


def _enlarged(frame: VideoFrame, enlarger: VideoReformatter) -> VideoFrame:
    """Return a picture of 1080 lines and of the same aspect."""
    width = round(frame.width * LINES / frame.height / 2) * 2
    return enlarger.reformat(
        frame, width, LINES, "yuv420p", interpolation=Interpolation.BILINEAR, threads=1
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the clips of a folder.

    Args:
        options: The command line's.

    Returns:
        The figures by clip, and of all.

    Raises:
        HarnessError: There is no OpenCV, or the folder cannot be read.
    """
    if load_kernels().name != "opencv":
        raise HarnessError("OpenCV is not installed")
    everything = Costs()
    clips: dict[str, Any] = {}
    try:
        for name in load_truth(options.folder):
            costs = measure_clip(options.folder / name)
            everything.add(costs)
            clips[name] = costs.as_dict()
    except (OSError, ValueError, SourceError) as err:
        raise HarnessError(f"{options.folder}: {type(err).__name__}") from None
    return {"clips": clips, "total": everything.as_dict()}


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    rows = {**figures["clips"], "all": figures["total"]}
    return "\n".join([HEADING, *(_line_of(name, row) for name, row in rows.items())])


def _line_of(name: str, row: dict[str, Any]) -> str:
    """Return a clip's line of the table."""
    return (
        f"{name[:36]:36} {row['frames']:6} {row['mog2_ms']:7.3f} {row['scale_ms']:7.3f}"
        f" {row['motion_ms']:7.3f} {row['numpy_ms']:7.3f} {row['motion_of_mog2']:12.3f}"
        f" {row['with_scale_of_mog2']:11.3f} {row['numpy_of_opencv']:13.3f}"
        f"  {'same' if row['same_events'] else 'DIFFER'}"
    )
