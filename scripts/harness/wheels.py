"""Prove that requirements install where nothing can be compiled.

Home Assistant OS and the container are Alpine: musl, no compiler, Python 3.14,
x86_64 and aarch64. Each requirement, with all that it needs in turn, must have
a binary wheel for both.

Run as python -m scripts.harness.wheels [REQUIREMENT…].

Without arguments the manifest's requirements are checked, and what is installed
at run time wherever Home Assistant runs.
"""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Final

from custom_components.vigilar.runtime_extras import NCNN
import homeassistant

from .home_assistant import REPOSITORY

MANIFEST: Final = REPOSITORY / "custom_components" / "vigilar" / "manifest.json"
# musl 1.2 is what Alpine has had since 3.13.
PLATFORMS: Final = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl")
PYTHON_VERSION: Final = "3.14"
# Home Assistant installs every requirement under its own constraints.
CONSTRAINTS: Final = Path(homeassistant.__file__).parent / "package_constraints.txt"


def find_uv() -> str:
    """Return the path of uv: on PATH, or as scripts/setup has installed it."""
    own = REPOSITORY / ".tools" / "bin" / "uv"
    return shutil.which("uv") or str(own)


def missing_wheels(requirements: list[str], platform: str) -> str | None:
    """Return why the requirements do not resolve to wheels, or None if they do."""
    resolved = subprocess.run(
        [
            *(find_uv(), "pip", "compile", "--quiet", "--no-header", "--no-config"),
            *("--python-version", PYTHON_VERSION, "--python-platform", platform),
            *("--only-binary", ":all:", "-c", str(CONSTRAINTS), "-"),
        ],
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"UV_NO_PROGRESS": "1"},
    )
    return resolved.stderr.strip() if resolved.returncode else None


def main() -> int:
    """Check the named requirements or all there are; return the exit code."""
    requirements: list[str] = sys.argv[1:] or [
        *json.loads(Path(MANIFEST).read_text())["requirements"],
        NCNN.requirement,
    ]
    failed = False
    for platform in PLATFORMS:
        reason = missing_wheels(requirements, platform)
        print(
            f"wheels: {platform}: {len(requirements)} required, {'missing' if reason else 'all there'}"
        )
        if reason:
            failed = True
            print(reason, file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
