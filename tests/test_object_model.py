"""Test the choice of the object detector's model."""

from pathlib import Path
import sys
from unittest.mock import patch

import pytest

from custom_components.vigilar.const import (
    CONF_MODEL_FOLDER,
    DOMAIN,
    ISSUE_MODEL_UNUSABLE,
)
from custom_components.vigilar.object_model import (
    async_check_model,
    async_review_model,
    model_folder,
)
from custom_components.vigilar.vision.objects import (
    SHIPPED_MODEL,
    ModelError,
    ModelProblem,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .vision.networks import write_model

OPTIONS = {CONF_MODEL_FOLDER: "models/tiny"}


@pytest.fixture
def folder(hass: HomeAssistant) -> Path:
    """Return the folder of a model that fits."""
    return write_model(Path(hass.config.path("models/tiny")))


@pytest.mark.parametrize("options", [{}, {CONF_MODEL_FOLDER: ""}])
async def test_the_shipped_model(hass: HomeAssistant, options: dict[str, str]) -> None:
    """Without a folder the shipped model is used, and needs no check."""
    assert model_folder(hass, options) == SHIPPED_MODEL
    with patch(
        "custom_components.vigilar.object_model.load_detector",
        side_effect=AssertionError,
    ):
        await async_check_model(hass, options)


async def test_an_own_model(hass: HomeAssistant, folder: Path) -> None:
    """A folder is below the configuration folder; what fits is accepted."""
    assert model_folder(hass, OPTIONS) == folder
    await async_check_model(hass, OPTIONS)


@pytest.mark.parametrize("place", ["../elsewhere", "/etc"])
async def test_a_folder_outside(hass: HomeAssistant, place: str) -> None:
    """Only the configuration folder is looked into."""
    with pytest.raises(ModelError) as raised:
        await async_check_model(hass, {CONF_MODEL_FOLDER: place})
    assert raised.value.problem is ModelProblem.FOLDER_OUTSIDE


@pytest.fixture
def link(hass: HomeAssistant, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a link in the configuration folder to a model elsewhere."""
    elsewhere = write_model(tmp_path_factory.mktemp("elsewhere"))
    Path(hass.config.path("link")).symlink_to(elsewhere)
    return "link"


async def test_a_link_that_leads_outside(hass: HomeAssistant, link: str) -> None:
    """A link does not lead out either."""
    with pytest.raises(ModelError) as raised:
        await async_check_model(hass, {CONF_MODEL_FOLDER: link})
    assert raised.value.problem is ModelProblem.FOLDER_OUTSIDE


async def test_without_ncnn_the_files_are_checked(
    hass: HomeAssistant, folder: Path
) -> None:
    """What cannot be tested now is no error; what can be told is."""
    with patch.dict(sys.modules, {"ncnn": None}):
        await async_check_model(hass, OPTIONS)
        (folder / "tiny.bin").unlink()
        with pytest.raises(ModelError):
            await async_check_model(hass, OPTIONS)


async def test_a_saved_model_that_fits_no_longer(
    hass: HomeAssistant, folder: Path
) -> None:
    """A repair issue says so, until the model fits again."""
    issues = ir.async_get(hass)
    (folder / "model.json").write_text("{")
    await async_review_model(hass, OPTIONS)
    issue = issues.async_get_issue(DOMAIN, ISSUE_MODEL_UNUSABLE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "model_bad_json" in issue.translation_placeholders["reason"]
    write_model(folder)
    await async_review_model(hass, OPTIONS)
    assert issues.async_get_issue(DOMAIN, ISSUE_MODEL_UNUSABLE) is None
