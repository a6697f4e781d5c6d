"""Live: what the page shows follows the server through every kind of trouble."""

from playwright.sync_api import expect
import pytest

from .conftest import Stage

# Where the subscriptions stand: how many live ones, and what each asked for.
LIVE = "return server.connection.subscriptions.filter(({ active }) => active).length"
ASKED = "return server.connection.subscriptions.map(({ message }) => message)"


def test_the_snapshot_and_then_every_change_appears(stage: Stage) -> None:
    """New, updated and deleted events show without a reload."""
    stage.write("01A", ts=1000)
    stage.mount()
    stage.expect_shown(["01A"])
    stage.write("01B", ts=2000)
    stage.expect_shown(["01B", "01A"])
    stage.write("01A", type="person", severity="alert")
    expect(stage.page.locator("[data-event='01A'] .type")).to_have_text("Person")
    stage.js("server.remove('01B')")
    stage.expect_shown(["01A"])


def test_the_dot_is_live_only_when_the_snapshot_has_come(stage: Stage) -> None:
    """A subscription that nobody answered is not live."""
    stage.js("server.connection.answering = false")
    stage.mount()
    stage.expect_status("Connecting")
    expect(stage.page.locator(".skeleton").first).to_be_visible()
    stage.js("server.connection.answer(server.connection.subscriptions[0])")
    stage.expect_status("Live")


def test_after_a_lost_connection_nothing_is_missed_or_shown_twice(stage: Stage) -> None:
    """The new subscription resumes at the last change seen."""
    for number in range(3):
        stage.write(f"01A{number}", ts=1000 + number)
    stage.mount()
    stage.expect_status("Live")
    stage.js("server.connection.lose()")
    stage.expect_status("Reconnecting")
    stage.expect_shown(["01A2", "01A1", "01A0"])
    stage.write("01B", ts=2000)
    stage.write("01A1", type="person")
    stage.js("server.remove('01A0')")
    stage.js("server.connection.restore()")
    stage.expect_shown(["01B", "01A2", "01A1"])
    stage.expect_status("Live")
    expect(stage.page.locator("[data-event='01A1'] .type")).to_have_text("Person")

    first, second = stage.js(ASKED)
    assert first == {"type": "vigilar/timeline/subscribe", "limit": 50}
    assert second == {**first, "since_seq": 3, "epoch": "01EPOCH"}
    options = stage.js(
        "return server.connection.subscriptions.map(({ options }) => options)"
    )
    assert options == [{"resubscribe": False}] * 2
    assert stage.js(LIVE) == 1


def test_another_database_after_the_reconnect_replaces_the_list(stage: Stage) -> None:
    """A restored or moved-aside database has nothing to do with what was shown."""
    stage.write("01A", ts=1000)
    stage.mount()
    stage.expect_shown(["01A"])
    stage.js(
        "server.connection.lose(); server.epoch = '02EPOCH'; server.events.clear(); server.seq = 0"
    )
    stage.write("02A", ts=500)
    stage.js("server.connection.restore()")
    stage.expect_shown(["02A"])


def test_a_connection_lost_before_the_answer_leaves_one_subscription(
    stage: Stage,
) -> None:
    """Whatever the first attempt still says is ignored."""
    stage.write("01A", ts=1000)
    stage.js("server.connection.answering = false")
    stage.mount()
    stage.js("server.connection.lose(); server.connection.restore()")
    stage.js(
        "for (const each of server.connection.subscriptions) server.connection.answer(each)"
    )
    stage.expect_status("Live")
    stage.write("01B", ts=2000)
    stage.expect_shown(["01B", "01A"])


def test_a_page_that_opens_without_a_connection_waits_for_it(stage: Stage) -> None:
    """Nothing is asked of a connection that is not there."""
    stage.js("server.connection.connected = false")
    stage.mount()
    stage.expect_status("Reconnecting")
    assert stage.js(ASKED) == []
    stage.js("server.connection.restore()")
    stage.expect_status("Live")


def test_resync_subscribes_anew_from_the_last_change_seen(stage: Stage) -> None:
    """When the server drops the backlog, the page catches up by itself."""
    stage.write("01A", ts=1000)
    stage.mount()
    stage.expect_status("Live")
    # The change is written, but its message is lost with the backlog.
    stage.js("server.connection.deliver = () => {}")
    stage.write("01B", ts=2000)
    stage.js(
        "delete server.connection.deliver; server.connection.deliver({ kind: 'resync' })"
    )
    stage.expect_shown(["01B", "01A"])
    assert [message.get("since_seq") for message in stage.js(ASKED)] == [None, 1]
    assert stage.js(
        "return server.connection.subscriptions.map(({ ended }) => ended)"
    ) == [True, False]


