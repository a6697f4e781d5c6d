"""The words of notifications and of the ledger, in Home Assistant's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN

_NAMED: Final = {
    "severity": "severity",
    "minimum": "severity",
    "type": "event_type",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """The translations of one language.

    Attributes:
        resources: By their full keys.
    """

    resources: Mapping[str, str]

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Load the words in Home Assistant's language."""
        resources: dict[str, str] = {}
        for category in ("common", "selector"):
            resources |= await async_get_translations(
                hass, hass.config.language, category, [DOMAIN]
            )
        return cls(resources)

    def text(self, key: str, params: Mapping[str, Any] | None = None) -> str:
        """Return a common text with its placeholders filled in.

        Args:
            key: Below `common`.
            params: Values of the placeholders. Those of keys that end in `_ts`
                are times in Unix milliseconds; severities and types are put in
                words.
        """
        words = {
            name: self._in_words(name, value) for name, value in (params or {}).items()
        }
        return self.resources[f"component.{DOMAIN}.common.{key}"].format(**words)

    def option(self, selector: str, value: str) -> str:
        """Return the words of an option of a selector."""
        return self.resources[f"component.{DOMAIN}.selector.{selector}.options.{value}"]

    def _in_words(self, name: str, value: Any) -> Any:
        """Return a parameter as people read it."""
        if name.endswith("_ts"):
            return clock_time(value)
        if (selector := _NAMED.get(name)) is not None:
            return self.option(selector, value)
        return value


def clock_time(ts: int) -> str:
    """Return a time of day at home.

    Args:
        ts: Unix milliseconds.
    """
    local = dt_util.as_local(dt_util.utc_from_timestamp(ts / 1000))
    return local.strftime("%H:%M:%S")
