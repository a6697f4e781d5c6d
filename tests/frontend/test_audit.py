"""Who did what: the page that only administrators see."""

from typing import Any

from playwright.sync_api import Locator, expect
import pytest

from .conftest import Stage
from .view_house import VISITOR, House

FILL = """await import("/fake-audit.js"); fakeAudit.fillAudit(server);"""


@pytest.fixture
def house(stage: Stage) -> House:
    """Give a house in which people did something, with nothing mounted."""
    house = House(stage)
    stage.js(FILL)
    return house


def entries(house: House) -> Locator:
    """Return the rows."""
    return house.page.locator("vigilar-audit-page .entry")


def asked(house: House) -> list[dict[str, Any]]:
    """Return what the server was asked, without what is always the same."""
    return [
        {key: value for key, value in each.items() if key not in {"type", "limit"}}
        for each in house.sent("vigilar/audit/page")
    ]


def test_each_deed_is_told(house: House) -> None:
    """By whom, what, to what and when; what was done at once is one."""
    house.open("/vigilar/audit")
    expect(entries(house)).to_have_count(11 + 1)
    for index, texts in enumerate(
        (
            ("Ben", "Exported", "Person · Front door · Today, 11:45", "11:58"),
            ("Ben", "Judgement taken back"),
            ("Anna", "Note changed"),
            ("Anna", 'Judged: "This was a person"'),
            ("Anna", "Clip viewed"),
            ("Ben", "3 events marked as reviewed"),
            ("Anna", "Snapshot viewed", "Garden · This event is no longer there"),
            ("Anna", "31 events marked as reviewed"),
            ("Anna", "12 events deleted"),
            ("Ben", "Export downloaded", "Driveway · driveway_2026-11-22_08-40.mp4"),
            ("Ben", "Exported", "Driveway · driveway_2026-11-22_08-40.mp4"),
            ("An automation", "Protected from deletion"),
        )
    ):
        for text in texts:
            expect(entries(house).nth(index)).to_contain_text(text)
    expect(house.page.locator("vigilar-audit-page h3")).to_have_text(
        ["Today", "Yesterday"]
    )


def test_an_entry_leads_to_its_event(house: House) -> None:
    """And several of one deed open to show theirs."""
    house.open("/vigilar/audit")
    several = entries(house).nth(5)
    several.get_by_role("button", name="Details").click()
    expect(several.get_by_role("link")).to_have_count(3)
    several.get_by_role("button", name="Details").click()
    expect(several.get_by_role("link")).to_have_count(0)
    entries(house).first.get_by_role("link").click()
    house.until_path(f"/vigilar/event/{VISITOR}")
    house.page.go_back()
    expect(entries(house).first).to_be_visible()


def test_one_person_or_one_action(house: House) -> None:
    """The server chooses; both together as well, and back again."""
    house.open("/vigilar/audit")
    person = house.page.get_by_label("Person", exact=True)
    action = house.page.get_by_label("Action", exact=True)
    expect(person.locator("option")).to_have_text(
        ["Everybody", "Without a user", "Ben", "Anna"]
    )
    person.select_option("Ben")
    expect(entries(house)).to_have_count(5)
    action.select_option("Exported")
    expect(entries(house)).to_have_count(2)
    assert asked(house) == [
        {},
        {"user_id": "ben"},
        {"user_id": "ben", "action": "exported"},
    ]
    person.select_option("Without a user")
    expect(house.page.get_by_text("Nothing matches")).to_be_visible()
    house.page.get_by_role("button", name="Clear filters").click()
    expect(entries(house)).to_have_count(12)
    expect(person).to_have_value("Everybody")


def test_older_entries_come_as_one_scrolls(house: House) -> None:
    """Each page from the last row of the one before; in the end that is said."""
    house.stage.js(
        """for (let number = 0; number < 250; number++) fakeAudit.did(server, 1, "Cleo", "noted");"""
    )
    house.open("/vigilar/audit")
    expect(entries(house).first).to_be_visible()
    house.page.wait_for_function(
        """() => {
            const root = mounted.shadowRoot.querySelector("vigilar-audit-page").shadowRoot;
            root.querySelector(".scroller").scrollTop = 1e7;
            return root.querySelector(".tail").textContent.trim() === "That is all";
        }"""
    )
    expect(entries(house)).to_have_count(250 + 12)
    first, *others = asked(house)
    assert "before" not in first
    befores = [each["before"] for each in others]
    assert len(set(befores)) == 2
    assert befores == sorted(befores, reverse=True)


def test_the_list_is_bounded(house: House) -> None:
    """However far one scrolls."""
    kept = house.stage.js(
        """const { AuditLog, MOST_ROWS } = await import("/frontend/audit-log.js");
        for (let number = 0; number < MOST_ROWS; number++) fakeAudit.did(server, 1, "Cleo", "noted");
        const log = new AuditLog(server.connection, {});
        while (!log.full) await log.load();
        return [log.rows.length === MOST_ROWS, log.more];"""
    )
    assert kept == [True, True]


def test_nobody_has_done_anything(stage: Stage) -> None:
    """What is to come is told, not a blank."""
    house = House(stage)
    stage.js("""await import("/fake-audit.js"); fakeAudit.audit(server);""")
    house.open("/vigilar/audit")
    expect(house.page.get_by_text("Nobody has done anything yet")).to_be_visible()
    stage.js("fakeAudit.did(server, 1, 'Anna', 'noted')")
    house.page.get_by_role("button", name="Load anew").click()
    expect(entries(house)).to_have_count(1)


def test_a_failure_is_told_and_can_be_tried_again(house: House) -> None:
    """The database may be away."""
    house.stage.js("server.auditRefusal = { code: 'home_assistant_error' }")
    house.open("/vigilar/audit")
    expect(house.page.get_by_text("The audit log cannot be loaded")).to_be_visible()
    house.stage.js("server.auditRefusal = undefined")
    house.page.get_by_role("button", name="Try again").click()
    expect(entries(house)).to_have_count(12)


def test_it_is_loaded_anew_when_the_connection_is_back(house: House) -> None:
    """Meanwhile what is there can be read."""
    house.open("/vigilar/audit")
    expect(entries(house)).to_have_count(12)
    house.stage.js("server.connection.lose()")
    expect(entries(house)).to_have_count(12)
    house.stage.js(
        "fakeAudit.did(server, 0, 'Anna', 'noted'); server.connection.restore()"
    )
    expect(entries(house)).to_have_count(13)


def test_it_is_for_administrators(house: House) -> None:
    """Others have neither the tab nor the page, and nothing is asked."""
    house.open("/vigilar/audit", admin=False)
    expect(house.page.get_by_text("There is no such page")).to_be_visible()
    expect(house.page.get_by_role("link", name="Audit log")).to_have_count(0)
    assert asked(house) == []


def test_names_are_only_text(house: House) -> None:
    """What somebody calls himself or a file is never markup."""
    evil = "<img src=x onerror=alert(1)>"
    house.stage.js("fakeAudit.did(server, 0, given, 'noted')", evil)
    house.open("/vigilar/audit")
    expect(entries(house).first).to_contain_text(evil)
    expect(entries(house).first.locator("img")).to_have_count(0)


def test_a_deed_of_a_newer_server_is_readable(house: House) -> None:
    """Its identifier, in words."""
    house.stage.js("fakeAudit.did(server, 0, 'Anna', 'walked_through')")
    house.open("/vigilar/audit")
    expect(entries(house).first).to_contain_text("Action walked through")
