"""Test the object detector on the network that is shipped and on tiny ones."""

import hashlib
from pathlib import Path
import re
import sys
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image
import pytest

from custom_components.vigilar.models import Box, ObjectClass
from custom_components.vigilar.vision.detection import trial
from custom_components.vigilar.vision.detection.description import ModelProblem
from custom_components.vigilar.vision.objects import (
    SHIPPED_MODEL,
    Detection,
    DetectorUnavailableError,
    ModelError,
    ObjectDetector,
    load_detector,
)

from .networks import SIDE, picture, write_model

PICTURES = Path(__file__).parent / "pictures"


@pytest.fixture(scope="module")
def shipped() -> ObjectDetector:
    """Return the detector that is shipped."""
    return load_detector()


def _overlap(one: Box, other: Box) -> float:
    """Return intersection over union."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(width, 0) * max(height, 0)
    return shared / (one.w * one.h + other.w * other.h - shared)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "person",
            Detection(
                ObjectClass.PERSON, 0.626, Box(0.04, 0.032, 0.688, 0.96), "Person"
            ),
        ),
        (
            "cat",
            Detection(ObjectClass.ANIMAL, 0.8, Box(0.005, 0.001, 0.995, 0.998), "Cat"),
        ),
        (
            "car",
            Detection(ObjectClass.VEHICLE, 0.62, Box(0.86, 0.307, 0.14, 0.395), "Car"),
        ),
    ],
)
def test_shipped_model(shipped: ObjectDetector, name: str, expected: Detection) -> None:
    """The shipped network finds in three pictures what it always found."""
    with Image.open(PICTURES / f"{name}.jpg") as image:
        found = shipped.detect(np.asarray(image.convert("RGB")))
    best = found[0]
    assert (best.label, best.name) == (expected.label, expected.name)
    # Decoders of JPEG and instruction sets of processors differ a little.
    assert best.score == pytest.approx(expected.score, abs=0.02)
    assert _overlap(best.box, expected.box) > 0.95
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)


def test_shipped_model_finds_nothing_in_nothing(shipped: ObjectDetector) -> None:
    """A wall is no thing."""
    assert shipped.detect(picture(120, 120, 120)) == []
    assert shipped.name == "SSD MobileNetV2 OIDv4"
    assert shipped.input_size == (300, 300)


def test_shipped_model_has_its_licence() -> None:
    """Licence, origin and the fact that it was changed are beside the network."""
    assert "Apache License" in (SHIPPED_MODEL / "LICENSE").read_text()
    notice = (SHIPPED_MODEL / "NOTICE").read_text()
    assert "were changed" in notice
    assert "@mediapipe/objectron" in notice


def test_shipped_network_is_what_the_architecture_page_names() -> None:
    """The files are those that scripts/convert-model writes."""
    page = Path(__file__).parents[2] / "docs" / "architecture" / "objects.md"
    sums = set(re.findall(r"`([0-9a-f]{64})`", page.read_text(encoding="utf-8")))
    for name in ("model.param", "model.bin"):
        data = (SHIPPED_MODEL / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() in sums


def test_own_model(tmp_path: Path) -> None:
    """A model of the user's own is loaded and read as its description says."""
    detector = load_detector(write_model(tmp_path))
    assert detector.name == "Tiny"
    assert detector.input_size == (SIDE, SIDE)
    (human,) = detector.detect(picture(255, 0, 0))
    assert (human.label, human.name) == (ObjectClass.PERSON, "Human")
    assert human.score == pytest.approx(0.982, abs=0.002)
    assert human.box == pytest.approx((0.325, 0.325, 0.35, 0.35), abs=0.001)
    (truck,) = detector.detect(picture(0, 0, 255))
    assert truck.label is ObjectClass.VEHICLE
    assert detector.detect(picture(0, 255, 0)) == []


def test_a_picture_of_the_right_size_or_in_strides(tmp_path: Path) -> None:
    """Neither the size nor the memory layout of a picture matters."""
    detector = load_detector(write_model(tmp_path))
    red = np.full((SIDE, SIDE, 3), (255, 0, 0), np.uint8)
    assert len(detector.detect(red)) == 1
    assert len(detector.detect(picture(255, 0, 0)[::2, 20:80])) == 1


@pytest.mark.parametrize(
    ("changes", "red", "label"),
    [
        ({"color_order": "bgr"}, 255, ObjectClass.VEHICLE),
        ({"mean": [255, 0, 0]}, 255, None),
        ({"scale": [1 / 2550, 0, 0]}, 255, None),
        ({"mean": [-255, 0, 0]}, 0, ObjectClass.PERSON),
        ({"min_score": 0.99}, 255, None),
        ({"classes": {"Truck": "vehicle"}}, 255, None),
        ({"classes": {"Human": "animal"}}, 255, ObjectClass.ANIMAL),
    ],
)
def test_the_description_is_followed(
    tmp_path: Path, changes: dict[str, Any], red: int, label: ObjectClass | None
) -> None:
    """Colours, mean, scale, score and classes are those of the description."""
    detector = load_detector(write_model(tmp_path, **changes))
    found = detector.detect(picture(red, 0, 0))
    assert [detection.label for detection in found] == ([label] if label else [])


