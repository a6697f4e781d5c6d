"""Write a TFLite graph as an ncnn network, with weights in half precision.

ncnn keeps images as (channel, height, width) where TFLite has the channels
last: weights are turned round once, here, and feature maps are turned back just
before they are flattened into rows. The formats are those of ncnn's wiki,
"param and model file structure".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .tflite import Graph, Operator, Tensor

INPUT: Final = "image"

_MAGIC: Final = 7767517
# Says in the weights' file that half-precision numbers follow.
_FLOAT16: Final = np.uint32(0x01306B47)
_SAME: Final = 0
_RELU6: Final = 3
_CLIP: Final = {"9": "3", "-23310": "2,0.0,6.0"}
_CHANNELS_LAST: Final = "3"


class ConversionError(Exception):
    """The graph uses something that this writer has no words for."""


@dataclass(slots=True)
class _Layer:
    """One line of the `.param` file."""

    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    parameters: dict[str, str]

    def line(self) -> str:
        """Return the line."""
        parameters = [f"{key}={value}" for key, value in self.parameters.items()]
        counts = [str(len(self.inputs)), str(len(self.outputs))]
        words = [self.kind, self.name, *counts, *self.inputs, *self.outputs]
        return " ".join([*words, *parameters])


@dataclass(slots=True)
class _Network:
    """A network in the making."""

    layers: list[_Layer] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)

    def add(
        self, kind: str, inputs: Sequence[str], parameters: Mapping[str, str]
    ) -> str:
        """Append a layer with one output and return that output's name."""
        name = f"{kind.lower()}_{len(self.layers)}"
        self.layers.append(_Layer(kind, name, list(inputs), [name], dict(parameters)))
        return name

    def rename(self, old: str, new: str) -> None:
        """Give a blob another name."""
        for layer in self.layers:
            layer.inputs = [new if name == old else name for name in layer.inputs]
            layer.outputs = [new if name == old else name for name in layer.outputs]

    def add_weights(
        self, weights: NDArray[np.generic], bias: NDArray[np.generic]
    ) -> None:
        """Append the numbers of a convolution."""
        half = weights.astype("<f2").tobytes()
        self.weights += _FLOAT16.astype("<u4").tobytes()
        self.weights += half + bytes(-len(half) % 4)
        self.weights += bias.astype("<f4").tobytes()

    def split(self) -> None:
        """Copy each blob that several layers read: in ncnn a blob has one reader."""
        readers = Counter(name for layer in self.layers for name in layer.inputs)
        layers: list[_Layer] = []
        copies: dict[str, list[str]] = {}
        for layer in self.layers:
            layer.inputs = [
                copies[name].pop(0) if name in copies else name for name in layer.inputs
            ]
            layers.append(layer)
            for name in layer.outputs:
                if (count := readers[name]) > 1:
                    copies[name] = [f"{name}_{copy}" for copy in range(count)]
                    layers.append(
                        _Layer("Split", f"split_{name}", [name], [*copies[name]], {})
                    )
        self.layers = layers

    def param(self) -> str:
        """Return the `.param` file."""
        blobs = sum(len(layer.outputs) for layer in self.layers)
        lines = [layer.line() for layer in self.layers]
        return "\n".join([str(_MAGIC), f"{len(self.layers)} {blobs}", *lines, ""])


