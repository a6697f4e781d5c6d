"""Test how a model's description and its outputs are read."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_components.vigilar.models import ObjectClass
from custom_components.vigilar.vision.detection.decoders import (
    Candidates,
    Floats,
    Layout,
    decode,
    ssd_anchors,
)
from custom_components.vigilar.vision.detection.description import (
    DEFAULT_MIN_SCORE,
    ColorOrder,
    DecoderKind,
    ModelError,
    ModelProblem,
    find_files,
    read_description,
)
from custom_components.vigilar.vision.detection.suppression import suppress

from .networks import write_model

# Three classes, of which the last is unwanted.
LAYOUT = Layout(width=64, height=32, class_count=3, columns=(0, 1), min_score=0.5)


def test_a_description(tmp_path: Path) -> None:
    """All keys are read, and two of them may be missing."""
    files = find_files(write_model(tmp_path, name=None))
    description = read_description(files.description)
    assert (files.param.name, files.weights.name) == ("tiny.param", "tiny.bin")
    assert description.name == tmp_path.name
    assert (description.width, description.height) == (32, 32)
    assert description.scale == pytest.approx((1 / 255,) * 3)
    assert description.color_order is ColorOrder.RGB
    assert description.decoder is DecoderKind.SSD
    assert description.labels == ("Human", "Truck", "Teapot")
    assert description.classes == {
        "Human": ObjectClass.PERSON,
        "Truck": ObjectClass.VEHICLE,
    }
    assert description.min_score == DEFAULT_MIN_SCORE


@pytest.mark.parametrize(
    ("spoil", "problem", "details"),
    [
        (
            lambda folder: folder.joinpath("tiny.param").unlink(),
            ModelProblem.FILE_MISSING,
            {"file": "*.param"},
        ),
        (
            lambda folder: folder.joinpath("tiny.bin").unlink(),
            ModelProblem.FILE_MISSING,
            {"file": "tiny.bin"},
        ),
        (
            lambda folder: folder.joinpath("model.json").unlink(),
            ModelProblem.FILE_MISSING,
            {"file": "model.json"},
        ),
        (
            lambda folder: folder.joinpath("other.param").touch(),
            ModelProblem.SEVERAL_NETWORKS,
            {"files": "other.param tiny.param"},
        ),
    ],
)
def test_missing_files(
    tmp_path: Path,
    spoil: Callable[[Path], None],
    problem: ModelProblem,
    details: dict[str, str],
) -> None:
    """Each file that is missing or too many is named."""
    spoil(write_model(tmp_path))
    with pytest.raises(ModelError) as raised:
        find_files(tmp_path)
    assert (raised.value.problem, raised.value.details) == (problem, details)


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(ModelError) as raised:
        find_files(tmp_path / "nowhere")
    assert raised.value.problem is ModelProblem.FOLDER_MISSING
    assert raised.value.details == {"folder": "nowhere"}
    assert "nowhere" in str(raised.value)


@pytest.mark.parametrize("text", ["{", "[]", '"text"', "\xff"])
def test_bad_json(tmp_path: Path, text: str) -> None:
    """What is no JSON object is refused with the parser's reason."""
    file = tmp_path / "model.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ModelError) as raised:
        read_description(file)
    assert raised.value.problem is ModelProblem.BAD_JSON
    assert raised.value.details["reason"]


@pytest.mark.parametrize(
    "key", ["input", "mean", "scale", "color_order", "decoder", "labels", "classes"]
)
def test_missing_keys(tmp_path: Path, key: str) -> None:
    """A key that is missing is named, with what should be there."""
    write_model(tmp_path, **{key: None})
    with pytest.raises(ModelError) as raised:
        read_description(tmp_path / "model.json")
    assert raised.value.problem is ModelProblem.KEY_MISSING
    assert raised.value.details["key"] == key
    assert raised.value.details["expected"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("input", [300]),
        ("input", 300),
        ("input", [300, 8]),
        ("input", [300, 4096]),
        ("input", [300.0, 300]),
        ("input", [True, 300]),
        ("mean", [1, 2]),
        ("mean", [1, 2, "3"]),
        ("mean", [1, 2, True]),
        ("scale", 1),
        ("scale", [1, 2, float("inf")]),
        ("scale", [1, 2, float("nan")]),
        ("color_order", "grb"),
        ("color_order", 3),
        ("decoder", 3),
        ("labels", []),
        ("labels", ["Human", 3]),
        ("labels", "Human"),
        ("classes", {}),
        ("classes", {"Human": "martian"}),
        ("classes", {"Ufo": "vehicle"}),
        ("classes", ["Human"]),
        ("name", " "),
        ("min_score", 0),
        ("min_score", 1),
        ("min_score", "high"),
    ],
)
def test_invalid_keys(tmp_path: Path, key: str, value: Any) -> None:
    """A value that makes no sense is refused, with what should be there."""
    write_model(tmp_path, **{key: value})
    with pytest.raises(ModelError) as raised:
        read_description(tmp_path / "model.json")
    assert raised.value.problem is ModelProblem.KEY_INVALID
    assert raised.value.details["key"] == key


