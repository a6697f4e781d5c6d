"""From the writer's thread to the library: what the recorder has made."""

from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
import logging
from typing import Any

from ..events.media import MediaFile
from ..models import MediaKind, MediaState
from . import files, states
from .library import MediaLibrary
from .recorder import ClipInfo

_LOGGER = logging.getLogger(__name__)


class LibrarySink:
    """A `MediaSink` that keeps what it is told of in the library."""

    def __init__(self, library: MediaLibrary, loop: AbstractEventLoop) -> None:
        """Initialize a sink.

        Args:
            library: Its methods are called on the loop.
            loop: The event loop.
        """
        self._library = library
        self._loop = loop
        self._live: set[str] = set()

    def clip_progress(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Let the event say, once, that its clip can be played while it grows."""
        if part == 0 and event_id not in self._live:
            self._live.add(event_id)
            self._hand_over(self._say_live, event_id)

    def clip_done(self, event_id: str, part: int, info: ClipInfo) -> None:
        """Give a complete part its name; then the library may keep it."""
        recording = self._library.recordings[event_id]
        path = recording.path(part)
        try:
            files.publish(recording.unfinished(part), path)
        except OSError as err:
            self._hand_over(self._fail, event_id, err)
            return
        file = MediaFile(
            event_id=event_id,
            kind=MediaKind.CLIP,
            part=part,
            root=str(recording.root),
            path=path.relative_to(recording.root).as_posix(),
            bytes=info.bytes,
            start_ts=info.start_ts,
            duration_ms=round(info.duration_s * 1000),
        )
        self._hand_over(self._library.keep_written, [file])

    def clip_failed(self, event_id: str, part: int, reason: str) -> None:
        """Let the event say why it has no clip, if it has none so far."""
        try:
            files.check(self._library.recordings[event_id].root)
        except OSError as err:
            self._hand_over(self._fail, event_id, err)
        else:
            self._hand_over(self._say_failed, event_id, reason)

    def preview_done(self, event_id: str, webp: bytes) -> None:
        """Keep the preview."""
        event = self._library.recordings[event_id].event
        self._hand_over(self._library.keep, event, {MediaKind.PREVIEW: webp})

    def recording_done(self, event_id: str, parts: int) -> None:
        """Let go of the event."""
        self._live.discard(event_id)
        self._hand_over(self._finish, event_id)

    def _hand_over(self, job: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Queue a job of the library from this thread."""
        try:
            self._loop.call_soon_threadsafe(self._library.submit, job, *args)
        except RuntimeError:
            # The loop closed under us: Home Assistant has ended.
            _LOGGER.debug("A clip outlived the event loop")

    async def _say_live(self, event_id: str) -> None:
        """Let an event say that its clip can be played while it grows."""
        self._library.say(event_id, {MediaKind.CLIP: states.live(event_id)})

    async def _say_failed(self, event_id: str, reason: str) -> None:
        """Let an event say why it has no clip."""
        self._library.say(event_id, {MediaKind.CLIP: states.failed(reason)})

    async def _fail(self, event_id: str, err: OSError) -> None:
        """Let an event say that its clip could not be written; make room for the next."""
        self._library.fail(event_id, [MediaKind.CLIP], err)
        await self._library.retention.make_room(self._library.root)

    async def _finish(self, event_id: str) -> None:
        """Let go of an event: what did not come so far will not."""
        self._library.recordings.pop(event_id, None)
        nothing = states.failed(states.WHY_NOTHING)
        self._library.say(
            event_id,
            {MediaKind.CLIP: nothing, MediaKind.PREVIEW: nothing},
            only={MediaState.PENDING},
        )
