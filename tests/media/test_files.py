"""Files are on disk whole or not at all, under names made of ids."""

import errno
import io
import os
from pathlib import Path
from unittest.mock import patch

from PIL import Image
import pytest

from custom_components.vigilar.media import files
from custom_components.vigilar.models import MediaKind
from tests.common import make_jpeg
from tests.events.common import BEGAN, make_event


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder that is ours."""
    files.claim(tmp_path)
    return tmp_path


def test_names_are_made_of_ids() -> None:
    """The source, the day in UTC, the event; a part's number from the second on."""
    event = make_event(BEGAN, event_id="01HF7YAT00TESTTESTTESTTEST")
    names = {kind: files.relative_path(event, kind).as_posix() for kind in MediaKind}
    stem = "front_door/2023-11-14/01HF7YAT00TESTTESTTESTTEST"
    assert names == {
        MediaKind.SNAPSHOT: f"{stem}.jpg",
        MediaKind.THUMBNAIL: f"{stem}.thumb.jpg",
        MediaKind.PREVIEW: f"{stem}.webp",
        MediaKind.CLIP: f"{stem}.mp4",
        MediaKind.LUMA: f"{stem}.luma",
    }
    part = files.relative_path(event, MediaKind.CLIP, 2)
    assert part.as_posix() == f"{stem}.2.mp4"
    assert files.temporary(part).name.endswith(".2.mp4.tmp")


def test_a_file_is_written_whole_or_not_at_all(root: Path) -> None:
    """What was there stays until the new one is synced; a failure leaves nothing."""
    path = root / "a" / "b.jpg"
    files.write(path, b"old")
    synced: list[bytes] = []

    def fail_after_sync(fd: int) -> None:
        """Note what is in the file, and fail."""
        synced.append(files.temporary(path).read_bytes())
        raise OSError(errno.ENOSPC, "no space")

    with (
        patch.object(os, "fsync", fail_after_sync),
        pytest.raises(OSError, match="no space"),
    ):
        files.write(path, b"new")
    assert synced == [b"new"]
    assert path.read_bytes() == b"old"
    assert [item.name for item in path.parent.iterdir()] == ["b.jpg"]
    files.write(path, b"new")
    assert path.read_bytes() == b"new"


def test_the_folder_is_synced_after_the_renaming(root: Path) -> None:
    """Only then does the new name survive a loss of power."""
    path = root / "b.jpg"
    steps: list[str] = []
    sync = os.fsync

    def note(fd: int) -> None:
        """Note what is synced, and whether the file has its name by then."""
        kind = "folder" if os.fstat(fd).st_mode & 0o040000 else "file"
        steps.append(f"{kind} {path.exists()}")
        sync(fd)

    with patch.object(os, "fsync", note):
        files.write(path, b"x")
    assert steps == ["file False", "folder True"]


def test_the_reserve(root: Path) -> None:
    """5 % or 1 GB, whichever is less, is never written to."""
    assert files.Space(10_000_000_000, 600_000_000).reserve == 500_000_000
    assert files.Space(4_000_000_000_000, 0).reserve == 1_000_000_000
    assert files.Space(10_000_000_000, 450_000_000).lacking == 175_000_000
    assert files.Space(10_000_000_000, 650_000_000).lacking == 0

    files.check(root)
    space = files.Space(1000, 60)
    with patch.object(files, "measure", return_value=space):
        files.check(root, 10)
        with pytest.raises(files.DiskFullError) as caught:
            files.check(root, 11)
    assert files.is_full(caught.value)
    assert files.is_full(OSError(errno.EDQUOT, "quota"))
    assert not files.is_full(OSError(errno.EIO, "broken"))


def test_a_folder_whose_disk_is_missing_is_not_written_to(tmp_path: Path) -> None:
    """Else all would go to where the disk should be mounted."""
    mount_point = tmp_path / "mnt"
    mount_point.mkdir()
    with pytest.raises(files.NoFolderError):
        files.check(mount_point)
    assert not files.is_claimed(mount_point)
    files.claim(mount_point)
    files.claim(mount_point)
    files.check(mount_point)


def test_a_probe_leaves_nothing(root: Path) -> None:
    """It tells that files can be written again, a quota included."""
    files.probe(root)
    with (
        patch.object(Path, "write_bytes", side_effect=OSError(errno.EDQUOT, "quota")),
        pytest.raises(OSError, match="quota"),
    ):
        files.probe(root)
    assert [path.name for path in root.iterdir()] == [files.MARKER]


def test_removing_takes_empty_folders_along(root: Path) -> None:
    """What is not empty stays, and what is not there is no failure."""
    for name in ("a/2023-11-14/1.jpg", "a/2023-11-15/2.jpg", "b/2023-11-14/3.jpg"):
        files.write(root / name, b"x")
    files.remove([(root, "a/2023-11-14/1.jpg"), (root, "b/2023-11-14/3.jpg")])
    files.remove([(root, "a/2023-11-14/1.jpg")])
    left = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    assert left == {files.MARKER, "a", "a/2023-11-15", "a/2023-11-15/2.jpg"}


def test_only_what_can_be_ours_is_found(root: Path) -> None:
    """Files of others in the folder are never touched."""
    ours = [
        "front_door/2023-11-14/01HF7YAT00TESTTESTTESTTEST.jpg",
        "front_door/2023-11-14/01HF7YAT00TESTTESTTESTTEST.1.mp4.tmp",
        "front_door/2023-11-14/01HF7YAT00TESTTESTTESTTEST.mp4.tmp.remux",
    ]
    for name in (
        *ours,
        "front_door/2023-11-14/holiday.jpg",
        "Front door/2023-11-14/01HF7YAT00TESTTESTTESTTEST.jpg",
        "front_door/photos/01HF7YAT00TESTTESTTESTTEST.jpg",
        "01HF7YAT00TESTTESTTESTTEST.jpg",
    ):
        files.write(root / name, b"x")
    assert files.walk(root) == set(ours)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (320, 180)), ((200, 100), (200, 100)), ((4000, 10), (320, 1))],
)
def test_a_thumbnail_is_as_wide_as_it_should_be(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """320 pixels, less where the picture has less, its proportions kept."""
    with Image.open(io.BytesIO(files.shrink(make_jpeg(*size)))) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", expected)
        red, green, blue = thumbnail.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    assert abs(red - 90) < 12
    assert abs(green - 120) < 12
    assert abs(blue - 60) < 12


def test_what_is_no_picture_has_no_thumbnail() -> None:
    """It is said so and not guessed."""
    with pytest.raises(OSError, match="cannot identify"):
        files.shrink(b"no picture")
