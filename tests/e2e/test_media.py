"""What there is to see of an event, from real streams over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
import io
from pathlib import Path
import time
from typing import Any

import aiohttp
import av
from PIL import Image
import pytest

from custom_components.vigilar.vision.analyzer import AnalyzerSettings
from custom_components.vigilar.vision.kernels import load_kernels
from scripts.harness.analysis import analyse_file
from scripts.harness.browser import logged_in_browser, open_page
from scripts.harness.client import HomeAssistantClient

from .house import MOVEMENT, connections, eventually, eventually_heard, snapshot
from .media_house import (
    DISK_BYTES,
    GROUP_S,
    KINDS,
    POST_ROLL_S,
    PRE_ROLL_S,
    MediaHouse,
    Story,
    Witness,
    files_of,
)

# What is promised, in seconds, and what even a machine under load keeps to.
PROMISED = {"snapshot": 0.3, "thumbnail": 0.3, "preview": 3.0, "clip": 2.0}
BOUND = {"snapshot": 10.0, "thumbnail": 10.0, "preview": 20.0, "clip": 30.0}

PLAY = """async (url) => {
  const hass = document.querySelector("home-assistant").hass;
  const signed = await hass.callWS({ type: "auth/sign_path", path: url });
  const video = document.createElement("video");
  const event = (name) =>
    new Promise((resolve, reject) => {
      video.addEventListener(name, resolve, { once: true });
      video.addEventListener("error", () => reject(video.error), { once: true });
    });
  video.muted = true;
  const loaded = event("loadedmetadata");
  video.src = signed.path;
  document.body.append(video);
  await loaded;
  video.playbackRate = 4;
  const ended = event("ended");
  await video.play();
  await ended;
  const pictures = video.getVideoPlaybackQuality().totalVideoFrames;
  const end = video.currentTime;
  const seeked = event("seeked");
  video.currentTime = video.duration / 2;
  await seeked;
  return {
    duration: video.duration,
    end,
    pictures,
    size: [video.videoWidth, video.videoHeight],
    sought: video.currentTime,
  };
}"""


@pytest.fixture(scope="module")
def media_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaHouse]:
    """Build and furnish the house; tear it down at the end."""
    with ExitStack() as running:
        yield MediaHouse.build(tmp_path_factory.mktemp("media"), running)


@asynccontextmanager
async def session_of(house: MediaHouse) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session with the token of the user."""
    tokens = await asyncio.to_thread(house.home_assistant.login)
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    async with aiohttp.ClientSession(tokens.url, headers=bearer) as session:
        yield session


async def fetch(house: MediaHouse, url: str) -> bytes:
    """Return what is at a path; it must be there."""
    async with session_of(house) as session:
        answer = await session.get(url)
        assert answer.status == 200, url
        return await answer.read()


async def parts_of(house: MediaHouse, story: Story) -> list[bytes]:
    """Return the parts of a story's clip."""
    clip = story.media["clip"]
    urls = [f"{clip['url']}/{part}" for part in range(1, clip["parts"])]
    return [await fetch(house, url) for url in (clip["url"], *urls)]


def decode(clip: bytes) -> tuple[str, tuple[int, int], float]:
    """Decode every picture; return the codec, the size and the seconds shown."""
    with av.open(io.BytesIO(clip), "r") as container:
        stream = container.streams.video[0]
        ends = [
            float((frame.pts + frame.duration) * stream.time_base)
            for frame in container.decode(stream)
            if frame.pts is not None and stream.time_base is not None
        ]
        return stream.codec_context.name, (stream.width, stream.height), max(ends)


async def movements(clip: bytes, folder: Path) -> list[dict[str, Any]]:
    """Return the movements that the analysis finds in a clip, decoding all of it."""
    path = folder / "clip.mp4"
    path.write_bytes(clip)
    events, _ = await analyse_file(path, AnalyzerSettings(), load_kernels())
    return [event for event in events if event["type"] in MOVEMENT]


async def check_clip(
    house: MediaHouse, story: Story, folder: Path, *, codec: str, pre_roll_s: float
) -> None:
    """Check what a clip of one part shows: all of its event, and with whom."""
    (clip,) = await parts_of(house, story)
    found_codec, _, shown_s = decode(clip)
    assert found_codec == codec
    start_ts = story.media["clip"]["start_ts"]
    before_s = (story.event["ts"] - start_ts) / 1000
    expected_s = (story.end_ts - start_ts) / 1000 + POST_ROLL_S
    source_id = story.event["source_id"]
    print(  # noqa: T201
        f"{source_id}: {codec}, begins {before_s:.2f} s before its event, "
        f"shows {shown_s:.2f} s of {expected_s:.2f} s"
    )
    assert pre_roll_s <= before_s + 0.1
    assert before_s <= pre_roll_s + GROUP_S + 0.5
    assert shown_s == pytest.approx(expected_s, abs=0.5)
    assert story.media["clip"]["duration_ms"] / 1000 == pytest.approx(shown_s, abs=0.2)
    assert await movements(clip, folder)


