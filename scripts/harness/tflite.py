"""Read a TFLite model: the few parts of its schema that a small convolutional net uses.

The layout is that of FlatBuffers (https://flatbuffers.dev/internals) and of
TensorFlow Lite's schema.fbs; the numbers are the fields' places in its tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DTYPES: Final = {0: np.float32, 1: np.float16, 2: np.int32}
_OPERATORS: Final = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    22: "RESHAPE",
}


class TFLiteError(Exception):
    """The file is no TFLite model, or uses what this reader does not know."""


class _Table:
    """A table of a FlatBuffer: fields by number, absent ones by their default."""

    def __init__(self, data: bytes, position: int) -> None:
        """Find the fields; `position` is where the table begins."""
        self._data = data
        self._position = position
        vtable = position - self._number("<i", position)
        size = self._number("<H", vtable)
        self._offsets = struct.unpack_from(f"<{(size - 4) // 2}H", data, vtable + 4)

    @classmethod
    def root(cls, data: bytes) -> _Table:
        """Return the table that the file begins with."""
        return cls(data, struct.unpack_from("<I", data)[0])

    def scalar(self, field: int, code: str, default: int = 0) -> int:
        """Return a number; `code` is its format as of `struct`."""
        at = self._at(field)
        return default if at is None else self._number(f"<{code}", at)

    def text(self, field: int) -> str:
        """Return a string."""
        return bytes(self.vector(field, np.uint8)).decode()

    def table(self, field: int) -> _Table:
        """Return a table that this one refers to."""
        at = self._at(field)
        if at is None:
            raise TFLiteError(f"field {field} is missing")
        return _Table(self._data, self._target(at))

    def tables(self, field: int) -> list[_Table]:
        """Return a vector of tables."""
        start, count = self._span(field)
        return [
            _Table(self._data, self._target(start + 4 * item)) for item in range(count)
        ]

    def vector[T: np.generic](self, field: int, dtype: type[T]) -> NDArray[T]:
        """Return a vector of numbers, without copying it."""
        start, count = self._span(field)
        return np.frombuffer(self._data, dtype, count, start)

    def _at(self, field: int) -> int | None:
        """Return where a field is, or None if it is absent."""
        offset = self._offsets[field] if field < len(self._offsets) else 0
        return self._position + offset if offset else None

    def _span(self, field: int) -> tuple[int, int]:
        """Return where the items of a vector begin and how many there are."""
        if (at := self._at(field)) is None:
            return 0, 0
        start = self._target(at)
        return start + 4, self._number("<I", start)

    def _target(self, at: int) -> int:
        """Follow a reference."""
        return at + self._number("<I", at)

    def _number(self, code: str, at: int) -> int:
        """Read a number."""
        number: int = struct.unpack_from(code, self._data, at)[0]
        return number


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value of the graph.

    Attributes:
        name: As the model calls it.
        shape: Channels last.
        data: The constant itself; None for what is computed.
    """

    name: str
    shape: tuple[int, ...]
    data: NDArray[np.generic] | None


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of the graph; tensors by their numbers.

    Attributes:
        kind: The operator's name in schema.fbs.
        inputs: Activations first, then weights and bias.
        output: What it computes.
        options: Its table of options, by field number.
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: _Table | None

    def option(self, field: int, code: str, default: int = 0) -> int:
        """Return an option; `code` is its format as of `struct`."""
        if self.options is None:
            return default
        return self.options.scalar(field, code, default)


@dataclass(frozen=True, slots=True)
class Graph:
    """A model: tensors, and the operators in the order of their running."""

    tensors: Sequence[Tensor]
    operators: Sequence[Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(data: bytes) -> Graph:
    """Parse a TFLite file.

    Args:
        data: The file.

    Returns:
        Its first subgraph.

    Raises:
        TFLiteError: It is none, or has operators or number types that this
            reader does not know.
    """
    if data[4:8] != b"TFL3":
        raise TFLiteError("not a TFLite file")
    model = _Table.root(data)
    codes = [_operator_name(code) for code in model.tables(1)]
    buffers = model.tables(4)
    graph = model.tables(2)[0]
    return Graph(
        tensors=[_tensor(table, buffers) for table in graph.tables(0)],
        operators=[_operator(table, codes) for table in graph.tables(3)],
        inputs=_numbers(graph, 1),
        outputs=_numbers(graph, 2),
    )


def _operator_name(code: _Table) -> str:
    """Return the name of an operator code."""
    # Old files have the number in the first field alone, new ones in both.
    number = max(code.scalar(0, "b"), code.scalar(3, "i"))
    if number not in _OPERATORS:
        raise TFLiteError(f"operator {number} is not known")
    return _OPERATORS[number]


def _tensor(table: _Table, buffers: Sequence[_Table]) -> Tensor:
    """Read a tensor and, for a constant, its data."""
    shape = _numbers(table, 0)
    raw = buffers[table.scalar(2, "I")].vector(0, np.uint8)
    data: NDArray[np.generic] | None = None
    if raw.size:
        number = table.scalar(1, "b")
        if number not in _DTYPES:
            raise TFLiteError(f"number type {number} is not known")
        data = raw.view(_DTYPES[number]).reshape(shape)
    return Tensor(table.text(3), shape, data)


def _operator(table: _Table, codes: Sequence[str]) -> Operator:
    """Read an operator."""
    outputs = _numbers(table, 2)
    options = table.table(4) if table.scalar(3, "B") else None
    return Operator(
        codes[table.scalar(0, "I")], _numbers(table, 1), outputs[0], options
    )


def _numbers(table: _Table, field: int) -> tuple[int, ...]:
    """Return a vector of whole numbers."""
    return tuple(table.vector(field, np.int32).tolist())