@pytest.mark.parametrize(
    ("code", "state", "text"),
    [
        ("unknown_command", "RUNNING", "Vigilar is not running"),
        ("not_found", "RUNNING", "Vigilar is not running"),
        ("unknown_command", "STARTING", "Home Assistant is starting"),
        ("unauthorized", "RUNNING", "You may not see this timeline"),
        ("home_assistant_error", "RUNNING", "The timeline cannot be loaded"),
    ],
)
def test_a_refusal_says_what_to_do(
    stage: Stage, code: str, state: str, text: str
) -> None:
    """The dot is not live, and the words fit the reason."""
    stage.js("server.refusal = { code: given }", code)
    stage.mount(hass={"config": {"state": state, "time_zone": "UTC"}})
    stage.expect_status("Not connected")
    expect(stage.page.locator(".notice strong")).to_have_text(text)
    expect(stage.page.locator(".notice > span")).not_to_be_empty()


def test_a_refused_subscription_is_tried_again_at_growing_intervals(
    stage: Stage,
) -> None:
    """1, 2, 4 … 30 s, and again from 1 s after a success."""
    page = stage.page
    page.clock.pause_at("2026-11-23T13:00:00+01:00")
    stage.js("server.refusal = { code: 'unknown_command' }")
    stage.mount()
    stage.expect_status("Not connected")
    count = "return server.connection.subscriptions.length"
    for attempt, wait in enumerate((1, 2, 4, 8, 16, 30, 30), start=1):
        assert stage.js(count) == attempt
        page.clock.run_for(wait * 1000 - 1)
        assert stage.js(count) == attempt
        page.clock.run_for(1)
    assert stage.js(count) == 8
    stage.js("server.refusal = undefined")
    page.clock.run_for(30_000)
    stage.expect_status("Live")
    stage.js(
        "server.refusal = { code: 'unknown_command' }; server.connection.lose(); server.connection.restore()"
    )
    stage.expect_status("Not connected")
    assert stage.js(count) == 10
    page.clock.run_for(1000)
    assert stage.js(count) == 11


def test_try_again_does_not_wait(stage: Stage) -> None:
    """The button subscribes at once; what was loaded stays below the message meanwhile."""
    stage.write("01A", ts=1000)
    stage.mount()
    stage.expect_status("Live")
    stage.expect_shown(["01A"])
    stage.page.clock.pause_at("2026-11-23T13:00:00+01:00")
    stage.js(
        "server.refusal = { code: 'unknown_command' }; server.connection.lose(); server.connection.restore()"
    )
    expect(stage.page.locator(".banner")).to_contain_text("Vigilar is not running")
    stage.expect_shown(["01A"])
    stage.js("server.refusal = undefined")
    stage.page.get_by_role("button", name="Try again").dispatch_event("click")
    stage.expect_status("Live")
    expect(stage.page.locator(".banner")).to_have_count(0)


def test_a_removed_card_leaves_nothing_and_resumes_when_it_is_back(
    stage: Stage,
) -> None:
    """Home Assistant takes cards off the page and puts them back at every change of view."""
    stage.write("01A", ts=1000)
    stage.mount()
    stage.expect_status("Live")
    stage.js("mounted.remove()")
    assert stage.js(LIVE) == 0
    assert stage.js("return server.connection.listeners()") == 0
    stage.write("01B", ts=2000)
    stage.js("document.body.append(mounted)")
    stage.expect_shown(["01B", "01A"])
    assert stage.js(ASKED)[1]["since_seq"] == 1
    assert stage.js(LIVE) == 1


def test_a_card_removed_before_the_answer_unsubscribes_when_it_comes(
    stage: Stage,
) -> None:
    """No subscription is left behind by a quick change of view."""
    stage.js("server.connection.answering = false")
    stage.mount()
    stage.js(
        "mounted.remove(); server.connection.answer(server.connection.subscriptions[0])"
    )
    stage.page.wait_for_function("server.connection.subscriptions[0].ended")
    assert stage.js("return mounted._status.state") == "connecting"


def test_a_burst_of_a_thousand_is_drawn_in_few_frames_and_bounded(stage: Stage) -> None:
    """The document holds the limit, the newest, however many come at once."""
    stage.mount()
    stage.expect_status("Live")
    drawings = stage.js(
        """const timeline = mounted.shadowRoot.querySelector("vigilar-timeline");
        const render = timeline.render;
        let drawings = 0;
        timeline.render = function () { drawings += 1; return render.call(this); };
        for (let number = 0; number < 1000; number++) {
            server.write({ id: `01B${String(number).padStart(4, "0")}`, ts: 1000 + number });
            if (number % 100 === 0) await null;
        }
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        return drawings;"""
    )
    stage.expect_held([f"01B{number:04}" for number in range(999, 949, -1)])
    stage.page.locator("[data-event='01B0999']").wait_for()
    # Heights seen for the first time cost one more.
    assert drawings <= 6


def test_a_change_of_filter_asks_anew(stage: Stage) -> None:
    """Another configuration is another subscription, from the start."""
    stage.write("01A", ts=1000)
    stage.mount(config={"limit": 10})
    stage.expect_status("Live")
    stage.js(
        "mounted.setConfig({ type: 'x', limit: 5, types: ['person'], severities: [], source_ids: ['garden'] })"
    )
    stage.page.wait_for_function("server.connection.subscriptions.length === 2")
    assert stage.js(ASKED)[1] == {
        "type": "vigilar/timeline/subscribe",
        "limit": 5,
        "types": ["person"],
        "source_ids": ["garden"],
    }
    assert stage.js(LIVE) == 1
