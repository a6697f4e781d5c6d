"""Events say what there is to see of them, once it is there."""

import asyncio
import logging
from pathlib import Path
import threading
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.media import files
from custom_components.vigilar.media.library import Trouble
from custom_components.vigilar.models import ChangeKind, MediaKind, ObservationKind
from tests.common import clip_info, make_jpeg
from tests.events.common import BEGAN

from .house import ENDED, UPDATED, House, open_house

PICTURE = make_jpeg()
BETTER = make_jpeg(level=200)
NO_SPACE = files.Space(1_000_000, 0)
NONE = {"state": "none", "url": None}
PENDING = {"state": "pending", "url": None}


def _ready(event_id: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return what an event says of what can be looked at."""
    url = f"/api/vigilar/events/{event_id}/{kind}"
    return {"state": "ready", "url": url, **more}


def _failed(reason: str) -> dict[str, Any]:
    """Return what an event says of what it should have and has not."""
    return {"state": "failed", "url": None, "reason": reason}


async def test_a_snapshot_is_there_at_once(house: House) -> None:
    """The event says pending first, and ready once both files and rows are there."""
    event = await house.see(snapshot=PICTURE)
    new, updated = house.changes
    assert (new.kind, updated.kind) == (ChangeKind.NEW, ChangeKind.UPDATED)
    assert new.event.payload["media"] == dict.fromkeys(
        ("snapshot", "thumbnail", "preview", "clip"), PENDING
    )
    assert updated.event.payload["media"] == {
        "snapshot": _ready(event.id, "snapshot", size=len(PICTURE)),
        "thumbnail": _ready(event.id, "thumbnail", size=len(files.shrink(PICTURE))),
        "preview": PENDING,
        "clip": PENDING,
    }
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None
    assert found.path.read_bytes() == PICTURE
    assert house.root in found.path.parents
    assert not found.final


async def test_the_first_update_does_not_wait_for_the_interval(
    house: House,
) -> None:
    """A phone waits for the picture; what comes after it is spaced."""
    with patch.object(house.processor, "_clock", lambda: BEGAN):
        await house.see(snapshot=PICTURE)
        assert house.states(MediaKind.SNAPSHOT) == ["pending", "ready"]
        event = await house.see(UPDATED, zones=("Porch",))
        assert len(house.changes) == 2
    await house.processor.stop()
    assert house.changes[-1].event.payload["zones"] == ["Porch"]
    assert house.changes[-1].event.id == event.id


async def test_a_better_look_replaces_the_file(house: House) -> None:
    """The address stays, and the event says how large it is now."""
    event = await house.see(snapshot=PICTURE)
    await house.see(UPDATED, snapshot=BETTER)
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None
    assert found.path.read_bytes() == BETTER
    (row,) = [
        file
        for file in await house.library.store.all()
        if file.kind is MediaKind.SNAPSHOT
    ]
    assert row.bytes == len(BETTER)
    snapshot = (await house.media(event.id))["snapshot"]
    assert snapshot == _ready(event.id, "snapshot", size=len(BETTER))


async def test_of_looks_that_wait_only_the_best_is_written(house: House) -> None:
    """A slow disk is not asked for what is replaced at once."""
    event = await house.see()
    with patch.object(files, "write", wraps=files.write) as write:
        for level in range(5):
            house.library.look(event, make_jpeg(level=level))
        await house.settle()
    written = [call.args[1] for call in write.call_args_list]
    assert written[0] == make_jpeg(level=4)
    assert len(written) == 2


async def test_the_last_look_of_an_event_counts(house: House) -> None:
    """It may come with the end, and to an event that had none before."""
    event = await house.see()
    assert (await house.media(event.id))["snapshot"] == NONE
    await house.see(ENDED, BEGAN + 3000, snapshot=PICTURE)
    assert (await house.media(event.id))["snapshot"] == _ready(
        event.id, "snapshot", size=len(PICTURE)
    )
    last = house.changes[-1]
    assert last.kind is ChangeKind.UPDATED
    assert last.event.payload["phase"] == "updated"
    assert last.event.payload["end_ts"] == BEGAN + 3000


async def test_what_is_no_picture_is_kept_without_a_thumbnail(house: House) -> None:
    """And the event says so."""
    event = await house.see(snapshot=b"broken")
    media = await house.media(event.id)
    assert media["snapshot"] == _ready(event.id, "snapshot", size=len(b"broken"))
    assert media["thumbnail"] == _failed("the picture cannot be read")


async def test_a_lost_camera_has_nothing_to_show(house: House) -> None:
    """Nothing is recorded of it, and nothing is said to be pending."""
    event = await house.see(ObservationKind.CAMERA_OFFLINE)
    assert set(map(str, (await house.media(event.id)).values())) == {str(NONE)}
    assert house.recorder.path_of == {}


async def test_a_clip(house: House) -> None:
    """Recorded from the start, playable while it grows, kept in parts."""
    event = await house.see()
    recorder, sink = house.recorder, house.recorder.sink
    assert sink is not None
    path = recorder.path_of[event.id](0)
    path.write_bytes(b"half an mp4")
    for _ in range(2):
        sink.clip_progress(event.id, 0, clip_info(path))
    await house.settle()
    live_url = f"/api/vigilar/events/{event.id}/clip"
    assert (await house.media(event.id))["clip"] == PENDING | {"live_url": live_url}
    growing = await house.library.find(event.id, MediaKind.CLIP)
    assert growing is not None
    assert growing.path == path

    recorder.finish_part(event.id, 0, b"an mp4")
    await house.settle()
    assert (await house.media(event.id))["clip"] == _ready(
        event.id, "clip", size=6, parts=1, start_ts=BEGAN - 5000, duration_ms=10_000
    )
    await house.see(ENDED, BEGAN + 3000)
    assert recorder.ended == {event.id: BEGAN + 3000}
    recorder.finish_part(event.id, 1, b"the rest")
    sink.clip_failed(event.id, 2, "the stream broke")
    sink.preview_done(event.id, b"webp")
    sink.recording_done(event.id, 2)
    await house.settle()

    media = await house.media(event.id)
    assert media["clip"] == _ready(
        event.id, "clip", size=6, parts=2, start_ts=BEGAN - 5000, duration_ms=20_000
    )
    assert media["preview"] == _ready(event.id, "preview", size=4)
    assert house.library.recordings == {}
    for part, data in enumerate((b"an mp4", b"the rest")):
        found = await house.library.find(event.id, MediaKind.CLIP, part)
        assert found is not None
        assert found.path is not None
        assert found.path.read_bytes() == data
        assert found.final
    assert not [path for path in files.walk(house.root) if path.endswith(".tmp")]
    missing = await house.library.find(event.id, MediaKind.CLIP, 2)
    assert missing is not None
    assert missing.path is None


async def test_a_clip_that_could_not_be_recorded(house: House) -> None:
    """The event says why; what never came is not pending for ever."""
    event = await house.see()
    sink = house.recorder.sink
    assert sink is not None
    sink.clip_failed(event.id, 0, "the stream has no keyframes")
    sink.recording_done(event.id, 0)
    await house.settle()
    media = await house.media(event.id)
    assert media["clip"] == _failed("the stream has no keyframes")
    assert media["preview"] == _failed("nothing was recorded")


async def test_a_clip_that_cannot_be_named(house: House) -> None:
    """A failing disk is told of by the event."""
    event = await house.see()
    with patch.object(files, "publish", side_effect=OSError(5, "broken")):
        house.recorder.finish_part(event.id)
    await house.settle()
    assert (await house.media(event.id))["clip"] == _failed(
        "the file could not be written"
    )


async def test_events_go_on_when_the_disk_is_full(house: House) -> None:
    """Their media fail with the reason; it is reported once, and when it is over."""
    with patch.object(files, "measure", return_value=NO_SPACE):
        first = await house.see(key="a", snapshot=PICTURE)
        second = await house.see(key="b", snapshot=PICTURE)
        with pytest.raises(files.DiskFullError):
            house.recorder.path_of[first.id](0)
        assert house.recorder.sink is not None
        house.recorder.sink.clip_failed(first.id, 0, "no path")
        await house.settle()
        await house.library.check()
        assert house.troubles == [Trouble.DISK_FULL]
    for event in (first, second):
        media = await house.media(event.id)
        assert media["snapshot"] == _failed("disk full")
        assert media["thumbnail"] == _failed("disk full")
    assert (await house.media(first.id))["clip"] == _failed("disk full")
    assert files.walk(house.root) == set()
    await house.library.check()
    assert house.troubles == [Trouble.DISK_FULL, None]
    third = await house.see(key="c", snapshot=PICTURE)
    assert (await house.media(third.id))["snapshot"]["state"] == "ready"


async def test_a_look_after_the_disk_was_full_is_kept(house: House) -> None:
    """What has failed may still become ready, and that mends the trouble."""
    with patch.object(files, "measure", return_value=NO_SPACE):
        event = await house.see(snapshot=PICTURE)
    await house.see(UPDATED, snapshot=BETTER)
    assert (await house.media(event.id))["snapshot"]["state"] == "ready"
    assert house.troubles == [Trouble.DISK_FULL, None]


async def test_room_is_made_when_the_disk_is_full(house: House) -> None:
    """What is old goes, and the new picture is kept."""
    old = await house.keep_ended(BEGAN, PICTURE)

    def measure(root: Path) -> files.Space:
        """Return a full disk until something was deleted."""
        return NO_SPACE if files.walk(root) else files.Space(1_000_000, 900_000)

    with patch.object(files, "measure", measure):
        new = await house.see(ts=BEGAN + 9000, key="new", snapshot=PICTURE)
    assert (await house.media(old.id))["snapshot"] == {"state": "deleted", "url": None}
    assert (await house.media(new.id))["snapshot"]["state"] == "ready"
    assert house.troubles == []


async def test_a_clip_without_room_makes_room_for_the_next(house: House) -> None:
    """A part cannot wait, but what comes after it can be recorded."""
    old = await house.keep_ended(BEGAN, PICTURE)
    event = await house.see(ts=BEGAN + 9000, key="new")
    assert house.recorder.sink is not None

    def measure(root: Path) -> files.Space:
        """Return a full disk until something was deleted."""
        return NO_SPACE if files.walk(root) else files.Space(1_000_000, 900_000)

    with patch.object(files, "measure", measure):
        with pytest.raises(files.DiskFullError):
            house.recorder.path_of[event.id](0)
        house.recorder.sink.clip_failed(event.id, 0, "no path")
        await house.settle()
        house.recorder.path_of[event.id](1)
    assert (await house.media(event.id))["clip"] == _failed("disk full")
    assert (await house.media(old.id))["snapshot"]["state"] == "deleted"


async def test_a_failing_disk_is_no_matter_of_room(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is deleted for it, and the log says what happened."""
    with patch.object(files, "write", side_effect=OSError(5, "broken")):
        event = await house.see(snapshot=PICTURE)
    assert (await house.media(event.id))["snapshot"] == _failed(
        "the file could not be written"
    )
    assert "could not be written: [Errno 5] broken" in caplog.text
    assert house.troubles == []


async def test_a_picture_that_is_ready_stays_ready(house: House) -> None:
    """A worse fate of a better look takes nothing away."""
    event = await house.see(snapshot=PICTURE)
    with patch.object(files, "measure", return_value=NO_SPACE):
        await house.see(UPDATED, snapshot=BETTER)
    assert (await house.media(event.id))["snapshot"]["state"] == "ready"
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None
    assert found.path.read_bytes() == PICTURE


async def test_an_event_that_is_deleted_takes_its_files_along(house: House) -> None:
    """Nothing of it is left, and it does not come back."""
    event = await house.keep_ended(BEGAN, PICTURE)
    assert files.walk(house.root)
    await house.processor.prune(before_ms=BEGAN + 60_000, now=BEGAN)
    house.library.say(event.id, {MediaKind.CLIP: _failed("late")})
    await house.settle()
    assert await house.store.get(event.id) is None
    assert await house.library.find(event.id, MediaKind.SNAPSHOT) is None
    assert await house.library.store.all() == []
    assert files.walk(house.root) == set()


async def test_a_store_that_fails_stops_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The files are for the next sweep, and the next event has its picture."""
    error = StoreError("locked")
    with patch.object(house.library.store, "add", side_effect=error):
        event = await house.see(snapshot=PICTURE)
    assert (await house.media(event.id))["snapshot"] == PENDING
    assert "could not be noted: locked" in caplog.text
    other = await house.see(key="other", snapshot=PICTURE)
    assert (await house.media(other.id))["snapshot"]["state"] == "ready"


async def test_a_defect_stops_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its traceback."""
    with patch.object(files, "shrink", side_effect=RuntimeError("defect")):
        await house.see(snapshot=PICTURE)
    assert "RuntimeError: defect" in caplog.text
    other = await house.see(key="other", snapshot=PICTURE)
    assert (await house.media(other.id))["snapshot"]["state"] == "ready"


async def test_another_folder(house: House, tmp_path: Path) -> None:
    """What comes goes there, what is kept stays and can be seen, and clips end where they began."""
    event = await house.see(snapshot=PICTURE)
    other = tmp_path / "other"
    await house.library.use_root(other)
    late = await house.see(key="late", snapshot=PICTURE)
    house.recorder.finish_part(event.id)
    await house.settle()
    for event_id, kind, root in (
        (event.id, MediaKind.SNAPSHOT, house.root),
        (event.id, MediaKind.CLIP, house.root),
        (late.id, MediaKind.SNAPSHOT, other),
    ):
        found = await house.library.find(event_id, kind)
        assert found is not None
        assert found.path is not None
        assert root in found.path.parents


async def test_a_folder_that_cannot_be_used(house: House, tmp_path: Path) -> None:
    """Events say so, it is reported, and it is over by itself."""
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    await house.library.use_root(blocked / "media")
    event = await house.see(snapshot=PICTURE)
    assert (await house.media(event.id))["snapshot"] == _failed(
        "the media folder is not there"
    )
    assert house.troubles == [Trouble.NO_FOLDER]
    blocked.unlink()
    files.claim(blocked / "media")
    await house.library.check()
    assert house.troubles == [Trouble.NO_FOLDER, None]


async def test_a_folder_whose_disk_is_missing_is_not_made_anew(
    house: House, tmp_path: Path
) -> None:
    """The pictures in it are not lost: they are there again with the disk."""
    event = await house.keep_ended(BEGAN, PICTURE)
    house.root.rename(tmp_path / "unmounted")
    house.root.mkdir()
    await house.library.use_root(house.root)
    assert house.troubles == [Trouble.NO_FOLDER]
    assert list(house.root.iterdir()) == []
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is None
    house.root.rmdir()
    (tmp_path / "unmounted").rename(house.root)
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None


async def test_what_the_last_life_left_pending_is_settled(tmp_path: Path) -> None:
    """Ready where the file has its row, failed where nobody works at it any more."""
    root, database = tmp_path / "media", tmp_path / "vigilar.db"
    async with open_house(root, database) as house:
        kept = await house.see(key="kept", snapshot=PICTURE)
        with patch.object(house.library, "say"):
            # Killed between the row and the event.
            house.recorder.finish_part(kept.id)
            await house.settle()
        lost = await house.see(key="lost")
    async with open_house(root, database) as house:
        await house.settle()
        kept_media = await house.media(kept.id)
        lost_media = await house.media(lost.id)
        assert [change.kind for change in house.changes] == [ChangeKind.UPDATED] * 2
    assert kept_media["clip"]["state"] == "ready"
    assert kept_media["clip"]["parts"] == 1
    assert kept_media["preview"] == _failed("restart")
    assert lost_media["clip"] == _failed("restart")
    assert lost_media["snapshot"] == NONE


async def test_diagnostics_hold_no_path(house: House) -> None:
    """Counts and sizes only; an unknown disk is no failure."""
    await house.see(snapshot=PICTURE)
    told = await house.library.diagnostics()
    assert told["kept"]["snapshot"] == {"files": 1, "bytes": len(PICTURE)}
    assert told["recording"] == 1
    assert told["disk_free_bytes"] > 0
    with patch.object(files, "measure", side_effect=OSError):
        assert (await house.library.diagnostics())["disk_free_bytes"] is None
    assert str(house.root) not in str(told)


async def test_files_are_written_off_the_loop(house: House) -> None:
    """A slow disk holds up neither the loop nor the next event's publication."""
    seen: list[str] = []
    write = files.write

    def note(path: Path, data: bytes) -> None:
        """Note the thread."""
        seen.append(threading.current_thread().name)
        write(path, data)

    with patch.object(files, "write", note):
        await house.see(snapshot=PICTURE)
    assert seen
    assert all(name.startswith("vigilar_files") for name in seen)


async def test_a_clip_that_outlives_the_loop_is_no_failure(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant has ended; the next start settles it."""
    caplog.set_level(logging.DEBUG)
    assert house.recorder.sink is not None
    closed = asyncio.new_event_loop()
    closed.close()
    with patch.object(house.recorder.sink, "_loop", closed):
        house.recorder.sink.recording_done("x", 0)
    assert "outlived" in caplog.text
