"""OpenCV's MOG2 as a yardstick for what motion costs and finds."""

from collections.abc import Iterator
from pathlib import Path
import time
from typing import Any, Final

from av.video.frame import VideoFrame
import cv2
import numpy as np
from numpy.typing import NDArray

from custom_components.vigilar.vision.source import (
    SourceError,
    SourceFailure,
    open_file,
)

from .truth import Found

WIDTH: Final = 320
LEAST_SHARE: Final = 0.001
"""Share of the image that a blob must cover to count."""
QUIET_S: Final = 1.0
"""Seconds without a blob that end an event: as much as the truth is uncertain."""


class Yardstick:
    """A background subtractor as most use it: 320 px wide, opened, small blobs dropped.

    Attributes:
        seconds: Of the processor, so far.
        frames: Looked at so far.
    """

    def __init__(self) -> None:
        """Create one that knows no scene."""
        self._subtractor = cv2.createBackgroundSubtractorMOG2(detectShadows=False)
        self._square = np.ones((3, 3), np.uint8)
        self.seconds = 0.0
        self.frames = 0

    def sees(self, luma: NDArray[np.uint8]) -> bool:
        """Look at a frame.

        Args:
            luma: uint8[h, w] in full resolution.

        Returns:
            Whether something moves.
        """
        begin = time.thread_time()
        height = round(luma.shape[0] * WIDTH / luma.shape[1])
        small = cv2.resize(luma, (WIDTH, height), interpolation=cv2.INTER_AREA)
        mask = self._subtractor.apply(small)
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._square)
        areas = cv2.connectedComponentsWithStats(opened)[2][1:, cv2.CC_STAT_AREA]
        self.seconds += time.thread_time() - begin
        self.frames += 1
        return bool((areas > LEAST_SHARE * small.size).any())


def measure_file(path: Path, fps: float) -> tuple[list[Found], Yardstick]:
    """Run the yardstick over a file.

    Args:
        path: The file.
        fps: Frames looked at a second.

    Returns:
        The events, one wherever blobs are less than `QUIET_S` apart, and what it took.

    Raises:
        SourceError: The file cannot be read.
    """
    yardstick = Yardstick()
    spans: list[list[float]] = []
    for frame, ts in pictures_of(path, fps):
        if not yardstick.sees(luma_of(frame)):
            continue
        if spans and ts - spans[-1][1] < QUIET_S:
            spans[-1][1] = ts + 1 / fps
        else:
            spans.append([ts, ts + 1 / fps])
    return [Found(begin, end, begin) for begin, end in spans], yardstick


def pictures_of(path: Path, fps: float) -> Iterator[tuple[VideoFrame, float]]:
    """Decode a file.

    Args:
        path: The file.
        fps: Pictures a second that are wanted.

    Yields:
        A picture and its time in seconds.

    Raises:
        SourceError: The file cannot be read.
    """
    due = 0.0
    source = open_file(path)
    try:
        while True:
            try:
                packet = source.read()
            except SourceError as err:
                if err.failure is not SourceFailure.ENDED:
                    raise
                break
            for picture in source.decode(packet) if packet is not None else ():
                ts = picture.ts or 0.0
                if ts < due - 0.01:
                    continue
                due = max(due + 1 / fps, ts + 0.5 / fps)
                yield picture.frame, ts
    finally:
        source.close()


def luma_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """Return the brightness of a frame in full resolution, without a copy.

    Args:
        frame: Of a planar format.

    Returns:
        uint8[h, w].
    """
    plane: Any = frame.planes[0]
    rows: NDArray[np.uint8] = np.frombuffer(plane, np.uint8).reshape(
        -1, plane.line_size
    )
    return rows[: frame.height, : frame.width]
