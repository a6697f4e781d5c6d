"""What cameras recognise by themselves, and say with entities of their own."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
import re
import time
from typing import Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later

from .const import CONF_ONBOARD, CONF_SOURCE_ID, DOMAIN, SUBENTRY_CAMERA
from .events.clock import wall_ms
from .following import EntityFollower
from .models import Label, ObjectClass, Observation, ObservationKind
from .sensing import has_just_happened
from .sources import async_camera_entity_id

ONBOARD_DOMAINS: Final = [BINARY_SENSOR_DOMAIN, EVENT_DOMAIN]
MOTION: Final = "motion"
# What an entity can be chosen for.
ONBOARD_LABELS: Final = (*(kind.value for kind in ObjectClass), MOTION)

# Cameras' sensors go off and on again while somebody walks.
LINGER_S: Final = 5.0
# An event entity does not say when what it tells of is over.
MOMENT_S: Final = 10.0

# How the integrations of cameras name what these recognise.
_WORDS: Final[Mapping[ObjectClass, frozenset[str]]] = {
    ObjectClass.PERSON: frozenset({"person", "people", "human", "pedestrian"}),
    ObjectClass.VEHICLE: frozenset({"vehicle", "car", "truck"}),
    ObjectClass.ANIMAL: frozenset({"animal", "pet", "dog", "cat"}),
    ObjectClass.PACKAGE: frozenset({"package", "parcel"}),
}
_WORD: Final = re.compile(r"[a-z]+")


@callback
def async_proposals(hass: HomeAssistant, camera: str) -> dict[str, list[str]]:
    """Return by label which entities of a camera's device seem to recognise it.

    Nothing is proposed for movement: what a camera takes for it is what people
    want to be rid of.

    Args:
        hass: Home Assistant.
        camera: Registry id or entity id of a camera entity.
    """
    proposals: dict[str, list[str]] = {}
    for entity in _async_siblings(hass, camera):
        said = f"{entity.translation_key} {entity.original_name} {entity.entity_id}"
        words = set(_WORD.findall(said.lower()))
        label = next((label for label, known in _WORDS.items() if words & known), None)
        if label is not None:
            proposals.setdefault(label.value, []).append(entity.entity_id)
    return proposals


@callback
def _async_siblings(hass: HomeAssistant, camera: str) -> Iterable[er.RegistryEntry]:
    """Return the entities beside a camera that could say what it recognises."""
    registry = er.async_get(hass)
    entity_id = async_camera_entity_id(hass, camera)
    entry = None if entity_id is None else registry.async_get(entity_id)
    if entry is None or entry.device_id is None:
        return []
    return [
        entity
        for entity in er.async_entries_for_device(registry, entry.device_id)
        if entity.domain in ONBOARD_DOMAINS and entity.platform != DOMAIN
    ]


class OnboardFollower:
    """One camera's own analysis: turns its entities into observations."""

    def __init__(
        self,
        hass: HomeAssistant,
        source_id: str,
        chosen: Mapping[str, Iterable[str]],
        submit: Callable[[Observation], None],
    ) -> None:
        """Follow nothing yet.

        Args:
            hass: Home Assistant.
            source_id: Of the camera.
            chosen: The references of entities, by what they recognise.
            submit: Takes the observations.
        """
        self.chosen = chosen
        self._hass = hass
        self._source_id = source_id
        self._submit = submit
        self._labels = {
            reference: label
            for label, references in chosen.items()
            for reference in references
        }
        self._said: dict[str, str] = {}
        self._active: set[str] = set()
        self._running = False
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._entities = EntityFollower(hass, self._labels, self._async_show)

    @callback
    def async_start(self) -> None:
        """Begin to follow."""
        self._entities.async_start()

    @callback
    def async_stop(self) -> None:
        """Leave nothing open."""
        self._entities.async_stop()
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        self._active.clear()
        self._gone(wall_ms())

    @callback
    def _async_show(self, reference: str, state: State | None) -> None:
        """Take what an entity says now; what it said before it was away counts."""
        if state is None or state.state == STATE_UNAVAILABLE:
            self._over(reference)
            return
        before = self._said.get(reference)
        self._said[reference] = state.state
        if state.domain == EVENT_DOMAIN:
            if has_just_happened(state, before):
                self._seen(reference)
                self._arm(reference, MOMENT_S, partial(self._over, reference))
        elif state.state != STATE_ON:
            self._over(reference)
        elif before not in (None, STATE_UNKNOWN, STATE_ON):
            self._seen(reference)

    def _seen(self, reference: str) -> None:
        """Tell all that the camera recognises now."""
        if self._hass.state is not CoreState.running:
            return
        self._cancel("")
        self._active.add(reference)
        self._running = True
        labels = dict.fromkeys(
            label
            for each, label in self._labels.items()
            if each in self._active and label != MOTION
        )
        self._submit(
            Observation(
                kind=ObservationKind.ONBOARD_SEEN,
                source_id=self._source_id,
                ts=wall_ms(),
                score=1.0,
                labels=tuple(Label(label, 1.0) for label in labels),
                made_at=time.monotonic(),
            )
        )

    def _over(self, reference: str) -> None:
        """Wait whether it comes back, once nothing is recognised any more."""
        if reference not in self._active:
            return
        self._active.discard(reference)
        if not self._active:
            self._arm("", LINGER_S, partial(self._gone, wall_ms()))

    def _gone(self, ts: int) -> None:
        """Tell that the camera recognises nothing any more."""
        if self._running:
            self._running = False
            self._submit(
                Observation(
                    kind=ObservationKind.ONBOARD_GONE, source_id=self._source_id, ts=ts
                )
            )

    def _arm(self, name: str, seconds: float, job: Callable[[], None]) -> None:
        """Do something later, in place of what was to be done by that name."""
        self._cancel(name)

        @callback
        def _async_do(_now: datetime) -> None:
            del self._timers[name]
            job()

        self._timers[name] = async_call_later(self._hass, seconds, _async_do)

    def _cancel(self, name: str) -> None:
        """Do not do it."""
        if (cancel := self._timers.pop(name, None)) is not None:
            cancel()


