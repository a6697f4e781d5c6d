"""Test the form of a remote site."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.vigilar.const import (
    CONF_MQTT_PREFIX,
    CONF_SITE_ID,
    SUBENTRY_REMOTE_SITE,
)
from custom_components.vigilar.runtime import VigilarRuntime
from custom_components.vigilar.topics import is_prefix, overlap
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

CABIN = {"name": "Cabin", "mqtt_prefix": "vigilar2"}


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Open an empty form."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_REMOTE_SITE), context={"source": SOURCE_USER}
    )


async def save(
    hass: HomeAssistant, form: SubentryFlowResult, values: dict[str, Any]
) -> SubentryFlowResult:
    """Save a form."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], values
    )
    await hass.async_block_till_done()
    return result


async def add_site(
    hass: HomeAssistant, entry: MockConfigEntry, **values: Any
) -> ConfigSubentry:
    """Add a site and return its subentry."""
    result = await save(hass, await open_form(hass, entry), {**CABIN, **values})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    added: list[ConfigSubentry] = [
        subentry
        for subentry in entry.subentries.values()
        if subentry.title == result["title"]
    ]
    return added[0]


async def test_a_site_is_added(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """The form offers a prefix and says which one is this house's."""
    form = await open_form(hass, entry)
    assert form["type"] is FlowResultType.FORM
    assert form["description_placeholders"] == {"own_prefix": "vigilar", "name": ""}
    assert form["data_schema"] is not None
    assert form["data_schema"]({"name": "x"}) == {"name": "x", **_prefix("vigilar2")}
    result = await save(hass, form, {"name": " Cabin ", **_prefix(" cabin/vigilar ")})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (site,) = runtime.remote_sites.sites.values()
    assert (site.config.name, site.config.site_id) == ("Cabin", "cabin")
    assert site.config.prefix == "cabin/vigilar"


def _prefix(prefix: str) -> dict[str, str]:
    """Return the field of the prefix."""
    return {CONF_MQTT_PREFIX: prefix}


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"name": "  "}, {"name": "name_missing"}),
        ({"name": "BOAT"}, {"name": "name_taken"}),
        (_prefix("a/#"), _prefix("invalid_prefix")),
        (_prefix(""), _prefix("invalid_prefix")),
        (_prefix("house"), _prefix("own_prefix")),
        (_prefix("house/cabin"), _prefix("own_prefix")),
        (_prefix("boat"), _prefix("prefix_taken")),
        (_prefix("boat/below"), _prefix("prefix_taken")),
        (
            {"name": "", **_prefix("house")},
            {"name": "name_missing", **_prefix("own_prefix")},
        ),
    ],
)
async def test_what_is_refused(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: MockConfigEntry,
    values: dict[str, str],
    errors: dict[str, str],
) -> None:
    """Each field says what is wrong with it, and the form goes on."""
    hass.config_entries.async_update_entry(entry, options=_prefix("house"))
    await add_site(hass, entry, name="Boat", mqtt_prefix="boat")
    result = await save(hass, await open_form(hass, entry), {**CABIN, **values})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    result = await save(hass, result, CABIN)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_site_is_changed(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Its own name and prefix are no obstacle; its id stays."""
    subentry = await add_site(hass, entry)
    form = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert form["type"] is FlowResultType.FORM
    assert form["description_placeholders"]["name"] == "Cabin"
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
    }
    assert suggested == CABIN
    form = await save(hass, form, {"name": "Cabin", **_prefix("vigilar")})
    assert form["errors"] == _prefix("own_prefix")
    result = await save(hass, form, {"name": "Hut", **_prefix("vigilar2/hut")})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    changed = entry.subentries[subentry.subentry_id]
    assert changed.title == "Hut"
    assert changed.data == {CONF_SITE_ID: "cabin", **_prefix("vigilar2/hut")}


async def test_sites_of_one_slug_are_told_apart(
    hass: HomeAssistant, runtime: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Two names may make one id."""
    await add_site(hass, entry, name="Cabin!", mqtt_prefix="one")
    second = await add_site(hass, entry, name="Cabin?", mqtt_prefix="two")
    assert second.data[CONF_SITE_ID] == "cabin_2"


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("a", "a", True),
        ("a", "a/b", True),
        ("a/b", "a", True),
        ("a", "ab", False),
        ("a/b", "a/c", False),
        ("vigilar", "vigilar2", False),
    ],
)
def test_overlap(one: str, other: str, clash: bool) -> None:
    """Levels are compared, not letters."""
    assert overlap(one, other) is clash


def test_prefixes() -> None:
    """Wildcards, empty levels and a leading dollar make no topic."""
    assert all(is_prefix(good) for good in ("a", "a/b", "häuser/eins"))
    assert not any(is_prefix(bad) for bad in ("", "/a", "a/", "a//b", "$a", "a b", "+"))
