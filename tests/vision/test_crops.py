"""Where the object detector looks, and the picture it gets of that place."""

from av.video.frame import VideoFrame
import numpy as np
import pytest

from custom_components.vigilar.models import Box
from custom_components.vigilar.vision.crops import Crop, Cropper, around, whole

SIZE = (300, 200)
FORMATS = [
    "yuv420p",
    "yuvj420p",
    "yuv422p",
    "yuvj422p",
    "yuv444p",
    "yuvj444p",
    "yuv420p10le",
    "nv12",
    "rgb24",
]


def picture(width: int = 640, height: int = 360) -> VideoFrame:
    """Return a frame of soft colours that differ from place to place."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 / width, y * 255 / height, 128 + 0 * x], axis=-1)
    return VideoFrame.from_ndarray(rgb.astype(np.uint8), "rgb24")


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_the_place_is_what_is_shown(pixel_format: str) -> None:
    """Whatever the camera's format, colours and place are right."""
    frame = picture().reformat(format=pixel_format)
    crop = Crop(160, 90, 200, 180)
    cut = Cropper().cut(frame, crop, SIZE)
    assert cut.shape == (200, 300, 3)
    assert cut.dtype == np.uint8
    corners = cut[[4, -5]][:, [4, -5]].astype(int)
    red, green = (160 * 255 / 640, 360 * 255 / 640), (90 * 255 / 360, 270 * 255 / 360)
    assert corners[0, 0] == pytest.approx([red[0], green[0], 128], abs=8)
    assert corners[1, 1] == pytest.approx([red[1], green[1], 128], abs=8)


def test_grey_pictures() -> None:
    """A camera without colour gives grey."""
    cut = Cropper().cut(picture().reformat(format="gray"), Crop(0, 0, 100, 100), SIZE)
    assert np.ptp(cut.astype(int), axis=2).max() <= 2


@pytest.mark.parametrize("size", [(640, 360), (639, 359)])
def test_the_whole_picture(size: tuple[int, int]) -> None:
    """All of it is scaled, without a copy of the planes where that is possible."""
    frame = picture(*size).reformat(format="yuv420p")
    cut = Cropper().cut(frame, whole(*size), SIZE).astype(int)
    assert cut[0, 0] == pytest.approx([0, 0, 128], abs=10)
    assert cut[-1, -1] == pytest.approx([254, 254, 128], abs=10)


@pytest.mark.parametrize(
    "box",
    [
        Box(0.4, 0.4, 0.1, 0.3),
        Box(0.0, 0.0, 0.05, 0.05),
        Box(0.95, 0.9, 0.05, 0.1),
        Box(0.0, 0.0, 1.0, 1.0),
        Box(0.45, 0.1, 0.02, 0.85),
    ],
)
@pytest.mark.parametrize("size", [(1920, 1080), (160, 120), (480, 640), (101, 67)])
def test_a_crop_is_a_square_round_the_thing_within_the_picture(
    box: Box, size: tuple[int, int]
) -> None:
    """It shows all of the thing and surroundings, as far as there are any."""
    width, height = size
    crop = around(box, width, height)
    assert all(value % 2 == 0 for value in crop)
    assert 0 <= crop.x <= crop.x + crop.w <= width
    assert 0 <= crop.y <= crop.y + crop.h <= height
    shown = crop.box(width, height)
    slack = 2 / min(size)
    assert shown.x <= box.x + slack
    assert shown.y <= box.y + slack
    assert shown.x + shown.w >= box.x + box.w - slack
    assert shown.y + shown.h >= box.y + box.h - slack
    assert crop.w == crop.h or crop.h >= height - 1 or crop.w >= width - 1
    assert max(crop.w, crop.h) >= min(max(size), 75) - 1


def test_boxes_return_to_the_picture() -> None:
    """A box of a crop is where it is in the picture."""
    crop = Crop(100, 50, 200, 100)
    box = crop.to_picture(Box(0.5, 0.5, 0.25, 0.5), 400, 200)
    assert box == pytest.approx(Box(0.5, 0.5, 0.125, 0.25))
