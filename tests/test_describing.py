"""An assistant says what a picture shows, if the user wants it, and so often a day."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.vigilar.const import (
    CONF_DESCRIBE,
    CONF_DESCRIBE_BUDGET,
    CONF_DESCRIBE_ENTITY,
    DOMAIN,
)
from custom_components.vigilar.describing import DescriptionBudget
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .common import Workers, entity_id_of, make_jpeg, settle

ASSISTANT = "ai_task.helper"


@pytest.fixture
async def event_id(
    hass: HomeAssistant, runtime: VigilarRuntime, workers: Workers
) -> str:
    """Return the id of an event with a picture."""
    workers.of("front_door").see_motion("m", snapshot=make_jpeg())
    await settle(hass)
    (event,) = await runtime.store.page()
    return event.id


@pytest.fixture
def asked(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what an assistant was asked; its name says what it answers."""
    calls: list[ServiceCall] = []

    async def answer(call: ServiceCall) -> dict[str, Any]:
        calls.append(call)
        if call.data["entity_id"] == "ai_task.broken":
            raise HomeAssistantError("out of order")
        if call.data["entity_id"] == "ai_task.silent":
            return {"data": " "}
        return {"data": " A courier in yellow "}

    hass.services.async_register(
        "ai_task", "generate_data", answer, supports_response=SupportsResponse.ONLY
    )
    return calls


async def choose(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    entity_id: str = ASSISTANT,
    budget: int = 2,
) -> None:
    """Let the user choose an assistant in the options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert "describe" in menu["menu_options"]
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "describe"}
    )
    assert form["step_id"] == "describe"
    done = await hass.config_entries.options.async_configure(
        form["flow_id"],
        {CONF_DESCRIBE_ENTITY: entity_id, CONF_DESCRIBE_BUDGET: budget},
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_DESCRIBE] == {
        CONF_DESCRIBE_ENTITY: entity_id,
        CONF_DESCRIBE_BUDGET: budget,
    }
    await hass.async_block_till_done()


async def describe(
    hass: HomeAssistant, event_id: str, user: MockUser | None = None
) -> Any:
    """Call the action."""
    return await hass.services.async_call(
        DOMAIN,
        "describe_event",
        {"event_id": event_id},
        blocking=True,
        return_response=True,
        context=Context(user_id=None if user is None else user.id),
    )


async def test_nothing_leaves_the_house_unasked(
    hass: HomeAssistant, event_id: str, asked: list[ServiceCall]
) -> None:
    """Until an assistant is chosen none is asked."""
    with pytest.raises(ServiceValidationError, match="Nobody describes"):
        await describe(hass, event_id)
    assert asked == []


async def test_a_description_is_kept_and_found(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    event_id: str,
    asked: list[ServiceCall],
) -> None:
    """With the event, under the name of the assistant, by its words."""
    await choose(hass, entry)
    hass.states.async_set(ASSISTANT, "ok", {"friendly_name": "Helper"})
    assert await describe(hass, event_id) == {"description": "A courier in yellow"}
    (call,) = asked
    (picture,) = call.data["attachments"]
    assert picture["media_content_id"] == (
        f"media-source://vigilar/event/{event_id}/snapshot"
    )
    assert "Motion at Front door" in call.data["instructions"]
    event = await runtime.store.get(event_id)
    assert event is not None
    description = event.payload["description"]
    assert (description["text"], description["by"]) == ("A courier in yellow", "Helper")
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "search_events",
        {"text": "yellow courier"},
        blocking=True,
        return_response=True,
    )
    assert [found["id"] for found in answer["events"]] == [event_id]


async def test_the_budget_of_a_day(
    hass: HomeAssistant,
    entry: VigilarConfigEntry,
    event_id: str,
    asked: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It holds over a restart, and is new the next day."""
    await choose(hass, entry)
    for _ in range(2):
        await describe(hass, event_id)
    with pytest.raises(ServiceValidationError, match="2 events were described today"):
        await describe(hass, event_id)
    assert len(asked) == 2
    again = DescriptionBudget(hass)
    assert not await again.async_spend(2)
    assert await again.async_spend(3)
    tomorrow = dt_util.now() + timedelta(days=1)
    monkeypatch.setattr(dt_util, "now", lambda: tomorrow)
    await describe(hass, event_id)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("assistant", "reason"),
    [("ai_task.broken", "out of order"), ("ai_task.silent", "gave no answer")],
)
async def test_an_assistant_that_fails(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    event_id: str,
    asked: list[ServiceCall],
    assistant: str,
    reason: str,
) -> None:
    """Who asked is told why, and nothing is kept."""
    await choose(hass, entry, assistant)
    with pytest.raises(HomeAssistantError, match=reason):
        await describe(hass, event_id)
    event = await runtime.store.get(event_id)
    assert event is not None
    assert "description" not in event.payload


async def test_what_has_no_picture_is_not_described(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    workers: Workers,
    entry: VigilarConfigEntry,
    asked: list[ServiceCall],
    hass_read_only_user: MockUser,
    front: str,
) -> None:
    """Nor is anything for somebody who only may look."""
    await choose(hass, entry)
    workers.of("front_door").see_motion("m")
    await settle(hass)
    (event,) = await runtime.store.page()
    with pytest.raises(ServiceValidationError, match="no picture"):
        await describe(hass, event.id)
    readable = entity_id_of(hass, "event", front, "activity")
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {readable: {"read": True}}}}
    )
    with pytest.raises(ServiceValidationError, match="no such event"):
        await describe(hass, event.id, hass_read_only_user)
    assert asked == []
