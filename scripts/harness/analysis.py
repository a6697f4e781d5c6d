"""Analyse video files with the vision and events code that watches cameras."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import json
from pathlib import Path
import sys
import time
from typing import Any, Final

from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import Change, ChangeKind, Observation, SourceInfo
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate
from custom_components.vigilar.vision.inference import DirectInference
from custom_components.vigilar.vision.kernels import Kernels, NumpyKernels, load_kernels
from custom_components.vigilar.vision.objects import load_detector
from custom_components.vigilar.vision.pipeline import Pipeline, StageTimes
from custom_components.vigilar.vision.recognition import Recognizer
from custom_components.vigilar.vision.source import (
    Source,
    SourceError,
    SourceFailure,
    open_file,
)

SOURCE_ID: Final = "file"
UNREADABLE: Final = 2
"""Exit code where a file could not be read."""


@dataclass(slots=True)
class Totals:
    """What one file came to.

    Attributes:
        times: Seconds a stage, and counts, of the pipeline.
        events_s: Seconds in the events code.
        cpu_s: Processor seconds of the whole process.
        duration: Seconds of media time.
        inferences: Pictures that the object detector looked at.
        objects_s: Processor seconds in it.
    """

    times: StageTimes
    events_s: float = 0.0
    cpu_s: float = 0.0
    duration: float = 0.0
    inferences: int = 0
    objects_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the summary line's value."""
        times = self.times
        stages = {
            "read": times.read,
            "decode": times.decode,
            "scale": times.scale,
            "motion": times.motion,
            "objects": self.objects_s,
            "events": self.events_s,
        }
        return {
            "duration": round(self.duration, 2),
            "frames_decoded": times.decoded,
            "frames_analysed": times.analysed,
            "packets": times.packets,
            "inferences": self.inferences,
            "cpu_s": round(self.cpu_s, 3),
            "stages_ms": {
                name: round(spent * 1000, 1) for name, spent in stages.items()
            },
        }


async def analyse_file(
    path: Path,
    settings: AnalyzerSettings,
    kernels: Kernels,
    gate: Gate | None = None,
    inference: DirectInference | None = None,
) -> tuple[list[dict[str, Any]], Totals]:
    """Analyse a file on its own clock, as fast as the machine allows.

    Args:
        path: The file.
        settings: How to analyse.
        kernels: The image primitives.
        gate: Chooses what is decoded; the pipeline's own by default.
        inference: Recognises objects; without it there is motion only.

    Returns:
        The events, in the order in which they began, and what they cost.

    Raises:
        SourceError: The file cannot be read.
    """
    recognizer = None if inference is None else Recognizer(inference)
    before = (0, 0.0) if inference is None else (inference.count, inference.cpu_s)
    ended, totals = await changes_of(
        path, Analyzer(SOURCE_ID, settings, kernels, recognizer), settings.fps, gate
    )
    if inference is not None:
        totals.inferences = inference.count - before[0]
        totals.objects_s = inference.cpu_s - before[1]
    return sorted(
        (_line(path, change) for change in ended), key=lambda line: line["start"]
    ), totals


async def changes_of(
    path: Path, analyzer: Analyzer, fps: float, gate: Gate | None = None
) -> tuple[list[Change], Totals]:
    """Run a file through an analyzer and the events code.

    Args:
        path: The file.
        analyzer: That has seen nothing.
        fps: Frames to analyse a second.
        gate: Chooses what is decoded; the pipeline's own by default.

    Returns:
        The ends of the events, and what they cost.

    Raises:
        SourceError: The file cannot be read.
    """
    cpu = time.process_time()
    source = open_file(path)
    try:
        pipeline = Pipeline(source, analyzer, fps, gate)
        totals = Totals(pipeline.times)
        ended = await _run(source, pipeline, totals, path.name)
    finally:
        source.close()
    totals.duration = pipeline.duration
    totals.cpu_s = time.process_time() - cpu
    return ended, totals


