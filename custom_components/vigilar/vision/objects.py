"""What is in a picture: the object detector as the rest of vision sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, override

import numpy as np
from numpy.typing import NDArray

from ..models import Box, ObjectClass
from .detection.decoders import Candidates, Floats, Layout, decode
from .detection.description import (
    ModelDescription,
    ModelError,
    ModelProblem,
    find_files,
    read_description,
)
from .detection.network import Network, import_ncnn
from .detection.suppression import suppress
from .detection.trial import survives

__all__ = [
    "SHIPPED_MODEL",
    "Detection",
    "DetectorUnavailableError",
    "ModelError",
    "ModelProblem",
    "ObjectClass",
    "ObjectDetector",
    "load_detector",
]

SHIPPED_MODEL: Final = Path(__file__).parent / "models" / "ssd_oidv4"


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

    @property
    def input_size(self) -> tuple[int, int]:
        """Return width and height in pixels of a picture that need not be resized."""
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
    """The inference runtime, ncnn, is not there or does not fit this machine."""


class _NetworkDetector(ObjectDetector):
    """A network, and how its outputs are read."""

    def __init__(self, network: Network, description: ModelDescription) -> None:
        """Keep the parts; nothing is looked at yet."""
        self._network = network
        self._description = description
        self._columns = [
            (column, label)
            for column, label in enumerate(description.labels)
            if label in description.classes
        ]
        self._layout = Layout(
            width=description.width,
            height=description.height,
            class_count=len(description.labels),
            columns=tuple(column for column, _ in self._columns),
            min_score=description.min_score,
        )

    @property
    @override
    def name(self) -> str:
        """Return the name of the model."""
        return self._description.name

    @property
    @override
    def input_size(self) -> tuple[int, int]:
        """Return width and height in pixels of a picture that need not be resized."""
        return self._description.width, self._description.height

    @override
    def detect(self, rgb: NDArray[np.uint8]) -> Sequence[Detection]:
        """Find the things in a picture."""
        outputs = self._network.run(rgb)
        candidates = decode(self._description.decoder, outputs, self._layout)
        found = [
            detection
            for label in ObjectClass
            for detection in self._select(candidates, label)
        ]
        return sorted(found, key=lambda detection: -detection.score)

    def check(self) -> None:
        """Look at a test picture.

        Raises:
            ModelError: The outputs are not what the description promises.
        """
        side = np.linspace(0, 255, 64, dtype=np.uint8)
        picture = np.stack(np.broadcast_arrays(side, side[:, None], np.uint8(128)), -1)
        outputs = self._network.run(picture)
        if not all(np.isfinite(output).all() for output in outputs):
            raise ModelError(ModelProblem.NOT_FINITE)
        decode(self._description.decoder, outputs, self._layout)

    def _select(self, candidates: Candidates, label: ObjectClass) -> list[Detection]:
        """Return the things of one class, each once, whatever the model calls it."""
        names = self._description.classes
        columns = [
            column
            for column, (_, name) in enumerate(self._columns)
            if names[name] is label
        ]
        if not columns or not len(candidates.boxes):
            return []
        scores = candidates.scores[:, columns]
        best = scores.argmax(axis=1)
        score = scores.max(axis=1)
        rows = np.flatnonzero(score >= self._layout.min_score)
        boxes = np.clip(candidates.boxes[rows], 0, 1)
        return [
            Detection(
                label=label,
                score=float(score[rows[row]]),
                box=_box(boxes[row]),
                name=self._columns[columns[best[rows[row]]]][1],
            )
            for row in suppress(boxes, score[rows])
        ]


def _box(corners: Floats) -> Box:
    """Turn left, top, right, bottom into a box."""
    left, top, right, bottom = corners.tolist()
    return Box(left, top, right - left, bottom - top)


def load_detector(folder: Path = SHIPPED_MODEL) -> ObjectDetector:
    """Load a model and look with it at a test picture.

    Takes some 100 ms, a second for a model that is not ours, and imports ncnn in the calling thread: call it in the
    thread that will detect, never in an event loop. ncnn may be installed while
    the process runs, so each call tries anew.

    Args:
        folder: Holds the network and its description.

    Raises:
        DetectorUnavailableError: ncnn cannot be imported.
        ModelError: The model does not fit.
    """
    files = find_files(folder)
    description = read_description(files.description)
    try:
        ncnn = import_ncnn()
    except ImportError as err:
        raise DetectorUnavailableError(str(err)) from err
    if folder != SHIPPED_MODEL and not survives(
        files.param, files.weights, description.width, description.height
    ):
        raise ModelError(ModelProblem.NETWORK_CRASHED, file=files.param.name)
    detector = _NetworkDetector(Network(ncnn, files, description), description)
    detector.check()
    return detector
