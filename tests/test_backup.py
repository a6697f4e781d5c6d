"""Test what a backup finds of the event database."""

from pathlib import Path
import shutil
import sqlite3
from unittest.mock import patch

import pytest

from custom_components.vigilar.backup import async_post_backup, async_pre_backup
from custom_components.vigilar.const import DATABASE_FILE
from custom_components.vigilar.events import processor
from custom_components.vigilar.events.store import StoreError
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .common import Workers, settle

# More than SQLite lets the log grow before it moves it into the database.
MANY = 400


async def see(hass: HomeAssistant, workers: Workers, first: int, count: int) -> None:
    """Let so many things move."""
    for key in range(first, first + count):
        workers.of("front_door").see_motion(str(key))
    await settle(hass)


def same(one: Path, other: Path) -> bool:
    """Return whether two files hold the same."""
    return one.read_bytes() == other.read_bytes()


def size_of(path: Path) -> int:
    """Return the bytes of a file."""
    return path.stat().st_size


def events_of(database: Path) -> int:
    """Return how many events a sound database holds."""
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
    connection.close()
    return int(count)


async def test_a_copy_in_use_is_sound_and_nothing_is_lost(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database stands still while it is copied, and events go on."""
    # A commit each, so that there is enough to be carried over.
    monkeypatch.setattr(processor, "GROUP", 1)
    database = Path(hass.config.path(DATABASE_FILE))
    copy = tmp_path / "copy.db"
    await see(hass, workers, 0, 10)
    await async_pre_backup(hass)
    # One file is copied before, the other after what happens meanwhile.
    shutil.copy(database, copy)
    await see(hass, workers, 10, MANY)
    assert same(copy, database)
    shutil.copy(f"{database}-wal", f"{copy}-wal")
    await see(hass, workers, 10 + MANY, 10)
    assert events_of(copy) == 10 + MANY
    await async_post_backup(hass)
    before = size_of(database)
    await see(hass, workers, 20 + MANY, MANY)
    assert size_of(database) > before
    assert len(await runtime.store.page(limit=5000)) == 20 + 2 * MANY


@pytest.mark.parametrize("hook", [async_pre_backup, async_post_backup])
async def test_a_failing_database_fails_the_backup(
    hass: HomeAssistant, runtime: VigilarRuntime, hook: object
) -> None:
    """Home Assistant hears of it in words."""
    assert callable(hook)
    with (
        patch.object(runtime.store, "_call", side_effect=StoreError("gone")),
        pytest.raises(HomeAssistantError) as caught,
    ):
        await hook(hass)
    assert caught.value.translation_key == "database_unreadable"


async def test_a_hub_that_is_not_loaded_needs_nothing(hass: HomeAssistant) -> None:
    """A backup of a house in which Vigilar does not run works."""
    await async_pre_backup(hass)
    await async_post_backup(hass)
