"""One house for all end-to-end tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from .house import House, MqttListener
from .phone import Phone, running_phone


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Build and furnish the house; tear it down at the end."""
    with ExitStack() as running:
        house = House.build(tmp_path_factory.mktemp("house"), running)
        asyncio.run(house.furnish())
        yield house


@pytest.fixture
def listener(house: House) -> Iterator[MqttListener]:
    """Listen to MQTT from before the test begins."""
    listener = house.listener()
    yield listener
    listener.close()


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """Return a phone that can be reached."""
    async with running_phone() as phone:
        yield phone
