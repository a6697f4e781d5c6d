"""A camera subentry, as the rest of the integration wants to read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import hashlib
from typing import Any, Self
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify

from .const import (
    CONF_ANALYSIS,
    CONF_CAMERA,
    CONF_FPS,
    CONF_SENSITIVITY,
    CONF_SOURCE_ID,
    DEFAULT_FPS,
    DEFAULT_SENSITIVITY,
)


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """What a user has said of one camera.

    Attributes:
        subentry_id: The subentry that holds it.
        source_id: Stable slug; does not follow a renaming.
        name: As shown to people.
        camera: Registry id or entity id of a camera entity, or None.
        url: A stream URL, maybe with credentials, or None.
        sensitivity: 1 (least) to 10 (most).
        fps: Frames analysed a second.
    """

    subentry_id: str
    source_id: str
    name: str
    camera: str | None
    url: str | None
    sensitivity: int
    fps: float

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a camera subentry."""
        data = subentry.data
        analysis: Mapping[str, Any] = data.get(CONF_ANALYSIS, {})
        return cls(
            subentry_id=subentry.subentry_id,
            source_id=data[CONF_SOURCE_ID],
            name=subentry.title,
            camera=data.get(CONF_CAMERA),
            url=data.get(CONF_URL),
            sensitivity=int(analysis.get(CONF_SENSITIVITY, DEFAULT_SENSITIVITY)),
            fps=float(analysis.get(CONF_FPS, DEFAULT_FPS)),
        )


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
