"""Houses that show each other's events: everything once, and nothing goes round."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, Self
from unittest.mock import patch

from paho.mqtt.client import topic_matches_sub
import pytest
from pytest_homeassistant_custom_component.common import mock_component

from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.processor import EventProcessor
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.inbound.site import RemoteSite, SiteConfig
from custom_components.vigilar.models import Event, ObservationKind, SourceInfo
from custom_components.vigilar.publish.mqtt import MqttPublisher
from homeassistant.core import HomeAssistant

from ..events.common import observe
from .common import message

FRONT_DOOR = SourceInfo(source_id="front_door", name="Front door")


class Exchange:
    """A broker for several houses, which delivers everything twice."""

    def __init__(self) -> None:
        """Begin without houses."""
        self.messages: list[tuple[str, str]] = []
        self._subscribed: list[tuple[str, Callable[[Any], None]]] = []

    async def publish(
        self, hass: HomeAssistant, topic: str, payload: str, **_options: Any
    ) -> None:
        """Take a message, as `mqtt.async_publish` does, and deliver it."""
        self.messages.append((topic, payload))
        for _ in range(2):
            for pattern, receive in list(self._subscribed):
                if topic_matches_sub(pattern, topic):
                    receive(
                        SimpleNamespace(
                            topic=topic, payload=payload.encode(), retain=False
                        )
                    )

    async def subscribe(
        self, hass: HomeAssistant, topic: str, receive: Any, **_options: Any
    ) -> Callable[[], None]:
        """Deliver what comes on a topic, as `mqtt.async_subscribe` does."""
        entry = (topic, receive)
        self._subscribed.append(entry)
        return lambda: self._subscribed.remove(entry)

    def events(self) -> list[str]:
        """Return the topics of all messages about events."""
        return [topic for topic, _ in self.messages if "/events/" in topic]


class House:
    """A store, the one path, what goes out and what comes in."""

    def __init__(self, hass: HomeAssistant, prefix: str, shown: dict[str, str]) -> None:
        """Build a house that shows others, by their ids and prefixes."""
        self.store = EventStore("sqlite://")
        self.processor = EventProcessor(self.store, lambda _: FRONT_DOOR)
        self.mqtt = MqttPublisher(hass, self.store, prefix, dict)
        self.processor.add_publisher("mqtt", self.mqtt.publish)
        self.sites = [
            RemoteSite(
                hass,
                SiteConfig(
                    subentry_id=site_id, site_id=site_id, name=site_id, prefix=other
                ),
                {},
                describe=lambda: {"entity_id": None, "device_id": None},
                adopt=self.processor.submit_adoption,
                end_open=lambda *_: None,
                changed=lambda: None,
            )
            for site_id, other in shown.items()
        ]

    async def open(self) -> Self:
        """Begin."""
        await self.store.open(now=wall_ms())
        self.processor.start()
        self.mqtt.async_start()
        for site in self.sites:
            site.async_start()
        return self

    async def close(self) -> None:
        """End."""
        for site in self.sites:
            site.async_stop()
        await self.processor.stop()
        await self.mqtt.async_stop()
        await self.store.close()

    async def see(self, key: str) -> None:
        """Let its camera see something come and go."""
        now = wall_ms()
        await self.processor.handle(observe(key=key, ts=now))
        await self.processor.handle(
            observe(ObservationKind.MOTION_ENDED, key=key, ts=now + 500)
        )

    async def events(self) -> dict[str, Event]:
        """Return what is stored, by source."""
        return {event.source_id: event for event in await self.store.page()}

    async def settle(self) -> bool:
        """Work through what there is; return whether there was nothing left."""
        await self.processor.end_open("nobody", "", 0)
        idle = self.mqtt._handed_over == self.store.last_seq
        return idle and not self.mqtt._wake.is_set()


@pytest.fixture
async def exchange(hass: HomeAssistant) -> AsyncGenerator[Exchange]:
    """Return a broker that all houses of a test use."""
    exchange = Exchange()
    mock_component(hass, "mqtt")
    with ExitStack() as patched:
        for name, stand_in in (
            ("async_publish", exchange.publish),
            ("async_subscribe", exchange.subscribe),
            ("is_connected", lambda _hass: True),
        ):
            patched.enter_context(
                patch(f"homeassistant.components.mqtt.{name}", stand_in)
            )
        patched.enter_context(
            patch(
                "homeassistant.components.mqtt.async_subscribe_connection_status",
                lambda *_: lambda: None,
            )
        )
        yield exchange


async def _build(
    hass: HomeAssistant, *plans: tuple[str, dict[str, str]]
) -> list[House]:
    """Open houses, each with its prefix and those that it shows."""
    houses = [await House(hass, prefix, shown).open() for prefix, shown in plans]
    await hass.async_block_till_done()
    await _settle(houses)
    return houses


async def _settle(houses: list[House]) -> None:
    """Wait until no house has anything left to do, three times over."""
    async with asyncio.timeout(60):
        quiet = 0
        while quiet < 3:
            idle = [await house.settle() for house in houses]
            quiet = quiet + 1 if all(idle) else 0
            await asyncio.sleep(0)


async def test_two_houses_that_show_each_other(
    hass: HomeAssistant, exchange: Exchange
) -> None:
    """Each has both events; each message went out once, from where it happened."""
    houses = await _build(hass, ("a", {"site_b": "b"}), ("b", {"site_a": "a"}))
    await houses[0].see("x")
    await houses[1].see("y")
    await _settle(houses)
    assert sorted(exchange.events()) == [
        *("a/events/ended", "a/events/published"),
        *("b/events/ended", "b/events/published"),
    ]
    ours, theirs = await houses[0].events(), await houses[1].events()
    assert set(ours) == {"front_door", "site_b.front_door"}
    assert set(theirs) == {"front_door", "site_a.front_door"}
    shown = theirs["site_a.front_door"]
    assert shown.id == ours["front_door"].id
    assert shown.site == "site_a"
    assert shown.payload["end_ts"] == ours["front_door"].payload["end_ts"]
    for house in houses:
        await house.close()


async def test_three_houses_in_a_ring(hass: HomeAssistant, exchange: Exchange) -> None:
    """Each shows its neighbour's own events, and none those of a third."""
    houses = await _build(
        hass,
        ("a", {"site_c": "c"}),
        ("b", {"site_a": "a"}),
        ("c", {"site_b": "b"}),
    )
    for key, house in zip("xyz", houses, strict=True):
        await house.see(key)
    await _settle(houses)
    assert len(exchange.events()) == 6
    for house, neighbour in zip(houses, ("site_c", "site_a", "site_b"), strict=True):
        assert set(await house.events()) == {"front_door", f"{neighbour}.front_door"}
        await house.close()


