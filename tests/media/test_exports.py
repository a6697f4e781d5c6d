"""Copies to take away: complete, within the folder, for a while, and not too many."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
import hashlib
import json
from pathlib import Path
import threading
from typing import cast
from unittest.mock import patch
import zipfile

import pytest

from custom_components.vigilar.events.media import MediaFile
from custom_components.vigilar.media import exports as exports_module, files
from custom_components.vigilar.media.clip import ClipError
from custom_components.vigilar.media.exports import (
    FOLDER,
    KEPT_MS,
    MAX_WAITING,
    Export,
    ExportError,
    ExportProblem,
    Exports,
)
from custom_components.vigilar.media.recorder import Recorder
from custom_components.vigilar.media.retention import Policy
from custom_components.vigilar.models import Event, MediaKind
from tests.common import make_jpeg
from tests.events.common import BEGAN

from .common import check_clip, video
from .house import ENDED, House

PICTURE = make_jpeg()


class Clock:
    """A clock that a test sets."""

    now = BEGAN

    def __call__(self) -> int:
        """Return the time, Unix milliseconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the exports' clock."""
    return Clock()


@pytest.fixture
async def exports(house: House, clock: Clock) -> AsyncIterator[Exports]:
    """Return the exports of the house."""
    exports = Exports(
        house.store,
        house.library,
        lambda source_id: cast(Recorder, house.recorder),
        clock=clock,
    )
    await exports.open()
    yield exports
    await exports.close()


async def _recorded(house: House, *parts: bytes, ts: int = BEGAN) -> Event:
    """Return an event that is over, with a snapshot and a clip; 10 s a part."""
    event = await house.see(ts=ts, key=str(ts), snapshot=PICTURE)
    for part, data in enumerate(parts):
        house.recorder.finish_part(event.id, part, data)
    await house.see(ENDED, ts + 5000, key=str(ts))
    house.finish(event.id)
    await house.settle()
    return await house.event(event.id)


def _path(export: Export) -> Path:
    """Return where an export is."""
    return Path(export.file.root, export.file.path)


def _names(house: House) -> list[str]:
    """Return all that is in the exports' folder."""
    return sorted(path.name for path in (house.root / FOLDER).glob("*"))


async def test_a_bundle_of_an_event(house: House, exports: Exports) -> None:
    """All parts, the snapshot, the event as it is published, and their sums."""
    event = await _recorded(house, b"part one", b"part two")
    other = await _recorded(house, b"other", ts=BEGAN + 60_000)
    export = await exports.bundle(event)
    told = export.as_dict()
    assert told["url"] == f"/api/vigilar/exports/{export.file.id}"
    assert told["name"] == "vigilar_front_door_20231114T221320Z.zip"
    assert told["size"] == _path(export).stat().st_size
    assert told["expires"] == BEGAN + KEPT_MS
    with zipfile.ZipFile(_path(export)) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    lines = inside.pop("SHA256SUMS").decode().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert json.loads(inside.pop("event.json")) == event.as_dict()
    assert inside == {
        "clip_01.mp4": b"part one",
        "clip_02.mp4": b"part two",
        "snapshot.jpg": PICTURE,
    }
    for name, content in inside.items():
        assert sums[name] == hashlib.sha256(content).hexdigest()
    assert set(sums) == {*inside, "event.json"}
    assert [member.name for member in export.members] == ["event.json", *inside]
    assert export.members[1].start_ts == BEGAN - 5000
    assert export.members[1].duration_ms == 10_000

    assert await exports.find(export.file.id) == export.file
    assert _names(house) == [f"{export.file.id}.zip"]
    assert (await house.media(other.id))["clip"]["state"] == "ready"


async def test_a_clip_of_a_time(house: House, exports: Exports) -> None:
    """One film is an MP4, cut from what is stored; the parts of others stay out."""
    await _recorded(house, video(10.0, container="mp4"))
    start = BEGAN - 5000
    export = await exports.clip("front_door", start + 5000, start + 7500)
    assert export.file.name.endswith(".mp4")
    assert len(check_clip(_path(export))) == 35
    (member,) = export.members
    assert (member.start_ts, member.duration_ms) == (start + 4000, 3500)
    assert _names(house) == [f"{export.file.id}.mp4"]
    with pytest.raises(ExportError) as error:
        await exports.clip("front_door", start + 10_000, start + 20_000)
    assert error.value.problem is ExportProblem.NOTHING
    with pytest.raises(ExportError):
        await exports.clip("back_yard", start, start + 2000)


