"""What Home Assistant knows of the house that bears on how much an event matters."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.sun import STATE_BELOW_HORIZON
from homeassistant.const import EVENT_STATE_CHANGED, Platform
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import entity_registry as er

from .const import (
    CONF_DARK_RAISES,
    CONF_EMPTY_HOUSE,
    CONF_IMPORTANT_ZONES,
    CONF_SEVERITY,
    CONF_UNIMPORTANT_ZONES,
)
from .events.clock import wall_ms
from .events.severity import SENSORS_SET_BY_USER, SET_BY_USER, SeverityRules, Situation
from .models import ArmMode, EventType, Severity, SourceInfo
from .sensing import async_area_id

# What throws light or moves by itself when Home Assistant tells it to.
CAUSES: Final = (Platform.LIGHT, Platform.COVER, Platform.LAWN_MOWER)
# So long after the switching its light or movement may still be what is seen.
CAUSE_MS: Final = 10_000

_HOME_ZONE: Final = "zone.home"
_SUN: Final = "sun.sun"


class Surroundings:
    """Watches what Home Assistant switches, and answers what the situation is."""

    def __init__(
        self,
        hass: HomeAssistant,
        mode: Callable[[], ArmMode],
        options: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Watch nothing yet.

        Args:
            hass: Home Assistant.
            mode: Returns how the house is guarded.
            options: Returns the options of the hub.
        """
        self._hass = hass
        self._mode = mode
        self._options = options
        self._rules = SeverityRules()
        self._causes: dict[str, tuple[int, str]] = {}
        self._remove: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Begin to watch."""
        self.async_configure()
        self._remove = self._hass.bus.async_listen(
            EVENT_STATE_CHANGED, self._async_switched, event_filter=_may_be_a_cause
        )

    @callback
    def async_stop(self) -> None:
        """Watch no more."""
        if self._remove is not None:
            self._remove()
            self._remove = None

    @callback
    def async_configure(self) -> None:
        """Follow the options."""
        self._rules = rules_from_options(self._options())

    @callback
    def async_situation(self, source: SourceInfo) -> Situation:
        """Return what is known of the house that bears on an event of a source."""
        sun = self._hass.states.get(_SUN)
        home = self._hass.states.get(_HOME_ZONE)
        return Situation(
            mode=self._mode(),
            nobody_home=home is not None and home.state == "0",
            dark=sun is not None and sun.state == STATE_BELOW_HORIZON,
            cause=self._cause(source.area_id),
            rules=self._rules,
        )

    def _cause(self, area_id: str | None) -> str:
        """Return what has just been switched in an area, in words."""
        if area_id is None or area_id not in self._causes:
            return ""
        ts, name = self._causes[area_id]
        age = wall_ms() - ts
        if not 0 <= age <= CAUSE_MS:
            return ""
        return f"{name} was switched {age / 1000:.0f} s before"

    @callback
    def _async_switched(self, event: Event[EventStateChangedData]) -> None:
        """Note what has been switched where."""
        entity_id = event.data["entity_id"]
        entry = er.async_get(self._hass).async_get(entity_id)
        if entry is None:
            return
        area_id = async_area_id(self._hass, entry)
        new = event.data["new_state"]
        if area_id is not None and new is not None:
            self._causes[area_id] = (wall_ms(), new.name)


def rules_from_options(options: Mapping[str, Any]) -> SeverityRules:
    """Read what the user has said of how much events matter."""
    data = options.get(CONF_SEVERITY, {})
    return SeverityRules(
        table={
            event_type: {
                ArmMode(mode): Severity(severity)
                for mode, severity in data.get(event_type, {}).items()
            }
            for event_type in (*SET_BY_USER, *SENSORS_SET_BY_USER)
        },
        empty_house=ArmMode(data.get(CONF_EMPTY_HOUSE, ArmMode.DISARMED)),
        dark_raises=data.get(CONF_DARK_RAISES, True),
        important=frozenset(data.get(CONF_IMPORTANT_ZONES, ())),
        unimportant=frozenset(data.get(CONF_UNIMPORTANT_ZONES, ())),
    )


def rules_to_options(
    table: Mapping[EventType, Mapping[ArmMode, Severity]],
) -> dict[str, dict[str, str]]:
    """Return a table as it is stored."""
    return {
        event_type.value: {mode.value: severity.value for mode, severity in row.items()}
        for event_type, row in table.items()
    }


@callback
def _may_be_a_cause(data: EventStateChangedData) -> bool:
    """Return whether a change of state is that of something that was switched."""
    domain = data["entity_id"].partition(".")[0]
    old, new = data["old_state"], data["new_state"]
    return (
        domain in CAUSES
        and old is not None
        and new is not None
        and old.state != new.state
    )