def test_an_unknown_decoder(tmp_path: Path) -> None:
    """The decoders there are are listed."""
    write_model(tmp_path, decoder="detr")
    with pytest.raises(ModelError) as raised:
        read_description(tmp_path / "model.json")
    assert raised.value.problem is ModelProblem.UNKNOWN_DECODER
    assert raised.value.details["known"] == "ssd nanodet centernet yolox"


def test_a_description_has_an_end(tmp_path: Path) -> None:
    """A file that is no description at all is not read whole."""
    file = tmp_path / "model.json"
    file.write_text(json.dumps({"name": "x" * 2_000_000}))
    with pytest.raises(ModelError) as raised:
        read_description(file)
    assert raised.value.problem is ModelProblem.BAD_JSON


def test_ssd_anchors() -> None:
    """The anchors are those of TensorFlow's generator."""
    anchors = ssd_anchors(300, 300)
    assert anchors.shape == (1917, 4)
    assert anchors[0] == pytest.approx((0.5 / 19, 0.5 / 19, 0.1, 0.1))
    assert anchors[1, 2:] == pytest.approx((0.2 / 2**0.5, 0.2 * 2**0.5))
    assert anchors[3, :2] == pytest.approx((0.5 / 19, 1.5 / 19))
    # The second layer begins with scale 0.35 and ends its cell in between.
    assert anchors[1083, 2:] == pytest.approx((0.35, 0.35))
    assert anchors[1088, 2:] == pytest.approx(((0.35 * 0.5) ** 0.5,) * 2)
    assert anchors[-1] == pytest.approx((0.5, 0.5, 0.95**0.5, 0.95**0.5))


def _only(candidates: Candidates) -> tuple[list[float], list[float]]:
    """Return box and scores of the only candidate."""
    assert candidates.boxes.shape == (1, 4)
    assert candidates.scores.shape == (1, 2)
    return candidates.boxes[0].tolist(), candidates.scores[0].tolist()


