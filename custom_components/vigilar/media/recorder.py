"""Clips and previews of one camera, made of the packets that it sends anyway.

A `Recorder` a camera keeps the newest packets in memory. `begin` and `end` frame an
event; one `MediaWriter` thread for all cameras takes what belongs to it out of the
rings and writes it to disk. The camera's thread only appends to the ring, so a slow
disk delays clips and nothing else.

How the parts fit together:

- The coordinator gives the recorder to `CameraWorker` as its `tap`, and so has
  `packet` and `lost` called on the camera's thread.
- Who follows the events calls `begin` and `end`, from any thread.
- What becomes of it is told to the `MediaSink`, on the writer's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import av

PART_S: Final = 300.0
"""Longer events come in several parts."""


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """What is kept of a camera.

    Attributes:
        pre_roll_s: Seconds before an event that its clip shows, 0-60.
        post_roll_s: Seconds after an event that its clip shows, 0-60.
        memory_mb: Megabytes of packets that are held in memory at most.
        notice_s: So many seconds after its beginning an event may become known.
    """

    pre_roll_s: float = 5.0
    post_roll_s: float = 5.0
    memory_mb: int = 32
    notice_s: float = 8.0


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A part of a clip, as far as it is written.

    Attributes:
        start_ts: Of its first picture, Unix milliseconds.
        duration_s: Seconds.
        width: Pixels.
        height: Pixels.
        codec: FFmpeg's name of the video codec.
        bytes: Of the file.
    """

    start_ts: int
    duration_s: float
    width: int
    height: int
    codec: str
    bytes: int


class MediaSink(Protocol):
    """Learns what becomes of the media; called on the writer's thread, in order.

    Must not block for long: while it does, no camera's clip is written. What it
    raises is logged and has no consequences.
    """

    def clip_progress(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Learn that a part has grown: what is written of it can be played."""

    def clip_done(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Learn that a part is complete.

        The file at `path_of(part)` is an MP4 with its index in front, is synced to
        disk and will not be touched again: rename it now. More parts may follow.
        """

    def clip_failed(self, event_id: str, part: int, reason: str) -> None:
        """Learn that a part could not be written, in words for people.

        Its file is gone; parts before it are unharmed.
        """

    def preview_done(self, event_id: str, webp: bytes) -> None:
        """Take the preview, an animated WebP; at most once an event, maybe never."""

    def recording_done(self, event_id: str, parts: int) -> None:
        """Learn that no more is to come of an event; the last call about it.

        Args:
            event_id: As given to `begin`.
            parts: How many are complete: 0 where nothing could be recorded.
        """


class MediaWriter:
    """The thread that writes the clips of all cameras."""

    def start(self) -> None:
        """Start the thread."""
        raise NotImplementedError

    def close(self) -> None:
        """End what is being written, and the thread; blocks.

        Close the recorders first.
        """
        raise NotImplementedError


class Recorder:
    """Records the events of one camera; thread-safe."""

    def __init__(
        self,
        source_id: str,
        settings: RecorderSettings,
        sink: MediaSink,
        writer: MediaWriter,
    ) -> None:
        """Prepare a recorder that holds nothing.

        Args:
            source_id: Names the camera in logs.
            settings: What is kept.
            sink: Told what becomes of the media.
            writer: Shared with the other cameras.
        """
        raise NotImplementedError

    def packet(
        self,
        data: av.Packet[Any] | bytes,
        *,
        media: float,
        at: float,
        keyframe: bool,
        sound: bool,
    ) -> None:
        """Take the next packet; called on the camera's thread for every one.

        Args:
            data: Of a stream, whose container is open; or a JPEG or PNG file.
            media: Its time of decoding in seconds from anywhere; never falls.
            at: The same as Unix time in seconds.
            keyframe: It can be decoded without those before it.
            sound: It holds sound.
        """
        raise NotImplementedError

    def lost(self) -> None:
        """Note that the connection is gone; the next packet is of another one."""
        raise NotImplementedError

    def configure(self, settings: RecorderSettings) -> None:
        """Go on with other settings; events that are going on keep theirs."""
        raise NotImplementedError

    def begin(self, event_id: str, ts_ms: int, path_of: Callable[[int], Path]) -> None:
        """Record an event from its pre-roll on, and make its preview.

        Args:
            event_id: Names it to the sink; unknown so far.
            ts_ms: When it began, Unix milliseconds.
            path_of: Returns the temporary file of a part, counted from 0; called on
                the writer's thread. Its folder exists. Beside it, under its name and
                `.remux`, another is written for a moment: a crash may leave both.
        """
        raise NotImplementedError

    def end(self, event_id: str, ts_ms: int) -> None:
        """Let the clip of an event end after its post-roll.

        Args:
            event_id: As given to `begin`; an unknown one is passed over.
            ts_ms: When it ended, Unix milliseconds.
        """
        raise NotImplementedError

    def copy(self, start_ms: int, end_ms: int, path: Path) -> ClipInfo | None:
        """Write what the ring holds of a time range; blocks.

        Args:
            start_ms: Unix milliseconds; the keyframe before it comes first.
            end_ms: Unix milliseconds.
            path: Of the MP4 file to write.

        Returns:
            What was written; None where the ring holds nothing of that time.

        Raises:
            OSError: It cannot be written.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End every recording now, with what there is; more packets are passed over."""
        raise NotImplementedError
