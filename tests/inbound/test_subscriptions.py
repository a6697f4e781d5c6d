"""Topics are listened to whenever there is a client, and by one client at a time."""

from pytest_homeassistant_custom_component.common import mock_component

from custom_components.vigilar.inbound.subscriptions import MqttSubscriptions
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component


def _listen(topic: str, payload: bytes, retained: bool) -> None:
    """Take a message."""


async def test_mqtt_without_a_client_is_waited_for(hass: HomeAssistant) -> None:
    """An MQTT integration without an entry has nobody to subscribe with."""
    assert await async_setup_component(hass, "homeassistant", {})
    mock_component(hass, "mqtt")
    subscriptions = MqttSubscriptions(hass, {"a/b": _listen})
    subscriptions.async_start()
    await hass.async_block_till_done()
    assert subscriptions._subscribed == []
    assert subscriptions._following is not None
    subscriptions.async_stop()
    assert subscriptions._following is None


async def test_mqtt_that_comes_after_the_end_is_left_alone(hass: HomeAssistant) -> None:
    """Who has stopped to listen does not begin again."""
    subscriptions = MqttSubscriptions(hass, {"a/b": _listen})
    subscriptions.async_start()
    subscriptions.async_stop()
    mock_component(hass, "mqtt")
    hass.bus.async_fire("component_loaded", {"component": "mqtt"})
    await hass.async_block_till_done()
    assert subscriptions._following is None