class Onboard:
    """The analyses of all cameras that have one of their own."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        submit: Callable[[Observation], None],
        is_watched: Callable[[str], bool],
    ) -> None:
        """Follow nothing yet.

        Args:
            hass: Home Assistant.
            entry: The hub's; what its camera subentries name counts.
            submit: Takes the observations.
            is_watched: Returns whether the camera of a subentry is to be watched.
        """
        self._hass = hass
        self._entry = entry
        self._submit = submit
        self._is_watched = is_watched
        self._followers: dict[str, OnboardFollower] = {}

    @callback
    def async_reconcile(self) -> None:
        """Follow what is configured; leave alone what has not changed."""
        wanted = {
            subentry.subentry_id: subentry
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
            if subentry.data.get(CONF_ONBOARD)
        }
        for subentry_id, follower in list(self._followers.items()):
            subentry = wanted.get(subentry_id)
            if subentry is None or subentry.data[CONF_ONBOARD] != follower.chosen:
                follower.async_stop()
                del self._followers[subentry_id]
        for subentry_id, subentry in wanted.items():
            if subentry_id not in self._followers:
                follower = OnboardFollower(
                    self._hass,
                    subentry.data[CONF_SOURCE_ID],
                    subentry.data[CONF_ONBOARD],
                    partial(self._async_submit, subentry_id),
                )
                self._followers[subentry_id] = follower
                follower.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._followers:
            self._followers.popitem()[1].async_stop()

    @callback
    def _async_submit(self, subentry_id: str, observation: Observation) -> None:
        """Hand over what a camera says, unless its user has switched it off."""
        if self._is_watched(subentry_id):
            self._submit(observation)
