"""Tests of the thread that reads a second stream."""

from collections.abc import Callable
import threading
from typing import Any, override

import pytest

from custom_components.vigilar.vision import reader as reader_module
from custom_components.vigilar.vision.reader import StreamReader
from custom_components.vigilar.vision.source import Backoff, SourceError, SourceFailure

from .common import WAIT_S, ScriptedSource, eventually, still
from .test_tap import Tap


def run(
    tap: Tap, open_source: Callable[[], Any], wanted: threading.Event | None = None
) -> StreamReader:
    """Start a reader that waits next to nothing before it connects again."""
    reader = StreamReader("gate", open_source, tap, wanted, backoff=Backoff(0.01, 0.02))
    reader.start()
    return reader


def stop(reader: StreamReader) -> None:
    """Stop it, and see that it stops."""
    reader.request_stop()
    assert reader.join(WAIT_S)


def test_it_connects_again_and_again() -> None:
    """Each connection is handed on and its loss is told."""
    tap = Tap()
    sources: list[ScriptedSource] = []

    def connect() -> ScriptedSource:
        sources.append(ScriptedSource(still(5)))
        return sources[-1]

    reader = run(tap, connect)
    eventually(lambda: tap.losses >= 3)
    stop(reader)
    assert len(tap.packets) >= 15
    assert all(source.closed for source in sources)


class Wanted(threading.Event):
    """Counts how often somebody waited for it in vain."""

    waits = 0

    @override
    def wait(self, timeout: float | None = None) -> bool:
        """Wait, and count."""
        came = super().wait(timeout)
        self.waits += not came
        return came


def test_it_is_connected_only_while_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No connection is made before, and none stays after."""
    monkeypatch.setattr(reader_module, "_LOOK_S", 0.001)
    tap = Tap()
    wanted = Wanted()
    sources: list[ScriptedSource] = []

    def connect() -> ScriptedSource:
        sources.append(ScriptedSource(still(3), failure=None))
        return sources[-1]

    reader = run(tap, connect, wanted)
    eventually(lambda: wanted.waits >= 2)
    assert not sources
    wanted.set()
    eventually(lambda: len(tap.packets) == 3)
    assert not sources[0].closed
    wanted.clear()
    eventually(lambda: sources[0].closed)
    assert tap.losses == 1
    wanted.set()
    eventually(lambda: len(tap.packets) == 6)
    stop(reader)
    assert len(sources) == 2
    assert sources[1].closed


def test_a_silent_stream_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """And connected again."""
    monkeypatch.setattr(reader_module, "READ_TIMEOUT_S", 0.02)
    tap = Tap()
    reader = run(tap, lambda: ScriptedSource(still(1), failure=None))
    eventually(lambda: tap.losses >= 2)
    stop(reader)


@pytest.mark.parametrize(
    ("error", "level"),
    [(SourceError(SourceFailure.UNREACHABLE), "DEBUG"), (KeyError("url"), "WARNING")],
)
def test_failures_are_survived(
    error: Exception, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is, it is tried again, and the log has no address."""
    caplog.set_level("DEBUG")
    tries: list[int] = []

    def connect() -> Any:
        tries.append(1)
        raise error

    reader = run(Tap(), connect)
    eventually(lambda: len(tries) >= 3)
    stop(reader)
    records = [each for each in caplog.records if "Second stream" in each.message]
    assert {record.levelname for record in records} == {level}
    assert "url" not in caplog.text
