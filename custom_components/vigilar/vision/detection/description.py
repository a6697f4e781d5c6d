"""What a model's folder says of the model, read and checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
import json
from pathlib import Path
from typing import Any, Final

from ...models import ObjectClass

DESCRIPTION_FILE: Final = "model.json"

DEFAULT_MIN_SCORE: Final = 0.25
"""Lower than what counts in the end: several weak looks may agree."""

MIN_SIDE: Final = 32
MAX_SIDE: Final = 2048
MAX_DESCRIPTION_BYTES: Final = 1_000_000


class DecoderKind(StrEnum):
    """How the numbers that a network gives are read."""

    SSD = "ssd"
    NANODET = "nanodet"
    CENTERNET = "centernet"
    YOLOX = "yolox"


class ColorOrder(StrEnum):
    """How a network wants the colours of a pixel."""

    RGB = "rgb"
    BGR = "bgr"


class ModelProblem(StrEnum):
    """Why a model cannot be used; each has its words in the translations."""

    FOLDER_OUTSIDE = "model_folder_outside"
    FOLDER_MISSING = "model_folder_missing"
    FILE_MISSING = "model_file_missing"
    SEVERAL_NETWORKS = "model_several_networks"
    BAD_JSON = "model_bad_json"
    KEY_MISSING = "model_key_missing"
    KEY_INVALID = "model_key_invalid"
    UNKNOWN_DECODER = "model_unknown_decoder"
    NETWORK_UNREADABLE = "model_network_unreadable"
    NETWORK_CRASHED = "model_network_crashed"
    NETWORK_FAILED = "model_network_failed"
    WRONG_OUTPUT = "model_wrong_output"
    NOT_FINITE = "model_not_finite"


class ModelError(Exception):
    """A model that does not fit.

    Attributes:
        problem: What is wrong.
        details: What the words of `problem` are filled with.
    """

    def __init__(self, problem: ModelProblem, **details: str) -> None:
        """Name the problem and its details."""
        listed = ", ".join(f"{key}: {value}" for key, value in details.items())
        super().__init__(f"{problem.value} ({listed})")
        self.problem = problem
        self.details = details


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """How a network is fed and read.

    Attributes:
        name: What people call it.
        width: Of the picture that it takes, pixels.
        height: Of the picture that it takes, pixels.
        mean: Taken off each channel (0-255), in the network's colour order.
        scale: What the difference is multiplied by, in the same order.
        color_order: The order of the channels.
        decoder: How its outputs are read.
        labels: Its classes in the order of its outputs, without background.
        classes: What the labels that count are to Vigilar; others are dropped.
        min_score: Scores below it are nothing (0-1).
    """

    name: str
    width: int
    height: int
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    color_order: ColorOrder
    decoder: DecoderKind
    labels: tuple[str, ...]
    classes: Mapping[str, ObjectClass]
    min_score: float = DEFAULT_MIN_SCORE


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model's files."""

    param: Path
    weights: Path
    description: Path


def find_files(folder: Path) -> ModelFiles:
    """Find the files of a model.

    Args:
        folder: With one network and its description.

    Raises:
        ModelError: The folder or a file is missing, or there is more than one
            network.
    """
    if not folder.is_dir():
        raise ModelError(ModelProblem.FOLDER_MISSING, folder=folder.name)
    networks = sorted(folder.glob("*.param"))
    if not networks:
        raise ModelError(ModelProblem.FILE_MISSING, file="*.param")
    if len(networks) > 1:
        names = " ".join(network.name for network in networks)
        raise ModelError(ModelProblem.SEVERAL_NETWORKS, files=names)
    files = ModelFiles(
        networks[0], networks[0].with_suffix(".bin"), folder / DESCRIPTION_FILE
    )
    for file in (files.weights, files.description):
        if not file.is_file():
            raise ModelError(ModelProblem.FILE_MISSING, file=file.name)
    return files


def read_description(file: Path) -> ModelDescription:
    """Read and check a description.

    Args:
        file: JSON.

    Raises:
        ModelError: It is no JSON, or a key is missing or makes no sense.
    """
    try:
        with file.open("rb") as stream:
            data = json.loads(stream.read(MAX_DESCRIPTION_BYTES))
    except (OSError, ValueError) as err:
        raise ModelError(ModelProblem.BAD_JSON, reason=str(err)) from err
    if not isinstance(data, dict):
        raise ModelError(ModelProblem.BAD_JSON, reason="it is no object")
    return _parse(data, file.parent.name)


def _parse(data: Mapping[str, Any], default_name: str) -> ModelDescription:
    """Check a description key by key."""
    width, height = _require(data, "input", _is_size, "[width, height], 32 to 2048")
    three = "three numbers"
    mean = _require(data, "mean", _is_triple, three)
    scale = _require(data, "scale", _is_triple, three)
    order = _require(data, "color_order", _is_in(ColorOrder), " | ".join(ColorOrder))
    decoder = _require(data, "decoder", _is_text, "a word")
    if decoder not in DecoderKind:
        raise ModelError(
            ModelProblem.UNKNOWN_DECODER, decoder=decoder, known=" ".join(DecoderKind)
        )
    labels = _require(data, "labels", _is_texts, "a list of names")
    classes = _require(
        data, "classes", _are_classes(labels), "labels with " + " | ".join(ObjectClass)
    )
    optional = {"name": default_name, "min_score": DEFAULT_MIN_SCORE, **data}
    return ModelDescription(
        name=_require(optional, "name", _is_text, "a text"),
        width=width,
        height=height,
        mean=tuple(mean),
        scale=tuple(scale),
        color_order=ColorOrder(order),
        decoder=DecoderKind(decoder),
        labels=tuple(labels),
        classes={label: ObjectClass(name) for label, name in classes.items()},
        min_score=_require(optional, "min_score", _is_share, "above 0, below 1"),
    )


def _require(
    data: Mapping[str, Any], key: str, fits: Callable[[Any], bool], expected: str
) -> Any:
    """Return a value that is there and fits."""
    if key not in data:
        raise ModelError(ModelProblem.KEY_MISSING, key=key, expected=expected)
    if not fits(data[key]):
        raise ModelError(ModelProblem.KEY_INVALID, key=key, expected=expected)
    return data[key]


def _is_text(value: Any) -> bool:
    """Return whether it is a text that says something."""
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    """Return whether it is a list of texts, of which some may be empty."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) for item in value)
    )


def _is_number(value: Any) -> bool:
    """Return whether it is a finite number; to Python, true is one as well."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < float("inf")
    )


def _is_share(value: Any) -> bool:
    """Return whether it is a number between 0 and 1."""
    return _is_number(value) and 0 < value < 1


def _is_triple(value: Any) -> bool:
    """Return whether it is a list of three numbers."""
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))


def _is_size(value: Any) -> bool:
    """Return whether it is a width and a height that a network may have."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(side) is int and MIN_SIDE <= side <= MAX_SIDE for side in value)
    )


def _is_in(choice: type[StrEnum]) -> Callable[[Any], bool]:
    """Return a test for the words of a choice."""
    return lambda value: isinstance(value, str) and value in choice


def _are_classes(labels: Sequence[str]) -> Callable[[Any], bool]:
    """Return a test for a mapping of some of the labels to what they are."""
    known = _is_in(ObjectClass)
    return lambda value: (
        isinstance(value, dict)
        and bool(value)
        and all(label in labels and known(name) for label, name in value.items())
    )
