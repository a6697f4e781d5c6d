"""After a crash files and rows agree, and events say what is true."""

import logging
from pathlib import Path
import subprocess
import sys
from unittest.mock import patch

import pytest

from custom_components.vigilar.media import files
from custom_components.vigilar.media.sweep import sweep
from custom_components.vigilar.models import MediaKind
from tests.common import make_jpeg
from tests.events.common import BEGAN

from .house import House, open_house

PICTURE = make_jpeg()
KEEPER = Path(__file__).with_name("crash_keeper.py")
FOREIGN = "front_door/2023-11-14/01HF7YAT00TESTTESTTESTTEST"


async def test_files_without_a_row_go(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of this life and those of others stay."""
    caplog.set_level(logging.INFO)
    before = await house.keep_ended(BEGAN - 60_000, PICTURE, key="before")
    assert house.library.fresh is not None
    house.library.fresh.discard(before.id)
    stray = house.root / "front_door/2023-11-13" / before.id
    files.write(stray.with_suffix(".jpg"), b"stray")
    files.write(stray.with_suffix(".mp4.tmp.remux"), b"half")
    files.write(house.root / f"{FOREIGN}.jpg", b"of another database")
    files.write(house.root / "front_door/2023-11-14/mine.jpg", b"holiday")
    old = await house.keep_ended(BEGAN, PICTURE, key="old")
    event = await house.see(snapshot=PICTURE)
    growing = house.recorder.path_of[event.id](0)
    growing.write_bytes(b"half an mp4")
    await sweep(house.library)
    await house.settle()
    assert not stray.with_suffix(".jpg").exists()
    assert not stray.with_suffix(".mp4.tmp.remux").exists()
    assert (house.root / f"{FOREIGN}.jpg").exists()
    assert (house.root / "front_door/2023-11-14/mine.jpg").exists()
    assert growing.exists()
    for kept in (old, event):
        assert (await house.media(kept.id))["snapshot"]["state"] == "ready"
    assert "Removing 2 media files" in caplog.text
    # What is seen after the sweep needs no noting any more.
    await house.see(key="after", snapshot=PICTURE)
    assert house.library.fresh is None


async def test_an_event_whose_file_is_gone_says_so(house: House) -> None:
    """A hand in the folder is noticed; what is left stays."""
    event = await house.keep_ended(BEGAN, PICTURE)
    found = await house.library.find(event.id, MediaKind.SNAPSHOT)
    assert found is not None
    assert found.path is not None
    found.path.unlink()
    await sweep(house.library)
    await house.settle()
    media = await house.media(event.id)
    assert media["snapshot"] == {
        "state": "failed",
        "url": None,
        "reason": "the file is gone",
    }
    assert media["thumbnail"]["state"] == "ready"
    assert [file.kind for file in await house.library.store.all()] == [
        MediaKind.THUMBNAIL
    ]


async def test_a_missing_disk_is_left_alone(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is on it is there again with it."""
    event = await house.keep_ended(BEGAN, PICTURE)
    house.root.rename(tmp_path / "unmounted")
    with patch.object(files, "walk", side_effect=OSError("no such folder")):
        await sweep(house.library)
    await house.settle()
    assert "cannot be looked through" in caplog.text
    assert (await house.media(event.id))["snapshot"]["state"] == "ready"
    assert len(await house.library.store.all()) == 2


async def test_rows_without_an_event_go_with_their_files(house: House) -> None:
    """A crash between the deletion of an event and that of its files."""
    event = await house.keep_ended(BEGAN, PICTURE)
    await house.store.prune(before_ms=BEGAN + 60_000, now=BEGAN)
    assert await house.store.get(event.id) is None
    assert files.walk(house.root)
    await sweep(house.library)
    assert await house.library.store.all() == []
    assert files.walk(house.root) == set()


def keep_until_killed(folder: Path, told: int) -> list[str]:
    """Let another process keep media, kill it, return what it has told."""
    with subprocess.Popen(
        [sys.executable, str(KEEPER), str(folder)], stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        lines = [keeper.stdout.readline() for _ in range(told)]
        keeper.kill()
        return lines + keeper.stdout.readlines()


@pytest.mark.parametrize("told", [3, 20, 41, 75])
async def test_a_kill_leaves_nothing_that_a_sweep_does_not_settle(
    tmp_path: Path, told: int
) -> None:
    """What was told to be ready is there or deleted; files and rows agree."""
    lines = keep_until_killed(tmp_path, told)
    ready = {
        (line.split(" ")[0], MediaKind(kind))
        for line in lines
        if line.endswith("\n")
        for kind in line.split(" ")[1].strip().split(",")
        if kind
    }
    assert ready
    async with open_house(tmp_path / "media", tmp_path / "vigilar.db") as house:
        await sweep(house.library)
        await house.settle()
        rows = {file.path for file in await house.library.store.all()}
        assert rows == files.walk(house.root)
        for event_id, kind in ready:
            media = await house.media(event_id)
            found = await house.library.find(event_id, kind)
            assert found is not None
            gone = media[kind.value].get("reason") == "the file is gone"
            assert media[kind.value]["state"] in ("ready", "deleted") or gone
            assert (found.path is not None) is (media[kind.value]["state"] == "ready")
        for event in await house.store.page(limit=10_000):
            states = {entry["state"] for entry in event.payload["media"].values()}
            assert "pending" not in states
            assert event.payload["end_ts"] is not None
