"""Test the blueprint by loading it in Home Assistant and running it."""

from pathlib import Path
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.vigilar.models import Severity
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from .publish.phone.common import ended, make_event, with_media

BLUEPRINT = (
    Path(__file__).parent.parent
    / "blueprints"
    / "automation"
    / "vigilar"
    / "notification.yaml"
)


def _install(config_dir: Path) -> None:
    """Put the blueprint where an import puts it."""
    target = config_dir / "blueprints" / "automation" / "vigilar"
    target.mkdir(parents=True)
    shutil.copy(BLUEPRINT, target)


async def _set_up(hass: HomeAssistant, **inputs: Any) -> list[ServiceCall]:
    """Make an automation of the blueprint; return the calls of the phone's action."""
    await hass.async_add_executor_job(_install, Path(hass.config.config_dir))
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_pixel")
    use = {
        "path": f"vigilar/{BLUEPRINT.name}",
        "input": {"notify_action": "notify.mobile_app_pixel", **inputs},
    }
    assert await async_setup_component(
        hass, "automation", {"automation": {"use_blueprint": use}}
    )
    assert len(hass.states.async_all("automation")) == 1
    return calls


async def _fire(hass: HomeAssistant, name: str, event: Any) -> None:
    """Fire an event as the bus publisher does."""
    data = event.as_dict()
    data["payload"] = data["payload"] | {"why": "Recognised a person."}
    hass.bus.async_fire(name, data)
    await hass.async_block_till_done()


async def test_an_event_is_one_notification(hass: HomeAssistant) -> None:
    """It begins with a sound, gets its picture, and ends, all under one tag."""
    calls = await _set_up(hass)
    event = make_event()
    await _fire(hass, "vigilar_event", event)
    event = with_media(event, snapshot="ready")
    await _fire(hass, "vigilar_event_updated", event)
    await _fire(hass, "vigilar_event_ended", ended(event))

    sent = [call.data for call in calls]
    assert {item["data"]["tag"] for item in sent} == {event.id}
    assert [item["data"]["push"]["sound"] for item in sent] == [
        "default",
        "none",
        "none",
    ]
    assert [item["data"].get("image") for item in sent] == [
        None,
        *[f"/api/vigilar/events/{event.id}/snapshot"] * 2,
    ]
    assert sent[0]["title"] == "Front door"
    assert sent[0]["message"] == "Person: Recognised a person."
    assert sent[0]["data"]["url"] == f"/vigilar/event/{event.id}"


@pytest.mark.parametrize(
    ("inputs", "event", "count"),
    [
        ({}, {"severity": Severity.WARNING}, 0),
        ({"severities": ["warning"]}, {"severity": Severity.WARNING}, 1),
        ({"cameras": ["back_yard"]}, {}, 0),
        ({"cameras": ["back_yard", "front_door"]}, {}, 1),
        (
            {"only_if": [{"condition": "template", "value_template": "{{ false }}"}]},
            {},
            0,
        ),
        (
            {"only_if": [{"condition": "template", "value_template": "{{ true }}"}]},
            {},
            1,
        ),
    ],
)
async def test_inputs(
    hass: HomeAssistant, inputs: dict[str, Any], event: dict[str, Any], count: int
) -> None:
    """Severity, camera and own conditions decide."""
    calls = await _set_up(hass, **inputs)
    await _fire(hass, "vigilar_event", make_event(**event))
    assert len(calls) == count
