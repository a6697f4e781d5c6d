"""Test the conversion of the shipped model on networks of a few numbers."""

from collections.abc import Sequence
import hashlib
import io
import json
from pathlib import Path
import struct
import tarfile
from typing import Any
from unittest.mock import patch

import ncnn
import numpy as np
import pytest

from custom_components.vigilar.vision.objects import SHIPPED_MODEL
from scripts.harness import convert_model, ncnn_model, tflite

type Field = tuple[int, str, Any]
"""Number, format as of `struct` or "table", "tables", "vector", and value."""


def flatbuffer(fields: Sequence[Field]) -> bytes:
    """Write a FlatBuffer of nested tables, as plainly as the format allows."""
    data = bytearray(b"\0\0\0\0TFL3")
    struct.pack_into("<I", data, 0, _table(data, fields))
    return bytes(data)


def _table(data: bytearray, fields: Sequence[Field]) -> int:
    """Append a table and return where it is; all its fields are eight bytes wide."""
    count = 1 + max((number for number, _, _ in fields), default=-1)
    vtable = len(data)
    offsets = [0] * count
    for index, (number, _, _) in enumerate(fields):
        offsets[number] = 4 + 8 * index
    data += struct.pack(f"<HH{count}H", 4 + 2 * count, 4 + 8 * len(fields), *offsets)
    table = len(data)
    data += struct.pack("<i", table - vtable) + bytes(8 * len(fields))
    for index, (_, code, value) in enumerate(fields):
        at = table + 4 + 8 * index
        match code:
            case "table":
                target = _table(data, value)
                struct.pack_into("<I", data, at, target - at)
            case "tables":
                data += bytes(-len(data) % 4)
                struct.pack_into("<I", data, at, len(data) - at)
                data += struct.pack("<I", len(value)) + bytes(4 * len(value))
                start = len(data) - 4 * len(value)
                for item, child in enumerate(value):
                    target = _table(data, child)
                    place = start + 4 * item
                    struct.pack_into("<I", data, place, target - place)
            case "vector":
                data += bytes(-len(data) % 4)
                struct.pack_into("<I", data, at, len(data) - at)
                data += struct.pack("<I", len(value)) + value.tobytes()
            case _:
                struct.pack_into(f"<{code}", data, at, value)
    return table


class Model:
    """A TFLite model in the making."""

    def __init__(self) -> None:
        """Begin with the empty buffer that every model has."""
        self.tensors: list[list[Field]] = []
        self.buffers: list[list[Field]] = [[]]
        self.operators: list[list[Field]] = []
        self.codes: list[int] = []

    def tensor(self, *shape: int, data: Any = None, kind: int = 0) -> int:
        """Add a tensor, constant if it has data, and return its number."""
        buffer = 0
        if data is not None:
            buffer = len(self.buffers)
            self.buffers.append([(0, "vector", data.ravel().view(np.uint8))])
        self.tensors.append(
            [
                (0, "vector", np.array(shape, np.int32)),
                (1, "b", kind),
                (2, "I", buffer),
                (3, "vector", np.frombuffer(b"name", np.uint8)),
            ]
        )
        return len(self.tensors) - 1

    def half(self, values: Any) -> int:
        """Add half-precision constants the way TFLite has them, and return them."""
        values = np.asarray(values, np.float16)
        constant = self.tensor(*values.shape, data=values, kind=1)
        return self.operator(6, [constant], values.shape)

    def operator(
        self, code: int, inputs: list[int], shape: Any, options: Any = None
    ) -> int:
        """Add an operator and return its output."""
        output = self.tensor(*shape)
        self.codes.append(code)
        fields: list[Field] = [
            (0, "I", len(self.codes) - 1),
            (1, "vector", np.array(inputs, np.int32)),
            (2, "vector", np.array([output], np.int32)),
        ]
        if options:
            fields += [(3, "B", 1), (4, "table", options)]
        self.operators.append(fields)
        return output

    def file(self, inputs: list[int], outputs: list[int]) -> bytes:
        """Return the file."""
        graph: list[Field] = [
            (0, "tables", self.tensors),
            (1, "vector", np.array(inputs, np.int32)),
            (2, "vector", np.array(outputs, np.int32)),
            (3, "tables", self.operators),
        ]
        # One code with the old field alone, as old files have it.
        codes = [[(0, "b", code), (3, "i", code)] for code in self.codes]
        codes[0] = codes[0][:1]
        return flatbuffer(
            [(1, "tables", codes), (2, "tables", [graph]), (4, "tables", self.buffers)]
        )


