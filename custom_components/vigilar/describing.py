"""The action that lets an assistant of the user's say what a picture shows.

Off until the user chooses an entity of Home Assistant's AI tasks: pictures leave
the house only then, and only so many a day.
"""

from typing import Any, Final, TypedDict

import voluptuous as vol

from homeassistant.core import (
    Context,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .access import async_caller, may_control
from .commands import async_ask, async_event, async_runtime
from .const import (
    CONF_DESCRIBE,
    CONF_DESCRIBE_BUDGET,
    CONF_DESCRIBE_ENTITY,
    DEFAULT_DESCRIBE_BUDGET,
    DOMAIN,
)
from .events.clock import wall_ms
from .events.reviews import Reviewer, described
from .models import Event, MediaKind, MediaState
from .publish.filters import EVENT_ID
from .publish.phone.texts import Texts
from .runtime import VigilarRuntime

ACTION_DESCRIBE_EVENT: Final = "describe_event"
ATTR_EVENT_ID: Final = "event_id"

STORAGE_VERSION: Final = 1


class _Spent(TypedDict):
    """How many pictures were shown on a day.

    Attributes:
        day: Of Home Assistant's zone, ISO 8601.
        count: How many.
    """

    day: str
    count: int


class DescriptionBudget:
    """Counts what is asked of the assistant, a day; over a restart as well."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have read nothing yet."""
        self._store: Store[_Spent] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.describe")
        self._spent: _Spent | None = None

    async def async_spend(self, limit: int) -> bool:
        """Take one of a day's budget; return whether there was one left."""
        if self._spent is None:
            saved = await self._store.async_load()
            # Somebody else may have read it meanwhile, and spent.
            self._spent = self._spent or saved or _Spent(day="", count=0)
        today = dt_util.now().date().isoformat()
        if self._spent["day"] != today:
            self._spent = _Spent(day=today, count=0)
        if self._spent["count"] >= limit:
            return False
        self._spent["count"] += 1
        await self._store.async_save(self._spent)
        return True


@callback
def async_register_describing(hass: HomeAssistant) -> None:
    """Register the action, once a process."""
    budget = DescriptionBudget(hass)

    async def _async_handle(call: ServiceCall) -> ServiceResponse:
        """Describe an event, and return the description.

        Raises:
            ServiceValidationError: There is no such event about which the caller
                may decide, or no picture of it; it is switched off, or was asked
                for too often today.
            HomeAssistantError: The assistant gives no answer, or the database fails.
        """
        runtime = async_runtime(hass)
        user = await async_caller(call)
        event = await async_event(runtime, call.data[ATTR_EVENT_ID], user, may_control)
        options = runtime.entry.options.get(CONF_DESCRIBE, {})
        if (entity_id := options.get(CONF_DESCRIBE_ENTITY)) is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="describe_off"
            )
        snapshot = event.payload["media"][MediaKind.SNAPSHOT.value]["state"]
        if snapshot != MediaState.READY:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="describe_no_picture"
            )
        limit = options.get(CONF_DESCRIBE_BUDGET, DEFAULT_DESCRIBE_BUDGET)
        if not await budget.async_spend(limit):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="describe_budget",
                translation_placeholders={"count": str(limit)},
            )
        text = await _async_ask_assistant(hass, entity_id, event, call.context)
        await _async_keep(runtime, event, text, entity_id)
        return {"description": text}

    hass.services.async_register(
        DOMAIN,
        ACTION_DESCRIBE_EVENT,
        _async_handle,
        vol.Schema({vol.Required(ATTR_EVENT_ID): EVENT_ID}),
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_ask_assistant(
    hass: HomeAssistant, entity_id: str, event: Event, context: Context
) -> str:
    """Return what the assistant says of an event's picture.

    Raises:
        HomeAssistantError: It says nothing.
    """
    texts = await Texts.async_load(hass)
    picture = f"media-source://{DOMAIN}/event/{event.id}/{MediaKind.SNAPSHOT.value}"
    question = {
        "entity_id": entity_id,
        "task_name": texts.text("describe_task"),
        "instructions": texts.text(
            "describe_instructions",
            {
                "type": event.type.value,
                "name": event.payload["name"],
                "language": hass.config.language,
            },
        ),
        "attachments": [
            {"media_content_id": picture, "media_content_type": "image/jpeg"}
        ],
    }
    try:
        answer: Any = await hass.services.async_call(
            "ai_task",
            "generate_data",
            question,
            blocking=True,
            context=context,
            return_response=True,
        )
    except (HomeAssistantError, vol.Invalid) as err:
        raise _failure(str(err)) from err
    text = str(answer.get("data") or "").strip()
    if not text:
        raise _failure(texts.text("describe_silent"))
    return text


async def _async_keep(
    runtime: VigilarRuntime, event: Event, text: str, entity_id: str
) -> None:
    """Keep a description with its event, under the name of who gave it."""
    state = runtime.hass.states.get(entity_id)
    by = entity_id if state is None else state.name
    amend = described(text, Reviewer("", by, wall_ms()))
    await async_ask(runtime.processor.revise([event.id], amend))


def _failure(reason: str) -> HomeAssistantError:
    """Return what is said when the assistant does not answer."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="describe_failed",
        translation_placeholders={"reason": reason},
    )
