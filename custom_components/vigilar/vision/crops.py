"""Where the object detector looks, and the picture it gets of that place."""

from typing import Final, NamedTuple

from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation, VideoReformatter
import numpy as np
from numpy.typing import NDArray

from ..models import Box

CONTEXT: Final = 2.2
"""Side of a crop in longer sides of what moves: half of the crop is surroundings."""
LEAST_SIDE: Final = 0.25
"""Side of the smallest crop as a share of the picture's height: what is
enlarged further than that shows the codec's blocks and no thing."""
LEAST_PIXELS: Final = 75
"""The same in pixels."""

# Per plane: bytes of two pixels side by side, and the rows of luma to one of its own.
_LAYOUTS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "yuv420p": ((2, 1), (1, 2), (1, 2)),
    "yuvj420p": ((2, 1), (1, 2), (1, 2)),
    "yuv422p": ((2, 1), (1, 1), (1, 1)),
    "yuvj422p": ((2, 1), (1, 1), (1, 1)),
    "yuv444p": ((2, 1), (2, 1), (2, 1)),
    "yuvj444p": ((2, 1), (2, 1), (2, 1)),
    "yuv420p10le": ((4, 1), (2, 2), (2, 2)),
    "nv12": ((2, 1), (2, 2)),
    "gray": ((2, 1),),
}


class Crop(NamedTuple):
    """A rectangle of pixels; all numbers even, so that it begins with a chroma sample."""

    x: int
    y: int
    w: int
    h: int

    def box(self, width: int, height: int) -> Box:
        """Return it as fractions (0-1) of a picture of that size in pixels."""
        return Box(self.x / width, self.y / height, self.w / width, self.h / height)

    def to_picture(self, box: Box, width: int, height: int) -> Box:
        """Return a box in fractions of the crop as fractions of the picture."""
        own = self.box(width, height)
        return Box(
            own.x + box.x * own.w, own.y + box.y * own.h, box.w * own.w, box.h * own.h
        )


def whole(width: int, height: int) -> Crop:
    """Return the crop that is the whole picture.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
    """
    return Crop(0, 0, width // 2 * 2, height // 2 * 2)


def around(box: Box, width: int, height: int) -> Crop:
    """Return the square in which to look for what moves, shifted into the picture.

    Args:
        box: What moves, fractions (0-1) of the picture.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        A square with context; a rectangle where the picture is narrower.
    """
    side = max(
        CONTEXT * max(box.w * width, box.h * height), LEAST_SIDE * height, LEAST_PIXELS
    )
    limits = whole(width, height)
    across, down = (max(2, int(min(side, most)) // 2 * 2) for most in limits[2:])
    x = (box.x + box.w / 2) * width - across / 2
    y = (box.y + box.h / 2) * height - down / 2
    return Crop(
        int(min(max(0.0, x), limits.w - across)) // 2 * 2,
        int(min(max(0.0, y), limits.h - down)) // 2 * 2,
        across,
        down,
    )


class Cropper:
    """Cuts places out of frames; keeps the scaler's tables between them."""

    def __init__(self) -> None:
        """Create a cropper for frames of any size."""
        self._reformatter = VideoReformatter()

    def cut(
        self, frame: VideoFrame, crop: Crop, size: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Return what the detector gets to see.

        The planes are cropped first, so that only these pixels are converted.

        Args:
            frame: Of any pixel format.
            crop: Within the frame.
            size: Width and height of the result, pixels.

        Returns:
            uint8[h, w, 3], RGB; stretched where the crop has another aspect.
        """
        picture = self._reformatter.reformat(
            _cropped(frame, crop),
            *size,
            "rgb24",
            interpolation=Interpolation.AREA,
            threads=1,
        )
        return picture.to_ndarray().astype(np.uint8, copy=False)


def _cropped(frame: VideoFrame, crop: Crop) -> VideoFrame:
    """Copy a part of a frame's planes."""
    if crop == (0, 0, frame.width, frame.height):
        return frame
    if frame.format.name not in _LAYOUTS:
        frame = frame.reformat(format="yuv420p", threads=1)
    layout = _LAYOUTS[frame.format.name]
    part = VideoFrame(crop.w, crop.h, frame.format.name)
    part.colorspace = frame.colorspace
    part.color_range = frame.color_range
    for source, target, (pair, rows) in zip(
        frame.planes, part.planes, layout, strict=True
    ):
        left, across = crop.x // 2 * pair, crop.w // 2 * pair
        top, down = crop.y // rows, crop.h // rows
        _rows(target)[:down, :across] = _rows(source)[
            top : top + down, left : left + across
        ]
    return part


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return a plane's memory as uint8[rows, bytes]."""
    return np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size].reshape(
        plane.height, plane.line_size
    )
