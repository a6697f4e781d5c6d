"""Test the answer to "why did my phone not ring?"."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
import voluptuous as vol

from custom_components.vigilar.const import DOMAIN, SUBENTRY_RECIPIENT
from custom_components.vigilar.events.ledger import DeliveryState, DeviceDelivery
from custom_components.vigilar.events.reviews import Reviewer, seen
from custom_components.vigilar.events.store import EventStore, StoreError
from custom_components.vigilar.models import ChangeKind
from custom_components.vigilar.publish.delivery import _in_words
from custom_components.vigilar.publish.phone.rules import Reason
from custom_components.vigilar.publish.phone.texts import Texts
from custom_components.vigilar.runtime import VigilarConfigEntry, VigilarRuntime
from homeassistant.auth.models import User
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.auth.permissions.models import PermissionLookup
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..common import Workers, settle
from ..events.common import BEGAN
from ..events.test_ledger import make_row
from .phone.common import FakeApp, add_app

UNKNOWN = "0" * 26


def recipient_subentry(device_id: str, **data: Any) -> ConfigSubentry:
    """Return a recipient as the form stores it."""
    return ConfigSubentry(
        data=MappingProxyType(
            {
                "kind": "device",
                "target": device_id,
                "min_severity": "info",
                "cameras": [],
                "types": [],
                "zones": [],
                "conditions": [],
                "presence": "always",
                "cooldown": 0,
                "critical_from": "never",
                **data,
            }
        ),
        subentry_type=SUBENTRY_RECIPIENT,
        title="Anna's phone",
        unique_id=None,
    )


@pytest.fixture
async def event_id(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> str:
    """Return an event that was sent to Anna's phone and not to Bert's."""
    device_id = add_app(hass, "Pixel")
    FakeApp(hass, "Pixel")
    for subentry in (
        recipient_subentry(device_id),
        recipient_subentry("other", min_severity="alert"),
    ):
        hass.config_entries.async_add_subentry(entry, subentry)
    await settle(hass)
    workers.of("front_door").see_motion("walk")
    await settle(hass)
    [event] = await runtime.store.page()
    return event.id


async def _call(hass: HomeAssistant, event_id: str, user: User | None = None) -> Any:
    """Call the action."""
    return await hass.services.async_call(
        DOMAIN,
        "delivery",
        {"event_id": event_id},
        blocking=True,
        return_response=True,
        context=Context(user_id=None if user is None else user.id),
    )


async def test_the_action_says_what_happened(
    hass: HomeAssistant, runtime: VigilarRuntime, event_id: str
) -> None:
    """A row a recipient, in words and as it is."""
    await runtime.processor.revise(
        [event_id], seen(Reviewer("user-bert", "Bert", BEGAN))
    )
    report = await _call(hass, event_id)
    assert report["event_id"] == event_id
    assert report["reviewed"] == {"by": "Bert", "ts": BEGAN}
    sent, refused = sorted(
        report["deliveries"], key=lambda row: row["state"], reverse=True
    )
    assert (sent["state"], sent["reason"], sent["critical"]) == ("sent", None, False)
    assert sent["recipient"] == "Anna's phone"
    assert sent["text"].startswith("Sent at ")
    assert sent["devices"] == [{"name": "Pixel", "told": True, "error": None}]
    assert (refused["state"], refused["reason"]) == ("not_sent", "severity")
    assert refused["text"] == "Not sent: Info is below Alert"


async def test_the_websocket_says_the_same(
    hass: HomeAssistant, event_id: str, hass_ws_client: WebSocketGenerator
) -> None:
    """One report for both; what is no id or no event is an error."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "vigilar/delivery", "event_id": event_id})
    answer = await client.receive_json()
    assert answer["result"] == await _call(hass, event_id)
    for wrong in (UNKNOWN, "../../etc/passwd", 7):
        await client.send_json_auto_id({"type": "vigilar/delivery", "event_id": wrong})
        assert not (await client.receive_json())["success"]


