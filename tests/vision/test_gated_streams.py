"""Streams of real encoders, behind a gate."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import override
from unittest.mock import patch

import numpy as np
import pytest

from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.vision import pipeline as pipeline_module
from custom_components.vigilar.vision.gate import Gate, GateState
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.source import (
    Packet,
    Picture,
    Source,
    StreamInfo,
    open_file,
)

from .common import (
    FakeTime,
    Image,
    ScriptedSource,
    encode,
    finish,
    pipeline,
    still,
    walk,
)


def fifteen(images: Iterable[Image]) -> Iterator[Image]:
    """Yield each image three times, as a camera at 15 frames a second."""
    for image in images:
        yield from (image,) * 3


X264 = {"bf": "0", "sc_threshold": "0"}
CODECS = {
    "no B-frames": ("libx264", X264),
    "B-frames that nothing refers to": (
        "libx264",
        {"bf": "3", "b_strategy": "0", "x264-params": "b-pyramid=none:scenecut=0"},
    ),
    "B-frames that others refer to": (
        "libx264",
        {"bf": "3", "b_strategy": "0", "x264-params": "b-pyramid=normal:scenecut=0"},
    ),
    "keyframes only": ("libx264", {"x264-params": "keyint=1"}),
    "a bit rate that varies": ("libx264", {**X264, "crf": "28"}),
    "a bit rate that is kept": (
        "libx264",
        {**X264, "x264-params": "nal-hrd=cbr:vbv-maxrate=400:vbv-bufsize=400"},
    ),
    "open groups with B-frames": (
        "libx264",
        {"bf": "2", "b_strategy": "0", "x264-params": "open-gop=1:scenecut=0"},
    ),
    "H.265": (
        "libx265",
        {"x265-params": "open-gop=1:bframes=2:scenecut=0:log-level=none"},
    ),
    "MPEG-4": ("mpeg4", {}),
    "MJPEG": ("mjpeg", {}),
}


def scene() -> Iterator[Image]:
    """Yield 40 s: a figure crosses from 15 s on, and nothing else happens."""
    yield from fifteen(walk(200, before=75))


type Ends = list[tuple[str, float]]
"""Kinds of observations and their times in seconds."""


def watch(source: Source, gate: Gate) -> tuple[Ends, Pipeline]:
    """Run a source through a gate; return when motions began and ended."""
    pipe = pipeline(source, gate=gate)
    ends = [
        (str(one.kind), one.ts / 1000)
        for one in finish(pipe)
        if one.kind != ObservationKind.MOTION_UPDATED
    ]
    source.close()
    return ends, pipe


def compare(clip: Path) -> tuple[Pipeline, Pipeline]:
    """Assert that a gate loses nothing of a clip with one motion.

    Returns:
        What decoded everything, and what stood behind the gate.
    """
    full, whole = watch(open_file(clip), Gate(longest_group_s=0.0))
    gated, behind = watch(open_file(clip), Gate())
    kinds = ["motion_started", "motion_ended"]
    assert [kind for kind, _ in full] == kinds
    assert [kind for kind, _ in gated] == kinds
    assert [ts for _, ts in gated] == pytest.approx([ts for _, ts in full], abs=0.3)
    return whole, behind


@pytest.mark.parametrize("name", CODECS)
def test_the_gate_loses_nothing(tmp_path: Path, name: str) -> None:
    """The events are those of a full decoding, at a fraction of the pictures."""
    codec, options = CODECS[name]
    untimed = codec == "mjpeg"
    clip = tmp_path / ("clip.mkv" if untimed else "clip.ts")
    clip.write_bytes(
        encode(
            scene(),
            fps=15,
            codec=codec,
            options=options,
            container_format="matroska" if untimed else "mpegts",
        )
    )
    whole, behind = compare(clip)
    assert whole.times.decoded == 600
    assert behind.times.decoded < 0.7 * 600


def test_groups_of_every_length(tmp_path: Path) -> None:
    """Keyframes at irregular places keep nothing from being found, nor from sleep."""
    keyframes = set(np.cumsum([7, 40, 3, 61, 18, 33, 52, 25, 44] * 3).tolist())
    clip = tmp_path / "irregular.ts"
    options = {**X264, "g": "900", "forced-idr": "1"}
    clip.write_bytes(
        encode(scene(), fps=15, codec="libx264", options=options, keyframes=keyframes)
    )
    _, behind = compare(clip)
    assert behind.times.decoded < 0.7 * 600


def test_groups_too_long_to_be_slept_through(tmp_path: Path) -> None:
    """Keyframes ten seconds apart, as of smart codecs, leave all to be decoded."""
    clip = tmp_path / "long.ts"
    options = {**X264, "x264-params": "keyint=150:min-keyint=150"}
    clip.write_bytes(encode(scene(), fps=15, codec="libx264", options=options))
    whole, behind = compare(clip)
    assert behind.gate is GateState.UNSUITED
    assert behind.times.decoded == whole.times.decoded


def test_groups_that_grow_while_nothing_happens(tmp_path: Path) -> None:
    """What began with short groups is decoded once they are long, and found."""
    clip = tmp_path / "growing.ts"
    options = {**X264, "g": "900", "forced-idr": "1"}
    clip.write_bytes(
        encode(
            fifteen(walk(250, before=150)),
            fps=15,
            codec="libx264",
            options=options,
            keyframes={30, 60, 90, 120, 165, 240, 360},
        )
    )
    _, behind = compare(clip)
    assert behind.gate is GateState.UNSUITED
    assert behind.gate_counts.wakes >= 1


class Untimed(Source):
    """A camera that gives packets without times, each as its turn comes."""

    def __init__(self, clip: Path, clock: FakeTime) -> None:
        """Play a file."""
        self._file = open_file(clip)
        self._clock = clock

    @property
    @override
    def live(self) -> bool:
        """Come as it happens."""
        return True

    @property
    @override
    def info(self) -> StreamInfo:
        """Return what the file says."""
        return self._file.info

    @override
    def read(self) -> Packet | None:
        """Wait for the next packet."""
        self._clock.now += 1 / 15
        packet = self._file.read()
        return packet and replace(packet, ts=None)

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Decode without times."""
        return [replace(one, ts=None) for one in self._file.decode(packet)]

    @override
    def drain(self) -> list[Picture]:
        """Empty the decoder."""
        return [replace(one, ts=None) for one in self._file.drain()]

    @override
    def close(self) -> None:
        """Close the file."""
        self._file.close()


