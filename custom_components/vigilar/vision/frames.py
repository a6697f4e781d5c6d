"""Decoded frames to what the analysis looks at, and to what people look at."""

import io
from math import sqrt
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..models import Box

MAX_WIDTH: Final = 256
MAX_PIXELS: Final = 256 * 192
"""Portrait pictures are not looked at in more detail than others."""
JPEG_QUALITY: Final = 85
OUTLINE_COLOR: Final = (255, 193, 7)


def luma_size(width: int, height: int) -> tuple[int, int]:
    """Choose the size of the luma plane; never larger than the frame.

    Args:
        width: Of the frame, pixels.
        height: Of the frame, pixels.

    Returns:
        Even width and height, 2 or more, of about the frame's aspect.
    """
    scale = min(1.0, MAX_WIDTH / width, sqrt(MAX_PIXELS / (width * height)))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


class LumaScaler:
    """Scales frames down to their brightness; keeps the scaler's tables between frames."""

    def __init__(self) -> None:
        """Create a scaler for frames of any size."""
        self._reformatter = VideoReformatter()

    def scale(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the brightness of a frame.

        Args:
            frame: Of any pixel format.

        Returns:
            uint8[h, w], each pixel the mean of its area, full range (0-255).
        """
        width, height = luma_size(frame.width, frame.height)
        # `AREA` because skipping pixels would turn sensor noise into motion.
        grey = self._reformatter.reformat(
            frame,
            width,
            height,
            "gray8",
            interpolation=Interpolation.AREA,
            threads=1,
        )
        return grey.to_ndarray().astype(np.uint8, copy=False)


def encode_jpeg(
    frame: VideoFrame, quality: int = JPEG_QUALITY, outline: Box | None = None
) -> bytes:
    """Encode a frame in full resolution.

    Args:
        frame: Of any pixel format.
        quality: 1-95.
        outline: A box to draw, as fractions (0-1) of the frame.

    Returns:
        A JPEG file.
    """
    out = io.BytesIO()
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    if outline is not None:
        x, y = outline.x * image.width, outline.y * image.height
        corner = x + outline.w * image.width, y + outline.h * image.height
        ImageDraw.Draw(image).rectangle(
            (x, y, *corner), outline=OUTLINE_COLOR, width=max(2, image.height // 240)
        )
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
