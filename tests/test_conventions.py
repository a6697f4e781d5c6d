"""Test what the validators of Home Assistant and of HACS would find.

Both run in containers, on the project's host; these are their checks that
matter here, so that a fault shows before.
"""

import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

from homeassistant.helpers.selector import validate_selector
from homeassistant.util.yaml import load_yaml

INTEGRATION: Final = Path(__file__).parent.parent / "custom_components" / "vigilar"
ROOT: Final = INTEGRATION.parents[1]
GUIDE: Final = ROOT / "docs" / "operator-guide.md"

MANIFEST_KEYS: Final = {
    "after_dependencies",
    "codeowners",
    "config_flow",
    "dependencies",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "requirements",
    "single_config_entry",
    "version",
}
HACS_KEYS: Final = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "render_readme",
    "zip_release",
}
TRANSLATION_KEYS: Final = {
    "common",
    "conditions",
    "config",
    "config_subentries",
    "device",
    "device_automation",
    "entity",
    "exceptions",
    "issues",
    "options",
    "preview_features",
    "selector",
    "services",
    "system_health",
    "title",
    "triggers",
}

# Every rule of the scale, tier by tier.
RULES: Final = {
    # Bronze
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    # Silver
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    # Gold
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    # Platinum
    "async-dependency",
    "inject-websession",
    "strict-typing",
}

# The files in which actions, triggers and conditions are laid out, by the key of their texts.
LAYOUTS: Final = ("services", "triggers", "conditions")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_yaml(name: str) -> Any:
    """Return what a YAML file of the integration holds; nothing if there is none."""
    path = INTEGRATION / name
    return load_yaml(path) if path.is_file() else {}


def languages() -> list[Path]:
    """Return the translations of the integration."""
    return sorted((INTEGRATION / "translations").glob("*.json"))


def texts(tree: Any, path: str = "") -> dict[str, str]:
    """Return every text of a translation by its path."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {
        place: text
        for key, value in tree.items()
        for place, text in texts(value, f"{path}.{key}" if path else key).items()
    }


def placeholders(text: str) -> set[str]:
    """Return what a text leaves open."""
    return set(re.findall(r"{(\w+)}", text))


def test_the_manifest_has_no_key_that_nobody_knows() -> None:
    """The schema of a manifest is closed, and what it promises is true."""
    manifest = read_json(INTEGRATION / "manifest.json")
    assert set(manifest) <= MANIFEST_KEYS
    assert "home-assistant.io" not in manifest["documentation"]
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert not {*manifest["dependencies"]} & {*manifest["after_dependencies"]}


def test_hacs_knows_every_key() -> None:
    """The schema of hacs.json is closed; a zip has a name."""
    hacs = read_json(ROOT / "hacs.json")
    assert set(hacs) <= HACS_KEYS
    assert hacs["name"]
    assert hacs["filename"].endswith(".zip")
    assert (ROOT / "LICENSE").is_file()


@pytest.mark.parametrize("path", languages(), ids=lambda path: path.stem)
def test_translations_are_laid_out_as_home_assistant_reads_them(path: Path) -> None:
    """Every language has known keys alone, and leaves open what English does."""
    translation = read_json(path)
    assert set(translation) <= TRANSLATION_KEYS
    english = texts(read_json(INTEGRATION / "translations" / "en.json"))
    for place, text in texts(translation).items():
        assert text.strip() == text, place
        assert placeholders(text) == placeholders(english[place]), place
        if ".state." in place:
            assert not placeholders(text), place


@pytest.mark.parametrize("kind", LAYOUTS)
def test_what_is_laid_out_has_words_an_icon_and_a_place_in_the_guide(kind: str) -> None:
    """Names live in the translations, structure in YAML; both name the same."""
    layout = {
        name: body
        for name, body in read_yaml(f"{kind}.yaml").items()
        if not name.startswith(".")
    }
    words = read_json(INTEGRATION / "translations" / "en.json").get(kind, {})
    icons = read_json(INTEGRATION / "icons.json").get(kind, {})
    guide = GUIDE.read_text(encoding="utf-8")
    assert set(layout) == set(words) == set(icons)
    for name, body in layout.items():
        fields = body.get("fields", {}) if body else {}
        assert set(fields) == set(words[name].get("fields", {})), name
        assert not {"name", "description"} & set(body or ())
        assert words[name]["name"]
        assert words[name]["description"]
        assert f"vigilar.{name}" in guide
        for field, options in fields.items():
            validate_selector(options["selector"])
            assert words[name]["fields"][field]["name"], field
            assert words[name]["fields"][field]["description"], field


def test_no_icon_of_a_state_repeats_the_one_of_the_entity() -> None:
    """What a state shows must differ from what is shown anyway."""
    for entities in read_json(INTEGRATION / "icons.json")["entity"].values():
        for icons in entities.values():
            assert icons["default"] not in icons.get("state", {}).values()


def test_every_rule_of_the_quality_scale_is_answered() -> None:
    """A rule is kept, or there is a reason why it does not apply."""
    rules = read_yaml("quality_scale.yaml")["rules"]
    assert set(rules) == RULES
    for rule, answer in rules.items():
        if answer == "done":
            continue
        assert answer["status"] == "exempt", rule
        assert len(answer["comment"]) > 20, rule


def test_rules_that_do_not_apply_do_not() -> None:
    """A reason that has become untrue is noticed."""
    rules = read_yaml("quality_scale.yaml")["rules"]
    for kind in ("triggers", "conditions"):
        there = (INTEGRATION / f"{kind}.yaml").is_file()
        assert (rules[f"docs-{kind}"] == "done") is there
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in INTEGRATION.rglob("*.py")
    )
    makes_requests = "async_get_clientsession" in source or "ClientSession(" in source
    assert (rules["inject-websession"] == "done") is makes_requests
    assert (
        not read_json(INTEGRATION / "manifest.json")["requirements"]
        or rules["async-dependency"] == "done"
    )


@pytest.mark.parametrize(
    "heading",
    [
        "What it is for",
        "Which cameras work",
        "Options",
        "Entities",
        "How news gets in",
        "Examples",
        "When something is wrong",
        "Limits",
    ],
)
def test_the_guide_has_what_the_docs_rules_ask_for(heading: str) -> None:
    """Use cases, devices, functions, parameters, updates, examples, troubles, limits."""
    guide = GUIDE.read_text(encoding="utf-8")
    section = re.search(
        rf"^## {heading}\n(.*?)(?=^## |\Z)", guide, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    assert len(section[1].strip()) > 100


def test_every_platform_says_how_many_updates_may_run_at_once() -> None:
    """Also where there are none."""
    platforms = ("binary_sensor", "event", "image", "number", "sensor", "switch")
    for platform in platforms:
        source = (INTEGRATION / f"{platform}.py").read_text(encoding="utf-8")
        assert re.search(r"^PARALLEL_UPDATES = [01]$", source, re.MULTILINE), platform
