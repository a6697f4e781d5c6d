"""Fail when a module of the integration has too little line coverage.

python -m scripts.harness.coverage_gate coverage.json.
"""

import json
from pathlib import Path
import sys
from typing import Any, Final

PACKAGE: Final = "custom_components/vigilar/"
REQUIRED_PERCENT: Final = 95.0
# The quality scale asks for all of it.
REQUIRED_IN_FULL: Final = ("custom_components/vigilar/config_flow.py",)


def shortfalls(report: dict[str, Any]) -> list[str]:
    """Return one line for each module below what is required of it."""
    lines = []
    for path, module in sorted(report["files"].items()):
        if not path.startswith(PACKAGE):
            continue
        required = 100.0 if path in REQUIRED_IN_FULL else REQUIRED_PERCENT
        covered = module["summary"]["percent_covered"]
        if covered < required:
            lines.append(
                f"{path}: {covered:.1f} % of its lines, not {required:.0f} %; "
                f"missing {', '.join(map(str, module['missing_lines'][:20]))}"
            )
    return lines


def main() -> int:
    """Check the named report; return the exit code."""
    report: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    missing = shortfalls(report)
    for shortfall in missing:
        print(f"coverage: {shortfall}")
    if not missing:
        print(f"coverage: every module has {REQUIRED_PERCENT:.0f} % or more")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
