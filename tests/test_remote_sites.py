"""Another house in this one's timeline, from the message to the client."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_mqtt_message,
    async_fire_time_changed,
    flush_store,
)
from pytest_homeassistant_custom_component.typing import (
    MqttMockHAClient,
    WebSocketGenerator,
)

from custom_components.vigilar.const import CONF_MQTT_PREFIX, DOMAIN, EVENT_VIGILAR
from custom_components.vigilar.diagnostics import async_get_config_entry_diagnostics
from custom_components.vigilar.events.clock import wall_ms
from custom_components.vigilar.guard import AlarmKind
from custom_components.vigilar.inbound import site as site_module
from custom_components.vigilar.inbound.site import GONE_AFTER_S, local_id, site_of
from custom_components.vigilar.models import Change, ChangeKind, Event, Severity
from custom_components.vigilar.runtime import VigilarRuntime
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event as BusEvent, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .common import Workers, settle
from .inbound.common import message
from .test_site_flow import add_site, save
from .test_trigger import automate

SOURCE = "cabin.front_door"
CONNECTED = "binary_sensor.cabin_connectivity"


@pytest.fixture
async def cabin(
    hass: HomeAssistant, house: VigilarRuntime, entry: MockConfigEntry
) -> VigilarRuntime:
    """Return a hub that shows the events of a cabin, which is there."""
    await add_site(hass, entry)
    async_fire_mqtt_message(hass, "vigilar2/status", "online", retain=True)
    async_fire_mqtt_message(
        hass, "vigilar2/cameras/front_door/availability", "online", retain=True
    )
    await settle(hass)
    return house


async def tell(hass: HomeAssistant, phase: str, payload: bytes, **options: Any) -> None:
    """Let a message about an event arrive, and all that follows from it."""
    async_fire_mqtt_message(hass, f"vigilar2/events/{phase}", payload, **options)
    await settle(hass)


async def stored(house: VigilarRuntime) -> list[Event]:
    """Return what is stored, newest first."""
    return await house.store.page()


def lived(
    now: int, event_id: str = "01HF7YAT000000000000000000"
) -> Callable[..., bytes]:
    """Return a maker of the messages about one event that began now."""

    def make(seq: int, *, end_ts: int | None = None, **fields: Any) -> bytes:
        """Return the message of a change."""
        payload = {"end_ts": end_ts}
        return message(seq, ts=now, event_id=event_id, payload=payload, **fields)

    return make


async def test_an_event_of_the_cabin(
    hass: HomeAssistant,
    cabin: VigilarRuntime,
    entity_registry: er.EntityRegistry,
    mqtt_mock: MqttMockHAClient,
) -> None:
    """It is stored and fired here with its id, under the site's name, and not published."""
    heard: list[BusEvent] = []
    hass.bus.async_listen(EVENT_VIGILAR, heard.append)
    now = wall_ms()
    say = lived(now)
    await tell(hass, "published", say(7))
    (event,) = await stored(cabin)
    device = entity_registry.async_get(CONNECTED)
    assert device is not None
    assert (event.id, event.ts, event.source_id) == (
        json.loads(say(7))["id"],
        now,
        SOURCE,
    )
    assert event.site == event.payload["site"] == "Cabin"
    assert {key: event.payload[key] for key in ("name", "site_seq", "area_id")} == {
        "name": "Cabin: Front door",
        "site_seq": 7,
        "area_id": None,
    }
    assert event.payload["entity_id"] == CONNECTED
    assert event.payload["device_id"] == device.device_id
    assert "reviews" not in event.payload
    assert [item.data["id"] for item in heard] == [event.id]
    await tell(hass, "ended", say(9, end_ts=now + 9000))
    await tell(hass, "updated", say(8))
    (event,) = await stored(cabin)
    assert event.payload["end_ts"] == now + 9000
    assert cabin.store.last_seq == 2
    assert cabin.mqtt is not None
    assert cabin.mqtt.diagnostics["handed_over"] == 2
    topics = [call.args[0] for call in mqtt_mock.async_publish.call_args_list]
    assert "vigilar/status" in topics
    assert not any("/events/" in topic for topic in topics)