@pytest.mark.parametrize("name", ["no B-frames", "open groups with B-frames"])
def test_a_stream_without_times(tmp_path: Path, name: str) -> None:
    """Arrival stands in: it is slept through, and what happens is found in time."""
    codec, options = CODECS[name]
    clip = tmp_path / "clip.ts"
    clip.write_bytes(encode(scene(), fps=15, codec=codec, options=options))
    ends: list[list[float]] = []
    for gate in (Gate(longest_group_s=0.0), Gate()):
        clock = FakeTime()
        began = clock.now
        with patch.object(pipeline_module, "time", clock):
            found, behind = watch(Untimed(clip, clock), gate)
        assert [kind for kind, _ in found] == ["motion_started", "motion_ended"]
        ends.append([ts - began for _, ts in found])
    # Pictures that were held back count from when they were given out.
    assert ends[1] == pytest.approx(ends[0], abs=2.5)
    assert behind.times.decoded < 0.7 * 600


def restless(count: int, before: int) -> Iterator[Image]:
    """Yield a figure that crosses after `before` frames, and leaves that turn anywhere.

    About each second some leaf of a hedge shows its bright side for one frame:
    often enough that something always differs, seldom enough for each place that
    the background model never gets used to it.
    """
    rng = np.random.default_rng(9)
    for image in walk(count, before=before):
        leaves = image.copy()
        if rng.random() < 0.25:
            top, left = rng.integers(4, 40), rng.integers(4, 230)
            leaves[top : top + 7, left : left + 7] = 220
        yield leaves


def test_a_place_that_never_rests(tmp_path: Path) -> None:
    """Its unrest becomes usual: the gate closes, and opens for somebody who comes."""
    clip = tmp_path / "hedge.ts"
    clip.write_bytes(
        encode(fifteen(restless(600, 525)), fps=15, codec="libx264", options=X264)
    )
    _, behind = compare(clip)
    # All of the first minute and of the crossing, and next to nothing between.
    assert behind.times.decoded < 0.7 * 1800


