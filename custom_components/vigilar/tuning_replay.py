"""Judges the last events of a camera again, by settings that are not saved yet."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
import os
from pathlib import Path
import threading
import time
from typing import Any, Final

from .events.media import MediaFile
from .events.store import EventStore
from .luma_keeper import LumaKeeper
from .models import Event, EventType
from .vision.analyzer import AnalyzerSettings
from .vision.kernels import load_kernels
from .vision.luma import LumaError, decode_clip
from .vision.replay import replay

NICENESS: Final = 15
"""Of the thread, where the system has a priority for each."""
REST_EVERY: Final = 20
REST_S: Final = 0.01
"""So long the thread rests after so many pictures: others need the interpreter, too."""

FALSE_ALARM: Final = "false_alarm"
RECOGNIZED: Final = frozenset({EventType.PERSON, EventType.VEHICLE, EventType.ANIMAL})


class ReplayStopped(Exception):
    """Nobody waits for the result any more."""


class Replay:
    """One run over the events of a camera; stopped from any thread."""

    def __init__(self, settings: AnalyzerSettings, draft: AnalyzerSettings) -> None:
        """Prepare a run.

        Args:
            settings: By which the camera goes now.
            draft: To judge by.
        """
        self.stopping = threading.Event()
        self._settings = settings
        self._draft = draft
        self._count = 0

    def judge(self, path: Path) -> tuple[bool, bool]:
        """Judge what was kept of an event; blocks.

        Returns:
            Whether the draft finds it, and whether the settings of now do.

        Raises:
            ReplayStopped: Somebody said so.
            OSError: The file is not there.
            LumaError: It cannot be read.
        """
        clip = decode_clip(path.read_bytes())
        kernels = load_kernels()
        found = replay(clip, self._draft, kernels, self._pause)
        return found, found or replay(clip, self._settings, kernels, self._pause)

    def _pause(self) -> None:
        """Give way to others, and give up where nobody waits."""
        self._count += 1
        if self._count % REST_EVERY == 0:
            time.sleep(REST_S)
        if self.stopping.is_set():
            raise ReplayStopped


class Replays:
    """Runs one replay at a time, in a thread of its own."""

    def __init__(self, store: EventStore, keeper: LumaKeeper) -> None:
        """Run nothing yet."""
        self._store = store
        self._keeper = keeper
        self._lock = asyncio.Lock()
        self._known: set[Replay] = set()

    async def async_run(
        self, source_id: str, run: Replay, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        """Judge the events of a camera again, and tell how it goes and what came of it.

        Raises:
            ReplayStopped: Somebody said so.
            StoreError: The event database fails.
        """
        self._known.add(run)
        try:
            async with self._lock:
                with ThreadPoolExecutor(
                    1, "vigilar_replay", initializer=_yield_to_others
                ) as thread:
                    try:
                        await self._async_judge(source_id, run, tell, thread)
                    except asyncio.CancelledError:
                        # Nobody must wait for the thread.
                        run.stopping.set()
                        raise
        finally:
            self._known.discard(run)

    async def async_stop(self) -> None:
        """Stop all that runs or waits."""
        for run in self._known:
            run.stopping.set()
        async with self._lock:
            return

    async def _async_judge(
        self,
        source_id: str,
        run: Replay,
        tell: Callable[[dict[str, Any]], None],
        thread: ThreadPoolExecutor,
    ) -> None:
        """Judge one event after the other."""
        loop = asyncio.get_running_loop()
        kept = await self._keeper.of(source_id)
        judged: list[dict[str, Any]] = []
        lost = unclear = 0
        for done, file in enumerate(kept):
            tell({"kind": "progress", "done": done, "total": len(kept)})
            event = await self._store.get(file.event_id)
            try:
                after, now = await loop.run_in_executor(thread, run.judge, _path(file))
            except OSError, LumaError:
                after = now = False
            if event is None or not now:
                # Not even the settings by which it became an event find it.
                unclear += 1
                continue
            judged.append(_describe(event, after=after))
            lost += not after and is_confirmed(event)
        tell({"kind": "progress", "done": len(kept), "total": len(kept)})
        tell(
            {
                "kind": "result",
                "before": len(judged),
                "after": sum(one["counts_after"] for one in judged),
                "events": judged,
                "lost_confirmed": lost,
                "unclear": unclear,
            }
        )


def is_confirmed(event: Event) -> bool:
    """Return whether it is known that an event was no false alarm."""
    verdict = _verdict(event)
    return event.type in RECOGNIZED if verdict is None else verdict != FALSE_ALARM


def _verdict(event: Event) -> str | None:
    """Return what a person has said of an event."""
    verdict: str | None = event.payload.get("feedback", {}).get("verdict")
    return verdict


def _describe(event: Event, *, after: bool) -> dict[str, Any]:
    """Return what is told of an event."""
    return {
        "event_id": event.id,
        "ts": event.ts,
        "type": event.type.value,
        "verdict": _verdict(event),
        "counts_before": True,
        "counts_after": after,
    }


def _path(file: MediaFile) -> Path:
    """Return where a file is."""
    return Path(file.root, file.path)


def _yield_to_others() -> None:
    """Lower the priority of this thread, where the system can."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
