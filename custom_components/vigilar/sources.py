"""A camera subentry, as the rest of the integration wants to read it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
import hashlib
from typing import Any, Self
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify

from .const import (
    CONF_ALWAYS_CONNECTED,
    CONF_ANALYSIS,
    CONF_CAMERA,
    CONF_DRAW_BOX,
    CONF_FPS,
    CONF_HOLD_BACK,
    CONF_KIND,
    CONF_MEMORY,
    CONF_MIN_DURATION,
    CONF_MIN_HEIGHT,
    CONF_MIN_SCORE,
    CONF_OBJECTS,
    CONF_POINTS,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_QUIET_TIME,
    CONF_RECORDING,
    CONF_REPORTED,
    CONF_SENSITIVITY,
    CONF_SOURCE_ID,
    CONF_UNKNOWN,
    CONF_ZONES,
    DEFAULT_FPS,
    DEFAULT_MEMORY,
    DEFAULT_MIN_DURATION,
    DEFAULT_MIN_HEIGHT,
    DEFAULT_MIN_SCORE,
    DEFAULT_POST_ROLL,
    DEFAULT_PRE_ROLL,
    DEFAULT_QUIET_TIME,
    DEFAULT_SENSITIVITY,
)
from .media.recorder import RecorderSettings
from .models import ObjectClass
from .vision.analyzer import HOLD_BACK_S, AnalyzerSettings
from .vision.recognition import ClassSettings, ObjectSettings
from .vision.zones import Point, Zone, ZoneKind

# So much later, at most, the gate has a movement decoded, the analysis is sure of
# it, and nothing holds it back any more.
_NOTICE_S = 8.0 + HOLD_BACK_S


@dataclass(frozen=True, slots=True)
class SecondStream:
    """A stream of a camera that is recorded and not analysed.

    Attributes:
        camera: Registry id or entity id of a camera entity, or None.
        url: A stream URL, maybe with credentials, or None.
        always: It stays connected between events.
    """

    camera: str | None
    url: str | None
    always: bool


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """What a user has said of one camera.

    Attributes:
        subentry_id: The subentry that holds it.
        source_id: Stable slug; does not follow a renaming.
        name: As shown to people.
        camera: Registry id or entity id of a camera entity, or None.
        url: A stream URL, maybe with credentials, or None.
        settings: How it is analysed.
        recording: How it is recorded.
        second: Recorded in place of the stream that is analysed, or None.
    """

    subentry_id: str
    source_id: str
    name: str
    camera: str | None
    url: str | None
    settings: AnalyzerSettings
    recording: RecorderSettings
    second: SecondStream | None

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a camera subentry."""
        data = subentry.data
        settings = read_settings(data)
        recording = data.get(CONF_RECORDING, {})
        return cls(
            subentry_id=subentry.subentry_id,
            source_id=data[CONF_SOURCE_ID],
            name=subentry.title,
            camera=data.get(CONF_CAMERA),
            url=data.get(CONF_URL),
            settings=settings,
            recording=_recording(recording, settings.min_duration_s),
            second=_second_stream(recording),
        )

    def same_pictures(self, other: CameraConfig) -> bool:
        """Return whether another configuration looks through the same camera."""
        return (self.source_id, self.camera, self.url, self.second) == (
            other.source_id,
            other.camera,
            other.url,
            other.second,
        )


def zone_from_data(data: Mapping[str, Any]) -> Zone:
    """Read a stored zone.

    Raises:
        ValueError: It is no polygon of the image.
    """
    return Zone(
        data[CONF_NAME],
        tuple(Point(float(x), float(y)) for x, y in data[CONF_POINTS]),
        ZoneKind(data[CONF_KIND]),
    )


def zone_to_data(zone: Zone) -> dict[str, Any]:
    """Return a zone as it is stored: corners as fractions (0-1) of the image."""
    return {
        CONF_NAME: zone.name,
        CONF_KIND: zone.kind.value,
        CONF_POINTS: [list(point) for point in zone.points],
    }


def tuned(
    data: Mapping[str, Any],
    analysis: Mapping[str, float],
    zones: Iterable[Zone] | None,
) -> dict[str, Any]:
    """Return the data of a camera's subentry with another way to analyse it.

    Args:
        data: Of the subentry.
        analysis: What is to be changed of its settings.
        zones: All its zones; None leaves them.
    """
    changed = {
        **data,
        CONF_ANALYSIS: {**data.get(CONF_ANALYSIS, {}), **analysis},
    }
    if zones is not None:
        changed[CONF_ZONES] = [zone_to_data(zone) for zone in zones]
    return changed


