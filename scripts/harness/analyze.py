"""Entry of `scripts/analyze`: the analysis without Home Assistant.

The engine needs nothing of Home Assistant, but it lives inside the
integration's package, whose `__init__` imports it. An empty package in its
place saves seconds at the start, and other components' log output.
"""

from pathlib import Path
import sys
from types import ModuleType

import custom_components

PACKAGE = "custom_components.vigilar"


def stand_in() -> None:
    """Let the engine's modules be imported without the integration around them."""
    package = ModuleType(PACKAGE)
    package.__path__ = [
        str(Path(folder) / "vigilar") for folder in custom_components.__path__
    ]
    sys.modules[PACKAGE] = package


def run() -> int:
    """Analyse what the command line names; return the exit code."""
    stand_in()
    from scripts.harness.analysis import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
