"""The first levels of MQTT topics, which tell one house from another."""

import re
from typing import Final

# A topic is made of it: no wildcards, no empty level, no leading "$".
_PREFIX: Final = re.compile(r"(?!\$)[^#+/\x00\s]+(/[^#+/\x00\s]+)*")


def is_prefix(text: str) -> bool:
    """Return whether a topic can begin with this."""
    return _PREFIX.fullmatch(text) is not None


def overlap(one: str, other: str) -> bool:
    """Return whether topics of one prefix could be taken for those of another."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
