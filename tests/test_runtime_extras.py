"""Test the soft requirements."""

from collections.abc import Generator
import sys
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.vigilar import runtime_extras
from custom_components.vigilar.const import DOMAIN, ISSUE_OBJECT_RUNTIME
from custom_components.vigilar.runtime_extras import (
    NCNN,
    OPENCV,
    Extra,
    async_install_extras,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound


class Packages:
    """What is installed and what can be."""

    def __init__(self) -> None:
        """Begin with nothing, and everything to be had."""
        self.there: set[str] = set()
        self.available = {OPENCV.requirement, NCNN.requirement}

    def why_missing(self, module: str) -> str | None:
        """Stand in for an import."""
        return None if module in self.there else f"No module named '{module}'"

    async def install(
        self, _hass: HomeAssistant, name: str, requirements: list[str], **_: bool
    ) -> None:
        """Stand in for Home Assistant's installation."""
        (requirement,) = requirements
        if requirement not in self.available:
            raise RequirementsNotFound(name, requirements)
        self.there.add(
            {OPENCV.requirement: "cv2", NCNN.requirement: "ncnn"}[requirement]
        )


@pytest.fixture
def packages() -> Packages:
    """Return the packages of a machine."""
    return Packages()


@pytest.fixture
def install(packages: Packages) -> Generator[AsyncMock]:
    """Replace imports and installation; returns the latter."""
    with (
        patch.object(runtime_extras, "_import_error", packages.why_missing),
        patch.object(
            runtime_extras, "async_process_requirements", side_effect=packages.install
        ) as process,
        patch("platform.libc_ver", return_value=("glibc", "2.36")),
    ):
        yield process


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    """Return the repair issue about ncnn."""
    return ir.async_get(hass).async_get_issue(DOMAIN, ISSUE_OBJECT_RUNTIME)


@pytest.mark.parametrize(
    ("there", "libc", "added"),
    [
        (set(), "glibc", [OPENCV, NCNN]),
        ({"cv2"}, "glibc", [NCNN]),
        ({"ncnn"}, "glibc", [OPENCV]),
        ({"cv2", "ncnn"}, "glibc", []),
        # Alpine has wheels of ncnn alone.
        (set(), "", [NCNN]),
    ],
)
async def test_what_is_missing_is_installed(
    hass: HomeAssistant,
    packages: Packages,
    install: AsyncMock,
    there: set[str],
    libc: str,
    added: list[Extra],
) -> None:
    """Each is installed where it is missing and can be had."""
    packages.there |= there
    with patch("platform.libc_ver", return_value=(libc, "")):
        assert await async_install_extras(hass) == added
    asked = [call.args[2] for call in install.call_args_list]
    assert asked == [[extra.requirement] for extra in added]
    assert _issue(hass) is None


async def test_a_missing_opencv_alarms_nobody(
    hass: HomeAssistant,
    packages: Packages,
    install: AsyncMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """NumPy gives the same results."""
    packages.available.remove(OPENCV.requirement)
    assert await async_install_extras(hass) == [NCNN]
    assert not [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")]
    assert not ir.async_get(hass).issues


async def test_a_missing_ncnn_is_a_repair_issue_until_it_is_there(
    hass: HomeAssistant,
    packages: Packages,
    install: AsyncMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The issue says what is missing and why, and closes by itself."""
    packages.available.remove(NCNN.requirement)
    assert await async_install_extras(hass) == [OPENCV]
    issue = _issue(hass)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["requirement"] == NCNN.requirement
    assert issue.translation_placeholders["reason"] == "No module named 'ncnn'"
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1
    packages.available.add(NCNN.requirement)
    assert await async_install_extras(hass) == [NCNN]
    assert _issue(hass) is None


async def test_a_wheel_that_does_not_fit_the_machine(
    hass: HomeAssistant, install: AsyncMock
) -> None:
    """What is installed and cannot be imported is missing, and the reason is told."""
    with patch.object(runtime_extras, "_import_error", return_value="wrong ELF class"):
        assert await async_install_extras(hass) == []
    issue = _issue(hass)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["reason"] == "wrong ELF class"


async def test_a_failure_is_not_remembered(hass: HomeAssistant) -> None:
    """Home Assistant tries again at the next reload, not only after a restart."""
    with (
        patch.object(runtime_extras, "_import_error", return_value="missing"),
        patch.object(runtime_extras, "_is_glibc", return_value=True),
        patch(
            "homeassistant.requirements._install_requirements_if_missing",
            side_effect=lambda requirements, kwargs: (set(), set(requirements)),
        ) as pip,
    ):
        await async_install_extras(hass)
        tries = pip.call_count
        await async_install_extras(hass)
    assert tries == 2
    assert pip.call_count == 4


def test_an_import_tells_the_truth() -> None:
    """The look for a package is its import."""
    assert runtime_extras._import_error("ncnn") is None
    with patch.dict(sys.modules, {"ncnn": None}):
        reason = runtime_extras._import_error("ncnn")
    assert reason is not None
    assert "ncnn" in reason