def read_settings(data: Mapping[str, Any]) -> AnalyzerSettings:
    """Read how a camera is analysed from the data of its subentry."""
    analysis = data.get(CONF_ANALYSIS, {})
    parts = tuple(zone_from_data(zone) for zone in data.get(CONF_ZONES, ()))
    return AnalyzerSettings(
        fps=float(analysis.get(CONF_FPS, DEFAULT_FPS)),
        sensitivity=int(analysis.get(CONF_SENSITIVITY, DEFAULT_SENSITIVITY)),
        min_height=analysis.get(CONF_MIN_HEIGHT, DEFAULT_MIN_HEIGHT) / 100,
        min_duration_s=float(analysis.get(CONF_MIN_DURATION, DEFAULT_MIN_DURATION)),
        quiet_s=float(analysis.get(CONF_QUIET_TIME, DEFAULT_QUIET_TIME)),
        zones=parts,
        objects=_object_settings(
            data.get(CONF_OBJECTS, {}),
            {zone.name for zone in parts if zone.kind is ZoneKind.INCLUDE},
        ),
    )


def _object_settings(
    objects: Mapping[str, Any], zones: Collection[str]
) -> ObjectSettings:
    """Read what is done with what was recognised; zones that are gone are left out."""

    def _class(label: ObjectClass) -> ClassSettings:
        """Read what must hold for one class."""
        data = objects.get(label.value, {})
        return ClassSettings(
            reported=data.get(CONF_REPORTED, True),
            min_score=data.get(CONF_MIN_SCORE, DEFAULT_MIN_SCORE) / 100,
            min_height=data.get(CONF_MIN_HEIGHT, DEFAULT_MIN_HEIGHT) / 100,
            zones=tuple(name for name in data.get(CONF_ZONES, ()) if name in zones),
        )

    return ObjectSettings(
        hold_back=objects.get(CONF_HOLD_BACK, True),
        motion=objects.get(CONF_UNKNOWN, True),
        draw_box=objects.get(CONF_DRAW_BOX, False),
        person=_class(ObjectClass.PERSON),
        vehicle=_class(ObjectClass.VEHICLE),
        animal=_class(ObjectClass.ANIMAL),
    )


def _recording(recording: Mapping[str, Any], min_duration_s: float) -> RecorderSettings:
    """Read how a camera is recorded."""
    return RecorderSettings(
        pre_roll_s=float(recording.get(CONF_PRE_ROLL, DEFAULT_PRE_ROLL)),
        post_roll_s=float(recording.get(CONF_POST_ROLL, DEFAULT_POST_ROLL)),
        memory_mb=int(recording.get(CONF_MEMORY, DEFAULT_MEMORY)),
        notice_s=_NOTICE_S + min_duration_s,
    )


def _second_stream(recording: Mapping[str, Any]) -> SecondStream | None:
    """Read where the second stream comes from, if there is one."""
    camera, url = recording.get(CONF_CAMERA), recording.get(CONF_URL)
    if camera is None and url is None:
        return None
    return SecondStream(camera, url, bool(recording.get(CONF_ALWAYS_CONNECTED)))


@callback
def async_camera_entity_id(hass: HomeAssistant, camera: str) -> str | None:
    """Return the entity id behind a registry id or entity id, or None if gone."""
    registry = er.async_get(hass)
    if (entry := registry.entities.get_entry(camera)) is not None:
        return entry.entity_id
    return camera if "." in camera else None


@callback
def async_camera_reference(hass: HomeAssistant, entity_id: str) -> str:
    """Return what to store for a camera entity so that a renaming is followed."""
    entry = er.async_get(hass).async_get(entity_id)
    return entity_id if entry is None else entry.id


def stream_unique_id(url: str) -> str:
    """Return an id of a stream that tells nothing of its credentials."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    place = f"{parts.scheme.lower()}://{host}:{parts.port}{parts.path}?{parts.query}"
    return hashlib.sha256(place.encode()).hexdigest()


def unused_source_id(name: str, taken: Iterable[str]) -> str:
    """Return a slug of the name that no other source has."""
    base = slugify(name) or "camera"
    used = set(taken)
    candidate, number = base, 2
    while candidate in used:
        candidate, number = f"{base}_{number}", number + 1
    return candidate
