"""Judges again what was kept of an event, by other settings."""

from collections.abc import Callable

from ..models import ObservationKind
from .analyzer import Analyzer, AnalyzerSettings
from .kernels import Kernels
from .luma import LumaClip


def replay(
    clip: LumaClip,
    settings: AnalyzerSettings,
    kernels: Kernels,
    pause: Callable[[], None] = lambda: None,
) -> bool:
    """Return whether anything in a clip would have made an event; blocks.

    Nothing is recognised: what the settings let pass as a movement counts.

    Args:
        clip: As it was kept.
        settings: To judge by.
        kernels: The image primitives.
        pause: Called before each picture; may wait, and may raise to give up.
    """
    analyzer = Analyzer("", settings, kernels)
    first, *rest = clip.planes
    if clip.known is None:
        rest = clip.planes
    else:
        analyzer.resume(first.luma, first.ts, clip.known)
    for plane in rest:
        pause()
        if any(
            one.kind == ObservationKind.MOTION_STARTED
            for one in analyzer.update(plane.luma, plane.ts)
        ):
            return True
    return False
