"""What is in a picture: the object detector as the rest of vision sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ..models import Box

SHIPPED_MODEL: Final = Path(__file__).parent / "models" / "ssd_oidv4"


class ObjectClass(StrEnum):
    """What Vigilar tells apart, however finely a model does."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that the detector found in one picture.

    Attributes:
        label: What it is.
        score: How sure the model is, 0-1. Scores of different models do not
            compare.
        box: Where it is, as fractions of the picture that was given.
        name: The model's own name for it, such as "Bicycle".
    """

    label: ObjectClass
    score: float
    box: Box
    name: str


class ObjectDetector(Protocol):
    """Finds things in pictures; belongs to the one thread that calls it."""

    @property
    def name(self) -> str:
        """Return the name of the model, for diagnostics."""
        ...

    def detect(self, rgb: NDArray[np.uint8]) -> Sequence[Detection]:
        """Find the things in a picture.

        Args:
            rgb: uint8[h, w, 3] of any size; a square loses nothing.

        Returns:
            Things of the four classes, surest first; each thing once a class.
        """
        ...


class DetectorUnavailableError(Exception):
    """The inference runtime, ncnn, is not there."""


def load_detector(folder: Path = SHIPPED_MODEL) -> ObjectDetector:
    """Load a model and look with it at a test picture.

    Takes some 100 ms and imports ncnn in the calling thread: call it in the
    thread that will detect, never in an event loop. ncnn may be installed while
    the process runs, so each call tries anew.

    Args:
        folder: Holds the network and its description.

    Raises:
        DetectorUnavailableError: ncnn cannot be imported.
    """
    raise DetectorUnavailableError(str(folder))