def test_a_quiet_stream_costs_its_keyframes(tmp_path: Path) -> None:
    """Of a still scene, little more than the keyframes is decoded."""
    clip = tmp_path / "still.ts"
    clip.write_bytes(encode(fifteen(still(500)), fps=15, codec="libx264"))
    source = open_file(clip)
    pipe = pipeline(source, gate=Gate())
    assert finish(pipe) == []
    source.close()
    assert pipe.gate is GateState.QUIET
    assert pipe.times.packets >= 1500
    assert pipe.times.decoded < 0.12 * 1500
    assert pipe.duration == pytest.approx(100, abs=2.1)


@pytest.mark.parametrize("entered_after", [8, 15])
def test_the_sizes_of_packets_tell_between_keyframes(
    tmp_path: Path, entered_after: int
) -> None:
    """Somebody slow who enters in the middle of a group is not left to its end."""
    group = 30
    enters = 14 * group + entered_after
    clip = tmp_path / "slow.ts"
    options = {**X264, "profile": "baseline", "crf": "23", "g": str(group)}
    images = walk(enters + 2 * group, before=enters, contrast=0.3, speed=1.5)
    clip.write_bytes(encode(images, fps=15, codec="libx264", options=options))
    source = open_file(clip)
    pipe = pipeline(source, gate=Gate())
    while pipe.times.packets < enters:
        pipe.step()
    assert pipe.gate is GateState.QUIET
    assert pipe.gate_counts.wakes == 0
    while not pipe.gate_counts.wakes:
        pipe.step()
    source.close()
    assert pipe.times.packets < 15 * group
    assert pipe.gate_counts.keyframe_finds == 0


def enlarged(images: Iterable[Image]) -> Iterator[Image]:
    """Yield images at twice their size."""
    return (np.kron(image, np.ones((2, 2), np.uint8)) for image in images)


@pytest.mark.parametrize(
    ("codec", "options", "size", "state"),
    [
        ("libx264", None, (512, 288), GateState.QUIET),
        ("libx265", {"x265-params": "log-level=none"}, (256, 144), GateState.OPEN),
    ],
)
def test_a_stream_that_changes_is_looked_at_anew(
    tmp_path: Path,
    codec: str,
    options: dict[str, str] | None,
    size: tuple[int, int],
    state: GateState,
) -> None:
    """Another resolution is followed; another codec is not slept through.

    Its packets give no pictures, and the worker connects again.
    """
    clip = tmp_path / "change.ts"
    clip.write_bytes(
        encode(fifteen(still(60)), fps=15, codec="libx264")
        + encode(enlarged(fifteen(still(60))), fps=15, codec=codec, options=options)
    )
    source = open_file(clip)
    pipe = pipeline(source, gate=Gate())
    while pipe.times.packets < 170:
        pipe.step()
    assert pipe.gate is GateState.QUIET
    finish(pipe)
    source.close()
    assert pipe.size == size
    assert pipe.gate_counts.wakes >= 1
    assert pipe.gate.value == state.value


class Blinking(ScriptedSource):
    """Keyframes that cannot be decoded, once the gate has closed."""

    broken = False
    looked = 0

    @override
    def decode(self, packet: Packet) -> list[Picture]:
        """Return nothing for a keyframe that is looked at by itself."""
        if self.broken and packet.keyframe:
            self.looked += 1
            return []
        return super().decode(packet)


def test_keyframes_that_cannot_be_decoded_open_the_gate() -> None:
    """A codec that changes in mid-stream is not slept through."""
    source = Blinking(still(300), fps=5, live=False, start=0)
    pipe = pipeline(source, gate=Gate())
    while pipe.gate is not GateState.QUIET:
        pipe.step()
    source.broken = True
    decoded = pipe.times.decoded
    while not pipe.gate_counts.wakes:
        pipe.step()
    assert pipe.gate_counts.keyframe_finds == 1
    for _ in range(5):
        pipe.step()
    assert pipe.times.decoded >= decoded + 5
