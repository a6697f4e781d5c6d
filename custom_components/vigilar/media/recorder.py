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
- A second stream, where there is one, is read into `Recorder.second`.
"""

from collections.abc import Callable
import logging
from pathlib import Path
import threading
import time
from typing import Any, Final

import av

from .clip import ClipError, ClipInfo, begin_part, is_usable_sound
from .pictures import STILL
from .recording import PART_S, MediaSink, RecorderSettings, Recording
from .ring import Entry, PacketRing, Track

__all__ = [
    "PART_S",
    "ClipInfo",
    "MediaSink",
    "MediaWriter",
    "Recorder",
    "RecorderSettings",
]

_LOGGER = logging.getLogger(__name__)

JOIN_TIMEOUT_S: Final = 30.0

_STEP_S: Final = 0.25
_BYTES_PER_MB: Final = 1_000_000


class MediaWriter:
    """The thread that writes the clips of all cameras."""

    def __init__(self) -> None:
        """Prepare a writer; nothing happens before `start`."""
        self._recordings: list[tuple[Recording, Callable[[], None]]] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._cpu_s = 0.0
        self._thread = threading.Thread(
            target=self._run, name="vigilar_media", daemon=True
        )

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds of the thread so far; callable from any thread."""
        return self._cpu_s

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End what is being written, and the thread; blocks.

        Close the recorders first.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(JOIN_TIMEOUT_S)

    def add(self, recording: Recording, on_done: Callable[[], None]) -> None:
        """Write a recording.

        Args:
            recording: Stepped by this thread from now on.
            on_done: Called on this thread once it is over.
        """
        with self._changed:
            self._recordings.append((recording, on_done))
            self._changed.notify()

    def _run(self) -> None:
        """Step the recordings until told to stop."""
        while True:
            with self._changed:
                if not self._stopping:
                    self._changed.wait(_STEP_S if self._recordings else None)
                stopping = self._stopping
                recordings = list(self._recordings)
            over = [each for each in recordings if _step(each[0], last=stopping)]
            self._cpu_s = time.thread_time()
            with self._changed:
                for each in over:
                    self._recordings.remove(each)
            for _, on_done in over:
                on_done()
            if stopping:
                return


def _step(recording: Recording, *, last: bool) -> bool:
    """Step a recording, whatever it raises; return whether it is over."""
    try:
        if not last:
            return recording.step(time.time())
        recording.stop()
        while not recording.step(time.time()):
            pass
    except Exception:
        _LOGGER.exception("A clip could not be written")
    return True


class Feed:
    """Where the packets of one stream of a camera go in; used by one thread."""

    def __init__(
        self, take: Callable[[Feed, Entry], None], lose: Callable[[Feed], None]
    ) -> None:
        """Create a feed.

        Args:
            take: Called with each packet.
            lose: Called when the connection is gone.
        """
        self._take = take
        self._lose = lose
        self._tracks: dict[bool, tuple[object, Track]] = {}

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
        track = self._track(data, sound=sound)
        lead = 0.0
        if isinstance(data, bytes):
            size = len(data)
        else:
            size = data.size
            if data.pts is not None and data.dts is not None and data.time_base:
                lead = float((data.pts - data.dts) * data.time_base)
        if size and (not sound or is_usable_sound(track)):
            entry = Entry(data, track, media, at, max(0.0, lead), keyframe, size)
            self._take(self, entry)

    def lost(self) -> None:
        """Note that the connection is gone; the next packet is of another one."""
        self._tracks.clear()
        self._lose(self)

    def _track(self, data: av.Packet[Any] | bytes, *, sound: bool) -> Track:
        """Return the track of a packet; a new one for a stream that is new.

        The stream is asked now, while it is open, for it will not be later.
        """
        stream: Any = None if isinstance(data, bytes) else data.stream
        known = self._tracks.get(sound)
        if known is not None and known[0] is stream:
            return known[1]
        if stream is None:
            track = Track(STILL)
        else:
            context = stream.codec_context
            track = Track(context.name, sound, bytes(context.extradata or b""))
        self._tracks[sound] = (stream, track)
        return track


