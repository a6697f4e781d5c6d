"""Triggers of automations: what happens on the timeline."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .const import DOMAIN, EVENT_VIGILAR, EVENT_VIGILAR_ENDED, EVENT_VIGILAR_UPDATED
from .events.query import EventQuery
from .events.store import StoreError
from .models import Event as TimelineEvent, EventType, Phase, Severity

CONF_FIRST_TODAY: Final = "first_today"
CONF_MIN_SCORE: Final = "min_score"
CONF_MIN_SEVERITY: Final = "min_severity"
CONF_TYPES: Final = "types"
CONF_ZONES: Final = "zones"

# Of so many events or incidents it is known that the trigger has fired for them.
REMEMBERED: Final = 1000

_RANKS: Final = {severity.value: rank for rank, severity in enumerate(Severity)}

SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS, default={}): {
            vol.Optional(CONF_TYPES): vol.All(
                cv.ensure_list, [vol.Coerce(EventType)], vol.Length(min=1)
            ),
            vol.Optional(CONF_MIN_SEVERITY): vol.Coerce(Severity),
            vol.Optional(CONF_ZONES): vol.All(
                cv.ensure_list, [cv.string], vol.Length(min=1)
            ),
            vol.Optional(CONF_MIN_SCORE): vol.All(
                vol.Coerce(float), vol.Range(min=0, max=100)
            ),
            vol.Optional(CONF_FIRST_TODAY, default=False): cv.boolean,
        },
    }
)

CAMERA_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Optional(CONF_OPTIONS, default={}): {},
    }
)


class TimelineTrigger(Trigger):
    """Runs once for each event that begins to match."""

    _heard: ClassVar[tuple[str, ...]]
    _said: ClassVar[str]

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was set."""
        return cast(ConfigType, SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take what was set."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = TargetSelection(config.target) if config.target else None
        self._fired: OrderedDict[str, None] = OrderedDict()

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action whenever an event begins to match."""

        @callback
        def _heard(event: Event[dict[str, Any]]) -> None:
            data = event.data
            key = self._key(data)
            if key is None or key in self._fired or not self._matches(data):
                return
            self._remember(key)
            self._hass.async_create_task(self._async_run(data, run_action))

        removers = [self._hass.bus.async_listen(name, _heard) for name in self._heard]

        @callback
        def _detach() -> None:
            for remove in removers:
                remove()

        return _detach

    async def _async_run(
        self, data: Mapping[str, Any], run_action: TriggerActionRunner
    ) -> None:
        """Run the action, unless only the first of a day counts and this is not it."""
        if self._options.get(CONF_FIRST_TODAY) and await self._seen_today(data):
            return
        name = data["payload"]["name"]
        run_action({"event": dict(data)}, f"{self._said} {data['type']}, {name}")

    async def _seen_today(self, data: Mapping[str, Any]) -> bool:
        """Return whether another event of the same day has matched before."""
        midnight = dt_util.start_of_local_day(
            dt_util.as_local(dt_util.utc_from_timestamp(data["ts"] / 1000))
        )
        types = self._options.get(CONF_TYPES)
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            try:
                before = await entry.runtime_data.store.page(
                    EventQuery(
                        start=round(midnight.timestamp() * 1000),
                        types=frozenset(types) if types is not None else None,
                    ),
                    before=data["id"],
                    limit=REMEMBERED,
                )
            except StoreError:
                # Twice is better than never.
                return False
            key = self._key(data)
            return any(
                self._matches(event) and self._key(event) != key
                for event in map(TimelineEvent.as_dict, before)
            )
        return False

    def _key(self, data: Mapping[str, Any]) -> str | None:
        """Return what it runs once for; None for what it never runs for."""
        event_id: str = data["id"]
        return event_id

    def _matches(self, data: Mapping[str, Any]) -> bool:
        """Return whether an event is one of those that were asked for."""
        options, payload = self._options, data["payload"]
        return (
            # What somebody tries out is told to nobody but the tester.
            not payload.get("test")
            and (CONF_TYPES not in options or data["type"] in options[CONF_TYPES])
            and _RANKS[data["severity"]]
            >= _RANKS[options.get(CONF_MIN_SEVERITY, Severity.INFO)]
            and (
                CONF_ZONES not in options
                or not set(options[CONF_ZONES]).isdisjoint(payload["zones"])
            )
            and 100 * best_score(data) >= options.get(CONF_MIN_SCORE, 0)
            and self._is_meant(payload)
        )

    def _is_meant(self, payload: Mapping[str, Any]) -> bool:
        """Return whether an event's source is meant; another house only by name."""
        if self._target is None:
            return "site" not in payload
        return is_target(self._hass, self._target, payload)

    def _remember(self, key: str) -> None:
        """Do not run again for this."""
        self._fired[key] = None
        if len(self._fired) > REMEMBERED:
            self._fired.popitem(last=False)


def best_score(data: Mapping[str, Any]) -> float:
    """Return how sure it is (0-1) that an event is what it is said to be."""
    payload = data["payload"]
    scores: list[float] = [
        label["score"] for label in payload["labels"] if label["label"] == data["type"]
    ]
    return max(scores, default=float(payload["score"]))


def is_target(
    hass: HomeAssistant, target: TargetSelection, payload: Mapping[str, Any]
) -> bool:
    """Return whether an event's camera is among what a user has chosen."""
    selected = async_extract_referenced_entity_ids(
        hass, target, primary_entities_only=False
    )
    entity_ids = selected.referenced | selected.indirectly_referenced
    if payload["entity_id"] in entity_ids:
        return True
    registry = er.async_get(hass)
    devices = {
        entry.device_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) is not None
    }
    return payload["device_id"] is not None and payload["device_id"] in devices