async def test_a_house_that_listens_to_itself_by_mistake(
    hass: HomeAssistant, exchange: Exchange
) -> None:
    """Its own events are known, by their ids."""
    (house,) = await _build(hass, ("a", {"myself": "a"}))
    await house.see("x")
    await _settle([house])
    assert set(await house.events()) == {"front_door"}
    assert house.store.last_seq == 2
    assert len(exchange.events()) == 2
    await house.close()


async def test_two_houses_with_one_prefix_by_mistake(
    hass: HomeAssistant, exchange: Exchange
) -> None:
    """A third shows both as one; nothing goes round between them."""
    houses = await _build(
        hass, ("a", {"other": "a"}), ("a", {"other": "a"}), ("c", {"both": "a"})
    )
    await houses[0].see("x")
    await houses[1].see("y")
    await _settle(houses)
    assert len(exchange.events()) == 4
    assert len(await houses[2].store.page()) == 2
    for house in houses:
        assert house.store.last_seq == 4
        await house.close()


async def test_a_house_that_passes_on_is_not_believed(
    hass: HomeAssistant, exchange: Exchange
) -> None:
    """Another program may republish what Vigilar would not."""
    houses = await _build(hass, ("a", {"site_b": "b"}), ("b", {"site_c": "c"}))
    (listener,) = houses[0].sites
    with patch.object(Event, "site", None):
        (relay,) = houses[1].sites
        relay.receive_event("c/events/published", message(ts=wall_ms()), False)
        await _settle(houses)
    assert exchange.events() == ["b/events/published"]
    assert listener.diagnostics["dropped"] == {"relayed": 2}
    assert await houses[0].events() == {}
    for house in houses:
        await house.close()
