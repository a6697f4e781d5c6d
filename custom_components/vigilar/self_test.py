"""The self-test: a made-up detection goes the whole way, and each hop is timed.

It takes the real parts: the analysis, the one path, the broker, a websocket
connection as a browser's, the phones. Its event is marked as a test, so it
matters to nobody but the tester, and is deleted at the end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
import json
import logging
import time
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.components.websocket_api.http import WebSocketAdapter
from homeassistant.core import (
    Event as BusEvent,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv, issue_registry as ir
from homeassistant.helpers.service import async_register_admin_service

from .commands import async_runtime
from .const import DOMAIN, EVENT_VIGILAR, HOUSE_SOURCE, ISSUE_SELF_TEST_FAILED
from .events.clock import wall_ms
from .events.ledger import DeliveryState
from .models import Event, Observation, ObservationKind
from .publish.phone.recipient import Recipient
from .publish.phone.texts import Texts
from .runtime import VigilarRuntime
from .snoozing import async_recipient
from .vision.rehearsal import rehearse

_LOGGER = logging.getLogger(__name__)

ACTION_SELF_TEST: Final = "self_test"
ATTR_RECIPIENT: Final = "recipient"

# What has not arrived by then has failed.
HOP_TIMEOUT_S: Final = 20.0
_SUBSCRIPTION: Final = 1


class HopState(StrEnum):
    """What became of the detection on one hop."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There is nothing to try out."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop of the way.

    Attributes:
        name: `vision`, `event`, `bus`, `mqtt`, `websocket` or `notification`.
        state: What became of the detection on it.
        ms: When it had arrived: for `vision` since the first picture, for the rest
            since the detection was handed in; None if it did not.
        detail: Why, if it is not `OK`.
    """

    name: str
    state: HopState
    ms: float | None = None
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as an action answers."""
        return {
            "hop": self.name,
            "state": self.state.value,
            "ms": self.ms,
            "detail": self.detail,
        }


class _SkippedError(Exception):
    """There is nothing to try out."""


@dataclass(slots=True)
class _Ear:
    """Hears of events, by their ids; on the event loop."""

    _heard: dict[str, float] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @callback
    def hear(self, event_id: str) -> None:
        """Take note of an event."""
        self._heard.setdefault(event_id, time.perf_counter())
        self._news.set()

    async def async_wait_for(self, event_id: str) -> float:
        """Wait until an event was heard of; return when, `time.perf_counter()`."""
        while event_id not in self._heard:
            self._news.clear()
            await self._news.wait()
        return self._heard[event_id]


