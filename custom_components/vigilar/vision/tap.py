"""Hands the packets of a camera on as they come, to whoever keeps them.

The times that it gives are those that Observations have, so that what is kept can
be cut where an event begins.
"""

from typing import Any, Protocol

import av

from .clock import StreamClock
from .source import Packet


class PacketTap(Protocol):
    """Takes every packet of a camera, on the camera's thread; must not block."""

    def packet(
        self,
        data: av.Packet[Any] | bytes,
        *,
        media: float,
        at: float,
        keyframe: bool,
        sound: bool,
    ) -> None:
        """Take the next packet.

        Args:
            data: Of the source, which is open.
            media: Its time of decoding in seconds from anywhere; never falls.
            at: The same as Unix time in seconds.
            keyframe: It can be decoded without those before it.
            sound: It holds sound.
        """

    def lost(self) -> None:
        """Learn that the connection is gone."""


class TapFeed:
    """Feeds a tap with the packets of one connection; not thread-safe."""

    def __init__(self, tap: PacketTap) -> None:
        """Create a feed that has seen nothing."""
        self._tap = tap
        self._clock = StreamClock()
        self._offset: float | None = None

    def put(self, packet: Packet, arrival: float, read_s: float) -> None:
        """Hand a packet on.

        Args:
            packet: As read.
            arrival: `time.monotonic()` when it was read.
            read_s: How long the read took.
        """
        if packet.sound:
            media = self._sound_time(packet.ts)
            if media is None:
                return
        else:
            self._clock.arrived(packet.ts, arrival, read_s)
            media = self._clock.media(packet.ts, arrival)
            self._offset = None if packet.ts is None else media - packet.ts
        self._tap.packet(
            packet.data,
            media=media,
            at=media + self._clock.to_wall,
            keyframe=packet.keyframe,
            sound=packet.sound,
        )

    def lost(self) -> None:
        """Tell that the connection is gone."""
        self._tap.lost()

    def _sound_time(self, ts: float | None) -> float | None:
        """Return the time of sound on the axis of the pictures; None where unknown."""
        return None if ts is None or self._offset is None else ts + self._offset