def test_one_thing_by_two_names_is_one_thing(tmp_path: Path) -> None:
    """Two labels of one class at one place are the surer of them."""
    classes = {"Human": "person", "Truck": "person"}
    detector = load_detector(write_model(tmp_path, classes=classes))
    assert [d.name for d in detector.detect(picture(255, 0, 230))] == ["Human"]
    both = load_detector(write_model(tmp_path))
    assert len(both.detect(picture(255, 0, 230))) == 2


def _rewrite(folder: Path, old: str, new: str) -> None:
    """Change the network."""
    param = folder / "tiny.param"
    text = param.read_text()
    assert old in text
    param.write_text(text.replace(old, new))


def test_a_network_that_ncnn_cannot_read(tmp_path: Path) -> None:
    """A layer that does not exist, and weights that end too soon."""
    _rewrite(write_model(tmp_path), "Pooling", "Fooling")
    with pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.problem is ModelProblem.NETWORK_UNREADABLE
    assert raised.value.details == {"file": "tiny.param"}
    write_model(tmp_path)
    (tmp_path / "tiny.bin").write_bytes(b"")
    with pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.details == {"file": "tiny.bin"}


def test_a_network_with_two_inputs(tmp_path: Path) -> None:
    """Only networks of one picture can be used; ncnn itself dies of the others."""
    _rewrite(write_model(tmp_path), "7 8\n", "8 9\nInput more 0 1 more\n")
    with pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.problem is ModelProblem.NETWORK_CRASHED


def test_a_network_that_crashes_harms_nobody(tmp_path: Path) -> None:
    """Ncnn ends the process over it; ours goes on and says so."""
    write_model(tmp_path)
    suicide = str(_suicide(tmp_path))
    with patch.object(trial, "__file__", suicide), pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.problem is ModelProblem.NETWORK_CRASHED


def _suicide(folder: Path) -> Path:
    """Write a script that dies of a segmentation fault."""
    script = folder / "suicide.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    return script


def test_a_trial_that_does_not_end(tmp_path: Path) -> None:
    """A network that runs for ever is given up."""
    script = tmp_path / "sleep.py"
    script.write_text("import time\ntime.sleep(600)\n")
    with (
        patch.object(trial, "__file__", str(script)),
        patch.object(trial, "TIMEOUT_S", 0.1),
    ):
        assert not trial.survives(tmp_path / "a", tmp_path / "b", 1, 1)


def test_what_the_trial_runs(tmp_path: Path) -> None:
    """The child loads and runs the network; one it cannot read is no crash."""
    write_model(tmp_path)
    files = (str(tmp_path / "tiny.param"), str(tmp_path / "tiny.bin"))
    trial.main(*files, str(SIDE), str(SIDE))
    trial.main(str(tmp_path / "none"), files[1], str(SIDE), str(SIDE))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"labels": ["Human", "Truck"]}, ModelProblem.WRONG_OUTPUT),
        ({"input": [64, 64]}, ModelProblem.WRONG_OUTPUT),
        ({"decoder": "yolox"}, ModelProblem.WRONG_OUTPUT),
        ({"scale": [1e38, 1e38, 1e38]}, ModelProblem.NOT_FINITE),
    ],
)
def test_a_description_of_another_network(
    tmp_path: Path, changes: dict[str, Any], problem: ModelProblem
) -> None:
    """The test picture shows that description and network do not fit."""
    with pytest.raises(ModelError) as raised:
        load_detector(write_model(tmp_path, **changes))
    assert raised.value.problem is problem


def test_a_network_that_gives_nothing(tmp_path: Path) -> None:
    """An output that cannot be computed is named."""
    crop = "-23309=1,900 -23310=1,950 -23311=1,0"
    _rewrite(
        write_model(tmp_path),
        "Pooling pool 1 1 image pooled 0=1 4=1",
        f"Crop crop 1 1 image pooled {crop}",
    )
    with pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.problem is ModelProblem.NETWORK_FAILED
    assert raised.value.details == {"blob": "boxes"}


def test_without_ncnn() -> None:
    """Where ncnn cannot be imported, that is said and nothing else."""
    with (
        patch.dict(sys.modules, {"ncnn": None}),
        pytest.raises(DetectorUnavailableError, match="ncnn"),
    ):
        load_detector()
    load_detector()


def test_without_ncnn_the_description_is_checked(tmp_path: Path) -> None:
    """What can be told without ncnn is told."""
    write_model(tmp_path, decoder="magic")
    with patch.dict(sys.modules, {"ncnn": None}), pytest.raises(ModelError) as raised:
        load_detector(tmp_path)
    assert raised.value.problem is ModelProblem.UNKNOWN_DECODER
