"""Whatever is sent to a command, the answer is an error and life goes on."""

from collections.abc import Iterator
import logging
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET_API
from homeassistant.core import HomeAssistant

# What keeps commands of this integration that expect nothing else at all.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "0" * 26,
            "..",
            "' OR 1=1 --",
            "\x00",
            "é" * 26,
            "camera.front",
            "x" * 5000,
        ]
    ),
    st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def schema_keys(schema: Any) -> Iterator[str]:
    """Yield the names of what a command takes."""
    validators = getattr(schema, "validators", None)
    for mapping in [schema] if validators is None else validators[:1]:
        for key in getattr(mapping, "schema", mapping):
            yield str(key)


def commands_of(hass: HomeAssistant) -> dict[str, list[str]]:
    """Return the registered commands and the names of what they take."""
    registered: dict[str, tuple[Any, Any]] = hass.data[WEBSOCKET_API]
    return {
        name: sorted(set(schema_keys(schema or {})) - {"id", "type"})
        for name, (_handler, schema) in registered.items()
        if name.startswith("vigilar/")
    }


async def test_all_commands_are_found(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """A command that is added is among them, with its keys."""
    commands = commands_of(hass)
    assert len(commands) >= 14
    assert commands["vigilar/event/delete"] == ["event_ids", "force"]
    assert "after_ts" in commands["vigilar/timeline/page"]


@pytest.fixture
async def client(
    hass: HomeAssistant, runtime: VigilarRuntime, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """Return a connection that is used for all of them."""
    return await hass_ws_client()


def test_malformed_messages_are_refused(
    hass: HomeAssistant, client: MockHAClientWebSocket, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is answered, none raises, and the connection still works."""
    commands = commands_of(hass)
    messages = st.sampled_from(sorted(commands)).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.dictionaries(
                st.sampled_from([*commands[name], "unheard-of"]), ODD, max_size=4
            ),
        )
    )

    async def send(name: str, fields: dict[str, Any]) -> None:
        """Send one and look at the answer."""
        await client.send_json_auto_id({**fields, "type": name})
        answer = await client.receive_json()
        while answer["type"] != "result":
            answer = await client.receive_json()
        if not answer["success"]:
            error = answer["error"]
            assert error["code"] not in ("unknown_error", "timeout"), (name, fields)
        await client.send_json_auto_id({"type": "ping"})
        while (answer := await client.receive_json())["type"] != "pong":
            assert answer["type"] == "event"

    @given(messages)
    @settings(
        max_examples=400,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    def try_messages(message: tuple[str, dict[str, Any]]) -> None:
        """Send whatever comes."""
        hass.loop.run_until_complete(send(*message))

    try_messages()
    for name in commands:
        hass.loop.run_until_complete(send(name, {"unheard-of": 1}))
    assert not [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and record.exc_info
    ]
