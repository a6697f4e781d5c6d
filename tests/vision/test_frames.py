"""Scaling and encoding of frames."""

import io

from av.video.frame import VideoFrame
from hypothesis import given, strategies as st
import numpy as np
from PIL import Image
import pytest

from custom_components.vigilar.models import Box
from custom_components.vigilar.vision.frames import (
    MAX_PIXELS,
    MAX_WIDTH,
    LumaScaler,
    encode_jpeg,
    luma_size,
)


@given(st.integers(16, 8000), st.integers(16, 8000))
def test_size_of_the_luma_plane(width: int, height: int) -> None:
    """The plane is even, small, never larger than the frame, and has its aspect."""
    w, h = luma_size(width, height)
    assert w % 2 == h % 2 == 0
    assert 2 <= w <= min(width, MAX_WIDTH)
    assert 2 <= h <= height
    assert w * h <= MAX_PIXELS
    scale = width / w
    assert h == 2 or abs(height / scale - h) <= 2 + h * 2 / w


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (256, 144)),
        ((640, 480), (256, 192)),
        ((160, 120), (160, 120)),
        ((1080, 1920), (166, 294)),
    ],
)
def test_usual_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """Usual frames have the planes that one expects."""
    assert luma_size(*size) == expected


@pytest.mark.parametrize(
    "pixel_format", ["yuv420p", "yuvj420p", "yuv422p", "rgb24", "gray8", "nv12"]
)
def test_brightness(pixel_format: str) -> None:
    """The plane spans the full range, in every pixel format."""
    rgb = np.zeros((720, 1280, 3), np.uint8)
    rgb[:, 640:] = 255
    frame = VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pixel_format)
    plane = LumaScaler().scale(frame)
    assert plane.shape == (144, 256)
    assert plane.dtype == np.uint8
    assert plane[:, :120].max() <= 3
    assert plane[:, 136:].min() >= 252


def test_every_pixel_counts() -> None:
    """A pixel of the plane is the mean of its area: noise shrinks, and does not alias."""
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280)).astype(np.uint8)
    plane = LumaScaler().scale(VideoFrame.from_ndarray(noise, "gray8"))
    means = noise.reshape(144, 5, 256, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(plane, means, atol=2)


def test_a_scaler_follows_the_size_of_the_frames() -> None:
    """One scaler serves frames of any size."""
    scaler = LumaScaler()
    for size in ((480, 640), (1080, 1920), (480, 640)):
        frame = VideoFrame.from_ndarray(np.full(size, 77, np.uint8), "gray8")
        assert scaler.scale(frame).shape == luma_size(size[1], size[0])[::-1]


def test_jpeg_is_in_full_resolution() -> None:
    """The picture for people is as large as the frame, and in colour."""
    rgb = np.zeros((360, 640, 3), np.uint8)
    rgb[..., 0] = 200
    data = encode_jpeg(VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="yuv420p"))
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert image.size == (640, 360)
        red, green, blue = image.convert("RGB").getpixel((320, 180))  # type: ignore[misc]
    assert red > 180
    assert max(green, blue) < 40


def test_a_box_is_drawn() -> None:
    """Round the thing, in fractions of the picture; within it nothing changes."""
    frame = VideoFrame.from_ndarray(np.zeros((360, 640, 3), np.uint8), "rgb24")
    data = encode_jpeg(frame, outline=Box(0.25, 0.25, 0.5, 0.5))
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("L"))
    assert pixels[180, 160] > 100
    assert pixels[270, 320] > 100
    assert pixels[180, 320] < 20
    assert pixels[45, 320] < 20
