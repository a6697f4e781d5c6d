"""An assistant tells what happened, to whom may know."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.llm import WhatHappenedTool, async_get_tools
from custom_components.vigilar.models import Label, ObservationKind
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput

from .common import Workers, entity_id_of, settle


@pytest.fixture
async def seen(hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers) -> None:
    """Let a person be at the door, an animal in the yard, and both long ago."""
    now = wall_ms()
    for source_id, label, ts in (
        ("front_door", "person", now),
        ("back_yard", "animal", now + 1),
        ("front_door", "person", now - 30 * 3_600_000),
    ):
        workers.of(source_id).see(
            ObservationKind.MOTION_STARTED,
            ts,
            key=f"{source_id}{ts}",
            labels=(Label(label, 0.9),),
        )
    await settle(hass)


def context_of(user: MockUser | None) -> LLMContext:
    """Return the context of a question."""
    return LLMContext(
        platform="test",
        context=Context(user_id=None if user is None else user.id),
        language="en",
        assistant="conversation",
        device_id=None,
    )


async def ask(hass: HomeAssistant, user: MockUser | None, **args: Any) -> Any:
    """Ask as an assistant does; return its answer."""
    tools = async_get_tools(hass, context_of(user), LLM_API_ASSIST)
    assert tools is not None
    (tool,) = tools.tools
    return await tool.async_call(hass, ToolInput(tool.name, args), context_of(user))


async def told(hass: HomeAssistant, user: MockUser, **args: Any) -> list[str]:
    """Return what was seen where, newest first."""
    result = await ask(hass, user, **args)
    assert not result.error
    return [f"{event['type']} {event['where']}" for event in result.data["events"]]


async def test_what_happened_today(
    hass: HomeAssistant, seen: None, hass_admin_user: MockUser
) -> None:
    """By place, kind, words and time."""
    door, yard = "person Front door", "animal Back yard"
    assert await told(hass, hass_admin_user, place="front door camera", hours=1) == [
        door
    ]
    assert await told(hass, hass_admin_user, hours=1) == [yard, door]
    assert await told(hass, hass_admin_user, hours=48) == [yard, door, door]
    assert await told(hass, hass_admin_user, types=["animal"], hours=1) == [yard]
    assert await told(hass, hass_admin_user, words="yard", hours=1) == [yard]
    assert await told(hass, hass_admin_user, place="cellar") == []
    assert len(await told(hass, hass_admin_user)) <= 2
    (event, *_) = (await ask(hass, hass_admin_user, hours=1)).data["events"]
    assert event["ended"] is None
    assert "recognised" in event["why"]


async def test_who_may_not_see_is_not_told(
    hass: HomeAssistant, seen: None, hass_read_only_user: MockUser, back: str
) -> None:
    """Nor is somebody whom nobody knows."""
    allowed = entity_id_of(hass, "event", back, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {allowed: {"read": True}}}}
    )
    yard = ["animal Back yard"]
    assert await told(hass, hass_read_only_user, hours=48) == yard
    assert await told(hass, hass_read_only_user, hours=48, place="front door") == []
    for nobody in (None, MockUser(id="gone")):
        result = await ask(hass, nobody, hours=48)
        assert result.error
        assert "events" not in result.data


async def test_a_failing_database_is_told(
    hass: HomeAssistant, runtime: VigilarRuntime, hass_admin_user: MockUser
) -> None:
    """The assistant must not say that nothing happened."""
    with patch.object(EventStore, "page", side_effect=StoreError("gone")):
        result = await ask(hass, hass_admin_user)
    assert result.error


async def test_it_is_offered_while_the_hub_runs(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: VigilarConfigEntry
) -> None:
    """To Assist, and to nothing else."""
    offered = async_get_tools(hass, context_of(None), LLM_API_ASSIST)
    assert offered is not None
    (tool,) = offered.tools
    assert isinstance(tool, WhatHappenedTool)
    assert tool.annotations.read_only
    assert async_get_tools(hass, context_of(None), "other") is None
    await hass.config_entries.async_unload(entry.entry_id)
    assert async_get_tools(hass, context_of(None), LLM_API_ASSIST) is None
