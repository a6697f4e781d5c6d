"""A made-up detection goes the whole way, and what fails on it is named."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_capture_events,
    async_mock_service,
)

from custom_components.vigilar import self_test
from custom_components.vigilar.const import DOMAIN
from custom_components.vigilar.events.store import EventStore
from custom_components.vigilar.models import ChangeKind
from custom_components.vigilar.publish.phone.recipient import Recipient, TargetKind
from custom_components.vigilar.publish.subscriptions import Timeline
from custom_components.vigilar.runtime import VigilarRuntime
from custom_components.vigilar.vision.rehearsal import rehearse
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import issue_registry as ir

ISSUE = "self_test_failed"
HOPS = ["vision", "event", "bus", "websocket", "mqtt", "notification"]


@pytest.fixture
def notified(hass: HomeAssistant, runtime: VigilarRuntime) -> list[ServiceCall]:
    """Give the hub two recipients; return what they are sent."""
    for name in ("ann", "bob"):
        hass.states.async_set(f"notify.{name}", "unknown")
    runtime.phones.async_set_recipients(
        Recipient(
            id=f"{name:0>26}",
            name=name.capitalize(),
            kind=TargetKind.ENTITY,
            target=f"notify.{name}",
        )
        for name in ("ann", "bob")
    )
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "send_message")
    return calls


async def run(
    hass: HomeAssistant, user: MockUser | None = None, **data: Any
) -> dict[str, Any]:
    """Run the test; return what became of each hop."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "self_test",
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=None if user is None else user.id),
    )
    assert [hop["hop"] for hop in answer["hops"]] == HOPS[: len(answer["hops"])]
    return {"passed": answer["passed"]} | {hop["hop"]: hop for hop in answer["hops"]}


def issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    """Return the repair issue, if there is one."""
    return ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)


async def test_the_whole_way(
    hass: HomeAssistant, runtime: VigilarRuntime, notified: list[ServiceCall]
) -> None:
    """Every hop is timed, the tester alone is notified, and nothing is left of it."""
    began = async_capture_events(hass, "vigilar_event")
    report = await run(hass, recipient="Ann")
    assert report["passed"]
    for name in ("vision", "event", "bus", "websocket", "notification"):
        assert report[name]["state"] == "ok", name
        assert report[name]["ms"] >= 0
    assert report["event"]["ms"] <= report["notification"]["ms"]
    assert report["mqtt"] == {
        "hop": "mqtt",
        "state": "skipped",
        "ms": None,
        "detail": "MQTT is not used",
    }
    assert {call.data["entity_id"] for call in notified} == {"notify.ann"}
    assert notified[0].data["title"] == "Test: Motion: Vigilar"
    (event,) = began
    assert event.data["payload"]["test"] is True
    assert event.data["payload"]["box"] is not None
    assert await runtime.store.page() == []
    assert runtime.store.unreviewed == {}
    assert runtime.phones.testers == set()
    assert runtime.timeline.subscriber_count == 0
    assert issue(hass) is None


async def test_nobody_is_notified_without_a_tester(
    hass: HomeAssistant, notified: list[ServiceCall]
) -> None:
    """The recipients were thought of, and told nothing."""
    report = await run(hass)
    assert report["notification"]["state"] == "ok"
    assert notified == []
    with pytest.raises(ServiceValidationError, match="no recipient Zoe"):
        await run(hass, recipient="Zoe")


async def test_without_recipients_there_is_nothing_to_try(
    hass: HomeAssistant, runtime: VigilarRuntime
) -> None:
    """That is no failure."""
    report = await run(hass)
    assert report["passed"]
    assert report["notification"]["state"] == "skipped"


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the analysis see nothing."""
    monkeypatch.setattr(self_test, "rehearse", lambda source_id: None)


def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the timeline tell nobody."""
    monkeypatch.setattr(Timeline, "_wake", lambda self, subscriber: None)


def unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the timeline not answer at all."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Timeline, "add", fail)


def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database keep nothing."""

    async def get(self: EventStore, event_id: str) -> None:
        return None

    monkeypatch.setattr(EventStore, "get", get)


def mute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no phone be reached."""

    async def fail(*_: object) -> None:
        raise HomeAssistantError("no network")

    monkeypatch.setattr("custom_components.vigilar.publish.notify.async_send", fail)


@pytest.mark.parametrize(
    ("break_it", "hop", "words"),
    [
        (blind, "vision", "analysis (the analysis does not see what moves)"),
        (deaf, "websocket", "timeline in the browser (nothing arrived in time)"),
        (unanswered, "websocket", "timeline in the browser"),
        (forgetful, "event", "event (it was not stored)"),
        (mute, "notification", "notification (no network)"),
    ],
)
async def test_a_hop_that_fails_is_named(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    notified: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    hop: str,
    words: str,
) -> None:
    """In the answer and in a repair issue, which the next good run withdraws."""
    monkeypatch.setattr(self_test, "HOP_TIMEOUT_S", 0.3)
    with monkeypatch.context() as broken:
        break_it(broken)
        report = await run(hass, recipient="Ann")
    assert not report["passed"]
    failed = [name for name in HOPS if report.get(name, {}).get("state") == "failed"]
    assert failed == [hop]
    found = issue(hass)
    assert found is not None
    assert found.translation_placeholders is not None
    assert words in found.translation_placeholders["hops"]
    monkeypatch.setattr(self_test, "HOP_TIMEOUT_S", 20.0)
    assert (await run(hass, recipient="Ann"))["passed"]
    assert issue(hass) is None


async def test_a_recipient_who_was_forgotten(
    hass: HomeAssistant,
    runtime: VigilarRuntime,
    notified: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who is not in the ledger was not thought of."""
    monkeypatch.setattr(runtime.phones, "publish", lambda change: None)
    for remove in list(runtime.processor._commits._publishers):
        if remove.name == "phones":
            remove.publish = lambda change: None
    report = await run(hass)
    assert report["notification"]["detail"] == "2 recipients were forgotten"


async def test_it_is_for_administrators(
    hass: HomeAssistant, runtime: VigilarRuntime, hass_read_only_user: MockUser
) -> None:
    """It rings a phone."""
    with pytest.raises(Unauthorized):
        await run(hass, hass_read_only_user)


class Broker:
    """Stands in for the MQTT publisher."""

    available = True

    def __init__(self) -> None:
        """Have been asked for nothing."""
        self.seqs: list[int] = []

    async def async_sent(self, seq: int) -> None:
        """Note that somebody waits."""
        self.seqs.append(seq)


async def test_the_broker_is_asked_for_the_event(
    hass: HomeAssistant, runtime: VigilarRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the number of its first change."""
    told: list[int] = []
    runtime.processor.add_publisher(
        "test",
        lambda change: (
            told.append(change.seq) if change.kind is ChangeKind.NEW else None
        ),
    )
    broker = Broker()
    with monkeypatch.context() as patched:
        patched.setattr(runtime, "mqtt", broker)
        report = await run(hass)
    assert report["mqtt"]["state"] == "ok"
    assert broker.seqs == told


def test_the_rehearsal_is_seen() -> None:
    """By the analysis as it is, where the thing crosses."""
    seen = rehearse("house")
    assert seen is not None
    assert seen.source_id == "house"
    assert seen.box is not None
    assert 0.4 < seen.box.y < 0.6