async def test_a_stream_that_dies_leaves_a_clip_up_to_then(
    media_house: MediaHouse, tmp_path: Path
) -> None:
    """The camera is unplugged in the middle of an event: what there was plays."""
    since = media_house.ready_ms

    def growing() -> list[Story]:
        return [
            story
            for story in media_house.witness.of("shed", since)
            if "end" not in story.told and "live_url" in story.media["clip"]
        ]

    story = (await eventually_heard(growing, "a clip that grows"))[0]
    # The film itself: so much of it has to be recorded before the camera dies.
    await asyncio.sleep(3)
    alive_s = time.time()
    await asyncio.to_thread(media_house.shed.kill)
    dead_s = time.time()
    await eventually_heard(lambda: story.settled, "the end of the event")
    (clip,) = await parts_of(media_house, story)
    codec, _, shown_s = decode(clip)
    start_ts = story.media["clip"]["start_ts"]
    alive_s, dead_s = alive_s - start_ts / 1000, dead_s - start_ts / 1000
    print(f"shed: {codec}, shows {shown_s:.2f} s of {alive_s:.2f} s")  # noqa: T201
    assert start_ts < story.event["ts"]
    assert alive_s - 0.5 <= shown_s <= dead_s + 0.5
    assert await movements(clip, tmp_path)
    await asyncio.to_thread(media_house.shed.start)


async def test_an_event_comes_with_its_pictures_and_its_clip(
    media_house: MediaHouse, tmp_path: Path
) -> None:
    """Each in its time, each where the event says, and only with a token."""
    story = await media_house.complete("yard")
    post_roll_over = datetime.fromtimestamp(story.end_ts / 1000 + POST_ROLL_S, UTC)
    for kind in KINDS:
        since = post_roll_over if kind == "clip" else story.told["new"]
        took = (story.told[kind] - since).total_seconds()
        print(f"{kind}: {took:.3f} s (promised: {PROMISED[kind]} s)")  # noqa: T201
        assert took < BOUND[kind]
    content = {}
    async with aiohttp.ClientSession(media_house.home_assistant.url) as stranger:
        for kind in KINDS:
            url = story.media[kind]["url"]
            assert (await stranger.get(url)).status == 401
            content[kind] = await fetch(media_house, url)
    with Image.open(io.BytesIO(content["snapshot"])) as picture:
        assert picture.size == (640, 480)
    with Image.open(io.BytesIO(content["thumbnail"])) as thumbnail:
        assert thumbnail.width == 320
    with Image.open(io.BytesIO(content["preview"])) as preview:
        assert preview.n_frames > 1  # type: ignore[attr-defined]
    await check_clip(media_house, story, tmp_path, codec="h264", pre_roll_s=PRE_ROLL_S)


async def test_a_clip_plays_in_a_browser(media_house: MediaHouse) -> None:
    """On a page of Home Assistant, with the user's own login, to its end and again."""
    story = await media_house.complete("yard")
    clip = story.media["clip"]
    tokens = await asyncio.to_thread(media_house.home_assistant.login)
    async with logged_in_browser(tokens) as context:
        page = await open_page(context, tokens, "/profile")
        await page.wait_for_function(
            "document.querySelector('home-assistant').hass?.connected"
        )
        played = await page.evaluate(PLAY, clip["url"])
        hevc = await page.evaluate(
            "document.createElement('video').canPlayType('video/mp4; codecs=hvc1')"
        )
    print(f"played: {played}; H.265 in this Chromium: {hevc or 'no'}")  # noqa: T201
    assert played["duration"] == pytest.approx(clip["duration_ms"] / 1000, abs=0.5)
    assert played["end"] == pytest.approx(played["duration"], abs=0.2)
    assert played["sought"] == pytest.approx(played["duration"] / 2, abs=0.2)
    assert played["size"] == [640, 480]
    assert played["pictures"] > 10


async def test_h265(media_house: MediaHouse, tmp_path: Path) -> None:
    """It is kept as it comes; Chromium has no decoder for it, so FFmpeg's looks."""
    story = await media_house.complete("gate")
    await check_clip(media_house, story, tmp_path, codec="hevc", pre_roll_s=PRE_ROLL_S)


async def test_no_pre_roll(media_house: MediaHouse, tmp_path: Path) -> None:
    """The clip still begins before its event: at the keyframe."""
    story = await media_house.complete("porch")
    assert story.media["clip"]["start_ts"] <= story.event["ts"]
    await check_clip(media_house, story, tmp_path, codec="h264", pre_roll_s=0)


async def test_the_second_stream_is_recorded(
    media_house: MediaHouse, tmp_path: Path
) -> None:
    """It is connected while an event needs it; before, the first stands in."""
    pid, port = media_house.home_assistant.pid, media_house.hall_large.port
    witness = media_house.witness

    def busy() -> bool:
        """Return whether an event of the camera needs its recorder."""
        return any(not story.settled for story in witness.of("hall"))

    async def connected() -> bool:
        return bool(await asyncio.to_thread(connections, pid, port))

    async def at_rest() -> bool:
        return not busy() and not await connected()

    story = await media_house.complete("hall")
    await eventually(at_rest, "the second stream let go of")
    await eventually_heard(busy, "somebody in the hall")
    await eventually(connected, "the second stream connected")
    first, *_, last = await parts_of(media_house, story)
    assert decode(first)[1] == (640, 480)
    assert decode(last)[1] == (1280, 960)
    assert await movements(last, tmp_path)


