"""Cameras that Home Assistant knows already, with a stream and without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import subprocess
import threading
import time
from typing import Any, override

from scripts.harness.client import HomeAssistantClient, JsonObject
from scripts.harness.process import LOOPBACK

from .house import MOVEMENT, WALKER, House, MqttListener, cut_clip, eventually_heard

PICTURES_PER_S = 2


class _Pictures(BaseHTTPRequestHandler):
    """Answers every request with the picture of the moment."""

    def __init__(self, pictures: list[bytes], *args: Any) -> None:
        """Keep the pictures, then handle the request."""
        self._pictures = pictures
        super().__init__(*args)

    def do_GET(self) -> None:
        """Send a JPEG."""
        number = int(time.monotonic() * PICTURES_PER_S) % len(self._pictures)
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        self.wfile.write(self._pictures[number])

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def still_camera(work_dir: Path) -> Iterator[str]:
    """Serve the walker as single pictures; yield the address."""
    work_dir.mkdir()
    clip = cut_clip(WALKER, work_dir / "walker.mp4")
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(clip)),
            *("-r", str(PICTURES_PER_S), str(work_dir / "%03d.jpg")),
        ],
        check=True,
    )
    pictures = [path.read_bytes() for path in sorted(work_dir.glob("*.jpg"))]
    server = ThreadingHTTPServer((LOOPBACK, 0), partial(_Pictures, pictures))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}/still.jpg"
    server.shutdown()
    thread.join()


async def add_generic_camera(client: HomeAssistantClient, source: JsonObject) -> str:
    """Set up Home Assistant's own generic camera; return its entity id."""
    before = {state["entity_id"] for state in await client.call("get_states")}
    step = await client.start_flow("generic")
    advanced = {"framerate": 2, "verify_ssl": False, "authentication": "basic"}
    step = await client.submit(step["flow_id"], {**source, "advanced": advanced})
    assert step["step_id"] == "user_confirm", step
    step = await client.submit(step["flow_id"], {"confirmed_ok": True})
    assert step["type"] == "create_entry", step
    after = {state["entity_id"] for state in await client.call("get_states")}
    (added,) = (name for name in after - before if name.startswith("camera."))
    return str(added)


async def watch_entity(
    client: HomeAssistantClient, entry_id: str, entity_id: str, name: str
) -> None:
    """Add a camera entity to Vigilar through its flow."""
    step = await client.start_subentry_flow(entry_id, "camera")
    await client.submit_subentry(step["flow_id"], {"next_step_id": "entity"})
    step = await client.submit_subentry(
        step["flow_id"], {"camera": entity_id, "name": name}
    )
    assert step["type"] == "create_entry", step


async def test_a_camera_entity_with_a_stream(
    house: House, listener: MqttListener
) -> None:
    """Its stream is watched, and events carry the entity that permissions go by."""
    async with house.client() as client:
        entity_id = await add_generic_camera(client, {"stream_source": house.back.url})
        await watch_entity(client, house.entry_id, entity_id, "Entity camera")
        events = await eventually_heard(
            lambda: listener.events("ended", "entity_camera"), "motion of the entity"
        )
    assert events[0]["type"] in MOVEMENT
    assert events[0]["payload"]["entity_id"] == entity_id


async def test_a_camera_entity_without_a_stream(
    house: House, listener: MqttListener, tmp_path: Path
) -> None:
    """Its pictures are polled, and what moves in them is an event, too."""
    with still_camera(tmp_path / "still") as url:
        async with house.client() as client:
            entity_id = await add_generic_camera(client, {"still_image_url": url})
            await watch_entity(client, house.entry_id, entity_id, "Still camera")
            events = await eventually_heard(
                lambda: listener.events("ended", "still_camera"), "motion of the stills"
            )
    assert events[0]["payload"]["entity_id"] == entity_id
