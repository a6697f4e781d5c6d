"""Recompose OpenCV's `vtest.avi` into the demo camera's clip.

The original shows a busy square that is never empty. Here two of its walkers
are lifted out of it by their difference from the median background and put
back on that background, one after the other and then together, with quiet
between. Both enter and leave at an edge of the cropped picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
import sys
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt

type Image = npt.NDArray[np.uint8]
type Plane = npt.NDArray[np.float32]

FPS: Final = 10
KEYFRAME_INTERVAL: Final = 2 * FPS
# Left, top, width, height: the part of the picture whose edges both walkers cross.
CROP: Final = (110, 0, 560, 420)
SIZE: Final = (640, 480)
QUIET_SECONDS: Final = 9.5
# The second walker of the last scene follows after this many frames.
SECOND_WALKER_DELAY: Final = 45
NOISE_SIGMA: Final = 1.0


@dataclass(frozen=True)
class Walker:
    """One person's way through the original.

    Attributes:
        start: First frame.
        end: Frame after the last.
        path: Frame number → box (x, y, w, h) around the person; in between
            it is interpolated.
        margin: Pixels around the box in which the person's outline is looked for.
        stand_ins: Frames in which somebody else hides the person → the frame
            whose look is used instead, moved to where the person must be.
        crowded: Frames (first, last) in which others come so close that the
            box is taken without a margin.
    """

    start: int
    end: int
    path: dict[int, tuple[int, int, int, int]]
    margin: int
    stand_ins: dict[int, int]
    crowded: tuple[int, int] = (0, -1)

    def box(self, frame: int) -> tuple[int, int, int, int]:
        """Return the interpolated box of a frame."""
        known = sorted(self.path)
        columns = np.array([self.path[key] for key in known], dtype=np.float64).T
        x, y, w, h = (
            round(float(np.interp(frame, known, column))) for column in columns
        )
        return x, y, w, h


RED_JACKET: Final = Walker(
    start=430,
    end=564,
    path={
        420: (751, 287, 17, 105),
        432: (671, 267, 33, 101),
        444: (590, 250, 33, 98),
        448: (575, 245, 30, 95),
        451: (560, 242, 32, 95),
        454: (546, 235, 28, 95),
        457: (530, 230, 30, 92),
        460: (512, 228, 30, 88),
        463: (498, 223, 26, 92),
        466: (482, 216, 25, 92),
        469: (463, 214, 29, 88),
        472: (448, 210, 27, 85),
        475: (433, 206, 27, 84),
        478: (416, 206, 31, 82),
        481: (400, 202, 25, 85),
        488: (368, 194, 27, 84),
        496: (324, 188, 28, 80),
        504: (282, 186, 36, 78),
        512: (252, 182, 36, 76),
        520: (224, 178, 28, 74),
        528: (194, 172, 28, 74),
        536: (168, 168, 30, 72),
        544: (146, 166, 26, 70),
        552: (122, 166, 22, 68),
        560: (82, 168, 30, 70),
    },
    margin=12,
    stand_ins={frame: frame - 10 for frame in range(457, 465)}
    | {471: 469, 472: 468, 473: 467, 474: 467, 475: 468, 476: 469, 477: 470},
    crowded=(455, 486),
)

BLACK_COAT: Final = Walker(
    start=618,
    end=714,
    path={
        616: (360, 424, 45, 152),
        624: (360, 411, 52, 150),
        632: (350, 392, 50, 150),
        640: (336, 384, 52, 145),
        648: (336, 376, 52, 142),
        656: (320, 362, 48, 138),
        664: (270, 350, 48, 132),
        672: (215, 338, 66, 130),
        680: (150, 328, 52, 125),
        688: (115, 312, 52, 120),
        696: (105, 296, 50, 115),
        704: (86, 276, 44, 106),
        714: (45, 262, 44, 102),
    },
    margin=16,
    stand_ins={},
)

# The lamp post and its sign stand before everybody who passes behind them.
FOREGROUND: Final = ((412, 201, 35, 44), (427, 120, 11, 125))


def read_frames(path: Path) -> list[Image]:
    """Decode every frame as BGR."""
    with av.open(str(path)) as container:
        return [
            np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
            for frame in container.decode(video=0)
        ]


def outline(
    frame: Image, background: Image, box: tuple[int, int, int, int], margin: int
) -> Plane:
    """Return the opacity (0-1) of what differs from the background near a box."""
    difference = cv2.absdiff(
        cv2.GaussianBlur(frame, (3, 3), 0), cv2.GaussianBlur(background, (3, 3), 0)
    )
    strength = difference.max(axis=2)
    solid = cv2.morphologyEx(
        (strength > 24).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)
    )
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((7, 5), np.uint8))
    # A soft rim carries contact shadows and blurred edges without a halo.
    reach = cv2.dilate(solid, np.ones((7, 7), np.uint8))
    rim = np.clip((strength.astype(np.float32) - 9.0) / 18.0, 0.0, 1.0) * reach
    x, y, w, h = box
    near = np.zeros(strength.shape, np.float32)
    near[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin] = 1.0
    opacity = np.maximum(solid.astype(np.float32), rim) * near
    return np.asarray(cv2.GaussianBlur(opacity, (3, 3), 0), dtype=np.float32)


def put(
    canvas: Image, frames: list[Image], background: Image, walker: Walker, frame: int
) -> None:
    """Draw a walker as in the given frame of the original."""
    looks = walker.stand_ins.get(frame, frame)
    crowded = walker.crowded[0] <= looks <= walker.crowded[1]
    box = walker.box(looks)
    opacity = outline(frames[looks], background, box, 2 if crowded else walker.margin)
    person = frames[looks]
    if looks != frame:
        there = walker.box(frame)
        shift = np.array(
            [[1, 0, there[0] - box[0]], [0, 1, there[1] + there[3] - box[1] - box[3]]],
            dtype=np.float32,
        )
        size = (opacity.shape[1], opacity.shape[0])
        opacity = np.asarray(cv2.warpAffine(opacity, shift, size), dtype=np.float32)
        person = np.asarray(cv2.warpAffine(person, shift, size), dtype=np.uint8)
        for x, y, w, h in FOREGROUND:
            opacity[y : y + h, x : x + w] = 0.0
    mixed = canvas + (person.astype(np.float32) - canvas) * opacity[:, :, None]
    canvas[:] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def schedule() -> Iterator[list[tuple[Walker, int]]]:
    """Yield, for each frame of the clip, who is to be seen and as in which frame."""
    quiet: list[list[tuple[Walker, int]]] = [[]] * round(QUIET_SECONDS * FPS)
    yield from quiet
    yield from (
        [(RED_JACKET, frame)] for frame in range(RED_JACKET.start, RED_JACKET.end)
    )
    yield from quiet
    yield from (
        [(BLACK_COAT, frame)] for frame in range(BLACK_COAT.start, BLACK_COAT.end)
    )
    yield from quiet
    behind = BLACK_COAT.start - RED_JACKET.start - SECOND_WALKER_DELAY
    for frame in range(RED_JACKET.start, BLACK_COAT.end - behind):
        both = ((RED_JACKET, frame), (BLACK_COAT, frame + behind))
        yield [(who, when) for who, when in both if who.start <= when < who.end]
    yield from quiet


def compose(frames: list[Image]) -> Iterator[Image]:
    """Yield the clip's frames, BGR, in the clip's size."""
    background = np.median(np.stack(frames[::5]), axis=0).astype(np.uint8)
    random = np.random.default_rng(1)
    x, y, w, h = CROP
    for cast in schedule():
        canvas = background.copy()
        for walker, frame in cast:
            put(canvas, frames, background, walker, frame)
        picture = cv2.resize(
            canvas[y : y + h, x : x + w], SIZE, interpolation=cv2.INTER_CUBIC
        )
        grain = random.normal(0.0, NOISE_SIGMA, picture.shape[:2])[:, :, None]
        yield np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)


def encode(pictures: Iterator[Image], path: Path) -> None:
    """Write H.264 with closed groups of pictures and no B-frames."""
    options = {
        "crf": "27",
        "preset": "veryslow",
        "profile": "main",
        "x264-params": f"bframes=0:open-gop=0:keyint={KEYFRAME_INTERVAL}:min-keyint={KEYFRAME_INTERVAL}:scenecut=0",
    }
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for picture in pictures:
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24"))
            )
        container.mux(stream.encode(None))


def main() -> None:
    """Recompose the file named first into the file named second."""
    source, target = map(Path, sys.argv[1:3])
    unfinished = target.with_name(f".{target.name}")
    encode(compose(read_frames(source)), unfinished)
    unfinished.replace(target)


if __name__ == "__main__":
    main()