async def test_a_clip_from_the_ring(house: House, exports: Exports) -> None:
    """What no event has kept is taken from memory, and joined with what is kept."""
    film = video(10.0, container="mp4")
    house.recorder.ring = BEGAN + 20_000, film
    only = await exports.clip("front_door", BEGAN + 21_000, BEGAN + 25_000)
    assert only.file.name.endswith(".mp4")
    assert len(check_clip(_path(only))) == 50

    await _recorded(house, film)
    both = await exports.clip("front_door", BEGAN - 5000, BEGAN + 60_000)
    assert both.file.name.endswith(".zip")
    with zipfile.ZipFile(_path(both)) as archive:
        assert archive.namelist() == ["clip_01.mp4", "clip_02.mp4", "SHA256SUMS"]
        archive.extractall(house.root.parent / "unpacked")
    for name in ("clip_01.mp4", "clip_02.mp4"):
        assert len(check_clip(house.root.parent / "unpacked" / name)) == 100
    assert [member.start_ts for member in both.members] == [
        BEGAN - 5000,
        BEGAN + 20_000,
    ]
    assert len(_names(house)) == 2


async def test_a_camera_that_is_gone_has_no_ring(house: House) -> None:
    """What was kept of it can still be exported."""
    await _recorded(house, video(10.0, container="mp4"))
    exports = Exports(house.store, house.library, lambda source_id: None)
    export = await exports.clip("front_door", BEGAN, BEGAN + 2000)
    assert export.file.bytes > 0
    await exports.close()


async def test_what_cannot_be_read_is_left_out(house: House, exports: Exports) -> None:
    """A clip that is damaged, or a ring that cannot be written."""
    event = await _recorded(house, b"damaged")
    with patch.object(house.recorder, "copy", side_effect=ClipError(OSError())):
        with pytest.raises(ExportError) as error:
            await exports.clip("front_door", BEGAN - 4000, BEGAN - 2000)
        assert error.value.problem is ExportProblem.NOTHING
        (clip,) = [
            file
            for file in await house.library.store.of([event.id])
            if file.kind is MediaKind.CLIP
        ]
        path = house.root / "sound.mp4"
        path.write_bytes(video(10.0, container="mp4"))
        sound = replace(clip, part=1, path=path.name, start_ts=BEGAN + 20_000)
        await house.library.store.add([sound])
        export = await exports.clip("front_door", BEGAN - 4000, BEGAN + 25_000)
    assert len(check_clip(_path(export))) == 50


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (ClipError(OSError(28, "full")), ExportProblem.DISK_FULL),
        (OSError(28, "full"), ExportProblem.DISK_FULL),
        (OSError(5, "broken"), ExportProblem.NOT_WRITTEN),
        (files.NoFolderError(2, "gone"), ExportProblem.NO_FOLDER),
    ],
)
async def test_what_goes_wrong_is_said(
    house: House, exports: Exports, failure: Exception, problem: ExportProblem
) -> None:
    """And leaves nothing."""
    with (
        patch.object(house.recorder, "copy", side_effect=failure),
        pytest.raises(ExportError) as error,
    ):
        await exports.clip("front_door", BEGAN, BEGAN + 1000)
    assert error.value.problem is problem
    assert str(error.value) == problem.value
    assert _names(house) == []
    assert await exports.store.all() == []


async def test_the_reserve_of_the_disk_is_not_touched(
    house: House, exports: Exports
) -> None:
    """Neither by an export that would take it, nor by one that is small."""
    event = await _recorded(house, b"x" * 5000)
    with (
        patch.object(files, "measure", return_value=files.Space(100_000, 10_000)),
        pytest.raises(ExportError) as error,
    ):
        await exports.bundle(event)
    assert error.value.problem is ExportProblem.DISK_FULL
    with patch.object(files, "measure", return_value=files.Space(100_000, 90_000)):
        await exports.bundle(event)


async def test_exports_expire(house: House, exports: Exports, clock: Clock) -> None:
    """After a day nobody can fetch one, and its file goes."""
    event = await _recorded(house, b"clip")
    export = await exports.bundle(event)
    clock.now += KEPT_MS - 1
    await exports.tidy()
    assert await exports.find(export.file.id) == export.file
    clock.now += 1
    assert await exports.find(export.file.id) is None
    await exports.tidy()
    assert await exports.store.all() == []
    assert not _path(export).exists()
    assert await exports.find("0" * 26) is None