class EventBeganTrigger(TimelineTrigger):
    """An event begins, and is as asked for from its first moment."""

    _heard = (EVENT_VIGILAR,)
    _said = "began:"


class EventRecognizedTrigger(TimelineTrigger):
    """An event is, or becomes, as asked for."""

    # What is recognised shortly before the end is told with it.
    _heard = (EVENT_VIGILAR, EVENT_VIGILAR_UPDATED, EVENT_VIGILAR_ENDED)
    _said = "recognised:"


class IncidentBeganTrigger(EventRecognizedTrigger):
    """An event of an incident is, or becomes, as asked for; once an incident."""

    _said = "incident:"

    @override
    def _key(self, data: Mapping[str, Any]) -> str | None:
        """Return the incident; none for what is in none, or was over before."""
        payload = data["payload"]
        if payload["phase"] == Phase.UPDATED and payload["end_ts"] is not None:
            # People say something of what happened long ago.
            return None
        incident_id: str | None = payload.get("incident_id")
        return incident_id


class CameraTrigger(EventBeganTrigger):
    """Something happens to a camera itself."""

    _type: ClassVar[EventType]

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was set, and look for nothing else."""
        config = cast(ConfigType, CAMERA_SCHEMA(config))
        return {**config, CONF_OPTIONS: {CONF_TYPES: [cls._type]}}


class CameraOfflineTrigger(CameraTrigger):
    """A camera is lost."""

    _said = "lost:"
    _type = EventType.CAMERA_OFFLINE


class CameraOnlineTrigger(CameraTrigger):
    """A camera that was lost is back."""

    _said = "back:"
    _type = EventType.CAMERA_ONLINE


class EventEndedTrigger(TimelineTrigger):
    """An event is over."""

    _heard = (EVENT_VIGILAR_ENDED,)
    _said = "ended:"


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "camera_offline": CameraOfflineTrigger,
    "camera_online": CameraOnlineTrigger,
    "event_began": EventBeganTrigger,
    "event_recognized": EventRecognizedTrigger,
    "event_ended": EventEndedTrigger,
    "incident_began": IncidentBeganTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their keys."""
    return TRIGGERS
