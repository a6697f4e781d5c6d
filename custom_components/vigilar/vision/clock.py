"""Media time to wall time, whose turn it is, and how far the analysis has fallen behind."""

from math import ceil
import time
from typing import Final

WAITED_S: Final = 0.003
"""A read that took so long had to wait: nothing was queued."""
MAX_BACKWARD_S: Final = 1.0
MAX_FORWARD_S: Final = 10.0
"""Jumps beyond these are a source that began anew, not time that passed."""
PACE_RISE: Final = 0.02
"""Seconds a second by which a delay that lasts is believed."""
JITTER: Final = 0.25
"""How much sooner than due a frame may come, as a share of the period."""


class Grid:
    """Chooses frames so that so many a second are chosen; not thread-safe."""

    def __init__(self, fps: float) -> None:
        """Begin with the first frame.

        Args:
            fps: How many a second; all of a source that has fewer.
        """
        self._period = 1 / fps
        self._due: float | None = None
        self._last = 0.0

    def pace(self, fps: float) -> None:
        """Choose so many frames a second from the next one on."""
        self._period = 1 / fps

    def takes(self, ts: float) -> bool:
        """Return whether a frame is chosen.

        Args:
            ts: Its time in seconds; a time that falls far begins anew.
        """
        if ts < self._last - MAX_BACKWARD_S:
            self._due = None
        self._last = ts
        if self._due is None:
            self._due = ts + self._period
            return True
        if ts < self._due - self._period * JITTER:
            return False
        # Due times stay on one grid, so that a pause, as of a gate, changes no frame
        # that is chosen after it; one that came too late is due with the next.
        late = (ts - self._due) / self._period + JITTER
        self._due += self._period * max(1, ceil(late))
        return True


class StreamClock:
    """The clock of one live connection; not thread-safe.

    Cameras count from anywhere, jump when they loop or are set, and may give
    no times at all. What comes out rises, and keeps the pace of the source.
    """

    def __init__(self) -> None:
        """Create a clock that has seen nothing."""
        self._offset: float | None = None
        self._shift = 0.0
        self._last_packet: float | None = None
        self._last: float | None = None
        self._last_arrival = 0.0
        self._pace = 0.0
        self._lag = 0.0

    @property
    def lag(self) -> float:
        """Return how many seconds the newest packet has waited to be read."""
        return self._lag

    def arrived(self, ts: float | None, arrival: float, read_s: float) -> None:
        """Note a packet.

        Args:
            ts: Its media time in seconds, None where unknown.
            arrival: `time.monotonic()` when it was read.
            read_s: How long the read took.
        """
        before, self._last_packet = self._last_packet, ts
        if ts is None:
            return
        if (
            before is not None
            and not before - MAX_BACKWARD_S <= ts <= before + MAX_FORWARD_S
        ):
            self._shift += before - ts
            self._offset = None
        offset = arrival - ts
        # Whatever age a packet has that was waited for, it is the network's,
        # not ours.
        if self._offset is None or read_s >= WAITED_S or offset < self._offset:
            self._offset = offset
        self._lag = offset - self._offset

    def media(self, ts: float | None, arrival: float) -> float:
        """Return the media time of a picture, never falling.

        Args:
            ts: What the source says, in seconds, None where it says nothing.
            arrival: `time.monotonic()` when its packet was read.

        Returns:
            Seconds.
        """
        last = self._last
        if last is None:
            value = arrival if ts is None else ts + self._shift
        else:
            value = last + max(0.0, arrival - self._last_arrival)
            if (
                ts is not None
                and last - MAX_BACKWARD_S <= ts + self._shift <= last + MAX_FORWARD_S
            ):
                value = max(last, ts + self._shift)
        self._keep_pace(arrival - value, arrival)
        self._last = value
        self._last_arrival = arrival
        return value

    def _keep_pace(self, age: float, arrival: float) -> None:
        """Follow the pictures that came soonest; the others were held up on the way."""
        risen = self._pace + PACE_RISE * (arrival - self._last_arrival)
        known = self._last is not None and age <= self._pace + MAX_FORWARD_S
        self._pace = min(age, risen) if known else age

    @property
    def to_wall(self) -> float:
        """Return what to add to a media time, in seconds, to get Unix time.

        It holds still while pictures come in bursts, as from a playlist of
        segments, so that durations keep the pace of the source.
        """
        return time.time() - time.monotonic() + self._pace
