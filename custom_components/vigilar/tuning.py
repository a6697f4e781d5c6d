"""For whoever sets a camera up: what its analysis sees, and by other settings would.

Nothing of a camera changes until the settings are saved, and then only that camera.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError

from .commands import async_ask, async_readable_camera, async_runtime
from .const import (
    CONF_ANALYSIS,
    CONF_KIND,
    CONF_MIN_DURATION,
    CONF_MIN_HEIGHT,
    CONF_POINTS,
    CONF_QUIET_TIME,
    CONF_SENSITIVITY,
    CONF_SOURCE_ID,
    CONF_ZONES,
    DOMAIN,
)
from .coordinator import CameraCoordinator
from .events.store import StoreError
from .forms import ANALYSIS_DEFAULTS, ANALYSIS_SELECTORS, FieldError, check_analysis
from .live import CameraView
from .runtime import VigilarRuntime
from .sources import read_settings, tuned
from .tuning_replay import Replay, ReplayStopped
from .vision.analyzer import AnalyzerSettings
from .vision.observing import Told, TuningObserver
from .vision.zones import MAX_POINTS, PolygonError, Zone, ZoneKind, check_points
from .zone_flow import MAX_ZONES, check_name

CONF_SETTINGS: Final = "settings"
TUNED: Final = (
    CONF_SENSITIVITY,
    CONF_MIN_HEIGHT,
    CONF_MIN_DURATION,
    CONF_QUIET_TIME,
)
"""What is tuned of the analysis; pictures a second are not, for they are a cost."""

SETTINGS_SCHEMA: Final = {vol.Optional(key): vol.Any(int, float) for key in TUNED}
ZONES_SCHEMA: Final = vol.All(
    [
        {
            vol.Required(CONF_NAME): vol.All(str, vol.Length(max=255)),
            vol.Required(CONF_KIND): vol.In([kind.value for kind in ZoneKind]),
            vol.Required(CONF_POINTS): vol.All(
                [vol.All([vol.Any(int, float)], vol.Length(min=2, max=2))],
                # More than there may be: who draws too many is told so.
                vol.Length(max=4 * MAX_POINTS),
            ),
        }
    ],
    vol.Length(max=4 * MAX_ZONES),
)
CHANGES_SCHEMA: Final = {
    vol.Required(CONF_SOURCE_ID): str,
    vol.Optional(CONF_SETTINGS): SETTINGS_SCHEMA,
    vol.Optional(CONF_ZONES): ZONES_SCHEMA,
}


class TuningView(CameraView):
    """All that the analysis of a camera sees."""

    @override
    @callback
    def _async_told(self, told: Told) -> None:
        """Send what the analysis sees."""
        self._async_send({"kind": "frame", **told})

    @override
    @callback
    def _async_fare(self) -> None:
        """Send how the camera fares."""
        self._async_send({"kind": "state", **self._state})


@callback
def async_register_tuning(hass: HomeAssistant) -> None:
    """Register the websocket commands, once a process."""
    for command in (ws_get, ws_replay, ws_save, ws_subscribe):
        websocket_api.async_register_command(hass, command)


@websocket_api.require_admin
@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/tuning/subscribe", **CHANGES_SCHEMA}
)
@callback
def ws_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send what the analysis of a camera sees, by its settings or by others."""
    runtime = async_runtime(hass)
    camera = async_readable_camera(runtime, connection.user, msg[CONF_SOURCE_ID])
    settings = None
    if CONF_SETTINGS in msg or CONF_ZONES in msg:
        settings = _async_draft(runtime, camera, msg)
    view = TuningView(camera, connection, msg["id"], lambda: connection.user.is_admin)
    view.async_open(partial(_look_on, settings))


