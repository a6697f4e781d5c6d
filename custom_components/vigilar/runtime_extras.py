"""The soft requirements: used where they can be had, missed by nobody else."""

from dataclasses import dataclass
import importlib
import logging
import platform
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import (
    async_clear_install_history,
    async_process_requirements,
)

from .const import DOMAIN, ISSUE_OBJECT_RUNTIME

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Extra:
    """A package that is installed at run time.

    Attributes:
        module: What is imported.
        requirement: What is installed, with its version.
        glibc_only: Whether there are no wheels for other C libraries.
    """

    module: str
    requirement: str
    glibc_only: bool = False


OPENCV: Final = Extra("cv2", "opencv-python-headless==5.0.0.93", glibc_only=True)
NCNN: Final = Extra("ncnn", "ncnn==1.0.20261020")


async def async_install_extras(hass: HomeAssistant) -> list[Extra]:
    """Install what is missing, and tell the user what cannot be had.

    Without OpenCV the NumPy kernels give the same results, and nobody needs to
    know. Without ncnn nothing can be classified: that is a repair issue, which
    goes away once ncnn is there.

    Returns:
        Those that were missing before and are there now.
    """
    added = []
    for extra in (OPENCV, NCNN):
        if await _async_why_missing(hass, extra) is not None:
            await _async_install(hass, extra)
            if await _async_why_missing(hass, extra) is None:
                added.append(extra)
    async_report_object_runtime(hass, await _async_why_missing(hass, NCNN))
    return added


@callback
def async_report_object_runtime(hass: HomeAssistant, reason: str | None) -> None:
    """Open or close the repair issue about the missing object detection.

    Args:
        hass: Home Assistant.
        reason: Why ncnn cannot be imported, None if it can.
    """
    if reason is None:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_OBJECT_RUNTIME)
        return
    _LOGGER.warning("Objects cannot be classified without ncnn: %s", reason)
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_OBJECT_RUNTIME,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_OBJECT_RUNTIME,
        translation_placeholders={
            "requirement": NCNN.requirement,
            "platform": f"{platform.system()} {platform.machine()}",
            "reason": reason,
        },
    )


async def _async_install(hass: HomeAssistant, extra: Extra) -> None:
    """Install a package where there is a wheel for it."""
    if extra.glibc_only and not await hass.async_add_executor_job(_is_glibc):
        _LOGGER.debug("No wheels of %s for this platform", extra.requirement)
        return
    try:
        await async_process_requirements(
            hass, DOMAIN, [extra.requirement], is_built_in=False
        )
    except HomeAssistantError as err:
        _LOGGER.debug("%s could not be installed: %s", extra.requirement, err)
        # Home Assistant would not try again before a restart; the reason may
        # have been a network that was not up yet.
        async_clear_install_history(hass)


async def _async_why_missing(hass: HomeAssistant, extra: Extra) -> str | None:
    """Return why a package cannot be used, or None if it can.

    It is imported, because a wheel may be there and not fit the machine.
    """
    return await hass.async_add_import_executor_job(_import_error, extra.module)


def _import_error(module: str) -> str | None:
    """Return what prevents an import, or None."""
    importlib.invalidate_caches()
    try:
        importlib.import_module(module)
    except ImportError as err:
        return str(err)
    return None


def _is_glibc() -> bool:
    """Return whether the C library is the one that most wheels are made for."""
    return platform.libc_ver()[0] == "glibc"
