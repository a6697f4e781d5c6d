"""The form of sensors: which entities tell something of the house, and what."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .const import (
    CONF_DEBOUNCE,
    CONF_ENTITIES,
    CONF_ENTITY,
    CONF_SOURCE_ID,
    CONF_STUCK,
    CONF_TYPE,
    DEFAULT_DEBOUNCE,
    DEFAULT_STUCK,
    SUBENTRY_SENSOR,
)
from .events.classifier import SENSED
from .forms import slider
from .models import EventType
from .sensing import SENSOR_DOMAINS, async_proposed_type, taken_source_ids
from .sources import async_camera_entity_id, async_camera_reference, unused_source_id

BY_DEVICE_CLASS: Final = "by_device_class"
# So many name a group that has no name of its own.
_NAMED: Final = 3


class SensorSubentryFlow(ConfigSubentryFlow):
    """Add or change sensors; those that are treated alike are added at once."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose entities and what they say."""
        return await self._async_handle_form("user", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the form as it was filled in."""
        return await self._async_handle_form("reconfigure", user_input)

    async def _async_handle_form(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Show the form, or save the sensors."""
        errors: dict[str, str] = {}
        named: list[str] = []
        if user_input is not None:
            errors, named = self._check(user_input)
            if not errors:
                return self._save(user_input)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                self._schema(), user_input or self._current_values()
            ),
            errors=errors,
            description_placeholders={"entities": ", ".join(named)},
        )

    @callback
    def _check(self, user_input: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
        """Return what is wrong, and the names of the entities that it is wrong with."""
        entity_ids: list[str] = user_input[CONF_ENTITIES]
        if not entity_ids:
            return {CONF_ENTITIES: "entity_missing"}, []
        taken = self._taken()
        wrong = {
            "entity_taken": [
                each
                for each in entity_ids
                if async_camera_reference(self.hass, each) in taken
            ],
            "type_unclear": [
                each for each in entity_ids if self._type_of(each, user_input) is None
            ],
        }
        for error, which in wrong.items():
            if which:
                field = CONF_TYPE if error == "type_unclear" else CONF_ENTITIES
                return {field: error}, [self._name_of(each) for each in which]
        return {}, []

    @callback
    def _save(self, user_input: dict[str, Any]) -> SubentryFlowResult:
        """Save the sensors; one that there was already keeps its id."""
        subentry = self._reconfigured()
        known = {} if subentry is None else _items(subentry)
        taken = set(taken_source_ids(self._get_entry()))
        items = []
        for entity_id in user_input[CONF_ENTITIES]:
            reference = async_camera_reference(self.hass, entity_id)
            name = self._name_of(entity_id)
            if reference in known:
                source_id = known[reference][CONF_SOURCE_ID]
            else:
                source_id = unused_source_id(name, taken)
                taken.add(source_id)
            event_type = self._type_of(entity_id, user_input)
            assert event_type is not None
            items.append(
                {
                    CONF_ENTITY: reference,
                    CONF_SOURCE_ID: source_id,
                    CONF_NAME: name,
                    CONF_TYPE: event_type.value,
                }
            )
        data = {
            CONF_ENTITIES: items,
            CONF_TYPE: user_input[CONF_TYPE],
            CONF_DEBOUNCE: float(user_input[CONF_DEBOUNCE]),
            CONF_STUCK: float(user_input[CONF_STUCK]),
        }
        title = user_input.get(CONF_NAME, "").strip() or _title(items)
        if subentry is None:
            return self.async_create_entry(title=title, data=data)
        return self.async_update_and_abort(
            self._get_entry(), subentry, title=title, data=data
        )

    @callback
    def _type_of(
        self, entity_id: str, user_input: Mapping[str, Any]
    ) -> EventType | None:
        """Return what an entity says: what was chosen, else what it seems to be."""
        if user_input[CONF_TYPE] == BY_DEVICE_CLASS:
            return async_proposed_type(self.hass, entity_id)
        return EventType(user_input[CONF_TYPE])

    @callback
    def _name_of(self, entity_id: str) -> str:
        """Return what people call an entity."""
        state = self.hass.states.get(entity_id)
        return entity_id if state is None else state.name

    @callback
    def _taken(self) -> set[str]:
        """Return the entities that other subentries have."""
        own = self._reconfigured()
        return {
            reference
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_SENSOR)
            if own is None or subentry.subentry_id != own.subentry_id
            for reference in _items(subentry)
        }

    @callback
    def _reconfigured(self) -> ConfigSubentry | None:
        """Return the subentry being changed, or None while adding one."""
        if self.source == SOURCE_USER:
            return None
        return self._get_reconfigure_subentry()

    @callback
    def _current_values(self) -> dict[str, Any]:
        """Return what the form starts with; entities that are gone are left out."""
        if (subentry := self._reconfigured()) is None:
            return {}
        entity_ids = [
            async_camera_entity_id(self.hass, reference)
            for reference in _items(subentry)
        ]
        return {
            **subentry.data,
            CONF_NAME: subentry.title,
            CONF_ENTITIES: [each for each in entity_ids if each is not None],
        }

    @callback
    def _schema(self) -> vol.Schema:
        """Return the form."""
        registry = er.async_get(self.hass)
        ours = er.async_entries_for_config_entry(registry, self._get_entry().entry_id)
        types = [kind.value for kind in EventType if kind in SENSED]
        return vol.Schema(
            {
                vol.Required(CONF_ENTITIES): EntitySelector(
                    EntitySelectorConfig(
                        domain=SENSOR_DOMAINS,
                        multiple=True,
                        exclude_entities=[entity.entity_id for entity in ours],
                    )
                ),
                vol.Required(CONF_TYPE, default=BY_DEVICE_CLASS): SelectSelector(
                    SelectSelectorConfig(
                        options=[BY_DEVICE_CLASS, *types],
                        mode=SelectSelectorMode.DROPDOWN,
                        translation_key="sensor_type",
                    )
                ),
                vol.Optional(CONF_NAME): TextSelector(),
                vol.Required(CONF_DEBOUNCE, default=DEFAULT_DEBOUNCE): slider(
                    0, 60, 0.5, UnitOfTime.SECONDS
                ),
                vol.Required(CONF_STUCK, default=DEFAULT_STUCK): slider(
                    0, 24, 0.5, UnitOfTime.HOURS
                ),
            }
        )


def _items(subentry: ConfigSubentry) -> dict[str, Mapping[str, Any]]:
    """Return the sensors of a subentry by what they refer to."""
    return {item[CONF_ENTITY]: item for item in subentry.data[CONF_ENTITIES]}


def _title(items: list[dict[str, str]]) -> str:
    """Name a group after the first of its sensors."""
    names = ", ".join(item[CONF_NAME] for item in items[:_NAMED])
    rest = len(items) - _NAMED
    return f"{names} +{rest}" if rest > 0 else names
