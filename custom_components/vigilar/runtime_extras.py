"""The soft requirements: used where they can be had, missed by nobody else."""

import importlib.util
import logging
import platform
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.requirements import async_process_requirements

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

OPENCV: Final = "opencv-python-headless==5.0.0.93"


async def async_install_opencv(hass: HomeAssistant) -> bool:
    """Install OpenCV where there is a wheel for it, which is on glibc alone.

    Returns:
        Whether OpenCV was missing before and is there now. Its absence is no
        error: the NumPy kernels give the same results.
    """
    if await hass.async_add_executor_job(_has_opencv):
        return False
    if not await hass.async_add_executor_job(_is_glibc):
        _LOGGER.debug("No OpenCV wheels for this platform; NumPy does its work")
        return False
    try:
        await async_process_requirements(hass, DOMAIN, [OPENCV], is_built_in=False)
    except HomeAssistantError as err:
        _LOGGER.debug("OpenCV could not be installed; NumPy does its work: %s", err)
        return False
    return await hass.async_add_executor_job(_has_opencv)


def _has_opencv() -> bool:
    """Return whether OpenCV can be found."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("cv2") is not None


def _is_glibc() -> bool:
    """Return whether the C library is the one that OpenCV's wheels are made for."""
    return platform.libc_ver()[0] == "glibc"
