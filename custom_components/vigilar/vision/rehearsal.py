"""A made-up scene in which something crosses, to try out the analysis as it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..models import Observation, ObservationKind
from .analyzer import Analyzer, AnalyzerSettings
from .kernels import load_kernels

WIDTH: Final = 240
HEIGHT: Final = 136
FPS: Final = 5.0
QUIET_FRAMES: Final = 60
"""Before anything moves, so that the scene is known."""
CROSSING_FRAMES: Final = 30
SIDE: Final = 36
STEP: Final = 6


def rehearse(source_id: str) -> Observation | None:
    """Show the analysis something that crosses the picture; blocks.

    Args:
        source_id: Named in the observation.

    Returns:
        That something moves; None if the analysis does not see it.
    """
    analyzer = Analyzer(source_id, AnalyzerSettings(fps=FPS), load_kernels())
    scene = _scene()
    for number in range(QUIET_FRAMES + CROSSING_FRAMES):
        picture = _with_thing(scene, number - QUIET_FRAMES)
        for observation in analyzer.update(picture, number / FPS):
            if observation.kind == ObservationKind.MOTION_STARTED:
                return observation
    return None


def _scene() -> NDArray[np.uint8]:
    """Return an empty scene, uint8[h, w]: always the same, with some texture."""
    texture = np.random.default_rng(7).integers(90, 130, (HEIGHT // 4, WIDTH // 4))
    return np.kron(texture, np.ones((4, 4))).astype(np.uint8)


def _with_thing(scene: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Return the scene with the thing in it, uint8[h, w]; without while `step` < 0."""
    picture = scene.copy()
    if step >= 0:
        x, y = STEP * step, HEIGHT // 2
        picture[y : y + SIDE, x : x + SIDE // 2] = 220
    return picture