async def test_exports_count_and_do_not_displace_all(
    house: House, exports: Exports
) -> None:
    """They are within the total size; of many only the newest are kept."""
    event = await _recorded(house, b"x" * 10_000)
    before = await house.library.store.size()
    first = await exports.bundle(event)
    assert await house.library.store.size() == before + first.file.bytes

    house.library.retention.policy = Policy(max_bytes=first.file.bytes * 10)
    second = await exports.bundle(event)
    third = await exports.bundle(event)
    assert await exports.store.all() == [second.file, third.file]
    house.library.retention.policy = Policy(max_bytes=1)
    await exports.tidy()
    assert await exports.store.all() == [third.file]
    assert _names(house) == [f"{third.file.id}.zip"]

    house.library.retention.policy = Policy(max_bytes=third.file.bytes + 10)
    await house.library.retention.tidy(house.root, BEGAN)
    await house.settle()
    assert (await house.media(event.id))["clip"]["state"] == "deleted"


async def test_without_a_limit_there_is_one(house: House, exports: Exports) -> None:
    """For exports, that is."""
    event = await _recorded(house, b"x" * 10_000)
    with patch.object(exports_module, "MAX_BYTES", 1):
        # More than may wait at once, one after the other.
        for _ in range(MAX_WAITING + 1):
            last = await exports.bundle(event)
    assert await exports.store.all() == [last.file]


async def test_an_export_is_on_disk_before_it_has_its_name(
    house: House, exports: Exports
) -> None:
    """A crash leaves no half of one under it."""
    event = await _recorded(house, b"clip")
    synced: list[str] = []

    def note(descriptor: int) -> None:
        """Remember what is synced, by the name that it has now."""
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    with patch("os.fsync", note):
        export = await exports.bundle(event)
    assert synced == ["bundle.zip", FOLDER]
    assert _names(house) == [f"{export.file.id}.zip"]


async def test_what_a_crash_leaves_is_removed(house: House, exports: Exports) -> None:
    """Work that was not finished and files without a row; what has one stays."""
    event = await _recorded(house, b"clip")
    export = await exports.bundle(event)
    folder = house.root / FOLDER
    (folder / "01JDX0000000000000000000AB.tmp").mkdir()
    (folder / "01JDX0000000000000000000AB.tmp" / "ring.mp4").write_bytes(b"half")
    (folder / "01JDX0000000000000000000AC.zip").write_bytes(b"no row")
    await exports.open()
    assert _names(house) == [f"{export.file.id}.zip"]


async def test_not_more_than_a_few_at_once(house: House, exports: Exports) -> None:
    """One is made at a time, a few wait, more are refused; stopping ends them."""
    event = await _recorded(house, b"clip")
    wait = threading.Event()
    try:
        with patch.object(
            house.recorder, "copy", side_effect=lambda *_: wait.wait() and None
        ):
            tasks = [
                asyncio.create_task(exports.clip("front_door", BEGAN - 4000, BEGAN))
                for _ in range(MAX_WAITING + 1)
            ]
            # Which of them finds no place is up to the store's thread.
            (refused,), waiting = await asyncio.wait(
                tasks, return_when=asyncio.FIRST_COMPLETED
            )
            closing = asyncio.create_task(exports.close())
            await asyncio.sleep(0)
            wait.set()
            results = await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        wait.set()
    with pytest.raises(ExportError) as error:
        await refused
    assert error.value.problem is ExportProblem.BUSY
    assert len(results) == MAX_WAITING
    assert {getattr(each, "problem", None) for each in results} == {
        ExportProblem.STOPPED
    }
    await closing
    with pytest.raises(ExportError) as error:
        await exports.bundle(event)
    assert error.value.problem is ExportProblem.STOPPED
    assert _names(house) == []


async def test_only_clips_of_the_camera_and_the_time(house: House) -> None:
    """Those that touch it, and no picture."""
    event = await _recorded(house, b"one", b"two")
    store = house.library.store
    (first, second) = [
        file for file in await store.of([event.id]) if file.kind is MediaKind.CLIP
    ]
    later = MediaFile(
        event_id=event.id,
        kind=MediaKind.CLIP,
        part=1,
        root=second.root,
        path=second.path,
        bytes=3,
        start_ts=first.start_ts + 10_000,
        duration_ms=10_000,
    )
    await store.add([later])
    at = first.start_ts
    for start, end, expected in (
        (at - 10, at, []),
        (at - 10, at + 1, [first]),
        (at + 9999, at + 10_001, [first, later]),
        (at + 10_000, at + 10_001, [later]),
        (at + 20_000, at + 30_000, []),
    ):
        assert await store.parts_between("front_door", start, end) == expected
    assert await store.parts_between("back_yard", at, at + 10_000) == []
