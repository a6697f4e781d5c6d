"""What is kept of an event, and that it is judged again as it was."""

import dataclasses
import itertools
import json
import struct
from typing import Any
import zlib

import numpy as np
import pytest

from custom_components.vigilar.models import ObservationKind
from custom_components.vigilar.vision import luma as luma_module
from custom_components.vigilar.vision.analyzer import Analyzer, AnalyzerSettings
from custom_components.vigilar.vision.gate import Gate
from custom_components.vigilar.vision.kernels import NumpyKernels
from custom_components.vigilar.vision.luma import (
    DEADBAND,
    HELD_S,
    MAX_HELD,
    MAX_PLANES,
    MAX_S,
    LumaClip,
    LumaError,
    LumaMemory,
    LumaPlane,
    decode_clip,
    encode_clip,
)
from custom_components.vigilar.vision.observing import Sight
from custom_components.vigilar.vision.pipeline import Pipeline
from custom_components.vigilar.vision.replay import replay

from .. import scenes
from .common import Image, ScriptedSource, finish, still, walk

PERIOD_S = 0.2
UNIX = 1_700_000_000.0


def remember(
    images: list[Image], memory: LumaMemory, *, period_s: float = PERIOD_S
) -> Analyzer:
    """Analyse pictures while a memory looks on."""
    analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
    for number, image in enumerate(images):
        ts = number * period_s
        analyzer.update(image, ts)
        memory.look(Sight(analyzer, image, ts, UNIX + ts))
    return analyzer


def seen(
    images: list[Image], settings: AnalyzerSettings | None = None
) -> list[LumaClip]:
    """Return what is kept of the events of a clip, each taken as it goes on."""
    memory = LumaMemory()
    analyzer = Analyzer("gate", settings or AnalyzerSettings(), NumpyKernels())
    clips: list[LumaClip] = []
    for number, image in enumerate(images):
        ts = number * PERIOD_S
        observed = analyzer.update(image, ts)
        memory.look(Sight(analyzer, image, ts, UNIX + ts))
        for one in observed:
            if one.kind == ObservationKind.MOTION_STARTED:
                memory.begin(one.key, UNIX + one.ts / 1000)
            elif one.kind == ObservationKind.MOTION_ENDED:
                clip = memory.end(one.key)
                assert clip is not None
                clips.append(clip)
    return clips


def test_a_clip_begins_before_its_event_with_what_was_known() -> None:
    """It begins at the newest note of the scene before the event, and goes to its end."""
    [clip] = seen([*walk(80, before=40), *still(30)])
    assert clip.known is not None
    assert 40 * PERIOD_S - 5 <= clip.planes[0].ts <= 40 * PERIOD_S - 1
    assert clip.planes[-1].ts >= 80 * PERIOD_S
    times = [plane.ts for plane in clip.planes]
    assert np.allclose(np.diff(times), PERIOD_S)
    assert clip.planes[0].at == UNIX + clip.planes[0].ts


def test_a_clip_that_begins_with_the_connection() -> None:
    """Nothing is known yet: all there is is kept."""
    memory = LumaMemory()
    remember(list(still(3)), memory)
    memory.begin("a", UNIX + 0.4)
    clip = memory.end("a")
    assert clip is not None
    assert (len(clip.planes), clip.known) == (3, None)


def test_little_is_held() -> None:
    """So many planes, and none that are older than so many seconds."""
    memory = LumaMemory()
    picture = next(still(1))
    remember([picture] * 400, memory, period_s=0.05)
    memory.begin("a", 0.0)
    clip = memory.end("a")
    assert clip is not None
    assert len(clip.planes) == MAX_HELD
    remember([picture] * 100, memory, period_s=1.0)
    memory.begin("b", 0.0)
    clip = memory.end("b")
    assert clip is not None
    assert len(clip.planes) <= HELD_S + 1


@pytest.mark.parametrize(("period_s", "most"), [(0.05, MAX_PLANES), (1.0, MAX_S + 1)])
def test_little_is_kept_of_a_long_event(period_s: float, most: float) -> None:
    """A minute, or as many planes as a minute usually has."""
    memory = LumaMemory()
    picture = next(still(1))
    memory.begin("a", 0.0)
    assert not memory.is_full("a")
    remember([picture] * 400, memory, period_s=period_s)
    assert memory.is_full("a")
    clip = memory.end("a")
    assert clip is not None
    assert len(clip.planes) == most
    assert not memory.is_full("a")
    assert memory.end("a") is None
    assert memory.end("never begun") is None


def test_another_connection_ends_what_is_taken() -> None:
    """Its clock and its scene are others."""
    memory = LumaMemory()
    remember(list(still(20)), memory)
    memory.begin("a", 0.0)
    remember(list(still(5)), memory)
    memory.begin("b", 0.0)
    first, second = memory.end("a"), memory.end("b")
    assert first is not None
    assert second is not None
    assert (len(first.planes), len(second.planes)) == (20, 5)


