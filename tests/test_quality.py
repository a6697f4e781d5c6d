"""Test what holds for the integration as a whole."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import hass_frontend
import pytest

from custom_components.vigilar.const import NEVER, PLATFORMS
from custom_components.vigilar.models import EventType, Severity
from custom_components.vigilar.publish.phone.recipient import Presence
from custom_components.vigilar.runtime_extras import NCNN, OPENCV, Extra
from custom_components.vigilar.vision.detection import description
from custom_components.vigilar.vision.detection.description import ModelProblem
from custom_components.vigilar.vision.source import SourceFailure

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "vigilar"
MODULES = sorted(INTEGRATION.rglob("*.py"))

# What each room may import of the others; the files at the root may import all.
ROOMS = {
    "alarm": {"alarm", "models"},
    "vision": {"vision", "models"},
    "events": {"events", "models"},
    "inbound": {"inbound", "events", "models"},
    "publish": {"publish", "events", "models", "const", "access"},
    "media": {"media", "events", "models", "const", "access"},
}


def _read(name: str) -> Any:
    """Return a JSON file of the integration."""
    return json.loads((INTEGRATION / name).read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of all that a module imports."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _strings(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a translation with its path."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _strings(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(INTEGRATION))
)
def test_imports_follow_the_path(path: Path) -> None:
    """Vision and events know neither Home Assistant nor another room."""
    room = path.relative_to(INTEGRATION).parts[0]
    imports = set(_imports(path))
    if path.name == "models.py":
        assert not any(name.startswith("custom_components") for name in imports)
    if room in ("alarm", "vision", "events") or path.name == "models.py":
        assert not any(name.startswith("homeassistant") for name in imports)
    if (allowed := ROOMS.get(room)) is not None:
        prefix = "custom_components.vigilar."
        rooms = {
            name.removeprefix(prefix).split(".")[0]
            for name in imports
            if name.startswith(prefix)
        }
        assert rooms <= allowed


def test_manifest() -> None:
    """The manifest has what the validators of Home Assistant and HACS ask for."""
    manifest = _read("manifest.json")
    assert manifest["domain"] == INTEGRATION.name
    keys = [key for key in manifest if key not in ("domain", "name")]
    assert list(manifest)[:2] == ["domain", "name"]
    assert keys == sorted(keys)
    assert manifest["requirements"] == []
    assert manifest["documentation"].startswith("https://github.com/alee/vigilar")
    for key in ("codeowners", "issue_tracker", "version", "iot_class", "config_flow"):
        assert manifest[key], key
    assert (INTEGRATION / "brand" / "icon.png").is_file()


def test_what_is_imported_of_home_assistant_is_a_dependency() -> None:
    """A component that is imported is set up before us."""
    manifest = _read("manifest.json")
    named = {*manifest["dependencies"], *manifest["after_dependencies"]}
    # None of them is set up by us: they lend their words, or load our file when they run.
    named |= {"cover", "diagnostics", "lock", "logbook", "media_player", "repairs"}
    named |= {"device_automation", "llm", "system_health"}
    named |= {str(platform) for platform in PLATFORMS}
    used = {
        match[1]
        for path in MODULES
        for name in _imports(path)
        if (match := re.match(r"homeassistant\.components\.(\w+)", name))
    }
    assert used <= named


def test_one_version() -> None:
    """The manifest and the project say the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == _read("manifest.json")["version"]


@pytest.mark.parametrize("extra", [OPENCV, NCNN], ids=lambda extra: extra.module)
def test_the_tests_run_with_the_extras_that_are_installed(extra: Extra) -> None:
    """What users get at run time is what is tested."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for group in ("test", "demo"):
        assert extra.requirement in project["dependency-groups"][group]


def test_every_failure_of_a_camera_has_its_words() -> None:
    """Each failure that a form can show is translated."""
    camera = _read("translations/en.json")["config_subentries"]["camera"]
    failures = {failure.value for failure in SourceFailure}
    source = (INTEGRATION / "vision" / "zones.py").read_text(encoding="utf-8")
    points = set(re.findall(r'PolygonError\("(\w+)"\)', source))
    assert set(camera["error"]) == failures | points | {"zone_exists", "zone_unnamed"}


def test_every_problem_of_a_model_has_its_words() -> None:
    """Each problem that the options can show is translated, with what it names."""
    texts = _read("translations/en.json")["options"]["error"]
    others = {
        "invalid_prefix",
        "panel_is_ours",
        "panel_missing",
        "folder_is_config",
        "folder_relative",
        "folder_unusable",
        "prefix_of_site",
    }
    assert set(texts) == {problem.value for problem in ModelProblem} | others
    folder = Path(description.__file__).parent.parent
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (*folder.rglob("*.py"), INTEGRATION / "object_model.py")
    )
    raised = re.findall(r"ModelError\(\s*ModelProblem\.(\w+)([^()]*)", source)
    assert {name for name, _ in raised} == set(ModelProblem.__members__)
    for name, arguments in raised:
        named = set(re.findall(r"(\w+)=", arguments))
        assert set(re.findall(r"{(\w+)}", texts[ModelProblem[name]])) == named


def test_every_event_type_has_its_words() -> None:
    """Each state of the event entity is translated."""
    event = _read("translations/en.json")["entity"]["event"]["activity"]
    states = event["state_attributes"]["event_type"]["state"]
    assert set(states) == {event_type.value for event_type in EventType}


def test_every_choice_of_a_recipient_has_its_words() -> None:
    """Each option of the recipient's form is translated, by the same words."""
    selector = _read("translations/en.json")["selector"]
    options = {key: set(value["options"]) for key, value in selector.items()}
    severities = {severity.value for severity in Severity}
    assert options["event_type"] == {event_type.value for event_type in EventType}
    assert options["severity"] == severities
    assert options["critical_from"] == severities | {NEVER}
    assert options["presence"] == {presence.value for presence in Presence}


def test_texts_are_plain() -> None:
    """No HTML, no addresses, and placeholders that are identifiers."""
    for path, text in _strings(_read("translations/en.json")):
        assert not re.search(r"<[a-z/]|https?://", text), path
        for placeholder in re.findall(r"{(.*?)}", text):
            assert placeholder.isidentifier(), path


def test_icons_belong_to_something() -> None:
    """Each icon is one of the standard set and belongs to a translated entity."""
    known = json.loads((hass_frontend.where() / "static/mdi/iconList.json").read_text())
    names = {f"mdi:{icon['name']}" for icon in known}
    translated = _read("translations/en.json")["entity"]
    for platform, entities in _read("icons.json")["entity"].items():
        assert set(entities) <= set(translated[platform])
        for path, icon in _strings(entities):
            assert icon in names, path


def test_the_issues_and_exceptions_that_are_raised_have_their_words() -> None:
    """Every translation key in the code is in the translations."""
    translations = _read("translations/en.json")
    source = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    issues = set(re.findall(r'^ISSUE_\w+: Final = "(\w+)"', source, re.MULTILINE))
    assert issues == set(translations["issues"])
    raised = set(
        re.findall(r'translation_domain=DOMAIN,\s+translation_key="(\w+)"', source)
    )
    assert raised == set(translations["exceptions"])