def conv_options(stride: int, activation: int, padding: int = 0) -> list[Field]:
    """Return the options of a convolution."""
    return [(0, "b", padding), (1, "i", stride), (2, "i", stride), (3, "b", activation)]


def small_model(activation: int = 3) -> bytes:
    """Return a network with each operator there is."""
    rng = np.random.default_rng(1)
    model = Model()
    image = model.tensor(1, 7, 7, 3)
    first = model.operator(
        3,
        [image, model.half(rng.normal(size=(4, 3, 3, 3))), model.half([0, 1, 2, 3])],
        (1, 4, 4, 4),
        conv_options(2, activation),
    )
    depthwise = model.operator(
        4,
        [first, model.half(rng.normal(size=(1, 3, 3, 4))), model.half([1, 0, 0, 1])],
        (1, 4, 4, 4),
        [(0, "b", 0), (1, "i", 1), (2, "i", 1), (3, "i", 1), (4, "b", 0)],
    )
    both = model.operator(0, [first, depthwise], (1, 4, 4, 4))
    head = [model.half(rng.normal(size=(6, 1, 1, 4))), model.half(np.arange(6))]
    rows = [
        model.operator(
            22,
            [model.operator(3, [source, *head], (1, 4, 4, 6), conv_options(1, 0, 1))],
            (1, 48, 1, 2),
        )
        for source in (both, depthwise, first)
    ]
    joined = model.operator(2, rows[:2], (1, 96, 1, 2))
    out = model.operator(22, [joined], (1, 96, 2))
    return model.file([image], [out, rows[2]])


def reference(graph: tflite.Graph, image: Any) -> list[Any]:
    """Run a graph in NumPy, by the definitions of its operators."""
    values: dict[int, Any] = {
        index: tensor.data
        for index, tensor in enumerate(graph.tensors)
        if tensor.data is not None
    }
    values[graph.inputs[0]] = image
    for op in graph.operators:
        args = [values[index] for index in op.inputs]
        shape = graph.tensors[op.output].shape
        match op.kind:
            case "DEQUANTIZE":
                result = args[0].astype(np.float32)
            case "ADD":
                result = args[0] + args[1]
            case "RESHAPE":
                result = args[0].reshape(shape)
            case "CONCATENATION":
                result = np.concatenate(args, axis=1)
            case _:
                result = _convolve(op, args, shape)
        values[op.output] = result
    return [values[index] for index in graph.outputs]


def _convolve(op: tflite.Operator, args: list[Any], shape: Any) -> Any:
    """Convolve by definition."""
    source, kernel, bias = args
    stride = op.option(1, "i")
    depthwise = op.kind == "DEPTHWISE_CONV_2D"
    height = kernel.shape[1]
    total = max((shape[1] - 1) * stride + height - source.shape[1], 0)
    before = total // 2
    pad = (before, total - before)
    padded = np.pad(source, ((0, 0), pad, pad, (0, 0)))
    result = np.zeros(shape, np.float32)
    for y, x in np.ndindex(shape[1], shape[2]):
        top, left = y * stride, x * stride
        window = padded[0, top : top + height, left : left + height]
        if depthwise:
            result[0, y, x] = (window * kernel[0]).sum(axis=(0, 1)) + bias
        else:
            result[0, y, x] = (window * kernel).sum(axis=(1, 2, 3)) + bias
    relu6 = not depthwise and op.option(3, "b") == 3
    return np.clip(result, 0, 6) if relu6 else result


