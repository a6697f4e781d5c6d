"""Keeps what there is to see of events, and lets the events say when it is there.

The loop's side: it plans, keeps the rows and amends the events. A file is
written on a thread to a temporary name, synced and renamed, and only then is
there a row; so a crash leaves no row without a file, and `sweep` removes the
files without a row.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
import logging
from pathlib import Path
from typing import Any, Final

from ..const import ISSUE_MEDIA_DISK_FULL, ISSUE_MEDIA_FOLDER_MISSING
from ..events.classifier import is_test
from ..events.media import MediaFile, MediaStore
from ..events.processor import EventProcessor
from ..events.query import EventQuery
from ..events.store import EventStore, StoreError
from ..models import (
    Change,
    ChangeKind,
    Event,
    EventType,
    MediaKind,
    MediaState,
    Observation,
)
from . import files, states
from .recorder import Recorder
from .retention import Retention

_LOGGER = logging.getLogger(__name__)

# So many of its newest events are looked through for a source's last picture.
RECALLED: Final = 50

# A camera that is lost or back has sent nothing that shows it.
_WITHOUT_CLIP: Final = frozenset({EventType.CAMERA_OFFLINE, EventType.CAMERA_ONLINE})


class Trouble(StrEnum):
    """Why media cannot be kept, where a user must act: the key of an issue."""

    DISK_FULL = ISSUE_MEDIA_DISK_FULL
    NO_FOLDER = ISSUE_MEDIA_FOLDER_MISSING


_WHY: Final[Mapping[Trouble | None, str]] = {
    Trouble.DISK_FULL: states.WHY_DISK_FULL,
    Trouble.NO_FOLDER: states.WHY_NO_FOLDER,
    None: states.WHY_NOT_WRITTEN,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """An event whose clip is being recorded.

    Attributes:
        event: As it began.
        root: The folder that it goes to.
    """

    event: Event
    root: Path

    def path(self, part: int) -> Path:
        """Return where a part of the clip belongs."""
        return self.root / files.relative_path(self.event, MediaKind.CLIP, part)

    def unfinished(self, part: int) -> Path:
        """Return where a part of the clip is written to."""
        return files.temporary(self.path(part))

    def open_part(self, part: int) -> Path:
        """Prepare for a part of the clip, and return where to write it; blocks.

        Raises:
            OSError: Nothing can be written there now.
        """
        files.check(self.root)
        path = self.unfinished(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@dataclass(frozen=True, slots=True)
class Found:
    """What a request for media has found.

    Attributes:
        event: The event that it belongs to.
        state: What the event says of it.
        path: The file to send, or None if there is none.
        final: It will never be another one.
    """

    event: Event
    state: MediaState
    path: Path | None
    final: bool


class MediaLibrary:
    """Snapshots, thumbnails, previews and clips of all events."""

    def __init__(
        self,
        store: EventStore,
        processor: EventProcessor,
        *,
        recorder_of: Callable[[str], Recorder | None],
        report: Callable[[Trouble | None], None],
    ) -> None:
        """Make a library that is not open; on the event loop.

        Args:
            store: Where the events are.
            processor: Stores and publishes what changes about them.
            recorder_of: Returns the recorder of a source, or None without.
            report: Told what keeps media from being kept, when it begins and,
                with None, when it is over.
        """
        self.store = MediaStore(store)
        self.root = Path()
        self.trouble: Trouble | None = None
        self.recordings: dict[str, Recording] = {}
        self.retention = Retention(self.store, self.dispose, self.run)
        # Ids of this life's events, until the sweep has told their files from older ones.
        self.fresh: set[str] | None = set()
        self.on_look: Callable[[Event, bytes], None] = lambda _event, _jpeg: None
        self._events = store
        self._processor = processor
        self._recorder_of = recorder_of
        self._report = report
        self._looks: dict[str, tuple[Event, bytes]] = {}
        self._jobs: asyncio.Queue[Callable[[], Awaitable[None]] | None] = (
            asyncio.Queue()
        )
        self._worker: asyncio.Task[None] | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self, root: Path) -> None:
        """Begin to work; what the last life has left pending is settled first.

        Args:
            root: The folder to keep media in.

        Raises:
            StoreError: The event database fails.
        """
        # Two: no picture waits until a sweep has looked through a large folder.
        self._threads = ThreadPoolExecutor(
            max_workers=2, thread_name_prefix="vigilar_files"
        )
        await self.use_root(root)
        for event_id, media in (await self.store.pending()).items():
            await self._settle(event_id, media)
        self._worker = self._loop.create_task(self._work(), name="vigilar_media")

    async def close(self) -> None:
        """Finish what is under way; close the recorders and their writer first."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._jobs.put_nowait(None)
            await worker
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    async def use_root(self, root: Path) -> None:
        """Keep what comes from now on in a folder; what is kept elsewhere stays there.

        Raises:
            StoreError: The event database fails.
        """
        self.root = root
        try:
            # A folder with media in it that is not there must not be made anew:
            # its disk is missing, and all would go to where it should be mounted.
            prepare = files.check if await self.store.knows(str(root)) else files.claim
            await self.run(prepare, root)
        except OSError as err:
            _LOGGER.error("Media cannot be kept in %s: %s", root, err)
            self.note(trouble_of(err) or Trouble.NO_FOLDER)
        else:
            self.note(None)

    async def drain(self) -> None:
        """Wait until all that was handed in so far is kept."""
        done = self._loop.create_future()

        async def finish() -> None:
            """Tell who waits."""
            done.set_result(None)

        self.submit(finish)
        await done

    async def run[T](self, job: Callable[..., T], *args: Any) -> T:
        """Do what blocks on one of the library's threads."""
        return await self._loop.run_in_executor(self._threads, job, *args)

    def submit(self, job: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Queue a job behind those that are there; on the event loop's thread only."""
        self._jobs.put_nowait(lambda: job(*args))

    def expect(self, event: Event, observation: Observation) -> dict[str, Any]:
        """Return `payload["media"]` of an event that is about to be stored."""
        if self.fresh is not None:
            self.fresh.add(event.id)
        picture = states.pending() if observation.snapshot else states.none()
        film = states.pending() if self._films(event) else states.none()
        return {
            MediaKind.SNAPSHOT.value: picture,
            MediaKind.THUMBNAIL.value: picture,
            MediaKind.PREVIEW.value: film,
            MediaKind.CLIP.value: film,
        }

    def look(self, event: Event, jpeg: bytes) -> None:
        """Keep the best look at an event so far."""
        waiting = event.id in self._looks
        self._looks[event.id] = event, jpeg
        if not waiting:
            self.submit(self._keep_look, event.id)
        self.on_look(event, jpeg)

    def publish(self, change: Change) -> None:
        """Follow a stored change: record what begins, forget what is deleted."""
        event = change.event
        recorder = self._recorder_of(event.source_id)
        match change.kind:
            case ChangeKind.NEW:
                if recorder is not None and self._films(event):
                    recording = Recording(event, self.root)
                    self.recordings[event.id] = recording
                    recorder.begin(event.id, event.ts, recording.open_part)
            case ChangeKind.ENDED:
                if recorder is not None and event.id in self.recordings:
                    recorder.end(event.id, event.payload["end_ts"])
            case ChangeKind.DELETED:
                self.submit(self._forget, [event.id])

    async def find(self, event_id: str, kind: MediaKind, part: int = 0) -> Found | None:
        """Return what there is of an event; None if there is no such event.

        Raises:
            StoreError: The event database fails.
        """
        event = await self._events.get(event_id)
        if event is None:
            return None
        media = event.payload["media"]
        state = states.state_of(media, kind)
        deleted = state is MediaState.DELETED
        path = None if deleted else await self._path(event_id, kind, part)
        settled = all(entry["state"] != MediaState.PENDING for entry in media.values())
        final = settled and event.payload["end_ts"] is not None
        return Found(event, state, path, final)

    async def newest_snapshot(self, source_id: str) -> tuple[Event, bytes] | None:
        """Return the newest of a source's last events with a snapshot, and that.

        Raises:
            StoreError: The event database fails.
        """
        query = EventQuery(source_ids=frozenset({source_id}))
        for event in await self._events.page(query, limit=RECALLED):
            path = await self._path(event.id, MediaKind.SNAPSHOT, 0)
            if path is None or is_test(event):
                continue
            try:
                return event, await self.run(path.read_bytes)
            except OSError as err:
                _LOGGER.debug("A snapshot cannot be read: %s", err)
        return None

    async def dispose(self, event_ids: Collection[str]) -> None:
        """Delete the media of events and let the events say so.

        Raises:
            StoreError: The event database fails.
        """
        gone = dict.fromkeys(MediaKind, states.deleted())
        for event_id in event_ids:
            self.say(event_id, gone, only={MediaState.READY})
        await self._forget(event_ids)

    async def protect(self, event_id: str, *, on: bool) -> bool:
        """Keep an event and its media whatever their age, or do not any more.

        Returns:
            Whether there is such an event.

        Raises:
            StoreError: The event database fails.
        """
        # What is chosen to go already must not be said to be safe.
        async with self.retention.deleting:
            known = await self.store.protect(event_id, on=on)
        if known:
            self._processor.submit_amendment(event_id, states.protection(on=on))
        return known

    async def check(self) -> None:
        """Look whether what kept media from being kept is over."""
        if self.trouble is not None:
            try:
                await self.run(files.probe, self.root)
            except OSError:
                return
            self.note(None)

    def say(
        self,
        event_id: str,
        news: Mapping[MediaKind, dict[str, Any]],
        *,
        only: Collection[MediaState] = states.NOT_READY,
    ) -> None:
        """Let an event say what is new of its media; see `states.amendment`."""
        self._processor.submit_amendment(event_id, states.amendment(news, only))

    def note(self, trouble: Trouble | None) -> None:
        """Report what keeps media from being kept, when it begins and when it ends."""
        if trouble is not self.trouble:
            self.trouble = trouble
            self._report(trouble)

    async def keep(self, event: Event, kinds: Mapping[MediaKind, bytes]) -> None:
        """Write files of an event and their rows, and let the event say so.

        Raises:
            StoreError: The event database fails; the files are for the next sweep.
        """
        root = self.root
        try:
            await self._write(
                root,
                {
                    files.relative_path(event, kind): data
                    for kind, data in kinds.items()
                },
            )
        except OSError as err:
            self.fail(event.id, kinds, err)
            return
        await self.keep_written(
            [
                MediaFile(
                    event_id=event.id,
                    kind=kind,
                    root=str(root),
                    path=files.relative_path(event, kind).as_posix(),
                    bytes=len(data),
                    start_ts=event.ts,
                )
                for kind, data in kinds.items()
            ]
        )

    async def keep_written(self, written: list[MediaFile]) -> None:
        """Record files of one event that are on disk, and let the event say so.

        Raises:
            StoreError: The event database fails; the files are for the next sweep.
        """
        await self.store.add(written)
        self.note(None)
        event_id = written[0].event_id
        kinds = {file.kind for file in written}
        known = await self.store.of([event_id])
        news = {kind: _ready(known, kind) for kind in kinds}
        self.say(event_id, news, only=states.NOT_DELETED)

    async def keep_aside(self, event: Event, kind: MediaKind, data: bytes) -> None:
        """Write a file of an event that the event does not speak of, if there is room.

        It goes with the event's media. An event that is gone meanwhile gets none.

        Raises:
            StoreError: The event database fails; the file is for the next sweep.
        """
        if await self._events.get(event.id) is None:
            return
        root, path = self.root, files.relative_path(event, kind)
        try:
            await self.run(_write, root, {path: data})
        except OSError as err:
            _LOGGER.debug("There is no room for the %s of an event: %s", kind, err)
            return
        file = MediaFile(
            event_id=event.id,
            kind=kind,
            root=str(root),
            path=path.as_posix(),
            bytes=len(data),
            start_ts=event.ts,
        )
        await self.store.add([file])

    async def drop(self, dropped: Collection[MediaFile]) -> None:
        """Delete files that their events do not speak of.

        Raises:
            StoreError: The event database fails.
        """
        await self.run(files.remove, [(Path(file.root), file.path) for file in dropped])
        for file in dropped:
            await self.store.drop(file)

    def fail(self, event_id: str, kinds: Collection[MediaKind], err: OSError) -> None:
        """Let an event say that media could not be written, and why."""
        trouble = trouble_of(err)
        if trouble is None:
            _LOGGER.warning("Media of an event could not be written: %s", err)
        else:
            self.note(trouble)
        self.say(event_id, dict.fromkeys(kinds, states.failed(_WHY[trouble])))

    async def diagnostics(self) -> dict[str, Any]:
        """Return counts and sizes; no paths, for they may tell of people.

        Raises:
            StoreError: The event database fails.
        """
        try:
            space = await self.run(files.measure, self.root)
        except OSError:
            free = total = None
        else:
            free, total = space.free, space.total
        return {
            "trouble": self.trouble,
            "recording": len(self.recordings),
            "waiting_looks": len(self._looks),
            "disk_free_bytes": free,
            "disk_total_bytes": total,
            "kept": {
                kind.value: {"files": count, "bytes": size}
                for kind, (count, size) in (await self.store.usage()).items()
            },
        }

    def _films(self, event: Event) -> bool:
        """Return whether an event is one to record."""
        return (
            event.type not in _WITHOUT_CLIP
            and self._recorder_of(event.source_id) is not None
        )

    async def _path(self, event_id: str, kind: MediaKind, part: int) -> Path | None:
        """Return a file that is there: finished or, of a clip, still growing."""
        file = await self.store.get(event_id, kind, part)
        recording = self.recordings.get(event_id)
        if file is not None:
            path = Path(file.root, file.path)
        elif kind is MediaKind.CLIP and recording is not None:
            path = recording.unfinished(part)
        else:
            return None
        return path if await self.run(path.is_file) else None

    async def _settle(self, event_id: str, media: Mapping[str, Any]) -> None:
        """Let an event of the last life say what came of its pending media."""
        known = await self.store.of([event_id])
        kinds = {file.kind for file in known}
        news = {
            kind: _ready(known, kind)
            if kind in kinds
            else states.failed(states.WHY_RESTART)
            for kind in MediaKind
        }
        self.say(event_id, news, only={MediaState.PENDING})

    async def _work(self) -> None:
        """Work through the queue in order until told to stop."""
        while (job := await self._jobs.get()) is not None:
            try:
                await job()
            except StoreError as err:
                _LOGGER.warning("What is kept of an event could not be noted: %s", err)
            except Exception:
                _LOGGER.exception("Media of an event could not be kept")

    async def _keep_look(self, event_id: str) -> None:
        """Write the best look at an event, and its thumbnail."""
        event, jpeg = self._looks.pop(event_id)
        pictures = {MediaKind.SNAPSHOT: jpeg}
        try:
            pictures[MediaKind.THUMBNAIL] = await self.run(files.shrink, jpeg)
        except OSError:
            unreadable = states.failed(states.WHY_UNREADABLE)
            self.say(event_id, {MediaKind.THUMBNAIL: unreadable})
        await self.keep(event, pictures)

    async def _write(self, root: Path, contents: Mapping[Path, bytes]) -> None:
        """Write files below the root; where there is no room, make some once.

        Raises:
            OSError: They were not all written.
        """
        try:
            await self.run(_write, root, contents)
        except OSError as err:
            if trouble_of(err) is not Trouble.DISK_FULL:
                raise
            await self.retention.make_room(root)
            await self.run(_write, root, contents)

    async def _forget(self, event_ids: Collection[str]) -> None:
        """Remove the files of events, then their rows."""
        known = await self.store.of(event_ids)
        await self.run(files.remove, [(Path(file.root), file.path) for file in known])
        await self.store.forget(event_ids)


def trouble_of(err: OSError) -> Trouble | None:
    """Return what a user has to see to after a failure to write, or None."""
    if isinstance(err, files.NoFolderError):
        return Trouble.NO_FOLDER
    return Trouble.DISK_FULL if files.is_full(err) else None


def _write(root: Path, contents: Mapping[Path, bytes]) -> None:
    """Write files below a root."""
    files.check(root, sum(map(len, contents.values())))
    for path, data in contents.items():
        files.write(root / path, data)


def _ready(known: list[MediaFile], kind: MediaKind) -> dict[str, Any]:
    """Return what is said of files of a kind that are there."""
    own = [file for file in known if file.kind is kind]
    if kind is not MediaKind.CLIP:
        return states.ready(own[0].event_id, kind, size=own[0].bytes)
    return states.ready(
        own[0].event_id,
        kind,
        # Of what the address leads to.
        size=own[0].bytes,
        parts=len(own),
        start_ts=own[0].start_ts,
        duration_ms=sum(file.duration_ms for file in own),
    )
