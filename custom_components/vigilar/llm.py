"""A tool of Assist: "What happened at the front door today?"."""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util import dt as dt_util

from .commands import to_ms
from .const import DOMAIN
from .events.query import EventQuery, words_of
from .events.store import StoreError
from .models import Event, EventType
from .publish.filters import readable_ids
from .runtime import VigilarRuntime

MAX_HOURS: Final = 24 * 14
MAX_EVENTS: Final = 50


class WhatHappenedTool(Tool):
    """Tells an assistant what was seen, as far as who asks may know of it."""

    name = f"{DOMAIN}__what_happened"
    title = "Look at the security timeline"
    description = (
        "Find out what the security cameras and sensors have seen. Use this to answer"
        " questions like 'What happened at the front door today?', 'Was anybody in the"
        " garden last night?' or 'When did the courier come?'. Returns events, newest"
        " first, with what was seen, where, when, how much it mattered and why."
    )
    parameters = vol.Schema(
        {
            vol.Optional(
                "place",
                description="Name of a camera or an area, or a part of it; all without",
            ): str,
            vol.Optional(
                "types", description="Only these kinds of events; all without"
            ): [vol.In([event_type.value for event_type in EventType])],
            vol.Optional(
                "words",
                description="Words to find, of a zone, a note or a description",
            ): str,
            vol.Optional(
                "hours",
                description="How many hours back; without it since midnight",
            ): vol.All(vol.Coerce(float), vol.Range(min=0, max=MAX_HOURS)),
        }
    )
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    def __init__(self, runtime: VigilarRuntime) -> None:
        """Initialize the tool of a hub."""
        self._runtime = runtime

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return what happened."""
        asked = self.parameters(tool_input.tool_args)
        context = llm_context.context
        user_id = None if context is None else context.user_id
        user = None if user_id is None else await hass.auth.async_get_user(user_id)
        if user is None:
            # Nobody knows who asks, so nobody is told.
            return ToolResult(data={"error": "Unknown user"}, error=True)
        wanted = self._places(asked.get("place"))
        readable = readable_ids(user, self._runtime.async_sources().values())
        if readable is not None:
            wanted = readable if wanted is None else wanted & readable
        query = EventQuery(
            source_ids=wanted,
            types=frozenset(asked["types"]) if "types" in asked else None,
            words=words_of(asked.get("words", "")),
            start=_since(asked.get("hours")),
        )
        try:
            events = await self._runtime.store.page(query, limit=MAX_EVENTS + 1)
        except StoreError:
            return ToolResult(data={"error": "The timeline cannot be read"}, error=True)
        told: list[Any] = [_tell(event) for event in events[:MAX_EVENTS]]
        return ToolResult(data={"events": told, "more": len(events) > MAX_EVENTS})

    @callback
    def _places(self, place: str | None) -> frozenset[str] | None:
        """Return the ids of the sources at a place; None for all."""
        if place is None or not (words := words_of(place)):
            return None
        return frozenset(
            source_id
            for source_id, view in self._runtime.sources.async_views().items()
            if set(words)
            <= {*words_of(view.info.name), *words_of(view.area or ""), "camera"}
        )


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tool, while the hub runs."""
    if api_id != LLM_API_ASSIST:
        return None
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        return LLMTools(tools=[WhatHappenedTool(entry.runtime_data)])
    return None


def _since(hours: float | None) -> int:
    """Return when to begin, Unix milliseconds: so many hours ago, or at midnight."""
    if hours is None:
        return to_ms(dt_util.start_of_local_day())
    return round(to_ms(dt_util.now()) - hours * 3_600_000)


def _tell(event: Event) -> dict[str, Any]:
    """Return what an assistant needs to know of an event to speak of it."""
    payload = event.payload
    end = payload["end_ts"]
    told = {
        "type": event.type.value,
        "severity": event.severity.value,
        "where": payload["name"],
        "zones": payload["zones"],
        "began": _time(event.ts),
        "ended": None if end is None else _time(end),
        "why": payload["why"],
        "test": bool(payload.get("test")),
    }
    words = {
        key: payload[key]["text"] for key in ("note", "description") if key in payload
    }
    return told | words


def _time(ts: int) -> str:
    """Return a time, Unix milliseconds, as at home."""
    return dt_util.as_local(dt_util.utc_from_timestamp(ts / 1000)).isoformat(
        timespec="seconds"
    )