def run(param: str, weights: bytes, folder: Path, image: Any) -> list[Any]:
    """Run a converted network on ncnn."""
    (folder / "m.param").write_text(param)
    (folder / "m.bin").write_bytes(weights)
    net = ncnn.Net()
    net.opt.num_threads = 1
    assert net.load_param(str(folder / "m.param")) == 0
    assert net.load_model(str(folder / "m.bin")) == 0
    channels_first = np.ascontiguousarray(image[0].transpose(2, 0, 1))
    extractor = net.create_extractor()
    extractor.input("image", ncnn.Mat(channels_first).clone())
    return [np.array(extractor.extract(name)[1]) for name in ("boxes", "scores")]


def test_a_converted_network_computes_the_same(tmp_path: Path) -> None:
    """Every operator does on ncnn what TFLite defines, uneven padding included."""
    graph = tflite.read(small_model())
    image = np.random.default_rng(2).normal(size=(1, 7, 7, 3)).astype(np.float32)
    expected = reference(graph, image)
    found = run(*ncnn_model.convert(graph, ("boxes", "scores")), tmp_path, image)
    for one, other in zip(expected, found, strict=True):
        assert other == pytest.approx(one.reshape(other.shape), abs=0.02)
        assert np.abs(one).max() > 1


def test_a_conversion_is_the_same_to_the_byte() -> None:
    """The same file gives the same network each time."""
    one, other = (
        ncnn_model.convert(tflite.read(small_model()), ("boxes", "scores"))
        for _ in range(2)
    )
    assert one == other


def test_what_is_not_known_is_refused() -> None:
    """Other files, operators, number types and activations end the conversion."""
    with pytest.raises(tflite.TFLiteError, match="not a TFLite"):
        tflite.read(b"PK\3\4" + bytes(64))
    model = Model()
    image = model.tensor(1, 2, 2, 1)
    out = model.operator(14, [image], (1, 2, 2, 1))
    with pytest.raises(tflite.TFLiteError, match="operator 14"):
        tflite.read(model.file([image], [out]))
    model = Model()
    image = model.tensor(1, 2, 2, 1, data=np.zeros(4, np.int8), kind=9)
    out = model.operator(22, [image], (4, 1))
    with pytest.raises(tflite.TFLiteError, match="number type 9"):
        tflite.read(model.file([image], [out]))
    with pytest.raises(ncnn_model.ConversionError, match="activation 1"):
        ncnn_model.convert(tflite.read(small_model(activation=1)), ("a", "b"))


def _package(folder: Path, labels: bytes, model: bytes) -> Path:
    """Write a package like npm's."""
    package = folder / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        member = tarfile.TarInfo(convert_model.MEMBER)
        member.size = len(labels + model)
        archive.addfile(member, io.BytesIO(labels + model))
    return package


def test_a_package_is_checked_and_converted(tmp_path: Path) -> None:
    """Only the package whose checksum is known is converted, with its own labels."""
    labels = b"???\nOne\nTwo\n"
    package = _package(tmp_path, labels, small_model())
    known: dict[str, Any] = {
        "PACKAGE_SHA256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "MODEL_SHA256": hashlib.sha256(small_model()).hexdigest(),
        "LABELS_BYTES": len(labels),
    }
    description = tmp_path / "model.json"
    description.write_text(json.dumps({"labels": ["One", "Two"]}))
    with pytest.raises(convert_model.PackageError, match="checksum"):
        convert_model.convert(package, tmp_path)
    with patch.multiple(convert_model, **known):
        convert_model.convert(package, tmp_path)
        assert (tmp_path / "model.param").read_text().startswith("7767517\n")
        description.write_text(json.dumps({"labels": ["Two", "One"]}))
        with pytest.raises(convert_model.PackageError, match="labels"):
            convert_model.convert(package, tmp_path)


def test_the_script_writes_where_the_integration_looks() -> None:
    """The shipped model's folder is one fact."""
    assert convert_model.FOLDER == SHIPPED_MODEL
