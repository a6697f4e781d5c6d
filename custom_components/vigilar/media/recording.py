"""One event on its way from the ring to the disk."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import logging
from pathlib import Path
import time
from typing import Any, Final, Protocol

from .clip import ClipError, ClipInfo, ClipPart, begin_part
from .preview import PREVIEW_S, make_preview
from .ring import MAX_TAKEN, Entry, PacketRing

_LOGGER = logging.getLogger(__name__)

PART_S: Final = 300.0
"""Longer events come in several parts."""
PROGRESS_S: Final = 1.0

_PREVIEW_AFTER_S: Final = 3.0
_PREVIEW_WITHIN_S: Final = 1.8
# So much is looked through for sound before a file says whether it has any.
_LISTEN_S: Final = 0.5
# A connected camera whose packets do not come is waited for so long.
_STALLED_S: Final = 10.0
_MAX_FAILURES: Final = 3


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
    notice_s: float = 10.0


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


class Recording:
    """Writes the clip and the preview of one event; stepped by one thread."""

    def __init__(
        self,
        event_id: str,
        ts: float,
        path_of: Callable[[int], Path],
        *,
        ring: PacketRing,
        settings: RecorderSettings,
        sink: MediaSink,
        is_live: Callable[[], bool],
    ) -> None:
        """Begin to read the ring at the pre-roll.

        Args:
            event_id: Names it to the sink.
            ts: When the event began, Unix seconds.
            path_of: Returns the temporary file of a part.
            ring: Of the camera.
            settings: Of the camera.
            sink: Told what becomes of it.
            is_live: Says whether the camera is connected.
        """
        self.event_id = event_id
        self._path_of = path_of
        self._ring = ring
        self._post_roll_s = settings.post_roll_s
        self._sink = sink
        self._is_live = is_live
        self._cursor = ring.open(ts - settings.pre_roll_s)
        self._end: float | None = None
        self._stopped = False
        self._pending: deque[Entry] = deque()
        self._part: ClipPart | None = None
        self._number = 0
        self._done = 0
        self._failures = 0
        self._given_up = False
        self._progressed = 0.0
        now = time.time()
        self._preview_end = ts + _PREVIEW_AFTER_S
        self._preview_due: float | None = min(
            now + _PREVIEW_WITHIN_S, max(now, self._preview_end)
        )

    def end(self, ts: float) -> None:
        """Let it end after the post-roll of an event that ended then, Unix seconds."""
        self._end = ts + self._post_roll_s

    def stop(self) -> None:
        """Let it end at the next step, with what there is."""
        self._stopped = True

    def step(self, now: float) -> bool:
        """Write what has come since the last step.

        Args:
            now: Unix seconds.

        Returns:
            Whether it is over; then it must not be stepped again.
        """
        entries, missed = self._ring.take(self._cursor)
        over = self._is_over(now) and len(entries) < MAX_TAKEN
        if missed:
            self._pending.clear()
            self._finish_part()
        self._pending.extend(entries)
        if over or not self._is_listening():
            over |= self._write_pending()
            if not entries and not self._is_live():
                self._finish_part()
            self._tell_progress()
        if self._preview_due is not None and (over or now >= self._preview_due):
            self._make_preview(now)
        over |= self._given_up and self._preview_due is None
        if over:
            self._finish_part()
            self._ring.close(self._cursor)
            self._tell(self._sink.recording_done, self._done)
        return over

    def _is_over(self, now: float) -> bool:
        """Return whether no more is to be waited for."""
        if self._end is None or self._stopped:
            return self._stopped
        return now >= self._end + (_STALLED_S if self._is_live() else 0.0)

    def _is_listening(self) -> bool:
        """Return whether to wait before a file begins: sound may still come."""
        if self._part is not None or not self._pending or not self._is_live():
            return False
        return self._pending[-1].media - self._pending[0].media < _LISTEN_S

    def _write_pending(self) -> bool:
        """Write what waits; return whether the end was among it."""
        while self._pending:
            entry = self._pending.popleft()
            if self._given_up:
                continue
            if self._end is not None and entry.at > self._end:
                if not entry.track.sound:
                    return True
                continue
            self._write(entry)
        return False

    def _write(self, entry: Entry) -> None:
        """Write a packet, to another part where it does not fit."""
        part = self._part
        try:
            if part is not None and not self._continues(part, entry):
                self._finish_part()
                part = None
            if part is None:
                if entry.track.sound or not entry.keyframe:
                    return
                part = self._part = self._begin_part(entry)
            part.add(entry)
        except ClipError as err:
            if self._part is None or err.disk_full:
                self._fail(err)
            elif self._finish_part():
                self._count_failure(err)

    def _continues(self, part: ClipPart, entry: Entry) -> bool:
        """Return whether a packet belongs to the part that is being written."""
        if entry.keyframe and not entry.track.sound and part.duration_s >= PART_S:
            return False
        return part.fits(entry)

    def _begin_part(self, entry: Entry) -> ClipPart:
        """Begin the next file."""
        sound = next((other for other in self._pending if other.track.sound), None)
        try:
            path = self._path_of(self._number)
        except OSError as err:
            raise ClipError(err) from err
        return begin_part(path, entry, sound)

    def _finish_part(self) -> bool:
        """Complete the file that is being written; return whether there is one now."""
        part = self._part
        if part is None:
            return False
        try:
            info = part.finish()
        except ClipError as err:
            self._part = None
            self._fail(err)
            return False
        self._part = None
        self._tell(self._sink.clip_done, self._number, info)
        self._number += 1
        self._done += 1
        self._progressed = 0.0
        return True

    def _fail(self, err: ClipError) -> None:
        """Give up a part."""
        if self._part is not None:
            self._part.abandon()
            self._part = None
        _LOGGER.warning("A clip %s", err)
        self._tell(self._sink.clip_failed, self._number, str(err))
        self._number += 1
        self._progressed = 0.0
        self._count_failure(err)

    def _count_failure(self, err: ClipError) -> None:
        """Give up where the next part would fail, too."""
        self._failures += 1
        self._given_up |= err.disk_full or self._failures >= _MAX_FAILURES

    def _tell_progress(self) -> None:
        """Tell of a part that has grown, once a second of it."""
        part = self._part
        if part is None or part.duration_s < self._progressed + PROGRESS_S:
            return
        info = part.info
        if info.bytes:
            self._progressed = part.duration_s
            self._tell(self._sink.clip_progress, self._number, info)

    def _make_preview(self, now: float) -> None:
        """Make the preview of what there is by now."""
        self._preview_due = None
        end = min(now, self._preview_end)
        start = end - PREVIEW_S
        try:
            webp = make_preview(self._ring.between(start, end), start, end)
        except Exception:
            _LOGGER.exception("A preview could not be made")
            return
        if webp is not None:
            self._tell(self._sink.preview_done, webp)

    def _tell(self, what: Callable[..., None], *about: Any) -> None:
        """Tell the sink something."""
        try:
            what(self.event_id, *about)
        except Exception:
            _LOGGER.exception("Media of an event could not be handed on")
