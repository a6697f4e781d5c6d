"""What recording costs: the ring, a clip on its way to disk, and snapshots.

A stream of 1080p15 plays into a recorder, its packets read from a file as a camera's
thread reads them from the network. Times are processor times of the thread that does
the work, so that other work on the machine counts for little.
"""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import tempfile
import threading
import time
from typing import Any, Final

from .cpu import make_clip, scenes
from .figures import percentile

SNAPSHOTS: Final = 40


@dataclass(slots=True)
class Sink:
    """Notes what it is told."""

    clips: dict[int, Any] = field(default_factory=dict)
    previews: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def clip_progress(self, event_id: str, part: int, info: Any) -> None:
        """Do nothing."""

    def clip_done(self, event_id: str, part: int, info: Any) -> None:
        """Note a part."""
        self.clips[part] = info

    def clip_failed(self, event_id: str, part: int, reason: str) -> None:
        """Do nothing: the part is missing from the figures."""

    def preview_done(self, event_id: str, webp: bytes) -> None:
        """Note the size of the preview."""
        self.previews = len(webp)

    def recording_done(self, event_id: str, parts: int) -> None:
        """Let the measurement end."""
        self.over.set()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of the stream (60)"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = make_clip(scenes(None)[1], folder)
        return {
            **_ring(clip, options.seconds),
            **_writing(clip, options.seconds, folder),
            **_snapshots(clip, folder),
        }


def _play(clip: Path, seconds: float, put: Callable[..., None], begin: float) -> float:
    """Read a file again and again; return the processor seconds that this took."""
    import av

    from custom_components.vigilar.vision.source import (
        ContainerSource,
        Packet,
        SourceError,
    )

    spent = time.thread_time()
    played = 0.0
    while played < seconds:
        source = ContainerSource(av.open(str(clip)), live=True, sliced=False)
        ts = 0.0
        while played + ts < seconds:
            try:
                packet = source.read()
            except SourceError:
                break
            if packet is None or not packet.size:
                continue
            ts = packet.ts or 0.0
            moved = Packet(played + ts, packet.keyframe, packet.size, packet.data)
            put(moved, begin + played + ts, 0.01)
        played += ts + 1 / 15
        source.close()
    return time.thread_time() - spent


def _ring(clip: Path, seconds: float) -> dict[str, Any]:
    """Measure what the camera's thread pays for the ring, beyond reading."""
    from custom_components.vigilar.media.recorder import (
        MediaWriter,
        Recorder,
        RecorderSettings,
    )
    from custom_components.vigilar.vision.tap import TapFeed

    begin = time.monotonic() - seconds
    reading, recording = [], []
    for _ in range(3):
        recorder = Recorder("bench", RecorderSettings(), Sink(), MediaWriter())
        reading.append(_play(clip, seconds, _nothing, begin))
        recording.append(_play(clip, seconds, TapFeed(recorder).put, begin))
    ring_s = min(recording) - min(reading)
    return {
        "ring_core_percent": round(ring_s * 100 / seconds, 4),
        "reading_core_percent": round(min(reading) * 100 / seconds, 4),
        "ring_mb": round(recorder.held_bytes / 1e6, 1),
    }


def _nothing(*_: object) -> None:
    """Take a packet and forget it."""


