"""Follows the states of entities, whatever they are renamed to."""

from collections.abc import Callable, Iterable

from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event

from .sources import async_camera_entity_id


class EntityFollower:
    """Tells what some entities say, at the start and whenever that changes."""

    def __init__(
        self,
        hass: HomeAssistant,
        references: Iterable[str],
        show: Callable[[str, State | None], None],
    ) -> None:
        """Follow nothing yet.

        Args:
            hass: Home Assistant.
            references: Registry ids or entity ids.
            show: Called with a reference and its state, None while there is none.
        """
        self._hass = hass
        self._references = list(references)
        self._show = show
        self._entity_ids: dict[str, str | None] = {}
        self._stop_states: CALLBACK_TYPE | None = None
        self._stop_registry: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Begin to follow."""
        self._stop_registry = self._hass.bus.async_listen(
            er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_updated
        )
        self._async_track()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more; harmless when called again."""
        for stop in (self._stop_states, self._stop_registry):
            if stop is not None:
                stop()
        self._stop_states = self._stop_registry = None

    @callback
    def _async_resolve(self) -> dict[str, str | None]:
        """Return which entities are meant at the moment."""
        return {
            reference: async_camera_entity_id(self._hass, reference)
            for reference in self._references
        }

    @callback
    def _async_track(self) -> None:
        """Listen to the entities that are meant, and tell what they say now."""
        if self._stop_states is not None:
            self._stop_states()
        self._entity_ids = self._async_resolve()
        references = {
            entity_id: reference
            for reference, entity_id in self._entity_ids.items()
            if entity_id is not None
        }

        @callback
        def _async_state_changed(event: Event[EventStateChangedData]) -> None:
            reference = references[event.data["entity_id"]]
            self._show(reference, event.data["new_state"])

        self._stop_states = async_track_state_change_event(
            self._hass, references, _async_state_changed
        )
        for reference, entity_id in self._entity_ids.items():
            state = None if entity_id is None else self._hass.states.get(entity_id)
            self._show(reference, state)

    @callback
    def _async_registry_updated(
        self, event: Event[er.EventEntityRegistryUpdatedData]
    ) -> None:
        """Go on with an entity that was renamed, and take note of one that is gone."""
        if self._async_resolve() != self._entity_ids:
            self._async_track()
