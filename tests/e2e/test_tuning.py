"""What a real camera is seen to do, and what other settings make of it."""

import base64
import io
from typing import Any

from PIL import Image

from scripts.harness.client import HomeAssistantClient

from .house import House, eventually, eventually_heard


async def _replay(client: HomeAssistantClient, **wanted: Any) -> dict[str, Any]:
    """Return what came of a replay."""
    messages: list[dict[str, Any]] = []
    end = await client.subscribe("vigilar/tuning/replay", messages.append, **wanted)
    await eventually_heard(
        lambda: bool(messages) and messages[-1]["kind"] != "progress",
        "the end of a replay",
    )
    await end()
    return messages[-1]


async def test_a_camera_is_tuned_on_what_it_sees(house: House) -> None:
    """Boxes, frames by a draft, and the events that are kept of it judged again."""
    async with house.client() as client:
        await house.wait_online(client, "front_door")
        live: list[dict[str, Any]] = []
        frames: list[dict[str, Any]] = []
        hidden: list[dict[str, Any]] = []
        camera = {"source_id": "front_door"}
        all_of_it = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        mask = [{"name": "All", "kind": "mask", "points": all_of_it}]
        ends = [
            await client.subscribe("vigilar/live/subscribe", live.append, **camera),
            await client.subscribe("vigilar/tuning/subscribe", frames.append, **camera),
            await client.subscribe(
                "vigilar/tuning/subscribe", hidden.append, **camera, zones=mask
            ),
        ]
        await eventually_heard(
            lambda: any(box["sure"] for message in live for box in message["boxes"]),
            "a box of what moves",
        )
        await eventually_heard(
            lambda: any(frame.get("would_count") for frame in frames),
            "a frame that counts",
        )
        await eventually_heard(
            lambda: any(frame.get("blobs") for frame in hidden), "what a mask hides"
        )
        for end in ends:
            await end()
        assert not any(frame.get("would_count") for frame in hidden)
        frame = frames[-1]
        with Image.open(io.BytesIO(base64.b64decode(frame["luma"]))) as image:
            assert image.size == (frame["width"], frame["height"])

        async def kept() -> int:
            tuning = await client.call("vigilar/tuning/get", **camera)
            count: int = tuning["stored_events"]
            return count

        await eventually(kept, "an event to judge again")
        same = await _replay(client, **camera)
        masked = await _replay(client, **camera, zones=mask)
        assert same["kind"] == masked["kind"] == "result"
        assert same["before"] == same["after"] > 0
        assert masked["before"] > masked["after"] == 0
