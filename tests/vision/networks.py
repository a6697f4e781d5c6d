"""Tiny networks that say what a test wants them to say."""

import json
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 32
# 2 x 2 cells with 3 anchors, and five layers of one cell with 6.
ROWS = 42
LABELS = ("Human", "Truck", "Teapot")
# The first anchor of the second layer: a square in the middle.
MIDDLE_ROW = 12

DESCRIPTION: dict[str, Any] = {
    "name": "Tiny",
    "input": [SIDE, SIDE],
    "mean": [0, 0, 0],
    "scale": [1 / 255, 1 / 255, 1 / 255],
    "color_order": "rgb",
    "decoder": "ssd",
    "labels": list(LABELS),
    "classes": {"Human": "person", "Truck": "vehicle"},
}

_PARAM = """7767517
7 8
Input image 0 1 image 0={side} 1={side} 2=3
Pooling pool 1 1 image pooled 0=1 4=1
Split split 1 2 pooled left right
InnerProduct boxes_product 1 1 left boxes_flat 0={boxes} 1=1 2={boxes_weights}
InnerProduct scores_product 1 1 right scores_flat 0={scores} 1=1 2={scores_weights}
Reshape boxes_reshape 1 1 boxes_flat boxes 0=4 1={rows}
Reshape scores_reshape 1 1 scores_flat scores 0={columns} 1={rows}
"""


def write_model(folder: Path, **changes: Any) -> Path:
    """Write an SSD that takes a red picture for a Human in its middle.

    The mean of each channel is pooled; red pushes the logit of Human up and blue
    that of Truck, both from -4 to 4.

    Args:
        folder: Where to write; made if it is not there.
        changes: Of the description; None takes a key away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = 1 + len(LABELS)
    counts = {"boxes": 4 * ROWS, "scores": columns * ROWS}
    param = _PARAM.format(
        side=SIDE,
        rows=ROWS,
        columns=columns,
        **counts,
        **{f"{name}_weights": 3 * count for name, count in counts.items()},
    )
    (folder / "tiny.param").write_text(param, encoding="ascii")
    weights = np.zeros((ROWS, columns, 3), np.float32)
    bias = np.full((ROWS, columns), -9, np.float32)
    weights[MIDDLE_ROW, 1, 0] = weights[MIDDLE_ROW, 2, 2] = 8
    bias[MIDDLE_ROW, 1:3] = -4
    boxes = np.zeros((4 * ROWS, 4), np.float32)
    parts = (boxes[:, :3], boxes[:, 3], weights, bias)
    flag = np.zeros(1, np.uint32).tobytes()
    data = b"".join(
        prefix + part.tobytes()
        for prefix, part in zip((flag, b"", flag, b""), parts, strict=True)
    )
    (folder / "tiny.bin").write_bytes(data)
    description = {**DESCRIPTION, **changes}
    kept = {key: value for key, value in description.items() if value is not None}
    (folder / "model.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder


def picture(red: int, green: int, blue: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture of one colour, twice as wide as high."""
    return np.full((100, 200, 3), (red, green, blue), np.uint8)