@websocket_api.require_admin
@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/tuning/get", vol.Required(CONF_SOURCE_ID): str}
)
@websocket_api.async_response
async def ws_get(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send what is set, and between which limits it can be."""
    runtime = async_runtime(hass)
    camera = async_readable_camera(runtime, connection.user, msg[CONF_SOURCE_ID])
    kept = await async_ask(runtime.lumas.of(msg[CONF_SOURCE_ID]))
    stats = camera.stats
    connection.send_result(
        msg["id"],
        {
            **_async_saved(runtime, camera),
            "limits": {key: _limits(key) for key in TUNED},
            "aspect": stats.width / stats.height if stats and stats.height else None,
            "detecting": camera.data.detecting,
            "stored_events": len(kept),
        },
    )


@websocket_api.require_admin
@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/tuning/save", **CHANGES_SCHEMA}
)
@websocket_api.async_response
async def ws_save(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Save settings and zones, and let the camera go by them at once."""
    runtime = async_runtime(hass)
    camera = async_readable_camera(runtime, connection.user, msg[CONF_SOURCE_ID])
    await runtime.async_tune(camera, _read_analysis(msg), _read_zones(msg))
    connection.send_result(msg["id"], _async_saved(runtime, camera))


@websocket_api.require_admin
@websocket_api.websocket_command(
    {vol.Required("type"): "vigilar/tuning/replay", **CHANGES_SCHEMA}
)
@websocket_api.async_response
async def ws_replay(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Judge the last events again, and send which of them would still be some."""
    runtime = async_runtime(hass)
    camera = async_readable_camera(runtime, connection.user, msg[CONF_SOURCE_ID])
    run = Replay(camera.camera.settings, _async_draft(runtime, camera, msg))
    connection.subscriptions[msg["id"]] = run.stopping.set
    connection.send_result(msg["id"])

    @callback
    def _async_tell(message: dict[str, Any]) -> None:
        if not run.stopping.is_set():
            connection.send_message(websocket_api.event_message(msg["id"], message))

    try:
        await runtime.replays.async_run(msg[CONF_SOURCE_ID], run, _async_tell)
    except ReplayStopped:
        return
    except StoreError:
        _async_tell({"kind": "failed"})


def _look_on(
    settings: AnalyzerSettings | None, tell: Callable[[Told], None]
) -> TuningObserver:
    """Return who looks on and judges by settings, or by those of the camera."""
    return TuningObserver(tell, settings)


@callback
def _async_saved(runtime: VigilarRuntime, camera: CameraCoordinator) -> dict[str, Any]:
    """Return what is set, as it is stored."""
    data = runtime.entry.subentries[camera.camera.subentry_id].data
    analysis = {**ANALYSIS_DEFAULTS, **data.get(CONF_ANALYSIS, {})}
    return {
        CONF_SETTINGS: {key: analysis[key] for key in TUNED},
        CONF_ZONES: list(data.get(CONF_ZONES, ())),
    }


@callback
def _async_draft(
    runtime: VigilarRuntime, camera: CameraCoordinator, msg: Mapping[str, Any]
) -> AnalyzerSettings:
    """Return how a camera would be analysed with the changes of a message.

    Raises:
        ServiceValidationError: They cannot be saved like that.
    """
    data = runtime.entry.subentries[camera.camera.subentry_id].data
    return read_settings(tuned(data, _read_analysis(msg), _read_zones(msg)))


def _limits(key: str) -> dict[str, Any]:
    """Return between which limits a setting can be."""
    config = ANALYSIS_SELECTORS[key].config
    return {
        "min": config["min"],
        "max": config["max"],
        "step": config["step"],
        "default": ANALYSIS_DEFAULTS[key],
        "unit": config.get("unit_of_measurement"),
    }


def _read_analysis(msg: Mapping[str, Any]) -> dict[str, float]:
    """Return the settings of a message as the camera's form would.

    Raises:
        ServiceValidationError: The form would refuse one.
    """
    try:
        return check_analysis(msg.get(CONF_SETTINGS, {}))
    except FieldError as err:
        limits = _limits(err.field)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="setting_refused",
            translation_placeholders={
                "field": err.field,
                "min": str(limits["min"]),
                "max": str(limits["max"]),
            },
        ) from err


def _read_zones(msg: Mapping[str, Any]) -> list[Zone] | None:
    """Return the zones of a message as the camera's form would; None without.

    Raises:
        ServiceValidationError: The form would refuse one.
    """
    if CONF_ZONES not in msg:
        return None
    zones: list[Zone] = []
    for number, item in enumerate(msg[CONF_ZONES]):
        if number == MAX_ZONES:
            raise _refused(number, CONF_ZONES, "zones_many")
        name = item[CONF_NAME].strip()
        if (problem := check_name(name, zones)) is not None:
            raise _refused(number, CONF_NAME, problem)
        try:
            points = check_points(item[CONF_POINTS])
        except PolygonError as err:
            raise _refused(number, CONF_POINTS, err.key) from err
        zones.append(Zone(name, points, ZoneKind(item[CONF_KIND])))
    return zones


def _refused(number: int, field: str, problem: str) -> ServiceValidationError:
    """Return what is said of a zone, counted from 0, that cannot be saved."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="zone_refused",
        translation_placeholders={
            "number": str(number + 1),
            "field": f"{CONF_ZONES}.{number}.{field}",
            "problem": problem,
        },
    )
