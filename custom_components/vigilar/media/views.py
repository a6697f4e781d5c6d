"""What events look like, over HTTP: for whoever may see their source.

Every view needs a token of Home Assistant or a path that Home Assistant has
signed. An id is looked up in the database and never part of a path.
"""

from http import HTTPStatus
from pathlib import Path
import re
from typing import Final, Protocol, override

from aiohttp import web
from aiohttp.hdrs import CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE

from homeassistant.components.http import KEY_HASS_USER
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ..access import doer_of, may_read
from ..const import DOMAIN
from ..events.audit import AuditLog
from ..events.store import StoreError
from ..models import MediaKind, MediaState, SourceInfo
from . import exports, files, states
from .exports import Exports
from .library import MediaLibrary

ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
# More parts than an event of a year has.
PART: Final = re.compile(r"[0-9]{1,6}")

# What a person opens; lists load the others by themselves.
LOOKS: Final = frozenset({MediaKind.SNAPSHOT, MediaKind.CLIP})
CACHE_FINAL: Final = "private, max-age=31536000, immutable"
CACHE_GROWING: Final = "private, no-cache"


class MediaResponse(web.FileResponse):
    """A file that may be deleted just before it is sent."""

    @override
    def set_status(self, status: int, reason: str | None = None) -> None:
        """Say that a file is gone, not that there never was one."""
        gone = status == HTTPStatus.NOT_FOUND
        super().set_status(HTTPStatus.GONE if gone else status, reason)


class EventMediaView(HomeAssistantView):
    """A snapshot, thumbnail, preview or clip of an event."""

    url = f"{states.URL}/{{event_id}}/{{kind}}"
    name = "api:vigilar:events:media"

    def __init__(self) -> None:
        """Initialize the view; a clip's later parts have a number."""
        self.extra_urls = [f"{self.url}/{{part}}"]

    async def get(
        self, request: web.Request, event_id: str, kind: str, part: str = "0"
    ) -> web.StreamResponse:
        """Send it, or the asked range of it."""
        hass = request.app[KEY_HASS]
        if (
            not ULID.fullmatch(event_id)
            or not PART.fullmatch(part)
            or kind not in files.CONTENT_TYPES
        ):
            raise web.HTTPNotFound
        runtime = _running(hass)
        try:
            found = await runtime.library.find(event_id, MediaKind(kind), int(part))
        except StoreError as err:
            raise web.HTTPServiceUnavailable from err
        if found is None:
            raise web.HTTPNotFound
        source = runtime.async_sources().get(found.event.source_id)
        user = request[KEY_HASS_USER]
        if not may_read(user, source):
            # The same as if there were none: it cannot be found out that there is.
            raise web.HTTPNotFound
        if found.path is None:
            if found.state in (MediaState.NONE, MediaState.PENDING):
                raise web.HTTPNotFound
            # It may have been ready once: it is known what became of it.
            raise web.HTTPGone(text=found.state.value)
        if MediaKind(kind) in LOOKS:
            runtime.audit.note_look(
                doer_of(user),
                event_id=event_id,
                source_id=found.event.source_id,
                detail=kind,
            )
        return MediaResponse(
            found.path,
            headers={
                CONTENT_TYPE: files.CONTENT_TYPES[MediaKind(kind)],
                CACHE_CONTROL: CACHE_FINAL if found.final else CACHE_GROWING,
            },
        )


class ExportView(HomeAssistantView):
    """A copy that somebody has asked for."""

    url = f"{exports.URL}/{{export_id}}"
    name = "api:vigilar:exports"

    async def get(self, request: web.Request, export_id: str) -> web.StreamResponse:
        """Send it, or the asked range of it, to be saved."""
        if not ULID.fullmatch(export_id):
            raise web.HTTPNotFound
        runtime = _running(request.app[KEY_HASS])
        try:
            export = await runtime.exports.find(export_id)
        except StoreError as err:
            raise web.HTTPServiceUnavailable from err
        if export is None:
            raise web.HTTPNotFound
        source = runtime.async_sources().get(export.source_id)
        user = request[KEY_HASS_USER]
        if not may_read(user, source):
            # The same as if there were none: it cannot be found out that there is.
            raise web.HTTPNotFound
        runtime.audit.note_look(
            doer_of(user),
            event_id=None,
            source_id=export.source_id,
            detail=export.name,
        )
        path = Path(export.root, export.path)
        return MediaResponse(
            path,
            headers={
                CONTENT_TYPE: exports.CONTENT_TYPES[path.suffix],
                CONTENT_DISPOSITION: f'attachment; filename="{export.name}"',
                CACHE_CONTROL: CACHE_GROWING,
            },
        )


@callback
def async_register_views(hass: HomeAssistant) -> None:
    """Register the views, once a process."""
    hass.http.register_view(EventMediaView())
    hass.http.register_view(ExportView())


class Running(Protocol):
    """What the views need of what runs."""

    library: MediaLibrary
    exports: Exports
    audit: AuditLog

    def async_sources(self) -> dict[str, SourceInfo]:
        """Return all sources by their ids."""


def _running(hass: HomeAssistant) -> Running:
    """Return what runs.

    Raises:
        HTTPServiceUnavailable: Vigilar does not run.
    """
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        running: Running = entry.runtime_data
        return running
    raise web.HTTPServiceUnavailable
