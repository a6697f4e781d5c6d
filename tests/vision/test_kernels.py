"""OpenCV's kernels and NumPy's give the same bits."""

import sys
from unittest.mock import patch

import cv2
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
import numpy as np
from numpy.typing import NDArray
import pytest

from custom_components.vigilar.vision.kernels import (
    Kernels,
    Mask,
    NumpyKernels,
    OpenCVKernels,
    load_kernels,
)

OPENCV = OpenCVKernels(cv2)
NUMPY = NumpyKernels()
NOWHERE = np.zeros(0, np.intp)

shapes = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)
masks = arrays(np.uint8, shapes, elements=st.integers(0, 1))
planes = arrays(np.int16, shapes, elements=st.integers(-2000, 2000))
levels = arrays(np.uint8, shapes, elements=st.integers(0, 255))


@given(levels)
@settings(deadline=None)
def test_look_ups_are_equal(plane: NDArray[np.uint8]) -> None:
    """Each level is replaced by its entry, in the buffer that was given."""
    table = np.log(np.arange(256) + 1.0).astype(np.float32)
    for kernels in (OPENCV, NUMPY):
        out = np.full(plane.shape, -1, np.float32)
        kernels.look_up(table, plane, out)
        np.testing.assert_array_equal(out, table[plane])


@given(planes, st.integers(1, 20))
@settings(deadline=None)
def test_box_sums_are_equal(plane: NDArray[np.int16], radius: int) -> None:
    """The sums of windows, also of those larger than the image, are equal."""
    expected, given_sums = OPENCV.box_sum(plane, radius), NUMPY.box_sum(plane, radius)
    assert expected.dtype == given_sums.dtype == np.int32
    np.testing.assert_array_equal(expected, given_sums)


@given(masks)
@settings(deadline=None)
def test_neighbour_counts_are_equal(mask: Mask) -> None:
    """The counts of neighbours are equal, at the edges too."""
    np.testing.assert_array_equal(
        OPENCV.count_neighbours(mask), NUMPY.count_neighbours(mask)
    )


@given(masks, st.integers(1, 4))
@settings(deadline=None)
def test_dilations_are_equal(mask: Mask, radius: int) -> None:
    """Grown masks are equal."""
    np.testing.assert_array_equal(
        OPENCV.dilate(mask, radius), NUMPY.dilate(mask, radius)
    )


@given(masks)
@settings(max_examples=300, deadline=None)
def test_components_are_equal(mask: Mask) -> None:
    """The components and their pixels are the same and come in the same order."""
    pixels = np.flatnonzero(mask)
    expected, expected_owners = OPENCV.components(mask, pixels)
    found, owners = NUMPY.components(mask, pixels)
    assert expected.dtype == found.dtype == np.int32
    np.testing.assert_array_equal(expected, found)
    np.testing.assert_array_equal(expected_owners, owners)
    # Each pixel lies in the box of its component, which has as many as it says.
    np.testing.assert_array_equal(
        np.bincount(owners, minlength=len(found)), found[:, 4]
    )
    y, x = np.divmod(pixels, mask.shape[1])
    left, top, width, height, _ = found[owners].T
    assert ((left <= x) & (x < left + width)).all()
    assert ((top <= y) & (y < top + height)).all()


def test_more_components_than_a_short_label_can_name() -> None:
    """Large pictures full of specks are counted in full."""
    mask = np.zeros((520, 520), np.uint8)
    mask[::2, ::2] = 1
    pixels = np.flatnonzero(mask)
    expected, found = OPENCV.components(mask, pixels), NUMPY.components(mask, pixels)
    assert len(found[0]) == 260 * 260
    np.testing.assert_array_equal(expected[0], found[0])
    np.testing.assert_array_equal(expected[1], found[1])


@pytest.mark.parametrize("kernels", [OPENCV, NUMPY], ids=lambda kernels: kernels.name)
class TestTruth:
    """Both kernels compute what they say."""

    def test_box_sum(self, kernels: Kernels) -> None:
        """A window counts the replicated edge."""
        plane = np.array([[1, 2], [3, 4]], np.int16)
        # Rows 1 1 2, 1 1 2, 3 3 4 around the first pixel.
        assert kernels.box_sum(plane, 1)[0, 0] == 18

    def test_count_neighbours(self, kernels: Kernels) -> None:
        """Outside the image is clear."""
        counts = kernels.count_neighbours(np.ones((3, 3), np.uint8))
        np.testing.assert_array_equal(counts, [[4, 6, 4], [6, 9, 6], [4, 6, 4]])

    def test_components(self, kernels: Kernels) -> None:
        """Diagonal neighbours belong together; a bowl joins its two sides."""
        mask = np.array(
            [
                [1, 0, 1, 0, 0, 1],
                [1, 0, 1, 0, 0, 0],
                [0, 1, 0, 0, 1, 1],
            ],
            np.uint8,
        )
        found, owners = kernels.components(mask, np.array([0, 17, 16, 5, 2]))
        assert found.tolist() == [[0, 0, 3, 3, 5], [4, 2, 2, 1, 2], [5, 0, 1, 1, 1]]
        assert owners.tolist() == [0, 1, 1, 2, 0]

    def test_a_comb_is_one(self, kernels: Kernels) -> None:
        """Teeth that only their lowest row joins belong together; rows do not wrap."""
        mask = np.zeros((9, 12), np.uint8)
        mask[2:7, :10:2] = 1
        mask[7, :9] = 1
        mask[3, 11] = mask[4, 11] = 1
        found, _ = kernels.components(mask, NOWHERE)
        assert found.tolist() == [[0, 2, 9, 6, 34], [11, 3, 1, 2, 2]]

    def test_no_components(self, kernels: Kernels) -> None:
        """An empty mask has none."""
        found, owners = kernels.components(np.zeros((4, 5), np.uint8), NOWHERE)
        assert found.shape == (0, 5)
        assert owners.shape == (0,)


def test_opencv_is_used_where_it_imports() -> None:
    """OpenCV is preferred, and keeps to one thread."""
    assert load_kernels().name == "opencv"
    assert cv2.getNumThreads() == 1


def test_numpy_is_used_where_opencv_does_not_import() -> None:
    """A machine without OpenCV works."""
    with patch.dict(sys.modules, {"cv2": None}):
        assert load_kernels().name == "numpy"


@given(arrays(np.uint8, shapes))
def test_smoothed_planes_are_equal(plane: NDArray[np.uint8]) -> None:
    """The means of windows are equal, at the edges too."""
    expected, found = OPENCV.smooth(plane), NUMPY.smooth(plane)
    assert expected.dtype == found.dtype == np.uint8
    np.testing.assert_array_equal(expected, found)
