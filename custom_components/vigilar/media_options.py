"""Where media are kept and for how long, as the options say it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant

from .const import (
    CONF_MEDIA,
    CONF_MEDIA_DAYS,
    CONF_MEDIA_FOLDER,
    CONF_MEDIA_MAX_GB,
    DEFAULT_MEDIA_MAX_GB,
    DOMAIN,
)
from .media.files import GIGABYTE, claim
from .media.retention import DEFAULT_DAYS, Policy
from .models import Severity


def media_root(hass: HomeAssistant, options: Mapping[str, Any]) -> Path:
    """Return the folder to keep media in."""
    if folder := options.get(CONF_MEDIA, {}).get(CONF_MEDIA_FOLDER):
        return Path(folder)
    shared = hass.config.media_dirs
    local = shared.get("local") or next(iter(shared.values()), "/media")
    return Path(local, DOMAIN)


def media_policy(options: Mapping[str, Any]) -> Policy:
    """Return what is to be kept."""
    media = options.get(CONF_MEDIA, {})
    max_gb = media.get(CONF_MEDIA_MAX_GB, DEFAULT_MEDIA_MAX_GB)
    return Policy(
        days={
            severity: media.get(CONF_MEDIA_DAYS[severity], DEFAULT_DAYS[severity])
            for severity in Severity
        },
        max_bytes=max_gb * GIGABYTE or None,
    )


def event_cutoffs(
    options: Mapping[str, Any], days: int, now: int
) -> dict[Severity, int]:
    """Return what events must have ended before to be deleted, by severity.

    An event is kept at least as long as what there is to see of it.

    Args:
        options: Of the entry.
        days: How long events are kept in any case.
        now: Unix milliseconds.
    """
    kept = media_policy(options).days
    longest = {severity: max(days, kept[severity]) for severity in Severity}
    return Policy(days=longest).before_ms(now)


async def async_prepare_folder(hass: HomeAssistant, folder: Path) -> str | None:
    """Make a folder ours because a user wants it; return the key of an error, or None."""
    shared = [Path(path) for path in hass.config.media_dirs.values()]
    return await hass.async_add_executor_job(
        _prepare_folder, folder, Path(hass.config.config_dir), shared
    )


def _prepare_folder(folder: Path, config: Path, shared: list[Path]) -> str | None:
    """Claim a folder unless it is one where media must not be.

    Every backup copies the configuration folder, and a part of it is public.
    """
    if not folder.is_absolute():
        return "folder_relative"
    try:
        folder, config = folder.resolve(), config.resolve()
        is_shared = any(folder.is_relative_to(path.resolve()) for path in shared)
        if config.is_relative_to(folder):
            return "folder_is_config"
        if folder.is_relative_to(config) and not is_shared:
            return "folder_is_config"
        claim(folder)
    except OSError, ValueError:
        return "folder_unusable"
    return None