async def test_only_who_may_read_the_camera_is_told(
    hass: HomeAssistant,
    event_id: str,
    hass_read_only_user: User,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """For anybody else there is no such event."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    message = {"type": "vigilar/delivery", "event_id": event_id}
    await client.send_json_auto_id(message)
    assert (await client.receive_json())["success"]
    assert (await _call(hass, event_id, hass_read_only_user))["deliveries"]

    hass_read_only_user.permissions = PolicyPermissions(
        {}, PermissionLookup(er.async_get(hass), dr.async_get(hass))
    )
    await client.send_json_auto_id(message)
    assert not (await client.receive_json())["success"]
    with pytest.raises(ServiceValidationError):
        await _call(hass, event_id, hass_read_only_user)


async def test_errors(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    event_id: str,
) -> None:
    """What is wrong is said."""
    with pytest.raises(ServiceValidationError):
        await _call(hass, UNKNOWN)
    with pytest.raises(vol.Invalid):
        await _call(hass, "front_door")
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "delivery",
            {"event_id": event_id},
            blocking=True,
            return_response=True,
            context=Context(user_id="nobody"),
        )
    with (
        patch.object(EventStore, "get", side_effect=StoreError("gone")),
        pytest.raises(HomeAssistantError, match="cannot be read"),
    ):
        await _call(hass, event_id)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await _call(hass, event_id)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"state": DeliveryState.SENDING}, "Is being sent since 23:13:20"),
        ({}, "Sent at 23:13:20"),
        (
            {"state": DeliveryState.UPDATED, "updates": 2, "at": BEGAN + 45_000},
            "Sent at 23:13:20, updated 2 times, last at 23:14:05",
        ),
        (
            {
                "state": DeliveryState.FAILED,
                "done": False,
                "devices": {
                    "a": DeviceDelivery("iPad", told="x"),
                    "b": DeviceDelivery("Pixel", error="no route"),
                },
            },
            "Failed so far, and is tried again: no route",
        ),
        (
            {"state": DeliveryState.JOINED, "params": {"told_ts": BEGAN}},
            "Shown without a sound: its incident was told of at 23:13:20",
        ),
        (
            {"state": DeliveryState.FAILED, "reason": "no_device"},
            "Failed: no device of this recipient can be notified",
        ),
        *(
            (
                {"state": DeliveryState.NOT_SENT, "reason": reason, "params": params},
                text,
            )
            for reason, params, text in (
                (
                    "type",
                    {"type": "camera_offline"},
                    "Not sent: events of type Camera offline are not chosen",
                ),
                (
                    "camera",
                    {"camera": "Porch"},
                    "Not sent: the camera Porch is not chosen",
                ),
                ("zone", {}, "Not sent: it was in none of the chosen zones"),
                ("quiet", {"entity": "Day"}, "Not sent: Day was off"),
                (
                    "quiet_until",
                    {"entity": "Day", "until_ts": BEGAN},
                    "Not sent: quiet time until 23:13:20 (Day)",
                ),
                ("home", {"person": "Bert"}, "Not sent: Bert was at home"),
                (
                    "snoozed",
                    {"by": "Anna", "until_ts": BEGAN},
                    "Not sent: snoozed by Anna until 23:13:20",
                ),
                ("cooldown", {"seconds": 41}, "Not sent: cooldown, 41 s left"),
            )
        ),
    ],
)
async def test_words(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    fields: dict[str, Any],
    text: str,
) -> None:
    """Every state and reason is a sentence."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    texts = await Texts.async_load(hass)
    assert _in_words(texts, make_row(**fields)) == text


async def test_every_word_is_there(
    hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    """No reason and no state is without words."""
    texts = await Texts.async_load(hass)
    for key in (
        *(f"reason_{reason.value}" for reason in Reason),
        "delivery_gave_up",
        "delivery_gave_up_title",
    ):
        assert f"component.vigilar.common.{key}" in texts.resources


async def test_recipients_follow_the_configuration(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
) -> None:
    """Added, changed and removed without touching a camera."""
    device_id = add_app(hass, "Pixel")
    app = FakeApp(hass, "Pixel")
    before = list(workers)
    subentry = recipient_subentry(device_id)
    hass.config_entries.async_add_subentry(entry, subentry)
    await settle(hass)
    workers.of("front_door").see_motion("a")
    await settle(hass)
    assert [item["title"] for item in app.sent] == ["Motion: Front door"]

    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "cameras": ["back_yard"]}
    )
    await settle(hass)
    workers.of("front_door").see_motion("b")
    workers.of("back_yard").see_motion("c")
    await settle(hass)
    assert [item["title"] for item in app.sent[1:]] == ["Motion: Back yard"]

    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settle(hass)
    workers.of("back_yard").see_motion("d")
    await settle(hass)
    assert len(app.sent) == 2
    assert list(workers) == before
    assert runtime.async_diagnostics()["phones"]["recipients"] == 0


async def test_what_a_restart_closes_is_told(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    entry: VigilarConfigEntry,
    workers: Workers,
    event_id: str,
) -> None:
    """An event that was open when Home Assistant stopped ends on the phone, too."""
    app = FakeApp(hass, "Pixel")
    await hass.config_entries.async_unload(entry.entry_id)
    # As a crash leaves it: the end is not stored.
    store = EventStore(f"sqlite:///{hass.config.path('vigilar.db')}")
    await store.open(now=BEGAN)
    event = await store.get(event_id)
    assert event is not None
    open_again = event.payload | {"end_ts": None}
    await store.write(replace(event, payload=open_again), ChangeKind.UPDATED)
    await store.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert len(app.sent) == 1
    assert app.sent[0]["message"].startswith("from ")
    assert app.sent[0]["data"]["tag"] == event_id
