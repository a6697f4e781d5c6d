"""Weather that makes a camera see things: while it lasts, cameras are less sensitive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from homeassistant.components.weather import (
    ATTR_CONDITION_HAIL,
    ATTR_CONDITION_LIGHTNING_RAINY,
    ATTR_CONDITION_POURING,
    ATTR_CONDITION_RAINY,
    ATTR_CONDITION_SNOWY,
    ATTR_CONDITION_SNOWY_RAINY,
    ATTR_WEATHER_WIND_SPEED,
    DOMAIN as WEATHER_DOMAIN,
)
from homeassistant.const import STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later, async_track_state_change_event

from .const import (
    CONF_LOW_SUN,
    CONF_RAIN,
    CONF_STEPS,
    CONF_WEATHER,
    CONF_WIND,
    CONF_WIND_ABOVE,
    DEFAULT_STEPS,
    DEFAULT_WIND_ABOVE,
)

# Wind comes in gusts, rain in showers: so long after the last one it is over.
OVER_S: Final = 600.0
# Degrees above the horizon below which shadows are long and fast.
LOW_SUN_DEG: Final = 10.0

_SUN: Final = "sun.sun"
# Home Assistant's constant of it moves from version to version.
_SUN_ELEVATION: Final = "elevation"
_WET: Final = frozenset(
    {
        ATTR_CONDITION_HAIL,
        ATTR_CONDITION_LIGHTNING_RAINY,
        ATTR_CONDITION_POURING,
        ATTR_CONDITION_RAINY,
        ATTR_CONDITION_SNOWY,
        ATTR_CONDITION_SNOWY_RAINY,
    }
)


class Cause(StrEnum):
    """Why cameras are less sensitive."""

    WIND = "wind"
    RAIN = "rain"
    LOW_SUN = "low_sun"


@dataclass(frozen=True, slots=True)
class WeatherSettings:
    """What a user has said of the weather.

    Attributes:
        wind: Registry id or entity id of what knows the wind, or None.
        wind_above: From more than this on it counts, in the entity's unit.
        rain: Registry id or entity id of what knows whether it rains, or None.
        low_sun: A low sun counts.
        steps: By so many steps of 1-10 each camera is less sensitive.
    """

    wind: str | None = None
    wind_above: float = DEFAULT_WIND_ABOVE
    rain: str | None = None
    low_sun: bool = False
    steps: int = DEFAULT_STEPS

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the options of the hub."""
        data = options.get(CONF_WEATHER, {})
        return cls(
            wind=data.get(CONF_WIND),
            wind_above=float(data.get(CONF_WIND_ABOVE, DEFAULT_WIND_ABOVE)),
            rain=data.get(CONF_RAIN),
            low_sun=data.get(CONF_LOW_SUN, False),
            steps=int(data.get(CONF_STEPS, DEFAULT_STEPS)),
        )


class Weather:
    """Follows wind, rain and sun, where a user has asked for it."""

    def __init__(
        self,
        hass: HomeAssistant,
        options: Callable[[], Mapping[str, Any]],
        apply: Callable[[int], None],
    ) -> None:
        """Follow nothing yet.

        Args:
            hass: Home Assistant.
            options: Returns the options of the hub.
            apply: Makes all cameras so many steps less sensitive than they are set.
        """
        self.settings = WeatherSettings()
        self._hass = hass
        self._options = options
        self._apply = apply
        self._applied = 0
        self._stop_following: CALLBACK_TYPE | None = None
        self._cancel_end: CALLBACK_TYPE | None = None

    @property
    def steps(self) -> int:
        """Return by how many steps cameras are less sensitive now."""
        return self._applied

    @property
    def causes(self) -> list[Cause]:
        """Return what makes cameras see things at this moment."""
        return [
            cause
            for cause, lasts in (
                (Cause.WIND, self._is_windy()),
                (Cause.RAIN, self._is_wet()),
                (Cause.LOW_SUN, self._is_sun_low()),
            )
            if lasts
        ]

    @callback
    def async_configure(self) -> None:
        """Follow the options, and what they name."""
        self.async_stop()
        self.settings = WeatherSettings.from_options(self._options())
        followed = [
            entity_id
            for reference in (self.settings.wind, self.settings.rain)
            if (entity_id := self._entity_id(reference)) is not None
        ]
        if self.settings.low_sun:
            followed.append(_SUN)
        if followed:
            self._stop_following = async_track_state_change_event(
                self._hass, followed, self._async_changed
            )
        self._set(self.settings.steps if self.causes else 0)

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._keep()
        if self._stop_following is not None:
            self._stop_following()
            self._stop_following = None

    @callback
    def _async_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Be less sensitive at once, and as before when it was over for long."""
        if self.causes:
            self._keep()
            self._set(self.settings.steps)
        elif self._applied and self._cancel_end is None:
            self._cancel_end = async_call_later(self._hass, OVER_S, self._async_end)

    @callback
    def _async_end(self, _now: datetime) -> None:
        """Be as sensitive as before."""
        self._cancel_end = None
        self._set(0)

    def _keep(self) -> None:
        """Let it go on."""
        if self._cancel_end is not None:
            self._cancel_end()
            self._cancel_end = None

    def _set(self, steps: int) -> None:
        """Tell the cameras, if it is news."""
        if steps != self._applied:
            self._applied = steps
            self._apply(steps)

    def _is_windy(self) -> bool:
        """Return whether the wind is stronger than the user wants to hear of."""
        state = self._state(self.settings.wind)
        if state is None:
            return False
        is_forecast = state.domain == WEATHER_DOMAIN
        speed = (
            state.attributes.get(ATTR_WEATHER_WIND_SPEED)
            if is_forecast
            else state.state
        )
        return _number(speed) > self.settings.wind_above

    def _is_wet(self) -> bool:
        """Return whether it rains, snows or hails."""
        state = self._state(self.settings.rain)
        if state is None:
            return False
        return (
            state.state == STATE_ON or state.state in _WET or _number(state.state) > 0
        )

    def _is_sun_low(self) -> bool:
        """Return whether shadows are long."""
        state = self._hass.states.get(_SUN) if self.settings.low_sun else None
        elevation = None if state is None else state.attributes.get(_SUN_ELEVATION)
        return 0 < _number(elevation) < LOW_SUN_DEG

    def _state(self, reference: str | None) -> State | None:
        """Return the state of an entity by its registry id or entity id, if there is one."""
        entity_id = self._entity_id(reference)
        return None if entity_id is None else self._hass.states.get(entity_id)

    def _entity_id(self, reference: str | None) -> str | None:
        """Return what an entity is called now, or None."""
        if reference is None:
            return None
        return er.async_resolve_entity_id(er.async_get(self._hass), reference)


def _number(value: Any) -> float:
    """Return a number; what is none counts as 0."""
    try:
        return float(value)
    except TypeError, ValueError:
        return 0.0
