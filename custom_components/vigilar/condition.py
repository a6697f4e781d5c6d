"""Conditions of automations: what the cameras see, and what nobody has seen yet."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Unpack, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .coordinator import CameraCoordinator
from .events.clock import wall_ms
from .models import ObjectClass, SourceInfo
from .runtime import VigilarRuntime
from .trigger import is_target

CONF_DURATION: Final = "duration"
CONF_SEEN: Final = "seen"
ANYTHING: Final = "anything"


class CameraCondition(Condition):
    """Holds if it does for any of the chosen cameras, or of all."""

    _schema: vol.Schema

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was set."""
        return cast(ConfigType, cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take what was set."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = TargetSelection(config.target) if config.target else None

    def _runtimes(self) -> Iterator[VigilarRuntime]:
        """Yield the hub, if it runs."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            yield entry.runtime_data

    def _cameras(self) -> list[CameraCoordinator]:
        """Return the cameras that were chosen."""
        return [
            camera
            for runtime in self._runtimes()
            for camera in runtime.cameras.values()
            if self._is_chosen(runtime.async_source_info(camera.camera.source_id))
        ]

    def _is_chosen(self, source: SourceInfo | None) -> bool:
        """Return whether a source is among those that were chosen."""
        return source is not None and (
            self._target is None
            or is_target(
                self._hass,
                self._target,
                {"entity_id": source.entity_id, "device_id": source.device_id},
            )
        )


class SeesNowCondition(CameraCondition):
    """A camera sees something of a kind at this moment."""

    _schema = vol.Schema(
        {
            vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Required(CONF_OPTIONS, default={}): {
                vol.Optional(CONF_SEEN, default=ObjectClass.PERSON.value): vol.In(
                    [*(kind.value for kind in ObjectClass), ANYTHING]
                ),
            },
        }
    )

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether any of the cameras sees it."""
        seen = self._options[CONF_SEEN]
        return any(
            bool(camera.data.open_movements)
            if seen == ANYTHING
            else seen in camera.data.present
            for camera in self._cameras()
        )


class NothingSeenCondition(CameraCondition):
    """None of the cameras has seen any movement for a while."""

    _schema = vol.Schema(
        {
            vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Required(CONF_OPTIONS): {
                vol.Required(CONF_DURATION): cv.positive_time_period,
            },
        }
    )

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether all of the cameras have been quiet, and somebody watched."""
        duration: timedelta = self._options[CONF_DURATION]
        since = wall_ms() - duration // timedelta(milliseconds=1)
        cameras = self._cameras()
        return bool(cameras) and all(
            not camera.data.open_movements and (camera.data.last_movement or 0) <= since
            for camera in cameras
        )


class UnreviewedCondition(CameraCondition):
    """Something that matters waits for somebody to look at it."""

    _schema = vol.Schema(
        {
            vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Optional(CONF_OPTIONS, default={}): {},
        }
    )

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether nobody has looked at one of the events that matter."""
        return any(
            self._counts(runtime, source_id)
            for runtime in self._runtimes()
            for source_id, count in runtime.store.unreviewed.items()
            if count
        )

    def _counts(self, runtime: VigilarRuntime, source_id: str) -> bool:
        """Return whether a source was asked for; of all also one that is gone."""
        return self._target is None or self._is_chosen(
            runtime.async_source_info(source_id)
        )


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_seeing": SeesNowCondition,
    "is_quiet": NothingSeenCondition,
    "has_unreviewed": UnreviewedCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their keys."""
    return CONDITIONS
