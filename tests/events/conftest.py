"""Fixtures of the events' tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.vigilar.events.store import EventStore

from .common import BEGAN, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that only moves when told to."""
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "vigilar.db"


@pytest.fixture
async def store(database: Path, clock: FakeClock) -> AsyncIterator[EventStore]:
    """Return an open store in a file."""
    store = EventStore(f"sqlite:///{database}", clock=clock)
    await store.open(now=BEGAN)
    yield store
    await store.close()
