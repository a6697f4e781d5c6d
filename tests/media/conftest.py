"""Fixtures for the tests of what events look like."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .house import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Return a running house with empty folders."""
    async with open_house(tmp_path / "media", tmp_path / "vigilar.db") as house:
        yield house
