"""Tests of what is handed on beside the analysis."""

from collections.abc import Iterator
from itertools import pairwise
import time
from typing import Any

import pytest

from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.source import Packet, open_stream
from custom_components.vigilar.vision.tap import TapFeed
from custom_components.vigilar.vision.worker import CameraWorker

from ..media.common import video
from .common import (
    WAIT_S,
    FakeTime,
    Image,
    ScriptedSource,
    StreamServer,
    eventually,
    finish,
    stream_server,
    walk,
)


class Tap:
    """Remembers what it is given."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.packets: list[dict[str, Any]] = []
        self.losses = 0

    def packet(self, data: Any, **about: Any) -> None:
        """Remember."""
        self.packets.append({"data": data, **about})

    def lost(self) -> None:
        """Remember."""
        self.losses += 1


def put(feed: TapFeed, ts: float | None, arrival: float, **about: Any) -> None:
    """Hand a packet on."""
    feed.put(Packet(ts, keyframe=True, size=1, data=b"x", **about), arrival, 0.05)


def test_times_rise_and_keep_the_pace() -> None:
    """A source that jumps or says nothing is timed by its arrivals."""
    tap = Tap()
    feed = TapFeed(tap)
    for number, ts in enumerate([5.0, 5.1, 900.0, 900.1, 2.0, None, None]):
        put(feed, ts, 50.0 + number / 10)
    media = [packet["media"] for packet in tap.packets]
    assert media[0] == 5.0
    # The first packet after a jump takes the time of the one before.
    assert [later - earlier for earlier, later in pairwise(media)] == pytest.approx(
        [0.1, 0.0, 0.1, 0.0, 0.1, 0.1], abs=0.01
    )
    wall = time.time() - time.monotonic()
    assert tap.packets[0]["at"] == pytest.approx(wall + 50.0, abs=0.1)
    assert tap.packets[-1]["at"] == pytest.approx(wall + 50.6, abs=0.25)


def test_sound_is_on_the_same_axis() -> None:
    """It follows a jump of the pictures; before them it is on no axis."""
    tap = Tap()
    feed = TapFeed(tap)
    put(feed, 5.0, 50.0, sound=True)
    assert not tap.packets
    put(feed, 5.0, 50.0)
    put(feed, 5.05, 50.05, sound=True)
    put(feed, None, 50.06, sound=True)
    put(feed, 905.1, 50.1)
    put(feed, 905.15, 50.15, sound=True)
    assert [round(packet["media"], 2) for packet in tap.packets] == [
        5.0,
        5.05,
        5.0,
        5.05,
    ]
    feed.lost()
    assert tap.losses == 1


@pytest.mark.usefixtures("socket_enabled")
class TestStream:
    """A stream with sound, as a camera sends it."""

    @pytest.fixture
    def server(self) -> Any:
        """Run a server."""
        with stream_server() as server:
            yield server

    def test_sound_is_read_and_not_analysed(self, server: StreamServer) -> None:
        """Packets say what they are."""
        source = open_stream(server.add_bytes("/s", video(3.0, sound=True)))
        packets = [packet for packet in iter(lambda: read(source), None) if packet.size]
        source.close()
        sound = [packet for packet in packets if packet.sound]
        assert len(packets) - len(sound) == 30
        assert len(sound) > 40
        assert all(packet.ts is not None for packet in sound)

    def test_a_worker_hands_on_everything(self, server: StreamServer) -> None:
        """Pictures, sound, and the loss of the connection; it counts pictures only."""
        tap = Tap()
        url = server.add_bytes("/s", video(3.0, sound=True))
        worker = CameraWorker(
            "gate",
            lambda: open_stream(url),
            AnalyzerSettings(),
            lambda _: None,
            tap=tap,
        )
        worker.start()
        eventually(lambda: tap.losses == 1)
        worker.request_stop()
        assert worker.join(WAIT_S)
        kinds = [packet["sound"] for packet in tap.packets if packet["data"].size]
        assert kinds.count(False) == 30
        assert kinds.count(True) > 40


def read(source: Any) -> Packet | None:
    """Read until there is nothing more."""
    from custom_components.vigilar.vision.source import SourceError

    try:
        packet: Packet = source.read()
    except SourceError:
        return None
    return packet


def test_packets_have_the_times_of_observations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clip that is cut at an observation shows what was observed."""
    fake = FakeTime()
    for module in ("analyzer", "clock", "pipeline"):
        monkeypatch.setattr(f"custom_components.vigilar.vision.{module}.time", fake)

    def in_real_time() -> Iterator[Image]:
        """Yield a picture each fifth of a second."""
        for image in walk(60):
            fake.now += 0.2
            yield image

    tap = Tap()
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    source = ScriptedSource(in_real_time())
    observed = finish(Pipeline(source, analyzer, 5.0, tap=TapFeed(tap)))
    started = next(
        one for one in observed if one.kind is ObservationKind.MOTION_STARTED
    )
    # The figure enters after fifteen pictures.
    entered = [packet["at"] for packet in tap.packets][15]
    assert entered - 0.1 <= started.ts / 1000 <= entered + 1.0
