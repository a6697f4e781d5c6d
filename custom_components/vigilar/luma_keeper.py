"""Keeps what the analysis saw of the last events, so that they can be judged again."""

from collections.abc import Callable, Coroutine
import logging
from typing import Any, Final

from homeassistant.core import callback

from .coordinator import MOVEMENT_TYPES
from .events.media import MediaFile
from .media.library import MediaLibrary
from .media.states import state_of
from .models import Change, ChangeKind, Event, MediaKind, MediaState
from .vision.luma import LumaClip, LumaMemory, encode_clip

_LOGGER = logging.getLogger(__name__)

MAX_EVENTS: Final = 30
"""So many events of a camera are kept."""
MAX_BYTES: Final = 300_000_000
"""What is kept of all cameras takes no more."""

type Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class LumaKeeper:
    """Follows the stored changes of movements; on the event loop."""

    def __init__(
        self,
        library: MediaLibrary,
        memory_of: Callable[[str], LumaMemory | None],
        spawn: Spawn,
    ) -> None:
        """Keep nothing yet.

        Args:
            library: Where files are kept.
            memory_of: Returns the newest planes of a source; None without.
            spawn: Runs a coroutine, by a name, until it ends or Vigilar does.
        """
        self._library = library
        self._memory_of = memory_of
        self._spawn = spawn

    @callback
    def publish(self, change: Change) -> None:
        """Take out what belongs to an event, and keep it once it is over."""
        event = change.event
        memory = self._memory_of(event.source_id)
        if memory is None or event.type not in MOVEMENT_TYPES:
            return
        if change.kind is ChangeKind.NEW:
            clip = state_of(event.payload["media"], MediaKind.CLIP)
            if clip is not MediaState.NONE:
                memory.begin(event.id, event.ts / 1000)
        elif change.kind is ChangeKind.DELETED:
            memory.end(event.id)
        elif change.kind is ChangeKind.ENDED or memory.is_full(event.id):
            taken = memory.end(event.id)
            if taken is not None:
                self._spawn(self._async_keep(event, taken), "vigilar luma")

    async def of(self, source_id: str) -> list[MediaFile]:
        """Return what is kept of a source, newest event first.

        Raises:
            StoreError: The event database fails.
        """
        return await self._library.store.of_kind(MediaKind.LUMA, source_id)

    async def _async_keep(self, event: Event, clip: LumaClip) -> None:
        """Keep a clip; what takes long is not done in the library's queue."""
        data = await self._library.run(encode_clip, clip)
        self._library.submit(self._async_write, event, data)

    async def _async_write(self, event: Event, data: bytes) -> None:
        """Write a clip, and delete those that are too many."""
        await self._library.keep_aside(event, MediaKind.LUMA, data)
        dropped = (await self.of(event.source_id))[MAX_EVENTS:]
        size = 0
        for file in await self._library.store.of_kind(MediaKind.LUMA):
            size += file.bytes
            if size > MAX_BYTES and file not in dropped:
                dropped.append(file)
        if dropped:
            await self._library.drop(dropped)