async def _run(
    source: Source, pipeline: Pipeline, totals: Totals, name: str
) -> list[Change]:
    """Send what a pipeline observes down the path of events; return the ends."""
    now = [0]
    info = SourceInfo(source_id=SOURCE_ID, name=name)
    store = EventStore("sqlite://")
    await store.open(now=0)
    try:
        processor = EventProcessor(store, lambda _source_id: info, clock=lambda: now[0])
        ended: list[Change] = []

        def collect(change: Change) -> None:
            """Keep the ends."""
            if change.kind is ChangeKind.ENDED:
                ended.append(change)

        processor.add_publisher("analysis", collect)
        for observation in _observations(pipeline):
            begin = time.perf_counter()
            now[0] = round(pipeline.duration * 1000)
            # An encoded picture is for people, and no part of what is measured here.
            await processor.handle(replace(observation, snapshot=None))
            totals.events_s += time.perf_counter() - begin
        return ended
    finally:
        await store.close()


def _observations(pipeline: Pipeline) -> Iterator[Observation]:
    """Run a pipeline to the end of its file."""
    while True:
        try:
            observed = pipeline.step()
        except SourceError as err:
            if err.failure is not SourceFailure.ENDED:
                raise
            break
        yield from observed
    if not pipeline.times.decoded:
        raise SourceError(SourceFailure.UNSUPPORTED_CODEC)
    yield from pipeline.finish()


def _line(path: Path, change: Change) -> dict[str, Any]:
    """Return an event as printed; times in seconds from the start of the file."""
    event = change.event
    payload = event.payload
    return {
        "file": str(path),
        "type": event.type.value,
        "start": round(event.ts / 1000, 2),
        "end": round(payload["end_ts"] / 1000, 2),
        "labels": payload["labels"],
        "zones": payload["zones"],
        "score": payload["score"],
    }


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="analyze", description="Find events in video files; prints JSON Lines."
    )
    defaults = AnalyzerSettings()
    parser.add_argument(
        "--fps",
        type=float,
        default=defaults.fps,
        help="frames analysed a second (%(default)s)",
    )
    parser.add_argument(
        "--sensitivity",
        type=int,
        choices=range(1, 11),
        default=defaults.sensitivity,
        metavar="1-10",
        help="how little contrast is enough (%(default)s)",
    )
    parser.add_argument(
        "--no-opencv", action="store_true", help="use the NumPy kernels"
    )
    parser.add_argument(
        "--objects", action="store_true", help="recognise what moves (needs ncnn)"
    )
    parser.add_argument("--no-gate", action="store_true", help="decode every frame")
    parser.add_argument(
        "--summary",
        action="store_true",
        help="also tell people what each file came to, on standard error",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    arguments = parser.parse_args(argv)
    if arguments.fps <= 0:
        parser.error("--fps must be above zero")
    return arguments


def main(argv: Sequence[str]) -> int:
    """Analyse the files named on the command line.

    Args:
        argv: Without the program's name.

    Returns:
        0, or `UNREADABLE` where at least one file could not be read.
    """
    arguments = _arguments(argv)
    settings = AnalyzerSettings(fps=arguments.fps, sensitivity=arguments.sensitivity)
    kernels = NumpyKernels() if arguments.no_opencv else load_kernels()
    inference = DirectInference(load_detector()) if arguments.objects else None
    code = 0
    for path in arguments.videos:
        try:
            gate = Gate(longest_group_s=0.0) if arguments.no_gate else None
            events, totals = asyncio.run(
                analyse_file(path, settings, kernels, gate, inference)
            )
        except SourceError as err:
            print(f"{path}: {_why(path, err)}", file=sys.stderr)
            code = UNREADABLE
            continue
        for event in events:
            print(json.dumps(event))
        print(json.dumps({"file": str(path), "summary": totals.as_dict()}), flush=True)
        if arguments.summary:
            print(_for_people(path, len(events), totals), file=sys.stderr)
    return code


def _for_people(path: Path, events: int, totals: Totals) -> str:
    """Say in a line what a file came to."""
    share = totals.cpu_s / totals.duration if totals.duration else 0.0
    return (
        f"{path}: {events} events in {totals.duration:.1f} s, "
        f"{totals.times.analysed} frames analysed, {share:.1%} of a core"
    )


def _why(path: Path, err: SourceError) -> str:
    """Say why a file cannot be read."""
    if not path.exists():
        return "no such file"
    if path.is_dir():
        return "is a directory"
    if err.failure is SourceFailure.UNSUPPORTED_CODEC:
        return "its video cannot be decoded"
    return "not a readable video"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
