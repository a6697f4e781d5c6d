"""Replay what the analysis was shown, and judge what it says."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
import time
from typing import Any, override

from av.video.frame import VideoFrame
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.models import Observation, ObservationKind
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import Kernels
from custom_components.vigilar.vision.recognition import Recognizer

from .figures import percentile
from .truth import Found, Score, Truth, judge

type Plane = tuple[NDArray[np.uint8], float]
"""uint8[h, w] and its time in seconds."""


def figures(score: Score) -> dict[str, Any]:
    """Return a score with its delays summed up."""
    content = asdict(score)
    for name in ("start_delays", "confirm_delays", "classify_delays"):
        delays = content.pop(name)
        stem = name.removesuffix("s")
        content[f"{stem}_p50"] = round(percentile(delays, 50), 2) if delays else 0.0
        content[f"{stem}_p95"] = round(percentile(delays, 95), 2) if delays else 0.0
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
    classify_ms = end.latency_ms.get("classify")
    return Found(
        start=begin,
        end=end.ts / 1000,
        confirmed=begin + start.latency_ms["confirm"] / 1000,
        box=box and (box.x, box.y, box.x + box.w, box.y + box.h),
        labels=frozenset(label.label for label in end.labels),
        classify_s=None if classify_ms is None else classify_ms / 1000,
    )


class Recorder(Analyzer):
    """An analyzer that keeps what it was shown and what it said.

    Attributes:
        planes: What it was shown, with the times in seconds.
        observed: What it said.
        seconds: Of the processor, as the yardstick's are counted.
    """

    def __init__(
        self,
        settings: AnalyzerSettings,
        kernels: Kernels,
        recognizer: Recognizer | None = None,
    ) -> None:
        """Create one that has seen nothing."""
        super().__init__("bench", settings, kernels, recognizer)
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
        # Encoding pictures for people is no part of what is measured here.
        shown = frame if self._recognizer is not None else None
        begin = time.thread_time()
        observed = super().update(luma, ts, shown, decode_ms)
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


def replay(clip: Clip, settings: AnalyzerSettings, kernels: Kernels) -> Score:
    """Analyse planes that are decoded already."""
    recorder = Recorder(settings, kernels)
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
