"""Camera health: does the camera still see what it should, and clearly?

The usual view is remembered as a field of edge orientations. The doubled angle
of a gradient (Granlund, "In search of a general picture processing operator",
1978) is the same for a dark-to-bright and a bright-to-dark edge, and its weight
saturates, so that neither night, fog nor infra-red light changes the field
much; another view or a covered lens leaves nothing of it. Noise is averaged
away over the pictures of a few seconds; what remains of it is independent in
the two halves that they are averaged in, and drops out of their product.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..models import Observation, ObservationKind
from .focus import Detail, Focus, detail

type Plane = NDArray[np.float32]
type Field = NDArray[np.complex64]

LOOK_S: Final = 4.0
"""Seconds of pictures that are averaged into one look."""
HOLD_LOOKS: Final = 3
"""Faulty looks in a row that make a fault: what fills the view for less than
ten seconds is a moving object."""
HOLD_SOFT_LOOKS: Final = 5
"""The same for another view and for focus: lorries stop, and lenses hunt."""
RECOVER_LOOKS: Final = 2
"""Sound looks in a row that end a fault."""
FROZEN_S: Final = 60.0
"""Seconds without the least change: noise alone changes a live picture."""
FAMILIAR_LOOKS: Final = 8
"""Looks at the same view after which it is the usual one."""
LEARN_S: Final = 60.0
"""Time constant in seconds with which the usual view follows light and seasons."""

SAME: Final = 6.0
"""Correlation with the usual view, in standard deviations of that at other
displacements, from which on two looks show the same view."""
LOST: Final = 3.5
"""Below it nothing is left of the usual view: chance alone reaches it."""
FOUND: Final = 5.0
"""From it on a lost view is back."""
BLANK: Final = 0.25
"""Share of the usual structure below which a picture shows none."""
BLACK: Final = 40.0
"""Median luma (0-255) below which a picture without structure is black."""
WHITE: Final = 225.0
"""Median luma (0-255) above which a picture without structure is white."""
BLURRED: Final = 0.2
"""Share of the expected fine detail below which a picture is out of focus: a
blur with a standard deviation of 0.6 % of the picture's width."""
SHARP: Final = 0.4
"""Share of it from which on the focus is back."""

_ROWS: Final = 6
_COLUMNS: Final = 8
_OVERLAY_CELLS: Final = _ROWS * _COLUMNS // 6
"""Cells that a burnt-in clock or logo may take: it stays when the view goes."""
_SMALL_WIDTH: Final = 64
_SURROUND: Final = 3
"""Radius of the surroundings, pixels of the small plane; shading is wider."""
_FLOOR: Final = 1.0
"""Gradient in luma levels a pixel of the small plane that stands out of noise."""
_NEAR: Final = 3
"""Displacement up to which a view still resembles itself."""
_LEAST_STRUCTURE: Final = 0.02
"""Share of the picture that must have edges to be known again."""
_MIN_HALF: Final = 2


class SceneFault(StrEnum):
    """Why a camera does not see what it should, in words for people."""

    BLACK = "the picture is black"
    WHITE = "the picture is white"
    COVERED = "the lens is covered"
    FROZEN = "the picture is frozen"
    DEFOCUSED = "the picture is out of focus"
    MOVED = "the view has changed: the camera was moved, or something stands before it"


_SOFT: Final = frozenset({SceneFault.MOVED, SceneFault.DEFOCUSED})


@dataclass(frozen=True, slots=True)
class _Look:
    """What the pictures of some seconds have in common.

    Attributes:
        field: complex64[h, w]: edge orientation as a doubled angle, times a
            weight of 0-1.
        median: Luma, 0-255.
        detail: By octave.
    """

    field: Field
    median: float
    detail: Detail


class _Exposure:
    """Averages pictures of one size into looks."""

    def __init__(self, height: int, width: int) -> None:
        """Fit the grid of cells into pictures of this size, pixels."""
        self._block = max(1, round(width / _SMALL_WIDTH))
        self._cell = (
            height // (self._block * _ROWS),
            width // (self._block * _COLUMNS),
        )
        self.shape = (height, width)
        self._rows = self._cell[0] * _ROWS * self._block
        self._columns = self._cell[1] * _COLUMNS * self._block
        self._sums: tuple[Plane, Plane] = (
            np.zeros((self._rows, self._columns), np.float32),
            np.zeros((self._rows, self._columns), np.float32),
        )
        self._count = 0

    @property
    def usable(self) -> bool:
        """Return whether pictures of this size are large enough to be judged."""
        return min(self._cell) >= 3

    @property
    def ready(self) -> bool:
        """Return whether both halves have a picture."""
        return self._count >= _MIN_HALF

    def add(self, luma: NDArray[np.uint8]) -> None:
        """Take a picture."""
        half = self._sums[self._count % 2]
        half += luma[: self._rows, : self._columns]
        self._count += 1

    def reset(self) -> None:
        """Begin anew."""
        for half in self._sums:
            half.fill(0)
        self._count = 0

    def finish(self, newest: NDArray[np.uint8]) -> _Look:
        """Return the look at the pictures taken, and begin anew."""
        first, second = self._sums
        first /= (self._count + 1) // 2
        second /= self._count // 2
        mean = self._shrink(np.float32(0.5) * (first + second))
        look = _Look(
            field=_orientation(mean - _surroundings(mean)),
            median=float(np.median(mean)),
            detail=detail(first, second, newest[: self._rows, : self._columns]),
        )
        self.reset()
        return look

    def _shrink(self, plane: Plane) -> Plane:
        """Return the means of square blocks."""
        block = self._block
        small: Plane = plane.reshape(
            self._rows // block, block, self._columns // block, block
        ).mean(axis=(1, 3))
        return small


