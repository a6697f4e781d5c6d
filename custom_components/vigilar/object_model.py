"""The object detector's model: the one that is shipped, or one of the user's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_MODEL_FOLDER, DOMAIN, ISSUE_MODEL_UNUSABLE
from .vision.objects import (
    SHIPPED_MODEL,
    DetectorUnavailableError,
    ModelError,
    ModelProblem,
    load_detector,
)


def model_folder(hass: HomeAssistant, options: Mapping[str, Any]) -> Path:
    """Return the folder of the model that the options choose.

    Args:
        hass: Home Assistant.
        options: Of the hub; without a folder the shipped model is used.
    """
    if folder := options.get(CONF_MODEL_FOLDER):
        return Path(hass.config.path(folder))
    return SHIPPED_MODEL


async def async_check_model(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Load the user's own model, if there is one, and look with it at a test picture.

    Where ncnn is missing only the files and the description are checked.

    Raises:
        ModelError: The model does not fit, or is not in the configuration folder.
    """
    if options.get(CONF_MODEL_FOLDER):
        await hass.async_add_executor_job(
            _check, Path(hass.config.config_dir), model_folder(hass, options)
        )


async def async_review_model(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Open a repair issue if the user's own model does not fit, else close it."""
    try:
        await async_check_model(hass, options)
    except ModelError as err:
        async_report_model(hass, err)
    else:
        async_report_model(hass, None)


@callback
def async_report_model(hass: HomeAssistant, error: ModelError | None) -> None:
    """Open or close the repair issue about a model that does not fit."""
    if error is None:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_MODEL_UNUSABLE)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_MODEL_UNUSABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_MODEL_UNUSABLE,
        translation_placeholders={"reason": str(error)},
    )


def _check(config: Path, folder: Path) -> None:
    """Load a model for a moment."""
    if not folder.resolve().is_relative_to(config.resolve()):
        raise ModelError(ModelProblem.FOLDER_OUTSIDE, folder=str(folder))
    try:
        load_detector(folder)
    except DetectorUnavailableError:
        # The repair issue about the missing runtime says enough.
        return