async def test_a_kill_in_the_middle_leaves_nothing_that_does_not_fit(
    media_house: MediaHouse,
) -> None:
    """No file without a row, nor a row without a file; the event says what is left."""
    house = media_house
    root = house.home_assistant.config_dir / "media" / "vigilar"

    def growing() -> list[Story]:
        return [
            story
            for story in house.witness.of("yard")
            if "end" not in story.told and "live_url" in story.media["clip"]
        ]

    story = (await eventually_heard(growing, "a clip that grows"))[0]
    event_id = story.event["id"]
    house.home_assistant.kill()
    known = set(house.witness.stories)
    assert any(path.endswith(f"{event_id}.mp4.tmp") for path in files_of(root))

    def of_before(paths: set[str]) -> set[str]:
        return {path for path in paths if Path(path).name.partition(".")[0] in known}

    await asyncio.to_thread(house.home_assistant.start)
    house.witness = Witness(house.home_assistant)

    async def agree() -> bool:
        return of_before(files_of(root)) == of_before(house.rows(root))

    await eventually(agree, "files and rows that agree")
    assert of_before(house.rows(root))
    async with house.client() as client:
        events = {event["id"]: event for event in await snapshot(client)}
    event = events[event_id]
    media = event["payload"]["media"]
    assert event["payload"]["why"] == "restart"
    assert {entry["state"] for entry in media.values()} <= {"ready", "failed"}
    print(f"after SIGKILL: {media}")  # noqa: T201
    if media["clip"]["state"] == "ready":
        for part in await parts_of(house, Story(event)):
            decode(part)
    else:
        assert media["clip"]["reason"] == "restart"


async def _has_issue(client: HomeAssistantClient) -> bool:
    """Return whether the user is told that the disk is full."""
    issues = (await client.call("repairs/list_issues"))["issues"]
    return any(issue["issue_id"] == "media_disk_full" for issue in issues)


async def _choose_folder(house: MediaHouse, folder: Path) -> None:
    """Keep media in another folder from now on, through the form."""
    flows = "/api/config/config_entries/options/flow"
    async with house.client() as client:
        flow = await client.rest("POST", flows, {"handler": house.entry_id})
        form = f"{flows}/{flow['flow_id']}"
        await client.rest("POST", form, {"next_step_id": "general"})
        options = {"media": {"folder": str(folder)}}
        step = await client.rest("POST", form, options)
    assert step["type"] == "create_entry"


async def test_a_small_disk_that_fills_up(media_house: MediaHouse) -> None:
    """The oldest media make room; with nothing left events go on and say why."""
    house, disk = media_house, media_house.disk
    root = disk.path / "vigilar"
    await _choose_folder(house, root)
    since = round(time.time() * 1000)
    reserve = DISK_BYTES // 20

    def stories() -> list[Story]:
        told = [
            story
            for source_id in ("yard", "gate", "porch", "hall", "shed")
            for story in house.witness.of(source_id, since)
        ]
        return sorted(told, key=lambda story: story.event["ts"])

    def complete() -> list[Story]:
        return [story for story in stories() if story.complete and story.settled]

    await eventually_heard(lambda: len(complete()) >= 3, "three events on the disk")
    before = complete()
    assert len({story.event["severity"] for story in before}) == 1

    def states(told: list[Story]) -> list[str]:
        return [story.media["clip"]["state"] for story in told]

    # It lacks a little: what is oldest goes, and no more than it takes.
    disk.fill(reserve - 10_000)
    await eventually_heard(lambda: "deleted" in states(before), "room made")
    after = states(before)
    assert after == sorted(after), "the oldest goes first"
    assert after[-1] == "ready"

    def refused() -> list[Story]:
        disk.fill(0)
        return [
            story
            for story in stories()
            if story.failed_for("snapshot", "disk full") and "end" in story.told
        ]

    async with house.client() as client:
        assert await eventually_heard(refused, "an event without room")
        assert await _has_issue(client)
        disk.empty()
        freed = round(time.time() * 1000)

        async def over() -> bool:
            return not await _has_issue(client)

        await eventually(over, "the issue closed")
        await eventually_heard(
            lambda: [story for story in complete() if story.event["ts"] > freed],
            "an event with all media again",
        )
    await _check_all(house, stories())


async def _check_all(house: MediaHouse, stories: list[Story]) -> None:
    """Check that whatever is said to be ready can be decoded."""
    checked = 0
    for story in stories:
        for kind in ("snapshot", "preview"):
            if story.media[kind]["state"] == "ready":
                picture = await fetch(house, story.media[kind]["url"])
                with Image.open(io.BytesIO(picture)) as image:
                    image.load()
                checked += 1
        if story.settled and story.media["clip"]["state"] == "ready":
            for part in await parts_of(house, story):
                assert decode(part)[2] > 0
                checked += 1
    assert checked