class _View:
    """The usual view, learned from looks."""

    def __init__(self, look: _Look) -> None:
        """Take a look as the first guess."""
        self._field = look.field
        self._focus = Focus(look.detail)
        self._looks = 1
        self.familiarity = 0

    @property
    def usual(self) -> bool:
        """Return whether the view was seen for long enough to miss it."""
        return self.familiarity >= FAMILIAR_LOOKS

    def learn(self, look: _Look, gap: float, likeness: float) -> None:
        """Follow a look, `gap` seconds after the last, that is so like the view."""
        same = likeness >= SAME and _structure(look.field) >= _LEAST_STRUCTURE
        self.familiarity = min(
            2 * FAMILIAR_LOOKS, max(0, self.familiarity + (1 if same else -1))
        )
        self._looks += 1
        share = min(1.0, max(1 / self._looks, gap / LEARN_S))
        self._field = self._field + np.float32(share) * (look.field - self._field)
        self._focus.learn(look.detail, share)

    def compare(self, look: _Look) -> tuple[float, float]:
        """Compare a look with the view, without what a burnt-in clock may be.

        Returns:
            The likeness in standard deviations, and the look's share of the
            view's structure.
        """
        shared = (look.field * self._field.conj()).real
        cells = _cells(shared)
        kept = (
            cells
            <= np.partition(cells.ravel(), -_OVERLAY_CELLS - 1)[-_OVERLAY_CELLS - 1]
        )
        height, width = shared.shape[0] // _ROWS, shared.shape[1] // _COLUMNS
        mask = np.repeat(np.repeat(kept, height, 0), width, 1)
        field = np.where(mask, look.field, 0)
        before = _structure(self._field[mask])
        share = _structure(look.field[mask]) / before if before else 1.0
        return _likeness(field, self._field), share

    def sharpness(self, look: _Look) -> float | None:
        """Return the look's share of the expected fine detail, if it can be told."""
        return self._focus.sharpness(look.detail)


@dataclass(slots=True)
class _Course:
    """What belongs to one connection; media times in seconds.

    Attributes:
        previous: The newest picture.
        changed: When it first was as it is.
        begun: When the look in the making began.
        seen: The fault of the newest look.
        run: Looks in a row that showed it.
        since: When the looks began to show a fault, or none.
        told: The fault that was reported.
    """

    previous: NDArray[np.uint8] | None = None
    changed: float = 0.0
    begun: float | None = None
    seen: SceneFault | None = None
    run: int = 0
    since: float = 0.0
    told: SceneFault | None = None