def test_what_is_kept_differs_by_little() -> None:
    """Times and scene as they were, levels but for noise; again and again."""
    [clip] = seen([*walk(80, before=40), *still(30)])
    data = encode_clip(clip)
    assert len(data) < len(clip.planes) * clip.planes[0].luma.size / 2
    back = decode_clip(data)
    assert len(back.planes) == len(clip.planes)
    for was, now in zip(clip.planes, back.planes, strict=True):
        assert now.ts == pytest.approx(was.ts, abs=1e-4)
        assert now.at == pytest.approx(was.at, abs=2e-3)
        change = now.luma.astype(int) - was.luma
        assert np.abs(change).max() <= DEADBAND
        assert np.abs(change).max() > 0 or was is clip.planes[0]
    assert clip.known is not None
    assert back.known is not None
    assert np.array_equal(back.known.mean, clip.known.mean)
    assert np.array_equal(back.known.spread, clip.known.spread)
    bare = decode_clip(encode_clip(dataclasses.replace(clip, known=None)))
    assert bare.known is None
    assert np.array_equal(bare.planes[-1].luma, back.planes[-1].luma)


def test_what_is_not_a_clip_is_refused() -> None:
    """Whatever lies in the folder, however it is damaged, ends in one error."""
    picture = next(still(1))
    clip = LumaClip([LumaPlane(ts, ts, picture) for ts in (0.0, 0.2)], None)
    data = encode_clip(clip)
    assert len(decode_clip(data).planes) == 2
    rng = np.random.default_rng(5)
    for cut in (*range(12), len(data) // 2, len(data) - 8):
        with pytest.raises(LumaError):
            decode_clip(data[:cut])
    for _ in range(200):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            broken[at] ^= int(rng.integers(1, 256))
        try:
            decode_clip(bytes(broken))
        except LumaError:
            continue
    headers: list[Any] = [
        {"width": 10**6, "height": 10**6, "ts": [0.0], "at": 0, "known": False},
        {"width": 4, "height": 4, "ts": [], "at": 0, "known": False},
        {"width": 4, "height": 4, "ts": [0.0] * 10**4, "at": 0, "known": False},
        {"width": -4, "height": -4, "ts": [0.0], "at": 0, "known": False},
        {"width": 4, "height": 4, "ts": "no", "at": 0, "known": False},
        [],
    ]
    for header in headers:
        text = json.dumps(header).encode()
        head = data[:5] + struct.pack("<I", len(text)) + text
        with pytest.raises(LumaError):
            decode_clip(head + zlib.compress(bytes(10_000)))


@pytest.mark.parametrize(
    ("draft", "counts"),
    [
        ({}, True),
        ({"sensitivity": 8}, True),
        ({"min_height": 0.2}, True),
        ({"min_height": 0.4}, False),
        ({"min_duration_s": 5.0}, True),
        ({"min_duration_s": 20.0}, False),
    ],
)
def test_an_event_is_judged_again(draft: dict[str, Any], counts: bool) -> None:
    """By the settings of then as it was, by others as they would have."""
    [clip] = seen([*walk(100, before=40), *still(30)])
    back = decode_clip(encode_clip(clip))
    assert replay(back, AnalyzerSettings(**draft), NumpyKernels()) is counts


def test_without_what_was_known_it_is_learned() -> None:
    """An event at the very beginning is judged from its own pictures."""
    [clip] = seen([*walk(100, before=20), *still(30)])
    bare = dataclasses.replace(clip, known=None)
    assert replay(bare, AnalyzerSettings(), NumpyKernels())


def test_a_faint_thing_needs_what_was_known() -> None:
    """A background learned for long tells what a new one does not."""
    images = [*walk(140, before=100, contrast=0.22), *still(30)]
    clips = seen(images, AnalyzerSettings(sensitivity=7))
    assert clips
    settings = AnalyzerSettings(sensitivity=7)
    assert all(replay(clip, settings, NumpyKernels()) for clip in clips)


def test_a_replay_can_be_given_up() -> None:
    """It asks before each picture."""
    [clip] = seen([*walk(80, before=40), *still(30)])
    asked = itertools.count()

    def stop() -> None:
        if next(asked) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        replay(clip, AnalyzerSettings(min_height=0.4), NumpyKernels(), stop)
    assert next(asked) == 4


@pytest.mark.parametrize("name", ["sway", "noise", "rain", "dark street", "parking"])
def test_what_is_kept_is_judged_as_it_was(name: str) -> None:
    """In scenes with known truth, by the settings of then and by others."""
    images = [image for image, _ in scenes.scene(name, 1, 1).frames()]
    clips = seen(images)
    assert clips
    for clip in clips:
        back = decode_clip(encode_clip(clip))
        assert replay(back, AnalyzerSettings(), NumpyKernels())
        assert replay(back, AnalyzerSettings(sensitivity=6), NumpyKernels())


def test_the_gate_is_not_kept_from_sleeping() -> None:
    """A memory looks on at what is analysed anyway."""
    decoded = []
    for observers in ([], [LumaMemory()]):
        analyzer = Analyzer("gate", AnalyzerSettings(), NumpyKernels())
        pipe = Pipeline(ScriptedSource(still(200), live=False), analyzer, 5.0, Gate())
        pipe.show(observers)
        finish(pipe)
        decoded.append(pipe.times.decoded)
    assert decoded[0] == decoded[1] < 120


def test_the_bounds_fit_each_other() -> None:
    """A plane of the largest size, as often as may be, can be read again."""
    assert luma_module._MOST_PIXELS >= 256 * 192
    assert MAX_HELD <= MAX_PLANES