class Recorder:
    """Records the events of one camera; thread-safe.

    Attributes:
        second: Where the packets of a second stream go in. While it gives pictures,
            those of the first stream are passed over.
        needed: Set while an event is being recorded, for a second stream that is
            connected only then.
    """

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
        self._source_id = source_id
        self._settings = settings
        self._sink = sink
        self._writer = writer
        self._ring = PacketRing(*_room(settings))
        self._first = Feed(self._take, self._lose)
        self.second = Feed(self._take, self._lose)
        self.needed = threading.Event()
        self._lock = threading.Lock()
        self._recordings: dict[str, Recording] = {}
        self._connected = False
        self._second_live = False
        self._closed = False

    @property
    def held_bytes(self) -> int:
        """Return the bytes of packets that are held in memory."""
        return self._ring.size

    def packet(
        self,
        data: av.Packet[Any] | bytes,
        *,
        media: float,
        at: float,
        keyframe: bool,
        sound: bool,
    ) -> None:
        """Take the next packet of the stream that is analysed, as `Feed.packet`."""
        self._first.packet(data, media=media, at=at, keyframe=keyframe, sound=sound)

    def lost(self) -> None:
        """Note that the stream that is analysed is gone."""
        self._first.lost()

    def configure(self, settings: RecorderSettings) -> None:
        """Go on with other settings; events that are going on keep theirs."""
        self._settings = settings
        self._ring.configure(*_room(settings))

    def begin(self, event_id: str, ts_ms: int, path_of: Callable[[int], Path]) -> None:
        """Record an event from its pre-roll on, and make its preview.

        Args:
            event_id: Names it to the sink; passed over if it is being recorded.
            ts_ms: When it began, Unix milliseconds.
            path_of: Returns the temporary file of a part, counted from 0; called on
                the writer's thread. Its folder exists. Beside it, under its name and
                `.remux`, another is written for a moment: a crash may leave both.
        """
        with self._lock:
            if self._closed or event_id in self._recordings:
                return
            recording = Recording(
                event_id,
                ts_ms / 1000,
                path_of,
                ring=self._ring,
                settings=self._settings,
                sink=self._sink,
                is_live=lambda: self._connected,
            )
            self._recordings[event_id] = recording
            self.needed.set()
        self._writer.add(recording, lambda: self._forget(event_id))

    def end(self, event_id: str, ts_ms: int) -> None:
        """Let the clip of an event end after its post-roll.

        Args:
            event_id: As given to `begin`; an unknown one is passed over.
            ts_ms: When it ended, Unix milliseconds.
        """
        with self._lock:
            if (recording := self._recordings.get(event_id)) is not None:
                recording.end(ts_ms / 1000)

    def copy(self, start_ms: int, end_ms: int, path: Path) -> ClipInfo | None:
        """Write what the ring holds of a time range; blocks.

        Args:
            start_ms: Unix milliseconds; the keyframe before it comes first.
            end_ms: Unix milliseconds.
            path: Of the MP4 file to write.

        Returns:
            What was written; None where the ring holds nothing of that time. It ends
            early where the camera changed in the middle.

        Raises:
            ClipError: It cannot be written.
        """
        entries = self._ring.between(start_ms / 1000, end_ms / 1000)
        if not entries:
            return None
        sound = next((entry for entry in entries if entry.track.sound), None)
        part = begin_part(path, entries[0], sound)
        try:
            for entry in entries:
                if not part.fits(entry):
                    break
                part.add(entry)
        except ClipError:
            part.abandon()
            raise
        return part.finish()

    def close(self) -> None:
        """End every recording soon, with what there is; more packets are passed over."""
        with self._lock:
            self._closed = True
            self._connected = False
            for recording in self._recordings.values():
                recording.stop()
        self._ring.interrupt()

    def _take(self, feed: Feed, entry: Entry) -> None:
        """Put a packet into the ring, if its stream is the one that is recorded."""
        with self._lock:
            if feed is self.second:
                self._second_live |= entry.keyframe and not entry.track.sound
            if self._closed or self._second_live != (feed is self.second):
                return
            self._connected = True
            self._ring.append(entry)

    def _lose(self, feed: Feed) -> None:
        """Wait for the next connection, or for the other stream's next keyframe."""
        with self._lock:
            if self._second_live != (feed is self.second):
                return
            self._second_live = False
            self._connected = False
            self._ring.interrupt()

    def _forget(self, event_id: str) -> None:
        """Take leave of a recording that is over."""
        with self._lock:
            del self._recordings[event_id]
            if not self._recordings:
                self.needed.clear()


def _room(settings: RecorderSettings) -> tuple[int, float]:
    """Return the bytes and the seconds of packets to hold."""
    return (
        settings.memory_mb * _BYTES_PER_MB,
        settings.pre_roll_s + settings.notice_s,
    )
