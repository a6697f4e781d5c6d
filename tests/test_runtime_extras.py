"""Test the soft requirements."""

from collections.abc import Generator
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.vigilar import runtime_extras
from custom_components.vigilar.runtime_extras import OPENCV, async_install_opencv
from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound


@pytest.fixture
def process_requirements() -> Generator[AsyncMock]:
    """Replace the installation."""
    with patch.object(runtime_extras, "async_process_requirements") as process:
        yield process


@pytest.mark.parametrize(
    ("has_opencv", "libc", "installs", "result"),
    [
        ([True], "glibc", 0, False),
        ([False, True], "glibc", 1, True),
        ([False, False], "glibc", 1, False),
        ([False], "", 0, False),
    ],
)
async def test_opencv(
    hass: HomeAssistant,
    process_requirements: AsyncMock,
    has_opencv: list[bool],
    libc: str,
    installs: int,
    result: bool,
) -> None:
    """OpenCV is installed where it is missing and can be had, never on musl."""
    with (
        patch.object(runtime_extras, "_has_opencv", side_effect=has_opencv),
        patch("platform.libc_ver", return_value=(libc, "")),
    ):
        assert await async_install_opencv(hass) is result
    assert process_requirements.call_count == installs
    if installs:
        assert process_requirements.call_args.args[2] == [OPENCV]


async def test_opencv_that_cannot_be_installed_is_no_error(
    hass: HomeAssistant,
    process_requirements: AsyncMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a network NumPy does the work, and nobody is alarmed."""
    process_requirements.side_effect = RequirementsNotFound("vigilar", [OPENCV])
    with (
        patch.object(runtime_extras, "_has_opencv", return_value=False),
        patch.object(runtime_extras, "_is_glibc", return_value=True),
    ):
        assert await async_install_opencv(hass) is False
    assert not [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")]


def test_opencv_is_found_where_it_is() -> None:
    """The look for it tells the truth on this machine."""
    with patch("importlib.util.find_spec", return_value=None):
        assert runtime_extras._has_opencv() is False
    assert runtime_extras._has_opencv() is True
