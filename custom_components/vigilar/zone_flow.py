"""The steps of a camera's flow in which its zones are added, changed and removed."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .const import CONF_KIND, CONF_POINTS, CONF_ZONE, CONF_ZONES
from .sources import zone_from_data, zone_to_data
from .vision.zones import PolygonError, Zone, ZoneKind, format_points, parse_points

MAX_ZONES = 16

ZONE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_KIND, default=ZoneKind.INCLUDE.value): SelectSelector(
            SelectSelectorConfig(
                options=[kind.value for kind in ZoneKind],
                mode=SelectSelectorMode.LIST,
                translation_key="zone_kind",
            )
        ),
        vol.Required(CONF_POINTS): TextSelector(),
    }
)


class ZoneSteps(ConfigSubentryFlow):
    """Works on a list of the zones, which is saved only when the user says so."""

    _zones: list[Zone] | None = None
    _chosen: int

    async def async_step_zones(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """List the zones, and offer to add, change and remove some."""
        subentry = self._get_reconfigure_subentry()
        if self._zones is None:
            self._zones = [
                zone_from_data(zone) for zone in subentry.data.get(CONF_ZONES, ())
            ]
        options = []
        if len(self._zones) < MAX_ZONES:
            options.append("add_zone")
        if self._zones:
            options += ["choose_zone", "remove_zones"]
        return self.async_show_menu(
            step_id="zones",
            menu_options=[*options, "save_zones"],
            description_placeholders={
                CONF_NAME: subentry.title,
                CONF_ZONES: "\n".join(_describe(zone) for zone in self._zones) or "–",
            },
        )

    async def async_step_add_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a zone."""
        assert self._zones is not None
        errors: dict[str, str] = {}
        if user_input is not None:
            zone, errors = _read_zone(user_input, self._zones)
            if zone is not None:
                self._zones.append(zone)
                return await self.async_step_zones()
        return self._show_zone("add_zone", user_input, errors)

    async def async_step_choose_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which zone to change."""
        assert self._zones is not None
        names = [zone.name for zone in self._zones]
        if user_input is not None:
            self._chosen = names.index(user_input[CONF_ZONE])
            return await self.async_step_change_zone()
        return self.async_show_form(
            step_id="choose_zone",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_ZONE, default=names[0]): SelectSelector(
                        SelectSelectorConfig(
                            options=names, mode=SelectSelectorMode.LIST
                        )
                    )
                }
            ),
            last_step=False,
        )

    async def async_step_change_zone(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the chosen zone where it stands in the list."""
        assert self._zones is not None
        before = self._zones[self._chosen]
        values: Mapping[str, Any] = {
            CONF_NAME: before.name,
            CONF_KIND: before.kind.value,
            CONF_POINTS: format_points(before.points),
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            others = [zone for zone in self._zones if zone is not before]
            zone, errors = _read_zone(user_input, others)
            if zone is not None:
                self._zones[self._chosen] = zone
                return await self.async_step_zones()
            values = user_input
        return self._show_zone("change_zone", values, errors)

    async def async_step_remove_zones(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Remove zones."""
        assert self._zones is not None
        if user_input is not None:
            gone = user_input[CONF_ZONES]
            self._zones = [zone for zone in self._zones if zone.name not in gone]
            return await self.async_step_zones()
        names = SelectSelectorConfig(
            options=[zone.name for zone in self._zones],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
        return self.async_show_form(
            step_id="remove_zones",
            data_schema=vol.Schema(
                {vol.Optional(CONF_ZONES, default=list): SelectSelector(names)}
            ),
        )

    async def async_step_save_zones(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Save the zones as they are listed."""
        assert self._zones is not None
        return self.async_update_and_abort(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            data_updates={CONF_ZONES: [zone_to_data(zone) for zone in self._zones]},
        )

    @callback
    def _show_zone(
        self, step_id: str, values: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> SubentryFlowResult:
        """Show the form of a zone."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(ZONE_SCHEMA, values),
            errors=errors,
        )


def check_name(name: str, others: Iterable[Zone]) -> str | None:
    """Return the key of what is wrong with the name of a zone beside others, or None."""
    if not name:
        return "zone_unnamed"
    return "zone_exists" if any(zone.name == name for zone in others) else None


def _read_zone(
    values: Mapping[str, Any], others: list[Zone]
) -> tuple[Zone | None, dict[str, str]]:
    """Return the zone that a form describes, or what is wrong with each field."""
    errors: dict[str, str] = {}
    name = values[CONF_NAME].strip()
    if (error := check_name(name, others)) is not None:
        errors[CONF_NAME] = error
    try:
        points = parse_points(values[CONF_POINTS])
    except PolygonError as err:
        errors[CONF_POINTS] = err.key
    if errors:
        return None, errors
    return Zone(name, points, ZoneKind(values[CONF_KIND])), errors


def _describe(zone: Zone) -> str:
    """Return one line about a zone."""
    sign = "+" if zone.kind is ZoneKind.INCLUDE else "−"
    return f"{sign} {zone.name}: {format_points(zone.points)}"
