"""Files of media: their names, and how they get on disk whole or not at all.

Everything here blocks and belongs on a thread. A name is made of ids alone:
`<root>/<source>/<date>/<event id>.<what>`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
import errno
import io
import os
from pathlib import Path
import re
import shutil
from typing import Final

from PIL import Image

from ..models import Event, MediaKind

CONTENT_TYPES: Final = {
    MediaKind.SNAPSHOT: "image/jpeg",
    MediaKind.THUMBNAIL: "image/jpeg",
    MediaKind.PREVIEW: "image/webp",
    MediaKind.CLIP: "video/mp4",
}
THUMBNAIL_WIDTH: Final = 320

# Marks a folder as ours: where it is missing, the disk behind it is.
MARKER: Final = ".vigilar"
# What is written under such a name is not yet what it is to be.
TEMPORARY: Final = ".tmp"

GIGABYTE: Final = 1_000_000_000
PROBE_BYTES: Final = 262_144

_SUFFIXES: Final = {
    MediaKind.SNAPSHOT: "jpg",
    MediaKind.THUMBNAIL: "thumb.jpg",
    MediaKind.PREVIEW: "webp",
    MediaKind.CLIP: "mp4",
    MediaKind.LUMA: "luma",
}
_OURS: Final = re.compile(
    r"[a-z0-9_]+/\d{4}-\d{2}-\d{2}/[0-9A-HJKMNP-TV-Z]{26}\.[a-z0-9.]+"
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Space:
    """How much room a disk has.

    Attributes:
        total: Bytes of the whole disk.
        free: Bytes that are free.
    """

    total: int
    free: int

    @property
    def reserve(self) -> int:
        """Bytes that are left free in any case: 5 % or 1 GB, whichever is less."""
        return min(self.total // 20, GIGABYTE)

    @property
    def lacking(self) -> int:
        """Bytes that have to be freed until there is room for more; 0 if there is.

        A quarter of the reserve more than the reserve: with that alone the next
        clip would be refused, although there is what may be deleted for it.
        """
        return max(self.reserve + self.reserve // 4 - self.free, 0)


class DiskFullError(OSError):
    """The disk has no room but for the reserve."""


class NoFolderError(OSError):
    """The folder is not there, or it is not ours."""


def relative_path(event: Event, kind: MediaKind, part: int = 0) -> Path:
    """Return where a file of an event belongs below the root.

    Args:
        event: The event.
        kind: What the file is.
        part: Of a clip, counted from 0.
    """
    day = datetime.fromtimestamp(event.ts / 1000, UTC).date().isoformat()
    number = f"{part}." if part else ""
    return Path(event.source_id, day, f"{event.id}.{number}{_SUFFIXES[kind]}")


def temporary(path: Path) -> Path:
    """Return the name that a file has while it is written."""
    return path.with_name(path.name + TEMPORARY)


def claim(root: Path) -> None:
    """Make a folder ours, with all that is above it.

    Raises:
        OSError: It cannot be written to.
    """
    root.mkdir(parents=True, exist_ok=True)
    marker = root / MARKER
    if not marker.exists():
        marker.write_text("Vigilar keeps pictures and clips here.\n", encoding="utf-8")


def is_claimed(root: Path) -> bool:
    """Return whether the folder is there and ours: its disk is mounted."""
    return (root / MARKER).is_file()


def measure(root: Path) -> Space:
    """Return how much room the folder's disk has.

    Raises:
        OSError: The folder is not there.
    """
    usage = shutil.disk_usage(root)
    return Space(usage.total, usage.free)


def check(root: Path, size: int = 0) -> None:
    """Do nothing if a file of `size` bytes may be written below the root.

    Raises:
        NoFolderError: The folder is not there; its disk may be missing.
        DiskFullError: The reserve would not be left free.
    """
    if not is_claimed(root):
        raise NoFolderError(errno.ENOENT, "The media folder is not there")
    space = measure(root)
    if space.free - size < space.reserve:
        raise DiskFullError(errno.ENOSPC, "The disk has only its reserve left")


def probe(root: Path) -> None:
    """Do nothing if files can be written below the root.

    Raises:
        OSError: They cannot.
    """
    check(root)
    # A quota has its own idea of what is free.
    path = root / f"{MARKER}{TEMPORARY}"
    try:
        path.write_bytes(bytes(PROBE_BYTES))
    finally:
        path.unlink(missing_ok=True)


def is_full(err: OSError) -> bool:
    """Return whether the disk has no room, or the user's quota has none."""
    return err.errno in _FULL


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; one that is there is replaced.

    Raises:
        OSError: It was not written; what was there before is unharmed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = temporary(path)
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        publish(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def publish(unfinished: Path, path: Path) -> None:
    """Give a complete and synced file its name, so that a crash does not take it away.

    Raises:
        OSError: It could not be renamed.
    """
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(paths: Iterable[tuple[Path, str]]) -> None:
    """Remove files and the folders that they leave empty.

    One that cannot be removed is passed over: the next sweep finds it.

    Args:
        paths: Each a root and the path below it.
    """
    for root, name in paths:
        path = Path(name)
        try:
            (root / path).unlink(missing_ok=True)
            for folder in path.parents[:-1]:
                (root / folder).rmdir()
        except OSError:
            # Most often a folder that other files are in.
            continue


def walk(root: Path) -> set[str]:
    """Return the paths below the root of all files that can only be ours.

    Raises:
        OSError: A folder cannot be read.
    """
    found = (path.relative_to(root).as_posix() for path in root.glob("*/*/*"))
    return {path for path in found if _OURS.fullmatch(path)}


def shrink(jpeg: bytes) -> bytes:
    """Return the thumbnail of a picture: JPEG, 320 pixels wide or as narrow as it is.

    Raises:
        OSError: It is no picture that can be read.
    """
    with Image.open(io.BytesIO(jpeg)) as image:
        width = min(THUMBNAIL_WIDTH, image.width)
        size = (width, max(1, round(image.height * width / image.width)))
        # Lets the decoder leave out what is not needed: an eighth of the time.
        image.draft("RGB", size)
        small = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    output = io.BytesIO()
    small.save(output, "JPEG", quality=80)
    return output.getvalue()