def _writing(clip: Path, seconds: float, folder: Path) -> dict[str, Any]:
    """Measure the writer's thread, from packets to a finished clip."""
    from custom_components.vigilar.media.recorder import (
        MediaWriter,
        Recorder,
        RecorderSettings,
    )
    from custom_components.vigilar.vision.tap import TapFeed

    sink, writer = Sink(), MediaWriter()
    settings = RecorderSettings(pre_roll_s=seconds, post_roll_s=0.0, memory_mb=512)
    recorder = Recorder("bench", settings, sink, writer)
    feed = TapFeed(recorder)
    _play(clip, seconds, feed.put, time.monotonic() - seconds)
    feed.lost()
    now = round(time.time() * 1000)
    recorder.begin("event", now - 1000, lambda part: folder / f"{part}.mp4")
    recorder.end("event", now)
    begin = time.perf_counter()
    writer.start()
    sink.over.wait()
    elapsed = time.perf_counter() - begin
    recorder.close()
    writer.close()
    written_s = sum(info.duration_s for info in sink.clips.values())
    written_mb = sum(info.bytes for info in sink.clips.values()) / 1e6
    return {
        "clip_s": round(written_s, 1),
        "clip_mb": round(written_mb, 1),
        "clip_ready_ms": round(elapsed * 1000),
        "clip_mb_per_s": round(written_mb / elapsed, 1),
        "writing_core_percent": round(writer.cpu_s * 100 / written_s, 3),
        "preview_kb": round(sink.previews / 1000),
    }


def _snapshots(clip: Path, folder: Path) -> dict[str, Any]:
    """Measure from a decoded 1080p picture to its JPEG, and on to the file."""
    from custom_components.vigilar.vision.frames import encode_jpeg
    from custom_components.vigilar.vision.source import open_file

    source = open_file(clip)
    taken: list[float] = []
    jpegs: list[bytes] = []
    while len(taken) < SNAPSHOTS:
        packet = source.read()
        for picture in source.decode(packet) if packet is not None else ():
            begin = time.perf_counter()
            jpegs.append(encode_jpeg(picture.frame))
            taken.append((time.perf_counter() - begin) * 1000)
    source.close()
    kept = asyncio.run(_keep(jpegs, folder))
    return {
        "jpeg_p50_ms": round(percentile(taken, 50), 1),
        "jpeg_p95_ms": round(percentile(taken, 95), 1),
        "snapshot_kb": round(sum(map(len, jpegs)) / len(jpegs) / 1000),
        "snapshot_p50_ms": round(percentile(kept, 50), 1),
        "snapshot_p95_ms": round(percentile(kept, 95), 1),
    }


async def _keep(jpegs: list[bytes], folder: Path) -> list[float]:
    """Let events begin one after the other, each with a picture.

    Returns:
        Milliseconds from the publication of each event to that of its update
        that says that the snapshot is ready: synced to disk, its row stored.
    """
    from custom_components.vigilar.events.clock import wall_ms
    from custom_components.vigilar.events.processor import EventProcessor
    from custom_components.vigilar.events.store import EventStore
    from custom_components.vigilar.media.library import MediaLibrary
    from custom_components.vigilar.models import (
        Change,
        ChangeKind,
        MediaState,
        Observation,
        ObservationKind,
        SourceInfo,
    )

    began: dict[str, float] = {}
    taken: list[float] = []
    ready = asyncio.Event()

    def note(change: Change) -> None:
        """Note when an event was published and when its snapshot was ready."""
        event_id, media = change.event.id, change.event.payload["media"]
        if change.kind is ChangeKind.NEW:
            began[event_id] = time.perf_counter()
        elif event_id in began and media["snapshot"]["state"] == MediaState.READY:
            taken.append((time.perf_counter() - began.pop(event_id)) * 1000)
            ready.set()

    info = SourceInfo(source_id="bench", name="Bench")
    store = EventStore(f"sqlite:///{folder / 'bench.db'}")
    await store.open(now=wall_ms())
    processor = EventProcessor(store, lambda _source_id: info)
    library = MediaLibrary(
        store, processor, recorder_of=lambda _source_id: None, report=_nothing
    )
    processor.media = library
    processor.add_publisher("media", library.publish)
    processor.add_publisher("bench", note)
    await library.open(folder / "media")
    processor.start()
    for number, jpeg in enumerate(jpegs):
        ready.clear()
        processor.submit(
            Observation(
                kind=ObservationKind.MOTION_STARTED,
                source_id="bench",
                ts=wall_ms(),
                key=str(number),
                snapshot=jpeg,
            )
        )
        await ready.wait()
    await library.close()
    await processor.stop()
    await store.close()
    return taken
