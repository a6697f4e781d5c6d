"""Ask axe-core whether what a page shows of Vigilar can be used by everyone."""

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page

from .process import HarnessError

AXE: Final = Path(__file__).parents[2] / ".tools/js/node_modules/axe-core/axe.min.js"

# The levels A and AA of WCAG 2.2. What axe calls moderate or minor is advice.
_AUDIT: Final = """async () => {
    const inside = (root) => [...root.querySelectorAll("*")].flatMap((element) =>
        element.localName.startsWith("vigilar-") ? [element] : element.shadowRoot ? inside(element.shadowRoot) : []);
    const ours = inside(document);
    const { violations } = await axe.run(ours, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        resultTypes: ["violations"],
    });
    return [ours.length, violations];
}"""

_SERIOUS: Final = ("serious", "critical")
_FOREIGN: Final = ("ha-", "hui-", "mwc-")


def assert_accessible(page: Page) -> None:
    """Assert that axe finds nothing serious or critical in Vigilar's elements.

    Args:
        page: Of Playwright's synchronous interface; as it is shown now.

    Raises:
        AssertionError: Something is found, or the page shows nothing of Vigilar.
        HarnessError: axe-core is not installed.
    """
    page.add_script_tag(content=_axe())
    _judge(*page.evaluate(_AUDIT))


async def async_assert_accessible(page: AsyncPage) -> None:
    """Assert the same as `assert_accessible` of a page of the asynchronous interface."""
    await page.add_script_tag(content=_axe())
    _judge(*await page.evaluate(_AUDIT))


def _axe() -> str:
    """Return axe's source."""
    if not AXE.exists():
        raise HarnessError("axe-core is not installed (run scripts/js/install)")
    return AXE.read_text("utf-8")


def _judge(elements: int, violations: list[dict[str, Any]]) -> None:
    """Raise what is serious and ours."""
    assert elements, "the page shows no element of Vigilar"
    found = [
        f"{violation['id']}: {_path(node['target'])}\n    {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
        if not _is_foreign(node["target"])
    ]
    assert not found, "not accessible:\n" + "\n".join(found)


def _hosts(target: list[str | list[str]]) -> list[str]:
    """Return the selectors that lead through the shadow roots to an element."""
    first = target[0]
    return first if isinstance(first, list) else [first]


def _path(target: list[str | list[str]]) -> str:
    """Return a node's place for the eye."""
    return " >> ".join(_hosts(target))


def _is_foreign(target: list[str | list[str]]) -> bool:
    """Return whether a node is inside an element of Home Assistant that ours holds."""
    hosts = _hosts(target)
    ours = [n for n, host in enumerate(hosts) if "vigilar-" in host]
    return (
        any(host.startswith(_FOREIGN) for host in hosts[ours[0] + 1 :])
        if ours
        else False
    )