class _Converter:
    """Walks the graph once."""

    def __init__(self, graph: Graph) -> None:
        """Begin with the input."""
        self._graph = graph
        self._constants: dict[int, NDArray[np.generic]] = {
            index: tensor.data
            for index, tensor in enumerate(graph.tensors)
            if tensor.data is not None
        }
        # Feature maps are (channel, height, width); rows are flattened already.
        self._maps: dict[int, str] = {}
        self._rows: dict[int, str] = {}
        self.network = _Network()
        (image,) = graph.inputs
        _, height, width, channels = self._tensor(image).shape
        size = {"0": str(width), "1": str(height), "2": str(channels)}
        self._maps[image] = self.network.add("Input", [], size)
        self.network.rename(self._maps[image], INPUT)
        self._maps[image] = INPUT

    def convert(self, outputs: Sequence[str]) -> None:
        """Convert all operators and name the outputs."""
        for operator in self._graph.operators:
            match operator.kind:
                case "DEQUANTIZE":
                    source = operator.inputs[0]
                    self._constants[operator.output] = self._constants[source]
                case "CONV_2D" | "DEPTHWISE_CONV_2D":
                    self._convolve(operator)
                case "ADD":
                    self._add(operator)
                case "RESHAPE":
                    self._reshape(operator)
                case "CONCATENATION":
                    self._concatenate(operator)
        for index, name in zip(self._graph.outputs, outputs, strict=True):
            self.network.rename(self._rows[index], name)
        self.network.split()

    def _tensor(self, index: int) -> Tensor:
        """Return a tensor."""
        return self._graph.tensors[index]

    def _convolve(self, operator: Operator) -> None:
        """Write a convolution, with its activation within it."""
        source, weights_at, bias_at = operator.inputs
        # (out, height, width, in), of a depthwise one (1, height, width, out).
        weights = self._constants[weights_at]
        depthwise = operator.kind == "DEPTHWISE_CONV_2D"
        order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        weights = weights.transpose(order)
        stride = operator.option(1, "i", 1)
        if operator.option(2, "i", 1) != stride or (
            depthwise and operator.option(3, "i", 1) != 1
        ):
            raise ConversionError("unequal strides or a depth multiplier")
        parameters = {"0": str(weights.shape[0])}
        parameters |= self._window(operator, weights.shape[2:], stride)
        parameters |= {"5": "1", "6": str(weights.size)}
        if depthwise:
            parameters["7"] = str(weights.shape[0])
        parameters |= self._activation(operator.option(4 if depthwise else 3, "b"))
        kind = "ConvolutionDepthWise" if depthwise else "Convolution"
        name = self.network.add(kind, [self._maps[source]], parameters)
        self._maps[operator.output] = name
        self.network.add_weights(weights, self._constants[bias_at])

    def _window(
        self, operator: Operator, kernel: tuple[int, ...], stride: int
    ) -> dict[str, str]:
        """Return kernel, stride and padding of a convolution."""
        height, width = kernel
        top = bottom = left = right = 0
        if operator.option(0, "b") == _SAME:
            source = self._tensor(operator.inputs[0]).shape
            target = self._tensor(operator.output).shape
            top, bottom = _same_padding(source[1], target[1], height, stride)
            left, right = _same_padding(source[2], target[2], width, stride)
        values = {"1": width, "11": height, "3": stride}
        values |= {"4": left, "15": right, "14": top, "16": bottom}
        return {key: str(value) for key, value in values.items()}

    def _activation(self, number: int) -> Mapping[str, str]:
        """Return the parameters of a fused activation."""
        if number not in (0, _RELU6):
            raise ConversionError(f"activation {number}")
        return _CLIP if number == _RELU6 else {}

    def _add(self, operator: Operator) -> None:
        """Write a sum of two feature maps."""
        if operator.option(0, "b"):
            raise ConversionError("a sum with an activation")
        inputs = [self._maps[source] for source in operator.inputs]
        name = self.network.add("BinaryOp", inputs, {"0": "0"})
        self._maps[operator.output] = name

    def _reshape(self, operator: Operator) -> None:
        """Flatten a feature map into rows; rows stay as they are."""
        source = operator.inputs[0]
        if source in self._rows:
            self._rows[operator.output] = self._rows[source]
            return
        *outer, width = self._tensor(operator.output).shape
        turned = self.network.add(
            "Permute", [self._maps[source]], {"0": _CHANNELS_LAST}
        )
        size = {"0": str(width), "1": str(prod(outer))}
        self._rows[operator.output] = self.network.add("Reshape", [turned], size)

    def _concatenate(self, operator: Operator) -> None:
        """Put rows below each other."""
        inputs = [self._rows[source] for source in operator.inputs]
        name = self.network.add("Concat", inputs, {"0": "0"})
        self._rows[operator.output] = name


def _same_padding(
    source: int, target: int, kernel: int, stride: int
) -> tuple[int, int]:
    """Return the padding before and after; the odd pixel goes after."""
    total = max((target - 1) * stride + kernel - source, 0)
    return total // 2, total - total // 2


def convert(graph: Graph, outputs: Sequence[str]) -> tuple[str, bytes]:
    """Convert a graph; the same graph always gives the same bytes.

    Args:
        graph: Of convolutions, sums, reshapes to rows and their concatenation.
        outputs: Names for the graph's outputs, in its order.

    Returns:
        The `.param` and the `.bin` file.

    Raises:
        ConversionError: The graph has options that this writer does not know.
    """
    converter = _Converter(graph)
    converter.convert(outputs)
    return converter.network.param(), bytes(converter.network.weights)
