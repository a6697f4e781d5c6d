"""Review: marked at once, by one or many, taken back by a press or by a refusal."""

from playwright.sync_api import expect

from .conftest import House


def marked(house: House, event_id: str) -> list[str]:
    """Give the names of those who have marked an event on the server."""
    return list(
        house.js(
            "return (server.events.get(given).payload.reviews ?? []).map(({ by }) => by)",
            event_id,
        )
    )


def first_open(house: House) -> str:
    """Give the id of the first row that nobody has reviewed."""
    row = house.page.locator("li.event:not(.reviewed) .row").first
    return str(row.get_attribute("data-event"))


def test_a_mark_shows_at_once_and_can_be_undone(house: House) -> None:
    """Before the server has answered; undo takes one's own mark back."""
    house.open(
        before="""const { "vigilar/review/mark": mark } = server.commands;
        server.commands["vigilar/review/mark"] = (message) => new Promise((answer) => {
            window.release = () => answer(mark(message));
        });"""
    )
    event_id = first_open(house)
    button = house.page.locator(f"li[data-key='{event_id}'] .review")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("aria-label", "Reviewed by Anna")
    assert marked(house, event_id) == []
    house.js("release()")
    assert marked(house, event_id) == ["Anna"]
    expect(house.page.locator(".toast")).to_contain_text("1 event marked as reviewed")
    house.page.get_by_role("button", name="Undo").click()
    expect(button).to_have_attribute("aria-pressed", "false")
    house.js("release()")
    house.page.wait_for_function(
        "server.asked.filter(({ type }) => type === 'vigilar/review/mark').length === 2"
    )
    assert marked(house, event_id) == []
    assert [message["reviewed"] for message in house.asked("review/mark")] == [
        True,
        False,
    ]


def test_a_refused_mark_is_taken_back_and_told(house: House) -> None:
    """What the server did not keep must not look kept."""
    house.open(before="server.reviewRefusal = { code: 'timeout' };")
    event_id = first_open(house)
    button = house.page.locator(f"li[data-key='{event_id}'] .review")
    button.click()
    expect(house.page.locator(".toast")).to_have_text("The mark could not be saved")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_toast_goes_by_itself(house: House) -> None:
    """It says its piece and leaves."""
    house.open()
    house.page.locator(".review").first.click()
    expect(house.page.locator(".toast")).to_be_visible()
    house.page.clock.run_for(9000)
    expect(house.page.locator(".toast")).to_have_count(0)


def test_the_keyboard_marks_and_selects(house: House) -> None:
    """R marks the row, x selects it, Escape leaves the selection."""
    house.open()
    row = house.page.locator("li.event .row").first
    event_id = str(row.get_attribute("data-event"))
    row.focus()
    house.page.keyboard.press("r")
    expect(house.page.locator(f"li[data-key='{event_id}'] .review")).to_have_attribute(
        "aria-pressed", "true"
    )
    house.page.keyboard.press("r")
    house.page.wait_for_function(
        "server.asked.filter(({ type }) => type === 'vigilar/review/mark').length === 2"
    )
    assert marked(house, event_id) == []
    house.page.keyboard.press("x")
    expect(house.page.locator(".selection")).to_contain_text("1 selected")
    house.page.keyboard.press("Escape")
    expect(house.page.locator(".selection")).to_have_count(0)


def test_several_are_marked_together(house: House) -> None:
    """A fold counts as its events; a press on a row selects while selecting."""
    house.open(hass={"panels": {"vigilar": {}}})
    house.page.get_by_role("button", name="Select events").click()
    house.page.locator("li.event .row").nth(1).click()
    house.page.locator("li.fold .check input").first.click()
    expect(house.page.locator(".selection")).to_contain_text("5 selected")
    house.page.locator("li.event .check input").nth(1).click()
    expect(house.page.locator(".selection")).to_contain_text("4 selected")
    ids = str(
        house.page.locator("li.fold .row").first.get_attribute("data-events")
    ).split()
    house.page.get_by_role("button", name="Mark as reviewed").and_(
        house.page.locator(".selection .button")
    ).click()
    house.page.wait_for_function(
        "server.asked.some(({ type }) => type === 'vigilar/review/mark')"
    )
    assert sorted(house.asked("review/mark")[0]["event_ids"]) == sorted(ids)
    assert all(marked(house, event_id) == ["Anna"] for event_id in ids)
    expect(house.page.locator("li.fold .review").first).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(house.page.locator(".selection")).to_have_count(0)