class SceneChecker:
    """Watches over the health of one camera; not thread-safe.

    What it knows of the view survives a new connection. Times are media times
    in seconds.
    """

    def __init__(self, source_id: str = "") -> None:
        """Create a checker that knows no view yet.

        Args:
            source_id: Named in each Observation.
        """
        self._source_id = source_id
        self._exposure: _Exposure | None = None
        self._view: _View | None = None
        self._polled = False
        self._fault: SceneFault | None = None
        self._course = _Course()

    def connected(self, *, polled: bool = False) -> None:
        """Note a new connection, whose media time begins anew.

        Args:
            polled: Single pictures are asked for; a camera may repeat one.
        """
        self._polled = polled
        self._course = _Course()
        if self._exposure is not None:
            self._exposure.reset()

    def update(self, luma: NDArray[np.uint8], ts: float) -> list[Observation]:
        """Look at one picture.

        Args:
            luma: uint8[h, w]; another size than before starts anew.
            ts: Media time in seconds, rising.

        Returns:
            `SCENE_TAMPERED` when a fault has lasted long enough, or is another
            than before, `SCENE_RECOVERED` when it is over; `ts` in
            milliseconds of media time, at the beginning of either.
        """
        exposure = self._exposure
        if exposure is None or exposure.shape != luma.shape:
            self._exposure = exposure = _Exposure(*luma.shape)
            self._view = None
            self._course = _Course()
        if not exposure.usable:
            return []
        course = self._course
        if course.previous is None or not np.array_equal(course.previous, luma):
            course.previous, course.changed = luma.copy(), ts
        exposure.add(luma)
        if course.begun is None:
            course.begun = ts
        if ts - course.begun < LOOK_S or not exposure.ready:
            return []
        begun, course.begun = course.begun, None
        return self._follow(exposure.finish(luma), begun, ts)

    def _follow(self, look: _Look, begun: float, ts: float) -> list[Observation]:
        """Judge a look, and learn from it if it is sound."""
        course = self._course
        if self._view is None:
            self._view = _View(look)
            return []
        likeness, share = self._view.compare(look)
        seen = self._judge(self._view, look, likeness, share, ts)
        if seen is None and self._fault is None:
            self._view.learn(look, ts - begun, likeness)
        if seen is not course.seen:
            # A fault that turns into another goes on; only its name is new.
            if seen is None or course.seen is None:
                course.since = begun
            course.seen, course.run = seen, 0
        course.run += 1
        if seen is None:
            if self._fault is None or course.run < RECOVER_LOOKS:
                return []
            self._fault = course.told = None
            return [self._observe(ObservationKind.SCENE_RECOVERED, "")]
        if course.run >= (HOLD_SOFT_LOOKS if seen in _SOFT else HOLD_LOOKS):
            self._fault = seen
            if course.told is not seen:
                course.told = seen
                return [self._observe(ObservationKind.SCENE_TAMPERED, seen.value)]
        return []

    def _judge(
        self, view: _View, look: _Look, likeness: float, share: float, ts: float
    ) -> SceneFault | None:
        """Name the fault that a look shows; an open one needs more to be over."""
        faulty = self._fault is not None
        if (
            not self._polled
            and ts - self._course.changed >= FROZEN_S
            and _structure(look.field) >= _LEAST_STRUCTURE
        ):
            return SceneFault.FROZEN
        if not view.usual:
            return None
        # A blur leaves little of the view, and is none the less the same fault.
        blind = faulty and self._fault is not SceneFault.DEFOCUSED
        if likeness < (FOUND if blind else LOST):
            return _blindness(look, share)
        sharpness = view.sharpness(look)
        if sharpness is None:
            # Nightfall ends no blur.
            return self._fault if self._fault is SceneFault.DEFOCUSED else None
        if sharpness < (SHARP if faulty else BLURRED):
            return SceneFault.DEFOCUSED
        return None

    def _observe(self, kind: ObservationKind, reason: str) -> Observation:
        """Report what began at `since`."""
        return Observation(
            kind=kind,
            source_id=self._source_id,
            ts=round(self._course.since * 1000),
            key="scene",
            reason=reason,
        )


def _blindness(look: _Look, share: float) -> SceneFault:
    """Say why nothing of the usual view is left."""
    if share >= BLANK:
        return SceneFault.MOVED
    if look.median <= BLACK:
        return SceneFault.BLACK
    return SceneFault.WHITE if look.median >= WHITE else SceneFault.COVERED


def _orientation(plane: Plane) -> Field:
    """Return the edge orientations of a plane, complex64 of its shape."""
    y, x = np.gradient(plane)
    gradient = (x + 1j * y).astype(np.complex64)
    size = np.abs(gradient)
    turned = np.divide(gradient, size, out=np.zeros_like(gradient), where=size > 0)
    field: Field = turned**2 * (size / (size + _FLOOR))
    return field


def _surroundings(plane: Plane) -> Plane:
    """Return the mean of each pixel's square surroundings."""
    side = 2 * _SURROUND + 1
    # An odd reflection continues a slope, so that shading leaves nothing at the border.
    padded = np.pad(plane, _SURROUND, mode="reflect", reflect_type="odd")
    sums = np.pad(padded, ((1, 0), (1, 0))).cumsum(0, np.float64).cumsum(1)
    box = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]
    box += sums[:-side, :-side]
    means: Plane = (box / side**2).astype(np.float32)
    return means


def _structure(field: Field) -> float:
    """Return the share of pixels whose gradient stands out of noise."""
    # At the floor the weight is a half.
    return float(np.count_nonzero(np.abs(field) > 0.5) / max(1, field.size))


def _likeness(field: Field, other: Field) -> float:
    """Return how much better two fields agree in place than displaced.

    Returns:
        The best correlation within a pixel, in standard deviations of the
        correlations at all larger displacements; 0 where there is nothing.
    """
    spectrum = np.fft.fft2(field - field.mean())
    spectrum *= np.fft.fft2(other - other.mean()).conj()
    surface = np.fft.ifft2(spectrum).real
    rows, columns = (
        np.abs(np.fft.fftfreq(length, 1 / length)) for length in surface.shape
    )
    distance = np.maximum(rows[:, None], columns)
    spread = float(surface[distance > _NEAR].std())
    return float(surface[distance <= 1].max()) / spread if spread > 0 else 0.0


def _cells(plane: Plane) -> Plane:
    """Return the sums of the grid's cells."""
    height, width = plane.shape
    sums: Plane = plane.reshape(
        _ROWS, height // _ROWS, _COLUMNS, width // _COLUMNS
    ).sum(axis=(1, 3))
    return sums
