"""What an event's payload says of its media, and how that may go on."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from ..events.processor import Amend
from ..models import MediaKind, MediaState

WHY_DISK_FULL: Final = "disk full"
WHY_NO_FOLDER: Final = "the media folder is not there"
WHY_NOT_WRITTEN: Final = "the file could not be written"
WHY_LOST: Final = "the file is gone"
WHY_RESTART: Final = "restart"
WHY_NOTHING: Final = "nothing was recorded"
WHY_UNREADABLE: Final = "the picture cannot be read"

URL: Final = "/api/vigilar/events"

# From where news of a file lead on: what is deleted stays so.
NOT_DELETED: Final = frozenset(MediaState) - {MediaState.DELETED}
# From where a failure leads on: what is ready stays so until it is deleted.
NOT_READY: Final = NOT_DELETED - {MediaState.READY}


def url_of(event_id: str, kind: MediaKind, part: int = 0) -> str:
    """Return the path of what an event has; it needs authentication.

    It has no query string: Home Assistant signs no address that has one.
    """
    number = f"/{part}" if part else ""
    return f"{URL}/{event_id}/{kind.value}{number}"


def none() -> dict[str, Any]:
    """Return what is said where there will be nothing."""
    return {"state": MediaState.NONE.value, "url": None}


def pending() -> dict[str, Any]:
    """Return what is said of what somebody works at."""
    return {"state": MediaState.PENDING.value, "url": None}


def live(event_id: str) -> dict[str, Any]:
    """Return what is said of a clip that can be played while it is recorded."""
    return pending() | {"live_url": url_of(event_id, MediaKind.CLIP)}


def ready(event_id: str, kind: MediaKind, **more: Any) -> dict[str, Any]:
    """Return what is said of what can be looked at."""
    return {"state": MediaState.READY.value, "url": url_of(event_id, kind), **more}


def failed(reason: str) -> dict[str, Any]:
    """Return what is said of what there should be and is not."""
    return {"state": MediaState.FAILED.value, "url": None, "reason": reason}


def deleted() -> dict[str, Any]:
    """Return what is said of what was there and was not kept."""
    return {"state": MediaState.DELETED.value, "url": None}


def state_of(media: Mapping[str, Mapping[str, Any]], kind: MediaKind) -> MediaState:
    """Return the state of one kind; events of before know of fewer."""
    entry = media.get(kind.value)
    return MediaState.NONE if entry is None else MediaState(entry["state"])


def amendment(
    news: Mapping[MediaKind, dict[str, Any]], only: Collection[MediaState]
) -> Amend:
    """Return an amendment of an event's payload by news of its media.

    Args:
        news: What is to be said of each kind.
        only: The states from which that leads on; in another one the news
            come too late and are passed over.
    """
    return partial(_amend, news, only)


def protection(*, on: bool) -> Amend:
    """Return an amendment of an event's payload by whether it is protected."""
    return _protect if on else _unprotect


def _protect(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of an event that is protected."""
    return payload | {"protected": True}


def _unprotect(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of an event that is not protected."""
    return {key: value for key, value in payload.items() if key != "protected"}


def _amend(
    news: Mapping[MediaKind, dict[str, Any]],
    only: Collection[MediaState],
    payload: dict[str, Any],
) -> dict[str, Any]:
    """Return the payload with the news that fit."""
    media: dict[str, dict[str, Any]] = payload["media"]
    fit = {
        kind.value: entry
        for kind, entry in news.items()
        if state_of(media, kind) in only
    }
    return payload | {"media": media | fit}
