"""Measure how well motion is found in synthetic scenes, drawn or sent through a codec."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
import tempfile
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import Kernels
from tests import scenes
from tests.vision.common import encode

from .analysis import changes_of
from .replaying import Clip, Recorder, figures, found_in, replay, total
from .truth import Score, Truth, judge

SEEDS: Final = (1, 2, 3)
"""The algorithm may be tuned on these, and on no others."""
HEIGHTS: Final = (0.02, 0.04, 0.07, 0.12, 0.2, 0.4)
CONTRASTS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.6)
CAMERA_SIZE: Final = (640, 360)
CAMERA_FPS: Final = 15
CAMERA_OPTIONS: Final = {
    "preset": "veryfast",
    "crf": "28",
    "g": "30",
    "maxrate": "256k",
    "bufsize": "512k",
}
"""What the second stream of a camera commonly is: a keyframe every 2 s, and few bits
whatever happens. Without a limit, rain and noise would get as many as they need."""


def measure_scene(
    name: str,
    strength: int,
    seeds: Sequence[int],
    kernels: Kernels,
    *,
    compressed: bool = False,
) -> Score:
    """Analyse a synthetic scene with several seeds.

    Args:
        name: Of the scene.
        strength: 1-3.
        seeds: One scene each.
        kernels: The image primitives.
        compressed: Encode it as a camera does, and read it as from a camera.
    """
    measure = _measure_compressed if compressed else _measure_drawn
    return total(measure(scenes.scene(name, strength, seed), kernels) for seed in seeds)


def measure_walkers(
    height: float, contrast: float, seeds: Sequence[int], kernels: Kernels
) -> Score:
    """Analyse walkers of one size and contrast before several views."""
    return total(
        _measure_drawn(scenes.walker_of(height, contrast, seed), kernels)
        for seed in seeds
    )


def _measure_drawn(scene: scenes.Scene, kernels: Kernels) -> Score:
    """Analyse a scene as it is drawn."""
    clip = Clip(list(scene.frames()), Truth(events=scene.events), scene.duration)
    return replay(clip, AnalyzerSettings(), kernels)


def _measure_compressed(scene: scenes.Scene, kernels: Kernels) -> Score:
    """Analyse a scene through codec, source, gate and decoder."""
    settings = AnalyzerSettings()
    recorder = Recorder(settings, kernels)
    video = encode(
        _enlarged(scene),
        fps=CAMERA_FPS,
        codec="libx264",
        options=CAMERA_OPTIONS,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.ts"
        path.write_bytes(video)
        asyncio.run(changes_of(path, recorder, settings.fps))
    truth = Truth(events=scene.events)
    return judge(truth, found_in(recorder.observed), scene.duration)


def _enlarged(scene: scenes.Scene) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of a scene in the size and at the rate of a camera."""
    for image, _ in scene.frames(CAMERA_FPS):
        large = cv2.resize(image, CAMERA_SIZE, interpolation=cv2.INTER_CUBIC)
        yield np.asarray(large, np.uint8)


def measure_synthetic(options: argparse.Namespace, kernels: Kernels) -> dict[str, Any]:
    """Measure the synthetic scenes, and print a line each.

    Args:
        options: Of the command line: `seeds`, `compressed`, `json`.
        kernels: The image primitives.
    """
    content = {"nuisances": _measure_nuisances(options, kernels)}
    if not options.compressed:
        content["walkers"] = _measure_all_walkers(options, kernels)
    return content


def _measure_nuisances(options: argparse.Namespace, kernels: Kernels) -> dict[str, Any]:
    """Measure each scene at three strengths."""
    nuisances: dict[str, Any] = {}
    everything = Score()
    for name in (*scenes.NUISANCES, *scenes.SPECIAL):
        scores = [
            measure_scene(
                name, strength, options.seeds, kernels, compressed=options.compressed
            )
            for strength in (1, 2, 3)
        ]
        nuisances[name] = [figures(score) for score in scores]
        everything.add(total(scores))
        if not options.json:
            print(_row(name, scores), flush=True)
    if not options.json:
        print(_row("all", [everything]))
    return nuisances


def _row(name: str, scores: Sequence[Score]) -> str:
    """Return a row of the table in the documentation."""
    cells = (f"{score.found}/{score.events}, {score.false_s:.1f} s" for score in scores)
    return f"| {name} | " + " | ".join(cells) + " |"


def _measure_all_walkers(
    options: argparse.Namespace, kernels: Kernels
) -> dict[str, Any]:
    """Measure walkers by height and contrast."""
    walkers: dict[str, Any] = {}
    for height in HEIGHTS:
        scores = [
            measure_walkers(height, contrast, options.seeds, kernels)
            for contrast in CONTRASTS
        ]
        walkers[f"{height:.0%}"] = {
            f"{contrast:.0%}": score.found / score.events
            for contrast, score in zip(CONTRASTS, scores, strict=True)
        }
        if not options.json:
            cells = (f"{score.found}/{score.events}" for score in scores)
            print(f"| {height:.0%} | " + " | ".join(cells) + " |", flush=True)
    return walkers


def seeds_of(text: str) -> range:
    """Return the seeds that the command line names, as in `101-103`.

    Raises:
        ValueError: It names none.
    """
    first, _, last = text.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    if not seeds:
        raise ValueError("the last seed lies before the first")
    return seeds