def test_ssd() -> None:
    """Offsets move and scale their anchor; logits become probabilities."""
    layout = LAYOUT._replace(width=300, height=300, class_count=4)
    offsets = np.zeros((1917, 4), np.float32)
    logits = np.full((1917, 5), -200, np.float32)
    offsets[-1] = (1, -2, 5 * np.log(0.5), 5 * np.log(0.25))
    logits[-1] = (9, 1, 0, 9, 9)
    logits[5] = (9, -9, -9, 9, 9)
    box, scores = _only(decode(DecoderKind.SSD, [logits, offsets], layout))
    side = 0.95**0.5
    x, y, w, h = 0.5 - 0.2 * side, 0.5 + 0.1 * side, side / 4, side / 2
    assert box == pytest.approx([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    assert scores == pytest.approx([0.7311, 0.5], abs=1e-4)


def test_ssd_with_outputs_of_one_shape() -> None:
    """With three classes both are n x 4; then the first one has the boxes."""
    layout = LAYOUT._replace(width=300, height=300)
    logits = np.full((1917, 4), -9, np.float32)
    logits[7, 1] = 9
    boxes = np.zeros((1917, 4), np.float32)
    assert len(decode(DecoderKind.SSD, [boxes, logits], layout).boxes) == 1


def test_nanodet() -> None:
    """A distance is the expectation of its bins, in strides of its grid."""
    outputs = []
    for rows in (8 * 4, 4 * 2, 2 * 1):
        outputs += [np.zeros((rows, 3), np.float32), np.zeros((rows, 32), np.float32)]
    scores, sides = outputs[2:4]
    scores[5] = (0.9, 0.2, 0.9)
    scores[0, 2] = 1
    bins = np.full((4, 8), -50, np.float32)
    bins[0, 1] = bins[1, 2] = bins[2, 3] = bins[3, 0] = bins[3, 1] = 50
    sides[5] = bins.ravel()
    box, found = _only(decode(DecoderKind.NANODET, outputs[::-1], LAYOUT))
    # Row 5 of stride 16 is the second cell of the second line.
    x, y = 1.5 * 16, 1.5 * 16
    assert box == pytest.approx(
        [(x - 16) / 64, (y - 32) / 32, (x + 48) / 64, (y + 8) / 32]
    )
    assert found == pytest.approx([0.9, 0.2])


def test_yolox() -> None:
    """Centres and sizes are of their grid; two scores are multiplied."""
    rows = np.zeros((8 * 4 + 4 * 2 + 2 * 1, 8), np.float32)
    # Row 33 is the second cell of stride 16.
    rows[33] = (0.5, 0.25, np.log(2), 0, 0.8, 0.9, 0.1, 1)
    rows[0] = (0, 0, 99, 99, 0.4, 0.9, 0.9, 1)
    box, scores = _only(decode(DecoderKind.YOLOX, [rows], LAYOUT))
    assert box == pytest.approx(
        [(24 - 16) / 64, (4 - 8) / 32, (24 + 16) / 64, (4 + 8) / 32]
    )
    assert scores == pytest.approx([0.72, 0.08])


def test_centernet() -> None:
    """A peak is a thing, and its neighbours are not."""
    heat = np.zeros((3, 8, 16), np.float32)
    heat[0, 3, 5] = 0.9
    heat[0, 3, 6] = heat[1, 4, 5] = 0.7
    heat[2, 0, 0] = 1
    sides = np.zeros((4, 8, 16), np.float32)
    sides[:, 3, 5] = (4, 2, 8, 6)
    box, scores = _only(decode(DecoderKind.CENTERNET, [sides, heat], LAYOUT))
    assert box == pytest.approx([16 / 64, 10 / 32, 28 / 64, 18 / 32])
    assert scores == pytest.approx([0.9, 0])


def test_sizes_out_of_bounds_stay_finite() -> None:
    """A test picture may give absurd sizes; that is no reason to fail."""
    rows = np.zeros((42, 8), np.float32)
    rows[0] = (0, 0, 1e9, 1e9, 1, 1, 1, 1)
    assert np.isfinite(decode(DecoderKind.YOLOX, [rows], LAYOUT).boxes).all()


def _zeros(*shapes: tuple[int, ...]) -> list[Floats]:
    """Return outputs of these shapes."""
    return [np.zeros(shape, np.float32) for shape in shapes]


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [
        (DecoderKind.SSD, _zeros((1917, 4))),
        (DecoderKind.SSD, _zeros((30, 4), (30, 5))),
        (DecoderKind.NANODET, []),
        (DecoderKind.NANODET, _zeros((32, 3), (32, 32), (9, 9))),
        (DecoderKind.NANODET, _zeros((32, 3), (32, 33))),
        (DecoderKind.NANODET, _zeros((32, 5), (32, 32))),
        (DecoderKind.NANODET, _zeros((32,), (32,))),
        (DecoderKind.YOLOX, _zeros((42, 9))),
        (DecoderKind.YOLOX, _zeros((42, 8), (1, 1))),
        (DecoderKind.CENTERNET, _zeros((3, 8, 16))),
        (DecoderKind.CENTERNET, _zeros((8, 16, 3), (8, 16, 4))),
    ],
)
def test_outputs_of_another_network(kind: DecoderKind, outputs: list[Floats]) -> None:
    """Outputs that a decoder does not read are refused, with both shapes."""
    with pytest.raises(ModelError) as raised:
        decode(kind, outputs, LAYOUT)
    assert raised.value.problem is ModelProblem.WRONG_OUTPUT
    assert raised.value.details["expected"]
    assert raised.value.details["found"] == ", ".join(
        " x ".join(map(str, output.shape)) for output in outputs
    )


def test_suppression() -> None:
    """Of boxes that overlap by half the surest stays; order is by score."""
    boxes = np.array(
        [
            [0, 0, 0.4, 0.4],
            [0.01, 0, 0.41, 0.4],
            [0.5, 0.5, 0.9, 0.9],
            [0.2, 0, 0.6, 0.4],
            [0.7, 0.7, 0.7, 0.7],
        ],
        np.float32,
    )
    scores = np.array([0.6, 0.7, 0.9, 0.5, 0.4], np.float32)
    assert suppress(boxes, scores).tolist() == [2, 1, 3, 4]
    assert suppress(boxes[:0], scores[:0]).tolist() == []
