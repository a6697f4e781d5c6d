"""What media go, and when: by age, by size, by the room that is left."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
import logging
from pathlib import Path
from typing import Any, Final, Protocol

from ..events.media import MediaStore
from ..models import Severity
from . import files

_LOGGER = logging.getLogger(__name__)

MS_PER_DAY: Final = 86_400_000
BATCH: Final = 100

DEFAULT_DAYS: Final[Mapping[Severity, int]] = {
    Severity.INFO: 2,
    Severity.WARNING: 7,
    Severity.ALERT: 14,
    Severity.CRITICAL: 30,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a user wants kept.

    Attributes:
        days: Days that media are kept after the end of their event, by severity.
        max_bytes: What all media may take together, or None.
    """

    days: Mapping[Severity, int] = field(default_factory=lambda: DEFAULT_DAYS)
    max_bytes: int | None = None

    def before_ms(self, now: int) -> dict[Severity, int]:
        """Return what events must have ended before to be too old.

        Args:
            now: Unix milliseconds.
        """
        return {
            severity: now - days * MS_PER_DAY for severity, days in self.days.items()
        }


class Run(Protocol):
    """Does what blocks on a thread."""

    async def __call__[T](self, job: Callable[..., T], *args: Any) -> T:
        """Do it and return what it returns."""


class Retention:
    """Deletes media that are too old or too many, least severe and oldest first."""

    def __init__(
        self,
        store: MediaStore,
        dispose: Callable[[list[str]], Awaitable[None]],
        run: Run,
    ) -> None:
        """Initialize with the default policy.

        Args:
            store: What there is.
            dispose: Deletes the media of events by their ids.
            run: Does what blocks on a thread.
        """
        self.policy = Policy()
        self._store = store
        self._dispose = dispose
        self._run = run
        # Held from the choice of what goes until it is gone.
        self.deleting = asyncio.Lock()

    async def tidy(self, root: Path, now: int) -> None:
        """Delete what is to go.

        Args:
            root: The folder whose disk keeps its reserve.
            now: Unix milliseconds.

        Raises:
            StoreError: The event database fails.
        """
        async with self.deleting:
            before_ms = self.policy.before_ms(now)
            while old := await self._store.expired(before_ms, BATCH):
                await self._dispose([event_id for event_id, _ in old])
            await self._keep_limit()
        await self.make_room(root)

    async def make_room(self, root: Path) -> None:
        """Delete as much as the folder's disk lacks of its reserve.

        Not until it is there: a file system may take its time to count what was
        deleted as free, and by then nothing would be left.

        Raises:
            StoreError: The event database fails.
        """
        async with self.deleting:
            lacking = await self._lacking(root)
            if lacking and not await self._free(lacking, str(root)):
                _LOGGER.debug("There is nothing to delete for the disk's reserve")

    async def _keep_limit(self) -> None:
        """Delete until all media together are within the limit."""
        if self.policy.max_bytes is None:
            return
        excess = await self._store.size() - self.policy.max_bytes
        if excess > 0:
            await self._free(excess)

    async def _free(self, size: int, root: str | None = None) -> bool:
        """Delete so many bytes of media, and not more events than it takes.

        Args:
            size: Bytes.
            root: Only what is in this folder; None for all.

        Returns:
            Whether anything was deleted.
        """
        deleted = False
        while size > 0 and (candidates := await self._store.disposable(BATCH, root)):
            chosen = []
            for event_id, its_bytes in candidates:
                chosen.append(event_id)
                size -= its_bytes
                if size <= 0:
                    break
            await self._dispose(chosen)
            deleted = True
        return deleted

    async def _lacking(self, root: Path) -> int:
        """Return how many bytes are missing from the reserve; 0 where that is unknown."""
        try:
            space = await self._run(files.measure, root)
        except OSError:
            return 0
        return space.lacking
