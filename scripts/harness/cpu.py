"""What the analysis of a stream costs, beside the usual way to do it.

The usual way: FFmpeg decodes everything, scales five frames a second to 720
lines and pipes them into Python, where MOG2 looks at them 320 pixels wide. Both
run on the same files, one after the other.
"""

import argparse
from dataclasses import dataclass
import json
from pathlib import Path
import resource
import subprocess
import sys
import tempfile
from typing import Any, Final

from .process import HarnessError
from .streams import CLIP

FPS: Final = 15
SIZE: Final = (1920, 1080)
PIPE_FPS: Final = 5
PIPE_SIZE: Final = (1280, 720)
MODEL_WIDTH: Final = 320
LEAST_BLOB: Final = 0.001
CAMPUS: Final = "campus_people_day.mp4"
# The first walker of the demo's clip is in sight from here on, for so long.
WALK: Final = ("-ss", "9.8", "-t", "13")


@dataclass(frozen=True)
class Scene:
    """A stream to measure.

    Attributes:
        name: What the table calls it.
        source: FFmpeg's arguments that give the picture.
        filters: FFmpeg's filters.
        loops: How often the encoded 20 s are repeated.
    """

    name: str
    source: tuple[str, ...]
    filters: str
    loops: int


def scenes(footage: Path | None) -> list[Scene]:
    """Return the streams to measure.

    Args:
        footage: A folder with the campus clip, for the busy one.
    """
    size = f"scale={SIZE[0]}:{SIZE[1]}"
    walk = ("-stream_loop", "-1", *WALK, "-i", str(CLIP))
    busy = walk if footage is None else ("-i", str(footage / CAMPUS))
    still = f"trim=end_frame=1,{size},loop=-1:1,fps={FPS},noise=alls=3:allf=t"
    return [
        Scene("quiet", ("-i", str(CLIP)), still, 9),
        Scene("busy", busy, size, 3),
    ]


def make_clip(scene: Scene, folder: Path) -> Path:
    """Encode a scene as cameras do: H.264, a keyframe every 2 s, no B-frames.

    Raises:
        HarnessError: FFmpeg failed.
    """
    once, clip = folder / f"{scene.name}-once.mp4", folder / f"{scene.name}.mp4"
    _ffmpeg(
        *(*scene.source, "-vf", scene.filters, "-r", str(FPS), "-t", "20", "-an"),
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "25", "-bf", "0"),
        *("-g", str(2 * FPS), "-keyint_min", str(2 * FPS), "-sc_threshold", "0"),
        *("-pix_fmt", "yuv420p", str(once)),
    )
    repeats = str(scene.loops - 1)
    _ffmpeg("-stream_loop", repeats, "-i", str(once), "-c", "copy", str(clip))
    return clip


def _ffmpeg(*arguments: str) -> None:
    """Run FFmpeg."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as err:
        raise HarnessError("ffmpeg is not installed") from err
    if done.returncode:
        raise HarnessError(f"ffmpeg: {done.stderr.strip()}")


def _cpu_s() -> float:
    """Return the processor seconds of this process and its ended children."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
    )


def run_yardstick(clip: Path) -> float:
    """Analyse a clip in the usual way; return its processor seconds.

    Without what Python and OpenCV need to start.
    """
    import cv2
    import numpy as np

    begin = _cpu_s()
    width, height = PIPE_SIZE
    model = cv2.createBackgroundSubtractorMOG2()
    kernel = np.ones((3, 3), np.uint8)
    model_size = (MODEL_WIDTH, MODEL_WIDTH * height // width)
    least = LEAST_BLOB * model_size[0] * model_size[1]
    command = [
        *("ffmpeg", "-nostdin", "-v", "error", "-i", str(clip), "-r", str(PIPE_FPS)),
        *("-s", f"{width}x{height}", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdout is not None
        while frame := ffmpeg.stdout.read(width * height * 3 // 2):
            luma = np.frombuffer(frame, np.uint8, width * height)
            small = cv2.resize(
                luma.reshape(height, width), model_size, interpolation=cv2.INTER_AREA
            )
            mask = cv2.morphologyEx(model.apply(small), cv2.MORPH_OPEN, kernel)
            stats = cv2.connectedComponentsWithStats(mask)[2]
            _ = (stats[1:, cv2.CC_STAT_AREA] > least).sum()
    return _cpu_s() - begin


def _measure_yardstick(clip: Path) -> float:
    """Run the yardstick in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.harness.cpu", str(clip)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HarnessError(f"yardstick: {done.stderr.strip()}")
    return float(done.stdout)


def _measure_vigilar(clip: Path, *options: str) -> dict[str, Any]:
    """Return the summary of `scripts/analyze`."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.harness.analyze", *options, str(clip)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HarnessError(f"analyze: {done.stderr.strip()}")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["summary"]
    return summary


def measure(scene: Scene, folder: Path, *, objects: bool = False) -> dict[str, Any]:
    """Return what a scene costs, processor seconds per second of the stream."""
    clip = make_clip(scene, folder)
    summary = _measure_vigilar(clip)
    seconds = summary["duration"]
    ours = summary["cpu_s"] / seconds
    yardstick = _measure_yardstick(clip) / seconds
    stages = summary["stages_ms"]
    recognised = _measure_objects(clip, ours) if objects else {}
    return {
        "scene": scene.name,
        "seconds": round(seconds, 1),
        "kbit_s": round(clip.stat().st_size * 8 / seconds / 1000),
        "decoded": round(summary["frames_decoded"] / summary["packets"], 3),
        "vigilar": round(ours, 4),
        "yardstick": round(yardstick, 4),
        "ratio": round(ours / yardstick, 3),
        "ms_per_s": {
            stage: round(spent / seconds, 2) for stage, spent in stages.items()
        },
        **recognised,
    }


def _measure_objects(clip: Path, without: float) -> dict[str, Any]:
    """Return what a clip costs where objects are recognised, too.

    Args:
        clip: The same that was measured without.
        without: Processor seconds per second of the stream.
    """
    summary = _measure_vigilar(clip, "--objects")
    seconds = summary["duration"]
    # Loading the network is done once, not a stream.
    cost = summary["cpu_s"] / seconds
    return {
        "objects": round(cost, 4),
        "objects_ratio": round(cost / without, 3),
        "inferences": summary["inferences"],
    }


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every scene."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            measure(scene, Path(folder), objects=options.objects)
            for scene in scenes(options.footage)
        ]


def table(figures: list[dict[str, Any]]) -> str:
    """Return the figures for people."""
    head = "scene   seconds  kbit/s  decoded  vigilar  yardstick  ratio"
    if "objects" in figures[0]:
        head += "  objects  ratio  inferences"
    lines = [
        f"{row['scene']:6}  {row['seconds']:7}  {row['kbit_s']:6}  {row['decoded']:7.1%}"
        f"  {row['vigilar']:7.4f}  {row['yardstick']:9.4f}  {row['ratio']:5.3f}"
        + (
            f"  {row['objects']:7.4f}  {row['objects_ratio']:5.3f}  {row['inferences']}"
            if "objects" in row
            else ""
        )
        for row in figures
    ]
    return "\n".join([head, *lines])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--objects",
        action="store_true",
        help="measure again with objects recognised, and compare",
    )
    parser.add_argument(
        "--footage",
        type=Path,
        help=f"take {CAMPUS} of this folder for the busy stream",
    )


if __name__ == "__main__":
    print(run_yardstick(Path(sys.argv[1])))
