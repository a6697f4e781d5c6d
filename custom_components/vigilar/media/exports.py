"""Copies to take away: a bundle of an event, a clip of any time of a camera.

They lie in a folder of their own below the media's, under names of ids alone, can
be fetched for a day, and count as media do.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import json
import logging
import os
from pathlib import Path
import shutil
import threading
from typing import Any, Final

from ulid_transform import ulid_now

from ..events.clock import wall_ms
from ..events.exports import ExportFile, ExportStore
from ..events.media import MediaFile
from ..events.store import EventStore
from ..models import Event, MediaKind
from . import files, states
from .clip import ClipError
from .copying import Member, Piece, cover, cut, pack
from .library import MediaLibrary, Trouble, trouble_of
from .recorder import Recorder

_LOGGER = logging.getLogger(__name__)

URL: Final = "/api/vigilar/exports"
# No source has such an id.
FOLDER: Final = ".exports"
KEPT_MS: Final = 86_400_000
# Whoever may see a camera may export, and must not displace all media by it.
MAX_WAITING: Final = 4
MAX_SHARE: Final = 4
MAX_BYTES: Final = 10 * files.GIGABYTE

_BUNDLED: Final = frozenset({MediaKind.CLIP, MediaKind.SNAPSHOT})

CONTENT_TYPES: Final = {".zip": "application/zip", ".mp4": "video/mp4"}


class ExportProblem(StrEnum):
    """Why there is no export, in words for people."""

    NOTHING = states.WHY_NOTHING
    BUSY = "others are being made"
    STOPPED = "Vigilar is being stopped"
    DISK_FULL = states.WHY_DISK_FULL
    NO_FOLDER = states.WHY_NO_FOLDER
    NOT_WRITTEN = states.WHY_NOT_WRITTEN


_PROBLEMS: Final[Mapping[Trouble | None, ExportProblem]] = {
    Trouble.DISK_FULL: ExportProblem.DISK_FULL,
    Trouble.NO_FOLDER: ExportProblem.NO_FOLDER,
    None: ExportProblem.NOT_WRITTEN,
}


class ExportError(Exception):
    """An export cannot be made.

    Attributes:
        problem: Why.
    """

    def __init__(self, problem: ExportProblem) -> None:
        """Say why."""
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Export:
    """An export that can be fetched.

    Attributes:
        file: Where it is.
        members: What is in it.
    """

    file: ExportFile
    members: tuple[Member, ...]

    def as_dict(self) -> dict[str, object]:
        """Return what the one who asked for it is told."""
        return {
            "export_id": self.file.id,
            "url": f"{URL}/{self.file.id}",
            "name": self.file.name,
            "size": self.file.bytes,
            "expires": self.file.expires,
            "files": [
                {
                    "name": member.name,
                    "start_ts": member.start_ts,
                    "duration_ms": member.duration_ms,
                }
                for member in self.members
            ],
        }


@dataclass(frozen=True, slots=True)
class _Made:
    """A complete file, what is in it, and its bytes once they are known."""

    path: Path
    members: Sequence[Member]
    size: int = 0


class Exports:
    """Makes exports, one at a time on a thread of its own, and lets go of them."""

    def __init__(
        self,
        store: EventStore,
        library: MediaLibrary,
        recorder_of: Callable[[str], Recorder | None],
        *,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        """Make none yet; on the event loop.

        Args:
            store: Where the events are.
            library: Where their media are.
            recorder_of: Returns the recorder of a source, or None without.
            clock: Unix milliseconds.
        """
        self.store = ExportStore(store)
        self._library = library
        self._recorder_of = recorder_of
        self._clock = clock
        self._waiting = 0
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="vigilar_export"
        )

    async def open(self) -> None:
        """Remove what the last life has left unfinished; before any other method.

        Raises:
            StoreError: The event database fails.
        """
        names = {Path(each.path).name for each in await self.store.all()}
        await self._run(_remove_strays, self._library.root / FOLDER, names)

    async def close(self) -> None:
        """End what is being made; it is lost."""
        self._stopping.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    async def bundle(self, event: Event) -> Export:
        """Make a zip file of an event: clip, snapshot, the event itself, the sums.

        Raises:
            ExportError: It cannot be made.
            StoreError: The event database fails.
        """
        known = await self._library.store.of([event.id])
        wanted = [file for file in known if file.kind in _BUNDLED]
        text = json.dumps(event.as_dict(), indent=2, ensure_ascii=False) + "\n"
        members = [Member("event.json", text.encode(), event.ts)]
        members += [_member(file) for file in wanted]

        def make(workshop: Path) -> _Made:
            """Pack it."""
            path = workshop / "bundle.zip"
            return _Made(path, pack(members, path, self._go))

        size = sum(file.bytes for file in wanted)
        return await self._make(event.source_id, event.ts, size, make)

    async def clip(self, source_id: str, start: int, end: int) -> Export:
        """Make a clip of a time from what is stored and what the ring holds.

        An MP4 file; where it takes several clips, a zip file of them.

        Args:
            source_id: The source.
            start: Unix milliseconds; the clip begins at the keyframe before.
            end: Unix milliseconds.

        Raises:
            ExportError: It cannot be made.
            StoreError: The event database fails.
        """
        stored = await self._library.store.parts_between(source_id, start, end)
        pieces = [
            Piece(Path(file.root, file.path), file.start_ts, file.duration_ms)
            for file in stored
        ]
        recorder = self._recorder_of(source_id)

        def make(workshop: Path) -> _Made:
            """Collect it, cut it and, if it is more than one, pack it."""
            found = [*pieces, *_from_ring(recorder, start, end, workshop)]
            films = self._cut(found, start, end, workshop)
            if not films:
                raise ExportError(ExportProblem.NOTHING)
            members = [
                Member(film.path.name, film.path, film.start_ts, film.duration_ms)
                for film in films
            ]
            if len(films) == 1:
                return _Made(films[0].path, members)
            path = workshop / "clips.zip"
            return _Made(path, pack(members, path, self._go))

        # Cut first, then packed.
        size = 2 * sum(file.bytes for file in stored)
        return await self._make(source_id, start, size, make)

    async def find(self, export_id: str) -> ExportFile | None:
        """Return an export that can be fetched, or None.

        Raises:
            StoreError: The event database fails.
        """
        export = await self.store.get(export_id)
        if export is None or export.expires <= self._clock():
            return None
        return export

    async def tidy(self) -> None:
        """Delete what is over, and the oldest of what is too much.

        Raises:
            StoreError: The event database fails.
        """
        kept = await self.store.all()
        limit = self._library.retention.policy.max_bytes
        most = MAX_BYTES if limit is None else limit // MAX_SHARE
        now = self._clock()
        excess = sum(each.bytes for each in kept) - most
        gone: list[ExportFile] = []
        for each in kept:
            # The newest was just made for somebody.
            if each.expires <= now or (excess > 0 and each is not kept[-1]):
                excess -= each.bytes
                gone.append(each)
        if gone:
            paths = [(Path(each.root), each.path) for each in gone]
            await self._library.run(files.remove, paths)
            await self.store.forget([each.id for each in gone])

    async def _run[T](self, job: Callable[..., T], *args: Any) -> T:
        """Do what blocks on the exports' own thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, job, *args
        )

    def _go(self) -> None:
        """Do nothing unless it is time to stop.

        Raises:
            ExportError: It is.
        """
        if self._stopping.is_set():
            raise ExportError(ExportProblem.STOPPED)

    async def _make(
        self, source_id: str, start: int, size: int, make: Callable[[Path], _Made]
    ) -> Export:
        """Make an export that takes `size` bytes, and its row."""
        self._go()
        if self._waiting >= MAX_WAITING:
            raise ExportError(ExportProblem.BUSY)
        self._waiting += 1
        export_id = ulid_now()
        root = self._library.root
        try:
            made = await self._run(_write, root, export_id, size, make)
        finally:
            self._waiting -= 1
        stamp = datetime.fromtimestamp(start / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        file = ExportFile(
            id=export_id,
            source_id=source_id,
            root=str(root),
            path=made.path.relative_to(root).as_posix(),
            name=f"vigilar_{source_id}_{stamp}{made.path.suffix}",
            bytes=made.size,
            expires=self._clock() + KEPT_MS,
        )
        await self.store.add(file)
        await self.tidy()
        return Export(file, tuple(made.members))

    def _cut(
        self, pieces: list[Piece], start: int, end: int, workshop: Path
    ) -> list[Piece]:
        """Cut what shows most of a time; what cannot be read is left out."""
        chosen = cover(pieces, start, end)
        films = []
        for number, (piece, begin, until) in enumerate(chosen, 1):
            self._go()
            name = "clip.mp4" if len(chosen) == 1 else f"clip_{number:02}.mp4"
            try:
                films.append(cut(piece, begin, until, workshop / name, self._go))
            except ClipError as err:
                _pass_over(err)
        return films


def _write(
    root: Path, export_id: str, size: int, make: Callable[[Path], _Made]
) -> _Made:
    """Make a file in a folder of its own, then give it its name; blocks.

    Raises:
        ExportError: It cannot be made.
    """
    workshop = root / FOLDER / f"{export_id}{files.TEMPORARY}"
    try:
        files.check(root, size)
        workshop.mkdir(parents=True)
        made = make(workshop)
        path = root / FOLDER / f"{export_id}{made.path.suffix}"
        with made.path.open("rb") as written:
            os.fsync(written.fileno())
        files.publish(made.path, path)
        return _Made(path, made.members, path.stat().st_size)
    except ClipError as err:
        raise ExportError(ExportProblem.DISK_FULL) from err
    except OSError as err:
        raise ExportError(_PROBLEMS[trouble_of(err)]) from err
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _from_ring(
    recorder: Recorder | None, start: int, end: int, workshop: Path
) -> list[Piece]:
    """Return what a camera's ring holds of a time, as a file; blocks."""
    if recorder is None:
        return []
    path = workshop / "ring.mp4"
    try:
        info = recorder.copy(start, end, path)
    except ClipError as err:
        _pass_over(err)
        return []
    if info is None:
        return []
    return [Piece(path, info.start_ts, round(info.duration_s * 1000))]


def _pass_over(err: ClipError) -> None:
    """Go on without a clip that cannot be read, unless the disk is full."""
    if err.disk_full:
        raise err
    _LOGGER.debug("A clip is left out of an export", exc_info=err)


def _member(file: MediaFile) -> Member:
    """Return how a file of an event is called in a bundle."""
    path = Path(file.root, file.path)
    number = f"_{file.part + 1:02}" if file.kind is MediaKind.CLIP else ""
    name = f"{file.kind.value}{number}{path.suffix}"
    return Member(name, path, file.start_ts, file.duration_ms)


def _remove_strays(folder: Path, names: Collection[str]) -> None:
    """Remove from the exports' folder what is not known; blocks."""
    with suppress(OSError):
        for path in folder.glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in names:
                path.unlink(missing_ok=True)
