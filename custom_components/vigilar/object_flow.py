"""The step of a camera's flow that says which recognised things make events."""

from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, PERCENTAGE
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import (
    CONF_DRAW_BOX,
    CONF_HOLD_BACK,
    CONF_MIN_HEIGHT,
    CONF_MIN_SCORE,
    CONF_OBJECTS,
    CONF_REPORTED,
    CONF_UNKNOWN,
    CONF_ZONES,
    DEFAULT_MIN_HEIGHT,
    DEFAULT_MIN_SCORE,
)
from .events.classifier import RAISING_TYPES
from .forms import slider
from .sources import zone_from_data
from .vision.zones import ZoneKind


class ObjectSteps(ConfigSubentryFlow):
    """Asks what is worth an event once it is recognised."""

    async def async_step_objects(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which recognised things make events."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self.async_update_and_abort(
                self._get_entry(), subentry, data_updates={CONF_OBJECTS: user_input}
            )
        zones = [
            zone.name
            for zone in map(zone_from_data, subentry.data.get(CONF_ZONES, ()))
            if zone.kind is ZoneKind.INCLUDE
        ]
        return self.async_show_form(
            step_id="objects",
            data_schema=self.add_suggested_values_to_schema(
                _objects_schema(zones),
                _shown(subentry.data.get(CONF_OBJECTS, {}), zones),
            ),
            description_placeholders={CONF_NAME: subentry.title},
        )


def _class_section(zones: Sequence[str]) -> section:
    """Return the part of the form that is about one class.

    Args:
        zones: Names of the zones there are to choose from.
    """
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_REPORTED, default=True): BooleanSelector(),
        vol.Required(CONF_MIN_SCORE, default=DEFAULT_MIN_SCORE): slider(
            0, 90, 5, PERCENTAGE
        ),
        vol.Required(CONF_MIN_HEIGHT, default=DEFAULT_MIN_HEIGHT): slider(
            0, 50, 0.5, PERCENTAGE
        ),
    }
    if zones:
        names = SelectSelectorConfig(
            options=list(zones), multiple=True, mode=SelectSelectorMode.LIST
        )
        fields[vol.Optional(CONF_ZONES, default=list)] = SelectSelector(names)
    return section(vol.Schema(fields), {"collapsed": True})


def _objects_schema(zones: Sequence[str]) -> vol.Schema:
    """Return the form about what is recognised; takes the names of the zones."""
    return vol.Schema(
        {
            vol.Required(CONF_HOLD_BACK, default=True): BooleanSelector(),
            vol.Required(CONF_UNKNOWN, default=True): BooleanSelector(),
            vol.Required(CONF_DRAW_BOX, default=False): BooleanSelector(),
            **{
                vol.Required(label.value): _class_section(zones)
                for label in RAISING_TYPES
            },
        }
    )


def _shown(objects: Mapping[str, Any], zones: Sequence[str]) -> dict[str, Any]:
    """Return saved choices without zones that are gone."""
    return {
        key: value
        if not isinstance(value, Mapping)
        else {
            **value,
            CONF_ZONES: [name for name in value.get(CONF_ZONES, ()) if name in zones],
        }
        for key, value in objects.items()
    }