class SelfTest:
    """One run."""

    def __init__(self, runtime: VigilarRuntime, tester: Recipient | None) -> None:
        """Prepare a run.

        Args:
            runtime: The hub.
            tester: Who is notified; None for nobody.
        """
        self._hass = runtime.hass
        self._runtime = runtime
        self._tester = tester
        self._hops: list[Hop] = []

    async def async_run(self) -> list[Hop]:
        """Send a detection the whole way; return what became of it, hop by hop."""
        begin = time.perf_counter()
        seen = await self._async_try("vision", self._async_see())
        if seen is not None:
            self._pass("vision", begin)
        # Whatever the analysis has seen, the rest is tried out as well.
        observation = Observation(
            kind=ObservationKind.MOTION_STARTED,
            source_id=HOUSE_SOURCE,
            ts=wall_ms(),
            key="self_test",
            score=0.0 if seen is None else seen.score,
            box=None if seen is None else seen.box,
            test=True,
        )
        newcomer = None
        if self._tester is not None and self._tester.id not in self._testers:
            newcomer = self._tester.id
            self._testers.add(newcomer)
        try:
            async with self._async_listen() as (bus, socket):
                begin = time.perf_counter()
                event = await self._async_try("event", self._async_store(observation))
                if event is not None:
                    self._pass("event", begin)
                    await self._async_follow(event, begin, bus, socket)
        finally:
            if newcomer is not None:
                self._testers.discard(newcomer)
            await self._async_clean_up(observation)
        return self._hops

    @property
    def _testers(self) -> set[str]:
        """Return who is told of tests."""
        return self._runtime.phones.testers

    async def _async_follow(
        self, event: Event, begin: float, bus: _Ear, socket: _Ear
    ) -> None:
        """See where and when a stored event arrives."""
        for name, arriving in (
            ("bus", bus.async_wait_for(event.id)),
            ("websocket", socket.async_wait_for(event.id)),
            ("mqtt", self._async_mqtt(event)),
            ("notification", self._async_notify(event)),
        ):
            arrived = await self._async_try(name, arriving)
            if arrived is not None:
                self._pass(name, begin, arrived)

    def _pass(self, name: str, begin: float, end: float | None = None) -> None:
        """Note a hop that works; times of `time.perf_counter()`, the end now if None."""
        if end is None:
            end = time.perf_counter()
        self._hops.append(Hop(name, HopState.OK, round((end - begin) * 1000, 1)))

    async def _async_try[T](self, name: str, going: Awaitable[T]) -> T | None:
        """Return what a hop brings; None, and a note, if it brings nothing."""
        try:
            async with asyncio.timeout(HOP_TIMEOUT_S):
                return await going
        except _SkippedError as err:
            self._hops.append(Hop(name, HopState.SKIPPED, detail=str(err)))
        except Exception as err:  # noqa: BLE001 - whatever it is, it is the finding
            why = "nothing arrived in time" if isinstance(err, TimeoutError) else err
            _LOGGER.warning("The self-test failed at %s: %s", name, why)
            self._hops.append(Hop(name, HopState.FAILED, detail=str(why)))
        return None

    async def _async_see(self) -> Observation:
        """Let the analysis see something."""
        seen = await self._hass.async_add_executor_job(rehearse, HOUSE_SOURCE)
        if seen is None:
            raise RuntimeError("the analysis does not see what moves")
        return seen

    async def _async_store(self, observation: Observation) -> Event:
        """Make the event, and see whether it is in the database."""
        change = await self._runtime.processor.handle(observation)
        event = (
            None if change is None else await self._runtime.store.get(change.event.id)
        )
        if event is None:
            raise RuntimeError("it was not stored")
        return event

    async def _async_mqtt(self, event: Event) -> float:
        """See whether the broker takes it; return when it had."""
        mqtt = self._runtime.mqtt
        if mqtt is None or not mqtt.available:
            raise _SkippedError("MQTT is not used")
        await mqtt.async_sent(event.payload["seq"])
        return time.perf_counter()

    async def _async_notify(self, event: Event) -> float:
        """See whether the tester is notified; else whether everybody was thought of.

        Returns:
            When that was done.
        """
        phones = self._runtime.phones
        if not phones.recipients:
            raise _SkippedError("there are no recipients")
        await phones.async_settle()
        rows = {row.recipient_id: row for row in await phones.ledger.of_event(event.id)}
        if missing := phones.recipients.keys() - rows.keys():
            raise RuntimeError(f"{len(missing)} recipients were forgotten")
        row = None if self._tester is None else rows[self._tester.id]
        if row is not None and row.state not in (
            DeliveryState.SENT,
            DeliveryState.UPDATED,
        ):
            errors = [state.error for state in row.devices.values() if state.error]
            raise RuntimeError(errors[0] if errors else row.reason or row.state)
        return time.perf_counter()

    @asynccontextmanager
    async def _async_listen(self) -> AsyncIterator[tuple[_Ear, _Ear]]:
        """Listen on the bus and on a websocket, as an automation and a browser do."""
        bus, socket, connected = _Ear(), _Ear(), asyncio.Event()

        @callback
        def _on_bus(fired: BusEvent[dict[str, Any]]) -> None:
            bus.hear(fired.data["id"])

        @callback
        def _on_socket(message: bytes | str | dict[str, Any]) -> None:
            news = message if isinstance(message, dict) else json.loads(message)
            told = news.get("event") or {}
            if told.get("kind") == "connected":
                connected.set()
            for event in told.get("events", ()):
                socket.hear(event["id"])

        unlisten = self._hass.bus.async_listen(EVENT_VIGILAR, _on_bus)
        connection = ActiveConnection(
            WebSocketAdapter(_LOGGER, {"connid": id(self)}),
            self._hass,
            _on_socket,
            User(name="Vigilar", perm_lookup=None, is_owner=True),  # type: ignore[arg-type]
            None,
            None,
        )
        connection.async_handle(
            {"id": _SUBSCRIPTION, "type": "vigilar/timeline/subscribe"}
        )
        try:
            async with asyncio.timeout(HOP_TIMEOUT_S):
                await connected.wait()
        except TimeoutError:
            # The hop will say so.
            _LOGGER.debug("The self-test's subscription was not answered")
        try:
            yield bus, socket
        finally:
            unlisten()
            for unsubscribe in connection.subscriptions.values():
                unsubscribe()

    async def _async_clean_up(self, observation: Observation) -> None:
        """Leave nothing of it."""
        processor = self._runtime.processor
        ended = replace(observation, kind=ObservationKind.MOTION_ENDED, ts=wall_ms())
        change = await processor.handle(ended)
        if change is not None:
            await self._runtime.phones.async_settle()
            await processor.delete([change.event.id], force=True, now=wall_ms())


@callback
def async_register_self_test(hass: HomeAssistant) -> None:
    """Register the action, once a process."""
    running = asyncio.Lock()

    async def _async_handle(call: ServiceCall) -> ServiceResponse:
        """Run the test; return what became of the detection, and report a failure.

        Raises:
            ServiceValidationError: There is no such recipient.
        """
        runtime = async_runtime(hass)
        named = call.data.get(ATTR_RECIPIENT)
        tester = None if named is None else async_recipient(runtime, named)
        async with running:
            hops = await SelfTest(runtime, tester).async_run()
        failed = [hop for hop in hops if hop.state is HopState.FAILED]
        await _async_report(hass, failed)
        return {
            "passed": not failed,
            "hops": [hop.as_dict() for hop in hops],
        }

    async_register_admin_service(
        hass,
        DOMAIN,
        ACTION_SELF_TEST,
        _async_handle,
        vol.Schema({vol.Optional(ATTR_RECIPIENT): cv.string}),
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_report(hass: HomeAssistant, failed: list[Hop]) -> None:
    """Open a repair issue for what failed, or withdraw that of before."""
    if not failed:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_SELF_TEST_FAILED)
        return
    texts = await Texts.async_load(hass)
    hops = ", ".join(
        f"{texts.text(f'hop_{hop.name}')} ({hop.detail})" for hop in failed
    )
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_SELF_TEST_FAILED,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_SELF_TEST_FAILED,
        translation_placeholders={"hops": hops},
    )
