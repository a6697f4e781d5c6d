"""Tests of the coverage gate."""

from typing import Any

from scripts.harness.coverage_gate import shortfalls


def _report(**percent: float) -> dict[str, Any]:
    """Return a coverage report of modules of the integration."""
    return {
        "files": {
            f"custom_components/vigilar/{name}.py": {
                "summary": {"percent_covered": covered},
                "missing_lines": [7],
            }
            for name, covered in percent.items()
        }
    }


def test_a_module_with_enough_coverage_passes() -> None:
    """95 % is enough, except for the config flow."""
    assert shortfalls(_report(runtime=95.0, config_flow=100.0)) == []


def test_a_module_below_the_bar_is_named_with_its_lines() -> None:
    """The line says which module, how much, and what is missing."""
    (line,) = shortfalls(_report(runtime=94.9, models=100.0))
    assert line.startswith("custom_components/vigilar/runtime.py: 94.9 %")
    assert line.endswith("missing 7")


def test_the_config_flow_must_be_covered_in_full() -> None:
    """The quality scale asks for it."""
    assert len(shortfalls(_report(config_flow=99.0))) == 1


def test_other_files_are_not_judged() -> None:
    """Only the integration's own modules count."""
    report = _report()
    report["files"]["scripts/harness/demo.py"] = {"summary": {"percent_covered": 0.0}}
    assert shortfalls(report) == []
