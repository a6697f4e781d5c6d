"""Makes files and rows agree, after a crash or a hand in the folder."""

import logging
from pathlib import Path

from ..events.media import MediaFile
from ..models import MediaState
from . import files, states
from .library import MediaLibrary

_LOGGER = logging.getLogger(__name__)


async def sweep(library: MediaLibrary) -> None:
    """Remove what belongs to nothing, and let events say what is gone; once a life.

    Files without a row go, and rows and files without an event. Other folders
    than today's are not looked through for files. A folder whose disk is
    missing is left alone.

    Args:
        library: Open; it may be at work meanwhile.

    Raises:
        StoreError: The event database fails.
    """
    orphans = await library.store.orphans()
    await library.run(files.remove, [(Path(file.root), file.path) for file in orphans])
    await library.store.forget({file.event_id for file in orphans})
    try:
        present = await library.run(files.walk, library.root)
    except OSError as err:
        _LOGGER.warning("The media folder cannot be looked through: %s", err)
        present = set()
    # Rows after files, so that a file that comes in between has its row.
    known = await library.store.all()
    await _remove_strays(library, present, known)
    for file in await library.run(_missing, known):
        lost = {file.kind: states.failed(states.WHY_LOST)}
        library.say(file.event_id, lost, only={MediaState.READY})
        await library.store.drop(file)


async def _remove_strays(
    library: MediaLibrary, present: set[str], known: list[MediaFile]
) -> None:
    """Remove the files of this database's events that are there without a row.

    Others in the same folder are left alone: they belong to another database, of
    a second Home Assistant or from before this one was begun.
    """
    fresh, library.fresh = library.fresh or set(), None
    rows = {file.path for file in known if file.root == str(library.root)}
    # This life's are still being written.
    loose = {path: _event_id(path) for path in present - rows}
    ours = await library.store.events_among(set(loose.values()) - fresh)
    strays = sorted(path for path, event_id in loose.items() if event_id in ours)
    if strays:
        _LOGGER.info("Removing %d media files that belong to no event", len(strays))
        await library.run(files.remove, [(library.root, path) for path in strays])


def _event_id(path: str) -> str:
    """Return whose file it is, by its name."""
    return Path(path).name.partition(".")[0]


def _missing(known: list[MediaFile]) -> list[MediaFile]:
    """Return what there is a row of but no file, where the folder is there."""
    claimed = {root: files.is_claimed(Path(root)) for root in {f.root for f in known}}
    return [
        file
        for file in known
        if claimed[file.root] and not Path(file.root, file.path).is_file()
    ]
