"""Fixtures of the tests of publishers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.vigilar.events.store import EventStore
from homeassistant.core import HomeAssistant

from ..events.common import BEGAN, FakeClock
from .phone.common import Bench


@pytest.fixture
async def bench(
    hass: HomeAssistant, enable_custom_integrations: None, tmp_path: Path
) -> AsyncIterator[Bench]:
    """Return a notifier that is not started, on a database of its own."""
    clock = FakeClock()
    store = EventStore(f"sqlite:///{tmp_path / 'vigilar.db'}", clock=clock)
    await store.open(now=BEGAN)
    bench = Bench(hass, store, clock)
    yield bench
    await bench.notifier.async_stop()
    await store.close()
