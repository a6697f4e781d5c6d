"""What there is to see of an event, from a real stream over HTTP."""

import asyncio
from datetime import datetime
import io

import aiohttp
import av
from PIL import Image

from scripts.harness.client import JsonObject

from .house import House, eventually_heard

KINDS = ("snapshot", "thumbnail", "preview", "clip")


async def test_an_event_comes_with_its_pictures_and_its_clip(house: House) -> None:
    """Each in its time, each where the event says, and only with a token."""
    async with house.client() as client:
        await house.wait_online(client, "front_door")
        fired: dict[str, dict[str, datetime]] = {}
        complete: list[JsonObject] = []

        def note(message: JsonObject) -> None:
            """Note when Home Assistant told of what, of the events that begin now."""
            event, at = message["data"], datetime.fromisoformat(message["time_fired"])
            if event["source_id"] != "front_door":
                return
            if message["event_type"] == "vigilar_event":
                fired[event["id"]] = {"new": at}
            if (times := fired.get(event["id"])) is None:
                return
            if message["event_type"] == "vigilar_event_ended":
                times["end"] = at
            for kind in KINDS:
                if event["payload"]["media"][kind]["state"] == "ready":
                    times.setdefault(kind, at)
            if set(times) == {"new", "end", *KINDS}:
                complete.append(event)

        for suffix in ("", "_updated", "_ended"):
            await client.subscribe_events(f"vigilar_event{suffix}", note)
        event = (await eventually_heard(lambda: complete, "an event with all media"))[0]
        times = fired[event["id"]]
        for kind in KINDS:
            since = "end" if kind == "clip" else "new"
            took = (times[kind] - times[since]).total_seconds()
            print(f"{kind}: {took:.3f} s after the {since}")  # noqa: T201
        media = event["payload"]["media"]
        content: dict[str, bytes] = {}
        tokens = await asyncio.to_thread(house.home_assistant.login)
        async with aiohttp.ClientSession(tokens.url) as session:
            for kind in KINDS:
                url = media[kind]["url"]
                assert (await session.get(url)).status == 401
                bearer = {"Authorization": f"Bearer {tokens.access_token}"}
                answer = await session.get(url, headers=bearer)
                assert answer.status == 200
                content[kind] = await answer.read()
        with Image.open(io.BytesIO(content["thumbnail"])) as thumbnail:
            assert thumbnail.width == 320
        with Image.open(io.BytesIO(content["preview"])) as preview:
            assert preview.n_frames > 1  # type: ignore[attr-defined]
        with av.open(io.BytesIO(content["clip"]), "r") as clip:
            seconds = [float(frame.time or 0) for frame in clip.decode(video=0)]
        assert media["clip"]["start_ts"] < event["ts"]
        expected = event["payload"]["end_ts"] - media["clip"]["start_ts"]
        assert max(seconds) * 1000 > expected
