"""Focus: which share of the detail that a view should show is there?

A lens out of focus is a low-pass filter: it takes the more of an octave of
detail, the finer that is, whatever the scene. Night, fog and infra-red light
take of all octaves alike, so that two octaves, each compared with what is usual
of it in the same place, tell one from the other.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Plane = NDArray[np.float32]
type Bands = NDArray[np.float32]

CELL: Final = 16
"""Side of the cells that are compared, pixels: one pixel of the coarsest octave."""
_OCTAVES: Final = 5
_FINE: Final = 1
"""Octave of fine detail, 4-8 pixels long: finer ones are the encoder's to take."""
_SOFT: Final = 2
"""The same for a scene without it."""
_APART: Final = 2
"""Octaves from fine to coarse detail; what takes the one hardly takes the other."""
_LEAST_FINE: Final = 0.05
"""Energy, levels², of fine detail that a sharp picture of a cell would have:
less of it is lost in an encoder."""
_LEAST_COARSE: Final = 0.1
_CONTRAST_KEPT: Final = 0.15
"""Share of the usual coarse detail that a blur leaves, and fog, night or light
that is switched off does not."""
_MOVED: Final = 0.5
"""Share of the missing detail that single pictures must miss, too: the mean of
what shakes or sways is blurred, and its pictures are not."""
_UNREST: Final = 4.0
"""Energy of a single picture, in that of the mean, up to which the mean shows
what there is: beyond it are noise, rain and leaves."""
_VISIBLE: Final = 1 / 3
"""Share of the cells that must keep their contrast: few do by chance."""
_MIN_CELLS: Final = 6


@dataclass(frozen=True, slots=True)
class Detail:
    """Energy of detail by octave, float32[octaves, rows, columns] in levels².

    Attributes:
        common: Of what pictures of a few seconds have in common.
        single: Of one of them, with its noise.
    """

    common: Bands
    single: Bands


def detail(first: Plane, second: Plane, single: NDArray[np.uint8]) -> Detail:
    """Measure the detail of a view.

    Args:
        first: float32[h, w]: the mean of some pictures, levels.
        second: The same of others, so that their noise is independent.
        single: uint8[h, w]: one of the pictures.
    """
    one = _octaves(single.astype(np.float32))
    return Detail(
        _energy(_octaves(first), _octaves(second)),
        _energy(one, one),
    )


class Focus:
    """The usual detail of a view."""

    def __init__(self, usual: Detail) -> None:
        """Take a first measurement for the usual one."""
        self._usual = usual

    def learn(self, seen: Detail, share: float) -> None:
        """Follow a measurement by a share of the difference, 0-1."""
        old, weight = self._usual, np.float32(share)
        self._usual = Detail(
            old.common + weight * (seen.common - old.common),
            old.single + weight * (seen.single - old.single),
        )

    def sharpness(self, seen: Detail) -> float | None:
        """Return the share of the expected fine detail; None where none can be told.

        1 is as sharp as usual. A blur with a standard deviation of 1.5 pixels
        leaves 0.2 of detail 4-8 pixels long, compared with detail four times as
        long; in a scene that has none so fine, one of 3 pixels leaves 0.25.
        """
        for octave in (_FINE, _SOFT):
            shares = self._shares(seen, octave)
            if shares.size >= _MIN_CELLS:
                return float(np.median(shares))
        return None

    def _shares(self, seen: Detail, octave: int) -> NDArray[np.float32]:
        """Return the shares of the cells that can be judged by an octave."""
        usual, now = self._usual.common[octave], seen.common[octave]
        single = self._usual.single[octave]
        coarse = self._usual.common[octave + _APART]
        detailed = (coarse >= _LEAST_COARSE) & (usual >= _LEAST_FINE)
        detailed &= single <= _UNREST * usual
        kept = seen.common[octave + _APART] / np.maximum(coarse, _LEAST_COARSE)
        seen_still = detailed & (kept >= _CONTRAST_KEPT)
        if np.count_nonzero(seen_still) < _VISIBLE * np.count_nonzero(detailed):
            return np.empty(0, np.float32)
        # What lamps and shadows add is no detail that was lost.
        expected = usual * np.minimum(kept, 1)
        moved = single - seen.single[octave] < _MOVED * (usual - now)
        shares = np.where(moved, 1, now / np.maximum(expected, _LEAST_FINE))
        known: NDArray[np.float32] = shares[seen_still & (expected >= _LEAST_FINE)]
        return known


def _octaves(plane: Plane) -> list[Plane]:
    """Split a plane into octaves of detail, the finest first, each of half the size."""
    height, width = (length // CELL * CELL for length in plane.shape)
    plane = plane[:height, :width]
    octaves: list[Plane] = []
    for _ in range(_OCTAVES):
        smooth = _smooth(_smooth(plane).T).T
        octaves.append(plane - smooth)
        rows, columns = smooth.shape
        plane = smooth[: rows // 2 * 2, : columns // 2 * 2]
        plane = plane.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    return octaves


def _smooth(plane: Plane) -> Plane:
    """Return a plane smoothed along its rows by the binomial 1-2-1."""
    padded = np.pad(plane, ((0, 0), (1, 1)), mode="edge")
    smooth: Plane = np.float32(0.5) * plane + np.float32(0.25) * (
        padded[:, :-2] + padded[:, 2:]
    )
    return smooth


def _energy(first: list[Plane], second: list[Plane]) -> Bands:
    """Return the mean product of two splittings in each cell."""
    side, bands = CELL, []
    for one, other in zip(first, second, strict=True):
        rows, columns = (length // side for length in one.shape)
        product = (one * other).reshape(rows, side, columns, side)
        bands.append(product.mean(axis=(1, 3)))
        side //= 2
    return np.array(bands)