def test_a_whole_day_is_marked_shown_or_not(house: House) -> None:
    """All of that day by the clock of the house that match the filter, and no other."""
    house.open()
    house.page.get_by_role("button", name="Mark this day as reviewed").first.click()
    house.page.wait_for_function(
        "server.asked.some(({ type }) => type === 'vigilar/review/mark')"
    )
    wrong = house.js(
        """const format = new Intl.DateTimeFormat("sv", { timeZone: "Europe/Amsterdam" });
        const today = format.format(Date.now());
        return [...server.events.values()].filter(({ ts, payload }) =>
            (format.format(ts) === today) !== (payload.reviews ?? []).some(({ by }) => by === "Anna")).length;"""
    )
    assert wrong == 0
    expect(house.page.locator(".toast")).to_contain_text("events marked as reviewed")
    house.page.get_by_role("button", name="Undo").click()
    house.page.wait_for_function(
        "![...server.events.values()].some(({ payload }) => (payload.reviews ?? []).some(({ by }) => by === 'Anna'))"
    )


def test_a_day_with_too_many_to_undo_is_marked_by_the_server(house: House) -> None:
    """Beyond a thousand the ids are not fetched; the toast then offers no undo."""
    house.open(
        before="""for (let number = 0; number < 1100; number++) {
            server.write({ id: `01M${number}`, ts: Date.now() - 60_000 - number * 1000, payload: { phase: "ended", end_ts: Date.now() } });
        }"""
    )
    house.page.get_by_role("button", name="Mark this day as reviewed").first.click()
    house.page.wait_for_function(
        "server.asked.some(({ type }) => type === 'vigilar/review/span')"
    )
    expect(house.page.locator(".toast")).to_contain_text("events marked as reviewed")
    expect(house.page.get_by_role("button", name="Undo")).to_have_count(0)
    (span,) = house.asked("review/span")
    assert span["end"] - span["start"] == 86_400_000


def test_a_day_that_is_done_says_so(house: House) -> None:
    """Nothing is sent, and nothing can be undone."""
    house.open(
        before="""for (const { id } of [...server.events.values()]) {
            server.write({ id, payload: { reviews: [{ user_id: "anna", by: "Anna", ts: 1 }] } });
        }"""
    )
    house.page.get_by_role("button", name="Mark this day as reviewed").first.click()
    # The server's page does not know whose mark counts; what it gives is marked already.
    expect(house.page.locator(".toast")).to_have_text(
        "All of that day was reviewed already"
    )
    assert house.asked("review/mark") == []


def test_the_badge_counts_what_nobody_has_reviewed(house: House) -> None:
    """As the server says, at the head of the card; none without any."""
    house.open(element="card", before="server.unreviewed = () => 120;")
    badge = house.page.locator("header .badge")
    expect(badge).to_have_text("99+")
    expect(badge).to_have_attribute("aria-label", "120 alerts not reviewed")
    change = """server.connection.deliver({
        kind: "changed", seq: ++server.seq, events: [], removed: [], unreviewed: given,
    })"""
    house.js(change, 1)
    expect(badge).to_have_text("1")
    expect(badge).to_have_attribute("aria-label", "1 alert not reviewed")
    house.js(change, 0)
    expect(badge).to_have_count(0)


def test_whose_review_counts_can_be_chosen(house: House) -> None:
    """By anyone what Ben has seen is done; by me it is not."""
    house.open()
    house.js(
        """const [newest] = server.newest();
        window.newest = newest.id;
        server.write({ id: newest.id, payload: { reviews: [{ user_id: "ben", by: "Ben", ts: 1 }] } });"""
    )
    button = house.page.locator("li.event .review").first
    expect(button).to_have_attribute("aria-label", "Reviewed by Ben")
    house.page.get_by_role("button", name="Review", exact=True).click()
    house.page.get_by_role("button", name="By me").click()
    house.page.keyboard.press("Escape")
    expect(house.page.locator("li.event .review").first).to_have_attribute(
        "aria-pressed", "false"
    )