async def test_the_cabin_is_a_source_of_the_timeline(
    hass: HomeAssistant, cabin: VigilarRuntime, hass_ws_client: WebSocketGenerator
) -> None:
    """Its cameras are named after it; they cannot be watched from here."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "vigilar/timeline/subscribe", "limit": 10})
    assert (await client.receive_json())["success"]
    connected = (await client.receive_json())["event"]
    source = next(item for item in connected["sources"] if item["source_id"] == SOURCE)
    assert (source["kind"], source["name"]) == ("remote", "Cabin: front_door")
    assert (source["online"], source["camera_entity_id"]) == (True, None)
    await tell(hass, "published", lived(wall_ms())(1))
    changed = (await client.receive_json())["event"]
    named = next(item for item in changed["sources"] if item["source_id"] == SOURCE)
    assert named["name"] == "Cabin: Front door"
    while not changed["events"]:
        changed = (await client.receive_json())["event"]
    assert changed["events"][0]["payload"]["site"] == "Cabin"
    assert cabin.async_source_info(SOURCE) is not None
    assert cabin.async_source_info("cabin.garage") is None


async def test_who_may_read_the_site_may_see_its_events(
    hass: HomeAssistant,
    cabin: VigilarRuntime,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
) -> None:
    """Its entity here stands for it."""
    await tell(hass, "published", lived(wall_ms())(1))
    for entity_id, count in ((CONNECTED, 1), ("binary_sensor.other", 0)):
        hass_read_only_user.mock_policy(
            {"entities": {"entity_ids": {entity_id: {"read": True}}}}
        )
        client = await hass_ws_client(hass, hass_read_only_access_token)
        await client.send_json_auto_id(
            {"type": "vigilar/timeline/page", "limit": 10, "before_ts": wall_ms() + 1}
        )
        answer = await client.receive_json()
        assert len(answer["result"]["events"]) == count


async def test_neither_alarm_nor_phone_is_for_another_house(
    hass: HomeAssistant, cabin: VigilarRuntime, workers: Workers
) -> None:
    """A break-in at the cabin does not ring here; one at home does."""
    own = replace(cabin.guard.settings, kind=AlarmKind.OWN)
    with (
        patch.object(cabin.phones, "_recipients", {"ann": object()}),
        patch.object(cabin.phones, "_wake") as woken,
        patch.object(cabin.guard.alarm, "trigger", return_value=False) as triggered,
        patch.object(cabin.guard, "settings", own),
    ):
        await tell(hass, "published", lived(wall_ms())(1, severity="critical"))
        (event,) = await stored(cabin)
        assert event.severity is Severity.CRITICAL
        woken.assert_not_called()
        triggered.assert_not_called()
        ours = replace(event, payload=event.payload | {"site": None})
        for publish in (cabin.phones.publish, cabin.guard.publish):
            publish(Change(9, ChangeKind.NEW, ours))
        woken.assert_called_once()
        triggered.assert_called_once()


async def test_a_restart_does_not_tell_phones_of_another_house(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """What the last life has left to tell is of this house alone."""
    await tell(hass, "published", lived(wall_ms())(1))
    with (
        patch.object(cabin.phones, "_recipients", {"ann": object()}),
        patch.object(cabin.phones, "_wake") as woken,
    ):
        await cabin.phones.async_start()
    woken.assert_not_called()


@pytest.mark.parametrize(
    ("target", "runs"),
    [(None, False), ({"entity_id": CONNECTED}, True), ({"entity_id": "x.y"}, False)],
    ids=["none", "the site", "another"],
)
async def test_an_automation_hears_of_another_house_if_it_asks(
    hass: HomeAssistant, cabin: VigilarRuntime, target: Any, runs: bool
) -> None:
    """The lights at home do not go on for somebody at the cabin."""
    ran: list[dict[str, Any]] = []
    await automate(hass, ran, "event_began", target=target)
    await tell(hass, "published", lived(wall_ms())(1))
    assert bool(ran) is runs


async def test_the_cabin_is_gone(hass: HomeAssistant, cabin: VigilarRuntime) -> None:
    """It is told at once; after a while its events are over, until it says more."""
    now = wall_ms()
    say = lived(now)
    await tell(hass, "published", say(1))
    state = hass.states.get(CONNECTED)
    assert state is not None
    assert state.state == "on"
    async_fire_mqtt_message(hass, "vigilar2/status", "offline")
    await settle(hass)
    state = hass.states.get(CONNECTED)
    assert state is not None
    assert state.state == "off"
    assert cabin.sources.async_views()[SOURCE].online is False
    assert len(cabin.processor.open_events(SOURCE)) == 1
    async_fire_time_changed(
        hass, dt_util.utcnow() + timedelta(seconds=GONE_AFTER_S + 1)
    )
    await settle(hass)
    (event,) = await stored(cabin)
    assert event.payload["end_ts"] is not None
    assert event.payload["why"] == "Cabin has not been heard of for 30 minutes."
    async_fire_mqtt_message(hass, "vigilar2/status", "online")
    await tell(hass, "ended", say(3, end_ts=now + 2000))
    (event,) = await stored(cabin)
    assert event.payload["end_ts"] == now + 2000
    assert event.payload["why"] == "A person was recognised, 90% sure."


async def test_a_cabin_that_comes_back_soon_has_missed_nothing(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """A restart is over before."""
    await tell(hass, "published", lived(wall_ms())(1))
    async_fire_mqtt_message(hass, "vigilar2/status", "offline")
    async_fire_mqtt_message(hass, "vigilar2/status", "online")
    await settle(hass)
    async_fire_time_changed(
        hass, dt_util.utcnow() + timedelta(seconds=GONE_AFTER_S + 1)
    )
    await settle(hass)
    assert len(cabin.processor.open_events(SOURCE)) == 1


async def test_without_a_broker_nobody_can_tell(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """The entity is unavailable, not off."""
    cabin.remote_sites.async_set_connected(connected=False)
    await settle(hass)
    state = hass.states.get(CONNECTED)
    assert state is not None
    assert state.state == "unavailable"
    (site,) = cabin.remote_sites.sites.values()
    assert site.online is None


@pytest.mark.parametrize(
    ("topic", "payload", "retain", "reason"),
    [
        ("events/published", b"\xff", False, "malformed"),
        ("events/updated", b"x" * 70_000, False, "oversized"),
        ("events/ended", message(ts=1_000_000_000_000), False, "far_off"),
        ("events/published", message(payload={"site": "Boat"}), False, "relayed"),
        ("events/published", message(), True, "retained"),
        ("status", b"asleep", False, "malformed"),
        ("cameras/front_door/availability", b"maybe", False, "malformed"),
        ("cameras/Front Door/availability", b"online", True, "malformed"),
        ("cameras/nobody/availability", b"", False, "malformed"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_is_dropped_is_counted(
    hass: HomeAssistant,
    cabin: VigilarRuntime,
    entry: MockConfigEntry,
    topic: str,
    payload: bytes,
    retain: bool,
    reason: str,
) -> None:
    """Diagnostics say how much of it there was."""
    async_fire_mqtt_message(hass, f"vigilar2/{topic}", payload, retain=retain)
    await settle(hass)
    assert await stored(cabin) == []
    assert cabin.sources.async_views().keys() >= {SOURCE}
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["remote_sites"] == {
        "cabin": {
            "online": True,
            "sources": 1,
            "taken": 2,
            "dropped": {reason: 1},
        }
    }


async def test_a_house_cannot_have_sources_without_end(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """What is known goes on to be heard."""
    with patch.object(site_module, "MAX_SOURCES", 1):
        async_fire_mqtt_message(hass, "vigilar2/cameras/b/availability", "online")
        await tell(hass, "published", message(ts=wall_ms(), source_id="c"))
        await tell(hass, "published", message(ts=wall_ms()))
    assert [event.source_id for event in await stored(cabin)] == [SOURCE]
    (site,) = cabin.remote_sites.sites.values()
    assert site.diagnostics["dropped"] == {"too_many": 2}


async def test_a_camera_that_the_cabin_has_removed(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """It is no source any more."""
    async_fire_mqtt_message(hass, "vigilar2/cameras/front_door/availability", "")
    await settle(hass)
    assert SOURCE not in cabin.sources.async_views()


async def test_names_survive_a_restart(
    hass: HomeAssistant,
    cabin: VigilarRuntime,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """The sources of a site are known before anything is heard of them."""
    await add_site(hass, entry, name="Boat", mqtt_prefix="boat")
    await tell(hass, "published", lived(wall_ms())(1))
    async_fire_mqtt_message(hass, "boat/cameras/deck/availability", "online")
    await settle(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert hass_storage[f"{DOMAIN}.sites"]["data"] == {
        "cabin": {"front_door": "Front door"},
        "boat": {"deck": "deck"},
    }
    views = entry.runtime_data.sources.async_views()
    assert views[SOURCE].info.name == "Cabin: Front door"
    assert views["boat.deck"].online is False


async def test_names_are_saved_soon(
    hass: HomeAssistant, cabin: VigilarRuntime, hass_storage: dict[str, Any]
) -> None:
    """A crash does not forget them."""
    await flush_store(cabin.remote_sites._store)
    assert hass_storage[f"{DOMAIN}.sites"]["data"] == {
        "cabin": {"front_door": "front_door"}
    }


async def test_a_site_is_renamed_and_moved(
    hass: HomeAssistant, cabin: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """What is open ends, and it is heard at the new prefix alone, by the same ids."""
    await tell(hass, "published", lived(wall_ms())(1))
    (subentry_id,) = cabin.remote_sites.sites
    form = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    await save(hass, form, {"name": "Hut", CONF_MQTT_PREFIX: "hut"})
    await settle(hass)
    (event,) = await stored(cabin)
    assert event.payload["why"] == "The settings were changed."
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, subentry_id), entry.entry_id
    )
    assert device is not None
    assert device.name == "Hut"
    assert cabin.sources.async_views()[SOURCE].info.name == "Hut: Front door"
    await tell(hass, "published", message(ts=wall_ms()))
    async_fire_mqtt_message(hass, "hut/events/published", message(ts=wall_ms() + 1))
    await settle(hass)
    assert [event.payload["site"] for event in await stored(cabin)] == ["Hut", "Cabin"]


async def test_a_site_is_removed(
    hass: HomeAssistant, cabin: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """Its events stay, for administrators; it is not heard any more."""
    await tell(hass, "published", lived(wall_ms())(1))
    (subentry_id,) = cabin.remote_sites.sites
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await settle(hass)
    (event,) = await stored(cabin)
    assert event.payload["why"] == "The site was removed."
    assert cabin.remote_sites.sites == {}
    assert SOURCE not in cabin.sources.async_views()
    assert hass.states.get(CONNECTED) is None
    await tell(hass, "published", message(ts=wall_ms() + 1))
    assert len(await stored(cabin)) == 1


async def test_a_prefix_in_the_options_must_not_be_a_sites(
    hass: HomeAssistant, cabin: VigilarRuntime, entry: MockConfigEntry
) -> None:
    """The other form refuses it, too."""
    flow = hass.config_entries.options
    menu = await flow.async_init(entry.entry_id)
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "general"})
    form = await flow.async_configure(
        form["flow_id"], {CONF_MQTT_PREFIX: "vigilar2/mine"}
    )
    assert form["errors"] == {CONF_MQTT_PREFIX: "prefix_of_site"}


async def test_a_client_that_is_replaced_is_followed(
    hass: HomeAssistant, cabin: VigilarRuntime
) -> None:
    """The subscriptions of the old one end with it; the new one gets its own."""
    (mqtt,) = hass.config_entries.async_entries("mqtt")
    (site,) = cabin.remote_sites.sites.values()
    subscriptions = site._subscriptions
    assert len(subscriptions._subscribed) == 5
    mqtt._async_set_state(hass, ConfigEntryState.UNLOAD_IN_PROGRESS, None)
    assert subscriptions._subscribed == []
    await tell(hass, "published", message(ts=wall_ms()))
    assert await stored(cabin) == []
    mqtt._async_set_state(hass, ConfigEntryState.LOADED, None)
    await settle(hass)
    assert len(subscriptions._subscribed) == 5
    await tell(hass, "published", message(ts=wall_ms()))
    assert len(await stored(cabin)) == 1


def test_ids_cannot_clash() -> None:
    """No source of this house has a full stop."""
    assert local_id("cabin", "front_door") == SOURCE
    assert site_of(SOURCE) == "cabin"
    assert site_of("front_door") is None
